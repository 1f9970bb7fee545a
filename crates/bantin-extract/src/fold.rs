//! Vietnamese letters: what makes two spellings the same word. [`fold`] takes the accents off, [`tone_canon`] moves a
//! tone to the one place where we keep it, [`syllables`] cuts a text into what queries compare.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words of a generation whose forms are remembered (some two megabytes), and the bytes of the longest of them.
const REMEMBERED: usize = 16_384;
const REMEMBERED_BYTES: usize = 24;

/// Without accents and in lower case: "Ðông Hà" gives "dong ha". NFC, NFD, marks dropped, đ made d, lower case.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // A second round: some letters get a mark of their own only when they become lower case.
    unmarked(&unmarked(text).to_lowercase())
}

fn unmarked(text: &str) -> String {
    text.nfc().nfd().filter(|c| !is_combining_mark(*c)).map(plain_d).collect()
}

fn plain_d(c: char) -> char {
    match c {
        'đ' | '\u{F0}' | '\u{256}' => 'd',
        // U+00D0 Eth and U+0189 look like Đ and are typed for it.
        'Đ' | '\u{D0}' | '\u{189}' => 'D',
        _ => c,
    }
}

/// Lower case, NFC.
pub fn lower(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}

/// Upper case, NFC.
pub fn upper(text: &str) -> String {
    text.to_uppercase().nfc().collect()
}

/// For names in addresses: "Cồn Cỏ" gives "con-co". Lower-case ASCII letters, digits and single hyphens.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in fold(text).chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// The same text with every tone where we keep it: hoà becomes hòa, qúy becomes quý, thuỳên becomes thuyền. NFC, case
/// kept, Eth made Đ. What is no Vietnamese syllable stays as it is.
pub fn tone_canon(text: &str) -> String {
    let text: String = text.nfc().map(true_d).collect();
    let mut canon = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        // A mark that no letter took up still counts: two tones make no syllable.
        let is_letter = |c: char| c.is_alphabetic() || is_combining_mark(c);
        let letters = is_letter(c);
        let end = rest.find(|c| is_letter(c) != letters).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match letters.then(|| replaced_tone(run)).flatten() {
            Some(moved) => canon.push_str(&moved),
            None => canon.push_str(run),
        }
        rest = after;
    }
    canon
}

/// Whether two texts differ in nothing but case and the place of tones.
pub fn tone_equal(one: &str, other: &str) -> bool {
    exact(one) == exact(other)
}

/// What a word typed with accents is compared by.
fn exact(text: &str) -> String {
    lower(&tone_canon(text))
}

fn true_d(c: char) -> char {
    match c {
        '\u{D0}' | '\u{189}' => 'Đ',
        '\u{F0}' | '\u{256}' => 'đ',
        _ => c,
    }
}

const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// The syllable with its one tone moved to its place; None when it has none or more, or is no Vietnamese syllable.
fn replaced_tone(syllable: &str) -> Option<String> {
    // The longest, "nghiêng", has seven letters.
    if syllable.is_ascii() || syllable.chars().count() > 8 {
        return None;
    }
    let mut tone = None;
    let mut bare = String::with_capacity(syllable.len());
    for c in syllable.nfd() {
        if TONES.contains(&c) {
            if tone.replace(c).is_some() {
                return None;
            }
        } else {
            bare.push(c);
        }
    }
    let tone = tone?;
    let letters: Vec<char> = bare.nfc().collect();
    let place = tone_place(&letters)?;
    let mut moved = String::with_capacity(syllable.len() + 2);
    for (i, letter) in letters.iter().enumerate() {
        moved.push(*letter);
        if i == place {
            moved.push(tone);
        }
    }
    Some(moved.nfc().collect())
}

/// Which letter of a toneless syllable carries the tone; None when the letters make no Vietnamese syllable. The old
/// style for open oa, oe, uy (hòa, khỏe, thủy): it is the commoner one by far.
fn tone_place(letters: &[char]) -> Option<usize> {
    let lower: Vec<char> = letters.iter().flat_map(|c| c.to_lowercase()).collect();
    if lower.len() != letters.len() {
        return None;
    }
    let (start, vowels, coda) = rhyme(&lower)?;
    let nucleus = &lower[start..start + vowels];
    // A letter with a hat, a horn or a breve draws the tone; of ươ the second.
    let marked = nucleus.iter().rposition(|c| "ăâêôơư".contains(*c));
    let within = match (marked, nucleus.len()) {
        (Some(place), 1..=3) => place,
        (None, 1) => 0,
        (None, 2) if coda.is_empty() => 0,
        (None, 2 | 3) => 1,
        _ => return None,
    };
    Some(start + within)
}

