//! Marks an item as withdrawn, within the transaction of what withdraws it.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::sql::{Tx, args};
use bantin_model::*;

/// Takes an item out; `false` if there is none, or it was taken out before.
pub(super) async fn mark_withdrawn(
    tx: &mut Tx,
    id: ItemId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let sql = "INSERT INTO withdrawn (item, at, was, reason) SELECT seq, $2, standing, $3 FROM item WHERE id = $1 \
               ON CONFLICT (item) DO NOTHING";
    let did = tx.run(sql, args![id.to_string(), now, reason]).await? > 0;
    if did {
        let sql = "UPDATE item SET standing = 'held' WHERE id = $1";
        tx.run(sql, args![id.to_string()]).await?;
    }
    Ok(did)
}
