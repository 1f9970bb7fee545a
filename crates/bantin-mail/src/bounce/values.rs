//! What one mail to the bounce mailbox says, as values.

use std::fmt;

use chrono::{DateTime, Utc};

use bantin_model::{DeliveryId, SubscriptionId};

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
    /// A report of success, which was not requested.
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

/// The mail that a bounce is proved to be about.
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
pub struct Recipient(pub(super) String);

impl Recipient {
    /// Returns whether this is the subscriber's address. It is another one where mail is forwarded,
    /// or goes to a group.
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
    /// `None` when nothing shows which of our mails this is about; then nothing may follow from it.
    pub about: Option<BounceSubject>,
    pub recipient: Option<Recipient>,
}

impl Bounce {
    /// Returns what this is in the record of the subscriber whose address is `address`, having
    /// arrived `at`. The caller has found that subscriber by [`Bounce::about`], and by nothing
    /// else.
    pub fn event(&self, address: &str, at: DateTime<Utc>) -> BounceEvent {
        let elsewhere = self.recipient.as_ref().is_some_and(|recipient| !recipient.is(address));
        BounceEvent { kind: self.kind, at, elsewhere }
    }
}

/// One bounce of a subscriber, as far as it is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BounceEvent {
    pub kind: BounceKind,
    /// When it arrived.
    pub at: DateTime<Utc>,
    /// Whether the report names an address other than the subscriber's. Then mail is forwarded, or
    /// the address is a group's, of whom one may be gone while the others read on.
    pub elsewhere: bool,
}
