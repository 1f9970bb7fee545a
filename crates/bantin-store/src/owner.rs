//! The ownership of the jobs: one process for each store. It is a lock beside the SQLite file, or
//! an advisory lock on PostgreSQL; both end with the process.

use std::fs::{File, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::Mutex;

use super::sql::{Tx, args};
use super::{Db, Store, open};
use bantin_model::limits;

/// Proof that this process owns the store's jobs (polling, publishing, delivering). Another process may still read, and
/// add subscribers. Ends when dropped, or with the process.
pub struct Owner(OwnerProof);

pub(super) enum OwnerProof {
    Memory(Arc<AtomicBool>),
    File { lock: File, path: PathBuf },
    Postgres(Mutex<PgConnection>),
}

impl Drop for OwnerProof {
    fn drop(&mut self) {
        if let OwnerProof::Memory(owned) = self {
            owned.store(false, Ordering::Release);
        }
    }
}

/// Number of the advisory lock ("bantin" in ASCII); locks of other programs in the same database
/// have other numbers.
const POSTGRES_LOCK: i64 = 0x6261_6e74_696e;

impl Store {
    /// Takes the ownership of the jobs. `None` when another process has it. Before it returns,
    /// every lease is free again and every delivery that says `sending` is waiting again, due now.
    pub async fn take_ownership(&self) -> Result<Option<Owner>> {
        let proof = match &self.db {
            Db::Sqlite { file: None, owned, .. } => {
                (!owned.swap(true, Ordering::AcqRel)).then(|| OwnerProof::Memory(owned.clone()))
            }
            Db::Sqlite { file: Some(file), .. } => lock_beside(file)?,
            Db::Postgres { pool } => lock_in(&pool.connect_options()).await?,
        };
        let Some(proof) = proof else { return Ok(None) };
        self.release_all().await?;
        Ok(Some(Owner(proof)))
    }

    /// Frees what a process that died left: its leases, and mails of which it is unknown whether
    /// they were sent. Their `next_at` is in the past since they were claimed, so they are due.
    pub(super) async fn release_all(&self) -> Result<()> {
        let mut tx = self.db.begin("freeing what the last owner of the store held").await?;
        release_all_in(&mut tx).await?;
        tx.commit().await
    }
}

pub(super) async fn release_all_in(tx: &mut Tx) -> Result<()> {
    tx.run("UPDATE source SET lease_until = 0 WHERE lease_until <> 0", args![]).await?;
    tx.run("UPDATE delivery SET state = 'waiting' WHERE state = 'sending'", args![]).await?;
    // A push whose end is unknown did not fail, so it is due without a delay.
    tx.run("UPDATE hub_subscription SET sending = false, tries = tries - 1 WHERE sending", args![])
        .await?;
    tx.run("UPDATE hub_request SET sending = false WHERE sending", args![]).await?;
    Ok(())
}

impl Owner {
    /// Returns whether the ownership still holds. It can be lost while the process lives:
    /// PostgreSQL drops the lock with its connection, and a deleted lock file lets another process
    /// lock a new one. Then the jobs must stop.
    pub async fn still_owns(&self) -> bool {
        match &self.0 {
            OwnerProof::Memory(_) => true,
            OwnerProof::File { lock, path } => is_the_file_at(lock, path),
            OwnerProof::Postgres(connection) => {
                let mut connection = connection.lock().await;
                let asked = sqlx::query("SELECT 1").execute(&mut *connection);
                // A broken connection may give no answer. By then the server may have given the
                // lock to another process.
                matches!(tokio::time::timeout(limits::OWNER_ANSWER, asked).await, Ok(Ok(_)))
            }
        }
    }
}

pub(super) fn lock_beside(file: &Path) -> Result<Option<OwnerProof>> {
    let mut path = file.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let doing = || format!("locking {}", path.display());
    loop {
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(doing)?;
        // A store that is to be restored may not be there yet.
        let like = if file.exists() { file.to_owned() } else { open::folder_of(file) };
        open::give_to_owner_of(&like, &lock).with_context(doing)?;
        match lock.try_lock() {
            // The file was deleted after it was opened and before it was locked: a lock on it
            // excludes no one.
            Ok(()) if !is_the_file_at(&lock, &path) => continue,
            Ok(()) => return Ok(Some(OwnerProof::File { lock, path })),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error).with_context(doing),
        }
    }
}

pub(super) fn is_the_file_at(lock: &File, path: &Path) -> bool {
    match (lock.metadata(), path.metadata()) {
        (Ok(ours), Ok(there)) => ours.dev() == there.dev() && ours.ino() == there.ino(),
        _ => false,
    }
}

/// Takes the lock on a connection of its own, which is used for nothing else.
pub(super) async fn lock_in(options: &PgConnectOptions) -> Result<Option<OwnerProof>> {
    let doing = "taking the ownership of the store";
    let mut connection = options
        .clone()
        .application_name("bantin owner")
        // A machine that vanished would keep the lock for two hours otherwise.
        .options([
            ("tcp_keepalives_idle", "15"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
        ])
        .connect()
        .await
        .context(doing)?;
    let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(POSTGRES_LOCK)
        .fetch_one(&mut connection)
        .await
        .context(doing)?;
    Ok(taken.then(|| OwnerProof::Postgres(Mutex::new(connection))))
}
