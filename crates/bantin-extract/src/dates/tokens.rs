//! A text cut into numbers, words and marks.

use super::Reader;
use crate::text::fold;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Number,
    Word,
    Mark,
}

#[derive(Debug)]
pub(super) struct Token {
    pub(super) sort: Sort,
    /// Lower case, as accented as the page had it.
    pub(super) text: String,
    pub(super) folded: String,
    /// Nothing between this and the token before.
    pub(super) glued: bool,
    /// The first letter large, all others small.
    pub(super) is_capitalised: bool,
}

impl Token {
    pub(super) fn number(&self) -> Option<u32> {
        (self.sort == Sort::Number && self.text.len() <= 4)
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

pub(super) fn tokens(text: &str) -> Vec<Token> {
    use unicode_normalization::UnicodeNormalization;

    let mut tokens: Vec<Token> = Vec::new();
    let mut glued = false;
    let lowered =
        text.nfkc().flat_map(|letter| letter.to_lowercase().map(move |low| (low, low != letter)));
    for (letter, is_large) in lowered {
        let sort = match letter {
            ' ' => {
                glued = false;
                continue;
            }
            '0'..='9' => Sort::Number,
            _ if letter.is_alphabetic()
                || unicode_normalization::char::is_combining_mark(letter) =>
            {
                Sort::Word
            }
            _ => Sort::Mark,
        };
        let letter = match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{2044}' | '\u{2215}' => '/',
            other => other,
        };
        match tokens.last_mut() {
            Some(last) if glued && last.sort == sort && sort != Sort::Mark => {
                last.text.push(letter);
                last.is_capitalised &= !is_large;
            }
            _ => tokens.push(Token {
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

impl Reader {
    pub(super) fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    pub(super) fn is_mark(&self, at: usize, marks: &str) -> bool {
        self.token(at).is_some_and(|token| token.sort == Sort::Mark && marks.contains(&*token.text))
    }

    pub(super) fn word_is(&self, at: usize, words: &[&str]) -> bool {
        self.token(at).is_some_and(|token| token.sort == Sort::Word && token.is_one_of(words))
    }

    /// A word, folded.
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.token(at).filter(|token| token.sort == Sort::Word).map(|token| &*token.folded)
    }

    pub(super) fn is_number(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| token.sort == Sort::Number)
    }
}
