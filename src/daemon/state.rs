//! What the jobs of the daemon share.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::Config;
use crate::fetch::{Callbacks, Fetcher};
use crate::shutdown::Shutdown;
use crate::supervisor::Supervisor;
use crate::web::Web;
use bantin_mail::Mailer;
use bantin_store::{Owner, Store};

/// A daemon that is ready to run.
pub struct Daemon {
    pub(super) config_path: PathBuf,
    pub(super) config: RwLock<Arc<Config>>,
    pub(super) mailer: RwLock<Mailer>,
    pub(super) store: Store,
    pub(super) owner: Owner,
    pub(super) fetcher: Fetcher,
    pub(super) callbacks: Callbacks,
    pub(super) clock: Clock,
    pub(super) web: Web,
    pub(super) stop: Shutdown,
    /// The other jobs have ended: now the door is closed.
    pub(super) jobs_ended: Shutdown,
    pub(super) items_changed: Notify,
    pub(super) mail_queued: Notify,
    /// Feeds were rendered anew, or somebody asked something of the hub.
    pub(super) hub_woken: Arc<Notify>,
    /// The config file was changed, could not be applied, and is not mended yet.
    pub(super) refused_settings: AtomicBool,
    /// When the scheduler last turned.
    pub(super) turned: Mutex<Instant>,
    pub(super) supervisor: Supervisor,
}

impl Daemon {
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn web(&self) -> &Web {
        &self.web
    }

    pub(super) fn mailer(&self) -> Mailer {
        self.mailer.read().expect("no one panics while holding the mailer").clone()
    }

    pub(super) fn config(&self) -> Arc<Config> {
        self.config.read().expect("no one panics while holding the config").clone()
    }

    /// Records that the scheduler had a turn.
    pub(super) fn note_turn(&self) {
        *self.turned.lock().expect("no one panics while holding the time") = Instant::now();
    }
}
