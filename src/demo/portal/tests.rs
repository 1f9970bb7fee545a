//! The portal over its router, as a client meets it.

use std::collections::HashSet;

use axum::body::Bytes;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED};
use dom_query::Document as Dom;
use http_body_util::BodyExt;
use tower::ServiceExt;
use unicode_normalization::is_nfc;

use super::texts::{DOCUMENTS, NEWS};
use super::*;

/// Friday 22 May 2020, 14:00 in Việt Nam.
fn friday() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 5, 22, 7, 0, 0).unwrap()
}

fn seconds_later(seconds: i64) -> DateTime<Utc> {
    friday() + chrono::Duration::seconds(seconds)
}

struct ReceivedAnswer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl ReceivedAnswer {
    fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).expect("our pages are UTF-8")
    }
}

async fn ask(portal: &Portal, method: &str, address: &str, known: Option<&str>) -> ReceivedAnswer {
    let mut request = Request::builder().method(method).uri(address);
    if let Some(known) = known {
        request = request.header(IF_NONE_MATCH, known);
    }
    let request = request.body(Body::empty()).expect("a request");
    let (parts, body) =
        portal.router().oneshot(request).await.expect("the router answers").into_parts();
    let body = body.collect().await.expect("a body from memory").to_bytes();
    ReceivedAnswer { status: parts.status.as_u16(), headers: parts.headers, body }
}

async fn page(portal: &Portal, address: &str) -> String {
    let got = ask(portal, "GET", address, None).await;
    assert_eq!(got.status, 200, "{address}");
    got.text()
}

