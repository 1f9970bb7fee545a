//! The feeds, rendered once per change and kept as bytes. A request is answered from memory; what it gets is never half
//! written and never older than what somebody got before.

use chrono_tz::Tz;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, RwLock};

use anyhow::Context as _;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Notify};
use tracing::error;

use super::delta::EarlierVersions;
use super::encoded_document::{ConditionalHeaders, EncodedDocument, value};
use super::errors::WebError;
use super::item_search::is_found;
use super::pages::{FeedHeadline, PageTemplates, TITLES};
use super::prepared::{PreparedPaths, PreparedResponse};
use super::source_names::SourceNames;
use super::{Site, Web, guards};
use bantin_model::feed::{
    DocumentAddress, FeedDocument, FeedEntry, FeedFormat, FeedLinks, FeedWindow, WindowPlace,
    WithdrawnEntry, feed_id, hub_address, opml, render,
};
use bantin_model::limits::{FEED_ITEMS, WITHDRAWN_ITEMS, WITHDRAWN_TOLD};
use bantin_model::query::Query;
use bantin_model::{ArchiveOwner, Feed, FeedName, Item, ItemId, SourceId, Standing};
use bantin_store::{ItemPlace, SearchPlace, Store, WithdrawnItem};

/// Items asked of the store at once.
const PAGE: u32 = 200;
/// How many of the newest items are looked at for a feed that was rendered before: what it held further back is asked
/// for by id. Only the first rendering looks at all items, up to its own bound.
const LOOKED_AT_AGAIN: usize = 2_000;
const LOOKED_AT_FIRST: usize = 200_000;
/// Newest items that are looked at one by one. What a feed still lacks then the index of words finds: to read a hundred
/// thousand items for a rare word takes minutes.
const LOOKED_AT_SINGLY: usize = 400;
/// Items of the last days that are read to find those published long before they were seen.
const LATE_ITEMS: usize = 5_000;

/// Bounds of the cache lifetime that readers get, in seconds.
const MIN_AGE: i64 = 300;
const MAX_AGE: i64 = 3_600;

/// What a rendering is made of.
pub struct RenderContext<'a> {
    pub store: &'a Store,
    pub site: Arc<Site>,
    pub now: DateTime<Utc>,
    pub pages: &'a PageTemplates,
    /// Whether the documents name our hub.
    pub hub: bool,
}

impl RenderContext<'_> {
    pub fn hub(&self) -> Option<String> {
        self.hub.then(|| hub_address(&self.site.public_url))
    }
}

/// All that is served from memory, of one state of the store.
pub struct RenderedFeeds {
    pub version: i64,
    site: Arc<Site>,
    hub: bool,
    feeds: BTreeMap<FeedName, Arc<RenderedFeed>>,
    /// By the hash of a token: its number and its feed.
    tokens: Arc<HashMap<String, (i64, FeedName)>>,
    /// What is asked for most, by path.
    pub ready: PreparedPaths,
    pub index: EncodedDocument,
    pub opml: EncodedDocument,
}

struct RenderedFeed {
    feed: Feed,
    documents: [Arc<PreparedResponse>; 3],
    /// What its documents were before.
    pasts: [EarlierVersions; 3],
    items: Vec<ItemId>,
    headlines: Vec<FeedHeadline>,
    /// Of all that went into the documents: where it is the same, so are they.
    input_fingerprint: u64,
    /// Hash of what subscribers are notified of: items and their edits, not how they were read.
    news: String,
}

impl RenderedFeeds {
    /// A public feed's document.
    pub fn document(&self, name: &FeedName, format: FeedFormat) -> Option<&EncodedDocument> {
        self.ready(name, format).map(|ready| &ready.stored)
    }

    /// A private feed's document, for who has a token with this hash; and the token's number.
    pub fn private(&self, hash: &str, format: FeedFormat) -> Option<(i64, &PreparedResponse)> {
        let (id, name) = self.tokens.get(hash)?;
        let feed = self.feeds.get(name).filter(|feed| feed.feed.private)?;
        Some((*id, &*feed.documents[place_of(format)]))
    }

