//! Times of day and their offsets from UTC: "08:26:51", "14 giờ 15", "3:05 CH", "+07:00".

use chrono::{FixedOffset, NaiveTime};

use super::DateReader;
use super::tokens::{DateToken, TokenKind};

impl DateReader {
    pub(super) fn times(&mut self) -> Vec<Time> {
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

    pub(super) fn time(&self, at: usize) -> Option<Time> {
        let hour = self.token(at)?.short_number().filter(|hour| *hour <= 24 && !self.used[at])?;
        if self.token(at)?.glued
            && at > 0
            && self.is_mark(at - 1, "+.:")
            && self.token(at.checked_sub(2)?)?.sort == TokenKind::Number
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
        let bare = end == at + 2 && half.is_none();
        end = after;
        let (offset, end) = self.offset(end);
        let hour = half.map_or(Some(hour), |half| half.hour(hour));
        let time = match hour {
            Some(hour) => Some(NaiveTime::from_hms_opt(hour, minute, second)?),
            None => None,
        };
        Some(Time { start: at, end, time, offset, bare, digital })
    }

    /// `8:26`, `08:26:51`, `08:26:51.123`: minute, second, end.
    pub(super) fn colon_time(&self, at: usize) -> Option<(u32, u32, usize, bool)> {
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
            && self.token(at + 6).is_some_and(|t| t.glued && t.sort == TokenKind::Number);
        Some((minute, second, if fraction { at + 7 } else { at + 5 }, true))
    }

    /// `14h15`, `14h`, `14g30`, `14 giờ 15 phút`.
    pub(super) fn worded_time(&self, at: usize) -> Option<(u32, u32, usize, bool)> {
        let word = self.token(at + 1)?;
        let is_hour = word.is_one_of(&["h", "gio"])
            || word.is("g") && word.glued && self.token(at + 2).is_some_and(|t| t.glued);
        if !is_hour || word.sort != TokenKind::Word {
            return None;
        }
        let minute =
            self.token(at + 2).and_then(DateToken::short_number).filter(|minute| *minute < 60);
        // In "8 giờ 22/5/2020" the 22 is the day.
        let is_day = self.is_mark(at + 3, "/.-")
            && self.tokens[at + 3].glued
            && self.token(at + 4).is_some_and(|t| t.glued && t.sort == TokenKind::Number)
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

    pub(super) fn half_of_day(&self, at: usize) -> (Option<Half>, usize) {
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
    pub(super) fn offset(&self, at: usize) -> (Option<FixedOffset>, usize) {
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
        let Some(digits) = self.token(next + 1).filter(|token| token.sort == TokenKind::Number)
        else {
            return none;
        };
        let (hours, minutes, end) = match (digits.text.len(), digits.number()) {
            (4, Some(both)) => (both / 100, both % 100, next + 2),
            (1 | 2, Some(hours)) if self.is_mark(next + 2, ":") => {
                match self.token(next + 3).and_then(DateToken::short_number) {
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

    /// Returns whether a minus begins an offset: after a zone's name, or before four digits that
    /// are no year.
    pub(super) fn is_minus(&self, at: usize, named: bool) -> bool {
        let Some(digits) =
            self.token(at + 1).filter(|token| token.glued && token.sort == TokenKind::Number)
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

    pub(super) fn follows_iso_time(&self, at: usize) -> bool {
        self.tokens[..at].iter().rev().take(8).any(|token| token.is("t") && token.glued)
    }
}

/// Hours of the zones that RFC 822 §5.1 knows by name, besides GMT: from UTC eastwards.
pub(super) fn american_hours(name: &str) -> Option<i32> {
    match name {
        "edt" => Some(-4),
        "est" | "cdt" => Some(-5),
        "cst" | "mdt" => Some(-6),
        "mst" | "pdt" => Some(-7),
        "pst" => Some(-8),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    pub(super) start: usize,
    pub(super) end: usize,
    /// `None` where the hour is ambiguous ("00:15 CH").
    pub(super) time: Option<NaiveTime>,
    pub(super) offset: Option<FixedOffset>,
    /// An hour alone, "14h": as often how long something lasts.
    pub(super) bare: bool,
    /// Written with a colon, as clocks do and sentences seldom.
    pub(super) digital: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Half {
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
}

impl Half {
    /// Returns the hour on a 24-hour clock. `None` where the words contradict each other or may
    /// mean either half of the day.
    ///
    /// Some portals print AM or PM after a 24-hour clock; the marker is then ignored.
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
