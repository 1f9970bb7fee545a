//! The checks that every request for an admin page passes, in this order: are the pages enabled,
//! was the form posted from our own site, is the user logged in, does the form carry this login's
//! token. A handler gets an [`AdminRequest`] only after these checks and need not repeat them.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tracing::error;

use super::admin_words::{AdminWords, words};
use super::form::{PostedForm, cookie};
use super::login;
use crate::web::encoded_document::value;
use crate::web::errors::WebError;
use crate::web::settings::AdminSettings;
use crate::web::subscribe::clients::{Client, Peer, is_from_us};
use crate::web::{Site, Web};
use bantin_model::limits::{ADMIN_FORM_BYTES, SESSION_AGE, SESSION_IDLE, SESSION_SEEN};
use bantin_store::{Account, ActionChannel, Actor, Store};

/// Somebody who is logged in, asking for something.
#[derive(Clone)]
pub struct AdminRequest {
    pub web: Web,
    pub site: Arc<Site>,
    pub door: Arc<AdminSettings>,
    pub account: Account,
    pub client: Client,
    /// The hash of the login's token.
    pub mark: String,
    /// What each of our forms carries, and no other site's can.
    pub csrf: String,
}

impl AdminRequest {
    pub fn store(&self) -> &Store {
        &self.web.0.store
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.web.0.clock.now()
    }

    pub fn w(&self) -> &'static AdminWords {
        words(self.site.lang)
    }

    /// For the audit log.
    pub fn who(&self) -> &str {
        self.account.name.as_str()
    }

    /// The same, for what writes the log as part of what it does.
    pub fn hand(&self) -> Actor<'_> {
        Actor { by: ActionChannel::Admin, who: Some(self.who()) }
    }

    /// The path of an admin page as the browser sees it.
    pub fn path(&self, below: &str) -> String {
        format!("{}admin/{below}", self.site.public_url.path())
    }

    /// Sends the browser on after something was done, to a page that says so.
    pub fn go(&self, below: &str, done: &str) -> Response {
        let mark = if done.is_empty() { String::new() } else { format!("?done={done}") };
        see_other(&format!("{}{mark}", self.path(below)))
    }
}

/// Why a handler has no page to show.
#[derive(Debug)]
pub enum HandlerError {
    NotFound,
    /// Our own fault, for now.
    Unavailable(anyhow::Error),
}

impl From<anyhow::Error> for HandlerError {
    fn from(error: anyhow::Error) -> Self {
        HandlerError::Unavailable(error)
    }
}

/// What [`pass`] puts a page in the place of.
#[derive(Clone, Copy)]
struct UnrenderedPage;

