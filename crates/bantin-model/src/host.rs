//! What is remembered of hosts from one run of the program to the next, so that a restart does not
//! break politeness (P10).

use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostNotes {
    pub hosts: Vec<HostNote>,
    pub robots: Vec<RobotsNote>,
}

/// A host, by its name, and its port where that is not the Web's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostNote {
    pub name: String,
    /// When the last request ended. None: not asked since the last note.
    pub asked_at: Option<DateTime<Utc>>,
    /// The addresses that asked for silence, each with its end. None: as noted before.
    pub silent: Option<Vec<(String, DateTime<Utc>)>>,
}

/// What the robots.txt of an origin says to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsNote {
    pub origin: String,
    /// When it must be asked again.
    pub until: DateTime<Utc>,
    /// As JSON, in the fetcher's words.
    pub rules: String,
}
