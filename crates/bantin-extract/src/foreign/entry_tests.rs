//! Entries of feeds: what their relative addresses are relative to, several at one address, more than are read, and the
//! files that they name.

use chrono::DateTime;
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

use crate::model::{ListingRecipe, Row};
use crate::{Listing, Reading, foreign, kind, limits};

fn read(body: &str, own: &str) -> Listing {
    let url = Url::parse(own).expect("a fixed address");
    let now = DateTime::from_timestamp(1_796_000_000, 0).expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let bytes = body.as_bytes();
    foreign(kind(bytes, None), bytes, None, &ListingRecipe::default(), reading)
}

const DELIVERED: &str = "https://rss.phat.example/k/12";
const OWN: &str = "https://so.example.vn/kenh/rss.xml";

fn rss(channel: &str, items: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/' \
         xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>Tin</title>{channel}{items}</channel></rss>"
    )
}

fn atom(head: &str, entries: &str) -> String {
    format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>Tin</title>{head}{entries}</feed>")
}

/// What the first entry leads to.
fn address(body: &str, own: &str) -> String {
    read(body, own).rows.first().map(|row| row.url.to_string()).unwrap_or_default()
}

#[test]
fn relative_links_go_against_the_site_that_the_channel_names() {
    let item = |link: &str| format!("<item><title>Tin một</title><link>{link}</link></item>");
    let site = "<link>https://so.example.vn/</link>";
    for (channel, link, own, expected) in [
        (site, "/b/1", DELIVERED, "https://so.example.vn/b/1"),
        (site, "b/1", DELIVERED, "https://so.example.vn/b/1"),
        (site, "?id=1", DELIVERED, "https://so.example.vn/?id=1"),
        (
            "<link>https://so.example.vn/muc/</link>",
            "b/1",
            DELIVERED,
            "https://so.example.vn/muc/b/1",
        ),
        (
            "<atom:link rel='self' href='https://rss.phat.example/k/12'/><link>https://so.example.vn</link>",
            "/b/1",
            DELIVERED,
            "https://so.example.vn/b/1",
        ),
        (site, "https://khac.example.vn/1", DELIVERED, "https://khac.example.vn/1"),
        (site, "/b/1", OWN, "https://so.example.vn/b/1"),
        ("", "/b/1", OWN, "https://so.example.vn/b/1"),
        ("<link>/muc/</link>", "1", OWN, "https://so.example.vn/muc/1"),
        ("<link>http://localhost/</link>", "/b/1", OWN, "https://so.example.vn/b/1"),
        ("<link>khong phai dia chi</link>", "/b/1", OWN, "https://so.example.vn/b/1"),
    ] {
        assert_eq!(address(&rss(channel, &item(link)), own), expected, "{channel} {link}");
    }
    let entry = "<entry><title>Tin một</title><id>x</id><link href='/b/1'/></entry>";
    for (head, own, expected) in [
        ("<link href='https://so.example.vn/'/>", DELIVERED, "https://so.example.vn/b/1"),
        (
            "<link rel='self' href='https://rss.phat.example/k/12'/>",
            DELIVERED,
            "https://rss.phat.example/b/1",
        ),
        ("<link href='https://so.example.vn/muc/'/>", OWN, "https://so.example.vn/b/1"),
    ] {
        assert_eq!(address(&atom(head, entry), own), expected, "{head}");
    }
    let based = "<entry xml:base='https://goc.example.vn/a/'><title>Tin</title><id>x</id><link href='b'/></entry>";
    assert_eq!(
        address(&atom("<link href='https://so.example.vn/'/>", based), DELIVERED),
        "https://goc.example.vn/a/b"
    );
    let json = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Tin\",\"home_page_url\":\"https://so.example.vn/\",\
                \"items\":[{\"id\":\"1\",\"url\":\"/b/1\",\"title\":\"Tin một\"}]}";
    assert_eq!(address(json, DELIVERED), "https://so.example.vn/b/1");
}

fn item(title: &str, link: &str, day: u32, more: &str) -> String {
    format!(
        "<item><title>{title}</title><link>{link}</link>{more}<pubDate>2026-11-{day:02}T08:00:00+07:00</pubDate></item>"
    )
}

fn titles(rows: &[Row]) -> String {
    rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>().join(" | ")
}

fn check_titles(items: &[String], expected: &str) {
    let body = rss("<link>https://so.example.vn/</link>", &items.concat());
    assert_eq!(titles(&read(&body, OWN).rows), expected, "{items:?}");
}

