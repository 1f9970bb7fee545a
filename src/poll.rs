//! The poll job: one source from "due" to "recorded". Fetches the listing with its validators, reads the articles of
//! rows never seen, looks again at articles that are due for it, and writes everything in one transaction, the
//! validators included: saved any earlier, a crash would turn the next poll into a 304 and lose the items.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use tokio::sync::Semaphore;
use tracing::{info, warn};
use url::Url;

use crate::clock::Clock;
use crate::extract::{self, Listing, Reading};
use crate::fetch::{Ask, FetchError, FetchFailure, Fetched, Fetcher, Page, Purpose};
use crate::limits;
use crate::model::health::{Breakage, Seen};
use crate::model::{
    Article, Attachment, Health, ItemId, ItemKey, Pace, Problem, Published, Row, Source, Standing,
    Validators,
};
use crate::shutdown::Shutdown;
use crate::store::{
    ArticleDue, ArticleRead, ArticleSchedule, LookedAt, NewItem, PollRecord, Recorded, SourceState,
    Store,
};

/// Polls sources. Cheap to clone; clones share the fetcher's connections and the places for parsing.
#[derive(Clone)]
pub struct Poller {
    store: Store,
    fetcher: Fetcher,
    clock: Clock,
    stop: Shutdown,
    /// Parsing is CPU work that cannot be cancelled: no more of it at once than there are cores.
    parsing: Arc<Semaphore>,
}

/// What one poll did.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled {
    pub recorded: Recorded,
    /// False when a shutdown cut it short: the rest is still unseen and comes with the next poll.
    pub complete: bool,
    pub unchanged: bool,
    pub health: Health,
    pub next_at: DateTime<Utc>,
}

