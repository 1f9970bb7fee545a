//! JSON Feed 1.1 (<https://jsonfeed.org/version/1.1>).

use serde::Serialize;

use super::entry::{FeedEntry, entries};
use super::feed_text::line;
use super::{DocumentAddress, FeedDocument, FeedFormat};

#[derive(Serialize)]
struct JsonFeed {
    version: &'static str,
    title: String,
    home_page_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    authors: Vec<JsonAuthor>,
    language: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hubs: Vec<JsonHub>,
    items: Vec<JsonItem>,
}

#[derive(Serialize)]
struct JsonHub {
    r#type: &'static str,
    url: String,
}

#[derive(Serialize)]
struct JsonAuthor {
    name: String,
}

#[derive(Serialize)]
struct JsonItem {
    id: String,
    url: String,
    title: String,
    content_html: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    content_text: String,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<JsonAuthor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    language: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<JsonAttachment>,
}

#[derive(Serialize)]
struct JsonAttachment {
    url: String,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
}

pub fn render(document: &FeedDocument<'_>) -> Vec<u8> {
    let feed = document.feed;
    let title = line(&feed.title).unwrap_or_else(|| feed.name.to_string());
    let language = feed.lang.tag();
    let address = |address: &Option<DocumentAddress>| {
        Some(address.as_ref()?.in_format(document.public_url, FeedFormat::Json))
    };
    let hub = document.links.hub.iter().cloned();
    let json = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        home_page_url: document.public_url.to_string(),
        feed_url: address(&document.links.own),
        next_url: address(&document.links.previous),
        description: line(&feed.description),
        authors: vec![JsonAuthor { name: line(document.site).unwrap_or_else(|| title.clone()) }],
        title,
        language,
        hubs: hub.map(|url| JsonHub { r#type: "WebSub", url }).collect(),
        items: entries(document).map(|entry| written(entry, language)).collect(),
    };
    let mut bytes = serde_json::to_vec(&json).expect("strings and numbers are always JSON");
    bytes.push(b'\n');
    bytes
}

fn written(entry: FeedEntry, language: &str) -> JsonItem {
    JsonItem {
        date_published: entry.published.map(|at| at.to_rfc3339()),
        date_modified: entry.corrected.then(|| entry.updated.to_rfc3339()),
        id: entry.id,
        url: entry.link,
        title: entry.title,
        content_html: entry.content_html,
        content_text: entry.content_text,
        summary: entry.summary,
        image: entry.image,
        authors: entry.byline.into_iter().map(|name| JsonAuthor { name }).collect(),
        tags: entry.tags,
        language: entry.lang.unwrap_or_else(|| language.to_owned()),
        attachments: entry
            .attachments
            .into_iter()
            .map(|attachment| JsonAttachment {
                url: attachment.url,
                mime_type: attachment.media_type,
                title: attachment.title,
                size_in_bytes: attachment.length,
            })
            .collect(),
    }
}
