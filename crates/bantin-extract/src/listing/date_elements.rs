//! The date of an element: of its visible text and of its attributes.

use chrono::{DateTime, Datelike, Duration};
use dom_query::NodeRef;

use super::super::{Reading, dates, page};
use crate::model::Published;

/// Returns the date of an element. Where the visible text and the attributes agree on the day, the
/// finer of the two. Where they do not, the visible one: attributes in US order are found beside
/// day-first text on one page.
pub fn date_of(node: &NodeRef<'_>, format: Option<&str>, reading: Reading<'_>) -> Published {
    let seen_text = page::visible_text(node);
    if let Some(format) = format {
        let attributes = ["datetime", "content", "title", "data-time", "data-date"]
            .iter()
            .filter_map(|name| node.attr(name));
        let texts = std::iter::once(seen_text).chain(attributes.map(|value| value.to_string()));
        let mut found = texts.map(|text| dates::with_format(&text, format, reading.zone));
        return found.find(|found| found.is_known()).unwrap_or_default();
    }
    date_told(node, &seen_text, reading)
}

/// The same of an element whose text is known.
pub(super) fn date_told(node: &NodeRef<'_>, seen_text: &str, reading: Reading<'_>) -> Published {
    let seen = dates::parse(seen_text, reading.zone, reading.now);
    let inner =
        node.descendants_it().find(|inner| inner.has_name("time") && inner.has_attr("datetime"));
    let (told, is_iso) = ["datetime", "content", "data-time", "data-date", "title"]
        .iter()
        .filter_map(|name| node.attr(name))
        .chain(inner.and_then(|inner| inner.attr("datetime")))
        .map(|value| (dates::parse(&value, reading.zone, reading.now), is_year_first(&value)))
        .find(|(told, _)| told.is_known())
        .unwrap_or_default();
    if stated_alike(node, seen, reading) {
        return told;
    }
    // What is written year first can mean one day only, and shows that "04/11/13" is in US order.
    if is_iso && are_turned(seen, told, reading) {
        return told;
    }
    let vague = told.is_known() && is_vague(seen_text, seen, reading);
    agree(seen, told, vague, reading)
}

/// Returns whether an attribute states an offset of its own and the clock time that a reader sees.
pub(super) fn stated_alike(node: &NodeRef<'_>, seen: Published, reading: Reading<'_>) -> bool {
    let inner = || {
        let inner = node.descendants_it().find(|inner| inner.has_name("time"))?;
        inner.attr("datetime")
    };
    let stated = node.attr("datetime").or_else(inner);
    seen.is_known() && stated.is_some_and(|stated| has_same_figures(seen, &stated, reading))
}

/// Returns whether a visible date equals the stated one on the clock of the stated offset: the page
/// shows that clock, whatever zone was expected.
pub fn has_same_figures(seen: Published, stated: &str, reading: Reading<'_>) -> bool {
    let Ok(stated) = DateTime::parse_from_rfc3339(stated.trim()) else { return false };
    let clock = stated.naive_local();
    match seen {
        Published::At(at) => {
            let shown = at.with_timezone(&reading.zone).naive_local();
            (shown - clock).num_seconds().abs() < 60
        }
        Published::On(day) => day == clock.date(),
        Published::Unknown => false,
    }
}

/// "2013-04-11", as ISO 8601 has it.
pub(super) fn is_year_first(text: &str) -> bool {
    let (year, rest) = text.trim().split_at_checked(4).unwrap_or_default();
    year.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with(['-', '/', '.'])
}

/// Whether two days differ only in which number is the month.
pub(super) fn are_turned(one: Published, other: Published, reading: Reading<'_>) -> bool {
    let day = |published: Published| {
        published.moment(reading.zone).map(|at| at.with_timezone(&reading.zone).date_naive())
    };
    day(one).zip(day(other)).is_some_and(|(one, other)| {
        (one.year(), one.day(), one.month()) == (other.year(), other.month(), other.day())
    })
}

/// "05.19.15": a day in an order that only its neighbours tell.
pub(super) fn written_day(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split(['.', '/', '-']).collect();
    let is_number =
        |part: &&str| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

/// "16:52", "8h05".
pub(super) fn is_clock(text: &str) -> bool {
    let (hours, minutes) = text.trim().split_once([':', 'h']).unwrap_or_default();
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    matches!(hours.len(), 1 | 2) && minutes.len() == 2 && is_number(hours) && is_number(minutes)
}

/// Returns only the beginning of a paragraph, which may hold a place and a date; later dates are
/// those of the events it is about. A shorter text is returned whole.
pub(super) fn beside_prose(text: &str) -> &str {
    /// Letters of a paragraph, and letters before its first sentence.
    const LONG: usize = 120;
    const HEAD: usize = 30;
    if text.ends_with([')', ']']) || text.chars().nth(LONG).is_none() {
        return text;
    }
    text.char_indices().nth(HEAD).map_or(text, |(at, _)| &text[..at])
}

/// Whether it is worth while to look for a date: a sentence without a digit has none, and most text is such.
pub(super) fn may_be_dated(text: &str) -> bool {
    text.len() <= 60 || text.chars().any(char::is_numeric)
}

/// "2 giờ trước", "14:15", "22/5": means another day when it is read on another day, so any attribute knows better.
pub(super) fn is_vague(text: &str, seen: Published, reading: Reading<'_>) -> bool {
    let Some(at) = seen.moment(reading.zone) else { return false };
    // With the year in it, it means this day whenever it is read.
    if text.contains(&at.with_timezone(&reading.zone).year().to_string()) {
        return false;
    }
    let earlier = reading.now - Duration::days(400);
    dates::parse(text, reading.zone, earlier) != seen
}

/// One date from two.
pub fn agree(seen: Published, told: Published, vague: bool, reading: Reading<'_>) -> Published {
    let day = |published: Published| {
        published.moment(reading.zone).map(|at| at.with_timezone(&reading.zone).date_naive())
    };
    match (seen, told) {
        (Published::Unknown, other) | (other, Published::Unknown) => other,
        (_, told) if vague => told,
        (Published::On(_), Published::At(_)) if day(seen) == day(told) => told,
        // The seconds that a reader is not shown.
        (Published::At(seen_at), Published::At(told_at))
            if (told_at - seen_at).num_seconds().abs() < 60 =>
        {
            told
        }
        _ => seen,
    }
}
