//! Listing pages: which links are the news, and the dates beside them, with no recipe.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use bantin_extract::model::{ListingRecipe, Published, Row};
use bantin_extract::{self as extract, Reading};
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use serde::Deserialize;
use url::Url;

use super::measure::{Meter, mean};

#[derive(Deserialize)]
struct Truth {
    url: String,
    title: String,
    /// Local time, or a day; null where none stands beside the link.
    date: Option<String>,
}

/// Where INDEX.tsv has no sixth column that says when the page was saved.
const NOW: &str = "2026-11-23T12:00:00Z";

pub fn evaluate(folder: &Path) -> Result<()> {
    let folder = folder.join("listings");
    let index = std::fs::read_to_string(folder.join("INDEX.tsv"))?;
    let mut meter = Meter::start();
    let (mut precisions, mut recalls) = (Vec::new(), Vec::new());
    let (mut dates_right, mut dates, mut good, mut invented) = (0, 0, 0, 0);
    println!("{:<40} {:>5} {:>5} {:>6} {:>6} {:>9}", "page", "true", "found", "P", "R", "dates");
    for line in index.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let mut columns = line.split('\t');
        let slug = columns.next().unwrap_or_default();
        let base = columns.next().context("INDEX.tsv has no second column")?;
        let now = line.split('\t').nth(5).filter(|now| !now.is_empty()).unwrap_or(NOW);
        let page = Page::read(&folder, slug, base, now)?;
        let rows = meter.page(|| page.detect());
        let score = page.compare(&rows);
        println!(
            "{slug:<40} {:>5} {:>5} {:>6.3} {:>6.3} {:>4}/{:<4}",
            page.truth.len(),
            rows.len(),
            score.precision,
            score.recall,
            score.dates_right,
            score.dates
        );
        for wrong in &score.wrong {
            println!("    {wrong}");
        }
        precisions.push(score.precision);
        recalls.push(score.recall);
        good += usize::from(score.precision >= 0.9 && score.recall >= 0.9);
        dates_right += score.dates_right;
        dates += score.dates;
        invented += score.invented;
    }
    println!(
        "mean precision {:.3}, mean recall {:.3}, both at least .9 on {good} of {} pages; dates {dates_right} of {dates} right, {invented} where none stands",
        mean(&precisions),
        mean(&recalls),
        precisions.len()
    );
    println!("{}", meter.told());
    Ok(())
}

struct Page {
    body: Vec<u8>,
    url: Url,
    now: DateTime<Utc>,
    truth: Vec<Truth>,
    /// Links that a person could count or not (`SLUG.optional.json`): neither right nor wrong.
    optional: HashSet<String>,
}

#[derive(Default)]
struct Score {
    precision: f64,
    recall: f64,
    dates: usize,
    dates_right: usize,
    /// Dates of true items that have none on the page.
    invented: usize,
    wrong: Vec<String>,
}

impl Page {
    fn read(folder: &Path, slug: &str, base: &str, now: &str) -> Result<Self> {
        let truth = std::fs::read_to_string(folder.join(format!("{slug}.items.json")))?;
        let now = moment(now).with_context(|| format!("the time {now} of {slug}"))?;
        let optional = match std::fs::read_to_string(folder.join(format!("{slug}.optional.json"))) {
            Ok(text) => serde_json::from_str::<Vec<String>>(&text)?,
            Err(_) => Vec::new(),
        };
        let optional = optional.iter().filter_map(|url| Url::parse(url).ok());
        Ok(Page {
            optional: optional.map(|url| address(&url)).collect(),
            body: std::fs::read(folder.join(format!("{slug}.html")))?,
            url: Url::parse(base)?,
            now,
            truth: serde_json::from_str(&truth)?,
        })
    }

    fn detect(&self) -> Vec<Row> {
        let html = extract::decode(&self.body, None);
        let reading = Reading { url: &self.url, zone: Ho_Chi_Minh, now: self.now };
        extract::detect(&html, &ListingRecipe::default(), reading).rows
    }

    fn compare(&self, rows: &[Row]) -> Score {
        let mut found: HashMap<String, &Row> =
            rows.iter().map(|row| (address(&row.url), row)).collect();
        let mut score = Score::default();
        let mut hits = 0;
        for truth in &self.truth {
            let key = Url::parse(&truth.url).map(|url| address(&url)).unwrap_or_default();
            let row = found.remove(&key);
            hits += usize::from(row.is_some());
            let shown = row.map_or(Published::Unknown, |row| row.published);
            match &truth.date {
                Some(date) => {
                    score.dates += 1;
                    let right = date_agrees(date, shown);
                    score.dates_right += usize::from(right);
                    if let (false, Some(_)) = (right, row) {
                        score.wrong.push(format!("date {shown:?} for {date}: {}", truth.title));
                    }
                }
                None => score.invented += usize::from(shown.is_known()),
            }
            if row.is_none() {
                score.wrong.push(format!("missed {} ({})", truth.url, truth.title));
            }
        }
        found.retain(|key, _| !self.optional.contains(key));
        for row in found.values() {
            score.wrong.push(format!("not an item: {} ({})", row.url, row.title));
        }
        // A page without items is read rightly by finding none.
        let share = |part: usize, whole: usize, empty: bool| match whole {
            0 => f64::from(u8::from(empty)),
            whole => part as f64 / whole as f64,
        };
        let total = hits + found.len();
        score.precision = share(hits, total, self.truth.is_empty());
        score.recall = share(hits, self.truth.len(), total == 0);
        let more = score.wrong.len().saturating_sub(SHOWN);
        score.wrong.truncate(SHOWN);
        if more > 0 {
            score.wrong.push(format!("… and {more} more"));
        }
        score
    }
}

/// RFC 3339, or a local minute, or a day.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let whole = [text.to_owned(), format!("{text}:00+07:00"), format!("{text}T12:00:00+07:00")];
    let read = whole.iter().find_map(|text| DateTime::parse_from_rfc3339(text).ok())?;
    Some(read.with_timezone(&Utc))
}

/// Wrong answers shown of one page.
const SHOWN: usize = 8;

/// Host without `www.`, path and query.
fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    format!("{host}{}?{}", url.path(), url.query().unwrap_or_default())
}

/// By the day, and by the minute where the truth gives one.
fn date_agrees(truth: &str, found: Published) -> bool {
    let local = match found {
        Published::At(at) => at.with_timezone(&Ho_Chi_Minh).format("%Y-%m-%dT%H:%M").to_string(),
        Published::On(day) => day.format("%Y-%m-%d").to_string(),
        Published::Unknown => return false,
    };
    let length = if truth.len() > 10 { 16 } else { 10 };
    truth.get(..length.min(truth.len())) == local.get(..length.min(local.len()))
}
