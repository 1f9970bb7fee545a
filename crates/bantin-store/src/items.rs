//! Items as they are stored, and what readers, feeds and digests ask of them. What the listing and
//! what the article said is stored separately and made into one [`Item`] here, so that an edit of
//! either is recognised.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Store;
use super::poll_record::ArticleSchedule;
use super::sql::{SqlRow, args, sql};
use bantin_model::limits;
use bantin_model::*;

/// What a poll of the listing must know of an item it sees again.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownItem {
    pub id: ItemId,
    /// What the listing said last (title, date, lead), as `NewItem::listed`.
    pub listed: String,
    /// The title that was read in the listing.
    pub title: String,
}

/// An item whose article is to be read (again).
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleDue {
    pub item: Item,
    pub validators: Validators,
    /// Failed attempts in a row. 0 with `read` false: never tried.
    pub tries: u32,
    /// Whether the article was ever read.
    pub read: bool,
    /// What the listing calls it.
    pub row_title: String,
    /// The version of the page reader that read it.
    pub reader: u32,
    /// Hashes of what its page said then, as `ArticleRead::page_runs`.
    pub page_runs: Option<Vec<u8>>,
}

/// An earlier text of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// The item's `revision` while it had this text.
    pub number: u32,
    /// When the next text replaced it.
    pub at: DateTime<Utc>,
    pub title: String,
    pub lead: Option<String>,
    pub content_html: CleanHtml,
}

/// The place where a list of items continues: after the item with this `sort_at` and `seq`.
pub type ItemPlace = (DateTime<Utc>, i64);

impl Store {
    /// Returns an item, held ones included; a caller that shows it checks its standing.
    pub async fn item(&self, id: ItemId) -> Result<Option<Item>> {
        let sql = "SELECT * FROM item WHERE id = $1";
        let row = self.db.one("reading an item", sql, args![id.to_string()]).await?;
        row.as_ref().map(read_item).transpose()
    }

    pub async fn item_count(&self) -> Result<u64> {
        let sql = "SELECT count(*) AS items FROM item";
        let row = self.db.one("counting the items", sql, args![]).await?;
        row.map_or(Ok(0), |row| row.count("items"))
    }

    /// Returns when each item from `first` to `last` last changed, in order of `seq`; not of held
    /// ones.
    pub async fn changes_between(
        &self,
        first: i64,
        last: i64,
    ) -> Result<Vec<(ItemId, DateTime<Utc>)>> {
        let sql = "SELECT id, changed_at FROM item WHERE seq >= $1 AND seq <= $2 AND standing <> 'held' ORDER BY seq";
        let rows = self.db.all("reading when items changed", sql, args![first, last]).await?;
        rows.iter().map(|row| Ok((item_id(row)?, row.time("changed_at")?))).collect()
    }

    /// Earlier texts, oldest first.
    pub async fn revisions(&self, id: ItemId) -> Result<Vec<Revision>> {
        let sql = "SELECT r.* FROM revision r JOIN item i ON i.seq = r.item WHERE i.id = $1 ORDER BY r.number";
        let rows =
            self.db.all("reading the revisions of an item", sql, args![id.to_string()]).await?;
        rows.iter().map(read_revision).collect()
    }

