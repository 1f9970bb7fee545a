//! The codes of Vietnamese text before Unicode, which no standard of the web knows: TCVN3 (the fonts `.VnTime`), VNI
//! (`VNI-Times`), VISCII (RFC 1456); and windows-1258, which it knows, but which pages seldom declare.
//!
//! Their pages say windows-1252 or nothing and look right only in their fonts, so a text is first read as windows-1252
//! (or was typed into a UTF-8 page as such letters). [`weigh`] asks how many of its accented words are syllables in each
//! reading. No list of words is needed: "Quảng" is a syllable, and "Qu¶ng", "Quaûng" and "Vieọt" are none, while of
//! French or German words nearly none become one.

use std::sync::LazyLock;

use encoding_rs::{WINDOWS_1252, WINDOWS_1258};

use crate::fold::is_syllable;
use crate::text::nfc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legacy {
    Tcvn3,
    Vni,
    Viscii,
    Windows1258,
}

/// A text is judged by so many of its letters.
const SAMPLE: usize = 1 << 19;

/// So many words must become syllables before a whole page is believed to be in another code. French has one such
/// word in ten at most.
const TELLING_WORDS: usize = 4;

/// The same where the page names a font of that code.
const TELLING_WORDS_WITH_FONT: usize = 1;

/// TCVN 5712:1993, VN3 with the capitals of VN1, from 0xA1 on. Below it pages have the quotes of windows-1252.
const TCVN3: &str = "ĂÂÊÔƠƯĐăâêôơưđẰ\u{300}\u{309}\u{303}\u{301}\u{323}àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò\
                     ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ";

/// RFC 1456 §2.2, from 0x80 on; six capitals are among the control codes.
const VISCII: &str = "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư\
                      àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ";
const VISCII_CONTROLS: [(char, char); 6] = [
    ('\u{2}', 'Ẳ'),
    ('\u{5}', 'Ẵ'),
    ('\u{6}', 'Ẫ'),
    ('\u{14}', 'Ỷ'),
    ('\u{19}', 'Ỹ'),
    ('\u{1e}', 'Ỵ'),
];

/// VNI: marks that follow their letter, in small letters.
const VNI_MARKS: [(char, &str); 17] = [
    ('ù', "\u{301}"),
    ('ø', "\u{300}"),
    ('û', "\u{309}"),
    ('õ', "\u{303}"),
    ('ï', "\u{323}"),
    ('â', "\u{302}"),
    ('á', "\u{302}\u{301}"),
    ('à', "\u{302}\u{300}"),
    ('å', "\u{302}\u{309}"),
    ('ã', "\u{302}\u{303}"),
    ('ä', "\u{302}\u{323}"),
    ('ê', "\u{306}"),
    ('é', "\u{306}\u{301}"),
    ('è', "\u{306}\u{300}"),
    ('ú', "\u{306}\u{309}"),
    ('ü', "\u{306}\u{303}"),
    ('ë', "\u{306}\u{323}"),
];

/// VNI: letters that are not combined with a mark.
const VNI_LETTERS: [(char, char); 18] = [
    ('ô', 'ơ'),
    ('ö', 'ư'),
    ('ñ', 'đ'),
    ('í', 'í'),
    ('ì', 'ì'),
    ('æ', 'ỉ'),
    ('ó', 'ĩ'),
    ('ò', 'ị'),
    ('î', 'ỵ'),
    ('Ô', 'Ơ'),
    ('Ö', 'Ư'),
    ('Ñ', 'Đ'),
    ('Í', 'Í'),
    ('Ì', 'Ì'),
    ('Æ', 'Ỉ'),
    ('Ó', 'Ĩ'),
    ('Ò', 'Ị'),
    ('Î', 'Ỵ'),
];

impl Legacy {
    const ALL: [Legacy; 4] = [Legacy::Tcvn3, Legacy::Vni, Legacy::Viscii, Legacy::Windows1258];

    /// By the names that pages and mail programs used; none of them is in the web's own list.
    pub fn for_label(label: &str) -> Option<Self> {
        let plain: String =
            label.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        match plain.as_str() {
            "viscii" | "csviscii" | "viscii111" | "xviscii" => Some(Legacy::Viscii),
            "tcvn" | "tcvn3" | "tcvn5712" | "tcvn57121" | "xviettcvn5712" | "xviettcvn" => {
                Some(Legacy::Tcvn3)
            }
            "vni" | "xvietvni" | "xvni" | "vniwindows" => Some(Legacy::Vni),
            _ => None,
        }
    }

