//! Applies a changed config file to the running daemon.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use tracing::{error, info, warn};

use super::Daemon;
use super::settings::{WebParts, apply_sources, callback_settings, web_settings};
use crate::config::Config;
use crate::systemd;
use bantin_mail::Mailer;

impl Daemon {
    /// Applies a changed config file: sources, feeds, fetching, mail and the site, without losing a poll, a lease or a
    /// connection. A file with mistakes changes nothing.
    pub async fn reload(&self) {
        systemd::reloading();
        let reloaded = self.try_reload().await;
        self.refused_settings.store(reloaded.is_err(), Ordering::Relaxed);
        let status = match reloaded {
            Ok(()) => {
                info!("The settings of {} are in force", self.config_path.display());
                "Settings reloaded".to_owned()
            }
            Err(error) => {
                error!("The settings are not changed, the old ones stay: {error:#}");
                format!(
                    "{} was not applied, the old settings stay; see the log",
                    self.config_path.display()
                )
            }
        };
        systemd::ready(&status);
    }

    async fn try_reload(&self) -> Result<()> {
        let new = Config::load(&self.config_path)?;
        let old = self.config();
        for key in old.needs_restart(&new) {
            warn!("A changed {key} takes effect at the next restart");
        }
        let mailer = Mailer::new(new.mail.clone())?;
        apply_sources(&self.store, &new, self.clock.now()).await?;
        self.fetcher.apply(new.fetch.clone())?;
        let before = std::mem::replace(
            &mut *self.mailer.write().expect("no one panics while holding it"),
            mailer,
        );
        // Mails under way hold their own clone of it; only its idle connections end here.
        before.close().await;
        self.callbacks.apply(&callback_settings(&new))?;
        let parts = WebParts {
            config_path: &self.config_path,
            fetcher: &self.fetcher,
            mailer: self.mailer(),
            callbacks: &self.callbacks,
            hub_woken: &self.hub_woken,
        };
        self.web.apply(web_settings(&new, parts));
        self.store.set_calendars(new.calendars.clone());
        *self.config.write().expect("no one panics while holding the config") = Arc::new(new);
        self.items_changed.notify_waiters();
        Ok(())
    }
}
