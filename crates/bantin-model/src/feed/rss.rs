//! RSS 2.0, with content:encoded, dc:creator and atom:link, as the RSS Advisory Board's profile asks.

use std::collections::BTreeMap;

use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Item};

use super::entry::{FeedEnclosure, FeedEntry, entries, feed_updated};
use super::feed_text::{html, line, unmistakable};
use super::{DocumentAddress, FeedDocument, FeedFormat};

/// Minutes a reader may keep the feed before it asks again; the HTTP headers say it better to those who read them.
const TTL: &str = "15";

const HISTORY: &str = "http://purl.org/syndication/history/1.0";

pub fn render(document: &FeedDocument<'_>) -> Vec<u8> {
    let feed = document.feed;
    let title = line(&feed.title).unwrap_or_else(|| feed.name.to_string());
    let description = line(&feed.description).unwrap_or_else(|| title.clone());
    let links = document.links;
    let link = |rel: &str, address: &Option<DocumentAddress>| {
        let address = address.as_ref()?;
        Some(Link {
            href: address.in_format(document.public_url, FeedFormat::Rss),
            rel: rel.to_owned(),
            mime_type: Some(FeedFormat::Rss.media_type().to_owned()),
            ..Link::default()
        })
    };
    let hub = links.hub.as_ref().map(|hub| Link {
        href: hub.clone(),
        rel: "hub".to_owned(),
        ..Link::default()
    });
    let around = [
        link("self", &links.own),
        hub,
        link("current", &links.current),
        link("prev-archive", &links.previous),
        link("next-archive", &links.next),
    ];
    let around: Vec<Link> = around.into_iter().flatten().collect();
    let (mut extensions, mut namespaces) = (ExtensionMap::new(), BTreeMap::new());
    if links.current.is_some() {
        // RFC 5005 §4: readers know by it that this document is not the one to come back to.
        let archive = Extension { name: "fh:archive".to_owned(), ..Extension::default() };
        let elements = BTreeMap::from([("archive".to_owned(), vec![archive])]);
        extensions.insert("fh".to_owned(), elements);
        namespaces.insert("fh".to_owned(), HISTORY.to_owned());
    }
    let channel = Channel {
        title: unmistakable(&title),
        link: document.public_url.to_string(),
        description: unmistakable(&description),
        language: Some(feed.lang.tag().to_owned()),
        last_build_date: Some(feed_updated(document).to_rfc2822()),
        generator: Some("bantin".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        ttl: Some(TTL.to_owned()),
        atom_ext: (!around.is_empty()).then_some(AtomExtension { links: around }),
        extensions,
        namespaces,
        items: entries(document).map(|entry| written(&entry)).collect(),
        ..Channel::default()
    };
    let mut bytes = channel.write_to(Vec::new()).expect("writing into memory does not fail");
    bytes.push(b'\n');
    bytes
}

fn written(entry: &FeedEntry) -> Item {
    Item {
        title: Some(unmistakable(&entry.title)),
        link: Some(entry.link.clone()),
        // Readers take a description for HTML.
        description: Some(html(&entry.summary)),
        categories: entry
            .tags
            .iter()
            .map(|tag| Category { name: unmistakable(tag), domain: None })
            .collect(),
        enclosure: enclosure(entry),
        guid: Some(Guid { value: entry.id.clone(), permalink: false }),
        pub_date: entry.published.map(|at| at.to_rfc2822()),
        content: Some(entry.content_html.clone()),
        dublin_core_ext: entry.byline.as_ref().map(|byline| DublinCoreExtension {
            creators: vec![byline.clone()],
            ..DublinCoreExtension::default()
        }),
        ..Item::default()
    }
}

/// RSS has one enclosure an item; the other files are linked in the text. A recording comes first, since players look for
/// it here, then a file whose length is known. A length that is not known is written as 0, as the RSS Advisory Board's
/// profile asks (the validator has the same advice). The validator knows no host without a dot, as they occur inside an
/// office.
fn enclosure(entry: &FeedEntry) -> Option<Enclosure> {
    let files = entry.attachments.iter().filter(|attachment| {
        attachment.url.split('/').nth(2).is_some_and(|host| host.contains('.'))
    });
    let order = |attachment: &&FeedEnclosure| match &*attachment.media_type {
        recording if recording.starts_with("audio/") || recording.starts_with("video/") => 0,
        _ if attachment.length.is_some() => 1,
        _ => 2,
    };
    files.min_by_key(order).map(|attachment| Enclosure {
        url: attachment.url.clone(),
        length: attachment.length.unwrap_or(0).to_string(),
        mime_type: attachment.media_type.clone(),
    })
}
