//! Records how far the older pages of a source have been read.

use anyhow::{Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use url::Url;

use super::polls::{NewItemBatch, add_new};
use super::shared_titles::shared_titles;
use super::sql::{args, to_json};
use super::{NewItem, Store};
use bantin_extract::OlderPageRequest;
use bantin_model::*;

/// A place between two pages of a source's listing.
#[derive(Debug, Clone, PartialEq)]
pub struct BackfillPlace {
    /// The listing that the walk began at. A source with another address begins from the first page
    /// again.
    pub url: Url,
    /// Number of pages read after the first one.
    pub pages: u32,
    /// The request for the next page. `None`: there is none.
    pub step: Option<OlderPageRequest>,
}

/// What one page brought, with the place of the next one.
#[derive(Debug, Clone, PartialEq)]
pub struct BackfillRecord {
    pub source: SourceId,
    pub at: DateTime<Utc>,
    pub place: BackfillPlace,
    /// Oldest first: `seq` grows in this order. They become backlog, which is never mailed.
    pub new: Vec<NewItem>,
}

impl Store {
    /// Returns where the last walk through the source's older pages ended; `None` when there was
    /// none.
    pub async fn backfill(&self, source: &SourceId) -> Result<Option<BackfillPlace>> {
        let sql = "SELECT url, pages, step FROM backfill WHERE source = $1";
        let row = self.db.one("reading how far older pages were read", sql, args![source.as_str()]);
        let Some(row) = row.await? else { return Ok(None) };
        Ok(Some(BackfillPlace {
            url: row.word("url", |text| Url::parse(text).ok())?,
            pages: row.small("pages")?,
            step: row.maybe_json("step")?,
        }))
    }

    /// Writes the rows of one older page and the place of the next one, in one transaction. The
    /// source's schedule, health and lease stay as they are, and known items are left alone.
    /// Returns how many items were new.
    pub async fn record_backfill(&self, page: &BackfillRecord) -> Result<u32> {
        let mut tx = self.db.begin("recording a page of older rows").await?;
        let sql = "SELECT zone FROM source WHERE id = $1";
        let row = tx.one(sql, args![page.source.as_str()]).await?.ok_or_else(|| {
            anyhow!("recording a page of older rows: the store has no source {}", page.source)
        })?;
        let zone: Tz = row.word("zone", |text| text.parse().ok())?;
        let sql = "INSERT INTO backfill (source, url, pages, step, changed_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (source) DO UPDATE SET url = excluded.url, pages = excluded.pages, \
                   step = excluded.step, changed_at = excluded.changed_at";
        let place = &page.place;
        let step = place.step.as_ref().map(to_json);
        let values = args![page.source.as_str(), place.url.as_str(), place.pages, step, page.at];
        tx.run(sql, values).await?;
        // An item without a date is taken to be older than all items before it, because its page
        // is. With the moment it was seen it would push the news out of the feeds.
        let sql = "SELECT min(sort_at) AS oldest FROM item WHERE source = $1";
        let oldest = tx.one(sql, args![page.source.as_str()]).await?;
        let oldest = oldest.map(|row| row.maybe_time("oldest")).transpose()?.flatten();
        let arrivals = NewItemBatch {
            source: &page.source,
            at: page.at,
            standing: Standing::Backlog,
            undated_at: oldest.map(|oldest| oldest - TimeDelta::milliseconds(1)),
            new: &page.new,
            shared: &shared_titles(&mut tx, &page.source, &page.new, &[]).await?,
        };
        let new = add_new(&mut tx, &arrivals, zone).await?;
        if new > 0 {
            tx.bump_version().await?;
        }
        tx.commit().await?;
        Ok(new)
    }
}
