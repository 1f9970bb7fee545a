//! Raw settings: TOML tables read key by key. Whatever has the wrong type, or is no key at all, is noted with its place
//! and the reading goes on, so that one look at the file finds everything.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistakes::{MistakeList, nearest, shown};

/// The keys of one table. These lists contain every key that bantin knows.
pub(super) struct TableKeys {
    pub(super) table: &'static str,
    pub(super) keys: &'static [&'static str],
}

pub(super) const ROOT: TableKeys = TableKeys {
    table: "",
    keys: &[
        "server",
        "store",
        "mail",
        "fetch",
        "subscribing",
        "hub",
        "metrics",
        "admin",
        "calendar",
        "export",
        "source",
        "feed",
    ],
};
pub(super) const SERVER: TableKeys = TableKeys {
    table: "server",
    keys: &["listen", "public_url", "title", "language", "zone", "proxies", "pictures"],
};
pub(super) const STORE: TableKeys = TableKeys { table: "store", keys: &["url", "password_file"] };
pub(super) const MAIL: TableKeys = TableKeys {
    table: "mail",
    keys: &[
        "transport",
        "tls",
        "username",
        "password_file",
        "extra_ca",
        "connections",
        "timeout",
        "hello",
        "from",
        "reply_to",
        "admin",
        "bounces",
        "per_minute",
        "per_minute_per_domain",
        "dkim",
        "images",
        "revised",
        "digest_days",
        "footer",
        "templates",
        "keep_days",
    ],
};
pub(super) const DKIM: TableKeys = TableKeys {
    table: "mail.dkim",
    keys: &["domain", "selector", "key_file", "second_selector", "second_key_file"],
};
pub(super) const FETCH: TableKeys =
    TableKeys { table: "fetch", keys: &["contact", "spacing", "robots"] };
pub(super) const SUBSCRIBING: TableKeys =
    TableKeys { table: "subscribing", keys: &["open", "keep_audit_days"] };
pub(super) const HUB: TableKeys = TableKeys { table: "hub", keys: &["open", "inside"] };
pub(super) const METRICS: TableKeys = TableKeys { table: "metrics", keys: &["open"] };
pub(super) const ADMIN: TableKeys = TableKeys { table: "admin", keys: &["open", "inside"] };
pub(super) const CALENDAR: TableKeys =
    TableKeys { table: "calendar", keys: &["country", "holidays"] };
pub(super) const EXPORT: TableKeys = TableKeys { table: "export", keys: &["dir"] };
pub(super) const SOURCE: TableKeys = TableKeys {
    table: "source",
    keys: &[
        "id", "name", "url", "kind", "repair", "schedule", "zone", "extra_ca", "inside", "max_new",
        "listing", "article",
    ],
};
pub(super) const LISTING: TableKeys = TableKeys {
    table: "source.listing",
    keys: &["item", "link", "title", "date", "date_format", "lead", "image", "next"],
};
pub(super) const ARTICLE: TableKeys = TableKeys {
    table: "source.article",
    keys: &["title", "lead", "body", "date", "date_format", "byline", "section", "drop"],
};
pub(super) const FEED: TableKeys = TableKeys {
    table: "feed",
    keys: &["name", "title", "description", "query", "language", "items", "days", "private"],
};

/// All tables, for checks that none is forgotten.
pub(super) const ALL: [&TableKeys; 16] = [
    &ROOT,
    &SERVER,
    &STORE,
    &MAIL,
    &DKIM,
    &FETCH,
    &SUBSCRIBING,
    &HUB,
    &METRICS,
    &ADMIN,
    &CALENDAR,
    &EXPORT,
    &SOURCE,
    &LISTING,
    &ARTICLE,
    &FEED,
];

/// A value with its place in the text (bytes) and its key in full.
#[derive(Debug, Clone)]
pub(super) struct SpannedValue<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
    pub(super) key: String,
}

impl<T> SpannedValue<T> {
    pub(super) fn note(
        &self,
        found: &mut MistakeList,
        what: impl Into<String>,
        help: impl Into<String>,
    ) {
        found.add(&self.at, &self.key, what, help);
    }
}

/// A table of the file, or one that the file leaves out.
pub(super) struct ConfigTable<'a> {
    /// `source[1]`, empty for the whole file.
    path: String,
    keys: &'static TableKeys,
    table: Option<&'a DeTable<'a>>,
    /// Its header, or the place where a missing key would be reported.
    header: Range<usize>,
}

impl<'a> ConfigTable<'a> {
    pub(super) fn root(table: &'a DeTable<'a>, found: &mut MistakeList) -> Self {
        Self::new(String::new(), &ROOT, table, 0..0, found)
    }

