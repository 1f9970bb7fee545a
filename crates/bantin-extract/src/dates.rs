//! Dates as Vietnamese portals write them, day before month, and after them the international
//! forms. A wrong date is worse than none: a fraction, a document number, a span of years or a
//! phone number gives none.
//!
//! A text is cut into numbers, words and marks. Days, times and weekdays are looked for among them,
//! and what is left over decides how far to trust the result. [`alone`] allows only labels besides
//! the date, [`parse`] is for a field that holds a date, [`find`] for any text.

mod abroad;
mod ages;
mod choose;
mod clocks;
mod labels;
pub mod order;
mod patterns;
mod tokens;
pub mod zones;

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

pub use self::labels::{Label, of_text as label_of};
use self::patterns::Day;
use self::tokens::{DateToken, tokens};
use super::text::{clean, fold};
use crate::model::Published;

/// Longer texts are no dates; a listing row's lead is about this long.
const LONGEST: usize = 4_000;

/// The date of a text that holds one, with at most some words around it: "Đông Hà, ngày 02 tháng 01 năm 2020".
pub fn parse(text: &str, zone: Tz, now: DateTime<Utc>) -> Published {
    match read(text, zone, now, Trust::Field) {
        Some(found) => found.0,
        None => beside_ago(text, zone, now, Trust::Field),
    }
}

/// The date of a text that may be about something else: only one in brackets at an end, with a label, or with a clock
/// time counts, and not the day that a sentence speaks of.
pub fn find(text: &str, zone: Tz, now: DateTime<Utc>) -> Published {
    read(text, zone, now, Trust::Prose).map_or(Published::Unknown, |found| found.0)
}

/// The date of a text that is nothing but a date and its labels.
pub fn alone(text: &str, zone: Tz, now: DateTime<Utc>) -> Published {
    match read(text, zone, now, Trust::Alone) {
        Some(found) => found.0,
        None => beside_ago(text, zone, now, Trust::Alone),
    }
}

/// Listings print "2 giờ trước 14:06 13/11/2019", a script showing one of the two: the date that does not move is meant.
fn beside_ago(text: &str, zone: Tz, now: DateTime<Utc>, trust: Trust) -> Published {
    let plain = clean(text);
    let absolute = ["trước", "ago"].into_iter().find_map(|word| {
        let (passed, rest) = plain.split_once(word)?;
        let day =
            rest.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).count()
                >= 3;
        read(&format!("{passed}{word}"), zone, now, Trust::Alone).filter(|_| day)?;
        read(rest, zone, now, trust)
    });
    absolute.map_or(Published::Unknown, |found| found.0)
}

/// As [`find`], with what the text says the date is.
pub fn find_labelled(text: &str, zone: Tz, now: DateTime<Utc>) -> Option<(Published, Label)> {
    read(text, zone, now, Trust::Prose)
}

/// What a text that holds a date says of it; [`Label::None`] where it says nothing or holds none. Of several dates that of
/// [`parse`] is meant, and [`Label::Other`] where all are of effect, an end or a deadline.
pub fn label_of_date(text: &str, zone: Tz, now: DateTime<Utc>) -> Label {
    if text.len() > LONGEST || !text.bytes().any(|b| b.is_ascii_digit()) || !has_words(text) {
        return Label::None;
    }
    let mut reader = DateReader::of(tokens(&clean(text)), zone, now);
    match reader.read(Trust::Field) {
        Some((_, label)) => label,
        None if reader.only_others => Label::Other,
        None => Label::None,
    }
}

/// Returns whether a text has words besides those of a clock: "(22/05/2020 8:26:51 SA)" has none, and no label.
fn has_words(text: &str) -> bool {
    const OF_CLOCKS: &[&str] = &["SA", "CH", "AM", "PM", "GMT", "UTC", "T", "Z"];
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.any(|word| !OF_CLOCKS.contains(&word))
}

/// Reads a date by a strftime pattern; SA and CH count as AM and PM. The pattern may match anywhere
/// in the text.
pub fn with_format(text: &str, format: &str, zone: Tz) -> Published {
    let plain = clean(text);
    let upper = plain.replace(" SA", " AM").replace(" CH", " PM");
    let starts = upper.char_indices().map(|(at, _)| at).take(200);
    for start in starts {
        let rest = &upper[start..];
        if let Ok((at, _)) = DateTime::parse_and_remainder(rest, format) {
            return Published::At(at.with_timezone(&Utc));
        }
        if let Ok((at, _)) = NaiveDateTime::parse_and_remainder(rest, format) {
            return moment(at.date(), at.time(), None, zone);
        }
        if let Ok((day, _)) = NaiveDate::parse_and_remainder(rest, format) {
            return Published::On(day);
        }
    }
    Published::Unknown
}

/// Whether chrono knows a strftime pattern, and a date can come of it.
pub fn check_format(format: &str) -> Result<(), String> {
    if chrono::format::StrftimeItems::new(format).any(|item| item == chrono::format::Item::Error) {
        return Err(format!(
            "\"{}\" is not a strftime pattern, such as \"%d/%m/%Y %H:%M\"",
            format.escape_debug()
        ));
    }
    Ok(())
}

/// How far a text is believed to be about its own date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Alone,
    Field,
    Prose,
}

