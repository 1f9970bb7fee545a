//! Failures as sentences for the admin: what happened, and what to do where that is known. They name hosts and paths,
//! never a password or a query, which may hold a key.

use std::error::Error;
use std::io;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{StatusCode, Url};

use bantin_model::Source;

use super::address_guard::{Unresolved, inside_sentence, to_allow};
use super::trust::UnknownIssuer;
use super::{FetchError, FetchFailure, Limits};

/// A server may silence us for a week at most.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn failure(kind: FetchFailure, detail: impl Into<String>) -> FetchError {
    FetchError { kind, detail: detail.into(), retry_after: None }
}

/// Returns an address for a log: without user, password, query or fragment.
pub(super) fn shown(url: &Url) -> String {
    let path: String = url.path().chars().take(200).collect();
    let query = if url.query().is_some() { "?…" } else { "" };
    format!("{}://{}{path}{query}", url.scheme(), host(url))
}

/// Host and, where it is not the scheme's own, port.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Why no answer came to a request for `url`.
pub(super) fn no_answer(
    error: &reqwest::Error,
    url: &Url,
    source: &Source,
    limits: &Limits,
) -> FetchError {
    let (server, id) = (host(url), &source.id);
    let name = url.host_str().unwrap_or("?");
    if let Some(unresolved) = cause::<Unresolved>(error) {
        return match unresolved {
            Unresolved::OnlyInside => {
                failure(FetchFailure::Forbidden, inside_sentence(name, &to_allow(source)))
            }
            Unresolved::NoAddress(why) => failure(
                FetchFailure::Name,
                format!("the name {name} has no address ({why}): check the url of source {id}"),
            ),
        };
    }
    let root = root_cause(error);
    if let Some(unknown) = unknown_issuer(error) {
        return failure(FetchFailure::Tls, issuer_sentence(unknown, url, source));
    }
    if let Some(sentence) = tls_sentence(&root, url, source) {
        return failure(FetchFailure::Tls, sentence);
    }
    if error.is_connect() {
        if error.is_timeout() {
            let seconds = limits.connect.as_secs_f64();
            return failure(
                FetchFailure::Timeout,
                format!(
                    "{server} made no connection with us within {seconds} s: the portal is down, or a firewall drops our packets"
                ),
            );
        }
        let refused = cause::<io::Error>(error)
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        let detail = if refused {
            format!("{server} refuses connections: the portal is down, or the port is wrong")
        } else {
            format!("no connection to {server}: {root}")
        };
        return failure(FetchFailure::Connect, detail);
    }
    if error.is_timeout() {
        return failure(FetchFailure::Timeout, format!("{server} stopped answering: {root}"));
    }
    if cause::<hyper::Error>(error).is_some_and(|error| error.is_parse()) {
        return failure(
            FetchFailure::Broken,
            format!("{server} answered something that is not HTTP ({root}): check the port"),
        );
    }
    failure(
        FetchFailure::Broken,
        format!("{server} closed the connection without an answer ({root})"),
    )
}

/// Whether the connection broke before any byte of an answer, as one does that the server had closed while it was idle.
pub(super) fn closed_before_answer(error: &reqwest::Error) -> bool {
    let by_hyper = cause::<hyper::Error>(error)
        .is_some_and(|error| error.is_incomplete_message() || error.is_closed());
    let by_system = cause::<io::Error>(error).is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
        )
    });
    !error.is_connect() && (by_hyper || by_system)
}

/// The body broke off.
pub(super) fn broken_body(error: &reqwest::Error, url: &Url) -> FetchError {
    let root = root_cause(error);
    let detail = if error.is_decode() && cause::<hyper::Error>(error).is_none() {
        format!("the page {} is not compressed as its Content-Encoding says ({root})", shown(url))
    } else {
        format!("the page {} broke off before its end ({root})", shown(url))
    };
    failure(FetchFailure::Broken, detail)
}

/// An answer that is no page, for its status alone.
pub(super) fn status(
    status: StatusCode,
    headers: &HeaderMap,
    url: &Url,
    now: DateTime<Utc>,
) -> FetchError {
    let hint = match status.as_u16() {
        401 | 407 => ": it asks for a login",
        403 | 451 => ": it does not let us in",
        404 => ": the page is not there; if it moved, the url needs changing",
        410 => ": the page is gone for good; if it moved, the url needs changing",
        429 => ": we asked too often",
        500.. => ": the portal has a fault of its own",
        _ => "",
    };
    let reason = status.canonical_reason().unwrap_or("a status without a name");
    FetchError {
        retry_after: retry_after(headers, now),
        ..failure(
            FetchFailure::Status(status.as_u16()),
            format!("{} answered {} {reason}{hint}", shown(url), status.as_u16()),
        )
    }
}

