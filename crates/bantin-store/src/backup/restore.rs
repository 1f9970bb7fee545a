//! Restores a backup. An SQLite store is made whole under another name, brought up to date, and
//! renamed over the old one in one step, so that even a store too damaged to open can be replaced.
//! On PostgreSQL everything happens in one transaction. Either way a restore that fails leaves the
//! old store as it was.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, PgConnection};

use super::super::open::{self, StorePlace};
use super::super::owner::{lock_beside, lock_in};
use super::super::{Db, Store, search};
use super::seal::{self, BackupContents};
use super::tables;
use super::writer::{STAMP, backup, beside, connect_read_only, sync_folder, verify_tables};

/// A store that was restored.
#[derive(Debug, Clone)]
pub struct RestoredStore {
    pub contents: BackupContents,
    /// What was there before: an SQLite store's own file, or a backup of a PostgreSQL store. None: nothing was.
    pub kept: Option<PathBuf>,
}

/// Restores a backup into the store at `url`, which must be empty or may be replaced. No process
/// may own the store meanwhile. Mails that were being sent when the backup was made wait again.
pub async fn restore(
    url: &str,
    file: &Path,
    replace: bool,
    now: DateTime<Utc>,
) -> Result<RestoredStore> {
    let shown = file.display();
    if !file.exists() {
        bail!("there is no backup {shown}");
    }
    let sealed = seal::examine(file)?;
    let unfit = || format!("the backup {shown} is not fit to be restored");
    let found = verify_tables(file, sealed.contents.schema).await.with_context(unfit)?;
    ensure!(found == sealed.contents.tables, "{}: it has other rows than it says", unfit());
    match open::place(url)? {
        StorePlace::Memory => {
            bail!("a store in memory cannot be restored: it ends with this command")
        }
        StorePlace::File(store) => {
            let aside = kept_path(&store, now);
            into_sqlite(&store, file, sealed, replace, aside).await
        }
        StorePlace::Postgres(options, shown) => {
            let aside = kept_path(file, now);
            let db = Db::open(url).await?;
            let Some(_owner) = lock_in(&options).await? else { bail!(in_use(&shown)) };
            let restored = into_postgres(&db, url, &shown, file, sealed, replace, aside, now).await;
            Store::of(db).close().await;
            restored
        }
    }
}

/// Returns the path to which the replaced store is moved.
fn kept_path(path: &Path, now: DateTime<Utc>) -> PathBuf {
    let dated = beside(path, &format!(".replaced-{}", now.format(STAMP)));
    let numbered = (2..).map(|n| beside(&dated, &format!("-{n}")));
    let mut names = std::iter::once(dated.clone()).chain(numbered);
    names.find(|name| !name.exists()).unwrap_or(dated)
}

fn in_use(store: &dyn std::fmt::Display) -> String {
    format!(
        "the store {store} is in use by a running bantin: stop it first (systemctl stop bantin)"
    )
}

fn not_empty(store: &dyn std::fmt::Display, why: &str) -> String {
    format!(
        "the store {store} is not empty ({why}); with --replace the backup takes its place, and what is there is kept"
    )
}

async fn into_sqlite(
    store: &Path,
    file: &Path,
    sealed: seal::VerifiedBackup,
    replace: bool,
    aside: PathBuf,
) -> Result<RestoredStore> {
    let shown = store.display();
    open::usable_folder(store)?;
    let Some(_owner) = lock_beside(store)? else { bail!(in_use(&shown)) };
    let old = ExistingStore::inspect(store).await?;
    if let (false, Some(why)) = (replace, &old.holds) {
        bail!(not_empty(&shown, why));
    }
    let new = NewStore { path: beside(store, ".restoring") };
    new.build(store, file, &sealed).await.with_context(|| format!("restoring into {shown}"))?;
    let kept = old.holds.is_some().then_some(aside);
    old.replace_store(store, kept.as_deref(), &new.path).await?;
    Ok(RestoredStore { contents: sealed.contents, kept })
}

/// What exists at the place of the store.
struct ExistingStore {
    /// What is in it, in a few words. `None`: nothing that would be missed.
    holds: Option<String>,
    /// A connection that excludes all others. `None` where there is no store that can be opened.
    alone: Option<SqliteConnection>,
}