    /// Returns items in feeds (not held) after `place`, newest first by (`sort_at`, `seq`).
    /// `sources` limits them to these sources; `None`: all.
    pub async fn newest_items(
        &self,
        sources: Option<&[SourceId]>,
        after: Option<ItemPlace>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let what = "reading the newest items";
        let (sort_at, seq) = match after {
            Some((sort_at, seq)) => (sort_at.timestamp_millis(), seq),
            None => (i64::MAX, i64::MAX),
        };
        let Some(sources) = sources else {
            let sql = "SELECT * FROM item WHERE standing <> 'held' AND (sort_at, seq) < ($1, $2) \
                       ORDER BY sort_at DESC, seq DESC LIMIT $3";
            let rows = self.db.all(what, sql, args![sort_at, seq, limit]).await?;
            return rows.iter().map(read_item).collect();
        };
        // Reads each source's newest places from the index, and only then the texts. Otherwise a
        // quiet source among a thousand busy ones would cost a walk over all items.
        let mut places = Vec::new();
        for source in sources {
            let sql = "SELECT sort_at, seq FROM item WHERE standing <> 'held' AND source = $1 \
                       AND (sort_at, seq) < ($2, $3) ORDER BY sort_at DESC, seq DESC LIMIT $4";
            for row in self.db.all(what, sql, args![source.as_str(), sort_at, seq, limit]).await? {
                places.push((row.int("sort_at")?, row.int("seq")?));
            }
        }
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.dedup();
        places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let seqs: Vec<i64> = places.into_iter().map(|(_, seq)| seq).collect();
        let sql =
            sql!("SELECT * FROM item WHERE seq IN ", in "$1", " ORDER BY sort_at DESC, seq DESC");
        let rows = self.db.all(what, sql, args![seqs]).await?;
        rows.iter().map(read_item).collect()
    }

    /// Returns open items first seen at or after `since` (backlog: whose `sort_at` is at or after
    /// it), newest first.
    pub async fn items_since(
        &self,
        sources: Option<&[SourceId]>,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let what = "reading the items of the last days";
        let rows = match sources {
            None => {
                let sql = "SELECT * FROM item WHERE (standing = 'open' AND first_seen >= $1) \
                           OR (standing = 'backlog' AND sort_at >= $1) ORDER BY sort_at DESC, seq DESC LIMIT $2";
                self.db.all(what, sql, args![since, limit]).await?
            }
            Some(sources) => {
                // The empty text keeps the engines from choosing an index by source, which would walk through every
                // item that the source ever had.
                let sql = sql!(
                    "SELECT * FROM item WHERE ((standing = 'open' AND first_seen >= $1) \
                     OR (standing = 'backlog' AND sort_at >= $1)) AND (source || '') IN ",
                    in "$2",
                    " ORDER BY sort_at DESC, seq DESC LIMIT $3"
                );
                self.db.all(what, sql, args![since, names(sources), limit]).await?
            }
        };
        rows.iter().map(read_item).collect()
    }

    /// Returns items as [`items_since`](Store::items_since) gives them, after `place` in that
    /// order.
    pub async fn late_items(
        &self,
        sources: Option<&[SourceId]>,
        since: DateTime<Utc>,
        after: Option<ItemPlace>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let what = "reading the items that came late";
        let (sort_at, seq) = match after {
            Some((sort_at, seq)) => (sort_at.timestamp_millis(), seq),
            None => (i64::MAX, i64::MAX),
        };
        let rows = match sources {
            None => {
                let sql = "SELECT * FROM item WHERE ((standing = 'open' AND first_seen >= $1) \
                           OR (standing = 'backlog' AND sort_at >= $1)) AND (sort_at, seq) < ($2, $3) \
                           ORDER BY sort_at DESC, seq DESC LIMIT $4";
                self.db.all(what, sql, args![since, sort_at, seq, limit]).await?
            }
            Some(sources) => {
                let sql = sql!(
                    "SELECT * FROM item WHERE ((standing = 'open' AND first_seen >= $1) \
                     OR (standing = 'backlog' AND sort_at >= $1)) AND (sort_at, seq) < ($3, $4) \
                     AND (source || '') IN ",
                    in "$2",
                    " ORDER BY sort_at DESC, seq DESC LIMIT $5"
                );
                self.db.all(what, sql, args![since, names(sources), sort_at, seq, limit]).await?
            }
        };
        rows.iter().map(read_item).collect()
    }

    /// Returns items in feeds (not held) with a greater `seq`, in order of `seq`: what archives are
    /// made of.
    pub async fn items_from(&self, seq: i64, limit: u32) -> Result<Vec<Item>> {
        let sql = "SELECT * FROM item WHERE standing <> 'held' AND seq > $1 ORDER BY seq LIMIT $2";
        let rows = self.db.all("reading the items in their order", sql, args![seq, limit]).await?;
        rows.iter().map(read_item).collect()
    }

