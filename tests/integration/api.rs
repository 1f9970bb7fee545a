//! The API and the figures over real connections on loopback: every answer as `openapi.json` describes it, errors as
//! problem documents, tokens by their scopes.

use crate::made;
use std::net::SocketAddr;

use bantin::clock::Clock;
use bantin::web::{Listener, Site, Web, serve};
use bantin_model::health::PollObservation;
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

fn start() -> DateTime<Utc> {
    "2020-05-22T01:30:00Z".parse().expect("a time")
}

fn source_id(id: &str) -> SourceId {
    SourceId::parse(id).expect("a name")
}

/// A web server with a store of three sources, two feeds, and the items of a week.
struct House {
    store: Store,
    clock: Clock,
    web: Web,
    address: SocketAddr,
    client: reqwest::Client,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for House {
    fn drop(&mut self) {
        self.served.abort();
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

fn article(text: &str) -> ArticleRead {
    let article = Article {
        title: Some(format!("Họp báo {text}")),
        content_html: serde_json::from_value(json!(format!("<p>{text}</p>"))).expect("a text"),
        content_text: text.into(),
        section: Some("Tin tức".into()),
        images: vec![Image { url: "https://portal.vn/a.jpg".into(), caption: None }],
        attachments: vec![Attachment {
            url: "https://portal.vn/a.pdf".into(),
            title: "Văn bản".into(),
            media_type: "application/pdf".into(),
            length: None,
        }],
        refs: vec![DocumentRef {
            symbol: "17/NQ-CP".into(),
            kind: Some("Nghị quyết".into()),
            number: "17".into(),
            year: Some(2019),
            issuer: None,
            date: "2019-03-07".parse().ok(),
        }],
        lang: Some("vi".into()),
        ..Article::default()
    };
    ArticleRead { article, ..ArticleRead::default() }
}

impl House {
    async fn build() -> House {
        let store = Store::open("sqlite::memory:").await.expect("a store");
        let url = "https://user:pass@portal.example.gov.vn/tin";
        let source = |id: &str| made::source(id, &format!("Sở {id}"), url);
        store.sync_sources(&["so", "hong", "moi"].map(source), |_| start()).await.expect("sources");
        let feed = |name: &str| Feed {
            name: FeedName::parse(name).expect("a name"),
            title: "Tin".into(),
            description: String::new(),
            query: String::new(),
            lang: Lang::Vi,
            items: 50,
            days: 7,
            private: false,
        };
        store.sync_feeds(&[feed("tin"), feed("khac")]).await.expect("feeds");
        let clock = Clock::set_to(start());
        let tokens = LinkTokens::new(store.secret().await.expect("a secret"));
        let site = Site {
            title: "Bản tin".into(),
            public_url: "https://tin.example.gov.vn/muc/".parse().expect("a URL"),
            lang: Lang::Vi,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        let web = Web::new(store.clone(), clock.clone(), tokens, site);
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let listener = Listener::from_tcp(socket).expect("a socket of tokio");
        let address = listener.address().expect("an address");
        let served = tokio::spawn(serve(vec![listener], web.clone(), std::future::pending::<()>()));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let house = House { store, clock, web, address, client, served };
        house.fill().await;
        house
    }

    fn poll(&self, source: &str, names: &[String]) -> PollRecord {
        let new = names
            .iter()
            .enumerate()
            .map(|(n, name)| {
                let key = ItemKey::stored(format!("portal.example.gov.vn/{name}"));
                let published = start() - TimeDelta::hours(i64::try_from(n).expect("few"));
                NewItem {
                    id: ItemId::of(&source_id(source), &key),
                    key,
                    row: Row {
                        url: format!("https://portal.example.gov.vn/{name}")
                            .parse()
                            .expect("a URL"),
                        title: format!("Tin {name}"),
                        published: Published::At(published),
                        lead: None,
                        image: None,
                        id: None,
                        brought: None,
                    },
                    listed: name.clone(),
                    read: None,
                    article: ArticleSchedule::default(),
                }
            })
            .collect();
        PollRecord {
            source: source_id(source),
            at: start(),
            health: Health { last_good: Some(start()), ..Health::default() },
            next_at: start() + TimeDelta::minutes(20),
            validators: None,
            rows_hash: None,
            complete: true,
            new,
            standing: Standing::Open,
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            notices: Vec::new(),
        }
    }

    async fn fill(&self) {
        let names: Vec<String> = (0..30).map(|n| format!("so-{n}")).collect();
        self.store.record_poll(&self.poll("so", &names)).await.expect("recorded");
        for text in ["một", "hai"] {
            let id = self.item("so-0");
            let looked_at = vec![RevisitedItem {
                id,
                row: None,
                read: Some(article(text)),
                article: None,
                difference: DifferenceCause::Edit,
            }];
            let poll = PollRecord { looked_at, ..self.poll("so", &[]) };
            self.store.record_poll(&poll).await.expect("recorded");
        }
        let seen = PollObservation::Failed {
            why: Breakage::LayoutGone,
            detail: "không có danh sách".into(),
        };
        let health = Health::default().after(&seen, Vec::new(), start());
        let mut poll = PollRecord { health, ..self.poll("hong", &["hong-0".to_owned()]) };
        let why = NextPoll::new(poll.next_at, NextPollReason::Failures { polls: 3, wait: 7_200 });
        let manners = PollState { why: Some(why), ..PollState::default() };
        poll.mending.manners = Change::Set(manners);
        self.store.record_poll(&poll).await.expect("recorded");
        let held =
            PollRecord { standing: Standing::Held, ..self.poll("moi", &["bi-giu".to_owned()]) };
        self.store.record_poll(&held).await.expect("recorded");

        let now = start();
        let at_once = NewSubscription {
            selection: Selection::feed(FeedName::parse("tin").expect("a name")),
            cadence: Cadence::AtOnce,
            when_empty: false,
        };
        let daily = NewSubscription {
            selection: Selection::query("họp"),
            cadence: Cadence::Scheduled {
                schedule: Schedule::parse("30 7 * * Mon-Fri").expect("a schedule"),
                zone: chrono_tz::Asia::Ho_Chi_Minh,
                days: DayRule::Every,
            },
            when_empty: true,
        };
        for n in 0..3 {
            let (to, wanted) =
                (format!("nguoi-{n}@example.vn"), if n == 0 { &at_once } else { &daily });
            let state = if n == 2 { SubscriberState::Pending } else { SubscriberState::Active };
            let added =
                self.store.add_subscription(&to, Some("Lan"), Lang::Vi, state, wanted, now, now);
            let (person, _) = added.await.expect("a subscriber");
            let kind = if n == 2 { DigestKind::Confirmation } else { DigestKind::Items };
            let letter = NewDigest {
                kind,
                lang: Lang::Vi,
                subject: "Bản tin".into(),
                text: "Tin".into(),
                html: "<p>Tin</p>".into(),
                list: "tin".into(),
                composed_at: now,
                items: vec![],
            };
            self.store
                .record_single_mail(&letter, person.id, &format!("{n}@tin"))
                .await
                .expect("a letter");
        }
    }

    fn item(&self, name: &str) -> ItemId {
        let source = name.split('-').next().expect("a name");
        ItemId::of(&source_id(source), &ItemKey::stored(format!("portal.example.gov.vn/{name}")))
    }

    async fn token(&self, scopes: &[TokenScope]) -> String {
        let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let name =
            format!("{} {}", names.join(" "), self.store.api_tokens().await.expect("tokens").len());
        let made = self.store.add_api_token(&name, scopes, self.clock.now()).await;
        made.expect("the store answers").expect("the name is new")
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let method = method.to_uppercase().parse().expect("a method");
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.expect("a text") }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("get", path, &[], "").await
    }

    async fn get_with(&self, token: &str, path: &str) -> Answer {
        self.ask("get", path, &[("Authorization", &format!("Bearer {token}"))], "").await
    }
}

/// The description, and whether an answer is as it says.
struct Described(Value);

impl Described {
    fn new() -> Self {
        let text = include_str!("../../src/web/api/openapi.json");
        Described(serde_json::from_str(text).expect("the description is JSON"))
    }

    fn check(&self, path: &str, method: &str, answer: &Answer) {
        let responses = &self.0["paths"][path][method]["responses"];
        let response = &responses[answer.status.to_string()];
        assert!(response.is_object(), "{method} {path}: {} is not described", answer.status);
        let Some(content) = response["content"].as_object() else {
            assert!(answer.text.is_empty(), "{method} {path}: {}", answer.text);
            return;
        };
        let kind = answer.header("content-type");
        let schema = content.get(kind).unwrap_or_else(|| panic!("{method} {path}: {kind}"));
        self.fits(&schema["schema"], &answer.json(), &format!("{method} {path} {}", answer.status));
    }

    /// As much of JSON Schema as the description uses; a word that it does not know is a failure.
    fn fits(&self, schema: &Value, value: &Value, place: &str) {
        for (word, wanted) in schema.as_object().expect("a schema is an object") {
            match word.as_str() {
                "$ref" => {
                    let at = wanted.as_str().expect("a reference").trim_start_matches('#');
                    self.fits(self.0.pointer(at).expect("it is there"), value, place);
                }
                "type" => {
                    let kinds = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                    let fits = kinds.iter().any(|kind| match kind.as_str() {
                        Some("object") => value.is_object(),
                        Some("array") => value.is_array(),
                        Some("string") => value.is_string(),
                        Some("boolean") => value.is_boolean(),
                        Some("integer") => value.is_i64() || value.is_u64(),
                        Some("null") => value.is_null(),
                        other => panic!("the type {other:?}"),
                    });
                    assert!(fits, "{place}: {value} is not {wanted}");
                }
                "properties" => {
                    for (name, inner) in wanted.as_object().expect("properties") {
                        if let Some(value) = value.get(name) {
                            self.fits(inner, value, &format!("{place}/{name}"));
                        }
                    }
                }
                // These two say nothing of what is no object.
                "required" | "additionalProperties" if !value.is_object() => {}
                "required" => {
                    for name in wanted.as_array().expect("names") {
                        let name = name.as_str().expect("a name");
                        assert!(value.get(name).is_some(), "{place}: {name} is missing");
                    }
                }
                "additionalProperties" => {
                    for name in value.as_object().expect("an object").keys() {
                        assert!(schema["properties"].get(name).is_some(), "{place}: {name}");
                    }
                }
                "items" => {
                    for (n, value) in value.as_array().expect("a list").iter().enumerate() {
                        self.fits(wanted, value, &format!("{place}/{n}"));
                    }
                }
                "enum" => {
                    let allowed = wanted.as_array().expect("a list");
                    assert!(allowed.contains(value), "{place}: {value} is not of {wanted}");
                }
                "const" => assert_eq!(wanted, value, "{place}"),
                "minimum" => assert!(value.as_i64() >= wanted.as_i64(), "{place}: {value}"),
                "format" if !value.is_null() => {
                    let text = value.as_str().expect("a text");
                    let fits = match wanted.as_str() {
                        Some("date-time") => DateTime::parse_from_rfc3339(text).is_ok(),
                        Some("date") => text.parse::<chrono::NaiveDate>().is_ok(),
                        Some("uuid") => text.parse::<uuid::Uuid>().is_ok(),
                        other => panic!("the format {other:?}"),
                    };
                    assert!(fits, "{place}: {text} is no {wanted}");
                }
                "format" | "description" => {}
                other => panic!("{place}: the word {other}"),
            }
        }
    }
}

#[tokio::test]
async fn every_answer_is_as_the_description_says() {
    let house = House::build().await;
    let described = Described::new();
    let token = house.token(&[TokenScope::Admin]).await;
    let bearer = format!("Bearer {token}");
    let item = house.item("so-0").to_string();
    for (path, asked, status) in [
        ("/api/openapi.json", "/api/openapi.json", 200),
        ("/api/v1/items", "/api/v1/items", 200),
        (
            "/api/v1/items",
            "/api/v1/items?q=h%E1%BB%8Dp&source=so&section=TIN%20t%E1%BB%A9c&after=2020-05-01&before=2021-01-01T00:00:00Z&limit=2",
            200,
        ),
        ("/api/v1/items", "/api/v1/items?limit=0", 400),
        ("/api/v1/items/{id}", &format!("/api/v1/items/{item}"), 200),
        ("/api/v1/items/{id}", "/api/v1/items/x", 404),
        ("/api/v1/items/{id}", &format!("/api/v1/items/{}", house.item("moi-x")), 404),
        ("/api/v1/feeds", "/api/v1/feeds", 200),
        ("/api/v1/feeds/{name}", "/api/v1/feeds/tin", 200),
        ("/api/v1/feeds/{name}", "/api/v1/feeds/khong", 404),
        ("/api/v1/sources", "/api/v1/sources", 200),
        ("/api/v1/sources/{id}", "/api/v1/sources/hong", 200),
        ("/api/v1/sources/{id}", "/api/v1/sources/khong", 404),
        ("/api/v1/subscriptions", "/api/v1/subscriptions", 200),
        ("/api/v1/subscribers", "/api/v1/subscribers?state=active&limit=1", 200),
        ("/api/v1/subscribers", "/api/v1/subscribers?state=dead", 400),
        ("/api/v1/subscribers/{id}", "/api/v1/subscribers/1", 200),
        ("/api/v1/subscribers/{id}", "/api/v1/subscribers/99", 404),
        ("/api/v1/deliveries", "/api/v1/deliveries?state=waiting&subscriber=1", 200),
        ("/api/v1/digests", "/api/v1/digests", 200),
        ("/api/v1/digests/{id}", "/api/v1/digests/1", 200),
        ("/api/v1/digests/{id}", "/api/v1/digests/3", 404),
    ] {
        let answer = house.ask("get", asked, &[("Authorization", &bearer)], "").await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text);
        described.check(path, "get", &answer);
        if status == 200 {
            let etag = answer.header("etag").to_owned();
            let headers = [("Authorization", bearer.as_str()), ("If-None-Match", &etag)];
            let again = house.ask("get", asked, &headers, "").await;
            assert_eq!((again.status, again.header("etag")), (304, etag.as_str()), "{asked}");
            described.check(path, "get", &again);
        }
    }
    let asked = "/api/v1/sources/hong";
    let broken = house.ask("get", asked, &[("Authorization", &bearer)], "").await.json();
    let text = "3 polls in a row gave nothing: 2.0 h between them";
    assert_eq!(broken["next_poll_why"], json!({ "code": "failures", "text": text }));
    let polled =
        house.ask("post", "/api/v1/sources/so/poll", &[("Authorization", &bearer)], "").await;
    described.check("/api/v1/sources/{id}/poll", "post", &polled);
    assert_eq!(polled.status, 202);
    let due = house.store.source(&source_id("so")).await.expect("the store").expect("it is there");
    assert_eq!(due.next_at, house.clock.now());
    let unknown =
        house.ask("post", "/api/v1/sources/khong/poll", &[("Authorization", &bearer)], "").await;
    described.check("/api/v1/sources/{id}/poll", "post", &unknown);
    assert_eq!(unknown.status, 404);
    // A source is paused and resumed; repeating either changes nothing more.
    for (word, paused) in [("pause", true), ("pause", true), ("resume", false), ("resume", false)] {
        let path = format!("/api/v1/sources/so/{word}");
        let answer = house.ask("post", &path, &[("Authorization", &bearer)], "").await;
        described.check(&format!("/api/v1/sources/{{id}}/{word}"), "post", &answer);
        assert_eq!((answer.status, answer.json()["paused"].as_bool()), (200, Some(paused)));
        let polled =
            house.ask("post", "/api/v1/sources/so/poll", &[("Authorization", &bearer)], "").await;
        described.check("/api/v1/sources/{id}/poll", "post", &polled);
        assert_eq!(polled.status, if paused { 409 } else { 202 });
    }
    let path = "/api/v1/sources/khong/pause";
    let unknown = house.ask("post", path, &[("Authorization", &bearer)], "").await;
    described.check("/api/v1/sources/{id}/pause", "post", &unknown);
    assert_eq!(unknown.status, 404);
    // Sign-up is disabled here.
    let json = [("Content-Type", "application/json")];
    let asked = house.ask("post", "/api/v1/subscriptions", &json, "{}").await;
    described.check("/api/v1/subscriptions", "post", &asked);
    assert_eq!(asked.status, 403);
}

#[tokio::test]
async fn every_error_below_api_is_a_problem_document() {
    let house = House::build().await;
    let described = Described::new();
    let problem = described.0["components"]["schemas"]["Problem"].clone();
    let check = async |method: &str, path: &str, status: u16| {
        let answer = house.ask(method, path, &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        let document = answer.json();
        described.fits(&problem, &document, path);
        assert_eq!(document["status"], status);
        assert!(!answer.text.contains("<script"), "nothing is repeated");
        answer
    };
    check("get", "/api", 404).await;
    check("get", "/api/", 404).await;
    check("get", "/api/v1/nothing", 404).await;
    check("get", "/api/v1/items/%FF", 404).await;
    check("get", "/api/v1/items?<script>=1", 400).await;
    check("get", "/api/v1/items?limit=1&limit=2", 400).await;
    check("get", "/api/v1/items?cursor=%3Cscript%3E", 400).await;
    check("get", "/api/v1/items?q=%22a", 400).await;
    check("get", "/api/v1/items?after=22/5/2020", 400).await;
    check("get", "/api/v1/feeds?x=1", 400).await;
    check("get", "/api/v1/subscribers", 401).await;
    let allow = check("delete", "/api/v1/items", 405).await;
    assert!(allow.header("allow").contains("GET"));
    assert!(check("put", "/api/v1/subscriptions", 405).await.header("allow").contains("POST"));
    // Elsewhere people read pages.
    assert!(house.get("/nothing").await.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_token_lets_do_what_its_scopes_say_until_it_is_revoked() {
    let house = House::build().await;
    let [read, people, metrics, admin] = [
        house.token(&[TokenScope::Read]).await,
        house.token(&[TokenScope::Subscribers]).await,
        house.token(&[TokenScope::Metrics]).await,
        house.token(&[TokenScope::Admin]).await,
    ];
    let check = async |token: &str, path: &str, status: u16| {
        let acts = ["/poll", "/pause", "/resume"].iter().any(|end| path.ends_with(end));
        let method = if acts { "post" } else { "get" };
        let bearer = format!("Bearer {token}");
        let headers: Vec<(&str, &str)> =
            if token.is_empty() { vec![] } else { vec![("Authorization", &bearer)] };
        let answer = house.ask(method, path, &headers, "").await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        if matches!(status, 401) {
            assert!(answer.header("www-authenticate").starts_with("Bearer "), "{path}");
        }
        assert!(!answer.text.contains(token) || token.is_empty());
    };
    let of_people = [
        "/api/v1/subscribers",
        "/api/v1/subscribers/1",
        "/api/v1/subscriptions",
        "/api/v1/deliveries",
        "/api/v1/digests",
        "/api/v1/digests/1",
    ];
    for path in of_people {
        for (token, status) in [
            ("", 401),
            ("bantin_x", 401),
            (&read, 403),
            (&metrics, 403),
            (&people, 200),
            (&admin, 200),
        ] {
            check(token, path, status).await;
        }
    }
    for path in ["/api/v1/sources", "/api/v1/sources/so"] {
        for (token, status) in [("", 401), (&people, 403), (&read, 200), (&admin, 200)] {
            check(token, path, status).await;
        }
    }
    for (token, status) in [("", 401), (&read, 403), (&people, 403), (&admin, 202)] {
        check(token, "/api/v1/sources/so/poll", status).await;
    }
    for (token, status) in [("", 401), (&read, 403), (&people, 403), (&admin, 200)] {
        check(token, "/api/v1/sources/so/pause", status).await;
        check(token, "/api/v1/sources/so/resume", status).await;
    }
    for path in ["/api/v1/items", "/api/v1/feeds", "/api/openapi.json"] {
        check("", path, 200).await;
    }
    let tokens = house.store.api_tokens().await.expect("the store answers");
    assert!(tokens.iter().all(|token| token.last_used_at == Some("2020-05-22T00:00:00Z".parse().expect("a day"))));
    assert!(
        house.store.revoke_api_token(&tokens[1].name, house.clock.now()).await.expect("revoked")
    );
    check(&people, "/api/v1/subscribers", 401).await;
    // A private answer is not cached for others, and a source's password is never shown.
    let answer = house.get_with(&read, "/api/v1/sources").await;
    assert_eq!(
        (answer.header("cache-control"), answer.header("vary")),
        ("private, no-cache", "Authorization")
    );
    assert!(!answer.text.contains("pass"), "{}", answer.text);
}

#[tokio::test]
async fn pages_follow_each_other_and_leave_nothing_out() {
    let house = House::build().await;
    let admin = house.token(&[TokenScope::Admin]).await;
    let walk = async |first: &str, key: &str| {
        let (mut path, mut ids, mut pages) = (first.to_owned(), Vec::new(), 0);
        loop {
            let answer = house.get_with(&admin, &path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            let document = answer.json();
            let list = document[key].as_array().expect("a list");
            ids.extend(list.iter().map(|one| one["id"].to_string()));
            pages += 1;
            let link = answer.header("link");
            assert_eq!(link.is_empty(), document["next"].is_null(), "{path}");
            if link.is_empty() {
                return (ids, pages);
            }
            let url =
                link.strip_prefix("<https://tin.example.gov.vn/muc").expect("below our address");
            path = url.strip_suffix(">; rel=\"next\"").expect("a link").to_owned();
        }
    };
    let (all, _) = walk("/api/v1/items?limit=200", "items").await;
    assert_eq!(all.len(), 31, "what is held is not there");
    let (by_seven, pages) = walk("/api/v1/items?limit=7", "items").await;
    assert_eq!((by_seven, pages), (all, 5));
    let (of_source, _) = walk(
        "/api/v1/items?limit=9&source=so&after=2020-05-21T12:30:00Z&before=2020-05-22T01:30:00Z",
        "items",
    )
    .await;
    assert_eq!(of_source.len(), 13, "from 12:30 on, before 1:30");
    let (found, _) = walk("/api/v1/items?limit=1&q=hop%20bao", "items").await;
    assert_eq!(found, [format!("\"{}\"", house.item("so-0"))]);
    let (people, pages) = walk("/api/v1/subscribers?limit=1", "subscribers").await;
    assert_eq!((people.len(), pages), (3, 4));
    assert_eq!(walk("/api/v1/subscriptions?limit=2", "subscriptions").await.0.len(), 3);
    assert_eq!(walk("/api/v1/deliveries?limit=2", "deliveries").await.0.len(), 3);
    assert_eq!(walk("/api/v1/digests?limit=1", "digests").await.0.len(), 2);
}

#[tokio::test]
async fn an_item_comes_with_its_text_and_what_it_said_before() {
    let house = House::build().await;
    let item = house.get(&format!("/api/v1/items/{}", house.item("so-0"))).await.json();
    assert_eq!(item["title"], "Họp báo hai");
    assert_eq!(item["content_html"], "<p>hai</p>");
    assert_eq!(
        item["page"],
        format!("https://tin.example.gov.vn/muc/items/{}", house.item("so-0"))
    );
    let revisions = item["revisions"].as_array().expect("a list");
    assert_eq!(revisions.last().expect("one")["content_html"], "<p>một</p>");
    assert_eq!(item["refs"][0]["symbol"], "17/NQ-CP");
    assert_eq!(house.get(&format!("/api/v1/items/{}", house.item("moi-0"))).await.status, 404);
    let description = house.get("/api/openapi.json").await.json();
    assert_eq!(description["servers"][0]["url"], "https://tin.example.gov.vn/muc");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn figures_are_for_this_machine_and_for_tokens_unless_they_are_open() {
    let house = House::build().await;
    let figures = house.get("/metrics").await;
    assert_eq!(figures.status, 200);
    assert_eq!(figures.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let proxied = [("X-Forwarded-For", "203.0.113.9")];
    assert_eq!(house.ask("get", "/metrics", &proxied, "").await.status, 403);
    let (token, other) =
        (house.token(&[TokenScope::Metrics]).await, house.token(&[TokenScope::Read]).await);
    for (token, status) in [(token, 200), (other, 403)] {
        let bearer = format!("Bearer {token}");
        let headers = [proxied[0], ("Authorization", bearer.as_str())];
        assert_eq!(house.ask("get", "/metrics", &headers, "").await.status, status);
    }
    house.web.change(|settings| settings.metrics_open = true);
    assert_eq!(house.ask("get", "/metrics", &proxied, "").await.status, 200);
}

#[tokio::test]
async fn figures_say_how_each_source_is_and_nothing_of_people() {
    let house = House::build().await;
    house.clock.advance(TimeDelta::seconds(90));
    house.get("/api/v1/nothing").await;
    for (what, results) in [
        ("polls", &["changed", "layout-gone"][..]),
        ("pushes", &["taken", "failed"]),
        ("verifications", &["confirmed"]),
        ("renders", &["changed", "failed"]),
    ] {
        results.iter().for_each(|result| house.web.counters().add(what, result, 2));
    }
    let (hong, now) = (source_id("hong"), house.clock.now());
    assert!(
        house
            .store
            .pause_source(&hong, true, "lan", ActionChannel::Admin, now)
            .await
            .expect("paused")
    );
    let text = house.get("/metrics").await.text;
    for gone in ["bantin_source_poll_late_seconds", "bantin_source_freshness_seconds"] {
        assert!(!text.contains(&format!("{gone}{{source=\"hong\"}}")), "{gone}: {text}");
    }
    for line in [
        "bantin_source_paused{source=\"hong\"} 1",
        "bantin_source_paused{source=\"so\"} 0",
        "bantin_source_freshness_seconds{source=\"so\"} 90",
        "bantin_source_last_new_item_seconds{source=\"so\"} 90",
        "bantin_source_broken{source=\"so\"} 0",
        "bantin_source_broken{source=\"hong\"} 1",
        "bantin_source_broken_why{source=\"hong\",why=\"layout-gone\"} 1",
        "bantin_items{standing=\"published\"} 31",
        "bantin_items{standing=\"held\"} 1",
        "bantin_deliveries{state=\"waiting\"} 3",
        "bantin_oldest_waiting_delivery_seconds 90",
        "bantin_queue_held 0",
        "bantin_hub_subscriptions 0",
        "bantin_polls_total{result=\"changed\"} 2",
        "bantin_http_requests_total{kind=\"api\",status=\"404\"} 1",
    ] {
        assert!(text.lines().any(|given| given == line), "{line} is not in:\n{text}");
    }
    assert!(
        !text.contains("example.vn") && !text.contains('@') && !text.contains("pass"),
        "{text}"
    );

    // Every line is a comment or a value; each family is introduced once and before its values.
    let (mut family, mut families) = (String::new(), Vec::new());
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["#", "HELP", name, ..] => {
                family = name.to_owned();
                assert!(!families.contains(&family), "{family} is told twice");
                families.push(family.clone());
            }
            ["#", "TYPE", name, kind] => {
                assert!(name == family && matches!(kind, "gauge" | "counter"), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            }
            [series, value] => {
                assert_eq!(series.split('{').next(), Some(family.as_str()), "{line}");
                assert!(value.parse::<f64>().is_ok_and(|value| value >= 0.0), "{line}");
            }
            _ => panic!("{line}"),
        }
    }
    // What the alert rules ask for is given.
    let rules = include_str!("../../docs/alerts.yml");
    let asked: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .flat_map(|expr| expr.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .filter(|word| word.starts_with("bantin_") || word.starts_with("process_"))
        .collect();
    assert!(asked.len() > 10);
    for name in asked {
        assert!(families.iter().any(|family| family == name), "{name} is not given");
    }
}

#[test]
fn the_command_line_shows_a_token_once_and_makes_it_void() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("config.toml");
    let text = format!("[store]\nurl = \"sqlite:{}/bantin.db\"\n", folder.path().display());
    std::fs::write(&file, text).expect("the config is written");
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bantin"));
        let ended = command.arg("--config").arg(&file).arg("tokens").args(args).output();
        let ended = ended.expect("the program starts");
        let said =
            [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (ended.status.code(), said.concat())
    };
    let (code, said) = run(&["add", "Zalo", "--scope", "read,metrics", "--json"]);
    let made: Value = serde_json::from_str(&said).expect("JSON");
    let token = made["token"].as_str().expect("a token");
    assert!(code == Some(0) && token.len() == "bantin_".len() + 64, "{said}");
    assert_eq!(run(&["add", "Zalo", "--scope", "admin"]).0, Some(1), "the name is taken");
    assert_eq!(run(&["add", "Khác", "--scope", "all"]).0, Some(2));
    assert_eq!(run(&["add", "Khác"]).0, Some(2), "a token without a scope lets do nothing");
    let (_, said) = run(&["list"]);
    assert!(
        said.contains("Zalo") && said.contains("read,metrics") && !said.contains(token),
        "{said}"
    );
    assert_eq!(run(&["revoke", "Zalo"]).0, Some(0));
    assert_eq!(run(&["revoke", "Zalo"]).0, Some(1));
    let (_, said) = run(&["list", "--json"]);
    let list: Value = serde_json::from_str(&said).expect("JSON");
    assert!(list[0]["revoked"].is_string() && !said.contains(token), "{said}");
}
