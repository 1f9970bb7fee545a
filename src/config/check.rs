//! From raw settings to checked ones. Each function reads one table, fills in the defaults, and
//! notes mistakes. A wrong value is replaced by its default, so that the rest can be checked too;
//! the result is then discarded. One file for each table; `files` and `values` hold what several
//! tables share.

mod admin;
mod calendar;
mod dkim;
mod feed;
mod fetch;
mod files;
mod hub;
mod mail;
mod server;
mod source;
mod store;
mod subscribing;
mod values;

use std::ops::Range;
use std::path::Path;

use chrono_tz::Tz;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistakes::{ConfigMistake, ConfigMistakes, MistakeList, place};
use super::raw::{ConfigTable, may_be_secret};
use super::{Config, ConfigEnvironment};
use bantin_model::{Feed, Source, SourceId};

pub use server::LISTEN;

/// Checks the text of the file at `path`.
pub(super) fn config(
    text: &str,
    path: &Path,
    surroundings: &ConfigEnvironment,
) -> Result<Config, ConfigMistakes> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if let Some(error) =
        errors.iter().min_by_key(|error| error.span().map_or(usize::MAX, |span| span.start))
    {
        return Err(not_toml(text, error, path));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut check =
        ConfigCheck { text, folder, surroundings, site_zone: ZONE, found: MistakeList::default() };
    hide_secrets_of(&mut check.found, document.get_ref());
    let config = check.config(document.get_ref());
    if check.found.is_empty() {
        Ok(config)
    } else {
        Err(check.found.into_mistakes(path.to_owned(), text))
    }
}

/// The one source of a text that somebody wrote into a form, checked as those of the file are.
pub(super) fn one_source(text: &str) -> Result<Source, Vec<ConfigMistake>> {
    let source = in_a_form(text, |check, root| check.sources(root).pop()?.1)?;
    source.ok_or_else(Vec::new)
}

/// The one feed of such a text, whose query may name these sources.
pub(super) fn one_feed(text: &str, sources: &[SourceId]) -> Result<Feed, Vec<ConfigMistake>> {
    let feed = in_a_form(text, |check, root| {
        let server = check.server(root);
        let sources: Vec<_> = sources.iter().map(|id| (id.clone(), None)).collect();
        check.feeds(root, &server, &sources).pop()
    })?;
    feed.ok_or_else(Vec::new)
}

fn in_a_form<T>(
    text: &str,
    read: impl FnOnce(&mut ConfigCheck<'_>, &ConfigTable<'_>) -> T,
) -> Result<T, Vec<ConfigMistake>> {
    let path = Path::new("form");
    let (document, errors) = DeTable::parse_recoverable(text);
    if let Some(error) = errors.first() {
        return Err(not_toml(text, error, path).list);
    }
    let surroundings = ConfigEnvironment::default();
    let folder = Path::new("");
    let mut check = ConfigCheck {
        text,
        folder,
        surroundings: &surroundings,
        site_zone: ZONE,
        found: MistakeList::default(),
    };
    let root = ConfigTable::root(document.get_ref(), &mut check.found);
    let value = read(&mut check, &root);
    let found = check.found;
    if found.is_empty() { Ok(value) } else { Err(found.into_mistakes(path.to_owned(), text).list) }
}

/// One mistake: a file that is no text.
pub(super) fn not_utf8(bytes: &[u8], valid: usize, path: &Path) -> ConfigMistakes {
    let text = String::from_utf8_lossy(bytes);
    let (line, column) = place(&text, valid);
    let mistake = ConfigMistake {
        line: Some(line),
        column: Some(column),
        key: String::new(),
        what: "this file is not UTF-8 text".to_owned(),
        help: "save it as UTF-8 in your editor (not UTF-16, TCVN3 or VNI)".to_owned(),
    };
    // The line is not shown: what its bytes mean is unknown, so what in it is secret is unknown as well.
    ConfigMistakes { file: path.to_owned(), text: String::new(), list: vec![mistake] }
}

