//! What is the text of a page and what is not: short notices, imprints, texts in several boxes, comments, texts in scripts,
//! pictures. Each table holds pages made in different ways, and near neighbours that must not change.

use bantin_extract::model::{Article, ArticleRecipe};
use bantin_extract::{self as extract, Reading};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

const TITLE: &str = "Thông báo về việc tạm ngừng cấp nước sạch";

const MENU: &str = "<ul class=mn><li><a href=/>Trang chủ</a><li><a href=/gt>Giới thiệu</a><li><a href=/tt>Tin tức</a>\
    <li><a href=/vb>Văn bản</a><li><a href=/lh>Liên hệ</a></ul>";

const OTHERS: &str = "<h3>Tin đã đưa</h3><ul><li><a href=/t/1>Xã Bình Minh tổ chức ngày hội đại đoàn kết toàn dân tộc</a>\
    <li><a href=/t/2>Tập huấn sử dụng phần mềm quản lý văn bản cho cán bộ thôn</a>\
    <li><a href=/t/3>Ra mắt tổ công nghệ số cộng đồng tại các khu dân cư</a></ul>";

const P1: &str = "Sáng 12/10, Hội Nông dân huyện khai mạc lớp tập huấn kỹ thuật trồng nấm rơm cho sáu mươi hội viên của năm xã.";
const P2: &str = "Trong ba ngày, học viên được cán bộ trạm khuyến nông hướng dẫn cách ủ rơm, cấy meo giống và phòng bệnh cho nấm.";
const P3: &str = "Sau lớp học, mỗi hội viên được vay vốn ưu đãi để dựng nhà nấm, và hợp tác xã cam kết mua hết sản phẩm làm ra.";
const P4: &str = "Theo chủ tịch Hội, mô hình này giúp tận dụng phụ phẩm đồng ruộng, giảm đốt rơm rạ và tăng thu nhập cho nông dân.";

