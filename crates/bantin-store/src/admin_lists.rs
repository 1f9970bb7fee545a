//! Lists of the admin pages: counts by day, what is due next, subscribers and deliveries page by
//! page.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Store;
use super::deliveries::read_listed;
use super::sql::args;
use super::subscriber_rows::read_subscriber;
use crate::ListedDelivery;
use bantin_model::*;

/// Items received and mails sent on each day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CountsByDay {
    /// New items.
    pub items: BTreeMap<NaiveDate, u64>,
    /// Mails sent.
    pub sent: BTreeMap<NaiveDate, u64>,
    /// Mails refused or given up.
    pub failed: BTreeMap<NaiveDate, u64>,
}

/// Digests that are due at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDigest {
    pub at: DateTime<Utc>,
    pub subscriptions: u64,
}

/// Which subscribers to show.
#[derive(Debug, Clone, Default)]
pub struct SubscribersBy {
    /// Part of an address, a name or a group; empty: any.
    pub text: String,
    pub state: Option<SubscriberState>,
    pub group: Option<String>,
    /// Returns only those that come after this one.
    pub after: Option<SubscriberId>,
}

/// Which deliveries to show.
#[derive(Debug, Clone, Default)]
pub struct DeliveriesBy {
    pub state: Option<DeliveryState>,
    pub subscriber: Option<SubscriberId>,
    /// Only those older than this one.
    pub before: Option<DeliveryId>,
}

const DAY_MS: i64 = 86_400_000;

impl Store {
    /// Returns the counts since the day of `since`, by the days of a zone that is always `offset`
    /// ahead of UTC.
    pub async fn counts_by_day(
        &self,
        since: DateTime<Utc>,
        offset: TimeDelta,
    ) -> Result<CountsByDay> {
        let mut days = CountsByDay::default();
        let offset = offset.num_milliseconds();
        let sql = "SELECT (first_seen + $2) / 86400000 AS day, count(*) AS items FROM item \
                   WHERE standing = 'open' AND first_seen >= $1 GROUP BY 1";
        for row in self.db.all("counting the items by day", sql, args![since, offset]).await? {
            days.items.insert(day(row.int("day")?), row.count("items")?);
        }
        let sql = "SELECT (changed_at + $2) / 86400000 AS day, state, count(*) AS mails FROM delivery \
                   WHERE state IN ('sent', 'refused', 'given-up') AND changed_at >= $1 GROUP BY 1, state";
        for row in self.db.all("counting the mails by day", sql, args![since, offset]).await? {
            let (day, mails) = (day(row.int("day")?), row.count("mails")?);
            let of = if row.text("state")? == "sent" { &mut days.sent } else { &mut days.failed };
            *of.entry(day).or_default() += mails;
        }
        Ok(days)
    }

    /// Returns the next times at which digests are due, and for how many subscriptions.
    pub async fn next_digests(&self, limit: u32) -> Result<Vec<DueDigest>> {
        let sql = "SELECT s.next_at AS next_at, count(*) AS subscriptions FROM subscription s \
                   JOIN subscriber p ON p.id = s.subscriber \
                   WHERE s.ended_at IS NULL AND s.schedule <> '' AND p.state = 'active' \
                   GROUP BY s.next_at ORDER BY s.next_at LIMIT $1";
        let rows = self.db.all("asking for the next digests", sql, args![limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(DueDigest {
                    at: row.time("next_at")?,
                    subscriptions: row.count("subscriptions")?,
                })
            })
            .collect()
    }

    /// Returns how many items of a source are held, and how many it has in all.
    pub async fn item_counts(&self, source: &SourceId) -> Result<(u64, u64)> {
        let sql = "SELECT (SELECT count(*) FROM item WHERE source = $1 AND standing = 'held') AS held, \
                   (SELECT count(*) FROM item WHERE source = $1) AS items";
        let row = self.db.one("counting the items of a source", sql, args![source.as_str()]);
        match row.await? {
            Some(row) => Ok((row.count("held")?, row.count("items")?)),
            None => Ok((0, 0)),
        }
    }

    /// Returns subscribers in the order they came, at most `limit`.
    pub async fn find_subscribers(
        &self,
        by: &SubscribersBy,
        limit: u32,
    ) -> Result<Vec<Subscriber>> {
        let sql = "SELECT * FROM subscriber WHERE id > $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR group_name = $3) \
                   AND ($4 = '' OR address_key LIKE $4 ESCAPE '!' OR lower(COALESCE(name, '')) LIKE $4 ESCAPE '!' \
                   OR lower(COALESCE(group_name, '')) LIKE $4 ESCAPE '!') ORDER BY id LIMIT $5";
        let after = by.after.map_or(0, |id| id.0);
        let state = by.state.map_or("", SubscriberState::as_str);
        let group = by.group.as_deref().unwrap_or_default();
        let values = args![after, state, group, pattern(&by.text), limit];
        let rows = self.db.all("looking for subscribers", sql, values).await?;
        rows.iter().map(read_subscriber).collect()
    }

    /// Returns the groups, each with its number of subscribers.
    pub async fn groups(&self) -> Result<Vec<(String, u64)>> {
        let sql = "SELECT group_name, count(*) AS people FROM subscriber WHERE group_name IS NOT NULL AND state <> 'left' \
                   GROUP BY group_name ORDER BY group_name";
        let rows = self.db.all("reading the groups", sql, args![]).await?;
        rows.iter().map(|row| Ok((row.text("group_name")?, row.count("people")?))).collect()
    }

    /// Returns subscribers by state.
    pub async fn subscriber_counts(&self) -> Result<Vec<(SubscriberState, u64)>> {
        let sql = "SELECT state, count(*) AS people FROM subscriber GROUP BY state ORDER BY state";
        let rows = self.db.all("counting the subscribers", sql, args![]).await?;
        let named = |row: &super::sql::SqlRow| row.word("state", SubscriberState::named);
        rows.iter().map(|row| Ok((named(row)?, row.count("people")?))).collect()
    }

    /// Returns deliveries, the newest first, at most `limit`.
    pub async fn find_deliveries(
        &self,
        by: &DeliveriesBy,
        limit: u32,
    ) -> Result<Vec<ListedDelivery>> {
        let sql = "SELECT d.*, p.address, g.subject FROM delivery d JOIN subscriber p ON p.id = d.subscriber \
                   JOIN digest g ON g.id = d.digest WHERE d.id < $1 AND ($2 = '' OR d.state = $2) \
                   AND ($3 = 0 OR d.subscriber = $3) ORDER BY d.id DESC LIMIT $4";
        let before = by.before.map_or(i64::MAX, |id| id.0);
        let state = by.state.map_or("", DeliveryState::as_str);
        let subscriber = by.subscriber.map_or(0, |id| id.0);
        let values = args![before, state, subscriber, limit];
        let rows = self.db.all("looking for deliveries", sql, values).await?;
        rows.iter().map(read_listed).collect()
    }
}

fn day(number: i64) -> NaiveDate {
    let midnight = DateTime::from_timestamp_millis(number.saturating_mul(DAY_MS));
    midnight.unwrap_or_default().date_naive()
}

/// Returns the LIKE pattern that finds a text anywhere.
fn pattern(text: &str) -> String {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return String::new();
    }
    let plain = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}
