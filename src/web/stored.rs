//! Bytes made once and served many times: plain and gzip, each with its own strong ETag (RFC 9110 §8.8.3), and the
//! answer to a conditional request (§13). Nothing is compressed per request.

use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// A document in memory, in every coding we serve.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    content_type: &'static str,
    identity: Coded,
    gzip: Coded,
    /// Whole seconds. None for what is part of the program.
    last_modified: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Coded {
    bytes: Bytes,
    /// With its quotation marks.
    etag: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
}

impl Stored {
    pub fn new(
        content_type: &'static str,
        bytes: Vec<u8>,
        last_modified: Option<DateTime<Utc>>,
    ) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = encoder
            .write_all(&bytes)
            .and_then(|()| encoder.finish())
            .expect("writing into memory does not fail");
        let hash: String =
            Sha256::digest(&bytes)[..12].iter().map(|b| format!("{b:02x}")).collect();
        Stored {
            content_type,
            gzip: Coded { bytes: gzip.into(), etag: format!("\"{hash}-gz\"") },
            identity: Coded { bytes: bytes.into(), etag: format!("\"{hash}\"") },
            last_modified: last_modified.map(|at| at.trunc_subsecs(0)),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.identity.bytes
    }

    pub fn body(&self) -> &Bytes {
        &self.identity.bytes
    }

    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    pub fn last_modified(&self) -> Option<DateTime<Utc>> {
        self.last_modified
    }

    /// The answer to a GET or HEAD with these headers; hyper leaves the body of a HEAD out, its length in.
    pub fn answer(&self, asked: &HeaderMap, cache_control: &str) -> Response<Body> {
        let (coded, coding) = match choose_coding(asked) {
            Coding::Identity => (&self.identity, None),
            Coding::Gzip => (&self.gzip, Some("gzip")),
        };
        let unchanged = is_unchanged(asked, &coded.etag, self.last_modified);
        let mut answer = Response::builder()
            .header(header::ETAG, &coded.etag)
            .header(header::CACHE_CONTROL, cache_control)
            .header(header::VARY, "Accept-Encoding");
        if let Some(at) = self.last_modified {
            answer = answer.header(header::LAST_MODIFIED, http_date(at));
        }
        let answer = if unchanged {
            answer.status(StatusCode::NOT_MODIFIED).body(Body::empty())
        } else {
            if let Some(coding) = coding {
                answer = answer.header(header::CONTENT_ENCODING, coding);
            }
            answer
                .header(header::CONTENT_TYPE, self.content_type)
                .header(header::CONTENT_LENGTH, coded.bytes.len())
                .body(Body::from(coded.bytes.clone()))
        };
        answer.expect("these headers are ASCII")
    }
}

/// IMF-fixdate (RFC 9110 §5.6.7).
fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Any of the three forms of RFC 9110 §5.6.7; None for what is none.
fn read_http_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|at| at.and_utc())
}

/// Whether the client has this representation already (RFC 9110 §13.2.2): If-None-Match wins over If-Modified-Since.
fn is_unchanged(asked: &HeaderMap, etag: &str, last_modified: Option<DateTime<Utc>>) -> bool {
    if asked.contains_key(header::IF_NONE_MATCH) {
        return asked
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|list| names_etag(list, etag));
    }
    let since = asked
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok())
        .and_then(read_http_date);
    matches!((since, last_modified), (Some(since), Some(modified)) if modified <= since)
}

/// Whether a list of entity tags has this one, weakly compared (§8.8.3.2). A tag may hold a comma.
fn names_etag(list: &str, etag: &str) -> bool {
    let mut rest = list.trim();
    if rest == "*" {
        return true;
    }
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        let Some(opened) = rest.strip_prefix('"') else {
            return false;
        };
        let Some(end) = opened.find('"') else {
            return false;
        };
        if rest[..end + 2] == *etag {
            return true;
        }
        rest = &opened[end + 1..];
    }
}

/// Gzip where the client likes it as well as anything else (RFC 9110 §12.5.3). Who accepts neither gets it plain.
fn choose_coding(asked: &HeaderMap) -> Coding {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    let values = asked.get_all(header::ACCEPT_ENCODING).iter();
    for member in values.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')) {
        let mut parts = member.split(';');
        let coding = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = parts
            .find_map(|part| {
                let (name, value) = part.split_once('=')?;
                name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
            })
            .map_or(Some(1.0), |q| q.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)));
        let Some(weight) = weight else {
            continue;
        };
        match coding.as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => identity = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    // Where nobody speaks of it, plain is acceptable and the last choice.
    let identity = identity.unwrap_or(0.0);
    if gzip > 0.0 && gzip >= identity { Coding::Gzip } else { Coding::Identity }
}