impl Poller {
    pub fn new(store: Store, fetcher: Fetcher, clock: Clock, stop: Shutdown) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Poller { store, fetcher, clock, stop, parsing: Arc::new(Semaphore::new(cores)) }
    }

    /// Polls a source that was claimed, and gives it back.
    pub async fn poll(&self, state: SourceState) -> Result<Polled> {
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

    async fn poll_claimed(&self, state: &SourceState) -> Result<Polled> {
        let source = &state.source;
        let ask = Ask {
            url: &source.url,
            source,
            purpose: Purpose::Listing,
            validators: state.validators.as_ref().filter(|validators| !validators.is_empty()),
        };
        let mut round = Round::new(self, state);
        let mut retry_after = None;
        let seen = match self.fetcher.get(ask).await {
            Ok(Fetched::Unchanged(validators)) => {
                round.validators = Some(validators);
                Seen::Unchanged
            }
            Ok(Fetched::Page(page)) if is_front(&page.url) && !is_front(&source.url) => {
                Seen::Failed {
                    why: Breakage::LayoutGone,
                    detail: format!(
                        "the portal led us to its front page {} instead of the listing: if that is the listing now, write it into \
                     the url of source {}",
                        page.url, source.id
                    ),
                }
            }
            Ok(Fetched::Page(page)) => {
                let validators = page.validators.clone();
                match self.read_listing(source, page).await {
                    Ok(listing) => {
                        let seen = round.take_listing(listing, validators).await?;
                        round.read_new_articles().await?;
                        seen
                    }
                    Err(error) => {
                        Seen::Failed { why: Breakage::LayoutGone, detail: format!("{error:#}") }
                    }
                }
            }
            Err(error) => {
                retry_after = error.retry_after;
                Seen::Failed { why: error.kind.breakage(), detail: error.to_string() }
            }
        };
        if !matches!(seen, Seen::Failed { .. }) {
            round.look_again().await?;
        }
        let now = self.clock.now();
        let problems = std::mem::take(&mut round.problems);
        let health = state.health.after(&seen, problems, now);
        let retry_after = retry_after.or_else(|| round.silence_of(&source.url, now));
        let next_at = if round.complete {
            self.next_poll(source, &health, retry_after, now).await?
        } else {
            now
        };
        // A broken listing must not become the one that "unchanged" is measured by.
        let good = round.complete && health.broken.is_none();
        // Nor must a listing that the config has exchanged for another while we read it.
        let meanwhile = self.store.source(&source.id).await?.map(|state| state.source);
        let ours =
            meanwhile.is_some_and(|now| now.url == source.url && now.recipe == source.recipe);
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
            health: health.clone(),
        };
        let recorded = self.store.record_poll(&record).await.context("recording what was found")?;
        Ok(Polled {
            recorded,
            complete: round.complete,
            unchanged: seen == Seen::Unchanged,
            health,
            next_at,
        })
    }

    async fn read_listing(&self, source: &Source, page: Page) -> Result<Listing> {
        let (recipe, zone, now) = (source.recipe.listing.clone(), source.zone, self.clock.now());
        self.parse(move || {
            let html = extract::decode(&page.body, page.content_type.as_deref());
            extract::listing(&html, &recipe, Reading { url: &page.url, zone, now })
        })
        .await
    }

    async fn read_article(&self, source: &Source, page: Page) -> Result<(Article, Vec<Problem>)> {
        let (recipe, zone, now) = (source.recipe.article.clone(), source.zone, self.clock.now());
        self.parse(move || {
            let html = extract::decode(&page.body, page.content_type.as_deref());
            extract::article(&html, &recipe, Reading { url: &page.url, zone, now })
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

    async fn next_poll(
        &self,
        source: &Source,
        health: &Health,
        retry_after: Option<Duration>,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>> {
        let arrivals = match source.pace {
            Pace::Adaptive => self.store.recent_arrivals(&source.id, ARRIVALS).await?,
            Pace::Cron(_) => Vec::new(),
        };
        Ok(next_poll(source, health.failures, &arrivals, retry_after, now))
    }
}

/// New items that an adaptive pace goes by.
const ARRIVALS: u32 = 20;
const MAX_BACKOFF: TimeDelta = TimeDelta::hours(24);

/// When a source is polled next: by its pace; after failures in a row at twice the distance for each, up to a day; never
/// before a Retry-After has passed. A phase of up to a tenth of the distance, fixed for each source, keeps sources with
/// the same schedule from starting at the same instant, across restarts too.
pub fn next_poll(
    source: &Source,
    failures: u32,
    arrivals: &[DateTime<Utc>],
    retry_after: Option<Duration>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let (slot, gap) = match &source.pace {
        Pace::Cron(schedule) => {
            // A schedule that parsed fires again; should the calendar ever end, a day is a safe distance.
            let slot = schedule.next_after(now, source.zone).unwrap_or(now + MAX_BACKOFF);
            let after = schedule.next_after(slot, source.zone).unwrap_or(slot + MAX_BACKOFF);
            (slot, after - slot)
        }
        Pace::Adaptive => {
            let gap = adaptive_gap(arrivals);
            (now + gap, gap)
        }
    };
    let backed_off = match failures {
        0 | 1 => slot,
        n => {
            let times = 1_i32 << (n - 1).min(16);
            slot.max(now + gap.checked_mul(times).unwrap_or(MAX_BACKOFF).min(MAX_BACKOFF))
        }
    };
    let asked =
        retry_after.and_then(|wait| TimeDelta::from_std(wait).ok()).map_or(now, |wait| now + wait);
    backed_off.max(asked) + phase(source, gap.min(TimeDelta::minutes(10)))
}

/// Half the mean gap between recent arrivals, between ten minutes and four hours; half an hour while little is known.
fn adaptive_gap(arrivals: &[DateTime<Utc>]) -> TimeDelta {
    let (Some(newest), Some(oldest)) = (arrivals.first(), arrivals.last()) else {
        return TimeDelta::minutes(30);
    };
    if arrivals.len() < 3 {
        return TimeDelta::minutes(30);
    }
    let gaps = i32::try_from(arrivals.len() - 1).unwrap_or(i32::MAX);
    ((*newest - *oldest) / gaps / 2).clamp(TimeDelta::minutes(10), TimeDelta::hours(4))
}

/// The source's own share of a tenth of `gap`.
fn phase(source: &Source, gap: TimeDelta) -> TimeDelta {
    let hash = source.id.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3) // FNV-1a, for a hash that is the same in every build
    });
    let permille = i64::try_from(hash % 1000).expect("under a thousand");
    TimeDelta::milliseconds(gap.num_milliseconds() / 10 * permille / 1000)
}

/// When an article that was just read is looked at again: after as long as the item has been known, between ten minutes
/// and a day, for two weeks. Corrections come early or never.
pub(crate) fn next_look(first_seen: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let age = now - first_seen;
    (age < TimeDelta::days(14)).then(|| now + age.clamp(TimeDelta::minutes(10), TimeDelta::days(1)))
}

