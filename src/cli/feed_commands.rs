//! `feeds token` and `items`: who may read a private feed, and what was taken back.

use std::path::Path;

use anyhow::anyhow;
use chrono_tz::Tz;
use serde_json::json;

use super::known::KnownSources;
use super::{CommandFailure, CommandResult, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use bantin_model::feed::FeedFormat;
use bantin_model::limits::NAME_CHARS;
use bantin_model::tokens::draw_feed_token;
use bantin_model::{FeedName, ItemId};
use bantin_store::{FeedToken, Store};

#[derive(clap::Subcommand)]
pub(super) enum FeedsCommand {
    /// Give somebody the address of a private feed, see who has one, and take it away
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(clap::Subcommand)]
pub(super) enum TokenCommand {
    /// Make an address for one reader; it is shown this once
    Add {
        /// The feed's name
        feed: String,
        /// Whom it is for
        #[arg(long = "for", value_name = "NAME", default_value = "")]
        holder: String,
    },
    /// Show who has an address, and when it was last used
    List {
        /// Of this feed only
        feed: Option<String>,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make an address void
    Revoke {
        /// Its number, as the list shows it
        number: i64,
    },
}

#[derive(clap::Subcommand)]
pub(super) enum ItemsCommand {
    /// Take an item out of feeds, pages and mails to come; feeds tell readers so for 90 days
    Withdraw {
        /// The item's id, as in its address
        id: String,
        /// Why, for the list
        #[arg(long, default_value = "withdrawn by hand")]
        reason: String,
    },
    /// Put an item back that was withdrawn
    Restore {
        /// The item's id
        id: String,
    },
    /// Show items whose own pages are gone (410), about which nothing was decided
    Gone {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what was withdrawn
    Withdrawn {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: FeedsCommand, file: &Path) -> CommandResult {
    let FeedsCommand::Token(command) = command;
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let done = match command {
        TokenCommand::Add { feed, holder } => add(&feed, &holder, &config, &store).await,
        TokenCommand::List { feed, json } => {
            list(feed.as_deref(), json, config.server.zone, &store).await
        }
        TokenCommand::Revoke { number } => revoke(number, &store).await,
    };
    store.close().await;
    done
}

async fn add(feed: &str, holder: &str, config: &Config, store: &Store) -> CommandResult {
    let known = KnownSources::of(config, store).await?;
    let feed = known.feed(feed).map_err(|error| CommandFailure::Usage(anyhow!(error)))?;
    if !feed.private {
        return Err(CommandFailure::Usage(anyhow!(
            "everybody may read the feed {0}: say private = true below name = \"{0}\", or on its admin page, first",
            feed.name
        )));
    }
    let holder: String = holder.split_whitespace().collect::<Vec<_>>().join(" ");
    if holder.chars().count() > NAME_CHARS {
        return Err(CommandFailure::Usage(anyhow!("--for has more than {NAME_CHARS} characters")));
    }
    let (token, hash) = draw_feed_token();
    let number = store.add_feed_token(&feed.name, &hash, &holder, Clock::system().now()).await?;
    let base = config.server.public_url.as_str().trim_end_matches('/');
    let mut text = format!("Number {number}, of the feed {}:\n", feed.name);
    for format in FeedFormat::ALL {
        text += &format!("{base}/private/{token}/{}\n", format.file());
    }
    text += "Whoever has one of these addresses reads the feed. They are shown this once: only a hash is kept.\n";
    print(text)
}

async fn list(feed: Option<&str>, as_json: bool, zone: Tz, store: &Store) -> CommandResult {
    let feed = feed.map(FeedName::parse).transpose();
    let feed = feed.map_err(|why| CommandFailure::Usage(anyhow!("the feed's name: {why}")))?;
    let tokens = store.feed_tokens().await?;
    let of_feed = |token: &&FeedToken| feed.as_ref().is_none_or(|feed| token.feed == *feed);
    let tokens: Vec<&FeedToken> = tokens.iter().filter(of_feed).collect();
    if as_json {
        let all = tokens.iter().map(|token| {
            json!({
                "number": token.id, "feed": token.feed, "for": token.holder, "made": token.created_at,
                "revoked": token.revoked_at, "used": token.used_on,
            })
        });
        return print_json(&all.collect());
    }
    let mut rows =
        vec![["Number", "Feed", "For", "Made", "Last used", ""].map(str::to_owned).to_vec()];
    for token in tokens {
        rows.push(vec![
            token.id.to_string(),
            token.feed.to_string(),
            token.holder.clone(),
            token.created_at.with_timezone(&zone).format("%d/%m/%Y").to_string(),
            token
                .used_on
                .map_or_else(|| "never".to_owned(), |day| day.format("%d/%m/%Y").to_string()),
            if token.revoked_at.is_some() { "revoked".to_owned() } else { String::new() },
        ]);
    }
    print(table(&rows))
}

async fn revoke(number: i64, store: &Store) -> CommandResult {
    match store.revoke_feed_token(number, Clock::system().now()).await? {
        true => print(format!("Number {number} is void; a running daemon knows within seconds.\n")),
        false => Err(anyhow!("there is no address of number {number} that holds").into()),
    }
}

pub(super) async fn items(command: ItemsCommand, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let done = match command {
        ItemsCommand::Withdraw { id, reason } => withdraw(&id, &reason, &store).await,
        ItemsCommand::Restore { id } => restore(&id, &store).await,
        ItemsCommand::Gone { json } => gone(json, config.server.zone, &store).await,
        ItemsCommand::Withdrawn { json } => withdrawn(json, config.server.zone, &store).await,
    };
    store.close().await;
    done
}

fn item_id(text: &str) -> Result<ItemId, CommandFailure> {
    let bare = text.rsplit(['/', ':']).next().unwrap_or_default();
    let id = uuid::Uuid::parse_str(bare);
    id.map(ItemId).map_err(|_| {
        CommandFailure::Usage(anyhow!(
            "this is no item's id: it has the form 8-4-4-4-12, as in /items/…"
        ))
    })
}

async fn withdraw(id: &str, reason: &str, store: &Store) -> CommandResult {
    let id = item_id(id)?;
    let Some(item) = store.item(id).await? else {
        return Err(anyhow!("there is no item {id}").into());
    };
    match store.withdraw(id, reason, Clock::system().now()).await? {
        true => print(format!("Withdrawn: {}\n", item.title)),
        false => Err(anyhow!("the item {id} was withdrawn before").into()),
    }
}

async fn restore(id: &str, store: &Store) -> CommandResult {
    let id = item_id(id)?;
    match store.restore(id, Clock::system().now()).await? {
        true => print(format!("The item {id} is back where it was.\n")),
        false => Err(anyhow!("the item {id} was not withdrawn").into()),
    }
}

async fn gone(as_json: bool, zone: Tz, store: &Store) -> CommandResult {
    let all = store.gone_undecided(10_000).await?;
    if as_json {
        let all = all.iter().map(|one| {
            json!({
                "id": one.id, "source": one.source.as_str(), "title": one.title, "url": one.url,
                "since": one.first_at, "last_look": one.last_at, "state": one.state.as_str(),
            })
        });
        return print_json(&all.collect());
    }
    let mut rows = Vec::new();
    for one in all {
        rows.push(vec![
            one.first_at.with_timezone(&zone).format("%d/%m/%Y %H:%M").to_string(),
            one.source.to_string(),
            one.id.to_string(),
            one.title,
        ]);
    }
    print(table(&rows))
}

async fn withdrawn(as_json: bool, zone: Tz, store: &Store) -> CommandResult {
    let all = store.withdrawn_since(chrono::DateTime::UNIX_EPOCH, 10_000).await?;
    if as_json {
        let all = all.iter().map(|one| {
            json!({ "id": one.item.id, "title": one.item.title, "at": one.at, "reason": one.reason })
        });
        return print_json(&all.collect());
    }
    let mut rows = Vec::new();
    for one in all {
        rows.push(vec![
            one.at.with_timezone(&zone).format("%d/%m/%Y %H:%M").to_string(),
            one.item.id.to_string(),
            one.item.title,
            one.reason,
        ]);
    }
    print(table(&rows))
}