    fn new(
        path: String,
        keys: &'static TableKeys,
        table: &'a DeTable<'a>,
        header: Range<usize>,
        found: &mut MistakeList,
    ) -> Self {
        let table = ConfigTable { path, keys, table: Some(table), header };
        table.note_unknown(found);
        table
    }

    fn note_unknown(&self, found: &mut MistakeList) {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if self.keys.keys.contains(&name) {
                continue;
            }
            let full = self.full_key(&name.escape_debug().to_string());
            let table = match self.keys.table {
                "" => "the file".to_owned(),
                table => format!("[{table}]"),
            };
            let meant = nearest(name, self.keys.keys.iter().copied());
            if meant.is_none() && may_be_secret(name) && self.keys.keys.contains(&"password_file") {
                found.add(
                    &key.span(),
                    full,
                    "a password does not stand in this file, which others may read",
                    "write it into a file of its own and name that: password_file = \"/etc/bantin/password\", \
                     or password_file = \"credential:NAME\" for a systemd credential",
                );
                continue;
            }
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => match self.belongs_to(name) {
                    Some(table) => format!("`{name}` is a key of [{table}]: move it there"),
                    None => format!("the keys of {table} are {}", self.keys.keys.join(", ")),
                },
            };
            found.add(&key.span(), full, format!("there is no such key in {table}"), help);
        }
    }

    /// The one other table that has this key.
    fn belongs_to(&self, name: &str) -> Option<&'static str> {
        let mut tables =
            ALL.iter().filter(|keys| keys.keys.contains(&name) && !keys.table.is_empty());
        match (tables.next(), tables.next()) {
            (Some(only), None) => Some(only.table),
            _ => None,
        }
    }

    pub(super) fn full_key(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn value(&self, name: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(
            self.keys.keys.contains(&name),
            "{name} is not listed for {}",
            self.keys.table
        );
        self.table?.get(name)
    }

    fn spot<T>(&self, name: &str, at: Range<usize>, value: T) -> SpannedValue<T> {
        SpannedValue { value, at, key: self.full_key(name) }
    }

    pub(super) fn has(&self, name: &'static str) -> bool {
        self.value(name).is_some()
    }

    /// Notes that a key without a default is missing.
    pub(super) fn note_missing(&self, found: &mut MistakeList, name: &'static str, help: &str) {
        found.add(&self.header, self.full_key(name), "this key is missing", help);
    }

    /// Reads a text as it is written in the file.
    pub(super) fn text(
        &self,
        found: &mut MistakeList,
        name: &'static str,
    ) -> Option<SpannedValue<String>> {
        let value = self.value(name)?;
        let key = self.full_key(name);
        text_of(found, &key, value, &format!("write it in quotes: {name} = \"…\""))
    }

    /// A list of texts.
    pub(super) fn texts(
        &self,
        found: &mut MistakeList,
        name: &'static str,
    ) -> Option<Vec<SpannedValue<String>>> {
        let value = self.value(name)?;
        let help = format!("write a list of texts: {name} = [\"…\", \"…\"]");
        match value.get_ref() {
            DeValue::Array(entries) => {
                let entries = entries.iter().enumerate();
                Some(
                    entries
                        .filter_map(|(index, entry)| {
                            let key = format!("{}[{}]", self.full_key(name), index + 1);
                            text_of(found, &key, entry, &help)
                        })
                        .collect(),
                )
            }
            other => {
                let what = format!("a list belongs here, not {}", kind(other));
                self.spot(name, value.span(), ()).note(found, what, help);
                None
            }
        }
    }

    /// One text, or a list of them; with the place of the whole.
    pub(super) fn text_or_texts(
        &self,
        found: &mut MistakeList,
        name: &'static str,
    ) -> Option<SpannedValue<Vec<SpannedValue<String>>>> {
        let value = self.value(name)?;
        let texts = match value.get_ref() {
            DeValue::Array(_) => self.texts(found, name)?,
            _ => vec![self.text(found, name)?],
        };
        Some(self.spot(name, value.span(), texts))
    }

    pub(super) fn truth(&self, found: &mut MistakeList, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            other => {
                self.spot(name, value.span(), ()).note(
                    found,
                    format!("true or false belongs here, not {}", kind(other)),
                    format!("write {name} = true or {name} = false, without quotes"),
                );
                None
            }
        }
    }

    /// A whole number within `range`.
    pub(super) fn number(
        &self,
        found: &mut MistakeList,
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let (first, last) = (*range.start(), *range.end());
        let help = format!("write a whole number from {first} to {last}, without quotes");
        self.whole(found, name, help, |number| range.contains(&number))
    }

    /// A whole number within `range`, or 0, which means something of its own.
    pub(super) fn number_or_zero(
        &self,
        found: &mut MistakeList,
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let (first, last) = (*range.start(), *range.end());
        let help = format!("write 0, or a whole number from {first} to {last}, without quotes");
        self.whole(found, name, help, |number| number == 0 || range.contains(&number))
    }

    fn whole(
        &self,
        found: &mut MistakeList,
        name: &'static str,
        help: String,
        fits: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let value = self.value(name)?;
        let spot = self.spot(name, value.span(), ());
        match value.get_ref() {
            DeValue::Integer(number) => {
                let read = i128::from_str_radix(number.as_str(), number.radix()).ok();
                match read.and_then(|read| u32::try_from(read).ok()) {
                    Some(read) if fits(read) => return Some(read),
                    _ => spot.note(found, format!("{number} is out of range"), help),
                }
            }
            other => {
                spot.note(found, format!("a whole number belongs here, not {}", kind(other)), help);
            }
        }
        None
    }

    /// A length of time within `range`, such as "10s".
    pub(super) fn duration(
        &self,
        found: &mut MistakeList,
        name: &'static str,
        range: std::ops::RangeInclusive<Duration>,
    ) -> Option<Duration> {
        const HELP: &str =
            "write a whole number with its unit in quotes: \"500ms\", \"10s\", \"5m\" or \"1h\"";
        let value = self.value(name)?;
        let DeValue::String(_) = value.get_ref() else {
            let what = format!("a length of time belongs here, not {}", kind(value.get_ref()));
            self.spot(name, value.span(), ()).note(found, what, HELP);
            return None;
        };
        let text = self.text(found, name)?;
        let Some(duration) = read_duration(&text.value) else {
            text.note(found, format!("{} is not a length of time", shown(&text.value)), HELP);
            return None;
        };
        if !range.contains(&duration) {
            text.note(
                found,
                format!("{} is out of range", shown(&text.value)),
                format!(
                    "write a length of time from {} to {}",
                    written_duration(range.start()),
                    written_duration(range.end())
                ),
            );
            return None;
        }
        Some(duration)
    }

    /// A table within this one; an empty one where the file has none.
    pub(super) fn table(
        &self,
        found: &mut MistakeList,
        name: &'static str,
        keys: &'static TableKeys,
    ) -> ConfigTable<'a> {
        let path = self.full_key(name);
        let Some(value) = self.value(name) else {
            return ConfigTable { path, keys, table: None, header: self.header.clone() };
        };
        let (what, help) = match value.get_ref() {
            DeValue::Table(table) => {
                return ConfigTable::new(path, keys, table, value.span(), found);
            }
            DeValue::Array(list) if list.iter().any(|entry| entry.get_ref().is_table()) => (
                "there is one such table, not a list of them".to_owned(),
                format!("write its header with single brackets: [{}]", keys.table),
            ),
            other => (
                format!("a table belongs here, not {}", kind(other)),
                format!("write its header [{}] and the keys below it", keys.table),
            ),
        };
        found.add(&value.span(), &path, what, help);
        ConfigTable { path, keys, table: None, header: self.header.clone() }
    }

    /// The tables of a list, `[[name]]`, counted from 1 in their paths.
    pub(super) fn tables(
        &self,
        found: &mut MistakeList,
        name: &'static str,
        keys: &'static TableKeys,
    ) -> Vec<ConfigTable<'a>> {
        let Some(value) = self.value(name) else { return Vec::new() };
        let help = format!("write the header of each with double brackets: [[{name}]]");
        let entries: Vec<_> = match value.get_ref() {
            DeValue::Array(entries) => entries.iter().collect(),
            DeValue::Table(_) => {
                let what =
                    "there may be several such tables, and this header makes it the only one";
                self.spot(name, value.span(), ()).note(found, what, help.as_str());
                vec![value]
            }
            other => {
                let what = format!("tables belong here, not {}", kind(other));
                self.spot(name, value.span(), ()).note(found, what, help);
                return Vec::new();
            }
        };
        let mut tables = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let path = format!("{}[{}]", self.full_key(name), index + 1);
            match entry.get_ref() {
                DeValue::Table(table) => {
                    tables.push(ConfigTable::new(path, keys, table, entry.span(), found));
                }
                other => {
                    let what = format!("a table belongs here, not {}", kind(other));
                    found.add(&entry.span(), path, what, help.as_str());
                }
            }
        }
        tables
    }
}

