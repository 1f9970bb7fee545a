//! What goes wrong for a visitor, as a short page that repeats nothing of the request.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::TimeDelta;
use minijinja::context;
use tracing::error;

use super::encoded_document::value;
use super::pages::shared;
use super::site::site_words::words;
use super::texts::texts;
use super::{Site, Web};

#[derive(Debug)]
pub enum WebError {
    /// Nothing is there, or a token is not ours.
    NotFound,
    /// An item that was withdrawn.
    Gone,
    NotAllowed,
    /// The request took too long to arrive or to answer.
    TooSlow,
    /// What was searched for is no query.
    BadQuery,
    /// No more of them for so long.
    TooMany(TimeDelta),
    /// Our own fault, for now; logged where it is answered.
    Unavailable(anyhow::Error),
}

impl WebError {
    pub fn answer(self, site: &Site, web: &Web) -> Response {
        let (t, s) = (texts(site.lang), words(site.lang));
        let (status, heading, text) = match &self {
            WebError::NotFound => (StatusCode::NOT_FOUND, t.not_found, t.not_found_text),
            WebError::Gone => (StatusCode::GONE, s.gone, s.gone_text),
            WebError::NotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, t.not_allowed, t.not_allowed_text)
            }
            WebError::TooSlow => (StatusCode::REQUEST_TIMEOUT, t.unavailable, t.too_slow_text),
            WebError::BadQuery => (StatusCode::BAD_REQUEST, t.not_allowed, t.bad_query_text),
            WebError::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, t.not_allowed, t.too_many_text),
            WebError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, t.unavailable, t.unavailable_text)
            }
        };
        let values = context! { heading, paragraphs => [text], ..shared(site) };
        let mut answer = web.page(status, "message.html", values);
        answer.headers_mut().insert(header::CACHE_CONTROL, value("no-store"));
        if let WebError::TooMany(wait) = &self {
            let seconds = HeaderValue::from(wait.num_seconds().max(1));
            answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if let WebError::Unavailable(cause) = self {
            error!("A page could not be served: {cause:#}");
            answer.headers_mut().insert(header::RETRY_AFTER, value("30"));
        }
        answer
    }
}

pub async fn not_found(State(web): State<Web>) -> Response {
    WebError::NotFound.answer(&web.site(), &web)
}

/// The router adds Allow.
pub async fn method_not_allowed(State(web): State<Web>) -> Response {
    WebError::NotAllowed.answer(&web.site(), &web)
}
