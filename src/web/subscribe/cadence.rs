//! When somebody wants mail: what forms and the API say, as a cadence, and back. The only place that knows how the two
//! belong together.

use chrono_tz::Tz;

use crate::limits::TIMES_A_DAY;
use crate::model::{Cadence, CalendarName, Days, Schedule};

/// Days of the week as schedules name them, the working week first.
pub const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const WORKDAYS: &str = "Mon-Fri";

/// A cadence in the words of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// "at-once", "daily", "workdays", "weekly"; "own" for a schedule that only a cron line says.
    pub kind: String,
    /// Such as "07:30".
    pub times: Vec<String>,
    /// One of [`DAYS`], for "weekly".
    pub day: String,
    pub zone: String,
}

/// What is wrong with it; the name of the field is in [`Wrong::field`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Kind,
    Time,
    NoTime,
    /// A schedule has one minute for all its hours.
    Minutes,
    Day,
    Zone,
}

impl Wrong {
    pub fn field(self) -> &'static str {
        match self {
            Wrong::Kind => "when",
            Wrong::Time | Wrong::NoTime | Wrong::Minutes => "times",
            Wrong::Day => "day",
            Wrong::Zone => "zone",
        }
    }
}

/// The cadence that a form asks for; working days are those of `home`.
pub fn cadence_of(form: &When, home: &CalendarName) -> Result<Cadence, Wrong> {
    if form.kind == "at-once" {
        return Ok(Cadence::AtOnce);
    }
    let weekdays = match form.kind.as_str() {
        "daily" => "*",
        "workdays" => WORKDAYS,
        "weekly" => DAYS.into_iter().find(|day| *day == form.day).ok_or(Wrong::Day)?,
        _ => return Err(Wrong::Kind),
    };
    let written = form.times.iter().map(|time| time.trim()).filter(|time| !time.is_empty());
    let mut times = written.map(read_time).collect::<Option<Vec<_>>>().ok_or(Wrong::Time)?;
    times.sort_unstable();
    times.dedup();
    let (_, minute) = *times.first().ok_or(Wrong::NoTime)?;
    if times.len() > TIMES_A_DAY {
        return Err(Wrong::Time);
    }
    if times.iter().any(|(_, other)| *other != minute) {
        return Err(Wrong::Minutes);
    }
    let hours: Vec<String> = times.iter().map(|(hour, _)| hour.to_string()).collect();
    let zone: Tz = form.zone.parse().map_err(|_| Wrong::Zone)?;
    let schedule = Schedule::parse(&format!("{minute} {} * * {weekdays}", hours.join(",")))
        .map_err(|_| Wrong::Time)?;
    let days = match form.kind.as_str() {
        "workdays" => Days::Working(home.clone()),
        _ => Days::Every,
    };
    Ok(Cadence::Scheduled { schedule, zone, days })
}

/// The form that asks for a cadence.
pub fn when_of(cadence: &Cadence) -> When {
    let Cadence::Scheduled { schedule, zone, days: chosen } = cadence else {
        return When {
            kind: "at-once".to_owned(),
            times: Vec::new(),
            day: String::new(),
            zone: chrono_tz::Asia::Ho_Chi_Minh.name().to_owned(),
        };
    };
    let zone = zone.name().to_owned();
    let parts: Vec<&str> = schedule.as_str().split_whitespace().collect();
    let own =
        When { kind: "own".to_owned(), times: Vec::new(), day: String::new(), zone: zone.clone() };
    let [minute, hours, "*", "*", days] = parts[..] else { return own };
    let (Ok(minute), Some(hours)) = (
        minute.parse::<u32>(),
        hours.split(',').map(|hour| hour.parse::<u32>().ok()).collect::<Option<Vec<_>>>(),
    ) else {
        return own;
    };
    let (kind, day) = match (days, chosen) {
        ("*", Days::Every) => ("daily", ""),
        // Whoever chose working days before holidays were known meant them.
        (WORKDAYS, Days::Every | Days::Working(_)) | ("*", Days::Working(_)) => ("workdays", ""),
        (day, Days::Every) if DAYS.contains(&day) => ("weekly", day),
        _ => return own,
    };
    let times = hours.iter().map(|hour| format!("{hour:02}:{minute:02}")).collect();
    When { kind: kind.to_owned(), times, day: day.to_owned(), zone }
}

