//! A feed: a named query over items, rendered on demand and never a stored list.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lang::Lang;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FeedName(String);

impl FeedName {
    pub fn parse(text: &str) -> Result<Self, String> {
        crate::slug::slug(text).map(FeedName)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FeedName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<FeedName> for String {
    fn from(name: FeedName) -> String {
        name.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    pub name: FeedName,
    pub title: String,
    pub description: String,
    /// In the language of `query`; empty for every item.
    pub query: String,
    pub lang: Lang,
    /// The newest so many items are always in the feed …
    pub items: u32,
    /// … and so is everything first seen in the last so many days.
    pub days: u32,
    /// Only for those who have a token of it; listed nowhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}
