//! Reading pages: bytes in, values out. Only this module knows CSS selectors. A messy page is normal: what could be
//! read is returned beside the problems. Nothing here panics on foreign bytes, and no tree is built before
//! `gate` has looked at the page.

mod article;
mod body;
mod byline;
mod charset;
pub mod dates;
mod facts;
mod flow;
mod gate;
mod listing;
mod page;
pub mod recipe;
pub mod sanitize;
pub mod text;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use crate::model::{Article, ArticleRecipe, Attachment, ListingRecipe, Problem, Published, Row};

/// What reading needs to know besides the page.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The page's own address (after redirects): what its links are relative to, unless it has a `<base>`.
    pub url: &'a Url,
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

/// What a listing page gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    /// In page order; one row an address.
    pub rows: Vec<Row>,
    /// Whether the recipe's `item` matched anything, or its parent list is still there.
    pub container: bool,
    pub problems: Vec<Problem>,
}

/// Decodes a page's bytes: BOM, then the Content-Type header, then `<meta>`, then a guess; the text is NFC.
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    charset::decode(body, content_type)
}

/// Reads the rows of a listing.
pub fn listing(html: &str, recipe: &ListingRecipe, reading: Reading<'_>) -> Listing {
    listing::read(html, recipe, reading)
}

/// Reads the article of a page. No body text is a problem, and the rest is still returned.
pub fn article(
    html: &str,
    recipe: &ArticleRecipe,
    reading: Reading<'_>,
) -> (Article, Vec<Problem>) {
    article::read(html, recipe, reading)
}

/// The date that a text holds; [`Published::Unknown`] where it holds none, or more than one.
pub fn date(text: &str, zone: Tz, now: DateTime<Utc>) -> Published {
    dates::parse(text, zone, now)
}

/// The document that an address names by its ending (PDF, DOC(X), XLS(X), ZIP …); None for what may be a page.
pub fn document_at(url: &Url) -> Option<Attachment> {
    let (title, media_type) = body::document(url)?;
    Some(Attachment {
        url: url.to_string(),
        title,
        media_type: media_type.to_owned(),
        length: None,
    })
}

/// Whether a selector parses; the error says where it does not.
pub fn check_selector(selector: &str) -> Result<(), String> {
    recipe::compile(selector).map(drop)
}

/// Whether a `date_format` is a strftime pattern.
pub fn check_date_format(format: &str) -> Result<(), String> {
    dates::check_format(format)
}
