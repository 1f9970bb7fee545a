//! The content of a feed document.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use super::address::DocumentAddress;
use super::definition::Feed;
use crate::{Item, ItemId};

/// Everything a document is made of.
pub struct FeedDocument<'a> {
    pub feed: &'a Feed,
    /// The feed's own for ever, as `feed_id` gives it; its archives carry the same.
    pub id: &'a str,
    /// Newest first.
    pub items: &'a [Item],
    /// Those that the agency took back, newest first.
    pub withdrawn: &'a [WithdrawnEntry],
    pub public_url: &'a Url,
    /// Who publishes: the site's title, the author where an item names none.
    pub site: &'a str,
    /// Name and zone of an item's source.
    pub source: &'a dyn Fn(&crate::SourceId) -> (String, Tz),
    /// When the feed last changed; what an empty feed is stamped with.
    pub changed_at: DateTime<Utc>,
    pub links: &'a FeedLinks,
}

/// The address of a document, and those of the documents related to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedLinks {
    /// None where the address is a secret of one reader's.
    pub own: Option<DocumentAddress>,
    /// Of the hub that tells of changes (WebSub).
    pub hub: Option<String>,
    /// The archive before this document (RFC 5005 §4).
    pub previous: Option<DocumentAddress>,
    pub next: Option<DocumentAddress>,
    /// The document that readers come back to; of an archive alone.
    pub current: Option<DocumentAddress>,
}

/// An item that the agency took back (RFC 6721).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WithdrawnEntry {
    pub id: ItemId,
    pub at: DateTime<Utc>,
}