/// "7:30", "07:30", "7h30", "7h" and, as some browsers send it, "07:30:00".
fn read_time(text: &str) -> Option<(u32, u32)> {
    let number = |part: &str| {
        let fits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (hour, rest) = text.split_once([':', 'h', 'H', 'g'])?;
    let minute = match rest.split_once(':') {
        Some((minute, "00")) => minute,
        Some(_) => return None,
        None if rest.is_empty() && !text.contains(':') => "0",
        None => rest,
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(kind: &str, times: &[&str], day: &str) -> When {
        When {
            kind: kind.to_owned(),
            times: times.iter().map(|time| (*time).to_owned()).collect(),
            day: day.to_owned(),
            zone: "Asia/Ho_Chi_Minh".to_owned(),
        }
    }

    #[track_caller]
    fn check(form: When, expected: Result<&str, Wrong>) {
        let cadence = cadence_of(&form, &CalendarName::vietnam());
        let told = cadence.map(|cadence| match &cadence {
            Cadence::AtOnce => "at once".to_owned(),
            Cadence::Scheduled { .. } => cadence.as_text().into_owned(),
        });
        assert_eq!(told, expected.map(str::to_owned), "{form:?}");
    }

    #[test]
    fn a_form_becomes_a_schedule_or_says_which_field_is_wrong() {
        check(when("at-once", &["never"], ""), Ok("at once"));
        check(when("daily", &["16:30", "", "7h30"], ""), Ok("30 7,16 * * *"));
        check(when("workdays", &["07:00:00"], "Sun"), Ok("0 7 * * Mon-Fri | working-days vn"));
        check(when("weekly", &["8h"], "Mon"), Ok("0 8 * * Mon"));
        check(when("weekly", &["8h"], "Monday"), Err(Wrong::Day));
        check(when("daily", &["", " "], ""), Err(Wrong::NoTime));
        check(when("daily", &["7:30", "16:00"], ""), Err(Wrong::Minutes));
        for time in ["24:00", "7:60", "7", "-1:30", "+7:30", "7:3o", "7:30:15", "٧:30", ":"] {
            check(when("daily", &[time], ""), Err(Wrong::Time));
        }
        for kind in ["", "own", "30 7 * * *"] {
            check(when(kind, &["7:30"], "Mon"), Err(Wrong::Kind));
        }
        let nowhere = When { zone: "Asia/Hanoi".to_owned(), ..when("daily", &["7:30"], "") };
        check(nowhere, Err(Wrong::Zone));
    }

    #[test]
    fn a_schedule_that_forms_can_say_comes_back_as_the_form_that_made_it() {
        for form in [
            when("daily", &["07:30", "16:30"], ""),
            when("workdays", &["07:00"], ""),
            when("weekly", &["18:05"], "Sat"),
            when("at-once", &[], ""),
        ] {
            let cadence = cadence_of(&form, &CalendarName::vietnam()).expect("a good form");
            assert_eq!(when_of(&cadence), form);
        }
        for own in ["*/15 7-9 * * *", "0 8 1-7 * Mon", "0 0 8 * * Mon", "0 8 * * Mon,Wed"] {
            let schedule = Schedule::parse(own).expect("a schedule");
            let zone = chrono_tz::Asia::Ho_Chi_Minh;
            assert_eq!(
                when_of(&Cadence::Scheduled { schedule, zone, days: Days::Every }).kind,
                "own",
                "{own}"
            );
        }
    }
}
