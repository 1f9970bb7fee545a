//! Sources with the state of their polling. Claiming is a lease on the row: a process that dies frees it by its end.

use std::collections::HashMap;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

use super::Store;
use super::sql::{SqlRow, Tx, args, sql, to_json};
use bantin_model::*;

/// A source with the state of its polling.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceState {
    pub source: Source,
    pub health: Health,
    /// Of the last good listing. None after the URL or the recipe changed.
    pub validators: Option<Validators>,
    /// How it wants to be asked, as far as it has let us know.
    pub manners: PollState,
    /// Hash of the rows last read: the third test of "unchanged", for portals whose pages differ each time.
    pub rows_hash: Option<String>,
    /// The recipe that bantin made by itself and reads the listing with.
    pub found: Option<FoundRecipe>,
    /// A repaired recipe that waits for the admin.
    pub proposal: Option<FoundRecipe>,
    /// Whether a listing was ever read to its end: until then what is found is backlog.
    pub polled_before: bool,
    pub next_at: DateTime<Utc>,
    /// Not polled until the admin says so.
    pub paused: bool,
    /// The recipe that was proposed, and that the admin does not want.
    pub refused: Option<ListingRecipe>,
    /// The version of the page reader that read the listing last; 0 for one that kept no number.
    pub reader: u32,
}

impl SourceState {
    /// What the listing is read with: the recipe that bantin made, or else that of the config.
    pub fn listing_recipe(&self) -> &ListingRecipe {
        self.found.as_ref().map_or(&self.source.recipe.listing, |found| &found.recipe)
    }
}

impl Store {
    /// Makes the sources managed by file equal to `sources`. New ones are due at
    /// `first_due(position)`; those no longer named are retired: kept with their items and not
    /// polled.
    ///
    /// A changed URL or recipe drops the validators, the hash of rows and the recipes that bantin
    /// made. At another URL, or after a time of retirement, the first items found are backlog
    /// again. A changed pace makes `next_at` the earlier of the stored one and
    /// `first_due(position)`. Leases stay as they are.
    pub async fn sync_sources(
        &self,
        sources: &[Source],
        first_due: impl Fn(usize) -> DateTime<Utc> + Send,
    ) -> Result<()> {
        let due: Vec<DateTime<Utc>> = (0..sources.len()).map(first_due).collect();
        let mut tx = self.db.begin("bringing the sources up to date").await?;
        let sql = "SELECT * FROM source ORDER BY id";
        let mut stored = HashMap::new();
        for row in tx.all(sql, args![]).await? {
            stored.insert(row.text("id")?, row);
        }
        refuse_sources_of_both(&stored, sources)?;
        let mut readers_see = false;
        for (source, due) in sources.iter().zip(due) {
            let before = stored.remove(source.id.as_str());
            readers_see |= put_source(&mut tx, source, due, before).await?;
        }
        for (id, row) in stored {
            if !row.flag("retired")? && row.text("managed_by")? == managed_by_str(ManagedBy::File) {
                tx.run("UPDATE source SET retired = $2 WHERE id = $1", args![id, true]).await?;
                readers_see = true;
            }
        }
        if readers_see {
            tx.bump_version().await?;
        }
        tx.commit().await
    }

    /// Returns sources that are not retired, by id.
    pub async fn sources(&self) -> Result<Vec<SourceState>> {
        let sql = "SELECT * FROM source WHERE NOT retired ORDER BY id";
        let rows = self.db.all("reading the sources", sql, args![]).await?;
        rows.iter().map(read_source).collect()
    }

    /// Returns a source, retired ones included: their items are still served under their names.
    pub async fn source(&self, id: &SourceId) -> Result<Option<SourceState>> {
        let sql = "SELECT * FROM source WHERE id = $1";
        let row = self.db.one("reading a source", sql, args![id.as_str()]).await?;
        row.as_ref().map(read_source).transpose()
    }