impl ExistingStore {
    async fn inspect(store: &Path) -> Result<ExistingStore> {
        match store.metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(ExistingStore { holds: None, alone: None });
            }
            Err(error) => {
                return Err(error).with_context(|| format!("looking at {}", store.display()));
            }
            Ok(about) if about.len() == 0 => return Ok(ExistingStore { holds: None, alone: None }),
            Ok(_) => {}
        }
        // SQLite would throw the log of such a file away in the attempt to open it.
        if !seal::is_database(store).with_context(|| format!("reading {}", store.display()))? {
            let why = "it cannot be read: it is no SQLite database".to_owned();
            return Ok(ExistingStore { holds: Some(why), alone: None });
        }
        match ExistingStore::read(store).await {
            Ok(old) => Ok(old),
            Err(error) if is_busy(&error) => bail!(
                "the store {} is being used by another process: let it end, and try again",
                store.display()
            ),
            // Damaged, or no store at all: keep it in either case.
            Err(error) => {
                let error = open::sqlite_trouble(store, error);
                Ok(ExistingStore {
                    holds: Some(format!("it cannot be read: {error}")),
                    alone: None,
                })
            }
        }
    }

    async fn read(store: &Path) -> sqlx::Result<ExistingStore> {
        let options = open::with_store_options(SqliteConnectOptions::new().filename(store))
            .busy_timeout(std::time::Duration::from_secs(5));
        let mut alone = SqliteConnection::connect_with(&options).await?;
        // The log goes into the file, and no other process has it open: SQLite leaves this mode only then.
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode = DELETE").fetch_one(&mut alone).await?;
        if mode != "delete" {
            return Err(sqlx::Error::Protocol("its log cannot be put away".into()));
        }
        sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut alone).await?;
        let tables = tables::tables(&mut alone).await;
        let tables = tables.map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
        let mut rows = Vec::new();
        for table in tables {
            let count = tables::count_in_sqlite(&table, &mut alone).await;
            let count = count.map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
            rows.push((table.name, count));
        }
        Ok(ExistingStore { holds: describe_contents(&rows), alone: Some(alone) })
    }

    /// Renames the new store over the old one. Whatever happens, one of the two is there.
    async fn replace_store(self, store: &Path, kept: Option<&Path>, new: &Path) -> Result<()> {
        let shown = store.display();
        if let Some(kept) = kept {
            let keeping = || format!("keeping the store {shown} as {}", kept.display());
            std::fs::hard_link(store, kept).with_context(keeping)?;
        }
        // Once the database file is replaced, its old log would be taken for the log of the new
        // file.
        for ending in ["-wal", "-shm", "-journal"] {
            let log = beside(store, ending);
            if log.exists() && self.alone.is_none() {
                let putting = || format!("putting {} away", log.display());
                match kept {
                    Some(kept) => std::fs::rename(&log, beside(kept, ending)),
                    None => std::fs::remove_file(&log),
                }
                .with_context(putting)?;
            }
        }
        std::fs::rename(new, store).with_context(|| format!("putting the new store at {shown}"))?;
        sync_folder(store).with_context(|| format!("putting the new store at {shown}"))?;
        if let Some(mut alone) = self.alone {
            // It has written nothing, so that nothing is lost where this fails.
            let _ = sqlx::raw_sql("ROLLBACK").execute(&mut alone).await;
            let _ = alone.close().await;
        }
        Ok(())
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(open::sqlite_code(error), Some(5 | 6))
}

/// Describes in a few words what a store holds. `None` when nothing in it would be missed: what
/// every store has from the beginning, and what the config brings again.
fn describe_contents(rows: &[(String, u64)]) -> Option<String> {
    let count =
        |name: &str| rows.iter().find(|(table, _)| table == name).map_or(0, |(_, count)| *count);
    let known = ["counter", "secret", "source", "feed"];
    let missed = rows.iter().filter(|(name, count)| *count > 0 && !known.contains(&&**name));
    (missed.count() > 0).then(|| {
        let (items, people) = (count("item"), count("subscriber"));
        format!("items: {items}, subscribers: {people}")
    })
}

/// A store that is being made of a backup.
struct NewStore {
    path: PathBuf,
}

impl NewStore {
    async fn build(&self, store: &Path, file: &Path, sealed: &seal::VerifiedBackup) -> Result<()> {
        self.remove();
        let mut options = File::options();
        let made = options.create_new(true).read(true).write(true).mode(0o600).open(&self.path);
        let mut made = made.with_context(|| format!("making {}", self.path.display()))?;
        open::give_to_owner_of(&open::folder_of(store), &made)?;
        copy_database(file, &mut made, sealed)?;
        let db = Db::open_file(&self.path).await?;
        if sealed.contents.engine != "sqlite" {
            let mut tx = db.begin("indexing the items for search").await?;
            search::reindex_all(&mut tx).await?;
            tx.commit().await?;
        }
        let new = Store::of(db);
        new.release_all().await?;
        let unmarked = "PRAGMA application_id = 0";
        if let Db::Sqlite { writer, .. } = &new.db {
            sqlx::raw_sql(unmarked).execute(writer).await?;
        }
        new.close().await;
        let left = beside(&self.path, "-wal").metadata().is_ok_and(|left| left.len() > 0);
        ensure!(!left, "the new store's log could not be put away");
        verify_tables(&self.path, open::LATEST).await?;
        made.sync_all()?;
        Ok(())
    }

