//! Conditional requests: the validators exactly as received, quotes, oddities and all. No date is ever invented,
//! reformatted or sent without having been received. And for how long an answer may be kept (RFC 9111 §4.2).

use chrono::{DateTime, Utc};
use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED,
};

use super::failure::http_date;
use bantin_model::Validators;

/// A longer validator is a mistake of the server, and sending it back would end in 400 or 431.
const LONGEST: usize = 2_048;

/// The headers that ask "has it changed?".
pub(super) fn conditions(validators: &Validators) -> Vec<(HeaderName, HeaderValue)> {
    let header = |name: HeaderName, text: &Option<String>| {
        let value = HeaderValue::from_bytes(text.as_ref()?.as_bytes()).ok()?;
        Some((name, value))
    };
    let etag = header(IF_NONE_MATCH, &validators.etag);
    let date = header(IF_MODIFIED_SINCE, &validators.last_modified);
    etag.into_iter().chain(date).collect()
}

/// The validators of an answer, and for how long it may be kept.
pub(super) fn received(headers: &HeaderMap, now: DateTime<Utc>) -> Validators {
    let text = |name: HeaderName| {
        let text = std::str::from_utf8(headers.get(name)?.as_bytes()).ok()?;
        (!text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
    };
    Validators {
        // `If-None-Match: *` asks for "anything but what exists" (RFC 9110 §13.1.2): 304 for ever.
        etag: text(ETAG).filter(|etag| etag != "*"),
        last_modified: text(LAST_MODIFIED),
        lifetime: lifetime(headers, now),
        age: headers.get(AGE).and_then(|age| seconds(age.to_str().ok()?)).unwrap_or(0),
        ..Validators::default()
    }
}

/// Seconds for which an answer may be kept, from when the server made it.
fn lifetime(headers: &HeaderMap, now: DateTime<Utc>) -> Option<u64> {
    let mut max_age = None;
    for line in headers.get_all(CACHE_CONTROL) {
        for directive in String::from_utf8_lossy(line.as_bytes()).split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                // It may be kept, and must be asked for again before it is used: at any time, that is.
                "no-cache" | "no-store" => return Some(0),
                "max-age" => max_age = max_age.or(seconds(value.trim().trim_matches('"'))),
                _ => {}
            }
        }
    }
    if max_age.is_some() {
        return max_age;
    }
    let expires = headers.get(EXPIRES)?;
    let date = |value: &HeaderValue| http_date(value.to_str().ok()?.trim(), now);
    // What cannot be read, "0" above all, has expired already (RFC 9111 §5.3). By the server's own clock: it may be wrong.
    let Some(expires) = date(expires) else { return Some(0) };
    let made = headers.get(DATE).and_then(date).unwrap_or(now);
    Some(u64::try_from((expires - made).num_seconds()).unwrap_or(0))
}

/// Digits that no number holds are still a long time.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // The store keeps 63 bits.
    digits.then(|| text.parse().unwrap_or(u64::MAX).min(1 << 40))
}

