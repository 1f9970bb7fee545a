//! Figures of docs/figures.md: polls a second, memory, start time. `cargo bench --bench figures`
//!
//! Polling is timed inside one process against a portal on loopback; memory and start are those of the real program. When
//! `rsspls` (a Rust program that turns one page into one feed file and ends) is on the PATH, whole runs of it and of
//! `bantin poll` are timed in turn on the same page, and the ratio is printed: this machine may be noisy, a ratio is not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use bantin::clock::Clock;
use bantin::config::Config;
use bantin::fetch::Fetcher;
use bantin::jobs::poll::Poller;
use bantin::shutdown::Shutdown;
use bantin_extract::sanitize;
use bantin_model::*;
use bantin_store::{ArticleRead, ArticleSchedule, NewItem, PollChanges, PollRecord, Store};
use chrono::{TimeDelta, Utc};

/// A portal of 20 rows. `/same` answers 304, `/moving` differs in a counter, `/growing` has one more row at each visit.
#[derive(Clone, Default)]
struct Portal {
    visits: Arc<AtomicU64>,
    items: Arc<AtomicU64>,
}

const FILLER: &str = "Ngày 19/5/2020, lãnh đạo Sở làm việc với các phòng chuyên môn về tiến độ triển khai dịch vụ công \
    trực tuyến, an toàn thông tin và hạ tầng viễn thông trên địa bàn tỉnh. ";

impl Portal {
    fn listing(&self, newest: u64) -> String {
        let rows: String = (newest.saturating_sub(20)..newest)
            .rev()
            .map(|n| {
                format!(
                    "<li><a href='/a/{n}'><img src='/anh/{n}.jpg' alt=''></a> <a href='/a/{n}'>Tin hoạt động số {n} của Sở \
                     Thông tin và Truyền thông</a> <span>({}/5/2020)</span><p>{FILLER}</p></li>",
                    n % 28 + 1
                )
            })
            .collect();
        let menu: String =
            (0..150).map(|n| format!("<li><a href='/muc/{n}'>Chuyên mục {n}</a></li>")).collect();
        format!(
            "<html><head><meta charset=utf-8><title>Tin</title></head><body><ul id=menu>{menu}</ul><ul class=tin>{rows}</ul></body></html>"
        )
    }

    fn router(self) -> Router {
        Router::new()
            .route("/same", get(|State(portal): State<Portal>, headers: HeaderMap| async move { portal.same(&headers) }))
            .route(
                "/moving",
                get(|State(portal): State<Portal>| async move {
                    let visit = portal.visits.fetch_add(1, Ordering::Relaxed);
                    Html(format!("{}<p>Lượt truy cập: {visit}</p>", portal.listing(20)))
                }),
            )
            .route(
                "/growing",
                get(|State(portal): State<Portal>| async move {
                    let newest = 20 + portal.items.fetch_add(1, Ordering::Relaxed);
                    Html(portal.listing(newest))
                }),
            )
            .route(
                "/a/{n}",
                get(|UrlPath(n): UrlPath<u64>| async move {
                    Html(format!(
                        "<html><body><h1>Tin hoạt động số {n} của Sở Thông tin và Truyền thông</h1><div class=ngay>Ngày cập nhật: 22/05/2020 \
                         8:26:51 SA</div><div class=noidung>{}</div></body></html>",
                        format!("<p>{FILLER}{FILLER}{FILLER}</p>").repeat(5)
                    ))
                }),
            )
            .with_state(self)
    }

    fn same(&self, headers: &HeaderMap) -> Response {
        const ETAG: &str = "\"v1\"";
        if headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == ETAG) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, ETAG)]).into_response();
        }
        ([(header::ETAG, ETAG)], Html(self.listing(20))).into_response()
    }
}

