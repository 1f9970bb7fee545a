//! What feeds reach beyond their newest items: the past, what was withdrawn, queries, private readers, files; and the short
//! way to what lies ready, over real connections on loopback.

use crate::made;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bantin::clock::Clock;
use bantin::config::Proxies;
use bantin::export::{ExportSummary, Exporter};
use bantin::fetch::{CallbackSettings, Callbacks};
use bantin::jobs::archive::Archivist;
use bantin::web::{HubSettings, Listener, Site, Web, serve};
use bantin_model::feed::FeedFormat;
use bantin_model::tokens::{LinkTokens, draw_feed_token};
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

struct House {
    store: Store,
    clock: Clock,
    web: Web,
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| {
            let (given, value) = line.split_once(": ")?;
            given.eq_ignore_ascii_case(name).then_some(value)
        });
        found.unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    /// Status, header fields without their times, and body.
    fn told(&self) -> (u16, Vec<String>, Vec<u8>) {
        let fields = self.head.lines().skip(1).filter(|line| !line.starts_with("date:"));
        let mut fields: Vec<String> = fields.map(str::to_owned).collect();
        fields.sort();
        (self.status, fields, self.body.clone())
    }
}

fn source() -> SourceId {
    SourceId::parse("so-tttt").expect("a name")
}

fn feed(name: &str, query: &str) -> Feed {
    Feed {
        name: FeedName::parse(name).expect("a name"),
        title: format!("Bản tin {name}"),
        description: String::new(),
        query: query.into(),
        lang: Lang::Vi,
        items: 10,
        days: 0,
        private: false,
    }
}

impl House {
    async fn build(feeds: &[Feed]) -> House {
        let store = Store::open("sqlite::memory:").await.expect("a store");
        let polled = made::source("so-tttt", "Sở TT&TT", "https://portal.example.gov.vn/tin");
        let start = at("2026-11-20T01:00:00Z");
        store.sync_sources(&[polled], |_| start).await.expect("a source");
        store.sync_feeds(feeds).await.expect("feeds");
        let clock = Clock::set_to(start);
        let secret = store.secret().await.expect("a secret");
        let site = Site {
            title: "Bản tin Sở TT&TT".into(),
            public_url: "https://tin.example.gov.vn/".parse().expect("a URL"),
            lang: Lang::Vi,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        let web = Web::new(store.clone(), clock.clone(), LinkTokens::new(secret), site);
        let settings = CallbackSettings { user_agent: "bantin-test".into(), inside: Vec::new() };
        let callbacks = Callbacks::new(&settings, clock.clone()).expect("clients");
        let hub = HubSettings { callbacks, asked: Arc::default() };
        web.change(|settings| settings.hub = Some(Arc::new(hub)));
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let listener = Listener::from_tcp(socket).expect("a socket of tokio");
        let address = listener.address().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let stopping = async move {
            let _ = stopped.await;
        };
        tokio::spawn(serve(vec![listener], web.clone(), stopping));
        House { store, clock, web, address, _stop: stop }
    }

    async fn source(&self) -> Source {
        self.store.source(&source()).await.expect("ok").expect("it is there").source
    }

    async fn publish(&self, names: impl Iterator<Item = String>) {
        self.publish_of(&source(), names).await;
    }

    async fn publish_of(&self, source: &SourceId, names: impl Iterator<Item = String>) {
        let now = self.clock.now();
        let poll = PollRecord {
            source: source.clone(),
            at: now,
            health: Health::default(),
            next_at: now + TimeDelta::minutes(15),
            validators: None,
            rows_hash: None,
            complete: true,
            new: names.map(|name| new_item(&name, now)).collect(),
            standing: Standing::Open,
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            notices: Vec::new(),
        };
        self.store.record_poll(&poll).await.expect("recorded");
        self.web.refresh().await.expect("rendered");
    }

    async fn archive(&self) {
        let archivist = Archivist::new(self.store.clone(), self.clock.clone());
        let before = self.store.version().await.expect("a number");
        while archivist.turn(chrono_tz::Asia::Ho_Chi_Minh).await.expect("archived") {
            let now = self.store.version().await.expect("a number");
            assert_eq!(now, before, "no feed is rendered anew for each part");
        }
        self.web.refresh().await.expect("rendered");
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(path, "").await
    }

    async fn ask(&self, path: &str, fields: &str) -> Answer {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}Connection: close\r\n\r\n");
        self.send(&request).await
    }

