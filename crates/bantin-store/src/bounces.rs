//! Bounces and their consequences: subscribers whose mail is stopped, and addresses that want no
//! mail of ours.

use anyhow::{Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::sql::{SqlRow, Tx, args};
use super::subscriber_rows::read_subscriber;
use super::subscribers::{leave, start_from_now};
use bantin_model::limits;
use bantin_model::*;

/// The delivery and the subscriber that a bounce is about.
#[derive(Debug, Clone)]
pub struct BouncedDelivery {
    pub delivery: DeliveryId,
    pub subscriber: Subscriber,
    /// The record of earlier bounces, as [`NewBounce::record`] left it.
    pub record: Option<String>,
}

/// A bounce, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBounce {
    pub delivery: DeliveryId,
    pub subscriber: SubscriberId,
    pub kind: String,
    /// Enhanced status code: "5.1.1".
    pub code: Option<String>,
    /// Without addresses.
    pub reason: String,
    /// The new record of the subscriber's bounces, as JSON.
    pub record: String,
    pub ending: BounceConsequence,
}

/// What a bounce means for the subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BounceConsequence {
    Nothing,
    /// Mail is stopped until the subscriber or the admin resumes it.
    Bouncing,
    /// The subscriber has left. `mark` is the keyed hash of the address, which others may not
    /// subscribe again.
    Leave {
        mark: String,
    },
}

/// A bounce as the admin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBounce {
    pub at: DateTime<Utc>,
    pub delivery: DeliveryId,
    pub address: String,
    pub state: SubscriberState,
    pub kind: String,
    pub code: Option<String>,
    pub reason: String,
}

impl Store {
    /// Returns the subscriber that a delivery went to.
    pub async fn bounced_delivery(&self, id: DeliveryId) -> Result<Option<BouncedDelivery>> {
        let sql = "SELECT p.*, d.id AS delivery FROM delivery d JOIN subscriber p ON p.id = d.subscriber \
                   WHERE d.id = $1";
        let row = self.db.one("looking for a delivery that came back", sql, args![id.0]).await?;
        row.map(read_bounced).transpose()
    }

    /// Returns the subscriber that the delivery with this Message-ID (without brackets) went to.
    pub async fn bounced_message(&self, message_id: &str) -> Result<Option<BouncedDelivery>> {
        let sql = "SELECT p.*, d.id AS delivery FROM delivery d JOIN subscriber p ON p.id = d.subscriber \
                   WHERE d.message_id = $1";
        let row = self.db.one("looking for a mail that came back", sql, args![message_id]).await?;
        row.map(read_bounced).transpose()
    }

    /// Records a bounce and what follows, in one transaction. Returns whether the subscriber gets
    /// no more mail because of it, and got some before.
    pub async fn record_bounce(&self, bounce: &NewBounce, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("recording a bounce").await?;
        let age = TimeDelta::from_std(limits::BOUNCES_KEPT).expect("years fit");
        tx.run("DELETE FROM bounce WHERE at < $1", args![now - age]).await?;
        let sql = "INSERT INTO bounce (at, delivery, subscriber, kind, code, reason) VALUES ($1, $2, $3, $4, $5, $6)";
        let NewBounce { delivery, subscriber, kind, code, reason, .. } = bounce;
        let row =
            args![now, delivery.0, subscriber.0, kind.as_str(), code.as_deref(), reason.as_str()];
        tx.run(sql, row).await?;
        let sql = "UPDATE subscriber SET bounces = $2 WHERE id = $1";
        tx.run(sql, args![subscriber.0, bounce.record.as_str()]).await?;
        let ended = match &bounce.ending {
            BounceConsequence::Nothing => false,
            BounceConsequence::Bouncing => stop(&mut tx, *subscriber, now).await?,
            BounceConsequence::Leave { mark } => {
                let sql = "INSERT INTO suppressed (mark, at) VALUES ($1, $2) ON CONFLICT (mark) DO NOTHING";
                tx.run(sql, args![mark.as_str(), now]).await?;
                leave(&mut tx, subscriber.0, now).await?
            }
        };
        tx.commit().await?;
        Ok(ended)
    }

    /// Returns at most `limit` bounces, newest first.
    pub async fn bounces(&self, limit: u32) -> Result<Vec<ListedBounce>> {
        let sql = "SELECT b.*, p.address, p.state FROM bounce b JOIN subscriber p ON p.id = b.subscriber \
                   ORDER BY b.id DESC LIMIT $1";
        let rows = self.db.all("reading bounces", sql, args![limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(ListedBounce {
                    at: row.time("at")?,
                    delivery: DeliveryId(row.int("delivery")?),
                    address: row.text("address")?,
                    state: row.word("state", SubscriberState::named)?,
                    kind: row.text("kind")?,
                    code: row.maybe_text("code")?,
                    reason: row.text("reason")?,
                })
            })
            .collect()
    }

    /// Returns the number of bounces of this kind since then.
    pub async fn bounce_count(&self, kind: &str, since: DateTime<Utc>) -> Result<u64> {
        let sql = "SELECT count(*) AS bounces FROM bounce WHERE kind = $1 AND at >= $2";
        let row = self.db.one("counting bounces", sql, args![kind, since]).await?;
        row.ok_or_else(|| anyhow!("a count gave no row"))?.count("bounces")
    }

    /// Resumes the mail of a subscriber who bounced. Returns whether the subscriber was stopped for
    /// that.
    pub async fn forget_bounces(&self, id: SubscriberId, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("forgetting bounces").await?;
        let sql = "UPDATE subscriber SET state = 'active' WHERE id = $1 AND state = 'bouncing'";
        let stopped = tx.run(sql, args![id.0]).await? > 0;
        if stopped {
            start_from_now(&mut tx, id, now, &self.calendars()).await?;
        }
        let sql = "UPDATE subscriber SET bounces = NULL WHERE id = $1 AND bounces IS NOT NULL";
        let forgot = tx.run(sql, args![id.0]).await? > 0;
        tx.commit().await?;
        Ok(stopped || forgot)
    }

    /// Returns since when the address with this hash wants no mail of ours.
    pub async fn suppressed_since(&self, mark: &str) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT at FROM suppressed WHERE mark = $1";
        let row = self.db.one("asking whether an address is suppressed", sql, args![mark]).await?;
        row.map(|row| row.time("at")).transpose()
    }

    /// Ends the suppression of an address whose owner wants mail again.
    pub async fn end_suppression(&self, mark: &str) -> Result<()> {
        let sql = "DELETE FROM suppressed WHERE mark = $1";
        self.db.write("ending a suppression", sql, args![mark]).await?;
        Ok(())
    }
}

fn read_bounced(row: SqlRow) -> Result<BouncedDelivery> {
    Ok(BouncedDelivery {
        delivery: DeliveryId(row.int("delivery")?),
        subscriber: read_subscriber(&row)?,
        record: row.maybe_text("bounces")?,
    })
}

/// Stops the mail of an active subscriber. Returns whether the subscriber was active.
async fn stop(tx: &mut Tx, subscriber: SubscriberId, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE subscriber SET state = 'bouncing' WHERE id = $1 AND state = 'active'";
    if tx.run(sql, args![subscriber.0]).await? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE delivery SET state = 'given-up', changed_at = $2, reply = 'the address bounces' \
               WHERE subscriber = $1 AND state = 'waiting'";
    tx.run(sql, args![subscriber.0, now]).await?;
    Ok(true)
}
