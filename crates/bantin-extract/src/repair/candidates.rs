//! Makes selectors for the places of known items. From each link to a known item, or with a known
//! title, the tree is climbed as long as no other known item joins: the last element on the way is
//! its row, the next one the list. Rows and lists of the same making, anywhere on the page, make
//! one candidate.

use std::collections::{HashMap, HashSet};

use dom_query::{NodeId, NodeRef};

use super::super::page::{self, Page, Target};
use super::KnownItems;
use crate::model::{ItemKey, ListingRecipe};

/// Letters of a link's text; a longer one is no title.
const TITLE: usize = 600;
/// Links to known items that are climbed from. A page with more repeats itself.
const LINKS: usize = 2_000;

/// The `most` recipes with the most known items, the most first.
pub fn of(page: &Page, marks: &KnownItems, most: usize) -> Vec<ListingRecipe> {
    let links = marked_links(page, marks);
    let mut below: HashMap<NodeId, Below> = HashMap::new();
    for (link, place) in &links {
        for node in std::iter::once(*link).chain(link.ancestors_it(None)) {
            below.entry(node.id).or_default().add(*place);
        }
    }
    let mut groups: HashMap<(String, String), RowGroup> = HashMap::new();
    for (link, place) in &links {
        let Some((row, list)) = row_of(link, &below) else { continue };
        let group = groups.entry((path_of(&list), page::name(&row))).or_default();
        group.add(&row, *place);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // By name where the count is the same, so that one page always gives one answer.
    groups.sort_by(|(a, one), (b, other)| {
        other.places.len().cmp(&one.places.len()).then_with(|| a.cmp(b))
    });
    // A place with one known item or two is no list where another has a dozen.
    let best = groups.first().map_or(0, |(_, group)| group.places.len());
    groups.retain(|(_, group)| group.places.len() * 4 >= best);
    groups.truncate(most);
    groups.into_iter().map(|((list, tag), group)| group.recipe(&list, &tag)).collect()
}

/// Links to known items or with their titles, with the item's place among the known.
fn marked_links<'a>(page: &'a Page, marks: &KnownItems) -> Vec<(NodeRef<'a>, usize)> {
    let root = page.document.root();
    let mut links = Vec::new();
    for link in root.descendants_it() {
        if !(link.has_name("a") && link.has_attr("href")) {
            continue;
        }
        let href = link.attr("href").unwrap_or_default();
        let by_key = match page::target(&href, &page.base) {
            Target::Address(url) => marks.by_key.get(&ItemKey::of(&url)).copied(),
            Target::Script | Target::Nowhere => continue,
        };
        let by_title = || {
            let attribute = link.attr("title").and_then(|title| marks.by_title(&title));
            attribute.or_else(|| marks.by_title(&page::short_text(&link, TITLE)?))
        };
        // A card wrapped in its link calls the item by a heading inside.
        let by_heading = || {
            let headings = link.descendants_it().filter(|node| {
                matches!(&*page::name(node), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
            });
            headings.take(3).find_map(|node| marks.by_title(&page::short_text(&node, TITLE)?))
        };
        if let Some(place) = by_key.or_else(by_title).or_else(by_heading) {
            links.push((link, place));
        }
        if links.len() == LINKS {
            break;
        }
    }
    links
}

/// The known items below an element, as far as it matters whether they are one or several.
#[derive(Default)]
struct Below {
    first: Option<usize>,
    several: bool,
}

impl Below {
    fn add(&mut self, place: usize) {
        match self.first {
            None => self.first = Some(place),
            Some(first) => self.several |= first != place,
        }
    }
}

/// The widest element with one known item alone, and what holds it.
fn row_of<'a>(
    link: &NodeRef<'a>,
    below: &HashMap<NodeId, Below>,
) -> Option<(NodeRef<'a>, NodeRef<'a>)> {
    let mut row = *link;
    for wider in link.ancestors_it(None) {
        if below.get(&wider.id).is_some_and(|known| known.several) {
            return wider.is_element().then_some((row, wider));
        }
        row = wider;
    }
    None
}

/// Rows of one making.
#[derive(Default)]
struct RowGroup {
    places: HashSet<usize>,
    /// Classes that all of the rows have, in the order of the first.
    classes: Option<Vec<String>>,
}

impl RowGroup {
    fn add(&mut self, row: &NodeRef<'_>, place: usize) {
        self.places.insert(place);
        let classes = lasting_classes(row);
        match &mut self.classes {
            None => self.classes = Some(classes),
            Some(common) => common.retain(|class| classes.contains(class)),
        }
    }

    fn recipe(self, list: &str, tag: &str) -> ListingRecipe {
        let classes: String =
            self.classes.unwrap_or_default().iter().map(|class| format!(".{class}")).collect();
        ListingRecipe { item: Some(format!("{list} > {tag}{classes}")), ..ListingRecipe::default() }
    }
}

/// A selector for an element and those of the same making: from the nearest ancestor with a name downwards.
fn path_of(element: &NodeRef<'_>) -> String {
    let mut steps = Vec::new();
    for node in std::iter::once(*element).chain(element.ancestors_it(None)) {
        if !node.is_element() {
            break;
        }
        let tag = page::name(&node);
        let classes = lasting_classes(&node);
        if !classes.is_empty() {
            steps.push(format!("{tag}.{}", classes.join(".")));
            break;
        }
        if let Some(id) = node.id_attr().filter(|id| is_lasting(id)) {
            steps.push(format!("{tag}#{id}"));
            break;
        }
        let end = tag == "body";
        steps.push(tag);
        // A longer chain breaks at the next wrapper that somebody puts in.
        if end || steps.len() == 8 {
            break;
        }
    }
    steps.reverse();
    steps.join(" > ")
}

fn lasting_classes(node: &NodeRef<'_>) -> Vec<String> {
    let classes = node.class().unwrap_or_default();
    let mut kept: Vec<String> = Vec::new();
    for class in classes.split_whitespace().filter(|class| is_lasting(class)) {
        if kept.len() < 4 && !kept.iter().any(|other| other == class) {
            kept.push(class.to_owned());
        }
    }
    kept
}

/// Whether a name is that of a kind of element: not of its place in the list, its state or its number, and one that
/// needs no escaping in a selector.
fn is_lasting(name: &str) -> bool {
    const OF_ONE: &[&str] = &[
        "first", "last", "odd", "even", "alt", "active", "current", "selected", "hidden", "show",
        "new", "hot", "top", "clearfix", "fade", "in", "open", "sticky", "visited",
    ];
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    plain
        && name.len() <= 60
        && digits <= 2
        && !OF_ONE.contains(&name.to_ascii_lowercase().as_str())
}