    async fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(answer[..end].to_vec()).expect("ASCII");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Answer { status, head, body: answer[end + 4..].to_vec() }
    }
}

fn new_item(name: &str, seen: DateTime<Utc>) -> NewItem {
    let url: url::Url = format!("https://portal.example.gov.vn/tin/{name}").parse().expect("a URL");
    let key = ItemKey::of(&url);
    let article = Article {
        title: Some(format!("Tin {name}")),
        published: Published::At(seen),
        section: Some("Chuyển đổi số".into()),
        content_text: "Ngày 19/5/2020, lãnh đạo Sở làm việc với các phòng.".into(),
        ..Article::default()
    };
    NewItem {
        id: ItemId::of(&source(), &key),
        row: Row {
            url,
            title: format!("Tin {name}"),
            published: Published::At(seen),
            lead: None,
            image: None,
            id: None,
            brought: None,
        },
        key,
        listed: String::new(),
        read: Some(ArticleRead { article, ..ArticleRead::default() }),
        article: ArticleSchedule::default(),
    }
}

fn id_of(name: &str) -> ItemId {
    new_item(name, DateTime::UNIX_EPOCH).id
}

fn names(prefix: &str, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |n| format!("{prefix}{n}"))
}

fn ids(document: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(document).expect("JSON");
    let items = json["items"].as_array().expect("items").iter();
    items.map(|item| item["title"].as_str().expect("a title").to_owned()).collect()
}

#[tokio::test]
async fn the_past_of_a_feed_is_closed_in_parts_and_holds_everything_once() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 130)).await;
    house.archive().await;
    let first = house.get("/feeds/tin/2026-11/feed.json").await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("cache-control"), "max-age=3600, stale-if-error=86400");
    house.clock.advance(TimeDelta::days(12));
    house.publish(names("b", 3)).await;
    house.archive().await;
    let current = house.get("/feeds/tin/feed.json").await.text();
    let json: serde_json::Value = serde_json::from_str(&current).expect("JSON");
    let mut next = json["next_url"].as_str().map(str::to_owned);
    let mut all = ids(&current);
    let mut parts = Vec::new();
    while let Some(url) = next {
        let path = url.strip_prefix("https://tin.example.gov.vn").expect("ours").to_owned();
        let document = house.get(&path).await.text();
        all.extend(ids(&document));
        let json: serde_json::Value = serde_json::from_str(&document).expect("JSON");
        next = json["next_url"].as_str().map(str::to_owned);
        parts.push(path);
    }
    assert_eq!(parts, ["/feeds/tin/2026-11-2/feed.json", "/feeds/tin/2026-11/feed.json"]);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 133, "nothing is missing");
    let closed = house.get("/feeds/tin/2026-11/feed.json").await;
    assert_eq!(closed.header("cache-control"), "max-age=31536000, immutable");
    for part in ["2026-12", "2026-11-3", "tin", "..", "2026-11-1"] {
        assert_eq!(house.get(&format!("/feeds/tin/{part}/feed.json")).await.status, 404, "{part}");
    }
}

