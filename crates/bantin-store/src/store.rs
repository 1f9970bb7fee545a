//! The handle on the store, and the few values that belong to no table: counters and the secret.

use std::sync::{Arc, RwLock};

use anyhow::{Result, anyhow};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use bantin_model::Calendars;

use super::db::Db;
use super::sql::args;

/// A handle on the store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(super) db: Db,
    /// By these it is known when a subscription is due next.
    calendars: Arc<RwLock<Arc<Calendars>>>,
}

impl Store {
    /// Opens (and creates, for SQLite) the store at `sqlite:PATH`, `sqlite::memory:` or `postgres://…` and brings its
    /// tables up to date. The error says what is wrong with the URL, the file or the server, without a password.
    pub async fn open(url: &str) -> Result<Store> {
        let store = Store::of(Db::open(url).await?);
        store.draw_secret().await?;
        Ok(store)
    }

    /// Opens the store for reading what the admin pages manage: as it is, without making one and
    /// without bringing its tables up to date. Returns `None` where there is no store yet.
    pub async fn open_read_only(url: &str) -> Result<Option<Store>> {
        let Some(db) = Db::open_existing(url).await? else { return Ok(None) };
        Ok(Some(Store::of(db)))
    }

    pub(super) fn of(db: Db) -> Store {
        Store { db, calendars: Arc::default() }
    }

    /// Returns the holidays that cadences are worked out by: those that are shipped, until others
    /// are said to hold.
    pub fn calendars(&self) -> Arc<Calendars> {
        self.calendars.read().expect("no one panics while holding the calendars").clone()
    }

    /// From now on these holidays hold, for every clone of this handle. Subscriptions keep the time that they are next
    /// due at.
    pub fn set_calendars(&self, calendars: Calendars) {
        *self.calendars.write().expect("no one panics while holding the calendars") =
            Arc::new(calendars);
    }

    /// Whether the engine answers.
    pub async fn ping(&self) -> Result<()> {
        self.db.one("asking the store for a sign of life", "SELECT 1 AS alive", args![]).await?;
        Ok(())
    }

    /// Grows with every change that readers could see (items, feeds, names of sources).
    pub async fn version(&self) -> Result<i64> {
        self.counter("version").await
    }

    /// Returns the greatest `seq` given so far, 0 without items.
    pub async fn last_seq(&self) -> Result<i64> {
        self.counter("seq").await
    }

    async fn counter(&self, name: &str) -> Result<i64> {
        let sql = "SELECT value FROM counter WHERE name = $1";
        let row = self.db.one("reading a counter", sql, args![name]).await?;
        row.ok_or_else(|| anyhow!("the store has lost its counter {name}"))?.int("value")
    }

    /// Returns a secret of 32 bytes, drawn when the store was made: what tokens are signed with.
    pub async fn secret(&self) -> Result<[u8; 32]> {
        let row =
            self.kept_secret().await?.ok_or_else(|| anyhow!("the store has lost its secret"))?;
        row.try_into().map_err(|_| anyhow!("the store's secret does not have 32 bytes"))
    }

    async fn kept_secret(&self) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT bytes FROM secret WHERE one = 1";
        let row = self.db.one("reading the store's secret", sql, args![]).await?;
        row.map(|row| row.bytes("bytes")).transpose()
    }

    async fn draw_secret(&self) -> Result<()> {
        if self.kept_secret().await?.is_some() {
            return Ok(());
        }
        // A random UUID holds 122 bits from the system's generator; four of them are more than the 256 we need.
        let drawn: [[u8; 16]; 4] = std::array::from_fn(|_| Uuid::new_v4().into_bytes());
        let secret = Sha256::digest(drawn.as_flattened()).to_vec();
        // Two processes may make the same store at once; the first secret stays.
        let sql = "INSERT INTO secret (one, bytes) VALUES (1, $1) ON CONFLICT DO NOTHING";
        self.db.write("keeping the store's secret", sql, args![secret]).await?;
        Ok(())
    }

    /// Flushes what can be flushed (SQLite: a truncating checkpoint) and closes the connections.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite { writer, readers, file, .. } => {
                if file.is_some() {
                    readers.close().await;
                    // Safe to fail: whatever is still in the log is read from there at the next start.
                    let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await;
                }
                writer.close().await;
            }
            Db::Postgres { pool } => pool.close().await,
        }
    }
}
