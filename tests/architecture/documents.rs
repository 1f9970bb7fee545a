//! The documents: every link leads somewhere, every file and command that they name is there, and the table of settings is
//! complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file of the repository with its text, relative to the root.
fn documents() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let hidden = name.starts_with('.') && name != ".github";
            if path.is_dir() {
                if !hidden && name != "target" {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                let text = fs::read_to_string(&path).expect("a document is UTF-8");
                let path = path.strip_prefix(root()).expect("it is below the root").to_owned();
                found.push((path, text));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 10, "only {} documents were found", found.len());
    found
}

/// The text without its code: what links and headings are looked for in.
fn prose(text: &str) -> String {
    static SPAN: LazyLock<Regex> = LazyLock::new(|| Regex::new("`[^`\n]*`").expect("it is right"));
    let mut fenced = false;
    let mut lines = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    SPAN.replace_all(&lines, "").into_owned()
}

/// Code of a document: spans, and the lines of blocks for a shell.
fn code(text: &str) -> Vec<String> {
    static SPAN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("`([^`\n]+)`").expect("it is right"));
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), fence) {
            (Some(language), None) => fence = Some(language.trim()),
            (Some(_), Some(_)) => fence = None,
            (None, Some("sh")) => found.push(line.to_owned()),
            (None, Some(_)) => {}
            (None, None) => {
                found.extend(SPAN.captures_iter(line).map(|span| span[1].to_owned()));
            }
        }
    }
    found
}

/// Anchors as GitHub makes them: small letters, hyphens for blanks, no punctuation.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            found.insert(kept.collect::<String>().replace(' ', "-"));
        }
    }
    found
}

fn dead_links(documents: &[(PathBuf, String)]) -> Vec<String> {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").expect("it is right"));
    let mut dead = Vec::new();
    for (path, text) in documents {
        for link in LINK.captures_iter(&prose(text)) {
            let target = &link[1];
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = match file {
                "" => root().join(path),
                file => root().join(path).parent().expect("it is in a folder").join(file),
            };
            let leads = there.exists()
                && (anchor.is_empty()
                    || fs::read_to_string(&there)
                        .is_ok_and(|text| anchors(&text).contains(anchor)));
            if !leads {
                dead.push(format!("{}: {target}", path.display()));
            }
        }
    }
    dead
}

#[test]
fn every_link_in_a_document_leads_to_a_file_and_a_heading() {
    let dead = dead_links(&documents());
    assert!(dead.is_empty(), "these links lead nowhere:\n{}", dead.join("\n"));
}

#[test]
fn a_dead_link_is_found() {
    let text =
        "[a](README.md) [b](no-such.md) [c](README.md#no-such) `[d](e)` [f](#here)\n\n# Here\n";
    let dead = dead_links(&[(PathBuf::from("docs.md"), text.to_owned())]);
    assert_eq!(dead, ["docs.md: no-such.md", "docs.md: README.md#no-such", "docs.md: #here"]);
}

