//! Opens a store: makes the connections of its engine and brings its tables up to date. Every
//! failure is one clear sentence, and no sentence contains a password.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use futures_util::future::BoxFuture;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use super::Db;
use super::sql::{Sql, args};

/// The migrations, each in the SQL of both engines. A released one is never edited: its checksum is
/// in every store.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "tables",
        include_str!("../migrations/sqlite/0001_tables.sql"),
        include_str!("../migrations/postgres/0001_tables.sql"),
    ),
    (
        2,
        "reading",
        include_str!("../migrations/sqlite/0002_reading.sql"),
        include_str!("../migrations/postgres/0002_reading.sql"),
    ),
    (
        3,
        "subscribing",
        include_str!("../migrations/sqlite/0003_subscribing.sql"),
        include_str!("../migrations/postgres/0003_subscribing.sql"),
    ),
    (
        4,
        "digests",
        include_str!("../migrations/sqlite/0004_digests.sql"),
        include_str!("../migrations/postgres/0004_digests.sql"),
    ),
    (
        5,
        "notices",
        include_str!("../migrations/sqlite/0005_notices.sql"),
        include_str!("../migrations/postgres/0005_notices.sql"),
    ),
    (
        7,
        "bounces",
        include_str!("../migrations/sqlite/0007_bounces.sql"),
        include_str!("../migrations/postgres/0007_bounces.sql"),
    ),
    (
        8,
        "left out",
        include_str!("../migrations/sqlite/0008_left_out.sql"),
        include_str!("../migrations/postgres/0008_left_out.sql"),
    ),
    (
        9,
        "feeds",
        include_str!("../migrations/sqlite/0009_feeds.sql"),
        include_str!("../migrations/postgres/0009_feeds.sql"),
    ),
    (
        10,
        "hub",
        include_str!("../migrations/sqlite/0010_hub.sql"),
        include_str!("../migrations/postgres/0010_hub.sql"),
    ),
    (
        11,
        "api tokens",
        include_str!("../migrations/sqlite/0011_api_tokens.sql"),
        include_str!("../migrations/postgres/0011_api_tokens.sql"),
    ),
    (
        12,
        "site",
        include_str!("../migrations/sqlite/0012_site.sql"),
        include_str!("../migrations/postgres/0012_site.sql"),
    ),
    (
        13,
        "admin",
        include_str!("../migrations/sqlite/0013_admin.sql"),
        include_str!("../migrations/postgres/0013_admin.sql"),
    ),
    (
        14,
        "manners",
        include_str!("../migrations/sqlite/0014_manners.sql"),
        include_str!("../migrations/postgres/0014_manners.sql"),
    ),
    (
        15,
        "gone",
        include_str!("../migrations/sqlite/0015_gone.sql"),
        include_str!("../migrations/postgres/0015_gone.sql"),
    ),
    (
        16,
        "pruning",
        include_str!("../migrations/sqlite/0016_pruning.sql"),
        include_str!("../migrations/postgres/0016_pruning.sql"),
    ),
    (
        17,
        "reader",
        include_str!("../migrations/sqlite/0017_reader.sql"),
        include_str!("../migrations/postgres/0017_reader.sql"),
    ),
];

/// The version of the tables that this program makes.
pub(super) const LATEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// The first version of the tables that has admin pages.
const ADMIN_PAGES: i64 = 13;

/// Time for a connection to be made, and for one to come free in a pool.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(60);
/// Time for another process to finish its write to the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const SQLITE_BUSY: i32 = 5;
const TURNING_TRIES: u32 = 50;
const TURNING_PAUSE: Duration = Duration::from_millis(100);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 12;

impl Db {
    pub(super) async fn open(url: &str) -> Result<Db> {
        match engine_of(url)? {
            StoreEngine::Sqlite => open_sqlite(url).await,
            StoreEngine::Postgres => open_postgres(url).await,
        }
    }

