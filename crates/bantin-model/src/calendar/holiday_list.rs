//! The lines of a list of holidays. `holidays/vn.txt` shows each kind of them in its head.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::calendars::{Calendar, CalendarDay, is_weekend};

/// The longest range of days: no holiday takes a month, so a longer one is a slip of the pen.
const MOST_DAYS: i64 = 31;
/// The longest range of years.
const MOST_YEARS: i32 = 100;
/// Of a file that is no list at all, so many lines are complained of.
const MOST_ERRORS: usize = 20;

const FORMS: &str = "write a day off such as \"2026-09-02 Quốc khánh\", several such as \
                     \"2026-02-16..2026-02-20 Tết Nguyên đán\", a swap such as \
                     \"2026-08-22 works in place of 2026-08-31\", or the years that the list knows entirely such as \
                     \"years 2025..2027\"";

impl Calendar {
    /// Reads a list, in the lines that the head of the shipped one shows. Each error is a sentence
    /// that begins with its line and ends with what to write instead; after twenty only their
    /// number is given.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut list = HolidayList::default();
        let mut errors = Vec::new();
        let mut more = 0;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match list.take(line, at + 1) {
                Ok(()) => {}
                Err(error) if errors.len() < MOST_ERRORS => {
                    errors.push(format!("line {}: {error}", at + 1));
                }
                Err(_) => more += 1,
            }
        }
        if more > 0 {
            errors.push(format!("{more} more lines are not understood"));
        }
        if errors.is_empty() { Ok(list.calendar) } else { Err(errors) }
    }
}

#[derive(Default)]
struct HolidayList {
    calendar: Calendar,
    /// Which line spoke of a day.
    lines: BTreeMap<NaiveDate, usize>,
}

impl HolidayList {
    fn take(&mut self, line: &str, number: usize) -> Result<(), String> {
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if first.eq_ignore_ascii_case("years") || first.eq_ignore_ascii_case("year") {
            return self.take_years(rest);
        }
        let mut words = rest.split_whitespace();
        match words.next() {
            None => Err(format!(
                "{} has no name: write one after the day, such as \"2026-09-02 Quốc khánh\"",
                shown(first)
            )),
            Some("works") => self.take_worked(first, words.collect(), number),
            Some("?") => self.take_holiday(first, words.collect(), true, number),
            Some(word) => {
                let words = std::iter::once(word).chain(words).collect();
                self.take_holiday(first, words, false, number)
            }
        }
    }

    fn take_years(&mut self, range: &str) -> Result<(), String> {
        let example = "write them such as \"years 2025..2027\" or \"years 2026\"";
        let (from, to) = range.split_once("..").unwrap_or((range, range));
        let (Some(from), Some(to)) = (year(from), year(to)) else {
            return Err(format!("the years {} are not understood: {example}", shown(range)));
        };
        if from > to {
            return Err(format!("the years {} end before they begin: {example}", shown(range)));
        }
        if to - from >= MOST_YEARS {
            return Err(format!(
                "{} is more than {MOST_YEARS} years, and no list knows so many: {example}",
                shown(range)
            ));
        }
        self.calendar.years.extend(from..=to);
        Ok(())
    }

    fn take_holiday(
        &mut self,
        days: &str,
        name: Vec<&str>,
        expected: bool,
        number: usize,
    ) -> Result<(), String> {
        let (first, last) = days.split_once("..").unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        if first > last {
            return Err(format!("{first}..{last} ends before it begins: write {last}..{first}"));
        }
        let length = (last - first).num_days() + 1;
        if length > MOST_DAYS {
            return Err(format!(
                "{first}..{last} is {length} days, and a range has at most {MOST_DAYS}: write the day that you mean, or several lines"
            ));
        }
        if name.is_empty() {
            return Err(format!("{days} has no name: write one, such as \"{days} ? Tết\""));
        }
        let name = name.join(" ");
        for day in first.iter_days().take_while(|day| *day <= last) {
            self.say(day, CalendarDay::Off { name: name.clone(), expected }, number)?;
        }
        Ok(())
    }

    /// `DAY works`, or `DAY works in place of DAY`, perhaps with the name of the holiday that the free day lengthens.
    fn take_worked(&mut self, worked: &str, rest: Vec<&str>, number: usize) -> Result<(), String> {
        let worked = day(worked)?;
        let (free, name) = match &rest[..] {
            [] => return self.say(worked, CalendarDay::Worked, number),
            ["in", "place", "of", free, name @ ..] => (day(free)?, name.join(" ")),
            _ => {
                return Err(format!(
                    "{} is not understood: write \"{worked} works\", or \"{worked} works in place of\" and the day that is off",
                    shown(&rest.join(" "))
                ));
            }
        };
        if !is_weekend(worked) {
            return Err(format!(
                "{worked} is a {}, worked anyway: write the Saturday or Sunday that is worked, then the day that is off in its place",
                worked.format("%A")
            ));
        }
        if is_weekend(free) {
            return Err(format!(
                "{free} is a {}, off anyway: after \"in place of\" write the working day that is off",
                free.format("%A")
            ));
        }
        self.say(worked, CalendarDay::Worked, number)?;
        let name = if name.is_empty() { format!("⇄ {worked}") } else { name };
        self.say(free, CalendarDay::Off { name, expected: false }, number)
    }

    /// Each day is spoken of once: a second word on it is a slip, and the list does not guess which was meant.
    fn say(&mut self, day: NaiveDate, what: CalendarDay, number: usize) -> Result<(), String> {
        if let Some(earlier) = self.lines.insert(day, number) {
            return Err(format!("{day} is in line {earlier} already: keep the line that is right"));
        }
        self.calendar.days.insert(day, what);
        Ok(())
    }
}

fn year(text: &str) -> Option<i32> {
    let text = text.trim();
    let four_digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    four_digits.then(|| text.parse().ok()).flatten()
}

/// Reads a day in the form `2026-09-02`, the only one accepted: with day or month first, its
/// meaning would be unclear.
fn day(text: &str) -> Result<NaiveDate, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let in_form = matches!(parts[..], [y, m, d] if (y.len(), m.len(), d.len()) == (4, 2, 2))
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if !in_form {
        return Err(format!("{} is not a day: {FORMS}", shown(text)));
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| day.year() > 0);
    day.ok_or_else(|| {
        format!("there is no day {text}: write year, month and day, such as 2026-09-02")
    })
}

/// Returns a piece of the line in quotes, short and without anything a terminal would obey.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{}\"", short.escape_debug())
}
