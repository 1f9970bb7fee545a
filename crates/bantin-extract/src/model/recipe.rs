//! A recipe: how to read a source, as CSS selectors that an admin can write and keep. Plain data; `extract::recipe`
//! compiles it. Every part may be left out where bantin can find it by itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recipe {
    #[serde(default)]
    pub kind: SourceKind,
    pub listing: ListingRecipe,
    pub article: ArticleRecipe,
    #[serde(default)]
    pub repair: OnRedesign,
}

/// What becomes of a recipe that was mended after the portal had been redesigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnRedesign {
    /// It waits for the admin.
    #[default]
    Propose,
    /// It is used at once.
    Use,
}

/// What a source sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// What its bytes show: a feed, a sitemap, JSON, else a page.
    #[default]
    Auto,
    /// An HTML listing.
    Page,
    /// RSS, RDF, Atom or JSON Feed.
    Feed,
    /// A news sitemap, or a plain one.
    Sitemap,
    /// Any JSON: the parts of the listing's recipe are paths into it, such as `data.items` and `attributes.title`.
    Json,
}

/// How to read the listing page. `item` selects one element a row; the others are looked for inside that element.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListingRecipe {
    /// Where it selects nothing but `script` elements, the list in their data is read.
    pub item: Option<String>,
    /// An `a[href]`; without it the row's first link that leads to a page.
    pub link: Option<String>,
    /// Without it the longest text of the links to the row's address, or their `title` where the text ends in "…".
    pub title: Option<String>,
    /// Without it any date in the row's text.
    pub date: Option<String>,
    /// strftime pattern for `date`, for portals with a format of their own.
    pub date_format: Option<String>,
    pub lead: Option<String>,
    pub image: Option<String>,
    /// The link or button to the page with older rows.
    pub next: Option<String>,
}

/// A recipe for the listing that bantin made by itself: by detection, or after a redesign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRecipe {
    pub recipe: ListingRecipe,
    pub at: DateTime<Utc>,
    /// Sentences for the admin, the first the weightiest.
    pub evidence: Vec<String>,
}

/// How to read the page that a row leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArticleRecipe {
    pub title: Option<String>,
    pub lead: Option<String>,
    pub body: Option<String>,
    pub date: Option<String>,
    pub date_format: Option<String>,
    pub byline: Option<String>,
    pub section: Option<String>,
    /// What is taken out of the page before anything is read.
    pub drop: Vec<String>,
}
