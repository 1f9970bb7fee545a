//! Which of the first two numbers of a date is the month. A single "11/05/2026" does not say so, but those around it do: one
//! with a number above twelve, the addresses, the order of the list, the language of the page.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Duration, NaiveDate, TimeZone, Utc};
use url::Url;

use super::patterns::english_month;
use crate::model::Published;
use crate::{Reading, lang};

/// A date in numbers, as it is written: "6/08/23", the year in four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub first: u32,
    pub second: u32,
    pub year: i32,
}

impl Written {
    fn of(first: &str, second: &str, year: &str) -> Option<Self> {
        let year: i32 = year.parse().ok()?;
        let century = match year {
            0..=69 => 2000,
            70..=99 => 1900,
            _ => 0,
        };
        Some(Written {
            first: first.parse().ok()?,
            second: second.parse().ok()?,
            year: century + year,
        })
    }

    fn month_first(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, self.first, self.second)
    }

    fn day_first(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, self.second, self.first)
    }

    /// Whether both readings are days, and different ones.
    pub fn is_open(self) -> bool {
        self.first <= 12 && self.second <= 12 && self.first != self.second
    }
}

/// The first date in numbers in a text.
pub fn written(text: &str) -> Option<Written> {
    all_written(text).into_iter().next()
}

/// The numbers in which a text has a day that was read from it.
pub fn written_as(text: &str, day: NaiveDate) -> Option<Written> {
    let is_it = |one: &Written| one.month_first() == Some(day) || one.day_first() == Some(day);
    all_written(text).into_iter().find(is_it)
}

/// The dates in numbers of a line, at most as many as one has.
fn all_written(text: &str) -> Vec<Written> {
    const MOST: usize = 8;
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    for (nth, number) in numbers.iter().enumerate() {
        let Some([second, year]) = numbers.get(nth + 1..nth + 3) else { break };
        let (one, other) = (at + number.len(), at + number.len() + 1 + second.len());
        let is_date = found.len() < MOST
            && matches!(number.len(), 1 | 2)
            && matches!(second.len(), 1 | 2)
            && matches!(year.len(), 2 | 4)
            && bytes.get(one) == bytes.get(other)
            && matches!(bytes.get(one), Some(b'/' | b'-' | b'.'));
        if is_date {
            found.extend(Written::of(number, second, year));
        }
        let width = text[one..].chars().next().map_or(0, char::len_utf8);
        at = one + width;
    }
    found
}

/// What a row says of its date.
#[derive(Debug, Clone, Copy)]
pub struct RowDate<'r> {
    pub written: Option<Written>,
    pub found: Published,
    pub url: &'r Url,
}

/// The day that an address names: "/2026/11/05/…".
pub fn day_in_address(url: &Url) -> Option<NaiveDate> {
    let parts: Vec<&str> = url.path_segments()?.collect();
    parts.windows(3).find_map(|parts| {
        let number = |part: &str, widest: usize| -> Option<u32> {
            let fits =
                (1..=widest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse().ok()).flatten()
        };
        let year = number(parts[0], 4).filter(|year| (1990..2100).contains(year))?;
        NaiveDate::from_ymd_opt(year as i32, number(parts[1], 2)?, number(parts[2], 2)?)
    })
}

/// The day of a moment in figures at the end of an address, as newspapers number their articles: "….20261127081500123.htm".
pub fn moment_in_address(url: &Url) -> Option<NaiveDate> {
    let name = url.path_segments()?.next_back()?;
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
    let digits = &name[name.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1)..];
    // A moment to the second at least; fewer digits are any number.
    let moment = digits.get(..14).filter(|_| digits.len() <= 18)?;
    let at = chrono::NaiveDateTime::parse_from_str(moment, "%Y%m%d%H%M%S").ok()?;
    (1995..2100).contains(&at.year()).then_some(at.date())
}

/// Whether a page is one of the United States: its domain is theirs, or it says that it is in their English.
pub fn is_american(tags: &[String], text: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let domain = [".gov", ".mil", ".us"].iter().any(|end| host.ends_with(end));
    let tagged = tags.iter().any(|tag| {
        let tag = tag.trim().to_ascii_lowercase();
        tag == "en-us" || tag == "en_us"
    });
    (domain || tagged)
        && matches!(lang::of(tags, text).as_deref(), None | Some("en"))
        && !text.chars().take(2_000).any(|c| matches!(c, 'đ' | 'ơ' | 'ư' | '\u{1ea0}'..='\u{1ef9}'))
}

/// What a page says besides its rows; asked only where they do not decide.
pub trait AroundRows {
    /// As [`is_american`] has it.
    fn is_american(&self) -> bool;

    /// The months that its headings name, with their years.
    fn months(&self) -> Vec<(i32, u32)>;
}

/// The month of a heading: "November 2026", "Tháng 11/2026".
pub fn month_named(text: &str) -> Option<(i32, u32)> {
    let folded = crate::text::fold(text);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let year = |word: &&str| word.parse().ok().filter(|year| (1990..2100).contains(year));
    words.windows(2).enumerate().find_map(|(at, pair)| {
        let year: i32 = year(&pair[1])?;
        let number = || {
            let called = at.checked_sub(1).map(|before| words[before]) == Some("thang");
            pair[0].parse().ok().filter(|month| called && (1..=12).contains(month))
        };
        Some((year, english_month(pair[0]).or_else(number)?))
    })
}

