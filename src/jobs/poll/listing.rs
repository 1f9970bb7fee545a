//! A source's page to a listing: by the recipe of the config, by the one that was found, by detection where there is none
//! yet; and after a redesign by the items that we know.

use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use super::rows::titles;
use super::{Poller, count};
use crate::fetch::FetchedPage;
use bantin_extract::{self, KnownRow, Listing, Reading, StandIn};
use bantin_model::health::{Breakage, ListingCounts, PollObservation};
use bantin_model::limits;
use bantin_model::{FoundRecipe, Health, OnRedesign, Recipe, SourceKind};
use bantin_store::{Change, ListedItem, SourceState};

/// What a page gave.
pub(super) struct ListingReading {
    pub kind: SourceKind,
    pub listing: Listing,
    /// The recipe that detection found on this page.
    pub found: Option<FoundRecipe>,
    /// Why there is no listing at all.
    pub failed: Option<(Breakage, String)>,
}

impl ListingReading {
    pub fn seen(&self) -> PollObservation {
        if let Some((why, detail)) = &self.failed {
            return PollObservation::Failed { why: *why, detail: detail.clone() };
        }
        PollObservation::Listing(counts(&self.listing, self.kind))
    }
}

pub(super) fn counts(listing: &Listing, kind: SourceKind) -> ListingCounts {
    let rows = &listing.rows;
    ListingCounts {
        container: listing.container,
        rows: count(rows.len()),
        dated: count(rows.iter().filter(|row| row.published.is_known()).count()),
        titles: count(titles(rows)),
        elsewhere: false,
        only_recent: kind == SourceKind::Sitemap,
    }
}

/// What became of a listing that its recipe no longer reads.
pub(super) enum ListingRepair {
    /// It is read again; what to do with the recipe that was found before.
    Read {
        listing: Listing,
        found: Change<FoundRecipe>,
        evidence: String,
    },
    /// The list was found, and the admin must say so.
    Proposed(FoundRecipe),
    Nothing,
}

impl Poller {
    pub(super) async fn read_listing(
        &self,
        state: &SourceState,
        page: &Arc<FetchedPage>,
    ) -> Result<ListingReading> {
        let job = ListingTask::of(state, page, self.clock.now());
        self.parse(move || job.read()).await
    }

    /// Looks for the list of a page that changed so much that its recipe does not read it any more.
    pub(super) async fn mend(
        &self,
        state: &SourceState,
        page: &Arc<FetchedPage>,
        why: Breakage,
        rows: usize,
    ) -> Result<ListingRepair> {
        if !worth_trying(state, why) {
            return Ok(ListingRepair::Nothing);
        }
        let marks = self.store.listed_items(&state.source.id, limits::KNOWN_ROWS).await?;
        let job = ListingTask::of(state, page, self.clock.now());
        let health = state.health.clone();
        let mend = self.parse(move || job.mend(&health, &marks, why, rows)).await?;
        Ok(match mend {
            ListingRepair::Proposed(found) if state.refused.as_ref() == Some(&found.recipe) => {
                ListingRepair::Nothing
            }
            mend => mend,
        })
    }
}

/// A page that stays broken is looked at again and again, at growing distances: repairing reads it many times over.
fn worth_trying(state: &SourceState, why: Breakage) -> bool {
    let before = state.health.broken.as_ref().filter(|broken| broken.why == why);
    let tried = before.map_or(0, |broken| broken.polls);
    state.proposal.is_none()
        && (tried < 3 || (tried + 1).is_power_of_two() || (tried + 1).is_multiple_of(100))
}

/// What reading needs, for a thread of its own.
struct ListingTask {
    page: Arc<FetchedPage>,
    recipe: Recipe,
    found: Option<FoundRecipe>,
    source: Url,
    zone: Tz,
    now: DateTime<Utc>,
}

impl ListingTask {
    fn of(state: &SourceState, page: &Arc<FetchedPage>, now: DateTime<Utc>) -> Self {
        ListingTask {
            page: page.clone(),
            recipe: state.source.recipe.clone(),
            found: state.found.clone(),
            source: state.source.url.clone(),
            zone: state.source.zone,
            now,
        }
    }

