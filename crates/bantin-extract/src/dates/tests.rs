use chrono::Duration;
use chrono_tz::Asia::Ho_Chi_Minh;
use proptest::prelude::*;

use super::*;

/// A Friday, half past ten in the morning.
fn now() -> DateTime<Utc> {
    "2020-05-22T03:30:00Z".parse().expect("a moment")
}

fn shown(published: Published) -> String {
    show(published, Ho_Chi_Minh).unwrap_or_default().replace("+07:00", "")
}

fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(shown(parse(text, Ho_Chi_Minh, now())), *expected, "{text:?}");
    }
}

#[test]
fn twelve_in_the_morning_is_midnight_and_cn_is_sunday() {
    check(&[
        ("21/05/2020 12:05:00 SA", "2020-05-21T00:05:00"),
        ("21/05/2020 12:05:00 CH", "2020-05-21T12:05:00"),
        ("21/05/2020 3:05 CH", "2020-05-21T15:05:00"),
        ("21/05/2020 15:05 PM", "2020-05-21T15:05:00"),
        ("21/05/2020 00:15 CH", "2020-05-21"),
        ("3:05 p.m. 21/5/2020", "2020-05-21T15:05:00"),
        ("3 giờ chiều ngày 21/5/2020", "2020-05-21T15:00:00"),
        ("7 giờ 30 tối ngày 21/5/2020", "2020-05-21T19:30:00"),
        ("CN, 10/05/2020 3:04", "2020-05-10T03:04:00"),
    ]);
}

#[test]
fn the_day_comes_before_the_month_but_for_iso() {
    check(&[
        ("05/06/2019", "2019-06-05"),
        ("2019-06-05", "2019-06-05"),
        ("5.6.2019", "2019-06-05"),
        ("05-06-19", "2019-06-05"),
        ("5/13/2019 8:26 AM", "2019-05-13T08:26:00"),
        ("5/13/19", "2019-05-13"),
        ("5-13-19", ""),
        ("2019/06/05 7:00", "2019-06-05T07:00:00"),
        ("20190605", "2019-06-05"),
        ("31/2/2020", ""),
    ]);
}

#[test]
fn forms_of_mail_and_of_machines_are_read() {
    check(&[
        ("20200521T082651Z", "2020-05-21T15:26:51"),
        ("20200521T082651", "2020-05-21T08:26:51"),
        ("Thu May 21 01:26:51 2020", "2020-05-21T01:26:51"),
        ("Thu May 21 08:26:51 +0700 2020", "2020-05-21T08:26:51"),
        ("Thu, 21 May 20 08:26:51 +0700", "2020-05-21T08:26:51"),
        ("Thu, 21 May 2020 08:26:51 EDT", "2020-05-21T19:26:51"),
        ("21 May 2020 08:26 (PST)", "2020-05-21T23:26:00"),
        ("2020-W21-4", ""),
        ("2020-142", ""),
    ]);
}

#[test]
fn words_for_days_months_and_hours_are_read() {
    check(&[
        ("Thứ năm, ngày 21 tháng Năm năm 2020", "2020-05-21"),
        ("Tháng Ba 9, 2019", "2019-03-09"),
        ("21 Th5, 2020", "2020-05-21"),
        ("ngày 5 tháng mười một năm 2019", "2019-11-05"),
        ("14h15 | 21.05.2020", "2020-05-21T14:15:00"),
        ("Lúc 14 giờ 15, ngày 21/5/2020", "2020-05-21T14:15:00"),
        ("8 giờ 21/5/2020", "2020-05-21T08:00:00"),
        ("Ngày đăng : 21/05/2020 | Lượt xem: 245", "2020-05-21"),
        ("Đăng ngày 20/05/2020, cập nhật 21/05/2020 10:00", "2020-05-20"),
        ("May 21st, 2020 at 4:05 pm", "2020-05-21T16:05:00"),
        ("Thứ 5 21/5", "2020-05-21"),
        ("21/5 08:26", "2020-05-21T08:26:00"),
        ("March 2", "2020-03-02"),
        ("Posted March 2, 10:30", "2020-03-02T10:30:00"),
        ("May 21st at 4:05 pm", "2020-05-21T16:05:00"),
    ]);
}

