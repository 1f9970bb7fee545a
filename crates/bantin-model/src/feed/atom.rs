//! Atom (RFC 4287). The crate's defaults are invalid (no id, updated in 1970), so every feed and entry is made here with
//! all that the RFC asks.

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{
    Category, Content, Entry as AtomEntry, Feed as AtomFeed, Generator, Link, Person, Text,
    TextType,
};
use chrono::SubsecRound as _;
use uuid::Uuid;

use super::entry::{FeedEntry, entries, feed_updated, in_bounds};
use super::feed_text::{html, line, unmistakable};
use super::{DocumentAddress, FeedDocument, FeedFormat};
use crate::FeedName;

/// Returns the feed's id for ever, wherever it is served: a version 5 UUID of its name.
pub fn feed_id(name: &FeedName) -> String {
    id_of(name.as_str())
}

/// The same of what has no name in the config; no feed's name has a slash in it.
pub fn id_of(what: &str) -> String {
    // Our own name space, drawn once at random; changing it would make every reader take every feed for a new one.
    const FEEDS: Uuid = Uuid::from_u128(0x27c5_9be0_41d6_4c1f_8b92_e6a0_5d3f_74c8);
    Uuid::new_v5(&FEEDS, what.as_bytes()).urn().to_string()
}

const HISTORY: &str = "http://purl.org/syndication/history/1.0";
const TOMBSTONES: &str = "http://purl.org/atompub/tombstones/1.0";

pub fn render(document: &FeedDocument<'_>) -> Vec<u8> {
    let feed = document.feed;
    let title = line(&feed.title).unwrap_or_else(|| feed.name.to_string());
    let links = document.links;
    let typed = |rel: &str, address: &Option<DocumentAddress>| {
        let address = address.as_ref()?;
        Some(Link {
            href: address.in_format(document.public_url, FeedFormat::Atom),
            rel: rel.to_owned(),
            mime_type: Some(FeedFormat::Atom.media_type().to_owned()),
            ..Link::default()
        })
    };
    let page = Link {
        href: document.public_url.to_string(),
        rel: "alternate".to_owned(),
        mime_type: Some("text/html".to_owned()),
        ..Link::default()
    };
    let hub = links.hub.as_ref().map(|hub| Link {
        href: hub.clone(),
        rel: "hub".to_owned(),
        ..Link::default()
    });
    let around = [
        typed("self", &links.own),
        Some(page),
        hub,
        typed("current", &links.current),
        typed("prev-archive", &links.previous),
        typed("next-archive", &links.next),
    ];
    let mut more = AtomExtensions::default();
    if links.current.is_some() {
        more.add(("fh", HISTORY), "archive", &[]);
    }
    for withdrawn in document.withdrawn {
        let when = in_bounds(withdrawn.at).trunc_subsecs(0).to_rfc3339();
        more.add(
            ("at", TOMBSTONES),
            "deleted-entry",
            &[("ref", &withdrawn.id.urn()), ("when", &when)],
        );
    }
    let feed = AtomFeed {
        subtitle: line(&feed.description).map(|text| text_of(&text)),
        id: document.id.to_owned(),
        updated: feed_updated(document),
        // Names an author for every entry that has none.
        authors: vec![person(&line(document.site).unwrap_or_else(|| title.clone()))],
        title: text_of(&title),
        generator: Some(Generator { value: "bantin".to_owned(), uri: None, version: None }),
        links: around.into_iter().flatten().collect(),
        entries: entries(document).map(|entry| written(&entry)).collect(),
        lang: Some(feed.lang.tag().to_owned()),
        extensions: more.elements,
        namespaces: more.namespaces,
        ..AtomFeed::default()
    };
    let mut bytes = feed.write_to(Vec::new()).expect("writing into memory does not fail");
    bytes.push(b'\n');
    bytes
}

/// Elements of other vocabularies, with the prefixes that they need.
#[derive(Default)]
struct AtomExtensions {
    elements: ExtensionMap,
    namespaces: BTreeMap<String, String>,
}

impl AtomExtensions {
    fn add(&mut self, (prefix, namespace): (&str, &str), name: &str, attributes: &[(&str, &str)]) {
        self.namespaces.insert(prefix.to_owned(), namespace.to_owned());
        let attrs =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let element = Extension {
            name: format!("{prefix}:{name}"),
            attrs: attrs.collect(),
            ..Extension::default()
        };
        let elements = self.elements.entry(prefix.to_owned()).or_default();
        elements.entry(name.to_owned()).or_default().push(element);
    }
}

fn written(entry: &FeedEntry) -> AtomEntry {
    let page = Link {
        href: entry.link.clone(),
        rel: "alternate".to_owned(),
        mime_type: Some("text/html".to_owned()),
        ..Link::default()
    };
    let enclosures = entry.attachments.iter().map(|attachment| Link {
        href: attachment.url.clone(),
        rel: "enclosure".to_owned(),
        mime_type: Some(attachment.media_type.clone()),
        title: attachment.title.as_deref().map(unmistakable),
        length: attachment.length.map(|bytes| bytes.to_string()),
        hreflang: None,
    });
    AtomEntry {
        title: text_of(&entry.title),
        id: entry.id.clone(),
        updated: entry.updated_apart(),
        authors: entry.byline.iter().map(|byline| person(byline)).collect(),
        categories: entry
            .tags
            .iter()
            .map(|tag| Category { term: unmistakable(tag), scheme: None, label: None })
            .collect(),
        links: std::iter::once(page).chain(enclosures).collect(),
        published: entry.published,
        summary: Some(text_of(&entry.summary)),
        content: Some(Content {
            value: Some(entry.content_html.clone()),
            content_type: Some("html".to_owned()),
            lang: entry.lang.clone(),
            ..Content::default()
        }),
        ..AtomEntry::default()
    }
}

fn person(name: &str) -> Person {
    Person { name: unmistakable(name), ..Person::default() }
}

/// Plain text as plain text, unless it could be taken for markup: then as HTML, escaped, which cannot.
fn text_of(text: &str) -> Text {
    let (value, kind) = match unmistakable(text) == text {
        true => (text.to_owned(), TextType::Text),
        false => (html(text), TextType::Html),
    };
    Text { value, r#type: kind, ..Text::default() }
}
