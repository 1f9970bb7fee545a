//! The words around a symbol: what announces it, and the day and the issuer after it.

use std::sync::LazyLock;

use chrono::NaiveDate;

use super::folded;
use super::names::{FIELDS, ISSUER_HEADS, WORDS};

/// How far the words about a symbol are looked for, in letters.
const REACH: usize = 200;

/// More numbers than these do not share one symbol.
const SHARED: usize = 40;

/// What speaks for a symbol before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    None,
    /// "số".
    Number,
    /// "Nghị quyết", "Công văn số", "văn bản".
    Kind,
}

/// The words before a number.
#[derive(Debug)]
pub struct Before {
    pub cue: Cue,
    pub kind: Option<&'static str>,
    /// The words before the number, folded.
    words: Vec<char>,
    /// Numbers that have the same symbol: the 12 of "các Quyết định số 12, 13/QĐ-UBND".
    pub shared: Vec<String>,
}

static KINDS: LazyLock<Vec<(Vec<char>, Option<&'static str>)>> = LazyLock::new(|| {
    WORDS.iter().map(|(word, kind)| (folded(&word.chars().collect::<Vec<_>>()), *kind)).collect()
});

static HEADS: LazyLock<Vec<(Vec<char>, bool)>> = LazyLock::new(|| {
    let letters = |word: &str| folded(&word.chars().collect::<Vec<_>>());
    let heads = ISSUER_HEADS.iter().map(|(head, place)| (letters(head), *place));
    let fields = FIELDS.iter().flat_map(|field| {
        ["bộ trưởng bộ", "bộ", "giám đốc sở", "sở"]
            .map(|head| (letters(&format!("{head} {field}")), head.ends_with("sở")))
    });
    heads.chain(fields).collect()
});

impl Before {
    pub fn of(letters: &[char], at: usize) -> Self {
        let words = folded(&letters[at.saturating_sub(REACH)..at]);
        let mut rest = trimmed(&words);
        let mut shared = Vec::new();
        while let Some((number, before)) = shared_number(rest).filter(|_| shared.len() < SHARED) {
            shared.push(number);
            rest = before;
        }
        shared.reverse();
        let numbered = strip_word(rest, "so");
        rest = trimmed(numbered.unwrap_or(rest));
        let kind = KINDS.iter().find(|(word, _)| ends_in_word(rest, word));
        let cue = match (kind, numbered) {
            (Some(_), _) => Cue::Kind,
            (None, Some(_)) => Cue::Number,
            (None, None) => Cue::None,
        };
        if cue == Cue::None {
            shared.clear();
        }
        Before { cue, kind: kind.and_then(|(_, kind)| *kind), words: rest.to_vec(), shared }
    }
}

impl Before {
    /// "Luật" of "Luật An ninh mạng số": for symbols that do not say it themselves.
    pub fn law(&self) -> Option<&'static str> {
        law(&self.words)
    }
}

/// The nearest kind that the assembly passes, in the same sentence.
fn law(words: &[char]) -> Option<&'static str> {
    let sentence = words.iter().rposition(|c| matches!(c, ';' | '.' | ':')).map_or(0, |at| at + 1);
    (sentence..=words.len()).rev().find_map(|end| {
        let (_, kind) = KINDS.iter().find(|(word, _)| {
            ends_in_word(&words[sentence..end], word)
                && words.get(end).is_none_or(|c| !c.is_alphanumeric())
        })?;
        kind.filter(|kind| {
            matches!(*kind, "Luật" | "Bộ luật" | "Nghị quyết" | "Pháp lệnh" | "Lệnh")
        })
    })
}

/// Returns the words without the marks that may separate a word from its number.
fn trimmed(words: &[char]) -> &[char] {
    let end = words.iter().rposition(|c| !matches!(c, ' ' | ':' | '(' | '"' | '“' | '.'));
    &words[..end.map_or(0, |at| at + 1)]
}

fn ends_in_word(words: &[char], word: &[char]) -> bool {
    words.ends_with(word)
        && words[..words.len() - word.len()].last().is_none_or(|c| !c.is_alphanumeric())
}

fn strip_word<'a>(words: &'a [char], word: &str) -> Option<&'a [char]> {
    let word: Vec<char> = word.chars().collect();
    ends_in_word(words, &word).then(|| &words[..words.len() - word.len()])
}

/// A number at the end that a comma or "và" parts from the next one.
fn shared_number(words: &[char]) -> Option<(String, &[char])> {
    let before = match words {
        [front @ .., ','] | [front @ .., ',', ' '] => front,
        _ => strip_word(words, "va")?,
    };
    let before = trimmed(before);
    let digits = before.iter().rev().take(7).take_while(|c| c.is_ascii_digit()).count();
    let front = &before[..before.len() - digits];
    let stands_alone = front.last().is_none_or(|c| matches!(c, ' ' | ',' | ':'));
    ((1..=6).contains(&digits) && stands_alone)
        .then(|| (before[front.len()..].iter().collect(), trimmed(front)))
}

/// The words after a symbol.
#[derive(Debug, Default)]
pub struct Behind {
    pub date: Option<NaiveDate>,
    pub issuer: Option<String>,
}

