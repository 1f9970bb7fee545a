//! The audit log: who agreed to what, when and by which way, what was sent to whom, when the queue was held, and what else
//! somebody may have to account for later. It outlives the subscriber's row; then a keyed hash of the address is all that tells whose entries they were.

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Store;
use super::sql::{SqlRow, Tx, args, sql};
use super::subscriber_rows::address_key;
use bantin_model::SubscriberId;

/// The way by which something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionChannel {
    Web,
    Api,
    Cli,
    Mail,
    /// The program itself, on schedule.
    Daemon,
    /// A person with an account, on the admin pages.
    Admin,
}

impl ActionChannel {
    pub fn as_str(self) -> &'static str {
        match self {
            ActionChannel::Web => "web",
            ActionChannel::Api => "api",
            ActionChannel::Cli => "cli",
            ActionChannel::Mail => "mail",
            ActionChannel::Daemon => "daemon",
            ActionChannel::Admin => "admin",
        }
    }

    pub(super) fn named(text: &str) -> Option<Self> {
        [
            ActionChannel::Web,
            ActionChannel::Api,
            ActionChannel::Cli,
            ActionChannel::Mail,
            ActionChannel::Daemon,
            ActionChannel::Admin,
        ]
        .into_iter()
        .find(|by| by.as_str() == text)
    }
}

/// Who did something: the way, and the account where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor<'a> {
    pub by: ActionChannel,
    pub who: Option<&'a str>,
}

impl From<ActionChannel> for Actor<'_> {
    fn from(by: ActionChannel) -> Self {
        Actor { by, who: None }
    }
}

/// One entry. `what` is a word such as "asked", "confirmed", "changed", "left", "sent", "held", "erased"; `detail` is for people
/// and never holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: DateTime<Utc>,
    pub what: String,
    pub subscriber: Option<SubscriberId>,
    pub detail: String,
    pub by: ActionChannel,
}

impl Store {
    /// Records one entry.
    pub async fn record_audit(&self, entry: &AuditEntry) -> Result<()> {
        let mut tx = self.db.begin("writing the audit log").await?;
        note(&mut tx, entry.subscriber, &entry.what, &entry.detail, entry.by, entry.at).await?;
        tx.commit().await
    }

    /// Returns the entries about an address, oldest first, also those from before it was erased.
    pub async fn audit_of(&self, address: &str) -> Result<Vec<AuditEntry>> {
        let key = address_key(address);
        let mark = mark_of(&self.secret().await?, &key);
        let sql = "SELECT * FROM audit WHERE mark = $1 \
                   OR subscriber = (SELECT id FROM subscriber WHERE address_key = $2) ORDER BY id";
        let rows = self.db.all("reading the audit log", sql, args![mark, key]).await?;
        rows.iter().map(read_entry).collect()
    }

    /// Returns the newest entries about anybody and anything, newest first, at most `limit`.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditEntry>> {
        let sql = "SELECT * FROM audit ORDER BY id DESC LIMIT $1";
        let rows = self.db.all("reading the audit log", sql, args![limit]).await?;
        rows.iter().map(read_entry).collect()
    }

    /// Deletes what is older than `before`. Returns how many entries.
    pub async fn prune_audit(&self, before: DateTime<Utc>) -> Result<u64> {
        let sql = "DELETE FROM audit WHERE at < $1";
        self.db.write("pruning the audit log", sql, args![before]).await
    }
}

/// Writes an entry within the transaction of what it is about.
pub(super) async fn note(
    tx: &mut Tx,
    subscriber: Option<SubscriberId>,
    what: &str,
    detail: &str,
    hand: impl Into<Actor<'_>>,
    at: DateTime<Utc>,
) -> Result<()> {
    let Actor { by, who } = hand.into();
    let sql = "INSERT INTO audit (at, what, who, subscriber, detail, by_whom) VALUES ($1, $2, $3, $4, $5, $6)";
    let subscriber = subscriber.map(|id| id.0);
    tx.run(sql, args![at, what, who, subscriber, detail, by.as_str()]).await?;
    Ok(())
}

/// Reduces the entries about these subscribers (id and address) to what happened and when, under a
/// hash of the address.
pub(super) async fn forget_in_audit(tx: &mut Tx, subscribers: &[(i64, String)]) -> Result<()> {
    let row = tx.one("SELECT bytes FROM secret WHERE one = 1", args![]).await?;
    let secret = row.ok_or_else(|| anyhow!("the store has lost its secret"))?.bytes("bytes")?;
    for (id, address) in subscribers {
        let mark = mark_of(&secret, &address_key(address));
        let sql =
            "UPDATE audit SET subscriber = NULL, mark = $2, detail = '' WHERE subscriber = $1";
        tx.run(sql, args![*id, mark]).await?;
    }
    Ok(())
}

/// Returns a keyed hash of an address. Without the store's secret, the address can neither be
/// computed from it nor found by trying.
pub(super) fn mark_of(secret: &[u8], address_key: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(b"bantin audit\0");
    mac.update(address_key.as_bytes());
    mac.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_entry(row: &SqlRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        at: row.time("at")?,
        what: row.text("what")?,
        subscriber: row.maybe_int("subscriber")?.map(SubscriberId),
        detail: row.text("detail")?,
        by: row.word("by_whom", ActionChannel::named)?,
    })
}

/// Deletes subscribers with all that is theirs. Subscriptions, requests and deliveries go with the
/// row; digests go too when no one else received them and they say what only these subscribers
/// asked for.
pub(super) async fn erase_all(tx: &mut Tx, subscribers: &[(i64, String)]) -> Result<()> {
    if subscribers.is_empty() {
        return Ok(());
    }
    forget_in_audit(tx, subscribers).await?;
    let ids: Vec<i64> = subscribers.iter().map(|(id, _)| *id).collect();
    let sql = sql!("SELECT DISTINCT digest FROM delivery WHERE subscriber IN ", in "$1", "");
    let rows = tx.all(sql, args![ids.clone()]).await?;
    let digests: Vec<i64> = rows.iter().map(|row| row.int("digest")).collect::<Result<_>>()?;
    let sql = sql!("DELETE FROM subscriber WHERE id IN ", in "$1", "");
    tx.run(sql, args![ids]).await?;
    let sql = sql!(
        "DELETE FROM digest WHERE (kind = 'confirmation' OR list LIKE '%query%') \
         AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.digest = digest.id) AND id IN ",
        in "$1",
        ""
    );
    tx.run(sql, args![digests]).await?;
    Ok(())
}
