//! When a source is polled next, and when an article is looked at again. Pure: the clock is the caller's.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::fetch::{FetchError, FetchFailure};
use crate::limits;
use crate::model::{Pace, Source};
use crate::store::ArticleSchedule;

/// New items that an adaptive pace goes by.
pub(super) const ARRIVALS: u32 = 20;
pub(super) const MAX_BACKOFF: TimeDelta = TimeDelta::hours(24);

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

/// When a source is polled that must not be polled before `until`.
pub(super) fn after(source: &Source, until: DateTime<Utc>) -> DateTime<Utc> {
    until + phase(source, TimeDelta::minutes(10))
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

/// When an article whose page was not what it should be is looked at again.
pub(crate) fn later(tries: u32, now: DateTime<Utc>) -> ArticleSchedule {
    let tries = tries + 1;
    let next_at =
        (tries < limits::ARTICLE_TRIES).then(|| now + TimeDelta::hours(1) * (1 << tries.min(6)));
    ArticleSchedule { next_at, tries }
}
