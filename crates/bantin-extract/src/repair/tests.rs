use super::*;
use chrono::{DateTime, Utc};
use expect_test::{Expect, expect};
use url::Url;

fn title(n: usize) -> String {
    const OF: [&str; 7] = [
        "Khai mạc hội thi tin học trẻ",
        "Tập huấn chữ ký số cho cán bộ xã",
        "Kiểm tra trạm phát sóng tại huyện",
        "Hội nghị sơ kết công tác quý",
        "Phát động tuần lễ chuyển đổi số",
        "Giao ban báo chí thường kỳ",
        "Cấp phép xuất bản bản tin nội bộ",
    ];
    format!("{} lần thứ {n}", OF[n % OF.len()])
}

/// The items `newest`, one less … `oldest`, newest first, as the old page knew them.
fn known(newest: usize, oldest: usize) -> Vec<KnownRow> {
    (oldest..=newest)
        .rev()
        .map(|n| KnownRow {
            url: Url::parse(&format!("https://portal.example.vn/tin/{n}")).expect("an address"),
            title: title(n),
        })
        .collect()
}

fn day(n: usize) -> String {
    format!("{:02}/{:02}/2020", n % 28 + 1, n / 28 + 1)
}

fn cards(items: impl Iterator<Item = usize>, address: &str) -> String {
    let card = |n: usize| {
        format!(
            "<article class=\"card card-{n}\"><a href=\"{address}{n}\"><img src=/a/{n}.jpg></a><div class=txt><h3><a \
             href=\"{address}{n}\">{}</a></h3><time>{}</time></div></article>",
            title(n),
            day(n)
        )
    };
    items.map(card).collect()
}

const MENU: &str = "<nav><ul class=menu><li><a href=/>Trang chủ</a><li><a href=/gioi-thieu>Giới thiệu chung về Sở</a>\
                    <li><a href=/van-ban>Văn bản chỉ đạo điều hành</a></ul></nav>";

fn check(body: &str, known: &[KnownRow], expected: Expect) {
    let html = format!("<html><body>{MENU}{body}<footer>Bản quyền</footer></body></html>");
    let url = Url::parse("https://portal.example.vn/chuyen-muc").expect("an address");
    let now: DateTime<Utc> = "2022-05-22T08:00:00Z".parse().expect("a time");
    let reading = Reading { url: &url, zone: chrono_tz::Asia::Ho_Chi_Minh, now };
    let broken = ListingRecipe { item: Some("ul.tin > li".to_owned()), ..ListingRecipe::default() };
    let told = match repair(&html, &broken, known, reading) {
        None => "nothing".to_owned(),
        Some(repair) => format!(
            "{}\n{} rows, {} known: {}",
            repair.recipe.item.unwrap_or_default(),
            repair.rows.len(),
            repair.known,
            repair.evidence.join("; ")
        ),
    };
    expected.assert_eq(&told);
}

