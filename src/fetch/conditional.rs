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
