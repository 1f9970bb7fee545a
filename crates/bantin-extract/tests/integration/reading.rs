//! Saved pages to the rows and articles expected from them: `tests/pages/<portal>/` holds each page beside what it must
//! give. The pages are written for these tests, in the manner of the systems that agencies use.

use std::path::PathBuf;

use bantin_extract::model::{ArticleRecipe, ListingRecipe};
use bantin_extract::{self as extract, Reading, dates};
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use expect_test::expect_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

fn page(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pages").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn at(now: &str) -> DateTime<Utc> {
    now.parse().expect("a moment in RFC 3339")
}

fn rows_of(name: &str, url: &str, now: &str, recipe: &ListingRecipe) -> Value {
    let url = Url::parse(url).expect("an address");
    let html = extract::decode(&page(name), None);
    let listing =
        extract::listing(&html, recipe, Reading { url: &url, zone: Ho_Chi_Minh, now: at(now) });
    let rows: Vec<Value> = listing
        .rows
        .iter()
        .map(|row| json!({"url": row.url.as_str(), "title": row.title, "date": dates::show(row.published, Ho_Chi_Minh), "lead": row.lead, "image": row.image}))
        .collect();
    json!({"container": listing.container, "rows": rows, "problems": listing.problems.iter().map(ToString::to_string).collect::<Vec<_>>()})
}

