//! Subscribing and managing what comes, over real connections: the page, its API, the links in mails, each subscriber's own
//! page, and the commands of the admin.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bantin::clock::Clock;
use bantin::config::Config;
use bantin::jobs::tidy::{RetentionDays, tidy};
use bantin::web::{Listener, SignUpSettings, Site, Web, serve};
use bantin_mail::Mailer;
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;

const KEEP: RetentionDays = RetentionDays { audit: 730, mails: 400 };

/// Friday, 8:30 in Việt Nam.
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
    _stop: oneshot::Sender<()>,
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
}

fn config(folder: &Path) -> Config {
    let text = format!(
        "[server]\npublic_url = \"https://tin.example.gov.vn/\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
         [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"Bản tin <bantin@example.gov.vn>\"\n\
         [[source]]\nid = \"so-tttt\"\nurl = \"https://portal.example.gov.vn/tin\"\n\
         [[feed]]\nname = \"tin\"\ntitle = \"Tin hoạt động\"\n\
         [[feed]]\nname = \"hop\"\ntitle = \"Họp <b>\"\nquery = \"họp\"\n",
        folder.display()
    );
    Config::from_text(&text, Path::new("t.toml")).expect("the config is right")
}

impl House {
    async fn open() -> House {
        let config = config(Path::new("/nowhere"));
        let store = Store::open("sqlite::memory:").await.expect("a store");
        store.sync_sources(&config.sources, |_| start()).await.expect("a source");
        store.sync_feeds(&config.feeds).await.expect("feeds");
        let clock = Clock::set_to(start());
        let secret = store.secret().await.expect("a secret");
        let site = Site {
            title: "Bản tin".into(),
            public_url: config.server.public_url.clone(),
            lang: Lang::Vi,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        let web = Web::new(store.clone(), clock.clone(), LinkTokens::new(secret), site);
        let sign_up =
            SignUpSettings { open: true, mailer: Mailer::new(config.mail).expect("a mailer") };
        web.change(|settings| settings.sign_up = Some(Arc::new(sign_up)));
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let listener = Listener::from_tcp(socket).expect("a socket of tokio");
        let address = listener.address().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let stopping = async move {
            let _ = stopped.await;
        };
        tokio::spawn(serve(vec![listener], web.clone(), stopping));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        House { store, clock, web, address, client, _stop: stop }
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        Answer {
            status: answer.status(),
            headers: answer.headers().clone(),
            text: answer.text().await.expect("UTF-8"),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.ask(Method::POST, path, &[kind], &body).await
    }

    /// Asks on the page for the feed `tin` at half past seven, with other fields where they are given.
    async fn asks(&self, address: &str, other: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("address", address)];
        let usual = [
            ("feeds", "tin"),
            ("when", "workdays"),
            ("times", "07:30"),
            ("zone", "Asia/Ho_Chi_Minh"),
            ("lang", "vi"),
            ("do", "subscribe"),
        ];
        fields.extend(usual.iter().filter(|(name, _)| other.iter().all(|(o, _)| o != name)));
        fields.extend(other);
        self.post("/subscribe", &fields).await
    }

    async fn api(&self, wish: Value) -> (Answer, Value) {
        let kind = ("content-type", "application/json");
        let answer =
            self.ask(Method::POST, "/api/v1/subscriptions", &[kind], &wish.to_string()).await;
        let body = serde_json::from_str(&answer.text).expect("JSON");
        (answer, body)
    }

    async fn known(&self, address: &str) -> Option<Subscriber> {
        self.store.subscriber_by_address(address).await.expect("the store")
    }

    async fn one(&self, address: &str) -> Subscriber {
        self.known(address).await.expect("a subscriber")
    }

    /// Mails queued so far, newest first.
    async fn letters(&self) -> usize {
        self.store.deliveries(1000).await.expect("the store").len()
    }

    async fn confirm_path(&self, address: &str) -> String {
        format!("/confirm/{}", self.web.tokens().confirm(self.one(address).await.id))
    }

    async fn own_path(&self, address: &str) -> String {
        format!("/preferences/{}", self.web.tokens().preferences(&self.one(address).await))
    }

    async fn subscriptions(&self, address: &str) -> Vec<Subscription> {
        let id = self.one(address).await.id;
        self.store.subscriptions_of(id).await.expect("the store")
    }

    /// One who gets the feed `tin` at half past seven on working days.
    async fn subscribed(&self, address: &str) -> SubscriptionId {
        let wanted = NewSubscription {
            selection: Selection::feed(FeedName::parse("tin").expect("a name")),
            cadence: mornings(),
            when_empty: false,
        };
        let now = self.clock.now();
        let next = wanted.cadence.next_after(now, &Calendars::shipped()).expect("it fires");
        let active = SubscriberState::Active;
        let added =
            self.store.add_subscription(address, None, Lang::Vi, active, &wanted, next, now);
        added.await.expect("a subscription").1
    }

    async fn publish(&self, titles: &[&str]) {
        let at = self.clock.now();
        let new = titles.iter().map(|title| new_item(title, at)).collect();
        let poll = PollRecord {
            source: SourceId::parse("so-tttt").expect("a name"),
            at,
            health: Health::default(),
            next_at: at + TimeDelta::minutes(20),
            validators: None,
            rows_hash: None,
            complete: true,
            new,
            standing: Standing::Open,
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            notices: Vec::new(),
        };
        self.store.record_poll(&poll).await.expect("recorded");
    }

    async fn told(&self, address: &str) -> Vec<String> {
        let entries = self.store.audit_of(address).await.expect("the store");
        entries.iter().map(|entry| format!("{} {}", entry.what, entry.by.as_str())).collect()
    }
}

fn mornings() -> Cadence {
    let schedule = Schedule::parse("30 7 * * Mon-Fri").expect("a schedule");
    Cadence::Scheduled { schedule, zone: chrono_tz::Asia::Ho_Chi_Minh, days: DayRule::Every }
}

fn new_item(title: &str, at: DateTime<Utc>) -> NewItem {
    let source = SourceId::parse("so-tttt").expect("a name");
    let key = ItemKey::stored(format!("portal.example.gov.vn/{title}"));
    NewItem {
        id: ItemId::of(&source, &key),
        key,
        row: Row {
            url: "https://portal.example.gov.vn/x".parse().expect("a URL"),
            title: title.to_owned(),
            published: Published::At(at),
            lead: None,
            image: None,
            id: None,
            brought: None,
        },
        listed: title.to_owned(),
        read: None,
        article: ArticleSchedule::default(),
    }
}

// ── Asking and confirming ────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn who_asks_gets_nothing_until_the_button_behind_the_mails_link_is_pressed() {
    let house = House::open().await;
    let form = house.get("/subscribe").await;
    assert_eq!((form.status, form.header("cache-control")), (StatusCode::OK, "no-store"));
    for part in ["<label for=\"address\">", "<legend>", "Tin hoạt động", "Họp &lt;b&gt;"] {
        assert!(form.text.contains(part), "{part}: {}", form.text);
    }
    assert!(!form.text.contains("<script"));
    let answer = house.asks("lan@so.example.gov.vn", &[("name", "Lan")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("<h1>Xin kiểm tra hộp thư</h1>"));
    let lan = house.one("lan@so.example.gov.vn").await;
    assert_eq!((lan.state, lan.name.as_deref()), (SubscriberState::Pending, Some("Lan")));
    assert!(house.subscriptions("lan@so.example.gov.vn").await.is_empty());
    assert_eq!(house.letters().await, 1);

    let path = house.confirm_path("lan@so.example.gov.vn").await;
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(house.ask(method, &path, &[], "").await.status, StatusCode::OK);
    }
    let page = house.get(&path).await.text;
    assert!(
        page.contains("<li>Tin hoạt động – ngày làm việc lúc 07:30 (Asia/Ho_Chi_Minh)</li>"),
        "{page}"
    );
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Pending);
    let done = house.post(&path, &[("upto", "1")]).await;
    assert!(done.text.contains("<h1>Đã xác nhận</h1>"));
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Active);
    let got = house.subscriptions("lan@so.example.gov.vn").await;
    assert_eq!((got.len(), &*got[0].cadence.as_text()), (1, "30 7 * * Mon-Fri | working-days vn"));
    assert_eq!(house.told("lan@so.example.gov.vn").await, ["asked web", "confirmed web"]);
}

