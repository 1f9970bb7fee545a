//! Requests for subscriptions, made on the public page, which the owner of the address has not
//! confirmed yet. A stranger can neither change another's subscriptions nor learn whether an
//! address is known.

use anyhow::{Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::audit::{ActionChannel, erase_all, note};
use super::digests::{NewDigest, insert_single_mail};
use super::sql::{SqlRow, Tx, args, sql, to_json};
use super::subscriber_rows::{address_key, cadence_columns, read_cadence};
use super::subscribers::{
    NewSubscription, insert_subscription, leave, locked_subscriber, start_from_now,
};
use bantin_model::limits::{CONFIRMATION_PAUSE, REQUESTS_PER_ADDRESS};
use bantin_model::*;

/// Something asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SignupRequest {
    pub id: i64,
    pub wanted: NewSubscription,
    pub lang: Lang,
    pub asked_at: DateTime<Utc>,
}

/// What a confirmation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConfirmationResult {
    /// The subscriber was waiting, and gets mail from now on.
    pub activated: bool,
    /// Requests that became subscriptions.
    pub added: usize,
}

impl Store {
    /// Keeps what is asked for until it is confirmed, and queues `letter`, which asks to do so, unless the address had one
    /// within the last day; whether it was queued. A known address and an unknown one take the same way.
    #[allow(clippy::too_many_arguments)]
    pub async fn ask_subscription(
        &self,
        address: &str,
        name: Option<&str>,
        lang: Lang,
        wanted: &NewSubscription,
        letter: (&NewDigest, &str),
        (by, detail): (ActionChannel, &str),
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("keeping a request").await?;
        let key = address_key(address);
        let sql = "INSERT INTO subscriber (address, address_key, name, lang, state, created_at) \
                   VALUES ($1, $2, $3, $4, 'pending', $5) ON CONFLICT DO NOTHING";
        tx.run(sql, args![address, key.as_str(), name, lang.tag(), now]).await?;
        let subscriber = locked_subscriber(&mut tx, &key).await?;
        let id = subscriber.id;
        // Who left, or whose mail came back, may ask again; until it is confirmed nothing is sent.
        let sql = "UPDATE subscriber SET state = 'pending' WHERE id = $1 AND state IN ('left', 'bouncing')";
        tx.run(sql, args![id.0]).await?;
        let sql = "SELECT count(*) AS requests FROM request WHERE subscriber = $1";
        let row = tx.one(sql, args![id.0]).await?;
        let kept = row.map_or(Ok(0), |row| row.count("requests"))?;
        if kept < REQUESTS_PER_ADDRESS {
            let (schedule, zone) = cadence_columns(&wanted.cadence);
            let schedule = schedule.as_ref();
            let sql = "INSERT INTO request (subscriber, wanted, schedule, zone, when_empty, lang, asked_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (subscriber, wanted, schedule, zone) \
                       DO UPDATE SET when_empty = excluded.when_empty, asked_at = excluded.asked_at";
            let selection = to_json(&wanted.selection);
            let values = args![id.0, selection, schedule, zone, wanted.when_empty, lang.tag(), now];
            tx.run(sql, values).await?;
            note(&mut tx, Some(id), "asked", detail, by, now).await?;
        }
        let mailed = ask_by_mail(&mut tx, id, letter, now).await?;
        tx.commit().await?;
        Ok(mailed)
    }

    /// Returns what a subscriber has asked for and not confirmed, oldest first.
    pub async fn requests_of(&self, id: SubscriberId) -> Result<Vec<SignupRequest>> {
        let sql = "SELECT * FROM request WHERE subscriber = $1 ORDER BY id";
        let rows = self.db.all("reading requests", sql, args![id.0]).await?;
        rows.iter().map(read_request).collect()
    }

