//! Writes a backup beside a running daemon, and reads it through before it gets its name.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{Connection, Row as _};

use super::super::open::{self, RedactedUrl, StorePlace};
use super::super::owner::is_the_file_at;
use super::seal::{self, BackupContents};
use super::tables;

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct Backup {
    pub file: PathBuf,
    pub bytes: u64,
    pub contents: BackupContents,
}

/// Writes a backup of the store at `url` to `file`, which must not exist yet. Only its owner may
/// read the file: it holds addresses, and the secret that links are signed with.
pub async fn backup(url: &str, file: &Path, now: DateTime<Utc>) -> Result<Backup> {
    if file.exists() {
        bail!("{} is there already: name another file, or remove it", file.display());
    }
    let partial = PartialBackup::begin(file)?;
    let (engine, schema, counted) = match open::place(url)? {
        StorePlace::Memory => {
            bail!("a store in memory cannot be backed up: it ends with its process")
        }
        StorePlace::File(store) => ("sqlite", from_sqlite(&store, &partial.path).await?, None),
        StorePlace::Postgres(options, shown) => {
            let (schema, rows) = from_postgres(&options, &shown, &partial.path).await?;
            ("postgres", schema, Some(rows))
        }
    };
    let unfit = || format!("the backup for {} turned out unfit and is not kept", file.display());
    let found = verify_tables(&partial.path, schema).await.with_context(unfit)?;
    if let Some(counted) = counted {
        ensure!(counted == found, "{}: it has {found:?} of {counted:?} rows", unfit());
    }
    let contents = BackupContents {
        made_at: now,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        engine: engine.to_owned(),
        schema,
        tables: found,
    };
    let written = || format!("writing {}", partial.path.display());
    seal::seal(&partial.path, &contents).with_context(written)?;
    // Read again as a restore would, so that a fault in writing shows now and not on the day the
    // backup is needed.
    let sealed = seal::examine(&partial.path)?;
    ensure!(sealed.contents == contents, unfit());
    verify_tables(&partial.path, schema).await.with_context(unfit)?;
    let bytes = partial.path.metadata().with_context(written)?.len();
    partial.finish(file)?;
    Ok(Backup { file: file.to_owned(), bytes, contents })
}

/// Writes a backup into a folder, named by its time, and then removes all but the newest `keep` of
/// those there. The folder is made if need be, readable by its owner alone. Returns the backup and
/// the files that were removed.
pub async fn backup_into(
    url: &str,
    folder: &Path,
    keep: usize,
    now: DateTime<Utc>,
) -> Result<(Backup, Vec<PathBuf>)> {
    if !folder.is_dir() {
        let made = DirBuilder::new().mode(0o700).create(folder);
        made.with_context(|| format!("making the folder {}", folder.display()))?;
    }
    remove_left_behind(folder)?;
    let name = format!("{PREFIX}{}{SUFFIX}", now.format(STAMP));
    let made = backup(url, &folder.join(&name), now).await?;
    let mut others: Vec<String> = names_in(folder)?;
    // By name, which is by time. The new one stays even where a clock that ran ahead named older ones later.
    others.retain(|other| is_ours(other) && *other != name);
    others.sort_unstable_by(|a, b| b.cmp(a));
    let mut removed = Vec::new();
    for other in others.drain(..).skip(keep.saturating_sub(1)) {
        let old = folder.join(other);
        std::fs::remove_file(&old).with_context(|| format!("removing {}", old.display()))?;
        removed.push(old);
    }
    Ok((made, removed))
}

const PREFIX: &str = "bantin-";
const SUFFIX: &str = ".backup";
pub(super) const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// Returns whether a file in a folder of backups was named by us. Other files are never removed.
fn is_ours(name: &str) -> bool {
    let stamp = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    stamp.is_some_and(|stamp| chrono::NaiveDateTime::parse_from_str(stamp, STAMP).is_ok())
}

fn names_in(folder: &Path) -> Result<Vec<String>> {
    let reading = || format!("reading the folder {}", folder.display());
    let mut names = Vec::new();
    for entry in folder.read_dir().with_context(reading)? {
        // What is no text was not named by us.
        names.extend(entry.with_context(reading)?.file_name().into_string().ok());
    }
    Ok(names)
}

/// A backup that is being written. One that fails is removed; one whose process is killed is
/// removed by the next.
struct PartialBackup {
    path: PathBuf,
    /// Locked while it is written.
    file: File,
}

