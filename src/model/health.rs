//! Health: what a source's recent polls say about it (P6). A decision with its reason; nothing here acts on it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// Why a source gives nothing, or less than it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breakage {
    /// No page came: name, connection, TLS, time, status.
    FetchFailed,
    /// A page came that keeps programs out: a challenge, a login, robots.txt.
    Blocked,
    /// The page has nothing where the list used to be.
    LayoutGone,
    /// The list is there and has no row in it.
    ListEmpty,
    /// Far fewer rows than before.
    RowsCollapsed,
    /// Rows, but none with a date where there were dates before.
    DatesGone,
}

impl Breakage {
    pub fn as_str(self) -> &'static str {
        match self {
            Breakage::FetchFailed => "fetch-failed",
            Breakage::Blocked => "blocked",
            Breakage::LayoutGone => "layout-gone",
            Breakage::ListEmpty => "list-empty",
            Breakage::RowsCollapsed => "rows-collapsed",
            Breakage::DatesGone => "dates-gone",
        }
    }

    /// Whether there are rows all the same, so that the source is worth polling as often as ever.
    pub fn gives_rows(self) -> bool {
        matches!(self, Breakage::RowsCollapsed | Breakage::DatesGone)
    }
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Breakage::FetchFailed => "fetch failed",
            Breakage::Blocked => "blocked",
            Breakage::LayoutGone => "layout gone",
            Breakage::ListEmpty => "list empty",
            Breakage::RowsCollapsed => "rows collapsed",
            Breakage::DatesGone => "dates gone",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    pub why: Breakage,
    /// A sentence for the admin.
    pub detail: String,
    pub since: DateTime<Utc>,
}

/// What one poll saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// 304, or the same rows as last time.
    Unchanged,
    /// The list was found (`container`) or not; `rows` of it were read, `dated` of them with a date.
    Listing {
        container: bool,
        rows: u32,
        dated: u32,
    },
    Failed {
        why: Breakage,
        detail: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    pub broken: Option<Broken>,
    /// Polls in a row that brought no row: what is backed off by.
    pub failures: u32,
    pub last_poll: Option<DateTime<Utc>>,
    pub last_good: Option<DateTime<Utc>>,
    /// Rows and dated rows of the last good listing.
    pub rows: u32,
    pub dated: u32,
    /// Of the last poll that read the page, a few.
    pub problems: Vec<Problem>,
}

/// Problems kept with a source; the rest are counted in the last of them.
const PROBLEMS_KEPT: usize = 20;

impl Health {
    /// Health after one more poll at `now`.
    pub fn after(&self, seen: &Seen, mut problems: Vec<Problem>, now: DateTime<Utc>) -> Health {
        if problems.len() > PROBLEMS_KEPT {
            let more = problems.len() - PROBLEMS_KEPT + 1;
            problems.truncate(PROBLEMS_KEPT - 1);
            problems.push(Problem::new("further", format!("{more} more problems of this poll")));
        }
        let mut next = Health { last_poll: Some(now), ..self.clone() };
        match self.verdict(seen) {
            Some((why, detail)) => {
                let since = match &self.broken {
                    Some(broken) if broken.why == why => broken.since,
                    _ => now,
                };
                next.broken = Some(Broken { why, detail, since });
                next.failures = if why.gives_rows() { 0 } else { self.failures.saturating_add(1) };
            }
            None => {
                next.broken = None;
                next.failures = 0;
                next.last_good = Some(now);
                if let Seen::Listing { rows, dated, .. } = seen {
                    (next.rows, next.dated) = (*rows, *dated);
                }
            }
        }
        if *seen != Seen::Unchanged {
            next.problems = problems;
        }
        next
    }

    fn verdict(&self, seen: &Seen) -> Option<(Breakage, String)> {
        let had = self.rows;
        match *seen {
            // Validators are kept of good listings only, so "unchanged" means "as when it was good".
            Seen::Unchanged => None,
            Seen::Failed { why, ref detail } => Some((why, detail.clone())),
            Seen::Listing { container: false, rows: 0, .. } => Some((
                Breakage::LayoutGone,
                format!(
                    "nothing on the page matches the recipe; the last good listing had {had} rows"
                ),
            )),
            Seen::Listing { rows: 0, .. } => Some((
                Breakage::ListEmpty,
                format!("the list has no row in it; the last good listing had {had} rows"),
            )),
            Seen::Listing { rows, .. } if had >= 8 && rows * 4 <= had => {
                Some((Breakage::RowsCollapsed, format!("{rows} rows where there were {had}")))
            }
            Seen::Listing { rows, dated: 0, .. }
                if rows >= 3 && self.dated * 2 >= had && had >= 3 =>
            {
                Some((
                    Breakage::DatesGone,
                    format!("none of {rows} rows has a date; {} of {had} had one", self.dated),
                ))
            }
            Seen::Listing { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(60 * i64::from(minute), 0).expect("in range")
    }

    fn listing(rows: u32, dated: u32) -> Seen {
        Seen::Listing { container: true, rows, dated }
    }

    /// Feeds one poll a minute to a new source and tells how each left it.
    fn check(polls: &[Seen], expected: &[&str]) {
        let mut health = Health::default();
        let told: Vec<String> = (0..)
            .zip(polls)
            .map(|(minute, seen)| {
                health = health.after(seen, vec![], at(minute));
                match &health.broken {
                    Some(broken) => {
                        format!("{} since {}", broken.why, broken.since.timestamp() / 60)
                    }
                    None => "good".to_owned(),
                }
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn p6_a_listing_that_had_rows_and_now_has_none_is_a_problem() {
        check(
            &[listing(20, 20), listing(0, 0), listing(0, 0)],
            &["good", "list empty since 1", "list empty since 1"],
        );
        let gone = Seen::Listing { container: false, rows: 0, dated: 0 };
        check(&[listing(20, 20), gone], &["good", "layout gone since 1"]);
    }

    #[test]
    fn p6_rows_that_collapse_and_dates_that_vanish_have_names_of_their_own() {
        check(
            &[listing(20, 20), listing(4, 4), listing(19, 19)],
            &["good", "rows collapsed since 1", "good"],
        );
        check(&[listing(20, 20), listing(20, 0)], &["good", "dates gone since 1"]);
        check(&[listing(20, 0), listing(20, 0)], &["good", "good"]);
    }

    #[test]
    fn p6_an_unchanged_page_mends_a_failed_fetch() {
        let failed = Seen::Failed { why: Breakage::FetchFailed, detail: "timeout".into() };
        check(&[listing(9, 9), failed, Seen::Unchanged], &["good", "fetch failed since 1", "good"]);
    }

    #[test]
    fn the_last_good_counts_survive_a_failure_so_that_the_next_poll_is_compared_with_them() {
        check(
            &[listing(20, 20), listing(0, 0), listing(3, 3)],
            &["good", "list empty since 1", "rows collapsed since 2"],
        );
    }
}
