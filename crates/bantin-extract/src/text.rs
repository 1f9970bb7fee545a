//! Where foreign text becomes ours: NFC, blanks collapsed, nothing invisible, nothing that XML 1.0 forbids. Everything
//! that leaves `extract` as text has come through [`clean`].

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::fold;

/// One line of clean text: NFC, runs of blanks one space, ends trimmed, no controls, no invisible characters.
///
/// Direction marks, embeddings and isolates stay only in text that has right-to-left letters, and only where they
/// are balanced; overrides never stay, since all they can do to a headline is make it read as what it is not.
pub fn clean(text: &str) -> String {
    if text.chars().all(is_plain) {
        return one_line(text);
    }
    one_line(&composed(&visible(text)))
}

/// Letters that Vietnamese and its neighbours are written with, composed, visible and allowed: nearly all text is made
/// of nothing else, and needs no more than its blanks collapsed.
fn is_plain(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\t' | '\n' | '\r' | '\u{a0}' | '\u{c0}'..='\u{24f}' | '\u{1ea0}'..='\u{1ef9}'
        | '–' | '—' | '‘' | '’' | '“' | '”' | '…')
}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// The same text in NFC. About one article in fifty arrives decomposed.
pub fn nfc(text: String) -> String {
    match composed(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(composed) => composed,
    }
}

/// The same, borrowed where the text is composed already.
pub fn composed(text: &str) -> Cow<'_, str> {
    // What nearly all text is made of is composed, and so is what is made of it.
    let is_composed =
        |c| matches!(c, '\0'..='\u{2ff}' | '\u{1ea0}'..='\u{1ef9}' | '\u{2010}'..='\u{203a}');
    if text.is_ascii() || text.chars().all(is_composed) {
        return text.into();
    }
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.into(),
        _ => text.nfc().collect::<String>().into(),
    }
}

/// As [`char::is_alphabetic`] says, which takes a search for letters with accents.
pub fn is_letter(letter: char) -> bool {
    match letter {
        'a'..='z' | 'A'..='Z' => true,
        '\u{d7}' | '\u{f7}' => false,
        '\u{c0}'..='\u{24f}' | '\u{1ea0}'..='\u{1ef9}' => true,
        _ => letter.is_alphabetic(),
    }
}

/// Returns a text for comparing and for finding words: without accents and in lower case, with
/// full-width digits plain and every blank a space. Not for display.
pub fn fold(text: &str) -> String {
    text.chars().map(plain_fold).collect::<Option<String>>().unwrap_or_else(|| full_fold(text))
}

fn full_fold(text: &str) -> String {
    let one_blank = |letter| if is_blank(letter) { ' ' } else { letter };
    fold::fold(&text.nfkc().map(one_blank).collect::<String>())
}

/// Returns a letter or punctuation mark folded alone, as nearly all can be; `None` where its
/// neighbours may matter.
fn plain_fold(letter: char) -> Option<char> {
    static PLAIN: LazyLock<Vec<Option<char>>> = LazyLock::new(|| {
        let alone = |letter: char| {
            let folded = full_fold(letter.encode_utf8(&mut [0; 4]));
            let mut letters = folded.chars();
            letters.next().filter(|_| letters.next().is_none())
        };
        // Not the sigma, which depends on what follows, nor the marks, which join what precedes.
        let known = |letter| match letter {
            '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | 'Σ' => false,
            _ => {
                matches!(letter, '\0'..='\u{52f}' | '\u{1e00}'..='\u{1eff}' | '\u{2000}'..='\u{206f}')
            }
        };
        ('\0'..='\u{206f}').map(|letter| known(letter).then(|| alone(letter)).flatten()).collect()
    });
    match letter {
        '\u{4e00}'..='\u{9fff}' => Some(letter),
        _ => PLAIN.get(letter as usize).copied().flatten(),
    }
}

/// A text whose markup escapes it once more than it needs: "Ch&#7881; th&#7883;" is "Chỉ thị". One round; all names of the HTML
/// standard, and what looks like a tag stays.
pub fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    dom_query::Document::fragment(text.replace('<', "&lt;")).text().to_string()
}

