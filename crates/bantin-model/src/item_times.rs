//! The times that feeds give of an item. They are decided here since the store keeps them where a newer version reads
//! other dates from the same page.

use chrono::{DateTime, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::Item;

/// When an item was published and last changed, as feeds give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemTimes {
    pub published: Option<DateTime<Utc>>,
    pub updated: DateTime<Utc>,
    /// Whether `updated` is a correction's.
    pub corrected: bool,
}

impl ItemTimes {
    pub fn of(item: &Item, zone: Tz) -> Self {
        // A portal's clock may run ahead of ours a little; further ahead the date is wrong or an announcement's, and
        // the moment we saw it is the better answer.
        let ahead = TimeDelta::minutes(10);
        let first_seen = in_bounds(item.first_seen);
        let changed_at = in_bounds(item.changed_at);
        let published = item
            .published
            .moment(zone)
            .filter(|at| *at >= earliest())
            .map(|at| if at > first_seen + ahead { first_seen } else { at })
            .map(|at| at.trunc_subsecs(0));
        let base = published.unwrap_or(first_seen).trunc_subsecs(0);
        let later = if item.revision > 0 {
            Some(changed_at)
        } else {
            item.updated.filter(|at| *at <= changed_at + ahead)
        };
        let later = later.map(|at| at.trunc_subsecs(0)).filter(|at| *at > base);
        let updated = later.unwrap_or(base);
        match item.feed_updated.map(in_bounds) {
            Some(kept) => ItemTimes { published, updated: kept, corrected: later == Some(kept) },
            None => ItemTimes { published, updated, corrected: later.is_some() },
        }
    }
}

/// Before there were web pages: a date like this was read from something that is none. The validator agrees.
fn earliest() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(1990, 1, 1, 0, 0, 0).single().expect("UTC has no gaps")
}

/// RFC 2822 and RFC 3339 know years of four digits.
pub fn in_bounds(at: DateTime<Utc>) -> DateTime<Utc> {
    let latest = Utc.with_ymd_and_hms(9999, 12, 30, 0, 0, 0).single().expect("UTC has no gaps");
    at.clamp(earliest(), latest)
}
