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
mod mail_texts;
mod mailer;
mod message;
mod notices;
pub mod outcome;
mod pool;
mod render;
mod sending;
mod settings;
mod smtp;
mod tls;

pub use address::{check_address, domain_of, normalise_address};
pub use folder::eml_path;
pub use mailer::Mailer;
pub use sending::{OutgoingMail, RenderedMail, SendAttempt, SendOutcome};
pub use settings::{DigestSettings, MailSettings, RateLimits, SmtpSettings, TlsPolicy, Transport};
