//! `subscribers add | list | remove`.

use std::path::Path;

use anyhow::anyhow;
use chrono_tz::Tz;
use serde_json::json;

use super::{Done, Failure, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use crate::mail::{self, Mailer};
use crate::model::{
    Cadence, DigestKind, FeedName, Lang, Schedule, Selection, Subscriber, SubscriberState,
    Subscription,
};
use crate::query::Query;
use crate::store::{By, NewDigest, NewSubscription, Store};
use crate::tokens::Tokens;

#[derive(clap::Subcommand)]
pub(super) enum SubscribersCommand {
    /// Add a subscriber, or a subscription to one that is there
    Add(AddArgs),
    /// Show subscribers with what they get and when
    List(ListArgs),
    /// End all subscriptions of an address
    Remove {
        /// The address
        address: String,
    },
}

#[derive(clap::Args)]
pub(super) struct AddArgs {
    /// The address that gets the mails
    address: String,
    /// The person's or office's name, for the To header
    #[arg(long)]
    name: Option<String>,
    /// A feed of the config; may be given more than once. Without --feed and --query: every feed
    #[arg(long, value_name = "NAME")]
    feed: Vec<String>,
    /// A query such as 'source:so-tttt "chuyển đổi số"'; may be given more than once
    #[arg(long, value_name = "QUERY")]
    query: Vec<String>,
    /// Mail each new item as soon as it is seen
    #[arg(long, conflicts_with = "schedule")]
    at_once: bool,
    /// When to mail a digest: a cron line such as "30 7 * * Mon-Fri"
    #[arg(long, value_name = "CRON", default_value = "30 7 * * Mon-Fri")]
    schedule: String,
    /// The zone of the schedule
    #[arg(long, default_value = "Asia/Ho_Chi_Minh")]
    zone: Tz,
    /// Language of the mails: vi or en
    #[arg(long, default_value = "vi", value_parser = parse_lang)]
    lang: Lang,
    /// Mail a line saying that there is no news as well
    #[arg(long)]
    when_empty: bool,
    /// The person has agreed already: no confirmation mail is sent
    #[arg(long)]
    confirmed: bool,
}

fn parse_lang(text: &str) -> Result<Lang, String> {
    Lang::from_tag(text).ok_or_else(|| "the languages are vi and en".to_owned())
}

#[derive(clap::Args)]
pub(super) struct ListArgs {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: SubscribersCommand, file: &Path) -> Done {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let done = match command {
        SubscribersCommand::Add(args) => add(args, &config, &store).await,
        SubscribersCommand::List(args) => list(args, &store).await,
        SubscribersCommand::Remove { address } => remove(&address, &store).await,
    };
    store.close().await;
    done
}

async fn add(args: AddArgs, config: &Config, store: &Store) -> Done {
    let usage = |error: String| Failure::Usage(anyhow!(error));
    let address = mail::normalise_address(&args.address).map_err(usage)?;
    let selection = selection(&args, config).map_err(usage)?;
    let clock = Clock::system();
    let now = clock.now();
    let cadence = if args.at_once {
        Cadence::AtOnce
    } else {
        let schedule = Schedule::parse(&args.schedule)
            .map_err(|error| usage(format!("--schedule: {error}")))?;
        Cadence::Scheduled { schedule, zone: args.zone }
    };
    let next_at =
        cadence.next_after(now).ok_or_else(|| usage("--schedule never fires again".to_owned()))?;
    let mark = Tokens::new(store.secret().await?).address_mark(&address);
    if let Some(since) = store.suppressed_since(&mark).await? {
        return Err(Failure::Failed(anyhow!(
            "whoever reads this address called a mail of ours spam on {}: nobody else may subscribe it again",
            since.with_timezone(&args.zone).format("%Y-%m-%d")
        )));
    }
    let state = if args.confirmed { SubscriberState::Active } else { SubscriberState::Pending };
    let subscription =
        NewSubscription { selection, cadence: cadence.clone(), when_empty: args.when_empty };
    let name = args.name.as_deref();
    let (subscriber, _) = store
        .add_subscription(&address, name, args.lang, state, &subscription, next_at, now)
        .await?;
    let first = next_at.with_timezone(&args.zone).format("%Y-%m-%d %H:%M %Z");
    if subscriber.state == SubscriberState::Pending {
        ask_to_confirm(&subscriber, config, store).await?;
        return print(
            "Added, and a confirmation mail is queued: digests begin when it is confirmed.\n",
        );
    }
    print(match cadence {
        Cadence::AtOnce => "Added. New items are mailed as they come.\n".to_owned(),
        Cadence::Scheduled { .. } => format!("Added. The first digest is due {first}.\n"),
    })
}

/// One subscription for all that was asked for, so that an item in two feeds comes once.
fn selection(args: &AddArgs, config: &Config) -> Result<Selection, String> {
    let known =
        || config.feeds.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut selection = Selection::default();
    for name in &args.feed {
        if config.feeds.iter().all(|feed| feed.name.as_str() != name) {
            return Err(format!("there is no feed \"{name}\"; the config has: {}", known()));
        }
        selection.feeds.push(FeedName::parse(name)?);
    }
    for text in &args.query {
        let query = Query::parse(text).map_err(|error| format!("--query {text:?}: {error}"))?;
        let unknown = query
            .named_sources()
            .into_iter()
            .find(|id| config.sources.iter().all(|source| source.id != *id));
        if let Some(id) = unknown {
            return Err(format!("--query {text:?}: there is no source \"{id}\""));
        }
        selection.queries.push(text.clone());
    }
    if selection == Selection::default() {
        selection.feeds = config.feeds.iter().map(|feed| feed.name.clone()).collect();
    }
    if selection == Selection::default() {
        return Err("the config has no feed to subscribe to; add one, or give --query".to_owned());
    }
    Ok(selection)
}

async fn ask_to_confirm(
    subscriber: &Subscriber,
    config: &Config,
    store: &Store,
) -> anyhow::Result<()> {
    let mailer = Mailer::new(config.mail.clone())?;
    let rendered = mailer.render_confirmation(subscriber.lang)?;
    let digest = NewDigest {
        kind: DigestKind::Confirmation,
        lang: subscriber.lang,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        list: String::new(),
        composed_at: Clock::system().now(),
        items: Vec::new(),
    };
    store.record_letter(&digest, subscriber.id, &mailer.new_message_id()).await?;
    Ok(())
}

async fn list(args: ListArgs, store: &Store) -> Done {
    let all = store.subscribers().await?;
    if args.json {
        return print_json(
            &all.iter()
                .map(|(subscriber, subscriptions)| as_json(subscriber, subscriptions))
                .collect(),
        );
    }
    let mut rows = vec![["ADDRESS", "STATE", "GETS", "WHEN", "NEXT"].map(str::to_owned).to_vec()];
    for (subscriber, subscriptions) in &all {
        let head = [subscriber.address.clone(), subscriber.state.as_str().to_owned()];
        if subscriptions.is_empty() {
            rows.push(head.to_vec());
        }
        for (at, subscription) in subscriptions.iter().enumerate() {
            let mut row = if at == 0 { head.to_vec() } else { vec![String::new(), String::new()] };
            row.push(selection_text(&subscription.selection));
            row.push(cadence_text(&subscription.cadence));
            row.push(match &subscription.cadence {
                Cadence::AtOnce => "-".to_owned(),
                Cadence::Scheduled { zone, .. } => {
                    subscription.next_at.with_timezone(zone).format("%Y-%m-%d %H:%M").to_string()
                }
            });
            rows.push(row);
        }
    }
    print(table(&rows))
}

fn selection_text(selection: &Selection) -> String {
    let feeds = selection.feeds.iter().map(|name| format!("feed {name}"));
    let queries = selection.queries.iter().map(|text| format!("query {text}"));
    feeds.chain(queries).collect::<Vec<_>>().join(", ")
}

fn cadence_text(cadence: &Cadence) -> String {
    match cadence {
        Cadence::AtOnce => "at once".to_owned(),
        Cadence::Scheduled { schedule, zone } => format!("{} {zone}", schedule.as_str()),
    }
}

fn as_json(subscriber: &Subscriber, subscriptions: &[Subscription]) -> serde_json::Value {
    json!({
        "address": subscriber.address,
        "name": subscriber.name,
        "lang": subscriber.lang.tag(),
        "state": subscriber.state.as_str(),
        "subscriptions": subscriptions.iter().map(|subscription| json!({
            "gets": selection_text(&subscription.selection),
            "when": cadence_text(&subscription.cadence),
            "when_empty": subscription.when_empty,
            "next": subscription.next_at.to_rfc3339(),
        })).collect::<Vec<_>>(),
    })
}

async fn remove(address: &str, store: &Store) -> Done {
    let address =
        mail::normalise_address(address).map_err(|error| Failure::Usage(anyhow!(error)))?;
    let found = store.subscriber_by_address(&address).await?;
    let ended = match &found {
        Some(subscriber) => {
            store.remove_subscriber(subscriber.id, By::Cli, Clock::system().now()).await?
        }
        None => false,
    };
    if !ended {
        return Err(anyhow!("no such subscriber, or they have left already").into());
    }
    print("Removed: nothing more is sent to this address.\n")
}
