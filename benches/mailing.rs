//! How fast mail goes out, beside the tools that others would use, on one sink. `cargo bench --bench mailing`
//!
//! A message of 20 KB goes to Postfix's `smtp-sink` on loopback: handed over by the mailer alone, delivered by the whole
//! queue (claimed from the store, built, handed over, the reply written to disk), by Postfix's `smtp-source` with the same
//! number of connections, kept open, and by rss2email from a feed of as many entries. The tools take turns, and medians and
//! ratios are printed: this machine may be noisy, a ratio is not. Then the queue's peak memory with few and with many mails.
//!
//! Needs `smtp-sink` and `smtp-source` (Debian: postfix, in /usr/sbin) and `r2e` (Debian: rss2email); what is missing is
//! left out and said.

use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bantin::clock::Clock;
use bantin::config::Config;
use bantin::jobs::deliver::Deliverer;
use bantin::jobs::publish::Publisher;
use bantin::shutdown::Shutdown;
use bantin_mail::{Mailer, OutgoingMail, SendOutcome};
use bantin_model::digest::DigestLinks;
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::{
    ArticleRead, ArticleSchedule, Commit, DeliveryOutcome, NewItem, PollChanges, PollRecord, Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Connection as _;

/// Bytes of the message that is compared.
const MESSAGE: usize = 20 * 1024;
const ROUNDS: usize = 5;
/// Messages of a round.
const MESSAGES: usize = 2000;
/// rss2email opens a connection for each mail.
const ENTRIES: usize = 100;
/// Mails of the second look at memory.
const MANY: usize = 10 * MESSAGES;
/// Items of a digest, which with these leads is a mail of about 20 KB.
const ITEMS: u32 = 9;
const LEAD: &str = "Ngày 19/5/2020, lãnh đạo Sở làm việc với các phòng chuyên môn về tiến độ triển khai dịch vụ công \
    trực tuyến, an toàn thông tin và hạ tầng viễn thông trên địa bàn tỉnh. ";

fn main() {
    let Some(sink) = Sink::start() else {
        println!("smtp-sink is not installed (Debian: postfix), so nothing was measured");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let scratch = Scratch::new();
    for connections in [1, 4] {
        compare(&runtime, &sink, &scratch, connections);
    }
    runtime.block_on(memory(&sink, &scratch));
}

/// One table: every tool in turn, a round at a time.
fn compare(runtime: &tokio::runtime::Runtime, sink: &Sink, scratch: &Scratch, connections: usize) {
    let config = config(sink, &scratch.0, connections);
    let mailer = Mailer::new(config.mail.clone()).expect("a mailer is made");
    let letter = padded(&mailer);
    let mut office = runtime.block_on(Office::new(sink, scratch, connections, MESSAGES));
    let rss2email = Rss2email::new(sink, &scratch.0);
    let (mut alone, mut queue, mut source) = (vec![], vec![], vec![]);
    let (mut r2e, mut r2e_whole) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        alone.push(runtime.block_on(hand_over(&mailer, &letter, connections)));
        queue.push(runtime.block_on(office.deliver(MESSAGES)));
        source.extend(smtp_source(sink, connections));
        if let Some((sending, whole)) = rss2email.run() {
            r2e.push(sending);
            r2e_whole.push(whole);
        }
    }
    runtime.block_on(mailer.close());
    println!(
        "{connections} connections, {MESSAGES} messages of {MESSAGE} bytes (digests: {} bytes), {ROUNDS} rounds",
        office.bytes
    );
    let parts = runtime.block_on(office.parts());
    let (alone, queue) = (median(alone), median(queue));
    println!("{alone:>10.0} mails/s  mailer alone");
    println!(
        "{queue:>10.0} mails/s  whole queue; of a mail's time, µs: {:.0} to claim it, {:.0} to build it, {:.0} to keep its reply",
        parts[0], parts[1], parts[2]
    );
    for (name, rates) in [
        ("smtp-source", source),
        ("rss2email, its sending alone", r2e),
        ("rss2email, a whole run", r2e_whole),
    ] {
        if rates.is_empty() {
            println!("           {name} is not installed");
            continue;
        }
        let rate = median(rates);
        println!(
            "{rate:>10.0} mails/s  {name}: mailer alone x {:.2}, whole queue x {:.2}",
            alone / rate,
            queue / rate
        );
    }
}

/// Messages a second of the mailer alone.
async fn hand_over(mailer: &Mailer, letter: &OutgoingMail, connections: usize) -> f64 {
    let begun = Instant::now();
    let senders: Vec<_> = (0..connections)
        .map(|_| {
            let (mailer, letter) = (mailer.clone(), letter.clone());
            tokio::spawn(async move {
                for _ in 0..MESSAGES / connections {
                    let sent = mailer.send(&letter).await;
                    assert!(matches!(sent, SendOutcome::Accepted(_)), "{sent:?}");
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.expect("a sender ends");
    }
    MESSAGES as f64 / begun.elapsed().as_secs_f64()
}

fn padded(mailer: &Mailer) -> OutgoingMail {
    let now = "2020-05-22T01:00:00Z".parse().expect("a time");
    let mut letter = mailer.test_letter("reader@example.vn", now).expect("a mail");
    let mut bytes = letter.bytes.to_vec();
    while bytes.len() < MESSAGE {
        let rest = (MESSAGE - bytes.len()).clamp(2, 72) - 2;
        bytes.extend(std::iter::repeat_n(b'x', rest));
        bytes.extend_from_slice(b"\r\n");
    }
    letter.bytes = bytes.into();
    letter
}

fn config(sink: &Sink, folder: &Path, connections: usize) -> Config {
    let text = format!(
        "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"sqlite:{}/{connections}.db\"\n\
         [mail]\ntransport = \"smtp://127.0.0.1:{}\"\nconnections = {connections}\nhello = \"tin.example.vn\"\n\
         from = \"bantin@example.vn\"\n[[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"https://portal.example.vn/\"\n\
         [[feed]]\nname = \"tin\"\ntitle = \"Tin\"\nquery = \"\"\n",
        folder.display(),
        sink.port
    );
    Config::from_text(&text, Path::new("bench.toml")).expect("the bench's config is right")
}

/// A store with readers of one feed, whose clock moves on by a day at each round.
struct Office {
    store: Store,
    clock: Clock,
    mailer: Mailer,
    publisher: Publisher,
    deliverer: Deliverer,
    url: String,
    readers: usize,
    day: u32,
    /// Size of one digest's mail.
    bytes: u64,
    /// Memory in use when delivery began, in MiB.
    before: f64,
}

impl Office {
    async fn new(sink: &Sink, scratch: &Scratch, connections: usize, readers: usize) -> Office {
        let config = config(sink, &scratch.0, connections);
        let start: DateTime<Utc> = "2020-05-22T01:00:00Z".parse().expect("a time");
        let clock = Clock::set_to(start);
        let url = format!("sqlite:{}/{connections}.db", scratch.0.display());
        let _ = std::fs::remove_file(scratch.0.join(format!("{connections}.db")));
        let store = Store::open(&url).await.expect("the store opens");
        bantin::daemon::apply_sources(&store, &config, start).await.expect("sources are kept");
        let tokens = LinkTokens::new(store.secret().await.expect("the store has a secret"));
        let publisher = Publisher::new(store.clone(), clock.clone());
        let deliverer = Deliverer::new(store.clone(), clock.clone(), tokens, Shutdown::new());
        let mut to_folder = config.mail.clone();
        let mails = scratch.0.join(format!("mails-{connections}"));
        to_folder.transport = bantin_mail::Transport::Folder(mails.clone());
        let mailer = Mailer::new(to_folder).expect("a mailer is made");
        let (day, bytes) = (0, 0);
        let mut office = Office {
            store,
            clock,
            mailer,
            publisher,
            deliverer,
            url,
            readers: 0,
            day,
            bytes,
            before: 0.0,
        };
        // The first reader's mail goes to a folder, where its size can be read.
        office.add_readers(1).await;
        office.deliver(1).await;
        let mail = std::fs::read_dir(&mails).expect("a folder").next().expect("a mail");
        office.bytes = mail.and_then(|mail| mail.metadata()).expect("a file").len();
        office.mailer = Mailer::new(config.mail).expect("a mailer is made");
        office.add_readers(readers).await;
        office
    }

    /// Past the store's own methods, one transaction a reader, which would take minutes.
    async fn add_readers(&mut self, up_to: usize) {
        let mut store = sqlx::SqliteConnection::connect(&self.url).await.expect("the file opens");
        let due = (self.clock.now() + TimeDelta::hours(23)).timestamp_millis();
        let first = self.readers + 1;
        let sql = format!(
            "BEGIN;
             WITH RECURSIVE n (id) AS (SELECT {first} UNION ALL SELECT id + 1 FROM n WHERE id < {up_to})
             INSERT INTO subscriber (id, address, address_key, lang, state, created_at)
             SELECT id, 'r' || id || '@example.vn', 'r' || id || '@example.vn', 'vi', 'active', 0 FROM n;
             INSERT INTO subscription (subscriber, wanted, schedule, zone, when_empty, cursor, next_at, created_at)
             SELECT id, '{{\"feeds\":[\"tin\"],\"queries\":[]}}', '0 7 * * *', 'Asia/Ho_Chi_Minh', 0,
             (SELECT coalesce(max(seq), 0) FROM item), {due}, 0 FROM subscriber WHERE id >= {first};
             COMMIT"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut store)
            .await
            .expect("readers are added");
        store.close().await.expect("it closes");
        self.readers = up_to;
    }

    /// A day passes, with its items and a digest for each reader. Mails a second of their delivery alone.
    async fn deliver(&mut self, mails: usize) -> f64 {
        add_items(&self.store, self.clock.now(), self.day).await;
        self.day += 1;
        self.clock.advance(TimeDelta::days(1));
        let published = self.publisher.publish_due(&self.mailer).await.expect("digests are made");
        assert_eq!(published.deliveries as usize, mails);
        // Linux: the peak starts again from here (proc(5), clear_refs).
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        self.before = resident_mib("VmRSS:");
        let begun = Instant::now();
        let delivered = self.deliverer.deliver_due(&self.mailer).await.expect("the store answers");
        assert_eq!(delivered.sent as usize, mails, "{delivered:?}");
        mails as f64 / begun.elapsed().as_secs_f64()
    }
}

impl Office {
    /// Microseconds for each of a mail's steps that are not the mail server's.
    async fn parts(&mut self) -> [f64; 3] {
        add_items(&self.store, self.clock.now(), self.day).await;
        self.day += 1;
        self.clock.advance(TimeDelta::days(1));
        self.publisher.publish_due(&self.mailer).await.expect("digests are made");
        let tokens = LinkTokens::new(self.store.secret().await.expect("the store has a secret"));
        let public_url = &self.mailer.settings().public_url;
        let (mut spent, mut mails) = ([0.0; 3], 0.0);
        loop {
            let begun = Instant::now();
            let batch = self.store.claim_deliveries(self.clock.now(), 50).await.expect("claimed");
            spent[0] += begun.elapsed().as_secs_f64();
            if batch.is_empty() {
                return spent.map(|seconds| seconds * 1e6 / mails);
            }
            for outgoing in batch {
                let begun = Instant::now();
                let subscription = outgoing.delivery.subscription.expect("a subscription");
                let links = DigestLinks {
                    own: tokens.leave_address(public_url, subscription),
                    preferences: tokens.preferences_address(public_url, &outgoing.subscriber),
                    page: tokens.digest_address(public_url, outgoing.digest.id),
                };
                self.mailer.letter(&outgoing, &links, None).expect("a mail is built");
                spent[1] += begun.elapsed().as_secs_f64();
                let begun = Instant::now();
                let reply =
                    [(outgoing.delivery.id, DeliveryOutcome::Sent, "250 2.0.0 Ok".to_owned())];
                let kept = self.store.record_replies(&reply, Commit::Soon, self.clock.now());
                kept.await.expect("the store answers");
                spent[2] += begun.elapsed().as_secs_f64();
                mails += 1.0;
            }
        }
    }
}

async fn add_items(store: &Store, at: DateTime<Utc>, day: u32) {
    let source = SourceId::parse("so").expect("a name");
    let record = PollRecord {
        source: source.clone(),
        at,
        health: Health::default(),
        next_at: at + TimeDelta::days(9),
        validators: None,
        rows_hash: None,
        complete: true,
        new: (0..ITEMS).map(|n| item(&source, day * ITEMS + n)).collect(),
        standing: Standing::Open,
        looked_at: Vec::new(),
        mending: PollChanges::default(),
        notices: Vec::new(),
    };
    store.record_poll(&record).await.expect("the store takes it");
}

fn item(source: &SourceId, n: u32) -> NewItem {
    let url = url::Url::parse(&format!("https://portal.example.vn/a/{n}")).expect("an address");
    let key = ItemKey::of(&url);
    let title = format!("Tin hoạt động số {n} của Sở Thông tin và Truyền thông");
    let article =
        Article { title: Some(title.clone()), content_text: LEAD.repeat(12), ..Article::default() };
    let row = Row {
        url,
        title,
        published: Published::Unknown,
        lead: Some(LEAD.to_owned()),
        image: None,
        id: None,
        brought: None,
    };
    NewItem {
        id: ItemId::of(source, &key),
        key,
        row,
        listed: String::new(),
        read: Some(ArticleRead { article, ..ArticleRead::default() }),
        article: ArticleSchedule::default(),
    }
}

/// The queue's peak memory with few mails and with ten times as many.
async fn memory(sink: &Sink, scratch: &Scratch) {
    for mails in [MESSAGES, MANY] {
        let mut office = Office::new(sink, scratch, 1, mails).await;
        office.deliver(mails).await;
        let (before, peak) = (office.before, resident_mib("VmHWM:"));
        println!("{mails:>10} mails delivered: {before:.0} MiB before, {peak:.0} MiB at most");
        office.mailer.close().await;
        office.store.close().await;
    }
}

/// Messages a second of Postfix's generator; None when it is not installed.
fn smtp_source(sink: &Sink, connections: usize) -> Option<f64> {
    let mut command = Command::new(tool("smtp-source")?);
    // -d: the connection stays open for the next message.
    command.args(["-d", "-s", &connections.to_string(), "-m", &MESSAGES.to_string()]);
    command.args([
        "-l",
        &MESSAGE.to_string(),
        "-f",
        "bantin@example.vn",
        "-t",
        "reader@example.vn",
    ]);
    let begun = Instant::now();
    let status = command.arg(format!("127.0.0.1:{}", sink.port)).status().ok()?;
    assert!(status.success(), "smtp-source: {status}");
    Some(MESSAGES as f64 / begun.elapsed().as_secs_f64())
}

/// A feed of new entries for rss2email, each a mail of as many bytes.
struct Rss2email {
    program: Option<PathBuf>,
    folder: PathBuf,
}

impl Rss2email {
    fn new(sink: &Sink, scratch: &Path) -> Rss2email {
        let folder = scratch.join("rss2email");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let feed = folder.join("feed.xml");
        // The header fields and the frame that it puts around the text are some 1.5 KB.
        let line = format!("{}\n", "x".repeat(70));
        let body = line.repeat((MESSAGE - 1500) / line.len());
        let mut xml = String::from("<rss version='2.0'><channel><title>Tin</title>");
        for n in 0..ENTRIES {
            let _ = write!(
                xml,
                "<item><guid>https://portal.example.vn/a/{n}</guid><title>Tin {n}</title><description>{body}</description></item>"
            );
        }
        xml.push_str("</channel></rss>");
        std::fs::write(&feed, xml).expect("the feed is written");
        let settings = format!(
            "[DEFAULT]\nfrom = bantin@example.vn\nto = reader@example.vn\nforce-from = True\nemail-protocol = smtp\n\
             smtp-server = 127.0.0.1:{}\nsmtp-auth = False\nsmtp-ssl = False\nhtml-mail = True\nsame-server-fetch-interval = 0\n\
             [feed.bench]\nurl = {}\nto = reader@example.vn\n",
            sink.port,
            feed.display()
        );
        std::fs::write(folder.join("rss2email.cfg"), settings).expect("the settings are written");
        Rss2email { program: tool("r2e"), folder }
    }

    /// Mails a second, once without its start and its reading of the feed, which a run without news takes too, and once
    /// with everything.
    fn run(&self) -> Option<(f64, f64)> {
        let data = self.folder.join("rss2email.json");
        let _ = std::fs::remove_file(&data);
        let whole = self.time(&data)?;
        let idle = self.time(&data)?;
        Some((ENTRIES as f64 / (whole - idle).max(f64::EPSILON), ENTRIES as f64 / whole))
    }

    /// Seconds of one run.
    fn time(&self, data: &Path) -> Option<f64> {
        let mut command = Command::new(self.program.as_ref()?);
        command.arg("-c").arg(self.folder.join("rss2email.cfg")).arg("-d").arg(data).arg("run");
        let begun = Instant::now();
        let output = command.output().ok()?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("rror"), "r2e: {said}");
        Some(begun.elapsed().as_secs_f64())
    }
}

/// Postfix's sink on a free port of loopback.
struct Sink {
    process: Child,
    port: u16,
}

impl Sink {
    fn start() -> Option<Sink> {
        let program = tool("smtp-sink")?;
        let free = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let mut command = Command::new(program);
        // As root it insists on another user.
        if std::env::var("USER").is_ok_and(|user| user == "root") || is_root() {
            command.args(["-u", "nobody"]);
        }
        let process = command
            .args([format!("127.0.0.1:{port}"), "256".into()])
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        let mut sink = Sink { process, port };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(sink);
            }
            assert!(sink.process.try_wait().expect("it is ours").is_none(), "smtp-sink ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("smtp-sink does not listen on port {port}");
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")))
}

/// Where a tool is installed; Debian keeps Postfix's outside of most users' PATH.
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn resident_mib(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let name = format!("bantin-bench-{}", uuid::Uuid::new_v4().simple());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
