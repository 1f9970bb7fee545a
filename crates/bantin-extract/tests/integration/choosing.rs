//! Rows beside the news that are no news of the page, and what the rows are called and dated by.

use bantin_extract::model::ListingRecipe;
use bantin_extract::{Reading, dates, detect, listing};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const TITLES: [&str; 10] = [
    "Xã Hòa Lộc khánh thành cầu dân sinh qua suối Cạn",
    "Sở Công Thương kiểm tra chợ đầu mối trước rằm tháng bảy",
    "Công bố danh mục dịch vụ công trực tuyến toàn trình năm nay",
    "Lấy ý kiến về dự thảo nghị quyết hỗ trợ hợp tác xã trẻ",
    "Hơn trăm đoàn viên tham gia trồng rừng ven biển An Phú",
    "Tập huấn phòng cháy cho các cơ sở giáo dục mầm non",
    "Nghiệm thu công trình nước sạch liên xã vùng hạ huyện",
    "Bế giảng lớp bồi dưỡng kiến thức quốc phòng đối tượng bốn",
    "Triển lãm ảnh về nghề dệt chiếu của làng Thượng Đồng",
    "Giao ban công tác tuyên giáo chín tháng đầu năm nay",
];

/// A piece of markup for each number: `{n}` the number, `{t}` a title.
fn each(of: std::ops::Range<usize>, template: &str) -> String {
    of.map(|n| template.replace("{n}", &n.to_string()).replace("{t}", TITLES[n % TITLES.len()]))
        .collect()
}

fn page(body: &str) -> String {
    format!(
        "<html lang=vi><meta charset=utf-8><title>Huyện An Phú</title><body><ul class=menu><li><a href=/>Trang chủ</a>\
        <li><a href=/gioi-thieu>Giới thiệu</a><li><a href=/tin-tuc>Tin tức</a><li><a href=/lien-he>Liên hệ</a></ul>\
        <div id=noi-dung>{body}</div><div class=chan>Cơ quan chủ quản: UBND huyện An Phú</div>"
    )
}

/// The rows of a front page: address, title and date.
fn rows(body: &str) -> Vec<(String, String, Option<String>)> {
    let html = page(body);
    let url = Url::parse("https://anphu.example.gov.vn/").expect("a fixed address");
    let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let found = detect(&html, &ListingRecipe::default(), reading);
    if let Some(recipe) = &found.recipe {
        assert_eq!(listing(&html, recipe, reading).rows, found.rows, "the recipe reads the same");
    }
    let shown = |published| dates::show(published, Ho_Chi_Minh);
    found
        .rows
        .into_iter()
        .map(|row| (row.url.path().to_owned(), row.title, shown(row.published)))
        .collect()
}

/// Asserts that all pages are read as wanted, and says how many are.
fn check<T: PartialEq + std::fmt::Debug>(
    pages: &[(&str, String)],
    wanted: impl Fn(&str) -> T,
    read: impl Fn(&str) -> T,
) {
    let mut wrong = Vec::new();
    for (name, body) in pages {
        let (wanted, got) = (wanted(name), read(body));
        if wanted != got {
            wrong.push(format!("{name}:\n  wanted {wanted:?}\n  got    {got:?}"));
        }
    }
    let right = pages.len() - wrong.len();
    assert!(wrong.is_empty(), "{right} of {} right\n{}", pages.len(), wrong.join("\n"));
}

fn addresses(body: &str) -> Vec<String> {
    let mut addresses: Vec<String> = rows(body).into_iter().map(|(path, ..)| path).collect();
    addresses.sort();
    addresses
}

fn news(of: std::ops::Range<usize>) -> Vec<String> {
    let mut addresses: Vec<String> =
        of.map(|n| format!("/tin/bai-viet-so-{n}-2026{n}0001.html")).collect();
    addresses.sort();
    addresses
}

const HEADLINE: &str = "<a href=/tin/bai-viet-so-{n}-2026{n}0001.html>{t}</a>";

fn of_news(of: std::ops::Range<usize>, template: &str) -> String {
    each(of, &template.replace("{a}", HEADLINE))
}

