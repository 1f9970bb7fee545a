//! Lists in surroundings that once hid them: long texts on a front page, headers of rows, themes with misleading names.

use bantin_extract::model::ListingRecipe;
use bantin_extract::{Reading, detect};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const TITLES: [&str; 6] = [
    "Kiểm tra công tác phòng cháy tại các chợ trên địa bàn",
    "Lễ ký kết chương trình phối hợp đào tạo nghề năm học mới",
    "Hưởng ứng Ngày chuyển đổi số quốc gia tại các xã, phường",
    "Đoàn viên thanh niên ra quân làm sạch bờ biển",
    "Hội nghị đối thoại với doanh nghiệp quý bốn",
    "Khánh thành trường mầm non ở xã đảo",
];

const PARAGRAPH: &str = "<p>Cán bộ và nhân dân trong tỉnh tích cực thi đua lao động sản xuất, giữ gìn an ninh trật tự, chăm lo cho \
    người có công và hộ nghèo, từng bước nâng cao đời sống ở các xã vùng sâu, vùng xa của tỉnh.</p>";

#[track_caller]
fn check(page: &str, base: &str, rows: usize) {
    let url = Url::parse(base).expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let html = format!("<html><body>{page}</body></html>");
    let found = detect(&html, &ListingRecipe::default(), reading);
    assert_eq!(found.rows.len(), rows, "{:?}\n{page}", found.problems);
}

fn row(nth: usize, title: &str) -> String {
    format!(
        "<div><a href='/tin/bai-{nth}.html'>{title}</a> <small>{}/11/2026</small></div>",
        28 - nth
    )
}

fn rows() -> String {
    TITLES.iter().enumerate().map(|(nth, title)| row(nth, title)).collect()
}

#[test]
fn a_front_page_with_a_long_text_still_lists_its_news() {
    for paragraphs in [0, 5, 12, 40] {
        let text = format!("<div class=gioi-thieu>{}</div>", PARAGRAPH.repeat(paragraphs));
        for base in [
            "https://so.example.gov.vn/",
            "https://so.example.gov.vn/trang-chu",
            "https://so.example.gov.vn/index.php",
        ] {
            check(&format!("{text}<div class=tin>{}</div>", rows()), base, 6);
            check(&format!("<div class=tin>{}</div>{text}", rows()), base, 6);
        }
    }
}

#[test]
fn an_article_with_links_below_is_no_list() {
    let links: String = TITLES
        .iter()
        .enumerate()
        .map(|(nth, title)| format!("<li><a href='/tin/bai-{nth}.html'>{title}</a></li>"))
        .collect();
    let page = format!(
        "<h1>Hội nghị tổng kết năm</h1><div class=content>{}</div><h3>Tin liên quan</h3><ul>{links}</ul>",
        PARAGRAPH.repeat(20)
    );
    check(&page, "https://so.example.gov.vn/tin/hoi-nghi-tong-ket-nam-9.html", 0);
}

#[test]
fn a_list_of_whole_texts_is_one_whatever_the_header_of_a_row_is_called() {
    for header in [
        "page-header",
        "entry-header",
        "item-header",
        "cardHeader",
        "post_header",
        "tin-header",
        "x",
    ] {
        for paragraphs in [1, 6, 20] {
            let rows: String = TITLES
                .iter()
                .enumerate()
                .map(|(nth, title)| {
                    format!(
                        "<div class=muc><div class='{header}'><h2><a href='/hoat-dong/{nth}-bai-viet-trong-thang'>{title}</a></h2></div>\
                         {}</div>",
                        PARAGRAPH.repeat(paragraphs)
                    )
                })
                .collect();
            check(
                &format!("<div class=blog>{rows}</div>"),
                "https://so.example.gov.vn/hoat-dong",
                6,
            );
        }
    }
}

#[test]
fn a_theme_named_like_a_byline_hides_no_list() {
    for name in ["avatar-main-content", "avatar-content", "x"] {
        let list = TITLES.iter().enumerate().map(|(nth, title)| {
            format!("<div class=muc><h2><a href='/hoat-dong/{nth}-bai-viet-trong-thang'>{title}</a></h2>{PARAGRAPH}</div>")
        });
        let page = format!(
            "<div id=khung><p>Đường dây nóng: 0203 000 000</p><div id='{name}'>{}</div></div>",
            list.collect::<String>()
        );
        check(&page, "https://so.example.gov.vn/hoat-dong", 6);
    }
}
