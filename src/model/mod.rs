//! The words of bantin as types: values only, nothing here reads or writes the outside world.
//! Each file is one word of the glossary; start with `item` and `source`.

pub mod account;
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
pub mod manners;
pub mod notice;
pub mod past;
pub mod schedule;
pub mod source;
pub mod subscriber;
pub mod subscription;
pub mod validators;
pub mod why;

pub use bantin_extract::model::{
    Article, ArticleRecipe, Attachment, CleanHtml, DocumentRef, FoundRecipe, Image, ItemKey, Kind,
    ListingRecipe, OnRedesign, Problem, ProblemCode, ProblemGroup, Published, Recipe, Row, Wishes,
};

pub use account::{AccountId, AccountName};
pub use cadence::{Cadence, Days, On, Plan, Times};
pub use calendar::{Calendar, CalendarName, Calendars};
pub use delivery::{Delivery, DeliveryId, DeliveryState};
pub use digest::{Digest, DigestId, DigestKind, Told};
pub use feed::{Feed, FeedName};
pub use health::{Breakage, Health, Mended};
pub use host::{HostNote, HostNotes, RobotsNote};
pub use item::{Item, ItemId, Standing};
pub use item_times::{ItemTimes, in_bounds};
pub use lang::Lang;
pub use manners::Manners;
pub use notice::Notice;
pub use past::PastOf;
pub use schedule::Schedule;
pub use source::{ManagedBy, Pace, Source, SourceId};
pub use subscriber::{Subscriber, SubscriberId, SubscriberState};
pub use subscription::{Selection, Subscription, SubscriptionId};
pub use validators::Validators;
pub use why::{Reason, Why};

/// What may name a source or a feed: it stands in queries, URLs, logs and file names.
fn slug(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "\"{}\" is not a name: use 1 to 64 lower-case letters, digits and hyphens, such as \"so-tttt\"",
            text.escape_debug()
        ))
    }
}