/// The texts that a selector finds, blanks collapsed.
fn texts(html: &str, selector: &str) -> Vec<String> {
    let page = Dom::from(html);
    page.select(selector)
        .iter()
        .map(|found| found.text().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn attributes(html: &str, selector: &str, name: &str) -> Vec<String> {
    let page = Dom::from(html);
    page.select(selector)
        .iter()
        .filter_map(|found| found.attr(name).map(|value| value.to_string()))
        .collect()
}

#[tokio::test]
async fn a_new_portal_lists_six_articles_of_the_last_working_days_newest_first() {
    let list = page(&Portal::new(friday()), Portal::LISTING_NEWS).await;
    let days = texts(&list, "table.MotTin span.NgayThang");
    let expected =
        ["(21/5/2020)", "(20/5/2020)", "(19/5/2020)", "(18/5/2020)", "(15/5/2020)", "(14/5/2020)"];
    assert_eq!(days, expected);
    let links = attributes(&list, "table.MotTin a.TieuDe", "href");
    assert_eq!(links, attributes(&list, "table.MotTin a.AnhDaiDien", "href"));
    assert_eq!(links[0], "/tin-hoat-dong/ChiTiet.aspx?ItemID=1202");
    assert_eq!(texts(&list, "table.MotTin div.TrichDan")[5], NEWS[0].lead);
}

#[tokio::test]
async fn a_new_portal_lists_six_documents_in_a_table() {
    let list = page(&Portal::new(friday()), Portal::LISTING_DOCUMENTS).await;
    let rows = "table.DanhSachVanBan tbody tr";
    assert_eq!(texts(&list, rows).len(), 6);
    assert_eq!(texts(&list, &format!("{rows} td.SoKyHieu"))[5], "18/TB-STTTT");
    assert_eq!(texts(&list, &format!("{rows} td.NgayBanHanh"))[0], "21/05/2020");
    assert_eq!(
        texts(&list, &format!("{rows} td.TrichYeu a"))[5],
        "Thông báo lịch tiếp công dân của lãnh đạo Sở tháng 5 năm 2020"
    );
}

#[tokio::test]
async fn an_article_has_its_parts_where_the_recipe_looks_for_them() {
    let portal = Portal::new(friday());
    let html = page(&portal, "/tin-hoat-dong/ChiTiet.aspx?ItemID=1202").await;
    let only = |selector: &str| {
        let found = texts(&html, selector);
        assert_eq!(found.len(), 1, "{selector}: {found:?}");
        found.into_iter().next().expect("one")
    };
    assert_eq!(only("h2.TieuDeTin"), NEWS[5].title);
    assert_eq!(only("div.NgayCapNhat"), "Ngày cập nhật: 21/05/2020 11:02:09 SA");
    assert_eq!(only("p.TomTat"), NEWS[5].lead);
    assert_eq!(only("div.NoiDungTin p[align=right]"), NEWS[5].byline);
    assert_eq!(only("td.ChuThich"), NEWS[5].caption);
    assert_eq!(only("div.TieuDeMuc"), "Tin hoạt động");
    let body = only("div.NoiDungTin");
    assert!(body.ends_with(NEWS[5].byline) && body.starts_with(NEWS[5].caption), "{body}");
    assert!(body.contains("Từ đầu tuần đến ngày 21/5/2020, đoàn kiểm tra"), "{body}");
    for paragraph in NEWS[5].paragraphs.iter().filter(|text| !text.contains('{')) {
        assert!(body.contains(paragraph), "{paragraph}");
    }
    assert_eq!(texts(&html, "div.TinKhac li").len(), 5);
    assert_eq!(attributes(&html, "table.Anh img", "src"), ["/anh/1202.svg"]);
}

#[tokio::test]
async fn a_document_has_its_parts_and_its_files_are_served() {
    let portal = Portal::new(friday());
    let html = page(&portal, "/van-ban/ChiTiet.aspx?ItemID=414").await;
    assert_eq!(texts(&html, "h2.TieuDeVanBan").len(), 1);
    assert_eq!(texts(&html, "div.NgayCapNhat").len(), 1);
    assert_eq!(texts(&html, "td.SoKyHieu"), ["7/KH-STTTT"]);
    let files = attributes(&html, "div.NoiDungVanBan a", "href");
    assert_eq!(files, ["/tep/414-1.pdf", "/tep/414-2.docx"]);
    let file = ask(&portal, "GET", &files[0], None).await;
    assert_eq!(file.headers[CONTENT_TYPE], "application/pdf");
    assert!(file.body.starts_with(b"%PDF-1.4"));
    let file = ask(&portal, "GET", &files[1], None).await;
    assert!(file.body.starts_with(b"PK\x03\x04"));
    assert_eq!(ask(&portal, "GET", "/tep/414-3.pdf", None).await.status, 404);
}

#[tokio::test]
async fn every_address_on_the_portal_leads_somewhere_on_it() {
    let portal = Portal::new(friday());
    for turn in 0..40 {
        portal.publish(seconds_later(turn));
    }
    let mut seen = HashSet::from(["/".to_owned()]);
    let mut queue = vec!["/".to_owned()];
    while let Some(address) = queue.pop() {
        let got = ask(&portal, "GET", &address, None).await;
        assert_eq!(got.status, 200, "{address}");
        if got.headers[CONTENT_TYPE] != HTML {
            continue;
        }
        let html = got.text();
        for (selector, name) in [("a", "href"), ("link", "href"), ("img", "src")] {
            for next in attributes(&html, selector, name) {
                if !next.starts_with("javascript:") && seen.insert(next.clone()) {
                    queue.push(next);
                }
            }
        }
    }
    assert!(seen.contains("/tin-hoat-dong.aspx?trang=2") && seen.len() > 100, "{}", seen.len());
}

#[tokio::test]
async fn what_is_not_there_is_404_and_repeats_nothing_of_the_request() {
    let portal = Portal::new(friday());
    for address in [
        "/tin-hoat-dong/ChiTiet.aspx?ItemID=1188",
        "/tin-hoat-dong/ChiTiet.aspx?ItemID=%3Cb%3Elạ",
        "/tin-hoat-dong/ChiTiet.aspx",
        "/tin-hoat-dong.aspx?trang=2",
        "/tin-hoat-dong.aspx?trang=0",
        "/tin-hoat-dong.aspx?trang=99999999999999999999",
        "/van-ban.aspx?trang=18446744073709551615",
        "/anh/1188.svg",
        "/anh/x",
        "/khong-co",
    ] {
        let address = address.replace('ạ', "%E1%BA%A1");
        let got = ask(&portal, "GET", &address, None).await;
        assert_eq!(got.status, 404, "{address}");
        assert!(!got.text().contains("1188") && !got.text().contains("<b>l"));
    }
}

#[tokio::test]
async fn an_unchanged_page_is_304_and_a_changed_one_is_sent_again() {
    let portal = Portal::new(friday());
    let list = Portal::LISTING_NEWS;
    let first = ask(&portal, "GET", list, None).await;
    let tag = first.headers[ETAG].to_str().expect("ASCII").to_owned();
    let again = ask(&portal, "GET", list, Some(&tag)).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.headers[LAST_MODIFIED], "Thu, 21 May 2020 04:02:09 GMT");
    portal.publish(friday());
    let changed = ask(&portal, "GET", list, Some(&tag)).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.headers[LAST_MODIFIED], "Fri, 22 May 2020 07:00:00 GMT");
    let head = ask(&portal, "HEAD", list, None).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.headers[ETAG], changed.headers[ETAG]);
}

