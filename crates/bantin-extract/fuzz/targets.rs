//! What each fuzz target does with its bytes: foreign bytes go in, and what must hold of what comes out is asserted. The
//! fuzzer links this file, and `tests/integration/corpus.rs` replays with it what the fuzzer learnt.

use bantin_extract::model::{ArticleRecipe, ListingRecipe, Published, SourceKind};
use bantin_extract::{self as extract, Reading, sanitize};
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 10] = [
    ("dates", dates),
    ("charset", charset),
    ("listing", listing),
    ("article", article),
    ("feeds", feeds),
    ("clean", clean),
    ("page_state", page_state),
    ("script_literal", script_literal),
    ("script_list", script_list),
    ("forward", forward),
];

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_590_111_000, 0).expect("in range")
}

fn portal() -> Url {
    Url::parse("https://portal.example.gov.vn/tin/1").expect("a constant address parses")
}

fn reading(url: &Url) -> Reading<'_> {
    Reading { url, zone: Ho_Chi_Minh, now: now() }
}

/// Any text to a date: what is read as a day alone is read again from its ISO form.
pub fn dates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Published::On(day) = extract::date(&text, Ho_Chi_Minh, now()) {
        let again = extract::date(&day.to_string(), Ho_Chi_Minh, now());
        assert_eq!(again, Published::On(day), "{text:?}");
    }
    for reference in extract::refs(&text) {
        assert!(!reference.symbol.contains(char::is_whitespace), "{reference:?}");
    }
}

/// Any bytes, with any Content-Type, to text: it is NFC, and cleaning ends. The first line of the input is the header.
pub fn charset(bytes: &[u8]) {
    let split = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let header = std::str::from_utf8(&bytes[..split]).ok();
    let text = extract::decode(&bytes[split..], header);
    assert_eq!(extract::text::nfc(text.clone()), text);
    let clean = extract::text::clean(&text);
    assert_eq!(extract::text::clean(&clean), clean);
}

/// Any page as a list: the recipe that detection gives reads what detection showed.
pub fn listing(bytes: &[u8]) {
    let html = extract::decode(bytes, None);
    let url = portal();
    let reading = reading(&url);
    let detection = extract::detect(&html, &ListingRecipe::default(), reading);
    match &detection.recipe {
        Some(recipe) => assert_eq!(extract::listing(&html, recipe, reading).rows, detection.rows),
        None => assert!(detection.rows.is_empty() && !detection.problems.is_empty()),
    }
    let item = Some("li, tr, p, div > a".to_owned());
    let recipe = ListingRecipe { item, ..ListingRecipe::default() };
    extract::listing(&html, &recipe, reading);
    extract::next_page(&html, &recipe, reading);
}

/// Any page as an article: its markup is as clean as it will ever be.
pub fn article(bytes: &[u8]) {
    let html = extract::decode(bytes, None);
    let url = portal();
    let (article, _) = extract::article(&html, &ArticleRecipe::default(), reading(&url));
    assert_harmless(article.content_html.as_str());
}

/// Any markup, cleaned.
pub fn clean(bytes: &[u8]) {
    let html = String::from_utf8_lossy(bytes);
    let url = portal();
    let clean = sanitize::clean(&html, &url);
    assert_harmless(clean.as_str());
    sanitize::plain(&html, &url);
}

/// Nothing in it runs, loads a frame, sends a form or leads to another scheme (P8).
fn assert_harmless(html: &str) {
    // What the text says is escaped, so "<" begins a tag and nothing else.
    for piece in html.to_ascii_lowercase().split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let name = tag.trim_start_matches('/');
        let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
        let forbidden = [
            "script", "svg", "math", "iframe", "style", "object", "embed", "form", "base", "meta",
            "link", "input", "button", "template", "noscript",
        ];
        assert!(!forbidden.contains(&name.as_str()), "<{tag}");
        // `name="value"` each, and no quotation mark in a value: html5ever writes it so.
        let mut rest = tag.trim_start_matches(|c: char| c == '/' || c.is_ascii_alphanumeric());
        while let Some((name, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').unwrap_or((after, ""));
            rest = after;
            let name = name.trim();
            assert!(!name.starts_with("on") && name != "style", "<{tag}");
            if matches!(name, "href" | "src") {
                let scheme = value.trim_start().split(':').next().unwrap_or_default();
                assert!(matches!(scheme, "http" | "https" | "mailto" | "tel"), "<{tag}");
            }
        }
    }
}

