//! The web server: feeds from memory with validators, the pages to subscribe, to confirm and to
//! leave, health.
//!
//! Handlers parse, ask and answer; what readers poll is rendered beforehand by [`Web::refresh`].
//! Addresses come from the settings only, never from a request's Host. `connections` owns connections,
//! `encoded_document` conditional answers, `texts` every word a person reads; the links in mails are
//! `bantin_model::tokens`.

mod admin;
mod api;
mod connections;
mod delta;
mod digests;
mod encoded_document;
mod errors;
mod feeds;
mod hub_requests;
mod item_search;
mod memfd_body;
mod metrics;
mod pages;
mod prepared;
mod requested_feeds;
mod response_cache;
mod settings;
mod site;
mod source_names;
mod status;
mod subscribe;
mod texts;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};

pub use admin::paths as admin_paths;
pub use connections::{Listener, ServerApp, serve};
pub use hub_requests::{Topic, Topics};
pub use settings::{AdminSettings, HubSettings, SignUpSettings, Site, WebSettings};
pub use site::pictures::addresses as picture_addresses;

use crate::clock::Clock;
use crate::counters::{Counters, RequestKind};
use admin::AdminState;
use bantin_model::feed::FeedFormat;
use bantin_model::limits::{self, FORM_BYTES, HTTP_REQUEST_TIMEOUT};
use bantin_model::tokens::LinkTokens;
use bantin_model::{FeedName, SourceId};
use bantin_store::Store;
use errors::WebError;
use feeds::FeedCache;
use pages::PageTemplates;
use response_cache::ResponseCache;
use subscribe::clients::{Peer, RateLimiter};
use subscribe::{links, page, preferences};

/// The web server's state; cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<WebState>);

struct WebState {
    store: Store,
    clock: Clock,
    settings: RwLock<Arc<WebSettings>>,
    tokens: LinkTokens,
    feeds: FeedCache,
    pages: PageTemplates,
    news: site::front::FrontPage,
    /// Pictures that pages would show and that we have no copy of.
    wishes: site::pictures::MissingPictures,
    /// Documents that are made when they are asked for.
    responses: ResponseCache,
    searches: RateLimiter,
    /// Tokens of private feeds whose use is not recorded yet.
    used_tokens: Mutex<BTreeSet<i64>>,
    subscribes: RateLimiter,
    previews: RateLimiter,
    admin: AdminState,
    previewing: tokio::sync::Mutex<()>,
    hub_asks: RateLimiter,
    counters: Counters,
    reading: metrics::CachedMetrics,
    /// When the process began.
    began: DateTime<Utc>,
    /// Whether some job of the daemon fails each time.
    resting: AtomicBool,
}

impl Web {
    pub fn new(
        store: Store,
        clock: Clock,
        tokens: LinkTokens,
        settings: impl Into<WebSettings>,
    ) -> Self {
        Web(Arc::new(WebState {
            began: clock.now(),
            store,
            clock,
            settings: RwLock::new(Arc::new(settings.into())),
            tokens,
            feeds: FeedCache::default(),
            pages: PageTemplates::new(),
            news: site::front::FrontPage::default(),
            wishes: site::pictures::MissingPictures::default(),
            responses: ResponseCache::default(),
            searches: RateLimiter::new(
                limits::SEARCH_FEEDS_PER_CLIENT,
                limits::SEARCH_FEEDS_PER_HOUR,
            ),
            used_tokens: Mutex::default(),
            subscribes: RateLimiter::new(
                limits::SUBSCRIBES_PER_CLIENT,
                limits::SUBSCRIBES_PER_HOUR,
            ),
            previews: RateLimiter::new(limits::PREVIEWS_PER_CLIENT, limits::PREVIEWS_PER_HOUR),
            admin: AdminState::new(),
            previewing: tokio::sync::Mutex::default(),
            hub_asks: RateLimiter::new(limits::HUB_ASKS_PER_CLIENT, limits::HUB_ASKS_PER_HOUR),
            counters: Counters::default(),
            reading: metrics::CachedMetrics::default(),
            resting: AtomicBool::new(false),
        }))
    }