#[tokio::test]
async fn a_new_article_does_not_change_the_pages_of_the_old_ones() {
    let portal = Portal::new(friday());
    let address = "/tin-hoat-dong/ChiTiet.aspx?ItemID=1202";
    let before = page(&portal, address).await;
    portal.publish(friday());
    assert_eq!(page(&portal, address).await, before);
}

#[tokio::test]
async fn publishing_puts_three_articles_and_then_a_document_at_the_head_of_their_lists() {
    let portal = Portal::new(friday());
    for turn in 1..=8 {
        let title = portal.publish(seconds_later(turn));
        let (list, link) = match turn % 4 {
            0 => (Portal::LISTING_DOCUMENTS, "td.TrichYeu a"),
            _ => (Portal::LISTING_NEWS, "a.TieuDe"),
        };
        assert_eq!(texts(&page(&portal, list).await, link)[0], title);
    }
}

#[tokio::test]
async fn titles_symbols_and_addresses_never_repeat_however_long_the_demo_runs() {
    let portal = Portal::new(friday());
    let mut titles = HashSet::new();
    for turn in 0..300 {
        let title = portal.publish(seconds_later(turn));
        assert!(titles.insert(title.clone()), "{title}");
    }
    assert!(titles.iter().any(|title| title.ends_with(" (kỳ 3)")));
    let shelves = portal.read();
    let symbols: HashSet<_> = shelves.documents.iter().map(PortalDocument::symbol).collect();
    assert_eq!(symbols.len(), shelves.documents.len());
    let addresses: HashSet<_> = shelves.news.iter().map(PortalNews::href).collect();
    assert_eq!(addresses.len(), shelves.news.len());
}

#[tokio::test]
async fn an_edit_changes_lead_text_and_time_of_one_article_and_nothing_else() {
    let portal = Portal::new(friday());
    let address = "/tin-hoat-dong/ChiTiet.aspx?ItemID=1199";
    let before = page(&portal, address).await;
    assert!(before.contains("tăng 9 điểm phần trăm"));
    assert_eq!(portal.edit(friday()).as_deref(), Some(NEWS[4].title));
    let after = page(&portal, address).await;
    assert!(after.contains("tăng 9,4 điểm phần trăm") && !after.contains("tăng 9 điểm"));
    assert_eq!(texts(&after, "div.NgayCapNhat"), ["Ngày cập nhật: 22/05/2020 2:00:00 CH"]);
    assert_eq!(texts(&after, "h2.TieuDeTin"), texts(&before, "h2.TieuDeTin"));
    let list = page(&portal, Portal::LISTING_NEWS).await;
    assert!(list.contains("tăng 9,4 điểm phần trăm"));
    assert_eq!(texts(&list, "span.NgayThang")[1], "(20/5/2020)");
}

#[test]
fn each_article_is_corrected_once_and_only_while_it_is_on_the_first_page() {
    let portal = Portal::new(friday());
    let mut corrected = Vec::new();
    while let Some(title) = portal.edit(friday()) {
        corrected.push(title);
    }
    assert_eq!(corrected, [NEWS[4].title, NEWS[3].title, NEWS[1].title, NEWS[0].title]);
    for turn in 0..100 {
        portal.publish(seconds_later(turn));
    }
    let corrections = std::iter::from_fn(|| portal.edit(friday())).count();
    assert!((1..PAGE_ROWS).contains(&corrections), "{corrections}");
}

#[test]
fn the_texts_are_many_different_and_whole() {
    assert!(NEWS.len() >= 18 && DOCUMENTS.len() >= 8);
    let mut seen = HashSet::new();
    for text in NEWS {
        assert!((3..=6).contains(&text.paragraphs.len()), "{}", text.title);
        let parts = [text.title, text.lead].into_iter().chain(text.paragraphs.iter().copied());
        assert!(parts.clone().all(|part| seen.insert(part)), "{}", text.title);
        assert!(parts.chain([text.caption, text.byline]).all(is_nfc), "{}", text.title);
        if let Some((wrong, right)) = text.correction {
            assert!(text.lead.contains(wrong) && !text.lead.contains(right), "{}", text.title);
        }
    }
    for text in DOCUMENTS {
        let parts = [text.title].into_iter().chain(text.paragraphs.iter().copied());
        assert!(parts.clone().all(|part| seen.insert(part) && is_nfc(part)), "{}", text.title);
        assert!(!text.files.is_empty());
    }
}

