//! The files that an article's page hands out, in the forms in which portals do so, and those that are another's.

use bantin_extract::model::ArticleRecipe;
use bantin_extract::{self as extract, Reading};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const TEXT: [&str; 3] = [
    "Sáng nay, Sở Nội vụ tổ chức hội nghị phổ biến kế hoạch cải cách hành chính của ngành trong sáu tháng cuối năm.",
    "Dự hội nghị có lãnh đạo các phòng chuyên môn, đại diện ủy ban nhân dân các xã, phường và đông đảo cán bộ phụ trách.",
    "Kết luận hội nghị, lãnh đạo Sở đề nghị các đơn vị hoàn thành báo cáo trước ngày hai mươi lăm hằng tháng, gửi về Sở.",
];

/// An article with something before, in and after its text, in the frame of a portal.
fn page(before: &str, inside: &str, after: &str) -> String {
    let [first, second, third] = TEXT;
    format!(
        "<html><head><title>Hội nghị phổ biến kế hoạch cải cách hành chính</title></head><body>\
         <div class=top><ul class=menu><li><a href=/>Trang chủ</a></li><li><a href=/van-ban>Văn bản</a></li>\
         <li><a href=/files/so-do-to-chuc.pdf>Sơ đồ tổ chức</a></li></ul></div>\
         <div class=main><h1>Hội nghị phổ biến kế hoạch cải cách hành chính</h1><div class=day>12/11/2026 08:30</div>{before}\
         <div class=content><p>{first}</p><p>{second}</p>{inside}<p>{third}</p></div>{after}</div>\
         <div class=footer><p>Bản quyền thuộc Sở Nội vụ.</p><a href=/files/huong-dan.pdf>Hướng dẫn sử dụng cổng</a></div></body></html>"
    )
}

fn attachments(html: &str) -> Vec<(String, String)> {
    let url = Url::parse("https://so.example.vn/vi/tin/15.html").expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let (article, _) = extract::article(html, &ArticleRecipe::default(), reading);
    let short = |url: String| url.trim_start_matches("https://so.example.vn").to_owned();
    article.attachments.into_iter().map(|one| (short(one.url), one.title)).collect()
}

/// One file, and its title.
fn check(html: &str, url: &str, title: &str) {
    assert_eq!(attachments(html), [(url.to_owned(), title.to_owned())], "{html}");
}

fn none(html: &str) {
    assert_eq!(attachments(html), [], "{html}");
}

macro_rules! variants {
    ($($name:ident: $before:expr, $inside:expr, $after:expr => $($url:expr, $title:expr)?;)*) => {
        $(#[test]
        fn $name() {
            let html = page($before, $inside, $after);
            let wanted: Vec<(&str, &str)> = vec![$(($url, $title))?];
            match wanted[..] {
                [(url, title)] => check(&html, url, title),
                _ => none(&html),
            }
        })*
    };
}

