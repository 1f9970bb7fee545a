//! Which of the elements that a recipe selects are rows.

use std::collections::{HashMap, HashSet};

use dom_query::{Matcher, NodeId, NodeRef};

use super::super::page::Page;

/// Whether most items lead to one page, each to another place on it.
pub(super) fn are_anchors(page: &Page, items: &[NodeRef<'_>]) -> bool {
    const LEAST: usize = 3;
    let is_link = |node: &NodeRef<'_>| node.has_name("a") && node.has_attr("href");
    let mut of_page: HashMap<String, HashSet<String>> = HashMap::new();
    for item in items {
        let link = if is_link(item) { Some(*item) } else { item.descendants_it().find(is_link) };
        let Some(address) = link.and_then(|link| page.anchor(&link)) else { continue };
        let mut url = address.url.clone();
        let fragment = url.fragment().unwrap_or_default().to_owned();
        url.set_fragment(None);
        of_page.entry(url.into()).or_default().insert(fragment);
    }
    let most = of_page.values().map(HashSet::len).max().unwrap_or(0);
    most >= LEAST && most * 5 >= items.len() * 4
}

/// Removes nodes that are inside another and have no link: a nested table's row that lays out one
/// cell is part of its outer row. Returns the ids of the remaining nodes.
pub(super) fn drop_parts(nodes: &mut Vec<NodeRef<'_>>, rule: Option<&Matcher>) -> HashSet<NodeId> {
    /// Elements between a row and its part.
    const FAR: usize = 8;
    let is_link = |node: &NodeRef<'_>| match rule {
        Some(rule) => node.is_match(rule),
        None => node.has_attr("href"),
    };
    let mut ids: HashSet<NodeId> = nodes.iter().map(|node| node.id).collect();
    nodes.retain(|node| {
        let is_part = node.ancestors_it(Some(FAR)).any(|above| ids.contains(&above.id))
            && !is_link(node)
            && !node.descendants_it().any(|inner| inner.is_element() && is_link(&inner));
        if is_part {
            ids.remove(&node.id);
        }
        !is_part
    });
    ids
}
