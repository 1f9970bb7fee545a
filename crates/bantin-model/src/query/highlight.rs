//! Finds the words of a query in a text: what a page of results marks, and the part of a long text
//! worth showing.

use std::ops::Range;

use serde::Serialize;

use super::fold::{Syllable, runs};
use super::word_match::{AccentMatch, WordMatch, WordSpan, fits, has_accents};
use super::{Query, QueryNode};

/// A part of a text, marked or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HighlightPiece {
    pub text: String,
    pub hit: bool,
}

/// Finds the words of one query in texts.
pub struct Highlighter {
    wanted: Vec<Vec<Syllable>>,
    /// Of each of `wanted`: found in the accents it was typed with, found otherwise.
    found: Vec<(bool, bool)>,
}

impl Highlighter {
    pub fn of(query: &Query) -> Self {
        let mut wanted = Vec::new();
        collect(&query.root, &mut wanted);
        let found = vec![(false, false); wanted.len()];
        Highlighter { wanted, found }
    }

    /// Returns whether since the last call something was found only without regard to accents.
    pub fn take_unaccented(&mut self) -> bool {
        let found = std::mem::replace(&mut self.found, vec![(false, false); self.wanted.len()]);
        found.iter().any(|(exact, folded)| *folded && !*exact)
    }

    /// Returns the whole text in pieces.
    pub fn whole(&mut self, text: &str) -> Vec<HighlightPiece> {
        let words: Vec<WordSpan<'_>> = runs(text).collect();
        let hits = self.hits(&words);
        pieces(text, 0..text.len(), &spans(text, &hits))
    }

    /// Returns some `chars` characters of the text around most of what was found; its beginning
    /// where nothing was. Returns whether anything was.
    pub fn excerpt(&mut self, text: &str, chars: usize) -> (Vec<HighlightPiece>, bool) {
        // A Vietnamese word has some five letters with its blank.
        let span = (chars / 5).max(8);
        // Where nothing is wanted, the beginning is all that there is to show.
        let most = if self.wanted.is_empty() { span + 1 } else { usize::MAX };
        let words = runs(text).filter(|(_, run)| run.contains(char::is_alphanumeric));
        let words: Vec<WordSpan<'_>> = words.take(most).collect();
        let hits = self.hits(&words);
        let firsts: Vec<usize> =
            hits.iter().map(|hit| words.partition_point(|(at, _)| *at < hit.at.start)).collect();
        let best = firsts.iter().enumerate().max_by_key(|(i, first)| {
            let near = firsts[*i..].iter().take_while(|other| *other - *first < span * 3 / 4);
            let mut which: Vec<usize> =
                hits[*i..].iter().zip(near).map(|(hit, _)| hit.which).collect();
            which.sort_unstable();
            which.dedup();
            // Of equals the first.
            (which.len(), usize::MAX - *first)
        });
        let from = best.map_or(0, |(_, first)| first.saturating_sub(span / 5));
        let to = (from + span).min(words.len());
        let start = if from == 0 { 0 } else { words[from].0 };
        let end =
            if to == words.len() { text.len() } else { words[to - 1].0 + words[to - 1].1.len() };
        let mut shown = pieces(text, start..end, &spans(text, &hits));
        if start > 0 {
            shown.insert(0, HighlightPiece { text: "… ".to_owned(), hit: false });
        }
        if end < text.len() {
            shown.push(HighlightPiece { text: " …".to_owned(), hit: false });
        }
        (shown, !hits.is_empty())
    }

