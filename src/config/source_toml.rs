//! Sources and feeds in the words of the config file: written for an admin to keep, and read back from what somebody put
//! into a form. Both go through the checks that the file itself goes through.

use toml::{Table, Value};

use super::{ConfigMistake, check};
use bantin_model::limits::NEW_ITEMS_PER_POLL;
use bantin_model::{Feed, OnRedesign, Pace, Source, SourceId, SourceKind};

/// The `[[source]]` of a source, ready for the config file. What is as it is by default is left out.
pub fn source_toml(source: &Source) -> String {
    let mut table = Table::new();
    let mut text = |key: &str, value: &str| {
        table.insert(key.to_owned(), Value::String(value.to_owned()));
    };
    text("id", source.id.as_str());
    text("name", &source.name);
    text("url", source.url.as_str());
    match source.recipe.kind {
        SourceKind::Auto => {}
        SourceKind::Page => text("kind", "page"),
        SourceKind::Feed => text("kind", "feed"),
        SourceKind::Sitemap => text("kind", "sitemap"),
        SourceKind::Json => text("kind", "json"),
    }
    text(
        "repair",
        match source.recipe.repair {
            OnRedesign::Propose => "propose",
            OnRedesign::Use => "use",
        },
    );
    match &source.pace {
        Pace::Adaptive => text("schedule", "adaptive"),
        Pace::Cron(line) => text("schedule", line.as_str()),
    }
    text("zone", source.zone.name());
    if let Some(path) = &source.extra_ca {
        text("extra_ca", &path.to_string_lossy());
    }
    if !source.inside.is_empty() {
        let inside = source.inside.iter().cloned().map(Value::String).collect();
        table.insert("inside".to_owned(), Value::Array(inside));
    }
    if source.max_new != NEW_ITEMS_PER_POLL {
        table.insert("max_new".to_owned(), Value::Integer(source.max_new.into()));
    }
    let (listing, article) = (&source.recipe.listing, &source.recipe.article);
    let rows = [
        ("item", &listing.item),
        ("link", &listing.link),
        ("title", &listing.title),
        ("date", &listing.date),
        ("date_format", &listing.date_format),
        ("lead", &listing.lead),
        ("image", &listing.image),
        ("next", &listing.next),
    ];
    let parts = [
        ("title", &article.title),
        ("lead", &article.lead),
        ("body", &article.body),
        ("date", &article.date),
        ("date_format", &article.date_format),
        ("byline", &article.byline),
        ("section", &article.section),
    ];
    let rows = part("source.listing", &rows, &[]);
    let article = part("source.article", &parts, &article.drop);
    format!("[[source]]\n{table}{rows}{article}")
}

/// A table of selectors; nothing where there are none.
fn part(header: &str, parts: &[(&str, &Option<String>)], drop: &[String]) -> String {
    let mut table = Table::new();
    for (key, value) in parts {
        if let Some(value) = value {
            table.insert((*key).to_owned(), Value::String(value.clone()));
        }
    }
    if !drop.is_empty() {
        let drop = drop.iter().cloned().map(Value::String).collect();
        table.insert("drop".to_owned(), Value::Array(drop));
    }
    if table.is_empty() { String::new() } else { format!("[{header}]\n{table}") }
}

/// The `[[feed]]` of a feed, ready for the config file.
pub fn feed_toml(feed: &Feed) -> String {
    let mut table = Table::new();
    for (key, value) in [
        ("name", feed.name.as_str()),
        ("title", &feed.title),
        ("description", &feed.description),
        ("query", &feed.query),
        ("language", feed.lang.tag()),
    ] {
        if !value.is_empty() {
            table.insert(key.to_owned(), Value::String(value.to_owned()));
        }
    }
    table.insert("items".to_owned(), Value::Integer(feed.items.into()));
    table.insert("days".to_owned(), Value::Integer(feed.days.into()));
    if feed.private {
        table.insert("private".to_owned(), Value::Boolean(true));
    }
    format!("[[feed]]\n{table}")
}

