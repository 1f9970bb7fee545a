//! The byline of a page, wherever it is said.

use chrono::{TimeZone, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

use crate::Reading;
use crate::model::ArticleRecipe;

const TEXT: &str = "<p>Sáng mùng sáu Tết, đông đảo đoàn viên, hội viên và nhân dân địa phương đã có mặt từ sớm, mang theo cuốc xẻng để tham gia.</p>\
    <p>Theo kế hoạch, trong năm nay toàn xã sẽ trồng mới hơn hai nghìn cây xanh các loại dọc các tuyến đường liên thôn, trường học, trạm y tế.</p>\
    <p>Phát biểu tại buổi lễ, lãnh đạo xã đề nghị các chi hội nhận chăm sóc, bảo vệ số cây đã trồng, không để trâu bò phá hại.</p>";

fn byline(head: &str, before: &str, inside: &str, after: &str) -> Option<String> {
    let html = format!(
        "<html lang=vi><head><title>Lễ ra quân trồng cây</title>{head}</head><body><div id=main><h1>Lễ ra quân trồng cây</h1>{before}\
         <div class=noidung>{inside}</div>{after}</div><div id=footer>Báo Đồi Thông. Điện thoại 0123.</div></body></html>"
    );
    let url = Url::parse("https://doithong.example.vn/tin/7").expect("a fixed address");
    let now = Utc.with_ymd_and_hms(2026, 2, 20, 3, 0, 0).single().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    crate::article(&html, &ArticleRecipe::default(), reading).0.byline
}

fn check(pages: &[(&str, Option<String>, Option<&str>)]) {
    let wrong: Vec<String> = pages
        .iter()
        .filter(|(_, found, expected)| found.as_deref() != *expected)
        .map(|(what, found, _)| format!("{what}: {found:?}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), pages.len(), wrong.join("\n"));
}

#[test]
fn lines_around_the_text_name_the_author() {
    let after = |line: &str| byline("", "", TEXT, line);
    let before = |line: &str| byline("", line, TEXT, "");
    let inside = |line: &str| byline("", "", &format!("{TEXT}{line}"), "");
    check(&[
        (
            "a label after the text",
            after("<div><p><strong>Tác giả bài viết: </strong>Lê Thị Mẫu</p></div>"),
            Some("Lê Thị Mẫu"),
        ),
        (
            "two labels in one box",
            after(
                "<div class=margin><p><b>Tác giả bài viết: </b>Lê Thị Mẫu</p><p><b>Nguồn tin: </b>Báo khác</p></div>",
            ),
            Some("Lê Thị Mẫu"),
        ),
        (
            "two labels in one line",
            after("<div>Tác giả: Lê Thị Mẫu<br>Nguồn: Báo khác</div>"),
            Some("Lê Thị Mẫu"),
        ),
        (
            "a label and a source after it",
            after("<p>Tác giả: Lê Thị Mẫu</p><p>Nguồn tin: Báo khác</p>"),
            Some("Lê Thị Mẫu"),
        ),
        ("a label before the text", before("<div>Tin, ảnh: Lê Mẫu</div>"), Some("Lê Mẫu")),
        ("a span after the text", after("<span>Bài và ảnh: Lê Mẫu</span>"), Some("Lê Mẫu")),
        ("a name in bold at the end", inside("<p><b>Lê Thị Mẫu</b></p>"), Some("Lê Thị Mẫu")),
        (
            "a name on the right in capitals",
            inside("<p align=right>LÊ THỊ MẪU</p>"),
            Some("LÊ THỊ MẪU"),
        ),
        ("a label in capitals", inside("<p>TIN, ẢNH: Lê Mẫu</p>"), Some("Lê Mẫu")),
        ("an agency", inside("<p align=right>TTXVN</p>"), Some("TTXVN")),
        (
            "the newsroom",
            inside("<p style='text-align:right'><b>Ban biên tập</b></p>"),
            Some("Ban biên tập"),
        ),
        (
            "a bold name before the text",
            byline("", "", &format!("<p><strong>Lê Thị Mẫu</strong></p>{TEXT}"), ""),
            Some("Lê Thị Mẫu"),
        ),
        (
            "von before the name",
            before("<p class=author>von <a href=/a>Anna Muster</a></p>"),
            Some("Anna Muster"),
        ),
        (
            "several names in a box",
            before(
                "<div class=article-byline><span>Anna Muster</span> <span>Bernd Beispiel</span></div>",
            ),
            Some("Anna Muster, Bernd Beispiel"),
        ),
        (
            "a link to the author",
            before("<a rel='author nofollow' href=/a>Anna Muster</a>"),
            Some("Anna Muster"),
        ),
    ]);
}

#[test]
fn what_is_no_author_is_no_byline() {
    let inside = |line: &str| byline("", "", &format!("{TEXT}{line}{TEXT}"), "");
    let org = "<meta property=og:site_name content='Báo Đồi Thông'><script type='application/ld+json'>\
        {\"@type\":\"NewsArticle\",\"headline\":\"x\",\"author\":{\"@type\":\"Organization\",\"name\":\"Báo Đồi Thông\"},\
        \"publisher\":{\"@type\":\"Organization\",\"name\":\"Báo Đồi Thông\"}}</script>";
    check(&[
        ("a subheading in capitals", inside("<p><b>CHIẾN DỊCH THỨ HAI</b></p>"), None),
        (
            "a subheading in capitals near the end",
            byline(
                "",
                "",
                &format!(
                    "{TEXT}<p><b>ĐỒI THÔNG XANH</b></p><p>Câu cuối của bài viết này, dài vừa phải.</p>"
                ),
                "",
            ),
            None,
        ),
        ("a subheading of names", inside("<p><b>Đồi Thông Xanh</b></p>"), None),
        (
            "a heading near the end",
            byline(
                "",
                "",
                &format!("{TEXT}<h3>Đồi Thông Xanh</h3><p>Xem tiếp ở trang sau.</p>"),
                "",
            ),
            None,
        ),
        ("the publisher", byline(org, "", TEXT, ""), None),
        (
            "a photographer",
            byline(
                "",
                "<figure><img src=/a.jpg><figcaption class=caption>Cây xanh. <span class=author>Lê Văn Ảnh</span></figcaption></figure>",
                TEXT,
                "",
            ),
            None,
        ),
        (
            "the publisher in a meta tag",
            byline(
                "<meta property=og:site_name content='Báo Đồi Thông'><meta name=author content='Báo Đồi Thông'>",
                "",
                TEXT,
                "",
            ),
            None,
        ),
        (
            "an address",
            byline(
                "<meta property=article:author content='https://facebook.com/doithong'>",
                "",
                TEXT,
                "",
            ),
            None,
        ),
        ("the posting of an admin", byline("", "<p>Người đăng: admin</p>", TEXT, ""), None),
        (
            "about the author",
            byline("", "", &format!("{TEXT}<p><b>About The Author</b></p>"), ""),
            None,
        ),
    ]);
}

#[test]
fn metadata_names_the_author_in_all_its_forms() {
    let json = |author: &str| {
        let head = format!(
            "<script type='application/ld+json'>{{\"@context\":\"https://schema.org\",\"@graph\":[{{\"@type\":\"NewsArticle\",\
            \"headline\":\"x\",\"author\":{author}}},{{\"@type\":\"Person\",\"@id\":\"#p1\",\"name\":\"Anna Muster\"}}]}}</script>"
        );
        byline(&head, "", TEXT, "")
    };
    let meta = |tag: &str| byline(tag, "", TEXT, "");
    let weak = byline(
        "<script type='application/ld+json'>{\"@type\":\"Article\",\"author\":{\"@type\":\"Person\",\"name\":\"Anna Muster\"}}</script>",
        "",
        &format!("{TEXT}<p><b>Nordic Walking</b></p>"),
        "",
    );
    check(&[
        ("a string", json("\"Anna Muster\""), Some("Anna Muster")),
        (
            "several names",
            json("[\"Anna Muster\",\"Bernd Beispiel\"]"),
            Some("Anna Muster, Bernd Beispiel"),
        ),
        (
            "objects",
            json(
                "[{\"@type\":\"Person\",\"name\":\"Anna Muster\"},{\"@type\":\"Person\",\"name\":\"Bernd Beispiel\"}]",
            ),
            Some("Anna Muster, Bernd Beispiel"),
        ),
        ("nested lists", json("[[{\"name\":\"Anna Muster\"}]]"), Some("Anna Muster")),
        ("a reference", json("{\"@id\":\"#p1\"}"), Some("Anna Muster")),
        (
            "two parts of a name",
            json("{\"@type\":\"Person\",\"givenName\":\"Anna\",\"familyName\":\"Muster\"}"),
            Some("Anna Muster"),
        ),
        ("an agency as a person", json("{\"@type\":\"Person\",\"name\":\"dpa \"}"), Some("dpa")),
        (
            "a newsroom",
            json("{\"@type\":\"NewsMediaOrganization\",\"name\":\"Redaktion Muster\"}"),
            Some("Redaktion Muster"),
        ),
        ("parsely", meta("<meta name=parsely-author content='Anna Muster'>"), Some("Anna Muster")),
        (
            "sailthru",
            meta("<meta name=sailthru.author content='Anna Muster'>"),
            Some("Anna Muster"),
        ),
        ("byl", meta("<meta name=byl content='By Anna Muster'>"), Some("Anna Muster")),
        ("Dublin Core", meta("<meta name=DC.creator content='Anna Muster'>"), Some("Anna Muster")),
        (
            "twitter",
            meta(
                "<meta name=twitter:label1 content='Written by'><meta name=twitter:data1 content='Anna Muster'>",
            ),
            Some("Anna Muster"),
        ),
        ("a bold line at the end is weaker", weak, Some("Anna Muster")),
    ]);
}

#[test]
fn the_section_is_what_visitors_see() {
    let section = |crumbs: &str| {
        let html = format!(
            "<html lang=vi><body>{crumbs}<h1>Lễ ra quân trồng cây đầu xuân</h1><div>{TEXT}</div></body></html>"
        );
        let url = Url::parse("https://doithong.example.vn/tin/7").expect("a fixed address");
        let now = Utc.with_ymd_and_hms(2026, 2, 20, 3, 0, 0).single().expect("a fixed moment");
        let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
        crate::article(&html, &ArticleRecipe::default(), reading).0.section
    };
    let crumbs =
        "<div class=breadcrumb><a href='/'>Trang chủ</a> » <a href=/nn>Nông nghiệp</a></div>";
    let tools = "<ul class=breadcrumb><li><a href=/q>Quản trị trang</a></li></ul>";
    check(&[
        ("shown", section(crumbs), Some("Nông nghiệp")),
        (
            "a hidden toolbar",
            section(&format!("<div style='display: none'>{tools}</div>{crumbs}")),
            Some("Nông nghiệp"),
        ),
        (
            "a hidden element",
            section(&format!("<div hidden>{tools}</div>{crumbs}")),
            Some("Nông nghiệp"),
        ),
        (
            "an editor's ribbon",
            section(&format!("<div id=s4-ribbonrow>{tools}</div>{crumbs}")),
            Some("Nông nghiệp"),
        ),
        (
            "an admin's bar",
            section(&format!("<div id=wpadminbar>{tools}</div>{crumbs}")),
            Some("Nông nghiệp"),
        ),
        ("only a hidden one", section(&format!("<div style='display:none'>{tools}</div>")), None),
    ]);
}
