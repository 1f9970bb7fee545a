//! Shows the recent items that a selection matches, before it is subscribed to.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use bantin_model::limits::{PREVIEW_DAYS, PREVIEW_ITEMS, PREVIEW_TITLES};
use bantin_model::query::Query;
use bantin_model::{Item, Published, Selection};
use bantin_store::Store;

#[derive(Debug, Serialize)]
pub struct SelectionPreview {
    pub items: usize,
    /// The oldest of the time were not looked at: there were too many.
    pub at_least: bool,
    pub newest: Vec<PreviewItem>,
}

#[derive(Debug, Serialize)]
pub struct PreviewItem {
    pub id: String,
    pub title: String,
    /// `DD/MM/YYYY`.
    pub date: String,
}

/// The items of the last days in the selection, whose queries have been checked.
pub async fn preview(
    selection: &Selection,
    store: &Store,
    now: DateTime<Utc>,
    zone: Tz,
) -> anyhow::Result<SelectionPreview> {
    let mut queries = Vec::new();
    for name in &selection.feeds {
        let feed = store.feed(name).await?;
        queries.extend(feed.and_then(|feed| Query::parse(&feed.query).ok()));
    }
    queries.extend(selection.queries.iter().filter_map(|text| Query::parse(text).ok()));
    let items = store.items_since(None, now - TimeDelta::days(PREVIEW_DAYS), PREVIEW_ITEMS).await?;
    // A month of long articles takes a good part of a second to look through; others are served meanwhile.
    let looked = tokio::task::spawn_blocking(move || matching(&queries, &items, zone)).await;
    looked.context("looking through the items of a preview")
}

fn matching(queries: &[Query], items: &[Item], zone: Tz) -> SelectionPreview {
    let at_least = items.len() >= usize::try_from(PREVIEW_ITEMS).unwrap_or(usize::MAX);
    let mut found: Vec<_> =
        items.iter().filter(|item| queries.iter().any(|query| query.matches(item, zone))).collect();
    found.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
    let newest = found.iter().take(PREVIEW_TITLES).map(|item| PreviewItem {
        id: item.id.to_string(),
        title: item.title.clone(),
        date: match item.published {
            Published::On(day) => day,
            Published::At(at) => at.with_timezone(&zone).date_naive(),
            Published::Unknown => item.first_seen.with_timezone(&zone).date_naive(),
        }
        .format("%d/%m/%Y")
        .to_string(),
    });
    SelectionPreview { items: found.len(), at_least, newest: newest.collect() }
}
