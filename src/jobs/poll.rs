//! The poll job: one source from "due" to "recorded". Fetches the listing with its validators, reads the articles of
//! rows never seen, looks again at articles that are due for it, and writes everything in one transaction, the
//! validators included: saved any earlier, a crash would turn the next poll into a 304 and lose the items.
//!
//! `listing` makes rows of the page, also of one that was redesigned; `new_rows` sorts them into new,
//! edited and known, with `moved_rows` for those under another address; `articles` reads their pages,
//! `gone_items` withdraws items whose pages are gone; `pace` computes when the source is polled next.

mod articles;
mod gone_items;
mod host_pauses;
mod host_silences;
mod listing;
mod moved_rows;
mod new_rows;
mod pace;
mod reread;
mod rhythm;
mod row_names;
mod rows;
mod uplink;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use tokio::sync::{OnceCell, Semaphore};
use tracing::{info, warn};
use url::Url;

use crate::clock::Clock;
use crate::fetch::{FetchRequest, Fetched, FetchedPage, Fetcher, Purpose};
use crate::shutdown::Shutdown;
use bantin_extract::{self, PageText, READER_VERSION, Reading};
use bantin_model::health::{Breakage, PollObservation};
use bantin_model::limits;
use bantin_model::notice::NoticeSource;
use bantin_model::{
    Article, Health, ItemId, ItemKey, Notice, PollState, Problem, RepairRecord, Source, Standing,
    Validators,
};
use bantin_store::{
    Change, NewItem, PollChanges, PollCounts, PollRecord, RevisitedItem, SourceState, Store,
};

use gone_items::ListedItems;
use host_silences::Silences;
use uplink::UplinkMonitor;

pub(crate) use articles::{alone, document_alone, led_away, unnamed_document};
pub use pace::{PaceInputs, next_poll};
pub(crate) use pace::{later, next_look, next_try};
pub(crate) use rows::{fill, fingerprint, newest_first};

/// Polls sources. Cheap to clone; clones share the fetcher's connections and the places for parsing.
#[derive(Clone)]
pub struct Poller {
    store: Store,
    fetcher: Fetcher,
    clock: Clock,
    stop: Shutdown,
    /// Parsing is CPU work that cannot be cancelled: no more of it at once than there are cores.
    parsing: Arc<Semaphore>,
    silences: Silences,
    line: UplinkMonitor,
    /// Whether what the store knows of hosts was taken in.
    recalled: Arc<OnceCell<()>>,
}

/// What one poll did.
#[derive(Debug, Clone, PartialEq)]
pub struct PollOutcome {
    pub recorded: PollCounts,
    /// False when a shutdown cut it short: the other rows are still unseen and come with the next
    /// poll.
    pub complete: bool,
    pub unchanged: bool,
    pub health: Health,
    pub next_at: DateTime<Utc>,
}

