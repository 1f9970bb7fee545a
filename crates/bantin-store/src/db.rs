//! The connections of a store to its engine, and what a commit waits for.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::{PgPool, SqlitePool};

/// Connections to one of the two engines; cheap to clone.
#[derive(Clone)]
pub enum Db {
    Sqlite {
        /// One connection, because SQLite has one writer. Waiting for it here is fair and has no
        /// timeout of its own.
        writer: SqlitePool,
        /// Whether the connection is set to commits that do not wait for the disk
        /// ([`Commit::Soon`]).
        hasty: Arc<AtomicBool>,
        readers: SqlitePool,
        /// `None` for a store in memory.
        file: Option<PathBuf>,
        /// Whether this store in memory has an owner; a file has a lock for that.
        owned: Arc<AtomicBool>,
    },
    Postgres {
        pool: PgPool,
    },
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// Waits for the disk: what was written survives a power cut (P2), and so does all that was
    /// written before it.
    Now,
    /// Waits for the operating system: what was written survives the end of this process. A power
    /// cut may undo it until the next commit that waits for the disk, so it is for what is harmless
    /// to learn again.
    Soon,
}
