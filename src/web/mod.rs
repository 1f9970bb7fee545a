//! The web door: feeds from memory with validators, the pages to subscribe, to confirm and to leave, health.
//!
//! Handlers parse, ask and answer; what readers poll is rendered beforehand by [`Web::refresh`]. Addresses come from the
//! settings only, never from a request's Host. `serve` owns connections, `stored` conditional answers, `texts` every word
//! a person reads; the links in mails are `crate::tokens`.

mod digests;
mod errors;
mod feeds;
mod pages;
mod serve;
mod site;
mod status;
mod stored;
mod subscribe;
mod texts;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use url::Url;

pub use serve::{Listener, serve};
pub use site::pictures::addresses as picture_addresses;

use crate::clock::Clock;
use crate::feed::Format;
use crate::limits::{self, FORM_BYTES, HTTP_REQUEST_TIMEOUT};
use crate::mail::Mailer;
use crate::model::{FeedName, Lang, SourceId};
use crate::store::Store;
use crate::tokens::Tokens;
use errors::WebError;
use feeds::FeedCache;
use pages::Pages;
use subscribe::gate::Limiter;
use subscribe::{Door, api, links, page, preferences};

/// What the pages say of the site; a reload of the config changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Of the site, and the publisher of its feeds.
    pub title: String,
    /// Where people reach us; ends in `/`.
    pub public_url: Url,
    pub lang: Lang,
}

/// The web door; cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    site: RwLock<Arc<Site>>,
    tokens: Tokens,
    feeds: FeedCache,
    pages: Pages,
    news: site::front::News,
    /// Whether pages show our own copies of pictures, and which are missing.
    pictures: AtomicBool,
    wishes: site::pictures::Wishes,
    /// None until somebody said how people subscribe: then they cannot.
    door: RwLock<Option<Arc<Door>>>,
    subscribes: Limiter,
    previews: Limiter,
    previewing: tokio::sync::Mutex<()>,
}

impl Inner {
    fn pictured(&self) -> bool {
        self.pictures.load(Ordering::Relaxed)
    }
}

impl Web {
    pub fn new(store: Store, clock: Clock, tokens: Tokens, site: Site) -> Self {
        Web(Arc::new(Inner {
            store,
            clock,
            site: RwLock::new(Arc::new(site)),
            tokens,
            feeds: FeedCache::default(),
            pages: Pages::new(),
            news: site::front::News::default(),
            pictures: AtomicBool::new(true),
            wishes: site::pictures::Wishes::default(),
            door: RwLock::default(),
            subscribes: Limiter::new(limits::SUBSCRIBES_PER_CLIENT, limits::SUBSCRIBES_PER_HOUR),
            previews: Limiter::new(limits::PREVIEWS_PER_CLIENT, limits::PREVIEWS_PER_HOUR),
            previewing: tokio::sync::Mutex::default(),
        }))
    }

    /// Whether people may subscribe by themselves, and what writes the mails that ask them to confirm.
    pub fn set_subscribing(&self, open: bool, mailer: Mailer) {
        let door = Some(Arc::new(Door { open, mailer }));
        *self.0.door.write().expect("no one panics while holding the door") = door;
    }

    /// Whether pages show pictures at all. They are our own copies, or none.
    pub fn set_pictures(&self, shown: bool) {
        self.0.pictures.store(shown, Ordering::Relaxed);
    }

    /// Pictures that visitors would have seen, had we had them.
    pub fn take_wished_pictures(&self) -> Vec<(String, SourceId)> {
        self.0.wishes.take()
    }

    fn door(&self) -> Option<Arc<Door>> {
        self.0.door.read().expect("no one panics while holding the door").clone()
    }

    /// New settings; the next `refresh` renders everything anew.
    pub fn set_site(&self, site: Site) {
        *self.0.site.write().expect("no one panics while holding the settings") = Arc::new(site);
    }

