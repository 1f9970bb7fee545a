//! What a server gave us to ask "has it changed?" with (RFC 9110 §8.8).

use serde::{Deserialize, Serialize};

/// Kept exactly as received, quotes and all, and sent back so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Validators {
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}