fn article_of(name: &str, url: &str, now: &str, recipe: &ArticleRecipe) -> Value {
    let url = Url::parse(url).expect("an address");
    let html = extract::decode(&page(name), None);
    let (article, problems) =
        extract::article(&html, recipe, Reading { url: &url, zone: Ho_Chi_Minh, now: at(now) });
    json!({
        "title": article.title,
        "published": dates::show(article.published, Ho_Chi_Minh),
        "updated": article.updated.map(|at| at.with_timezone(&Ho_Chi_Minh).to_rfc3339()),
        "byline": article.byline,
        "section": article.section,
        "lead": article.lead,
        "content_text": article.content_text.lines().collect::<Vec<_>>(),
        "content_html": article.content_html,
        "images": article.images,
        "attachments": article.attachments,
        "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn check(expected: &str, found: &Value) {
    let text = serde_json::to_string_pretty(found).expect("values of strings and lists");
    expect_file![format!("{}/tests/pages/{expected}", env!("CARGO_MANIFEST_DIR"))]
        .assert_eq(&(text + "\n"));
}

fn item(selector: &str) -> ListingRecipe {
    ListingRecipe { item: Some(selector.to_owned()), ..Default::default() }
}

const QUANGTRI: &str = "http://www.sotttt.example.gov.vn/portal/Pages/News.aspx?CatID=1";
const QUANGTRI_ARTICLE: &str =
    "http://www.sotttt.example.gov.vn/portal/Pages/NewsDetail.aspx?CatID=1&ItemID=1482";
const MAY_2020: &str = "2020-05-25T03:00:00Z";

fn quangtri() -> ArticleRecipe {
    let some = |selector: &str| Some(selector.to_owned());
    ArticleRecipe {
        title: some("#ctl00_cph_lblTieuDe"),
        lead: some("#ctl00_cph_lblTomTat"),
        body: some("#ctl00_cph_noidung"),
        date: some("#ctl00_cph_lblNgay"),
        section: some("#ctl00_cph_lblChuyenMuc"),
        ..Default::default()
    }
}

#[test]
fn an_aspnet_portal_gives_its_rows_and_p5_each_bad_row_costs_only_itself() {
    check(
        "quangtri/list.json",
        &rows_of("quangtri/list.html", QUANGTRI, MAY_2020, &item("#ctl00_cph_dsTin tr")),
    );
}

#[test]
fn an_aspnet_portal_gives_its_article_by_a_recipe() {
    check(
        "quangtri/article.json",
        &article_of("quangtri/article.html", QUANGTRI_ARTICLE, MAY_2020, &quangtri()),
    );
}

#[test]
fn a_list_of_other_news_inside_an_article_is_a_listing() {
    check(
        "quangtri/other.json",
        &rows_of(
            "quangtri/article.html",
            QUANGTRI_ARTICLE,
            MAY_2020,
            &item("#ctl00_cph_dlTinKhac td"),
        ),
    );
}

#[test]
fn the_links_themselves_may_be_the_items() {
    let by_cell = rows_of(
        "quangtri/article.html",
        QUANGTRI_ARTICLE,
        MAY_2020,
        &item("#ctl00_cph_dlTinKhac td"),
    );
    let by_link = rows_of(
        "quangtri/article.html",
        QUANGTRI_ARTICLE,
        MAY_2020,
        &item("#ctl00_cph_dlTinKhac a"),
    );
    assert_eq!(by_cell, by_link);
}

#[test]
fn without_a_recipe_the_article_is_still_found() {
    let with = article_of("quangtri/article.html", QUANGTRI_ARTICLE, MAY_2020, &quangtri());
    let without =
        article_of("quangtri/article.html", QUANGTRI_ARTICLE, MAY_2020, &ArticleRecipe::default());
    for key in ["published", "byline", "content_text", "images"] {
        assert_eq!(without[key], with[key], "{key}");
    }
}

#[test]
fn cards_with_thumbnails_categories_and_buttons_give_one_row_each() {
    let url = "https://phong.example.gov.vn/chuyen-muc/tin/";
    check(
        "wordpress/list.json",
        &rows_of("wordpress/list.html", url, "2021-04-21T10:00:00Z", &item("#main > article")),
    );
}

#[test]
fn an_article_without_a_recipe_is_read_from_what_page_and_machines_agree_on() {
    let url = "https://phong.example.gov.vn/tin/ngay-hoi-doc-sach/";
    check(
        "wordpress/article.json",
        &article_of(
            "wordpress/article.html",
            url,
            "2021-05-01T00:00:00Z",
            &ArticleRecipe::default(),
        ),
    );
}

#[test]
fn a_table_of_documents_gives_the_title_that_stands_beside_the_link() {
    let recipe = ListingRecipe {
        date: Some("td:nth-child(3)".to_owned()),
        ..item("table.ms-listviewtable tr")
    };
    check(
        "sharepoint/list.json",
        &rows_of(
            "sharepoint/list.html",
            "https://huyen.example.gov.vn/Pages/tin.aspx",
            MAY_2020,
            &recipe,
        ),
    );
}

#[test]
fn dates_may_stand_beside_the_link_inside_it_and_in_words() {
    check(
        "liferay/list.json",
        &rows_of(
            "liferay/list.html",
            "https://so.example.gov.vn/web/so/tin",
            "2020-05-22T03:30:00Z",
            &item("ul.asset-list > li"),
        ),
    );
}

#[test]
fn old_code_pages_and_decomposed_text_give_the_same_rows() {
    let url = "http://thongbao.example.gov.vn/";
    let old = rows_of("windows1258/list.html", url, "2009-09-01T00:00:00Z", &item("#tb li"));
    check("windows1258/list.json", &old);
    assert_eq!(old, rows_of("decomposed/list.html", url, "2009-09-01T00:00:00Z", &item("#tb li")));
}

#[test]
fn p6_an_empty_list_is_told_from_a_list_that_is_gone() {
    let of = |selector: &str| {
        rows_of("nothing/list.html", "http://a.example.vn/", MAY_2020, &item(selector))
    };
    assert_eq!(of("#tin ul.ds > li")["container"], true);
    assert_eq!(of("#tin-moi ul.danhsach > li")["container"], false);
    assert_eq!(of("li")["container"], false);
    assert_eq!(
        of("#tin ul.ds > li")["problems"],
        json!(["listing: the selector \"#tin ul.ds > li\" matches nothing"])
    );
}

#[test]
fn p11_a_nested_page_is_a_problem_and_no_tree() {
    let url = Url::parse("http://a.example.vn/").expect("an address");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now: at(MAY_2020) };
    let bomb = "<div>".repeat(35_000);
    let listing = extract::listing(&bomb, &item("div a"), reading);
    let (article, problems) = extract::article(&bomb, &ArticleRecipe::default(), reading);
    assert_eq!(
        (listing.rows.len(), listing.problems.len(), article.title, problems.len()),
        (0, 1, None, 1)
    );
}

#[test]
fn p11_a_page_of_suspicious_names_costs_no_more_than_its_length() {
    let url = Url::parse("http://a.example.vn/").expect("an address");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now: at(MAY_2020) };
    // Each level is a title, a lead, a date and a share box; each of them holds all the text.
    let nested = format!(
        "{}{}{}",
        "<div class='title sapo date author share related breadcrumb'>".repeat(200),
        "<p>Tin 22/5/2020 <img src=/a.jpg></p>".repeat(2_000),
        "</div>".repeat(200)
    );
    // About 100 KB. Read once a level, this test would not end in minutes.
    extract::article(&nested, &ArticleRecipe::default(), reading);
    extract::listing(&nested, &item("div, p"), reading);
}

