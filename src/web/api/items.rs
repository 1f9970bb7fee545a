//! Items and feeds: what everybody may read.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ApiError, ApiResult, CacheScope, RequestParams, cursor, next_link, read};
use crate::web::Web;
use crate::web::item_search::{ItemFilter, find};
use bantin_model::feed::FeedFormat;
use bantin_model::limits::{API_ITEMS_LOOKED_AT, QUERY_CHARS};
use bantin_model::query::Query;
use bantin_model::{Feed, FeedName, Item, ItemId, Published, SourceId, Standing};
use bantin_store::{Revision, SearchPlace};

/// Items asked of the store at once.
const BATCH: u32 = 200;

pub async fn list(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    let known = ["q", "source", "section", "after", "before", "limit", "cursor"];
    let params = RequestParams::read(query.as_deref(), &known)?;
    let limit = usize::try_from(params.limit()?).unwrap_or(usize::MAX);
    let wanted = ItemsParams::of(&params, web.site().zone)?;
    let (found, next) = match &wanted.query {
        Some(query) => searched(&web, &params, query, &wanted, limit).await?,
        None => newest(&web, &params, &wanted, limit).await?,
    };
    let items: Vec<Value> = found.iter().map(|item| summary(&web, item)).collect();
    let link = next_link(&web, "api/v1/items", &params, next.as_deref());
    Ok(read(&asked, &json!({ "items": items, "next": next }), CacheScope::ByAll, link))
}

type ItemsPage = (Vec<Item>, Option<String>);

/// By the index of words.
async fn searched(
    web: &Web,
    params: &RequestParams,
    query: &Query,
    wanted: &ItemsParams,
    limit: usize,
) -> Result<ItemsPage, ApiError> {
    let after = match params.cursor::<1>()? {
        Some([place]) => SearchPlace::from_text(&place.to_string())
            .ok_or_else(|| ApiError::bad("cursor", "it is none of ours"))?,
        None => {
            let bound = query.ends_before().map_or(SearchPlace::END, SearchPlace::at);
            wanted.before.map_or(bound, |before| bound.min(SearchPlace::at(before.date_naive())))
        }
    };
    let query = query.clone().narrowed(wanted.source.clone(), "", None, None);
    let (most, looked_at) = (limit, API_ITEMS_LOOKED_AT);
    let finding = ItemFilter {
        query: &query,
        zone: web.site().zone,
        after,
        most,
        looked_at,
        since: wanted.after,
    };
    let found = find(&web.0.store, finding, |item| wanted.accepts(item)).await?;
    let next = found.next.and_then(|place| place.to_text().parse::<i64>().ok());
    let items = found.items.into_iter().map(|(_, item)| item).collect();
    Ok((items, next.map(|place| cursor(&[place]))))
}

