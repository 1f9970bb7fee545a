//! Links that look alike, the row of each, and the heading above them. `marks` says what speaks for each group.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::super::Reading;
use super::super::text::{clean, fold};
use super::front;
use super::links::{Key, PageLinks};
use super::marks::{self, GroupMarks};
use super::place::{self, PagePlace};
use super::tree::{DetectionTree, NameId};

pub struct LinkGroup {
    /// Indices of [`PageLinks::all`], in page order, one an address.
    pub links: Vec<usize>,
    /// The same with those that lead where another one does.
    pub members: Vec<usize>,
    /// The element of each row, in the same order.
    pub rows: Vec<usize>,
    pub making: Making,
    /// What nearly all of its addresses have in common.
    pub made: Option<u64>,
    pub place: PagePlace,
    pub marks: GroupMarks,
    /// How much each row looks like news.
    pub quality: f64,
    /// The quality with the group's weight on the page.
    pub score: f64,
    /// The heading above it, folded.
    pub heading: String,
}

/// How a row is made: the tags from its link up to it, and the classes on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    tags: Vec<NameId>,
    row: Vec<NameId>,
    inner: Vec<NameId>,
}

impl Making {
    /// Whether two blocks come from one template: the same tags, and a class of the row or of the way in common.
    pub fn is_like(&self, other: &Making) -> bool {
        let share = |one: &[NameId], other: &[NameId]| one.iter().any(|name| other.contains(name));
        self.tags == other.tags
            && (share(&self.row, &other.row)
                || self.tags.len() > 1 && share(&self.inner, &other.inner))
    }
}

/// All groups with words in them, the best first.
pub fn of(
    tree: &DetectionTree,
    links: &PageLinks,
    listed: &HashSet<Key>,
    reading: Reading<'_>,
) -> Vec<LinkGroup> {
    // Events and tags are often made as the news are, from the same template.
    let mut alike: HashMap<(u64, bool, bool), Vec<usize>> = HashMap::new();
    for (nth, link) in links.all.iter().enumerate().filter(|(_, link)| !link.beside) {
        let hidden = link.place.has(place::HIDDEN);
        alike.entry((tree.elements[link.at].shape, link.topical, hidden)).or_default().push(nth);
    }
    let buttons = marks::buttons(links);
    let mut groups: Vec<Vec<usize>> = alike
        .into_values()
        .flat_map(|members| without_films(links, members, reading.url))
        .flat_map(|members| by_button(links, members))
        .collect();
    groups.sort_by_key(|members| members[0]);
    let mut groups: Vec<LinkGroup> = groups
        .into_iter()
        .filter_map(|members| group(tree, links, members, listed, &buttons, reading))
        .collect();
    groups.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then(one.links[0].cmp(&other.links[0]))
    });
    groups
}

/// Parts a box of films, albums or services from the news that it is made like: its links follow each other. Such links
/// among the news are news.
fn without_films(links: &PageLinks, members: Vec<usize>, here: &Url) -> Vec<Vec<usize>> {
    const LEAST: usize = 3;
    let is_other = |nth: &usize| front::is_elsewhere(here, &links.urls[links.all[*nth].key]);
    let Some(first) = members.iter().position(is_other) else { return vec![members] };
    let count = members.iter().filter(|nth| is_other(nth)).count();
    let is_one_box = members[first..].iter().take(count).all(is_other);
    if count < LEAST || count == members.len() || !is_one_box {
        return vec![members];
    }
    let (films, news) = members.into_iter().partition(is_other);
    vec![films, news]
}

/// Splits a group whose links are the buttons of each row, "Download PDF" and "Read in full", into one group a button.
fn by_button(links: &PageLinks, members: Vec<usize>) -> Vec<Vec<usize>> {
    /// Rows that have the button.
    const LEAST: usize = 3;
    /// Kinds of buttons of a row.
    const MOST: usize = 4;
    if members.len() < 2 * LEAST {
        return vec![members];
    }
    let mut of_text: HashMap<&str, Vec<usize>> = HashMap::new();
    for member in &members {
        let of_this = of_text.entry(&links.all[*member].folded).or_default();
        of_this.push(*member);
        if of_text.len() > MOST {
            return vec![members];
        }
    }
    let are_buttons = of_text.len() > 1 && of_text.values().all(|of_this| of_this.len() >= LEAST);
    if are_buttons { of_text.into_values().collect() } else { vec![members] }
}

