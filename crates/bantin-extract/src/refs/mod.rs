//! References to legal and administrative documents: "Nghị quyết số 17/NQ-CP ngày 7/3/2019 của Chính phủ".
//!
//! [`find`] walks over the numbers of a text; `symbol` says whether a document's symbol begins there and writes it in one
//! form; `around` reads the words beside it; `names` holds the abbreviations. A number with a slash is far more often a
//! date, a fraction, an address or a score, so what is not clearly a symbol gives none.

mod around;
mod names;
mod symbol;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use unicode_normalization::UnicodeNormalization as _;

use super::text::{composed, is_blank};
use crate::fold::is_invisible;
use crate::model::DocumentRef;

/// More than any article names; a gazette's whole index is no reference.
const MOST: usize = 1_000;

/// The documents that a text names, each once, in the order of the text.
pub fn find(text: &str) -> Vec<DocumentRef> {
    let letters = plain(text);
    let mut found = FoundReferences::default();
    let mut at = 0;
    while at < letters.len() && found.refs.len() < MOST {
        if !letters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let digits = letters[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if !symbol::may_begin(&letters, at, digits) {
            at += digits;
            continue;
        }
        let before = around::Before::of(&letters, at);
        let Some(symbol) = symbol::at(&letters, at, &before) else {
            at += digits;
            continue;
        };
        if is_licence_of_media(&symbol.tail) {
            at = symbol.end;
            continue;
        }
        let behind = around::Behind::of(&letters, symbol.end);
        for number in &before.shared {
            found.add(reference(&symbol, number, &before, &behind));
        }
        found.add(reference(&symbol, &symbol.number, &before, &behind));
        at = symbol.end;
    }
    found.refs
}

/// Returns whether a symbol is the licence of a site or a paper, "/GP-TTĐT", which is on each of
/// its pages.
fn is_licence_of_media(tail: &str) -> bool {
    const OFFICES: &[&str] = &[
        "TTĐT",
        "STTTT",
        "BTTTT",
        "PTTH&TTĐT",
        "PTTH",
        "BC",
        "CBC",
        "QLBC",
        "XBBT",
        "BVHTT",
        "SVHTT",
        "SVHTTDL",
        "BVHTTDL",
    ];
    tail.rsplit_once("GP-").is_some_and(|(_, office)| OFFICES.contains(&office))
}

fn reference(
    symbol: &symbol::Symbol,
    number: &str,
    before: &around::Before,
    behind: &around::Behind,
) -> DocumentRef {
    DocumentRef {
        symbol: format!("{number}{}", symbol.tail),
        kind: before
            .kind
            .or_else(|| before.law().filter(|_| symbol.is_of_the_assembly))
            .or(symbol.kind)
            .map(str::to_owned),
        number: number.to_owned(),
        year: symbol.year.or_else(|| behind.date.map(|day| day.year())),
        issuer: behind.issuer.clone().or_else(|| symbol.issuer.map(str::to_owned)),
        date: behind.date,
    }
}

/// The references found, and the place of each symbol among them.
#[derive(Default)]
struct FoundReferences {
    refs: Vec<DocumentRef>,
    /// The first reference with this symbol and day; `None` holds the first with the symbol at all.
    places: HashMap<(String, Option<NaiveDate>), usize>,
}

impl FoundReferences {
    /// Adds a reference, or what it adds to one that is there. Numbers start again each year, so
    /// one symbol on two days is two documents.
    fn add(&mut self, new: DocumentRef) {
        let first = self.places.get(&(new.symbol.clone(), None)).copied();
        let same = match (new.date, first) {
            (Some(day), Some(first)) if self.refs[first].date.is_some_and(|had| had != day) => {
                self.places.get(&(new.symbol.clone(), Some(day))).copied()
            }
            (_, first) => first,
        };
        let place = same.unwrap_or(self.refs.len());
        self.places.entry((new.symbol.clone(), None)).or_insert(place);
        self.places.entry((new.symbol.clone(), new.date)).or_insert(place);
        match self.refs.get_mut(place) {
            None => self.refs.push(new),
            Some(known) => {
                known.kind = known.kind.take().or(new.kind);
                known.issuer = known.issuer.take().or(new.issuer);
                known.year = known.year.or(new.year);
                known.date = known.date.or(new.date);
            }
        }
    }
}

fn base(letter: char) -> char {
    match letter {
        'đ' | 'Đ' => 'd',
        c if c.is_ascii() => c.to_ascii_lowercase(),
        c => std::iter::once(c).nfd().next().and_then(|c| c.to_lowercase().next()).unwrap_or(c),
    }
}

/// One letter without its accents, in lower case: as many letters as there were, so that places stay what they are.
fn folded(letters: &[char]) -> Vec<char> {
    // Those that Vietnamese is written with come before this one; a table of them is made once.
    static BASES: LazyLock<Vec<char>> = LazyLock::new(|| ('\0'..'\u{1f00}').map(base).collect());
    let base_of =
        |letter: &char| BASES.get(*letter as usize).copied().unwrap_or_else(|| base(*letter));
    letters.iter().map(base_of).collect()
}

/// The letters of a text as symbols are written: NFC, one kind of hyphen and slash, Đ for Eth, one space for any blanks.
fn plain(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    for letter in composed(text).chars().filter(|c| !is_invisible(*c)) {
        let letter = match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => '-',
            '\u{2044}' | '\u{2215}' | '\u{ff0f}' => '/',
            '\u{d0}' | '\u{189}' => 'Đ',
            '\u{f0}' | '\u{256}' => 'đ',
            '０'..='９' => char::from(b'0' + (letter as u32 - '０' as u32) as u8),
            c if is_blank(c) => ' ',
            c => c,
        };
        if letter != ' ' || letters.last() != Some(&' ') {
            letters.push(letter);
        }
    }
    letters
}
