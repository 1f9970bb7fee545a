//! Which of the days and times in a text are those of its publication, and which time belongs to which day.

use chrono::Duration;

use super::clocks::Time;
use super::labels::{Label, is_label};
use super::patterns::Day;
use super::tokens::{DateToken, TokenKind};
use super::{DateReader, Trust, moment};
use crate::model::Published;

impl DateReader {
    /// "ngày 22/5", "thứ sáu, 22/5" or a clock time beside it; "24/7" and "3/4" alone are no days.
    pub(super) fn is_called_a_day(&self, day: &Day, times: &[Time]) -> bool {
        let called = (day.start.saturating_sub(3)..day.start).any(|at| {
            self.word_is(at, &["ngay", "hom", "mung", "sang", "trua", "chieu", "toi", "dem"])
                || self.used[at]
                    && self.tokens[at].sort == TokenKind::Word
                    && !self.in_time(at, times)
        });
        called || self.time_beside(day, times).is_some()
    }

    pub(super) fn in_time(&self, at: usize, times: &[Time]) -> bool {
        times.iter().any(|time| (time.start..time.end).contains(&at))
    }

    /// In a text about something else: brackets at an end, a label, a clock beside it, or few words around.
    pub(super) fn stands_out(&self, day: &Day, times: &[Time]) -> bool {
        let clock = self.time_beside(day, times).is_some_and(|time| time.digital);
        let words = self.tokens.iter().zip(&self.used).filter(|(token, used)| {
            !**used && token.sort == TokenKind::Word && !is_label(&token.folded)
        });
        let at_end = day.start == 0
            || self.tokens[day.end..].iter().all(|token| token.sort == TokenKind::Mark);
        clock
            || self.own_label(day) != Label::None
            || self.is_bracketed(day)
            || at_end && words.count() <= 4
    }

    pub(super) fn is_bracketed(&self, day: &Day) -> bool {
        let opens = (0..day.start)
            .rev()
            .take_while(|at| self.is_glue(*at) || self.used[*at])
            .find(|at| self.is_mark(*at, "(["));
        let closes = (day.end..self.tokens.len())
            .take_while(|at| self.is_glue(*at) || self.used[*at])
            .find(|at| self.is_mark(*at, ")]"));
        match (opens, closes) {
            (Some(open), Some(close)) => {
                let edge = |mut tokens: std::slice::Iter<'_, DateToken>| {
                    tokens.all(|token| token.sort == TokenKind::Mark)
                };
                edge(self.tokens[..open].iter()) || edge(self.tokens[close..].iter())
            }
            _ => false,
        }
    }

    /// Between a day and its time there are only marks and such words.
    pub(super) fn is_glue(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        match token.sort {
            TokenKind::Mark => matches!(
                &*token.text,
                "," | "-" | "|" | "(" | ")" | "[" | "]" | "." | ":" | "@" | "·" | "•" | "/" | ";"
            ),
            TokenKind::Word => token.is_one_of(&[
                "luc",
                "vao",
                "hoi",
                "t",
                "at",
                "on",
                "ngay",
                "gio",
                "hom",
                "thoi",
                "gian",
                "nhat",
                "เวลา",
            ]),
            TokenKind::Number => false,
        }
    }

    /// Returns whether only separators and weekdays are between two places.
    pub(super) fn touches(&self, end: usize, start: usize, times: &[Time]) -> bool {
        end <= start
            && start - end <= 8
            && (end..start).all(|at| {
                self.is_glue(at)
                    || self.used[at] && !self.in_time(at, times) && !self.is_day_number(at)
            })
    }

    pub(super) fn is_day_number(&self, at: usize) -> bool {
        // Numbers of weekdays follow their word; those of days do not.
        self.is_number(at) && !(at > 0 && self.word_is(at - 1, &["thu", "t"]))
    }

    pub(super) fn time_beside(&self, day: &Day, times: &[Time]) -> Option<Time> {
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

    pub(super) fn with_time(
        &self,
        day: &Day,
        days: &[Day],
        times: &[Time],
        trust: Trust,
    ) -> Published {
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
    pub(super) fn choose(&self, days: &[Day], times: &[Time]) -> Option<Day> {
        let rank = |day: &Day| (self.label(day, days), self.time_beside(day, times).is_some());
        let best = days.iter().map(rank).max()?;
        let mut equal = days.iter().filter(|day| rank(day) == best);
        let first = equal.next()?;
        equal.all(|day| day.date == first.date).then_some(*first)
    }

    /// A time alone is today's, unless that is still to come.
    pub(super) fn time_of_today(&self, times: &[Time]) -> Option<(Published, Label)> {
        let [time] = times else { return None };
        if time.bare && !self.tokens.iter().any(|token| token.is_one_of(&["luc", "hoi"])) {
            return None;
        }
        match moment(self.today, time.time?, time.offset, self.zone) {
            Published::At(at) if at <= self.now + Duration::minutes(10) => {
                Some((Published::At(at), Label::None))
            }
            _ => None,
        }
    }
}
