//! A problem: something that could not be read. It travels beside what could.

use serde::{Deserialize, Serialize};

/// Where it was and what was wrong, as a sentence an admin can act on. No secret and no subscriber's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The place: "row 3", "article https://…", "robots.txt".
    pub place: String,
    /// What was wrong, without the place: "no date", "the body is larger than 8 MiB".
    pub what: String,
}

impl Problem {
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Problem { place: place.into(), what: what.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}
