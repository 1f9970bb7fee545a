//! Digests, and the one transaction that P3 depends on. A digest, its deliveries and the cursors of
//! its subscriptions are written together or not at all, and a cursor that has moved meanwhile is
//! left out.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::items::read_item;
use super::served_subscription::ServedSubscription;
use super::sql::{Sql, SqlRow, Tx, args, sql, to_json};
use super::{Store, left_out};
use bantin_model::*;

/// A composed mail on its way into the store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDigest {
    pub kind: DigestKind,
    pub lang: Lang,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub list: String,
    pub composed_at: DateTime<Utc>,
    /// `seq` of the items in it, listed or only counted, in ascending order.
    pub items: Vec<i64>,
}

/// An item that a digest lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemMention {
    pub digest: DigestId,
    pub told: DigestedItem,
}

/// A digest that a subscriber has received or will receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestReceipt {
    pub subscriber: SubscriberId,
    pub digest: DigestId,
    pub sent: bool,
}

/// What an item said before it was revised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierText {
    pub title: String,
    pub content_html: CleanHtml,
}

impl Store {
    /// Writes a digest with its listed items, its deliveries (due at once) and the cursors it
    /// moves, in one transaction (P3).
    ///
    /// Returns `None`, and writes nothing, when no subscription can be served any more.
    pub async fn record_digest(
        &self,
        digest: &NewDigest,
        told: &[DigestedItem],
        served: &[ServedSubscription],
    ) -> Result<Option<DigestId>> {
        let mut tx = self.db.begin("recording a digest").await?;
        let moved = advance_cursors(&mut tx, served).await?;
        if moved.is_empty() {
            return Ok(None);
        }
        let id = insert_digest(&mut tx, digest).await?;
        insert_mentions(&mut tx, id, told).await?;
        insert_deliveries(&mut tx, id, digest.composed_at, &moved).await?;
        tx.commit().await?;
        Ok(Some(id))
    }

    /// Adds deliveries of a digest that was just recorded, for further subscriptions, and moves
    /// their cursors. Returns how many were served.
    pub async fn record_more(
        &self,
        digest: DigestId,
        composed_at: DateTime<Utc>,
        served: &[ServedSubscription],
    ) -> Result<u32> {
        let mut tx = self.db.begin("recording more deliveries of a digest").await?;
        let moved = advance_cursors(&mut tx, served).await?;
        insert_deliveries(&mut tx, digest, composed_at, &moved).await?;
        tx.commit().await?;
        super::sql::small(moved.len())
    }

    /// Returns which digests listed any of these items.
    pub async fn item_mentions(&self, items: &[i64]) -> Result<Vec<ItemMention>> {
        let sql =
            sql!("SELECT * FROM digest_item WHERE item IN ", in "$1", " ORDER BY digest, item");
        let what = "asking which digests told of items";
        let rows = self.db.all(what, sql, args![items.to_vec()]).await?;
        let tellings = rows.iter().map(|row| {
            let told = DigestedItem {
                item: row.int("item")?,
                revision: row.small("revision")?,
                as_revised: row.flag("as_revised")?,
            };
            Ok(ItemMention { digest: DigestId(row.int("digest")?), told })
        });
        tellings.collect()
    }

    /// Returns which of these subscribers have received, or will receive, the digests from `first`
    /// to `last`, in order. A delivery that was refused or given up does not count.
    pub async fn receivers(
        &self,
        subscribers: &[SubscriberId],
        first: DigestId,
        last: DigestId,
    ) -> Result<Vec<DigestReceipt>> {
        let ids: Vec<i64> = subscribers.iter().map(|id| id.0).collect();
        let sql = sql!(
            "SELECT subscriber, digest, max(CASE state WHEN 'sent' THEN 1 ELSE 0 END) = 1 AS sent \
             FROM delivery WHERE digest >= $2 AND digest <= $3 \
             AND state NOT IN ('refused', 'given-up') AND subscriber IN ",
            in "$1",
            " GROUP BY subscriber, digest ORDER BY subscriber, digest"
        );
        let what = "asking who got which digests";
        let rows = self.db.all(what, sql, args![ids, first.0, last.0]).await?;
        let receiving = rows.iter().map(|row| {
            Ok(DigestReceipt {
                subscriber: SubscriberId(row.int("subscriber")?),
                digest: DigestId(row.int("digest")?),
                sent: row.flag("sent")?,
            })
        });
        receiving.collect()
    }

    /// Returns whether a subscription ever got a digest.
    pub async fn was_served(&self, id: SubscriptionId) -> Result<bool> {
        let sql = "SELECT id FROM delivery WHERE subscription = $1 LIMIT 1";
        Ok(self
            .db
            .one("asking whether a subscription was served", sql, args![id.0])
            .await?
            .is_some())
    }

