//! JSON Feed 1 and 1.1 (jsonfeed.org).

use serde_json::Value;
use url::Url;

use super::markup::{self, TextFormat};
use super::{Document, Entry, Head, address, dates, entities, filled, json};
use crate::dates::order;
use crate::model::{Attachment, Published};
use crate::{Reading, document_at, text};

pub fn is_one(value: &Value) -> bool {
    value["version"].as_str().is_some_and(|version| version.contains("jsonfeed.org/version/"))
}

pub fn read(feed: &Value, reading: Reading<'_>) -> Document {
    let Some(items) = feed["items"].as_array() else {
        return Document::failed("the JSON Feed has no \"items\"");
    };
    let head = Head {
        title: line(&feed["title"]),
        link: feed["home_page_url"].as_str().and_then(|said| address(said, reading.url)),
        id: said(&feed["feed_url"]),
        ..Head::default()
    };
    let default = bylines(feed);
    let around = head.link.clone().unwrap_or_else(|| reading.url.clone());
    let reading = Reading { url: &around, ..reading };
    let entries = items.iter().map(|item| entry(item, default.as_deref(), reading)).collect();
    Document { head, entries, container: true, problems: Vec::new() }
}

fn entry(item: &Value, default_byline: Option<&str>, reading: Reading<'_>) -> Entry {
    let mut odd_date = None;
    let mut date = |value: &Value| {
        let Some(said) = json::text_of(value) else { return Published::Unknown };
        let found = dates::read_local(&said, reading);
        if !found.is_known() {
            odd_date = Some(text::clean(&said));
        }
        found
    };
    let published = date(&item["date_published"]);
    let written = json::text_of(&item["date_published"]).and_then(|said| order::written(&said));
    let updated = date(&item["date_modified"]);
    let url = |key: &str| item[key].as_str().and_then(|said| address(said, reading.url));
    let id = said(&item["id"]);
    let own = url("url").or_else(|| url("external_url")).or_else(|| {
        // The format asks for addresses as ids.
        id.as_deref().filter(|id| id.contains("://")).and_then(|id| address(id, reading.url))
    });
    let plain = |text: &str| {
        let mut html = String::from("<p>");
        entities::escape_into(text.trim(), &mut html);
        html.replace("\n\n", "</p><p>").replace('\n', "<br>") + "</p>"
    };
    Entry {
        title: line(&item["title"]),
        odd_link: item["url"]
            .as_str()
            .filter(|_| own.is_none())
            .and_then(|said| filled(text::clean(said))),
        link: own,
        id,
        published,
        written,
        updated,
        odd_date,
        summary: said(&item["summary"]).map(|said| markup::html(said, TextFormat::Guess)),
        content: item["content_html"]
            .as_str()
            .and_then(|html| filled(html.trim().to_owned()))
            .or_else(|| item["content_text"].as_str().filter(|s| !s.trim().is_empty()).map(plain)),
        byline: bylines(item).or_else(|| default_byline.map(str::to_owned)),
        section: item["tags"].as_array().and_then(|tags| tags.iter().find_map(line)),
        image: url("image").or_else(|| url("banner_image")).map(Url::into),
        attachments: item["attachments"]
            .as_array()
            .into_iter()
            .flatten()
            .take(100)
            .filter_map(|file| attachment(file, reading.url))
            .collect(),
        base: None,
    }
}

fn said(value: &Value) -> Option<String> {
    json::text_of(value).and_then(|said| filled(said.trim().to_owned()))
}

fn line(value: &Value) -> Option<String> {
    json::text_of(value).and_then(|said| filled(markup::line(&said, TextFormat::Guess)))
}

/// `authors` of 1.1, `author` of 1.
fn bylines(value: &Value) -> Option<String> {
    let several = value["authors"].as_array().into_iter().flatten();
    let names: Vec<String> =
        several.chain([&value["author"]]).filter_map(|author| line(&author["name"])).collect();
    let mut once: Vec<String> = Vec::new();
    for name in names.into_iter().take(20) {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    filled(once.join(", "))
}

fn attachment(file: &Value, base: &Url) -> Option<Attachment> {
    let url = address(file["url"].as_str()?, base)?;
    let named = document_at(&url);
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let title = line(&file["title"]).or_else(|| named.as_ref().map(|named| named.title.clone()));
    let media_type = said(&file["mime_type"]).or_else(|| named.map(|named| named.media_type));
    Some(Attachment {
        title: title.unwrap_or_else(|| text::clean(last)),
        media_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        length: file["size_in_bytes"].as_u64().filter(|length| *length > 0),
        url: url.into(),
    })
}
