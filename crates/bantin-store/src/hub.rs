//! The state of the WebSub hub: topics as last announced, subscriptions with their leases and
//! pending pushes, and requests that wait for verification. All of it survives the end of the
//! process.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::sql::{SqlRow, args, sql};
use bantin_model::limits;

/// What a request to the hub asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HubMode {
    Subscribe,
    Unsubscribe,
    /// Not requested: the subscriber is informed that its topic is gone.
    Denied,
}

impl HubMode {
    pub fn as_str(self) -> &'static str {
        match self {
            HubMode::Subscribe => "subscribe",
            HubMode::Unsubscribe => "unsubscribe",
            HubMode::Denied => "denied",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [HubMode::Subscribe, HubMode::Unsubscribe, HubMode::Denied]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}

/// A request that waits for its verification. No Debug: it holds a secret, and a callback may be one.
#[derive(Clone, PartialEq, Eq)]
pub struct HubRequest {
    /// 0 until it is stored.
    pub id: i64,
    pub mode: HubMode,
    pub topic: String,
    pub callback: String,
    /// Host of the callback; limits are per host.
    pub host: String,
    pub secret: Option<Vec<u8>>,
    pub lease_seconds: u32,
    pub challenge: String,
}

/// What became of a request to the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubRequestOutcome {
    Queued,
    /// Nothing to verify: there is no such subscription to end.
    Nothing,
    /// The callback's host has all the leases that one may have.
    HostIsFull,
    /// The hub has too many subscriptions or waiting requests.
    HubIsFull,
}

/// The present state of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicState {
    pub topic: String,
    /// Hash of its bytes.
    pub hash: String,
    /// The hash of what its subscribers are notified about.
    pub news: String,
}

/// A push that was claimed. No Debug: it holds a secret, and a callback may be one.
#[derive(Clone, PartialEq, Eq)]
pub struct HubPush {
    pub id: i64,
    pub topic: String,
    pub callback: String,
    pub host: String,
    pub secret: Option<Vec<u8>>,
    pub owed_since: DateTime<Utc>,
    /// Number of attempts, this one included.
    pub tries: u32,
}

/// How a push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubPushOutcome {
    /// The callback has received the bytes with this hash.
    Done(String),
    Later(DateTime<Utc>),
    /// The push was tried for long enough. The next change is pushed again.
    GivenUp,
    /// The callback wants no more.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HubCounts {
    pub subscriptions: u64,
    pub waiting_requests: u64,
    pub waiting_pushes: u64,
}

impl Store {
    /// Stores a request until it is verified. It replaces an earlier one of the same kind, so that
    /// at most one verification is under way for it.
    pub async fn queue_hub_request(
        &self,
        asked: &HubRequest,
        now: DateTime<Utc>,
    ) -> Result<HubRequestOutcome> {
        let mut tx = self.db.begin("keeping a request to the hub").await?;
        let sql = "SELECT count(*) AS subscribed FROM hub_subscription \
                   WHERE topic = $1 AND callback = $2 AND expires_at > $3";
        let pair = args![asked.topic.as_str(), asked.callback.as_str(), now];
        let is_subscribed =
            tx.one(sql, pair).await?.map_or(Ok(0), |row| row.count("subscribed"))? > 0;
        match asked.mode {
            HubMode::Unsubscribe if !is_subscribed => return Ok(HubRequestOutcome::Nothing),
            HubMode::Subscribe if !is_subscribed => {
                // Waiting requests count as well, or a thousand could pass before the first is
                // verified.
                let sql = "SELECT (SELECT count(*) FROM hub_subscription WHERE expires_at > $4) AS every, \
                           (SELECT count(*) FROM hub_subscription WHERE host = $1 AND expires_at > $4) + \
                           (SELECT count(*) FROM hub_request WHERE host = $1 AND mode = 'subscribe' \
                           AND NOT (topic = $2 AND callback = $3)) AS of_host";
                let counted =
                    args![asked.host.as_str(), asked.topic.as_str(), asked.callback.as_str(), now];
                if let Some(row) = tx.one(sql, counted).await? {
                    if row.count("of_host")? >= limits::HUB_LEASES_PER_HOST {
                        return Ok(HubRequestOutcome::HostIsFull);
                    }
                    if row.count("every")? >= limits::HUB_SUBSCRIPTIONS {
                        return Ok(HubRequestOutcome::HubIsFull);
                    }
                }
            }
            _ => {}
        }
        let sql = "SELECT count(*) AS waiting FROM hub_request";
        let waiting = tx.one(sql, args![]).await?.map_or(Ok(0), |row| row.count("waiting"))?;
        if waiting >= limits::HUB_REQUESTS {
            return Ok(HubRequestOutcome::HubIsFull);
        }
        // One that is being verified stays `sending`: its own answer no longer counts (another challenge), and the new
        // one is claimed when that has ended.
        let sql = "INSERT INTO hub_request (mode, topic, callback, host, secret, lease_seconds, challenge, asked_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (topic, callback, mode) DO UPDATE SET \
                   secret = excluded.secret, lease_seconds = excluded.lease_seconds, challenge = excluded.challenge, \
                   asked_at = excluded.asked_at, tries = 0";
        let request = args![
            asked.mode.as_str(),
            asked.topic.as_str(),
            asked.callback.as_str(),
            asked.host.as_str(),
            asked.secret.clone(),
            asked.lease_seconds,
            asked.challenge.as_str(),
            now
        ];
        tx.run(sql, request).await?;
        tx.commit().await?;
        Ok(HubRequestOutcome::Queued)
    }

