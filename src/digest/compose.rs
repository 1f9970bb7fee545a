//! Composing: items become what a reader sees, in the reader's language and zone. Says nothing of markup: `mail`'s
//! templates do. Everything foreign that leaves here is plain text or an http address.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use url::Url;

use super::texts::Texts;
use crate::limits::{DIGEST_ITEMS, LEAD_CHARS, SUBJECT_CHARS};
use crate::model::digest::LINK_MARK;
use crate::model::{Item, Lang, Published, SourceId};

/// A digest ready to be rendered: grouped by source and section, capped, its subject chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Composed {
    pub lang: Lang,
    pub subject: String,
    /// The feed's title, or the words of the query.
    pub title: String,
    /// "Thứ Sáu, 22/05/2020"
    pub day: String,
    /// "3 tin mới", or that there is none.
    pub count: String,
    pub groups: Vec<SourceGroup>,
    /// "và 3 tin khác", when not all items are listed.
    pub more: Option<String>,
    /// Where all the news is.
    pub home: String,
    /// What to say of `broken`; None when every source can be read.
    pub broken_note: Option<String>,
    /// Sources that cannot be read, by name.
    pub broken: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceGroup {
    pub source: String,
    /// Items without a section come first.
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    pub name: Option<String>,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    pub title: String,
    /// On the portal, http or https; our own page where the portal's address is anything else.
    pub url: String,
    /// Our own page of the item.
    pub page: String,
    pub lead: Option<String>,
    /// As people read it: with a time only where the portal gave one.
    pub date: Option<String>,
}

/// What composing needs besides the items.
pub struct Composing<'a> {
    /// The feed's title, or the words of the query.
    pub title: &'a str,
    pub lang: Lang,
    /// For dates as people read them.
    pub zone: Tz,
    pub now: DateTime<Utc>,
    /// Name of a source, for group headings.
    pub source_name: &'a dyn Fn(&SourceId) -> String,
    pub public_url: &'a Url,
    /// Sources of this selection that cannot be read at present, by name: silence must not pass for calm.
    pub broken: &'a [String],
}

/// Composes a digest of `items`, newest first. No items give a digest that says so.
pub fn compose(items: &[Item], how: &Composing<'_>) -> Composed {
    let texts = Texts::of(how.lang);
    let today = how.now.with_timezone(&how.zone).date_naive();
    let mut newest_first: Vec<&Item> = items.iter().collect();
    newest_first.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
    let left_out = newest_first.len().saturating_sub(DIGEST_ITEMS);
    newest_first.truncate(DIGEST_ITEMS);

    let title = tidy(how.title);
    let broken: Vec<String> = how.broken.iter().map(|name| tidy(name)).collect();
    Composed {
        lang: how.lang,
        subject: subject(items, &title, &texts.short_day(today), texts),
        day: texts.day(today),
        count: texts.new_items(items.len()),
        groups: groups(&newest_first, how, texts),
        more: (left_out > 0).then(|| texts.more(left_out)),
        home: how.public_url.to_string(),
        broken_note: (!broken.is_empty()).then(|| texts.broken().to_owned()),
        broken,
        title,
    }
}

fn subject(items: &[Item], feed: &str, day: &str, texts: &Texts) -> String {
    if let [only] = items {
        return shorten(&title_of(only, texts), SUBJECT_CHARS);
    }
    let tail = format!("{} – {day}", texts.new_items(items.len()));
    if feed.is_empty() {
        return tail;
    }
    // The number and the day are what tells one issue from the next, so the feed's name gives way.
    format!("{}: {tail}", shorten(feed, SUBJECT_CHARS - tail.chars().count() - 2))
}

/// Sources in the order of their newest item, and so are the sections of a source.
fn groups(newest_first: &[&Item], how: &Composing<'_>, texts: &Texts) -> Vec<SourceGroup> {
    let mut order: Vec<(&SourceId, SourceGroup)> = Vec::new();
    for item in newest_first {
        let at = match order.iter().position(|(id, _)| **id == item.source) {
            Some(at) => at,
            None => {
                let source = tidy(&(how.source_name)(&item.source));
                order.push((&item.source, SourceGroup { source, sections: Vec::new() }));
                order.len() - 1
            }
        };
        let sections = &mut order[at].1.sections;
        let name = item.section.as_deref().map(tidy).filter(|name| !name.is_empty());
        let entry = entry(item, how, texts);
        match sections.iter_mut().find(|section| section.name == name) {
            Some(section) => section.entries.push(entry),
            // An item without a heading would otherwise seem to belong under the heading before it.
            None if name.is_none() => sections.insert(0, Section { name, entries: vec![entry] }),
            None => sections.push(Section { name, entries: vec![entry] }),
        }
    }
    order.into_iter().map(|(_, group)| group).collect()
}

fn entry(item: &Item, how: &Composing<'_>, texts: &Texts) -> Entry {
    let title = title_of(item, texts);
    let page = format!("{}items/{}", with_slash(how.public_url), item.id);
    Entry {
        lead: lead_of(item, &title),
        date: match item.published {
            Published::At(at) => Some(texts.moment(at.with_timezone(&how.zone))),
            Published::On(day) => Some(texts.day(day)),
            Published::Unknown => None,
        },
        url: web_address(&item.url).unwrap_or_else(|| page.clone()),
        page,
        title,
    }
}

fn title_of(item: &Item, texts: &Texts) -> String {
    let title = tidy(&item.title);
    if title.is_empty() { texts.untitled.to_owned() } else { title }
}

/// The lead, or how the text begins; none where that says no more than the title.
fn lead_of(item: &Item, title: &str) -> Option<String> {
    let lead = item.lead.as_deref().map(tidy).filter(|lead| !lead.is_empty() && lead != title);
    let lead = lead.or_else(|| {
        let mut paragraphs = item.content_text.lines().map(tidy);
        paragraphs.find(|text| !text.is_empty() && text != title)
    })?;
    Some(shorten(&lead, LEAD_CHARS))
}

fn with_slash(url: &Url) -> String {
    let text = url.as_str();
    if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }
}

/// A foreign address that may stand in a mail: http or https, and never with our mark for the subscriber's own link in
/// it, or the portal would be handed the key to that subscription.
fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let (first, rest) = LINK_MARK.split_at(1);
    let encoded = format!("%{:02X}{rest}", first.as_bytes()[0]);
    Some(url.as_str().replace(LINK_MARK, &encoded))
}

/// Foreign text as one line: blanks collapsed; no control characters, no marks that reverse the direction of what
/// follows (a title must not be able to rewrite its neighbours), and not our mark for the subscriber's own link.
fn tidy(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter_map(|c| match c {
            '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' => None,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => None,
            c if c.is_control() => Some(' '),
            c => Some(c),
        })
        .collect();
    let mut line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    while line.contains(LINK_MARK) {
        line = line.replace(LINK_MARK, "");
    }
    line
}

/// At most `limit` characters, cut at a word where one ends in the last third, with an ellipsis in place of the rest.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    let next_is_blank = text[kept.len()..].starts_with(char::is_whitespace);
    let at_word = if next_is_blank { kept.len() } else { kept.rfind(' ').unwrap_or(0) };
    let cut = if kept[..at_word].chars().count() * 3 >= limit * 2 { at_word } else { kept.len() };
    let kept = kept[..cut].trim_end_matches(|c: char| c.is_whitespace() || ",;:–-.".contains(c));
    format!("{kept}…")
}
