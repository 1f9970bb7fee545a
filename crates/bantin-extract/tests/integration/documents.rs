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

// Grids of boxes with a row of heads.
layouts! {
    a_grid_with_roles: "<div role=table><div role=row><span role=columnheader>Số hiệu</span><span role=columnheader>Trích yếu</span><span role=columnheader>Hiệu lực</span><span role=columnheader>Ngày ban hành</span></div>", "<div role=row><span role=cell>SYMBOL</span><span role=cell><a href=/vb/$N>ABOUT</a></span><span role=cell>28/11/2026</span><span role=cell>DAY</span></div>", "</div>" => "/vb/$N";
    a_grid_with_roles_and_groups: "<div role=grid><div role=rowgroup><div role=row><div role=columnheader>Ngày hiệu lực</div><div role=columnheader>Ngày ký</div><div role=columnheader>Số ký hiệu</div><div role=columnheader>Trích yếu</div></div></div><div role=rowgroup>", "<div role=row class=mat-row><div role=gridcell>29/11/2026</div><div role=gridcell>DAY</div><div role=gridcell>SYMBOL</div><div role=gridcell><a href=/vb/$N>ABOUT</a></div></div>", "</div></div>" => "/vb/$N";
    a_grid_whose_first_row_is_of_labels: "<div class=ds><div class=row><div class=c2>Số hiệu</div><div class=c6>Trích yếu</div><div class=c2>Ngày hiệu lực</div><div class=c2>Ngày ban hành</div></div>", "<div class=row><div class=c2><a href=/vb/$N>SYMBOL</a></div><div class=c6>ABOUT</div><div class=c2>28/11/2026</div><div class=c2>DAY</div></div>", "</div>" => "/vb/$N";
    a_grid_with_a_head_of_its_own: "<div class=tb><div class=thead><div class=th><div>Ngày hết hiệu lực</div><div>Số ký hiệu</div><div>Ngày ban hành</div><div>Trích yếu nội dung</div></div></div><div class=tbody>", "<div class=tr><div>30/11/2026</div><div>SYMBOL</div><div>DAY</div><div><a href=/vb/$N>ABOUT</a></div></div>", "</div></div>" => "/vb/$N";
    a_grid_with_a_head_beside_the_rows: "<div class=tb><div class=head><span>Số hiệu</span><span>Ngày áp dụng</span><span>Ngày ban hành</span><span>Trích yếu</span><span>Tải về</span></div><div class=body>", "<div class=dong><span>SYMBOL</span><span>28/11/2026</span><span>DAY</span><span>ABOUT</span><span><a href=/f/$N.pdf>Tải về</a></span></div>", "</div></div>" => "/f/$N.pdf";
    a_list_with_a_head: "<ul class=vb><li class=h><b>STT</b><b>Số hiệu</b><b>Trích yếu</b><b>Ngày ban hành</b></li>", "<li><i>1</i><i>SYMBOL</i><i><a href=/vb/$N>ABOUT</a></i><i>DAY</i></li>", "</ul>" => "/vb/$N";
    a_grid_with_an_issuer_longer_than_the_summary: "<div class=g><div class=r><div>Số hiệu</div><div>Cơ quan ban hành</div><div>Nội dung</div><div>Ngày ban hành</div><div>Tệp</div></div>", "<div class=r><div>SYMBOL</div><div>Ủy ban nhân dân tỉnh Mẫu và Ban Chỉ đạo phòng chống thiên tai, tìm kiếm cứu nạn tỉnh</div><div>ABOUT</div><div>DAY</div><div><a href=/f/$N.pdf>PDF</a></div></div>", "</div>" => "/f/$N.pdf";
    a_grid_of_cells_in_cells: "<div class=flex-table><div class=flex-row><div class=cell><span>Trích yếu</span></div><div class=cell><span>Ngày có hiệu lực</span></div><div class=cell><span>Số/Ký hiệu</span></div><div class=cell><span>Ngày ký</span></div></div>", "<div class=flex-row><div class=cell><p><a href=/vb/$N>ABOUT</a></p></div><div class=cell><span>28/11/2026</span></div><div class=cell><span>SYMBOL</span></div><div class=cell><span>DAY</span></div></div>", "</div>" => "/vb/$N";
    a_grid_that_says_its_heads_in_each_cell: "<div class=rt>", "<div class=tr><div class=td data-label='Số hiệu'>SYMBOL</div><div class=td data-label='Trích yếu'><a href=/vb/$N>ABOUT</a></div><div class=td data-label='Hiệu lực'>28/11/2026</div><div class=td data-label='Ngày ban hành'>DAY</div></div>", "</div>" => "/vb/$N";
    a_grid_in_english: "<div role=table><div role=rowgroup><div role=row><div role=columnheader>Document number</div><div role=columnheader>Effective date</div><div role=columnheader>Date of issue</div><div role=columnheader>Summary</div></div></div>", "<div role=row><div role=cell>SYMBOL</div><div role=cell>28/11/2026</div><div role=cell>DAY</div><div role=cell><a href=/vb/$N>ABOUT</a></div></div>", "</div>" => "/vb/$N";
}

#[test]
fn the_heads_of_a_grid_are_no_row() {
    let html = page(
        "<div class=ds><div class=row><div>Số hiệu</div><div>Trích yếu</div><div>Ngày ban hành</div></div>",
        "<div class=row><div>SYMBOL</div><div><a href=/vb/$N>ABOUT</a></div><div>DAY</div></div>",
        "</div>",
    );
    let url = Url::parse("https://so.example.vn/van-ban").expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let found = extract::detect(&html, &ListingRecipe::default(), reading);
    assert_eq!((found.rows.len(), found.problems.len()), (6, 0), "{:?}", found.problems);
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