/// When an article that could not be fetched is tried again.
pub(crate) fn next_try(
    tries: u32,
    error: &FetchError,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if tries >= limits::ARTICLE_TRIES {
        return None;
    }
    if let FetchFailure::Status(400..500) = error.kind
        && !error.kind.may_pass()
    {
        // Some portals list an article before its page is there; one that is gone for good costs a few requests.
        return (tries < 4).then(|| now + TimeDelta::hours(1) * (1 << tries));
    }
    if !error.kind.may_pass() {
        return None;
    }
    let asked =
        error.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
    Some(now + asked.max(TimeDelta::minutes(2) * (1 << tries.min(8))))
}

/// One poll under way.
struct Round<'a> {
    poller: &'a Poller,
    state: &'a SourceState,
    problems: Vec<Problem>,
    validators: Option<Validators>,
    rows_hash: Option<String>,
    complete: bool,
    standing: Standing,
    new: Vec<NewItem>,
    looked_at: Vec<LookedAt>,
    /// Known items whose row changed: their articles are looked at in this poll, due or not.
    edited: HashSet<ItemId>,
    fetched: usize,
    /// Hosts that have asked for silence with Retry-After, and until when.
    silent: HashMap<String, DateTime<Utc>>,
}

impl<'a> Round<'a> {
    fn new(poller: &'a Poller, state: &'a SourceState) -> Self {
        Round {
            poller,
            state,
            problems: Vec::new(),
            validators: None,
            rows_hash: None,
            complete: true,
            standing: Standing::Open,
            new: Vec::new(),
            looked_at: Vec::new(),
            edited: HashSet::new(),
            fetched: 0,
            silent: HashMap::new(),
        }
    }

    /// How long the host of `url` wants to hear nothing of us.
    fn silence_of(&self, url: &Url, now: DateTime<Utc>) -> Option<Duration> {
        (*self.silent.get(url.host_str()?)? - now).to_std().ok()
    }

    /// Sorts the rows of a listing into new, edited and known.
    async fn take_listing(&mut self, listing: Listing, validators: Validators) -> Result<Seen> {
        let dated = listing.rows.iter().filter(|row| row.published.is_known()).count();
        let seen = Seen::Listing {
            container: listing.container,
            rows: count(listing.rows.len()),
            dated: count(dated),
        };
        self.problems = listing.problems;
        self.validators = Some(validators);
        let keys: Vec<ItemKey> = listing.rows.iter().map(|row| ItemKey::of(&row.url)).collect();
        let hash = rows_hash(&keys, &listing.rows);
        let same = !listing.rows.is_empty() && self.state.rows_hash.as_ref() == Some(&hash);
        self.rows_hash = Some(hash);
        if same {
            return Ok(Seen::Unchanged);
        }
        let known = self.poller.store.known_items(&self.state.source.id, &keys).await?;
        let mut fresh = Vec::new();
        let mut met = HashSet::new();
        for (row, key) in listing.rows.into_iter().zip(keys) {
            if !met.insert(key.clone()) {
                continue;
            }
            let listed = fingerprint(&row);
            match known.get(&key) {
                Some(item) if item.listed == listed => {}
                Some(item) => {
                    self.edited.insert(item.id);
                    self.looked_at.push(LookedAt {
                        id: item.id,
                        row: Some((row, listed)),
                        read: None,
                        article: None,
                    });
                }
                None => fresh.push((row, key, listed)),
            }
        }
        if newest_first(&fresh) {
            fresh.reverse();
        }
        self.standing = self.standing_of(fresh.len());
        let now = self.poller.clock.now();
        let source = &self.state.source.id;
        self.new = fresh
            .into_iter()
            .map(|(row, key, listed)| NewItem {
                id: ItemId::of(source, &key),
                key,
                row,
                listed,
                read: None,
                article: ArticleSchedule { next_at: Some(now), tries: 0 },
            })
            .collect();
        Ok(seen)
    }

    fn standing_of(&mut self, fresh: usize) -> Standing {
        let most = self.state.source.max_new;
        if !self.state.polled_before {
            Standing::Backlog
        } else if count(fresh) > most {
            self.problems.push(Problem::new(
                "listing",
                format!(
                    "{fresh} new items at once, more than max_new = {most}: they are held, neither served nor mailed. If they \
                     are real, let them go with `bantin poll {} --release-held`",
                    self.state.source.id
                ),
            ));
            Standing::Held
        } else {
            Standing::Open
        }
    }

