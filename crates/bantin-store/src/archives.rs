//! Archives: what a feed had in the past, in parts that are closed once and never change (RFC 5005). The items of a part
//! are kept as they were, beside their rows, which go on being edited.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Store;
use super::sql::{SqlRow, args, to_json};
use bantin_model::limits::SEARCH_FEED_ITEMS;
use bantin_model::{ArchiveOwner, SourceId};

/// The key of the row that says how far the items of all sources were given to their archives.
const ALL_SOURCES: &str = "source:";

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
    /// Items up to this `seq` are in a part or in `open`.
    pub upto: i64,
    /// In no part yet: `seq` and month ("2026-11"), in order of `seq`.
    pub open: Vec<(i64, String)>,
}

/// A part about to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArchive {
    pub part: String,
    /// The items, packed; the reader unpacks them.
    pub items: Vec<u8>,
}

impl Store {
    /// Returns the place from which the archives of a feed or a source continue.
    pub async fn archive_place(&self, of: impl Into<ArchiveOwner<'_>>) -> Result<ArchivePlace> {
        let sql = "SELECT upto, open FROM archive_place WHERE feed = $1";
        let key = of.into().to_string();
        let row = self.db.one("reading how far a feed is archived", sql, args![key]).await?;
        row.map_or_else(
            || Ok(ArchivePlace::default()),
            |row| Ok(ArchivePlace { upto: row.int("upto")?, open: row.json("open")? }),
        )
    }

    /// Closes archive parts of a feed or a source and records how far it is archived, in one
    /// transaction. Returns whether a feed changes by it; [`Store::announce_archives`] then makes
    /// readers see it.
    pub async fn close_archives(
        &self,
        of: impl Into<ArchiveOwner<'_>>,
        place: &ArchivePlace,
        closed: &[NewArchive],
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let of = of.into();
        let key = of.to_string();
        let mut tx = self.db.begin("closing archives").await?;
        for new in closed {
            let sql = "INSERT INTO archive (feed, number, part, closed_at, items) \
                       SELECT $1, 1 + COALESCE(max(number), 0), $2, $3, $4 FROM archive WHERE feed = $1";
            let args = args![key.as_str(), new.part.as_str(), now, new.items.clone()];
            tx.run(sql, args).await?;
        }
        let sql = "INSERT INTO archive_place (feed, upto, open) VALUES ($1, $2, $3) \
                   ON CONFLICT (feed) DO UPDATE SET upto = excluded.upto, open = excluded.open";
        tx.run(sql, args![key.as_str(), place.upto, to_json(&place.open)]).await?;
        // The feed of a source has its newest items and all that are in no part yet.
        let in_feed =
            matches!(of, ArchiveOwner::Source(_)) && place.open.len() > SEARCH_FEED_ITEMS as usize;
        tx.commit().await?;
        Ok(!closed.is_empty() || in_feed)
    }

    /// Makes feeds render again, now with links to the parts that were closed since.
    pub async fn announce_archives(&self) -> Result<()> {
        let mut tx = self.db.begin("telling of closed archives").await?;
        tx.bump_version().await?;
        tx.commit().await
    }

    /// Returns the closed parts of a feed or a source, oldest first.
    pub async fn archives(&self, of: impl Into<ArchiveOwner<'_>>) -> Result<Vec<ArchivePart>> {
        let sql = "SELECT number, part, closed_at FROM archive WHERE feed = $1 ORDER BY number";
        let key = of.into().to_string();
        let rows = self.db.all("reading which archives there are", sql, args![key]).await?;
        let parts = rows.iter().map(|row| {
            Ok(ArchivePart {
                number: row.int("number")?,
                part: row.text("part")?,
                closed_at: row.time("closed_at")?,
            })
        });
        parts.collect()
    }

    /// Returns the items of a closed part, packed as they were given.
    pub async fn archived_items(
        &self,
        of: impl Into<ArchiveOwner<'_>>,
        part: &str,
    ) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT items FROM archive WHERE feed = $1 AND part = $2";
        let key = of.into().to_string();
        let row = self.db.one("reading an archive", sql, args![key, part]).await?;
        row.map(|row| row.bytes("items")).transpose()
    }

    /// Returns how far the items of all sources were given to their archives, up to this `seq`.
    pub async fn archived_upto(&self) -> Result<i64> {
        let sql = "SELECT upto FROM archive_place WHERE feed = $1";
        let what = "reading how far the sources are archived";
        let row = self.db.one(what, sql, args![ALL_SOURCES]).await?;
        row.map_or(Ok(0), |row| row.int("upto"))
    }

    /// Records how far the items were given to their archives. After a crash, items already in the
    /// places of the sources may be given to them again.
    pub async fn set_archived_upto(&self, upto: i64) -> Result<()> {
        let sql = "INSERT INTO archive_place (feed, upto, open) VALUES ($1, $2, '[]') \
                   ON CONFLICT (feed) DO UPDATE SET upto = excluded.upto";
        let what = "taking down how far the sources are archived";
        self.db.write(what, sql, args![ALL_SOURCES, upto]).await?;
        Ok(())
    }

    /// Returns the places of all sources that have one.
    pub async fn archive_places_of_sources(&self) -> Result<HashMap<SourceId, ArchivePlace>> {
        let sql = "SELECT substr(feed, 8) AS source, upto, open FROM archive_place \
                   WHERE feed LIKE 'source:_%' ORDER BY feed";
        let rows = self.db.all("reading how far sources are archived", sql, args![]).await?;
        let places = rows.iter().map(|row| {
            let id = row.word("source", |id| SourceId::parse(id).ok())?;
            Ok((id, ArchivePlace { upto: row.int("upto")?, open: row.json("open")? }))
        });
        places.collect()
    }

    /// Returns number, source and first sight of items with a greater `seq` that are in feeds, in
    /// order of `seq`.
    pub async fn arrivals_from(
        &self,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<(i64, SourceId, DateTime<Utc>)>> {
        let sql = "SELECT seq, source, first_seen FROM item WHERE standing <> 'held' AND seq > $1 \
                   ORDER BY seq LIMIT $2";
        let rows = self.db.all("reading which items came", sql, args![seq, limit]).await?;
        let source = |row: &SqlRow| row.word("source", |id| SourceId::parse(id).ok());
        rows.iter()
            .map(|row| Ok((row.int("seq")?, source(row)?, row.time("first_seen")?)))
            .collect()
    }
}
