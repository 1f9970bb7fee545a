//! What a server said of its answer that the next request has to know: the validators to ask "has it changed?" with
//! (RFC 9110 §8.8), how long it may be kept (RFC 9111 §4.2), and where it really came from.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

/// Validators are kept exactly as received, quotes and all, and sent back so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// The address that answered, where redirects led to another than was asked. Validators are sent there and nowhere
    /// else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Url>,
    /// Where permanent redirects (301, 308) alone led, before any other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Url>,
    /// For how long the answer may be kept, in seconds from when the server made it; as it was said, however absurd. A 304
    /// that says nothing of it renews it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<u64>,
    /// How old the answer was when it came, in seconds (`Age`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub age: u64,
}

impl Validators {
    /// Returns whether there is nothing to ask "has it changed?" with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Returns whether both name one state of a page: by the ETag, or by the date where one of them
    /// has no ETag.
    pub fn names_the_same(&self, other: &Validators) -> bool {
        match (&self.etag, &other.etag) {
            (Some(one), Some(other)) => one == other,
            _ => self.last_modified.is_some() && self.last_modified == other.last_modified,
        }
    }

    /// For how long the answer may be kept from when it came.
    pub fn fresh_for(&self) -> Option<Duration> {
        self.lifetime.map(|lifetime| Duration::from_secs(lifetime.saturating_sub(self.age)))
    }
}

fn is_zero(age: &u64) -> bool {
    *age == 0
}
