//! Conditional requests: the validators exactly as received, quotes, oddities and all. No date is ever invented,
//! reformatted or sent without having been received.

use reqwest::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};

use crate::model::Validators;

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

/// The validators of an answer.
pub(super) fn received(headers: &HeaderMap) -> Validators {
    let text = |name: HeaderName| {
        let text = std::str::from_utf8(headers.get(name)?.as_bytes()).ok()?;
        (!text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
    };
    Validators {
        // `If-None-Match: *` asks for "anything but what exists" (RFC 9110 §13.1.2): 304 for ever.
        etag: text(ETAG).filter(|etag| etag != "*"),
        last_modified: text(LAST_MODIFIED),
    }
}

/// The validators to keep after a 304: those we had, with what it brings anew (RFC 9111 §4.3.4).
pub(super) fn renewed(had: &Validators, headers: &HeaderMap) -> Validators {
    let new = received(headers);
    Validators {
        etag: new.etag.or_else(|| had.etag.clone()),
        last_modified: new.last_modified.or_else(|| had.last_modified.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(etag: &[u8], date: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([
            (ETAG, HeaderValue::from_bytes(etag).unwrap()),
            (LAST_MODIFIED, HeaderValue::from_bytes(date).unwrap()),
        ])
    }

    /// What an answer with these validators makes us send the next time.
    fn check(etag: &[u8], date: &[u8], expected: &[(&str, &[u8])]) {
        let sent = conditions(&received(&headers(etag, date)));
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
        let stored = Validators { etag: Some("\"a\r\nCookie: b\"".into()), last_modified: None };
        assert_eq!(conditions(&stored), []);
    }

    #[test]
    fn a_304_updates_what_it_carries_and_leaves_the_rest() {
        let had = Validators { etag: Some("\"1\"".into()), last_modified: Some("x".into()) };
        assert_eq!(renewed(&had, &HeaderMap::new()), had);
        let new = renewed(&had, &HeaderMap::from_iter([(ETAG, "W/\"1\"".parse().unwrap())]));
        assert_eq!(new, Validators { etag: Some("W/\"1\"".into()), ..had });
    }
}
