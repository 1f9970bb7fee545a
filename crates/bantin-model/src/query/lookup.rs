//! What an index of words is given of an item, and what is asked of it for a query. The index keeps which words an item
//! has, not where: beside the words themselves there are pairs of neighbours (for phrases) and a few words that no text
//! can hold (the source, the day). The store's two engines keep the same words, so both find the same items.
//!
//! What is found is never too little. Where it may be too much ([`Query::lookup`] says so),
//! [`Query::matches`] decides.

use std::collections::HashSet;

use chrono::{Datelike as _, NaiveDate};
use chrono_tz::Tz;

use super::fold::Syllable;
use super::matching::{MatchedItem, SECTION};
use super::{Query, QueryNode};
use crate::Item;
use crate::limits::{SEARCHED_BYTES, SEARCHED_TEXT};

/// What is asked of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexLookup {
    /// Every item.
    All,
    /// Items that have this word.
    Word(String),
    Not(Box<IndexLookup>),
    And(Vec<IndexLookup>),
    /// Of none of nothing: no item.
    Or(Vec<IndexLookup>),
}

impl IndexLookup {
    /// Returns whether it only excludes. An index must walk all its items to answer such a look-up.
    pub fn takes_away_only(&self) -> bool {
        match self {
            IndexLookup::All | IndexLookup::Word(_) => false,
            IndexLookup::Not(_) => true,
            IndexLookup::And(parts) => parts.iter().all(IndexLookup::takes_away_only),
            IndexLookup::Or(parts) => parts.iter().any(IndexLookup::takes_away_only),
        }
    }
}

/// A word that every item has. An engine may have no other way to say "all but".
pub const EVERY: char = '\u{E000}';
/// The beginnings of words that are no words of a text. No letter or digit is among them, so no text has such a word.
const OF_SECTION: &str = "\u{E001}";
/// Of a text that was written without accents: the words that an accented one may be found by.
const PLAIN: char = '\u{E002}';
const SYMBOL: char = '\u{E003}';
const SOURCE: char = '\u{E004}';
const DAY: char = '\u{E005}';
/// Between the words of a pair.
const BESIDE: char = '\u{E006}';
/// In place of the hyphen of a name, at which an engine would cut it.
const HYPHEN: char = '\u{E007}';

/// Bytes of a word that are kept; PostgreSQL takes no more than 2,046.
const WORD_BYTES: usize = 192;
/// Days are kept as numbers to the base of four with their beginnings, so that a span of days is a few words.
const DAY_DIGITS: u32 = 10;

/// Returns the words of an item, each once, in no order.
pub fn words_of(item: &Item) -> HashSet<String> {
    let asked = MatchedItem::about_beginning(item, SEARCHED_TEXT, INDEX_ZONE);
    let mut words = IndexedWords { kept: HashSet::new(), bytes: 0 };
    words.add(EVERY.to_string());
    words.add(source_word(item.source.as_str()));
    for digits in 0..DAY_DIGITS {
        words.add(day_word(digits, day_number(asked.day()) >> (2 * digits)));
    }
    for document in &item.refs {
        words.add(symbol_word(&super::fold::syllables(&document.symbol)));
    }
    for which in 0..asked.texts() {
        let text = asked.syllables(which);
        let is_plain = asked.is_unaccented(which);
        let places: &[&str] = if which == SECTION { &["", OF_SECTION] } else { &[""] };
        for place in places {
            for (i, syllable) in text.iter().enumerate() {
                if !words.has_room() {
                    return words.kept;
                }
                words.add(format!("{place}{}", syllable.folded));
                if syllable.is_accented() {
                    words.add(format!("{place}{}", syllable.exact));
                }
                if is_plain {
                    words.add(format!("{PLAIN}{place}{}", syllable.folded));
                }
                if let Some(next) = text.get(i + 1) {
                    words.add(pair(place, syllable, next));
                }
            }
        }
    }
    words.kept
}

/// Returns whether an item is so short that [`words_of`] surely holds all its words. The index
/// keeps up to five times the bytes of a syllable and the blank after it: the word itself, as
/// spelled or without accents, and with its neighbour. Eight times leaves room for letters that
/// grow when folded.
pub fn is_known_whole(item: &Item) -> bool {
    let others =
        [Some(&item.title), item.lead.as_ref(), item.section.as_ref(), item.byline.as_ref()];
    let others: usize = others.into_iter().flatten().map(|text| text.len()).sum();
    (item.content_text.len() + others) * 8 <= SEARCHED_BYTES.min(SEARCHED_TEXT * 8)
}