    /// These sources as they are configured, retired ones included; one that is not there is left out.
    pub async fn configured(&self, ids: Vec<SourceId>) -> Result<Vec<Source>> {
        let sql = sql!("SELECT config FROM source WHERE id IN ", in "$1", "");
        let ids: Vec<String> = ids.iter().map(SourceId::to_string).collect();
        let rows = self.db.all("reading the config of sources", sql, args![ids]).await?;
        rows.iter().map(|row| row.json("config")).collect()
    }

    /// Takes up to `limit` due and unleased sources, the longest overdue first, and leases them until `lease_until`.
    pub async fn claim_due_sources(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<SourceState>> {
        let mut tx = self.db.begin("claiming due sources").await?;
        let sql = sql!(
            "SELECT * FROM source WHERE NOT retired AND NOT paused AND next_at <= $1 AND lease_until <= $1 \
             ORDER BY next_at, id LIMIT $2",
            locked "FOR UPDATE SKIP LOCKED"
        );
        let rows = tx.all(sql, args![now, limit]).await?;
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let ids: Vec<String> = rows.iter().map(|row| row.text("id")).collect::<Result<_>>()?;
        let sql = sql!("UPDATE source SET lease_until = $1 WHERE id IN ", in "$2", "");
        tx.run(sql, args![lease_until, ids]).await?;
        tx.commit().await?;
        rows.iter().map(read_source).collect()
    }

    /// Takes this source whether it is due or not; `None` when it is leased, retired or unknown.
    pub async fn claim_source(
        &self,
        id: &SourceId,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> Result<Option<SourceState>> {
        let mut tx = self.db.begin("claiming a source").await?;
        let sql = "UPDATE source SET lease_until = $3 WHERE id = $1 AND NOT retired AND lease_until <= $2 \
                   RETURNING *";
        let row = tx.one(sql, args![id.as_str(), now, lease_until]).await?;
        tx.commit().await?;
        row.as_ref().map(read_source).transpose()
    }

    /// Prolongs a lease.
    pub async fn keep_lease(&self, id: &SourceId, lease_until: DateTime<Utc>) -> Result<()> {
        // A free lease is never prolonged: a job that prolongs too late has lost the source.
        let sql = "UPDATE source SET lease_until = $2 WHERE id = $1 AND lease_until <> 0";
        self.db.write("prolonging a lease", sql, args![id.as_str(), lease_until]).await?;
        Ok(())
    }

    /// Gives a claimed source back unpolled; it keeps its `next_at`.
    pub async fn release_source(&self, id: &SourceId) -> Result<()> {
        let sql = "UPDATE source SET lease_until = 0 WHERE id = $1";
        self.db.write("giving a source back", sql, args![id.as_str()]).await?;
        Ok(())
    }

    /// Returns when the next source is due, leases aside.
    pub async fn next_poll_at(&self) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT min(next_at) AS next_at FROM source WHERE NOT retired AND NOT paused";
        let row = self.db.one("asking for the next due source", sql, args![]).await?;
        Ok(row.map(|row| row.maybe_time("next_at")).transpose()?.flatten())
    }

    /// Makes a source due at `now`, and all its articles too: the admin asked for it. Returns
    /// `false` when there is no such source.
    pub async fn poll_now(&self, id: &SourceId, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.db.begin("making a source due").await?;
        let sql = "UPDATE source SET next_at = $2 WHERE id = $1 AND NOT retired";
        let known = tx.run(sql, args![id.as_str(), now]).await? > 0;
        if known {
            let sql = "UPDATE item SET article_next_at = $2 WHERE source = $1";
            tx.run(sql, args![id.as_str(), now]).await?;
        }
        tx.commit().await?;
        Ok(known)
    }
}

/// Keeps a source as it is to be from now on, beside what is stored of it so far. Returns whether
/// readers see the difference.
pub(super) async fn put_source(
    tx: &mut Tx,
    source: &Source,
    due: DateTime<Utc>,
    before: Option<SqlRow>,
) -> Result<bool> {
    let config = to_json(source);
    let zone = source.zone.name();
    let managed_by = managed_by_str(source.managed_by);
    let id = source.id.as_str();
    let Some(row) = before else {
        let sql = "INSERT INTO source (id, config, zone, managed_by, health, next_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let health = to_json(&Health::default());
        tx.run(sql, args![id, config, zone, managed_by, health, due]).await?;
        return Ok(true);
    };
    let (before, retired) = (row.text("config")?, row.flag("retired")?);
    if before == config && !retired {
        return Ok(false);
    }
    // A source whose stored form this program cannot read any more counts as changed altogether.
    let before: Option<Source> = serde_json::from_str(&before).ok();
    let same = |part: fn(&Source, &Source) -> bool| {
        before.as_ref().is_some_and(|before| part(before, source))
    };
    let next_at = match row.time("next_at")? {
        _ if retired => due,
        next_at if same(|a, b| a.pace == b.pace && a.zone == b.zone) => next_at,
        next_at => next_at.min(due),
    };
    let readers_see = retired || !same(|a, b| a.name == b.name && a.zone == b.zone);
    let sql = "UPDATE source SET config = $2, zone = $3, managed_by = $4, retired = $5, next_at = $6, \
               paused = (paused AND NOT $7) WHERE id = $1";
    tx.run(sql, args![id, config, zone, managed_by, false, next_at, retired]).await?;
    if !same(|a, b| a.url == b.url && a.recipe == b.recipe) {
        // What was tried in vain with the old recipe says nothing of the new one.
        let mut health: Health = row.json("health")?;
        if let Some(broken) = &mut health.broken {
            broken.polls = 0;
            let sql = "UPDATE source SET health = $2 WHERE id = $1";
            tx.run(sql, args![id, to_json(&health)]).await?;
        }
        let sql = "UPDATE source SET validators = NULL, rows_hash = NULL, found = NULL, proposal = NULL, refused = NULL \
                   WHERE id = $1";
        tx.run(sql, args![id]).await?;
    }
    if retired || !same(|a, b| a.url == b.url) {
        let sql = "UPDATE source SET polled_before = $2, manners = NULL WHERE id = $1";
        tx.run(sql, args![id, false]).await?;
    }
    Ok(readers_see)
}

pub(super) fn managed_by_str(managed_by: ManagedBy) -> &'static str {
    match managed_by {
        ManagedBy::File => "file",
        ManagedBy::Store => "store",
    }
}