impl Poller {
    pub fn new(store: Store, fetcher: Fetcher, clock: Clock, stop: Shutdown) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let parsing = Arc::new(Semaphore::new(cores));
        let (silences, line) = (Silences::default(), UplinkMonitor::default());
        Poller { store, fetcher, clock, stop, parsing, silences, line, recalled: Arc::default() }
    }

    /// Polls a source that was claimed, and gives it back.
    pub async fn poll(&self, state: SourceState) -> Result<PollOutcome> {
        let id = state.source.id.clone();
        let started = self.clock.now();
        let polled = match self.poll_claimed(&state).await {
            Ok(polled) => polled,
            Err(error) => {
                // The store is in trouble. The source stays ours until the lease runs out: given back, it would be due at
                // once, and the portal would be asked for everything again each second until the disk has room.
                return Err(error.context(format!("polling {id}")));
            }
        };
        let duration_ms = (self.clock.now() - started).num_milliseconds();
        let (new, revised) = (polled.recorded.new, polled.recorded.revised);
        match &polled.health.broken {
            Some(broken) => warn!(
                source.id = %id, health = broken.why.as_str(), failures = polled.health.failures, duration_ms,
                "Polled {id}: {}: {}", broken.why, broken.detail
            ),
            None if polled.unchanged && new + revised == 0 => {
                tracing::debug!(source.id = %id, duration_ms, "Polled {id}: unchanged")
            }
            None => info!(
                source.id = %id, new_items = new, revised_items = revised, duration_ms,
                "Polled {id}: {new} new, {revised} revised"
            ),
        }
        Ok(polled)
    }

    async fn poll_claimed(&self, state: &SourceState) -> Result<PollOutcome> {
        let source = &state.source;
        self.recalled.get_or_try_init(|| self.recall()).await?;
        let (url, purpose) = match &state.manners.address {
            Some(address) => (address, Purpose::Moved),
            None => (&source.url, Purpose::Listing),
        };
        if let Some(until) = self.silences.of_host(url, self.clock.now()) {
            return self.rest(state, until).await;
        }
        // A listing that an earlier version read is wanted whole, changed or not.
        let validators = state
            .validators
            .as_ref()
            .filter(|validators| !validators.is_empty() && state.reader >= READER_VERSION);
        let ask = FetchRequest { url, source, purpose, validators };
        let mut round = PollRun::new(self, state);
        let mut retry_after = None;
        let mut failure = None;
        let seen = match self.fetcher.get(ask).await {
            Ok(Fetched::Unchanged(validators)) => {
                round.validators = Some(validators);
                PollObservation::Unchanged
            }
            Ok(Fetched::Page(page)) if is_front(&page.url) && !is_front(&source.url) => {
                PollObservation::Failed {
                    why: Breakage::LayoutGone,
                    detail: format!(
                        "the portal led us to its front page {} instead of the listing: if that is the listing now, write it into \
                     the url of source {}",
                        page.url, source.id
                    ),
                }
            }
            Ok(Fetched::Page(page)) => round.take_page(page).await?,
            Err(error) => {
                retry_after = error.retry_after;
                failure = Some(error.kind);
                self.note_silence(url, &error);
                PollObservation::Failed { why: error.kind.breakage(), detail: error.to_string() }
            }
        };
        let line = self.note_answer(state, url, failure);
        match (line, &seen) {
            (
                uplink::UplinkState::Down(_) | uplink::UplinkState::WentDown(_),
                PollObservation::Failed { detail, .. },
            ) => {
                return self.wait_for_the_line(state, line, detail).await;
            }
            (uplink::UplinkState::CameBack(since), _) => {
                info!("Hosts answer again; our own line was down since {since}");
                round.mending.outage = Change::Clear;
                round.notices.push(Notice::Online { since });
            }
            _ => {}
        }
        round.settle_address(url, failure, &seen);
        if !matches!(seen, PollObservation::Failed { .. }) {
            round.good = state.health.verdict(&seen).is_none();
            round.look_again().await?;
            round.settle_gone().await?;
        }
        if seen == PollObservation::Unchanged && state.proposal.is_some() {
            round.mending.proposal = Change::Clear;
        }
        let now = self.clock.now();
        let problems = std::mem::take(&mut round.problems);
        let mut health = state.health.after(&seen, problems, now);
        if let Some(mended) = round.mended.take() {
            warn!(
                source.id = %source.id,
                "The recipe of {} was mended: {}", source.id, mended.what
            );
            health.mended = Some(mended);
        }
        let retry_after = retry_after.max(self.silence_of_host(url, now));
        round.manners.since.get_or_insert(now);
        let mut next_at = now;
        if round.complete {
            let fresh_for = round.validators.as_ref().and_then(Validators::fresh_for);
            let next =
                self.next_poll(state, &health, &round.manners, fresh_for, retry_after).await?;
            next_at = next.at;
            round.manners.why = Some(next);
        }
        let notices = round.notices(&mut health, next_at);
        // A broken listing must not become the one that "unchanged" is measured by.
        let good = round.complete && health.broken.is_none();
        // Nor must a listing that the config has exchanged for another while we read it.
        let meanwhile = self.store.source(&source.id).await?.map(|state| state.source);
        let ours =
            meanwhile.is_some_and(|now| now.url == source.url && now.recipe == source.recipe);
        if !round.complete {
            // What is left of a page that was just mended is for a poll that mends it again, and knows what has moved.
            (round.mending.found, round.mending.proposal) = (Change::Keep, Change::Keep);
        }
        if ours {
            round.mending.manners = Change::Set(round.manners);
        }
        round.mending.hosts = self.host_notes();
        let record = PollRecord {
            source: source.id.clone(),
            at: now,
            next_at,
            validators: round.validators.filter(|_| good && ours),
            rows_hash: round.rows_hash.filter(|_| good && ours),
            complete: good,
            new: round.new,
            standing: round.standing,
            looked_at: round.looked_at,
            mending: if ours { round.mending } else { round.mending.of_hosts() },
            health: health.clone(),
            notices,
        };
        let recorded = self.store.record_poll(&record).await.context("recording what was found")?;
        Ok(PollOutcome {
            recorded,
            complete: round.complete,
            unchanged: seen == PollObservation::Unchanged,
            health,
            next_at,
        })
    }

    fn silence_of_host(&self, url: &Url, now: DateTime<Utc>) -> Option<Duration> {
        (self.silences.of_host(url, now)? - now).to_std().ok()
    }

    /// Reads an article whose row is titled `listed`, and what its page says however it is read.
    async fn read_article(
        &self,
        source: &Source,
        page: FetchedPage,
        listed: String,
    ) -> Result<(PageText, (Article, Vec<Problem>))> {
        let (recipe, zone, now) = (source.recipe.article.clone(), source.zone, self.clock.now());
        self.parse(move || {
            let html = bantin_extract::decode(&page.body, page.content_type.as_deref());
            let reading = Reading { url: &page.url, zone, now };
            let read = bantin_extract::article_of_row(&html, &recipe, &listed, reading);
            (PageText::of(&page.body), read)
        })
        .await
    }

    async fn parse<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let _place = self.parsing.acquire().await.expect("the semaphore is never closed");
        tokio::task::spawn_blocking(work)
            .await
            .context("reading a page failed inside bantin; please report it")
    }
}

