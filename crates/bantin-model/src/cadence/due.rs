//! When a subscription is due next.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::calendar::{Calendar, CalendarName, Calendars};
use crate::schedule::Schedule;

#[derive(Debug, Clone, PartialEq)]
pub enum Cadence {
    AtOnce,
    Scheduled { schedule: Schedule, zone: Tz, days: DayRule },
}

/// On which days a schedule may fire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum DayRule {
    #[default]
    Every,
    /// On the working days of a calendar: a schedule for Monday to Friday fires on a Saturday too that is worked in place
    /// of another day.
    Working(CalendarName),
    /// On the schedule's days, save for the holidays of a calendar.
    NotHolidays(CalendarName),
}

/// A schedule that falls on days off for so long (the 2nd of September, say, for somebody who wants no holidays) fires on
/// its next day all the same: late news is better than none. The longest pause of a sensible one is that of a first day
/// of the month, two months away when 1 February and 1 March are Sundays.
const PATIENCE: TimeDelta = TimeDelta::days(100);

impl Cadence {
    /// Returns the first time after `now` that this cadence is due; at once is always due. A day
    /// off is passed over, and a calendar that is not there knows of no holidays. Returns `None`
    /// when the schedule never fires again.
    pub fn next_after(&self, now: DateTime<Utc>, calendars: &Calendars) -> Option<DateTime<Utc>> {
        let Cadence::Scheduled { schedule, zone, days } = self else { return Some(now) };
        let none = Calendar::default();
        let of = |name: &CalendarName| calendars.get(name).unwrap_or(&none);
        match days {
            DayRule::Every => schedule.next_after(now, *zone),
            DayRule::Working(name) => {
                let calendar = of(name);
                let freed = schedule.on_any_weekday();
                first_on(&freed, *zone, now, |day| calendar.is_working_day(day))
                    .or_else(|| schedule.next_after(now, *zone))
            }
            DayRule::NotHolidays(name) => {
                let calendar = of(name);
                first_on(schedule, *zone, now, |day| !calendar.is_holiday(day))
                    .or_else(|| schedule.next_after(now, *zone))
            }
        }
    }

    /// Returns the form in which the store and lists of subscribers hold it. Empty means at once;
    /// otherwise it is the schedule and, where they are not all days, a bar and the days: `30 7 * *
    /// Mon-Fri | working-days vn`. The zone is held separately.
    pub fn as_text(&self) -> Cow<'_, str> {
        let Cadence::Scheduled { schedule, days, .. } = self else { return Cow::Borrowed("") };
        match days {
            DayRule::Every => Cow::Borrowed(schedule.as_str()),
            DayRule::Working(name) => format!("{} | {WORKING} {name}", schedule.as_str()).into(),
            DayRule::NotHolidays(name) => {
                format!("{} | {NO_HOLIDAYS} {name}", schedule.as_str()).into()
            }
        }
    }

    /// The reverse of [`Cadence::as_text`]. The error says what to write.
    pub fn from_text(text: &str, zone: Tz) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Cadence::AtOnce);
        }
        let (schedule, days) = match text.split_once('|') {
            None => (text, DayRule::Every),
            Some((schedule, days)) => (schedule, read_days(days)?),
        };
        Ok(Cadence::Scheduled { schedule: Schedule::parse(schedule)?, zone, days })
    }
}

const WORKING: &str = "working-days";
const NO_HOLIDAYS: &str = "no-holidays";

fn read_days(text: &str) -> Result<DayRule, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [WORKING, country] => Ok(DayRule::Working(CalendarName::parse(country)?)),
        [NO_HOLIDAYS, country] => Ok(DayRule::NotHolidays(CalendarName::parse(country)?)),
        _ => Err(format!(
            "\"{}\" are no days: after | write \"{WORKING}\" or \"{NO_HOLIDAYS}\" and the country of the holidays, such as \
             \"30 7 * * Mon-Fri | {WORKING} vn\"",
            text.trim().escape_debug()
        )),
    }
}

/// Returns the first firing after `now` on a day that is wanted; none within [`PATIENCE`] of the
/// first that is not. Asks once a day, however often the schedule fires.
fn first_on(
    schedule: &Schedule,
    zone: Tz,
    now: DateTime<Utc>,
    wanted: impl Fn(NaiveDate) -> bool,
) -> Option<DateTime<Utc>> {
    let mut at = schedule.next_after(now, zone)?;
    let until = at.checked_add_signed(PATIENCE)?;
    loop {
        let day = at.with_timezone(&zone).date_naive();
        if wanted(day) {
            return Some(at);
        }
        at = schedule.next_after_day(day, zone).filter(|at| *at <= until)?;
    }
}

#[cfg(test)]
mod tests;
