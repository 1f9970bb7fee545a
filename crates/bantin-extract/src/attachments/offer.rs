//! An element that hands out a file: a link, a frame, an embedded object, a script's call; and what the file is called.

use dom_query::NodeRef;
use url::Url;

use super::super::document_field::may_hold_symbol;
use super::super::page::{self, Target};
use super::super::text::{clean, fold};
use super::address;

/// What an element hands out.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub url: Url,
    /// The file's name, by the address or by the words that name it.
    pub file: Option<String>,
    pub media_type: &'static str,
    /// Only the words around it can tell that it is a file.
    pub is_doubtful: bool,
}

/// Media type of a file of which only is known that it is one.
const UNKNOWN: &str = "application/octet-stream";

/// Attributes that hold an address for scripts.
const FOR_SCRIPTS: &[&str] = &["data-href", "data-url", "data-file", "data-link", "data-src"];

/// The file that an element offers. Links to pages end at the cheap checks.
pub fn of(node: &NodeRef<'_>, tag: &str, base: &Url) -> Option<Offer> {
    match tag {
        "a" | "area" => of_link(node, base),
        "iframe" | "embed" | "object" => ["src", "data", "data-src"]
            .iter()
            .filter_map(|name| node.attr(name))
            .find_map(|source| of_frame(&source, base)),
        "button" | "input" | "span" | "img" => by_call(&["onclick"], node, base),
        _ => None,
    }
}

/// A frame that shows a file: by its name, or one that is shared from a drive, where that may be a film as well.
fn of_frame(source: &str, base: &Url) -> Option<Offer> {
    if may_name_a_file(source) {
        return of_address(address_of(source, base)?);
    }
    let url = address_of(source, base).filter(address::is_shared)?;
    let is_doubtful = !address::is_google_document(&url);
    Some(Offer { url, file: None, media_type: UNKNOWN, is_doubtful })
}

/// Whether the words of a link, or its title, are those of a document: "Kế hoạch số 12/KH-UBND", "Phụ lục I".
fn names_a_document(node: &NodeRef<'_>) -> bool {
    const KINDS: &[&str] = &[
        "quyet dinh",
        "ke hoach",
        "cong van",
        "thong bao",
        "to trinh",
        "bao cao",
        "nghi quyet",
        "nghi dinh",
        "thong tu",
        "chi thi",
        "phu luc",
        "bieu mau",
        "mau ",
        "danh sach",
        "giay moi",
        "thu moi",
        "huong dan",
        "du thao",
        "toan van",
        "tai lieu",
        "van ban",
        "ho so",
        "de an",
        "chuong trinh",
        "quy che",
        "lich ",
        "don ",
        "tai ve",
        "tai xuong",
        "tai file",
        "tai tep",
        "download",
        "dinh kem",
        "file ",
    ];
    let title = node.attr("title").map(|title| clean(&title));
    let said = page::short_text(node, 300);
    [said, title].into_iter().flatten().any(|words| {
        let folded = fold(&words);
        may_hold_symbol(&words) || KINDS.iter().any(|kind| folded.starts_with(kind))
    })
}

fn of_link(node: &NodeRef<'_>, base: &Url) -> Option<Offer> {
    let href = node.attr("href").unwrap_or_default();
    let Some(url) =
        Some(&href).filter(|href| !is_script(href)).and_then(|href| address_of(href, base))
    else {
        return by_script(node, base);
    };
    if may_name_a_file(&href)
        && let Some(offer) = of_address(url.clone())
    {
        return Some(offer);
    }
    let file = named_beside(node);
    let is_handler = address::is_handler(&url);
    let is_shared = address::is_shared(&url);
    if file.is_none() && !is_handler && !is_shared && !address::may_send_a_file(&url) {
        return None;
    }
    let media_type = file.as_ref().map_or(UNKNOWN, |(_, media_type)| media_type);
    let is_doubtful = file.is_none() && !is_handler && !(is_shared && names_a_document(node));
    Some(Offer { url, file: file.map(|(file, _)| file), media_type, is_doubtful })
}

fn is_script(href: &str) -> bool {
    href.trim_start().get(..11).is_some_and(|start| start.eq_ignore_ascii_case("javascript:"))
}

fn address_of(link: &str, base: &Url) -> Option<Url> {
    match page::target(link, base) {
        Target::Address(url) => Some(url),
        Target::Script | Target::Nowhere => None,
    }
}

fn of_address(url: Url) -> Option<Offer> {
    let url = address::unwrapped(url);
    let (file, media_type) = address::document(&url)?;
    Some(Offer { url, file: Some(file), media_type, is_doubtful: false })
}

/// A file that only a script's call or an attribute for scripts names.
fn by_script(node: &NodeRef<'_>, base: &Url) -> Option<Offer> {
    by_call(&["href", "onclick"], node, base).or_else(|| {
        let attributes = FOR_SCRIPTS.iter().filter_map(|name| node.attr(name));
        attributes
            .filter(|link| may_name_a_file(link))
            .find_map(|link| of_address(address_of(&link, base)?))
    })
}

/// A file that the call of a script opens.
fn by_call(names: &[&str], node: &NodeRef<'_>, base: &Url) -> Option<Offer> {
    let scripts = names.iter().filter_map(|name| node.attr(name));
    let call = scripts
        .filter(|script| may_name_a_file(script))
        .find_map(|script| address::called(&script, base))?;
    let url = address::unwrapped(call.url);
    let (file, media_type) = address::named(&call.file)?;
    Some(Offer { url, file: Some(file), media_type, is_doubtful: false })
}

