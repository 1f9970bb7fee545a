//! Articles that the agency took back: their own pages answer 410 (gone for good). A portal says so by mistake as well, so
//! it must have said so at two looks a day apart, while its listing is good and does not show the row; and not of many
//! items at once.

use std::collections::HashSet;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::rows::shown_keys;
use super::{PollRun, count, is_front};
use crate::fetch::{FetchRequest, Fetched, Purpose};
use bantin_model::limits;
use bantin_model::notice::NoticeSource;
use bantin_model::{ItemId, ItemKey, Notice};
use bantin_store::{ArticleDue, ArticleSchedule, GoneItem, GoneState};

/// What the source's listing shows, as far as it was asked for in this poll.
#[derive(Debug, Default)]
pub(super) enum ListedItems {
    /// It is what it was, or was not read yet.
    #[default]
    Unread,
    Rows(Vec<ItemKey>),
    Items(HashSet<ItemId>),
    /// Not known in this poll.
    Unknown,
}

/// What is to be done about items whose pages are gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct GoneDecision {
    withdraw: Vec<ItemId>,
    too_many: Vec<ItemId>,
    /// How many are gone, where the admin is to be notified.
    tell: Option<usize>,
}

impl PollRun<'_> {
    /// Takes in that the page of an article read before is gone. When it is looked at again: a day later, that being what
    /// decides, and for so many times.
    pub(super) async fn note_gone(&mut self, due: &ArticleDue) -> Result<ArticleSchedule> {
        let id = due.item.id;
        if self.shown().await?.is_some_and(|shown| !shown.contains(&id)) {
            self.gone.push((id, due.item.title.clone()));
        }
        let tries = due.tries.saturating_add(1);
        let next_at = self.poller.clock.now() + apart();
        Ok(ArticleSchedule { next_at: (tries < limits::GONE_LOOKS).then_some(next_at), tries })
    }

    /// The known items that the listing shows, if it is good. A listing that was unchanged is asked for once more, whole.
    async fn shown(&mut self) -> Result<Option<&HashSet<ItemId>>> {
        let keys = match std::mem::take(&mut self.shown) {
            _ if !self.good => None,
            ListedItems::Unread => self.rows_once_more().await?,
            ListedItems::Rows(keys) => Some(keys),
            known @ (ListedItems::Items(_) | ListedItems::Unknown) => {
                self.shown = known;
                return Ok(self.items_shown());
            }
        };
        self.shown = match keys {
            Some(keys) => {
                let known = self.poller.store.known_items(&self.state.source.id, &keys).await?;
                ListedItems::Items(known.into_values().map(|item| item.id).collect())
            }
            None => ListedItems::Unknown,
        };
        Ok(self.items_shown())
    }

    fn items_shown(&self) -> Option<&HashSet<ItemId>> {
        match &self.shown {
            ListedItems::Items(items) => Some(items),
            _ => None,
        }
    }

    async fn rows_once_more(&self) -> Result<Option<Vec<ItemKey>>> {
        let (poller, source) = (self.poller, &self.state.source);
        let (url, purpose) = match &self.state.manners.address {
            Some(address) => (address, Purpose::Moved),
            None => (&source.url, Purpose::Listing),
        };
        poller.store.keep_lease(&source.id, poller.clock.now() + limits::POLL_LEASE).await?;
        let ask = FetchRequest { url, source, purpose, validators: None };
        // Whatever goes wrong: the next look at the article asks again.
        let Ok(Fetched::Page(page)) = poller.fetcher.get(ask).await else { return Ok(None) };
        if is_front(&page.url) && !is_front(&source.url) {
            return Ok(None);
        }
        let Ok(read) = poller.read_listing(self.state, &page.into()).await else { return Ok(None) };
        let good = self.state.health.verdict(&read.seen()).is_none();
        Ok(good.then(|| shown_keys(&read.listing.rows)))
    }

    /// Decides about what is gone by now.
    pub(super) async fn settle_gone(&mut self) -> Result<()> {
        let gone = std::mem::take(&mut self.gone);
        if gone.is_empty() {
            return Ok(());
        }
        let (source, now) = (&self.state.source, self.poller.clock.now());
        let ids: Vec<ItemId> = gone.iter().map(|(id, _)| *id).collect();
        let since = now - window();
        let known = self.poller.store.recently_gone(&source.id, &ids, since).await?;
        let verdict = judge(&known, &ids, now);
        let zone = source.zone;
        let local =
            |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
        let reason = |id: &ItemId| {
            let first = known.iter().find(|item| item.id == *id).map_or(now, |item| item.first_at);
            format!(
                "its page answered 410 (gone for good) on {} and on {}, and the listing does not show it",
                local(first),
                local(now)
            )
        };
        let about = NoticeSource::from(source);
        if let Some(items) = verdict.tell {
            warn!(
                source.id = %source.id, items,
                "{items} pages of {} say at once that they are gone (410): nothing is withdrawn", source.id
            );
            self.notices.push(Notice::TooManyGone { about: about.clone(), items: count(items) });
        }
        if !verdict.withdraw.is_empty() {
            let titles = gone.iter().filter(|(id, _)| verdict.withdraw.contains(id));
            let items: Vec<(ItemId, String)> = titles.cloned().collect();
            for (id, _) in &items {
                info!(source.id = %source.id, item.id = %id, "Withdrawn {id} of {}: its page is gone (410)", source.id);
            }
            self.notices.push(Notice::ItemsWithdrawn { about, items });
        }
        let looks = &mut self.mending.gone;
        looks.withdraw = verdict.withdraw.iter().map(|id| (*id, reason(id))).collect();
        looks.too_many = verdict.too_many;
        looks.gone = ids;
        Ok(())
    }
}

