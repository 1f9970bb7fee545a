//! The structure of the workspace, read from its syntax trees: what the manifests of the crates cannot hold.

mod cycles;
mod documents;
mod syntax;

use std::collections::BTreeMap;

use syntax::{SourceFile, workspace};

/// Modules of the program that each know one outside thing.
const EDGES: [&str; 7] = ["fetch", "web", "config", "telemetry", "systemd", "clock", "passwords"];
/// Modules of the program that put edges to use.
const OUTER: [&str; 5] = ["jobs", "daemon", "cli", "demo", "export"];

/// Fails with the files that name one of these paths and may not.
fn only(allowed: impl Fn(&SourceFile) -> bool, paths: &[&[&str]], why: &str) {
    let mut breaches = Vec::new();
    for file in workspace() {
        for path in paths.iter().filter(|path| file.mentions(path)) {
            if !allowed(file) {
                breaches.push(format!("{} uses `{}`", file.path.display(), path.join("::")));
            }
        }
    }
    assert!(breaches.is_empty(), "{why}:\n{}", breaches.join("\n"));
}

fn in_crate(name: &'static str) -> impl Fn(&SourceFile) -> bool {
    move |file| file.crate_name == name
}

fn in_module(name: &'static str) -> impl Fn(&SourceFile) -> bool {
    move |file| file.crate_name == "bantin" && file.top() == name
}

#[test]
fn an_edge_of_the_program_knows_nothing_of_the_jobs() {
    let outer = OUTER.map(|name| ["crate", name]);
    let outer: Vec<&[&str]> = outer.iter().map(|path| &path[..]).collect();
    let is_edge = |file: &SourceFile| file.crate_name == "bantin" && EDGES.contains(&file.top());
    only(|file| !is_edge(file), &outer, "edges are used by jobs, never the other way round");
}

#[test]
fn each_outside_thing_is_known_to_one_place() {
    only(in_crate("bantin-store"), &[&["sqlx"]], "only bantin-store knows SQL");
    only(
        in_crate("bantin-extract"),
        &[&["dom_query"], &["ammonia"]],
        "only bantin-extract knows HTML",
    );
    only(in_crate("bantin-mail"), &[&["lettre"]], "only bantin-mail knows lettre");
    only(
        |file| file.crate_name == "bantin-model" && file.top() == "feed",
        &[&["atom_syndication"], &["rss", "*"], &["rss", "Channel"], &["rss", "Item"]],
        "only bantin_model::feed writes feeds",
    );
    only(in_module("config"), &[&["toml"]], "only config knows TOML");
    only(in_module("fetch"), &[&["reqwest"]], "only fetch talks to portals");
    only(
        in_module("clock"),
        &[&["Utc", "now"], &["SystemTime", "now"], &["chrono", "Local"]],
        "only clock reads the wall clock",
    );
}

#[test]
fn p8_clean_html_comes_from_the_sanitiser_or_from_the_store_alone() {
    only(
        |file| matches!(file.crate_name.as_str(), "bantin-store" | "bantin-extract"),
        &[&["CleanHtml", "vouched_for"]],
        "CleanHtml is a proof",
    );
}

#[test]
fn values_are_made_without_network_disk_clock_or_log() {
    let outside: &[&[&str]] = &[
        &["tokio"],
        &["tracing"],
        &["std", "fs"],
        &["std", "net"],
        &["std", "env"],
        &["std", "process"],
        &["Utc", "now"],
        &["SystemTime", "now"],
    ];
    only(
        |file| !matches!(file.crate_name.as_str(), "bantin-extract" | "bantin-model"),
        outside,
        "pages and the domain are read and made without the outside world",
    );
}

/// Lines of a list of what does not hold yet; a line that is not needed any more must go.
fn compare(found: &[String], list: &str, why: &str) {
    let listed: Vec<&str> = list.lines().filter(|line| !line.is_empty()).collect();
    let new: Vec<&String> = found.iter().filter(|one| !listed.contains(&one.as_str())).collect();
    assert!(new.is_empty(), "{why}:\n{new:#?}");
    let stale: Vec<&&str> =
        listed.iter().filter(|line| !found.iter().any(|one| one == **line)).collect();
    assert!(stale.is_empty(), "these hold by now, take them off the list: {stale:#?}");
}

#[test]
fn no_two_types_share_a_name() {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in workspace() {
        for name in &file.types {
            places.entry(name).or_default().push(file.path.display().to_string());
        }
    }
    places.retain(|_, files| files.len() > 1);
    for (name, files) in &places {
        println!("{name}: {}", files.join(", "));
    }
    let shared: Vec<String> = places.keys().map(ToString::to_string).collect();
    compare(&shared, "", "a type's name is unique in the workspace");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut crates: BTreeMap<&str, Vec<&SourceFile>> = BTreeMap::new();
    for file in workspace() {
        crates.entry(&file.crate_name).or_default().push(file);
    }
    let mut circling: Vec<String> = crates
        .values()
        .flat_map(|files| cycles::cycles(files))
        .inspect(|group| {
            println!("{group:#?}");
        })
        .flatten()
        .collect();
    circling.sort();
    compare(
        &circling,
        include_str!("circling_files.txt"),
        "these files import each other in a circle",
    );
}

#[test]
fn a_mod_file_declares_and_hands_on_and_defines_nothing() {
    let mut defining = Vec::new();
    for file in workspace() {
        if file.path.ends_with("mod.rs") && !file.definitions.is_empty() {
            println!("{}: {}", file.path.display(), file.definitions.join(", "));
            defining.push(file.path.display().to_string());
        }
        let beside = file.path.with_extension("");
        if workspace()
            .iter()
            .any(|other| other.path != file.path && other.path.starts_with(&beside))
        {
            defining.push(format!("{} beside its folder", file.path.display()));
        }
    }
    compare(&defining, include_str!("defining_mods.txt"), "move these into files of their own");
}
