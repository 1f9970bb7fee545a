//! The start of the daemon, its jobs, and its end.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use anyhow::{Result, bail};
use secrecy::ExposeSecret;
use tokio::sync::Notify;
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, warn};

use super::Daemon;
use super::scheduler::Scheduler;
use super::settings::{WebParts, apply_sources, callback_settings, web_settings};
use super::turns::{
    Archiving, Delivering, Exporting, FeedRendering, PictureFetching, Publishing, Tidying,
};
use crate::clock::Clock;
use crate::config::Config;
use crate::fetch::{Callbacks, Fetcher};
use crate::jobs::hub::HubJob;
use crate::shutdown::Shutdown;
use crate::supervisor::{Job, Supervisor};
use crate::web::{self, Listener, Web};
use bantin_mail::Mailer;
use bantin_model::limits;
use bantin_model::tokens::LinkTokens;
use bantin_store::{Owner, Store};

impl Daemon {
    /// Opens the store, takes its jobs over and brings sources and feeds in line with the config. What is away (a source,
    /// the mail server, the network) does not keep the daemon from starting; a store that cannot be opened does.
    pub async fn new(
        config: Config,
        config_path: PathBuf,
        clock: Clock,
        stop: Shutdown,
    ) -> Result<Daemon> {
        let store = Store::open(config.store_url.expose_secret()).await?;
        store.set_calendars(config.calendars.clone());
        let Some(owner) = own(&store).await? else {
            bail!(
                "another bantin runs on this store already; stop it first (`systemctl stop bantin`)"
            );
        };
        apply_sources(&store, &config, clock.now()).await?;
        let fetcher = Fetcher::new(config.fetch.clone(), clock.clone())?;
        let callbacks = Callbacks::new(&callback_settings(&config), clock.clone())?;
        let mailer = Mailer::new(config.mail.clone())?;
        let tokens = LinkTokens::new(store.secret().await?);
        let hub_woken = Arc::new(Notify::new());
        let parts = WebParts {
            config_path: &config_path,
            fetcher: &fetcher,
            mailer: mailer.clone(),
            callbacks: &callbacks,
            hub_woken: &hub_woken,
        };
        let settings = web_settings(&config, parts);
        let web = Web::new(store.clone(), clock.clone(), tokens, settings);
        let resting = web.clone();
        let supervisor = Supervisor::new(stop.clone(), move |failing| resting.set_resting(failing));
        Ok(Daemon {
            config_path,
            config: RwLock::new(Arc::new(config)),
            mailer: RwLock::new(mailer),
            store,
            owner,
            fetcher,
            callbacks,
            clock,
            web,
            stop,
            jobs_ended: Shutdown::new(),
            items_changed: Notify::new(),
            mail_queued: Notify::new(),
            hub_woken,
            refused_settings: AtomicBool::new(false),
            turned: Mutex::new(Instant::now()),
            supervisor,
        })
    }

