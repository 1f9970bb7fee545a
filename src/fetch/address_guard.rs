//! Guard: which addresses we may talk to (P8). The config may name what it likes; a page, a redirect or a name server
//! may not lead us to an inside address, another scheme or a port that is not the Web's.
//!
//! Three places ask here, since each alone has a hole: the trip before a request (a literal address never reaches a
//! resolver), the trip at each redirect, and the resolver itself, so that the address checked is the one connected to.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use bantin_model::{ManagedBy, Source};

use super::Purpose;
use super::name_cache::NameCache;

/// The ports of the Web: a host that is named without a port, or with one of them, is named with both.
const WEB_PORTS: [u16; 2] = [80, 443];

/// Where a request may end up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum AddressReach {
    /// Only at addresses of the public Internet.
    Outside,
    /// Anywhere: the config names this host with this port.
    Anywhere,
}

/// What one ask may reach.
#[derive(Clone)]
pub(super) struct AddressGuard {
    named: Vec<(Host, u16)>,
    /// Where it is written that an address is meant.
    allow: String,
}

impl AddressGuard {
    /// A listing's own URL is named by the config, as are the source's host and its `inside` list. Of a source of the
    /// admin pages nothing is, but what the config names for all of them.
    pub(super) fn new(
        source: &Source,
        purpose: Purpose,
        url: &Url,
        inside_of_admin: &[String],
    ) -> Self {
        let mut named = vec![];
        let inside = match source.managed_by {
            ManagedBy::File => {
                name_url(&mut named, &source.url);
                if purpose == Purpose::Listing {
                    name_url(&mut named, url);
                }
                &source.inside[..]
            }
            ManagedBy::Store => inside_of_admin,
        };
        for entry in inside {
            if let Some((host, port)) = named_host(entry) {
                name(&mut named, host, port);
            }
        }
        AddressGuard { named, allow: to_allow(source) }
    }

    /// Returns the guard for addresses that no page names. These hosts may be inside the network.
    pub(super) fn of_hosts(inside: &[String]) -> Self {
        let mut named = vec![];
        for (host, port) in inside.iter().filter_map(|entry| named_host(entry)) {
            name(&mut named, host, port);
        }
        AddressGuard { named, allow: "[hub] in the config file".to_owned() }
    }

    /// Says where a request for `url` may go, or in a sentence why it may not be made.
    pub(super) fn check(&self, url: &Url) -> Result<AddressReach, String> {
        let scheme = url.scheme();
        let (Some(host), Some(port), "http" | "https") =
            (url.host(), url.port_or_known_default(), scheme)
        else {
            return Err(format!(
                "an address with the scheme \"{scheme}\" is not fetched: only http and https are"
            ));
        };
        let host = normal(host.to_owned());
        let allow = &self.allow;
        if self.named.iter().any(|named| *named == (host.clone(), port)) {
            return Ok(AddressReach::Anywhere);
        }
        if !WEB_PORTS.contains(&port) {
            return Err(format!(
                "port {port} of {host} is not the Web's (80, 443): if it is meant, write \"{host}:{port}\" into `inside` of {allow}"
            ));
        }
        let inside = match &host {
            Host::Ipv4(address) => is_inside((*address).into()),
            Host::Ipv6(address) => is_inside((*address).into()),
            // This machine by definition (RFC 6761 §6.3); of any other name the resolver sees the addresses.
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        };
        if inside {
            Err(inside_sentence(&host.to_string(), allow))
        } else {
            Ok(AddressReach::Outside)
        }
    }
}

/// The table of the config that may name inside addresses for a source.
pub(super) fn to_allow(source: &Source) -> String {
    match source.managed_by {
        ManagedBy::File => format!("source {}", source.id),
        ManagedBy::Store => "[admin] in the config file".to_owned(),
    }
}

/// Why an inside address was not asked, and how to allow it.
pub(super) fn inside_sentence(host: &str, allow: &str) -> String {
    format!(
        "{host} is an address inside the network, which a page may not lead to: if it is meant, write \"{host}\" into `inside` of {allow}"
    )
}

