//! Tokens of private feeds: one for each reader, shown once when it is made, known here by its hash alone.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, Utc};

use super::Store;
use super::sql::args;
use bantin_model::FeedName;

/// What is known of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedToken {
    pub id: i64,
    pub feed: FeedName,
    pub hash: String,
    /// The person the admin gave it to.
    pub holder: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The last day on which it was used.
    pub used_on: Option<NaiveDate>,
}

impl Store {
    /// Stores a new token and returns its number.
    pub async fn add_feed_token(
        &self,
        feed: &FeedName,
        hash: &str,
        holder: &str,
        now: DateTime<Utc>,
    ) -> Result<i64> {
        let mut tx = self.db.begin("keeping a token").await?;
        let sql = "INSERT INTO feed_token (feed, hash, holder, created_at) VALUES ($1, $2, $3, $4) RETURNING id";
        let row = tx.one(sql, args![feed.as_str(), hash, holder, now]).await?;
        let id = row.map_or(Ok(0), |row| row.int("id"))?;
        tx.bump_version().await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Returns all tokens, those revoked too, oldest first.
    pub async fn feed_tokens(&self) -> Result<Vec<FeedToken>> {
        let sql = "SELECT * FROM feed_token ORDER BY id";
        let rows = self.db.all("reading the tokens", sql, args![]).await?;
        let tokens = rows.iter().map(|row| {
            Ok(FeedToken {
                id: row.int("id")?,
                feed: row.word("feed", |text| FeedName::parse(text).ok())?,
                hash: row.text("hash")?,
                holder: row.text("holder")?,
                created_at: row.time("created_at")?,
                revoked_at: row.maybe_time("revoked_at")?,
                used_on: row.maybe_text("used_on")?.and_then(|day| day.parse().ok()),
            })
        });
        tokens.collect()
    }

    /// Revokes a token. Returns `false` if there is no valid one of this number.
    pub async fn revoke_feed_token(&self, id: i64, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("revoking a token").await?;
        let sql = "UPDATE feed_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        let revoked = tx.run(sql, args![id, now]).await? > 0;
        tx.bump_version().await?;
        tx.commit().await?;
        Ok(revoked)
    }

    /// Records that these tokens were used on a day.
    pub async fn feed_tokens_used(&self, ids: &[i64], day: NaiveDate) -> Result<()> {
        let sql = super::sql::sql!(
            "UPDATE feed_token SET used_on = $2 WHERE (used_on IS NULL OR used_on < $2) AND id IN ",
            in "$1",
            ""
        );
        let args = args![ids.to_vec(), day.to_string()];
        self.db.write("taking down that tokens were used", sql, args).await?;
        Ok(())
    }
}
