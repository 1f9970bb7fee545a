//! A subscriber: an address with a state.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lang::Lang;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubscriberId(pub i64);

impl fmt::Display for SubscriberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriberState {
    /// Asked for, not confirmed: gets nothing but the one confirmation mail.
    Pending,
    Active,
    Paused,
    Left,
    Bouncing,
}

impl SubscriberState {
    pub fn as_str(self) -> &'static str {
        match self {
            SubscriberState::Pending => "pending",
            SubscriberState::Active => "active",
            SubscriberState::Paused => "paused",
            SubscriberState::Left => "left",
            SubscriberState::Bouncing => "bouncing",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        use SubscriberState::*;
        [Pending, Active, Paused, Left, Bouncing].into_iter().find(|state| state.as_str() == text)
    }
}

/// Never printed with `{:?}` into a log: the address is personal data (P12), so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscriber {
    pub id: SubscriberId,
    /// `local@domain`, the domain in its ASCII form and lower case.
    pub address: String,
    pub name: Option<String>,
    pub lang: Lang,
    pub state: SubscriberState,
    pub created_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
    /// The office that the subscriber belongs to.
    pub group: Option<String>,
    /// When a pause ends.
    pub paused_until: Option<DateTime<Utc>>,
    /// Which of the links to the preferences holds; each renewal makes the older ones void.
    pub link_number: i64,
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
