//! The scheduler: claims due sources and polls them, each in a task of its own, so that a slow one delays no other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::TimeDelta;
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, timeout};
use tracing::{error, warn};

use super::Daemon;
use super::places::PollPlaces;
use crate::clock::Setbacks;
use crate::counters::Counters;
use crate::jobs::poll::Poller;
use crate::shutdown::Shutdown;
use crate::supervisor::{Job, TURN};
use bantin_model::{SourceId, limits};
use bantin_store::SourceState;

/// Sources claimed in one turn, at most one turn a second: a start with hundreds of overdue sources spreads them out
/// instead of firing.
const CLAIMS_PER_TURN: u32 = 8;

/// What fails when a poll cannot be recorded.
const RECORDING: &str = "polls";

type EndedPoll = Result<(task::Id, Result<bool>), task::JoinError>;

pub struct Scheduler {
    daemon: Arc<Daemon>,
    poller: Poller,
    polls: JoinSet<Result<bool>>,
    running: HashMap<task::Id, SourceId>,
    places: PollPlaces,
    leases_kept: Instant,
    /// Polled, and not recorded since the store failed; with the time.
    unrecorded: Vec<(SourceId, Instant)>,
    setbacks: Setbacks,
}

impl Job for Scheduler {
    const NAME: &'static str = "scheduler";
    const WORK: &'static str = "Polling";

    async fn turn(&mut self) -> Result<Duration> {
        self.daemon.note_turn();
        self.note_ended();
        let claimed = self.claim(CLAIMS_PER_TURN).await;
        let freed = self.free_unrecorded().await;
        self.keep_leases().await;
        for state in claimed? {
            self.start(state);
        }
        freed?;
        Ok(TURN)
    }

    async fn woken(&mut self) {
        match self.polls.join_next_with_id().await {
            Some(ended) => self.note(ended),
            None => std::future::pending().await,
        }
    }

    /// A poll hears of the shutdown too: it records what it has and stops between two articles.
    async fn finish(&mut self) -> Result<()> {
        let polls = &mut self.polls;
        let drained =
            timeout(limits::DRAIN_TIMEOUT, async { while polls.join_next().await.is_some() {} })
                .await;
        if drained.is_err() {
            let left = self.polls.len();
            warn!(
                polls = left,
                "{left} polls did not end in time; they begin again at the next start"
            );
        }
        Ok(())
    }
}

impl Scheduler {
    pub fn new(daemon: Arc<Daemon>) -> Self {
        Scheduler {
            poller: Poller::new(
                daemon.store.clone(),
                daemon.fetcher.clone(),
                daemon.clock.clone(),
                daemon.stop.clone(),
            ),
            daemon,
            polls: JoinSet::new(),
            running: HashMap::new(),
            places: PollPlaces::default(),
            leases_kept: Instant::now(),
            unrecorded: Vec::new(),
            setbacks: Setbacks::default(),
        }
    }

    async fn claim(&self, most: u32) -> Result<Vec<SourceState>> {
        let now = self.daemon.clock.now();
        if self.setbacks.is_one(now) {
            let changed = self.daemon.store.set_back_sources(now).await;
            if changed.is_err() {
                self.setbacks.again();
            }
            let changed = changed.context("giving sources a new time")?;
            if changed > 0 {
                warn!(sources = changed, "The clock was set back: {changed} sources are due again");
            }
        }
        let until = now + TimeDelta::from_std(limits::POLL_LEASE).expect("minutes fit");
        self.daemon.store.claim_due_sources(now, until, most).await
    }

    fn start(&mut self, state: SourceState) {
        let id = state.source.id.clone();
        if self.running.values().any(|other| *other == id) {
            return; // Still under way though its lease ran out: once is enough.
        }
        let (poller, places) = (self.poller.clone(), self.places.clone());
        let (stop, counters) = (self.daemon.stop.clone(), self.daemon.web.counters().clone());
        let poll = self.polls.spawn(poll_in_place(poller, state, places, stop, counters));
        self.running.insert(poll.id(), id);
    }

    /// Renews the leases of the polls under way before they run out.
    async fn keep_leases(&mut self) {
        if self.leases_kept.elapsed() <= limits::POLL_LEASE / 4 {
            return;
        }
        self.leases_kept = Instant::now();
        let lease = TimeDelta::from_std(limits::POLL_LEASE).expect("minutes fit");
        let until = self.daemon.clock.now() + lease;
        for id in self.running.values() {
            if let Err(error) = self.daemon.store.keep_lease(id, until).await {
                warn!(source.id = %id, "The lease of {id} could not be renewed: {error:#}");
            }
        }
    }

    fn note_ended(&mut self) {
        while let Some(ended) = self.polls.try_join_next_with_id() {
            self.note(ended);
        }
    }

    fn note(&mut self, ended: EndedPoll) {
        match ended {
            Ok((id, Ok(changed))) => {
                self.running.remove(&id);
                if changed {
                    self.daemon.items_changed.notify_waiters();
                }
            }
            Ok((id, Err(error))) => {
                let Some(id) = self.running.remove(&id) else { return };
                self.daemon.supervisor.failed(RECORDING, &format!("Polling {id}"), &error);
                self.unrecorded.push((id, Instant::now()));
            }
            Err(panic) => {
                // Its lease runs out, and the source is polled again.
                let id = self.running.remove(&panic.id());
                let id = id.map_or_else(String::new, |id| id.to_string());
                error!(source.id = %id, "Polling {id} panicked, please report it: {panic}");
            }
        }
    }

    /// Frees a source whose poll could not be recorded, after a wait: that succeeds when the store accepts something again,
    /// and then the source need not wait for the end of its lease.
    async fn free_unrecorded(&mut self) -> Result<()> {
        let Some((id, since)) = self.unrecorded.first() else { return Ok(()) };
        if since.elapsed() < limits::UNRECORDED_REST {
            return Ok(());
        }
        self.daemon.store.release_source(id).await?;
        self.unrecorded.remove(0);
        if self.unrecorded.is_empty() {
            self.daemon.supervisor.succeeded(RECORDING);
        }
        Ok(())
    }
}

/// Polls a claimed source when there is a place for it. Returns whether anything changed; an error is the store's.
async fn poll_in_place(
    poller: Poller,
    state: SourceState,
    places: PollPlaces,
    stop: Shutdown,
    counters: Counters,
) -> Result<bool> {
    let _place = tokio::select! {
        place = places.take(&state.source) => place,
        // Not begun; at the next start every lease is free.
        () = stop.asked() => return Ok(false),
    };
    let polled = match poller.poll(state).await {
        Ok(polled) => polled,
        Err(error) => {
            counters.add("polls", "failed", 1);
            return Err(error);
        }
    };
    let changed = polled.recorded.new + polled.recorded.revised > 0;
    let result = match &polled.health.broken {
        Some(broken) => broken.why.as_str(),
        None if changed => "changed",
        None => "unchanged",
    };
    counters.add("polls", result, 1);
    Ok(changed)
}
