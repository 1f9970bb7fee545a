//! The grammar of symbols: `17/NQ-CP`, `30/2020/NĐ-CP`, `24/2018/QH14`, `1234/UBND-VX`, `52-NQ/TW`; and their one form.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::around::{Before, Cue};
use super::names::{ISSUERS, KINDS};
use crate::text::fold;

/// A symbol found in a text.
#[derive(Debug)]
pub struct Symbol {
    pub number: String,
    pub year: Option<i32>,
    /// Everything after the number, with the mark that begins it: "/2020/NĐ-CP".
    pub tail: String,
    /// The place in the text after its last letter.
    pub end: usize,
    /// The kind in words, by the abbreviation.
    pub kind: Option<&'static str>,
    pub issuer: Option<&'static str>,
    /// A law, an ordinance or a resolution: the symbol does not say which.
    pub is_of_the_assembly: bool,
}

/// Registers of one office do not reach a million in a year.
const NUMBER_DIGITS: usize = 6;

/// The longest abbreviation, "BNN&PTNT-TCLN" apart, has eight letters; a run of more is no abbreviation.
const PART_LETTERS: usize = 16;

/// Whether a symbol could begin with these digits, at a glance.
pub fn may_begin(letters: &[char], at: usize, digits: usize) -> bool {
    let behind = &letters[at + digits..];
    let mark = |c: &char| matches!(c, '/' | '-');
    let rest = match behind {
        [a, rest @ ..] if mark(a) => rest,
        [' ', a, rest @ ..] if mark(a) => rest,
        [letter, a, rest @ ..] if letter.is_ascii_lowercase() && mark(a) => rest,
        ['.', digit, ..] => return digit.is_ascii_digit() && !is_inside_something(&letters[..at]),
        _ => return false,
    };
    // A year and a mark, or a letter: most numbers with a slash are dates and fractions, and end here.
    let begins = match rest.strip_prefix(&[' ']).unwrap_or(rest) {
        [a, b, c, d, e, ..] if [a, b, c, d].iter().all(|c| c.is_ascii_digit()) => {
            mark(e) || *e == ' '
        }
        ['8' | '9', b, c, ..] if b.is_ascii_digit() => mark(c) || *c == ' ',
        [letter, ..] => letter.is_alphabetic(),
        [] => false,
    };
    begins && !is_inside_something(&letters[..at])
}

/// Returns whether the characters right before a number make it a part of something else: a word, a
/// date, an address.
fn is_inside_something(before: &[char]) -> bool {
    match before {
        [.., a, '/' | '-' | '_' | '+' | '~' | '@'] => a.is_alphanumeric(),
        [.., a, '.' | ':'] => a.is_ascii_digit(),
        [.., '=' | '#' | '\\'] => true,
        [.., last] => last.is_alphanumeric(),
        [] => false,
    }
}

/// The symbol that begins with the number at this place.
pub fn at(letters: &[char], at: usize, before: &Before) -> Option<Symbol> {
    let mut reader = SymbolReader { letters, at };
    let number = reader.number()?;
    let party = SymbolReader { letters, at: reader.at }.mark('-', true).is_some();
    let mut symbol = if party { reader.of_the_party(before) } else { reader.of_the_state(before) }?;
    symbol.number = number;
    Some(symbol)
}

/// An abbreviation as the text writes it.
struct AbbreviationSpan {
    text: String,
    /// Upper case as abbreviations are written; otherwise it only counts when it is a known one.
    is_upper: bool,
}

impl AbbreviationSpan {
    fn kind(&self) -> Option<(&'static str, Option<&'static str>)> {
        let kind = known(&KIND_NAMES, &self.text)?;
        (kind.0.len() > 1 || self.is_upper).then_some(kind)
    }

    /// Returns the abbreviation and name of an issuer. A number after it is that of an assembly's
    /// term or of a unit.
    fn issuer(&self) -> Option<(String, Option<&'static str>)> {
        let name = self.text.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = &self.text[name.len()..];
        let (short, long) = known(&ISSUER_NAMES, name)?;
        Some((format!("{short}{number}"), long))
    }

