//! `/api/v1`: what bantin knows, for programs. Items and feeds are public; what concerns people,
//! and what changes something, needs a token with the scope for it. Errors are problem documents
//! (RFC 9457), reads have an ETag, and lists are read page by page with a cursor. `openapi.json`
//! beside this file describes all of it; a test keeps the two in agreement.

mod auth;
mod items;
mod openapi;
mod problem;
mod sources;
mod subscribers;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

pub use auth::has_scope;
pub use problem::as_problem;

use super::Web;
use super::subscribe::api::subscribe;
use bantin_model::limits;
use problem::ApiError;

type ApiResult = Result<Response, ApiError>;

/// Every way into the API: its path, its method, what answers.
fn ways() -> Vec<(&'static str, &'static str, MethodRouter<Web>)> {
    vec![
        ("/api/openapi.json", "get", get(openapi::description)),
        ("/api/v1/items", "get", get(items::list)),
        ("/api/v1/items/{id}", "get", get(items::one)),
        ("/api/v1/feeds", "get", get(items::feeds)),
        ("/api/v1/feeds/{name}", "get", get(items::feed)),
        ("/api/v1/sources", "get", get(sources::list)),
        ("/api/v1/sources/{id}", "get", get(sources::one)),
        ("/api/v1/sources/{id}/poll", "post", post(sources::poll)),
        ("/api/v1/sources/{id}/pause", "post", post(sources::pause)),
        ("/api/v1/sources/{id}/resume", "post", post(sources::resume)),
        ("/api/v1/subscriptions", "get", get(subscribers::subscriptions)),
        ("/api/v1/subscriptions", "post", post(subscribe)),
        ("/api/v1/subscribers", "get", get(subscribers::subscribers)),
        ("/api/v1/subscribers/{id}", "get", get(subscribers::subscriber)),
        ("/api/v1/deliveries", "get", get(subscribers::deliveries)),
        ("/api/v1/digests", "get", get(subscribers::digests)),
        ("/api/v1/digests/{id}", "get", get(subscribers::digest)),
    ]
}

/// The API as a part of the site's router.
pub fn routes() -> Router<Web> {
    let ways = ways().into_iter();
    ways.fold(Router::new(), |router, (path, _, answers)| router.route(path, answers))
}

/// Who may keep an answer.
#[derive(Clone, Copy)]
enum CacheScope {
    ByAll,
    /// It was given to a token.
    Privately,
}

