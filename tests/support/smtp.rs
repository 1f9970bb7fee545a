//! A mail server for tests: on loopback, port 0, says yes unless configured otherwise, and remembers every byte.
//!
//! ```ignore
//! let sink = Sink::start().await;
//! sink.on_first(At::Rcpt, 1, "451 4.7.1 greylisted");      // once, then yes again
//! sink.on_command(At::Rcpt, "gone@", "550 5.1.1 unknown");  // this receiver only
//! sink.on(At::Body, Act::Close);                            // take the message, then say nothing
//! …
//! assert_eq!(sink.mails()[0].to, "a@example.vn");
//! ```
#![allow(dead_code)]

// A test takes the doubles that it needs, and two of them have this in common.
#[allow(clippy::duplicate_mod)]
#[path = "port.rs"]
mod port;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use port::Port;

/// Where in a conversation a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    /// The DATA command, in place of 354.
    Data,
    /// The answer to the final dot.
    Body,
    Rset,
    Quit,
    /// Before reading the first command after a message: the server that closes an idle connection.
    Idle,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Answers so (without CRLF; several lines with "\r\n" between). A message answered with anything but 2xx is not counted
    /// as accepted.
    Say(Vec<u8>),
    SayThenClose(Vec<u8>),
    /// Says nothing more and keeps the connection open.
    Hang,
    Close,
    /// Accepts the message and closes without a word: the answer that got lost.
    AcceptThenClose,
}

impl From<&str> for Act {
    fn from(text: &str) -> Act {
        Act::Say(text.as_bytes().to_vec())
    }
}

struct Rule {
    at: At,
    /// Part of the command line; empty for any.
    part: String,
    /// How often still; None for ever.
    times: Option<usize>,
    act: Act,
}

/// A message whose final dot was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: String,
    /// The MAIL line whole, with its parameters.
    pub mail_line: String,
    /// As sent, with dots unstuffed and without the final dot's line.
    pub bytes: Vec<u8>,
    /// Whether the sink took it.
    pub accepted: bool,
    pub tls: bool,
    /// From 0, in order of connecting.
    pub connection: usize,
    pub login: Option<(String, String)>,
}

impl Mail {
    /// The value of a header field, unfolded, as raw text.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        let head = text.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let prefix = format!("{}:", name.to_ascii_lowercase());
        head.split("\r\n")
            .find(|line| line.to_ascii_lowercase().starts_with(&prefix))
            .map(|line| line[prefix.len()..].trim().to_owned())
    }

    /// The subject as people read it: encoded words (RFC 2047, base64 in UTF-8) decoded.
    pub fn subject(&self) -> String {
        let raw = self.header("Subject").unwrap_or_default();
        if !raw.contains("=?") {
            return raw;
        }
        raw.split_whitespace()
            .map(|word| {
                let inner =
                    word.strip_prefix("=?utf-8?B?").and_then(|rest| rest.strip_suffix("?="));
                inner.map_or_else(|| word.to_owned(), decoded)
            })
            .collect()
    }

    /// The body of a mail of one part in plain text.
    pub fn text(&self) -> String {
        let whole = String::from_utf8_lossy(&self.bytes);
        let body = whole.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        match self.header("Content-Transfer-Encoding").as_deref() {
            Some("base64") => decoded(&body.replace("\r\n", "")),
            Some("quoted-printable") => unquoted(body),
            _ => body.to_owned(),
        }
    }

    pub fn message_id(&self) -> String {
        self.header("Message-ID").unwrap_or_default().trim_matches(['<', '>']).to_owned()
    }
}

/// A self-signed certificate, and the file a client may trust it by.
#[derive(Clone)]
pub struct Cert {
    acceptor: TlsAcceptor,
    pub pem: String,
}

impl Cert {
    /// For names or IP addresses.
    pub fn for_names(names: &[&str]) -> Cert {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate with its key");
        Cert { acceptor: TlsAcceptor::from(Arc::new(config)), pem: made.cert.pem() }
    }

    /// Writes the certificate where `extra_ca` can name it.
    pub fn save(&self, folder: &std::path::Path) -> PathBuf {
        let path = folder.join("ca.pem");
        std::fs::write(&path, &self.pem).expect("a file");
        path
    }
}

