//! How fast digests are composed and queued, and with how much memory. `cargo bench --bench digests`
//!
//! 100,000 readers of one feed, due at the same minute, 20 items; then the same with every tenth reader knowing half of it
//! already from a mail that came at once. Times are from the call of the publish job to its end: found, composed, written,
//! on disk (SQLite in a file, synchronous=FULL).

use std::path::Path;
use std::time::Instant;

use bantin::clock::Clock;
use bantin::config::Config;
use bantin::jobs::publish::{PublishRound, Publisher};
use bantin_mail::Mailer;
use bantin_model::*;
use bantin_store::{ArticleRead, ArticleSchedule, NewItem, PollChanges, PollRecord, Store};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Connection as _;

const READERS: u32 = 100_000;
const ITEMS: u32 = 20;
const LEAD: &str = "Ngày 19/5/2020, lãnh đạo Sở làm việc với các phòng chuyên môn về tiến độ triển khai dịch vụ công \
    trực tuyến, an toàn thông tin và hạ tầng viễn thông trên địa bàn tỉnh. ";

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    for share in [0, 10] {
        runtime.block_on(queue(share));
    }
}

/// `share`: in how many readers there is one who gets half of the items at once; 0 for none.
async fn queue(share: u32) {
    let folder =
        std::env::temp_dir().join(format!("bantin-bench-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let url = format!("sqlite:{}/bantin.db", folder.display());
    let text = format!(
        "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"{url}\"\n[mail]\ntransport = \"folder:{}\"\n\
         from = \"bantin@example.vn\"\n[[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"https://portal.example.vn/\"\n\
         [[feed]]\nname = \"tin\"\ntitle = \"Tin\"\nquery = \"\"\n[[feed]]\nname = \"le\"\ntitle = \"Lẻ\"\nquery = \"lẻ\"\n",
        folder.display()
    );
    let config =
        Config::from_text(&text, Path::new("bench.toml")).expect("the bench's config is right");
    let start: DateTime<Utc> = "2020-05-22T01:00:00Z".parse().expect("a time");
    let clock = Clock::set_to(start);
    let store = Store::open(&url).await.expect("the store opens");
    bantin::daemon::apply_sources(&store, &config, start).await.expect("sources are kept");
    let due = start + TimeDelta::hours(23);
    add_readers(&url, share, due).await;
    add_items(&store, start).await;
    let mailer = Mailer::new(config.mail).expect("a mailer is made");
    let publisher = Publisher::new(store.clone(), clock.clone());
    let at_once = publisher.publish_due(&mailer).await.expect("digests are made");
    assert_eq!(at_once.deliveries, READERS.checked_div(share).unwrap_or(0));
    clock.advance(TimeDelta::days(1));
    let before = resident_mib("VmRSS:");
    let begun = Instant::now();
    let published = publisher.publish_due(&mailer).await.expect("digests are made");
    let took = begun.elapsed().as_secs_f64();
    let digests = if share == 0 { 1 } else { 2 };
    assert_eq!(published, PublishRound { digests, deliveries: READERS, passed_over: 0 });
    println!(
        "{took:>8.2} s to compose {digests} and queue {READERS} deliveries of {ITEMS} items ({before:.0} MiB before, {:.0} MiB at most)",
        resident_mib("VmHWM:")
    );
    store.close().await;
    let _ = std::fs::remove_dir_all(&folder);
}

/// Past the store's own methods, one transaction a reader, which would take minutes.
async fn add_readers(url: &str, share: u32, due: DateTime<Utc>) {
    let mut store = sqlx::SqliteConnection::connect(url).await.expect("the file opens");
    let (due, every) = (due.timestamp_millis(), if share == 0 { READERS + 1 } else { share });
    let sql = format!(
        "BEGIN;
         WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {READERS})
         INSERT INTO subscriber (id, address, address_key, lang, state, created_at)
         SELECT id, 'r' || id || '@example.vn', 'r' || id || '@example.vn', 'vi', 'active', 0 FROM n;
         INSERT INTO subscription (subscriber, wanted, schedule, zone, when_empty, cursor, next_at, created_at)
         SELECT id, '{{\"feeds\":[\"tin\"],\"queries\":[]}}', '0 7 * * *', 'Asia/Ho_Chi_Minh', 0, 0, {due}, 0 FROM subscriber;
         INSERT INTO subscription (subscriber, wanted, schedule, zone, when_empty, cursor, next_at, created_at)
         SELECT id, '{{\"feeds\":[\"le\"],\"queries\":[]}}', '', '', 0, 0, 0, 0 FROM subscriber WHERE id % {every} = 0;
         COMMIT"
    );
    let sql = sqlx::AssertSqlSafe(sql);
    sqlx::raw_sql(sql).execute(&mut store).await.expect("readers are added");
    store.close().await.expect("it closes");
}

async fn add_items(store: &Store, at: DateTime<Utc>) {
    let source = SourceId::parse("so").expect("a name");
    let record = PollRecord {
        source: source.clone(),
        at,
        health: Health::default(),
        next_at: at + TimeDelta::days(9),
        validators: None,
        rows_hash: None,
        complete: true,
        new: (0..ITEMS).map(|n| item(&source, n)).collect(),
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
    let parity = if n.is_multiple_of(2) { "chẵn" } else { "lẻ" };
    let title = format!("Tin hoạt động số {n} ({parity}) của Sở Thông tin và Truyền thông");
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

fn resident_mib(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
