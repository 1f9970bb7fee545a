//! Repairs times after a clock ran ahead and was corrected: times that lie too far ahead are set
//! again. Nothing is sent twice by it, because cursors stay and slots that have been served stay
//! served.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::sql::args;
use super::subscriber_rows::read_subscription;
use bantin_model::limits::{CLOCK_SLACK, DELIVERY_MAX_RETRY, POLL_LEASE, SERVED_AHEAD};
use bantin_model::*;

impl Store {
    /// Sets the next time of subscriptions that were served by a clock ahead of `now`. Returns how
    /// many.
    pub async fn set_back_subscriptions(&self, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.begin("giving subscriptions their time anew").await?;
        let (soon, far) =
            (now + slack(), now + TimeDelta::from_std(SERVED_AHEAD).expect("days fit"));
        // A subscription that is served at once is due now.
        let sql = "UPDATE subscription SET next_at = $1 WHERE ended_at IS NULL AND schedule = '' AND next_at > $2";
        let mut changed = tx.run(sql, args![now, soon]).await?;
        let sql = "SELECT * FROM subscription WHERE ended_at IS NULL AND schedule <> '' AND served_at > $1 ORDER BY id";
        let calendars = self.calendars();
        let mut known: Vec<(Cadence, Option<DateTime<Utc>>)> = Vec::new();
        for row in tx.all(sql, args![soon]).await? {
            let subscription = read_subscription(&row)?;
            let next = match known.iter().find(|(cadence, _)| *cadence == subscription.cadence) {
                Some((_, next)) => *next,
                None => {
                    let next = subscription.cadence.next_after(now, &calendars);
                    known.push((subscription.cadence.clone(), next));
                    next
                }
            };
            let next = next.map_or(subscription.next_at, |next| next.min(subscription.next_at));
            // Slots of the next few days were really served. Those of a year that the wrong clock
            // gave were not, and are due at their regular times.
            let served_at = if subscription.served_at > far { now } else { subscription.served_at };
            if (next, served_at) != (subscription.next_at, subscription.served_at) {
                let sql = "UPDATE subscription SET next_at = $2, served_at = $3 WHERE id = $1";
                changed += tx.run(sql, args![subscription.id.0, next, served_at]).await?;
            }
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Moves the times of waiting mails and notices so that each waits from `now` as long as it was
    /// to wait. Returns how many.
    pub async fn set_back_deliveries(&self, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.begin("giving mails their time anew").await?;
        let sql = "UPDATE delivery SET next_at = next_at - changed_at + $1, changed_at = $1 \
                   WHERE state = 'waiting' AND changed_at > $2";
        let mut changed = tx.run(sql, args![now, now + slack()]).await?;
        let longest = TimeDelta::from_std(DELIVERY_MAX_RETRY).expect("hours fit");
        let sql = "UPDATE notice SET next_at = $1 WHERE sent_at IS NULL AND next_at > $2";
        changed += tx.run(sql, args![now, now + longest + slack()]).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Makes sources due, a second apart, that were polled at a time still to come, and shortens
    /// leases that last too long. Returns how many.
    pub async fn set_back_sources(&self, now: DateTime<Utc>) -> Result<u64> {
        let lease = now + TimeDelta::from_std(POLL_LEASE).expect("minutes fit");
        let sql = "UPDATE source SET lease_until = $1 WHERE lease_until > $1";
        let mut changed = self.db.write("shortening leases", sql, args![lease]).await?;
        let ahead = now + slack();
        let mut at = now;
        for state in self.sources().await? {
            let polled_ahead = state.health.last_poll.is_some_and(|last| last > ahead);
            if polled_ahead && state.next_at > ahead {
                at += TimeDelta::seconds(1);
                let sql = "UPDATE source SET next_at = $2 WHERE id = $1";
                let what = "giving a source its time anew";
                changed += self.db.write(what, sql, args![state.source.id.as_str(), at]).await?;
            }
        }
        Ok(changed)
    }
}

fn slack() -> TimeDelta {
    TimeDelta::from_std(CLOCK_SLACK).expect("a minute fits")
}
