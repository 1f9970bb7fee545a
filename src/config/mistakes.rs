//! Mistakes in the config file: each with its place, what is wrong and what would be right. Also what keeps a secret
//! that somebody wrote into the file from being shown on the way.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// One mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMistake {
    /// From 1; None for a mistake that has no place (a file that cannot be read).
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
    /// `source[1].schedule`, tables of a list counted from 1; empty for what concerns the file as a whole.
    pub key: String,
    pub what: String,
    /// What would be right.
    pub help: String,
}

/// All mistakes of a file. `Display` prints each as `FILE:LINE:COL: KEY: what`, the line itself with a caret, and the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMistakes {
    pub file: PathBuf,
    /// The text of the file, secrets in it written over with asterisks.
    pub text: String,
    pub list: Vec<ConfigMistake>,
}

impl ConfigMistakes {
    /// One mistake about the file as a whole.
    pub(super) fn of_file(file: PathBuf, what: String, help: String) -> Self {
        let mistake = ConfigMistake { line: None, column: None, key: String::new(), what, help };
        ConfigMistakes { file, text: String::new(), list: vec![mistake] }
    }
}

impl std::error::Error for ConfigMistakes {}

impl fmt::Display for ConfigMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        // No text, no lines: of a file that is not UTF-8 none is shown.
        let lines: Vec<&str> = match self.text.as_str() {
            "" => Vec::new(),
            text => text.split('\n').collect(),
        };
        for mistake in &self.list {
            write!(f, "{file}:")?;
            if let (Some(line), Some(column)) = (mistake.line, mistake.column) {
                write!(f, "{line}:{column}:")?;
            }
            if !mistake.key.is_empty() {
                write!(f, " {}:", mistake.key)?;
            }
            writeln!(f, " {}", mistake.what)?;
            if let (Some(line), Some(column)) = (mistake.line, mistake.column)
                && let Some(text) = lines.get(line - 1)
            {
                let (excerpt, before) = excerpt(text, column - 1);
                writeln!(f, "{line:5} | {excerpt}")?;
                writeln!(f, "      | {:before$}^", "")?;
            }
            writeln!(f, "help: {}\n", mistake.help)?;
        }
        match self.list.len() {
            1 => write!(f, "1 mistake in {file}"),
            count => write!(f, "{count} mistakes in {file}"),
        }
    }
}

/// Characters of a line that are shown; of a longer one, those around the place.
const SHOWN_CHARS: usize = 120;

/// Returns the line as a terminal may print it, and the number of characters before the place `at`.
fn excerpt(line: &str, at: usize) -> (String, usize) {
    let chars: Vec<char> = line
        .trim_end_matches('\r')
        .chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    if chars.len() <= SHOWN_CHARS {
        return (chars.into_iter().collect(), at);
    }
    let from = at.saturating_sub(SHOWN_CHARS / 2).min(chars.len() - SHOWN_CHARS);
    let to = from + SHOWN_CHARS;
    let start = if from > 0 { "…" } else { "" };
    let end = if to < chars.len() { "…" } else { "" };
    let shown: String = chars[from..to].iter().collect();
    (format!("{start}{shown}{end}"), at - from + start.chars().count())
}

/// Collects mistakes while the file is read, by their byte positions in its text.
#[derive(Default)]
pub(super) struct MistakeList {
    list: Vec<(Range<usize>, ConfigMistake)>,
    secrets: Vec<Range<usize>>,
}

impl MistakeList {
    pub(super) fn add(
        &mut self,
        at: &Range<usize>,
        key: impl Into<String>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mistake = ConfigMistake {
            line: None,
            column: None,
            key: key.into(),
            what: what.into(),
            help: help.into(),
        };
        self.list.push((at.clone(), mistake));
    }