    /// A public feed.
    pub fn feed(&self, name: &FeedName) -> Option<&Feed> {
        self.feeds.get(name).map(|feed| &feed.feed).filter(|feed| !feed.private)
    }

    fn ready(&self, name: &FeedName, format: FeedFormat) -> Option<&Arc<PreparedResponse>> {
        let feed = self.feeds.get(name).filter(|feed| !feed.feed.private)?;
        Some(&feed.documents[place_of(format)])
    }

    /// What is new since the version that a reader has, if it asks for that and does not have the newest.
    fn delta(
        &self,
        name: &FeedName,
        format: FeedFormat,
        asked: &HeaderMap,
    ) -> Option<Response<Body>> {
        let wanted = asked.get_all(HeaderName::from_static("a-im")).iter();
        let wants = wanted
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split([',', ';']))
            .any(|word| word.trim().eq_ignore_ascii_case("feed"));
        if !wants {
            return None;
        }
        let feed = self.feeds.get(name).filter(|feed| !feed.feed.private)?;
        let ready = &feed.documents[place_of(format)];
        let fields = ConditionalHeaders::of(asked);
        if ready.stored.choose(&fields).1 {
            return None;
        }
        let tags = fields.if_none_match?;
        let past = &feed.pasts[place_of(format)];
        let body = past.since(format, ready.stored.bytes(), &tags)?;
        let mut answer = Response::builder()
            .status(StatusCode::IM_USED)
            .header(HeaderName::from_static("im"), "feed")
            .header(header::CONTENT_TYPE, format.content_type())
            .header(header::ETAG, &ready.stored.codings()[0].etag)
            // A cache that knows nothing of this would give the part for the whole (RFC 3229 §10.6).
            .header(header::CACHE_CONTROL, "no-store, im")
            .header(header::VARY, "A-IM, If-None-Match, Accept-Encoding")
            .body(Body::from(body))
            .expect("these headers are ASCII");
        for (name, value) in ready.extra() {
            answer.headers_mut().append(name, value.clone());
        }
        Some(answer)
    }

    /// Every document that everybody may read.
    pub fn documents(
        &self,
    ) -> impl Iterator<Item = (&FeedName, FeedFormat, &EncodedDocument, &str)> {
        self.listed().flat_map(|feed| {
            let of_each = FeedFormat::ALL.into_iter().zip(&feed.documents);
            of_each.map(|(format, ready)| (&feed.feed.name, format, &ready.stored, &*feed.news))
        })
    }

    fn listed(&self) -> impl Iterator<Item = &Arc<RenderedFeed>> {
        self.feeds.values().filter(|feed| !feed.feed.private)
    }
}

fn place_of(format: FeedFormat) -> usize {
    match format {
        FeedFormat::Rss => 0,
        FeedFormat::Atom => 1,
        FeedFormat::Json => 2,
    }
}

#[derive(Default)]
pub struct FeedCache {
    current: RwLock<Option<Arc<RenderedFeeds>>>,
    /// Held while rendering, so that two changes cannot overtake each other.
    rendering: Mutex<()>,
    /// Time of the next poll of any source, in epoch seconds; 0 while it is unknown.
    next_poll: AtomicI64,
    /// Something was rendered that is not packed yet.
    unpacked: Notify,
}

impl FeedCache {
    pub fn rendered(&self) -> Option<Arc<RenderedFeeds>> {
        self.current.read().expect("no one panics while holding the pointer").clone()
    }

    pub fn is_rendered(&self) -> bool {
        self.rendered().is_some()
    }

    fn put(&self, rendered: RenderedFeeds) {
        *self.current.write().expect("no one panics while holding the pointer") =
            Some(Arc::new(rendered));
    }

    /// What is served at present; the very first asker has it rendered.
    pub async fn current(&self, context: &RenderContext<'_>) -> anyhow::Result<Arc<RenderedFeeds>> {
        if let Some(rendered) = self.rendered() {
            return Ok(rendered);
        }
        self.refresh(context).await?;
        self.rendered().context("nothing was rendered")
    }