#[test]
fn every_file_that_a_document_names_is_there() {
    static PATH: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(src|crates|tests|benches|examples|fuzz|docs|systemd|package|\.ci|\.github)/[\w./-]+$")
            .expect("it is right")
    });
    let mut missing = Vec::new();
    for (path, text) in documents() {
        // Crates have documents of their own, and a changelog tells what was.
        if path.starts_with("crates") || path.ends_with("CHANGELOG.md") {
            continue;
        }
        for span in code(&text) {
            let first = span.split(' ').next().unwrap_or_default();
            if PATH.is_match(first) && !root().join(first).exists() {
                missing.push(format!("{}: {first}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "these files are named and not there:\n{}", missing.join("\n"));
}

/// What `bantin WORDS --help` prints; None when there is no such command.
fn help(words: &[&str]) -> Option<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
    let output = command.args(words).arg("--help").output().expect("bantin runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The subcommands that a help page lists.
fn subcommands(help: &str) -> BTreeSet<String> {
    let list = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = list.lines().take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

/// The first words and the options of each `bantin …` in a line of code.
fn invocations(line: &str) -> Vec<(Vec<&str>, Vec<&str>)> {
    let mut found = Vec::new();
    for part in line.split(['|', ';', '&', '#']) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| *word == "bantin") else { continue };
        let before = &words[..at];
        if before.iter().any(|word| !matches!(*word, "sudo" | "-u" | "cargo" | "run" | "--")) {
            continue;
        }
        let after = &words[at + 1..];
        let plain = |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let names = after.iter().take_while(plain).take_while(|word| !word.starts_with('-'));
        let options = after.iter().filter(|word| word.starts_with("--"));
        found.push((
            names.copied().collect(),
            options.map(|word| word.split('=').next().unwrap_or(word)).collect(),
        ));
    }
    found
}

#[test]
fn every_command_that_a_document_names_exists() {
    let mut pages: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut page =
        |words: &[&str]| pages.entry(words.join(" ")).or_insert_with(|| help(words)).clone();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (path, text) in documents() {
        for line in code(&text) {
            for (names, options) in invocations(&line) {
                let mut known: Vec<&str> = Vec::new();
                let mut text = page(&[]).expect("bantin has a help page");
                for name in names {
                    if !subcommands(&text).contains(name) {
                        // What follows a command without subcommands is its argument.
                        if subcommands(&text).is_empty() {
                            break;
                        }
                        wrong.push(format!(
                            "{}: bantin {} {name}",
                            path.display(),
                            known.join(" ")
                        ));
                        break;
                    }
                    known.push(name);
                    text = page(&known).expect("a listed command has a help page");
                    tried += 1;
                }
                for option in options {
                    if !text.contains(option) {
                        wrong.push(format!(
                            "{}: bantin {} {option}",
                            path.display(),
                            known.join(" ")
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these commands do not exist:\n{}", wrong.join("\n"));
    assert!(tried >= 30, "only {tried} commands were tried");
}

/// The keys of the shipped config file by table, with the default where the file shows one.
fn settings() -> Vec<(String, String, Option<String>)> {
    let mut table = String::new();
    let mut found = Vec::new();
    for line in include_str!("../../config.toml").lines() {
        if line.starts_with('[') {
            table = line.trim().to_owned();
        }
        let (written, is_default) = match line.strip_prefix('#') {
            Some(rest) if rest.starts_with("   ") => (rest.trim(), false),
            Some(rest) => (rest, true),
            None => (line, false),
        };
        let Some((key, value)) = written.split_once(" = ") else { continue };
        let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c == '_') && key != "key";
        if is_key && !table.is_empty() {
            let default = is_default.then(|| value.trim().to_owned());
            found.push((table.clone(), key.to_owned(), default));
        }
    }
    found
}

#[test]
fn the_table_of_settings_has_every_key_with_its_default() {
    let document = include_str!("../../docs/configure.md");
    let mut missing = Vec::new();
    let all = settings();
    assert!(all.len() >= 60, "only {} keys were found", all.len());
    for (table, key, default) in all {
        let section = document.split(&format!("\n## {table}\n")).nth(1).unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or_default();
        let row = section.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
        match (row, default) {
            (None, _) => missing.push(format!("{table} {key}")),
            (Some(row), Some(default)) if !row.contains(&format!("`{default}`")) => {
                missing.push(format!("{table} {key}: the default is {default}"));
            }
            _ => {}
        }
    }
    assert!(missing.is_empty(), "docs/configure.md lacks:\n{}", missing.join("\n"));
}

/// The files that the Debian package installs as documents, from the list of assets in Cargo.toml.
fn shipped() -> BTreeSet<PathBuf> {
    static ASSET: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\["([^"]+)", "usr/share/doc/bantin/((?:docs/[\w/]*)?)", "#)
            .expect("it is right")
    });
    let manifest = include_str!("../../Cargo.toml");
    let mut found = BTreeSet::new();
    for asset in ASSET.captures_iter(manifest) {
        let (from, to) = (Path::new(&asset[1]), Path::new(&asset[2]));
        let folder = root().join(from.parent().unwrap_or(Path::new("")));
        let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let file = entry.expect("an entry can be read").file_name();
            let file = file.to_string_lossy();
            if file == name || name.strip_prefix('*').is_some_and(|end| file.ends_with(end)) {
                found.insert(to.join(&*file));
            }
        }
    }
    found
}

#[test]
fn the_package_has_every_document_that_its_documents_lead_to() {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\]\(([^)#\s]+)[^)]*\)").expect("it is right"));
    let shipped = shipped();
    assert!(shipped.contains(Path::new("README.md")) && shipped.len() >= 10, "{shipped:?}");
    let mut missing = Vec::new();
    for path in shipped.iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(root().join(path)).expect("a document is UTF-8");
        for link in LINK.captures_iter(&prose(&text)) {
            if link[1].contains("://") {
                continue;
            }
            let mut target = PathBuf::new();
            for part in path.parent().expect("it is in a folder").join(&link[1]).components() {
                match part.as_os_str().to_str() {
                    Some("..") => drop(target.pop()),
                    _ => target.push(part),
                }
            }
            // Installed as changelog.gz, where Debian looks for it.
            if !shipped.contains(&target) && target != Path::new("CHANGELOG.md") {
                missing.push(format!("{}: {}", path.display(), &link[1]));
            }
        }
    }
    assert!(missing.is_empty(), "the package lacks:\n{}", missing.join("\n"));
}

#[test]
fn every_metric_is_explained() {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#""((?:bantin|process)_[a-z_]+)""#).expect("it is right"));
    let document = include_str!("../../docs/operations.md");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(root().join("src/web")).expect("the web server is there") {
        let path = entry.expect("an entry can be read").path();
        if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).expect("code is UTF-8");
            names.extend(NAME.captures_iter(&text).map(|name| name[1].to_owned()));
        }
    }
    assert!(names.len() >= 15, "{names:?}");
    let missing: Vec<&String> =
        names.iter().filter(|name| !document.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/operations.md lacks {missing:?}");
}
