//! An item's page: its text with our own copies of its pictures, the documents beside it and those that it names, and what
//! was changed since it was first read. An earlier text has a page of its own.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;
use chrono_tz::Tz;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::diff::difference;
use super::display::{ShownTime, other_lang};
use super::markup::{PictureCopy, escaped, json_in_html, paragraphs, picture, with_own_pictures};
use super::pictures::own_pictures;
use super::site_words::{SiteWords, words};
use crate::web::encoded_document::value;
use crate::web::errors::WebError;
use crate::web::pages::shared;
use crate::web::source_names::SourceNames;
use crate::web::{Site, Web};
use bantin_model::feed::FeedEntry;
use bantin_model::limits::REVISIONS_SHOWN;
use bantin_model::{Attachment, DocumentRef, Image, Item, ItemId, Published, Standing};
use bantin_store::Revision;

const AGE: &str = "max-age=300, stale-if-error=86400";

pub async fn item(State(web): State<Web>, Path(id): Path<String>, asked: HeaderMap) -> Response {
    let page = async {
        let item = visible(&web, &id).await?;
        let page = item_page(&web, &item).await?;
        Ok(super::page_response::page_response(page, Some(item.changed_at), &asked, AGE))
    };
    page.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

pub async fn revision(
    State(web): State<Web>,
    Path((id, number)): Path<(String, String)>,
    asked: HeaderMap,
) -> Response {
    let page = async {
        let item = visible(&web, &id).await?;
        let number: u32 = number.parse().map_err(|_| WebError::NotFound)?;
        let revisions = web.0.store.revisions(item.id).await.map_err(WebError::Unavailable)?;
        let at = revisions.iter().position(|revision| revision.number == number);
        let at = at.ok_or(WebError::NotFound)?;
        let page = revision_page(&web, &item, &revisions[at], revisions.get(at + 1)).await?;
        let mut answer = super::page_response::page_response(page, None, &asked, AGE);
        answer.headers_mut().insert(HeaderName::from_static("x-robots-tag"), value("noindex"));
        Ok(answer)
    };
    page.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

async fn visible(web: &Web, id: &str) -> Result<Item, WebError> {
    let id = ItemId(Uuid::try_parse(id).map_err(|_| WebError::NotFound)?);
    let item = web.0.store.item(id).await.map_err(WebError::Unavailable)?;
    let item = item.ok_or(WebError::NotFound)?;
    if item.standing != Standing::Held {
        return Ok(item);
    }
    match web.0.store.was_visible(id).await.map_err(WebError::Unavailable)? {
        true => Err(WebError::Gone),
        false => Err(WebError::NotFound),
    }
}

#[derive(Serialize)]
struct AttachmentView {
    url: String,
    title: String,
    kind: &'static str,
    size: Option<String>,
}

#[derive(Serialize)]
struct ReferenceView {
    symbol: String,
    told: String,
    query: String,
}

#[derive(Serialize)]
struct RevisionView {
    number: u32,
    when: ShownTime,
    what: String,
}

async fn item_page(web: &Web, item: &Item) -> Result<String, WebError> {
    let (store, site) = (&web.0.store, web.site());
    let t = words(site.lang);
    let sources =
        SourceNames::of(store, std::iter::once(item)).await.map_err(WebError::Unavailable)?;
    let (source, zone) = sources.name_and_zone(&item.source, site.zone);
    let revisions = match item.revision {
        0 => Vec::new(),
        _ => store.revisions(item.id).await.map_err(WebError::Unavailable)?,
    };
    let pictures = own_pictures(web, item).await.map_err(WebError::Unavailable)?;
    let entry = FeedEntry::of(item, (&source, zone), &site.public_url, site.lang);
    let address = format!("{}items/{}", site.public_url, item.id);
    // An item whose address on the portal cannot be opened has this very page as its link.
    let link = (entry.link != address).then_some(&entry.link);
    let first_picture = item.images.iter().find_map(|image| pictures.get(&image.url));
    let preview = first_picture.map(|own| {
        format!("{}{}", site.public_url, own.address.trim_start_matches(site.public_url.path()))
    });
    let attachments: Vec<AttachmentView> =
        item.attachments.iter().filter_map(|one| shown_attachment(one, t)).collect();
    let refs: Vec<ReferenceView> = item.refs.iter().map(shown_ref).collect();
    let section = item.section.as_deref().map(str::trim).filter(|section| !section.is_empty());
    let values = context! {
        id => item.id.to_string(),
        title => entry.title.clone(),
        when => Value::from(Serde(ShownTime::of(item.published, zone))),
        updated => Value::from(Serde(item.updated.map(|at| ShownTime::at(at, zone)))),
        byline => entry.byline.clone(),
        source,
        source_id => item.source.as_str().to_owned(),
        section => section.map(str::to_owned),
        lead => entry_lead(item),
        // Made of `CleanHtml` and of text that was escaped (P8).
        content => Value::from_safe_string(content(item, &pictures)),
        item_lang => other_lang(item, site.lang.tag()),
        link => link.cloned(),
        attachments => Value::from(Serde(attachments)),
        refs => Value::from(Serde(refs)),
        revisions => Value::from(Serde(shown_revisions(item, &revisions, zone, t))),
        canonical => address.clone(),
        summary => entry.summary.clone(),
        preview => preview.clone(),
        published_at => machine(item.published, zone),
        linked_data => Value::from_safe_string(json_in_html(&linked_data(item, &entry, &site, &address, preview, zone))),
        ..shared(&site)
    };
    Ok(web.0.pages.render("item.html", values))
}

async fn revision_page(
    web: &Web,
    item: &Item,
    revision: &Revision,
    next: Option<&Revision>,
) -> Result<String, WebError> {
    let (store, site) = (&web.0.store, web.site());
    let sources =
        SourceNames::of(store, std::iter::once(item)).await.map_err(WebError::Unavailable)?;
    let (source, zone) = sources.name_and_zone(&item.source, site.zone);
    let pictures = own_pictures(web, item).await.map_err(WebError::Unavailable)?;
    let later = next.map_or(&item.content_html, |next| &next.content_html);
    let difference =
        difference(&paragraphs(revision.content_html.as_str()), &paragraphs(later.as_str()));
    let values = context! {
        id => item.id.to_string(),
        title => revision.title.clone(),
        until => Value::from(Serde(ShownTime::at(revision.at, zone))),
        source,
        lead => revision.lead.clone(),
        content => Value::from_safe_string(with_own_pictures(revision.content_html.as_str(), &pictures)),
        item_lang => other_lang(item, site.lang.tag()),
        taken_out => difference.taken_out,
        put_in => difference.put_in,
        canonical => format!("{}items/{}", site.public_url, item.id),
        ..shared(&site)
    };
    Ok(web.0.pages.render("revision.html", values))
}

/// The lead, unless the text says it anyway.
fn entry_lead(item: &Item) -> Option<String> {
    let lead = item.lead.as_deref()?.trim();
    let beginning = lead.trim_end_matches(['.', '…', ' ']);
    let joined = item.content_text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!lead.is_empty() && !joined.contains(beginning)).then(|| lead.to_owned())
}

/// Returns the text with the pictures that the portal's page shows beside it.
fn content(item: &Item, pictures: &HashMap<String, PictureCopy>) -> String {
    let body = item.content_html.as_str();
    let inside = super::markup::pictures(body);
    let mut content = String::with_capacity(body.len() + 256);
    for Image { url, caption } in &item.images {
        if inside.contains(url) {
            continue;
        }
        let Some(own) = pictures.get(url) else { continue };
        let caption = escaped(caption.as_deref().unwrap_or_default().trim());
        content.push_str("<figure>");
        // The caption is printed below. As an alternative text too it would be read aloud twice.
        content.push_str(&picture(own, if caption.is_empty() { &caption } else { "" }));
        if !caption.is_empty() {
            content.push_str(&format!("<figcaption>{caption}</figcaption>"));
        }
        content.push_str("</figure>");
    }
    if body.trim().is_empty() {
        for paragraph in item.content_text.lines().filter(|line| !line.trim().is_empty()) {
            content.push_str(&format!("<p>{}</p>", escaped(paragraph.trim())));
        }
    } else {
        content.push_str(&with_own_pictures(body, pictures));
    }
    content
}

fn shown_attachment(attachment: &Attachment, t: &SiteWords) -> Option<AttachmentView> {
    let url = url::Url::parse(&attachment.url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let title = match attachment.title.trim() {
        "" => url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default(),
        title => title,
    };
    Some(AttachmentView {
        title: if title.is_empty() { url.to_string() } else { title.to_owned() },
        kind: kind(&attachment.media_type, t),
        size: attachment.length.map(size),
        url: url.to_string(),
    })
}

fn kind(media_type: &str, t: &SiteWords) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| media_type.contains(word));
    match media_type {
        "application/pdf" => t.pdf,
        _ if has(&["msword", "wordprocessing", "opendocument.text", "rtf"]) => t.word,
        _ if has(&["excel", "spreadsheet", "csv"]) => t.sheet,
        _ if has(&["powerpoint", "presentation"]) => t.slides,
        _ if has(&["zip", "rar", "7z", "tar"]) => t.archive,
        _ if media_type.starts_with("image/") => t.picture,
        _ if media_type.starts_with("audio/") => t.audio,
        _ if media_type.starts_with("video/") => t.video,
        _ => t.file,
    }
}