    /// Returns open items that were revised and have changed since, the latest change first.
    pub async fn revised_since(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<Item>> {
        let sql = "SELECT * FROM item WHERE standing = 'open' AND revision > 0 AND changed_at >= $1 \
                   ORDER BY changed_at DESC, seq DESC LIMIT $2";
        let rows = self.db.all("reading the revised items", sql, args![since, limit]).await?;
        rows.iter().map(read_item).collect()
    }

    /// Returns the text of an item (by `seq`) under an earlier revision's number.
    pub async fn earlier_text(&self, item: i64, revision: u32) -> Result<Option<EarlierText>> {
        let sql = "SELECT * FROM revision WHERE item = $1 AND number = $2";
        let what = "reading the earlier text of an item";
        let row = self.db.one(what, sql, args![item, revision]).await?;
        let text = row.map(|row| {
            Ok(EarlierText {
                title: row.text("title")?,
                content_html: CleanHtml::vouched_for(row.text("content_html")?),
            })
        });
        text.transpose()
    }

    /// Returns the items of a digest that it only counts, newest first, without those that are held
    /// by now.
    pub async fn counted_items(&self, digest: &Digest, limit: u32) -> Result<Vec<Item>> {
        let sql = sql!(
            "SELECT * FROM item WHERE standing <> 'held' \
             AND seq NOT IN (SELECT item FROM digest_item WHERE digest = $2) AND seq IN ",
            in "$1",
            " ORDER BY sort_at DESC, seq DESC LIMIT $3"
        );
        let what = "reading the items that a digest only counts";
        let rows = self.db.all(what, sql, args![digest.items.clone(), digest.id.0, limit]).await?;
        rows.iter().map(read_item).collect()
    }

    /// Returns the cursor of a subscription that has received everything seen before this time; 0
    /// when there was nothing.
    pub async fn cursor_at(&self, time: DateTime<Utc>) -> Result<i64> {
        let sql = "SELECT COALESCE(max(seq), 0) AS seq FROM item WHERE first_seen < $1";
        let row = self.db.one("looking for a place in time", sql, args![time]).await?;
        row.map_or(Ok(0), |row| row.int("seq"))
    }

    /// Advances the cursors of subscriptions for which nothing was new.
    pub async fn advance_without_digest(&self, served: &[ServedSubscription]) -> Result<()> {
        let mut tx = self.db.begin("moving subscriptions on").await?;
        advance_cursors(&mut tx, served).await?;
        tx.commit().await
    }

    /// Queues a mail that belongs to no subscription (a confirmation), to one subscriber.
    pub async fn record_single_mail(
        &self,
        digest: &NewDigest,
        to: SubscriberId,
        message_id: &str,
    ) -> Result<DigestId> {
        let mut tx = self.db.begin("recording a letter").await?;
        let id = insert_single_mail(&mut tx, digest, to, message_id).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn digest(&self, id: DigestId) -> Result<Option<Digest>> {
        let sql = "SELECT * FROM digest WHERE id = $1";
        let row = self.db.one("reading a digest", sql, args![id.0]).await?;
        row.as_ref().map(read_digest).transpose()
    }
}

/// Inserts a mail to one subscriber, within the transaction of what it is about.
pub(super) async fn insert_single_mail(
    tx: &mut Tx,
    digest: &NewDigest,
    to: SubscriberId,
    message_id: &str,
) -> Result<DigestId> {
    let id = insert_digest(tx, digest).await?;
    let sql = "INSERT INTO delivery (digest, subscriber, from_cursor, slot, state, next_at, changed_at, message_id, \
               created_at) VALUES ($1, $2, 0, 0, 'waiting', $3, $3, $4, $3)";
    tx.run(sql, args![id.0, to.0, digest.composed_at, message_id]).await?;
    Ok(id)
}

/// Rows in one statement: enough that 100,000 recipients take seconds, few enough that the list is no burden.
const CHUNK: usize = 5_000;

/// `$1` digest, `$2` composed at, `$3` rows of [subscriber, subscription, from_cursor, slot,
/// message id]. A window that was served before, by a clock that ran far ahead, brings no second
/// mail and does not delay other subscribers.
const INSERT_DELIVERIES: Sql = Sql {
    sqlite: "INSERT INTO delivery (digest, subscriber, subscription, from_cursor, slot, message_id, state, next_at, \
             changed_at, created_at) SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, \
             'waiting', $2, $2, $2 FROM json_each($3) WHERE true ORDER BY key ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO delivery (digest, subscriber, subscription, from_cursor, slot, message_id, state, next_at, \
               changed_at, created_at) SELECT $1, (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint, \
               (value ->> 3)::bigint, value ->> 4, 'waiting', $2, $2, $2 \
               FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS one (value, place) ORDER BY place \
               ON CONFLICT DO NOTHING",
};

/// `$1` digest, `$2` rows of [item, revision, as revised].
const INSERT_TOLD: Sql = Sql {
    sqlite: "INSERT INTO digest_item (digest, item, revision, as_revised) \
             SELECT $1, value ->> 0, value ->> 1, value ->> 2 FROM json_each($2)",
    postgres: "INSERT INTO digest_item (digest, item, revision, as_revised) \
               SELECT $1, (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::boolean \
               FROM jsonb_array_elements($2::jsonb) AS one (value)",
};

/// `$1` rows of [subscription, cursor, next_at, served_at].
const MOVE_CURSORS: Sql = Sql {
    sqlite: "UPDATE subscription SET cursor = value ->> 1, next_at = value ->> 2, served_at = max(served_at, value ->> 3) \
             FROM json_each($1) WHERE subscription.id = value ->> 0",
    postgres: "UPDATE subscription SET cursor = (value ->> 1)::bigint, next_at = (value ->> 2)::bigint, \
               served_at = greatest(served_at, (value ->> 3)::bigint) \
               FROM jsonb_array_elements($1::jsonb) AS one (value) WHERE subscription.id = (value ->> 0)::bigint",
};

/// Moves the cursors that are still where the decision found them, of subscriptions that are active
/// and have not ended. Returns those that were moved, each with its subscriber, in the order given.
///
/// A window without items moves no cursor; that it was served shows in `next_at`, which must grow
/// then.
async fn advance_cursors<'a>(
    tx: &mut Tx,
    served: &'a [ServedSubscription],
) -> Result<Vec<(&'a ServedSubscription, i64)>> {
    let ids: Vec<i64> = served.iter().map(|served| served.subscription.0).collect();
    // In order of id, so that two transactions wait for each other instead of deadlocking.
    let sql = sql!(
        "SELECT s.id AS id, s.subscriber AS subscriber, s.cursor AS cursor, s.next_at AS next_at \
         FROM subscription s JOIN subscriber p ON p.id = s.subscriber \
         WHERE s.ended_at IS NULL AND p.state = 'active' AND s.id IN ",
        in "$1",
        " ORDER BY s.id",
        locked "FOR UPDATE OF s"
    );
    let mut standing: HashMap<i64, (i64, i64, DateTime<Utc>)> = HashMap::new();
    for row in tx.all(sql, args![ids]).await? {
        let place = (row.int("subscriber")?, row.int("cursor")?, row.time("next_at")?);
        standing.insert(row.int("id")?, place);
    }
    let mut moved = Vec::new();
    for one in served {
        // Removed, so that a subscription named twice is served once.
        let Some((subscriber, cursor, next_at)) = standing.remove(&one.subscription.0) else {
            continue;
        };
        if cursor == one.from_cursor && (one.to_cursor > cursor || one.next_at > next_at) {
            moved.push((one, subscriber));
        }
    }
    for chunk in moved.chunks(CHUNK) {
        let rows = chunk.iter().map(|(served, _)| {
            let [next_at, at] = [served.next_at, served.at].map(|time| time.timestamp_millis());
            [served.subscription.0, served.to_cursor, next_at, at]
        });
        tx.run(MOVE_CURSORS, args![to_json(&rows.collect::<Vec<_>>())]).await?;
    }
    let those: Vec<&ServedSubscription> = moved.iter().map(|(served, _)| *served).collect();
    left_out::record_left_out(tx, &those).await?;
    Ok(moved)
}

async fn insert_digest(tx: &mut Tx, digest: &NewDigest) -> Result<DigestId> {
    let sql = "INSERT INTO digest (kind, lang, subject, body_text, body_html, list, composed_at, items) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let row = tx
        .one(
            sql,
            args![
                digest.kind.as_str(),
                digest.lang.tag(),
                digest.subject.as_str(),
                digest.text.as_str(),
                digest.html.as_str(),
                digest.list.as_str(),
                digest.composed_at,
                to_json(&digest.items),
            ],
        )
        .await?;
    Ok(DigestId(row.ok_or_else(|| anyhow!("a digest just written has no id"))?.int("id")?))
}

async fn insert_mentions(tx: &mut Tx, digest: DigestId, told: &[DigestedItem]) -> Result<()> {
    if !told.is_empty() {
        let rows = told.iter().map(|told| json!([told.item, told.revision, told.as_revised]));
        tx.run(INSERT_TOLD, args![digest.0, to_json(&rows.collect::<Vec<_>>())]).await?;
    }
    Ok(())
}

async fn insert_deliveries(
    tx: &mut Tx,
    digest: DigestId,
    composed_at: DateTime<Utc>,
    moved: &[(&ServedSubscription, i64)],
) -> Result<()> {
    for chunk in moved.chunks(CHUNK) {
        let rows = chunk.iter().map(|(served, subscriber)| {
            json!([
                subscriber,
                served.subscription.0,
                served.from_cursor,
                served.next_at.timestamp_millis(),
                served.message_id,
            ])
        });
        let rows = to_json(&rows.collect::<Vec<_>>());
        tx.run(INSERT_DELIVERIES, args![digest.0, composed_at, rows]).await?;
    }
    Ok(())
}

pub(super) fn read_digest(row: &SqlRow) -> Result<Digest> {
    Ok(Digest {
        id: DigestId(row.int("id")?),
        kind: row.word("kind", DigestKind::named)?,
        lang: row.word("lang", Lang::from_tag)?,
        subject: row.text("subject")?,
        text: row.text("body_text")?,
        html: row.text("body_html")?,
        list: row.text("list")?,
        composed_at: row.time("composed_at")?,
        items: row.json("items")?,
    })
}
