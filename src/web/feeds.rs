//! The feeds, rendered once per change and kept as bytes. A request is answered from memory; what it gets is never half
//! written and never older than what somebody got before.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, RwLock};

use anyhow::Context as _;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use chrono::{DateTime, SubsecRound, Utc};
use chrono_tz::Tz;
use tokio::sync::Mutex;
use tracing::error;

use super::errors::WebError;
use super::pages::{Headline, Pages, TITLES};
use super::stored::{Stored, value};
use super::{Site, Web};
use crate::clock::Clock;
use crate::feed::{Document, Entry, Format, Place, Window, opml, render};
use crate::limits::FEED_ITEMS;
use crate::model::{Feed, FeedName, Item, ItemId, SourceId, Standing};
use crate::query::Query;
use crate::store::{SourceState, Store};

/// Items asked of the store at once.
const PAGE: u32 = 200;
/// How many of the newest items are looked at for a feed that was rendered before: what it held further back is asked
/// for by id. Only the first rendering looks at all items, up to its own bound.
const LOOKED_AT_AGAIN: usize = 2_000;
const LOOKED_AT_FIRST: usize = 200_000;
/// Items of the last days that are read to find those published long before they were seen.
const LATE_ITEMS: u32 = 5_000;

/// Bounds of what a reader is told to wait, in seconds.
const MIN_AGE: i64 = 300;
const MAX_AGE: i64 = 3_600;

/// All that is served from memory, of one state of the store.
pub struct Rendered {
    version: i64,
    site: Arc<Site>,
    feeds: BTreeMap<FeedName, Arc<RenderedFeed>>,
    pub index: Stored,
    pub opml: Stored,
}

struct RenderedFeed {
    feed: Feed,
    documents: [Stored; 3],
    items: Vec<ItemId>,
    headlines: Vec<Headline>,
}

impl Rendered {
    pub fn document(&self, name: &FeedName, format: Format) -> Option<&Stored> {
        let place = Format::ALL.iter().position(|one| *one == format)?;
        self.feeds.get(name).map(|feed| &feed.documents[place])
    }

    /// Every document that everybody may read.
    pub fn documents(&self) -> impl Iterator<Item = (&FeedName, Format, &Stored)> {
        self.feeds.iter().flat_map(|(name, feed)| {
            Format::ALL
                .into_iter()
                .zip(&feed.documents)
                .map(move |(format, one)| (name, format, one))
        })
    }
}

#[derive(Default)]
pub struct FeedCache {
    current: RwLock<Option<Arc<Rendered>>>,
    /// Held while rendering, so that two changes cannot overtake each other.
    rendering: Mutex<()>,
    /// When the next source is polled, epoch seconds; 0 when nobody knows.
    next_poll: AtomicI64,
}

impl FeedCache {
    pub fn get(&self) -> Option<Arc<Rendered>> {
        self.current.read().expect("no one panics while holding the pointer").clone()
    }

    pub fn is_rendered(&self) -> bool {
        self.get().is_some()
    }

    /// What is served at present; the very first asker has it rendered.
    pub async fn current(
        &self,
        store: &Store,
        site: &Arc<Site>,
        clock: &Clock,
        pages: &Pages,
    ) -> anyhow::Result<Arc<Rendered>> {
        if let Some(rendered) = self.get() {
            return Ok(rendered);
        }
        self.refresh(store, site, clock, pages).await?;
        self.get().context("nothing was rendered")
    }

    /// Renders everything anew if the store or the settings changed; whether they did.
    pub async fn refresh(
        &self,
        store: &Store,
        site: &Arc<Site>,
        clock: &Clock,
        pages: &Pages,
    ) -> anyhow::Result<bool> {
        let _alone = self.rendering.lock().await;
        let next_poll = store.next_poll_at().await?.map_or(0, |at| at.timestamp());
        self.next_poll.store(next_poll, Ordering::Relaxed);
        // Asked before the items: what comes between is rendered again next time, never missed.
        let version = store.version().await?;
        let before = self.get();
        if before.as_ref().is_some_and(|old| old.version == version && *old.site == **site) {
            return Ok(false);
        }
        let sources = Sources::of(store).await?;
        let mut feeds = BTreeMap::new();
        for feed in store.feeds().await? {
            let name = feed.name.clone();
            let old = before.as_ref().and_then(|old| old.feeds.get(&name)).cloned();
            match rendered_feed(store, site, clock.now(), &sources, feed, old.as_ref()).await {
                Ok(new) => {
                    feeds.insert(name, Arc::new(new));
                }
                // The last good one stays (P6).
                Err(why) => {
                    error!(feed.name = %name, "The feed {name} could not be rendered: {why:#}");
                    feeds.extend(old.map(|old| (name, old)));
                }
            }
        }
        let listed: Vec<Feed> = feeds.values().map(|one| one.feed.clone()).collect();
        let shown: Vec<(Feed, Vec<Headline>)> =
            feeds.values().map(|one| (one.feed.clone(), one.headlines.clone())).collect();
        let changed = feeds.values().filter_map(|one| one.documents[0].last_modified()).max();
        let list = opml(&site.title, &listed, &site.public_url);
        let rendered = Rendered {
            version,
            site: site.clone(),
            feeds,
            index: stored(
                "text/html; charset=utf-8",
                pages.index(site, &shown).into_bytes(),
                changed,
                before.as_ref().map(|old| &old.index),
                clock.now(),
            ),
            opml: stored(
                "text/x-opml; charset=utf-8",
                list,
                None,
                before.as_ref().map(|old| &old.opml),
                clock.now(),
            ),
        };
        *self.current.write().expect("no one panics while holding the pointer") =
            Some(Arc::new(rendered));
        Ok(true)
    }