    /// As it is written in a symbol: a known issuer by its own letters, others in upper case.
    fn written(&self) -> String {
        match self.issuer() {
            Some((short, _)) => short,
            None => self.upper(),
        }
    }

    fn upper(&self) -> String {
        let upper = if self.is_upper { self.text.clone() } else { self.text.to_uppercase() };
        // Newspapers abbreviate "Trung ương" with its accent; the Party's own symbols have none.
        match upper.strip_suffix("TƯ") {
            Some(front) => format!("{front}TW"),
            None => upper,
        }
    }

    /// Its issuer's name where it has one meaning, also with "&" between the parts of a ministry's name.
    fn issuer_name(&self) -> Option<&'static str> {
        let joined = self.text.replace('&', "");
        AbbreviationSpan { text: joined, is_upper: self.is_upper }.issuer()?.1
    }

    /// Whether offices begin like this: UBND, HĐND, VP…, B… for ministries and boards, S… for departments.
    fn is_of_an_office(&self) -> bool {
        let folded = fold(&self.text);
        let begins = ["ubnd", "hdnd", "vp", "tct", "cuc", "bc", "ban"];
        self.issuer().is_some()
            || self.is_upper && begins.iter().any(|start| folded.starts_with(start))
            || self.is_upper && matches!(folded.as_bytes(), [b'b' | b's', _, _, ..])
    }
}

type Abbreviations = HashMap<String, (&'static str, Option<&'static str>)>;

/// By lower case letters and, where nothing else has these, without accents.
fn names(table: &[(&'static str, Option<&'static str>)]) -> Abbreviations {
    let mut names = Abbreviations::new();
    for (short, long) in table {
        names.insert(short.to_lowercase(), (*short, *long));
    }
    for (short, long) in table {
        names.entry(fold(short)).or_insert((*short, *long));
    }
    names
}

static KIND_NAMES: LazyLock<Abbreviations> = LazyLock::new(|| names(KINDS));
static ISSUER_NAMES: LazyLock<Abbreviations> = LazyLock::new(|| names(ISSUERS));

fn known(names: &Abbreviations, text: &str) -> Option<(&'static str, Option<&'static str>)> {
    let lower = text.to_lowercase();
    // "TƯ" is the centre; without its accent it would be a province's committee.
    if lower == "tư" {
        return names.get("tw").copied();
    }
    names.get(&lower).copied()
}

struct SymbolReader<'a> {
    letters: &'a [char],
    at: usize,
}

