//! Which links of a page are its list: what is hidden, what tabs hold, front pages of many blocks, rows whose links say
//! nothing. Each kind in the markup of several systems, with neighbours that must stay as they are.

use bantin_extract::model::{ListingRecipe, Published, Row};
use bantin_extract::{Detection, Reading, detect, listing};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const TITLES: [&str; 14] = [
    "Huyện Sông Trà khởi công tuyến kè chống sạt lở bờ tả",
    "Đoàn giám sát làm việc với các trạm y tế vùng cao",
    "Công bố kết quả xét tuyển viên chức ngành giáo dục đợt hai",
    "Lấy ý kiến nhân dân về đồ án quy hoạch khu trung tâm",
    "Ra quân chiến dịch mùa hè tình nguyện tại sáu xã",
    "Tập huấn kỹ năng số cho tổ công nghệ cộng đồng",
    "Kiểm tra an toàn hồ đập trước mùa mưa bão năm nay",
    "Trao quyết định bổ nhiệm lãnh đạo phòng chuyên môn",
    "Hội chợ nông sản thu hút hơn hai trăm gian hàng",
    "Nghiệm thu đề tài bảo tồn giống lúa nếp địa phương",
    "Bàn giao mặt bằng dự án đường nối hai khu công nghiệp",
    "Mở lớp bồi dưỡng đối tượng kết nạp Đảng khóa ba",
    "Phát động tháng hành động vì môi trường nông thôn",
    "Gặp mặt các gia đình hiến đất mở rộng trường học",
];

/// A piece of markup for each title: `{n}` its number, `{t}` the title, `{d}` its day.
fn each(of: std::ops::Range<usize>, template: &str) -> String {
    of.map(|n| {
        template
            .replace("{n}", &n.to_string())
            .replace("{t}", TITLES[n % TITLES.len()])
            .replace("{d}", &format!("{:02}/11/2026", 28 - n % 27))
    })
    .collect()
}

fn page(body: &str) -> String {
    let menu = "<ul class=menu><li><a href=/>Trang chủ</a><li><a href=/gioi-thieu>Giới thiệu</a>\
        <li><a href=/tin-tuc>Tin tức</a><li><a href=/van-ban>Văn bản</a><li><a href=/lien-he>Liên hệ</a></ul>";
    format!(
        "<html lang=vi><meta charset=utf-8><title>Huyện Sông Trà</title><body>{menu}<div id=noi-dung>{body}</div>\
        <div class=chan-trang>Cơ quan chủ quản: UBND huyện Sông Trà <a href=/so-do>Sơ đồ cổng</a></div>"
    )
}

fn found(html: &str, path: &str) -> Detection {
    let url =
        Url::parse(&format!("https://songtra.example.gov.vn{path}")).expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let detection = detect(html, &ListingRecipe::default(), reading);
    if let Some(recipe) = &detection.recipe {
        let read = listing(html, recipe, reading);
        assert_eq!(read.rows, detection.rows, "the recipe reads what was shown");
    }
    detection
}

fn path_of(row: &Row) -> String {
    let url = &row.url;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let fragment = url.fragment().map(|part| format!("#{part}")).unwrap_or_default();
    format!("{}{query}{fragment}", url.path())
}

/// What is wrong with the rows of one page; empty where they are those that are wanted.
fn wrong(name: &str, body: &str, path: &str, wanted: &[String]) -> Vec<String> {
    let detection = found(&page(body), path);
    let got: Vec<String> = detection.rows.iter().map(path_of).collect();
    let missing: Vec<&String> = wanted.iter().filter(|path| !got.contains(path)).collect();
    let extra: Vec<&String> = got.iter().filter(|path| !wanted.contains(path)).collect();
    match missing.is_empty() && extra.is_empty() {
        true => Vec::new(),
        false => {
            let problems: Vec<&str> =
                detection.problems.iter().map(|problem| &*problem.what).take(1).collect();
            vec![format!("{name}: missing {missing:?}, extra {extra:?} {problems:?}")]
        }
    }
}

fn check(path: &str, pages: &[(&str, String, Vec<String>)]) {
    let wrong: Vec<String> =
        pages.iter().flat_map(|(name, body, wanted)| wrong(name, body, path, wanted)).collect();
    let right = pages.len() - wrong.len();
    assert!(wrong.is_empty(), "{right} of {} right\n{}", pages.len(), wrong.join("\n"));
}

fn paths(prefix: &str, of: std::ops::Range<usize>) -> Vec<String> {
    of.map(|n| format!("{prefix}{n}.html")).collect()
}

const NEWS: &str = "<li><a href=/tin/{n}.html>{t}</a> <span>({d})</span></li>";
const OLD: &str = "<li><a href=/cu/{n}.html>{t} trong năm ngoái</a> <span>({d})</span></li>";