impl Behind {
    pub fn of(letters: &[char], end: usize) -> Self {
        let text = &letters[end..letters.len().min(end + REACH)];
        let mut reader = ContextReader { text, folded: folded(text), at: 0 };
        let mut behind = Behind { date: reader.date(), issuer: reader.issuer() };
        if behind.date.is_none() {
            behind.date = reader.date();
        }
        behind
    }
}

struct ContextReader<'a> {
    text: &'a [char],
    folded: Vec<char>,
    at: usize,
}

impl ContextReader<'_> {
    fn skip(&mut self, marks: &[char]) -> bool {
        let start = self.at;
        while self.folded.get(self.at).is_some_and(|c| marks.contains(c)) {
            self.at += 1;
        }
        self.at > start
    }

    /// Moves past a word, if it begins and ends here.
    fn word(&mut self, word: &[char]) -> bool {
        let end = self.at + word.len();
        let is_here = self.folded[self.at..].starts_with(word)
            && self.folded.get(end).is_none_or(|c| !c.is_alphanumeric());
        if is_here {
            self.at = end;
        }
        is_here
    }

    fn words(&mut self, words: &str) -> bool {
        self.word(&words.chars().collect::<Vec<_>>())
    }

    fn number(&mut self, most: usize) -> Option<u32> {
        let digits = self.folded[self.at..].iter().take_while(|c| c.is_ascii_digit()).count();
        let text: String = self.folded[self.at..self.at + digits].iter().collect();
        self.at += digits;
        (1..=most).contains(&digits).then(|| text.parse().ok()).flatten()
    }

    /// Reads "ngày 7/3/2019", "(ký ban hành ngày 05 tháng 3 năm 2020", "(7/3/2019)". Moves nowhere
    /// where there is no date.
    fn date(&mut self) -> Option<NaiveDate> {
        let start = self.at;
        let date = self.date_here();
        if date.is_none() {
            self.at = start;
        }
        date
    }

    fn date_here(&mut self) -> Option<NaiveDate> {
        self.skip(&[' ', ',', '(', '-']);
        let in_brackets = self.at > 0 && self.folded[self.at - 1] == '(';
        for word in ["da", "duoc", "ky", "ban hanh", "de"] {
            if self.words(word) {
                self.skip(&[' ', ',']);
            }
        }
        let named = self.text.get(self.at..self.at + 4).is_some_and(|word| {
            // "Ngày" begins another sentence, which has its own day.
            matches!(word, ['n' | 'N', 'g' | 'G', 'à' | 'À' | 'a' | 'A', 'y' | 'Y'])
                && (word[0] == 'n' || word[3] == 'Y')
        });
        if named {
            self.at += 4;
            self.skip(&[' ', ':']);
        } else if !in_brackets {
            return None;
        }
        let day = self.number(2)?;
        self.separator("thang")?;
        let month = self.number(2)?;
        self.separator("nam")?;
        let digits = self.folded[self.at..].iter().take_while(|c| c.is_ascii_digit()).count();
        let year = match (digits, self.number(4)?) {
            (4, year) if (1945..2100).contains(&year) => year,
            (2, year) if year < 45 => 2000 + year,
            (2, year) => 1900 + year,
            _ => return None,
        };
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }

    /// A slash, full stop or hyphen, or the word.
    fn separator(&mut self, word: &str) -> Option<()> {
        self.skip(&[' ']);
        let mark = self.folded.get(self.at).is_some_and(|c| matches!(c, '/' | '.' | '-'));
        if mark {
            self.at += 1;
        } else if !self.words(word) {
            return None;
        }
        self.skip(&[' ']);
        Some(())
    }

    /// "của Chính phủ", "của UBND tỉnh Quảng Trị": the name as written.
    fn issuer(&mut self) -> Option<String> {
        let start = self.at;
        self.skip(&[' ', ',']);
        if !self.words("cua") || !self.skip(&[' ']) {
            self.at = start;
            return None;
        }
        let name = self.at;
        let Some((_, has_place)) = HEADS.iter().find(|(head, _)| self.word(head)) else {
            self.at = start;
            return None;
        };
        if *has_place {
            self.place();
        }
        Some(self.text[name..self.at].iter().collect())
    }

    /// "tỉnh Quảng Trị", "TP. Hồ Chí Minh", "huyện", "Quảng Trị".
    fn place(&mut self) {
        const LEVELS: [&str; 9] =
            ["thanh pho", "thi xa", "tinh", "huyen", "quan", "phuong", "xa", "tp", "thi tran"];
        let before = self.at;
        if !self.skip(&[' ']) {
            return;
        }
        let level = LEVELS.iter().any(|level| self.words(level));
        if level {
            self.skip(&['.']);
        } else {
            self.at = before;
        }
        for _ in 0..4 {
            let before = self.at;
            let capital =
                self.skip(&[' ']) && self.text.get(self.at).is_some_and(|c| c.is_uppercase());
            if !capital {
                self.at = before;
                return;
            }
            self.at += self.text[self.at..].iter().take_while(|c| c.is_alphanumeric()).count();
        }
    }
}
