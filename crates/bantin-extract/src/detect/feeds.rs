//! What a page says about itself to machines: the feeds it offers, the pages its metadata lists.

use std::collections::HashSet;

use serde_json::Value;

use super::super::FeedLink;
use super::super::foreign::json;
use super::super::page::{self, LinkTarget, Page, Target};
use super::super::text::clean;
use super::links::{Key, PageLinks};
use crate::model::ItemKey;

const TYPES: &[&str] = &["application/rss+xml", "application/atom+xml", "application/feed+json"];
/// More is a directory of feeds, one a section.
const MOST: usize = 20;

/// Feeds that the page links to, those of its head first.
pub fn of(page: &Page) -> Vec<FeedLink> {
    let mut seen = HashSet::new();
    let mut head = Vec::new();
    let mut body = Vec::new();
    for node in page.document.root().descendants_it().filter(|node| node.is_element()) {
        let alternate = node.has_name("link");
        if !alternate && !node.has_name("a") {
            continue;
        }
        let Some(LinkTarget::Address(address)) = page.lead(&node) else { continue };
        let url = address.url.clone();
        let title = |text: String| Some(clean(&text)).filter(|text| !text.is_empty());
        if alternate {
            let rel = node.attr("rel").unwrap_or_default().to_ascii_lowercase();
            let kind = node.attr("type").unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            if !rel.split_ascii_whitespace().any(|rel| rel == "alternate" || rel == "feed")
                || !TYPES.contains(&kind.as_str())
            {
                continue;
            }
            // Comments are no news.
            if is_of_comments(&url) || !seen.insert(url.clone()) {
                continue;
            }
            let title = node.attr("title").and_then(|text| title(text.to_string()));
            head.push(FeedLink { url, title, media_type: Some(kind) });
        } else if names_a_feed(&url) && !is_of_comments(&url) && seen.insert(url.clone()) {
            let title = title(page::visible_text(&node));
            body.push(FeedLink { url, title, media_type: None });
        }
        if head.len() + body.len() >= MOST {
            break;
        }
    }
    head.extend(body);
    head
}

fn is_of_comments(url: &url::Url) -> bool {
    url.path().to_ascii_lowercase().contains("/comments/")
}

/// `/feed`, `/rss.xml`, `tin.rss`, `?feed=rss2`.
fn names_a_feed(url: &url::Url) -> bool {
    const SITES: &[&str] = &["feedburner.com", "feedly.com", "facebook.com", "twitter.com"];
    if url.host_str().is_some_and(|host| SITES.iter().any(|site| host.ends_with(site))) {
        return url.host_str().is_some_and(|host| host.starts_with("feeds."));
    }
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(
        last,
        "feed"
            | "rss"
            | "atom"
            | "feed.xml"
            | "rss.xml"
            | "atom.xml"
            | "feed.json"
            | "rss.aspx"
            | "rss2"
            | "index.xml"
    ) || last.ends_with(".rss")
        || last.ends_with(".atom")
        || url.query_pairs().any(|(name, _)| name == "feed")
}

/// The links that an ItemList or a Blog in the page's JSON-LD names.
pub fn listed(page: &Page, links: &PageLinks) -> HashSet<Key> {
    let mut listed = HashSet::new();
    for node in page.document.root().descendants_it().filter(|node| node.has_name("script")) {
        if !node.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("application/ld+json")) {
            continue;
        }
        let Some(value) = json::embedded(node.text().trim()) else { continue };
        let mut left = vec![&value];
        while let Some(value) = left.pop() {
            match value {
                Value::Array(values) => left.extend(values),
                Value::Object(fields) => {
                    let is = |kind: &str| fields.get("@type").and_then(Value::as_str) == Some(kind);
                    // Breadcrumbs are lists too, and have the same fields.
                    if is("BreadcrumbList") || is("SiteNavigationElement") {
                        continue;
                    }
                    for name in ["url", "@id", "mainEntityOfPage"] {
                        let Some(href) = fields.get(name).and_then(Value::as_str) else { continue };
                        if let Target::Address(url) = page::target(href, &page.base)
                            && let Some(key) = links.keys.get(&ItemKey::of(&url))
                        {
                            listed.insert(*key);
                        }
                    }
                    left.extend(fields.values());
                }
                _ => {}
            }
        }
    }
    listed
}