    /// Claims up to `limit` requests to verify, oldest first. The attempt is on disk before a
    /// callback is asked, so that crashes repeat a verification at most as often as the limit says.
    pub async fn claim_hub_requests(&self, limit: u32) -> Result<Vec<HubRequest>> {
        let mut tx = self.db.begin("claiming requests to the hub").await?;
        let sql = sql!(
            "SELECT * FROM hub_request WHERE NOT sending AND tries < $2 ORDER BY id LIMIT $1",
            locked "FOR UPDATE SKIP LOCKED"
        );
        let rows = tx.all(sql, args![limit, limits::HUB_VERIFY_TRIES]).await?;
        let found: Vec<HubRequest> = rows.iter().map(read_request).collect::<Result<_>>()?;
        if found.is_empty() {
            return Ok(found);
        }
        let ids: Vec<i64> = found.iter().map(|request| request.id).collect();
        let sql = sql!(
            "UPDATE hub_request SET sending = true, tries = tries + 1 WHERE id IN ", in "$1", ""
        );
        tx.run(sql, args![ids]).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Records the answers of the callbacks: whether each confirmed. A confirmed subscription
    /// begins with the present state of the topic (`hashes`, by topic); a renewed one keeps its
    /// pending push. A request whose challenge was replaced meanwhile waits on.
    pub async fn record_hub_verified(
        &self,
        verified: &[(HubRequest, bool)],
        hashes: &HashMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.db.begin("recording what callbacks confirmed").await?;
        for (request, confirmed) in verified {
            let sql = "DELETE FROM hub_request WHERE id = $1 AND challenge = $2";
            let current = tx.run(sql, args![request.id, request.challenge.as_str()]).await? > 0;
            if !current {
                let sql = "UPDATE hub_request SET sending = false WHERE id = $1";
                tx.run(sql, args![request.id]).await?;
                continue;
            }
            if !confirmed {
                continue;
            }
            let (topic, callback) = (request.topic.as_str(), request.callback.as_str());
            match request.mode {
                HubMode::Subscribe => {
                    let until = now + TimeDelta::seconds(request.lease_seconds.into());
                    let sql = "INSERT INTO hub_subscription (topic, callback, host, secret, expires_at, created_at) \
                               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (topic, callback) DO UPDATE SET \
                               secret = excluded.secret, expires_at = excluded.expires_at";
                    let subscription = args![
                        topic,
                        callback,
                        request.host.as_str(),
                        request.secret.clone(),
                        until,
                        now
                    ];
                    tx.run(sql, subscription).await?;
                    if let Some(hash) = hashes.get(topic) {
                        let sql = "INSERT INTO hub_topic (topic, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING";
                        tx.run(sql, args![topic, hash.as_str()]).await?;
                    }
                }
                HubMode::Unsubscribe => {
                    let sql = "DELETE FROM hub_subscription WHERE topic = $1 AND callback = $2";
                    tx.run(sql, args![topic, callback]).await?;
                }
                HubMode::Denied => {}
            }
        }
        tx.commit().await
    }

    /// Compares the hub's topics with their present hashes and queues pushes. Every subscriber of a
    /// topic that changed is owed it from `at` on. A topic seen for the first time has not changed.
    /// Returns how many pushes are owed that were not before.
    pub async fn hub_announce(
        &self,
        topics: &[(String, String)],
        now: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64> {
        let kept = self.hub_topics().await?;
        let changed: Vec<&(String, String)> =
            topics.iter().filter(|(topic, hash)| kept.get(topic) != Some(hash)).collect();
        if changed.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.begin("announcing what changed").await?;
        let mut owed = 0;
        for (topic, hash) in changed {
            let sql = "INSERT INTO hub_topic (topic, hash) VALUES ($1, $2) \
                       ON CONFLICT (topic) DO UPDATE SET hash = excluded.hash";
            tx.run(sql, args![topic.as_str(), hash.as_str()]).await?;
            if !kept.contains_key(topic) {
                continue;
            }
            // A subscriber with a push pending keeps its time: the changes are merged, and a
            // callback that is down is not called more often because much happens.
            let sql = "UPDATE hub_subscription SET owed = $2, next_at = CASE WHEN owed IS NULL THEN $4 ELSE next_at END, \
                       tries = CASE WHEN owed IS NULL THEN 0 ELSE tries END, \
                       owed_since = CASE WHEN owed IS NULL THEN $3 ELSE owed_since END \
                       WHERE topic = $1 AND expires_at > $3";
            owed += tx.run(sql, args![topic.as_str(), hash.as_str(), now, at]).await?;
        }
        tx.commit().await?;
        Ok(owed)
    }

    /// Replaces the hashes of topics whose bytes changed without news, because a newer version
    /// reads a page better. No one is notified; pushes that are owed anyway send the new bytes.
    /// Returns the number of topics.
    pub async fn hub_update_hashes(&self, topics: &[TopicState]) -> Result<u64> {
        let sql = "SELECT topic, hash, news FROM hub_topic WHERE news IS NOT NULL";
        let mut kept = HashMap::new();
        for row in self.db.all("reading the hub's news", sql, args![]).await? {
            kept.insert(row.text("topic")?, (row.text("hash")?, row.text("news")?));
        }
        let is_quiet = |topic: &&TopicState| {
            let before = kept.get(&topic.topic);
            before.is_some_and(|(hash, news)| *news == topic.news && *hash != topic.hash)
        };
        let quiet: Vec<&TopicState> = topics.iter().filter(is_quiet).collect();
        if quiet.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.begin("taking over better readings").await?;
        let mut taken = 0;
        for topic in quiet {
            let to = || args![topic.topic.as_str(), topic.hash.as_str()];
            taken += tx.run("UPDATE hub_topic SET hash = $2 WHERE topic = $1", to()).await?;
            let sql = "UPDATE hub_subscription SET owed = $2 WHERE topic = $1 AND owed IS NOT NULL";
            tx.run(sql, to()).await?;
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Records what was announced as the topics' news. It comes after [`Store::hub_announce`]:
    /// after a crash between the two, the same is announced again, and has not changed.
    pub async fn hub_record_news(&self, topics: &[TopicState]) -> Result<()> {
        let sql = "SELECT topic, news FROM hub_topic";
        let mut kept = HashMap::new();
        for row in self.db.all("reading the hub's news", sql, args![]).await? {
            kept.insert(row.text("topic")?, row.maybe_text("news")?);
        }
        let is_new = |topic: &&TopicState| {
            kept.get(&topic.topic).is_some_and(|news| news.as_ref() != Some(&topic.news))
        };
        let new: Vec<&TopicState> = topics.iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin("keeping the hub's news").await?;
        for topic in new {
            let sql = "UPDATE hub_topic SET news = $2 WHERE topic = $1";
            tx.run(sql, args![topic.topic.as_str(), topic.news.as_str()]).await?;
        }
        tx.commit().await
    }

    /// Returns the hashes announced last, by topic.
    pub async fn hub_topics(&self) -> Result<HashMap<String, String>> {
        let sql = "SELECT topic, hash FROM hub_topic";
        let rows = self.db.all("reading the hub's topics", sql, args![]).await?;
        rows.iter().map(|row| Ok((row.text("topic")?, row.text("hash")?))).collect()
    }

    /// Ends the subscriptions to topics that are not among `topics` any more, and queues a
    /// notification to their callbacks. Returns their number.
    pub async fn hub_withdraw(&self, topics: &[String], now: DateTime<Utc>) -> Result<u64> {
        let left: HashSet<&String> = topics.iter().collect();
        let sql = "SELECT DISTINCT topic FROM hub_subscription UNION SELECT topic FROM hub_topic";
        let rows = self.db.all("looking for topics that are gone", sql, args![]).await?;
        let gone: Vec<String> = rows.iter().map(|row| row.text("topic")).collect::<Result<_>>()?;
        let gone: Vec<String> = gone.into_iter().filter(|topic| !left.contains(topic)).collect();
        if gone.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.begin("ending subscriptions to topics that are gone").await?;
        let sql = sql!(
            "INSERT INTO hub_request (mode, topic, callback, host, lease_seconds, challenge, asked_at) \
             SELECT 'denied', topic, callback, host, 0, '', $2 FROM hub_subscription \
             WHERE expires_at > $2 AND topic IN ",
            in "$1",
            " ON CONFLICT DO NOTHING"
        );
        tx.run(sql, args![gone.clone(), now]).await?;
        let sql = sql!("DELETE FROM hub_request WHERE mode <> 'denied' AND topic IN ", in "$1", "");
        tx.run(sql, args![gone.clone()]).await?;
        let sql = sql!("DELETE FROM hub_subscription WHERE topic IN ", in "$1", "");
        let ended = tx.run(sql, args![gone.clone()]).await?;
        let sql = sql!("DELETE FROM hub_topic WHERE topic IN ", in "$1", "");
        tx.run(sql, args![gone]).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Takes up to `limit` pushes that are due, the longest waiting first.
    pub async fn claim_hub_pushes(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<HubPush>> {
        let mut tx = self.db.begin("claiming pushes").await?;
        let sql = sql!(
            "SELECT * FROM hub_subscription WHERE owed IS NOT NULL AND NOT sending AND next_at <= $1 \
             AND expires_at > $1 ORDER BY next_at, id LIMIT $2",
            locked "FOR UPDATE SKIP LOCKED"
        );
        let rows = tx.all(sql, args![now, limit]).await?;
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let claimed: Vec<HubPush> = rows.iter().map(read_push).collect::<Result<_>>()?;
        let ids: Vec<i64> = claimed.iter().map(|push| push.id).collect();
        let sql = sql!(
            "UPDATE hub_subscription SET sending = true, tries = tries + 1 WHERE id IN ", in "$1", ""
        );
        tx.run(sql, args![ids]).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Records how pushes ended. What changed while one was under way is owed still, and due at once.
    pub async fn record_hub_pushes(
        &self,
        pushed: &[(i64, HubPushOutcome)],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.db.begin("recording pushes").await?;
        for (id, pushed) in pushed {
            match pushed {
                HubPushOutcome::Done(hash) => {
                    let sql = "UPDATE hub_subscription SET sending = false, tries = 0, pushed_at = $3, next_at = $3, \
                               owed_since = CASE WHEN owed = $2 THEN NULL ELSE $3 END, \
                               owed = CASE WHEN owed = $2 THEN NULL ELSE owed END WHERE id = $1";
                    tx.run(sql, args![*id, hash.as_str(), now]).await?;
                }
                HubPushOutcome::Later(at) => {
                    let sql =
                        "UPDATE hub_subscription SET sending = false, next_at = $2 WHERE id = $1";
                    tx.run(sql, args![*id, *at]).await?;
                }
                HubPushOutcome::GivenUp => {
                    let sql = "UPDATE hub_subscription SET sending = false, tries = 0, owed = NULL, \
                               owed_since = NULL WHERE id = $1";
                    tx.run(sql, args![*id]).await?;
                }
                HubPushOutcome::Gone => {
                    tx.run("DELETE FROM hub_subscription WHERE id = $1", args![*id]).await?;
                }
            }
        }
        tx.commit().await
    }

    /// Returns when the next unclaimed push is due.
    pub async fn next_hub_push_at(&self) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT min(next_at) AS next_at FROM hub_subscription WHERE owed IS NOT NULL AND NOT sending";
        let row = self.db.one("asking for the next push", sql, args![]).await?;
        Ok(row.map(|row| row.maybe_time("next_at")).transpose()?.flatten())
    }

    /// Forgets leases that have ended and requests that were tried in vain. Returns how many
    /// leases.
    pub async fn forget_ended_leases(&self, now: DateTime<Utc>) -> Result<u64> {
        let sql =
            "SELECT count(*) AS ended FROM hub_subscription WHERE expires_at <= $1 AND NOT sending";
        let row = self.db.one("looking for ended leases", sql, args![now]).await?;
        let stale = "DELETE FROM hub_request WHERE tries >= $1 AND NOT sending";
        if row.map_or(Ok(0), |row| row.count("ended"))? == 0 {
            let vain = "SELECT count(*) AS vain FROM hub_request WHERE tries >= $1 AND NOT sending";
            let tries = args![limits::HUB_VERIFY_TRIES];
            let row = self.db.one("looking for requests tried in vain", vain, tries).await?;
            if row.map_or(Ok(0), |row| row.count("vain"))? == 0 {
                return Ok(0);
            }
        }
        let mut tx = self.db.begin("forgetting ended leases").await?;
        tx.run(stale, args![limits::HUB_VERIFY_TRIES]).await?;
        let sql = "DELETE FROM hub_subscription WHERE expires_at <= $1 AND NOT sending";
        let ended = tx.run(sql, args![now]).await?;
        tx.commit().await?;
        Ok(ended)
    }

    pub async fn hub_counts(&self, now: DateTime<Utc>) -> Result<HubCounts> {
        let sql = "SELECT (SELECT count(*) FROM hub_subscription WHERE expires_at > $1) AS subscriptions, \
                   (SELECT count(*) FROM hub_request) AS requests, \
                   (SELECT count(*) FROM hub_subscription WHERE owed IS NOT NULL AND expires_at > $1) AS pushes";
        let Some(row) = self.db.one("counting the hub's work", sql, args![now]).await? else {
            return Ok(HubCounts::default());
        };
        Ok(HubCounts {
            subscriptions: row.count("subscriptions")?,
            waiting_requests: row.count("requests")?,
            waiting_pushes: row.count("pushes")?,
        })
    }
}

fn read_request(row: &SqlRow) -> Result<HubRequest> {
    Ok(HubRequest {
        id: row.int("id")?,
        mode: row.word("mode", HubMode::named)?,
        topic: row.text("topic")?,
        callback: row.text("callback")?,
        host: row.text("host")?,
        secret: row.maybe_bytes("secret")?,
        lease_seconds: row.small("lease_seconds")?,
        challenge: row.text("challenge")?,
    })
}

fn read_push(row: &SqlRow) -> Result<HubPush> {
    Ok(HubPush {
        id: row.int("id")?,
        topic: row.text("topic")?,
        callback: row.text("callback")?,
        host: row.text("host")?,
        secret: row.maybe_bytes("secret")?,
        owed_since: row.maybe_time("owed_since")?.unwrap_or_default(),
        tries: row.small("tries")?.saturating_add(1),
    })
}
