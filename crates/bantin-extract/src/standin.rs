//! Recognises pages shown in place of a list: a login, a challenge for programs, "under
//! maintenance". Asked only of pages that gave no row, since each of these may be beside a list as
//! well.

use dom_query::NodeRef;

use super::page::{self, Page};
use super::text::{clean, fold};

/// Why a page with status 200 is not the page that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandIn {
    /// It asks for a name and a password.
    Login,
    /// It wants a script to run, or a proof that the visitor is no program.
    Script,
    /// It wants cookies to be accepted.
    Cookies,
    /// It says that the portal is being worked on.
    Maintenance,
}

/// Headline-long links that such a page may have; menus have shorter ones.
const HEADLINES: usize = 5;
const HEADLINE_CHARS: usize = 30;
/// Characters of visible text. A portal's front page has thousands.
const SHORT: usize = 1_500;

/// Returns what a page is shown in place of a list. `None` for a page that cannot be read.
pub fn find(html: &str, url: &url::Url) -> Option<StandIn> {
    let page = Page::parse(html, url).ok()?;
    let root = page.document.root();
    let headlines = root
        .descendants_it()
        .filter(|node| node.has_name("a") && node.has_attr("href"))
        .filter(|link| page::visible_text(link).chars().count() >= HEADLINE_CHARS)
        .take(HEADLINES);
    if headlines.count() >= HEADLINES {
        return None;
    }
    let text = page::visible_text(&root);
    let short = text.chars().count() <= SHORT;
    let said = fold(&format!("{} {}", of_elements(&root, &["title", "noscript"]), text));
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    if has_password(&root) {
        Some(StandIn::Login)
    } else if short && says(SCRIPT) {
        Some(StandIn::Script)
    } else if short && says(COOKIES) {
        Some(StandIn::Cookies)
    } else if short && says(MAINTENANCE) {
        Some(StandIn::Maintenance)
    } else {
        None
    }
}

/// Folded, as [`fold`] gives them.
const SCRIPT: &[&str] = &[
    "enable javascript",
    "javascript and cookies",
    "javascript is required",
    "requires javascript",
    "javascript is disabled",
    "javascript to run this app",
    "turn on javascript",
    "bat javascript",
    "kich hoat javascript",
    "cho phep javascript",
    "ho tro javascript",
    "checking your browser",
    "verify you are human",
    "are you a robot",
    "khong phai la robot",
    "khong phai nguoi may",
];
/// Not what a banner asks for beside a page: "This site uses cookies".
const COOKIES: &[&str] = &[
    "enable cookies",
    "enable your cookies",
    "cookies are required",
    "cookies must be enabled",
    "cookies to be enabled",
    "cookies are disabled",
    "cookies enabled",
    "requires cookies",
    "turn on cookies",
    "does not accept cookies",
    "bat cookie",
    "kich hoat cookie",
    "cho phep cookie",
    "chap nhan cookie de",
    "khong ho tro cookie",
    "chua bat cookie",
    "can cookie",
    "yeu cau cookie",
];
const MAINTENANCE: &[&str] = &[
    "bao tri",
    "dang nang cap",
    "tam ngung",
    "tam dung hoat dong",
    "under maintenance",
    "scheduled maintenance",
    "maintenance mode",
    "be back soon",
    "be right back",
    "temporarily unavailable",
    "service unavailable",
    "under construction",
];

fn has_password(root: &NodeRef<'_>) -> bool {
    root.descendants_it().any(|node| {
        node.has_name("input")
            && node.attr("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("password"))
    })
}

/// The text of elements that a reader does not see on the page.
fn of_elements(root: &NodeRef<'_>, names: &[&str]) -> String {
    let found = root.descendants_it().filter(|node| names.iter().any(|name| node.has_name(name)));
    let texts: Vec<String> = found.map(|node| clean(&node.text())).collect();
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Option<StandIn>) {
        let url = url::Url::parse("https://portal.example.vn/tin").expect("a fixed address");
        let html = format!("<html><body>{body}</body></html>");
        assert_eq!(find(&html, &url), expected, "{body}");
    }

    fn headlines(n: usize) -> String {
        (0..n)
            .map(|n| {
                format!("<p><a href='/{n}'>Hội nghị sơ kết công tác sáu tháng đầu năm, lần {n}</a>")
            })
            .collect()
    }

    #[test]
    fn a_login_form_stands_in_for_a_list_unless_headlines_stand_beside_it() {
        let form = "<form><input name=u><input type=Password name=p></form>";
        check(form, Some(StandIn::Login));
        check(&format!("{form}{}", headlines(6)), None);
    }

    #[test]
    fn a_page_for_scripts_says_so() {
        let app =
            "<div id=app></div><noscript>You need to enable JavaScript to run this app.</noscript>";
        check(app, Some(StandIn::Script));
        check("<p>Vui lòng bật JavaScript để tiếp tục", Some(StandIn::Script));
        check("<p>Hãy xác nhận bạn không phải là robot", Some(StandIn::Script));
        check(&format!("{app}{}", headlines(6)), None);
    }

    #[test]
    fn a_page_that_needs_cookies_says_so() {
        for said in [
            "<p>Please enable cookies to continue.",
            "<h1>Cookies are required</h1>",
            "<p>Your browser does not accept cookies.",
            "<p>Cookies must be enabled in your browser to view this site.",
            "<p>This site requires cookies.",
            "<p>Vui lòng bật cookie để tiếp tục truy cập",
            "<p>Trình duyệt của bạn chưa bật Cookies",
            "<p>Bạn cần cho phép cookie trên trình duyệt",
            "<noscript>Please turn on cookies and reload the page</noscript>",
            "<title>Trang yêu cầu cookie</title><p>Tải lại trang",
        ] {
            check(said, Some(StandIn::Cookies));
        }
        check("<p>Please enable JavaScript and cookies to continue", Some(StandIn::Script));
        check(
            "<p>Trang này dùng cookie để phục vụ bạn tốt hơn. <button>Chấp nhận cookie</button>",
            None,
        );
        check(&format!("<p>Please enable cookies.{}", headlines(6)), None);
    }

    #[test]
    fn a_portal_that_is_worked_on_says_so() {
        check("<h1>Hệ thống đang bảo trì</h1>", Some(StandIn::Maintenance));
        check("<h1>We'll be back soon!</h1>", Some(StandIn::Maintenance));
        let long = format!("<p>Thông báo bảo trì đường ống nước. {}", "Nội dung ".repeat(300));
        check(&long, None);
    }

    #[test]
    fn a_list_without_rows_stands_in_for_nothing() {
        check("<ul class=tin></ul><a href=/>Trang chủ</a>", None);
    }
}