/// One mistake: what TOML cannot read, it cannot read on from.
fn not_toml(text: &str, error: &toml::de::Error, path: &Path) -> ConfigMistakes {
    // What the parser took a text without quotes for.
    const VALUES: [&str; 9] = [
        "must be quoted",
        "string",
        "missing value",
        "float",
        "number",
        "integer",
        "boolean",
        "date",
        "time",
    ];
    let message = error.message();
    let help = if message.contains("duplicate key") {
        "a key, or a table with [single brackets], stands once only: take one of them away; sources and feeds have \
         [[double brackets]]"
    } else if VALUES.iter().any(|kind| message.contains(kind)) {
        "write a text between two quotes on one line: key = \"value\""
    } else if message.contains("array") {
        "write a list between brackets, its texts in quotes with commas between: key = [\"one\", \"two\"]"
    } else {
        "each line is a header such as [mail] or [[source]], a setting such as key = \"value\", or a comment after #"
    };
    let mut found = MistakeList::default();
    let at = error.span().unwrap_or(text.len()..text.len());
    found.add(&at, "", format!("this is not TOML: {message}"), help);
    for secret in secret_settings(text) {
        found.hide(&secret);
    }
    found.into_mistakes(path.to_owned(), text)
}

/// What follows a key with the name of a secret, seen without parsing: to the end of its line, or of the file where a
/// text of several lines begins.
fn secret_settings(text: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    for (equals, _) in text.match_indices('=') {
        let key = text[..equals].trim_end_matches([' ', '\t', '"', '\'']);
        let key =
            key.rsplit(['\n', ' ', '\t', ',', '{', '.', '"', '\'']).next().unwrap_or_default();
        if key != "password_file" && may_be_secret(key) {
            let rest = &text[equals + 1..];
            let line = rest.lines().next().unwrap_or_default();
            let several = line.contains("\"\"\"") || line.contains("'''");
            let length = if several { rest.len() } else { line.len() };
            secrets.push(equals + 1..equals + 1 + length);
        }
    }
    secrets
}

/// Hides the value of every key with the name of a secret, wherever it is: another mistake may be
/// on its line.
fn hide_secrets(found: &mut MistakeList, value: &Spanned<DeValue<'_>>) {
    match value.get_ref() {
        DeValue::Table(table) => hide_secrets_of(found, table),
        DeValue::Array(entries) => entries.iter().for_each(|entry| hide_secrets(found, entry)),
        _ => {}
    }
}

fn hide_secrets_of(found: &mut MistakeList, table: &DeTable<'_>) {
    for (key, value) in table {
        if key.get_ref() != "password_file" && may_be_secret(key.get_ref()) {
            found.hide(&value.span());
        }
        hide_secrets(found, value);
    }
}

/// What checking needs to know, and what it has found wrong so far.
struct ConfigCheck<'t> {
    text: &'t str,
    /// Of the config file.
    folder: &'t Path,
    surroundings: &'t ConfigEnvironment,
    /// The zone of sources that name none.
    site_zone: Tz,
    found: MistakeList,
}

/// The zone of the site where the file names none.
const ZONE: Tz = Tz::Asia__Ho_Chi_Minh;

impl ConfigCheck<'_> {
    fn config(&mut self, document: &DeTable<'_>) -> Config {
        let root = ConfigTable::root(document, &mut self.found);
        let server = self.server(&root);
        self.site_zone = server.zone;
        let store_url = self.store(&root);
        let mail = self.mail(&root, &server);
        let keep_mails_days = self.keep_mails_days(&root);
        let mut fetch = self.fetch(&root, &server, &mail);
        let subscribing = self.subscribing(&root);
        let hub = self.hub(&root);
        let metrics_open = self.metrics(&root);
        let admin = self.admin(&root, &mut fetch);
        let calendars = self.calendars(&root);
        let export = self.export(&root);
        let sources = self.sources(&root);
        let feeds = self.feeds(&root, &server, &sources);
        let sources = sources.into_iter().filter_map(|(_, source)| source).collect();
        Config {
            server,
            store_url,
            mail,
            keep_mails_days,
            fetch,
            subscribing,
            hub,
            metrics_open,
            admin,
            calendars,
            export,
            sources,
            feeds,
        }
    }
}