    /// Fetches the articles of new rows. When there are more than one poll may fetch, the newest come first; the others
    /// are recorded with what the listing says of them, and their articles follow.
    async fn read_new_articles(&mut self) -> Result<()> {
        if self.standing == Standing::Held {
            return Ok(());
        }
        let first = self.new.len().saturating_sub(limits::ARTICLES_PER_POLL);
        for at in first..self.new.len() {
            if self.poller.stop.is_asked() {
                // What is not read yet is left unseen, for the next poll: rows from here on, and those before `first`.
                self.complete = false;
                self.new.truncate(at);
                self.new.drain(..first);
                return Ok(());
            }
            let (url, place) = (self.new[at].row.url.clone(), self.new[at].row.url.to_string());
            let (read, article) =
                self.fetch_article(&url, None, 0, self.poller.clock.now()).await?;
            if let Some(read) = read {
                if read.article.content_text.is_empty() && read.article.attachments.is_empty() {
                    self.problems
                        .push(Problem::new(format!("article {place}"), "no text was found in it"));
                }
                self.new[at].read = Some(read);
            }
            self.new[at].article = article;
        }
        Ok(())
    }

    /// Looks at articles whose time has come: never read, or read and perhaps edited since; and those whose row changed.
    async fn look_again(&mut self) -> Result<()> {
        let Some(places) = u32::try_from(limits::ARTICLES_PER_POLL.saturating_sub(self.fetched))
            .ok()
            .filter(|n| *n > 0)
        else {
            return Ok(());
        };
        let (store, source) = (&self.poller.store, &self.state.source.id);
        let edited: Vec<ItemId> = self.edited.iter().copied().collect();
        let mut due = store.articles_of(&edited).await?;
        for article in store.articles_due(source, self.poller.clock.now(), places).await? {
            if !self.edited.contains(&article.item.id) {
                due.push(article);
            }
        }
        let mut rows: HashMap<ItemId, LookedAt> =
            self.looked_at.drain(..).map(|looked| (looked.id, looked)).collect();
        for (at, article) in due.into_iter().enumerate() {
            if self.poller.stop.is_asked() {
                break;
            }
            if at >= places as usize {
                // A portal that touched every row at once: the others' turn is the next poll.
                if let Some(looked) = rows.get_mut(&article.item.id) {
                    let now = self.poller.clock.now();
                    looked.article =
                        Some(ArticleSchedule { next_at: Some(now), tries: article.tries });
                }
                continue;
            }
            let mut looked = rows.remove(&article.item.id).unwrap_or(LookedAt {
                id: article.item.id,
                row: None,
                read: None,
                article: None,
            });
            self.look_at(&article, &mut looked).await?;
            self.looked_at.push(looked);
        }
        self.looked_at.extend(rows.into_values());
        Ok(())
    }

    async fn look_at(&mut self, due: &ArticleDue, looked: &mut LookedAt) -> Result<()> {
        let Ok(url) = Url::parse(&due.item.url) else {
            looked.article = Some(ArticleSchedule::default());
            return Ok(());
        };
        let validators =
            Some(&due.validators).filter(|validators| due.read && !validators.is_empty());
        let (read, article) =
            self.fetch_article(&url, validators, due.tries, due.item.first_seen).await?;
        looked.article = Some(article);
        if let Some(read) = read {
            // A page that has lost its text (a redesign, an error page with status 200) is no edit of the item.
            let lost = due.read
                && read.article.content_text.is_empty()
                && !due.item.content_text.is_empty();
            if lost {
                self.problems.push(Problem::new(
                    format!("article {url}"),
                    "its text can no longer be found on the page; the text read before is kept",
                ));
            } else {
                looked.read = Some(read);
            }
        }
        Ok(())
    }

