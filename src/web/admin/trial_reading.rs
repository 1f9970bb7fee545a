//! Tries a portal while a source is set up. Its page is fetched as a poll would fetch it, under the
//! same address rules and with the same politeness, and read with the values of the form. Pages are
//! cached for some minutes, so that trying another selector sends no further request to the portal.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use url::Url;

use super::access::AdminRequest;
use crate::fetch::{FetchRequest, Fetched, FetchedPage, Purpose};
use bantin_extract::model::problem::grouped;
use bantin_extract::{self, Detection, PartKind, Reading};
use bantin_model::limits::{LOOK_AGE, LOOK_BYTES, LOOK_PARTS, LOOK_ROWS, LOOKS_KEPT};
use bantin_model::{
    ArticleRecipe, ListingRecipe, ManagedBy, Pace, Problem, Published, Recipe, Row, Source,
    SourceId, SourceKind,
};

/// Longest time for fetching a page. It is shorter than the time limit of the admin's own request,
/// which would otherwise end first and hide the cause.
const PATIENCE: Duration = Duration::from_secs(12);
/// Letters of an article's text that are shown.
const TEXT_CHARS: usize = 1_500;
/// Titles shown of a block.
const TITLES: usize = 4;

/// Caches recently fetched pages.
#[derive(Default)]
pub struct PageCache(Mutex<Vec<CachedPage>>);

/// A page under the address that was asked for, with the time that it came at.
type CachedPage = (String, DateTime<Utc>, Arc<FetchedPage>);

impl PageCache {
    fn get(&self, url: &Url, now: DateTime<Utc>) -> Option<Arc<FetchedPage>> {
        let age = TimeDelta::from_std(LOOK_AGE).expect("minutes fit");
        let mut kept = self.0.lock().expect("no one panics while holding the pages");
        kept.retain(|(_, at, _)| (TimeDelta::zero()..age).contains(&(now - *at)));
        kept.iter().find(|(key, ..)| key == url.as_str()).map(|(.., page)| page.clone())
    }

    fn keep(&self, url: &Url, page: &Arc<FetchedPage>, now: DateTime<Utc>) {
        let mut kept = self.0.lock().expect("no one panics while holding the pages");
        kept.retain(|(key, ..)| key != url.as_str());
        kept.push((url.to_string(), now, page.clone()));
        let bytes =
            |kept: &[CachedPage]| -> usize { kept.iter().map(|(.., page)| page.body.len()).sum() };
        while kept.len() > LOOKS_KEPT || kept.len() > 1 && bytes(&kept) > LOOK_BYTES {
            kept.remove(0);
        }
    }
}

/// What to look at, and with what.
pub struct TrialRequest {
    pub url: Url,
    pub zone: Tz,
    pub recipe: Recipe,
    /// The row whose article is read.
    pub row: usize,
}

/// What came of it.
#[derive(Serialize, Default)]
pub struct TrialReading {
    /// After redirects.
    pub url: String,
    pub page_title: String,
    pub kind: &'static str,
    pub is_page: bool,
    pub blocks: Vec<BlockView>,
    /// What the listing was read with.
    pub item: String,
    pub link: String,
    pub rows: Vec<RowView>,
    pub row_count: usize,
    pub dated: usize,
    pub parts: Vec<PartView>,
    pub article: Option<ArticleView>,
    /// Why no article was read.
    pub article_wrong: String,
    pub feeds: Vec<(String, String)>,
    pub problems: Vec<String>,
}

/// A group of links that may be the list.
#[derive(Serialize)]
pub struct BlockView {
    /// What the form sends for it.
    pub value: String,
    pub item: String,
    pub score: String,
    pub evidence: Vec<String>,
    pub count: usize,
    pub titles: Vec<(String, String)>,
    pub chosen: bool,
}

#[derive(Serialize)]
pub struct RowView {
    pub title: String,
    pub url: String,
    pub date: String,
    pub lead: String,
    pub image: String,
}

#[derive(Serialize)]
pub struct PartView {
    pub selector: String,
    pub text: String,
    pub rows: usize,
    pub is_picture: bool,
}

#[derive(Serialize)]
pub struct ArticleView {
    pub url: String,
    pub title: String,
    pub date: String,
    pub byline: String,
    pub section: String,
    pub lead: String,
    pub text: String,
    pub cut: bool,
    pub images: usize,
    pub attachments: Vec<String>,
    pub problems: Vec<String>,
}

/// The item and link of a block, as the form carries them.
#[derive(Serialize, serde::Deserialize, Default, Clone, PartialEq)]
pub struct BlockValue {
    #[serde(default)]
    pub item: String,
    #[serde(default)]
    pub link: String,
}

impl BlockValue {
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub fn written(&self) -> String {
        serde_json::to_string(self).expect("two texts have a JSON form")
    }
}

