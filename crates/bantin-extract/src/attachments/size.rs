//! How large a document is, by the words at its link.

use dom_query::NodeRef;

use super::super::page;
use super::super::text::fold;

/// Returns the size after a link, as in "(1,2 MB)": in the text up to the next link, or in the next
/// cell.
pub fn beside(link: &NodeRef<'_>) -> Option<u64> {
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
                within(&text)
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
pub fn within(text: &str) -> Option<u64> {
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

/// Reads a number with a comma or a point before its fraction. Three digits after a single mark are
/// thousands.
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
    use url::Url;

    use super::*;

    fn check(html: &str, expected: &[(&str, Option<u64>)]) {
        let base = Url::parse("https://so.example.vn/tin/1").expect("a fixed address");
        let page = page::Page::parse(html, &base).expect("a small page");
        let root = page.document.root();
        let links = root.descendants_it().filter(|node| node.has_name("a"));
        let found: Vec<(String, Option<u64>)> = links
            .map(|link| page::visible_text(&link))
            .zip(root.descendants_it().filter(|node| node.has_name("a")))
            .map(|(said, link)| (within(&said).or_else(|| beside(&link)), said))
            .map(|(length, said)| (said, length))
            .collect();
        let found: Vec<(&str, Option<u64>)> =
            found.iter().map(|(said, length)| (&**said, *length)).collect();
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
