//! What is handed to a mail server, and how that ended.

use std::fmt;
use std::sync::Arc;

/// The result of sending one mail. Its text never contains an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The server's words after the final dot.
    Accepted(String),
    /// The server refused this address for good: stop sending to it.
    Refused(String),
    /// A temporary failure of this mail (greylisting, a full mailbox, no answer after the dot):
    /// send the same message again later.
    TryLater(String),
    /// The server was not reached, or the attempt ended before this recipient was named (no route,
    /// timeout, 421). No mail can go, to any recipient, and no mail is to be given up for it.
    Away(String),
    /// The server wants no mail of ours at this address (a block list, SPF): later. One such answer may be one
    /// recipient's own quirk; several in a row mean that no mail can go.
    SenderRefused(String),
    /// 535, bad certificate: no mail can go; hold the queue, tell the admin.
    OurFault(String),
}

/// One attempt to send, and how far it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendAttempt {
    pub sent: SendOutcome,
    /// Whether the server heard of this mail. Where it did not, the failure says nothing of the mail.
    pub heard: bool,
}

/// The bytes of a mail, with its envelope.
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
        f.debug_struct("OutgoingMail")
            .field("message_id", &self.message_id)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A mail's subject and bodies, before they are addressed to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    pub subject: String,
    pub text: String,
    pub html: String,
}
