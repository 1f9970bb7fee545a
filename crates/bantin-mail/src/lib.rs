//! Mail: messages built with lettre, rendered from templates, sent over SMTP connections of our own or written to a
//! folder. Only this module knows lettre. No address and no secret enters an error or a log line (P12).
//!
//! A digest goes through `render` (templates), `message` (bytes), `dkim` (signatures) and `mailer` (`pool` of `smtp`
//! connections, or `folder`); `outcome` says what the server's answer means. What comes back later is
//! read by `bounce`.

pub mod address;
pub mod bounce;
pub mod dkim;
mod folder;
mod mailer;
mod message;
mod notices;
pub mod outcome;
mod pool;
mod render;
mod smtp;
mod texts;
mod tls;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use bantin_model::Lang;

pub use address::{check_address, domain_of, normalise_address};
pub use folder::eml_path;
pub use mailer::Mailer;

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
    /// Each adds a signature to every mail; none: the relay signs, or nobody.
    pub dkim: Vec<dkim::Signer>,
    /// Where links in mails lead.
    pub public_url: url::Url,
    /// Of what we say to the admin.
    pub lang: Lang,
    pub rates: RateLimits,
    /// The mailbox that bounces and requests to leave come to, below which each mail has an address of its own; None: they
    /// come to `from`, where nobody reads them.
    pub bounces: Option<String>,
    pub digest: DigestSettings,
}

/// How fast mails go at most; None: as fast as the mail server takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    pub per_minute: Option<u32>,
    pub per_minute_per_domain: Option<u32>,
}

/// What digests hold and how they look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestSettings {
    /// Whether the portals' pictures are shown. They are fetched when the mail is read, so the portal sees who reads.
    pub images: bool,
    /// Whether items that were revised after they were sent are told of once more.
    pub revised: bool,
    /// Days that a digest reaches back; what is older is counted.
    pub days: u32,
    /// The office's name and address, under every mail.
    pub footer: Option<String>,
    /// A folder of templates of the admin's own.
    pub templates: Option<PathBuf>,
}

impl Default for DigestSettings {
    fn default() -> Self {
        DigestSettings { images: false, revised: true, days: 14, footer: None, templates: None }
    }
}

/// How sending one mail ended. The text never holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The server's words after the final dot.
    Accepted(String),
    /// This address will never work: stop sending to it.
    Refused(String),
    /// Greylisting, a full mailbox, no answer after the dot: the same message again, later.
    TryLater(String),
    /// The server was not reached, or had not got as far as this recipient (no route, timeout, 421): no mail can go, whoever
    /// gets it, and no mail is to be given up for it.
    Away(String),
    /// The server wants no mail of ours at this address (a block list, SPF): later. One such answer may be one
    /// recipient's own quirk; several in a row mean that no mail can go.
    SenderRefused(String),
    /// 535, bad certificate: no mail can go; hold the queue, tell the admin.
    OurFault(String),
}

/// One try, with how far it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendAttempt {
    pub sent: SendOutcome,
    /// Whether the server heard of this mail. Where it did not, the failure says nothing of the mail.
    pub heard: bool,
}

/// A mail as its bytes, with its envelope.
#[derive(Clone)]
pub struct OutgoingMail {
    pub from: String,
    pub to: String,
    pub message_id: String,
    pub bytes: Arc<[u8]>,
}

/// Without addresses and text (P12).
impl fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("message_id", &self.message_id)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A mail's subject and bodies, before it is anybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    pub subject: String,
    pub text: String,
    pub html: String,
}
