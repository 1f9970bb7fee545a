//! Runs jobs: turn after turn, with a wait between, until shutdown is asked for. A turn that fails is reported once and
//! tried again.

use std::future::{self, Future};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::sleep;

use crate::failure_log::FailureLog;
use crate::shutdown::Shutdown;

/// The longest wait between two turns of most jobs; work of other processes (`bantin poll`, `subscribers add`) is seen then.
pub const TURN: Duration = Duration::from_secs(1);
/// Wait after a failed turn.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Work that is done in turns for as long as the daemon runs.
pub trait Job: Send {
    /// In the log: "publisher".
    const NAME: &'static str;
    /// What fails with it, as the beginning of a log line: "Publishing digests".
    const WORK: &'static str;

    /// Does what is due. Returns the longest wait before the next turn.
    fn turn(&mut self) -> impl Future<Output = Result<Duration>> + Send;

    /// Completes when the next turn should not wait any longer. Dropped when the wait is over, so it must lose nothing.
    fn woken(&mut self) -> impl Future<Output = ()> + Send {
        future::pending()
    }

    /// Ends what is under way, after the last turn.
    fn finish(&mut self) -> impl Future<Output = Result<()>> + Send {
        future::ready(Ok(()))
    }
}

/// Runs jobs and keeps which of them fail; cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    stop: Shutdown,
    troubles: Arc<FailureLog>,
    /// Called with whether any job fails, when that changes.
    failing: Arc<dyn Fn(bool) + Send + Sync>,
}

impl Supervisor {
    pub fn new(stop: Shutdown, failing: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Supervisor { stop, troubles: Arc::default(), failing: Arc::new(failing) }
    }

    /// Runs a job until shutdown is asked for. Fails only where the job could not be finished.
    pub async fn run<J: Job>(&self, mut job: J) -> Result<()> {
        while !self.stop.is_asked() {
            let wait = match job.turn().await {
                Ok(wait) => {
                    self.succeeded(J::NAME);
                    wait
                }
                Err(error) => self.failed(J::NAME, J::WORK, &error),
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = job.woken() => {}
                () = self.stop.asked() => {}
            }
        }
        job.finish().await
    }

    /// Records that a job failed at `work`, the beginning of a log line. Returns the wait before it is tried again.
    pub fn failed(&self, job: &'static str, work: &str, error: &anyhow::Error) -> Duration {
        self.troubles.failed(job, work, error, AFTER_FAILURE, Instant::now());
        (self.failing)(true);
        AFTER_FAILURE
    }

    /// Records that a job did its work.
    pub fn succeeded(&self, job: &'static str) {
        if self.troubles.ran(job, Instant::now()) {
            (self.failing)(false);
        }
    }

    pub fn troubles(&self) -> &FailureLog {
        &self.troubles
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use anyhow::bail;

    use super::*;

    /// Fails at its second and third turn, and asks for shutdown at its fifth.
    struct FailingJob {
        turns: u32,
        stop: Shutdown,
        finished: Arc<Mutex<bool>>,
    }

    impl Job for FailingJob {
        const NAME: &'static str = "stumbling";
        const WORK: &'static str = "Walking";

        async fn turn(&mut self) -> Result<Duration> {
            self.turns += 1;
            match self.turns {
                2 | 3 => bail!("a stone"),
                5 => self.stop.ask(),
                _ => {}
            }
            Ok(Duration::from_secs(1))
        }

        async fn finish(&mut self) -> Result<()> {
            *self.finished.lock().expect("no one panics here") = true;
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_fails_is_tried_again_and_one_that_is_stopped_is_finished() {
        let (stop, finished) = (Shutdown::new(), Arc::new(Mutex::new(false)));
        let told = Arc::new(Mutex::new(Vec::new()));
        let keep = told.clone();
        let supervisor = Supervisor::new(stop.clone(), move |failing| {
            keep.lock().expect("no one panics here").push(failing);
        });
        let begun = tokio::time::Instant::now();
        let job = FailingJob { turns: 0, stop, finished: finished.clone() };
        supervisor.run(job).await.expect("it can be finished");
        assert!(*finished.lock().expect("no one panics here"));
        assert_eq!(*told.lock().expect("no one panics here"), [true, true, false]);
        assert_eq!(begun.elapsed(), Duration::from_secs(1 + 5 + 5 + 1));
        assert!(!supervisor.troubles().any());
    }
}
