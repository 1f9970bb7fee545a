//! The description of the API (OpenAPI 3.1), written by hand and served as it is, with our own address in it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::{CacheScope, read};
use crate::web::Web;

const TEXT: &str = include_str!("openapi.json");

/// The document as it is written.
pub fn document() -> Value {
    serde_json::from_str(TEXT).expect("the description is JSON, which a test holds")
}

pub async fn description(State(web): State<Web>, asked: HeaderMap) -> Response {
    let mut document = document();
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    let here = web.site().public_url.as_str().trim_end_matches('/').to_owned();
    document["servers"] = json!([{ "url": here }]);
    read(&asked, &document, CacheScope::ByAll, None)
}