#[test]
fn films_beside_the_news_of_a_front_page_are_no_news() {
    let river = of_news(0..5, "<div class=tin><h3>{a}</h3><p>Tin trong ngày.</p></div>");
    let with = |films: String| format!("<div class=cot>{river}</div><div class=ben>{films}</div>");
    let film = |folder: &str, template: &str| {
        let link = format!("href=/{folder}/phim-ngan-so-{{n}}-10130{{n}}.htm");
        each(5..9, &template.replace("{l}", &link))
    };
    let pages = [
        (
            "a box of films in list items",
            with(format!(
                "<div class=box><ul>{}</ul></div>",
                film(
                    "video",
                    "<li><a {l}><img src=/i{n}.jpg alt='{t}'></a><h3><a {l}>{t}</a></h3></li>"
                )
            )),
        ),
        (
            "made as the news are",
            with(film("video", "<div class=tin><h3><a {l}>{t}</a></h3><p>Phim.</p></div>")),
        ),
        (
            "clips",
            with(format!(
                "<section><h2>Xem gì hôm nay</h2>{}</section>",
                film("clip", "<p><a {l}>{t}</a></p>")
            )),
        ),
        ("videos in cards", with(film("videos", "<div class=the><h4><a {l}>{t}</a></h4></div>"))),
        (
            "albums",
            with(film(
                "album",
                "<div class=anh><a {l}><img src=/a{n}.jpg></a><h3><a {l}>{t}</a></h3></div>",
            )),
        ),
        (
            "a gallery in a table",
            with(format!(
                "<table>{}</table>",
                film("thu-vien-anh", "<tr><td><h3><a {l}>{t}</a></h3></td></tr>")
            )),
        ),
        (
            "films before the news",
            format!(
                "<ul>{}</ul>{river}",
                film("video", "<li class=v><h3><a {l}>{t}</a></h3><p>Phim</p></li>")
            ),
        ),
        (
            "films in a folder of a section",
            with(film("media/video", "<div class=tin><h3><a {l}>{t}</a></h3><p>Phim.</p></div>")),
        ),
        (
            "services made as the news are",
            with(film(
                "dich-vu-cong",
                "<div class=tin><h3><a {l}>{t}</a></h3><p>Mức bốn.</p></div>",
            )),
        ),
        (
            "questions and answers",
            with(film("hoi-dap", "<div class=tin><h3><a {l}>{t}</a></h3><p>Đã trả lời.</p></div>")),
        ),
    ];
    check(&pages, |_| news(0..5), addresses);
}

#[test]
fn links_that_a_teaser_points_to_are_no_rows() {
    let pointed = "href=/tin/bai-cu-lien-quan-{n}-2025{n}0007.html";
    let with = |row: &str| of_news(0..5, &row.replace("{l}", pointed));
    let pages = [
        (
            "two arrows in the lead",
            with("<div class=tin><h3>{a}</h3><div class=y>Tin trong ngày cho biết thêm.<br><a {l}><b>&gt;&gt; {t} năm ngoái</b></a></div></div>"),
        ),
        ("guillemet", with("<div class=tin><h3>{a}</h3><p>Tin trong ngày. <a {l}>» {t} năm ngoái</a></p></div>")),
        ("an arrow", with("<div class=tin><h3>{a}</h3><div><a {l}>→ {t} năm ngoái</a></div></div>")),
        ("a triangle", with("<article><h2>{a}</h2><p class=lq><a {l}>► {t} năm ngoái</a></p></article>")),
        (
            "two to each teaser",
            with("<div class=tin><h4>{a}</h4><div class=fon>Tin.<br><a {l}>&gt;&gt; {t} năm ngoái</a><br><a href=/tin/bai-cu-lien-quan-1{n}-2024{n}0007.html>&gt;&gt; {t} hai năm trước</a></div></div>"),
        ),
        ("in a table", format!("<table>{}</table>", with("<tr><td><h3>{a}</h3><div>Tin. <a {l}>&gt; {t} năm ngoái</a></div></td></tr>"))),
        (
            "headline and lead apart",
            format!("<div class=cot>{}</div>", with("<h4>{a}</h4><div class=fon5>Tin trong ngày.<br><a {l}><b>&gt;&gt; {t} năm ngoái</b></a></div>")),
        ),
        ("in the same list item", format!("<ul>{}</ul>", with("<li><h3>{a}</h3><span><a {l}>» {t} năm ngoái</a></span></li>"))),
        (
            "made as the chief story is",
            format!(
                "<div class=cot>{}</div>{}",
                of_news(4..5, "<h4>{a}</h4><div class=fon5><b>Tin chính.</b></div>"),
                of_news(0..4, &"<h4>{a}</h4><div class=fon5>Tin trong ngày.<br><a {l}>&gt;&gt; {t} năm ngoái</a></div>".replace("{l}", pointed)),
            ),
        ),
        // A neighbour: an arrow that is the bullet of each row.
        ("bullets", format!("<ul>{}</ul>", each(0..5, "<li><a href=/tin/bai-viet-so-{n}-2026{n}0001.html>» {t}</a></li>"))),
    ];
    check(&pages, |_| news(0..5), addresses);
}

