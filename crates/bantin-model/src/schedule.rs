//! A schedule: a cron line, read the way a Unix admin reads it. Wraps the `cron` crate, whose fields begin with seconds
//! and whose days count from 1 = Sunday. So a line is checked here field by field, in the admin's words, and the crate
//! only ever sees one whose numbers mean what it takes them to mean.
//!
//! Unlike in Unix cron, day of month and day of week must both match where both are given: `0 8 1-7 * Mon` is the first
//! Monday of the month. And several lines make one schedule, a semicolon between them, because no single line says half
//! past seven and a quarter to five: `30 7 * * *; 45 16 * * *`.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::{GapInfo, Tz};
use cron::TimeUnitSpec;
use serde::{Deserialize, Serialize};

/// A schedule that fires at some time after it was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    /// As the admin wrote it.
    text: String,
    /// One for each line. Shared: they are large, and settings are cloned for every poll.
    lines: Arc<[cron::Schedule]>,
}

/// The lines are what the text says, and to compare them costs far more.
impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// More lines than anybody needs, few enough to ask each at every firing.
const MOST_LINES: usize = 24;

impl Schedule {
    /// Reads a line of 5 fields (minute first) or 6 (second first), or several with semicolons between them. The error is
    /// a sentence that says what is wrong and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let lines: Vec<&str> = text.split(';').collect();
        if lines.len() > MOST_LINES {
            return Err(format!(
                "this schedule has {} lines: write at most {MOST_LINES}, with a semicolon between two",
                lines.len()
            ));
        }
        let lines: Result<Arc<[_]>, String> = lines.into_iter().map(parse_line).collect();
        Ok(Schedule { text: text.to_owned(), lines: lines? })
    }

    /// Returns the first firing strictly after `after`, on the clocks of `zone`; none when it never
    /// fires again. A local time that a change of clocks skips fires at the first moment after the
    /// gap; one that occurs twice fires once.
    pub fn next_after(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        // The crate's own iterator runs backwards in an hour that occurs twice. So it counts bare clock faces, as if in
        // UTC, and each is placed in the zone here. `moment` never decreases, so the first one late enough is the next.
        let face = after.with_timezone(&zone).naive_local().with_nanosecond(0)?;
        let next = |line: &cron::Schedule| {
            line.after(&face.and_utc())
                .filter_map(|face| moment(face.naive_utc(), zone))
                .find(|at| *at > after)
        };
        self.lines.iter().filter_map(next).min()
    }

    /// Returns the first firing on a day after `day`, on the clocks of `zone`.
    pub fn next_after_day(&self, day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
        let midnight = moment(day.succ_opt()?.and_time(NaiveTime::MIN), zone)?;
        self.next_after(midnight - TimeDelta::nanoseconds(1), zone)
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same, but a line for Monday to Friday fires on every day of the week: what is a working day is then for a
    /// calendar to say.
    pub fn on_any_weekday(&self) -> Self {
        let free = |(text, line): (&str, &cron::Schedule)| {
            let mut fields: Vec<&str> = text.split_whitespace().collect();
            match fields.last_mut() {
                Some(weekdays) if weekdays_of(line) == WORKING_WEEK => *weekdays = "*",
                _ => {}
            }
            fields.join(" ")
        };
        let lines: Vec<String> = self.text.split(';').zip(self.lines.iter()).map(free).collect();
        Self::parse(&lines.join("; ")).expect("a line that fires still does on more days")
    }

    /// Returns the times of day and the weekdays, for a schedule that is no more than that: each
    /// line fires in every month, on any day of it, on the same weekdays, at no more than `most`
    /// whole minutes of a day in all.
    pub fn times_and_weekdays(&self, most: usize) -> Option<(BTreeSet<NaiveTime>, Weekdays)> {
        let weekdays = weekdays_of(self.lines.first()?);
        let mut times = BTreeSet::new();
        for line in self.lines.iter() {
            let plain = line.months().count() == 12
                && line.days_of_month().count() == 31
                && line.seconds().iter().eq([0])
                && weekdays_of(line) == weekdays;
            let count = line.hours().count() as usize * line.minutes().count() as usize;
            if !plain || count > most {
                return None;
            }
            times.extend(line.hours().iter().flat_map(|hour| {
                line.minutes().iter().filter_map(move |min| NaiveTime::from_hms_opt(hour, min, 0))
            }));
        }
        (times.len() <= most).then_some((times, weekdays))
    }
}

/// For each day of the week, Sunday first, whether it is one.
pub type Weekdays = [bool; 7];

pub const WORKING_WEEK: Weekdays = [false, true, true, true, true, true, false];

fn weekdays_of(line: &cron::Schedule) -> Weekdays {
    std::array::from_fn(|day| line.days_of_week().includes(day as u32 + 1))
}

