//! What a link says: its headline, and the day that it holds besides.

use dom_query::{NodeId, NodeRef};

use super::super::text::clean;
use super::super::{dates, page};
use super::wording::says_something;

/// Parts of the names that portals give to headlines.
pub(super) const TITLES: &[&str] = &["title", "tieude", "tieu-de", "headline"];

/// The headline in a link: a heading or an element called title, where the link wraps a whole card.
pub(super) fn text_of_link(link: &NodeRef<'_>) -> String {
    let without_date = |node: &NodeRef<'_>| {
        node.has_name("time") || page::is_named(node, &["date", "time", "ngay"]) || is_day(node)
    };
    headline(link)
        .map_or_else(|| page::visible_text_without(link, &without_date), |(_, headline)| headline)
}

/// The part of a link that is its headline, where the link wraps a whole card, and what it says.
pub(super) fn headline<'p>(link: &NodeRef<'p>) -> Option<(NodeRef<'p>, String)> {
    let inner = |wanted: fn(&NodeRef<'_>) -> bool| {
        link.descendants_it()
            .filter(|node| node.is_element() && wanted(node))
            .map(|node| (node, page::visible_text(&node)))
            .find(|(_, text)| says_something(text))
    };
    inner(is_heading).or_else(|| inner(|node| page::is_named(node, TITLES)))
}

/// The day in an element of its own in a link that is no card: `<a><b>Tên bài</b> <i>28/11/2026</i></a>`.
pub(super) fn day_of_link(link: &NodeRef<'_>) -> Option<(NodeId, String)> {
    link.first_element_child()?;
    let day = link.descendants_it().find(is_day)?;
    let text = page::visible_text(&day);
    headline(link).is_none().then_some((day.id, text))
}

/// Whether an element holds a day in numbers and nothing else.
pub(super) fn is_day(node: &NodeRef<'_>) -> bool {
    node.is_element()
        && node.first_element_child().is_none()
        && page::short_text(node, 12).is_some_and(|text| {
            text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'.'))
                && dates::order::written(&text).is_some()
        })
}

/// The text, or the `title` attribute where the text was cut off.
pub(super) fn whole_text(node: &NodeRef<'_>, text: &str) -> String {
    let cut = text.trim_end_matches(['…', '.']).trim_end();
    if !(text.ends_with('…') || text.ends_with("...")) {
        return text.to_owned();
    }
    let titles = node
        .attr("title")
        .into_iter()
        .chain(node.descendants_it().filter_map(|inner| inner.attr("title")));
    let whole =
        titles.map(|title| clean(&title)).find(|title| title.chars().count() > cut.chars().count());
    whole.unwrap_or_else(|| text.to_owned())
}

pub(super) fn is_heading(node: &NodeRef<'_>) -> bool {
    matches!(&*page::tag(node), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}
