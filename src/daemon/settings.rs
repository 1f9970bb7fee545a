//! The settings of the config, as each part of the daemon takes them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use crate::config::{Config, settings};
use crate::fetch::{CallbackSettings, Callbacks, Fetcher};
use crate::web::{AdminDoor, HubDoor, Site};
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

/// What the web pages need of the hub; `None` where the config has no hub.
pub(super) fn hub_door(
    config: &Config,
    callbacks: &Callbacks,
    woken: &Arc<Notify>,
) -> Option<HubDoor> {
    let door = || HubDoor { callbacks: callbacks.clone(), asked: woken.clone() };
    config.hub.open.then(door)
}

/// The site as the config describes it.
pub fn site_of(config: &Config) -> Site {
    Site {
        title: config.server.title.clone(),
        public_url: config.server.public_url.clone(),
        lang: config.server.lang,
    }
}

/// What the admin pages work with; `None` where the config has none.
pub(super) fn admin_door(config: &Config, path: &Path, fetcher: &Fetcher) -> Option<AdminDoor> {
    config.admin.open.then(|| AdminDoor {
        fetcher: fetcher.clone(),
        config_file: path.to_owned(),
        // It was read a moment ago. One that has gone meanwhile shows nothing, which is true as well.
        settings: settings(&std::fs::read_to_string(path).unwrap_or_default()),
    })
}