/// `host` or `host:port`, in any spelling that a URL may have; None for what is no host.
fn named_host(entry: &str) -> Option<(Host, Option<u16>)> {
    let entry = entry.trim();
    // An IPv6 address without brackets is what an admin copies from `ip addr`.
    let bracketed = entry.parse::<Ipv6Addr>().map(|address| format!("[{address}]"));
    let text = bracketed.as_deref().unwrap_or(entry);
    let url = Url::parse(&format!("http://{text}")).ok()?;
    (url.path() == "/").then_some((url.host()?.to_owned(), url.port()))
}

fn name_url(named: &mut Vec<(Host, u16)>, url: &Url) {
    if let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) {
        name(named, host.to_owned(), Some(port));
    }
}

fn name(named: &mut Vec<(Host, u16)>, host: Host, port: Option<u16>) {
    let host = normal(host);
    match port {
        Some(port) if !WEB_PORTS.contains(&port) => named.push((host, port)),
        _ => named.extend(WEB_PORTS.map(|port| (host.clone(), port))),
    }
}

/// `portal.lan.` is `portal.lan`; the `url` crate has already made lower case and punycode of it.
fn normal(host: Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.trim_end_matches('.').to_owned()),
        address => address,
    }
}

/// Whether an address is not of the public Internet: this machine, a private network, the cloud's metadata, multicast,
/// reserved blocks (IANA's special-purpose registries), or an IPv6 form that wraps such an IPv4 address.
pub(super) fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inside_v4(address),
        IpAddr::V6(address) => is_inside_v6(address),
    }
}

fn is_inside_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        [0 | 10 | 127, ..] => true,
        // Shared address space of carriers (RFC 6598).
        [100, b, ..] => (64..128).contains(&b),
        [169, 254, ..] | [192, 168, ..] => true,
        [172, b, ..] => (16..32).contains(&b),
        // IETF assignments, documentation, the retired 6to4 relay.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        // Benchmarks.
        [198, 18 | 19, ..] => true,
        [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    }
}

fn is_inside_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        // `::`, `::1` and the IPv4-compatible form, all of it retired.
        [0, 0, 0, 0, 0, 0, _, _] => true,
        // IPv4-mapped; IPv4-translated (RFC 2765).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            is_inside_v4(v4(high, low))
        }
        // NAT64: the well-known prefix wraps an IPv4 address, the local one (RFC 8215) is a site's own.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_inside_v4(v4(high, low)),
        [0x64, 0xff9b, ..] => true,
        // Discard-only.
        [0x100, ..] => true,
        // Teredo: the server's address as it is, the client's with its bits turned (RFC 4380 §4).
        [0x2001, 0, high, low, _, _, client_high, client_low] => {
            is_inside_v4(v4(high, low)) || is_inside_v4(v4(!client_high, !client_low))
        }
        // The other protocol assignments of the IETF (2001::/23), documentation.
        [0x2001, b, ..] if b < 0x200 => true,
        [0x2001, 0xdb8, ..] => true,
        // 6to4.
        [0x2002, high, low, ..] => is_inside_v4(v4(high, low)),
        // ISATAP, which ends in an IPv4 address after any prefix (RFC 5214 §6.1).
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => is_inside_v4(v4(high, low)),
        // The Internet's unicast is 2000::/3; 3fff::/20 in it is for documentation.
        [0x3fff, b, ..] if b < 0x1000 => true,
        [a, ..] => a & 0xe000 != 0x2000,
    }
}

