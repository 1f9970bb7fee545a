//! An item as lists show it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use bantin_model::digest::digest_texts::DigestTexts;
use bantin_model::{Item, Lang, Published};

/// A moment as people in Việt Nam write it, and as machines do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownTime {
    pub shown: String,
    pub machine: String,
}

impl ShownTime {
    pub fn of(published: Published, zone: Tz) -> Option<ShownTime> {
        match published {
            Published::At(at) => Some(ShownTime::at(at, zone)),
            Published::On(day) => Some(ShownTime {
                shown: day.format("%d/%m/%Y").to_string(),
                machine: day.to_string(),
            }),
            Published::Unknown => None,
        }
    }

    pub fn at(at: DateTime<Utc>, zone: Tz) -> ShownTime {
        let at = at.with_timezone(&zone);
        ShownTime {
            shown: at.format("%d/%m/%Y %H:%M").to_string(),
            machine: at.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        }
    }
}

/// A source to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelectOption {
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
        "" => DigestTexts::of(lang).untitled.to_owned(),
        title => title.to_owned(),
    }
}
