//! A public parser's own tests for feeds: of what they state of title, link, id and dates, how much comes out of ours.
//! Text is compared without tags, escapes and blanks; dates as seconds.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use bantin_extract::foreign::{self, Document};
use bantin_extract::model::{ListingRecipe, Published, SourceKind};
use bantin_extract::{Listing, Reading, text};
use chrono::{DateTime, Utc};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::measure::Meter;

/// One file of the tests: what it states, and what it is served with.
#[derive(Deserialize)]
struct Case {
    asserted: Asserted,
    base_url: Option<Url>,
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Asserted {
    feed: Map<String, Value>,
    /// By their place in the feed, from 0.
    entries: BTreeMap<usize, Map<String, Value>>,
}

/// What came out of one file.
struct Parsed {
    document: Document,
    listing: Listing,
}

#[derive(Default)]
struct Tally {
    /// By folder: fields right, fields stated.
    folders: BTreeMap<String, (usize, usize)>,
    wrong: Vec<String>,
    unstable: usize,
    /// Files that are not taken for a feed by themselves.
    strangers: usize,
}

pub fn evaluate(folder: &Path) -> Result<()> {
    let folder = folder.join("feeds");
    let answers = std::fs::read(folder.join("expect.json")).context("reading expect.json")?;
    let cases: BTreeMap<String, Case> =
        serde_json::from_slice(&answers).context("reading expect.json")?;
    let now = DateTime::from_timestamp(1_600_000_000, 0).context("a time")?;
    let nowhere = Url::parse("http://feeds.example/feed")?;
    let mut tally = Tally::default();
    let mut meter = Meter::start();
    for (name, case) in &cases {
        let body =
            std::fs::read(folder.join(name)).with_context(|| format!("reading feeds/{name}"))?;
        let header = |wanted: &str| {
            let found = case.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_str())
        };
        let base = case.base_url.as_ref().unwrap_or(&nowhere);
        // A feed from disk: the tests' server tells the address only so.
        let location = header("content-location").and_then(|place| base.join(place).ok());
        let url = location.filter(|url| url.has_host()).unwrap_or_else(|| base.clone());
        let declared = header("content-type");
        let kind = bantin_extract::kind(&body, declared);
        tally.strangers += usize::from(!matches!(kind, SourceKind::Feed | SourceKind::Sitemap));
        let reading = Reading { url: &url, zone: chrono_tz::UTC, now };
        let recipe = ListingRecipe::default();
        let read = || foreign::read(SourceKind::Feed, &body, declared, &recipe, reading);
        let listing = meter.page(read);
        tally.unstable += usize::from(listing != read());
        let document = foreign::document(SourceKind::Feed, &body, declared, &recipe, reading);
        tally.judge(name, &case.asserted, &Parsed { document, listing });
    }
    tally.tell();
    println!("{}", meter.told());
    Ok(())
}

impl Tally {
    fn judge(&mut self, name: &str, asserted: &Asserted, parsed: &Parsed) {
        for (field, wanted) in &asserted.feed {
            if let Some(found) = of_feed(parsed, field) {
                self.count(name, field, &found, wanted);
            }
        }
        for (place, fields) in &asserted.entries {
            for (field, wanted) in fields {
                if let Some(found) = of_entry(parsed, *place, field) {
                    self.count(name, &format!("entry {place}, {field}"), &found, wanted);
                }
            }
        }
    }

    fn count(&mut self, name: &str, field: &str, found: &Found, wanted: &Value) {
        let folder = name.split('/').next().unwrap_or_default();
        let (right, stated) = self.folders.entry(folder.to_owned()).or_default();
        *stated += 1;
        if found.is(wanted) {
            *right += 1;
        } else {
            self.wrong.push(format!("{name}: {field} is {found:?}, wanted {wanted}"));
        }
    }

    fn tell(&self) {
        for wrong in &self.wrong {
            println!("    {wrong}");
        }
        let (mut right, mut stated) = (0, 0);
        for (folder, count) in &self.folders {
            println!("    {folder}: {} of {}", count.0, count.1);
            right += count.0;
            stated += count.1;
        }
        let share = 100.0 * right as f64 / stated.max(1) as f64;
        println!(
            "{right} of {stated} stated fields right ({share:.1} %); {} files read differently a second time; \
             {} are taken for no feed unless told",
            self.unstable, self.strangers
        );
    }
}

/// A field as we have it.
#[derive(Debug)]
enum Found {
    Text(Option<String>),
    Address(Option<String>),
    Id(Option<String>),
    Date(Option<DateTime<Utc>>),
}

impl Found {
    fn is(&self, wanted: &Value) -> bool {
        let words = wanted.as_str().unwrap_or_default();
        match self {
            Found::Text(found) => {
                let found = found.as_deref().unwrap_or_default();
                bare(found) == bare(words) || without_blanks(found) == bare(words)
            }
            Found::Address(found) => {
                let address = Url::parse(words).map_or_else(|_| words.to_owned(), String::from);
                found.as_deref().unwrap_or_default() == address
            }
            Found::Id(found) => found.as_deref() == wanted.as_str(),
            Found::Date(found) => {
                let seconds = wanted.as_i64().or_else(|| {
                    let date = DateTime::parse_from_rfc3339(words);
                    Some(date.or_else(|_| DateTime::parse_from_rfc2822(words)).ok()?.timestamp())
                });
                seconds.is_some() && found.map(|at| at.timestamp()) == seconds
            }
        }
    }
}

fn of_feed(parsed: &Parsed, field: &str) -> Option<Found> {
    let head = &parsed.document.head;
    Some(match field {
        "title" => Found::Text(head.title.clone()),
        "link" => Found::Address(head.link.as_ref().map(Url::to_string)),
        "id" => Found::Id(head.id.clone()),
        "published" => Found::Date(head.published),
        "updated" => Found::Date(head.updated),
        _ => return None,
    })
}

/// Of what the rest of the program gets, but for the id: a row without one of its own is told apart by its address.
fn of_entry(parsed: &Parsed, place: usize, field: &str) -> Option<Found> {
    let row = parsed.listing.rows.get(place);
    let moment = |date: Published| date.moment(chrono_tz::UTC);
    Some(match field {
        "title" => Found::Text(row.map(|row| row.title.clone())),
        "link" => Found::Address(row.map(|row| row.url.to_string())),
        "id" => Found::Id(parsed.document.entries.get(place).and_then(|entry| entry.id.clone())),
        "published" | "created" => Found::Date(row.and_then(|row| moment(row.published))),
        "updated" => Found::Date(row.and_then(|row| row.brought.as_ref()?.updated)),
        _ => return None,
    })
}

fn bare(markup: &str) -> String {
    let tags = Regex::new("(?s)<!--.*?-->|<[^>]*>").expect("a pattern");
    without_blanks(&text::unescape(&tags.replace_all(markup, " ")))
}

fn without_blanks(words: &str) -> String {
    text::clean(words).replace(' ', "")
}
