//! One SMTP connection (RFC 5321), written here rather than taken from lettre: its replies must be bytes (a server that
//! says "no such user" in Latin-1 has still said it), its phases must be told apart, each phase must be one write, and
//! nothing that arrived before TLS may be read after it. `pool` decides when to open and to reuse one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::outcome::{Failure, Fault, Phase, Reply};
use super::{Letter, SmtpSettings, TlsPolicy, tls};
use bantin_model::limits::{REPLY_LINE_BYTES, REPLY_LINES, SMTP_CONNECT_TIMEOUT};

/// Bytes of a message handed over at a time, each with the block time limit.
const BLOCK: usize = 64 * 1024;

/// What it takes to open connections: the settings with their TLS made ready.
pub struct Dialer {
    settings: SmtpSettings,
    host: String,
    verifying: Option<TlsConnector>,
    unverifying: Option<TlsConnector>,
}

impl Dialer {
    pub fn new(settings: SmtpSettings) -> anyhow::Result<Self> {
        let host = settings.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if let Some(hello) = &settings.hello {
            let fits = !hello.is_empty() && hello.bytes().all(|b| b.is_ascii_graphic());
            anyhow::ensure!(
                fits,
                "mail.hello must be this machine's name, such as tin.example.gov.vn"
            );
        }
        let encrypts = settings.tls != TlsPolicy::None;
        let may_skip_proof = settings.tls == TlsPolicy::Opportunistic;
        // Credentials go to a server that has proved who it is, so even opportunistic TLS needs the CAs then.
        let needs_proof = encrypts && (!may_skip_proof || settings.credentials.is_some());
        let verifying =
            needs_proof.then(|| tls::verifying(settings.extra_ca.as_deref())).transpose()?;
        let unverifying = may_skip_proof.then(tls::unverifying);
        Ok(Dialer { settings, host, verifying, unverifying })
    }

    /// Opens a connection and brings it to where mail can be sent.
    pub async fn open(&self) -> Result<Connection, Failure> {
        match self.open_with(true).await {
            // Opportunistic means that TLS is welcome, not that mail depends on it: old servers offer what no client of
            // today accepts.
            Err(Failure { fault: Fault::Tls(_), .. }) if self.plain_will_do() => {
                self.open_with(false).await
            }
            other => other,
        }
    }

    fn plain_will_do(&self) -> bool {
        self.settings.tls == TlsPolicy::Opportunistic && self.settings.credentials.is_none()
    }

