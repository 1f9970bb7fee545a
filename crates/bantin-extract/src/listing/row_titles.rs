//! What a row is called: by its link, the heading of its card, its longest text, its picture.

use dom_query::{NodeId, NodeRef};

use super::super::dates;
use super::super::page;
use super::super::text::clean;
use super::date_elements::may_be_dated;
use super::link_words::{is_heading, text_of_link, whole_text};
use super::wording::says_something;
use super::{ListingReader, MatchedRow, RowLink, Scope, Segments};
use crate::model::Published;

impl<'p> ListingReader<'_, 'p> {
    pub(super) fn title(
        &self,
        item: &MatchedRow<'p>,
        scope: &Scope<'_, 'p>,
        links: &[&RowLink<'p>],
        segments: Segments<'_>,
    ) -> Option<String> {
        if let Some(rule) = &self.rules.title {
            let mut nodes = std::iter::once(&item.node).chain(&item.own);
            if let Some(title) = nodes
                .find(|node| node.is_match(rule))
                .map(|node| whole_text(node, &text_of_link(node)))
                .filter(|title| !title.is_empty())
            {
                return Some(title);
            }
        }
        let of_links = |of: &dyn Fn(&RowLink<'p>) -> bool| -> Option<String> {
            links
                .iter()
                .filter(|link| of(link))
                .map(|link| whole_text(&link.node, &text_of_link(&link.node)))
                .filter(|title| says_something(title))
                .max_by_key(|title| title.chars().count())
        };
        // Where the lead is a link as well, it is longer than the headline.
        let longest = of_links(&|link| self.is_headed(link))
            .or_else(|| of_links(&|link| self.is_titled(link)))
            .or_else(|| of_links(&|_| true));
        longest
            .or_else(|| heading_near(scope, links))
            .or_else(|| {
                links
                    .iter()
                    .filter_map(|link| link.node.attr("title"))
                    .map(|title| clean(&title))
                    .find(|title| says_something(title))
            })
            .or_else(|| self.words_beside(scope, segments))
            .or_else(|| {
                let pictures = links.iter().flat_map(|link| {
                    link.node
                        .descendants_it()
                        .filter(|node| node.has_attr("alt"))
                        .collect::<Vec<_>>()
                });
                pictures
                    .filter_map(|node| node.attr("alt"))
                    .map(|alt| clean(&alt))
                    .find(|alt| says_something(alt))
            })
    }

    /// A table's row may call its document in one cell and link it in another.
    /// Takes a date off the end or the beginning of a title: "Tên bài (22/5/2020)".
    pub(super) fn without_date(&self, title: String) -> (String, Published) {
        let known = |text: &str| match may_be_dated(text) {
            true => dates::alone(text, self.reading.zone, self.reading.now),
            false => Published::Unknown,
        };
        if let Some(open) = title.rfind(['(', '[']).filter(|_| title.ends_with([')', ']'])) {
            let found = known(&title[open..]);
            if found.is_known() && open > 0 {
                return (title[..open].trim_end().to_owned(), found);
            }
        }
        for (at, separator) in title.match_indices([')', ']', ':', '|', '-', '–', '—']).take(6)
        {
            let (head, tail) = (
                &title[..at + separator.len()],
                title[at + separator.len()..].trim_start_matches([' ', '-', '–', '—', ':', '|']),
            );
            let found = known(head);
            // A clock's colon is between two digits.
            let inside = tail.starts_with(|c: char| c.is_ascii_digit());
            if found.is_known() && !inside && says_something(tail) {
                return (tail.to_owned(), found);
            }
        }
        (title, Published::Unknown)
    }
}

/// The first heading of the narrowest element around a link that has one: a row may begin with the heading of its block.
pub(super) fn heading_near(scope: &Scope<'_, '_>, links: &[&RowLink<'_>]) -> Option<String> {
    /// Elements between a row and its link.
    const FAR: usize = 12;
    let headings: Vec<(&NodeRef<'_>, String)> = scope
        .own
        .iter()
        .filter(|node| is_heading(node))
        .map(|node| (node, page::visible_text(node)))
        .filter(|(_, title)| says_something(title))
        .collect();
    let is_around = |outer: NodeId, node: &NodeRef<'_>| {
        node.ancestors_it(Some(FAR)).any(|above| above.id == outer)
    };
    let around = links.first().into_iter().flat_map(|link| link.node.ancestors_it(Some(FAR)));
    let mut near = around
        .take_while(|outer| outer.id != scope.node.id)
        .filter_map(|outer| headings.iter().find(|(node, _)| is_around(outer.id, node)));
    near.next().or_else(|| headings.first()).map(|(_, title)| title.clone())
}
