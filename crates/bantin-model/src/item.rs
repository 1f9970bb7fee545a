//! An item: what is known of one piece of news, kept for ever under an id that never changes.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::source::SourceId;
use bantin_extract::model::{Attachment, CleanHtml, DocumentRef, Image, ItemKey, Published};

/// A version 5 UUID of source and key (RFC 9562 §5.5), so that a lost database gives the same ids when it is filled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ItemId(pub Uuid);

impl ItemId {
    pub fn of(source: &SourceId, key: &ItemKey) -> Self {
        // Our own name space, drawn once at random; changing it would change every id ever published.
        const ITEMS: Uuid = Uuid::from_u128(0x8f1d_52a6_3c0b_4f7e_9a64_0b8e_c2d7_51f3);
        ItemId(Uuid::new_v5(&ITEMS, format!("{source}\n{}", key.as_str()).as_bytes()))
    }

    /// As feeds carry it: `urn:uuid:…`.
    pub fn urn(self) -> String {
        self.0.urn().to_string()
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Where an item may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// In feeds and in digests.
    Open,
    /// In feeds only: it was there before we first looked.
    Backlog,
    /// Nowhere until the admin lets it go: too many came at once.
    Held,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub id: ItemId,
    /// Given in commit order, ever growing: what cursors point at.
    pub seq: i64,
    pub source: SourceId,
    /// Absolute address on the portal, as first seen.
    pub url: String,
    pub title: String,
    pub published: Published,
    pub updated: Option<DateTime<Utc>>,
    pub byline: Option<String>,
    pub section: Option<String>,
    pub lead: Option<String>,
    pub content_html: CleanHtml,
    pub content_text: String,
    pub images: Vec<Image>,
    pub attachments: Vec<Attachment>,
    pub refs: Vec<DocumentRef>,
    /// The language's primary tag (BCP 47), in lower case: "vi".
    pub lang: Option<String>,
    pub standing: Standing,
    pub first_seen: DateTime<Utc>,
    /// Last time anything above changed.
    pub changed_at: DateTime<Utc>,
    /// What lists are sorted by: `published`, or `first_seen` where that is unknown or lies in the future.
    pub sort_at: DateTime<Utc>,
    /// 0 for the text as first read, then one more for each edit on the portal.
    pub revision: u32,
    /// The version of the page reader that read the article; 0 for one that kept no number.
    #[serde(default)]
    pub reader: u32,
    /// What feeds gave as the last change before a newer version read other dates from the same page. None: that follows
    /// from the fields above.
    #[serde(default)]
    pub feed_updated: Option<DateTime<Utc>>,
}
