//! When a source is polled next, and why; and when an article is looked at again. Pure: the clock is the caller's.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::rhythm::Rhythm;
use crate::fetch::{FetchError, FetchFailure};
use bantin_model::limits;
use bantin_model::{Breakage, Health, NextPoll, NextPollReason, Pace, Source, Wishes};
use bantin_store::ArticleSchedule;

pub(super) const MAX_BACKOFF: TimeDelta = TimeDelta::hours(24);

/// What the next poll depends on.
#[derive(Debug, Clone)]
pub struct PaceInputs<'a> {
    pub source: &'a Source,
    pub health: &'a Health,
    /// When recent items came, newest first; an adaptive pace goes by them.
    pub arrivals: &'a [DateTime<Utc>],
    /// When the source was first polled.
    pub since: Option<DateTime<Utc>>,
    /// How long the page that we have may be kept, as its server said.
    pub fresh_for: Option<Duration>,
    /// What the feed itself asked for.
    pub wishes: &'a Wishes,
    /// From Retry-After.
    pub retry_after: Option<Duration>,
}

/// When a source is polled next, and why then: by its pace; when it gives nothing, at twice the distance for each failure
/// in a row; never before what its server has asked for. A phase of its own, fixed for each source and so the same after a
/// restart, keeps sources with the same pace from starting at the same instant.
pub fn next_poll(given: &PaceInputs<'_>, now: DateTime<Utc>) -> NextPoll {
    let source = given.source;
    let (slot, gap, mut reason) = match &source.pace {
        Pace::Cron(schedule) => {
            // A schedule that parsed fires again; should the calendar ever end, a day is a safe distance.
            let slot = schedule.next_after(now, source.zone).unwrap_or(now + MAX_BACKOFF);
            let after = schedule.next_after(slot, source.zone).unwrap_or(slot + MAX_BACKOFF);
            let gap = after - slot;
            // A poll at another time than the schedule's, as after a Retry-After, is not followed by one at its heels.
            let mut before = None;
            let hour_ago = now - TimeDelta::hours(1);
            while let Some(earlier) = schedule.next_after(before.unwrap_or(hour_ago), source.zone)
                && earlier <= now
            {
                before = Some(earlier);
            }
            let slot = slot.max(before.map_or(now, |before| now + (slot - before) / 2));
            let reason = NextPollReason::Schedule { line: schedule.as_str().to_owned() };
            (slot + phase(source, gap.min(TimeDelta::minutes(10))), gap, reason)
        }
        Pace::Adaptive => {
            let rhythm = Rhythm::of(given.arrivals, given.since, source.zone, now);
            let slot = rhythm.next_after(now);
            // A tenth more or less.
            let gap = (slot - now) * 9 / 10 + phase(source, slot - now) * 2;
            (now + gap, gap, rhythm.reason(now))
        }
    };
    let mut at = slot;
    let mut not_before = |bound: DateTime<Utc>, why: NextPollReason| {
        if bound > at {
            (at, reason) = (bound, why);
        }
    };
    let health = given.health;
    if let Some(broken) = &health.broken {
        let failures = health.failures;
        if broken.why == Breakage::Gone {
            let wait = delta(limits::GONE_LOOK);
            not_before(now + wait, NextPollReason::Gone);
        } else if failures > 1 {
            let long = now - broken.since >= delta(limits::LONG_BROKEN);
            let most = delta(if long { limits::LATE_BACKOFF } else { limits::BACKOFF });
            let times = 1_i32 << (failures - 1).min(16);
            let wait = gap.checked_mul(times).unwrap_or(most).min(most);
            let wait = wait + phase(source, wait.min(TimeDelta::hours(1)));
            let why = NextPollReason::Failures { polls: failures, wait: wait.num_seconds() };
            not_before(now + wait, why);
        }
    }
    if let Some(fresh) = given.fresh_for.filter(|_| health.broken.is_none()) {
        let held = fresh.min(limits::LIFETIME_HELD);
        let (said, held) = (seconds(fresh), delta(held));
        not_before(now + held, NextPollReason::Lifetime { said, held: held.num_seconds() });
    }
    if let Some(every) = given.wishes.every {
        let held = Duration::from_secs(60 * u64::from(every)).min(limits::LIFETIME_HELD);
        not_before(now + delta(held), NextPollReason::Interval { wait: seconds(held) });
    }
    if let Some(wait) = given.retry_after {
        let why = NextPollReason::RetryAfter { wait: seconds(wait) };
        let wait = delta(wait);
        // Everybody whom it turned away comes back at that moment.
        not_before(now + wait + phase(source, wait.min(TimeDelta::minutes(10))), why);
    }
    let allowed = given.wishes.first_allowed(at);
    if allowed > at {
        reason = NextPollReason::Skipped;
        at = allowed + phase(source, TimeDelta::hours(1));
    }
    // What the store keeps.
    let at = DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at);
    NextPoll::new(at, reason)
}

