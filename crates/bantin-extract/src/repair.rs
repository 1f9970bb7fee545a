//! Mends a recipe after a redesign. The list is found again by the known items: by their addresses,
//! or by their titles where the redesign changed the addresses as well. `candidates` makes
//! selectors from the places of known items; here they are weighed against each other and against
//! those of detection.

mod candidates;

use std::collections::{HashMap, HashSet};

use super::page::Page;
use super::text::{counted, fold};
use super::{KnownRow, Reading, Repair, detect, listing};
use crate::model::{ItemKey, ListingRecipe, Row};

/// Known items by which the order and the freshness of a list are judged.
const NEWEST: usize = 10;
/// Candidates that are read in full.
const READ: usize = 12;

pub fn repair(
    html: &str,
    broken: &ListingRecipe,
    known: &[KnownRow],
    reading: Reading<'_>,
) -> Option<Repair> {
    let marks = KnownItems::of(known);
    let page = Page::parse_list(html, reading.url).ok()?;
    // The list may be where it was, and only a part of its rows be called differently.
    let bare = ListingRecipe {
        item: broken.item.clone(),
        next: broken.next.clone(),
        ..ListingRecipe::default()
    };
    let mut recipes = vec![bare];
    recipes.extend(candidates::of(&page, &marks, READ));
    let detection = detect::detect(html, &ListingRecipe::default(), reading);
    recipes.extend(detection.recipe);
    recipes.extend(detection.candidates.into_iter().take(READ).map(|found| found.recipe));
    for recipe in &mut recipes {
        recipe.next = recipe.next.take().or_else(|| broken.next.clone());
    }
    // What has just failed is no remedy for itself.
    recipes.retain(|recipe| recipe.item.is_some() && recipe != broken);
    let mut seen = HashSet::new();
    recipes.retain(|recipe| seen.insert(format!("{recipe:?}")));
    let weighed = recipes.into_iter().filter_map(|recipe| {
        let rows = listing::read(html, &recipe, reading).rows;
        let weight = Weight::of(&rows, &marks)?;
        Some((recipe, rows, weight))
    });
    // Of equals the first: the candidates come with the most marks first.
    let (recipe, rows, weight) =
        weighed.reduce(|best, other| if other.2.score > best.2.score { other } else { best })?;
    let evidence = weight.evidence(rows.len());
    Some(Repair { recipe, known: weight.known(), rows, evidence })
}

/// The known items, newest first, as they are looked for.
struct KnownItems {
    by_key: HashMap<ItemKey, usize>,
    /// Folded. A title that several items have says nothing.
    by_title: HashMap<String, usize>,
    count: usize,
}

impl KnownItems {
    fn of(known: &[KnownRow]) -> Self {
        let mut by_key = HashMap::new();
        let mut titles: HashMap<String, Option<usize>> = HashMap::new();
        for (place, item) in known.iter().enumerate() {
            by_key.entry(ItemKey::of(&item.url)).or_insert(place);
            let title = fold_title(&item.title);
            if says_enough(&title) {
                titles.entry(title).and_modify(|known| *known = None).or_insert(Some(place));
            }
        }
        let by_title =
            titles.into_iter().filter_map(|(title, place)| Some((title, place?))).collect();
        KnownItems { by_key, by_title, count: known.len() }
    }

    fn by_title(&self, title: &str) -> Option<usize> {
        let title = fold_title(title);
        self.by_title.get(&title).copied()
    }
}

fn fold_title(title: &str) -> String {
    fold(title).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether a title is long enough: "Tin" and "1" occur anywhere on a page.
fn says_enough(folded: &str) -> bool {
    folded.chars().count() >= 6
}

/// What speaks for a candidate.
struct Weight {
    by_key: usize,
    by_title: usize,
    /// Of the newest known items, how many there are and how many are among the rows.
    newest: (usize, usize),
    /// Neighbours among the known rows, and those of them in the known order.
    pairs: (usize, usize),
    dated: usize,
    /// Rows that lead to a known item and call it by its title.
    called_right: usize,
    score: f64,
}

impl Weight {
    /// None for a list that cannot be the one that is looked for.
    fn of(rows: &[Row], marks: &KnownItems) -> Option<Self> {
        let (mut by_key, mut by_title, mut called_right) = (0, 0, 0);
        let mut places = Vec::new();
        let mut met = HashSet::new();
        for row in rows {
            let key = marks.by_key.get(&row.key()).copied();
            let title = marks.by_title(&row.title);
            let Some(place) = key.or(title) else { continue };
            if !met.insert(place) {
                continue;
            }
            by_key += usize::from(key.is_some());
            by_title += usize::from(key.is_none());
            called_right += usize::from(title == Some(place));
            places.push(place);
        }
        let known = places.len();
        let least = marks.count.min(2);
        if known == 0 || known < 3 && (known < least || known * 10 < rows.len() * 3) {
            return None;
        }
        let of_newest = marks.count.min(NEWEST);
        let newest = places.iter().filter(|place| **place < of_newest).count();
        let pairs = places.len() - 1;
        let rising = places.windows(2).filter(|pair| pair[0] < pair[1]).count();
        let falling = pairs - rising;
        let in_order = rising.max(falling);
        let dated = rows.iter().filter(|row| row.published.is_known()).count();
        let share = |part: usize, whole: usize| {
            if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
        };
        let (fresh, order) = (share(newest, of_newest), share(in_order, pairs));
        // Links to known items that are all called "Xem chi tiết", or that are scattered among
        // others: a list of the most read ones holds old items in an order of its own.
        let named = share(called_right, known);
        if named < 0.5 || newest == 0 || fresh < 0.8 && order < 0.65 {
            return None;
        }
        let score = 4.0 * fresh
            + 2.0 * order * share(pairs.min(5), 5)
            + 1.5 * share(dated, rows.len())
            + share(known, rows.len())
            + 2.0 * named
            + 0.5 * (1.0 + known as f64).ln();
        Some(Weight {
            by_key,
            by_title,
            newest: (of_newest, newest),
            pairs: (pairs, in_order),
            dated,
            called_right,
            score,
        })
    }

    fn known(&self) -> usize {
        self.by_key + self.by_title
    }

    fn evidence(&self, rows: usize) -> Vec<String> {
        let known = self.known();
        let how = match (self.by_key, self.by_title) {
            (_, 0) => "by their addresses".to_owned(),
            (0, _) => "by their titles; their addresses have changed".to_owned(),
            (keys, titles) => format!("{keys} by their addresses, {titles} by their titles"),
        };
        let mut evidence = vec![
            format!("{known} of its {} are items that we know, {how}", counted(rows, "row")),
            format!("{} of our {} newest items are among them", self.newest.1, self.newest.0),
        ];
        if self.pairs.0 > 0 {
            let (pairs, right) = self.pairs;
            evidence.push(format!("{right} of {pairs} neighbours stand in the order that we know"));
        }
        evidence.push(format!("{} of {} have a date", self.dated, counted(rows, "row")));
        evidence.push(format!(
            "{} of {} have the title that we know",
            self.called_right,
            counted(known, "known item")
        ));
        evidence
    }
}

#[cfg(test)]
mod tests;
