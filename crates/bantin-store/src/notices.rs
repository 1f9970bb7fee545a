//! Notices to the admin, until they are sent and some time after.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::sql::{Tx, args, to_json};
use bantin_model::Notice;
use bantin_model::limits;

/// A notice that has not been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingNotice {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub notice: Notice,
    /// Failed attempts.
    pub tries: u32,
}

impl Store {
    /// Stores a notice until it is sent.
    pub async fn record_notice(&self, notice: &Notice, at: DateTime<Utc>) -> Result<()> {
        let mut tx = self.db.begin("keeping a notice").await?;
        add(&mut tx, std::slice::from_ref(notice), at).await?;
        tx.commit().await
    }

    /// Returns notices to be sent now, oldest first, at most `limit`.
    pub async fn due_notices(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<WaitingNotice>> {
        let sql = "SELECT id, at, what, tries FROM notice WHERE sent_at IS NULL AND next_at <= $1 \
                   ORDER BY id LIMIT $2";
        let rows = self.db.all("looking for due notices", sql, args![now, limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(WaitingNotice {
                    id: row.int("id")?,
                    at: row.time("at")?,
                    notice: row.json("what")?,
                    tries: row.small("tries")?,
                })
            })
            .collect()
    }

    /// Records that these notices were sent, in one mail.
    pub async fn notices_sent(&self, sent: &[WaitingNotice], now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.db.begin("taking down that notices were sent").await?;
        for notice in sent {
            tx.run("UPDATE notice SET sent_at = $2 WHERE id = $1", args![notice.id, now]).await?;
        }
        tx.commit().await
    }

    /// Records that these notices could not be sent, and when to try again.
    pub async fn put_off_notices(
        &self,
        unsent: &[WaitingNotice],
        next_at: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.db.begin("putting notices off").await?;
        for notice in unsent {
            let sql = "UPDATE notice SET tries = tries + 1, next_at = $2 WHERE id = $1";
            tx.run(sql, args![notice.id, next_at]).await?;
        }
        tx.commit().await
    }
}

pub(super) async fn add(tx: &mut Tx, notices: &[Notice], at: DateTime<Utc>) -> Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    let age = TimeDelta::from_std(limits::NOTICE_AGE).expect("days fit");
    tx.run("DELETE FROM notice WHERE at < $1", args![at - age]).await?;
    let next_at = at + TimeDelta::from_std(limits::NOTICE_WAIT).expect("a minute fits");
    for notice in notices {
        let sql = "INSERT INTO notice (at, what, next_at, tries) VALUES ($1, $2, $3, 0)";
        tx.run(sql, args![at, to_json(notice), next_at]).await?;
    }
    Ok(())
}
