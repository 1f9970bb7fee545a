//! Backup and restore, on each engine and from each to the other: nothing that was acknowledged is missing, nothing is
//! changed, and what is no good backup is refused with a sentence. `BANTIN_BACKUP_ROUNDS=100 cargo test --test integration backups::` for
//! more backups under load than the few of every day.
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::made;
use bantin_model::query::Query;
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _, SqliteConnection};
use tempfile::TempDir;

// ── Stores and what is in them ───────────────────────────────────────────────────────────────────────────────────────

/// A place for a store, with nothing in it.
struct Place {
    url: String,
    folder: TempDir,
}

impl Place {
    fn sqlite() -> Place {
        let folder = TempDir::new().expect("a folder can be made");
        Place { url: format!("sqlite:{}/bantin.db", folder.path().display()), folder }
    }

    async fn postgres() -> Option<Place> {
        let url = crate::postgres::database().await?;
        Some(Place { url, folder: TempDir::new().expect("a folder can be made") })
    }

    /// A place of each engine that this machine has.
    async fn each() -> Vec<Place> {
        [Some(Place::sqlite()), Place::postgres().await].into_iter().flatten().collect()
    }

    fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("the store opens")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, sql: &str) {
        if self.is_sqlite() {
            let mut store = SqliteConnection::connect(&self.url).await.expect("it is there");
            let sql = AssertSqlSafe(sql.to_owned());
            sqlx::raw_sql(sql).execute(&mut store).await.expect("the test's statement runs");
            store.close().await.expect("the connection closes");
        } else {
            crate::postgres::execute(&self.url, sql).await;
        }
    }

    /// Every row of every table, as texts, and the last number that each table gave.
    async fn dump(&self) -> Dump {
        match self.is_sqlite() {
            true => dump_sqlite(&self.url).await,
            false => dump_postgres(&self.url).await,
        }
    }
}

type Dump = BTreeMap<String, BTreeSet<String>>;

async fn dump_sqlite(url: &str) -> Dump {
    let mut store = SqliteConnection::connect(url).await.expect("it is there");
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
               AND name <> '_sqlx_migrations' AND name NOT LIKE 'item_search%'";
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut store).await.unwrap();
    let mut dump = Dump::new();
    for name in names {
        let sql = "SELECT name FROM pragma_table_info($1) ORDER BY name";
        let columns: Vec<String> =
            sqlx::query_scalar(sql).bind(&name).fetch_all(&mut store).await.unwrap();
        let texts = columns.iter().map(|column| {
            format!("CASE typeof(\"{column}\") WHEN 'blob' THEN hex(\"{column}\") ELSE CAST(\"{column}\" AS TEXT) END")
        });
        let sql = format!("SELECT {} FROM \"{name}\"", texts.collect::<Vec<_>>().join(", "));
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut store).await.unwrap();
        let lines = rows.iter().map(|row| line(&columns, |n| row.try_get(n).unwrap()));
        dump.insert(name, lines.collect());
    }
    let rows = sqlx::query("SELECT name, seq FROM sqlite_sequence WHERE seq > 0");
    for row in rows.fetch_all(&mut store).await.unwrap() {
        let (name, last): (String, i64) = (row.get(0), row.get(1));
        dump.entry(format!("last number of {name}")).or_default().insert(last.to_string());
    }
    store.close().await.unwrap();
    dump
}

async fn dump_postgres(url: &str) -> Dump {
    let mut store = PgConnection::connect(url).await.expect("it is there");
    let sql = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' \
               AND table_name NOT IN ('_sqlx_migrations', 'item_search')";
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut store).await.unwrap();
    let mut dump = Dump::new();
    for name in names {
        let sql = "SELECT column_name::text, data_type::text, is_identity::text FROM information_schema.columns \
                   WHERE table_schema = 'public' AND table_name = $1 ORDER BY column_name COLLATE \"C\"";
        let columns: Vec<(String, String, String)> =
            sqlx::query_as(sql).bind(&name).fetch_all(&mut store).await.unwrap();
        let texts = columns.iter().map(|(column, kind, _)| match kind.as_str() {
            "boolean" => format!("\"{column}\"::int::text"),
            "bytea" => format!("upper(encode(\"{column}\", 'hex'))"),
            _ => format!("\"{column}\"::text"),
        });
        let sql = format!("SELECT {} FROM \"{name}\"", texts.collect::<Vec<_>>().join(", "));
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut store).await.unwrap();
        let of: Vec<String> = columns.iter().map(|(column, ..)| column.clone()).collect();
        let lines = rows.iter().map(|row| line(&of, |n| row.try_get(n).unwrap()));
        dump.insert(name.clone(), lines.collect());
        for (column, ..) in columns.iter().filter(|(.., numbered)| numbered == "YES") {
            let sql = format!(
                "SELECT last_value FROM pg_sequences WHERE schemaname = 'public' AND sequencename = '{name}_{column}_seq'"
            );
            let last: Option<i64> =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut store).await.unwrap();
            let lasts = last.map(|last| last.to_string());
            if let Some(last) = lasts {
                dump.entry(format!("last number of {name}")).or_default().insert(last);
            }
        }
    }
    store.close().await.unwrap();
    dump
}