/// One poll under way.
struct PollRun<'a> {
    poller: &'a Poller,
    state: &'a SourceState,
    problems: Vec<Problem>,
    notices: Vec<Notice>,
    manners: PollState,
    validators: Option<Validators>,
    rows_hash: Option<String>,
    complete: bool,
    standing: Standing,
    new: Vec<NewItem>,
    looked_at: Vec<RevisitedItem>,
    mending: PollChanges,
    mended: Option<RepairRecord>,
    /// Addresses of several rows, whose page is none of theirs.
    shared: HashSet<ItemKey>,
    /// Known items whose row changed: their articles are looked at in this poll, due or not.
    edited: HashSet<ItemId>,
    /// Whether the listing is a good one, and what it shows.
    good: bool,
    shown: ListedItems,
    /// Items whose own pages are gone, with their titles.
    gone: Vec<(ItemId, String)>,
    fetched: usize,
    /// Hosts that have asked for silence with Retry-After, and until when.
    silent: HashMap<String, DateTime<Utc>>,
}

impl<'a> PollRun<'a> {
    fn new(poller: &'a Poller, state: &'a SourceState) -> Self {
        PollRun {
            poller,
            state,
            problems: Vec::new(),
            notices: Vec::new(),
            manners: state.manners.clone(),
            validators: None,
            rows_hash: None,
            complete: true,
            standing: Standing::Open,
            new: Vec::new(),
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            mended: None,
            shared: HashSet::new(),
            edited: HashSet::new(),
            good: false,
            shown: ListedItems::default(),
            gone: Vec::new(),
            fetched: 0,
            silent: HashMap::new(),
        }
    }

    /// Returns the notices for the admin after this poll.
    fn notices(&mut self, health: &mut Health, next_at: DateTime<Utc>) -> Vec<Notice> {
        let about = NoticeSource::from(&self.state.source);
        let proposal = matches!(self.mending.proposal, Change::Set(_))
            || self.mending.proposal == Change::Keep && self.state.proposal.is_some();
        let held = self.mending.held.len()
            + if self.standing == Standing::Held { self.new.len() } else { 0 };
        let items_held =
            (held > 0).then(|| Notice::ItemsHeld { about: about.clone(), items: count(held) });
        let of_health = Notice::of_health(&about, &self.state.health, health, proposal, next_at);
        let others = std::mem::take(&mut self.notices);
        of_health.into_iter().chain(items_held).chain(others).collect()
    }

    /// Returns how long an article waits because its host, or one of its pages, asked for silence.
    /// A page speaks for itself alone, but the host gets no more requests in this poll.
    fn silence_of(&self, url: &Url, now: DateTime<Utc>) -> Option<Duration> {
        let of_one = self.silent.get(url.host_str()?).copied();
        let of_one = of_one.map(|until| (until - now).to_std().unwrap_or_default());
        let of_host = self.poller.silence_of_host(url, now);
        of_host.or(of_one.map(|wait| wait.min(limits::ARTICLE_PAUSE)))
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The page that a portal sends those to whose page it does not have.
pub(crate) fn is_front(url: &Url) -> bool {
    let path = url.path().trim_matches('/').to_ascii_lowercase();
    let names = ["", "home", "index", "default", "trang-chu"];
    let stem = path.split_once('.').map_or(path.as_str(), |(stem, _)| stem);
    url.query().is_none() && names.contains(&stem)
}