fn config_text(portal: &str, folder: &Path, listen: &str) -> String {
    let source = |id: &str| {
        format!(
            "[[source]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{portal}/{id}\"\nschedule = \"0 3 * * *\"\n\
             [source.listing]\nitem = \"ul.tin li\"\n[source.article]\ntitle = \"h1\"\nbody = \"div.noidung\"\ndate = \"div.ngay\"\n"
        )
    };
    format!(
        "[server]\nlisten = \"{listen}\"\npublic_url = \"http://{listen}/\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
         [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"bantin@example.vn\"\n[fetch]\nspacing = \"0s\"\nrobots = false\n\
         {1}{2}{3}[[feed]]\nname = \"tat-ca\"\ntitle = \"Tất cả\"\nquery = \"\"\n\
         [[feed]]\nname = \"hiem\"\ntitle = \"Hiếm\"\nquery = \"\\\"số 1000777\\\"\"\n",
        folder.display(),
        source("same"),
        source("moving"),
        source("growing"),
    )
}

struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("bantin-bench-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() {
    let portal = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    portal.set_nonblocking(true).expect("a socket can be set so");
    let base = format!("http://{}", portal.local_addr().expect("it is bound"));
    // The portal has a thread and a runtime of its own, so that what is timed is the client.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(portal).expect("it is set so");
            axum::serve(listener, Portal::default().router()).await.expect("the portal serves");
        });
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(polls(&base));
    runtime.block_on(program(&base));
    peer(&base);
}

async fn polls(base: &str) {
    let scratch = Scratch::new();
    let text = config_text(base, &scratch.0, "127.0.0.1:1");
    let config =
        Config::from_text(&text, Path::new("bench.toml")).expect("the bench's config is right");
    let store = Store::open(&format!("sqlite:{}/bantin.db", scratch.0.display()))
        .await
        .expect("the store opens");
    store.sync_sources(&config.sources, |_| Utc::now()).await.expect("sources are kept");
    let clock = Clock::system();
    let fetcher = Fetcher::new(config.fetch.clone(), clock.clone()).expect("a fetcher is made");
    let poller = Poller::new(store.clone(), fetcher, clock.clone(), Shutdown::new());
    for (id, what) in [
        ("same", "304 polls"),
        ("moving", "polls of a 20-row page that differs, nothing new"),
        ("growing", "polls of a 20-row page with one new article"),
    ] {
        let id = SourceId::parse(id).expect("a name");
        let poll = async || {
            let now = clock.now();
            let state = store
                .claim_source(&id, now, now + TimeDelta::minutes(5))
                .await
                .expect("the store answers");
            poller.poll(state.expect("nobody else polls it")).await.expect("it is polled")
        };
        for _ in 0..3 {
            poll().await;
        }
        let (begun, mut done) = (Instant::now(), 0_u32);
        while begun.elapsed() < Duration::from_secs(5) {
            let polled = poll().await;
            assert!(polled.health.broken.is_none(), "{:?}", polled.health.broken);
            done += 1;
        }
        println!("{:>8.0} a second   {what}", f64::from(done) / begun.elapsed().as_secs_f64());
    }
    store.close().await;
}

fn start(config: &Path, listen: &str) -> (Child, Duration) {
    let unit = include_str!("../systemd/bantin.service").lines();
    let settings = unit.filter_map(|line| line.strip_prefix("Environment="));
    let begun = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_bantin"))
        .args(["run", "--config"])
        .arg(config)
        // As the unit sets it.
        .envs(settings.flat_map(str::split_whitespace).filter_map(|one| one.split_once('=')))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    while !answers(listen) {
        assert!(begun.elapsed() < Duration::from_secs(120), "the daemon does not get ready");
        std::thread::sleep(Duration::from_millis(2));
    }
    (child, begun.elapsed())
}