#[derive(Clone, Default)]
pub enum Tls {
    #[default]
    None,
    /// Offered by EHLO.
    Start(Cert),
    /// From the first byte.
    Implicit(Cert),
}

/// What a sink is like before any rule.
#[derive(Clone)]
pub struct Manner {
    pub tls: Tls,
    /// What EHLO offers besides STARTTLS, one line each.
    pub offers: Vec<String>,
    /// The one login that is right.
    pub login: Option<(String, String)>,
}

impl Default for Manner {
    fn default() -> Self {
        let offers = ["PIPELINING", "SIZE 10485760", "ENHANCEDSTATUSCODES", "8BITMIME"];
        Manner { tls: Tls::None, offers: offers.map(str::to_owned).to_vec(), login: None }
    }
}

impl Manner {
    pub fn offering(offers: &[&str]) -> Manner {
        Manner {
            offers: offers.iter().map(|offer| offer.to_string()).collect(),
            ..Manner::default()
        }
    }

    pub fn tls(mut self, tls: Tls) -> Manner {
        self.tls = tls;
        self
    }

    /// Wants this login; `mechanisms` as after AUTH, such as "PLAIN LOGIN".
    pub fn login(mut self, user: &str, password: &str, mechanisms: &str) -> Manner {
        self.offers.push(format!("AUTH {mechanisms}"));
        self.login = Some((user.to_owned(), password.to_owned()));
        self
    }
}

#[derive(Default)]
struct Seen {
    mails: Vec<Mail>,
    /// Every command line of every connection, in order.
    lines: Vec<String>,
    connections: usize,
    /// Connections open now, and the most there have been at once.
    open: usize,
    most_open: usize,
    rules: Vec<Rule>,
}

#[derive(Clone)]
pub struct Sink {
    pub addr: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    changed: Arc<Notify>,
    manner: Manner,
    port: Arc<Port>,
    listening: Arc<Mutex<Listening>>,
}

