//! The backfill job: reads further pages of a source's listing, one after the other. Their items
//! become backlog: in feeds, never in mail. Each page is written in one transaction with the
//! position after it. A job that is stopped therefore ends between two pages, and the next one
//! continues from there.
//!
//! The first page belongs to polls: its rows are left to them, since new ones may have to be
//! mailed.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::clock::Clock;
use crate::fetch::{
    FetchError, FetchFailure, FetchRequest, FetchSession, Fetched, FetchedPage, Fetcher, Purpose,
};
use crate::jobs::poll::{
    alone, document_alone, fill, fingerprint, is_front, later, led_away, newest_first, next_look,
    next_try, unnamed_document,
};
use crate::shutdown::Shutdown;
use bantin_extract::{self, OlderPageRequest, PageText, READER_VERSION, Reading};
use bantin_model::limits;
use bantin_model::{ItemId, ItemKey, ListingRecipe, Problem, Row, Source, SourceKind};
use bantin_store::{
    ArticleRead, ArticleSchedule, BackfillPlace, BackfillRecord, NewItem, SourceState, Store,
};

/// Reads the older pages of sources. Cheap to clone.
#[derive(Clone)]
pub struct Backfiller {
    store: Store,
    fetcher: Fetcher,
    clock: Clock,
    stop: Shutdown,
}

/// What is wanted of one walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillRange {
    /// Further pages, those read by earlier walks not counted.
    pub pages: u32,
    /// Whether to forget where the last walk ended.
    pub from_start: bool,
}

/// Reports the progress of a walk. Pages are numbered from 1, which is the listing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackfillProgress {
    /// Another article of the page under way was read.
    Article { page: u32, read: usize, of: usize },
    /// A page was read and written.
    Page { page: u32, rows: usize, new: u32 },
    /// A page was passed on the way to where the last walk ended.
    Passed { page: u32 },
}

/// Why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackfillEnd {
    /// As many pages as were wanted.
    Done,
    /// The portal shows no way to a further page.
    LastPage,
    /// Two pages in a row had nothing that was not known (or, in a walk from the start, no rows at all).
    NothingNew,
    /// The next page is one that was read before.
    Circle,
    /// The portal showed the page before once more.
    SamePage,
    Stopped,
    Failed,
}

impl fmt::Display for BackfillEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackfillEnd::Done => "all pages that were asked for were read",
            BackfillEnd::LastPage => "there is no further page",
            BackfillEnd::NothingNew => "two pages in a row brought nothing new",
            BackfillEnd::Circle => "the way on leads back to a page that was read before",
            BackfillEnd::SamePage => "the portal showed the same page again",
            BackfillEnd::Stopped => "stopped",
            BackfillEnd::Failed => "a page could not be read",
        })
    }
}

/// What one walk did.
#[derive(Debug, Clone, PartialEq)]
pub struct BackfillSummary {
    /// Further pages read, those passed again left out.
    pub pages: u32,
    pub rows: u64,
    pub new: u64,
    /// Whether another walk finds something to go on with.
    pub resumable: bool,
    pub ending: BackfillEnd,
    pub problems: Vec<Problem>,
}

impl Backfiller {
    pub fn new(store: Store, fetcher: Fetcher, clock: Clock, stop: Shutdown) -> Self {
        Backfiller { store, fetcher, clock, stop }
    }

    /// Walks through the older pages of a source that was claimed, and gives it back. `recipe` reads the rows of each.
    ///
    /// An error is the store's; what goes wrong with the portal ends the walk as [`BackfillEnd::Failed`] with a problem.
    pub async fn backfill(
        &self,
        state: &SourceState,
        recipe: &ListingRecipe,
        wanted: BackfillRange,
        mut tell: impl FnMut(BackfillProgress),
    ) -> Result<BackfillSummary> {
        let source = &state.source;
        let walked = self.walk(source, recipe, wanted, &mut tell).await;
        // Given back in any case: unlike a poll, a walk begins again only when somebody asks for it.
        self.store.release_source(&source.id).await?;
        walked.with_context(|| format!("reading the older pages of {}", source.id))
    }

