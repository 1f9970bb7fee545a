//! `bantin run`: wires the jobs and the doors into one process, and takes it down again. Knows everything, decides
//! nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, error, info, warn};

use crate::clock::{Clock, Setbacks};
use crate::config::{Config, settings};
use crate::counters::Counters;
use crate::export::Exporter;
use crate::fetch::{CallbackSettings, Callbacks, Fetcher};
use crate::jobs::archive::Archivist;
use crate::jobs::deliver::Deliverer;
use crate::jobs::hub::Hub;
use crate::jobs::pictures::Pictures;
use crate::jobs::poll::Poller;
use crate::jobs::publish::Publisher;
use crate::jobs::tidy;
use crate::shutdown::Shutdown;
use crate::systemd;
use crate::troubles::Troubles;
use crate::web::{self, AdminDoor, HubDoor, Listener, Site, Web};
use bantin_mail::{Mailer, Sent};
use bantin_model::limits;
use bantin_model::tokens::Tokens;
use bantin_model::{Notice, Source, SourceId};
use bantin_store::{Owner, SourceState, Store};

/// Polls under way at once. Politeness is per host; this bounds memory.
const POLLS: usize = 32;
/// Of these, polls of one host at once. They take turns anyway (P10), and thirty sections of one slow portal must not sit
/// in every place while the other portals wait. What is claimed beyond that waits outside, its lease kept.
const POLLS_PER_HOST: usize = 2;
/// Sources claimed in one turn of the scheduler, at most one turn a second: a start with hundreds of overdue sources
/// spreads them out instead of firing.
const CLAIMS_PER_TURN: u32 = 8;
/// The longest a job rests before it looks again; work of other processes (`bantin poll`, `subscribers add`) is seen then.
const TURN: Duration = Duration::from_secs(1);
/// How often is looked for what is over.
const TIDY: Duration = Duration::from_secs(60);
/// The rest after the store failed.
const AFTER_ERROR: Duration = Duration::from_secs(5);
/// A scheduler that has not turned for this long hangs: the watchdog goes unfed.
const HUNG: Duration = Duration::from_secs(20);