    /// Opens a store as it is: nothing is made, and nothing written. `None` where there is none.
    pub(super) async fn open_existing(url: &str) -> Result<Option<Db>> {
        let db = match place(url)? {
            StorePlace::Memory => return Ok(None),
            StorePlace::File(file) if !file.exists() => return Ok(None),
            StorePlace::File(file) => open_sqlite_read_only(&file).await?,
            StorePlace::Postgres(options, shown) => {
                connect_postgres(&options, &shown).await?.close().await?;
                let options = options.options([("default_transaction_read_only", "on")]);
                let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
                Db::Postgres { pool: pool.connect_lazy_with(options) }
            }
        };
        let there = Sql {
            sqlite: "SELECT count(*) AS tables FROM sqlite_schema WHERE name = '_sqlx_migrations'",
            postgres: "SELECT count(*) AS tables FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')",
        };
        let what = "asking a store for its tables";
        let there = db.one(what, there, args![]).await?;
        if there.map(|row| row.int("tables")).transpose()? != Some(1) {
            return Ok(None);
        }
        let sql = "SELECT max(version) AS version FROM _sqlx_migrations";
        let version = db.one(what, sql, args![]).await?;
        let version = version.map(|row| row.maybe_int("version")).transpose()?.flatten();
        match version.unwrap_or(0) {
            ..ADMIN_PAGES => Ok(None),
            version if version > LATEST => bail!(
                "it was made by a newer bantin (its tables are at version {version}, this program knows {LATEST})"
            ),
            _ => Ok(Some(db)),
        }
    }

    /// Opens an existing file, wherever its path leads.
    pub(super) async fn open_file(file: &Path) -> Result<Db> {
        let options = with_store_options(SqliteConnectOptions::new().filename(file));
        open_sqlite_at(options, file.to_owned()).await
    }
}

enum StoreEngine {
    Sqlite,
    Postgres,
}

fn engine_of(url: &str) -> Result<StoreEngine> {
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(StoreEngine::Sqlite),
        Some(("postgres" | "postgresql", _)) => Ok(StoreEngine::Postgres),
        // The rest of the URL may contain a password, so the error does not repeat it.
        _ => bail!(
            "the store's URL begins with neither sqlite: nor postgres: (it may be \"sqlite:bantin.db\", \
             \"sqlite::memory:\" or \"postgres://user:password@host/database\")"
        ),
    }
}

/// The place of a store, without opening it.
pub(super) enum StorePlace {
    Memory,
    File(PathBuf),
    Postgres(Box<PgConnectOptions>, RedactedUrl),
}

/// A URL with its passwords struck out.
#[derive(Clone)]
pub(super) struct RedactedUrl(String);

impl std::fmt::Display for RedactedUrl {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

pub(super) fn place(url: &str) -> Result<StorePlace> {
    Ok(match engine_of(url)? {
        StoreEngine::Sqlite => match sqlite_file(url, &sqlite_options(url)?)? {
            Some(file) => StorePlace::File(file),
            None => StorePlace::Memory,
        },
        StoreEngine::Postgres => {
            let (options, shown) = postgres_options(url)?;
            StorePlace::Postgres(Box::new(options), shown)
        }
    })
}

async fn open_sqlite(url: &str) -> Result<Db> {
    let options = sqlite_options(url)?;
    let Some(file) = sqlite_file(url, &options)? else {
        return open_memory(options).await;
    };
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    if !path.contains('?') {
        create_file(&file)?;
    }
    open_sqlite_at(options, file).await
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| {
        anyhow!("the store's URL {url} cannot be read: {}", engine_message(&error))
    })?;
    Ok(with_store_options(options))
}

/// Returns the file that the URL names; None in memory.
fn sqlite_file(url: &str, options: &SqliteConnectOptions) -> Result<Option<PathBuf>> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    if path.starts_with(":memory:") || path.contains("mode=memory") {
        return Ok(None);
    }
    let file = options.get_filename().to_path_buf();
    if file.as_os_str().is_empty() {
        bail!("the store's URL names no file: write it as \"sqlite:bantin.db\"");
    }
    Ok(Some(file))
}

/// Adds the options of every connection to a store.
pub(super) fn with_store_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .disable_statement_logging()
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .synchronous(SqliteSynchronous::Full)
        .pragma("trusted_schema", "OFF")
        .create_if_missing(false)
}