impl IntoResponse for HandlerError {
    fn into_response(self) -> Response {
        let mut answer = Response::new(Body::empty());
        answer.extensions_mut().insert(UnrenderedPage);
        *answer.status_mut() = match self {
            HandlerError::NotFound => StatusCode::NOT_FOUND,
            HandlerError::Unavailable(cause) => {
                error!("An admin page could not be served: {cause:#}");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        answer
    }
}

pub type PageResult = Result<Response, HandlerError>;

pub async fn pass(State(web): State<Web>, request: Request, next: Next) -> Response {
    let site = web.site();
    let mut answer = match web.settings().admin.clone() {
        Some(door) => enter(&web, &site, door, request, next).await,
        None => WebError::NotFound.answer(&site, &web),
    };
    if answer.extensions().get::<UnrenderedPage>().is_some() {
        answer = match answer.status() {
            StatusCode::NOT_FOUND => WebError::NotFound.answer(&site, &web),
            _ => {
                let w = words(site.lang);
                let status = StatusCode::SERVICE_UNAVAILABLE;
                super::pages::message(&web, &site, status, w.unavailable, w.unavailable_text)
            }
        };
    }
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, value("no-store"));
    headers.insert(HeaderName::from_static("x-robots-tag"), value("noindex, nofollow"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(web.0.admin.pages.policy());
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), value("same-origin"));
    // Another site learns nothing of our addresses; our own forms may say where they come from.
    headers.insert(header::REFERRER_POLICY, value("same-origin"));
    answer
}

async fn enter(
    web: &Web,
    site: &Arc<Site>,
    door: Arc<AdminSettings>,
    request: Request,
    next: Next,
) -> Response {
    let w = words(site.lang);
    let (mut parts, body) = request.into_parts();
    let is_post = parts.method == Method::POST;
    let refused = |status, heading, text| super::pages::message(web, site, status, heading, text);
    if is_post && !is_from_us(&parts.headers, &site.public_url) {
        return refused(StatusCode::FORBIDDEN, w.not_from_us, w.not_from_us_text);
    }
    let form = if is_post {
        match to_bytes(body, ADMIN_FORM_BYTES).await {
            Ok(bytes) => PostedForm::read(&bytes),
            Err(_) => {
                return refused(StatusCode::PAYLOAD_TOO_LARGE, w.too_large, w.too_large_text);
            }
        }
    } else {
        PostedForm::default()
    };
    let peer = parts.extensions.get::<Peer>().copied();
    let client = Client::of(peer);
    let visit = match visit(web, site, door, &parts.headers, client).await {
        Ok(visit) => visit,
        Err(error) => {
            error!("A login cannot be looked up: {error:#}");
            return refused(StatusCode::SERVICE_UNAVAILABLE, w.unavailable, w.unavailable_text);
        }
    };
    let is_login = parts.uri.path() == "/admin/login";
    match visit {
        Some(visit) => {
            // Logging in again is a way out of a login whose forms are stale.
            let ours = form.one("csrf").as_bytes().ct_eq(visit.csrf.as_bytes());
            if is_post && !is_login && !bool::from(ours) {
                return refused(StatusCode::FORBIDDEN, w.not_from_us, w.not_from_us_text);
            }
            parts.extensions.insert(visit);
        }
        None if is_login => {}
        None => {
            let back = if is_post { "" } else { parts.uri.path() };
            return see_other(&login::address(site, back));
        }
    }
    parts.extensions.insert(form);
    parts.extensions.insert(client);
    next.run(Request::from_parts(parts, Body::empty())).await
}

/// Who asks, if their login holds.
async fn visit(
    web: &Web,
    site: &Arc<Site>,
    door: Arc<AdminSettings>,
    headers: &axum::http::HeaderMap,
    client: Client,
) -> anyhow::Result<Option<AdminRequest>> {
    let Some(token) = cookie(headers, login::session_cookie(site)) else { return Ok(None) };
    // Longer than any of ours: not worth hashing.
    if token.len() > 64 {
        return Ok(None);
    }
    let (store, now) = (&web.0.store, web.0.clock.now());
    let mark = mark_of(token);
    let Some(session) = store.session(&mark, now).await? else { return Ok(None) };
    let seen = TimeDelta::from_std(SESSION_SEEN).expect("seconds fit");
    if now - session.seen_at >= seen {
        store.see_session(&mark, now).await?;
    }
    Ok(Some(AdminRequest {
        web: web.clone(),
        site: site.clone(),
        door,
        account: session.account,
        client,
        csrf: csrf_of(token),
        mark,
    }))
}

/// What a token is kept as.
pub fn mark_of(token: &str) -> String {
    hashed("bantin login\0", token)
}

/// What the forms of a login carry. It says nothing of the token.
fn csrf_of(token: &str) -> String {
    hashed("bantin form\0", token)
}

fn hashed(purpose: &str, token: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(purpose.as_bytes());
    hash.update(token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

pub fn see_other(address: &str) -> Response {
    // The address is a path of ours with ASCII parameters. Anything else is a mistake, and leads to
    // the front page.
    let address = axum::http::HeaderValue::try_from(address).unwrap_or_else(|_| value("/"));
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(header::LOCATION, address);
    answer
}

const _: () = assert!(SESSION_IDLE.as_secs() > SESSION_SEEN.as_secs());
const _: () = assert!(SESSION_AGE.as_secs() > SESSION_IDLE.as_secs());
