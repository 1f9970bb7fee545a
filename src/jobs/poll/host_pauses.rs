//! What asking a source teaches beside its page: whether anybody answers, where the page has gone to, who wants silence; and
//! polls that are put off for it.

use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};
use url::Url;

use super::uplink::UplinkState;
use super::{PollOutcome, PollRun, Poller, count, pace};
use crate::fetch::{FetchError, FetchFailure, host_name};
use bantin_extract::model::problem::grouped;
use bantin_model::health::PollObservation;
use bantin_model::limits;
use bantin_model::notice::NoticeSource;
use bantin_model::{
    Health, HostNotes, NextPoll, NextPollReason, Notice, PollState, Problem, Standing,
};
use bantin_store::{Change, PollChanges, PollRecord, SourceState};

/// How long a 429 that does not say how long counts for its host.
const UNSAID_SILENCE: TimeDelta = TimeDelta::hours(1);
/// Failures after which a kept address is given up for the one in the config.
const ADDRESS_TRIES: u32 = 3;

/// Returns whether a server answered; `None` when none was asked.
pub(super) fn is_answer(failure: Option<FetchFailure>) -> Option<bool> {
    match failure {
        None => Some(true),
        Some(FetchFailure::Forbidden | FetchFailure::Blocked) => None,
        Some(
            FetchFailure::Name
            | FetchFailure::Connect
            | FetchFailure::Timeout
            | FetchFailure::Tls
            | FetchFailure::Broken,
        ) => Some(false),
        Some(_) => Some(true),
    }
}

impl Poller {
    /// Takes in what the store knows of hosts.
    pub(super) async fn recall(&self) -> Result<()> {
        let notes = self.store.host_notes(self.clock.now()).await?;
        self.fetcher.recall(&notes);
        self.silences.recall(&notes.hosts);
        self.line.recall(self.store.outage().await?);
        Ok(())
    }

    /// What is new of hosts, for the store.
    pub(super) fn host_notes(&self) -> HostNotes {
        let mut notes = self.fetcher.take_notes();
        notes.hosts.extend(self.silences.take_notes());
        notes
    }

    pub(super) fn note_answer(
        &self,
        state: &SourceState,
        url: &Url,
        failure: Option<FetchFailure>,
    ) -> UplinkState {
        let now = self.clock.now();
        let lately = TimeDelta::from_std(limits::LINE_GOOD).expect("a day fits");
        match is_answer(failure) {
            None => UplinkState::Up,
            Some(true) => self.line.answered(host_name(url), now),
            Some(false) => {
                let was_good = state.health.last_good.is_some_and(|at| now - at < lately);
                self.line.silent(host_name(url), was_good, now)
            }
        }
    }

