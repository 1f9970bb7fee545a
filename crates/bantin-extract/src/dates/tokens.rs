//! A text cut into numbers, words and marks.

use super::DateReader;
use crate::text::fold;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Number,
    Word,
    Mark,
}

#[derive(Debug)]
pub(super) struct DateToken {
    pub(super) sort: TokenKind,
    /// Lower case, as accented as the page had it.
    pub(super) text: String,
    pub(super) folded: String,
    /// Nothing between this and the token before.
    pub(super) glued: bool,
    /// The first letter large, all others small.
    pub(super) is_capitalised: bool,
}

impl DateToken {
    pub(super) fn number(&self) -> Option<u32> {
        (self.sort == TokenKind::Number && self.text.len() <= 4)
            .then(|| self.text.parse().ok())
            .flatten()
    }

    pub(super) fn short_number(&self) -> Option<u32> {
        self.number().filter(|_| self.text.len() <= 2)
    }

    pub(super) fn is(&self, folded: &str) -> bool {
        self.folded == folded
    }

    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.folded.as_str())
    }
}

pub(super) fn tokens(text: &str) -> Vec<DateToken> {
    use unicode_normalization::UnicodeNormalization;

    let mut tokens: Vec<DateToken> = Vec::new();
    let mut glued = false;
    let lowered =
        text.nfkc().flat_map(|letter| letter.to_lowercase().map(move |low| (low, low != letter)));
    for (letter, is_large) in lowered {
        let sort = match letter {
            ' ' => {
                glued = false;
                continue;
            }
            '0'..='9' => TokenKind::Number,
            _ if letter.is_alphabetic()
                || unicode_normalization::char::is_combining_mark(letter) =>
            {
                TokenKind::Word
            }
            _ => TokenKind::Mark,
        };
        let letter = match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{2044}' | '\u{2215}' => '/',
            other => other,
        };
        match tokens.last_mut() {
            Some(last) if glued && last.sort == sort && sort != TokenKind::Mark => {
                last.text.push(letter);
                last.is_capitalised &= !is_large;
            }
            _ => tokens.push(DateToken {
                sort,
                text: letter.into(),
                folded: String::new(),
                glued,
                is_capitalised: is_large,
            }),
        }
        glued = true;
    }
    for token in &mut tokens {
        token.folded = if token.text.is_ascii() { token.text.clone() } else { fold(&token.text) };
    }
    tokens
}

impl DateReader {
    pub(super) fn token(&self, at: usize) -> Option<&DateToken> {
        self.tokens.get(at)
    }

    pub(super) fn is_mark(&self, at: usize, marks: &str) -> bool {
        self.token(at)
            .is_some_and(|token| token.sort == TokenKind::Mark && marks.contains(&*token.text))
    }

    pub(super) fn word_is(&self, at: usize, words: &[&str]) -> bool {
        self.token(at).is_some_and(|token| token.sort == TokenKind::Word && token.is_one_of(words))
    }

    /// A word, folded.
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.token(at).filter(|token| token.sort == TokenKind::Word).map(|token| &*token.folded)
    }

    pub(super) fn is_number(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.sort == TokenKind::Number)
    }
}