/// Any bytes as a feed, a sitemap or JSON: the same rows with the same ids each time.
pub fn feeds(bytes: &[u8]) {
    let url = portal();
    extract::kind(bytes, None);
    for kind in [SourceKind::Feed, SourceKind::Sitemap, SourceKind::Json] {
        let read = || extract::foreign(kind, bytes, None, &ListingRecipe::default(), reading(&url));
        assert_eq!(read(), read());
    }
}

/// Ways in which a page carries its data in a script, before and after it.
const SCRIPTS: [(&str, &str); 8] = [
    ("<script>", "</script>"),
    ("<script>window.__INITIAL_STATE__=", "</script>"),
    ("<script>window.__NUXT__=(function(a,b){return ", "}(1,\"x\"))</script>"),
    ("<script id=__NEXT_DATA__ type=application/json>", "</script>"),
    ("<script id=__NUXT_DATA__ type=application/json>", "</script>"),
    ("<script id=ng-state type=application/json>", "</script>"),
    ("<script type=application/ld+json>", "</script>"),
    ("<script>self.__next_f.push([1,", "])</script>"),
];

/// A page that shows nothing and has these data in a script.
fn with_script(way: u8, data: &str) -> String {
    let (before, after) = SCRIPTS[usize::from(way) % SCRIPTS.len()];
    format!("<html><title>Tin</title><body><div id=app></div>{before}{data}{after}</body></html>")
}

/// Any data in a script, as an article; the first byte says in which kind of script. A stream of server components is
/// written as a text of JSON.
pub fn page_state(bytes: &[u8]) {
    let (way, data) = bytes.split_first().unwrap_or((&0, &[]));
    let data = String::from_utf8_lossy(data);
    let html = match usize::from(*way) % (SCRIPTS.len() + 1) {
        way if way == SCRIPTS.len() => {
            let text = data.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            with_script(7, &format!("\"{text}\""))
        }
        _ => with_script(*way, &data),
    };
    article(html.as_bytes());
}

/// Any literal that a script gives to a variable, as an article.
pub fn script_literal(bytes: &[u8]) {
    article(with_script(1, &String::from_utf8_lossy(bytes)).as_bytes());
}

/// Any data in a script, as a list: the same rows each time, and those that detection shows; the first byte says in which
/// kind of script.
pub fn script_list(bytes: &[u8]) {
    let (way, data) = bytes.split_first().unwrap_or((&0, &[]));
    let html = with_script(*way, &String::from_utf8_lossy(data));
    let url = portal();
    let recipe = ListingRecipe { item: Some("script".to_owned()), ..ListingRecipe::default() };
    let read = || extract::listing(&html, &recipe, reading(&url));
    assert_eq!(read(), read());
    let found = extract::detect(&html, &ListingRecipe::default(), reading(&url));
    if let Some(recipe) = &found.recipe {
        assert_eq!(extract::listing(&html, recipe, reading(&url)).rows, found.rows);
    }
}

/// Any page that may lead on, with a Refresh header in its first line: where it leads is another page, over HTTP.
pub fn forward(bytes: &[u8]) {
    let split = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let refresh = std::str::from_utf8(&bytes[..split]).ok().filter(|said| !said.is_empty());
    let html = extract::decode(&bytes[split..], None);
    let url = portal();
    if let Some(found) = extract::forward(&html, refresh, &url) {
        assert!(matches!(found.url.scheme(), "http" | "https"), "{}", found.url);
        assert_ne!(found.url, url);
    }
}
