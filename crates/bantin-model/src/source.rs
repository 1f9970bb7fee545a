//! A source: a place polled.

use std::fmt;
use std::path::PathBuf;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use url::Url;

use super::schedule::Schedule;
use bantin_extract::model::Recipe;

/// The name of a source: 1 to 64 lower-case letters, digits and hyphens, because it is part of
/// queries, URLs, logs and file names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceId(String);

impl SourceId {
    pub fn parse(text: &str) -> Result<Self, String> {
        crate::slug::slug(text).map(SourceId)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SourceId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<SourceId> for String {
    fn from(id: SourceId) -> String {
        id.0
    }
}

/// Who may change a source: the config file or, later, the admin page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManagedBy {
    File,
    Store,
}

/// When a source is polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// By a cron line, in the source's zone.
    Cron(Schedule),
    /// By how often the source has published recently.
    Adaptive,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    /// As readers see it.
    pub name: String,
    pub url: Url,
    pub pace: Pace,
    /// The zone of the portal's dates, and of `pace`.
    pub zone: Tz,
    pub recipe: Recipe,
    /// PEM file with CA or intermediate certificates to trust for this source, besides the system's.
    pub extra_ca: Option<PathBuf>,
    /// `host` or `host:port` that this source's pages may name although the address is inside the network.
    pub inside: Vec<String>,
    /// More new items than this in one poll are held for the admin.
    pub max_new: u32,
    pub managed_by: ManagedBy,
}
