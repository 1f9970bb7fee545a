//! Documents that an article offers: what the address says of their kind, what the words at the link say of their name
//! and size.

use std::collections::HashSet;

use dom_query::NodeRef;
use url::Url;

use super::page::{self, Target};
use super::text::{clean, fold};
use crate::model::Attachment;

/// Documents of one article; nobody attaches more.
const MOST: usize = 500;

/// Documents that the nodes link to.
pub fn find(nodes: &[NodeRef<'_>], base: &Url) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    let mut known: HashSet<Url> = HashSet::new();
    for node in
        nodes.iter().flat_map(|node| node.descendants_it()).filter(|node| node.has_name("a"))
    {
        let Target::Address(url) = page::target(&node.attr("href").unwrap_or_default(), base)
        else {
            continue;
        };
        let Some((file, media_type)) = document(&url) else { continue };
        if found.len() >= MOST {
            break;
        }
        if !known.insert(url.clone()) {
            continue;
        }
        let said = page::visible_text(&node);
        let length = size_in(&said).or_else(|| size_beside(&node));
        let title = if says_more(&said) {
            said
        } else {
            node.attr("title")
                .map(|title| clean(&title))
                .filter(|title| says_more(title))
                .unwrap_or(file)
        };
        found.push(Attachment {
            url: url.into(),
            title,
            media_type: media_type.to_owned(),
            length,
        });
    }
    found
}

fn says_more(text: &str) -> bool {
    !matches!(
        &*fold(text),
        "" | "tai ve"
            | "tai xuong"
            | "download"
            | "xem"
            | "tai file"
            | "tai day"
            | "tai tep"
            | "file"
            | "chi tiet"
            | "day"
    )
}

/// The file that an address names, in its path or in a parameter (`Download.ashx?file=KH.pdf`), and its media type.
pub fn document(url: &Url) -> Option<(String, &'static str)> {
    let last =
        url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let in_query: Vec<String> = url
        .query_pairs()
        .map(|(_, value)| value.rsplit(['/', '\\']).next().unwrap_or_default().to_owned())
        .collect();
    let decoded = percent_decoded(last);
    std::iter::once(decoded).chain(in_query).find_map(|file| {
        let (_, ending) = file.rsplit_once('.')?;
        let media_type = media_type(&ending.to_ascii_lowercase())?;
        Some((clean(&file), media_type))
    })
}

fn percent_decoded(segment: &str) -> String {
    // A query of one name and no value decodes the way a path does, but for the plus.
    let escaped = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

fn media_type(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "pdf" => "application/pdf",
        "doc" | "dot" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt" | "pps" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "rtf" => "application/rtf",
        "zip" => "application/zip",
        "rar" => "application/vnd.rar",
        "7z" => "application/x-7z-compressed",
        _ => return None,
    })
}

/// The size that stands behind a link, as "(1,2 MB)": in the text up to the next link, or in the next cell.
fn size_beside(link: &NodeRef<'_>) -> Option<u64> {
    const FARTHEST: usize = 8;
    let behind = |node: &NodeRef<'_>| {
        let siblings = std::iter::successors(node.next_sibling(), NodeRef::next_sibling);
        siblings
            .take(FARTHEST)
            .take_while(|next| !next.has_name("a") && !next.has_name("br"))
            .filter(|next| next.is_text() || next.is_element())
            .find_map(|next| {
                let holds_link = next.descendants_it().take(40).any(|inner| inner.has_name("a"));
                let text = page::short_text(&next, 80).filter(|_| !holds_link)?;
                size_in(&text)
            })
    };
    behind(link).or_else(|| {
        let around = link.parent()?;
        // Only where the link is alone in there; otherwise the size may be another's.
        let few = around.children_it(false).nth(20).is_none();
        let links = || around.children_it(false).filter(|child| child.has_name("a"));
        let alone = few && links().count() == 1;
        let inner = matches!(&*page::tag(&around), "td" | "span" | "b" | "strong" | "div" | "p");
        (alone && inner).then(|| behind(&around)).flatten()
    })
}

/// The first size in bytes that a text states. Portals count 1,024 bytes to the kilobyte, as Windows shows them.
fn size_in(text: &str) -> Option<u64> {
    let folded = fold(text);
    let bytes = folded.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || at > 0 && is_of_word(bytes[at - 1]) {
            at += 1;
            continue;
        }
        let number_end = (at..bytes.len())
            .find(|end| !bytes[*end].is_ascii_digit() && !matches!(bytes[*end], b'.' | b','))
            .unwrap_or(bytes.len());
        let rest = folded[number_end..].trim_start();
        let unit: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        let times = match &*unit {
            "byte" | "bytes" => Some(1.),
            "kb" | "kib" => Some(1024.),
            "mb" | "mib" => Some(1024. * 1024.),
            "gb" | "gib" => Some(1024. * 1024. * 1024.),
            _ => None,
        };
        if let Some(size) = times.and_then(|times| Some(number(&folded[at..number_end])? * times)) {
            return (1. ..1e12).contains(&size).then_some(size.round() as u64);
        }
        at = number_end.max(at + 1);
    }
    None
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b',' | b'-' | b'/')
}

/// A number with a comma or a point before its fraction. Three figures behind a lone mark are thousands.
fn number(text: &str) -> Option<f64> {
    let text = text.trim_end_matches(['.', ',']);
    let whole: String = text.chars().filter(char::is_ascii_digit).collect();
    match text.rfind(['.', ',']) {
        Some(mark) if text.len() - mark - 1 != 3 => {
            let (before, after) = text.split_at(mark);
            let before: String = before.chars().filter(char::is_ascii_digit).collect();
            format!("{before}.{}", &after[1..]).parse().ok()
        }
        _ => whole.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &[(&str, Option<u64>)]) {
        let base = Url::parse("https://so.example.vn/tin/1").expect("a fixed address");
        let page = page::Page::parse(html, &base).expect("a small page");
        let found = find(&[page.document.root()], &base);
        let found: Vec<(&str, Option<u64>)> =
            found.iter().map(|one| (&*one.title, one.length)).collect();
        assert_eq!(found, expected, "{html}");
    }

    #[test]
    fn the_size_beside_a_link_is_the_documents() {
        check("<p><a href=a.pdf>Kế hoạch</a> (1,5 MB)</p>", &[("Kế hoạch", Some(1_572_864))]);
        check("<a href=a.docx>Mẫu đơn (24 KB)</a>", &[("Mẫu đơn (24 KB)", Some(24_576))]);
        check(
            "<table><tr><td><a href=a.xls>Phụ lục</a></td><td>1.024 KB</td></tr></table>",
            &[("Phụ lục", Some(1_048_576))],
        );
        check("<p><a href=a.zip>Hồ sơ</a> <span>[512 bytes]</span>", &[("Hồ sơ", Some(512))]);
    }

    #[test]
    fn a_size_that_belongs_to_another_link_or_is_none_is_not_taken() {
        check(
            "<p><a href=a.pdf>Một</a>, <a href=b.pdf>Hai</a> (2 MB)</p>",
            &[("Một", None), ("Hai", Some(2_097_152))],
        );
        check("<p><a href=a.pdf>Quyết định</a> số 12/2020 của 3 mbl</p>", &[("Quyết định", None)]);
        check("<a href=a.pdf>Tệp A12 KB</a>", &[("Tệp A12 KB", None)]);
    }
}
