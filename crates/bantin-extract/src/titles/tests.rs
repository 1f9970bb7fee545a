//! The title of a page, with and without the row that led to it.

use chrono::{TimeZone, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

use crate::Reading;
use crate::model::ArticleRecipe;

const HEADLINE: &str = "Lễ ra quân trồng cây đầu xuân tại xã Đồi Thông";

/// A portal's page: a menu, what the test puts between, a footer.
fn portal(head: &str, inside: &str) -> String {
    format!(
        "<html lang=vi><head>{head}</head><body><ul class=menu><li><a href='/home'>Trang chủ</a></li>\
         <li><a href='/tw'>Tin trung ương</a></li><li><a href='/nn'>Nông nghiệp - Nông thôn</a></li></ul>\
         <div id=main>{inside}</div><div id=footer>Cơ quan chủ quản: Sở Thử nghiệm tỉnh Đồi Thông. Điện thoại 0123.</div></body></html>"
    )
}

/// Paragraphs of a text that no headline repeats.
const TEXT: &str = "<p>Sáng mùng sáu Tết, đông đảo đoàn viên, hội viên và nhân dân địa phương đã có mặt từ sớm, mang theo cuốc xẻng để tham gia.</p>\
    <p>Theo kế hoạch, trong năm nay toàn xã sẽ trồng mới hơn hai nghìn cây xanh các loại dọc các tuyến đường liên thôn, trường học, trạm y tế.</p>\
    <p>Phát biểu tại buổi lễ, lãnh đạo xã đề nghị các chi hội nhận chăm sóc, bảo vệ số cây đã trồng, không để trâu bò phá hại.</p>";

fn article(html: &str, listed: Option<&str>) -> Option<String> {
    let url = Url::parse("https://doithong.example.gov.vn/tin?id=7").expect("a fixed address");
    let now = Utc.with_ymd_and_hms(2026, 2, 20, 3, 0, 0).single().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let recipe = ArticleRecipe::default();
    match listed {
        Some(listed) => crate::article_of_row(html, &recipe, listed, reading).0.title,
        None => crate::article(html, &recipe, reading).0.title,
    }
}

/// Counts what is right, so that a failing test names every page that is wrong.
fn check(pages: &[(&str, String, Option<&str>)]) {
    let wrong: Vec<String> = pages
        .iter()
        .filter_map(|(what, html, expected)| {
            let title = article(html, None);
            (title.as_deref() != *expected).then(|| format!("{what}: {title:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), pages.len(), wrong.join("\n"));
}

#[test]
fn the_headline_is_found_where_the_page_title_names_the_site() {
    let page = |head: &str, inside: &str| portal(head, &inside.replace("HEADLINE", HEADLINE));
    let some = Some(HEADLINE);
    check(&[
        (
            "a cell of a table",
            page(
                "<title>Sở Thử nghiệm tỉnh Đồi Thông</title>",
                &format!(
                    "<table><tr><td class=newstitle>HEADLINE</td></tr><tr><td>{TEXT}</td></tr></table>"
                ),
            ),
            some,
        ),
        (
            "an h3 below a banner",
            page(
                "<title>Xem tin</title>",
                &format!(
                    "<div class=header><h1>UBND HUYỆN ĐỒI THÔNG</h1></div><h3>HEADLINE</h3><div>{TEXT}</div>"
                ),
            ),
            some,
        ),
        (
            "a span with an id of ASP.NET",
            page(
                "<title>Tin tức - Sự kiện</title>",
                &format!(
                    "<span id=dnn_ctr401_lblTitle class=Head>HEADLINE</span><div id=noidung>{TEXT}</div>"
                ),
            ),
            some,
        ),
        (
            "a block named in Vietnamese",
            page(
                "<title>\n  Trang chủ\n</title>",
                &format!("<div class=tin-tieu-de>HEADLINE</div><div>12/02/2026</div>{TEXT}"),
            ),
            some,
        ),
        (
            "a bold paragraph",
            page(
                "<title>Chi tiết bài viết</title>",
                &format!("<p align=center><b>HEADLINE</b></p><div class=nd>{TEXT}</div>"),
            ),
            some,
        ),
        (
            "og:title names the portal",
            page(
                "<title>Cổng thông tin điện tử huyện Đồi Thông</title><meta property=og:title content='Cổng thông tin điện tử huyện Đồi Thông'>\
                 <meta property=og:site_name content='Cổng thông tin điện tử huyện Đồi Thông'>",
                &format!("<h2>HEADLINE</h2>{TEXT}"),
            ),
            some,
        ),
        (
            "the site before the headline",
            page(&format!("<title>Cổng TTĐT huyện Đồi Thông - {HEADLINE}</title>"), TEXT),
            some,
        ),
        (
            "the site after the headline",
            page(
                &format!("<title>{HEADLINE} » Trang thông tin điện tử Sở Thử nghiệm</title>"),
                TEXT,
            ),
            some,
        ),
        (
            "the h1 names the section",
            page(
                "<title>Tin trung ương</title>",
                &format!("<h1>Tin trung ương</h1><h2>HEADLINE</h2>{TEXT}"),
            ),
            some,
        ),
        (
            "the h1 is a slogan in the banner",
            page(
                &format!(
                    "<title>Sở Thử nghiệm</title><meta property=og:title content='{HEADLINE}'>"
                ),
                &format!(
                    "<div id=banner><h1>Chung tay vì môi trường xanh</h1></div><div>{TEXT}</div>"
                ),
            ),
            some,
        ),
        (
            "an h4 below an office in capitals",
            page(
                "<title>SỞ THỬ NGHIỆM TỈNH ĐỒI THÔNG</title>",
                &format!("<h1>SỞ THỬ NGHIỆM TỈNH ĐỒI THÔNG</h1><h4>HEADLINE</h4>{TEXT}"),
            ),
            some,
        ),
        (
            "og:title with the site",
            page(
                &format!(
                    "<title>Trang chủ</title><meta property=og:title content='{HEADLINE} - Cổng thông tin điện tử tỉnh Đồi Thông'>"
                ),
                TEXT,
            ),
            some,
        ),
        (
            "a box of other news before it",
            page(
                "<title>Bản tin</title>",
                &format!(
                    "<div class=box><h3>Tin nổi bật</h3><a href=/9>Một tin khác của địa phương trong tuần</a></div>\
                          <span class=title>HEADLINE</span><div>{TEXT}</div>"
                ),
            ),
            some,
        ),
        (
            "the logo links home",
            page(
                "<title>Diễn đàn khuyến nông</title>",
                &format!(
                    "<a href='/'><img src=/l.png alt='Diễn đàn khuyến nông'></a><div class=title>HEADLINE</div>{TEXT}"
                ),
            ),
            some,
        ),
    ]);
}

#[test]
fn a_page_without_a_credible_title_has_none() {
    let page = |title: &str, before: &str| {
        portal(&format!("<title>{title}</title>"), &format!("{before}{TEXT}"))
    };
    check(&[
        ("a general word", page("Chi tiết", ""), None),
        ("a detail page", page("Chi tiết tin tức | Cổng thông tin điện tử", ""), None),
        ("the host", page("doithong.example.gov.vn", ""), None),
        ("an office", page("Trang chủ - Website Sở Thử nghiệm", ""), None),
        ("an office and its place", page("Ủy ban nhân dân huyện Đồi Thông", ""), None),
        ("a section of the menu", page("Nông nghiệp - Nông thôn", ""), None),
        ("an h1 that says home", page("Home", "<h1>Home</h1>"), None),
        (
            "a heading of the text",
            page(
                "Tin tức",
                "<p>Mở đầu buổi lễ là phần văn nghệ chào mừng của đội văn nghệ xã nhà, được bà con cổ vũ nhiệt tình và kéo dài gần một giờ đồng hồ, với nhiều tiết mục dân ca, dân vũ được dàn dựng công phu suốt mấy tuần liền.</p><h3>Kết quả bước đầu</h3>",
            ),
            None,
        ),
    ]);
}

#[test]
fn a_headline_that_looks_like_an_office_or_a_part_stays() {
    let page = |title: &str, before: &str| {
        portal(&format!("<title>{title}</title>"), &format!("{before}{TEXT}"))
    };
    check(&[
        (
            "an office that acts",
            page("Sở Y tế tổ chức hội nghị tổng kết", "<h1>Sở Y tế tổ chức hội nghị tổng kết</h1>"),
            Some("Sở Y tế tổ chức hội nghị tổng kết"),
        ),
        (
            "an office that visits a place",
            page("Tin tức", "<h1>UBND tỉnh làm việc với huyện Đồi Thông</h1>"),
            Some("UBND tỉnh làm việc với huyện Đồi Thông"),
        ),
        (
            "subheadings in the text",
            portal(
                &format!("<title>{HEADLINE} | Báo Đồi Thông</title>"),
                &format!("<div>{TEXT}<h3>Nhiều cách làm hay</h3>{TEXT}</div>"),
            ),
            Some(HEADLINE),
        ),
        (
            "a dash inside the headline",
            page(
                "Đồi Thông - điểm đến bốn mùa | Báo Đồi Thông",
                "<h1>Đồi Thông - điểm đến bốn mùa</h1>",
            ),
            Some("Đồi Thông - điểm đến bốn mùa"),
        ),
        (
            "og:title is shorter than the h1",
            portal(
                "<title>Trồng cây đầu xuân - Báo</title><meta property=og:title content='Trồng cây đầu xuân'>",
                &format!("<h1>{HEADLINE}</h1>{TEXT}"),
            ),
            Some(HEADLINE),
        ),
        (
            "a lead in an h2",
            page(
                "Xem tin",
                &format!(
                    "<h1>{HEADLINE}</h1><h2>Ngày 20/2, xã Đồi Thông tổ chức lễ ra quân trồng cây.</h2>"
                ),
            ),
            Some(HEADLINE),
        ),
        (
            "only the page title",
            page("Quy chế công khai tài chính", ""),
            Some("Quy chế công khai tài chính"),
        ),
    ]);
}

#[test]
fn the_title_of_the_row_decides_which_title_of_the_page_is_used() {
    let head = |title: &str| format!("<title>{title}</title>");
    let with_h1 = |h1: &str| portal(&head(h1), &format!("<h1>{h1}</h1>{TEXT}"));
    let symbol = "Quyết định 125/QĐ-UBND về việc trồng cây";
    for (what, listed, html, expected) in [
        ("the same words", HEADLINE, with_h1(HEADLINE), Some(HEADLINE)),
        ("a row that is cut", "Lễ ra quân trồng cây…", with_h1(HEADLINE), Some(HEADLINE)),
        ("a row that is cut with dots", "Lễ ra quân trồng ...", with_h1(HEADLINE), Some(HEADLINE)),
        (
            "a row that is shortened",
            "Lễ ra quân trồng cây đầu xuân",
            with_h1(HEADLINE),
            Some(HEADLINE),
        ),
        (
            "a corrected headline",
            "Lễ ra quân trồng cây đầu suân tại xã Đồi Thông",
            with_h1(HEADLINE),
            Some(HEADLINE),
        ),
        ("an unrelated h1", HEADLINE, with_h1("Chung tay vì môi trường xanh"), None),
        ("a general word", HEADLINE, portal(&head("Chi tiết tin"), TEXT), None),
        (
            "a page title of all pages",
            HEADLINE,
            portal(&head("Thông tin chỉ đạo điều hành"), TEXT),
            None,
        ),
        ("the portal's name", HEADLINE, portal(&head("Cổng"), TEXT), None),
        ("a row that says see more", "Xem tiếp", with_h1(HEADLINE), Some(HEADLINE)),
        ("a row that says details", "Chi tiết >>", with_h1(HEADLINE), Some(HEADLINE)),
        ("a row that is a number", "1482", with_h1(HEADLINE), Some(HEADLINE)),
        ("a row that is a file", "tb-kh_31.pdf", with_h1(HEADLINE), Some(HEADLINE)),
        ("a bad row and a bad page", "Xem tiếp", portal(&head("Chi tiết tin"), TEXT), None),
        ("a row that is a symbol", "125/QĐ-UBND", with_h1(symbol), Some(symbol)),
        (
            "a row that has the symbol",
            "125/QĐ-UBND: Về việc trồng cây đầu xuân trên địa bàn",
            with_h1("Về việc trồng cây đầu xuân trên địa bàn"),
            None,
        ),
        (
            "a weaker heading that the row names",
            HEADLINE,
            portal(
                &head("Tin"),
                &format!("<h1>Chung tay vì môi trường xanh</h1><h4>{HEADLINE}</h4>{TEXT}"),
            ),
            Some(HEADLINE),
        ),
        (
            "a row with date and teaser in it",
            "Lễ ra quân trồng cây đầu xuân tại xã Đồi Thông (20/02/2026)",
            with_h1(HEADLINE),
            Some(HEADLINE),
        ),
        (
            "the site's name behind the row's title",
            HEADLINE,
            portal(&head(&format!("{HEADLINE} - Diễn đàn khuyến nông")), TEXT),
            Some(HEADLINE),
        ),
    ] {
        assert_eq!(article(&html, Some(listed)).as_deref(), expected, "{what}");
    }
}

#[test]
fn a_stored_title_of_the_page_yields_to_the_row_s_where_it_says_nothing() {
    for (listed, kept, expected) in [
        (HEADLINE, "Trang chủ - Website Sở Thử nghiệm", false),
        (HEADLINE, "Chi tiết tin", false),
        (HEADLINE, "Cổng thông tin điện tử tỉnh Đồi Thông", false),
        (HEADLINE, "Một tiêu đề khác", true),
        ("Xem tiếp", "Chi tiết tin", true),
        ("Lễ ra quân…", HEADLINE, true),
    ] {
        assert_eq!(crate::is_better_title(kept, listed), expected, "{kept} for {listed}");
    }
}
