//! The config file: read into raw settings, then turned into checked ones in one step that reports
//! every mistake with file, line, column, key, what is wrong and what would be right. Only this
//! module knows TOML.
//!
//! `raw` reads tables key by key, `check` gives the values their meaning, `mistakes` formats the
//! report. `config.toml` at the top of the repository says what the keys mean; it is also what
//! `bantin init` writes.

mod check;
mod mistakes;
mod origins;
mod raw;
mod snippet;
mod source_toml;

use std::ffi::OsString;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use secrecy::ExposeSecret;
use url::Url;

use crate::fetch::FetchSettings;
use bantin_mail::MailSettings;
use bantin_model::{Calendars, Feed, Lang, Source};

pub use check::LISTEN;
pub use mistakes::{ConfigMistake, ConfigMistakes};
pub use origins::{Setting, SettingOrigin, settings};
pub use snippet::listing_toml;
pub use source_toml::{
    FeedForm, SourceForm, feed_toml, read_feed, read_feed_form, read_source, read_source_form,
    source_toml,
};

/// The file that documents every key: what `bantin init` writes.
pub const SHIPPED: &str = include_str!("../../config.toml");

/// Checked settings: what the file says, with every default filled in.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    /// `sqlite:PATH` (the path as it is, not percent-encoded) or `postgres://…`, with the password file's content put in.
    pub store_url: secrecy::SecretString,
    pub mail: MailSettings,
    /// How long mails that are done with are kept, and the pages of their digests; 0: for ever.
    pub keep_mails_days: u32,
    pub fetch: FetchSettings,
    pub subscribing: Subscribing,
    pub hub: HubConfig,
    /// Whether /metrics is public; otherwise it needs a request from this machine, or a token.
    pub metrics_open: bool,
    pub admin: AdminConfig,
    /// The holidays that subscriptions may go by.
    pub calendars: Calendars,
    /// The folder into which pages and feeds are written as files.
    pub export: Option<PathBuf>,
    pub sources: Vec<Source>,
    pub feeds: Vec<Feed>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub listen: Vec<Listen>,
    /// Ends in `/`.
    pub public_url: Url,
    /// Of the site, and the publisher of its feeds.
    pub title: String,
    pub lang: Lang,
    /// The zone of what belongs to the site: months of archives, days in queries, times on pages and at the command line.
    /// Sources and subscriptions start with it.
    pub zone: Tz,
    pub proxies: Proxies,
    /// Whether pages show pictures: our own copies, which are fetched one by one.
    pub pictures: bool,
}

/// Whose word about a client's address counts: the web servers in front of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    pub networks: Vec<IpNet>,
    /// Whether peers of our socket file are trusted.
    pub unix: bool,
}

impl Default for Proxies {
    /// This machine's own.
    fn default() -> Self {
        let loopback: [IpNet; 2] = [
            Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into(),
            Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128).into(),
        ];
        Proxies { networks: loopback.into(), unix: true }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribing {
    /// Whether people may subscribe by themselves.
    pub open: bool,
    /// How long the audit log goes back.
    pub keep_audit_days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubConfig {
    /// Whether it takes subscriptions.
    pub open: bool,
    /// Hosts inside the network that may be called back.
    pub inside: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminConfig {
    /// Whether there are admin pages.
    pub open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Where the package puts the config file, and the unit reads it.
const INSTALLED: &str = "/etc/bantin/config.toml";
/// The unit's StateDirectory=.
const STATE: &str = "/var/lib/bantin";
/// Where systemd keeps the credentials of the unit while it runs, and where it takes them from when it starts.
const CREDENTIALS: [&str; 2] = ["/run/credentials/bantin.service", "/etc/credstore"];

/// What the file's meaning depends on besides its text: folders that systemd hands over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigEnvironment {
    /// Where `credential:NAME` is looked up, in this order: `$CREDENTIALS_DIRECTORY`, or those of the unit.
    pub credentials: Vec<PathBuf>,
    /// What a relative path of the store or the mail folder starts from: `$STATE_DIRECTORY`, or the current folder.
    pub state: Option<PathBuf>,
}

impl ConfigEnvironment {
    /// Those of this process when it reads the file at `path`.
    pub fn of_process(path: &Path) -> Self {
        Self::of(path, |name| std::env::var_os(name))
    }

    /// Those of a process with the given environment. systemd hands its folders only to the service; an admin who types
    /// `bantin status` means the same database and the same passwords, so the installed file means them for everybody.
    pub fn of(path: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let folder = |name| variable(name).filter(|value| !value.is_empty());
        let installed = path == Path::new(INSTALLED)
            || matches!(
                (path.canonicalize(), Path::new(INSTALLED).canonicalize()),
                (Ok(path), Ok(installed)) if path == installed
            );
        let credentials = match folder("CREDENTIALS_DIRECTORY") {
            Some(folder) => vec![PathBuf::from(folder)],
            None if installed => CREDENTIALS.map(PathBuf::from).to_vec(),
            None => Vec::new(),
        };
        // Several state directories come joined by colons (systemd.exec(5)); the first is the store's.
        let state = folder("STATE_DIRECTORY")
            .and_then(|value| std::env::split_paths(&value).next())
            .or_else(|| installed.then(|| PathBuf::from(STATE)));
        ConfigEnvironment { credentials, state }
    }
}

impl Config {
    /// Reads and checks the file at `path`, with the files that it names.
    pub fn load(path: &Path) -> Result<Config, ConfigMistakes> {
        let bytes = std::fs::read(path).map_err(|error| {
            let (what, help) = match error.kind() {
                std::io::ErrorKind::NotFound => (
                    "there is no such file".to_owned(),
                    "`bantin init` writes a config file to start from; --config FILE names another one",
                ),
                std::io::ErrorKind::PermissionDenied => (
                    format!("this file cannot be read: {error}"),
                    "let the user that bantin runs as read it, for instance by group: chmod 0640, chgrp bantin",
                ),
                _ => (format!("this file cannot be read: {error}"), "name a config file with --config FILE"),
            };
            ConfigMistakes::of_file(path.to_owned(), what, help.to_owned())
        })?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::from_text(text, path),
            Err(error) => Err(check::not_utf8(&bytes, error.valid_up_to(), path)),
        }
    }

    /// Checks a text as if it stood in the file at `path`: relative paths in it are relative to that file's folder.
    pub fn from_text(text: &str, path: &Path) -> Result<Config, ConfigMistakes> {
        Self::from_text_in(text, path, &ConfigEnvironment::of_process(path))
    }

    /// The same, in the given surroundings.
    pub fn from_text_in(
        text: &str,
        path: &Path,
        surroundings: &ConfigEnvironment,
    ) -> Result<Config, ConfigMistakes> {
        check::config(text, path, surroundings)
    }

    /// The keys whose values differ in `new` and cannot be changed while bantin runs.
    pub fn needs_restart(&self, new: &Config) -> Vec<&'static str> {
        let mut keys = Vec::new();
        if self.server.listen != new.server.listen {
            keys.push("server.listen");
        }
        if self.store_url.expose_secret() != new.store_url.expose_secret() {
            keys.push("store.url");
        }
        keys
    }
}

/// Every key that the file may hold, in full: `server.listen`, `source.listing.item`.
pub fn known_keys() -> Vec<String> {
    raw::ALL
        .iter()
        .filter(|keys| !keys.table.is_empty())
        .flat_map(|keys| keys.keys.iter().map(|key| format!("{}.{key}", keys.table)))
        .collect()
}