/// Fetches the page and reads it. The error is a sentence, in English, as a poll would tell it.
pub async fn look(
    visit: &AdminRequest,
    looking: TrialRequest,
) -> anyhow::Result<Result<TrialReading, String>> {
    let page = match fetch(visit, &looking, &looking.url, Purpose::Listing).await {
        Ok(page) => page,
        Err(why) => return Ok(Err(why)),
    };
    let looking = Arc::new(looking);
    let (read, of) = (page.clone(), looking.clone());
    let now = visit.now();
    let (mut looked, rows) = {
        let _alone = visit.web.0.admin.reading.lock().await;
        tokio::task::spawn_blocking(move || read_page(&read, &of, now)).await?
    };
    let row = rows.get(looking.row).or(rows.first());
    if let Some(row) = row {
        match read_article(visit, &looking, row).await? {
            Ok(article) => looked.article = Some(article),
            Err(why) => looked.article_wrong = why,
        }
    }
    Ok(Ok(looked))
}

async fn fetch(
    visit: &AdminRequest,
    looking: &TrialRequest,
    url: &Url,
    purpose: Purpose,
) -> Result<Arc<FetchedPage>, String> {
    let admin = &visit.web.0.admin;
    if let Some(page) = admin.looks.get(url, visit.now()) {
        return Ok(page);
    }
    if admin.looked.take(visit.client, visit.now()).is_err() {
        return Err("too many pages were looked at in this hour; try again later".to_owned());
    }
    let source = stand_in(looking);
    let ask = FetchRequest { url, source: &source, purpose, validators: None };
    let fetching = visit.door.fetcher.get(ask);
    match tokio::time::timeout(PATIENCE, fetching).await {
        Ok(Ok(Fetched::Page(page))) => {
            let page = Arc::new(page);
            admin.looks.keep(url, &page, visit.now());
            Ok(page)
        }
        Ok(Ok(Fetched::Unchanged(_))) => Err("304 to a request without conditions".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!(
            "the portal has not answered within {} s; a poll has more patience",
            PATIENCE.as_secs()
        )),
    }
}

/// A source that is not there yet. It is one of the admin pages, so an inside address is asked only where the config
/// names it.
fn stand_in(looking: &TrialRequest) -> Source {
    Source {
        id: SourceId::parse("new").expect("a constant name parses"),
        name: String::new(),
        url: looking.url.clone(),
        pace: Pace::Adaptive,
        zone: looking.zone,
        recipe: Recipe::default(),
        extra_ca: None,
        inside: Vec::new(),
        max_new: 0,
        managed_by: ManagedBy::Store,
    }
}

fn read_page(
    page: &FetchedPage,
    looking: &TrialRequest,
    now: DateTime<Utc>,
) -> (TrialReading, Vec<Row>) {
    let (body, content_type) = (&page.body, page.content_type.as_deref());
    let kind = match looking.recipe.kind {
        SourceKind::Auto => bantin_extract::kind(body, content_type),
        kind => kind,
    };
    let reading = Reading { url: &page.url, zone: looking.zone, now };
    let is_page = matches!(kind, SourceKind::Auto | SourceKind::Page);
    let mut looked = TrialReading { url: page.url.to_string(), is_page, ..TrialReading::default() };
    looked.kind = match kind {
        SourceKind::Auto | SourceKind::Page => "page",
        SourceKind::Feed => "feed",
        SourceKind::Sitemap => "sitemap",
        SourceKind::Json => "json",
    };
    let listing = if is_page {
        let html = bantin_extract::decode(body, content_type);
        looked.page_title = bantin_extract::page_title(&html, &page.url);
        let detection = bantin_extract::detect(&html, &ListingRecipe::default(), reading);
        let recipe = chosen(&looking.recipe.listing, &detection);
        looked.feeds = detection
            .feeds
            .iter()
            .map(|feed| (feed.url.to_string(), feed.title.clone().unwrap_or_default()))
            .collect();
        looked.blocks = blocks(&detection, &recipe, looking.zone);
        let Some(item) = recipe.item.clone() else {
            looked.problems = texts(&detection.problems);
            return (looked, Vec::new());
        };
        looked.parts = bantin_extract::parts(&html, &item, reading, LOOK_PARTS)
            .into_iter()
            .map(|part| PartView {
                selector: part.selector,
                text: part.shown,
                rows: part.rows,
                is_picture: part.kind == PartKind::Picture,
            })
            .collect();
        (looked.item, looked.link) = (item, recipe.link.clone().unwrap_or_default());
        bantin_extract::listing(&html, &recipe, reading)
    } else {
        bantin_extract::foreign(kind, body, content_type, &looking.recipe.listing, reading)
    };
    looked.row_count = listing.rows.len();
    looked.dated = listing.rows.iter().filter(|row| row.published.is_known()).count();
    looked.rows = shown_rows(&listing.rows, looking.zone, LOOK_ROWS);
    looked.problems = texts(&listing.problems);
    (looked, listing.rows)
}

