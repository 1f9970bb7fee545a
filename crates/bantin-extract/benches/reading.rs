//! How fast pages are read: `cargo bench --bench reading`
//!
//! A listing of about 50 KB, and the same portal with two, four and eight times the rows: what a page costs must grow as
//! the page does. An article, beside dom_smoothie (a readability of good repute) on the same page in the same run, turn
//! about: this machine may be noisy, a ratio is not.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bantin_extract::model::{ArticleRecipe, ListingRecipe};
use bantin_extract::{self as extract, Reading};
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const ROUNDS: usize = 60;

fn main() {
    let url =
        Url::parse("https://portal.example.gov.vn/tin-hoat-dong").expect("a constant address");
    let now: DateTime<Utc> = "2020-06-22T10:00:00Z".parse().expect("a constant time");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let recipe =
        ListingRecipe { item: Some("ul.ds-tin > li".to_owned()), ..ListingRecipe::default() };

    println!("one core, median of {ROUNDS} rounds");
    println!(
        "{:>9} {:>6} {:>12} {:>12} {:>14}",
        "page", "rows", "by recipe", "by detection", "ms per 50 KB"
    );
    for times in [1, 2, 4, 8] {
        let page = listing(60 * times);
        let rows = extract::listing(&page, &recipe, reading).rows;
        assert_eq!(rows.len(), 60 * times, "the bench reads what it means to read");
        assert!(rows.iter().all(|row| row.published.is_known()));
        let [by_recipe, by_detection] = in_turn([
            &mut || drop(black_box(extract::listing(&page, &recipe, reading))),
            &mut || drop(black_box(extract::detect(&page, &ListingRecipe::default(), reading))),
        ]);
        println!(
            "{:>6} KB {:>6} {:>9.2} ms {:>9.2} ms {:>14.2}",
            page.len() / 1_000,
            rows.len(),
            milliseconds(by_recipe),
            milliseconds(by_detection),
            milliseconds(by_detection) * 50_000.0 / page.len() as f64
        );
    }

    let page = article();
    let (read, _) = extract::article(&page, &ArticleRecipe::default(), reading);
    assert!(read.content_text.len() > 10_000, "the bench reads what it means to read");
    let [ours, peer] = in_turn([
        &mut || drop(black_box(extract::article(&page, &ArticleRecipe::default(), reading))),
        &mut || {
            let settings =
                dom_smoothie::Config { max_elements_to_parse: 100_000, ..Default::default() };
            let mut readability =
                dom_smoothie::Readability::new(page.as_str(), None, Some(settings))
                    .expect("the page is no address");
            drop(black_box(readability.parse()));
        },
    ]);
    println!(
        "article of {} KB: {:.2} ms, {:.2} times dom_smoothie's time (which gives no dates, bylines, documents or clean markup)",
        page.len() / 1_000,
        milliseconds(ours),
        ours.as_secs_f64() / peer.as_secs_f64()
    );
    let nested = "<div>".repeat(16_000) + "x";
    let begun = Instant::now();
    let refused = extract::listing(&nested, &recipe, reading);
    assert!(refused.rows.is_empty() && !refused.problems.is_empty());
    println!(
        "{} KB of nested <div>: refused after {:.2} ms",
        nested.len() / 1_000,
        milliseconds(begun.elapsed())
    );
}

/// The median time of each, run turn about so that what else the machine does hits all alike.
fn in_turn<const N: usize>(mut works: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (work, times) in works.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            work();
            times.push(begun.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    })
}

fn milliseconds(time: Duration) -> f64 {
    1_000.0 * time.as_secs_f64()
}

const SENTENCE: &str = "Lãnh đạo Sở đã làm việc với các phòng chuyên môn về tiến độ triển khai dịch vụ công trực tuyến, \
    an toàn thông tin và hạ tầng viễn thông trên địa bàn tỉnh. ";

/// A portal's page: menus on top and at the side, the list, a block of documents, a footer.
fn listing(rows: usize) -> String {
    let mut page = frame_head();
    page += "<div class=\"content\"><h2>Tin hoạt động</h2><ul class=\"ds-tin\">";
    for row in 0..rows {
        page += &format!(
            "<li class=\"tin\"><a class=\"anh\" href=\"/tin/{row}-hoi-nghi-trien-khai-nhiem-vu.html\"><img src=\"/anh/{row}.jpg\" alt=\"\"></a>\
             <h3><a href=\"/tin/{row}-hoi-nghi-trien-khai-nhiem-vu.html\" title=\"Hội nghị triển khai nhiệm vụ lần thứ {row}\">Hội nghị triển khai nhiệm vụ lần thứ {row} của ngành</a></h3>\
             <span class=\"ngay\">({}/{}/2020 8:26:51 SA)</span><p>{SENTENCE}{SENTENCE}</p>\
             <a class=\"xem\" href=\"/tin/{row}-hoi-nghi-trien-khai-nhiem-vu.html\">Xem tiếp</a></li>\n",
            row % 28 + 1,
            row % 5 + 1
        );
    }
    page += "</ul><div class=\"trang\"><a href=\"?page=2\">2</a> <a href=\"?page=3\">3</a> <a href=\"?page=2\">Trang sau</a></div></div>";
    page + &frame_foot()
}

fn article() -> String {
    let mut page = frame_head();
    page += "<div class=\"content\"><h1>Hội nghị triển khai nhiệm vụ của ngành</h1><div class=\"ngay\">22/05/2020 8:26:51 SA</div><div class=\"noidung\">";
    for _ in 0..60 {
        page += &format!("<p>{SENTENCE}{SENTENCE}</p>");
    }
    page += "<p style=\"text-align:right\"><b>Tin và ảnh: Văn Hòa</b></p></div><div class=\"tinkhac\"><h3>CÁC TIN KHÁC</h3><ul>";
    for row in 0..20 {
        page += &format!(
            "<li><a href=\"/tin/{row}-tin-cu.html\">Tin cũ hơn thứ {row} của ngành thông tin</a> (2{}/4/2020)</li>",
            row % 9
        );
    }
    page += "</ul></div></div>";
    page + &frame_foot()
}

fn frame_head() -> String {
    let mut page = "<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\"><title>Sở mẫu</title></head><body><div class=\"menu\"><ul>".to_owned();
    for entry in 0..60 {
        page += &format!("<li><a href=\"/muc/{entry}\">Mục {entry}</a></li>");
    }
    page + "</ul></div>"
}

fn frame_foot() -> String {
    let mut page = "<div class=\"cot-phai\"><h3>Liên kết</h3><ul>".to_owned();
    for entry in 0..40 {
        page +=
            &format!("<li><a href=\"https://so{entry}.example.gov.vn/\">Sở thứ {entry}</a></li>");
    }
    page + "</ul></div><div class=\"chan\">Bản quyền thuộc Sở mẫu. Điện thoại: 0233 3 123 456</div></body></html>"
}
