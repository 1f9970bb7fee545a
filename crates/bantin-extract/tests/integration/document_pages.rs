//! The page of a legal document: its properties as text, its day of issue, its signer and its files, in the layouts of
//! portals; and pages that only look so.

use bantin_extract::model::{Article, ArticleRecipe};
use bantin_extract::{self as extract, Reading, dates};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const PROPERTIES: [(&str, &str); 7] = [
    ("Số ký hiệu", "77/KH-SNV"),
    ("Loại văn bản", "Kế hoạch"),
    ("Trích yếu", "Kế hoạch tuyển dụng viên chức ngành năm tới"),
    ("Ngày ban hành", "09/11/2026"),
    ("Ngày có hiệu lực", "20/11/2026"),
    ("Cơ quan ban hành", "Sở Nội vụ"),
    ("Người ký", "Lê Thị Mẫu"),
];

/// A page with a document's properties, each written by a template in which LABEL and VALUE are replaced.
fn page(open: &str, property: &str, close: &str) -> String {
    let properties: String = PROPERTIES
        .iter()
        .map(|(label, value)| property.replace("LABEL", label).replace("VALUE", value))
        .collect();
    format!(
        "<html><head><title>Chi tiết văn bản</title></head><body><div class=top><ul class=menu><li><a href=/>Trang chủ</a></li>\
         <li><a href=/vb>Văn bản</a></li><li><a href=/lh>Liên hệ</a></li></ul></div><div class=main><h2>Thông tin văn bản</h2>{open}{properties}{close}\
         <h3>Văn bản liên quan</h3><ul><li><a href=/vb/1>Quyết định ban hành quy chế làm việc của Sở</a> 11/10/2026 <a href=/f/1.pdf>Tải về</a></li>\
         <li><a href=/vb/2>Kế hoạch cải cách hành chính của ngành năm nay</a> 10/10/2026 <a href=/f/2.pdf>Tải về</a></li></ul></div>\
         <div class=footer><p>Sở Nội vụ tỉnh Mẫu, giấy phép số 9/GP-STTTT cấp ngày 02/03/2014, điện thoại 0200.000.111.</p></div></body></html>"
    )
}

fn read(html: &str) -> Article {
    let url = Url::parse("https://so.example.vn/vb/77").expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    extract::article(html, &ArticleRecipe::default(), reading).0
}

/// All that a document's page says of it, and nothing that it says of others.
fn check(html: &str) {
    let article = read(html);
    let lines: Vec<&str> = article.content_text.lines().collect();
    for (label, value) in PROPERTIES {
        assert!(lines.contains(&&*format!("{label}: {value}")), "{label}: {lines:#?}\n{html}");
        assert!(article.content_html.as_str().contains(value), "{value}: {html}");
    }
    assert!(!article.content_text.contains("giấy phép"), "{lines:#?}");
    assert!(!article.content_text.contains("quy chế làm việc"), "{lines:#?}");
    assert_eq!(
        dates::show(article.published, Ho_Chi_Minh).as_deref(),
        Some("2026-11-09"),
        "{html}"
    );
    assert_eq!(article.byline.as_deref(), Some("Lê Thị Mẫu"), "{html}");
    assert_eq!(
        article.title.as_deref(),
        Some("Kế hoạch tuyển dụng viên chức ngành năm tới"),
        "{html}"
    );
    let named = &article.refs[0];
    assert_eq!((&*named.symbol, named.issuer.as_deref()), ("77/KH-SNV", Some("Sở Nội vụ")));
    assert_eq!(article.refs.len(), 1, "{:?}", article.refs);
    let files: Vec<&str> = article.attachments.iter().map(|file| &*file.url).collect();
    assert_eq!(files, ["https://so.example.vn/f/77.pdf"], "{html}");
}

macro_rules! layouts {
    ($($name:ident: $open:expr, $property:expr, $close:expr;)*) => {
        $(#[test]
        fn $name() {
            check(&page($open, $property, $close));
        })*
    };
}