    /// Renders what changed in the store or the settings; whether anything did.
    pub async fn refresh(&self, context: &RenderContext<'_>) -> anyhow::Result<bool> {
        let _alone = self.rendering.lock().await;
        let RenderContext { store, site, .. } = context;
        let next_poll = store.next_poll_at().await?.map_or(0, |at| at.timestamp());
        self.next_poll.store(next_poll, Ordering::Relaxed);
        // Asked before the items: what comes between is rendered again next time, never missed.
        let version = store.version().await?;
        let before = self.rendered();
        if before.as_ref().is_some_and(|old| {
            old.version == version && *old.site == **site && old.hub == context.hub
        }) {
            return Ok(false);
        }
        let states = store.sources().await?;
        let since = context.now - WITHDRAWN_TOLD;
        let withdrawn = store.withdrawn_since(since, WITHDRAWN_ITEMS).await?;
        let tokens = store.feed_tokens().await?;
        let tokens = tokens.into_iter().filter(|token| token.revoked_at.is_none());
        let tokens = tokens.map(|token| (token.hash, (token.id, token.feed))).collect();
        let mut feeds = BTreeMap::new();
        for feed in store.feeds().await? {
            let name = feed.name.clone();
            let old = before.as_ref().and_then(|old| old.feeds.get(&name)).cloned();
            match rendered_feed(context, &withdrawn, feed, old.as_ref()).await {
                Ok(new) => {
                    feeds.insert(name, new);
                }
                // The last good one stays (P6).
                Err(why) => {
                    error!(feed.name = %name, "The feed {name} could not be rendered: {why:#}");
                    feeds.extend(old.map(|old| (name, old)));
                }
            }
        }
        let polled = states.into_iter().map(|state| state.source);
        let mut polled: Vec<_> = polled.map(|source| (source.id, source.name)).collect();
        polled.sort();
        self.put(assembled(context, version, feeds, Arc::new(tokens), &polled, before.as_deref()));
        self.unpacked.notify_one();
        Ok(true)
    }

    /// Packs what is not packed yet, one feed after the other; whether there was anything.
    pub async fn pack(&self, context: &RenderContext<'_>) -> bool {
        let mut did = false;
        let Some(seen) = self.rendered() else {
            return did;
        };
        for (name, feed) in &seen.feeds {
            if feed.documents.iter().all(|ready| ready.stored.is_packed()) {
                continue;
            }
            let stored = feed.documents.each_ref().map(|ready| ready.stored.clone());
            let packing = tokio::task::spawn_blocking(move || stored.map(|one| one.packed()));
            let Ok(packed) = packing.await else {
                // A panic, which is reported where it happens; gzip stays.
                continue;
            };
            let _alone = self.rendering.lock().await;
            let Some(now) = self.rendered() else {
                continue;
            };
            // It may have been rendered again meanwhile.
            let Some(current) =
                now.feeds.get(name).filter(|one| one.input_fingerprint == feed.input_fingerprint)
            else {
                continue;
            };
            let guards = guards(context.pages);
            let mut feeds = now.feeds.clone();
            let mut documents = current.documents.clone();
            for (document, packed) in documents.iter_mut().zip(packed) {
                if document.stored.hash() == packed.hash() {
                    *document =
                        Arc::new(PreparedResponse::new(packed, document.extra().to_vec(), &guards));
                }
            }
            let repacked = RenderedFeed {
                feed: current.feed.clone(),
                documents,
                pasts: current.pasts.clone(),
                items: current.items.clone(),
                headlines: current.headlines.clone(),
                input_fingerprint: current.input_fingerprint,
                news: current.news.clone(),
            };
            feeds.insert(name.clone(), Arc::new(repacked));
            self.put(RenderedFeeds {
                version: now.version,
                site: now.site.clone(),
                hub: now.hub,
                tokens: now.tokens.clone(),
                ready: paths(&feeds),
                feeds,
                index: now.index.clone(),
                opml: now.opml.clone(),
            });
            did = true;
        }
        did
    }

    /// Returns when there may be something to pack.
    pub async fn to_pack(&self) {
        self.unpacked.notified().await;
    }

