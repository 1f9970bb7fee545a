//! Sources and feeds that are managed on the admin pages. Those of the config file are read-only
//! there, and an id or a name belongs to one of the two. The file also holds what the admin does
//! with any source: pausing it, and accepting or rejecting a repaired recipe. Each act is written
//! with its entry in the audit log.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Store;
use super::accounts::log;
use super::audit::ActionChannel;
use super::feeds::{feed_of_both, read_feed};
use super::sources::{managed_by_str, put_source, source_of_both};
use super::sql::{SqlRow, Tx, args, sql, to_json};
use bantin_model::*;

/// Why a change was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveRefusal {
    /// The id or name is taken.
    Taken,
    /// The config file manages it.
    OfTheFile,
    /// There is no such source or feed.
    Unknown,
}

/// The admin's answer to a proposed recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proposal {
    Accept,
    Refuse,
}

/// Position of the first feed of the admin pages, after all feeds of the config file.
const AFTER_CONFIG_FEEDS: i64 = 1_000_000;

/// The sources and feeds of the admin pages, to compare with a config file before that is used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagedSettings {
    pub sources: Vec<SourceId>,
    pub feeds: Vec<Feed>,
}

impl ManagedSettings {
    /// Returns the reasons for which a start or a reload with these would be refused.
    pub fn clashes(&self, sources: &[Source], feeds: &[Feed]) -> Vec<String> {
        let of_sources = sources.iter().filter(|source| self.sources.contains(&source.id));
        let of_feeds =
            feeds.iter().filter(|feed| self.feeds.iter().any(|ours| ours.name == feed.name));
        let of_sources = of_sources.map(|source| source_of_both(&source.id));
        of_sources.chain(of_feeds.map(|feed| feed_of_both(feed.name.as_str()))).collect()
    }
}

async fn stored_source(tx: &mut Tx, id: &SourceId) -> Result<Option<SqlRow>> {
    let sql = sql!("SELECT * FROM source WHERE id = $1", locked "FOR UPDATE");
    tx.one(sql, args![id.as_str()]).await
}

