//! The store: everything bantin must not forget, in SQLite (bundled, the default) or PostgreSQL. Only this module knows
//! SQL. One file per table, each statement beside the method that asks it; the same `$1` text serves both engines
//! wherever they agree. Times are epoch milliseconds, ids our own.
//!
//! Durability (P2): SQLite runs in WAL mode with synchronous=FULL and one writer; facts that must agree are written in
//! one transaction. Work is claimed by leases on rows that exist anyway: the schedule is the state.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::model::*;

/// A handle on the store; cheap to clone.
#[derive(Clone)]
pub struct Store {}

/// Proof that this process owns the store's jobs (polling, publishing, delivering). Another process may still read, and
/// add subscribers. Ends when dropped, or with the process.
pub struct Owner {}

impl Store {
    /// Opens (and creates, for SQLite) the store at `sqlite:PATH`, `sqlite::memory:` or `postgres://…` and brings its
    /// tables up to date. The error says what is wrong with the URL, the file or the server, without a password.
    pub async fn open(_url: &str) -> Result<Store> {
        todo!()
    }

    /// Whether the engine answers.
    pub async fn ping(&self) -> Result<()> {
        todo!()
    }

    /// Takes the ownership of the jobs, or None when another process has it. With it every lease is free again and
    /// every delivery that says `sending` is waiting again (due now), before this returns.
    pub async fn own(&self) -> Result<Option<Owner>> {
        todo!()
    }

    /// Grows with every change that readers could see (items, feeds, names of sources).
    pub async fn version(&self) -> Result<i64> {
        todo!()
    }

    /// A secret of 32 bytes, drawn when the store was made: what tokens are signed with.
    pub async fn secret(&self) -> Result<[u8; 32]> {
        todo!()
    }

    /// Flushes what can be flushed (SQLite: a truncating checkpoint) and closes the connections.
    pub async fn close(&self) {
        todo!()
    }
}

/// A source with the state of its polling.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceState {
    pub source: Source,
    pub health: Health,
    /// Of the last good listing. None after the URL or the recipe changed.
    pub validators: Option<Validators>,
    /// Hash of the rows last read: the third test of "unchanged", for portals whose pages differ each time.
    pub rows_hash: Option<String>,
    /// Whether a listing was ever read to its end: until then what is found is backlog.
    pub polled_before: bool,
    pub next_at: DateTime<Utc>,
}

/// What the listing's poll needs to know of an item it sees again.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownItem {
    pub id: ItemId,
    /// What the listing said last (title, date, lead), as [`NewItem::listed`].
    pub listed: String,
}

/// An item whose article is to be read (again).
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleDue {
    pub item: Item,
    pub validators: Validators,
    /// Tries that failed in a row. 0 and `read` false: never tried.
    pub tries: u32,
    /// Whether the article was ever read.
    pub read: bool,
}

/// A row never seen before, with its article if that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    pub id: ItemId,
    pub key: ItemKey,
    pub row: Row,
    /// Fingerprint of what the listing says of it, to notice an edit there.
    pub listed: String,
    /// None: not read yet; see `article`'s `next_at`.
    pub read: Option<ArticleRead>,
    pub article: ArticleSchedule,
}

/// An article as just read, with its validators.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleRead {
    pub article: Article,
    pub validators: Validators,
}

/// When an article is looked at next. None: never again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArticleSchedule {
    pub next_at: Option<DateTime<Utc>>,
    pub tries: u32,
}

/// A known item after another look at its row or its article.
#[derive(Debug, Clone, PartialEq)]
pub struct LookedAt {
    pub id: ItemId,
    /// The row as it stands now, with its fingerprint, if the row was seen and differs from before.
    pub row: Option<(Row, String)>,
    /// The article, if it was fetched and not 304.
    pub read: Option<ArticleRead>,
    /// None: leave the schedule of the article as it is.
    pub article: Option<ArticleSchedule>,
}