/// A header value of ours.
pub fn value(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            let name: header::HeaderName = name.parse().expect("a header's name");
            map.append(name, value.parse().expect("a header's value"));
        }
        map
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 500_000_000).expect("in range")
    }

    /// 1,590,111,000 is Fri, 22 May 2020 01:30:00 GMT.
    fn stored() -> Stored {
        Stored::new("text/plain", b"tin ".repeat(100), Some(at(1_590_111_000)))
    }

    #[test]
    fn a_coding_is_chosen_by_weight() {
        for (accept, wanted) in [
            (None, Coding::Identity),
            (Some(""), Coding::Identity),
            (Some("gzip"), Coding::Gzip),
            (Some("GZIP, deflate, br"), Coding::Gzip),
            (Some("deflate, br;q=1.0, x-gzip;q=0.1"), Coding::Gzip),
            (Some("gzip;q=0"), Coding::Identity),
            (Some("gzip; Q=0.000, *"), Coding::Identity),
            (Some("*"), Coding::Gzip),
            (Some("*;q=0"), Coding::Identity),
            (Some("identity, gzip;q=0.5"), Coding::Identity),
            (Some("identity;q=0.5, gzip;q=0.5"), Coding::Gzip),
            (Some("identity;q=0, *;q=0"), Coding::Identity),
            (Some("gzip;q=nonsense"), Coding::Identity),
            (Some("gzipp, br"), Coding::Identity),
        ] {
            let asked = accept.map_or_else(HeaderMap::new, |a| headers(&[("accept-encoding", a)]));
            assert_eq!(choose_coding(&asked), wanted, "{accept:?}");
        }
        assert_eq!(
            choose_coding(&headers(&[("accept-encoding", "br"), ("accept-encoding", "gzip")])),
            Coding::Gzip
        );
    }

    #[test]
    fn a_condition_is_answered_as_rfc_9110_says() {
        let stored = stored();
        let etag = stored.identity.etag.as_str();
        let check = |pairs: &[(&str, &str)], wanted: bool| {
            let status = stored.answer(&headers(pairs), "max-age=300").status();
            assert_eq!(status == StatusCode::NOT_MODIFIED, wanted, "{pairs:?}");
        };
        let (none_match, since) = ("if-none-match", "if-modified-since");
        let (same, before) = ("Fri, 22 May 2020 01:30:00 GMT", "Fri, 22 May 2020 01:29:59 GMT");
        check(&[], false);
        check(&[(none_match, etag)], true);
        check(&[(none_match, &format!("W/{etag}"))], true);
        check(&[(none_match, &format!("\"a,b\" ,W/\"c\",, {etag}"))], true);
        check(&[(none_match, "\"a\""), (none_match, etag)], true);
        check(&[(none_match, "*")], true);
        check(&[(none_match, "\"*\"")], false);
        check(&[(none_match, etag.trim_matches('"'))], false);
        check(&[(none_match, "\"open")], false);
        check(&[(none_match, "")], false);
        check(&[(none_match, "\"old\""), (since, same)], false);
        check(&[(since, same)], true);
        check(&[(since, "Friday, 22-May-20 01:30:00 GMT")], true);
        check(&[(since, "Fri May 22 01:30:00 2020")], true);
        check(&[(since, before)], false);
        check(&[(since, "22/05/2020")], false);
        // The tag of the other coding is another representation's.
        check(&[(none_match, stored.gzip.etag.as_str())], false);
        check(&[(none_match, stored.gzip.etag.as_str()), ("accept-encoding", "gzip")], true);
    }

    #[test]
    fn an_unchanged_answer_has_the_validators_and_no_body() {
        let stored = stored();
        let asked = headers(&[("if-none-match", "*"), ("accept-encoding", "gzip")]);
        let answer = stored.answer(&asked, "max-age=300");
        let told: Vec<String> = answer
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        assert_eq!(
            told,
            [
                &format!("etag: {}", stored.gzip.etag),
                "cache-control: max-age=300",
                "vary: Accept-Encoding",
                "last-modified: Fri, 22 May 2020 01:30:00 GMT",
            ]
        );
    }

    #[test]
    fn the_codings_hold_the_same_bytes_under_different_tags() {
        let stored = stored();
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&stored.gzip.bytes[..]).read_to_end(&mut plain).expect("gzip");
        assert_eq!(plain, stored.bytes());
        assert!(stored.gzip.bytes.len() < plain.len());
        assert_ne!(stored.gzip.etag, stored.identity.etag);
        assert_eq!(stored, self::stored(), "the same bytes have the same tags");
    }
}
