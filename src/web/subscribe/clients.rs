//! Decides who may post a form, and how often. Forms of other sites are refused, and sign-ups are
//! limited by the hour.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Mutex;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::config::Proxies;
use bantin_model::limits::CLIENTS_REMEMBERED;

/// Who asks: the other end of the connection, or whom a web server in front of us names; None for a socket file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

/// What web servers write about those whom they ask for.
const FORWARDED: [&str; 5] =
    ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded"];

impl Proxies {
    pub fn trust(&self, peer: Peer) -> bool {
        match peer.0.map(plain) {
            Some(address) => self.networks.iter().any(|network| network.contains(&address)),
            None => self.unix,
        }
    }

    /// Returns the client for whom a proxy asks: the last address in X-Forwarded-For that is none
    /// of our own web servers. Each of them appends the address that it heard from; from any other
    /// peer the field is not trusted. It is read once, here, and removed, so that no handler relies
    /// on it.
    pub fn behind(&self, peer: Peer, headers: &mut HeaderMap) -> Peer {
        let mut client = peer;
        if self.trust(peer) {
            let lines: Vec<&str> = headers
                .get_all("x-forwarded-for")
                .iter()
                .filter_map(|line| line.to_str().ok())
                .collect();
            for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
                let Some(address) = read_address(hop.trim()) else { break };
                client = Peer(Some(address));
                if !self.trust(client) {
                    break;
                }
            }
        }
        for name in FORWARDED {
            headers.remove(name);
        }
        client
    }
}

/// Reads an address that may be followed by a port: `192.0.2.1:443`, `[2001:db8::1]:443`.
fn read_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').split(']').next()?;
    let address = bare.parse::<IpAddr>().ok();
    address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip())).map(plain)
}

/// What counts as one client: an IPv4 address, or an IPv6 /64, which is one household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// Returns the client of a request. Without a peer address it is this machine.
    pub fn of(peer: Option<Peer>) -> Client {
        let address = peer.and_then(|peer| peer.0).map(plain);
        Client(match address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)) {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Limits requests by the hour, for each client and in all.
pub struct RateLimiter {
    per_client: u32,
    per_hour: u32,
    counts: Mutex<ClientCounts>,
}

#[derive(Default)]
struct ClientCounts {
    since: Option<DateTime<Utc>>,
    all: u32,
    clients: HashMap<Client, u32>,
}

impl RateLimiter {
    pub fn new(per_client: u32, per_hour: u32) -> Self {
        RateLimiter { per_client, per_hour, counts: Mutex::default() }
    }

    /// Counts one more; an error says for how long there is no more room.
    pub fn take(&self, client: Client, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let hour = TimeDelta::hours(1);
        let mut counts = self.counts.lock().expect("no one panics while holding the counts");
        // A clock that was put back begins a new hour as well.
        let since = counts.since.filter(|since| (*since..*since + hour).contains(&now));
        let since = match since {
            Some(since) => since,
            None => {
                *counts = ClientCounts { since: Some(now), ..ClientCounts::default() };
                now
            }
        };
        let mine = counts.clients.get(&client).copied().unwrap_or(0);
        if counts.all >= self.per_hour || mine >= self.per_client {
            return Err(since + hour - now);
        }
        counts.all += 1;
        if mine > 0 || counts.clients.len() < CLIENTS_REMEMBERED {
            counts.clients.insert(client, mine + 1);
        }
        Ok(())
    }
}

/// Whether a posted form is from a page of ours, or from no page at all (a program). Browsers say where it is from in
/// Sec-Fetch-Site; older ones in Origin alone.
pub fn is_from_us(headers: &HeaderMap, public_url: &Url) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    // Another page cannot choose the Host header, so an Origin that equals it is the page's own.
    origin == public_url.origin().ascii_serialization()
        || host.is_some_and(|host| Some(host) == text(header::HOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| {
                (header::HeaderName::from_static(name), header::HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn a_client_is_an_address_or_a_household_and_only_our_own_proxies_are_believed() {
        let proxies = Proxies {
            networks: ["127.0.0.1/32", "10.1.0.0/16"].map(|net| net.parse().expect("a net")).into(),
            unix: true,
        };
        let check = |peer: &str, forwarded: &'static str, expected: &str| {
            let peer = Peer((!peer.is_empty()).then(|| peer.parse().expect("an address")));
            let mut headers = headers(&[("x-forwarded-for", forwarded), ("x-real-ip", "9.9.9.9")]);
            let behind = proxies.behind(peer, &mut headers);
            assert_eq!(Client::of(Some(behind)).0.to_string(), expected, "{peer:?} {forwarded}");
            assert!(headers.is_empty(), "nobody reads it again");
        };
        check("203.0.113.9", "198.51.100.1", "203.0.113.9");
        check("127.0.0.1", "198.51.100.1", "198.51.100.1");
        check("::1", "198.51.100.1", "::");
        check("10.1.2.3", "192.0.2.66, 198.51.100.1", "198.51.100.1");
        check("127.0.0.1", "192.0.2.66, 198.51.100.1, 10.1.9.9", "198.51.100.1");
        check("10.2.2.3", "198.51.100.1", "10.2.2.3");
        check("", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("127.0.0.1", "[2001:db8::7]:443", "2001:db8::");
        check("127.0.0.1", "198.51.100.1:5123", "198.51.100.1");
        check("::ffff:203.0.113.9", "", "203.0.113.9");
        check("127.0.0.1", "unknown", "127.0.0.1");
        check("127.0.0.1", "198.51.100.1, unknown", "127.0.0.1");
        check("2001:db8:1:2::9", "", "2001:db8:1:2::");
    }

    #[test]
    fn an_hour_has_room_for_so_many_of_one_and_of_all() {
        let now = DateTime::UNIX_EPOCH;
        let client = |n: u8| Client(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)));
        let limiter = RateLimiter::new(2, 3);
        assert_eq!(limiter.take(client(1), now), Ok(()));
        assert_eq!(limiter.take(client(1), now), Ok(()));
        let left = limiter.take(client(1), now + TimeDelta::minutes(10));
        assert_eq!(left, Err(TimeDelta::minutes(50)));
        assert_eq!(limiter.take(client(2), now), Ok(()));
        assert_eq!(limiter.take(client(3), now), Err(TimeDelta::hours(1)), "all told");
        assert_eq!(limiter.take(client(1), now + TimeDelta::hours(1)), Ok(()));
        assert_eq!(limiter.take(client(1), now - TimeDelta::hours(5)), Ok(()), "put back");
    }

    #[test]
    fn a_form_of_another_site_is_told_apart() {
        let check = |list: &[(&'static str, &'static str)], expected| {
            let url = Url::parse("https://tin.example.gov.vn/").expect("a URL");
            assert_eq!(is_from_us(&headers(list), &url), expected, "{list:?}");
        };
        check(&[], true);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "null")], true);
        check(&[("sec-fetch-site", "none")], true);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "https://tin.example.gov.vn")], false);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("origin", "https://tin.example.gov.vn")], true);
        check(&[("origin", "http://10.0.0.5:8080"), ("host", "10.0.0.5:8080")], true);
        check(&[("origin", "https://evil.example"), ("host", "tin.example.gov.vn")], false);
        check(&[("origin", "null"), ("host", "tin.example.gov.vn")], false);
    }
}
