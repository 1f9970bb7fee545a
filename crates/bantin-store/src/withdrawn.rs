//! Items that the agency took back: they are nowhere any more, and for a time feeds say so (RFC 6721). The admin can let
//! them come back.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::audit::{ActionChannel, note};
use super::items::read_item;
use super::sql::{args, sql};
use super::withdrawal::mark_withdrawn;
use super::{Store, gone};
use bantin_model::{Item, ItemId};

/// An item with the time when it was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct WithdrawnItem {
    pub item: Item,
    pub at: DateTime<Utc>,
    pub reason: String,
}

impl Store {
    /// Takes an item out of feeds, pages and mails to come; `false` if there is none, or it was
    /// taken out before.
    pub async fn withdraw(&self, id: ItemId, reason: &str, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("withdrawing an item").await?;
        let did = mark_withdrawn(&mut tx, id, reason, now).await?;
        if did {
            note(&mut tx, None, "withdrawn", &format!("{id}: {reason}"), ActionChannel::Cli, now)
                .await?;
            tx.bump_version().await?;
        }
        tx.commit().await?;
        Ok(did)
    }

    /// Puts an item back where it was, and keeps it there whatever its page answers; `false` if it
    /// was not withdrawn.
    pub async fn restore(&self, id: ItemId, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("restoring an item").await?;
        let sql = "UPDATE item SET standing = (SELECT was FROM withdrawn w WHERE w.item = item.seq) \
                   WHERE id = $1 AND EXISTS (SELECT 1 FROM withdrawn w WHERE w.item = item.seq)";
        let did = tx.run(sql, args![id.to_string()]).await? > 0;
        if did {
            let sql = "DELETE FROM withdrawn WHERE item = (SELECT seq FROM item WHERE id = $1)";
            tx.run(sql, args![id.to_string()]).await?;
            gone::mark_restored(&mut tx, id, now).await?;
            note(&mut tx, None, "restored", &id.to_string(), ActionChannel::Cli, now).await?;
            tx.bump_version().await?;
        }
        tx.commit().await?;
        Ok(did)
    }

    /// Returns what was withdrawn at or after `since`, the newest first, at most `limit`.
    pub async fn withdrawn_since(
        &self,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<WithdrawnItem>> {
        let sql = "SELECT i.*, w.at AS withdrawn_at, w.reason AS withdrawn_reason FROM withdrawn w \
                   JOIN item i ON i.seq = w.item WHERE w.at >= $1 ORDER BY w.at DESC, w.item DESC LIMIT $2";
        let rows = self.db.all("reading what was withdrawn", sql, args![since, limit]).await?;
        let items = rows.iter().map(|row| {
            Ok(WithdrawnItem {
                item: read_item(row)?,
                at: row.time("withdrawn_at")?,
                reason: row.text("withdrawn_reason")?,
            })
        });
        items.collect()
    }

    /// Returns which of these items were withdrawn, and when: by their numbers.
    pub async fn withdrawn_among(&self, seqs: &[i64]) -> Result<Vec<(i64, DateTime<Utc>)>> {
        let sql = sql!("SELECT item, at FROM withdrawn WHERE item IN ", in "$1", " ORDER BY item");
        let rows = self.db.all("asking what was withdrawn", sql, args![seqs.to_vec()]).await?;
        rows.iter().map(|row| Ok((row.int("item")?, row.time("at")?))).collect()
    }
}
