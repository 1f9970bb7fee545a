//! A cadence in words.

use chrono::Weekday;

use super::plan::{includes, weekdays_from_monday};
use super::{Cadence, DayRule};
use crate::lang::Lang;
use crate::schedule::{WORKING_WEEK, Weekdays};

/// More times than these no reader takes in: the schedule's own line is clearer.
const MOST_TIMES_SAID: usize = 12;

impl Cadence {
    /// Says when it is due, as part of a sentence: "working days at 07:30", "thứ Hai hằng tuần lúc
    /// 08:00". The zone is left to the caller. A schedule that is more than times and weekdays is
    /// quoted as its cron line.
    pub fn describe(&self, lang: Lang) -> String {
        let Cadence::Scheduled { schedule, days, .. } = self else {
            return match lang {
                Lang::Vi => "ngay khi có tin".to_owned(),
                Lang::En => "at once".to_owned(),
            };
        };
        let Some((times, weekdays)) = schedule.times_and_weekdays(MOST_TIMES_SAID) else {
            let only = match (days, lang) {
                (DayRule::Every, _) => "",
                (DayRule::Working(_), Lang::Vi) => " (chỉ ngày làm việc)",
                (DayRule::Working(_), Lang::En) => " (working days only)",
                (DayRule::NotHolidays(_), Lang::Vi) => " (trừ ngày nghỉ lễ)",
                (DayRule::NotHolidays(_), Lang::En) => " (except public holidays)",
            };
            return format!("{}{only}", schedule.as_str());
        };
        let times = times.iter().map(|time| time.format("%H:%M").to_string()).collect();
        let times = series(times, lang);
        match lang {
            Lang::Vi => format!("{} lúc {times}", days_vi(weekdays, days)),
            Lang::En => format!("{} at {times}", days_en(weekdays, days)),
        }
    }
}

fn days_vi(weekdays: Weekdays, days: &DayRule) -> String {
    let every = weekdays == [true; 7];
    let which = match days {
        DayRule::Working(_) if every || weekdays == WORKING_WEEK => {
            return "ngày làm việc".to_owned();
        }
        _ if every => "mỗi ngày".to_owned(),
        _ if weekdays == WORKING_WEEK => "thứ Hai đến thứ Sáu hằng tuần".to_owned(),
        _ => format!("{} hằng tuần", series(chosen(weekdays, name_vi), Lang::Vi)),
    };
    match days {
        DayRule::Every => which,
        DayRule::Working(_) => format!("{which}, nếu là ngày làm việc,"),
        DayRule::NotHolidays(_) => format!("{which}, trừ ngày nghỉ lễ,"),
    }
}

fn days_en(weekdays: Weekdays, days: &DayRule) -> String {
    let every = weekdays == [true; 7];
    let which = match days {
        DayRule::Working(_) if every || weekdays == WORKING_WEEK => {
            return "working days".to_owned();
        }
        _ if every => "every day".to_owned(),
        _ if weekdays == WORKING_WEEK => "Monday to Friday".to_owned(),
        _ => series(chosen(weekdays, name_en), Lang::En),
    };
    match days {
        DayRule::Every => which,
        DayRule::Working(_) => format!("{which} that are working days"),
        DayRule::NotHolidays(_) => format!("{which} except public holidays"),
    }
}

fn chosen(weekdays: Weekdays, name: fn(Weekday) -> &'static str) -> Vec<String> {
    weekdays_from_monday()
        .filter(|day| includes(weekdays, *day))
        .map(|day| name(day).to_owned())
        .collect()
}

fn name_vi(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "thứ Hai",
        Weekday::Tue => "thứ Ba",
        Weekday::Wed => "thứ Tư",
        Weekday::Thu => "thứ Năm",
        Weekday::Fri => "thứ Sáu",
        Weekday::Sat => "thứ Bảy",
        Weekday::Sun => "Chủ nhật",
    }
}

fn name_en(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Mondays",
        Weekday::Tue => "Tuesdays",
        Weekday::Wed => "Wednesdays",
        Weekday::Thu => "Thursdays",
        Weekday::Fri => "Fridays",
        Weekday::Sat => "Saturdays",
        Weekday::Sun => "Sundays",
    }
}

/// "07:30, 11:00 and 16:30".
fn series(mut parts: Vec<String>, lang: Lang) -> String {
    let Some(last) = parts.pop() else { return String::new() };
    if parts.is_empty() {
        return last;
    }
    let and = match lang {
        Lang::Vi => "và",
        Lang::En => "and",
    };
    format!("{} {and} {last}", parts.join(", "))
}
