//! What is remembered of hosts across restarts: spacing, pauses and robots.txt; and whether our own
//! line is down.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use super::Store;
use super::sql::{Tx, args, to_json};
use bantin_model::*;

/// No note lasts longer than a week, so an older row can go.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(8);

impl Store {
    /// Returns the notes about hosts, with each robots.txt that is still valid at `now`.
    pub async fn host_notes(&self, now: DateTime<Utc>) -> Result<HostNotes> {
        let what = "reading what is noted of hosts";
        let rows = self.db.all(what, "SELECT * FROM host ORDER BY name", args![]).await?;
        let hosts = rows.iter().map(|row| {
            Ok(HostNote {
                name: row.text("name")?,
                asked_at: Some(row.time("asked_at")?),
                silent: Some(row.json("silent")?),
            })
        });
        let hosts = hosts.collect::<Result<_>>()?;
        let sql = "SELECT * FROM robots WHERE until > $1 ORDER BY origin";
        let rows = self.db.all(what, sql, args![now]).await?;
        let robots = rows.iter().map(|row| {
            Ok(RobotsNote {
                origin: row.text("origin")?,
                until: row.time("until")?,
                rules: row.text("rules")?,
            })
        });
        Ok(HostNotes { hosts, robots: robots.collect::<Result<_>>()? })
    }

    /// Returns since when our own line is down, if it is.
    pub async fn outage(&self) -> Result<Option<DateTime<Utc>>> {
        let row = self.db.one("asking for an outage", "SELECT since FROM outage", args![]).await?;
        row.map(|row| row.time("since")).transpose()
    }
}

pub(super) async fn record_notes(tx: &mut Tx, notes: &HostNotes, now: DateTime<Utc>) -> Result<()> {
    for host in &notes.hosts {
        let sql = "INSERT INTO host (name, asked_at, silent) VALUES ($1, COALESCE($2, 0), COALESCE($3, '[]')) \
                   ON CONFLICT (name) DO UPDATE SET asked_at = COALESCE($2, host.asked_at), \
                   silent = COALESCE($3, host.silent)";
        let silent = host.silent.as_ref().map(to_json);
        tx.run(sql, args![host.name.as_str(), host.asked_at, silent]).await?;
    }
    for robots in &notes.robots {
        let sql = "INSERT INTO robots (origin, until, rules) VALUES ($1, $2, $3) \
                   ON CONFLICT (origin) DO UPDATE SET until = excluded.until, rules = excluded.rules";
        tx.run(sql, args![robots.origin.as_str(), robots.until, robots.rules.as_str()]).await?;
    }
    if !notes.robots.is_empty() {
        tx.run("DELETE FROM robots WHERE until <= $1", args![now]).await?;
        tx.run("DELETE FROM host WHERE asked_at < $1", args![now - FORGOTTEN_AFTER]).await?;
    }
    Ok(())
}

pub(super) async fn note_outage(
    tx: &mut Tx,
    outage: &super::poll_record::Change<DateTime<Utc>>,
) -> Result<()> {
    match outage {
        super::Change::Keep => {}
        super::Change::Set(since) => {
            let sql = "INSERT INTO outage (one, since) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
            tx.run(sql, args![*since]).await?;
        }
        super::Change::Clear => {
            tx.run("DELETE FROM outage", args![]).await?;
        }
    }
    Ok(())
}
