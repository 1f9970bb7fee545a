//! Feeds: the named queries of the config file as the store last saw them, followed by those of the
//! admin pages.

use anyhow::{Result, bail};

use super::Store;
use super::sql::{SqlRow, Tx, args, sql, to_json};
use bantin_model::{Feed, FeedName};

impl Store {
    /// Makes the feeds managed by file equal to `feeds`. An error where a name is taken by one of the admin pages.
    pub async fn sync_feeds(&self, feeds: &[Feed]) -> Result<()> {
        let mut tx = self.db.begin("bringing the feeds up to date").await?;
        let sql = "SELECT config FROM feed WHERE managed_by = 'file' ORDER BY position";
        let stored: Vec<String> = tx
            .all(sql, args![])
            .await?
            .iter()
            .map(|row| row.text("config"))
            .collect::<Result<_>>()?;
        let wanted: Vec<String> = feeds.iter().map(to_json).collect();
        if stored == wanted {
            return Ok(());
        }
        refuse_feeds_of_both(&mut tx, feeds).await?;
        tx.run("DELETE FROM feed WHERE managed_by = 'file'", args![]).await?;
        for (position, (feed, config)) in (0i64..).zip(feeds.iter().zip(wanted)) {
            let sql = "INSERT INTO feed (name, position, config) VALUES ($1, $2, $3)";
            tx.run(sql, args![feed.name.as_str(), position, config]).await?;
        }
        tx.bump_version().await?;
        tx.commit().await
    }

    /// Returns all feeds, in the order of the config file; then those of the admin pages, in the
    /// order they were made.
    pub async fn feeds(&self) -> Result<Vec<Feed>> {
        let sql = "SELECT config FROM feed ORDER BY position";
        let rows = self.db.all("reading the feeds", sql, args![]).await?;
        rows.iter().map(read_feed).collect()
    }

    pub async fn feed(&self, name: &FeedName) -> Result<Option<Feed>> {
        let sql = "SELECT config FROM feed WHERE name = $1";
        let row = self.db.one("reading a feed", sql, args![name.as_str()]).await?;
        row.as_ref().map(read_feed).transpose()
    }
}

pub(super) fn read_feed(row: &SqlRow) -> Result<Feed> {
    row.json("config")
}

/// Refuses a name that both the config file and the admin pages have.
async fn refuse_feeds_of_both(tx: &mut Tx, feeds: &[Feed]) -> Result<()> {
    let names: Vec<String> = feeds.iter().map(|feed| feed.name.to_string()).collect();
    let sql = sql!("SELECT name FROM feed WHERE managed_by = 'store' AND name IN ", in "$1", "");
    if let Some(row) = tx.one(sql, args![names]).await? {
        bail!(feed_of_both(&row.text("name")?));
    }
    Ok(())
}

pub(super) fn feed_of_both(name: &str) -> String {
    format!(
        "the config file has a feed {name}, and so have the admin pages: take it out of the file or give it another \
         name there; or, to let the file manage it, delete it on the admin pages first"
    )
}
