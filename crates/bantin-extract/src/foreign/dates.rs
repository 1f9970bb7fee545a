//! Dates of feeds: RFC 822 and 850, ISO 8601 in W3C's subset and around it, asctime, and their usual faults. What is
//! none of these goes to [`crate::dates`], which reads what Vietnamese portals write.
//!
//! A feed's date without a zone is in UTC, as other readers have it; a person's ("22/05/2020 08:30", or ISO with a blank
//! and no zone, as databases print it) and one in JSON are in the source's zone.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::model::Published;
use crate::{Reading, dates, text};

/// Reads a date. A year or a month alone counts from its first day; [`Published::Unknown`] where nothing fits.
pub fn read(said: &str, reading: Reading<'_>) -> Published {
    read_in(said, Tz::UTC, reading)
}

/// Reads a date of JSON, where a time without a zone is the source's own.
pub fn read_local(said: &str, reading: Reading<'_>) -> Published {
    read_in(said, reading.zone, reading)
}

/// `machine`: the zone of a machine's time that names none.
fn read_in(said: &str, machine: Tz, reading: Reading<'_>) -> Published {
    let said = text::clean(said);
    if said.len() > 200 || said.is_empty() {
        return Published::Unknown;
    }
    let named = said.contains(':').then(|| dates::zones::cut(&said)).flatten();
    let (said, machine, zone) = match named {
        Some((rest, zone)) => (rest, zone, zone),
        None => (said, machine, reading.zone),
    };
    let found = iso(&said, machine, zone).or_else(|| words(&said, machine));
    found
        .filter(|found| plausible(*found))
        .unwrap_or_else(|| dates::parse(&said, zone, reading.now))
}

/// As a moment in UTC; a day alone counts from its first minute there.
pub fn moment(published: Published) -> Option<DateTime<Utc>> {
    published.moment(Tz::UTC)
}

/// 0000-00-00 and 0001-01-01 are how databases and .NET print nothing.
fn plausible(found: Published) -> bool {
    moment(found).is_some_and(|at| (1970..2200).contains(&chrono::Datelike::year(&at)))
}

/// `2003-12-31T10:14:55.5+07:00` and what is left when parts are missing.
fn iso(said: &str, machine: Tz, zone: Tz) -> Option<Published> {
    let upper = said.to_ascii_uppercase();
    let (day, rest) = match upper.split_once('T') {
        Some((day, rest)) => (day.trim(), Some((rest, true))),
        None => match upper.split_once(' ') {
            Some((day, rest)) => (day, Some((rest, false))),
            None => (upper.as_str(), None),
        },
    };
    let day = iso_day(day)?;
    let Some((rest, of_a_machine)) = rest else { return Some(Published::On(day)) };
    let (clock, mark) = split_zone(rest.trim());
    let (time, next_day) = clock_time(clock)?;
    let local = day.and_time(time) + Duration::days(i64::from(next_day));
    let at = match mark.trim() {
        "" | "[]" => {
            let zone = if of_a_machine { machine } else { zone };
            zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc)
        }
        mark => {
            let mark = mark.trim_end_matches("[]");
            local.and_utc() - Duration::minutes(i64::from(offset(mark)?))
        }
    };
    Some(Published::At(at))
}

/// `2003-12-31`, `2003-12`, `2003`, `20031231`, `2003-335` (the day of the year), and with a month's name.
fn iso_day(day: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = day.split('-').collect();
    let number = |part: &str| -> Option<u32> {
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let year = |part: &str| (part.len() == 4).then(|| number(part)).flatten();
    let (year, month, day) = match parts.as_slice() {
        [all] if all.len() == 8 && all.is_ascii() => {
            (number(&all[..4])?, number(&all[4..6])?, number(&all[6..])?)
        }
        [only] => (year(only)?, 1, 1),
        [first, ordinal] if ordinal.len() == 3 => {
            return NaiveDate::from_yo_opt(year(first)? as i32, number(ordinal)?);
        }
        [first, second] => (year(first)?, number(second)?, 1),
        [first, second, third] => {
            (year(first)?, number(second).or_else(|| month_of(second))?, number(third)?)
        }
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year as i32, month, day)
}

/// Where a clock time ends and its zone begins.
fn split_zone(rest: &str) -> (&str, &str) {
    let at = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','));
    match at {
        // "10:14 PM" belongs together; it is for the other reader.
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    }
}

