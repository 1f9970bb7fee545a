//! What a listing says of one item.

use url::Url;

use super::{Article, ItemKey, Published};

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