#[test]
fn the_link_to_a_feed_is_no_row() {
    let essays = of_news(0..9, "<tr><td><img src=/b.gif></td><td>{a}</td></tr>");
    let with = |row: &str| format!("<table>{essays}{row}</table>");
    let pages = [
        ("RSS", with("<tr><td><img src=/b.gif></td><td><a href=/rss.html>RSS</a></td></tr>")),
        ("its version", with("<tr><td></td><td><a href=/rss2.aspx>RSS 2.0</a></td></tr>")),
        ("Atom", with("<tr><td></td><td><a href=/atom-so-1.html>Atom</a></td></tr>")),
        ("feed", with("<tr><td></td><td><a href=/nguon/1234>RSS Feed</a></td></tr>")),
    ];
    check(&pages, |_| news(0..9), addresses);
}

#[test]
fn a_headline_before_a_date_is_no_label_of_it() {
    const DAY: &str = "05/08/2026";
    let title = "Những chính sách mới có hiệu lực từ tháng 5/2026";
    let others = |template: &str| {
        of_news(0..3, &template.replace("{s}", "{t}").replace("{u}", "/tin/bai-viet-so-{n}"))
    };
    let with = |template: &str| {
        let row = template.replace("{s}", title).replace("{u}", "/tin/hieu-luc");
        format!("<div class=ds>{row}{}</div>", others(template)).replace("{d}", DAY)
    };
    let pages = [
        (
            "a date in the link",
            with(
                "<div class=x><a class=t href={u}>{s}<span class=ngay-dang>({d})</span></a></div>",
            ),
        ),
        (
            "deep in a row",
            with(
                "<div class=th><div class=item-title><span class=sp-title><a href={u}>{s}<span class=item-datetime>({d})</span></a></span></div></div>",
            ),
        ),
        ("a bare link", with("<a class=t href={u}>{s}<span class=date>{d}</span></a>")),
        (
            "two spans",
            with(
                "<a class=card href={u}><span class=tieu-de>{s}</span><span class=date>{d}</span></a>",
            ),
        ),
        (
            "a heading with the date",
            with("<div class=x><h3><a href={u}>{s}</a> <small class=date>{d}</small></h3></div>"),
        ),
        ("a heading before it", with("<a class=x href={u}><h3>{s}</h3><i class=time>{d}</i></a>")),
        (
            "a strong title",
            with(
                "<div class=x><strong>{s}</strong><span class=date>{d}</span> <a href={u}>Xem chi tiết</a></div>",
            ),
        ),
        (
            "a row of a table",
            format!(
                "<table>{}</table>",
                with("<tr><td><a href={u}>{s}<em class=time>({d})</em></a></td></tr>")
            ),
        ),
        ("in line", with("<p class=x><a href={u}>{s}</a> <span class=date>({d})</span></p>")),
        (
            "a definition",
            with("<dl class=x><dt><a href={u}>{s}</a></dt><dd class=date>{d}</dd></dl>"),
        ),
    ];
    let dated = |body: &str| -> Vec<Option<String>> {
        rows(body).into_iter().map(|(.., date)| date).collect()
    };
    check(&pages, |_| vec![Some("2026-08-05".to_owned()); 4], dated);
    // Neighbours: a label stays one.
    let labelled = [
        (
            "in a card that is a link",
            with("<a class=card href={u}><h3>{s}</h3>Hạn nộp: <span class=date>{d}</span></a>"),
        ),
        (
            "before its element",
            with(
                "<div class=x><a href={u}>{s}</a><span>Hết hiệu lực</span> <span class=date>{d}</span></div>",
            ),
        ),
    ];
    check(&labelled, |_| vec![None; 4], dated);
}

