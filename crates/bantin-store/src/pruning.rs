//! Deletes old mails and their digests, once nothing refers to them any more. Mails that prevent a
//! repetition are kept: what a reader has received must not come again (P3).

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Store;
use super::sql::{args, sql};

/// `$1` the time before which they ended, `$2` how many. These are kept:
/// - what came back, as long as that is kept;
/// - the latest mail of each subscription that has not ended;
/// - mails with items that another subscription of the same reader has not reached yet and will leave out because of them;
/// - mails with news that another digest left out for them, until the next one has settled that;
/// - mails with a correction, as long as the mail with the item itself is kept: without them it would be listed again.
const PRUNABLE: &str = "SELECT d.id AS id, d.changed_at AS changed_at FROM delivery d \
    WHERE d.state IN ('sent', 'refused', 'given-up') AND d.changed_at < $1 AND d.changed_at >= $4 AND d.created_at < $1 \
    AND NOT EXISTS (SELECT 1 FROM bounce b WHERE b.delivery = d.id) \
    AND (d.subscription IS NULL \
        OR EXISTS (SELECT 1 FROM delivery n WHERE n.subscription = d.subscription AND n.id > d.id) \
        OR EXISTS (SELECT 1 FROM subscription s WHERE s.id = d.subscription AND s.ended_at IS NOT NULL)) \
    AND NOT EXISTS (SELECT 1 FROM subscription s JOIN digest_item t ON t.digest = d.digest AND t.item > s.cursor \
        WHERE s.subscriber = d.subscriber AND s.ended_at IS NULL) \
    AND NOT EXISTS (SELECT 1 FROM subscription s JOIN left_out l ON l.subscription = s.id \
        JOIN digest_item t ON t.digest = d.digest AND t.item = l.item WHERE s.subscriber = d.subscriber AND s.ended_at IS NULL) \
    AND NOT EXISTS (SELECT 1 FROM digest_item t JOIN digest_item was ON was.item = t.item AND was.digest < t.digest \
        JOIN delivery o ON o.subscriber = d.subscriber AND o.digest = was.digest \
        WHERE t.digest = d.digest AND t.as_revised = $3) \
    ORDER BY d.changed_at LIMIT $2";

impl Store {
    /// Deletes mails that ended since `from` and before that time and that nothing asks for any
    /// more, the oldest first, at most `limit`. How many, and from where to go on; `None` when
    /// there was none. They stay counted.
    pub async fn prune_deliveries(
        &self,
        from: DateTime<Utc>,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Option<(u64, DateTime<Utc>)>> {
        // Looked for before anything is locked: nothing of this becomes wanted again.
        let what = "looking for mails that are done with";
        let rows = self.db.all(what, PRUNABLE, args![before, limit, true, from]).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        let reached = last.time("changed_at")?;
        let ids: Vec<i64> = rows.iter().map(|row| row.int("id")).collect::<Result<_>>()?;
        let mut tx = self.db.begin("pruning mails that are done with").await?;
        // One that the admin has put back into the queue this moment is not done with.
        let sql = sql!(
            "DELETE FROM delivery WHERE state IN ('sent', 'refused', 'given-up') AND changed_at < $1 AND id IN ",
            in "$2",
            " RETURNING state"
        );
        let pruned = tx.all(sql, args![before, ids]).await?;
        for state in ["sent", "refused", "given-up"] {
            let mut count = 0_i64;
            for row in &pruned {
                count += i64::from(row.text("state")? == state);
            }
            let sql = "UPDATE counter SET value = value + $2 WHERE name = $1";
            tx.run(sql, args![format!("pruned {state}"), count]).await?;
        }
        tx.commit().await?;
        Ok(Some((pruned.len().try_into()?, reached)))
    }

    /// Deletes digests composed before that time that no mail is left of, at most `limit`. Returns
    /// how many.
    pub async fn prune_digests(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        let sql = "DELETE FROM digest WHERE id IN (SELECT g.id FROM digest g WHERE g.composed_at < $1 \
                   AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.digest = g.id) ORDER BY g.composed_at LIMIT $2)";
        self.db.write("pruning digests that are done with", sql, args![before, limit]).await
    }
}
