//! `poll`: by ourselves, or by asking the daemon that owns the store.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::known::KnownSources;
use super::{CommandFailure, CommandResult, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::jobs::backfill::BackfillRange;
use crate::jobs::poll::Poller;
use crate::shutdown::Shutdown;
use bantin_extract::text::counted;
use bantin_model::limits;
use bantin_model::{Health, SourceId};
use bantin_store::Store;

#[derive(clap::Args)]
pub(super) struct PollArgs {
    /// Id of the source; without it all of them
    source: Option<String>,
    /// Let the source's held items into the feeds (they are not mailed) instead of polling it
    #[arg(long, requires = "source")]
    release_held: bool,
    /// Read so many further (older) pages of the source's listing; what they bring is never mailed. The next time goes
    /// on where this one ends
    #[arg(long, value_name = "PAGES", requires = "source", conflicts_with = "release_held")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::BACKFILL_PAGES)))]
    backfill: Option<u32>,
    /// With --backfill: begin at the first page again
    #[arg(long, requires = "backfill")]
    from_start: bool,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// What is printed about one polled source.
struct PollSummary {
    id: SourceId,
    /// Unknown when the daemon polled for us.
    found: Option<(u32, u32, bool)>,
    health: Health,
    next_at: DateTime<Utc>,
}

pub(super) async fn poll(args: PollArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let known = KnownSources::of(&config, &store).await?.sources;
    let asked = match &args.source {
        Some(text) => {
            vec![SourceId::parse(text).map_err(|error| CommandFailure::Usage(anyhow!(error)))?]
        }
        None => known.clone(),
    };
    if let Some(unknown) = asked.iter().find(|id| !known.contains(id)) {
        let known = known.iter().map(SourceId::as_str).collect::<Vec<_>>().join(", ");
        return Err(CommandFailure::Usage(anyhow!(
            "{} names no source {unknown}; it has: {known}",
            file.display()
        )));
    }
    let clock = Clock::system();
    if args.release_held {
        let released = store.release_held(&asked[0], clock.now()).await?;
        return print(format!(
            "{released} held items of {} are in the feeds now; they are not mailed\n",
            asked[0]
        ));
    }
    if let Some(pages) = args.backfill {
        let wanted = BackfillRange { pages, from_start: args.from_start };
        return super::backfilling::backfill(&store, &config, &asked[0], wanted, args.json).await;
    }
    let told = match store.take_ownership().await? {
        Some(_owner) => {
            crate::daemon::apply_sources(&store, &config, clock.now()).await?;
            poll_here(&store, &config, &asked, clock).await?
        }
        None => poll_there(&store, &asked, clock).await?,
    };
    store.close().await;
    if args.json {
        print_json(&told.iter().map(as_json).collect())?;
    } else {
        print(table(&told.iter().flat_map(as_rows).collect::<Vec<_>>()))?;
    }
    let broken = told.iter().filter(|told| told.health.broken.is_some()).count();
    if broken > 0 {
        return Err(anyhow!("{broken} of {} sources could not be read", told.len()).into());
    }
    Ok(())
}

async fn poll_here(
    store: &Store,
    config: &Config,
    asked: &[SourceId],
    clock: Clock,
) -> anyhow::Result<Vec<PollSummary>> {
    let stop = Shutdown::new();
    let fetcher = Fetcher::new(config.fetch.clone(), clock.clone())?;
    let poller = Poller::new(store.clone(), fetcher, clock.clone(), stop.clone());
    let stopping = stop.clone();
    // Ctrl-C ends it between two articles, with what was read until then.
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.ask();
        }
    });
    let mut told = Vec::new();
    for id in asked {
        if stopping.is_asked() {
            bail!("stopped before {id} was polled");
        }
        let now = clock.now();
        store.poll_now(id, now).await?;
        let until = now + TimeDelta::from_std(limits::POLL_LEASE)?;
        let state = store.claim_source(id, now, until).await?;
        let state =
            state.with_context(|| format!("source {id} is being polled by somebody else"))?;
        let polled = poller.poll(state).await?;
        let found = Some((polled.recorded.new, polled.recorded.revised, polled.unchanged));
        told.push(PollSummary {
            id: id.clone(),
            found,
            health: polled.health,
            next_at: polled.next_at,
        });
    }
    Ok(told)
}

