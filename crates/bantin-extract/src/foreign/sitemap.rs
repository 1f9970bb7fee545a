//! Sitemaps (sitemaps.org 0.9), with Google's news and image extensions.

use url::Url;

use super::markup::{self, TextFormat};
use super::xml::{Id, XmlTree};
use super::{Document, Entry, address, dates, filled};
use crate::limits;
use crate::model::{Problem, ProblemCode, Published};
use crate::{Reading, text};

/// Children of an index that a problem names.
const NAMED_CHILDREN: usize = 5;

pub fn read(tree: &XmlTree<'_>, root: Id, reading: Reading<'_>) -> Document {
    if tree.name(root) == "sitemapindex" {
        return index(tree, reading);
    }
    let places: Vec<Id> = tree
        .elements()
        .filter(|id| tree.name(*id) == "url" && tree.child(*id, "loc").is_some())
        .collect();
    let mut entries: Vec<Entry> = places.iter().map(|id| entry(tree, *id, reading)).collect();
    let mut problems = Vec::new();
    if entries.len() > limits::ROWS {
        // A sitemap is in no order of time; its newest are the news.
        entries.sort_by_key(|entry| std::cmp::Reverse(dates::moment(newest(entry))));
        entries.truncate(limits::ROWS);
        problems.push(Problem::of_listing(
            ProblemCode::TooLarge,
            format!("more than {} addresses; the newest by their dates are read", limits::ROWS),
        ));
    }
    let mut untitled = 0;
    for entry in &mut entries {
        if entry.title.is_none() {
            entry.title = entry.link.as_ref().and_then(title_of);
            untitled += usize::from(entry.title.is_some());
        }
    }
    if untitled > 0 {
        problems.push(Problem::of_listing(
            ProblemCode::NoTitle,
            format!(
                "{untitled} addresses of the sitemap have no title; theirs is made of the address"
            ),
        ));
    }
    Document { entries, container: true, problems, ..Document::default() }
}

fn newest(entry: &Entry) -> Published {
    if entry.published.is_known() { entry.published } else { entry.updated }
}

fn entry(tree: &XmlTree<'_>, id: Id, reading: Reading<'_>) -> Entry {
    let said = |name: &str, around: Id| {
        tree.child(around, name).and_then(|part| filled(tree.text(part).trim().to_owned()))
    };
    let line = |name: &str, around: Id| {
        said(name, around).and_then(|said| filled(markup::line(&said, TextFormat::Guess)))
    };
    let loc = said("loc", id);
    let link = loc.as_deref().and_then(|loc| address(loc, reading.url));
    let news = tree.child(id, "news:news").unwrap_or(id);
    let mut odd_date = None;
    let mut date = |said: Option<String>| {
        let Some(said) = said else { return Published::Unknown };
        let found = dates::read(&said, reading);
        if !found.is_known() {
            odd_date = Some(text::clean(&said));
        }
        found
    };
    let published = date(said("news:publication_date", news));
    let updated = date(said("lastmod", id));
    let image = tree
        .child(id, "image:image")
        .and_then(|image| said("image:loc", image))
        .and_then(|said| address(&said, reading.url));
    Entry {
        title: line("news:title", news),
        odd_link: loc.filter(|_| link.is_none()),
        link,
        published,
        updated,
        odd_date,
        image: image.map(String::from),
        ..Entry::default()
    }
}

/// "/tin-tuc/hop-bao-thuong-ky-a123.html" says "hop bao thuong ky a123".
pub fn title_of(url: &Url) -> Option<String> {
    let segments = url.path_segments()?;
    let last = segments.rev().find(|segment| !segment.is_empty()).unwrap_or_default();
    let (name, _) = last.rsplit_once('.').filter(|(_, end)| end.len() <= 5).unwrap_or((last, ""));
    let escaped = name.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let decoded = url::form_urlencoded::parse(escaped.as_bytes()).next();
    let plain = decoded.map(|(name, _)| name.into_owned()).unwrap_or_default();
    filled(text::clean(&plain.replace(['-', '_', '+'], " ")))
        .or_else(|| url.host_str().map(str::to_owned))
}

fn index(tree: &XmlTree<'_>, reading: Reading<'_>) -> Document {
    let children: Vec<Url> = tree
        .elements()
        .filter(|id| tree.name(*id) == "sitemap")
        .filter_map(|id| tree.child(id, "loc"))
        .filter_map(|loc| address(&tree.text(loc), reading.url))
        .collect();
    let named: Vec<&str> = children.iter().take(NAMED_CHILDREN).map(Url::as_str).collect();
    let more = children.len().saturating_sub(NAMED_CHILDREN);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = if children.is_empty() {
        "an index of sitemaps that names none".to_owned()
    } else {
        format!(
            "this is an index of sitemaps, not a list of news: configure the one with the news as the source's address: {}{rest}",
            named.join(", ")
        )
    };
    Document::failed(what)
}
