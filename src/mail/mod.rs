//! Mail: messages built with lettre, rendered from templates, sent over SMTP connections of our own or written to a
//! folder. Only this module knows lettre. No address and no secret enters an error or a log line (P12).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use secrecy::SecretString;

use crate::digest::Composed;
use crate::model::{DigestKind, Lang};
use crate::store::Outgoing;

/// How to hand mail over.
#[derive(Debug, Clone)]
pub enum Transport {
    Smtp(SmtpSettings),
    /// Each mail becomes a file `.eml` in this folder.
    Folder(PathBuf),
}

#[derive(Debug, Clone)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub tls: TlsPolicy,
    pub credentials: Option<(String, SecretString)>,
    /// PEM file of CA certificates to trust besides the system's.
    pub extra_ca: Option<PathBuf>,
    /// Connections used at once.
    pub connections: usize,
    /// For one reply of the server; RFC 5321 §4.5.3.2 gives the upper bounds.
    pub timeout: Duration,
    /// What we call ourselves in EHLO; None: this machine's name.
    pub hello: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPolicy {
    /// Plain text, whatever the server offers: a relay on this machine.
    None,
    /// STARTTLS when offered.
    Opportunistic,
    /// STARTTLS, or no mail.
    StartTls,
    /// TLS from the first byte (smtps, RFC 8314).
    Implicit,
}

#[derive(Debug, Clone)]
pub struct MailSettings {
    pub transport: Transport,
    /// `Name <address>` that parsed.
    pub from: String,
    pub reply_to: Option<String>,
    /// Told when something needs a person.
    pub admin: Option<String>,
    /// Where links in mails lead.
    pub public_url: url::Url,
}

/// How sending one mail ended. The text never holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server's words after the final dot.
    Accepted(String),
    /// This address will never work: stop sending to it.
    Refused(String),
    /// Greylisting, timeout, no route: the same message again, later.
    TryLater(String),
    /// 535, bad certificate: no mail can go; hold the queue, tell the admin.
    OurFault(String),
}

/// A mail as its bytes, with its envelope.
#[derive(Clone)]
pub struct Letter {
    pub from: String,
    pub to: String,
    pub message_id: String,
    pub bytes: Arc<[u8]>,
}

/// Sends mails; cheap to clone, clones share the connections.
#[derive(Clone)]
pub struct Mailer {}

impl Mailer {
    pub fn new(_settings: MailSettings) -> Result<Self> {
        todo!()
    }

    pub fn settings(&self) -> &MailSettings {
        todo!()
    }

    /// How many mails may usefully be sent at once.
    pub fn width(&self) -> usize {
        todo!()
    }

    /// A Message-ID for a mail still to be written: random, at the domain of `from`. Without brackets.
    pub fn new_message_id(&self) -> String {
        todo!()
    }

    /// The subject, text and html of a digest; the subscriber's own link stands there as `model::digest::LINK_MARK`.
    pub fn render(&self, _composed: &Composed) -> Result<Rendered> {
        todo!()
    }

    /// The mail that asks a new subscriber to confirm.
    pub fn render_confirmation(&self, _lang: Lang) -> Result<Rendered> {
        todo!()
    }

    /// Builds the mail of a delivery. The same delivery gives the same bytes, whenever it is built. `link` is the
    /// subscriber's own address to leave at, or to confirm at.
    pub fn letter(&self, _outgoing: &Outgoing, _link: &str) -> Result<Letter> {
        todo!()
    }

    /// Sends one mail over a free connection, opening one where there is none.
    pub async fn send(&self, _letter: &Letter) -> Sent {
        todo!()
    }

    /// Closes idle connections with QUIT.
    pub async fn close(&self) {
        todo!()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

#[allow(unused_imports)]
use DigestKind as _;
