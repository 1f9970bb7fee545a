//! The sample portal of `bantin demo`: the site of a provincial department that does not exist, in
//! the style of the real ones (WebForms, tables, text pasted from Word), with news and documents
//! that keep coming. It shares no code with the rest of bantin, which fetches it over HTTP as any
//! portal. Texts are in `text_news` and `text_documents`, pages in `pages`.

mod files;
mod http;
mod images;
mod items;
mod pages;
mod settings;
mod text_documents;
mod text_news;
mod texts;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Response, Uri};
use axum::routing::get;
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Asia::Ho_Chi_Minh;
use serde::Deserialize;

use self::files::{docx, pdf};
use self::http::{HTML, PortalPage};
use self::items::{PortalDocument, PortalNews};
use self::texts::FileKind;

pub use self::settings::config;

/// Items of each section that are there from the start.
const BACKLOG: usize = 6;
/// Each so manieth item published is a document.
const DOCUMENT_TURN: usize = 4;
/// Rows of one page of a listing.
const PAGE_ROWS: usize = 20;
/// Older articles named under an article.
const OTHERS: usize = 8;

/// Cheap to clone; clones are the same portal.
#[derive(Clone)]
pub struct Portal {
    shared: Arc<RwLock<PublishedItems>>,
}

/// What has been published, oldest first.
struct PublishedItems {
    opened: DateTime<Utc>,
    news: Vec<PortalNews>,
    documents: Vec<PortalDocument>,
    /// Items published since the portal opened.
    turns: usize,
}

impl Portal {
    pub const LISTING_NEWS: &str = "/tin-hoat-dong.aspx";
    pub const LISTING_DOCUMENTS: &str = "/van-ban.aspx";

    /// A portal with six articles and six documents of the working days before `now`.
    pub fn new(now: DateTime<Utc>) -> Portal {
        let days = working_days_before(now);
        let mut shelves =
            PublishedItems { opened: days[0], news: Vec::new(), documents: Vec::new(), turns: 0 };
        for day in days {
            shelves.news.push(PortalNews::new(shelves.news.len(), day));
            // Documents are put on the portal in the afternoon, after the news of the morning.
            let afternoon = day + chrono::Duration::minutes(397);
            shelves.documents.push(PortalDocument::new(shelves.documents.len(), afternoon));
            shelves.opened = afternoon;
        }
        Portal { shared: Arc::new(RwLock::new(shelves)) }
    }

    /// Publishes one more item, dated `now`, and returns its title: three articles, then a document, without end.
    pub fn publish(&self, now: DateTime<Utc>) -> String {
        let mut shelves = self.write();
        shelves.turns += 1;
        if shelves.turns.is_multiple_of(DOCUMENT_TURN) {
            let document = PortalDocument::new(shelves.documents.len(), now);
            let title = document.title();
            shelves.documents.push(document);
            title
        } else {
            let article = PortalNews::new(shelves.news.len(), now);
            let title = article.title();
            shelves.news.push(article);
            title
        }
    }

    /// Corrects a number or a word in the newest article that has a mistake, in its lead and in its text, and returns
    /// its title. None when no article on the listing's first page has a mistake left.
    pub fn edit(&self, now: DateTime<Utc>) -> Option<String> {
        let mut shelves = self.write();
        let article =
            shelves.news.iter_mut().rev().take(PAGE_ROWS).find(|article| article.is_wrong())?;
        article.correct(now);
        Some(article.title())
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(home))
            .route(Portal::LISTING_NEWS, get(news_list))
            .route("/tin-hoat-dong/ChiTiet.aspx", get(news_page))
            .route(Portal::LISTING_DOCUMENTS, get(document_list))
            .route("/van-ban/ChiTiet.aspx", get(document_page))
            .route("/tep/{name}", get(attachment))
            .route("/anh/{name}", get(image))
            .route("/gioi-thieu.aspx", get(about))
            .route("/lien-he.aspx", get(contact))
            .route("/style.css", get(style))
            .route("/robots.txt", get(robots))
            .fallback(missing)
            .with_state(self.clone())
    }

    // A panic elsewhere cannot leave the items half written: each change is one push or one
    // assignment.
    fn read(&self) -> RwLockReadGuard<'_, PublishedItems> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, PublishedItems> {
        self.shared.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mornings of the last `BACKLOG` working days before the day of `now` in Việt Nam, oldest first.
