//! The tidy job: ends pauses, forgets subscriptions that were not confirmed, and removes old
//! entries of the audit log and mails that are done with. It also makes items of earlier versions
//! searchable.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;

use bantin_model::limits::{PRUNED_AT_ONCE, PRUNINGS, UNCONFIRMED_AGE};
use bantin_store::Store;

/// Days for which data is kept after its last use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionDays {
    pub audit: u32,
    /// Mails that are done with, and their digests. 0: for ever.
    pub mails: u32,
}

/// One round.
pub async fn tidy(store: &Store, keep: RetentionDays, now: DateTime<Utc>) -> Result<()> {
    let ended = store.end_pauses(now).await.context("ending pauses")?;
    if ended > 0 {
        info!(pauses = ended, "{ended} pauses have ended");
    }
    let unconfirmed = TimeDelta::from_std(UNCONFIRMED_AGE).expect("days fit");
    let forgotten = store.forget_unconfirmed(now - unconfirmed, now).await;
    let forgotten = forgotten.context("removing requests that were not confirmed")?;
    if forgotten > 0 {
        info!(requests = forgotten, "{forgotten} unconfirmed requests removed");
    }
    store.forget_ended_leases(now).await.context("forgetting ended WebSub leases")?;
    store.forget_sessions(now).await.context("forgetting logins that are over")?;
    let kept = TimeDelta::days(keep.audit.into());
    store.prune_audit(now - kept).await.context("pruning the audit log")?;
    if keep.mails > 0 {
        prune_mails(store, now - TimeDelta::days(keep.mails.into())).await?;
    }
    fill_search(store).await.context("indexing items for search")
}

/// Takes out mails from before that time and the digests that nothing is left of. In small steps: polls and mails write in
/// between; and what a store of many years has too many of comes in the next rounds.
async fn prune_mails(store: &Store, before: DateTime<Utc>) -> Result<()> {
    let (mut mails, mut digests) = (0, 0);
    let mut from = DateTime::UNIX_EPOCH;
    for _ in 0..PRUNINGS {
        let pruned = store.prune_deliveries(from, before, PRUNED_AT_ONCE).await;
        let pruned = pruned.context("pruning mails that are done with")?;
        let Some((pruned, reached)) = pruned else { break };
        (mails, from) = (mails + pruned, reached);
    }
    for _ in 0..PRUNINGS {
        let pruned = store.prune_digests(before, PRUNED_AT_ONCE).await;
        let pruned = pruned.context("pruning digests that are done with")?;
        digests += pruned;
        if pruned == 0 {
            break;
        }
    }
    if mails + digests > 0 {
        info!(mails, digests, "{mails} old mails and {digests} old digests removed");
    }
    Ok(())
}

/// A store of an earlier version has items that search does not know of yet. In small steps: polls write in between.
async fn fill_search(store: &Store) -> Result<()> {
    const AT_ONCE: u32 = 50;
    let mut filled = 0;
    loop {
        let step = store.fill_search(AT_ONCE).await?;
        filled += step;
        if step == 0 {
            break;
        }
    }
    if filled > 0 {
        info!(items = filled, "{filled} older items added to the search index");
    }
    Ok(())
}
