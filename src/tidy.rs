//! The tidy job: what is over is put away. Pauses end, what nobody confirmed is forgotten, and the audit log keeps to its
//! time. What an earlier version kept is made searchable.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;

use crate::limits::UNCONFIRMED_AGE;
use crate::store::Store;

/// One round. `keep_audit_days` is how far the audit log goes back.
pub async fn tidy(store: &Store, keep_audit_days: u32, now: DateTime<Utc>) -> Result<()> {
    let ended = store.end_pauses(now).await.context("ending pauses")?;
    if ended > 0 {
        info!(pauses = ended, "{ended} pauses have ended");
    }
    let unconfirmed = TimeDelta::from_std(UNCONFIRMED_AGE).expect("days fit");
    let forgotten = store.forget_unconfirmed(now - unconfirmed, now).await;
    let forgotten = forgotten.context("forgetting what nobody confirmed")?;
    if forgotten > 0 {
        info!(requests = forgotten, "{forgotten} requests that nobody confirmed are forgotten");
    }
    store.forget_ended_leases(now).await.context("forgetting ended WebSub leases")?;
    store.forget_sessions(now).await.context("forgetting logins that are over")?;
    let kept = TimeDelta::days(keep_audit_days.into());
    store.prune_audit(now - kept).await.context("pruning the audit log")?;
    fill_search(store).await.context("indexing items for search")
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
        info!(items = filled, "{filled} items of before can be searched for now");
    }
    Ok(())
}
