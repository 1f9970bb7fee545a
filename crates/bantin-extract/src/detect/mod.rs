//! Finding the news of a page by itself. All groups of links that look alike are weighed together, by words, dates,
//! addresses and place; the best and its peers become one recipe, and what that recipe reads is the answer: an admin
//! who keeps the recipe gets the rows that detection showed.

mod feeds;
mod front;
mod groups;
mod links;
mod marks;
mod news;
mod place;
mod prose;
mod row_files;
mod selectors;
mod tree;
mod warnings;

use std::collections::HashSet;

use super::page::{self, Page};
use super::{Candidate, Detection, Reading, forward, listing, script_list};
use crate::model::{ListingRecipe, Problem, ProblemCode, Row};
use groups::LinkGroup;
pub use links::bare_host;
use links::{Key, PageLinks};
use tree::DetectionTree;

/// The winner and the groups that an admin may choose instead.
const CANDIDATES: usize = 5;

/// How much worse a recipe is that does not say which link of a row it means.
const LEANING: f64 = 0.05;

/// How well a recipe must fit what was chosen, and how much better that of the best block alone must, to be taken instead.
const LOOSE: f64 = 0.85;
const LOOSE_GAIN: f64 = 0.1;

/// Score of a list in the data of scripts: its entries have titles and addresses, and no place on the page speaks for it.
const SCRIPT_SCORE: f64 = 4.0;

pub fn detect(html: &str, known: &ListingRecipe, reading: Reading<'_>) -> Detection {
    let page = match Page::parse_list(html, reading.url) {
        Ok(page) => page,
        Err(what) => {
            return Detection {
                problems: vec![Problem::new("listing", what)],
                ..Detection::default()
            };
        }
    };
    let look = |page: &Page| {
        let feeds = feeds::of(page);
        match known.item {
            Some(_) => by_hand(page, known, reading, feeds),
            None => found(page, known, reading, feeds),
        }
    };
    let mut detection = look(&page);
    if detection.rows.is_empty()
        && let Some(whole) = page::unwrapped(html)
        && let Ok(whole) = Page::parse_list(&whole, reading.url)
    {
        let other = look(&whole);
        if !other.rows.is_empty() {
            detection = other;
        }
    }
    if detection.rows.is_empty()
        && known.item.is_none()
        && let Some(list) = in_scripts(&page, known, reading)
    {
        detection = Detection { feeds: detection.feeds, ..list };
    }
    detection
        .problems
        .extend(page.cut.map(|what| Problem::of_listing(ProblemCode::TooLarge, what)));
    detection
}

/// The list that a page keeps in the data of its scripts.
fn in_scripts(page: &Page, known: &ListingRecipe, reading: Reading<'_>) -> Option<Detection> {
    let list = script_list::find(page, None, reading)?;
    let recipe = ListingRecipe { item: Some(list.item), ..known.clone() };
    // Read by the recipe, so that a poll reads the same.
    let read = listing::read_page(page, &recipe, reading);
    let candidate = Candidate {
        recipe: recipe.clone(),
        rows: read.rows.clone(),
        score: SCRIPT_SCORE,
        evidence: vec!["the rows are in the data of the page's scripts".to_owned()],
    };
    Some(Detection {
        confidence: candidate.confidence(),
        candidates: vec![candidate],
        rows: read.rows,
        recipe: Some(recipe),
        problems: read.problems,
        ..Detection::default()
    })
}

fn found(
    page: &Page,
    known: &ListingRecipe,
    reading: Reading<'_>,
    feeds: Vec<super::FeedLink>,
) -> Detection {
    let tree = DetectionTree::of(page);
    let mut links = PageLinks::of(page, &tree, reading.url);
    let listed = feeds::listed(page, &links);
    let mut groups = groups::of(&tree, &links, &listed, reading);
    let mut detection = Detection { feeds, ..Detection::default() };
    let chosen = match news::choose(&tree, &links, &groups, reading.url) {
        Ok(chosen) => chosen,
        Err(why) => match on_one_page(page, &tree, reading) {
            Some((of_anchors, chosen)) => {
                (links, groups) = of_anchors;
                chosen
            }
            None => {
                detection.problems.push(Problem::of_listing(ProblemCode::NoListing, why));
                let elsewhere = forward::named(page, reading.url);
                let elsewhere =
                    elsewhere.map(|what| Problem::of_listing(ProblemCode::NoListing, what));
                detection.problems.extend(elsewhere);
                detection.candidates = others(page, &tree, &links, &groups, &[], known, reading);
                return detection;
            }
        },
    };
    let (fit, mut recipe, mut rows, mut problems) =
        recipe(page, &tree, &links, &groups, &chosen, known, reading);
    // A block of one or two links may have no selector that excludes the remaining page.
    if chosen.len() > 1 && fit < LOOSE {
        let best = self::recipe(page, &tree, &links, &groups, &chosen[..1], known, reading);
        if best.0 > fit + LOOSE_GAIN && best.2.len() * 4 >= rows.len() {
            (_, recipe, rows, problems) = best;
        }
    }
    if rows.is_empty() {
        detection.problems.push(Problem::of_listing(
            ProblemCode::NoListing,
            "the links that look like news have no element of their own to read them by",
        ));
        return detection;
    }
    let winner = Candidate {
        score: groups[chosen[0]].score,
        evidence: news::evidence(&groups, &chosen, &rows),
        recipe: recipe.clone(),
        rows: rows.clone(),
    };
    detection.confidence = winner.confidence();
    detection.candidates.push(winner);
    detection.candidates.extend(others(page, &tree, &links, &groups, &chosen, known, reading));
    detection.rows = rows;
    detection.recipe = Some(recipe);
    detection.problems = problems;
    detection.problems.extend(warnings::of(&detection.rows, groups[chosen[0]].place, reading.url));
    detection
}

