//! One interface to two engines: a statement, its arguments, its rows. The other files of the store
//! use only these functions, so that the same SQL text serves both engines, and a statement that
//! must differ has both texts in one [`Sql`].

use std::sync::atomic::Ordering;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};
use sqlx::{Postgres, Row as _, SqlSafeStr as _, Sqlite, Transaction};

use super::db::{Commit, Db};

/// A statement in the words of each engine.
#[derive(Clone, Copy)]
pub(super) struct Sql {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Sql { sqlite: both, postgres: both }
    }
}

/// The places where the engines' words differ: `in "$1"` is a list that was bound as one argument; `locked "…"` is how
/// PostgreSQL locks the rows it finds (SQLite has one writer, for whom all rows are locked).
macro_rules! sql {
    ($before:expr, in $list:expr, $after:expr) => {
        $crate::sql::Sql {
            sqlite: concat!($before, "(SELECT value FROM json_each(", $list, "))", $after),
            postgres: concat!($before, "(SELECT unnest(", $list, "))", $after),
        }
    };
    ($text:expr, locked $lock:expr) => {
        $crate::sql::Sql { sqlite: $text, postgres: concat!($text, " ", $lock) }
    };
    ($before:expr, in $list:expr, $after:expr, locked $lock:expr) => {
        $crate::sql::Sql {
            sqlite: concat!($before, "(SELECT value FROM json_each(", $list, "))", $after),
            postgres: concat!($before, "(SELECT unnest(", $list, "))", $after, " ", $lock),
        }
    };
}
pub(super) use sql;

/// The arguments of a statement, in order of `$1`, `$2` …
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::SqlArg::from($value)),*] };
}
pub(super) use args;

/// One argument. A list is one argument, too: an array for PostgreSQL, a JSON text for SQLite.
pub(super) enum SqlArg {
    Int(Option<i64>),
    Flag(bool),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Ints(Vec<i64>),
    Texts(Vec<String>),
}

macro_rules! arg_from {
    ($($type:ty, $value:ident => $arg:expr;)*) => {
        $(impl From<$type> for SqlArg { fn from($value: $type) -> SqlArg { $arg } })*
    };
}
arg_from! {
    i64, value => SqlArg::Int(Some(value));
    u32, value => SqlArg::Int(Some(value.into()));
    Option<i64>, value => SqlArg::Int(value);
    DateTime<Utc>, value => SqlArg::Int(Some(value.timestamp_millis()));
    Option<DateTime<Utc>>, value => SqlArg::Int(value.map(|at| at.timestamp_millis()));
    bool, value => SqlArg::Flag(value);
    &str, value => SqlArg::Text(Some(without_nul(value.to_owned())));
    String, value => SqlArg::Text(Some(without_nul(value)));
    Option<&str>, value => SqlArg::Text(value.map(|text| without_nul(text.to_owned())));
    Option<String>, value => SqlArg::Text(value.map(without_nul));
    Vec<u8>, value => SqlArg::Bytes(Some(value));
    Option<Vec<u8>>, value => SqlArg::Bytes(value);
    Vec<i64>, value => SqlArg::Ints(value);
    Vec<String>, value => SqlArg::Texts(value.into_iter().map(without_nul).collect());
}

/// PostgreSQL takes no NUL in a text and would refuse the whole transaction for one of them.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// One row of an answer, read by the names of its columns.
pub(super) enum SqlRow {
    Sqlite(sqlx::sqlite::SqliteRow),
    Postgres(sqlx::postgres::PgRow),
}

macro_rules! column {
    ($row:expr, $name:expr) => {
        match $row {
            SqlRow::Sqlite(row) => row.try_get($name),
            SqlRow::Postgres(row) => row.try_get($name),
        }
        .with_context(|| format!("reading the column {} of the store", $name))
    };
}

impl SqlRow {
    pub fn int(&self, name: &str) -> Result<i64> {
        column!(self, name)
    }

    pub fn maybe_int(&self, name: &str) -> Result<Option<i64>> {
        column!(self, name)
    }

    pub fn count(&self, name: &str) -> Result<u64> {
        let value = self.int(name)?;
        u64::try_from(value).with_context(|| format!("the store has {value} in column {name}"))
    }

    pub fn small(&self, name: &str) -> Result<u32> {
        let value = self.int(name)?;
        u32::try_from(value).with_context(|| format!("the store has {value} in column {name}"))
    }

