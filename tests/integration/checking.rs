//! `bantin check` beside a store: what the admin pages manage there, before a start or a reload would stumble over it.

use std::path::Path;
use std::process::Command;

use bantin::config::Config;
use bantin_store::Store;
use chrono::{DateTime, Utc};
use sqlx::Connection as _;
use tempfile::TempDir;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn source(id: &str) -> String {
    format!("[[source]]\nid = \"{id}\"\nname = \"S\"\nurl = \"https://{id}.example.vn/tin\"\n")
}

fn feed(name: &str, query: &str) -> String {
    format!("[[feed]]\nname = \"{name}\"\ntitle = \"T\"\nquery = \"{query}\"\n")
}

fn config(folder: &Path, tables: &str) -> String {
    let folder = folder.display();
    format!(
        "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"sqlite:{folder}/bantin.db\"\n\
         [mail]\ntransport = \"folder:{folder}/mail\"\nfrom = \"bantin@example.vn\"\nadmin = \"a@example.vn\"\n{tables}"
    )
}

/// A store whose admin pages manage these.
async fn managed(tables: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text = config(folder.path(), tables);
    let config = Config::from_text(&text, Path::new("admin.toml")).expect("it is right");
    let url = format!("sqlite:{}/bantin.db", folder.path().display());
    let store = Store::open(&url).await.expect("the store opens");
    for source in &config.sources {
        store.add_source(source, "lan", NOW).await.expect("it answers").expect("kept");
    }
    for feed in &config.feeds {
        store.add_feed(feed, "lan", NOW).await.expect("it answers").expect("kept");
    }
    store.close().await;
    folder
}

/// What `bantin check` says of a file with these tables: its exit code, and all that it printed.
fn check(folder: &Path, tables: &str) -> (Option<i32>, String) {
    run(folder, tables, &["check"])
}

