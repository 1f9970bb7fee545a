//! `bounce`: mails that came back, read from standard input (an alias of the mail server) or from a Maildir; and what is
//! known of them.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use chrono_tz::Tz;
use serde_json::json;

use super::{CommandFailure, CommandResult, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::bounces::{Bounces, JudgedBounce};
use bantin_mail::{self, bounce};
use bantin_model::tokens::LinkTokens;
use bantin_store::{ListedBounce, Store};

#[derive(clap::Args)]
pub(super) struct BounceArgs {
    #[command(subcommand)]
    command: Option<BounceCommand>,
    /// Read the new mails of this Maildir in place of one mail from standard input
    #[arg(long, value_name = "DIR")]
    maildir: Option<PathBuf>,
    /// The address that the mail came to; a mail server passes it on in its environment
    #[arg(long, value_name = "ADDRESS", env = "ORIGINAL_RECIPIENT")]
    to: Option<String>,
}

#[derive(clap::Subcommand)]
enum BounceCommand {
    /// Show what came back, the newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget the bounces of an address, and mail to it again
    Forget {
        /// The address
        address: String,
    },
}

pub(super) async fn run(args: BounceArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    match args.command {
        Some(command) => {
            let store = open_store(&config).await?;
            let done = match command {
                BounceCommand::List { limit, json } => {
                    list(limit, json, config.server.zone, &store).await
                }
                BounceCommand::Forget { address } => forget(&address, &store).await,
            };
            store.close().await;
            done
        }
        None => read(&config, args.maildir.as_deref(), args.to.as_deref()).await,
    }
}

async fn read(config: &Config, maildir: Option<&Path>, to: Option<&str>) -> CommandResult {
    let Some(mailbox) = &config.mail.bounces else {
        return Err(CommandFailure::Usage(anyhow!(
            "the config names no bounce mailbox: write bounces = \"ADDRESS\" into [mail]"
        )));
    };
    let own_domain = bantin_mail::domain_of(&config.mail.from).unwrap_or_default();
    // When the mail comes from a pipe, no person reads the error: the mail server keeps the mail
    // and tries again.
    let later = |error: anyhow::Error| match maildir {
        None => CommandFailure::Later(error),
        Some(_) => CommandFailure::Failed(error),
    };
    let store = match open_store(config).await {
        Ok(store) => store,
        Err(CommandFailure::Failed(error)) => return Err(later(error)),
        Err(other) => return Err(other),
    };
    let tokens = LinkTokens::new(store.secret().await.map_err(later)?);
    let bounces = Bounces::new(store.clone(), Clock::system(), tokens);
    let mut all = JudgedBounce::default();
    let mut take = async |mail: Vec<u8>| {
        let judged = bounces.take(&mail, to, mailbox, &own_domain).await?;
        all.recorded += judged.recorded;
        all.ended += judged.ended;
        all.unproved += judged.unproved;
        anyhow::Ok(())
    };
    match maildir {
        None => {
            let mail = bounce::read_mail(io::stdin().lock()).context("reading standard input");
            take(mail.map_err(later)?).await.map_err(later)?;
        }
        Some(folder) => {
            for mail in bounce::maildir(folder)? {
                let opened = mail.open().and_then(bounce::read_mail);
                take(opened.context("reading a mail of the Maildir")?).await?;
                bounce::set_aside(folder, &mail)?;
            }
        }
    }
    store.close().await;
    let JudgedBounce { recorded, ended, unproved } = all;
    print(format!(
        "{recorded} bounces recorded, {ended} subscriptions or subscribers ended, {unproved} about no mail of ours\n"
    ))
}

async fn list(limit: u32, json: bool, zone: Tz, store: &Store) -> CommandResult {
    let found = store.bounces(limit).await?;
    if json {
        return print_json(&found.iter().map(as_json).collect());
    }
    let mut rows = vec![
        ["WHEN", "KIND", "CODE", "ADDRESS", "NOW", "THE SERVER SAID"].map(str::to_owned).to_vec(),
    ];
    rows.extend(found.iter().map(|bounce| {
        vec![
            bounce.at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            bounce.kind.clone(),
            bounce.code.clone().unwrap_or_default(),
            bounce.address.clone(),
            bounce.state.as_str().to_owned(),
            bounce.reason.clone(),
        ]
    }));
    print(table(&rows))
}

fn as_json(bounce: &ListedBounce) -> serde_json::Value {
    json!({
        "at": bounce.at.to_rfc3339(),
        "delivery": bounce.delivery.0,
        "address": bounce.address,
        "state": bounce.state.as_str(),
        "kind": bounce.kind,
        "code": bounce.code,
        "reason": bounce.reason,
    })
}

async fn forget(address: &str, store: &Store) -> CommandResult {
    let address = bantin_mail::normalise_address(address)
        .map_err(|why| CommandFailure::Usage(anyhow!(why)))?;
    let found = store.subscriber_by_address(&address).await?;
    let Some(subscriber) = found else {
        return Err(CommandFailure::Failed(anyhow!("no subscriber has that address")));
    };
    let forgot = store.forget_bounces(subscriber.id, Clock::system().now()).await?;
    print(if forgot {
        "Forgotten: mail goes there again.\n"
    } else {
        "There is nothing to forget.\n"
    })
}