    /// Marks a part of the file as secret: reports never show it.
    pub(super) fn hide(&mut self, at: &Range<usize>) {
        self.secrets.push(at.clone());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The mistakes in the order of the file.
    pub(super) fn into_mistakes(mut self, file: PathBuf, text: &str) -> ConfigMistakes {
        self.list.sort_by_key(|(at, _)| at.start);
        let list = self
            .list
            .into_iter()
            .map(|(at, mistake)| {
                let (line, column) = place(text, at.start);
                ConfigMistake { line: Some(line), column: Some(column), ..mistake }
            })
            .collect();
        ConfigMistakes { file, text: without_secrets(text, &self.secrets), list }
    }
}

/// Line and column, both from 1, of a byte position.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The text with asterisks over the given places, over everything between `://name:` and `@`, and over PEM.
pub(super) fn without_secrets(text: &str, secrets: &[Range<usize>]) -> String {
    let mut hidden: Vec<Range<usize>> = secrets.to_vec();
    hidden.extend(url_passwords(text));
    hidden.extend(pem_blocks(text));
    text.char_indices()
        .map(|(at, c)| match c {
            '\n' | '\r' => c,
            _ if hidden.iter().any(|range| range.contains(&at)) => '*',
            _ => c,
        })
        .collect()
}

/// Where addresses in the text hold a password, seen without parsing: the file may be broken at that very place.
fn url_passwords(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("://") {
        let start = start + "://".len();
        // To the end of the line, because a password may hold blanks and quotes.
        let rest = text[start..].lines().next().unwrap_or_default();
        if let (Some(colon), Some(at)) = (rest.find(':'), rest.rfind('@'))
            && colon < at
        {
            found.push(start + colon + 1..start + at);
        }
    }
    found
}

/// Finds PEM blocks in the text, which is how a private key is written: each to the line that ends
/// it, or to the end of the text.
fn pem_blocks(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = text[from..].find("-----BEGIN ") {
        let start = from + begin;
        let length = text[start..].find("-----END ").unwrap_or(text.len() - start);
        found.push(start..start + length);
        from = start + length;
    }
    found
}

/// The nearest of `known` to what somebody wrote, if it is near enough to have been meant.
pub(super) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written: Vec<char> = written.to_lowercase().chars().take(80).collect();
    known
        .into_iter()
        .map(|name| (distance(&written, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count().min(written.len()) / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Letters added, left out, changed or swapped with their neighbour to get from one word to the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// What somebody wrote, in quotes: short, and without anything a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{}\"", short.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_nearest(written: &str, expected: Option<&str>) {
        let known = ["id", "url", "name", "schedule", "zone", "extra_ca", "inside", "max_new"];
        assert_eq!(nearest(written, known), expected, "{written}");
    }

    #[test]
    fn a_typing_mistake_finds_its_key() {
        check_nearest("shedule", Some("schedule"));
        check_nearest("Schedule", Some("schedule"));
        check_nearest("nmae", Some("name"));
        check_nearest("ulr", Some("url"));
        check_nearest("extra-ca", Some("extra_ca"));
    }

    #[test]
    fn another_word_finds_none() {
        check_nearest("colour", None);
        check_nearest("", None);
        check_nearest(&"x".repeat(10_000), None);
    }

    #[test]
    fn a_place_counts_characters_and_lines_of_both_kinds() {
        let text = "một = 1\r\nhai = 2\n";
        assert_eq!(place(text, text.find('=').unwrap()), (1, 5));
        assert_eq!(place(text, text.find("hai").unwrap()), (2, 1));
        assert_eq!(place(text, text.len() + 9), (3, 1));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let (shown, before) = excerpt(&line, 500);
        assert_eq!(shown.chars().nth(before), Some('X'));
        assert_eq!(shown.chars().count(), SHOWN_CHARS + 2);
    }

    #[test]
    fn a_password_in_an_address_is_written_over() {
        assert_eq!(
            without_secrets("url = \"postgres://bantin:bí@mật@db/x\" # y", &[]),
            "url = \"postgres://bantin:******@db/x\" # y"
        );
        assert_eq!(
            without_secrets("url = \"https://a.vn:8080/x\"", &[]),
            "url = \"https://a.vn:8080/x\""
        );
    }
}
