//! The rhythm of a source: how much it publishes in each hour of the week, by its own clock, as far as we have seen it. An
//! agency writes from Monday to Friday with a lunch break, so that one distance for all hours is too long by day and too
//! short by night. Pure: the clock is the caller's.
//!
//! The mean delay of items is least for a number of polls when polls go with the square root of what is published. So the
//! distance between two polls is [`AT_ONE_AN_HOUR`] by that root, between [`CLOSEST`] and a cap that grows with the silence.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use bantin_model::NextPollReason;

/// How far back arrivals say anything.
pub(super) const LOOKED_BACK: TimeDelta = TimeDelta::weeks(8);
/// Arrivals looked at; of a busier source the newest are enough.
pub(super) const ARRIVALS: u32 = 1_000;
/// After so long an hour of the week counts half, since habits change.
const HALF_LIFE_WEEKS: f64 = 3.0;
/// Before anything is known: an item in four hours, which makes half an hour between polls.
const UNKNOWN_RATE: f64 = 0.25;
/// Weeks that the unknown counts for, and that the like hours of other days count for.
const UNKNOWN_WEEKS: f64 = 0.5;
const ALIKE_WEEKS: f64 = 1.0;
/// Of items that came together so many count: they are one decision to publish.
const TOGETHER: u32 = 4;
const TOGETHER_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// Between two polls in an hour that brings one item.
const AT_ONE_AN_HOUR: TimeDelta = TimeDelta::minutes(15);
const CLOSEST: TimeDelta = TimeDelta::minutes(10);
/// Silence of more than a week, which a holiday is not, makes every rate less: by half for each further week.
const HOLIDAY_WEEKS: f64 = 1.0;
/// The longest distance, whatever is known; and after silence of two weeks, and of a month.
const FARTHEST: [TimeDelta; 3] = [TimeDelta::hours(4), TimeDelta::hours(8), TimeDelta::hours(24)];
const STEP: TimeDelta = TimeDelta::minutes(5);
const HOURS: usize = 7 * 24;

/// Items an hour, for each hour of the week from Monday at midnight.
pub(super) struct Rhythm {
    rates: [f64; HOURS],
    zone: Tz,
    farthest: TimeDelta,
    silent_days: i64,
}

impl Rhythm {
    /// `arrivals` newest first, each when we saw the item; `since` when we began to look.
    pub fn of(
        arrivals: &[DateTime<Utc>],
        since: Option<DateTime<Utc>>,
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Rhythm {
        let cut_off = u32::try_from(arrivals.len()).is_ok_and(|n| n >= ARRIVALS);
        let oldest = arrivals.last().copied();
        // Of a source with more items than are looked at, the time before them is unknown and not
        // silent.
        let began = if cut_off { oldest } else { since.into_iter().chain(oldest).min() };
        let began = began.unwrap_or(now).clamp(now - LOOKED_BACK, now);
        let mut watched = [0.0; HOURS];
        let mut hour = began;
        while hour < now {
            let part = (now - hour).min(TimeDelta::hours(1));
            let share = part.num_seconds() as f64 / 3600.0;
            watched[hour_of_week(hour, zone)] += share * weight(hour, now);
            hour += TimeDelta::hours(1);
        }
        let came = seen(arrivals, zone, now);
        // What came at nine may come at ten the next time.
        let beside = |hour: usize| {
            let (before, after) = ((hour + HOURS - 1) % HOURS, (hour + 1) % HOURS);
            0.25 * came[before] + 0.5 * came[hour] + 0.25 * came[after]
        };
        let silence = now - arrivals.first().copied().unwrap_or(began).max(began);
        let silent_weeks = silence.num_hours() as f64 / 168.0;
        let lasting = 0.5_f64.powf((silent_weeks - HOLIDAY_WEEKS).max(0.0));
        let mut rates = [0.0; HOURS];
        for (hour, rate) in rates.iter_mut().enumerate() {
            let alike = || days_alike(hour / 24).map(|day| day * 24 + hour % 24);
            let came_alike: f64 = alike().map(beside).sum();
            let watched_alike: f64 = alike().map(|hour| watched[hour]).sum();
            let of_alike =
                (came_alike + UNKNOWN_WEEKS * UNKNOWN_RATE) / (watched_alike + UNKNOWN_WEEKS);
            *rate =
                lasting * (beside(hour) + ALIKE_WEEKS * of_alike) / (watched[hour] + ALIKE_WEEKS);
        }
        let farthest = match silence.num_days() {
            ..14 => FARTHEST[0],
            14..30 => FARTHEST[1],
            _ => FARTHEST[2],
        };
        Rhythm { rates, zone, farthest, silent_days: silence.num_days() }
    }

    /// When the next poll is worth its while: the sooner, the more has probably been published since `now`.
    pub fn next_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut at = now;
        let mut worth = 0.0;
        while at - now < self.farthest {
            let more = STEP.num_seconds() as f64 / self.gap_at(at).num_seconds() as f64;
            if worth + more >= 1.0 {
                let part = STEP.num_milliseconds() as f64 * (1.0 - worth) / more;
                at += TimeDelta::milliseconds(part as i64);
                break;
            }
            worth += more;
            at += STEP;
        }
        at.min(now + self.farthest)
    }

