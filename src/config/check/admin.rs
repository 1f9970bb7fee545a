//! The `[admin]` table: whether there are admin pages, and where inside the network their sources may be.

use super::ConfigCheck;
use crate::config::AdminConfig;
use crate::config::raw::{self, ConfigTable};
use crate::fetch::FetchSettings;

impl ConfigCheck<'_> {
    pub(super) fn admin(
        &mut self,
        root: &ConfigTable<'_>,
        fetch: &mut FetchSettings,
    ) -> AdminConfig {
        let table = root.table(&mut self.found, "admin", &raw::ADMIN);
        // Only fetching uses this: an admin who logs in must not be able to widen what this file
        // allows.
        fetch.inside_of_admin = self.inside(&table);
        AdminConfig { open: table.truth(&mut self.found, "open").unwrap_or(true) }
    }
}