/// What becomes of items whose pages are gone `now`, by what is `known` of them and of the source's others.
fn judge(known: &[GoneItem], gone: &[ItemId], now: DateTime<Utc>) -> GoneDecision {
    let state = |id: &ItemId| known.iter().find(|item| item.id == *id);
    let counted = known.iter().filter(|item| item.state != GoneState::Restored);
    let lately = counted.filter(|item| item.last_at >= now - window());
    let mut together: Vec<ItemId> = lately.map(|item| item.id).collect();
    let restored = |id: &ItemId| state(id).is_some_and(|item| item.state == GoneState::Restored);
    let others = gone.iter().filter(|id| !together.contains(id) && !restored(id));
    together.extend(others.copied().collect::<Vec<_>>());
    let ripe = |id: &&ItemId| {
        state(id)
            .is_some_and(|item| item.state == GoneState::Seen && now - item.first_at >= apart())
    };
    let withdraw: Vec<ItemId> = gone.iter().filter(ripe).copied().collect();
    if withdraw.is_empty() || together.len() <= limits::GONE_AT_ONCE {
        return GoneDecision { withdraw, ..GoneDecision::default() };
    }
    let told =
        known.iter().any(|item| item.state == GoneState::TooMany && item.last_at >= now - window());
    let tell = (!told).then_some(together.len());
    let done = |id: &ItemId| state(id).is_some_and(|item| item.state != GoneState::Seen);
    let too_many = together.into_iter().filter(|id| !done(id)).collect();
    GoneDecision { withdraw: Vec::new(), too_many, tell }
}

/// Between the two looks that decide.
fn apart() -> TimeDelta {
    TimeDelta::from_std(limits::GONE_APART).expect("a day fits")
}

fn window() -> TimeDelta {
    TimeDelta::from_std(limits::GONE_WINDOW).expect("days fit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bantin_model::SourceId;

    fn hour(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(n)
    }

    fn id(n: u32) -> ItemId {
        let so = SourceId::parse("so").expect("a name");
        ItemId::of(&so, &ItemKey::stored(format!("https://a.vn/{n}")))
    }

    /// Checks items known as (number, hours of the first and the last 410, state), with those whose
    /// pages are gone in hour 100: what is withdrawn, what is too many, and the number in the
    /// admin's notice.
    fn check(
        known: &[(u32, i64, i64, GoneState)],
        gone: &[u32],
        (withdrawn, too_many, tell): (&[u32], &[u32], Option<usize>),
    ) {
        let known: Vec<GoneItem> = known
            .iter()
            .map(|(n, first, last, state)| GoneItem {
                id: id(*n),
                source: SourceId::parse("so").expect("a name"),
                title: String::new(),
                url: String::new(),
                first_at: hour(*first),
                last_at: hour(*last),
                state: *state,
            })
            .collect();
        let ids = |numbers: &[u32]| numbers.iter().map(|n| id(*n)).collect::<Vec<_>>();
        let verdict = judge(&known, &ids(gone), hour(100));
        let expected = GoneDecision { withdraw: ids(withdrawn), too_many: ids(too_many), tell };
        assert_eq!(verdict, expected, "{known:?} and {gone:?}");
    }

    #[test]
    fn two_looks_a_day_apart_withdraw_and_one_does_not() {
        use GoneState::*;
        check(&[], &[1], (&[], &[], None));
        check(&[(1, 77, 77, Seen)], &[1], (&[], &[], None));
        check(&[(1, 76, 76, Seen)], &[1], (&[1], &[], None));
        check(&[(1, 76, 76, Seen), (2, 76, 76, Seen)], &[1], (&[1], &[], None));
        for state in [TooMany, Withdrawn, Restored] {
            check(&[(1, 10, 76, state)], &[1], (&[], &[], None));
        }
    }

    #[test]
    fn many_at_once_are_the_portal_s_mistake_and_told_once() {
        use GoneState::*;
        let seen = |n| (n, 76, 76, Seen);
        let five: Vec<_> = (1..=5).map(seen).collect();
        check(&five, &[1, 2, 3, 4, 5], (&[1, 2, 3, 4, 5], &[], None));
        let six: Vec<_> = (1..=6).map(seen).collect();
        check(&six, &[1], (&[], &[1, 2, 3, 4, 5, 6], Some(6)));
        // One that is gone for the first time counts too, and so does what was withdrawn yesterday.
        check(&five, &[1, 7], (&[], &[1, 2, 3, 4, 5, 7], Some(6)));
        let mut mixed = vec![seen(1)];
        mixed.extend((2..=6).map(|n| (n, 50, 80, Withdrawn)));
        check(&mixed, &[1], (&[], &[1], Some(6)));
        // A notice is not repeated.
        let mut told: Vec<_> = (2..=6).map(|n| (n, 50, 80, TooMany)).collect();
        told.push(seen(1));
        check(&told, &[1], (&[], &[1], None));
        // What was long ago, and what the admin put back, are not counted.
        let mut old = vec![seen(1)];
        old.extend((2..=9).map(|n| (n, 10, 20, TooMany)));
        old.extend((10..=19).map(|n| (n, 90, 90, Restored)));
        check(&old, &[1, 10, 11], (&[1], &[], None));
    }
}
