//! Health: what a source's recent polls say about it (P6). A decision with its reason; nothing here acts on it.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use bantin_extract::model::problem::grouped;
use bantin_extract::model::{Problem, ProblemGroup};

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
    /// No list of news was found on a page without a recipe.
    NotAListing,
    /// The server says that the page is gone for good (410).
    Gone,
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
            Breakage::NotAListing => "not-a-listing",
            Breakage::Gone => "gone",
        }
    }

    /// Returns whether there are rows all the same, so that the source is worth polling as often as
    /// ever.
    pub fn gives_rows(self) -> bool {
        matches!(self, Breakage::RowsCollapsed | Breakage::DatesGone)
    }

    /// Returns whether the page itself has changed, so that its list may now be elsewhere on it.
    pub fn is_redesign(self) -> bool {
        matches!(
            self,
            Breakage::LayoutGone
                | Breakage::ListEmpty
                | Breakage::RowsCollapsed
                | Breakage::DatesGone
        )
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
            Breakage::NotAListing => "not a listing",
            Breakage::Gone => "gone",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OngoingBreakage {
    pub why: Breakage,
    /// A sentence for the admin.
    pub detail: String,
    pub since: DateTime<Utc>,
    /// Polls in a row that said so, with the same number of rows.
    #[serde(default)]
    pub polls: u32,
    #[serde(default)]
    pub rows: u32,
}

/// A redesign after which bantin found the list again by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairRecord {
    pub at: DateTime<Utc>,
    /// A sentence for the admin: what had broken, and what speaks for the new recipe.
    pub what: String,
}

/// Counts of what a listing held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListingCounts {
    /// Whether the list itself is there, with rows or without.
    pub container: bool,
    pub rows: u32,
    /// Rows with a date.
    pub dated: u32,
    /// Different titles among the rows, accents and case aside.
    pub titles: u32,
    /// The known items are elsewhere on the page, so the rows found here are no new normal.
    pub elsewhere: bool,
    /// It names what is recent and nothing else, as sitemaps of news do: few rows or none mean a quiet day.
    pub only_recent: bool,
}

/// What one poll saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollObservation {
    /// 304, or the same rows as last time.
    Unchanged,
    Listing(ListingCounts),
    Failed {
        why: Breakage,
        detail: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    pub broken: Option<OngoingBreakage>,
    /// Whether the admin has been notified that it is broken.
    pub told: bool,
    /// Polls in a row that brought no row; the backoff grows with them.
    pub failures: u32,
    pub last_poll: Option<DateTime<Utc>>,
    pub last_good: Option<DateTime<Utc>>,
    /// Rows, dated rows and different titles of the last good listing.
    pub rows: u32,
    pub dated: u32,
    pub titles: u32,
    /// The last redesign that was mended.
    pub mended: Option<RepairRecord>,
    /// The first problems of the last poll that read the page.
    pub problems: Vec<ProblemGroup>,
}

/// Problems kept with a source; the last of them counts all others.
const PROBLEMS_KEPT: usize = 20;

impl Health {
    /// Health after one more poll at `now`.
    pub fn after(
        &self,
        seen: &PollObservation,
        mut problems: Vec<Problem>,
        now: DateTime<Utc>,
    ) -> Health {
        let mut next = Health { last_poll: Some(now), ..self.clone() };
        match self.verdict(seen) {
            Some((why, detail)) => {
                let broken = self.still_broken(why, detail, seen, now);
                if let (Some(lasting), PollObservation::Listing(counts)) =
                    (broken.lasting(now), seen)
                    && !counts.elsewhere
                {
                    problems.insert(0, Problem::new("listing", lasting));
                    next.settle(*counts, now);
                } else {
                    next.failures =
                        if why.gives_rows() { 0 } else { self.failures.saturating_add(1) };
                    next.broken = Some(broken);
                }
            }
            None => match seen {
                PollObservation::Listing(counts) => next.settle(*counts, now),
                _ => next.settle(self.counts(), now),
            },
        }
        if *seen != PollObservation::Unchanged {
            next.problems = first_few(&problems);
        }
        next
    }

    /// Records a good listing, with which later polls are compared.
    fn settle(&mut self, counts: ListingCounts, now: DateTime<Utc>) {
        self.broken = None;
        self.failures = 0;
        self.last_good = Some(now);
        (self.rows, self.dated, self.titles) = (counts.rows, counts.dated, counts.titles);
    }

    fn counts(&self) -> ListingCounts {
        ListingCounts {
            rows: self.rows,
            dated: self.dated,
            titles: self.titles,
            ..ListingCounts::default()
        }
    }

    fn still_broken(
        &self,
        why: Breakage,
        detail: String,
        seen: &PollObservation,
        now: DateTime<Utc>,
    ) -> OngoingBreakage {
        let rows = match seen {
            PollObservation::Listing(counts) => counts.rows,
            _ => 0,
        };
        match &self.broken {
            Some(before) if before.why == why => {
                let polls = if before.rows == rows { before.polls.saturating_add(1) } else { 1 };
                OngoingBreakage { why, detail, since: before.since, polls, rows }
            }
            _ => OngoingBreakage { why, detail, since: now, polls: 1, rows },
        }
    }