    /// Returns those of these items that are in feeds (not held), in order of `seq`.
    pub async fn items_numbered(&self, seqs: &[i64]) -> Result<Vec<Item>> {
        let sql = sql!("SELECT * FROM item WHERE standing <> 'held' AND seq IN ", in "$1", " ORDER BY seq");
        let rows = self.db.all("reading items by their numbers", sql, args![seqs.to_vec()]).await?;
        rows.iter().map(read_item).collect()
    }

    /// Returns open items with a greater `seq`, in order of `seq`: what digests are made of.
    pub async fn items_after(&self, seq: i64, limit: u32) -> Result<Vec<Item>> {
        let sql = "SELECT * FROM item WHERE standing = 'open' AND seq > $1 ORDER BY seq LIMIT $2";
        let rows = self.db.all("reading the items after a cursor", sql, args![seq, limit]).await?;
        rows.iter().map(read_item).collect()
    }

    /// Returns those of `keys` that the source has items for.
    pub async fn known_items(
        &self,
        source: &SourceId,
        keys: &[ItemKey],
    ) -> Result<HashMap<ItemKey, KnownItem>> {
        let keys: Vec<String> = keys.iter().map(|key| key.as_str().to_owned()).collect();
        let sql = sql!("SELECT key, id, listed, row_title FROM item WHERE source = $1 AND key IN ", in "$2", "");
        let rows = self
            .db
            .all("looking up the rows of a listing", sql, args![source.as_str(), keys])
            .await?;
        let known = rows.iter().map(|row| {
            let known = KnownItem {
                id: item_id(row)?,
                listed: row.text("listed")?,
                title: row.text("row_title")?,
            };
            Ok((ItemKey::stored(row.text("key")?), known))
        });
        known.collect()
    }

