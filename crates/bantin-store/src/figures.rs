//! Figures for monitoring. Each is one statement that an index answers, because they are asked
//! often.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::SourceState;
use super::Store;
use super::sql::args;

/// A source with what it brought last.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFigures {
    pub state: SourceState,
    /// When its newest item was first seen, its backlog left out.
    pub last_new: Option<DateTime<Utc>>,
}

impl Store {
    /// Returns the sources that are polled, with what each brought last.
    pub async fn source_figures(&self) -> Result<Vec<SourceFigures>> {
        let sql = "SELECT s.id AS id, (SELECT i.first_seen FROM item i WHERE i.source = s.id AND i.standing <> 'backlog' \
                   ORDER BY i.seq DESC LIMIT 1) AS last_new FROM source s WHERE NOT s.retired";
        let mut newest = HashMap::new();
        for row in self.db.all("asking for the newest item of each source", sql, args![]).await? {
            newest.insert(row.text("id")?, row.maybe_time("last_new")?);
        }
        let states = self.sources().await?.into_iter();
        Ok(states
            .map(|state| {
                let last_new = newest.get(state.source.id.as_str()).copied().flatten();
                SourceFigures { state, last_new }
            })
            .collect())
    }

    /// Returns how many items there are, and how many of them are held.
    pub async fn count_items(&self) -> Result<(u64, u64)> {
        let sql = "SELECT (SELECT count(*) FROM item) AS every, \
                   (SELECT count(*) FROM item WHERE standing <> 'backlog' AND standing = 'held') AS held";
        match self.db.one("counting items", sql, args![]).await? {
            Some(row) => Ok((row.count("every")?, row.count("held")?)),
            None => Ok((0, 0)),
        }
    }

    /// Returns since when the oldest waiting mail has been waiting.
    pub async fn oldest_waiting_delivery(&self) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT min(created_at) AS oldest FROM delivery WHERE state = 'waiting'";
        let row = self.db.one("asking for the oldest waiting mail", sql, args![]).await?;
        Ok(row.map(|row| row.maybe_time("oldest")).transpose()?.flatten())
    }
}
