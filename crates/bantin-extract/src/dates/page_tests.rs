//! Dates on pages and in feeds: with labels beside them, in columns, without a year, month first.

use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

use super::show;
use crate::model::{ArticleRecipe, ListingRecipe, Published, SourceKind};
use crate::{Reading, foreign};

const TITLES: [&str; 8] = [
    "Khánh thành cầu dân sinh qua suối Cạn sau một năm thi công",
    "Hội chợ nông sản của tỉnh thu hút đông người mua sắm",
    "Trạm y tế xã được sửa chữa trước mùa mưa bão năm nay",
    "Mở lớp dạy nghề đan lát cho phụ nữ vùng cao biên giới",
    "Thanh niên ra quân dọn rác dọc bờ biển phía nam thành phố",
    "Trường tiểu học đón thêm hai phòng học mới cho học sinh",
    "Công bố kết quả quan trắc nước sinh hoạt tại các hồ chứa",
    "Đội tuyển bơi lội của tỉnh giành thêm ba huy chương vàng",
];

const ENGLISH: [&str; 6] = [
    "County opens a second shelter near the old railway station",
    "Water board votes to repair the pumps before the summer",
    "New bus line connects the harbour with the northern towns",
    "Library extends its opening hours during the school holidays",
    "Council publishes the minutes of its budget hearing online",
    "Fire service invites residents to test their smoke alarms",
];

/// Monday, ten in the morning in Việt Nam.
const NOW: &str = "2026-11-30T03:00:00Z";

fn reading(url: &Url) -> Reading<'_> {
    Reading { url, zone: Ho_Chi_Minh, now: NOW.parse().expect("a moment") }
}

fn shown(published: Published) -> String {
    show(published, Ho_Chi_Minh).unwrap_or_default().replace("+07:00", "")
}

/// A page with a menu and the given content.
fn page(lang: &str, content: &str) -> String {
    format!(
        "<html lang=\"{lang}\"><head><title>Trang tin huyện Mẫu</title></head><body><ul class=\"menu\"><li><a \
         href=\"/\">Trang chủ</a></li><li><a href=\"/lh\">Liên hệ</a></li></ul><div id=\"main\">{content}</div><div \
         id=\"footer\"><p>Địa chỉ: số 1 đường Mẫu</p></div></body></html>"
    )
}

/// A list with one item for each text, `{title}` and `{nth}` filled in; the text takes the place of `{date}`.
fn list(lang: &str, item: &str, dates: &[&str]) -> String {
    let titles: &[&str] = if lang == "vi" { &TITLES } else { &ENGLISH };
    let items: String = dates
        .iter()
        .zip(titles.iter().cycle())
        .enumerate()
        .map(|(nth, (date, title))| {
            let link = format!("<a href=\"/tin/bai-{}.html\">{title}</a>", 900 - nth);
            item.replace("{link}", &link).replace("{date}", date)
        })
        .collect();
    page(lang, &format!("<ul class=\"ds\">{items}</ul>"))
}

/// A table of documents: heads, then for each row its cells, the last of them with the link.
fn table(heads: &[&str], rows: &[&[&str]]) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    let rows: String = rows
        .iter()
        .zip(TITLES)
        .enumerate()
        .map(|(nth, (cells, title))| {
            let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
            format!("<tr>{cells}<td><a href=\"/vb?id={}\">{title}</a></td></tr>", 700 - nth)
        })
        .collect();
    page("vi", &format!("<table class=\"vb\"><tr>{heads}<th>Trích yếu</th></tr>{rows}</table>"))
}

fn detected(url: &str, html: &str) -> Vec<String> {
    let url = Url::parse(url).expect("an address");
    let detection = crate::detect(html, &ListingRecipe::default(), reading(&url));
    detection.rows.iter().map(|row| shown(row.published)).collect()
}

fn read_feed(kind: SourceKind, body: &str) -> Vec<String> {
    let url = Url::parse("https://mau.example.gov.vn/rss").expect("an address");
    let read = foreign::read(kind, body.as_bytes(), None, &ListingRecipe::default(), reading(&url));
    read.rows.iter().map(|row| shown(row.published)).collect()
}

fn published(url: &str, html: &str) -> String {
    let url = Url::parse(url).expect("an address");
    shown(crate::article(html, &ArticleRecipe::default(), reading(&url)).0.published)
}

/// One page and the dates of its rows.
type Listed<'a> = (&'a str, String, &'a [&'a str]);