    fn reading(&self) -> Reading<'_> {
        Reading { url: &self.page.url, zone: self.zone, now: self.now }
    }

    fn html(&self) -> String {
        bantin_extract::decode(&self.page.body, self.page.content_type.as_deref())
    }

    fn read(&self) -> ListingReading {
        let (body, content_type) = (&self.page.body, self.page.content_type.as_deref());
        let kind = match self.recipe.kind {
            SourceKind::Auto => bantin_extract::kind(body, content_type),
            kind => kind,
        };
        if matches!(kind, SourceKind::Auto | SourceKind::Page) {
            return self.read_page();
        }
        let listing =
            bantin_extract::foreign(kind, body, content_type, &self.recipe.listing, self.reading());
        let failed = (listing.rows.is_empty() && !listing.container).then(|| {
            let why = listing.problems.first().map_or("it has no entries", |problem| &problem.what);
            (Breakage::LayoutGone, format!("what came cannot be read as {}: {why}", called(kind)))
        });
        ListingReading { kind, listing, found: None, failed }
    }

    fn read_page(&self) -> ListingReading {
        let html = self.html();
        let recipe = self.found.as_ref().map_or(&self.recipe.listing, |found| &found.recipe);
        let mut read = ListingReading {
            kind: SourceKind::Page,
            listing: Listing::default(),
            found: None,
            failed: None,
        };
        if recipe.item.is_some() {
            read.listing = bantin_extract::listing(&html, recipe, self.reading());
        } else {
            match self.detect(&html) {
                Ok((found, listing)) => (read.found, read.listing) = (Some(found), listing),
                Err(why) => read.failed = Some((Breakage::NotAListing, why)),
            }
        }
        if read.listing.rows.is_empty()
            && let Some(stand_in) = bantin_extract::stand_in(&html, &self.page.url)
        {
            read.failed = Some(in_the_place(stand_in));
        }
        read
    }

    /// Detects the listing of a page that has no recipe.
    fn detect(&self, html: &str) -> Result<(FoundRecipe, Listing), String> {
        let detection = bantin_extract::detect(html, &self.recipe.listing, self.reading());
        let listing = detection
            .recipe
            .as_ref()
            .map(|recipe| bantin_extract::listing(html, recipe, self.reading()));
        if let (Some(recipe), Some(listing)) = (detection.recipe, listing)
            && !listing.rows.is_empty()
        {
            let evidence = detection.candidates.into_iter().next().map(|found| found.evidence);
            let evidence = evidence.unwrap_or_default();
            return Ok((FoundRecipe { recipe, at: self.now, evidence }, listing));
        }
        let reasons: Vec<String> =
            detection.problems.iter().map(|problem| problem.what.clone()).collect();
        let reason = if reasons.is_empty() {
            "nothing on it looks like one".to_owned()
        } else {
            reasons.join("; ")
        };
        Err(format!(
            "no list of news was found on the page: {reason}. Write source.listing.item, or see `bantin detect {}`",
            self.source
        ))
    }

    fn mend(
        &self,
        health: &Health,
        marks: &[ListedItem],
        why: Breakage,
        rows: usize,
    ) -> ListingRepair {
        let html = self.html();
        // The portal may have gone back to what the admin wrote the recipe for.
        if self.found.is_some() && self.recipe.listing.item.is_some() {
            let listing = bantin_extract::listing(&html, &self.recipe.listing, self.reading());
            if health
                .verdict(&PollObservation::Listing(counts(&listing, SourceKind::Page)))
                .is_none()
            {
                let evidence = "the recipe of the config reads the page again".to_owned();
                return ListingRepair::Read { listing, found: Change::Clear, evidence };
            }
        }
        let Some(found) = self.find_again(&html, marks) else { return ListingRepair::Nothing };
        let listing = bantin_extract::listing(&html, &found.recipe, self.reading());
        let seen = counts(&listing, SourceKind::Page);
        let better = match why {
            Breakage::RowsCollapsed => listing.rows.len() > 2 * rows,
            Breakage::DatesGone => 2 * seen.dated >= seen.rows,
            _ => true,
        };
        let left = health.verdict(&PollObservation::Listing(seen));
        let good = left.is_none_or(|(left, _)| left.gives_rows() && !why.gives_rows());
        if !better || !good || listing.rows.is_empty() {
            return ListingRepair::Nothing;
        }
        match self.recipe.repair {
            OnRedesign::Propose => ListingRepair::Proposed(found),
            OnRedesign::Use => {
                let evidence = found.evidence.first().cloned().unwrap_or_default();
                ListingRepair::Read { listing, found: Change::Set(found), evidence }
            }
        }
    }

    fn find_again(&self, html: &str, marks: &[ListedItem]) -> Option<FoundRecipe> {
        let known: Vec<KnownRow> = marks
            .iter()
            .filter_map(|mark| {
                Some(KnownRow { url: Url::parse(&mark.url).ok()?, title: mark.title.clone() })
            })
            .collect();
        let broken = self.found.as_ref().map_or(&self.recipe.listing, |found| &found.recipe);
        if let Some(repair) = bantin_extract::repair(html, broken, &known, self.reading()) {
            let (recipe, evidence) = (repair.recipe, repair.evidence);
            return Some(FoundRecipe { recipe, at: self.now, evidence });
        }
        // With next to nothing known there is nothing to find it by, and nothing to double.
        if known.len() >= 3 || self.recipe.listing.item.is_some() {
            return None;
        }
        let (found, _) = self.detect(html).ok()?;
        (found.recipe != *broken).then_some(found)
    }
}

fn called(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Auto | SourceKind::Page => "a page",
        SourceKind::Feed => "a feed",
        SourceKind::Sitemap => "a sitemap",
        SourceKind::Json => "JSON",
    }
}

fn in_the_place(stand_in: StandIn) -> (Breakage, String) {
    let (why, detail) = match stand_in {
        StandIn::Login => (
            Breakage::Blocked,
            "a login form came in the place of the list: is the page still open to everybody?",
        ),
        StandIn::Script => (
            Breakage::Blocked,
            "a page came that wants a script to be run, which bantin does not do: ask the portal for a feed, or look for the \
             address that its script fetches the list from (kind = \"json\")",
        ),
        StandIn::Cookies => (
            Breakage::Blocked,
            "a page came that wants cookies to be accepted: is there an address of the list that works without them?",
        ),
        StandIn::Maintenance => {
            (Breakage::FetchFailed, "the portal says that it is being worked on")
        }
    };
    (why, detail.to_owned())
}