/// Looks names up for a client, and hands on only the addresses that it may connect to.
pub(super) struct GuardedResolver {
    pub reach: AddressReach,
    pub names: NameCache,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, names) = (self.reach, self.names.clone());
        Box::pin(async move {
            let found = names.addresses(name.as_str()).await.map_err(Unresolved::NoAddress)?;
            if found.is_empty() {
                return Err(Unresolved::NoAddress("an empty answer".to_owned()).into());
            }
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|found| reach == AddressReach::Anywhere || !is_inside(found.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(Unresolved::OnlyInside.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Why a name led nowhere.
#[derive(Debug)]
pub(super) enum Unresolved {
    NoAddress(String),
    OnlyInside,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unresolved::NoAddress(why) => f.write_str(why),
            Unresolved::OnlyInside => f.write_str("the name has inside addresses only"),
        }
    }
}

impl Error for Unresolved {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono_tz::Asia::Ho_Chi_Minh;

    use crate::fetch::client::Clients;
    use crate::fetch::failure::no_answer;
    use crate::fetch::{FetchFailure, Limits, name_cache};
    use bantin_model::{Pace, SourceId};

    use super::*;

    fn source(url: &str, inside: &[&str]) -> Source {
        Source {
            id: SourceId::parse("tin").unwrap(),
            name: "Tin".into(),
            url: url.parse().unwrap(),
            pace: Pace::Adaptive,
            zone: Ho_Chi_Minh,
            recipe: Default::default(),
            extra_ca: None,
            inside: inside.iter().map(|entry| entry.to_string()).collect(),
            max_new: 50,
            managed_by: ManagedBy::File,
        }
    }

    /// What an article's address is answered, for a source with this URL and this `inside` list.
    fn check(source_url: &str, inside: &[&str], url: &str, expected: Option<AddressReach>) {
        let url: Url = url.parse().unwrap();
        let guard = AddressGuard::new(&source(source_url, inside), Purpose::Article, &url, &[]);
        assert_eq!(guard.check(&url).ok(), expected, "{url} for {source_url}, inside {inside:?}");
    }

    #[test]
    fn p8_an_inside_address_is_known_in_each_of_its_forms() {
        let inside = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 \
            169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 \
            198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
            :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 \
            64:ff9b::10.0.0.1 64:ff9b:1::808:808 100::1 2001:0:7f00:1::1 2001:0:808:808::f5ff:fffe 2001:2::1 2001:10::1 \
            2001:db8::1 2002:7f00:1::1 2002:a00:1::1 2002:c0a8:101::1 2a00::5efe:7f00:1 2a00::200:5efe:a00:1 3fff::1 \
            5f00::1 fc00::1 fd12:3456:789a::1 fe80::1 fec0::1 ff02::1 ff0e::1";
        for text in inside.split_whitespace() {
            assert!(is_inside(text.parse().expect(text)), "{text} is inside");
        }
        let outside = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 \
            169.253.255.255 172.15.255.255 172.32.0.0 192.0.1.1 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 \
            223.255.255.255 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2001:0:808:808::f7f7:f7f7 2001:200::1 2001:4860:4860::8888 \
            2002:808:808::1 2400:cb00::1 2606:4700::1111 3ffe::1";
        for text in outside.split_whitespace() {
            assert!(!is_inside(text.parse().expect(text)), "{text} is outside");
        }
    }

    #[test]
    fn p8_a_source_of_the_admin_pages_is_inside_only_where_the_config_names_it() {
        let check = |url: &str, inside: &[&str], expected: Option<AddressReach>| {
            let source = Source { managed_by: ManagedBy::Store, ..source(url, &["10.0.0.1:8080"]) };
            let inside: Vec<String> = inside.iter().map(|entry| entry.to_string()).collect();
            for purpose in [Purpose::Listing, Purpose::Article] {
                let guard = AddressGuard::new(&source, purpose, &source.url, &inside);
                let told = guard.check(&source.url);
                assert!(told.as_ref().err().is_none_or(|why| why.contains("[admin]")), "{told:?}");
                assert_eq!(told.ok(), expected, "{url} with {inside:?}");
            }
        };
        check("http://10.0.0.1:8080/tin", &[], None);
        check("http://localhost/tin", &[], None);
        check("https://portal.gov.vn/tin", &[], Some(AddressReach::Outside));
        check("https://portal.gov.vn:8443/tin", &[], None);
        check("http://10.0.0.1:8080/tin", &["10.0.0.1:8080"], Some(AddressReach::Anywhere));
        check("http://10.0.0.1:8081/tin", &["10.0.0.1:8080"], None);
    }

    #[test]
    fn p8_an_article_may_be_inside_only_where_its_source_is_named_so() {
        use AddressReach::{Anywhere, Outside};
        let lan = "http://192.168.1.5:8080/tin";
        check(lan, &[], "http://192.168.1.5:8080/bai/1", Some(Anywhere));
        check(lan, &[], "http://192.168.1.5/bai/1", None);
        check(lan, &[], "http://192.168.1.5:8081/bai/1", None);
        check(lan, &[], "http://192.168.1.6:8080/bai/1", None);
        check(lan, &[], "http://example.gov.vn/bai/1", Some(Outside));
        check(lan, &["192.168.1.6"], "http://192.168.1.6/bai/1", Some(Anywhere));
        check(lan, &["192.168.1.6"], "https://192.168.1.6/bai/1", Some(Anywhere));
        check(lan, &["192.168.1.6"], "http://192.168.1.6:8080/bai/1", None);
        check(lan, &["192.168.1.6:9000"], "http://192.168.1.6:9000/bai/1", Some(Anywhere));
        check(lan, &["192.168.1.6:9000"], "http://192.168.1.6/bai/1", None);
        check(lan, &["fd00::5", "Báo.lan."], "http://[fd00:0:0::5]/", Some(Anywhere));
        check(lan, &["fd00::5", "Báo.lan."], "https://báo.lan/", Some(Anywhere));
        check("https://portal.gov.vn/", &[], "http://portal.gov.vn./bai", Some(Anywhere));
        check("https://portal.gov.vn/", &[], "http://portal.gov.vn.evil.example/", Some(Outside));
        check("https://portal.gov.vn/", &["x/y", "", "a b", "@"], "http://10.0.0.1/", None);
    }

    #[test]
    fn p8_this_machine_by_its_own_name_is_inside() {
        for url in ["http://localhost/", "http://LOCALHOST./", "https://a.localhost/"] {
            check("https://portal.gov.vn/", &[], url, None);
        }
        check(
            "http://localhost:8080/",
            &[],
            "http://localhost:8080/",
            Some(AddressReach::Anywhere),
        );
        check("https://portal.gov.vn/", &[], "http://localhost.vn/", Some(AddressReach::Outside));
    }

    #[tokio::test]
    async fn p8_a_resolver_hands_inside_addresses_on_only_for_names_of_the_config() {
        let found = |reach| {
            let names = NameCache::new(name_cache::of_the_system());
            GuardedResolver { reach, names }.resolve("localhost".parse().unwrap())
        };
        assert!(found(AddressReach::Anywhere).await.unwrap().all(|found| found.ip().is_loopback()));
        let refused = found(AddressReach::Outside).await.err().unwrap();
        assert!(matches!(refused.downcast_ref(), Some(Unresolved::OnlyInside)), "{refused}");
    }

    #[tokio::test]
    async fn p8_a_client_for_the_outside_makes_no_connection_to_a_name_that_leads_inside() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let url: Url = format!("http://localhost:{port}/").parse().unwrap();
        let clients =
            Clients::new(Limits::default(), NameCache::new(name_cache::of_the_system())).unwrap();
        let outside = clients.get(AddressReach::Outside, None).await.unwrap();
        let error = outside.get(url.clone()).send().await.unwrap_err();
        let told = no_answer(&error, &url, &source(url.as_str(), &[]), &Limits::default());
        assert_eq!(told.kind, FetchFailure::Forbidden, "{told}");
        assert_eq!(told.detail, inside_sentence("localhost", "source tin"));
        assert!(listener.accept().is_err(), "a connection was made");

        let anywhere = clients.get(AddressReach::Anywhere, None).await.unwrap();
        let asked = anywhere.get(url).timeout(Duration::from_millis(500)).send().await;
        assert!(asked.unwrap_err().is_timeout());
        assert!(listener.accept().is_ok(), "no connection was made");
    }

    #[test]
    fn p8_only_the_webs_schemes_and_ports_are_asked() {
        let portal = "https://portal.gov.vn/";
        for url in [
            "ftp://portal.gov.vn/",
            "file:///etc/passwd",
            "gopher://portal.gov.vn/",
            "data:text/html,x",
            "javascript:alert(1)",
            "http://example.com:22/",
            "http://example.com:6379/",
            "https://example.com:8443/",
            "ws://portal.gov.vn/",
        ] {
            check(portal, &[], url, None);
        }
        check(portal, &[], "http://example.com:443/", Some(AddressReach::Outside));
        check(
            portal,
            &["example.com:8443"],
            "https://example.com:8443/",
            Some(AddressReach::Anywhere),
        );
    }
}
