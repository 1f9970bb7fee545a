//! Days in all the ways they are written: "22/5/2020", "22 tháng 5 năm 2020", "hôm qua", "May 22, 2020", "22/5".

use chrono::{Datelike, Days, NaiveDate};

use super::ages::number_word;
use super::labels::is_label;
use super::tokens::{DateToken, TokenKind};
use super::{DateReader, YEARS, abroad};

impl DateReader {
    /// Weekdays first: the "năm" of "thứ năm" is no year, the 7 of "thứ 7" no day, and CN is not CH.
    pub(super) fn weekdays(&mut self) {
        for at in 0..self.tokens.len() {
            if self.used[at] {
                continue;
            }
            let next_number = self.token(at + 1).and_then(DateToken::short_number);
            let length = if self.word_is(at, &["thu"]) && next_number.is_some_and(|n| (2..=7).contains(&n))
                || self.word_is(at, &["thu"]) && self.word_is(at + 1, &["hai", "ba", "tu", "nam", "sau", "bay"])
                || self.word_is(at, &["chu"]) && self.word_is(at + 1, &["nhat"])
                // "T7, 07/03": a comma tells it from the month T7.
                || self.word_is(at, &["t"]) && next_number.is_some_and(|n| (2..=7).contains(&n)) && self.is_mark(at + 2, ",")
            {
                2
            } else if self.word_is(at, &["cn"])
                || self.word_is(at, ENGLISH_WEEKDAYS) && next_number.is_none()
                || self.word(at).is_some_and(abroad::is_weekday)
            {
                1
            } else {
                continue;
            };
            self.use_up(at, at + length);
        }
    }