/// `10`, `10:14`, `10:14:55.123`, `101455`. Also whether it is 24:00, or a leap second, and so the next day or minute.
fn clock_time(clock: &str) -> Option<(NaiveTime, bool)> {
    let clock = clock.split(['.', ',']).next()?;
    let parts: Vec<&str> = match clock.len() {
        4 | 6 if !clock.contains(':') && clock.is_ascii() => {
            vec![&clock[..2], &clock[2..4], clock.get(4..).filter(|s| !s.is_empty()).unwrap_or("0")]
        }
        _ => clock.split(':').collect(),
    };
    let number = |at: usize| -> Option<u32> {
        match parts.get(at) {
            None | Some(&"") if at > 0 => Some(0),
            Some(part) if part.len() <= 2 => part.parse().ok(),
            _ => None,
        }
    };
    let (hour, minute, second) = (number(0)?, number(1)?, number(2)?);
    if hour == 24 && minute == 0 && second == 0 {
        return Some((NaiveTime::MIN, true));
    }
    // A leap second is shown as the one before it.
    Some((NaiveTime::from_hms_opt(hour, minute, if second == 60 { 59 } else { second })?, false))
}

/// Dates with a month's name: its words in whatever order. `machine`: the zone where they name none.
fn words(said: &str, machine: Tz) -> Option<Published> {
    let mut found = Words::default();
    let spaced = said.replace([',', '(', ')', ';'], " ");
    for word in spaced.split_whitespace() {
        found.take(word)?;
    }
    found.published(machine)
}

#[derive(Default)]
struct Words {
    numbers: Vec<(u32, usize)>,
    month: Option<u32>,
    clock: Option<(NaiveTime, bool)>,
    afternoon: Option<bool>,
    /// Minutes east of Greenwich.
    offset: Option<i32>,
    /// Whether something is where a zone is named.
    zoned: bool,
}

impl Words {
    /// None for a word that no date has.
    fn take(&mut self, word: &str) -> Option<()> {
        if word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit()) {
            let (clock, behind) = split_zone(word);
            self.clock = Some(clock_time(clock)?);
            return match behind.to_ascii_lowercase().as_str() {
                "" => Some(()),
                "am" => self.half(false),
                "pm" => self.half(true),
                zone => self.zone(&zone.to_ascii_uppercase()),
            };
        }
        if word.bytes().all(|b| b.is_ascii_digit()) {
            self.numbers.push((word.parse().ok()?, word.len()));
            return (self.numbers.len() <= 3).then_some(());
        }
        // "01-Jan-2004", "1/Jan/2004".
        let parts: Vec<&str> = word.split(['-', '/']).collect();
        if let [day, month, year] = parts.as_slice()
            && let Some(month) = month_of(month)
        {
            self.month = Some(month);
            self.numbers.push((day.parse().ok()?, day.len()));
            self.numbers.push((year.parse().ok()?, year.len()));
            return (self.numbers.len() <= 3).then_some(());
        }
        match word.to_ascii_lowercase().as_str() {
            "am" | "a.m." => return self.half(false),
            "pm" | "p.m." => return self.half(true),
            "of" | "at" | "de" | "the" => return Some(()),
            _ => {}
        }
        let plain = word.trim_end_matches('.');
        if self.month.is_none()
            && let Some(month) = month_of(plain)
        {
            self.month = Some(month);
            return Some(());
        }
        let ordinal = ["st", "nd", "rd", "th"].iter().find_map(|end| plain.strip_suffix(end));
        if let Some(day) = ordinal.and_then(|day| day.parse().ok()) {
            self.numbers.push((day, 1));
            return Some(());
        }
        // The day of the week comes first, in any language; what follows the clock is a zone.
        match self.clock {
            Some(_) => self.zone(&word.to_uppercase()),
            None => (self.numbers.is_empty() && word.chars().all(is_of_a_word)).then_some(()),
        }
    }

    fn half(&mut self, afternoon: bool) -> Option<()> {
        self.afternoon = Some(afternoon);
        Some(())
    }

    /// Reads a zone. An unknown one counts as UTC, and the first known one counts.
    fn zone(&mut self, mark: &str) -> Option<()> {
        self.zoned = true;
        self.offset = self.offset.or_else(|| offset(mark));
        Some(())
    }

    fn published(self, machine: Tz) -> Option<Published> {
        let month = self.month?;
        let (year, day) = match self.numbers.as_slice() {
            [(year, 4), (day, _)] | [(day, _), (year, 4)] => (*year, *day),
            [(day, _), (year, 2)] => (year + if *year < 70 { 2000 } else { 1900 }, *day),
            // A year after 1999 counted on as if it had two digits.
            [(day, _), (year, 3)] if (100..200).contains(year) => (year + 1900, *day),
            _ => return None,
        };
        let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let Some((time, next_day)) = self.clock else { return Some(Published::On(day)) };
        let mut local = day.and_time(time) + Duration::days(i64::from(next_day));
        let hour = chrono::Timelike::hour(&time);
        match self.afternoon {
            Some(true) if hour < 12 => local += Duration::hours(12),
            Some(false) if hour == 12 => local -= Duration::hours(12),
            _ => {}
        }
        let at = match self.offset {
            None if !self.zoned => machine.from_local_datetime(&local).earliest()?.to_utc(),
            offset => local.and_utc() - Duration::minutes(i64::from(offset.unwrap_or(0))),
        };
        Some(Published::At(at))
    }
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_alphabetic() || matches!(letter, '.' | '-' | '\'' | '́' | '̀')
}

