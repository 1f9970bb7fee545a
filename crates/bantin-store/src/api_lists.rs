//! Lists that programs read page by page. Each page begins after an id, so it is one look-up in an
//! index.

use std::collections::HashMap;

use anyhow::Result;

use super::Store;
use super::digests::read_digest;
use super::sql::{args, sql};
use super::subscriber_rows::{read_subscriber, read_subscription};
use bantin_model::*;

impl Store {
    /// Returns subscribers by id, after this one, in this state (None: any), each with the
    /// subscriptions that have not ended.
    pub async fn subscribers_after(
        &self,
        after: SubscriberId,
        state: Option<SubscriberState>,
        limit: u32,
    ) -> Result<Vec<(Subscriber, Vec<Subscription>)>> {
        let what = "reading a page of subscribers";
        let sql = "SELECT * FROM subscriber WHERE id > $1 AND ($2 = '' OR state = $2) ORDER BY id LIMIT $3";
        let state = state.map_or("", SubscriberState::as_str);
        let rows = self.db.all(what, sql, args![after.0, state, limit]).await?;
        let found: Vec<Subscriber> = rows.iter().map(read_subscriber).collect::<Result<_>>()?;
        let ids: Vec<i64> = found.iter().map(|subscriber| subscriber.id.0).collect();
        let sql = sql!(
            "SELECT * FROM subscription WHERE ended_at IS NULL AND subscriber IN ",
            in "$1",
            " ORDER BY id"
        );
        let mut theirs: HashMap<SubscriberId, Vec<Subscription>> = HashMap::new();
        for row in self.db.all(what, sql, args![ids]).await? {
            let subscription = read_subscription(&row)?;
            theirs.entry(subscription.subscriber).or_default().push(subscription);
        }
        let with_theirs = found.into_iter().map(|subscriber| {
            let theirs = theirs.remove(&subscriber.id).unwrap_or_default();
            (subscriber, theirs)
        });
        Ok(with_theirs.collect())
    }

    /// Returns subscriptions that have not ended, by id, after this one.
    pub async fn subscriptions_after(
        &self,
        after: SubscriptionId,
        limit: u32,
    ) -> Result<Vec<Subscription>> {
        let sql =
            "SELECT * FROM subscription WHERE ended_at IS NULL AND id > $1 ORDER BY id LIMIT $2";
        let rows =
            self.db.all("reading a page of subscriptions", sql, args![after.0, limit]).await?;
        rows.iter().map(read_subscription).collect()
    }

    /// Returns digests of items, the newest first, before this one.
    pub async fn digests_before(&self, before: DigestId, limit: u32) -> Result<Vec<Digest>> {
        let sql = "SELECT * FROM digest WHERE kind = 'items' AND id < $1 ORDER BY id DESC LIMIT $2";
        let rows = self.db.all("reading a page of digests", sql, args![before.0, limit]).await?;
        rows.iter().map(read_digest).collect()
    }

    /// Returns ids of the items with these numbers, in order of number.
    pub async fn item_ids(&self, seqs: &[i64]) -> Result<Vec<ItemId>> {
        let sql = sql!("SELECT id FROM item WHERE seq IN ", in "$1", " ORDER BY seq");
        let rows = self.db.all("looking up items by number", sql, args![seqs.to_vec()]).await?;
        rows.iter().map(super::items::item_id).collect()
    }

    /// Returns deliveries, the newest first, before this one, in this state and to this subscriber
    /// (None: any).
    pub async fn deliveries_before(
        &self,
        before: DeliveryId,
        state: Option<DeliveryState>,
        subscriber: Option<SubscriberId>,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let sql = "SELECT * FROM delivery WHERE id < $1 AND ($2 = '' OR state = $2) AND ($3 = 0 OR subscriber = $3) \
                   ORDER BY id DESC LIMIT $4";
        let state = state.map_or("", DeliveryState::as_str);
        let subscriber = subscriber.map_or(0, |id| id.0);
        let rows = self
            .db
            .all("reading a page of deliveries", sql, args![before.0, state, subscriber, limit])
            .await?;
        rows.iter().map(super::deliveries::read_delivery).collect()
    }
}
