//! How pages and feeds name the sources of items, and on whose clocks they say when.

use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;

use bantin_model::{Item, Source, SourceId};
use bantin_store::{SourceState, Store};

/// Names and zones of sources.
pub struct SourceNames {
    known: HashMap<SourceId, (String, Tz)>,
}

impl SourceNames {
    /// Those that these items are of, retired ones too.
    pub async fn of(store: &Store, items: impl Iterator<Item = &Item>) -> anyhow::Result<Self> {
        let ids: HashSet<&SourceId> = items.map(|item| &item.source).collect();
        let sources = store.configured(ids.into_iter().cloned().collect()).await?;
        Ok(SourceNames { known: sources.iter().map(named).collect() })
    }

    pub fn of_states(states: &[SourceState]) -> Self {
        SourceNames { known: states.iter().map(|state| named(&state.source)).collect() }
    }

    /// One that is known no longer goes by its id.
    pub fn name_and_zone(&self, id: &SourceId, site: Tz) -> (String, Tz) {
        let unknown = || (id.to_string(), site);
        self.known.get(id).cloned().unwrap_or_else(unknown)
    }
}

fn named(source: &Source) -> (SourceId, (String, Tz)) {
    (source.id.clone(), (source.name.clone(), source.zone))
}
