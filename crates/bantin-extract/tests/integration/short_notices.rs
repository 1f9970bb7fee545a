//! A notice of one sentence on a page that says more of its office than of the news.

use bantin_extract::model::{Article, ArticleRecipe};
use bantin_extract::{self as extract, Reading};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const HEADLINE: &str = "Đề nghị các trường nộp báo cáo số liệu đầu năm học";
const NOTICE: &str =
    "<p>Đề nghị các trường báo cáo số liệu về Phòng trước ngày 18/11/2026 để tổng hợp gửi Sở.</p>";

/// What offices say of themselves on each of their pages.
const WELCOME: &str = "<p>Trường được thành lập theo quyết định số 2133/QĐ-UBND của Ủy ban nhân dân huyện Đồi Thông.</p>\
    <p>Trường nằm trên địa bàn xã Đồi Thông, khuôn viên có diện tích hơn chín nghìn mét vuông, gần chợ.</p>\
    <p>Chào mừng bạn đến với trang thông tin điện tử của nhà trường chúng tôi trong năm học mới này.</p>";

fn read(html: &str, is_listed: bool) -> Article {
    let url = Url::parse("http://doithong.example.edu.vn/chi-tiet?id=88").expect("a fixed address");
    let now = "2026-11-27T05:00:00Z".parse().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let recipe = ArticleRecipe::default();
    match is_listed {
        true => extract::article_of_row(html, &recipe, HEADLINE, reading).0,
        false => extract::article(html, &recipe, reading).0,
    }
}

fn page(above: &str, article: &str, below: &str) -> String {
    format!(
        "<html><head><title>Trường THCS Đồi Thông</title></head><body><ul class=menu><li><a href='/'>Trang chủ</a></li>\
         <li><a href='/gt'>Giới thiệu</a></li><li><a href='/tt'>Tin tức</a></li></ul><div class=left>{above}</div>\
         <div class=main>{article}</div><div class=right>{below}</div><p class=footer>Địa chỉ: thôn Trung, xã Đồi Thông</p></body></html>"
    )
    .replace("HEADLINE", HEADLINE)
    .replace("NOTICE", NOTICE)
    .replace("WELCOME", WELCOME)
}

fn check(pages: &[(&str, String)], is_listed: bool) {
    let wrong: Vec<String> = pages
        .iter()
        .filter_map(|(what, html)| {
            let article = read(html, is_listed);
            let is_right = article.content_text.contains("báo cáo số liệu về Phòng")
                && !article.content_text.contains("được thành lập");
            (!is_right).then(|| format!("{what}: {}", article.content_text))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), pages.len(), wrong.join("\n"));
}

#[test]
fn a_welcome_above_a_short_notice_is_not_its_text() {
    let plain = "<h1>HEADLINE</h1><span class=date>12/11/2026</span><div class=nd>NOTICE</div>";
    let named =
        "<div class=tieude-tin>HEADLINE</div><div>12/11/2026</div><div class=nd>NOTICE</div>";
    check(
        &[
            ("a running line", page("<marquee>WELCOME</marquee>", plain, "")),
            ("a running line below", page("", plain, "<marquee>WELCOME</marquee>")),
            ("a box", page("<div class=chao>WELCOME</div>", plain, "")),
            (
                "a running line, a headline by its name",
                page("<marquee>WELCOME</marquee>", named, ""),
            ),
            (
                "a list",
                page(
                    &format!(
                        "<ul><li>{}</li></ul>",
                        WELCOME.replace("</p><p>", "</p></li><li><p>")
                    ),
                    plain,
                    "",
                ),
            ),
        ],
        false,
    );
}

#[test]
fn a_headline_that_only_its_row_names_leads_to_its_notice() {
    let plain = "<h1>HEADLINE</h1><span class=date>12/11/2026</span><div class=nd>NOTICE</div>";
    let named =
        "<div class=tieude-tin>HEADLINE</div><div>12/11/2026</div><div class=nd>NOTICE</div>";
    let table = "<table><tr><td class=newstitle>HEADLINE</td></tr><tr><td>NOTICE</td></tr></table>";
    let bare = "<div class=tit>HEADLINE</div><i>12/11/2026</i><div>NOTICE</div>";
    check(
        &[
            ("a box", page("<div class=chao>WELCOME</div>", bare, "")),
            ("a running line", page("<marquee>WELCOME</marquee>", bare, "")),
            ("a box, a headline by its name", page("<div class=chao>WELCOME</div>", named, "")),
            ("cells", page("<table><tr><td>WELCOME</td></tr></table>", table, "")),
            (
                "a heading of its own",
                page("<h3>Giới thiệu chung</h3><div>WELCOME</div>", plain, ""),
            ),
            (
                "a span",
                page(
                    "<div class=chao>WELCOME</div>",
                    "<div><span>HEADLINE</span><div>NOTICE</div></div>",
                    "",
                ),
            ),
        ],
        true,
    );
}

#[test]
fn a_long_text_stays_where_its_headline_is_a_link_below_it() {
    let list = "<h2>Thông báo</h2><ul><li><a href='/chi-tiet?id=88'>HEADLINE</a></li></ul>NOTICE";
    let article = read(&page("", "<div class=nd>WELCOME</div>", list), true);
    assert!(article.content_text.contains("được thành lập"), "{}", article.content_text);
}
