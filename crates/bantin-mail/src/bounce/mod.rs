//! What comes back: delivery reports (RFC 3464), complaints (RFC 5965), the free prose of servers that write neither,
//! automatic replies, and mails that ask to leave. Bytes go in, [`Bounce`] values come out; nothing here stores or acts.
//!
//! Anybody can write a mail that looks like a bounce. So a [`Bounce`] is about a delivery only when it carries what only
//! a receiver of that delivery can know: our signature in a return path, or the delivery's random Message-ID. The
//! address that a report names is never enough.
//!
//! `mime` cuts a mail into parts, `report` reads the two standard forms, `prose` the others, `judging` says what a
//! server's words mean; `origin` finds which delivery is meant. `policy` says what follows for the subscriber.

mod inbox;
mod judging;
mod mime;
mod origin;
mod policy;
mod prose;
mod report;
#[cfg(test)]
mod tests;
mod verp;

use std::fmt;

use chrono::{DateTime, Utc};

use bantin_model::limits::MAIL_BYTES;
use bantin_model::{DeliveryId, SubscriptionId};

pub use inbox::{MaildirMail, maildir, read_mail, set_aside};
pub use policy::{BounceEvent, BounceRecord, BounceStreak, BounceVerdict};
pub use verp::{ReturnPaths, check_mailbox};

/// What a mail to the bounce mailbox says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BounceKind {
    /// Not delivered: there is no such mailbox, or no such domain.
    Hard,
    /// Not delivered, for a reason that may pass: the mailbox is full, its server was away for days.
    Soft,
    /// Not delivered, because of what the server thinks of us or of the mail. It says nothing about the subscriber.
    OurFault,
    /// Not delivered yet; the server goes on trying.
    Delayed,
    /// A report of success, which nobody asked for.
    Delivered,
    /// The receiver called the mail spam.
    Complaint,
    /// The receiver asks to leave; the signature has been checked.
    Leave(SubscriptionId),
    /// An out-of-office note or the like. The mail has arrived.
    AutoReply,
    /// Something else: a person's letter, or a report that does not say what it reports.
    Unknown,
}

impl BounceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            BounceKind::Hard => "hard",
            BounceKind::Soft => "soft",
            BounceKind::OurFault => "our-fault",
            BounceKind::Delayed => "delayed",
            BounceKind::Delivered => "delivered",
            BounceKind::Complaint => "complaint",
            BounceKind::Leave(_) => "leave",
            BounceKind::AutoReply => "auto-reply",
            BounceKind::Unknown => "unknown",
        }
    }
}

/// Which of our mails it is about, proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BounceSubject {
    /// From a return path that we signed.
    Delivery(DeliveryId),
    /// A Message-ID at our domain, without brackets: a proof when a delivery has it, and nothing otherwise.
    Message(String),
}

/// An enhanced status code (RFC 3463): class, subject, detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnhancedCode(pub u16, pub u16, pub u16);

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The address that a report names. It can be compared and is never printed (P12).
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(String);

impl Recipient {
    /// Whether this is the subscriber's address. It is another one where mail is forwarded, or goes to a group.
    pub fn is(&self, address: &str) -> bool {
        self.0.eq_ignore_ascii_case(address)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// What one mail says about one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    pub kind: BounceKind,
    pub code: Option<EnhancedCode>,
    /// The server's own words for the admin, without addresses (P12), at most 300 characters.
    pub reason: String,
    /// None: nothing shows which of our mails this is about, and nothing may follow from it.
    pub about: Option<BounceSubject>,
    pub recipient: Option<Recipient>,
}

impl Bounce {
    /// What this is in the record of the subscriber whose address is `address`, having arrived `at`. The caller has found
    /// that subscriber by [`Bounce::about`], and by nothing else.
    pub fn event(&self, address: &str, at: DateTime<Utc>) -> BounceEvent {
        let elsewhere = self.recipient.as_ref().is_some_and(|recipient| !recipient.is(address));
        BounceEvent { kind: self.kind, at, elsewhere }
    }
}

/// Reads a mail that came to the bounce mailbox, up to [`MAIL_BYTES`] of it. There is always an answer, and more than one
/// where a report names several recipients. `envelope_to` is the address it came to, where delivery says so (Postfix:
/// `ORIGINAL_RECIPIENT`); `own_domain` is the domain of our Message-IDs.
pub fn read(
    mail: &[u8],
    envelope_to: Option<&str>,
    own_domain: &str,
    paths: &ReturnPaths,
) -> Vec<Bounce> {
    let mail = &mail[..mail.len().min(MAIL_BYTES)];
    let parts = mime::parts(mail);
    let origin = origin::BounceOrigin { parts: &parts, envelope_to, own_domain, paths };
    let about = origin.about();
    let found = match origin.leaves() {
        Some(subscription) => {
            vec![BounceFinding::of(BounceKind::Leave(subscription), "asks to leave")]
        }
        None => report::read(&parts).unwrap_or_else(|| vec![prose::read(&parts)]),
    };
    found.into_iter().map(|finding| finding.about(about.clone())).collect()
}

/// A [`Bounce`] in the making: what is said, before it is known of which mail, and in words that are still raw.
struct BounceFinding {
    kind: BounceKind,
    code: Option<EnhancedCode>,
    words: String,
    recipient: Option<String>,
}

impl BounceFinding {
    fn of(kind: BounceKind, words: &str) -> BounceFinding {
        BounceFinding { kind, code: None, words: words.to_owned(), recipient: None }
    }

    fn about(self, about: Option<BounceSubject>) -> Bounce {
        let reason = match judging::presentable_words(&self.words, self.recipient.as_deref()) {
            reason if reason.is_empty() => "no reason given".to_owned(),
            reason => reason,
        };
        let recipient = self.recipient.map(Recipient);
        Bounce { kind: self.kind, code: self.code, reason, about, recipient }
    }
}