/// Everything one poll found, written in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct PollRecord {
    pub source: SourceId,
    pub at: DateTime<Utc>,
    pub health: Health,
    pub next_at: DateTime<Utc>,
    /// None: keep those we have.
    pub validators: Option<Validators>,
    pub rows_hash: Option<String>,
    /// Whether the listing was read to its end and good.
    pub complete: bool,
    /// Oldest first: `seq` grows in this order.
    pub new: Vec<NewItem>,
    /// The standing all `new` items get.
    pub standing: Standing,
    pub looked_at: Vec<LookedAt>,
}

/// What became of a poll's findings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    pub new: u32,
    pub revised: u32,
}

/// An earlier text of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    pub number: u32,
    pub at: DateTime<Utc>,
    pub title: String,
    pub lead: Option<String>,
    pub content_html: CleanHtml,
}

impl Store {
    /// Makes the sources managed by file equal to `sources`. New ones are due at `first_due(position)`; those no longer
    /// named are retired: kept with their items and not polled. A changed URL or recipe drops the validators and the
    /// hash of rows; a changed pace makes `next_at` the earlier of the stored one and `first_due(position)`. Leases
    /// stay as they are.
    pub async fn sync_sources(
        &self,
        _sources: &[Source],
        _first_due: impl Fn(usize) -> DateTime<Utc> + Send,
    ) -> Result<()> {
        todo!()
    }

    /// Sources that are not retired, by id.
    pub async fn sources(&self) -> Result<Vec<SourceState>> {
        todo!()
    }

    pub async fn source(&self, _id: &SourceId) -> Result<Option<SourceState>> {
        todo!()
    }

