//! The settings as they are in force, each with where it comes from: for the admin to see, so nothing secret is shown.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SHIPPED;
use super::mistakes::{place, without_secrets};
use super::raw::{ALL, may_be_secret};

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOrigin {
    Default,
    /// This line of the config file.
    File {
        line: usize,
    },
    /// A systemd credential that this line names.
    Credential {
        name: String,
        line: usize,
    },
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// In full: `server.listen`.
    pub key: String,
    /// The value as it is written in the file, or the default. `None` where there is neither.
    pub value: Option<String>,
    pub origin: SettingOrigin,
}

/// Tables that may be there many times: sources and feeds have pages of their own.
const MANY: [&str; 4] = ["source", "source.listing", "source.article", "feed"];

/// All settings of a config file that is right, in the order of the tables; none of one that is no TOML.
pub fn settings(text: &str) -> Vec<Setting> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Ok(document) = DeTable::parse(text) else { return Vec::new() };
    let shipped = shipped_defaults();
    let mut settings = Vec::new();
    for keys in ALL.iter().filter(|keys| !keys.table.is_empty() && !MANY.contains(&keys.table)) {
        let table = table_at(document.get_ref(), keys.table);
        for key in keys.keys {
            let full = format!("{}.{key}", keys.table);
            // A table of its own, with its keys.
            if ALL.iter().any(|other| other.table == full) {
                continue;
            }
            settings.push(match table.and_then(|table| table.get(*key)) {
                Some(value) => written(text, full, key, value),
                None => Setting {
                    value: shipped.get(&full).cloned(),
                    key: full,
                    origin: SettingOrigin::Default,
                },
            });
        }
    }
    settings
}

fn written(text: &str, full: String, key: &str, value: &Spanned<DeValue<'_>>) -> Setting {
    let (line, _) = place(text, value.span().start);
    let shown = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        _ => text.get(value.span()).unwrap_or_default().to_owned(),
    };
    let credential = shown.strip_prefix("credential:").map(str::to_owned);
    let secret = may_be_secret(key) && key != "password_file";
    let shown = if secret { "***".to_owned() } else { without_secrets(&shown, &[]) };
    Setting {
        key: full,
        value: Some(shown),
        origin: match credential {
            Some(name) => SettingOrigin::Credential { name, line },
            None => SettingOrigin::File { line },
        },
    }
}

fn table_at<'a>(root: &'a DeTable<'a>, path: &str) -> Option<&'a DeTable<'a>> {
    path.split('.').try_fold(root, |table, name| match table.get(name)?.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    })
}

/// What the shipped file tells of defaults: `#key = value`.
fn shipped_defaults() -> HashMap<String, String> {
    let mut table = "";
    let mut defaults = HashMap::new();
    for line in SHIPPED.lines() {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_start_matches('[').trim_end_matches(']');
        }
        let told = line.strip_prefix('#').filter(|line| !line.starts_with(' '));
        // What an admin is asked to change, and would be the same without it.
        let told = told.or_else(|| line.starts_with("public_url").then_some(line));
        if let Some((key, value)) = told.and_then(|line| line.split_once(" = ")) {
            defaults.insert(format!("{table}.{key}"), value.trim_matches('"').to_owned());
        }
    }
    defaults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_says_where_it_comes_from_and_no_secret_is_among_them() {
        let text = "[server]\npublic_url = \"https://a.vn/\"\n[mail]\nfrom = \"a@a.vn\"\n\
                    password_file = \"credential:smtp-password\"\nconnections = 3\n[store]\n\
                    url = \"postgres://u:secret@h/d\"\n";
        let settings = settings(text);
        let of = |key: &str| settings.iter().find(|s| s.key == key).expect("it is listed").clone();
        let file = |line| SettingOrigin::File { line };
        assert_eq!(of("server.public_url").origin, file(2));
        assert_eq!(of("mail.connections").value.as_deref(), Some("3"));
        let password = of("mail.password_file");
        let name = "smtp-password".to_owned();
        assert_eq!(password.origin, SettingOrigin::Credential { name, line: 5 });
        assert_eq!(of("fetch.spacing").value.as_deref(), Some("1s"));
        assert_eq!(of("fetch.spacing").origin, SettingOrigin::Default);
        assert_eq!(of("mail.admin").value, None);
        assert!(!format!("{settings:?}").contains("secret@"));
        assert!(
            settings.iter().all(|s| !s.key.starts_with("source") && !s.key.starts_with("feed."))
        );
    }
}
