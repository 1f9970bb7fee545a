//! `bantin detect`, `read` and `date` as an admin runs them: the program itself, on files.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const BASE: &str = "https://so.example.gov.vn/tin-tuc";

fn bantin(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bantin"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .output()
        .expect("the program starts")
}

/// Runs a command on a page saved as `page.html`; its exit code and what it printed on both outputs.
#[track_caller]
fn on_page(page: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder for the page");
    std::fs::write(folder.path().join("page.html"), page).expect("the page is written");
    let output = bantin(folder.path(), arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 only");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn json(page: &str, arguments: &[&str]) -> Value {
    let (code, out, err) = on_page(page, arguments);
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).expect("one JSON document and nothing else")
}

/// A department's page: a menu, eight news with their days, a pager, links to other offices.
fn listing() -> String {
    let titles = [
        "Hội nghị sơ kết công tác sáu tháng đầu năm của ngành",
        "Tập huấn an toàn thông tin cho cán bộ cấp xã",
        "Khai trương tuyến cáp quang ra đảo",
        "Kiểm tra việc chấp hành pháp luật về bưu chính",
        "Công bố danh mục dịch vụ công trực tuyến mức độ bốn",
        "Đoàn công tác của Bộ làm việc với lãnh đạo Sở",
        "Phát động cuộc thi viết về chuyển đổi số",
        "Lấy ý kiến dự thảo quy chế quản lý đài truyền thanh",
    ];
    let rows: String = (1..)
        .zip(titles)
        .map(|(n, title)| {
            format!("<div class=\"tin\"><h4><a href=\"/tin-tuc/{n}-bai-viet.html\">{title}</a></h4><span>({}/5/2020)</span></div>", 23 - n)
        })
        .collect();
    format!(
        "<html lang=vi><head><title>Sở mẫu</title><link rel=alternate type=application/rss+xml title='Tin của Sở' href=/rss.xml></head><body>\
         <ul class=menu><li><a href=/>Trang chủ</a><li><a href=/gioi-thieu>Giới thiệu</a><li><a href=/tin-tuc>Tin tức</a><li><a href=/van-ban>Văn bản</a><li><a href=/lien-he>Liên hệ</a></ul>\
         <div class=noi-dung>{rows}<div class=trang><a href='?page=2'>2</a> <a href='?page=3'>3</a></div></div>\
         <div class=lien-ket><a href=https://a.example.gov.vn/>Sở A</a> <a href=https://b.example.gov.vn/>Sở B</a></div></body></html>"
    )
}

const ABOUT: &str = "<html><body><ul><li><a href=/>Trang chủ</a><li><a href=/gioi-thieu>Giới thiệu</a><li><a href=/lien-he>Liên hệ</a></ul>\
    <h1>Giới thiệu</h1><p>Sở là cơ quan chuyên môn thuộc Ủy ban nhân dân tỉnh, tham mưu về báo chí, xuất bản, bưu chính và viễn thông trên địa bàn.</p></body></html>";

#[test]
fn detect_shows_the_rows_the_recipe_why_it_won_and_the_feed_of_the_page() {
    let (code, out, err) = on_page(
        &listing(),
        &["detect", "page.html", "--base", BASE, "--now", "2020-05-23T00:00:00Z"],
    );
    assert_eq!(code, Some(0), "{err}");
    for part in [
        "2020-05-22  Hội nghị sơ kết công tác sáu tháng đầu năm của ngành",
        "https://so.example.gov.vn/tin-tuc/8-bai-viet.html",
        "8 rows, 8 of them with a date.",
        "[source.listing]\nitem = ",
        "Why this list: score ",
        "https://so.example.gov.vn/rss.xml (Tin của Sở)",
    ] {
        assert!(out.contains(part), "{part} is not in:\n{out}");
    }
    assert!(!out.contains("Giới thiệu  "), "no menu entry is a row:\n{out}");
}