/// One line of five or six fields.
fn parse_line(text: &str) -> Result<cron::Schedule, String> {
    let text = text.trim();
    if text.starts_with('@') {
        return Err(no_shorthand(text));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let kinds = kinds_of(&fields)?;
    let normal = kinds
        .iter()
        .zip(&fields)
        .map(|(kind, field)| kind.normal(field))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|wrong| {
            if fields.len() == 6 {
                format!("{wrong} (a line of six fields begins with the second)")
            } else {
                wrong
            }
        })?;
    let line = match normal.len() {
        5 => format!("0 {}", normal.join(" ")),
        _ => normal.join(" "),
    };
    let cron = cron::Schedule::from_str(&line)
        .map_err(|_| format!("{} is not a schedule: {FIELDS}", shown(text)))?;
    // Years are never restricted here, so what does not fire from the first year on never does.
    if cron.after(&DateTime::UNIX_EPOCH).next().is_none() {
        let [.., day, month, _] = fields[..] else { unreachable!("five or six fields") };
        return Err(format!(
            "this schedule never fires: no day of month {} comes in month {}",
            shown(day),
            shown(month)
        ));
    }
    Ok(cron)
}

/// Returns when the clocks of `zone` show `face`: the first time where they do so twice, the end of
/// the gap where they never do.
pub(super) fn moment(face: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let at = zone
        .from_local_datetime(&face)
        .earliest()
        .or_else(|| GapInfo::new(&face, &zone).and_then(|gap| gap.end))?;
    Some(at.to_utc())
}

const FIELDS: &str = "write five fields, minute, hour, day of month, month, day of week, such as \
                      \"*/15 6-20 * * Mon-Fri\"";

/// Returns what each field of the line is.
fn kinds_of(fields: &[&str]) -> Result<&'static [CronField], String> {
    match fields.len() {
        0 => Err(format!("the schedule is empty: {FIELDS}")),
        5 => Ok(&KINDS[1..]),
        6 => Ok(&KINDS),
        7 => Err(format!("seven fields are one too many, a schedule has no year: {FIELDS}")),
        1 => Err(format!("{} is not a schedule: {FIELDS}", shown(fields[0]))),
        count if count < 5 => {
            Err(format!("this schedule has only {count} of its five fields: {FIELDS}"))
        }
        count => Err(format!(
            "this schedule has {count} fields: {FIELDS}; a list within a field has no blanks, such as 7,11,16"
        )),
    }
}

fn no_shorthand(text: &str) -> String {
    let same = match text.to_ascii_lowercase().as_str() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * Sun",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        _ => return format!("{} is not a schedule: {FIELDS}", shown(text)),
    };
    format!("{} is a shorthand that bantin does not read: write \"{same}\"", shown(text))
}

/// One field of the line: its name, the numbers it takes, and the names for them.
struct CronField {
    name: &'static str,
    plural: &'static str,
    first: u32,
    last: u32,
    /// From `first` on, each by its three letters and in full.
    names: &'static [(&'static str, &'static str)],
    /// Whether `?` may be written for `*`.
    any: bool,
}

const DAYS: [(&str, &str); 7] = [
    ("Sun", "Sunday"),
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
];

const MONTHS: [(&str, &str); 12] = [
    ("Jan", "January"),
    ("Feb", "February"),
    ("Mar", "March"),
    ("Apr", "April"),
    ("May", "May"),
    ("Jun", "June"),
    ("Jul", "July"),
    ("Aug", "August"),
    ("Sep", "September"),
    ("Oct", "October"),
    ("Nov", "November"),
    ("Dec", "December"),
];

const DAY_OF_WEEK: &str = "day of week";
const DAY_OF_MONTH: &str = "day of month";

static KINDS: [CronField; 6] = [
    CronField { name: "second", plural: "seconds", first: 0, last: 59, names: &[], any: false },
    CronField { name: "minute", plural: "minutes", first: 0, last: 59, names: &[], any: false },
    CronField { name: "hour", plural: "hours", first: 0, last: 23, names: &[], any: false },
    CronField {
        name: DAY_OF_MONTH,
        plural: "days of a month",
        first: 1,
        last: 31,
        names: &[],
        any: true,
    },
    CronField { name: "month", plural: "months", first: 1, last: 12, names: &MONTHS, any: false },
    CronField {
        name: DAY_OF_WEEK,
        plural: "days of a week",
        first: 1,
        last: 7,
        names: &DAYS,
        any: true,
    },
];

impl CronField {
    /// Returns the field in numbers, as the crate counts them.
    fn normal(&self, field: &str) -> Result<String, String> {
        if self.name == DAY_OF_WEEK && field.bytes().any(|b| b.is_ascii_digit()) {
            return Err(self.no_digits(field));
        }
        let parts: Result<Vec<_>, _> =
            field.split(',').map(|part| self.normal_part(part, field)).collect();
        Ok(parts?.join(","))
    }

    /// One entry of the field's list: `*`, a value, a range, each perhaps with a step.
    fn normal_part(&self, part: &str, field: &str) -> Result<String, String> {
        let name = self.name;
        let (values, step) = match part.split_once('/') {
            Some((values, step)) => (values, Some(self.step(step, field)?)),
            None => (part, None),
        };
        let tail = step.map(|step| format!("/{step}")).unwrap_or_default();
        match values {
            "*" => return Ok(format!("*{tail}")),
            "?" if self.any => return Ok(format!("*{tail}")),
            "?" => {
                return Err(format!("the {name} {} is not understood: write *", shown(field)));
            }
            "" => {
                return Err(format!(
                    "the {name} {} lacks a value: {}",
                    shown(field),
                    self.example()
                ));
            }
            _ => {}
        }
        let Some((from, to)) = values.split_once('-') else {
            let value = self.value(values, field)?;
            if step.is_some() && !self.names.is_empty() && !is_number(values) {
                return Err(format!(
                    "the {name} {} has a step after a single name: write a range before it, such as {}-{}{tail}",
                    shown(field),
                    self.names[1].0,
                    self.names[5].0
                ));
            }
            return Ok(format!("{value}{tail}"));
        };
        let (first, last) = (self.value(from, field)?, self.value(to, field)?);
        if first > last {
            return Err(self.wraps(values, first, last, step));
        }
        Ok(format!("{first}-{last}{tail}"))
    }