variants! {
    a_link_in_a_paragraph_is_a_file: "", "<p>Xem <a href='/f/kh-12.pdf'>Kế hoạch số 12</a>.</p>", "" => "/f/kh-12.pdf", "Kế hoạch số 12";
    a_line_behind_the_text_is_a_file: "", "", "<p>File đính kèm: <a href=/f/kh-12.docx>kh-12.docx</a></p>" => "/f/kh-12.docx", "kh-12.docx";
    a_lone_link_behind_the_text_is_a_file: "", "", "<a href=/f/kh-12.xlsx>Biểu mẫu báo cáo</a>" => "/f/kh-12.xlsx", "Biểu mẫu báo cáo";
    a_table_of_files_behind_the_text: "", "", "<table><tr><th>Tên tệp</th><th>Tải</th></tr><tr><td>Phụ lục kèm theo kế hoạch</td><td><a href=/f/pl.rar>Tải về</a></td></tr></table>" => "/f/pl.rar", "Phụ lục kèm theo kế hoạch";
    a_list_under_a_heading: "", "", "<h4>Tập tin đính kèm</h4><ul><li><a href=/f/kh.pdf><img src=/pdf.png></a> <a href=/f/kh.pdf>Kế hoạch của Sở</a></li></ul>" => "/f/kh.pdf", "Kế hoạch của Sở";
    a_box_before_the_text: "<div class=box-file><span>Tài liệu:</span> <a href=/f/kh.pdf>Tải về</a></div>", "", "" => "/f/kh.pdf", "kh.pdf";
    a_frame_with_the_file: "", "<iframe src='/f/K%E1%BA%BF%20ho%E1%BA%A1ch.pdf#view=FitH' width=100%></iframe>", "" => "/f/K%E1%BA%BF%20ho%E1%BA%A1ch.pdf", "Kế hoạch.pdf";
    a_frame_with_googles_viewer: "", "<iframe src='https://docs.google.com/gview?url=https://so.example.vn/f/kh.pdf&amp;embedded=true'></iframe>", "" => "/f/kh.pdf", "kh.pdf";
    a_frame_with_an_office_viewer: "", "", "<div><iframe src='//view.officeapps.live.com/op/embed.aspx?src=https%3A%2F%2Fso.example.vn%2Ff%2Fkh.docx'></iframe></div>" => "/f/kh.docx", "kh.docx";
    a_frame_with_pdf_js: "", "<iframe src='/js/pdfjs/web/viewer.html?file=/f/kh.pdf'></iframe>", "" => "/f/kh.pdf", "kh.pdf";
    a_frame_that_loads_late: "", "<iframe data-src='/f/kh.pdf' src='about:blank'></iframe>", "" => "/f/kh.pdf", "kh.pdf";
    an_embedded_file: "", "", "<embed src=/f/kh.pdf type=application/pdf>" => "/f/kh.pdf", "kh.pdf";
    an_object_with_a_link_in_it: "", "<object data=/f/kh.pdf type=application/pdf><a href=/f/kh.pdf>Tải về</a></object>", "" => "/f/kh.pdf", "kh.pdf";
    a_script_with_name_and_address: "", "", "<div>Tệp đính kèm: <a href=\"javascript:downloadfile('kh 12.doc','/upload/2026/kh12.doc')\">kh 12.doc</a></div>" => "/upload/2026/kh12.doc", "kh 12.doc";
    a_script_in_an_attribute: "", "<p><a href='#' onclick=\"window.open('/f/kh.pdf','_blank'); return false;\">Toàn văn kế hoạch</a></p>", "" => "/f/kh.pdf", "Toàn văn kế hoạch";
    a_script_that_opens_a_handler: "", "", "<p>Đính kèm: <a href=\"javascript:taiTep('bao-cao.xls','/Handlers/Get.ashx?id=77')\">bao-cao.xls</a></p>" => "/Handlers/Get.ashx?id=77", "bao-cao.xls";
    liferays_folder_after_the_file: "", "<p><a href='/documents/20182/0/Ke+hoach.pdf/6f1c2a34-aa11-4c55-9d1e-0123456789ab?t=1700000000'>Kế hoạch cải cách</a></p>", "" => "/documents/20182/0/Ke+hoach.pdf/6f1c2a34-aa11-4c55-9d1e-0123456789ab?t=1700000000", "Kế hoạch cải cách";
    liferays_older_address: "", "", "<div class=taglib-file><a href='/c/document_library/get_file?uuid=6f1c2a34-aa11-4c55-9d1e-0123456789ab&amp;groupId=20182'>Kế hoạch cải cách.pdf</a></div>" => "/c/document_library/get_file?uuid=6f1c2a34-aa11-4c55-9d1e-0123456789ab&groupId=20182", "Kế hoạch cải cách.pdf";
    nukeviets_panel: "", "", "<div class='panel panel-default'><div class=panel-heading>File đính kèm</div><div class=panel-body><ul><li><em class='fa fa-download'></em> <a href='/vi/tin/Van-ban/download/kh.zip/?x=1' title='Tải về kh.zip'>Tải về: <strong>kh.zip</strong></a></li></ul></div></div>" => "/vi/tin/Van-ban/download/kh.zip/?x=1", "kh.zip";
    sharepoints_attachment: "", "", "<table class=ms-formtable><tr><td>Attachments</td><td><a href='/Lists/TinTuc/Attachments/12/kh.pdf'>kh.pdf</a></td></tr></table>" => "/Lists/TinTuc/Attachments/12/kh.pdf", "kh.pdf";
    dotnetnukes_ticket: "", "<p>Nội dung tại <a href='/LinkClick.aspx?fileticket=AbC_12%3d&amp;tabid=60'>Kế hoạch 12</a></p>", "" => "/LinkClick.aspx?fileticket=AbC_12%3d&tabid=60", "Kế hoạch 12";
    joomlas_downloads: "", "", "<p>Tài liệu kèm theo: <a href='/index.php?option=com_phocadownload&amp;view=category&amp;id=3&amp;download=41:ke-hoach&amp;Itemid=9'>Kế hoạch</a></p>" => "/index.php?option=com_phocadownload&view=category&id=3&download=41:ke-hoach&Itemid=9", "Kế hoạch";
    an_upload_folder: "", "", "<div class=news-attach><a href='/upload/104506/20261112/KH_12.signed.pdf' target=_blank>Xem</a></div>" => "/upload/104506/20261112/KH_12.signed.pdf", "KH_12.signed.pdf";
    a_text_that_names_the_file: "", "<p><a href='/tep-tin/9912'>Bieu mau 01.xlsx</a></p>", "" => "/tep-tin/9912", "Bieu mau 01.xlsx";
    a_title_that_names_the_file: "", "<p><a href='/tep-tin/9912' title='Biểu mẫu 01.docx'>Tải xuống</a></p>", "" => "/tep-tin/9912", "Biểu mẫu 01.docx";
    a_download_attribute: "", "", "<p><a href='/api/blob/9912' download='Biểu mẫu 01.pdf'>Tải về máy</a></p>" => "/api/blob/9912", "Biểu mẫu 01.pdf";
    an_address_in_a_data_attribute: "", "", "<p>Tập tin: <a href='javascript:void(0)' data-href='/f/kh.pdf'>kh.pdf</a></p>" => "/f/kh.pdf", "kh.pdf";
    a_book: "", "<p><a href=/f/so-tay.epub>Sổ tay cải cách hành chính</a></p>", "" => "/f/so-tay.epub", "Sổ tay cải cách hành chính";
    one_file_by_icon_and_by_text: "", "<p><a href='http://so.example.vn/f/kh.pdf'><img src=/icon.gif alt=pdf></a> <a href='/f/kh.pdf'>Kế hoạch số 12</a></p>", "" => "http://so.example.vn/f/kh.pdf", "Kế hoạch số 12";
    a_link_that_only_says_here: "", "<p>Kế hoạch xem <a href='/f/Ke%20hoach%2012.pdf'>tại đây</a>.</p>", "" => "/f/Ke%20hoach%2012.pdf", "Ke hoach 12.pdf";
    files_before_other_news: "", "", "<div class=bottom><p><b>Đính kèm:</b> <a href=/f/kh.pdf>Kế hoạch</a></p><div class=khac><h3>Tin khác</h3><ul><li><a href=/tin/9.html>Khai giảng lớp bồi dưỡng nghiệp vụ văn thư năm nay</a></li></ul></div></div>" => "/f/kh.pdf", "Kế hoạch";
    a_box_of_new_documents_is_anothers: "", "", "<div class=col><h3>Văn bản mới</h3><ul><li><a href=/vb/1.pdf>Quyết định ban hành quy chế làm việc</a></li><li><a href=/vb/2.pdf>Kế hoạch tuyển dụng</a></li></ul></div>" =>;
    a_box_of_directing_documents_is_anothers: "<div class=box><div class=box-title>Văn bản chỉ đạo điều hành</div><div><a href=/vb/1.doc>45/KH-SNV</a></div><div><a href=/vb/2.doc>46/KH-SNV</a></div></div>", "", "" =>;
    a_row_of_other_news_with_its_file_is_anothers: "", "", "<h3>Các văn bản khác</h3><div class=row><a href=/vb/1>Quyết định ban hành quy chế làm việc của Sở</a> <span>Đính kèm: <a href=/vb/1.doc>Tải về</a></span></div><div class=row><a href=/vb/2>Kế hoạch tuyển dụng công chức năm nay</a> <span>Đính kèm: <a href=/vb/2.doc>Tải về</a></span></div>" =>;
    related_documents_are_anothers: "", "", "<div class=vanbanlienquan><p>Đính kèm</p><a href=/vb/1.pdf>Nghị quyết 5</a></div>" =>;
    a_side_columns_files_are_anothers: "", "", "</div><div class=right><div class=title>Công khai ngân sách</div><a href=/ns/2026.xls>Dự toán năm 2026</a><a href=/ns/2025.xls>Dự toán năm 2025</a>" =>;
    a_plan_on_googles_drive: "", "<p>Xem <a href='https://drive.google.com/file/d/1aBcD_e/view?usp=sharing'>Kế hoạch số 12/KH-SNV</a>.</p>", "" => "https://drive.google.com/file/d/1aBcD_e/view?usp=sharing", "Kế hoạch số 12/KH-SNV";
    a_list_on_googles_tables: "", "", "<p><a href='https://docs.google.com/spreadsheets/d/1aBcD_e/edit#gid=0'>Danh sách thí sinh</a></p>" => "https://docs.google.com/spreadsheets/d/1aBcD_e/edit", "Danh sách thí sinh";
    a_form_of_words_on_googles_documents: "", "<p><a href='https://docs.google.com/document/d/1aBcD_e/edit?usp=sharing'>Mẫu đơn đăng ký</a></p>", "" => "https://docs.google.com/document/d/1aBcD_e/edit?usp=sharing", "Mẫu đơn đăng ký";
    an_older_address_of_googles_drive: "", "<p><a href='https://drive.google.com/open?id=1aBcD_e'>Phụ lục I</a></p>", "" => "https://drive.google.com/open?id=1aBcD_e", "Phụ lục I";
    a_download_from_googles_drive: "", "", "<p><a href='https://drive.google.com/uc?export=download&amp;id=1aBcD_e'>Tải về Báo cáo sơ kết</a></p>" => "https://drive.google.com/uc?export=download&id=1aBcD_e", "Tải về Báo cáo sơ kết";
    a_short_address_of_onedrive: "", "<p>Kèm theo: <a href='https://1drv.ms/b/s!AbCdEf'>Tờ trình của Sở</a></p>", "" => "https://1drv.ms/b/s!AbCdEf", "Tờ trình của Sở";
    a_long_address_of_onedrive: "", "<p><a href='https://onedrive.live.com/?authkey=%21Ab&amp;id=CD%21107&amp;cid=EF'>Dự thảo quy chế làm việc</a></p>", "" => "https://onedrive.live.com/?authkey=%21Ab&id=CD%21107&cid=EF", "Dự thảo quy chế làm việc";
    a_document_on_sharepoint_online: "", "", "<p><a href='https://sonoivu.sharepoint.com/:w:/s/vb/EaBcD?e=x1'>Công văn hướng dẫn</a></p>" => "https://sonoivu.sharepoint.com/:w:/s/vb/EaBcD?e=x1", "Công văn hướng dẫn";
    a_shared_file_that_is_announced: "", "", "<div><b>File đính kèm:</b> <a href='https://drive.google.com/file/d/1aBcD_e/view'>tại đây</a></div>" => "https://drive.google.com/file/d/1aBcD_e/view", "tại đây";
    a_frame_with_googles_document: "", "<iframe src='https://docs.google.com/document/d/1aBcD_e/preview'></iframe>", "" => "https://docs.google.com/document/d/1aBcD_e/preview", "preview";
    a_shared_film_is_no_file: "", "<p>Xem lại <a href='https://drive.google.com/file/d/1aBcD_e/view'>buổi phát trực tiếp</a></p>", "" =>;
    a_shared_folder_is_no_file: "", "<p>Xem <a href='https://drive.google.com/drive/folders/1aBcD_e'>Tài liệu hội nghị</a></p>", "" =>;
    a_questionnaire_is_no_file: "", "<p>Điền <a href='https://docs.google.com/forms/d/e/1FAI/viewform'>Biểu mẫu khảo sát</a></p>", "" =>;
    a_link_to_a_page_about_files_is_none: "", "<p>Xem mục <a href=/tai-lieu>tài liệu tải về</a> và <a href='/LinkClick.aspx?link=60&amp;tabid=1'>trang khác</a>.</p>", "" =>;
    a_video_is_no_file: "", "<iframe src='https://www.youtube.com/embed/abc?file=x'></iframe>", "" =>;
    a_wikis_page_of_a_file_is_none: "", "<p><a href='https://vi.wikipedia.org/wiki/File:So_do.pdf'>Sơ đồ</a></p>", "" =>;
    a_hidden_box_is_none: "", "", "<div style='display:none'><a href=/f/an.pdf>Bản ẩn</a></div>" =>;
}