    async fn open_with(&self, use_starttls: bool) -> Result<Connection, Failure> {
        let tcp = self.connect().await.map_err(|fault| Failure::new(Phase::Connect, fault))?;
        let local = tcp.local_addr().ok().map(|addr| addr.ip());
        let peer = tcp.peer_addr().ok().map(|addr| addr.ip());
        let hello = hello_name(self.settings.hello.as_deref(), local);
        let mut connection = Connection::new(Stream::Plain(tcp), self.settings.timeout);
        if self.settings.tls == TlsPolicy::Implicit {
            self.encrypt(&mut connection, peer, Phase::Connect).await?;
        }
        let greeting = connection.reply(Phase::Greeting).await?;
        expect(Phase::Greeting, greeting, 200..300)?;
        connection.hello(&hello).await?;
        let policy = self.settings.tls;
        if use_starttls && matches!(policy, TlsPolicy::StartTls | TlsPolicy::Opportunistic) {
            self.start_tls(&mut connection, peer, &hello).await?;
        }
        if let Some((user, password)) = &self.settings.credentials {
            if !may_authenticate(connection.proved, peer) {
                return Err(Failure::new(Phase::Auth, Fault::Unfit(
                    "the password is not sent to a server that has not proved who it is: use smtps:// or require STARTTLS"
                        .into(),
                )));
            }
            connection.log_in(user, password).await?;
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<TcpStream, Fault> {
        let limit = self.settings.timeout.min(SMTP_CONNECT_TIMEOUT);
        let lookup = tokio::net::lookup_host((self.host.as_str(), self.settings.port));
        let addresses: Vec<SocketAddr> = timeout(limit, lookup)
            .await
            .map_err(|_| Fault::Silence)?
            .map_err(|error| Fault::Broken(format!("looking up {}: {error}", self.host)))?
            .collect();
        let mut last = Fault::Broken(format!("{} has no address", self.host));
        for address in addresses {
            match timeout(limit, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    // Without it Nagle's algorithm and delayed acknowledgements cost 40 ms a message.
                    tcp.set_nodelay(true).map_err(broken)?;
                    return Ok(tcp);
                }
                Ok(Err(error)) => last = Fault::Broken(format!("{address}: {error}")),
                Err(_) => last = Fault::Silence,
            }
        }
        Err(last)
    }

    async fn start_tls(
        &self,
        connection: &mut Connection,
        peer: Option<IpAddr>,
        hello: &str,
    ) -> Result<(), Failure> {
        let failed = |fault| Err(Failure::new(Phase::StartTls, fault));
        if !connection.offers.starttls {
            if self.settings.tls == TlsPolicy::StartTls {
                return failed(Fault::Unfit(
                    "the server does not offer STARTTLS, which the settings require".into(),
                ));
            }
            return Ok(());
        }
        let reply = connection.ask(Phase::StartTls, "STARTTLS").await?;
        if reply.code != 220 {
            if self.plain_will_do() && reply.code != 421 {
                return Ok(());
            }
            return failed(Fault::Answered(reply));
        }
        // What came along with the 220 was not protected by TLS, and somebody else may have written it.
        if !connection.inbox.is_empty() {
            return failed(Fault::Tls("the server sent data before the handshake".into()));
        }
        self.encrypt(connection, peer, Phase::StartTls).await?;
        // What was offered before may have been forged (RFC 3207 §4.2).
        connection.hello(hello).await
    }

    async fn encrypt(
        &self,
        connection: &mut Connection,
        peer: Option<IpAddr>,
        phase: Phase,
    ) -> Result<(), Failure> {
        let failed = |fault| Failure::new(phase, fault);
        let must_prove = match self.settings.tls {
            TlsPolicy::Opportunistic => {
                !may_authenticate(false, peer) && self.settings.credentials.is_some()
            }
            _ => true,
        };
        let connector = if must_prove { &self.verifying } else { &self.unverifying };
        let connector = connector.as_ref().expect("made in `new` for every policy that encrypts");
        let name = server_name(&self.host)
            .ok_or_else(|| failed(Fault::Tls(format!("\"{}\" is not a host name", self.host))))?;
        let Stream::Plain(tcp) = std::mem::replace(&mut connection.stream, Stream::Closed) else {
            return Err(failed(Fault::Tls("the connection is encrypted already".into())));
        };
        let limit = patience(phase, self.settings.timeout);
        match timeout(limit, connector.connect(name, tcp)).await {
            Ok(Ok(stream)) => {
                connection.stream = Stream::Tls(Box::new(stream));
                connection.proved = must_prove;
                Ok(())
            }
            // rustls reports what it finds wrong as "invalid data"; anything else befell the connection.
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(failed(Fault::Tls(error.to_string())))
            }
            Ok(Err(error)) => Err(failed(broken(error))),
            Err(_) => Err(failed(Fault::Silence)),
        }
    }
}

/// Passwords go only to a server that has proved its name, or to this machine.
fn may_authenticate(proved: bool, peer: Option<IpAddr>) -> bool {
    proved || peer.is_some_and(|peer| peer.to_canonical().is_loopback())
}

fn server_name(host: &str) -> Option<ServerName<'static>> {
    let host = match url::Host::parse(host) {
        Ok(url::Host::Domain(ascii)) => ascii,
        _ => host.to_owned(),
    };
    ServerName::try_from(host).ok()
}