    /// Returns the cache lifetime for readers, in seconds: the time until the next poll, within
    /// bounds. Nothing new can appear sooner.
    pub fn max_age(&self, now: DateTime<Utc>) -> i64 {
        (self.next_poll.load(Ordering::Relaxed) - now.timestamp()).clamp(MIN_AGE, MAX_AGE)
    }
}

pub fn cache_control(age: i64) -> String {
    format!("max-age={age}, stale-if-error=86400")
}

fn paths(feeds: &BTreeMap<FeedName, Arc<RenderedFeed>>) -> PreparedPaths {
    let public = feeds.iter().filter(|(_, feed)| !feed.feed.private);
    let paths = public.flat_map(|(name, feed)| {
        FeedFormat::ALL.map(|format| {
            let path = format!("/{}", DocumentAddress::of_feed(name).path(format));
            (path, feed.documents[place_of(format)].clone())
        })
    });
    paths.collect()
}

fn assembled(
    context: &RenderContext<'_>,
    version: i64,
    feeds: BTreeMap<FeedName, Arc<RenderedFeed>>,
    tokens: Arc<HashMap<String, (i64, FeedName)>>,
    sources: &[(SourceId, String)],
    before: Option<&RenderedFeeds>,
) -> RenderedFeeds {
    let RenderContext { site, now, pages, .. } = context;
    let ready = paths(&feeds);
    let mut rendered = RenderedFeeds {
        version,
        site: site.clone(),
        hub: context.hub,
        tokens,
        ready,
        feeds,
        index: EncodedDocument::new("text/html; charset=utf-8", Vec::new(), None),
        opml: EncodedDocument::new("text/x-opml; charset=utf-8", Vec::new(), None),
    };
    let listed: Vec<Feed> = rendered.listed().map(|one| one.feed.clone()).collect();
    let shown: Vec<(Feed, Vec<FeedHeadline>)> =
        rendered.listed().map(|one| (one.feed.clone(), one.headlines.clone())).collect();
    let changed = rendered.listed().filter_map(|one| one.documents[0].stored.last_modified()).max();
    rendered.index = stored(
        "text/html; charset=utf-8",
        pages.index(site, &shown).into_bytes(),
        changed,
        before.map(|old| &old.index),
        *now,
    );
    rendered.opml = stored(
        "text/x-opml; charset=utf-8",
        opml(&site.title, &listed, sources, &site.public_url),
        None,
        before.map(|old| &old.opml),
        *now,
    );
    rendered
}

/// The document as it is kept: the old one where the bytes are the same. `changed` is when what is in it last changed;
/// where that does not explain why the bytes differ (an item left, the feed got a new title), it changed now.
fn stored(
    content_type: &'static str,
    bytes: Vec<u8>,
    changed: Option<DateTime<Utc>>,
    old: Option<&EncodedDocument>,
    now: DateTime<Utc>,
) -> EncodedDocument {
    let changed = changed.map(|at| at.min(now).trunc_subsecs(0));
    match old {
        Some(old) if old.bytes() == bytes => old.clone(),
        Some(old) if changed.is_none() || changed <= old.last_modified() => {
            EncodedDocument::new(content_type, bytes, changed.and(Some(now)))
        }
        _ => EncodedDocument::new(content_type, bytes, changed),
    }
}

