//! The publish job: due subscriptions become digests and deliveries. Subscriptions with the same selection, language,
//! zone and cursor share one digest, except where some of them know part of it already; digest, deliveries and cursors
//! are written in one transaction (P3). `issues` finds out who knows what, `preview` shows what would be sent.

mod issues;
mod preview;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tracing::{error, info, warn};

use crate::clock::{Clock, Setbacks};
use bantin_mail::Mailer;
use bantin_model::digest::{self, DigestDecision, DigestInputs, DigestReach, ReaderIssue};
use bantin_model::query::Query;
use bantin_model::{
    Cadence, Calendars, DigestId, DigestKind, DigestedItem, Item, Lang, Selection, SourceId,
    Subscriber, Subscription,
};
use bantin_store::{NewDigest, ServedSubscription, SourceState, Store};

pub use preview::{DigestPreview, PreviewRequest};

/// Subscriptions looked at in one round. Finding them costs a walk over all that are due, so rounds are few.
const ROUND: u32 = 10_000;
/// How soon a subscription is looked at again whose feeds are all gone.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Items read from the store at a time.
const PAGE: u32 = 500;
/// Windows whose items are kept in memory for the next round.
const WINDOWS_KEPT: usize = 64;
/// Times of cadences kept in memory.
const CADENCES_KEPT: usize = 32;

/// Makes digests. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    store: Store,
    clock: Clock,
    setbacks: Setbacks,
    round: u32,
}

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PublishRound {
    pub digests: u32,
    pub deliveries: u32,
    /// Subscriptions that were due and got nothing, because nothing was new.
    pub passed_over: u32,
}

/// What subscriptions must have in common to share a digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DigestWindow {
    selection: Selection,
    lang: Lang,
    zone: Tz,
    cursor: i64,
    when_empty: bool,
    /// Subscribers who want news at once get no corrections.
    at_once: bool,
    reach: DigestReach,
}

/// What a window holds, for all its readers.
struct WindowContents {
    wanted: ParsedSelection,
    /// Items of the window, in order of `seq`.
    news: Vec<Item>,
    /// Earlier items with recent revisions, the latest change first; of any selection.
    revised: Arc<Vec<Item>>,
}

/// What has been made of a window so far.
struct WindowIssues {
    matter: Arc<WindowContents>,
    issues: HashMap<ReaderIssue, IssueResult>,
}

/// What became of one issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IssueResult {
    Digest(DigestId, DateTime<Utc>),
    NothingNew,
}

/// One call's memory: what is found out once and used for every window and round.
struct PublishRun<'a> {
    mailer: &'a Mailer,
    calendars: Arc<Calendars>,
    sources: Vec<SourceState>,
    now: DateTime<Utc>,
    /// Items with recent revisions; `None` until they are needed.
    revised: Option<Arc<Vec<Item>>>,
    /// What digests said about the items in `told_of`, read once for all windows.
    told: BTreeMap<DigestId, Vec<DigestedItem>>,
    told_of: HashSet<i64>,
    /// When cadences fire next: a hundred thousand readers have a handful of them, and looking it up takes its time.
    next: Vec<(Cadence, DateTime<Utc>, Option<DateTime<Utc>>)>,
    /// Items, by `seq`, of mails that never went; None where there is none any more.
    owed: HashMap<i64, Option<Item>>,
    /// Whether an item (by `seq`) really says something else than under that revision.
    changed: HashMap<(i64, u32), bool>,
    made: HashMap<(DigestWindow, i64), WindowIssues>,
}

type SubscribedReader = (Subscription, Subscriber);

/// A member, and what is recorded beside the digest: see [`ServedSubscription`].
struct DigestReader<'m> {
    member: &'m SubscribedReader,
    aside: Arc<CursorChanges>,
}

#[derive(Default)]
struct CursorChanges {
    left_out: Vec<i64>,
    settled: Vec<i64>,
}

impl<'m> From<&'m SubscribedReader> for DigestReader<'m> {
    fn from(member: &'m SubscribedReader) -> Self {
        DigestReader { member, aside: Arc::default() }
    }
}