/// Cuts a text to so many characters, an ellipsis the last of them.
pub fn shorten(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text,
        Some(_) => {
            let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// White space of any width, line breaks included. U+0085 and U+FEFF are for Rust no white space and a blank.
pub fn is_blank(letter: char) -> bool {
    if matches!(letter, '!'..='~' | '\u{c0}'..='\u{24f}' | '\u{1ea0}'..='\u{1ef9}') {
        return false;
    }
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}' | '\u{2800}' | '\u{3164}')
}

/// Returns whether a character is allowed in an XML 1.0 document (§2.2) and is none of the controls
/// it discourages.
pub fn is_allowed(letter: char) -> bool {
    !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}')
        && !matches!(letter, '\u{fdd0}'..='\u{fdef}')
        && (letter as u32) & 0xfffe != 0xfffe
}

/// Drops what takes no room on paper, keeping joiners where a script or an emoji needs them.
fn visible(text: &str) -> String {
    let directions = keeps_directions(text);
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{200c}' | '\u{200d}' => {
                // Only what follows at once may be joined; a joiner before another joiner is junk.
                if let (Some(before), Some(after)) = (kept.chars().next_back(), letters.peek())
                    && joins(letter, before, *after)
                {
                    kept.push(letter);
                }
            }
            '\u{202d}' | '\u{202e}' => {}
            '\u{200e}'
            | '\u{200f}'
            | '\u{61c}'
            | '\u{202a}'..='\u{202c}'
            | '\u{2066}'..='\u{2069}'
                if directions =>
            {
                kept.push(letter);
            }
            '\u{200e}'
            | '\u{200f}'
            | '\u{61c}'
            | '\u{202a}'..='\u{202c}'
            | '\u{2066}'..='\u{2069}' => {}
            '\u{ad}'
            | '\u{34f}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' => {}
            '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}' => {}
            _ if is_blank(letter) || is_allowed(letter) => kept.push(letter),
            _ => {}
        }
    }
    kept
}

/// ZWJ inside an emoji; ZWJ and ZWNJ between letters of the scripts that change their shape by them.
fn joins(joiner: char, before: char, after: char) -> bool {
    let pictograph =
        |c: char| matches!(c as u32, 0x2190..=0x2bff | 0xfe0f | 0x1f000..=0x1faff | 0xe007f);
    let shaping = |c: char| matches!(c as u32, 0x0600..=0x07ff | 0x08a0..=0x0dff);
    (joiner == '\u{200d}' && pictograph(before) && pictograph(after))
        || (shaping(before) && shaping(after))
}