struct IndexedWords {
    kept: HashSet<String>,
    bytes: usize,
}

impl IndexedWords {
    fn add(&mut self, word: String) {
        let word = cut(word);
        let length = word.len();
        if self.kept.insert(word) {
            self.bytes += length;
        }
    }

    fn has_room(&self) -> bool {
        self.bytes < SEARCHED_BYTES
    }
}

fn cut(mut word: String) -> String {
    if word.len() > WORD_BYTES {
        word.truncate(word.floor_char_boundary(WORD_BYTES));
    }
    word
}

fn pair(place: &str, one: &Syllable, next: &Syllable) -> String {
    format!("{place}{}{BESIDE}{}", one.folded, next.folded)
}

fn source_word(id: &str) -> String {
    format!("{SOURCE}{}", id.replace('-', &HYPHEN.to_string()))
}

fn symbol_word(symbol: &[Syllable]) -> String {
    let parts: Vec<&str> = symbol.iter().map(|syllable| &*syllable.folded).collect();
    format!("{SYMBOL}{}", parts.join(&BESIDE.to_string()))
}

/// The zone in which the index counts the days of items. It is constant, so that another zone of the site needs no new
/// index.
const INDEX_ZONE: Tz = chrono_tz::Asia::Ho_Chi_Minh;

/// Days before the first and after the last that the digits hold count as those.
fn day_number(day: NaiveDate) -> u32 {
    u32::try_from(day.num_days_from_ce()).unwrap_or(0).min(LAST_DAY)
}

const LAST_DAY: u32 = (1 << (2 * DAY_DIGITS)) - 1;

fn day_word(digits: u32, number: u32) -> String {
    format!("{DAY}{digits}{DAY}{number}")
}

/// Returns the days from `first` to `last` in as few words as can be.
fn days(mut first: u32, mut last: u32) -> IndexLookup {
    let mut parts = Vec::new();
    let mut digits = 0;
    // From both ends inwards: what does not fill a whole number of the next length is said in this one.
    while first <= last {
        while !first.is_multiple_of(4) && first <= last {
            parts.push(IndexLookup::Word(day_word(digits, first)));
            first += 1;
        }
        while last % 4 != 3 && first <= last {
            parts.push(IndexLookup::Word(day_word(digits, last)));
            let Some(before) = last.checked_sub(1) else { return IndexLookup::Or(parts) };
            last = before;
        }
        if first > last {
            break;
        }
        if digits + 1 == DAY_DIGITS {
            parts.extend((first..=last).map(|n| IndexLookup::Word(day_word(digits, n))));
            break;
        }
        (first, last, digits) = (first / 4, last / 4, digits + 1);
    }
    IndexLookup::Or(parts)
}

impl Query {
    /// Returns what to ask the index for, and whether all that it then finds matches.
    pub fn lookup(&self) -> (IndexLookup, bool) {
        lookup(&self.root)
    }

    /// Returns a day on or after which nothing matches, if the query itself says so.
    pub fn ends_before(&self) -> Option<NaiveDate> {
        fn of(node: &QueryNode) -> Option<NaiveDate> {
            match node {
                QueryNode::Before(day) => Some(*day),
                QueryNode::And(parts) => parts.iter().filter_map(of).min(),
                _ => None,
            }
        }
        of(&self.root)
    }
}

fn lookup(node: &QueryNode) -> (IndexLookup, bool) {
    match node {
        QueryNode::Anything => (IndexLookup::All, true),
        QueryNode::Words(wanted) => phrase("", wanted),
        QueryNode::Section(wanted) => phrase(OF_SECTION, wanted),
        QueryNode::Source(id) => (IndexLookup::Word(cut(source_word(id.as_str()))), true),
        // A day more on each side: the site's zone may count an item's time to another day than the index does.
        QueryNode::After(day) => (days(day_number(*day).saturating_sub(1), LAST_DAY), false),
        QueryNode::Before(day) => (days(0, day_number(*day)), false),
        // What is found too much inside would be found too little outside.
        QueryNode::Not(inner) => match (&**inner, lookup(inner)) {
            (QueryNode::After(day), _) => lookup(&QueryNode::Before(*day)),
            (QueryNode::Before(day), _) => lookup(&QueryNode::After(*day)),
            (_, (inner, true)) => (IndexLookup::Not(Box::new(inner)), true),
            (_, (_, false)) => (IndexLookup::All, false),
        },
        QueryNode::And(parts) => all(parts, IndexLookup::And),
        QueryNode::Or(parts) => all(parts, IndexLookup::Or),
    }
}

