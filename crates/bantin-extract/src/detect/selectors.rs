//! Selectors for rows that were found: of the names that somebody chose, as few as keep other elements out.

use std::collections::{BTreeMap, HashSet};

use super::groups::{self, LinkGroup};
use super::links::{Key, PageLinks};
use super::place::is_of_a_grid;
use super::tree::{DetectionTree, NameId};

/// One way to write a recipe.
pub struct Way {
    pub item: String,
    pub link: Option<String>,
}

/// Rows of one depth that one selector shall match.
struct Rows {
    rows: Vec<usize>,
    links: Vec<usize>,
}

/// Ways to read the wanted links, the plainest first.
pub fn ways(
    tree: &DetectionTree,
    links: &PageLinks,
    chosen: &[&LinkGroup],
    wanted: &HashSet<Key>,
) -> Vec<Way> {
    let blocks = blocks(tree, links, chosen);
    let targets: HashSet<usize> =
        blocks.iter().flat_map(|block| block.rows.iter().copied()).collect();
    let holders = holders(tree, links, wanted);
    let mut titles: Vec<String> = Vec::new();
    for block in &blocks {
        let title = link_selector(tree, block);
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    let bare: HashSet<usize> =
        blocks.iter().flat_map(|block| block.links.iter().copied()).collect();
    let of_rows: Vec<&[usize]> = blocks.iter().map(|block| &*block.rows).collect();
    let of_links: Vec<&[usize]> = blocks.iter().map(|block| &*block.links).collect();
    let item = list(tree, &of_rows, &targets, &holders);
    vec![
        Way { item: item.clone(), link: None },
        Way { item, link: Some(titles.join(", ")) },
        Way { item: list(tree, &of_links, &bare, &holders), link: None },
    ]
}

/// One selector for all blocks where they have a name in common that nothing else has; else one for each.
fn list(
    tree: &DetectionTree,
    blocks: &[&[usize]],
    targets: &HashSet<usize>,
    harm: &[f32],
) -> String {
    let mut by_tag: BTreeMap<NameId, Vec<&[usize]>> = BTreeMap::new();
    for block in blocks {
        by_tag.entry(tree.elements[block[0]].tag).or_default().push(block);
    }
    let mut written: Vec<String> = Vec::new();
    for of_tag in by_tag.into_values() {
        let mut all: Vec<usize> = of_tag.concat();
        all.sort_unstable();
        all.dedup();
        let (one, cost) = selector(tree, &all, targets, harm);
        if of_tag.len() == 1 || cost < 0.5 && one.contains(['.', '#']) {
            written.push(one);
            continue;
        }
        for block in of_tag {
            let (one, _) = selector(tree, block, targets, harm);
            if !written.contains(&one) {
                written.push(one);
            }
        }
    }
    written.join(", ")
}

/// The rows of each group, as wide as they can be without holding two wanted links.
fn blocks(tree: &DetectionTree, links: &PageLinks, chosen: &[&LinkGroup]) -> Vec<Rows> {
    // A link to the same page elsewhere, as in a block of related news inside a row, bounds no row.
    let mut all: Vec<usize> =
        chosen.iter().flat_map(|group| group.members.iter().copied()).collect();
    all.sort_unstable();
    let rows = groups::rows(tree, links, &all);
    let row_of: BTreeMap<usize, usize> = all.iter().copied().zip(rows).collect();
    chosen
        .iter()
        .map(|group| {
            let depth = |nth: &usize| tree.elements[row_of[nth]].depth;
            let mut depths: Vec<usize> = group.links.iter().map(depth).collect();
            depths.sort_unstable();
            // Nearly all rows are exclusive at this depth.
            let depth = depths[(depths.len() * 9 / 10).min(depths.len() - 1)];
            let links: Vec<usize> = group.links.iter().map(|nth| links.all[*nth].at).collect();
            let mut rows: Vec<usize> = links.iter().map(|at| tree.at_depth(*at, depth)).collect();
            rows.dedup();
            Rows { rows, links }
        })
        .collect()
}

/// For each element, whether it holds a link that is not wanted, and none that is: matching it would be a mistake.
fn holders(tree: &DetectionTree, links: &PageLinks, wanted: &HashSet<Key>) -> Vec<f32> {
    let mut others = vec![0u32; tree.elements.len() + 1];
    for link in links.all.iter().filter(|link| !wanted.contains(&link.key)) {
        others[link.at] += 1;
    }
    let mut sum = 0;
    let sums: Vec<u32> = others
        .iter()
        .map(|count| {
            let before = sum;
            sum += count;
            before
        })
        .collect();
    (0..tree.elements.len())
        .map(|at| if sums[tree.elements[at].end] > sums[at] { 1.0 } else { 0.1 })
        .collect()
}

/// A part of a selector: tag, class or id of one element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Compound {
    tag: NameId,
    class: Option<NameId>,
    id: Option<NameId>,
}

impl Compound {
    fn matches(self, tree: &DetectionTree, at: usize) -> bool {
        let element = &tree.elements[at];
        (self.id.is_some() || element.tag == self.tag)
            && self.class.is_none_or(|class| element.classes.contains(&class))
            && self.id.is_none_or(|id| element.id == Some(id))
    }

    /// All elements that match, in page order.
    fn all(self, tree: &DetectionTree) -> impl Iterator<Item = usize> {
        let likely = match (self.id, self.class) {
            (Some(id), _) => tree.identified(id),
            (None, Some(class)) => tree.classed(class),
            (None, None) => tree.tagged(self.tag),
        };
        likely.iter().copied().filter(move |at| self.matches(tree, *at))
    }

    fn is_named(self) -> bool {
        self.class.is_some() || self.id.is_some()
    }

