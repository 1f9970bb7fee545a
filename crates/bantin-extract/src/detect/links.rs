//! The links of a page, and how much each looks like the headline of a piece of news: by its words and its address.

use std::collections::HashMap;

use url::Url;

use super::super::listing::{says_something, says_something_folded};
use super::super::page::{LinkTarget, Page};
use super::super::text::{clean, fold};
use super::front;
use super::place::{self, PagePlace};
use super::row_files;
use super::tree::{DetectionTree, is_vietnamese, mix};
use crate::model::ItemKey;

/// The number of an address: links to one page share it.
pub type Key = usize;

/// How much the words of attributes count: the picture of a banner has them too.
const WORDLESS: f64 = 0.8;

pub struct PageLink {
    pub at: usize,
    pub key: Key,
    pub text: String,
    /// The same for comparing.
    pub folded: String,
    /// 0 to 1: a headline's length and number of words.
    pub worded: f64,
    /// 0 to 1: an address as articles have it, not sections.
    pub leaf: f64,
    pub heading: bool,
    /// What its address has in common with those of other articles.
    pub made: Option<u64>,
    /// To another site.
    pub foreign: bool,
    /// Its words are in attributes: a picture, a banner.
    pub wordless: bool,
    /// Whether its words have letters that only Vietnamese has.
    pub vietnamese: bool,
    /// To a collection of pages by its address: an event, a tag, an author.
    pub topical: bool,
    /// A file of the row whose own page another link leads to.
    pub beside: bool,
    pub place: PagePlace,
}

pub struct PageLinks {
    /// In page order.
    pub all: Vec<PageLink>,
    pub urls: Vec<Url>,
    pub keys: HashMap<ItemKey, Key>,
    /// Links that only a script can follow.
    pub scripted: usize,
    /// Whether a link to the page itself calls it the front page.
    pub home: bool,
}

impl PageLinks {
    pub fn of(page: &Page, tree: &DetectionTree, here: &Url) -> Self {
        PageLinks::read(page, tree, here, false)
    }

    /// The same with the places on a page as addresses of their own.
    pub fn with_anchors(page: &Page, tree: &DetectionTree, here: &Url) -> Self {
        PageLinks::read(page, tree, here, true)
    }

    fn read(page: &Page, tree: &DetectionTree, here: &Url, anchors: bool) -> Self {
        let mut links = PageLinks {
            all: Vec::new(),
            urls: Vec::new(),
            keys: HashMap::new(),
            scripted: 0,
            home: false,
        };
        let host = bare_host(here);
        let own = ItemKey::of(here);
        let folder = own_folder(here);
        let (mut same_site, mut below) = (0, 0);
        for at in 0..tree.elements.len() {
            if !matches!(tree.tag(at), "a" | "area") {
                continue;
            }
            let node = page.document.tree.get_unchecked(&tree.elements[at].node);
            let anchor = if anchors { page.anchor(&node) } else { None };
            let address = match anchor.map(LinkTarget::Address).or_else(|| page.lead(&node)) {
                Some(LinkTarget::Address(address)) => address,
                Some(LinkTarget::Script) => {
                    links.scripted += 1;
                    continue;
                }
                Some(LinkTarget::Nowhere) | None => continue,
            };
            let url = &address.url;
            let is_here = bare_host(url) == host;
            same_site += usize::from(is_here);
            below +=
                usize::from(is_here && folder.as_ref().is_some_and(|f| url.path().starts_with(f)));
            if address.key == own {
                let text = words(tree, at, &node.attr("title").unwrap_or_default());
                links.home |= text.len() <= 24 && front::is_called_home(&fold(&text));
            }
            // The page itself and the front page are never news.
            if address.key == own
                || url.path() == "/" && url.query().is_none() && url.fragment().is_none()
            {
                continue;
            }
            let next = links.urls.len();
            let key = match links.keys.get(&address.key) {
                Some(key) => *key,
                None => {
                    links.keys.insert(address.key.clone(), next);
                    links.urls.push(url.clone());
                    next
                }
            };
            links.all.push(PageLink { key, foreign: !is_here, ..link(page, tree, at, url, here) });
        }
        row_files::mark(&mut links, tree);
        // The front page of a site that has a folder for its own.
        links.home |= same_site >= 20 && below * 10 >= same_site * 9;
        links
    }
}