/// Minutes east of Greenwich: `+0700`, `+07:00`, `+7`, `GMT+7`, `EDT`, `Z`.
fn offset(mark: &str) -> Option<i32> {
    let mark = mark.trim().trim_start_matches("ETC/");
    let number = mark
        .strip_prefix("GMT")
        .or_else(|| mark.strip_prefix("UTC"))
        .or_else(|| mark.strip_prefix("UT"))
        .unwrap_or(mark);
    let (sign, digits) = match number.as_bytes().first() {
        Some(b'+') => (1, &number[1..]),
        Some(b'-') => (-1, &number[1..]),
        _ => return named_offset(mark).map(|hours| (hours * 60.0) as i32),
    };
    let digits = digits.trim_start_matches(['+', '-']);
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes.get(..2)?),
        None if !digits.is_ascii() => return None,
        None if digits.len() <= 2 => (digits, "0"),
        None => (
            &digits[..digits.len().min(4) - 2],
            &digits[digits.len().min(4) - 2..digits.len().min(4)],
        ),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn named_offset(mark: &str) -> Option<f64> {
    Some(match mark {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => 0.0,
        "BST" | "CET" | "MET" | "WEST" => 1.0,
        "CEST" | "MEST" | "EET" | "CAT" | "SAST" => 2.0,
        "EEST" | "MSK" | "EAT" => 3.0,
        "MSD" => 4.0,
        "PKT" => 5.0,
        "IST" => 5.5,
        "ICT" | "WIB" => 7.0,
        "SGT" | "HKT" | "PHT" | "MYT" | "AWST" | "WITA" => 8.0,
        "JST" | "KST" | "WIT" => 9.0,
        "AEST" => 10.0,
        "AEDT" => 11.0,
        "NZST" => 12.0,
        "NZDT" => 13.0,
        "NST" => -3.5,
        "NDT" => -2.5,
        "BRT" | "ART" | "ADT" => -3.0,
        "AST" | "AT" | "EDT" => -4.0,
        "EST" | "ET" | "CDT" => -5.0,
        "CST" | "CT" | "MDT" => -6.0,
        "MST" | "MT" | "PDT" => -7.0,
        "PST" | "PT" | "AKDT" => -8.0,
        "AKST" => -9.0,
        "HST" => -10.0,
        _ => return None,
    })
}