/// Where the vowels of a toneless syllable in lower case begin, how many they are, and what closes it; None when the
/// consonants are none of a Vietnamese syllable.
fn rhyme(lower: &[char]) -> Option<(usize, usize, String)> {
    let is_vowel = |c: &char| "aăâeêioôơuưy".contains(*c);
    let mut start = lower.iter().position(is_vowel)?;
    let next_is_vowel = lower.get(start + 1).is_some_and(is_vowel);
    // The u of "qu" and the i of "gi" belong to the consonant when a vowel follows.
    let swallowed = matches!((&lower[..start], lower[start]), (['q'], 'u') | (['g'], 'i'));
    if swallowed && next_is_vowel {
        start += 1;
    }
    let vowels = lower[start..].iter().take_while(|c| is_vowel(c)).count();
    let onset: String = lower[..start].iter().collect();
    let coda: String = lower[start + vowels..].iter().collect();
    const ONSETS: [&str; 28] = [
        "", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh",
        "nh", "p", "ph", "qu", "r", "s", "t", "th", "tr", "v", "x",
    ];
    const CODAS: [&str; 9] = ["", "c", "ch", "m", "n", "ng", "nh", "p", "t"];
    let fits = ONSETS.contains(&onset.as_str()) && CODAS.contains(&coda.as_str());
    fits.then_some((start, vowels, coda))
}

/// Whether a word could be a Vietnamese syllable: its consonants, its vowels, its one tone, and its capitals (none, the
/// first or all).
pub fn is_syllable(word: &str) -> bool {
    const NUCLEI: [&str; 55] = [
        "a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y", "ai", "ao", "au", "ay", "âu",
        "ây", "eo", "êu", "ia", "iê", "iu", "oa", "oă", "oe", "oi", "oo", "ôi", "ơi", "ua", "uâ",
        "uê", "ui", "uô", "uơ", "uy", "ưa", "ưi", "ươ", "ưu", "yê", "iêu", "oai", "oao", "oay",
        "oeo", "uây", "uôi", "uya", "uyê", "uyu", "ươi", "ươu", "yêu",
    ];
    if word.chars().count() > 8 {
        return false;
    }
    let mut capitals = word.chars().map(char::is_uppercase);
    let first = capitals.next().unwrap_or_default();
    let others: Vec<bool> = capitals.collect();
    if others.iter().any(|capital| *capital != others[0]) || others.first() == Some(&true) && !first
    {
        return false;
    }
    let mut tone = None;
    let mut bare = String::with_capacity(word.len());
    for c in word.to_lowercase().nfd() {
        if TONES.contains(&c) {
            if tone.replace(c).is_some() {
                return false;
            }
        } else {
            bare.push(c);
        }
    }
    let letters: Vec<char> = bare.nfc().collect();
    let Some((start, vowels, coda)) = rhyme(&letters) else { return false };
    let nucleus: String = letters[start..start + vowels].iter().collect();
    // A syllable that a stop closes has one of two tones.
    let is_stopped = matches!(coda.as_str(), "c" | "ch" | "p" | "t");
    NUCLEI.contains(&nucleus.as_str())
        && (!is_stopped || matches!(tone, Some('\u{301}' | '\u{323}')))
}

/// A word of a text or of a query, in the two forms that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syllable {
    /// Lower case, NFC, tone in its place.
    pub exact: Arc<str>,
    pub folded: Arc<str>,
}

impl Syllable {
    /// Whether it was written with accents; đ is one.
    pub fn is_accented(&self) -> bool {
        !Arc::ptr_eq(&self.exact, &self.folded) && self.exact != self.folded
    }

    /// Of a word in NFC.
    fn of(word: &str) -> Self {
        if word.is_ascii() {
            let lower: Arc<str> = word.to_ascii_lowercase().into();
            return Syllable { exact: lower.clone(), folded: lower };
        }
        Syllable { exact: exact(word).into(), folded: fold(word).into() }
    }
}

/// The words of a text: runs of letters and digits. Invisible characters inside a word do not cut it.
pub fn syllables(text: &str) -> Vec<Syllable> {
    let mut syllables = Vec::new();
    for (_, run) in runs(text) {
        syllables.extend(syllable(run));
    }
    syllables
}