/// With a decimal comma, as in Việt Nam; the English page reads it, too.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes * 10).div_ceil(unit);
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{},{} MB", tenths(1_000_000) / 10, tenths(1_000_000) % 10),
    }
}

fn shown_ref(document: &DocumentRef) -> ReferenceView {
    let mut told = document.kind.clone().unwrap_or_default();
    if let Some(issuer) = &document.issuer {
        told = if told.is_empty() { issuer.clone() } else { format!("{told}, {issuer}") };
    }
    if let Some(day) = document.date {
        let day = day.format("%d/%m/%Y");
        told = if told.is_empty() { day.to_string() } else { format!("{told}, {day}") };
    }
    let phrase = format!("\"{}\"", document.symbol);
    ReferenceView {
        symbol: document.symbol.clone(),
        told,
        query: form_urlencoded::byte_serialize(phrase.as_bytes()).collect(),
    }
}

/// What each change was, the newest first.
fn shown_revisions(
    item: &Item,
    revisions: &[Revision],
    zone: Tz,
    t: &SiteWords,
) -> Vec<RevisionView> {
    let nexts = revisions.iter().skip(1).map(|next| (&next.title, &next.lead, &next.content_html));
    let nexts = nexts.chain([(&item.title, &item.lead, &item.content_html)]);
    let changes = revisions.iter().zip(nexts).map(|(old, (title, lead, html))| {
        let mut what = Vec::new();
        if old.title != *title {
            what.push(t.part_title);
        }
        if old.lead != *lead {
            what.push(t.part_lead);
        }
        if old.content_html != *html {
            what.push(t.part_text);
        }
        let what = if what.is_empty() { t.part_other.to_owned() } else { what.join(", ") };
        RevisionView { number: old.number, when: ShownTime::at(old.at, zone), what }
    });
    let mut changes: Vec<RevisionView> = changes.collect();
    changes.reverse();
    changes.truncate(REVISIONS_SHOWN);
    changes
}

