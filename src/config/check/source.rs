//! The `[[source]]` tables, each with its recipe.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use chrono_tz::TZ_VARIANTS;
use chrono_tz::Tz;

use super::ConfigCheck;
use super::values::read_authority;
use crate::config::mistakes::{nearest, shown};
use crate::config::raw::{self, ConfigTable, SpannedValue};
use bantin_model::limits;
use bantin_model::{
    ArticleRecipe, ListingRecipe, ManagedBy, OnRedesign, Pace, Recipe, Schedule, Source, SourceId,
    SourceKind,
};

const MAX_NEW_RANGE: RangeInclusive<u32> = 1..=limits::ROWS as u32;

impl ConfigCheck<'_> {
    /// The sources with their ids; None for a source that has a good id and is wrong elsewhere.
    pub(super) fn sources(&mut self, root: &ConfigTable<'_>) -> Vec<(SourceId, Option<Source>)> {
        let mut sources: Vec<(SourceId, Option<Source>)> = Vec::new();
        let mut places = HashMap::new();
        for table in root.tables(&mut self.found, "source", &raw::SOURCE) {
            let id = self.source_id(&table, &mut places);
            let source = self.source(&table, id.clone());
            if let Some(id) = id {
                sources.push((id, source));
            }
        }
        sources
    }

    pub(super) fn source_id(
        &mut self,
        table: &ConfigTable<'_>,
        places: &mut HashMap<SourceId, SpannedValue<String>>,
    ) -> Option<SourceId> {
        let help = "name the source for queries and logs, for good: id = \"so-tttt\"";
        let written = self.needed(table, "id", help)?;
        let id = match SourceId::parse(&written.value) {
            Ok(id) => id,
            Err(why) => {
                self.note_name(&written, &why);
                return None;
            }
        };
        if let Some(first) = places.get(&id) {
            let what = format!("{} is an id already, {}", shown(id.as_str()), self.at_line(first));
            written.note(&mut self.found, what, "give each source an id of its own");
            return None;
        }
        places.insert(id.clone(), written);
        Some(id)
    }

    pub(super) fn source(
        &mut self,
        table: &ConfigTable<'_>,
        id: Option<SourceId>,
    ) -> Option<Source> {
        let help = "write the address of the page that lists the news: url = \"https://portal.example.gov.vn/tin\"";
        let url = match self.needed(table, "url", help) {
            Some(written) => {
                self.web_address(&written, "https://portal.example.gov.vn/tin-hoat-dong")
            }
            None => None,
        };
        let name = self.line(table, "name");
        let pace = self.pace(table);
        let zone = self.zone(table).unwrap_or(self.site_zone);
        let recipe = self.recipe(table);
        let extra_ca = self.extra_ca(table);
        let inside = self.inside(table);
        let max_new = table
            .number(&mut self.found, "max_new", MAX_NEW_RANGE)
            .unwrap_or(limits::NEW_ITEMS_PER_POLL);
        let id = id?;
        Some(Source {
            name: name.unwrap_or_else(|| id.to_string()),
            id,
            url: url?,
            pace,
            zone,
            recipe,
            extra_ca,
            inside,
            max_new,
            managed_by: ManagedBy::File,
        })
    }

    pub(super) fn pace(&mut self, table: &ConfigTable<'_>) -> Pace {
        let Some(written) = table.text(&mut self.found, "schedule") else { return Pace::Adaptive };
        if written.value.trim() == "adaptive" {
            return Pace::Adaptive;
        }
        match Schedule::parse(&written.value) {
            Ok(schedule) => Pace::Cron(schedule),
            Err(why) => {
                // The sentence ends in what would be right; where it does not, this is.
                match why.rsplit_once(": write ") {
                    Some((what, right)) => {
                        written.note(&mut self.found, what, format!("write {right}"));
                    }
                    None => written.note(
                        &mut self.found,
                        why,
                        "write minute, hour, day of month, month, day of week, such as \"*/15 6-20 * * Mon-Fri\"; or \
                         \"adaptive\"",
                    ),
                }
                Pace::Adaptive
            }
        }
    }

    pub(super) fn zone(&mut self, table: &ConfigTable<'_>) -> Option<Tz> {
        let written = table.text(&mut self.found, "zone")?;
        if let Ok(zone) = written.value.parse() {
            return Some(zone);
        }
        let help = match nearest_zone(&written.value) {
            Some(zone) => format!("did you mean \"{}\"?", zone.name()),
            None => "write a name of the IANA time zone database, such as \"Asia/Ho_Chi_Minh\""
                .to_owned(),
        };
        let what = format!("there is no time zone {}", shown(&written.value));
        written.note(&mut self.found, what, help);
        None
    }

    pub(super) fn recipe(&mut self, table: &ConfigTable<'_>) -> Recipe {
        let listing = table.table(&mut self.found, "listing", &raw::LISTING);
        let article = table.table(&mut self.found, "article", &raw::ARTICLE);
        let kind = self.kind(table);
        // The parts of JSON are paths, not selectors.
        let part = match kind {
            SourceKind::Json => Self::path,
            _ => Self::selector,
        };
        let item = part(self, &listing, "item");
        // What bantin found by itself it may also find again by itself.
        let usual = if item.is_some() { OnRedesign::Propose } else { OnRedesign::Use };
        Recipe {
            kind,
            repair: self.on_redesign(table).unwrap_or(usual),
            listing: ListingRecipe {
                item,
                link: part(self, &listing, "link"),
                title: part(self, &listing, "title"),
                date: part(self, &listing, "date"),
                date_format: self.date_format(&listing),
                lead: part(self, &listing, "lead"),
                image: part(self, &listing, "image"),
                next: part(self, &listing, "next"),
            },
            article: ArticleRecipe {
                title: self.selector(&article, "title"),
                lead: self.selector(&article, "lead"),
                body: self.selector(&article, "body"),
                date: self.selector(&article, "date"),
                date_format: self.date_format(&article),
                byline: self.selector(&article, "byline"),
                section: self.selector(&article, "section"),
                drop: article
                    .texts(&mut self.found, "drop")
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|written| self.good_selector(written))
                    .collect(),
            },
        }
    }

    fn kind(&mut self, table: &ConfigTable<'_>) -> SourceKind {
        let Some(written) = table.text(&mut self.found, "kind") else { return SourceKind::Auto };
        match written.value.as_str() {
            "auto" => SourceKind::Auto,
            "page" => SourceKind::Page,
            "feed" => SourceKind::Feed,
            "sitemap" => SourceKind::Sitemap,
            "json" => SourceKind::Json,
            other => {
                let what = format!("{} is no kind of source", shown(other));
                let help = "write kind = \"auto\", \"page\", \"feed\", \"sitemap\" or \"json\"";
                written.note(&mut self.found, what, help);
                SourceKind::Auto
            }
        }
    }

    fn on_redesign(&mut self, table: &ConfigTable<'_>) -> Option<OnRedesign> {
        let written = table.text(&mut self.found, "repair")?;
        match written.value.as_str() {
            "propose" => Some(OnRedesign::Propose),
            "use" => Some(OnRedesign::Use),
            other => {
                let what = format!("{} is no way to repair a recipe", shown(other));
                let help = "write repair = \"propose\" or repair = \"use\"";
                written.note(&mut self.found, what, help);
                None
            }
        }
    }

    /// A path into JSON: names and numbers with dots between them.
    fn path(&mut self, table: &ConfigTable<'_>, key: &'static str) -> Option<String> {
        let written = table.text(&mut self.found, key)?;
        if written.value.trim().is_empty() {
            let help =
                "write where it stands in the JSON, such as \"data.items\" or \"attributes.title\"";
            written.note(&mut self.found, "this path is empty", help);
            return None;
        }
        Some(written.value)
    }

    pub(super) fn selector(
        &mut self,
        table: &ConfigTable<'_>,
        key: &'static str,
    ) -> Option<String> {
        let written = table.text(&mut self.found, key)?;
        self.good_selector(written)
    }

    pub(super) fn good_selector(&mut self, written: SpannedValue<String>) -> Option<String> {
        let help =
            "write a CSS selector, such as \"div.news-item\", \"h3 > a\" or \"time[datetime]\"";
        if written.value.trim().is_empty() {
            written.note(&mut self.found, "this selector is empty", help);
            return None;
        }
        match bantin_extract::check_selector(&written.value) {
            Ok(()) => Some(written.value),
            Err(why) => {
                let (what, help) = match why.rsplit_once("; write ") {
                    Some((what, right)) => (what.to_owned(), format!("write {right}")),
                    None => (why, help.to_owned()),
                };
                written.note(&mut self.found, what, help);
                None
            }
        }
    }

    pub(super) fn date_format(&mut self, table: &ConfigTable<'_>) -> Option<String> {
        use chrono::format::{Item, StrftimeItems};
        let written = table.text(&mut self.found, "date_format")?;
        let items: Vec<Item<'_>> = StrftimeItems::new(&written.value).collect();
        let help = "write a strftime pattern, such as \"%d/%m/%Y %H:%M\"";
        if items.contains(&Item::Error) {
            let what = format!("{} is not a pattern of a date", shown(&written.value));
            written.note(&mut self.found, what, help);
            return None;
        }
        if !items.iter().any(|item| matches!(item, Item::Numeric(..) | Item::Fixed(_))) {
            let what = format!("{} has no part that is a date", shown(&written.value));
            written.note(&mut self.found, what, help);
            return None;
        }
        Some(written.value)
    }

    pub(super) fn inside(&mut self, table: &ConfigTable<'_>) -> Vec<String> {
        let mut inside = Vec::new();
        for written in table.texts(&mut self.found, "inside").unwrap_or_default() {
            match read_authority(&written.value) {
                Some((host, port)) => inside.push(match port {
                    Some(port) => format!("{host}:{port}"),
                    None => host.to_string(),
                }),
                None => {
                    let what = format!("{} is not a host", shown(&written.value));
                    let help = "write \"host\" or \"host:port\", such as \"10.20.0.5\" or \"portal.noi-bo.vn:8080\"";
                    written.note(&mut self.found, what, help);
                }
            }
        }
        inside
    }
}

/// Names that people give the zone of Viet Nam, in lower case. The database has it under its largest city only.
pub(super) const VIETNAMESE: [&str; 14] = [
    "asia/hanoi",
    "asia/ha_noi",
    "asia/vietnam",
    "asia/saigon",
    "hanoi",
    "ho_chi_minh",
    "vietnam",
    "vn",
    "ict",
    "+07",
    "+07:00",
    "utc+7",
    "gmt+7",
    "se asia standard time",
];

pub(super) fn nearest_zone(written: &str) -> Option<Tz> {
    let lower = written.trim().to_lowercase().replace(' ', "_");
    if VIETNAMESE.iter().any(|name| name.replace(' ', "_") == lower) {
        return Some(super::ZONE);
    }
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let same = |tz: &&Tz| tz.name().to_lowercase() == lower || city(tz.name()) == city(&lower);
    TZ_VARIANTS
        .iter()
        .find(same)
        .copied()
        .or_else(|| nearest(&lower, TZ_VARIANTS.iter().map(|zone| zone.name()))?.parse().ok())
}
