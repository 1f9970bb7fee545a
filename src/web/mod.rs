//! The web door: feeds from memory with validators, the pages to confirm and to leave, health.
//!
//! Handlers parse, ask and answer; what readers poll is rendered beforehand by [`Web::refresh`]. Addresses come from the
//! settings only, never from a request's Host. `serve` owns connections, `stored` conditional answers, `texts` every word
//! a person reads; the links in mails are `crate::tokens`.

mod digests;
mod errors;
mod feeds;
mod pages;
mod serve;
mod status;
mod stored;
mod subscribe;
mod texts;

use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use url::Url;

pub use serve::{Listener, serve};

use crate::clock::Clock;
use crate::feed::Format;
use crate::limits::{FORM_BYTES, HTTP_REQUEST_TIMEOUT};
use crate::model::{FeedName, Lang};
use crate::store::Store;
use crate::tokens::Tokens;
use errors::WebError;
use feeds::FeedCache;
use pages::Pages;

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
        }))
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
        inner.feeds.refresh(&inner.store, &self.site(), &inner.clock, &inner.pages).await
    }

    /// Everything we answer.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(pages::index))
            .route("/items/{id}", get(pages::item))
            .route("/feeds/{name}/{file}", get(feeds::feed).options(feeds::preflight))
            .route("/feeds.opml", get(pages::opml))
            .route("/digests/{token}", get(digests::digest))
            .route("/confirm/{token}", get(subscribe::ask_confirm).post(subscribe::confirm))
            .route("/unsubscribe/{token}", get(subscribe::ask_leave).post(subscribe::leave))
            .route("/healthz", get(status::health))
            .route("/readyz", get(status::ready))
            .route("/robots.txt", get(pages::robots))
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

/// What every answer carries, errors too: Miniflux's CVE-2023-27592 was an error page without it.
async fn guarded(
    axum::extract::State(web): axum::extract::State<Web>,
    request: Request,
    next: Next,
) -> Response {
    // Covers a body that never ends to arrive; the head has its own limit in `serve`.
    let mut answer = match tokio::time::timeout(HTTP_REQUEST_TIMEOUT, next.run(request)).await {
        // Said by the router, of a path that is no UTF-8: one more that is not there.
        Ok(answer) if answer.status() == StatusCode::BAD_REQUEST => {
            WebError::NotFound.answer(&web.site(), &web)
        }
        Ok(answer) => answer,
        Err(_) => WebError::TooSlow.answer(&web.site(), &web),
    };
    let policy = web.0.pages.policy();
    let headers = answer.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, stored::value("nosniff"));
    headers.insert(header::REFERRER_POLICY, stored::value("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, stored::value("DENY"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        stored::value("same-origin"),
    );
    answer
}