#[test]
fn entries_of_one_address_that_differ_in_title_and_day_are_several() {
    const LINK: &str = "https://so.example.vn/lich";
    let guid = |said: &str| format!("<guid>{said}</guid>");
    // Each week of one page.
    check_titles(
        &[item("Tuần 47", LINK, 16, ""), item("Tuần 48", LINK, 23, "")],
        "Tuần 47 | Tuần 48",
    );
    check_titles(
        &[
            item("Tuần 48", LINK, 23, ""),
            item("Tin", "https://so.example.vn/t/1", 20, ""),
            item("Tuần 47", LINK, 16, ""),
        ],
        "Tuần 48 | Tin | Tuần 47",
    );
    // The guid is the address again.
    check_titles(
        &[item("Tuần 47", LINK, 16, &guid(LINK)), item("Tuần 48", LINK, 23, &guid(LINK))],
        "Tuần 47 | Tuần 48",
    );
    // Another with the same words, or on the same day, once the address is known to have several.
    check_titles(
        &[
            item("Tuần 47", LINK, 16, ""),
            item("Tuần 48", LINK, 23, ""),
            item("Tuần 48", LINK, 30, ""),
            item("Lịch bổ sung", LINK, 30, ""),
        ],
        "Tuần 47 | Tuần 48 | Tuần 48 | Lịch bổ sung",
    );
    // One entry twice, or a correction of it.
    check_titles(&[item("Tin một", LINK, 16, ""), item("Tin một", LINK, 16, "")], "Tin một");
    check_titles(&[item("Tin một", LINK, 16, ""), item("Tin một", LINK, 17, "")], "Tin một");
    check_titles(&[item("Tin một", LINK, 16, ""), item("Tin một (sửa)", LINK, 16, "")], "Tin một");
    check_titles(
        &[item("Tin một", LINK, 16, &guid("a1")), item("Tin hai", LINK, 17, &guid("a1"))],
        "Tin một",
    );
    // Ids of their own tell them apart already.
    check_titles(
        &[item("Tin một", LINK, 16, &guid("a1")), item("Tin hai", LINK, 16, &guid("a2"))],
        "Tin một | Tin hai",
    );
    // Without a day a correction cannot be distinguished from news.
    let undated = format!("<item><title>Tin hai</title><link>{LINK}</link></item>");
    check_titles(&[item("Tin một", LINK, 16, ""), undated], "Tin một");
}

#[test]
fn p1_an_entry_beside_others_of_its_address_keeps_its_id() {
    const LINK: &str = "https://so.example.vn/lich";
    let keys = |items: &[String]| -> Vec<String> {
        let rows = read(&rss("", &items.concat()), OWN).rows;
        rows.iter().map(|row| row.key().as_str().to_owned()).collect()
    };
    let week = |number: u32, day: u32| item(&format!("Lịch tuần {number}"), LINK, day, "");
    let first = keys(&[week(46, 9), week(47, 16)]);
    let second = keys(&[week(48, 23), week(47, 16), week(46, 9)]);
    assert_eq!((&second[1], &second[2]), (&first[1], &first[0]));
    assert_ne!(second[0], second[1]);
    assert_eq!(keys(&[week(47, 16), week(48, 23)]), [second[1].clone(), second[0].clone()]);
    // One alone is named by its address, as ever.
    assert_eq!(keys(&[week(46, 9)]), ["https://so.example.vn/lich"]);
}

#[test]
fn of_more_entries_than_are_read_the_newest_are() {
    let most = limits::ROWS;
    let entry = |n: usize| {
        let at = DateTime::from_timestamp(1_700_000_000 + 60 * n as i64, 0).expect("a moment");
        format!(
            "<item><title>Tin {n}</title><link>/t/{n}</link><pubDate>{}</pubDate></item>",
            at.to_rfc2822()
        )
    };
    let undated = |n: usize| format!("<item><title>Tin {n}</title><link>/t/{n}</link></item>");
    let ends = |items: String| {
        let listing = read(&rss("", &items), OWN);
        assert_eq!(listing.rows.len(), most);
        let problem =
            listing.problems.iter().map(|problem| problem.to_string()).collect::<String>();
        assert!(problem.contains(&format!("more than {most} rows")), "{problem}");
        (listing.rows[0].title.clone(), listing.rows[most - 1].title.clone())
    };
    let title = |n: usize| format!("Tin {n}");
    let ascending: String = (0..most + 50).map(entry).collect();
    assert_eq!(ends(ascending), (title(50), title(most + 49)));
    let descending: String = (0..most + 50).rev().map(entry).collect();
    assert_eq!(ends(descending), (title(most + 49), title(50)));
    let without: String = (0..most + 50).map(undated).collect();
    assert_eq!(ends(without), (title(0), title(most - 1)));
    let some: String = (0..10).map(undated).chain((10..most + 50).map(entry)).collect();
    assert_eq!(ends(some), (title(50), title(most + 49)));
}