/// A daemon that is ready to run.
pub struct Daemon {
    config_path: PathBuf,
    config: RwLock<Arc<Config>>,
    mailer: RwLock<Mailer>,
    store: Store,
    owner: Owner,
    fetcher: Fetcher,
    callbacks: Callbacks,
    clock: Clock,
    web: Web,
    stop: Shutdown,
    /// The other jobs have ended: now the door is closed.
    jobs_ended: Shutdown,
    items_changed: Notify,
    mail_queued: Notify,
    /// Feeds were rendered anew, or somebody asked something of the hub.
    hub_woken: Arc<Notify>,
    /// The config file was changed, could not be applied, and is not mended yet.
    refused_settings: AtomicBool,
    /// When the scheduler last turned.
    turned: Mutex<Instant>,
    setbacks: Setbacks,
    troubles: Troubles,
}

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
        store.use_calendars(config.calendars.clone());
        let Some(owner) = own(&store).await? else {
            bail!(
                "another bantin runs on this store already; stop it first (`systemctl stop bantin`)"
            );
        };
        apply_sources(&store, &config, clock.now()).await?;
        let fetcher = Fetcher::new(config.fetch.clone(), clock.clone())?;
        let callbacks = Callbacks::new(&callback_settings(&config), clock.clone())?;
        let mailer = Mailer::new(config.mail.clone())?;
        let tokens = Tokens::new(store.secret().await?);
        let web = Web::new(store.clone(), clock.clone(), tokens, site_of(&config));
        web.set_subscribing(config.subscribing.open, mailer.clone());
        let hub_woken = Arc::new(Notify::new());
        web.open_hub(hub_door(&config, &callbacks, &hub_woken));
        web.open_metrics(config.metrics_open);
        web.set_admin(admin_door(&config, &config_path, &fetcher));
        web.set_proxies(config.server.proxies.clone());
        web.set_pictures(config.server.pictures);
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
            setbacks: Setbacks::default(),
            troubles: Troubles::default(),
        })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn web(&self) -> &Web {
        &self.web
    }

    /// Runs until shutdown is asked for, then ends what is under way.
    pub async fn run(self: Arc<Self>, listeners: Vec<Listener>) -> Result<()> {
        let mut jobs = JoinSet::new();
        jobs.spawn(named("scheduler", self.clone().schedule()));
        jobs.spawn(named("publisher", self.clone().publish()));
        jobs.spawn(named("deliverer", self.clone().deliver()));
        jobs.spawn(named("feeds", self.clone().refresh_feeds()));
        jobs.spawn(named("hub", self.clone().push()));
        jobs.spawn(named("archivist", self.clone().archive()));
        jobs.spawn(named("export", self.clone().export()));
        jobs.spawn(named("packing", self.clone().pack_feeds()));
        jobs.spawn(named("watchdog", self.clone().watch()));
        jobs.spawn(named("tidying", self.clone().tidy()));
        jobs.spawn(named("pictures", self.clone().fetch_pictures()));
        // Readers are served until everything else has ended, which may take a poll of a slow portal: whoever came in that
        // time would have to wait for the next start.
        let mut door = JoinSet::new();
        door.spawn(named("web", self.clone().serve(listeners)));
        let mut failed = None;
        // Every job runs until it is asked to stop. One that ends before has failed, and the process with it: systemd
        // starts it anew, and nothing that was acknowledged is lost.
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

    /// Ends a little after the time that jobs have to end in once shutdown was asked for. A mail server may take minutes
    /// to answer; its mail is sent again at the next start, under the same Message-ID.
    async fn drained(&self) {
        self.stop.asked().await;
        sleep(limits::DRAIN_TIMEOUT + Duration::from_secs(5)).await;
    }

    fn mailer(&self) -> Mailer {
        self.mailer.read().expect("no one panics while holding the mailer").clone()
    }

    /// Claims due sources and polls them, each in a task of its own, so that a slow one delays no other.
    async fn schedule(self: Arc<Self>) -> Result<()> {
        let poller = Poller::new(
            self.store.clone(),
            self.fetcher.clone(),
            self.clock.clone(),
            self.stop.clone(),
        );
        let mut polls: JoinSet<Result<bool>> = JoinSet::new();
        let mut running: HashMap<task::Id, SourceId> = HashMap::new();
        let places = Places::default();
        let mut leases_kept = Instant::now();
        // Polled, and not recorded: the store was in trouble.
        let mut unrecorded: Vec<(SourceId, Instant)> = Vec::new();
        while !self.stop.is_asked() {
            *self.turned.lock().expect("no one panics while holding the time") = Instant::now();
            let mut rest = TURN;
            match self.claim(CLAIMS_PER_TURN).await {
                Ok(claimed) => {
                    self.ran("scheduler");
                    for state in claimed {
                        let id = state.source.id.clone();
                        if running.values().any(|other| *other == id) {
                            continue; // Still under way though its lease ran out: once is enough.
                        }
                        let (poller, places, stop) =
                            (poller.clone(), places.clone(), self.stop.clone());
                        let counters = self.web.counters().clone();
                        let poll = polls.spawn(poll_in_turn(poller, state, places, stop, counters));
                        running.insert(poll.id(), id);
                    }
                }
                Err(error) => rest = self.failed("scheduler", "Polling rests", &error),
            }
            if let Err(error) = self.free_unrecorded(&mut unrecorded).await {
                rest = self.failed("polls", "Polling rests", &error);
            }
            if leases_kept.elapsed() > limits::POLL_LEASE / 4 {
                leases_kept = Instant::now();
                let until = self.clock.now()
                    + TimeDelta::from_std(limits::POLL_LEASE).expect("minutes fit");
                for id in running.values() {
                    if let Err(error) = self.store.keep_lease(id, until).await {
                        warn!(source.id = %id, "The lease of {id} could not be kept: {error:#}");
                    }
                }
            }
            let ended = tokio::select! {
                () = sleep(rest) => None,
                () = self.stop.asked() => None,
                Some(ended) = polls.join_next_with_id(), if !polls.is_empty() => Some(ended),
            };
            unrecorded.extend(self.note_poll(ended, &mut running));
            while let Some(ended) = polls.try_join_next_with_id() {
                unrecorded.extend(self.note_poll(Some(ended), &mut running));
            }
        }
        // A poll hears of the shutdown too: it records what it has and stops between two articles.
        let drained =
            timeout(limits::DRAIN_TIMEOUT, async { while polls.join_next().await.is_some() {} })
                .await;
        if drained.is_err() {
            warn!(
                polls = polls.len(),
                "{} polls did not end in time; they begin again at the next start",
                polls.len()
            );
        }
        Ok(())
    }

    async fn claim(&self, most: u32) -> Result<Vec<SourceState>> {
        let now = self.clock.now();
        if self.setbacks.is_one(now) {
            let changed = self.store.set_back_sources(now).await;
            if changed.is_err() {
                self.setbacks.again();
            }
            let changed = changed.context("giving sources their time anew")?;
            if changed > 0 {
                warn!(sources = changed, "The clock was set back: {changed} sources are due anew");
            }
        }
        let until = now + TimeDelta::from_std(limits::POLL_LEASE).expect("minutes fit");
        self.store.claim_due_sources(now, until, most).await
    }

    /// Which source's poll could not be recorded, and when.
    fn note_poll(
        &self,
        ended: Option<Result<(task::Id, Result<bool>), task::JoinError>>,
        running: &mut HashMap<task::Id, SourceId>,
    ) -> Option<(SourceId, Instant)> {
        match ended? {
            Ok((id, Ok(changed))) => {
                running.remove(&id);
                if changed {
                    self.items_changed.notify_waiters();
                }
                None
            }
            Ok((id, Err(error))) => {
                let id = running.remove(&id)?;
                self.failed("polls", &format!("Polling {id} rests"), &error);
                Some((id, Instant::now()))
            }
            Err(panic) => {
                // Its lease runs out, and the source is polled again.
                let id = running.remove(&panic.id()).map_or_else(String::new, |id| id.to_string());
                error!(source.id = %id, "Polling {id} panicked, please report it: {panic}");
                None
            }
        }
    }

    /// Gives sources back whose polls could not be recorded, after a rest: that succeeds when the store takes something
    /// again, and then they need not wait for the end of their leases.
    async fn free_unrecorded(&self, unrecorded: &mut Vec<(SourceId, Instant)>) -> Result<()> {
        let Some((id, since)) = unrecorded.first() else { return Ok(()) };
        if since.elapsed() < limits::UNRECORDED_REST {
            return Ok(());
        }
        self.store.free_source(id).await?;
        unrecorded.remove(0);
        if unrecorded.is_empty() {
            self.ran("polls");
        }
        Ok(())
    }

    async fn publish(self: Arc<Self>) -> Result<()> {
        let publisher = Publisher::new(self.store.clone(), self.clock.clone());
        while !self.stop.is_asked() {
            let mut rest = TURN;
            match publisher.publish_due(&self.mailer()).await {
                Ok(published) => {
                    self.ran("publisher");
                    if published.deliveries > 0 {
                        self.mail_queued.notify_waiters();
                    }
                }
                Err(error) => rest = self.failed("publisher", "Digests rest", &error),
            }
            self.rest(rest, &self.items_changed).await;
        }
        Ok(())
    }

    async fn deliver(self: Arc<Self>) -> Result<()> {
        let deliverer = Deliverer::new(
            self.store.clone(),
            self.clock.clone(),
            self.web.tokens().clone(),
            self.stop.clone(),
        );
        while !self.stop.is_asked() {
            let mut rest = TURN;
            match deliverer.deliver_due(&self.mailer()).await {
                Ok(_) => self.ran("deliverer"),
                Err(error) => rest = self.failed("deliverer", "Mail rests", &error),
            }
            self.rest(rest, &self.mail_queued).await;
        }
        Ok(())
    }

    /// Puts an end to what is over, once a minute.
    async fn tidy(self: Arc<Self>) -> Result<()> {
        let nobody = Notify::new();
        while !self.stop.is_asked() {
            let config =
                self.config.read().expect("no one panics while holding the config").clone();
            let keep = tidy::Keep {
                audit: config.subscribing.keep_audit_days,
                mails: config.keep_mails_days,
            };
            match tidy::tidy(&self.store, keep, self.clock.now()).await {
                Ok(()) => self.ran("tidying"),
                Err(error) => {
                    self.failed("tidying", "What is over is not put away", &error);
                }
            }
            self.rest(TIDY, &nobody).await;
        }
        Ok(())
    }

    /// Fetches pictures for our pages, one at a time and with a rest behind each: polls go first.
    async fn fetch_pictures(self: Arc<Self>) -> Result<()> {
        let mut pictures =
            Pictures::new(self.store.clone(), self.fetcher.clone(), self.clock.clone());
        let nobody = Notify::new();
        while !self.stop.is_asked() {
            let shown =
                self.config.read().expect("no one panics while holding the config").server.pictures;
            let wished = self.web.take_wished_pictures();
            let mut rest = limits::PICTURE_PAUSE;
            if shown && let Err(error) = self.next_picture(&mut pictures, wished).await {
                error!("Pictures cannot be fetched: {error:#}");
                rest = AFTER_ERROR;
            }
            self.rest(rest, &nobody).await;
        }
        Ok(())
    }

    async fn next_picture(
        &self,
        pictures: &mut Pictures,
        wished: Vec<(String, SourceId)>,
    ) -> Result<()> {
        pictures.want(wished).await?;
        tokio::select! {
            fetched = pictures.fetch_next() => fetched.map(|_| ()),
            // Not begun in the eyes of the store.
            () = self.stop.asked() => Ok(()),
        }
    }

    async fn refresh_feeds(self: Arc<Self>) -> Result<()> {
        while !self.stop.is_asked() {
            let mut rest = TURN;
            match self.web.refresh().await {
                Ok(changed) => {
                    let what = if changed { "changed" } else { "unchanged" };
                    self.web.counters().add("renders", what, 1);
                    if changed {
                        self.hub_woken.notify_one();
                    }
                    self.ran("feeds");
                }
                Err(error) => {
                    self.web.counters().add("renders", "failed", 1);
                    rest = self.failed("feeds", "Readers get the last good feeds", &error);
                }
            }
            self.rest(rest, &self.items_changed).await;
        }
        Ok(())
    }

    /// Tells WebSub subscribers of feeds that changed.
    async fn push(self: Arc<Self>) -> Result<()> {
        let hub = Hub {
            store: self.store.clone(),
            web: self.web.clone(),
            callbacks: self.callbacks.clone(),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
            woken: self.hub_woken.clone(),
        };
        hub.run().await
    }

    /// Closes what is past, so that it can be fetched for ever.
    async fn archive(self: Arc<Self>) -> Result<()> {
        let archivist = Archivist::new(self.store.clone(), self.clock.clone());
        while !self.stop.is_asked() {
            let rest = match archivist.turn().await {
                Ok(more) => {
                    self.ran("archivist");
                    if more { TURN } else { TIDY }
                }
                Err(error) => self.failed("archivist", "Archives rest", &error),
            };
            self.rest(rest, &self.items_changed).await;
        }
        Ok(())
    }

    /// Keeps the files of [export] up to date.
    async fn export(self: Arc<Self>) -> Result<()> {
        let mut seen = None;
        while !self.stop.is_asked() {
            let config =
                self.config.read().expect("no one panics while holding the config").clone();
            let mut rest = TURN;
            if let Some(folder) = &config.export {
                let exporter = Exporter::new(self.web.clone(), self.store.clone(), folder.clone());
                let turn = async {
                    let version = (self.store.version().await?, folder.clone());
                    if seen.as_ref() != Some(&version) {
                        exporter.export().await?;
                        seen = Some(version);
                    }
                    Ok::<_, anyhow::Error>(())
                };
                if let Err(error) = turn.await {
                    error!("The files of export.dir could not be brought up to date: {error:#}");
                    rest = TIDY;
                }
            }
            self.rest(rest, &self.items_changed).await;
        }
        Ok(())
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

    /// Takes down that a job failed; how long it rests.
    fn failed(&self, job: &'static str, rests: &str, error: &anyhow::Error) -> Duration {
        self.troubles.failed(job, rests, error, std::time::Instant::now());
        self.web.set_resting(true);
        AFTER_ERROR
    }

    fn ran(&self, job: &'static str) {
        if self.troubles.ran(job, std::time::Instant::now()) {
            self.web.set_resting(false);
        }
    }

    /// A failure that lasts is told to the admin by mail, past the store, which may be what fails.
    async fn tell_of_trouble(self: Arc<Self>, reason: String) {
        let (mailer, now) = (self.mailer(), self.clock.now());
        let letter = match mailer.notices(&[&Notice::Resting { since: now, reason }], now) {
            Ok(Some(letter)) => letter,
            Ok(None) => return,
            Err(error) => return warn!("The admin could not be told: {error:#}"),
        };
        match mailer.send(&letter).await {
            Sent::Accepted(_) => info!("The admin was told of it"),
            _ => warn!("The admin could not be told; the mail server did not take it"),
        }
    }

    async fn rest(&self, most: Duration, woken: &Notify) {
        tokio::select! {
            () = sleep(most) => {}
            () = woken.notified() => {}
            () = self.stop.asked() => {}
        }
    }

    /// Feeds systemd's watchdog while the scheduler turns and the store answers, writes the status line, and ends the
    /// process should the store's ownership be lost.
    async fn watch(self: Arc<Self>) -> Result<()> {
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
                    "the ownership of the store was lost (its connection broke): starting anew is the safe way"
                );
            }
            if let Some(reason) = self.troubles.to_mail(std::time::Instant::now()) {
                // Beside this loop, which must not wait for a mail server.
                tokio::spawn(self.clone().tell_of_trouble(reason));
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
        if self.troubles.any() {
            line += ", some work rests (see the log)";
        }
        if self.refused_settings.load(Ordering::Relaxed) {
            line += "; the changed settings were not applied (see the log)";
        }
        Ok(line)
    }

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
        let old = self.config.read().expect("no one panics while holding the config").clone();
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
        self.web.set_site(site_of(&new));
        self.web.set_subscribing(new.subscribing.open, self.mailer());
        self.callbacks.apply(&callback_settings(&new))?;
        self.web.open_hub(hub_door(&new, &self.callbacks, &self.hub_woken));
        self.web.open_metrics(new.metrics_open);
        self.web.set_admin(admin_door(&new, &self.config_path, &self.fetcher));
        self.web.set_proxies(new.server.proxies.clone());
        self.web.set_pictures(new.server.pictures);
        self.store.use_calendars(new.calendars.clone());
        *self.config.write().expect("no one panics while holding the config") = Arc::new(new);
        self.items_changed.notify_waiters();
        Ok(())
    }
}