    async fn walk(
        &self,
        source: &Source,
        recipe: &ListingRecipe,
        wanted: BackfillRange,
        tell: &mut impl FnMut(BackfillProgress),
    ) -> Result<BackfillSummary> {
        let kept = match wanted.from_start {
            true => None,
            false => self.store.backfill(&source.id).await?,
        };
        let kept = kept.filter(|place| place.url == source.url && place.pages > 0);
        let mut walk = BackfillWalk::new(self, source, recipe);
        walk.again = wanted.from_start;
        let ending = match kept {
            None => walk.begin(0, wanted.pages, tell).await?,
            Some(place) => match place.step {
                None => BackfillEnd::LastPage,
                Some(step @ OlderPageRequest::Get(_)) => {
                    walk.pages = place.pages;
                    walk.on(step, wanted.pages, tell).await?
                }
                // The state of a form that a server gave out long ago is refused: only a walk from the start has a
                // fresh one.
                Some(step @ OlderPageRequest::Post { .. }) => {
                    walk.next = Some(step);
                    walk.begin(place.pages, wanted.pages, tell).await?
                }
            },
        };
        Ok(walk.summary(ending))
    }

    async fn keep_lease(&self, source: &Source) -> Result<()> {
        self.store.keep_lease(&source.id, self.clock.now() + limits::POLL_LEASE).await
    }

    async fn parse<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        tokio::task::spawn_blocking(work)
            .await
            .context("reading a page failed inside bantin; please report it")
    }
}

/// One walk under way.
struct BackfillWalk<'a> {
    job: &'a Backfiller,
    source: &'a Source,
    recipe: &'a ListingRecipe,
    session: FetchSession,
    /// Pages read after the first one, by earlier walks too.
    pages: u32,
    /// The way on from the last page that was written.
    next: Option<OlderPageRequest>,
    /// Hashes of the steps taken: a form is often hundreds of kilobytes.
    taken: HashSet<u64>,
    /// Those of the page before.
    keys: Vec<ItemKey>,
    /// Pages in a row that brought nothing.
    barren: u32,
    /// Whether only a page without rows brings nothing. A walk from the start passes known pages on
    /// purpose.
    again: bool,
    /// Articles left to ordinary polls.
    left: u32,
    done: BackfillSummary,
}

/// A page as read.
struct ReadPage {
    rows: Vec<Row>,
    keys: Vec<ItemKey>,
    next: Option<OlderPageRequest>,
}

impl<'a> BackfillWalk<'a> {
    fn new(job: &'a Backfiller, source: &'a Source, recipe: &'a ListingRecipe) -> Self {
        let done = BackfillSummary {
            pages: 0,
            rows: 0,
            new: 0,
            resumable: false,
            ending: BackfillEnd::Done,
            problems: Vec::new(),
        };
        BackfillWalk {
            job,
            source,
            recipe,
            session: FetchSession::new(),
            pages: 0,
            next: None,
            taken: HashSet::new(),
            keys: Vec::new(),
            barren: 0,
            again: false,
            left: 0,
            done,
        }
    }

    fn summary(self, ending: BackfillEnd) -> BackfillSummary {
        // A walk that failed before it wrote anything leaves no place; the next one begins where this one did.
        BackfillSummary { ending, resumable: self.next.is_some(), ..self.done }
    }

    /// Begins at the listing itself, passes so many pages and goes on.
    async fn begin(
        &mut self,
        pass: u32,
        wanted: u32,
        tell: &mut impl FnMut(BackfillProgress),
    ) -> Result<BackfillEnd> {
        let first = OlderPageRequest::Get(self.source.url.clone());
        let Some(sheet) = self.read(&first).await? else { return Ok(BackfillEnd::Failed) };
        self.keys = sheet.keys;
        let mut next = sheet.next;
        for _ in 0..pass {
            let Some(step) = next else { return Ok(BackfillEnd::LastPage) };
            if self.job.stop.is_asked() {
                return Ok(BackfillEnd::Stopped);
            }
            if !self.taken.insert(hash_of(&step)) {
                return Ok(BackfillEnd::Circle);
            }
            let Some(sheet) = self.read(&step).await? else { return Ok(BackfillEnd::Failed) };
            if sheet.keys == self.keys {
                return Ok(BackfillEnd::SamePage);
            }
            self.keys = sheet.keys;
            self.pages += 1;
            tell(BackfillProgress::Passed { page: self.pages + 1 });
            next = sheet.next;
        }
        match next {
            Some(step) => self.on(step, wanted, tell).await,
            None => Ok(BackfillEnd::LastPage),
        }
    }

