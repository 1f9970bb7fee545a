//! Pages that only send their visitor on: by a refresh, by a script, or by a frame that holds all there is to read.

mod frames;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use dom_query::NodeRef;
use regex::Regex;
use url::Url;

use super::page::{self, Page};
use super::text::clean;
use crate::model::ItemKey;
use frames::Frames;

/// Where a page sends its visitor, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    pub url: Url,
    pub way: ForwardWay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardWay {
    /// `<meta http-equiv="refresh">` or a Refresh header.
    Refresh,
    /// `location.href = "…"`.
    Script,
    /// `<frameset>`.
    Frameset,
    /// An `<iframe>` in a page that has nothing else to read.
    Frame,
}

/// Bytes of a page that may be nothing but a way to another; ASP.NET puts its state into each.
pub const LONGEST: usize = 200_000;
/// Links of such a page: a menu and a footer.
const MOST_LINKS: usize = 120;
/// Characters beside its links: "Đang chuyển trang, vui lòng chờ trong giây lát…".
const MOST_TEXT: usize = 300;
/// The same of a page that is nothing but a script, and the bytes of that.
const MOST_TEXT_OF_SCRIPTS: usize = 150;
const MOST_SCRIPT: usize = 4_000;
/// The same of a page whose frame holds the news; there are a header and a footer.
const MOST_TEXT_AROUND: usize = 700;
/// Characters of a link that is a headline rather than a word of a menu.
const HEADLINE: usize = 40;
/// Seconds after which a page that moves on is still no page to read.
const LONGEST_DELAY: f64 = 30.0;

/// Returns where a page without content of its own leads. `refresh` is the value of its Refresh header.
pub fn find(html: &str, refresh: Option<&str>, url: &Url) -> Option<Forward> {
    let by_header = refresh.and_then(|said| refresh_target(said, url));
    if html.len() > LONGEST || by_header.is_none() && !may_lead_on(html) {
        return None;
    }
    let page = Page::parse(html, url).ok()?;
    let contents = Contents::of(&page);
    let leads_elsewhere = |to: &Url| !is_same_page(to, url);
    if contents.is_bare(MOST_TEXT, 5) {
        let by_meta = contents.refresh.as_deref().and_then(|said| refresh_target(said, &page.base));
        if let Some(url) = by_header.or(by_meta).filter(leads_elsewhere) {
            return Some(Forward { url, way: ForwardWay::Refresh });
        }
    }
    if let Some(url) = contents.frames.main().filter(leads_elsewhere) {
        return Some(Forward { url, way: ForwardWay::Frameset });
    }
    if contents.is_bare(MOST_TEXT, 5) {
        let by_script = contents.script_target(&page.base);
        if let Some(url) = by_script.filter(leads_elsewhere) {
            return Some(Forward { url, way: ForwardWay::Script });
        }
    }
    if contents.is_bare(MOST_TEXT_AROUND, MOST_LINKS) {
        let inner = contents.frames.only_content(url).filter(leads_elsewhere)?;
        return Some(Forward { url: inner, way: ForwardWay::Frame });
    }
    None
}

/// Returns a sentence that names the address which a page without a list of its own leads to.
pub fn named(page: &Page, own: &Url) -> Option<String> {
    let contents = Contents::of(page);
    let elsewhere = |to: &Url| !is_same_page(to, own);
    if let Some(to) = contents.frames.main().or_else(|| contents.frames.largest()).filter(elsewhere)
    {
        return Some(format!(
            "the page shows another one in a frame: if the list is in it, make {to} the address of the source"
        ));
    }
    if !contents.is_bare(MOST_TEXT, 5) {
        return None;
    }
    let by_meta = contents.refresh.as_deref().and_then(|said| refresh_target(said, &page.base));
    let to = by_meta.or_else(|| contents.script_target(&page.base)).filter(elsewhere)?;
    Some(format!("the page only leads to {to}: make that the address of the source"))
}

fn is_same_page(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme() && ItemKey::of(one) == ItemKey::of(other)
}

fn may_lead_on(html: &str) -> bool {
    static WAYS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)http-equiv\s*=\s*['\x22]?\s*refresh|\blocation\b|<i?frame\b")
            .expect("a constant pattern")
    });
    WAYS.is_match(html) && html.matches("<a ").take(MOST_LINKS + 1).count() <= MOST_LINKS
}

/// What a page holds besides its markup.
#[derive(Default)]
struct Contents {
    /// Characters that are neither in a link nor in a script.
    text: usize,
    links: usize,
    headlines: usize,
    /// The first `<meta http-equiv="refresh">`.
    refresh: Option<String>,
    scripts: String,
    frames: Frames,
}

impl Contents {
    fn of(page: &Page) -> Self {
        let mut contents = Contents::default();
        for node in page.document.root().children_it(false) {
            contents.take(page, &node);
        }
        contents
    }

