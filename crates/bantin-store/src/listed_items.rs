//! Addresses, titles and days of a source's items, by which they are recognised when its page has
//! changed.

use anyhow::Result;

use super::Store;
use super::items::{item_id, published};
use super::sql::args;
use bantin_model::*;

/// An item as its listing last showed it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedItem {
    pub id: ItemId,
    pub key: ItemKey,
    pub url: String,
    /// As the listing wrote it.
    pub title: String,
    pub published: Published,
}

impl Store {
    /// Returns the newest `limit` items of a source, newest first, held ones too.
    pub async fn listed_items(&self, source: &SourceId, limit: u32) -> Result<Vec<ListedItem>> {
        let sql = "SELECT id, key, url, row_title, row_published, article_published FROM item \
                   WHERE source = $1 ORDER BY sort_at DESC, seq DESC LIMIT $2";
        let rows = self
            .db
            .all("reading the marks of a source", sql, args![source.as_str(), limit])
            .await?;
        let marks = rows.iter().map(|row| {
            let listed = published(row, "row_published")?;
            Ok(ListedItem {
                id: item_id(row)?,
                key: ItemKey::stored(row.text("key")?),
                url: row.text("url")?,
                title: row.text("row_title")?,
                published: match listed {
                    Published::Unknown => published(row, "article_published")?,
                    known => known,
                },
            })
        });
        marks.collect()
    }
}