#[test]
fn months_in_other_languages_are_read_beside_a_year() {
    check(&[
        ("10 de marzo de 2016", "2016-03-10"),
        ("marzo 10, 2016", "2016-03-10"),
        ("Donnerstag, 10. März 2016, 23:37 Uhr", "2016-03-10T23:37:00"),
        ("Le vendredi 10 août 2018 à 12:05", "2018-08-10T12:05:00"),
        ("giovedì 10 marzo 2016, ore 23:37", "2016-03-10T23:37:00"),
        ("10 марта 2016 г.", "2016-03-10"),
        ("2016. március 10.", "2016-03-10"),
        ("Kamis, 10 Maret 2016 18:30 WIB", "2016-03-10T18:30:00"),
        ("2016年3月10日", "2016-03-10"),
        ("2016년 3월 10일", "2016-03-10"),
        ("3月10日", "2020-03-10"),
        ("Gestern, 08:05", "2020-05-21T08:05:00"),
        // Without a year these are other words: "mai" is tomorrow.
        ("21 mai", ""),
        ("10 set", ""),
    ]);
}

#[test]
fn offsets_are_read_in_all_their_spellings() {
    check(&[
        ("2020-05-21T17:30:00Z", "2020-05-22T00:30:00"),
        ("2020-05-21T17:30:00.123+00:00", "2020-05-22T00:30:00"),
        ("2020-05-21T08:26:51 +0700", "2020-05-21T08:26:51"),
        ("2020-05-21T08:26:51&#x2B;07:00", "2020-05-21T08:26:51"),
        ("2020-05-21T08:26:51-05:00", "2020-05-21T20:26:51"),
        ("21/05/2020 08:26 GMT +7", "2020-05-21T08:26:00"),
        ("21/05/2020 08:26 (UTC+07:00)", "2020-05-21T08:26:00"),
        ("/Date(1590024411000)/", "2020-05-21T08:26:51"),
    ]);
}

#[test]
fn what_only_looks_like_a_date_is_none() {
    for text in [
        "3/4 đại biểu",
        "May 5 ministers resign over it",
        "we may 5",
        "24/7",
        "12/2020/NĐ-CP",
        "Nghị định 12/5/2020/NĐ-CP",
        "giai đoạn 2021-2025",
        "Quý 2/2020",
        "tháng 5/2020",
        "năm 2020",
        "Tel: 02.33.38.50",
        "192.168.1.10",
        "từ 1/5/2020 đến 5/5/2020",
        "1.500.000 đồng",
        "12:61",
        "25:00",
        "99/99/9999",
        "phiên bản 1.10.5",
        "",
        "()",
        "1/2",
        "COVID-19",
        "14:30",
        "20:00 - 22:00",
    ] {
        assert_eq!(shown(parse(text, Ho_Chi_Minh, now())), "", "{text:?}");
    }
}

#[test]
fn past_days_are_counted_from_now_in_the_portals_zone() {
    check(&[
        ("30 phút trước", "2020-05-22T10:00:00"),
        ("khoảng 3 giờ trước", "2020-05-22T07:30:00"),
        ("2 giờ trước 14:06 13/11/2019", "2019-11-13T14:06:00"),
        ("2 giờ trước 14:06", ""),
        ("2 ngày trước", "2020-05-20"),
        ("một tháng trước", "2020-04-22"),
        ("1462 tháng trước", ""),
        ("9999999999 năm trước", ""),
        ("vừa xong", "2020-05-22T10:30:00"),
        ("Hôm nay", "2020-05-22"),
        ("hôm qua, 9h05", "2020-05-21T09:05:00"),
        ("08:26", "2020-05-22T08:26:00"),
        ("Ngày 23/5", "2019-05-23"),
    ]);
}

#[test]
fn a_day_that_a_sentence_speaks_of_is_not_when_it_was_published() {
    for (text, expected) in [
        ("Ngày 19/5/2020, lãnh đạo tỉnh làm việc với Sở về tình hình triển khai nhiệm vụ", ""),
        ("Theo Quyết định số 12 ngày 19/5/2020 của Ủy ban nhân dân tỉnh về việc giao chỉ tiêu", ""),
        (
            "Hội nghị tổng kết công tác năm học mới của ngành giáo dục toàn tỉnh (19/5/2020)",
            "2020-05-19",
        ),
        (
            "Cập nhật lúc: 08:26 19/05/2020 bởi Ban biên tập của cổng thông tin điện tử tỉnh",
            "2020-05-19T08:26:00",
        ),
        ("Quảng Trị, 19/05/2020", "2020-05-19"),
    ] {
        assert_eq!(shown(find(text, Ho_Chi_Minh, now())), expected, "{text:?}");
    }
}

