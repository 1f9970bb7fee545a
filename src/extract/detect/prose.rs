//! Whether a page is an article: then the lists on it are of other articles, and it is not polled for them.

use std::collections::HashMap;

use super::super::page::Page;
use super::tree::Tree;

/// Letters of one text, paragraph beside paragraph, that no list of leads comes to.
const LONG: usize = 1_500;
/// Letters of a paragraph; less is a label, a date or a headline.
const PARAGRAPH: usize = 60;

/// What shows that a page is one long text; None for any other. Many portals call every page an article in their
/// metadata, lists too, so that alone does not count; nor does a long text on a page that calls itself something else, for
/// a list may stand below an introduction.
pub fn article(page: &Page, tree: &Tree) -> Option<String> {
    let said = page
        .document
        .select_single("meta[property='og:type'], meta[name='og:type']")
        .attr("content");
    let timed = page.document.select_single("meta[property='article:published_time']").exists();
    if !timed && said.is_none_or(|said| !said.trim().eq_ignore_ascii_case("article")) {
        return None;
    }
    let letters = longest(tree);
    (letters >= LONG).then(|| {
        format!(
            "the page is an article of its own, with {letters} letters of text; what it lists are other articles. \
             Give the address of the page that lists the news"
        )
    })
}

/// The most letters of paragraphs that stand beside one another.
fn longest(tree: &Tree) -> usize {
    let mut letters: HashMap<usize, usize> = HashMap::new();
    for text in &tree.texts {
        let count = text.text.chars().filter(|c| c.is_alphanumeric()).count();
        if count < PARAGRAPH
            || std::iter::once(text.at)
                .chain(tree.above(text.at))
                .take(8)
                .any(|at| tree.tag(at) == "a")
        {
            continue;
        }
        // A paragraph of its own, or text between line breaks in what holds it all.
        let inline = |at: &usize| {
            matches!(tree.tag(*at), "span" | "b" | "strong" | "em" | "i" | "font" | "u")
        };
        let block = std::iter::once(text.at).chain(tree.above(text.at)).find(|at| !inline(at));
        let Some(block) = block else { continue };
        let holder = match tree.tag(block) {
            "p" => tree.elements[block].parent,
            _ => block,
        };
        *letters.entry(holder).or_default() += count;
    }
    letters.into_values().max().unwrap_or(0)
}