/// The stretches of a text that may be words, each with its place in bytes.
pub fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let letters: &[Letter; _] = &LETTERS;
    std::iter::from_fn(move || {
        let begin = passed(text, at, false, letters);
        at = passed(text, begin, true, letters);
        (begin < at).then(|| (begin, &text[begin..at]))
    })
}

/// Returns the first place from `at` on where a word begins or ends.
fn passed(text: &str, mut at: usize, in_word: bool, letters: &[Letter; TABLED]) -> usize {
    let tail = |byte: u8| usize::from(byte & 0x3F);
    while at < text.len() {
        // The characters of the table have up to three bytes (RFC 3629 §3).
        let (code, length) = match text.as_bytes()[at..] {
            [one @ 0..=0x7F, ..] => (usize::from(one), 1),
            [one @ 0..=0xDF, two, ..] => (usize::from(one & 0x1F) << 6 | tail(two), 2),
            [0xE1, two, three, ..] => (0x1000 | tail(two) << 6 | tail(three), 3),
            _ => {
                let c = text[at..].chars().next().expect("there is a byte");
                (c as usize, c.len_utf8())
            }
        };
        let is_in_word = match letters.get(code) {
            Some(letter) => *letter != Letter::NONE,
            None => char::from_u32(code as u32).is_some_and(may_be_in_word),
        };
        if is_in_word != in_word {
            break;
        }
        at += length;
    }
    at
}

/// Whether a run may be the word that is `folded` without its accents; it surely is not where this says no.
pub fn may_fold_to(run: &str, folded: &str) -> bool {
    let letters: &[Letter; _] = &LETTERS;
    let mut rest = folded.bytes();
    for c in run.chars() {
        match letters.get(c as usize).copied().unwrap_or(Letter::OTHER) {
            Letter::OTHER => return true,
            Letter::MARK => {}
            Letter(plain) if rest.next() == Some(plain) => {}
            Letter(_) => return false,
        }
    }
    rest.next().is_none()
}

/// The word that a run is; None when nothing in it can be seen. Its forms are remembered: Vietnamese has some seven thousand
/// syllables, and a text has each of its own many times.
pub fn syllable(run: &str) -> Option<Syllable> {
    static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);
    let old = {
        let known = KNOWN.read().expect("no one panics while holding words");
        if let Some(syllable) = known.new.get(run) {
            return Some(syllable.clone());
        }
        known.old.get(run).cloned()
    };
    let made = || {
        let word: String = run.nfc().filter(|c| !is_invisible(*c)).collect();
        word.contains(char::is_alphanumeric).then(|| Syllable::of(&word))
    };
    let syllable = old.or_else(made)?;
    if run.len() <= REMEMBERED_BYTES {
        KNOWN.write().expect("no one panics while holding words").keep(run, &syllable);
    }
    Some(syllable)
}

/// A cache of words and their forms in two generations. When the new one is full it becomes the old
/// one. A word that is asked for again moves on; others are dropped with the old generation.
#[derive(Default)]
struct Known {
    new: HashMap<Box<str>, Syllable>,
    old: HashMap<Box<str>, Syllable>,
}

impl Known {
    fn keep(&mut self, run: &str, syllable: &Syllable) {
        if self.new.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(run.into(), syllable.clone());
    }
}

/// What a character is in a word: the ASCII letter or digit that [`fold`] makes of it, or one of the others.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Letter(u8);

impl Letter {
    /// No part of any word.
    const NONE: Letter = Letter(0);
    /// Nothing is left of it.
    const MARK: Letter = Letter(1);
    /// More than one, or none of ASCII.
    const OTHER: Letter = Letter(2);
}

/// The characters below this, of the scripts at hand, are looked up in [`LETTERS`].
const TABLED: usize = 0x2000;

/// The tables of the standard library and of Unicode's marks are slow to ask of every letter of a text.
static LETTERS: LazyLock<Box<[Letter; TABLED]>> = LazyLock::new(|| {
    let mut letters = Box::new([Letter::NONE; TABLED]);
    for (letter, c) in letters.iter_mut().zip('\0'..) {
        if !may_be_in_word(c) {
            continue;
        }
        *letter = match fold(c.encode_utf8(&mut [0; 4])).as_bytes() {
            _ if is_invisible(c) => Letter::MARK,
            [] => Letter::MARK,
            [plain] => Letter(*plain),
            _ => Letter::OTHER,
        };
    }
    letters
});

