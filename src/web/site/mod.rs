//! The news site that people read: the front page, items, search, sources, and what robots want to know. No script anywhere.
//!
//! `front` is rendered once per change, `item` and `search` per request with bounded work; `site_words` has their texts.

mod diff;
mod display;
pub mod front;
pub mod item;
pub mod markup;
pub mod pictures;
pub mod robots;
pub mod search;
pub mod site_words;

use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::encoded_document::EncodedDocument;

/// A page made for one request.
fn made(page: String, changed: Option<DateTime<Utc>>, asked: &HeaderMap, age: &str) -> Response {
    EncodedDocument::once("text/html; charset=utf-8", page.into_bytes(), changed).answer(asked, age)
}
