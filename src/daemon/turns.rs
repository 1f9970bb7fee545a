//! The jobs of the daemon but for polling, each as turns of the supervisor.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use super::Daemon;
use crate::export::Exporter;
use crate::jobs::archive::Archivist;
use crate::jobs::deliver::Deliverer;
use crate::jobs::pictures::PictureFetcher;
use crate::jobs::publish::Publisher;
use crate::jobs::tidy::{self, RetentionDays};
use crate::supervisor::{Job, TURN};
use bantin_model::{SourceId, limits};

/// Interval between clean-up runs.
const TIDY: Duration = Duration::from_secs(60);

/// Writes the digests that are due.
pub struct Publishing {
    daemon: Arc<Daemon>,
    publisher: Publisher,
}

impl Publishing {
    pub fn new(daemon: Arc<Daemon>) -> Self {
        let publisher = Publisher::new(daemon.store.clone(), daemon.clock.clone());
        Publishing { daemon, publisher }
    }
}

impl Job for Publishing {
    const NAME: &'static str = "publisher";
    const WORK: &'static str = "Publishing digests";

    async fn turn(&mut self) -> Result<Duration> {
        let published = self.publisher.publish_due(&self.daemon.mailer()).await?;
        if published.deliveries > 0 {
            self.daemon.mail_queued.notify_waiters();
        }
        Ok(TURN)
    }

    async fn woken(&mut self) {
        self.daemon.items_changed.notified().await;
    }
}

/// Sends the mails that are due.
pub struct Delivering {
    daemon: Arc<Daemon>,
    deliverer: Deliverer,
}

impl Delivering {
    pub fn new(daemon: Arc<Daemon>) -> Self {
        let deliverer = Deliverer::new(
            daemon.store.clone(),
            daemon.clock.clone(),
            daemon.web.tokens().clone(),
            daemon.stop.clone(),
        );
        Delivering { daemon, deliverer }
    }
}

impl Job for Delivering {
    const NAME: &'static str = "deliverer";
    const WORK: &'static str = "Mail delivery";

    async fn turn(&mut self) -> Result<Duration> {
        self.deliverer.deliver_due(&self.daemon.mailer()).await?;
        Ok(TURN)
    }

    async fn woken(&mut self) {
        self.daemon.mail_queued.notified().await;
    }
}

/// Ends what has run its time, once a minute.
pub struct Tidying {
    pub daemon: Arc<Daemon>,
}

impl Job for Tidying {
    const NAME: &'static str = "tidying";
    const WORK: &'static str = "Cleaning up";

    async fn turn(&mut self) -> Result<Duration> {
        let config = self.daemon.config();
        let keep = RetentionDays {
            audit: config.subscribing.keep_audit_days,
            mails: config.keep_mails_days,
        };
        tidy::tidy(&self.daemon.store, keep, self.daemon.clock.now()).await?;
        Ok(TIDY)
    }
}

/// Fetches pictures for our pages, one at a time and with a pause after each: polls go first.
pub struct PictureFetching {
    daemon: Arc<Daemon>,
    pictures: PictureFetcher,
}

impl PictureFetching {
    pub fn new(daemon: Arc<Daemon>) -> Self {
        let pictures =
            PictureFetcher::new(daemon.store.clone(), daemon.fetcher.clone(), daemon.clock.clone());
        PictureFetching { daemon, pictures }
    }

    async fn next(&mut self, wished: Vec<(String, SourceId)>) -> Result<()> {
        self.pictures.want(wished).await?;
        tokio::select! {
            fetched = self.pictures.fetch_next() => fetched.map(|_| ()),
            // Not begun in the eyes of the store.
            () = self.daemon.stop.asked() => Ok(()),
        }
    }
}

impl Job for PictureFetching {
    const NAME: &'static str = "pictures";
    const WORK: &'static str = "Fetching pictures";

    async fn turn(&mut self) -> Result<Duration> {
        let shown = self.daemon.config().server.pictures;
        let wished = self.daemon.web.take_wished_pictures();
        if shown {
            self.next(wished).await?;
        }
        Ok(limits::PICTURE_PAUSE)
    }
}

/// Renders the feeds whose items changed.
pub struct FeedRendering {
    pub daemon: Arc<Daemon>,
}

impl Job for FeedRendering {
    const NAME: &'static str = "feeds";
    const WORK: &'static str = "Rendering feeds, of which readers get the last good ones,";

    async fn turn(&mut self) -> Result<Duration> {
        let refreshed = self.daemon.web.refresh().await;
        let result = match &refreshed {
            Ok(true) => "changed",
            Ok(false) => "unchanged",
            Err(_) => "failed",
        };
        self.daemon.web.counters().add("renders", result, 1);
        if refreshed? {
            self.daemon.hub_woken.notify_one();
        }
        Ok(TURN)
    }

    async fn woken(&mut self) {
        self.daemon.items_changed.notified().await;
    }
}

/// Closes the archives of past months.
pub struct Archiving {
    daemon: Arc<Daemon>,
    archivist: Archivist,
}

impl Archiving {
    pub fn new(daemon: Arc<Daemon>) -> Self {
        let archivist = Archivist::new(daemon.store.clone(), daemon.clock.clone());
        Archiving { daemon, archivist }
    }
}

impl Job for Archiving {
    const NAME: &'static str = "archivist";
    const WORK: &'static str = "Archiving";

    async fn turn(&mut self) -> Result<Duration> {
        let more = self.archivist.turn(self.daemon.config().server.zone).await?;
        Ok(if more { TURN } else { TIDY })
    }

    async fn woken(&mut self) {
        self.daemon.items_changed.notified().await;
    }
}

/// Keeps the files of `[export]` up to date.
pub struct Exporting {
    daemon: Arc<Daemon>,
    /// Version of the store and folder that were exported last.
    exported: Option<(i64, PathBuf)>,
}

impl Exporting {
    pub fn new(daemon: Arc<Daemon>) -> Self {
        Exporting { daemon, exported: None }
    }
}

impl Job for Exporting {
    const NAME: &'static str = "export";
    const WORK: &'static str = "Writing the files of export.dir";

    async fn turn(&mut self) -> Result<Duration> {
        let config = self.daemon.config();
        let Some(folder) = &config.export else { return Ok(TURN) };
        let version = (self.daemon.store.version().await?, folder.clone());
        if self.exported.as_ref() != Some(&version) {
            let (web, store) = (self.daemon.web.clone(), self.daemon.store.clone());
            Exporter::new(web, store, folder.clone()).export().await?;
            self.exported = Some(version);
        }
        Ok(TURN)
    }

    async fn woken(&mut self) {
        self.daemon.items_changed.notified().await;
    }
}
