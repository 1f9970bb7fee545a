//! Feeds: items in, RSS, Atom and JSON documents out. Only this module knows XML. What leaves here is valid (P7), the
//! same items give the same bytes, and nothing in a document moves by itself.

use chrono_tz::Tz;
use url::Url;

use crate::model::{Feed, Item};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Rss,
    Atom,
    Json,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Rss, Format::Atom, Format::Json];

    /// The last part of the feed's address.
    pub fn file(self) -> &'static str {
        match self {
            Format::Rss => "rss.xml",
            Format::Atom => "atom.xml",
            Format::Json => "feed.json",
        }
    }

    pub fn from_file(file: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.file() == file)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Rss => "application/rss+xml; charset=utf-8",
            Format::Atom => "application/atom+xml; charset=utf-8",
            Format::Json => "application/feed+json",
        }
    }
}

/// Everything a document is made of.
pub struct Document<'a> {
    pub feed: &'a Feed,
    /// Newest first.
    pub items: &'a [Item],
    pub public_url: &'a Url,
    /// Who publishes: the site's title, the author where an item names none.
    pub site: &'a str,
    /// Name and zone of an item's source.
    pub source: &'a dyn Fn(&crate::model::SourceId) -> (String, Tz),
    /// When the feed last changed; what an empty feed is stamped with.
    pub changed_at: chrono::DateTime<chrono::Utc>,
}

/// Renders a feed: the bytes of the document, UTF-8.
pub fn render(_format: Format, _document: &Document<'_>) -> Vec<u8> {
    todo!()
}
