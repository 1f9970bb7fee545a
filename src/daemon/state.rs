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
    /// Asked for when the other jobs have ended: the listeners close then.
    pub(super) jobs_ended: Shutdown,
    pub(super) items_changed: Notify,
    pub(super) mail_queued: Notify,
    /// Notified when feeds were rendered and when something is asked of the hub.
    pub(super) hub_woken: Arc<Notify>,
    /// Whether the changed config file could not be applied.
    pub(super) refused_settings: AtomicBool,
    /// Time of the scheduler's last turn.
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