    pub fn flag(&self, name: &str) -> Result<bool> {
        column!(self, name)
    }

    pub fn text(&self, name: &str) -> Result<String> {
        column!(self, name)
    }

    pub fn maybe_text(&self, name: &str) -> Result<Option<String>> {
        column!(self, name)
    }

    pub fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        column!(self, name)
    }

    pub fn maybe_bytes(&self, name: &str) -> Result<Option<Vec<u8>>> {
        column!(self, name)
    }

    pub fn time(&self, name: &str) -> Result<DateTime<Utc>> {
        time(self.int(name)?, name)
    }

    pub fn maybe_time(&self, name: &str) -> Result<Option<DateTime<Utc>>> {
        self.maybe_int(name)?.map(|ms| time(ms, name)).transpose()
    }

    /// Returns a column that holds one of a few words.
    pub fn word<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let text = self.text(name)?;
        parse(&text).ok_or_else(|| anyhow!("the store has \"{text}\" in column {name}"))
    }

    pub fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        from_json(&self.text(name)?, name)
    }

    pub fn maybe_json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        self.maybe_text(name)?.map(|text| from_json(&text, name)).transpose()
    }
}

fn time(ms: i64, name: &str) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_millis(ms)
        .ok_or_else(|| anyhow!("the store has {ms} in column {name}, which is no time"))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str, name: &str) -> Result<T> {
    serde_json::from_str(text).with_context(|| format!("reading the JSON in column {name}"))
}

/// For values whose serialisation cannot fail: no maps with odd keys, no failing `Serialize` of our own.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values have a JSON form")
}

macro_rules! bound {
    ($sql:expr, $args:expr, $query:ident, $arg:ident => { $($lists:tt)* }) => {{
        let mut $query = sqlx::query($sql);
        for $arg in $args {
            $query = match $arg {
                SqlArg::Int(value) => $query.bind(value),
                SqlArg::Flag(value) => $query.bind(value),
                SqlArg::Text(value) => $query.bind(value),
                SqlArg::Bytes(value) => $query.bind(value),
                $($lists)*
            };
        }
        $query
    }};
}

fn for_sqlite(
    sql: Sql,
    args: Vec<SqlArg>,
) -> sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments> {
    bound!(sql.sqlite, args, query, arg => {
        SqlArg::Ints(list) => query.bind(to_json(&list)),
        SqlArg::Texts(list) => query.bind(to_json(&list)),
    })
}

fn for_postgres(
    sql: Sql,
    args: Vec<SqlArg>,
) -> sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments> {
    bound!(sql.postgres, args, query, arg => {
        SqlArg::Ints(list) => query.bind(list),
        SqlArg::Texts(list) => query.bind(list),
    })
}

/// A transaction that may write. `what` tells, in every error, what was being done.
pub(super) struct Tx {
    inner: EngineTx,
    what: &'static str,
}

