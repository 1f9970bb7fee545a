//! The `[store]` table: where everything is kept.

use secrecy::SecretString;
use url::Url;

use super::ConfigCheck;
use super::values::without_password;
use crate::config::mistakes::shown;
use crate::config::raw::{self, ConfigTable, SpannedValue};

const STORE: &str = "sqlite:bantin.db";

impl ConfigCheck<'_> {
    pub(super) fn store(&mut self, root: &ConfigTable<'_>) -> SecretString {
        let table = root.table(&mut self.found, "store", &raw::STORE);
        let password = self.secret(&table);
        let url = match table.text(&mut self.found, "url") {
            Some(written) => self.store_url(&written, password),
            None if table.has("password_file") => {
                self.password_without_server(&table);
                None
            }
            None => None,
        };
        let url = url.unwrap_or_else(|| {
            let path = STORE.strip_prefix("sqlite:").expect("the default is an SQLite file");
            format!("sqlite:{}", self.state_path(path).display())
        });
        url.into()
    }

    pub(super) fn store_url(
        &mut self,
        written: &SpannedValue<String>,
        password: Option<SpannedValue<SecretString>>,
    ) -> Option<String> {
        const HELP: &str = "write \"sqlite:PATH\", such as \"sqlite:bantin.db\", or \
                            \"postgres://USER@HOST/DATABASE\" with the password in password_file";
        let (scheme, rest) = written.value.split_once(':').unwrap_or_default();
        match scheme {
            "sqlite" => {
                if let Some(password) = password {
                    password.note(
                        &mut self.found,
                        "an SQLite file has no password",
                        "take this key away, or name a PostgreSQL server as the store's url",
                    );
                }
                self.sqlite_url(written, rest)
            }
            "postgres" | "postgresql" => self.postgres_url(written, password),
            _ => {
                let what = format!("{} is no store", shown(&without_password(&written.value)));
                written.note(&mut self.found, what, HELP);
                None
            }
        }
    }

    pub(super) fn sqlite_url(
        &mut self,
        written: &SpannedValue<String>,
        rest: &str,
    ) -> Option<String> {
        if rest == ":memory:" {
            return Some(written.value.clone());
        }
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() || path.ends_with('/') {
            let what = format!("{} names no file", shown(&written.value));
            written.note(&mut self.found, what, "write the path of a file: \"sqlite:bantin.db\"");
            return None;
        }
        if path.contains('?') {
            let what =
                format!("{} has options after ?, which bantin sets itself", shown(&written.value));
            written.note(&mut self.found, what, "write the path only: \"sqlite:bantin.db\"");
            return None;
        }
        Some(format!("sqlite:{}", self.state_path(path).display()))
    }

    pub(super) fn postgres_url(
        &mut self,
        written: &SpannedValue<String>,
        password: Option<SpannedValue<SecretString>>,
    ) -> Option<String> {
        let mut url = match Url::parse(&written.value) {
            Ok(url) => url,
            Err(error) => {
                // The address is not repeated, since which part of it is the password is unknown.
                self.found.hide(&written.at);
                written.note(
                    &mut self.found,
                    format!("this is not an address: {error}"),
                    "write \"postgres://USER@HOST/DATABASE\", with the password in password_file",
                );
                return None;
            }
        };
        if url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password") {
            self.found.hide(&written.at);
            written.note(
                &mut self.found,
                "a password does not stand in this file, which others may read",
                "take it out of the address, write it into a file of its own and name that: \
                 password_file = \"/etc/bantin/password\", or \"credential:NAME\" for a systemd credential",
            );
            return None;
        }
        if url.path().trim_start_matches('/').is_empty() {
            let what = format!("{} names no database", shown(&written.value));
            written.note(&mut self.found, what, "write \"postgres://USER@HOST/DATABASE\"");
            return None;
        }
        let Some(password) = password else { return Some(url.into()) };
        let secret = secrecy::ExposeSecret::expose_secret(&password.value);
        if url.set_password(Some(secret)).is_err() {
            // An address without a host: a socket, named after "?host=".
            url.query_pairs_mut().append_pair("password", secret);
        }
        Some(url.into())
    }

    pub(super) fn password_without_server(&mut self, table: &ConfigTable<'_>) {
        if let Some(written) = table.text(&mut self.found, "password_file") {
            written.note(
                &mut self.found,
                "an SQLite file has no password, and SQLite is the default",
                "take this key away, or name a PostgreSQL server: url = \"postgres://USER@HOST/DATABASE\"",
            );
        }
    }
}
