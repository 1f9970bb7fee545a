//! The `[admin]` table: whether there are admin pages, and where inside the network their sources may be.

use super::Check;
use crate::config::Admin;
use crate::config::raw::{self, Table};
use crate::fetch::FetchSettings;

impl Check<'_> {
    pub(super) fn admin(&mut self, root: &Table<'_>, fetch: &mut FetchSettings) -> Admin {
        let table = root.table(&mut self.found, "admin", &raw::ADMIN);
        // Fetching alone has to know: whoever logs in must not widen what this file allows.
        fetch.inside_of_admin = self.inside(&table);
        Admin { open: table.truth(&mut self.found, "open").unwrap_or(true) }
    }
}
