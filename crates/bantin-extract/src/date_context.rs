//! What the elements before a date call it: `<dt>Hạn nộp</dt><dd>…`, `<span>Kết thúc:</span> <span>…`, a line above.

use dom_query::NodeRef;

use super::dates::{self, Label};
use super::page;

/// Returns the label right before an element, looked for up to `is_top`. Headlines and links are no
/// labels.
pub fn label_before(node: &NodeRef<'_>, is_top: impl Fn(&NodeRef<'_>) -> bool) -> Label {
    /// Elements around a date in which nothing is before it.
    const LEVELS: usize = 3;
    let mut node = *node;
    for _ in 0..LEVELS {
        if is_top(&node) {
            break;
        }
        let mut before = std::iter::successors(node.prev_sibling(), NodeRef::prev_sibling);
        let filled = before.find(|node| match node.is_text() {
            true => !node.text().trim().is_empty(),
            false => node.is_element() && !matches!(&*page::tag(node), "br" | "wbr" | "i"),
        });
        match (filled, node.parent()) {
            (Some(before), _) if is_top(&before) || is_headline(&before) => break,
            (Some(before), _) => return label_in(&before),
            (None, Some(parent)) => node = parent,
            (None, None) => break,
        }
    }
    Label::None
}

/// Whether a node is the words that a link or a heading begins with, and no label: it ends with no colon.
fn is_headline(node: &NodeRef<'_>) -> bool {
    let is_titled = |parent: &NodeRef<'_>| {
        matches!(&*page::tag(parent), "a" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
    };
    let mut before = std::iter::successors(node.prev_sibling(), NodeRef::prev_sibling);
    let words = page::short_text(node, 200);
    node.parent().is_some_and(|parent| is_titled(&parent))
        && before.all(|node| page::short_text(&node, 200).is_some_and(|text| text.is_empty()))
        && words.is_none_or(|words| !words.ends_with(':') && words.split(' ').count() >= 5)
}

/// Returns how a node labels the one after it.
fn label_in(node: &NodeRef<'_>) -> Label {
    /// Letters of a label.
    const LONGEST: usize = 48;
    if node.is_text() {
        return dates::label_of(&node.text());
    }
    let is_of_news = |node: &NodeRef<'_>| {
        matches!(&*page::tag(node), "a" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "time")
    };
    if is_of_news(node) || node.descendants_it().take(12).any(|inner| is_of_news(&inner)) {
        return Label::None;
    }
    let text = page::short_text(node, LONGEST).filter(|text| !text.is_empty() && !is_dated(text));
    text.map_or(Label::None, |text| dates::label_of(&text))
}

/// "Chính sách có hiệu lực từ tháng 5/2019": the words have the month that they speak of.
fn is_dated(text: &str) -> bool {
    let last = text.rsplit(' ').next().unwrap_or_default();
    let Some((before, year)) = last.split_at_checked(last.len().saturating_sub(4)) else {
        return false;
    };
    let is_year = year.starts_with("20") && year.bytes().all(|b| b.is_ascii_digit());
    is_year && !before.ends_with(|c: char| c.is_ascii_digit())
}

/// "Số/Ký hiệu", "Trích yếu": what only a table of legal documents has.
pub fn names_documents(text: &str) -> bool {
    let words: String = super::text::fold(text)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    ["so ky hieu", "so hieu", "ky hieu", "trich yeu", "so van ban", "so vb", "so kh"]
        .iter()
        .any(|name| words.contains(name))
}