fn may_be_in_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || is_invisible(c)
}

/// What takes no room inside a word.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(rule: fn(&str) -> String, pairs: &[(&str, &str)]) {
        for (given, wanted) in pairs {
            assert_eq!(rule(given), *wanted, "of {given:?}");
        }
    }

    #[test]
    fn folding_takes_every_accent_off_and_makes_every_d_plain() {
        check(
            fold,
            &[
                ("ĐẮK LẮK", "dak lak"),
                ("\u{D0}ông Hà", "dong ha"),
                ("Thu\u{31B}\u{301} Sa\u{301}u", "thu sau"),
                ("Nghị định 30/2020/NĐ-CP", "nghi dinh 30/2020/nd-cp"),
                ("ưỡng ẵm ợ ỵ", "uong am o y"),
                ("İstanbul ẞ", "istanbul ß"),
            ],
        );
    }

    #[test]
    fn a_tone_goes_to_the_one_place_where_we_keep_it() {
        check(
            tone_canon,
            &[
                ("hoà HOÀ Hoà", "hòa HÒA Hòa"),
                ("khoẻ, thuý; huỷ-bỏ", "khỏe, thúy; hủy-bỏ"),
                ("qúy qùa gìa gỉơ", "quý quà già giở"),
                ("thuỳên nguỹên tóan chúôi", "thuyền nguyễn toán chuối"),
                ("ngòai khủyu xóay", "ngoài khuỷu xoáy"),
                ("Uỷ ban nhân dân", "Ủy ban nhân dân"),
            ],
        );
    }

    #[test]
    fn a_syllable_is_told_from_what_only_looks_like_one() {
        for word in "Quảng TRỊ người nghiêng giếng gì quý khuỷu oăng ý".split(' ') {
            assert!(is_syllable(word), "{word}");
        }
        for word in "été lỔ Vieọt bảt prộ cafộ thĩch hạá fỹr straße quÊ".split(' ')
        {
            assert!(!is_syllable(word), "{word}");
        }
    }

    #[test]
    fn what_is_right_already_or_not_vietnamese_stays() {
        let kept = "người giữa hoàn giếng gì gìn quốc của mía mùa khuya nghiêng Müller café \
                    naïve Zürich résumé Łódź ngữ nghĩa tuýt huých quýt";
        check(tone_canon, &[(kept, kept)]);
    }

    #[test]
    fn words_are_cut_at_everything_but_letters_digits_and_the_invisible() {
        let cut = |text: &str| {
            let words: Vec<_> = syllables(text).into_iter().map(|s| s.exact.to_string()).collect();
            words.join("|")
        };
        check(
            |text| syllables(text).into_iter().map(|s| s.exact).collect::<Vec<_>>().join("|"),
            &[
                ("Sở TT&TT: 17/NQ-CP", "sở|tt|tt|17|nq|cp"),
                ("Quảng\u{200B}Trị mềm\u{AD}mại", "quảngtrị|mềmmại"),
                (" \u{301}… — ", ""),
            ],
        );
        assert_eq!(cut("Hoà\nbình"), "hòa|bình");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_moved_tone_stays_where_it_was_put(text in "[a-zA-ZàáảãạăắâấêếôốơớưứđĐ \u{300}\u{301}\u{323}]{0,20}") {
            let once = tone_canon(&text);
            prop_assert_eq!(tone_canon(&once), once.clone());
            prop_assert_eq!(fold(&once), fold(&text));
        }

        #[test]
        fn words_are_what_they_are_by_definition(
            text in prop_oneof![any::<String>(), "[a-cÂẤấđĐ1 .,/\u{AD}\u{200B}\u{300}\u{301}\u{323}Ⅷ·ʹʹ]{0,30}"],
        ) {
            // Some notes of music come apart into a sign and a mark, which would begin a word.
            prop_assume!(text.chars().all(|c| may_be_in_word(c) || !c.nfc().any(may_be_in_word)));
            let clean: String = text.nfc().filter(|c| !is_invisible(*c)).collect();
            let words = clean.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
            let words = words.filter(|word| word.contains(char::is_alphanumeric));
            let wanted: Vec<Syllable> = words.map(Syllable::of).collect();
            prop_assert_eq!(syllables(&text), wanted);
        }

        #[test]
        fn any_text_is_cut_without_a_panic(text in any::<String>()) {
            for syllable in syllables(&text) {
                prop_assert!(!syllable.exact.is_empty());
            }
            slug(&text);
        }
    }
}