/// What somebody wrote into the form of a source, unchecked. What is empty is left out.
#[derive(Debug, Clone, Default)]
pub struct SourceForm {
    /// `id`, `name`, `url` and so on, under their names in the file.
    pub keys: Vec<(&'static str, String)>,
    pub max_new: String,
    pub listing: Vec<(&'static str, String)>,
    pub article: Vec<(&'static str, String)>,
    pub drop: Vec<String>,
}

/// The same of a feed.
#[derive(Debug, Clone, Default)]
pub struct FeedForm {
    pub name: String,
    pub title: String,
    pub description: String,
    pub query: String,
    pub language: String,
    pub items: String,
    pub days: String,
}

/// A source as its form says it.
pub fn read_source_form(form: &SourceForm) -> Result<Source, Vec<ConfigMistake>> {
    let mut table = texts(&form.keys);
    table.extend(numbers(&[("max_new", &form.max_new)]));
    let mut article = texts(&form.article);
    if !form.drop.is_empty() {
        let drop = form.drop.iter().cloned().map(Value::String).collect();
        article.insert("drop".to_owned(), Value::Array(drop));
    }
    let listing = texts(&form.listing);
    read_source(&format!(
        "[[source]]\n{table}[source.listing]\n{listing}[source.article]\n{article}"
    ))
}

/// A feed as its form says it; its query may name these sources.
pub fn read_feed_form(form: &FeedForm, sources: &[SourceId]) -> Result<Feed, Vec<ConfigMistake>> {
    let keys = [
        ("name", form.name.clone()),
        ("title", form.title.clone()),
        ("description", form.description.clone()),
        ("query", form.query.clone()),
        ("language", form.language.clone()),
    ];
    let mut table = texts(&keys);
    table.extend(numbers(&[("items", &form.items), ("days", &form.days)]));
    read_feed(&format!("[[feed]]\n{table}"), sources)
}

fn texts(pairs: &[(&str, String)]) -> Table {
    let written = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
    written.map(|(key, value)| ((*key).to_owned(), Value::String(value.clone()))).collect()
}

/// What is no number stays a text, which the check then says is none.
fn numbers(pairs: &[(&str, &String)]) -> Table {
    let written = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
    written
        .map(|(key, value)| {
            let number = value.trim().parse().map(Value::Integer);
            ((*key).to_owned(), number.unwrap_or_else(|_| Value::String((*value).clone())))
        })
        .collect()
}

/// A source from such a text, with its mistakes by key (`source[1].schedule`).
pub fn read_source(text: &str) -> Result<Source, Vec<ConfigMistake>> {
    check::one_source(text)
}

/// A feed from such a text; its query may name these sources.
pub fn read_feed(text: &str, sources: &[SourceId]) -> Result<Feed, Vec<ConfigMistake>> {
    check::one_feed(text, sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, SHIPPED};

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        let config = Config::from_text(SHIPPED, std::path::Path::new("config.toml"));
        let config = config.expect("the shipped file is right");
        let mut source = config.sources[0].clone();
        assert_eq!(read_source(&source_toml(&source)), Ok(source.clone()));
        source.name = "Sở \"TT&TT\" \\ '''".to_owned();
        source.recipe.kind = SourceKind::Json;
        source.recipe.repair = OnRedesign::Use;
        source.recipe.article.drop = vec!["a[href*='\\\\x']".to_owned(), ".b".to_owned()];
        source.recipe.listing.date_format = Some("%d/%m/%Y".to_owned());
        source.pace = Pace::Adaptive;
        source.max_new = 7;
        source.inside = vec!["10.0.0.1:8080".to_owned()];
        assert_eq!(read_source(&source_toml(&source)), Ok(source.clone()));
        source.recipe = Default::default();
        assert_eq!(read_source(&source_toml(&source)), Ok(source));
        let named = [config.sources[0].id.clone()];
        for feed in &config.feeds {
            assert_eq!(read_feed(&feed_toml(feed), &named).as_ref(), Ok(feed));
        }
    }

    #[test]
    fn mistakes_name_their_key() {
        let text = "[[source]]\nid = \"a\"\nurl = \"ftp://x.vn/\"\nschedule = \"* *\"\n[source.listing]\nitem = \"a[\"\n";
        let mistakes = read_source(text).expect_err("it has three mistakes");
        let keys: Vec<&str> = mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
        assert_eq!(keys, ["source[1].url", "source[1].schedule", "source[1].listing.item"]);
    }
}
