//! An item as lists show it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::digest::texts::Texts;
use crate::model::{Item, Lang, Published, Source, SourceId};
use crate::store::{SourceState, Store};
use crate::web::feeds::name_and_zone;

/// A moment as people in Việt Nam write it, and as machines do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct When {
    pub shown: String,
    pub machine: String,
}

impl When {
    pub fn of(published: Published, zone: Tz) -> Option<When> {
        match published {
            Published::At(at) => Some(When::at(at, zone)),
            Published::On(day) => {
                Some(When { shown: day.format("%d/%m/%Y").to_string(), machine: day.to_string() })
            }
            Published::Unknown => None,
        }
    }

    pub fn at(at: DateTime<Utc>, zone: Tz) -> When {
        let at = at.with_timezone(&zone);
        When {
            shown: at.format("%d/%m/%Y %H:%M").to_string(),
            machine: at.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        }
    }
}

/// Names and zones of the sources, retired ones too as far as they were asked for.
pub struct Sources {
    known: HashMap<SourceId, (String, Tz)>,
}

impl Sources {
    pub async fn of(store: &Store, items: impl Iterator<Item = &Item>) -> anyhow::Result<Self> {
        let ids: HashSet<&SourceId> = items.map(|item| &item.source).collect();
        let sources = store.configured(ids.into_iter().cloned().collect()).await?;
        let named = |source: &Source| (source.id.clone(), name_and_zone(&source.id, Some(source)));
        let known = sources.iter().map(named).collect();
        Ok(Sources { known })
    }

    pub fn of_states(states: &[SourceState]) -> Self {
        let named = |state: &SourceState| {
            let id = state.source.id.clone();
            let named = name_and_zone(&id, Some(&state.source));
            (id, named)
        };
        Sources { known: states.iter().map(named).collect() }
    }

    pub fn name_and_zone(&self, id: &SourceId) -> (String, Tz) {
        self.known.get(id).cloned().unwrap_or_else(|| name_and_zone(id, None))
    }
}

/// A source to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub value: String,
    pub title: String,
}

/// The language of a text, where it is not the page's.
pub fn other_lang(item: &Item, page: &str) -> Option<String> {
    item.lang.clone().filter(|lang| lang != page)
}

/// What an item is called; one without a title goes by a word of ours.
pub fn heading(item: &Item, lang: Lang) -> String {
    match item.title.trim() {
        "" => Texts::of(lang).untitled.to_owned(),
        title => title.to_owned(),
    }
}
