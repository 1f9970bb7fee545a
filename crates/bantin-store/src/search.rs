//! Full text search, by an index of words that is written with the items. SQLite keeps it in an
//! FTS5 table, PostgreSQL as a column of words under a GIN index; both hold the same words
//! ([`words_of`]), so both find the same items.
//!
//! Results are sorted by place, one number made of when an item was published and its `seq`. FTS5
//! gives rows in the order of their numbers as it finds them, so the newest matches of a word that
//! every item has cost as little as those of a rare one.

use std::fmt::Write as _;

use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::Store;
use super::items::{StoredItem, read_item};
use super::sql::{Sql, Tx, args, sql};
use bantin_model::query::IndexLookup;
use bantin_model::query::lookup::{EVERY, words_of};
use bantin_model::{Item, ItemId, SourceId, Standing};

/// An item's place among the results of every search; later places are newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchPlace(i64);

/// Seconds take the upper 34 bits (up to the year 2514), the number of the item the lower ones.
const SEQ_BITS: u32 = 29;
const SECONDS: i64 = 1 << 34;

impl SearchPlace {
    /// Before every item that could be.
    pub const END: SearchPlace = SearchPlace(i64::MAX);

    fn of(sort_at: DateTime<Utc>, seq: i64) -> Self {
        let seconds = sort_at.timestamp().clamp(0, SECONDS - 1);
        SearchPlace(seconds << SEQ_BITS | seq & ((1 << SEQ_BITS) - 1))
    }

    /// Before all items published on this day or later, whatever the zone.
    pub fn at(day: NaiveDate) -> Self {
        let next = day.checked_add_signed(TimeDelta::days(2)).unwrap_or(NaiveDate::MAX);
        SearchPlace::of(next.and_time(NaiveTime::MIN).and_utc(), 0)
    }

    /// Before all items published in this moment's second or earlier.
    pub fn from_second(at: DateTime<Utc>) -> Self {
        SearchPlace::of(at + TimeDelta::seconds(1), 0)
    }

    /// Returns the place as the address of a page carries it.
    pub fn to_text(self) -> String {
        self.0.to_string()
    }

    pub fn from_text(text: &str) -> Option<Self> {
        text.parse().ok().filter(|place| *place >= 0).map(SearchPlace)
    }
}

/// A section's name as items bear it, with how many of the newest do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionCount {
    pub name: String,
    pub items: u64,
}

impl Store {
    /// Returns the places of items that the index finds, newest first, after `place`.
    pub async fn search(
        &self,
        lookup: &IndexLookup,
        after: SearchPlace,
        limit: u32,
    ) -> Result<Vec<SearchPlace>> {
        let sql = Sql {
            sqlite: "SELECT rowid AS place FROM item_search WHERE item_search MATCH $1 AND rowid < $2 \
                     ORDER BY rowid DESC LIMIT $3",
            postgres: "SELECT place FROM item_search WHERE words @@ CAST(CAST($1 AS text) AS tsquery) AND place < $2 \
                       ORDER BY place DESC LIMIT $3",
        };
        let rows =
            self.db.all("searching", sql, args![self.index_query(lookup), after.0, limit]).await?;
        rows.iter().map(|row| row.int("place").map(SearchPlace)).collect()
    }

    /// Returns how many items the index finds, counted up to `most`.
    pub async fn search_count(&self, lookup: &IndexLookup, most: u32) -> Result<u64> {
        // In no order of its own: FTS5 walks its lists backwards at twice the price.
        let sql = Sql {
            sqlite: "SELECT count(*) AS items FROM (SELECT rowid FROM item_search WHERE item_search MATCH $1 \
                     LIMIT $2) AS found",
            postgres: "SELECT count(*) AS items FROM (SELECT place FROM item_search \
                       WHERE words @@ CAST(CAST($1 AS text) AS tsquery) LIMIT $2) AS found",
        };
        let row = self
            .db
            .one("counting what a search finds", sql, args![self.index_query(lookup), most])
            .await?;
        row.map_or(Ok(0), |row| row.count("items"))
    }

    /// Returns the items at these places, as far as readers may see them, newest first.
    pub async fn items_at(&self, places: &[SearchPlace]) -> Result<Vec<(SearchPlace, Item)>> {
        let places: Vec<i64> = places.iter().map(|place| place.0).collect();
        let sql = sql!("SELECT * FROM item WHERE search_place IN ", in "$1", " AND standing <> 'held' ORDER BY search_place DESC");
        self.read_at(sql, places).await
    }

