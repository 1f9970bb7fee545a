//! The end of a backup file. After the database, where SQLite does not look, comes one JSON object
//! that says what the file holds; after that one line of fixed length with a SHA-256 of everything
//! before it. A truncated file has no such line, and a file with one changed bit has another hash.
//! SQLite's own check notices neither in a text.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::super::open::LATEST;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupContents {
    pub made_at: DateTime<Utc>,
    /// The version of bantin that made it.
    pub program: String,
    /// What the store was on: sqlite or postgres.
    pub engine: String,
    /// The version of the tables.
    pub schema: i64,
    /// How many rows each table has.
    pub tables: BTreeMap<String, u64>,
}

/// Marks a database as a backup, in its head (`PRAGMA application_id`,
/// <https://www.sqlite.org/fileformat.html> §1.3.11): "banb".
pub(super) const APPLICATION: u32 = 0x6261_6e62;
const APPLICATION_AT: usize = 68;
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEAD: usize = 100;

/// The line: this, ten digits of the JSON's length, and the hash.
const NAME: &str = "\nbantin-backup-";
const FORMAT: &str = "1";
const LINE: usize = NAME.len() + FORMAT.len() + 1 + 10 + 1 + 64 + 1;
/// More than any schema's list of tables.
const CONTENTS_BYTES: u64 = 1024 * 1024;

/// A backup whose hash is right.
pub(super) struct VerifiedBackup {
    pub contents: BackupContents,
    /// Bytes of the database.
    pub database: u64,
}

/// Writes the end of a backup and syncs the file to disk.
pub(super) fn seal(path: &Path, contents: &BackupContents) -> Result<()> {
    let mut file = File::options().read(true).append(true).open(path)?;
    let json = serde_json::to_vec(contents).context("writing down what is in the backup")?;
    let length = file.metadata()?.len();
    let mut hash = Sha256::new();
    read_into(&mut hash, &mut file, length)?;
    hash.update(&json);
    let line = format!("{NAME}{FORMAT} {:010} {}\n", json.len(), hex(hash));
    file.write_all(&json)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

/// Reads a backup's end, and all of it for the hash. `Err` says what the file is instead, and what
/// to do.
pub(super) fn examine(path: &Path) -> Result<VerifiedBackup> {
    let shown = path.display();
    let reading = || format!("the backup {shown} cannot be read");
    let mut file = File::open(path).with_context(reading)?;
    let about = file.metadata().with_context(reading)?;
    ensure!(about.is_file(), "{shown} is no file: name one that bantin backup has written");
    let length = about.len();
    let mut head = vec![0; HEAD.min(usize::try_from(length).unwrap_or(HEAD))];
    file.read_exact(&mut head).with_context(reading)?;
    let marked = head.get(APPLICATION_AT..APPLICATION_AT + 4) == Some(&APPLICATION.to_be_bytes());
    let line_at = length.saturating_sub(LINE as u64);
    let mut line = Vec::new();
    file.seek(SeekFrom::Start(line_at)).with_context(reading)?;
    file.read_to_end(&mut line).with_context(reading)?;
    let (json_length, wanted) = match read_line(&line) {
        SealLine::Ours(json_length, wanted) => (json_length, wanted),
        SealLine::Newer => bail!(
            "the backup {shown} was made by a newer bantin, in a form that this program does not know: restore it with that \
             version"
        ),
        SealLine::None if marked => bail!(
            "the backup {shown} is damaged: its end is missing, as if it had been cut short. Take another backup"
        ),
        SealLine::None if head.starts_with(MAGIC) => bail!(
            "{shown} is no backup: it is an SQLite database, but bantin backup did not write it. (A store itself needs no \
             restoring: stop bantin and let the config's store.url name it)"
        ),
        SealLine::None => bail!("{shown} is no backup: name a file that bantin backup has written"),
    };
    let damaged = || {
        anyhow!(
            "the backup {shown} is damaged: its bytes are not those that were written. Take another backup"
        )
    };
    ensure!(json_length <= CONTENTS_BYTES, damaged());
    let database = line_at.checked_sub(json_length).ok_or_else(damaged)?;
    let mut hash = Sha256::new();
    read_into(&mut hash, &mut file, database).with_context(reading)?;
    let mut json = Vec::new();
    (&file).take(json_length).read_to_end(&mut json).with_context(reading)?;
    hash.update(&json);
    ensure!(hex(hash) == wanted, damaged());
    let contents: BackupContents = serde_json::from_slice(&json).map_err(|_| damaged())?;
    ensure!(
        contents.schema <= LATEST,
        "the backup {shown} was made by a newer bantin ({}; its tables are at version {}, this program knows {LATEST}): \
         restore it with that version",
        contents.program,
        contents.schema
    );
    Ok(VerifiedBackup { contents, database })
}

/// Returns whether the file begins as an SQLite database does.
pub(super) fn is_database(path: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    Ok(head == MAGIC)
}

enum SealLine {
    Ours(u64, String),
    Newer,
    None,
}

fn read_line(line: &[u8]) -> SealLine {
    let text = std::str::from_utf8(line).ok();
    let Some(rest) = text.and_then(|text| text.strip_prefix(NAME)?.strip_suffix('\n')) else {
        return SealLine::None;
    };
    let mut words = rest.split(' ');
    match (words.next(), words.next().and_then(|word| word.parse().ok()), words.next()) {
        (Some(FORMAT), Some(length), Some(hash)) => SealLine::Ours(length, hash.to_owned()),
        (Some(other), ..) if other != FORMAT => SealLine::Newer,
        _ => SealLine::None,
    }
}

/// Hashes the first `bytes` bytes of the file and leaves its position after them.
fn read_into(hash: &mut Sha256, file: &mut File, bytes: u64) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let mut left = bytes;
    let mut buffer = vec![0; 1 << 18];
    while left > 0 {
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = file.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        hash.update(&buffer[..read]);
        left -= read as u64;
    }
    Ok(())
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
