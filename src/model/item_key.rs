//! The identity of an item: its address, brought to one form. An edit of title, date or text never changes it (P1).

use url::Url;

/// The normalised address of an article. Two addresses that a portal uses for one page give one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemKey(String);

impl ItemKey {
    pub fn of(_url: &Url) -> Self {
        todo!()
    }

    /// A key read back from the store.
    pub fn stored(text: String) -> Self {
        ItemKey(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
