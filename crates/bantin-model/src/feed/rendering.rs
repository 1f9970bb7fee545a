//! Renders a feed document in one of the formats.

use super::document::FeedDocument;
use super::feed_format::FeedFormat;
use super::{atom, json, rss};

/// Renders a feed: the bytes of the document, UTF-8.
pub fn render(format: FeedFormat, document: &FeedDocument<'_>) -> Vec<u8> {
    match format {
        FeedFormat::Rss => rss::render(document),
        FeedFormat::Atom => atom::render(document),
        FeedFormat::Json => json::render(document),
    }
}