#[test]
fn a_row_that_is_a_link_has_the_date_inside_the_link() {
    let with = |template: &str| {
        let rows = each(0..4, &template.replace("{u}", "/tin/bai-viet-so-{n}-2026{n}0001.html"));
        format!("<div class=ds>{rows}</div>")
    };
    // A tab for each story, so that nothing but the link is a row.
    let tabs = |template: &str| {
        let story = "<div class=dau><a href=/tin/anh-{n}-20260{n}.html><img src=/a{n}.jpg></a>\
            <div class=td><a class=tieu-de href=/tin/anh-{n}-20260{n}.html>Chuyện chính số {n} của các tổ dân phố vùng cao</a></div></div>";
        let row = template.replace("{u}", "/tin/bai-viet-so-{n}-2026{n}0001.html");
        each(
            0..4,
            &format!(
                "<div id=tab-{{n}} class=tab>{story}<div class=li><div><span>{row}</span></div></div></div>"
            ),
        )
    };
    let pages = [
        ("a span", with("<a class=t href={u}>{t}<span class=date>(01.08.2026 10:36)</span></a>")),
        ("a time", with("<a class=t href={u}>{t} <time>01.08.2026 10:36</time></a>")),
        (
            "tabs",
            tabs(
                "<a class=li-link href={u}>{t}<span class=li-datetime>(01.08.2026 10:36)</span></a>",
            ),
        ),
        (
            "tabs, small",
            tabs("<a class=li-link href={u}>{t} <small class=ngay>01/08/2026 10:36</small></a>"),
        ),
        ("bold", with("<a class=t href={u}><b>{t}</b> <i class=ngay>10:36 01/08/2026</i></a>")),
        (
            "spans",
            with(
                "<a class=t href={u}><span>{t}</span><span class=thoi-gian>01/08/2026 10:36</span></a>",
            ),
        ),
        ("list items", with("<li><a href={u}>{t}<em class=date>01/08/2026 10:36</em></a></li>")),
        (
            "with a picture",
            with(
                "<a class=t href={u}><img src=/{n}.jpg>{t}<span class=date>01/08/2026 10:36</span></a>",
            ),
        ),
        (
            "wrapped",
            with(
                "<div><div><a class=t href={u}>{t}<span class=date>01/08/2026 10:36</span></a></div></div>",
            ),
        ),
        (
            "before the title",
            with("<a class=t href={u}><span class=date>01/08/2026 10:36</span> {t}</a>"),
        ),
    ];
    let dated = |body: &str| -> Vec<Option<String>> {
        let rows = rows(body).into_iter();
        rows.filter(|(path, ..)| path.contains("bai-viet")).map(|(.., date)| date).collect()
    };
    check(&pages, |_| vec![Some("2026-08-01T10:36:00+07:00".to_owned()); 4], dated);
}

