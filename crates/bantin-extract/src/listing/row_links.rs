//! The links of a row, and which of them is the item's.

use dom_query::{Matcher, NodeId, NodeRef};

use super::super::page::{self, LinkTarget};
use super::super::text::{clean, shorten};
use super::link_words::{TITLES, is_heading};
use super::wording::says_something;
use super::{ListingReader, MatchedRow, RowLink, Sharing, documents};

impl<'p> ListingReader<'_, 'p> {
    /// Elements below a node that belong to no item inside it.
    pub(super) fn own(&self, node: &NodeRef<'p>) -> Vec<NodeRef<'p>> {
        self.own_with(node, None)
    }

    /// The same with an item inside it.
    pub(super) fn own_with(&self, node: &NodeRef<'p>, item: Option<NodeId>) -> Vec<NodeRef<'p>> {
        let mut found = Vec::new();
        let mut left: Vec<NodeRef<'p>> = node.first_element_child().into_iter().collect();
        while let Some(inner) = left.pop() {
            left.extend(inner.next_element_sibling());
            if !self.ids.contains(&inner.id) || item == Some(inner.id) {
                found.push(inner);
                left.extend(inner.first_element_child());
            }
        }
        found
    }

    pub(super) fn item(&self, item: &NodeRef<'p>) -> MatchedRow<'p> {
        let own = self.own(item);
        let is_link =
            |node: &NodeRef<'p>| matches!(&*page::tag(node), "a" | "area") && node.has_attr("href");
        let mut nodes = match &self.rules.link {
            Some(rule) => linked(item, &own, rule),
            None => own.iter().copied().filter(|node| is_link(node)).collect(),
        };
        if self.rules.link.is_none() {
            if is_link(item) {
                nodes.insert(0, *item);
            } else if nodes.is_empty() {
                // A card wrapped in its link.
                nodes.extend(item.ancestors_it(Some(3)).find(is_link));
            }
        }
        let (mut links, mut script) = (Vec::new(), None);
        for node in nodes {
            if self.by_anchor
                && let Some(address) = self.page.anchor(&node)
            {
                links.push(RowLink { node, address });
                continue;
            }
            match self.page.lead(&node) {
                Some(LinkTarget::Address(address)) => links.push(RowLink { node, address }),
                Some(LinkTarget::Script) => {
                    let href = || node.attr("href").unwrap_or_default();
                    script = script.or_else(|| Some(shorten(clean(&href()), 80)));
                }
                Some(LinkTarget::Nowhere) | None => {}
            }
        }
        MatchedRow { node: *item, own, links, script, chosen: None }
    }

    /// A link inside a heading, or in something called a title; else the first that says something and that only this
    /// item has; else the first that only this item has; else the first.
    pub(super) fn choose(&self, links: &[RowLink<'p>]) -> Option<usize> {
        let headed = |link: &RowLink<'p>| self.is_headed(link);
        let titled = |link: &RowLink<'p>| self.is_titled(link);
        let lonely =
            |link: &RowLink<'p>| self.shared.get(&link.address.key).is_none_or(|of| of.count <= 1);
        // A card whose picture and headline are an item each.
        let of_one_card = |link: &RowLink<'p>| {
            self.shared.get(&link.address.key).is_some_and(Sharing::is_of_a_card)
        };
        // A thumbnail's address is called something by the title beside it, an avatar's by nothing.
        let is_called = |link: &RowLink<'p>| {
            let mut same = links.iter().filter(|other| other.address.key == link.address.key);
            same.any(|link| {
                let said = page::visible_text(&link.node);
                says_something(&said) && !documents::names_a_file(&said)
            })
        };
        links
            .iter()
            .position(|link| headed(link) && lonely(link))
            .or_else(|| links.iter().position(|link| headed(link) && of_one_card(link)))
            .or_else(|| links.iter().position(|link| titled(link) && lonely(link)))
            .or_else(|| {
                let named = |link: &RowLink<'p>| lonely(link) && is_called(link);
                let first = links.iter().position(named)?;
                // A button to another site is not the row's page, where the row has one here.
                (!self.is_button_elsewhere(&links[first], links)).then_some(first)
            })
            .or_else(|| {
                let is_row =
                    |link: &RowLink<'p>| lonely(link) && !self.is_button_elsewhere(link, links);
                links.iter().position(is_row)
            })
            .or_else(|| links.iter().position(lonely))
            .or((!links.is_empty()).then_some(0))
    }

    pub(super) fn is_headed(&self, link: &RowLink<'p>) -> bool {
        let inside = link.node.ancestors_it(Some(3)).any(|node| is_heading(&node));
        inside || link.node.descendants_it().any(|node| is_heading(&node))
    }

    pub(super) fn is_titled(&self, link: &RowLink<'p>) -> bool {
        let above =
            link.node.ancestors_it(Some(2)).take_while(|above| !self.ids.contains(&above.id));
        std::iter::once(link.node)
            .chain(above)
            .any(|node| node.is_element() && page::is_named(&node, TITLES))
    }

    pub(super) fn is_only_frame(&self, item: &NodeRef<'p>) -> bool {
        let holds_items = item.descendants_it().any(|node| self.ids.contains(&node.id));
        let (mut heads, mut cells) = (false, false);
        for node in item.descendants_it().filter(NodeRef::is_element) {
            heads |= node.has_name("th");
            cells |= node.has_name("td");
        }
        holds_items || heads && !cells || page::visible_text(item).is_empty()
    }

    /// Returns the widest element around an item that is itself a link and holds no other item: it
    /// has the item's date, lead and picture. Any other item holds them itself.
    pub(super) fn around(&self, item: &NodeRef<'p>) -> NodeRef<'p> {
        /// Nodes of a row; more are a part of the page.
        const MOST: usize = 400;
        let mut around = *item;
        if !item.has_name("a") {
            return around;
        }
        for wider in item.ancestors_it(Some(4)) {
            let mut nodes = 0;
            let others = wider.descendants_it().any(|node| {
                nodes += 1;
                nodes > MOST
                    || self.ids.contains(&node.id)
                        && node.id != item.id
                        && !self.leads_alike(&node, item)
            });
            if others || matches!(&*page::tag(&wider), "body" | "html" | "") {
                break;
            }
            around = wider;
        }
        around
    }

    pub(super) fn leads_alike(&self, one: &NodeRef<'p>, other: &NodeRef<'p>) -> bool {
        match (self.page.lead(one), self.page.lead(other)) {
            (Some(LinkTarget::Address(one)), Some(LinkTarget::Address(other))) => {
                one.key == other.key
            }
            _ => false,
        }
    }
}

/// Links by the recipe's selector: what it matches, or the link in it or around it.
pub(super) fn linked<'p>(
    item: &NodeRef<'p>,
    own: &[NodeRef<'p>],
    rule: &Matcher,
) -> Vec<NodeRef<'p>> {
    let is_link = |node: &NodeRef<'p>| node.has_attr("href");
    let matched = std::iter::once(item).chain(own).filter(|node| node.is_match(rule));
    let mut links: Vec<NodeRef<'p>> = matched
        .filter_map(|node| {
            if is_link(node) {
                return Some(*node);
            }
            let inner = node.descendants_it().find(is_link);
            inner.or_else(|| node.ancestors_it(Some(3)).find(is_link))
        })
        .collect();
    links.dedup_by_key(|node| node.id);
    links
}
