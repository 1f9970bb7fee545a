//! Archives: what a feed had in the past, in parts that are closed once and never change (RFC 5005). The items of a part
//! are kept as they were, beside their rows, which go on being edited.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Store;
use super::sql::{args, to_json};
use crate::model::FeedName;

/// A closed part of a feed's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePart {
    /// 1 for the oldest, then without gaps.
    pub number: i64,
    /// What its address is made of: "2026-11", and "2026-11-2" for the second of a month.
    pub part: String,
    pub closed_at: DateTime<Utc>,
}

/// How far a feed's items have been looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArchivePlace {
    /// Up to this `seq`, all are in a part or open.
    pub upto: i64,
    /// In no part yet: `seq` and month ("2026-11"), in order of `seq`.
    pub open: Vec<(i64, String)>,
}

/// A part about to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArchive {
    pub part: String,
    /// Packed by whoever reads it again.
    pub items: Vec<u8>,
}

impl Store {
    /// Where the archives of a feed go on.
    pub async fn archive_place(&self, feed: &FeedName) -> Result<ArchivePlace> {
        let sql = "SELECT upto, open FROM archive_place WHERE feed = $1";
        let row =
            self.db.one("reading how far a feed is archived", sql, args![feed.as_str()]).await?;
        row.map_or_else(
            || Ok(ArchivePlace::default()),
            |row| Ok(ArchivePlace { upto: row.int("upto")?, open: row.json("open")? }),
        )
    }

    /// Closes parts of a feed's past and takes down how far it is archived now, together.
    pub async fn close_archives(
        &self,
        feed: &FeedName,
        place: &ArchivePlace,
        closed: &[NewArchive],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.db.begin("closing archives").await?;
        for new in closed {
            let sql = "INSERT INTO archive (feed, number, part, closed_at, items) \
                       SELECT $1, 1 + COALESCE(max(number), 0), $2, $3, $4 FROM archive WHERE feed = $1";
            let args = args![feed.as_str(), new.part.as_str(), now, new.items.clone()];
            tx.run(sql, args).await?;
        }
        let sql = "INSERT INTO archive_place (feed, upto, open) VALUES ($1, $2, $3) \
                   ON CONFLICT (feed) DO UPDATE SET upto = excluded.upto, open = excluded.open";
        tx.run(sql, args![feed.as_str(), place.upto, to_json(&place.open)]).await?;
        if !closed.is_empty() {
            tx.bump_version().await?;
        }
        tx.commit().await
    }

    /// The closed parts of a feed, oldest first.
    pub async fn archives(&self, feed: &FeedName) -> Result<Vec<ArchivePart>> {
        let sql = "SELECT number, part, closed_at FROM archive WHERE feed = $1 ORDER BY number";
        let rows =
            self.db.all("reading which archives there are", sql, args![feed.as_str()]).await?;
        let parts = rows.iter().map(|row| {
            Ok(ArchivePart {
                number: row.int("number")?,
                part: row.text("part")?,
                closed_at: row.time("closed_at")?,
            })
        });
        parts.collect()
    }

    /// The items of a closed part, packed as they were given.
    pub async fn archived_items(&self, feed: &FeedName, part: &str) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT items FROM archive WHERE feed = $1 AND part = $2";
        let row = self.db.one("reading an archive", sql, args![feed.as_str(), part]).await?;
        row.map(|row| row.bytes("items")).transpose()
    }
}
