//! The config file: read into raw settings, then turned into checked ones in one step that reports every mistake with
//! file, line, column, key, what is wrong and what would be right. Only this module knows TOML.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use url::Url;

use crate::fetch::FetchSettings;
use crate::mail::MailSettings;
use crate::model::{Feed, Lang, Source};

/// Checked settings: what the file says, with every default filled in.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    /// `sqlite:PATH` or `postgres://…`, with the password file's content put in.
    pub store_url: secrecy::SecretString,
    pub mail: MailSettings,
    pub fetch: FetchSettings,
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// One mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// From 1; None for a mistake that has no place (a key that is missing altogether).
    pub line: Option<usize>,
    pub column: Option<usize>,
    /// `source[1].schedule`
    pub key: String,
    pub what: String,
    /// What would be right.
    pub help: String,
}

/// All mistakes of a file. `Display` prints each as `FILE:LINE:COL: KEY: what`, the line itself with a caret, and the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    pub file: PathBuf,
    pub text: String,
    pub list: Vec<Mistake>,
}

impl std::fmt::Display for Mistakes {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}

impl std::error::Error for Mistakes {}

impl Config {
    /// Reads and checks the file at `path`, with the files that it names.
    pub fn load(_path: &Path) -> Result<Config, Mistakes> {
        todo!()
    }

    /// Checks a text as if it stood in the file at `path`: relative paths in it are relative to that file's folder.
    pub fn from_text(_text: &str, _path: &Path) -> Result<Config, Mistakes> {
        todo!()
    }
}
