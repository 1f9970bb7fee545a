//! Subscriptions: what is wanted, when, and how far it has been served.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};

use super::Store;
use super::audit::{ActionChannel, note};
use super::sql::{args, sql, to_json};
use super::subscriber_rows::{cadence_columns, read_subscriber, read_subscription};
use super::subscribers::NewSubscription;
use bantin_model::*;

impl Store {
    /// Returns a subscription that has not ended.
    pub async fn subscription(&self, id: SubscriptionId) -> Result<Option<Subscription>> {
        let sql = "SELECT * FROM subscription WHERE id = $1 AND ended_at IS NULL";
        let row = self.db.one("reading a subscription", sql, args![id.0]).await?;
        row.as_ref().map(read_subscription).transpose()
    }

    /// Returns a subscriber's subscriptions that have not ended, oldest first.
    pub async fn subscriptions_of(&self, id: SubscriberId) -> Result<Vec<Subscription>> {
        let sql =
            "SELECT * FROM subscription WHERE subscriber = $1 AND ended_at IS NULL ORDER BY id";
        let rows = self.db.all("reading a subscriber's subscriptions", sql, args![id.0]).await?;
        rows.iter().map(read_subscription).collect()
    }

    /// Makes a subscription what `wanted` says; its cursor stays, so that nothing is lost or
    /// doubled by the change. Returns `false` when it has ended, or the subscriber has another one
    /// just like it.
    pub async fn change_subscription(
        &self,
        id: SubscriptionId,
        wanted: &NewSubscription,
        next_at: DateTime<Utc>,
        by: ActionChannel,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("changing a subscription").await?;
        let sql = sql!(
            "SELECT id FROM subscriber WHERE id = (SELECT subscriber FROM subscription WHERE id = $1 AND ended_at IS NULL)",
            locked "FOR UPDATE"
        );
        let Some(row) = tx.one(sql, args![id.0]).await? else { return Ok(false) };
        let subscriber = SubscriberId(row.int("id")?);
        let selection = to_json(&wanted.selection);
        let (schedule, zone) = cadence_columns(&wanted.cadence);
        let schedule = schedule.as_ref();
        let sql = "SELECT id FROM subscription WHERE subscriber = $1 AND wanted = $2 AND schedule = $3 AND zone = $4 \
                   AND ended_at IS NULL AND id <> $5";
        let like = args![subscriber.0, selection.as_str(), schedule, zone, id.0];
        if tx.one(sql, like).await?.is_some() {
            return Ok(false);
        }
        let sql = "UPDATE subscription SET wanted = $2, schedule = $3, zone = $4, when_empty = $5, next_at = $6 WHERE id = $1";
        let values = args![id.0, selection, schedule, zone, wanted.when_empty, next_at];
        tx.run(sql, values).await?;
        note(&mut tx, Some(subscriber), "changed", &format!("subscription {id}"), by, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Returns subscriptions of active subscribers that are due at `now`: scheduled ones by
    /// `next_at`; at-once ones when there is an open item beyond their cursor and `next_at` has
    /// passed. With the subscriber, by (`cursor`, id).
    pub async fn due_subscriptions(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(Subscription, Subscriber)>> {
        let what = "asking for due subscriptions";
        // Each half of the query has an index of its own: one by time, the other by cursor.
        let sql = "SELECT * FROM (\
                   SELECT s.* FROM subscription s JOIN subscriber p ON p.id = s.subscriber \
                   WHERE s.ended_at IS NULL AND s.schedule <> '' AND s.next_at <= $1 AND p.state = 'active' \
                   UNION ALL SELECT * FROM (\
                   SELECT s.* FROM subscription s JOIN subscriber p ON p.id = s.subscriber \
                   WHERE s.ended_at IS NULL AND s.schedule = '' AND s.next_at <= $1 AND p.state = 'active' \
                   AND s.cursor < (SELECT COALESCE(max(seq), 0) FROM item WHERE standing = 'open') \
                   ORDER BY s.cursor, s.id LIMIT $2) AS behind\
                   ) AS due ORDER BY cursor, id LIMIT $2";
        let rows = self.db.all(what, sql, args![now, limit]).await?;
        let due: Vec<Subscription> = rows.iter().map(read_subscription).collect::<Result<_>>()?;
        let mut ids: Vec<i64> = due.iter().map(|subscription| subscription.subscriber.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let sql = sql!("SELECT * FROM subscriber WHERE id IN ", in "$1", "");
        let mut subscribers = HashMap::new();
        for row in self.db.all(what, sql, args![ids]).await? {
            let subscriber = read_subscriber(&row)?;
            subscribers.insert(subscriber.id, subscriber);
        }
        let with_theirs = due.into_iter().map(|subscription| {
            let subscriber = subscribers.get(&subscription.subscriber).cloned();
            let subscriber = subscriber
                .ok_or_else(|| anyhow!("subscription {} has no subscriber", subscription.id))?;
            Ok((subscription, subscriber))
        });
        with_theirs.collect()
    }

    /// Returns when the next scheduled subscription is due.
    pub async fn next_digest_at(&self) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT s.next_at AS next_at FROM subscription s JOIN subscriber p ON p.id = s.subscriber \
                   WHERE s.ended_at IS NULL AND s.schedule <> '' AND p.state = 'active' ORDER BY s.next_at LIMIT 1";
        let row = self.db.one("asking for the next digest", sql, args![]).await?;
        row.map(|row| row.time("next_at")).transpose()
    }
}