/// Whether the dates of a list are written month first.
pub fn is_month_first(
    rows: &[RowDate<'_>],
    around: &impl AroundRows,
    reading: Reading<'_>,
) -> bool {
    let written = || rows.iter().filter_map(|row| row.written);
    if written().any(|one| one.first > 12 && one.second <= 12) {
        return false;
    }
    let proofs = written().filter(|one| one.first <= 12 && one.second > 12).count();
    if proofs >= 2 {
        return true;
    }
    if proofs == 0 && !written().any(Written::is_open) {
        return false;
    }
    if let Some(said) = by_addresses(rows).or_else(|| by_headings(rows, &around.months())) {
        return said;
    }
    let (month, day) = (Sequence::of(rows, true, reading), Sequence::of(rows, false, reading));
    if proofs == 1 || month.ahead != day.ahead {
        let is_worse = month.ahead > day.ahead || month.breaks > day.breaks;
        return !is_worse && (proofs == 1 || month.days.len() >= 2);
    }
    if month.breaks > day.breaks {
        return false;
    }
    let is_sorted = month.breaks == 0 && day.breaks >= 2 && month.distinct() >= 4;
    is_sorted || has_one_month(rows) || around.is_american()
}

/// By the months that headings name; None where they do not decide.
fn by_headings(rows: &[RowDate<'_>], months: &[(i32, u32)]) -> Option<bool> {
    if months.is_empty() {
        return None;
    }
    let open = || rows.iter().filter_map(|row| row.written).filter(|written| written.is_open());
    let month = open().all(|one| months.contains(&(one.year, one.first)));
    let day = open().all(|one| months.contains(&(one.year, one.second)));
    (month != day && open().next().is_some()).then_some(month)
}

/// By the days that addresses name; None where they name none, or both.
fn by_addresses(rows: &[RowDate<'_>]) -> Option<bool> {
    let (mut month, mut day) = (0, 0);
    for row in rows {
        let Some(written) = row.written.filter(|written| written.is_open()) else { continue };
        let Some(named) = day_in_address(row.url) else { continue };
        month += usize::from(Some(named) == written.month_first());
        day += usize::from(Some(named) == written.day_first());
    }
    match (month, day) {
        (0, 0) => None,
        _ => Some(month > 0 && day == 0),
    }
}

/// The days of a list in its order, by one of the two readings.
struct Sequence {
    days: Vec<NaiveDate>,
    /// Neighbours against the order of the list.
    breaks: usize,
    /// Days that have not come yet.
    ahead: usize,
}

impl Sequence {
    fn of(rows: &[RowDate<'_>], month_first: bool, reading: Reading<'_>) -> Self {
        let day = |row: &RowDate<'_>| match row.written {
            Some(written) if month_first => written.month_first().or(written.day_first()),
            Some(written) => written.day_first().or(written.month_first()),
            None => day_of(row.found, reading),
        };
        let days: Vec<NaiveDate> = rows.iter().filter_map(day).collect();
        let (mut up, mut down) = (0, 0);
        for pair in days.windows(2) {
            up += usize::from(pair[0] < pair[1]);
            down += usize::from(pair[0] > pair[1]);
        }
        let tomorrow = (reading.now + Duration::days(1)).with_timezone(&reading.zone).date_naive();
        let ahead = days.iter().filter(|day| **day > tomorrow).count();
        Sequence { days, breaks: up.min(down), ahead }
    }

    fn distinct(&self) -> usize {
        self.days.iter().collect::<HashSet<_>>().len()
    }
}

/// Whether all first numbers are the same and the second ones of several sorts: days of one month, where day first would have
/// everything published on one day of each month. What comes out each month does so on its first day, or month after month.
fn has_one_month(rows: &[RowDate<'_>]) -> bool {
    let written: Vec<Written> = rows.iter().filter_map(|row| row.written).collect();
    let Some(first) = written.first() else { return false };
    let seconds: Vec<u32> = written.iter().map(|one| one.second).collect();
    let distinct = seconds.iter().collect::<HashSet<_>>().len();
    let is_monthly = seconds.windows(2).all(|pair| pair[0].abs_diff(pair[1]) == 1);
    first.first != 1
        && written.iter().all(|one| one.first == first.first && one.year == first.year)
        && distinct >= 4
        && !is_monthly
}

fn day_of(found: Published, reading: Reading<'_>) -> Option<NaiveDate> {
    found.moment(reading.zone).map(|at| at.with_timezone(&reading.zone).date_naive())
}

/// A date that was read day first, or not at all ("05.19.15"), month first. None where it was read of something else.
pub fn turned(found: Published, written: Written, reading: Reading<'_>) -> Option<Published> {
    let Written { first: month, second: day, year } = written;
    let read: Option<DateTime<_>> =
        found.moment(reading.zone).map(|at| at.with_timezone(&reading.zone));
    let is_other = read.as_ref().is_some_and(|read| (read.day(), read.month()) != (month, day));
    if is_other || read.is_some() && day == month {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(year, month, day)?;
    let turned = match (found, read) {
        (Published::At(_), Some(read)) => {
            let at = reading.zone.from_local_datetime(&day.and_time(read.time())).earliest()?;
            Published::At(at.with_timezone(&Utc))
        }
        _ => Published::On(day),
    };
    let at = turned.moment(reading.zone)?;
    (at <= reading.now + Duration::days(1)).then_some(turned)
}