#[test]
fn what_no_visitor_sees_is_not_the_list() {
    let news = format!("<ul class=ds>{}</ul>", each(0..4, NEWS));
    let rows = each(4..13, OLD);
    let same = "<li class=muc><a href=/tin/{n}.html>{t}</a> <i>{d}</i></li>";
    let wanted = || paths("/tin/", 0..4);
    let hidden = |open: &str, close: &str| format!("{news}{open}<ul class=k>{rows}</ul>{close}");
    check(
        "/tin-tuc",
        &[
            ("display none", hidden("<div style='display: none'>", "</div>"), wanted()),
            ("hidden attribute", hidden("<section hidden>", "</section>"), wanted()),
            ("visibility", hidden("<div style='visibility:hidden;height:0'>", "</div>"), wanted()),
            (
                "SharePoint's part",
                hidden("<div class=ms-hide><div class='ms-WPBody noindex'>", "</div></div>"),
                wanted(),
            ),
            (
                "aria-hidden template",
                hidden("<div aria-hidden=true class=mau>", "</div>"),
                wanted(),
            ),
            ("Bootstrap", hidden("<div class='row d-none'>", "</div>"), wanted()),
            // A neighbour: rows that a script shows page by page.
            (
                "rows of a later page",
                format!(
                    "<ul>{}{}</ul>",
                    each(0..4, same),
                    each(4..13, &same.replace("class=muc", "class=muc style=display:none"))
                ),
                paths("/tin/", 0..13),
            ),
            (
                "the hidden part first",
                format!("<div style='DISPLAY:NONE'><ul class=k>{rows}</ul></div>{news}"),
                wanted(),
            ),
            (
                "cloned slides",
                format!(
                    "<div class='owl-stage'>{}{}{}</div>",
                    each(
                        3..4,
                        "<div class='owl-item cloned'><h3><a href=/tin/{n}.html>{t}</a></h3><i>{d}</i></div>"
                    ),
                    each(
                        0..4,
                        "<div class='owl-item'><h3><a href=/tin/{n}.html>{t}</a></h3><i>{d}</i></div>"
                    ),
                    each(
                        0..1,
                        "<div class='owl-item cloned'><h3><a href=/tin/{n}.html>{t}</a></h3><i>{d}</i></div>"
                    ),
                ),
                wanted(),
            ),
            // Neighbours.
            (
                "a page that a script shows when it is ready",
                format!("<div id=trang style=display:none>{news}</div>"),
                wanted(),
            ),
            (
                "hidden on telephones only",
                format!("<div class='hidden-xs d-none d-md-block'>{news}</div>"),
                wanted(),
            ),
        ],
    );
}

#[test]
fn a_panel_that_a_visible_control_opens_is_seen() {
    let first = format!("<ul>{}</ul>", each(0..4, NEWS));
    let second = format!("<ul>{}</ul>", each(4..9, NEWS));
    let wanted = || paths("/tin/", 0..9);
    let tabs = |controls: &str, one: &str, other: &str| {
        format!("{controls}<div {one}>{first}</div><div {other}>{second}</div>")
    };
    check(
        "/",
        &[
            (
                "jQuery UI",
                tabs(
                    "<ul class=ui-tabs-nav><li><a href=#t1>Thời sự</a><li><a href=#t2>Thông báo</a></ul>",
                    "id=t1 class=ui-tabs-panel",
                    "id=t2 class='ui-tabs-panel ui-tabs-hide' style='display:none'",
                ),
                wanted(),
            ),
            (
                "Bootstrap's target",
                tabs(
                    "<button data-bs-target='#a'>Thời sự</button><button data-bs-target='#b'>Khác</button>",
                    "id=a",
                    "id=b hidden",
                ),
                wanted(),
            ),
            (
                "aria-controls",
                tabs(
                    "<div role=tablist><span role=tab aria-controls=p1>A</span><span role=tab aria-controls=p2>B</span></div>",
                    "id=p1 role=tabpanel",
                    "id=p2 role=tabpanel aria-hidden=true style=display:none",
                ),
                wanted(),
            ),
            (
                "a collapsing section",
                tabs(
                    "<h3 data-target='#mo'>Thông báo</h3>",
                    "class=tren",
                    "id=mo class=collapse style='display:none'",
                ),
                wanted(),
            ),
            (
                "data-tab",
                tabs(
                    "<span data-tab=nhom-1>Một</span> <span data-tab=nhom-2>Hai</span>",
                    "id=nhom-1",
                    "id=nhom-2 style='display:none;'",
                ),
                wanted(),
            ),
            (
                "panels that a script changes among",
                tabs(
                    "<span>Thời sự</span><span>Thông báo</span>",
                    "class=bang",
                    "class=bang style=display:none",
                ),
                wanted(),
            ),
            (
                "a widget called tabs",
                format!(
                    "<div class='tabs khung'><ul class='nav nav-tabs'><li><a href=#x1>Thời sự</a><li><a href=#x2>Khác</a></ul>\
                    <div class=tab-content><div class='tab-pane active' id=x1>{first}</div><div class=tab-pane id=x2>{second}</div></div></div>"
                ),
                wanted(),
            ),
            (
                "an accordion",
                format!(
                    "<details open><summary>Thời sự</summary>{first}</details><details><summary>Khác</summary>{second}</details>"
                ),
                wanted(),
            ),
            (
                "slides of a carousel",
                format!(
                    "<div class=carousel>{}{}</div>",
                    each(
                        0..1,
                        "<div class='item active'><h3><a href=/tin/{n}.html>{t}</a></h3></div>"
                    ),
                    each(
                        1..6,
                        "<div class=item style='display: none'><h3><a href=/tin/{n}.html>{t}</a></h3></div>"
                    )
                ),
                paths("/tin/", 0..6),
            ),
            (
                "a running line",
                format!(
                    "<marquee>{}</marquee>{first}",
                    each(4..9, "<span><a href=/tin/{n}.html>{t}</a></span>")
                ),
                wanted(),
            ),
        ],
    );
}

