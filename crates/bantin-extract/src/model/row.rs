//! What a listing says of one item.

use chrono::NaiveDate;
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;
use uuid::Uuid;

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

    /// Returns an id for a row that shares its address with other news, such as the schedule of each week: the same words
    /// on the same day give the same id at every poll.
    pub fn id_beside_others(&self) -> String {
        let day = day_of(self.published).map(|day| day.to_string()).unwrap_or_default();
        let words = format!("{}\n{}\n{day}", ItemKey::of(&self.url).as_str(), self.title);
        Uuid::new_v5(&Uuid::NAMESPACE_URL, words.as_bytes()).urn().to_string()
    }
}

/// Returns the day of a publication, in Vietnam where it is known to the minute.
pub fn day_of(published: Published) -> Option<NaiveDate> {
    match published {
        Published::At(at) => Some(at.with_timezone(&Ho_Chi_Minh).date_naive()),
        Published::On(day) => Some(day),
        Published::Unknown => None,
    }
}