impl PartialBackup {
    fn begin(target: &Path) -> Result<PartialBackup> {
        let Some(name) = target.file_name() else {
            bail!("{} names no file", target.display());
        };
        let mut partial = std::ffi::OsString::from(".");
        partial.push(name);
        partial.push(".partial");
        let path = open::folder_of(target).join(partial);
        // SQLite gets this path in a statement, where one that begins with "file:" would be read as
        // a URI.
        let path = std::path::absolute(path).context("finding the current folder")?;
        let making = || format!("the backup {} cannot be made", target.display());
        let mut options = File::options();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(&path).with_context(making)?;
        if file.try_lock().is_err() || !is_the_file_at(&file, &path) {
            bail!("another backup is being written to {} at this moment", target.display());
        }
        file.set_len(0).with_context(making)?;
        Ok(PartialBackup { path, file })
    }

    /// Gives the file its name. It is on disk when this returns, and its name, too.
    fn finish(self, target: &Path) -> Result<()> {
        let naming = || format!("giving the backup its name {}", target.display());
        self.file.sync_all().with_context(naming)?;
        std::fs::rename(&self.path, target).with_context(naming)?;
        sync_folder(target).with_context(naming)
    }
}

impl Drop for PartialBackup {
    fn drop(&mut self) {
        if is_the_file_at(&self.file, &self.path) {
            // Safe to fail: the next backup into this folder tries again.
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = std::fs::remove_file(beside(&self.path, "-journal"));
    }
}

/// Removes what backups that were killed have left.
fn remove_left_behind(folder: &Path) -> Result<()> {
    for name in names_in(folder)? {
        let whole = name.strip_prefix('.').and_then(|name| name.strip_suffix(".partial"));
        if !whole.is_some_and(is_ours) {
            continue;
        }
        let path = folder.join(&name);
        let Ok(file) = File::options().write(true).open(&path) else { continue };
        if file.try_lock().is_ok() && is_the_file_at(&file, &path) {
            drop(PartialBackup { path, file });
        }
    }
    Ok(())
}

/// Returns the path with more at its end.
pub(super) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(more);
    PathBuf::from(text)
}

/// Makes the names in the file's folder outlast a power cut.
pub(super) fn sync_folder(of: &Path) -> std::io::Result<()> {
    File::open(open::folder_of(of))?.sync_all()
}

/// Returns the version of the tables.
async fn from_sqlite(store: &Path, to: &Path) -> Result<i64> {
    let shown = store.display();
    if !store.exists() {
        bail!("there is no store {shown}: nothing to back up");
    }
    let blame = |error| open::sqlite_trouble(store, error);
    let options = open::with_store_options(SqliteConnectOptions::new().filename(store));
    let mut source = SqliteConnection::connect_with(&options).await.map_err(blame)?;
    let Some(schema) = sqlite_schema(&mut source).await.map_err(blame)? else {
        bail!("the store {shown} has no tables yet: nothing to back up");
    };
    ensure_known(schema, &shown)?;
    let before = grown(&mut source).await.map_err(blame)?;
    let Some(path) = to.to_str() else { bail!("{} is no UTF-8", to.display()) };
    let copying = || format!("copying the store {shown} to {}", to.display());
    sqlx::query("VACUUM INTO $1").bind(path).execute(&mut source).await.with_context(copying)?;
    let after = grown(&mut source).await.map_err(blame)?;
    source.close().await.map_err(blame)?;

    let mut target = connect_new(to).await?;
    let got = grown(&mut target).await.with_context(copying)?;
    mark(&mut target).await.with_context(copying)?;
    target.close().await.with_context(copying)?;
    let within = before.iter().zip(&got).zip(&after).all(|((before, got), after)| {
        // What only grows, and items are never deleted.
        before <= got && got <= after
    });
    ensure!(within, "the copy of {shown} has {got:?}, outside of {before:?} and {after:?}");
    Ok(schema)
}

/// Returns what only grows in a store: the two counters and the number of items.
async fn grown(store: &mut SqliteConnection) -> sqlx::Result<Vec<i64>> {
    let sql = "SELECT value FROM counter WHERE name IN ('seq', 'version') \
               UNION ALL SELECT count(*) FROM item";
    sqlx::query_scalar(sql).fetch_all(store).await
}