/// Returns the documents that follow a feed by `next_url`, the newest first, and the titles of all
/// items in them and in the feed.
async fn followed(house: &House, feed: &str) -> (Vec<String>, Vec<String>) {
    let mut next = Some(feed.to_owned());
    let (mut titles, mut parts) = (Vec::new(), Vec::new());
    while let Some(path) = next {
        let document = house.get(&path).await.text();
        titles.extend(ids(&document));
        let json: serde_json::Value = serde_json::from_str(&document).expect("JSON");
        let behind = json["next_url"].as_str();
        next = behind
            .map(|url| url.strip_prefix("https://tin.example.gov.vn").expect("ours").to_owned());
        parts.extend(next.clone());
    }
    titles.sort();
    titles.dedup();
    (parts, titles)
}

#[tokio::test]
async fn a_source_has_a_past_of_its_own_and_searches_and_sections_have_none() {
    // A feed of the source's name, with other items.
    let house = House::build(&[feed("so-tttt", "section:khac")]).await;
    let other = SourceId::parse("so-khac").expect("a name");
    let two = Source { id: other.clone(), ..house.source().await };
    house.store.add_source(&two, "lan", house.clock.now()).await.expect("ok").expect("kept");
    house.publish(names("a", 230)).await;
    house.publish_of(&other, names("k", 3)).await;
    house.archive().await;
    house.clock.advance(TimeDelta::days(12));
    house.publish(names("b", 70)).await;
    house.archive().await;
    let (parts, titles) = followed(&house, "/sources/so-tttt/feed.json").await;
    let part = |name: &str| format!("/sources/so-tttt/{name}/feed.json");
    assert_eq!(parts, [part("2026-11-3"), part("2026-11-2"), part("2026-11")]);
    assert_eq!(titles.len(), 300, "nothing is missing, and nothing of others is there");
    let (parts, titles) = followed(&house, "/sources/so-khac/feed.json").await;
    assert_eq!((parts, titles.len()), (vec!["/sources/so-khac/2026-11/feed.json".to_owned()], 3));
    let atom = house.get("/sources/so-tttt/2026-11-2/atom.xml").await;
    for link in [
        "<link href=\"https://tin.example.gov.vn/sources/so-tttt/atom.xml\" rel=\"current\"",
        "<link href=\"https://tin.example.gov.vn/sources/so-tttt/2026-11/atom.xml\" rel=\"prev-archive\"",
        "<link href=\"https://tin.example.gov.vn/sources/so-tttt/2026-11-3/atom.xml\" rel=\"next-archive\"",
        "<fh:archive>",
    ] {
        assert!(atom.text().contains(link), "{link}\n{}", &atom.text()[..1500]);
    }
    assert_eq!(atom.header("cache-control"), "max-age=31536000, immutable");
    let current = house.get("/sources/so-tttt/atom.xml").await.text();
    let id = |document: &str| {
        let (_, rest) = document.split_once("<id>").expect("an id");
        rest.split_once("</id>").expect("its end").0.to_owned()
    };
    assert_eq!(id(&current), id(&atom.text()), "the past is of the same feed");
    assert!(current.contains("sources/so-tttt/2026-11-3/atom.xml\" rel=\"prev-archive\""));
    // The feed of the config has none of it, and what there is no end of has no archives.
    assert_eq!(house.get("/feeds/so-tttt/2026-11/atom.xml").await.status, 404);
    for none in ["/search/feed.json?q=tin", "/sections/chuyen-doi-so/feed.json"] {
        assert_eq!(followed(&house, none).await.0, [""; 0], "{none}");
    }
    for nothing in ["so-tttt/2026-12/feed.json", "so-tttt/tin/feed.json", "khong/2026-11/feed.json"]
    {
        assert_eq!(house.get(&format!("/sources/{nothing}")).await.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn what_was_given_to_a_source_s_archives_is_not_given_again_after_a_crash() {
    let house = House::build(&[]).await;
    house.publish(names("a", 130)).await;
    house.archive().await;
    let before = followed(&house, "/sources/so-tttt/feed.json").await;
    // As if the process had died before it took down how far it came.
    house.store.set_archived_upto(0).await.expect("ok");
    house.archive().await;
    assert_eq!(house.store.archived_upto().await.expect("ok"), 130);
    assert_eq!(followed(&house, "/sources/so-tttt/feed.json").await, before);
    assert_eq!(house.store.archive_place(&source()).await.expect("ok").open.len(), 30);
}

#[tokio::test]
async fn a_large_store_is_archived_in_turns_that_end() {
    let house = House::build(&[]).await;
    for n in 0..9 {
        house.publish(names(&format!("a{n}-"), 100)).await;
    }
    house.archive().await;
    let (parts, titles) = followed(&house, "/sources/so-tttt/feed.json").await;
    assert_eq!((parts.len(), titles.len()), (9, 900));
}

#[tokio::test]
async fn what_is_closed_never_changes_and_its_documents_are_linked_both_ways() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 250)).await;
    house.archive().await;
    let before = house.get("/feeds/tin/2026-11/atom.xml").await;
    for link in [
        "<link href=\"https://tin.example.gov.vn/feeds/tin/2026-11/atom.xml\" rel=\"self\"",
        "<link href=\"https://tin.example.gov.vn/feeds/tin/atom.xml\" rel=\"current\"",
        "<link href=\"https://tin.example.gov.vn/feeds/tin/2026-11-2/atom.xml\" rel=\"next-archive\"",
        "<fh:archive>",
    ] {
        assert!(before.text().contains(link), "{link}\n{}", &before.text()[..1500]);
    }
    let rss = house.get("/feeds/tin/rss.xml").await.text();
    assert!(rss.contains("feeds/tin/2026-11-2/rss.xml\" rel=\"prev-archive\""), "{}", &rss[..900]);
    // An edit on the portal is a revision of the item, and none of the archive.
    let edited = Article {
        title: Some("Đính chính".into()),
        ..new_item("a0", house.clock.now()).read.expect("read").article
    };
    let looked = RevisitedItem {
        id: id_of("a0"),
        row: None,
        read: Some(ArticleRead { article: edited, ..ArticleRead::default() }),
        article: None,
        difference: DifferenceCause::Edit,
    };
    let now = house.clock.now();
    let poll = PollRecord {
        source: source(),
        at: now,
        health: Health::default(),
        next_at: now,
        validators: None,
        rows_hash: None,
        complete: true,
        new: Vec::new(),
        standing: Standing::Open,
        looked_at: vec![looked],
        mending: PollChanges::default(),
        notices: Vec::new(),
    };
    house.store.record_poll(&poll).await.expect("recorded");
    house.archive().await;
    let after = house.get("/feeds/tin/2026-11/atom.xml").await;
    assert_eq!(after.body, before.body);
    assert_eq!(after.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn what_is_withdrawn_is_nowhere_and_atom_says_so_until_it_comes_back() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 120)).await;
    house.archive().await;
    let (young, old) = (id_of("a119"), id_of("a3"));
    for id in [young, old] {
        assert!(house.store.withdraw(id, "thu hồi", house.clock.now()).await.expect("ok"));
        assert!(!house.store.withdraw(id, "again", house.clock.now()).await.expect("ok"));
    }
    house.web.refresh().await.expect("rendered");
    let tombstone =
        |id: ItemId| format!("<at:deleted-entry ref=\"{}\" when=\"2026-11-20T", id.urn());
    let current = house.get("/feeds/tin/atom.xml").await.text();
    assert!(current.contains(&tombstone(young)), "{}", &current[..1200]);
    assert!(!current.contains(&format!("<id>{}</id>", young.urn())));
    let of_source = house.get("/sources/so-tttt/atom.xml").await.text();
    assert!(of_source.contains(&tombstone(young)) && of_source.contains(&tombstone(old)));
    for archive in ["/feeds/tin/2026-11/atom.xml", "/sources/so-tttt/2026-11/atom.xml"] {
        let archive = house.get(archive).await.text();
        assert!(archive.contains(&tombstone(old)) && !archive.contains("Tin a3<"));
    }
    assert!(!house.get("/feeds/tin/rss.xml").await.text().contains(&young.urn()));
    assert_eq!(house.get(&format!("/items/{young}")).await.status, 410);
    assert_eq!(house.store.release_held(&source(), house.clock.now()).await.expect("ok"), 0);
    assert!(house.store.restore(young, house.clock.now()).await.expect("ok"));
    house.web.refresh().await.expect("rendered");
    let current = house.get("/feeds/tin/atom.xml").await.text();
    assert!(current.contains(&format!("<id>{}</id>", young.urn())));
    // For a fixed time; then it is forgotten.
    house.clock.advance(TimeDelta::days(91));
    house.publish(names("b", 1)).await;
    assert!(!house.get("/feeds/tin/atom.xml").await.text().contains("deleted-entry"));
}

