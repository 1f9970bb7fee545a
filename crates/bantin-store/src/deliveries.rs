//! Deliveries: the queue of mails, one row for each digest and subscription, and the hold that
//! stops the queue when no mail can go.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};

use super::audit::{ActionChannel, Actor, note};
use super::digests::read_digest;
use super::sql::{SqlRow, Tx, args, sql};
use super::subscriber_rows::read_subscriber;
use super::{Commit, Store};
use bantin_model::*;

/// How an attempt to send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Sent,
    Refused,
    /// Send the same message again at this time.
    Later(DateTime<Utc>),
    /// The server has not heard of it: it waits again until this time, and the attempt does not
    /// count.
    NotTried(DateTime<Utc>),
    /// Like `NotTried`, after an attempt that failed before this mail was named; the reply says
    /// why.
    NotHeard(DateTime<Utc>),
    GivenUp,
}

/// Deliveries by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueCounts {
    pub waiting: u64,
    pub sending: u64,
    pub sent: u64,
    pub refused: u64,
    pub given_up: u64,
}

/// Why no mail is sent at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueHold {
    pub reason: String,
    pub since: DateTime<Utc>,
    /// When the next mail is tried, to see whether the hold can end.
    pub until: DateTime<Utc>,
    /// Whether the admin made it. Then it ends when the admin ends it, and `until` has no meaning.
    pub by_admin: bool,
}

/// Which deliveries to show; None: any.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    pub state: Option<DeliveryState>,
    pub subscriber: Option<SubscriberId>,
    /// Only those changed then or later.
    pub since: Option<DateTime<Utc>>,
}

/// A delivery as the admin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    pub delivery: Delivery,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
    pub address: String,
    pub subject: String,
}

impl Store {
    /// Claims up to `limit` due deliveries and marks them as sending, with one more attempt. It
    /// commits before it returns, so that the mark is on disk before the mail server hears of the
    /// mail. Deliveries to subscribers who have left meanwhile are given up.
    pub async fn claim_deliveries(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<OutgoingDelivery>> {
        let mut tx = self.db.begin("claiming deliveries").await?;
        let mut claimed: Vec<i64> = Vec::new();
        loop {
            let room = limit.saturating_sub(super::sql::small(claimed.len())?);
            let found = due(&mut tx, now, room).await?;
            if found.is_empty() {
                break;
            }
            let (wanted, unwanted): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|(_, wanted)| *wanted);
            let wanted: Vec<i64> = wanted.into_iter().map(|(id, _)| id).collect();
            let unwanted: Vec<i64> = unwanted.into_iter().map(|(id, _)| id).collect();
            let sql = sql!(
                "UPDATE delivery SET state = 'given-up', changed_at = $1, reply = 'the subscriber has left' WHERE id IN ",
                in "$2",
                ""
            );
            tx.run(sql, args![now, unwanted]).await?;
            let sql = sql!(
                "UPDATE delivery SET state = 'sending', attempts = attempts + 1, changed_at = $1 WHERE id IN ",
                in "$2",
                ""
            );
            tx.run(sql, args![now, wanted.clone()]).await?;
            claimed.extend(wanted);
        }
        let outgoing = outgoing(&mut tx, claimed).await?;
        tx.commit().await?;
        Ok(outgoing)
    }

