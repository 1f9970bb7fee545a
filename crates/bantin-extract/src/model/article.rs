//! What an item's own page says of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CleanHtml, DocumentRef, Published};

/// A picture named by an article, by absolute address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub url: String,
    pub caption: Option<String>,
}

/// A document offered by an article, by absolute address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub url: String,
    pub title: String,
    /// Media type by the address's ending.
    pub media_type: String,
    /// In bytes, when known: RSS allows no enclosure without it.
    pub length: Option<u64>,
}

/// What the item's own page says. Text is NFC, blanks collapsed, nothing that XML forbids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Article {
    pub title: Option<String>,
    pub published: Published,
    pub updated: Option<DateTime<Utc>>,
    pub byline: Option<String>,
    pub section: Option<String>,
    pub lead: Option<String>,
    pub content_html: CleanHtml,
    /// Paragraphs, one a line.
    pub content_text: String,
    pub images: Vec<Image>,
    pub attachments: Vec<Attachment>,
    /// Documents that title, lead or text name; each once.
    pub refs: Vec<DocumentRef>,
    /// The language's primary tag (BCP 47), in lower case: "vi".
    pub lang: Option<String>,
}