#[test]
fn detect_as_json_has_rows_recipe_and_problems() {
    let found = json(&listing(), &["detect", "page.html", "--base", BASE, "--json"]);
    let rows = found["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 8, "{found:#}");
    assert_eq!(rows[0]["url"], "https://so.example.gov.vn/tin-tuc/1-bai-viet.html");
    assert_eq!(rows[0]["title"], "Hội nghị sơ kết công tác sáu tháng đầu năm của ngành");
    assert_eq!(rows[0]["date"], "2020-05-22");
    assert!(found["recipe"]["item"].is_string(), "{found:#}");
    assert!(found["problems"].is_array());
    assert_eq!(found["feeds"][0]["url"], "https://so.example.gov.vn/rss.xml");
}

#[test]
fn the_recipe_that_detect_shows_reads_the_same_rows_as_a_source() {
    let found = json(&listing(), &["detect", "page.html", "--base", BASE, "--json"]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("page.html"), listing()).expect("the page is written");
    let (_, shown, _) = on_page(&listing(), &["detect", "page.html", "--base", BASE]);
    let start = shown.find("[source.listing]").expect("a recipe to paste");
    let recipe: String = shown[start..]
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    let config = format!(
        "[server]\npublic_url = \"https://tin.example.gov.vn\"\n[mail]\ntransport = \"folder:mail\"\nfrom = \"tin@example.gov.vn\"\nadmin = \"quantri@example.gov.vn\"\n\
         [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"{BASE}\"\nschedule = \"adaptive\"\n{recipe}"
    );
    std::fs::write(folder.path().join("config.toml"), config).expect("the config is written");
    let output =
        bantin(folder.path(), &["detect", "page.html", "--base", BASE, "--source", "so", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let again: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(again["rows"], found["rows"]);
}

#[test]
fn a_page_without_news_gives_no_rows_and_says_why() {
    let (code, _, err) = on_page(ABOUT, &["detect", "page.html", "--base", BASE]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("no list of news was found on https://so.example.gov.vn/tin-tuc: "),
        "{err}"
    );
    let found = json(ABOUT, &["detect", "page.html", "--base", BASE, "--json"]);
    assert_eq!(found["rows"], serde_json::json!([]));
    assert_eq!(found["recipe"], Value::Null);
    assert_ne!(found["problems"], serde_json::json!([]));
}

#[test]
fn detect_reads_a_feed_as_one() {
    let feed = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Sở</title><item><title>Tin thứ nhất</title><link>https://so.example.gov.vn/1</link><pubDate>Fri, 22 May 2020 08:26:51 +0700</pubDate></item></channel></rss>";
    let found = json(feed, &["detect", "page.html", "--base", BASE, "--json"]);
    assert_eq!(found["recipe"]["kind"], "feed");
    assert_eq!(found["rows"][0]["date"], "2020-05-22T08:26:51+07:00");
}

#[test]
fn read_as_json_names_documents_and_attachments() {
    let page = "<html lang=vi><head><title>Triển khai Nghị quyết - Sở mẫu</title></head><body><h1>Triển khai Nghị quyết của Chính phủ</h1>\
        <div>22/05/2020 8:26:51 SA</div><div itemprop=articleBody>\
        <p>Thực hiện Nghị quyết 17/NQ-CP ngày 7/3/2019 của Chính phủ về phát triển Chính phủ điện tử, Sở đã ban hành kế hoạch triển khai trong toàn ngành, giao nhiệm vụ cho từng phòng.</p>\
        <p>Kế hoạch nêu rõ các mốc thời gian, nguồn lực và cách phối hợp giữa các đơn vị trong tỉnh để hoàn thành nhiệm vụ.</p>\
        <p><a href=/tep/ke-hoach.pdf>Kế hoạch triển khai</a></p></div></body></html>";
    let read = json(page, &["read", "page.html", "--base", BASE, "--json"]);
    assert_eq!(read["title"], "Triển khai Nghị quyết của Chính phủ");
    assert_eq!(read["published"], "2020-05-22T08:26:51+07:00");
    assert_eq!(read["refs"][0]["symbol"], "17/NQ-CP");
    assert_eq!(read["refs"][0]["type"], "Nghị quyết");
    assert_eq!(read["refs"][0]["date"], "2019-03-07");
    assert_eq!(read["attachments"][0]["url"], "https://so.example.gov.vn/tep/ke-hoach.pdf");
    assert_eq!(read["attachments"][0]["type"], "application/pdf");
}

#[test]
fn a_file_that_is_not_there_and_a_base_that_is_none_are_told() {
    let (code, _, err) = on_page("", &["detect", "absent.html"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("reading absent.html"), "{err}");
    let (code, _, err) = on_page("", &["read", "page.html", "--base", "mailto:a@b.vn"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--base mailto:a@b.vn is not the address of a page"), "{err}");
}

#[test]
fn date_prints_a_value_or_null() {
    for (text, value) in [
        ("Ngày cập nhật: 22/05/2020 8:26:51 SA", Value::from("2020-05-22T08:26:51+07:00")),
        ("(22/5/2020)", Value::from("2020-05-22")),
        ("3/4 đại biểu", Value::Null),
        ("- 07/03/2026 08:47", Value::from("2026-03-07T08:47:00+07:00")),
        ("--07/03/2026--", Value::from("2026-03-07")),
        ("-x 07/03/2026", Value::from("2026-03-07")),
    ] {
        assert_eq!(json("", &["date", text, "--json"])["value"], value, "{text}");
        assert_eq!(json("", &["date", "--json", "--", text])["value"], value, "{text}");
    }
}

#[test]
fn rows_with_the_same_problem_are_one_line_and_one_object() {
    let page =
        listing().replace("<span>(21/5/2020)</span>", "").replace("<span>(20/5/2020)</span>", "");
    let found = json(&page, &["detect", "page.html", "--base", BASE, "--json"]);
    let expected = serde_json::json!([
        { "code": "no-date", "count": 2, "rows": [2, 3], "text": "rows 2-3: no date" }
    ]);
    assert_eq!(found["problems"], expected);
    let (_, out, _) = on_page(&page, &["detect", "page.html", "--base", BASE]);
    assert!(out.contains("\nProblem: rows 2-3: no date\n"), "{out}");
}

#[test]
fn detect_as_json_has_what_else_a_row_says_and_how_sure_it_is() {
    let page = listing().replace("<h4>", "<img src=/anh/1.jpg width=120 height=80><h4>");
    let found = json(&page, &["detect", "page.html", "--base", BASE, "--json"]);
    let confidence = found["confidence"].as_f64().expect("a number");
    assert!((0.5..=1.0).contains(&confidence), "{confidence}");
    let row = &found["rows"][0];
    assert_eq!(row["image"], "https://so.example.gov.vn/anh/1.jpg");
    assert!(row["lead"].is_null() && row["id"].is_null(), "{row}");
    let none = json(ABOUT, &["detect", "page.html", "--base", BASE, "--json"]);
    assert_eq!(none["confidence"], 0.0);
}

#[test]
fn a_list_that_leads_to_another_site_is_warned_of_on_a_line_of_its_own() {
    let page = listing().replace("href=\"/tin-tuc/", "href=\"https://bao.example.vn/tin-tuc/");
    let (_, out, err) = on_page(&page, &["detect", "page.html", "--base", BASE]);
    let line = "Warning: listing: 8 of 8 rows lead to another site, such as bao.example.vn";
    assert!(out.lines().any(|one| one == line), "{out}{err}");
}

#[test]
fn read_says_what_a_page_is_that_is_no_article() {
    for (page, code) in [
        (listing(), "is-listing"),
        ("<form><input name=u><input type=password name=p></form>".to_owned(), "login"),
        (
            "<div id=app></div><noscript>Enable JavaScript to run this app</noscript>".to_owned(),
            "javascript",
        ),
        ("<div></div>".to_owned(), "no-text"),
    ] {
        let read = json(&page, &["read", "page.html", "--base", BASE, "--json"]);
        let problems = read["problems"].as_array().expect("problems");
        assert!(problems.iter().any(|problem| problem["code"] == code), "{code}: {problems:?}");
    }
}