    /// Until the next poll, within bounds: sooner there is nothing new.
    fn cache_control(&self, now: DateTime<Utc>) -> String {
        let wait = self.next_poll.load(Ordering::Relaxed) - now.timestamp();
        format!("public, max-age={}, stale-if-error=86400", wait.clamp(MIN_AGE, MAX_AGE))
    }
}

/// The document as it is kept: the old one where the bytes are the same. `changed` is when what is in it last changed;
/// where that does not explain why the bytes differ (an item left, the feed got a new title), it changed now.
fn stored(
    content_type: &'static str,
    bytes: Vec<u8>,
    changed: Option<DateTime<Utc>>,
    old: Option<&Stored>,
    now: DateTime<Utc>,
) -> Stored {
    let changed = changed.map(|at| at.min(now).trunc_subsecs(0));
    match old {
        Some(old) if old.bytes() == bytes => old.clone(),
        Some(old) if changed.is_none() || changed <= old.last_modified() => {
            Stored::new(content_type, bytes, changed.and(Some(now)))
        }
        _ => Stored::new(content_type, bytes, changed),
    }
}

/// Names and zones of sources, retired ones too.
struct Sources {
    known: HashMap<SourceId, (String, Tz)>,
}

/// How an item names its source; one that is known no longer goes by its id.
pub fn name_and_zone(id: &SourceId, state: Option<&SourceState>) -> (String, Tz) {
    match state {
        Some(state) => (state.source.name.clone(), state.source.zone),
        None => (id.to_string(), chrono_tz::Asia::Ho_Chi_Minh),
    }
}

impl Sources {
    async fn of(store: &Store) -> anyhow::Result<Self> {
        let states = store.sources().await?;
        let known = states
            .iter()
            .map(|state| (state.source.id.clone(), name_and_zone(&state.source.id, Some(state))))
            .collect();
        Ok(Sources { known })
    }

    /// The names that these items need: of sources that are polled, or were.
    async fn naming(
        &self,
        store: &Store,
        items: &[Item],
    ) -> anyhow::Result<HashMap<SourceId, (String, Tz)>> {
        let mut named = HashMap::new();
        for item in items {
            if named.contains_key(&item.source) {
                continue;
            }
            let name = match self.known.get(&item.source) {
                Some(name) => name.clone(),
                None => name_and_zone(&item.source, store.source(&item.source).await?.as_ref()),
            };
            named.insert(item.source.clone(), name);
        }
        Ok(named)
    }
}

async fn rendered_feed(
    store: &Store,
    site: &Arc<Site>,
    now: DateTime<Utc>,
    sources: &Sources,
    feed: Feed,
    old: Option<&Arc<RenderedFeed>>,
) -> anyhow::Result<RenderedFeed> {
    let query = Query::parse(&feed.query)
        .with_context(|| format!("reading the query of the feed {}", feed.name))?;
    // The items of another query say nothing about this one.
    let before = old.filter(|old| old.feed.query == feed.query && old.feed.items == feed.items);
    let items = feed_items(store, &query, &Window::of(&feed, now), before).await?;
    let named = sources.naming(store, &items).await?;
    let (site, old) = (site.clone(), old.cloned());
    let rendering = move || rendered_documents(feed, &items, &named, &site, old.as_deref(), now);
    tokio::task::spawn_blocking(rendering).await.context("rendering the documents")
}