    /// Replaces all settings at once. The next `refresh` renders the pages and feeds that depend on them.
    pub fn apply(&self, settings: WebSettings) {
        *self.0.settings.write().expect("no one panics while holding the settings") =
            Arc::new(settings);
    }

    /// Changes some of the settings and keeps the others.
    pub fn change(&self, change: impl FnOnce(&mut WebSettings)) {
        let mut settings = (*self.settings()).clone();
        change(&mut settings);
        self.apply(settings);
    }

    /// Returns the settings in force.
    pub fn settings(&self) -> Arc<WebSettings> {
        self.0.settings.read().expect("no one panics while holding the settings").clone()
    }

    /// Records whether some job is paused because it keeps failing. Readers are served all the
    /// same; `/healthz` reports it.
    pub fn set_resting(&self, resting: bool) {
        self.0.resting.store(resting, Ordering::Relaxed);
    }

    /// Pictures that visitors would have seen, had we had them.
    pub fn take_wished_pictures(&self) -> Vec<(String, SourceId)> {
        self.0.wishes.take()
    }

    /// Returns the part of the settings that describes the site to readers.
    pub fn site(&self) -> Arc<Site> {
        self.settings().site.clone()
    }

    /// What happens is counted here.
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    pub fn tokens(&self) -> &LinkTokens {
        &self.0.tokens
    }

    /// A feed's document as it is served at present, uncompressed; None for an unknown feed.
    pub async fn feed_bytes(
        &self,
        name: &FeedName,
        format: FeedFormat,
    ) -> anyhow::Result<Option<Bytes>> {
        let rendered = self.rendered().await?;
        Ok(rendered.document(name, format).map(|document| document.body().clone()))
    }

    /// Renders what changed in the store since the last call; whether anything did. On an error, and for a feed that
    /// cannot be rendered, what was good last stays.
    pub async fn refresh(&self) -> anyhow::Result<bool> {
        self.note_used_tokens().await;
        let inner = &self.0;
        let changed = inner.feeds.refresh(&self.render_context()).await?;
        let settings = self.settings();
        let news =
            inner.news.refresh(&inner.store, &settings.site, &inner.pages, settings.pictures);
        news.await?;
        Ok(changed)
    }

    /// Records which tokens were used, by the day, so that an admin sees which are no longer
    /// needed.
    async fn note_used_tokens(&self) {
        let used = std::mem::take(
            &mut *self.0.used_tokens.lock().expect("no one panics while holding the tokens"),
        );
        if used.is_empty() {
            return;
        }
        let used: Vec<i64> = used.into_iter().collect();
        let today = self.0.clock.now().date_naive();
        if let Err(error) = self.0.store.feed_tokens_used(&used, today).await {
            tracing::warn!("The use of feed tokens could not be recorded: {error:#}");
        }
    }

    /// Packs what was rendered as well as it can be; whether there was anything left to do. It takes its time, and
    /// readers are served meanwhile.
    pub async fn pack(&self) -> bool {
        self.0.feeds.pack(&self.render_context()).await
    }

    /// Returns when there may be something to pack.
    pub async fn to_pack(&self) {
        self.0.feeds.to_pack().await;
    }

    /// What is served at present; the very first asker has it rendered.
    async fn rendered(&self) -> anyhow::Result<Arc<feeds::RenderedFeeds>> {
        self.0.feeds.current(&self.render_context()).await
    }