/// Returns the recipe of the form; where it names no element, that of the best block.
fn chosen(written: &ListingRecipe, detection: &Detection) -> ListingRecipe {
    match &detection.recipe {
        Some(found) if written.item.is_none() => ListingRecipe {
            item: found.item.clone(),
            link: written.link.clone().or_else(|| found.link.clone()),
            ..written.clone()
        },
        _ => written.clone(),
    }
}

fn blocks(detection: &Detection, recipe: &ListingRecipe, zone: Tz) -> Vec<BlockView> {
    detection
        .candidates
        .iter()
        .map(|candidate| {
            let value = BlockValue {
                item: candidate.recipe.item.clone().unwrap_or_default(),
                link: candidate.recipe.link.clone().unwrap_or_default(),
            };
            let titles = candidate.rows.iter().take(TITLES);
            BlockView {
                chosen: candidate.recipe.item == recipe.item,
                value: value.written(),
                item: value.item,
                score: format!("{:.1}", candidate.score),
                evidence: candidate.evidence.clone(),
                count: candidate.rows.len(),
                titles: titles
                    .map(|row| (row.title.clone(), shown_date(row.published, zone)))
                    .collect(),
            }
        })
        .collect()
}

async fn read_article(
    visit: &AdminRequest,
    looking: &Arc<TrialRequest>,
    row: &Row,
) -> anyhow::Result<Result<ArticleView, String>> {
    if bantin_extract::document_at(&row.url).is_some() {
        return Ok(Err(format!("{} is a document, which is kept as an attachment", row.url)));
    }
    let page = match fetch(visit, looking, &row.url, Purpose::Article).await {
        Ok(page) => page,
        Err(why) => return Ok(Err(why)),
    };
    let (zone, now, recipe) = (looking.zone, visit.now(), looking.recipe.article.clone());
    let _alone = visit.web.0.admin.reading.lock().await;
    let shown = tokio::task::spawn_blocking(move || article(&page, &recipe, zone, now)).await?;
    Ok(Ok(shown))
}

fn article(
    page: &FetchedPage,
    recipe: &ArticleRecipe,
    zone: Tz,
    now: DateTime<Utc>,
) -> ArticleView {
    let html = bantin_extract::decode(&page.body, page.content_type.as_deref());
    let reading = Reading { url: &page.url, zone, now };
    let (article, problems) = bantin_extract::article(&html, recipe, reading);
    let cut = article.content_text.chars().count() > TEXT_CHARS;
    ArticleView {
        url: page.url.to_string(),
        title: article.title.unwrap_or_default(),
        date: shown_date(article.published, zone),
        byline: article.byline.unwrap_or_default(),
        section: article.section.unwrap_or_default(),
        lead: article.lead.unwrap_or_default(),
        text: article.content_text.chars().take(TEXT_CHARS).collect(),
        cut,
        images: article.images.len(),
        attachments: article.attachments.into_iter().map(|one| one.title).collect(),
        problems: texts(&problems),
    }
}

pub fn shown_rows(rows: &[Row], zone: Tz, most: usize) -> Vec<RowView> {
    rows.iter()
        .take(most)
        .map(|row| RowView {
            title: row.title.clone(),
            url: row.url.to_string(),
            date: shown_date(row.published, zone),
            lead: row.lead.clone().unwrap_or_default(),
            image: row.image.clone().unwrap_or_default(),
        })
        .collect()
}

fn shown_date(published: Published, zone: Tz) -> String {
    match published {
        Published::At(at) => at.with_timezone(&zone).format("%d/%m/%Y %H:%M").to_string(),
        Published::On(day) => day.format("%d/%m/%Y").to_string(),
        Published::Unknown => String::new(),
    }
}

fn texts(problems: &[Problem]) -> Vec<String> {
    grouped(problems).into_iter().map(|group| group.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_kept_for_minutes_and_no_more_than_so_many_bytes() {
        let now = DateTime::UNIX_EPOCH;
        let looks = PageCache::default();
        let url = |n: usize| Url::parse(&format!("https://a.vn/{n}")).expect("a URL");
        let page = |n: usize, bytes: usize| {
            let body = vec![0; bytes];
            Arc::new(FetchedPage {
                url: url(n),
                content_type: None,
                body,
                validators: Default::default(),
            })
        };
        looks.keep(&url(1), &page(1, 10), now);
        assert!(looks.get(&url(1), now + TimeDelta::minutes(9)).is_some());
        assert!(looks.get(&url(1), now + TimeDelta::minutes(10)).is_none());
        for n in 0..2 * LOOKS_KEPT {
            looks.keep(&url(n), &page(n, 10), now);
        }
        assert!(looks.get(&url(0), now).is_none());
        looks.keep(&url(99), &page(99, LOOK_BYTES), now);
        assert_eq!(looks.0.lock().expect("free").len(), 1);
        assert!(looks.get(&url(99), now).is_some());
    }
}
