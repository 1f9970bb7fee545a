//! Reading a query: signs, then a tree. Columns are counted in characters from 0.

use chrono::NaiveDate;

use super::fold::syllables;
use super::{QueryError, QueryNode};
use crate::SourceId;
use crate::limits::{QUERY_CHARS, QUERY_DEPTH, QUERY_TERMS};

pub(super) fn parse(text: &str) -> Result<QueryNode, QueryError> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > QUERY_CHARS {
        return Err(wrong(
            QUERY_CHARS,
            format!("the query is longer than {QUERY_CHARS} characters"),
        ));
    }
    let signs = signs(&chars)?;
    let mut reader = QueryParser { signs: &signs, next: 0, terms: 0, end: chars.len() };
    if signs.is_empty() {
        return Ok(QueryNode::Anything);
    }
    let root = reader.any_of(0)?;
    match reader.peek() {
        None => Ok(root),
        // `any_of` stops at nothing else.
        Some(sign) => Err(wrong(sign.column, "this parenthesis closes nothing that was opened")),
    }
}

fn wrong(column: usize, message: impl Into<String>) -> QueryError {
    QueryError { column, message: message.into() }
}

#[derive(Debug, Clone, PartialEq)]
enum QueryTokenKind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A word, or what stood in quotation marks.
    Text(String),
    /// `name:value`; the value's column, and whether it stood in quotation marks.
    Field {
        name: String,
        value: String,
        value_column: usize,
    },
}

#[derive(Debug, Clone, PartialEq)]
struct QueryToken {
    column: usize,
    kind: QueryTokenKind,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || c == '(' || c == ')'
}

/// Returns what lies between the quotation mark at `open` and the next one, and the place after
/// that.
fn quoted(chars: &[char], open: usize) -> Result<(String, usize), QueryError> {
    let start = open + 1;
    match chars[start..].iter().position(|c| is_quote(*c)) {
        Some(length) => Ok((chars[start..start + length].iter().collect(), start + length + 1)),
        None => Err(wrong(open, "this quotation mark has no partner: close the phrase with \"")),
    }
}

fn signs(chars: &[char]) -> Result<Vec<QueryToken>, QueryError> {
    let mut signs = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let column = at;
        let kind = if c.is_whitespace() {
            at += 1;
            continue;
        } else if c == '(' {
            at += 1;
            QueryTokenKind::Open
        } else if c == ')' {
            at += 1;
            QueryTokenKind::Close
        } else if is_quote(c) {
            let (phrase, after) = quoted(chars, at)?;
            at = after;
            QueryTokenKind::Text(phrase)
        } else if c == '-' {
            at += 1;
            if chars.get(at).is_none_or(|next| next.is_whitespace() || *next == ')') {
                return Err(wrong(
                    column,
                    "this hyphen stands alone: put it directly before the word to leave out",
                ));
            }
            QueryTokenKind::Not
        } else {
            let length = chars[at..].iter().position(|c| ends_word(*c)).unwrap_or(chars.len() - at);
            let word: String = chars[at..at + length].iter().collect();
            at += length;
            match word.as_str() {
                "AND" => QueryTokenKind::And,
                "OR" => QueryTokenKind::Or,
                "NOT" => QueryTokenKind::Not,
                _ => match field(&word) {
                    None => QueryTokenKind::Text(word),
                    Some((name, value)) => {
                        let mut value = value.to_owned();
                        let mut value_column = column + name.chars().count() + 1;
                        if value.is_empty() && chars.get(at).is_some_and(|c| is_quote(*c)) {
                            let (phrase, after) = quoted(chars, at)?;
                            (value, value_column, at) = (phrase, at + 1, after);
                        }
                        QueryTokenKind::Field { name: name.to_owned(), value, value_column }
                    }
                },
            }
        };
        signs.push(QueryToken { column, kind });
    }
    Ok(signs)
}

/// `name:value` whose name is a word of ASCII letters: "8:30" and "a:b" of other scripts are words.
fn field(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once(':')?;
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic())).then_some((name, value))
}

struct QueryParser<'a> {
    signs: &'a [QueryToken],
    next: usize,
    terms: usize,
    /// Column after the last character.
    end: usize,
}

