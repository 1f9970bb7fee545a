//! A cadence as a form offers it: some times of day, on one of five kinds of day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveTime, Timelike, Weekday};
use chrono_tz::Tz;

use super::{Cadence, DayRule};
use crate::calendar::CalendarName;
use crate::lang::Lang;
use crate::schedule::{Schedule, WORKING_WEEK, Weekdays};

/// As many times of day as a form takes and a sentence can bear.
const MOST_TIMES: usize = 12;

/// What a form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CadencePlan {
    pub on: CadenceDays,
    pub times: TimesOfDay,
}

/// The kinds of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CadenceDays {
    EveryDay,
    /// Weekends too.
    EveryDayButHolidays,
    WorkingDays,
    Weekly(Weekday),
    /// A week whose day is a holiday is passed over; its items are in the next week's digest.
    WeeklyButHolidays(Weekday),
}

impl CadencePlan {
    /// Returns the cadence that this plan asks for, by the holidays of `calendar` where they
    /// matter.
    pub fn cadence(&self, zone: Tz, calendar: &CalendarName) -> Cadence {
        let (weekdays, days) = match self.on {
            CadenceDays::EveryDay => ("*".to_owned(), DayRule::Every),
            CadenceDays::EveryDayButHolidays => {
                ("*".to_owned(), DayRule::NotHolidays(calendar.clone()))
            }
            CadenceDays::WorkingDays => ("Mon-Fri".to_owned(), DayRule::Working(calendar.clone())),
            CadenceDays::Weekly(day) => (day.to_string(), DayRule::Every),
            CadenceDays::WeeklyButHolidays(day) => {
                (day.to_string(), DayRule::NotHolidays(calendar.clone()))
            }
        };
        Cadence::Scheduled { schedule: self.times.schedule(&weekdays), zone, days }
    }

    /// Returns the plan that a form would show for a cadence; none for at once, and for what the
    /// form does not offer.
    pub fn of(cadence: &Cadence) -> Option<Self> {
        let Cadence::Scheduled { schedule, days, .. } = cadence else { return None };
        let (times, weekdays) = schedule.times_and_weekdays(MOST_TIMES)?;
        let every = weekdays == [true; 7];
        let on = match (days, only(weekdays)) {
            (DayRule::Every, _) if every => CadenceDays::EveryDay,
            (DayRule::NotHolidays(_), _) if every => CadenceDays::EveryDayButHolidays,
            (DayRule::Working(_), _) if every || weekdays == WORKING_WEEK => {
                CadenceDays::WorkingDays
            }
            (DayRule::Every, Some(day)) => CadenceDays::Weekly(day),
            (DayRule::NotHolidays(_), Some(day)) => CadenceDays::WeeklyButHolidays(day),
            _ => return None,
        };
        Some(CadencePlan { on, times: TimesOfDay(times) })
    }
}

/// Returns the weekday, if it is one alone.
fn only(weekdays: Weekdays) -> Option<Weekday> {
    let mut chosen = weekdays_from_monday().filter(|day| includes(weekdays, *day));
    let day = chosen.next()?;
    chosen.next().is_none().then_some(day)
}

/// Returns the week as people count it, Monday first.
pub(super) fn weekdays_from_monday() -> impl Iterator<Item = Weekday> {
    std::iter::successors(Some(Weekday::Mon), |day| Some(day.succ())).take(7)
}

pub(super) fn includes(weekdays: Weekdays, day: Weekday) -> bool {
    weekdays[day.num_days_from_sunday() as usize]
}

/// Times of day in whole minutes: at least one, at most twelve, each once, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimesOfDay(BTreeSet<NaiveTime>);

impl TimesOfDay {
    /// Reads what people write into one field: `07:30, 16:30`, `7h30 và 16h`. The error is a sentence in `lang` that says
    /// what to write.
    pub fn parse(text: &str, lang: Lang) -> Result<Self, String> {
        let mut times = BTreeSet::new();
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        for word in words.filter(|word| !matches!(*word, "" | "và" | "and")) {
            times.insert(time(word).ok_or_else(|| not_a_time(word, lang))?);
            if times.len() > MOST_TIMES {
                return Err(match lang {
                    Lang::Vi => {
                        format!("Nhiều giờ quá: hãy chọn tối đa {MOST_TIMES} giờ trong ngày.")
                    }
                    Lang::En => format!("Too many times: choose at most {MOST_TIMES} in a day."),
                });
            }
        }
        if times.is_empty() {
            return Err(match lang {
                Lang::Vi => "Chưa có giờ nào: hãy ghi giờ, ví dụ 07:30.".to_owned(),
                Lang::En => "There is no time yet: write one, such as 07:30.".to_owned(),
            });
        }
        Ok(TimesOfDay(times))
    }

    pub fn iter(&self) -> impl Iterator<Item = NaiveTime> {
        self.0.iter().copied()
    }

    /// One line for all hours that have the same minutes.
    fn schedule(&self, weekdays: &str) -> Schedule {
        let mut minutes_of: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for time in &self.0 {
            minutes_of.entry(time.hour()).or_default().insert(time.minute());
        }
        let mut hours_of: BTreeMap<BTreeSet<u32>, Vec<u32>> = BTreeMap::new();
        for (hour, minutes) in minutes_of {
            hours_of.entry(minutes).or_default().push(hour);
        }
        let lines: Vec<String> = hours_of
            .iter()
            .map(|(minutes, hours)| format!("{} {} * * {weekdays}", listed(minutes), listed(hours)))
            .collect();
        Schedule::parse(&lines.join("; ")).expect("at most twelve lines of minutes and hours")
    }
}

fn listed<'a>(numbers: impl IntoIterator<Item = &'a u32>) -> String {
    numbers.into_iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// `07:30`, `7h30`, `7h`, `7g30` and, as some browsers send it, `07:30:00`.
fn time(word: &str) -> Option<NaiveTime> {
    let number = |text: &str| {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (hour, minute) = word.split_once([':', 'h', 'H', 'g'])?;
    let minute = minute.strip_suffix(":00").unwrap_or(minute);
    let minute = match minute {
        "" if !word.ends_with(':') => 0,
        minute if minute.len() == 2 => number(minute)?,
        _ => return None,
    };
    NaiveTime::from_hms_opt(number(hour)?, minute, 0)
}

fn not_a_time(word: &str, lang: Lang) -> String {
    let mut shown: String = word.chars().take(20).collect();
    if shown.len() < word.len() {
        shown.push('…');
    }
    match lang {
        Lang::Vi => format!("Không rõ giờ “{shown}”: hãy ghi như 07:30, hoặc 07:30, 16:30."),
        Lang::En => format!("The time “{shown}” is not understood: write 07:30, or 07:30, 16:30."),
    }
}