    /// Records how attempts ended, in one transaction. `reply` must not hold an address. When a
    /// power cut undoes a reply, its mail is sent once more, as after a crash before the reply.
    pub async fn record_replies(
        &self,
        replies: &[(DeliveryId, DeliveryOutcome, String)],
        commit: Commit,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.db.begin_for(commit, "recording the mail server's replies").await?;
        for (id, outcome, reply) in replies {
            let (state, next_at) = match outcome {
                DeliveryOutcome::NotTried(at) | DeliveryOutcome::NotHeard(at) => {
                    let sql = "UPDATE delivery SET state = 'waiting', attempts = attempts - 1, next_at = $2, changed_at = $3, \
                               reply = CASE WHEN $5 THEN $4 ELSE COALESCE(reply, $4) END \
                               WHERE id = $1 AND state = 'sending'";
                    let heard_why = matches!(outcome, DeliveryOutcome::NotHeard(_));
                    tx.run(sql, args![id.0, *at, now, reply.as_str(), heard_why]).await?;
                    continue;
                }
                DeliveryOutcome::Sent => (DeliveryState::Sent, None),
                DeliveryOutcome::Refused => (DeliveryState::Refused, None),
                DeliveryOutcome::Later(at) => (DeliveryState::Waiting, Some(at.timestamp_millis())),
                DeliveryOutcome::GivenUp => (DeliveryState::GivenUp, None),
            };
            // A mail that was accepted counts as sent, even if another process has taken the queue
            // over meanwhile. Any other answer counts only while the delivery is being sent.
            let sql = "UPDATE delivery SET state = $2, next_at = COALESCE($3, next_at), changed_at = $4, reply = $5 \
                       WHERE id = $1 AND (state = 'sending' OR $2 = 'sent')";
            let changed =
                tx.run(sql, args![id.0, state.as_str(), next_at, now, reply.as_str()]).await?;
            if changed > 0 && next_at.is_none() {
                note_delivery(&mut tx, *id, state.as_str(), ActionChannel::Daemon, now).await?;
            }
        }
        tx.commit().await
    }

    /// Waits until all that was written so far survives a power cut.
    pub async fn sync_to_disk(&self) -> Result<()> {
        // Changes nothing, but writes to the disk.
        let sql = "UPDATE counter SET value = value WHERE name = 'version'";
        self.db.write("waiting for the disk", sql, args![]).await?;
        Ok(())
    }

