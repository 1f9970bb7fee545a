//! Any other JSON: where its entries are, by the recipe's paths or by what usual interfaces call their parts.

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::field_names::{
    self, CONTENTS, DATES, DATES_OF_ISSUE, IMAGES, LEADS, LINKS, MORE_DATES, SUBJECTS, SYMBOLS,
    TITLES, UPDATES, member,
};
use super::json::{Path, text_of};
use super::markup::{self, TextFormat};
use super::{Document, Entry, address, dates, filled};
use crate::model::{ListingRecipe, Problem, ProblemCode, Published};
use crate::{Reading, dates as portal_dates, text};

/// How deep an array of entries is looked for.
const DEPTH: usize = 12;

pub fn read(value: &Value, recipe: &ListingRecipe, reading: Reading<'_>) -> Document {
    let paths = match Paths::parse(recipe) {
        Ok(paths) => paths,
        Err(what) => return Document::failed(what),
    };
    let (items, container) = match &paths.item {
        Some(path) => {
            let found = path.all(value);
            let container = !found.is_empty();
            let items: Vec<&Value> = found
                .into_iter()
                .flat_map(|value| {
                    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
                })
                .filter(|item| item.is_object() || item.is_array())
                .collect();
            (items, container)
        }
        None => match entries_in(value) {
            Some(items) => (items.iter().collect(), true),
            None => (Vec::new(), false),
        },
    };
    let mut document = Document { container, ..Document::default() };
    if !container {
        let what = match &recipe.item {
            Some(path) => format!("the path \"{path}\" leads nowhere in this JSON"),
            None => {
                "no list with titles and addresses is in this JSON; a path as \"item\" can name it"
                    .to_owned()
            }
        };
        let code = match &recipe.item {
            Some(_) => ProblemCode::NoMatch,
            None => ProblemCode::NoListing,
        };
        document.problems.push(Problem::of_listing(code, what));
    }
    document.entries = items.iter().map(|item| entry(item, &paths, reading)).collect();
    document
}

#[derive(Default)]
struct Paths {
    item: Option<Path>,
    link: Option<Template>,
    title: Option<Path>,
    date: Option<Path>,
    date_format: Option<String>,
    lead: Option<Path>,
    image: Option<Path>,
}

impl Paths {
    fn parse(recipe: &ListingRecipe) -> Result<Self, String> {
        let optional = |key: &str, said: &Option<String>| match said {
            Some(said) => Path::parse(said).map(Some).map_err(|error| format!("{key}: {error}")),
            None => Ok(None),
        };
        let link = recipe.link.as_deref().map(Template::parse).transpose();
        Ok(Paths {
            item: optional("item", &recipe.item)?,
            link: link.map_err(|error| format!("link: {error}"))?,
            title: optional("title", &recipe.title)?,
            date: optional("date", &recipe.date)?,
            date_format: recipe.date_format.clone(),
            lead: optional("lead", &recipe.lead)?,
            image: optional("image", &recipe.image)?,
        })
    }
}

/// A path to an address, or an address with paths in it: `/tin/{id}/{slug}`.
struct Template {
    parts: Vec<(String, Option<Path>)>,
}

impl Template {
    fn parse(said: &str) -> Result<Self, String> {
        if !said.contains('{') {
            return Ok(Template { parts: vec![(String::new(), Some(Path::parse(said)?))] });
        }
        let mut parts = Vec::new();
        let mut rest = said;
        while let Some((before, behind)) = rest.split_once('{') {
            let (path, after) = behind
                .split_once('}')
                .ok_or_else(|| format!("\"{}\" lacks a \"}}\"", said.escape_debug()))?;
            parts.push((before.to_owned(), Some(Path::parse(path)?)));
            rest = after;
        }
        parts.push((rest.to_owned(), None));
        Ok(Template { parts })
    }

    fn fill(&self, item: &Value) -> Option<String> {
        let mut filled = String::new();
        for (before, path) in &self.parts {
            filled.push_str(before);
            if let Some(path) = path {
                filled.push_str(&text_of(path.first(item)?)?);
            }
        }
        Some(filled)
    }
}

