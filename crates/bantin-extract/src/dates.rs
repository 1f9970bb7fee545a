//! Dates as Vietnamese portals write them, day before month, and the international forms behind them. A wrong date is
//! worse than none: what could be a fraction, a document number, a span of years or a phone number gives none.
//!
//! A text is cut into numbers, words and marks; days, times and weekdays are looked for among them; what is left over
//! decides how much to believe. [`alone`] wants nothing left over but labels, [`parse`] is for the field that holds the
//! date, [`find`] for a text that may say anything.

mod abroad;

use std::ops::RangeInclusive;

use chrono::{
    DateTime, Datelike, Days, Duration, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime,
    TimeZone, Utc,
};
use chrono_tz::Tz;

use super::text::{clean, fold};
use crate::model::Published;

/// What a date was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    Updated,
    None,
    Published,
}

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

/// By a strftime pattern; SA and CH are read as AM and PM. The pattern may stand anywhere in the text.
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
    let tokens = tokens(&text);
    let mut reader = Reader {
        used: vec![false; tokens.len()],
        tokens,
        zone,
        now,
        today: now.with_timezone(&zone).date_naive(),
    };
    reader.read(trust)
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
                    .any(|word| abroad::days_ago(word).is_some())
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

/// Hours of the zones that RFC 822 §5.1 knows by name, besides GMT: from UTC eastwards.
fn american_hours(name: &str) -> Option<i32> {
    match name {
        "edt" => Some(-4),
        "est" | "cdt" => Some(-5),
        "cst" | "mdt" => Some(-6),
        "mst" | "pdt" => Some(-7),
        "pst" => Some(-8),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Word,
    Mark,
}

#[derive(Debug)]
struct Token {
    sort: Sort,
    /// Lower case, as accented as the page had it.
    text: String,
    folded: String,
    /// Nothing between this and the token before.
    glued: bool,
}

impl Token {
    fn number(&self) -> Option<u32> {
        (self.sort == Sort::Number && self.text.len() <= 4)
            .then(|| self.text.parse().ok())
            .flatten()
    }

    fn short_number(&self) -> Option<u32> {
        self.number().filter(|_| self.text.len() <= 2)
    }

    fn is(&self, folded: &str) -> bool {
        self.folded == folded
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.folded.as_str())
    }
}

fn tokens(text: &str) -> Vec<Token> {
    use unicode_normalization::UnicodeNormalization;

    let mut tokens: Vec<Token> = Vec::new();
    let mut glued = false;
    for letter in text.nfkc().flat_map(char::to_lowercase) {
        let sort = match letter {
            ' ' => {
                glued = false;
                continue;
            }
            '0'..='9' => Sort::Number,
            _ if letter.is_alphabetic()
                || unicode_normalization::char::is_combining_mark(letter) =>
            {
                Sort::Word
            }
            _ => Sort::Mark,
        };
        let letter = match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{2044}' | '\u{2215}' => '/',
            other => other,
        };
        match tokens.last_mut() {
            Some(last) if glued && last.sort == sort && sort != Sort::Mark => {
                last.text.push(letter)
            }
            _ => tokens.push(Token { sort, text: letter.into(), folded: String::new(), glued }),
        }
        glued = true;
    }
    for token in &mut tokens {
        token.folded = if token.text.is_ascii() { token.text.clone() } else { fold(&token.text) };
    }
    tokens
}

#[derive(Debug, Clone, Copy)]
struct Day {
    start: usize,
    end: usize,
    date: NaiveDate,
    /// The year was written, in four digits: believed wherever it stands.
    full: bool,
    /// Day and month alone: needs something beside it that says it is a date.
    bare: bool,
}

#[derive(Debug, Clone, Copy)]
struct Time {
    start: usize,
    end: usize,
    /// None: the hour cannot be told ("00:15 CH").
    time: Option<NaiveTime>,
    offset: Option<FixedOffset>,
    /// Written with a colon, as clocks do and sentences seldom.
    digital: bool,
}

struct Reader {
    tokens: Vec<Token>,
    used: Vec<bool>,
    zone: Tz,
    now: DateTime<Utc>,
    today: NaiveDate,
}