    fn take(&mut self, page: &Page, node: &NodeRef<'_>) {
        if node.is_text() {
            self.text +=
                node.text().split_whitespace().map(|word| word.chars().count()).sum::<usize>();
            return;
        }
        let Some(name) = node.node_name().filter(|_| node.is_element()) else { return };
        match &*name {
            "meta" => self.take_meta(node),
            "script" => {
                self.scripts.push_str(&node.text());
                self.scripts.push('\n');
                return;
            }
            "frame" | "iframe" => return self.frames.take(node, &page.base),
            // Content only for readers without scripts or frames, and content that is never seen.
            "noscript" | "noframes" | "style" | "title" | "template" | "select" | "svg" => return,
            "a" if node.has_attr("href") => {
                let characters = clean(&page::visible_text(node)).chars().count();
                self.links += 1;
                self.headlines += usize::from(characters >= HEADLINE);
                return;
            }
            "body" => {
                if let Some(code) = node.attr("onload") {
                    self.scripts.push_str(&code);
                    self.scripts.push('\n');
                }
            }
            _ => {}
        }
        for child in node.children_it(false) {
            self.take(page, &child);
        }
    }

    fn take_meta(&mut self, meta: &NodeRef<'_>) {
        let is_refresh =
            meta.attr("http-equiv").is_some_and(|said| said.trim().eq_ignore_ascii_case("refresh"));
        if is_refresh && self.refresh.is_none() {
            self.refresh = meta.attr("content").map(|said| said.to_string());
        }
    }

    /// Where the page's script goes. What an application does at some time is no way on.
    fn script_target(&self, base: &Url) -> Option<Url> {
        let is_short = self.scripts.len() <= MOST_SCRIPT && self.is_bare(MOST_TEXT_OF_SCRIPTS, 5);
        is_short.then(|| script_target(&self.scripts, base)).flatten()
    }

    /// Whether there is nothing to read.
    fn is_bare(&self, text: usize, links: usize) -> bool {
        self.text <= text && self.links <= links && self.headlines == 0
    }
}

/// The address of `0; url='/tin'`, where the visitor is sent on soon. Without one the page only reloads itself.
fn refresh_target(said: &str, base: &Url) -> Option<Url> {
    let said = said.trim();
    let end = said.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(said.len());
    let delay: f64 = said[..end].trim_matches('.').parse().unwrap_or(0.0);
    if delay > LONGEST_DELAY {
        return None;
    }
    let rest = said[end..].trim_start_matches([';', ',', ' ', '\t', '\n', '\r']);
    let address = match rest.get(..3) {
        Some(url) if url.eq_ignore_ascii_case("url") => {
            match rest[3..].trim_start().strip_prefix('=') {
                Some(address) => address,
                None => rest,
            }
        }
        _ => rest,
    };
    let address = address.trim();
    let address = match address.chars().next() {
        Some(quote @ ('"' | '\'')) => address[1..].split(quote).next().unwrap_or_default(),
        _ => address,
    };
    web_address(address, base)
}

/// The address that a script writes into `location`, if it is a text of its own and the only one.
fn script_target(scripts: &str, base: &Url) -> Option<Url> {
    static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"\blocation\s*(?:\.\s*href\s*)?(?:=|\.\s*(?:replace|assign)\s*\()\s*(?:"([^"\\\r\n]{1,2000})"|'([^'\\\r\n]{1,2000})'|`([^`$\\\r\n]{1,2000})`)\s*(\+|\.|\?)?"#,
        )
        .expect("a constant pattern")
    });
    // In a text that is itself code, `setTimeout("location.href = '/tin'", 0)`, only the outer quotes are escaped.
    let scripts = scripts.replace("\\/", "/").replace("\\'", "'").replace("\\\"", "\"");
    let mut found: Vec<Url> = ASSIGNMENT
        .captures_iter(&scripts)
        .filter(|code| code.get(4).is_none())
        .filter(|code| code.get(0).is_some_and(|code| !is_only_offered(&scripts, code.start())))
        .filter_map(|code| {
            let said = code.get(1).or(code.get(2)).or(code.get(3))?;
            web_address(said.as_str(), base)
        })
        .collect();
    found.sort();
    found.dedup();
    if found.len() > 1 {
        // A small screen is sent to its own site.
        found.retain(|url| {
            !url.host_str().is_some_and(|host| host.starts_with("m."))
                && !url.path().split('/').any(|part| matches!(part, "m" | "mobile"))
        });
    }
    if found.len() == 1 { found.pop() } else { None }
}

/// Whether the code at a place belongs to a function that nothing in the scripts calls: a button of the page may.
fn is_only_offered(scripts: &str, at: usize) -> bool {
    static FUNCTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bfunction\s+([\w$]+)\s*\(").expect("a constant pattern"));
    let Some(function) = FUNCTION.captures_iter(&scripts[..at]).last() else { return false };
    let (Some(whole), Some(name)) = (function.get(0), function.get(1)) else { return false };
    let between = &scripts[whole.start()..at];
    let is_inside = between.matches('{').count() > between.matches('}').count();
    is_inside && scripts.matches(name.as_str()).count() < 2
}

fn web_address(said: &str, base: &Url) -> Option<Url> {
    match page::target(said.trim(), base) {
        page::Target::Address(url) => Some(url),
        page::Target::Script | page::Target::Nowhere => None,
    }
}
