//! The web server over real connections on loopback, with a real store in memory and a set clock.

use crate::made;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bantin::clock::Clock;
use bantin::config::Proxies;
use bantin::web::{Listener, Site, Web, serve};
use bantin_model::limits::HTTP_CONNECTIONS_PER_CLIENT;
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

fn start() -> DateTime<Utc> {
    "2020-05-22T01:30:00Z".parse().expect("a time")
}

/// A running web server with its store. It stops when dropped.
struct House {
    store: Store,
    clock: Clock,
    web: Web,
    address: SocketAddr,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }
}

fn site() -> Site {
    Site {
        title: "Bản tin Sở TT&TT".into(),
        public_url: "https://tin.example.gov.vn/".parse().expect("a URL"),
        lang: Lang::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
    }
}

impl House {
    async fn build() -> House {
        let store = Store::open("sqlite::memory:").await.expect("a store");
        let source = made::source(
            "so-tttt",
            "Sở Thông tin và Truyền thông",
            "https://portal.example.gov.vn/tin",
        );
        store.sync_sources(&[source], |_| start()).await.expect("a source");
        store.sync_feeds(&[feed("tin", "")]).await.expect("a feed");
        House::open(store).await
    }

    async fn open(store: Store) -> House {
        let clock = Clock::set_to(start());
        let secret = store.secret().await.expect("a secret");
        let web = Web::new(store.clone(), clock.clone(), LinkTokens::new(secret), site());
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let listener = Listener::from_tcp(socket).expect("a socket of tokio");
        let address = listener.address().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let stopping = async move {
            let _ = stopped.await;
        };
        let served = tokio::spawn(serve(vec![listener], web.clone(), stopping));
        let client = reqwest::Client::builder().no_gzip().no_brotli().no_zstd().no_deflate();
        let client = client.no_proxy().build().expect("a client");
        House { store, clock, web, address, client, stop: Some(stop), served }
    }

    /// Adds items of these names, each dated by its place, and has them rendered.
    async fn publish(&self, names: &[&str]) {
        self.record(names.iter().map(|name| new_item(name, self.clock.now())).collect()).await;
        assert!(self.web.refresh().await.expect("rendered"));
    }

