//! The targets that take bytes from a network: what readers send to the served site, and what mail servers and portals answer.
//! All of it is on this machine: a Unix socket and ports of loopback.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bantin::clock::Clock;
use bantin::config::Config;
use bantin::fetch::{
    CallbackSettings, Callbacks, FetchRequest, FetchSettings, Fetched, Fetcher, Limits, Purpose,
};
use bantin::web::{HubSettings, Listener, SignUpSettings, Site, Web, serve};
use bantin_mail::{Mailer, SendOutcome};
use bantin_model::tokens::LinkTokens;
use bantin_model::{
    Article, Health, ItemId, ItemKey, Lang, Published, Row, Source, SourceId, Standing, Validators,
};
use bantin_store::{ArticleRead, ArticleSchedule, NewItem, PollChanges, PollRecord, Store};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::runtime::Runtime;

/// A server that has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(1).enable_all().build().expect("a runtime")
});

/// The moment at which all this happens.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_590_111_000, 0).expect("in range")
}

fn config(mail: &str) -> Config {
    let text = format!(
        "[server]\npublic_url = \"https://tin.example.gov.vn/\"\n[store]\nurl = \"sqlite::memory:\"\n\
         [mail]\ntransport = \"{mail}\"\nfrom = \"bantin@example.gov.vn\"\n\
         [[source]]\nid = \"so-tttt\"\nurl = \"https://portal.example.gov.vn/tin\"\n\
         [[feed]]\nname = \"tin\"\ntitle = \"Tin hoạt động\"\n"
    );
    Config::from_text(&text, Path::new("t.toml")).expect("the config is right")
}

/// A site with some items, a hub and a form to subscribe by, which listens on a Unix socket.
struct House {
    socket: PathBuf,
    clock: Clock,
}

static HOUSE: LazyLock<House> = LazyLock::new(|| RUNTIME.block_on(House::open()));

impl House {
    async fn open() -> House {
        let config = config("folder:/nowhere");
        let store = Store::open("sqlite::memory:").await.expect("a store");
        store.sync_sources(&config.sources, |_| now()).await.expect("a source");
        store.sync_feeds(&config.feeds).await.expect("a feed");
        let source = config.sources[0].id.clone();
        let poll = PollRecord {
            new: (1..30).map(|n| item(&source, n)).collect(),
            source,
            at: now(),
            health: Health::default(),
            next_at: now(),
            validators: None,
            rows_hash: None,
            complete: true,
            standing: Standing::Open,
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            notices: Vec::new(),
        };
        store.record_poll(&poll).await.expect("recorded");
        let clock = Clock::set_to(now());
        let secret = store.secret().await.expect("a secret");
        let site = Site {
            title: "Bản tin".into(),
            public_url: config.server.public_url.clone(),
            lang: Lang::Vi,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        let web = Web::new(store, clock.clone(), LinkTokens::new(secret), site);
        let sign_up =
            SignUpSettings { open: true, mailer: Mailer::new(config.mail).expect("a mailer") };
        web.change(|settings| settings.sign_up = Some(Arc::new(sign_up)));
        web.change(|settings| settings.metrics_open = true);
        let settings = CallbackSettings { user_agent: "bantin".into(), inside: Vec::new() };
        let callbacks = Callbacks::new(&settings, clock.clone()).expect("clients");
        let hub = HubSettings { callbacks, asked: Arc::default() };
        web.change(|settings| settings.hub = Some(Arc::new(hub)));
        assert!(web.refresh().await.expect("rendered"));
        let name = format!("bantin-fuzz-{}-{:p}.sock", std::process::id(), &HOUSE);
        let socket = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).expect("a socket");
        let listener = Listener::from_unix(listener).expect("a socket of tokio");
        tokio::spawn(serve(vec![listener], web, std::future::pending::<()>()));
        House { socket, clock }
    }