#[tokio::test]
async fn sources_sections_and_queries_have_feeds_of_their_own() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 3)).await;
    for (path, title) in [
        ("/sources/so-tttt/feed.json", "Sở TT&TT – Bản tin Sở TT&TT"),
        ("/sections/chuyen-doi-so/feed.json", "Chuyển đổi số – Bản tin Sở TT&TT"),
        ("/search/feed.json?q=l%C3%A3nh%20%C4%91%E1%BA%A1o", "lãnh đạo – Bản tin Sở TT&TT"),
    ] {
        let answer = house.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let json: serde_json::Value = serde_json::from_str(&answer.text()).expect("JSON");
        assert_eq!((json["title"].as_str(), ids(&answer.text()).len()), (Some(title), 3), "{path}");
        let own = json["feed_url"].as_str().expect("its own address");
        let own = own.strip_prefix("https://tin.example.gov.vn").expect("ours");
        assert_eq!(house.get(own).await.body, answer.body, "{own}");
        let tag = format!("If-None-Match: {}\r\n", answer.header("etag"));
        assert_eq!(house.ask(path, &tag).await.status, 304, "{path}");
    }
    let empty = house.get("/search/atom.xml?q=khongco").await;
    assert_eq!(empty.status, 200);
    for (path, status) in [
        ("/sources/khac/rss.xml", 404),
        ("/sections/khac/rss.xml", 404),
        ("/sections/X/rss.xml", 404),
        ("/search/rss.xml", 400),
        ("/search/rss.xml?q=(", 400),
        ("/search/other.xml?q=a", 404),
    ] {
        assert_eq!(house.get(path).await.status, status, "{path}");
    }
    let opml = house.get("/feeds.opml").await.text();
    assert!(opml.contains("https://tin.example.gov.vn/sources/so-tttt/rss.xml"), "{opml}");
}