#[test]
fn the_list_is_found_by_the_addresses_of_items_that_we_know() {
    check(
        &format!("<main><div class=\"news grid\">{}</div></main>", cards((3..=14).rev(), "/tin/")),
        &known(12, 1),
        expect![[r#"
            div.news.grid > article.card
            12 rows, 10 known: 10 of its 12 rows are items that we know, by their addresses; 10 of our 10 newest items are among them; 9 of 9 neighbours stand in the order that we know; 12 of 12 rows have a date; 10 of 10 known items have the title that we know"#]],
    );
}

#[test]
fn the_list_is_found_by_titles_where_the_addresses_have_changed_too() {
    check(
        &format!(
            "<main><div class=\"news grid\">{}</div></main>",
            cards((3..=14).rev(), "/bai-viet/")
        ),
        &known(12, 1),
        expect![[r#"
            div.news.grid > article.card
            12 rows, 10 known: 10 of its 12 rows are items that we know, by their titles; their addresses have changed; 10 of our 10 newest items are among them; 9 of 9 neighbours stand in the order that we know; 12 of 12 rows have a date; 10 of 10 known items have the title that we know"#]],
    );
}

#[test]
fn a_sidebar_of_the_most_read_loses_to_the_list_of_the_newest() {
    let sidebar: String = [7, 2, 12, 5, 9, 1, 4]
        .iter()
        .map(|n| format!("<p class=hot-row><a href=/tin/{n}>{}</a></p>", title(*n)))
        .collect();
    check(
        &format!(
            "<aside class=most-read>{sidebar}</aside><main><div class=news>{}</div></main>",
            cards((3..=14).rev(), "/tin/")
        ),
        &known(12, 1),
        expect![[r#"
            div.news > article.card
            12 rows, 10 known: 10 of its 12 rows are items that we know, by their addresses; 10 of our 10 newest items are among them; 9 of 9 neighbours stand in the order that we know; 12 of 12 rows have a date; 10 of 10 known items have the title that we know"#]],
    );
    check(&format!("<aside class=most-read>{sidebar}</aside>"), &known(30, 1), expect!["nothing"]);
    check(&format!("<aside class=most-read>{sidebar}</aside>"), &known(12, 1), expect!["nothing"]);
}

#[test]
fn rows_in_several_boxes_of_the_same_making_are_one_list() {
    let boxes: String = [14, 11, 8, 5]
        .iter()
        .map(|n| format!("<div class=row>{}</div>", cards((n - 2..=*n).rev(), "/tin/")))
        .collect();
    check(
        &format!("<main>{boxes}</main>"),
        &known(12, 1),
        expect![[r#"
        div.row > article.card
        12 rows, 10 known: 10 of its 12 rows are items that we know, by their addresses; 10 of our 10 newest items are among them; 9 of 9 neighbours stand in the order that we know; 12 of 12 rows have a date; 10 of 10 known items have the title that we know"#]],
    );
}

#[test]
fn a_table_without_any_class_is_found_from_the_nearest_name() {
    let rows: String = (3..=14)
        .rev()
        .map(|n| format!("<tr><td>{}<td><a href=/tin/{n}>{}</a>", day(n), title(n)))
        .collect();
    check(
        &format!("<div id=noi-dung><div><table><tbody>{rows}</table></div></div>"),
        &known(12, 1),
        expect![[r#"
            div#noi-dung > div > table > tbody > tr
            12 rows, 10 known: 10 of its 12 rows are items that we know, by their addresses; 10 of our 10 newest items are among them; 9 of 9 neighbours stand in the order that we know; 12 of 12 rows have a date; 10 of 10 known items have the title that we know"#]],
    );
}

#[test]
fn a_page_without_any_known_item_or_with_links_that_are_called_nothing_is_not_repaired() {
    check(&cards(40..=50, "/tin/"), &known(12, 1), expect!["nothing"]);
    let nameless: String =
        (3..=14).map(|n| format!("<li><a href=/tin/{n}>Ảnh {}</a></li>", n % 2)).collect();
    check(&format!("<ul class=anh>{nameless}</ul>"), &known(12, 1), expect!["nothing"]);
    check("", &known(12, 1), expect!["nothing"]);
    check(&cards(1..=9, "/tin/"), &[], expect!["nothing"]);
}

#[test]
fn a_page_of_endless_nesting_or_of_thousands_of_links_is_repaired_like_any() {
    let deep = "<div>".repeat(400) + &cards((1..=12).rev(), "/tin/");
    check(
        &deep,
        &known(12, 1),
        expect![[r#"
        div > div > div > div > div > div > div > div > article.card
        12 rows, 12 known: 12 of its 12 rows are items that we know, by their addresses; 10 of our 10 newest items are among them; 11 of 11 neighbours stand in the order that we know; 12 of 12 rows have a date; 12 of 12 known items have the title that we know"#]],
    );
    let many: String = (0..8_000)
        .map(|n| format!("<p class=p{n}><a href=/tin/{}>{}</a>", n % 200, title(n % 200)))
        .collect();
    check(
        &many,
        &known(199, 1),
        expect![[r#"
        body > p
        200 rows, 199 known: 199 of its 200 rows are items that we know, by their addresses; 10 of our 10 newest items are among them; 198 of 198 neighbours stand in the order that we know; 0 of 200 rows have a date; 199 of 199 known items have the title that we know"#]],
    );
}
