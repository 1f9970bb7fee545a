//! Accounts of the admin pages, and their logins. A login is stored under the hash of its token, so
//! that a copy of the store lets no one log in.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::audit::ActionChannel;
use super::sql::{SqlRow, Tx, args};
use bantin_model::limits::{SESSION_AGE, SESSION_IDLE, SESSIONS};
use bantin_model::{AccountId, AccountName, SubscriberId};

/// Not `Debug`: it holds the hash of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: AccountName,
    /// A PHC string.
    pub password: String,
    pub created_at: DateTime<Utc>,
    /// When the password was set.
    pub changed_at: DateTime<Utc>,
}

/// A login that has not ended.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginSession {
    pub account: Account,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
}

/// A line of the audit log as the admin reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub what: String,
    pub subscriber: Option<SubscriberId>,
    pub detail: String,
    pub by: ActionChannel,
    /// The account that did it.
    pub who: Option<String>,
}

/// Returns the earliest times at which a login that is valid at `now` may have begun and was last
/// used.
fn holds_after(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let long = |time| TimeDelta::from_std(time).expect("hours fit");
    (now - long(SESSION_AGE), now - long(SESSION_IDLE))
}

impl Store {
    /// Adds an account. Returns `false` when there is one of this name.
    pub async fn add_account(
        &self,
        name: &AccountName,
        password: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("adding an account").await?;
        let sql = "INSERT INTO account (name, password, created_at, changed_at) VALUES ($1, $2, $3, $3) \
                   ON CONFLICT DO NOTHING";
        let added = tx.run(sql, args![name.as_str(), password, now]).await? > 0;
        if added {
            log(&mut tx, None, "account-added", name.as_str(), ActionChannel::Cli, now).await?;
        }
        tx.commit().await?;
        Ok(added)
    }