/// Returns the validators to keep after a 304: the old ones, updated by it (RFC 9111 §4.3.4). Their
/// lifetime begins again.
pub(super) fn renewed(had: &Validators, headers: &HeaderMap, now: DateTime<Utc>) -> Validators {
    let new = received(headers, now);
    Validators {
        etag: new.etag.or_else(|| had.etag.clone()),
        last_modified: new.last_modified.or_else(|| had.last_modified.clone()),
        lifetime: new.lifetime.or(had.lifetime),
        ..new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2024-02-29T08:00:00Z".parse().expect("a time")
    }

    fn headers(etag: &[u8], date: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([
            (ETAG, HeaderValue::from_bytes(etag).unwrap()),
            (LAST_MODIFIED, HeaderValue::from_bytes(date).unwrap()),
        ])
    }

    /// What an answer with these validators makes us send the next time.
    fn check(etag: &[u8], date: &[u8], expected: &[(&str, &[u8])]) {
        let sent = conditions(&received(&headers(etag, date), now()));
        let sent: Vec<(&str, &[u8])> =
            sent.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(sent, expected);
    }

    #[test]
    fn p10_validators_are_sent_back_byte_for_byte() {
        for (etag, date) in [
            ("\"a\"", "Thu, 29 Feb 2024 08:00:00 GMT"),
            ("W/\"a b\"", "Thursday, 29-Feb-24 08:00:00 GMT"),
            ("unquoted", "29/02/2024 8:00:00 SA"),
            ("\"a\", \"b\"", "-1"),
            ("\"tiếng Việt\"", "0"),
            ("W/\"", "Thu, 29 Feb 2024 08:00:00 +0700"),
        ] {
            check(
                etag.as_bytes(),
                date.as_bytes(),
                &[("if-none-match", etag.as_bytes()), ("if-modified-since", date.as_bytes())],
            );
        }
    }

    #[test]
    fn a_validator_that_could_only_do_harm_is_not_kept() {
        check(b"*", b"", &[]);
        check(&[b'x'; 5_000], b"x", &[("if-modified-since", b"x")]);
        check(b"\"\xe1\"", b"x", &[("if-modified-since", b"x")]);
        let stored =
            Validators { etag: Some("\"a\r\nCookie: b\"".into()), ..Validators::default() };
        assert_eq!(conditions(&stored), []);
    }

    #[test]
    fn a_304_updates_what_it_carries_and_leaves_the_rest() {
        let had = Validators {
            etag: Some("\"1\"".into()),
            last_modified: Some("x".into()),
            ..Validators::default()
        };
        assert_eq!(renewed(&had, &HeaderMap::new(), now()), had);
        let etag = HeaderMap::from_iter([(ETAG, "W/\"1\"".parse().unwrap())]);
        let new = renewed(&had, &etag, now());
        assert_eq!(new, Validators { etag: Some("W/\"1\"".into()), ..had });
    }

    /// For how many seconds an answer with these lines may be kept from when it came; "lifetime - age".
    fn kept(lines: &str) -> (Option<u64>, u64) {
        let lines = lines.split(" | ").filter_map(|line| line.split_once(": "));
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let received = received(&headers, now());
        (received.fresh_for().map(|time| time.as_secs()), received.age)
    }

    #[test]
    fn p10_how_long_an_answer_may_be_kept_is_what_the_server_says_less_its_age() {
        let check = |lines: &str, expected: Option<u64>| {
            assert_eq!(kept(lines).0, expected, "{lines}");
        };
        check("x: y", None);
        check("cache-control: max-age=600", Some(600));
        check("cache-control: public, MAX-AGE = \"600\" , must-revalidate", Some(600));
        check("cache-control: public | cache-control: max-age=600 | age: 500", Some(100));
        check("cache-control: max-age=600 | age: 5000", Some(0));
        check("cache-control: max-age=600 | age: lâu lắm", Some(600));
        check("cache-control: max-age=600, no-cache", Some(0));
        check("cache-control: no-store", Some(0));
        check("cache-control: private", None);
        // What is no number of seconds says nothing, and the next one may.
        check("cache-control: max-age=-1", None);
        check("cache-control: max-age=ten, max-age=5", Some(5));
        check("cache-control: max-age=99999999999999999999999", Some(1 << 40));
        // Caches of others are not ours.
        check("cache-control: s-maxage=600", None);
        check("expires: Thu, 29 Feb 2024 08:10:00 GMT", Some(600));
        check("expires: Thu, 29 Feb 2024 07:10:00 GMT", Some(0));
        check("expires: 0", Some(0));
        check("expires: -1", Some(0));
        check("expires: Thu, 29 Feb 2024 08:10:00 GMT | cache-control: max-age=60", Some(60));
        // The server's clock is a year late.
        check(
            "expires: Wed, 01 Mar 2023 08:10:00 GMT | date: Wed, 01 Mar 2023 08:00:00 GMT",
            Some(600),
        );
    }

    #[test]
    fn p10_a_304_renews_the_lifetime_of_what_it_confirms() {
        let had = Validators {
            etag: Some("\"1\"".into()),
            lifetime: Some(600),
            age: 590,
            ..Validators::default()
        };
        let fresh = |headers: HeaderMap| {
            let renewed = renewed(&had, &headers, now());
            renewed.fresh_for().map(|time| time.as_secs())
        };
        assert_eq!(fresh(HeaderMap::new()), Some(600));
        assert_eq!(fresh(HeaderMap::from_iter([(AGE, "30".parse().unwrap())])), Some(570));
        let other = HeaderMap::from_iter([(CACHE_CONTROL, "max-age=60".parse().unwrap())]);
        assert_eq!(fresh(other), Some(60));
    }
}