fn delta(time: Duration) -> TimeDelta {
    TimeDelta::from_std(time).unwrap_or(MAX_BACKOFF)
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// When a source is polled that must not be polled before `until`.
pub(super) fn after(source: &Source, until: DateTime<Utc>) -> DateTime<Utc> {
    until + phase(source, TimeDelta::minutes(10))
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use bantin_model::health::PollObservation;

    fn source(schedule: &str) -> Source {
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
             from = \"bantin@example.vn\"\n[[source]]\nid = \"so\"\nname = \"S\"\nurl = \"https://a.vn/\"\n\
             schedule = \"{schedule}\"\n"
        );
        let config = Config::from_text(&text, Path::new("pace.toml")).expect("it is right");
        config.sources.into_iter().next().expect("it has a source")
    }

    fn at(time: &str) -> DateTime<Utc> {
        // 1 December 2026 is a Tuesday.
        format!("2026-12-01T{time}:00+07:00").parse().expect("a time")
    }

    #[derive(Default)]
    struct PaceCase {
        failures: u32,
        broken_days: i64,
        gone: bool,
        fresh: Option<u64>,
        every: Option<u32>,
        skip_hours: Vec<u8>,
        retry_after: Option<u64>,
    }

    /// Polls at `time` by `schedule`; in whole minutes when the next is, phase aside, and a word of why.
    fn check(schedule: &str, time: &str, said: PaceCase, expected: (i64, &str)) {
        let (source, now) = (source(schedule), at(time));
        let mut health = Health::default();
        let why = if said.gone { Breakage::Gone } else { Breakage::FetchFailed };
        let failed = PollObservation::Failed { why, detail: "timeout".into() };
        for n in 0..said.failures {
            let then = now - TimeDelta::days(said.broken_days) + TimeDelta::seconds(n.into());
            health = health.after(&failed, Vec::new(), then);
        }
        let wishes =
            Wishes { every: said.every, skip_hours: said.skip_hours, skip_days: Vec::new() };
        let given = PaceInputs {
            source: &source,
            health: &health,
            arrivals: &[],
            since: Some(now),
            fresh_for: said.fresh.map(Duration::from_secs),
            wishes: &wishes,
            retry_after: said.retry_after.map(Duration::from_secs),
        };
        let next = next_poll(&given, now);
        let wait = next.at - now;
        // The phase is a tenth of an hour at most, and this source's the same at all times.
        assert!(
            wait >= TimeDelta::minutes(expected.0),
            "{wait} < {} min: {}",
            expected.0,
            next.what
        );
        assert!(
            wait <= TimeDelta::minutes(expected.0 + 6),
            "{wait} > {} min: {}",
            expected.0,
            next.what
        );
        assert!(next.what.contains(expected.1), "{}", next.what);
    }

    #[test]
    fn a_schedule_is_kept_unless_somebody_wants_a_longer_wait() {
        let quarters = "*/15 6-20 * * *";
        check(quarters, "10:01", PaceCase::default(), (14, "by its schedule"));
        check(quarters, "20:46", PaceCase::default(), (9 * 60 + 14, "by its schedule"));
        // Not at the heels of a poll at another time; but a slot of the day is no neighbour.
        check(quarters, "10:13", PaceCase::default(), (7, "by its schedule"));
        check("30 7 * * *", "07:28", PaceCase::default(), (2, "by its schedule"));
        check(
            quarters,
            "10:01",
            PaceCase { fresh: Some(60), ..PaceCase::default() },
            (14, "schedule"),
        );
        check(
            quarters,
            "10:01",
            PaceCase { fresh: Some(3600), ..PaceCase::default() },
            (60, "holds for 60 min"),
        );
        let year = PaceCase { fresh: Some(365 * 86_400), ..PaceCase::default() };
        check(quarters, "10:01", year, (240, "no more than 4.0 h of it is believed"));
        check(
            quarters,
            "10:01",
            PaceCase { every: Some(90), ..PaceCase::default() },
            (90, "the feed asks"),
        );
        check(
            quarters,
            "10:01",
            PaceCase { retry_after: Some(7200), ..PaceCase::default() },
            (120, "Retry-After"),
        );
        // Ten in Vietnam is three in UTC.
        check(
            quarters,
            "10:31",
            PaceCase { skip_hours: vec![3, 4], ..PaceCase::default() },
            (89, "skipHours"),
        );
    }

    #[test]
    fn p6_failures_double_the_distance_up_to_a_day_and_after_a_bad_week_to_three() {
        let failed = |failures| PaceCase { failures, ..PaceCase::default() };
        let hours = "0 * * * *";
        check(hours, "10:01", failed(1), (59, "by its schedule"));
        check(hours, "10:01", failed(2), (120, "2 polls in a row gave nothing"));
        check(hours, "10:01", failed(5), (16 * 60, "5 polls"));
        check(hours, "10:01", failed(6), (24 * 60, "6 polls"));
        check(hours, "10:01", failed(4_000), (24 * 60, "4000 polls"));
        let long = PaceCase { failures: 40, broken_days: 8, ..PaceCase::default() };
        check(hours, "10:01", long, (72 * 60, "40 polls"));
        let gone = PaceCase { failures: 1, gone: true, ..PaceCase::default() };
        check(hours, "10:01", gone, (7 * 24 * 60, "once a week"));
        // Longer than a server asks for, and never shorter.
        let asked = PaceCase { retry_after: Some(3 * 86_400), ..failed(6) };
        check(hours, "10:01", asked, (72 * 60, "Retry-After"));
    }

    #[test]
    fn p10_each_source_has_a_phase_of_its_own_that_a_restart_does_not_change() {
        let mut waits = std::collections::BTreeSet::new();
        for n in 0..50 {
            let source = Source {
                id: bantin_model::SourceId::parse(&format!("so-{n}")).expect("a name"),
                ..source("adaptive")
            };
            let (health, wishes, now) = (Health::default(), Wishes::default(), at("10:00"));
            let given = PaceInputs {
                source: &source,
                health: &health,
                arrivals: &[],
                since: Some(now),
                fresh_for: None,
                wishes: &wishes,
                retry_after: None,
            };
            let next = next_poll(&given, now);
            assert_eq!(next, next_poll(&given, now));
            waits.insert((next.at - now).num_milliseconds());
        }
        let half_an_hour = 30 * 60 * 1000;
        let (first, last) = (waits.first().expect("fifty"), waits.last().expect("fifty"));
        assert!(waits.len() > 40, "{waits:?}");
        assert!(*first >= half_an_hour * 9 / 10 && *first < half_an_hour * 95 / 100, "{waits:?}");
        assert!(*last <= half_an_hour * 11 / 10 && *last > half_an_hour * 105 / 100, "{waits:?}");
    }
}
