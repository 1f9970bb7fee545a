//! Markup that is safe to publish.

use serde::{Deserialize, Serialize};

/// HTML that is safe to put into a page, feed or mail (P8). Only `extract::sanitize` makes it from foreign markup;
/// the store gives back what it was given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CleanHtml(String);

impl CleanHtml {
    /// Wraps markup without cleaning it: for [`sanitize`](crate::sanitize), and for a store that gives back what it was given.
    #[doc(hidden)]
    pub fn vouched_for(html: String) -> Self {
        CleanHtml(html)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