impl<'a> QueryParser<'a> {
    fn peek(&self) -> Option<&'a QueryToken> {
        self.signs.get(self.next)
    }

    /// Parts joined by OR.
    fn any_of(&mut self, depth: usize) -> Result<QueryNode, QueryError> {
        let mut parts = vec![self.all_of(depth)?];
        while self.peek().is_some_and(|sign| sign.kind == QueryTokenKind::Or) {
            self.next += 1;
            parts.push(self.all_of(depth)?);
        }
        Ok(alone_or(parts, QueryNode::Or))
    }

    /// Parts joined by AND or written side by side.
    fn all_of(&mut self, depth: usize) -> Result<QueryNode, QueryError> {
        let mut parts = vec![self.one(depth)?];
        loop {
            match self.peek().map(|sign| &sign.kind) {
                None | Some(QueryTokenKind::Or | QueryTokenKind::Close) => break,
                Some(QueryTokenKind::And) => self.next += 1,
                Some(_) => {}
            }
            parts.push(self.one(depth)?);
        }
        Ok(alone_or(parts, QueryNode::And))
    }

    fn one(&mut self, depth: usize) -> Result<QueryNode, QueryError> {
        let Some(sign) = self.peek() else {
            return Err(self.missing());
        };
        let column = sign.column;
        if depth > QUERY_DEPTH {
            return Err(wrong(
                column,
                format!("the query is nested deeper than {QUERY_DEPTH} levels"),
            ));
        }
        if matches!(sign.kind, QueryTokenKind::And | QueryTokenKind::Or | QueryTokenKind::Close) {
            return Err(self.missing());
        }
        self.next += 1;
        match &sign.kind {
            QueryTokenKind::Not => Ok(QueryNode::Not(Box::new(self.one(depth + 1)?))),
            QueryTokenKind::Open => {
                let inner = self.any_of(depth + 1)?;
                match self.peek() {
                    // `any_of` stops only at a closing parenthesis or at the end.
                    Some(_) => self.next += 1,
                    None => return Err(wrong(column, "this parenthesis is never closed")),
                }
                Ok(inner)
            }
            QueryTokenKind::Text(text) => self.counted(column).and_then(|()| words(text, column)),
            QueryTokenKind::Field { name, value, value_column } => {
                self.counted(column)?;
                field_node(name, value, column, *value_column)
            }
            QueryTokenKind::And | QueryTokenKind::Or | QueryTokenKind::Close => Err(self.missing()),
        }
    }

    fn counted(&mut self, column: usize) -> Result<(), QueryError> {
        self.terms += 1;
        if self.terms > QUERY_TERMS {
            return Err(wrong(column, format!("the query has more than {QUERY_TERMS} terms")));
        }
        Ok(())
    }

    /// Something was to come here: says after what it is missing.
    fn missing(&self) -> QueryError {
        let column = self.peek().map_or(self.end, |sign| sign.column);
        let before = self.next.checked_sub(1).and_then(|last| self.signs.get(last));
        let message = match before.map(|sign| &sign.kind) {
            Some(QueryTokenKind::Open) if self.peek().is_some() => {
                "nothing stands in these parentheses"
            }
            Some(QueryTokenKind::Open) => "this parenthesis is never closed",
            Some(QueryTokenKind::Not) => "a word, a phrase or a parenthesis must follow NOT",
            Some(QueryTokenKind::And) => "a word, a phrase or a parenthesis must follow AND",
            Some(QueryTokenKind::Or) => "a word, a phrase or a parenthesis must follow OR",
            _ => match self.peek().map(|sign| &sign.kind) {
                Some(QueryTokenKind::Close) => "this parenthesis closes nothing that was opened",
                _ => "a word, a phrase or a parenthesis must stand before AND or OR",
            },
        };
        let column = match before {
            Some(QueryToken { kind: QueryTokenKind::Open, column }) => *column,
            _ => column,
        };
        wrong(column, message)
    }
}

/// Joins parts under `many`; a single part is returned as it is.
fn alone_or(mut parts: Vec<QueryNode>, many: fn(Vec<QueryNode>) -> QueryNode) -> QueryNode {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

fn words(text: &str, column: usize) -> Result<QueryNode, QueryError> {
    let words = syllables(text);
    if words.is_empty() {
        return Err(wrong(column, "there is no letter or digit here to look for"));
    }
    Ok(QueryNode::Words(words))
}

fn field_node(
    name: &str,
    value: &str,
    column: usize,
    value_column: usize,
) -> Result<QueryNode, QueryError> {
    let name = name.to_ascii_lowercase();
    let example = match name.as_str() {
        "source" => "source:so-tttt",
        "section" => "section:\"Tin hoạt động\"",
        "after" => "after:2026-05-22",
        "before" => "before:2026-05-22",
        _ => {
            return Err(wrong(
                column,
                format!(
                    "there is no field \"{name}:\": use source:, section:, after: or before:, or put the words in quotation marks"
                ),
            ));
        }
    };
    if value.trim().is_empty() {
        return Err(wrong(
            value_column,
            format!("a value must follow {name}: without a blank, such as {example}"),
        ));
    }
    match name.as_str() {
        "source" => {
            SourceId::parse(value).map(QueryNode::Source).map_err(|why| wrong(value_column, why))
        }
        "section" => match words(value, value_column)? {
            QueryNode::Words(words) => Ok(QueryNode::Section(words)),
            other => Ok(other),
        },
        _ => {
            let day = day(value).ok_or_else(|| {
                let value: String = value.chars().take(40).collect();
                wrong(
                    value_column,
                    format!(
                        "\"{}\" is no day: write year-month-day, such as {example}",
                        value.escape_debug()
                    ),
                )
            })?;
            Ok(if name == "after" { QueryNode::After(day) } else { QueryNode::Before(day) })
        }
    }
}

/// Exactly `YYYY-MM-DD`: chrono alone would take signs, blanks and years of five digits.
fn day(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}
