//! Foreign feeds through the public entry point: the files in `tests/feeds/foreign`, and inputs
//! that proptest makes of them.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat};
use chrono_tz::Asia::Ho_Chi_Minh;
use chrono_tz::Tz;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use url::Url;

use crate::model::{Article, ListingRecipe, Published, Row, SourceKind, Wishes};
use crate::{Reading, foreign, kind};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/feeds/foreign/", $name)).as_slice()
    };
}

fn read(body: &[u8], content_type: Option<&str>, recipe: &ListingRecipe) -> String {
    let url = Url::parse("https://own.example.vn/rss/tin.xml").expect("a fixed address");
    let now = DateTime::from_timestamp(1_600_000_000, 0).expect("a fixed moment");
    let reading = Reading { url: &url, zone: Tz::Asia__Ho_Chi_Minh, now };
    let kind = kind(body, content_type);
    let mut shown = format!("{kind:?}");
    if kind == SourceKind::Page {
        return shown;
    }
    let head = foreign::document(kind, body, content_type, recipe, reading).head;
    if let Some(title) = head.title {
        let link = head.link.map(String::from).unwrap_or_default();
        write!(shown, " \"{title}\" {link}").expect("a text takes everything");
    }
    if let Some(every) = head.wishes.every {
        write!(shown, " ttl {every}").expect("a text takes everything");
    }
    let listing = foreign::read(kind, body, content_type, recipe, reading);
    assert_eq!(listing, foreign::read(kind, body, content_type, recipe, reading), "read twice");
    for row in listing.rows {
        shown.push_str(&show_row(&row));
    }
    for problem in listing.problems {
        write!(shown, "\n! {problem}").expect("a text takes everything");
    }
    shown
}

fn show_row(row: &Row) -> String {
    let mut parts = vec![format!("\n- {}", row.title), row.url.to_string()];
    parts.extend(row.id.as_ref().map(|id| format!("id {id}")));
    parts.extend(show_date(row.published));
    parts.extend(row.lead.as_ref().map(|lead| format!("lead {lead}")));
    parts.extend(row.image.as_ref().map(|image| format!("image {image}")));
    parts.extend(row.brought.as_deref().map(show_article));
    parts.join(" | ")
}

fn show_article(article: &Article) -> String {
    let mut parts = vec!["\n  brought".to_owned()];
    let updated = article.updated.and_then(|at| show_date(Published::At(at)));
    parts.extend(updated.map(|at| format!("updated {at}")));
    parts.extend(article.byline.as_ref().map(|byline| format!("by {byline}")));
    parts.extend(article.section.as_ref().map(|section| format!("in {section}")));
    parts.extend(article.attachments.iter().map(|file| {
        format!("file {} {} {:?} \"{}\"", file.url, file.media_type, file.length, file.title)
    }));
    if !article.content_html.is_empty() {
        parts.push(article.content_html.as_str().to_owned());
    }
    parts.join(" | ")
}