fn check(table: Vec<Listed<'_>>, read: impl Fn(&str) -> Vec<String>) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(name, page, expected)| (name, expected, read(page)))
        .filter(|(_, expected, found)| **expected != *found)
        .map(|(name, expected, found)| format!("{name}: {expected:?} are expected, {found:?} read"))
        .collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

const LISTING: &str = "https://mau.example.gov.vn/tin-tuc";

#[test]
fn a_label_beside_a_date_says_whether_the_row_was_published_then() {
    let ends = ["19/11/2026", "18/11/2026", "17/11/2026", "16/11/2026"];
    let none: &[&str] = &["", "", "", ""];
    let same: &[&str] = &["2026-11-19", "2026-11-18", "2026-11-17", "2026-11-16"];
    let posted: &[&str] = &["2026-10-05"; 4];
    let of = |item: &str| list("vi", item, &ends);
    check(
        vec![
            ("in the text", of("<li><h3>{link}</h3><p>Hạn góp ý: {date}</p></li>"), none),
            ("in bold", of("<li><h3>{link}</h3><p><b>Ngày hết hạn:</b> {date}</p></li>"), none),
            (
                "in a span",
                of(
                    "<li><h3>{link}</h3><p><span>Có hiệu lực từ:</span> <span class=\"date\">{date}</span></p></li>",
                ),
                none,
            ),
            (
                "in a dt",
                of("<li><h3>{link}</h3><dl><dt>Hạn nộp</dt><dd>{date}</dd></dl></li>"),
                none,
            ),
            (
                "in a line above",
                of("<li><h3>{link}</h3><div>Kết thúc</div><div>{date}</div></li>"),
                none,
            ),
            ("before a br", of("<li><h3>{link}</h3><p>Đăng công báo:<br>{date}</p></li>"), none),
            (
                "in a table",
                of(
                    "<li><h3>{link}</h3><table><tr><th>Ngày hiệu lực</th><td>{date}</td></tr></table></li>",
                ),
                none,
            ),
            (
                "of publication",
                of("<li><h3>{link}</h3><p><span>Ngày đăng:</span> <span>{date}</span></p></li>"),
                same,
            ),
            (
                "of issue",
                of("<li><h3>{link}</h3><dl><dt>Ban hành</dt><dd>{date}</dd></dl></li>"),
                same,
            ),
            (
                "both, the end first",
                of(
                    "<li><h3>{link}</h3><p><span>Hết hạn:</span> <span>{date}</span></p><p><span>Ngày đăng:</span> <span>05/10/2026</span></p></li>",
                ),
                posted,
            ),
            (
                "both, the end last",
                of(
                    "<li><h3>{link}</h3><dl><dt>Bắt đầu</dt><dd>05/10/2026</dd><dt>Kết thúc</dt><dd>{date}</dd></dl></li>",
                ),
                posted,
            ),
            (
                "issue and posting",
                of(
                    "<li><h3>{link}</h3><div><span>Ngày ký:</span> <time>{date}</time></div><div><span>Ngày đăng:</span> <time>05/10/2026</time></div></li>",
                ),
                posted,
            ),
            (
                "changed",
                of("<li><h3>{link}</h3><p>Cập nhật: {date}</p><p>Đăng ngày: 05/10/2026</p></li>"),
                posted,
            ),
            (
                "in English",
                of(
                    "<li><h3>{link}</h3><p><em>Deadline</em> {date}</p><p><em>Posted</em> 05/10/2026</p></li>",
                ),
                posted,
            ),
        ],
        |html| detected(LISTING, html),
    );
}

#[test]
fn the_head_of_a_column_says_what_its_dates_are() {
    let issue: &[&str] = &["2026-11-27", "2026-11-26", "2026-11-25", "2026-11-24"];
    let rows = |other: &str, first: bool| -> Vec<Vec<String>> {
        ["27", "26", "25", "24"]
            .iter()
            .enumerate()
            .map(|(nth, day)| {
                let (one, two) = (format!("{day}/11/2026"), other.to_owned());
                let dates = if first { [two, one] } else { [one, two] };
                [vec![format!("{}/QĐ-UBND", 125 + nth)], dates.to_vec()].concat()
            })
            .collect()
    };
    let of = |heads: [&str; 2], other: &str, first: bool| {
        let rows = rows(other, first);
        let rows: Vec<Vec<&str>> =
            rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        table(&["Số/Ký hiệu", heads[0], heads[1]], &rows)
    };
    let fewer = |head: &str| {
        let rows = [
            ["12", "27/11/2026"],
            ["13", "26/11/2026"],
            ["14", "25/11/2026"],
            ["15", "24/11/2026"],
        ];
        let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
        table(&["STT", head], &rows)
    };
    let spanned = |html: String| {
        html.replace("<th>Số/Ký hiệu</th>", "<th>STT</th><th>Số/Ký hiệu</th>")
            .replace("<tr><td>", "<tr><td>1</td><td>")
    };
    let in_two_rows = |html: String| {
        let heads = "<th>Hiệu lực</th><th>Ban hành</th><th>Trích yếu</th></tr>";
        let two_rows = "<th colspan=\"2\">Ngày</th><th>Trích yếu</th></tr><tr><th>hiệu lực</th><th>ban hành</th></tr>";
        html.replace(heads, two_rows)
    };
    let labelled = |html: String| {
        html.replace("<th>", "<th scope=\"col\">").replace("<td>27", "<td data-label=\"x\">27")
    };
    check(
        vec![
            ("effect first", of(["Ngày hiệu lực", "Ngày ban hành"], "01/11/2026", true), issue),
            (
                "effect to come first",
                of(["Ngày hiệu lực", "Ngày ban hành"], "01/01/2027", true),
                issue,
            ),
            ("effect last", of(["Ngày ban hành", "Ngày hiệu lực"], "28/11/2026", false), issue),
            ("posted first", of(["Ngày đăng", "Ngày ban hành"], "28/11/2026", true), issue),
            ("posted last", of(["Ngày ký", "Ngày đăng tải"], "28/11/2026", false), issue),
            (
                "gazette first",
                of(["Ngày đăng công báo", "Ngày ban hành"], "28/11/2026", true),
                issue,
            ),
            ("changed first", of(["Cập nhật", "Ngày ban hành"], "28/11/2026", true), issue),
            (
                "another number before",
                spanned(of(["Hiệu lực", "Ban hành"], "28/11/2026", true)),
                issue,
            ),
            (
                "heads with a scope",
                labelled(of(["Hết hạn", "Ngày ban hành"], "28/11/2026", true)),
                issue,
            ),
            (
                "td as heads",
                of(["Hết hiệu lực", "Ngày ban hành"], "28/11/2026", true)
                    .replace("<th", "<td")
                    .replace("</th", "</td"),
                issue,
            ),
            ("a state before the date", of(["Tình trạng", "Ngày"], "Hết hiệu lực", true), issue),
            ("only a deadline", fewer("Hạn nộp hồ sơ"), &["", "", "", ""]),
            ("only a posting", fewer("Ngày đăng"), issue),
            (
                "heads over heads",
                in_two_rows(of(["Hiệu lực", "Ban hành"], "28/11/2026", true)),
                issue,
            ),
        ],
        |html| detected(LISTING, html),
    );
}

#[test]
fn days_without_a_year_in_every_row_of_a_falling_list_are_dates() {
    let days = ["27/11", "26/11", "20/11", "18/11", "2/11"];
    let read: &[&str] = &["2026-11-27", "2026-11-26", "2026-11-20", "2026-11-18", "2026-11-02"];
    let over: &[&str] = &["2026-01-05", "2026-01-03", "2025-12-28", "2025-12-20", "2025-12-01"];
    let none: &[&str] = &["", "", "", "", ""];
    let of = |item: &str| list("vi", item, &days);
    let bracketed = "<li>{link} <span>({date})</span></li>";
    check(
        vec![
            ("in brackets", of(bracketed), read),
            ("bare", of("<li>{link}<i>{date}</i></li>"), read),
            ("before the link", of("<li><span>{date}</span> {link}</li>"), read),
            ("after a dash", of("<li>{link} - {date}</li>"), read),
            ("in square brackets", of("<li>{link} <small>[{date}]</small></li>"), read),
            ("in a cell", of("<li><b>{date}</b><h4>{link}</h4></li>"), read),
            (
                "over the new year",
                list("vi", bracketed, &["5/1", "3/1", "28/12", "20/12", "1/12"]),
                over,
            ),
            (
                "in no order",
                list("vi", bracketed, &["2/11", "27/3", "20/11", "1/6", "18/11"]),
                none,
            ),
            ("parts of a whole", list("vi", bracketed, &["1/2", "3/4", "2/3", "1/4", "1/2"]), none),
            (
                "all the same",
                list("vi", bracketed, &["24/7", "24/7", "24/7", "24/7", "24/7"]),
                none,
            ),
        ],
        |html| detected(LISTING, html),
    );
}

#[test]
fn ages_in_rows_are_dates() {
    let times: &[&str] =
        &["2026-11-30T08:00:00", "2026-11-30T07:00:00", "2026-11-29", "2026-11-27"];
    let of = |texts: &[&str]| {
        list("vi", "<li><h3>{link}</h3><span class=\"d\">{date}</span></li>", texts)
    };
    check(
        vec![
            ("short", of(&["2h trước", "3h trước", "1 ngày trước", "3 ngày trước"]), times),
            (
                "with a section",
                of(&[
                    "2 giờ trước · Y tế",
                    "3 giờ trước · Xã hội",
                    "1 ngày trước · Y tế",
                    "3 ngày trước · Giáo dục",
                ]),
                times,
            ),
            (
                "after a section",
                of(&[
                    "Y tế | 2 giờ trước",
                    "Xã hội | 3 giờ trước",
                    "Y tế | 1 ngày trước",
                    "Y tế | 3 ngày trước",
                ]),
                times,
            ),
            (
                "with a verb",
                of(&[
                    "Đã đăng 2 giờ trước",
                    "Đã đăng 3 giờ trước",
                    "Đã đăng 1 ngày trước",
                    "Đã đăng 3 ngày trước",
                ]),
                times,
            ),
            ("in English", of(&["2h ago", "3h ago", "1d ago", "3d ago"]), times),
            ("lengths", of(&["2 giờ", "3 giờ", "12 giờ", "18 giờ"]), &["", "", "", ""]),
        ],
        |html| detected(LISTING, html),
    );
}

#[test]
fn a_list_is_month_first_where_anything_on_it_shows_so() {
    let item = "<li>{link} <span>{date}</span></li>";
    let ambiguous: &[&str] = &["2026-11-10", "2026-11-09", "2026-11-05", "2026-11-02"];
    let us = |dates: &[&str]| list("en-US", item, dates);
    let addressed = ["11/10/2026", "11/9/2026", "11/5/2026", "11/2/2026"].iter().fold(
        us(&["11/10/2026", "11/9/2026", "11/5/2026", "11/2/2026"]).replace("en-US", "en"),
        |html, date| {
            let day: u32 = date.split('/').nth(1).and_then(|day| day.parse().ok()).unwrap_or(0);
            let nth = match day {
                10 => 900,
                9 => 899,
                5 => 898,
                _ => 897,
            };
            html.replace(&format!("/tin/bai-{nth}.html"), &format!("/2026/11/{day:02}/bai-{nth}/"))
        },
    );
    check(
        vec![
            (
                "one proof",
                us(&["4/6/2026", "4/2/2026", "3/27/2026", "3/9/2026"]),
                &["2026-04-06", "2026-04-02", "2026-03-27", "2026-03-09"],
            ),
            (
                "one proof, vi",
                list("vi", item, &["11/9/2026", "11/5/2026", "10/30/2026", "10/8/2026"]),
                &["2026-11-09", "2026-11-05", "2026-10-30", "2026-10-08"],
            ),
            (
                "the order",
                list("en", item, &["11/10/2026", "11/9/2026", "11/5/2026", "11/2/2026"]),
                ambiguous,
            ),
            (
                "the order, vi",
                list("vi", item, &["11/10/2026", "11/9/2026", "11/5/2026", "11/2/2026"]),
                ambiguous,
            ),
            ("the addresses", addressed, ambiguous),
            (
                "the headings",
                list("en", item, &["11/10/2026", "11/10/2026", "11/5/2026"])
                    .replace("<ul class=\"ds\">", "<h2>November 2026</h2><ul class=\"ds\">"),
                &["2026-11-10", "2026-11-10", "2026-11-05"],
            ),
            (
                "cards that are links",
                list(
                    "en",
                    "<li>{date}</li>",
                    &["4/6/2026", "4/2/2026", "3/27/2026", "3/19/2026"]
                        .map(card)
                        .each_ref()
                        .map(|card| &**card),
                ),
                &["2026-04-06", "2026-04-02", "2026-03-27", "2026-03-19"],
            ),
            (
                "paragraphs that begin with a date",
                list(
                    "en",
                    "<li>{link} {date}</li>",
                    &["4/6/2026", "4/2/2026", "3/27/2026", "3/19/2026"]
                        .map(told)
                        .each_ref()
                        .map(|told| &**told),
                ),
                &["2026-04-06", "2026-04-02", "2026-03-27", "2026-03-19"],
            ),
            (
                "other numbers before",
                list(
                    "en",
                    "<li><i>16-21-06</i> {link} <b>{date}</b></li>",
                    &["4/6/2026", "4/2/2026", "3/27/2026", "3/19/2026"],
                ),
                &["2026-04-06", "2026-04-02", "2026-03-27", "2026-03-19"],
            ),
            (
                "the language",
                us(&["4/6/2026", "4/6/2026", "4/6/2026", "4/6/2026"]),
                &["2026-04-06"; 4],
            ),
            (
                "two digits",
                us(&["04.06.26", "04.02.26", "03.27.26", "03.09.26"]),
                &["2026-04-06", "2026-04-02", "2026-03-27", "2026-03-09"],
            ),
            (
                "a day-first proof",
                list("en", item, &["27/3/2026", "10/3/2026", "9/3/2026", "5/3/2026"]),
                &["2026-03-27", "2026-03-10", "2026-03-09", "2026-03-05"],
            ),
            (
                "falling day first",
                list("vi", item, &["09/04/2026", "05/04/2026", "04/04/2026", "02/04/2026"]),
                &["2026-04-09", "2026-04-05", "2026-04-04", "2026-04-02"],
            ),
            (
                "no evidence",
                list("vi", item, &["05/06/2026", "05/06/2026", "05/06/2026", "05/06/2026"]),
                &["2026-06-05"; 4],
            ),
            (
                "a slip of the pen",
                list("vi", item, &["28/11/2026", "11/13/2026", "12/11/2026", "05/11/2026"]),
                &["2026-11-28", "2026-11-13", "2026-11-12", "2026-11-05"],
            ),
        ],
        |html| detected(LISTING, html),
    );
}

/// A card that is a link as a whole.
fn card(date: &str) -> String {
    let title = ENGLISH[date.len() % 6];
    let nth = date.replace('/', "-");
    format!(
        "<a href=\"/n/{nth}.html\"><h3>{title} {nth}</h3><span class=\"date\">{date}</span></a>"
    )
}

/// A date with what the row is about.
fn told(date: &str) -> String {
    format!(
        "{date} On appeal from the county it was held that the board had given notice in time and that the order stands as \
         it was made; the costs are borne by the applicant."
    )
}

fn rss(dates: &[&str]) -> String {
    let items: String = dates
        .iter()
        .zip(TITLES.iter().cycle())
        .enumerate()
        .map(|(nth, (date, title))| format!("<item><title>{title}</title><link>https://mau.example.gov.vn/t/{nth}</link><pubDate>{date}</pubDate></item>"))
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Tin</title><link>https://mau.example.gov.vn/</link>{items}</channel></rss>"
    )
}