    /// The text, which was read as windows-1252, in Unicode; NFC.
    pub fn to_unicode(self, text: &str) -> String {
        let converted = match self {
            Legacy::Tcvn3 => tcvn3(text),
            Legacy::Vni => vni(text),
            Legacy::Viscii => text.chars().map(viscii_letter).collect(),
            Legacy::Windows1258 => windows_1258(text),
        };
        nfc(converted)
    }

    /// Whether the page asks for a font in this code.
    fn has_font(self, lower: &str) -> bool {
        match self {
            // ".VnTime", ".VnArialH"; a domain ends after ".vn".
            Legacy::Tcvn3 => lower.match_indices(".vn").any(|(at, found)| {
                lower[at + found.len()..].starts_with(|c: char| c.is_ascii_lowercase())
            }),
            Legacy::Vni => lower.contains("vni-"),
            Legacy::Viscii => lower.contains("viscii"),
            Legacy::Windows1258 => false,
        }
    }
}

/// The code that makes Vietnamese of a text read as windows-1252; None where the text is what it seems to be.
pub fn weigh(text: &str) -> Option<Legacy> {
    let end = text.floor_char_boundary(SAMPLE);
    let lower = text[..end].to_ascii_lowercase();
    // Markup stays out: an address or a script has letters that no font shows.
    let sample = words_of(&text[..end]);
    let seeming = Score::of(&sample);
    if seeming.words == 0 {
        return None;
    }
    let read = Legacy::ALL.map(|legacy| (legacy, Score::of(&legacy.to_unicode(&sample))));
    let (legacy, best) =
        read.into_iter().max_by_key(|(_, score)| score.syllables * 1000 / (score.words + 1))?;
    let telling = if legacy.has_font(&lower) { TELLING_WORDS_WITH_FONT } else { TELLING_WORDS };
    // Words with marks of one letter only, "là" and "có", are syllables in two codes; then the text stays as it is.
    let better = best.share() >= 0.8 && best.share() >= seeming.share() + 0.3;
    (better && best.syllables >= telling).then_some(legacy)
}

/// The text with those of its runs between tags converted that are Vietnamese in this code only: a page whose menu is
/// Unicode may have an article pasted in an older code.
pub fn convert_runs(text: &str, legacy: Legacy) -> String {
    let mut converted = String::with_capacity(text.len() + text.len() / 4);
    for run in text.split_inclusive(['<', '>']) {
        let convert = !run.is_ascii() && !is_unicode_vietnamese(run) && {
            let words = words_of(run);
            let became = Score::of(&legacy.to_unicode(&words));
            let was = Score::of(&words);
            became.share() >= 0.6 && became.share() > was.share()
        };
        match convert {
            true => converted.push_str(&legacy.to_unicode(run)),
            false => converted.push_str(run),
        }
    }
    converted
}

/// The runs of a text that could be in an older code: those with letters of Latin-1 and none of Unicode's Vietnamese.
pub fn suspicious(text: &str) -> String {
    let mut runs = String::new();
    if text.is_ascii() {
        return runs;
    }
    add_until(SAMPLE / 2, &mut runs, foreign_runs(text).filter(|run| !is_unicode_vietnamese(run)));
    if !runs.is_empty() {
        // Of markup only the names of fonts matter.
        let tags = text.split_inclusive('>').filter(|run| run.contains("font"));
        add_until(SAMPLE, &mut runs, tags);
    }
    runs
}

/// Returns the runs between tags, and the tags, that hold letters beyond ASCII. Skips from one such
/// letter to the next.
fn foreign_runs(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let is_edge = |b: &u8| matches!(b, b'<' | b'>');
    let mut at = 0;
    std::iter::from_fn(move || {
        let letter = at + bytes[at..].iter().position(|b| !b.is_ascii())?;
        let start = bytes[at..letter].iter().rposition(is_edge).map_or(at, |edge| at + edge + 1);
        let end =
            bytes[letter..].iter().position(is_edge).map_or(bytes.len(), |edge| letter + edge);
        at = end;
        Some(&text[start..end])
    })
}

fn add_until<'a>(most: usize, runs: &mut String, pieces: impl Iterator<Item = &'a str>) {
    for piece in pieces {
        if runs.len() > most {
            return;
        }
        runs.push_str(piece);
        runs.push(' ');
    }
}

