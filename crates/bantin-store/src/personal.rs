//! What subscribers do with what is theirs: pause, come back, choose a language, make old links void, take everything out.
//! And offices that bring their people in one list.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::audit::{ActionChannel, Actor, erase_all, note};
use super::digests::NewDigest;
use super::requests::ask_by_mail;
use super::sql::{Tx, args, sql};
use super::subscriber_rows::{address_key, read_subscription};
use super::subscribers::{NewSubscription, insert_subscription, locked_subscriber};
use bantin_model::limits::PAUSE_CAUGHT_UP;
use bantin_model::*;

/// One line of a list of subscribers.
#[derive(Clone, PartialEq)]
pub struct NewSubscriber {
    /// In its one form.
    pub address: String,
    pub name: Option<String>,
    pub group: Option<String>,
    pub lang: Lang,
    pub wanted: NewSubscription,
    pub next_at: DateTime<Utc>,
    /// Of the mail that asks to confirm, should one be needed.
    pub message_id: String,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    New,
    /// Known, and now with one more subscription.
    Added,
    /// Everything in the line was there already.
    Unchanged,
    /// Has left: a list does not bring anybody back.
    HasLeft,
}

impl Store {
    /// Takes lines of a list in, all of them or none. Without `letter` (one mail a language, Vietnamese first) the people
    /// have agreed already and get digests at once; with it, new ones are asked to confirm.
    pub async fn import_subscribers(
        &self,
        lines: &[NewSubscriber],
        letter: Option<[&NewDigest; 2]>,
        now: DateTime<Utc>,
    ) -> Result<Vec<ImportOutcome>> {
        let mut tx = self.db.begin("importing subscribers").await?;
        let mut done = Vec::with_capacity(lines.len());
        for line in lines {
            done.push(import_one(&mut tx, line, letter, now).await?);
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Puts a subscriber into a group, or with None in no group.
    pub async fn set_group(&self, id: SubscriberId, group: Option<&str>) -> Result<()> {
        let sql = "UPDATE subscriber SET group_name = $2 WHERE id = $1";
        self.db.write("putting a subscriber into a group", sql, args![id.0, group]).await?;
        Ok(())
    }

    /// The language of pages and mails from now on.
    pub async fn set_subscriber_lang(&self, id: SubscriberId, lang: Lang) -> Result<()> {
        let sql = "UPDATE subscriber SET lang = $2 WHERE id = $1";
        self.db.write("choosing a subscriber's language", sql, args![id.0, lang.tag()]).await?;
        Ok(())
    }

    /// Returns an active (or paused) subscriber gets nothing until `until`. False for any other.
    pub async fn pause_subscriber(
        &self,
        id: SubscriberId,
        until: DateTime<Utc>,
        hand: impl Into<Actor<'_>>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("pausing a subscriber").await?;
        let sql = "UPDATE subscriber SET state = 'paused', paused_until = $2 \
                   WHERE id = $1 AND state IN ('active', 'paused')";
        let paused = tx.run(sql, args![id.0, until]).await? > 0;
        if paused {
            note(&mut tx, Some(id), "paused", &format!("until {}", until.to_rfc3339()), hand, now)
                .await?;
        }
        tx.commit().await?;
        Ok(paused)
    }

    /// Ends a subscriber's pause now. False for who has none.
    pub async fn resume_subscriber(
        &self,
        id: SubscriberId,
        hand: impl Into<Actor<'_>>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("ending a pause").await?;
        let resumed = resume(&mut tx, id, hand, now, &self.calendars()).await?;
        tx.commit().await?;
        Ok(resumed)
    }

    /// Ends all pauses that are over at `now`. Returns how many.
    pub async fn end_pauses(&self, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.begin("ending the pauses that are over").await?;
        let sql = sql!(
            "SELECT id FROM subscriber WHERE state = 'paused' AND paused_until <= $1 ORDER BY id",
            locked "FOR UPDATE"
        );
        let mut ended = 0;
        for row in tx.all(sql, args![now]).await? {
            let id = SubscriberId(row.int("id")?);
            ended += u64::from(
                resume(&mut tx, id, ActionChannel::Daemon, now, &self.calendars()).await?,
            );
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Makes all links to a subscriber's preferences void but those written from now on; the new number.
    pub async fn renew_link(
        &self,
        id: SubscriberId,
        by: ActionChannel,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        let mut tx = self.db.begin("renewing a subscriber's link").await?;
        let sql = "UPDATE subscriber SET link_number = link_number + 1 WHERE id = $1 RETURNING link_number";
        let Some(row) = tx.one(sql, args![id.0]).await? else { return Ok(None) };
        note(&mut tx, Some(id), "changed", "a new link to the preferences", by, now).await?;
        tx.commit().await?;
        row.int("link_number").map(Some)
    }

    /// Deletes everything that is known of a subscriber: address, name, subscriptions, requests,
    /// deliveries, mail that waits. What stays are the times of the audit log under a keyed hash.
    /// Returns `false` when there is none.
    pub async fn erase_subscriber(
        &self,
        id: SubscriberId,
        by: ActionChannel,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("erasing a subscriber").await?;
        let sql = sql!("SELECT address FROM subscriber WHERE id = $1", locked "FOR UPDATE");
        let Some(row) = tx.one(sql, args![id.0]).await? else { return Ok(false) };
        note(&mut tx, Some(id), "erased", "", by, now).await?;
        erase_all(&mut tx, &[(id.0, row.text("address")?)]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// A pause that ends is followed by one digest that looks back on the last week at most, at the usual hour: somebody back
/// from leave wants the last days, not a month in one mail; older news stays on the page.
async fn resume(
    tx: &mut Tx,
    id: SubscriberId,
    hand: impl Into<Actor<'_>>,
    now: DateTime<Utc>,
    calendars: &Calendars,
) -> Result<bool> {
    let sql = "UPDATE subscriber SET state = 'active', paused_until = NULL WHERE id = $1 AND state = 'paused'";
    if tx.run(sql, args![id.0]).await? == 0 {
        return Ok(false);
    }
    let oldest = now - TimeDelta::from_std(PAUSE_CAUGHT_UP).expect("a week fits");
    // The greatest number is the one before the first item of the time looked back on. Numbers grow with the time.
    let sql = "SELECT COALESCE(max(seq), 0) AS seq FROM item WHERE first_seen < $1";
    let passed = tx.one(sql, args![oldest]).await?.map_or(Ok(0), |row| row.int("seq"))?;
    let sql = "UPDATE subscription SET cursor = $2 WHERE subscriber = $1 AND ended_at IS NULL AND cursor < $2";
    tx.run(sql, args![id.0, passed]).await?;
    let sql =
        "SELECT * FROM subscription WHERE subscriber = $1 AND ended_at IS NULL AND next_at <= $2";
    for row in tx.all(sql, args![id.0, now]).await? {
        let missed = read_subscription(&row)?;
        if let Some(next_at) = missed.cadence.next_after(now, calendars) {
            let sql = "UPDATE subscription SET next_at = $2 WHERE id = $1";
            tx.run(sql, args![missed.id.0, next_at]).await?;
        }
    }
    note(tx, Some(id), "resumed", "", hand, now).await?;
    Ok(true)
}

async fn import_one(
    tx: &mut Tx,
    line: &NewSubscriber,
    letter: Option<[&NewDigest; 2]>,
    now: DateTime<Utc>,
) -> Result<ImportOutcome> {
    let key = address_key(&line.address);
    let state = if letter.is_some() { SubscriberState::Pending } else { SubscriberState::Active };
    let confirmed_at = (state == SubscriberState::Active).then_some(now);
    let sql = "INSERT INTO subscriber (address, address_key, name, lang, state, created_at, confirmed_at, group_name) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let (name, group) = (line.name.as_deref(), line.group.as_deref());
    let values = args![
        line.address.as_str(),
        key.as_str(),
        name,
        line.lang.tag(),
        state.as_str(),
        now,
        confirmed_at,
        group
    ];
    let is_new = tx.run(sql, values).await? > 0;
    let subscriber = locked_subscriber(tx, &key).await?;
    if subscriber.state == SubscriberState::Left {
        return Ok(ImportOutcome::HasLeft);
    }
    let id = subscriber.id;
    let known = if is_new { Vec::new() } else { subscriptions_in(tx, id).await? };
    if group.is_some() && subscriber.group.as_deref() != group {
        let sql = "UPDATE subscriber SET group_name = $2 WHERE id = $1";
        tx.run(sql, args![id.0, group]).await?;
    }
    // A pending one stays so, until the owner or an admin says otherwise.
    let added = insert_subscription(tx, id, &line.wanted, line.next_at, now).await?;
    if known.contains(&added) {
        return Ok(ImportOutcome::Unchanged);
    }
    note(tx, Some(id), "imported", &format!("subscription {added}"), ActionChannel::Cli, now)
        .await?;
    if let Some([vi, en]) = letter
        && subscriber.state == SubscriberState::Pending
    {
        let letter = if line.lang == Lang::En { en } else { vi };
        ask_by_mail(tx, id, (letter, &line.message_id), now).await?;
    }
    Ok(if is_new { ImportOutcome::New } else { ImportOutcome::Added })
}

async fn subscriptions_in(tx: &mut Tx, id: SubscriberId) -> Result<Vec<SubscriptionId>> {
    let sql = "SELECT id FROM subscription WHERE subscriber = $1 AND ended_at IS NULL";
    let rows = tx.all(sql, args![id.0]).await?;
    rows.iter().map(|row| Ok(SubscriptionId(row.int("id")?))).collect()
}