fn working_days_before(now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    // Odd minutes and seconds, as a clerk leaves them; each 397 minutes later is still the same day.
    const MORNINGS: [(u32, u32, u32); BACKLOG] =
        [(8, 26, 51), (9, 3, 12), (7, 48, 5), (10, 17, 40), (8, 55, 33), (11, 2, 9)];
    let today = now.with_timezone(&Ho_Chi_Minh).date_naive();
    let mut days: Vec<_> = (1..)
        .map_while(|back| today.checked_sub_days(Days::new(back)))
        .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
        .take(BACKLOG)
        .collect();
    days.reverse();
    days.into_iter()
        .zip(MORNINGS)
        .filter_map(|(day, (hour, minute, second))| {
            let time = NaiveTime::from_hms_opt(hour, minute, second)?;
            Ho_Chi_Minh.from_local_datetime(&day.and_time(time)).earliest()
        })
        .map(|at| at.with_timezone(&Utc))
        .collect()
}

impl PublishedItems {
    /// When anything that a listing shows last changed.
    fn news_changed(&self) -> DateTime<Utc> {
        self.news.iter().map(PortalNews::updated).max().unwrap_or(self.opened)
    }

    fn documents_changed(&self) -> DateTime<Utc> {
        self.documents.iter().map(PortalDocument::published).max().unwrap_or(self.opened)
    }
}

/// The query of a listing: `?trang=2`.
#[derive(Deserialize)]
struct ListingParams {
    trang: Option<String>,
}

/// The query of an item's page: `?ItemID=1187`.
#[derive(Deserialize)]
struct ItemParams {
    #[serde(rename = "ItemID")]
    item_id: Option<String>,
}

impl ItemParams {
    fn id(&self) -> Option<u32> {
        self.item_id.as_deref()?.parse().ok()
    }
}

/// One page of a listing, newest first: the items, the page's number from 1, the number of pages. None beyond the last.
fn leaf<'a, T>(items: &'a [T], query: &ListingParams) -> Option<(Vec<&'a T>, usize, usize)> {
    let page = match &query.trang {
        Some(text) => text.parse::<usize>().ok().filter(|page| *page > 0)?,
        None => 1,
    };
    let pages = items.len().div_ceil(PAGE_ROWS).max(1);
    let skipped = page.checked_sub(1)?.checked_mul(PAGE_ROWS)?;
    (page <= pages)
        .then(|| (items.iter().rev().skip(skipped).take(PAGE_ROWS).collect(), page, pages))
}

fn html(asked: &HeaderMap, body: String, modified: DateTime<Utc>) -> Response<Body> {
    http::answer(asked, PortalPage { content_type: HTML, body: body.into_bytes(), modified })
}

fn no_such_page() -> Response<Body> {
    http::not_found(pages::missing().into_bytes())
}

async fn missing() -> Response<Body> {
    no_such_page()
}

async fn home(State(portal): State<Portal>, asked: HeaderMap) -> Response<Body> {
    let shelves = portal.read();
    let news: Vec<_> = shelves.news.iter().rev().take(OTHERS).collect();
    let documents: Vec<_> = shelves.documents.iter().rev().take(OTHERS).collect();
    let changed = shelves.news_changed().max(shelves.documents_changed());
    html(&asked, pages::home(&news, &documents), changed)
}

async fn news_list(
    State(portal): State<Portal>,
    Query(query): Query<ListingParams>,
    asked: HeaderMap,
) -> Response<Body> {
    let shelves = portal.read();
    let Some((rows, page, count)) = leaf(&shelves.news, &query) else { return no_such_page() };
    html(&asked, pages::news_list(&rows, page, count), shelves.news_changed())
}

