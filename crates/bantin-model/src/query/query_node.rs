//! The tree of a query, and what is wrong with one that cannot be read.

use chrono::NaiveDate;

use super::fold::Syllable;
use crate::SourceId;

/// What must hold of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum QueryNode {
    /// Holds of every item.
    Anything,
    /// These syllables follow one another in one of the item's texts.
    Words(Vec<Syllable>),
    /// These syllables follow one another in the item's section.
    Section(Vec<Syllable>),
    Source(SourceId),
    /// Published on this day or later.
    After(NaiveDate),
    /// Published before this day.
    Before(NaiveDate),
    Not(Box<QueryNode>),
    And(Vec<QueryNode>),
    Or(Vec<QueryNode>),
}

/// What is wrong, and at which character (from 0) of the query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", column + 1)]
pub struct QueryError {
    pub column: usize,
    pub message: String,
}
