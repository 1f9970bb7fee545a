//! Feeds: items in, RSS, Atom and JSON documents out. Only this module knows XML. What leaves here is valid (P7), the
//! same items give the same bytes, and nothing in a document moves by itself.
//!
//! `entry` decides once for all formats what is said of an item, `feed_text` what characters may be said; `rss`, `atom` and
//! `json` only write it down. `window` says which items are in a feed.

mod address;
pub mod archive_parts;
mod atom;
mod definition;
mod document;
mod entry;
mod feed_format;
mod feed_text;
mod json;
mod opml;
mod rendering;
mod rss;
mod window;

pub use address::{DocumentAddress, hub_address};
pub use atom::{feed_id, id_of};
pub use definition::{Feed, FeedName};
pub use document::{FeedDocument, FeedLinks, WithdrawnEntry};
pub use entry::{FeedEnclosure, FeedEntry};
pub use feed_format::FeedFormat;
pub use opml::opml;
pub use rendering::render;
pub use window::{FeedWindow, WindowPlace};

use feed_format::below;

#[cfg(test)]
mod tests;
