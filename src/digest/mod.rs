//! Digests: what a due subscription gets, and why. Pure: items in, a decision and a composed view out; `mail` renders it.

use chrono::{DateTime, Utc};

use crate::model::{Item, Lang};

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

/// A digest ready to be rendered: grouped by source and section, capped, its subject chosen.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Composed {
    pub lang: Lang,
    pub subject: String,
}

/// What composing needs besides the items.
pub struct Composing<'a> {
    /// The feed's title, or the words of the query.
    pub title: &'a str,
    pub lang: Lang,
    /// For dates as people read them.
    pub zone: chrono_tz::Tz,
    pub now: DateTime<Utc>,
    /// Name of a source, for group headings.
    pub source_name: &'a dyn Fn(&crate::model::SourceId) -> String,
    pub public_url: &'a url::Url,
    /// Sources of this selection that cannot be read at present, by name: silence must not pass for calm.
    pub broken: &'a [String],
}

pub fn compose(_items: &[Item], _how: &Composing<'_>) -> Composed {
    todo!()
}