/// Returns the version of the tables, and how many rows of each were read.
async fn from_postgres(
    options: &PgConnectOptions,
    shown: &RedactedUrl,
    to: &Path,
) -> Result<(i64, BTreeMap<String, u64>)> {
    let mut source = open::connect_postgres(options, shown).await?;
    let reading = || format!("reading the store {shown}");
    // Every statement of this transaction sees the same moment, and it blocks no other.
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    sqlx::raw_sql(begin).execute(&mut source).await.with_context(reading)?;
    let there = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let there: bool =
        sqlx::query_scalar(there).fetch_one(&mut source).await.with_context(reading)?;
    if !there {
        bail!("the store {shown} has no tables yet: nothing to back up");
    }
    let version = "SELECT max(version) FROM _sqlx_migrations WHERE success";
    let schema: Option<i64> =
        sqlx::query_scalar(version).fetch_one(&mut source).await.with_context(reading)?;
    let Some(schema) = schema else {
        bail!("the store {shown} has no tables yet: nothing to back up");
    };
    ensure_known(schema, shown)?;

    let mut target = connect_new(to).await?;
    open::make_tables(&mut target, schema).await?;
    mark(&mut target).await?;
    let mut all = tables::tables(&mut target).await?;
    tables::learn_flags(&mut all, &mut source).await.with_context(reading)?;
    let mut rows = BTreeMap::new();
    sqlx::raw_sql("BEGIN").execute(&mut target).await?;
    for table in &all {
        let copied = tables::to_sqlite(table, &mut source, &mut target).await;
        let copied = copied.with_context(|| format!("copying the table {}", table.name))?;
        rows.insert(table.name.clone(), copied);
    }
    sqlx::raw_sql("COMMIT").execute(&mut target).await?;
    target.close().await?;
    source.close().await.with_context(reading)?;
    Ok((schema, rows))
}

fn ensure_known(schema: i64, shown: &dyn std::fmt::Display) -> Result<()> {
    let latest = open::LATEST;
    ensure!(
        schema <= latest,
        "the store {shown} was made by a newer bantin (its tables are at version {schema}, this program knows {latest}): \
         back it up with that version"
    );
    Ok(())
}

/// Opens a new file for a backup. A failed one is thrown away, so it needs no journal and no fsync
/// of SQLite's; `seal` syncs it to disk.
async fn connect_new(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Off)
        .foreign_keys(false)
        .pragma("trusted_schema", "OFF");
    let connected = SqliteConnection::connect_with(&options).await;
    connected.with_context(|| format!("writing {}", file.display()))
}

/// Returns a connection that changes nothing at all: to a backup.
pub(super) async fn connect_read_only(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .immutable(true)
        .pragma("trusted_schema", "OFF");
    let connected = SqliteConnection::connect_with(&options).await;
    connected.with_context(|| format!("reading {}", file.display()))
}

/// Writes into the file's head that it is a backup of ours.
async fn mark(backup: &mut SqliteConnection) -> sqlx::Result<()> {
    let sql = sqlx::AssertSqlSafe(format!("PRAGMA application_id = {}", seal::APPLICATION));
    sqlx::raw_sql(sql).execute(backup).await.map(|_| ())
}

/// None: there are no tables.
async fn sqlite_schema(store: &mut SqliteConnection) -> sqlx::Result<Option<i64>> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let there: i64 = sqlx::query_scalar(there).fetch_one(&mut *store).await?;
    if there == 0 {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(store).await
}

/// Reads a backup from one end to the other: every page, every reference, and what a store cannot
/// do without. Returns how many rows each table has.
pub(super) async fn verify_tables(file: &Path, schema: i64) -> Result<BTreeMap<String, u64>> {
    let mut backup = connect_read_only(file).await?;
    let checked: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(3)").fetch_all(&mut backup).await?;
    ensure!(checked == ["ok"], "it is damaged: {}", checked.join("; "));
    let loose = sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut backup).await?;
    if let Some(loose) = loose {
        let table: String = loose.try_get("table")?;
        bail!("a row of its table {table} refers to one that is missing");
    }
    let found = sqlite_schema(&mut backup).await?;
    ensure!(found == Some(schema), "its tables are at version {found:?} and not {schema}");
    let secret: Option<i64> = sqlx::query_scalar("SELECT length(bytes) FROM secret WHERE one = 1")
        .fetch_optional(&mut backup)
        .await?;
    ensure!(secret == Some(32), "it lacks the store's secret");
    let all = tables::tables(&mut backup).await?;
    let mut rows = BTreeMap::new();
    for table in all {
        let count = tables::count_in_sqlite(&table, &mut backup).await?;
        rows.insert(table.name, count);
    }
    backup.close().await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_named_is_ours_to_remove() {
        let check = |name: &str, ours: bool| assert_eq!(is_ours(name), ours, "{name}");
        check("bantin-20261127T100412Z.backup", true);
        check("bantin-20261327T100412Z.backup", false);
        check("bantin-20261127T100412Z.backup.old", false);
        check("bantin-truoc-khi-nang-cap.backup", false);
        check("bantin.db", false);
    }
}