fn is_unicode_vietnamese(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{102}' | '\u{103}' | '\u{110}' | '\u{111}' | '\u{128}' | '\u{129}')
            || matches!(c, '\u{168}' | '\u{169}' | '\u{1a0}' | '\u{1a1}' | '\u{1af}' | '\u{1b0}')
            || matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
            || matches!(c, '\u{1ea0}'..='\u{1ef9}')
    })
}

/// How many of the words with letters beyond ASCII are Vietnamese syllables.
struct Score {
    words: usize,
    syllables: usize,
}

impl Score {
    fn of(text: &str) -> Self {
        let mut score = Score { words: 0, syllables: 0 };
        for word in words(text) {
            let word = word.trim_matches(is_quote);
            if !word.is_ascii() {
                score.words += 1;
                score.syllables += usize::from(is_syllable(word));
            }
        }
        score
    }

    fn share(&self) -> f64 {
        self.syllables as f64 / self.words.max(1) as f64
    }
}

/// Returns the pieces of a text between blanks and ASCII marks. In an older encoding any other
/// character may be a letter.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let cuts = |c: char| match c {
        '\u{2}' | '\u{5}' | '\u{6}' | '\u{14}' | '\u{19}' | '\u{1e}' => false,
        c if c.is_ascii() => !c.is_ascii_alphabetic(),
        c => c == '\u{a0}' || c.is_whitespace() && c != '\u{85}',
    };
    text.split(cuts).filter(|word| !word.is_empty())
}

/// Returns whether a character is a quote or a dash, which may end a word without being part of it.
fn is_quote(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2027}' | '«' | '»' | '©' | '®' | '·' | '°')
}

/// The words that could tell, one space between them: a mark alone, "©" or "°", tells nothing.
fn words_of(text: &str) -> String {
    let mut kept = String::new();
    let tells = |word: &&str| !word.is_ascii() && word.contains(|c: char| c.is_ascii_alphabetic());
    for word in words(text).filter(tells) {
        kept.push_str(word);
        kept.push(' ');
    }
    kept
}

/// "© 2008" and "25 °C" stay what they are: a code for letters is one only beside letters, unless the letter is a word.
fn tcvn3(text: &str) -> String {
    let mut converted = String::with_capacity(text.len() + text.len() / 4);
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '\u{a1}'..='\u{ff}');
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let after = letters.peek().copied().unwrap_or(' ');
        let is_sign = match c {
            '©' | '®' | '«' | '»' | '§' => !is_letter(before) && !is_letter(after),
            '\u{b0}'..='\u{b4}' => !is_letter(before),
            _ => false,
        };
        converted.push(if is_sign { c } else { tcvn3_letter(c) });
        before = c;
    }
    converted
}

static TCVN3_LETTERS: LazyLock<Vec<char>> = LazyLock::new(|| TCVN3.chars().collect());
static VISCII_LETTERS: LazyLock<Vec<char>> = LazyLock::new(|| VISCII.chars().collect());

fn at(letters: &[char], place: impl TryInto<usize>) -> Option<char> {
    letters.get(place.try_into().ok()?).copied()
}

fn tcvn3_letter(c: char) -> char {
    match u32::from(c) {
        code @ 0xa1..=0xff => at(&TCVN3_LETTERS, code - 0xa1).unwrap_or(c),
        _ => c,
    }
}

fn viscii_letter(c: char) -> char {
    if let Some((_, letter)) = VISCII_CONTROLS.iter().find(|(control, _)| *control == c) {
        return *letter;
    }
    match byte_1252(c) {
        Some(byte @ 0x80..) => at(&VISCII_LETTERS, byte - 0x80).unwrap_or(c),
        _ => c,
    }
}

/// The byte that windows-1252 reads as this character.
fn byte_1252(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (0..=0x7f | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => {
            let mut letter = [0; 4];
            match WINDOWS_1252.encode(c.encode_utf8(&mut letter)) {
                (bytes, _, false) => bytes.first().copied(),
                _ => None,
            }
        }
    }
}

fn windows_1258(text: &str) -> String {
    let bytes: Vec<u8> = text.chars().map(|c| byte_1252(c).unwrap_or(b'?')).collect();
    WINDOWS_1258.decode_without_bom_handling(&bytes).0.into_owned()
}

