//! What a feed says of an item, decided once for the three formats.

use chrono::{DateTime, FixedOffset, Offset, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use url::Url;

use super::feed_text::{clean, first_sentences, html, line, media_type, uri};
use super::{FeedDocument, below};
pub use crate::in_bounds;
use crate::limits::SUMMARY_CHARS;
use crate::{Item, ItemTimes, Lang};

/// A digest of new rules names hundreds of documents; a reader's list of tags is no place for all of them.
const TAGGED_REFS: usize = 20;

/// Text is clean, addresses are absolute, times are whole seconds on the clocks of the source.
pub struct FeedEntry {
    pub id: String,
    /// On the portal; on our own pages when the portal's address is none that a reader could open.
    pub link: String,
    pub title: String,
    /// Plain text, one line.
    pub summary: String,
    /// The whole text with its pictures.
    pub content_html: String,
    /// The same without markup, paragraphs one a line; may be empty.
    pub content_text: String,
    pub byline: Option<String>,
    /// Section and source, as far as they have names; then the symbols of the documents named, "17/NQ-CP".
    pub tags: Vec<String>,
    /// `None` when it is unknown.
    pub published: Option<DateTime<FixedOffset>>,
    /// Published or, where that is unknown, first seen; later after a real correction.
    pub updated: DateTime<FixedOffset>,
    pub corrected: bool,
    pub image: Option<String>,
    pub attachments: Vec<FeedEnclosure>,
    /// Primary tag (BCP 47) of the item's language; `None` where it is unknown.
    pub lang: Option<String>,
    seq: i64,
}

pub struct FeedEnclosure {
    pub url: String,
    pub media_type: String,
    pub title: Option<String>,
    /// In bytes.
    pub length: Option<u64>,
}

impl FeedEntry {
    /// Returns what is said of an item of a source with this name and zone. `lang` is for the words
    /// of our own in it.
    pub fn of(item: &Item, source: (&str, Tz), public_url: &Url, lang: Lang) -> Self {
        let (source, zone) = source;
        let lead = item.lead.as_deref().and_then(line);
        let text = clean(&item.content_text);
        let summary = match &lead {
            Some(lead) => lead.clone(),
            None => line(&text).map(|t| first_sentences(&t, SUMMARY_CHARS)).unwrap_or_default(),
        };
        let title = line(&item.title).or_else(|| line(&first_sentences(&summary, 100)));
        let title = title.unwrap_or_else(|| untitled(lang).to_owned());
        let summary = if summary.is_empty() { title.clone() } else { summary };
        let attachments: Vec<FeedEnclosure> = item
            .attachments
            .iter()
            .filter_map(|attachment| {
                Some(FeedEnclosure {
                    url: uri(&attachment.url)?,
                    media_type: media_type(&attachment.media_type).to_owned(),
                    title: line(&attachment.title),
                    length: attachment.length,
                })
            })
            .collect();
        let times = ItemTimes::of(item, zone);
        FeedEntry {
            id: item.id.urn(),
            link: uri(&item.url)
                .unwrap_or_else(|| below(public_url, &format!("items/{}", item.id))),
            content_html: content(item, lead.as_deref(), &text, &summary),
            content_text: text.trim().to_owned(),
            title,
            summary,
            byline: item.byline.as_deref().and_then(line),
            tags: tags(item, source),
            published: times.published.map(|at| on_clocks_of(at, zone)),
            updated: on_clocks_of(times.updated, zone),
            corrected: times.corrected,
            image: item.images.iter().find_map(|image| uri(&image.url)),
            attachments,
            lang: item.lang.clone(),
            seq: item.seq,
        }
    }

    /// `updated` with the item's number as millionths of a second. Listings often give a day only, so many items share
    /// a time, and the W3C validator warns of two entries with one `updated`; this keeps them apart for ever and
    /// without a look at the neighbours.
    pub fn updated_apart(&self) -> DateTime<FixedOffset> {
        self.updated + TimeDelta::microseconds(self.seq.rem_euclid(1_000_000))
    }
}

/// Returns what an item is filed under, each once and the section first.
fn tags(item: &Item, source: &str) -> Vec<String> {
    let symbols = item.refs.iter().take(TAGGED_REFS).filter_map(|document| line(&document.symbol));
    let mut tags: Vec<String> = Vec::new();
    for tag in item.section.as_deref().and_then(line).into_iter().chain(line(source)).chain(symbols)
    {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn untitled(lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => "(không có tiêu đề)",
        Lang::En => "(untitled)",
    }
}

/// On the clocks of the zone, if its offset is one that every reader of mail dates knows: whole half hours.
pub fn on_clocks_of(at: DateTime<Utc>, zone: Tz) -> DateTime<FixedOffset> {
    let local = at.with_timezone(&zone);
    let offset = local.offset().fix();
    let offset = if offset.local_minus_utc() % 1800 == 0 { offset } else { Utc.fix() };
    at.with_timezone(&offset)
}

/// Returns all of a document's entries.
pub fn entries(document: &FeedDocument<'_>) -> impl Iterator<Item = FeedEntry> {
    document.items.iter().map(|item| {
        let (name, zone) = (document.source)(&item.source);
        FeedEntry::of(item, (&name, zone), document.public_url, document.feed.lang)
    })
}

/// Returns when the newest change in the feed was made.
pub fn feed_updated(document: &FeedDocument<'_>) -> DateTime<FixedOffset> {
    let withdrawn = document.withdrawn.iter().map(|withdrawn| withdrawn.at);
    let newest = document.items.iter().map(|item| item.changed_at).chain(withdrawn).max();
    let zone = document.items.first().map(|item| (document.source)(&item.source).1);
    let at = in_bounds(newest.unwrap_or(document.changed_at)).trunc_subsecs(0);
    on_clocks_of(at, zone.unwrap_or(Tz::UTC))
}

/// Returns the text as HTML, with the parts around it on the portal's page that a reader would
/// miss: lead, pictures, documents.
fn content(item: &Item, lead: Option<&str>, text: &str, summary: &str) -> String {
    let body = clean(item.content_html.as_str());
    // In the form in which we would write it, or in the one in which the portal did.
    let has = |address: &str, uri: &str| {
        [address, uri].iter().any(|url| body.contains(&format!("\"{}\"", html(url))))
    };
    let mut content = String::with_capacity(body.len() + 256);
    if let Some(lead) = lead.filter(|lead| !says(text, lead)) {
        content.push_str(&format!("<p><strong>{}</strong></p>", html(lead)));
    }
    for image in &item.images {
        let Some(url) = uri(&image.url).filter(|url| !has(&image.url, url)) else {
            continue;
        };
        let caption = html(&image.caption.as_deref().and_then(line).unwrap_or_default());
        content.push_str(&format!("<figure><img src=\"{}\" alt=\"{caption}\">", html(&url)));
        if !caption.is_empty() {
            content.push_str(&format!("<figcaption>{caption}</figcaption>"));
        }
        content.push_str("</figure>");
    }
    if line(&body).is_some() {
        content.push_str(&body);
    } else {
        for paragraph in text.lines().filter_map(line) {
            content.push_str(&format!("<p>{}</p>", html(&paragraph)));
        }
    }
    if content.is_empty() {
        content = format!("<p>{}</p>", html(summary));
    }
    let missing: Vec<String> = item
        .attachments
        .iter()
        .filter_map(|attachment| {
            let url = uri(&attachment.url).filter(|url| !has(&attachment.url, url))?;
            let name = line(&attachment.title).unwrap_or_else(|| url.clone());
            Some(format!("<li><a href=\"{}\">{}</a></li>", html(&url), html(&name)))
        })
        .collect();
    if !missing.is_empty() {
        content.push_str(&format!("<ul>{}</ul>", missing.concat()));
    }
    content
}

/// Returns whether the text has the lead in it. A lead taken from a page's head may end in an
/// ellipsis where it was cut.
fn says(text: &str, lead: &str) -> bool {
    let lead = lead.trim_end_matches(['.', '…', ' ']);
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.contains(lead)
}