/// What we call ourselves (RFC 5321 §4.1.4): the name in the settings, this machine's full name, or else our address,
/// because servers turn away a name without a dot.
fn hello_name(configured: Option<&str>, local: Option<IpAddr>) -> String {
    if let Some(name) = configured {
        return name.to_owned();
    }
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if let Ok(name) = super::address::ascii_domain(machine.trim())
        && name.contains('.')
    {
        return name;
    }
    match local.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => format!("[{ip}]"),
        Some(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
        None => "localhost".to_owned(),
    }
}

/// How long to wait for the answer of a phase: the settings' time, within the bounds of RFC 5321 §4.5.3.2. After the
/// final dot twice as long, as there: a server that is still filtering will deliver, and a second try would be a double.
fn patience(phase: Phase, wanted: Duration) -> Duration {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    match phase {
        Phase::Data => wanted.min(minutes(2)),
        Phase::Message => (wanted * 2).min(minutes(10)),
        _ => wanted.min(minutes(5)),
    }
}

fn broken(error: io::Error) -> Fault {
    Fault::Broken(error.to_string())
}

fn expect(phase: Phase, reply: Reply, codes: std::ops::Range<u16>) -> Result<Reply, Failure> {
    if codes.contains(&reply.code) {
        Ok(reply)
    } else {
        Err(Failure::new(phase, Fault::Answered(reply)))
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// A handshake failed; nothing is left to talk to.
    Closed,
}

impl Stream {
    async fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(tcp) => tcp.read(into).await,
            Stream::Tls(tls) => tls.read(into).await,
            Stream::Closed => Ok(0),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Plain(tcp) => tcp.write_all(bytes).await,
            Stream::Tls(tls) => {
                tls.write_all(bytes).await?;
                tls.flush().await
            }
            Stream::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// What the server's EHLO reply offers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Offers {
    starttls: bool,
    pipelining: bool,
    size: bool,
    eight_bit: bool,
    smtputf8: bool,
    auth_plain: bool,
    auth_login: bool,
}

impl Offers {
    fn read(reply: &Reply) -> Self {
        let mut offers = Offers::default();
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            // "AUTH=PLAIN" is how servers wrote it before there was a standard.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => offers.size = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("SMTPUTF8") => offers.smtputf8 = true,
                Some("AUTH") => {
                    for mechanism in words {
                        offers.auth_plain |= mechanism == "PLAIN";
                        offers.auth_login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

pub struct Connection {
    stream: Stream,
    /// Bytes received and not read yet.
    inbox: Vec<u8>,
    timeout: Duration,
    offers: Offers,
    /// Over TLS, with a certificate that holds.
    proved: bool,
    /// Messages accepted over this connection, and refused ones.
    pub transactions: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The next command may be MAIL.
    Ready,
    /// A transaction is half done; RSET makes it ready.
    Open,
    /// Not to be used again.
    Lost,
}

impl Connection {
    fn new(stream: Stream, timeout: Duration) -> Self {
        Connection {
            stream,
            inbox: Vec::new(),
            timeout,
            offers: Offers::default(),
            proved: false,
            transactions: 0,
            state: State::Ready,
        }
    }

    async fn hello(&mut self, name: &str) -> Result<(), Failure> {
        let reply = self.ask(Phase::Hello, &format!("EHLO {name}")).await?;
        if matches!(reply.code, 500 | 502) {
            // RFC 5321 §3.2: a server that does not know EHLO knows HELO.
            let reply = self.ask(Phase::Hello, &format!("HELO {name}")).await?;
            self.offers = Offers::default();
            return expect(Phase::Hello, reply, 200..300).map(|_| ());
        }
        let reply = expect(Phase::Hello, reply, 200..300)?;
        self.offers = Offers::read(&reply);
        Ok(())
    }

    async fn log_in(&mut self, user: &str, password: &SecretString) -> Result<(), Failure> {
        let password = password.expose_secret();
        let phase = Phase::Auth;
        let reply = if self.offers.auth_plain {
            self.ask(phase, &format!("AUTH PLAIN {}", plain_token(user, password))).await?
        } else if self.offers.auth_login {
            let reply = self.ask(phase, "AUTH LOGIN").await?;
            expect(phase, reply, 334..335)?;
            let reply = self.ask(phase, &STANDARD.encode(user)).await?;
            expect(phase, reply, 334..335)?;
            self.ask(phase, &STANDARD.encode(password)).await?
        } else {
            let why =
                "the server offers neither AUTH PLAIN nor AUTH LOGIN, and the settings name a user";
            return Err(Failure::new(phase, Fault::Unfit(why.into())));
        };
        expect(phase, reply, 200..300).map(|_| ())
    }

    /// Hands one mail over. The answer is the server's reply to the final dot, or what went wrong and when.
    pub async fn send(&mut self, letter: &Letter) -> Result<Reply, Failure> {
        let commands = self.envelope(letter)?;
        self.transactions += 1;
        // Whatever leaves this function early, be it an error or a caller that stops waiting, leaves a connection whose
        // state nobody knows.
        self.state = State::Lost;
        if self.offers.pipelining {
            self.open_pipelined(&commands).await?;
        } else {
            self.open_stepwise(&commands).await?;
        }
        self.message(&letter.bytes).await?;
        let reply = self.reply(Phase::Message).await?;
        self.settle(&reply, State::Ready);
        expect(Phase::Message, reply, 200..300)
    }

    fn envelope(&self, letter: &Letter) -> Result<[(Phase, String); 3], Failure> {
        let unsendable = |why| Err(Failure::new(Phase::Recipient, Fault::Unsendable(why)));
        let fits = |text: &str| {
            !text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>".contains(c))
        };
        if !fits(&letter.to) || !fits(&letter.from) {
            return unsendable("the address holds a character that cannot be sent");
        }
        let mut mail = format!("MAIL FROM:<{}>", letter.from);
        if self.offers.size {
            mail.push_str(&format!(" SIZE={}", letter.bytes.len()));
        }
        if !letter.to.is_ascii() {
            if !self.offers.smtputf8 {
                return unsendable(
                    "the address has letters outside ASCII and the server does not offer SMTPUTF8",
                );
            }
            mail.push_str(if self.offers.eight_bit {
                " BODY=8BITMIME SMTPUTF8"
            } else {
                " SMTPUTF8"
            });
        }
        Ok([
            (Phase::MailFrom, mail),
            (Phase::Recipient, format!("RCPT TO:<{}>", letter.to)),
            (Phase::Data, "DATA".to_owned()),
        ])
    }

    async fn open_stepwise(&mut self, commands: &[(Phase, String); 3]) -> Result<(), Failure> {
        for (phase, command) in commands {
            let reply = self.ask(*phase, command).await?;
            if let Err(failure) = expect(*phase, reply.clone(), wanted(*phase)) {
                self.settle(&reply, State::Open);
                return Err(failure);
            }
        }
        Ok(())
    }

    /// All three commands in one write (RFC 2920), which over a distance is most of the time a mail takes.
    async fn open_pipelined(&mut self, commands: &[(Phase, String); 3]) -> Result<(), Failure> {
        let all: String = commands.iter().map(|(_, command)| format!("{command}\r\n")).collect();
        let mut trouble = self.write(Phase::MailFrom, all.as_bytes()).await.err();
        let mut last = None;
        for (phase, _) in commands {
            match self.reply(*phase).await {
                Ok(reply) => {
                    let checked = expect(*phase, reply.clone(), wanted(*phase));
                    // The first refusal is the reason; DATA's own is only its echo.
                    trouble = trouble.or(checked.err());
                    last = Some(reply);
                }
                Err(failure) => return Err(trouble.unwrap_or(failure)),
            }
            if last.as_ref().is_some_and(|reply| reply.code == 421) {
                break;
            }
        }
        let (Some(failure), Some(last)) = (trouble, last) else { return Ok(()) };
        if last.code == 354 {
            // RFC 2920 §3.1: a server that takes the message although nobody may receive it gets an empty one.
            self.write(Phase::Data, b".\r\n").await?;
            let reply = self.reply(Phase::Data).await?;
            self.settle(&reply, State::Open);
        } else {
            self.settle(&last, State::Open);
        }
        Err(failure)
    }

    /// The message with its dots stuffed and its end marked (RFC 5321 §4.5.2).
    async fn message(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 50 + 5);
        for line in bytes.split_inclusive(|&b| b == b'\n') {
            if line.first() == Some(&b'.') {
                out.push(b'.');
            }
            out.extend_from_slice(line);
        }
        if !out.ends_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
        for block in out.chunks(BLOCK) {
            self.write(Phase::Message, block).await?;
        }
        Ok(())
    }

    fn settle(&mut self, reply: &Reply, state: State) {
        // After 421 the server closes (RFC 5321 §3.8).
        self.state = if reply.code == 421 { State::Lost } else { state };
    }

    /// Makes the connection ready for another mail; false when it cannot be.
    pub async fn make_ready(&mut self) -> bool {
        if self.state == State::Open {
            let reset = self.ask(Phase::MailFrom, "RSET").await;
            self.state =
                if reset.is_ok_and(|reply| reply.code == 250) { State::Ready } else { State::Lost };
        }
        self.state == State::Ready
    }

    /// Says goodbye and closes. What the server answers no longer matters.
    pub async fn quit(mut self) {
        const FAREWELL: Duration = Duration::from_secs(5);
        if self.state != State::Lost {
            let _ = timeout(FAREWELL, self.ask(Phase::Hello, "QUIT")).await;
        }
        if let Stream::Tls(tls) = &mut self.stream {
            let _ = timeout(FAREWELL, tls.shutdown()).await;
        }
    }

    async fn ask(&mut self, phase: Phase, command: &str) -> Result<Reply, Failure> {
        self.write(phase, format!("{command}\r\n").as_bytes()).await?;
        self.reply(phase).await
    }

    async fn write(&mut self, phase: Phase, bytes: &[u8]) -> Result<(), Failure> {
        // RFC 5321 §4.5.3.2.5: three minutes for a block.
        let limit = self.timeout.min(Duration::from_secs(180));
        let error = match timeout(limit, self.stream.write(bytes)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => return Err(Failure::new(phase, Fault::Silence)),
        };
        // A server that has seen enough answers and closes, so its reason may lie here unread.
        match timeout(Duration::from_millis(200), self.read_reply()).await {
            Ok(Ok(reply)) if !reply.is_positive() => {
                Err(Failure::new(phase, Fault::Answered(reply)))
            }
            _ => Err(Failure::new(phase, broken(error))),
        }
    }

    async fn reply(&mut self, phase: Phase) -> Result<Reply, Failure> {
        let limit = patience(phase, self.timeout);
        let reply = timeout(limit, self.read_reply()).await.unwrap_or(Err(Fault::Silence));
        reply.map_err(|fault| Failure::new(phase, fault))
    }

    async fn read_reply(&mut self) -> Result<Reply, Fault> {
        let mut lines = Vec::new();
        loop {
            let line = self.read_line().await?;
            let garbled = || Fault::Garbled(line.chars().take(80).collect());
            let (code, rest) = line.split_at_checked(3).ok_or_else(garbled)?;
            let code: u16 = match code.parse() {
                Ok(code @ 200..600) if !line.starts_with('+') => code,
                _ => return Err(garbled()),
            };
            let (more, text) = match rest.as_bytes().first() {
                Some(b'-') => (true, &rest[1..]),
                Some(b' ' | b'\t') => (false, &rest[1..]),
                None => (false, rest),
                Some(_) => return Err(garbled()),
            };
            lines.push(text.to_owned());
            if !more {
                return Ok(Reply { code, lines });
            }
            if lines.len() >= REPLY_LINES {
                return Err(Fault::Garbled("a reply without end".into()));
            }
        }
    }

    /// One line without its end. What is not UTF-8 in it is replaced: the code is what counts.
    async fn read_line(&mut self) -> Result<String, Fault> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.inbox[searched..].iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.inbox.drain(..searched + at + 1).collect();
                return Ok(String::from_utf8_lossy(&line)
                    .trim_end_matches(['\r', '\n'])
                    .to_owned());
            }
            searched = self.inbox.len();
            if searched > REPLY_LINE_BYTES {
                return Err(Fault::Garbled("a line without end".into()));
            }
            let mut chunk = [0; 2048];
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err(Fault::Broken("the server closed the connection".into())),
                Ok(n) => self.inbox.extend_from_slice(&chunk[..n]),
                Err(error) => return Err(broken(error)),
            }
        }
    }
}