    /// Returns when the next waiting delivery is due.
    pub async fn next_delivery_at(&self) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT min(next_at) AS next_at FROM delivery WHERE state = 'waiting'";
        let row = self.db.one("asking for the next delivery", sql, args![]).await?;
        Ok(row.map(|row| row.maybe_time("next_at")).transpose()?.flatten())
    }

    pub async fn queue(&self) -> Result<QueueCounts> {
        // Pruned deliveries are counted too, because a counter of Prometheus must not decrease.
        let sql = "SELECT state, count(*) AS deliveries FROM delivery WHERE state <> 'waiting' GROUP BY state \
                   UNION ALL SELECT 'waiting', count(*) FROM delivery WHERE state = 'waiting' \
                   UNION ALL SELECT substr(name, 8), value FROM counter WHERE name LIKE 'pruned %'";
        let mut counts = QueueCounts::default();
        for row in self.db.all("counting the deliveries", sql, args![]).await? {
            let count = match row.word("state", DeliveryState::named)? {
                DeliveryState::Waiting => &mut counts.waiting,
                DeliveryState::Sending => &mut counts.sending,
                DeliveryState::Sent => &mut counts.sent,
                DeliveryState::Refused => &mut counts.refused,
                DeliveryState::GivenUp => &mut counts.given_up,
            };
            *count += row.count("deliveries")?;
        }
        Ok(counts)
    }

    pub async fn hold(&self) -> Result<Option<QueueHold>> {
        let sql = "SELECT * FROM hold WHERE one = 1";
        let row = self.db.one("asking whether the queue is held", sql, args![]).await?;
        let hold = row.map(|row| {
            Ok(QueueHold {
                reason: row.text("reason")?,
                since: row.time("since")?,
                until: row.time("until")?,
                by_admin: row.flag("by_admin")?,
            })
        });
        hold.transpose()
    }

    /// Holds the queue, or releases it (`None`). The audit log records the beginning and the end of
    /// a hold, and not each time it was found to last.
    pub async fn set_hold(
        &self,
        hold: Option<&QueueHold>,
        hand: impl Into<Actor<'_>>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let hand = hand.into();
        let mut tx = self.db.begin("holding the queue").await?;
        let before = tx.one("SELECT by_admin FROM hold WHERE one = 1", args![]).await?;
        let by_admin_before = before.map(|row| row.flag("by_admin")).transpose()?;
        match hold {
            Some(hold) => {
                let sql = "INSERT INTO hold (one, reason, since, until, by_admin) VALUES (1, $1, $2, $3, $4) \
                           ON CONFLICT (one) DO UPDATE SET reason = excluded.reason, since = excluded.since, \
                           until = excluded.until, by_admin = excluded.by_admin";
                let values = args![hold.reason.as_str(), hold.since, hold.until, hold.by_admin];
                tx.run(sql, values).await?;
                if hold.by_admin || by_admin_before != Some(false) {
                    note(&mut tx, None, "held", &hold.reason, hand, now).await?;
                }
            }
            None => {
                if tx.run("DELETE FROM hold", args![]).await? > 0 {
                    note(&mut tx, None, "released", "", hand, now).await?;
                }
            }
        }
        tx.commit().await
    }

    /// Returns deliveries as the admin sees them, the newest first, at most `limit`.
    pub async fn list_deliveries(
        &self,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> Result<Vec<ListedDelivery>> {
        let sql = "SELECT d.*, p.address, g.subject FROM delivery d JOIN subscriber p ON p.id = d.subscriber \
                   JOIN digest g ON g.id = d.digest WHERE ($1 = '' OR d.state = $1) AND ($2 = 0 OR d.subscriber = $2) \
                   AND d.changed_at >= $3 ORDER BY d.id DESC LIMIT $4";
        let state = filter.state.map_or("", DeliveryState::as_str);
        let subscriber = filter.subscriber.map_or(0, |id| id.0);
        let since = filter.since.map_or(0, |at| at.timestamp_millis());
        let rows =
            self.db.all("reading deliveries", sql, args![state, subscriber, since, limit]).await?;
        rows.iter().map(read_listed).collect()
    }

    /// Puts a delivery that ended back into the queue, the same mail under the same Message-ID.
    /// Returns whether it had ended; one that was sent counts only with `sent_too`.
    pub async fn resend_delivery(
        &self,
        id: DeliveryId,
        sent_too: bool,
        hand: impl Into<Actor<'_>>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("putting a mail back into the queue").await?;
        let sql = "UPDATE delivery SET state = 'waiting', attempts = 0, next_at = $2, changed_at = $2 \
                   WHERE id = $1 AND (state IN ('refused', 'given-up') OR (state = 'sent' AND $3))";
        let changed = tx.run(sql, args![id.0, now, sent_too]).await? > 0;
        if changed {
            note_delivery(&mut tx, id, "sent again", hand, now).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Takes a waiting delivery out of the queue. Returns whether it was waiting.
    pub async fn cancel_delivery(
        &self,
        id: DeliveryId,
        hand: impl Into<Actor<'_>>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("taking a mail out of the queue").await?;
        let sql = "UPDATE delivery SET state = 'given-up', changed_at = $2, reply = 'taken out of the queue by the admin' \
                   WHERE id = $1 AND state = 'waiting'";
        let changed = tx.run(sql, args![id.0, now]).await? > 0;
        if changed {
            note_delivery(&mut tx, id, "cancelled", hand, now).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Returns the newest deliveries, newest first.
    pub async fn deliveries(&self, limit: u32) -> Result<Vec<Delivery>> {
        let sql = "SELECT * FROM delivery ORDER BY id DESC LIMIT $1";
        let rows = self.db.all("reading the newest deliveries", sql, args![limit]).await?;
        rows.iter().map(read_delivery).collect()
    }
}

/// Records in the audit log how a mail ended.
async fn note_delivery(
    tx: &mut Tx,
    id: DeliveryId,
    what: &str,
    hand: impl Into<Actor<'_>>,
    at: DateTime<Utc>,
) -> Result<()> {
    let Actor { by, who } = hand.into();
    let sql = "INSERT INTO audit (at, what, subscriber, detail, by_whom, who) \
               SELECT $2, $3, subscriber, 'mail ' || id || ' with digest ' || digest || ', try ' || attempts, $4, $5 \
               FROM delivery WHERE id = $1";
    tx.run(sql, args![id.0, at, what, by.as_str(), who]).await?;
    Ok(())
}

/// Returns due deliveries, the longest waiting first, each with whether it is still wanted. It is
/// wanted by an active (or paused) subscriber whose subscription has not ended; a confirmation
/// mail, by one who may still confirm.
async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: u32) -> Result<Vec<(i64, bool)>> {
    if limit == 0 {
        return Ok(vec![]);
    }
    let sql = sql!(
        "SELECT d.id AS id, (s.ended_at IS NULL AND (p.state IN ('active', 'paused') \
         OR (g.kind = 'confirmation' AND p.state = 'pending'))) AS wanted \
         FROM delivery d JOIN digest g ON g.id = d.digest JOIN subscriber p ON p.id = d.subscriber \
         LEFT JOIN subscription s ON s.id = d.subscription \
         WHERE d.state = 'waiting' AND d.next_at <= $1 ORDER BY d.next_at, d.id LIMIT $2",
        locked "FOR UPDATE OF d SKIP LOCKED"
    );
    let rows = tx.all(sql, args![now, limit]).await?;
    rows.iter().map(|row| Ok((row.int("id")?, row.flag("wanted")?))).collect()
}

/// Returns the claimed deliveries with what their mails are built from; a digest is read once,
/// however many get it.
async fn outgoing(tx: &mut Tx, claimed: Vec<i64>) -> Result<Vec<OutgoingDelivery>> {
    if claimed.is_empty() {
        return Ok(vec![]);
    }
    let sql = sql!("SELECT * FROM delivery WHERE id IN ", in "$1", " ORDER BY next_at, id");
    let rows = tx.all(sql, args![claimed]).await?;
    let deliveries: Vec<Delivery> = rows.iter().map(read_delivery).collect::<Result<_>>()?;
    let mut digests = HashMap::new();
    let sql = sql!("SELECT * FROM digest WHERE id IN ", in "$1", "");
    let ids = distinct(deliveries.iter().map(|delivery| delivery.digest.0));
    for row in tx.all(sql, args![ids]).await? {
        let digest = read_digest(&row)?;
        digests.insert(digest.id, digest);
    }
    let mut subscribers = HashMap::new();
    let sql = sql!("SELECT * FROM subscriber WHERE id IN ", in "$1", "");
    let ids = distinct(deliveries.iter().map(|delivery| delivery.subscriber.0));
    for row in tx.all(sql, args![ids]).await? {
        let subscriber = read_subscriber(&row)?;
        subscribers.insert(subscriber.id, subscriber);
    }
    let whole = deliveries.into_iter().map(|delivery| {
        let digest = digests.get(&delivery.digest).cloned();
        let subscriber = subscribers.get(&delivery.subscriber).cloned();
        match (digest, subscriber) {
            (Some(digest), Some(subscriber)) => {
                Ok(OutgoingDelivery { delivery, digest, subscriber })
            }
            _ => Err(anyhow!("delivery {} has lost its digest or its subscriber", delivery.id)),
        }
    });
    whole.collect()
}

fn distinct(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

pub(super) fn read_listed(row: &SqlRow) -> Result<ListedDelivery> {
    Ok(ListedDelivery {
        delivery: read_delivery(row)?,
        changed_at: row.time("changed_at")?,
        address: row.text("address")?,
        subject: row.text("subject")?,
    })
}

pub(super) fn read_delivery(row: &SqlRow) -> Result<Delivery> {
    Ok(Delivery {
        id: DeliveryId(row.int("id")?),
        digest: DigestId(row.int("digest")?),
        subscriber: SubscriberId(row.int("subscriber")?),
        subscription: row.maybe_int("subscription")?.map(SubscriptionId),
        state: row.word("state", DeliveryState::named)?,
        attempts: row.small("attempts")?,
        next_at: row.time("next_at")?,
        message_id: row.text("message_id")?,
        created_at: row.time("created_at")?,
        reply: row.maybe_text("reply")?,
    })
}
