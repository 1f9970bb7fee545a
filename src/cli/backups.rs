//! `backup`, `restore`.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde_json::json;

use super::{CommandResult, print, print_json};
use crate::clock::Clock;
use crate::config::Config;
use bantin_store::{self, BackupContents};

#[derive(clap::Args)]
pub(super) struct BackupArgs {
    /// The file to write. It must not be there yet
    #[arg(value_name = "FILE", required_unless_present = "into", conflicts_with = "into")]
    file: Option<PathBuf>,
    /// Write it into this folder, named by its time, for a timer
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// How many backups stay in that folder: older ones are removed once the new one is proved good
    #[arg(long, value_name = "N", requires = "into", default_value_t = 7,
        value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn backup(args: BackupArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let url = config.store_url.expose_secret();
    let now = Clock::system().now();
    let (made, removed) = match (&args.into, &args.file) {
        (Some(folder), _) => bantin_store::backup_into(url, folder, args.keep.into(), now).await?,
        (None, Some(file)) => (bantin_store::backup(url, file, now).await?, Vec::new()),
        (None, None) => unreachable!("clap asks for the one or the other"),
    };
    if args.json {
        return print_json(&json!({
            "file": made.file,
            "bytes": made.bytes,
            "contents": made.contents,
            "removed": removed,
        }));
    }
    print(format!(
        "Wrote {} ({}; {} bytes), read it again and found it good.{}\n",
        made.file.display(),
        in_it(&made.contents),
        made.bytes,
        match removed.len() {
            0 => String::new(),
            1 => " Removed 1 older backup.".to_owned(),
            n => format!(" Removed {n} older backups."),
        }
    ))
}

#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    /// A file that `bantin backup` has written
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Put the backup in the place of a store that is not empty; what was there is kept beside it
    #[arg(long)]
    replace: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn restore(args: RestoreArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let url = config.store_url.expose_secret();
    let now = Clock::system().now();
    let restored = bantin_store::restore(url, &args.file, args.replace, now).await?;
    if args.json {
        return print_json(&json!({
            "file": args.file,
            "contents": restored.contents,
            "kept": restored.kept,
        }));
    }
    let mut text = format!(
        "Restored the backup of {} ({}).\n",
        restored.contents.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
        in_it(&restored.contents)
    );
    if let Some(kept) = &restored.kept {
        text += &format!("What was there before is kept: {}\n", kept.display());
    }
    text += "What bantin did after that moment it knows no longer: news since then is found, and mailed, again. To look first: \
             bantin deliveries hold --reason REASON, then start bantin.\n";
    print(text)
}

fn in_it(contents: &BackupContents) -> String {
    let count = |table: &str| contents.tables.get(table).copied().unwrap_or(0);
    format!("items: {}, subscribers: {}", count("item"), count("subscriber"))
}