enum EngineTx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Begins to write. SQLite takes its write lock here: a transaction that reads first and wants to write later fails
    /// at once when another process wrote in between, whatever the busy timeout says.
    pub async fn begin(&self, what: &'static str) -> Result<Tx> {
        self.begin_for(Commit::Now, what).await
    }

    /// The same, for a commit that waits for this much.
    pub async fn begin_for(&self, commit: Commit, what: &'static str) -> Result<Tx> {
        let inner = match self {
            Db::Sqlite { writer, hasty, .. } => {
                let mut connection = writer.acquire().await.context(what)?;
                let soon = commit == Commit::Soon;
                if hasty.load(Ordering::Relaxed) != soon {
                    // SQLite takes this only between transactions. Said of a connection that may be NORMAL already, never of
                    // one that may not be FULL yet.
                    hasty.store(true, Ordering::Relaxed);
                    let sql = match commit {
                        Commit::Now => "PRAGMA synchronous = FULL",
                        Commit::Soon => "PRAGMA synchronous = NORMAL",
                    };
                    sqlx::query(sql).execute(&mut *connection).await.context(what)?;
                    hasty.store(soon, Ordering::Relaxed);
                }
                let begun = Transaction::begin(connection, Some("BEGIN IMMEDIATE".into_sql_str()));
                EngineTx::Sqlite(begun.await.context(what)?)
            }
            Db::Postgres { pool, .. } => {
                let mut tx = pool.begin().await.context(what)?;
                if commit == Commit::Soon {
                    let sql = sqlx::query("SET LOCAL synchronous_commit = off");
                    sql.execute(&mut *tx).await.context(what)?;
                }
                EngineTx::Postgres(tx)
            }
        };
        Ok(Tx { inner, what })
    }

    /// Returns the rows of one reading statement.
    pub async fn all(
        &self,
        what: &'static str,
        sql: impl Into<Sql>,
        args: Vec<SqlArg>,
    ) -> Result<Vec<SqlRow>> {
        Ok(match self {
            Db::Sqlite { readers, .. } => {
                let rows = for_sqlite(sql.into(), args).fetch_all(readers).await.context(what)?;
                rows.into_iter().map(SqlRow::Sqlite).collect()
            }
            Db::Postgres { pool, .. } => {
                let rows = for_postgres(sql.into(), args).fetch_all(pool).await.context(what)?;
                rows.into_iter().map(SqlRow::Postgres).collect()
            }
        })
    }

    /// Returns the first row of one reading statement.
    pub async fn one(
        &self,
        what: &'static str,
        sql: impl Into<Sql>,
        args: Vec<SqlArg>,
    ) -> Result<Option<SqlRow>> {
        Ok(match self {
            Db::Sqlite { readers, .. } => for_sqlite(sql.into(), args)
                .fetch_optional(readers)
                .await
                .context(what)?
                .map(SqlRow::Sqlite),
            Db::Postgres { pool, .. } => for_postgres(sql.into(), args)
                .fetch_optional(pool)
                .await
                .context(what)?
                .map(SqlRow::Postgres),
        })
    }

    /// One writing statement, on disk when this returns. Returns how many rows it changed.
    pub async fn write(
        &self,
        what: &'static str,
        sql: impl Into<Sql>,
        args: Vec<SqlArg>,
    ) -> Result<u64> {
        let mut tx = self.begin(what).await?;
        let changed = tx.run(sql, args).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

impl Tx {
    /// Returns the connection, for what is said in PostgreSQL's words alone.
    pub fn postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        match &mut self.inner {
            EngineTx::Sqlite(_) => None,
            EngineTx::Postgres(tx) => Some(&mut *tx),
        }
    }

    pub async fn run(&mut self, sql: impl Into<Sql>, args: Vec<SqlArg>) -> Result<u64> {
        Ok(match &mut self.inner {
            EngineTx::Sqlite(tx) => for_sqlite(sql.into(), args)
                .execute(&mut **tx)
                .await
                .context(self.what)?
                .rows_affected(),
            EngineTx::Postgres(tx) => for_postgres(sql.into(), args)
                .execute(&mut **tx)
                .await
                .context(self.what)?
                .rows_affected(),
        })
    }

    pub async fn all(&mut self, sql: impl Into<Sql>, args: Vec<SqlArg>) -> Result<Vec<SqlRow>> {
        Ok(match &mut self.inner {
            EngineTx::Sqlite(tx) => {
                let rows =
                    for_sqlite(sql.into(), args).fetch_all(&mut **tx).await.context(self.what)?;
                rows.into_iter().map(SqlRow::Sqlite).collect()
            }
            EngineTx::Postgres(tx) => {
                let rows =
                    for_postgres(sql.into(), args).fetch_all(&mut **tx).await.context(self.what)?;
                rows.into_iter().map(SqlRow::Postgres).collect()
            }
        })
    }

    /// Returns the first row. Every row is fetched: a statement with RETURNING that is left
    /// half-read has not done its work.
    pub async fn one(&mut self, sql: impl Into<Sql>, args: Vec<SqlArg>) -> Result<Option<SqlRow>> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// What is written is on disk when this returns (for [`Commit::Soon`], with the operating system); without it nothing
    /// of the transaction is.
    pub async fn commit(self) -> Result<()> {
        match self.inner {
            EngineTx::Sqlite(tx) => tx.commit().await,
            EngineTx::Postgres(tx) => tx.commit().await,
        }
        .context(self.what)
    }

    /// Tells readers that something they could see has changed.
    pub async fn bump_version(&mut self) -> Result<()> {
        self.run("UPDATE counter SET value = value + 1 WHERE name = 'version'", args![]).await?;
        Ok(())
    }
}

/// Returns a number kept as 64 bits by the engines, for counts that fit 32.
pub(super) fn small(value: usize) -> Result<u32> {
    u32::try_from(value).context("more than four thousand million of something")
}