impl Reader {
    fn read(&mut self, trust: Trust) -> Option<(Published, Label)> {
        self.weekdays();
        if let Some(ago) = self.ago() {
            return self.only_labels_left().then_some((ago, Label::None));
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
        match self.choose(&believed, &times) {
            Some(day) => {
                Some((self.with_time(&day, &believed, &times, trust), self.label(&day, &believed)))
            }
            None if believed.is_empty() && trust != Trust::Prose => self.time_of_today(&times),
            None => None,
        }
    }

    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    fn is_mark(&self, at: usize, marks: &str) -> bool {
        self.token(at).is_some_and(|token| token.sort == Sort::Mark && marks.contains(&*token.text))
    }

    fn word_is(&self, at: usize, words: &[&str]) -> bool {
        self.token(at).is_some_and(|token| token.sort == Sort::Word && token.is_one_of(words))
    }

    /// A word, folded.
    fn word(&self, at: usize) -> Option<&str> {
        self.token(at).filter(|token| token.sort == Sort::Word).map(|token| &*token.folded)
    }

    fn use_up(&mut self, start: usize, end: usize) {
        self.used[start..end].fill(true);
    }

    /// Weekdays first: the "năm" of "thứ năm" is no year, the 7 of "thứ 7" no day, and CN is not CH.
    fn weekdays(&mut self) {
        for at in 0..self.tokens.len() {
            if self.used[at] {
                continue;
            }
            let next_number = self.token(at + 1).and_then(Token::short_number);
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

    /// "2 giờ trước", "cách đây 2 giờ", "vài giây trước", "vừa xong".
    fn ago(&mut self) -> Option<Published> {
        for at in 0..self.tokens.len() {
            if self.word_is(at, &["vua"]) && self.word_is(at + 1, &["xong", "dang", "moi"])
                || self.word_is(at, &["just"]) && self.word_is(at + 1, &["now"])
            {
                self.use_up(at, at + 2);
                return Some(Published::At(self.now));
            }
            let from_here = self.word_is(at, &["cach"]) && self.word_is(at + 1, &["day"]);
            let mut next = if from_here { at + 2 } else { at };
            if self.word_is(next, &["khoang", "about"]) {
                next += 1;
            }
            let mut steps = Vec::new();
            while let Some((step, end)) = self.step(next) {
                steps.push(step);
                next = end;
            }
            let ends = self.word_is(next, &["truoc", "ago"]);
            if steps.is_empty() || !(from_here || ends) || self.used[at] {
                continue;
            }
            self.use_up(at, next + usize::from(ends));
            return back(self.now, self.today, &steps);
        }
        None
    }

    /// A number and a unit of time.
    fn step(&self, at: usize) -> Option<((u32, Unit), usize)> {
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

    fn times(&mut self) -> Vec<Time> {
        let mut times = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            match self.time(at) {
                Some(time) => {
                    self.use_up(time.start, time.end);
                    at = time.end;
                    times.push(time);
                }
                None => at += 1,
            }
        }
        times
    }

    fn time(&self, at: usize) -> Option<Time> {
        let hour = self.token(at)?.short_number().filter(|hour| *hour <= 24 && !self.used[at])?;
        if self.token(at)?.glued
            && at > 0
            && self.is_mark(at - 1, "+.:")
            && self.token(at.checked_sub(2)?)?.sort == Sort::Number
        {
            return None;
        }
        // What follows a "+" is an offset, with or without a time before it.
        if self.token(at)?.glued && at > 0 && self.is_mark(at - 1, "+") {
            return None;
        }
        let (minute, second, mut end, digital) =
            self.colon_time(at).or_else(|| self.worded_time(at))?;
        let (half, after) = self.half_of_day(end);
        end = after;
        let (offset, end) = self.offset(end);
        let hour = half.map_or(Some(hour), |half| half.hour(hour));
        let time = match hour {
            Some(hour) => Some(NaiveTime::from_hms_opt(hour, minute, second)?),
            None => None,
        };
        Some(Time { start: at, end, time, offset, digital })
    }

    /// `8:26`, `08:26:51`, `08:26:51.123`: minute, second, end.
    fn colon_time(&self, at: usize) -> Option<(u32, u32, usize, bool)> {
        let two_digits =
            |at: usize| self.token(at).filter(|t| t.text.len() == 2)?.number().filter(|n| *n < 60);
        if !self.is_mark(at + 1, ":") {
            return None;
        }
        let minute = two_digits(at + 2)?;
        let Some(second) =
            two_digits(at + 4).filter(|_| self.is_mark(at + 3, ":") && self.tokens[at + 3].glued)
        else {
            return Some((minute, 0, at + 3, true));
        };
        let fraction = self.is_mark(at + 5, ".,")
            && self.tokens[at + 5].glued
            && self.token(at + 6).is_some_and(|t| t.glued && t.sort == Sort::Number);
        Some((minute, second, if fraction { at + 7 } else { at + 5 }, true))
    }

    /// `14h15`, `14h`, `14g30`, `14 giờ 15 phút`.
    fn worded_time(&self, at: usize) -> Option<(u32, u32, usize, bool)> {
        let word = self.token(at + 1)?;
        let is_hour = word.is_one_of(&["h", "gio"])
            || word.is("g") && word.glued && self.token(at + 2).is_some_and(|t| t.glued);
        if !is_hour || word.sort != Sort::Word {
            return None;
        }
        let minute = self.token(at + 2).and_then(Token::short_number).filter(|minute| *minute < 60);
        // In "8 giờ 22/5/2020" the 22 is the day.
        let is_day = self.is_mark(at + 3, "/.-")
            && self.tokens[at + 3].glued
            && self.token(at + 4).is_some_and(|t| t.glued && t.sort == Sort::Number)
            || self.word_is(at + 3, &["thang", "thg", "th", "t"]);
        match minute {
            Some(minute) if !is_day => {
                let mut end = at + 3;
                if self.word_is(end, &["phut", "ph", "p"]) || self.is_mark(end, "'’") {
                    end += 1;
                }
                Some((minute, 0, end, false))
            }
            _ => Some((0, 0, at + 2, false)),
        }
    }

    fn half_of_day(&self, at: usize) -> (Option<Half>, usize) {
        let Some(token) = self.token(at) else { return (None, at) };
        let half = match (token.folded.as_str(), token.text.as_str()) {
            ("sa" | "am" | "sang", _) => Half::Morning,
            ("ch" | "pm", _) => Half::Afternoon,
            ("trua", _) => Half::Noon,
            ("chieu", _) => Half::Afternoon,
            // "tới" and "tôi" fold to the same letters.
            (_, "tối" | "toi") => Half::Evening,
            (_, "đêm" | "dem") => Half::Night,
            ("a" | "p", _) if self.is_mark(at + 1, ".") && self.word_is(at + 2, &["m"]) => {
                let half = if token.is("a") { Half::Morning } else { Half::Afternoon };
                return (Some(half), at + 3 + usize::from(self.is_mark(at + 3, ".")));
            }
            _ => return (None, at),
        };
        (Some(half), at + 1)
    }

    /// `Z`, `+07:00`, `+0700`, `GMT+7`, `(GMT+7)`, also with a blank before.
    fn offset(&self, at: usize) -> (Option<FixedOffset>, usize) {
        let none = (None, at);
        let opened = self.is_mark(at, "([");
        let mut next = at + usize::from(opened);
        if self.word_is(next, &["z"]) && self.tokens[next].glued {
            return (FixedOffset::east_opt(0), next + 1);
        }
        if let Some(hours) = self.token(next).and_then(|token| american_hours(&token.folded)) {
            let end = next + 1 + usize::from(opened && self.is_mark(next + 1, ")]"));
            return (FixedOffset::east_opt(hours * 3600), end);
        }
        let named = self.word_is(next, &["gmt", "utc", "ict"]);
        if named {
            next += 1;
        }
        let signed =
            self.is_mark(next, "+") || self.is_mark(next, "-") && self.is_minus(next, named);
        if !signed {
            let Some(name) = self.token(next.wrapping_sub(1)).filter(|_| named) else {
                return none;
            };
            let hours = if name.is("ict") { 7 } else { 0 };
            return (
                FixedOffset::east_opt(hours * 3600),
                next + usize::from(opened && self.is_mark(next, ")]")),
            );
        }
        let sign = if self.is_mark(next, "-") { -1 } else { 1 };
        let Some(digits) = self.token(next + 1).filter(|token| token.sort == Sort::Number) else {
            return none;
        };
        let (hours, minutes, end) = match (digits.text.len(), digits.number()) {
            (4, Some(both)) => (both / 100, both % 100, next + 2),
            (1 | 2, Some(hours)) if self.is_mark(next + 2, ":") => {
                match self.token(next + 3).and_then(Token::short_number) {
                    Some(minutes) => (hours, minutes, next + 4),
                    None => return none,
                }
            }
            (1 | 2, Some(hours)) => (hours, 0, next + 2),
            _ => return none,
        };
        if hours > 14 || minutes > 59 {
            return none;
        }
        let end = end + usize::from(opened && self.is_mark(end, ")]"));
        (FixedOffset::east_opt(sign * (hours as i32 * 3600 + minutes as i32 * 60)), end)
    }

    /// A minus is an offset's only where no dash can stand: behind a zone's name, or before four digits that are no year.
    fn is_minus(&self, at: usize, named: bool) -> bool {
        let Some(digits) =
            self.token(at + 1).filter(|token| token.glued && token.sort == Sort::Number)
        else {
            return false;
        };
        let four = digits.text.len() == 4
            && matches!(&digits.text[2..], "00" | "15" | "30" | "45")
            && digits.text.as_str() < "1300";
        let colon = self.tokens[at].glued
            && digits.text.len() == 2
            && self.is_mark(at + 2, ":")
            && self.follows_iso_time(at);
        named || four || colon
    }

    fn follows_iso_time(&self, at: usize) -> bool {
        self.tokens[..at].iter().rev().take(8).any(|token| token.is("t") && token.glued)
    }

    fn days(&mut self) -> Vec<Day> {
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

    fn day(&self, at: usize) -> Option<Day> {
        self.relative_day(at)
            .or_else(|| self.numeric_day(at))
            .or_else(|| self.worded_day(at))
            .or_else(|| self.month_first(at))
            .or_else(|| self.day_abroad(at))
            .or_else(|| self.ideographic_day(at))
            .or_else(|| self.bare_day(at))
    }

    fn relative_day(&self, at: usize) -> Option<Day> {
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
        } else {
            return None;
        };
        Some(Day { start: at, end: at + length, date: date?, full: false, bare: false })
    }

    /// `22/5/2020`, `22.05.20`, `2020-05-22`.
    fn numeric_day(&self, at: usize) -> Option<Day> {
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
    fn century(&self, year: u32) -> Option<u32> {
        let latest = self.today.year().rem_euclid(100) as u32 + 1;
        match year {
            _ if year <= latest => Some(2000 + year),
            90..=99 => Some(1900 + year),
            _ => None,
        }
    }

    /// `22 tháng 5 năm 2020`, `19 thg 5, 2020`, `22-Th5-2020`, `22 May 2020`, and the same without a year.
    fn worded_day(&self, at: usize) -> Option<Day> {
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
    fn day_abroad(&self, at: usize) -> Option<Day> {
        let of = |at: usize| at + usize::from(self.word_is(at, &["de", "di", "del", "of"]));
        let after_mark = |at: usize| at + usize::from(self.is_mark(at, ",/-."));
        let month = |at: usize| self.word(at).and_then(abroad::month);
        let year = |at: usize| {
            self.token(at).filter(|token| token.text.len() == 4).and_then(Token::number)
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

    /// `2016年3月10日`, `2016년 3월 10일`, `3月10日`.
    fn ideographic_day(&self, at: usize) -> Option<Day> {
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

    fn is_number(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.sort == Sort::Number)
    }

    fn with_year(&self, start: usize, after_month: usize, day: u32, month: u32) -> Option<Day> {
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
                    // RFC 822 §5.1, "21 May 20 08:26:51": what stands between month and clock.
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
    fn month(&self, at: usize) -> Option<(u32, usize)> {
        let word = self.token(at).filter(|token| token.sort == Sort::Word)?;
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
    fn month_first(&self, at: usize) -> Option<Day> {
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
        let year = self.token(next).filter(|token| token.text.len() == 4).and_then(Token::number);
        let (end, date, full) = match year {
            Some(year) => (next + 1, ymd(year, month, day)?, true),
            None if is_english => (after_day, self.nearest_past(month, day)?, false),
            None => return None,
        };
        Some(Day { start: at, end, date, full, bare: false })
    }

    /// `22/5` without a year.
    fn bare_day(&self, at: usize) -> Option<Day> {
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
    fn nearest_past(&self, month: u32, day: u32) -> Option<NaiveDate> {
        let this_year = NaiveDate::from_ymd_opt(self.today.year(), month, day);
        match this_year {
            Some(date) if date <= self.today => Some(date),
            _ => NaiveDate::from_ymd_opt(self.today.year() - 1, month, day),
        }
    }

    /// Digits that are part of something longer: "12/5/2020/QĐ-UBND", "10.5.2020.1".
    fn is_walled_off(&self, day: &Day) -> bool {
        let first = &self.tokens[day.start];
        if first.glued && day.start > 0 {
            let before = day.start - 1;
            if !self.used[before] {
                let token = &self.tokens[before];
                let word = token.sort == Sort::Word && !is_label(&token.folded);
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
            Sort::Word => !is_label(&next.folded) && !next.is_one_of(&["t", "z"]),
            Sort::Number => true,
            Sort::Mark => {
                let beyond =
                    self.token(day.end + 1).filter(|token| token.glued && !self.used[day.end + 1]);
                match &*next.text {
                    "/" | "-" => beyond
                        .is_some_and(|token| token.sort != Sort::Mark && !is_label(&token.folded)),
                    "." | "%" => {
                        beyond.is_some_and(|token| token.sort == Sort::Number) || next.text == "%"
                    }
                    _ => false,
                }
            }
        }
    }

    /// "ngày 22/5", "thứ sáu, 22/5" or a clock time beside it; "24/7" and "3/4" alone are no days.
    fn is_called_a_day(&self, day: &Day, times: &[Time]) -> bool {
        let called = (day.start.saturating_sub(3)..day.start).any(|at| {
            self.word_is(at, &["ngay", "hom", "mung"])
                || self.used[at] && self.tokens[at].sort == Sort::Word && !self.in_time(at, times)
        });
        called || self.time_beside(day, times).is_some()
    }

    fn in_time(&self, at: usize, times: &[Time]) -> bool {
        times.iter().any(|time| (time.start..time.end).contains(&at))
    }

    /// In a text about something else: brackets at an end, a label, a clock beside it, or few words around.
    fn stands_out(&self, day: &Day, times: &[Time]) -> bool {
        let clock = self.time_beside(day, times).is_some_and(|time| time.digital);
        let words = self.tokens.iter().zip(&self.used).filter(|(token, used)| {
            !**used && token.sort == Sort::Word && !is_label(&token.folded)
        });
        let at_end =
            day.start == 0 || self.tokens[day.end..].iter().all(|token| token.sort == Sort::Mark);
        clock
            || self.own_label(day) != Label::None
            || self.is_bracketed(day)
            || at_end && words.count() <= 4
    }

    fn is_bracketed(&self, day: &Day) -> bool {
        let opens = (0..day.start)
            .rev()
            .take_while(|at| self.is_glue(*at) || self.used[*at])
            .find(|at| self.is_mark(*at, "(["));
        let closes = (day.end..self.tokens.len())
            .take_while(|at| self.is_glue(*at) || self.used[*at])
            .find(|at| self.is_mark(*at, ")]"));
        match (opens, closes) {
            (Some(open), Some(close)) => {
                let edge = |mut tokens: std::slice::Iter<'_, Token>| {
                    tokens.all(|token| token.sort == Sort::Mark)
                };
                edge(self.tokens[..open].iter()) || edge(self.tokens[close..].iter())
            }
            _ => false,
        }
    }

    /// Between a day and its time there are only marks and such words.
    fn is_glue(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        match token.sort {
            Sort::Mark => matches!(
                &*token.text,
                "," | "-" | "|" | "(" | ")" | "[" | "]" | "." | ":" | "@" | "·" | "•" | "/" | ";"
            ),
            Sort::Word => token.is_one_of(&[
                "luc", "vao", "hoi", "t", "at", "on", "ngay", "gio", "hom", "thoi", "gian", "nhat",
            ]),
            Sort::Number => false,
        }
    }

    /// Whether only glue and weekdays stand between two places.
    fn touches(&self, end: usize, start: usize, times: &[Time]) -> bool {
        end <= start
            && start - end <= 8
            && (end..start).all(|at| {
                self.is_glue(at)
                    || self.used[at] && !self.in_time(at, times) && !self.is_day_number(at)
            })
    }

    fn is_day_number(&self, at: usize) -> bool {
        // Numbers used by weekdays stand behind their word; those of days do not.
        self.is_number(at) && !(at > 0 && self.word_is(at - 1, &["thu", "t"]))
    }

    fn time_beside(&self, day: &Day, times: &[Time]) -> Option<Time> {
        let after = times.iter().find(|time| self.touches(day.end, time.start, times));
        let before = times.iter().rev().find(|time| self.touches(time.end, day.start, times));
        match (before, after) {
            (Some(before), Some(after)) => {
                // "08:26 22/05, 09:15 23/05": the later time has a day of its own.
                let taken =
                    (after.end..self.tokens.len()).take_while(|at| self.is_glue(*at)).count()
                        + after.end;
                let next_is_day =
                    self.used.get(taken).copied().unwrap_or(false) && !self.in_time(taken, times);
                let former = (0..before.start).rev().find(|at| !self.is_glue(*at));
                let former_is_day = former.is_some_and(|at| {
                    self.used[at] && !self.in_time(at, times) && self.is_day_number(at)
                });
                match (former_is_day, next_is_day) {
                    (true, false) => Some(*after),
                    (false, true) => Some(*before),
                    _ => None,
                }
            }
            (one, other) => other.or(one).copied(),
        }
    }

    fn with_time(&self, day: &Day, days: &[Day], times: &[Time], trust: Trust) -> Published {
        let words = self.used.iter().filter(|used| !**used).count();
        let time = self.time_beside(day, times).or_else(|| match times {
            [only] if trust == Trust::Field && days.len() == 1 && words <= 12 => Some(*only),
            _ => None,
        });
        let Some(time) = time else { return Published::On(day.date) };
        // "14:00 - 16:00" is how long a meeting lasts.
        let span = times.iter().any(|other| {
            let between = if other.start >= time.end {
                time.end..other.start
            } else {
                other.end..time.start.max(other.end)
            };
            other.start != time.start
                && between.len() <= 2
                && between.clone().any(|at| self.is_mark(at, "-") || self.word_is(at, &["den"]))
        });
        match time.time.filter(|_| !span) {
            Some(clock) => moment(day.date, clock, time.offset, self.zone),
            None => Published::On(day.date),
        }
    }

    /// The day that the text is about: published before unmarked before updated, with a time before without; two that
    /// are equal in this and differ in the day are a span, or not ours to choose.
    fn choose(&self, days: &[Day], times: &[Time]) -> Option<Day> {
        let rank = |day: &Day| (self.label(day, days), self.time_beside(day, times).is_some());
        let best = days.iter().map(rank).max()?;
        let mut equal = days.iter().filter(|day| rank(day) == best);
        let first = equal.next()?;
        equal.all(|day| day.date == first.date).then_some(*first)
    }

    fn label(&self, day: &Day, days: &[Day]) -> Label {
        let own = self.own_label(day);
        // One label before a lone date is enough, however far off.
        if own == Label::None && days.len() == 1 { self.label_within(0, day.start) } else { own }
    }

    fn own_label(&self, day: &Day) -> Label {
        let since = (0..day.start).rev().find(|at| {
            self.used[*at] && self.is_number(*at) && self.is_day_number(*at) && {
                // A time belongs to the day it stands before, so the label may stand before both.
                !self.touches(*at + 1, day.start, &[])
            }
        });
        self.label_within(since.map_or(0, |at| at + 1).max(day.start.saturating_sub(14)), day.start)
    }

    fn label_within(&self, start: usize, end: usize) -> Label {
        let word = |at: usize, text: &str| {
            self.tokens[at].text == text || self.tokens[at].text == fold(text)
        };
        let mut label = Label::None;
        for at in start..end {
            if self.used[at] {
                continue;
            }
            let pair = at + 1 < end;
            if pair
                && (word(at, "cập") && word(at + 1, "nhật")
                    || word(at, "chỉnh") && word(at + 1, "sửa"))
                || self.word_is(at, &["updated", "modified"])
                || self.word(at).is_some_and(abroad::is_updated)
            {
                label = Label::Updated;
            } else if word(at, "đăng")
                || pair
                    && (word(at, "xuất") && word(at + 1, "bản")
                        || word(at, "phát") && word(at + 1, "hành")
                        || word(at, "ngày") && word(at + 1, "tạo"))
                || self.word_is(at, &["published", "posted"])
            {
                label = Label::Published;
            }
        }
        label
    }

    /// A time alone is today's, unless that is still to come.
    fn time_of_today(&self, times: &[Time]) -> Option<(Published, Label)> {
        let [time] = times else { return None };
        match moment(self.today, time.time?, time.offset, self.zone) {
            Published::At(at) if at <= self.now + Duration::minutes(10) => {
                Some((Published::At(at), Label::None))
            }
            _ => None,
        }
    }

    fn only_labels_left(&self) -> bool {
        self.tokens.iter().zip(&self.used).all(|(token, used)| {
            *used
                || match token.sort {
                    Sort::Number => false,
                    Sort::Word => is_label(&token.folded) || abroad::is_label(&token.folded),
                    Sort::Mark => !matches!(&*token.text, "%" | "$" | "₫"),
                }
        })
    }
}

/// Words that stand around dates and say nothing else, folded.
fn is_label(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "ngay",
        "dang",
        "cap",
        "nhat",
        "luc",
        "vao",
        "hoi",
        "thu",
        "chu",
        "cn",
        "xuat",
        "ban",
        "phat",
        "hanh",
        "tao",
        "post",
        "posted",
        "publish",
        "published",
        "update",
        "updated",
        "modified",
        "on",
        "at",
        "date",
        "time",
        "thoi",
        "gian",
        "gio",
        "gmt",
        "utc",
        "ict",
        "dua",
        "tin",
        "tai",
        "len",
        "hom",
        "mung",
        "nam",
        "thang",
        "t",
        "z",
        "cuoi",
        "lan",
        "moi",
        "khoang",
        "chinh",
        "sua",
        "created",
        "bai",
        "viet",
        "sang",
        "chieu",
        "toi",
        "trua",
        "dem",
        "by",
        "in",
        "from",
        "last",
        "nay",
        "qua",
        "viet",
        "vn",
        "mon",
        "tue",
        "wed",
        "fri",
        "sat",
        "sun",
    ];
    WORDS.contains(&word)
}

const ENGLISH_WEEKDAYS: &[&str] = &[
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

fn english_month(word: &str) -> Option<u32> {
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

fn month_word(word: &str) -> Option<u32> {
    let month = match word {
        "gieng" => 1,
        "tu" => 4,
        "chap" => 12,
        _ => number_word(word)?,
    };
    Some(month)
}

fn number_word(word: &str) -> Option<u32> {
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
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn of(token: &Token) -> Option<Self> {
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
fn back(now: DateTime<Utc>, today: NaiveDate, steps: &[(u32, Unit)]) -> Option<Published> {
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

#[derive(Debug, Clone, Copy)]
enum Half {
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
}

impl Half {
    /// The hour on a 24-hour clock; None where the words contradict each other or may mean either day.
    ///
    /// Some portals print a 24-hour clock and AM or PM behind it: the marker then says nothing.
    fn hour(self, hour: u32) -> Option<u32> {
        match (self, hour) {
            (Half::Afternoon, 0) => None,
            (_, 13..) => Some(hour),
            (Half::Morning, 12) => Some(0),
            (Half::Morning, _) => Some(hour),
            (Half::Noon, 1..=3) => Some(hour + 12),
            (Half::Noon, _) => Some(hour),
            (Half::Afternoon, 12) => Some(12),
            (Half::Afternoon, _) => Some(hour + 12),
            (Half::Evening, 5..=11) => Some(hour + 12),
            (Half::Night, 9..=11) => Some(hour + 12),
            (Half::Night, 1..=4) => Some(hour),
            (Half::Evening | Half::Night, _) => None,
        }
    }
}

/// In which somebody may have published, or will have.
const YEARS: RangeInclusive<i32> = 1900..=2100;

fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

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
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;
    use proptest::prelude::*;

    use super::*;

    /// A Friday, half past ten in the morning.
    fn now() -> DateTime<Utc> {
        "2020-05-22T03:30:00Z".parse().expect("a moment")
    }

    fn shown(published: Published) -> String {
        show(published, Ho_Chi_Minh).unwrap_or_default().replace("+07:00", "")
    }

    fn check(table: &[(&str, &str)]) {
        for (text, expected) in table {
            assert_eq!(shown(parse(text, Ho_Chi_Minh, now())), *expected, "{text:?}");
        }
    }

    #[test]
    fn twelve_in_the_morning_is_midnight_and_cn_is_sunday() {
        check(&[
            ("21/05/2020 12:05:00 SA", "2020-05-21T00:05:00"),
            ("21/05/2020 12:05:00 CH", "2020-05-21T12:05:00"),
            ("21/05/2020 3:05 CH", "2020-05-21T15:05:00"),
            ("21/05/2020 15:05 PM", "2020-05-21T15:05:00"),
            ("21/05/2020 00:15 CH", "2020-05-21"),
            ("3:05 p.m. 21/5/2020", "2020-05-21T15:05:00"),
            ("3 giờ chiều ngày 21/5/2020", "2020-05-21T15:00:00"),
            ("7 giờ 30 tối ngày 21/5/2020", "2020-05-21T19:30:00"),
            ("CN, 10/05/2020 3:04", "2020-05-10T03:04:00"),
        ]);
    }

    #[test]
    fn the_day_comes_before_the_month_but_for_iso() {
        check(&[
            ("05/06/2019", "2019-06-05"),
            ("2019-06-05", "2019-06-05"),
            ("5.6.2019", "2019-06-05"),
            ("05-06-19", "2019-06-05"),
            ("5/13/2019 8:26 AM", "2019-05-13T08:26:00"),
            ("5/13/19", "2019-05-13"),
            ("5-13-19", ""),
            ("2019/06/05 7:00", "2019-06-05T07:00:00"),
            ("20190605", "2019-06-05"),
            ("31/2/2020", ""),
        ]);
    }

    #[test]
    fn forms_of_mail_and_of_machines_are_read() {
        check(&[
            ("20200521T082651Z", "2020-05-21T15:26:51"),
            ("20200521T082651", "2020-05-21T08:26:51"),
            ("Thu May 21 01:26:51 2020", "2020-05-21T01:26:51"),
            ("Thu May 21 08:26:51 +0700 2020", "2020-05-21T08:26:51"),
            ("Thu, 21 May 20 08:26:51 +0700", "2020-05-21T08:26:51"),
            ("Thu, 21 May 2020 08:26:51 EDT", "2020-05-21T19:26:51"),
            ("21 May 2020 08:26 (PST)", "2020-05-21T23:26:00"),
            ("2020-W21-4", ""),
            ("2020-142", ""),
        ]);
    }

    #[test]
    fn words_for_days_months_and_hours_are_read() {
        check(&[
            ("Thứ năm, ngày 21 tháng Năm năm 2020", "2020-05-21"),
            ("Tháng Ba 9, 2019", "2019-03-09"),
            ("21 Th5, 2020", "2020-05-21"),
            ("ngày 5 tháng mười một năm 2019", "2019-11-05"),
            ("14h15 | 21.05.2020", "2020-05-21T14:15:00"),
            ("Lúc 14 giờ 15, ngày 21/5/2020", "2020-05-21T14:15:00"),
            ("8 giờ 21/5/2020", "2020-05-21T08:00:00"),
            ("Ngày đăng : 21/05/2020 | Lượt xem: 245", "2020-05-21"),
            ("Đăng ngày 20/05/2020, cập nhật 21/05/2020 10:00", "2020-05-20"),
            ("May 21st, 2020 at 4:05 pm", "2020-05-21T16:05:00"),
            ("Thứ 5 21/5", "2020-05-21"),
            ("21/5 08:26", "2020-05-21T08:26:00"),
            ("March 2", "2020-03-02"),
            ("Posted March 2, 10:30", "2020-03-02T10:30:00"),
            ("May 21st at 4:05 pm", "2020-05-21T16:05:00"),
        ]);
    }

    #[test]
    fn months_in_other_languages_are_read_beside_a_year() {
        check(&[
            ("10 de marzo de 2016", "2016-03-10"),
            ("marzo 10, 2016", "2016-03-10"),
            ("Donnerstag, 10. März 2016, 23:37 Uhr", "2016-03-10T23:37:00"),
            ("Le vendredi 10 août 2018 à 12:05", "2018-08-10T12:05:00"),
            ("giovedì 10 marzo 2016, ore 23:37", "2016-03-10T23:37:00"),
            ("10 марта 2016 г.", "2016-03-10"),
            ("2016. március 10.", "2016-03-10"),
            ("Kamis, 10 Maret 2016 18:30 WIB", "2016-03-10T18:30:00"),
            ("2016年3月10日", "2016-03-10"),
            ("2016년 3월 10일", "2016-03-10"),
            ("3月10日", "2020-03-10"),
            ("Gestern, 08:05", "2020-05-21T08:05:00"),
            // Without a year these are other words: "mai" is tomorrow.
            ("21 mai", ""),
            ("10 set", ""),
        ]);
    }

    #[test]
    fn offsets_are_read_in_all_their_spellings() {
        check(&[
            ("2020-05-21T17:30:00Z", "2020-05-22T00:30:00"),
            ("2020-05-21T17:30:00.123+00:00", "2020-05-22T00:30:00"),
            ("2020-05-21T08:26:51 +0700", "2020-05-21T08:26:51"),
            ("2020-05-21T08:26:51&#x2B;07:00", "2020-05-21T08:26:51"),
            ("2020-05-21T08:26:51-05:00", "2020-05-21T20:26:51"),
            ("21/05/2020 08:26 GMT +7", "2020-05-21T08:26:00"),
            ("21/05/2020 08:26 (UTC+07:00)", "2020-05-21T08:26:00"),
            ("/Date(1590024411000)/", "2020-05-21T08:26:51"),
        ]);
    }

    #[test]
    fn what_only_looks_like_a_date_is_none() {
        for text in [
            "3/4 đại biểu",
            "May 5 ministers resign over it",
            "we may 5",
            "24/7",
            "12/2020/NĐ-CP",
            "Nghị định 12/5/2020/NĐ-CP",
            "giai đoạn 2021-2025",
            "Quý 2/2020",
            "tháng 5/2020",
            "năm 2020",
            "Tel: 02.33.38.50",
            "192.168.1.10",
            "từ 1/5/2020 đến 5/5/2020",
            "1.500.000 đồng",
            "12:61",
            "25:00",
            "99/99/9999",
            "phiên bản 1.10.5",
            "",
            "()",
            "1/2",
            "COVID-19",
            "14:30",
            "20:00 - 22:00",
        ] {
            assert_eq!(shown(parse(text, Ho_Chi_Minh, now())), "", "{text:?}");
        }
    }

    #[test]
    fn past_days_are_counted_from_now_in_the_portals_zone() {
        check(&[
            ("30 phút trước", "2020-05-22T10:00:00"),
            ("khoảng 3 giờ trước", "2020-05-22T07:30:00"),
            ("2 giờ trước 14:06 13/11/2019", "2019-11-13T14:06:00"),
            ("2 giờ trước 14:06", ""),
            ("2 ngày trước", "2020-05-20"),
            ("một tháng trước", "2020-04-22"),
            ("1462 tháng trước", ""),
            ("9999999999 năm trước", ""),
            ("vừa xong", "2020-05-22T10:30:00"),
            ("Hôm nay", "2020-05-22"),
            ("hôm qua, 9h05", "2020-05-21T09:05:00"),
            ("08:26", "2020-05-22T08:26:00"),
            ("Ngày 23/5", "2019-05-23"),
        ]);
    }

    #[test]
    fn a_day_that_a_sentence_speaks_of_is_not_when_it_was_published() {
        for (text, expected) in [
            ("Ngày 19/5/2020, lãnh đạo tỉnh làm việc với Sở về tình hình triển khai nhiệm vụ", ""),
            (
                "Theo Quyết định số 12 ngày 19/5/2020 của Ủy ban nhân dân tỉnh về việc giao chỉ tiêu",
                "",
            ),
            (
                "Hội nghị tổng kết công tác năm học mới của ngành giáo dục toàn tỉnh (19/5/2020)",
                "2020-05-19",
            ),
            (
                "Cập nhật lúc: 08:26 19/05/2020 bởi Ban biên tập của cổng thông tin điện tử tỉnh",
                "2020-05-19T08:26:00",
            ),
            ("Quảng Trị, 19/05/2020", "2020-05-19"),
        ] {
            assert_eq!(shown(find(text, Ho_Chi_Minh, now())), expected, "{text:?}");
        }
    }

    #[test]
    fn a_pattern_reads_what_nobody_else_writes() {
        let of = |text, format| shown(with_format(text, format, Ho_Chi_Minh));
        assert_eq!(of("Posted: 5/6/2020 2:05 CH", "%m/%d/%Y %I:%M %p"), "2020-05-06T14:05:00");
        assert_eq!(of("2020|141", "%Y|%j"), "2020-05-20");
        assert_eq!(of("hôm nào đó", "%d/%m/%Y"), "");
        assert!(check_format("%d/%m/%Q").is_err() && check_format("%d/%m/%Y").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            for published in [parse(&text, Ho_Chi_Minh, now()), find(&text, Ho_Chi_Minh, now())] {
                show(published, Ho_Chi_Minh);
            }
            with_format(&text, "%d/%m/%Y", Ho_Chi_Minh);
        }

        #[test]
        fn no_heap_of_pieces_panics(text in "((ngày|tháng|năm|thứ|lúc|giờ|SA|CH|GMT|trước|cách đây|T|Z|[0-9]{1,4})[ /:.,+()-]{0,2}){0,9}") {
            parse(&text, Ho_Chi_Minh, now());
            find(&text, Ho_Chi_Minh, now());
        }

        #[test]
        fn every_day_comes_back_from_every_way_to_write_it(days in 0i64..12_000, shape in 0usize..6) {
            let day = NaiveDate::from_ymd_opt(1995, 1, 1).expect("a day") + Duration::days(days);
            let format = ["%d/%m/%Y", "%-d/%-m/%Y", "%Y-%m-%d", "ngày %d tháng %m năm %Y", "%d.%m.%Y 08:05", "(%-d-%-m-%Y)"][shape];
            let found = parse(&day.format(format).to_string(), Ho_Chi_Minh, now());
            let at = found.moment(Ho_Chi_Minh).map(|at| at.with_timezone(&Ho_Chi_Minh).date_naive());
            prop_assert_eq!(at, Some(day));
        }
    }
}
