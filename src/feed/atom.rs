//! Atom (RFC 4287). The crate's defaults are invalid (no id, updated in 1970), so every feed and entry is made here with
//! all that the RFC asks.

use atom_syndication::{
    Category, Content, Entry as AtomEntry, Feed as AtomFeed, Generator, Link, Person, Text,
    TextType,
};
use uuid::Uuid;

use super::entry::{Entry, entries, feed_updated};
use super::text::{html, line, unmistakable};
use super::{Document, Format};
use crate::model::FeedName;

/// The feed's id for ever, wherever it is served: a version 5 UUID of its name.
pub fn feed_id(name: &FeedName) -> String {
    // Our own name space, drawn once at random; changing it would make every reader take every feed for a new one.
    const FEEDS: Uuid = Uuid::from_u128(0x27c5_9be0_41d6_4c1f_8b92_e6a0_5d3f_74c8);
    Uuid::new_v5(&FEEDS, name.as_str().as_bytes()).urn().to_string()
}

pub fn render(document: &Document<'_>) -> Vec<u8> {
    let feed = document.feed;
    let title = line(&feed.title).unwrap_or_else(|| feed.name.to_string());
    let own = Link {
        href: Format::Atom.address(document.public_url, &feed.name),
        rel: "self".to_owned(),
        mime_type: Some(Format::Atom.media_type().to_owned()),
        ..Link::default()
    };
    let page = Link {
        href: document.public_url.to_string(),
        rel: "alternate".to_owned(),
        mime_type: Some("text/html".to_owned()),
        ..Link::default()
    };
    let feed = AtomFeed {
        subtitle: line(&feed.description).map(|text| text_of(&text)),
        id: feed_id(&feed.name),
        updated: feed_updated(document),
        // Stands for every entry that names nobody.
        authors: vec![person(&line(document.site).unwrap_or_else(|| title.clone()))],
        title: text_of(&title),
        generator: Some(Generator { value: "bantin".to_owned(), uri: None, version: None }),
        links: vec![own, page],
        entries: entries(document).map(|entry| written(&entry)).collect(),
        lang: Some(feed.lang.tag().to_owned()),
        ..AtomFeed::default()
    };
    let mut bytes = feed.write_to(Vec::new()).expect("writing into memory does not fail");
    bytes.push(b'\n');
    bytes
}

fn written(entry: &Entry) -> AtomEntry {
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