/// From the form to the subscriber's own page, with nothing but what arrives in the mailbox.
#[tokio::test]
async fn the_links_in_the_mails_are_all_that_is_needed() {
    let house = House::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mailer = Mailer::new(config(folder.path()).mail).expect("a mailer");
    let sign_up = SignUpSettings { open: true, mailer: mailer.clone() };
    house.web.change(|settings| settings.sign_up = Some(Arc::new(sign_up)));
    house.asks("lan@so.example.gov.vn", &[("when", "at-once"), ("lang", "en")]).await;
    let tokens = house.web.tokens().clone();
    let stop = bantin::shutdown::Shutdown::new();
    let (store, clock) = (house.store.clone(), house.clock.clone());
    let publisher = bantin::jobs::publish::Publisher::new(store.clone(), clock.clone());
    let deliverer = bantin::jobs::deliver::Deliverer::new(store, clock, tokens, stop);
    deliverer.deliver_due(&mailer).await.expect("delivered");
    let confirm = only_link(folder.path(), "/confirm/");
    assert!(house.get(&confirm).await.text.contains("<h1>Confirm your subscription</h1>"));
    house.post(&confirm, &[]).await;
    house.publish(&["Họp báo"]).await;
    publisher.publish_due(&mailer).await.expect("published");
    deliverer.deliver_due(&mailer).await.expect("delivered");
    let own = only_link(folder.path(), "/preferences/");
    assert!(house.get(&own).await.text.contains("<h1>Your preferences</h1>"));
    let leave = only_link(folder.path(), "/unsubscribe/");
    house.post(&leave, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Left);
}

/// The path of the one link of this kind in the mails that have arrived.
fn only_link(folder: &Path, kind: &str) -> String {
    use base64::Engine as _;
    let mut links = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(folder.join("mail")).expect("the mailbox") {
        let mail = std::fs::read_to_string(file.expect("a mail").path()).expect("ASCII");
        // Line ends, and those that quoted-printable puts within a line.
        let mail = mail.replace("\r\n", "\n").replace("=\n", "");
        for part in mail.split("\n\n") {
            let packed: String =
                part.split("\n--").next().unwrap_or_default().split('\n').collect();
            let decoded = base64::engine::general_purpose::STANDARD.decode(packed);
            let text =
                decoded.map_or_else(|_| part.to_owned(), |b| String::from_utf8_lossy(&b).into());
            for (at, _) in text.match_indices(&format!("https://tin.example.gov.vn{kind}")) {
                let link = &text[at + "https://tin.example.gov.vn".len()..];
                let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_'));
                links.insert(link.split(end).next().expect("its path").to_owned());
            }
        }
    }
    assert_eq!(links.len(), 1, "{kind}: {links:?}");
    links.pop_first().expect("one")
}

#[tokio::test]
async fn an_address_that_is_known_and_one_that_is_not_get_the_same_answer_in_the_same_time() {
    let house = House::open().await;
    let known = house.subscribed("minh@so.example.gov.vn").await;
    let mut answers = Vec::new();
    for address in ["minh@so.example.gov.vn", "moi@so.example.gov.vn", "minh@so.example.gov.vn"] {
        let begun = std::time::Instant::now();
        let answer = house.asks(address, &[("feeds", "hop")]).await;
        let took = begun.elapsed().as_millis();
        assert!((250..2_000).contains(&took), "{took} ms");
        let mut headers = answer.headers.clone();
        headers.remove("date");
        answers.push((answer.status, headers, answer.text));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
    // Each got one mail; Minh's subscriptions are what they were until Minh says otherwise.
    assert_eq!(house.letters().await, 2);
    let ids = |list: Vec<Subscription>| list.iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(house.subscriptions("minh@so.example.gov.vn").await), [known]);
    let path = house.confirm_path("minh@so.example.gov.vn").await;
    assert!(house.get(&path).await.text.contains("Họp &lt;b&gt; – "));
    house.post(&path, &[]).await;
    assert_eq!(house.subscriptions("minh@so.example.gov.vn").await.len(), 2);
    let again = house.post(&path, &[]).await;
    assert!(again.text.contains("đã được xác nhận từ trước"));
}

