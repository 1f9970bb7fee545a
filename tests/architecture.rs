//! The shape of the program, held by a test: three rings with arrows that point inwards, and each outside thing known
//! to one module alone.

use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("src is there") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}

/// The module of a file below `src`, and its code without comments and without its own tests.
fn modules() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rust_files(&src)
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs"))
        .map(|path| {
            let below = path.strip_prefix(&src).expect("found below src");
            let first =
                below.components().next().expect("a file has a name").as_os_str().to_string_lossy();
            let text = fs::read_to_string(&path).expect("source is UTF-8");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code: Vec<&str> =
                code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            (first.trim_end_matches(".rs").to_owned(), below.to_owned(), code.join("\n"))
        })
        .collect()
}

fn check(allowed: impl Fn(&str) -> bool, words: &[&str], why: &str) {
    let mut breaches = Vec::new();
    for (module, file, code) in modules() {
        for word in words.iter().filter(|word| code.contains(**word)) {
            if !allowed(&module) {
                breaches.push(format!("{} uses `{word}`", file.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{why}:\n{}", breaches.join("\n"));
}

#[test]
fn arrows_point_inwards_only() {
    let middle = ["model", "query", "digest", "feed", "limits"];
    let edges = ["fetch", "store", "mail", "web", "config", "telemetry", "systemd", "clock"];
    let jobs = [
        "poll::",
        "backfill::",
        "publish::",
        "deliver::",
        "bounces::",
        "hub::",
        "tidy::",
        "daemon::",
        "cli::",
        "demo::",
    ]
    .map(|name| format!("crate::{name}"));
    let outer: Vec<String> =
        edges.iter().map(|name| format!("crate::{name}::")).chain(jobs.clone()).collect();
    let words: Vec<&str> = outer.iter().map(String::as_str).collect();
    check(|module| !middle.contains(&module), &words, "the middle knows nothing of edges and jobs");
    let words: Vec<&str> = jobs.iter().map(String::as_str).collect();
    check(|module| !edges.contains(&module), &words, "an edge knows nothing of the jobs");
}

#[test]
fn each_outside_thing_is_known_to_one_module() {
    check(|module| module == "store", &["sqlx::"], "only store knows SQL");
    check(|_| false, &["dom_query::", "ammonia::"], "only bantin-extract knows pages");
    check(|module| module == "mail", &["lettre::"], "only mail knows lettre");
    check(|module| module == "feed", &["atom_syndication::", " rss::"], "only feed knows XML");
    check(|module| module == "config", &["toml::"], "only config knows TOML");
    check(|module| module == "fetch", &["reqwest::"], "only fetch talks to portals");
    check(
        |module| module == "clock",
        &["Utc::now()", "SystemTime::now()"],
        "only clock reads the wall clock",
    );
}

#[test]
fn p8_clean_html_comes_from_the_sanitiser_or_from_the_store_alone() {
    check(|module| module == "store", &["vouched_for"], "CleanHtml is a proof");
}

#[test]
fn the_page_reader_has_neither_network_nor_disk_nor_clock_nor_log() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/bantin-extract");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("the crate has a manifest");
    let own = manifest.split("[dev-dependencies]").next().unwrap_or_default();
    for outside in ["tokio", "reqwest", "sqlx", "lettre", "tracing", "axum", "rustix", "bantin ="] {
        assert!(!own.contains(outside), "bantin-extract depends on {outside}");
    }
    for path in rust_files(&folder.join("src")) {
        let code = fs::read_to_string(&path).expect("source is UTF-8");
        for word in
            ["Utc::now()", "SystemTime::now()", "std::fs", "std::net", "std::env", "println!"]
        {
            assert!(!code.contains(word), "{} uses `{word}`", path.display());
        }
    }
}
