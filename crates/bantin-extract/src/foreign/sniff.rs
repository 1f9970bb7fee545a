//! What bytes are, by their beginning. A page of HTML that speaks of feeds is a page.

use super::{encoding, json, xml};
use crate::model::SourceKind;

/// How much of a body is looked at.
const HEAD_BYTES: usize = 64 * 1024;

pub fn kind(body: &[u8], content_type: Option<&str>) -> SourceKind {
    let text = encoding::decode(&body[..body.len().min(HEAD_BYTES)], content_type);
    if is_json(&text) {
        return json_kind(&text, content_type);
    }
    match first_root(&text) {
        Some("urlset" | "sitemapindex") => SourceKind::Sitemap,
        Some(_) => SourceKind::Feed,
        None => SourceKind::Page,
    }
}

/// Whether a text begins as JSON does, a guard against scripts (`)]}'`) before it.
pub fn is_json(text: &str) -> bool {
    let text = json::without_guard(text);
    let mut letters = text.chars().filter(|letter| !letter.is_whitespace());
    match letters.next() {
        Some('{') => matches!(letters.next(), Some('"' | '}')),
        Some('[') => letters.next().is_some_and(|c| "{[]\"-0123456789tfn".contains(c)),
        _ => false,
    }
}

fn json_kind(text: &str, content_type: Option<&str>) -> SourceKind {
    let said = content_type.is_some_and(|value| value.to_ascii_lowercase().contains("feed+json"));
    let version = text.contains("//jsonfeed.org/version/") || text.contains("\\/\\/jsonfeed.org");
    if said || version { SourceKind::Feed } else { SourceKind::Json }
}

/// The name of the element at which a feed or a sitemap begins, before anything that only a page has.
fn first_root(text: &str) -> Option<&'static str> {
    let mut rest = text;
    let mut junk = false;
    loop {
        let at = rest.find('<')?;
        junk |= !rest[..at].trim_matches(['\u{feff}', ' ', '\n', '\r', '\t', '\0']).is_empty();
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        let body = &rest[1..];
        let end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(body.len());
        let name = body[..end].to_ascii_lowercase();
        let local = name.rsplit(':').next().unwrap_or_default();
        if let Some(root) = xml::ROOTS.iter().find(|root| **root == local)
            && (!junk || is_evident(&body[end..], root))
        {
            return Some(root);
        }
        if body.starts_with(['!', '?']) {
            let (inside, behind) = body.split_once('>').unwrap_or((body, ""));
            let lower = inside.to_ascii_lowercase();
            let mut words = lower.split_whitespace();
            if words.next() == Some("!doctype") && words.next() == Some("html") {
                return None;
            }
            rest = behind;
            continue;
        }
        if matches!(local, "html" | "head" | "body" | "script" | "meta" | "title" | "frameset") {
            return None;
        }
        // Any element that is no root: the text is a piece of a page, or a server's warning before the feed.
        junk |= !local.is_empty();
        rest = body;
    }
}

/// Returns whether a root element after other text is really one: "<rss" alone may be a word of an
/// article on feeds.
fn is_evident(tag: &str, root: &str) -> bool {
    let Some((attributes, behind)) = tag.split_once('>') else { return false };
    let behind = behind.trim_start();
    attributes.contains("xmlns") || (root == "rss" && behind.starts_with("<channel"))
}