#[test]
fn a_bad_selector_is_a_problem_that_says_which_and_where() {
    let found = rows_of("nothing/list.html", "http://a.example.vn/", MAY_2020, &item("li >> a"));
    let problem = found["problems"][0].as_str().expect("a sentence");
    assert!(
        problem.starts_with("listing: item: the selector \"li >> a\" does not parse"),
        "{problem}"
    );
}

const PAGES: &[&str] = &[
    "quangtri/list.html",
    "quangtri/article.html",
    "wordpress/list.html",
    "wordpress/article.html",
    "sharepoint/list.html",
    "liferay/list.html",
    "windows1258/list.html",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn no_mangled_page_panics(
        name in prop::sample::select(PAGES),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), proptest::collection::vec(any::<u8>(), 0..6)), 1..8),
        selector in prop::sample::select(vec!["tr", "li", "a", "article", "td", "*", "div", "body", "[href]"]),
    ) {
        let mut body = page(name);
        for (from, length, put) in cuts {
            let from = from.index(body.len() + 1);
            let to = (from + length.index(200)).min(body.len());
            body.splice(from..to, put);
        }
        let url = Url::parse("http://a.example.vn/x").expect("an address");
        let reading = Reading { url: &url, zone: Ho_Chi_Minh, now: at(MAY_2020) };
        let html = extract::decode(&body, None);
        let listing = extract::listing(&html, &item(selector), reading);
        prop_assert!(listing.rows.iter().all(|row| !row.title.is_empty()));
        let recipe = ArticleRecipe { body: Some(selector.to_owned()), ..Default::default() };
        let (article, _) = extract::article(&html, &recipe, reading);
        extract::article(&html, &ArticleRecipe::default(), reading);
        prop_assert_eq!(extract::sanitize::clean(article.content_html.as_str(), &url), article.content_html);
    }
}

fn article_in(html: &str) -> bantin_extract::model::Article {
    let url = Url::parse("https://bao.example.vn/tin/1.html").expect("an address");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now: at("2026-11-23T12:00:00Z") };
    extract::article(html, &ArticleRecipe::default(), reading).0
}

const PROSE: &str = "<p>Sáng nay, Sở đã khai trương trung tâm điều hành, với sự có mặt của lãnh đạo tỉnh, các sở, ngành và đông đảo người dân.</p>\
    <p>Trung tâm thu nhận phản ánh qua ứng dụng, điện thoại và thư, rồi chuyển cho đơn vị có trách nhiệm trong ngày làm việc.</p>\
    <p>Theo kế hoạch, đến cuối năm, mọi xã trong tỉnh đều nối vào trung tâm, và người dân thấy được tiến độ xử lý của từng việc.</p>";

#[test]
fn what_react_sends_behind_the_page_is_read_and_other_hidden_boxes_are_not() {
    let streamed = article_in(&format!(
        "<body><div id='app'></div><div hidden id='S:1a'><h1>Khai trương trung tâm</h1><div>{PROSE}</div></div></body>"
    ));
    assert_eq!(streamed.content_text.lines().count(), 3, "{}", streamed.content_text);
    let hidden =
        article_in(&format!("<body><div hidden id='mau'><h1>Mẫu</h1>{PROSE}</div></body>"));
    assert_eq!(hidden.content_text, "");
}

#[test]
fn a_text_in_a_box_with_a_box_s_name_is_read_where_nothing_else_is_a_text() {
    let menu = "<a href=/m>Chuyên mục của trang</a> ".repeat(120);
    let page = format!(
        "<body><h1>Khai trương trung tâm</h1><div class='menu'>{menu}</div><div class='widget'><div><div>{PROSE}</div></div></div></body>"
    );
    assert_eq!(article_in(&page).content_text.lines().count(), 3);
}

#[test]
fn the_date_that_moves_with_each_edit_is_not_the_one_of_publication() {
    let head = "<meta name='date' content='2024-10-15T17:38:42+07:00'>\
        <meta value='2024-10-15T08:22:57+07:00' property='article:published_time'>\
        <meta property='article:modified_time' content='2024-10-15T17:38:42+07:00'>";
    let page = format!("<head>{head}</head><body><h1>Khai trương trung tâm</h1>{PROSE}</body>");
    let article = article_in(&page);
    assert_eq!(
        dates::show(article.published, Ho_Chi_Minh).as_deref(),
        Some("2024-10-15T08:22:57+07:00")
    );
    let updated = article.updated.expect("it was changed");
    assert_eq!(updated, at("2024-10-15T10:38:42Z"));
}