/// Retry-After in seconds or as a date (RFC 9110 §10.2.3), a week at most.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that no number holds are still a long time.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        (http_date(text, now)? - now).to_std().unwrap_or_default()
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// A date in any of HTTP's three forms (RFC 9110 §5.6.7).
pub(super) fn http_date(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // The day of the week says nothing that the date does not, and servers get it wrong.
    let day = text.split_once(", ").map_or(text, |(_, day)| day);
    if let Ok(date) = DateTime::parse_from_rfc2822(day) {
        return Some(date.to_utc());
    }
    if let Ok(date) = NaiveDateTime::parse_from_str(text, "%a %b %e %H:%M:%S %Y") {
        return Some(date.and_utc());
    }
    let date = NaiveDateTime::parse_from_str(day, "%d-%b-%y %H:%M:%S GMT").ok()?.and_utc();
    // Two digits of a year that seem more than 50 years ahead mean the past.
    if date > now + chrono::TimeDelta::days(50 * 365) {
        return None;
    }
    Some(date)
}

/// The first error of type `E` in the chain, wrapped in an `io::Error` or not.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

/// The error of our own verifier, which rustls hands on inside its own, and that inside `io::Error`s.
fn unknown_issuer(error: &reqwest::Error) -> Option<&UnknownIssuer> {
    use tokio_rustls::rustls::{CertificateError, Error as TlsError, OtherError};
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(TlsError::InvalidCertificate(CertificateError::Other(OtherError(other)))) =
            error.downcast_ref()
        {
            return other.downcast_ref();
        }
        // What an `io::Error` wraps is not its source but itself.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn issuer_sentence(unknown: &UnknownIssuer, url: &Url, source: &Source) -> String {
    let (server, id) = (host(url), &source.id);
    let issuer = match unknown.issuer.as_str() {
        "" => "an issuer without a name".to_owned(),
        name => format!("\"{name}\""),
    };
    let trouble = if unknown.self_signed {
        format!(
            "the certificate of {server} leads to {issuer}, which vouches for itself and is unknown to this machine"
        )
    } else {
        format!(
            "the certificate of {server} is signed by {issuer}, whose own certificate is unknown to this machine and was not sent by the server"
        )
    };
    match &source.extra_ca {
        None if unknown.nobody_is_known => format!(
            "the certificate of {server} cannot be judged, since this machine has no certificate of any issuer: install \
             the package ca-certificates"
        ),
        None => format!(
            "{trouble}: ask the agency for that certificate, and name its PEM file in `extra_ca` of source {id}"
        ),
        Some(file) => format!(
            "{trouble}: it is not in {} either, the `extra_ca` of source {id}",
            file.display()
        ),
    }
}

/// TLS trouble in words. rustls is known to us only by what it prints; a test holds each of these sentences.
fn tls_sentence(root: &str, url: &Url, source: &Source) -> Option<String> {
    let (server, id) = (host(url), &source.id);
    if let Some(at) = root.find("certificate expired") {
        return Some(format!(
            "the certificate of {server} has expired ({}): the agency must renew it",
            &root[at..]
        ));
    }
    if root.contains("certificate not valid yet") {
        return Some(format!(
            "the certificate of {server} is not valid yet: is this machine's clock right?"
        ));
    }
    if let Some(at) = root.find("certificate not valid for name") {
        return Some(format!(
            "{server} shows the certificate of another host ({}): check the host's name in the url of source {id}",
            &root[at..]
        ));
    }
    let tls_words = [
        "invalid peer certificate",
        "received fatal alert",
        "received corrupt message",
        "peer is incompatible",
        "peer misbehaved",
        "peer sent no certificates",
        "tls handshake",
        "cannot decrypt peer's message",
        "any known protocol",
    ];
    tls_words.iter().any(|words| root.contains(words)).then(|| {
        format!("no secure connection to {server}: {root}; does the server speak TLS at that port?")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<u64>) {
        let now = "2024-02-29T08:00:00Z".parse().unwrap();
        let headers = HeaderMap::from_iter([(RETRY_AFTER, header.parse().unwrap())]);
        assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{header}");
    }

    #[test]
    fn p10_retry_after_is_read_in_seconds_and_as_a_date_and_ends_after_a_week() {
        const WEEK: u64 = 7 * 24 * 3600;
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("604801", Some(WEEK));
        check("99999999999999999999999999", Some(WEEK));
        check("Thu, 29 Feb 2024 08:10:00 GMT", Some(600));
        check("Thursday, 29-Feb-24 08:10:00 GMT", Some(600));
        check("Thu Feb 29 08:10:00 2024", Some(600));
        check("Fri Mar  1 08:00:00 2024", Some(86_400));
        check("Thu, 29 Feb 2024 07:00:00 GMT", Some(0));
        check("Thu, 01 Mar 2029 07:00:00 GMT", Some(WEEK));
        check("Mon, 29 Feb 2024 08:10:00 GMT", Some(600));
        for nonsense in ["", "-5", "1.5", "soon", "120 seconds", "Thu, 99 Feb 2024 08:10:00 GMT"] {
            check(nonsense, None);
        }
    }

    #[test]
    fn p12_an_address_is_shown_without_user_password_and_query() {
        let url =
            Url::parse("http://an:bi-mat@portal.gov.vn:8080/tin?token=bi-mat#bi-mat").unwrap();
        assert_eq!(shown(&url), "http://portal.gov.vn:8080/tin?…");
    }
}
