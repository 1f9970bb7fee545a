//! The `[[feed]]` tables. A query is checked together with the sources that it names.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;

use super::ConfigCheck;
use super::values::one_line;
use crate::config::Server;
use crate::config::mistakes::{nearest, shown};
use crate::config::raw::{self, ConfigTable, SpannedValue, place_in_string};
use bantin_model::query::Query;
use bantin_model::{Feed, FeedName, Source, SourceId};

const FEED_ITEMS: u32 = 50;
const FEED_ITEMS_RANGE: RangeInclusive<u32> = 1..=1_000;
const FEED_DAYS: u32 = 7;
const FEED_DAYS_RANGE: RangeInclusive<u32> = 0..=366;

impl ConfigCheck<'_> {
    pub(super) fn feeds(
        &mut self,
        root: &ConfigTable<'_>,
        server: &Server,
        sources: &[(SourceId, Option<Source>)],
    ) -> Vec<Feed> {
        let mut feeds = Vec::new();
        let mut places: HashMap<FeedName, SpannedValue<String>> = HashMap::new();
        for table in root.tables(&mut self.found, "feed", &raw::FEED) {
            let name = self.feed_name(&table, &mut places);
            let title = self.line(&table, "title");
            let description = table.text(&mut self.found, "description");
            let description = description.map(|written| one_line(&written.value));
            let query = self.query(&table, sources);
            let lang = self.language(&table).unwrap_or(server.lang);
            let items =
                table.number(&mut self.found, "items", FEED_ITEMS_RANGE).unwrap_or(FEED_ITEMS);
            let days = table.number(&mut self.found, "days", FEED_DAYS_RANGE).unwrap_or(FEED_DAYS);
            if let Some(name) = name {
                let title = title.unwrap_or_else(|| name.to_string());
                let description = description.unwrap_or_default();
                let private = table.truth(&mut self.found, "private").unwrap_or(false);
                feeds.push(Feed { name, title, description, query, lang, items, days, private });
            }
        }
        feeds
    }

    pub(super) fn feed_name(
        &mut self,
        table: &ConfigTable<'_>,
        places: &mut HashMap<FeedName, SpannedValue<String>>,
    ) -> Option<FeedName> {
        let help = "name the feed for its address, for good: name = \"tin-hoat-dong\"";
        let written = self.needed(table, "name", help)?;
        let name = match FeedName::parse(&written.value) {
            Ok(name) => name,
            Err(why) => {
                self.note_name(&written, &why);
                return None;
            }
        };
        if let Some(first) = places.get(&name) {
            let what =
                format!("{} is a feed already, {}", shown(name.as_str()), self.at_line(first));
            written.note(&mut self.found, what, "give each feed a name of its own");
            return None;
        }
        places.insert(name.clone(), written);
        Some(name)
    }

    pub(super) fn query(
        &mut self,
        table: &ConfigTable<'_>,
        sources: &[(SourceId, Option<Source>)],
    ) -> String {
        let Some(written) = table.text(&mut self.found, "query") else { return String::new() };
        match Query::parse(&written.value) {
            Ok(query) => {
                for source in query.named_sources() {
                    if !sources.iter().any(|(id, _)| *id == source) {
                        self.note_no_source(&written, &source, sources);
                    }
                }
            }
            Err(error) => {
                let at = place_in_string(self.text, &written.at, error.column);
                let help = "write words, \"phrases\", AND, OR, NOT, parentheses, source:ID, section:NAME or \
                            after:YYYY-MM-DD; leave query out for everything";
                self.found.add(&at, &written.key, error.message, help);
            }
        }
        written.value.nfc().collect()
    }

    pub(super) fn note_no_source(
        &mut self,
        written: &SpannedValue<String>,
        source: &SourceId,
        sources: &[(SourceId, Option<Source>)],
    ) {
        let ids = || sources.iter().map(|(id, _)| id.as_str());
        let help = match nearest(source.as_str(), ids()) {
            Some(meant) => format!("did you mean source:{meant}?"),
            None if sources.is_empty() => {
                "this file names no source yet: write a [[source]]".to_owned()
            }
            None => {
                format!("the sources of this file are {}", ids().collect::<Vec<_>>().join(", "))
            }
        };
        let word = format!("source:{source}");
        let at = match written.value.find(&word) {
            Some(byte) => {
                let count = written.value[..byte].chars().count();
                place_in_string(self.text, &written.at, count)
            }
            None => written.at.clone(),
        };
        self.found.add(&at, &written.key, format!("there is no source \"{source}\""), help);
    }
}