async fn rendered_feed(
    context: &RenderContext<'_>,
    withdrawn: &[WithdrawnItem],
    feed: Feed,
    old: Option<&Arc<RenderedFeed>>,
) -> anyhow::Result<Arc<RenderedFeed>> {
    let query = Query::parse(&feed.query)
        .with_context(|| format!("reading the query of the feed {}", feed.name))?;
    // The items of another query say nothing about this one.
    let before = old.filter(|old| old.feed.query == feed.query && old.feed.items == feed.items);
    let known = before.map(|old| &old.items[..]);
    let window = FeedWindow::of(&feed, context.now);
    let query = FeedQuery { query: &query, zone: context.site.zone };
    let mut items = feed_items(context.store, &query, &window, known, LOOKED_AT_FIRST).await?;
    let mut links = FeedLinks::default();
    // A reader of a private feed has an address of its own, which no document names.
    if !feed.private {
        let archives = context.store.archives(&feed.name).await?;
        links.own = Some(DocumentAddress::of_feed(&feed.name));
        links.hub = context.hub();
        links.previous =
            archives.last().map(|last| DocumentAddress::of_archive(&feed.name, &last.part));
        let open = in_no_part(context.store, &feed.name, &items, FEED_ITEMS).await?;
        items.extend(open.into_iter().filter(|item| query.matches(item)));
        items.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
        items.truncate(FEED_ITEMS);
    }
    let withdrawn = withdrawn.iter().filter(|one| query.matches(&one.item));
    let withdrawn: Vec<WithdrawnEntry> =
        withdrawn.map(|one| WithdrawnEntry { id: one.item.id, at: one.at }).collect();
    let named = SourceNames::of(context.store, items.iter()).await?;
    let input_fingerprint =
        input_fingerprint(&feed, &items, &withdrawn, &named, &links, &context.site);
    let news = news(&feed, &items, &withdrawn, &named, &links, &context.site);
    if let Some(same) = old.filter(|old| old.input_fingerprint == input_fingerprint) {
        return Ok(same.clone());
    }
    let (site, now, old) = (context.site.clone(), context.now, old.cloned());
    let guards = guards(context.pages);
    let rendering = move || {
        let made = FeedInputs { feed, items, withdrawn, named, links, input_fingerprint, news };
        Arc::new(made.rendered(&site, &guards, old.as_deref(), now))
    };
    tokio::task::spawn_blocking(rendering).await.context("rendering the documents")
}

/// What is in no archive yet and not among these, the newest `most`: a reader who follows the archives would miss it, and more
/// than a document takes would be read for nothing.
pub async fn in_no_part(
    store: &Store,
    of: impl Into<ArchiveOwner<'_>>,
    items: &[Item],
    most: usize,
) -> anyhow::Result<Vec<Item>> {
    let here: HashSet<i64> = items.iter().map(|item| item.seq).collect();
    let open = store.archive_place(of).await?.open.into_iter();
    let mut open: Vec<i64> = open.map(|(seq, _)| seq).filter(|seq| !here.contains(seq)).collect();
    open.drain(..open.len().saturating_sub(most));
    store.items_numbered(&open).await
}