#[tokio::test]
async fn p11_a_client_makes_so_many_feeds_of_queries_and_gets_those_on_the_shelf_for_nothing() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 1)).await;
    for n in 0..bantin_model::limits::SEARCH_FEEDS_PER_CLIENT {
        assert_eq!(house.get(&format!("/search/rss.xml?q=x{n}")).await.status, 200);
    }
    let refused = house.get("/search/rss.xml?q=more").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "3600"));
    assert_eq!(house.get("/search/rss.xml?q=x1").await.status, 200);
}

#[tokio::test]
async fn a_private_feed_is_for_those_who_have_a_token_and_nowhere_else() {
    let secret = Feed { private: true, ..feed("noi-bo", "") };
    let house = House::build(&[feed("tin", ""), secret.clone()]).await;
    let (token, hash) = draw_feed_token();
    let now = house.clock.now();
    let number = house.store.add_feed_token(&secret.name, &hash, "Lan", now).await.expect("ok");
    house.publish(names("a", 2)).await;
    let path = format!("/private/{token}/atom.xml");
    let answer = house.get(&path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "private, max-age=900");
    assert_eq!(answer.header("x-robots-tag"), "noindex");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("link"), "", "the hub does not know it");
    for part in [&token[..], "rel=\"self\"", "rel=\"hub\"", "private/"] {
        assert!(!answer.text().contains(part), "{part}");
    }
    for other in ["/", "/feeds.opml"] {
        assert!(!house.get(other).await.text().contains("noi-bo"), "{other}");
    }
    let unknown = house.get("/feeds/khong-co/atom.xml").await;
    let (other, _) = draw_feed_token();
    for wrong in [format!("/private/{other}/atom.xml"), "/feeds/noi-bo/atom.xml".to_owned()] {
        let answer = house.get(&wrong).await;
        assert_eq!(answer.told(), unknown.told(), "{wrong}");
    }
    house.web.refresh().await.expect("rendered");
    let kept = &house.store.feed_tokens().await.expect("ok")[0];
    assert_eq!((kept.id, kept.used_on), (number, Some(now.date_naive())));
    assert!(!kept.hash.contains(&token) && kept.hash.len() == 64);
    assert!(house.store.revoke_feed_token(number, now).await.expect("ok"));
    house.web.refresh().await.expect("rendered");
    assert_eq!(house.get(&path).await.status, 404);
}