/// A page's links, their groups, and the numbers of the groups that are the news.
type ChosenGroups = ((PageLinks, Vec<LinkGroup>), Vec<usize>);

/// Returns the rows of a page that holds all its notices, each at an anchor of its own. Without
/// dates they are a table of contents.
fn on_one_page(page: &Page, tree: &DetectionTree, reading: Reading<'_>) -> Option<ChosenGroups> {
    let links = PageLinks::with_anchors(page, tree, reading.url);
    let anchored = |group: &LinkGroup| {
        let is_place = |nth: &&usize| links.urls[links.all[**nth].key].fragment().is_some();
        group.links.iter().filter(is_place).count() * 5 >= group.links.len() * 4
    };
    let mut groups = groups::of(tree, &links, &HashSet::new(), reading);
    groups.retain(|group| group.links.len() >= 3 && group.marks.dated > 0.5 && anchored(group));
    let chosen = news::choose(tree, &links, &groups, reading.url).ok()?;
    Some(((links, groups), chosen))
}

/// With an item selector from the admin there is nothing to search for.
fn by_hand(
    page: &Page,
    known: &ListingRecipe,
    reading: Reading<'_>,
    feeds: Vec<super::FeedLink>,
) -> Detection {
    let read = listing::read_page(page, known, reading);
    if read.rows.is_empty() {
        return Detection { feeds, problems: read.problems, ..Detection::default() };
    }
    let candidate = Candidate {
        recipe: known.clone(),
        rows: read.rows.clone(),
        score: 0.0,
        evidence: vec!["The rows are those of the selector given by hand.".to_owned()],
    };
    Detection {
        rows: read.rows,
        recipe: Some(known.clone()),
        candidates: vec![candidate],
        confidence: 1.0,
        feeds,
        problems: read.problems,
    }
}

/// How well a recipe fits what was wanted (0 to 1), itself, and what it reads.
type FittedRecipe = (f64, ListingRecipe, Vec<Row>, Vec<Problem>);

/// Returns the best recipe for some groups: by the rows' elements, with a selector for the link, or
/// by the links alone.
fn recipe(
    page: &Page,
    tree: &DetectionTree,
    links: &PageLinks,
    groups: &[LinkGroup],
    chosen: &[usize],
    known: &ListingRecipe,
    reading: Reading<'_>,
) -> FittedRecipe {
    let chosen: Vec<&LinkGroup> = chosen.iter().map(|nth| &groups[*nth]).collect();
    let wanted: HashSet<Key> =
        chosen.iter().flat_map(|group| group.links.iter().map(|nth| links.all[*nth].key)).collect();
    let ways = selectors::ways(tree, links, &chosen, &wanted);
    let mut best: Option<(f64, ListingRecipe, listing::ListingReader<'_, '_>)> = None;
    for way in ways {
        let recipe = ListingRecipe {
            item: Some(way.item),
            link: known.link.clone().or(way.link),
            ..known.clone()
        };
        // A link selector by hand that does not parse.
        let Ok(reader) = listing::ListingReader::open(page, &recipe, reading) else { continue };
        let read = reader.addresses();
        let is_wanted = |key| links.keys.get(key).is_some_and(|key| wanted.contains(key));
        let right = read.iter().filter(|key| is_wanted(**key)).count() as f64;
        let fit = 2.0 * right / (read.len() + wanted.len()).max(1) as f64
            - if reader.leans_on_neighbours() { LEANING } else { 0.0 };
        let better = best.as_ref().is_none_or(|(best, ..)| fit > *best + 0.02);
        if better {
            best = Some((fit, recipe, reader));
        }
        if fit > 0.98 {
            break;
        }
    }
    let Some((fit, recipe, reader)) = best else { return Default::default() };
    let read = reader.read();
    (fit, recipe, read.rows, read.problems)
}

/// Groups that lost, each by itself.
fn others(
    page: &Page,
    tree: &DetectionTree,
    links: &PageLinks,
    groups: &[LinkGroup],
    chosen: &[usize],
    known: &ListingRecipe,
    reading: Reading<'_>,
) -> Vec<Candidate> {
    // Menus and footers are never a second choice.
    let lost = (0..groups.len()).filter(|nth| {
        !chosen.contains(nth) && groups[*nth].links.len() > 1 && groups[*nth].quality > -1.5
    });
    let most = CANDIDATES - usize::from(!chosen.is_empty());
    lost.take(most)
        .filter_map(|nth| {
            let (_, recipe, rows, _) = recipe(page, tree, links, groups, &[nth], known, reading);
            let evidence = news::evidence(groups, &[nth], &rows);
            (!rows.is_empty()).then(|| Candidate {
                recipe,
                rows,
                score: groups[nth].score,
                evidence,
            })
        })
        .collect()
}