async fn open_sqlite_at(options: SqliteConnectOptions, file: PathBuf) -> Result<Db> {
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let blame = |error: sqlx::Error| sqlite_trouble(&file, error);
    let writing = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        // What the log shrinks back to once its pages are in the file.
        .pragma("journal_size_limit", "8388608");
    // When two processes turn a new file to WAL at the same moment, one gets "locked" at once,
    // whatever its busy timeout.
    let mut tries = 0;
    let writer = loop {
        match pool()
            .max_connections(1)
            .before_acquire(is_reusable)
            .connect_with(writing.clone())
            .await
        {
            Err(error) if sqlite_code(&error) == Some(SQLITE_BUSY) && tries < TURNING_TRIES => {
                tries += 1;
                tokio::time::sleep(TURNING_PAUSE).await;
            }
            opened => break opened.map_err(blame)?,
        }
    };
    migrate_sqlite(&writer).await.map_err(|trouble| trouble.into_error(&file.display(), blame))?;
    // A statement that writes would be a mistake on a reader's connection; the engine says so.
    let reading = options.pragma("query_only", "ON");
    let readers =
        pool().max_connections(SQLITE_READERS).connect_with(reading).await.map_err(blame)?;
    let (hasty, owned) = Default::default();
    Ok(Db::Sqlite { writer, hasty, readers, file: Some(file), owned })
}

/// Opens a file for reading and changes nothing beside it. Without a log the file is complete; to
/// read one that has a log, SQLite uses the shared-memory file that the writer has already made.
async fn open_sqlite_read_only(file: &Path) -> Result<Db> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let options = with_store_options(SqliteConnectOptions::new().filename(file))
        .read_only(true)
        .immutable(!Path::new(&log).exists());
    let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    let only = pool.connect_with(options).await.map_err(|error| sqlite_trouble(file, error))?;
    let (hasty, owned) = Default::default();
    Ok(Db::Sqlite { writer: only.clone(), hasty, readers: only, file: None, owned })
}

/// Returns whether a connection may be used again. When a disk is full, SQLite takes a transaction
/// back by itself, and sqlx goes on counting one that there is nothing left to end of: nothing
/// could be written any more until the next start.
fn is_reusable<'c>(
    connection: &'c mut SqliteConnection,
    _: PoolConnectionMetadata,
) -> BoxFuture<'c, sqlx::Result<bool>> {
    Box::pin(std::future::ready(Ok(!connection.is_in_transaction())))
}

/// One connection does everything: a second one would see another, empty database.
async fn open_memory(options: SqliteConnectOptions) -> Result<Db> {
    let only = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .context("opening a store in memory")?;
    let blame = |error: sqlx::Error| sqlite_trouble(Path::new(":memory:"), error);
    migrate_sqlite(&only).await.map_err(|trouble| trouble.into_error(&"in memory", blame))?;
    let (hasty, owned) = Default::default();
    Ok(Db::Sqlite { writer: only.clone(), hasty, readers: only, file: None, owned })
}

/// Makes the file if it does not exist, readable by its owner alone: it will hold addresses. SQLite
/// gives its log the same mode.
fn create_file(file: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;

    let folder = usable_folder(file)?;
    if file.exists() {
        return Ok(());
    }
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(made) => give_to_owner_of(&folder, &made)
            .with_context(|| format!("giving {} to the owner of its folder", file.display())),
        // Another process made it first.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            bail!(
                "the store {} cannot be made: {error} (in folder {})",
                file.display(),
                folder.display()
            )
        }
    }
}

/// Returns the folder of a store's file, where there may be one.
pub(super) fn usable_folder(file: &Path) -> Result<PathBuf> {
    let folder = folder_of(file);
    if let Err(error) = folder.metadata()
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        bail!(
            "the store {} cannot be opened by this user: {error} (root may: put sudo in front)",
            file.display()
        );
    }
    if !folder.is_dir() {
        bail!(
            "the store {} cannot be made: there is no folder {} (make it, or change the store's url)",
            file.display(),
            folder.display()
        );
    }
    if file.is_dir() {
        bail!("the store {} is a folder; the store's url must name a file", file.display());
    }
    Ok(folder)
}

pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Gives a file that we made to the owner of `like`. Root may run a command before the daemon, which is another user,
/// first does, and must not lock it out. (SQLite does the same with its log.)
pub(super) fn give_to_owner_of(like: &Path, made: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    let (owner, ours) = (like.metadata()?, made.metadata()?);
    // Only root may give files away; anybody else keeps what they made in a folder open to them.
    if ours.uid() != 0 || owner.uid() == 0 {
        return Ok(());
    }
    std::os::unix::fs::fchown(made, Some(owner.uid()), Some(owner.gid()))
}

fn postgres_options(url: &str) -> Result<(PgConnectOptions, RedactedUrl)> {
    // An unreadable URL is not repeated, because it is unknown where in it the password ends.
    let parsed = url::Url::parse(url)
        .map_err(|error| anyhow!("the store's postgres: URL cannot be read: {error}"))?;
    let shown = RedactedUrl(redacted(parsed));
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| {
            anyhow!("the store's URL {shown} cannot be read: {}", engine_message(&error))
        })?
        .application_name("bantin")
        .disable_statement_logging();
    Ok((options, shown))
}

