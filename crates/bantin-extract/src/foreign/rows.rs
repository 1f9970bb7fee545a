//! Turns entries into rows: chooses lasting ids, replaces missing titles and addresses, and reports
//! problems.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use url::Url;
use uuid::Uuid;

use super::{Document, Entry, Head, filled, sitemap};
use crate::dates::order::{self, AroundRows, RowDate};
use crate::limits;
use crate::model::{Article, Image, ItemKey, Problem, ProblemCode, Published, Row, day_of};
use crate::text::{clean, fold, shorten};
use crate::{Listing, Reading, lang, sanitize};

/// A summary of so many characters is no lead any more but the text itself.
const LONG_SUMMARY: usize = 1_500;
/// Characters of a title made from an entry's text.
const MADE_TITLE: usize = 100;

pub fn listing(document: Document, reading: Reading<'_>) -> Listing {
    let Document { head, mut entries, container, mut problems } = document;
    put_month_first(&mut entries, &head, reading);
    if entries.len() > limits::ROWS {
        let what = keep_newest(&mut entries);
        let what = format!("more than {} rows; {what}", limits::ROWS);
        problems.push(Problem::of_listing(ProblemCode::TooLarge, what));
    }
    if container && entries.is_empty() {
        problems.push(Problem::of_listing(ProblemCode::Empty, "the feed has no entries"));
    }
    let names = EntryIds::of(&entries, &head, reading.url);
    let mut rows: Vec<Row> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let mut tell = |code, what: String| problems.push(Problem::of_row(at + 1, code, what));
        match (&entry.link, &entry.odd_link) {
            (Some(_), _) => {}
            (None, Some(odd)) => tell(
                ProblemCode::NoAddress,
                format!("the address \"{}\" is none", shorten(odd.clone(), 80)),
            ),
            (None, None) => tell(ProblemCode::NoAddress, "no address".to_owned()),
        }
        // A line of a sitemap whose address is none has nothing left.
        if entry.odd_link.is_some() && entry.title.is_none() && entry.id.is_none() {
            continue;
        }
        if let Some(odd) = &entry.odd_date {
            tell(
                ProblemCode::BadDate,
                format!("the date \"{}\" cannot be read", shorten(odd.clone(), 60)),
            );
        }
        let (url, id) = names.name(&entry);
        let is_one_of_several = id.is_none() && names.is_shared_by_several(&url);
        let mut row = row(entry, url, id, &head, reading);
        if is_one_of_several {
            row.id = Some(row.id_beside_others());
        }
        if row.title.is_empty() {
            tell(ProblemCode::NoTitle, "no title".to_owned());
        }
        let key = row.key().as_str().to_owned();
        match seen.get(&key) {
            None => {
                seen.insert(key, rows.len());
                rows.push(row);
            }
            Some(first) if rows[*first].title == row.title => {}
            Some(first) => {
                tell(
                    ProblemCode::Other,
                    format!("the same address as \"{}\"", shorten(rows[*first].title.clone(), 60)),
                );
            }
        }
    }
    Listing { rows, container, problems, wishes: head.wishes }
}

/// Drops all but the newest entries, which stay in their order; without dates the first are kept. Returns what was done.
fn keep_newest(entries: &mut Vec<Entry>) -> &'static str {
    let moment = |entry: &Entry| {
        super::dates::moment(entry.published).or_else(|| super::dates::moment(entry.updated))
    };
    let mut order: Vec<_> = entries.iter().map(moment).enumerate().collect();
    if order.iter().filter(|(_, at)| at.is_some()).count() * 2 < order.len() {
        entries.truncate(limits::ROWS);
        return "the rest was not read";
    }
    order.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let kept: HashSet<usize> = order.iter().take(limits::ROWS).map(|(nth, _)| *nth).collect();
    let mut nth = 0..;
    entries.retain(|_| nth.next().is_some_and(|nth| kept.contains(&nth)));
    "the newest by their dates are read"
}

/// What the entries of one address say.
#[derive(Default)]
struct AtAddress {
    titles: HashSet<String>,
    days: HashSet<NaiveDate>,
    undated: bool,
    /// Whether there were two that differ in title and in day.
    several: bool,
}

impl AtAddress {
    fn take(&mut self, entry: &Entry) {
        let title = fold(entry.title.as_deref().unwrap_or_default());
        let published = if entry.published.is_known() { entry.published } else { entry.updated };
        let Some(day) = day_of(published).filter(|_| !title.is_empty()) else {
            self.undated = true;
            return;
        };
        let is_first = self.titles.is_empty();
        let (new_title, new_day) = (self.titles.insert(title), self.days.insert(day));
        self.several |= !is_first && new_title && new_day;
    }
}

