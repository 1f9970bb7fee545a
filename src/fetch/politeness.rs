//! Politeness (P10): one request at a time to a host, whatever the number of sources there, and a pause between the end
//! of one and the start of the next. Those who wait are served in the order in which they came.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::client::IDLE;
use crate::clock::Clock;

/// Hosts remembered before unused ones are removed.
const HOSTS: usize = 2_048;
/// No pause is as long as this.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);

pub(super) struct HostQueue {
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<HostState>>>>,
    /// When hosts were last asked, by the calendar, until it is noted.
    asked: Arc<Mutex<HashMap<String, DateTime<Utc>>>>,
    clock: Clock,
}

#[derive(Default)]
struct HostState {
    /// When the last request ended.
    free_since: Option<Instant>,
    /// Until when that request's connection may be found in the pool.
    kept_until: Option<Instant>,
}

/// The right to send one request to a host, until it is dropped.
pub(super) struct HostPermit {
    host: OwnedMutexGuard<HostState>,
    name: String,
    asked: Arc<Mutex<HashMap<String, DateTime<Utc>>>>,
    clock: Clock,
}

impl HostQueue {
    pub(super) fn new(clock: Clock) -> Self {
        HostQueue { hosts: Mutex::default(), asked: Arc::default(), clock }
    }

    /// Takes in when a host was asked by another run of the program.
    pub(super) fn recall(&self, name: &str, asked_at: DateTime<Utc>) {
        let Ok(ago) = (self.clock.now() - asked_at).to_std() else { return };
        let Some(then) = Instant::now().checked_sub(ago).filter(|_| ago < FORGOTTEN_AFTER) else {
            return;
        };
        let host = HostState { free_since: Some(then), kept_until: None };
        let mut hosts = self.hosts.lock().expect("no one panics while holding the hosts");
        hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(tokio::sync::Mutex::new(host)));
    }

    /// When hosts were asked since this was last asked for.
    pub(super) fn take_asked(&self) -> Vec<(String, DateTime<Utc>)> {
        let mut asked = self.asked.lock().expect("no one panics while holding the times");
        asked.drain().collect()
    }

    /// Waits for the host's turn, then until `spacing` (give or take a tenth, so that hosts do not beat in step) and at
    /// least `crawl_delay` have passed since its last request ended.
    pub(super) async fn turn(
        &self,
        url: &Url,
        spacing: Duration,
        crawl_delay: Duration,
    ) -> HostPermit {
        let host = self.host(url).lock_owned().await;
        if let Some(free_since) = host.free_since {
            let tenth = random_fraction() / 5.0 - 0.1;
            let pause = spacing.mul_f64(1.0 + tenth).max(crawl_delay.mul_f64(1.0 + tenth.abs()));
            if !pause.is_zero() {
                sleep_until(free_since + pause).await;
            }
        }
        let (asked, clock) = (self.asked.clone(), self.clock.clone());
        HostPermit { host, name: key(url), asked, clock }
    }

    fn host(&self, url: &Url) -> Arc<tokio::sync::Mutex<HostState>> {
        let mut hosts = self.hosts.lock().expect("no one panics while holding the hosts");
        if hosts.len() > HOSTS {
            hosts.retain(|_, host| match host.try_lock() {
                Ok(state) => state.free_since.is_some_and(|at| at.elapsed() < FORGOTTEN_AFTER),
                Err(_) => true,
            });
        }
        hosts.entry(key(url)).or_default().clone()
    }
}

/// A host with its port; the Web's two ports are one server.
pub(super) fn key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match url.port_or_known_default() {
        None | Some(80 | 443) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

/// From 0 to 1. `RandomState` is seeded by the system and differs with each call, which is all that jitter needs.
fn random_fraction() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(random >> 32).expect("half of 64 bits")) / f64::from(u32::MAX)
}

impl HostPermit {
    /// Whether the connection used next may be an old one, which the server can have closed in the meantime.
    pub(super) fn takes_an_old_connection(&mut self) -> bool {
        self.host.kept_until.take().is_some_and(|until| Instant::now() < until)
    }

    /// An answer was read to its end: its connection goes back to the pool.
    pub(super) fn answered(&mut self) {
        self.host.kept_until = Some(Instant::now() + IDLE);
    }
}

impl Drop for HostPermit {
    fn drop(&mut self) {
        self.host.free_since = Some(Instant::now());
        let mut asked = self.asked.lock().expect("no one panics while holding the times");
        asked.insert(self.name.clone(), self.clock.now());
    }
}
