//! Reads web pages and feeds of news: finds the list of news on a page without a recipe, reads the
//! articles it links to, and understands dates, document numbers and legacy charsets as Vietnamese
//! portals write them.
//!
//! Bytes in, values out: no network, disk, clock or log. A messy page is normal, so what could be
//! read is returned beside the [`Problem`]s. Nothing here panics on foreign bytes, and no tree is
//! built before `gate` has looked at the page.
#![forbid(unsafe_code)]

mod article;
mod attachments;
mod authors;
mod base;
mod body;
mod byline;
pub mod charset;
mod content;
mod date_context;
pub mod dates;
mod detect;
mod document_field;
mod document_page;
mod facts;
mod flat;
mod flight;
mod flow;
pub mod fold;
pub mod foreign;
mod forward;
mod furniture;
mod gate;
mod lang;
pub mod limits;
mod listing;
pub mod model;
mod page;
mod page_kind;
mod page_runs;
mod page_state;
mod paging;
mod parts;
pub mod recipe;
pub mod refs;
mod repair;
pub mod report;
pub mod sanitize;
mod script_list;
mod script_literal;
mod scripted_links;
mod standin;
pub mod text;
mod titles;
mod told;
mod visibility;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use serde::{Deserialize, Serialize};

pub use forward::{Forward, ForwardWay, LONGEST as FORWARD_BYTES};
pub use page_runs::{PageRuns, PageText, READER_VERSION};
pub use standin::StandIn;

use crate::model::{
    Article, ArticleRecipe, Attachment, DocumentRef, ListingRecipe, Problem, Published, Recipe,
    Row, SourceKind, Wishes,
};

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
    /// How a feed wants to be asked; a page says nothing of it.
    pub wishes: Wishes,
}

/// Decodes a page's bytes: BOM, then the Content-Type header, then `<meta>`, then a guess; the text is NFC.
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    charset::decode(body, content_type)
}

/// Reads the rows of a listing.
pub fn listing(html: &str, recipe: &ListingRecipe, reading: Reading<'_>) -> Listing {
    listing::read(html, recipe, reading)
}

/// Reads the article of a page. A missing body text is a problem; everything else is still
/// returned.
pub fn article(
    html: &str,
    recipe: &ArticleRecipe,
    reading: Reading<'_>,
) -> (Article, Vec<Problem>) {
    read_article(html, recipe, None, reading)
}

/// Reads the article of a row of a listing or a feed, whose title is `listed`. The article has a
/// title only where the page has one that is to replace the row's.
pub fn article_of_row(
    html: &str,
    recipe: &ArticleRecipe,
    listed: &str,
    reading: Reading<'_>,
) -> (Article, Vec<Problem>) {
    read_article(html, recipe, Some(listed), reading)
}

fn read_article(
    html: &str,
    recipe: &ArticleRecipe,
    listed: Option<&str>,
    reading: Reading<'_>,
) -> (Article, Vec<Problem>) {
    let (article, mut problems) = article::read(html, recipe, listed, reading);
    // What a refused page is otherwise cannot be known.
    let refused = article == Article::default() && page::Page::parse(html, reading.url).is_err();
    if !refused {
        problems.extend(page_kind::problem(html, &article, reading));
    }
    (article, problems)
}

/// Whether the title that an article's page gave is to be shown rather than that of its row.
pub fn is_better_title(page: &str, row: &str) -> bool {
    titles::is_better_title(page, row)
}

/// A group of links that may be a page's news.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Selectors that read these rows, on this page and on the next one of the same making.
    pub recipe: ListingRecipe,
    pub rows: Vec<Row>,
    pub score: f64,
    /// What spoke for and against it, weightiest first: "19 of 20 links have a date beside them".
    pub evidence: Vec<String>,
}

impl Candidate {
    /// How likely it is that these rows are the page's news, 0 to 1, judged by the score alone: even at a score of
    /// 3, below which most groups of links turn out to be menus and boxes.
    pub fn confidence(&self) -> f64 {
        1.0 / (1.0 + (-(self.score - 3.0) / 1.5).exp())
    }
}

/// What detection found on a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detection {
    /// The news items of the page, in page order; of the group that won, or of several blocks that together are the news.
    pub rows: Vec<Row>,
    /// What reads `rows`. None: the page is no listing, and a problem says why.
    pub recipe: Option<ListingRecipe>,
    /// The groups looked at, the winner first; a few of them.
    pub candidates: Vec<Candidate>,
    /// How likely the rows are the page's news, 0 to 1; 1 for a feed, or where the admin gave the selector.
    pub confidence: f64,
    /// Feeds of its own that the page links to.
    pub feeds: Vec<FeedLink>,
    pub problems: Vec<Problem>,
}

/// A feed that a page links to (`<link rel="alternate">`, or a link to a feed's address).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    pub url: Url,
    pub title: Option<String>,
    /// "application/rss+xml", where the page says so.
    pub media_type: Option<String>,
}

