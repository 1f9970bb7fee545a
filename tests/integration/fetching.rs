//! Fetching, against portals on loopback that behave well, badly and not at all.
use crate::made;
use crate::origin;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bantin::clock::Clock;
use bantin::fetch::{
    FetchError, FetchFailure, FetchRequest, FetchSession, FetchSettings, Fetched, FetchedPage,
    Fetcher, Limits, NameLookup, Purpose,
};
use bantin_model::limits::LOOKUPS;
use bantin_model::{Breakage, Source, Validators};
use chrono::TimeDelta;
use futures_util::future::join_all;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use crate::origin::{Answer, Origin, Request, gzip};

fn settings() -> FetchSettings {
    FetchSettings {
        user_agent: "bantin/0.1.0 (+https://tin.example.gov.vn)".into(),
        spacing: Duration::ZERO,
        robots: false,
        inside_of_admin: Vec::new(),
    }
}

fn with_robots() -> FetchSettings {
    FetchSettings { robots: true, ..settings() }
}

fn clock() -> Clock {
    Clock::set_to("2024-02-29T08:00:00Z".parse().unwrap())
}

/// Small enough for a test to pass each of them.
fn small() -> Limits {
    Limits {
        page_bytes: 100_000,
        robots_bytes: 2_000,
        connect: Duration::from_millis(1_500),
        headers: Duration::from_millis(2_000),
        total: Duration::from_millis(3_000),
        min_bytes_per_second: 64,
        slow_after: Duration::from_millis(400),
        ..Limits::default()
    }
}

fn fetcher(settings: FetchSettings) -> Fetcher {
    Fetcher::with_limits(settings, clock(), small()).unwrap()
}

fn source(url: Url) -> Source {
    made::source("tin", "Tin", url.as_str())
}

async fn listing(
    fetcher: &Fetcher,
    source: &Source,
    validators: Option<&Validators>,
) -> Result<Fetched, FetchError> {
    fetcher
        .get(FetchRequest { url: &source.url, source, purpose: Purpose::Listing, validators })
        .await
}

async fn article(fetcher: &Fetcher, source: &Source, url: &Url) -> Result<Fetched, FetchError> {
    fetcher.get(FetchRequest { url, source, purpose: Purpose::Article, validators: None }).await
}

async fn page_of(fetcher: &Fetcher, url: Url) -> FetchedPage {
    page(listing(fetcher, &source(url), None).await)
}

fn page(fetched: Result<Fetched, FetchError>) -> FetchedPage {
    match fetched {
        Ok(Fetched::Page(page)) => page,
        other => panic!("a page was expected, not {other:?}"),
    }
}

async fn error_of(fetcher: &Fetcher, url: Url) -> FetchError {
    let fetched = listing(fetcher, &source(url), None).await;
    fetched.expect_err("no page was expected")
}

fn text(page: &FetchedPage) -> &str {
    std::str::from_utf8(&page.body).unwrap()
}

/// Fetches a listing and compares the failure's kind, and its sentence with the origin's address as "ORIGIN".
async fn check(portal: &Origin, target: &str, kind: FetchFailure, sentence: &str) {
    check_with(&fetcher(settings()), portal, target, kind, sentence).await;
}

async fn check_with(
    fetcher: &Fetcher,
    portal: &Origin,
    target: &str,
    kind: FetchFailure,
    sentence: &str,
) {
    let error = error_of(fetcher, portal.url(target)).await;
    let detail = error.detail.replace(&portal.address().to_string(), "ORIGIN");
    assert_eq!((error.kind, detail.as_str()), (kind, sentence));
}

// Conditional requests

#[tokio::test]
async fn p10_validators_go_back_exactly_as_they_came_and_a_304_keeps_them() {
    let portal = Origin::start().await;
    let answer = Answer::page("<p>Tin").etag("W/\"a,  b\"").last_modified("29/02/2024 8:00:00 SA");
    portal.on("/tin", answer.conditional());
    let (fetcher, source) = (fetcher(settings()), source(portal.url("/tin")));

    let first = page(listing(&fetcher, &source, None).await);
    assert_eq!(text(&first), "<p>Tin");
    let second = listing(&fetcher, &source, Some(&first.validators)).await;
    assert_eq!(second, Ok(Fetched::Unchanged(first.validators)));
    let request = &portal.requests("/tin")[1];
    assert_eq!(request.header("if-none-match"), Some("W/\"a,  b\""));
    assert_eq!(request.header("if-modified-since"), Some("29/02/2024 8:00:00 SA"));
}

#[tokio::test]
async fn p10_a_304_with_new_validators_replaces_those_it_names() {
    let portal = Origin::start().await;
    portal.on("/tin", Answer::bytes("").with_status(304).etag("\"2\""));
    let had = Validators {
        etag: Some("\"1\"".into()),
        last_modified: Some("hôm qua".into()),
        ..Validators::default()
    };
    let told = listing(&fetcher(settings()), &source(portal.url("/tin")), Some(&had)).await;
    let kept = Validators { etag: Some("\"2\"".into()), ..had };
    assert_eq!(told, Ok(Fetched::Unchanged(kept)));
}

#[tokio::test]
async fn p10_a_request_says_who_we_are_and_nothing_that_nobody_asked_for() {
    let portal = Origin::start().await;
    portal.on("/tin", Answer::page("<p>Tin").header("Set-Cookie", "a=b; Path=/"));
    let (fetcher, source) = (fetcher(settings()), source(portal.url("/tin")));
    let first = page(listing(&fetcher, &source, None).await);
    assert_eq!(first.validators, Validators::default());
    page(listing(&fetcher, &source, Some(&first.validators)).await);
    for request in portal.requests("/tin") {
        let sent: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let mut sent: Vec<&str> = sent.iter().map(String::as_str).collect();
        sent.sort_unstable();
        let host = format!("host: {}", portal.address());
        assert_eq!(
            sent,
            [
                "accept-encoding: zstd,gzip,br",
                "accept-language: vi,en;q=0.5",
                "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1",
                &host,
                "user-agent: bantin/0.1.0 (+https://tin.example.gov.vn)",
            ]
        );
    }
}

#[tokio::test]
async fn a_304_to_a_request_without_conditions_is_a_fault_and_not_an_unchanged_page() {
    let portal = Origin::start().await;
    portal.on("/tin", Answer::bytes("").with_status(304));
    check(
        &portal,
        "/tin",
        FetchFailure::Broken,
        "http://ORIGIN/tin answered 304 Not Modified to a request without conditions",
    )
    .await;
}

#[tokio::test]
async fn p10_behind_a_redirect_validators_go_only_to_the_address_they_came_from() {
    let portal = Origin::start().await;
    portal.on("/", Answer::redirect(301, "/tin").etag("\"of the redirect\""));
    portal.on("/tin", Answer::page("<p>Tin").etag("\"of the page\"").conditional());
    let (fetcher, source) = (fetcher(settings()), source(portal.url("/")));
    let first = page(listing(&fetcher, &source, None).await);
    let second = listing(&fetcher, &source, Some(&first.validators)).await;
    assert_eq!(second, Ok(Fetched::Unchanged(first.validators)));
    let sent = |target: &str| -> Vec<Option<String>> {
        let requests = portal.requests(target);
        requests.iter().map(|r| r.header("if-none-match").map(str::to_owned)).collect()
    };
    assert_eq!(sent("/"), [None, None]);
    assert_eq!(sent("/tin"), [None, Some("\"of the page\"".into())]);
}

// Redirects

#[tokio::test]
async fn redirects_are_followed_by_every_status_and_spelling() {
    for (status, to, expected) in [
        (301, "/tin/m%C3%A1y", "/tin/m%C3%A1y"),
        (302, "máy", "/a/m%C3%A1y"),
        (303, "../tin moi?q=a b#c", "/tin%20moi?q=a%20b"),
        (307, "?trang=2", "/a/b?trang=2"),
        (308, "//ORIGIN/tin", "/tin"),
        (302, " http://ORIGIN/tin ", "/tin"),
        (302, "http://an:bi-mat@ORIGIN/tin", "/tin"),
        (302, "\\tin\\1", "/tin/1"),
    ] {
        let portal = Origin::start().await;
        let to = to.replace("ORIGIN", &portal.address().to_string());
        portal.on("/a/b", Answer::redirect(status, &to));
        portal.on(expected, Answer::page("<p>Tin"));
        let found = page_of(&fetcher(settings()), portal.url("/a/b")).await;
        assert_eq!(found.url, portal.url(expected), "{status} {to}");
        let last = &portal.all_requests()[1];
        assert_eq!((last.header("referer"), last.header("authorization")), (None, None));
    }
}

