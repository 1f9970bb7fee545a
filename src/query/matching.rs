//! Asking a query about an item. The texts of the item are cut into syllables once, and only those that are asked for.

use std::cell::OnceCell;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::Node;
use super::fold::{Syllable, syllables};
use crate::model::{Item, Published};

/// On whose clocks `after:` and `before:` count days. A query holds for many sources, so it has one zone of its own.
const DAYS: Tz = chrono_tz::Asia::Ho_Chi_Minh;

/// A text of fewer syllables says too little to be called unaccented by itself: "Hoa sen" has no accents to lose.
const TELLING: usize = 4;

pub(super) fn matches(node: &Node, item: &Item) -> bool {
    Asked::about(item).holds(node)
}

pub(super) struct Asked<'a> {
    item: &'a Item,
    /// Title, lead, section, byline, text: the short ones first.
    texts: [(&'a str, OnceCell<Vec<Syllable>>); 5],
    accented: OnceCell<bool>,
    day: OnceCell<NaiveDate>,
}

pub(super) const SECTION: usize = 2;

impl<'a> Asked<'a> {
    fn about(item: &'a Item) -> Self {
        Self::about_beginning(item, usize::MAX)
    }

    /// Of its text only so many bytes from the beginning.
    pub fn about_beginning(item: &'a Item, bytes: usize) -> Self {
        let text = &item.content_text;
        let texts = [
            item.title.as_str(),
            item.lead.as_deref().unwrap_or_default(),
            item.section.as_deref().unwrap_or_default(),
            item.byline.as_deref().unwrap_or_default(),
            &text[..text.floor_char_boundary(bytes)],
        ];
        Asked {
            item,
            texts: texts.map(|text| (text, OnceCell::new())),
            accented: OnceCell::new(),
            day: OnceCell::new(),
        }
    }

    fn holds(&self, node: &Node) -> bool {
        match node {
            Node::Anything => true,
            Node::Words(wanted) => {
                (0..self.texts.len()).any(|which| self.says(which, wanted)) || self.cites(wanted)
            }
            Node::Section(wanted) => self.says(SECTION, wanted),
            Node::Source(id) => self.item.source == *id,
            Node::After(day) => self.day() >= *day,
            Node::Before(day) => self.day() < *day,
            Node::Not(inner) => !self.holds(inner),
            Node::And(parts) => parts.iter().all(|part| self.holds(part)),
            Node::Or(parts) => parts.iter().any(|part| self.holds(part)),
        }
    }

    pub fn texts(&self) -> usize {
        self.texts.len()
    }

    pub fn syllables(&self, which: usize) -> &[Syllable] {
        let (text, cut) = &self.texts[which];
        cut.get_or_init(|| syllables(text))
    }

    /// Whether the wanted syllables stand side by side in one text.
    fn says(&self, which: usize, wanted: &[Syllable]) -> bool {
        let text = self.syllables(which);
        if text.len() < wanted.len() {
            return false;
        }
        let equal = |given: &Syllable, wanted: &Syllable| {
            if wanted.is_accented() {
                given.exact == wanted.exact
            } else {
                given.folded == wanted.folded
            }
        };
        let folded = |given: &Syllable, wanted: &Syllable| given.folded == wanted.folded;
        let side_by_side = |same: &dyn Fn(&Syllable, &Syllable) -> bool| {
            text.windows(wanted.len())
                .any(|window| window.iter().zip(wanted).all(|(given, want)| same(given, want)))
        };
        side_by_side(&equal) || (side_by_side(&folded) && self.is_unaccented(which))
    }

    /// Whether the words are the whole symbol of a document that the item names, however its text spelled it: the
    /// symbol kept with the item is in its proper form, and "ND-CP" means no other decree than "NĐ-CP".
    fn cites(&self, wanted: &[Syllable]) -> bool {
        let [number, _, ..] = wanted else { return false };
        number.folded.starts_with(|c: char| c.is_ascii_digit())
            && self.item.refs.iter().any(|document| {
                let symbol = syllables(&document.symbol);
                symbol.len() == wanted.len()
                    && symbol.iter().zip(wanted).all(|(had, want)| had.folded == want.folded)
            })
    }

    /// Whether this text was written without accents, so that "hoa" in it may stand for "hòa". In a text that has some,
    /// a word without any is another word.
    pub fn is_unaccented(&self, which: usize) -> bool {
        let text = self.syllables(which);
        !text.iter().any(Syllable::is_accented)
            && (text.len() >= TELLING || !self.is_accented_anywhere())
    }

    fn is_accented_anywhere(&self) -> bool {
        *self.accented.get_or_init(|| {
            (0..self.texts.len())
                .any(|which| self.syllables(which).iter().any(Syllable::is_accented))
        })
    }

    pub fn day(&self) -> NaiveDate {
        *self.day.get_or_init(|| match self.item.published {
            Published::On(day) => day,
            Published::At(at) => at.with_timezone(&DAYS).date_naive(),
            Published::Unknown => self.item.first_seen.with_timezone(&DAYS).date_naive(),
        })
    }
}