/// The places in which polls are made.
#[derive(Clone)]
struct Places {
    all: Arc<Semaphore>,
    by_host: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Default for Places {
    fn default() -> Self {
        Places { all: Arc::new(Semaphore::new(POLLS)), by_host: Arc::default() }
    }
}

impl Places {
    /// Waits for a place of the host first: whoever waits for a slow host takes no place from the others.
    async fn take(&self, source: &Source) -> [OwnedSemaphorePermit; 2] {
        let host = source.url.host_str().unwrap_or_default().to_owned();
        let of_host = {
            let mut hosts = self.by_host.lock().expect("no one panics while holding the hosts");
            hosts.entry(host).or_insert_with(|| Arc::new(Semaphore::new(POLLS_PER_HOST))).clone()
        };
        let never = "the semaphores are never closed";
        let of_host = of_host.acquire_owned().await.expect(never);
        [of_host, self.all.clone().acquire_owned().await.expect(never)]
    }
}

/// Polls a claimed source when there is a place for it. Whether anything changed; an error is the store's.
async fn poll_in_turn(
    poller: Poller,
    state: SourceState,
    places: Places,
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

/// Takes the store over. Another command may hold it for a moment; only a daemon holds it for longer.
async fn own(store: &Store) -> Result<Option<Owner>> {
    for _ in 0..10 {
        if let Some(owner) = store.own().await? {
            return Ok(Some(owner));
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

/// The next of all to end. When the jobs have, the door hears that it may.
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

/// Brings the store's sources and feeds in line with the config. Sources seen for the first time are due soon, a second
/// apart.
pub async fn apply_sources(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<()> {
    let soon = |place: usize| now + TimeDelta::seconds(i64::try_from(place).unwrap_or(0));
    store.sync_sources(&config.sources, soon).await.context("keeping the sources of the config")?;
    store.sync_feeds(&config.feeds).await.context("keeping the feeds of the config")
}

fn callback_settings(config: &Config) -> CallbackSettings {
    CallbackSettings {
        user_agent: config.fetch.user_agent.clone(),
        inside: config.hub.inside.clone(),
    }
}

fn hub_door(config: &Config, callbacks: &Callbacks, woken: &Arc<Notify>) -> Option<HubDoor> {
    let door = || HubDoor { callbacks: callbacks.clone(), asked: woken.clone() };
    config.hub.open.then(door)
}

/// What the web door is told of the config.
pub fn site_of(config: &Config) -> Site {
    Site {
        title: config.server.title.clone(),
        public_url: config.server.public_url.clone(),
        lang: config.server.lang,
    }
}

/// What the admin pages work with; None where the config wants none.
fn admin_door(config: &Config, path: &Path, fetcher: &Fetcher) -> Option<AdminDoor> {
    config.admin.open.then(|| AdminDoor {
        fetcher: fetcher.clone(),
        config_file: path.to_owned(),
        // It was read a moment ago. One that has gone meanwhile shows nothing, which is true as well.
        settings: settings(&std::fs::read_to_string(path).unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: usize, host: &str) -> Source {
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
             from = \"bantin@example.vn\"\n[[source]]\nid = \"s-{n}\"\nname = \"S\"\nurl = \"https://{host}/{n}\"\n\
             [source.listing]\nitem = \"li\"\n"
        );
        let config = Config::from_text(&text, std::path::Path::new("test.toml"));
        config.expect("the config is right").sources.remove(0)
    }

    /// Each of them has as many sections as there are places.
    #[tokio::test]
    async fn a_slow_host_with_many_sources_leaves_places_for_the_others() {
        let places = Places::default();
        let mut taken = Vec::new();
        for _ in 0..POLLS_PER_HOST {
            taken.push(places.take(&source(0, "cham.example.vn")).await);
        }
        let mut waiting = JoinSet::new();
        for n in 0..2 * POLLS {
            let places = places.clone();
            let slow = source(n, "cham.example.vn");
            waiting.spawn(async move { places.take(&slow).await });
        }
        task::yield_now().await;
        for n in 0..POLLS - POLLS_PER_HOST {
            let host = format!("nhanh-{n}.example.vn");
            let place = timeout(Duration::from_secs(5), places.take(&source(n, &host))).await;
            taken.push(place.expect("there is a place"));
        }
        assert!(waiting.try_join_next().is_none(), "the slow host has its share already");
    }
}
