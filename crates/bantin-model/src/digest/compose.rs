//! Composing: items become what a reader sees, in the reader's language and zone. Says nothing of markup: `mail`'s
//! templates do. Everything foreign that leaves here is plain text or an http address.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use url::Url;

use super::digest_texts::DigestTexts;
use crate::digest::MARK_STEM;
use crate::limits::{DIGEST_ITEMS, DIGEST_LEADS, DIGEST_REVISED, LEAD_CHARS, SUBJECT_CHARS};
use crate::{Item, Lang, Published, SourceId};

/// Characters shown beside the subject in a list of mails.
const PREHEADER_CHARS: usize = 140;

/// A digest ready to be rendered: grouped by source and section, limited in length, with its
/// subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComposedDigest {
    pub lang: Lang,
    pub subject: String,
    /// The feed's title, or the words of the query.
    pub title: String,
    /// "Thứ Sáu, 22/05/2020"
    pub day: String,
    /// "3 tin mới", or that there is none.
    pub count: String,
    pub groups: Vec<SourceGroup>,
    /// What a list of mails shows beside the subject: the first titles.
    pub preheader: String,
    /// "và 3 tin khác", when not all items are listed.
    pub more: Option<String>,
    /// "và 3 tin cũ hơn", when some are older than a digest reaches.
    pub older: Option<String>,
    /// Items of earlier digests that were revised since.
    pub revised: Option<RevisedItems>,
    /// Where all the news is.
    pub home: String,
    /// What to say of `broken`; None when every source can be read.
    pub broken_note: Option<String>,
    /// Sources that cannot be read, by name.
    pub broken: Vec<String>,
}

