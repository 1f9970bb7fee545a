//! What reading gave, as JSON: the answers of `bantin detect`, `read` and `date`.

use chrono::SecondsFormat;
use chrono_tz::Tz;
use serde_json::{Value, json};
use url::Url;

use crate::Detection;
use crate::model::problem::grouped;
use crate::model::{Article, ListingRecipe, Problem, Published, Row, SourceKind};

/// RFC 3339 in `zone`, or `YYYY-MM-DD` where the page gives only a day. `None` for [`Published::Unknown`].
pub fn published_text(published: Published, zone: Tz) -> Option<String> {
    match published {
        Published::At(at) => {
            Some(at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false))
        }
        Published::On(day) => Some(day.format("%Y-%m-%d").to_string()),
        Published::Unknown => None,
    }
}

/// The answer of `bantin detect --json`.
pub fn detection(url: &Url, kind: SourceKind, detection: &Detection, zone: Tz) -> Value {
    let rows = |rows: &[Row]| -> Vec<Value> {
        rows.iter()
            .map(|row| {
                json!({
                    "url": row.url,
                    "title": row.title,
                    "date": published_text(row.published, zone),
                    "lead": row.lead,
                    "image": row.image,
                    "id": row.id,
                })
            })
            .collect()
    };
    json!({
        "url": url,
        "rows": rows(&detection.rows),
        "confidence": hundredths(detection.confidence),
        "recipe": detection.recipe.as_ref().map(|recipe| recipe_json(kind, recipe)),
        "candidates": detection.candidates.iter().map(|candidate| json!({
            "recipe": recipe_json(kind, &candidate.recipe),
            "score": candidate.score,
            "confidence": hundredths(candidate.confidence()),
            "evidence": candidate.evidence,
            "rows": candidate.rows.len(),
        })).collect::<Vec<_>>(),
        "feeds": detection.feeds.iter().map(|feed| json!({
            "url": feed.url, "title": feed.title, "type": feed.media_type,
        })).collect::<Vec<_>>(),
        "problems": problems(&detection.problems),
    })
}

/// The answer of `bantin read --json`.
pub fn article(url: &Url, article: &Article, found: &[Problem], zone: Tz) -> Value {
    json!({
        "url": url,
        "title": article.title,
        "published": published_text(article.published, zone),
        "updated": article.updated.and_then(|at| published_text(Published::At(at), zone)),
        "byline": article.byline,
        "section": article.section,
        "lead": article.lead,
        "content_html": article.content_html.as_str(),
        "content_text": article.content_text,
        "images": article.images.iter().map(|image| json!({
            "url": image.url, "caption": image.caption,
        })).collect::<Vec<_>>(),
        "attachments": article.attachments.iter().map(|attachment| json!({
            "url": attachment.url, "title": attachment.title,
            "type": attachment.media_type, "length": attachment.length,
        })).collect::<Vec<_>>(),
        "refs": article.refs,
        "lang": article.lang,
        "problems": problems(found),
    })
}

/// Problems as `[{"code","count","rows":[…],"text"}]`, those that differ by their row alone joined.
pub fn problems(problems: &[Problem]) -> Value {
    json!(grouped(problems))
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The parts that are there, under their names in the config file.
fn recipe_json(kind: SourceKind, recipe: &ListingRecipe) -> Value {
    let mut parts = json!({ "kind": kind });
    if let (Ok(Value::Object(written)), Some(parts)) =
        (serde_json::to_value(recipe), parts.as_object_mut())
    {
        parts.extend(written.into_iter().filter(|(_, value)| !value.is_null()));
    }
    parts
}