/// Returns the link of an element. Its key and its site are the caller's to say.
fn link(page: &Page, tree: &DetectionTree, at: usize, url: &Url, here: &Url) -> PageLink {
    let node = page.document.tree.get_unchecked(&tree.elements[at].node);
    let mut text = words(tree, at, &node.attr("title").unwrap_or_default());
    let wordless = text.is_empty();
    if wordless {
        text = words_of_attributes(page, tree, at);
    }
    let folded = fold(&text);
    let within = tree.elements[at].end;
    let place = tree.elements[at].place;
    let heading = place.has(place::HEADING)
        || (at + 1..within).take(60).any(|inner| is_heading(tree.tag(inner)));
    PageLink {
        at,
        key: 0,
        // The days of a calendar and of a pager show the same page again.
        worded: match url.path() == here.path() && is_a_day(&folded) {
            true => 0.0,
            false => worded(&folded) * if wordless { WORDLESS } else { 1.0 },
        },
        leaf: leaf(url, here, &folded),
        heading,
        made: make_of(url),
        foreign: false,
        wordless,
        topical: is_topical(url, here),
        beside: false,
        place,
        vietnamese: is_vietnamese(&text),
        text,
        folded,
    }
}

/// Returns the folder that a page represents, where that is not the whole host.
fn own_folder(here: &Url) -> Option<String> {
    let path = here.path();
    let last = path.rsplit('/').next().unwrap_or_default();
    let folder = match last {
        "" => path.to_owned(),
        name if name.contains('.') => return None,
        _ => format!("{path}/"),
    };
    (folder.len() > 1).then_some(folder)
}

/// "Friday, April 19", "Thứ Sáu ngày 19/4/2013": the day of a calendar or a pager, whatever its length.
fn is_a_day(folded: &str) -> bool {
    const LONGEST: usize = 48;
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "thu", "hai", "ba", "tu", "nam", "sau", "bay", "chu", "nhat", "ngay", "thang",
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
        "mon", "tue", "wed", "fri", "sat", "sun",
        "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december",
        "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    ];
    let is_number = |word: &str| word.len() <= 4 && word.bytes().all(|b| b.is_ascii_digit());
    let words = || folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    folded.len() <= LONGEST
        && words().any(is_number)
        && words().all(|word| is_number(word) || WORDS.contains(&word))
}

pub fn is_heading(tag: &str) -> bool {
    matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Returns an address's host without `www.`; empty where it has none.
pub fn bare_host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host)
}

/// What a link says: the heading in it where it wraps a card, its text, or its title where the text is cut off.
fn words(tree: &DetectionTree, at: usize, title: &str) -> String {
    let end = tree.elements[at].end;
    let said = |of: usize| {
        let mut said = String::new();
        for text in tree.texts_of(of) {
            if said.len() > 1_000 {
                break;
            }
            said.push_str(&text.text);
            said.push(' ');
        }
        clean(&said)
    };
    let heading = (at + 1..end).take(60).find(|inner| is_heading(tree.tag(*inner))).map(said);
    let text = heading.filter(|text| !text.is_empty()).unwrap_or_else(|| said(at));
    if (text.ends_with('…') || text.ends_with("...")) && title.len() > text.len() {
        return clean(title);
    }
    text
}

/// Returns the name of a link without text: its title, or the alternative text of its picture.
fn words_of_attributes(page: &Page, tree: &DetectionTree, at: usize) -> String {
    let attribute = |at: usize, name: &str| {
        let value = page.document.tree.get_unchecked(&tree.elements[at].node).attr(name)?;
        Some(clean(&value)).filter(|text| says_something(text))
    };
    let mut inner = (at + 1..tree.elements[at].end).take(20);
    attribute(at, "title")
        .or_else(|| inner.find_map(|inner| attribute(inner, "alt")))
        .unwrap_or_default()
}

/// Whether an address is that of a collection by the name of a folder in it. A collection's own page has the same folders as
/// what it collects.
fn is_topical(url: &Url, here: &Url) -> bool {
    // Names of a kind of page. "events" and "su-kien" are as often sections with articles of their own.
    const FOLDERS: &[&str] = &[
        "event",
        "topic",
        "tag",
        "tags",
        "hashtag",
        "keyword",
        "keywords",
        "author",
        "authors",
        "category",
        "search",
        "chu-de",
        "tu-khoa",
        "tac-gia",
        "tim-kiem",
        "dong-su-kien",
    ];
    let folders = |url: &Url| -> Vec<String> {
        let path = url.path().trim_matches('/').to_ascii_lowercase();
        path.rsplit('/').skip(1).map(str::to_owned).collect()
    };
    let is_named = |folder: &String| FOLDERS.contains(&folder.as_str());
    let of_url = folders(url);
    of_url.iter().any(is_named)
        && !here.path().to_ascii_lowercase().split('/').any(|part| is_named(&part.to_owned()))
}