    async fn record(&self, new: Vec<NewItem>) {
        let poll = PollRecord { new, ..poll(self.clock.now()) };
        self.store.record_poll(&poll).await.expect("recorded");
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        Answer {
            status: answer.status(),
            headers: answer.headers().clone(),
            body: answer.bytes().await.expect("a body").to_vec(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await
    }

    async fn subscribe(
        &self,
        state: SubscriberState,
        lang: Lang,
    ) -> (SubscriberId, SubscriptionId) {
        let wanted = NewSubscription {
            selection: Selection::feed(FeedName::parse("tin").expect("a name")),
            cadence: Cadence::AtOnce,
            when_empty: false,
        };
        let now = self.clock.now();
        let (subscriber, subscription) = self
            .store
            .add_subscription("lan@so.example.gov.vn", None, lang, state, &wanted, now, now)
            .await
            .expect("a subscription");
        (subscriber.id, subscription)
    }

    async fn state(&self, id: SubscriberId) -> SubscriberState {
        self.store.subscriber(id).await.expect("the store").expect("a subscriber").state
    }
}

fn source_id() -> SourceId {
    SourceId::parse("so-tttt").expect("a name")
}

fn feed(name: &str, query: &str) -> Feed {
    Feed {
        name: FeedName::parse(name).expect("a name"),
        title: format!("Tin <{name}>"),
        description: "Tin mới & cũ".into(),
        query: query.into(),
        lang: Lang::Vi,
        items: 3,
        days: 7,
        private: false,
    }
}

fn new_item(name: &str, published: DateTime<Utc>) -> NewItem {
    let key = ItemKey::stored(format!("portal.example.gov.vn/{name}"));
    let title = format!("Tin {name}");
    NewItem {
        id: ItemId::of(&source_id(), &key),
        key,
        row: Row {
            url: format!("https://portal.example.gov.vn/{name}").parse().expect("a URL"),
            title: title.clone(),
            published: Published::At(published),
            lead: Some(format!("Lời dẫn của {name}.")),
            image: None,
            id: None,
            brought: None,
        },
        listed: title,
        read: None,
        article: ArticleSchedule::default(),
    }
}

fn poll(at: DateTime<Utc>) -> PollRecord {
    PollRecord {
        source: source_id(),
        at,
        health: Health::default(),
        next_at: at + TimeDelta::minutes(20),
        validators: None,
        rows_hash: None,
        complete: true,
        new: Vec::new(),
        standing: Standing::Open,
        looked_at: Vec::new(),
        mending: PollChanges::default(),
        notices: Vec::new(),
    }
}

const FORMATS: [(&str, &str); 3] = [
    ("/feeds/tin/rss.xml", "application/rss+xml; charset=utf-8"),
    ("/feeds/tin/atom.xml", "application/atom+xml; charset=utf-8"),
    ("/feeds/tin/feed.json", "application/feed+json"),
];

#[tokio::test]
async fn a_feed_is_served_in_every_format_with_validators_and_a_length() {
    let house = House::build().await;
    house.publish(&["mot", "hai"]).await;
    for (path, content_type) in FORMATS {
        let plain = house.get(path).await;
        assert_eq!(plain.status, StatusCode::OK);
        assert_eq!(plain.header("content-type"), content_type);
        assert_eq!(plain.header("vary"), "Accept-Encoding");
        assert_eq!(plain.header("cache-control"), "max-age=1200, stale-if-error=86400");
        assert_eq!(plain.header("last-modified"), "Fri, 22 May 2020 01:30:00 GMT");
        assert_eq!(plain.header("content-length"), plain.body.len().to_string());
        assert!(plain.text().contains("Tin mot"));
        let packed = house.ask(Method::GET, path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        assert_eq!(packed.header("vary"), "Accept-Encoding");
        assert_ne!(packed.header("etag"), plain.header("etag"));
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut body).expect("gzip");
        assert_eq!(body, plain.body);
        let head = house.ask(Method::HEAD, path, &[]).await;
        assert_eq!(head.header("content-length"), plain.header("content-length"));
        assert_eq!(head.header("etag"), plain.header("etag"));
        assert!(head.body.is_empty());
        let cors = if path.ends_with("json") { "*" } else { "" };
        assert_eq!(plain.header("access-control-allow-origin"), cors);
    }
}

#[tokio::test]
async fn what_a_reader_has_already_is_not_sent_again() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    for (path, _) in FORMATS {
        for coding in ["identity", "gzip"] {
            let coding = ("accept-encoding", coding);
            let first = house.ask(Method::GET, path, &[coding]).await;
            let etag = first.header("etag").to_owned();
            let list = format!("\"other\", W/{etag}");
            for method in [Method::GET, Method::HEAD] {
                let again = house.ask(method, path, &[coding, ("if-none-match", &list)]).await;
                assert_eq!(again.status, StatusCode::NOT_MODIFIED);
                assert_eq!(again.header("etag"), etag);
                assert_eq!(again.header("vary"), "Accept-Encoding");
                assert_eq!(again.header("cache-control"), first.header("cache-control"));
                assert!(again.body.is_empty());
            }
            let since = ("if-modified-since", first.header("last-modified"));
            let again = house.ask(Method::GET, path, &[coding, since]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED);
            let stale = ("if-none-match", "\"other\"");
            let both = house.ask(Method::GET, path, &[coding, since, stale]).await;
            assert_eq!(both.status, StatusCode::OK, "the tag wins over the time");
        }
    }
}

#[tokio::test]
async fn a_feed_moves_with_its_items_and_never_by_itself() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    let before = house.get("/feeds/tin/atom.xml").await;
    house.clock.advance(TimeDelta::hours(5));
    assert!(!house.web.refresh().await.expect("refreshed"), "nothing changed");
    // Another process on the same store gives the same bytes under the same tag.
    let twin = House::open(house.store.clone()).await;
    twin.clock.advance(TimeDelta::hours(9));
    let there = twin.get("/feeds/tin/atom.xml").await;
    assert_eq!(there.body, before.body);
    for name in ["etag", "last-modified"] {
        assert_eq!(there.header(name), before.header(name));
    }
    house.publish(&["hai"]).await;
    let after = house.get("/feeds/tin/atom.xml").await;
    assert_ne!(after.header("etag"), before.header("etag"));
    assert_eq!(after.header("last-modified"), "Fri, 22 May 2020 06:30:00 GMT");
    // A new title changes no item, so the feed changed when it was given.
    house.clock.advance(TimeDelta::hours(1));
    house.store.sync_feeds(&[Feed { title: "Khác".into(), ..feed("tin", "") }]).await.expect("ok");
    house.web.refresh().await.expect("refreshed");
    let renamed = house.get("/feeds/tin/atom.xml").await;
    assert_eq!(renamed.header("last-modified"), "Fri, 22 May 2020 07:30:00 GMT");
}