fn read_source(row: &SqlRow) -> Result<SourceState> {
    Ok(SourceState {
        source: row.json("config")?,
        health: row.json("health")?,
        validators: row.maybe_json("validators")?,
        manners: row.maybe_json("manners")?.unwrap_or_default(),
        rows_hash: row.maybe_text("rows_hash")?,
        found: row.maybe_json("found")?,
        proposal: row.maybe_json("proposal")?,
        polled_before: row.flag("polled_before")?,
        next_at: row.time("next_at")?,
        paused: row.flag("paused")?,
        refused: row.maybe_json("refused")?,
        reader: row.small("reader")?,
    })
}

/// Refuses an id that both the config file and the admin pages have. It is a mistake of the one who
/// wrote it last, and no reason to take the source away from the admin pages.
fn refuse_sources_of_both(stored: &HashMap<String, SqlRow>, sources: &[Source]) -> Result<()> {
    for source in sources {
        let Some(row) = stored.get(source.id.as_str()) else { continue };
        if !row.flag("retired")? && row.text("managed_by")? == managed_by_str(ManagedBy::Store) {
            bail!(source_of_both(&source.id));
        }
    }
    Ok(())
}

pub(super) fn source_of_both(id: &SourceId) -> String {
    format!(
        "the config file has a source {id}, and so have the admin pages: take it out of the file or give it \
         another id there; or, to let the file manage it, delete it on the admin pages first (its items stay)"
    )
}