#[tokio::test]
async fn no_page_shows_a_mark_that_should_have_been_filled_in() {
    let portal = Portal::new(friday());
    for turn in 0..70 {
        portal.publish(seconds_later(turn));
    }
    while portal.edit(friday()).is_some() {}
    let mut addresses = vec!["/".to_owned(), "/gioi-thieu.aspx".into(), "/lien-he.aspx".into()];
    for turn in 1..=3 {
        addresses.push(format!("{}?trang={turn}", Portal::LISTING_NEWS));
    }
    {
        let shelves = portal.read();
        addresses.extend(shelves.news.iter().map(PortalNews::href));
        addresses.extend(shelves.documents.iter().map(PortalDocument::href));
    }
    for address in addresses {
        let html = page(&portal, &address).await;
        assert!(!html.contains(['{', '}']), "{address}: {html}");
    }
}

#[tokio::test]
async fn an_ampersand_and_quotes_in_a_title_are_escaped_in_the_page() {
    let portal = Portal::new(friday());
    let html = page(&portal, "/tin-hoat-dong/ChiTiet.aspx?ItemID=1202").await;
    assert!(html.contains("bưu chính &amp; chuyển phát"));
    assert!(!html.contains("bưu chính & chuyển phát"));
}

#[test]
fn each_scene_gives_the_same_small_drawing_twice_and_another_in_other_colours() {
    let mut seen = HashSet::new();
    for scene in images::Scene::ALL {
        assert!(NEWS.iter().any(|text| text.scene == scene), "{scene:?} is never shown");
        let drawing = images::draw(scene, 1187);
        assert_eq!(drawing, images::draw(scene, 1187));
        assert_ne!(drawing, images::draw(scene, 1190));
        assert!(drawing.len() < 8_000 && drawing.starts_with(r#"<svg xmlns="#), "{scene:?}");
        assert!(seen.insert(drawing));
    }
}

#[tokio::test]
async fn the_config_is_toml_whose_selectors_find_everything_on_the_portal() {
    let text =
        config("http://127.0.0.1:9/", "http://127.0.0.1:8080/", r#"C:\a "b"\thư"#, "sqlite:x");
    let read: toml::Table = text.parse().expect("valid TOML");
    assert_eq!(read["mail"]["transport"].as_str(), Some(r#"folder:C:\a "b"\thư"#));
    assert_eq!(read["store"]["url"].as_str(), Some("sqlite:x"));
    assert_eq!(read["fetch"]["spacing"].as_str(), Some("0s"));
    let portal = Portal::new(friday());
    for source in read["source"].as_array().expect("an array of tables") {
        let url = source["url"].as_str().expect("a text");
        let list = page(&portal, url.strip_prefix("http://127.0.0.1:9").expect("our base")).await;
        let item = source["listing"]["item"].as_str().expect("a selector");
        let count = texts(&list, item).len();
        assert_eq!(count, BACKLOG, "{item}");
        for (key, selector) in source["listing"].as_table().expect("a table") {
            let selector = selector.as_str().expect("a selector");
            if key != "item" {
                let found = texts(&list, &format!("{item} {selector}")).len();
                assert_eq!(found, count, "{key} = {selector}");
            }
        }
        let link = source["listing"]["link"].as_str().expect("a selector");
        let first = &attributes(&list, &format!("{item} {link}"), "href")[0];
        let html = page(&portal, first).await;
        for (key, selector) in source["article"].as_table().expect("a table") {
            for selector in selector.as_array().cloned().unwrap_or(vec![selector.clone()]) {
                let selector = selector.as_str().expect("a selector");
                assert_eq!(texts(&html, selector).len(), 1, "{key} = {selector}");
            }
        }
    }
    let names: Vec<_> =
        read["feed"].as_array().expect("feeds").iter().map(|f| &f["name"]).collect();
    assert_eq!(names.len(), 4);
}
