//! `poll SOURCE --backfill N`: the older pages of a listing, with a bar on a terminal and a line a page elsewhere.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, anyhow, bail};
use chrono::TimeDelta;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::{CommandResult, print, print_json};
use crate::clock::Clock;
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::jobs::backfill::{
    BackfillEnd, BackfillProgress, BackfillRange, BackfillSummary, Backfiller,
};
use crate::jobs::poll::Poller;
use crate::shutdown::Shutdown;
use bantin_extract::model::problem::grouped;
use bantin_extract::text::counted;
use bantin_model::SourceId;
use bantin_model::limits;
use bantin_store::{SourceState, Store};

/// Number of problems printed on a terminal. `--json` prints all of them.
const SHOWN: usize = 20;

pub(super) async fn backfill(
    store: &Store,
    config: &Config,
    id: &SourceId,
    wanted: BackfillRange,
    as_json: bool,
) -> CommandResult {
    let clock = Clock::system();
    let stop = stop_at_signals()?;
    // Without the ownership a daemon is running. It lets the source alone while we hold its lease.
    let owner = store.take_ownership().await?;
    if owner.is_some() {
        crate::daemon::apply_sources(store, config, clock.now()).await?;
    }
    let fetcher = Fetcher::new(config.fetch.clone(), clock.clone())?;
    let mut state = claim(store, id, &clock, owner.is_some()).await?;
    if !state.polled_before || state.next_at <= clock.now() {
        // What is new on the first page is the polls' own, and it may have to be mailed.
        let poller = Poller::new(store.clone(), fetcher.clone(), clock.clone(), stop.clone());
        let polled = poller.poll(state).await?;
        if let Some(broken) = polled.health.broken {
            let what = format!("{}: {}", broken.why, broken.detail);
            return Err(anyhow!("the listing of {id} could not be read: {what}").into());
        }
        state = claim(store, id, &clock, owner.is_some()).await?;
    }
    let recipe = state.listing_recipe().clone();
    let job = Backfiller::new(store.clone(), fetcher, clock, stop);
    let mut bar = ProgressBar::new(wanted.pages);
    let done = job.backfill(&state, &recipe, wanted, |progress| bar.tell(progress)).await;
    bar.clear();
    let done = done?;
    store.close().await;
    if as_json {
        print_json(&summary_json(id, &done))?;
    } else {
        print(summary_text(id, &done))?;
    }
    if done.ending == BackfillEnd::Failed && done.pages == 0 {
        return Err(anyhow!("no further page of {id} could be read").into());
    }
    Ok(())
}

async fn claim(
    store: &Store,
    id: &SourceId,
    clock: &Clock,
    alone: bool,
) -> anyhow::Result<SourceState> {
    let now = clock.now();
    let until = now + TimeDelta::from_std(limits::POLL_LEASE)?;
    if let Some(state) = store.claim_source(id, now, until).await? {
        return Ok(state);
    }
    if alone {
        bail!("source {id} is being polled by somebody else");
    }
    store.source(id).await?.with_context(|| {
        format!("the running daemon does not know source {id} yet: reload it first (`systemctl reload bantin`)")
    })?;
    bail!(
        "source {id} is being polled by the running daemon, or its older pages are being read already: try again in a minute"
    )
}

/// Lets Ctrl-C and SIGTERM end the job after the page under way. A second signal ends it at once,
/// which the store tolerates.
fn stop_at_signals() -> anyhow::Result<Shutdown> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let stop = Shutdown::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked.is_asked() {
                std::process::exit(1);
            }
            asked.ask();
        }
    });
    Ok(stop)
}

fn summary_text(id: &SourceId, done: &BackfillSummary) -> String {
    let BackfillSummary { pages, rows, new, .. } = done;
    let mut text = format!(
        "{id}: {}, {}, {new} new: {}\n",
        counted(*pages, "further page"),
        counted(*rows, "row"),
        done.ending
    );
    let problems = grouped(&done.problems);
    for problem in problems.iter().take(SHOWN) {
        text += &format!("- {problem}\n");
    }
    if problems.len() > SHOWN {
        text += &format!("- and {} more problems\n", problems.len() - SHOWN);
    }
    if done.resumable {
        text += &format!("To go on from here: bantin poll {id} --backfill PAGES\n");
    } else if done.pages == 0 && done.ending == BackfillEnd::LastPage {
        text += &format!("To begin again: bantin poll {id} --backfill PAGES --from-start\n");
    }
    text
}