#[test]
fn a_front_page_of_unlike_blocks_yields_all_of_them() {
    let pages = [
        front_table(),
        front_cards(),
        front_widgets(),
        front_tabs(),
        front_arrows(),
        front_dated(),
    ];
    check("/", &pages);
}

fn link(n: usize) -> String {
    format!("/tin/bai-viet-so-{n}-{}.html", 4000 + n)
}

fn links(of: std::ops::Range<usize>) -> Vec<String> {
    of.map(link).collect()
}

fn blocks(parts: &[(std::ops::Range<usize>, &str)]) -> String {
    parts
        .iter()
        .map(|(of, template)| {
            let (before, rest) = template.split_once("[[").unwrap_or(("", template));
            let (row, after) = rest.split_once("]]").unwrap_or((rest, ""));
            let rows: String =
                of.clone().map(|n| each(n..n + 1, &row.replace("{u}", &link(n)))).collect();
            format!("{before}{rows}{after}")
        })
        .collect()
}

const OUTSIDE: &str = "<div class=lk><h3>Liên kết website</h3><ul><li><a href=https://a.example.gov.vn/>Cổng thông tin điện tử Chính phủ nước ta</a>\
    <li><a href=https://b.example.gov.vn/>Trang thông tin của Hội đồng nhân dân tỉnh</a><li><a href=https://c.example.gov.vn/>Cơ sở dữ liệu quốc gia về văn bản pháp luật</a></ul></div>\
    <div class=tk>Thống kê truy cập: 12.345 <a href=/thong-ke>Xem thêm</a></div>";

fn front_table() -> (&'static str, String, Vec<String>) {
    let body = blocks(&[
        (
            0..1,
            "<table width=100%><tr><td class=tinchinh>[[<img src=/a.jpg><a class=to href={u}>{t}</a><br>Trong buổi làm việc, các đơn vị đã báo cáo tiến độ và kiến nghị nhiều nội dung.]]</td>",
        ),
        (1..5, "<td class=tincanh>[[<p><a href={u}>{t}</a></p>]]</td></tr></table>"),
        (
            5..8,
            "<div class=thongbao><h2>Thông báo</h2><ul>[[<li><a href={u}>{t}</a></li>]]</ul></div>",
        ),
        (
            8..11,
            "<table class=bt><tr><th><a href=/kinh-te>Kinh tế</a></th></tr>[[<tr><td><img src=/i.gif> <a href={u}>{t}</a></td></tr>]]</table>",
        ),
        (11..14, "<dl><dt><a href=/van-hoa>Văn hóa</a></dt>[[<dd><a href={u}>{t}</a></dd>]]</dl>"),
    ]);
    ("layout by tables", format!("{body}{OUTSIDE}"), links(0..14))
}

fn front_cards() -> (&'static str, String, Vec<String>) {
    let body = blocks(&[
        (
            0..1,
            "<section class=hero>[[<h1><a href={u}>{t}</a></h1><p>Sáng nay, đoàn công tác đã đến từng thôn để nắm tình hình.</p>]]</section>",
        ),
        (
            1..4,
            "<section class=luoi>[[<div class=the><img src=/b.jpg><h3><a href={u}>{t}</a></h3></div>]]</section>",
        ),
        (
            4..7,
            "<aside class=cot-phai><h4>Thông báo mới</h4>[[<p class=tb><a href={u}>{t}</a></p>]]</aside>",
        ),
        (
            7..10,
            "<section class=khoi><h2><a href=/chuyen-doi-so>Chuyển đổi số</a></h2><ul class=gon>[[<li><a href={u}>{t}</a></li>]]</ul></section>",
        ),
        (
            10..13,
            "<section class=khoi-2><h2>An sinh</h2>[[<figure><a href={u}><img src=/c.jpg></a><figcaption><a href={u}>{t}</a></figcaption></figure>]]</section>",
        ),
    ]);
    let services = "<section class=dv><h2>Dịch vụ công</h2><ul><li><a href=/dvc/khai-sinh>Đăng ký khai sinh cho trẻ em</a><li><a href=/dvc/ket-hon>Đăng ký kết hôn trực tuyến</a><li><a href=/dvc/dat-dai>Cấp giấy chứng nhận quyền sử dụng đất</a></ul></section>";
    ("cards", format!("{body}{services}{OUTSIDE}"), links(0..13))
}

