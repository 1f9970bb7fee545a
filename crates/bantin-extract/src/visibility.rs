//! What of a page its reader does not see: elements that markup hides, unless a control opens them or a script shows them
//! in turn with their like.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use dom_query::{NodeId, NodeRef};

use super::page;

/// Whether an attribute hides its element.
pub fn attribute_hides(tag: &str, name: &str, value: &str) -> bool {
    match name {
        "hidden" => !value.eq_ignore_ascii_case("until-found"),
        "style" => style_hides(value),
        "class" => class_hides(value),
        // On links and pictures it says that a neighbour leads to the same place.
        "aria-hidden" => {
            value.trim() == "true" && matches!(tag, "div" | "ul" | "ol" | "section" | "table")
        }
        _ => false,
    }
}

fn style_hides(style: &str) -> bool {
    let bytes = style.as_bytes();
    let may = bytes.windows(4).any(|at| at.eq_ignore_ascii_case(b"none"))
        || bytes.windows(6).any(|at| at.eq_ignore_ascii_case(b"hidden"));
    may && style.split(';').filter_map(|part| part.split_once(':')).any(|(name, value)| {
        let value = value.split('!').next().unwrap_or_default().trim();
        let is = |property: &str, wanted: &str| {
            name.trim().eq_ignore_ascii_case(property) && value.eq_ignore_ascii_case(wanted)
        };
        is("display", "none") || is("visibility", "hidden")
    })
}

/// Bootstrap's, Tailwind's, jQuery UI's and SharePoint's names; "hidden md:block" and "d-none d-lg-flex" hide on telephones
/// only.
fn class_hides(class: &str) -> bool {
    if !class.contains("hid") && !class.contains("d-none") {
        return false;
    }
    let names = || class.split_ascii_whitespace();
    let hides = |name: &str| {
        matches!(
            name,
            "hidden"
                | "d-none"
                | "ms-hide"
                | "s4-hide"
                | "ms-hidden"
                | "ui-tabs-hide"
                | "ui-helper-hidden"
        )
    };
    let shows = |name: &str| {
        const KINDS: &[&str] = &["block", "flex", "grid", "inline", "table"];
        let kind = |rest: &str| KINDS.iter().any(|kind| rest.starts_with(kind));
        name.split_once(':').is_some_and(|(_, rest)| kind(rest))
            || name
                .strip_prefix("d-")
                .is_some_and(|rest| rest.split_once('-').is_some_and(|(_, rest)| kind(rest)))
    };
    names().any(hides) && !names().any(shows)
}

/// The identifiers of the elements that an attribute of a control opens: `href="#a"`, `aria-controls`, `data-bs-target`,
/// `data-tab`, `onclick="show('a')"`.
pub fn opened_by<'a>(name: &str, value: &'a str) -> Vec<&'a str> {
    /// A control names a few; longer values are something else.
    const MOST: usize = 200;
    if value.is_empty() || value.len() > MOST {
        return Vec::new();
    }
    let bare = |id: &'a str| id.trim_start_matches(['#', '.']);
    match name {
        "href" => value
            .rsplit_once('#')
            .map(|(_, id)| id)
            .filter(|id| !id.is_empty())
            .into_iter()
            .collect(),
        "aria-controls" | "data-target" | "data-bs-target" | "data-tab" | "data-id"
        | "data-href" | "data-toggle-target" | "data-panel" | "data-content" | "rel" | "for" => {
            value.split_ascii_whitespace().map(bare).collect()
        }
        "onclick" => value
            .split(['\'', '"'])
            .skip(1)
            .step_by(2)
            .map(bare)
            .filter(|id| id.len() > 2)
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether an element's own attributes hide it.
fn hides(node: &NodeRef<'_>) -> bool {
    let hides = node.query(|inner| {
        let Some(element) = inner.as_element() else { return false };
        let tag = &*element.name.local;
        element.attrs.iter().any(|attr| attribute_hides(tag, &attr.name.local, &attr.value))
    });
    hides.unwrap_or(false) && !node.id_attr().is_some_and(|id| page::is_streamed(&id))
}

/// What a page hides for good.
pub struct Visibility<'p> {
    root: NodeRef<'p>,
    /// Words by which controls mean elements; read where an answer needs them.
    controls: OnceCell<HashSet<String>>,
}

impl<'p> Visibility<'p> {
    pub fn of(root: NodeRef<'p>) -> Self {
        Visibility { root, controls: OnceCell::new() }
    }

    /// Whether an element that its own attributes hide stays so, whatever a reader does.
    pub fn is_hidden_for_good(&self, node: &NodeRef<'p>) -> bool {
        !is_shown_in_turn(node) && !self.is_opened(node) && !fills_a_headed_box(node)
    }

    /// Takes out the nodes that no reader sees, where others of them are seen: a list that is hidden as a whole is one that
    /// a script shows.
    pub fn drop_hidden(&self, nodes: &mut Vec<NodeRef<'p>>) {
        let mut known: HashMap<NodeId, bool> = HashMap::new();
        let mut hidden =
            nodes.iter().map(|node| self.is_in_hidden(node, &mut known)).collect::<Vec<_>>();
        if hidden.contains(&false) {
            hidden.reverse();
            nodes.retain(|_| hidden.pop() == Some(false));
        }
    }