/// A number for all that goes into a feed's documents.
fn input_fingerprint(
    feed: &Feed,
    items: &[Item],
    withdrawn: &[WithdrawnEntry],
    named: &SourceNames,
    links: &FeedLinks,
    site: &Site,
) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&feed.name, &feed.title, &feed.description, feed.lang.tag(), feed.private).hash(&mut hasher);
    (&site.title, &site.public_url, &links.hub).hash(&mut hasher);
    (&links.own, &links.previous, &links.next, &links.current).hash(&mut hasher);
    withdrawn.hash(&mut hasher);
    for item in items {
        (item.id, item.seq, item.revision, item.changed_at, item.reader).hash(&mut hasher);
        let (name, zone) = named.name_and_zone(&item.source, site.zone);
        (name, zone.name()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Returns the hash of what a feed's subscribers are notified of. It is kept in the store, so every
/// build must compute the same one; what a newer version reads differently from the same pages is
/// not part of it.
fn news(
    feed: &Feed,
    items: &[Item],
    withdrawn: &[WithdrawnEntry],
    named: &SourceNames,
    links: &FeedLinks,
    site: &Site,
) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &dyn std::fmt::Debug| hash.update(format!("{part:?}\n"));
    add(&(feed.name.as_str(), &feed.title, &feed.description, feed.lang.tag()));
    add(&(&site.title, site.public_url.as_str(), &links.hub, &links.previous));
    for one in withdrawn {
        add(&(one.id, one.at.timestamp_millis()));
    }
    let mut items: Vec<&Item> = items.iter().collect();
    items.sort_unstable_by_key(|item| item.seq);
    for item in items {
        let (name, zone) = named.name_and_zone(&item.source, site.zone);
        add(&(item.id, item.revision, item.changed_at.timestamp_millis(), name, zone.name()));
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A query with the zone in which it counts days.
pub struct FeedQuery<'a> {
    pub query: &'a Query,
    pub zone: Tz,
}

impl FeedQuery<'_> {
    fn matches(&self, item: &Item) -> bool {
        self.query.matches(item, self.zone)
    }
}

/// A feed's items, newest first. `before` are those it had when it was last rendered, `bound` is how many are looked at
/// where there were none.
pub async fn feed_items(
    store: &Store,
    query: &FeedQuery<'_>,
    window: &FeedWindow,
    before: Option<&[ItemId]>,
    bound: usize,
) -> anyhow::Result<Vec<Item>> {
    let sources = query.query.sources();
    let sources = sources.as_deref();
    let mut found: HashMap<ItemId, Item> = HashMap::new();
    let mut seen = HashSet::new();
    let mut place = None;
    let bound = if before.is_some() { LOOKED_AT_AGAIN } else { bound };
    let mut is_end = false;
    loop {
        if let Some(reached) = place.filter(|_| seen.len() >= LOOKED_AT_SINGLY)
            && store.is_searchable().await?
        {
            (place, is_end) =
                find_further(store, query, window, reached, bound, &mut seen, &mut found).await?;
            break;
        }
        let page = store.newest_items(sources, place, PAGE).await?;
        let Some(last) = page.last() else {
            is_end = true;
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
    for id in before.into_iter().flatten() {
        if found.len() < FEED_ITEMS && !seen.contains(id) {
            let item = store.item(*id).await?;
            let item = item.filter(|item| item.standing != Standing::Held && query.matches(item));
            found.extend(item.map(|item| (*id, item)));
        }
    }
    // An item may be new to us and long published, further back than we looked.
    let mut late = 0;
    while !is_end && found.len() < FEED_ITEMS && late < LATE_ITEMS {
        let page = store.late_items(sources, window.since(), place, PAGE).await?;
        late += page.len();
        place = page.last().map(|last| (last.sort_at, last.seq));
        is_end = place.is_none();
        found.extend(page.into_iter().filter(|item| query.matches(item)).map(|i| (i.id, i)));
    }
    let mut items: Vec<Item> = found.into_values().collect();
    items.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
    let mut taken = 0;
    items.retain(|item| {
        let inside = window.place(taken, item) == WindowPlace::Inside;
        taken += usize::from(inside);
        inside
    });
    Ok(items)
}

/// Looks for items after `reached` in the index of words. Returns where to continue, and whether
/// the index is exhausted.
async fn find_further(
    store: &Store,
    query: &FeedQuery<'_>,
    window: &FeedWindow,
    mut reached: ItemPlace,
    bound: usize,
    seen: &mut HashSet<ItemId>,
    found: &mut HashMap<ItemId, Item>,
) -> anyhow::Result<(Option<ItemPlace>, bool)> {
    let (lookup, exact) = query.query.lookup();
    let mut after = SearchPlace::from_second(reached.0);
    loop {
        let places = store.search(&lookup, after, PAGE).await?;
        let is_end = places.is_empty();
        after = places.last().copied().unwrap_or(after);
        for (_, item) in store.items_at(&places).await? {
            reached = reached.min((item.sort_at, item.seq));
            seen.insert(item.id);
            if is_found(query.query, exact, &item, query.zone) {
                found.insert(item.id, item);
            }
        }
        // Places go by the second, and within one by the number: its items may come in another order than here.
        let second = reached.0.timestamp();
        let before = found.values().filter(|item| item.sort_at.timestamp() > second).count();
        let enough = before >= window.newest() && reached.0 < window.since();
        if is_end || enough || found.len() >= FEED_ITEMS || seen.len() >= bound {
            let whole_second = reached.0 + TimeDelta::seconds(1);
            return Ok((Some((whole_second, i64::MAX)), is_end));
        }
    }
}

/// What a feed's documents are made of, once it is all there.
struct FeedInputs {
    feed: Feed,
    items: Vec<Item>,
    withdrawn: Vec<WithdrawnEntry>,
    named: SourceNames,
    links: FeedLinks,
    input_fingerprint: u64,
    news: String,
}

impl FeedInputs {
    fn rendered(
        self,
        site: &Site,
        guards: &[(HeaderName, HeaderValue)],
        old: Option<&RenderedFeed>,
        now: DateTime<Utc>,
    ) -> RenderedFeed {
        let FeedInputs { feed, items, withdrawn, named, links, input_fingerprint, news } = self;
        let changed = items.iter().map(|item| item.changed_at);
        let changed = changed.chain(withdrawn.iter().map(|one| one.at)).max();
        let name = |id: &SourceId| named.name_and_zone(id, site.zone);
        // What an empty feed is stamped with must not move by itself.
        let empty_since = old
            .and_then(|old| old.documents[0].stored.last_modified())
            .filter(|_| old.is_some_and(|old| old.items.is_empty()))
            .unwrap_or(now);
        let document = FeedDocument {
            feed: &feed,
            id: &feed_id(&feed.name),
            items: &items,
            withdrawn: &withdrawn,
            public_url: &site.public_url,
            site: &site.title,
            source: &name,
            changed_at: changed.unwrap_or(empty_since),
            links: &links,
        };
        let documents = FeedFormat::ALL.map(|format| {
            let stored = stored(
                format.content_type(),
                render(format, &document),
                Some(document.changed_at),
                old.map(|old| &old.documents[place_of(format)].stored),
                now,
            );
            Arc::new(PreparedResponse::new(
                stored,
                beside(format, &links, &site.public_url),
                guards,
            ))
        });
        let pasts = FeedFormat::ALL.map(|format| match old {
            Some(old) => {
                let (place, stored) = (place_of(format), &old.documents[place_of(format)].stored);
                old.pasts[place].with(format, stored.hash(), stored.bytes())
            }
            None => EarlierVersions::default(),
        });
        let headlines = items.iter().take(TITLES).map(|item| {
            let (source, zone) = name(&item.source);
            FeedHeadline::of(
                item.id,
                &FeedEntry::of(item, (&source, zone), &site.public_url, feed.lang),
            )
        });
        let headlines = headlines.collect();
        let items = items.iter().map(|item| item.id).collect();
        RenderedFeed { feed, documents, pasts, items, headlines, input_fingerprint, news }
    }
}

/// Header fields that go with a document: where its hub is and itself (WebSub §4), and who may read it from a script.
pub fn beside(
    format: FeedFormat,
    links: &FeedLinks,
    public_url: &url::Url,
) -> Vec<(HeaderName, HeaderValue)> {
    let mut fields = Vec::new();
    if let (Some(hub), Some(own)) = (&links.hub, &links.own) {
        let own = own.in_format(public_url, format);
        let link = format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\"");
        // An address is ASCII once it is parsed.
        fields.extend(HeaderValue::try_from(link).ok().map(|link| (header::LINK, link)));
    }
    if format == FeedFormat::Json {
        fields.push((header::ACCESS_CONTROL_ALLOW_ORIGIN, value("*")));
        fields.push((header::ACCESS_CONTROL_EXPOSE_HEADERS, value("ETag, Link")));
    }
    fields
}

pub async fn feed(
    State(web): State<Web>,
    Path((name, file)): Path<(String, String)>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let format = FeedFormat::from_file(&file).ok_or(WebError::NotFound)?;
        let name = FeedName::parse(&name).map_err(|_| WebError::NotFound)?;
        let rendered = web.rendered().await.map_err(WebError::Unavailable)?;
        let ready = rendered.ready(&name, format).ok_or(WebError::NotFound)?;
        if let Some(delta) = rendered.delta(&name, format, &asked) {
            return Ok(delta);
        }
        let age = cache_control(web.0.feeds.max_age(web.0.clock.now()));
        Ok(ready.answer(&asked, &age))
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

/// A page in a browser that reads the JSON feed with a condition asks first whether it may.
pub async fn preflight(
    State(web): State<Web>,
    Path((_, file)): Path<(String, String)>,
) -> Response<Body> {
    if FeedFormat::from_file(&file) != Some(FeedFormat::Json) {
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
