//! Feeds served by bantin beside nginx with the same bytes as files, in one run: `cargo bench --bench serving`.
//!
//! Needs `nginx` and `wrk` on the PATH; without them it says so and ends. The two servers take turns round by round, since
//! what else the machine does changes within minutes; what counts is the median of the rounds' ratios. CPU is that of the
//! server's own processes, from /proc.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bantin::config::Config;
use bantin_model::*;
use bantin_store::{ArticleRead, ArticleSchedule, NewItem, PollChanges, PollRecord, Store};
use chrono::{TimeDelta, Utc};

const ITEMS: usize = 200;
const FEED: &str = "/feeds/tat-ca/rss.xml";

fn rounds() -> usize {
    std::env::var("BANTIN_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(7)
}

fn seconds() -> u64 {
    std::env::var("BANTIN_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

fn main() {
    for (tool, argument) in [("nginx", "-v"), ("wrk", "-v")] {
        let there = Command::new(tool).arg(argument).output();
        if there.is_err() {
            println!("({tool} is not installed: nothing is measured. apt install nginx wrk)");
            return;
        }
    }
    let scratch = Scratch::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let (ours, theirs) = (free_address(), free_address());
    let config = scratch.0.join("config.toml");
    std::fs::write(&config, config_text(&scratch.0, &ours)).expect("the config is written");
    runtime.block_on(fill(&scratch.0));
    let bantin = Server(
        Command::new(env!("CARGO_BIN_EXE_bantin"))
            .args(["run", "--config"])
            .arg(&config)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts"),
    );
    let (_, plain) = once_ready(&ours, FEED, &[]);
    let (head, gzip) = once_ready(&ours, FEED, &[("Accept-Encoding", "gzip")]);
    println!("{} bytes, {} in gzip", plain.len(), gzip.len());
    let folder = scratch.0.join("files/feeds/tat-ca");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("rss.xml"), &plain).expect("a file");
    std::fs::write(folder.join("rss.xml.gz"), &gzip).expect("a file");
    let nginx = Server(nginx(&scratch.0, &theirs));
    let (their_head, their_gzip) = once_ready(&theirs, FEED, &[("Accept-Encoding", "gzip")]);
    assert_eq!(gzip, their_gzip, "both serve the same bytes");
    let (our_tag, their_tag) = (field(&head, "etag"), field(&their_head, "etag"));
    println!(
        "{:<26} {:>9} {:>9} {:>7} {:>7} {:>8} {:>8} {:>8} {:>8}",
        "", "bantin/s", "nginx/s", "ratio", "(min)", "p99 ms", "nginx", "µs CPU", "nginx"
    );
    for connections in [64, 1000] {
        for (what, unchanged) in [("304", true), ("200 gzip", false), ("200 plain", false)] {
            let is_plain = what == "200 plain";
            let ask = |server: &Server, address: &str, tag: &str| {
                let mut headers = Vec::new();
                if !is_plain {
                    headers.push("Accept-Encoding: gzip".to_owned());
                }
                if unchanged {
                    headers.push(format!("If-None-Match: {tag}"));
                }
                measure(server, address, connections, &headers)
            };
            let mut pairs: Vec<(Figures, Figures)> = Vec::new();
            for round in 0..rounds() {
                let us = || ask(&bantin, &ours, &our_tag);
                let them = || ask(&nginx, &theirs, &their_tag);
                pairs.push(if round % 2 == 0 {
                    let us = us();
                    (us, them())
                } else {
                    let them = them();
                    (us(), them)
                });
            }
            let ratios = sorted(pairs.iter().map(|(us, them)| us.per_second / them.per_second));
            let of = |figure: &dyn Fn(&(Figures, Figures)) -> f64| median(pairs.iter().map(figure));
            println!(
                "{:<26} {:>9.0} {:>9.0} {:>7.2} {:>7.2} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
                format!("{connections} connections, {what}"),
                of(&|pair| pair.0.per_second),
                of(&|pair| pair.1.per_second),
                ratios[ratios.len() / 2],
                ratios[0],
                of(&|pair| pair.0.p99_ms),
                of(&|pair| pair.1.p99_ms),
                of(&|pair| pair.0.cpu_us),
                of(&|pair| pair.1.cpu_us),
            );
        }
    }
    println!("{:.1} MiB resident (bantin)", memory_mib(&[bantin.0.id()]));
    let mut workers = children(nginx.0.id());
    workers.push(nginx.0.id());
    println!("{:.1} MiB resident (nginx)", memory_mib(&workers));
}

struct Figures {
    per_second: f64,
    p99_ms: f64,
    /// Of the server, a request.
    cpu_us: f64,
}

fn measure(server: &Server, address: &str, connections: usize, headers: &[String]) -> Figures {
    let mut command = Command::new("wrk");
    command.args(["-t2", "--latency", "--timeout", "10s"]);
    command.args([format!("-c{connections}"), format!("-d{}s", seconds())]);
    for header in headers {
        command.args(["-H", header]);
    }
    let before = cpu(server.0.id());
    let out = command.arg(format!("http://{address}{FEED}")).output().expect("wrk runs");
    let used = cpu(server.0.id()) - before;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(!text.contains("Non-2xx"), "{text}");
    let number_after = |label: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(label));
        line.and_then(|line| line.split_whitespace().last()).unwrap_or_default().to_owned()
    };
    let requests = text.lines().find(|line| line.contains(" requests in "));
    let requests = requests.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    let requests = requests.unwrap_or_else(|| panic!("wrk said: {text}"));
    Figures {
        per_second: number_after("Requests/sec:").parse().unwrap_or(0.0),
        p99_ms: milliseconds(&number_after("99%")),
        cpu_us: used.as_secs_f64() * 1e6 / requests,
    }
}