    /// Returns what the server sends for exactly these bytes, until the connection is closed.
    fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        // How often somebody may ask is counted by the hour.
        self.clock.advance(TimeDelta::hours(2));
        let mut stream = UnixStream::connect(&self.socket).expect("the door is open");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        // It may hang up before it has heard all.
        let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("the door neither answers nor hangs up")
            }
            _ => answer,
        }
    }
}

fn item(source: &SourceId, n: u32) -> NewItem {
    let key = ItemKey::stored(format!("portal.example.gov.vn/tin/{n}"));
    let title = format!("Họp về chuyển đổi số, kỳ {n}");
    let article = Article {
        title: Some(title.clone()),
        lead: Some("Sáng nay, tại Hòa Bình".into()),
        content_text: "Căn cứ Nghị định số 30/2020/NĐ-CP. ".repeat(20),
        section: Some("Tin hoạt động".into()),
        ..Article::default()
    };
    NewItem {
        id: ItemId::of(source, &key),
        key,
        row: Row {
            url: format!("https://portal.example.gov.vn/tin/{n}").parse().expect("a URL"),
            title: title.clone(),
            published: Published::At(now()),
            lead: None,
            image: None,
            id: None,
            brought: None,
        },
        listed: title,
        read: Some(ArticleRead { article, ..ArticleRead::default() }),
        article: ArticleSchedule::default(),
    }
}

/// Sends any bytes to the server: it answers or closes, and a client's mistake is never reported as
/// ours.
pub fn wire(bytes: &[u8]) {
    assert_no_fault(bytes, &HOUSE.answer(bytes));
    let well = HOUSE.answer(b"GET /feeds/tin/atom.xml HTTP/1.0\r\n\r\n");
    assert!(well.starts_with(b"HTTP/1.1 200"), "after {}", bytes.escape_ascii());
}

/// Any request that is one: method and target in the first line, then fields, an empty line, the body.
pub fn requests(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or(("GET", "/"));
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // A client that is one escapes what no target may hold.
    let target: String = target
        .bytes()
        .map(|b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let target = format!("/{}", target.trim_start_matches('/'));
    if !is_token(method) || target.len() > 4_000 {
        return;
    }
    let mut request =
        format!("{method} {target} HTTP/1.1\r\nHost: tin.example.gov.vn\r\nConnection: close\r\n");
    let ours = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "expect"];
    let mut seen = HashSet::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')).take(20) {
        let lower = name.to_ascii_lowercase();
        let fits = is_token(name) && !ours.contains(&lower.as_str()) && seen.insert(lower);
        if fits && value.len() < 2_000 && !value.contains(char::is_control) {
            request.push_str(&format!("{name}:{value}\r\n"));
        }
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    let answer = HOUSE.answer(request.as_bytes());
    assert!(answer.starts_with(b"HTTP/1.1 "), "{} for {request:?}", answer.escape_ascii());
    assert_no_fault(request.as_bytes(), &answer);
}

fn assert_no_fault(asked: &[u8], answer: &[u8]) {
    let status = answer.strip_prefix(b"HTTP/1.1 ").map(|rest| &rest[..rest.len().min(3)]);
    let is_fault = status == Some(b"500") || status == Some(b"503");
    assert!(!is_fault, "{} for {}", answer.escape_ascii(), asked.escape_ascii());
}

/// A server on loopback whose whole answer to every connection are the bytes it holds.
struct Peer {
    port: u16,
    says: Arc<Mutex<Vec<u8>>>,
}

impl Peer {
    fn open() -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let says: Arc<Mutex<Vec<u8>>> = Arc::default();
        let words = says.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let bytes = words.lock().expect("no one panics while holding it").clone();
                // The request is read to its end, or the answer is lost with the connection.
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let _ = stream.write_all(&bytes).and_then(|()| stream.shutdown(Shutdown::Write));
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        Peer { port, says }
    }

    fn say(&self, bytes: &[u8]) {
        *self.says.lock().expect("no one panics while holding it") = bytes.to_vec();
    }
}

