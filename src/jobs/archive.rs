//! Archives: closes the past of each public feed and of each source, part by part, so that readers can fetch all that it
//! ever had (RFC 5005). What is closed never changes; what is not closed yet is in the feed itself.

use chrono_tz::Tz;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

use crate::clock::Clock;
use bantin_model::feed::archive_parts::{
    PendingPart, closable, month, month_of, month_of_part, pack, part_name,
};
use bantin_model::limits::{ARCHIVE_OPEN, ARCHIVES_PER_TURN};
use bantin_model::query::Query;
use bantin_model::{ArchiveOwner, Feed, SourceId};
use bantin_store::{ArchivePlace, NewArchive, Store};

/// Items read at once.
const PAGE: u32 = 200;
/// Of these, pages looked through for one feed in one turn.
const PAGES: usize = 20;

pub struct Archivist {
    store: Store,
    clock: Clock,
    /// Whether feeds changed by closed parts and were not announced yet.
    untold: AtomicBool,
}

impl Archivist {
    pub fn new(store: Store, clock: Clock) -> Self {
        Archivist { store, clock, untold: AtomicBool::default() }
    }

    /// Goes on a little with every feed and every source; whether there is more to do at once. Months begin
    /// in `zone`.
    pub async fn turn(&self, zone: Tz) -> Result<bool> {
        let last = self.store.last_seq().await?;
        let mut more = false;
        for feed in self.store.feeds().await?.iter().filter(|feed| !feed.private) {
            more |= self
                .archive(feed, last, zone)
                .await
                .with_context(|| format!("archiving the feed {}", feed.name))?;
        }
        more |= self.archive_sources(last, zone).await.context("archiving the sources")?;
        // A large store closes a thousand parts in a row, and each announcement has every feed
        // rendered again. Until then a feed remains as it was: all its own items, and the earlier
        // parts.
        if !more && self.untold.load(Ordering::Relaxed) {
            self.store.announce_archives().await?;
            self.untold.store(false, Ordering::Relaxed);
        }
        Ok(more)
    }

    async fn archive(&self, feed: &Feed, last: i64, zone: Tz) -> Result<bool> {
        let query = Query::parse(&feed.query).context("reading its query")?;
        let before = self.store.archive_place(&feed.name).await?;
        let mut place = before.clone();
        for _ in 0..PAGES {
            if place.upto >= last || place.open.len() >= ARCHIVE_OPEN {
                break;
            }
            let page = self.store.items_from(place.upto, PAGE).await?;
            let matching = page.iter().filter(|item| query.matches(item, zone));
            place.open.extend(matching.map(|item| (item.seq, month_of(item, zone))));
            // Held items have numbers too. Those after the last page are not in the archive.
            place.upto = page.last().map_or(last, |item| item.seq);
        }
        let parts = closable(&mut place.open, self.clock.now(), zone, ARCHIVES_PER_TURN);
        if place == before {
            return Ok(false);
        }
        let more = place.upto < last || parts.len() == ARCHIVES_PER_TURN;
        self.close(ArchiveOwner::Feed(&feed.name), &place, parts).await?;
        Ok(more)
    }

    /// Each item is of one source, so one look at the new ones does for all sources.
    async fn archive_sources(&self, last: i64, zone: Tz) -> Result<bool> {
        let before = self.store.archived_upto().await?;
        let mut places = self.store.archive_places_of_sources().await?;
        let (upto, grown) = self.open_up(&mut places, before, last, zone).await?;
        let mut left = ARCHIVES_PER_TURN;
        for (id, mut place) in places {
            let parts = closable(&mut place.open, self.clock.now(), zone, left);
            left -= parts.len();
            if grown.contains(&id) || !parts.is_empty() {
                self.close(ArchiveOwner::Source(&id), &place, parts).await?;
            }
        }
        // Last: should we die before, these items are met again, and their places know them.
        if upto > before {
            self.store.set_archived_upto(upto).await?;
        }
        let came_on = upto > before || left < ARCHIVES_PER_TURN;
        Ok(upto < last && came_on || left == 0)
    }

    /// Puts new items into the places of their sources, as long as none holds too many: up to which, and whose grew.
    async fn open_up(
        &self,
        places: &mut HashMap<SourceId, ArchivePlace>,
        from: i64,
        last: i64,
        zone: Tz,
    ) -> Result<(i64, HashSet<SourceId>)> {
        let mut grown = HashSet::new();
        let mut upto = from;
        for _ in 0..PAGES {
            if upto >= last {
                break;
            }
            let page = self.store.arrivals_from(upto, PAGE).await?;
            let whole = page.len() == PAGE as usize;
            for (seq, source, first_seen) in page {
                let place = places.entry(source.clone()).or_default();
                if seq > place.upto {
                    if place.open.len() >= ARCHIVE_OPEN {
                        return Ok((upto, grown));
                    }
                    place.open.push((seq, month(first_seen, zone)));
                    place.upto = seq;
                    grown.insert(source);
                }
                upto = seq;
            }
            if !whole {
                // Held items have numbers too. Those after the last page are not in the archive.
                upto = upto.max(last);
            }
        }
        Ok((upto, grown))
    }

    /// Closes parts, and records how far the archive has come.
    async fn close(
        &self,
        of: ArchiveOwner<'_>,
        place: &ArchivePlace,
        parts: Vec<PendingPart>,
    ) -> Result<()> {
        let mut named: HashMap<String, usize> = HashMap::new();
        if !parts.is_empty() {
            for archive in self.store.archives(of).await? {
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
        let differs = self.store.close_archives(of, place, &closed, self.clock.now()).await?;
        self.untold.fetch_or(differs, Ordering::Relaxed);
        Ok(())
    }
}