fn show_date(published: Published) -> Option<String> {
    match published {
        Published::At(at) => Some(at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        Published::On(day) => Some(day.to_string()),
        Published::Unknown => None,
    }
}

fn check(body: &[u8], content_type: Option<&str>, expected: Expect) {
    check_with(body, content_type, &ListingRecipe::default(), expected);
}

fn check_with(body: &[u8], content_type: Option<&str>, recipe: &ListingRecipe, expected: Expect) {
    expected.assert_eq(&read(body, content_type, recipe));
}

#[test]
fn rss_2_brings_text_author_section_and_files() {
    check(
        fixture!("rss-20.xml"),
        None,
        expect![[r#"
            Feed "Sở Y tế - Tin tức" https://syt.example.vn/ ttl 60
            - Tiêm chủng & phòng dịch: kết quả tháng 5 | https://syt.example.vn/tin/tiem-chung-thang-5.html | id syt-1042 | 2020-05-22T01:30:00Z | lead Toàn tỉnh đạt 96% kế hoạch. | image https://syt.example.vn/anh/tiem.jpg | 
              brought | by Lê Thị Hoa | in Y tế dự phòng | file https://syt.example.vn/van-ban/bao-cao.pdf application/pdf Some(48213) "bao-cao.pdf" | <p>Toàn tỉnh đạt 96% kế hoạch.</p><p>Xem <a href="https://syt.example.vn/van-ban/bao-cao.pdf" rel="nofollow noopener noreferrer">báo cáo</a>.</p>
            - Lịch trực tuần 22 | https://syt.example.vn/tin/lich-truc-22.html | id https://syt.example.vn/tin/lich-truc-22.html | 2020-05-21T10:00:00Z"#]],
    );
}

#[test]
fn how_a_feed_wants_to_be_asked_is_read_and_nonsense_asks_for_nothing() {
    let check = |head: &str, every: Option<u32>, hours: &[u8], days: &[u8]| {
        let feed = format!(
            "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>T</title>{head}\
             <item><title>A</title><link>https://a.vn/1</link></item></channel></rss>"
        );
        let url = Url::parse("https://a.vn/rss").expect("a fixed address");
        let reading = Reading {
            url: &url,
            zone: Ho_Chi_Minh,
            now: "2026-11-30T03:00:00Z".parse().expect("a fixed time"),
        };
        let recipe = ListingRecipe::default();
        let wishes = foreign(SourceKind::Feed, feed.as_bytes(), None, &recipe, reading).wishes;
        let expected = Wishes { every, skip_hours: hours.to_vec(), skip_days: days.to_vec() };
        assert_eq!(wishes, expected, "{head}");
    };
    check("<ttl> 90 </ttl>", Some(90), &[], &[]);
    check("<ttl>0</ttl>", None, &[], &[]);
    check("<ttl>-5</ttl><ttl>soon</ttl>", None, &[], &[]);
    check("<sy:updatePeriod>hourly</sy:updatePeriod>", Some(60), &[], &[]);
    let twice =
        "<sy:updatePeriod> Daily </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>";
    check(twice, Some(720), &[], &[]);
    check("<sy:updatePeriod>often</sy:updatePeriod>", None, &[], &[]);
    check(&format!("{twice}<ttl>30</ttl>"), Some(30), &[], &[]);
    let hours = "<skipHours><hour>24</hour><hour>5</hour><hour>5</hour><hour>99</hour></skipHours>";
    check(hours, None, &[0, 5], &[]);
    let days = "<skipDays><day>Sunday</day><day>SATURDAY</day><day>Chủ nhật</day></skipDays>";
    check(days, None, &[], &[5, 6]);
}

#[test]
fn rss_091_with_its_doctype_is_read() {
    check(
        fixture!("rss-091-doctype.xml"),
        Some("text/xml"),
        expect![[r#"
        Feed "Actualités" http://a.example.fr/
        - Réunion élargie… &unheardof; | http://a.example.fr/1"#]],
    );
}

#[test]
fn rdf_entries_stand_beside_their_channel() {
    check(
        fixture!("rdf.xml"),
        Some("application/rdf+xml"),
        expect![[r#"
            Feed "Thư viện tỉnh" https://b.example.vn/
            - Ngày hội đọc sách | https://b.example.vn/1?nguon=rss | id https://b.example.vn/1 | 2020-04-21T00:00:00Z | 
              brought | updated 2020-04-21T00:00:00Z | by Ban biên tập"#]],
    );
}

#[test]
fn atom_links_are_chosen_by_what_they_are_for() {
    check(
        fixture!("atom-10.xml"),
        Some("application/atom+xml"),
        expect![[r#"
        Feed "Công báo tỉnh" https://c.example.vn/
        - Số 12 <mới> | https://c.example.vn/tin/12.html | id tag:c.example.vn,2020:12 | 2020-05-22T01:00:00Z | 
          brought | updated 2020-05-22T01:30:00Z | by Nguyễn Văn An, Trần Bình | in Công báo | file https://c.example.vn/tin/12.pdf application/pdf Some(99) "12.pdf" | <p>Toàn văn <a href="https://c.example.vn/tin/trang-1" rel="nofollow noopener noreferrer">tại đây</a></p><p>và phụ lục.</p>
        - Số 11: 3 < 5 & 7 | https://c.example.vn/tin/11.html | id https://c.example.vn/tin/11.html | 2020-05-20 | lead Tóm tắt ngắn. | 
          brought | updated 2020-05-20T00:00:00Z"#]],
    );
}

#[test]
fn atom_03_titles_are_decoded_as_they_say() {
    check(
        fixture!("atom-03.xml"),
        None,
        expect![[r#"
        Feed "Báo cũ" http://d.example.vn/
        - Tin mới | http://d.example.vn/1 | id urn:d:1 | 2004-01-01T19:48:21Z | 
          brought | updated 2004-01-01T20:00:00Z | <p>Nội dung</p>"#]],
    );
}

#[test]
fn elements_that_nobody_closed_end_where_the_next_begins() {
    check(
        fixture!("unclosed.xml"),
        None,
        expect![[r#"
            Feed "Không đóng thẻ" http://e.example.vn/
            - Tin một | http://e.example.vn/1 | 2020-05-22T01:30:00Z
            - Tin hai | http://e.example.vn/2 | lead Đoạn một dòng hai Đoạn hai
            - Tin ba | http://e.example.vn/3"#]],
    );
}

#[test]
fn names_in_capitals_are_names() {
    check(
        fixture!("upper-case.xml"),
        None,
        expect![[r#"
            Feed "VIẾT HOA" http://f.example.vn/
            - Tin | http://f.example.vn/tin/1 | id 1 | 2020-05-22T01:30:00Z"#]],
    );
}

#[test]
fn a_warning_before_the_feed_is_skipped() {
    check(
        fixture!("warning-before.xml"),
        Some("text/html"),
        expect![[r#"
        Feed "Có cảnh báo" http://g.example.vn/
        - Tin | http://g.example.vn/1"#]],
    );
}

#[test]
fn prefixes_that_nobody_declared_mean_what_they_always_mean() {
    check(
        fixture!("undeclared-prefixes.xml"),
        None,
        expect![[r#"
        Feed "Thiếu khai báo" http://h.example.vn/
        - Tin | http://h.example.vn/1 | 2020-05-22T01:30:00Z | image http://h.example.vn/1.jpg | 
          brought | updated 2020-05-22T01:30:00Z | by Hồng | <p>Toàn văn</p>"#]],
    );
}

#[test]
fn ampersands_and_angles_that_are_letters_stay() {
    check(
        fixture!("ampersands.xml"),
        None,
        expect![[r#"
        Feed "AT&T & bạn" http://i.example.vn/?a=1&b=2
        - Giá < 5 triệu & > 2 triệu | http://i.example.vn/tin?id=1&lang=vi&copy=2
        - Hai lần & thoát "ra" | http://i.example.vn/tin?id=2&lang=vi"#]],
    );
}

#[test]
fn control_characters_are_dropped() {
    check(
        fixture!("control-characters.xml"),
        None,
        expect![[r#"
        Feed "Ký tự lạ" http://j.example.vn/
        - Họp báo thường kỳ | http://j.example.vn/1"#]],
    );
}

#[test]
fn cdata_is_read_wherever_it_stands() {
    check(
        fixture!("cdata.xml"),
        None,
        expect![[r#"
        Feed "Tin & ảnh" http://k.example.vn/
        - Một và hai | http://k.example.vn/1?a=1&b=2 | 2020-05-22T01:30:00Z
        - Không kết thúc | http://k.example.vn/2
        - Ba | http://k.example.vn/3"#]],
    );
}

#[test]
fn ids_that_entries_share_name_none_of_them() {
    check(
        fixture!("shared-ids.xml"),
        None,
        expect![[r#"
        Feed "Chung mã" http://l.example.vn/
        - Một | http://l.example.vn/1
        - Hai | http://l.example.vn/2
        - Ba | http://l.example.vn/3
        - Bốn | http://l.example.vn/4 | id 4"#]],
    );
}

#[test]
fn an_entry_without_address_gets_the_address_of_the_feed_and_an_id_that_stays() {
    check(
        fixture!("no-addresses.xml"),
        None,
        expect![[r#"
        Feed "Không địa chỉ" http://m.example.vn/thong-bao
        - Cúp điện | http://m.example.vn/thong-bao#urn:uuid:c057f33c-6dbf-52de-9748-72ca934b69a1 | id urn:uuid:c057f33c-6dbf-52de-9748-72ca934b69a1 | 2020-05-22T01:30:00Z
        - Cúp nước | http://m.example.vn/thong-bao#urn:uuid:30b2e0a0-c280-568a-b335-e68c3913c7f5 | id urn:uuid:30b2e0a0-c280-568a-b335-e68c3913c7f5
        - Có điện | http://m.example.vn/thong-bao#urn:uuid:a81df725-a229-564b-8317-ae881819ff5e | id urn:uuid:a81df725-a229-564b-8317-ae881819ff5e
        - Có nước | http://m.example.vn/thong-bao#urn:uuid:a2f25a20-a8d2-5b3c-bfd1-158810965a7a | id urn:uuid:a2f25a20-a8d2-5b3c-bfd1-158810965a7a
        - Thông báo không có tiêu đề, chỉ có nội dung. | http://m.example.vn/thong-bao#urn:uuid:1b96f67f-56d1-5799-a855-c0efe1087b5f | id urn:uuid:1b96f67f-56d1-5799-a855-c0efe1087b5f | lead Thông báo không có tiêu đề, chỉ có nội dung.
        ! row 1: no address
        ! row 2: the address "javascript:void(0)" is none
        ! row 2: the date "hôm nào đó" cannot be read
        ! row 5: no address"#]],
    );
}

#[test]
fn a_feed_that_ends_in_the_middle_keeps_what_was_whole() {
    check(
        fixture!("cut.xml"),
        None,
        expect![[r#"
        Feed "Đứt giữa chừng" http://n.example.vn/
        - Trọn | http://n.example.vn/1
        ! listing: the feed ends in the middle; what was read before is kept"#]],
    );
}

#[test]
fn an_address_behind_an_empty_link_is_found() {
    check(
        fixture!("link-behind.xml"),
        None,
        expect![[r#"
        Feed "Liên kết đứng sau" http://o.example.vn/
        - Tin | http://o.example.vn/1 | id o1"#]],
    );
}

#[test]
fn the_original_address_is_preferred_to_a_counting_one() {
    check(
        fixture!("feedburner.xml"),
        None,
        expect![[r#"
        Feed "Qua trung gian" http://p.example.vn/
        - Tin | http://p.example.vn/1"#]],
    );
}

#[test]
fn utf_16_without_mark_is_read() {
    check(
        fixture!("utf-16be.xml"),
        None,
        expect![[r#"
        Feed "Mười sáu bit" http://q.example.vn/
        - Quảng Trị | http://q.example.vn/1"#]],
    );
}

#[test]
fn utf_32_is_read() {
    check(
        fixture!("utf-32.xml"),
        None,
        expect![[r#"
        Feed "Ba mươi hai bit" http://q.example.vn/
        - Quảng Trị | http://q.example.vn/1"#]],
    );
}

#[test]
fn utf_8_declared_as_latin_is_utf_8() {
    check(
        fixture!("wrong-declaration.xml"),
        Some("application/rss+xml; charset=iso-8859-1"),
        expect![[r#"
            Feed "Khai sai" http://r.example.vn/
            - Quảng Trị | http://r.example.vn/1"#]],
    );
}

#[test]
fn the_declaration_of_the_document_is_believed() {
    check(
        fixture!("windows-1251.xml"),
        Some("text/xml; charset=us-ascii"),
        expect![[r#"
        Feed "Новости" http://s.example.ru/
        - Привет | http://s.example.ru/1"#]],
    );
}

#[test]
fn a_news_sitemap_has_titles_and_dates() {
    check(
        fixture!("sitemap-news.xml"),
        None,
        expect![[r#"
        Sitemap
        - Tin thứ nhất & duy nhất | https://t.example.vn/tin-1.html | 2020-05-22T01:30:00Z | image https://t.example.vn/1.jpg | 
          brought | updated 2020-05-22T02:00:00Z"#]],
    );
}

#[test]
fn a_plain_sitemap_gets_titles_from_its_addresses() {
    check(
        fixture!("sitemap-plain.xml"),
        None,
        expect![[r#"
            Sitemap
            - hop bao thuong ky thang 5 | https://u.example.vn/tin-tuc/hop-bao-thuong-ky_thang-5.html | 2020-05-22 | 
              brought | updated 2020-05-22T00:00:00Z
            - u.example.vn | https://u.example.vn/
            ! listing: 2 addresses of the sitemap have no title; theirs is made of the address
            ! row 3: the address "mailto:x@u.example.vn" is none"#]],
    );
}

#[test]
fn an_index_of_sitemaps_says_what_to_configure() {
    check(
        fixture!("sitemap-index.xml"),
        None,
        expect![[r#"
        Sitemap
        ! listing: this is an index of sitemaps, not a list of news: configure the one with the news as the source's address: https://v.example.vn/news.xml, https://v.example.vn/pages.xml"#]],
    );
}

#[test]
fn json_feed_is_read() {
    check(
        fixture!("json-feed.json"),
        Some("application/feed+json"),
        expect![[r#"
            Feed "Tin JSON" https://w.example.vn/
            - Tin & ảnh | https://w.example.vn/1 | id https://w.example.vn/1 | 2020-05-22T01:30:00Z | image https://w.example.vn/1.jpg | 
              brought | by Ban biên tập | in Y tế | file https://w.example.vn/1.pdf application/pdf Some(1200) "1.pdf" | <p>Nội dung</p>
            - Không có tiêu đề. | https://w.example.vn/#2 | id 2 | 2020-05-22 | 
              brought | updated 2020-05-22T00:00:00Z | by An | <p>Không có tiêu đề.</p><p>Dòng hai &lt;b&gt;</p>
            ! row 2: no address"#]],
    );
}

#[test]
fn wordpress_works_without_any_path() {
    check(
        fixture!("wordpress.json"),
        Some("application/json"),
        expect![[r#"
        Json
        - Họp báo – thường kỳ | https://x.example.vn/hop-bao/ | id https://x.example.vn/?p=71 | 2020-05-22T01:30:00Z | lead Tóm tắt […] | 
          brought | updated 2020-05-22T02:00:00Z | <p>Nội dung</p>"#]],
    );
}

#[test]
fn the_list_of_entries_is_found_in_any_json() {
    check(
        fixture!("api-found.json"),
        Some("application/json"),
        expect![[r#"
        Json
        - Một | https://own.example.vn/1 | id 1 | 2020-05-22T01:30:00Z
        - Hai | https://own.example.vn/2 | id 2 | 2020-05-22
        - Ba | https://own.example.vn/3 | id 3
        ! row 3: the date "?" cannot be read"#]],
    );
}

#[test]
fn faulty_json_is_read_as_far_as_it_goes() {
    check(
        fixture!("faulty.json"),
        None,
        expect![[r#"
        Json
        - Một dòng | https://own.example.vn/1
        - Hai | https://own.example.vn/2
        ! listing: the JSON is faulty (line 1); it was read as far as it can be told"#]],
    );
}

#[test]
fn a_page_that_speaks_of_feeds_is_a_page() {
    check(fixture!("page-about-feeds.html"), Some("application/rss+xml"), expect!["Page"]);
}

#[test]
fn a_feed_without_entries_says_so() {
    check(
        fixture!("empty.xml"),
        None,
        expect![[r#"
        Feed "Chưa có gì" http://y.example.vn/
        ! listing: the feed has no entries"#]],
    );
}

#[test]
fn json_is_read_by_the_paths_of_a_recipe() {
    let recipe = ListingRecipe {
        item: Some("$.data.items[*]".to_owned()),
        link: Some("/tin/{newsId}/{alias}".to_owned()),
        title: Some("tieuDe".to_owned()),
        image: Some("anh.src".to_owned()),
        ..ListingRecipe::default()
    };
    check_with(
        fixture!("api.json"),
        None,
        &recipe,
        expect![[r#"
        Json
        - Tin năm | https://own.example.vn/tin/5/tin-nam | id 5 | 2020-05-22T01:30:00Z | lead Mô tả | image https://own.example.vn/5.jpg
        - Tin sáu | https://own.example.vn/tin/6/tin-sau | id 6 | 2020-05-22T01:30:00Z"#]],
    );
}

#[test]
fn a_path_that_leads_nowhere_is_told() {
    let recipe = ListingRecipe { item: Some("data.rows".to_owned()), ..ListingRecipe::default() };
    check_with(
        fixture!("api.json"),
        None,
        &recipe,
        expect![[r#"
        Json
        ! listing: the path "data.rows" leads nowhere in this JSON"#]],
    );
}

const FIXTURES: &[&[u8]] = &[
    fixture!("ampersands.xml"),
    fixture!("api-found.json"),
    fixture!("api.json"),
    fixture!("atom-03.xml"),
    fixture!("atom-10.xml"),
    fixture!("cdata.xml"),
    fixture!("control-characters.xml"),
    fixture!("cut.xml"),
    fixture!("empty.xml"),
    fixture!("faulty.json"),
    fixture!("feedburner.xml"),
    fixture!("json-feed.json"),
    fixture!("link-behind.xml"),
    fixture!("no-addresses.xml"),
    fixture!("page-about-feeds.html"),
    fixture!("rdf.xml"),
    fixture!("rss-091-doctype.xml"),
    fixture!("rss-20.xml"),
    fixture!("shared-ids.xml"),
    fixture!("sitemap-index.xml"),
    fixture!("sitemap-news.xml"),
    fixture!("sitemap-plain.xml"),
    fixture!("unclosed.xml"),
    fixture!("undeclared-prefixes.xml"),
    fixture!("upper-case.xml"),
    fixture!("utf-16be.xml"),
    fixture!("utf-32.xml"),
    fixture!("warning-before.xml"),
    fixture!("windows-1251.xml"),
    fixture!("wordpress.json"),
    fixture!("wrong-declaration.xml"),
];

/// A fixture with a piece taken out, doubled or overwritten.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (0..3u8, any::<prop::sample::Index>(), 0..200usize, any::<Vec<u8>>());
    (prop::sample::select(FIXTURES), prop::collection::vec(change, 1..6)).prop_map(
        |(fixture, changes)| {
            let mut body = fixture.to_vec();
            for (sort, at, length, bytes) in changes {
                if body.is_empty() {
                    break;
                }
                let start = at.index(body.len());
                let end = (start + length).min(body.len());
                let piece = body[start..end].to_vec();
                match sort {
                    0 => drop(body.drain(start..end)),
                    1 => drop(body.splice(start..start, piece)),
                    _ => drop(body.splice(start..end, bytes)),
                }
            }
            body
        },
    )
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in any::<Vec<u8>>(), content_type in proptest::option::of(any::<String>())) {
        read(&body, content_type.as_deref(), &ListingRecipe::default());
        read_as_each_kind(&body);
    }

    #[test]
    fn any_mutation_of_a_feed_is_survived_with_the_same_ids_twice(body in mutated()) {
        read(&body, None, &ListingRecipe::default());
        read_as_each_kind(&body);
    }

    #[test]
    fn any_markup_is_survived(
        text in "(</?(rss|channel|item|title|link|a:b|feed|entry|url|urlset)( xmlns(:a)?=\"?x\"?)?/?>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&amp;|&#x?[0-9a-f]{1,7};|à|<|>|\"){0,40}"
    ) {
        read(format!("<rss><channel>{text}").as_bytes(), None, &ListingRecipe::default());
        read(text.as_bytes(), None, &ListingRecipe::default());
    }

    #[test]
    fn any_path_and_any_date_are_survived(path in any::<String>(), date in "\\PC{0,30}|[0-9T:+ A-Za-z/.-]{0,30}") {
        let recipe = ListingRecipe {
            item: Some(path.clone()),
            link: Some(path),
            ..ListingRecipe::default()
        };
        read(fixture!("api.json"), None, &recipe);
        let feed = format!("<rss><channel><item><title>x</title><pubDate>{date}</pubDate></item></channel></rss>");
        read(feed.as_bytes(), None, &ListingRecipe::default());
    }
}

fn read_as_each_kind(body: &[u8]) {
    let url = Url::parse("https://own.example.vn/").expect("a fixed address");
    let now = DateTime::from_timestamp(1_600_000_000, 0).expect("a fixed moment");
    let reading = Reading { url: &url, zone: Tz::Asia__Ho_Chi_Minh, now };
    for kind in [
        SourceKind::Auto,
        SourceKind::Page,
        SourceKind::Feed,
        SourceKind::Sitemap,
        SourceKind::Json,
    ] {
        foreign::read(kind, body, None, &ListingRecipe::default(), reading);
    }
}
