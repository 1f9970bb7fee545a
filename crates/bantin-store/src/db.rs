//! The connections of a store to its engine, and what a commit waits for.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::{PgPool, SqlitePool};

/// Connections to one of the two engines; cheap to clone.
#[derive(Clone)]
pub enum Db {
    Sqlite {
        /// One connection: SQLite has one writer, and waiting for it here is fair and has no timeout of its own.
        writer: SqlitePool,
        /// Whether its commits may be waiting for the disk as little as [`Commit::Soon`] says.
        hasty: Arc<AtomicBool>,
        readers: SqlitePool,
        /// None in memory.
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
    /// The disk: what was written survives a power cut (P2), and so does all that was written before it.
    Now,
    /// The operating system: what was written survives the end of this process, whatever ends it; a power cut may take it
    /// back until the next commit that waits for the disk. For what is harmless to learn again.
    Soon,
}
