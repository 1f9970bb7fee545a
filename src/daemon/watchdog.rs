//! Watches the other jobs: feeds systemd's watchdog, writes the status line and mails the admin about failures that last.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};

use super::Daemon;
use crate::systemd;
use bantin_mail::SendOutcome;
use bantin_model::Notice;

/// A scheduler that has had no turn for this long hangs: the watchdog goes unfed.
const HUNG: Duration = Duration::from_secs(20);

impl Daemon {
    /// Mails the admin about a failure that lasts, without the store, which may be what fails.
    async fn mail_of_trouble(self: Arc<Self>, reason: String) {
        let (mailer, now) = (self.mailer(), self.clock.now());
        let letter = match mailer.notices(&[&Notice::Resting { since: now, reason }], now) {
            Ok(Some(letter)) => letter,
            Ok(None) => return,
            Err(error) => return warn!("The notice to the admin could not be written: {error:#}"),
        };
        match mailer.send(&letter).await {
            SendOutcome::Accepted(_) => info!("The admin got a mail about it"),
            _ => warn!("The mail server did not accept the notice to the admin"),
        }
    }

    /// Feeds systemd's watchdog while the scheduler turns and the store answers, writes the status line, and ends the
    /// process should the store's ownership be lost.
    pub(super) async fn watch(self: Arc<Self>) -> Result<()> {
        let every = systemd::watchdog_interval()
            .unwrap_or(Duration::from_secs(10))
            .min(Duration::from_secs(10));
        while !self.stop.is_asked() {
            let turned = *self.turned.lock().expect("no one panics while holding the time");
            let turning = turned.elapsed() < HUNG;
            let answers = matches!(
                timeout(every.max(Duration::from_secs(5)), self.store.ping()).await,
                Ok(Ok(()))
            );
            if !self.owner.still_owns().await {
                bail!(
                    "the ownership of the store was lost (its connection broke): a restart is the safe way"
                );
            }
            if let Some(reason) = self.supervisor.troubles().to_mail(std::time::Instant::now()) {
                // Beside this loop, which must not wait for a mail server.
                tokio::spawn(self.clone().mail_of_trouble(reason));
            }
            match (turning, answers) {
                (true, true) => {
                    systemd::feed_watchdog();
                    match self.status_line().await {
                        Ok(line) => systemd::status(&line),
                        Err(error) => debug!("No status line: {error:#}"),
                    }
                }
                (false, _) => {
                    error!("The scheduler has not turned for {} s", turned.elapsed().as_secs())
                }
                (_, false) => error!("The store does not answer"),
            }
            tokio::select! { () = sleep(every) => {}, () = self.stop.asked() => {} }
        }
        Ok(())
    }

    async fn status_line(&self) -> Result<String> {
        let sources = self.store.sources().await?;
        let broken = sources.iter().filter(|state| state.health.broken.is_some()).count();
        let queue = self.store.queue().await?;
        let mut line = format!("{} sources", sources.len());
        if broken > 0 {
            line += &format!(", {broken} broken (see `bantin status`)");
        }
        line += &format!("; {} mails waiting", queue.waiting + queue.sending);
        if self.store.hold().await?.is_some() {
            line += ", queue held";
        }
        if self.supervisor.troubles().any() {
            line += ", some work fails (see the log)";
        }
        if self.refused_settings.load(Ordering::Relaxed) {
            line += "; the changed settings were not applied (see the log)";
        }
        Ok(line)
    }
}