fn json(name: &str, dates: &[&str]) -> String {
    let items: Vec<String> = dates
        .iter()
        .zip(TITLES.iter().cycle())
        .enumerate()
        .map(|(nth, (date, title))| {
            format!("{{\"title\":\"{title}\",\"url\":\"/t/{nth}\",\"{name}\":\"{date}\"}}")
        })
        .collect();
    format!("[{}]", items.join(","))
}

#[test]
fn a_feed_is_month_first_where_its_entries_show_so() {
    let month: &[&str] = &[
        "2026-11-09T20:30:00",
        "2026-11-05T20:30:00",
        "2026-10-30T09:00:00",
        "2026-10-08T09:00:00",
    ];
    let written = [
        "11/9/2026 8:30:00 PM",
        "11/5/2026 8:30:00 PM",
        "10/30/2026 9:00:00 AM",
        "10/8/2026 9:00:00 AM",
    ];
    let falling = ["11/10/2026", "11/9/2026", "11/5/2026", "11/2/2026"];
    let fallen: &[&str] = &["2026-11-10", "2026-11-09", "2026-11-05", "2026-11-02"];
    let day = ["27/11/2026 08:30", "10/11/2026 08:30", "09/11/2026 08:30", "05/11/2026 08:30"];
    let days: &[&str] = &[
        "2026-11-27T08:30:00",
        "2026-11-10T08:30:00",
        "2026-11-09T08:30:00",
        "2026-11-05T08:30:00",
    ];
    check(
        vec![
            ("one proof", rss(&written), month),
            ("the order", rss(&falling), fallen),
            ("day first", rss(&day), days),
            ("no evidence", rss(&["05/06/2026", "05/06/2026", "05/06/2026"]), &["2026-06-05"; 3]),
        ],
        |body| read_feed(SourceKind::Feed, body),
    );
    check(
        vec![
            ("one proof", json("NgayDang", &written), month),
            ("the order", json("date", &falling), fallen),
            ("day first", json("publishedAt", &day), days),
        ],
        |body| read_feed(SourceKind::Json, body),
    );
}

