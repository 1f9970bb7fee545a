//! An item: what we know of one piece of news, kept for ever under an id that never changes; and what its parts were
//! before they became one: the row of a listing, the article behind it.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::item_key::ItemKey;
use super::reference::DocumentRef;
use super::source::SourceId;

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

/// When the agency says it published: articles print a minute, listings only a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Published {
    At(DateTime<Utc>),
    On(NaiveDate),
    #[default]
    Unknown,
}

impl Published {
    /// The moment to sort and to stamp feeds by; a day alone counts from its first minute in `zone`.
    pub fn moment(self, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Published::At(at) => Some(at),
            Published::On(day) => zone
                .from_local_datetime(&day.and_hms_opt(0, 0, 0)?)
                .earliest()
                .map(|at| at.with_timezone(&Utc)),
            Published::Unknown => None,
        }
    }

    pub fn is_known(self) -> bool {
        self != Published::Unknown
    }
}

/// HTML that is safe to put into a page, feed or mail (P8). Only `extract::sanitize` makes it from foreign markup;
/// the store gives back what it was given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CleanHtml(String);

impl CleanHtml {
    /// For `extract::sanitize` and `store` alone.
    pub(crate) fn vouched_for(html: String) -> Self {
        CleanHtml(html)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

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

/// What a listing says of one item. Text is NFC, blanks collapsed, nothing that XML forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Absolute, against the page's base; as the portal wrote it otherwise.
    pub url: Url,
    pub title: String,
    pub published: Published,
    pub lead: Option<String>,
    pub image: Option<String>,
    /// The entry's own id, where a feed gives one that lasts: it names the item, whatever becomes of the address.
    pub id: Option<String>,
    /// What a feed or an API brought of the article besides.
    pub brought: Option<Box<Article>>,
}

impl Row {
    /// What names the item.
    pub fn key(&self) -> ItemKey {
        match &self.id {
            Some(id) => ItemKey::of_id(id),
            None => ItemKey::of(&self.url),
        }
    }
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
}