fn machine(published: Published, zone: Tz) -> Option<String> {
    ShownTime::of(published, zone).map(|when| when.machine)
}

/// schema.org's NewsArticle.
fn linked_data(
    item: &Item,
    entry: &FeedEntry,
    site: &Site,
    address: &str,
    preview: Option<String>,
    zone: Tz,
) -> serde_json::Value {
    let publisher = entry.tags.iter().find(|tag| Some(*tag) != item.section.as_ref());
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": entry.title,
        "mainEntityOfPage": address,
        "url": address,
        "isBasedOn": entry.link,
        "description": entry.summary,
        "dateModified": ShownTime::at(item.updated.unwrap_or(item.changed_at), zone).machine,
        "inLanguage": item.lang.as_deref().unwrap_or(site.lang.tag()),
        "publisher": { "@type": "Organization", "name": publisher.unwrap_or(&site.title) },
    });
    let mut add = |name: &str, value: Option<serde_json::Value>| {
        if let (Some(value), Some(fields)) = (value, data.as_object_mut()) {
            fields.insert(name.to_owned(), value);
        }
    };
    add("datePublished", machine(item.published, zone).map(Into::into));
    add("articleSection", item.section.clone().map(Into::into));
    add("author", entry.byline.as_ref().map(|name| json!({ "@type": "Person", "name": name })));
    add("image", preview.map(|address| json!([address])));
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_round_figures() {
        let told: Vec<String> =
            [0, 1, 999, 1_001, 999_999, 1_000_000, 2_345_678].into_iter().map(size).collect();
        assert_eq!(told, ["0 KB", "1 KB", "1 KB", "2 KB", "1000 KB", "1,0 MB", "2,4 MB"]);
    }
}
