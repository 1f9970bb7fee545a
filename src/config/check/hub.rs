//! The `[hub]` table: who is told of news at once. And the `[metrics]` table: who may read figures.

use super::Check;
use crate::config::Hub;
use crate::config::raw::{self, Table};

impl Check<'_> {
    pub(super) fn hub(&mut self, root: &Table<'_>) -> Hub {
        let table = root.table(&mut self.found, "hub", &raw::HUB);
        Hub {
            open: table.truth(&mut self.found, "open").unwrap_or(true),
            inside: self.inside(&table),
        }
    }

    pub(super) fn metrics(&mut self, root: &Table<'_>) -> bool {
        let table = root.table(&mut self.found, "metrics", &raw::METRICS);
        table.truth(&mut self.found, "open").unwrap_or(false)
    }
}