/// As they come.
async fn newest(
    web: &Web,
    params: &RequestParams,
    wanted: &ItemsParams,
    limit: usize,
) -> Result<ItemsPage, ApiError> {
    let mut place = match params.cursor::<2>()? {
        Some([ms, seq]) => {
            let at = DateTime::from_timestamp_millis(ms);
            Some((at.ok_or_else(|| ApiError::bad("cursor", "it is none of ours"))?, seq))
        }
        None => wanted.before.map(|before| (before, i64::MIN)),
    };
    let sources = wanted.source.clone().map(|source| vec![source]);
    let (mut found, mut looked_at) = (Vec::new(), 0);
    loop {
        let page = web.0.store.newest_items(sources.as_deref(), place, BATCH).await?;
        let is_last = page.len() < BATCH as usize;
        for item in page {
            if wanted.after.is_some_and(|after| item.sort_at < after) {
                return Ok((found, None));
            }
            let here = (item.sort_at, item.seq);
            place = Some(here);
            looked_at += 1;
            if wanted.accepts(&item) {
                found.push(item);
            }
            // A page that is full, or that reached the limit of items looked at, continues after
            // the last item seen.
            if found.len() == limit || looked_at == API_ITEMS_LOOKED_AT {
                return Ok((found, Some(cursor(&[here.0.timestamp_millis(), here.1]))));
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
}

pub async fn one(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    RequestParams::read(query.as_deref(), &[])?;
    let id = Uuid::try_parse(&id).map_err(|_| ApiError::NotFound)?;
    let store = &web.0.store;
    let item = store.item(ItemId(id)).await?.filter(|item| item.standing != Standing::Held);
    let item = item.ok_or(ApiError::NotFound)?;
    let revisions = store.revisions(item.id).await?;
    let mut document = summary(&web, &item);
    document["content_html"] = json!(item.content_html.as_str());
    document["content_text"] = json!(item.content_text);
    document["images"] = item
        .images
        .iter()
        .map(|image| json!({ "url": image.url, "caption": image.caption }))
        .collect();
    document["attachments"] = item
        .attachments
        .iter()
        .map(|one| json!({ "url": one.url, "title": one.title, "media_type": one.media_type, "length": one.length }))
        .collect();
    document["refs"] = json!(item.refs);
    document["revisions"] = revisions.iter().map(earlier).collect();
    Ok(read(&asked, &document, CacheScope::ByAll, None))
}

fn earlier(revision: &Revision) -> Value {
    json!({
        "number": revision.number,
        "replaced_at": revision.at,
        "title": revision.title,
        "lead": revision.lead,
        "content_html": revision.content_html.as_str(),
    })
}

fn summary(web: &Web, item: &Item) -> Value {
    let published = match item.published {
        Published::At(at) => Some(at.to_rfc3339()),
        Published::On(day) => Some(day.to_string()),
        Published::Unknown => None,
    };
    let page = web.site().public_url.join(&format!("items/{}", item.id));
    json!({
        "id": item.id.to_string(),
        "url": item.url,
        "page": page.map(String::from).unwrap_or_default(),
        "source": item.source.as_str(),
        "title": item.title,
        "lead": item.lead,
        "section": item.section,
        "byline": item.byline,
        "lang": item.lang,
        "published": published,
        "updated": item.updated,
        "first_seen": item.first_seen,
        "changed": item.changed_at,
        "revision": item.revision,
    })
}

/// Which items are asked for.
struct ItemsParams {
    query: Option<Query>,
    source: Option<SourceId>,
    section: Option<String>,
    after: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
}

impl ItemsParams {
    fn of(params: &RequestParams, zone: Tz) -> Result<Self, ApiError> {
        let query = match params.text("q") {
            Some(text) if text.chars().count() > QUERY_CHARS => {
                return Err(ApiError::bad("q", &format!("write at most {QUERY_CHARS} characters")));
            }
            Some(text) if !text.trim().is_empty() => {
                Some(Query::parse(text).map_err(|error| ApiError::bad("q", &error.to_string()))?)
            }
            _ => None,
        };
        let source = match params.text("source") {
            Some(text) => Some(SourceId::parse(text).map_err(|why| ApiError::bad("source", &why))?),
            None => None,
        };
        Ok(ItemsParams {
            query,
            source,
            section: params.text("section").map(|text| text.trim().to_lowercase()),
            after: moment(params, "after", zone)?,
            before: moment(params, "before", zone)?,
        })
    }

    /// Whether the item is what is asked for beside the query and the source.
    fn accepts(&self, item: &Item) -> bool {
        let section = || item.section.as_ref().map(|section| section.to_lowercase());
        self.section.as_ref().is_none_or(|wanted| section().as_ref() == Some(wanted))
            && self.before.is_none_or(|before| item.sort_at < before)
    }
}

/// A time, or a day, which begins in the site's zone.
fn moment(params: &RequestParams, name: &str, zone: Tz) -> Result<Option<DateTime<Utc>>, ApiError> {
    let Some(text) = params.text(name) else { return Ok(None) };
    let day = || {
        let day: NaiveDate = text.parse().ok()?;
        zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest()
    };
    let time = || DateTime::parse_from_rfc3339(text).ok();
    let found = time().map(|at| at.to_utc()).or_else(|| day().map(|at| at.to_utc()));
    // What no calendar of ours reaches is no date either.
    let found = found
        .filter(|at| (-9_000_000_000_000..=9_000_000_000_000).contains(&at.timestamp_millis()));
    match found {
        Some(at) => Ok(Some(at)),
        None => Err(ApiError::bad(
            name,
            "write a day, 2026-01-31, or a time, 2026-01-31T07:30:00+07:00",
        )),
    }
}

pub async fn feeds(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    RequestParams::read(query.as_deref(), &[])?;
    let feeds = web.0.store.feeds().await?;
    let feeds = feeds.iter().filter(|feed| !feed.private);
    let feeds: Vec<Value> = feeds.map(|feed| described(&web, feed)).collect();
    Ok(read(&asked, &json!({ "feeds": feeds }), CacheScope::ByAll, None))
}

pub async fn feed(
    State(web): State<Web>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    RequestParams::read(query.as_deref(), &[])?;
    let name = FeedName::parse(&name).map_err(|_| ApiError::NotFound)?;
    let feed = web.0.store.feed(&name).await?.filter(|feed| !feed.private);
    let feed = feed.ok_or(ApiError::NotFound)?;
    Ok(read(&asked, &described(&web, &feed), CacheScope::ByAll, None))
}

fn described(web: &Web, feed: &Feed) -> Value {
    let address = |format: FeedFormat| format.address(&web.site().public_url, &feed.name);
    json!({
        "name": feed.name.as_str(),
        "title": feed.title,
        "description": feed.description,
        "query": feed.query,
        "lang": feed.lang.tag(),
        "rss": address(FeedFormat::Rss),
        "atom": address(FeedFormat::Atom),
        "json": address(FeedFormat::Json),
    })
}