fn read(text: &str, zone: Tz, now: DateTime<Utc>, trust: Trust) -> Option<(Published, Label)> {
    if text.len() > LONGEST || !may_hold_a_date(text) {
        return None;
    }
    let text = clean(text).replace("&#x2B;", "+").replace("&#43;", "+");
    if let Some(machine) = machine(&text, zone) {
        return Some((machine, Label::None));
    }
    match zones::cut(&text).filter(|_| text.contains(':')) {
        Some((rest, zone)) => DateReader::of(tokens(&rest), zone, now).read(trust),
        None => DateReader::of(tokens(&text), zone, now).read(trust),
    }
}

/// Nearly all text of a page has neither a digit nor one of these.
fn may_hold_a_date(text: &str) -> bool {
    text.chars().any(char::is_numeric) || {
        let folded = fold(text);
        ["hom", "vua", "truoc", "ago", "day", "now", "nay", "cach"]
            .iter()
            .any(|word| folded.contains(word))
            || folded.len() <= 40
                && folded
                    .split(|c: char| !c.is_alphabetic())
                    .any(|word| word == "qua" || abroad::days_ago(word).is_some())
    }
}

/// Numbers that only a machine writes: epoch seconds and milliseconds, `/Date(…)/`, digits without marks.
fn machine(text: &str, zone: Tz) -> Option<Published> {
    // ISO 8601 without its marks.
    if let Ok(at) = NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y%m%dT%H%M%S") {
        let offset = FixedOffset::east_opt(0).filter(|_| text.ends_with('Z'));
        return (1990..2100)
            .contains(&at.year())
            .then(|| moment(at.date(), at.time(), offset, zone));
    }
    let inner =
        text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")).unwrap_or(text);
    let digits = inner.split(['+', '-']).next()?;
    if digits.is_empty()
        || !digits.bytes().all(|b| b.is_ascii_digit())
        || digits != inner && inner == text
    {
        return None;
    }
    let plausible =
        |at: DateTime<Utc>| (1990..2100).contains(&at.year()).then_some(Published::At(at));
    match digits.len() {
        10 => plausible(DateTime::from_timestamp(digits.parse().ok()?, 0)?),
        13 => plausible(DateTime::from_timestamp_millis(digits.parse().ok()?)?),
        8 => NaiveDate::parse_from_str(digits, "%Y%m%d")
            .ok()
            .filter(|day| (1990..2100).contains(&day.year()))
            .map(Published::On),
        14 => {
            let at = NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S").ok()?;
            (1990..2100).contains(&at.year()).then(|| moment(at.date(), at.time(), None, zone))
        }
        _ => None,
    }
}

/// A local moment; the day alone where the clocks jumped over it.
fn moment(day: NaiveDate, time: NaiveTime, offset: Option<FixedOffset>, zone: Tz) -> Published {
    let local = day.and_time(time);
    let at = match offset {
        Some(offset) => local.and_local_timezone(offset).single().map(|at| at.with_timezone(&Utc)),
        None => zone.from_local_datetime(&local).earliest().map(|at| at.with_timezone(&Utc)),
    };
    at.map_or(Published::On(day), Published::At)
}

struct DateReader {
    tokens: Vec<DateToken>,
    used: Vec<bool>,
    zone: Tz,
    now: DateTime<Utc>,
    today: NaiveDate,
    /// Whether there were dates, and all of effect, an end or a deadline.
    only_others: bool,
}

impl DateReader {
    fn of(tokens: Vec<DateToken>, zone: Tz, now: DateTime<Utc>) -> Self {
        let today = now.with_timezone(&zone).date_naive();
        let used = vec![false; tokens.len()];
        DateReader { used, tokens, zone, now, today, only_others: false }
    }

    fn read(&mut self, trust: Trust) -> Option<(Published, Label)> {
        self.weekdays();
        if let Some(ago) = self.ago() {
            let is_about_this =
                self.only_labels_left() || trust != Trust::Alone && self.only_asides_left();
            return is_about_this.then_some((ago, Label::None));
        }
        let times = self.times();
        let days = self.days();
        let full: Vec<Day> = days.iter().copied().filter(|day| day.full).collect();
        let believed = match trust {
            Trust::Field if !full.is_empty() => full,
            Trust::Prose if !full.is_empty() && !self.only_labels_left() => {
                full.into_iter().filter(|day| self.stands_out(day, &times)).collect()
            }
            Trust::Alone | Trust::Field | Trust::Prose => {
                if !self.only_labels_left() {
                    return None;
                }
                days.into_iter()
                    .filter(|day| !day.bare || self.is_called_a_day(day, &times))
                    .collect()
            }
        };
        let several = believed.len();
        let believed = self.without_others(believed);
        if believed.len() < several && believed.is_empty() {
            self.only_others = true;
            return None;
        }
        match self.choose(&believed, &times) {
            Some(day) => {
                Some((self.with_time(&day, &believed, &times, trust), self.label(&day, &believed)))
            }
            None if believed.is_empty() && trust != Trust::Prose => self.time_of_today(&times),
            None => None,
        }
    }

    fn use_up(&mut self, start: usize, end: usize) {
        self.used[start..end].fill(true);
    }
}

/// In which somebody may have published, or will have.
const YEARS: RangeInclusive<i32> = 1900..=2100;

/// As written on pages and by the command line: RFC 3339 in the zone, or the day.
pub fn show(published: Published, zone: Tz) -> Option<String> {
    match published {
        Published::At(at) => {
            Some(at.with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::Secs, false))
        }
        Published::On(day) => Some(day.to_string()),
        Published::Unknown => None,
    }
}

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;