#[test]
fn a_card_is_called_by_its_own_heading_not_by_that_of_its_block() {
    let card = "<article class='the nho'><div class=nd><span class=ngay>0{n}/11/2026</span><h3>{t}</h3>\
        <a href=/tin/bai-viet-so-{n}-2026{n}0001.html class=them>Đọc thêm →</a></div></article>";
    let small = |block: &str| each(1..4, &block.replace("{c}", card));
    let wide = each(4..6, &card.replace("the nho", "the to"));
    let pages = [
        (
            "a heading for each block",
            small("<div class=hang><h3 class=ten>Mục số {n}</h3>{c}</div>"),
        ),
        ("a larger heading", small("<section><h2>Thông báo</h2>{c}</section>")),
        (
            "a heading in a bar",
            small("<div class=hang><div class=thanh><h4>Tin tức</h4></div>{c}</div>"),
        ),
        (
            "beside two wide ones",
            format!(
                "<div class=hai-cot><div class=trai><h3>Nổi bật</h3>{wide}</div><div class=phai>{}</div></div>",
                small("<div class=hang><h3 class=ten>Thông báo</h3>{c}</div>")
            ),
        ),
        (
            "wide ones first, plain blocks",
            format!(
                "<div class=trai>{wide}</div>{}",
                small("<div class=hang><h3>Tin mới</h3>{c}</div>")
            ),
        ),
        ("only cards", small("{c}")),
        ("a heading above all", format!("<h2>Tin tức</h2>{}", small("<div class=o>{c}</div>"))),
    ];
    let titles = |body: &str| {
        let mut titles: Vec<String> = rows(body).into_iter().map(|(_, title, _)| title).collect();
        titles.sort();
        titles
    };
    let wanted = |name: &str| {
        let of = if name.contains("wide") { 1..6 } else { 1..4 };
        let mut titles: Vec<String> = of.map(|n| TITLES[n].to_owned()).collect();
        titles.sort();
        titles
    };
    check(&pages, wanted, titles);
}

#[test]
fn an_update_beside_a_row_is_its_date_only_where_there_is_no_other() {
    let with = |template: &str| {
        format!(
            "<div class=ds>{}</div>",
            of_news(0..4, &format!("<div class=x><h3>{{a}}</h3>{template}</div>"))
        )
    };
    let table = |head: &str, cells: &str| {
        let rows = of_news(0..4, &format!("<tr><td>{{a}}</td>{cells}</tr>"));
        format!("<table><tr><th>Tiêu đề</th>{head}</tr>{rows}</table>")
    };
    let pages = [
        ("alone", with("<span>Cập nhật: 12/11/2026</span>")),
        ("in an element for dates", with("<span class=date>Cập nhật lúc: 12/11/2026</span>")),
        ("the label apart", with("<b>Ngày cập nhật</b> <span class=date>12/11/2026</span>")),
        ("in English", with("<i>Last updated: 12/11/2026</i>")),
        (
            "a property",
            with(
                "<span property=dcterms:modified content='2026-11-12' class=date>Cập nhật 12/11/2026</span>",
            ),
        ),
        ("a column alone", table("<th>Ngày cập nhật</th>", "<td>12/11/2026</td>")),
        (
            "after the day of posting",
            with("<span>Đăng: 12/11/2026</span> <span>Cập nhật: 20/11/2026</span>"),
        ),
        (
            "before the day of posting",
            with(
                "<span class=date>Cập nhật: 20/11/2026</span> <span class=date>Ngày đăng: 12/11/2026</span>",
            ),
        ),
        (
            "beside a date without a label",
            with("<span>12/11/2026</span> <em>(cập nhật 20/11/2026)</em>"),
        ),
        ("in one line", with("<p class=time>12/11/2026 | Cập nhật: 20/11/2026</p>")),
        (
            "a column beside that of posting",
            table("<th>Cập nhật</th><th>Ngày đăng</th>", "<td>20/11/2026</td><td>12/11/2026</td>"),
        ),
        (
            "a time element",
            with(
                "<time datetime=2026-11-12>12/11/2026</time><time datetime=2026-11-20 class=updated>Cập nhật 20/11/2026</time>",
            ),
        ),
    ];
    let dated = |body: &str| -> Vec<Option<String>> {
        rows(body).into_iter().map(|(.., date)| date).collect()
    };
    check(&pages, |_| vec![Some("2026-11-12".to_owned()); 4], dated);
}
