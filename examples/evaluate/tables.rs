//! Tables of strings: dates, Vietnamese text, references to documents.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use bantin::extract;
use bantin::model::Published;
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use serde::Deserialize;

use super::measure::Meter;

/// The lines below the heading, split at tabs.
fn lines(file: &Path) -> Result<Vec<Vec<String>>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let split = |line: &str| line.split('\t').map(str::to_owned).collect();
    Ok(text.lines().skip(1).filter(|line| !line.is_empty()).map(split).collect())
}

pub fn dates(folder: &Path) -> Result<()> {
    let lines = lines(&folder.join("dates_vi.tsv"))?;
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    let mut meter = Meter::start();
    for line in &lines {
        let [text, now, expected, ..] = line.as_slice() else { continue };
        let now = DateTime::parse_from_rfc3339(now)?.with_timezone(&Utc);
        let found = match meter.page(|| extract::date(text, Ho_Chi_Minh, now)) {
            Published::At(at) => {
                at.with_timezone(&Ho_Chi_Minh).to_rfc3339_opts(SecondsFormat::Secs, false)
            }
            Published::On(day) => day.to_string(),
            Published::Unknown => String::new(),
        };
        match found {
            found if same_moment(&found, expected) => right += 1,
            found if found.is_empty() => {
                missed += 1;
                println!("    no value for {text:?}, which is {expected}");
            }
            found => {
                wrong += 1;
                println!("    {found} for {text:?}, which is {expected:?}");
            }
        }
    }
    println!("{right} of {} right, {wrong} wrong, {missed} without a value", lines.len());
    println!("{}", meter.told());
    Ok(())
}

fn same_moment(found: &str, expected: &str) -> bool {
    let moment = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    match (moment(found), moment(expected)) {
        (Some(found), Some(expected)) => found == expected,
        _ => found == expected,
    }
}

pub fn text(folder: &Path) -> Result<()> {
    let lines = lines(&folder.join("vi_text.tsv"))?;
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for line in &lines {
        let [operation, input, expected, ..] = line.as_slice() else { continue };
        let found = apply(operation, input);
        let count = counts.entry(operation).or_default();
        count.1 += 1;
        if found.as_deref() == Some(expected) {
            count.0 += 1;
        } else {
            println!("    {operation} {input:?} gives {found:?}, not {expected:?}");
        }
    }
    for (operation, (right, all)) in counts {
        println!("    {operation}: {right} of {all}");
    }
    Ok(())
}

/// None: there is no such operation.
fn apply(_operation: &str, _input: &str) -> Option<String> {
    None
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
    refs: Vec<TrueRef>,
}

#[derive(Deserialize)]
struct TrueRef {
    symbol: String,
    date: Option<String>,
}

pub fn references(folder: &Path) -> Result<()> {
    let sentences: Vec<Sentence> =
        serde_json::from_reader(std::fs::File::open(folder.join("docrefs_vi.json"))?)?;
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for sentence in &sentences {
        let found = extract::refs(&sentence.text);
        let mut found: Vec<(String, Option<String>)> = found
            .into_iter()
            .map(|found| (found.symbol, found.date.map(|day| day.to_string())))
            .collect();
        for truth in &sentence.refs {
            let wanted = (truth.symbol.clone(), truth.date.clone());
            match found.iter().position(|found| *found == wanted) {
                Some(at) => {
                    found.remove(at);
                    right += 1;
                }
                None => {
                    missed += 1;
                    println!("    missed {wanted:?}");
                }
            }
        }
        wrong += found.len();
        for found in found {
            println!("    false {found:?}");
        }
    }
    println!("{right} right, {missed} missed, {wrong} false");
    Ok(())
}