    fn step(&self, step: &str, field: &str) -> Result<u32, String> {
        let name = self.name;
        match step.parse::<u32>() {
            Ok(number) if is_number(step) && (1..=self.last).contains(&number) => Ok(number),
            _ => Err(format!(
                "the {name} {} has the step {}: a step is a number from 1 to {}",
                shown(field),
                shown(step),
                self.last
            )),
        }
    }

    /// Returns a number or a name of this field.
    fn value(&self, text: &str, field: &str) -> Result<u32, String> {
        let name = self.name;
        if is_number(text) {
            return match text.parse() {
                Ok(number) if (self.first..=self.last).contains(&number) => Ok(number),
                _ => Err(format!(
                    "the {name} {} is out of range: {} go from {} to {}",
                    shown(text),
                    self.plural,
                    self.first,
                    self.last
                )),
            };
        }
        let named = self.names.iter().position(|(short, long)| {
            text.eq_ignore_ascii_case(short) || text.eq_ignore_ascii_case(long)
        });
        if let Some(position) = named {
            return Ok(self.first + position as u32);
        }
        if matches!(self.name, DAY_OF_MONTH | DAY_OF_WEEK) && has_quartz_sign(text) {
            return Err(format!(
                "the {name} {}: L, W and # are not supported; {}",
                shown(field),
                self.instead_of_quartz()
            ));
        }
        Err(format!("the {name} {} is not understood: {}", shown(field), self.example()))
    }

    fn example(&self) -> &'static str {
        match self.name {
            DAY_OF_WEEK => "write days by name, such as Mon-Fri or Tue,Thu, or * for every day",
            DAY_OF_MONTH => "write days such as 1, 1,15 or 1-7, or * for every day",
            "month" => "write months such as 1, 1,7 or Jan-Jun, or * for every month",
            "hour" => "write hours such as 7, 7,16 or 6-20, or * for every hour",
            _ => "write a number from 0 to 59, a list such as 0,30, a step such as */15, or *",
        }
    }

    fn instead_of_quartz(&self) -> &'static str {
        match self.name {
            DAY_OF_WEEK => {
                "for the second Friday write 8-14 as the day of month and Fri as the day of week"
            }
            _ => {
                "write the days themselves, such as 1 or 15; 28 is the last day that every month has"
            }
        }
    }

    /// Digits as the day of week: some programs count from Sunday = 0, some from Sunday = 1, so neither is guessed.
    fn no_digits(&self, field: &str) -> String {
        let start = format!(
            "the day of week {} must be written in names, because programs disagree on which day is 1",
            shown(field)
        );
        if field.contains('#') {
            return format!("{start}, and # is not supported; {}", self.instead_of_quartz());
        }
        match unix_days(field) {
            Some(days) => format!("{start}: counted as Unix cron does, it is {days}"),
            None => format!("{start}: {}", self.example()),
        }
    }

    fn wraps(&self, range: &str, first: u32, last: u32, step: Option<u32>) -> String {
        let count = self.last - self.first + 1;
        let width = last + count - first;
        let values: Vec<String> = (0..=width)
            .step_by(step.unwrap_or(1) as usize)
            .map(|ahead| self.first + (first - self.first + ahead) % count)
            .map(|value| match self.names.get((value - self.first) as usize) {
                Some((short, _)) if !is_number(&range[..1]) => (*short).to_owned(),
                _ => value.to_string(),
            })
            .collect();
        let instead = if width + 1 == count && step.is_none() {
            "*".to_owned()
        } else if self.names.is_empty() && step.is_none() {
            let run = |a: u32, b: u32| if a == b { a.to_string() } else { format!("{a}-{b}") };
            format!("{},{}", run(first, self.last), run(self.first, last))
        } else {
            values.join(",")
        };
        format!(
            "the {} {} runs past {}, where a range must end: write {instead}",
            self.name,
            shown(range),
            match self.names.last() {
                Some((_, name)) => (*name).to_owned(),
                None => self.last.to_string(),
            }
        )
    }
}

/// `1-5` as `Mon-Fri`: a day of week in numbers, 0 and 7 both Sunday. Returns `None` where that has
/// no such reading.
fn unix_days(field: &str) -> Option<String> {
    let number = |text: &str| match text.parse::<usize>() {
        Ok(day) if is_number(text) && day <= 7 => Some(day),
        _ => None,
    };
    let parts: Option<Vec<String>> = field
        .split(',')
        .map(|part| match part.split_once('-') {
            None => number(part).map(|day| DAYS[day % 7].0.to_owned()),
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                match (from, to) {
                    (0, 6..=7) | (1, 7) => Some("*".to_owned()),
                    _ if from > to => None,
                    // Sunday as 7 ends a Unix week and begins ours.
                    (_, 7) => {
                        Some((from..=7).map(|day| DAYS[day % 7].0).collect::<Vec<_>>().join(","))
                    }
                    _ => Some(format!("{}-{}", DAYS[from].0, DAYS[to].0)),
                }
            }
        })
        .collect();
    Some(parts?.join(","))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `L`, `15W`, `LW`, `FriL`, `Fri#2`: what Quartz adds to cron.