fn group(
    tree: &DetectionTree,
    links: &PageLinks,
    members: Vec<usize>,
    listed: &HashSet<Key>,
    buttons: &HashSet<&str>,
    reading: Reading<'_>,
) -> Option<LinkGroup> {
    let all = members.clone();
    let rows_of_all = rows(tree, links, &members);
    // One row an address: the first that says something.
    let mut best: HashMap<Key, usize> = HashMap::new();
    for (nth, member) in members.iter().enumerate() {
        let link = &links.all[*member];
        let at = best.entry(link.key).or_insert(nth);
        if links.all[members[*at]].worded < link.worded {
            *at = nth;
        }
    }
    let mut chosen: Vec<usize> = best.into_values().collect();
    chosen.sort_unstable();
    let rows: Vec<usize> = chosen.iter().map(|nth| rows_of_all[*nth]).collect();
    let members: Vec<usize> = chosen.iter().map(|nth| members[*nth]).collect();
    let heading = heading(tree, &rows);
    let repeated = 1.0 - members.len() as f64 / all.len() as f64;
    let marks = marks::of(tree, links, &members, &rows, listed, buttons, reading)?;
    let marks = GroupMarks { repeated, ..marks };
    // The place that most of its links share.
    let mut count = [0usize; 32];
    for member in &members {
        let place = links.all[*member].place;
        (0..32).filter(|bit| place.has(PagePlace::bit(*bit))).for_each(|bit| count[bit] += 1);
    }
    let place = (0..32)
        .filter(|bit| count[*bit] * 2 > members.len())
        .fold(PagePlace::default(), |place, bit| place | PagePlace::bit(bit));
    let quality = marks::quality(&marks, place, &heading, members.len());
    let count = members.len() as f64;
    let weight = 0.9 * count.min(60.0).ln() + 0.35 * (1.0 + marks.letters).ln();
    let made = made(links, &members);
    let making = making(tree, rows[0], links.all[members[0]].at);
    Some(LinkGroup {
        score: quality + weight,
        links: members,
        members: all,
        rows,
        making,
        made,
        place,
        marks,
        quality,
        heading,
    })
}

/// The row of each link: the widest element that holds no link of the group to another page.
pub fn rows(tree: &DetectionTree, links: &PageLinks, members: &[usize]) -> Vec<usize> {
    let key = |nth: usize| links.all[members[nth]].key;
    let at = |nth: usize| links.all[members[nth]].at;
    // How deep the nearest element lies that also holds the next link to another page.
    let between: Vec<Option<usize>> = (0..members.len())
        .map(|nth| {
            let before = nth.checked_sub(1).filter(|before| key(nth) != key(*before))?;
            Some(tree.elements[tree.common(at(before), at(nth))].depth)
        })
        .collect();
    let mut before = vec![None; members.len()];
    let mut after = vec![None; members.len()];
    for nth in 1..members.len() {
        before[nth] = between[nth].or(before[nth - 1]);
    }
    for nth in (0..members.len().saturating_sub(1)).rev() {
        after[nth] = between[nth + 1].or(after[nth + 1]);
    }
    (0..members.len())
        .map(|nth| match before[nth].max(after[nth]) {
            Some(depth) => tree.at_depth(at(nth), depth + 1),
            None => lonely_row(tree, at(nth)),
        })
        .collect()
}

/// The row of a link that has no like: the widest element without another link that says as much.
fn lonely_row(tree: &DetectionTree, at: usize) -> usize {
    let mut row = at;
    for above in tree.above(at).take(6) {
        let own = tree.elements[above].place;
        let crowded = tree.elements[above].links > 4 || matches!(tree.tag(above), "body" | "html");
        if crowded || own.has(place::MAIN) && tree.elements[above].links > 3 {
            break;
        }
        row = above;
    }
    row
}

/// The making that four fifths of the addresses share.
fn made(links: &PageLinks, members: &[usize]) -> Option<u64> {
    let mut all: Vec<u64> = members.iter().filter_map(|nth| links.all[*nth].made).collect();
    all.sort_unstable();
    let most = all.chunk_by(|one, other| one == other).max_by_key(|run| run.len())?;
    (most.len() * 5 >= members.len() * 4).then_some(most[0])
}

fn making(tree: &DetectionTree, row: usize, link: usize) -> Making {
    let lasting =
        |at: usize| tree.elements[at].classes.iter().copied().filter(|name| tree.is_lasting(*name));
    let mut making = Making { tags: Vec::new(), row: lasting(row).collect(), inner: Vec::new() };
    let mut at = link;
    loop {
        making.tags.push(tree.elements[at].tag);
        if at == row || tree.elements[at].parent == at {
            return making;
        }
        making.inner.extend(lasting(at));
        at = tree.elements[at].parent;
    }
}

/// The last short text above a group that belongs to no row.
fn heading(tree: &DetectionTree, rows: &[usize]) -> String {
    let Some((first, last)) = rows.first().zip(rows.last()) else { return String::new() };
    let holder =
        if first == last { tree.elements[*first].parent } else { tree.common(*first, *last) };
    let from = tree.elements[*first].texts.0;
    for outer in std::iter::once(holder).chain(tree.above(holder)).take(3) {
        let start = tree.elements[outer].texts.0;
        let near = tree.texts[start.max(from.saturating_sub(3))..from]
            .iter()
            .rev()
            .map(|text| clean(&text.text))
            .find(|text| text.chars().any(char::is_alphabetic));
        if let Some(text) = near {
            return if text.chars().count() <= 60 { fold(&text) } else { String::new() };
        }
    }
    String::new()
}

impl LinkGroup {
    /// Whether it calls itself what others read most.
    pub fn is_of_the_most_read(&self) -> bool {
        marks::is_of_the_most_read(&self.heading)
    }
}