/// Opens one connection, without a pool: a pool would go on trying for a minute where no server
/// listens.
pub(super) async fn connect_postgres(
    options: &PgConnectOptions,
    shown: &RedactedUrl,
) -> Result<PgConnection> {
    match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(connected) => connected.map_err(|error| postgres_trouble(shown, error)),
        Err(_) => bail!(
            "the store {shown} cannot be reached: no answer in {} seconds",
            CONNECT_TIMEOUT.as_secs()
        ),
    }
}

async fn open_postgres(url: &str) -> Result<Db> {
    let (options, shown) = postgres_options(url)?;
    let blame = |error: sqlx::Error| postgres_trouble(&shown, error);
    let mut first = connect_postgres(&options, &shown).await?;
    let tables = migrator(|(.., postgres)| postgres);
    // Not `run`, whose bounds make a future that no other thread may take over.
    let migrated = tables.run_direct(None, &mut first, false).await.map_err(MigrationFailure::from);
    migrated.map_err(|trouble| trouble.into_error(&shown, blame))?;
    first.close().await.map_err(blame)?;
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options);
    Ok(Db::Postgres { pool })
}

fn migrator(
    text: impl Fn(&(i64, &'static str, &'static str, &'static str)) -> &'static str,
) -> Migrator {
    let migrations = MIGRATIONS.iter().map(|each| {
        let (version, description, ..) = *each;
        let sql = text(each).into_sql_str();
        Migration::new(version, description.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// Makes the tables of `version` in an empty SQLite file.
pub(super) async fn make_tables(connection: &mut SqliteConnection, version: i64) -> Result<()> {
    let mut tables = migrator(|(_, _, sqlite, _)| sqlite);
    tables.migrations.to_mut().retain(|migration| migration.version <= version);
    tables.run_direct(None, connection, false).await.context("making the tables of a store")
}

/// Runs the migrations in one transaction, because two processes that open a new store at the same
/// moment must not both make its tables.
async fn migrate_sqlite(writer: &sqlx::SqlitePool) -> Result<(), MigrationFailure> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let tables = migrator(|(_, _, sqlite, _)| sqlite);
    tables.run_direct(None, &mut *tx, false).await?;
    tx.commit().await?;
    Ok(())
}

/// Failures of bringing the tables up to date.
enum MigrationFailure {
    Newer(i64),
    Edited(i64),
    Engine(sqlx::Error),
    Other(MigrateError),
}

impl From<sqlx::Error> for MigrationFailure {
    fn from(error: sqlx::Error) -> Self {
        MigrationFailure::Engine(error)
    }
}

impl From<MigrateError> for MigrationFailure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => MigrationFailure::Newer(version),
            MigrateError::VersionMismatch(version) => MigrationFailure::Edited(version),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                MigrationFailure::Engine(error)
            }
            other => MigrationFailure::Other(other),
        }
    }
}

impl MigrationFailure {
    fn into_error(
        self,
        store: &dyn std::fmt::Display,
        blame: impl Fn(sqlx::Error) -> Error,
    ) -> Error {
        match self {
            MigrationFailure::Newer(version) => anyhow!(
                "the store {store} was made by a newer bantin (its tables are at version {version}, this program knows \
                 {LATEST}): run that version again, or restore a backup from before"
            ),
            MigrationFailure::Edited(version) => anyhow!(
                "the store {store} was not made by a released bantin: its tables of version {version} differ from ours"
            ),
            MigrationFailure::Engine(error) => blame(error),
            MigrationFailure::Other(error) => {
                anyhow!("the tables of the store {store} cannot be made: {error}")
            }
        }
    }
}

/// Returns the primary result code: <https://www.sqlite.org/rescode.html>, the low byte.
pub(super) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let sqlx::Error::Database(database) = error else { return None };
    Some(database.code()?.parse::<i32>().ok()? & 0xff)
}