/// The files and the picture of an entry.
fn media(parts: &str) -> String {
    let body = rss("", &format!("<item><title>Tin</title><link>/t/1</link>{parts}</item>"));
    let row = read(&body, OWN).rows.remove(0);
    let files = row.brought.as_ref().map(|article| article.attachments.clone()).unwrap_or_default();
    let mut said: Vec<String> = files
        .iter()
        .map(|file| {
            format!(
                "{} {} {:?}",
                file.url.trim_start_matches("https://so.example.vn"),
                file.media_type,
                file.length
            )
        })
        .collect();
    said.extend(
        row.image.map(|url| format!("picture {}", url.trim_start_matches("https://so.example.vn"))),
    );
    said.join("; ")
}

#[test]
fn recordings_and_the_largest_picture_of_an_entry_are_kept() {
    for (parts, expected) in [
        (
            "<enclosure url='/n/0.mp3' type='audio/mpeg' length='1234'/>",
            "/n/0.mp3 audio/mpeg Some(1234)",
        ),
        ("<enclosure url='/n/0.mp3' length='0'/>", "/n/0.mp3 audio/mpeg None"),
        ("<enclosure url='/v/0.mp4' type=''/>", "/v/0.mp4 video/mp4 None"),
        ("<enclosure url='/t/0.pdf' type='application/pdf'/>", "/t/0.pdf application/pdf None"),
        (
            "<media:content url='/n/0.mp3' type='audio/mpeg' fileSize='99'/>",
            "/n/0.mp3 audio/mpeg Some(99)",
        ),
        ("<media:content url='/n/0.mp3'/>", "/n/0.mp3 audio/mpeg None"),
        ("<media:content url='/tai?id=3' medium='audio'/>", "/tai?id=3 audio/mpeg None"),
        (
            "<media:content url='/v/0.mp4' medium='video'><media:thumbnail url='/a.jpg'/></media:content>",
            "/v/0.mp4 video/mp4 None; picture /a.jpg",
        ),
        (
            "<media:group><media:content url='/v/s.mp4' type='video/mp4' width='320' height='180'/>\
             <media:content url='/v/l.mp4' type='video/mp4' width='1280' height='720'/>\
             <media:thumbnail url='/a.jpg'/></media:group>",
            "/v/l.mp4 video/mp4 None; picture /a.jpg",
        ),
        (
            "<media:content url='/n/1.mp3' type='audio/mpeg'/><media:content url='/n/2.mp3' type='audio/mpeg'/>",
            "/n/1.mp3 audio/mpeg None; /n/2.mp3 audio/mpeg None",
        ),
        (
            "<enclosure url='/n/0.mp3' type='audio/mpeg'/><media:content url='/n/0.mp3' type='audio/mpeg'/>",
            "/n/0.mp3 audio/mpeg None",
        ),
        (
            "<media:content url='/s.jpg' medium='image' width='150' height='100'/><media:content url='/l.jpg' medium='image' width='1200' height='800'/>\
             <media:content url='/m.jpg' medium='image' width='600' height='400'/>",
            "picture /l.jpg",
        ),
        (
            "<media:thumbnail url='/s.jpg' width='75'/><media:content url='/l.jpg' type='image/jpeg'/>",
            "picture /l.jpg",
        ),
        (
            "<media:content url='https://0.gravatar.com/avatar/x' medium='image'/><media:thumbnail url='/s.jpg'/>",
            "picture /s.jpg",
        ),
        // Nothing to download.
        (
            "<media:content url='https://www.youtube.com/v/x' type='application/x-shockwave-flash' medium='video'/>",
            "",
        ),
        ("<media:content url='/xem/1' type='text/html' medium='video'/>", ""),
        ("<media:content url='/a.jpg'/>", "picture /a.jpg"),
        ("<media:content url='/anh?id=1'/>", "picture /anh?id=1"),
        ("<media:content url='javascript:x' type='audio/mpeg'/>", ""),
    ] {
        assert_eq!(media(parts), expected, "{parts}");
    }
}