    /// Why a listing is not good, measured by the last good one.
    pub fn verdict(&self, seen: &PollObservation) -> Option<(Breakage, String)> {
        let had = self.rows;
        let counts = match seen {
            // Validators are kept of good listings only, so "unchanged" means "as when it was good".
            PollObservation::Unchanged => return None,
            PollObservation::Failed { why, detail } => return Some((*why, detail.clone())),
            PollObservation::Listing(counts) => counts,
        };
        let ListingCounts { rows, dated, titles, .. } = *counts;
        if rows == 0 && !counts.container {
            let detail = format!(
                "nothing on the page matches the recipe; the last good listing had {had} rows"
            );
            return Some((Breakage::LayoutGone, detail));
        }
        if rows >= 3 && titles == 1 && self.titles > 1 {
            let detail = format!(
                "all {rows} rows have the same title; the last good listing had {} different ones",
                self.titles
            );
            return Some((Breakage::LayoutGone, detail));
        }
        if counts.only_recent {
            return None;
        }
        if rows == 0 {
            let detail = format!("the list has no row in it; the last good listing had {had} rows");
            return Some((Breakage::ListEmpty, detail));
        }
        if had >= 8 && rows * 4 <= had {
            let detail = format!("{rows} rows where there were {had}");
            return Some((Breakage::RowsCollapsed, detail));
        }
        if rows >= 3 && dated == 0 && self.dated * 2 >= had && had >= 3 {
            let detail = format!("none of {rows} rows has a date; {} of {had} had one", self.dated);
            return Some((Breakage::DatesGone, detail));
        }
        None
    }
}

impl OngoingBreakage {
    /// Fewer rows than before, for days or many polls the same: the portal has got a shorter list.
    fn lasting(&self, now: DateTime<Utc>) -> Option<String> {
        let lasts = self.polls >= 10 || self.polls > 1 && now - self.since >= TimeDelta::days(3);
        (self.why == Breakage::RowsCollapsed && lasts).then(|| {
            format!(
                "the list has {} rows for good now: {} no longer counts as a fault",
                self.rows, self.detail
            )
        })
    }
}

fn first_few(problems: &[Problem]) -> Vec<ProblemGroup> {
    let mut groups = grouped(problems);
    if groups.len() > PROBLEMS_KEPT {
        let further = groups.split_off(PROBLEMS_KEPT - 1);
        let more: usize = further.iter().map(|group| group.count).sum();
        let what = format!("{more} more problems of this poll");
        groups.extend(grouped(&[Problem::new("further", what)]));
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(60 * i64::from(minute), 0).expect("in range")
    }

    fn listing(rows: u32, dated: u32) -> PollObservation {
        PollObservation::Listing(ListingCounts {
            container: true,
            rows,
            dated,
            titles: rows,
            ..ListingCounts::default()
        })
    }

    /// Feeds one poll a minute to a new source and tells how each left it.
    fn check(polls: &[PollObservation], expected: &[&str]) {
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
        let gone = PollObservation::Listing(ListingCounts::default());
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
        let failed =
            PollObservation::Failed { why: Breakage::FetchFailed, detail: "timeout".into() };
        check(
            &[listing(9, 9), failed, PollObservation::Unchanged],
            &["good", "fetch failed since 1", "good"],
        );
    }

    #[test]
    fn the_last_good_counts_survive_a_failure_so_that_the_next_poll_is_compared_with_them() {
        check(
            &[listing(20, 20), listing(0, 0), listing(3, 3)],
            &["good", "list empty since 1", "rows collapsed since 2"],
        );
    }

    #[test]
    fn p6_rows_that_are_all_called_the_same_are_no_rows() {
        let alike = PollObservation::Listing(ListingCounts {
            container: true,
            rows: 20,
            dated: 20,
            titles: 1,
            ..ListingCounts::default()
        });
        check(&[listing(20, 20), alike.clone()], &["good", "layout gone since 1"]);
        // A list of "Lịch công tác tuần" that was so from the beginning is what it is.
        check(&[alike.clone(), alike], &["good", "good"]);
    }

    #[test]
    fn rows_that_collapsed_the_same_for_ten_polls_are_the_new_normal() {
        let mut polls = vec![listing(20, 20)];
        polls.extend(vec![listing(4, 4); 10]);
        polls.push(listing(4, 4));
        let mut expected = vec!["good"];
        expected.extend(vec!["rows collapsed since 1"; 9]);
        expected.extend(["good", "good"]);
        check(&polls, &expected);
        // Another number each time is no new normal.
        let restless: Vec<PollObservation> = std::iter::once(listing(40, 40))
            .chain((0..12).map(|n| listing(2 + n % 3, 2)))
            .collect();
        check(&restless[12..], &["good"]);
        let told: Vec<&str> = std::iter::once("good")
            .chain(std::iter::repeat_n("rows collapsed since 1", 12))
            .collect();
        check(&restless, &told);
    }

    #[test]
    fn rows_that_collapsed_for_three_days_are_the_new_normal_unless_the_list_stands_elsewhere() {
        let after_days = |elsewhere: bool| {
            let few = ListingCounts {
                container: true,
                rows: 3,
                dated: 3,
                titles: 3,
                elsewhere,
                ..ListingCounts::default()
            };
            let health = Health::default().after(&listing(20, 20), vec![], at(0));
            let health = health.after(&PollObservation::Listing(few), vec![], at(1));
            health.after(&PollObservation::Listing(few), vec![], at(1 + 3 * 24 * 60))
        };
        assert_eq!(after_days(false).broken, None);
        assert!(after_days(false).problems[0].text.contains("for good"));
        assert_eq!(after_days(true).broken.map(|b| b.why), Some(Breakage::RowsCollapsed));
    }

    #[test]
    fn a_sitemap_of_news_may_be_short_or_empty_on_a_quiet_day() {
        let recent = |rows| {
            PollObservation::Listing(ListingCounts {
                container: true,
                rows,
                dated: rows,
                titles: rows,
                only_recent: true,
                ..ListingCounts::default()
            })
        };
        check(&[recent(40), recent(2), recent(0)], &["good", "good", "good"]);
    }
}