#[test]
fn a_time_without_a_zone_in_json_is_the_sources_own() {
    let local: &[&str] = &["2026-11-27T20:30:00", "2026-11-26T20:30:00"];
    let utc: &[&str] = &["2026-11-28T03:30:00", "2026-11-27T03:30:00"];
    let times = ["2026-11-27T20:30:00", "2026-11-26T20:30:00"];
    let zoned = ["2026-11-27T20:30:00Z", "2026-11-26T20:30:00Z"];
    check(
        vec![
            ("a Vietnamese name", json("NgayDang", &times), local),
            ("an English name", json("publishedAt", &times), local),
            (
                "with a fraction",
                json("created", &["2026-11-27T20:30:00.123", "2026-11-26T20:30:00.000"]),
                local,
            ),
            ("with a blank", json("date", &["2026-11-27 20:30:00", "2026-11-26 20:30:00"]), local),
            (
                "of .NET",
                json("createdDate", &["/Date(1795786200000)/", "/Date(1795699800000)/"]),
                local,
            ),
            ("with a zone", json("date", &zoned), utc),
            ("in UTC by its name", json("date_gmt", &times), utc),
            ("in UTC by its other name", json("publishedAtUtc", &times), utc),
            (
                "with an offset",
                json("date", &["2026-11-27T20:30:00+07:00", "2026-11-26T20:30:00+07:00"]),
                local,
            ),
        ],
        |body| read_feed(SourceKind::Json, body),
    );
}

