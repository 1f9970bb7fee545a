//! Lists whose links do not name their rows: buttons, file types, numbers of cases, and elements that only a click handler
//! leads anywhere. Each row is compared by address, title and day.

use bantin_extract::model::{ListingRecipe, Published};
use bantin_extract::{Reading, detect, listing};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const NAMES: [&str; 6] = [
    "Hộ kinh doanh Lê Văn Tám kiện Ủy ban nhân dân huyện",
    "Tranh chấp hợp đồng vay giữa ông Bình và bà Cúc",
    "Yêu cầu tuyên bố phá sản Công ty Gạch ngói Đông Sơn",
    "Chia thừa kế nhà đất tại thị trấn Cầu Giát",
    "Khiếu nại quyết định thu hồi đất làm đường ven sông",
    "Ly hôn và nuôi con giữa ông Dũng và bà Én",
];

/// A row for each name: `{n}` its number, `{t}` the name, `{d}` its day, `{us}` the same month first.
fn each(template: &str) -> String {
    let rows = NAMES.iter().enumerate().map(|(n, name)| {
        let day = 28 - 3 * n;
        template
            .replace("{n}", &(410 + n).to_string())
            .replace("{t}", name)
            .replace("{d}", &format!("{day:02}/11/2026"))
            .replace("{us}", &format!("11/{day:02}/2026"))
    });
    rows.collect()
}

/// What is wrong with the rows of a page. `path` is the address that each row should have, `title` its title.
fn wrong(kind: &str, body: &str, path: &str, title: &str) -> Option<String> {
    let menu = "<ul class=menu><li><a href=/>Trang chủ</a><li><a href=/gioi-thieu>Giới thiệu</a>\
        <li><a href=/ban-an>Bản án</a><li><a href=/lien-he>Liên hệ</a></ul>";
    let html = format!(
        "<html lang=vi><meta charset=utf-8><title>Tòa án</title><body>{menu}<div id=noi-dung>{body}</div>"
    );
    let url = Url::parse("https://toaan.example.gov.vn/ban-an").expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let detection = detect(&html, &ListingRecipe::default(), reading);
    if let Some(recipe) = &detection.recipe {
        let read = listing(&html, recipe, reading);
        assert_eq!(read.rows, detection.rows, "{kind}: the recipe reads what was shown");
    }
    let got: Vec<String> = detection
        .rows
        .iter()
        .map(|row| {
            let day = match row.published {
                Published::On(day) => day.to_string(),
                Published::At(at) => at.with_timezone(&Ho_Chi_Minh).date_naive().to_string(),
                Published::Unknown => "none".to_owned(),
            };
            format!(
                "{} | {} | {day}",
                &row.url.as_str()["https://toaan.example.gov.vn".len()..],
                row.title
            )
        })
        .collect();
    let wanted: Vec<String> = NAMES
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let number = (410 + n).to_string();
            let fill = |text: &str| text.replace("{n}", &number).replace("{t}", name);
            format!("{} | {} | 2026-11-{:02}", fill(path), fill(title), 28 - 3 * n)
        })
        .collect();
    (got != wanted).then(|| {
        format!("{kind}:\n  got    {got:#?}\n  wanted {wanted:#?}\n  {:?}", detection.problems)
    })
}

#[track_caller]
fn check(variants: &[(&str, String, &str, &str)]) {
    let wrong: Vec<String> = variants
        .iter()
        .filter_map(|(kind, body, path, title)| wrong(kind, body, path, title))
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), variants.len(), wrong.join("\n"));
}

fn table(head: &str, row: &str) -> String {
    format!("<table><tr>{head}</tr>{}</table>", each(row))
}

