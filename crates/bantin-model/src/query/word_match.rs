//! Finds the places in a text where the words of a query follow one another. In a long text most
//! words are skipped by their first letters: to work out a word's forms costs many times as much.

use std::ops::Range;

use super::fold::{Syllable, may_fold_to, syllable};

/// A place where a text says what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordMatch {
    /// In bytes of the text.
    pub at: Range<usize>,
    pub accents: AccentMatch,
}

/// How a text's accents differ from those of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccentMatch {
    Same,
    /// In words that the query has without any.
    NotAskedFor,
    Other,
}

/// A stretch of a text that may be a word, with its place in bytes, as [`super::fold::runs`] gives it.
pub type WordSpan<'a> = (usize, &'a str);

/// Returns the places where all of `wanted` follow one another, whatever their accents. They are in
/// order, and they may overlap.
pub fn fits<'a>(
    text: &'a [WordSpan<'a>],
    wanted: &'a [Syllable],
) -> impl Iterator<Item = WordMatch> {
    let first = wanted.first().map(|first| &*first.folded).unwrap_or_default();
    let begins = move |i: &usize| may_fold_to(text[*i].1, first);
    (0..text.len()).filter(begins).filter_map(move |i| {
        let (start, run) = text[i];
        // Of marks alone nothing can be seen.
        syllable(run)?;
        let mut given =
            text[i..].iter().filter_map(|(at, run)| Some((at + run.len(), syllable(run)?)));
        let (mut accents, mut end) = (AccentMatch::Same, start);
        for want in wanted {
            let (behind, given) = given.next()?;
            if given.folded != want.folded {
                return None;
            }
            accents = accents.max(match given.exact == want.exact {
                true => AccentMatch::Same,
                false if want.is_accented() => AccentMatch::Other,
                false => AccentMatch::NotAskedFor,
            });
            end = behind;
        }
        Some(WordMatch { at: start..end, accents })
    })
}

/// Returns whether a word of the text has accents.
pub fn has_accents(text: &[WordSpan<'_>]) -> bool {
    text.iter().any(|(_, run)| syllable(run).is_some_and(|word| word.is_accented()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fold::{runs, syllables};
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str, found: &[(&str, AccentMatch)]) {
        let (wanted, words) = (syllables(wanted), runs(text).collect::<Vec<_>>());
        let fits: Vec<_> =
            fits(&words, &wanted).map(|fit| (&text[fit.at.clone()], fit.accents)).collect();
        assert_eq!(fits, found);
    }

    #[test]
    fn words_stand_side_by_side_whatever_is_between_them() {
        use AccentMatch::*;
        check("Hòa bình, hoà  BÌNH", "hòa bình", &[("Hòa bình", Same), ("hoà  BÌNH", Same)]);
        check("hòa bình", "hoa bình", &[("hòa bình", NotAskedFor)]);
        check("hỏa bình", "hòa bình", &[("hỏa bình", Other)]);
        check("hòa và bình", "hòa bình", &[]);
        check(
            "ho\u{300}a \u{200B} bi\u{300}nh",
            "hòa bình",
            &[("ho\u{300}a \u{200B} bi\u{300}nh", Same)],
        );
        check("ha ha ha", "ha ha", &[("ha ha", Same), ("ha ha", Same)]);
        check("Đông Hà", "dong", &[("Đông", NotAskedFor)]);
        check("đô", "do dang", &[]);
    }

    proptest! {
        #[test]
        fn no_word_is_passed_by_that_is_wanted(text in "([a-cA-C0-9đĐòàḀİIıſKåßỳ\u{300}\u{301}\u{200B}\u{AD} ]|\\PC){0,24}", n in 0usize..6) {
            let words: Vec<WordSpan<'_>> = runs(&text).collect();
            let all: Vec<(usize, Syllable)> =
                runs(&text).filter_map(|(at, run)| Some((at, syllable(run)?))).collect();
            if let Some((at, word)) = all.get(n) {
                let wanted = [word.clone()];
                prop_assert!(fits(&words, &wanted).any(|fit| fit.at.start == *at), "{:?}", word);
                let same = all.iter().filter(|(_, other)| other.folded == word.folded).count();
                prop_assert_eq!(fits(&words, &wanted).filter(|fit| fit.at.start >= all[0].0).count(), same);
            }
        }
    }
}