    /// Between two polls in the hour of `at`.
    pub fn gap_at(&self, at: DateTime<Utc>) -> TimeDelta {
        let seconds = AT_ONE_AN_HOUR.num_seconds() as f64 / self.rate_at(at).sqrt();
        // A rate is never zero, and a long time is as good as a longer one.
        let seconds = seconds.min(self.farthest.num_seconds() as f64);
        TimeDelta::milliseconds((seconds * 1000.0) as i64).max(CLOSEST)
    }

    fn rate_at(&self, at: DateTime<Utc>) -> f64 {
        self.rates[hour_of_week(at, self.zone)]
    }

    /// What is usual around `at`, for the admin.
    pub fn reason(&self, at: DateTime<Utc>) -> NextPollReason {
        let local = at.with_timezone(&self.zone);
        NextPollReason::Adaptive {
            day: u8::try_from(local.weekday().num_days_from_monday()).expect("under 7"),
            hour: u8::try_from(local.hour()).expect("under 24"),
            // What is beyond the type is cut off at its end.
            hundredths_an_hour: (self.rate_at(at) * 100.0).round() as u32,
            gap: self.gap_at(at).num_seconds(),
            silent_days: (self.silent_days >= 14).then_some(self.silent_days),
        }
    }
}

/// Returns what came in each hour of the week. Recent items count more.
fn seen(arrivals: &[DateTime<Utc>], zone: Tz, now: DateTime<Utc>) -> [f64; HOURS] {
    let mut came = [0.0; HOURS];
    let mut first: Option<DateTime<Utc>> = None;
    let mut together = 0;
    for at in arrivals.iter().rev().filter(|at| **at <= now) {
        if first.is_none_or(|first| *at - first > TOGETHER_WITHIN) {
            first = Some(*at);
            together = 0;
        }
        together += 1;
        if together <= TOGETHER {
            came[hour_of_week(*at, zone)] += weight(*at, now);
        }
    }
    came
}

fn weight(at: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    let weeks = (now - at).num_hours() as f64 / 168.0;
    0.5_f64.powf(weeks / HALF_LIFE_WEEKS)
}

fn hour_of_week(at: DateTime<Utc>, zone: Tz) -> usize {
    let local = at.with_timezone(&zone);
    let day = local.weekday().num_days_from_monday() * 24;
    usize::try_from(day + local.hour()).expect("a week has 168 hours")
}

/// Monday to Friday are alike, Saturday and Sunday like nothing but themselves: many offices work on Saturday mornings.
fn days_alike(day: usize) -> std::ops::RangeInclusive<usize> {
    if day < 5 { 0..=4 } else { day..=day }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;

    use super::*;
    use bantin_model::Lang;
    use bantin_model::next_poll::length;

    fn minutes(time: TimeDelta) -> String {
        length(time.num_seconds(), Lang::En)
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    /// An item each hour from 8 to 16 on working days, for so many weeks up to Monday, 30 November 2026, at midnight.
    fn office(weeks: i64) -> Rhythm {
        let now = at("2026-11-30T00:00:00+07:00");
        let since = now - TimeDelta::weeks(weeks);
        let mut arrivals: Vec<_> = (0..weeks * 168)
            .map(|hour| since + TimeDelta::minutes(60 * hour + 20))
            .filter(|at| {
                let local = at.with_timezone(&Ho_Chi_Minh);
                local.weekday().num_days_from_monday() < 5 && (8..16).contains(&local.hour())
            })
            .collect();
        arrivals.reverse();
        Rhythm::of(&arrivals, Some(since), Ho_Chi_Minh, now)
    }

    fn gaps(rhythm: &Rhythm, expected: [&str; 4]) {
        let times = [
            "2026-12-01T10:00:00+07:00",
            "2026-12-01T22:00:00+07:00",
            "2026-12-05T10:00:00+07:00",
            "2026-12-06T23:00:00+07:00",
        ];
        assert_eq!(times.map(|time| minutes(rhythm.gap_at(at(time)))), expected);
    }

    #[test]
    fn office_hours_are_learnt_and_nights_and_weekends_left_alone() {
        let now = at("2026-11-30T00:00:00+07:00");
        gaps(&Rhythm::of(&[], Some(now), Ho_Chi_Minh, now), ["30 min"; 4]);
        gaps(&office(1), ["15 min", "2.1 h", "71 min", "73 min"]);
        gaps(&office(8), ["15 min", "4.0 h", "3.3 h", "3.4 h"]);
    }

    #[test]
    fn a_poll_in_the_night_waits_for_the_morning_and_no_longer_than_the_cap() {
        let rhythm = office(8);
        let next = |time: &str| {
            let next = rhythm.next_after(at(time)).with_timezone(&Ho_Chi_Minh);
            next.format("%a %H:%M").to_string()
        };
        let times = [
            "2026-12-01T10:00:00+07:00",
            "2026-12-01T22:00:00+07:00",
            "2026-12-02T05:00:00+07:00",
            "2026-12-05T09:00:00+07:00",
        ];
        assert_eq!(times.map(next), ["Tue 10:15", "Wed 01:59", "Wed 07:14", "Sat 12:16"]);
    }

    #[test]
    fn a_source_that_fell_silent_is_asked_less_and_less() {
        let last = at("2026-11-30T09:00:00+07:00");
        let gap = |days: i64| {
            let now = last + TimeDelta::days(days);
            let rhythm = Rhythm::of(&[last], Some(last), Ho_Chi_Minh, now);
            minutes(rhythm.next_after(now) - now)
        };
        assert_eq!([0, 7, 15, 31, 400].map(gap), ["11 min", "28 min", "3.5 h", "15.4 h", "24.0 h"]);
    }
}