#[test]
fn several_files_keep_their_order_and_names() {
    let html = page(
        "",
        "<p>Theo <a href=/f/a.pdf>Quyết định 5</a></p>",
        "<div><strong>Tài liệu đính kèm</strong><br><a href=/f/b.doc>b.doc</a><br><a href=/f/a.pdf>a.pdf</a><br><a href=/f/c.xls>Phụ lục (12 KB)</a></div>",
    );
    let found: Vec<String> = attachments(&html).into_iter().map(|(url, _)| url).collect();
    assert_eq!(found, ["/f/a.pdf", "/f/b.doc", "/f/c.xls"]);
}

#[test]
fn a_notice_of_one_sentence_has_its_file() {
    let html = "<html><head><title>Thông báo tuyển dụng</title></head><body><div class=main><h1>Thông báo tuyển dụng viên chức</h1>\
        <div class=nd><p>Chi tiết xem <a href=/f/tb.pdf>Thông báo số 9</a></p></div></div>\
        <div class=side><h3>Văn bản mới</h3><a href=/f/khac.pdf>Quyết định ban hành quy chế</a></div>\
        <div id=footer><p>Bản quyền thuộc Sở Nội vụ tỉnh Mẫu, giấy phép số 5/GP-STTTT cấp ngày 01/02/2015, điện thoại 0200.000.111.</p></div></body></html>";
    check(html, "/f/tb.pdf", "Thông báo số 9");
}