/// Returns a document with its ETag, or 304 to a client that has it.
fn read(asked: &HeaderMap, document: &Value, kept: CacheScope, next: Option<String>) -> Response {
    let body = format!("{document}\n");
    let hash: String =
        Sha256::digest(body.as_bytes())[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let (cache, vary) = match kept {
        CacheScope::ByAll => ("max-age=60", "Accept-Encoding"),
        CacheScope::Privately => ("private, no-cache", "Authorization"),
    };
    let answer = Response::builder()
        .header(header::ETAG, &etag)
        .header(header::CACHE_CONTROL, cache)
        .header(header::VARY, vary);
    let answer = match next.and_then(|next| HeaderValue::try_from(next).ok()) {
        Some(next) => answer.header(header::LINK, next),
        None => answer,
    };
    let answer = if has(asked, &etag) {
        answer.status(StatusCode::NOT_MODIFIED).body(Body::empty())
    } else {
        answer.header(header::CONTENT_TYPE, "application/json").body(Body::from(body))
    };
    answer.expect("these headers are ASCII")
}

/// Whether If-None-Match names this tag, weakly compared (RFC 9110 §13.1.2). Ours hold no comma.
fn has(asked: &HeaderMap, etag: &str) -> bool {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

/// Holds the parameters of a request. Each of them is known and occurs once.
struct RequestParams(Vec<(String, String)>);

impl RequestParams {
    fn read(query: Option<&str>, known: &[&str]) -> Result<RequestParams, ApiError> {
        let query = query.unwrap_or_default().as_bytes();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query).into_owned().collect();
        for (place, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let known = match known {
                    [] => "there is no parameter here".to_owned(),
                    known => format!("the parameters here are {}", known.join(", ")),
                };
                return Err(ApiError::bad("an unknown parameter", &known));
            }
            if pairs[..place].iter().any(|(other, _)| other == name) {
                return Err(ApiError::bad(name, "it stands twice"));
            }
        }
        Ok(RequestParams(pairs))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
        match number {
            Some(number) => Ok(Some(number)),
            None => {
                let what = if most == i64::MAX {
                    format!("write a whole number from {least}")
                } else {
                    format!("write a whole number from {least} to {most}")
                };
                Err(ApiError::bad(name, &what))
            }
        }
    }

    fn limit(&self) -> Result<u32, ApiError> {
        let limit = self.number("limit", 1, limits::API_MAX_PAGE.into())?;
        Ok(limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(limits::API_PAGE))
    }

    /// One of a few words.
    fn word<T>(
        &self,
        name: &str,
        named: impl Fn(&str) -> Option<T>,
        words: &str,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        named(text).map(Some).ok_or_else(|| ApiError::bad(name, &format!("write one of {words}")))
    }

    /// Returns the numbers in a cursor. Only the list that made the cursor knows what they mean.
    fn cursor<const N: usize>(&self) -> Result<Option<[i64; N]>, ApiError> {
        let Some(text) = self.text("cursor") else { return Ok(None) };
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let numbers: Option<Vec<i64>> = std::str::from_utf8(&bytes)
                .ok()?
                .split(' ')
                .map(|part| part.parse().ok())
                .collect();
            numbers?.try_into().ok()
        };
        read().map(Some).ok_or_else(|| {
            ApiError::bad("cursor", "give the one that the page before named, as it is")
        })
    }
}

fn cursor(numbers: &[i64]) -> String {
    let text: Vec<String> = numbers.iter().map(i64::to_string).collect();
    URL_SAFE_NO_PAD.encode(text.join(" "))
}

/// Returns the Link header to the next page: the same parameters with the next cursor.
fn next_link(
    web: &Web,
    path: &str,
    params: &RequestParams,
    cursor: Option<&str>,
) -> Option<String> {
    let cursor = cursor?;
    let mut url = web.site().public_url.join(path).ok()?;
    {
        let mut query = url.query_pairs_mut();
        for (name, value) in params.0.iter().filter(|(name, _)| name != "cursor") {
            query.append_pair(name, value);
        }
        query.append_pair("cursor", cursor);
    }
    Some(format!("<{url}>; rel=\"next\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_described_and_every_description_is_a_way() {
        let document = openapi::document();
        let mut described = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for method in methods.as_object().expect("methods").keys() {
                if method != "parameters" {
                    described.push((path.clone(), method.clone()));
                }
            }
        }
        described.sort();
        let mut ways: Vec<(String, String)> = ways()
            .iter()
            .map(|(path, method, _)| ((*path).to_owned(), (*method).to_owned()))
            .collect();
        ways.sort();
        assert_eq!(described, ways);
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_and_any_other_text_is_refused() {
        let read = |text: &str| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("cursor", text)
                .finish();
            let params = RequestParams::read(Some(&query), &["cursor"]).ok().expect("known");
            params.cursor::<2>().ok().flatten()
        };
        assert_eq!(read(&cursor(&[-7, i64::MAX])), Some([-7, i64::MAX]));
        for text in ["", "x", "MQ", "é", "\0", &cursor(&[1, 2, 3])] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        let asked = |value: &'static str| {
            HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))])
        };
        assert!(has(&asked("\"a\", W/\"b\""), "\"b\"") && has(&asked("*"), "\"b\""));
        assert!(!has(&asked("\"a\""), "\"b\"") && !has(&HeaderMap::new(), "\"b\""));
    }
}