fn line(columns: &[String], text: impl Fn(usize) -> Option<String>) -> String {
    let cells = columns.iter().enumerate().map(|(n, column)| match text(n) {
        Some(text) => format!("{column}={text:?}"),
        None => format!("{column} is null"),
    });
    cells.collect::<Vec<_>>().join(" ")
}

fn at(minute: i64) -> DateTime<Utc> {
    "2026-11-27T00:00:00Z".parse::<DateTime<Utc>>().expect("a time") + TimeDelta::minutes(minute)
}

fn source() -> Source {
    made::source("so", "Sở", "https://portal.example.gov.vn/tin")
}

/// A poll that brings these items.
fn poll(names: impl Iterator<Item = String>) -> PollRecord {
    let new = names.map(|name| {
        let key = ItemKey::stored(format!("example.gov.vn/{name}.html"));
        NewItem {
            id: ItemId::of(&source().id, &key),
            row: Row {
                url: format!("https://example.gov.vn/{name}.html").parse().expect("a URL"),
                title: format!("Họp về {name} \u{1f4f0} ' \" \\"),
                published: Published::Unknown,
                lead: Some("a\tb\nc".into()),
                image: None,
                id: None,
                brought: None,
            },
            key,
            listed: name,
            read: None,
            article: ArticleSchedule::default(),
        }
    });
    PollRecord {
        source: source().id,
        at: at(1),
        health: Health { last_poll: Some(at(1)), rows: 3, ..Health::default() },
        next_at: at(16),
        validators: None,
        rows_hash: None,
        complete: true,
        new: new.collect(),
        standing: Standing::Open,
        looked_at: vec![],
        mending: PollChanges::default(),
        notices: Vec::new(),
    }
}

