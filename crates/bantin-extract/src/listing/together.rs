//! What the rows of a list tell about the dates of one another: a list has one manner, row after row.

use chrono::{Datelike, Duration, NaiveDate, TimeZone};
use dom_query::NodeId;

use super::super::{Reading, dates};
use super::Part;
use crate::model::Published;

/// What the texts of a row say, that alone is not enough.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint {
    /// A date among other words, of a row without another.
    pub loose: Published,
    /// The first two numbers of its date as it is written, and its year.
    written: Option<(u32, u32, i32)>,
    /// Its date is today's for no other reason than a clock: "02:02" may be how long a film lasts.
    pub clock: bool,
}

impl Hint {
    pub fn of(segments: &[(NodeId, String)], published: Published, reading: Reading<'_>) -> Self {
        /// Letters of a line about a row; what is longer speaks of something.
        const LINE: usize = 100;
        let texts = segments.iter().map(|(_, text)| &**text);
        let lines = texts.filter(|text| {
            text.bytes().filter(u8::is_ascii_digit).count() >= 3 && text.chars().count() <= LINE
        });
        let written = lines.clone().find_map(written);
        if published.is_known() {
            return Hint { written, ..Hint::default() };
        }
        let loose = lines
            .map(|text| dates::parse(text, reading.zone, reading.now))
            .find(|found| found.is_known())
            .unwrap_or_default();
        Hint { loose, written, clock: false }
    }
}

/// The numbers of "6/08/23", the year in four digits.
fn written(text: &str) -> Option<(u32, u32, i32)> {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let bytes = text.as_bytes();
    let mut at = 0;
    for (nth, number) in numbers.iter().enumerate() {
        let Some([second, year]) = numbers.get(nth + 1..nth + 3) else { return None };
        let (one, other) = (at + number.len(), at + number.len() + 1 + second.len());
        let is_date = matches!(number.len(), 1 | 2)
            && matches!(second.len(), 1 | 2)
            && matches!(year.len(), 2 | 4)
            && bytes.get(one) == bytes.get(other)
            && matches!(bytes.get(one), Some(b'/' | b'-' | b'.'));
        if is_date {
            let year: i32 = year.parse().ok()?;
            let century = match year {
                0..=69 => 2000,
                70..=99 => 1900,
                _ => 0,
            };
            return Some((number.parse().ok()?, second.parse().ok()?, century + year));
        }
        let width = text[one..].chars().next().map_or(0, char::len_utf8);
        at = one + width;
    }
    None
}

/// Gives the rows of a list without dates those that stand among other words, where most rows have one: what is said of each
/// row in the same line is what the list is about.
pub fn take_regular(parts: &mut [Part]) {
    let rows = || parts.iter().filter(|part| part.outcome.is_ok());
    let is_dated = |part: &&Part| matches!(&part.outcome, Ok(row) if row.published.is_known());
    let (count, dated) = (rows().count(), rows().filter(is_dated).count());
    let loose = rows().filter(|part| part.hint.loose.is_known()).count();
    if count < 3 || dated * 4 > count || (dated + loose) * 5 < count * 4 {
        return;
    }
    for part in parts {
        if let Ok(row) = &mut part.outcome
            && !row.published.is_known()
        {
            row.published = part.hint.loose;
        }
    }
}

/// Reads "6/08/23" as the eighth of June where other rows say "6/26/23" and none says "26/6/23".
pub fn put_month_first(parts: &mut [Part], reading: Reading<'_>) {
    let written = || parts.iter().filter_map(|part| part.hint.written);
    let month_first = written().filter(|(one, other, _)| *one <= 12 && *other > 12).count();
    if month_first < 2 || written().any(|(one, ..)| one > 12) {
        return;
    }
    for part in parts {
        if let (Ok(row), Some(written)) = (&mut part.outcome, part.hint.written)
            && let Some(turned) = turned(row.published, written, reading)
        {
            row.published = turned;
        }
    }
}

/// A date that was read day first, or not at all ("05.19.15"), month first.
fn turned(
    found: Published,
    (month, day, year): (u32, u32, i32),
    reading: Reading<'_>,
) -> Option<Published> {
    let read = found.moment(reading.zone).map(|at| at.with_timezone(&reading.zone));
    let is_other = read.is_some_and(|read| (read.day(), read.month()) != (month, day));
    if is_other || read.is_some() && day == month {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(year, month, day)?;
    let turned = match (found, read) {
        (Published::At(_), Some(read)) => {
            let at = reading.zone.from_local_datetime(&day.and_time(read.time())).earliest()?;
            Published::At(at.to_utc())
        }
        _ => Published::On(day),
    };
    let at = turned.moment(reading.zone)?;
    (at <= reading.now + Duration::days(1)).then_some(turned)
}

/// Takes dates away that are nothing but a clock, unless the list is one of today's news: those come first, the newest at
/// the top, and what follows them is dated otherwise. Else the clock is as likely how long a film lasts.
pub fn drop_lengths(parts: &mut [Part]) {
    let rows = || parts.iter().filter(|part| part.outcome.is_ok());
    let clocks: Vec<Published> = rows().filter(|part| part.hint.clock).map(date_of).collect();
    if clocks.is_empty() {
        return;
    }
    let first = rows().take_while(|part| part.hint.clock).count();
    let rest = rows().filter(|part| !part.hint.clock).count();
    let dated = rows().filter(|part| !part.hint.clock && date_of(part).is_known()).count();
    let falling = clocks
        .windows(2)
        .filter(|pair| matches!(pair, [Published::At(one), Published::At(next)] if one >= next))
        .count();
    // One in ten may stand out of order: a story pinned to the top, a correction.
    let is_sorted = falling * 10 >= (clocks.len() - 1) * 9;
    let is_followed = dated * 2 >= rest && first * 10 >= clocks.len() * 8;
    let is_all = rest * 5 <= clocks.len();
    if is_sorted && (is_followed && rest > 0 || is_all && clocks.len() >= 3) {
        return;
    }
    for part in parts.iter_mut().filter(|part| part.hint.clock) {
        if let Ok(row) = &mut part.outcome {
            row.published = Published::Unknown;
        }
    }
}

fn date_of(part: &Part) -> Published {
    part.outcome.as_ref().map(|row| row.published).unwrap_or_default()
}