/// A feed's items, newest first.
async fn feed_items(
    store: &Store,
    query: &Query,
    window: &Window,
    before: Option<&Arc<RenderedFeed>>,
) -> anyhow::Result<Vec<Item>> {
    let sources = query.sources();
    let sources = sources.as_deref();
    let mut found: HashMap<ItemId, Item> = HashMap::new();
    let mut seen = HashSet::new();
    let mut place = None;
    let bound = if before.is_some() { LOOKED_AT_AGAIN } else { LOOKED_AT_FIRST };
    loop {
        let page = store.newest_items(sources, place, PAGE).await?;
        let Some(last) = page.last() else {
            break;
        };
        let reached = (last.sort_at, last.seq);
        place = Some(reached);
        for item in page {
            seen.insert(item.id);
            if query.matches(&item) {
                found.insert(item.id, item);
            }
        }
        let enough = found.len() >= window.newest() && reached.0 < window.since();
        if enough || found.len() >= FEED_ITEMS || seen.len() >= bound {
            break;
        }
    }
    // What the feed held beyond the place where we stopped may have been edited since, or taken out.
    for id in before.iter().flat_map(|old| &old.items) {
        if found.len() < FEED_ITEMS && !seen.contains(id) {
            let item = store.item(*id).await?;
            let item = item.filter(|item| item.standing != Standing::Held && query.matches(item));
            found.extend(item.map(|item| (*id, item)));
        }
    }
    // An item may be new to us and long published, further back than we looked.
    for item in store.items_since(sources, window.since(), LATE_ITEMS).await? {
        if query.matches(&item) {
            found.insert(item.id, item);
        }
    }
    let mut items: Vec<Item> = found.into_values().collect();
    items.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
    let mut taken = 0;
    items.retain(|item| {
        let inside = window.place(taken, item) == Place::Inside;
        taken += usize::from(inside);
        inside
    });
    Ok(items)
}

fn rendered_documents(
    feed: Feed,
    items: &[Item],
    named: &HashMap<SourceId, (String, Tz)>,
    site: &Site,
    old: Option<&RenderedFeed>,
    now: DateTime<Utc>,
) -> RenderedFeed {
    let changed = items.iter().map(|item| item.changed_at).max();
    let name = |id: &SourceId| named.get(id).cloned().unwrap_or_else(|| name_and_zone(id, None));
    // What an empty feed is stamped with must not move by itself.
    let empty_since = old
        .and_then(|old| old.documents[0].last_modified())
        .filter(|_| old.is_some_and(|old| old.items.is_empty()))
        .unwrap_or(now);
    let document = Document {
        feed: &feed,
        items,
        public_url: &site.public_url,
        site: &site.title,
        source: &name,
        changed_at: changed.unwrap_or(empty_since),
    };
    let documents = [0, 1, 2].map(|i| {
        let format = Format::ALL[i];
        stored(
            format.content_type(),
            render(format, &document),
            Some(document.changed_at),
            old.map(|old| &old.documents[i]),
            now,
        )
    });
    let headlines = items
        .iter()
        .take(TITLES)
        .map(|item| {
            let (source, zone) = name(&item.source);
            Headline::of(item.id, &Entry::of(item, (&source, zone), &site.public_url, feed.lang))
        })
        .collect();
    let items = items.iter().map(|item| item.id).collect();
    RenderedFeed { feed, documents, items, headlines }
}

pub async fn feed(
    State(web): State<Web>,
    Path((name, file)): Path<(String, String)>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let format = Format::from_file(&file).ok_or(WebError::NotFound)?;
        let name = FeedName::parse(&name).map_err(|_| WebError::NotFound)?;
        let inner = &web.0;
        let rendered = inner
            .feeds
            .current(&inner.store, &web.site(), &inner.clock, &inner.pages)
            .await
            .map_err(WebError::Unavailable)?;
        let document = rendered.document(&name, format).ok_or(WebError::NotFound)?;
        let age = inner.feeds.cache_control(inner.clock.now());
        let mut answer = document.answer(&asked, &age);
        if format == Format::Json {
            let headers = answer.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value("*"));
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, value("ETag"));
        }
        Ok(answer)
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

/// A page in a browser that reads the JSON feed with a condition asks first whether it may.
pub async fn preflight(
    State(web): State<Web>,
    Path((_, file)): Path<(String, String)>,
) -> Response<Body> {
    if Format::from_file(&file) != Some(Format::Json) {
        return WebError::NotAllowed.answer(&web.site(), &web);
    }
    Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD")
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, "If-None-Match, If-Modified-Since")
        .header(header::ACCESS_CONTROL_MAX_AGE, "86400")
        .body(Body::empty())
        .expect("these headers are ASCII")
}