fn answers(listen: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(listen) else { return false };
    let mut answer = String::new();
    let asked =
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    asked.is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

fn resident_mib(child: &Child) -> f64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

async fn program(base: &str) {
    let scratch = Scratch::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let listen = free.local_addr().expect("it is bound").to_string();
    drop(free);
    let file = scratch.0.join("config.toml");
    std::fs::write(&file, config_text(base, &scratch.0, &listen)).expect("the config is written");
    let stores = [(0, "an empty store"), (10_000, "10,000 items"), (100_000, "100,000 items")];
    let mut filled = 0;
    for (items, what) in stores {
        if items > 0 {
            fill(&scratch.0, filled, items).await;
            filled = items;
            settle(&file, &listen);
        }
        let (mut child, took) = start(&file, &listen);
        std::thread::sleep(Duration::from_secs(4));
        println!("{:>8.0} ms from start to ready with {what}", took.as_secs_f64() * 1000.0);
        println!("{:>8.1} MiB resident, 4 s after start with {what}", resident_mib(&child));
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
    }
}

/// Archives the past, as a store of that age would have done.
fn settle(file: &Path, listen: &str) {
    let (mut child, _) = start(file, listen);
    let (mut before, mut quiet) = (0, 0);
    while quiet < 5 {
        std::thread::sleep(Duration::from_secs(1));
        let used = cpu_ticks(&child);
        quiet = if used - before < 10 { quiet + 1 } else { 0 };
        before = used;
    }
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
}

/// Hundredths of a second.
fn cpu_ticks(child: &Child) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Items of 12 KB of the last five years, evenly: some fifty a day where there are a hundred thousand.
async fn fill(folder: &Path, from: usize, items: usize) {
    let store = Store::open(&format!("sqlite:{}/bantin.db", folder.display()))
        .await
        .expect("the store opens");
    let source = SourceId::parse("growing").expect("a name");
    let now = Utc::now();
    let years = TimeDelta::days(5 * 365);
    for batch in from / 500..items / 500 {
        let part = i32::try_from(items / 500 - batch).expect("some hundreds");
        let at = now - years * part / i32::try_from(items / 500).expect("some hundreds");
        let new = (0..500).map(|n| item(&source, 1_000_000 + batch * 500 + n)).collect();
        let record = PollRecord {
            source: source.clone(),
            at,
            health: Health::default(),
            next_at: now + TimeDelta::days(1),
            validators: None,
            rows_hash: None,
            complete: true,
            new,
            standing: Standing::Backlog,
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            notices: Vec::new(),
        };
        store.record_poll(&record).await.expect("the store takes it");
    }
    store.close().await;
}

fn item(source: &SourceId, n: usize) -> NewItem {
    let url = url::Url::parse(&format!("https://portal.example.vn/a/{n}")).expect("an address");
    let key = ItemKey::of(&url);
    let title = format!("Tin hoạt động số {n} của Sở Thông tin và Truyền thông");
    static BODY: LazyLock<CleanHtml> = LazyLock::new(|| {
        let base = url::Url::parse("https://portal.example.vn/").expect("an address");
        sanitize::clean(&format!("<p>{FILLER}</p>").repeat(20), &base)
    });
    let article = Article {
        title: Some(title.clone()),
        content_text: FILLER.repeat(20),
        content_html: BODY.clone(),
        ..Article::default()
    };
    NewItem {
        id: ItemId::of(source, &key),
        key,
        row: Row {
            url,
            title,
            published: Published::Unknown,
            lead: Some(FILLER.to_owned()),
            image: None,
            id: None,
            brought: None,
        },
        listed: String::new(),
        read: Some(ArticleRead { article, ..ArticleRead::default() }),
        article: ArticleSchedule::default(),
    }
}

/// Whole runs of `rsspls` and of `bantin poll` on the same page, in turn.
fn peer(base: &str) {
    if Command::new("rsspls")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        println!("(rsspls is not installed: no comparison. cargo install rsspls)");
        return;
    }
    let scratch = Scratch::new();
    let ours = scratch.0.join("config.toml");
    std::fs::write(&ours, config_text(base, &scratch.0, "127.0.0.1:1"))
        .expect("the config is written");
    let theirs = scratch.0.join("feeds.toml");
    let text = format!(
        "[rsspls]\noutput = \"{}\"\n[[feed]]\ntitle = \"Tin\"\nfilename = \"tin.rss\"\n[feed.config]\nurl = \"{base}/moving\"\n\
         item = \"ul.tin li\"\nheading = \"a:last-of-type\"\nlink = \"a:last-of-type\"\n",
        scratch.0.display()
    );
    std::fs::write(&theirs, text).expect("the peer's config is written");
    let time = |command: &mut Command| {
        let begun = Instant::now();
        let status =
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
        (begun.elapsed().as_secs_f64(), status.success())
    };
    let bantin = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
        command.args(["poll", "moving", "--config"]).arg(&ours);
        command
    };
    let rsspls = || {
        let mut command = Command::new("rsspls");
        command.arg("--config").arg(&theirs);
        command
    };
    let (_, ours_worked) = time(&mut bantin()); // The first poll reads the articles too.
    let mut ratios: Vec<f64> = (0..15)
        .map(|_| {
            let ((ours, _), (theirs, worked)) = (time(&mut bantin()), time(&mut rsspls()));
            assert!(ours_worked && worked, "one of the two could not read the page");
            ours / theirs
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "{:>8.2} times rsspls's wall time for one whole run on the same page (median of 15 pairs)",
        ratios[7]
    );
}