#[tokio::test]
async fn a_redirect_in_a_foreign_encoding_is_sent_back_byte_for_byte() {
    let portal = Origin::start().await;
    portal.on("/", Answer::redirect(302, b"/m\xe1y"));
    portal.on("/m%E1y", Answer::page("<p>Tin"));
    page_of(&fetcher(settings()), portal.url("/")).await;
}

#[tokio::test]
async fn p11_redirects_that_lead_nowhere_are_named() {
    let portal = Origin::start().await;
    portal.on("/tu", Answer::redirect(302, "/tu"));
    portal.on("/a", Answer::redirect(302, "/b#x"));
    portal.on("/b", Answer::redirect(302, "/a#y"));
    portal.on("/im", Answer::status(302));
    portal.on("/sai", Answer::redirect(302, "http://[:/"));
    for number in 1..7 {
        portal.on(&format!("/{number}"), Answer::redirect(302, format!("/{}", number + 1)));
    }
    portal.on("/7", Answer::page("<p>Tin"));
    for (target, sentence) in [
        ("/tu", "redirects lead in a circle: http://ORIGIN/tu → http://ORIGIN/tu"),
        ("/a", "redirects lead in a circle: http://ORIGIN/a → http://ORIGIN/b → http://ORIGIN/a"),
        ("/im", "http://ORIGIN/im redirects without saying where to"),
        (
            "/sai",
            "http://ORIGIN/sai redirects to \"http://[:/\", which is no address (invalid IPv6 address)",
        ),
        ("/1", "more than 5 redirects from http://ORIGIN/1; the last leads to http://ORIGIN/7"),
    ] {
        check(&portal, target, FetchFailure::Redirects, sentence).await;
    }
    assert!(portal.requests("/7").is_empty());
    page_of(&fetcher(settings()), portal.url("/2")).await;
}

#[tokio::test]
async fn a_redirect_to_a_login_page_is_blocked_and_the_login_page_not_asked() {
    for login in [
        "/Login.aspx?ReturnUrl=%2f",
        "/c/portal/login",
        "/dang-nhap.html",
        "/_layouts/15/Authenticate.aspx",
    ] {
        let portal = Origin::start().await;
        portal.on("/tin", Answer::redirect(302, login));
        let error = error_of(&fetcher(settings()), portal.url("/tin")).await;
        assert_eq!(error.kind, FetchFailure::Blocked, "{login}");
        assert_eq!(error.kind.breakage(), Breakage::Blocked);
        assert_eq!(portal.hits(), 1, "{login}");
    }
    let portal = Origin::start().await;
    portal.on("/tin", Answer::redirect(302, "/home?returnUrl=/tin"));
    portal.on("/home?returnUrl=/tin", Answer::page("<form><input type='password'></form>"));
    check(
        &portal,
        "/tin",
        FetchFailure::Blocked,
        "the page led to a login page, http://ORIGIN/home?…: is it meant for the public?",
    )
    .await;
    // An article about logging in is no login page.
    portal.on("/1", Answer::redirect(302, "/huong-dan-dang-nhap-vneid"));
    portal.on("/huong-dan-dang-nhap-vneid", Answer::page("<p>type=\"password\""));
    page_of(&fetcher(settings()), portal.url("/1")).await;
}

/// A portal whose first answer sets a cookie and redirects to where the visitor is.
fn asks_for_a_cookie(portal: &Origin, target: &str, to: &str) {
    let to = to.to_owned();
    portal.route(target, move |request| match request.header("cookie") {
        Some(cookies) if cookies.contains("vao=1") => Answer::page("<p>Tin"),
        _ => Answer::redirect(302, &to).header("Set-Cookie", "vao=1; Path=/"),
    });
}

#[tokio::test]
async fn a_circle_that_a_cookie_ends_is_walked_once_more_with_it() {
    let portal = Origin::start().await;
    asks_for_a_cookie(&portal, "/tin", "/tin");
    asks_for_a_cookie(&portal, "/a", "/b");
    portal.on("/b", Answer::redirect(302, "/a"));
    portal.on("/c", Answer::redirect(302, "/d").header("Set-Cookie", "vao=1"));
    asks_for_a_cookie(&portal, "/d", "/c");
    let fetcher = fetcher(settings());
    for (target, hits) in [("/tin", 2), ("/a", 3), ("/c", 4)] {
        let before = portal.hits();
        let page = page_of(&fetcher, portal.url(target)).await;
        assert_eq!((text(&page), portal.hits() - before), ("<p>Tin", hits), "{target}");
    }
    // The cookie was of that fetch.
    page_of(&fetcher, portal.url("/tin")).await;
    assert_eq!(portal.requests("/tin")[2].header("cookie"), None);
    // One that changes nothing is sent once, and one that is another each time so often as redirects are followed.
    portal.on("/vong", Answer::redirect(302, "/vong").header("Set-Cookie", "a=1"));
    let circle =
        "redirects lead in a circle: http://ORIGIN/vong → http://ORIGIN/vong → http://ORIGIN/vong";
    check(&portal, "/vong", FetchFailure::Redirects, circle).await;
    assert_eq!(portal.requests("/vong").len(), 2);
    let count = Arc::new(Mutex::new(0));
    portal.route("/moi", move |_| {
        let mut count = count.lock().unwrap();
        *count += 1;
        Answer::redirect(302, "/moi").header("Set-Cookie", format!("a={count}"))
    });
    assert_eq!(error_of(&fetcher, portal.url("/moi")).await.kind, FetchFailure::Redirects);
    assert!(portal.requests("/moi").len() <= 7);
}

const BARE: &str = "<html><head><title>Sở</title></head><body>Xin chờ</body></html>";

#[tokio::test]
async fn a_page_that_only_leads_on_is_followed_once() {
    let portal = Origin::start().await;
    portal.on("/tin", Answer::page("<p>Tin").etag("\"1\"").conditional());
    portal.on("/dau", Answer::page(BARE).header("Refresh", "0; url=/tin"));
    portal.on("/meta", Answer::page("<meta http-equiv=refresh content='1;url=tin'>"));
    portal.on("/ma", Answer::page("<script>window.location.href = \"/tin\";</script>"));
    portal.on(
        "/khung",
        Answer::page("<frameset cols='20%,*'><frame src=menu><frame src=tin></frameset>"),
    );
    portal
        .on("/trong", Answer::page("<a href=/>Trang chủ</a><iframe src=/tin height=800></iframe>"));
    let fetcher = fetcher(settings());
    for target in ["/dau", "/meta", "/ma", "/khung", "/trong"] {
        let page = page_of(&fetcher, portal.url(target)).await;
        assert_eq!((page.url, page.validators.moved), (portal.url("/tin"), None), "{target}");
    }
    // As by a redirect, the validators are those of where it leads.
    let of = source(portal.url("/meta"));
    let first = page(listing(&fetcher, &of, None).await);
    let second = listing(&fetcher, &of, Some(&first.validators)).await;
    assert!(matches!(second, Ok(Fetched::Unchanged(_))), "{second:?}");
    // What an article shows in a frame is a film.
    let shown = page(article(&fetcher, &of, &portal.url("/trong")).await);
    assert_eq!(shown.url, portal.url("/trong"));
    let moved = page(article(&fetcher, &of, &portal.url("/ma")).await);
    assert_eq!(moved.url, portal.url("/tin"));
    // Once.
    portal.on("/mot", Answer::page("<meta http-equiv=refresh content='0;url=/meta'>"));
    assert_eq!(page_of(&fetcher, portal.url("/mot")).await.url, portal.url("/meta"));
    // To itself it is a page that reloads.
    portal.on("/lai", Answer::page("<meta http-equiv=refresh content='0;url=/lai'>"));
    assert_eq!(page_of(&fetcher, portal.url("/lai")).await.url, portal.url("/lai"));
    portal.on("/kin", Answer::page("<meta http-equiv=refresh content='0;url=/dang-nhap.html'>"));
    assert_eq!(error_of(&fetcher, portal.url("/kin")).await.kind, FetchFailure::Blocked);
}

#[tokio::test]
async fn p10_where_a_page_leads_robots_txt_is_obeyed() {
    let portal = Origin::start().await;
    portal.on("/robots.txt", Answer::text("User-agent: *\nDisallow: /kin"));
    portal.on("/di", Answer::page("<meta http-equiv=refresh content='0;url=/kin'>"));
    let error = error_of(&fetcher(with_robots()), portal.url("/di")).await;
    assert_eq!(error.kind, FetchFailure::Blocked);
    assert!(portal.requests("/kin").is_empty());
}