/// Whether a text could hold a file's name or a viewer's address, at a glance.
fn may_name_a_file(text: &str) -> bool {
    const ENDINGS: &[&[u8]] = &[
        b"pdf", b"doc", b"xls", b"ppt", b"pps", b"rtf", b"odt", b"ods", b"odp", b"zip", b"rar",
        b"7z", b"gz", b"tgz", b"epub", b"dot",
    ];
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'.').any(|(at, _)| {
        let rest = &bytes[at + 1..];
        ENDINGS.iter().any(|ending| {
            rest.get(..ending.len()).is_some_and(|start| start.eq_ignore_ascii_case(ending))
        })
    })
}

/// The file's name where the link's attributes or its own words are one: "Bieu mau 01.xlsx (12 KB)".
fn named_beside(node: &NodeRef<'_>) -> Option<(String, &'static str)> {
    let attributes = ["download", "title"].iter().filter_map(|name| node.attr(name));
    let mut named = attributes.filter_map(|value| named_by(&value));
    named.next().or_else(|| {
        let last = node.descendants_it().take(40).filter(|inner| inner.is_text()).last()?;
        let last = last.text();
        (last.len() <= 300 && may_name_a_file(&last)).then(|| named_by(&last)).flatten()
    })
}

fn named_by(words: &str) -> Option<(String, &'static str)> {
    let words = words.trim();
    let bare = match words.rfind(['(', '[']).filter(|_| words.ends_with([')', ']'])) {
        Some(open) => words[..open].trim_end(),
        None => words,
    };
    let (file, media_type) = address::named(bare)?;
    Some((without_button(&file).to_owned(), media_type))
}

/// What a file is called, and how well: 3 by the link's words, 2 by an attribute or its row, 1 by its name.
pub fn title(node: &NodeRef<'_>, offer: &Offer, said: &str) -> (u8, String) {
    let said = without_button(said);
    if says_more(said) {
        return (3, said.to_owned());
    }
    let attribute = ["title", "aria-label"]
        .iter()
        .filter_map(|name| node.attr(name))
        .map(|title| without_button(&clean(&title)).to_owned())
        .find(|title| says_more(title));
    if let Some(title) = attribute {
        return (2, title);
    }
    if let Some(title) = row_words(node) {
        return (2, title);
    }
    let last = || {
        let segments = offer.url.path_segments();
        segments.and_then(|mut parts| parts.rfind(|part| !part.is_empty())).unwrap_or_default()
    };
    match &offer.file {
        Some(file) => (1, file.clone()),
        None if !said.is_empty() => (0, said.to_owned()),
        None => (0, last().to_owned()),
    }
}

/// What the cells before a link say, where the link has a cell of its own: "Phụ lục 1 | Tải về".
fn row_words(node: &NodeRef<'_>) -> Option<String> {
    let cell = node.ancestors_it(Some(3)).find(|above| above.has_name("td"))?;
    let before = std::iter::successors(cell.prev_sibling(), NodeRef::prev_sibling).take(12);
    before.filter(|cell| cell.has_name("td")).filter_map(|cell| page::short_text(&cell, 200)).find(
        |text| {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            // A short announcement is the name of the column or of the box.
            letters >= 5 && says_more(text) && !(letters <= 18 && is_label(&fold(text)))
        },
    )
}

/// Words with which a portal announces files, folded.
const LABELS: &[&str] = &[
    "dinh kem",
    "tap tin",
    "tep tin",
    "tep dinh",
    "tai ve",
    "tai xuong",
    "file",
    "attachment",
    "attached",
    "download",
    "kem theo",
    "phu luc",
    "tai lieu",
    "toan van",
    "van ban goc",
    "tep",
];

/// Returns whether folded words announce the files beside them.
pub fn is_label(folded: &str) -> bool {
    LABELS.iter().any(|label| folded.contains(label))
}

/// Without the words of a button before the name: "Tải về: kh.pdf", "Download KH 12.doc".
fn without_button(said: &str) -> &str {
    if let Some((head, tail)) = said.split_once(':')
        && !tail.trim().is_empty()
        && head.chars().count() <= 30
        && (!says_more(head) || is_label(&fold(head)))
    {
        return tail.trim();
    }
    for button in ["Tải về ", "Tải xuống ", "Download ", "Tải tệp ", "Tải file "] {
        let start = said.get(..button.len()).map(str::to_lowercase);
        if start.is_some_and(|start| start == button.to_lowercase()) {
            let rest = said[button.len()..].trim();
            if address::named(rest).is_some() {
                return rest;
            }
        }
    }
    said
}

/// Whether words say more than a button does.
fn says_more(text: &str) -> bool {
    const OF_BUTTONS: &[&str] = &[
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "zip",
        "rar",
        "kb",
        "mb",
        "byte",
        "bytes",
        "file",
        "files",
        "tap",
        "tin",
        "tep",
        "dinh",
        "kem",
        "toan",
        "van",
        "ban",
        "goc",
        "tai",
        "ve",
        "xuong",
        "xem",
        "day",
        "o",
        "may",
        "download",
        "here",
        "link",
        "click",
        "vao",
        "chi",
        "tiet",
        "truc",
        "tuyen",
        "view",
        "open",
        "mo",
        "attachment",
        "attachments",
        "nhan",
    ];
    let folded = fold(text);
    let mut words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits < word.len() && !OF_BUTTONS.contains(&word)
    }) || address::named(text).is_some()
}
