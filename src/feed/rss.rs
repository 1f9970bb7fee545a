//! RSS 2.0, with content:encoded, dc:creator and atom:link, as the RSS Advisory Board's profile asks.

use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::{Category, Channel, Enclosure, Guid, Item};

use super::entry::{Entry, entries, feed_updated};
use super::text::{html, line, unmistakable};
use super::{Document, Format};

/// Minutes a reader may keep the feed before it asks again; the HTTP headers say it better to those who read them.
const TTL: &str = "15";

pub fn render(document: &Document<'_>) -> Vec<u8> {
    let feed = document.feed;
    let title = line(&feed.title).unwrap_or_else(|| feed.name.to_string());
    let description = line(&feed.description).unwrap_or_else(|| title.clone());
    let own = Link {
        href: Format::Rss.address(document.public_url, &feed.name),
        rel: "self".to_owned(),
        mime_type: Some(Format::Rss.media_type().to_owned()),
        ..Link::default()
    };
    let channel = Channel {
        title: unmistakable(&title),
        link: document.public_url.to_string(),
        description: unmistakable(&description),
        language: Some(feed.lang.tag().to_owned()),
        last_build_date: Some(feed_updated(document).to_rfc2822()),
        generator: Some("bantin".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        ttl: Some(TTL.to_owned()),
        atom_ext: Some(AtomExtension { links: vec![own] }),
        items: entries(document).map(|entry| written(&entry)).collect(),
        ..Channel::default()
    };
    let mut bytes = channel.write_to(Vec::new()).expect("writing into memory does not fail");
    bytes.push(b'\n');
    bytes
}

fn written(entry: &Entry) -> Item {
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

/// RSS has one enclosure an item, and only with its length; the others are linked in the text. The validator knows no
/// host without a dot, as they occur inside an office.
fn enclosure(entry: &Entry) -> Option<Enclosure> {
    entry.attachments.iter().find_map(|attachment| {
        let length = attachment.length?;
        let host = attachment.url.split('/').nth(2)?;
        host.contains('.').then(|| Enclosure {
            url: attachment.url.clone(),
            length: length.to_string(),
            mime_type: attachment.media_type.clone(),
        })
    })
}