/// At least a row in every table, odd ones among them: empty and long texts, all bytes, the least and the greatest number,
/// a number given and not in use any more, a withdrawn item that the index of words knows.
async fn fill(place: &Place) {
    let store = place.open().await;
    store.sync_sources(&[source()], |_| at(0)).await.unwrap();
    for n in 0..5 {
        store.record_poll(&poll((0..3).map(|i| format!("tin-{n}-{i}")))).await.unwrap();
    }
    let item = store.items_after(0, 9).await.unwrap()[1].id;
    assert!(store.withdraw(item, "rút lại", at(2)).await.unwrap());
    store.close().await;
    let (blob, all): (_, fn(String) -> String) = match place.is_sqlite() {
        true => ("X'00FF'".to_owned(), |hex: String| format!("X'{hex}'")),
        false => ("'\\x00ff'::bytea".to_owned(), |hex: String| format!("'\\x{hex}'::bytea")),
    };
    let all = all((0..=255u8).map(|byte| format!("{byte:02x}")).collect());
    let long = "ề'".repeat(60_000).replace('\'', "''");
    for sql in [
        &format!("UPDATE item SET reader = 7, page_runs = {blob}, feed_updated = 3 WHERE seq = 1"),
        "UPDATE source SET reader = 7, validators = '', lease_until = 9223372036854775807, polled_before = TRUE",
        "INSERT INTO feed (name, position, config) VALUES ('tin', -9223372036854775808, '{}')",
        "INSERT INTO revision (item, number, at, title, content_html) VALUES (1, 0, 5, '', '<p>')",
        &format!(
            "INSERT INTO kept_page (source, which, at, url, body) VALUES ('so', 'good', 1, 'u', {blob})"
        ),
        "INSERT INTO backfill (source, url, pages, changed_at) VALUES ('so', 'u', 1, 1)",
        "INSERT INTO subscriber (address, address_key, lang, state, created_at) VALUES ('A@b.vn', 'a@b.vn', 'vi', 'active', 1), \
         ('c@b.vn', 'c@b.vn', 'vi', 'active', 1)",
        "DELETE FROM subscriber WHERE id = 2",
        "INSERT INTO subscription (subscriber, wanted, schedule, zone, when_empty, cursor, next_at, created_at) \
         VALUES (1, '{}', '', 'UTC', TRUE, 3, 4, 5)",
        "INSERT INTO request (subscriber, wanted, schedule, zone, when_empty, lang, asked_at) \
         VALUES (1, '{}', '', 'UTC', FALSE, 'vi', 5)",
        "INSERT INTO audit (at, what, detail, by_whom) VALUES (1, 'added', '', 'cli')",
        &format!(
            "INSERT INTO digest (kind, lang, subject, body_text, body_html, list, composed_at, items) \
         VALUES ('items', 'vi', 's', '{long}', '', '', 1, '[1]')"
        ),
        "INSERT INTO digest_item (item, digest, revision, as_revised) VALUES (1, 1, 0, TRUE)",
        "INSERT INTO delivery (digest, subscriber, subscription, from_cursor, slot, state, next_at, changed_at, message_id, created_at) \
         VALUES (1, 1, 1, 0, 0, 'sending', 1, 1, 'm@x', 1)",
        "INSERT INTO hold (one, reason, since, until, by_admin) VALUES (1, 'bảo trì', 1, 1, TRUE)",
        "INSERT INTO notice (at, what, next_at, tries) VALUES (1, '{}', 1, 0)",
        "INSERT INTO bounce (at, delivery, subscriber, kind, reason) VALUES (1, 1, 1, 'hard', 'no')",
        "INSERT INTO suppressed (mark, at) VALUES ('m', 1)",
        "INSERT INTO left_out (subscription, item) VALUES (1, 2)",
        "INSERT INTO feed_token (feed, hash, holder, created_at) VALUES ('tin', 'h', 'ai', 1)",
        &format!(
            "INSERT INTO archive (feed, number, part, closed_at, items) VALUES ('tin', 1, '2026-10', 1, {all})"
        ),
        "INSERT INTO gone (item, first_at, last_at, state) VALUES (1, 1, 2, 'seen')",
        "INSERT INTO archive_place (feed, upto, open) VALUES ('tin', 3, '[]')",
        "INSERT INTO hub_topic (topic, hash) VALUES ('t', 'h')",
        &format!(
            "INSERT INTO hub_subscription (topic, callback, host, secret, expires_at, created_at, sending) \
         VALUES ('t', 'c', 'h', {blob}, 9, 1, FALSE)"
        ),
        "INSERT INTO hub_request (mode, topic, callback, host, lease_seconds, challenge, asked_at) \
         VALUES ('subscribe', 't', 'c', 'h', 1, 'x', 1)",
        "INSERT INTO api_token (name, hash, scopes, created_at) VALUES ('n', 'h', '[]', 1)",
        "INSERT INTO picture (id, url, source, state, wanted_at, next_at) VALUES ('p', 'u', 'so', 'kept', 1, 1)",
        &format!("INSERT INTO picture_body (id, bytes) VALUES ('p', {all})"),
        "INSERT INTO account (name, password, created_at, changed_at) VALUES ('admin', '$', 1, 1)",
        "INSERT INTO host (name, asked_at, silent) VALUES ('so.vn', 1, '[]')",
        "INSERT INTO robots (origin, until, rules) VALUES ('https://so.vn', 1, '{}')",
        "INSERT INTO outage (one, since) VALUES (1, 1)",
        "INSERT INTO session (mark, account, created_at, seen_at) VALUES ('m', 1, 1, 1)",
    ] {
        place.run(sql).await;
    }
    let dump = place.dump().await;
    let empty: Vec<&String> =
        dump.iter().filter(|(_, rows)| rows.is_empty()).map(|(name, _)| name).collect();
    assert!(empty.is_empty(), "a new table? Give these a row here: {empty:?}");
}

/// What a store that was just opened finds for some searches.
async fn searched(place: &Place) -> Vec<u64> {
    let store = place.open().await;
    let mut counts = Vec::new();
    for text in ["", "họp", "\"tin 3\"", "-tin", "source:so"] {
        let lookup = Query::parse(text).expect("a query").lookup().0;
        counts.push(store.search_count(&lookup, 1_000).await.unwrap());
    }
    store.close().await;
    counts
}