// Limits

#[tokio::test]
async fn p11_a_server_that_is_slow_in_any_way_is_given_up() {
    let portal = Origin::start().await;
    portal.on("/im", Answer::hang());
    portal.on("/giot", Answer::page("x".repeat(1000)).drip(Duration::from_millis(100)));
    portal.on("/tram", Answer::page("x".repeat(100_000)).drip(Duration::from_millis(1)));
    portal.on("/vong", Answer::redirect(302, "/vong2").wait(Duration::from_millis(1_200)));
    portal.on("/vong2", Answer::redirect(302, "/vong3").wait(Duration::from_millis(1_200)));
    portal.on("/vong3", Answer::page("<p>Tin").wait(Duration::from_millis(1_200)));
    let tell = async |target: &str, words: &str, seconds: f64| {
        let started = Instant::now();
        let error = error_of(&fetcher(settings()), portal.url(target)).await;
        let took = started.elapsed().as_secs_f64();
        assert_eq!(error.kind, FetchFailure::Timeout, "{target}: {error}");
        assert!(error.detail.contains(words), "{target}: {error}");
        assert!((seconds - 0.1..seconds + 1.5).contains(&took), "{target} took {took}");
        assert!(error.kind.may_pass());
    };
    tokio::join!(
        tell("/im", "sent no complete headers within 2 s", 2.0),
        tell("/giot", "comes at less than 64 bytes a second", 0.4),
        tell("/tram", "was not complete within 3 s, redirects included", 3.0),
        tell("/vong", "/vong3 was not complete within 3 s, redirects included", 3.0),
    );
}