fn vni(text: &str) -> String {
    let mut converted = String::with_capacity(text.len());
    // The preceding letter, unconverted: a mark counts only after a vowel that can carry it.
    let mut before = ' ';
    for c in text.chars() {
        let lower = c.to_lowercase().next().unwrap_or(c);
        let mark = VNI_MARKS.iter().find(|(mark, _)| *mark == lower).map(|(_, marks)| *marks);
        let base = before.to_lowercase().next().unwrap_or(before);
        let fits = mark.is_some_and(|marks| match marks.chars().next() {
            Some('\u{302}') => matches!(base, 'a' | 'e' | 'o'),
            Some('\u{306}') => base == 'a',
            _ => matches!(base, 'a' | 'e' | 'o' | 'u' | 'y' | 'ô' | 'ö'),
        });
        match mark.filter(|_| fits) {
            Some(marks) => {
                converted.push_str(marks);
                before = ' ';
            }
            None => {
                let letter = VNI_LETTERS.iter().find(|(from, _)| *from == c);
                converted.push(letter.map_or(c, |(_, to)| *to));
                before = c;
            }
        }
    }
    converted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(legacy: Legacy, pairs: &[(&str, &str)]) {
        for (typed, meant) in pairs {
            assert_eq!(legacy.to_unicode(typed), *meant, "{typed}");
        }
    }

    #[test]
    fn the_tables_have_a_letter_for_each_byte() {
        assert_eq!(TCVN3.chars().count(), 0x100 - 0xa1);
        assert_eq!(VISCII.chars().count(), 0x80);
    }

    #[test]
    fn each_code_becomes_unicode() {
        check(
            Legacy::Tcvn3,
            &[
                ("Qu¶ng TrÞ", "Quảng Trị"),
                ("§¶ng bé tØnh, ñy ban", "Đảng bộ tỉnh, ủy ban"),
                ("“h\u{ad}íng” – ¬n", "“hướng” – ơn"),
                ("© 2008, 25 °C, ë Qu¶ng TrÞ", "© 2008, 25 °C, ở Quảng Trị"),
            ],
        );
        check(
            Legacy::Vni,
            &[
                ("Quaûng Trò", "Quảng Trị"),
                ("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
                (
                    "NGHÒ QUYEÁT, ñöôøng, ôû, naêm, ngaøy, kyø",
                    "NGHỊ QUYẾT, đường, ở, năm, ngày, kỳ",
                ),
            ],
        );
        check(Legacy::Viscii, &[("Vi®t Nam, Quäng Tr¸", "Việt Nam, Quảng Trị"), ("M\u{5}", "MẴ")]);
    }

    #[test]
    fn a_text_is_read_in_the_code_that_makes_syllables_of_it() {
        for (text, legacy) in [
            ("Së Th«ng tin vµ TruyÒn th«ng tØnh Qu¶ng TrÞ tæ chøc héi nghÞ", Legacy::Tcvn3),
            ("Sôû Thoâng tin vaø Truyeàn thoâng tænh Quaûng Trò toå chöùc", Legacy::Vni),
            ("S· Thông tin và Truy«n thông tïnh Quäng Tr¸ t± chÑc hµi ngh¸", Legacy::Viscii),
            ("<font face='.VnTime'>NghÞ quyÕt</font>", Legacy::Tcvn3),
        ] {
            assert_eq!(weigh(text), Some(legacy), "{text}");
        }
    }

    #[test]
    fn other_languages_stay_what_they_are() {
        for text in [
            "",
            "Quang Tri province, no accents at all, a café and a naïve résumé",
            "L'été dernier, à côté du café, où l'élève français était déjà né, là-bas, très près, dès mai",
            "Die größten Städte für Künstler: München, Köln, Zürich, Düsseldorf; schöne Grüße, Übung, Tür",
            "El niño está aquí, mañana será día de fútbol; qué más, así, él, tú, sí, país, razón, canción",
            "Não há razão para a situação; você é o irmão, às três, também já está lá, só nós, avô, pé",
            "Flygplatsen på ön är så här lång, även när åren går; få, två, blå, små, gå, må, då, nå",
            "Það er svo gott að búa á Íslandi, þú ert góð, ég sé tré, já, nú, hús, bók, sól, mér, þér",
            "H\u{e0} N&#7897;i, c\u{f3} tr\u{ed} th\u{f4}ng tin, l\u{e0} v\u{e0} kh\u{f4}ng, t\u{f4}i \u{fd}",
            "© 2020 · 25 °C · 50 µg · § 12 · ¶ 3 · ± 5 · £ 20 · ½ · «citation» · ® ™",
            "Thông tin và Truyền thông Quảng Trị",
        ] {
            assert_eq!(weigh(text), None, "{text}");
        }
    }
}
