//! Articles: the public benchmark by its own measure, and newspaper articles field by field.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use bantin_extract::model::{Article, ArticleRecipe, Published};
use bantin_extract::{self as extract, Reading};
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use serde::Deserialize;
use url::Url;

use super::measure::{Meter, f1, mean};
use super::shingles::Overlap;

/// Pages shown of those that went wrong.
const WORST: usize = 15;

fn read(body: &[u8], url: &Url, now: DateTime<Utc>) -> Article {
    let html = extract::decode(body, None);
    let reading = Reading { url, zone: Ho_Chi_Minh, now };
    extract::article(&html, &ArticleRecipe::default(), reading).0
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BenchmarkTruth {
    article_body: String,
    url: Option<String>,
}

pub fn benchmark(folder: &Path) -> Result<()> {
    let folder = folder.join("article-benchmark");
    let truth: BTreeMap<String, BenchmarkTruth> =
        serde_json::from_reader(File::open(folder.join("ground-truth.json"))?)?;
    let now = Utc::now();
    let mut meter = Meter::start();
    let mut scores = Vec::new();
    for (name, truth) in &truth {
        let mut body = Vec::new();
        let file = File::open(folder.join("html").join(format!("{name}.html.gz")))
            .with_context(|| format!("the page {name}"))?;
        flate2::read::GzDecoder::new(file).read_to_end(&mut body)?;
        let url = truth.url.as_deref().unwrap_or("http://localhost/");
        let url = Url::parse(url).with_context(|| format!("the address of {name}"))?;
        let article = meter.page(|| read(&body, &url, now));
        scores.push((Overlap::of(&truth.article_body, &article.content_text), url));
    }
    let precision = mean(&scores.iter().filter_map(|(s, _)| s.precision()).collect::<Vec<_>>());
    let recall = mean(&scores.iter().filter_map(|(s, _)| s.recall()).collect::<Vec<_>>());
    scores.sort_by(|(a, _), (b, _)| a.f1().total_cmp(&b.f1()));
    for (score, url) in scores.iter().take(WORST) {
        println!(
            "    {:.3} (P {:.3}, R {:.3}) {url}",
            score.f1(),
            score.precision().unwrap_or(0.0),
            score.recall().unwrap_or(0.0)
        );
    }
    println!(
        "{} pages: F1 {:.4}, precision {precision:.4}, recall {recall:.4}",
        scores.len(),
        f1(precision, recall)
    );
    println!("{}", meter.told());
    Ok(())
}

#[derive(Deserialize)]
struct Newspaper {
    url: String,
    title: String,
    published: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    lead: Option<String>,
    body_paragraphs: Vec<String>,
    /// Texts of the page that are no part of the article.
    #[serde(default)]
    must_not_contain: Vec<String>,
}

pub fn newspapers(folder: &Path) -> Result<()> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("articles"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    let mut meter = Meter::start();
    let mut scores = Vec::new();
    for file in files {
        let told = std::fs::read_to_string(&file)?;
        let truth: Newspaper =
            serde_json::from_str(&told).with_context(|| format!("reading {}", file.display()))?;
        let page = std::fs::read(file.with_extension("html"))?;
        let url = Url::parse(&truth.url)?;
        let article = meter.page(|| read(&page, &url, Utc::now()));
        let score = Overlap::of(&truth.body_paragraphs.join("\n"), &article.content_text);
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let strays = truth.must_not_contain.iter();
        let strays = strays.filter(|text| article.content_text.contains(text.as_str())).count();
        println!(
            "    {name}: body F1 {:.3}, {strays} foreign texts; lead {}; title {}; date {}; byline {}",
            score.f1(),
            verdict(article.lead.as_deref(), truth.lead.as_deref()),
            verdict(article.title.as_deref(), Some(&truth.title)),
            verdict(
                minute(article.published).as_deref(),
                truth.published.as_deref().and_then(told_minute).as_deref()
            ),
            byline(article.byline.as_deref(), &truth.authors),
        );
        scores.push(score);
    }
    let precision = mean(&scores.iter().filter_map(|score| score.precision()).collect::<Vec<_>>());
    let recall = mean(&scores.iter().filter_map(|score| score.recall()).collect::<Vec<_>>());
    println!("{} pages: body F1 {:.4}", scores.len(), f1(precision, recall));
    println!("{}", meter.told());
    Ok(())
}

fn minute(published: Published) -> Option<String> {
    match published {
        Published::At(at) => Some(at.format("%Y-%m-%dT%H:%MZ").to_string()),
        Published::On(day) => Some(day.to_string()),
        Published::Unknown => None,
    }
}

fn told_minute(text: &str) -> Option<String> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => Some(at.with_timezone(&Utc).format("%Y-%m-%dT%H:%MZ").to_string()),
        Err(_) => Some(text.to_owned()),
    }
}

fn verdict(found: Option<&str>, truth: Option<&str>) -> String {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (found.map(plain), truth.map(plain)) {
        (found, truth) if found == truth => "right".to_owned(),
        (None, _) => "missing".to_owned(),
        (Some(found), truth) => format!("WRONG ({found} for {})", truth.unwrap_or_default()),
    }
}

fn byline(found: Option<&str>, authors: &[String]) -> String {
    let Some(found) = found else {
        return if authors.is_empty() { "right" } else { "absent" }.to_owned();
    };
    let mut rest = found.to_lowercase();
    for author in authors {
        rest = rest.replacen(&author.to_lowercase(), "", 1);
    }
    let left = rest.replace(" và ", "").chars().any(char::is_alphabetic);
    if left || authors.is_empty() {
        format!("WRONG ({found} for {})", authors.join(", "))
    } else {
        "right".to_owned()
    }
}
