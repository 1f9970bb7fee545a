//! What a poll found, as the values that are written in one transaction.

use chrono::{DateTime, Utc};

use super::kept_pages::KeptPage;
use bantin_model::*;

/// What a poll found on items' own pages, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoneLooks {
    /// Their pages answered 410, and a good listing does not show them.
    pub gone: Vec<ItemId>,
    /// Their pages are there.
    pub there: Vec<ItemId>,
    /// Those among `gone` that are withdrawn, each with the reason.
    pub withdraw: Vec<(ItemId, String)>,
    /// Those left to the admin, because they are too many.
    pub too_many: Vec<ItemId>,
}

/// A row never seen before, with its article if that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    pub id: ItemId,
    pub key: ItemKey,
    pub row: Row,
    /// Fingerprint of the row, by which an edit of it is noticed.
    pub listed: String,
    /// None: not read yet; see `article`'s `next_at`.
    pub read: Option<ArticleRead>,
    pub article: ArticleSchedule,
}

/// An article as just read, with its validators.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ArticleRead {
    pub article: Article,
    pub validators: Validators,
    /// The version of the page reader that read it.
    pub reader: u32,
    /// Hashes of what the page said, however it was read. None where there was no page.
    pub page_runs: Option<Vec<u8>>,
}

/// Why a known item is read differently from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DifferenceCause {
    /// The agency changed it.
    #[default]
    Edit,
    /// A newer version of the page reader reads the same page better.
    Reading,
}

/// When an article is looked at next. None: never again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArticleSchedule {
    pub next_at: Option<DateTime<Utc>>,
    pub tries: u32,
}

/// A known item after another look at its row or its article.
#[derive(Debug, Clone, PartialEq)]
pub struct RevisitedItem {
    pub id: ItemId,
    /// The row as the listing shows it now, with its fingerprint, if it was seen and differs from
    /// before.
    pub row: Option<(Row, String)>,
    /// The article, if it was fetched and not 304.
    pub read: Option<ArticleRead>,
    /// None: leave the schedule of the article as it is.
    pub article: Option<ArticleSchedule>,
    pub difference: DifferenceCause,
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
    /// The standing of all `new` items.
    pub standing: Standing,
    pub looked_at: Vec<RevisitedItem>,
    pub mending: PollChanges,
    /// Notices to send to the admin.
    pub notices: Vec<Notice>,
}

/// What a poll found besides items: the recipe of the page, and how source and hosts want to be
/// polled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PollChanges {
    /// The recipe that later polls read the listing with, and the one that waits for the admin.
    pub found: Change<FoundRecipe>,
    pub proposal: Change<FoundRecipe>,
    pub pages: Vec<KeptPage>,
    /// Known items that the listing shows under another address or with other text.
    pub moved: Vec<RelocatedItem>,
    /// Rows that may be known items or may be new: kept, and neither served nor mailed.
    pub held: Vec<NewItem>,
    /// Rows that an earlier version did not read from the same page: in feeds, and not mailed.
    pub overlooked: Vec<NewItem>,
    /// The version of the page reader that read the listing. None: it was not read.
    pub reader: Option<u32>,
    /// Items whose own pages are gone.
    pub gone: GoneLooks,
    pub manners: Change<PollState>,
    pub hosts: HostNotes,
    /// Since when our own line is down.
    pub outage: Change<DateTime<Utc>>,
}

impl PollChanges {
    /// Returns what holds for hosts and our line, whatever has become of the source.
    pub fn of_hosts(self) -> PollChanges {
        PollChanges { hosts: self.hosts, outage: self.outage, ..PollChanges::default() }
    }
}

/// What happens to a stored value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    #[default]
    Keep,
    Set(T),
    Clear,
}

/// A known item whose row the redesign has changed, and the agency has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelocatedItem {
    pub id: ItemId,
    /// Its new address, where that is another.
    pub to: Option<(ItemKey, String)>,
    /// Fingerprint of the row as it looks now.
    pub listed: String,
}

/// Numbers of new and revised items of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PollCounts {
    pub new: u32,
    pub revised: u32,
}