#[test]
fn an_entry_of_a_feed_is_dated_by_its_publication_in_its_zone() {
    let entry = |dates: &str| {
        format!(
            "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>Tin</title><link>https://mau.example.gov.vn/</link><item><title>Một</title><link>https://mau.example.gov.vn/1</link>{dates}</item></channel></rss>"
        )
    };
    let atom = |dates: &str| {
        format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\"><title>Tin</title><entry><title>Một</title><link href=\"https://mau.example.gov.vn/1\"/>{dates}</entry></feed>"
        )
    };
    let at: &[&str] = &["2026-11-12T15:20:00"];
    check(
        vec![
            (
                "dc before modified",
                entry(
                    "<dc:date>2026-11-12T15:20+07:00</dc:date><dcterms:modified>2026-11-13</dcterms:modified>",
                ),
                at,
            ),
            (
                "modified before dc",
                entry(
                    "<dcterms:modified>2026-11-13T01:00:00Z</dcterms:modified><dc:date>2026-11-12T15:20+07:00</dc:date>",
                ),
                at,
            ),
            (
                "created and modified",
                entry(
                    "<dcterms:created>2026-11-12T15:20+07:00</dcterms:created><dcterms:modified>2026-11-13</dcterms:modified>",
                ),
                at,
            ),
            (
                "issued and modified",
                entry(
                    "<dcterms:modified>2026-11-13</dcterms:modified><dcterms:issued>2026-11-12T15:20+07:00</dcterms:issued>",
                ),
                at,
            ),
            (
                "updated and published",
                atom(
                    "<updated>2026-11-13T08:20:00Z</updated><published>2026-11-12T08:20:00Z</published>",
                ),
                at,
            ),
            (
                "pubDate and atom:updated",
                entry(
                    "<atom:updated>2026-11-13T08:20:00Z</atom:updated><pubDate>Thu, 12 Nov 2026 15:20:00 +0700</pubDate>",
                ),
                at,
            ),
            ("a city", entry("<pubDate>Thu, 12 Nov 2026 15:20:00 Asia/Ho_Chi_Minh</pubDate>"), at),
            (
                "another city",
                entry("<pubDate>Thu, 12 Nov 2026 15:20:00 Asia/Bangkok</pubDate>"),
                at,
            ),
            (
                "a name of Windows",
                entry("<pubDate>Thu, 12 Nov 2026 15:20:00 SE Asia Standard Time</pubDate>"),
                at,
            ),
            ("iso and a city", entry("<pubDate>2026-11-12T15:20:00 Asia/Saigon</pubDate>"), at),
            (
                "iso with its city in brackets",
                entry("<pubDate>2026-11-12T15:20:00+07:00[Asia/Ho_Chi_Minh]</pubDate>"),
                at,
            ),
            ("London", entry("<pubDate>Thu, 12 Nov 2026 08:20:00 Europe/London</pubDate>"), at),
            ("GMT", entry("<pubDate>Thu, 12 Nov 2026 08:20:00 GMT</pubDate>"), at),
            ("a Vietnamese day", entry("<pubDate>Thứ năm, 12/11/2026 15:20</pubDate>"), at),
        ],
        |body| read_feed(SourceKind::Feed, body),
    );
}

