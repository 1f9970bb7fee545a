//! The WebSub hub of the real daemon, on loopback: what websub.rocks asks of hubs (its tests 100 to 106), and what
//! subscribers that are slow, dead, forged or malicious may do to it. The clock is moved by the tests.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::origin::{Answer, Origin, Request};
use bantin::clock::Clock;
use bantin::config::Config;
use bantin::daemon::Daemon;
use bantin::shutdown::Shutdown;
use bantin::web::Listener;
use bantin_store::{HubCounts, Store};
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::StatusCode;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use url::form_urlencoded;

/// Nothing here takes longer unless it is broken, on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(60);
const PUBLIC: &str = "https://tin.example.gov.vn/";

fn topic(file: &str) -> String {
    format!("{PUBLIC}feeds/tin/{file}")
}

/// An agency with a portal and one subscriber's server, `reader`.
struct Agency {
    portal: Origin,
    reader: Origin,
    clock: Clock,
    daemon: Arc<Daemon>,
    address: SocketAddr,
    client: reqwest::Client,
    stop: Shutdown,
    running: JoinHandle<anyhow::Result<()>>,
    folder: TempDir,
    items: usize,
}

/// What a subscriber does that meant what was asked: it says the challenge back, and takes what comes.
fn agree(request: &Request) -> Answer {
    match asked(request, "hub.challenge") {
        Some(challenge) => Answer::text(challenge),
        None => Answer::bytes("").with_status(204),
    }
}