/// Makes the sources due, and waits until the daemon has polled them.
async fn poll_there(
    store: &Store,
    asked: &[SourceId],
    clock: Clock,
) -> anyhow::Result<Vec<PollSummary>> {
    const PATIENCE: TimeDelta = TimeDelta::minutes(10);
    let since = clock.now();
    let mut due = Vec::new();
    for id in asked {
        // A poll that is under way may have read the page before the change that the admin wants to see: it ends first.
        while !is_free(store, id, clock.now()).await? {
            if clock.now() - since > PATIENCE {
                bail!("source {id} is still being polled; see the daemon's log");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let at = clock.now();
        if !store.poll_now(id, at).await? {
            bail!(
                "the running daemon does not know source {id} yet: reload it first (`systemctl reload bantin`)"
            );
        }
        due.push((id, at));
    }
    let mut told = Vec::new();
    for (id, asked_at) in due {
        loop {
            let state = store.source(id).await?.with_context(|| format!("source {id} has gone"))?;
            if state.health.last_poll.is_some_and(|at| at >= asked_at) {
                told.push(PollSummary {
                    id: id.clone(),
                    found: None,
                    health: state.health,
                    next_at: state.next_at,
                });
                break;
            }
            if clock.now() - since > PATIENCE {
                bail!(
                    "the running daemon has not polled {id} for {} minutes; see its log",
                    PATIENCE.num_minutes()
                );
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(told)
}

/// Returns whether no poll of this source is under way. A source that the store does not know is
/// free.
async fn is_free(store: &Store, id: &SourceId, now: DateTime<Utc>) -> anyhow::Result<bool> {
    // A lease of a moment, in case we end before it is given back.
    let state = store.claim_source(id, now, now + TimeDelta::seconds(2)).await?;
    match state {
        Some(_) => store.release_source(id).await.map(|()| true),
        None => Ok(store.sources().await?.iter().all(|state| state.source.id != *id)),
    }
}

fn as_rows(told: &PollSummary) -> Vec<Vec<String>> {
    let what = match (&told.health.broken, told.found) {
        (Some(broken), _) => format!("{}: {}", broken.why, broken.detail),
        (None, Some((0, 0, true))) => "unchanged".to_owned(),
        (None, Some((new, revised, _))) => {
            format!("{new} new, {revised} revised, {}", counted(told.health.rows, "row"))
        }
        (None, None) => {
            format!("polled by the running daemon, {}", counted(told.health.rows, "row"))
        }
    };
    let mut rows = vec![vec![told.id.to_string(), what]];
    rows.extend(
        told.health.problems.iter().map(|problem| vec![String::new(), format!("- {problem}")]),
    );
    rows
}

fn as_json(told: &PollSummary) -> serde_json::Value {
    let broken = told.health.broken.as_ref();
    json!({
        "source": told.id,
        "new": told.found.map(|found| found.0),
        "revised": told.found.map(|found| found.1),
        "unchanged": told.found.map(|found| found.2),
        "rows": told.health.rows,
        "health": broken.map_or("good", |broken| broken.why.as_str()),
        "detail": broken.map(|broken| &broken.detail),
        "problems": told.health.problems,
        "next_poll": told.next_at.to_rfc3339(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bantin_model::Standing;
    use bantin_store::{PollChanges, PollRecord};

    /// The daemon records a poll of `id`.
    async fn record(store: &Store, id: &SourceId, clock: &Clock) {
        let at = clock.now();
        let record = PollRecord {
            source: id.clone(),
            at,
            health: Health { last_poll: Some(at), ..Health::default() },
            next_at: at + TimeDelta::hours(1),
            validators: None,
            rows_hash: None,
            complete: true,
            new: Vec::new(),
            standing: Standing::Open,
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            notices: Vec::new(),
        };
        store.record_poll(&record).await.expect("the store answers");
    }

    #[tokio::test]
    async fn a_poll_that_had_begun_before_it_was_asked_for_is_not_taken_for_the_answer() {
        let config = Config::from_text(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
             from = \"bantin@example.vn\"\n[[source]]\nid = \"so\"\nname = \"S\"\nurl = \"https://a.vn/tin\"\n\
             [source.listing]\nitem = \"li\"\n",
            Path::new("test.toml"),
        );
        let config = config.expect("the config is right");
        let store = Store::open("sqlite::memory:").await.expect("the store opens");
        let clock = Clock::system();
        crate::daemon::apply_sources(&store, &config, clock.now()).await.expect("they are kept");
        let id = config.sources[0].id.clone();
        let lease = clock.now() + TimeDelta::minutes(5);
        store.claim_source(&id, clock.now(), lease).await.expect("it answers").expect("it is free");
        let asking = tokio::spawn({
            let (store, id, clock) = (store.clone(), id.clone(), clock.clone());
            async move { poll_there(&store, &[id], clock).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        record(&store, &id, &clock).await;
        let due = async || {
            let next = store.next_poll_at().await.expect("the store answers");
            next.is_some_and(|at| at <= clock.now())
        };
        while !due().await {
            assert!(!asking.is_finished(), "the poll under way was taken for ours");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!asking.is_finished());
        record(&store, &id, &clock).await;
        assert_eq!(asking.await.expect("it does not panic").expect("it is polled").len(), 1);
    }
}