    /// Notes that a server asked us to slow down.
    pub(super) fn note_silence(&self, url: &Url, error: &FetchError) {
        if error.kind == FetchFailure::Status(429) {
            let wait = error.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok());
            let now = self.clock.now();
            self.silences.note(url, now + wait.unwrap_or(UNSAID_SILENCE), now);
        }
    }

    /// Gives a source back whose host wants to hear nothing of us for now.
    pub(super) async fn rest(
        &self,
        state: &SourceState,
        until: DateTime<Utc>,
    ) -> Result<PollOutcome> {
        let source = &state.source;
        let local = until.with_timezone(&source.zone).format("%Y-%m-%d %H:%M").to_string();
        let why =
            NextPoll::new(pace::after(source, until), NextPollReason::HostSilent { until: local });
        self.put_off(state, why, PollChanges::default(), Vec::new()).await
    }

    /// Gives a source back whose silence is our own line's: nothing is counted against it.
    pub(super) async fn wait_for_the_line(
        &self,
        state: &SourceState,
        line: UplinkState,
        failure: &str,
    ) -> Result<PollOutcome> {
        let now = self.clock.now();
        let mut mending = PollChanges::default();
        let mut notices = Vec::new();
        let since = match line {
            UplinkState::Down(since) => since,
            _ => now,
        };
        if let UplinkState::WentDown(hosts) = line {
            warn!(hosts, "No host answers any more: our own line seems to be down");
            mending.outage = Change::Set(now);
            notices.push(Notice::Offline { since: now, hosts: count(hosts) });
        }
        let next = self.next_poll(state, &state.health, &state.manners, None, None).await?;
        let since = since.with_timezone(&state.source.zone).format("%Y-%m-%d %H:%M").to_string();
        let why =
            NextPoll::new(next.at, NextPollReason::LineDown { since, failure: failure.to_owned() });
        self.put_off(state, why, mending, notices).await
    }

    async fn put_off(
        &self,
        state: &SourceState,
        why: NextPoll,
        mending: PollChanges,
        notices: Vec<Notice>,
    ) -> Result<PollOutcome> {
        let (source, now) = (&state.source, self.clock.now());
        let health = Health {
            last_poll: Some(now),
            problems: grouped(&[Problem::new("listing", why.what.clone())]),
            ..state.health.clone()
        };
        let next_at = why.at;
        let manners = PollState { why: Some(why), ..state.manners.clone() };
        let record = PollRecord {
            source: source.id.clone(),
            at: now,
            next_at,
            validators: None,
            rows_hash: None,
            complete: false,
            new: Vec::new(),
            standing: Standing::Open,
            looked_at: Vec::new(),
            mending: PollChanges {
                manners: Change::Set(manners),
                hosts: self.host_notes(),
                ..mending
            },
            health: health.clone(),
            notices,
        };
        let recorded = self.store.record_poll(&record).await.context("putting a poll off")?;
        Ok(PollOutcome { recorded, complete: true, unchanged: true, health, next_at })
    }

    /// When the source is polled next, and why.
    pub(super) async fn next_poll(
        &self,
        state: &SourceState,
        health: &Health,
        manners: &PollState,
        fresh_for: Option<Duration>,
        retry_after: Option<Duration>,
    ) -> Result<NextPoll> {
        let (source, now) = (&state.source, self.clock.now());
        let arrivals = match source.pace {
            bantin_model::Pace::Adaptive => {
                let (since, most) = (now - super::rhythm::LOOKED_BACK, super::rhythm::ARRIVALS);
                self.store.recent_arrivals(&source.id, since, most).await?
            }
            bantin_model::Pace::Cron(_) => Vec::new(),
        };
        let given = pace::PaceInputs {
            source,
            health,
            arrivals: &arrivals,
            since: manners.since,
            fresh_for,
            wishes: &manners.wishes,
            retry_after,
        };
        Ok(pace::next_poll(&given, now))
    }
}

impl PollRun<'_> {
    /// Takes in where the page that was asked for has moved to, and gives up an address that is no good.
    pub(super) fn settle_address(
        &mut self,
        asked: &Url,
        failure: Option<FetchFailure>,
        seen: &PollObservation,
    ) {
        let (source, now) = (&self.state.source, self.poller.clock.now());
        let health = &self.state.health;
        if health.verdict(seen).is_none() {
            let said = self.validators.as_mut().expect("a good page came with what was said of it");
            let moved = said.moved.clone();
            if said.from.is_none() && self.manners.address.as_ref() == Some(asked) {
                said.from = Some(asked.clone());
            }
            if let Some(to) = self.manners.redirected(asked, moved.as_ref(), now) {
                let (from, to) = (without_password(asked), to.to_string());
                info!(source.id = %source.id, "{} is asked at {to} from now on", source.id);
                self.notices.push(Notice::Moved { about: NoticeSource::from(source), from, to });
            }
            return;
        }
        let gone = matches!(failure, Some(FetchFailure::Status(404 | 410)));
        if (gone || health.failures + 1 >= ADDRESS_TRIES) && self.manners.give_up_address() {
            let url = without_password(&source.url);
            self.problems.push(Problem::new(
                "listing",
                format!("the address that the page had moved to is no good any more: {url} is asked again"),
            ));
        }
    }
}

fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    // Only addresses without a host refuse, and the fetcher lets none of them pass.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