fn all(parts: &[QueryNode], joined: fn(Vec<IndexLookup>) -> IndexLookup) -> (IndexLookup, bool) {
    let parts: Vec<(IndexLookup, bool)> = parts.iter().map(lookup).collect();
    let exact = parts.iter().all(|(_, exact)| *exact);
    (joined(parts.into_iter().map(|(part, _)| part).collect()), exact)
}

fn phrase(place: &str, wanted: &[Syllable]) -> (IndexLookup, bool) {
    let mut parts = Vec::new();
    let mut exact = wanted.len() == 1;
    for (i, word) in wanted.iter().enumerate() {
        let folded = format!("{place}{}", word.folded);
        exact &= folded.len().max(place.len() + word.exact.len()) <= WORD_BYTES;
        if word.is_accented() {
            parts.push(IndexLookup::Or(vec![
                IndexLookup::Word(cut(format!("{place}{}", word.exact))),
                IndexLookup::Word(cut(format!("{PLAIN}{folded}"))),
            ]));
        } else if wanted.len() == 1 {
            parts.push(IndexLookup::Word(cut(folded)));
        }
        if let Some(next) = wanted.get(i + 1) {
            parts.push(IndexLookup::Word(cut(pair(place, word, next))));
        }
    }
    let says = match parts.len() {
        1 => parts.remove(0),
        _ => IndexLookup::And(parts),
    };
    let may_cite = place.is_empty()
        && wanted.len() > 1
        && wanted[0].folded.starts_with(|c: char| c.is_ascii_digit());
    if may_cite {
        let cites = IndexLookup::Word(cut(symbol_word(wanted)));
        return (IndexLookup::Or(vec![says, cites]), false);
    }
    (says, exact)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{CleanHtml, DocumentRef, ItemId, Published, SourceId, Standing};

    fn item(title: &str, section: &str, text: &str, day: NaiveDate) -> Item {
        let seen = DateTime::from_timestamp(1_590_111_000, 0).expect("in range");
        Item {
            id: ItemId(Uuid::nil()),
            seq: 1,
            source: SourceId::parse("so-tttt").expect("a name"),
            url: String::new(),
            title: title.into(),
            published: Published::On(day),
            updated: None,
            byline: None,
            section: Some(section.into()),
            lead: None,
            content_html: CleanHtml::default(),
            content_text: text.into(),
            images: Vec::new(),
            attachments: Vec::new(),
            refs: vec![DocumentRef {
                symbol: "30/2020/NĐ-CP".into(),
                kind: None,
                number: "30".into(),
                year: None,
                issuer: None,
                date: None,
            }],
            lang: None,
            standing: Standing::Open,
            first_seen: seen,
            changed_at: seen,
            sort_at: seen,
            revision: 0,
            reader: 0,
            feed_updated: None,
        }
    }

    fn finds(lookup: &IndexLookup, words: &HashSet<String>) -> bool {
        match lookup {
            IndexLookup::All => true,
            IndexLookup::Word(word) => words.contains(word),
            IndexLookup::Not(inner) => !finds(inner, words),
            IndexLookup::And(parts) => parts.iter().all(|part| finds(part, words)),
            IndexLookup::Or(parts) => parts.iter().any(|part| finds(part, words)),
        }
    }

    #[track_caller]
    fn check(item: &Item, text: &str) -> Result<(), String> {
        let query = Query::parse(text).map_err(|error| error.to_string())?;
        let (lookup, exact) = query.lookup();
        let found = finds(&lookup, &words_of(item));
        for zone in [Tz::Asia__Ho_Chi_Minh, Tz::Pacific__Kiritimati, Tz::Pacific__Pago_Pago] {
            let matches = query.matches(item, zone);
            if matches && !found || exact && found != matches {
                return Err(format!(
                    "{text}, {zone}: found {found}, matches {matches}, exact {exact}"
                ));
            }
        }
        Ok(())
    }

    #[test]
    fn no_word_of_an_item_has_anything_that_an_engine_would_cut_at() {
        let day = NaiveDate::from_ymd_opt(2020, 5, 22).expect("a day");
        let item = item("Sở TT&TT: \"30/2020/NĐ-CP\" a'b\\c", "Tin", &"đ".repeat(3_000), day);
        for word in words_of(&item) {
            assert!(!word.is_empty() && word.len() <= WORD_BYTES, "{word:?}");
            assert!(word.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()), "{word:?}");
        }
    }

    #[test]
    fn a_query_that_only_takes_away_is_known_as_one() {
        let check = |text: &str, wanted: bool| {
            let lookup = Query::parse(text).expect("a query").lookup().0;
            assert_eq!(lookup.takes_away_only(), wanted, "{text}");
        };
        check("-tin", true);
        check("-tin -hop", true);
        check("hop OR -tin", true);
        check("hop -tin", false);
        check("-tin source:so-tttt", false);
        check("tin", false);
        check("", false);
    }

    #[test]
    fn of_an_item_that_is_known_whole_the_index_has_every_word() {
        let day = NaiveDate::from_ymd_opt(2020, 5, 22).expect("a day");
        let mut longest = 0;
        // Words of all lengths, without an accent and each with one.
        for word in ["", "a", "aaaa", "ă", "đườngđường"] {
            let text: String = (0..20_000).map(|n| format!("{word}{n:x} ")).collect();
            for end in (10_000..text.len()).step_by(18_001) {
                let end = text.floor_char_boundary(end);
                let item = item("Tin", "Mục", &format!("{} cuối", &text[..end]), day);
                if !is_known_whole(&item) {
                    break;
                }
                longest = longest.max(end);
                assert!(words_of(&item).contains("cuối"), "{word} {end}");
            }
        }
        assert!(longest > 40_000, "{longest}");
    }

    #[test]
    fn p11_an_endless_text_is_kept_as_far_as_the_limit() {
        let text: String = (0..200_000).map(|n| format!("từ{n} ")).collect();
        let day = NaiveDate::from_ymd_opt(2020, 5, 22).expect("a day");
        let bytes: usize = words_of(&item("Tin", "Tin", &text, day)).iter().map(String::len).sum();
        assert!(bytes < SEARCHED_BYTES + 4 * WORD_BYTES, "{bytes}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_index_finds_all_that_matches_and_where_it_is_exact_nothing_else(
            title in "(hòa |hoa |hoà |bình |binh |tin |30 ){0,6}",
            section in "(hòa |hoa |tin ){0,5}",
            text in "(hòa |Hoa |binh |bình |30/2020/NĐ-CP |nd |cp ){0,6}",
            query in "((-|NOT |\\()?(hòa|hoa|\"hòa bình\"|\"hoa binh\"|\"hòa binh\"|tin|section:hòa|section:\"hoa tin\"|source:so-tttt|source:a|30/2020/ND-CP|30/2020|after:2020-05-2[0-9]|before:2020-0[4-6]-2[0-9])\\)?( | OR )){1,4}tin",
            day in 0i64..80,
        ) {
            let first = NaiveDate::from_ymd_opt(2020, 4, 1).expect("a day");
            let item = item(&title, &section, &text, first + chrono::TimeDelta::days(day));
            if Query::parse(&query).is_ok() {
                prop_assert_eq!(check(&item, &query), Ok(()));
            }
        }

        #[test]
        fn a_span_of_days_holds_its_days_and_no_other(first in 0u32..200, length in 0u32..3_000, day in 0u32..3_300) {
            let (first, day) = (first + 737_000, day + 737_000);
            let words: HashSet<String> =
                (0..DAY_DIGITS).map(|digits| day_word(digits, day >> (2 * digits))).collect();
            let within = (first..=first + length).contains(&day);
            prop_assert_eq!(finds(&days(first, first + length), &words), within);
            prop_assert_eq!(finds(&days(first, LAST_DAY), &words), day >= first);
            prop_assert_eq!(finds(&days(0, first), &words), day <= first);
        }
    }
}
