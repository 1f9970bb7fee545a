//! The admin pages over real connections: who gets in and for how long, which forms are taken, what they do; and the whole
//! way of a source from its address to a repair, with the daemon polling beside.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::origin::{Answer as Page, Origin};
use bantin::clock::Clock;
use bantin::config::{Config, settings};
use bantin::daemon::Daemon;
use bantin::fetch::Fetcher;
use bantin::passwords;
use bantin::shutdown::Shutdown;
use bantin::web::{AdminSettings, Listener, Site, Web, admin_paths, serve};
use bantin_model::limits;
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use tempfile::TempDir;
use tokio::sync::oneshot;

const PASSWORD: &str = "ba con trâu qua sông";
const HOSTILE: &str = "<script>alert(1)</script>\"'&";

/// Friday, 8:30 in Việt Nam.
fn start() -> DateTime<Utc> {
    "2020-05-22T01:30:00Z".parse().expect("a time")
}

fn config_text(folder: &Path, more: &str) -> String {
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1/\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
         [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"Bản tin <bantin@example.gov.vn>\"\n[fetch]\nspacing = \"0s\"\n\
         {more}",
        folder.display()
    )
}

fn name(text: &str) -> AccountName {
    AccountName::parse(text).expect("a name")
}

fn id(text: &str) -> SourceId {
    SourceId::parse(text).expect("a name")
}

/// A browser: it keeps cookies, sends Origin with its forms, and follows nothing by itself.
#[derive(Clone)]
struct Browser {
    address: SocketAddr,
    client: reqwest::Client,
    cookies: Vec<(String, String)>,
    /// As a proxy on this machine would name the client.
    client_address: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The token that the forms of this page carry.
    fn csrf(&self) -> String {
        let (_, rest) =
            self.text.split_once("name=\"csrf\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn led(&self, to: &str) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        assert_eq!(self.header("location"), to);
    }
}

impl Browser {
    fn new(address: SocketAddr) -> Browser {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Browser { address, client, cookies: Vec::new(), client_address: "198.51.100.1".into() }
    }

    fn from(mut self, client: &str) -> Browser {
        self.client_address = client.to_owned();
        self
    }

    fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        request = request.header("x-forwarded-for", &self.client_address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        for set in headers.get_all("set-cookie") {
            let set = set.to_str().expect("ASCII");
            let (pair, _) = set.split_once(';').expect("a cookie has attributes");
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            self.cookies.retain(|(n, _)| n != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Answer { status, headers, text: answer.text().await.expect("UTF-8") }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }

    /// Posts as a form of ours does, without asking for the token first.
    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let site = ("sec-fetch-site", "same-origin");
        self.ask(Method::POST, path, &[kind, site], &body).await
    }

    /// Posts with the token of this login.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get("/admin/account").await.csrf();
        let all: Vec<(&str, &str)> =
            std::iter::once(("csrf", csrf.as_str())).chain(fields.iter().copied()).collect();
        self.send(path, &all).await
    }

    async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.send("/admin/login", &[("name", name), ("password", password)]).await
    }
}

