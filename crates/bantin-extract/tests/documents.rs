//! Lists of legal documents: one row a document, called by its symbol and what it is about, in the layouts of portals.

use bantin_extract::model::ListingRecipe;
use bantin_extract::{self as extract, Reading, dates};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const ABOUT: [&str; 6] = [
    "Kế hoạch phòng, chống thiên tai và tìm kiếm cứu nạn năm tới",
    "Về việc kiện toàn Ban Chỉ đạo chuyển đổi số",
    "Báo cáo quý III",
    "Phê duyệt danh mục dịch vụ công trực tuyến toàn trình của ngành",
    "Ban hành Quy chế tiếp công dân",
    "Tăng cường quản lý đất đai trên địa bàn các xã",
];

/// Rows made by a template in which SYMBOL, ABOUT, DAY and N are replaced, in the frame of a portal.
fn page(open: &str, row: &str, close: &str) -> String {
    let rows: String = ABOUT
        .iter()
        .enumerate()
        .map(|(n, about)| {
            row.replace("SYMBOL", &format!("{}/QĐ-SNV", 210 - n))
                .replace("ABOUT", about)
                .replace("DAY", &format!("{:02}/11/2026", 25 - n))
                .replace("$N", &format!("{}", 800 - n))
        })
        .collect();
    format!(
        "<html><head><title>Văn bản</title></head><body><div class=top><a href=/>Trang chủ</a> <a href=/van-ban>Văn bản</a>\
         <a href=/lien-he>Liên hệ</a></div><div class=main><h1>Văn bản của Sở</h1>{open}{rows}{close}</div>\
         <div class=footer><p>Sở Nội vụ tỉnh Mẫu. Giấy phép số 9/GP-STTTT ngày 02/03/2014.</p></div></body></html>"
    )
}

/// Address, title and day of each row.
fn rows(html: &str) -> Vec<(String, String, String)> {
    let url = Url::parse("https://so.example.vn/van-ban").expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let found = extract::detect(html, &ListingRecipe::default(), reading);
    if let Some(recipe) = &found.recipe {
        assert_eq!(
            extract::listing(html, recipe, reading).rows,
            found.rows,
            "the recipe reads other rows"
        );
    }
    let short = |url: &Url| url.as_str().trim_start_matches("https://so.example.vn").to_owned();
    let day =
        |row: &extract::model::Row| dates::show(row.published, Ho_Chi_Minh).unwrap_or_default();
    found.rows.iter().map(|row| (short(&row.url), row.title.clone(), day(row))).collect()
}

/// One row a document, each with its address, and "symbol: summary".
fn check(html: &str, address: &str) {
    let found = rows(html);
    let wanted: Vec<(String, String, String)> = (0..ABOUT.len())
        .map(|n| {
            let address = address.replace("$N", &format!("{}", 800 - n));
            let title = format!("{}/QĐ-SNV: {}", 210 - n, ABOUT[n]);
            (address, title, format!("2026-11-{:02}", 25 - n))
        })
        .collect();
    assert_eq!(found, wanted, "{html}");
}

macro_rules! layouts {
    ($($name:ident: $open:expr, $row:expr, $close:expr => $address:expr;)*) => {
        $(#[test]
        fn $name() {
            check(&page($open, $row, $close), $address);
        })*
    };
}