/// The same of any command.
fn run(folder: &Path, tables: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let file = folder.join("config.toml");
    std::fs::write(&file, config(folder, tables)).expect("the config is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
    let output = command.args(arguments).arg("--config").arg(&file).output().expect("it starts");
    let both = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(both).expect("UTF-8"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_id_or_a_name_of_both_is_refused_as_a_start_would() {
    let folder = managed(&(source("so") + &feed("hop", ""))).await;
    let tables = source("so") + &source("khac") + &feed("hop", "") + &feed("tin", "");
    let (code, told) = check(folder.path(), &tables);
    assert_eq!(code, Some(2), "{told}");
    for what in
        ["a source so, and so have the admin pages", "a feed hop, and so have the admin pages"]
    {
        assert!(told.contains(what), "{told}");
    }
    assert!(!told.contains("khac") && !told.contains("good"), "{told}");
    // The same words as at a start.
    let url = format!("sqlite:{}/bantin.db", folder.path().display());
    let store = Store::open(&url).await.expect("the store opens");
    let text = config(folder.path(), &tables);
    let config = Config::from_text(&text, Path::new("config.toml")).expect("it is right");
    let error = bantin::daemon::apply_sources(&store, &config, NOW).await.expect_err("refused");
    assert!(told.contains(&error.root_cause().to_string()), "{error:#} is not in {told}");
}

#[tokio::test]
async fn what_the_admin_pages_have_beside_the_file_is_counted_and_what_it_misses_is_named() {
    let feeds = feed("mot", "source:cua-tep") + &feed("hai", "source:rieng -source:xua");
    let folder = managed(&(source("rieng") + &source("cua-tep") + &source("xua") + &feeds)).await;
    let url = format!("sqlite:{}/bantin.db", folder.path().display());
    let store = Store::open(&url).await.expect("the store opens");
    for gone in ["cua-tep", "xua"] {
        let id = bantin_model::SourceId::parse(gone).expect("a name");
        store.delete_source(&id, "lan", NOW).await.expect("it answers").expect("deleted");
    }
    store.close().await;
    let (code, told) = check(folder.path(), &source("cua-tep"));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("The admin pages manage 1 source and 2 feeds more."), "{told}");
    assert!(told.contains("The feed hai of the admin pages names source:xua"), "{told}");
    assert!(!told.contains("source:rieng") && !told.contains("source:cua-tep"), "{told}");
}

#[tokio::test]
async fn a_store_is_neither_made_nor_brought_up_to_date_nor_touched() {
    let none = tempfile::tempdir().expect("a temporary folder can be made");
    let (code, told) = check(none.path(), &source("so"));
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(names(none.path()), ["config.toml"]);

    let folder = managed(&source("so")).await;
    let file = folder.path().join("bantin.db");
    let url = format!("sqlite:{}", file.display());
    let mut older = sqlx::SqliteConnection::connect(&url).await.expect("the file opens");
    let sql = "DROP TABLE gone; DELETE FROM _sqlx_migrations WHERE version > 14";
    sqlx::raw_sql(sql).execute(&mut older).await.expect("it runs");
    older.close().await.expect("it closes");
    let before = std::fs::read(&file).expect("it is read");
    let (code, told) = check(folder.path(), &source("so"));
    assert_eq!(code, Some(2), "{told}");
    assert_eq!(names(folder.path()), ["bantin.db", "config.toml"]);
    assert!(std::fs::read(&file).expect("it is read") == before, "it was written to");

    // What is no store is none of the file's mistakes.
    std::fs::write(&file, "no database").expect("written");
    let (code, told) = check(folder.path(), &source("so"));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Not compared with what the admin pages manage: "), "{told}");
}

#[tokio::test]
async fn a_store_is_looked_at_beside_a_daemon_that_writes_to_it() {
    let folder = managed(&source("so")).await;
    let url = format!("sqlite:{}/bantin.db", folder.path().display());
    let store = Store::open(&url).await.expect("the store opens");
    let text = config(folder.path(), &source("moi"));
    let moi = Config::from_text(&text, Path::new("admin.toml")).expect("it is right");
    store.add_source(&moi.sources[0], "lan", NOW).await.expect("it answers").expect("kept");
    let (code, told) = check(folder.path(), &source("moi"));
    assert_eq!(code, Some(2), "what is only in the log counts: {told}");
    store.close().await;
}

#[tokio::test]
async fn commands_know_the_feeds_and_sources_of_the_admin_pages_too() {
    let private = format!("{}private = true\n", feed("rieng", "source:so-moi"));
    let folder = managed(&[source("so-moi"), feed("moi", ""), private].concat()).await;
    let tables = [source("so"), feed("tin", "source:so")].concat();
    let good = |arguments: &[&str]| {
        let (code, told) = run(folder.path(), &tables, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {told}");
        told
    };
    let add = ["subscribers", "add", "--confirmed"];
    good(&[&add[..], &["a@example.vn", "--feed", "moi", "--feed", "tin"]].concat());
    good(&[&add[..], &["b@example.vn", "--query", "source:so-moi OR source:so"]].concat());
    good(&[&add[..], &["c@example.vn"]].concat());
    std::fs::write(folder.path().join("d.csv"), "email;feeds\nd@example.vn;moi\n")
        .expect("written");
    let sheet = folder.path().join("d.csv");
    good(&["subscribers", "import", sheet.to_str().expect("UTF-8"), "--confirmed"]);
    good(&["preview", "--feed", "moi"]);
    assert!(
        good(&["feeds", "token", "add", "rieng", "--for", "Lan"])
            .contains("Number 1, of the feed rieng")
    );
    let listed: serde_json::Value =
        serde_json::from_str(&good(&["subscribers", "list", "--json"])).expect("JSON");
    let wanted = |n: usize| listed[n]["subscriptions"][0]["gets"].to_string();
    assert!(["moi", "rieng", "tin"].iter().all(|name| wanted(2).contains(name)), "{}", wanted(2));
    let (code, told) =
        run(folder.path(), &tables, &[&add[..], &["e@example.vn", "--feed", "mới"]].concat());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("there are: tin, moi, rieng"), "{told}");
}