/// What free_everything does at a start, on paper.
fn as_at_a_start(mut dump: Dump) -> Dump {
    for (table, from, to) in [
        ("source", "lease_until=\"9223372036854775807\"", "lease_until=\"0\""),
        ("delivery", "state=\"sending\"", "state=\"waiting\""),
    ] {
        let rows = dump.get_mut(table).expect("the table is there");
        *rows = rows.iter().map(|row| row.replace(from, to)).collect();
    }
    dump
}

#[tokio::test]
async fn every_row_of_every_table_comes_back_on_the_same_engine_and_on_the_other() {
    for from in Place::each().await {
        fill(&from).await;
        let wanted = as_at_a_start(from.dump().await);
        let made = backup(&from.url, &from.file("mot.backup"), at(5)).await.expect("a backup");
        let tables: BTreeSet<&String> = made.contents.tables.keys().collect();
        let all = wanted.keys().filter(|name| !name.starts_with("last number"));
        assert_eq!(tables, all.collect(), "every table is in the backup");
        for to in Place::each().await {
            let restored = restore(&to.url, &made.file, false, at(6)).await.expect("restored");
            assert_eq!((restored.contents, restored.kept), (made.contents.clone(), None));
            let got = to.dump().await;
            for (table, rows) in &wanted {
                assert_eq!(got.get(table), Some(rows), "{table}: {} to {}", from.url, to.url);
            }
            assert_eq!(searched(&to).await, searched(&from).await);
            // A second backup is of the same: whatever it went through, nothing was lost on the way.
            let again = backup(&to.url, &to.file("hai.backup"), at(7)).await.expect("a backup");
            assert_eq!(again.contents.tables, made.contents.tables);
        }
    }
}

#[tokio::test]
async fn what_a_newer_version_reads_differently_is_no_revision_after_a_restore_either() {
    for from in Place::each().await {
        fill(&from).await;
        let made = backup(&from.url, &from.file("mot.backup"), at(5)).await.expect("a backup");
        for to in Place::each().await {
            restore(&to.url, &made.file, false, at(6)).await.expect("restored");
            let store = to.open().await;
            let before = store.items_after(0, 1).await.unwrap().swap_remove(0);
            assert_eq!((before.reader, before.feed_updated.is_some()), (7, true));
            let due = store.articles_of(&[before.id]).await.unwrap();
            assert_eq!(
                due[0].page_runs.as_deref(),
                Some(&[0, 0xff][..]),
                "what the page said then"
            );
            let name = "tin-0-0".to_owned();
            let NewItem { mut row, .. } = poll([name.clone()].into_iter()).new.swap_remove(0);
            row.title = "Họp về ngân sách".to_owned();
            let reading = RevisitedItem {
                id: before.id,
                row: Some((row, name)),
                read: None,
                article: None,
                difference: DifferenceCause::Reading,
            };
            let mending = PollChanges { reader: Some(8), ..PollChanges::default() };
            let record = PollRecord { looked_at: vec![reading], mending, ..poll([].into_iter()) };
            assert_eq!(store.record_poll(&record).await.unwrap(), PollCounts::default());
            let after = store.item(before.id).await.unwrap().unwrap();
            assert_eq!(after.title, "Họp về ngân sách", "{} to {}", from.url, to.url);
            assert_eq!((after.revision, after.changed_at), (before.revision, before.changed_at));
            assert_eq!(after.feed_updated, before.feed_updated, "feeds give the same time");
            let revisions = store.revisions(before.id).await.unwrap().len();
            store.close().await;
            let kept = from.open().await;
            assert_eq!(revisions, kept.revisions(before.id).await.unwrap().len());
            kept.close().await;
        }
    }
}

#[tokio::test]
async fn a_number_that_was_given_is_not_given_again_after_a_restore() {
    for from in Place::each().await {
        fill(&from).await;
        let made = backup(&from.url, &from.file("mot.backup"), at(5)).await.expect("a backup");
        for to in Place::each().await {
            restore(&to.url, &made.file, false, at(6)).await.expect("restored");
            to.run(
                "INSERT INTO subscriber (address, address_key, lang, state, created_at) \
                 VALUES ('d@b.vn', 'd@b.vn', 'vi', 'active', 1)",
            )
            .await;
            let rows = &to.dump().await["subscriber"];
            assert!(rows.iter().any(|row| row.contains("d@b.vn") && row.contains("id=\"3\"")));
        }
    }
}

