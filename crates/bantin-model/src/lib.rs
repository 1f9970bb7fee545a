//! The domain of bantin as values: sources, items, feeds, subscribers, subscriptions, digests and deliveries, the query
//! language, and the rendering of feeds. Nothing here reads or writes the outside world: times and zones are handed in.
//! Start with `item` and `source`.
#![forbid(unsafe_code)]

pub mod account;
pub mod archive_owner;
pub mod cadence;
pub mod calendar;
pub mod delivery;
pub mod digest;
pub mod feed;
pub mod health;
pub mod host;
pub mod item;
pub mod item_times;
pub mod lang;
pub mod limits;
pub mod next_poll;
pub mod notice;
pub mod poll_state;
pub mod query;
pub mod schedule;
mod slug;
pub mod source;
pub mod subscriber;
pub mod subscription;
pub mod tokens;
pub mod validators;

pub use bantin_extract::model::{
    Article, ArticleRecipe, Attachment, CleanHtml, DocumentRef, FoundRecipe, Image, ItemKey,
    ListingRecipe, OnRedesign, Problem, ProblemCode, ProblemGroup, Published, Recipe, Row,
    SourceKind, Wishes,
};

pub use account::{AccountId, AccountName};
pub use archive_owner::ArchiveOwner;
pub use cadence::{Cadence, CadenceDays, CadencePlan, DayRule, TimesOfDay};
pub use calendar::{Calendar, CalendarName, Calendars};
pub use delivery::{Delivery, DeliveryId, DeliveryState, OutgoingDelivery};
pub use digest::{Digest, DigestId, DigestKind, DigestedItem};
pub use feed::{Feed, FeedName};
pub use health::{Breakage, Health, RepairRecord};
pub use host::{HostNote, HostNotes, RobotsNote};
pub use item::{Item, ItemId, Standing};
pub use item_times::{ItemTimes, in_bounds};
pub use lang::Lang;
pub use next_poll::{NextPoll, NextPollReason};
pub use notice::Notice;
pub use poll_state::PollState;
pub use schedule::Schedule;
pub use source::{ManagedBy, Pace, Source, SourceId};
pub use subscriber::{Subscriber, SubscriberId, SubscriberState};
pub use subscription::{Selection, Subscription, SubscriptionId};
pub use validators::Validators;