#[tokio::test]
async fn the_short_way_answers_as_the_router_does() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 3)).await;
    house.web.pack().await;
    let tag = house.get("/feeds/tin/rss.xml").await.header("etag").to_owned();
    for file in ["rss.xml", "atom.xml", "feed.json"] {
        for fields in [
            String::new(),
            "Accept-Encoding: gzip\r\n".to_owned(),
            "Accept-Encoding: gzip, br, zstd\r\n".to_owned(),
            format!("If-None-Match: {tag}\r\n"),
            "If-None-Match: *\r\n".to_owned(),
            "If-Modified-Since: Fri, 20 Nov 2026 01:00:00 GMT\r\n".to_owned(),
            "If-Modified-Since: Fri, 20 Nov 2026 00:59:59 GMT\r\n".to_owned(),
        ] {
            for method in ["GET", "HEAD"] {
                let ask = |more: &str| {
                    format!(
                        "{method} /feeds/tin/{file} HTTP/1.1\r\nHost: a\r\n{fields}{more}Connection: close\r\n\r\n"
                    )
                };
                let short = house.send(&ask("")).await;
                // A field that only hyper reads.
                let long = house.send(&ask("Content-Length: 0\r\n")).await;
                assert_eq!(short.told(), long.told(), "{method} {file} {fields}");
                assert!([200, 304].contains(&short.status));
                let link = format!(
                    "<https://tin.example.gov.vn/hub>; rel=\"hub\", <https://tin.example.gov.vn/feeds/tin/{file}>; rel=\"self\""
                );
                assert_eq!(short.header("link"), link);
            }
        }
    }
}

#[tokio::test]
async fn requests_in_one_go_are_answered_in_turn_and_what_is_odd_goes_the_long_way() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 200)).await;
    let one = "GET /feeds/tin/rss.xml HTTP/1.1\r\nHost: a\r\n\r\n";
    let last = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    let all = format!("{}{last}", one.repeat(40));
    let (head, rest) = all.split_at(all.len() - 20);
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(rest.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("answers");
    let text = String::from_utf8(answer).expect("UTF-8");
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 41);
    assert_eq!(text.matches("</rss>").count(), 40);
    assert!(text.trim_end().ends_with('}'), "the report on health comes last");
}

#[tokio::test]
async fn http2_with_prior_knowledge_gets_the_same_feed() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 3)).await;
    let stream = TcpStream::connect(house.address).await.expect("connected");
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut client, connection) = handshake.await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let request = hyper::Request::get(format!("http://{}/feeds/tin/rss.xml", house.address));
    let request = request.body(Empty::<axum::body::Bytes>::new()).expect("a request");
    let answer = client.send_request(request).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.version()), (200, hyper::Version::HTTP_2));
    let body = answer.into_body().collect().await.expect("a body").to_bytes().to_vec();
    assert_eq!(body, house.get("/feeds/tin/rss.xml").await.body);
}