/// Any bytes from a mail server: nothing counts as sent that it did not take, and what it said is fit to be shown.
pub fn replies(bytes: &[u8]) {
    static MAIL: LazyLock<(Peer, Mailer)> = LazyLock::new(|| {
        let peer = Peer::open();
        let settings = config(&format!("smtp://127.0.0.1:{}", peer.port)).mail;
        (peer, Mailer::new(settings).expect("a mailer"))
    });
    let (peer, mailer) = &*MAIL;
    peer.say(bytes);
    let letter = mailer.test_letter("lan@so.example.gov.vn", now()).expect("a mail");
    let sent = RUNTIME.block_on(mailer.send(&letter));
    RUNTIME.block_on(mailer.close());
    let (SendOutcome::Accepted(words)
    | SendOutcome::Refused(words)
    | SendOutcome::TryLater(words)
    | SendOutcome::Away(words)
    | SendOutcome::SenderRefused(words)
    | SendOutcome::OurFault(words)) = &sent;
    assert!(!words.contains(char::is_control) && !words.contains("lan@so"), "{sent:?}");
    if matches!(sent, SendOutcome::Accepted(_)) {
        // Greeting, EHLO, MAIL, RCPT and the final dot, and the one that says "go on" before it.
        let starts = |digit: u8| {
            bytes.split(|b| *b == b'\n').filter(|line| line.first() == Some(&digit)).count()
        };
        assert!(starts(b'2') >= 5 && starts(b'3') >= 1, "{sent:?} for {}", bytes.escape_ascii());
    }
}

/// Any bytes from a portal, as its robots.txt and as its page: a page within its limit, or a failure in a sentence.
pub fn answers(bytes: &[u8]) {
    const PAGE_BYTES: usize = 100_000;
    static PORTAL: LazyLock<(Peer, Fetcher, Source, Clock)> = LazyLock::new(|| {
        let peer = Peer::open();
        let settings = FetchSettings {
            user_agent: "bantin".into(),
            spacing: Duration::ZERO,
            robots: true,
            inside_of_admin: Vec::new(),
        };
        let limits = Limits { page_bytes: PAGE_BYTES, ..Limits::default() };
        let clock = Clock::set_to(now());
        let fetcher = Fetcher::with_limits(settings, clock.clone(), limits).expect("a fetcher");
        let mut source = config("folder:/nowhere").sources.remove(0);
        source.url = format!("http://127.0.0.1:{}/tin", peer.port).parse().expect("a URL");
        (peer, fetcher, source, clock)
    });
    // It must not lead us to other hosts, nor make us wait for a Crawl-delay.
    let lower = bytes.to_ascii_lowercase();
    let says = |wanted: &[u8]| lower.windows(wanted.len()).any(|word| word == wanted);
    if says(b"location") || says(b"delay") {
        return;
    }
    let (peer, fetcher, source, clock) = &*PORTAL;
    peer.say(bytes);
    // By then its robots.txt has to be asked for again.
    clock.advance(TimeDelta::days(2));
    let ask =
        FetchRequest { url: &source.url, source, purpose: Purpose::Listing, validators: None };
    match RUNTIME.block_on(fetcher.get(ask)) {
        Ok(Fetched::Page(page)) => {
            assert!(page.body.len() <= PAGE_BYTES, "{} bytes", page.body.len());
            let Validators { etag, last_modified, .. } = page.validators;
            let kept = etag.into_iter().chain(last_modified);
            kept.for_each(|text| assert!(!text.contains(['\r', '\n', '\0']), "{text:?}"));
        }
        Ok(Fetched::Unchanged(_)) => panic!("nobody asked whether it has changed"),
        Err(error) => {
            assert!(!error.detail.contains(char::is_control), "{:?}", error.detail);
            assert!(error.detail.chars().count() < 2_000, "{:?}", error.detail);
        }
    }
}