    /// Takes one step after the other.
    async fn on(
        &mut self,
        step: OlderPageRequest,
        wanted: u32,
        tell: &mut impl FnMut(BackfillProgress),
    ) -> Result<BackfillEnd> {
        self.next = Some(step);
        while let Some(step) = self.next.clone() {
            if self.done.pages == wanted {
                return Ok(BackfillEnd::Done);
            }
            if self.job.stop.is_asked() {
                return Ok(BackfillEnd::Stopped);
            }
            if !self.taken.insert(hash_of(&step)) {
                return self.end(BackfillEnd::Circle).await;
            }
            let Some(sheet) = self.read(&step).await? else { return Ok(BackfillEnd::Failed) };
            if sheet.keys == self.keys && !sheet.keys.is_empty() {
                return self.end(BackfillEnd::SamePage).await;
            }
            self.take(sheet, tell).await?;
            if self.barren == 2 && self.next.is_some() {
                return Ok(BackfillEnd::NothingNew);
            }
        }
        Ok(BackfillEnd::LastPage)
    }

    /// Writes that there is no way on from where we are.
    async fn end(&mut self, ending: BackfillEnd) -> Result<BackfillEnd> {
        self.next = None;
        self.record(Vec::new()).await?;
        Ok(ending)
    }

    /// Fetches and reads one page. None: it failed, and a problem says why.
    async fn read(&mut self, step: &OlderPageRequest) -> Result<Option<ReadPage>> {
        self.job.keep_lease(self.source).await?;
        let (url, form) = match step {
            OlderPageRequest::Get(url) => (url, None),
            OlderPageRequest::Post { url, form } => (url, Some(form.as_slice())),
        };
        // Further pages are named by a page, so that they may not lead inside.
        let purpose = if *url == self.source.url { Purpose::Listing } else { Purpose::Article };
        let ask = FetchRequest { url, source: self.source, purpose, validators: None };
        let page = match self.job.fetcher.walk(ask, form, &self.session).await {
            Ok(page) => page,
            Err(error) => {
                self.complain(url, error.to_string());
                return Ok(None);
            }
        };
        if is_front(&page.url) && !is_front(url) {
            self.complain(url, format!("the portal led us to its front page {}", page.url));
            return Ok(None);
        }
        let (recipe, zone, now) = (self.recipe.clone(), self.source.zone, self.job.clock.now());
        let read = Backfiller::parse(move || read(page, &recipe, zone, now)).await?;
        match read {
            Ok((sheet, problems)) => {
                let of =
                    |problem: Problem| Problem::new(format!("page {url}"), problem.to_string());
                self.done.problems.extend(problems.into_iter().map(of));
                Ok(Some(sheet))
            }
            Err(what) => {
                self.complain(url, what);
                Ok(None)
            }
        }
    }

    fn complain(&mut self, url: &Url, what: String) {
        self.done.problems.push(Problem::new(format!("page {url}"), what));
    }

    /// Writes what is new on a page, after reading as many of its articles as one page may ask for.
    async fn take(
        &mut self,
        sheet: ReadPage,
        tell: &mut impl FnMut(BackfillProgress),
    ) -> Result<()> {
        let known = self.job.store.known_items(&self.source.id, &sheet.keys).await?;
        let (rows, keys) = (sheet.rows.len(), sheet.keys.clone());
        let mut met = HashSet::new();
        let mut fresh: Vec<(Row, ItemKey, String)> = sheet
            .rows
            .into_iter()
            .zip(sheet.keys)
            .filter(|(_, key)| !known.contains_key(key) && met.insert(key.clone()))
            .map(|(row, key)| {
                let listed = fingerprint(&row);
                (row, key, listed)
            })
            .collect();
        if newest_first(&fresh) {
            fresh.reverse();
        }
        let page = self.pages + 2;
        let (of, mut new) = (fresh.len().min(limits::BACKFILL_ARTICLES), Vec::new());
        // The newest come first; they are the last ones.
        let first = fresh.len() - of;
        let mut silent = false;
        for (at, (row, key, listed)) in fresh.into_iter().enumerate() {
            let id = ItemId::of(&self.source.id, &key);
            let mut item =
                NewItem { id, key, row, listed, read: None, article: ArticleSchedule::default() };
            if at < first || silent || self.job.stop.is_asked() {
                item.article.next_at = Some(self.turn());
            } else {
                silent = self.read_article(&mut item).await?;
                if let (Some(read), Some(brought)) = (&mut item.read, &item.row.brought) {
                    read.article = fill(std::mem::take(&mut read.article), brought);
                }
                tell(BackfillProgress::Article { page, read: at + 1 - first, of });
            }
            new.push(item);
        }
        self.pages += 1;
        self.done.pages += 1;
        self.next = sheet.next;
        self.keys = keys;
        let new = self.record(new).await?;
        let brought = if self.again { rows > 0 } else { new > 0 };
        self.barren = if brought { 0 } else { self.barren + 1 };
        self.done.rows += rows as u64;
        self.done.new += u64::from(new);
        tell(BackfillProgress::Page { page, rows, new });
        Ok(())
    }

