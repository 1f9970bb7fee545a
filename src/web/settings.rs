//! The settings of the web pages: one value, which a reload of the config replaces whole.

use std::path::PathBuf;
use std::sync::Arc;

use chrono_tz::Tz;
use url::Url;

use crate::config::{Proxies, Setting};
use crate::fetch::{Callbacks, Fetcher};
use bantin_mail::Mailer;
use bantin_model::Lang;
use tokio::sync::Notify;

/// Describes the site to its readers.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Of the site, and the publisher of its feeds.
    pub title: String,
    /// Where people reach us; ends in `/`.
    pub public_url: Url,
    pub lang: Lang,
    /// Zone of the times on pages, of the months of archives and of the days in queries.
    pub zone: Tz,
}

/// Holds everything that the config says of the web pages.
///
/// A request reads it once, so it never sees half of the old settings and half of the new ones.
#[derive(Clone)]
pub struct WebSettings {
    pub site: Arc<Site>,
    /// Whether pages show pictures. They are our own copies, or none.
    pub pictures: bool,
    /// The web servers whose word about a client's address counts.
    pub proxies: Arc<Proxies>,
    /// Whether anybody may read the figures.
    pub metrics_open: bool,
    /// How people subscribe by themselves. `None`: they cannot.
    pub sign_up: Option<Arc<SignUpSettings>>,
    /// What the admin pages work with. `None`: there are no admin pages.
    pub admin: Option<Arc<AdminSettings>>,
    /// What the WebSub hub works with. `None`: the hub is closed.
    pub hub: Option<Arc<HubSettings>>,
}

impl From<Site> for WebSettings {
    /// A site that shows pictures and has no sign-up, no admin pages, no hub and no open figures.
    fn from(site: Site) -> Self {
        WebSettings {
            site: Arc::new(site),
            pictures: true,
            proxies: Arc::default(),
            metrics_open: false,
            sign_up: None,
            admin: None,
            hub: None,
        }
    }
}

/// What the admin pages work with.
pub struct AdminSettings {
    /// Fetches the pages of portals while a source is set up.
    pub fetcher: Fetcher,
    /// Shown with the settings.
    pub config_file: PathBuf,
    pub settings: Vec<Setting>,
}

/// What the WebSub hub works with.
pub struct HubSettings {
    /// Decides which callbacks may be called.
    pub callbacks: Callbacks,
    /// Wakes the job that answers subscription requests.
    pub asked: Arc<Notify>,
}

/// How people subscribe by themselves.
pub struct SignUpSettings {
    /// Whether they may at present.
    pub open: bool,
    /// Writes the mails that ask them to confirm.
    pub mailer: Mailer,
}
