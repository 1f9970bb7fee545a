//! The texts of a row and around it; its lead and its picture.

use std::collections::HashSet;

use dom_query::{NodeId, NodeRef};

use super::super::dates;
use super::super::page;
use super::super::text::clean;
use super::date_elements::written_day;
use super::link_words::{day_of_link, headline};
use super::{ListingReader, RowLink, Scope, Segments};

impl<'p> ListingReader<'_, 'p> {
    /// Returns pieces of text outside the title's links, by the blocks and elements that contain
    /// them.
    pub(super) fn segments(
        &self,
        scope: &Scope<'_, 'p>,
        links: &[&RowLink<'p>],
    ) -> Vec<(NodeId, String)> {
        let mut pieces: Vec<(NodeId, String)> = Vec::new();
        let mut skip = HashSet::new();
        for link in links.iter().map(|link| &link.node).filter(|link| link.id != scope.node.id) {
            // A link around a whole card holds more than its headline.
            match headline(link) {
                Some((part, _)) => skip.insert(part.id),
                None => skip.insert(link.id),
            };
            pieces.extend(day_of_link(link));
        }
        self.gather(&scope.node, scope.node.id, &skip, &mut pieces);
        for node in &scope.beside {
            pieces.push((node.id, String::new()));
            if node.is_text() {
                pieces.push((node.id, node.text().to_string()));
            } else {
                self.gather(node, node.id, &skip, &mut pieces);
            }
        }
        pieces.iter_mut().for_each(|(_, piece)| *piece = clean(piece));
        pieces.retain(|(_, piece)| !piece.is_empty());
        pieces
    }

    /// Returns nodes beside an item that share no element with it: the `<dd>` after its `<dt>`, the
    /// paragraph under its heading, the text around a bare link as far as the line or the next
    /// item.
    pub(super) fn beside(&self, item: &NodeRef<'p>) -> Vec<NodeRef<'p>> {
        /// Nodes, blank texts among them; a longer way leads to something else.
        const FAR: usize = 8;
        let name = page::tag(item);
        let alone = self.ids.contains(&item.id);
        let flows = matches!(&*name, "a" | "dt" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        if !alone || !flows {
            return Vec::new();
        }
        let is_end = |node: &NodeRef<'p>| self.ids.contains(&node.id) || node.has_name(&name);
        let mut found = Vec::new();
        if self.dates_above {
            found.extend(self.date_right_above(item));
        }
        if &*name == "a" {
            let before = item.prev_sibling().filter(|node| node.is_text());
            let dated = before.filter(|node| {
                dates::alone(
                    node.text().trim_matches([' ', '\n', '\t', '-', '–', ':', '|', '•', '*', '+']),
                    self.reading.zone,
                    self.reading.now,
                )
                .is_known()
            });
            if let Some(before) = dated {
                return vec![before];
            }
        }
        let mut next = item.next_sibling();
        while let Some(node) = next.filter(|node| found.len() < FAR && !is_end(node)) {
            if self.dates_above && self.is_date(&node) {
                break;
            }
            let holds_items = node.is_element()
                && node.descendants_it().take(200).any(|inner| self.ids.contains(&inner.id));
            if holds_items {
                break;
            }
            if node.is_text() || node.is_element() {
                found.push(node);
            }
            next = node.next_sibling();
        }
        found
    }

    /// Whether the first row has a date right above it, and the last none below it: then each date is that of the next row.
    pub(super) fn are_dates_above(&self, items: &[NodeRef<'p>]) -> bool {
        let Some((first, last)) = items.first().zip(items.last()) else { return false };
        let mut below = std::iter::successors(last.next_sibling(), NodeRef::next_sibling).take(8);
        items.len() >= 2
            && self.date_right_above(first).is_some()
            && self.date_right_above(last).is_some()
            && !below.any(|node| self.is_date(&node))
    }

    /// Returns the node right before an item, where it is nothing but a date.
    pub(super) fn date_right_above(&self, item: &NodeRef<'p>) -> Option<NodeRef<'p>> {
        let mut before = std::iter::successors(item.prev_sibling(), NodeRef::prev_sibling);
        let is_blank = |node: &NodeRef<'p>| {
            !node.is_element() && node.text().trim().is_empty()
                || matches!(&*page::tag(node), "br" | "hr")
        };
        before.find(|node| !is_blank(node)).filter(|node| self.is_date(node))
    }

    /// Whether a node says nothing but a date.
    pub(super) fn is_date(&self, node: &NodeRef<'p>) -> bool {
        let text = match node.is_text() {
            true => Some(node.text().to_string()),
            false if node.is_element() => page::short_text(node, 60),
            false => None,
        };
        let text = text.filter(|text| text.bytes().any(|b| b.is_ascii_digit()));
        text.is_some_and(|text| {
            dates::alone(&text, self.reading.zone, self.reading.now).is_known()
                || written_day(&text)
        })
    }

    pub(super) fn gather(
        &self,
        node: &NodeRef<'p>,
        block: NodeId,
        skip: &HashSet<NodeId>,
        pieces: &mut Vec<(NodeId, String)>,
    ) {
        for child in node.children_it(false) {
            if child.is_text() {
                match pieces.last_mut() {
                    Some((same, piece)) if *same == block => piece.push_str(&child.text()),
                    _ => pieces.push((block, child.text().to_string())),
                }
            } else if child.is_element() {
                let name = page::tag(&child);
                if page::is_unseen(&name)
                    || self.ids.contains(&child.id) && !skip.contains(&child.id)
                {
                    continue;
                }
                if !skip.contains(&child.id) {
                    // Bold words belong to their sentence; other elements are pieces of their own.
                    let part = matches!(
                        &*name,
                        "b" | "strong" | "i" | "em" | "u" | "font" | "sup" | "sub" | "a"
                    );
                    self.gather(&child, if part { block } else { child.id }, skip, pieces);
                }
                if &*name == "br" || skip.contains(&child.id) || page::is_block(&name) {
                    pieces.push((child.id, String::new()));
                }
            }
        }
    }

    pub(super) fn lead(
        &self,
        scope: &Scope<'_, 'p>,
        segments: Segments<'_>,
        title: &str,
    ) -> Option<String> {
        if let Some(rule) = &self.rules.lead {
            let found = scope.own.iter().filter(|node| node.is_match(rule));
            return found.map(page::visible_text).find(|lead| !lead.is_empty());
        }
        // A sentence or two beside the link; shorter things are counters, sections and places.
        let sentences = segments
            .iter()
            .map(|(_, segment)| segment)
            .filter(|segment| segment.chars().count() >= 50 && segment.split(' ').count() >= 10);
        sentences
            .max_by_key(|segment| segment.chars().count())
            .filter(|lead| !title.ends_with(lead.as_str()))
            .cloned()
    }

    pub(super) fn image(&self, scope: &Scope<'_, 'p>, links: &[&RowLink<'p>]) -> Option<String> {
        let picture = |node: &NodeRef<'p>| page::picture(node, &self.page.base);
        if let Some(rule) = &self.rules.image {
            let mut found = scope.own.iter().filter(|node| node.is_match(rule));
            return found.find_map(|node| {
                if node.has_name("img") {
                    picture(node)
                } else {
                    node.descendants_it()
                        .filter(|inner| inner.has_name("img"))
                        .find_map(|inner| picture(&inner))
                }
            });
        }
        let in_links = links.iter().flat_map(|link| {
            link.node.descendants_it().filter(|node| node.has_name("img")).collect::<Vec<_>>()
        });
        let in_scope = scope.own.iter().copied().filter(|node| node.has_name("img"));
        in_links.chain(in_scope).find_map(|node| picture(&node))
    }
}
