//! Archives: closes the past of each public feed, part by part, so that readers can fetch all that it ever had
//! (RFC 5005). What is closed never changes; what is not closed yet is in the feed itself.

use std::collections::HashMap;

use anyhow::{Context as _, Result};

use crate::clock::Clock;
use crate::feed::past::{closable, month_of, month_of_part, pack, part_name};
use crate::limits::{ARCHIVE_OPEN, ARCHIVES_PER_TURN};
use crate::model::Feed;
use crate::query::Query;
use crate::store::{NewArchive, Store};

/// Items read at once.
const PAGE: u32 = 200;
/// Of these, pages looked through for one feed in one turn.
const PAGES: usize = 20;

pub struct Archivist {
    store: Store,
    clock: Clock,
}

impl Archivist {
    pub fn new(store: Store, clock: Clock) -> Self {
        Archivist { store, clock }
    }

    /// Goes on a little with every feed; whether there is more to do at once.
    pub async fn turn(&self) -> Result<bool> {
        let last = self.store.last_seq().await?;
        let mut more = false;
        for feed in self.store.feeds().await?.iter().filter(|feed| !feed.private) {
            more |= self
                .archive(feed, last)
                .await
                .with_context(|| format!("archiving the feed {}", feed.name))?;
        }
        Ok(more)
    }

    async fn archive(&self, feed: &Feed, last: i64) -> Result<bool> {
        let query = Query::parse(&feed.query).context("reading its query")?;
        let before = self.store.archive_place(&feed.name).await?;
        let mut place = before.clone();
        for _ in 0..PAGES {
            if place.upto >= last || place.open.len() >= ARCHIVE_OPEN {
                break;
            }
            let page = self.store.items_from(place.upto, PAGE).await?;
            let matching = page.iter().filter(|item| query.matches(item));
            place.open.extend(matching.map(|item| (item.seq, month_of(item))));
            // Held items have numbers too; those behind the last page are none of ours.
            place.upto = page.last().map_or(last, |item| item.seq);
        }
        let now = self.clock.now();
        let parts = closable(&mut place.open, now, ARCHIVES_PER_TURN);
        if place == before {
            return Ok(false);
        }
        let more = place.upto < last || parts.len() == ARCHIVES_PER_TURN;
        let mut named: HashMap<String, usize> = HashMap::new();
        if !parts.is_empty() {
            for archive in self.store.archives(&feed.name).await? {
                if let Some(month) = month_of_part(&archive.part) {
                    *named.entry(month.to_owned()).or_default() += 1;
                }
            }
        }
        let mut closed = Vec::new();
        for part in parts {
            let items = self.store.items_numbered(&part.items).await?;
            let before = named.entry(part.month.clone()).or_default();
            let name = part_name(&part.month, *before);
            *before += 1;
            let packing = tokio::task::spawn_blocking(move || pack(&items));
            let items = packing.await.context("packing an archive")?;
            closed.push(NewArchive { part: name, items });
        }
        self.store.close_archives(&feed.name, &place, &closed, now).await?;
        Ok(more)
    }
}
