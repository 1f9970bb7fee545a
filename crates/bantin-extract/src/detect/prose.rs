//! Whether a page is one long text: then the links around it lead away from what the page is about.

use std::collections::HashMap;

use super::groups::LinkGroup;
use super::place::{self, PagePlace};
use super::tree::DetectionTree;

/// Letters of a text that is a paragraph, not a lead's half line.
const PARAGRAPH: usize = 80;
/// Letters of a text that a page is about; a note above a list is shorter.
const BODY: usize = 1_500;

const ELSEWHERE: PagePlace =
    PagePlace::of(&[place::NAV, place::FOOTER, place::ASIDE, place::COMMENTS, place::HIDDEN]);

/// Letters of a text below which an agency's other news, dated and called so, are a list of their own.
const SHORT: usize = 4_000;

/// Whether one element between two rows, or above or below all of them, has three quarters of the page's prose in it. A
/// list of whole texts has as much between its other rows.
pub fn is_an_article(tree: &DetectionTree, list: &LinkGroup) -> bool {
    let mut all = 0;
    let mut bodies: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
    for text in &tree.texts {
        if text.text.len() < PARAGRAPH || tree.elements[text.at].place.has(ELSEWHERE) {
            continue;
        }
        let letters: usize =
            text.text.split_whitespace().map(|word| word.chars().count() + 1).sum();
        let Some(block) = block(tree, text.at).filter(|_| letters >= PARAGRAPH) else { continue };
        all += letters;
        let before = list.rows.partition_point(|row| *row <= text.at);
        let in_row = before.checked_sub(1).is_some_and(|row| tree.holds(list.rows[row], text.at));
        if !in_row {
            let body = bodies.entry((before, tree.elements[block].parent)).or_default();
            *body = (body.0 + letters, body.1 + 1);
        }
    }
    let least = if is_of_other_news(list) { SHORT } else { BODY };
    bodies
        .into_values()
        .any(|(letters, paragraphs)| letters >= least && paragraphs >= 3 && letters * 4 >= all * 3)
}

/// Some portals have no page for their list but the one below each piece of news, with a date to each row.
fn is_of_other_news(list: &LinkGroup) -> bool {
    const NAMES: &[&str] = &[
        "tin khac",
        "bai khac",
        "bai viet khac",
        "tin moi hon",
        "tin cu hon",
        "tin da dua",
        "other news",
        "more news",
        "older news",
        "earlier news",
    ];
    list.marks.dated > 0.5 && NAMES.iter().any(|name| list.heading.contains(name))
}

/// Returns the block that a text is in, where that is no link.
fn block(tree: &DetectionTree, at: usize) -> Option<usize> {
    const PHRASES: &[&str] = &["b", "strong", "i", "em", "u", "span", "font", "sup", "sub"];
    let mut around = std::iter::once(at).chain(tree.above(at)).take(8);
    let block = around.find(|at| !PHRASES.contains(&tree.tag(*at)))?;
    (tree.tag(block) != "a").then_some(block)
}
