//! Answers of the sample portal, with validators that a polite client can use to get a 304.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, Response, StatusCode};
use chrono::{DateTime, NaiveDateTime, Utc};
use sha2::{Digest, Sha256};

pub const HTML: &str = "text/html; charset=utf-8";

/// A page as it is, before anybody asked whether it had changed.
pub struct PortalPage {
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub modified: DateTime<Utc>,
}

/// 200 with the page, or 304 where `asked` holds a validator of this very page.
pub fn answer(asked: &HeaderMap, page: PortalPage) -> Response<Body> {
    let tag = entity_tag(&page.body);
    let unchanged = not_modified(asked, &tag, page.modified);
    let answer = Response::builder()
        .header(ETAG, tag)
        .header(LAST_MODIFIED, http_date(page.modified))
        .header(CACHE_CONTROL, "no-cache");
    let answer = if unchanged {
        answer.status(StatusCode::NOT_MODIFIED).body(Body::empty())
    } else {
        answer.header(CONTENT_TYPE, page.content_type).body(Body::from(page.body))
    };
    answer.expect("a tag of hex digits, a date and constants are valid headers")
}

pub fn not_found(body: Vec<u8>) -> Response<Body> {
    Response::builder()
        .status(StatusCode::NOT_FOUND)
        .header(CONTENT_TYPE, HTML)
        .body(Body::from(body))
        .expect("constants are valid headers")
}

fn entity_tag(body: &[u8]) -> String {
    let mut tag = String::from("\"");
    for byte in &Sha256::digest(body)[..12] {
        tag.push_str(&format!("{byte:02x}"));
    }
    tag.push('"');
    tag
}

/// RFC 9110 §13.2.2: If-Modified-Since counts only where there is no If-None-Match, even one that says nothing.
fn not_modified(asked: &HeaderMap, tag: &str, modified: DateTime<Utc>) -> bool {
    if asked.contains_key(IF_NONE_MATCH) {
        return asked
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag);
    }
    asked
        .get(IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok())
        .and_then(read_http_date)
        .is_some_and(|since| modified.timestamp() <= since.timestamp())
}

fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// All three forms that RFC 9110 §5.6.7 has a server accept.
fn read_http_date(text: &str) -> Option<DateTime<Utc>> {
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())
        .map(|at| at.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;
    use chrono::TimeZone;

    fn check(asked: &[(HeaderName, &str)], status: u16) {
        let mut headers = HeaderMap::new();
        for (name, value) in asked {
            headers.append(name, value.parse().expect("a header's value"));
        }
        let page = PortalPage {
            content_type: HTML,
            body: b"trang".to_vec(),
            modified: Utc.with_ymd_and_hms(2020, 5, 22, 1, 26, 51).unwrap(),
        };
        assert_eq!(answer(&headers, page).status().as_u16(), status, "{asked:?}");
    }

    #[test]
    fn a_validator_of_this_page_gives_304_and_any_other_the_page() {
        let tag = entity_tag(b"trang");
        check(&[], 200);
        check(&[(IF_NONE_MATCH, &tag)], 304);
        check(&[(IF_NONE_MATCH, &format!("W/{tag}"))], 304);
        check(&[(IF_NONE_MATCH, &format!("\"x\", {tag}"))], 304);
        check(&[(IF_NONE_MATCH, "\"x\""), (IF_NONE_MATCH, &tag)], 304);
        check(&[(IF_NONE_MATCH, "*")], 304);
        check(&[(IF_NONE_MATCH, "\"x\"")], 200);
        check(&[(IF_NONE_MATCH, tag.trim_matches('"'))], 200);
        check(&[(IF_MODIFIED_SINCE, "Fri, 22 May 2020 01:26:51 GMT")], 304);
        check(&[(IF_MODIFIED_SINCE, "Friday, 22-May-20 01:26:51 GMT")], 304);
        check(&[(IF_MODIFIED_SINCE, "Fri May 22 01:26:51 2020")], 304);
        check(&[(IF_MODIFIED_SINCE, "Fri, 22 May 2020 01:26:50 GMT")], 200);
        check(&[(IF_MODIFIED_SINCE, "hôm qua")], 200);
    }

    #[test]
    fn if_none_match_wins_over_if_modified_since() {
        let since = (IF_MODIFIED_SINCE, "Fri, 22 May 2020 01:26:51 GMT");
        check(&[(IF_NONE_MATCH, "\"x\""), since.clone()], 200);
        check(&[(IF_NONE_MATCH, ""), since], 200);
        let long_ago = (IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:00 GMT");
        check(&[(IF_NONE_MATCH, &entity_tag(b"trang")), long_ago], 304);
    }

    #[test]
    fn a_304_carries_the_validators_and_no_body_type() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, "*".parse().expect("a header's value"));
        let page =
            PortalPage { content_type: HTML, body: Vec::new(), modified: DateTime::UNIX_EPOCH };
        let answer = answer(&headers, page);
        assert_eq!(answer.headers()[LAST_MODIFIED], "Thu, 01 Jan 1970 00:00:00 GMT");
        assert!(
            answer.headers().contains_key(ETAG) && !answer.headers().contains_key(CONTENT_TYPE)
        );
    }
}
