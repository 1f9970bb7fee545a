//! Which items are in a feed: the newest so many, and all of the last so many days, so that a reader who comes weekly
//! finds a week in it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::limits::FEED_ITEMS;
use crate::{Feed, Item, Standing};

/// The window of one feed at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedWindow {
    newest: usize,
    since: DateTime<Utc>,
}

/// The position of an item relative to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowPlace {
    Inside,
    /// Not in the feed; an item after it may be.
    Outside,
    /// The document is full: nothing after it can be in the feed.
    Full,
}

impl FeedWindow {
    pub fn of(feed: &Feed, now: DateTime<Utc>) -> Self {
        let days = TimeDelta::days(i64::from(feed.days));
        let since = now.checked_sub_signed(days).unwrap_or(DateTime::<Utc>::MIN_UTC);
        FeedWindow { newest: (feed.items as usize).min(FEED_ITEMS), since }
    }

    /// Returns the time since when items are in the feed whatever their number.
    pub fn since(&self) -> DateTime<Utc> {
        self.since
    }

    /// Returns how many of the newest are in the feed, whatever their age.
    pub fn newest(&self) -> usize {
        self.newest
    }

    /// Returns the position of the item that comes after `taken` others of the feed, newest first.
    /// All backlog was first seen on one day, so its age is counted from its publication.
    pub fn place(&self, taken: usize, item: &Item) -> WindowPlace {
        let since = match item.standing {
            Standing::Backlog => item.sort_at,
            Standing::Open | Standing::Held => item.first_seen,
        };
        if taken >= FEED_ITEMS {
            WindowPlace::Full
        } else if taken < self.newest || since >= self.since {
            WindowPlace::Inside
        } else {
            WindowPlace::Outside
        }
    }
}
