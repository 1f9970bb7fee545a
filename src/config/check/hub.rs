//! The `[hub]` table: who may subscribe to pushes. And the `[metrics]` table: who may read figures.

use super::ConfigCheck;
use crate::config::HubConfig;
use crate::config::raw::{self, ConfigTable};

impl ConfigCheck<'_> {
    pub(super) fn hub(&mut self, root: &ConfigTable<'_>) -> HubConfig {
        let table = root.table(&mut self.found, "hub", &raw::HUB);
        HubConfig {
            open: table.truth(&mut self.found, "open").unwrap_or(true),
            inside: self.inside(&table),
        }
    }

    pub(super) fn metrics(&mut self, root: &ConfigTable<'_>) -> bool {
        let table = root.table(&mut self.found, "metrics", &raw::METRICS);
        table.truth(&mut self.found, "open").unwrap_or(false)
    }
}