    pub(super) fn days(&mut self) -> Vec<Day> {
        let mut days = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let found = if self.used[at] { None } else { self.day(at) };
            match found {
                Some(day) if !self.is_walled_off(&day) => {
                    self.use_up(day.start, day.end);
                    at = day.end;
                    days.push(day);
                }
                _ => at += 1,
            }
        }
        days
    }

    pub(super) fn day(&self, at: usize) -> Option<Day> {
        self.relative_day(at)
            .or_else(|| self.numeric_day(at))
            .or_else(|| self.worded_day(at))
            .or_else(|| self.month_first(at))
            .or_else(|| self.day_abroad(at))
            .or_else(|| self.ideographic_day(at))
            .or_else(|| self.day_over_year(at))
            .or_else(|| self.bare_day(at))
    }

    pub(super) fn relative_day(&self, at: usize) -> Option<Day> {
        let past = |days| self.today.checked_sub_days(Days::new(days));
        let (date, length) = if self.word_is(at, &["today"]) {
            (Some(self.today), 1)
        } else if self.word_is(at, &["yesterday"]) {
            (past(1), 1)
        } else if let Some(days) = self.word(at).and_then(abroad::days_ago) {
            (past(days), 1)
        } else if self.word_is(at, &["hom"]) && self.word_is(at + 1, &["nay"]) {
            (Some(self.today), 2)
        } else if self.word_is(at, &["hom"]) && self.word_is(at + 1, &["qua"]) {
            (past(1), 2)
        } else if self.word_is(at, &["hom"]) && self.word_is(at + 1, &["kia"]) {
            (past(2), 2)
        } else if self.is_part_of_day(at) && self.word_is(at + 1, &["nay", "qua"]) {
            (past(u64::from(self.word_is(at + 1, &["qua"]))), 2)
        } else if self.word_is(at, &["nay", "qua"])
            && at > 0
            && self.used[at - 1]
            && self.is_part_of_day(at - 1)
        {
            // The clock before it has taken the part of the day: "20:15 tối qua".
            (past(u64::from(self.word_is(at, &["qua"]))), 1)
        } else {
            return None;
        };
        Some(Day { start: at, end: at + length, date: date?, full: false, bare: false })
    }

    fn is_part_of_day(&self, at: usize) -> bool {
        // "tới" and "tôi" fold to the same letters as "tối".
        self.word_is(at, &["sang", "trua", "chieu", "dem"])
            || self.token(at).is_some_and(|token| matches!(&*token.text, "tối" | "toi"))
    }

    /// `22/5/2020`, `22.05.20`, `2020-05-22`.
    pub(super) fn numeric_day(&self, at: usize) -> Option<Day> {
        let separator =
            self.token(at + 1).filter(|token| matches!(&*token.text, "/" | "." | "-"))?;
        if self.token(at + 3)?.text != separator.text {
            return None;
        }
        let [a, b, c] = [self.token(at)?, self.token(at + 2)?, self.token(at + 4)?];
        let middle = b.short_number()?;
        let date = match (a.text.len(), c.text.len()) {
            (4, 1 | 2) => ymd(a.number()?, middle, c.number()?)?,
            (1 | 2, 4) => {
                let (day, year) = (a.number()?, c.number()?);
                // A month above 12 leaves one reading only: a portal left in US order.
                ymd(year, middle, day).or_else(|| ymd(year, day, middle))?
            }
            (1 | 2, 2) => {
                let (day, year) = (a.number()?, self.century(c.number()?)?);
                let american = || (separator.text == "/").then(|| ymd(year, day, middle)).flatten();
                ymd(year, middle, day).or_else(american)?
            }
            _ => return None,
        };
        let full = a.text.len() == 4 || c.text.len() == 4;
        Some(Day { start: at, end: at + 5, date, full, bare: false })
    }

    /// Two digits of a year: this century up to next year, or the nineties, when the first portals were made.
    pub(super) fn century(&self, year: u32) -> Option<u32> {
        let latest = self.today.year().rem_euclid(100) as u32 + 1;
        match year {
            _ if year <= latest => Some(2000 + year),
            90..=99 => Some(1900 + year),
            _ => None,
        }
    }

    /// `22 tháng 5 năm 2020`, `19 thg 5, 2020`, `22-Th5-2020`, `22 May 2020`, and the same without a year.
    pub(super) fn worded_day(&self, at: usize) -> Option<Day> {
        let day = self.token(at)?.short_number()?;
        let mut next = at + 1;
        if self.word_is(next, &["st", "nd", "rd", "th"])
            && self.tokens[next].glued
            && !self.is_number(next + 1)
        {
            next += 1;
        }
        if self.word_is(next, &["of"]) || self.is_mark(next, ",/-.") {
            next += 1;
        }
        let (month, end) = self.month(next)?;
        self.with_year(at, end, day, month)
    }

    /// `10 de marzo de 2016`, `10. März 2016`, `marzo 10, 2016`, `2016. március 10.`: only with a year of four digits, since
    /// these words are others in other languages.
    pub(super) fn day_abroad(&self, at: usize) -> Option<Day> {
        let of = |at: usize| at + usize::from(self.word_is(at, &["de", "di", "del", "of"]));
        let after_mark = |at: usize| at + usize::from(self.is_mark(at, ",/-."));
        if let Some(day) = self.thai_day(at) {
            return Some(day);
        }
        let month = |at: usize| self.word(at).and_then(abroad::month);
        let year = |at: usize| {
            self.token(at).filter(|token| token.text.len() == 4).and_then(DateToken::number)
        };
        let day = |at: usize| self.token(at)?.short_number();
        let (date, end) = if let Some(month_at) = day(at).map(|_| of(after_mark(at + 1)))
            && let Some(month) = month(month_at)
        {
            let year_at = of(after_mark(month_at + 1));
            (ymd(year(year_at)?, month, day(at)?)?, year_at + 1)
        } else if let Some(month) = month(at) {
            let day_at = after_mark(at + 1);
            let year_at = of(after_mark(day_at + 1));
            (ymd(year(year_at)?, month, day(day_at)?)?, year_at + 1)
        } else {
            let month_at = after_mark(at + 1);
            let day_at = after_mark(month_at + 1);
            let date = ymd(year(at)?, month(month_at)?, day(day_at)?)?;
            (date, after_mark(day_at + 1))
        };
        Some(Day { start: at, end, date, full: true, bare: false })
    }

    /// `12 พฤศจิกายน 2562`, `12 พ.ย. 62`: years of the Buddhist era, unless they are of ours.
    fn thai_day(&self, at: usize) -> Option<Day> {
        let day = self.token(at)?.short_number()?;
        let month = self.token(at + 1).filter(|token| token.sort == TokenKind::Word)?;
        let (month, mut next) = match abroad::thai_month(&month.text) {
            Some(month) => (month, at + 2),
            None if self.is_mark(at + 2, ".") => {
                let short = format!("{}.{}", month.text, self.token(at + 3)?.text);
                (abroad::thai_month(&short)?, at + 4 + usize::from(self.is_mark(at + 4, ".")))
            }
            None => return None,
        };
        // "พ.ศ." and "ค.ศ." name the era.
        if self.is_mark(next + 1, ".") && self.token(next + 2).is_some_and(|t| t.text == "ศ") {
            next += 3 + usize::from(self.is_mark(next + 3, "."));
        }
        let year = self.token(next)?;
        let year = match (year.text.len(), year.number()?) {
            (4, year) => year,
            (2, year) => 2_500 + year,
            _ => return None,
        };
        let date = ymd(year, month, day)?;
        Some(Day { start: at, end: next + 1, date, full: true, bare: false })
    }

    /// `2016年3月10日`, `2016년 3월 10일`, `3月10日`.
    pub(super) fn ideographic_day(&self, at: usize) -> Option<Day> {
        // What follows a sign without a blank is of the same word: "10日更新".
        let sign = |at: usize, signs: [char; 2]| {
            self.token(at).is_some_and(|token| token.text.starts_with(signs))
        };
        let is_year = sign(at + 1, ['年', '년']);
        let month_at = if is_year { at + 2 } else { at };
        if !sign(month_at + 1, ['月', '월']) || !sign(month_at + 3, ['日', '일']) {
            return None;
        }
        let month = self.token(month_at)?.short_number()?;
        let day = self.token(month_at + 2)?.short_number()?;
        let date = match is_year {
            true => {
                let year = self.token(at)?;
                ymd(year.number().filter(|_| year.text.len() == 4)?, month, day)?
            }
            false => self.nearest_past(month, day)?,
        };
        Some(Day { start: at, end: month_at + 4, date, full: is_year, bare: false })
    }

    pub(super) fn with_year(
        &self,
        start: usize,
        after_month: usize,
        day: u32,
        month: u32,
    ) -> Option<Day> {
        let mut next = after_month;
        let mark = self.is_mark(next, ",/-.");
        next += usize::from(mark);
        let named = self.word_is(next, &["nam"]);
        next += usize::from(named);
        let year = self
            .token(next)
            .filter(|_| !self.used.get(next).copied().unwrap_or(true))
            .and_then(|token| {
                let year = token.number()?;
                // "19 tháng 5 20 người" has no year.
                match token.text.len() {
                    4 => Some((year, true)),
                    2 if (mark && token.glued || named) && !self.is_mark(next + 1, ":") => {
                        Some((self.century(year)?, false))
                    }
                    // RFC 822 §5.1, "21 May 20 08:26:51": the number between month and clock.
                    2 if self.is_mark(next + 2, ":")
                        && english_month(&self.token(after_month - 1)?.folded).is_some() =>
                    {
                        Some((self.century(year)?, false))
                    }
                    _ => None,
                }
            });
        match year {
            Some((year, full)) => {
                Some(Day { start, end: next + 1, date: ymd(year, month, day)?, full, bare: false })
            }
            None => {
                let date = self.nearest_past(month, day)?;
                Some(Day { start, end: after_month, date, full: false, bare: false })
            }
        }
    }

    /// A month by name or number: value and end.
    pub(super) fn month(&self, at: usize) -> Option<(u32, usize)> {
        let word = self.token(at).filter(|token| token.sort == TokenKind::Word)?;
        if let Some(month) = english_month(&word.folded) {
            return Some((
                month,
                at + 1 + usize::from(self.is_mark(at + 1, ".") && self.tokens[at + 1].glued),
            ));
        }
        if !word.is_one_of(&["thang", "thg", "th", "t"]) {
            return None;
        }
        let mut next = at + 1;
        if self.is_mark(next, ".") {
            next += 1;
        }
        let token = self.token(next)?;
        if let Some(month) = token.short_number() {
            let near = word.is("thang") || word.is("thg") || token.glued;
            return ((1..=12).contains(&month) && near).then_some((month, next + 1));
        }
        let first = month_word(&token.folded)?;
        match self.token(next + 1).map(|token| token.folded.as_str()) {
            Some("mot") if first == 10 => Some((11, next + 2)),
            Some("hai") if first == 10 => Some((12, next + 2)),
            _ => Some((first, next + 1)),
        }
    }

    /// `Tháng Ba 9, 2021`, `May 22, 2020`, `Th5 22, 2020`; `May 22`, of months with English names alone.
    pub(super) fn month_first(&self, at: usize) -> Option<Day> {
        let (month, next) = self.month(at)?;
        let day = self.token(next)?.short_number()?;
        let suffix =
            self.word_is(next + 1, &["st", "nd", "rd", "th"]) && self.tokens[next + 1].glued;
        let after_day = next + 1 + usize::from(suffix);
        let mut next = after_day + usize::from(self.is_mark(after_day, ","));
        // C's asctime has the clock before the year: "May 21 08:26:51 2020".
        let is_english = english_month(&self.token(at)?.folded).is_some();
        if is_english {
            next += self.used[next.min(self.used.len())..].iter().take_while(|used| **used).count();
        }
        let year =
            self.token(next).filter(|token| token.text.len() == 4).and_then(DateToken::number);
        let (end, date, full) = match year {
            Some(year) => (next + 1, ymd(year, month, day)?, true),
            None if is_english => (after_day, self.nearest_past(month, day)?, false),
            None => return None,
        };
        Some(Day { start: at, end, date, full, bare: false })
    }

    /// `22/05 2020`, `22 05/2020`: the parts of a calendar leaf, one below the other, with no words
    /// after them.
    fn day_over_year(&self, at: usize) -> Option<Day> {
        let parts = at.checked_add(4).and_then(|end| self.tokens.get(at..end))?;
        let [day, month, year] = match parts {
            [day, mark, month, year]
                if mark.glued && month.glued && self.is_mark(at + 1, "/.-") =>
            {
                [day, month, year]
            }
            [day, month, mark, year] if mark.glued && year.glued && self.is_mark(at + 2, "/.-") => {
                [day, month, year]
            }
            _ => return None,
        };
        let is_apart = match self.is_number(at + 1) {
            true => !month.glued,
            false => !year.glued,
        };
        let goes_on = self.token(at + 4).is_some_and(|next| {
            let is_clock = self.is_mark(at + 5, ":") || self.word_is(at + 5, &["h", "g", "gio"]);
            next.glued
                || next.sort == TokenKind::Word
                || next.sort == TokenKind::Number && !is_clock
        });
        // "quý 3 09/2018" counts something else.
        let is_counted = at.checked_sub(1).is_some_and(|before| {
            let word = &self.tokens[before];
            word.sort == TokenKind::Word && !self.used[before] && !is_label(&word.folded)
        });
        if !is_apart || goes_on || is_counted || year.text.len() != 4 {
            return None;
        }
        let date = ymd(year.number()?, month.short_number()?, day.short_number()?)?;
        Some(Day { start: at, end: at + 4, date, full: true, bare: false })
    }

    /// `22/5` without a year.
    pub(super) fn bare_day(&self, at: usize) -> Option<Day> {
        let separator = self
            .token(at + 1)
            .filter(|token| token.glued && matches!(&*token.text, "/" | "." | "-"))?;
        let (day, month) = (self.token(at)?.short_number()?, self.token(at + 2)?.short_number()?);
        if !self.tokens[at + 2].glued
            || self
                .token(at + 3)
                .is_some_and(|t| t.glued && t.text == separator.text && self.is_number(at + 4))
        {
            return None;
        }
        let date = self.nearest_past(month, day)?;
        Some(Day { start: at, end: at + 3, date, full: false, bare: true })
    }

    /// This year's, or last year's where this year's lies ahead.
    pub(super) fn nearest_past(&self, month: u32, day: u32) -> Option<NaiveDate> {
        let this_year = NaiveDate::from_ymd_opt(self.today.year(), month, day);
        match this_year {
            Some(date) if date <= self.today => Some(date),
            _ => NaiveDate::from_ymd_opt(self.today.year() - 1, month, day),
        }
    }

    /// Digits that are part of something longer: "12/5/2020/QĐ-UBND", "10.5.2020.1".
    pub(super) fn is_walled_off(&self, day: &Day) -> bool {
        let first = &self.tokens[day.start];
        if first.glued && day.start > 0 {
            let before = day.start - 1;
            if !self.used[before] {
                let token = &self.tokens[before];
                let word = token.sort == TokenKind::Word && !is_label(&token.folded);
                let part = self.is_mark(before, "/.-")
                    && token.glued
                    && before > 0
                    && !self.used[before - 1]
                    && (self.is_number(before - 1) || self.is_mark(before, "/"));
                if word || part || token.text == "+" {
                    return true;
                }
            }
        }
        let Some(next) = self.token(day.end).filter(|token| token.glued && !self.used[day.end])
        else {
            return false;
        };
        match next.sort {
            // "12/11/2026Lượt xem": two elements without a blank between them.
            TokenKind::Word => {
                let goes_on = is_label(&next.folded)
                    || next.is_one_of(&["t", "z"])
                    || next.is_capitalised && day.full;
                !goes_on
            }
            TokenKind::Number => true,
            TokenKind::Mark => {
                let beyond =
                    self.token(day.end + 1).filter(|token| token.glued && !self.used[day.end + 1]);
                match &*next.text {
                    "/" | "-" => beyond.is_some_and(|token| {
                        token.sort != TokenKind::Mark && !is_label(&token.folded)
                    }),
                    "." | "%" => {
                        beyond.is_some_and(|token| token.sort == TokenKind::Number)
                            || next.text == "%"
                    }
                    _ => false,
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) date: NaiveDate,
    /// The year was written in four digits; it is accepted at any place.
    pub(super) full: bool,
    /// Day and month alone: needs something beside it that says it is a date.
    pub(super) bare: bool,
}

pub(super) const ENGLISH_WEEKDAYS: &[&str] = &[
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

pub(super) fn english_month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let short = word.len() == 3 || word == "sept";
    let at = MONTHS.iter().position(|month| *month == word || short && month.starts_with(word))?;
    Some(at as u32 + 1)
}

pub(super) fn month_word(word: &str) -> Option<u32> {
    let month = match word {
        "gieng" => 1,
        "tu" => 4,
        "chap" => 12,
        _ => number_word(word)?,
    };
    Some(month)
}

pub(super) fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    /// The Buddhist era, which Thailand counts in, is so many years ahead; nothing else has such years.
    const BUDDHIST: u32 = 543;
    let year = if year > 2_400 { year - BUDDHIST } else { year };
    let year = i32::try_from(year).ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}