#[test]
fn a_pattern_reads_what_nobody_else_writes() {
    let of = |text, format| shown(with_format(text, format, Ho_Chi_Minh));
    assert_eq!(of("Posted: 5/6/2020 2:05 CH", "%m/%d/%Y %I:%M %p"), "2020-05-06T14:05:00");
    assert_eq!(of("2020|141", "%Y|%j"), "2020-05-20");
    assert_eq!(of("hôm nào đó", "%d/%m/%Y"), "");
    assert!(check_format("%d/%m/%Q").is_err() && check_format("%d/%m/%Y").is_ok());
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        for published in [parse(&text, Ho_Chi_Minh, now()), find(&text, Ho_Chi_Minh, now())] {
            show(published, Ho_Chi_Minh);
        }
        with_format(&text, "%d/%m/%Y", Ho_Chi_Minh);
    }

    #[test]
    fn no_heap_of_pieces_panics(text in "((ngày|tháng|năm|thứ|lúc|giờ|SA|CH|GMT|trước|cách đây|T|Z|[0-9]{1,4})[ /:.,+()-]{0,2}){0,9}") {
        parse(&text, Ho_Chi_Minh, now());
        find(&text, Ho_Chi_Minh, now());
    }

    #[test]
    fn every_day_comes_back_from_every_way_to_write_it(days in 0i64..12_000, shape in 0usize..6) {
        let day = NaiveDate::from_ymd_opt(1995, 1, 1).expect("a day") + Duration::days(days);
        let format = ["%d/%m/%Y", "%-d/%-m/%Y", "%Y-%m-%d", "ngày %d tháng %m năm %Y", "%d.%m.%Y 08:05", "(%-d-%-m-%Y)"][shape];
        let found = parse(&day.format(format).to_string(), Ho_Chi_Minh, now());
        let at = found.moment(Ho_Chi_Minh).map(|at| at.with_timezone(&Ho_Chi_Minh).date_naive());
        prop_assert_eq!(at, Some(day));
    }
}