/// Returns an article of three paragraphs, with text before the headline, below it and after the
/// body.
fn article(head: &str, before: &str, under: &str, behind: &str) -> String {
    let text = "<p>Sáng cùng ngày, người dân trong xã đã cùng nhau sửa lại con đường dẫn vào khu chợ cũ, nơi nước mưa \
                thường đọng lại nhiều giờ liền và gây khó khăn cho việc đi lại, buôn bán của bà con quanh vùng.</p>"
        .repeat(3);
    format!(
        "<html lang=\"vi\"><head><title>{0}</title>{head}</head><body>{before}<h1>{0}</h1>{under}<div class=\"nd\">{text}</div>{behind}</body></html>",
        TITLES[2]
    )
}

fn check_articles(table: Vec<(&str, String, &str)>) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(name, html, expected)| {
            (name, expected, published("https://mau.example.gov.vn/tin/7.html", html))
        })
        .filter(|(_, expected, found)| **expected != *found)
        .map(|(name, expected, found)| format!("{name}: {expected:?} is expected, {found:?} read"))
        .collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn the_clock_in_the_head_of_a_page_is_not_the_day_of_the_article() {
    let before = |before: &str| article("", before, "", "");
    let both = |before: &str| article("", before, "<div class=\"date\">20/11/2026 08:15</div>", "");
    let own = "2026-11-20T08:15:00";
    check_articles(vec![
        ("today", before("<div class=\"top\"><span class=\"date\">Thứ hai, 30/11/2026</span></div>"), ""),
        ("today with a clock", before("<div id=\"t\">Thứ hai, 30/11/2026 10:15</div>"), ""),
        ("of a cached page", before("<div class=\"dau\"><span class=\"date\">Thứ năm, 12/11/2026</span></div>"), ""),
        ("of a cached page, with a clock", before("<table><tr><td>Thứ năm, 12/11/2026, 09:15:21</td></tr></table>"), ""),
        ("in words", before("<p>Hôm nay, thứ năm ngày 12 tháng 11 năm 2026</p>"), ""),
        ("beside a menu", before("<ul><li><a href=\"/\">Trang chủ</a></li><li>Thứ năm, 12/11/2026</li></ul>"), ""),
        ("called a clock", before("<div id=\"clock\">12/11/2026 09:15:21</div>"), ""),
        ("and the article's own", both("<div class=\"top\"><span class=\"date\">Thứ hai, 30/11/2026</span></div>"), own),
        ("of a cached page and its own", both("<div class=\"top\"><span class=\"date\">Thứ năm, 12/11/2026 09:15</span></div>"), own),
        ("above the headline in its box", article("", "", "", "").replace("<h1>", "<div class=\"bai\"><div class=\"meta\">Thứ sáu, 20/11/2026 08:15 | Tin hoạt động</div><h1>").replace("</body>", "</div></body>"), own),
        ("above the headline with a label", before("<div>Ngày đăng: 20/11/2026 08:15</div>"), own),
    ]);
}

