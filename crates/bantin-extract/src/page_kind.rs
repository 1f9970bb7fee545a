//! Whether a page given as an article is one: says so where it is a list, a login page, built by JavaScript, or has no
//! text of its own. Most pages are articles, so the costly looks are taken only at those that seem not to be.

use super::text::counted;
use super::{Reading, StandIn, detect, standin};
use crate::model::{Article, ListingRecipe, Problem, ProblemCode, Published};

/// Links of an article's text from which on it may be a list, and the characters of each that is a headline.
const MANY_LINKS: usize = 6;
const HEADLINE_CHARS: usize = 25;
/// The share of a text that is links, from which on it is a list.
const MOSTLY_LINKS: f64 = 0.6;
/// Rows that make a page a list, where its text gives no reason to take it for an article.
const MANY_ROWS: usize = 8;

/// Bytes of a text that may be no more than a request to the reader.
const LITTLE: usize = 400;

/// What a page is in place of an article. `None` for an article, however short.
pub fn problem(html: &str, article: &Article, reading: Reading<'_>) -> Option<Problem> {
    let place = format!("article {}", reading.url);
    let say = |code, what: String| Some(Problem::new(place.clone(), what).with_code(code));
    let empty = article.content_text.is_empty();
    // What asks for cookies may be a sentence, and so the page's text.
    let little = article.published == Published::Unknown && article.content_text.len() <= LITTLE;
    if (empty || little)
        && let Some(stand_in) = standin::find(html, reading.url)
        && (empty || stand_in == StandIn::Cookies)
    {
        let (code, what) = match stand_in {
            StandIn::Login => (ProblemCode::Login, "the page asks for a name and a password"),
            StandIn::Script => {
                (ProblemCode::JavaScript, "the page is built by JavaScript; its text is not in it")
            }
            StandIn::Cookies => {
                (ProblemCode::Cookies, "the page needs cookies; without them its text is not sent")
            }
            StandIn::Maintenance => {
                (ProblemCode::Maintenance, "the portal says that it is being worked on")
            }
        };
        return say(code, what.to_owned());
    }
    if let Some(rows) = rows_of_list(html, article, reading) {
        let what = format!(
            "the page is a list of {}, not an article; `detect` reads it",
            counted(rows, "link")
        );
        return say(ProblemCode::IsListing, what);
    }
    if !empty {
        return None;
    }
    let what = match (article.attachments.len(), article.images.len()) {
        (0, 0) => "no body text",
        (0, _) => "the page has pictures and no text of its own",
        _ => "the page has attachments and no text of its own",
    };
    say(ProblemCode::NoText, what.to_owned())
}

/// How many rows the page lists, where it is a list.
fn rows_of_list(html: &str, article: &Article, reading: Reading<'_>) -> Option<usize> {
    let links = TextLinks::of(article.content_html.as_str());
    if links.headlines >= MANY_LINKS && links.share() >= MOSTLY_LINKS {
        return Some(links.headlines);
    }
    let dated = article.published != Published::Unknown || article.byline.is_some();
    if dated && !article.content_text.is_empty() {
        return None;
    }
    let rows = detect(html, &ListingRecipe::default(), reading).rows;
    let titles: usize = rows.iter().map(|row| row.title.len()).sum();
    (rows.len() >= MANY_ROWS && titles > article.content_text.len()).then_some(rows.len())
}

/// Links of a text that the sanitiser made.
#[derive(Default)]
struct TextLinks {
    headlines: usize,
    linked: usize,
    letters: usize,
}

impl TextLinks {
    fn of(html: &str) -> Self {
        let mut links = TextLinks::default();
        let (mut in_tag, mut inside, mut length) = (false, false, 0);
        for (at, c) in html.char_indices() {
            match c {
                '<' => {
                    in_tag = true;
                    if html[at..].starts_with("<a ") {
                        (inside, length) = (true, 0);
                    } else if html[at..].starts_with("</a>") {
                        links.headlines += usize::from(inside && length >= HEADLINE_CHARS);
                        inside = false;
                    }
                }
                '>' => in_tag = false,
                c if in_tag || c.is_whitespace() => {}
                _ => {
                    length += 1;
                    links.letters += 1;
                    links.linked += usize::from(inside);
                }
            }
        }
        links
    }