#[test]
fn a_file_beside_a_link_to_another_site_is_the_row() {
    let elsewhere = "https://tracuu.example.com/vu-an?so={n}";
    let cell = |inner: &str| {
        format!(
            "<tr><td>{{d}}</td><td><span>Số {{n}}</span><br>{inner}</td><td><span>{{t}}</span> <a href='{elsewhere}'>Thông tin vụ án</a></td></tr>"
        )
    };
    check(&[
        (
            "two forms in brackets",
            table(
                "<th>Ngày<th>Số<th>Vụ án",
                &cell("[<a href=/tep/{n}.pdf>PDF</a>]<br>[<a href=/tep/{n}.docx>DOC</a>]"),
            ),
            "/tep/{n}.pdf",
            "{t}",
        ),
        (
            "one form",
            table("<th>Ngày<th>Số<th>Vụ án", &cell("<a href=/tep/{n}.pdf>Tải về</a>")),
            "/tep/{n}.pdf",
            "{t}",
        ),
        (
            "an icon",
            table("<th>Ngày<th>Số<th>Vụ án", &cell("<a href=/tep/{n}.pdf><img src=/pdf.gif></a>")),
            "/tep/{n}.pdf",
            "{t}",
        ),
        (
            "three forms in a list",
            format!(
                "<ul>{}</ul>",
                each(&format!(
                    "<li><p>{{t}}</p><em>{{d}}</em> <a href='{elsewhere}'>Xem vụ án</a> <span><a href=/t/{{n}}.doc>doc</a> <a href=/t/{{n}}.pdf>pdf</a> <a href=/t/{{n}}.zip>zip</a></span></li>"
                ))
            ),
            "/t/{n}.doc",
            "{t}",
        ),
    ]);
}

#[test]
fn the_number_of_a_case_is_no_title() {
    check(&[
        (
            "number, name in another cell",
            table(
                "<th>Ngày<th>Tòa<th>Số<th>Vụ án",
                "<tr><td>{d}</td><td>TAND</td><td><a href=/tep/an-{n}.pdf>CAAP-{n}-0000619</a> [<a href=/tep/an-{n}-ada.pdf>ADA</a>]</td><td><p>{t}</p></td></tr>",
            ),
            "/tep/an-{n}.pdf",
            "CAAP-{n}-0000619: {t}",
        ),
        (
            "number and an icon of the file",
            table(
                "<th>Ngày<th>Số<th>Vụ án",
                "<tr><td>{d}</td><td><a href='/ban-an?ma=chi-tiet&so={n}77'>103,{n}-2</a>&nbsp;<a href=/pdf/{n}.pdf><img src=/pdf.gif></a></td><td>{t}</td></tr>",
            ),
            "/ban-an?ma=chi-tiet&so={n}77",
            "{t}",
        ),
        (
            "number before a bold name",
            each(
                "<p><a href=/an/{n}0123.pdf>{n}0123</a> <b>{t}</b> {d}<br>Hội đồng xét xử đã xem xét toàn bộ chứng cứ và chấp nhận một phần yêu cầu của nguyên đơn theo quy định.</p>",
            ),
            "/an/{n}0123.pdf",
            "{t}",
        ),
        (
            "number in a card",
            each(
                "<div class=the><a class=so href=/an/{n}-ds.pdf>{n}-DS-2026</a><div class=ten>{t}</div><div class=ngay>{d}</div></div>",
            ),
            "/an/{n}-ds.pdf",
            "{n}-DS-2026: {t}",
        ),
    ]);
}

#[test]
fn a_button_of_every_row_is_no_title() {
    check(&[
        ("a button in a heading", table("<th>Bản án", "<tr><td><h4><a href='/tai.aspx?id=a{n}'>Tải toàn văn bản án này</a></h4><strong>Ngày công bố:</strong> {d}<br><strong>Tiêu đề:</strong> {t}<br><strong>Tòa án:</strong> Quỳnh Lưu</td></tr>"), "/tai.aspx?id=a{n}", "{t}"),
        ("two buttons in columns", each("<div class=khung><div class=hang><div class=c6>{t}</div><div class=c6>{d}</div></div><div class=hang><div class=c3><a href=/tai/{n}>Tải bản PDF về máy</a></div><div class=c3><a href=/doc/{n}>Đọc ngay trên trang</a></div></div></div>"), "/tai/{n}", "{t}"),
        ("an English button", each("<article><p class=ten>{t}</p><time datetime=2026-11-01>{d}</time><p>Tòa đã tuyên án công khai, các bên có quyền kháng cáo trong thời hạn luật định kể từ ngày tuyên.</p><a href=/o/{n}.html>Download Opinion</a></article>").replace("<time datetime=2026-11-01>", "<time>"), "/o/{n}.html", "{t}"),
    ]);
}