    /// Whether an element or one around it is hidden for good.
    fn is_in_hidden(&self, node: &NodeRef<'p>, known: &mut HashMap<NodeId, bool>) -> bool {
        let mut passed = Vec::new();
        let mut found = false;
        for at in std::iter::once(*node).chain(node.ancestors_it(None)) {
            if let Some(hidden) = known.get(&at.id) {
                found = *hidden;
                break;
            }
            passed.push(at.id);
            let aside = at.has_name("noscript") || at.has_name("template");
            if aside || at.is_element() && hides(&at) && self.is_hidden_for_good(&at) {
                found = true;
                break;
            }
        }
        known.extend(passed.into_iter().map(|id| (id, found)));
        found
    }

    /// Whether a control names an element by its identifier, or by what that ends with: "khac" for "tab-content-khac".
    fn is_opened(&self, node: &NodeRef<'p>) -> bool {
        let Some(id) = node.id_attr() else { return false };
        let id = id.trim();
        let controls = self.controls.get_or_init(|| self.controls());
        !id.is_empty()
            && (controls.contains(id)
                || id.match_indices(['-', '_']).any(|(at, _)| controls.contains(&id[at + 1..])))
    }

    fn controls(&self) -> HashSet<String> {
        let mut controls = HashSet::new();
        for node in self.root.descendants_it().filter(NodeRef::is_element) {
            node.query(|inner| {
                let Some(element) = inner.as_element() else { return };
                for attr in &element.attrs {
                    let words = opened_by(&attr.name.local, &attr.value);
                    controls.extend(words.into_iter().map(str::to_owned));
                }
            });
        }
        controls
    }
}

/// Whether a hidden element with several links is all that a seen heading heads: the list of a marquee or a carousel that its
/// script shows once it runs.
fn fills_a_headed_box(node: &NodeRef<'_>) -> bool {
    /// Boxes around the element in which the heading is looked for.
    const LEVELS: usize = 6;
    /// Letters of a heading.
    const HEADING: usize = 60;
    const LEAST_LINKS: usize = 3;
    let links = node.descendants_it().filter(|inner| inner.has_name("a")).take(LEAST_LINKS);
    if links.count() < LEAST_LINKS {
        return false;
    }
    let mut inner = *node;
    for _ in 0..LEVELS {
        let Some(parent) = inner.parent() else { return false };
        if matches!(&*page::tag(&parent), "" | "body" | "html" | "nav" | "header" | "footer") {
            return false;
        }
        let seen = |sibling: NodeRef<'_>| -> usize {
            if !sibling.is_element() || hides(&sibling) || page::is_unseen(&page::tag(&sibling)) {
                return 0;
            }
            // Longer text is not measured: it is no heading.
            page::short_text(&sibling, HEADING).map_or(HEADING + 1, |text| text.chars().count())
        };
        let after =
            std::iter::successors(inner.next_element_sibling(), NodeRef::next_element_sibling);
        if after.map(seen).any(|letters| letters > 0) {
            return false;
        }
        let before =
            std::iter::successors(inner.prev_element_sibling(), NodeRef::prev_element_sibling);
        let before: usize = before.map(seen).sum();
        if before > 0 {
            return before <= HEADING;
        }
        inner = parent;
    }
    false
}

/// Whether a seen sibling is made as a hidden element is: a slide, a panel of tabs, a row of a later page.
fn is_shown_in_turn(node: &NodeRef<'_>) -> bool {
    /// Siblings that are compared, on either side.
    const FAR: usize = 40;
    let class = node.class().unwrap_or_default();
    let names: HashSet<&str> =
        class.split_ascii_whitespace().filter(|name| !class_hides(name)).collect();
    if names.is_empty() {
        return false;
    }
    let tag = page::tag(node);
    let is_like = |other: &NodeRef<'_>| {
        page::tag(other) == tag
            && other.class().is_some_and(|class| {
                class.split_ascii_whitespace().any(|name| names.contains(name))
            })
            && !hides(other)
    };
    let before = std::iter::successors(node.prev_element_sibling(), NodeRef::prev_element_sibling);
    let after = std::iter::successors(node.next_element_sibling(), NodeRef::next_element_sibling);
    before.take(FAR).any(|other| is_like(&other)) || after.take(FAR).any(|other| is_like(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_hide_an_element() {
        for (name, value) in [
            ("hidden", ""),
            ("style", "color:red; DISPLAY : none !important"),
            ("style", "visibility:hidden"),
            ("class", "row d-none"),
            ("class", "ms-hide"),
            ("class", "hidden"),
            ("aria-hidden", "true"),
        ] {
            assert!(attribute_hides("div", name, value), "{name}={value}");
        }
        for (name, value) in [
            ("hidden", "until-found"),
            ("style", "overflow:hidden;display:block"),
            ("style", "list-style:none"),
            ("class", "d-none d-md-block"),
            ("class", "hidden lg:flex"),
            ("class", "hidden-xs overflow-hidden"),
            ("aria-hidden", "false"),
        ] {
            assert!(!attribute_hides("div", name, value), "{name}={value}");
        }
    }
}