fn milliseconds(text: &str) -> f64 {
    let (digits, factor) = match text {
        text if text.ends_with("us") => (&text[..text.len() - 2], 0.001),
        text if text.ends_with("ms") => (&text[..text.len() - 2], 1.0),
        text => (text.trim_end_matches('s'), 1000.0),
    };
    digits.parse::<f64>().unwrap_or(f64::NAN) * factor
}

/// CPU time of a process and those it started, which are alive.
fn cpu(process: u32) -> Duration {
    let mut all = children(process);
    all.push(process);
    let ticks: u64 = all
        .iter()
        .filter_map(|id| std::fs::read_to_string(format!("/proc/{id}/stat")).ok())
        .filter_map(|stat| {
            let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
            Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
        })
        .sum();
    // Linux counts in hundredths of a second towards programs, whatever the kernel's own tick.
    Duration::from_millis(ticks * 10)
}

fn children(process: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    listed.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn memory_mib(processes: &[u32]) -> f64 {
    let resident = |id: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
        line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0)
    };
    processes.iter().map(resident).sum::<f64>() / 1024.0
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(values);
    values[values.len() / 2]
}

/// The status line and header fields of an answer, and its body; asks until it is a 200.
fn once_ready(address: &str, path: &str, headers: &[(&str, &str)]) -> (String, Vec<u8>) {
    let begun = Instant::now();
    loop {
        if let Some(answer) = get(address, path, headers) {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "no answer from {address}{path}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Option<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let fields: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let ask =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{fields}Connection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..end].to_vec()).ok()?;
    head.starts_with("HTTP/1.1 200").then(|| (head, answer[end + 4..].to_vec()))
}

fn field(head: &str, name: &str) -> String {
    let found = head.lines().find_map(|line| {
        let (given, value) = line.split_once(':')?;
        given.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

fn free_address() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    free.local_addr().expect("it is bound").to_string()
}

/// A server process, ended with us.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // TERM and not KILL, which would leave nginx's workers running.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn nginx(folder: &Path, listen: &str) -> Child {
    let text = format!(
        "daemon off; worker_processes auto; pid {0}/nginx.pid; error_log {0}/error.log;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 60s;\n\
         open_file_cache max=1000; gzip_static on; gzip_vary on; etag on; server_tokens off;\n\
         types {{ application/rss+xml xml; }} charset utf-8;\n\
         client_body_temp_path {0}; proxy_temp_path {0}; fastcgi_temp_path {0}; uwsgi_temp_path {0}; scgi_temp_path {0};\n\
         server {{ listen {listen} backlog=4096; root {0}/files; location / {{\n\
         add_header Cache-Control \"max-age=300, stale-if-error=86400\"; add_header X-Content-Type-Options nosniff; }} }} }}\n",
        folder.display()
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, text).expect("nginx's config is written");
    Command::new("nginx")
        .arg("-c")
        .arg(&file)
        .arg("-p")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nginx starts")
}

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("bantin-bench-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        // nginx's workers are another user when it is started by root.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, open).expect("it is ours");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn config_text(folder: &Path, listen: &str) -> String {
    format!(
        "[server]\nlisten = \"{listen}\"\npublic_url = \"http://{listen}/\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
         [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"bantin@example.vn\"\n\
         [[source]]\nid = \"so\"\nname = \"Sở Thông tin và Truyền thông\"\nurl = \"http://127.0.0.1:9/tin\"\nschedule = \"0 3 * * *\"\n\
         [[feed]]\nname = \"tat-ca\"\ntitle = \"Tất cả\"\nquery = \"\"\nitems = {ITEMS}\ndays = 0\n",
        folder.display()
    )
}

/// Words in a new order each time, as news has them: a text repeated would compress to nothing.
fn words(seed: u64, count: usize) -> String {
    const WORDS: &str = "lãnh đạo Sở làm việc với các phòng chuyên môn về tiến độ triển khai dịch vụ công trực tuyến an toàn \
        thông tin và hạ tầng viễn thông trên địa bàn tỉnh người dân doanh nghiệp hội nghị báo cáo kế hoạch chuyển đổi số ủy \
        ban nhân dân huyện xã phường thị trấn giám đốc phó chủ tịch yêu cầu đơn vị tiếp tục thực hiện nhiệm vụ giải pháp";
    let list: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    for _ in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text += list[usize::try_from(state % 97).unwrap_or(0) % list.len()];
        text.push(' ');
    }
    text.trim_end().to_owned()
}

async fn fill(folder: &Path) {
    let config = Config::load(&folder.join("config.toml")).expect("the bench's config is right");
    let url = format!("sqlite:{}/bantin.db", folder.display());
    let store = Store::open(&url).await.expect("the store opens");
    store
        .sync_sources(&config.sources, |_| Utc::now() + TimeDelta::days(1))
        .await
        .expect("the source is kept");
    let source = config.sources[0].id.clone();
    let now = Utc::now();
    let new = (0..ITEMS).map(|n| item(&source, n)).collect();
    let record = PollRecord {
        source,
        at: now,
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
    store.close().await;
}

fn item(source: &SourceId, n: usize) -> NewItem {
    let url = url::Url::parse(&format!("https://portal.example.vn/a/{n}")).expect("an address");
    let key = ItemKey::of(&url);
    let seed = u64::try_from(n).unwrap_or(0) + 1;
    let title = format!("Tin số {n}: {}", words(seed, 10));
    let article = Article {
        title: Some(title.clone()),
        content_text: words(seed * 1000, 60),
        ..Article::default()
    };
    NewItem {
        id: ItemId::of(source, &key),
        key,
        row: Row {
            url,
            title,
            published: Published::Unknown,
            lead: Some(words(seed * 77, 20)),
            image: None,
            id: None,
            brought: None,
        },
        listed: String::new(),
        read: Some(ArticleRead { article, ..ArticleRead::default() }),
        article: ArticleSchedule::default(),
    }
}
