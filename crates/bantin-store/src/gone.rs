//! Items whose own page says that it is gone for good (410): since when, and what was done about
//! it. The poll decides what to withdraw; this file records it, in the transaction of the poll.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::Store;
use super::audit::{ActionChannel, note};
use super::poll_record::{GoneLooks, PollRecord};
use super::sql::{SqlRow, Tx, args, sql};
use super::withdrawal::mark_withdrawn;
use bantin_model::{ItemId, SourceId};

/// What was done about an item whose page is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneState {
    /// Nothing: it may come back.
    Seen,
    /// No action, because too many were gone at once; the admin was notified.
    TooMany,
    Withdrawn,
    /// The admin put the item back: its page is not believed any more.
    Restored,
}

impl GoneState {
    pub fn as_str(self) -> &'static str {
        match self {
            GoneState::Seen => "seen",
            GoneState::TooMany => "too-many",
            GoneState::Withdrawn => "withdrawn",
            GoneState::Restored => "restored",
        }
    }

    fn named(text: &str) -> Option<Self> {
        [GoneState::Seen, GoneState::TooMany, GoneState::Withdrawn, GoneState::Restored]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// An item whose page is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneItem {
    pub id: ItemId,
    pub source: SourceId,
    pub title: String,
    pub url: String,
    /// The first and the last time its page was found gone.
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    pub state: GoneState,
}

impl Store {
    /// Returns what is known of these items, and of all of the source whose pages were gone at
    /// `since` or later.
    pub async fn recently_gone(
        &self,
        source: &SourceId,
        ids: &[ItemId],
        since: DateTime<Utc>,
    ) -> Result<Vec<GoneItem>> {
        let ids: Vec<String> = ids.iter().map(ItemId::to_string).collect();
        let sql = sql!(
            "SELECT i.id, i.source, i.url, i.row_title, i.article_title, g.first_at, g.last_at, g.state \
             FROM gone g JOIN item i ON i.seq = g.item WHERE i.source = $1 AND (g.last_at >= $2 OR i.id IN ",
            in "$3",
            ") ORDER BY g.item"
        );
        let args = args![source.as_str(), since, ids];
        let rows = self.db.all("reading what is gone from a portal", sql, args).await?;
        rows.iter().map(read_gone).collect()
    }

    /// Returns the items whose pages are gone and which await a decision, newest first, at most
    /// `limit`.
    pub async fn gone_undecided(&self, limit: u32) -> Result<Vec<GoneItem>> {
        let sql = "SELECT i.id, i.source, i.url, i.row_title, i.article_title, g.first_at, g.last_at, g.state \
                   FROM gone g JOIN item i ON i.seq = g.item WHERE g.state IN ('seen', 'too-many') \
                   AND NOT EXISTS (SELECT 1 FROM withdrawn w WHERE w.item = g.item) \
                   ORDER BY g.last_at DESC, g.item DESC LIMIT $1";
        let rows = self.db.all("reading what is gone from portals", sql, args![limit]).await?;
        rows.iter().map(read_gone).collect()
    }
}

/// Records what a poll found on items' pages. Returns whether readers see a difference.
pub(super) async fn record_looks(tx: &mut Tx, poll: &PollRecord) -> Result<bool> {
    let GoneLooks { gone, there, withdraw, too_many } = &poll.mending.gone;
    let source = poll.source.as_str();
    if !there.is_empty() {
        let there: Vec<String> = there.iter().map(ItemId::to_string).collect();
        let sql = sql!(
            "DELETE FROM gone WHERE state IN ('seen', 'too-many') AND item IN (SELECT seq FROM item WHERE source = $1 AND id IN ",
            in "$2",
            ")"
        );
        tx.run(sql, args![source, there]).await?;
    }
    for id in gone {
        let sql = "INSERT INTO gone (item, first_at, last_at, state) \
                   SELECT seq, $3, $3, 'seen' FROM item WHERE id = $1 AND source = $2 \
                   ON CONFLICT (item) DO UPDATE SET last_at = excluded.last_at";
        tx.run(sql, args![id.to_string(), source, poll.at]).await?;
    }
    for id in too_many {
        mark(tx, *id, GoneState::TooMany).await?;
    }
    let mut readers_see = false;
    for (id, reason) in withdraw {
        // An admin who has put the item back meanwhile knows better.
        if mark(tx, *id, GoneState::Withdrawn).await?
            && mark_withdrawn(tx, *id, reason, poll.at).await?
        {
            let detail = format!("{id} of {source}: {reason}");
            note(tx, None, "withdrawn", &detail, ActionChannel::Daemon, poll.at).await?;
            readers_see = true;
        }
    }
    Ok(readers_see)
}

/// Marks a page that is gone. Returns whether nothing was done about it before.
async fn mark(tx: &mut Tx, id: ItemId, state: GoneState) -> Result<bool> {
    let sql = "UPDATE gone SET state = $2 WHERE state = 'seen' AND item = (SELECT seq FROM item WHERE id = $1)";
    Ok(tx.run(sql, args![id.to_string(), state.as_str()]).await? > 0)
}

/// Records that the admin has put the item back, which holds whatever its page answers.
pub(super) async fn mark_restored(tx: &mut Tx, id: ItemId, now: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO gone (item, first_at, last_at, state) \
               SELECT seq, $2, $2, 'restored' FROM item WHERE id = $1 \
               ON CONFLICT (item) DO UPDATE SET state = excluded.state";
    tx.run(sql, args![id.to_string(), now]).await?;
    Ok(())
}

fn read_gone(row: &SqlRow) -> Result<GoneItem> {
    let title = row.maybe_text("article_title")?;
    Ok(GoneItem {
        id: super::items::item_id(row)?,
        source: row.word("source", |id| SourceId::parse(id).ok())?,
        title: title.map_or_else(|| row.text("row_title"), Ok)?,
        url: row.text("url")?,
        first_at: row.time("first_at")?,
        last_at: row.time("last_at")?,
        state: row.word("state", GoneState::named)?,
    })
}