fn text_of(
    found: &mut MistakeList,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    help: &str,
) -> Option<SpannedValue<String>> {
    let spot = SpannedValue { value: (), at: value.span(), key: key.to_owned() };
    match value.get_ref() {
        DeValue::String(text) => {
            if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
                let what = "this text holds a control character, which nobody can see";
                spot.note(found, what, "write the text again without it");
                return None;
            }
            Some(SpannedValue { value: text.to_string(), at: spot.at, key: spot.key })
        }
        other => {
            spot.note(found, format!("a text belongs here, not {}", kind(other)), help);
            None
        }
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Whether a key looks like the name of something that must not be shown: `pass`, `passwd`, `api_key`. Those that name the
/// file of a private key do not.
pub(super) fn may_be_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    if DKIM.keys.contains(&name.as_str()) {
        return false;
    }
    ["pas", "pwd", "pw", "secret", "token", "key", "cred", "auth", "khau"]
        .iter()
        .any(|part| name.contains(part))
}

fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

/// As an admin would write it: whole hours, minutes or seconds.
fn written_duration(duration: &Duration) -> String {
    match duration.as_secs() {
        0 => "0s".to_owned(),
        seconds if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        seconds if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// Returns where the `count`th character (from 0) of a string is in the text, given the string's
/// own place with its quotes. Escapes, and line ends that a multi-line string omits, count as what
/// they mean.
pub(super) fn place_in_string(text: &str, at: &Range<usize>, count: usize) -> Range<usize> {
    let Some(quoted) = text.get(at.clone()) else { return at.clone() };
    let quote = match quoted.as_bytes() {
        [b'"', b'"', b'"', ..] | [b'\'', b'\'', b'\'', ..] => 3,
        [b'"' | b'\'', ..] => 1,
        _ => return at.clone(),
    };
    let escapes = quoted.starts_with('"');
    let inside = &quoted[quote..quoted.len().saturating_sub(quote).max(quote)];
    let mut rest = inside;
    if quote == 3 {
        // A newline right after the opening quotes is not part of the string.
        rest = rest.strip_prefix("\r\n").or(rest.strip_prefix('\n')).unwrap_or(rest);
    }
    let mut seen = 0;
    loop {
        if escapes && quote == 3 {
            // A backslash at the end of a line swallows all blanks up to the next character.
            while let Some(after) = rest
                .strip_prefix('\\')
                .filter(|after| after.trim_start_matches([' ', '\t', '\r']).starts_with('\n'))
            {
                rest = after.trim_start();
            }
        }
        let Some(first) = rest.chars().next() else { break };
        if seen == count {
            break;
        }
        let length = match (first, escapes) {
            ('\\', true) => match rest.as_bytes().get(1) {
                Some(b'x') => 4,
                Some(b'u') => 6,
                Some(b'U') => 10,
                _ => 2,
            },
            _ => first.len_utf8(),
        };
        seen += 1;
        rest = rest.get(length..).unwrap_or_default();
    }
    let start = at.start + quote + (inside.len() - rest.len());
    start..start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_string_is_found_behind_escapes_and_swallowed_lines() {
        let check = |toml: &str| {
            let value = DeValue::parse(toml).unwrap();
            let text = value.get_ref().as_str().unwrap().to_owned();
            let count = text.chars().position(|c| c == 'X').unwrap();
            let place = place_in_string(toml, &value.span(), count);
            assert_eq!(toml[place.start..].chars().next(), Some('X'), "{toml}");
        };
        check(r#""X""#);
        check(r#""họp X""#);
        check(r#""\"giao ban\" \u1ECDc \\ \U0001F4F0 X""#);
        check(r"'C:\X'");
        check("\"\"\"\nmột\nhai X\"\"\"");
        check("\"\"\"\r\nmột \\\r\n   hai \\t X\"\"\"");
        check("\"\"\"một \\\n\n   X\"\"\"");
        check("'''\nmột\n\\nX'''");
    }

    #[test]
    fn no_key_but_that_of_the_password_is_hidden() {
        for key in ALL.iter().flat_map(|keys| keys.keys) {
            assert_eq!(may_be_secret(key), *key == "password_file", "{key}");
        }
    }

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        assert_eq!(read_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(read_duration("10s"), Some(Duration::from_secs(10)));
        assert_eq!(read_duration("5m"), Some(Duration::from_secs(300)));
        assert_eq!(read_duration("1h"), Some(Duration::from_secs(3600)));
        for wrong in [
            "",
            "10",
            "s",
            "-1s",
            "1.5h",
            "1 h",
            "1d",
            "99999999999999999999s",
            "9999999999999999999h",
        ] {
            assert_eq!(read_duration(wrong), None, "{wrong}");
        }
    }
}
