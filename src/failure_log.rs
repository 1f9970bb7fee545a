//! Failures of jobs, reported once. The first job that meets a cause logs an error, the others and later tries log at
//! debug level, and a line says when no job fails any more: a disk that is full for a night is a line in the evening and one
//! in the morning, not eighty thousand.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tracing::{debug, error, info};

/// How long a failure lasts before it is logged again.
const TOLD_AGAIN: Duration = Duration::from_secs(3600);
/// How long a failure lasts before the admin gets a mail. Shorter ones need no person.
const MAILED_AFTER: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct FailureLog(Mutex<FailureState>);

#[derive(Default)]
struct FailureState {
    /// The cause of each job that failed when it last ran.
    failing: BTreeMap<&'static str, String>,
    /// When each cause was last logged.
    told: HashMap<String, Instant>,
    since: Option<Instant>,
    mailed: bool,
}

impl FailureLog {
    /// Records that a job failed at `work`, the beginning of a log line such as "Mail delivery", and is tried again after
    /// `retry`.
    pub fn failed(
        &self,
        job: &'static str,
        work: &str,
        error: &anyhow::Error,
        retry: Duration,
        now: Instant,
    ) {
        let mut inner = self.inner();
        let cause = error.root_cause().to_string();
        inner.since.get_or_insert(now);
        inner.failing.insert(job, cause.clone());
        let told = inner.told.get(&cause);
        if told.is_some_and(|told| now.duration_since(*told) < TOLD_AGAIN) {
            debug!(job, "{work} failed, retrying in {} s: {error:#}", retry.as_secs());
            return;
        }
        inner.told.insert(cause, now);
        error!(job, "{work} failed, retrying in {} s: {error:#}", retry.as_secs());
    }

    /// A job ran as it should. Whether it was the last that had failed.
    pub fn ran(&self, job: &'static str, now: Instant) -> bool {
        let mut inner = self.inner();
        if inner.failing.remove(job).is_none() || !inner.failing.is_empty() {
            return false;
        }
        let lasted = inner.since.map_or(0, |since| now.duration_since(since).as_secs());
        info!(duration_s = lasted, "All jobs work again: the failure lasted {lasted} s");
        *inner = FailureState::default();
        true
    }

    /// Whether any job failed when it last ran.
    pub fn any(&self) -> bool {
        !self.inner().failing.is_empty()
    }

    /// The causes, once a failure that lasts, for a mail to the admin.
    pub fn to_mail(&self, now: Instant) -> Option<String> {
        let mut inner = self.inner();
        if inner.mailed || now.duration_since(inner.since?) < MAILED_AFTER {
            return None;
        }
        inner.mailed = true;
        let mut causes: Vec<&str> = inner.failing.values().map(String::as_str).collect();
        causes.sort_unstable();
        causes.dedup();
        Some(causes.join("\n"))
    }

    fn inner(&self) -> MutexGuard<'_, FailureState> {
        self.0.lock().expect("no one panics while holding the troubles")
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    const RETRY: Duration = Duration::from_secs(5);

    #[test]
    fn a_failure_is_mailed_once_when_it_lasts_and_is_over_with_the_last_job_that_runs() {
        let troubles = FailureLog::default();
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let full = anyhow!("disk is full").context("claiming");
        assert!(!troubles.ran("digests", at(0)) && !troubles.any());
        troubles.failed("digests", "Publishing digests", &full, RETRY, at(1));
        troubles.failed("mail", "Mail delivery", &full, RETRY, at(2));
        assert_eq!(troubles.to_mail(at(30)), None);
        assert_eq!(troubles.to_mail(at(61)).as_deref(), Some("disk is full"));
        assert_eq!(troubles.to_mail(at(99)), None, "once");
        assert!(!troubles.ran("mail", at(100)) && troubles.any());
        assert!(!troubles.ran("mail", at(101)));
        assert!(troubles.ran("digests", at(102)) && !troubles.any());
        troubles.failed("mail", "Mail delivery", &full, RETRY, at(200));
        assert_eq!(troubles.to_mail(at(261)).as_deref(), Some("disk is full"));
    }
}