/// Items of earlier digests that were revised since: listed, or only counted where they are many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RevisedItems {
    pub heading: String,
    pub entries: Vec<DigestEntry>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceGroup {
    pub source: String,
    /// Items without a section come first.
    pub sections: Vec<DigestSection>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DigestSection {
    pub name: Option<String>,
    pub entries: Vec<DigestEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DigestEntry {
    pub title: String,
    /// On the portal, http or https; our own page where the portal's address is anything else.
    pub url: String,
    /// Our own page of the item.
    pub page: String,
    pub lead: Option<String>,
    /// As people read it: with a time only where the portal gave one.
    pub date: Option<String>,
    /// Only where the admin wants pictures: they are on the portal, which then sees who reads.
    pub picture: Option<DigestPicture>,
    /// Title and date only: there are many.
    pub brief: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DigestPicture {
    pub url: String,
    /// The caption, empty without one: a picture that says nothing is not read out.
    pub alt: String,
}

/// What is needed besides the items to compose a digest.
pub struct DigestInputs<'a> {
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
    /// Items of earlier digests that were revised since, the latest change first.
    pub revised: &'a [&'a Item],
    /// Items too old to be listed.
    pub older: usize,
    /// Whether pictures of the portals are shown.
    pub images: bool,
}

/// Returns the items that are listed, newest first; all others are only counted.
pub fn listed(items: &[Item]) -> Vec<&Item> {
    let mut newest_first: Vec<&Item> = items.iter().collect();
    newest_first.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
    newest_first.truncate(DIGEST_ITEMS);
    newest_first
}

/// Composes a digest of `items`, newest first. No items give a digest that says so.
pub fn compose(items: &[Item], how: &DigestInputs<'_>) -> ComposedDigest {
    let texts = DigestTexts::of(how.lang);
    let today = how.now.with_timezone(&how.zone).date_naive();
    let newest_first = listed(items);
    let left_out = items.len() - newest_first.len();

    let title = tidy(how.title);
    let broken: Vec<String> = how.broken.iter().map(|name| tidy(name)).collect();
    let groups = groups(&newest_first, how, texts);
    let day = texts.day(today);
    ComposedDigest {
        lang: how.lang,
        subject: subject(items, how.older, &title, &texts.short_day(today), texts),
        count: count(items.len(), how.older, texts),
        preheader: preheader(&groups, &day),
        day,
        groups,
        more: (left_out > 0).then(|| texts.more(left_out)),
        older: (how.older > 0).then(|| texts.older(how.older)),
        revised: revised(how, texts),
        home: how.public_url.to_string(),
        broken_note: (!broken.is_empty()).then(|| texts.broken().to_owned()),
        broken,
        title,
    }
}

fn subject(items: &[Item], older: usize, feed: &str, day: &str, texts: &DigestTexts) -> String {
    if let ([only], 0) = (items, older) {
        return shorten(&title_of(only, texts), SUBJECT_CHARS);
    }
    let tail = format!("{} – {day}", count(items.len(), older, texts));
    if feed.is_empty() {
        return tail;
    }
    // The number and the day are what tells one issue from the next, so the feed's name gives way.
    format!("{}: {tail}", shorten(feed, SUBJECT_CHARS - tail.chars().count() - 2))
}

/// "3 tin mới"; the older ones where there is nothing else.
fn count(new: usize, older: usize, texts: &DigestTexts) -> String {
    match (new, older) {
        (0, 1..) => format!("{} {}", texts.new_items(0), texts.older(older)),
        _ => texts.new_items(new),
    }
}

fn preheader(groups: &[SourceGroup], day: &str) -> String {
    let entries = groups.iter().flat_map(|group| &group.sections).flat_map(|part| &part.entries);
    let titles: Vec<&str> = entries.take(3).map(|entry| entry.title.as_str()).collect();
    if titles.is_empty() {
        return day.to_owned();
    }
    shorten(&titles.join(" · "), PREHEADER_CHARS)
}

fn revised(how: &DigestInputs<'_>, texts: &DigestTexts) -> Option<RevisedItems> {
    let many = how.revised.len() > DIGEST_REVISED;
    let listed = if many { &[] } else { how.revised };
    (!how.revised.is_empty()).then(|| RevisedItems {
        heading: texts.revised.to_owned(),
        entries: listed.iter().map(|item| entry(item, true, how, texts)).collect(),
        note: many.then(|| texts.revised_many(how.revised.len())),
    })
}

/// Groups items by source and section, each in the order of its newest item.
fn groups(newest_first: &[&Item], how: &DigestInputs<'_>, texts: &DigestTexts) -> Vec<SourceGroup> {
    let mut order: Vec<(&SourceId, SourceGroup)> = Vec::new();
    for (place, item) in newest_first.iter().enumerate() {
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
        let entry = entry(item, place >= DIGEST_LEADS, how, texts);
        match sections.iter_mut().find(|section| section.name == name) {
            Some(section) => section.entries.push(entry),
            // An item without a heading would otherwise seem to belong under the heading before it.
            None if name.is_none() => {
                sections.insert(0, DigestSection { name, entries: vec![entry] })
            }
            None => sections.push(DigestSection { name, entries: vec![entry] }),
        }
    }
    order.into_iter().map(|(_, group)| without_echo(group)).collect()
}

/// Many a source is named after the one section it reads ("Sở …: Văn bản"); its heading does not say so twice.
fn without_echo(mut group: SourceGroup) -> SourceGroup {
    let SourceGroup { source, sections } = &mut group;
    if let [only] = sections.as_mut_slice() {
        let source = source.to_lowercase();
        only.name = only.name.take().filter(|name| !source.ends_with(&name.to_lowercase()));
    }
    group
}

fn entry(item: &Item, brief: bool, how: &DigestInputs<'_>, texts: &DigestTexts) -> DigestEntry {
    let title = title_of(item, texts);
    let page = format!("{}items/{}", with_slash(how.public_url), item.id);
    DigestEntry {
        lead: if brief { None } else { lead_of(item, &title) },
        picture: if how.images && !brief { picture_of(item) } else { None },
        brief,
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

fn title_of(item: &Item, texts: &DigestTexts) -> String {
    let title = tidy(&item.title);
    if title.is_empty() { texts.untitled.to_owned() } else { title }
}

/// Returns the lead, or how the text begins; none where that says no more than the title.
fn lead_of(item: &Item, title: &str) -> Option<String> {
    let lead = item.lead.as_deref().map(tidy).filter(|lead| !lead.is_empty() && lead != title);
    let lead = lead.or_else(|| {
        let mut paragraphs = item.content_text.lines().map(tidy);
        paragraphs.find(|text| !text.is_empty() && text != title)
    })?;
    Some(shorten(&lead, LEAD_CHARS))
}

/// Returns the first picture whose address a mail may hold.
fn picture_of(item: &Item) -> Option<DigestPicture> {
    item.images.iter().find_map(|image| {
        let alt = image.caption.as_deref().map(tidy).unwrap_or_default();
        Some(DigestPicture { url: web_address(&image.url)?, alt: shorten(&alt, LEAD_CHARS) })
    })
}

fn with_slash(url: &Url) -> String {
    let text = url.as_str();
    if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }
}

/// Returns a portal's address if a mail may contain it: http or https, and without our marks. A
/// mark in it would be replaced by a subscriber's link and hand the portal the key to a
/// subscription.
fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let (first, rest) = MARK_STEM.split_at(1);
    let encoded = format!("%{:02X}{rest}", first.as_bytes()[0]);
    Some(url.as_str().replace(MARK_STEM, &encoded))
}

/// Foreign text as one line: blanks collapsed; no control characters, no marks that reverse the direction of what
/// follows (a title must not be able to rewrite its neighbours), and none of our marks.
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
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    // Broken up rather than taken out: what is left on both sides cannot join into another one.
    let (first, rest) = MARK_STEM.split_at(1);
    line.replace(MARK_STEM, &format!("{first} {rest}"))
}

/// Cuts a text to at most `limit` characters, with an ellipsis at the cut. The cut is at the end of
/// a word where one ends in the last third.
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