impl Store {
    /// Adds a source of the admin pages, due at once. A retired one comes back with its items.
    pub async fn add_source(
        &self,
        source: &Source,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), SaveRefusal>> {
        let source = Source { managed_by: ManagedBy::Store, ..source.clone() };
        let mut tx = self.db.begin("adding a source").await?;
        let before = stored_source(&mut tx, &source.id).await?;
        if let Some(row) = &before
            && !row.flag("retired")?
        {
            return Ok(Err(SaveRefusal::Taken));
        }
        put_source(&mut tx, &source, now, before).await?;
        log(&mut tx, Some(who), "source-added", source.id.as_str(), ActionChannel::Admin, now)
            .await?;
        tx.bump_version().await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Changes a source of the admin pages; with another address or recipe it is polled at once.
    pub async fn change_source(
        &self,
        source: &Source,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), SaveRefusal>> {
        let source = Source { managed_by: ManagedBy::Store, ..source.clone() };
        let mut tx = self.db.begin("changing a source").await?;
        let before = match check_managed(stored_source(&mut tx, &source.id).await?)? {
            Ok(row) => row,
            Err(why) => return Ok(Err(why)),
        };
        let old: Option<Source> = serde_json::from_str(&before.text("config")?).ok();
        let same = old.is_some_and(|old| old.url == source.url && old.recipe == source.recipe);
        if put_source(&mut tx, &source, now, Some(before)).await? {
            tx.bump_version().await?;
        }
        if !same {
            let sql = "UPDATE source SET next_at = $2 WHERE id = $1";
            tx.run(sql, args![source.id.as_str(), now]).await?;
        }
        log(&mut tx, Some(who), "source-changed", source.id.as_str(), ActionChannel::Admin, now)
            .await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Retires a source of the admin pages: it is not polled any more, its items stay.
    pub async fn delete_source(
        &self,
        id: &SourceId,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), SaveRefusal>> {
        let mut tx = self.db.begin("deleting a source").await?;
        if let Err(why) = check_managed(stored_source(&mut tx, id).await?)? {
            return Ok(Err(why));
        }
        let sql = "UPDATE source SET retired = $2, paused = $3 WHERE id = $1";
        tx.run(sql, args![id.as_str(), true, false]).await?;
        log(&mut tx, Some(who), "source-deleted", id.as_str(), ActionChannel::Admin, now).await?;
        tx.bump_version().await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Pauses or resumes the polling of a source. Returns `false` when there is no such source, or
    /// nothing changes.
    pub async fn pause_source(
        &self,
        id: &SourceId,
        pause: bool,
        who: &str,
        by: ActionChannel,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("pausing a source").await?;
        let sql = "UPDATE source SET paused = $2, next_at = CASE WHEN $2 THEN next_at ELSE $3 END \
                   WHERE id = $1 AND NOT retired AND paused <> $2";
        let changed = tx.run(sql, args![id.as_str(), pause, now]).await? > 0;
        if changed {
            let what = if pause { "source-paused" } else { "source-resumed" };
            log(&mut tx, Some(who), what, id.as_str(), by, now).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Accepts a proposed recipe and polls the source at once, or rejects it, so that it is not
    /// proposed again. Returns `false` when no proposal waits, or another one than `seen`.
    pub async fn answer_proposal(
        &self,
        id: &SourceId,
        seen: DateTime<Utc>,
        answer: Proposal,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("answering a proposal").await?;
        let Some(row) = stored_source(&mut tx, id).await? else { return Ok(false) };
        let proposal: Option<FoundRecipe> = row.maybe_json("proposal")?;
        let same =
            |proposal: &FoundRecipe| proposal.at.timestamp_millis() == seen.timestamp_millis();
        let Some(proposal) = proposal.filter(same) else { return Ok(false) };
        match answer {
            Proposal::Accept => {
                let mut health: Health = row.json("health")?;
                if let Some(broken) = &mut health.broken {
                    broken.polls = 0;
                }
                let sql = "UPDATE source SET found = $2, proposal = NULL, refused = NULL, validators = NULL, \
                           rows_hash = NULL, next_at = $3, health = $4 WHERE id = $1";
                let args = args![id.as_str(), to_json(&proposal), now, to_json(&health)];
                tx.run(sql, args).await?;
                log(&mut tx, Some(who), "repair-accepted", id.as_str(), ActionChannel::Admin, now)
                    .await?;
            }
            Proposal::Refuse => {
                let sql = "UPDATE source SET proposal = NULL, refused = $2 WHERE id = $1";
                tx.run(sql, args![id.as_str(), to_json(&proposal.recipe)]).await?;
                log(&mut tx, Some(who), "repair-refused", id.as_str(), ActionChannel::Admin, now)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Returns the sources and feeds of the admin pages.
    pub async fn managed_settings(&self) -> Result<ManagedSettings> {
        let sql = "SELECT id FROM source WHERE managed_by = 'store' AND NOT retired ORDER BY id";
        let rows = self.db.all("reading the sources of the admin pages", sql, args![]).await?;
        let id = |row: &SqlRow| row.word("id", |id| SourceId::parse(id).ok());
        let sources = rows.iter().map(id).collect::<Result<_>>()?;
        let sql = "SELECT config FROM feed WHERE managed_by = 'store' ORDER BY position";
        let rows = self.db.all("reading the feeds of the admin pages", sql, args![]).await?;
        let feeds = rows.iter().map(read_feed).collect::<Result<_>>()?;
        Ok(ManagedSettings { sources, feeds })
    }

    /// Returns all feeds in their order, each with who manages it.
    pub async fn managed_feeds(&self) -> Result<Vec<(Feed, ManagedBy)>> {
        let sql = "SELECT config, managed_by FROM feed ORDER BY position";
        let rows = self.db.all("reading the feeds", sql, args![]).await?;
        let managed = |text: &str| match text {
            "file" => Some(ManagedBy::File),
            "store" => Some(ManagedBy::Store),
            _ => None,
        };
        rows.iter().map(|row| Ok((read_feed(row)?, row.word("managed_by", managed)?))).collect()
    }

    /// Adds a feed of the admin pages.
    pub async fn add_feed(
        &self,
        feed: &Feed,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), SaveRefusal>> {
        let mut tx = self.db.begin("adding a feed").await?;
        let sql = "INSERT INTO feed (name, position, config, managed_by) \
                   SELECT $1, COALESCE(max(position), 0) + 1, $2, 'store' FROM \
                   (SELECT position FROM feed UNION ALL SELECT $3) places WHERE true ON CONFLICT DO NOTHING";
        let added =
            tx.run(sql, args![feed.name.as_str(), to_json(feed), AFTER_CONFIG_FEEDS]).await?;
        if added == 0 {
            return Ok(Err(SaveRefusal::Taken));
        }
        log(&mut tx, Some(who), "feed-added", feed.name.as_str(), ActionChannel::Admin, now)
            .await?;
        tx.bump_version().await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Changes a feed of the admin pages.
    pub async fn change_feed(
        &self,
        feed: &Feed,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), SaveRefusal>> {
        let mut tx = self.db.begin("changing a feed").await?;
        let sql = "UPDATE feed SET config = $2 WHERE name = $1 AND managed_by = 'store'";
        if tx.run(sql, args![feed.name.as_str(), to_json(feed)]).await? == 0 {
            return Ok(Err(feed_refusal(&mut tx, &feed.name).await?));
        }
        log(&mut tx, Some(who), "feed-changed", feed.name.as_str(), ActionChannel::Admin, now)
            .await?;
        tx.bump_version().await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Deletes a feed of the admin pages. Its subscribers get nothing of it any more.
    pub async fn delete_feed(
        &self,
        name: &FeedName,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), SaveRefusal>> {
        let mut tx = self.db.begin("deleting a feed").await?;
        let sql = "DELETE FROM feed WHERE name = $1 AND managed_by = 'store'";
        if tx.run(sql, args![name.as_str()]).await? == 0 {
            return Ok(Err(feed_refusal(&mut tx, name).await?));
        }
        log(&mut tx, Some(who), "feed-deleted", name.as_str(), ActionChannel::Admin, now).await?;
        tx.bump_version().await?;
        tx.commit().await?;
        Ok(Ok(()))
    }
}

async fn feed_refusal(tx: &mut Tx, name: &FeedName) -> Result<SaveRefusal> {
    let row = tx.one("SELECT name FROM feed WHERE name = $1", args![name.as_str()]).await?;
    Ok(if row.is_some() { SaveRefusal::OfTheFile } else { SaveRefusal::Unknown })
}

fn check_managed(row: Option<SqlRow>) -> Result<Result<SqlRow, SaveRefusal>> {
    Ok(match row {
        Some(row) if row.flag("retired")? => Err(SaveRefusal::Unknown),
        Some(row) if row.text("managed_by")? == managed_by_str(ManagedBy::Store) => Ok(row),
        Some(_) => Err(SaveRefusal::OfTheFile),
        None => Err(SaveRefusal::Unknown),
    })
}