#[tokio::test]
async fn a_reader_that_asks_for_it_gets_only_what_is_new() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 3)).await;
    let tag = house.get("/feeds/tin/atom.xml").await.header("etag").to_owned();
    house.clock.advance(TimeDelta::minutes(1));
    house.publish(names("b", 1)).await;
    let whole = house.get("/feeds/tin/atom.xml").await;
    let fields = format!("A-IM: feed\r\nIf-None-Match: {tag}\r\n");
    let delta = house.ask("/feeds/tin/atom.xml", &fields).await;
    assert_eq!((delta.status, delta.header("im")), (226, "feed"));
    assert_eq!(delta.header("cache-control"), "no-store, im");
    assert!(delta.header("vary").contains("A-IM"));
    assert_eq!(delta.header("etag"), whole.header("etag"));
    assert_eq!(delta.text().matches("<entry>").count(), 1);
    assert!(delta.text().contains("Tin b0") && delta.text().ends_with("</feed>\n"));
    let fields = format!("A-IM: feed\r\nIf-None-Match: {}\r\n", delta.header("etag"));
    assert_eq!(house.ask("/feeds/tin/atom.xml", &fields).await.status, 304);
    let unknown = house.ask("/feeds/tin/atom.xml", "A-IM: feed\r\nIf-None-Match: \"x\"\r\n").await;
    assert_eq!(unknown.told(), whole.told());
}

#[tokio::test]
async fn only_the_configured_proxies_say_who_a_client_is() {
    let house = House::build(&[feed("tin", "")]).await;
    house.publish(names("a", 1)).await;
    let from = |n: u32| format!("X-Forwarded-For: 198.51.100.{}\r\n", n % 250);
    house.web.change(|settings| {
        settings.proxies = Arc::new(Proxies { networks: Vec::new(), unix: false })
    });
    let most = bantin_model::limits::SEARCH_FEEDS_PER_CLIENT;
    for n in 0..most {
        house.ask(&format!("/search/rss.xml?q=y{n}"), &from(n)).await;
    }
    assert_eq!(house.ask("/search/rss.xml?q=z", &from(1)).await.status, 429, "one client");
    house.web.change(|settings| settings.proxies = Arc::new(Proxies::default()));
    assert_eq!(house.ask("/search/rss.xml?q=z", &from(1)).await.status, 200, "another client");
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    found.push(path.strip_prefix(folder).expect("below").display().to_string())
                }
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn an_export_holds_the_same_bytes_as_the_door_and_only_what_changed_is_written() {
    let secret = Feed { private: true, ..feed("noi-bo", "") };
    let house = House::build(&[feed("tin", ""), secret]).await;
    house.publish(names("a", 5)).await;
    house.clock.advance(TimeDelta::days(12));
    house.archive().await;
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("www");
    let exporter = Exporter::new(house.web.clone(), house.store.clone(), folder.clone());
    let first = exporter.export().await.expect("exported");
    assert_eq!((first.written, first.removed), (first.files, 0));
    for path in [
        "/feeds/tin/rss.xml",
        "/feeds/tin/2026-11/atom.xml",
        "/sources/so-tttt/feed.json",
        "/sources/so-tttt/2026-11/rss.xml",
        "/feeds.opml",
    ] {
        let file = std::fs::read(folder.join(&path[1..])).expect(path);
        assert_eq!(file, house.get(path).await.body, "{path}");
        let br = std::fs::read(folder.join(format!("{}.br", &path[1..]))).expect(path);
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut brotli::Decompressor::new(&br[..], 4096), &mut plain)
            .expect("brotli");
        assert_eq!(plain, file, "{path}");
        for ending in ["gz", "zst"] {
            assert!(folder.join(format!("{}.{ending}", &path[1..])).is_file(), "{path}");
        }
    }
    let page = std::fs::read(folder.join(format!("items/{}.html", id_of("a1")))).expect("a page");
    assert_eq!(page, house.get(&format!("/items/{}", id_of("a1"))).await.body);
    assert!(folder.join("index.html").is_file());
    let all = files(&folder);
    assert!(!all.iter().any(|file| file.contains("noi-bo") || file.contains(".part")), "{all:?}");
    let again = exporter.export().await.expect("exported");
    assert_eq!(again, ExportSummary { files: first.files, written: 0, removed: 0 });
    std::fs::write(folder.join("own.txt"), "of the admin").expect("a file");
    house.store.withdraw(id_of("a4"), "thu hồi", house.clock.now()).await.expect("ok");
    let less = exporter.export().await.expect("exported");
    assert_eq!((less.files, less.removed), (first.files - 1, 1));
    assert!(less.written > 0 && less.written < 15, "{less:?}");
    assert!(!folder.join(format!("items/{}.html.gz", id_of("a4"))).exists());
    assert!(folder.join("own.txt").is_file(), "what is not ours stays");
}

