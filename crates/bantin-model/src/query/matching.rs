//! Asking a query about an item.

use std::cell::OnceCell;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::QueryNode;
use super::fold::{Syllable, runs, syllable, syllables};
use super::word_match::{AccentMatch, WordSpan, fits, has_accents};
use crate::{Item, Published};

/// A text of fewer syllables says too little to be called unaccented by itself: "Hoa sen" has no accents to lose.
const TELLING: usize = 4;

pub(super) fn matches(node: &QueryNode, item: &Item, zone: Tz) -> bool {
    MatchedItem::about_beginning(item, usize::MAX, zone).holds(node)
}

pub(super) struct MatchedItem<'a> {
    item: &'a Item,
    /// The zone in which `after:` and `before:` count days.
    zone: Tz,
    /// Title, lead, section, byline, text: the short ones first.
    texts: [(&'a str, OnceCell<Vec<WordSpan<'a>>>); 5],
    accented: OnceCell<bool>,
    day: OnceCell<NaiveDate>,
}

pub(super) const SECTION: usize = 2;

impl<'a> MatchedItem<'a> {
    /// Of its text only so many bytes from the beginning.
    pub fn about_beginning(item: &'a Item, bytes: usize, zone: Tz) -> Self {
        let text = &item.content_text;
        let texts = [
            item.title.as_str(),
            item.lead.as_deref().unwrap_or_default(),
            item.section.as_deref().unwrap_or_default(),
            item.byline.as_deref().unwrap_or_default(),
            &text[..text.floor_char_boundary(bytes)],
        ];
        MatchedItem {
            item,
            zone,
            texts: texts.map(|text| (text, OnceCell::new())),
            accented: OnceCell::new(),
            day: OnceCell::new(),
        }
    }

    fn holds(&self, node: &QueryNode) -> bool {
        match node {
            QueryNode::Anything => true,
            QueryNode::Words(wanted) => {
                (0..self.texts.len()).any(|which| self.says(which, wanted)) || self.cites(wanted)
            }
            QueryNode::Section(wanted) => self.says(SECTION, wanted),
            QueryNode::Source(id) => self.item.source == *id,
            QueryNode::After(day) => self.day() >= *day,
            QueryNode::Before(day) => self.day() < *day,
            QueryNode::Not(inner) => !self.holds(inner),
            QueryNode::And(parts) => parts.iter().all(|part| self.holds(part)),
            QueryNode::Or(parts) => parts.iter().any(|part| self.holds(part)),
        }
    }

    pub fn texts(&self) -> usize {
        self.texts.len()
    }

    fn words(&self, which: usize) -> &[WordSpan<'a>] {
        let (text, cut) = &self.texts[which];
        cut.get_or_init(|| runs(text).collect())
    }

    pub fn syllables(&self, which: usize) -> Vec<Syllable> {
        self.words(which).iter().filter_map(|(_, run)| syllable(run)).collect()
    }

    /// Returns whether the wanted syllables follow one another in one text.
    fn says(&self, which: usize, wanted: &[Syllable]) -> bool {
        let mut otherwise = false;
        for fit in fits(self.words(which), wanted) {
            if fit.accents < AccentMatch::Other {
                return true;
            }
            otherwise = true;
        }
        otherwise && self.is_unaccented(which)
    }

    /// Returns whether the words are the whole symbol of a document that the item names, however
    /// its text spelled it: the symbol kept with the item is in its proper form, and "ND-CP" means
    /// no other decree than "NĐ-CP".
    fn cites(&self, wanted: &[Syllable]) -> bool {
        let [number, _, ..] = wanted else { return false };
        number.folded.starts_with(|c: char| c.is_ascii_digit())
            && self.item.refs.iter().any(|document| {
                let symbol = syllables(&document.symbol);
                symbol.len() == wanted.len()
                    && symbol.iter().zip(wanted).all(|(had, want)| had.folded == want.folded)
            })
    }

    /// Returns whether this text was written without accents, so that "hoa" in it may mean "hòa".
    /// In a text that has some, a word without any is another word.
    pub fn is_unaccented(&self, which: usize) -> bool {
        let text = self.words(which);
        let is_telling =
            || text.iter().filter_map(|(_, run)| syllable(run)).nth(TELLING - 1).is_some();
        !has_accents(text) && (is_telling() || !self.is_accented_anywhere())
    }

    fn is_accented_anywhere(&self) -> bool {
        *self
            .accented
            .get_or_init(|| (0..self.texts.len()).any(|which| has_accents(self.words(which))))
    }

    pub fn day(&self) -> NaiveDate {
        *self.day.get_or_init(|| match self.item.published {
            Published::On(day) => day,
            Published::At(at) => at.with_timezone(&self.zone).date_naive(),
            Published::Unknown => self.item.first_seen.with_timezone(&self.zone).date_naive(),
        })
    }
}
