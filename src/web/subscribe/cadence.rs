//! When somebody wants mail: what forms and the API say, as a cadence, and back. The only place that knows how the two
//! belong together.

use chrono_tz::Tz;

use bantin_model::{Cadence, CadenceDays, CadencePlan, CalendarName, DayRule, Lang, TimesOfDay};

/// Days of the week as schedules name them, the working week first.
pub const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A cadence in the words of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CadenceForm {
    /// "at-once", "daily", "workdays", "weekly"; "own" for a schedule that only a cron line says.
    pub kind: String,
    /// Such as "07:30".
    pub times: Vec<String>,
    /// One of [`DAYS`], for "weekly".
    pub day: String,
    pub zone: String,
    /// Not on public holidays, for "daily" and "weekly"; working days are never holidays.
    pub skip_holidays: bool,
}

/// What is wrong with it; the name of the field is in [`CadenceMistake::field`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CadenceMistake {
    Kind,
    /// With the sentence that says what to write.
    Times(String),
    Day,
    Zone,
}

impl CadenceMistake {
    pub fn field(&self) -> &'static str {
        match self {
            CadenceMistake::Kind => "when",
            CadenceMistake::Times(_) => "times",
            CadenceMistake::Day => "day",
            CadenceMistake::Zone => "zone",
        }
    }
}

/// The cadence that a form asks for; working days and holidays are those of `home`.
pub fn cadence_of(
    form: &CadenceForm,
    home: &CalendarName,
    lang: Lang,
) -> Result<Cadence, CadenceMistake> {
    let on = match (form.kind.as_str(), form.skip_holidays) {
        ("at-once", _) => return Ok(Cadence::AtOnce),
        ("daily", false) => CadenceDays::EveryDay,
        ("daily", true) => CadenceDays::EveryDayButHolidays,
        ("workdays", _) => CadenceDays::WorkingDays,
        ("weekly", skips) => {
            let named = DAYS.contains(&form.day.as_str()).then(|| form.day.parse().ok()).flatten();
            let day = named.ok_or(CadenceMistake::Day)?;
            if skips { CadenceDays::WeeklyButHolidays(day) } else { CadenceDays::Weekly(day) }
        }
        _ => return Err(CadenceMistake::Kind),
    };
    let times = TimesOfDay::parse(&form.times.join(" "), lang).map_err(CadenceMistake::Times)?;
    let zone: Tz = form.zone.parse().map_err(|_| CadenceMistake::Zone)?;
    Ok(CadencePlan { on, times }.cadence(zone, home))
}