/// Reads "11/5/2026" as the fifth of November where the entries show that their dates are month first.
fn put_month_first(entries: &mut [Entry], head: &Head, reading: Reading<'_>) {
    if entries.iter().all(|entry| entry.written.is_none()) {
        return;
    }
    let around = head.link.as_ref().unwrap_or(reading.url);
    let rows: Vec<RowDate<'_>> = entries
        .iter()
        .map(|entry| RowDate {
            written: entry.written,
            found: entry.published,
            url: entry.link.as_ref().unwrap_or(around),
        })
        .collect();
    if order::is_month_first(&rows, &Titles { entries, around }, reading) {
        for entry in entries {
            let turned =
                entry.written.and_then(|written| order::turned(entry.published, written, reading));
            entry.published = turned.unwrap_or(entry.published);
        }
    }
}

/// All that a feed says besides its dates.
struct Titles<'e> {
    entries: &'e [Entry],
    around: &'e Url,
}

impl AroundRows for Titles<'_> {
    fn is_american(&self) -> bool {
        let titles: Vec<&str> =
            self.entries.iter().take(20).filter_map(|entry| entry.title.as_deref()).collect();
        order::is_american(&[], &titles.join(" "), self.around)
    }

    fn months(&self) -> Vec<(i32, u32)> {
        Vec::new()
    }
}

/// What names the entries of one document.
struct EntryIds {
    /// Ids that two entries with different addresses share.
    shared: HashSet<String>,
    /// Addresses that are the feed's own, so that no entry is named by them.
    common: HashSet<String>,
    /// Addresses of several news, such as the page with the schedule of each week.
    several: HashSet<ItemKey>,
    around: Url,
}

impl EntryIds {
    fn of(entries: &[Entry], head: &Head, own: &Url) -> Self {
        let mut address_of: HashMap<&str, Option<&Url>> = HashMap::new();
        let mut shared = HashSet::new();
        let mut titles: HashMap<&Url, HashSet<&str>> = HashMap::new();
        for entry in entries {
            if let Some(id) = &entry.id {
                let link = entry.link.as_ref();
                let first = *address_of.entry(id).or_insert(link);
                // The same entry twice is one. Without an address this cannot be known, unless the
                // titles differ.
                if first != link {
                    shared.insert(id.clone());
                }
            }
            if let Some(link) = &entry.link {
                titles.entry(link).or_default().insert(entry.title.as_deref().unwrap_or_default());
            }
        }
        let without_title: HashMap<&str, HashSet<&str>> = entries
            .iter()
            .filter(|entry| entry.link.is_none())
            .filter_map(|entry| Some((entry.id.as_deref()?, entry.title.as_deref()?)))
            .fold(HashMap::new(), |mut found, (id, title)| {
                found.entry(id).or_default().insert(title);
                found
            });
        shared.extend(
            without_title
                .iter()
                .filter(|(_, titles)| titles.len() > 1)
                .map(|(id, _)| (*id).to_owned()),
        );
        let around = head.link.clone().unwrap_or_else(|| own.clone());
        let is_front = |url: &Url| url.path() == "/" && url.query().is_none();
        let common = titles
            .iter()
            .filter(|(_, titles)| titles.len() > 1)
            .filter(|(url, _)| ***url == around || ***url == *own || is_front(url))
            .map(|(url, _)| url.to_string())
            .collect();
        EntryIds { shared, common, several: several(entries), around }
    }

    fn is_shared_by_several(&self, url: &Url) -> bool {
        !self.several.is_empty() && self.several.contains(&ItemKey::of(url))
    }

    /// An entry's address, and its id where that is not the address.
    fn name(&self, entry: &Entry) -> (Url, Option<String>) {
        let id = entry.id.clone().filter(|id| !self.shared.contains(id));
        // An id that repeats the address tells no more entries apart than that does.
        let id = id.filter(|id| match &entry.link {
            Some(link) if !self.several.is_empty() => {
                let key = ItemKey::of(link);
                !self.several.contains(&key) || ItemKey::of_id(id) != key
            }
            _ => true,
        });
        match (&entry.link, id) {
            (Some(link), Some(id)) => (link.clone(), Some(id)),
            (Some(link), None) if !self.common.contains(link.as_str()) => (link.clone(), None),
            (link, id) => {
                let id = id.unwrap_or_else(|| made_id(entry, &self.around));
                let mut url = link.clone().unwrap_or_else(|| self.around.clone());
                url.set_fragment(Some(&id));
                (url, Some(id))
            }
        }
    }
}