fn wanted(phase: Phase) -> std::ops::Range<u16> {
    if phase == Phase::Data { 354..355 } else { 200..300 }
}

fn plain_token(user: &str, password: &str) -> String {
    STANDARD.encode(format!("\0{user}\0{password}"))
}

/// In what forms the password could come back in a server's reply.
pub fn secret_forms(settings: &SmtpSettings) -> Vec<String> {
    let Some((user, password)) = &settings.credentials else { return Vec::new() };
    let password = password.expose_secret();
    vec![plain_token(user, password), STANDARD.encode(password), password.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_only_to_a_proved_server_or_to_this_machine() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        for (proved, peer, may) in [
            (true, ip("192.0.2.1"), true),
            (true, None, true),
            (false, ip("127.0.0.1"), true),
            (false, ip("::1"), true),
            (false, ip("::ffff:127.0.0.1"), true),
            (false, ip("192.0.2.1"), false),
            (false, ip("10.0.0.1"), false),
            (false, ip("2001:db8::1"), false),
            (false, None, false),
        ] {
            assert_eq!(may_authenticate(proved, peer), may, "{proved} {peer:?}");
        }
    }

    #[test]
    fn no_phase_waits_longer_than_the_standard_says_nor_than_the_settings_ask() {
        let waits = |seconds| {
            [Phase::Greeting, Phase::MailFrom, Phase::Data, Phase::Message]
                .map(|phase| patience(phase, Duration::from_secs(seconds)).as_secs())
        };
        assert_eq!(waits(30), [30, 30, 30, 60]);
        assert_eq!(waits(100_000), [300, 300, 120, 600]);
    }

    #[test]
    fn we_call_ourselves_by_a_full_name_or_by_our_address() {
        assert_eq!(hello_name(Some("tin.example.gov.vn"), None), "tin.example.gov.vn");
        let name = hello_name(None, Some("192.0.2.1".parse().expect("an address")));
        assert!(name == "[192.0.2.1]" || name.contains('.') && !name.contains('['), "{name}");
    }

    #[test]
    fn offers_are_read_in_any_case_and_in_the_old_spelling() {
        let reply = |lines: &[&str]| Reply {
            code: 250,
            lines: lines.iter().map(|line| line.to_string()).collect(),
        };
        let offers = Offers::read(&reply(&[
            "PIPELINING",
            "auth=login",
            "Size",
            "x",
            "AUTH gssapi Plain",
            "8BITMIME",
        ]));
        let expected = Offers {
            size: true,
            eight_bit: true,
            auth_plain: true,
            auth_login: true,
            ..Offers::default()
        };
        assert_eq!(offers, expected);
    }
}