/// Conversations end with what listens: they are dropped together with it.
struct Listening(Option<tokio::task::JoinHandle<()>>);

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Sink {
    pub async fn start() -> Sink {
        Sink::with(Manner::default()).await
    }

    pub async fn with(manner: Manner) -> Sink {
        let port = Port::any();
        let sink = Sink {
            addr: port.address,
            seen: Arc::default(),
            changed: Arc::default(),
            manner,
            port: Arc::new(port),
            listening: Arc::new(Mutex::new(Listening(None))),
        };
        sink.come_back();
        sink
    }

    /// Refuses connections from now on, those that are open end.
    pub async fn go_away(&self) {
        let task = self.listening.lock().expect("memory").0.take();
        if let Some(task) = task {
            task.abort();
            // Cancelled, which is what was asked for.
            let _ = task.await;
        }
    }

    /// Takes connections again, at the same address.
    pub fn come_back(&self) {
        let listener = self.port.listen();
        let (manner, all, bell) = (self.manner.clone(), self.seen.clone(), self.changed.clone());
        let accepting = tokio::spawn(async move {
            let mut talks = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                talks.spawn(converse(tcp, manner.clone(), all.clone(), bell.clone()));
            }
        });
        self.listening.lock().expect("memory").0 = Some(accepting);
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// `smtp://127.0.0.1:PORT`, for a config file.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.addr)
    }

    /// Does this whenever a conversation comes here.
    pub fn on(&self, at: At, act: impl Into<Act>) {
        self.rule(at, "", None, act.into());
    }

    /// Does this the first so many times.
    pub fn on_first(&self, at: At, times: usize, act: impl Into<Act>) {
        self.rule(at, "", Some(times), act.into());
    }

    /// Does this whenever the command holds `part`, such as a receiver's address.
    pub fn on_command(&self, at: At, part: &str, act: impl Into<Act>) {
        self.rule(at, part, None, act.into());
    }

    /// The same, so many times.
    pub fn on_command_first(&self, at: At, part: &str, times: usize, act: impl Into<Act>) {
        self.rule(at, part, Some(times), act.into());
    }

    fn rule(&self, at: At, part: &str, times: Option<usize>, act: Act) {
        self.seen().rules.push(Rule { at, part: part.to_owned(), times, act });
    }

    /// From now on yes to everything.
    pub fn relent(&self) {
        self.seen().rules.clear();
    }

    /// Messages in order of their final dots, those refused after it included.
    pub fn mails(&self) -> Vec<Mail> {
        self.seen().mails.clone()
    }

    pub fn accepted(&self) -> Vec<Mail> {
        self.mails().into_iter().filter(|mail| mail.accepted).collect()
    }

    /// How many have been accepted.
    pub fn accepted_count(&self) -> usize {
        self.seen().mails.iter().filter(|mail| mail.accepted).count()
    }

    /// The accepted ones, which are forgotten here, and so is what was said.
    pub fn take_accepted(&self) -> Vec<Mail> {
        let mut seen = self.seen();
        seen.lines.clear();
        std::mem::take(&mut seen.mails).into_iter().filter(|mail| mail.accepted).collect()
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen().lines.clone()
    }

    /// How many commands began so.
    pub fn count(&self, start: &str) -> usize {
        self.seen().lines.iter().filter(|line| line.starts_with(start)).count()
    }

    pub fn connections(&self) -> usize {
        self.seen().connections
    }

    pub fn open_connections(&self) -> usize {
        self.seen().open
    }

    pub fn most_open(&self) -> usize {
        self.seen().most_open
    }

    /// Waits until so many messages have been accepted; panics after ten seconds.
    pub async fn wait_for(&self, mails: usize) -> Vec<Mail> {
        self.wait_until("messages", |sink| sink.accepted().len() >= mails).await;
        self.accepted()
    }

    /// Waits until something is so; panics after ten seconds.
    pub async fn wait_until(&self, what: &str, is_so: impl Fn(&Sink) -> bool) {
        let waiting = async {
            loop {
                let bell = self.changed.notified();
                if is_so(self) {
                    return;
                }
                bell.await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(10), waiting).await;
        assert!(
            ended.is_ok(),
            "waited ten seconds for {what}; the conversation was {:#?}",
            self.lines()
        );
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no panic while the sink's memory is held")
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

enum After {
    GoOn,
    StartTls,
    Close,
}

struct Talk {
    manner: Manner,
    seen: Arc<Mutex<Seen>>,
    changed: Arc<Notify>,
    number: usize,
    tls: bool,
    login: Option<(String, String)>,
    after_message: bool,
}

async fn converse(tcp: TcpStream, manner: Manner, seen: Arc<Mutex<Seen>>, changed: Arc<Notify>) {
    // The end of a conversation counts even where its task is dropped.
    struct Open(Arc<Mutex<Seen>>, Arc<Notify>);
    impl Drop for Open {
        fn drop(&mut self) {
            if let Ok(mut seen) = self.0.lock() {
                seen.open -= 1;
            }
            self.1.notify_waiters();
        }
    }
    let number = {
        let mut seen = seen.lock().expect("memory");
        seen.connections += 1;
        seen.open += 1;
        seen.most_open = seen.most_open.max(seen.open);
        seen.connections - 1
    };
    let _open = Open(seen.clone(), changed.clone());
    let _ = tcp.set_nodelay(true);
    let mut talk =
        Talk { manner, seen, changed, number, tls: false, login: None, after_message: false };
    let mut wire: Box<dyn Wire> = Box::new(tcp);
    if let Tls::Implicit(cert) = talk.manner.tls.clone() {
        let Ok(encrypted) = cert.acceptor.accept(wire).await else { return };
        wire = Box::new(encrypted);
        talk.tls = true;
    }
    let mut wire = BufReader::new(wire);
    if !matches!(
        talk.answer(&mut wire, At::Greeting, "", "220 sink.example ESMTP").await,
        Ok(After::GoOn)
    ) {
        return;
    }
    while let Ok(after) = talk.command(&mut wire).await {
        match after {
            After::GoOn => {}
            After::Close => break,
            After::StartTls => {
                let Tls::Start(cert) = talk.manner.tls.clone() else { return };
                let Ok(encrypted) = cert.acceptor.accept(wire.into_inner()).await else { return };
                wire = BufReader::new(Box::new(encrypted));
                talk.tls = true;
            }
        }
    }
    let _ = wire.shutdown().await;
}

type Io<'a> = &'a mut BufReader<Box<dyn Wire>>;

impl Talk {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no panic while the sink's memory is held")
    }

    fn act(&self, at: At, command: &str) -> Option<Act> {
        let mut seen = self.seen();
        let rule = seen
            .rules
            .iter_mut()
            .find(|rule| rule.at == at && rule.times != Some(0) && command.contains(&rule.part))?;
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        Some(rule.act.clone())
    }

    /// Answers by rule, or with `usual`; tells whether the answer was the usual one or meant yes.
    async fn answer(
        &mut self,
        wire: Io<'_>,
        at: At,
        command: &str,
        usual: &str,
    ) -> std::io::Result<After> {
        let act = self.act(at, command).unwrap_or_else(|| usual.into());
        self.perform(wire, act).await
    }

    async fn perform(&mut self, wire: Io<'_>, act: Act) -> std::io::Result<After> {
        match act {
            Act::Say(text) => {
                wire.write_all(&[&text[..], b"\r\n"].concat()).await?;
                wire.flush().await?;
                Ok(After::GoOn)
            }
            Act::SayThenClose(text) => {
                wire.write_all(&[&text[..], b"\r\n"].concat()).await?;
                wire.flush().await?;
                Ok(After::Close)
            }
            Act::Hang => {
                self.changed.notify_waiters();
                std::future::pending::<()>().await;
                Ok(After::Close)
            }
            Act::Close | Act::AcceptThenClose => Ok(After::Close),
        }
    }

    async fn line(&mut self, wire: Io<'_>) -> std::io::Result<String> {
        let mut line = Vec::new();
        if wire.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&line);
        assert!(line.ends_with("\r\n"), "a line that does not end in CRLF: {line:?}");
        Ok(line.trim_end_matches("\r\n").to_owned())
    }

    async fn command(&mut self, wire: Io<'_>) -> std::io::Result<After> {
        if self.after_message
            && let Some(act) = self.act(At::Idle, "")
        {
            self.after_message = false;
            if let After::Close = self.perform(wire, act).await? {
                return Ok(After::Close);
            }
        }
        let line = self.line(wire).await?;
        self.seen().lines.push(line.clone());
        self.changed.notify_waiters();
        let upper = line.to_ascii_uppercase();
        match upper.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => {
                let mut lines = vec!["sink.example".to_owned()];
                lines.extend(self.manner.offers.iter().cloned());
                if matches!(self.manner.tls, Tls::Start(_)) && !self.tls {
                    lines.push("STARTTLS".to_owned());
                }
                let last = lines.len() - 1;
                let marked = |(n, line)| format!("250{}{line}", if n == last { ' ' } else { '-' });
                let usual: Vec<String> = lines.iter().enumerate().map(marked).collect();
                self.answer(wire, At::Ehlo, &line, &usual.join("\r\n")).await
            }
            "HELO" => self.perform(wire, "250 sink.example".into()).await,
            "STARTTLS" => match self.act(At::StartTls, &line) {
                Some(act) => self.perform(wire, act).await,
                None => {
                    self.perform(wire, "220 2.0.0 go ahead".into()).await?;
                    Ok(After::StartTls)
                }
            },
            "AUTH" => self.auth(wire, &line).await,
            "MAIL" => self.transaction(wire, line).await,
            "RSET" => self.answer(wire, At::Rset, &line, "250 2.0.0 reset").await,
            "QUIT" => {
                self.answer(wire, At::Quit, &line, "221 2.0.0 bye").await?;
                Ok(After::Close)
            }
            "RCPT" | "DATA" => self.perform(wire, "503 5.5.1 MAIL first".into()).await,
            _ => self.perform(wire, "500 5.5.2 unknown command".into()).await,
        }
    }

    async fn auth(&mut self, wire: Io<'_>, line: &str) -> std::io::Result<After> {
        if let Some(act) = self.act(At::Auth, line) {
            return self.perform(wire, act).await;
        }
        let words: Vec<&str> = line.split(' ').collect();
        let given = match words[1..] {
            ["PLAIN", token] => {
                let token = decoded(token);
                let mut parts = token.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            ["LOGIN"] => {
                self.perform(wire, "334 VXNlcm5hbWU6".into()).await?;
                let user = self.line(wire).await?;
                self.perform(wire, "334 UGFzc3dvcmQ6".into()).await?;
                let password = self.line(wire).await?;
                (decoded(&user), decoded(&password))
            }
            _ => return self.perform(wire, "504 5.5.4 unknown mechanism".into()).await,
        };
        if self.manner.login.as_ref() == Some(&given) {
            self.login = Some(given);
            self.perform(wire, "235 2.7.0 welcome".into()).await
        } else {
            self.perform(wire, "535 5.7.8 wrong".into()).await
        }
    }

    /// From MAIL to the answer to the final dot, or to where it was given up.
    async fn transaction(&mut self, wire: Io<'_>, mail_line: String) -> std::io::Result<After> {
        if self.manner.login.is_some() && self.login.is_none() {
            return self.perform(wire, "530 5.7.0 authentication required".into()).await;
        }
        let refused = self.act(At::Mail, &mail_line);
        if let Some(act) = refused {
            return self.perform(wire, act).await;
        }
        self.perform(wire, "250 2.1.0 ok".into()).await?;
        let mut to = None;
        loop {
            let line = self.line(wire).await?;
            self.seen().lines.push(line.clone());
            self.changed.notify_waiters();
            let after = match line.to_ascii_uppercase().split([' ', ':']).next().unwrap_or_default()
            {
                "RCPT" => match self.act(At::Rcpt, &line) {
                    Some(act) => self.perform(wire, act).await?,
                    None => {
                        to = Some(between_brackets(&line));
                        self.perform(wire, "250 2.1.5 ok".into()).await?
                    }
                },
                "DATA" => {
                    if let Some(act) = self.act(At::Data, &line) {
                        self.perform(wire, act).await?
                    } else if let Some(to) = to.take() {
                        self.perform(wire, "354 go on".into()).await?;
                        return self.body(wire, mail_line, to).await;
                    } else {
                        self.perform(wire, "554 5.5.1 no valid recipients".into()).await?
                    }
                }
                "RSET" => return self.answer(wire, At::Rset, &line, "250 2.0.0 reset").await,
                "MAIL" => self.perform(wire, "503 5.5.1 nested MAIL".into()).await?,
                "QUIT" => {
                    self.perform(wire, "221 2.0.0 bye".into()).await?;
                    After::Close
                }
                // A lone dot: the empty message of a client whose receivers were all refused.
                "." => self.perform(wire, "554 5.5.1 no valid recipients".into()).await?,
                _ => self.perform(wire, "500 5.5.2 unknown command".into()).await?,
            };
            if !matches!(after, After::GoOn) {
                return Ok(after);
            }
        }
    }

    async fn body(
        &mut self,
        wire: Io<'_>,
        mail_line: String,
        to: String,
    ) -> std::io::Result<After> {
        let mut bytes = Vec::new();
        loop {
            let mut line = Vec::new();
            if wire.read_until(b'\n', &mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            assert!(line.ends_with(b"\r\n"), "a line of the message that does not end in CRLF");
            if line == b".\r\n" {
                break;
            }
            let stuffed = line.starts_with(b".");
            bytes.extend_from_slice(&line[usize::from(stuffed)..]);
        }
        let act = self.act(At::Body, &to).unwrap_or_else(|| "250 2.0.0 ok: queued".into());
        let accepted = match &act {
            Act::Say(text) | Act::SayThenClose(text) => text.starts_with(b"2"),
            Act::AcceptThenClose => true,
            Act::Hang | Act::Close => false,
        };
        let mail = Mail {
            from: between_brackets(&mail_line),
            to,
            mail_line,
            bytes,
            accepted,
            tls: self.tls,
            connection: self.number,
            login: self.login.clone(),
        };
        self.seen().mails.push(mail);
        self.changed.notify_waiters();
        self.after_message = true;
        self.perform(wire, act).await
    }
}

fn between_brackets(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(String::new(), |(inside, _)| inside.to_owned())
}

/// RFC 2045 §6.7.
fn unquoted(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).expect("two digits stand behind each ="));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("our mails are in UTF-8")
}

fn decoded(base64: &str) -> String {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
