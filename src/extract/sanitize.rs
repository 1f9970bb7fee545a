//! The only maker of [`CleanHtml`] from foreign markup (P8). `flow` has already rebuilt the markup from a few plain
//! elements; ammonia has the last word, and whatever it would change once more is not clean.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::flow::{self, Flow, Marks};
use super::page::Page;
use super::text;
use crate::model::CleanHtml;

/// Cleans foreign markup: a feed entry's content, an article's body. Relative addresses are taken against `base`.
/// Markup that no tree may be built of becomes the empty text.
pub fn clean(html: &str, base: &Url) -> CleanHtml {
    flow_of(html, base).map(|flow| vouch(&flow.html)).unwrap_or_default()
}

/// The text of foreign markup, one paragraph a line.
pub fn plain(html: &str, base: &Url) -> String {
    flow_of(html, base).map(|flow| flow.text).unwrap_or_default()
}

fn flow_of(html: &str, base: &Url) -> Option<Flow> {
    let page = Page::parse(html, base).ok()?;
    let body = page.document.body()?;
    Some(flow::write(&[body], base, &Marks::default()))
}

/// Markup that `flow` made, as clean markup.
pub(super) fn vouch(html: &str) -> CleanHtml {
    let once = AMMONIA.clean(html).to_string();
    let twice = AMMONIA.clean(&once).to_string();
    if once == twice {
        return CleanHtml::vouched_for(once);
    }
    // Markup that reads differently the second time could read differently in a browser too. Its text is safe.
    CleanHtml::vouched_for(format!("<p>{}</p>", ammonia::clean_text(&text::clean(&strip(&twice)))))
}

fn strip(html: &str) -> String {
    Builder::empty().clean(html).to_string()
}

static AMMONIA: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
            "p",
            "br",
            "b",
            "strong",
            "i",
            "em",
            "u",
            "s",
            "sub",
            "sup",
            "ul",
            "ol",
            "li",
            "a",
            "img",
            "blockquote",
            "h2",
            "h3",
            "h4",
            "hr",
            "table",
            "thead",
            "tbody",
            "tfoot",
            "tr",
            "th",
            "td",
            "figure",
            "figcaption",
        ]))
        .clean_content_tags(HashSet::from([
            "script", "style", "iframe", "noscript", "title", "textarea", "svg", "math",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src", "alt"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .attribute_filter(|element, attribute, value| {
            // A picture is fetched without a click, so it is http or nothing.
            let wrong = (element, attribute) == ("img", "src")
                && !value.starts_with("http:")
                && !value.starts_with("https:");
            (!wrong).then(|| value.into())
        })
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});
