//! A delivery: one digest to one subscriber, with its state and the mail server's reply.

use std::fmt;

use chrono::{DateTime, Utc};

use super::digest::{Digest, DigestId};
use super::subscriber::{Subscriber, SubscriberId};
use super::subscription::SubscriptionId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub i64);

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    Waiting,
    /// Given to the mail server, its answer not yet recorded. At start this goes back to waiting.
    Sending,
    Sent,
    /// The server said that this address will never work.
    Refused,
    /// Tried for days without success, or the subscriber has left meanwhile.
    GivenUp,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sending => "sending",
            DeliveryState::Sent => "sent",
            DeliveryState::Refused => "refused",
            DeliveryState::GivenUp => "given-up",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        use DeliveryState::*;
        [Waiting, Sending, Sent, Refused, GivenUp].into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub digest: DigestId,
    pub subscriber: SubscriberId,
    /// None for a confirmation.
    pub subscription: Option<SubscriptionId>,
    pub state: DeliveryState,
    /// Tries begun.
    pub attempts: u32,
    pub next_at: DateTime<Utc>,
    /// Without angle brackets; fixed when the digest was composed, the same in every try.
    pub message_id: String,
    /// When the digest was composed: the Date header of every try, and the start of the days it is tried for.
    pub created_at: DateTime<Utc>,
    /// The server's last words, without addresses.
    pub reply: Option<String>,
}

/// A claimed delivery with all that its mail is built from.
#[derive(Debug, Clone)]
pub struct OutgoingDelivery {
    pub delivery: Delivery,
    pub digest: Digest,
    pub subscriber: Subscriber,
}