/// A running web server with a store in memory and a set clock. It stops when dropped.
struct House {
    store: Store,
    clock: Clock,
    web: Web,
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl House {
    async fn open() -> House {
        Self::at("http://127.0.0.1/").await
    }

    async fn at(public_url: &str) -> House {
        let text = config_text(
            Path::new("/nowhere"),
            "[[source]]\nid = \"tu-tep\"\nname = \"<script>Tệp</script>\"\nurl = \"https://portal.example.gov.vn/tin\"\n\
             [[feed]]\nname = \"tin\"\ntitle = \"Tin <b>\"\n",
        );
        let config = Config::from_text(&text, Path::new("t.toml")).expect("the config is right");
        let store = Store::open("sqlite::memory:").await.expect("a store");
        bantin::daemon::apply_sources(&store, &config, start()).await.expect("they are kept");
        let hash = passwords::hashed(&PASSWORD.to_owned().into());
        for account in ["lan", "anh"] {
            assert!(store.add_account(&name(account), &hash, start()).await.expect("it answers"));
        }
        let clock = Clock::set_to(start());
        let site = Site {
            title: "Bản tin".into(),
            public_url: public_url.parse().expect("a URL"),
            lang: Lang::Vi,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        let secret = store.secret().await.expect("a secret");
        let web = Web::new(store.clone(), clock.clone(), LinkTokens::new(secret), site);
        let admin = AdminSettings {
            fetcher: Fetcher::new(config.fetch.clone(), clock.clone()).expect("a fetcher"),
            config_file: PathBuf::from("/etc/bantin/config.toml"),
            settings: settings(&text),
        };
        web.change(|settings| settings.admin = Some(Arc::new(admin)));
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

    fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// A browser that is logged in.
    async fn admin(&self) -> Browser {
        let mut browser = self.browser();
        browser.log_in("lan", PASSWORD).await.led("/admin/");
        browser
    }

    async fn events(&self) -> Vec<String> {
        let entries = self.store.audit_log(None, 100).await.expect("the store answers");
        let told = entries.into_iter().rev();
        told.map(|e| format!("{} {} {}", e.who.unwrap_or_default(), e.what, e.detail)).collect()
    }
}

/// Each page of the admin with its method, with something in the place of its parameters.
fn every_page() -> Vec<(Method, String)> {
    let filled = |path: &str| {
        path.replace("{id}", "tu-tep").replace("{name}", "tin").replace("{which}", "good")
    };
    admin_paths()
        .into_iter()
        .map(|(method, path)| (method.parse().expect("a method"), filled(path)))
        .collect()
}

#[tokio::test]
async fn without_a_login_every_page_leads_to_the_login_and_nothing_changes() {
    let house = House::open().await;
    let before = house.events().await;
    let mut tried = 0;
    for (method, path) in every_page() {
        if path == "/admin/login" {
            continue;
        }
        for cookie in [None, Some("bantin-admin=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
            let mut browser = house.browser();
            let body = "csrf=x&do=pause&do=delete&sure=yes&delivery=1&name=x&url=http://x.vn/";
            let headers: Vec<(&str, &str)> = cookie.map(|c| ("cookie", c)).into_iter().collect();
            let answer = browser.ask(method.clone(), &path, &headers, body).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
            assert!(answer.header("location").starts_with("/admin/login"), "{method} {path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{method} {path}");
            assert_eq!(answer.text, "", "{method} {path}");
            tried += 1;
        }
    }
    assert!(tried >= 50, "{tried}");
    assert_eq!(house.events().await, before);
    let state = house.store.source(&id("tu-tep")).await.expect("it answers").expect("it is there");
    assert!(!state.paused);
}

#[tokio::test]
async fn every_answer_keeps_out_scripts_frames_caches_and_robots() {
    let house = House::open().await;
    let mut admin = house.admin().await;
    for (method, path) in every_page() {
        if method != Method::GET {
            continue;
        }
        let answer = admin.get(&path).await;
        let status = answer.status;
        assert!(
            [StatusCode::OK, StatusCode::SEE_OTHER, StatusCode::NOT_FOUND].contains(&status),
            "{path}: {status}"
        );
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(answer.header("x-robots-tag").starts_with("noindex"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let is_text = answer.header("content-type").starts_with("text/plain");
        assert!(is_text || !answer.text.contains("<script"), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_pages_are_off_by_setting() {
    let house = House::open().await;
    let mut admin = house.admin().await;
    let put = admin.ask(Method::PUT, "/admin/", &[], "").await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(put.header("allow").contains("GET"));
    house.web.change(|settings| settings.admin = None);
    for (method, path) in every_page() {
        let answer = admin.ask(method, &path, &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn who_has_the_password_gets_in_and_nobody_else() {
    let house = House::open().await;
    let mut browser = house.browser();
    let wrong = browser.log_in("lan", "không phải mật khẩu").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let unknown = browser.log_in("khong-co", "không phải mật khẩu").await;
    assert_eq!(unknown.status, StatusCode::FORBIDDEN);
    let same = |text: &str| text.replace("value=\"lan\"", "").replace("value=\"khong-co\"", "");
    assert_eq!(same(&wrong.text), same(&unknown.text), "one answer for both");
    assert!(browser.cookies.is_empty());
    browser.log_in("", "").await;
    browser.log_in("Lan ", PASSWORD).await.led("/admin/");
    assert_eq!(browser.get("/admin/").await.status, StatusCode::OK);
    let told = house.events().await;
    assert_eq!(told[2], "lan login-failed from 198.51.100.1");
    assert_eq!(told[3], " login-failed from 198.51.100.1", "what was typed is not kept");
    assert_eq!(told.last().expect("an entry"), "lan login from 198.51.100.1");
}

#[tokio::test]
async fn a_login_leads_where_somebody_wanted_to_go_and_never_elsewhere() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.get("/admin/sources/tu-tep?x=1").await.led("/admin/login?next=sources/tu-tep");
    let page = browser.get("/admin/login?next=sources/tu-tep").await;
    assert!(page.text.contains("name=\"next\" value=\"sources&#x2f;tu-tep\""), "{}", page.text);
    for (next, to) in [
        ("sources/tu-tep", "/admin/sources/tu-tep"),
        ("/evil.example", "/admin/"),
        ("//evil.example", "/admin/"),
        ("https://evil.example/", "/admin/"),
        ("\\evil.example", "/admin/"),
        ("../../x", "/admin/"),
    ] {
        let fields = [("name", "lan"), ("password", PASSWORD), ("next", next)];
        house.browser().send("/admin/login", &fields).await.led(to);
    }
}

#[tokio::test]
async fn a_login_has_a_new_token_whatever_the_browser_had_before() {
    let house = House::open().await;
    let mut browser = house.browser();
    let planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    browser.cookies.push(("bantin-admin".to_owned(), planted.to_owned()));
    browser.log_in("lan", PASSWORD).await.led("/admin/");
    let first = browser.cookie("bantin-admin").expect("a cookie");
    assert_ne!(first, planted);
    browser.log_in("lan", PASSWORD).await.led("/admin/");
    let second = browser.cookie("bantin-admin").expect("a cookie");
    assert_ne!(first, second);
    let mut thief = house.browser();
    for old in [planted, &first] {
        thief.cookies = vec![("bantin-admin".to_owned(), old.to_owned())];
        assert_eq!(thief.get("/admin/").await.status, StatusCode::SEE_OTHER, "{old}");
    }
    assert_eq!(browser.get("/admin/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn cookies_are_for_us_alone_and_the_store_holds_no_token() {
    let house = House::open().await;
    let answer = house.browser().log_in("lan", PASSWORD).await;
    let set: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().expect("ASCII")).collect();
    assert_eq!(set.len(), 2);
    for cookie in &set {
        assert!(
            cookie.contains("; HttpOnly; SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        assert!(!cookie.contains("Secure"), "{cookie}");
    }
    let token = set[0].split(['=', ';']).nth(1).expect("a value");
    assert_eq!(token.len(), 43);
    assert!(house.store.session(token, start()).await.expect("it answers").is_none());
    let house = House::at("https://tin.example.gov.vn/").await;
    let answer = house.browser().log_in("lan", PASSWORD).await;
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().expect("ASCII");
        assert!(cookie.starts_with("__Host-bantin-") && cookie.ends_with("; Secure"), "{cookie}");
    }
}

#[tokio::test]
async fn a_login_ends_when_it_rests_when_it_is_old_and_when_somebody_logs_out() {
    let house = House::open().await;
    let mut admin = house.admin().await;
    for _ in 0..3 {
        house.clock.advance(TimeDelta::minutes(29));
        assert_eq!(admin.get("/admin/").await.status, StatusCode::OK);
    }
    house.clock.advance(TimeDelta::minutes(30));
    assert_eq!(admin.get("/admin/").await.status, StatusCode::SEE_OTHER, "it rested");

    let mut admin = house.admin().await;
    for _ in 0..29 {
        house.clock.advance(TimeDelta::minutes(24));
        assert_eq!(admin.get("/admin/").await.status, StatusCode::OK);
    }
    house.clock.advance(TimeDelta::minutes(24));
    assert_eq!(admin.get("/admin/").await.status, StatusCode::SEE_OTHER, "twelve hours are over");

    let mut admin = house.admin().await;
    let kept = admin.clone();
    admin.post("/admin/logout", &[]).await.led("/admin/login?done=out");
    assert_eq!(admin.cookie("bantin-admin"), None);
    assert_eq!(
        kept.clone().get("/admin/").await.status,
        StatusCode::SEE_OTHER,
        "the token is void"
    );
}

#[tokio::test]
async fn a_new_password_ends_every_login_of_the_account_and_no_other() {
    let house = House::open().await;
    let mut here = house.admin().await;
    let mut elsewhere = house.admin().await;
    let mut other = house.browser();
    other.log_in("anh", PASSWORD).await.led("/admin/");
    let new = "bốn con vịt qua cầu";
    let fields = |old, new, again| [("old", old), ("new", new), ("again", again)];
    for (old, first, again) in [
        ("không đúng", new, new),
        (PASSWORD, new, "khác với ở trên"),
        (PASSWORD, "ngắn 7", "ngắn 7"),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa"),
    ] {
        let answer = here.post("/admin/account", &fields(old, first, again)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{first}");
        assert!(!answer.text.contains(first), "no password is repeated");
    }
    let answer = here.post("/admin/account", &fields(PASSWORD, new, new)).await;
    answer.led("/admin/login?done=password");
    for browser in [&mut here, &mut elsewhere] {
        assert_eq!(browser.get("/admin/").await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(other.get("/admin/").await.status, StatusCode::OK);
    assert_eq!(house.browser().log_in("lan", PASSWORD).await.status, StatusCode::FORBIDDEN);
    house.browser().log_in("lan", new).await.led("/admin/");
    assert!(house.store.remove_account(&name("anh"), start()).await.expect("it answers"));
    assert_eq!(other.get("/admin/").await.status, StatusCode::SEE_OTHER, "with the account");
}

#[tokio::test]
async fn a_form_is_taken_only_from_a_page_of_this_login() {
    let house = House::open().await;
    let mut admin = house.admin().await;
    let mut other = house.browser();
    other.log_in("anh", PASSWORD).await;
    let mine = admin.get("/admin/account").await.csrf();
    let theirs = other.get("/admin/account").await.csrf();
    assert_ne!(mine, theirs);
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let path = "/admin/sources/tu-tep";
    for (headers, body) in [
        (vec![kind], "do=pause".to_owned()),
        (vec![kind], "do=pause&csrf=".to_owned()),
        (vec![kind], format!("do=pause&csrf={theirs}")),
        (vec![kind], format!("do=pause&csrf={}", &mine[1..])),
        (vec![kind, ("sec-fetch-site", "cross-site")], format!("do=pause&csrf={mine}")),
        (vec![kind, ("sec-fetch-site", "same-site")], format!("do=pause&csrf={mine}")),
        (vec![kind, ("origin", "https://evil.example")], format!("do=pause&csrf={mine}")),
        (vec![kind, ("origin", "null")], format!("do=pause&csrf={mine}")),
    ] {
        let answer = admin.ask(Method::POST, path, &headers, &body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?} {body}");
    }
    let state = || async { house.store.source(&id("tu-tep")).await.expect("it answers") };
    assert!(!state().await.expect("it is there").paused);
    let cross = [kind, ("sec-fetch-site", "cross-site")];
    let body = format!("name=lan&password={PASSWORD}");
    let answer = house.browser().ask(Method::POST, "/admin/login", &cross, &body).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "nobody is logged in by another site");
    let body = format!("do=pause&csrf={mine}");
    admin
        .ask(Method::POST, path, &[kind], &body)
        .await
        .led("/admin/sources/tu-tep?done=source-paused");
    assert!(state().await.expect("it is there").paused);
    let too_large = format!("csrf={mine}&x={}", "x".repeat(limits::ADMIN_FORM_BYTES));
    let answer = admin.ask(Method::POST, path, &[kind], &too_large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn guessing_is_slow_and_locks_nobody_out_for_good() {
    let house = House::open().await;
    // This browser got in before the guessing began.
    let mut known = house.admin().await;
    known.post("/admin/logout", &[]).await;
    let mut refused = 0;
    for client in 0..4 {
        let mut guesser = house.browser().from(&format!("203.0.113.{client}"));
        for _ in 0..limits::LOGINS_PER_CLIENT + 1 {
            let answer = guesser.log_in("lan", "đoán bừa thôi").await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                assert!(!answer.header("retry-after").is_empty());
                refused += 1;
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN);
            }
        }
    }
    assert_eq!(refused, 4 * (limits::LOGINS_PER_CLIENT + 1) - limits::LOGINS_PER_NAME);
    let mut fresh = house.browser().from("198.51.100.77");
    let answer = fresh.log_in("lan", PASSWORD).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "the right password tells nothing now"
    );
    fresh.log_in("anh", PASSWORD).await.led("/admin/");
    known.log_in("lan", PASSWORD).await.led("/admin/");
    house.clock.advance(TimeDelta::minutes(15));
    house.browser().from("198.51.100.78").log_in("lan", PASSWORD).await.led("/admin/");
}

#[tokio::test]
async fn sources_of_the_config_file_are_read_only() {
    let house = House::open().await;
    let mut admin = house.admin().await;
    admin.get("/admin/sources/tu-tep/edit").await.led("/admin/sources/tu-tep?done=of-the-file");
    let fields =
        [("do", "save"), ("name", "X"), ("url", "https://x.vn/"), ("zone", "Asia/Ho_Chi_Minh")];
    let answer = admin.post("/admin/sources/tu-tep/edit", &fields).await;
    answer.led("/admin/sources/tu-tep?done=of-the-file");
    let answer = admin.post("/admin/sources/tu-tep", &[("do", "delete"), ("sure", "yes")]).await;
    answer.led("/admin/sources/tu-tep?done=of-the-file");
    let answer = admin.post("/admin/feeds/tin", &[("do", "delete"), ("sure", "yes")]).await;
    answer.led("/admin/feeds/tin?done=of-the-file");
    let state = house.store.source(&id("tu-tep")).await.expect("it answers").expect("it is there");
    assert_eq!(state.source.url.as_str(), "https://portal.example.gov.vn/tin");
    let page = admin.get("/admin/sources/tu-tep?done=of-the-file").await;
    assert!(page.text.contains("do tệp cấu hình quản lý"), "{}", page.text);
    let toml = admin.get("/admin/sources/tu-tep/source.toml").await;
    assert!(toml.header("content-disposition").contains("tu-tep.toml"));
    let text = format!("{}{}", config_text(Path::new("/nowhere"), ""), toml.text);
    let config = Config::from_text(&text, Path::new("t.toml")).expect("what is exported is right");
    assert_eq!(config.sources[0].url, state.source.url);
}

#[tokio::test]
async fn feeds_are_made_previewed_changed_and_deleted() {
    let house = House::open().await;
    let mut admin = house.admin().await;
    let form = |query: &'static str, what: &'static str| {
        [
            ("name", "hop"),
            ("title", "Họp"),
            ("query", query),
            ("language", "vi"),
            ("items", "50"),
            ("days", "7"),
            ("do", what),
        ]
    };
    let wrong = admin.post("/admin/add/feed", &form("(họp", "save")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("id=\"query-wrong\""), "{}", wrong.text);
    let unknown = admin.post("/admin/add/feed", &form("source:khong-co", "save")).await;
    assert!(unknown.text.contains("there is no source"), "{}", unknown.text);
    let looked = admin.post("/admin/add/feed", &form("họp", "preview")).await;
    assert_eq!(looked.status, StatusCode::OK);
    assert!(looked.text.contains("30 ngày qua: 0"), "{}", looked.text);
    admin
        .post("/admin/add/feed", &form("họp", "save"))
        .await
        .led("/admin/feeds/hop?done=feed-added");
    let taken = admin.post("/admin/add/feed", &form("họp", "save")).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    admin
        .post("/admin/feeds/hop", &form("họp OR hop", "save"))
        .await
        .led("/admin/feeds/hop?done=feed-changed");
    let feeds = || async { house.store.managed_feeds().await.expect("it answers") };
    let told: Vec<_> =
        feeds().await.iter().map(|(f, by)| (f.name.to_string(), f.query.clone(), *by)).collect();
    assert_eq!(told[0].2, ManagedBy::File);
    assert_eq!(told[1], ("hop".to_owned(), "họp OR hop".to_owned(), ManagedBy::Store));
    let served = house.browser().get("/feeds/hop/atom.xml").await;
    assert_eq!(served.status, StatusCode::OK, "it is a feed like any other");
    // A reload of the config keeps it, and a name that both have is a mistake.
    let of_file = [feeds().await[0].0.clone()];
    house.store.sync_feeds(&of_file).await.expect("nothing clashes");
    let both = [of_file[0].clone(), feeds().await[1].0.clone()];
    let error = house.store.sync_feeds(&both).await.expect_err("both have it");
    assert!(error.to_string().contains("a feed hop, and so have the admin pages"), "{error}");
    admin.post("/admin/feeds/hop", &[("do", "delete")]).await.led("/admin/feeds/hop?done=unsure");
    let answer = admin.post("/admin/feeds/hop", &[("do", "delete"), ("sure", "yes")]).await;
    answer.led("/admin/feeds?done=feed-deleted");
    assert_eq!(feeds().await.len(), 1);
}

async fn subscribe(house: &House, address: &str) -> SubscriberId {
    let wanted = NewSubscription {
        selection: Selection::feed(FeedName::parse("tin").expect("a name")),
        cadence: Cadence::AtOnce,
        when_empty: false,
    };
    let (one, _) = house
        .store
        .add_subscription(
            address,
            Some(HOSTILE),
            Lang::Vi,
            SubscriberState::Active,
            &wanted,
            start(),
            start(),
        )
        .await
        .expect("it is kept");
    one.id
}

#[tokio::test]
async fn subscribers_are_found_paused_grouped_and_removed() {
    let house = House::open().await;
    let lan = subscribe(&house, "lan@so.example.gov.vn").await;
    let binh = subscribe(&house, "binh_100%@so.example.gov.vn").await;
    let mut admin = house.admin().await;
    let all = admin.get("/admin/subscribers").await;
    assert!(all.text.contains("lan@so.example.gov.vn") && all.text.contains("binh_100%@"));
    assert!(!all.text.contains("<script"));
    let found = admin.post("/admin/subscribers", &[("text", "LAN@so")]).await;
    assert!(found.text.contains("lan@so.example.gov.vn<"), "{}", found.text);
    assert!(!found.text.contains("binh_100%@so.example.gov.vn<"));
    let found = admin.post("/admin/subscribers", &[("text", "100%")]).await;
    assert!(!found.text.contains("lan@so.example.gov.vn<"), "a percent sign is no wildcard");
    let page = format!("/admin/subscribers/{lan}");
    let shown = admin.get(&page).await;
    assert!(shown.text.contains("ngay khi có tin") && !shown.text.contains("<script"));
    admin
        .post(&page, &[("do", "pause"), ("until", "2020-05-01")])
        .await
        .led(&format!("{page}?done=no-day"));
    admin
        .post(&page, &[("do", "pause"), ("until", "2020-06-01")])
        .await
        .led(&format!("{page}?done=subscriber-paused"));
    let one = |id| {
        let store = house.store.clone();
        async move { store.subscriber(id).await.expect("it answers").expect("it is there") }
    };
    assert_eq!(one(lan).await.state, SubscriberState::Paused);
    admin.post(&page, &[("do", "resume")]).await.led(&format!("{page}?done=subscriber-resumed"));
    admin
        .post(&page, &[("do", "group"), ("group", "Sở <b>")])
        .await
        .led(&format!("{page}?done=group-set"));
    let grouped = admin.get("/admin/subscribers?group=S%E1%BB%9F+%3Cb%3E").await;
    assert!(grouped.text.contains("lan@so.example.gov.vn<"), "{}", grouped.text);
    assert!(!grouped.text.contains("binh_100%@so.example.gov.vn<"));
    let page = format!("/admin/subscribers/{binh}");
    admin.post(&page, &[("do", "remove")]).await.led(&format!("{page}?done=unsure"));
    admin
        .post(&page, &[("do", "remove"), ("sure", "yes")])
        .await
        .led(&format!("{page}?done=subscriber-removed"));
    assert_eq!(one(binh).await.state, SubscriberState::Left);
    let events = house.events().await;
    for (event, times) in [("lan left all subscriptions", 1), ("lan resumed ", 1)] {
        let found = events.iter().filter(|one| *one == event).count();
        assert_eq!(found, times, "{event}: {events:?}");
    }
    let paused = events.iter().filter(|one| one.contains(" paused ") || one.contains("-paused"));
    assert_eq!(paused.collect::<Vec<_>>(), ["lan paused until 2020-05-31T17:00:00+00:00"]);
    assert!(events.iter().all(|event| !event.contains('@')), "no address in the log: {events:?}");
    assert_eq!(admin.get("/admin/subscribers/999").await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get("/admin/subscribers/x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mails_are_listed_cancelled_sent_again_held_and_released() {
    let house = House::open().await;
    let lan = subscribe(&house, "lan@so.example.gov.vn").await;
    let letter = NewDigest {
        kind: DigestKind::Confirmation,
        lang: Lang::Vi,
        subject: HOSTILE.to_owned(),
        text: String::new(),
        html: String::new(),
        list: String::new(),
        composed_at: start(),
        items: Vec::new(),
    };
    house.store.record_single_mail(&letter, lan, "m@example.gov.vn").await.expect("it is kept");
    let mut admin = house.admin().await;
    let list = admin.get("/admin/deliveries?state=waiting").await;
    assert!(list.text.contains("lan@so.example.gov.vn") && !list.text.contains("<script"));
    assert!(!admin.get("/admin/deliveries?state=sent").await.text.contains("lan@so.example"));
    let state = || async { house.store.deliveries(1).await.expect("it answers")[0].state };
    let chosen = ("delivery", "1");
    admin
        .post("/admin/deliveries", &[("do", "cancel"), chosen])
        .await
        .led("/admin/deliveries?done=delivery-cancelled");
    assert_eq!(state().await, DeliveryState::GivenUp);
    admin
        .post("/admin/deliveries", &[("do", "cancel"), chosen])
        .await
        .led("/admin/deliveries?done=nothing");
    admin
        .post("/admin/deliveries", &[("do", "resend"), chosen])
        .await
        .led("/admin/deliveries?done=delivery-resent");
    assert_eq!(state().await, DeliveryState::Waiting);
    admin
        .post("/admin/deliveries", &[("do", "hold"), ("reason", HOSTILE)])
        .await
        .led("/admin/deliveries?done=held");
    let hold = house.store.hold().await.expect("it answers").expect("it is held");
    assert!(hold.by_admin);
    let overview = admin.get("/admin/").await;
    assert!(overview.text.contains("&lt;script&gt;") && !overview.text.contains("<script"));
    admin
        .post("/admin/deliveries", &[("do", "release")])
        .await
        .led("/admin/deliveries?done=released");
    assert_eq!(house.store.hold().await.expect("it answers"), None);
    let log = admin.get("/admin/log").await;
    for event in [
        "Giữ hàng đợi thư",
        "Thả hàng đợi thư",
        "Thư đã được bỏ khỏi hàng đợi",
        "Thư đã được đưa lại vào hàng đợi",
    ] {
        assert_eq!(log.text.matches(event).count(), 1, "{event}, once");
    }
    let events = house.events().await;
    let of_mail = |event: &&String| {
        ["cancelled", "sent again", "held", "released"].iter().any(|word| event.contains(word))
    };
    let of_mail: Vec<&String> = events.iter().filter(of_mail).collect();
    let held = format!("lan held {HOSTILE}");
    let expected = [
        "lan cancelled mail 1 with digest 1, try 0",
        "lan sent again mail 1 with digest 1, try 0",
        &held,
        "lan released ",
    ];
    assert_eq!(of_mail, expected, "each once, with the account's name");
}

#[tokio::test]
async fn settings_say_where_they_come_from_and_the_log_has_pages() {
    let house = House::open().await;
    let mut admin = house.admin().await;
    let page = admin.get("/admin/settings").await;
    assert!(page.text.contains("dòng 3") && page.text.contains("mặc định"), "{}", page.text);
    assert!(page.text.contains("&#x2f;etc&#x2f;bantin&#x2f;config.toml"));
    for n in 0..120 {
        let detail = format!("{n} {HOSTILE}");
        house.store.log_admin(Some("lan"), "thing", &detail, start()).await.expect("it is kept");
    }
    let mut path = "/admin/log".to_owned();
    let mut seen = 0;
    loop {
        let page = admin.get(&path).await;
        assert!(!page.text.contains("<script"));
        seen += page.text.matches("<th scope=\"row\">thing").count();
        match page.text.split_once("log?before=") {
            Some((_, rest)) => {
                path = format!("/admin/log?before={}", rest.split('"').next().expect("a number"));
            }
            None => break,
        }
    }
    assert_eq!(seen, 120);
}

#[tokio::test]
async fn an_inside_address_is_not_looked_at_unless_the_config_names_it() {
    let portal = Origin::start().await;
    portal.on("/tin", Page::page("<p>x</p>"));
    let house = House::open().await;
    let mut admin = house.admin().await;
    for url in [
        portal.url("/tin").as_str(),
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://10.0.0.1/",
    ] {
        let answer = admin.post("/admin/add/source", &[("do", "look"), ("url", url)]).await;
        assert!(answer.text.contains("[admin] in the config file"), "{url}: {}", answer.text);
    }
    for url in ["ftp://x.vn/", "javascript:alert(1)", "", "http://user:pass@x.vn/"] {
        let answer = admin.post("/admin/add/source", &[("do", "look"), ("url", url)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
    }
    assert_eq!(portal.hits(), 0);
}

#[test]
fn accounts_are_made_by_command_line_with_a_password_that_nobody_sees() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, config_text(folder.path(), "")).expect("it is written");
    let run = |args: &[&str], input: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bantin"))
            .arg("--config")
            .arg(&config)
            .arg("admin")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        // It may have ended before it read anything.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).expect("UTF-8"))
    };
    let (code, told) = run(&["add", "Lan.Anh"], &format!("{PASSWORD}\nand more\n"));
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("lan.anh may use the admin pages now: http://127.0.0.1/admin/"),
        "{told}"
    );
    assert_eq!(run(&["add", "lan.anh"], PASSWORD).0, Some(1), "one of a name");
    assert_eq!(run(&["add", "a b"], PASSWORD).0, Some(2));
    let (code, told) = run(&["add", "binh"], "ngắn\n");
    assert_eq!(code, Some(2));
    assert!(told.contains("at least 12 characters") && !told.contains("ngắn"), "{told}");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "bốn con vịt qua cầu\n").expect("it is written");
    let file = secret.to_str().expect("UTF-8");
    assert_eq!(run(&["password", "lan.anh", "--password-file", file], "").0, Some(0));
    assert_eq!(run(&["password", "khong-co", "--password-file", file], "").0, Some(1));
    let (_, told) = run(&["list"], "");
    assert!(told.contains("lan.anh") && told.lines().count() == 2, "{told}");
    assert_eq!(run(&["remove", "lan.anh"], "").0, Some(0));
    assert_eq!(run(&["remove", "lan.anh"], "").0, Some(1));
    assert!(run(&["list"], "").1.contains("no account yet"));
}

/// The real daemon with a portal of its own.
struct Running {
    daemon: Arc<Daemon>,
    stop: Shutdown,
    ended: tokio::task::JoinHandle<anyhow::Result<()>>,
    portal: Origin,
    folder: TempDir,
    address: SocketAddr,
}

impl Running {
    fn config(folder: &Path, portal: &Origin, more: &str) -> String {
        let inside = format!("[admin]\ninside = [\"{}\"]\n", portal.address());
        let feed = "[[feed]]\nname = \"tin\"\ntitle = \"Tin\"\n";
        config_text(folder, &format!("{inside}{feed}{more}"))
    }

    async fn start() -> Running {
        let folder = tempfile::tempdir().expect("a folder");
        let portal = Origin::start().await;
        let path = folder.path().join("config.toml");
        std::fs::write(&path, Self::config(folder.path(), &portal, "")).expect("it is written");
        let config = Config::load(&path).expect("the config is right");
        let stop = Shutdown::new();
        let daemon = Daemon::new(config, path, Clock::system(), stop.clone()).await;
        let daemon = Arc::new(daemon.expect("it starts"));
        let hash = passwords::hashed(&PASSWORD.to_owned().into());
        daemon.store().add_account(&name("lan"), &hash, Utc::now()).await.expect("it is kept");
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let listener = Listener::from_tcp(socket).expect("a socket of tokio");
        let address = listener.address().expect("an address");
        let ended = tokio::spawn(daemon.clone().run(vec![listener]));
        Running { daemon, stop, ended, portal, folder, address }
    }

    async fn until(&self, what: &str, holds: impl Fn(&SourceState) -> bool) -> SourceState {
        for _ in 0..1_500 {
            let state = self.daemon.store().source(&id("so")).await.expect("it answers");
            if let Some(state) = state.filter(&holds) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let state = self.daemon.store().source(&id("so")).await;
        panic!("not {what}: {state:?}");
    }

    async fn end(self) {
        self.stop.ask();
        self.ended.await.expect("no panic").expect("it ended well");
    }
}

fn title(n: u32) -> String {
    format!("Hội nghị giao ban công tác quý, phiên thứ {n} <script>alert({n})</script>")
        .replace('<', "&lt;")
}

fn article(n: u32) -> String {
    format!(
        "<html><head><meta charset=utf-8></head><body><h1>{}</h1><div class=noidung>{}</div></body></html>",
        title(n),
        "<p>Sáng nay, hội nghị đã nghe báo cáo về tình hình thực hiện nhiệm vụ trong quý.</p>"
            .repeat(4)
    )
}

fn publish(portal: &Origin, redesigned: bool, count: u32) {
    let menu = "<nav class=menu><a href=/>Trang chủ</a><a href=/van-ban>Văn bản</a></nav>";
    let rows: String = (1..=count)
        .rev()
        .map(|n| match redesigned {
            false => format!(
                "<li class=tin><a href=/tin/{n}>{}</a> <span class=ngay>{n}/05/2020</span><b class=la>01/01/2001</b></li>",
                title(n)
            ),
            true => format!(
                "<article class=the><h3><a href=/tin/{n}>{}</a></h3><time>{n}/05/2020</time></article>",
                title(n)
            ),
        })
        .collect();
    let list = match redesigned {
        false => format!("<ul class=danh-sach>{rows}</ul>"),
        true => format!("<main><div class=\"luoi tin-moi\">{rows}</div></main>"),
    };
    let html = format!(
        "<!doctype html><html><head><meta charset=utf-8><title>Sở &lt;b&gt;</title></head><body>{menu}{list}<footer>Bản quyền</footer></body></html>"
    );
    portal.on("/danh-sach", Page::page(html));
    for n in 1..=count {
        portal.on(&format!("/tin/{n}"), Page::page(article(n)));
    }
}

/// The value of the field with this name that is chosen or written in a page.
fn field(page: &str, name: &str) -> String {
    let tags = page.split('<').filter(|tag| tag.starts_with("input"));
    let named = tags.filter(|tag| tag.contains(&format!("name=\"{name}\"")));
    let mut chosen =
        named.filter(|tag| !tag.contains("type=\"radio\"") || tag.contains(" checked"));
    let tag = chosen.next_back().unwrap_or_else(|| panic!("no field {name} in {page}"));
    let (_, value) = tag.split_once("value=\"").expect("it has a value");
    let value = value.split('"').next().unwrap_or_default();
    let plain = [("&#x2f;", "/"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    plain.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_is_added_polled_broken_and_repaired_by_its_admin() {
    let running = Running::start().await;
    publish(&running.portal, false, 12);
    let mut admin = Browser::new(running.address);
    admin.log_in("lan", PASSWORD).await.led("/admin/");

    // An address in: blocks, rows and an article out.
    let url = running.portal.url("/danh-sach").to_string();
    let looked = admin.post("/admin/add/source", &[("do", "look"), ("url", &url)]).await;
    assert_eq!(looked.status, StatusCode::OK);
    assert!(looked.text.contains("phiên thứ 12") && looked.text.contains("Sáng nay, hội nghị"));
    assert!(!looked.text.contains("<script"), "{}", looked.text);
    assert!(looked.text.contains("span.ngay") && looked.text.contains("b.la"), "{}", looked.text);
    let block = field(&looked.text, "block");
    let was = field(&looked.text, "was");
    let asked = running.portal.hits();

    // Every mistake is reported, and a page that was fetched is not fetched again.
    let base = [
        ("url", url.as_str()),
        ("block", &block),
        ("was", &was),
        ("pick-date", "span.ngay"),
        ("name", "Sở <script>"),
        ("kind", "auto"),
        ("zone", "Asia/Ho_Chi_Minh"),
        ("repair", "propose"),
        ("max_new", "50"),
        ("row", "1"),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        let mut fields = base.to_vec();
        fields.extend_from_slice(more);
        fields
    };
    let wrong = admin
        .post(
            "/admin/add/source",
            &with(&[
                ("id", "So!"),
                ("schedule", "mỗi giờ"),
                ("article-body", "a["),
                ("do", "save"),
            ]),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for place in ["id=\"id-wrong\"", "id=\"schedule-wrong\"", "id=\"article-body-wrong\""] {
        assert!(wrong.text.contains(place), "{place}: {}", wrong.text);
    }
    assert!(wrong.text.contains("phiên thứ 11"));
    assert_eq!(running.portal.hits(), asked + 1, "only the second row's article");
    assert!(!wrong.text.contains("<script"));
    let saved = admin
        .post(
            "/admin/add/source",
            &with(&[("id", "so"), ("schedule", "0 3 1 1 *"), ("do", "save")]),
        )
        .await;
    saved.led("/admin/sources/so?done=source-added");
    let again = admin
        .post("/admin/add/source", &with(&[("id", "so"), ("schedule", "adaptive"), ("do", "save")]))
        .await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the id is taken");

    // The daemon polls it.
    let state = running.until("polled", |state| state.health.last_good.is_some()).await;
    assert_eq!(state.source.managed_by, ManagedBy::Store);
    assert_eq!(state.source.recipe.listing.date.as_deref(), Some("span.ngay"));
    assert_eq!((state.health.rows, state.health.dated), (12, 12));
    let page = admin.get("/admin/sources/so").await;
    assert!(page.text.contains("class=\"fine\"") && !page.text.contains("<script"));
    let kept = admin.get("/admin/sources/so/pages/good").await;
    assert_eq!(kept.header("content-type"), "text/plain; charset=utf-8");
    assert!(kept.header("content-security-policy").contains("sandbox"));
    assert!(kept.text.contains("<ul class=danh-sach>"));

    // A reload of the config keeps it; a source of both is a mistake, and nothing is changed by it.
    let path = running.folder.path().join("config.toml");
    let write = |more: &str| {
        let text = Running::config(running.folder.path(), &running.portal, more);
        std::fs::write(&path, text).expect("it is written");
    };
    write("[[source]]\nid = \"khac\"\nurl = \"https://khac.example.gov.vn/\"\n");
    running.daemon.reload().await;
    let ids = || async {
        let sources = running.daemon.store().sources().await.expect("it answers");
        sources.into_iter().map(|state| state.source.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, ["khac", "so"]);
    let exported = admin.get("/admin/sources/so/source.toml").await;
    write(&exported.text);
    let config = Config::load(&path).expect("what is exported is right");
    let error = bantin::daemon::apply_sources(running.daemon.store(), &config, Utc::now())
        .await
        .expect_err("both have it");
    assert!(format!("{error:#}").contains("a source so, and so have the admin pages"), "{error:#}");
    running.daemon.reload().await;
    assert_eq!(ids().await, ["khac", "so"], "the old settings stay");
    write("");
    running.daemon.reload().await;
    assert_eq!(ids().await, ["so"]);

    // The portal is redesigned: a repair waits, is refused once, and not shown again; then it is accepted.
    publish(&running.portal, true, 12);
    admin
        .post("/admin/sources/so", &[("do", "poll")])
        .await
        .led("/admin/sources/so?done=source-polled");
    let broken = running.until("broken", |state| state.proposal.is_some()).await;
    assert!(broken.health.broken.is_some());
    let page = admin.get("/admin/sources/so").await;
    assert!(page.text.contains("id=\"repair\"") && !page.text.contains("<script"));
    let before_and_after = page.text.matches("phiên thứ 12").count();
    assert!(before_and_after >= 2, "rows of both pages: {}", page.text);
    assert!(admin.get("/admin/").await.text.contains("class=\"broken\""));
    let seen = field(&page.text, "seen");
    let refuse = [("do", "refuse"), ("seen", seen.as_str())];
    admin.post("/admin/sources/so", &refuse).await.led("/admin/sources/so?done=repair-refused");
    let stale = [("do", "accept"), ("seen", seen.as_str())];
    admin.post("/admin/sources/so", &stale).await.led("/admin/sources/so?done=nothing");
    let asked_at = Utc::now();
    admin.post("/admin/sources/so", &[("do", "poll")]).await;
    let polled = |state: &SourceState| state.health.last_poll.is_some_and(|at| at > asked_at);
    let state = running.until("polled again", polled).await;
    assert_eq!(state.proposal, None, "what was refused is not proposed again");
    // The admin edits the recipe again: that forgets the refusal, and the next poll proposes once
    // more.
    let edit = with(&[("schedule", "0 4 1 1 *"), ("listing-lead", "p"), ("do", "save")]);
    admin.post("/admin/sources/so/edit", &edit).await.led("/admin/sources/so?done=source-changed");
    let proposed = running.until("proposed again", |state| state.proposal.is_some()).await;
    let seen = proposed.proposal.expect("it waits").at.timestamp_millis().to_string();
    let accept = [("do", "accept"), ("seen", seen.as_str())];
    admin.post("/admin/sources/so", &accept).await.led("/admin/sources/so?done=repair-accepted");
    let mended = running.until("good again", |state| state.health.broken.is_none()).await;
    assert!(mended.found.is_some() && mended.proposal.is_none());
    assert_eq!(
        running.daemon.store().item_count().await.expect("it answers"),
        12,
        "the same items"
    );

    // Paused it is not polled; deleted its items stay.
    admin
        .post("/admin/sources/so", &[("do", "pause")])
        .await
        .led("/admin/sources/so?done=source-paused");
    admin.post("/admin/sources/so", &[("do", "poll")]).await.led("/admin/sources/so?done=nothing");
    admin
        .post("/admin/sources/so", &[("do", "resume"), ("from", "overview")])
        .await
        .led("/admin/?done=source-resumed");
    admin.post("/admin/sources/so", &[("do", "delete")]).await.led("/admin/sources/so?done=unsure");
    let delete = [("do", "delete"), ("sure", "yes")];
    admin.post("/admin/sources/so", &delete).await.led("/admin/?done=source-deleted");
    assert_eq!(admin.get("/admin/sources/so").await.status, StatusCode::NOT_FOUND);
    assert_eq!(running.daemon.store().item_count().await.expect("it answers"), 12);
    running.end().await;
}

#[tokio::test]
async fn a_source_s_page_says_why_its_next_poll_is_then_in_the_site_s_language() {
    let house = House::open().await;
    let next_at = start() + TimeDelta::hours(4);
    let why = NextPoll::new(next_at, NextPollReason::Lifetime { said: 31_536_000, held: 14_400 });
    let manners = PollState { why: Some(why), ..PollState::default() };
    let poll = PollRecord {
        source: id("tu-tep"),
        at: start(),
        health: Health::default(),
        next_at,
        validators: None,
        rows_hash: None,
        complete: true,
        new: Vec::new(),
        standing: Standing::Open,
        looked_at: Vec::new(),
        mending: PollChanges { manners: Change::Set(manners), ..PollChanges::default() },
        notices: Vec::new(),
    };
    house.store.record_poll(&poll).await.expect("recorded");
    let mut admin = house.admin().await;
    let page = admin.get("/admin/sources/tu-tep").await.text;
    let vi = "<span lang=\"vi\">máy chủ cho biết trang không đổi trong 8760,0 giờ; bantin chỉ chờ nhiều nhất 4,0 giờ</span>";
    assert!(page.contains(vi), "{page}");
    house.web.change(|settings| {
        settings.site = Arc::new(Site { lang: Lang::En, ..(*house.web.site()).clone() })
    });
    let page = admin.get("/admin/sources/tu-tep").await.text;
    let en = "<span lang=\"en\">the server says that the page holds for 8760.0 h; no more than 4.0 h of it is believed</span>";
    assert!(page.contains(en), "{page}");
    // Somebody wants it now, or not at all: that is another reason.
    admin.post("/admin/sources/tu-tep", &[("do", "pause")]).await;
    assert!(!admin.get("/admin/sources/tu-tep").await.text.contains("is believed"));
}