fn entry(item: &Value, paths: &Paths, reading: Reading<'_>) -> Entry {
    let by = |path: &Option<Path>, names: &[&str]| match path {
        Some(path) => path.first(item),
        None => member(item, names),
    };
    let date_value = match &paths.date {
        Some(path) => path.first(item),
        None => said_date(item),
    };
    let line = |value: &Value| {
        text_of(value).and_then(|said| filled(markup::line(&said, TextFormat::Guess)))
    };
    let html = |value: &Value| text_of(value).map(|said| markup::html(said, TextFormat::Guess));
    let said_link = match &paths.link {
        Some(template) => template.fill(item),
        None => member(item, LINKS).and_then(text_of),
    };
    let link = said_link.as_deref().and_then(|said| address(said, reading.url));
    let is_utc = match &paths.date {
        Some(path) => path.names_utc(),
        None => date_value.is_some_and(|value| field_names::names_utc(item, value)),
    };
    let said_date = date_value.and_then(text_of);
    let title = match &paths.title {
        Some(path) => path.first(item).and_then(line),
        None => headline(
            item,
            title_of(item).and_then(|said| filled(markup::line(&said, TextFormat::Guess))),
        ),
    };
    let published =
        said_date.as_deref().map_or(Published::Unknown, |said| match &paths.date_format {
            Some(format) => portal_dates::with_format(said, format, reading.zone),
            None => date(said, is_utc, reading),
        });
    let written = said_date
        .as_deref()
        .filter(|_| paths.date_format.is_none())
        .and_then(portal_dates::order::written);
    let updated = member(item, UPDATES)
        .and_then(|value| Some((field_names::names_utc(item, value), text_of(value)?)));
    Entry {
        title,
        odd_link: said_link.filter(|_| link.is_none()).map(|said| text::clean(&said)),
        link,
        id: field_names::id(item).and_then(text_of).and_then(|id| filled(id.trim().to_owned())),
        published,
        written,
        updated: updated.map_or(Published::Unknown, |(utc, said)| date(&said, utc, reading)),
        odd_date: said_date.filter(|_| !published.is_known()).map(|said| text::clean(&said)),
        summary: by(&paths.lead, LEADS).and_then(html),
        content: member(item, CONTENTS).and_then(html),
        image: by(&paths.image, IMAGES)
            .and_then(|value| match value {
                Value::Object(_) => member(value, &["url", "src", "href"]).and_then(text_of),
                other => text_of(other),
            })
            .and_then(|said| address(&said, reading.url))
            .map(String::from),
        ..Entry::default()
    }
}

/// Interfaces give numbers, and local times without a zone; only what says UTC is in UTC.
fn date(said: &str, is_utc: bool, reading: Reading<'_>) -> Published {
    if is_utc { dates::read(said, reading) } else { dates::read_local(said, reading) }
}

/// The array that looks most like news: entries with something like an address and something like a title, weighed by
/// how many have a date and a headline, so that a menu is not taken for the list.
fn entries_in(value: &Value) -> Option<&[Value]> {
    let mut best: Option<(f64, &[Value])> = None;
    let mut level = vec![("", value)];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (name, value) in level {
            match value {
                Value::Array(values) => {
                    let weight = weight(name, values);
                    if weight > best.map_or(0.0, |(best, _)| best) {
                        best = Some((weight, values));
                    }
                    next.extend(values.iter().map(|value| (name, value)));
                }
                Value::Object(members) => {
                    next.extend(members.iter().map(|(name, value)| (name.as_str(), value)));
                }
                _ => {}
            }
        }
        level = next;
    }
    best.map(|(_, values)| values)
}

/// Entries of an array that are looked at to weigh it.
const SAMPLE: usize = 40;
/// Characters of a title that is a headline rather than the name of a section.
const HEADLINE: usize = 28;

fn weight(name: &str, values: &[Value]) -> f64 {
    let fitting: Vec<&Value> = values.iter().take(SAMPLE).filter(|value| is_entry(value)).collect();
    let looked_at = values.len().min(SAMPLE);
    if fitting.len() * 2 <= looked_at {
        return 0.0;
    }
    let share = |is: &dyn Fn(&Value) -> bool| {
        fitting.iter().filter(|value| is(value)).count() as f64 / fitting.len() as f64
    };
    let dated = share(&|value| said_date(value).is_some());
    let headlined = share(&|value| {
        title_of(value).is_some_and(|title| title.trim().chars().count() >= HEADLINE)
    });
    let name = text::fold(name);
    let is_menu = [
        "menu",
        "nav",
        "categor",
        "chuyenmuc",
        "chuyen muc",
        "breadcrumb",
        "banner",
        "footer",
        "tags",
    ]
    .iter()
    .any(|word| name.contains(word));
    let size = values.len().min(500) as f64;
    size * (0.2 + 5.0 * dated) * (0.5 + 2.5 * headlined) * if is_menu { 0.05 } else { 1.0 }
}

fn is_entry(value: &Value) -> bool {
    member(value, LINKS).and_then(text_of).is_some() && title_of(value).is_some()
}

/// A title as it is written; that of a legal document without one is what it is about.
fn title_of(item: &Value) -> Option<String> {
    member(item, TITLES).and_then(text_of).or_else(|| member(item, SUBJECTS).and_then(text_of))
}

/// The symbol of a legal document: "125/QĐ-UBND".
fn symbol_of(item: &Value) -> Option<String> {
    let said = text::clean(&member(item, SYMBOLS).and_then(text_of)?);
    let is_symbol = said.chars().count() <= 60
        && said.contains(|letter: char| letter.is_ascii_digit())
        && said.contains(['/', '-']);
    is_symbol.then_some(said)
}

/// The title of an entry, with the symbol of a legal document before it.
fn headline(item: &Value, title: Option<String>) -> Option<String> {
    match (symbol_of(item), title) {
        (Some(symbol), Some(title)) if !text::fold(&title).contains(&text::fold(&symbol)) => {
            Some(format!("{symbol}: {title}"))
        }
        (_, title) => title,
    }
}

/// The date of an entry as it is written: of a legal document that of issue, else the publication.
fn said_date(item: &Value) -> Option<&Value> {
    let issue = || member(item, DATES_OF_ISSUE);
    if symbol_of(item).is_some()
        && let Some(issue) = issue()
    {
        return Some(issue);
    }
    member(item, DATES).or_else(|| member(item, MORE_DATES)).or_else(issue)
}
