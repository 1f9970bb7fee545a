//! What the rows of a list tell about the dates of one another: a list has one manner, row after row.

use dom_query::NodeId;

use super::super::{Reading, dates};
use super::ReadRow;
use super::short_days::ShortDay;
use crate::dates::order::{self, AroundRows, RowDate, Written};
use crate::model::Published;

/// What the texts of a row say, that alone is not enough.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint {
    /// A date among other words, of a row without another.
    pub loose: Published,
    /// The numbers of its date as it is written.
    pub written: Option<Written>,
    /// A day without a year, of a row without another date.
    pub short: Option<ShortDay>,
    /// Its date is today's for no other reason than a clock: "02:02" may be how long a film lasts.
    pub clock: bool,
}

impl Hint {
    /// `is_other`: whether the date of a segment is of effect, an end or a deadline.
    pub fn of<'s>(
        segments: &'s [(NodeId, String)],
        published: Published,
        is_other: &dyn Fn(usize, Published) -> bool,
        reading: Reading<'_>,
    ) -> Self {
        /// Letters of a line about a row; what is longer speaks of something.
        const LINE: usize = 100;
        /// Letters in which the numbers of a date that was read are looked for.
        const PARAGRAPH: usize = 400;
        let texts = segments.iter().enumerate().map(|(nth, (_, text))| (nth, &**text));
        let lines = texts.filter(|(_, text)| {
            text.bytes().filter(u8::is_ascii_digit).count() >= 3 && text.chars().count() <= LINE
        });
        // A date may also begin a paragraph, or end a long line.
        let begin =
            |text: &'s str| text.char_indices().nth(PARAGRAPH).map_or(text, |(at, _)| &text[..at]);
        let written_as = |found: Published| {
            let day = found.moment(reading.zone)?.with_timezone(&reading.zone).date_naive();
            let mut texts = segments.iter().map(|(_, text)| begin(text));
            texts.find_map(|text| order::written_as(text, day))
        };
        if published.is_known() {
            return Hint { written: written_as(published), ..Hint::default() };
        }
        let loose = lines
            .clone()
            .map(|(nth, text)| (nth, dates::parse(text, reading.zone, reading.now)))
            .find(|(nth, found)| found.is_known() && !is_other(*nth, *found))
            .map(|(_, found)| found)
            .unwrap_or_default();
        let written = match loose.is_known() {
            true => written_as(loose),
            false => lines.clone().find_map(|(_, text)| order::written(text)),
        };
        Hint { loose, written, ..Hint::default() }
    }
}

/// Gives the rows of an undated list the dates among their other words, where most rows have one: a
/// date in the same line of each row belongs to the row.
pub fn take_regular(parts: &mut [ReadRow]) {
    let rows = || parts.iter().filter(|part| part.outcome.is_ok());
    let is_dated = |part: &&ReadRow| matches!(&part.outcome, Ok(row) if row.published.is_known());
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

/// Reads "6/08/23" as the eighth of June where the list shows that its dates are month first.
pub fn put_month_first(parts: &mut [ReadRow], around: &impl AroundRows, reading: Reading<'_>) {
    if parts.iter().all(|part| part.hint.written.is_none()) {
        return;
    }
    let rows: Vec<RowDate<'_>> = parts
        .iter()
        .filter_map(|part| {
            let row = part.outcome.as_ref().ok()?;
            Some(RowDate { written: part.hint.written, found: row.published, url: &row.url })
        })
        .collect();
    if !order::is_month_first(&rows, around, reading) {
        return;
    }
    for part in parts {
        if let (Ok(row), Some(written)) = (&mut part.outcome, part.hint.written)
            && let Some(turned) = order::turned(row.published, written, reading)
        {
            row.published = turned;
        }
    }
}

/// Takes dates away that are nothing but a clock, unless the list is one of today's news: those come first, the newest at
/// the top, and what follows them is dated otherwise. Else the clock is as likely how long a film lasts.
pub fn drop_lengths(parts: &mut [ReadRow]) {
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
    // One in ten may be out of order: a story pinned to the top, a correction.
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

fn date_of(part: &ReadRow) -> Published {
    part.outcome.as_ref().map(|row| row.published).unwrap_or_default()
}