    /// Activates a pending subscriber and turns the requests up to the number `upto` into
    /// subscriptions. Their cursors begin at the last `seq`. Without anything to confirm nothing
    /// changes.
    pub async fn confirm_subscriber(
        &self,
        id: SubscriberId,
        upto: i64,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<ConfirmationResult> {
        let mut tx = self.db.begin("confirming a subscriber").await?;
        let sql = sql!("SELECT * FROM subscriber WHERE id = $1", locked "FOR UPDATE");
        if tx.one(sql, args![id.0]).await?.is_none() {
            return Ok(ConfirmationResult::default());
        }
        // The mail that asked was answered: the next may follow when the next is asked for.
        let sql = "UPDATE subscriber SET state = 'active', confirmed_at = $2, left_at = NULL, asked_at = NULL, \
                   bounces = NULL WHERE id = $1 AND state = 'pending'";
        let activated = tx.run(sql, args![id.0, now]).await? > 0;
        if activated {
            start_from_now(&mut tx, id, now, &self.calendars()).await?;
        }
        let sql = "SELECT * FROM request WHERE subscriber = $1 AND id <= $2 ORDER BY id";
        let rows = tx.all(sql, args![id.0, upto]).await?;
        for row in &rows {
            let request = read_request(row)?;
            // A schedule that parsed fires again; should it ever not, a year is never.
            let next_at = request.wanted.cadence.next_after(now, &self.calendars());
            let next_at = next_at.unwrap_or(now + TimeDelta::days(366));
            insert_subscription(&mut tx, id, &request.wanted, next_at, now).await?;
            tx.run("DELETE FROM request WHERE id = $1", args![request.id]).await?;
            if activated {
                let sql = "UPDATE subscriber SET lang = $2 WHERE id = $1";
                tx.run(sql, args![id.0, request.lang.tag()]).await?;
            }
        }
        if activated || !rows.is_empty() {
            tx.run("UPDATE subscriber SET asked_at = NULL WHERE id = $1", args![id.0]).await?;
            note(&mut tx, Some(id), "confirmed", detail, ActionChannel::Web, now).await?;
        }
        tx.commit().await?;
        Ok(ConfirmationResult { activated, added: rows.len() })
    }

    /// Deletes what was asked for before `before` and never confirmed, with the subscribers who
    /// have nothing else: they never agreed that we keep their address. Returns how many requests
    /// and subscribers.
    pub async fn forget_unconfirmed(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let mut tx = self.db.begin("forgetting what nobody confirmed").await?;
        let requests = tx.run("DELETE FROM request WHERE asked_at < $1", args![before]).await?;
        let sql = sql!(
            "SELECT id, address, left_at, confirmed_at FROM subscriber WHERE state = 'pending' \
             AND COALESCE(asked_at, created_at) < $1 \
             AND NOT EXISTS (SELECT 1 FROM request WHERE request.subscriber = subscriber.id)",
            locked "FOR UPDATE"
        );
        let rows = tx.all(sql, args![before]).await?;
        let mut never = Vec::new();
        for row in &rows {
            let id = row.int("id")?;
            if row.maybe_time("left_at")?.is_some() {
                // Left once and did not come back after all.
                leave(&mut tx, id, now).await?;
            } else if row.maybe_time("confirmed_at")?.is_some() {
                let sql = "UPDATE subscriber SET state = 'bouncing' WHERE id = $1";
                tx.run(sql, args![id]).await?;
            } else {
                note(&mut tx, Some(SubscriberId(id)), "expired", "", ActionChannel::Daemon, now)
                    .await?;
                never.push((id, row.text("address")?));
            }
        }
        erase_all(&mut tx, &never).await?;
        tx.commit().await?;
        Ok(requests + u64::from(super::sql::small(rows.len())?))
    }
}

/// Queues the mail that asks to confirm, unless the address had one within the last day.
pub(super) async fn ask_by_mail(
    tx: &mut Tx,
    id: SubscriberId,
    (letter, message_id): (&NewDigest, &str),
    now: DateTime<Utc>,
) -> Result<bool> {
    let pause = TimeDelta::from_std(CONFIRMATION_PAUSE).expect("a day fits");
    let sql = "UPDATE subscriber SET asked_at = $2 WHERE id = $1 AND (asked_at IS NULL OR asked_at <= $3)";
    let due = tx.run(sql, args![id.0, now, now - pause]).await? > 0;
    if due {
        insert_single_mail(tx, letter, id, message_id).await?;
    }
    Ok(due)
}

fn read_request(row: &SqlRow) -> Result<SignupRequest> {
    Ok(SignupRequest {
        id: row.int("id")?,
        wanted: NewSubscription {
            selection: row.word("wanted", |wanted| serde_json::from_str(wanted).ok())?,
            cadence: read_cadence(row)?,
            when_empty: row.flag("when_empty")?,
        },
        lang: row.word("lang", Lang::from_tag).map_err(|_| anyhow!("a request has no language"))?,
        asked_at: row.time("asked_at")?,
    })
}