    /// Runs until shutdown is asked for, then ends what is under way.
    pub async fn run(self: Arc<Self>, listeners: Vec<Listener>) -> Result<()> {
        let mut jobs = JoinSet::new();
        self.spawn(&mut jobs, Scheduler::new(self.clone()));
        self.spawn(&mut jobs, Publishing::new(self.clone()));
        self.spawn(&mut jobs, Delivering::new(self.clone()));
        self.spawn(&mut jobs, FeedRendering { daemon: self.clone() });
        self.spawn(&mut jobs, self.hub());
        self.spawn(&mut jobs, Archiving::new(self.clone()));
        self.spawn(&mut jobs, Exporting::new(self.clone()));
        jobs.spawn(named("packing", self.clone().pack_feeds()));
        jobs.spawn(named("watchdog", self.clone().watch()));
        self.spawn(&mut jobs, Tidying { daemon: self.clone() });
        self.spawn(&mut jobs, PictureFetching::new(self.clone()));
        // Readers are served until everything else has ended, which a poll of a slow portal may delay; they need not wait
        // for the next start meanwhile.
        let mut door = JoinSet::new();
        door.spawn(named("web", self.clone().serve(listeners)));
        let mut failed = None;
        // Every job runs until it is asked to stop. One that ends before has failed, and the process with it: systemd
        // restarts it, and nothing that was acknowledged is lost.
        let mut drained = std::pin::pin!(self.drained());
        loop {
            let ended = tokio::select! {
                ended = next_of(&mut jobs, &mut door, &self.jobs_ended) => ended,
                () = &mut drained, if !jobs.is_empty() => {
                    warn!("Some jobs did not end in time; what they had begun is begun again at the next start");
                    jobs.shutdown().await;
                    continue;
                }
            };
            let Some(ended) = ended else { break };
            let (name, result) = match ended {
                Ok((name, result)) => (name, result),
                Err(panic) => ("a job", Err(anyhow::anyhow!("panicked: {panic}"))),
            };
            if let Err(error) = result {
                error!("The {name} failed: {error:#}");
                failed.get_or_insert(error.context(format!("the {name} failed")));
            } else if !self.stop.is_asked() {
                failed.get_or_insert(anyhow::anyhow!("the {name} ended by itself"));
            }
            self.stop.ask();
        }
        self.mailer().close().await;
        if timeout(limits::STORE_CLOSE, self.store.close()).await.is_err() {
            warn!("The store does not answer while it is closed; what was acknowledged is in it");
        }
        failed.map_or(Ok(()), Err)
    }

    fn spawn(&self, jobs: &mut JoinSet<(&'static str, Result<()>)>, job: impl Job + 'static) {
        jobs.spawn(run_supervised(self.supervisor.clone(), job));
    }

    /// Tells WebSub subscribers of feeds that changed.
    fn hub(&self) -> HubJob {
        HubJob::new(
            self.store.clone(),
            self.web.clone(),
            self.callbacks.clone(),
            self.clock.clone(),
            self.hub_woken.clone(),
        )
    }

    /// Ends a little after the time that jobs have to end in once shutdown was asked for. A mail server may take minutes
    /// to answer; its mail is sent again at the next start, under the same Message-ID.
    async fn drained(&self) {
        self.stop.asked().await;
        sleep(limits::DRAIN_TIMEOUT + Duration::from_secs(5)).await;
    }

    /// Packs feeds better than their first readers could wait for.
    async fn pack_feeds(self: Arc<Self>) -> Result<()> {
        while !self.stop.is_asked() {
            let begun = Instant::now();
            self.web.pack().await;
            let rest = begun.elapsed() * limits::PACKING_REST;
            let next = async {
                sleep(rest).await;
                self.web.to_pack().await;
            };
            tokio::select! { () = next => {}, () = self.stop.asked() => {} }
        }
        Ok(())
    }

    async fn serve(self: Arc<Self>, listeners: Vec<Listener>) -> Result<()> {
        web::serve(listeners, self.web.clone(), self.jobs_ended.asked()).await;
        Ok(())
    }
}

/// Takes the store over. Another command may hold it for a moment; only a daemon holds it for longer.
async fn own(store: &Store) -> Result<Option<Owner>> {
    for _ in 0..10 {
        if let Some(owner) = store.take_ownership().await? {
            return Ok(Some(owner));
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

/// Waits for the next task to end. When all jobs have ended, the web server is asked to end too.
async fn next_of<T: 'static>(
    jobs: &mut JoinSet<T>,
    door: &mut JoinSet<T>,
    jobs_ended: &Shutdown,
) -> Option<Result<T, task::JoinError>> {
    if jobs.is_empty() {
        jobs_ended.ask();
        return door.join_next().await;
    }
    tokio::select! {
        ended = jobs.join_next() => ended,
        Some(ended) = door.join_next() => Some(ended),
    }
}

async fn named<F: Future<Output = Result<()>>>(
    name: &'static str,
    job: F,
) -> (&'static str, Result<()>) {
    (name, job.await)
}

async fn run_supervised<J: Job>(supervisor: Supervisor, job: J) -> (&'static str, Result<()>) {
    (J::NAME, supervisor.run(job).await)
}
