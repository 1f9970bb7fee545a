//! Feeds, sitemaps and JSON of others, as they come: badly formed, wrongly declared, without ids.
//!
//! Bytes become text (`encoding`), text a tree (`xml`) or a value (`json`), these a [`Document`] of
//! entries that holds what the document says and no more (`feed`, `sitemap`, `json_feed`, `api`).
//! `rows` turns entries into what the program works with, and decides on ids.
//!
//! **Ids.** A row's id is the entry's own (guid, atom:id, rdf:about, JSON's id) where no other
//! entry has the same. An entry without one is named by its address. Only an entry that has
//! neither, or no more of an address than the whole feed has, is named by its title and its date:
//! the same words give the same id at every poll, and an edited title a new one. Such an entry's
//! address is the feed's, with that id as its fragment.

mod api;
mod dates;
mod encoding;
mod entities;
#[cfg(test)]
mod entry_tests;
mod feed;
mod field_names;
pub(super) mod json;
mod json_feed;
mod markup;
mod media;
mod rows;
mod sitemap;
mod sniff;
#[cfg(test)]
mod tests;
mod wishes;
mod xml;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::dates::order::Written;
use super::{Listing, Reading, text};
use crate::model::{
    Attachment, ListingRecipe, Problem, ProblemCode, Published, SourceKind, Wishes,
};

/// What a document says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    pub title: Option<String>,
    /// The page that the feed belongs to.
    pub link: Option<Url>,
    pub id: Option<String>,
    pub published: Option<DateTime<Utc>>,
    pub updated: Option<DateTime<Utc>>,
    /// How the publisher wants to be asked (`ttl`, `skipHours`, `skipDays`, `sy:updatePeriod`).
    pub wishes: Wishes,
}

/// A document as it is: nothing made up for what an entry lacks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    pub head: Head,
    /// In the order of the document.
    pub entries: Vec<Entry>,
    /// Whether there was a place for entries: a channel without any is news, a page of errors is not.
    pub container: bool,
    pub problems: Vec<Problem>,
}

/// An entry as the document has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// One line of text.
    pub title: Option<String>,
    pub link: Option<Url>,
    /// An address that is none, as it was written.
    pub odd_link: Option<String>,
    pub id: Option<String>,
    pub published: Published,
    /// The numbers of a date that is written in numbers, from which others may tell which of them is the month.
    pub written: Option<Written>,
    pub updated: Published,
    /// A date that cannot be read, as it was written.
    pub odd_date: Option<String>,
    /// Markup, not yet clean.
    pub summary: Option<String>,
    /// Markup, not yet clean.
    pub content: Option<String>,
    pub byline: Option<String>,
    pub section: Option<String>,
    pub image: Option<String>,
    pub attachments: Vec<Attachment>,
    /// What relative addresses in `summary` and `content` are relative to, where the document says so.
    pub base: Option<Url>,
}

/// What the bytes of a source are.
pub fn kind(body: &[u8], content_type: Option<&str>) -> SourceKind {
    sniff::kind(body, content_type)
}

/// Reads the rows of a feed, a sitemap or JSON.
pub fn read(
    kind: SourceKind,
    body: &[u8],
    content_type: Option<&str>,
    recipe: &ListingRecipe,
    reading: Reading<'_>,
) -> Listing {
    rows::listing(document(kind, body, content_type, recipe, reading), reading)
}

/// Reads a feed, a sitemap or JSON as it is.
pub fn document(
    kind: SourceKind,
    body: &[u8],
    content_type: Option<&str>,
    recipe: &ListingRecipe,
    reading: Reading<'_>,
) -> Document {
    let text = encoding::decode(body, content_type);
    if sniff::is_json(&text) || kind == SourceKind::Json {
        return from_json(&text, kind, recipe, reading);
    }
    let tree = xml::XmlTree::parse(&text);
    let Some(root) = tree.root() else {
        return Document::failed("there is neither a feed nor a sitemap in it");
    };
    let mut document = match tree.name(root) {
        "urlset" | "sitemapindex" => sitemap::read(&tree, root, reading),
        _ => feed::read(&tree, root, reading),
    };
    if tree.too_long {
        document.problems.push(Problem::of_listing(
            ProblemCode::TooLarge,
            "the feed has more elements than are read; what came before is kept",
        ));
    } else if !tree.open_at_end.is_empty() {
        document.problems.push(Problem::of_listing(
            ProblemCode::Incomplete,
            "the feed ends in the middle; what was read before is kept",
        ));
    }
    document
}

fn from_json(
    text: &str,
    kind: SourceKind,
    recipe: &ListingRecipe,
    reading: Reading<'_>,
) -> Document {
    let (value, repaired) = match json::parse(text) {
        Ok(parsed) => parsed,
        Err(what) => return Document::failed(what),
    };
    let mut document = of_value(&value, kind, recipe, reading);
    document.problems.extend(repaired);
    document
}

fn of_value(
    value: &Value,
    kind: SourceKind,
    recipe: &ListingRecipe,
    reading: Reading<'_>,
) -> Document {
    if recipe.item.is_none() && (kind == SourceKind::Feed || json_feed::is_one(value)) {
        json_feed::read(value, reading)
    } else {
        api::read(value, recipe, reading)
    }
}

/// Reads the rows of JSON that was parsed elsewhere.
pub fn read_value(value: &Value, reading: Reading<'_>) -> Listing {
    rows::listing(of_value(value, SourceKind::Json, &ListingRecipe::default(), reading), reading)
}

impl Document {
    fn failed(what: impl Into<String>) -> Self {
        Document { problems: vec![Problem::new("listing", what)], ..Document::default() }
    }
}

/// An http address against a base, as feeds write them: blanks around and line breaks inside, escaped twice, without
/// its scheme.
fn address(said: &str, base: &Url) -> Option<Url> {
    let said = text::clean(&said.replace(['\n', '\r', '\t'], "")).replace("&amp;", "&");
    if said.is_empty() || said.len() > 8_192 {
        return None;
    }
    let said = if said.starts_with("www.") { format!("http://{said}") } else { said };
    let url = base.join(&said).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then_some(url)
}

/// Text of one line, if there is any.
fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