async fn document_list(
    State(portal): State<Portal>,
    Query(query): Query<ListingParams>,
    asked: HeaderMap,
) -> Response<Body> {
    let shelves = portal.read();
    let Some((rows, page, count)) = leaf(&shelves.documents, &query) else { return no_such_page() };
    html(&asked, pages::document_list(&rows, page, count), shelves.documents_changed())
}

async fn news_page(
    State(portal): State<Portal>,
    Query(wanted): Query<ItemParams>,
    asked: HeaderMap,
    uri: Uri,
) -> Response<Body> {
    let shelves = portal.read();
    let place = shelves.news.iter().position(|article| Some(article.id()) == wanted.id());
    let Some(place) = place else { return no_such_page() };
    let article = &shelves.news[place];
    // Only older ones: a page that changed with each new article would never be answered with 304.
    let others: Vec<_> = shelves.news[..place].iter().rev().take(OTHERS).collect();
    html(&asked, pages::news_page(article, &others, &action(&uri)), article.updated())
}

async fn document_page(
    State(portal): State<Portal>,
    Query(wanted): Query<ItemParams>,
    asked: HeaderMap,
    uri: Uri,
) -> Response<Body> {
    let shelves = portal.read();
    let document = shelves.documents.iter().find(|document| Some(document.id()) == wanted.id());
    let Some(document) = document else { return no_such_page() };
    html(&asked, pages::document_page(document, &action(&uri)), document.published())
}

/// What WebForms writes into the form of a page: its own address, relative.
fn action(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(String::new, ToString::to_string)
}

/// `/tep/412-1.pdf`: the first file of document 412.
async fn attachment(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Response<Body> {
    let shelves = portal.read();
    let found = shelves.documents.iter().find_map(|document| {
        document.files().find(|file| file.name == name).map(|file| (document, file))
    });
    let Some((document, file)) = found else { return no_such_page() };
    let title = format!("{}: {}", document.symbol(), file.title);
    let (content_type, body) = match file.kind {
        FileKind::Pdf => ("application/pdf", pdf(&title, &document.paragraphs())),
        FileKind::Docx => (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            docx(&title, &document.paragraphs()),
        ),
    };
    http::answer(&asked, PortalPage { content_type, body, modified: document.published() })
}

/// `/anh/1187.svg`: the picture of article 1187.
async fn image(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Response<Body> {
    let shelves = portal.read();
    let (drawing, modified) = if name == "bieu-trung.svg" {
        (images::emblem(), shelves.opened)
    } else {
        let id = name.strip_suffix(".svg").and_then(|number| number.parse::<u32>().ok());
        let article = shelves.news.iter().find(|article| Some(article.id()) == id);
        let Some(article) = article else { return no_such_page() };
        (images::draw(article.scene(), article.id()), article.published())
    };
    http::answer(
        &asked,
        PortalPage { content_type: "image/svg+xml", body: drawing.into_bytes(), modified },
    )
}

async fn about(State(portal): State<Portal>, asked: HeaderMap) -> Response<Body> {
    let opened = portal.read().opened;
    html(&asked, pages::about(), opened)
}

async fn contact(State(portal): State<Portal>, asked: HeaderMap) -> Response<Body> {
    let opened = portal.read().opened;
    html(&asked, pages::contact(), opened)
}

async fn style(State(portal): State<Portal>, asked: HeaderMap) -> Response<Body> {
    let body = include_str!("portal/style.css").into();
    let modified = portal.read().opened;
    http::answer(&asked, PortalPage { content_type: "text/css; charset=utf-8", body, modified })
}

async fn robots(State(portal): State<Portal>, asked: HeaderMap) -> Response<Body> {
    let modified = portal.read().opened;
    let body = b"User-agent: *\nAllow: /\n".to_vec();
    http::answer(&asked, PortalPage { content_type: "text/plain; charset=utf-8", body, modified })
}

#[cfg(test)]
mod tests;
