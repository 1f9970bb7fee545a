//! The cookies of one walk through a portal's pages. An ASP.NET listing may want those of its first page back with each
//! form that is sent to it. Kept in memory, for the length of the walk; a cookie goes back to the host that set it.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

use super::failure::http_date;

/// Cookies of one walk; the oldest is dropped for one more.
const COOKIES: usize = 50;
/// Of name and value together (RFC 6265 §6.1).
const BYTES: usize = 4_096;

#[derive(Default)]
pub struct FetchSession(Mutex<Vec<SessionCookie>>);

struct SessionCookie {
    host: String,
    path: String,
    secure: bool,
    name: String,
    value: String,
}

impl FetchSession {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the cookies of an answer; one that has expired takes away what was there by its name.
    pub(super) fn take(&self, url: &Url, headers: &HeaderMap, now: DateTime<Utc>) {
        let mut cookies = self.0.lock().expect("no one panics while holding the cookies");
        for value in headers.get_all(SET_COOKIE) {
            let Some((cookie, expired)) = read(url, value.as_bytes(), now) else { continue };
            cookies.retain(|kept| {
                (&kept.host, &kept.path, &kept.name) != (&cookie.host, &cookie.path, &cookie.name)
            });
            if expired {
                continue;
            }
            if cookies.len() == COOKIES {
                cookies.remove(0);
            }
            cookies.push(cookie);
        }
    }

    /// The Cookie header of a request.
    pub(super) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let cookies = self.0.lock().expect("no one panics while holding the cookies");
        let pairs: Vec<String> = cookies
            .iter()
            .filter(|cookie| {
                url.host_str() == Some(&cookie.host) && is_below(url.path(), &cookie.path)
            })
            .filter(|cookie| !cookie.secure || url.scheme() == "https")
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        if pairs.is_empty() { None } else { HeaderValue::from_str(&pairs.join("; ")).ok() }
    }
}

/// One Set-Cookie header (RFC 6265 §5.2), and whether it takes the cookie away. Its Domain is left out of account: a
/// cookie for all hosts of an agency goes back to the one that set it, and to no other.
fn read(url: &Url, header: &[u8], now: DateTime<Utc>) -> Option<(SessionCookie, bool)> {
    let text = std::str::from_utf8(header).ok()?;
    let mut parts = text.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
    if name.is_empty() || name.len() + value.len() > BYTES {
        return None;
    }
    let mut cookie = SessionCookie {
        host: url.host_str()?.to_owned(),
        path: folder(url.path()),
        secure: false,
        name,
        value,
    };
    let (mut max_age, mut expires) = (None, None);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "path" if value.starts_with('/') => cookie.path = value.to_owned(),
            "secure" => cookie.secure = true,
            "max-age" => max_age = value.parse::<i64>().ok(),
            // Cookies' dates have hyphens where those of HTTP have blanks.
            "expires" => expires = http_date(&value.replace('-', " "), now),
            _ => {}
        }
    }
    let expired = match (max_age, expires) {
        (Some(seconds), _) => seconds <= 0,
        (None, Some(at)) => at <= now,
        (None, None) => false,
    };
    Some((cookie, expired))
}

/// The default path of a cookie (RFC 6265 §5.1.4).
fn folder(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

/// RFC 6265 §5.1.4, path-match.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent to `to` after these cookies came from http://tin.example.vn/portal/tin.aspx.
    fn check(cookies: &[&str], to: &str, expected: &str) {
        let session = FetchSession::new();
        let from = Url::parse("http://tin.example.vn/portal/tin.aspx").unwrap();
        let now = "2024-02-29T08:00:00Z".parse().unwrap();
        for cookie in cookies {
            let headers = HeaderMap::from_iter([(SET_COOKIE, cookie.parse().unwrap())]);
            session.take(&from, &headers, now);
        }
        let header = session.header(&Url::parse(to).unwrap());
        let sent = header.as_ref().map_or("", |header| header.to_str().unwrap());
        assert_eq!(sent, expected, "{cookies:?} to {to}");
    }

    #[test]
    fn a_cookie_goes_back_to_its_host_and_path() {
        let sid = "ASP.NET_SessionId=ab1; path=/; HttpOnly; SameSite=Lax";
        check(
            &[sid, "b=2; Path=/portal"],
            "http://tin.example.vn/portal/",
            "ASP.NET_SessionId=ab1; b=2",
        );
        check(
            &[sid, "b=2; Path=/portal"],
            "http://tin.example.vn/portal2",
            "ASP.NET_SessionId=ab1",
        );
        check(&[sid], "http://khac.example.vn/portal/", "");
        check(&["a=1; domain=.example.vn; path=/"], "http://khac.example.vn/", "");
        check(&["a=1"], "http://tin.example.vn/portal/tin.aspx", "a=1");
        check(&["a=1"], "http://tin.example.vn/khac.aspx", "");
        check(&["a=1; Secure"], "http://tin.example.vn/portal/tin.aspx", "");
        check(&["a=1; Secure"], "https://tin.example.vn/portal/tin.aspx", "a=1");
    }

    #[test]
    fn a_later_cookie_replaces_one_and_an_expired_one_takes_it_away() {
        let to = "http://tin.example.vn/portal/tin.aspx";
        check(&["a=1", "a=2"], to, "a=2");
        check(&["a=1", "a=; expires=Tue, 12-Oct-1999 00:00:00 GMT"], to, "");
        check(&["a=1", "a=; Max-Age=0"], to, "");
        check(&["a=1; expires=Tue, 12 Oct 2100 00:00:00 GMT"], to, "a=1");
        check(&["", "=1", "a"], to, "");
    }
}