layouts! {
    the_link_is_the_symbol: "<table><tr><th>STT<th>Số, ký hiệu<th>Ngày ban hành<th>Trích yếu<th>Cơ quan</tr>", "<tr><td>1<td><a href=/vb/$N>SYMBOL</a><td>DAY<td>ABOUT<td>Sở Nội vụ</tr>", "</table>" => "/vb/$N";
    the_link_is_the_symbol_with_a_file_beside_it: "<table class=tb><tr><th>Số ký hiệu<th>Trích yếu nội dung<th>Ngày ban hành<th>Tệp đính kèm</tr>", "<tr><td><a href=/vb/$N>SYMBOL</a><td>ABOUT<td>DAY<td><a href=/f/$N.pdf><img src=/pdf.png></a></tr>", "</table>" => "/vb/$N";
    the_file_stands_in_the_cell_of_the_symbol: "<table><tr><td>Số hiệu<td>Ngày ban hành<td>Trích yếu</tr>", "<tr><td><a href=/f/$N.doc>(Tải về)</a> <a href=/vb/$N>SYMBOL</a><td>DAY<td>ABOUT</tr>", "</table>" => "/vb/$N";
    the_link_is_the_summary: "<table><tr><td><b>Ngày ban hành</b><td><b>Số/Ký hiệu</b><td><b>Trích yếu</b></tr>", "<tr><td>DAY<td>SYMBOL<td><a href=/vb/$N>ABOUT</a></tr>", "</table>" => "/vb/$N";
    the_link_is_a_files_name: "<table><tr><th>Ký hiệu<th>Nội dung<th>Ngày<th>File</tr>", "<tr><td>SYMBOL<td>ABOUT<td>DAY<td><a href=/f/vb-$N.docx>vb-$N.docx</a></tr>", "</table>" => "/f/vb-$N.docx";
    the_symbol_leads_to_the_file: "<table><thead><tr><th>Số văn bản<th>Ngày ban hành<th>Tên văn bản</tr></thead><tbody>", "<tr><td><a href=/f/$N.pdf>SYMBOL</a><td>DAY<td>ABOUT</tr>", "</tbody></table>" => "/f/$N.pdf";
    an_english_table: "<table><tr><th>No.<th>Document number<th>Date of issue<th>Summary<th>Download</tr>", "<tr><td>1<td>SYMBOL<td>DAY<td>ABOUT<td><a href=/f/$N.pdf>Download</a></tr>", "</table>" => "/f/$N.pdf";
    a_table_without_a_header: "<table>", "<tr><td>SYMBOL<td>DAY<td>ABOUT<td><a href=/vb/$N>Xem</a></tr>", "</table>" => "/vb/$N";
    cards_of_labels_and_values: "<div class=list>", "<div class=vb><p>Số ký hiệu: <a href=/vb/$N>SYMBOL</a></p><p>Trích yếu: ABOUT</p><p>Ngày ban hành: DAY</p><p><a href=/f/$N.pdf>Tải về</a></p></div>", "</div>" => "/vb/$N";
    cards_with_a_definition_list: "<div class=list>", "<div class=item><dl><dt>Số hiệu</dt><dd>SYMBOL</dd><dt>Trích yếu</dt><dd><a href=/vb/$N>ABOUT</a></dd><dt>Ngày ban hành</dt><dd>DAY</dd></dl></div>", "</div>" => "/vb/$N";
    lines_with_symbol_and_summary: "<ul class=docs>", "<li><strong>SYMBOL</strong> <span>(DAY)</span><div><a href=/vb/$N>ABOUT</a></div></li>", "</ul>" => "/vb/$N";
    both_columns_are_links_to_one_page: "<table><tr><th>Số ký hiệu<th>Trích yếu<th>Ngày ban hành<th>Tải</tr>", "<tr><td><a href=/vb/$N>SYMBOL</a><td><a href=/vb/$N>ABOUT</a><td>DAY<td><a href=/f/$N.pdf>Tải về</a></tr>", "</table>" => "/vb/$N";
    the_link_says_kind_symbol_and_day: "<table><tr><th>Văn bản<th>Trích yếu<th>Ngày ban hành</tr>", "<tr><td><a href=/vb/$N>Quyết định số SYMBOL ngày DAY</a><td>ABOUT<td>DAY</tr>", "</table>" => "/vb/$N";
    the_summary_comes_before_the_symbol: "<table><tr><th>Nội dung văn bản<th>Tải văn bản<th>Ngày ký<th>Số KH</tr>", "<tr><td>ABOUT<td><a href=/f/$N.pdf><img src=/pdf.gif alt=pdf></a><td>DAY<td>SYMBOL</tr>", "</table>" => "/f/$N.pdf";
    cards_of_a_grid: "<div class=docs>", "<div class=doc><div class=r><span class=l>Số hiệu</span><span class=v>SYMBOL</span></div><div class=r><span class=l>Trích yếu</span><span class=v><a href=/vb/$N>ABOUT</a></span></div><div class=r><span class=l>Ngày ban hành</span><span class=v>DAY</span></div></div>", "</div>" => "/vb/$N";
    two_files_and_a_page: "<table><tr><th>Số ký hiệu<th>Trích yếu<th>Ngày ban hành<th>Tải</tr>", "<tr><td>SYMBOL<td><a href=/vb/$N>ABOUT</a><td>DAY<td><a href=/f/$N.pdf>pdf</a> <a href=/f/$N.doc>doc</a></tr>", "</table>" => "/vb/$N";
}

#[test]
fn a_title_that_names_its_symbol_stays_as_it_is() {
    let html = page(
        "<table><tr><th>Số ký hiệu<th>Trích yếu<th>Ngày ban hành</tr>",
        "<tr><td>SYMBOL<td><a href=/vb/$N>Quyết định số SYMBOL về ABOUT</a><td>DAY</tr>",
        "</table>",
    );
    let titles: Vec<String> = rows(&html).into_iter().map(|(_, title, _)| title).collect();
    assert_eq!(titles[2], "Quyết định số 208/QĐ-SNV về Báo cáo quý III");
}

#[test]
fn news_that_mentions_a_document_keeps_its_headline() {
    let html = page(
        "<div class=news>",
        "<div class=n><h3><a href=/tin/$N.html>Sở triển khai nhiệm vụ: ABOUT</a></h3><span>DAY</span><p>Thực hiện Quyết định số 15/QĐ-TTg, ngành tập trung nhiều giải pháp trong thời gian tới.</p></div>",
        "</div>",
    );
    let titles: Vec<String> = rows(&html).into_iter().map(|(_, title, _)| title).collect();
    assert_eq!(titles[2], "Sở triển khai nhiệm vụ: Báo cáo quý III");
}

#[test]
fn a_row_brings_its_document_s_symbol() {
    let html = page(
        "<table><tr><th>Số ký hiệu<th>Ngày ban hành<th>Trích yếu</tr>",
        "<tr><td><a href=/f/$N.pdf>SYMBOL</a><td>DAY<td>ABOUT</tr>",
        "</table>",
    );
    let url = Url::parse("https://so.example.vn/van-ban").expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let found = extract::detect(&html, &ListingRecipe::default(), reading);
    let symbols: Vec<&str> = found
        .rows
        .iter()
        .filter_map(|row| row.brought.as_ref())
        .flat_map(|brought| brought.refs.iter().map(|one| &*one.symbol))
        .collect();
    assert_eq!(symbols[..2], ["210/QĐ-SNV", "209/QĐ-SNV"]);
}
