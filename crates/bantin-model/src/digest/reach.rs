//! How far back a digest reaches. After a long absence the old is counted, not listed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::Item;

/// How far back the digest of a subscription reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DigestReach {
    days: i64,
    /// Due so long ago that the days in between were missed. bantin was down then, or the subscriber had paused: what the
    /// portals published meanwhile is seen for the first time now, and the dates that they print are all there is.
    late: bool,
}

impl DigestReach {
    /// `period` is what lies between two digests; `None` for a subscription that is served at once,
    /// which is never late: its last mail may be months ago because nothing matched.
    pub fn of(
        days: u32,
        period: Option<TimeDelta>,
        due: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        let days = i64::from(days);
        match period {
            // A monthly digest holds its month.
            Some(period) => DigestReach {
                days: days.max(period.num_days() + 1),
                late: now - due > TimeDelta::days(days),
            },
            None => DigestReach { days, late: false },
        }
    }

    /// An item counts by the day we saw it: one dated last month and put up today is news. Only when we were late its own
    /// date counts.
    pub fn holds(self, item: &Item, now: DateTime<Utc>) -> bool {
        let oldest = now - TimeDelta::days(self.days);
        item.first_seen >= oldest && (!self.late || item.sort_at >= oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::decision::tests::item;

    #[test]
    fn a_digest_holds_its_days_or_its_period_and_after_an_absence_only_what_is_recent() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1_000);
        let days = TimeDelta::days;
        for (period, late_by, seen, published, held) in [
            (Some(1), 0, 13, 13, true),
            (Some(1), 0, 15, 15, false),
            (Some(31), 0, 30, 30, true),
            (Some(31), 0, 40, 40, false),
            // A document dated long ago and put up today.
            (Some(1), 0, 0, 400, true),
            // The same after three weeks of being down.
            (Some(1), 21, 0, 20, false),
            (Some(1), 21, 0, 13, true),
            (None, 200, 0, 20, true),
            (None, 200, 15, 15, false),
        ] {
            let reach = DigestReach::of(14, period.map(days), now - days(late_by), now);
            let item =
                Item { first_seen: now - days(seen), sort_at: now - days(published), ..item() };
            assert_eq!(reach.holds(&item, now), held, "{period:?} {late_by} {seen} {published}");
        }
    }
}
