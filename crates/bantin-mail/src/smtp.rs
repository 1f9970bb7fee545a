//! One SMTP connection (RFC 5321). It is written here rather than taken from lettre for four
//! reasons. Its replies must be bytes (a server that says "no such user" in Latin-1 has still said
//! it), its phases must be distinguished, each phase must be one write, and nothing that arrived
//! before TLS may be read after it. `pool` decides when to open and to reuse one.

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

use super::outcome::{SmtpFailure, SmtpFault, SmtpPhase, SmtpReply};
use super::{OutgoingMail, SmtpSettings, TlsPolicy, tls};
use bantin_model::limits::{REPLY_LINE_BYTES, REPLY_LINES, SMTP_CONNECT_TIMEOUT};

/// Bytes of a message handed over at a time, each with the block time limit.
const BLOCK: usize = 64 * 1024;

/// What is needed to open connections: the settings, and TLS prepared from them.
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
    pub async fn open(&self) -> Result<SmtpConnection, SmtpFailure> {
        match self.open_with(true).await {
            // Opportunistic means that TLS is welcome, not that mail depends on it: old servers offer what no client of
            // today accepts.
            Err(SmtpFailure { fault: SmtpFault::Tls(_), .. }) if self.allows_plain_text() => {
                self.open_with(false).await
            }
            other => other,
        }
    }

    fn allows_plain_text(&self) -> bool {
        self.settings.tls == TlsPolicy::Opportunistic && self.settings.credentials.is_none()
    }

    async fn open_with(&self, use_starttls: bool) -> Result<SmtpConnection, SmtpFailure> {
        let tcp =
            self.connect().await.map_err(|fault| SmtpFailure::new(SmtpPhase::Connect, fault))?;
        let local = tcp.local_addr().ok().map(|addr| addr.ip());
        let peer = tcp.peer_addr().ok().map(|addr| addr.ip());
        let hello = hello_name(self.settings.hello.as_deref(), local);
        let mut connection = SmtpConnection::new(SmtpStream::Plain(tcp), self.settings.timeout);
        if self.settings.tls == TlsPolicy::Implicit {
            self.encrypt(&mut connection, peer, SmtpPhase::Connect).await?;
        }
        let greeting = connection.reply(SmtpPhase::Greeting).await?;
        expect(SmtpPhase::Greeting, greeting, 200..300)?;
        connection.hello(&hello).await?;
        let policy = self.settings.tls;
        if use_starttls && matches!(policy, TlsPolicy::StartTls | TlsPolicy::Opportunistic) {
            self.start_tls(&mut connection, peer, &hello).await?;
        }
        if let Some((user, password)) = &self.settings.credentials {
            if !may_authenticate(connection.proved, peer) {
                return Err(SmtpFailure::new(SmtpPhase::Auth, SmtpFault::Unfit(
                    "the password is not sent to a server that has not proved who it is: use smtps:// or require STARTTLS"
                        .into(),
                )));
            }
            connection.log_in(user, password).await?;
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<TcpStream, SmtpFault> {
        let limit = self.settings.timeout.min(SMTP_CONNECT_TIMEOUT);
        let lookup = tokio::net::lookup_host((self.host.as_str(), self.settings.port));
        let addresses: Vec<SocketAddr> = timeout(limit, lookup)
            .await
            .map_err(|_| SmtpFault::Silence)?
            .map_err(|error| SmtpFault::Broken(format!("looking up {}: {error}", self.host)))?
            .collect();
        let mut last = SmtpFault::Broken(format!("{} has no address", self.host));
        for address in addresses {
            match timeout(limit, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    // Without it Nagle's algorithm and delayed acknowledgements cost 40 ms a message.
                    tcp.set_nodelay(true).map_err(broken)?;
                    return Ok(tcp);
                }
                Ok(Err(error)) => last = SmtpFault::Broken(format!("{address}: {error}")),
                Err(_) => last = SmtpFault::Silence,
            }
        }
        Err(last)
    }

    async fn start_tls(
        &self,
        connection: &mut SmtpConnection,
        peer: Option<IpAddr>,
        hello: &str,
    ) -> Result<(), SmtpFailure> {
        let failed = |fault| Err(SmtpFailure::new(SmtpPhase::StartTls, fault));
        if !connection.offers.starttls {
            if self.settings.tls == TlsPolicy::StartTls {
                return failed(SmtpFault::Unfit(
                    "the server does not offer STARTTLS, which the settings require".into(),
                ));
            }
            return Ok(());
        }
        let reply = connection.ask(SmtpPhase::StartTls, "STARTTLS").await?;
        if reply.code != 220 {
            if self.allows_plain_text() && reply.code != 421 {
                return Ok(());
            }
            return failed(SmtpFault::Answered(reply));
        }
        // What came along with the 220 was not protected by TLS, and somebody else may have written it.
        if !connection.inbox.is_empty() {
            return failed(SmtpFault::Tls("the server sent data before the handshake".into()));
        }
        self.encrypt(connection, peer, SmtpPhase::StartTls).await?;
        // What was offered before may have been forged (RFC 3207 §4.2).
        connection.hello(hello).await
    }

    async fn encrypt(
        &self,
        connection: &mut SmtpConnection,
        peer: Option<IpAddr>,
        phase: SmtpPhase,
    ) -> Result<(), SmtpFailure> {
        let failed = |fault| SmtpFailure::new(phase, fault);
        let must_prove = match self.settings.tls {
            TlsPolicy::Opportunistic => {
                !may_authenticate(false, peer) && self.settings.credentials.is_some()
            }
            _ => true,
        };
        let connector = if must_prove { &self.verifying } else { &self.unverifying };
        let connector = connector.as_ref().expect("made in `new` for every policy that encrypts");
        let name = server_name(&self.host).ok_or_else(|| {
            failed(SmtpFault::Tls(format!("\"{}\" is not a host name", self.host)))
        })?;
        let SmtpStream::Plain(tcp) = std::mem::replace(&mut connection.stream, SmtpStream::Closed)
        else {
            return Err(failed(SmtpFault::Tls("the connection is encrypted already".into())));
        };
        let limit = reply_timeout(phase, self.settings.timeout);
        match timeout(limit, connector.connect(name, tcp)).await {
            Ok(Ok(stream)) => {
                connection.stream = SmtpStream::Tls(Box::new(stream));
                connection.proved = must_prove;
                Ok(())
            }
            // rustls reports what it finds wrong as "invalid data"; anything else befell the connection.
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(failed(SmtpFault::Tls(error.to_string())))
            }
            Ok(Err(error)) => Err(failed(broken(error))),
            Err(_) => Err(failed(SmtpFault::Silence)),
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

/// Returns what we call ourselves (RFC 5321 §4.1.4): the name in the settings, this machine's full
/// name, or else our address, because servers turn away a name without a dot.
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

/// Returns how long to wait for the answer of a phase: the settings' time, within the bounds of RFC
/// 5321 §4.5.3.2. After the final dot twice as long, as there: a server that is still filtering
/// will deliver, and a second try would be a double.
fn reply_timeout(phase: SmtpPhase, wanted: Duration) -> Duration {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    match phase {
        SmtpPhase::Data => wanted.min(minutes(2)),
        SmtpPhase::Message => (wanted * 2).min(minutes(10)),
        _ => wanted.min(minutes(5)),
    }
}

fn broken(error: io::Error) -> SmtpFault {
    SmtpFault::Broken(error.to_string())
}

fn expect(
    phase: SmtpPhase,
    reply: SmtpReply,
    codes: std::ops::Range<u16>,
) -> Result<SmtpReply, SmtpFailure> {
    if codes.contains(&reply.code) {
        Ok(reply)
    } else {
        Err(SmtpFailure::new(phase, SmtpFault::Answered(reply)))
    }
}

enum SmtpStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// A handshake failed; nothing is left to talk to.
    Closed,
}

impl SmtpStream {
    async fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            SmtpStream::Plain(tcp) => tcp.read(into).await,
            SmtpStream::Tls(tls) => tls.read(into).await,
            SmtpStream::Closed => Ok(0),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            SmtpStream::Plain(tcp) => tcp.write_all(bytes).await,
            SmtpStream::Tls(tls) => {
                tls.write_all(bytes).await?;
                tls.flush().await
            }
            SmtpStream::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// What the server's EHLO reply offers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ServerExtensions {
    starttls: bool,
    pipelining: bool,
    size: bool,
    eight_bit: bool,
    smtputf8: bool,
    auth_plain: bool,
    auth_login: bool,
}

impl ServerExtensions {
    fn read(reply: &SmtpReply) -> Self {
        let mut offers = ServerExtensions::default();
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

pub struct SmtpConnection {
    stream: SmtpStream,
    /// Bytes received and not read yet.
    inbox: Vec<u8>,
    timeout: Duration,
    offers: ServerExtensions,
    /// Over TLS, with a certificate that holds.
    proved: bool,
    /// Messages accepted over this connection, and refused ones.
    pub transactions: u32,
    state: TransactionState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TransactionState {
    /// The next command may be MAIL.
    Ready,
    /// A transaction is half done; RSET makes it ready.
    Open,
    /// Not to be used again.
    Lost,
}

impl SmtpConnection {
    fn new(stream: SmtpStream, timeout: Duration) -> Self {
        SmtpConnection {
            stream,
            inbox: Vec::new(),
            timeout,
            offers: ServerExtensions::default(),
            proved: false,
            transactions: 0,
            state: TransactionState::Ready,
        }
    }

    async fn hello(&mut self, name: &str) -> Result<(), SmtpFailure> {
        let reply = self.ask(SmtpPhase::Hello, &format!("EHLO {name}")).await?;
        if matches!(reply.code, 500 | 502) {
            // RFC 5321 §3.2: a server that does not know EHLO knows HELO.
            let reply = self.ask(SmtpPhase::Hello, &format!("HELO {name}")).await?;
            self.offers = ServerExtensions::default();
            return expect(SmtpPhase::Hello, reply, 200..300).map(|_| ());
        }
        let reply = expect(SmtpPhase::Hello, reply, 200..300)?;
        self.offers = ServerExtensions::read(&reply);
        Ok(())
    }

    async fn log_in(&mut self, user: &str, password: &SecretString) -> Result<(), SmtpFailure> {
        let password = password.expose_secret();
        let phase = SmtpPhase::Auth;
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
            return Err(SmtpFailure::new(phase, SmtpFault::Unfit(why.into())));
        };
        expect(phase, reply, 200..300).map(|_| ())
    }

    /// Hands one mail over. The answer is the server's reply to the final dot, or what went wrong and when.
    pub async fn send(&mut self, letter: &OutgoingMail) -> Result<SmtpReply, SmtpFailure> {
        let commands = self.envelope(letter)?;
        self.transactions += 1;
        // Any early return, by an error or a caller that stops waiting, leaves the connection in an
        // unknown state.
        self.state = TransactionState::Lost;
        if self.offers.pipelining {
            self.open_pipelined(&commands).await?;
        } else {
            self.open_stepwise(&commands).await?;
        }
        self.message(&letter.bytes).await?;
        let reply = self.reply(SmtpPhase::Message).await?;
        self.settle(&reply, TransactionState::Ready);
        expect(SmtpPhase::Message, reply, 200..300)
    }

    fn envelope(&self, letter: &OutgoingMail) -> Result<[(SmtpPhase, String); 3], SmtpFailure> {
        let unsendable =
            |why| Err(SmtpFailure::new(SmtpPhase::Recipient, SmtpFault::Unsendable(why)));
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
            (SmtpPhase::MailFrom, mail),
            (SmtpPhase::Recipient, format!("RCPT TO:<{}>", letter.to)),
            (SmtpPhase::Data, "DATA".to_owned()),
        ])
    }

    async fn open_stepwise(
        &mut self,
        commands: &[(SmtpPhase, String); 3],
    ) -> Result<(), SmtpFailure> {
        for (phase, command) in commands {
            let reply = self.ask(*phase, command).await?;
            if let Err(failure) = expect(*phase, reply.clone(), expected_codes(*phase)) {
                self.settle(&reply, TransactionState::Open);
                return Err(failure);
            }
        }
        Ok(())
    }

    /// All three commands in one write (RFC 2920), which over a distance is most of the time a mail takes.
    async fn open_pipelined(
        &mut self,
        commands: &[(SmtpPhase, String); 3],
    ) -> Result<(), SmtpFailure> {
        let all: String = commands.iter().map(|(_, command)| format!("{command}\r\n")).collect();
        let mut trouble = self.write(SmtpPhase::MailFrom, all.as_bytes()).await.err();
        let mut last = None;
        for (phase, _) in commands {
            match self.reply(*phase).await {
                Ok(reply) => {
                    let checked = expect(*phase, reply.clone(), expected_codes(*phase));
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
            // RFC 2920 §3.1: a server that takes the message although it refused all recipients
            // gets an empty one.
            self.write(SmtpPhase::Data, b".\r\n").await?;
            let reply = self.reply(SmtpPhase::Data).await?;
            self.settle(&reply, TransactionState::Open);
        } else {
            self.settle(&last, TransactionState::Open);
        }
        Err(failure)
    }

    /// The message with its dots stuffed and its end marked (RFC 5321 §4.5.2).
    async fn message(&mut self, bytes: &[u8]) -> Result<(), SmtpFailure> {
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
            self.write(SmtpPhase::Message, block).await?;
        }
        Ok(())
    }

    fn settle(&mut self, reply: &SmtpReply, state: TransactionState) {
        // After 421 the server closes (RFC 5321 §3.8).
        self.state = if reply.code == 421 { TransactionState::Lost } else { state };
    }

    /// Makes the connection ready for another mail; `false` when it cannot be.
    pub async fn make_ready(&mut self) -> bool {
        if self.state == TransactionState::Open {
            let reset = self.ask(SmtpPhase::MailFrom, "RSET").await;
            self.state = if reset.is_ok_and(|reply| reply.code == 250) {
                TransactionState::Ready
            } else {
                TransactionState::Lost
            };
        }
        self.state == TransactionState::Ready
    }

    /// Says goodbye and closes. What the server answers no longer matters.
    pub async fn quit(mut self) {
        const FAREWELL: Duration = Duration::from_secs(5);
        if self.state != TransactionState::Lost {
            let _ = timeout(FAREWELL, self.ask(SmtpPhase::Hello, "QUIT")).await;
        }
        if let SmtpStream::Tls(tls) = &mut self.stream {
            let _ = timeout(FAREWELL, tls.shutdown()).await;
        }
    }

    async fn ask(&mut self, phase: SmtpPhase, command: &str) -> Result<SmtpReply, SmtpFailure> {
        self.write(phase, format!("{command}\r\n").as_bytes()).await?;
        self.reply(phase).await
    }

    async fn write(&mut self, phase: SmtpPhase, bytes: &[u8]) -> Result<(), SmtpFailure> {
        // RFC 5321 §4.5.3.2.5: three minutes for a block.
        let limit = self.timeout.min(Duration::from_secs(180));
        let error = match timeout(limit, self.stream.write(bytes)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => return Err(SmtpFailure::new(phase, SmtpFault::Silence)),
        };
        // A server that has seen enough answers and closes, so its reason may lie here unread.
        match timeout(Duration::from_millis(200), self.read_reply()).await {
            Ok(Ok(reply)) if !reply.is_positive() => {
                Err(SmtpFailure::new(phase, SmtpFault::Answered(reply)))
            }
            _ => Err(SmtpFailure::new(phase, broken(error))),
        }
    }

    async fn reply(&mut self, phase: SmtpPhase) -> Result<SmtpReply, SmtpFailure> {
        let limit = reply_timeout(phase, self.timeout);
        let reply = timeout(limit, self.read_reply()).await.unwrap_or(Err(SmtpFault::Silence));
        reply.map_err(|fault| SmtpFailure::new(phase, fault))
    }

    async fn read_reply(&mut self) -> Result<SmtpReply, SmtpFault> {
        let mut lines = Vec::new();
        loop {
            let line = self.read_line().await?;
            let garbled = || SmtpFault::Garbled(line.chars().take(80).collect());
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
                return Ok(SmtpReply { code, lines });
            }
            if lines.len() >= REPLY_LINES {
                return Err(SmtpFault::Garbled("a reply without end".into()));
            }
        }
    }

    /// One line without its end. What is not UTF-8 in it is replaced: the code is what counts.
    async fn read_line(&mut self) -> Result<String, SmtpFault> {
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
                return Err(SmtpFault::Garbled("a line without end".into()));
            }
            let mut chunk = [0; 2048];
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err(SmtpFault::Broken("the server closed the connection".into())),
                Ok(n) => self.inbox.extend_from_slice(&chunk[..n]),
                Err(error) => return Err(broken(error)),
            }
        }
    }
}

fn expected_codes(phase: SmtpPhase) -> std::ops::Range<u16> {
    if phase == SmtpPhase::Data { 354..355 } else { 200..300 }
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
            [SmtpPhase::Greeting, SmtpPhase::MailFrom, SmtpPhase::Data, SmtpPhase::Message]
                .map(|phase| reply_timeout(phase, Duration::from_secs(seconds)).as_secs())
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
        let reply = |lines: &[&str]| SmtpReply {
            code: 250,
            lines: lines.iter().map(|line| line.to_string()).collect(),
        };
        let offers = ServerExtensions::read(&reply(&[
            "PIPELINING",
            "auth=login",
            "Size",
            "x",
            "AUTH gssapi Plain",
            "8BITMIME",
        ]));
        let expected = ServerExtensions {
            size: true,
            eight_bit: true,
            auth_plain: true,
            auth_login: true,
            ..ServerExtensions::default()
        };
        assert_eq!(offers, expected);
    }
}