    /// What a GET of this path of ours answers, uncompressed; None where there is nothing.
    pub async fn page_bytes(&self, path: &str) -> anyhow::Result<Option<Bytes>> {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty());
        let request = request.with_context(|| format!("asking for {path}"))?;
        let Ok(answer) = tower::ServiceExt::oneshot(self.router(), request).await;
        match answer.status() {
            StatusCode::OK => {
                let whole = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
                Ok(Some(whole.with_context(|| format!("making {path}"))?))
            }
            StatusCode::NOT_FOUND => Ok(None),
            status => anyhow::bail!("{path} was answered with {status}"),
        }
    }

    /// These bytes in every coding, each with the ending of a file of it; as they are first.
    pub async fn packed(&self, bytes: Bytes) -> anyhow::Result<Vec<(&'static str, Bytes)>> {
        let packing = move || {
            let stored = encoded_document::EncodedDocument::new("", bytes.to_vec(), None).packed();
            let codings = stored.codings().iter();
            codings.map(|coded| (coded.coding.ending(), coded.bytes.clone())).collect()
        };
        tokio::task::spawn_blocking(packing).await.context("packing a page")
    }

    fn render_context(&self) -> feeds::RenderContext<'_> {
        let inner = &self.0;
        feeds::RenderContext {
            store: &inner.store,
            site: self.site(),
            now: inner.clock.now(),
            pages: &inner.pages,
            hub: self.hub_is_open(),
        }
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
            .route("/feeds/{name}/{part}/{file}", get(requested_feeds::archive))
            .route("/sources/{id}/{file}", get(requested_feeds::of_source))
            .route("/sources/{id}/{part}/{file}", get(requested_feeds::archive_of_source))
            .route("/sections/{slug}/{file}", get(requested_feeds::of_section))
            .route("/search/{file}", get(requested_feeds::of_query))
            .route("/private/{token}/{file}", get(requested_feeds::private))
            .route("/feeds.opml", get(pages::opml))
            .route("/hub", get(hub_requests::explain).post(hub_requests::ask))
            .route("/digests/{token}", get(digests::digest))
            .route("/subscribe", get(page::form).post(page::post))
            .merge(api::routes())
            .route("/confirm/{token}", get(links::ask_confirm).post(links::confirm))
            .route("/unsubscribe/{token}", get(links::ask_leave).post(links::leave))
            .route("/preferences/{token}", get(preferences::show).post(preferences::act))
            .route("/preferences/{token}/data.json", get(preferences::export))
            .route("/healthz", get(status::health))
            .route("/metrics", get(metrics::metrics))
            .route("/readyz", get(status::ready))
            .route("/robots.txt", get(site::robots::robots))
            .route("/favicon.svg", get(pages::favicon))
            .route("/favicon.ico", get(pages::favicon))
            .merge(admin::routes(self))
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

/// No page of ours is plain text, nor a problem of the API; the hub marks its own.
fn is_the_router_s(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
        && answer.extensions().get::<hub_requests::PlainTextError>().is_none()
}

/// What every answer carries, errors too: Miniflux's CVE-2023-27592 was an error page without it.
async fn guarded(
    axum::extract::State(web): axum::extract::State<Web>,
    mut request: Request,
    next: Next,
) -> Response {
    let kind = RequestKind::of(request.uri().path());
    let peer = request.extensions().get::<Peer>().copied();
    // Both are read here, before what web servers wrote is taken away.
    let local = metrics::IsLocalRequest(metrics::is_local(peer, request.headers()));
    let client = web.settings().proxies.behind(peer.unwrap_or(Peer(None)), request.headers_mut());
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(local);
    // Covers a body that never ends to arrive; the head has its own limit in `connections`.
    let mut answer = match tokio::time::timeout(HTTP_REQUEST_TIMEOUT, next.run(request)).await {
        // Said by the router, of a path that is no UTF-8: one more that is not there.
        Ok(answer) if answer.status() == StatusCode::BAD_REQUEST && is_the_router_s(&answer) => {
            WebError::NotFound.answer(&web.site(), &web)
        }
        Ok(answer) => answer,
        Err(_) => WebError::TooSlow.answer(&web.site(), &web),
    };
    if kind == RequestKind::Api {
        answer = api::as_problem(answer);
    }
    web.0.counters.request(kind, answer.status().as_u16());
    for (name, value) in guards(&web.0.pages) {
        answer.headers_mut().entry(name).or_insert(value);
    }
    answer
}

/// What a browser must not do with an answer of ours, whatever it is.
fn guards(pages: &PageTemplates) -> [(HeaderName, HeaderValue); 5] {
    [
        (header::CONTENT_SECURITY_POLICY, pages.policy()),
        (header::X_CONTENT_TYPE_OPTIONS, encoded_document::value("nosniff")),
        (header::REFERRER_POLICY, encoded_document::value("no-referrer")),
        (header::X_FRAME_OPTIONS, encoded_document::value("DENY")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            encoded_document::value("same-origin"),
        ),
    ]
}