/// Checks the whole table and shows all that differ.
fn check_all(table: &[(&str, &str)], read: impl Fn(&str) -> Published) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(text, expected)| (text, expected, shown(read(text))))
        .filter(|(_, expected, found)| **expected != *found)
        .map(|(text, expected, found)| {
            format!("{text:?}: {expected:?} is expected, {found:?} is read")
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn ages_are_read_as_news_sites_print_them() {
    check_all(
        &[
            ("2h trước", "2020-05-22T08:30:00"),
            ("15p trước", "2020-05-22T10:15:00"),
            ("15 ph trước", "2020-05-22T10:15:00"),
            ("5' trước", "2020-05-22T10:25:00"),
            ("5’ trước", "2020-05-22T10:25:00"),
            ("Đã đăng 2 giờ trước", "2020-05-22T08:30:00"),
            ("Đã cập nhật 2 giờ trước", "2020-05-22T08:30:00"),
            ("Đã đăng 3 ngày trước", "2020-05-19"),
            ("Đăng cách đây 3 ngày", "2020-05-19"),
            ("2 giờ trước · Thời sự", "2020-05-22T08:30:00"),
            ("Kinh tế - 2 giờ trước", "2020-05-22T08:30:00"),
            ("Báo Mẫu | 2 giờ trước | 3 liên quan", "2020-05-22T08:30:00"),
            ("2 giờ trước | 35 lượt xem", "2020-05-22T08:30:00"),
            ("2 giờ trước (35 bình luận)", "2020-05-22T08:30:00"),
            ("hơn 1 tháng trước", "2020-04-22"),
            ("gần 2 giờ trước", "2020-05-22T08:30:00"),
            ("1 giờ 30 phút trước", "2020-05-22T09:00:00"),
            ("2h ago", "2020-05-22T08:30:00"),
            ("15m ago", "2020-05-22T10:15:00"),
            ("3d ago", "2020-05-19"),
            ("15 mins ago", "2020-05-22T10:15:00"),
            ("about an hour ago", "2020-05-22T09:30:00"),
            ("Updated 2 hours ago", "2020-05-22T08:30:00"),
            ("over a year ago", "2019-05-22"),
        ],
        |text| parse(text, Ho_Chi_Minh, now()),
    );
}

#[test]
fn parts_of_days_past_are_days() {
    check_all(
        &[
            ("tối qua", "2020-05-21"),
            ("đêm qua", "2020-05-21"),
            ("chiều qua", "2020-05-21"),
            ("sáng nay", "2020-05-22"),
            ("Sáng qua lúc 8h", "2020-05-21T08:00:00"),
            ("8h15 sáng nay", "2020-05-22T08:15:00"),
            ("20:15 tối qua", "2020-05-21T20:15:00"),
            ("Sáng 21/5", "2020-05-21"),
            ("vừa cập nhật", "2020-05-22T10:30:00"),
            ("8:15 tối hôm qua", "2020-05-21T20:15:00"),
            ("Đã đăng hôm qua lúc 15:20", "2020-05-21T15:20:00"),
            ("15:20 hôm qua", "2020-05-21T15:20:00"),
            ("Hôm nay lúc 9:05", "2020-05-22T09:05:00"),
            ("Yesterday at 3:20 PM", "2020-05-21T15:20:00"),
            ("Today, 09:05", "2020-05-22T09:05:00"),
        ],
        |text| parse(text, Ho_Chi_Minh, now()),
    );
}

#[test]
fn lengths_of_time_are_no_ages() {
    check_all(
        &[
            ("2 giờ", ""),
            ("14 giờ", ""),
            ("2h", ""),
            ("15 phút đọc", ""),
            ("3 ngày", ""),
            ("5'", ""),
            ("Dự án khởi công 2 năm trước", ""),
            ("Vụ án 3 năm trước: còn nhiều điều chưa rõ", ""),
            ("Tối qua, mưa lớn gây ngập nhiều tuyến đường", ""),
            ("Sáng nay khai mạc kỳ họp thứ mười của Hội đồng nhân dân", ""),
            ("2 giờ trước trận đấu", ""),
            ("nửa giờ trước", ""),
            ("trước 2 ngày", ""),
            ("qua tối", ""),
        ],
        |text| parse(text, Ho_Chi_Minh, now()),
    );
}

#[test]
fn of_two_labelled_dates_that_of_publication_is_read() {
    check_all(
        &[
            ("Ngày ban hành: 12/11/2019 | Hiệu lực: 01/01/2020", "2019-11-12"),
            ("Hiệu lực: 01/01/2020 | Ngày ban hành: 12/11/2019", "2019-11-12"),
            ("Ngày: 12/11/2019 - Hết hạn: 20/12/2019", "2019-11-12"),
            ("Đăng lúc 15:20 12/11/2019 | Sửa lúc 16:30 13/11/2019", "2019-11-12T15:20:00"),
            ("12/11/2019Lượt xem: 35", "2019-11-12"),
            ("Ngày ký 05/05/2020, ngày đăng 10/05/2020", "2020-05-10"),
            ("Ngày xuất bản: 10/05/2020 | Ngày phát hành: 05/05/2020", "2020-05-10"),
            ("Ban hành 05/05/2020 - Đăng công báo 10/05/2020", "2020-05-05"),
            ("Ngày bắt đầu: 05/05/2020 Ngày kết thúc: 20/05/2020", "2020-05-05"),
            ("Ngày ký: 05/05/2020; ngày có hiệu lực: 05/05/2020", "2020-05-05"),
            ("Ngày 05/05/2020 (hết hạn ngày 20/05/2020)", "2020-05-05"),
            ("Ngày tạo: 01/05/2020 | Ngày cập nhật: 10/05/2020", "2020-05-01"),
            ("Cập nhật: 10/05/2020 | Hiệu lực: 15/05/2020", "2020-05-10"),
            ("Published: 5 May 2020 | Updated: 7 May 2020", "2020-05-05"),
            ("Issued 5 May 2020. Effective 15 May 2020", "2020-05-05"),
            ("Posted on 05/05/2020. Closing date: 20/05/2020", "2020-05-05"),
            ("Deadline: 20 May 2020 | Posted: 5 May 2020", "2020-05-05"),
            ("Veröffentlicht am 5.5.2020, gültig bis 20.5.2020", "2020-05-05"),
        ],
        |text| parse(text, Ho_Chi_Minh, now()),
    );
}

#[test]
fn a_day_of_effect_end_or_deadline_alone_is_no_date() {
    let texts = [
        "Hạn góp ý: 20/05/2020",
        "Thời hạn góp ý đến hết ngày 20/05/2020",
        "Hạn nộp hồ sơ đến 17h00 ngày 20/05/2020",
        "Có hiệu lực từ ngày 01/05/2020",
        "Ngày hiệu lực: 01/05/2020",
        "Hết hiệu lực: 01/05/2020",
        "Ngày hết hạn: 20/05/2020",
        "Kết thúc: 20/05/2020",
        "Ngày đăng công báo: 20/05/2020",
        "Hạn đăng ký: 20/05/2020",
        "Thời hạn nộp: từ 01/05/2020 đến 20/05/2020",
        "Hạn nộp: 01/05/2020 - 20/05/2020",
        "Thời gian đóng thầu: 09:00 20/05/2020",
        "Đến ngày 20/05/2020",
        "Trước ngày 20/05/2020",
        "Deadline: 20 May 2020",
        "Expires 20 May 2020",
        "Expiry date: 20/05/2020",
        "Effective date: 15 May 2020",
        "Closing date: 20/05/2020",
        "Valid until 20/05/2020",
        "Apply by May 20, 2020",
        "Comments due May 20, 2020",
    ];
    let table: Vec<(&str, &str)> = texts.iter().map(|text| (*text, "")).collect();
    for read in [parse, find, alone] {
        check_all(&table, |text| read(text, Ho_Chi_Minh, now()));
    }
}

#[test]
fn words_like_those_labels_leave_a_date_a_date() {
    check_all(
        &[
            ("Ngày ban hành: 12/05/2020", "2020-05-12"),
            ("Thông báo gia hạn nộp hồ sơ (12/05/2020)", "2020-05-12"),
            ("Nghị quyết có hiệu lực thi hành ngay sau khi thông qua (12/05/2020)", "2020-05-12"),
            ("12/05/2020 | Người ký: Mẫu", "2020-05-12"),
            ("Ngày ký: 12/05/2020", "2020-05-12"),
            ("Phát hành ngày 12/05/2020", "2020-05-12"),
            ("12/05/2020 - Lượt xem: 35 - Hết hiệu lực", "2020-05-12"),
            ("Issued on May 12, 2020", "2020-05-12"),
            ("Updated May 12, 2020", "2020-05-12"),
            ("Bắt đầu: 12/05/2020", "2020-05-12"),
        ],
        |text| find(text, Ho_Chi_Minh, now()),
    );
}

#[test]
fn years_of_the_buddhist_era_are_read_where_the_script_says_so() {
    check_all(
        &[
            ("12 พฤศจิกายน 2562", "2019-11-12"),
            ("12 พ.ย. 2562", "2019-11-12"),
            ("วันที่ 12 พฤศจิกายน พ.ศ. 2562", "2019-11-12"),
            ("12 พฤศจิกายน 2562 เวลา 15:20 น.", "2019-11-12T15:20:00"),
            ("12 พฤศจิกายน 2019", "2019-11-12"),
            ("วันที่ 12/11/2562", "2019-11-12"),
            ("12/11/2562", "2019-11-12"),
            ("1 ม.ค. 62", "2019-01-01"),
            ("12 พฤศจิกายน", ""),
            ("12/11/2662", ""),
        ],
        |text| parse(text, Ho_Chi_Minh, now()),
    );
}

#[test]
fn zones_by_their_names_are_zones() {
    check_all(
        &[
            ("2020-05-12 15:20 Asia/Ho_Chi_Minh", "2020-05-12T15:20:00"),
            ("2020-05-12T15:20:00 SE Asia Standard Time", "2020-05-12T15:20:00"),
            ("12/05/2020 15:20 Indochina Time", "2020-05-12T15:20:00"),
            ("12/05/2020 15:20 (Asia/Saigon)", "2020-05-12T15:20:00"),
            ("2020-05-12 08:20 UTC", "2020-05-12T15:20:00"),
            ("2020-05-12 08:20 Europe/London", "2020-05-12T14:20:00"),
            ("2020-05-12 15:20 (giờ Việt Nam)", "2020-05-12T15:20:00"),
        ],
        |text| parse(text, Ho_Chi_Minh, now()),
    );
}
