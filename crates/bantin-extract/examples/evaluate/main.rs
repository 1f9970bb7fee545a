//! How well bantin reads pages, on a folder of pages with the right answers:
//!
//! ```sh
//! cargo run --release --example evaluate -- FOLDER [TASK…]
//! ```
//!
//! The folder holds what it can of `listings/`, `articles/`, `article-benchmark/`, `dates_vi.tsv`, `vi_text.tsv`,
//! `docrefs_vi.json` and `feeds/`; a task whose data is missing is left out and said so. Each task prints its figures, the
//! answers that were wrong, pages a second on one core and the most memory that the process held during it.

mod article;
mod feeds;
mod listings;
mod measure;
mod shingles;
mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// A task's name, the file or folder it needs, and the task.
type Task = (&'static str, &'static str, fn(&Path) -> Result<()>);

const TASKS: &[Task] = &[
    ("listings", "listings/INDEX.tsv", listings::evaluate),
    ("articles", "articles", article::newspapers),
    ("benchmark", "article-benchmark/ground-truth.json", article::benchmark),
    ("dates", "dates_vi.tsv", tables::dates),
    ("text", "vi_text.tsv", tables::vietnamese),
    ("refs", "docrefs_vi.json", tables::references),
    ("feeds", "feeds/expect.json", feeds::evaluate),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evaluate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let names: Vec<&str> = TASKS.iter().map(|(name, ..)| *name).collect();
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        bail!(
            "name the folder with the data: evaluate FOLDER [TASK…], tasks: {}",
            names.join(", ")
        );
    };
    let wanted: Vec<String> = arguments.collect();
    if let Some(unknown) = wanted.iter().find(|task| !names.contains(&task.as_str())) {
        bail!("there is no task {unknown}; tasks: {}", names.join(", "));
    }
    let mut ran = 0;
    for (name, needs, task) in TASKS {
        if !wanted.is_empty() && !wanted.iter().any(|task| task == name) {
            continue;
        }
        if !folder.join(needs).exists() {
            println!("== {name}: left out, {} is not there", folder.join(needs).display());
            continue;
        }
        println!("== {name}");
        task(&folder).with_context(|| format!("task {name}"))?;
        ran += 1;
    }
    if ran == 0 {
        bail!("{} holds the data of no task", folder.display());
    }
    Ok(())
}
