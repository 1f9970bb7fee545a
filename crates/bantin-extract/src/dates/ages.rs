//! How long ago something was published: "2 giờ trước", "vừa xong", "3 days ago".

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, Utc};

use super::labels::is_label;
use super::tokens::{DateToken, TokenKind};
use super::{DateReader, YEARS};
use crate::model::Published;

/// Words before an age that say that it is not exact.
const ABOUT: &[&str] = &["khoang", "about", "hon", "gan", "over", "almost", "nearly"];

impl DateReader {
    /// "2 giờ trước", "cách đây 2 giờ", "vài giây trước", "vừa xong".
    pub(super) fn ago(&mut self) -> Option<Published> {
        for at in 0..self.tokens.len() {
            if self.word_is(at, &["vua"]) && self.word_is(at + 1, &["xong", "dang", "moi", "cap"])
                || self.word_is(at, &["just"]) && self.word_is(at + 1, &["now"])
            {
                self.use_up(at, at + 2);
                return Some(Published::At(self.now));
            }
            let from_here = self.word_is(at, &["cach"]) && self.word_is(at + 1, &["day"]);
            let mut next = if from_here { at + 2 } else { at };
            if self.word_is(next, ABOUT) {
                next += 1;
            }
            let mut steps = Vec::new();
            let mut is_short = false;
            while let Some((step, end)) = self.step(next) {
                steps.push(step);
                next = end;
            }
            if steps.is_empty()
                && let Some((step, end)) = self.short_step(next)
            {
                steps.push(step);
                (next, is_short) = (end, true);
            }
            let ends = self.word_is(next, &["truoc", "ago"]);
            if steps.is_empty() || !(from_here && !is_short || ends) || self.used[at] {
                continue;
            }
            self.use_up(at, next + usize::from(ends));
            return back(self.now, self.today, &steps);
        }
        None
    }

    /// Whether what is left beside an age is set apart from it and no sentence: "2 giờ trước · Thời sự", "Báo Mẫu | 2 giờ
    /// trước (35 bình luận)".
    pub(super) fn only_asides_left(&self) -> bool {
        /// Words of a section and a counter.
        const MOST: usize = 8;
        let is_taken = |at: usize| {
            self.used[at]
                || self.tokens[at].sort == TokenKind::Word && is_label(&self.tokens[at].folded)
        };
        let (Some(first), Some(last)) =
            (self.used.iter().position(|used| *used), self.used.iter().rposition(|used| *used))
        else {
            return false;
        };
        let is_apart = |at: usize| {
            self.is_mark(at, "|·•(–—")
                || self.is_mark(at, "-/,") && self.token(at + 1).is_some_and(|next| !next.glued)
        };
        let before = (0..first).rev().find(|at| !is_taken(*at));
        let after = (last + 1..self.tokens.len()).find(|at| !is_taken(*at));
        let words = (0..self.tokens.len())
            .filter(|at| !is_taken(*at) && self.tokens[*at].sort != TokenKind::Mark)
            .count();
        words <= MOST
            && before.is_none_or(is_apart)
            && after.is_none_or(is_apart)
            && (0..self.tokens.len()).all(|at| is_taken(at) || !self.is_mark(at, ":?!"))
    }

    /// "2h", "15p", "5'", "3d": units so short that only a following word for "ago" makes an age of
    /// them.
    fn short_step(&self, at: usize) -> Option<((u32, Unit), usize)> {
        let count = self.token(at)?.number()?;
        let unit = match self.token(at + 1)?.folded.as_str() {
            "h" | "g" => Unit::Hour,
            "p" | "ph" | "m" | "'" | "’" | "′" => Unit::Minute,
            "s" => Unit::Second,
            "d" => Unit::Day,
            "w" => Unit::Week,
            "y" => Unit::Year,
            _ => return None,
        };
        Some(((count, unit), at + 2))
    }

    /// A number and a unit of time.
    pub(super) fn step(&self, at: usize) -> Option<((u32, Unit), usize)> {
        let token = self.token(at)?;
        let unit = Unit::of(self.token(at + 1)?)?;
        let count = match token.number() {
            Some(count) => count,
            // Only seconds are so short that "some" of them does not matter.
            None if unit == Unit::Second && (token.is("vai") || token.is("few")) => 0,
            None => number_word(&token.folded)?,
        };
        Some(((count, unit), at + 2))
    }
}

pub(super) fn number_word(word: &str) -> Option<u32> {
    Some(match word {
        "mot" | "a" | "an" | "one" => 1,
        "hai" | "two" => 2,
        "ba" | "three" => 3,
        "bon" | "four" => 4,
        "nam" | "five" => 5,
        "sau" | "six" => 6,
        "bay" | "seven" => 7,
        "tam" | "eight" => 8,
        "chin" | "nine" => 9,
        "muoi" | "ten" => 10,
        _ => return None,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn of(token: &DateToken) -> Option<Self> {
        Some(match token.folded.as_str() {
            "giay" | "second" | "seconds" | "sec" | "secs" => Unit::Second,
            "phut" | "minute" | "minutes" | "min" | "mins" => Unit::Minute,
            "gio" | "tieng" | "hour" | "hours" | "hr" | "hrs" => Unit::Hour,
            "ngay" | "hom" | "day" | "days" => Unit::Day,
            "tuan" | "week" | "weeks" => Unit::Week,
            "thang" | "month" | "months" => Unit::Month,
            "nam" | "year" | "years" => Unit::Year,
            _ => return None,
        })
    }
}

/// So long ago: a moment where the units are finer than a day, a day otherwise.
pub(super) fn back(
    now: DateTime<Utc>,
    today: NaiveDate,
    steps: &[(u32, Unit)],
) -> Option<Published> {
    let (mut at, mut day, mut fine) = (now, today, false);
    for (count, unit) in steps {
        let count = *count;
        let seconds = match unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day | Unit::Week => {
                day = day.checked_sub_days(Days::new(
                    u64::from(count) * if *unit == Unit::Week { 7 } else { 1 },
                ))?;
                at = at.checked_sub_days(Days::new(
                    u64::from(count) * if *unit == Unit::Week { 7 } else { 1 },
                ))?;
                continue;
            }
            Unit::Month | Unit::Year => {
                let months = Months::new(count * if *unit == Unit::Year { 12 } else { 1 });
                day = day.checked_sub_months(months)?;
                at = at.checked_sub_months(months)?;
                continue;
            }
        };
        at = at.checked_sub_signed(Duration::seconds(i64::from(count) * seconds))?;
        fine = true;
    }
    let published = if fine { Published::At(at) } else { Published::On(day) };
    YEARS.contains(&if fine { at.year() } else { day.year() }).then_some(published)
}
