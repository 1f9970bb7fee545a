//! Settings of mail: the server, the sender, the rates and the look of digests.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use bantin_model::Lang;

use super::dkim;

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
    /// Receives a mail when something needs a person.
    pub admin: Option<String>,
    /// Each adds a signature to every mail. Without any, the relay may sign.
    pub dkim: Vec<dkim::Signer>,
    /// Where links in mails lead.
    pub public_url: url::Url,
    /// The language of mails to the admin.
    pub lang: Lang,
    /// Zone of the times in notices, and of the days in mails that are sent at once.
    pub zone: chrono_tz::Tz,
    pub rates: RateLimits,
    /// The mailbox that bounces and requests to leave come to; each mail has an address of its own
    /// below it. `None`: they come to `from`, where they are not read.
    pub bounces: Option<String>,
    pub digest: DigestSettings,
}

/// The largest rates of sending; `None`: as fast as the mail server takes mails.
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
    /// Whether items that were revised after they were sent are listed once more.
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
