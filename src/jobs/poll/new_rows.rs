//! What a page's rows mean: new items, edits of known ones, known ones under another address; and what is done when the
//! page was redesigned.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Result;

use super::gone_items::ListedItems;
use super::listing::{ListingReading, ListingRepair, counts};
use super::moved_rows::{self, MovedRow};
use super::reread::PageBefore;
use super::row_names::shared_addresses;
use super::rows::{fingerprint, newest_first, rows_hash, shown_keys, whole_text};
use super::{PollRun, count};
use crate::fetch::FetchedPage;
use bantin_extract::{READER_VERSION, text};
use bantin_model::health::{Breakage, PollObservation};
use bantin_model::limits;
use bantin_model::{ItemId, ItemKey, Problem, RepairRecord, Row, SourceKind, Standing};
use bantin_store::{
    ArticleRead, ArticleSchedule, Change, DifferenceCause, KeptPage, KeptPageKind, ListedItem,
    NewItem, RelocatedItem, RevisitedItem,
};

/// Rows that must be known by title before the portal counts as having changed its addresses.
const MOVED: usize = 3;

/// A row that the store does not know, with its key and its fingerprint.
type UnseenRow = (Row, ItemKey, String);

impl PollRun<'_> {
    /// Reads the listing of a page and what is new in it.
    pub(super) async fn take_page(&mut self, page: FetchedPage) -> Result<PollObservation> {
        let page = Arc::new(page);
        let mut read = match self.poller.read_listing(self.state, &page).await {
            Ok(read) => read,
            Err(error) => {
                let detail = format!("{error:#}");
                return Ok(PollObservation::Failed { why: Breakage::LayoutGone, detail });
            }
        };
        self.settle_ids(&mut read.listing.rows, read.kind).await?;
        self.shared = shared_addresses(&read.listing.rows);
        self.validators = Some(page.validators.clone());
        self.mending.reader = Some(READER_VERSION);
        self.manners.wishes = read.listing.wishes.clone();
        self.shown = ListedItems::Rows(shown_keys(&read.listing.rows));
        if self.is_unchanged(&read.listing.rows) {
            self.problems = read.listing.problems;
            return Ok(PollObservation::Unchanged);
        }
        let mut seen = read.seen();
        let mut rows =
            ChangedRows { rows: read.listing.rows.clone(), mended: false, undated: false };
        let mut problems = read.listing.problems.clone();
        if self.are_strangers(&seen, &rows.rows).await? {
            let detail = format!(
                "none of {} rows has a date, and none is an item that we know",
                rows.rows.len()
            );
            seen = PollObservation::Failed { why: Breakage::LayoutGone, detail };
        }
        match self.state.health.verdict(&seen) {
            None => self.note_good(&page, &read).await?,
            Some((why, detail)) => {
                self.keep_first_bad(&page, why).await?;
                if why.is_redesign()
                    && read.kind == SourceKind::Page
                    && self.state.health.last_good.is_some()
                {
                    match self.mend(&page, &read, why, &detail).await? {
                        ListingRepair::Read { listing, .. } => {
                            seen = PollObservation::Listing(counts(&listing, SourceKind::Page));
                            problems.splice(.., listing.problems);
                            self.shown = ListedItems::Rows(shown_keys(&listing.rows));
                            rows = ChangedRows { rows: listing.rows, mended: true, undated: false };
                            self.is_unchanged(&rows.rows);
                        }
                        ListingRepair::Proposed(_) | ListingRepair::Nothing => {
                            let proposed = self.state.proposal.is_some()
                                || matches!(self.mending.proposal, Change::Set(_));
                            if let PollObservation::Listing(counts) = &mut seen {
                                counts.elsewhere = proposed;
                            }
                        }
                    }
                }
            }
        }
        problems.append(&mut self.problems);
        self.problems = problems;
        let left = self.state.health.verdict(&seen);
        if left.as_ref().is_none_or(|(why, _)| why.gives_rows()) {
            rows.undated = left.is_some_and(|(why, _)| why == Breakage::DatesGone);
            let before = self.page_before(&page).await?;
            self.take_rows(rows, before.as_ref()).await?;
            self.read_new_articles().await?;
        }
        Ok(seen)
    }

    /// Whether these are the rows of the last good listing.
    fn is_unchanged(&mut self, rows: &[Row]) -> bool {
        let keys: Vec<ItemKey> = rows.iter().map(Row::key).collect();
        let hash = rows_hash(&keys, rows);
        let same = !rows.is_empty() && self.state.rows_hash.as_ref() == Some(&hash);
        self.rows_hash = Some(hash);
        same
    }

    /// Whether a recipe has come to read something else: a menu has rows too, and few know them for what they are.
    async fn are_strangers(&self, seen: &PollObservation, rows: &[Row]) -> Result<bool> {
        let Some((why, _)) = self.state.health.verdict(seen) else { return Ok(false) };
        if !why.gives_rows() || rows.iter().any(|row| row.published.is_known()) {
            return Ok(false);
        }
        let marks =
            self.poller.store.listed_items(&self.state.source.id, limits::KNOWN_ROWS).await?;
        let keys: HashSet<&ItemKey> = marks.iter().map(|mark| &mark.key).collect();
        let titles: HashSet<String> = marks.iter().map(|mark| text::fold(&mark.title)).collect();
        Ok(!rows
            .iter()
            .any(|row| keys.contains(&row.key()) || titles.contains(&text::fold(&row.title))))
    }

    /// Keeps what a later repair is made from, and the recipe that detection found.
    async fn note_good(&mut self, page: &Arc<FetchedPage>, read: &ListingReading) -> Result<()> {
        if let Some(found) = &read.found {
            self.mending.found = Change::Set(found.clone());
        }
        if self.state.proposal.is_some() {
            self.mending.proposal = Change::Clear;
        }
        if read.kind == SourceKind::Page {
            self.keep_page(KeptPageKind::Good, page).await?;
        }
        Ok(())
    }

    async fn keep_first_bad(&mut self, page: &Arc<FetchedPage>, why: Breakage) -> Result<()> {
        let of_the_page = |why: Breakage| why.is_redesign() || why == Breakage::NotAListing;
        let before = self.state.health.broken.as_ref().map(|broken| broken.why);
        if of_the_page(why) && !before.is_some_and(of_the_page) {
            self.keep_page(KeptPageKind::Bad, page).await?;
        }
        Ok(())
    }

    async fn keep_page(&mut self, which: KeptPageKind, page: &Arc<FetchedPage>) -> Result<()> {
        let (page, now) = (page.clone(), self.poller.clock.now());
        let packed = self.poller.parse(move || {
            let (url, kind) = (page.url.to_string(), page.content_type.clone());
            KeptPage::pack(which, now, url, kind, &page.body)
        });
        self.mending.pages.extend(packed.await?);
        Ok(())
    }

    /// Looks for the list elsewhere on the page, and writes down what was found.
    async fn mend(
        &mut self,
        page: &Arc<FetchedPage>,
        read: &ListingReading,
        why: Breakage,
        detail: &str,
    ) -> Result<ListingRepair> {
        if read.failed.is_some() {
            return Ok(ListingRepair::Nothing);
        }
        let mend = self.poller.mend(self.state, page, why, read.listing.rows.len()).await?;
        match &mend {
            ListingRepair::Read { found, evidence, .. } => {
                self.mending.found = found.clone();
                self.mending.proposal = Change::Clear;
                let what = format!("{why}: {detail}. The list was found again: {evidence}");
                self.problems.push(Problem::new("listing", format!("mended: {what}")));
                self.mended = Some(RepairRecord { at: self.poller.clock.now(), what });
            }
            ListingRepair::Proposed(found) => {
                let evidence = found.evidence.first().map_or("", String::as_str);
                let what = format!(
                    "the list stands elsewhere on the page now: {evidence}. `bantin status {}` shows the recipe that reads it",
                    self.state.source.id
                );
                self.problems.push(Problem::new("listing", what));
                self.mending.proposal = Change::Set(found.clone());
            }
            ListingRepair::Nothing => {}
        }
        Ok(mend)
    }

    /// Sorts rows into new, edited and known.
    async fn take_rows(&mut self, taken: ChangedRows, before: Option<&PageBefore>) -> Result<()> {
        let keys: Vec<ItemKey> = taken.rows.iter().map(Row::key).collect();
        let known = self.poller.store.known_items(&self.state.source.id, &keys).await?;
        let on_page: HashSet<ItemKey> = keys.iter().cloned().collect();
        let mut fresh: Vec<UnseenRow> = Vec::new();
        let mut met = HashSet::new();
        for (row, key) in taken.rows.into_iter().zip(keys) {
            if !met.insert(key.clone()) {
                continue;
            }
            let listed = fingerprint(&row);
            match known.get(&key) {
                Some(item) if item.listed == listed => {
                    if self.shares_its_page(&row) {
                        // It may have been alone at its address when it was new.
                        self.looked_at.push(RevisitedItem {
                            id: item.id,
                            row: None,
                            read: None,
                            article: Some(ArticleSchedule::default()),
                            difference: DifferenceCause::Edit,
                        });
                    }
                }
                // A row that has lost its date, or that the redesign wrote in another way, is no edit.
                Some(_) if taken.undated => {}
                Some(item) if taken.mended => {
                    self.mending.moved.push(RelocatedItem { id: item.id, to: None, listed });
                }
                Some(item) if before.is_some_and(|page| page.showed(&row.title, &item.title)) => {
                    self.take_reading(item.id, row, listed);
                }
                Some(item) => self.take_edit(item.id, row, listed),
                None => fresh.push((row, key, listed)),
            }
        }
        let fresh = self.without_moved(fresh, &on_page, taken.mended).await?;
        let fresh = self.without_overlooked(fresh, before);
        self.take_new(fresh);
        Ok(())
    }

    /// Whether the page at the row's address is that of other rows as well: its title and text are of no one of them.
    fn shares_its_page(&self, row: &Row) -> bool {
        !self.shared.is_empty() && self.shared.contains(&ItemKey::of(&row.url))
    }

    /// What the listing brought of a row's article, where that is all there is to read of it.
    fn read_with_row(&self, row: &Row) -> Option<ArticleRead> {
        let brought = whole_text(row).map(whole);
        brought.or_else(|| {
            let brought = row.brought.as_deref().cloned().unwrap_or_default();
            self.shares_its_page(row).then(|| whole(&brought))
        })
    }

    /// Takes over what a newer version reads in a row that the agency did not change.
    fn take_reading(&mut self, id: ItemId, row: Row, listed: String) {
        let read = self.read_with_row(&row);
        let article = read.is_some().then(ArticleSchedule::default);
        let (row, difference) = (Some((row, listed)), DifferenceCause::Reading);
        self.looked_at.push(RevisitedItem { id, row, read, article, difference });
    }

    /// Takes out the rows that were on the page before, where an earlier version did not read them.
    fn without_overlooked(
        &mut self,
        fresh: Vec<UnseenRow>,
        before: Option<&PageBefore>,
    ) -> Vec<UnseenRow> {
        let Some(before) = before.filter(|_| self.state.polled_before) else { return fresh };
        let (mut overlooked, new): (Vec<UnseenRow>, Vec<UnseenRow>) =
            fresh.into_iter().partition(|(row, ..)| before.overlooked(&row.title));
        if newest_first(&overlooked) {
            overlooked.reverse();
        }
        self.mending.overlooked =
            overlooked.into_iter().map(|fresh| self.new_item(fresh)).collect();
        new
    }

    fn take_edit(&mut self, id: ItemId, row: Row, listed: String) {
        let read = self.read_with_row(&row);
        if read.is_none() {
            self.edited.insert(id);
        }
        let article = read.is_some().then(ArticleSchedule::default);
        let (row, difference) = (Some((row, listed)), DifferenceCause::Edit);
        self.looked_at.push(RevisitedItem { id, row, read, article, difference });
    }

    fn take_new(&mut self, mut fresh: Vec<UnseenRow>) {
        if newest_first(&fresh) {
            fresh.reverse();
        }
        self.standing = self.standing_of(fresh.len());
        self.new = fresh.into_iter().map(|fresh| self.new_item(fresh)).collect();
    }

    fn new_item(&self, (row, key, listed): UnseenRow) -> NewItem {
        let read = self.read_with_row(&row);
        let article = match read {
            Some(_) => ArticleSchedule::default(),
            None => ArticleSchedule { next_at: Some(self.poller.clock.now()), tries: 0 },
        };
        NewItem { id: ItemId::of(&self.state.source.id, &key), key, row, listed, read, article }
    }

    /// Takes out the rows that are known items under another address, and holds those that may be.
    async fn without_moved(
        &mut self,
        fresh: Vec<UnseenRow>,
        on_page: &HashSet<ItemKey>,
        mended: bool,
    ) -> Result<Vec<UnseenRow>> {
        // After a new recipe every row may have changed; at other times only many changes at once
        // are believed.
        let anew = mended || self.state.rows_hash.is_none();
        if fresh.is_empty() || !anew && fresh.len() < MOVED {
            return Ok(fresh);
        }
        let marks =
            self.poller.store.listed_items(&self.state.source.id, limits::KNOWN_ROWS).await?;
        if marks.is_empty() {
            return Ok(fresh);
        }
        let verdicts = self.judge(&fresh, &marks, on_page);
        let moved = verdicts.iter().filter(|v| matches!(v, MovedRow::Is(_))).count();
        if !anew && (moved < MOVED || moved * 2 < fresh.len()) {
            return Ok(fresh);
        }
        let mut new = Vec::new();
        let mut held = Vec::new();
        for ((row, key, listed), verdict) in fresh.into_iter().zip(verdicts) {
            match verdict {
                MovedRow::Is(id) => {
                    let to = Some((key, row.url.to_string()));
                    self.mending.moved.push(RelocatedItem { id, to, listed });
                }
                MovedRow::MayBe if mended => held.push((row, key, listed)),
                MovedRow::New | MovedRow::MayBe => new.push((row, key, listed)),
            }
        }
        if moved > 0 {
            let what = format!("{moved} known items have new addresses; they stay what they were");
            self.problems.push(Problem::new("listing", what));
        }
        if !held.is_empty() {
            self.problems.push(Problem::new(
                "listing",
                format!(
                    "{} rows may be items that we know or new ones of the same name: they are held. If they are new, let them \
                     go with `bantin poll {} --release-held`",
                    held.len(),
                    self.state.source.id
                ),
            ));
            self.mending.held = held.into_iter().map(|fresh| self.new_item(fresh)).collect();
        }
        Ok(new)
    }

    fn judge(
        &self,
        fresh: &[UnseenRow],
        marks: &[ListedItem],
        on_page: &HashSet<ItemKey>,
    ) -> Vec<MovedRow> {
        let rows: Vec<&Row> = fresh.iter().map(|(row, ..)| row).collect();
        moved_rows::judge(&rows, marks, on_page, self.state.source.zone)
    }

    fn standing_of(&mut self, fresh: usize) -> Standing {
        let most = self.state.source.max_new;
        if !self.state.polled_before {
            Standing::Backlog
        } else if count(fresh) > most {
            self.problems.push(Problem::new(
                "listing",
                format!(
                    "{fresh} new items at once, more than max_new = {most}: they are held, neither served nor mailed. If they \
                     are real, let them go with `bantin poll {} --release-held`",
                    self.state.source.id
                ),
            ));
            Standing::Held
        } else {
            Standing::Open
        }
    }
}

/// Rows, and what has become of the page since the last ones.
struct ChangedRows {
    rows: Vec<Row>,
    /// They were found again after a redesign.
    mended: bool,
    /// They have lost their dates.
    undated: bool,
}

/// An article that a feed brought.
fn whole(article: &bantin_model::Article) -> ArticleRead {
    ArticleRead { article: article.clone(), reader: READER_VERSION, ..ArticleRead::default() }
}