/// The addresses at which entries without an id of their own differ in title and in day.
fn several(entries: &[Entry]) -> HashSet<ItemKey> {
    let mut met = HashSet::new();
    let alike = entries.iter().filter_map(|entry| entry.link.as_ref());
    let repeated: HashSet<&Url> = alike.filter(|link| !met.insert(*link)).collect();
    let mut found: HashMap<ItemKey, AtAddress> = HashMap::new();
    for entry in entries {
        let Some(link) = entry.link.as_ref().filter(|link| repeated.contains(link)) else {
            continue;
        };
        let key = ItemKey::of(link);
        // The publisher says that two entries with one id are one.
        if entry.id.as_ref().is_none_or(|id| ItemKey::of_id(id) == key) {
            found.entry(key).or_default().take(entry);
        }
    }
    found.into_iter().filter(|(_, at)| at.several && !at.undated).map(|(key, _)| key).collect()
}

/// An id from what the entry says: the same words on the same day give the same id at every poll.
fn made_id(entry: &Entry, around: &Url) -> String {
    let day = match (entry.published, entry.updated) {
        (Published::Unknown, other) | (other, _) => format!("{other:?}"),
    };
    let title = entry.title.as_deref().or(entry.summary.as_deref()).or(entry.content.as_deref());
    let words = format!("{around}\n{}\n{day}", title.unwrap_or_default());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, words.as_bytes()).urn().to_string()
}

fn row(entry: Entry, url: Url, id: Option<String>, head: &Head, reading: Reading<'_>) -> Row {
    let base = entry.base.clone().unwrap_or_else(|| reading.url.clone());
    let published = match entry.published {
        Published::Unknown => entry.updated,
        known => known,
    };
    let read = |html: &Option<String>| {
        html.as_deref().map(|html| sanitize::plain(html, &base)).unwrap_or_default()
    };
    let summary_text = read(&entry.summary);
    // A short text beside a long summary is the lead, whatever the feed calls it.
    let mut content_html = entry.content.as_deref();
    let mut content_text = read(&entry.content);
    let mut lead = filled(clean(&summary_text));
    if content_text.is_empty() && summary_text.chars().count() > LONG_SUMMARY {
        content_html = entry.summary.as_deref();
        lead = summary_text.lines().next().map(clean).and_then(filled);
        content_text = summary_text;
    }
    let content = content_html.map(|html| sanitize::clean(html, &base)).unwrap_or_default();
    // A tree costs time, and most summaries have no picture.
    let summary = entry.summary.as_deref().filter(|html| html.contains("<img"));
    let picture = picture_in(content.as_str())
        .or_else(|| picture_in(sanitize::clean(summary?, &base).as_str()));
    let image = entry.image.or(picture);
    let title = entry.title.clone().unwrap_or_else(|| {
        let words = lead.clone().or_else(|| content_text.lines().next().map(clean));
        let file = || entry.attachments.first().map(|file| file.title.clone());
        let from_text =
            words.and_then(filled).map(|words| shorten(words, MADE_TITLE)).or_else(file);
        from_text
            .or_else(|| {
                entry
                    .link
                    .as_ref()
                    .filter(|link| Some(*link) != head.link.as_ref())
                    .and_then(sitemap::title_of)
            })
            .unwrap_or_default()
    });
    let lang = lang::of(&[], &content_text);
    let article = Article {
        title: entry.title.map(|title| shorten(title, limits::TITLE_CHARS)),
        published,
        updated: super::dates::moment(entry.updated),
        byline: entry.byline,
        section: entry.section,
        lead: lead.clone(),
        content_html: content,
        content_text,
        images: image.iter().map(|url| Image { url: url.clone(), caption: None }).collect(),
        attachments: entry.attachments,
        refs: Vec::new(),
        lang,
    };
    let says_more = !article.content_html.is_empty()
        || article.updated.is_some()
        || article.byline.is_some()
        || article.section.is_some()
        || !article.attachments.is_empty();
    Row {
        url,
        title: shorten(title, limits::TITLE_CHARS),
        published,
        lead,
        image,
        id,
        brought: says_more.then(|| Box::new(article)),
    }
}

/// The first picture of clean markup.
fn picture_in(clean: &str) -> Option<String> {
    let (_, behind) = clean.split_once("<img src=\"")?;
    Some(behind.split('"').next()?.replace("&amp;", "&"))
}