fn front_widgets() -> (&'static str, String, Vec<String>) {
    let body = blocks(&[
        (
            0..4,
            "<div class='widget widget_recent'><h3>Tin mới</h3><ul>[[<li><a href={u}>{t}</a></li>]]</ul></div>",
        ),
        (
            4..5,
            "<div class='block block-views'>[[<div class=views-row><div class=title><a href={u}>{t}</a></div><div class=body>Hội nghị đã nghe báo cáo kết quả và thảo luận giải pháp trong thời gian tới.</div></div>]]",
        ),
        (
            5..8,
            "<div class=more-news>[[<div class=views-row-2><span><a href={u}>{t}</a></span></div>]]</div></div>",
        ),
        (
            8..11,
            "<div class=portlet-body><h2>Chỉ đạo điều hành</h2><table>[[<tr><td>•</td><td><a href={u}>{t}</a></td></tr>]]</table></div>",
        ),
    ]);
    ("widgets and portlets", format!("{body}{OUTSIDE}"), links(0..11))
}

fn front_tabs() -> (&'static str, String, Vec<String>) {
    let body = blocks(&[
        (
            0..3,
            "<div id=khung class='tabs ui-tabs'><ul class=ui-tabs-nav><li><a href=#t1>Trong huyện</a><li><a href=#t2>Trong tỉnh</a></ul><div id=t1>[[<div class=i><span class=s><a href={u}>{t}</a></span></div>]]</div>",
        ),
        (
            3..6,
            "<div id=t2 style=display:none>[[<div class=i><span class=s><a href={u}>{t}</a></span></div>]]</div></div>",
        ),
        (
            6..10,
            "<div class=tieudiem><marquee><ul>[[<li><a href={u}>{t}</a></li>]]</ul></marquee></div>",
        ),
        (
            10..12,
            "<div class=box-news><div class=name>Giáo dục</div>[[<h4><a href={u}>{t}</a></h4>]]</div>",
        ),
    ]);
    ("tabs and a running line", format!("{body}{OUTSIDE}"), links(0..12))
}

fn front_arrows() -> (&'static str, String, Vec<String>) {
    let body = blocks(&[
        (0..1, "<div class=b1><div class=title>Hoạt động</div>[[<h2><a href={u}>{t}</a></h2>]]"),
        (1..5, "<ul class=relate>[[<li><a href={u}>» {t}</a></li>]]</ul></div>"),
        (5..6, "<div class=b1><div class=title>Kinh tế</div>[[<h2><a href={u}>{t}</a></h2>]]"),
        (6..10, "<ul class=relate>[[<li><a href={u}>» {t}</a></li>]]</ul></div>"),
    ]);
    ("lists with arrows below their lead stories", format!("{body}{OUTSIDE}"), links(0..10))
}

fn front_dated() -> (&'static str, String, Vec<String>) {
    let body = blocks(&[
        (0..5, "<div class=tb><h3>Thông báo</h3>[[<p><a href={u}>{t}</a> <i>({d})</i></p>]]</div>"),
        (5..8, "<div class=ks><h3>Khoa học</h3><ul>[[<li><a href={u}>{t}</a></li>]]</ul></div>"),
        (
            8..9,
            "<div class=yt>[[<a href={u}><b>{t}</b></a><div>Các trạm y tế đã được trang bị thêm thiết bị và bố trí nhân lực trực.</div>]]",
        ),
        (9..12, "<ol>[[<li><a href={u}>{t}</a></li>]]</ol></div>"),
    ]);
    ("one block has dates", format!("{body}{OUTSIDE}"), links(0..12))
}