#[tokio::test]
async fn an_export_into_a_folder_of_others_is_refused() {
    let house = House::build(&[feed("tin", "")]).await;
    let scratch = tempfile::tempdir().expect("a folder");
    std::fs::write(scratch.path().join("index.html"), "mine").expect("a file");
    let exporter =
        Exporter::new(house.web.clone(), house.store.clone(), scratch.path().to_path_buf());
    let refused = exporter.export().await.expect_err("refused");
    assert!(refused.to_string().contains("neither empty"), "{refused}");
    assert_eq!(files(scratch.path()), ["index.html"]);
}

/// More items than are looked at one by one, in batches of one moment each, so that many have the same place in time.
#[tokio::test]
async fn a_feed_of_a_rare_word_reaches_back_to_its_oldest_item_and_is_the_same_after_a_restart() {
    let feeds = [feed("hiem", "hiem"), feed("hon", "batch1 OR -tin"), feed("it", "\"hiem x1\"")];
    let house = House::build(&feeds).await;
    for batch in 0..8 {
        let name = |n: usize| match n % 50 {
            7 => format!("hiem x{batch} {n}"),
            _ => format!("thuong batch{batch} {n}"),
        };
        house.publish((0..150).map(name)).await;
        house.clock.advance(TimeDelta::hours(5));
    }
    let mut all = Vec::new();
    for _ in 0..4 {
        all.extend(house.store.newest_items(None, all.last().map(place), 500).await.unwrap());
    }
    assert_eq!(all.len(), 1_200);
    let site = Site {
        title: "Bản tin Sở TT&TT".into(),
        public_url: "https://tin.example.gov.vn/".parse().expect("a URL"),
        lang: Lang::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
    };
    let tokens = LinkTokens::new(house.store.secret().await.expect("a secret"));
    let restarted = Web::new(house.store.clone(), house.clock.clone(), tokens, site);
    restarted.refresh().await.expect("rendered");
    for feed in &feeds {
        let query = bantin_model::query::Query::parse(&feed.query).expect("a query");
        let wanted: Vec<String> = all
            .iter()
            .filter(|item| query.matches(item, chrono_tz::Asia::Ho_Chi_Minh))
            .take(10)
            .map(|item| item.title.clone())
            .collect();
        assert!(wanted.len() >= 3, "{wanted:?}");
        let path = format!("/feeds/{}/feed.json", feed.name);
        assert_eq!(ids(&house.get(&path).await.text()), wanted, "{}", feed.name);
        let again = restarted.feed_bytes(&feed.name, FeedFormat::Json).await.expect("rendered");
        let again = again.expect("the feed is there");
        assert_eq!(ids(std::str::from_utf8(&again).expect("UTF-8")), wanted, "{}", feed.name);
    }
}

fn place(item: &Item) -> ItemPlace {
    (item.sort_at, item.seq)
}
