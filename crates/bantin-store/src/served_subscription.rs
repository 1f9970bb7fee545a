//! What one subscription gets from a digest, and how far its cursor moves.

use chrono::{DateTime, Utc};

use bantin_model::*;

/// A subscription that a digest serves, or whose cursor only advances.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedSubscription {
    pub subscription: SubscriptionId,
    pub subscriber: SubscriberId,
    /// The cursor that the decision was made from. If the stored one differs by now, the
    /// subscription is skipped: its items were served already.
    pub from_cursor: i64,
    pub to_cursor: i64,
    pub next_at: DateTime<Utc>,
    /// The moment of the decision.
    pub at: DateTime<Utc>,
    /// The Message-ID of its delivery, without brackets.
    pub message_id: String,
    /// Items (by `seq`) that this digest leaves out because a mail with them is on its way.
    pub left_out: Vec<i64>,
    /// Items left out earlier whose entries can go: they were received, or come with this digest.
    pub settled: Vec<i64>,
}