#[test]
fn rows_whose_links_say_little_are_called_by_the_words_beside_them() {
    let wanted = || (0..8).map(|n| format!("/vb/{n}")).collect::<Vec<_>>();
    let of = |template: &str| format!("<div class=kq>{}</div>", each(0..8, template));
    let pages = [
        (
            "a short title and two actions",
            of(
                "<div class=r><p class=ten><a href=/vb/{n}>Luật {n}/VBHN-VP</a></p><p>{t}</p><ul><li><a href=/tt/{n}>Thuộc tính</a><li><a href=/ld/{n}>Lược đồ</a></ul><i>Ngày ban hành: {d}</i></div>",
            ),
        ),
        (
            "actions in a line",
            of(
                "<div class=r><b><a href=/vb/{n}>Số {n}/TB-SXD</a></b><div>{t}</div><small><a href=/tt/{n}>Thuộc tính</a> | <a href=/ld/{n}>Lược đồ</a></small> <i>{d}</i></div>",
            ),
        ),
        (
            "a button for the details",
            of(
                "<div class=r><h4>{t}</h4><p>{d}</p><a class=btn href=/vb/{n}>Xem chi tiết</a></div>",
            ),
        ),
        (
            "read on",
            of(
                "<div class=card><div class=card-title>{t}</div><div class=card-date>{d}</div><a href=/vb/{n}>Đọc thêm</a></div>",
            ),
        ),
        ("a file's kind", of("<p class=r>{t} ({d}) <a href=/vb/{n}>[PDF]</a></p>")),
        (
            "a word alone",
            format!(
                "<table>{}</table>",
                each(
                    0..8,
                    "<tr><td>{n}</td><td>{t}</td><td>{d}</td><td><a href=/vb/{n}>Xem</a></td></tr>"
                )
            ),
        ),
        (
            "a number",
            format!(
                "<table>{}</table>",
                each(0..8, "<tr><td><a href=/vb/{n}>0{n}</a></td><td>{t}</td><td>{d}</td></tr>")
            ),
        ),
        ("a day", of("<div class=r><a href=/vb/{n}>{d}</a><p>{t}</p></div>")),
        (
            "a day in a list",
            format!("<ul>{}</ul>", each(0..8, "<li><a href=/vb/{n}>Ngày {d}</a>: {t}</li>")),
        ),
    ];
    let mut wrong = Vec::new();
    for (name, body) in pages {
        wrong.extend(self::wrong(name, &body, "/van-ban", &wanted()));
        let rows = found(&page(&body), "/van-ban").rows;
        for (n, row) in rows.iter().enumerate().take(8) {
            if !(row.title.contains(TITLES[n]) || row.title.contains('/')) {
                wrong.push(format!("{name}: row {n} is called {:?}", row.title));
                break;
            }
            if !row.published.is_known() {
                wrong.push(format!("{name}: row {n} has no date"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_list_without_dates_in_its_data_has_none() {
    let html = page(
        "<ul><li><a href=/tin/1.html>Huyện Sông Trà khởi công tuyến kè chống sạt lở</a><li><a href=/tin/2.html>Đoàn giám sát làm việc với các trạm y tế</a><li><a href=/tin/3.html>Công bố kết quả xét tuyển viên chức giáo dục</a></ul>",
    );
    let rows = found(&html, "/tin-tuc").rows;
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.published == Published::Unknown));
}
#[test]
fn rows_of_two_languages_are_one_item_in_the_page_s_own() {
    const ENGLISH: &str = "Works begin on the river bank of commune number {n}";
    let of = |template: &str| {
        format!("<ul class=ds>{}</ul>", each(0..7, &template.replace("{e}", ENGLISH)))
    };
    let wanted = || paths("/vi/tin/", 0..7);
    check(
        "/tin-tuc",
        &[
            (
                "two headings",
                of(
                    "<li><h3><a href=/vi/tin/{n}.html>{t}</a></h3><h4><a href=/en/news/{n}.html>{e}</a></h4> {d}</li>",
                ),
                wanted(),
            ),
            (
                "the foreign one first",
                of(
                    "<li><h4><a href=/en/news/{n}.html>{e}</a></h4><h3><a href=/vi/tin/{n}.html>{t}</a></h3> {d}</li>",
                ),
                wanted(),
            ),
            (
                "two paragraphs",
                of(
                    "<li><p><a href=/vi/tin/{n}.html>{t}</a></p><p class=en><a href=/en/news/{n}.html>{e}</a></p><i>{d}</i></li>",
                ),
                wanted(),
            ),
            (
                "a line break",
                of(
                    "<li><a href=/vi/tin/{n}.html>{t}</a><br><a href=/en/news/{n}.html>{e}</a> <i>({d})</i></li>",
                ),
                wanted(),
            ),
            (
                "classes for each",
                of(
                    "<li><a class=vi href=/vi/tin/{n}.html>{t}</a> <a class=en href=/en/news/{n}.html>{e}</a> <i>{d}</i></li>",
                ),
                wanted(),
            ),
            (
                "a small word",
                of(
                    "<li><a href=/vi/tin/{n}.html>{t}</a> <a href=/en/news/{n}.html>English</a> <i>{d}</i></li>",
                ),
                wanted(),
            ),
            (
                "by a parameter",
                of(
                    "<li><h3><a href=/vi/tin/{n}.html>{t}</a></h3><p><a href='/vi/tin/{n}.html?lang=en'>{e}</a></p><i>{d}</i></li>",
                ),
                wanted(),
            ),
            // A neighbour: the same address twice.
            (
                "read on",
                of(
                    "<li><h3><a href=/vi/tin/{n}.html>{t}</a></h3><i>{d}</i><p>…<a href=/vi/tin/{n}.html>Đọc tiếp</a></p></li>",
                ),
                wanted(),
            ),
        ],
    );
}

#[test]
fn notices_that_stand_on_one_page_are_rows() {
    let anchors = |path: &str| (0..7).map(|n| format!("{path}#tb-{n}")).collect::<Vec<_>>();
    let texts = each(
        0..7,
        "<h2 id=tb-{n}>{t}</h2><p>Nội dung của thông báo này được niêm yết tại trụ sở.</p>",
    );
    let of = |template: &str| format!("<div class=ds>{}</div>{texts}", each(0..7, template));
    let news = format!("<ul>{}</ul>", each(0..7, NEWS));
    check(
        "/cong-bo",
        &[
            (
                "with the page's name",
                of("<p><a href=/cong-bo#tb-{n}>{t}</a> <i>{d}</i></p>"),
                anchors("/cong-bo"),
            ),
            ("bare", of("<p><a href=#tb-{n}>{t}</a> <i>{d}</i></p>"), anchors("/cong-bo")),
            (
                "in a table",
                format!(
                    "<table>{}</table>{texts}",
                    each(0..7, "<tr><td>{d}</td><td><a href=#tb-{n}>{t}</a></td></tr>")
                ),
                anchors("/cong-bo"),
            ),
            (
                "on one other page",
                of("<p><a href=/thong-bao.html#tb-{n}>{t}</a> <i>{d}</i></p>"),
                anchors("/thong-bao.html"),
            ),
            (
                "a day in brackets",
                format!("<ul>{}</ul>{texts}", each(0..7, "<li><a href=#tb-{n}>{t}</a> ({d})</li>")),
                anchors("/cong-bo"),
            ),
            // Neighbours: a table of contents beside news, and a row's link to its comments.
            (
                "contents beside a list",
                format!("<ol>{}</ol>{news}", each(0..7, "<li><a href=#tb-{n}>{t}</a></li>")),
                paths("/tin/", 0..7),
            ),
            (
                "comments",
                format!(
                    "<ul>{}</ul>",
                    each(
                        0..7,
                        "<li><a href=/tin/{n}.html>{t}</a> <i>{d}</i> <a href=/tin/{n}.html#binh-luan>3 bình luận</a></li>"
                    )
                ),
                paths("/tin/", 0..7),
            ),
        ],
    );
}

#[test]
fn a_list_for_readers_without_scripts_is_read() {
    let rows = each(0..8, NEWS);
    let wanted = || paths("/tin/", 0..8);
    let escaped = format!("<ul>{rows}</ul>").replace('&', "&amp;").replace('"', "&quot;");
    check(
        "/tin-tuc",
        &[
            (
                "noscript",
                format!("<div id=app></div><noscript><ul>{rows}</ul></noscript>"),
                wanted(),
            ),
            (
                "noscript with a note",
                format!(
                    "<div id=app></div><noscript><p>Trình duyệt không chạy script.</p><div><ul class=x>{rows}</ul></div></noscript>"
                ),
                wanted(),
            ),
            (
                "template",
                format!("<div id=app></div><template><ul>{rows}</ul></template>"),
                wanted(),
            ),
            ("srcdoc", format!("<iframe srcdoc=\"{escaped}\"></iframe>"), wanted()),
            // A neighbour: the same list, and a note for those without scripts.
            (
                "a list in the page",
                format!("<ul>{rows}</ul><noscript><ul>{}</ul></noscript>", each(8..12, OLD)),
                wanted(),
            ),
        ],
    );
}

/// Entries of JSON: `{n}` the number, `{t}` the title, `{iso}` the day.
fn entries(of: std::ops::Range<usize>, template: &str) -> String {
    let one = |n: usize| {
        template
            .replace("{n}", &n.to_string())
            .replace("{t}", TITLES[n])
            .replace("{iso}", &format!("2026-11-{:02}T01:30:00Z", 28 - n))
    };
    of.map(one).collect::<Vec<String>>().join(",")
}

/// A page whose body is built by a script.
fn with_script(script: &str) -> String {
    format!("<div id=app></div>{script}")
}

#[test]
fn a_list_in_the_data_of_a_script_is_read() {
    let posts =
        entries(0..8, r#"{"id":{n},"title":"{t}","url":"/tin/{n}.html","publishedAt":"{iso}"}"#);
    let menu = r#"[{"title":"Giới thiệu chung về huyện","url":"/gioi-thieu"},{"title":"Sơ đồ tổ chức bộ máy","url":"/so-do"},{"title":"Liên hệ với ban biên tập","url":"/lien-he"}]"#;
    let linked = |name: &str| {
        entries(0..8, &r#"{"@type":"ListItem","position":{n},NAME}"#.replace("NAME", name))
    };
    let wanted = || paths("/tin/", 0..8);
    check(
        "/tin-tuc",
        &[
            (
                "Next",
                with_script(&format!(
                    r#"<script id=__NEXT_DATA__ type=application/json>{{"props":{{"pageProps":{{"menu":{menu},"posts":[{posts}]}}}}}}</script>"#
                )),
                wanted(),
            ),
            (
                "a variable",
                with_script(&format!(
                    "<script>window.__INITIAL_STATE__={{\"menu\":{menu},\"news\":{{\"list\":[{posts}]}}}};</script>"
                )),
                wanted(),
            ),
            (
                "a text of JSON",
                with_script(&format!(
                    "<script>window.__PRELOADED__ = JSON.parse({})</script>",
                    serde_json::json!(format!("{{\"items\":[{posts}]}}"))
                )),
                wanted(),
            ),
            (
                "a literal",
                with_script(&format!(
                    "<script>var dsTin = [{}];\nveTrang(dsTin)</script>",
                    entries(
                        0..8,
                        "{id:{n},tieuDe:'{t}',duongDan:'/tin/{n}.html',ngayDang:'{iso}'}"
                    )
                )),
                wanted(),
            ),
            (
                "Nuxt 2",
                with_script(&format!(
                    "<script>window.__NUXT__=(function(a){{return {{data:[{{tin:[{posts}]}}],x:a}}}}(null));</script>"
                )),
                wanted(),
            ),
            (
                "plain JSON",
                with_script(&format!(
                    r#"<script type=application/json id=du-lieu>{{"items":[{posts}]}}</script>"#
                )),
                wanted(),
            ),
            (
                "an item list",
                with_script(&format!(
                    r#"<script type=application/ld+json>{{"@context":"https://schema.org","@type":"ItemList","itemListElement":[{}]}}</script>"#,
                    linked(r#""url":"/tin/{n}.html","name":"{t}""#)
                )),
                wanted(),
            ),
            (
                "items in an item list",
                with_script(&format!(
                    r#"<script type=application/ld+json>{{"@type":"CollectionPage","mainEntity":{{"@type":"ItemList","itemListElement":[{}]}}}}</script>"#,
                    linked(
                        r#""item":{"@type":"NewsArticle","headline":"{t}","url":"/tin/{n}.html","datePublished":"{iso}"}"#
                    )
                )),
                wanted(),
            ),
            (
                "addresses in an item list",
                with_script(&format!(
                    r#"<script type=application/ld+json>{{"@type":"ItemList","itemListElement":[{}]}}</script>"#,
                    linked(r#""item":"/tin/{n}.html","name":"{t}""#)
                )),
                wanted(),
            ),
            (
                "a blog",
                with_script(&format!(
                    r#"<script type=application/ld+json>{{"@type":"Blog","blogPost":[{}]}}</script>"#,
                    entries(
                        0..8,
                        r#"{"@type":"BlogPosting","headline":"{t}","url":"/tin/{n}.html","datePublished":"{iso}"}"#
                    )
                )),
                wanted(),
            ),
            // Neighbours.
            (
                "beside the list that is shown",
                format!(
                    r#"<ul>{}</ul><script type=application/json>{{"items":[{}]}}</script>"#,
                    each(0..8, NEWS),
                    posts.replace("/tin/", "/khac/")
                ),
                wanted(),
            ),
            (
                "crumbs",
                with_script(&format!(
                    r#"<script type=application/ld+json>{{"@type":"BreadcrumbList","itemListElement":[{}]}}</script>"#,
                    linked(r#""name":"{t}","item":"/muc/{n}""#)
                )),
                Vec::new(),
            ),
            (
                "a menu",
                with_script(
                    r#"<script>var menu=[{"title":"Giới thiệu","url":"/gioi-thieu"},{"title":"Tin tức","url":"/tin-tuc"},{"title":"Văn bản","url":"/van-ban"},{"title":"Liên hệ","url":"/lien-he"}]</script>"#,
                ),
                Vec::new(),
            ),
            (
                "two entries",
                with_script(&format!(
                    r#"<script type=application/json>{{"items":[{}]}}</script>"#,
                    entries(0..2, r#"{"title":"{t}","url":"/tin/{n}.html"}"#)
                )),
                Vec::new(),
            ),
            (
                "no addresses",
                with_script(&format!(
                    r#"<script type=application/json>{{"items":[{}]}}</script>"#,
                    entries(0..8, r#"{"id":{n},"title":"{t}"}"#)
                )),
                Vec::new(),
            ),
        ],
    );
}

#[test]
fn rows_from_data_of_scripts_have_dates_and_resolve_against_the_base() {
    let posts = entries(0..4, r#"{"title":"{t}","url":"tin/{n}.html","publishedAt":"{iso}"}"#);
    let html = format!(
        "<html><head><base href=/cong/></head><body><div id=app></div>\
         <script id=__NEXT_DATA__ type=application/json>{{\"props\":[{posts}]}}</script></body></html>"
    );
    let detection = found(&html, "/tin-tuc");
    let got: Vec<String> = detection.rows.iter().map(path_of).collect();
    assert_eq!(got, paths("/cong/tin/", 0..4));
    let first: chrono::DateTime<chrono::Utc> = "2026-11-28T01:30:00Z".parse().expect("a time");
    assert_eq!(detection.rows[0].published, Published::At(first));
    let item = detection.recipe.and_then(|recipe| recipe.item);
    assert_eq!(item.as_deref(), Some("script#__NEXT_DATA__"));
}

#[test]
fn a_list_that_its_script_shows_below_a_heading_is_news() {
    let rows = each(0..6, NEWS);
    let hidden = |list: &str, around: &str| around.replace("LIST", list);
    let ul = format!("<ul id=chay style=\"display:none;height:200px\">{rows}</ul>");
    let wanted = || paths("/tin/", 0..6);
    check(
        "/trang-chu",
        &[
            (
                "a panel",
                hidden(
                    &ul,
                    "<div class=panel><div class=panel-heading>Văn bản mới</div><div class=panel-body>LIST</div></div>",
                ),
                wanted(),
            ),
            (
                "deeper",
                hidden(
                    &ul,
                    "<div class=khoi><h3>Tin mới</h3><div><section><div>LIST</div><div class=clear></div></section></div></div>",
                ),
                wanted(),
            ),
            (
                "a class",
                hidden(
                    &format!("<ul class=hidden>{rows}</ul>"),
                    "<div class=khoi><h3>Tin mới</h3>LIST</div>",
                ),
                wanted(),
            ),
            (
                "a script behind it",
                hidden(
                    &ul,
                    "<div class=khoi><h3>Tin mới</h3>LIST<script>chay('chay')</script></div>",
                ),
                wanted(),
            ),
            (
                "a box",
                hidden(
                    &format!("<div style='visibility:hidden'><ul>{rows}</ul></div>"),
                    "<div class=khoi><h2>Tin mới</h2>LIST</div>",
                ),
                wanted(),
            ),
            // Neighbours.
            (
                "beside a list that is seen",
                hidden(
                    &format!("<ul style=display:none>{}</ul>", each(0..6, OLD)),
                    &format!("<div><h3>Tin mới</h3><ul>{rows}</ul>LIST</div>"),
                ),
                wanted(),
            ),
            (
                "without a heading",
                format!(
                    "<ul>{rows}</ul><div><div><ul style=display:none>{}</ul></div></div>",
                    each(0..6, OLD)
                ),
                wanted(),
            ),
            (
                "a text in place of a heading",
                format!(
                    "<ul>{rows}</ul><div><p>Đoạn văn này dài hơn một tiêu đề và nói về việc khác hẳn, nên không mở ra danh sách nào cả.</p><ul style=display:none>{}</ul></div>",
                    each(0..6, OLD)
                ),
                wanted(),
            ),
            (
                "a hidden panel",
                format!(
                    "<ul>{rows}</ul><div hidden><h3>Tin cũ</h3><ul style=display:none>{}</ul></div>",
                    each(0..6, OLD)
                ),
                wanted(),
            ),
        ],
    );
}

#[test]
fn the_name_of_a_theme_says_nothing_of_its_parts() {
    let parts = |theme: &str, list: &str| {
        format!(
            "<div id=T-body class=T-wrapper><div class=T-inner><div id=T-top></div><div class=T-row id=T-left></div>\
             <div id=T-right class=T-column><div class=T-content-inner><div id=T-pos-main>{list}</div></div></div></div></div>"
        )
        .replace("T-", theme)
    };
    let rows = each(0..6, "<li><a href=/tin/{n}.html>{t}</a></li>");
    let list = format!("<ul>{rows}</ul>");
    let wanted = || paths("/tin/", 0..6);
    let mut pages: Vec<(&str, String, Vec<String>)> = Vec::new();
    for theme in ["avatar-", "avatar_", "author-", "meta-"] {
        pages.push((theme, parts(theme, &list), wanted()));
    }
    // An editor put the news where the theme has its breadcrumbs.
    let crumbs = format!("<div id=vi-tri-breadcrumbs class=breadcrumbs>{list}</div>");
    pages.push(("crumbs with headlines", crumbs, wanted()));
    // A neighbour.
    let crumbs = "<div class=breadcrumbs><a href=/>Trang chủ</a> / <a href=/tin-tuc>Tin tức</a> / <a href=/tin-tuc/nong-nghiep>Nông nghiệp</a></div>";
    pages.push(("crumbs beside the list", format!("{crumbs}{list}"), wanted()));
    check("/trang-chu", &pages);
}