    fn share(&self) -> f64 {
        self.linked as f64 / self.letters.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;
    use url::Url;

    use super::*;
    use crate::model::ArticleRecipe;

    fn check(body: &str, expected: Option<ProblemCode>) {
        let url = Url::parse("https://so.example.gov.vn/tin").expect("a fixed address");
        let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
        let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
        let html = format!("<html><body>{body}</body></html>");
        let (_, problems) = crate::article(&html, &ArticleRecipe::default(), reading);
        let kinds = [
            ProblemCode::IsListing,
            ProblemCode::Login,
            ProblemCode::JavaScript,
            ProblemCode::Cookies,
            ProblemCode::Maintenance,
            ProblemCode::NoText,
        ];
        let code = problems.iter().map(|problem| problem.code).find(|code| kinds.contains(code));
        assert_eq!(code, expected, "{body}: {problems:?}");
    }

    fn rows(n: usize, element: &str) -> String {
        let row = |n| {
            format!(
                "<{element}><a href='/tin/{n}.html'>Hội nghị sơ kết công tác sáu tháng, lần thứ {n}</a> \
                 <span>{n}/10/2026</span></{element}>"
            )
        };
        (1..=n).map(row).collect()
    }

    const TEXT: &str = "<p>Sáng 27/11, Ủy ban nhân dân tỉnh tổ chức hội nghị đánh giá kết quả thực hiện \
        nhiệm vụ của tháng và bàn việc của tháng cuối năm với các huyện, thị xã, thành phố.</p>";

    #[test]
    fn a_list_given_as_an_article_is_called_one() {
        check(
            &format!("<h1>Tin tức</h1><ul>{}</ul>", rows(12, "li")),
            Some(ProblemCode::IsListing),
        );
        check(&format!("<div id=main>{}</div>", rows(9, "div")), Some(ProblemCode::IsListing));
        let table = format!(
            "<h2>Thông báo</h2><table>{}</table>",
            rows(10, "td").replace("<td>", "<tr><td>")
        );
        check(&table, Some(ProblemCode::IsListing));
        check(
            &format!("<h1>Trang chủ</h1><p>Chào mừng!</p>{}", rows(20, "p")),
            Some(ProblemCode::IsListing),
        );
    }

    #[test]
    fn an_article_with_related_links_is_an_article() {
        let related = format!("<h3>Tin liên quan</h3><ul>{}</ul>", rows(10, "li"));
        let head =
            "<h1>Hội nghị giao ban tháng mười một</h1><p class=date>Ngày đăng: 27/11/2026</p>";
        check(&format!("{head}<div class=content>{}</div>{related}", TEXT.repeat(5)), None);
        check(
            &format!("<h1>Giới thiệu</h1><div class=content>{}</div>{related}", TEXT.repeat(9)),
            None,
        );
        check(&format!("{head}{TEXT}"), None);
    }

    #[test]
    fn a_page_without_text_says_what_it_is() {
        let login =
            "<form><input name=u><input type=password name=p><button>Đăng nhập</button></form>";
        check(login, Some(ProblemCode::Login));
        let script = "<div id=root></div><noscript>You need to enable JavaScript to run this app.</noscript>";
        check(script, Some(ProblemCode::JavaScript));
        check("<p>Vui lòng bật cookie để xem trang này", Some(ProblemCode::Cookies));
        check(
            "<h1>Lỗi</h1><p>Để xem nội dung của cổng thông tin, trình duyệt của quý vị phải bật cookie. Vui lòng bật cookie \
             trong phần cài đặt rồi tải lại trang này.</p>",
            Some(ProblemCode::Cookies),
        );
        check("<h1>Hệ thống đang bảo trì</h1>", Some(ProblemCode::Maintenance));
        check("<div></div>", Some(ProblemCode::NoText));
    }
}