#[test]
fn the_offset_of_a_time_element_is_kept() {
    let under = |under: &str| article("", "", under, "");
    check_articles(vec![
        (
            "west",
            under(
                "<span class=\"date\"><time datetime=\"2024-04-28T03:00:00-04:00\">April 28, 2024 3:00 AM</time></span>",
            ),
            "2024-04-28T14:00:00",
        ),
        (
            "in UTC",
            under("<time datetime=\"2024-04-28T08:00:00Z\">28/04/2024 08:00</time>"),
            "2024-04-28T15:00:00",
        ),
        (
            "east",
            under("<time datetime=\"2024-04-28T18:00:00+09:00\">April 28, 2024 6:00 PM</time>"),
            "2024-04-28T16:00:00",
        ),
        (
            "its own",
            under("<time datetime=\"2024-04-28T08:15:00+07:00\">28/04/2024 08:15</time>"),
            "2024-04-28T08:15:00",
        ),
        (
            "over midnight",
            under(
                "<p>By A <time datetime=\"2024-04-28T22:00:00-04:00\">April 28, 2024, 10 p.m.</time></p>",
            ),
            "2024-04-29T09:00:00",
        ),
        (
            "no offset",
            under("<time datetime=\"2024-04-28T08:15:00\">28/04/2024</time>"),
            "2024-04-28T08:15:00",
        ),
        ("a day", under("<time datetime=\"2024-04-28\">April 28, 2024</time>"), "2024-04-28"),
        (
            "other words",
            under("<time datetime=\"2024-04-28T03:00:00-04:00\">3 hours ago</time>"),
            "2024-04-28T14:00:00",
        ),
    ]);
}

