//! The settings of the config, as each part of the daemon takes them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use crate::config::{Config, settings};
use crate::fetch::{CallbackSettings, Callbacks, Fetcher};
use crate::web::{AdminSettings, HubSettings, SignUpSettings, Site, WebSettings};
use bantin_mail::Mailer;
use bantin_store::Store;

/// Brings the store's sources and feeds in line with the config. Sources that are new are due soon, a second apart.
pub async fn apply_sources(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<()> {
    let soon = |place: usize| now + TimeDelta::seconds(i64::try_from(place).unwrap_or(0));
    store.sync_sources(&config.sources, soon).await.context("keeping the sources of the config")?;
    store.sync_feeds(&config.feeds).await.context("keeping the feeds of the config")
}

/// How callbacks of WebSub subscribers are asked.
pub(super) fn callback_settings(config: &Config) -> CallbackSettings {
    CallbackSettings {
        user_agent: config.fetch.user_agent.clone(),
        inside: config.hub.inside.clone(),
    }
}

/// What web pages work with besides the config.
pub(super) struct WebParts<'a> {
    pub config_path: &'a Path,
    pub fetcher: &'a Fetcher,
    pub mailer: Mailer,
    pub callbacks: &'a Callbacks,
    pub hub_woken: &'a Arc<Notify>,
}

/// Returns all settings of the web pages, at the start and after a reload alike.
pub(super) fn web_settings(config: &Config, parts: WebParts<'_>) -> WebSettings {
    let sign_up = SignUpSettings { open: config.subscribing.open, mailer: parts.mailer };
    let hub = || HubSettings { callbacks: parts.callbacks.clone(), asked: parts.hub_woken.clone() };
    WebSettings {
        site: Arc::new(site_of(config)),
        pictures: config.server.pictures,
        proxies: Arc::new(config.server.proxies.clone()),
        metrics_open: config.metrics_open,
        sign_up: Some(Arc::new(sign_up)),
        admin: admin_settings(config, parts.config_path, parts.fetcher).map(Arc::new),
        hub: config.hub.open.then(hub).map(Arc::new),
    }
}

/// The site as the config describes it.
pub fn site_of(config: &Config) -> Site {
    Site {
        title: config.server.title.clone(),
        public_url: config.server.public_url.clone(),
        lang: config.server.lang,
        zone: config.server.zone,
    }
}

/// What the admin pages work with; `None` where the config has none.
fn admin_settings(config: &Config, path: &Path, fetcher: &Fetcher) -> Option<AdminSettings> {
    config.admin.open.then(|| AdminSettings {
        fetcher: fetcher.clone(),
        config_file: path.to_owned(),
        // It was read a moment ago. One that has gone meanwhile shows nothing, which is true as well.
        settings: settings(&std::fs::read_to_string(path).unwrap_or_default()),
    })
}