    pub fn site(&self) -> Arc<Site> {
        self.0.site.read().expect("no one panics while holding the settings").clone()
    }

    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// A feed's document as it is served at present, uncompressed; None for an unknown feed.
    pub async fn feed_bytes(
        &self,
        name: &FeedName,
        format: Format,
    ) -> anyhow::Result<Option<Bytes>> {
        let inner = &self.0;
        let site = self.site();
        let rendered = inner.feeds.current(&inner.store, &site, &inner.clock, &inner.pages).await?;
        Ok(rendered.document(name, format).map(|document| document.body().clone()))
    }

    /// Renders what changed in the store since the last call; whether anything did. On an error, and for a feed that
    /// cannot be rendered, what was good last stays.
    pub async fn refresh(&self) -> anyhow::Result<bool> {
        let inner = &self.0;
        let site = self.site();
        let changed = inner.feeds.refresh(&inner.store, &site, &inner.clock, &inner.pages).await?;
        inner.news.refresh(&inner.store, &site, &inner.pages, inner.pictured()).await?;
        Ok(changed)
    }

    /// Everything we answer.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(site::front::front))
            .route("/items/{id}", get(site::item::item))
            .route("/items/{id}/revisions/{number}", get(site::item::revision))
            .route("/search", get(site::search::page))
            .route("/sources/{id}", get(site::search::source))
            .route("/pictures/{id}", get(site::pictures::picture))
            .route("/sitemap.xml", get(site::robots::sitemap))
            .route("/feeds/", get(pages::index))
            .route("/feeds/{name}/{file}", get(feeds::feed).options(feeds::preflight))
            .route("/feeds.opml", get(pages::opml))
            .route("/digests/{token}", get(digests::digest))
            .route("/subscribe", get(page::form).post(page::post))
            .route("/api/v1/subscriptions", post(api::subscribe))
            .route("/confirm/{token}", get(links::ask_confirm).post(links::confirm))
            .route("/unsubscribe/{token}", get(links::ask_leave).post(links::leave))
            .route("/preferences/{token}", get(preferences::show).post(preferences::act))
            .route("/preferences/{token}/data.json", get(preferences::export))
            .route("/healthz", get(status::health))
            .route("/readyz", get(status::ready))
            .route("/robots.txt", get(site::robots::robots))
            .route("/favicon.svg", get(pages::favicon))
            .route("/favicon.ico", get(pages::favicon))
            .fallback(errors::not_found)
            .method_not_allowed_fallback(errors::method_not_allowed)
            .layer(DefaultBodyLimit::max(FORM_BYTES))
            .layer(middleware::from_fn_with_state(self.clone(), guarded))
            .with_state(self.clone())
    }

    fn page(&self, status: StatusCode, name: &str, values: minijinja::Value) -> Response {
        self.0.pages.respond(status, name, values)
    }
}

/// No page of ours is plain text, nor a problem of the API.
fn is_plain(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

/// What every answer carries, errors too: Miniflux's CVE-2023-27592 was an error page without it.
async fn guarded(
    axum::extract::State(web): axum::extract::State<Web>,
    request: Request,
    next: Next,
) -> Response {
    // Covers a body that never ends to arrive; the head has its own limit in `serve`.
    let mut answer = match tokio::time::timeout(HTTP_REQUEST_TIMEOUT, next.run(request)).await {
        // Said by the router, of a path that is no UTF-8: one more that is not there.
        Ok(answer) if answer.status() == StatusCode::BAD_REQUEST && is_plain(&answer) => {
            WebError::NotFound.answer(&web.site(), &web)
        }
        Ok(answer) => answer,
        Err(_) => WebError::TooSlow.answer(&web.site(), &web),
    };
    let policy = web.0.pages.policy();
    let headers = answer.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, stored::value("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(stored::value("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, stored::value("DENY"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        stored::value("same-origin"),
    );
    answer
}
