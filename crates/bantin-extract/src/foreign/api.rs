//! Any other JSON: where its entries are, by the recipe's paths or by what usual interfaces call their parts.

use serde_json::{Map, Value};

use super::json::{Path, text_of};
use super::markup::{self, Sort};
use super::{Document, Entry, address, dates, filled};
use crate::model::{ListingRecipe, Problem, ProblemCode, Published};
use crate::{Reading, dates as portal_dates, text};

/// Usual names, compared without case, `_` and `-`; the better ones first.
const LINKS: &[&str] = &[
    "link",
    "url",
    "href",
    "permalink",
    "weburl",
    "canonicalurl",
    "shareurl",
    "fullurl",
    "absoluteurl",
    "detailurl",
    "linkdetail",
    "newsurl",
    "articleurl",
    "path",
    "slug",
];
const TITLES: &[&str] =
    &["title", "headline", "name", "tieude", "newstitle", "articletitle", "subject", "ten"];
const DATES: &[&str] = &[
    "dategmt",
    "datepublished",
    "publishedat",
    "publishdate",
    "publisheddate",
    "pubdate",
    "publishtime",
    "publishedtime",
    "published",
    "publishedon",
    "date",
    "ngaydang",
    "ngayxuatban",
    "createdat",
    "createddate",
    "createdon",
    "created",
    "datecreated",
    "createtime",
    "timestamp",
    "time",
];
const UPDATES: &[&str] = &[
    "modifiedgmt",
    "updatedat",
    "datemodified",
    "modified",
    "updated",
    "updateddate",
    "lastmodified",
];
const LEADS: &[&str] = &[
    "excerpt",
    "summary",
    "lead",
    "sapo",
    "abstract",
    "description",
    "desc",
    "intro",
    "trichyeu",
    "mota",
    "shortdescription",
    "teaser",
];
const CONTENTS: &[&str] = &["contenthtml", "content", "body", "noidung", "fulltext"];
const IMAGES: &[&str] = &[
    "image",
    "thumbnail",
    "thumb",
    "imageurl",
    "thumbnailurl",
    "avatar",
    "cover",
    "picture",
    "photo",
    "anhdaidien",
    "jetpackfeaturedmediaurl",
    "featuredimage",
];
const IDS: &[&str] = &["guid", "uuid", "id", "articleid", "newsid"];

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
        None => usual(item, names),
    };
    let line =
        |value: &Value| text_of(value).and_then(|said| filled(markup::line(&said, Sort::Guess)));
    let html = |value: &Value| text_of(value).map(|said| markup::html(said, Sort::Guess));
    let said_link = match &paths.link {
        Some(template) => template.fill(item),
        None => usual(item, LINKS).and_then(text_of),
    };
    let link = said_link.as_deref().and_then(|said| address(said, reading.url));
    let said_date = by(&paths.date, DATES).and_then(text_of);
    let published =
        said_date.as_deref().map_or(Published::Unknown, |said| match &paths.date_format {
            Some(format) => portal_dates::with_format(said, format, reading.zone),
            None => date(said, reading),
        });
    let updated = usual(item, UPDATES).and_then(text_of);
    Entry {
        title: by(&paths.title, TITLES).and_then(line),
        odd_link: said_link.filter(|_| link.is_none()).map(|said| text::clean(&said)),
        link,
        id: usual(item, IDS).and_then(text_of).and_then(|id| filled(id.trim().to_owned())),
        published,
        updated: updated.map_or(Published::Unknown, |said| date(&said, reading)),
        odd_date: said_date.filter(|_| !published.is_known()).map(|said| text::clean(&said)),
        summary: by(&paths.lead, LEADS).and_then(html),
        content: usual(item, CONTENTS).and_then(html),
        image: by(&paths.image, IMAGES)
            .and_then(|value| match value {
                Value::Object(_) => usual(value, &["url", "src", "href"]).and_then(text_of),
                other => text_of(other),
            })
            .and_then(|said| address(&said, reading.url))
            .map(String::from),
        ..Entry::default()
    }
}

/// Interfaces give numbers, and local times without a zone; only what says UTC is in UTC.
fn date(said: &str, reading: Reading<'_>) -> Published {
    dates::read(said, reading)
}

/// A member by its usual names. `date_gmt` is compared as `dategmt`.
fn usual<'v>(item: &'v Value, names: &[&str]) -> Option<&'v Value> {
    let members = item.as_object()?;
    let own = |members: &'v Map<String, Value>| {
        members
            .iter()
            .take(400)
            .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
            .filter_map(|(key, value)| {
                let plain: String = key
                    .chars()
                    .filter(|c| !matches!(c, '_' | '-'))
                    .collect::<String>()
                    .to_ascii_lowercase();
                names.iter().position(|name| *name == plain).map(|rank| (rank, value))
            })
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, value)| value)
    };
    // JSON:API puts the members one level down, Elasticsearch too.
    own(members).or_else(|| {
        ["attributes", "_source", "fields", "node", "data"]
            .iter()
            .filter_map(|key| members.get(*key).and_then(Value::as_object))
            .find_map(own)
    })
}

/// The largest array whose objects have something like an address and something like a title.
fn entries_in(value: &Value) -> Option<&[Value]> {
    let mut best: Option<&[Value]> = None;
    let mut level = vec![value];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for value in level {
            match value {
                Value::Array(values) => {
                    let fitting = values.iter().filter(|value| is_entry(value)).count();
                    if fitting * 2 > values.len()
                        && best.is_none_or(|best| best.len() < values.len())
                    {
                        best = Some(values);
                    }
                    next.extend(values.iter());
                }
                Value::Object(members) => next.extend(members.values()),
                _ => {}
            }
        }
        level = next;
    }
    best
}

fn is_entry(value: &Value) -> bool {
    usual(value, LINKS).and_then(text_of).is_some()
        && usual(value, TITLES).and_then(text_of).is_some()
}