impl Publisher {
    pub fn new(store: Store, clock: Clock) -> Self {
        Publisher { store, clock, setbacks: Setbacks::default(), round: ROUND }
    }

    /// The same, looking at so many subscriptions at a time: less memory, more time.
    pub fn in_rounds_of(self, round: u32) -> Self {
        Publisher { round: round.max(1), ..self }
    }

    /// Serves every subscription that is due now. One that cannot be served (its query no longer
    /// parses) moves on to its next time and does not affect others (P5).
    pub async fn publish_due(&self, mailer: &Mailer) -> Result<PublishRound> {
        let mut all = PublishRound::default();
        self.reset_future_times().await?;
        let mut run = PublishRun::new(mailer, self.store.calendars(), self.clock.now());
        loop {
            run.now = self.clock.now();
            let due = self
                .store
                .due_subscriptions(run.now, self.round)
                .await
                .context("looking for due subscriptions")?;
            if due.is_empty() {
                return Ok(all);
            }
            run.sources = self.store.sources().await?;
            let mut failed = None;
            for (window, members) in windows(due, &mut run) {
                match self.publish_window(&mut run, &window, &members).await {
                    Ok(published) => all.add(published),
                    // The others get theirs before anybody hears of it.
                    Err(error) => {
                        failed.get_or_insert(error);
                    }
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
    }

    /// Resets times in the future, after the clock was set back: otherwise subscriptions would wait
    /// until it is that late again.
    async fn reset_future_times(&self) -> Result<()> {
        let now = self.clock.now();
        if !self.setbacks.is_one(now) {
            return Ok(());
        }
        let changed = self.store.set_back_subscriptions(now).await;
        if changed.is_err() {
            self.setbacks.again();
        }
        let changed = changed.context("resetting the times of subscriptions")?;
        if changed > 0 {
            warn!(
                subscriptions = changed,
                "The clock was set back: the times of {changed} subscriptions are reset"
            );
        }
        Ok(())
    }

    async fn publish_window(
        &self,
        run: &mut PublishRun<'_>,
        window: &DigestWindow,
        members: &[SubscribedReader],
    ) -> Result<PublishRound> {
        // Read before the items are: whatever is recorded meanwhile belongs to the next window.
        let to_cursor = self.store.last_seq().await?.max(window.cursor);
        let key = (window.clone(), to_cursor);
        let matter = match run.made.get(&key) {
            Some(made) => made.matter.clone(),
            None => Arc::new(self.matter(run, window, to_cursor).await?),
        };
        if matter.wanted.queries.is_empty() {
            let readers: Vec<DigestReader<'_>> = members.iter().map(DigestReader::from).collect();
            let served = run.served(&readers, to_cursor);
            return self.wait(&served, run.now).await;
        }
        if !run.made.contains_key(&key) {
            if run.made.len() >= WINDOWS_KEPT {
                run.made.clear();
            }
            let made = WindowIssues { matter: matter.clone(), issues: HashMap::new() };
            run.made.insert(key.clone(), made);
        }
        let mut all = PublishRound::default();
        for (issue, readers) in self.issues(run, window, &matter, members).await? {
            let issued = run.made.get(&key).and_then(|made| made.issues.get(&issue)).copied();
            let served = run.served(&readers, to_cursor);
            let (issued, published) = match issued {
                Some(issued) => (Some(issued), self.share(issued, &served).await?),
                None => {
                    // All members are due, and `when_empty` is part of the window, so one decision serves them all.
                    let due = readers.iter().map(|reader| reader.member.0.next_at).max();
                    let due = due.unwrap_or(run.now);
                    self.publish_issue(run, (window, &matter), &issue, due, &served).await?
                }
            };
            if let (Some(made), Some(issued)) = (run.made.get_mut(&key), issued) {
                made.issues.insert(issue, issued);
            }
            all.add(published);
        }
        Ok(all)
    }

    /// Composes and records the digest of one issue. `None` when all its readers were served
    /// meanwhile, or have left: then nothing was recorded, and the readers of the next round still
    /// need a digest.
    async fn publish_issue(
        &self,
        run: &mut PublishRun<'_>,
        (window, matter): (&DigestWindow, &WindowContents),
        issue: &ReaderIssue,
        due: DateTime<Utc>,
        served: &[ServedSubscription],
    ) -> Result<(Option<IssueResult>, PublishRound)> {
        let (digest, told) = match decide(run, window, matter, issue, due) {
            DigestDecision::Publish(items) => draft(run, window, matter, issue, items)?,
            DigestDecision::SayEmpty => draft(run, window, matter, issue, Vec::new())?,
            DigestDecision::NothingNew | DigestDecision::NotBefore(_) => {
                let issued = IssueResult::NothingNew;
                return Ok((Some(issued), self.share(issued, served).await?));
            }
        };
        let recorded =
            self.store.record_digest(&digest, &told, served).await.context("recording a digest")?;
        let Some(id) = recorded else { return Ok((None, PublishRound::default())) };
        run.told.insert(id, told);
        let (items, deliveries) = (digest.items.len(), served.len() as u32);
        info!(digest.id = %id, items, deliveries, "Digest {id}: {items} items for {deliveries}");
        let published = PublishRound { digests: 1, deliveries, passed_over: 0 };
        Ok((Some(IssueResult::Digest(id, digest.composed_at)), published))
    }

    /// Serves further subscriptions as others were served a moment ago.
    async fn share(
        &self,
        issued: IssueResult,
        served: &[ServedSubscription],
    ) -> Result<PublishRound> {
        match issued {
            IssueResult::Digest(id, composed_at) => {
                let recorded = self.store.record_more(id, composed_at, served).await;
                let deliveries = recorded.context("recording more deliveries of a digest")?;
                info!(digest.id = %id, deliveries, "Digest {id}: {deliveries} more deliveries");
                Ok(PublishRound { deliveries, ..PublishRound::default() })
            }
            IssueResult::NothingNew => {
                self.store.advance_without_digest(served).await?;
                Ok(PublishRound { passed_over: served.len() as u32, ..PublishRound::default() })
            }
        }
    }

    /// Leaves the cursors where they are, because none of the selection's feeds is in the config
    /// and news cannot be determined. A feed that is removed by mistake and restored thus costs its
    /// subscribers nothing.
    async fn wait(
        &self,
        served: &[ServedSubscription],
        now: DateTime<Utc>,
    ) -> Result<PublishRound> {
        let waiting: Vec<ServedSubscription> = served
            .iter()
            .map(|served| ServedSubscription {
                to_cursor: served.from_cursor,
                next_at: served.next_at.max(now + LOOK_AGAIN),
                ..served.clone()
            })
            .collect();
        self.store.advance_without_digest(&waiting).await?;
        Ok(PublishRound { passed_over: waiting.len() as u32, ..PublishRound::default() })
    }

    /// What the window from its cursor to `to_cursor` holds.
    async fn matter(
        &self,
        run: &mut PublishRun<'_>,
        window: &DigestWindow,
        to_cursor: i64,
    ) -> Result<WindowContents> {
        let wanted = self.resolve(&window.selection, run.mailer.settings().zone).await?;
        if wanted.queries.is_empty() {
            return Ok(WindowContents { wanted, news: Vec::new(), revised: Arc::default() });
        }
        let news = self.matching(&wanted, window.cursor, to_cursor).await?;
        // An edit by itself makes no mail.
        let revised = match window.at_once || news.is_empty() {
            true => Arc::default(),
            false => self.revised(run).await?,
        };
        Ok(WindowContents { wanted, news, revised })
    }

    /// What a selection means now. What can no longer be understood is left out, with a word in the log.
    async fn resolve(&self, selection: &Selection, zone: Tz) -> Result<ParsedSelection> {
        let (mut titles, mut lists, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for name in &selection.feeds {
            match self.store.feed(name).await? {
                Some(feed) => {
                    titles.push(feed.title);
                    lists.push(feed.name.to_string());
                    texts.push(feed.query);
                }
                None => error!(
                    feed.name = %name,
                    "Subscriptions to the feed {name} get nothing of it: the config no longer has it"
                ),
            }
        }
        for text in &selection.queries {
            titles.push(text.clone());
            texts.push(text.clone());
        }
        if !selection.queries.is_empty() {
            lists.push("query".to_owned());
        }
        let mut queries = Vec::new();
        for text in texts {
            match Query::parse(&text) {
                Ok(query) => queries.push(query),
                Err(error) => {
                    error!("Subscriptions to the query {text:?} get nothing of it: {error}")
                }
            }
        }
        Ok(ParsedSelection { title: titles.join(" · "), list: lists.join("-"), queries, zone })
    }

    async fn matching(&self, wanted: &ParsedSelection, after: i64, to: i64) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        let mut cursor = after;
        loop {
            let page = self.store.items_after(cursor, PAGE).await?;
            let Some(last) = page.last().map(|item| item.seq) else { break };
            found.extend(page.into_iter().filter(|item| item.seq <= to && wanted.matches(item)));
            if last >= to {
                break;
            }
            cursor = last;
        }
        Ok(found)
    }
}

impl<'a> PublishRun<'a> {
    fn new(mailer: &'a Mailer, calendars: Arc<Calendars>, now: DateTime<Utc>) -> Self {
        PublishRun {
            mailer,
            calendars,
            sources: Vec::new(),
            now,
            revised: None,
            told: BTreeMap::new(),
            told_of: HashSet::new(),
            next: Vec::new(),
            owed: HashMap::new(),
            changed: HashMap::new(),
            made: HashMap::new(),
        }
    }

    fn served(&mut self, readers: &[DigestReader<'_>], to_cursor: i64) -> Vec<ServedSubscription> {
        let now = self.now;
        let served = readers.iter().map(|DigestReader { member: (subscription, _), aside }| {
            ServedSubscription {
                subscription: subscription.id,
                subscriber: subscription.subscriber,
                from_cursor: subscription.cursor,
                to_cursor,
                // A slot that lies in the past is not made up for: after downtime one digest covers what was missed. A
                // schedule that parsed fires again; should it ever not, a year is never.
                next_at: self
                    .next_after(&subscription.cadence, now)
                    .unwrap_or(now + TimeDelta::days(366)),
                at: now,
                message_id: self.mailer.new_message_id(),
                left_out: aside.left_out.clone(),
                settled: aside.settled.clone(),
            }
        });
        served.collect()
    }

    fn next_after(&mut self, cadence: &Cadence, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let known = self.next.iter().find(|(other, at, _)| *at == from && other == cadence);
        if let Some((_, _, next)) = known {
            return *next;
        }
        let next = cadence.next_after(from, &self.calendars);
        if self.next.len() >= CADENCES_KEPT {
            self.next.clear();
        }
        self.next.push((cadence.clone(), from, next));
        next
    }
}

impl PublishRound {
    fn add(&mut self, other: PublishRound) {
        self.digests += other.digests;
        self.deliveries += other.deliveries;
        self.passed_over += other.passed_over;
    }
}

fn decide(
    run: &PublishRun<'_>,
    window: &DigestWindow,
    matter: &WindowContents,
    issue: &ReaderIssue,
    due: DateTime<Utc>,
) -> DigestDecision {
    let left_out: HashSet<i64> = issue.left_out.iter().copied().collect();
    // What is owed came before the window, so the order is kept.
    let owed = issue.owed.iter().filter_map(|seq| run.owed.get(seq)?.as_ref());
    let news = matter.news.iter().filter(|item| !left_out.contains(&item.seq));
    digest::decide(due, owed.chain(news).cloned().collect(), window.when_empty, run.now)
}

/// The digest of these items, as it goes into the store, and what it tells of.
fn draft(
    run: &PublishRun<'_>,
    window: &DigestWindow,
    matter: &WindowContents,
    issue: &ReaderIssue,
    items: Vec<Item>,
) -> Result<(NewDigest, Vec<DigestedItem>)> {
    let seqs: Vec<i64> = items.iter().map(|item| item.seq).collect();
    let (fresh, older): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| window.reach.holds(item, run.now));
    let again: HashSet<i64> = issue.revised.iter().map(|(seq, _)| *seq).collect();
    let revised: Vec<&Item> =
        matter.revised.iter().filter(|item| again.contains(&item.seq)).collect();
    let names: HashMap<&SourceId, &str> =
        run.sources.iter().map(|state| (&state.source.id, state.source.name.as_str())).collect();
    let broken: Vec<String> = run
        .sources
        .iter()
        .filter(|state| state.health.broken.is_some())
        .filter(|state| matter.wanted.may_hold(&state.source.id))
        .map(|state| state.source.name.clone())
        .collect();
    let source_name =
        |id: &SourceId| names.get(id).map_or_else(|| id.to_string(), |name| (*name).to_owned());
    let composed = digest::compose(
        &fresh,
        &DigestInputs {
            title: &matter.wanted.title,
            lang: window.lang,
            zone: window.zone,
            now: run.now,
            source_name: &source_name,
            public_url: &run.mailer.settings().public_url,
            broken: &broken,
            revised: &revised,
            older: older.len(),
            images: run.mailer.settings().digest.images,
        },
    );
    let rendered = run.mailer.render(&composed).context("rendering a digest")?;
    let told = |item: &&Item, as_revised| DigestedItem {
        item: item.seq,
        revision: item.revision,
        as_revised,
    };
    let as_news = digest::listed(&fresh);
    let told = as_news
        .iter()
        .map(|item| told(item, false))
        .chain(revised.iter().map(|item| told(item, true)))
        .collect();
    let digest = NewDigest {
        kind: DigestKind::Items,
        lang: window.lang,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        list: matter.wanted.list.clone(),
        composed_at: run.now,
        items: seqs,
    };
    Ok((digest, told))
}

/// Due subscriptions by what they have in common, in the order in which they came.
fn windows(
    due: Vec<SubscribedReader>,
    run: &mut PublishRun<'_>,
) -> Vec<(DigestWindow, Vec<SubscribedReader>)> {
    let mut windows: Vec<(DigestWindow, Vec<SubscribedReader>)> = Vec::new();
    let mut places: HashMap<DigestWindow, usize> = HashMap::new();
    for (subscription, subscriber) in due {
        let window = window_of(&subscription, &subscriber, run);
        let place = *places.entry(window).or_insert_with_key(|window| {
            windows.push((window.clone(), Vec::new()));
            windows.len() - 1
        });
        windows[place].1.push((subscription, subscriber));
    }
    windows
}

/// A selection, understood.
struct ParsedSelection {
    /// For people.
    title: String,
    /// For List-Id.
    list: String,
    queries: Vec<Query>,
    /// The site's zone, in which queries count days.
    zone: Tz,
}

impl ParsedSelection {
    fn matches(&self, item: &Item) -> bool {
        self.queries.iter().any(|query| query.matches(item, self.zone))
    }

    /// Whether items of this source may be in it.
    fn may_hold(&self, source: &SourceId) -> bool {
        self.queries
            .iter()
            .any(|query| query.sources().is_none_or(|sources| sources.contains(source)))
    }
}

fn window_of(
    subscription: &Subscription,
    subscriber: &Subscriber,
    run: &mut PublishRun<'_>,
) -> DigestWindow {
    let due = subscription.next_at;
    let days = run.mailer.settings().digest.days;
    let (zone, period) = match &subscription.cadence {
        Cadence::Scheduled { zone, .. } => {
            let following = run.next_after(&subscription.cadence, due);
            (*zone, Some(following.map_or(TimeDelta::zero(), |next| next - due)))
        }
        Cadence::AtOnce => (run.mailer.settings().zone, None),
    };
    // A slot that a clock ahead of its time has served brings news, if there is any, and not its line once more.
    let served_at = subscription.served_at;
    let slot_is_new = due > served_at
        || run.next_after(&subscription.cadence, served_at).is_some_and(|slot| slot <= run.now);
    DigestWindow {
        selection: subscription.selection.clone(),
        lang: subscriber.lang,
        zone,
        cursor: subscription.cursor,
        when_empty: subscription.when_empty && slot_is_new,
        at_once: period.is_none(),
        reach: DigestReach::of(days, period, due, run.now),
    }
}
