//! The one query language, for feeds, subscriptions, search: words, "phrases", AND/OR/NOT, parentheses, `source:`,
//! `section:`, `after:`. A word typed with accents matches exactly, one typed without matches folded text.

use crate::model::{Item, SourceId};

/// A query that parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {}

/// What is wrong, and at which character (from 0) of the query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", column + 1)]
pub struct QueryError {
    pub column: usize,
    pub message: String,
}

impl Query {
    /// The empty query matches every item.
    pub fn parse(_text: &str) -> Result<Query, QueryError> {
        todo!()
    }

    pub fn matches(&self, _item: &Item) -> bool {
        todo!()
    }

    /// The sources outside of which nothing can match; None when any source may.
    pub fn sources(&self) -> Option<Vec<SourceId>> {
        todo!()
    }

    /// Every source named anywhere in the query: config checks that they exist.
    pub fn named_sources(&self) -> Vec<SourceId> {
        todo!()
    }
}