/// Whether direction controls have a purpose here, and each one opened is closed.
fn keeps_directions(text: &str) -> bool {
    let right_to_left =
        |c: char| matches!(c as u32, 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefe);
    if !text.chars().any(right_to_left) {
        return false;
    }
    let mut open = Vec::new();
    for letter in text.chars() {
        match letter {
            '\u{202a}' | '\u{202b}' => open.push('\u{202c}'),
            '\u{2066}'..='\u{2068}' => open.push('\u{2069}'),
            '\u{202c}' | '\u{2069}' if open.pop() != Some(letter) => return false,
            // Overrides are dropped, and what closes them would then close nothing.
            '\u{202d}' | '\u{202e}' => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// A number with its noun: "1 link", "2 links".
pub fn counted<N: std::fmt::Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    if number == N::from(1) { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(clean(text), expected, "{text:?}");
        assert_eq!(clean(expected), expected, "{text:?} a second time");
    }

    #[test]
    fn decomposed_text_becomes_composed() {
        check("Qua\u{309}ng Tri\u{323}", "Quảng Trị");
        check("Thu\u{31b}\u{301} Sa\u{301}u", "Thứ Sáu");
        check("D\u{323}A", "ḌA");
    }

    #[test]
    fn blanks_of_any_kind_are_one_space() {
        check("\u{a0}Tin\u{202f} \t\r\n và\u{2003}ảnh:\u{3000}", "Tin và ảnh:");
        check("\u{feff}a\u{85}b\u{1e}c", "a b c");
    }

    #[test]
    fn what_nobody_sees_is_dropped() {
        check("Quảng\u{200b}Trị", "QuảngTrị");
        check("thông\u{ad}tin\u{2060}\u{feff}", "thôngtin");
        check("a\0b\u{1}c\u{fffe}d\u{8}e\u{9c}f\u{1ffff}", "abcdef");
        check("a\u{200d}b\u{200c}c", "abc");
        check("22\u{200e}/\u{200e}05\u{200e}/\u{200e}2020", "22/05/2020");
    }

    #[test]
    fn a_mark_behind_a_dropped_character_still_finds_its_letter() {
        check("a\u{200b}\u{301}", "á");
    }

    #[test]
    fn joiners_stay_in_emoji_and_in_scripts_that_need_them() {
        check("👩\u{200d}👩\u{200d}👧", "👩\u{200d}👩\u{200d}👧");
        check("می\u{200c}خواهم", "می\u{200c}خواهم");
    }

    #[test]
    fn overrides_and_open_isolates_cannot_turn_a_headline_round() {
        check("Tin \u{202e}moi\u{202c}", "Tin moi");
        check("שלום \u{2066}abc\u{2069}", "שלום \u{2066}abc\u{2069}");
        check("שלום \u{2066}abc", "שלום abc");
        check("\u{2067}Tin\u{2069}", "Tin");
    }

    #[test]
    fn letters_are_those_of_unicode() {
        for letter in '\0'..='\u{3000}' {
            assert_eq!(is_letter(letter), letter.is_alphabetic(), "{letter:?}");
        }
    }

    #[test]
    fn folding_leaves_no_accent_and_no_stroke() {
        for (text, folded) in [
            ("ĐẮK LẮK", "dak lak"),
            ("Hướng Hoá", "huong hoa"),
            ("Ðông Hà", "dong ha"),
            ("Qua\u{309}ng", "quang"),
            ("２２／０５", "22/05"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    proptest! {
        #[test]
        fn letters_fold_one_by_one_as_they_do_together(
            text in "[ -~À-ɏḀ-ỿ\t\u{a0}\u{300}-\u{323}İſΣΑ-ωЀ-ӿ\u{2000}-\u{206f}①Ａ각ᄀ中文が]{0,12}"
        ) {
            prop_assert_eq!(fold(&text), full_fold(&text));
        }

        #[test]
        fn plain_letters_are_cleaned_as_all_others(text in "[ -~\t\r\nÀ-ɏẠ-ỹ–—‘’“”…\u{a0}]{0,12}") {
            prop_assert_eq!(clean(&text), one_line(&visible(&text).nfc().collect::<String>()));
        }
    }

    #[test]
    fn one_round_of_escaping_is_undone() {
        for (escaped, plain) in [
            ("Ch&#7881; th&#7883;", "Chỉ thị"),
            ("TT&amp;amp;TT &lt;b&gt; <i>", "TT&amp;TT <b> <i>"),
            ("v&agrave;&nbsp;&#x111;, R&D & &unheardof; &amp", "và\u{a0}đ, R&D & &unheardof; &"),
            (" no entity <p> ", " no entity <p> "),
        ] {
            assert_eq!(unescape(escaped), plain);
        }
    }

    #[test]
    fn a_long_title_ends_in_an_ellipsis() {
        assert_eq!(shorten("một hai ba".into(), 5), "một…");
        assert_eq!(shorten("một".into(), 3), "một");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in any::<String>()) {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn clean_text_holds_nothing_that_xml_forbids(text in any::<String>()) {
            prop_assert!(clean(&text).chars().all(is_allowed));
        }

        #[test]
        fn cleaning_invisible_soup_twice_is_cleaning_it_once(
            text in "[ab\u{301}\u{323}\u{200c}\u{200d}\u{202e}\u{2066}\u{2069}\u{202c}\u{5d0}\u{627}\u{fe0f}👩\u{200b}\u{a0}\u{200e}]{0,24}"
        ) {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once);
        }
    }
}