// ── Under load ───────────────────────────────────────────────────────────────────────────────────────────────────────

/// Polls of three items each as fast as they go, on two tasks; what was acknowledged is noted afterwards.
struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    writers: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn on(store: &Store) -> Load {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let writers = (0..2).map(|writer| {
            let (store, stop) = (store.clone(), stop.clone());
            let acknowledged: Arc<Mutex<BTreeSet<String>>> = Arc::clone(&acknowledged);
            tokio::spawn(async move {
                let mut round = 0;
                while !stop.load(Ordering::SeqCst) {
                    let names = (0..3).map(|i| format!("tai-{writer}-{round}-{i}"));
                    store.record_poll(&poll(names.clone())).await.expect("recorded");
                    acknowledged.lock().expect("nobody panics here").extend(names);
                    round += 1;
                }
            })
        });
        let writers = writers.collect();
        Load { stop, acknowledged, writers }
    }

    fn acknowledged(&self) -> BTreeSet<String> {
        self.acknowledged.lock().expect("nobody panics here").clone()
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        for writer in self.writers {
            writer.await.expect("the writer ends");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_a_backup_made_while_polls_are_recorded_lacks_nothing_acknowledged_and_halves_no_poll() {
    let rounds = std::env::var("BANTIN_BACKUP_ROUNDS").ok().and_then(|n| n.parse().ok());
    let rounds: usize = rounds.unwrap_or(3);
    // The load goes on all the while: a store of its own for every so many keeps the last rounds as short as the first.
    const A_STORE: usize = 5;
    let (mut made, mut compared) = (0, 0);
    while made < rounds {
        let some = A_STORE.min(rounds - made);
        for from in Place::each().await {
            compared += backups_under_load(&from, some).await;
        }
        made += some;
        println!(
            "{made} backups of each engine, {compared} acknowledged items compared, 0 missing"
        );
    }
}

/// What the portal's list called the item of this row of a [`Dump`].
fn listed(row: &str) -> String {
    let (_, rest) = row.split_once("listed=\"").expect("each item was listed");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Makes so many backups of a store under load and restores each on every engine. How many items were compared.
async fn backups_under_load(from: &Place, rounds: usize) -> usize {
    let store = from.open().await;
    store.sync_sources(&[source()], |_| at(0)).await.unwrap();
    let load = Load::on(&store);
    let mut made = Vec::new();
    for round in 0..rounds {
        let before = load.acknowledged();
        let file = from.file(&format!("{round}.backup"));
        let backup = backup(&from.url, &file, at(5)).await.expect("a backup");
        made.push((before, backup));
    }
    load.end().await;
    store.close().await;
    let all = from.dump().await;
    let mut compared = 0;
    for (before, backup) in made {
        for to in Place::each().await {
            restore(&to.url, &backup.file, false, at(6)).await.expect("restored");
            let got = to.dump().await;
            let names: BTreeSet<String> = got["item"].iter().map(|row| listed(row)).collect();
            let missing: Vec<&String> = before.difference(&names).collect();
            assert!(
                missing.is_empty(),
                "acknowledged before the backup and not in it: {missing:?}"
            );
            let items = got["item"].len();
            assert!(got["item"].is_subset(&all["item"]), "an item differs from the store's");
            assert_eq!(items % 3, 0, "a poll is in it as a whole or not at all");
            let seq = format!("name=\"seq\" value=\"{items}\"");
            assert!(got["counter"].contains(&seq), "{:?} with {items} items", got["counter"]);
            compared += before.len();
        }
    }
    compared
}

// ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────

async fn refused(to: &Place, file: &Path, replace: bool) -> String {
    match restore(&to.url, file, replace, at(9)).await {
        Ok(restored) => panic!("{} was restored: {restored:?}", file.display()),
        Err(error) => format!("{error:#}"),
    }
}

#[tokio::test]
async fn what_is_no_backup_or_not_whole_is_refused_and_leaves_the_store_alone() {
    let from = Place::sqlite();
    fill(&from).await;
    let good = from.file("tot.backup");
    backup(&from.url, &good, at(5)).await.expect("a backup");
    let bytes = std::fs::read(&good).expect("it is there");
    for to in Place::each().await {
        to.open().await.close().await;
        let before = to.dump().await;
        let bad = to.file("xau.backup");
        let check = async |bytes: &[u8], why: &str| {
            std::fs::write(&bad, bytes).expect("written");
            let told = refused(&to, &bad, true).await;
            assert!(told.contains(why) && told.contains("xau.backup"), "{told}, not: {why}");
        };
        check(b"", "is no backup").await;
        check(b"Xin chao", "is no backup").await;
        check(&[0; 5_000], "is no backup").await;
        check(&bytes[..bytes.len() - 1], "its end is missing").await;
        check(&bytes[..bytes.len() / 2], "its end is missing").await;
        check(&[&bytes[..], b"\n"].concat(), "its end is missing").await;
        // One bit, anywhere: SQLite itself would take many of these for good.
        for place in (0..60).map(|n| n * (bytes.len() - 100) / 59) {
            let mut flipped = bytes.clone();
            flipped[place] ^= 4;
            check(&flipped, "is damaged").await;
        }
        let mut newer = bytes.clone();
        let at = newer.len() - 93 + "\nbantin-backup-".len();
        newer[at] = b'2';
        check(&newer, "newer bantin").await;
        check(&of_schema(&bytes, 9_999), "newer bantin").await;
        assert_eq!(to.dump().await, before);
        let none = refused(&to, &to.file("khong-co.backup"), false).await;
        assert!(none.contains("there is no backup"), "{none}");
        let folder = refused(&to, to.folder.path(), false).await;
        assert!(folder.contains("is no file"), "{folder}");
    }
    // A store is no backup, and the sentence says what to do with it.
    let store = refused(&Place::sqlite(), &from.file("bantin.db"), false).await;
    assert!(store.contains("is no backup") && store.contains("store.url"), "{store}");
}

/// Returns the backup with another version of its tables, sealed again.
fn of_schema(backup: &[u8], schema: i64) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let line_at = backup.len() - 93;
    let line = std::str::from_utf8(&backup[line_at..]).expect("the line is text");
    let length: usize = line.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a length");
    let (database, json) = backup[..line_at].split_at(line_at - length);
    let mut contents: serde_json::Value = serde_json::from_slice(json).expect("JSON");
    contents["schema"] = schema.into();
    let json = contents.to_string();
    let mut whole = [database, json.as_bytes()].concat();
    let hash: String = Sha256::digest(&whole).iter().map(|byte| format!("{byte:02x}")).collect();
    whole.extend(format!("\nbantin-backup-1 {:010} {hash}\n", json.len()).bytes());
    whole
}

#[tokio::test]
async fn a_store_that_is_in_use_or_not_empty_is_not_restored_over() {
    for (from, to) in Place::each().await.into_iter().zip(Place::each().await) {
        fill(&from).await;
        let good = from.file("tot.backup");
        backup(&from.url, &good, at(5)).await.expect("a backup");
        let store = to.open().await;
        let owner =
            store.take_ownership().await.expect("the store answers").expect("nobody owns it");
        let told = refused(&to, &good, true).await;
        assert!(told.contains("in use by a running bantin: stop it"), "{told}");
        drop(owner);
        store.close().await;

        restore(&to.url, &good, false, at(6)).await.expect("an empty store is restored into");
        let told = refused(&to, &good, false).await;
        assert!(told.contains("not empty") && told.contains("--replace"), "{told}");

        to.run("UPDATE subscriber SET address = 'truoc@b.vn'").await;
        let before = to.dump().await;
        let restored = restore(&to.url, &good, true, at(7)).await.expect("replaced");
        assert!(to.dump().await["subscriber"].iter().all(|row| !row.contains("truoc@")));
        let kept = restored.kept.expect("what was there is kept");
        let back = Place::sqlite();
        if to.is_sqlite() {
            std::fs::rename(&kept, back.file("bantin.db")).expect("it is a store");
            assert_eq!(back.dump().await, before);
        } else {
            restore(&to.url, &kept, true, at(8)).await.expect("what was kept is a backup");
            assert_eq!(to.dump().await, before);
        }
    }
}

#[tokio::test]
async fn a_store_that_is_damaged_is_replaced_and_kept_with_its_log() {
    let from = Place::sqlite();
    fill(&from).await;
    let good = from.file("tot.backup");
    backup(&from.url, &good, at(5)).await.expect("a backup");
    let to = Place::sqlite();
    std::fs::write(to.file("bantin.db"), [7; 9_000]).expect("written");
    std::fs::write(to.file("bantin.db-wal"), [8; 900]).expect("written");
    let told = refused(&to, &good, false).await;
    assert!(told.contains("cannot be read") && told.contains("--replace"), "{told}");
    let kept = restore(&to.url, &good, true, at(6)).await.expect("replaced").kept.expect("kept");
    assert_eq!(std::fs::read(&kept).expect("kept"), [7; 9_000]);
    let log = PathBuf::from(format!("{}-wal", kept.display()));
    assert_eq!(std::fs::read(log).expect("kept"), [8; 900]);
    assert_eq!(to.dump().await, as_at_a_start(from.dump().await));

    // The log of a store that has gone is not taken for the new one's.
    let to = Place::sqlite();
    fill(&to).await;
    let store = to.open().await;
    to.run("UPDATE subscriber SET address = 'lac@b.vn'").await;
    std::fs::copy(to.file("bantin.db-wal"), to.file("wal")).expect("copied");
    store.close().await;
    std::fs::remove_file(to.file("bantin.db")).expect("removed");
    std::fs::rename(to.file("wal"), to.file("bantin.db-wal")).expect("renamed");
    restore(&to.url, &good, false, at(6)).await.expect("restored");
    assert_eq!(to.dump().await, as_at_a_start(from.dump().await));
}

#[tokio::test]
async fn a_backup_of_an_older_version_is_brought_up_to_date() {
    // Made as version 11 would have left it: what came later is taken away.
    for (from, to) in Place::each().await.into_iter().zip(Place::each().await) {
        fill(&from).await;
        for sql in [
            "DROP TABLE item_search",
            "DROP INDEX item_searched",
            "DROP INDEX item_unsearched",
            "ALTER TABLE item DROP COLUMN search_place",
            "DROP TABLE picture_body",
            "DROP TABLE picture",
            "DROP TABLE session",
            "DROP TABLE account",
            "ALTER TABLE audit DROP COLUMN who",
            "ALTER TABLE source DROP COLUMN paused",
            "ALTER TABLE source DROP COLUMN refused",
            "ALTER TABLE feed DROP COLUMN managed_by",
            "DROP INDEX delivery_ended",
            "DROP INDEX digest_composed",
            "DROP INDEX bounce_of",
            "DELETE FROM counter WHERE name LIKE 'pruned %'",
            "DROP TABLE gone",
            "DROP TABLE outage",
            "DROP TABLE robots",
            "DROP TABLE host",
            "ALTER TABLE source DROP COLUMN manners",
            "ALTER TABLE source DROP COLUMN reader",
            "ALTER TABLE item DROP COLUMN reader",
            "ALTER TABLE item DROP COLUMN page_runs",
            "ALTER TABLE item DROP COLUMN feed_updated",
            "ALTER TABLE hub_topic DROP COLUMN news",
            "DELETE FROM _sqlx_migrations WHERE version > 11",
        ] {
            from.run(sql).await;
        }
        let wanted = from.dump().await;
        let made = backup(&from.url, &from.file("cu.backup"), at(5)).await.expect("a backup");
        assert_eq!((made.contents.schema, wanted.contains_key("account")), (11, false));
        assert_eq!(from.dump().await, wanted, "a backup brings nothing up to date");
        restore(&to.url, &made.file, false, at(6)).await.expect("restored");
        let got = to.dump().await;
        assert_eq!(got["digest"], wanted["digest"]);
        assert_eq!(got["item"].len(), wanted["item"].len());
        assert!(got.contains_key("account"));
        let store = to.open().await;
        assert_eq!(store.fill_search(100).await.expect("indexed"), 14, "as at any update");
        store.close().await;
    }
}

// ── The command ──────────────────────────────────────────────────────────────────────────────────────────────────────

fn bantin(place: &Place, args: &[&str]) -> Output {
    let config = place.file("config.toml");
    let text = format!(
        "[server]\nlisten = \"unix:{0}/http.sock\"\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"{1}\"\n\
         [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"bantin@example.vn\"\n\
         [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"http://127.0.0.1:9/\"\n",
        place.folder.path().display(),
        place.url,
    );
    std::fs::write(&config, text).expect("the config is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
    command.arg("--config").arg(config).args(args).output().expect("the program starts")
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("it is there").permissions().mode() & 0o777
}

#[tokio::test]
async fn the_newest_backups_of_a_folder_stay_and_nothing_of_others_is_touched() {
    let from = Place::sqlite();
    fill(&from).await;
    let folder = from.file("luu");
    for minute in 0..5 {
        let (made, removed) = backup_into(&from.url, &folder, 3, at(minute)).await.expect("made");
        assert_eq!(removed.len(), usize::from(minute >= 3));
        assert_eq!((mode(&folder), mode(&made.file)), (0o700, 0o600));
        std::fs::write(folder.join("ghi-chu.txt"), "của người khác").expect("written");
        std::fs::write(folder.join(".bantin-20260101T000000Z.backup.partial"), "x")
            .expect("written");
    }
    // A clock that was set back: the new one stays.
    let (made, removed) = backup_into(&from.url, &folder, 3, at(-9)).await.expect("made");
    assert!(made.file.exists() && removed == [folder.join("bantin-20261127T000200Z.backup")]);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a text"))
        .collect();
    names.sort();
    let wanted = [
        "bantin-20261126T235100Z.backup",
        "bantin-20261127T000300Z.backup",
        "bantin-20261127T000400Z.backup",
        "ghi-chu.txt",
    ];
    assert_eq!(names, wanted, "what a killed backup left is gone as well");
    // One that fails removes none.
    std::fs::write(from.file("bantin.db"), [7; 9_000]).expect("written");
    assert!(backup_into(&from.url, &folder, 1, at(9)).await.is_err());
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), wanted.len());
}

#[tokio::test]
async fn the_command_says_what_it_did_and_how_it_ended() {
    for place in Place::each().await {
        let file = place.file("mot.backup");
        let name = file.to_str().expect("UTF-8");
        let run = |args: &[&str], code: i32| {
            let output = bantin(&place, args);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
            match code {
                0 => String::from_utf8(output.stdout).expect("UTF-8"),
                _ => said,
            }
        };
        assert!(run(&["backup", name], 1).contains("nothing to back up"));
        assert!(!file.exists());
        run(
            &[
                "subscribers",
                "add",
                "a@example.vn",
                "--query",
                "source:so",
                "--at-once",
                "--confirmed",
            ],
            0,
        );
        let made: serde_json::Value =
            serde_json::from_str(&run(&["backup", name, "--json"], 0)).expect("JSON");
        assert_eq!(made["contents"]["tables"]["subscriber"], 1);
        assert_eq!(made["bytes"], file.metadata().expect("it is there").len());
        assert_eq!(mode(&file), 0o600);
        assert!(run(&["backup", name], 1).contains("is there already"));
        run(&["backup"], 2);
        run(&["backup", name, "--into", "x"], 2);
        run(&["backup", "--into", "x", "--keep", "0"], 2);
        let told = run(&["restore", name], 1);
        assert!(told.contains("subscribers: 1") && told.contains("--replace"), "{told}");
        assert!(!told.contains("a@example.vn"));
        run(&["subscribers", "erase", "a@example.vn"], 0);
        let back = run(&["restore", name, "--replace", "--json"], 0);
        let back: serde_json::Value = serde_json::from_str(&back).expect("JSON");
        assert!(Path::new(back["kept"].as_str().expect("a path")).exists());
        assert!(run(&["subscribers", "list"], 0).contains("a@example.vn"));
        run(&["restore"], 2);
    }
}

/// Killed at any moment, a backup is there and good, or not there.
#[tokio::test]
async fn a_backup_that_is_killed_leaves_no_half_file_under_its_name() {
    let place = Place::sqlite();
    fill(&place).await;
    bantin(&place, &["check"]);
    let config = place.file("config.toml");
    let mut whole = 0;
    for round in 0..12 {
        let file = place.file(&format!("{round}.backup"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
        let mut child = command
            .arg("--config")
            .arg(&config)
            .arg("backup")
            .arg(&file)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        tokio::time::sleep(std::time::Duration::from_millis(round * 9)).await;
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        if file.exists() {
            whole += 1;
            restore(&Place::sqlite().url, &file, false, at(9)).await.expect("it is whole");
        }
    }
    println!("{whole} of 12 were quicker than the kill");
    let made = backup(&place.url, &place.file("0.backup.hai"), at(9)).await.expect("a backup");
    assert_eq!(made.contents.tables["subscriber"], 1);
}