    async fn fetch_article(
        &mut self,
        url: &Url,
        validators: Option<&Validators>,
        tries: u32,
        first_seen: DateTime<Utc>,
    ) -> Result<(Option<ArticleRead>, ArticleSchedule)> {
        let (poller, source) = (self.poller, &self.state.source);
        let now = poller.clock.now();
        if let Some(document) = extract::document_at(url) {
            let read = ArticleRead {
                article: document_alone(document),
                validators: Validators::default(),
            };
            return Ok((Some(read), ArticleSchedule::default()));
        }
        if let Some(wait) = self.silence_of(url, now) {
            let next_at = now + TimeDelta::from_std(wait).unwrap_or(MAX_BACKOFF);
            return Ok((None, ArticleSchedule { next_at: Some(next_at), tries }));
        }
        self.fetched += 1;
        poller.store.keep_lease(&source.id, now + limits::POLL_LEASE).await?;
        let ask = Ask { url, source, purpose: Purpose::Article, validators };
        let again = ArticleSchedule { next_at: next_look(first_seen, now), tries: 0 };
        match poller.fetcher.get(ask).await {
            Ok(Fetched::Unchanged(_)) => Ok((None, again)),
            Ok(Fetched::Page(page)) if led_away(url, &page.url, &source.url) => {
                self.problems.push(Problem::new(
                    format!("article {url}"),
                    format!("the portal led us to {} instead of the article", page.url),
                ));
                Ok((None, later(tries, now)))
            }
            Ok(Fetched::Page(page)) => {
                let validators = page.validators.clone();
                let (article, problems) = match poller.read_article(source, page).await {
                    Ok(read) => read,
                    Err(error) => {
                        let problem = Problem::new(format!("article {url}"), format!("{error:#}"));
                        self.problems.push(problem);
                        return Ok((None, later(tries, now)));
                    }
                };
                self.problems.extend(
                    problems
                        .into_iter()
                        .map(|problem| Problem::new(format!("article {url}"), problem.to_string())),
                );
                Ok((Some(ArticleRead { article, validators }), again))
            }
            Err(error) if error.kind == FetchFailure::NotAPage => {
                let read = ArticleRead {
                    article: document_alone(unnamed_document(url)),
                    validators: Validators::default(),
                };
                Ok((Some(read), ArticleSchedule::default()))
            }
            Err(error) => {
                self.problems.push(Problem::new(format!("article {url}"), error.to_string()));
                let wait = error.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok());
                if let (Some(wait), Some(host)) = (wait, url.host_str()) {
                    self.silent.insert(host.to_owned(), poller.clock.now() + wait);
                }
                let tries = tries + 1;
                Ok((None, ArticleSchedule { next_at: next_try(tries, &error, now), tries }))
            }
        }
    }
}

pub(crate) fn later(tries: u32, now: DateTime<Utc>) -> ArticleSchedule {
    let tries = tries + 1;
    let next_at =
        (tries < limits::ARTICLE_TRIES).then(|| now + TimeDelta::hours(1) * (1 << tries.min(6)));
    ArticleSchedule { next_at, tries }
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

/// A redirect of an article to the portal's front page, or back to the listing, is a soft "not found".
pub(crate) fn led_away(asked: &Url, came: &Url, listing: &Url) -> bool {
    ItemKey::of(asked) != ItemKey::of(came)
        && (is_front(came) || ItemKey::of(came) == ItemKey::of(listing))
}

/// What a listing says of a row, to notice an edit there.
/// Of its date the day alone counts: "2 giờ trước" is another minute at each poll, and no edit.
pub(crate) fn fingerprint(row: &Row) -> String {
    let day = match row.published {
        Published::At(at) => at.with_timezone(&Ho_Chi_Minh).date_naive().to_string(),
        Published::On(day) => day.to_string(),
        Published::Unknown => String::new(),
    };
    digest_of(&[&row.title, &day, row.lead.as_deref().unwrap_or("")])
}

/// By key, since portals put a new session into every link of every page.
fn rows_hash(keys: &[ItemKey], rows: &[Row]) -> String {
    let lines: Vec<String> = keys
        .iter()
        .zip(rows)
        .map(|(key, row)| format!("{}\n{}", key.as_str(), fingerprint(row)))
        .collect();
    digest_of(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A short stable hash of several texts; no two lists of texts run together.
fn digest_of(parts: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Most listings run from new to old. One that visibly runs from old to new is left in its order.
pub(crate) fn newest_first<K, L>(rows: &[(Row, K, L)]) -> bool {
    let moments: Vec<_> =
        rows.iter().filter_map(|(row, ..)| row.published.moment(chrono_tz::UTC)).collect();
    let rising = moments.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falling = moments.windows(2).filter(|pair| pair[0] > pair[1]).count();
    rising <= falling
}

/// A row that leads straight to a document has it as its attachment, and no text.
pub(crate) fn document_alone(attachment: Attachment) -> Article {
    Article { attachments: vec![attachment], ..Article::default() }
}

/// A page that turned out to be none, though its address did not say so.
pub(crate) fn unnamed_document(url: &Url) -> Attachment {
    let title =
        url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
    Attachment {
        url: url.to_string(),
        title,
        media_type: "application/octet-stream".to_owned(),
        length: None,
    }
}