fn summary_json(id: &SourceId, done: &BackfillSummary) -> serde_json::Value {
    json!({
        "source": id,
        "pages": done.pages,
        "rows": done.rows,
        "new": done.new,
        "resumable": done.resumable,
        "ended": done.ending.to_string(),
        "problems": grouped(&done.problems),
    })
}

/// How far the job has come, on standard error.
struct ProgressBar {
    wanted: u32,
    read: u32,
    new: u64,
    terminal: bool,
}

impl ProgressBar {
    fn new(wanted: u32) -> ProgressBar {
        ProgressBar { wanted, read: 0, new: 0, terminal: io::stderr().is_terminal() }
    }

    fn tell(&mut self, progress: BackfillProgress) {
        if let BackfillProgress::Page { new, .. } = progress {
            self.read += 1;
            self.new += u64::from(new);
        }
        let text = match self.terminal {
            // To the line's start, the line, and what is left of a longer one before it.
            true => format!("\r{}\x1b[K", self.line(progress)),
            false => match line(progress) {
                Some(line) => format!("{line}\n"),
                None => return,
            },
        };
        // A closed standard error does not stop the work.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Narrow enough for a terminal of 80 columns.
    fn line(&self, progress: BackfillProgress) -> String {
        const WIDTH: u64 = 16;
        let (read, wanted) = (u64::from(self.read), u64::from(self.wanted));
        let full = usize::try_from(read * WIDTH / wanted.max(1)).unwrap_or(0);
        let bar = "#".repeat(full) + &"-".repeat(WIDTH as usize - full.min(WIDTH as usize));
        let now = match progress {
            BackfillProgress::Article { page, read, of } => {
                format!("page {page}: article {read}/{of}")
            }
            BackfillProgress::Page { page, .. } => format!("page {page} read"),
            BackfillProgress::Passed { page } => format!("page {page} passed"),
        };
        format!("[{bar}] {read}/{wanted} pages, {} new, {now}", self.new)
    }

    /// Leaves an empty line for what comes next.
    fn clear(&self) {
        if self.terminal {
            let _ = io::stderr().write_all(b"\r\x1b[K");
        }
    }
}

/// Returns the line that is printed for a page where no bar is drawn. `None` for single articles.
fn line(progress: BackfillProgress) -> Option<String> {
    match progress {
        BackfillProgress::Article { .. } => None,
        BackfillProgress::Page { page, rows, new } => {
            Some(format!("page {page}: {rows} rows, {new} new"))
        }
        BackfillProgress::Passed { page } => Some(format!("page {page}: read before")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fits_a_narrow_terminal_at_every_point() {
        for (wanted, read) in [(1, 0), (1, 1), (10_000, 9_999), (10_000, 10_000), (3, 2)] {
            let bar = ProgressBar { wanted, read, new: 1_000_000, terminal: true };
            for progress in [
                BackfillProgress::Article { page: 10_001, read: 30, of: 30 },
                BackfillProgress::Page { page: 10_001, rows: 1_000, new: 1_000 },
                BackfillProgress::Passed { page: 10_001 },
            ] {
                let line = bar.line(progress);
                assert!(line.len() < 80 && line.starts_with('['), "{line}");
                assert_eq!(line.find(']'), Some(17), "{line}");
            }
        }
    }

    #[test]
    fn where_nobody_draws_each_page_has_its_line() {
        let check =
            |progress, expected: Option<&str>| assert_eq!(line(progress).as_deref(), expected);
        check(
            BackfillProgress::Page { page: 3, rows: 20, new: 18 },
            Some("page 3: 20 rows, 18 new"),
        );
        check(BackfillProgress::Passed { page: 2 }, Some("page 2: read before"));
        check(BackfillProgress::Article { page: 3, read: 1, of: 18 }, None);
    }
}
