//! Backups: everything a store holds in one file, and back. The file is an SQLite database whichever engine the store is
//! on, so that a backup of either can be restored into either; `seal` is what tells it from any other database and says
//! whether it is whole.
//!
//! A backup is made beside a running daemon and is of one moment: `VACUUM INTO` on SQLite (never a copy of the file, whose
//! log is another file), one read-only snapshot on PostgreSQL, read table by table. The tables are those that the schema
//! has (`tables`), so that a new one cannot be forgotten. It is written under another name, looked through, and takes its
//! name last.

mod restore;
mod seal;
mod tables;
mod writer;

pub use restore::{RestoredStore, restore};
pub use seal::BackupContents;
pub use writer::{Backup, backup, backup_into};