/// Returns the number of a month by its name in English, or in a few languages whose month names
/// are unambiguous.
fn month_of(word: &str) -> Option<u32> {
    let folded = text::fold(word);
    let folded = folded.trim_end_matches('.');
    if folded.chars().count() < 3 {
        return None;
    }
    const MONTHS: [&[&str]; 12] = [
        &["january", "januar", "janvier", "enero", "gennaio", "januari", "janeiro", "ιανουαριος"],
        &[
            "february",
            "februar",
            "fevrier",
            "febrero",
            "febbraio",
            "februari",
            "fevereiro",
            "φεβρουαριος",
        ],
        &["march", "marz", "mars", "marzo", "maart", "mrt", "marcius", "μαρτιος"],
        &["april", "avril", "abril", "aprile", "aprilis", "απριλιος"],
        &["may", "mai", "mayo", "maggio", "mei", "maio", "majus", "μαιος", "μαης"],
        &["june", "juni", "juin", "junio", "giugno", "junho", "junius", "ιουνιος", "ιουν"],
        &["july", "juli", "juillet", "julio", "luglio", "julho", "julius", "ιουλιος", "ιουλ"],
        &["august", "aout", "agosto", "augustus", "augusztus", "αυγουστος"],
        &[
            "september",
            "septembre",
            "septiembre",
            "settembre",
            "setembro",
            "szeptember",
            "σεπτεμβριος",
        ],
        &["october", "oktober", "octobre", "octubre", "ottobre", "outubro", "οκτωβριος"],
        &["november", "novembre", "noviembre", "novembro", "νοεμβριος"],
        &["december", "dezember", "decembre", "diciembre", "dicembre", "dezembro", "δεκεμβριος"],
    ];
    let mut matching = (1u32..).zip(MONTHS).filter(|(_, names)| {
        names.iter().any(|name| {
            // "Sept", "janv", "Jan": a name's beginning, which no other month has.
            name.starts_with(folded)
        })
    });
    let (month, _) = matching.next()?;
    matching.next().is_none().then_some(month)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn check(said: &str, expected: &str) {
        let url = Url::parse("https://portal.example.vn/rss").expect("a fixed address");
        let now = DateTime::from_timestamp(1_600_000_000, 0).expect("a fixed moment");
        let reading = Reading { url: &url, zone: Tz::Asia__Ho_Chi_Minh, now };
        let found = match read(said, reading) {
            Published::At(at) => at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            Published::On(day) => day.to_string(),
            Published::Unknown => "unknown".to_owned(),
        };
        assert_eq!(found, expected, "{said:?}");
    }

    #[test]
    fn rfc_822_is_read_with_its_usual_faults() {
        for said in [
            "Fri, 22 May 2020 01:30:00 GMT",
            "Fri, 22 May 2020 08:30:00 +0700",
            "Fri, 22 May 20 01:30 UT",
            "22 May 2020 08:30:00 GMT+7",
            "Fri,22 May 2020 08:30:00 ICT",
            "Friday, 22 May 2020 01:30:00",
            "friday 22 may 2020 08:30 +07:00 (ICT)",
            "Thu, 21 May 2020 21:30:00 EDT",
            "Fri, May 22, 2020 01:30 AM",
            "May 22nd, 2020 at 08:30:00 +7",
            "22-May-2020 01:30:00",
            "Fri May 22 01:30:00 2020",
            "Fri May 22 08:30:00 ICT 2020",
            "Fri, 22 Mai 2020 03:30:00 CEST",
            "Fri, 22 May 2020 01:30:00 XYZ",
        ] {
            check(said, "2020-05-22T01:30:00Z");
        }
        check("Fri, 22 May 2020", "2020-05-22");
        check("Fri, 22 May 2020 24:00:00 GMT", "2020-05-23T00:00:00Z");
        check("Thu, 31 Dec 1998 23:59:60 GMT", "1998-12-31T23:59:59Z");
        check("Thu, 31 Dec 98 23:59 GMT", "1998-12-31T23:59:00Z");
    }

    #[test]
    fn iso_is_read_in_all_precisions() {
        for said in [
            "2020-05-22T08:30:00+07:00",
            "2020-05-22T08:30:00.123+0700",
            "2020-05-22T01:30:00Z",
            "2020-05-22t01:30z",
            "2020-05-22T01:30",
            "20200522T013000Z",
            "2020-143T01:30:00Z",
            "2020-05-22 08:30:00 +07:00",
        ] {
            check(said, "2020-05-22T01:30:00Z");
        }
        check("2020-05-22", "2020-05-22");
        check("2020-05", "2020-05-01");
        check("2020", "2020-01-01");
    }

    #[test]
    fn what_a_person_wrote_is_in_the_zone_of_the_source() {
        check("2020-05-22 08:30:00", "2020-05-22T01:30:00Z");
        check("22/05/2020 08:30", "2020-05-22T01:30:00Z");
        check("Thứ sáu, ngày 22/5/2020 08:30", "2020-05-22T01:30:00Z");
        check("1590111000", "2020-05-22T01:30:00Z");
    }

    #[test]
    fn months_of_other_languages_are_known() {
        check("Σαβ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z");
        check("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z");
        check("jeu., 22 janv. 2004 19:48:21 GMT", "2004-01-22T19:48:21Z");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for said in
            ["", "soon", "0001-01-01T00:00:00", "Fri, 31 Jun 2020 01:30:00 GMT", "32 May 2020"]
        {
            check(said, "unknown");
        }
    }
}