fn has_quartz_sign(text: &str) -> bool {
    let stem = text.trim_end_matches(['L', 'W', 'l', 'w']);
    text.contains('#')
        || (stem.len() < text.len()
            && (stem.is_empty()
                || is_number(stem)
                || DAYS.iter().any(|(short, _)| stem.eq_ignore_ascii_case(short))))
}

/// Returns a piece of the line in quotes, short and without anything a terminal would obey.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{}\"", short.escape_debug())
}

impl TryFrom<String> for Schedule {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> String {
        schedule.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use chrono::Datelike;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check_refused(lines: &[&str], expect: Expect) {
        let said: Vec<String> = lines
            .iter()
            .map(|line| match Schedule::parse(line) {
                Ok(_) => format!("{line:?}\n    is taken\n"),
                Err(why) => format!("{line:?}\n    {why}\n"),
            })
            .collect();
        expect.assert_eq(&said.concat());
    }

    /// The firings after `after`, as local times.
    fn check_firings(line: &str, zone: Tz, after: &str, count: usize, expect: Expect) {
        let schedule = Schedule::parse(line).unwrap();
        let mut at = DateTime::parse_from_rfc3339(after).unwrap().to_utc();
        let mut said = String::new();
        for _ in 0..count {
            match schedule.next_after(at, zone) {
                Some(next) => at = next,
                None => {
                    said.push_str("never again\n");
                    break;
                }
            }
            said.push_str(&at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M:%S %z\n").to_string());
        }
        expect.assert_eq(&said);
    }

    #[test]
    fn what_a_unix_admin_writes_is_taken() {
        check_refused(
            &[
                "*/15 6-20 * * Mon-Fri",
                "30 7 * * mon,WED,friday",
                "0 30 7 * * ?",
                "  0\t8  1-7 * Mon ",
                "0 8 29 2 *",
                "0,30 5/3 ? jan-Jun/2 *",
                "0 7 * 12 Sun-Thu",
            ],
            expect![[r#"
                "*/15 6-20 * * Mon-Fri"
                    is taken
                "30 7 * * mon,WED,friday"
                    is taken
                "0 30 7 * * ?"
                    is taken
                "  0\t8  1-7 * Mon "
                    is taken
                "0 8 29 2 *"
                    is taken
                "0,30 5/3 ? jan-Jun/2 *"
                    is taken
                "0 7 * 12 Sun-Thu"
                    is taken
            "#]],
        );
    }

    #[test]
    fn a_line_with_too_few_or_too_many_fields_is_refused() {
        check_refused(
            &[
                "",
                "   ",
                "7",
                "7 30",
                "0 7 * *",
                "0 30 7 * * Mon 2026",
                "0 7, 8, 9 * * Mon Tue Wed",
            ],
            expect![[r#"
                ""
                    the schedule is empty: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "   "
                    the schedule is empty: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "7"
                    "7" is not a schedule: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "7 30"
                    this schedule has only 2 of its five fields: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "0 7 * *"
                    this schedule has only 4 of its five fields: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "0 30 7 * * Mon 2026"
                    seven fields are one too many, a schedule has no year: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "0 7, 8, 9 * * Mon Tue Wed"
                    this schedule has 9 fields: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"; a list within a field has no blanks, such as 7,11,16
            "#]],
        );
    }

    #[test]
    fn a_day_of_week_in_digits_is_refused_with_the_names_it_may_mean() {
        check_refused(
            &[
                "0 7 * * 1-5",
                "0 7 * * 0,6",
                "0 7 * * 5-7",
                "0 7 * * 1-7",
                "0 7 * * 5-1",
                "0 7 * * */2",
                "0 7 * * Fri#2",
                "0 7 * * 6L",
                "0 7 * * Mon-5",
            ],
            expect![[r#"
                "0 7 * * 1-5"
                    the day of week "1-5" must be written in names, because programs disagree on which day is 1: counted as Unix cron does, it is Mon-Fri
                "0 7 * * 0,6"
                    the day of week "0,6" must be written in names, because programs disagree on which day is 1: counted as Unix cron does, it is Sun,Sat
                "0 7 * * 5-7"
                    the day of week "5-7" must be written in names, because programs disagree on which day is 1: counted as Unix cron does, it is Fri,Sat,Sun
                "0 7 * * 1-7"
                    the day of week "1-7" must be written in names, because programs disagree on which day is 1: counted as Unix cron does, it is *
                "0 7 * * 5-1"
                    the day of week "5-1" must be written in names, because programs disagree on which day is 1: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "0 7 * * */2"
                    the day of week "*/2" must be written in names, because programs disagree on which day is 1: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "0 7 * * Fri#2"
                    the day of week "Fri#2" must be written in names, because programs disagree on which day is 1, and # is not supported; for the second Friday write 8-14 as the day of month and Fri as the day of week
                "0 7 * * 6L"
                    the day of week "6L" must be written in names, because programs disagree on which day is 1: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "0 7 * * Mon-5"
                    the day of week "Mon-5" must be written in names, because programs disagree on which day is 1: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
            "#]],
        );
    }

    #[test]
    fn a_range_that_wraps_around_is_refused_with_the_same_days_written_out() {
        check_refused(
            &[
                "0 7 * * Fri-Mon",
                "0 7 * * Sat-Sun",
                "0 7 * * Mon-Sun",
                "0 22-6 * * *",
                "0 23-0 * * *",
                "0 22-6/2 * * *",
                "0 7 28-3 * *",
                "0 7 * Nov-Feb *",
                "0 7 * 11-2 *",
            ],
            expect![[r#"
                "0 7 * * Fri-Mon"
                    the day of week "Fri-Mon" runs past Saturday, where a range must end: write Fri,Sat,Sun,Mon
                "0 7 * * Sat-Sun"
                    the day of week "Sat-Sun" runs past Saturday, where a range must end: write Sat,Sun
                "0 7 * * Mon-Sun"
                    the day of week "Mon-Sun" runs past Saturday, where a range must end: write *
                "0 22-6 * * *"
                    the hour "22-6" runs past 23, where a range must end: write 22-23,0-6
                "0 23-0 * * *"
                    the hour "23-0" runs past 23, where a range must end: write 23,0
                "0 22-6/2 * * *"
                    the hour "22-6" runs past 23, where a range must end: write 22,0,2,4,6
                "0 7 28-3 * *"
                    the day of month "28-3" runs past 31, where a range must end: write 28-31,1-3
                "0 7 * Nov-Feb *"
                    the month "Nov-Feb" runs past December, where a range must end: write Nov,Dec,Jan,Feb
                "0 7 * 11-2 *"
                    the month "11-2" runs past December, where a range must end: write 11,12,1,2
            "#]],
        );
    }

    #[test]
    fn what_other_programs_add_to_cron_is_refused_with_what_to_write() {
        check_refused(
            &[
                "@midnight",
                "@Hourly",
                "@weekly",
                "@reboot",
                "0 7 L * *",
                "0 7 15W * *",
                "0 7 * * FriL",
                "0 7 ? ? *",
                "? 7 * * *",
            ],
            expect![[r#"
                "@midnight"
                    "@midnight" is a shorthand that bantin does not read: write "0 0 * * *"
                "@Hourly"
                    "@Hourly" is a shorthand that bantin does not read: write "0 * * * *"
                "@weekly"
                    "@weekly" is a shorthand that bantin does not read: write "0 0 * * Sun"
                "@reboot"
                    "@reboot" is not a schedule: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "0 7 L * *"
                    the day of month "L": L, W and # are not supported; write the days themselves, such as 1 or 15; 28 is the last day that every month has
                "0 7 15W * *"
                    the day of month "15W": L, W and # are not supported; write the days themselves, such as 1 or 15; 28 is the last day that every month has
                "0 7 * * FriL"
                    the day of week "FriL": L, W and # are not supported; for the second Friday write 8-14 as the day of month and Fri as the day of week
                "0 7 ? ? *"
                    the month "?" is not understood: write *
                "? 7 * * *"
                    the minute "?" is not understood: write *
            "#]],
        );
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_field() {
        check_refused(
            &[
                "60 7 * * *",
                "0 24 * * *",
                "0 7 0 * *",
                "0 7 32 * *",
                "0 7 * 13 *",
                "0 7 * 99999999999999 *",
                "60 0 7 * * *",
                "*/0 7 * * *",
                "*/90 7 * * *",
                "*/ 7 * * *",
                "*/5/5 7 * * *",
                "0 7,,8 * * *",
                "0 -5 * * *",
                "0 7- * * *",
                "0 7-8-9 * * *",
                "0 7:30 * * *",
                "0 7 * Fev *",
                "0 7 * * Moon",
                "0 7 * * T2",
                "0 7 * * Thứ",
                "0 7 * * Mon/2",
                "0 7 * * \u{1b}[31m",
                "mỗi ngày lúc bảy giờ",
                "0 7 1e1 * *",
                "0 +7 * * *",
                "** 7 * * *",
            ],
            expect![[r#"
                "60 7 * * *"
                    the minute "60" is out of range: minutes go from 0 to 59
                "0 24 * * *"
                    the hour "24" is out of range: hours go from 0 to 23
                "0 7 0 * *"
                    the day of month "0" is out of range: days of a month go from 1 to 31
                "0 7 32 * *"
                    the day of month "32" is out of range: days of a month go from 1 to 31
                "0 7 * 13 *"
                    the month "13" is out of range: months go from 1 to 12
                "0 7 * 99999999999999 *"
                    the month "99999999999999" is out of range: months go from 1 to 12
                "60 0 7 * * *"
                    the second "60" is out of range: seconds go from 0 to 59 (a line of six fields begins with the second)
                "*/0 7 * * *"
                    the minute "*/0" has the step "0": a step is a number from 1 to 59
                "*/90 7 * * *"
                    the minute "*/90" has the step "90": a step is a number from 1 to 59
                "*/ 7 * * *"
                    the minute "*/" has the step "": a step is a number from 1 to 59
                "*/5/5 7 * * *"
                    the minute "*/5/5" has the step "5/5": a step is a number from 1 to 59
                "0 7,,8 * * *"
                    the hour "7,,8" lacks a value: write hours such as 7, 7,16 or 6-20, or * for every hour
                "0 -5 * * *"
                    the hour "-5" is not understood: write hours such as 7, 7,16 or 6-20, or * for every hour
                "0 7- * * *"
                    the hour "7-" is not understood: write hours such as 7, 7,16 or 6-20, or * for every hour
                "0 7-8-9 * * *"
                    the hour "7-8-9" is not understood: write hours such as 7, 7,16 or 6-20, or * for every hour
                "0 7:30 * * *"
                    the hour "7:30" is not understood: write hours such as 7, 7,16 or 6-20, or * for every hour
                "0 7 * Fev *"
                    the month "Fev" is not understood: write months such as 1, 1,7 or Jan-Jun, or * for every month
                "0 7 * * Moon"
                    the day of week "Moon" is not understood: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "0 7 * * T2"
                    the day of week "T2" must be written in names, because programs disagree on which day is 1: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "0 7 * * Thứ"
                    the day of week "Thứ" is not understood: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "0 7 * * Mon/2"
                    the day of week "Mon/2" must be written in names, because programs disagree on which day is 1: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "0 7 * * \u{1b}[31m"
                    the day of week "\u{1b}[31m" must be written in names, because programs disagree on which day is 1: write days by name, such as Mon-Fri or Tue,Thu, or * for every day
                "mỗi ngày lúc bảy giờ"
                    the minute "mỗi" is not understood: write a number from 0 to 59, a list such as 0,30, a step such as */15, or *
                "0 7 1e1 * *"
                    the day of month "1e1" is not understood: write days such as 1, 1,15 or 1-7, or * for every day
                "0 +7 * * *"
                    the hour "+7" is not understood: write hours such as 7, 7,16 or 6-20, or * for every hour
                "** 7 * * *"
                    the minute "**" is not understood: write a number from 0 to 59, a list such as 0,30, a step such as */15, or *
            "#]],
        );
    }

    #[test]
    fn a_schedule_that_never_fires_is_refused() {
        check_refused(
            &["0 0 30 2 *", "0 0 30,31 Feb *", "0 0 31 4,6,9,11 *", "0 0 29 2 Mon"],
            expect![[r#"
                "0 0 30 2 *"
                    this schedule never fires: no day of month "30" comes in month "2"
                "0 0 30,31 Feb *"
                    this schedule never fires: no day of month "30,31" comes in month "Feb"
                "0 0 31 4,6,9,11 *"
                    this schedule never fires: no day of month "31" comes in month "4,6,9,11"
                "0 0 29 2 Mon"
                    is taken
            "#]],
        );
    }

    #[test]
    fn day_of_month_and_day_of_week_must_both_match() {
        check_firings(
            "0 8 1-7 * Mon",
            Tz::Asia__Ho_Chi_Minh,
            "2026-11-02T00:00:00Z",
            3,
            expect![[r#"
            Mon 2026-11-02 08:00:00 +0700
            Mon 2026-12-07 08:00:00 +0700
            Mon 2027-01-04 08:00:00 +0700
        "#]],
        );
    }

    #[test]
    fn several_lines_fire_as_one_schedule() {
        // Both lines match at 07:30 on Monday, which is one firing.
        check_firings(
            "30 7 * * *; 45 16 * * Fri; 30 7 * * Mon",
            Tz::Asia__Ho_Chi_Minh,
            "2026-11-20T00:00:00Z",
            5,
            expect![[r#"
                Fri 2026-11-20 07:30:00 +0700
                Fri 2026-11-20 16:45:00 +0700
                Sat 2026-11-21 07:30:00 +0700
                Sun 2026-11-22 07:30:00 +0700
                Mon 2026-11-23 07:30:00 +0700
            "#]],
        );
        check_refused(
            &["30 7 * * *;", "30 7 * * *; 45 25 * * *", &["0 7 * * *"; 25].join(";")],
            expect![[r#"
                "30 7 * * *;"
                    the schedule is empty: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
                "30 7 * * *; 45 25 * * *"
                    the hour "25" is out of range: hours go from 0 to 23
                "0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *;0 7 * * *"
                    this schedule has 25 lines: write at most 24, with a semicolon between two
            "#]],
        );
    }

    #[test]
    fn only_the_lines_for_monday_to_friday_are_freed_of_their_weekdays() {
        let freed = |line: &str| Schedule::parse(line).unwrap().on_any_weekday().text;
        assert_eq!(freed("30 7 * * Mon-Fri"), "30 7 * * *");
        assert_eq!(freed("0 30 7 1 * fri,MON,Tue-Thursday"), "0 30 7 1 * *");
        assert_eq!(freed("0 8 * * Mon-Thu;30 7 * * Mon-Fri"), "0 8 * * Mon-Thu; 30 7 * * *");
    }

    #[test]
    fn a_schedule_of_times_and_weekdays_says_so() {
        let said = |line: &str| match Schedule::parse(line).unwrap().times_and_weekdays(4) {
            Some((times, days)) => {
                let times: Vec<String> =
                    times.iter().map(|t| t.format("%H:%M").to_string()).collect();
                let days: Vec<&str> = DAYS
                    .iter()
                    .zip(days)
                    .filter(|(_, is)| *is)
                    .map(|((name, _), _)| *name)
                    .collect();
                format!("{line} is {} on {}\n", times.join(","), days.join(","))
            }
            None => format!("{line} is more than that\n"),
        };
        let lines = [
            "30 7,16 * * Mon-Fri",
            "0 16 * * Sun; 0 7 * * sunday",
            "0,30 7-8 ? Jan-Dec ?",
            "0 0 7 * * *",
            "0,30 7-9 * * *",
            "0 7 * * Mon; 0 7 * * Tue",
            "0 8 1-7 * Mon",
            "0 8 * 1-11 Mon",
            "*/30 0 8 * * Mon",
        ];
        expect![[r#"
            30 7,16 * * Mon-Fri is 07:30,16:30 on Mon,Tue,Wed,Thu,Fri
            0 16 * * Sun; 0 7 * * sunday is 07:00,16:00 on Sun
            0,30 7-8 ? Jan-Dec ? is 07:00,07:30,08:00,08:30 on Sun,Mon,Tue,Wed,Thu,Fri,Sat
            0 0 7 * * * is 07:00 on Sun,Mon,Tue,Wed,Thu,Fri,Sat
            0,30 7-9 * * * is more than that
            0 7 * * Mon; 0 7 * * Tue is more than that
            0 8 1-7 * Mon is more than that
            0 8 * 1-11 Mon is more than that
            */30 0 8 * * Mon is more than that
        "#]]
        .assert_eq(&lines.map(said).concat());
    }

    #[test]
    fn a_week_of_working_days_in_vietnam() {
        check_firings(
            "30 7 * * Mon-Fri",
            Tz::Asia__Ho_Chi_Minh,
            "2026-11-19T00:30:00Z",
            4,
            expect![[r#"
            Fri 2026-11-20 07:30:00 +0700
            Mon 2026-11-23 07:30:00 +0700
            Tue 2026-11-24 07:30:00 +0700
            Wed 2026-11-25 07:30:00 +0700
        "#]],
        );
    }

    #[test]
    fn the_hour_that_berlin_skips_fires_once_at_its_end() {
        check_firings(
            "*/20 1-3 * * *",
            Tz::Europe__Berlin,
            "2026-03-28T23:50:00Z",
            7,
            expect![[r#"
            Sun 2026-03-29 01:00:00 +0100
            Sun 2026-03-29 01:20:00 +0100
            Sun 2026-03-29 01:40:00 +0100
            Sun 2026-03-29 03:00:00 +0200
            Sun 2026-03-29 03:20:00 +0200
            Sun 2026-03-29 03:40:00 +0200
            Mon 2026-03-30 01:00:00 +0200
        "#]],
        );
    }

    #[test]
    fn the_hour_that_berlin_repeats_fires_once() {
        check_firings(
            "*/20 1-3 * * *",
            Tz::Europe__Berlin,
            "2026-10-24T23:10:00Z",
            7,
            expect![[r#"
            Sun 2026-10-25 01:20:00 +0200
            Sun 2026-10-25 01:40:00 +0200
            Sun 2026-10-25 02:00:00 +0200
            Sun 2026-10-25 02:20:00 +0200
            Sun 2026-10-25 02:40:00 +0200
            Sun 2026-10-25 03:00:00 +0100
            Sun 2026-10-25 03:20:00 +0100
        "#]],
        );
        // Asked in the middle of the second pass.
        check_firings(
            "*/20 1-3 * * *",
            Tz::Europe__Berlin,
            "2026-10-25T01:10:00Z",
            1,
            expect![[r#"
            Sun 2026-10-25 03:00:00 +0100
        "#]],
        );
    }

    #[test]
    fn the_turns_of_new_york_lose_no_day() {
        check_firings(
            "30 2 * * *",
            Tz::America__New_York,
            "2026-03-07T00:00:00Z",
            3,
            expect![[r#"
            Sat 2026-03-07 02:30:00 -0500
            Sun 2026-03-08 03:00:00 -0400
            Mon 2026-03-09 02:30:00 -0400
        "#]],
        );
        check_firings(
            "30 1 * * *",
            Tz::America__New_York,
            "2026-10-31T00:00:00Z",
            3,
            expect![[r#"
            Sat 2026-10-31 01:30:00 -0400
            Sun 2026-11-01 01:30:00 -0400
            Mon 2026-11-02 01:30:00 -0500
        "#]],
        );
    }

    #[test]
    fn a_day_that_samoa_skipped_fires_at_the_next_midnight() {
        check_firings(
            "0 12 * * *",
            Tz::Pacific__Apia,
            "2011-12-29T00:00:00Z",
            3,
            expect![[r#"
            Thu 2011-12-29 12:00:00 -1000
            Sat 2011-12-31 00:00:00 +1400
            Sat 2011-12-31 12:00:00 +1400
        "#]],
        );
    }

    #[test]
    fn the_29th_of_february_comes_in_leap_years() {
        check_firings(
            "0 9 29 2 *",
            Tz::Asia__Ho_Chi_Minh,
            "2026-01-01T00:00:00Z",
            2,
            expect![[r#"
            Tue 2028-02-29 09:00:00 +0700
            Sun 2032-02-29 09:00:00 +0700
        "#]],
        );
    }

    #[test]
    fn a_fraction_of_a_second_is_not_rounded_away() {
        check_firings(
            "* * * * * *",
            Tz::UTC,
            "2026-01-01T00:00:00.999Z",
            2,
            expect![[r#"
            Thu 2026-01-01 00:00:01 +0000
            Thu 2026-01-01 00:00:02 +0000
        "#]],
        );
    }

    #[test]
    fn a_schedule_past_the_last_year_of_the_calendar_ends() {
        check_firings(
            "0 0 1 1 *",
            Tz::UTC,
            "2099-06-01T00:00:00Z",
            3,
            expect![[r#"
            Fri 2100-01-01 00:00:00 +0000
            never again
        "#]],
        );
    }

    #[test]
    fn a_schedule_survives_its_own_text() {
        let schedule = Schedule::parse(" 30 7 * * Mon-Fri ").unwrap();
        let json = serde_json::to_string(&schedule).unwrap();
        assert_eq!(json, "\"30 7 * * Mon-Fri\"");
        assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
    }

    /// Returns the values that a field of numbers, `*`, ranges and steps means, computed without
    /// the code above.
    fn values(field: &str, first: u32, last: u32) -> BTreeSet<u32> {
        field
            .split(',')
            .flat_map(|part| {
                let (range, step) = part.split_once('/').unwrap_or((part, "1"));
                let (from, to) = match range.split_once('-') {
                    _ if range == "*" => (first, last),
                    Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
                    None => (range.parse().unwrap(), range.parse().unwrap()),
                };
                (from..=to).step_by(step.parse().unwrap())
            })
            .collect()
    }

    fn field(first: u32, last: u32) -> impl Strategy<Value = String> {
        let range = (first..=last, first..=last).prop_map(|(a, b)| (a.min(b), a.max(b)));
        prop_oneof![
            Just("*".to_owned()),
            (1..=last).prop_map(|step| format!("*/{step}")),
            (first..=last).prop_map(|value| value.to_string()),
            range.prop_map(|(a, b)| format!("{a}-{b}")),
            (first..=last, first..=last).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    }

    fn days() -> impl Strategy<Value = (&'static str, &'static [u32])> {
        prop_oneof![
            Just(("*", &[0, 1, 2, 3, 4, 5, 6][..])),
            Just(("?", &[0, 1, 2, 3, 4, 5, 6][..])),
            Just(("Mon-Fri", &[1, 2, 3, 4, 5][..])),
            Just(("sat,SUN", &[0, 6][..])),
            Just(("Wednesday", &[3][..])),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        /// A year of firings equals the year's minutes that match the fields, each placed on the zone's clocks, those
        /// that a gap moves together counted once; so none is lost, none comes twice and none goes backwards.
        #[test]
        fn every_minute_that_matches_fires_once_in_order(
            (minute, hour) in (field(0, 59), field(0, 23)),
            (day, month) in (field(1, 31), field(1, 12)),
            (week, weekdays) in days(),
            zone in prop::sample::select(vec![
                Tz::Asia__Ho_Chi_Minh, Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::UTC,
            ]),
            year in prop::sample::select(vec![2024, 2026]),
        ) {
            let (minutes, hours) = (values(&minute, 0, 59), values(&hour, 0, 23));
            let (mdays, months) = (values(&day, 1, 31), values(&month, 1, 12));
            let line = format!("{minute} {hour} {day} {month} {week}");
            let Ok(schedule) = Schedule::parse(&line) else {
                let longest = |month: &u32| [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][*month as usize - 1];
                prop_assert!(months.iter().all(|month| mdays.iter().all(|day| *day > longest(month))));
                return Ok(());
            };
            let start = zone.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap().to_utc();
            let end = zone.with_ymd_and_hms(year + 1, 1, 1, 0, 0, 0).unwrap().to_utc();

            let mut expected = BTreeSet::new();
            for date in NaiveDate::from_ymd_opt(year, 1, 1).unwrap().iter_days().take_while(|d| d.year() == year) {
                let fits = months.contains(&date.month())
                    && mdays.contains(&date.day())
                    && weekdays.contains(&date.weekday().num_days_from_sunday());
                if !fits {
                    continue;
                }
                for hour in &hours {
                    for minute in &minutes {
                        let mut face = date.and_hms_opt(*hour, *minute, 0).unwrap();
                        // Found by walking, not by asking for the gap's end.
                        let at = loop {
                            match zone.from_local_datetime(&face).earliest() {
                                Some(at) => break at.to_utc(),
                                None => face = face.with_second(0).unwrap() + TimeDelta::minutes(1),
                            }
                        };
                        expected.insert(at);
                    }
                }
            }
            let mut fired = Vec::new();
            let mut at = start - TimeDelta::milliseconds(1);
            while let Some(next) = schedule.next_after(at, zone).filter(|next| *next < end) {
                prop_assert!(next > at);
                fired.push(next);
                at = next;
            }
            prop_assert_eq!(fired, expected.into_iter().collect::<Vec<_>>(), "{} in {}", line, zone);
        }

        /// Also asked at any other moment, the answer is the first firing after it.
        #[test]
        fn from_any_moment_the_next_firing_is_the_same(
            seconds in 0i64..400 * 86_400,
            zone in prop::sample::select(vec![Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe]),
        ) {
            let schedule = Schedule::parse("*/20 0-4 * * *").unwrap();
            let asked = DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap();
            let next = schedule.next_after(asked, zone).unwrap();
            prop_assert!(next > asked);
            let mut at = asked - TimeDelta::days(2);
            while at <= asked {
                at = schedule.next_after(at, zone).unwrap();
            }
            prop_assert_eq!(next, at);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,40}", fields in prop::collection::vec("[0-9A-Za-z*/,#?-]{0,6}", 0..8)) {
            let _ = Schedule::parse(&text);
            let _ = Schedule::parse(&fields.join(" "));
        }
    }
}
