//! The one query language, for feeds, subscriptions, search: words, "phrases", AND/OR/NOT, parentheses, `source:`,
//! `section:`, `after:`, `before:`. A word typed with accents matches exactly, one typed without matches folded text.
//!
//! `parse` turns text into a [`Query`], `matching` asks it about an item, `lookup` asks an index for the items that may
//! match, `fold` knows Vietnamese letters and tones.

mod expression;
pub mod highlight;
pub mod lookup;
mod matching;
mod parse;
mod query_node;
mod word_match;

pub use bantin_extract::fold;
pub use expression::Query;
pub use fold::fold;
pub use lookup::IndexLookup;
pub use query_node::QueryError;

use query_node::QueryNode;