/// Returns an SQLite error as a sentence with what to do.
pub(super) fn sqlite_trouble(file: &Path, error: sqlx::Error) -> Error {
    let file = file.display();
    let said = engine_message(&error);
    match sqlite_code(&error) {
        Some(5 | 6) => anyhow!("the store {file} is locked by another process: {said}"),
        Some(8) => anyhow!(
            "the store {file} cannot be written to: its file or its folder is read-only for this user ({said})"
        ),
        Some(10) => anyhow!("the store {file} cannot be read or written: the disk failed ({said})"),
        Some(11) => anyhow!("the store {file} is damaged ({said}): restore a backup"),
        Some(13) => anyhow!("the store {file} cannot be written to: the disk is full"),
        Some(14) => anyhow!(
            "the store {file} cannot be opened: does the file exist, and may this user read and write it and its folder?"
        ),
        Some(26) => anyhow!("the file {file} is not a store: it is no SQLite database"),
        _ => anyhow!("the store {file} cannot be opened: {said}"),
    }
}

/// Returns a PostgreSQL error as a sentence with what to do. Codes: PostgreSQL's manual, appendix
/// A.
pub(super) fn postgres_trouble(shown: &RedactedUrl, error: sqlx::Error) -> Error {
    let code = match &error {
        sqlx::Error::Database(database) => database.code().map(|code| code.into_owned()),
        _ => None,
    };
    let said = engine_message(&error);
    match (code.as_deref(), &error) {
        (Some("28P01" | "28000"), _) => {
            anyhow!("the store {shown} refuses us: {said} (look at the user and the password)")
        }
        (Some("3D000"), _) => {
            anyhow!("the store {shown} is not there: {said} (make it with createdb)")
        }
        (Some("42501"), _) => anyhow!(
            "the store {shown} may not be changed by this user: {said} (make the user the database's owner)"
        ),
        (Some("53300"), _) => anyhow!("the store {shown} takes no more connections: {said}"),
        (_, sqlx::Error::Io(_)) => anyhow!("the store {shown} cannot be reached: {said}"),
        (_, sqlx::Error::Tls(_)) => anyhow!(
            "the store {shown} cannot be reached over TLS: {said} (sslrootcert=FILE in the URL names a CA of your own)"
        ),
        _ => anyhow!("the store {shown} cannot be opened: {said}"),
    }
}

/// Returns the engine's own words, without sqlx's preface.
fn engine_message(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) => error.to_string(),
        sqlx::Error::Configuration(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Returns the URL with its passwords struck out: the one before the `@` and the one in
/// `?password=`.
fn redacted(mut url: url::Url) -> String {
    if url.password().is_some() {
        // Fails only for URLs without a host, which have no password either.
        let _ = url.set_password(Some("***"));
    }
    if url.query_pairs().any(|(key, _)| key == "password") {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .map(|(key, value)| match &*key {
                "password" => (key.into_owned(), "***".to_owned()),
                _ => (key.into_owned(), value.into_owned()),
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, shown: &str) {
        assert_eq!(redacted(url.parse().expect("the test's URL parses")), shown);
    }

    /// Reads the settings that SQLite needs for durable commits, from each connection.
    async fn settings(pool: &sqlx::SqlitePool) -> String {
        let mut told = Vec::new();
        for pragma in ["PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys"] {
            let row = sqlx::query(pragma).fetch_one(pool).await.expect("a setting");
            use sqlx::{Row, ValueRef};
            let raw = row.try_get_raw(0).expect("one column").to_owned();
            use sqlx::{Decode, Sqlite, Value};
            told.push(<String as Decode<Sqlite>>::decode(raw.as_ref()).expect("a text"));
        }
        told.join(" ")
    }

    #[tokio::test]
    async fn p2_a_commit_waits_for_the_disk() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let url = format!("sqlite:{}/bantin.db", folder.path().display());
        let Ok(Db::Sqlite { writer, readers, .. }) = Db::open(&url).await else {
            panic!("the store opens")
        };
        // 2 is FULL: <https://www.sqlite.org/pragma.html#pragma_synchronous>.
        assert_eq!(settings(&writer).await, "wal 2 1");
        assert_eq!(settings(&readers).await, "wal 2 1");
        let written = sqlx::query("UPDATE counter SET value = 9").execute(&readers).await;
        assert!(written.is_err(), "a reader's connection cannot write");
    }

    #[test]
    fn p12_a_shown_url_holds_no_password() {
        check("postgres://bantin:s3cret@db.example/tin", "postgres://bantin:***@db.example/tin");
        check(
            "postgres://bantin@db/tin?password=s3%20cret&sslmode=require",
            "postgres://bantin@db/tin?password=***&sslmode=require",
        );
        check("postgres://bantin@db/tin?host=/run/pg", "postgres://bantin@db/tin?host=/run/pg");
    }
}