#[tokio::test]
async fn an_empty_feed_keeps_its_bytes_until_it_has_an_item() {
    let house = House::build().await;
    let first = house.get("/feeds/tin/rss.xml").await;
    assert_eq!(first.status, StatusCode::OK, "the first asker has it rendered");
    house.clock.advance(TimeDelta::hours(1));
    house.store.sync_feeds(&[feed("tin", ""), feed("khac", "x")]).await.expect("a feed more");
    assert!(house.web.refresh().await.expect("refreshed"));
    let second = house.get("/feeds/tin/rss.xml").await;
    assert_eq!(second.header("etag"), first.header("etag"));
    assert_eq!(second.header("last-modified"), first.header("last-modified"));
}

#[tokio::test]
async fn readers_are_told_to_wait_for_the_next_poll_within_bounds() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    for (minutes, age) in [(0, 1_200), (10, 600), (30, 300)] {
        house.clock.advance(TimeDelta::minutes(minutes));
        let told = house.get("/feeds/tin/rss.xml").await;
        let wanted = format!("max-age={age}, stale-if-error=86400");
        assert_eq!(told.header("cache-control"), wanted);
    }
    let far =
        PollRecord { next_at: house.clock.now() + TimeDelta::hours(10), ..poll(house.clock.now()) };
    house.store.record_poll(&far).await.expect("recorded");
    house.web.refresh().await.expect("refreshed");
    let told = house.get("/feeds/tin/rss.xml").await;
    assert_eq!(told.header("cache-control"), "max-age=3600, stale-if-error=86400");
}