    /// The same, for those who show lists: without markup, pictures and attachments.
    pub async fn texts_at(&self, places: &[SearchPlace]) -> Result<Vec<(SearchPlace, Item)>> {
        let places: Vec<i64> = places.iter().map(|place| place.0).collect();
        let sql = sql!(
            "SELECT seq, id, source, url, standing, first_seen, changed_at, sort_at, revision, '' AS listed, row_title, \
             row_published, row_lead, NULL AS row_image, article_read, article_next_at, article_tries, \
             '{}' AS article_validators, article_title, article_published, article_lead, updated, byline, section, \
             '[]' AS images, '[]' AS attachments, content_text, '' AS content_html, refs, lang, search_place, reader, feed_updated \
             FROM item WHERE search_place IN ",
            in "$1",
            " AND standing <> 'held' ORDER BY search_place DESC"
        );
        self.read_at(sql, places).await
    }

    async fn read_at(&self, sql: Sql, places: Vec<i64>) -> Result<Vec<(SearchPlace, Item)>> {
        let rows = self.db.all("reading what a search found", sql, args![places]).await?;
        let read =
            |row| Ok((SearchPlace(super::sql::SqlRow::int(row, "search_place")?), read_item(row)?));
        rows.iter().map(read).collect()
    }

    /// Returns whether readers could see the item before it was taken away; one that was held from
    /// the beginning, they could not.
    pub async fn was_visible(&self, id: ItemId) -> Result<bool> {
        let sql = "SELECT count(*) AS items FROM item WHERE id = $1 AND search_place IS NOT NULL";
        let row =
            self.db.one("asking whether an item was shown", sql, args![id.to_string()]).await?;
        Ok(row.map_or(Ok(0), |row| row.count("items"))? > 0)
    }

    /// Returns the sections that the newest items bear, those of most items first.
    pub async fn sections(&self, looked_at: u32, limit: u32) -> Result<Vec<SectionCount>> {
        let sql = "SELECT section, count(*) AS items FROM (SELECT section FROM item WHERE standing <> 'held' \
                   ORDER BY sort_at DESC, seq DESC LIMIT $1) AS newest WHERE section IS NOT NULL AND section <> '' \
                   GROUP BY section ORDER BY items DESC, section LIMIT $2";
        let rows = self.db.all("reading the sections", sql, args![looked_at, limit]).await?;
        let read = |row: &super::sql::SqlRow| {
            Ok(SectionCount { name: row.text("section")?, items: row.count("items")? })
        };
        rows.iter().map(read).collect()
    }

    /// Returns whether every item that readers see is in the index; those of a store of an earlier
    /// version come into it by and by.
    pub async fn is_searchable(&self) -> Result<bool> {
        let sql = "SELECT count(*) AS items FROM (SELECT seq FROM item WHERE search_place IS NULL AND standing <> 'held' \
                   LIMIT 1) AS one";
        let missing = self.db.one("looking for items to index", sql, args![]).await?;
        Ok(missing.map_or(Ok(0), |row| row.count("items"))? == 0)
    }

    /// Puts into the index what a store of an earlier version holds and the index does not: the
    /// newest so many. Returns how many.
    pub async fn fill_search(&self, limit: u32) -> Result<u64> {
        if self.is_searchable().await? {
            return Ok(0);
        }
        let mut tx = self.db.begin("indexing items for search").await?;
        let sql = "SELECT * FROM item WHERE search_place IS NULL AND standing <> 'held' ORDER BY seq DESC LIMIT $1";
        let rows = tx.all(sql, args![limit]).await?;
        for row in &rows {
            index_item(&mut tx, &StoredItem::read(row)?).await?;
        }
        tx.commit().await?;
        Ok(rows.len().try_into()?)
    }

    fn index_query(&self, lookup: &IndexLookup) -> String {
        let mut text = String::new();
        match &self.db {
            super::Db::Sqlite { .. } => for_fts5(lookup, &mut text),
            super::Db::Postgres { .. } => for_tsquery(lookup, &mut text),
        }
        text
    }
}