#[tokio::test]
async fn what_somebody_adds_after_the_page_was_shown_is_not_confirmed_with_it() {
    let house = House::open().await;
    house.asks("lan@so.example.gov.vn", &[]).await;
    let path = house.confirm_path("lan@so.example.gov.vn").await;
    let page = house.get(&path).await.text;
    let upto = page.split("name=\"upto\" value=\"").nth(1).expect("a hidden field");
    let upto = upto.split('"').next().expect("its value").to_owned();
    house.asks("lan@so.example.gov.vn", &[("feeds", "hop")]).await;
    house.post(&path, &[("upto", &upto)]).await;
    assert_eq!(house.subscriptions("lan@so.example.gov.vn").await.len(), 1);
    assert!(house.get(&path).await.text.contains("Họp"), "it can be confirmed still");
}

#[tokio::test]
async fn an_address_is_asked_once_a_day_and_forgotten_after_a_week() {
    let house = House::open().await;
    house.asks("lan@so.example.gov.vn", &[]).await;
    house.clock.advance(TimeDelta::hours(23));
    house.asks("LAN@so.example.gov.vn", &[("feeds", "hop")]).await;
    assert_eq!(house.letters().await, 1);
    house.clock.advance(TimeDelta::hours(1));
    house.asks("lan@so.example.gov.vn", &[]).await;
    assert_eq!(house.letters().await, 2);
    let path = house.confirm_path("lan@so.example.gov.vn").await;
    house.clock.advance(TimeDelta::days(7));
    tidy(&house.store, KEEP, house.clock.now()).await.expect("tidied");
    assert!(house.known("lan@so.example.gov.vn").await.is_some(), "seven days are not over");
    house.clock.advance(TimeDelta::minutes(1));
    tidy(&house.store, KEEP, house.clock.now()).await.expect("tidied");
    assert!(house.known("lan@so.example.gov.vn").await.is_none());
    assert_eq!(house.letters().await, 0, "the mail that waited is gone too");
    assert_eq!(house.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_left_comes_back_only_by_confirming() {
    let house = House::open().await;
    let subscription = house.subscribed("lan@so.example.gov.vn").await;
    let path = house.confirm_path("lan@so.example.gov.vn").await;
    house.post(&format!("/unsubscribe/{}", house.web.tokens().leave(subscription)), &[]).await;
    assert_eq!(house.post(&path, &[]).await.status, StatusCode::GONE);
    house.asks("lan@so.example.gov.vn", &[]).await;
    assert!(house.subscriptions("lan@so.example.gov.vn").await.is_empty());
    house.post(&path, &[]).await;
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Active);
    assert_eq!(house.subscriptions("lan@so.example.gov.vn").await.len(), 1);
}

#[tokio::test]
async fn a_closed_door_says_that_the_office_adds_people() {
    let house = House::open().await;
    let mailer = Mailer::new(config(Path::new("/nowhere")).mail).expect("a mailer");
    let sign_up = SignUpSettings { open: false, mailer };
    house.web.change(|settings| settings.sign_up = Some(Arc::new(sign_up)));
    for answer in [house.get("/subscribe").await, house.asks("lan@so.example.gov.vn", &[]).await] {
        assert!(answer.text.contains("<h1>Cơ quan thêm người nhận</h1>"));
        assert!(!answer.text.contains("name=\"address\""));
    }
    let (answer, problem) = house.api(json!({ "address": "lan@so.example.gov.vn" })).await;
    assert_eq!((answer.status, &problem["status"]), (StatusCode::FORBIDDEN, &json!(403)));
    assert!(house.known("lan@so.example.gov.vn").await.is_none());
}

// ── The form ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Sends a form with these fields changed; it must be refused with a link to this field, and this said.
async fn check_refused(house: &House, other: &[(&str, &str)], field: &str, said: &str) {
    let answer = house.asks("lan@so.example.gov.vn", other).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other:?}");
    let link = format!("<li><a href=\"#{field}\">{said}</a></li>");
    assert!(answer.text.contains(&link), "{other:?}: {}", answer.text);
    assert!(answer.text.contains(&format!("id=\"{field}\"")), "the link leads somewhere");
    assert!(answer.text.contains("role=\"alert\" tabindex=\"-1\" autofocus"));
    assert!(answer.text.contains("<title>Có lỗi: "));
    assert!(answer.text.contains("value=\"lan@so.example.gov.vn\""), "what was typed is kept");
}

#[tokio::test]
async fn a_mistake_is_told_at_its_field_with_what_was_typed() {
    let house = House::open().await;
    check_refused(&house, &[("feeds", "")], "feeds", "Chọn ít nhất một bản tin hoặc nhập từ khóa")
        .await;
    check_refused(&house, &[("feeds", "khac")], "feeds", "Bản tin đã chọn không còn nữa").await;
    check_refused(&house, &[("when", "hourly")], "when", "Chọn khi nào nhận").await;
    let no_time = "Chưa có giờ nào: hãy ghi giờ, ví dụ 07:30.";
    check_refused(&house, &[("times", "")], "times", no_time).await;
    check_refused(&house, &[("when", "weekly"), ("day", "x")], "day", "Chọn ngày trong tuần").await;
    check_refused(&house, &[("zone", "Mars")], "zone", "Chọn múi giờ trong danh sách").await;
    check_refused(&house, &[("lang", "fr")], "lang", "Chọn ngôn ngữ trong danh sách").await;
    let name = "x".repeat(121);
    check_refused(&house, &[("name", &name)], "name", "Tên dài quá hoặc có ký tự không dùng được")
        .await;
    check_refused(&house, &[("query", "họp (")], "query", "Từ khóa có lỗi ở ký tự thứ 5").await;
    check_refused(&house, &[("query", "source:khac")], "query", "Không có nguồn nào tên là khac")
        .await;
    let answer = house.asks("không phải địa chỉ", &[]).await;
    assert!(answer.text.contains("<a href=\"#address\">Địa chỉ thư điện tử không đúng"));
    assert!(house.store.subscribers().await.expect("the store").is_empty());
    assert_eq!(house.letters().await, 0);
}