    /// In order of place.
    fn hits(&mut self, words: &[WordSpan<'_>]) -> Vec<HighlightHit> {
        let is_plain = !has_accents(words);
        let mut hits = Vec::new();
        for (which, wanted) in self.wanted.iter().enumerate() {
            let (exactly, otherwise) = &mut self.found[which];
            for WordMatch { at, accents } in fits(words, wanted) {
                if accents == AccentMatch::Other && !is_plain {
                    continue;
                }
                *exactly |= accents == AccentMatch::Same;
                *otherwise |= accents != AccentMatch::Same;
                hits.push(HighlightHit { at, which });
            }
        }
        hits.sort_unstable_by_key(|hit| (hit.at.start, hit.at.end));
        hits
    }
}

/// A place in the text, and which of the wanted phrases is there.
struct HighlightHit {
    at: Range<usize>,
    which: usize,
}

/// The words that make an item match: not those that must be absent.
fn collect(node: &QueryNode, wanted: &mut Vec<Vec<Syllable>>) {
    match node {
        QueryNode::Words(words) | QueryNode::Section(words) if !wanted.contains(words) => {
            wanted.push(words.clone());
        }
        QueryNode::And(parts) | QueryNode::Or(parts) => {
            parts.iter().for_each(|part| collect(part, wanted))
        }
        _ => {}
    }
}

/// Hits that overlap are one, and so are those with nothing but a blank or a sign between them.
fn spans(text: &str, hits: &[HighlightHit]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for HighlightHit { at, .. } in hits {
        match spans.last_mut() {
            Some(before) if touch(text, before.end, at.start) => {
                before.end = before.end.max(at.end)
            }
            _ => spans.push(at.clone()),
        }
    }
    spans
}

fn touch(text: &str, end: usize, start: usize) -> bool {
    start <= end || runs(&text[end..start]).next().is_none()
}

fn pieces(text: &str, within: Range<usize>, spans: &[Range<usize>]) -> Vec<HighlightPiece> {
    let mut pieces = Vec::new();
    let mut at = within.start;
    let mut add = |from: usize, to: usize, hit: bool| {
        if from < to {
            pieces.push(HighlightPiece { text: text[from..to].to_owned(), hit });
        }
    };
    for span in spans.iter().filter(|span| span.end > within.start && span.start < within.end) {
        let (start, end) = (span.start.max(within.start), span.end.min(within.end));
        add(at, start, false);
        add(start, end, true);
        at = end;
    }
    add(at, within.end, false);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(pieces: &[HighlightPiece]) -> String {
        let show = |piece: &HighlightPiece| match piece.hit {
            true => format!("[{}]", piece.text),
            false => piece.text.clone(),
        };
        pieces.iter().map(show).collect()
    }

    #[track_caller]
    fn check(query: &str, text: &str, expected: &str, unaccented: bool) {
        let mut highlighter = Highlighter::of(&Query::parse(query).expect("a query"));
        assert_eq!(shown(&highlighter.whole(text)), expected, "{query}");
        assert_eq!(highlighter.take_unaccented(), unaccented, "{query}");
    }

    #[test]
    fn whole_syllables_are_marked_as_the_query_wants_them() {
        let text = "Hoà Bình họp; hoa nở, Hòa.";
        check("hòa", text, "[Hoà] Bình họp; hoa nở, [Hòa].", false);
        check("hoa", text, "[Hoà] Bình họp; [hoa] nở, [Hòa].", false);
        check("binh", text, "Hoà [Bình] họp; hoa nở, Hòa.", true);
        check("\"hòa bình\" -hoa", text, "[Hoà Bình] họp; hoa nở, Hòa.", false);
        check("họp OR \"bình họp\"", text, "Hoà [Bình họp]; hoa nở, Hòa.", false);
        check("hòa", "Tinh Hoa Binh khoa", "Tinh [Hoa] Binh khoa", true);
        check("30/2020/NĐ-CP", "số 30/2020/NĐ-CP.", "số [30/2020/NĐ-CP].", false);
        check("", text, text, false);
    }

    #[test]
    fn an_excerpt_is_cut_where_most_was_found() {
        let text = format!(
            "{}họp bàn {}họp về an toàn {}",
            "xa ".repeat(90),
            "lạ ".repeat(90),
            "xa ".repeat(90)
        );
        let mut highlighter = Highlighter::of(&Query::parse("họp \"an toàn\"").expect("a query"));
        let (pieces, found) = highlighter.excerpt(&text, 100);
        assert!(found);
        assert_eq!(
            shown(&pieces),
            "… lạ lạ lạ lạ [họp] về [an toàn] xa xa xa xa xa xa xa xa xa xa xa xa …"
        );
        let (pieces, found) =
            Highlighter::of(&Query::parse("khác").expect("a query")).excerpt(&text, 50);
        assert!(!found);
        assert_eq!(shown(&pieces), "xa xa xa xa xa xa xa xa xa xa …");
    }

    #[test]
    fn where_nothing_is_wanted_the_excerpt_is_that_of_something_not_found() {
        let excerpt = |query: &str, text: &str| {
            Highlighter::of(&Query::parse(query).expect("a query")).excerpt(text, 50)
        };
        for words in 0..15 {
            let text = "xa, ".repeat(words);
            for query in ["", "-lạ", "source:so"] {
                assert_eq!(excerpt(query, &text), excerpt("lạ", &text), "{query} {words}");
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_make_the_text_again(query in "[a-zđòờ ]{0,20}", text in "\\PC{0,80}[a-zđòờ ]{0,80}") {
            if let Ok(query) = Query::parse(&query) {
                let mut highlighter = Highlighter::of(&query);
                let joined: String = highlighter.whole(&text).into_iter().map(|piece| piece.text).collect();
                prop_assert_eq!(&joined, &text);
                highlighter.excerpt(&text, 30);
            }
        }
    }
}
