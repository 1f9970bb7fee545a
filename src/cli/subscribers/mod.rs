//! `subscribers`: who gets mail. `add`, `import` and `export` have files of their own.

mod add;
mod export;
mod import;
mod list;
mod sheet;

use std::path::Path;

use anyhow::anyhow;
use chrono::{NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use serde_json::json;

use super::{CommandFailure, CommandResult, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use bantin_model::limits::NAME_CHARS;
use bantin_model::{Cadence, Lang, Selection, Subscriber, SubscriberState, Subscription};
use bantin_store::{ActionChannel, Store};

#[derive(clap::Subcommand)]
pub(super) enum SubscribersCommand {
    /// Add a subscriber, or a subscription to one that is there
    Add(add::AddArgs),
    /// Show subscribers with what they get and when
    List(list::SubscriberListArgs),
    /// End all subscriptions of an address, or of everybody in a group
    Remove {
        /// The address
        #[arg(required_unless_present = "group")]
        address: Option<String>,
        /// Everybody in this group
        #[arg(long, conflicts_with = "address", value_parser = group_name)]
        group: Option<String>,
    },
    /// Send nothing to an address until a day
    Pause {
        /// The address
        address: String,
        /// The first day with mail again: YYYY-MM-DD, in Việt Nam
        #[arg(long, value_name = "DATE")]
        until: NaiveDate,
    },
    /// End a pause now
    Resume {
        /// The address
        address: String,
    },
    /// Add the people of a CSV file
    Import(import::ImportArgs),
    /// Write all subscribers out
    Export(export::SubscriberExportArgs),
    /// Take out everything that is known of an address
    Erase {
        /// The address
        address: String,
    },
    /// Show the audit log: who agreed to what and when, what was sent, when the queue was held
    Log {
        /// Only what is about this address, also one that was erased
        address: Option<String>,
        /// Without an address: at most so many, the newest first
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: SubscribersCommand, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let done = carry_out(command, &config, &store).await;
    store.close().await;
    done
}

async fn carry_out(command: SubscribersCommand, config: &Config, store: &Store) -> CommandResult {
    let now = Clock::system().now();
    match command {
        SubscribersCommand::Add(args) => add::add(args, config, store).await,
        SubscribersCommand::List(args) => list::list(args, store).await,
        SubscribersCommand::Remove { address: Some(address), .. } => remove(&address, store).await,
        SubscribersCommand::Remove { group, .. } => {
            remove_group(&group.unwrap_or_default(), store).await
        }
        SubscribersCommand::Pause { address, until } => {
            pause(&address, until, config.server.zone, store).await
        }
        SubscribersCommand::Resume { address } => {
            let subscriber = one(&address, store).await?;
            if !store.resume_subscriber(subscriber.id, ActionChannel::Cli, now).await? {
                return Err(anyhow!("this subscriber has no pause").into());
            }
            print("Resumed: digests come again, the first with the last week's news at most.\n")
        }
        SubscribersCommand::Import(args) => import::import(args, config, store).await,
        SubscribersCommand::Export(args) => export::export(&args, store).await,
        SubscribersCommand::Erase { address } => {
            let subscriber = one(&address, store).await?;
            if !store.erase_subscriber(subscriber.id, ActionChannel::Cli, now).await? {
                return Err(no_such_subscriber());
            }
            print("Erased: nothing is left of this address but when it came and went.\n")
        }
        SubscribersCommand::Log { address, limit, json } => {
            log(address.as_deref(), limit, json, store).await
        }
    }
}

fn parse_lang(text: &str) -> Result<Lang, String> {
    Lang::from_tag(text).ok_or_else(|| "the languages are vi and en".to_owned())
}

/// One line that people can read.
fn group_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= NAME_CHARS
        && !name.chars().any(char::is_control);
    if fits {
        Ok(name.to_owned())
    } else {
        Err(format!("a name has 1 to {NAME_CHARS} characters on one line"))
    }
}

fn no_such_subscriber() -> CommandFailure {
    anyhow!("no such subscriber").into()
}

/// The subscriber with this address.
async fn one(address: &str, store: &Store) -> Result<Subscriber, CommandFailure> {
    let address = bantin_mail::normalise_address(address)
        .map_err(|error| CommandFailure::Usage(anyhow!(error)))?;
    store.subscriber_by_address(&address).await?.ok_or_else(no_such_subscriber)
}

async fn remove(address: &str, store: &Store) -> CommandResult {
    let subscriber = one(address, store).await;
    let ended = match subscriber {
        Ok(subscriber) => {
            store
                .remove_subscriber(subscriber.id, ActionChannel::Cli, Clock::system().now())
                .await?
        }
        Err(CommandFailure::Usage(error)) => return Err(CommandFailure::Usage(error)),
        Err(_) => false,
    };
    if !ended {
        return Err(anyhow!("no such subscriber, or they have left already").into());
    }
    print("Removed: nothing more is sent to this address.\n")
}

async fn remove_group(group: &str, store: &Store) -> CommandResult {
    let mut removed = 0;
    for (subscriber, _) in store.subscribers().await? {
        if subscriber.group.as_deref() == Some(group)
            && store
                .remove_subscriber(subscriber.id, ActionChannel::Cli, Clock::system().now())
                .await?
        {
            removed += 1;
        }
    }
    if removed == 0 {
        return Err(anyhow!("no subscriber in this group gets mail").into());
    }
    print(format!("Removed {removed}: nothing more is sent to them.\n"))
}

async fn pause(address: &str, until: NaiveDate, zone: Tz, store: &Store) -> CommandResult {
    let now = Clock::system().now();
    let midnight = until.and_hms_opt(0, 0, 0);
    let until = midnight.and_then(|at| zone.from_local_datetime(&at).earliest());
    let until = until.map(|at| at.to_utc()).filter(|at| *at > now);
    let until = until
        .ok_or_else(|| CommandFailure::Usage(anyhow!("--until: name a day that is to come")))?;
    let subscriber = one(address, store).await?;
    if !store.pause_subscriber(subscriber.id, until, ActionChannel::Cli, now).await? {
        return Err(anyhow!("this subscriber gets no mail that could be paused").into());
    }
    print("Paused.\n")
}

async fn log(address: Option<&str>, limit: u32, as_json: bool, store: &Store) -> CommandResult {
    let entries = match address {
        Some(address) => {
            let address = bantin_mail::normalise_address(address)
                .map_err(|error| CommandFailure::Usage(anyhow!(error)))?;
            store.audit_of(&address).await?
        }
        None => store.audit(limit).await?,
    };
    if as_json {
        let entries = entries.iter().map(|entry| {
            json!({
                "at": entry.at.to_rfc3339(),
                "what": entry.what,
                "by": entry.by.as_str(),
                "subscriber": entry.subscriber.map(|id| id.0),
                "detail": entry.detail,
            })
        });
        return print_json(&entries.collect());
    }
    let mut rows = vec![["AT", "WHAT", "BY", "SUBSCRIBER", "DETAIL"].map(str::to_owned).to_vec()];
    rows.extend(entries.into_iter().map(|entry| {
        let at = entry.at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let whose = entry.subscriber.map_or_else(String::new, |id| id.to_string());
        vec![at, entry.what, entry.by.as_str().to_owned(), whose, entry.detail]
    }));
    print(table(&rows))
}