    /// Returns all accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        let sql = "SELECT * FROM account ORDER BY name";
        let rows = self.db.all("reading the accounts", sql, args![]).await?;
        rows.iter().map(read_account).collect()
    }

    pub async fn account(&self, name: &AccountName) -> Result<Option<Account>> {
        let sql = "SELECT * FROM account WHERE name = $1";
        let row = self.db.one("looking up an account", sql, args![name.as_str()]).await?;
        row.as_ref().map(read_account).transpose()
    }

    /// Deletes an account with its logins. Returns `false` when there is none.
    pub async fn remove_account(&self, name: &AccountName, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("removing an account").await?;
        let removed =
            tx.run("DELETE FROM account WHERE name = $1", args![name.as_str()]).await? > 0;
        if removed {
            log(&mut tx, None, "account-removed", name.as_str(), ActionChannel::Cli, now).await?;
        }
        tx.commit().await?;
        Ok(removed)
    }

    /// Changes an account's password and ends all its logins. Returns false when there is no such
    /// account.
    pub async fn set_password(
        &self,
        name: &AccountName,
        password: &str,
        by: ActionChannel,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("setting a password").await?;
        let sql = "UPDATE account SET password = $2, changed_at = $3 WHERE name = $1 RETURNING id";
        let Some(row) = tx.one(sql, args![name.as_str(), password, now]).await? else {
            return Ok(false);
        };
        tx.run("DELETE FROM session WHERE account = $1", args![row.int("id")?]).await?;
        // On the pages people change their own password; on the command line someone else does it
        // for them.
        let who = (by == ActionChannel::Admin).then_some(name.as_str());
        log(&mut tx, who, "password-changed", name.as_str(), by, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Begins a login under the hash of its token. Returns `false` when the account is gone, or its
    /// password was changed after the caller had compared it.
    pub async fn begin_session(
        &self,
        mark: &str,
        account: &Account,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.db.begin("beginning a login").await?;
        let sql = "INSERT INTO session (mark, account, created_at, seen_at) \
                   SELECT $1, id, $4, $4 FROM account WHERE id = $2 AND password = $3";
        let begun = tx.run(sql, args![mark, account.id.0, account.password.as_str(), now]).await?;
        if begun > 0 {
            let sql = "DELETE FROM session WHERE account = $1 AND mark NOT IN \
                       (SELECT mark FROM session WHERE account = $1 ORDER BY created_at DESC, seen_at DESC LIMIT $2)";
            tx.run(sql, args![account.id.0, SESSIONS]).await?;
            log(&mut tx, Some(account.name.as_str()), "login", detail, ActionChannel::Admin, now)
                .await?;
        }
        tx.commit().await?;
        Ok(begun > 0)
    }

    /// Returns the login whose token has this hash. `None` when there is none or it has expired.
    pub async fn session(&self, mark: &str, now: DateTime<Utc>) -> Result<Option<LoginSession>> {
        let sql = "SELECT s.created_at AS begun_at, s.seen_at, a.* FROM session s JOIN account a ON a.id = s.account \
                   WHERE s.mark = $1 AND s.created_at > $2 AND s.seen_at > $3";
        let (begun, seen) = holds_after(now);
        let row = self.db.one("looking up a login", sql, args![mark, begun, seen]).await?;
        row.as_ref()
            .map(|row| {
                Ok(LoginSession {
                    account: read_account(row)?,
                    created_at: row.time("begun_at")?,
                    seen_at: row.time("seen_at")?,
                })
            })
            .transpose()
    }

    /// Records that a login was used just now.
    pub async fn see_session(&self, mark: &str, now: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE session SET seen_at = $2 WHERE mark = $1 AND seen_at < $2";
        self.db.write("noting that a login is in use", sql, args![mark, now]).await?;
        Ok(())
    }

    /// Ends one login. Returns whether there was one.
    pub async fn end_session(&self, mark: &str, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("ending a login").await?;
        let sql =
            "SELECT a.name FROM session s JOIN account a ON a.id = s.account WHERE s.mark = $1";
        let Some(row) = tx.one(sql, args![mark]).await? else { return Ok(false) };
        tx.run("DELETE FROM session WHERE mark = $1", args![mark]).await?;
        log(&mut tx, Some(&row.text("name")?), "logout", "", ActionChannel::Admin, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Returns the valid logins of an account, newest first: when each began and was last used.
    pub async fn sessions_of(
        &self,
        id: AccountId,
        now: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, DateTime<Utc>)>> {
        let sql = "SELECT created_at, seen_at FROM session WHERE account = $1 AND created_at > $2 AND seen_at > $3 \
                   ORDER BY created_at DESC";
        let (begun, seen) = holds_after(now);
        let rows = self.db.all("reading the logins", sql, args![id.0, begun, seen]).await?;
        rows.iter().map(|row| Ok((row.time("created_at")?, row.time("seen_at")?))).collect()
    }

    /// Deletes expired logins. Returns how many.
    pub async fn forget_sessions(&self, now: DateTime<Utc>) -> Result<u64> {
        let sql = "DELETE FROM session WHERE created_at <= $1 OR seen_at <= $2";
        let (begun, seen) = holds_after(now);
        self.db.write("forgetting logins that are over", sql, args![begun, seen]).await
    }

    /// Records what an account did on the admin pages, or tried to. `detail` never holds an
    /// address.
    pub async fn log_admin(
        &self,
        who: Option<&str>,
        what: &str,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.db.begin("writing the audit log").await?;
        log(&mut tx, who, what, detail, ActionChannel::Admin, now).await?;
        tx.commit().await
    }

    /// Returns at most `limit` entries of the audit log, newest first, from before the entry with
    /// this number.
    pub async fn audit_log(&self, before: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
        let sql = "SELECT * FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
        let rows =
            self.db.all("reading the audit log", sql, args![before.unwrap_or(i64::MAX), limit]);
        rows.await?.iter().map(read_entry).collect()
    }
}

/// Writes an entry within the transaction of what it is about.
pub(super) async fn log(
    tx: &mut Tx,
    who: Option<&str>,
    what: &str,
    detail: &str,
    by: ActionChannel,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "INSERT INTO audit (at, what, who, detail, by_whom) VALUES ($1, $2, $3, $4, $5)";
    tx.run(sql, args![at, what, who, detail, by.as_str()]).await?;
    Ok(())
}

fn read_account(row: &SqlRow) -> Result<Account> {
    Ok(Account {
        id: AccountId(row.int("id")?),
        name: row.word("name", |name| AccountName::parse(name).ok())?,
        password: row.text("password")?,
        created_at: row.time("created_at")?,
        changed_at: row.time("changed_at")?,
    })
}

fn read_entry(row: &SqlRow) -> Result<LogEntry> {
    Ok(LogEntry {
        id: row.int("id")?,
        at: row.time("at")?,
        what: row.text("what")?,
        subscriber: row.maybe_int("subscriber")?.map(SubscriberId),
        detail: row.text("detail")?,
        by: row.word("by_whom", ActionChannel::named)?,
        who: row.maybe_text("who")?,
    })
}