/// A parameter of the request's query.
fn asked(request: &Request, name: &str) -> Option<String> {
    let query = request.target.split_once('?')?.1;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn text(inside: &[String], portal: &Origin, folder: &Path, feeds: &str) -> String {
    format!(
        "[server]\npublic_url = \"{PUBLIC}\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
         [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"bantin@example.vn\"\n[fetch]\nspacing = \"0s\"\nrobots = false\n\
         [hub]\ninside = {inside:?}\n\
         [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"{1}\"\nschedule = \"0 0 1 1 *\"\n[source.listing]\nitem = \"ul.tin li\"\n{feeds}",
        folder.display(),
        portal.url("/danh-sach"),
    )
}

const FEED: &str = "[[feed]]\nname = \"tin\"\ntitle = \"Tin\"\n";

impl Agency {
    async fn open() -> Agency {
        Self::with_hosts(&[]).await
    }

    /// These further hosts may be called back, too.
    async fn with_hosts(hosts: &[String]) -> Agency {
        let (portal, reader) = (Origin::start().await, Origin::start().await);
        reader.route("*", agree);
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut inside = vec![reader.address().to_string()];
        inside.extend(hosts.iter().cloned());
        let config = text(&inside, &portal, folder.path(), FEED);
        let file = folder.path().join("config.toml");
        std::fs::write(&file, &config).expect("the config is written");
        let config = Config::load(&file).expect("the config is right");
        let clock = Clock::set_to("2020-05-22T08:00:00+07:00".parse().expect("a time"));
        let stop = Shutdown::new();
        let daemon = Daemon::new(config, file, clock.clone(), stop.clone());
        let daemon = Arc::new(daemon.await.expect("a daemon is made"));
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let listener = Listener::from_tcp(socket).expect("it is taken over");
        let address = listener.address().expect("it is bound");
        let running = tokio::spawn(daemon.clone().run(vec![listener]));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut agency = Agency {
            portal,
            reader,
            clock,
            daemon,
            address,
            client,
            stop,
            running,
            folder,
            items: 0,
        };
        agency.publish().await;
        agency
    }

    fn store(&self) -> &Store {
        self.daemon.store()
    }

    /// Waits, and moves the clock on meanwhile.
    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !is_so().await {
            assert!(begun.elapsed() < PATIENCE, "still not so: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.clock.advance(TimeDelta::milliseconds(50));
        }
    }

    /// The portal has one more item, and the feed has it.
    async fn publish(&mut self) {
        self.items += 1;
        let rows: String = (1..=self.items)
            .rev()
            .map(|n| format!("<li><a href=\"/tin/{n}\">Tin số {n}</a> <span>20/5/2020</span></li>"))
            .collect();
        let page = format!("<meta charset=utf-8><ul class=tin>{rows}</ul>");
        self.portal.on("/danh-sach", Answer::page(page));
        let n = self.items;
        let article =
            format!("<meta charset=utf-8><h1>Tin số {n}</h1><p>Nội dung của tin số {n}.</p>");
        self.portal.on(&format!("/tin/{n}"), Answer::page(article));
        let source = bantin_model::SourceId::parse("so").expect("an id");
        // Asked for again and again: a poll that was under way has seen the old page.
        self.until("the feed has the item", async || {
            self.store().poll_now(&source, self.clock.now()).await.expect("the store answers");
            self.feed("feed.json").await.1.contains(&format!("\"Tin số {n}\""))
        })
        .await;
    }

    /// A document's media type and text.
    async fn feed(&self, file: &str) -> (String, String) {
        let path = if file == "feeds.opml" { file.to_owned() } else { format!("feeds/tin/{file}") };
        let answer = self
            .client
            .get(format!("http://{}/{path}", self.address))
            .send()
            .await
            .expect("an answer");
        let kind = answer
            .headers()
            .get("content-type")
            .map(|kind| kind.to_str().unwrap_or_default().to_owned());
        (kind.unwrap_or_default(), answer.text().await.expect("a text"))
    }

    async fn ask(&self, fields: &[(&str, &str)]) -> (StatusCode, String) {
        self.ask_as("", fields).await
    }

    async fn ask_as(&self, client: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = self.client.post(format!("http://{}/hub", self.address)).body(body);
        request = request.header("Content-Type", "application/x-www-form-urlencoded");
        if !client.is_empty() {
            request = request.header("X-Forwarded-For", client);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("a text"))
    }

    async fn counts(&self) -> HubCounts {
        self.store().hub_counts(self.clock.now()).await.expect("the store answers")
    }

    /// Nothing is left to verify.
    async fn verified(&self) {
        self.until("all is verified", async || self.counts().await.waiting_requests == 0).await;
    }

    /// The hub knows of the feeds as they are, and nothing is left to push.
    async fn pushed(&self) {
        self.until("all is pushed", async || {
            let feed = self.feed("feed.json").await.1;
            let hash: String = Sha256::digest(feed.as_bytes())[..16]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let known = self.store().hub_topics().await.expect("the store answers");
            known.get(&topic("feed.json")) == Some(&hash) && self.counts().await.waiting_pushes == 0
        })
        .await;
    }

    async fn subscribe(&self, topic: &str, callback: &str, more: &[(&str, &str)]) {
        let fields = [("hub.mode", "subscribe"), ("hub.topic", topic), ("hub.callback", callback)];
        let (status, said) = self.ask(&[&fields, more].concat()).await;
        assert_eq!(status, 202, "{said}");
        self.verified().await;
    }

    async fn unsubscribe(&self, topic: &str, callback: &str) {
        let fields =
            [("hub.mode", "unsubscribe"), ("hub.topic", topic), ("hub.callback", callback)];
        assert_eq!(self.ask(&fields).await.0, 202);
        self.verified().await;
    }

    fn callback(&self, path: &str) -> String {
        self.reader.url(path).into()
    }

    /// What was pushed to the reader at this path.
    fn pushes(&self, path: &str) -> Vec<Request> {
        pushes_of(&self.reader, path)
    }

    /// The verifications at this path.
    fn verifications(&self, path: &str) -> Vec<Request> {
        let all = self.reader.all_requests().into_iter();
        all.filter(|request| request.method == "GET" && path_of(request) == path).collect()
    }

    async fn close(self) {
        self.stop.ask();
        self.running.await.expect("it does not panic").expect("it ends well");
    }
}

fn path_of(request: &Request) -> &str {
    request.target.split('?').next().unwrap_or_default()
}

fn pushes_of(reader: &Origin, path: &str) -> Vec<Request> {
    let all = reader.all_requests().into_iter();
    all.filter(|request| request.method == "POST" && path_of(request) == path).collect()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.header(name).unwrap_or_default()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(body);
    let hex: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A push is the topic: the same bytes, the same media type, and where it is from.
async fn check_push(agency: &Agency, push: &Request, file: &str) {
    let (kind, text) = agency.feed(file).await;
    assert_eq!(String::from_utf8_lossy(&push.body), text);
    assert_eq!(header(push, "content-type"), kind);
    let links: Vec<&str> = push
        .headers
        .iter()
        .filter(|(name, _)| name == "link")
        .map(|(_, value)| value.as_str())
        .collect();
    let address = if file == "feeds.opml" { format!("{PUBLIC}{file}") } else { topic(file) };
    assert_eq!(
        links,
        [format!("<{PUBLIC}hub>; rel=\"hub\""), format!("<{address}>; rel=\"self\"")]
    );
    assert!(header(push, "user-agent").starts_with("bantin/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn websub_100_a_typical_subscriber_is_asked_and_then_told() {
    let mut agency = Agency::open().await;
    agency.subscribe(&topic("rss.xml"), &agency.callback("/nhan?key=a%20b&c"), &[]).await;
    let asked_of = agency.verifications("/nhan");
    assert_eq!(asked_of.len(), 1);
    // The callback's own query stays as it is, in front.
    assert!(
        asked_of[0].target.starts_with("/nhan?key=a%20b&c&hub.mode=subscribe&"),
        "{}",
        asked_of[0].target
    );
    assert_eq!(asked(&asked_of[0], "hub.topic"), Some(topic("rss.xml")));
    assert_eq!(asked(&asked_of[0], "hub.lease_seconds").as_deref(), Some("864000"));
    assert!(asked(&asked_of[0], "hub.challenge").is_some_and(|challenge| challenge.len() >= 32));
    assert!(agency.pushes("/nhan").is_empty(), "nothing has changed since");

    agency.publish().await;
    agency.pushed().await;
    let pushes = agency.pushes("/nhan");
    assert_eq!(pushes.len(), 1, "one change, one push");
    assert_eq!(pushes[0].target, "/nhan?key=a%20b&c");
    check_push(&agency, &pushes[0], "rss.xml").await;
    assert_eq!(
        pushes[0].header("x-hub-signature"),
        None,
        "without a secret there is nothing to sign with"
    );
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websub_101_a_subscriber_with_a_secret_can_check_who_tells() {
    let mut agency = Agency::open().await;
    let secret = "bí mật ".repeat(19);
    let short = &secret[..secret.floor_char_boundary(199)];
    agency.subscribe(&topic("atom.xml"), &agency.callback("/nhan"), &[("hub.secret", short)]).await;
    agency.publish().await;
    agency.pushed().await;
    let pushes = agency.pushes("/nhan");
    check_push(&agency, &pushes[0], "atom.xml").await;
    assert_eq!(header(&pushes[0], "x-hub-signature"), signature(short, &pushes[0].body));

    let fields = [("hub.mode", "subscribe"), ("hub.topic", &topic("atom.xml"))];
    let callback = agency.callback("/nhan");
    let long = "x".repeat(200);
    let more = [("hub.callback", callback.as_str()), ("hub.secret", &long)];
    assert_eq!(agency.ask(&[fields, more].concat()).await.0, 400, "200 bytes are too many");
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websub_102_parameters_that_nobody_knows_are_ignored() {
    let mut agency = Agency::open().await;
    let more =
        [("foo", "bar"), ("hub.foo", "bar"), ("hub.verify", "sync"), ("hub.lease_seconds", "3600")];
    agency.subscribe(&topic("rss.xml"), &agency.callback("/nhan"), &more).await;
    let asked_of = &agency.verifications("/nhan")[0];
    assert_eq!(asked(asked_of, "hub.lease_seconds").as_deref(), Some("3600"));
    assert!(!asked_of.target.contains("foo"), "{}", asked_of.target);
    agency.publish().await;
    agency.pushed().await;
    assert_eq!(agency.pushes("/nhan").len(), 1);
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websub_103_who_subscribes_again_is_told_once_and_by_the_new_secret() {
    let mut agency = Agency::open().await;
    let callback = agency.callback("/nhan");
    agency.subscribe(&topic("rss.xml"), &callback, &[("hub.secret", "cũ")]).await;
    agency.subscribe(&topic("rss.xml"), &callback, &[("hub.secret", "mới")]).await;
    assert_eq!(agency.counts().await.subscriptions, 1);
    let challenges: Vec<_> = agency
        .verifications("/nhan")
        .iter()
        .map(|request| asked(request, "hub.challenge"))
        .collect();
    assert_eq!(challenges.len(), 2);
    assert_ne!(challenges[0], challenges[1], "each challenge is fresh");
    agency.publish().await;
    agency.pushed().await;
    let pushes = agency.pushes("/nhan");
    assert_eq!(pushes.len(), 1);
    assert_eq!(header(&pushes[0], "x-hub-signature"), signature("mới", &pushes[0].body));
    // A renewal without a secret takes it away.
    agency.subscribe(&topic("rss.xml"), &callback, &[]).await;
    agency.publish().await;
    agency.pushed().await;
    assert_eq!(agency.pushes("/nhan")[1].header("x-hub-signature"), None);
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websub_104_who_unsubscribed_is_told_nothing_more() {
    let mut agency = Agency::open().await;
    let (leaves, stays) = (agency.callback("/di"), agency.callback("/o-lai"));
    agency.subscribe(&topic("rss.xml"), &leaves, &[]).await;
    agency.subscribe(&topic("rss.xml"), &stays, &[]).await;
    agency.unsubscribe(&topic("rss.xml"), &leaves).await;
    let asked_of = agency.verifications("/di");
    assert_eq!(asked(&asked_of[1], "hub.mode").as_deref(), Some("unsubscribe"));
    agency.publish().await;
    agency.pushed().await;
    assert_eq!((agency.pushes("/di").len(), agency.pushes("/o-lai").len()), (0, 1));
    // Once more: nothing to end, no callback is asked, and the answer is the same.
    agency.unsubscribe(&topic("rss.xml"), &leaves).await;
    assert_eq!(agency.verifications("/di").len(), 2);
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websub_105_the_list_of_feeds_is_told_as_the_text_that_it_is() {
    let agency = Agency::open().await;
    let topic = format!("{PUBLIC}feeds.opml");
    agency.subscribe(&topic, &agency.callback("/nhan"), &[]).await;
    let answer = agency
        .client
        .get(format!("http://{}/feeds.opml", agency.address))
        .send()
        .await
        .expect("an answer");
    let links: Vec<_> =
        answer.headers().get_all("link").iter().map(|link| link.to_str().expect("ASCII")).collect();
    assert_eq!(links, [format!("<{PUBLIC}hub>; rel=\"hub\""), format!("<{topic}>; rel=\"self\"")]);

    let inside = [agency.reader.address().to_string()];
    let more = format!("{FEED}[[feed]]\nname = \"moi\"\ntitle = \"Một bản tin nữa\"\n");
    let file = agency.folder.path().join("config.toml");
    std::fs::write(file, text(&inside, &agency.portal, agency.folder.path(), &more))
        .expect("written");
    agency.daemon.reload().await;
    agency.until("the list is pushed", async || agency.pushes("/nhan").len() == 1).await;
    let pushes = agency.pushes("/nhan");
    check_push(&agency, &pushes[0], "feeds.opml").await;
    assert!(header(&pushes[0], "content-type").starts_with("text/"));
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websub_106_a_json_feed_is_told_as_json() {
    let mut agency = Agency::open().await;
    agency.subscribe(&topic("feed.json"), &agency.callback("/nhan"), &[]).await;
    agency.publish().await;
    agency.pushed().await;
    let pushes = agency.pushes("/nhan");
    check_push(&agency, &pushes[0], "feed.json").await;
    assert_eq!(header(&pushes[0], "content-type"), "application/feed+json");
    let feed: serde_json::Value = serde_json::from_slice(&pushes[0].body).expect("JSON");
    assert_eq!(feed["items"][0]["title"], "Tin số 2");
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_after_a_lease_has_ended() {
    let mut agency = Agency::open().await;
    let callback = agency.callback("/nhan");
    for (asked_for, given) in [("1", "300"), ("99999999999999999999", "864000"), ("600", "600")] {
        agency.subscribe(&topic("rss.xml"), &callback, &[("hub.lease_seconds", asked_for)]).await;
        let last = agency.verifications("/nhan").pop().expect("a verification");
        assert_eq!(asked(&last, "hub.lease_seconds").as_deref(), Some(given));
    }
    agency.clock.advance(TimeDelta::seconds(601));
    assert_eq!(agency.counts().await.subscriptions, 0);
    let stays = agency.callback("/o-lai");
    agency.subscribe(&topic("rss.xml"), &stays, &[]).await;
    agency.publish().await;
    agency.pushed().await;
    assert_eq!((agency.pushes("/nhan").len(), agency.pushes("/o-lai").len()), (0, 1));
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_fails_is_told_again_with_what_is_newest() {
    let mut agency = Agency::open().await;
    agency.subscribe(&topic("rss.xml"), &agency.callback("/nhan"), &[]).await;
    agency.reader.route("*", |request| match request.method.as_str() {
        "POST" => Answer::status(if request.number < 3 { 503 } else { 200 }),
        _ => agree(request),
    });
    agency.publish().await;
    agency.until("it was told", async || agency.pushes("/nhan").len() == 1).await;
    agency.publish().await;
    assert_eq!(agency.pushes("/nhan").len(), 1, "more news does not ask it more often");
    agency.clock.advance(TimeDelta::seconds(30));
    agency.until("it was told again", async || agency.pushes("/nhan").len() == 2).await;
    agency.clock.advance(TimeDelta::seconds(90));
    agency.pushed().await;
    let pushes = agency.pushes("/nhan");
    assert_eq!(pushes.len(), 3);
    check_push(&agency, &pushes[2], "rss.xml").await;
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_given_up_after_a_day_and_the_next_change_is_told_again() {
    let mut agency = Agency::open().await;
    agency.subscribe(&topic("rss.xml"), &agency.callback("/nhan"), &[]).await;
    agency.reader.route("*", |request| match request.method.as_str() {
        "POST" => Answer::status(500),
        _ => agree(request),
    });
    agency.publish().await;
    let mut tries = 0;
    agency.until("it is owed", async || agency.counts().await.waiting_pushes == 1).await;
    while agency.counts().await.waiting_pushes > 0 {
        agency
            .until("it was told", async || {
                agency.pushes("/nhan").len() > tries || agency.counts().await.waiting_pushes == 0
            })
            .await;
        tries = agency.pushes("/nhan").len();
        agency.clock.advance(TimeDelta::hours(4));
    }
    assert!((6..=13).contains(&tries), "{tries} tries");
    assert_eq!(agency.counts().await.subscriptions, 1, "the subscription goes on");
    agency.reader.route("*", agree);
    agency.publish().await;
    agency.pushed().await;
    assert!(agency.pushes("/nhan").len() > tries);
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_says_410_is_told_nothing_more() {
    let mut agency = Agency::open().await;
    agency.subscribe(&topic("rss.xml"), &agency.callback("/nhan"), &[]).await;
    agency.reader.route("*", |request| match request.method.as_str() {
        "POST" => Answer::status(410),
        _ => agree(request),
    });
    agency.publish().await;
    agency.until("it has ended", async || agency.counts().await.subscriptions == 0).await;
    agency.publish().await;
    agency.pushed().await;
    assert_eq!(agency.pushes("/nhan").len(), 1);
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_exact_challenge_subscribes_and_a_forged_request_ends_nothing() {
    let agency = Agency::open().await;
    let check = async |answer: fn(&str) -> Answer, path: &str| {
        agency.reader.route("*", move |request| {
            answer(&asked(request, "hub.challenge").unwrap_or_default())
        });
        agency.subscribe(&topic("rss.xml"), &agency.callback(path), &[]).await;
        assert_eq!(agency.verifications(path).len(), 1, "{path} is asked once");
        assert_eq!(agency.counts().await.subscriptions, 0, "{path}");
    };
    check(|_| Answer::status(404), "/khong").await;
    check(|challenge| Answer::text(challenge).with_status(404), "/khong-noi-co").await;
    check(|challenge| Answer::text(challenge).with_status(500), "/hong").await;
    check(|challenge| Answer::text(format!("{challenge}\n")), "/du").await;
    check(|challenge| Answer::text(&challenge[1..]), "/thieu").await;
    check(|_| Answer::text(""), "/rong").await;
    check(|_| Answer::text("x".repeat(1 << 20)), "/dai").await;
    check(|_| Answer::hang_up(), "/dut").await;

    // Somebody else ends a subscription in its name: its callback did not mean it.
    agency.reader.route("*", |request| match asked(request, "hub.mode").as_deref() {
        Some("unsubscribe") => Answer::status(404),
        _ => agree(request),
    });
    agency.subscribe(&topic("rss.xml"), &agency.callback("/that"), &[]).await;
    agency.unsubscribe(&topic("rss.xml"), &agency.callback("/that")).await;
    assert_eq!(agency.verifications("/that").len(), 2);
    assert_eq!(agency.counts().await.subscriptions, 1);
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_neither_to_verify_nor_to_tell() {
    let mut agency = Agency::open().await;
    let elsewhere: String = agency.reader.url("/noi-khac").into();
    agency.reader.route("*", move |request| match path_of(request) {
        "/chuyen" => Answer::redirect(302, &elsewhere),
        "/chuyen-sau" if request.method == "POST" => Answer::redirect(307, &elsewhere),
        _ => agree(request),
    });
    agency.subscribe(&topic("rss.xml"), &agency.callback("/chuyen"), &[]).await;
    assert_eq!(agency.counts().await.subscriptions, 0);
    agency.subscribe(&topic("rss.xml"), &agency.callback("/chuyen-sau"), &[]).await;
    agency.publish().await;
    agency.until("it was told", async || !agency.pushes("/chuyen-sau").is_empty()).await;
    agency.until("it is tried again", async || agency.pushes("/chuyen-sau").len() > 1).await;
    assert!(agency.reader.all_requests().iter().all(|request| path_of(request) != "/noi-khac"));
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_and_slow_callbacks_delay_nobody() {
    let (dead, slow) = (Origin::start().await, Origin::start().await);
    dead.route("*", agree);
    slow.route("*", |request| match request.method.as_str() {
        "POST" => Answer::hang(),
        _ => agree(request),
    });
    // By another name, so that it is another host.
    let slow_host = format!("localhost:{}", slow.address().port());
    let mut agency = Agency::with_hosts(&[dead.address().to_string(), slow_host]).await;
    for n in 0..5 {
        let callback = slow.url_by("localhost", &format!("/{n}"));
        agency.subscribe(&topic("rss.xml"), callback.as_str(), &[]).await;
    }
    agency.subscribe(&topic("rss.xml"), dead.url("/").as_str(), &[]).await;
    drop(dead);
    for n in 0..3 {
        agency.subscribe(&topic("rss.xml"), &agency.callback(&format!("/{n}")), &[]).await;
    }
    assert_eq!(agency.counts().await.subscriptions, 9);
    agency.publish().await;
    let told = async || (0..3).all(|n| agency.pushes(&format!("/{n}")).len() == 1);
    agency.until("the others were told", told).await;
    agency.until("the slow one is being told", async || slow.hits() > 5).await;
    assert!(slow.all_requests()[5..].iter().all(|push| push.answered.is_none()));
    assert!(agency.counts().await.waiting_pushes >= 6, "they are owed it still");
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p8_a_callback_inside_is_refused_and_never_asked() {
    let victim = Origin::start().await;
    let agency = Agency::open().await;
    let port = victim.address().port();
    for callback in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://127.0.0.1/".into(),
        "http://10.0.0.1/".into(),
        "http://169.254.169.254/latest/meta-data/".into(),
        "http://[fd00::1]/".into(),
        "https://reader.example:6379/".into(),
        "https://reader.example@127.0.0.1/".into(),
        "file:///etc/passwd".into(),
        "gopher://reader.example/".into(),
        "/tuong-doi".into(),
        format!("https://reader.example/{}", "x".repeat(3_000)),
        "https://reader.example/#x".into(),
    ] {
        let topic = topic("rss.xml");
        let fields =
            [("hub.mode", "subscribe"), ("hub.topic", &topic), ("hub.callback", &callback)];
        let (status, said) = agency.ask(&fields).await;
        assert_eq!(status, 400, "{callback}: {said}");
        assert!(
            !said.contains("127.0.0.1") && !said.contains("passwd"),
            "nothing is repeated: {said}"
        );
    }
    assert_eq!((victim.connections(), agency.counts().await.waiting_requests), (0, 0));
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_wrong_is_refused_with_a_sentence() {
    let agency = Agency::open().await;
    let callback = agency.callback("/nhan");
    let (mine, other) = (topic("rss.xml"), "https://tin.example.gov.vn/feeds/khac/rss.xml");
    let check = async |fields: &[(&str, &str)], word: &str| {
        let (status, said) = agency.ask(fields).await;
        assert_eq!(status, 400, "{fields:?}: {said}");
        assert!(said.contains(word), "{said}");
    };
    let (mode, call) = (("hub.mode", "subscribe"), ("hub.callback", callback.as_str()));
    check(&[], "hub.mode").await;
    check(&[("hub.mode", "publish"), ("hub.topic", &mine), call], "hub.mode").await;
    check(&[("hub.mode", "denied"), ("hub.topic", &mine), call], "hub.mode").await;
    check(&[mode, call], "hub.topic").await;
    check(&[mode, ("hub.topic", &mine)], "hub.callback").await;
    check(&[mode, ("hub.topic", other), call], "hub.topic").await;
    check(&[mode, ("hub.topic", "https://elsewhere.example/feed"), call], "hub.topic").await;
    check(&[mode, ("hub.topic", &mine), call, ("hub.lease_seconds", "-1")], "lease").await;
    check(&[mode, mode, ("hub.topic", &mine), call], "once").await;
    assert!(agency.reader.all_requests().is_empty(), "nobody was asked");

    let hub = format!("http://{}/hub", agency.address);
    let page = agency.client.get(&hub).send().await.expect("an answer");
    assert_eq!(page.status(), 200);
    assert!(page.text().await.expect("a text").contains("WebSub"));
    let json = agency.client.post(&hub).header("Content-Type", "application/json").body("{}");
    assert_eq!(json.send().await.expect("an answer").status(), 415);
    agency.close().await;
}

/// Ten thousand requests name one victim, from ten thousand addresses: under one name, with one callback and with many.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_for_one_victim_lead_to_ten_verifications_at_most() {
    let victim = Origin::start().await;
    victim.on("*", Answer::status(404));
    let agency = Arc::new(Agency::with_hosts(&[victim.address().to_string()]).await);
    let next = Arc::new(AtomicU16::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (agency, next, address) = (agency.clone(), next.clone(), victim.address());
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= 10_000 {
                    return;
                }
                let path = if n % 2 == 0 { n } else { 1 };
                let callback = format!("http://{address}/{path}");
                let client = format!("198.51.{}.{}", n / 250, n % 250 + 1);
                let topic = topic(["rss.xml", "atom.xml", "feed.json"][usize::from(n % 3)]);
                let fields =
                    [("hub.mode", "subscribe"), ("hub.topic", &topic), ("hub.callback", &callback)];
                let (status, said) = agency.ask_as(&client, &fields).await;
                assert!(matches!(status.as_u16(), 202 | 429), "{status}: {said}");
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no request fails");
    }
    agency.verified().await;
    assert!((1..=10).contains(&victim.hits()), "{} verifications", victim.hits());
    Arc::into_inner(agency).expect("all tasks have ended").close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_has_ten_leases_at_most_and_a_client_so_many_requests_an_hour() {
    let agency = Agency::open().await;
    let rss = topic("rss.xml");
    for n in 0..10 {
        agency.subscribe(&rss, &agency.callback(&format!("/{n}")), &[]).await;
    }
    let callback = agency.callback("/10");
    let fields =
        [("hub.mode", "subscribe"), ("hub.topic", rss.as_str()), ("hub.callback", &callback)];
    assert_eq!(agency.ask(&fields).await.0, 429);
    assert_eq!(agency.counts().await, HubCounts { subscriptions: 10, ..HubCounts::default() });
    let mut told = Vec::new();
    for _ in 0..200 {
        told.push(agency.ask(&[("hub.mode", "nonsense")]).await.0.as_u16());
    }
    assert_eq!(told.iter().filter(|status| **status == 400).count(), 120 - 11);
    assert_eq!(told.last(), Some(&429));
    agency.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_gone_ends_its_subscriptions_and_tells_them() {
    let agency = Agency::open().await;
    agency.subscribe(&topic("rss.xml"), &agency.callback("/nhan"), &[]).await;
    let inside = [agency.reader.address().to_string()];
    let other = "[[feed]]\nname = \"khac\"\ntitle = \"Khác\"\n";
    let file = agency.folder.path().join("config.toml");
    std::fs::write(file, text(&inside, &agency.portal, agency.folder.path(), other))
        .expect("written");
    agency.daemon.reload().await;
    agency.until("it was told", async || agency.verifications("/nhan").len() == 2).await;
    agency.verified().await;
    let told = &agency.verifications("/nhan")[1];
    assert_eq!(asked(told, "hub.mode").as_deref(), Some("denied"));
    assert_eq!(asked(told, "hub.topic"), Some(topic("rss.xml")));
    assert!(asked(told, "hub.reason").is_some());
    assert_eq!(agency.counts().await, HubCounts::default());
    agency.close().await;
}

/// The real program, which is killed with a verification and then with a push under way.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_and_what_is_owed_outlive_a_kill() {
    let (portal, reader) = (Origin::start().await, Origin::start().await);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let socket = folder.path().join("http.sock");
    let page = |n: usize| {
        let rows: String =
            (1..=n).map(|n| format!("<li><a href=\"/tin/{n}\">Tin số {n}</a></li>")).collect();
        Answer::page(format!("<meta charset=utf-8><ul class=tin>{rows}</ul>"))
    };
    portal.on("/danh-sach", page(1));
    let config = text(&[reader.address().to_string()], &portal, folder.path(), FEED)
        .replace("[server]\n", &format!("[server]\nlisten = \"unix:{}\"\n", socket.display()))
        .replace("0 0 1 1 *", "* * * * * *");
    let file = folder.path().join("config.toml");
    std::fs::write(&file, config).expect("the config is written");
    let start = || {
        let log = std::fs::File::create(folder.path().join("log")).expect("a log is made");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bantin"));
        command.arg("--config").arg(&file).arg("run").env_remove("RUST_LOG");
        let child = command.stdout(std::process::Stdio::null()).stderr(log).spawn();
        Killed(child.expect("the program starts"))
    };
    let until = async |what: &str, is_so: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !is_so() {
            let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "still not so: {what}; log: {log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let asked_of = |reader: &Origin| {
        reader.all_requests().iter().filter(|request| request.method == "GET").count()
    };

    reader.route("*", |_| Answer::hang());
    let daemon = start();
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.topic", &topic("feed.json"))
        .append_pair("hub.callback", reader.url("/nhan").as_str())
        .finish();
    let request = format!(
        "POST /hub HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let post = || {
        use std::io::{Read as _, Write as _};
        let Ok(mut door) = std::os::unix::net::UnixStream::connect(&socket) else { return false };
        let mut answer = String::new();
        door.write_all(request.as_bytes()).is_ok()
            && door.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 202")
    };
    until("the hub takes the request", &post).await;
    until("the callback is asked", &|| asked_of(&reader) == 1).await;
    drop(daemon);

    reader.route("*", |request| match request.method.as_str() {
        "POST" => Answer::hang(),
        _ => agree(request),
    });
    let daemon = start();
    until("the callback is asked again", &|| asked_of(&reader) == 2).await;
    portal.on("/danh-sach", page(2));
    let told = || {
        let pushes = pushes_of(&reader, "/nhan").into_iter();
        pushes.filter(|push| String::from_utf8_lossy(&push.body).contains("Tin số 2")).count()
    };
    until("the callback is told", &|| told() == 1).await;
    drop(daemon);

    reader.route("*", agree);
    let daemon = start();
    until("the callback is told again", &|| told() == 2).await;
    assert_eq!(asked_of(&reader), 2, "it is not asked a third time");
    drop(daemon);
}

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // SIGKILL; it may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