#[test]
fn what_a_click_opens_is_the_row() {
    check(&[
        (
            "window.open of a button",
            table(
                "<th>Bản án",
                "<tr><td><p>{t}<br>Ngày: {d}<br><button onclick=\"window.open('/an/chi-tiet/{n}','_blank')\">Xem bản án</button></p></td></tr>",
            ),
            "/an/chi-tiet/{n}",
            "{t}",
        ),
        (
            "location.href of a card",
            each(
                "<div class=the onclick=\"location.href='/an/chi-tiet-{n}.html'\"><h3>{t}</h3><span>{d}</span></div>",
            ),
            "/an/chi-tiet-{n}.html",
            "{t}",
        ),
        (
            "a row that is a link",
            table(
                "<th>Ngày<th>Vụ án<th>Tòa",
                "<tr class=clickable data-href='/an/{n}-chi-tiet'><td>{d}</td><td>{t}</td><td>Quỳnh Lưu</td></tr>",
            ),
            "/an/{n}-chi-tiet",
            "{t}",
        ),
        (
            "an anchor without an address",
            format!(
                "<ul>{}</ul>",
                each(
                    "<li><a href='javascript:void(0)' onclick='window.location=\"/an/{n}.aspx\"; return false'>{t}</a> ({d})</li>"
                )
            ),
            "/an/{n}.aspx",
            "{t}",
        ),
        (
            "location.assign of a list entry",
            format!(
                "<ul>{}</ul>",
                each(
                    "<li onclick=\"window.location.assign('an.php?id={n}')\"><b>{t}</b> <i>{d}</i></li>"
                )
            ),
            "/an.php?id={n}",
            "{t}",
        ),
    ]);
}

#[test]
fn the_head_of_an_accordion_is_the_title_of_what_it_holds() {
    check(&[
        (
            "an accordion of bootstrap",
            each(
                "<div class=accordion-item><h2 class=accordion-header><button class=accordion-button data-bs-toggle=collapse data-bs-target=#c{n}>{t}</button></h2><div id=c{n} class=collapse><p>Ngày công bố: {d}</p><a href=/tai/{n}.pdf>Tải về</a></div></div>",
            ),
            "/tai/{n}.pdf",
            "{t}",
        ),
        (
            "a button and a link below it",
            each(
                "<div class='accordion-item kq'><button class=kq-ten aria-expanded=false aria-controls=mo-{n}><span>{t}</span></button><p>{d}</p><p><a href=/tai/an-{n}.pdf class=tai>Download</a></p></div>",
            ),
            "/tai/an-{n}.pdf",
            "{t}",
        ),
    ]);
}

#[test]
fn what_only_a_script_knows_stays_no_address() {
    for handler in [
        "location.href='/an?id=' + ma",
        "moChiTiet({n})",
        "window.open('#tab{n}')",
        "location.href='javascript:void(0)'",
    ] {
        let body = each(&format!(
            "<div class=the onclick=\"{handler}\"><h3>{{t}}</h3><span>{{d}}</span></div>"
        ));
        let html = format!("<html lang=vi><body>{body}");
        let url = Url::parse("https://toaan.example.gov.vn/ban-an").expect("a fixed address");
        let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
        let detection =
            detect(&html, &ListingRecipe::default(), Reading { url: &url, zone: Ho_Chi_Minh, now });
        assert!(detection.rows.is_empty(), "{handler}: {:?}", detection.rows);
    }
}

#[test]
fn dates_among_other_words_are_month_first_where_the_list_shows_it() {
    check(&[
        (
            "at the end of the name's line",
            each(
                "<p><a href=/an/{n}0123.pdf>{n}0123</a> <b>{t}</b> {us}<br>Hội đồng xét xử đã chấp nhận một phần yêu cầu của nguyên đơn.</p>",
            ),
            "/an/{n}0123.pdf",
            "{t}",
        ),
        (
            "in a sentence",
            each(
                "<div class=the><a href=/an/{n}-ds.html>{t}</a><p>Tuyên ngày {us} tại trụ sở</p></div>",
            ),
            "/an/{n}-ds.html",
            "{t}",
        ),
    ]);
}
