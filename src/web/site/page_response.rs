//! The response for a page of the site that is rendered on request.

use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::web::encoded_document::EncodedDocument;

/// Returns a page that was rendered for one request, or 304 to a client that has it.
pub(super) fn page_response(
    page: String,
    changed: Option<DateTime<Utc>>,
    asked: &HeaderMap,
    age: &str,
) -> Response {
    EncodedDocument::once("text/html; charset=utf-8", page.into_bytes(), changed).answer(asked, age)
}