    /// Takes up to `limit` due and unleased sources, the longest overdue first, and leases them until `lease_until`.
    pub async fn claim_due_sources(
        &self,
        _now: DateTime<Utc>,
        _lease_until: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<SourceState>> {
        todo!()
    }

    /// Takes this source whether it is due or not; None when it is leased, retired or unknown.
    pub async fn claim_source(
        &self,
        _id: &SourceId,
        _now: DateTime<Utc>,
        _lease_until: DateTime<Utc>,
    ) -> Result<Option<SourceState>> {
        todo!()
    }

    /// Prolongs a lease.
    pub async fn keep_lease(&self, _id: &SourceId, _lease_until: DateTime<Utc>) -> Result<()> {
        todo!()
    }

    /// Gives a claimed source back unpolled; it keeps its `next_at`.
    pub async fn free_source(&self, _id: &SourceId) -> Result<()> {
        todo!()
    }

    /// When the next source is due, leases aside.
    pub async fn next_poll_at(&self) -> Result<Option<DateTime<Utc>>> {
        todo!()
    }

    /// Makes a source due at `now`, and all its articles too: the admin asked for it. False when there is no such source.
    pub async fn poll_now(&self, _id: &SourceId, _now: DateTime<Utc>) -> Result<bool> {
        todo!()
    }

    /// Writes everything one poll found and frees the lease, in one transaction. An item of `new` that is known already
    /// is left alone. Of a known item, what was read differs from what is kept: a revision, `revision` + 1, the same id
    /// and `seq`, the old text kept in `revisions` — unless the article had never been read before, which completes the
    /// item without a revision.
    pub async fn record_poll(&self, _poll: &PollRecord) -> Result<Recorded> {
        todo!()
    }

    pub async fn known_items(
        &self,
        _source: &SourceId,
        _keys: &[ItemKey],
    ) -> Result<HashMap<ItemKey, KnownItem>> {
        todo!()
    }

    /// Items of the source whose article is due, never-read ones first, then by `next_at`.
    pub async fn articles_due(
        &self,
        _source: &SourceId,
        _now: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<ArticleDue>> {
        todo!()
    }

    /// First-seen times of the source's newest items that are not backlog, newest first: what an adaptive pace goes by.
    pub async fn recent_arrivals(
        &self,
        _source: &SourceId,
        _limit: u32,
    ) -> Result<Vec<DateTime<Utc>>> {
        todo!()
    }

    /// Lets held items of a source into feeds (as backlog: they are not mailed). How many.
    pub async fn release_held(&self, _source: &SourceId, _now: DateTime<Utc>) -> Result<u64> {
        todo!()
    }
}

/// Where a listing of items goes on: after the item with this `sort_at` and `seq`.
pub type ItemPlace = (DateTime<Utc>, i64);

impl Store {
    pub async fn item(&self, _id: ItemId) -> Result<Option<Item>> {
        todo!()
    }

    pub async fn item_count(&self) -> Result<u64> {
        todo!()
    }

    /// Earlier texts, oldest first.
    pub async fn revisions(&self, _id: ItemId) -> Result<Vec<Revision>> {
        todo!()
    }

    /// Items in feeds (not held), newest first by (`sort_at`, `seq`), of these sources (None: all), after `place`.
    pub async fn newest_items(
        &self,
        _sources: Option<&[SourceId]>,
        _after: Option<ItemPlace>,
        _limit: u32,
    ) -> Result<Vec<Item>> {
        todo!()
    }

    /// Open items first seen at or after `since` (backlog: whose `sort_at` is at or after it), newest first as above.
    pub async fn items_since(
        &self,
        _sources: Option<&[SourceId]>,
        _since: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<Item>> {
        todo!()
    }

    /// Open items with a greater `seq`, in order of `seq`: what digests are made of.
    pub async fn items_after(&self, _seq: i64, _limit: u32) -> Result<Vec<Item>> {
        todo!()
    }

    /// The greatest `seq` given so far, 0 without items.
    pub async fn last_seq(&self) -> Result<i64> {
        todo!()
    }

    /// Makes the feeds equal to `feeds`.
    pub async fn sync_feeds(&self, _feeds: &[Feed]) -> Result<()> {
        todo!()
    }

    pub async fn feeds(&self) -> Result<Vec<Feed>> {
        todo!()
    }

    pub async fn feed(&self, _name: &FeedName) -> Result<Option<Feed>> {
        todo!()
    }
}

/// What `subscribers add` asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSubscription {
    pub selection: Selection,
    pub cadence: Cadence,
    pub when_empty: bool,
}

/// A composed mail on its way into the store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDigest {
    pub kind: DigestKind,
    pub lang: Lang,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub list: String,
    pub composed_at: DateTime<Utc>,
    pub items: Vec<i64>,
}

/// A subscription that is served by a digest (or, without one, only moved on).
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    pub subscription: SubscriptionId,
    pub subscriber: SubscriberId,
    /// The cursor this decision was made from. When the stored one differs meanwhile, this one is skipped: its items
    /// were served already.
    pub from_cursor: i64,
    pub to_cursor: i64,
    pub next_at: DateTime<Utc>,
    /// The Message-ID of its delivery, without brackets.
    pub message_id: String,
}

/// A claimed delivery with all that its mail is built from.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub delivery: Delivery,
    pub digest: Digest,
    pub subscriber: Subscriber,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    Refused,
    /// The same message again at this time.
    Later(DateTime<Utc>),
    GivenUp,
}

/// Deliveries by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueCounts {
    pub waiting: u64,
    pub sending: u64,
    pub sent: u64,
    pub refused: u64,
    pub given_up: u64,
}

/// Why no mail is sent at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub reason: String,
    pub since: DateTime<Utc>,
    /// When a mail is tried again to see whether it is over.
    pub until: DateTime<Utc>,
}

impl Store {
    /// Adds the subscriber, or finds the one with this address (whose name and language stay; a subscriber who had left
    /// or is pending becomes `state`), and adds the subscription unless the subscriber has one with the same selection
    /// and cadence. The cursor starts at the last `seq`: nothing from before is mailed. `next_at` is given by the caller.
    #[allow(clippy::too_many_arguments)]
    pub async fn add_subscription(
        &self,
        _address: &str,
        _name: Option<&str>,
        _lang: Lang,
        _state: SubscriberState,
        _subscription: &NewSubscription,
        _next_at: DateTime<Utc>,
        _now: DateTime<Utc>,
    ) -> Result<(Subscriber, SubscriptionId)> {
        todo!()
    }

