//! What a feed document is made of, in which formats, and its rendering.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use super::{DocumentAddress, Feed, FeedName, atom, json, rss};
use crate::{Item, ItemId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedFormat {
    Rss,
    Atom,
    Json,
}

impl FeedFormat {
    pub const ALL: [FeedFormat; 3] = [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json];

    /// Returns the last part of the feed's address.
    pub fn file(self) -> &'static str {
        match self {
            FeedFormat::Rss => "rss.xml",
            FeedFormat::Atom => "atom.xml",
            FeedFormat::Json => "feed.json",
        }
    }

    pub fn from_file(file: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.file() == file)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            FeedFormat::Rss => "application/rss+xml; charset=utf-8",
            FeedFormat::Atom => "application/atom+xml; charset=utf-8",
            FeedFormat::Json => "application/feed+json",
        }
    }

    /// As links to a document of this format carry it: without parameters.
    pub fn media_type(self) -> &'static str {
        self.content_type().split(';').next().unwrap_or_default()
    }

    /// Returns the feed's absolute address in this format.
    pub fn address(self, public_url: &Url, name: &FeedName) -> String {
        DocumentAddress::of_feed(name).in_format(public_url, self)
    }
}

/// Returns an address of ours. The public URL ends in `/`, so what is joined to it stays below it.
pub(super) fn below(public_url: &Url, path: &str) -> String {
    format!("{}/{path}", public_url.as_str().trim_end_matches('/'))
}

/// Everything a document is made of.
pub struct FeedDocument<'a> {
    pub feed: &'a Feed,
    /// The feed's own for ever, as [`feed_id`] gives it; its archives carry the same.
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

/// Renders a feed: the bytes of the document, UTF-8.
pub fn render(format: FeedFormat, document: &FeedDocument<'_>) -> Vec<u8> {
    match format {
        FeedFormat::Rss => rss::render(document),
        FeedFormat::Atom => atom::render(document),
        FeedFormat::Json => json::render(document),
    }
}