/// The names in a feed, newest first.
async fn names_in(house: &House, feed: &str) -> String {
    let json = house.get(&format!("/feeds/{feed}/feed.json")).await;
    let json: serde_json::Value = serde_json::from_slice(&json.body).expect("JSON");
    let items = json["items"].as_array().expect("items");
    let names = items.iter().filter_map(|item| item["title"].as_str()?.strip_prefix("Tin "));
    names.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_feed_holds_the_newest_that_match_and_everything_young() {
    let house = House::build().await;
    let feeds = [feed("tin", ""), feed("hai", "hai OR ba"), feed("nguon", "source:so-tttt bon")];
    house.store.sync_feeds(&feeds).await.expect("feeds");
    let old = |name: &str, days: i64| new_item(name, start() - TimeDelta::days(days));
    let backlog = ["mot", "hai", "ba", "bon", "nam"];
    let backlog = backlog.iter().zip(30..).map(|(name, days)| old(name, days)).collect();
    let poll = PollRecord { new: backlog, standing: Standing::Backlog, ..poll(start()) };
    house.store.record_poll(&poll).await.expect("recorded");
    house.web.refresh().await.expect("rendered");
    // Old articles found on the first day: only the newest three.
    assert_eq!(names_in(&house, "tin").await, "mot hai ba");
    assert_eq!(names_in(&house, "hai").await, "hai ba");
    assert_eq!(names_in(&house, "nguon").await, "bon");
    // New ones stay for their days, one of an old date too.
    house.clock.advance(TimeDelta::hours(1));
    let mut new: Vec<NewItem> =
        ["sau", "bay", "tam", "chin"].map(|name| new_item(name, house.clock.now())).into();
    new.push(old("muoi", 100));
    house.record(new).await;
    house.web.refresh().await.expect("rendered");
    assert_eq!(names_in(&house, "tin").await, "chin tam bay sau muoi");
    house.clock.advance(TimeDelta::days(8));
    house.publish(&["muoi-mot"]).await;
    assert_eq!(names_in(&house, "tin").await, "muoi-mot chin tam");
    assert_eq!(names_in(&house, "hai").await, "hai ba", "what is further back than a page stays");
}

#[tokio::test]
async fn p6_a_feed_whose_query_cannot_be_read_keeps_its_last_good_items() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    let before = house.get("/feeds/tin/rss.xml").await;
    let broken = [feed("tin", "(a OR"), feed("moi", "source:"), feed("lanh", "mot")];
    house.store.sync_feeds(&broken).await.expect("feeds");
    house.web.refresh().await.expect("refreshed");
    let after = house.get("/feeds/tin/rss.xml").await;
    assert_eq!((after.status, after.body), (StatusCode::OK, before.body));
    assert_eq!(names_in(&house, "lanh").await, "mot");
    assert_eq!(house.get("/feeds/moi/rss.xml").await.status, StatusCode::NOT_FOUND);
    // A feed that was taken away is gone.
    house.store.sync_feeds(&[feed("lanh", "mot")]).await.expect("feeds");
    house.web.refresh().await.expect("refreshed");
    assert_eq!(house.get("/feeds/tin/rss.xml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn p6_a_store_that_is_gone_shows_in_no_feed() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    house.store.close().await;
    assert!(house.web.refresh().await.is_err());
    let feed = house.get("/feeds/tin/rss.xml").await;
    assert_eq!(feed.status, StatusCode::OK);
    assert!(feed.text().contains("Tin mot"));
    let health = house.get("/healthz").await;
    assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
    let item = house.get("/items/8f1d52a6-3c0b-4f7e-9a64-0b8ec2d751f3").await;
    assert_eq!(item.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(item.header("retry-after"), "30");
}

#[tokio::test]
async fn readers_at_the_same_time_never_see_a_feed_go_back() {
    let house = House::build().await;
    house.publish(&["0"]).await;
    let feed = feed("tin", "");
    house.store.sync_feeds(&[Feed { items: 100, ..feed }]).await.expect("a feed");
    let reading: Vec<JoinHandle<usize>> = (0..4)
        .map(|_| {
            let client = house.client.clone();
            let url = format!("http://{}/feeds/tin/feed.json", house.address);
            tokio::spawn(async move {
                let mut most = 0;
                while most < 15 {
                    let body = client.get(&url).send().await.expect("sent").bytes().await;
                    let json: serde_json::Value =
                        serde_json::from_slice(&body.expect("a body")).expect("whole JSON");
                    let count = json["items"].as_array().expect("items").len();
                    assert!(count >= most, "{count} after {most}");
                    most = count;
                }
                most
            })
        })
        .collect();
    for n in 1..15 {
        house.record(vec![new_item(&n.to_string(), house.clock.now())]).await;
        // Two at once, as the timer and a poll may be.
        let (one, other) = tokio::join!(house.web.refresh(), house.web.refresh());
        assert!(one.expect("refreshed") || other.expect("refreshed"));
    }
    for reader in reading {
        assert_eq!(reader.await.expect("no reader saw a step back"), 15);
    }
}

#[tokio::test]
async fn the_host_a_request_names_is_in_no_byte_of_the_answer() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    let pages = ["/", "/feeds.opml", "/nothing"];
    for path in FORMATS.map(|(path, _)| path).into_iter().chain(pages) {
        let honest = house.get(path).await;
        let evil = [("host", "evil.example"), ("x-forwarded-host", "evil.example")];
        let answer = house.ask(Method::GET, path, &evil).await;
        assert_eq!(answer.body, honest.body);
        assert_eq!(answer.header("etag"), honest.header("etag"));
        assert!(!format!("{:?}{}", answer.headers, answer.text()).contains("evil"));
    }
}

#[tokio::test]
async fn every_answer_is_guarded_and_an_error_repeats_nothing() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    let item = new_item("mot", start()).id;
    let mark = "xss%22%3E%3Cscript%3E";
    let paths = [
        "/".to_owned(),
        "/feeds/tin/rss.xml".into(),
        "/healthz".into(),
        "/robots.txt".into(),
        "/favicon.ico".into(),
        format!("/items/{item}"),
        format!("/{mark}"),
        format!("/feeds/{mark}/rss.xml"),
        format!("/feeds/tin/{mark}"),
        format!("/items/{mark}"),
        format!("/confirm/{mark}"),
        format!("/unsubscribe/{mark}"),
        "/feeds/%ff/rss.xml".into(),
        "/items/%00".into(),
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let answer = house.ask(method.clone(), &path, &[("referer", "http://xss/")]).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; "), "{method} {path}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            let all = format!("{:?}{}", answer.headers, answer.text());
            let all = all.replace("<script type=\"application/ld+json\">", "");
            assert!(!all.contains("xss") && !all.contains("<script"), "{method} {path}: {all}");
            if method == Method::PUT {
                assert!(answer.status == 405 || answer.status == 404, "{path}: {}", answer.status);
                if answer.status == 405 {
                    assert!(answer.header("allow").contains("GET"), "{path}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_short_page_in_the_language_of_the_site() {
    let house = House::build().await;
    for path in ["/nothing", "/feeds/khong-co/rss.xml", "/feeds/tin/rss", "/items/1", "/items/%ff"]
    {
        let answer = house.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.text().contains("<html lang=\"vi\">"));
        assert!(answer.text().contains("Không tìm thấy trang"));
    }
    house.web.change(|settings| settings.site = Arc::new(Site { lang: Lang::En, ..site() }));
    assert!(house.get("/nothing").await.text().contains("Page not found"));
}

#[tokio::test]
async fn the_page_about_feeds_lists_them_with_links_to_every_format() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    let page = house.get("/feeds/").await;
    let text = page.text();
    for wanted in [
        "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"Tin &lt;tin&gt; (RSS)\" href=\"https://tin.example.gov.vn/feeds/tin/rss.xml\">",
        "Bản tin Sở TT&amp;TT",
        "<h2 id=\"feed-tin\">Tin &lt;tin&gt;</h2>",
        ">Tin mot</a> <time datetime=\"2020-05-22T08:30:00+07:00\">22/05/2020 08:30</time>",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    let again = house.ask(Method::GET, "/feeds/", &[("if-none-match", page.header("etag"))]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let opml = house.get("/feeds.opml").await;
    assert_eq!(opml.header("content-type"), "text/x-opml; charset=utf-8");
    assert!(opml.text().contains("xmlUrl=\"https://tin.example.gov.vn/feeds/tin/rss.xml\""));
    house
        .web
        .change(|settings| settings.site = Arc::new(Site { title: "Tên mới".into(), ..site() }));
    assert!(house.web.refresh().await.expect("refreshed"), "new settings are rendered");
    assert!(house.get("/feeds/").await.text().contains("<a href=\"/\">Tên mới</a>"));
}

#[tokio::test]
async fn p8_an_items_page_shows_clean_html_and_escapes_the_rest() {
    let house = House::build().await;
    let html = "<p>Nội dung <b>đậm</b>.</p>";
    let article = Article {
        title: Some("Họp <script>alert(1)</script> & bàn".into()),
        published: Published::At(start()),
        byline: Some("\"><img src=x onerror=alert(1)>".into()),
        content_html: serde_json::from_value(html.into()).expect("a text"),
        content_text: "Nội dung đậm.".into(),
        ..Article::default()
    };
    let read = ArticleRead { article, ..ArticleRead::default() };
    let new = NewItem { read: Some(read), ..new_item("mot", start()) };
    let id = new.id;
    house.record(vec![new]).await;
    let page = house.get(&format!("/items/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    assert!(text.contains(html), "{text}");
    assert!(text.contains("<h1>Họp &lt;script&gt;"), "{text}");
    assert_eq!(text.matches("<script").count(), 1, "the linked data: {text}");
    assert!(!text.contains("<script>") && !text.contains("<img src=x"), "{text}");
    assert!(text.contains("https://portal.example.gov.vn/mot"), "{text}");
    assert!(page.header("content-security-policy").contains("img-src 'self';"));
    let again = [("if-none-match", page.header("etag"))];
    let again = house.ask(Method::GET, &format!("/items/{id}"), &again).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    // What is held for the admin is nowhere.
    let held = PollRecord {
        new: vec![new_item("hai", start())],
        standing: Standing::Held,
        ..poll(start())
    };
    house.store.record_poll(&held).await.expect("recorded");
    house.web.refresh().await.expect("refreshed");
    let held = new_item("hai", start()).id;
    assert_eq!(house.get(&format!("/items/{held}")).await.status, StatusCode::NOT_FOUND);
    assert!(!names_in(&house, "tin").await.contains("hai"));
}

fn path_of(url: &str) -> &str {
    url.strip_prefix("https://tin.example.gov.vn").expect("an address of ours")
}

#[tokio::test]
async fn p9_opening_a_link_of_a_mail_changes_nothing_and_pressing_the_button_does() {
    let house = House::build().await;
    let (subscriber, subscription) = house.subscribe(SubscriberState::Pending, Lang::En).await;
    let (web, url) = (&house.web, site().public_url);
    let confirm = web.tokens().confirm_address(&url, subscriber);
    let leave = web.tokens().leave_address(&url, subscription);
    assert!(leave.len() <= 70, "{leave}");
    for (path, heading) in
        [(path_of(&confirm), "Confirm your subscription"), (path_of(&leave), "Stop receiving")]
    {
        for method in [Method::GET, Method::HEAD, Method::GET] {
            let page = house.ask(method.clone(), path, &[]).await;
            assert_eq!(page.status, StatusCode::OK);
            assert_eq!(page.header("cache-control"), "no-store");
            assert_eq!(page.header("x-robots-tag"), "noindex");
            if method == Method::GET {
                let text = page.text();
                assert!(text.contains("<html lang=\"en\">") && text.contains(heading), "{text}");
                assert!(text.contains("<form method=\"post\"><button type=\"submit\">"));
                assert!(!text.contains("lan@"), "no address on the page");
            }
        }
    }
    assert_eq!(house.state(subscriber).await, SubscriberState::Pending);
    let post = |path: String, body: &'static str| {
        let request = house.client.post(format!("http://{}{path}", house.address));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        async move { request.body(body).send().await.expect("an answer") }
    };
    let confirmed = post(path_of(&confirm).to_owned(), "").await;
    assert_eq!(confirmed.status(), StatusCode::OK);
    assert!(confirmed.text().await.expect("a body").contains("<h1>Confirmed</h1>"));
    assert_eq!(house.state(subscriber).await, SubscriberState::Active);
    assert!(house.get(path_of(&confirm)).await.text().contains("confirmed before"));
    // RFC 8058: what the mail program posts; and once more, by the reader's own hand.
    for body in ["List-Unsubscribe=One-Click", ""] {
        let left = post(path_of(&leave).to_owned(), body).await;
        assert_eq!(left.status(), StatusCode::OK);
        assert_eq!(house.state(subscriber).await, SubscriberState::Left);
    }
    // The old link to confirm does not bring back who has left.
    let old = post(path_of(&confirm).to_owned(), "").await;
    assert_eq!(old.status(), StatusCode::GONE);
    assert_eq!(house.state(subscriber).await, SubscriberState::Left);
}

#[tokio::test]
async fn a_forged_token_is_the_same_as_none() {
    let house = House::build().await;
    let (subscriber, subscription) = house.subscribe(SubscriberState::Active, Lang::Vi).await;
    let tokens = house.web.tokens();
    let mut forged = tokens.leave(subscription);
    let last = if forged.ends_with('A') { 'B' } else { 'A' };
    forged.pop();
    forged.push(last);
    let never = tokens.confirm(SubscriberId(999));
    let of_other_purpose = tokens.confirm(subscriber);
    let unknown = house.get("/nothing").await.text();
    for path in [
        format!("/unsubscribe/{forged}"),
        format!("/unsubscribe/{of_other_purpose}"),
        format!("/confirm/{never}"),
        "/unsubscribe/1".to_owned(),
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = house.ask(method, &path, &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert_eq!(answer.text(), unknown);
        }
    }
    assert_eq!(house.state(subscriber).await, SubscriberState::Active);
}

#[tokio::test]
async fn p11_a_form_larger_than_the_limit_is_refused() {
    let house = House::build().await;
    let (subscriber, subscription) = house.subscribe(SubscriberState::Active, Lang::Vi).await;
    let path = format!("/unsubscribe/{}", house.web.tokens().leave(subscription));
    let request = house.client.post(format!("http://{}{path}", house.address));
    let answer = request.body(vec![b'a'; 64 * 1024 + 1]).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(house.state(subscriber).await, SubscriberState::Active);
}

#[tokio::test]
async fn health_tells_of_a_broken_source_and_stays_well() {
    let house = House::build().await;
    assert_eq!(house.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let failed = health::PollObservation::Failed {
        why: Breakage::LayoutGone,
        detail: "nothing on http://10.0.0.1/secret matches".into(),
    };
    let health = Health::default().after(&failed, Vec::new(), start());
    house.store.record_poll(&PollRecord { health, ..poll(start()) }).await.expect("recorded");
    house.web.refresh().await.expect("refreshed");
    let told = house.get("/healthz").await;
    assert_eq!(told.status, StatusCode::OK);
    assert_eq!(told.header("content-type"), "application/json");
    assert_eq!(
        told.text(),
        "{\"status\":\"ok\",\"sources\":[{\"id\":\"so-tttt\",\"broken\":\"layout-gone\",\"since\":\"2020-05-22T01:30:00Z\",\
         \"last_good\":null,\"next_poll\":\"2020-05-22T01:50:00Z\"}]}\n"
    );
    assert_eq!(house.get("/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn robots_and_the_icon_are_there_and_kept_for_long() {
    let house = House::build().await;
    for (path, content_type) in [
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/favicon.ico", "image/svg+xml"),
    ] {
        let answer = house.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), content_type);
        assert_eq!(answer.header("cache-control"), "max-age=604800");
        let tag = [("if-none-match", answer.header("etag"))];
        assert_eq!(house.ask(Method::GET, path, &tag).await.status, StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn a_page_in_a_browser_may_ask_for_the_json_feed_with_a_condition() {
    let house = House::build().await;
    let asked = house.ask(Method::OPTIONS, "/feeds/tin/feed.json", &[]).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT);
    assert_eq!(asked.header("access-control-allow-origin"), "*");
    assert!(asked.header("access-control-allow-headers").contains("If-None-Match"));
    let other = house.ask(Method::OPTIONS, "/feeds/tin/rss.xml", &[]).await;
    assert_eq!(other.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_client_that_says_no_more_once_it_has_asked_gets_its_answer() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    for path in ["/feeds/tin/rss.xml", "/search?q=mot", "/"] {
        let mut one = TcpStream::connect(house.address).await.expect("connected");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        one.write_all(request.as_bytes()).await.expect("sent");
        one.shutdown().await.expect("half closed");
        let mut answer = Vec::new();
        one.read_to_end(&mut answer).await.expect("an answer");
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}: {}", answer.escape_ascii());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_answers_come_whole_and_in_turn_however_slowly_they_are_taken() {
    let house = House::build().await;
    let item = |n| {
        let mut item = new_item(&format!("tin-{n}"), house.clock.now());
        item.row.lead = Some(format!("Lời dẫn {n} ").repeat(500));
        item
    };
    house.record((0..60).map(item).collect()).await;
    assert!(house.web.refresh().await.expect("rendered"));
    let gzip = [("accept-encoding", "gzip")];
    let plain = house.get("/feeds/tin/rss.xml").await.body;
    let packed = house.ask(Method::GET, "/feeds/tin/rss.xml", &gzip).await.body;
    assert!(plain.len() > 400_000, "{} bytes", plain.len());
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small window");
    let mut one = socket.connect(house.address).await.expect("connected");
    let ask = |method: &str, fields: &str| {
        format!("{method} /feeds/tin/rss.xml HTTP/1.1\r\nHost: x\r\n{fields}\r\n")
    };
    let asks = [
        (ask("GET", ""), &plain[..]),
        (ask("HEAD", ""), &[]),
        (ask("GET", "Accept-Encoding: gzip\r\n"), &packed),
        (ask("GET", ""), &plain),
        (ask("GET", "Connection: close\r\n"), &plain),
    ];
    for (ask, _) in &asks {
        one.write_all(ask.as_bytes()).await.expect("sent");
    }
    let (mut answers, mut some) = (Vec::new(), [0; 30_000]);
    loop {
        match one.read(&mut some).await.expect("it goes on") {
            0 => break,
            count => answers.extend_from_slice(&some[..count]),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut rest = &answers[..];
    for (ask, body) in asks {
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        assert!(rest.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", rest[..end].escape_ascii());
        assert!(rest[end..].starts_with(body), "{ask}: other bytes");
        rest = &rest[end + body.len()..];
    }
    assert!(rest.is_empty(), "{} bytes too many", rest.len());
}

#[tokio::test]
async fn p11_a_client_that_never_ends_its_head_is_let_go_and_others_are_served() {
    let house = House::build().await;
    house.publish(&["mot"]).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut one = TcpStream::connect(house.address).await.expect("connected");
        one.write_all(b"GET /feeds/tin/rss.xml HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            .await
            .expect("sent");
        slow.push(one);
    }
    assert_eq!(house.get("/feeds/tin/rss.xml").await.status, StatusCode::OK);
    // One that asked and got its answer, and then stays.
    let mut idle = TcpStream::connect(house.address).await.expect("connected");
    idle.write_all(b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    // The clock of tokio jumps to the next timeout as soon as nothing else is to be done.
    tokio::time::pause();
    for mut one in slow {
        let mut rest = Vec::new();
        // Closed, with or without a word.
        let _ = one.read_to_end(&mut rest).await;
        assert!(!String::from_utf8_lossy(&rest).starts_with("HTTP/1.1 200"));
    }
    let started = tokio::time::Instant::now();
    idle.read_to_end(&mut Vec::new()).await.expect("closed by the door");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

/// Takes all connections that one client may have, sends so many requests on each, reads nothing
/// and never closes them.
async fn vanished(asking: usize) {
    let house = House::build().await;
    let names: Vec<String> = (0..60).map(|n| format!("tin-{n}")).collect();
    house.publish(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    house.web.change(|settings| {
        settings.proxies = Arc::new(Proxies { networks: Vec::new(), unix: false })
    });
    let asks = "GET /feeds/tin/rss.xml HTTP/1.1\r\nHost: x\r\n\r\n".repeat(asking);
    let mut gone = Vec::new();
    for _ in 0..HTTP_CONNECTIONS_PER_CLIENT {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("a small window");
        let one = socket.connect(house.address).await.expect("connected");
        // As much of it as fits on the way.
        let _ = one.try_write(asks.as_bytes());
        gone.push(one);
    }
    let served = async || {
        let mut one = TcpStream::connect(house.address).await.expect("connected");
        let ask = b"GET /feeds/tin/rss.xml HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let mut answer = Vec::new();
        // One that is turned away is closed, perhaps while it asks.
        let _ = one.write_all(ask).await;
        let _ = one.read_to_end(&mut answer).await;
        answer.starts_with(b"HTTP/1.1 200")
    };
    assert!(!served().await, "all places of this client are taken");
    let mut tries = 0;
    while !served().await {
        tries += 1;
        assert!(tries < 240, "no place came free of those that asked {asking} times");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    drop(gone);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_readers_that_vanish_without_a_word_give_their_places_back() {
    // Before they asked, and amid answers of which more is owed than fits on the way.
    tokio::join!(vanished(0), vanished(2_000));
}

#[tokio::test]
async fn at_shutdown_an_open_request_is_answered_and_idle_connections_end() {
    let mut house = House::build().await;
    house.publish(&["mot"]).await;
    let (_, subscription) = house.subscribe(SubscriberState::Active, Lang::Vi).await;
    let token = house.web.tokens().leave(subscription);
    // Keeps a connection open and idle.
    assert_eq!(house.get("/").await.status, StatusCode::OK);
    let mut open = TcpStream::connect(house.address).await.expect("connected");
    let head =
        format!("POST /unsubscribe/{token} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    open.write_all(head.as_bytes()).await.expect("sent");
    // The head has been read once the continuing request holds its connection through the stop.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    house.stop.take().expect("not stopped yet").send(()).expect("the door is open");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!house.served.is_finished(), "a request is open");
    assert!(TcpStream::connect(house.address).await.is_err(), "nobody new comes in");
    open.write_all(b"cd").await.expect("sent");
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), house.served).await;
    ended.expect("ended in time").expect("without a panic");
}

#[tokio::test]
async fn who_was_let_in_before_the_stop_is_answered_after_it_and_told_to_go() {
    let mut house = House::build().await;
    house.publish(&["mot"]).await;
    // Prepared responses bypass hyper, all others go through it.
    let paths = ["/feeds/tin/rss.xml", "/robots.txt"];
    let mut guests = Vec::new();
    for path in paths.iter().chain(&paths) {
        guests.push((path, TcpStream::connect(house.address).await.expect("connected")));
    }
    // Half of them have asked before.
    for (path, guest) in &mut guests[2..] {
        let request = format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        guest.write_all(request.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(guest.read_u8().await.expect("an answer"));
        }
    }
    // A connection is let in when one that came after it has been answered.
    assert_eq!(house.get("/").await.status, StatusCode::OK);
    house.stop.take().expect("not stopped yet").send(()).expect("the door is open");
    while TcpStream::connect(house.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for (path, guest) in &mut guests {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        guest.write_all(request.as_bytes()).await.expect("sent");
    }
    for (path, mut guest) in guests {
        let mut answer = String::new();
        guest.read_to_string(&mut answer).await.expect("an answer and an end");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{path}: {answer}");
    }
    house.served.await.expect("ended without a panic");
}

#[tokio::test]
async fn a_unix_socket_is_served_and_one_left_behind_is_replaced() {
    use bantin::config::Listen;
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("bantin.sock");
    // A process that was killed leaves its socket file.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let house = House::build().await;
    let listen = Listen::Unix(path.clone());
    let listener = Listener::bind(&listen).await.expect("bound again");
    assert!(Listener::bind(&listen).await.is_err(), "one that is answered stays");
    let serving = tokio::spawn(serve(vec![listener], house.web.clone(), std::future::pending()));
    let mut stream = tokio::net::UnixStream::connect(&path).await.expect("connected");
    let request = b"GET /healthz HTTP/1.0\r\n\r\n";
    stream.write_all(request).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200"), "{answer}");
    serving.abort();
}
