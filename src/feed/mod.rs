//! Feeds: items in, RSS, Atom and JSON documents out. Only this module knows XML. What leaves here is valid (P7), the
//! same items give the same bytes, and nothing in a document moves by itself.
//!
//! `entry` decides once for all formats what is said of an item, `text` what characters may be said; `rss`, `atom` and
//! `json` only write it down. `window` says which items are in a feed.

mod atom;
mod entry;
mod json;
mod opml;
mod rss;
mod text;
mod window;

use chrono_tz::Tz;
use url::Url;

pub use entry::{Enclosed, Entry};
pub use opml::opml;
pub use window::{Place, Window};

use crate::model::{Feed, FeedName, Item};

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

    /// As links to a document of this format carry it: without parameters.
    pub fn media_type(self) -> &'static str {
        self.content_type().split(';').next().unwrap_or_default()
    }

    /// The feed's absolute address in this format.
    pub fn address(self, public_url: &Url, name: &FeedName) -> String {
        below(public_url, &format!("feeds/{name}/{}", self.file()))
    }
}

/// An address of ours. The public URL ends in `/`, so what is joined to it stays below it.
fn below(public_url: &Url, path: &str) -> String {
    format!("{}/{path}", public_url.as_str().trim_end_matches('/'))
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
pub fn render(format: Format, document: &Document<'_>) -> Vec<u8> {
    match format {
        Format::Rss => rss::render(document),
        Format::Atom => atom::render(document),
        Format::Json => json::render(document),
    }
}

#[cfg(test)]
mod tests;
