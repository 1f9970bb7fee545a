use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, TimeDelta, TimeZone, Weekday};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::cadence::{CadenceDays, CadencePlan, TimesOfDay};
use crate::lang::Lang;

const HANOI: Tz = chrono_tz::Asia::Ho_Chi_Minh;

fn cadence(text: &str, zone: Tz) -> Cadence {
    Cadence::from_text(text, zone).expect("a cadence")
}

fn local(zone: Tz, year: i32, month: u32, day: u32) -> DateTime<Utc> {
    zone.with_ymd_and_hms(year, month, day, 0, 0, 0).unwrap().to_utc()
}

/// Every firing from the beginning of `from` to the end of `to`, in Vietnam's calendar.
fn firings(cadence: &Cadence, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let calendars = Calendars::shipped();
    let mut all = Vec::new();
    let mut at = from - TimeDelta::milliseconds(1);
    while let Some(next) = cadence.next_after(at, &calendars).filter(|next| *next < to) {
        assert!(next > at, "{next} is not after {at}");
        all.push(next);
        at = next;
    }
    all
}

#[track_caller]
fn check(text: &str, zone: Tz, from: (i32, u32, u32), to: (i32, u32, u32), expected: Expect) {
    let (from, to) = (local(zone, from.0, from.1, from.2), local(zone, to.0, to.1, to.2));
    let told: String = firings(&cadence(text, zone), from, to)
        .iter()
        .map(|at| at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M %z\n").to_string())
        .collect();
    expected.assert_eq(&told);
}

#[test]
fn around_new_year_friday_is_off_and_saturday_week_is_worked() {
    let days = ((2025, 12, 31), (2026, 1, 13));
    check(
        "30 7 * * Mon-Fri | working-days vn",
        HANOI,
        days.0,
        days.1,
        expect![[r#"
        Wed 2025-12-31 07:30 +0700
        Mon 2026-01-05 07:30 +0700
        Tue 2026-01-06 07:30 +0700
        Wed 2026-01-07 07:30 +0700
        Thu 2026-01-08 07:30 +0700
        Fri 2026-01-09 07:30 +0700
        Sat 2026-01-10 07:30 +0700
        Mon 2026-01-12 07:30 +0700
    "#]],
    );
    check(
        "30 7 * * * | no-holidays vn",
        HANOI,
        days.0,
        days.1,
        expect![[r#"
        Wed 2025-12-31 07:30 +0700
        Sat 2026-01-03 07:30 +0700
        Sun 2026-01-04 07:30 +0700
        Mon 2026-01-05 07:30 +0700
        Tue 2026-01-06 07:30 +0700
        Wed 2026-01-07 07:30 +0700
        Thu 2026-01-08 07:30 +0700
        Fri 2026-01-09 07:30 +0700
        Sat 2026-01-10 07:30 +0700
        Sun 2026-01-11 07:30 +0700
        Mon 2026-01-12 07:30 +0700
    "#]],
    );
}

#[test]
fn tet_is_passed_over() {
    check(
        "30 7,16 * * Mon-Fri | working-days vn",
        HANOI,
        (2026, 2, 13),
        (2026, 2, 24),
        expect![[r#"
            Fri 2026-02-13 07:30 +0700
            Fri 2026-02-13 16:30 +0700
            Mon 2026-02-23 07:30 +0700
            Mon 2026-02-23 16:30 +0700
        "#]],
    );
}

#[test]
fn a_weekly_digest_whose_day_is_a_holiday_waits_a_week() {
    check(
        "0 8 * * Mon | no-holidays vn",
        HANOI,
        (2026, 8, 17),
        (2026, 9, 15),
        expect![[r#"
        Mon 2026-08-17 08:00 +0700
        Mon 2026-08-24 08:00 +0700
        Mon 2026-09-07 08:00 +0700
        Mon 2026-09-14 08:00 +0700
    "#]],
    );
}

#[test]
fn a_monthly_digest_waits_for_a_first_day_that_is_worked() {
    check(
        "0 8 1 * * | working-days vn",
        HANOI,
        (2026, 1, 1),
        (2026, 12, 31),
        expect![[r#"
        Wed 2026-04-01 08:00 +0700
        Mon 2026-06-01 08:00 +0700
        Wed 2026-07-01 08:00 +0700
        Thu 2026-10-01 08:00 +0700
        Tue 2026-12-01 08:00 +0700
    "#]],
    );
}

#[test]
fn a_schedule_that_never_meets_a_day_wanted_fires_all_the_same() {
    check(
        "0 8 2 9 * | no-holidays vn",
        HANOI,
        (2026, 1, 1),
        (2027, 12, 31),
        expect![[r#"
        Wed 2026-09-02 08:00 +0700
        Thu 2027-09-02 08:00 +0700
    "#]],
    );
}

#[test]
fn after_the_last_year_of_the_list_monday_to_friday_are_worked() {
    check(
        "0 8 * * * | working-days vn",
        HANOI,
        (2029, 12, 28),
        (2030, 1, 6),
        expect![[r#"
        Fri 2029-12-28 08:00 +0700
        Mon 2029-12-31 08:00 +0700
        Tue 2030-01-01 08:00 +0700
        Wed 2030-01-02 08:00 +0700
        Thu 2030-01-03 08:00 +0700
        Fri 2030-01-04 08:00 +0700
    "#]],
    );
}

#[test]
fn a_country_without_a_list_has_no_holidays() {
    check(
        "0 8 * * * | no-holidays xx",
        HANOI,
        (2026, 2, 15),
        (2026, 2, 18),
        expect![[r#"
        Sun 2026-02-15 08:00 +0700
        Mon 2026-02-16 08:00 +0700
        Tue 2026-02-17 08:00 +0700
    "#]],
    );
    check(
        "0 8 * * * | working-days xx",
        HANOI,
        (2026, 2, 14),
        (2026, 2, 18),
        expect![[r#"
        Mon 2026-02-16 08:00 +0700
        Tue 2026-02-17 08:00 +0700
    "#]],
    );
}

#[test]
fn the_year_ends_and_the_29th_of_february_comes() {
    check(
        "59 23 * * *",
        HANOI,
        (2027, 12, 30),
        (2028, 1, 2),
        expect![[r#"
        Thu 2027-12-30 23:59 +0700
        Fri 2027-12-31 23:59 +0700
        Sat 2028-01-01 23:59 +0700
    "#]],
    );
    check(
        "0 7 29 2 *",
        HANOI,
        (2026, 1, 1),
        (2033, 1, 1),
        expect![[r#"
        Tue 2028-02-29 07:00 +0700
        Sun 2032-02-29 07:00 +0700
    "#]],
    );
}

#[test]
fn clocks_that_turn_neither_lose_a_digest_nor_send_it_twice() {
    let berlin = chrono_tz::Europe::Berlin;
    check(
        "30 2 * * *",
        berlin,
        (2026, 3, 28),
        (2026, 3, 31),
        expect![[r#"
        Sat 2026-03-28 02:30 +0100
        Sun 2026-03-29 03:00 +0200
        Mon 2026-03-30 02:30 +0200
    "#]],
    );
    check(
        "30 2 * * * | no-holidays vn",
        berlin,
        (2026, 10, 24),
        (2026, 10, 27),
        expect![[r#"
        Sat 2026-10-24 02:30 +0200
        Sun 2026-10-25 02:30 +0200
        Mon 2026-10-26 02:30 +0100
    "#]],
    );
}

/// A daemon as far as a cadence can see it: it keeps when it is next due, and fires when the clock says so.
struct Driver {
    next_at: DateTime<Utc>,
    /// Each firing with the slot that it was for.
    fired: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Driver {
    fn begin(cadence: &Cadence, now: DateTime<Utc>, calendars: &Calendars) -> Self {
        let next_at = cadence.next_after(now, calendars).expect("it fires");
        Driver { next_at, fired: Vec::new() }
    }

    fn look(&mut self, cadence: &Cadence, now: DateTime<Utc>, calendars: &Calendars) {
        if now >= self.next_at {
            self.fired.push((now, self.next_at));
            self.next_at = cadence.next_after(now, calendars).expect("it fires");
        }
    }
}

#[test]
fn a_simulated_year_serves_each_slot_once_through_restarts_and_clocks_that_jump() {
    let calendars = Calendars::shipped();
    let cadence = cadence("30 7 * * Mon-Fri; 45 16 * * Mon-Fri | working-days vn", HANOI);
    let (start, end) = (local(HANOI, 2026, 1, 1), local(HANOI, 2027, 1, 1));
    let slots = firings(&cadence, start, end);
    let minute = TimeDelta::minutes(1);
    let mut driver = Driver::begin(&cadence, start - minute, &calendars);
    let mut now = start;
    while now < end {
        driver.look(&cadence, now, &calendars);
        // A second look in the same moment, as after a restart, fires nothing.
        let before = driver.fired.len();
        driver.look(&cadence, now, &calendars);
        assert_eq!(driver.fired.len(), before, "{now}");
        now += minute;
    }
    let served: Vec<_> = driver.fired.iter().map(|(_, slot)| *slot).collect();
    assert_eq!(served, slots);
    assert!(driver.fired.iter().all(|(at, slot)| at == slot));
}

#[test]
fn a_clock_a_day_ahead_fires_once_for_what_it_skipped_and_one_that_goes_back_never_twice() {
    let calendars = Calendars::shipped();
    let cadence = cadence("30 7,16 * * *", HANOI);
    let start = local(HANOI, 2026, 3, 2);
    let hours = |n| TimeDelta::hours(n);
    let mut driver = Driver::begin(&cadence, start, &calendars);
    for hour in [6, 8] {
        driver.look(&cadence, start + hours(hour), &calendars);
    }
    assert_eq!(driver.fired.len(), 1);
    // From 8 o'clock to 8 o'clock of the next day: 16:30 and 07:30 were skipped.
    for hour in [32, 33] {
        driver.look(&cadence, start + hours(hour), &calendars);
    }
    assert_eq!(driver.fired.len(), 2);
    // Back to 6 o'clock of the first day: what was served stays served.
    for hour in 6..=40 {
        driver.look(&cadence, start + hours(hour), &calendars);
    }
    assert_eq!(driver.fired.len(), 2);
    driver.look(&cadence, start + hours(41), &calendars);
    assert_eq!(driver.fired.len(), 3);
}

#[test]
fn a_cadence_comes_back_from_its_text_and_an_old_row_means_every_day() {
    let vn = CalendarName::vietnam;
    for (text, days) in [
        ("30 7 * * Mon-Fri", DayRule::Every),
        ("30 7 * * Mon-Fri; 45 16 * * Fri | working-days vn", DayRule::Working(vn())),
        ("0 8 * * Mon | no-holidays vn", DayRule::NotHolidays(vn())),
    ] {
        let read = cadence(text, HANOI);
        assert_eq!(read.as_text(), text);
        assert!(matches!(&read, Cadence::Scheduled { days: read, .. } if *read == days), "{text}");
    }
    assert_eq!(cadence("", HANOI), Cadence::AtOnce);
    assert_eq!(Cadence::AtOnce.as_text(), "");
}

#[test]
fn a_text_that_is_no_cadence_is_refused_with_what_to_write() {
    let said: String = [
        "30 7 * * * |",
        "30 7 * * * | weekdays vn",
        "30 7 * * * | no-holidays",
        "x | working-days vn",
    ]
    .map(|text| Cadence::from_text(text, HANOI).expect_err("no cadence") + "\n")
    .concat();
    expect![[r#"
        "" are no days: after | write "working-days" or "no-holidays" and the country of the holidays, such as "30 7 * * Mon-Fri | working-days vn"
        "weekdays vn" are no days: after | write "working-days" or "no-holidays" and the country of the holidays, such as "30 7 * * Mon-Fri | working-days vn"
        "no-holidays" are no days: after | write "working-days" or "no-holidays" and the country of the holidays, such as "30 7 * * Mon-Fri | working-days vn"
        "x" is not a schedule: write five fields, minute, hour, day of month, month, day of week, such as "*/15 6-20 * * Mon-Fri"
    "#]].assert_eq(&said);
}

#[test]
fn a_cadence_is_told_in_both_languages() {
    let told: String = [
        "",
        "30 7 * * *",
        "30 7,16 * * *",
        "30 7 * * Mon-Fri | working-days vn",
        "30 7 * * Mon-Fri",
        "0 8 * * Mon",
        "0 8 * * Sun | no-holidays vn",
        "0 7,12 * * *; 45 16 * * * | no-holidays vn",
        "0 8 * * Mon,Thu | working-days vn",
        "0 8 1 * * | working-days vn",
    ]
    .map(|text| {
        let cadence = cadence(text, HANOI);
        format!("{} / {}\n", cadence.describe(Lang::Vi), cadence.describe(Lang::En))
    })
    .concat();
    expect![[r#"
        ngay khi có tin / at once
        mỗi ngày lúc 07:30 / every day at 07:30
        mỗi ngày lúc 07:30 và 16:30 / every day at 07:30 and 16:30
        ngày làm việc lúc 07:30 / working days at 07:30
        thứ Hai đến thứ Sáu hằng tuần lúc 07:30 / Monday to Friday at 07:30
        thứ Hai hằng tuần lúc 08:00 / Mondays at 08:00
        Chủ nhật hằng tuần, trừ ngày nghỉ lễ, lúc 08:00 / Sundays except public holidays at 08:00
        mỗi ngày, trừ ngày nghỉ lễ, lúc 07:00, 12:00 và 16:45 / every day except public holidays at 07:00, 12:00 and 16:45
        thứ Hai và thứ Năm hằng tuần, nếu là ngày làm việc, lúc 08:00 / Mondays and Thursdays that are working days at 08:00
        0 8 1 * * (chỉ ngày làm việc) / 0 8 1 * * (working days only)
    "#]].assert_eq(&told);
}

#[test]
fn times_are_read_as_people_write_them() {
    let read = |text: &str| match TimesOfDay::parse(text, Lang::En) {
        Ok(times) => times.iter().map(|time| time.format("%H:%M ").to_string()).collect(),
        Err(error) => error,
    };
    let told: String = [
        "07:30",
        "16h và 7h30, 7:30",
        "",
        "24:00",
        "7:3",
        "7",
        "7:60",
        "1h 2h 3h 4h 5h 6h 7h 8h 9h 10h 11h 12h 13h",
    ]
    .map(|text| format!("{text}: {}\n", read(text)))
    .concat();
    expect![[r#"
        07:30: 07:30 
        16h và 7h30, 7:30: 07:30 16:00 
        : There is no time yet: write one, such as 07:30.
        24:00: The time “24:00” is not understood: write 07:30, or 07:30, 16:30.
        7:3: The time “7:3” is not understood: write 07:30, or 07:30, 16:30.
        7: The time “7” is not understood: write 07:30, or 07:30, 16:30.
        7:60: The time “7:60” is not understood: write 07:30, or 07:30, 16:30.
        1h 2h 3h 4h 5h 6h 7h 8h 9h 10h 11h 12h 13h: Too many times: choose at most 12 in a day.
    "#]]
    .assert_eq(&told);
    assert!(
        TimesOfDay::parse(&(0..13).map(|h| format!("{h}h ")).collect::<String>(), Lang::Vi)
            .is_err()
    );
}

fn any_plan() -> impl Strategy<Value = CadencePlan> {
    let day = (0u8..7).prop_map(|day| Weekday::try_from(day).expect("seven days"));
    let on = prop_oneof![
        Just(CadenceDays::EveryDay),
        Just(CadenceDays::EveryDayButHolidays),
        Just(CadenceDays::WorkingDays),
        day.clone().prop_map(CadenceDays::Weekly),
        day.prop_map(CadenceDays::WeeklyButHolidays),
    ];
    let times = prop::collection::vec((0u32..24, 0u32..60), 1..12);
    (on, times).prop_map(|(on, times)| {
        let text: String =
            times.iter().map(|(hour, minute)| format!("{hour}:{minute:02} ")).collect();
        CadencePlan { on, times: TimesOfDay::parse(&text, Lang::En).expect("times") }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    /// A plan and its cadence say the same: on each day of a month with swaps, exactly the plan's times, or none.
    #[test]
    fn a_plan_fires_at_its_times_on_its_days_alone(plan in any_plan(), month in 1u32..=12) {
        let vietnam = Calendar::shipped("vn").expect("it is shipped");
        let cadence = plan.cadence(HANOI, &CalendarName::vietnam());
        prop_assert_eq!(CadencePlan::of(&cadence), Some(plan.clone()));
        prop_assert_eq!(&Cadence::from_text(&cadence.as_text(), HANOI).unwrap(), &cadence);
        let first = NaiveDate::from_ymd_opt(2026, month, 1).unwrap();
        let last = first + TimeDelta::days(27);
        let mut fired: BTreeMap<NaiveDate, Vec<_>> = BTreeMap::new();
        let days = (local(HANOI, 2026, month, 1), local(HANOI, 2026, month, 28));
        for at in firings(&cadence, days.0, days.1) {
            let at = at.with_timezone(&HANOI).naive_local();
            fired.entry(at.date()).or_default().push(at.time());
        }
        for day in first.iter_days().take_while(|day| *day < last) {
            let wanted = match plan.on {
                CadenceDays::EveryDay => true,
                CadenceDays::EveryDayButHolidays => !vietnam.is_holiday(day),
                CadenceDays::WorkingDays => vietnam.is_working_day(day),
                CadenceDays::Weekly(weekday) => day.weekday() == weekday,
                CadenceDays::WeeklyButHolidays(weekday) => day.weekday() == weekday && !vietnam.is_holiday(day),
            };
            let expected: Vec<_> = if wanted { plan.times.iter().collect() } else { Vec::new() };
            prop_assert_eq!(fired.remove(&day).unwrap_or_default(), expected, "{:?} on {}", plan.on, day);
        }
    }

    #[test]
    fn from_any_moment_the_next_firing_is_the_same(seconds in 0i64..366 * 86_400) {
        let calendars = Calendars::shipped();
        let cadence = cadence("30 7 * * Mon-Fri | working-days vn", HANOI);
        let asked = local(HANOI, 2026, 1, 1) + TimeDelta::seconds(seconds);
        let slots = firings(&cadence, asked - TimeDelta::days(1), asked + TimeDelta::days(20));
        let expected = slots.into_iter().find(|slot| *slot > asked);
        prop_assert_eq!(cadence.next_after(asked, &calendars), expected);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,40}", days in "[a-z |-]{0,20}") {
        let _ = Cadence::from_text(&text, HANOI);
        let _ = Cadence::from_text(&format!("30 7 * * *|{days}"), HANOI);
        let _ = TimesOfDay::parse(&text, Lang::Vi);
    }
}