impl SymbolReader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn digits(&self, ahead: usize) -> usize {
        self.letters[self.at + ahead..].iter().take(8).take_while(|c| c.is_ascii_digit()).count()
    }

    /// `17`, `30a`; `1.234` as 1234.
    fn number(&mut self) -> Option<String> {
        let digits = self.digits(0);
        if digits > NUMBER_DIGITS {
            return None;
        }
        let mut number: String = self.letters[self.at..self.at + digits].iter().collect();
        self.at += digits;
        while self.peek(0) == Some('.') && digits <= 3 && self.digits(1) == 3 {
            number.extend(&self.letters[self.at + 1..self.at + 4]);
            self.at += 4;
        }
        if let Some(letter @ 'a'..='h') = self.peek(0)
            && matches!(self.peek(1), Some('/' | '-'))
        {
            number.push(letter);
            self.at += 1;
        }
        (number.len() <= NUMBER_DIGITS + 1).then_some(number)
    }

    /// Reads a mark, with a blank on either side where that is allowed, and moves past it.
    fn mark(&mut self, wanted: char, blanks: bool) -> Option<char> {
        let mut at = self.at;
        if blanks && self.letters.get(at) == Some(&' ') {
            at += 1;
        }
        if self.letters.get(at) != Some(&wanted) {
            return None;
        }
        at += 1;
        if blanks && self.letters.get(at) == Some(&' ') {
            at += 1;
        }
        self.at = at;
        Some(wanted)
    }

    fn any_mark(&mut self, blanks: bool) -> Option<char> {
        self.mark('-', blanks).or_else(|| self.mark('/', false))
    }

    /// An abbreviation: letters, "&" between them, digits at the end.
    fn part(&mut self) -> Option<AbbreviationSpan> {
        let run = self.letters[self.at..]
            .iter()
            .take(PART_LETTERS + 1)
            .take_while(|c| c.is_alphanumeric() || **c == '&')
            .count();
        let run_letters = &self.letters[self.at..self.at + run];
        if run == 0 || run > PART_LETTERS || run_letters.last() == Some(&'&') {
            return None;
        }
        let text: String = run_letters.iter().collect();
        let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let fits = |c: char| c.is_ascii_alphabetic() || matches!(c, '&' | 'Đ' | 'đ' | 'Ư' | 'ư');
        if letters.is_empty() || text.len() - letters.len() > 2 || !letters.chars().all(fits) {
            return None;
        }
        let is_lower = |c: &char| c.is_lowercase();
        // "TTg" and "CTr" have one small letter at a time; words have more, unless nothing at all is in capitals.
        let is_word = run_letters.windows(2).any(|pair| pair.iter().all(is_lower));
        let is_upper = !is_word && !is_lower(&run_letters[0]);
        if is_word && run_letters.iter().any(|c| c.is_uppercase()) {
            return None;
        }
        self.at += run;
        Some(AbbreviationSpan { text, is_upper })
    }

    /// Reads the part after a mark. Moves nowhere where there is none that can be trusted.
    fn next_part(&mut self, mark: Option<char>, blanks: bool) -> Option<(char, AbbreviationSpan)> {
        let start = self.at;
        let found = match mark {
            Some(mark) => self.mark(mark, blanks),
            None => self.any_mark(blanks),
        };
        let part = found.and_then(|mark| Some((mark, self.part()?)));
        let part = part.filter(|(_, part)| part.is_upper || part.issuer().is_some());
        if part.is_none() {
            self.at = start;
        }
        part
    }

    /// `/2020`, or `/97` of the last years in which two digits were enough.
    fn year(&mut self) -> Option<(i32, String)> {
        let start = self.at;
        self.mark('/', true)?;
        let digits = self.digits(0);
        let text: String = self.letters[self.at..self.at + digits].iter().collect();
        let year = match (digits, text.parse::<i32>()) {
            (4, Ok(year)) if (1945..2100).contains(&year) => Some(year),
            (2, Ok(year)) if (86..=99).contains(&year) => Some(1900 + year),
            _ => None,
        };
        self.at += digits;
        let goes_on = SymbolReader { letters: self.letters, at: self.at }.any_mark(true).is_some()
            || SymbolReader { letters: self.letters, at: self.at }.mark('/', true).is_some();
        match year.filter(|_| goes_on) {
            Some(year) => Some((year, text)),
            None => {
                self.at = start;
                None
            }
        }
    }

    /// Reads what follows the number of a state document.
    fn of_the_state(mut self, before: &Before) -> Option<Symbol> {
        let year = self.year();
        let mut tail = year.as_ref().map_or(String::new(), |(_, text)| format!("/{text}"));
        self.mark('/', true).or_else(|| self.mark('-', true).filter(|_| year.is_some()))?;
        let first = self.part()?;
        let year = year.map(|(year, _)| year);
        if year.is_some()
            && let Some(assembly) = self.assembly(&first)
        {
            tail.push_str(&format!("/{assembly}"));
            let issuer = first.issuer_name();
            return Some(self.symbol(year, tail, None, issuer, true));
        }
        match first.kind() {
            Some((short, long)) => {
                tail.push_str(&format!("/{short}"));
                let office = self.next_part(None, true);
                let Some((mark, office)) =
                    office.filter(|(_, office)| first.is_upper || office.issuer().is_some())
                else {
                    // "Kế hoạch số 22/KH": only where the words say it is one.
                    let told = before.kind.is_some() && short.len() > 1 && first.is_upper;
                    return told.then(|| self.symbol(year, tail, long, None, false));
                };
                tail.push(mark);
                tail.push_str(&office.written());
                let of_several = matches!(short, "TTLT" | "NQLT" | "KHLT" | "HDLT");
                let issuer = office.issuer_name().filter(|_| !of_several);
                self.further_parts(&mut tail, of_several);
                Some(self.symbol(year, tail, long, issuer, false))
            }
            None => {
                tail.push_str(&format!("/{}", first.written()));
                let issuer = first.issuer_name();
                if self.next_part(Some('-'), before.cue == Cue::Kind).is_none_or(|(_, unit)| {
                    tail.push_str(&format!("-{}", unit.upper()));
                    false
                }) {
                    // "Nghị định 63/CP", as they were numbered until the nineties.
                    let told = before.cue == Cue::Kind && first.issuer().is_some();
                    return told.then(|| self.symbol(year, tail, None, issuer, false));
                }
                let letters = first.text.chars().count();
                let believed = match before.cue {
                    Cue::Kind => first.is_upper || first.issuer().is_some(),
                    Cue::Number => first.is_of_an_office() || first.is_upper && letters >= 3,
                    Cue::None => first.is_of_an_office() || year.is_some() && first.is_upper,
                };
                self.further_parts(&mut tail, false);
                let kind = if year.is_none() { Some("Công văn") } else { None };
                (believed && letters >= 2).then(|| self.symbol(year, tail, kind, issuer, false))
            }
        }
    }

    /// `QH14`, `UBTVQH14`, also with a blank before the number of the term.
    fn assembly(&mut self, part: &AbbreviationSpan) -> Option<String> {
        let (short, _) = part.issuer()?;
        let base = short.trim_end_matches(|c: char| c.is_ascii_digit());
        if !matches!(base, "QH" | "UBTVQH" | "HĐNN") {
            return None;
        }
        let term = if self.peek(0) == Some(' ') { self.digits(1) } else { 0 };
        let is_term = base == short
            && (1..=2).contains(&term)
            && !matches!(self.peek(1 + term), Some('/' | '.' | '-' | '%'))
            && self.peek(1 + term).is_none_or(|c| !c.is_alphanumeric());
        if !is_term {
            return Some(short);
        }
        let digits: String = self.letters[self.at + 1..self.at + 1 + term].iter().collect();
        self.at += 1 + term;
        Some(format!("{base}{digits}"))
    }

    /// Reads what follows the number of a document of the Party, or of the state in former times.
    fn of_the_party(mut self, before: &Before) -> Option<Symbol> {
        self.mark('-', true)?;
        let first = self.part()?;
        let Some((short, long)) = first.kind() else {
            let (issuer, name) = first.issuer()?;
            let alone = self.any_mark(false).is_none();
            return (alone && before.cue == Cue::Kind && first.is_upper)
                .then(|| self.symbol(None, format!("-{issuer}"), None, name, false));
        };
        let (_, office) = self.next_part(Some('/'), true)?;
        if !first.is_upper && office.issuer().is_none() {
            return None;
        }
        let mut tail = format!("-{short}/{}", office.written());
        self.further_parts(&mut tail, false);
        // With the Party, QĐ is a decision or a regulation, and BCT its Politburo.
        let kind = long.filter(|_| short != "QĐ");
        let issuer = office.issuer_name().filter(|_| tail.contains("TW"));
        Some(self.symbol(None, tail, kind, issuer, false))
    }

    /// What follows the office: its unit, or the other ministries of a joint document.
    fn further_parts(&mut self, tail: &mut String, of_several: bool) {
        for _ in 0..8 {
            let start = self.at;
            let glued = self.next_part(None, false).or_else(|| {
                let spaced = self.next_part(Some('-'), of_several)?;
                spaced.1.issuer().is_some().then_some(spaced)
            });
            match glued {
                Some((mark, part)) => {
                    tail.push(mark);
                    tail.push_str(&if of_several { part.written() } else { part.upper() });
                }
                None => {
                    self.at = start;
                    break;
                }
            }
        }
    }

    fn symbol(
        &self,
        year: Option<i32>,
        tail: String,
        kind: Option<&'static str>,
        issuer: Option<&'static str>,
        is_of_the_assembly: bool,
    ) -> Symbol {
        let (number, end) = (String::new(), self.at);
        Symbol { number, year, tail, end, kind, issuer, is_of_the_assembly }
    }
}
