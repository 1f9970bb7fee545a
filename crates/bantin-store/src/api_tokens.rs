//! Tokens for programs. A token is shown once and stored as a hash, so that a copy of the store
//! gives no access to the API.

use anyhow::Result;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::ActionChannel;
use super::Store;
use super::audit::note;
use super::sql::{SqlRow, args, to_json};

/// What a token permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenScope {
    /// Sources with their health.
    Read,
    /// Subscribers, their subscriptions, digests and deliveries.
    Subscribers,
    /// The figures of /metrics.
    Metrics,
    /// Everything, changes too.
    Admin,
}

impl TokenScope {
    pub const ALL: [TokenScope; 4] =
        [TokenScope::Read, TokenScope::Subscribers, TokenScope::Metrics, TokenScope::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            TokenScope::Read => "read",
            TokenScope::Subscribers => "subscribers",
            TokenScope::Metrics => "metrics",
            TokenScope::Admin => "admin",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A token as it is stored: without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    pub id: i64,
    pub name: String,
    pub scopes: Vec<TokenScope>,
    pub created_at: DateTime<Utc>,
    /// The day on which it was used last.
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiToken {
    pub fn may(&self, scope: TokenScope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&TokenScope::Admin)
    }
}

impl Store {
    /// Makes a token and returns its text, which is not stored. `None` when there is a token of
    /// this name.
    pub async fn add_api_token(
        &self,
        name: &str,
        scopes: &[TokenScope],
        now: DateTime<Utc>,
    ) -> Result<Option<String>> {
        // 244 bits from the system's generator. The prefix lets scanners for leaked secrets
        // recognise it.
        let token = format!("bantin_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let mut tx = self.db.begin("making a token").await?;
        let sql = "INSERT INTO api_token (name, hash, scopes, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let made = tx.run(sql, args![name, hash(&token), to_json(&scopes), now]).await? > 0;
        if made {
            let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            let detail = format!("{name}: {}", scopes.join(", "));
            note(&mut tx, None, "token-added", &detail, ActionChannel::Cli, now).await?;
        }
        tx.commit().await?;
        Ok(made.then_some(token))
    }

    /// Returns all tokens, revoked ones too, oldest first.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>> {
        let sql = "SELECT * FROM api_token ORDER BY id";
        let rows = self.db.all("reading the tokens", sql, args![]).await?;
        rows.iter().map(read_token).collect()
    }

    /// Revokes the token of this name. Returns whether there was one.
    pub async fn revoke_api_token(&self, name: &str, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("revoking a token").await?;
        let sql = "UPDATE api_token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL";
        let revoked = tx.run(sql, args![name, now]).await? > 0;
        if revoked {
            note(&mut tx, None, "token-revoked", name, ActionChannel::Cli, now).await?;
        }
        tx.commit().await?;
        Ok(revoked)
    }

    /// Returns the token with this text and records that it was used today. `None` when it is
    /// unknown or revoked.
    pub async fn use_api_token(&self, token: &str, now: DateTime<Utc>) -> Result<Option<ApiToken>> {
        let sql = "SELECT * FROM api_token WHERE hash = $1 AND revoked_at IS NULL";
        let row = self.db.one("looking up a token", sql, args![hash(token)]).await?;
        let Some(token) = row.as_ref().map(read_token).transpose()? else { return Ok(None) };
        let today = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
        if token.last_used_at != Some(today) {
            let sql = "UPDATE api_token SET last_used_at = $2 WHERE id = $1";
            self.db.write("noting the day of a token", sql, args![token.id, today]).await?;
        }
        Ok(Some(token))
    }
}

fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_token(row: &SqlRow) -> Result<ApiToken> {
    Ok(ApiToken {
        id: row.int("id")?,
        name: row.text("name")?,
        scopes: row.json("scopes")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
    })
}
