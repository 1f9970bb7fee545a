//! The admin pages, at `/admin/`: what sources, digests and mails are doing, and what an admin
//! changes about them. All of them need a login and none uses a script. GET shows; POST changes and
//! is written to the audit log.
//!
//! `access` checks every request: whether the pages are enabled, who asks, and whether a form is
//! ours. `login` logs people in, with `attempts` counting failures; `admin_words` holds every text,
//! `pages` the templates. `trial_reading` fetches and reads a portal for the forms of `source_form`; the other
//! files are one page each.

mod access;
mod account;
mod admin_words;
mod attempts;
mod audit_log;
mod chart;
mod deliveries;
mod feed_form;
mod form;
mod login;
mod overview;
mod pages;
mod settings;
mod source_form;
mod sources;
mod subscribers;
mod trial_reading;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};

use super::Web;
use super::subscribe::clients::RateLimiter;
use attempts::LoginAttempts;
use bantin_model::limits::{HASHES, LOOKS_PER_CLIENT, LOOKS_PER_HOUR};
use pages::AdminPages;
use trial_reading::PageCache;

/// What the admin pages keep in memory.
pub(super) struct AdminState {
    pages: AdminPages,
    attempts: LoginAttempts,
    /// Permits for hashing passwords, which takes 19 MiB and a core. Browsers that have logged in
    /// before have a permit of their own, so that guessing by others does not delay an admin.
    hashing: tokio::sync::Semaphore,
    hashing_known: tokio::sync::Semaphore,
    looks: PageCache,
    looked: RateLimiter,
    /// Reading a page is CPU work and holds its tree: one at a time.
    reading: tokio::sync::Mutex<()>,
}

impl AdminState {
    pub fn new() -> Self {
        AdminState {
            pages: AdminPages::new(),
            attempts: LoginAttempts::default(),
            hashing: tokio::sync::Semaphore::new(HASHES),
            hashing_known: tokio::sync::Semaphore::new(1),
            looks: PageCache::default(),
            looked: RateLimiter::new(LOOKS_PER_CLIENT, LOOKS_PER_HOUR),
            reading: tokio::sync::Mutex::default(),
        }
    }
}

/// Every page with its methods, in one list, so that a test can try each of them without a login.
fn table() -> Vec<(&'static str, &'static [&'static str], MethodRouter<Web>)> {
    const GET: &[&str] = &["GET"];
    const POST: &[&str] = &["POST"];
    const BOTH: &[&str] = &["GET", "POST"];
    vec![
        ("/admin", GET, get(overview::lead)),
        ("/admin/", GET, get(overview::show)),
        ("/admin/login", BOTH, get(login::show).post(login::login)),
        ("/admin/logout", POST, post(login::logout)),
        ("/admin/account", BOTH, get(account::show).post(account::change)),
        ("/admin/add/source", BOTH, get(source_form::start).post(source_form::create)),
        ("/admin/sources.toml", GET, get(sources::export_all)),
        ("/admin/sources/{id}", BOTH, get(sources::show).post(sources::act)),
        ("/admin/sources/{id}/edit", BOTH, get(source_form::edit).post(source_form::change)),
        ("/admin/sources/{id}/source.toml", GET, get(sources::export)),
        ("/admin/sources/{id}/pages/{which}", GET, get(sources::kept)),
        ("/admin/feeds", GET, get(feed_form::list)),
        ("/admin/add/feed", BOTH, get(feed_form::start).post(feed_form::create)),
        ("/admin/feeds/{name}", BOTH, get(feed_form::edit).post(feed_form::change)),
        ("/admin/subscribers", BOTH, get(subscribers::list).post(subscribers::search)),
        ("/admin/subscribers/{id}", BOTH, get(subscribers::show).post(subscribers::act)),
        ("/admin/deliveries", BOTH, get(deliveries::list).post(deliveries::act)),
        ("/admin/settings", GET, get(settings::show)),
        ("/admin/log", GET, get(audit_log::show)),
    ]
}

/// Each method and path of the admin pages, parameters in braces.
pub fn paths() -> Vec<(&'static str, &'static str)> {
    let all = table().into_iter();
    all.flat_map(|(path, methods, _)| methods.iter().map(move |method| (*method, path))).collect()
}

pub(super) fn routes(web: &Web) -> Router<Web> {
    let router = table()
        .into_iter()
        .fold(Router::new(), |router, (path, _, methods)| router.route(path, methods));
    router.route_layer(middleware::from_fn_with_state(web.clone(), access::pass))
}