    /// When an article that is left to the polls is due: one a minute, so that they have places left for what is new.
    fn turn(&mut self) -> DateTime<Utc> {
        self.left += 1;
        self.job.clock.now() + TimeDelta::minutes(i64::from(self.left))
    }

    async fn record(&self, new: Vec<NewItem>) -> Result<u32> {
        let step = match &self.next {
            // The form is not needed later, and often has hundreds of kilobytes.
            Some(OlderPageRequest::Post { url, .. }) => {
                Some(OlderPageRequest::Post { url: url.clone(), form: vec![] })
            }
            other => other.clone(),
        };
        let place = BackfillPlace { url: self.source.url.clone(), pages: self.pages, step };
        let at = self.job.clock.now();
        let record = BackfillRecord { source: self.source.id.clone(), at, place, new };
        self.job.store.record_backfill(&record).await
    }

    /// Reads an article into its item. Whether the portal asked for silence.
    async fn read_article(&mut self, item: &mut NewItem) -> Result<bool> {
        let url = item.row.url.clone();
        let now = self.job.clock.now();
        if let Some(document) = bantin_extract::document_at(&url) {
            item.read = Some(alone(document_alone(document)));
            return Ok(false);
        }
        self.job.keep_lease(self.source).await?;
        let ask = FetchRequest {
            url: &url,
            source: self.source,
            purpose: Purpose::Article,
            validators: None,
        };
        match self.job.fetcher.get(ask).await {
            Ok(Fetched::Page(page)) if led_away(&url, &page.url, &self.source.url) => {
                let what = format!("the portal led us to {} instead of the article", page.url);
                self.done.problems.push(Problem::new(format!("article {url}"), what));
                item.article = later(0, now);
            }
            Ok(Fetched::Page(page)) => {
                let validators = page.validators.clone();
                let (recipe, zone) = (self.source.recipe.article.clone(), self.source.zone);
                let listed = item.row.title.clone();
                let ((article, problems), text) = Backfiller::parse(move || {
                    let html = bantin_extract::decode(&page.body, page.content_type.as_deref());
                    let reading = Reading { url: &page.url, zone, now };
                    let read = bantin_extract::article_of_row(&html, &recipe, &listed, reading);
                    (read, PageText::of(&page.body))
                })
                .await?;
                self.done.problems.extend(problems);
                // Corrections come early or never: what is old is not looked at again.
                let published = [article.published, item.row.published];
                let published = published.into_iter().find_map(|shown| shown.moment(zone));
                item.article.next_at = published.and_then(|at| next_look(at, now));
                let page_runs = item.article.next_at.map(|_| text.runs().to_bytes());
                let reader = READER_VERSION;
                item.read = Some(ArticleRead { article, validators, reader, page_runs });
            }
            Ok(Fetched::Unchanged(_)) => {
                bail!("{url} answered 304 to a request without conditions")
            }
            Err(error) if error.kind == FetchFailure::NotAPage => {
                item.read = Some(alone(document_alone(unnamed_document(&url))));
            }
            Err(error) => {
                self.done.problems.push(Problem::new(format!("article {url}"), error.to_string()));
                let next_at = next_try(1, &error, now);
                item.article = ArticleSchedule { next_at, tries: 1 };
                return Ok(asks_for_silence(&error));
            }
        }
        Ok(false)
    }
}

fn hash_of(step: &OlderPageRequest) -> u64 {
    let mut hasher = DefaultHasher::new();
    step.hash(&mut hasher);
    hasher.finish()
}

fn asks_for_silence(error: &FetchError) -> bool {
    error.retry_after.is_some_and(|wait| !wait.is_zero())
}

fn read(
    page: FetchedPage,
    recipe: &ListingRecipe,
    zone: chrono_tz::Tz,
    now: DateTime<Utc>,
) -> Result<(ReadPage, Vec<Problem>), String> {
    let content_type = page.content_type.as_deref();
    if bantin_extract::kind(&page.body, content_type) != SourceKind::Page {
        return Err("it is a feed, a sitemap or JSON; only pages have further pages".to_owned());
    }
    let html = bantin_extract::decode(&page.body, content_type);
    let reading = Reading { url: &page.url, zone, now };
    let listing = bantin_extract::listing(&html, recipe, reading);
    let next = bantin_extract::next_page(&html, recipe, reading);
    let keys = listing.rows.iter().map(Row::key).collect();
    Ok((ReadPage { rows: listing.rows, keys, next }, listing.problems))
}
