//! Days without a year, such as "(27/11)", which alone may be fractions: in every row of a list, falling, they are dates.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use dom_query::NodeId;

use super::ReadRow;
use crate::Reading;
use crate::model::Published;

/// A day and a month of a row.
#[derive(Debug, Clone, Copy)]
pub struct ShortDay {
    day: u32,
    month: u32,
    /// Bytes of the title before it, where it ends the title.
    title: Option<usize>,
}

impl ShortDay {
    /// Of a piece of the row's text that is nothing else, or of brackets at the end of its title.
    pub fn of(segments: &[(NodeId, String)], title: &str) -> Option<Self> {
        let alone = segments.iter().find_map(|(_, text)| parse(text));
        let (day, month, title) = match alone {
            Some((day, month)) => (day, month, None),
            None => {
                let open = title.rfind(['(', '[']).filter(|open| *open > 0)?;
                let (day, month) = parse(&title[open..])?;
                (day, month, Some(title[..open].trim_end().len()))
            }
        };
        Some(ShortDay { day, month, title })
    }

    /// In the last year in which it is past.
    fn nearest_past(self, today: NaiveDate) -> Option<NaiveDate> {
        let of = |year| NaiveDate::from_ymd_opt(year, self.month, self.day);
        of(today.year()).filter(|day| *day <= today).or_else(|| of(today.year() - 1))
    }
}

/// "27/11", "(27/11)", "- 27.11".
fn parse(text: &str) -> Option<(u32, u32)> {
    if text.len() > 16 {
        return None;
    }
    let marks = |c: char| !c.is_alphanumeric() && c != '%';
    let (day, month) = text.trim_matches(marks).split_once(['/', '.', '-'])?;
    let number = |part: &str| -> Option<u32> {
        let fits = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    let (day, month) = (number(day)?, number(month)?);
    ((1..=31).contains(&day) && (1..=12).contains(&month)).then_some((day, month))
}

/// Dates the rows of a list by such days, where most rows have one and they fall as the dates of a list do.
pub fn take(parts: &mut [ReadRow], reading: Reading<'_>) {
    let rows = || parts.iter().filter(|part| part.outcome.is_ok());
    let (count, short) = (rows().count(), rows().filter(|part| part.hint.short.is_some()).count());
    if short < 3 || short * 5 < count * 4 {
        return;
    }
    let today = reading.now.with_timezone(&reading.zone).date_naive();
    let day = |part: &ReadRow| match (&part.outcome, part.hint.short) {
        (Ok(row), _) if row.published.is_known() => row
            .published
            .moment(reading.zone)
            .map(|at| at.with_timezone(&reading.zone).date_naive()),
        (Ok(_), Some(short)) => short.nearest_past(today),
        _ => None,
    };
    let days: Vec<NaiveDate> = parts.iter().filter_map(day).collect();
    let rising = days.windows(2).filter(|pair| pair[0] < pair[1]).count();
    // One in ten may be out of order: a story pinned to the top.
    let falls = rising * 10 <= days.len() && days.iter().collect::<HashSet<_>>().len() >= 3;
    if !falls {
        return;
    }
    for part in parts {
        let Some(short) = part.hint.short else { continue };
        if let Ok(row) = &mut part.outcome
            && !row.published.is_known()
            && let Some(day) = short.nearest_past(today)
        {
            row.published = Published::On(day);
            if let Some(end) = short.title {
                row.title.truncate(end);
            }
        }
    }
}
