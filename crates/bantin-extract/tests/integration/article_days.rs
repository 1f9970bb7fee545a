//! The day of an article among the other days of its page: those that its text is about, and those of the lists that name it.

use bantin_extract::model::{ArticleRecipe, Published};
use bantin_extract::{self as extract, Reading};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const HEADLINE: &str = "Xã Đồi Thông khai giảng lớp tập huấn phòng cháy cho các thôn";

const TEXT: &str = "<p>Sáng nay, Ủy ban nhân dân xã tổ chức khai giảng lớp tập huấn cho hơn một trăm người của tám thôn trong xã.</p>\
    <p>Tại lớp học, các học viên được hướng dẫn cách dùng bình chữa cháy, cách thoát nạn và cách báo tin khi có sự cố xảy ra.</p>\
    <p>Phát biểu tại buổi lễ, lãnh đạo xã đề nghị các thôn thành lập tổ liên gia an toàn và luyện tập mỗi quý một lần.</p>";

fn day_of(html: &str) -> Option<NaiveDate> {
    let url = Url::parse("http://doithong.example.gov.vn/chi-tiet?id=88").expect("a fixed address");
    let now: DateTime<Utc> = "2026-11-27T05:00:00Z".parse().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let recipe = ArticleRecipe::default();
    match extract::article_of_row(html, &recipe, HEADLINE, reading).0.published {
        Published::At(at) => Some(at.with_timezone(&Ho_Chi_Minh).date_naive()),
        Published::On(day) => Some(day),
        Published::Unknown => None,
    }
}

/// A portal's page around what the test puts in: menu and lists that name the same article.
fn portal(inside: &str, lists: &str) -> String {
    format!(
        "<html><head><title>Trang thông tin điện tử xã Đồi Thông</title></head><body>\
         <ul class=menu><li><a href='/'>Trang chủ</a></li><li><a href='/gt'>Giới thiệu</a></li>\
         <li><a href='/tt'>Tin tức</a></li><li><a href='/vb'>Văn bản</a></li><li><a href='/hd'>Hỏi đáp</a></li>\
         <li><a href='/lh'>Liên hệ</a></li></ul><div class=cot-giua>{inside}</div><div class=cot-phai>{lists}</div>\
         <p class=chan>Trụ sở: thôn Trung, xã Đồi Thông</p></body></html>"
    )
    .replace("HEADLINE", HEADLINE)
    .replace("TEXT", TEXT)
}

fn check(pages: &[(&str, String, Option<&str>)]) {
    let wrong: Vec<String> = pages
        .iter()
        .filter_map(|(what, html, expected)| {
            let day = day_of(html).map(|day| day.to_string());
            (day.as_deref() != *expected).then(|| format!("{what}: {day:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), pages.len(), wrong.join("\n"));
}

#[test]
fn a_list_that_names_the_article_does_not_take_its_day_away() {
    let link = "<a href='/chi-tiet?id=88'>HEADLINE</a>";
    let inside = "<div class=tin><div class=bt_tittle>HEADLINE</div><span class=bt_ngay> 21/11/2026 </span><div class=nd>TEXT</div></div>";
    let list = format!(
        "<h3>Thông báo</h3><div class=title-list>{link}</div><div class=title-list><a href='/chi-tiet?id=87'>Lịch tiếp công dân tháng mười hai của lãnh đạo xã</a></div>"
    );
    check(&[
        ("a misspelled name, a list of titles", portal(inside, &list), Some("2026-11-21")),
        (
            "the list as headings",
            portal(inside, &list.replace("div class=title-list", "h4")),
            Some("2026-11-21"),
        ),
        (
            "an unnamed box, a day alone",
            portal("<div><b>HEADLINE</b><br><i>(21/11/2026)</i><div>TEXT</div></div>", &list),
            Some("2026-11-21"),
        ),
        (
            "cells of a table",
            portal(
                "<table><tr><td class=td1>HEADLINE</td></tr><tr><td>Ngày đăng: 21/11/2026</td></tr><tr><td>TEXT</td></tr></table>",
                &list,
            ),
            Some("2026-11-21"),
        ),
        (
            "the list names an older one of its own words",
            portal(inside, &list.replace("</div><div", "</div> <span>02/10/2025</span><div")),
            Some("2026-11-21"),
        ),
        ("the list above the article", portal(&format!("{list}{inside}"), ""), Some("2026-11-21")),
        (
            "a headline in a span",
            portal(
                "<span class=cap>HEADLINE</span><div>Thứ bảy, 21/11/2026 | 08:30</div><div>TEXT</div>",
                &list,
            ),
            Some("2026-11-21"),
        ),
        (
            "a list with days and no day of the article's own",
            portal(
                "<div class=bt_tittle>HEADLINE</div><div class=nd>TEXT</div>",
                &list.replace("</a>", "</a> - 02/10/2025"),
            ),
            None,
        ),
    ]);
}

#[test]
fn days_that_the_text_is_about_are_not_its_own() {
    let page = |meta: &str, text: &str| {
        portal(&format!("<h1>HEADLINE</h1>{meta}<div class=nd>{text}</div>"), "")
    };
    let notice = "<p>Nhà trường trân trọng thông báo tới quý phụ huynh lịch của năm học mới như sau:</p><ul><li>Bắt đầu năm học: Ngày 10/08/2026</li><li>Kết thúc năm học: Ngày 26/05/2027</li></ul>";
    let signed = "<p>Chủ tịch Ủy ban nhân dân xã vừa ký quyết định về việc thành lập tổ kiểm tra của xã.</p><p>Quyết định ban hành ngày 02/11/2026</p><p>Các thôn có trách nhiệm thực hiện quyết định này theo đúng nội dung đã được phân công.</p>";
    let days = "<p class=detail-date>25 Tháng 7, 2026</p>";
    check(&[
        ("a beginning, a named day above", page(days, notice), Some("2026-07-25")),
        (
            "a beginning, an unnamed day above",
            page("<p>25/07/2026</p>", notice),
            Some("2026-07-25"),
        ),
        (
            "a beginning, a labelled day above",
            page("<p>Đăng ngày 25/07/2026</p>", notice),
            Some("2026-07-25"),
        ),
        (
            "an issued decision",
            page("<span class=time>05/11/2026 09:10</span>", signed),
            Some("2026-11-05"),
        ),
        (
            "an issued decision, an unnamed day",
            page("<div>05/11/2026</div>", signed),
            Some("2026-11-05"),
        ),
        (
            "the day of posting at the end of the text",
            page("", &format!("{signed}<p>Ngày đăng: 06/11/2026</p>")),
            Some("2026-11-06"),
        ),
        (
            "a created page above, a signature below",
            page("<p>Ngày tạo: 05/11/2026</p>", signed),
            Some("2026-11-05"),
        ),
        ("a time element above", page("<time>05/11/2026</time>", signed), Some("2026-11-05")),
    ]);
}
