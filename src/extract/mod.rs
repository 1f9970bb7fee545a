//! Reading pages: bytes in, values out. Only this module knows CSS selectors. A messy page is normal: what could be
//! read is returned beside the problems. Nothing here panics on foreign bytes, and no tree is built before
//! `gate` has looked at the page.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use crate::model::{Article, ArticleRecipe, ListingRecipe, Problem, Row};

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
pub fn decode(_body: &[u8], _content_type: Option<&str>) -> String {
    todo!()
}

/// Reads the rows of a listing.
pub fn listing(_html: &str, _recipe: &ListingRecipe, _reading: Reading<'_>) -> Listing {
    todo!()
}

/// Reads the article of a page. No body text is a problem, and the rest is still returned.
pub fn article(
    _html: &str,
    _recipe: &ArticleRecipe,
    _reading: Reading<'_>,
) -> (Article, Vec<Problem>) {
    todo!()
}

/// Whether a selector parses; the error says where it does not.
pub fn check_selector(selector: &str) -> Result<(), String> {
    dom_query::Matcher::new(selector).map(drop).map_err(|error| format!("{error:?}"))
}