fn read(html: &str) -> Article {
    let url = Url::parse("https://xabinhminh.example.gov.vn/tin/77.html").expect("an address");
    let now = "2026-11-23T12:00:00Z".parse().expect("a moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    extract::article(html, &ArticleRecipe::default(), reading).0
}

fn page(main: &str, foot: &str) -> String {
    format!(
        "<html lang=vi><head><title>{TITLE} - Xã Bình Minh</title></head><body><div class=t>{MENU}</div>\
         <div class=g><h1>{TITLE}</h1><div class=d>12/10/2026 08:15</div>{main}</div>{foot}</body></html>"
    )
}

/// Reads each page and compares with what its text must have and must not have; reports all that differ at once.
fn check(kind: &str, pages: &[(&str, String, &[&str], &[&str])]) {
    let mut wrong = Vec::new();
    for (name, html, has, lacks) in pages {
        let article = read(html);
        let text = format!("{}\n{}", article.lead.unwrap_or_default(), article.content_text);
        wrong.extend(
            has.iter()
                .filter(|part| !text.contains(**part))
                .map(|part| format!("{name}: lacks {part}")),
        );
        wrong.extend(
            lacks
                .iter()
                .filter(|part| text.contains(**part))
                .map(|part| format!("{name}: has {part}")),
        );
        let symbols: Vec<&str> = article.refs.iter().map(|one| &*one.symbol).collect();
        if symbols.iter().any(|symbol| symbol.contains("GP-")) {
            wrong.push(format!("{name}: a licence is a reference"));
        }
    }
    let failed: std::collections::BTreeSet<&str> =
        wrong.iter().filter_map(|line| line.split(':').next()).collect();
    assert!(
        wrong.is_empty(),
        "{kind}: {} of {} right\n{}",
        pages.len() - failed.len(),
        pages.len(),
        wrong.join("\n")
    );
}

const IMPRINT: &[&str] = &[
    "Giấy phép",
    "Cơ quan chủ quản",
    "Chịu trách nhiệm",
    "Bản quyền",
    "Điện thoại",
    "Xã Bình Minh tổ chức",
];

/// Imprints as portals write them.
const FEET: &[&str] = &[
    "<div id=footer><p>Cơ quan chủ quản: Ủy ban nhân dân xã Bình Minh. Điện thoại: 0210.000.200. Giấy phép số 15/GP-TTĐT ngày 01/02/2018.</p></div>",
    "<div class=chan><div>Giấy phép số: 22/GP-STTTT do Sở Thông tin và Truyền thông cấp ngày 05/06/2019</div><div>Chịu trách nhiệm chính: Bà Lê Thị Mẫu, Chủ tịch Ủy ban nhân dân xã</div><div>Địa chỉ: thôn 3, xã Bình Minh, huyện Mẫu. Điện thoại: 0210.000.200</div></div>",
    "<table class=bt><tr><td><b>TRANG THÔNG TIN ĐIỆN TỬ XÃ BÌNH MINH</b><br>Bản quyền thuộc Ủy ban nhân dân xã Bình Minh. Ghi rõ nguồn khi phát hành lại thông tin từ trang này.<br>Điện thoại: 0210.000.200 - Email: ubnd@example.gov.vn</td></tr></table>",
    "<section class=info><p>Địa chỉ: thôn 3, xã Bình Minh, huyện Mẫu, tỉnh Mẫu</p><p>Điện thoại: 0210.000.200 - Fax: 0210.000.201</p><p>© Bản quyền thuộc về xã Bình Minh, mọi hành vi sao chép phải được đồng ý.</p></section>",
];

#[test]
fn a_notice_of_one_sentence_is_the_text_and_the_imprint_is_not() {
    let say = "Nhà máy nước tạm ngừng cấp nước từ 8 giờ đến 11 giờ.";
    let mains = [
        format!("<div class=nd><p>{say}</p></div>"),
        format!("<div>{say}</div>"),
        format!("<p>{say}</p>"),
        format!("<table><tr><td>{say}</td></tr></table>"),
        format!("<div class=content><span style='font-size:14px'>{say}</span></div>"),
    ];
    let mut pages: Vec<(String, String)> = Vec::new();
    for (m, main) in mains.iter().enumerate() {
        let foot = FEET[m % FEET.len()];
        pages.push((format!("{m} with other news"), page(&format!("{main}{OTHERS}"), foot)));
        pages.push((format!("{m} alone"), page(main, FEET[(m + 1) % FEET.len()])));
    }
    pages.push((
        "below a closed box".to_owned(),
        format!("<body>{MENU}<div><div><h1>{TITLE}</h1></div><div>12/10/2026</div></div><div class=bd><p>{say}</p></div>{}</body>", FEET[1]),
    ));
    let pages: Vec<(&str, String, &[&str], &[&str])> = pages
        .iter()
        .map(|(name, html)| {
            (&**name, html.clone(), &["tạm ngừng cấp nước từ 8 giờ"] as &[&str], IMPRINT)
        })
        .collect();
    check("one sentence", &pages);
}

#[test]
fn a_notice_of_one_document_or_picture_has_no_imprint_for_a_text() {
    let mains = [
        "<div><p><a href=/tep/tb-12.pdf>Thông báo số 12/TB-UBND</a></p></div>",
        "<p>Xem chi tiết <a href=/tep/tb-12.pdf>tại đây</a></p>",
        "<div class=nd><a href='/tep/tb-12.docx'>Tải về</a></div>",
        "<ul><li><a href=/tep/tb-12.pdf>Thông báo</a><li><a href=/tep/pl-12.xlsx>Phụ lục</a></ul>",
        "<div><img src=/anh/tb-12.jpg></div>",
        "<p style='text-align:center'><img src=/anh/tb-12-1.png><img src=/anh/tb-12-2.png></p>",
        "<table><tr><td><img src=/anh/tb-12.jpg alt=''></td></tr></table>",
        "",
    ];
    let mut pages = Vec::new();
    for (m, main) in mains.iter().enumerate() {
        for (f, foot) in FEET.iter().enumerate() {
            pages.push((format!("{m}/{f}"), page(&format!("{main}{OTHERS}"), foot)));
        }
    }
    for (name, html) in &pages {
        let article = read(html);
        let which: usize = name.split('/').next().and_then(|n| n.parse().ok()).expect("a number");
        let got = (article.attachments.len(), article.images.len());
        let want = match which {
            3 => (2, 0),
            0..=2 => (1, 0),
            4 | 6 => (0, 1),
            5 => (0, 2),
            _ => (0, 0),
        };
        assert_eq!(got, want, "{name}: {html}");
    }
    let pages: Vec<(&str, String, &[&str], &[&str])> =
        pages.iter().map(|(name, html)| (&**name, html.clone(), &[] as &[&str], IMPRINT)).collect();
    check("one document", &pages);
}

#[test]
fn an_article_that_speaks_of_licences_and_addresses_keeps_what_it_says() {
    let body = |extra: &str| format!("<div><p>{P1}</p><p>{P2}</p><p>{extra}</p><p>{P3}</p></div>");
    let says = [
        "Cơ quan chủ quản dự án là Sở Nông nghiệp, đơn vị thi công là Công ty Xây dựng Mẫu.",
        "Giấy phép số 31 được cấp cho ba hộ nuôi cá lồng, thời hạn năm năm kể từ ngày ký.",
        "Người chịu trách nhiệm chính về chất lượng giống là hợp tác xã, theo hợp đồng đã ký với Hội.",
        "Hồ sơ gửi về: Phòng Kinh tế, địa chỉ số 5 đường Mẫu, điện thoại 0210.000.300.",
        "Bản quyền giống nấm mới thuộc Viện Di truyền, nông dân được dùng miễn phí trong ba vụ đầu.",
    ];
    let pages: Vec<(&str, String, [&str; 1])> =
        says.iter().map(|said| (*said, page(&body(said), FEET[0]), [*said])).collect();
    let pages: Vec<(&str, String, &[&str], &[&str])> = pages
        .iter()
        .map(|(name, html, has)| (*name, html.clone(), has as &[&str], &["15/GP"] as &[&str]))
        .collect();
    check("speaks of licences", &pages);
}

#[test]
fn a_text_in_neighbouring_boxes_is_one_text() {
    let picture = "<div class=anh><img src=/a.jpg></div>";
    let mains = [
        (
            "opening in a box",
            format!(
                "<div class=a><div class=x>{P1}</div><div class=y><p>{P2}</p><p>{P3}</p><p>{P4}</p></div></div>"
            ),
        ),
        (
            "opening bold",
            format!(
                "<div class=hometext><strong>{P1}</strong></div><div class=bodytext><p>{P2}</p><p>{P3}</p><p>{P4}</p></div>"
            ),
        ),
        (
            "picture between",
            format!(
                "<div class=x><p>{P1}</p></div>{picture}<div class=y><p>{P2}</p><p>{P3}</p><p>{P4}</p></div>"
            ),
        ),
        (
            "picture in the middle",
            format!(
                "<div class=x><p>{P1}</p><p>{P2}</p></div>{picture}<div class=y><p>{P3}</p><p>{P4}</p></div>"
            ),
        ),
        (
            "two articles",
            format!(
                "<article class=l><p>{P1}</p></article><article class=b><p>{P2}</p><p>{P3}</p><p>{P4}</p></article>"
            ),
        ),
        ("line breaks", format!("<div>{P1}<br>{P2}<br><br>{P3}<br>{P4}</div>")),
        (
            "line breaks after a lead",
            format!("<h2 class=l>{P1}</h2><div>{P2}<br>{P3}<br>{P4}</div>"),
        ),
        (
            "cells",
            format!(
                "<table><tr><td>{P1}</td></tr><tr><td>{P2}</td></tr><tr><td>{P3}</td></tr><tr><td>{P4}</td></tr></table>"
            ),
        ),
        (
            "one div a paragraph",
            format!("<div><div>{P1}</div><div>{P2}</div><div>{P3}</div><div>{P4}</div></div>"),
        ),
        (
            "spans",
            format!("<div><span>{P1}</span><br><span>{P2}</span><p>{P3}</p><p>{P4}</p></div>"),
        ),
        (
            "end in a box",
            format!(
                "<div class=x><p>{P1}</p><p>{P2}</p><p>{P3}</p></div><div class=z><p>{P4}</p></div>"
            ),
        ),
        ("all in one", format!("<div><p>{P1}</p><p>{P2}</p><p>{P3}</p><p>{P4}</p></div>")),
    ];
    let pages: Vec<(&str, String, &[&str], &[&str])> = mains
        .iter()
        .map(|(name, main)| {
            (
                *name,
                page(&format!("{main}{OTHERS}"), FEET[0]),
                &[P1, P2, P3, P4] as &[&str],
                IMPRINT,
            )
        })
        .collect();
    check("split text", &pages);
}

#[test]
fn what_readers_write_is_not_the_text() {
    let say = "Mong xã sớm mở thêm lớp cho bà con ở thôn xa, vì nhiều người rất muốn học mà chưa có dịp, xin cảm ơn.";
    let one = |open: &str| {
        (0..9)
            .map(|n| format!("{open}<b>Bạn đọc {n}</b><p>{say} Lần {n}.</p></div>"))
            .collect::<String>()
    };
    let comments = [
        ("class binhluan", format!("<div class=binhluan>{}</div>", one("<div>"))),
        (
            "class box_comment_vne",
            format!(
                "<div class='box_comment_vne width_common'>{}</div>",
                one("<div class=comment_item>")
            ),
        ),
        ("id comments", format!("<section id=comments>{}</section>", one("<div class=c>"))),
        ("facebook", format!("<div class=fb-comments data-href=x>{}</div>", one("<div>"))),
        ("disqus", format!("<div id=disqus_thread>{}</div>", one("<div>"))),
        ("heading counts", format!("<div class=k><h4>Bình luận (9)</h4>{}</div>", one("<div>"))),
        (
            "heading of readers",
            format!("<div class=q><p><b>Ý kiến bạn đọc</b></p>{}</div>", one("<div>")),
        ),
        ("heading beside", format!("<div class=h>Ý kiến bạn đọc</div>{}", one("<div class=w>"))),
        (
            "heading deep",
            format!("<div><div><span>PHẢN HỒI</span></div><div>{}</div></div>", one("<div>")),
        ),
        ("english", format!("<div class=zz><h3>3 Comments</h3>{}</div>", one("<div>"))),
    ];
    let mut pages: Vec<(&str, String, &[&str], &[&str])> = comments
        .iter()
        .map(|(name, box_)| {
            (
                *name,
                page(&format!("<div class=nd><p>{P1}</p><p>{P2}</p></div>{box_}"), FEET[0]),
                &[P1, P2] as &[&str],
                &["Mong xã sớm"] as &[&str],
            )
        })
        .collect();
    pages.push((
        "an opinion",
        format!("<body>{MENU}<div class=g><span>Bình luận</span><h1>{TITLE}</h1><div class=nd><p>{P1}</p><p>{P2}</p><p>{P3}</p></div></div></body>"),
        &[P1, P2, P3],
        &[],
    ));
    pages.push((
        "a consultation",
        page(&format!("<div class=gop-y-du-thao><p>{P1}</p><p>Ý kiến góp ý xin gửi về xã trước ngày 30 tháng 11, bằng thư hoặc trực tiếp.</p><p>{P3}</p></div>"), FEET[0]),
        &[P1, "Ý kiến góp ý xin gửi", P3],
        &[],
    ));
    check("comments", &pages);
}

#[test]
fn a_text_that_only_scripts_carry_is_read() {
    let markup = format!("<p>{P1}</p><p>{P2}</p><p>{P3}</p>");
    let json = serde_json::to_string(&markup).expect("a text");
    let text = serde_json::to_string(&format!("{P1}\n{P2}\n{P3}")).expect("a text");
    let title = serde_json::to_string(TITLE).expect("a text");
    let others = "{\"title\":\"Tin khác của xã trong tuần\",\"content\":\"Đây là nội dung của một tin khác hẳn, đủ dài để có thể bị nhầm là bài.\"}";
    let scripts = [
        (
            "next",
            format!(
                "<script id=__NEXT_DATA__ type=application/json>{{\"props\":{{\"pageProps\":{{\"post\":{{\"title\":{title},\"content\":{json}}}}}}}}}</script>"
            ),
        ),
        (
            "next with others",
            format!(
                "<script id=__NEXT_DATA__ type=application/json>{{\"rel\":[{others},{others}],\"post\":{{\"tieuDe\":{title},\"noiDung\":{json}}}}}</script>"
            ),
        ),
        (
            "initial state",
            format!(
                "<script>window.__INITIAL_STATE__={{\"a\":{{\"title\":{title},\"body\":{json}}}}};</script>"
            ),
        ),
        (
            "apollo",
            format!(
                "<script>window.__APOLLO_STATE__ = {{\"Post:1\":{{\"__typename\":\"Post\",\"title\":{title},\"contentHtml\":{json}}}}}</script>"
            ),
        ),
        (
            "nuxt",
            format!(
                "<script>window.__NUXT__=(function(a,b){{return {{data:[{{post:{{title:a,content:b}}}}]}}}}({title},{json}));</script>"
            ),
        ),
        (
            "nuxt 3",
            format!(
                "<script id=__NUXT_DATA__ type=application/json>[{{\"post\":1}},{{\"title\":2,\"content\":3}},{title},{json}]</script>"
            ),
        ),
        (
            "linked data",
            format!(
                "<script type=application/ld+json>{{\"@type\":\"NewsArticle\",\"headline\":{title},\"articleBody\":{text}}}</script>"
            ),
        ),
        (
            "rendered",
            format!(
                "<script>var bai = {{\"title\":{{\"rendered\":{title}}},\"content\":{{\"rendered\":{json}}}}};</script>"
            ),
        ),
        (
            "blocks",
            format!(
                "<script>var bai={{title:{title},body:[{{type:'p',text:'{P1}'}},{{type:'p',text:'{P2}'}},{{type:'p',text:'{P3}'}}]}}</script>"
            ),
        ),
        ("noscript", format!("<noscript><div>{markup}</div></noscript>")),
    ];
    let pages: Vec<(&str, String, &[&str], &[&str])> = scripts
        .iter()
        .map(|(name, script)| {
            (
                *name,
                page(&format!("<div id=app></div>{script}"), FEET[0]),
                &[P1, P2, P3] as &[&str],
                &["một tin khác hẳn", "<p>", "Giấy phép"] as &[&str],
            )
        })
        .collect();
    check("in scripts", &pages);
}

/// A stream of server components as scripts push it, cut in pieces of so many letters.
fn flight(stream: &str, piece: usize) -> String {
    let letters: Vec<char> = stream.chars().collect();
    let pieces = letters.chunks(piece).map(|piece| {
        let piece: String = piece.iter().collect();
        let json = serde_json::to_string(&piece).expect("a text").replace('<', "\\u003c");
        format!("<script>self.__next_f.push([1,{json}])</script>")
    });
    let start = "<script>(self.__next_f=self.__next_f||[]).push([0])</script>";
    std::iter::once(start.to_owned()).chain(pieces).collect()
}

#[test]
fn a_text_that_server_components_send_is_read() {
    let markup = format!("<p>{P1}</p><p>{P2}</p><p>{P3}</p>");
    let json = serde_json::to_string(&markup).expect("a text");
    let title = serde_json::to_string(TITLE).expect("a text");
    let long = format!("{:x},{markup}", markup.len());
    let other = "{\"title\":\"Tin khác của xã trong tuần\",\"content\":\"Đây là nội dung của một tin khác hẳn, đủ dài để có thể bị nhầm là bài.\"}";
    let head = "1:\"$Sreact.fragment\"\n2:I[1234,[\"56\",\"static/a.js\"],\"default\"]\n:HL[\"/a.css\",\"style\"]\n";
    let paragraphs: String = [P1, P2, P3]
        .iter()
        .map(|text| format!(",[\"$\",\"p\",null,{{\"children\":\"{text}\"}}]"))
        .collect();
    let menu = "[\"$\",\"ul\",null,{\"className\":\"menu\",\"children\":[[\"$\",\"li\",\"1\",{\"children\":[\"$\",\"a\",null,{\"href\":\"/\",\"children\":\"Trang chủ\"}]}]]}]";
    let heading = format!("[\"$\",\"h1\",null,{{\"children\":{title}}}]");
    let streams = [
        (
            "data of a component",
            format!(
                "{head}5:[\"$\",\"$L2\",null,{{\"post\":{{\"title\":{title},\"content\":{json}}}}}]\n"
            ),
            900,
        ),
        (
            "with other news",
            format!(
                "{head}5:[\"$\",\"$L2\",null,{{\"related\":[{other},{other}],\"post\":{{\"tieuDe\":{title},\"noiDung\":{json}}}}}]\n"
            ),
            900,
        ),
        (
            "a text in a row of its own",
            format!(
                "{head}5:{{\"title\":{title},\"body\":\"$7\"}}\n7:T{long}8:[\"$\",\"div\",null,{{}}]\n"
            ),
            900,
        ),
        (
            "that comes before",
            format!("{head}7:T{long}5:{{\"a\":{{\"title\":{title},\"contentHtml\":\"$7\"}}}}\n"),
            900,
        ),
        (
            "cut in small pieces",
            format!("{head}5:{{\"title\":{title},\"body\":\"$7\"}}\n7:T{long}"),
            40,
        ),
        (
            "named over a path",
            format!(
                "{head}5:{{\"data\":{{\"html\":{json}}}}}\n6:{{\"name\":{title},\"content\":\"$5:data:html\"}}\n"
            ),
            400,
        ),
        (
            "set as markup",
            format!(
                "{head}5:[\"$\",\"main\",null,{{\"children\":[{menu},{heading},[\"$\",\"div\",null,{{\"className\":\"noi-dung\",\"dangerouslySetInnerHTML\":{{\"__html\":{json}}}}}]]}}]\n"
            ),
            900,
        ),
        (
            "markup in a row of its own",
            format!(
                "{head}5:[\"$\",\"article\",null,{{\"children\":[{heading},[\"$\",\"div\",null,{{\"dangerouslySetInnerHTML\":{{\"__html\":\"$7\"}}}}]]}}]\n7:T{long}"
            ),
            900,
        ),
        (
            "elements",
            format!(
                "{head}5:[\"$\",\"main\",null,{{\"children\":[{menu},{heading},[\"$\",\"div\",null,{{\"className\":\"noi-dung\",\"children\":[null{paragraphs}]}}]]}}]\n"
            ),
            900,
        ),
        (
            "elements in a component",
            format!(
                "{head}5:[\"$\",\"$L2\",null,{{\"children\":\"$L6\"}}]\n6:[\"$\",\"section\",null,{{\"children\":[{heading}{paragraphs}]}}]\n"
            ),
            300,
        ),
    ];
    let pages: Vec<(&str, String, &[&str], &[&str])> = streams
        .iter()
        .map(|(name, stream, piece)| {
            (
                *name,
                page(&format!("<div id=app></div>{}", flight(stream, *piece)), FEET[0]),
                &[P1, P2, P3] as &[&str],
                &["một tin khác hẳn", "<p>", "Giấy phép", "$7", "Trang chủ"] as &[&str],
            )
        })
        .collect();
    check("server components", &pages);
    let shown = format!("<p>{P1}</p><p>{P2}</p>{}", flight(&streams[8].1.replace(P3, P4), 900));
    check("shown", &[("as well", page(&shown, FEET[0]), &[P1, P2], &[P4])]);
}

#[test]
fn a_text_that_is_shown_is_not_replaced_by_what_scripts_carry() {
    let shown = format!("<div><p>{P1}</p><p>{P2}</p></div>");
    let state = format!(
        "<script>window.__S__={{\"title\":\"{TITLE}\",\"content\":\"<p>Bản nháp cũ của bài này, dài hơn bản đăng rất nhiều. {P3} {P4} {P3} {P4}</p>\"}}</script>\
         <noscript><p>Trang này cần JavaScript. {P4} {P3}</p></noscript>"
    );
    check(
        "shown",
        &[("a draft", page(&format!("{shown}{state}"), FEET[0]), &[P1, P2], &["Bản nháp", P4])],
    );
}

#[test]
fn a_photo_story_keeps_its_pictures() {
    let pictures: String = (0..8).map(|n| format!("<p><img src=/anh/{n}.jpg></p>")).collect();
    let figures: String =
        (0..8).map(|n| format!("<figure><img src=/anh/{n}.jpg><figcaption>Học viên thực hành, ảnh {n}</figcaption></figure>")).collect();
    let stories = [
        format!("<div class=brief><p>{P1}</p></div><div class=pics>{pictures}</div>"),
        format!("<p>{P1}</p>{pictures}"),
        format!("<div class=sapo>{P1}</div><div class=detail>{figures}</div>"),
        format!("<div class=x><p>{P1}</p></div><div class=y>{figures}</div>"),
        format!("<div class=pics>{pictures}</div>"),
        format!("<div>{pictures}<p>{P1}</p></div>"),
    ];
    for story in &stories {
        let article = read(&page(&format!("{story}{OTHERS}"), FEET[0]));
        assert_eq!(article.images.len(), 8, "{story}");
        assert!(!article.content_text.contains("Giấy phép"), "{story}");
    }
    let thumbnails: String = (0..5)
        .map(|n| format!("<div class=o><a href=/t/{n}><img src=/nho/{n}.jpg></a><a href=/t/{n}>Tin khác của xã, số {n}, có tiêu đề dài</a></div>"))
        .collect();
    let article = read(&page(
        &format!("<div class=x><p>{P1}</p><p>{P2}</p></div><div class=y>{thumbnails}</div>"),
        FEET[0],
    ));
    assert_eq!(article.images.len(), 0);
}

#[test]
fn what_moves_with_every_visit_is_not_text() {
    let lines = [
        "Lượt xem: 1.234",
        "1.234 lượt xem",
        "Đã xem: 55",
        "Số lần xem: 55",
        "Số lượt đọc: 9",
        "Đang online: 17",
        "5 phút trước",
        "Tổng số điểm của bài viết là: 5 trong 1 đánh giá",
        "Click để đánh giá bài viết",
        "Đánh giá: 4.5/5 (10 phiếu)",
        "Nghe bài viết",
        "Cỡ chữ: A- A A+",
        "In bài viết",
        "Gửi email",
        "Chia sẻ: Facebook Zalo",
        "Nhập mã xác nhận",
        "Bản in",
    ];
    let pages: Vec<(&str, String, [&str; 1])> = lines
        .iter()
        .enumerate()
        .map(|(n, line)| {
            let main = match n % 3 {
                0 => format!("<div><div>{line}</div><p>{P1}</p><p>{P2}</p><p>{P3}</p></div>"),
                1 => format!("<div><p>{P1}</p><p>{P2}</p><p>{P3}</p><p>{line}</p></div>"),
                _ => format!("<div><p>{P1}</p><p>{P2}</p><span>{line}</span><p>{P3}</p></div>"),
            };
            (*line, page(&main, FEET[0]), [*line])
        })
        .collect();
    let pages: Vec<(&str, String, &[&str], &[&str])> = pages
        .iter()
        .map(|(name, html, lacks)| {
            (*name, html.clone(), &[P1, P2, P3] as &[&str], lacks as &[&str])
        })
        .collect();
    check("moving lines", &pages);
}

#[test]
fn boxes_of_the_weather_and_of_rates_are_no_text() {
    let boxes = [
        (
            "weather",
            "<div><b>Thời tiết</b><div>Phú Bình</div><div>27°C</div><div>Độ ẩm: 81%</div></div>",
            "81%",
        ),
        (
            "rates in a table",
            "<table><tr><td>Ngoại tệ</td><td>Mua</td><td>Bán</td></tr><tr><td>USD</td><td>25.120</td><td>25.480</td></tr><tr><td>EUR</td><td>27.010</td><td>28.330</td></tr></table>",
            "25.120",
        ),
        (
            "gold in a list",
            "<div><h4>Giá vàng</h4><ul><li>SJC 1L: 84.500 - 86.500</li><li>Nhẫn 9999: 83.900 - 85.100</li></ul></div>",
            "84.500",
        ),
        ("a line of rates", "<p>Tỷ giá USD: 25.120 - 25.480</p>", "25.120"),
        (
            "weather without a heading",
            "<div><span>Phú Bình</span> <span>27°C</span> <span>Độ ẩm 80%</span> <span>Gió 3 m/s</span></div>",
            "27°C",
        ),
        (
            "terms",
            "<dl><dt>Tỷ giá ngoại tệ</dt><dt>USD</dt><dd>25.120</dd><dt>JPY</dt><dd>168,2</dd></dl>",
            "168,2",
        ),
        (
            "in English",
            "<section><h5>Weather</h5><p>Phu Binh 27°C</p><p>Humidity 80%</p></section>",
            "27°C",
        ),
        (
            "shares",
            "<div><strong>Chứng khoán</strong><div>VN-Index 1.250,32 +0,51%</div><div>HNX 230,10 -0,12%</div></div>",
            "1.250,32",
        ),
        (
            "in a moving line",
            "<marquee>Tỷ giá: USD 25.120 | EUR 27.010 | GBP 31.900</marquee>",
            "27.010",
        ),
        (
            "days to come",
            "<div><div>Dự báo thời tiết</div><table><tr><td>Thứ hai</td><td>25 - 31°C</td></tr><tr><td>Thứ ba</td><td>24 - 30°C</td></tr></table></div>",
            "31°C",
        ),
    ];
    let with = |n: usize, part: &str| match n % 3 {
        0 => format!("<div class=a>{part}<p>{P1}</p><p>{P2}</p><p>{P3}</p></div>"),
        1 => format!("<div class=a><p>{P1}</p><p>{P2}</p>{part}<p>{P3}</p></div>"),
        _ => format!("<div class=a><p>{P1}</p><p>{P2}</p><p>{P3}</p>{part}</div>"),
    };
    let pages: Vec<(&str, String, [&str; 1])> = boxes
        .iter()
        .enumerate()
        .map(|(n, (name, part, moving))| (*name, page(&with(n, part), FEET[0]), [*moving]))
        .collect();
    let pages: Vec<(&str, String, &[&str], &[&str])> = pages
        .iter()
        .map(|(name, html, lacks)| {
            (*name, html.clone(), &[P1, P2, P3] as &[&str], lacks as &[&str])
        })
        .collect();
    check("moving boxes", &pages);
    // Neighbours: what an article says of its subject.
    let kept = [
        (
            "a sentence of the weather",
            "<p>Thời tiết hôm ấy rất lạnh, chỉ 8°C, nhưng bà con vẫn ra đồng từ sáng sớm.</p>",
            "8°C",
        ),
        (
            "a table of money",
            "<table><tr><td>Nội dung</td><td>Triệu đồng</td></tr><tr><td>Dựng nhà nấm</td><td>25.120</td></tr><tr><td>Meo giống</td><td>27.010</td></tr></table>",
            "25.120",
        ),
        (
            "shares of the whole",
            "<ul><li>Nấm rơm: 45%</li><li>Nấm sò: 30%</li><li>Mộc nhĩ: 25%</li></ul>",
            "45%",
        ),
        ("a condition", "<p>Nhiệt độ ủ rơm: 70°C trong 3 ngày</p>", "70°C"),
    ];
    for (n, (name, part, has)) in kept.iter().enumerate() {
        check(name, &[(name, page(&with(n, part), FEET[0]), &[P1, P3, has], &[])]);
    }
    let about = page(&with(2, boxes[2].1), FEET[0]).replace(TITLE, "Giá vàng trong tỉnh tăng mạnh");
    check("about gold", &[("an article about gold", about, &[P1, "84.500"], &[])]);
}

#[test]
fn a_text_that_begins_on_the_page_and_goes_on_in_linked_data_is_whole() {
    let body = serde_json::to_string(&format!("{P1}\n{P2}\n{P3}\n{P4}")).expect("a text");
    let data = format!(
        "<script type=application/ld+json>{{\"@type\":\"NewsArticle\",\"articleBody\":{body}}}</script>"
    );
    let cut: String = P1.chars().take(90).collect();
    check(
        "goes on",
        &[
            ("cut", page(&format!("{data}<div><p>{cut}...</p></div>"), FEET[0]), &[P1, P4], &[]),
            (
                "another text",
                page(
                    &format!(
                        "{data}<div><p>Nhà máy nước tạm ngừng cấp nước từ 8 giờ đến 11 giờ.</p></div>"
                    ),
                    FEET[0],
                ),
                &["Nhà máy nước"],
                &[P3],
            ),
        ],
    );
}

#[test]
fn other_articles_under_a_heading_of_their_own_are_not_the_text() {
    let teasers: String = (0..3)
        .map(|n| format!("<article><a href=/t/{n}>Tin khác {n}</a><p>{P3} {P4} Phần trích của bài số {n}, khá dài và không có đường dẫn nào.</p></article>"))
        .collect();
    let own = format!("<article><p>{P1} {P2}</p></article>");
    let pages: Vec<(String, String)> =
        ["Tin liên quan", "You may also like", "Có thể bạn quan tâm", "Leia também"]
            .iter()
            .map(|heading| {
                let boxed = format!("{own}<section><h3>{heading}</h3>{teasers}</section>");
                ((*heading).to_owned(), page(&boxed, FEET[0]))
            })
            .collect();
    let pages: Vec<(&str, String, &[&str], &[&str])> = pages
        .iter()
        .map(|(name, html)| {
            (&**name, html.clone(), &[P1, P2] as &[&str], &["Phần trích"] as &[&str])
        })
        .collect();
    check("other articles", &pages);
}

#[test]
fn a_subheading_and_a_text_in_boxes_named_for_layout_stay() {
    let grid = format!(
        "<div class='sidebar-grid__container'><div class='sidebar-grid__content article__content'><p>{P1}</p><p>{P2}</p></div></div>\
         <div class='sidebar-grid__container'><div class='sidebar-grid__content article__content'><h2 class='widget-title'>Sau lớp học</h2><p>{P3}</p><p>{P4}</p></div></div>"
    );
    check("layout", &[("grid", page(&grid, FEET[0]), &[P1, P2, "Sau lớp học", P3, P4], &[])]);
}

#[test]
fn the_licence_of_a_site_is_no_reference() {
    for text in [
        "Giấy phép số 15/GP-TTĐT ngày 01/02/2018",
        "Giấy phép số: 22/GP-STTTT do Sở Thông tin và Truyền thông cấp",
        "GP số 1818/GP-TTĐT, sửa đổi 31/GP-BTTTT",
        "Giấy phép xuất bản số 09/GP-BC",
    ] {
        assert_eq!(extract::refs(text), Vec::new(), "{text}");
    }
    assert_eq!(extract::refs("Giấy phép số 31/GP-UBND ngày 5/6/2026 của UBND tỉnh").len(), 1);
}
