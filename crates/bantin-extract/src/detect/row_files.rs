//! Files in a row beside the link to its page: "Tải về", "vb-4100.docx", an icon. They are not rows
//! of their own, however many there are.

use std::collections::{HashMap, HashSet};

use super::super::attachments;
use super::super::listing::says_something_folded;
use super::links::{Key, PageLink, PageLinks};
use super::marks::SILENT;
use super::tree::DetectionTree;

/// Levels between a file's link and its row.
const LEVELS: usize = 4;

/// Links of a row; what holds more is a list.
const LINKS: usize = 8;

/// Marks the files of rows that have another link with words, where at least three rows do.
pub fn mark(links: &mut PageLinks, tree: &DetectionTree) {
    for nth in 1..links.all.len() {
        links.all[nth].beside = is_another_form(links, tree, nth);
    }
    let silent_files: Vec<usize> =
        (0..links.all.len()).filter(|nth| is_silent_file(links, &links.all[*nth])).collect();
    if silent_files.len() < 3 {
        return;
    }
    let mut count: HashMap<Key, usize> = HashMap::new();
    links.all.iter().for_each(|link| *count.entry(link.key).or_default() += 1);
    let pairs: Vec<(usize, Key)> = silent_files
        .iter()
        .filter_map(|nth| Some((*nth, named_beside(links, tree, &count, *nth)?)))
        .collect();
    let owners: HashSet<Key> = pairs.iter().map(|(_, key)| *key).collect();
    if owners.len() >= 3 {
        pairs.into_iter().for_each(|(nth, _)| links.all[nth].beside = true);
    }
}

/// Whether a link to a file follows another link of its element without words of its own or between them:
/// "[PDF] [DOC]", "103,627-2 [icon]".
fn is_another_form(links: &PageLinks, tree: &DetectionTree, nth: usize) -> bool {
    let (before, file) = (&links.all[nth - 1], &links.all[nth]);
    let (end, begin) = (tree.elements[before.at].texts.1, tree.elements[file.at].texts.0);
    let is_wordless = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() < 4;
    tree.elements[before.at].parent == tree.elements[file.at].parent
        && before.key != file.key
        && file.worded < SILENT
        && attachments::document(&links.urls[file.key]).is_some()
        && end <= begin
        && tree.texts[end..begin].iter().all(|text| is_wordless(&text.text))
}

/// Whether a link leads to a file and has no other words than a button or the file's name.
fn is_silent_file(links: &PageLinks, link: &PageLink) -> bool {
    let says_nothing = !says_something_folded(&link.folded)
        || link.wordless
        || attachments::names_a_file(&link.text);
    says_nothing && attachments::document(&links.urls[link.key]).is_some()
}

/// The link of the same row that has words of its own and leads elsewhere.
fn named_beside(
    links: &PageLinks,
    tree: &DetectionTree,
    count: &HashMap<Key, usize>,
    nth: usize,
) -> Option<Key> {
    let file = &links.all[nth];
    for row in tree.above(file.at).take(LEVELS) {
        if tree.elements[row].links > LINKS
            || matches!(tree.tag(row), "body" | "ul" | "ol" | "table")
        {
            return None;
        }
        let (from, end) = (row, tree.elements[row].end);
        let first = links.all.partition_point(|link| link.at < from);
        let inside = links.all[first..].iter().take_while(|link| link.at < end);
        let named = inside.filter(|other| other.key != file.key).find(|other| {
            count.get(&other.key).is_some_and(|count| *count <= 2)
                && says_something_folded(&other.folded)
                // Another site's page is not that of a row whose file is here.
                && (!other.foreign || file.foreign)
                && !other.wordless
                && !attachments::names_a_file(&other.text)
        });
        if let Some(named) = named {
            return Some(named.key);
        }
        if matches!(tree.tag(row), "tr" | "li" | "article") {
            return None;
        }
    }
    None
}
