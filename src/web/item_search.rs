//! Finds the items of a query by the index of words: for the search page, for feeds of queries and
//! for the API. The index may match too much, so [`Query::matches`] decides. One answer looks at a
//! limited number of items; the caller continues from there with another request.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use bantin_model::Item;
use bantin_model::query::Query;
use bantin_model::query::lookup::is_known_whole;
use bantin_store::{SearchPlace, Store};

/// Where the index may say too much, places are asked for this many times as far as would do if each of them were found.
const PLACES_AHEAD: usize = 3;

/// What is asked for.
pub struct ItemFilter<'a> {
    pub query: &'a Query,
    /// The site's zone, in which the query counts days.
    pub zone: Tz,
    /// Only items after this place.
    pub after: SearchPlace,
    /// Of these, at most so many.
    pub most: usize,
    /// Items looked at.
    pub looked_at: usize,
    /// None older than this.
    pub since: Option<DateTime<Utc>>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct FoundItems {
    /// Newest first, with their places; without markup, pictures and attachments.
    pub items: Vec<(SearchPlace, Item)>,
    /// Where there may be more.
    pub next: Option<SearchPlace>,
    /// Enough was looked at before enough was found.
    pub stopped: bool,
}

/// Whether an item that the index names is one that the query asks for. `exact` is what [`Query::lookup`] said; of a long item
/// the index knows the beginning alone.
pub fn is_found(query: &Query, exact: bool, item: &Item, zone: Tz) -> bool {
    exact && is_known_whole(item) || query.matches(item, zone)
}

/// Looks for items that match the query and that `wanted` says yes to.
pub async fn find(
    store: &Store,
    asked: ItemFilter<'_>,
    wanted: impl Fn(&Item) -> bool,
) -> anyhow::Result<FoundItems> {
    let (lookup, exact) = asked.query.lookup();
    let mut found = FoundItems::default();
    // All before `seen` was looked at; the answer holds what was taken of it.
    let (mut seen, mut taken, mut looked_at) = (asked.after, asked.after, 0);
    // One more than is wanted tells whether there is more.
    let enough = asked.most + 1;
    let ahead = if exact { enough } else { enough * PLACES_AHEAD };
    loop {
        // Places are cheap once the index has been searched; their texts are not.
        let step = (asked.looked_at - looked_at).clamp(1, ahead);
        let places = store.search(&lookup, seen, u32::try_from(step)?).await?;
        for places in places.chunks(enough) {
            for (place, item) in store.texts_at(places).await? {
                if asked.since.is_some_and(|since| item.sort_at < since) {
                    return Ok(found);
                }
                if !is_found(asked.query, exact, &item, asked.zone) || !wanted(&item) {
                    continue;
                }
                if found.items.len() == asked.most {
                    found.next = Some(taken);
                    return Ok(found);
                }
                found.items.push((place, item));
                taken = place;
            }
        }
        if places.len() < step {
            return Ok(found);
        }
        looked_at += places.len();
        seen = places.last().copied().unwrap_or(seen);
        if looked_at >= asked.looked_at {
            found.stopped = found.items.len() < asked.most;
            found.next = Some(if found.stopped { seen } else { taken });
            return Ok(found);
        }
    }
}
