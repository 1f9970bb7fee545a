//! A subscription: a subscriber, what is wanted, when, and how far the subscriber has been served.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::cadence::Cadence;
use super::feed::FeedName;
use super::subscriber::SubscriberId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub i64);

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which items: those of any of the feeds and any of the queries, each item once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    pub feeds: Vec<FeedName>,
    pub queries: Vec<String>,
}

impl Selection {
    pub fn feed(name: FeedName) -> Self {
        Selection { feeds: vec![name], queries: Vec::new() }
    }

    pub fn query(query: impl Into<String>) -> Self {
        Selection { feeds: Vec::new(), queries: vec![query.into()] }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub subscriber: SubscriberId,
    pub selection: Selection,
    pub cadence: Cadence,
    /// Whether an empty digest is sent as well, with one line saying that there is no news.
    pub when_empty: bool,
    /// Items with a greater `seq` have not been considered yet.
    pub cursor: i64,
    pub next_at: DateTime<Utc>,
    /// The latest moment at which it was served, by our clock; 1970 when it never was.
    pub served_at: DateTime<Utc>,
}
