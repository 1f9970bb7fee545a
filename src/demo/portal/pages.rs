//! The HTML of the sample portal, from the templates beside this file.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::Portal;
use super::images::{HEIGHT, WIDTH};
use super::items::{PortalDocument, PortalNews, clock, day, long_day};

const SITE: &str = "Cổng thông tin điện tử Sở Thông tin và Truyền thông tỉnh An Bình";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in [
        ("base.html", include_str!("base.html")),
        ("home.html", include_str!("home.html")),
        ("pager.html", include_str!("pager.html")),
        ("news_list.html", include_str!("news_list.html")),
        ("news_page.html", include_str!("news_page.html")),
        ("document_list.html", include_str!("document_list.html")),
        ("document_page.html", include_str!("document_page.html")),
        ("plain.html", include_str!("plain.html")),
    ] {
        templates.add_template(name, text).expect("the templates are ours, and tested");
    }
    templates
});

fn render(template: &str, title: &str, action: &str, rest: Value) -> String {
    let frame = context! {
        title, action,
        site => SITE,
        view_state => view_state(title),
        listing_news => Portal::LISTING_NEWS,
        listing_documents => Portal::LISTING_DOCUMENTS,
    };
    TEMPLATES
        .get_template(template)
        .and_then(|page| page.render(context! { ..rest, ..frame }))
        .expect("the templates are ours, and the tests render each of them")
}

/// What WebForms would keep there: long, opaque and the same each time. Ours says what it is.
fn view_state(title: &str) -> String {
    let harmless = format!("bantin demo: no state is kept here; {title}; ").repeat(12);
    STANDARD.encode(format!("\u{1}\u{f}{harmless}"))
}

fn news_row(article: &PortalNews) -> Value {
    context! {
        href => article.href(),
        title => article.title(),
        image => article.image(),
        lead => article.lead(),
        day => day(article.published()),
    }
}

fn document_row(document: &PortalDocument) -> Value {
    context! {
        href => document.href(),
        title => document.title(),
        symbol => document.symbol(),
        day => day(document.published()),
        issued => long_day(document.published()),
    }
}

pub fn home(news: &[&PortalNews], documents: &[&PortalDocument]) -> String {
    let rows = context! {
        news => news.iter().map(|article| news_row(article)).collect::<Vec<_>>(),
        documents => documents.iter().map(|document| document_row(document)).collect::<Vec<_>>(),
    };
    render("home.html", "Trang chủ", "/", rows)
}

pub fn news_list(rows: &[&PortalNews], page: usize, pages: usize) -> String {
    let news: Vec<_> = rows.iter().map(|article| news_row(article)).collect();
    render("news_list.html", "Tin hoạt động", Portal::LISTING_NEWS, context! { news, page, pages })
}

pub fn document_list(rows: &[&PortalDocument], page: usize, pages: usize) -> String {
    let documents: Vec<_> = rows.iter().map(|document| document_row(document)).collect();
    render(
        "document_list.html",
        "Văn bản - Thông báo",
        Portal::LISTING_DOCUMENTS,
        context! { documents, page, pages },
    )
}

/// Renders an article. `others` are listed below it; `action` is the page's own address.
pub fn news_page(article: &PortalNews, others: &[&PortalNews], action: &str) -> String {
    let parts = context! {
        // Three editors, three ways of pasting.
        style => article.id() / 3 % 3,
        updated => clock(article.updated()),
        lead => article.lead(),
        image => article.image(),
        width => WIDTH,
        height => HEIGHT,
        caption => article.caption(),
        paragraphs => article.paragraphs(),
        byline => article.byline(),
        others => others.iter().map(|other| news_row(other)).collect::<Vec<_>>(),
    };
    render("news_page.html", &article.title(), action, parts)
}

pub fn document_page(document: &PortalDocument, action: &str) -> String {
    let (signer, rank) = document.signer();
    let files: Vec<_> = document
        .files()
        .map(|file| {
            let ending = file.kind.ending().to_uppercase();
            context! { href => format!("/tep/{}", file.name), title => file.title, ending }
        })
        .collect();
    let parts = context! {
        symbol => document.symbol(),
        updated => clock(document.published()),
        issued => long_day(document.published()),
        paragraphs => document.paragraphs(),
        signer, rank, files,
    };
    render("document_page.html", &document.title(), action, parts)
}

pub fn about() -> String {
    let paragraphs = [
        "Sở Thông tin và Truyền thông là cơ quan chuyên môn thuộc UBND tỉnh An Bình, tham mưu, giúp UBND tỉnh quản lý nhà nước về báo chí, xuất bản, bưu chính, viễn thông, công nghệ thông tin và chuyển đổi số.",
        "Cơ cấu tổ chức gồm Văn phòng, Thanh tra, Phòng Bưu chính - Viễn thông, Phòng Công nghệ thông tin, Phòng Thông tin - Báo chí - Xuất bản và Trung tâm Chuyển đổi số.",
        "Lãnh đạo Sở: Giám đốc Trần Quốc Khải; các Phó Giám đốc Lê Thị Minh Nguyệt và Đỗ Văn Thành.",
    ];
    render("plain.html", "Giới thiệu", "/gioi-thieu.aspx", context! { paragraphs })
}

pub fn contact() -> String {
    let paragraphs = [
        "Mọi ý kiến góp ý xin gửi về Văn phòng Sở, số 12 đường Lê Lợi, thành phố An Bình, hoặc hộp thư sotttt@anbinh.example.",
        "Đây là cổng mẫu của chương trình bantin, không có cơ quan nào đứng sau địa chỉ này.",
    ];
    render("plain.html", "Liên hệ - Góp ý", "/lien-he.aspx", context! { paragraphs })
}

pub fn missing() -> String {
    let paragraphs = [
        "Trang này không có hoặc đã được chuyển đi. Mời bạn quay lại trang chủ và chọn chuyên mục.",
    ];
    render("plain.html", "Không tìm thấy trang", "/", context! { paragraphs })
}