    pub async fn subscribers(&self) -> Result<Vec<(Subscriber, Vec<Subscription>)>> {
        todo!()
    }

    pub async fn subscriber(&self, _id: SubscriberId) -> Result<Option<Subscriber>> {
        todo!()
    }

    pub async fn subscriber_by_address(&self, _address: &str) -> Result<Option<Subscriber>> {
        todo!()
    }

    /// Pending becomes active, and its cursors jump to the last `seq`. False when the subscriber was not pending.
    pub async fn confirm_subscriber(&self, _id: SubscriberId, _now: DateTime<Utc>) -> Result<bool> {
        todo!()
    }

    /// Ends one subscription; a subscriber without any other has left, and what still waits for them is given up.
    /// False when there is none.
    pub async fn end_subscription(&self, _id: SubscriptionId, _now: DateTime<Utc>) -> Result<bool> {
        todo!()
    }

    /// Ends all subscriptions of an address; waiting deliveries are given up. False when it is unknown or has left.
    pub async fn remove_subscriber(&self, _id: SubscriberId, _now: DateTime<Utc>) -> Result<bool> {
        todo!()
    }

    pub async fn subscription(&self, _id: SubscriptionId) -> Result<Option<Subscription>> {
        todo!()
    }

    /// Subscriptions of active subscribers that are due at `now`: scheduled ones by `next_at`; at-once ones when there
    /// is an open item beyond their cursor and `next_at` has passed. With the subscriber, by (`cursor`, id).
    pub async fn due_subscriptions(
        &self,
        _now: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<(Subscription, Subscriber)>> {
        todo!()
    }

    /// When the next scheduled subscription is due.
    pub async fn next_digest_at(&self) -> Result<Option<DateTime<Utc>>> {
        todo!()
    }

    /// Writes a digest, its deliveries (due at once) and the cursors of those served, in one transaction (P3).
    /// None for a digest nobody was served by after all; nothing is written then.
    pub async fn record_digest(
        &self,
        _digest: &NewDigest,
        _served: &[Served],
    ) -> Result<Option<DigestId>> {
        todo!()
    }

    /// Moves subscriptions on without a digest: nothing was new for them.
    pub async fn pass_over(&self, _served: &[Served]) -> Result<()> {
        todo!()
    }

    /// Queues a mail that belongs to no subscription (a confirmation), to one subscriber.
    pub async fn record_letter(
        &self,
        _digest: &NewDigest,
        _to: SubscriberId,
        _message_id: &str,
    ) -> Result<DigestId> {
        todo!()
    }

    /// Takes up to `limit` waiting and due deliveries, marks them sending with one more attempt, and commits before it
    /// returns: the mark is on disk before the mail server hears of the mail.
    pub async fn claim_deliveries(
        &self,
        _now: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<Outgoing>> {
        todo!()
    }

    /// Records how tries ended, in one transaction. `reply` must not hold an address.
    pub async fn record_replies(
        &self,
        _replies: &[(DeliveryId, Outcome, String)],
        _now: DateTime<Utc>,
    ) -> Result<()> {
        todo!()
    }

    /// When the next waiting delivery is due.
    pub async fn next_delivery_at(&self) -> Result<Option<DateTime<Utc>>> {
        todo!()
    }

    pub async fn queue(&self) -> Result<QueueCounts> {
        todo!()
    }

    pub async fn hold(&self) -> Result<Option<Hold>> {
        todo!()
    }

    /// Holds the queue, or (None) lets it go.
    pub async fn set_hold(&self, _hold: Option<&Hold>) -> Result<()> {
        todo!()
    }

    pub async fn digest(&self, _id: DigestId) -> Result<Option<Digest>> {
        todo!()
    }

    /// The newest deliveries, newest first.
    pub async fn deliveries(&self, _limit: u32) -> Result<Vec<Delivery>> {
        todo!()
    }
}

#[allow(unused_imports)]
use HashSet as _;
