//! The `[subscribing]` table: whether people may subscribe by themselves, and how long it is kept who agreed to what.

use std::ops::RangeInclusive;

use super::ConfigCheck;
use crate::config::Subscribing;
use crate::config::raw::{self, ConfigTable};

/// Two years: as long as somebody may ask who had agreed to a mail.
const KEEP_AUDIT_DAYS: u32 = 730;
const KEEP_AUDIT_DAYS_RANGE: RangeInclusive<u32> = 30..=3_650;

impl ConfigCheck<'_> {
    pub(super) fn subscribing(&mut self, root: &ConfigTable<'_>) -> Subscribing {
        let table = root.table(&mut self.found, "subscribing", &raw::SUBSCRIBING);
        let days = table.number(&mut self.found, "keep_audit_days", KEEP_AUDIT_DAYS_RANGE);
        Subscribing {
            open: table.truth(&mut self.found, "open").unwrap_or(true),
            keep_audit_days: days.unwrap_or(KEEP_AUDIT_DAYS),
        }
    }
}
