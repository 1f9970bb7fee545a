use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn vietnam() -> Calendar {
    Calendar::shipped("vn").expect("it is shipped")
}

#[track_caller]
fn check_refused(text: &str, expected: Expect) {
    let errors = Calendar::parse(text).expect_err("a mistake");
    expected.assert_eq(&(errors.join("\n") + "\n"));
}

/// Which days of a year are not as the week says: off from Monday to Friday, or worked at its end.
fn exceptions(calendar: &Calendar, year: i32) -> String {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    first
        .iter_days()
        .take_while(|day| day.year() == year)
        .filter(|day| calendar.is_working_day(*day) == is_weekend(*day))
        .map(|day| {
            let what = calendar.holiday(day).unwrap_or("worked");
            format!("{} {what}\n", day.format("%a %d %b"))
        })
        .collect()
}

#[test]
fn vietnam_has_the_days_that_were_made_known() {
    expect![[r#"
        Wed 01 Jan Tết Dương lịch
        Mon 27 Jan Tết Nguyên đán
        Tue 28 Jan Tết Nguyên đán
        Wed 29 Jan Tết Nguyên đán
        Thu 30 Jan Tết Nguyên đán
        Fri 31 Jan Tết Nguyên đán
        Mon 07 Apr Giỗ Tổ Hùng Vương
        Sat 26 Apr worked
        Wed 30 Apr Ngày Chiến thắng
        Thu 01 May Ngày Quốc tế lao động
        Fri 02 May Ngày Chiến thắng
        Mon 01 Sep Quốc khánh
        Tue 02 Sep Quốc khánh
    "#]]
    .assert_eq(&exceptions(&vietnam(), 2025));
    expect![[r#"
        Thu 01 Jan Tết Dương lịch
        Fri 02 Jan Tết Dương lịch
        Sat 10 Jan worked
        Mon 16 Feb Tết Nguyên đán
        Tue 17 Feb Tết Nguyên đán
        Wed 18 Feb Tết Nguyên đán
        Thu 19 Feb Tết Nguyên đán
        Fri 20 Feb Tết Nguyên đán
        Mon 27 Apr Giỗ Tổ Hùng Vương
        Thu 30 Apr Ngày Chiến thắng
        Fri 01 May Ngày Quốc tế lao động
        Sat 22 Aug worked
        Mon 31 Aug Quốc khánh
        Tue 01 Sep Quốc khánh
        Wed 02 Sep Quốc khánh
        Tue 24 Nov Ngày Văn hóa Việt Nam
    "#]]
    .assert_eq(&exceptions(&vietnam(), 2026));
    expect![[r#"
        Fri 01 Jan Tết Dương lịch
        Thu 04 Feb Tết Nguyên đán
        Fri 05 Feb Tết Nguyên đán
        Mon 08 Feb Tết Nguyên đán
        Tue 09 Feb Tết Nguyên đán
        Wed 10 Feb Tết Nguyên đán
        Fri 16 Apr Giỗ Tổ Hùng Vương
        Fri 30 Apr Ngày Chiến thắng
        Mon 03 May Ngày Quốc tế lao động
        Thu 02 Sep Quốc khánh
        Fri 03 Sep Quốc khánh
        Wed 24 Nov Ngày Văn hóa Việt Nam
    "#]]
    .assert_eq(&exceptions(&vietnam(), 2027));
}

#[test]
fn vietnam_is_known_to_the_end_of_2027_and_partly_expected() {
    let vietnam = vietnam();
    assert!(vietnam.covers(2025) && vietnam.covers(2027) && !vietnam.covers(2028));
    assert_eq!(vietnam.covered_until(2026), Some(2027));
    assert_eq!(vietnam.covered_until(2028), None);
    let first =
        vietnam.first_expected(day("2026-01-01")).map(|(day, name)| format!("{day} {name}"));
    assert_eq!(first.as_deref(), Some("2027-02-04 Tết Nguyên đán"));
    assert_eq!(vietnam.first_expected(day("2027-09-04")), None);
    // A holiday on a Sunday is a holiday, too.
    assert!(vietnam.is_holiday(day("2026-04-26")));
    assert_eq!(Calendar::shipped("xx"), None);
}

#[test]
fn a_newer_list_corrects_days_and_replaces_years_that_it_knows() {
    let newer = "2026-11-24 works\n2026-11-28 works in place of 2026-11-23 Ngày Văn hóa\nyears 2027\n2027-01-01 Tết";
    let corrected = vietnam().corrected(Calendar::parse(newer).expect("a list"));
    assert!(corrected.is_working_day(day("2026-11-24")));
    assert!(corrected.is_working_day(day("2026-11-28")));
    assert_eq!(corrected.holiday(day("2026-11-23")), Some("Ngày Văn hóa"));
    assert!(corrected.is_holiday(day("2026-09-02")), "a day not named stays");
    assert!(corrected.is_holiday(day("2027-01-01")));
    assert!(!corrected.is_holiday(day("2027-04-30")), "the year is the newer list's alone");
    assert!(corrected.covers(2025) && corrected.covers(2027));
}

#[test]
fn home_is_where_the_admin_says_and_vietnam_stays_known() {
    let name = CalendarName::parse("de").expect("a name");
    let list = Calendar::parse("2026-10-03 Tag der Deutschen Einheit").expect("a list");
    let calendars = Calendars::shipped().at_home_in(name.clone(), list);
    assert_eq!(calendars.home(), &name);
    assert!(calendars.get(&name).expect("it was added").is_holiday(day("2026-10-03")));
    let vietnam = calendars.get(&CalendarName::vietnam()).expect("it is shipped");
    assert!(vietnam.is_holiday(day("2026-09-02")) && !vietnam.is_holiday(day("2026-10-03")));
}

#[test]
fn comments_blank_lines_a_mark_at_the_start_and_windows_line_ends_are_taken() {
    let calendar =
        Calendar::parse("\u{feff}# list\r\n\r\n  2026-03-02   Ngày   thử \r\n").expect("a list");
    assert_eq!(calendar.holiday(day("2026-03-02")), Some("Ngày thử"));
}

#[test]
fn each_mistake_is_told_with_its_line_and_what_to_write() {
    check_refused(
        "# comment\n02/09/2026 Quốc khánh\n2026-02-30 Tết\n2026-09-02\n2026-09-02 ?\n2026-02-20..2026-02-16 Tết\n\
         2026-01-01..2026-12-31 Nghỉ\n2026-08-22 works for 2026-08-31\n2026-08-24 works in place of 2026-08-31\n\
         2026-08-22 works in place of 2026-08-30\n2026-05-01 Một\n2026-05-01 Hai\nyears 2027..2025\nyears 1..9\n\
         years 1000..2999\nhello\u{1b}[31m",
        expect![[r#"
            line 2: "02/09/2026" is not a day: write a day off such as "2026-09-02 Quốc khánh", several such as "2026-02-16..2026-02-20 Tết Nguyên đán", a swap such as "2026-08-22 works in place of 2026-08-31", or the years that the list knows entirely such as "years 2025..2027"
            line 3: there is no day 2026-02-30: write year, month and day, such as 2026-09-02
            line 4: "2026-09-02" has no name: write one after the day, such as "2026-09-02 Quốc khánh"
            line 5: 2026-09-02 has no name: write one, such as "2026-09-02 ? Tết"
            line 6: 2026-02-20..2026-02-16 ends before it begins: write 2026-02-16..2026-02-20
            line 7: 2026-01-01..2026-12-31 is 365 days, and a range has at most 31: write the day that you mean, or several lines
            line 8: "for 2026-08-31" is not understood: write "2026-08-22 works", or "2026-08-22 works in place of" and the day that is off
            line 9: 2026-08-24 is a Monday, worked anyway: write the Saturday or Sunday that is worked, then the day that is off in its place
            line 10: 2026-08-30 is a Sunday, off anyway: after "in place of" write the working day that is off
            line 12: 2026-05-01 is in line 11 already: keep the line that is right
            line 13: the years "2027..2025" end before they begin: write them such as "years 2025..2027" or "years 2026"
            line 14: the years "1..9" are not understood: write them such as "years 2025..2027" or "years 2026"
            line 15: "1000..2999" is more than 100 years, and no list knows so many: write them such as "years 2025..2027" or "years 2026"
            line 16: "hello\u{1b}[31m" has no name: write one after the day, such as "2026-09-02 Quốc khánh"
        "#]],
    );
    let many = "nonsense here\n".repeat(30);
    let errors = Calendar::parse(&many).expect_err("mistakes");
    assert_eq!(errors.len(), 21);
    assert_eq!(errors[20], "10 more lines are not understood");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_parsing_panic(text in "\\PC{0,60}", lines in "([0-9]{4}-[0-9]{2}-[0-9]{2}(\\.\\.)?[ a-z?]{0,9}\n){0,4}") {
        let _ = Calendar::parse(&text);
        let _ = Calendar::parse(&lines);
    }

    /// Swaps make as many days off as they make days worked, wherever they are.
    #[test]
    fn a_swap_exchanges_two_days(week in 0i64..2000) {
        let saturday = day("2000-01-01") + chrono::TimeDelta::weeks(week);
        let monday = saturday + chrono::TimeDelta::days(2);
        let calendar = Calendar::parse(&format!("{saturday} works in place of {monday}")).expect("a swap");
        prop_assert!(calendar.is_working_day(saturday) && !calendar.is_holiday(saturday));
        prop_assert!(!calendar.is_working_day(monday) && calendar.is_holiday(monday));
        prop_assert!(!calendar.is_working_day(saturday + chrono::TimeDelta::days(1)));
    }
}
