//! Link texts that do not name their row: the same words in many rows, and the bare number of a file or a case.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use dom_query::NodeRef;

use super::super::dates;
use super::super::detect::bare_host;
use super::super::text::fold;
use super::link_words::text_of_link;
use super::{ListingReader, RowLink, Scope, Segments, says_something};
use crate::model::ItemKey;

/// The longest text of a link that could be a button or a number, in letters.
const LONGEST: usize = 40;

/// The texts that are the link of several rows; read once, where a row's link is short.
pub type SharedTexts = OnceCell<HashSet<String>>;

impl ListingReader<'_, '_> {
    /// Replaces a link's text that does not name its row by the row's other words: "Download Opinion" by the case's
    /// name, "CAAP-16-0000619" by the number and the name. A row without other words keeps the text.
    pub(super) fn named_beside(
        &self,
        title: String,
        scope: &Scope<'_, '_>,
        segments: Segments<'_>,
    ) -> String {
        if title.chars().count() > LONGEST || self.rules.title.is_some() {
            return title;
        }
        let is_number = is_a_code(&fold(&title));
        if !is_number && !self.shared_texts().contains(&title) {
            return title;
        }
        match self.words_beside(scope, segments) {
            Some(words) if is_number && words.split_whitespace().nth(1).is_some() => {
                format!("{title}: {words}")
            }
            Some(words) if !is_number => words,
            _ => title,
        }
    }

    /// Returns the words of a row that name it where its link does not: what a label calls its title, the first line
    /// that is as long as a title, and in a table the longest cell.
    pub(super) fn words_beside(
        &self,
        scope: &Scope<'_, '_>,
        segments: Segments<'_>,
    ) -> Option<String> {
        /// Letters and words of a title; a section's name and a byline have fewer.
        const LETTERS: usize = 16;
        const WORDS: usize = 3;
        let (zone, now) = (self.reading.zone, self.reading.now);
        let worded: Vec<&String> = segments
            .iter()
            .map(|(_, segment)| segment)
            .filter(|text| says_something(text) && text.chars().count() >= 8)
            .filter(|text| !dates::alone(text, zone, now).is_known())
            .collect();
        if let Some(title) = worded.iter().find_map(|text| labelled_title(text)) {
            return Some(title.to_owned());
        }
        let is_title = |text: &&&String| {
            text.chars().count() >= LETTERS
                && text.split_whitespace().nth(WORDS - 1).is_some()
                && !is_labelled(text)
        };
        let first = worded.iter().find(is_title).filter(|_| !is_of_a_table(scope));
        first
            .or(worded.iter().max_by_key(|text| text.chars().count()))
            .map(|text| without_last_date(text).to_owned())
    }

    /// Whether a link to another site is a button that many rows have: "Case details", beside a file of this site.
    pub(super) fn is_button_elsewhere(&self, link: &RowLink<'_>, beside: &[RowLink<'_>]) -> bool {
        let here = bare_host(self.reading.url);
        let is_here = |link: &RowLink<'_>| bare_host(&link.address.url) == here;
        !is_here(link)
            && beside.iter().any(is_here)
            && self.buttons().contains(&text_of_link(&link.node))
    }

    /// The texts that lead to different pages from at least three items and a third of all.
    fn buttons(&self) -> &HashSet<String> {
        self.buttons.get_or_init(|| {
            let links = self.items.iter().flat_map(|item| &item.links);
            shared(links, self.items.len())
        })
    }

    /// The texts that lead to different pages from at least three rows and a third of all.
    fn shared_texts(&self) -> &HashSet<String> {
        self.shared_texts.get_or_init(|| {
            let chosen = self.items.iter().filter_map(|item| Some(&item.links[item.chosen?]));
            shared(chosen, self.items.len())
        })
    }
}

/// The texts that lead to at least three pages, and to as many as a third of the items.
fn shared<'l, 'p: 'l>(
    links: impl Iterator<Item = &'l RowLink<'p>>,
    items: usize,
) -> HashSet<String> {
    let mut pages: HashMap<String, HashSet<&ItemKey>> = HashMap::new();
    for link in links {
        pages.entry(text_of_link(&link.node)).or_default().insert(&link.address.key);
    }
    let least = (items / 3).max(3);
    let shared = pages.into_iter().filter(|(_, pages)| pages.len() >= least);
    shared.map(|(text, _)| text).collect()
}

/// The title that a label names: "Case Title: State v. Fontenot", "Trích yếu: …".
fn labelled_title(text: &str) -> Option<&str> {
    const LABELS: &[&str] = &[
        "case title",
        "title",
        "case name",
        "caption",
        "tieu de",
        "trich yeu",
        "ten van ban",
        "noi dung",
    ];
    let (label, rest) = text.split_once(':')?;
    let is_title = label.len() <= 24 && LABELS.contains(&&*fold(label));
    Some(rest.trim()).filter(|rest| is_title && says_something(rest))
}

/// The text without the date in numbers that ends it: "Turner v. City of Harrisonburg 10/08/2013".
fn without_last_date(text: &str) -> &str {
    match text.rsplit_once(' ') {
        Some((rest, last)) if is_numeric(last) && dates::order::written(last).is_some() => {
            rest.trim_end_matches([' ', ',', '-', '–', '(', '|'])
        }
        _ => text,
    }
}

fn is_numeric(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'.'))
}

/// "Case Type: Appeal", "Phòng: Tổ chức": a property of what the row is about.
fn is_labelled(text: &str) -> bool {
    let label = text.split_once(": ").map(|(label, _)| label);
    label.is_some_and(|label| label.split_whitespace().nth(3).is_none())
}

/// Whether a row is that of a table with columns, where the title is the fullest cell, wherever it is.
fn is_of_a_table(scope: &Scope<'_, '_>) -> bool {
    let is_cell = |node: &NodeRef<'_>| node.has_name("td") || node.has_name("th");
    scope.node.has_name("tr") && scope.node.children_it(false).filter(is_cell).nth(2).is_some()
}

/// Whether a folded text is the number of a file or a case: "25-869-cv", "caap-16-0000619", "2026 tspr 10".
pub fn is_a_code(folded: &str) -> bool {
    const WORDS: usize = 3;
    const LETTERS: usize = 8;
    let count = |of: fn(char) -> bool| folded.chars().filter(|c| of(*c)).count();
    let (digits, letters) = (count(|c| c.is_ascii_digit()), count(char::is_alphabetic));
    digits >= 3 && letters <= LETTERS && folded.split_whitespace().nth(WORDS).is_none()
}