#[tokio::test]
async fn p11_a_body_that_stalls_in_its_midst_is_given_up() {
    let portal = Origin::start().await;
    portal.on("/tin", Answer::page("<p>Tin").claim(10_000));
    let error = error_of(&fetcher(settings()), portal.url("/tin")).await;
    assert_eq!(error.kind, FetchFailure::Timeout, "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_take_connections_runs_into_the_time_limit() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // The kernel drops further handshakes when the queue is full.
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..8 {
        waiting.spawn(tokio::net::TcpStream::connect(address));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let error = error_of(&fetcher(settings()), url).await;
    assert_eq!(error.kind, FetchFailure::Timeout);
    assert_eq!(
        error.detail,
        format!(
            "{address} made no connection with us within 1.5 s: the portal is down, or a firewall drops our packets"
        )
    );
}

#[tokio::test]
async fn p11_a_page_is_counted_after_decoding() {
    let portal = Origin::start().await;
    let (most, more) = ("x".repeat(100_000), "x".repeat(100_001));
    portal.on("/vua", Answer::page(most.clone()));
    portal.on("/vua-gz", Answer::page(most.clone()).gzip());
    portal.on("/vua-chunk", Answer::page(most).chunked());
    for target in ["/vua", "/vua-gz", "/vua-chunk"] {
        assert_eq!(page_of(&fetcher(settings()), portal.url(target)).await.body.len(), 100_000);
    }
    portal.on("/to", Answer::page(more.clone()));
    portal.on("/to-chunk", Answer::page(more.clone()).chunked());
    portal.on("/to-gz", Answer::page(more.clone()).gzip());
    portal.on("/to-br", Answer::page(more.clone()).brotli());
    portal.on("/to-zstd", Answer::page(more.clone()).zstd());
    portal.on("/to-deflate", Answer::page(more.clone()).deflate());
    portal.on("/to-raw", Answer::page(more).raw_deflate());
    portal.on("/khoe", Answer::page("x").claim(1_000_000_000_000));
    for target in
        ["/to", "/to-chunk", "/to-gz", "/to-br", "/to-zstd", "/to-deflate", "/to-raw", "/khoe"]
    {
        let error = error_of(&fetcher(settings()), portal.url(target)).await;
        assert_eq!(error.kind, FetchFailure::TooLarge, "{target}: {error}");
        assert!(error.detail.contains("where at most 100000 bytes are read"), "{error}");
    }
}

#[tokio::test]
async fn p11_a_bomb_in_any_coding_stops_at_the_cap() {
    // 256 MiB of spaces as Brotli.
    const BROTLI: &str = "cbffff3f002440e2b14072effff8ffff078004401c1680eefd1fffffff00900088c302d0bdffe3ffff1f001200715800baf7\
        7ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb3ffeffff012001108705a07b\
        ffc7ffff3f002400e2b00074effff8ffff078004401c1680eefd1fffffff00900088c302d0bdffe3ffff1f001200715800ba\
        f77ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb3ffeffff012001108705a0\
        7bffc7ffff3f002400e2b00074effff8ffff078004401c1680eefd1fffffff00900088c302d0bdffe3ffff1f001200715800\
        baf77ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb3ffeffff012001108705\
        a07bffc7ffff3f002400e2b00074effff8ffff078004401c1680eefd1fffffff00900088c302d0bdffe3ffff1f0012007158\
        00baf77ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb3ffeffff0120011087\
        05a07bff670003";
    let brotli: Vec<u8> = BROTLI
        .as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect();
    let zeros = vec![0; 64 << 20];
    let once = gzip(&zeros);
    let portal = Origin::start().await;
    let coded = |coding: &str, body: Vec<u8>| Answer::page("").encoded(coding, body);
    portal.on("/br", coded("br", brotli));
    portal.on("/zstd", coded("zstd", origin::zstd_bomb(1 << 30)));
    portal.on("/gzip", coded("gzip", once.clone()));
    portal.on("/x-gzip", coded("X-GZip", once.clone()));
    portal.on("/two", coded("gzip, gzip", gzip(&once)));
    portal.on("/deflate", Answer::page(zeros).deflate());
    for target in ["/br", "/zstd", "/gzip", "/x-gzip", "/two", "/deflate"] {
        let error = error_of(&fetcher(settings()), portal.url(target)).await;
        assert_eq!(error.kind, FetchFailure::TooLarge, "{target}: {error}");
    }
}

#[tokio::test]
async fn a_page_in_any_coding_is_read_and_a_lying_one_refused() {
    let portal = Origin::start().await;
    let html = "<p>Họp giao ban ".repeat(5_000);
    let plain = || Answer::page(html.clone());
    portal.on("/gzip", plain().gzip());
    portal.on("/br", plain().brotli());
    portal.on("/zstd", plain().zstd());
    portal.on("/deflate", plain().deflate());
    portal.on("/raw", plain().raw_deflate());
    portal.on("/upper", plain().encoded("GZIP", gzip(html.as_bytes())));
    portal.on("/twice", plain().encoded("gzip, x-gzip", gzip(&gzip(html.as_bytes()))));
    portal.on("/none", plain().header("Content-Encoding", "identity"));
    // The character set in the place of the coding, and other words for none.
    for (at, said) in [
        "utf-8",
        "UTF8",
        "charset=utf-8",
        "windows-1258",
        "none",
        "8bit",
        "text/html",
        "utf-8, identity",
    ]
    .into_iter()
    .enumerate()
    {
        portal.on(&format!("/chu/{at}"), plain().header("Content-Encoding", said));
    }
    let large = Limits { page_bytes: 1 << 20, ..small() };
    let fetcher = Fetcher::with_limits(settings(), clock(), large).unwrap();
    for target in ["/gzip", "/br", "/zstd", "/deflate", "/raw", "/upper", "/twice", "/none"] {
        let page = page_of(&fetcher, portal.url(target)).await;
        assert!(text(&page) == html, "{target}");
    }
    for at in 0..8 {
        let page = page_of(&fetcher, portal.url(&format!("/chu/{at}"))).await;
        assert!(text(&page) == html, "/chu/{at}");
    }
    portal.on("/empty", Answer::page("").encoded("gzip", ""));
    assert_eq!(text(&page_of(&fetcher, portal.url("/empty")).await), "");
    let cut = gzip(html.as_bytes());
    portal.on("/cut", plain().encoded("gzip", &cut[..cut.len() / 2]));
    portal.on("/lie", plain().header("Content-Encoding", "gzip"));
    portal.on("/what", plain().header("Content-Encoding", "lzma"));
    portal.on("/mixed", plain().header("Content-Encoding", "gzip, br"));
    for target in ["/cut", "/lie", "/what", "/mixed"] {
        let error = error_of(&fetcher, portal.url(target)).await;
        assert_eq!(error.kind, FetchFailure::Broken, "{target}: {error}");
        assert!(error.detail.contains("Content-Encoding"), "{target}: {error}");
    }
}

// Faults

#[tokio::test]
async fn a_connection_that_breaks_is_told_by_where_it_broke() {
    let portal = Origin::start().await;
    portal.on("/cup", Answer::hang_up());
    portal.on("/rac", Answer::raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    portal.on("/nua", Answer::raw("HTTP/1.1 200 OK\r\nContent-Type: text/ht"));
    portal.on("/cat", Answer::page("x".repeat(1000)).cut(500));
    portal.on(
        "/cat-chunk",
        Answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
    );
    for (target, sentence) in [
        (
            "/cup",
            "ORIGIN closed the connection without an answer (connection closed before message completed)",
        ),
        (
            "/rac",
            "ORIGIN answered something that is not HTTP (invalid HTTP version parsed): check the port",
        ),
        (
            "/nua",
            "ORIGIN closed the connection without an answer (connection closed before message completed)",
        ),
        (
            "/cat",
            "the page http://ORIGIN/cat broke off before its end (end of file before message length reached)",
        ),
        (
            "/cat-chunk",
            "the page http://ORIGIN/cat-chunk broke off before its end (end of file before message length reached)",
        ),
    ] {
        check(&portal, target, FetchFailure::Broken, sentence).await;
    }
}

#[tokio::test]
async fn a_host_that_is_not_there_is_told_from_one_that_refuses() {
    let fetcher = fetcher(settings());
    let error = error_of(&fetcher, Url::parse("http://khong-co.invalid/tin").unwrap()).await;
    assert_eq!(error.kind, FetchFailure::Name);
    assert!(error.detail.starts_with("the name khong-co.invalid has no address ("), "{error}");
    assert!(error.detail.ends_with("): check the url of source tin"), "{error}");

    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = error_of(&fetcher, Url::parse(&format!("http://{gone}/")).unwrap()).await;
    assert_eq!(error.kind, FetchFailure::Connect);
    assert_eq!(
        error.detail,
        format!("{gone} refuses connections: the portal is down, or the port is wrong")
    );
}

#[tokio::test]
async fn a_status_is_told_with_how_long_to_wait() {
    let portal = Origin::start().await;
    portal.on("/404", Answer::status(404));
    portal.on("/410", Answer::status(410));
    portal.on("/429", Answer::status(429).header("Retry-After", "120"));
    portal.on("/503", Answer::status(503).header("Retry-After", "Thu, 29 Feb 2024 09:00:00 GMT"));
    portal.on("/403", Answer::status(403).header("Retry-After", "99999999"));
    portal.on("/204", Answer::bytes("").with_status(204));
    portal.on("/206", Answer::page("x").with_status(206));
    portal.on("/300", Answer::status(300));
    for (status, wait, may_pass) in [
        (404, None, false),
        (410, None, false),
        (429, Some(120), true),
        (503, Some(3600), true),
        (403, Some(7 * 24 * 3600), false),
        (204, None, true),
        (206, None, true),
        (300, None, true),
    ] {
        let error = error_of(&fetcher(settings()), portal.url(&format!("/{status}"))).await;
        assert_eq!(error.kind, FetchFailure::Status(status));
        assert_eq!(error.retry_after, wait.map(Duration::from_secs), "{error}");
        assert_eq!(error.kind.may_pass(), may_pass, "{error}");
        assert!(error.detail.contains(&format!("/{status} answered {status} ")), "{error}");
    }
}

#[tokio::test]
async fn a_challenge_is_blocked_and_not_a_status_or_a_page() {
    let portal = Origin::start().await;
    portal.on(
        "/cf",
        Answer::status(403).header("cf-mitigated", "challenge").header("Retry-After", "60"),
    );
    portal.on(
        "/cf-js",
        Answer::page("<title>Just a moment...</title><script>cf_chl_opt").with_status(503),
    );
    portal.on(
        "/d1n",
        Answer::page(
            "<script>document.cookie=\"D1N=1\"+\"\";window.location.reload(true);</script>",
        ),
    );
    portal.on(
        "/f5",
        Answer::page(
            "<html>The requested URL was rejected. Please consult with your administrator.<br>",
        ),
    );
    portal.on("/imperva", Answer::page("<iframe src=\"/_Incapsula_Resource?x\">"));
    portal.on("/waf", Answer::status(202).header("x-amzn-waf-action", "challenge"));
    for target in ["/cf", "/cf-js", "/d1n", "/f5", "/imperva", "/waf"] {
        let error = error_of(&fetcher(settings()), portal.url(target)).await;
        assert_eq!(error.kind, FetchFailure::Blocked, "{target}: {error}");
        assert_eq!(error.retry_after, (target == "/cf").then_some(Duration::from_secs(60)));
    }
    // Cloudflare puts its script into good pages as well, and an article may be about captchas.
    let good = format!(
        "<script src='/cdn-cgi/challenge-platform/x.js'></script><p>g-recaptcha{}",
        "x ".repeat(9)
    );
    portal.on("/tot", Answer::page(good));
    page_of(&fetcher(settings()), portal.url("/tot")).await;
}

#[tokio::test]
async fn a_sitemap_that_is_a_gzip_file_is_read_however_it_is_declared() {
    let portal = Origin::start().await;
    let xml = "<urlset><url><loc>http://a.example/1</loc></url></urlset>".repeat(500);
    let typed = |mime: &str, body: &[u8]| Answer::bytes(body).header("Content-Type", mime);
    let packed = gzip(xml.as_bytes());
    portal.on("/a/sitemap.xml.gz", typed("application/x-gzip", &packed));
    portal.on("/b/sitemap.xml.gz", typed("text/xml", &packed));
    portal.on("/c/sitemap.xml.gz?part=2", typed("application/octet-stream", &packed));
    // A server that takes the ending for a coding: it is unpacked on the way.
    portal.on(
        "/d/sitemap.xml.gz",
        typed("application/xml", &packed).header("Content-Encoding", "gzip"),
    );
    let large = Limits { page_bytes: 1 << 20, ..small() };
    let fetcher = Fetcher::with_limits(settings(), clock(), large).unwrap();
    for target in
        ["/a/sitemap.xml.gz", "/b/sitemap.xml.gz", "/c/sitemap.xml.gz?part=2", "/d/sitemap.xml.gz"]
    {
        assert!(text(&page_of(&fetcher, portal.url(target)).await) == xml, "{target}");
    }
    // A download is still none, a bomb stops at the cap and a cut file is reported.
    portal.on("/backup.gz", typed("application/gzip", &packed));
    portal.on("/bomb.xml.gz", typed("application/gzip", &gzip(&vec![b' '; 4 << 20])));
    portal.on("/cut.xml.gz", typed("application/gzip", &packed[..packed.len() / 2]));
    for (target, kind) in [
        ("/backup.gz", FetchFailure::NotAPage),
        ("/bomb.xml.gz", FetchFailure::TooLarge),
        ("/cut.xml.gz", FetchFailure::Broken),
    ] {
        assert_eq!(error_of(&fetcher, portal.url(target)).await.kind, kind, "{target}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_not_taken_for_one() {
    let portal = Origin::start().await;
    let typed = |mime: &str, body: &[u8]| Answer::bytes(body).header("Content-Type", mime);
    for (number, (mime, body, kind)) in [
        ("application/pdf", &b"%PDF-1.7"[..], Some("\"application/pdf\"")),
        ("text/html", b"%PDF-1.7\n", Some("a PDF file")),
        ("image/png", b"x", Some("\"image/png\"")),
        ("image/svg+xml", b"<svg/>", Some("\"image/svg+xml\"")),
        ("application/zip", b"PK\x03\x04", Some("\"application/zip\"")),
        ("text/html", b"PK\x03\x04\x14", Some("a zip archive or an Office file")),
        ("application/octet-stream", b"MZ\x00\x01", Some("binary data")),
        ("application/json", b"{}", None),
        ("text/html", b"<p>", None),
        ("TEXT/HTML;charset=UTF-8", b"<p>", None),
        ("application/xhtml+xml", b"<p>", None),
        ("application/rss+xml", b"<rss/>", None),
        ("text/xml", b"<p>", None),
        ("text/plain", b"<p>", None),
        ("application/octet-stream", b"<p>", None),
        ("html", b"<p>", None),
        ("", b"<p>", None),
        ("", b"\xff\xfe<\x00p\x00>\x00", None),
        ("", b"", None),
    ]
    .into_iter()
    .enumerate()
    {
        let target = format!("/{number}");
        portal.on(&target, if mime.is_empty() { Answer::bytes(body) } else { typed(mime, body) });
        let told = listing(&fetcher(settings()), &source(portal.url(&target)), None).await;
        match (told, kind) {
            (Ok(Fetched::Page(page)), None) => {
                assert_eq!(page.body, body);
                assert_eq!(page.content_type.as_deref(), (!mime.is_empty()).then_some(mime));
            }
            (Err(error), Some(kind)) => {
                assert_eq!(error.kind, FetchFailure::NotAPage);
                assert!(error.detail.ends_with(&format!(" is not a page but {kind}")), "{error}");
            }
            (told, kind) => panic!("{mime} {body:?} gave {told:?} and not {kind:?}"),
        }
    }
}

#[tokio::test]
async fn headers_that_only_browsers_understand_cost_no_page() {
    let portal = Origin::start().await;
    portal.on(
        "/tin",
        Answer::raw(
            "HTTP/1.1 200\r\nContent-Type : text/html\r\nBad header\r\nX: a\r\n b\r\nETag: \"ti\u{1ebf}ng\"\r\n\r\n<p>Tin",
        ),
    );
    let page = page_of(&fetcher(settings()), portal.url("/tin")).await;
    assert_eq!(text(&page), "<p>Tin");
    assert_eq!(page.validators.etag.as_deref(), Some("\"tiếng\""));
}

// Politeness

#[tokio::test]
async fn p10_one_request_at_a_time_goes_to_a_host_and_by_one_connection() {
    let portal = Origin::start().await;
    portal.on("*", Answer::page("<p>Tin").wait(Duration::from_millis(20)));
    let fetcher = fetcher(with_robots());
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..12 {
        let (fetcher, url) = (fetcher.clone(), portal.url(&format!("/{number}")));
        asking.spawn(async move { page_of(&fetcher, url).await });
    }
    asking.join_all().await;
    assert_eq!((portal.most_in_flight(), portal.connections()), (1, 1));
    assert_eq!(portal.requests("/robots.txt").len(), 1);
    assert_eq!(portal.hits(), 13);
}

#[tokio::test]
async fn p10_requests_to_a_host_are_spaced_from_end_to_start_and_served_in_order() {
    let portal = Origin::start().await;
    portal.on("*", Answer::page("<p>Tin").wait(Duration::from_millis(50)));
    let fetcher = fetcher(FetchSettings { spacing: Duration::from_millis(200), ..settings() });
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (fetcher, url) = (fetcher.clone(), portal.url(&format!("/{number}")));
        asking.spawn(async move { page_of(&fetcher, url).await });
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    asking.join_all().await;
    let requests = portal.all_requests();
    let order: Vec<&str> = requests.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(order, ["/0", "/1", "/2", "/3"]);
    for pair in requests.windows(2) {
        let gap = pair[1].at - pair[0].answered.unwrap();
        assert!((170..400).contains(&gap.as_millis()), "a gap of {gap:?}");
    }
}

#[tokio::test]
async fn p10_an_ask_that_is_given_up_does_not_keep_the_hosts_turn() {
    let portal = Origin::start().await;
    portal.on("/im", Answer::hang());
    portal.on("/tin", Answer::page("<p>Tin"));
    let fetcher = fetcher(settings());
    let (slow, url) = (fetcher.clone(), portal.url("/im"));
    let asking = tokio::spawn(async move { error_of(&slow, url).await });
    while portal.hits() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    asking.abort();
    page_of(&fetcher, portal.url("/tin")).await;
}

#[tokio::test]
async fn a_slow_host_does_not_delay_another() {
    let (slow, quick) = (Origin::start().await, Origin::start().await);
    slow.on("/", Answer::hang());
    quick.on("/", Answer::page("<p>Tin"));
    let fetcher = fetcher(settings());
    let started = Instant::now();
    let asked = tokio::join!(error_of(&fetcher, slow.url("/")), async {
        page_of(&fetcher, quick.url("/")).await;
        started.elapsed()
    });
    assert!(asked.1 < Duration::from_secs(1), "took {:?}", asked.1);
}

/// A page of a portal that meets the first request of an old connection so, and serves by a new one.
async fn page_by_a_new_connection(by_the_old: fn() -> Answer) -> (Origin, Fetcher) {
    let portal = Origin::start().await;
    portal.on("/1", Answer::page("<p>Một"));
    portal.route("/2", move |request: &Request| match request.number {
        1 => by_the_old(),
        _ => Answer::page("<p>Hai"),
    });
    let fetcher = fetcher(settings());
    page_of(&fetcher, portal.url("/1")).await;
    assert_eq!(text(&page_of(&fetcher, portal.url("/2")).await), "<p>Hai");
    let connections: Vec<usize> = portal.all_requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
    (portal, fetcher)
}

#[tokio::test]
async fn an_idle_connection_that_the_server_has_closed_costs_no_page() {
    // The request is read and dropped.
    page_by_a_new_connection(Answer::hang_up).await;
}

#[tokio::test]
async fn an_idle_connection_that_went_dead_without_a_word_costs_no_page() {
    let (portal, fetcher) = page_by_a_new_connection(Answer::hang).await;
    // Once: a portal that is silent by a new connection too is asked no third time, nor twice when there is no old one.
    portal.on("/3", Answer::hang());
    for times in [2, 3] {
        error_of(&fetcher, portal.url("/3")).await;
        assert_eq!(portal.requests("/3").len(), times);
    }
}

/// Name servers that say nothing: of one name, then of as many as are looked up at once.
#[tokio::test]
async fn p5_p11_names_that_are_never_answered_for_hold_up_no_other_source() {
    let portal = Origin::start().await;
    portal.on("/", Answer::page("<p>Tin"));
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let (noted, address) = (asked.clone(), portal.address());
    let lookup: NameLookup = Arc::new(move |name| {
        noted.lock().unwrap().push(name.clone());
        Box::pin(async move {
            if name.starts_with("im-") {
                std::future::pending::<()>().await;
            }
            Ok(vec![address])
        })
    });
    let fetcher = Fetcher::with_lookup(settings(), clock(), small(), lookup).unwrap();
    let url = |name: &str| format!("http://{name}.vn:{}/", address.port()).parse::<Url>().unwrap();
    let times = |name: &str| asked.lock().unwrap().iter().filter(|asked| *asked == name).count();

    // Sources of one dead name, whose polls take turns.
    let silent = (0..3).map(|_| error_of(&fetcher, url("im-0")));
    let (errors, _) = tokio::join!(join_all(silent), page_of(&fetcher, url("song")));
    assert!(errors.iter().all(|error| error.kind == FetchFailure::Timeout), "{}", errors[0]);
    assert_eq!((times("im-0.vn"), times("song.vn")), (1, 1), "one lookup, however many ask");
    // And of ten further names, so that one place is left.
    let silent: Vec<String> = (1..LOOKUPS - 1).map(|n| format!("im-{n}")).collect();
    let silent = silent.iter().map(|name| error_of(&fetcher, url(name)));
    let (_, page) = tokio::join!(join_all(silent), page_of(&fetcher, url("song-2")));
    assert_eq!(text(&page), "<p>Tin");
    // What is more waits for a place as long as for an answer, and holds no thread.
    let more = (LOOKUPS..LOOKUPS + 9).map(|n| url(&format!("im-{n}")));
    let errors = join_all(more.map(|url| error_of(&fetcher, url))).await;
    assert!(errors.iter().all(|error| error.kind == FetchFailure::Timeout), "{}", errors[0]);
    let held = asked.lock().unwrap().iter().filter(|name| name.starts_with("im-")).count();
    assert_eq!(held, LOOKUPS);
}

#[tokio::test]
async fn new_settings_hold_from_the_next_fetch_and_keep_what_is_known_of_hosts() {
    let portal = Origin::start().await;
    portal.on("*", Answer::page("<p>Tin"));
    let fetcher = fetcher(with_robots());
    page_of(&fetcher, portal.url("/1")).await;
    fetcher.apply(FetchSettings { user_agent: "bantin/0.2.0".into(), ..with_robots() }).unwrap();
    page_of(&fetcher.clone(), portal.url("/2")).await;
    assert_eq!(portal.requests("/2")[0].header("user-agent"), Some("bantin/0.2.0"));
    assert_eq!((portal.requests("/robots.txt").len(), portal.connections()), (1, 1));
    for bad in ["", " ", "Sở/1.0", "a\r\nb"] {
        let refused = fetcher.apply(FetchSettings { user_agent: bad.into(), ..settings() });
        assert!(refused.is_err(), "{bad:?}");
    }
}

// robots.txt

#[tokio::test]
async fn p10_robots_txt_is_asked_first_obeyed_and_believed_for_a_day() {
    let portal = Origin::start().await;
    portal.on("/robots.txt", Answer::text("\u{feff}User-agent: *\nDisallow: /mật\n"));
    portal.on("/tin", Answer::page("<p>Tin"));
    let clock = clock();
    let fetcher = Fetcher::with_limits(with_robots(), clock.clone(), small()).unwrap();
    check_with(
        &fetcher,
        &portal,
        "/mật/1",
        FetchFailure::Blocked,
        "robots.txt of ORIGIN forbids http://ORIGIN/m%E1%BA%ADt/1 to bantin: ask the agency to allow it, or set `robots = false` under [fetch] if you may",
    )
    .await;
    page_of(&fetcher, portal.url("/tin")).await;
    clock.advance(TimeDelta::hours(23));
    page_of(&fetcher, portal.url("/tin")).await;
    assert_eq!(portal.requests("/robots.txt").len(), 1);
    clock.advance(TimeDelta::hours(2));
    portal.on("/robots.txt", Answer::text("User-agent: bantin\nDisallow: /"));
    assert_eq!(error_of(&fetcher, portal.url("/tin")).await.kind, FetchFailure::Blocked);
    // An old copy goes on where no new one comes.
    clock.advance(TimeDelta::hours(25));
    portal.on("/robots.txt", Answer::status(500));
    assert_eq!(error_of(&fetcher, portal.url("/tin")).await.kind, FetchFailure::Blocked);
    fetcher.apply(settings()).unwrap();
    page_of(&fetcher, portal.url("/tin")).await;
    let user_agent = portal.requests("/robots.txt")[0].header("user-agent").map(str::to_owned);
    assert_eq!(user_agent, Some(settings().user_agent));
}

#[tokio::test]
async fn p10_without_an_answer_about_robots_txt_no_page_is_asked_for() {
    for (answer, kind, words) in [
        (
            Answer::status(503).header("Retry-After", "90"),
            FetchFailure::Status(503),
            "answered 503",
        ),
        (
            Answer::status(429).header("Retry-After", "90"),
            FetchFailure::Status(429),
            "answered 429",
        ),
        (Answer::hang(), FetchFailure::Timeout, "sent no complete headers"),
        (Answer::hang_up(), FetchFailure::Broken, "closed the connection without an answer"),
        (Answer::text("User-agent: *").cut(5), FetchFailure::Broken, "broke off"),
    ] {
        let portal = Origin::start().await;
        let retry_after =
            matches!(kind, FetchFailure::Status(_)).then_some(Duration::from_secs(90));
        portal.on("/robots.txt", answer);
        portal.on("/tin", Answer::page("<p>Tin"));
        let clock = clock();
        let fetcher = Fetcher::with_limits(with_robots(), clock.clone(), small()).unwrap();
        for _ in 0..2 {
            let error = error_of(&fetcher, portal.url("/tin")).await;
            assert_eq!((error.kind, error.retry_after), (kind, retry_after), "{error}");
            let start = format!(
                "{}, which is asked before any page, did not answer: ",
                portal.url("/robots.txt")
            );
            assert!(error.detail.starts_with(&start) && error.detail.contains(words), "{error}");
        }
        assert_eq!(portal.hits(), 1, "{kind:?}");
        clock.advance(TimeDelta::minutes(2));
        portal.on("/robots.txt", Answer::status(404));
        page_of(&fetcher, portal.url("/tin")).await;
    }
}

#[tokio::test]
async fn p10_where_there_is_no_robots_txt_all_is_allowed() {
    for answer in [
        Answer::status(404),
        Answer::status(403),
        Answer::status(401),
        Answer::status(410),
        Answer::status(302),
        Answer::redirect(302, "/robots.txt?"),
        Answer::redirect(302, "http://10.0.0.1/robots.txt"),
        Answer::redirect(302, "/"),
        Answer::page("<h1>Trang chủ</h1>"),
        Answer::bytes(vec![0xff; 3_000]),
    ] {
        let portal = Origin::start().await;
        portal.route("*", |_| Answer::page("<p>Tin"));
        portal.on("/robots.txt?", Answer::redirect(302, "/robots.txt"));
        portal.on("/robots.txt", answer);
        page_of(&fetcher(with_robots()), portal.url("/tin")).await;
    }
}

#[tokio::test]
async fn p11_of_a_robots_txt_that_is_too_long_the_beginning_holds() {
    let portal = Origin::start().await;
    let long = format!("User-agent: *\nDisallow: /kin\n{}\nDisallow: /t", "# \n".repeat(100_000));
    portal.on("/robots.txt", Answer::text(long).gzip());
    portal.on("/tin", Answer::page("<p>Tin"));
    let fetcher = fetcher(with_robots());
    assert_eq!(error_of(&fetcher, portal.url("/kin")).await.kind, FetchFailure::Blocked);
    page_of(&fetcher, portal.url("/tin")).await;
}

#[tokio::test]
async fn p10_a_redirect_obeys_the_robots_txt_of_the_host_it_leads_to() {
    let (first, second) = (Origin::start().await, Origin::start().await);
    first.on("/tin", Answer::redirect(302, second.url("/kin").as_str()));
    second.on("/robots.txt", Answer::text("User-agent: *\nDisallow: /kin"));
    second.on("/kin", Answer::page("<p>Kín"));
    let mut source = source(first.url("/tin"));
    source.inside = vec![second.address().to_string()];
    let error = listing(&fetcher(with_robots()), &source, None).await.unwrap_err();
    assert_eq!(error.kind, FetchFailure::Blocked);
    assert!(second.requests("/kin").is_empty());
}

#[tokio::test]
async fn p10_a_crawl_delay_is_the_least_spacing() {
    let portal = Origin::start().await;
    portal.on("/robots.txt", Answer::text("User-agent: *\nCrawl-delay: 0.4"));
    portal.on("*", Answer::page("<p>Tin"));
    let fetcher = fetcher(with_robots());
    for target in ["/1", "/2"] {
        page_of(&fetcher, portal.url(target)).await;
    }
    for pair in portal.all_requests().windows(2) {
        let gap = pair[1].at - pair[0].answered.unwrap();
        assert!((395..700).contains(&gap.as_millis()), "a gap of {gap:?}");
    }
}

// Inside addresses

/// Spellings of this machine's and its network's addresses, with PORT where the trap listens.
const INSIDE: &str = "http://127.0.0.1PORT/ http://127.1PORT/ http://127.0.1PORT/ http://2130706433PORT/ http://0x7f000001PORT/ \
    http://0x7f.1PORT/ http://0X7F.0.0.1PORT/ http://0177.0.0.1PORT/ http://017700000001PORT/ http://0177.1PORT/ \
    http://127.0.0.1.PORT/ http://127.00.0000.01PORT/ http://0x7f.0x0.0x0.0x1PORT/ http://127.127.127.127PORT/ \
    http://0PORT/ http://0.0.0.0PORT/ http://0x0PORT/ http://00PORT/ http://%31%32%37.0.0.1PORT/ http://127%2e0%2e0%2e1PORT/ \
    http://１２７.０.０.１PORT/ http://127。0。0。1PORT/ http://①②⑦.⓪.⓪.①PORT/ http://127.0.0.1PORT\\@example.com/ \
    http://example.com@127.0.0.1PORT/ http://example.com:80@127.0.0.1PORT/ http://a:b@127.0.0.1PORT/ \
    https:127.0.0.1PORT/ https:/127.0.0.1PORT/ http:///127.0.0.1PORT/ http:\\\\127.0.0.1PORT\\ HTTP://127.0.0.1PORT/ \
    http://[::1]PORT/ http://[0:0:0:0:0:0:0:1]PORT/ http://[0000::0001]PORT/ http://[::]PORT/ http://[::127.0.0.1]PORT/ \
    http://[::ffff:127.0.0.1]PORT/ http://[::ffff:7f00:1]PORT/ http://[::FFFF:7F00:0001]PORT/ \
    http://[0:0:0:0:0:ffff:127.0.0.1]PORT/ http://[::ffff:0:127.0.0.1]PORT/ http://[64:ff9b::127.0.0.1]PORT/ \
    http://[64:ff9b:1::7f00:1]PORT/ http://[2002:7f00:1::]PORT/ http://[2001:0:7f00:1::]PORT/ http://[fe80::1]PORT/ \
    http://[fc00::1]PORT/ http://[fd00::1]PORT/ http://[fec0::1]PORT/ http://[ff02::1]PORT/ http://[2001:db8::1]PORT/ \
    http://localhostPORT/ http://LOCALHOSTPORT/ http://localhost.PORT/ http://ⓛocalhostPORT/ http://loc%61lhostPORT/ \
    http://10.0.0.1PORT/ http://10.1PORT/ http://167772161PORT/ http://172.16.0.1PORT/ http://192.168.1.1PORT/ \
    http://192.168.257PORT/ http://169.254.169.254PORT/latest/ http://2852039166PORT/ http://[::ffff:169.254.169.254]PORT/ \
    http://100.64.0.1PORT/ http://192.0.0.1PORT/ http://198.18.0.1PORT/ http://224.0.0.1PORT/ http://255.255.255.255PORT/ \
    https://127.0.0.1PORT/ https://localhostPORT/ https://[::1]PORT/";

#[tokio::test]
async fn p8_no_spelling_of_an_inside_address_is_asked_by_link_or_by_redirect() {
    let (portal, trap) = (Origin::start().await, Origin::start().await);
    trap.on("*", Answer::page("<p>Bí mật"));
    portal.on("/", Answer::page("<p>Tin"));
    let source = source(portal.url("/"));
    let fetcher = fetcher(with_robots());
    let port = format!(":{}", trap.address().port());
    let mut spellings = 0;
    // The same without a port, where no rule about ports can be what stops it.
    for link in
        INSIDE.split_whitespace().flat_map(|s| [s.replace("PORT", &port), s.replace("PORT", "")])
    {
        spellings += 1;
        let url = source.url.join(&link).expect(&link);
        let mut told = vec![article(&fetcher, &source, &url).await];
        for status in [301, 302, 307] {
            portal.on("/di", Answer::redirect(status, &link));
            told.push(article(&fetcher, &source, &portal.url("/di")).await);
            let by_redirect = Source { url: portal.url("/di"), ..source.clone() };
            told.push(listing(&fetcher, &by_redirect, None).await);
        }
        for page in [
            format!("<meta http-equiv=refresh content=\"0;url={link}\">"),
            format!("<script>location.href = '{link}'</script>"),
            format!("<frameset><frame src='{link}'></frameset>"),
        ] {
            // Some spellings are no address at all there, and then the page stays what it is.
            portal.on("/di", Answer::page(page));
            if let Err(error) = article(&fetcher, &source, &portal.url("/di")).await {
                assert_eq!(error.kind, FetchFailure::Forbidden, "{link}");
            }
        }
        for told in told {
            let kind = told.expect_err(&link).kind;
            assert_eq!(kind, FetchFailure::Forbidden, "{link}");
        }
    }
    assert!(spellings >= 120, "{spellings}");
    assert_eq!((trap.hits(), trap.connections()), (0, 0));
    // The same trap is reached where the config names it.
    let named = Source { inside: vec![trap.address().to_string()], ..source.clone() };
    page(article(&fetcher, &named, &trap.url("/bai")).await);
    portal.on("/di", Answer::redirect(302, trap.url("/bai").as_str()));
    page(article(&fetcher, &named, &portal.url("/di")).await);
    page_of(&fetcher, trap.url("/tin")).await;
    page(article(&fetcher, &source, &portal.url("/")).await);
}

#[tokio::test]
async fn p8_a_name_that_leads_inside_is_refused_unless_it_is_named() {
    let portal = Origin::start().await;
    portal.on("*", Answer::page("<p>Tin"));
    let fetcher = fetcher(settings());
    let outside = source(portal.url("/"));
    let error =
        article(&fetcher, &outside, &Url::parse("http://localhost/").unwrap()).await.unwrap_err();
    assert_eq!(error.kind, FetchFailure::Forbidden);
    assert_eq!(
        error.detail,
        "localhost is an address inside the network, which a page may not lead to: if it is meant, write \"localhost\" into `inside` of source tin"
    );
    let by_name = source(portal.url_by("localhost", "/"));
    page(listing(&fetcher, &by_name, None).await);
    page(article(&fetcher, &by_name, &portal.url_by("localhost", "/bai")).await);
    // The name counts, not the address that it resolves to.
    let by_address = article(&fetcher, &by_name, &portal.url("/bai")).await;
    assert_eq!(by_address.unwrap_err().kind, FetchFailure::Forbidden);
}

#[tokio::test]
async fn p12_the_password_in_a_sources_url_goes_to_its_origin_only_and_into_no_text() {
    let (portal, other) = (Origin::start().await, Origin::start().await);
    portal.on("/tin?khoa=bi-mat", Answer::page("<p>Tin"));
    portal.on("/404?khoa=bi-mat", Answer::status(404));
    portal.on("/di", Answer::redirect(302, other.url("/tin").as_str()));
    other.on("/tin", Answer::page("<p>Tin"));
    let with_password = |target: &str| {
        let mut url = portal.url(target);
        url.set_username("an").unwrap();
        url.set_password(Some("bi-mat")).unwrap();
        Source { inside: vec![other.address().to_string()], ..source(url) }
    };
    let fetcher = fetcher(settings());
    let found = page(listing(&fetcher, &with_password("/tin?khoa=bi-mat"), None).await);
    assert_eq!(found.url, portal.url("/tin?khoa=bi-mat"));
    let error = listing(&fetcher, &with_password("/404?khoa=bi-mat"), None).await.unwrap_err();
    assert!(!error.detail.contains("bi-mat"), "{error}");
    page(listing(&fetcher, &with_password("/di"), None).await);
    let sent = |origin: &Origin| -> Vec<bool> {
        origin.all_requests().iter().map(|r| r.header("authorization").is_some()).collect()
    };
    assert_eq!((sent(&portal), sent(&other)), (vec![true; 3], vec![false]));
}

// TLS

/// A root, an intermediate below it, and servers' certificates below that.
struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        let ca = |name: &str| {
            let mut params = CertificateParams::new(vec![]).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params
        };
        let key = || KeyPair::generate().unwrap();
        let root = CertifiedIssuer::self_signed(ca("Root"), key()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(ca("Between"), key(), &root).unwrap();
        Authority { root, intermediate, folder: tempfile::tempdir().unwrap() }
    }

    /// A portal with a certificate for `name`; `whole` says whether it sends the intermediate as well.
    async fn portal(&self, name: &str, whole: bool, until: i32) -> Origin {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.intermediate).unwrap();
        let mut chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
        if whole {
            chain.push(self.intermediate.der().clone());
        }
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let portal = Origin::start_tls(config.unwrap()).await;
        portal.on("*", Answer::page("<p>Tin"));
        portal
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

async fn told(fetcher: &Fetcher, url: Url, extra_ca: Option<PathBuf>) -> String {
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let source = Source { extra_ca: extra_ca.clone(), ..source(url) };
    let told = match listing(fetcher, &source, None).await {
        Ok(_) => return "a page".to_owned(),
        Err(error) => format!("{:?}: {error}", error.kind).replace(&address, "ORIGIN"),
    };
    let file = extra_ca.unwrap_or_else(|| "no file".into());
    told.replace(file.to_str().unwrap(), "FILE")
}

#[tokio::test]
async fn an_unknown_issuer_is_named_and_mended_by_extra_ca() {
    let authority = Authority::new();
    let (root, between) = (authority.root.pem(), authority.intermediate.pem());
    let (whole, leaf) = (
        authority.portal("127.0.0.1", true, 2090).await,
        authority.portal("127.0.0.1", false, 2090).await,
    );
    let fetcher = fetcher(settings());
    let unknown = |issuer: &str| {
        format!(
            "Tls: the certificate of ORIGIN is signed by \"{issuer}\", whose own certificate is unknown to this machine and was not sent by the server: "
        )
    };
    let ask = |issuer: &str| {
        unknown(issuer)
            + "ask the agency for that certificate, and name its PEM file in `extra_ca` of source tin"
    };
    let neither = unknown("Between") + "it is not in FILE either, the `extra_ca` of source tin";
    // The name of what is missing, which is another one where the intermediate was sent.
    assert_eq!(told(&fetcher, whole.url("/"), None).await, ask("Root"));
    assert_eq!(told(&fetcher, leaf.url("/"), None).await, ask("Between"));

    let root_only = authority.file("root.pem", &root);
    let between_only = authority.file("between.pem", &between);
    let bundle = authority.file("bundle.pem", format!("Sở TTTT\n{root}\n{between}"));
    let der = authority.file("between.cer", authority.intermediate.der());
    for (file, by_whole, by_leaf) in [
        (root_only, "a page", neither.as_str()),
        (between_only, "a page", "a page"),
        (bundle, "a page", "a page"),
        (der, "a page", "a page"),
    ] {
        assert_eq!(told(&fetcher, whole.url("/"), Some(file.clone())).await, by_whole, "{file:?}");
        assert_eq!(told(&fetcher, leaf.url("/"), Some(file.clone())).await, by_leaf, "{file:?}");
    }
    // Another source has not gained by it.
    assert_eq!(told(&fetcher, whole.url("/"), None).await, ask("Root"));
}

#[tokio::test]
async fn a_changed_extra_ca_file_is_read_again_and_a_bad_one_told() {
    let authority = Authority::new();
    let portal = authority.portal("127.0.0.1", false, 2090).await;
    let fetcher = fetcher(settings());
    let file = authority.file("ca.pem", Authority::new().root.pem());
    assert!(
        told(&fetcher, portal.url("/"), Some(file.clone()))
            .await
            .starts_with("Tls: the certificate of")
    );
    authority.file("ca.pem", authority.intermediate.pem());
    let later = std::time::SystemTime::now() + Duration::from_secs(5);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
    assert_eq!(told(&fetcher, portal.url("/"), Some(file)).await, "a page");

    let start = "Tls: FILE, the `extra_ca` of source tin, ";
    for (text, rest) in [
        (&b""[..], "has no certificate in it (PEM, \"-----BEGIN CERTIFICATE-----\")"),
        (b"xin chao", "has no certificate in it (PEM, \"-----BEGIN CERTIFICATE-----\")"),
        (b"-----BEGIN CERTIFICATE-----\nxin chao\n", "is not a PEM file of certificates"),
        (b"0\x82", "holds something that is no certificate"),
    ] {
        let bad = authority.file("bad.pem", text);
        let told = told(&fetcher, portal.url("/"), Some(bad)).await;
        assert!(told.starts_with(&format!("{start}{rest}")), "{told}");
    }
    let missing = authority.folder.path().join("none.pem");
    let told = told(&fetcher, portal.url("/"), Some(missing)).await;
    assert!(told.starts_with(&format!("{start}cannot be read: ")), "{told}");
}

/// An https address where a server speaks plain HTTP, and answers a TLS greeting as such servers do.
async fn plain_http_for_any_bytes() -> Url {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    url
}

#[tokio::test]
async fn an_expired_certificate_and_one_of_another_host_are_told_apart() {
    let authority = Authority::new();
    let bundle = authority.file("ca.pem", authority.intermediate.pem());
    let expired = authority.portal("127.0.0.1", true, 2020).await;
    let other = authority.portal("portal.gov.vn", true, 2090).await;
    let fetcher = fetcher(settings());
    let by_expired = told(&fetcher, expired.url("/"), Some(bundle.clone())).await;
    assert!(by_expired.starts_with("Tls: the certificate of ORIGIN has expired ("), "{by_expired}");
    assert!(by_expired.ends_with("): the agency must renew it"), "{by_expired}");
    let by_other = told(&fetcher, other.url("/"), Some(bundle.clone())).await;
    assert_eq!(
        by_other,
        "Tls: ORIGIN shows the certificate of another host (certificate not valid for name \"127.0.0.1\"; certificate is only valid for DnsName(\"portal.gov.vn\")): check the host's name in the url of source tin"
    );
    let by_plain = told(&fetcher, plain_http_for_any_bytes().await, None).await;
    assert!(by_plain.starts_with("Tls: no secure connection to ORIGIN: "), "{by_plain}");
    assert!(by_plain.ends_with("; does the server speak TLS at that port?"), "{by_plain}");
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_followed_only_for_a_source_that_says_http() {
    let authority = Authority::new();
    let (safe, plain) = (authority.portal("127.0.0.1", true, 2090).await, Origin::start().await);
    safe.on("/di", Answer::redirect(302, plain.url("/tin").as_str()));
    plain.on("/tin", Answer::page("<p>Tin"));
    plain.on("/di", Answer::redirect(302, safe.url("/di").as_str()));
    let named = |url: Url| Source {
        extra_ca: Some(authority.file("ca.pem", authority.root.pem())),
        inside: vec![plain.address().to_string(), safe.address().to_string()],
        ..source(url)
    };
    let fetcher = fetcher(settings());
    let error = listing(&fetcher, &named(safe.url("/di")), None).await.unwrap_err();
    assert_eq!(error.kind, FetchFailure::Redirects, "{error}");
    assert_eq!(plain.hits(), 0);
    page(listing(&fetcher, &named(plain.url("/di")), None).await);
}

// Walks

/// Sends a form to `target` in a walk; what came, and what was asked for: method, target and body of each request.
async fn posted(portal: &Origin, target: &str, session: &FetchSession) -> (String, Vec<String>) {
    let url = portal.url(target);
    let of = source(url.clone());
    let ask = FetchRequest { url: &url, source: &of, purpose: Purpose::Listing, validators: None };
    let form =
        [("__VIEWSTATE".to_owned(), "/wE+x=".to_owned()), ("tu".to_owned(), "tìm gì".to_owned())];
    let before = portal.hits();
    let came = match fetcher(settings()).walk(ask, Some(&form), session).await {
        Ok(page) => text(&page).to_owned(),
        Err(error) => format!("{:?}", error.kind),
    };
    let requests = portal.all_requests().split_off(before);
    let line = |request: &Request| {
        let body = String::from_utf8_lossy(&request.body);
        format!("{} {} {body}", request.method, request.target).trim_end().to_owned()
    };
    (came, requests.iter().map(line).collect())
}

#[tokio::test]
async fn a_form_is_sent_once_and_its_redirect_is_followed_by_get() {
    const FORM: &str = "__VIEWSTATE=%2FwE%2Bx%3D&tu=t%C3%ACm+g%C3%AC";
    let portal = Origin::start().await;
    portal.on("/plain", Answer::page("ra"));
    portal.route("/same", |request| match request.method.as_str() {
        "POST" => Answer::redirect(302, "/same"),
        _ => Answer::page("ra"),
    });
    portal.on("/see", Answer::redirect(303, "/plain"));
    portal.on("/keep", Answer::redirect(307, "/plain"));
    portal.on("/round", Answer::redirect(308, "/round"));
    for (target, came, requests) in [
        ("/plain", "ra", vec![format!("POST /plain {FORM}")]),
        ("/same", "ra", vec![format!("POST /same {FORM}"), "GET /same".to_owned()]),
        ("/see", "ra", vec![format!("POST /see {FORM}"), "GET /plain".to_owned()]),
        ("/keep", "ra", vec![format!("POST /keep {FORM}"), format!("POST /plain {FORM}")]),
        ("/round", "Redirects", vec![format!("POST /round {FORM}")]),
    ] {
        let expected = (came.to_owned(), requests);
        assert_eq!(posted(&portal, target, &FetchSession::new()).await, expected);
    }
}

#[tokio::test]
async fn a_walk_carries_its_cookies_and_no_other_fetch_does() {
    let portal = Origin::start().await;
    portal
        .on("/vao", Answer::redirect(302, "/tin").header("Set-Cookie", "sid=7; path=/; HttpOnly"));
    portal.route("/tin", |request| Answer::page(request.header("cookie").unwrap_or("none")));
    let (url, session) = (portal.url("/vao"), FetchSession::new());
    let of = source(url.clone());
    let fetcher = fetcher(settings());
    let ask =
        || FetchRequest { url: &url, source: &of, purpose: Purpose::Listing, validators: None };
    let page = fetcher.walk(ask(), None, &session).await.unwrap();
    assert_eq!(text(&page), "sid=7", "the one that came with the redirect");
    assert_eq!(posted(&portal, "/tin", &session).await.0, "sid=7");
    assert_eq!(text(&page_of(&fetcher, portal.url("/vao")).await), "none");
    assert_eq!(posted(&portal, "/tin", &FetchSession::new()).await.0, "none");
    // By another name it is another host.
    let other = portal.url_by("localhost", "/tin");
    let of = source(other.clone());
    let ask =
        FetchRequest { url: &other, source: &of, purpose: Purpose::Listing, validators: None };
    assert_eq!(text(&fetcher.walk(ask, None, &session).await.unwrap()), "none");
}