/// Finds the listing of a page without a recipe. Parts that `known` gives are kept, the others are
/// found.
pub fn detect(html: &str, known: &ListingRecipe, reading: Reading<'_>) -> Detection {
    detect::detect(html, known, reading)
}

/// Something in a row of a listing that somebody may point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPart {
    /// Finds it within the row, for a recipe.
    pub selector: String,
    pub kind: PartKind,
    /// Its text, or the address of the picture.
    pub shown: String,
    /// Rows that have one, of those looked at.
    pub rows: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    Text,
    Picture,
}

/// Returns what one of the first rows that `item` selects holds, at most `most` parts.
pub fn parts(html: &str, item: &str, reading: Reading<'_>, most: usize) -> Vec<RowPart> {
    parts::of(html, item, reading, most)
}

/// What a page calls itself in its `<title>`; empty where it does not.
pub fn page_title(html: &str, url: &Url) -> String {
    parts::title(html, url)
}

/// What the bytes of a source are, where its recipe does not say.
pub fn kind(body: &[u8], content_type: Option<&str>) -> SourceKind {
    foreign::kind(body, content_type)
}

/// Reads the entries of a feed, a sitemap or JSON. `kind` is one of these three; `recipe` holds the paths of JSON.
pub fn foreign(
    kind: SourceKind,
    body: &[u8],
    content_type: Option<&str>,
    recipe: &ListingRecipe,
    reading: Reading<'_>,
) -> Listing {
    foreign::read(kind, body, content_type, recipe, reading)
}

/// The documents that a text names, each once, in the order of the text.
pub fn refs(text: &str) -> Vec<DocumentRef> {
    refs::find(text)
}

/// How the page with older rows is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OlderPageRequest {
    Get(Url),
    /// A form sent back to the page (ASP.NET's `__doPostBack`), `application/x-www-form-urlencoded` in page order.
    Post {
        url: Url,
        form: Vec<(String, String)>,
    },
}

/// The way from a listing to the page with older rows; None where the page shows none.
pub fn next_page(
    html: &str,
    recipe: &ListingRecipe,
    reading: Reading<'_>,
) -> Option<OlderPageRequest> {
    paging::next(html, recipe, reading)
}

/// An item that we know, as a mark by which a list is found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRow {
    pub url: Url,
    pub title: String,
}

/// A recipe mended after a redesign, with what speaks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    pub recipe: ListingRecipe,
    pub rows: Vec<Row>,
    /// Known items among `rows`, by address or by title.
    pub known: usize,
    /// Sentences for the admin, the first the weightiest.
    pub evidence: Vec<String>,
}

/// Looks on a page that `broken` no longer reads for the list that holds the items we know.
pub fn repair(
    html: &str,
    broken: &ListingRecipe,
    known: &[KnownRow],
    reading: Reading<'_>,
) -> Option<Repair> {
    repair::repair(html, broken, known, reading)
}

/// Returns what a page without rows shows instead: a login, a challenge, "under maintenance".
pub fn stand_in(html: &str, url: &Url) -> Option<StandIn> {
    standin::find(html, url)
}

/// Returns where a page leads that has nothing to read itself; `refresh` is the value of its Refresh header.
pub fn forward(html: &str, refresh: Option<&str>, url: &Url) -> Option<Forward> {
    forward::find(html, refresh, url)
}

/// The date that a text holds; [`Published::Unknown`] where it holds none, or more than one.
pub fn date(text: &str, zone: Tz, now: DateTime<Utc>) -> Published {
    dates::parse(text, zone, now)
}

/// The document that an address names by its ending (PDF, DOC(X), XLS(X), ZIP …); None for what may be a page.
pub fn document_at(url: &Url) -> Option<Attachment> {
    let url = attachments::unwrapped(url.clone());
    let (title, media_type) = attachments::document(&url)?;
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

/// Reads a page or a feed as a source: what its bytes are, unless `recipe` says so, and the news that it lists.
pub fn survey(
    body: &[u8],
    content_type: Option<&str>,
    recipe: &Recipe,
    reading: Reading<'_>,
) -> (SourceKind, Detection) {
    let kind = match recipe.kind {
        SourceKind::Auto => kind(body, content_type),
        kind => kind,
    };
    let listing = &recipe.listing;
    let detection = match kind {
        SourceKind::Auto | SourceKind::Page => {
            detect(&decode(body, content_type), listing, reading)
        }
        kind => {
            let read = foreign(kind, body, content_type, listing, reading);
            Detection {
                recipe: (!read.rows.is_empty()).then(|| listing.clone()),
                confidence: if read.rows.is_empty() { 0.0 } else { 1.0 },
                rows: read.rows,
                problems: read.problems,
                ..Detection::default()
            }
        }
    };
    (kind, detection)
}

/// The example of README.md, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
