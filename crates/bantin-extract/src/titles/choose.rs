//! Which candidate is the title, beside the title that the listing or the feed gave the same article.

use std::collections::HashSet;

use super::candidates::{CONFIRMED, CREDIBLE, PageTitles, SharedTitle, TitleCandidate};
use super::names::{is_file, is_general, is_institution, parts};
use crate::facts::words;
use crate::text::fold;

/// The title of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenTitle {
    pub text: String,
    /// The title as the page shows it, where that is in other words.
    pub shown: String,
    /// The element that shows it, numbered as in the flat page.
    pub at: Option<usize>,
}

impl ChosenTitle {
    fn of(one: &TitleCandidate) -> Self {
        ChosenTitle { text: one.text.clone(), shown: one.text.clone(), at: one.at }
    }
}

/// The title of the article; None where the page has no credible one, or where the row's title is better.
///
/// The row's title is the agency's own: a text of the page takes its place where it says the same, says it at greater
/// length, or where the row's title says nothing.
pub fn choose(page: &PageTitles, listed: Option<&str>) -> Option<ChosenTitle> {
    let candidates = &page.candidates;
    let best = best_of(candidates.iter().filter(|one| one.score >= CREDIBLE));
    let Some(listed) = listed.filter(|listed| !is_poor(listed)) else {
        return best.map(|best| as_shared(best, page.shared.as_ref()));
    };
    let row = RowTitle::of(listed);
    let same = best_of(candidates.iter().filter(|one| one.words == row.words && one.score > 0.));
    let longer = || best_of(candidates.iter().filter(|one| row.is_extended_by(one)));
    let related = || best.filter(|best| row.is_like(best));
    same.filter(|one| !is_shouted(&one.text) || is_shouted(listed))
        .or_else(longer)
        .or_else(related)
        .map(ChosenTitle::of)
}

/// Returns the headline in the words of the sharing metadata, where these are an equally full
/// wording of it: without the line above it, or as JSON-LD has it. A short form made for sharing
/// replaces nothing.
fn as_shared(best: &TitleCandidate, shared: Option<&SharedTitle>) -> ChosenTitle {
    let chosen = ChosenTitle::of(best);
    let Some(shared) = shared.filter(|shared| best.at.is_some() && !is_cut(&shared.text)) else {
        return chosen;
    };
    let told = words(&shared.text);
    if told == best.words {
        // Two lines of a headline without a blank between them.
        let glued = shared.text.split(' ').count() > best.text.split(' ').count();
        return if glued { ChosenTitle { text: shared.text.clone(), ..chosen } } else { chosen };
    }
    let (theirs, shown) = (syllables(&shared.text), syllables(&best.text));
    let common = theirs.intersection(&shown).count();
    let long = told.len() * 5 >= best.words.len() * 3;
    let is_wording = long && common * 5 >= theirs.len() * 3
        || shared.is_confirmed
            && !best.words.contains(&told)
            && common * 4 >= theirs.len().min(shown.len())
        || told.len() * 2 >= best.words.len() && best.words.ends_with(&told);
    if is_wording && !told.contains(&best.words) {
        return ChosenTitle { text: shared.text.clone(), ..chosen };
    }
    chosen
}

fn is_cut(text: &str) -> bool {
    text.ends_with('…') || text.ends_with("...") || text.ends_with("[...]")
}

/// The highest score; of equals the earlier.
fn best_of<'a>(candidates: impl Iterator<Item = &'a TitleCandidate>) -> Option<&'a TitleCandidate> {
    candidates.fold(None, |best: Option<&TitleCandidate>, one| match best {
        Some(best) if best.score >= one.score => Some(best),
        _ => Some(one),
    })
}

/// A title that a listing gave, and that says something.
struct RowTitle {
    words: String,
    syllables: HashSet<String>,
    /// It ends in an ellipsis.
    is_cut: bool,
    has_symbol: bool,
}

impl RowTitle {
    fn of(listed: &str) -> Self {
        let listed = listed.trim();
        RowTitle {
            words: words(listed),
            syllables: syllables(listed),
            is_cut: is_cut(listed),
            has_symbol: !crate::refs(listed).is_empty(),
        }
    }

    /// Whether a candidate begins as the row's title and goes on.
    fn is_extended_by(&self, one: &TitleCandidate) -> bool {
        let goes_on = self.words.len() >= 6
            && one.words.len() > self.words.len()
            && one.words.starts_with(&self.words);
        // What was not cut was not meant to go on by a sentence or by the site's name.
        let least = if self.is_cut { 0.5 } else { CREDIBLE };
        goes_on
            && one.score >= least
            && (self.is_cut
                || one.words.len() <= 3 * self.words.len()
                    && !parts(&one.text).iter().skip(1).any(|part| is_institution(part)))
    }

    /// Whether a confirmed candidate is another wording of the row's title.
    fn is_like(&self, one: &TitleCandidate) -> bool {
        if self.has_symbol && crate::refs(&one.text).is_empty() {
            return false;
        }
        let contained = one.words.len() >= 16 && self.words.contains(&one.words);
        if contained && one.at.is_some() && one.score >= CREDIBLE + 1. {
            return true;
        }
        let theirs = syllables(&one.text);
        let common = self.syllables.intersection(&theirs).count();
        let smaller = self.syllables.len().min(theirs.len());
        one.score >= CONFIRMED && smaller >= 3 && common * 5 >= smaller * 3
    }
}

fn syllables(text: &str) -> HashSet<String> {
    let folded = fold(text);
    let split = folded.split(|c: char| !c.is_alphanumeric());
    split.filter(|word| !word.is_empty()).take(80).map(str::to_owned).collect()
}

fn is_shouted(text: &str) -> bool {
    !text.contains(char::is_lowercase)
}

/// Whether the title of a row says nothing of its article: "Xem tiếp", a number, the name of a file, a bare symbol.
fn is_poor(listed: &str) -> bool {
    const ACTIONS: &[&str] = &[
        "tai",
        "taive",
        "taixuong",
        "taiday",
        "xemtaiday",
        "download",
        "here",
        "clickhere",
        "continue",
        "continuereading",
        "xemchitiettaiday",
        "chitiettaiday",
        "tiep",
        "pdf",
        "file",
        "doc",
        "tepdinhkem",
        "taitep",
        "xemfile",
        "xemtruoc",
        "xemtailieu",
        "xemnoidung",
        "docbai",
        "xembai",
        "title",
        "tieude",
        "image",
        "anh",
        "hinhanh",
        "link",
        "new",
        "moi",
    ];
    let bare = words(listed);
    let figures = bare.bytes().filter(u8::is_ascii_digit).count();
    is_general(listed)
        || ACTIONS.contains(&&*bare)
        || is_file(listed)
        || figures * 2 > bare.len()
        || is_symbol(listed)
}

/// Whether a text is the symbol of a document and nothing else.
fn is_symbol(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix("Số:").or_else(|| text.strip_prefix("Số ")).unwrap_or(text).trim();
    !text.contains(' ') && text.contains('/') && text.contains(|c: char| c.is_ascii_digit())
}

/// Whether a title that was read from an article's page, by whatever version, is to be shown rather than that of its row.
pub fn is_better_title(page: &str, row: &str) -> bool {
    let says_nothing = |title: &str| {
        is_general(title)
            || is_institution(title)
            || parts(title).iter().all(|part| is_general(part) || is_institution(part))
    };
    page == row || !says_nothing(page) || is_poor(row) || says_nothing(row)
}
