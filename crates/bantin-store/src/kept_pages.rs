//! Keeps the last good page of each source and the first bad one after it. A recipe is repaired
//! from them, by bantin or by hand.

use std::io::{Read, Write};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::Store;
use super::sql::{SqlRow, Tx, args};
use bantin_model::SourceId;
use bantin_model::limits;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptPageKind {
    Good,
    Bad,
}

impl KeptPageKind {
    pub fn as_str(self) -> &'static str {
        match self {
            KeptPageKind::Good => "good",
            KeptPageKind::Bad => "bad",
        }
    }
}

/// A listing page as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPage {
    pub which: KeptPageKind,
    pub at: DateTime<Utc>,
    pub url: String,
    pub content_type: Option<String>,
    gzipped: Vec<u8>,
}

impl KeptPage {
    /// Packs a page. `None` when it is too large to be kept. Compressing is CPU work and not for an
    /// async task.
    pub fn pack(
        which: KeptPageKind,
        at: DateTime<Utc>,
        url: String,
        content_type: Option<String>,
        body: &[u8],
    ) -> Option<KeptPage> {
        let mut coder = GzEncoder::new(Vec::new(), Compression::fast());
        coder.write_all(body).expect("a Vec takes all");
        let gzipped = coder.finish().expect("a Vec takes all");
        (gzipped.len() <= limits::KEPT_PAGE_BYTES).then_some(KeptPage {
            which,
            at,
            url,
            content_type,
            gzipped,
        })
    }

    /// Returns the page's bytes, as they came.
    pub fn body(&self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        GzDecoder::new(self.gzipped.as_slice())
            .take(limits::PAGE_BYTES as u64)
            .read_to_end(&mut body)
            .context("a page kept in the store is damaged")?;
        Ok(body)
    }
}

impl Store {
    /// Returns the pages kept of a source, the bad one first where there is one.
    pub async fn kept_pages(&self, source: &SourceId) -> Result<Vec<KeptPage>> {
        let sql = "SELECT * FROM kept_page WHERE source = $1 ORDER BY which";
        let rows = self.db.all("reading the kept pages", sql, args![source.as_str()]).await?;
        rows.iter().map(read_page).collect()
    }
}

/// Replaces the page that was kept before.
pub(super) async fn keep(tx: &mut Tx, source: &SourceId, page: &KeptPage) -> Result<()> {
    let sql = "INSERT INTO kept_page (source, which, at, url, content_type, body) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (source, which) DO UPDATE SET at = excluded.at, url = excluded.url, \
               content_type = excluded.content_type, body = excluded.body";
    let (url, kind) = (page.url.as_str(), page.content_type.as_deref());
    let body = page.gzipped.clone();
    tx.run(sql, args![source.as_str(), page.which.as_str(), page.at, url, kind, body]).await?;
    Ok(())
}

fn read_page(row: &SqlRow) -> Result<KeptPage> {
    let which = |text: &str| {
        [KeptPageKind::Good, KeptPageKind::Bad].into_iter().find(|w| w.as_str() == text)
    };
    Ok(KeptPage {
        which: row.word("which", which)?,
        at: row.time("at")?,
        url: row.text("url")?,
        content_type: row.maybe_text("content_type")?,
        gzipped: row.bytes("body")?,
    })
}