#[test]
fn an_article_is_dated_by_its_publication() {
    let rows = |rows: &[(&str, &str)]| {
        let rows: String = rows
            .iter()
            .map(|(one, two)| format!("<tr><td>{one}</td><td>{two}</td></tr>"))
            .collect();
        format!("<table>{rows}</table>")
    };
    let under = |under: &str| article("", "", under, "");
    let head = |head: &str| article(head, "", "", "");
    let body = |text: &str| article("", "", "", "").replace("Sáng cùng ngày", text);
    let url = |path: &str| {
        published(&format!("https://mau.example.gov.vn{path}"), &article("", "", "", ""))
    };
    check_articles(vec![
        (
            "issue before effect",
            under(&rows(&[("Ngày ban hành", "05/10/2026"), ("Ngày hiệu lực", "20/10/2026")])),
            "2026-10-05",
        ),
        (
            "effect before issue",
            under(&rows(&[("Ngày hiệu lực", "20/10/2026"), ("Ngày ban hành", "05/10/2026")])),
            "2026-10-05",
        ),
        (
            "gazette",
            under(&rows(&[("Ngày đăng công báo", "20/10/2026"), ("Ngày ban hành", "05/10/2026")])),
            "2026-10-05",
        ),
        (
            "effect alone",
            under(&rows(&[("Số hiệu", "12/QĐ"), ("Ngày hiệu lực", "20/10/2026")])),
            "",
        ),
        (
            "a list of definitions",
            under(
                "<dl><dt>Hạn góp ý</dt><dd>20/10/2026</dd><dt>Ngày đăng</dt><dd>05/10/2026</dd></dl>",
            ),
            "2026-10-05",
        ),
        (
            "a deadline in a span",
            under("<div><span>Hạn nộp:</span> <span class=\"date\">20/10/2026</span></div>"),
            "",
        ),
        ("a deadline in one line", under("<div class=\"meta\">Hạn góp ý: 20/10/2026</div>"), ""),
        (
            "a deadline and a date",
            under(
                "<div class=\"meta\"><span>Đăng ngày 05/10/2026</span> <span>Hết hạn 20/10/2026</span></div>",
            ),
            "2026-10-05",
        ),
        (
            "a deadline in the text",
            body("Hạn nộp hồ sơ đến hết ngày 20/10/2026, sáng cùng ngày"),
            "",
        ),
        (
            "JSON-LD in a graph",
            head(
                "<script type=\"application/ld+json\">{\"@graph\":[{\"@type\":\"WebSite\",\"name\":\"M\"},{\"@type\":\"NewsArticle\",\"datePublished\":\"2026-10-05T08:00:00+07:00\",\"dateModified\":\"2026-10-09T08:00:00+07:00\"}]}</script>",
            ),
            "2026-10-05T08:00:00",
        ),
        (
            "JSON-LD of a page",
            head(
                "<script type=\"application/ld+json\">{\"@type\":\"WebPage\",\"datePublished\":\"2026-10-05T08:00:00+07:00\"}</script>",
            ),
            "2026-10-05T08:00:00",
        ),
        (
            "a meta element",
            head("<meta name=\"DC.date.issued\" content=\"2026-10-05\">"),
            "2026-10-05",
        ),
        (
            "another meta element",
            head("<meta name=\"parsely-pub-date\" content=\"2026-10-05T01:00:00Z\">"),
            "2026-10-05T08:00:00",
        ),
        (
            "dcterms.modified",
            head(
                "<meta name=\"dcterms.modified\" content=\"2026-10-09\"><meta name=\"dcterms.issued\" content=\"2026-10-05\">",
            ),
            "2026-10-05",
        ),
        (
            "dcterms.modified alone",
            head("<meta name=\"dcterms.modified\" content=\"2026-10-09\">"),
            "",
        ),
        (
            "microdata",
            under("<span itemprop=\"datePublished\" content=\"2026-10-05\"></span>"),
            "2026-10-05",
        ),
    ]);
    assert_eq!(url("/2026/10/05/tram-y-te/"), "2026-10-05", "an address");
    assert_eq!(url("/tin/2026/10-05/tram-y-te"), "", "an address that may mean anything");
    assert_eq!(url("/tin/tram-y-te-20261005081500.htm"), "2026-10-05", "an address with a moment");
}
