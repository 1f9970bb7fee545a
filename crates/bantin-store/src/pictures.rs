//! Pictures of items: wanted, then fetched once and kept, within a size that all of them share.

use anyhow::Result;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::Store;
use super::sql::{args, small, sql};
use bantin_model::SourceId;

/// Names a picture in our addresses; made of its own address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureId(String);

impl PictureId {
    pub fn of(url: &str) -> Self {
        let hash = Sha256::digest(url.as_bytes());
        PictureId(hash[..16].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns `None` for what is no id.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 32 && text.bytes().all(hex)).then(|| PictureId(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A picture that an item has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedPicture {
    pub url: String,
    pub source: SourceId,
    pub tries: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPicture {
    /// One of those that we allow, by the bytes.
    pub media_type: String,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// What a page needs to know of a picture that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSize {
    pub id: PictureId,
    pub width: u32,
    pub height: u32,
}

impl Store {
    /// Has these pictures fetched, unless they were before. Returns how many are new.
    pub async fn want_pictures(
        &self,
        urls: &[(String, SourceId)],
        now: DateTime<Utc>,
    ) -> Result<u32> {
        let ids = urls.iter().map(|(url, _)| PictureId::of(url).0).collect::<Vec<_>>();
        let sql = sql!("SELECT id FROM picture WHERE id IN ", in "$1", "");
        let rows = self.db.all("looking for pictures", sql, args![ids.clone()]).await?;
        let known: Vec<String> = rows.iter().map(|row| row.text("id")).collect::<Result<_>>()?;
        if ids.iter().all(|id| known.contains(id)) {
            return Ok(0);
        }
        let mut tx = self.db.begin("having pictures fetched").await?;
        let mut new = 0;
        for (id, (url, source)) in ids.iter().zip(urls) {
            let sql = "INSERT INTO picture (id, url, source, state, wanted_at, next_at) VALUES ($1, $2, $3, 'waiting', $4, $4) \
                       ON CONFLICT DO NOTHING";
            let args = args![id.as_str(), url.as_str(), source.as_str(), now];
            new += tx.run(sql, args).await?;
        }
        tx.commit().await?;
        small(usize::try_from(new)?)
    }

    /// Returns the next picture to fetch, of a source that is not being polled at the moment.
    pub async fn next_picture(&self, now: DateTime<Utc>) -> Result<Option<WantedPicture>> {
        let sql = "SELECT p.url, p.source, p.tries FROM picture p JOIN source s ON s.id = p.source \
                   WHERE p.state = 'waiting' AND p.next_at <= $1 AND s.lease_until <= $1 ORDER BY p.next_at LIMIT 1";
        let row = self.db.one("looking for a picture to fetch", sql, args![now]).await?;
        row.map(|row| {
            Ok(WantedPicture {
                url: row.text("url")?,
                source: row.word("source", |text| SourceId::parse(text).ok())?,
                tries: row.small("tries")?,
            })
        })
        .transpose()
    }

    /// Keeps a picture, and drops the oldest ones beyond `most` bytes of all.
    pub async fn keep_picture(
        &self,
        url: &str,
        picture: StoredPicture,
        most: u64,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let id = PictureId::of(url);
        let size = i64::try_from(picture.bytes.len())?;
        let mut tx = self.db.begin("keeping a picture").await?;
        let sql = "UPDATE picture SET state = 'kept', media_type = $2, width = $3, height = $4, size = $5, kept_at = $6 \
                   WHERE id = $1 AND state = 'waiting'";
        let StoredPicture { media_type, width, height, bytes } = picture;
        let changed = tx.run(sql, args![id.as_str(), media_type, width, height, size, now]).await?;
        if changed == 0 {
            return Ok(());
        }
        let sql = "INSERT INTO picture_body (id, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.run(sql, args![id.as_str(), bytes]).await?;
        loop {
            let sql = "SELECT CAST(COALESCE(sum(size), 0) AS BIGINT) AS bytes FROM picture WHERE state = 'kept'";
            let row = tx.one(sql, args![]).await?;
            if row.map_or(Ok(0), |row| row.count("bytes"))? <= most {
                break;
            }
            let sql = "SELECT id FROM picture WHERE state = 'kept' AND id <> $1 ORDER BY kept_at, id LIMIT 1";
            let Some(oldest) = tx.one(sql, args![id.as_str()]).await? else { break };
            let oldest = oldest.text("id")?;
            tx.run("DELETE FROM picture_body WHERE id = $1", args![oldest.as_str()]).await?;
            let sql = "UPDATE picture SET state = 'dropped', size = 0 WHERE id = $1";
            tx.run(sql, args![oldest.as_str()]).await?;
        }
        tx.bump_version().await?;
        tx.commit().await
    }

    /// A picture that could not be had: again at `next_at`, or never.
    pub async fn picture_failed(&self, url: &str, next_at: Option<DateTime<Utc>>) -> Result<()> {
        let id = PictureId::of(url);
        let sql = "UPDATE picture SET state = CASE WHEN $2 THEN 'waiting' ELSE 'refused' END, next_at = COALESCE($3, next_at), \
                   tries = tries + 1 WHERE id = $1 AND state = 'waiting'";
        let args = args![id.as_str(), next_at.is_some(), next_at];
        self.db.write("noting that a picture could not be had", sql, args).await?;
        Ok(())
    }

    /// Returns those of `urls` that are kept, with their sizes.
    pub async fn kept_pictures(&self, urls: &[String]) -> Result<Vec<(String, PictureSize)>> {
        let ids: Vec<String> = urls.iter().map(|url| PictureId::of(url).0).collect();
        let sql = sql!("SELECT id, url, width, height FROM picture WHERE state = 'kept' AND id IN ", in "$1", "");
        let rows = self.db.all("looking for kept pictures", sql, args![ids]).await?;
        let read = |row: &super::sql::SqlRow| {
            let size = PictureSize {
                id: PictureId(row.text("id")?),
                width: row.small("width")?,
                height: row.small("height")?,
            };
            Ok((row.text("url")?, size))
        };
        rows.iter().map(read).collect()
    }

    pub async fn picture(&self, id: &PictureId) -> Result<Option<StoredPicture>> {
        let sql = "SELECT p.media_type, p.width, p.height, b.bytes FROM picture p JOIN picture_body b ON b.id = p.id \
                   WHERE p.id = $1 AND p.state = 'kept'";
        let row = self.db.one("reading a picture", sql, args![id.as_str()]).await?;
        row.map(|row| {
            Ok(StoredPicture {
                media_type: row.text("media_type")?,
                width: row.small("width")?,
                height: row.small("height")?,
                bytes: row.bytes("bytes")?,
            })
        })
        .transpose()
    }
}