    fn write(self, tree: &DetectionTree) -> String {
        match (self.id, self.class) {
            (Some(id), _) => format!("#{}", tree.name(id)),
            (None, Some(class)) => format!("{}.{}", tree.name(self.tag), tree.name(class)),
            (None, None) => tree.name(self.tag).to_owned(),
        }
    }
}

/// The compounds that elements have in common, the most telling first.
fn compounds(tree: &DetectionTree, elements: &[usize]) -> Vec<Compound> {
    let Some(first) = elements.first().map(|at| &tree.elements[*at]) else { return Vec::new() };
    let mut found = Vec::new();
    if elements.iter().any(|at| tree.elements[*at].tag != first.tag) {
        return found;
    }
    let all = |wanted: &dyn Fn(usize) -> bool| elements.iter().all(|at| wanted(*at));
    if let Some(id) =
        first.id.filter(|id| tree.is_lasting(*id) && all(&|at| tree.elements[at].id == Some(*id)))
    {
        found.push(Compound { tag: first.tag, class: None, id: Some(id) });
    }
    // A name made of several words was chosen by somebody; a short one may be a hash that happens to look like a word.
    let is_single = |class: &NameId| !tree.name(*class).contains(['-', '_']);
    let mut classes = first.classes.clone();
    classes.sort_by_key(is_single);
    for class in &classes {
        if tree.is_lasting(*class) && all(&|at| tree.elements[at].classes.contains(class)) {
            found.push(Compound { tag: first.tag, class: Some(*class), id: None });
        }
    }
    // A name with a number is one of a grid ("col4", "mt10"), and better than none where many rows have it.
    if found.is_empty() && elements.len() >= 3 {
        for class in &first.classes {
            if is_of_a_grid(tree.name(*class))
                && all(&|at| tree.elements[at].classes.contains(class))
            {
                found.push(Compound { tag: first.tag, class: Some(*class), id: None });
            }
        }
    }
    found.push(Compound { tag: first.tag, class: None, id: None });
    found
}

/// A selector that matches the rows, and as little else as may be.
fn selector(
    tree: &DetectionTree,
    rows: &[usize],
    targets: &HashSet<usize>,
    harm: &[f32],
) -> (String, f32) {
    let mut best: Option<(f32, String, Vec<usize>)> = None;
    for own in compounds(tree, rows) {
        let extra: Vec<usize> = own.all(tree).filter(|at| !targets.contains(at)).collect();
        let cost = cost(&extra, harm) + if own.is_named() { 0.0 } else { 0.5 };
        if best.as_ref().is_none_or(|(best, ..)| cost < *best) {
            best = Some((cost, own.write(tree), extra));
        }
    }
    let Some((_, mut written, mut extra)) = best else { return (String::new(), f32::MAX) };
    let mut named = written.contains(['.', '#']);
    let mut level: Vec<usize> = rows.to_vec();
    let mut below_written = true;
    // The nearest ancestors first; beyond a few the selector would say more about the page than about the list.
    for _ in 0..16 {
        if cost(&extra, harm) < 0.5 && named {
            break;
        }
        if level.iter().any(|at| tree.elements[*at].depth != tree.elements[level[0]].depth) {
            // Rows of several depths: what they share above is not to be found by counting levels.
            break;
        }
        level = level.iter().map(|at| tree.elements[*at].parent).collect();
        level.dedup();
        if level.contains(&0) {
            break;
        }
        let mut found: Option<(f32, Compound, Vec<usize>)> = None;
        let before = cost(&extra, harm);
        for part in compounds(tree, &level) {
            // A bare tag helps only right above, a name anywhere.
            if !part.is_named() && !below_written || matches!(tree.name(part.tag), "body" | "html")
            {
                continue;
            }
            let left = still_matched(tree, part, &extra);
            let cost = cost(&left, harm);
            let useful = cost < before - 0.4 || part.is_named() && !named;
            if useful && found.as_ref().is_none_or(|(best, ..)| cost < *best - 0.05) {
                found = Some((cost, part, left));
            }
        }
        match found {
            Some((_, part, left)) => {
                let combinator = if below_written { " > " } else { " " };
                written = format!("{}{combinator}{written}", part.write(tree));
                named |= part.is_named();
                extra = left;
                below_written = true;
            }
            None => below_written = false,
        }
    }
    let cost = cost(&extra, harm);
    (written, cost)
}

fn cost(extra: &[usize], harm: &[f32]) -> f32 {
    extra.iter().map(|at| harm[*at]).sum()
}

/// Returns those of `extra` that are inside an element that matches `part`. Any ancestor counts,
/// not only the parent; the reading shows what a recipe really matches.
fn still_matched(tree: &DetectionTree, part: Compound, extra: &[usize]) -> Vec<usize> {
    let mut around = part.all(tree).peekable();
    // Where the elements that have begun so far end: one that ends after another contains it.
    let mut end = 0;
    let is_inside = |at: &usize| {
        while let Some(holder) = around.next_if(|holder| holder < at) {
            end = end.max(tree.elements[holder].end);
        }
        *at < end
    };
    extra.iter().copied().filter(is_inside).collect()
}

/// Returns a selector for the link inside its row.
fn link_selector(tree: &DetectionTree, block: &Rows) -> String {
    let own = compounds(tree, &block.links);
    let Some(own) = own.first() else { return "a".to_owned() };
    if own.is_named() {
        return own.write(tree);
    }
    let parents: Vec<usize> = block.links.iter().map(|at| tree.elements[*at].parent).collect();
    let inside = block.links.iter().all(|at| !block.rows.contains(at));
    match compounds(tree, &parents).first() {
        Some(part) if inside && !block.rows.contains(&parents[0]) => {
            format!("{} > {}", part.write(tree), own.write(tree))
        }
        _ => own.write(tree),
    }
}
