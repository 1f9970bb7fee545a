//! Subscribers: who gets mail, and how they come, confirm and leave. Statements lock the subscriber first and the
//! subscriptions after, so that two requests of one person wait for each other.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};

use super::Store;
use super::audit::{ActionChannel, Actor, note};
use super::sql::{Tx, args, sql, to_json};
use super::subscriber_rows::{address_key, cadence_columns, read_subscriber, read_subscription};
use bantin_model::*;

/// What `subscribers add` asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSubscription {
    pub selection: Selection,
    pub cadence: Cadence,
    pub when_empty: bool,
}

impl Store {
    /// Adds the subscriber, or finds the one with this address (whose name and language stay; a subscriber who had left
    /// or is pending becomes `state`), and adds the subscription unless the subscriber has one with the same selection
    /// and cadence. The cursor starts at the last `seq`: nothing from before is mailed. `next_at` is given by the caller.
    #[allow(clippy::too_many_arguments)]
    pub async fn add_subscription(
        &self,
        address: &str,
        name: Option<&str>,
        lang: Lang,
        state: SubscriberState,
        subscription: &NewSubscription,
        next_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(Subscriber, SubscriptionId)> {
        let mut tx = self.db.begin("adding a subscription").await?;
        let key = address_key(address);
        let confirmed_at = (state == SubscriberState::Active).then_some(now);
        let sql = "INSERT INTO subscriber (address, address_key, name, lang, state, created_at, confirmed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let new = args![address, key.as_str(), name, lang.tag(), state.as_str(), now, confirmed_at];
        let is_new = tx.run(sql, new).await? > 0;
        let mut subscriber = locked_subscriber(&mut tx, &key).await?;
        let waits = matches!(subscriber.state, SubscriberState::Left | SubscriberState::Pending);
        if !is_new && waits {
            let sql =
                "UPDATE subscriber SET state = $2, confirmed_at = $3, left_at = NULL WHERE id = $1";
            tx.run(sql, args![subscriber.id.0, state.as_str(), confirmed_at]).await?;
            if subscriber.state == SubscriberState::Pending && state == SubscriberState::Active {
                start_from_now(&mut tx, subscriber.id, now, &self.calendars()).await?;
            }
            (subscriber.state, subscriber.confirmed_at) = (state, confirmed_at);
        }
        if subscriber.state == SubscriberState::Pending {
            // Who adds a pending one asks them by mail; the days to confirm count from here.
            tx.run(
                "UPDATE subscriber SET asked_at = $2 WHERE id = $1",
                args![subscriber.id.0, now],
            )
            .await?;
        }
        let added = insert_subscription(&mut tx, subscriber.id, subscription, next_at, now).await?;
        tx.commit().await?;
        Ok((subscriber, added))
    }

    /// Returns all subscribers by id, those who left included, each with the subscriptions that
    /// have not ended.
    pub async fn subscribers(&self) -> Result<Vec<(Subscriber, Vec<Subscription>)>> {
        let what = "reading the subscribers";
        let sql = "SELECT * FROM subscription WHERE ended_at IS NULL ORDER BY id";
        let mut subscriptions: HashMap<SubscriberId, Vec<Subscription>> = HashMap::new();
        for row in self.db.all(what, sql, args![]).await? {
            let subscription = read_subscription(&row)?;
            subscriptions.entry(subscription.subscriber).or_default().push(subscription);
        }
        let rows = self.db.all(what, "SELECT * FROM subscriber ORDER BY id", args![]).await?;
        let with_theirs = rows.iter().map(|row| {
            let subscriber = read_subscriber(row)?;
            let theirs = subscriptions.remove(&subscriber.id).unwrap_or_default();
            Ok((subscriber, theirs))
        });
        with_theirs.collect()
    }

    pub async fn subscriber(&self, id: SubscriberId) -> Result<Option<Subscriber>> {
        let sql = "SELECT * FROM subscriber WHERE id = $1";
        let row = self.db.one("reading a subscriber", sql, args![id.0]).await?;
        row.as_ref().map(read_subscriber).transpose()
    }

    /// Finds a subscriber; upper and lower case are equal. Hardly a server distinguishes `Lan@`
    /// from `lan@`, and no one wants both mails.
    pub async fn subscriber_by_address(&self, address: &str) -> Result<Option<Subscriber>> {
        let sql = "SELECT * FROM subscriber WHERE address_key = $1";
        let row = self.db.one("looking up a subscriber", sql, args![address_key(address)]).await?;
        row.as_ref().map(read_subscriber).transpose()
    }

    /// Ends one subscription; a subscriber without any other has left, and what still waits for
    /// them is given up. Returns `false` when there is none (any more), so a link that is followed
    /// twice does no harm.
    pub async fn end_subscription(
        &self,
        id: SubscriptionId,
        by: ActionChannel,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("ending a subscription").await?;
        let sql = sql!(
            "SELECT id FROM subscriber WHERE id = (SELECT subscriber FROM subscription WHERE id = $1)",
            locked "FOR UPDATE"
        );
        let Some(row) = tx.one(sql, args![id.0]).await? else { return Ok(false) };
        let subscriber = row.int("id")?;
        let sql = "UPDATE subscription SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        if tx.run(sql, args![id.0, now]).await? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE delivery SET state = 'given-up', changed_at = $2, reply = 'the subscription has ended' \
                   WHERE subscription = $1 AND state = 'waiting'";
        tx.run(sql, args![id.0, now]).await?;
        let sql = "SELECT id FROM subscription WHERE subscriber = $1 AND ended_at IS NULL LIMIT 1";
        if tx.one(sql, args![subscriber]).await?.is_none() {
            leave(&mut tx, subscriber, now).await?;
        }
        let (whose, which) = (SubscriberId(subscriber), format!("subscription {id}"));
        note(&mut tx, Some(whose), "left", &which, by, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends all subscriptions of an address; waiting deliveries are given up. Returns `false` when
    /// it is unknown or has left.
    pub async fn remove_subscriber(
        &self,
        id: SubscriberId,
        hand: impl Into<Actor<'_>>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("removing a subscriber").await?;
        let there = leave(&mut tx, id.0, now).await?;
        if there {
            note(&mut tx, Some(id), "left", "all subscriptions", hand, now).await?;
        }
        tx.commit().await?;
        Ok(there)
    }
}

/// Adds a subscription whose cursor is the last `seq`, or finds the one with the same selection and
/// cadence.
pub(super) async fn insert_subscription(
    tx: &mut Tx,
    subscriber: SubscriberId,
    wanted: &NewSubscription,
    next_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<SubscriptionId> {
    let selection = to_json(&wanted.selection);
    let (schedule, zone) = cadence_columns(&wanted.cadence);
    let schedule = schedule.as_ref();
    let sql = "INSERT INTO subscription (subscriber, wanted, schedule, zone, when_empty, next_at, created_at, \
               cursor) SELECT $1, $2, $3, $4, $5, $6, $7, value FROM counter WHERE name = 'seq' \
               ON CONFLICT DO NOTHING";
    let (id, when_empty) = (subscriber.0, wanted.when_empty);
    tx.run(sql, args![id, selection.as_str(), schedule, zone, when_empty, next_at, now]).await?;
    let sql = "SELECT id FROM subscription WHERE subscriber = $1 AND wanted = $2 AND schedule = $3 \
               AND zone = $4 AND ended_at IS NULL";
    let row = tx.one(sql, args![id, selection, schedule, zone]).await?;
    let row = row.ok_or_else(|| anyhow!("a subscription just added is not there"))?;
    Ok(SubscriptionId(row.int("id")?))
}

/// Returns whether the subscriber had not left before.
pub(super) async fn leave(tx: &mut Tx, subscriber: i64, now: DateTime<Utc>) -> Result<bool> {
    let sql =
        "UPDATE subscriber SET state = 'left', left_at = $2 WHERE id = $1 AND state <> 'left'";
    if tx.run(sql, args![subscriber, now]).await? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE subscription SET ended_at = $2 WHERE subscriber = $1 AND ended_at IS NULL";
    tx.run(sql, args![subscriber, now]).await?;
    let sql = "UPDATE delivery SET state = 'given-up', changed_at = $2, reply = 'the subscriber has left' \
               WHERE subscriber = $1 AND state = 'waiting'";
    tx.run(sql, args![subscriber, now]).await?;
    Ok(true)
}

/// Sets the cursors of a subscriber who begins to get mail to the last `seq`. Only what comes from
/// now on is sent, and an hour that passed before the confirmation is not made up for.
pub(super) async fn start_from_now(
    tx: &mut Tx,
    subscriber: SubscriberId,
    now: DateTime<Utc>,
    calendars: &Calendars,
) -> Result<()> {
    let sql = "UPDATE subscription SET cursor = (SELECT value FROM counter WHERE name = 'seq') \
               WHERE subscriber = $1 AND ended_at IS NULL";
    tx.run(sql, args![subscriber.0]).await?;
    let sql =
        "SELECT * FROM subscription WHERE subscriber = $1 AND ended_at IS NULL AND next_at <= $2";
    for row in tx.all(sql, args![subscriber.0, now]).await? {
        let missed = read_subscription(&row)?;
        if let Some(next_at) = missed.cadence.next_after(now, calendars) {
            let sql = "UPDATE subscription SET next_at = $2 WHERE id = $1";
            tx.run(sql, args![missed.id.0, next_at]).await?;
        }
    }
    Ok(())
}

pub(super) async fn locked_subscriber(tx: &mut Tx, key: &str) -> Result<Subscriber> {
    let sql = sql!("SELECT * FROM subscriber WHERE address_key = $1", locked "FOR UPDATE");
    let row = tx.one(sql, args![key]).await?;
    read_subscriber(&row.ok_or_else(|| anyhow!("a subscriber just added is not there"))?)
}