#[tokio::test]
async fn a_bad_query_is_shown_with_the_place_of_its_mistake() {
    let house = House::open().await;
    let answer = house.asks("lan@so.example.gov.vn", &[("query", "họp) <i>")]).await;
    assert!(answer.text.contains("<code>họp<mark>)</mark> &lt;i&gt;</code>"), "{}", answer.text);
    assert!(answer.text.contains("value=\"họp) &lt;i&gt;\""));
}

#[tokio::test]
async fn hostile_input_comes_back_as_text() {
    let house = House::open().await;
    let hostile = "\"><script>alert(1)</script>'&";
    let fields = [
        ("name", hostile),
        ("feeds", hostile),
        ("query", hostile),
        ("when", hostile),
        ("times", hostile),
        ("day", hostile),
        ("zone", hostile),
        ("lang", hostile),
    ];
    for what in ["subscribe", "preview"] {
        let answer = house.asks(hostile, &[&fields[..], &[("do", what)]].concat()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.text.contains("<script"), "{}", answer.text);
        let kept = "value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;\"";
        assert!(answer.text.contains(kept), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_preview_shows_what_would_have_come_and_subscribes_nobody() {
    let house = House::open().await;
    house.publish(&["Họp báo cũ"]).await;
    house.clock.advance(TimeDelta::days(31));
    let many: Vec<String> = (1..=25).map(|n| format!("Họp số {n}")).collect();
    house.publish(&many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    house.publish(&["Tin khác"]).await;
    let fields = [("feeds", ""), ("query", "họp"), ("do", "preview")];
    let answer = house.asks("", &fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("<strong>25</strong>"), "{}", answer.text);
    assert_eq!(answer.text.matches("<time>22/06/2020</time>").count(), 20);
    assert!(!answer.text.contains("Tin khác") && !answer.text.contains("Họp báo cũ"));
    assert!(answer.text.contains("value=\"họp\""), "what was typed is kept");
    assert!(house.store.subscribers().await.expect("the store").is_empty());
}

#[tokio::test]
async fn a_cadence_of_the_form_becomes_a_schedule() {
    let house = House::open().await;
    let asked = [
        ("a@so.example.vn", vec![("when", "at-once")], "at once"),
        (
            "b@so.example.vn",
            vec![("when", "daily"), ("times", "16:30"), ("times", "7h30")],
            "30 7,16 * * *",
        ),
        ("c@so.example.vn", vec![("when", "weekly"), ("day", "Mon")], "30 7 * * Mon"),
    ];
    for (address, other, expected) in asked {
        assert_eq!(house.asks(address, &other).await.status, StatusCode::OK);
        house.post(&house.confirm_path(address).await, &[]).await;
        let got = match &house.subscriptions(address).await[0].cadence {
            Cadence::AtOnce => "at once".to_owned(),
            Cadence::Scheduled { schedule, .. } => schedule.as_str().to_owned(),
        };
        assert_eq!(got, expected);
    }
}

// ── Who may post, and how often ──────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let house = House::open().await;
    house.subscribed("minh@so.example.gov.vn").await;
    let own = house.own_path("minh@so.example.gov.vn").await;
    let bodies = [
        (
            "/subscribe",
            "address=lan@so.example.gov.vn&feeds=tin&when=at-once&zone=UTC&do=subscribe",
        ),
        ("/api/v1/subscriptions", "address=lan@so.example.gov.vn&feeds=tin"),
        (own.as_str(), "do=leave-all"),
    ];
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for (path, body) in bodies {
            let answer = house.ask(Method::POST, path, &[kind, foreign], body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {foreign:?}");
        }
    }
    assert!(house.known("lan@so.example.gov.vn").await.is_none());
    assert_eq!(house.one("minh@so.example.gov.vn").await.state, SubscriberState::Active);
    for ours in [("sec-fetch-site", "same-origin"), ("origin", "https://tin.example.gov.vn")] {
        let (path, body) = bodies[0];
        assert_eq!(house.ask(Method::POST, path, &[kind, ours], body).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_fills_in_the_hidden_field_is_thanked_and_forgotten() {
    let house = House::open().await;
    let good = house.asks("minh@so.example.gov.vn", &[]).await;
    let answer = house.asks("lan@so.example.gov.vn", &[("website", "http://x.example/")]).await;
    assert_eq!((answer.status, answer.text), (good.status, good.text));
    assert!(house.known("lan@so.example.gov.vn").await.is_none());
}

#[tokio::test]
async fn one_client_signs_up_no_whole_country_and_others_go_on() {
    let house = House::open().await;
    let from = |client: &'static str, n: usize| {
        let body = format!("{{\"address\":\"a{n}@so.example.gov.vn\",\"feeds\":[\"tin\"]}}");
        let house = &house;
        async move {
            let headers = [("content-type", "application/json"), ("x-forwarded-for", client)];
            house.ask(Method::POST, "/api/v1/subscriptions", &headers, &body).await
        }
    };
    let all = futures_util::future::join_all((0..31).map(|n| from("203.0.113.7", n))).await;
    let refused: Vec<_> =
        all.iter().filter(|answer| answer.status != StatusCode::ACCEPTED).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused[0].header("retry-after"), "3601");
    assert_eq!(refused[0].header("content-type"), "application/problem+json");
    assert_eq!(from("203.0.113.7, 203.0.113.8", 40).await.status, StatusCode::ACCEPTED);
    house.clock.advance(TimeDelta::hours(1));
    assert_eq!(from("203.0.113.7", 41).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn p11_a_form_beyond_the_limit_is_refused_on_a_page() {
    let house = House::open().await;
    let large = "x".repeat(64 * 1024);
    let answer = house.asks("lan@so.example.gov.vn", &[("query", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text.contains("<h1>Biểu mẫu quá lớn</h1>"));
}

// ── The API ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn the_api_takes_json_and_forms_and_tells_problems_by_field() {
    let house = House::open().await;
    let (answer, body) = house
        .api(json!({ "address": "lan@so.example.gov.vn", "feeds": ["hop"], "query": "thuế", "when": "daily", "times": ["06:00"] }))
        .await;
    assert_eq!((answer.status, &body["status"]), (StatusCode::ACCEPTED, &json!("asked")));
    let requests = house.store.requests_of(house.one("lan@so.example.gov.vn").await.id).await;
    assert_eq!(requests.expect("the store")[0].wanted.selection.queries, ["thuế"]);
    let form = house
        .post("/api/v1/subscriptions", &[("address", "an@so.example.gov.vn"), ("feeds", "tin")])
        .await;
    assert_eq!(form.status, StatusCode::ACCEPTED, "{}", form.text);

    let (answer, problem) = house.api(json!({ "address": "x", "query": "a OR" })).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(
        (&problem["type"], &problem["title"]),
        (&json!("about:blank"), &json!("Bad Request"))
    );
    let pointers: Vec<_> =
        problem["errors"].as_array().expect("errors").iter().map(|e| &e["pointer"]).collect();
    assert_eq!(pointers, ["#/address", "#/query"]);
    assert!(problem["errors"][1]["column"].is_u64());

    for (wish, part) in [
        (json!({ "address": "lan@so.example.gov.vn", "secret": 1 }), "JSON object"),
        (json!([1]), "JSON object"),
        (json!({ "feeds": "tin" }), "JSON object"),
    ] {
        let (answer, problem) = house.api(wish).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(problem["detail"].as_str().expect("a text").contains(part), "{problem}");
        assert!(!answer.text.contains("lan@") && !answer.text.contains("secret"));
    }
    let kind = [("content-type", "text/plain")];
    let answer = house.ask(Method::POST, "/api/v1/subscriptions", &kind, "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

// ── Each subscriber's own page ───────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_subscriber_changes_what_comes_and_when() {
    let house = House::open().await;
    let id = house.subscribed("lan@so.example.gov.vn").await;
    let own = house.own_path("lan@so.example.gov.vn").await;
    let page = house.get(&own).await;
    assert_eq!((page.status, page.header("x-robots-tag")), (StatusCode::OK, "noindex"));
    assert!(page.text.contains("<strong>lan@so.example.gov.vn</strong>"));
    assert!(
        page.text.contains("value=\"07:30\"")
            && page.text.contains("value=\"workdays\" id=\"s1-when\" checked")
    );
    let number = id.to_string();
    let change = |query: &'static str, time: &'static str| {
        let (house, own, number) = (&house, &own, &number);
        async move {
            let fields = [
                ("do", "change"),
                ("subscription", number.as_str()),
                ("feeds", "hop"),
                ("query", query),
                ("when", "weekly"),
                ("times", time),
                ("day", "Fri"),
                ("zone", "Asia/Tokyo"),
                ("when_empty", "yes"),
            ];
            house.post(own, &fields).await
        }
    };
    let wrong = change("họp)", "15:00").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains(&format!("<a href=\"#s{id}-query\">")), "{}", wrong.text);
    assert_eq!(house.subscriptions("lan@so.example.gov.vn").await[0].cadence, mornings());
    let done = change("thuế", "15:00").await;
    assert!(done.text.contains("Đã lưu thay đổi."), "{}", done.text);
    let now = &house.subscriptions("lan@so.example.gov.vn").await[0];
    assert_eq!(
        (now.id, now.when_empty, &now.selection.queries[..]),
        (id, true, &["thuế".to_owned()][..])
    );
    let next: DateTime<Utc> = "2020-05-22T06:00:00Z".parse().expect("a time");
    assert_eq!(now.next_at, next, "15:00 in Tokyo");
    let english = house.post(&own, &[("do", "language"), ("lang", "en")]).await;
    assert!(english.text.contains("<html lang=\"en\">"));

    // Another's subscription cannot be named.
    let other = house.subscribed("minh@so.example.gov.vn").await.to_string();
    house.post(&own, &[("do", "leave"), ("subscription", &other)]).await;
    assert_eq!(house.subscriptions("minh@so.example.gov.vn").await.len(), 1);
    house.post(&own, &[("do", "leave"), ("subscription", &number)]).await;
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Left);
    assert_eq!(house.get(&own).await.status, StatusCode::OK, "their data can still be had");
}

#[tokio::test]
async fn a_schedule_that_no_form_can_say_stays_when_something_else_changes() {
    let house = House::open().await;
    let schedule = Schedule::parse("0 8 1-7 * Mon").expect("a schedule");
    let cadence = Cadence::Scheduled { schedule, zone: chrono_tz::UTC, days: DayRule::Every };
    let wanted = NewSubscription {
        selection: Selection::query("họp"),
        cadence: cadence.clone(),
        when_empty: false,
    };
    let now = house.clock.now();
    let active = SubscriberState::Active;
    let added = house.store.add_subscription("lan@x.vn", None, Lang::Vi, active, &wanted, now, now);
    let (_, id) = added.await.expect("added");
    let own = house.own_path("lan@x.vn").await;
    assert!(house.get(&own).await.text.contains("value=\"own\""));
    let id = id.to_string();
    let fields = [
        ("do", "change"),
        ("subscription", &id),
        ("query", "thuế"),
        ("when", "own"),
        ("zone", "UTC"),
    ];
    house.post(&own, &fields).await;
    let now = &house.subscriptions("lan@x.vn").await[0];
    assert_eq!((&now.cadence, &now.selection.queries[0][..]), (&cadence, "thuế"));
}

#[tokio::test]
async fn a_pause_sends_nothing_and_ends_with_the_last_week_at_the_usual_hour() {
    let house = House::open().await;
    house.subscribed("lan@so.example.gov.vn").await;
    let own = house.own_path("lan@so.example.gov.vn").await;
    for bad in ["", "2020-05-22", "2020-05-21", "2021-05-25", "soon", "2020-13-01"] {
        let answer = house.post(&own, &[("do", "pause"), ("until", bad)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(answer.text.contains("<a href=\"#until\">"));
    }
    let answer = house.post(&own, &[("do", "pause"), ("until", "2020-06-15")]).await;
    assert!(answer.text.contains("15/06/2020"), "{}", answer.text);
    house.publish(&["Cũ 1", "Cũ 2"]).await;
    house.clock.advance(TimeDelta::days(20));
    house.publish(&["Mới"]).await;
    let due = house.store.due_subscriptions(house.clock.now(), 10).await.expect("the store");
    assert!(due.is_empty());
    // Monday 15 June, a minute after midnight.
    let monday: DateTime<Utc> = "2020-06-14T17:01:00Z".parse().expect("a time");
    house.clock.advance(monday - house.clock.now());
    tidy(&house.store, KEEP, monday).await.expect("tidied");
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Active);
    let now = &house.subscriptions("lan@so.example.gov.vn").await[0];
    let half_past_seven: DateTime<Utc> = "2020-06-15T00:30:00Z".parse().expect("a time");
    assert_eq!(now.next_at, half_past_seven);
    let items = house.store.items_after(now.cursor, 10).await.expect("the store");
    assert_eq!(items.iter().map(|item| &item.title[..]).collect::<Vec<_>>(), ["Mới"]);

    house.post(&own, &[("do", "pause"), ("until", "2020-06-20")]).await;
    let answer = house.post(&own, &[("do", "resume")]).await;
    assert!(answer.text.contains("Đã nhận lại."));
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Active);
}

#[tokio::test]
async fn a_subscriber_has_the_data_and_has_them_erased_in_two_steps() {
    let house = House::open().await;
    house.asks("lan@so.example.gov.vn", &[("query", "bệnh viện"), ("name", "Trần Thị Lan")]).await;
    house.post(&house.confirm_path("lan@so.example.gov.vn").await, &[]).await;
    house.asks("lan@so.example.gov.vn", &[("feeds", "hop")]).await;
    let own = house.own_path("lan@so.example.gov.vn").await;
    let data = house.get(&format!("{own}/data.json")).await;
    assert_eq!(data.header("content-disposition"), "attachment; filename=\"bantin.json\"");
    let data: Value = serde_json::from_str(&data.text).expect("JSON");
    assert_eq!(data["address"], "lan@so.example.gov.vn");
    assert_eq!(data["subscriptions"][0]["wanted"]["queries"], json!(["bệnh viện"]));
    assert_eq!(data["asked_for"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["mails"].as_array().map(Vec::len), Some(2));
    assert_eq!(data["log"][1]["what"], "confirmed");

    let asked = house.post(&own, &[("do", "erase")]).await;
    assert!(
        asked.text.contains("Xóa vĩnh viễn") && asked.text.contains("value=\"erase-for-good\"")
    );
    assert!(house.known("lan@so.example.gov.vn").await.is_some(), "one press erases nothing");
    let done = house.post(&own, &[("do", "erase-for-good")]).await;
    assert!(done.text.contains("<h1>Đã xóa</h1>"));
    assert!(house.known("lan@so.example.gov.vn").await.is_none());
    assert_eq!(house.letters().await, 0);
    assert_eq!(house.get(&own).await.status, StatusCode::NOT_FOUND);
    let log = house.store.audit_of("lan@so.example.gov.vn").await.expect("the store");
    assert_eq!(log.last().map(|entry| entry.what.as_str()), Some("erased"));
    assert!(log.iter().all(|entry| entry.subscriber.is_none() && entry.detail.is_empty()));
}

#[tokio::test]
async fn a_link_that_is_forged_renewed_or_anothers_opens_nothing() {
    let house = House::open().await;
    let id = house.subscribed("lan@so.example.gov.vn").await;
    let lan = house.one("lan@so.example.gov.vn").await;
    let tokens = house.web.tokens();
    let good = tokens.preferences(&lan);
    let forged =
        format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'B' } else { 'A' });
    let nobody = tokens.preferences(&Subscriber { id: SubscriberId(99), ..lan.clone() });
    let later = tokens.preferences(&Subscriber { link_number: 2, ..lan.clone() });
    let unknown = house.get("/nothing").await.text;
    let bad = [forged, nobody, later.clone(), tokens.confirm(lan.id), tokens.leave(id), "1".into()];
    for token in &bad {
        for path in [format!("/preferences/{token}"), format!("/preferences/{token}/data.json")] {
            let answer = house.get(&path).await;
            assert_eq!((answer.status, answer.text), (StatusCode::NOT_FOUND, unknown.clone()));
        }
        let answer = house.post(&format!("/preferences/{token}"), &[("do", "leave-all")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let own = format!("/preferences/{good}");
    let renewed = house.post(&own, &[("do", "renew")]).await;
    assert!(renewed.text.contains(&format!("action=\"/preferences/{later}\"")), "{}", renewed.text);
    assert_eq!(house.get(&own).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get(&format!("/preferences/{later}")).await.status, StatusCode::OK);
    assert_eq!(house.one("lan@so.example.gov.vn").await.state, SubscriberState::Active);
}

/// Every route, with every token, read as link scanners read.
#[tokio::test]
async fn p9_get_changes_nothing_anywhere() {
    let house = House::open().await;
    let id = house.subscribed("lan@so.example.gov.vn").await;
    house.asks("lan@so.example.gov.vn", &[("feeds", "hop")]).await;
    house.asks("moi@so.example.gov.vn", &[]).await;
    let own = house.own_path("lan@so.example.gov.vn").await;
    let state = async || {
        let everybody = house.store.subscribers().await.expect("the store");
        let lan = house.one("lan@so.example.gov.vn").await;
        let requests = house.store.requests_of(lan.id).await.expect("the store");
        let log = house.told("lan@so.example.gov.vn").await;
        let links: Vec<_> = everybody
            .iter()
            .map(|(s, all)| (s.state, s.link_number, s.lang, all.clone()))
            .collect();
        format!("{links:?} {requests:?} {log:?} {}", house.letters().await)
    };
    let before = state().await;
    let paths = [
        "/".to_owned(),
        "/subscribe".into(),
        "/subscribe?do=subscribe&address=x@y.vn&feeds=tin&when=at-once&zone=UTC".into(),
        "/api/v1/subscriptions?address=x@y.vn&feeds=tin".into(),
        house.confirm_path("lan@so.example.gov.vn").await,
        house.confirm_path("moi@so.example.gov.vn").await,
        format!("/unsubscribe/{}", house.web.tokens().leave(id)),
        own.clone(),
        format!("{own}?do=leave-all"),
        format!("{own}?do=erase-for-good"),
        format!("{own}/data.json"),
    ];
    for path in &paths {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            house.ask(method, path, &[], "").await;
        }
    }
    assert_eq!(state().await, before);
    for path in paths.iter().filter(|path| path.starts_with("/api") || path.contains("data.json")) {
        // Reading the API's list needs a token; asking takes a POST.
        let (refused, status) = match path.contains("data.json") {
            true => (Method::POST, StatusCode::METHOD_NOT_ALLOWED),
            false => (Method::GET, StatusCode::UNAUTHORIZED),
        };
        assert_eq!(house.ask(refused, path, &[], "").await.status, status);
    }
}

// ── The admin's commands ─────────────────────────────────────────────────────────────────────────────────────────────

/// A folder with a config, in which the program is run.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.gov.vn/\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
             [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"bantin@example.gov.vn\"\n\
             [[source]]\nid = \"so-tttt\"\nurl = \"https://portal.example.gov.vn/tin\"\n\
             [[feed]]\nname = \"tin\"\n[[feed]]\nname = \"hop\"\nquery = \"họp\"\n",
            folder.path().display()
        );
        std::fs::write(folder.path().join("config.toml"), text).expect("written");
        Desk { folder }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), bytes).expect("written");
    }

    /// The exit code, what it printed, and what it complained of.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_bantin"))
            .arg("subscribers")
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .output()
            .expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8 only");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    #[track_caller]
    fn good(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.run(arguments);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{arguments:?}: {out}");
        out
    }

    fn listed(&self, arguments: &[&str]) -> Value {
        let out = self.good(&[&["list", "--json"], arguments].concat());
        serde_json::from_str(&out).expect("JSON")
    }

    async fn store(&self) -> Store {
        let url = format!("sqlite:{}/bantin.db", self.folder.path().display());
        Store::open(&url).await.expect("the store opens")
    }
}

#[test]
fn an_admin_groups_pauses_removes_and_erases_people() {
    let desk = Desk::new();
    let add = |address, group| {
        desk.good(&["add", address, "--feed", "tin", "--confirmed", "--group", group]);
    };
    add("lan@so.example.gov.vn", "Sở Y tế");
    add("minh@so.example.gov.vn", "Văn phòng");
    add("an@so.example.gov.vn", "Văn phòng");
    let list = desk.listed(&["--group", "Văn phòng"]);
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    desk.good(&["pause", "lan@so.example.gov.vn", "--until", "2199-01-01"]);
    let list = desk.listed(&["--state", "paused"]);
    assert_eq!(
        (&list[0]["address"], &list[0]["group"]),
        (&json!("lan@so.example.gov.vn"), &json!("Sở Y tế"))
    );
    desk.good(&["resume", "lan@so.example.gov.vn"]);
    assert_eq!(desk.run(&["resume", "lan@so.example.gov.vn"]).0, Some(1));
    assert_eq!(desk.run(&["pause", "lan@so.example.gov.vn", "--until", "2020-01-01"]).0, Some(2));
    assert_eq!(
        desk.good(&["remove", "--group", "Văn phòng"]),
        "Removed 2: nothing more is sent to them.\n"
    );
    assert_eq!(desk.run(&["remove", "--group", "Văn phòng"]).0, Some(1));
    desk.good(&["erase", "lan@so.example.gov.vn"]);
    let (code, _, err) = desk.run(&["erase", "lan@so.example.gov.vn"]);
    assert_eq!(code, Some(1));
    assert!(!err.contains("lan@"), "P12: {err}");
    assert_eq!(desk.listed(&["--state", "active"]), json!([]));
    let log = desk.good(&["log", "lan@so.example.gov.vn", "--json"]);
    let log: Value = serde_json::from_str(&log).expect("JSON");
    let what: Vec<_> = log.as_array().expect("entries").iter().map(|e| &e["what"]).collect();
    assert_eq!(what, ["added", "paused", "resumed", "erased"]);
}

#[test]
fn an_office_is_imported_once_however_often_its_file_is() {
    let desk = Desk::new();
    let text = "\u{feff}STT;Họ và tên;Thư điện tử;Đơn vị;Bản tin;Từ khóa;Lịch\r\n\
        1;Trần Lan;lan@so.example.gov.vn;Sở Y tế;tin hop;;\r\n\
        2;\"Minh; A\";minh@so.example.gov.vn;;;\"bệnh viện\";at once\r\n\
        3;Sai;không phải;;;;\r\n\
        4;Sai;sai@so.example.gov.vn;;khac;;\r\n\
        5;Sai;sai2@so.example.gov.vn;;;(;\r\n\
        6;Sai;sai3@so.example.gov.vn;;;;61 * * * *\r\n\
        7;Lan nữa;LAN@so.example.gov.vn;;tin hop;;\r\n\
        8;;;;;;\r\n\
        9;Dài;dai@so.example.gov.vn;;;;;thừa\r\n";
    desk.write("van-phong.csv", text);
    let (code, out, err) = desk.run(&["import", "van-phong.csv", "--dry-run"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        out.contains("2 lines would be imported, 1 left out, 6 refused. Nothing was done."),
        "{out}"
    );
    assert_eq!(desk.listed(&[]), json!([]));
    let (_, out, err) = desk.run(&["import", "van-phong.csv", "--confirmed", "--group", "Sở"]);
    for part in [
        "the column \"STT\" is not used\n",
        "line 4: refused: there is no \"@\" in it",
        "line 5: refused: there is no feed \"khac\"",
        "line 6: refused: the query \"(\"",
        "line 7: refused: the schedule \"61 * * * *\"",
        "line 8: left out: says the same as line 2\n",
        "line 9: refused: it has no address\n",
        "line 10: refused: it has more cells than the first line\n",
        "2 new subscribers, 0 new subscriptions of known ones, 0 lines unchanged, 1 left out, 6 refused.\n",
    ] {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    assert!(!out.contains('@') || !out.contains("@so."), "P12: {out}");
    assert!(err.contains("6 lines were refused") && !err.contains("@so."), "{err}");
    let before = desk.listed(&[]);
    assert_eq!(before[0]["name"], "Trần Lan");
    assert_eq!((&before[0]["group"], &before[1]["group"]), (&json!("Sở Y tế"), &json!("Sở")));
    assert_eq!(before[1]["subscriptions"][0]["when"], "at once");
    let (_, out, _) = desk.run(&["import", "van-phong.csv", "--confirmed", "--group", "Sở"]);
    assert!(
        out.contains("0 new subscribers, 0 new subscriptions of known ones, 2 lines unchanged"),
        "{out}"
    );
    assert_eq!(desk.listed(&[]), before);
    // Who has left is not brought back by a list.
    desk.good(&["remove", "minh@so.example.gov.vn"]);
    let (_, out, _) = desk.run(&["import", "van-phong.csv", "--confirmed"]);
    assert!(out.contains("line 3: left out: has left"), "{out}");
}

#[test]
fn a_file_that_is_no_list_is_refused_whole_and_says_why() {
    let desk = Desk::new();
    for (bytes, part) in [
        (&b"name\nLan\n"[..], "the first line names no column with addresses"),
        (b"email;name\na@b.vn;Ho\xe0ng\n", "--encoding windows-1258"),
        (b"", "the file is empty"),
    ] {
        desk.write("x.csv", bytes);
        let (code, out, err) = desk.run(&["import", "x.csv"]);
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(err.contains(part), "{err}");
    }
    desk.write("x.csv", b"email;name\na@so.example.vn;Ho\xe0ng V\xe2n\n");
    desk.good(&["import", "x.csv", "--encoding", "windows-1258", "--confirmed"]);
    assert_eq!(desk.listed(&[])[0]["name"], "Hoàng Vân");
}

#[tokio::test]
async fn imported_people_are_asked_once_unless_they_have_agreed() {
    let desk = Desk::new();
    desk.write("a.csv", "email,lang\na@so.example.vn,vi\nb@so.example.vn,EN\n");
    for _ in 0..2 {
        desk.good(&["import", "a.csv"]);
    }
    assert_eq!(desk.listed(&["--state", "pending"]).as_array().map(Vec::len), Some(2));
    let store = desk.store().await;
    let mails = store.deliveries(10).await.expect("the store");
    assert_eq!(mails.len(), 2);
    let english = store.digest(mails[0].digest).await.expect("the store").expect("a digest");
    assert_eq!((english.kind, english.lang), (DigestKind::Confirmation, Lang::En));
}

#[test]
fn what_is_exported_runs_in_no_spreadsheet_and_can_be_imported_again() {
    let desk = Desk::new();
    desk.good(&[
        "add",
        "=cmd@so.example.vn",
        "--name",
        "=1+1",
        "--query=-họp",
        "--confirmed",
        "--group",
        "+84",
    ]);
    desk.good(&[
        "add",
        "lan@so.example.vn",
        "--name",
        "Lan, \"A\"",
        "--feed",
        "hop",
        "--at-once",
        "--confirmed",
        "--lang",
        "en",
    ]);
    let csv = desk.good(&["export"]);
    assert!(
        csv.starts_with(
            "\u{feff}email,name,group,state,lang,feeds,query,schedule,zone,when_empty\n"
        ),
        "{csv}"
    );
    assert!(
        csv.contains(
            "'=cmd@so.example.vn,'=1+1,'+84,active,vi,,'-họp,30 7 * * Mon-Fri,Asia/Ho_Chi_Minh,no\n"
        ),
        "{csv}"
    );
    assert!(
        csv.contains("lan@so.example.vn,\"Lan, \"\"A\"\"\",,active,en,hop,,at once,,no\n"),
        "{csv}"
    );
    let elsewhere = Desk::new();
    elsewhere.write("all.csv", &csv);
    elsewhere.good(&["import", "all.csv", "--confirmed"]);
    assert_eq!(elsewhere.good(&["export"]), csv);
    let json: Value =
        serde_json::from_str(&desk.good(&["export", "--format", "json"])).expect("JSON");
    assert_eq!(json[1]["address"], "lan@so.example.vn");
}

#[test]
fn ten_thousand_people_are_imported_in_seconds() {
    let desk = Desk::new();
    let lines: String =
        (0..10_000).map(|n| format!("canbo{n}@so.example.gov.vn,Cán bộ {n}\n")).collect();
    desk.write("all.csv", format!("email,họ tên\n{lines}"));
    let begun = std::time::Instant::now();
    let out = desk.good(&["import", "all.csv", "--confirmed"]);
    let took = begun.elapsed();
    assert!(out.starts_with("10000 new subscribers, "), "{out}");
    assert!(took.as_secs() < 60, "{took:?}");
    eprintln!("10,000 lines in {took:?}");
}