    /// Returns items of the source whose article is due, never-read ones first, then by `next_at`.
    pub async fn articles_due(
        &self,
        source: &SourceId,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<ArticleDue>> {
        let sql = "SELECT * FROM item WHERE source = $1 AND standing <> 'held' AND article_next_at IS NOT NULL AND article_next_at <= $2 \
                   ORDER BY article_read, article_next_at, seq LIMIT $3";
        let rows = self
            .db
            .all("reading the due articles", sql, args![source.as_str(), now, limit])
            .await?;
        rows.iter().map(article_due).collect()
    }

    /// Returns the articles of these items, due or not.
    pub async fn articles_of(&self, ids: &[ItemId]) -> Result<Vec<ArticleDue>> {
        let ids: Vec<String> = ids.iter().map(ItemId::to_string).collect();
        let sql = sql!("SELECT * FROM item WHERE id IN ", in "$1", " ORDER BY seq");
        let rows = self.db.all("reading the articles of items", sql, args![ids]).await?;
        rows.iter().map(article_due).collect()
    }

    /// Returns the first-seen times of the source's items since then, newest first, without
    /// backlog. The adaptive pace is computed from them.
    pub async fn recent_arrivals(
        &self,
        source: &SourceId,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<DateTime<Utc>>> {
        let sql = "SELECT first_seen FROM item WHERE source = $1 AND standing <> 'backlog' AND first_seen >= $2 \
                   ORDER BY seq DESC LIMIT $3";
        let rows = self
            .db
            .all("reading the recent arrivals", sql, args![source.as_str(), since, limit])
            .await?;
        rows.iter().map(|row| row.time("first_seen")).collect()
    }
}

fn article_due(row: &SqlRow) -> Result<ArticleDue> {
    let kept = StoredItem::read(row)?;
    Ok(ArticleDue {
        validators: kept.validators.clone(),
        tries: kept.schedule.tries,
        read: kept.read,
        row_title: kept.row.title.clone(),
        reader: kept.reader,
        page_runs: row.maybe_bytes("page_runs")?,
        item: kept.item()?,
    })
}

fn names(sources: &[SourceId]) -> Vec<String> {
    sources.iter().map(|source| source.as_str().to_owned()).collect()
}

/// An item as its table holds it.
#[derive(Clone)]
pub(super) struct StoredItem {
    pub seq: i64,
    pub id: ItemId,
    pub source: SourceId,
    pub url: String,
    pub standing: Standing,
    pub first_seen: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub sort_at: DateTime<Utc>,
    pub revision: u32,
    pub reader: u32,
    pub feed_updated: Option<DateTime<Utc>>,
    pub listed: String,
    pub row: ListingFacts,
    /// Whether the article was ever read; until then `article` is empty.
    pub read: bool,
    pub article: Article,
    pub validators: Validators,
    /// Hashes of the page that was just read, to be written. `None`: the stored ones stay.
    pub page_runs: Option<Vec<u8>>,
    pub schedule: ArticleSchedule,
    /// Its place in the index of words. `None`: it is not in the index.
    pub search_place: Option<i64>,
}

/// What the listing says of an item.
#[derive(Clone, PartialEq)]
pub(super) struct ListingFacts {
    pub title: String,
    pub published: Published,
    pub lead: Option<String>,
    pub image: Option<String>,
}

impl StoredItem {
    pub fn read(row: &SqlRow) -> Result<StoredItem> {
        Ok(StoredItem {
            seq: row.int("seq")?,
            id: item_id(row)?,
            source: row.word("source", |text| SourceId::parse(text).ok())?,
            url: row.text("url")?,
            standing: row.word("standing", standing_from_str)?,
            first_seen: row.time("first_seen")?,
            changed_at: row.time("changed_at")?,
            sort_at: row.time("sort_at")?,
            revision: row.small("revision")?,
            reader: row.small("reader")?,
            feed_updated: row.maybe_time("feed_updated")?,
            listed: row.text("listed")?,
            row: ListingFacts {
                title: row.text("row_title")?,
                published: published(row, "row_published")?,
                lead: row.maybe_text("row_lead")?,
                image: row.maybe_text("row_image")?,
            },
            read: row.flag("article_read")?,
            article: Article {
                title: row.maybe_text("article_title")?,
                published: published(row, "article_published")?,
                updated: row.maybe_time("updated")?,
                byline: row.maybe_text("byline")?,
                section: row.maybe_text("section")?,
                lead: row.maybe_text("article_lead")?,
                content_html: CleanHtml::vouched_for(row.text("content_html")?),
                content_text: row.text("content_text")?,
                images: row.json("images")?,
                attachments: row.json("attachments")?,
                refs: row.json("refs")?,
                lang: row.maybe_text("lang")?,
            },
            validators: row.json("article_validators")?,
            page_runs: None,
            schedule: ArticleSchedule {
                next_at: row.maybe_time("article_next_at")?,
                tries: row.small("article_tries")?,
            },
            search_place: row.maybe_int("search_place")?,
        })
    }

    /// Returns the item as readers see it: of each part what the article says, else what the
    /// listing says.
    pub fn item(self) -> Result<Item> {
        let (row, article) = (self.row, self.article);
        let mut images = article.images;
        if let (true, Some(url)) = (images.is_empty(), row.image) {
            images.push(Image { url, caption: None });
        }
        Ok(Item {
            id: self.id,
            seq: self.seq,
            source: self.source,
            url: self.url,
            title: article
                .title
                .filter(|title| bantin_extract::is_better_title(title, &row.title))
                .unwrap_or(row.title),
            published: if article.published.is_known() { article.published } else { row.published },
            updated: article.updated,
            byline: article.byline,
            section: article.section,
            lead: article.lead.or(row.lead),
            content_html: article.content_html,
            content_text: article.content_text,
            images,
            attachments: article.attachments,
            refs: article.refs,
            lang: article.lang,
            standing: self.standing,
            first_seen: self.first_seen,
            changed_at: self.changed_at,
            sort_at: self.sort_at,
            revision: self.revision,
            reader: self.reader,
            feed_updated: self.feed_updated,
        })
    }

    /// Returns the moment by which lists sort the item. It is the time of publication, unless that
    /// is unknown or lay in the future when the item was first seen.
    pub fn sort_moment(&self, zone: Tz) -> DateTime<Utc> {
        let (article, row) = (self.article.published, self.row.published);
        let published = if article.is_known() { article } else { row };
        published.moment(zone).filter(|at| *at <= self.first_seen).unwrap_or(self.first_seen)
    }
}

impl ListingFacts {
    pub fn of(row: &bantin_model::Row) -> ListingFacts {
        ListingFacts {
            title: shortened(&row.title),
            published: row.published,
            lead: row.lead.clone(),
            image: row.image.clone(),
        }
    }
}

/// Returns a title of at most [`limits::TITLE_CHARS`] characters; the ellipsis of a longer one is
/// the last of them.
pub(super) fn shortened(title: &str) -> String {
    if title.chars().count() <= limits::TITLE_CHARS {
        return title.to_owned();
    }
    let kept: String = title.chars().take(limits::TITLE_CHARS - 1).collect();
    format!("{}…", kept.trim_end())
}

pub(super) fn read_item(row: &SqlRow) -> Result<Item> {
    StoredItem::read(row)?.item()
}

fn read_revision(row: &SqlRow) -> Result<Revision> {
    Ok(Revision {
        number: row.small("number")?,
        at: row.time("at")?,
        title: row.text("title")?,
        lead: row.maybe_text("lead")?,
        content_html: CleanHtml::vouched_for(row.text("content_html")?),
    })
}

pub(super) fn item_id(row: &SqlRow) -> Result<ItemId> {
    let text = row.text("id")?;
    let id = uuid::Uuid::parse_str(&text)
        .with_context(|| format!("the store has an item whose id is \"{text}\""))?;
    Ok(ItemId(id))
}

pub(super) fn standing_str(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Backlog => "backlog",
        Standing::Held => "held",
    }
}

fn standing_from_str(text: &str) -> Option<Standing> {
    [Standing::Open, Standing::Backlog, Standing::Held]
        .into_iter()
        .find(|standing| standing_str(*standing) == text)
}

/// Returns how a column keeps [`Published`]: `at:MILLISECONDS`, `on:YYYY-MM-DD`, or NULL.
pub(super) fn published_text(published: Published) -> Option<String> {
    match published {
        Published::At(at) => Some(format!("at:{}", at.timestamp_millis())),
        Published::On(day) => Some(format!("on:{day}")),
        Published::Unknown => None,
    }
}

pub(super) fn published(row: &SqlRow, name: &str) -> Result<Published> {
    let Some(text) = row.maybe_text(name)? else { return Ok(Published::Unknown) };
    let known = match text.split_once(':') {
        Some(("at", ms)) => {
            ms.parse().ok().and_then(DateTime::from_timestamp_millis).map(Published::At)
        }
        Some(("on", day)) => day.parse().ok().map(Published::On),
        _ => None,
    };
    known.ok_or_else(|| anyhow!("the store has \"{text}\" in column {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_ends_in_an_ellipsis_within_the_limit() {
        let check = |title: String, expected: String| assert_eq!(shortened(&title), expected);
        check("ề".repeat(limits::TITLE_CHARS), "ề".repeat(limits::TITLE_CHARS));
        check(
            "ề".repeat(limits::TITLE_CHARS + 1),
            format!("{}…", "ề".repeat(limits::TITLE_CHARS - 1)),
        );
        check(
            format!("{} cuối", "ề".repeat(limits::TITLE_CHARS - 2)),
            format!("{}…", "ề".repeat(limits::TITLE_CHARS - 2)),
        );
    }
}