/// 0 to 1, by the letters and words of a folded text. Buttons, numbers and dates are no headlines.
pub fn worded(folded: &str) -> f64 {
    if !says_something_folded(folded) {
        return 0.0;
    }
    // A Chinese letter says about what two others do; two of them make a word.
    let dense = folded.chars().filter(|c| is_dense(*c)).count() as f64;
    let letters = folded.chars().filter(|c| c.is_alphanumeric()).count() as f64 + dense;
    let words = folded
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .count() as f64
        + dense / 2.0;
    let by_letters = ((letters - 10.0) / 30.0).clamp(0.0, 1.0);
    let by_words = ((words - 2.0) / 6.0).clamp(0.0, 1.0);
    (0.5 * by_letters + 0.5 * by_words).max(0.02)
}

/// Letters of the scripts that write words without blanks between them: Chinese, and what Japanese adds to it.
fn is_dense(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Returns a hash of what the addresses of one site's articles have in common: the site, the
/// ending, where the article's number is in the last part and what adjoins it, or that the number
/// or a date is a folder. `None` for addresses that a section may have as well.
fn make_of(url: &Url) -> Option<u64> {
    let segments: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let last = *segments.last()?;
    let (stem, ending) = match last.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 => (stem, ending),
        _ => (last, ""),
    };
    let words: Vec<&str> = stem.split(['-', '_']).collect();
    let before = segments[..segments.len() - 1].last();
    let numbered =
        before.is_some_and(|part| part.len() >= 5 && part.bytes().all(|b| b.is_ascii_digit()));
    // "/ten-bai-viet/1503465/": the headline's words are a folder.
    let folder = before.is_some_and(|part| part.split(['-', '_']).count() >= 4)
        && last.len() >= 4
        && last.bytes().all(|b| b.is_ascii_digit());
    if words.len() < if numbered { 2 } else { 4 } && !folder {
        return None;
    }
    let number = |word: &str| {
        let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let is_number = digits.len() >= 5 && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| word[..word.len() - digits.len()].to_owned())
    };
    let dated = segments.windows(2).any(|two| {
        is_year(two[0]) && two[1].len() <= 2 && two[1].bytes().all(|b| b.is_ascii_digit())
    });
    let number = match (number(words[words.len() - 1]), number(words[0])) {
        _ if folder => "-/#".to_owned(),
        (Some(glued), _) => format!("-{glued}#"),
        (None, Some(glued)) => format!("{glued}#-"),
        (None, None) if numbered => "#/".to_owned(),
        (None, None) if dated => "/".to_owned(),
        (None, None) => return None,
    };
    let bytes = bare_host(url).bytes().chain(ending.bytes()).chain(number.bytes());
    Some(bytes.fold(1, |made, byte| mix(made, u64::from(byte))))
}

fn is_year(segment: &str) -> bool {
    segment.len() == 4
        && (segment.starts_with("20") || segment.starts_with("19"))
        && segment.bytes().all(|b| b.is_ascii_digit())
}

/// 0 to 1: an article's address has an id, a date, or a name made of its headline's words; a section's is short.
fn leaf(url: &Url, here: &Url, folded: &str) -> f64 {
    let path = url.path().trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let last = segments.last().copied().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let words = stem.split(['-', '_']).filter(|word| word.len() > 1).count();
    let digits = |text: &str, least: usize| {
        text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= least)
    };
    let mut score: f64 = 0.0;
    if words >= 5 {
        score = score.max(0.9);
    } else if words >= 3 {
        score = score.max(0.5);
    }
    if digits(last, 4) || segments.len() >= 2 && digits(last, 3) {
        score = score.max(0.9);
    }
    let dated = segments.windows(2).any(|two| {
        is_year(two[0]) && two[1].len() <= 2 && two[1].bytes().all(|b| b.is_ascii_digit())
    });
    if dated {
        score = 1.0;
    } else if segments.iter().rev().skip(1).any(|segment| is_year(segment)) {
        score = score.max(0.7);
    }
    for (name, value) in url.query_pairs().take(12) {
        let name = name.to_ascii_lowercase();
        let counted = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        let long = value.len() >= 8 || counted && value.len() >= 2;
        let names_item = ["item", "news", "article", "post", "tin", "baiviet", "detail", "doc"]
            .iter()
            .any(|part| name.contains(part));
        if names_item && !value.is_empty() {
            score = score.max(0.9);
        } else if name == "id" || name == "p" || name == "t" || name == "nid" || name == "aid" {
            score = score.max(if long { 0.7 } else { 0.4 });
        }
    }
    let name = fold(stem);
    let shared = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .take(12)
        .fold((0, 0), |(of, hit), word| (of + 1, hit + usize::from(name.contains(word))));
    // Sections are spelt like their names as well, but these are short.
    if shared.0 >= 5 && shared.1 * 3 >= shared.0 * 2 {
        score = score.max(0.8);
    }
    let depth = here.path().split('/').filter(|segment| !segment.is_empty()).count();
    if segments.len() > depth.max(1) {
        score = score.max(0.35);
    }
    if url.fragment().is_some() {
        score = score.max(0.2);
    }
    score
}