/// Held items of a source that were let go.
pub(super) async fn index_released(tx: &mut Tx, source: &SourceId) -> Result<()> {
    const AT_ONCE: u32 = 100;
    loop {
        let sql = "SELECT * FROM item WHERE search_place IS NULL AND standing <> 'held' AND source = $1 LIMIT $2";
        let rows = tx.all(sql, args![source.as_str(), AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            index_item(tx, &StoredItem::read(row)?).await?;
        }
    }
}

/// Fills an empty index with the items that have a place in it, held ones too.
pub(super) async fn reindex_all(tx: &mut Tx) -> Result<()> {
    const AT_ONCE: u32 = 200;
    let mut seq = 0;
    loop {
        let sql =
            "SELECT * FROM item WHERE search_place IS NOT NULL AND seq > $1 ORDER BY seq LIMIT $2";
        let rows = tx.all(sql, args![seq, AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            let kept = StoredItem::read(row)?;
            seq = kept.seq;
            if let Some(place) = kept.search_place {
                put_words(tx, SearchPlace(place), kept.item()?).await?;
            }
        }
    }
}

/// Puts an item into the index, in place of what stood there of it.
pub(super) async fn index_item(tx: &mut Tx, kept: &StoredItem) -> Result<()> {
    // One that was taken away after it was shown stays here, unseen: it may come back, and its page says that it was there.
    if kept.standing == Standing::Held && kept.search_place.is_none() {
        return Ok(());
    }
    let place = SearchPlace::of(kept.sort_at, kept.seq);
    if let Some(old) = kept.search_place {
        let sql = Sql {
            sqlite: "DELETE FROM item_search WHERE rowid = $1",
            postgres: "DELETE FROM item_search WHERE place = $1",
        };
        tx.run(sql, args![old]).await?;
    }
    put_words(tx, place, kept.clone().item()?).await?;
    tx.run("UPDATE item SET search_place = $2 WHERE seq = $1", args![kept.seq, place.0]).await?;
    Ok(())
}

async fn put_words(tx: &mut Tx, place: SearchPlace, item: Item) -> Result<()> {
    let words: Vec<String> = words_of(&item).into_iter().collect();
    let sql = Sql {
        sqlite: "INSERT INTO item_search (rowid, words) VALUES ($1, $2)",
        postgres: "INSERT INTO item_search (place, words) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
    };
    tx.run(sql, args![place.0, words.join(" ")]).await?;
    Ok(())
}

/// Returns whether the index is still right for an item that was `before` and is `after` now.
pub(super) fn is_index_current(before: &StoredItem, after: &StoredItem) -> Result<bool> {
    if before.search_place != Some(SearchPlace::of(after.sort_at, after.seq).0) {
        return Ok(false);
    }
    let (before, after) = (before.clone().item()?, after.clone().item()?);
    Ok(before.standing == after.standing
        && before.title == after.title
        && before.lead == after.lead
        && before.section == after.section
        && before.byline == after.byline
        && before.published == after.published
        && before.refs == after.refs
        && before.content_text == after.content_text)
}

/// Writes the look-up as FTS5 reads it (<https://www.sqlite.org/fts5.html> §3). There, NOT is a
/// binary operator, so it needs something to take from.
fn for_fts5(lookup: &IndexLookup, text: &mut String) {
    let put = |text: &mut String, word: &str| {
        // Words have no quotation mark in them: they are letters, digits and signs of our own.
        write!(text, "\"{}\"", word.replace('"', "")).expect("a text takes everything");
    };
    match lookup {
        IndexLookup::All => put(text, EVERY.encode_utf8(&mut [0; 4])),
        IndexLookup::Word(word) => put(text, word),
        IndexLookup::Not(inner) => {
            text.push('(');
            for_fts5(&IndexLookup::All, text);
            text.push_str(" NOT ");
            for_fts5(inner, text);
            text.push(')');
        }
        IndexLookup::Or(parts) if parts.is_empty() => for_fts5(&no_match(), text),
        IndexLookup::Or(parts) => joined(parts, " OR ", for_fts5, text),
        IndexLookup::And(parts) => {
            let (without, with): (Vec<_>, Vec<_>) =
                parts.iter().partition(|part| matches!(part, IndexLookup::Not(_)));
            if without.is_empty() || with.is_empty() {
                return joined(parts, " AND ", for_fts5, text);
            }
            text.push('(');
            joined(with, " AND ", for_fts5, text);
            for part in without {
                text.push_str(" NOT ");
                if let IndexLookup::Not(inner) = part {
                    for_fts5(inner, text);
                }
            }
            text.push(')');
        }
    }
}

fn for_tsquery(lookup: &IndexLookup, text: &mut String) {
    let put = |text: &mut String, word: &str| {
        write!(text, "'{}'", word.replace(['\'', '\\'], "")).expect("a text takes everything");
    };
    match lookup {
        IndexLookup::All => put(text, EVERY.encode_utf8(&mut [0; 4])),
        IndexLookup::Word(word) => put(text, word),
        IndexLookup::Not(inner) => {
            text.push('(');
            for_tsquery(&IndexLookup::All, text);
            text.push_str(" & !");
            for_tsquery(inner, text);
            text.push(')');
        }
        IndexLookup::Or(parts) if parts.is_empty() => for_tsquery(&no_match(), text),
        IndexLookup::Or(parts) => joined(parts, " | ", for_tsquery, text),
        IndexLookup::And(parts) => joined(parts, " & ", for_tsquery, text),
    }
}

/// Returns a word that no item has.
fn no_match() -> IndexLookup {
    IndexLookup::Word(format!("{EVERY}{EVERY}"))
}

fn joined<'a>(
    parts: impl IntoIterator<Item = &'a IndexLookup>,
    by: &str,
    each: fn(&IndexLookup, &mut String),
    text: &mut String,
) {
    text.push('(');
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            text.push_str(by);
        }
        each(part, text);
    }
    text.push(')');
}