    fn remove(&self) {
        for ending in ["", "-wal", "-shm", "-journal"] {
            // A file that cannot be removed stops the next restore, which says so.
            let _ = std::fs::remove_file(beside(&self.path, ending));
        }
    }
}

impl Drop for NewStore {
    fn drop(&mut self) {
        self.remove();
    }
}

fn copy_database(from: &Path, to: &mut File, sealed: &seal::VerifiedBackup) -> Result<()> {
    let copying = || format!("copying the backup {}", from.display());
    let mut database = File::open(from).with_context(copying)?.take(sealed.database);
    let copied = std::io::copy(&mut database, to).with_context(copying)?;
    ensure!(copied == sealed.database, "{}: it ended early", copying());
    Ok(())
}

#[allow(clippy::too_many_arguments)]
async fn into_postgres(
    db: &Db,
    url: &str,
    shown: &dyn std::fmt::Display,
    file: &Path,
    sealed: seal::VerifiedBackup,
    replace: bool,
    aside: PathBuf,
    now: DateTime<Utc>,
) -> Result<RestoredStore> {
    // A backup from before is brought up to date in a copy: it is never written to.
    let current = UpgradedBackup::of(file, &sealed).await?;
    let mut from = connect_read_only(&current.path).await?;
    let mut all = tables::tables(&mut from).await?;
    let mut tx = db.begin("restoring a backup").await?;
    let to = tx.postgres().context("a PostgreSQL store is on another engine")?;
    // Wait for other commands to end.
    sqlx::raw_sql("SET LOCAL lock_timeout = '60s'").execute(&mut *to).await?;
    tables::learn_flags(&mut all, to).await?;
    let mut kept = None;
    if let Some(why) = describe_contents(&rows_of(&all, to).await?) {
        if !replace {
            bail!(not_empty(shown, &why));
        }
        backup(url, &aside, now).await.context("keeping what the store holds")?;
        kept = Some(aside);
    }
    tables::empty(&all, to).await?;
    for table in &all {
        let copied = tables::to_postgres(table, &mut from, to).await;
        let copied = copied.with_context(|| format!("copying the table {}", table.name))?;
        let wanted = tables::count_in_sqlite(table, &mut from).await?;
        let there = tables::count_in_postgres(table, to).await?;
        ensure!(copied == wanted && there == wanted, "table {} is incomplete", table.name);
    }
    search::reindex_all(&mut tx).await?;
    super::super::owner::release_all_in(&mut tx).await?;
    tx.commit().await?;
    from.close().await?;
    Ok(RestoredStore { contents: sealed.contents, kept })
}

async fn rows_of(
    all: &[tables::BackupTable],
    store: &mut PgConnection,
) -> Result<Vec<(String, u64)>> {
    let mut rows = Vec::new();
    for table in all {
        rows.push((table.name.clone(), tables::count_in_postgres(table, store).await?));
    }
    Ok(rows)
}

/// A backup with the tables of today: itself, or a copy that is removed again.
struct UpgradedBackup {
    path: PathBuf,
    _copy: Option<NewStore>,
}

impl UpgradedBackup {
    async fn of(file: &Path, sealed: &seal::VerifiedBackup) -> Result<UpgradedBackup> {
        if sealed.contents.schema == open::LATEST {
            return Ok(UpgradedBackup { path: file.to_owned(), _copy: None });
        }
        let name = format!("bantin-{}.restoring", uuid::Uuid::new_v4());
        let copy = NewStore { path: std::env::temp_dir().join(name) };
        let mut options = File::options();
        let made = options.create_new(true).write(true).mode(0o600).open(&copy.path);
        let mut made = made.with_context(|| format!("making {}", copy.path.display()))?;
        copy_database(file, &mut made, sealed)?;
        Store::of(Db::open_file(&copy.path).await?).close().await;
        Ok(UpgradedBackup { path: copy.path.clone(), _copy: Some(copy) })
    }
}
