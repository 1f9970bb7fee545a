//! Tables of strings: dates, Vietnamese text, references to documents.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use bantin_extract::fold;
use bantin_extract::model::Published;
use bantin_extract::{self as extract, charset, text};
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
    // A table may leave out the seconds of a text that has none.
    let moment = |text: &str| {
        let whole = text.replace("+07:00", ":00+07:00");
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc3339(&whole)).ok()
    };
    match (moment(found), moment(expected)) {
        (Some(found), Some(expected)) => found == expected,
        _ => found == expected,
    }
}

pub fn vietnamese(folder: &Path) -> Result<()> {
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

/// None: there is no such operation, or its input is none.
fn apply(operation: &str, input: &str) -> Option<String> {
    Some(match operation {
        "nfc" => text::nfc(input.to_owned()),
        "clean" => text::clean(input),
        "html_unescape" => text::unescape(input),
        "fold" => fold::fold(input),
        "tone_canon" => fold::tone_canon(input),
        "tone_equal" => {
            let (one, other) = input.split_once(" = ")?;
            fold::tone_equal(one, other).to_string()
        }
        "slug" => fold::slug(input),
        "lower" => fold::lower(input),
        "upper" => fold::upper(input),
        "decode_windows_1258_then_nfc" => charset::windows_1258_to_unicode(&bytes(input)?),
        "tcvn3_to_unicode" => charset::tcvn3_to_unicode(input),
        "vni_to_unicode" => charset::vni_to_unicode(input),
        "viscii_to_unicode" => charset::viscii_to_unicode(input),
        _ => return None,
    })
}

/// Bytes from hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = (0..digits.len()).step_by(2).map(|at| digits.get(at..at + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
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