layouts! {
    a_table_of_two_columns: "<table>", "<tr><td>LABEL</td><td>VALUE</td></tr>", "<tr><td>Tệp đính kèm</td><td><a href=/f/77.pdf>Tải về</a></td></tr></table>";
    a_table_with_header_cells: "<table class=tt>", "<tr><th>LABEL:</th><td><span>VALUE</span></td></tr>", "</table><p>File: <a href=/f/77.pdf>77.pdf</a></p>";
    a_table_with_bold_labels: "<table>", "<tr><td><strong>LABEL</strong></td><td>VALUE</td></tr>", "<tr><td><strong>Toàn văn</strong></td><td><a href=/f/77.pdf>77.pdf</a></td></tr></table>";
    a_definition_list: "<dl>", "<dt>LABEL</dt><dd>VALUE</dd>", "</dl><div class=attachments><a href=/f/77.pdf>Tải</a></div>";
    lines_with_bold_labels: "<div class=vb>", "<p><b>LABEL:</b> VALUE</p>", "<p><b>Tải về:</b> <a href=/f/77.pdf>77.pdf</a></p></div>";
    a_list_of_lines: "<ul class=props>", "<li>LABEL: VALUE</li>", "</ul><iframe src=/f/77.pdf></iframe>";
    rows_of_a_grid: "<div class=box>", "<div class=row><div class=col-3>LABEL</div><div class=col-9>VALUE</div></div>", "<div class=row><div class=col-3>Tập tin</div><div class=col-9><a href=/f/77.pdf>Xem</a></div></div></div>";
    spans_with_values_beside: "<div class=box>", "<div><label>LABEL</label><span>VALUE</span></div>", "</div><div><a href=/f/77.pdf>Tải về</a></div>";
}

#[test]
fn two_properties_in_a_row() {
    let rows: String = PROPERTIES
        .chunks(2)
        .map(|pair| {
            pair.iter()
                .map(|(label, value)| format!("<td>{label}</td><td>{value}</td>"))
                .collect::<String>()
        })
        .map(|cells| format!("<tr>{cells}</tr>"))
        .collect();
    check(&page(
        &format!(
            "<table>{rows}<tr><td>Tải về</td><td colspan=3><a href=/f/77.pdf>77.pdf</a></td></tr></table>"
        ),
        "",
        "",
    ));
}

#[test]
fn the_documents_own_text_follows_its_properties() {
    let text = "<div class=noidung><p>Căn cứ Luật Viên chức và nhu cầu thực tế, Sở xây dựng kế hoạch tuyển dụng viên chức các đơn vị trực thuộc, bảo đảm công khai, đúng quy định.</p>\
        <p>Các đơn vị rà soát vị trí việc làm, gửi nhu cầu về Phòng Tổ chức trước ngày 20 để tổng hợp, trình cấp có thẩm quyền xem xét và quyết định chỉ tiêu.</p></div>";
    let article =
        read(&page("<table>", "<tr><td>LABEL</td><td>VALUE</td></tr>", &format!("</table>{text}")));
    let lines: Vec<&str> = article.content_text.lines().collect();
    assert_eq!(lines[0], "Số ký hiệu: 77/KH-SNV");
    assert!(article.content_text.contains("Các đơn vị rà soát vị trí việc làm"), "{lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.contains("77/KH-SNV")).count(), 1, "{lines:#?}");
}

#[test]
fn news_beside_a_box_of_documents_is_news() {
    let card = |n: u32| {
        format!(
            "<div class=card><p>Số ký hiệu: {n}/QĐ-SNV</p><p>Ngày ban hành: 0{n}/11/2026</p><p>Trích yếu: Ban hành quy chế {n}</p></div>"
        )
    };
    let html = format!(
        "<html><head><title>Sở họp giao ban</title></head><body><div class=side><h3>Văn bản mới</h3>{}{}</div><div class=main><h1>Sở họp giao ban tháng mười một</h1>\
         <div>12/11/2026</div><div class=nd><p>Sáng nay, Sở họp giao ban, đánh giá kết quả thực hiện nhiệm vụ trong tháng và bàn giải pháp cho những tháng tiếp theo của năm.</p>\
         <p>Các phòng báo cáo tiến độ xử lý hồ sơ, những khó khăn, vướng mắc và đề xuất hướng tháo gỡ, bảo đảm hoàn thành kế hoạch được giao trong năm nay.</p></div></div></body></html>",
        card(3),
        card(4)
    );
    let article = read(&html);
    assert!(
        article.content_text.starts_with("Sáng nay, Sở họp giao ban"),
        "{}",
        article.content_text
    );
    assert_eq!(dates::show(article.published, Ho_Chi_Minh).as_deref(), Some("2026-11-12"));
    assert_eq!(article.refs, []);
}

#[test]
fn a_document_called_by_its_symbol_alone_gets_its_summary() {
    let html =
        page("<h1>77/KH-SNV</h1><table>", "<tr><td>LABEL</td><td>VALUE</td></tr>", "</table>");
    let title = read(&html).title.unwrap_or_default();
    assert!(title.ends_with("Kế hoạch tuyển dụng viên chức ngành năm tới"), "{title}");
}
