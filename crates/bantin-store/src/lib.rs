//! The store holds everything bantin must not forget, in SQLite (bundled, the default) or
//! PostgreSQL. Only this crate knows SQL. Each table has a file, and each statement is beside the
//! method that uses it. The same `$1` text serves both engines wherever they agree. Times are epoch
//! milliseconds, and ids are our own.
//!
//! Durability (P2): SQLite runs in WAL mode with synchronous=FULL and one writer; facts that must
//! agree are written in one transaction. Work is claimed by leases on rows that exist anyway: the
//! schedule is the state.
//!
//! `sql` sends statements, `db` holds the connections, `open` makes them and brings the tables up
//! to date; `store` is the handle, and the other files are the tables.

mod accounts;
mod admin_lists;
mod api_lists;
mod api_tokens;
mod archives;
mod audit;
mod backfill;
mod backup;
mod bounces;
mod clock_setback;
mod db;
mod deliveries;
mod digests;
mod feed_tokens;
mod feeds;
mod figures;
mod gone;
mod hosts;
mod hub;
mod items;
mod kept_pages;
mod left_out;
mod listed_items;
mod managed;
mod notices;
mod open;
mod owner;
mod personal;
mod pictures;
mod poll_record;
mod polls;
mod pruning;
mod requests;
mod search;
mod served_subscription;
mod shared_titles;
mod sources;
mod sql;
mod store;
mod subscriber_rows;
mod subscribers;
mod subscriptions;
mod withdrawal;
mod withdrawn;

pub use accounts::{Account, LogEntry, LoginSession};
pub use admin_lists::{CountsByDay, DeliveriesBy, DueDigest, SubscribersBy};
pub use api_tokens::{ApiToken, TokenScope};
pub use archives::{ArchivePart, ArchivePlace, NewArchive};
pub use audit::{ActionChannel, Actor, AuditEntry};
pub use backfill::{BackfillPlace, BackfillRecord};
pub use backup::{Backup, BackupContents, RestoredStore, backup, backup_into, restore};
pub use bounces::{BounceConsequence, BouncedDelivery, ListedBounce, NewBounce};
pub use db::Commit;
pub use deliveries::{DeliveryFilter, DeliveryOutcome, ListedDelivery, QueueCounts, QueueHold};
pub use digests::{DigestReceipt, EarlierText, ItemMention, NewDigest};
pub use feed_tokens::FeedToken;
pub use figures::SourceFigures;
pub use gone::{GoneItem, GoneState};
pub use hub::{
    HubCounts, HubMode, HubPush, HubPushOutcome, HubRequest, HubRequestOutcome, TopicState,
};
pub use items::{ArticleDue, ItemPlace, KnownItem, Revision};
pub use kept_pages::{KeptPage, KeptPageKind};
pub use listed_items::ListedItem;
pub use managed::{ManagedSettings, Proposal, SaveRefusal};
pub use notices::WaitingNotice;
pub use owner::Owner;
pub use personal::{ImportOutcome, NewSubscriber};
pub use pictures::{PictureId, PictureSize, StoredPicture, WantedPicture};
pub use poll_record::{
    ArticleRead, ArticleSchedule, Change, DifferenceCause, GoneLooks, NewItem, PollChanges,
    PollCounts, PollRecord, RelocatedItem, RevisitedItem,
};
pub use requests::{ConfirmationResult, SignupRequest};
pub use search::{SearchPlace, SectionCount};
pub use served_subscription::ServedSubscription;
pub use sources::SourceState;
pub use store::Store;
pub use subscribers::NewSubscription;
pub use withdrawn::WithdrawnItem;

use db::Db;
