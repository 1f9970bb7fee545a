//! A source as a config file makes it that says no more than it must.

use bantin_model::{ManagedBy, Pace, Recipe, Source, SourceId};

pub fn source(id: &str, name: &str, url: &str) -> Source {
    Source {
        id: SourceId::parse(id).expect("a name"),
        name: name.to_owned(),
        url: url.parse().expect("a URL"),
        pace: Pace::Adaptive,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        recipe: Recipe::default(),
        extra_ca: None,
        inside: Vec::new(),
        max_new: 50,
        managed_by: ManagedBy::File,
    }
}
