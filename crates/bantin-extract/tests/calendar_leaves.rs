//! Days whose parts are below one another, as on the leaf of a calendar: "19/10" over "2018", "19" over "10/2018".

use bantin_extract::model::{Published, Recipe};
use bantin_extract::{Reading, dates, survey};
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

fn now() -> DateTime<Utc> {
    "2026-11-27T05:00:00Z".parse().expect("a fixed moment")
}

#[test]
fn a_day_and_its_year_may_be_set_apart() {
    let day = |text: &str| dates::show(dates::find(text, Ho_Chi_Minh, now()), Ho_Chi_Minh);
    let right = [
        ("19/10 2018", Some("2018-10-19")),
        ("19-10 2018", Some("2018-10-19")),
        ("19.10 2018", Some("2018-10-19")),
        ("19 10/2018", Some("2018-10-19")),
        ("Thứ sáu, 19/10 2018", Some("2018-10-19")),
        ("Đăng ngày 19/10 2018", Some("2018-10-19")),
        ("19/10 2018 08:30", Some("2018-10-19T08:30:00+07:00")),
        ("3/4 2018 đại biểu", None),
        ("1/5 2000 người", None),
        ("quý 3 09/2018", None),
        ("số 5 10/2018", None),
        ("số 12/10 2018/QĐ-UBND", None),
        ("19/10 1234", None),
    ];
    let wrong: Vec<_> = right
        .into_iter()
        .map(|(text, expected)| (text, day(text), expected))
        .filter(|(_, found, expected)| found.as_deref() != *expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The days of a list of three rows, each with a leaf that a template writes from a day, a month and a year.
fn days_of_rows(leaf: &str) -> Vec<Option<String>> {
    let titles = [
        ("19", "Lễ trao bằng tốt nghiệp cho tân cử nhân của trường năm nay"),
        ("12", "Khai giảng năm học mới tại cơ sở hai của nhà trường"),
        ("05", "Hội thảo giải pháp phát triển du lịch bền vững của tỉnh"),
    ];
    let rows: String = titles
        .into_iter()
        .map(|(day, title)| {
            let leaf = leaf.replace("DD", day).replace("MM", "10").replace("YYYY", "2018");
            format!(
                "<li>{leaf}<p class=event><a href='/tin/{day}-{}.html'>{title}</a></p></li>",
                title.len()
            )
        })
        .collect();
    let html = format!("<html><body><h2>Sự kiện</h2><ul class=events>{rows}</ul></body></html>");
    let url = Url::parse("http://truong.example.edu.vn/").expect("a fixed address");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now: now() };
    let (_, detection) = survey(html.as_bytes(), None, &Recipe::default(), reading);
    let published = |day: Published| dates::show(day, Ho_Chi_Minh);
    detection.rows.iter().map(|row| published(row.published)).collect()
}

#[test]
fn rows_beside_the_leaves_of_a_calendar_have_their_year() {
    let leaves = [
        "<p class=date-time><span class=day>DD/MM</span> <span class=month>YYYY</span></p>",
        "<p class=date-time><span class=day>DD/MM</span><br><span class=month>YYYY</span></p>",
        "<div class=cal><b>DD/MM</b> <i>YYYY</i></div>",
        "<div class=cal><div>DD</div><div>MM/YYYY</div></div>",
        "<span>DD-MM</span> <span>YYYY</span>",
        "<time><em>DD</em> <em>MM/YYYY</em></time>",
    ];
    let expected = ["2018-10-19", "2018-10-12", "2018-10-05"];
    for leaf in leaves {
        let found: Vec<_> = days_of_rows(leaf).into_iter().flatten().collect();
        assert_eq!(found, expected, "{leaf}");
    }
}