/// The form that asks for a cadence.
pub fn when_of(cadence: &Cadence) -> CadenceForm {
    // What comes at once has no zone; a form that changes it begins with the site's.
    let zone = match cadence {
        Cadence::AtOnce => "",
        Cadence::Scheduled { zone, .. } => zone.name(),
    };
    let mut form = CadenceForm {
        kind: "at-once".to_owned(),
        times: Vec::new(),
        day: String::new(),
        zone: zone.to_owned(),
        skip_holidays: false,
    };
    let Cadence::Scheduled { schedule, zone, days } = cadence else { return form };
    let plan = CadencePlan::of(cadence).or_else(|| {
        // Subscribers who chose Monday to Friday before holidays were known meant working days.
        let worked = DayRule::Working(CalendarName::vietnam());
        let schedule = schedule.clone();
        let meant = Cadence::Scheduled { schedule, zone: *zone, days: worked };
        CadencePlan::of(&meant)
            .filter(|plan| *days == DayRule::Every && plan.on == CadenceDays::WorkingDays)
    });
    let Some(plan) = plan else {
        form.kind = "own".to_owned();
        return form;
    };
    let (kind, day, skip_holidays) = match plan.on {
        CadenceDays::EveryDay => ("daily", None, false),
        CadenceDays::EveryDayButHolidays => ("daily", None, true),
        CadenceDays::WorkingDays => ("workdays", None, false),
        CadenceDays::Weekly(day) => ("weekly", Some(day), false),
        CadenceDays::WeeklyButHolidays(day) => ("weekly", Some(day), true),
    };
    form.kind = kind.to_owned();
    form.day = day.map(|day| day.to_string()).unwrap_or_default();
    form.skip_holidays = skip_holidays;
    form.times = plan.times.iter().map(|time| time.format("%H:%M").to_string()).collect();
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(kind: &str, times: &[&str], day: &str) -> CadenceForm {
        CadenceForm {
            kind: kind.to_owned(),
            times: times.iter().map(|time| (*time).to_owned()).collect(),
            day: day.to_owned(),
            zone: "Asia/Ho_Chi_Minh".to_owned(),
            skip_holidays: false,
        }
    }

    fn without_holidays(form: CadenceForm) -> CadenceForm {
        CadenceForm { skip_holidays: true, ..form }
    }

    /// `expected`: the cadence as it is kept, or the field that is wrong.
    #[track_caller]
    fn check(form: CadenceForm, expected: Result<&str, &str>) {
        let cadence = cadence_of(&form, &CalendarName::vietnam(), Lang::En);
        let told = match &cadence {
            Ok(Cadence::AtOnce) => Ok("at once".to_owned()),
            Ok(cadence) => Ok(cadence.as_text().into_owned()),
            Err(wrong) => Err(wrong.field()),
        };
        assert_eq!(told, expected.map(str::to_owned), "{form:?}");
    }

    #[test]
    fn a_form_becomes_a_schedule_or_says_which_field_is_wrong() {
        check(when("at-once", &["never"], ""), Ok("at once"));
        check(when("daily", &["16:30", "", "7h30"], ""), Ok("30 7,16 * * *"));
        check(when("daily", &["7:30", "16:00"], ""), Ok("0 16 * * *; 30 7 * * *"));
        check(when("workdays", &["07:00:00"], "Sun"), Ok("0 7 * * Mon-Fri | working-days vn"));
        check(when("weekly", &["8h"], "Mon"), Ok("0 8 * * Mon"));
        check(without_holidays(when("daily", &["8h"], "")), Ok("0 8 * * * | no-holidays vn"));
        check(without_holidays(when("weekly", &["8h"], "Mon")), Ok("0 8 * * Mon | no-holidays vn"));
        check(when("weekly", &["8h"], "Monday"), Err("day"));
        check(when("daily", &["", " "], ""), Err("times"));
        for time in ["24:00", "7:60", "7", "-1:30", "+7:30", "7:3o", "7:30:15", "٧:30", ":"] {
            check(when("daily", &[time], ""), Err("times"));
        }
        for kind in ["", "own", "30 7 * * *"] {
            check(when(kind, &["7:30"], "Mon"), Err("when"));
        }
        let nowhere = CadenceForm { zone: "Asia/Hanoi".to_owned(), ..when("daily", &["7:30"], "") };
        check(nowhere, Err("zone"));
    }

    #[test]
    fn a_schedule_that_forms_can_say_comes_back_as_the_form_that_made_it() {
        for form in [
            when("daily", &["07:30", "16:30"], ""),
            when("daily", &["07:30", "11:00", "16:45"], ""),
            when("workdays", &["07:00"], ""),
            when("weekly", &["18:05"], "Sat"),
            without_holidays(when("daily", &["07:30"], "")),
            without_holidays(when("weekly", &["07:30"], "Mon")),
            CadenceForm { zone: String::new(), ..when("at-once", &[], "") },
        ] {
            let cadence =
                cadence_of(&form, &CalendarName::vietnam(), Lang::Vi).expect("a good form");
            assert_eq!(when_of(&cadence), form);
        }
    }

    #[test]
    fn what_forms_cannot_say_stays_as_it_is_and_monday_to_friday_means_working_days() {
        let kind = |schedule: &str| {
            let zone = chrono_tz::Asia::Ho_Chi_Minh;
            when_of(&Cadence::from_text(schedule, zone).expect("a schedule")).kind
        };
        for own in [
            "*/5 7-9 * * *",
            "0 8 1-7 * Mon",
            "0 8 * * Mon,Wed",
            "0 8 * * Mon-Fri | no-holidays vn",
        ] {
            assert_eq!(kind(own), "own", "{own}");
        }
        assert_eq!(kind("0 8 * * Mon-Fri"), "workdays");
    }
}
