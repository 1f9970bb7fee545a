//! Digests: what a due subscription gets, and why. Pure: items in, a decision and a composed view out; `mail` renders it.

pub mod compose;
pub mod texts;

use chrono::{DateTime, Utc};

use crate::model::Item;

pub use compose::{Composed, Composing, Entry, Section, SourceGroup, compose};

/// What a due subscription gets, with the reason.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// These items, in order of `seq`.
    Publish(Vec<Item>),
    /// Nothing matched, and the subscription asked to be told so.
    SayEmpty,
    NothingNew,
    NotBefore(DateTime<Utc>),
}

pub fn decide(
    due: DateTime<Utc>,
    matching: Vec<Item>,
    when_empty: bool,
    now: DateTime<Utc>,
) -> Decision {
    if now < due {
        return Decision::NotBefore(due);
    }
    match (matching.is_empty(), when_empty) {
        (false, _) => Decision::Publish(matching),
        (true, true) => Decision::SayEmpty,
        (true, false) => Decision::NothingNew,
    }
}
