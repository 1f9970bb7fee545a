//! A digest: one composed issue for a window of items, shared by all subscriptions with the same selection and window.

use std::fmt;

use chrono::{DateTime, Utc};

use super::lang::Lang;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DigestId(pub i64);

impl fmt::Display for DigestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestKind {
    /// News.
    Items,
    /// The mail that asks a new subscriber to confirm: a digest of no items.
    Confirmation,
}

impl DigestKind {
    pub fn as_str(self) -> &'static str {
        match self {
            DigestKind::Items => "items",
            DigestKind::Confirmation => "confirmation",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [DigestKind::Items, DigestKind::Confirmation].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Kept with its bodies as composed, so that a second try sends the same bytes. Where a body must differ from one
/// subscriber to the next, it holds [`LINK_MARK`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    pub id: DigestId,
    pub kind: DigestKind,
    pub lang: Lang,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// For List-Id: the feed's name, or "query".
    pub list: String,
    pub composed_at: DateTime<Utc>,
    /// `seq` of the items in it, in order.
    pub items: Vec<i64>,
}

/// Stands in a digest's bodies for the subscriber's own link (to leave, or to confirm). Letters and digits only, so that
/// neither HTML escaping nor line wrapping touches it.
pub const LINK_MARK: &str = "BANTINxOWNxLINKx7f3a";
