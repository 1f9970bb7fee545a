//! `deliveries`: the mails that went, wait or did not go, with the server's words; and what an admin does about them.

use std::path::Path;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::json;

use super::{CommandFailure, CommandResult, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use bantin_model::{DeliveryId, DeliveryState};
use bantin_store::{ActionChannel, DeliveryFilter, ListedDelivery, QueueHold, Store};

#[derive(clap::Args)]
pub(super) struct DeliveriesArgs {
    #[command(subcommand)]
    command: Option<DeliveriesCommand>,
    #[command(flatten)]
    list: DeliveryListArgs,
}

#[derive(clap::Subcommand)]
enum DeliveriesCommand {
    /// Put mails that were refused or given up back into the queue
    Resend {
        /// Numbers of deliveries, as the list shows them
        #[arg(required = true, value_name = "NUMBER")]
        numbers: Vec<i64>,
        /// Mails that were sent as well: the same mail goes once more
        #[arg(long)]
        sent_too: bool,
    },
    /// Take waiting mails out of the queue
    Cancel {
        /// Numbers of deliveries, as the list shows them
        #[arg(required = true, value_name = "NUMBER")]
        numbers: Vec<i64>,
    },
    /// Send no mail until "release"; digests are made and wait
    Hold {
        /// The reason, which is shown with the mail
        #[arg(long, default_value = "held by hand")]
        reason: String,
    },
    /// Let the mails go that are held
    Release,
}

#[derive(clap::Args)]
struct DeliveryListArgs {
    /// Only those in this state: waiting, sending, sent, refused or given-up
    #[arg(long, value_parser = parse_state)]
    state: Option<DeliveryState>,
    /// Only those to this address
    #[arg(long)]
    address: Option<String>,
    /// Only those that changed on this day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,
    /// At most so many, the newest first
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

fn parse_state(text: &str) -> Result<DeliveryState, String> {
    DeliveryState::named(text)
        .ok_or_else(|| "the states are waiting, sending, sent, refused and given-up".to_owned())
}

pub(super) async fn run(args: DeliveriesArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let now = Clock::system().now();
    let done = match args.command {
        None => list(args.list, config.server.zone, &store).await,
        Some(DeliveriesCommand::Resend { numbers, sent_too }) => {
            let why = "it is in the queue, was sent (--sent-too), or is not there";
            let mut done = DeliveryChanges::default();
            for number in numbers {
                done.count(
                    number,
                    store
                        .resend_delivery(DeliveryId(number), sent_too, ActionChannel::Cli, now)
                        .await?,
                );
            }
            done.tell("put back into the queue", why)
        }
        Some(DeliveriesCommand::Cancel { numbers }) => {
            let mut done = DeliveryChanges::default();
            for number in numbers {
                done.count(
                    number,
                    store.cancel_delivery(DeliveryId(number), ActionChannel::Cli, now).await?,
                );
            }
            done.tell("taken out of the queue", "it does not wait")
        }
        Some(DeliveriesCommand::Hold { reason }) => hold(reason, &store, now).await,
        Some(DeliveriesCommand::Release) => release(&store, now).await,
    };
    store.close().await;
    done
}

/// What became of each number.
#[derive(Default)]
struct DeliveryChanges {
    done: Vec<String>,
    left: Vec<String>,
}

impl DeliveryChanges {
    fn count(&mut self, number: i64, changed: bool) {
        let list = if changed { &mut self.done } else { &mut self.left };
        list.push(number.to_string());
    }

    fn tell(&self, what: &str, why_not: &str) -> CommandResult {
        if !self.done.is_empty() {
            print(format!("{}: {what}.\n", self.done.join(", ")))?;
        }
        if self.left.is_empty() {
            return Ok(());
        }
        Err(CommandFailure::Failed(anyhow!("{}: left as it is: {why_not}", self.left.join(", "))))
    }
}

async fn hold(reason: String, store: &Store, now: DateTime<Utc>) -> CommandResult {
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(200).collect();
    let hold = QueueHold { reason, since: now, until: now, by_admin: true };
    store.set_hold(Some(&hold), ActionChannel::Cli, now).await?;
    print("No mail is sent until \"bantin deliveries release\".\n")
}

async fn release(store: &Store, now: DateTime<Utc>) -> CommandResult {
    if store.hold().await?.is_none() {
        return print("The queue is not held.\n");
    }
    store.set_hold(None, ActionChannel::Cli, now).await?;
    print("The queue is let go.\n")
}

async fn list(args: DeliveryListArgs, zone: Tz, store: &Store) -> CommandResult {
    let subscriber = match &args.address {
        None => None,
        Some(address) => {
            let address = bantin_mail::normalise_address(address)
                .map_err(|why| CommandFailure::Usage(anyhow!("--address: {why}")))?;
            let found = store.subscriber_by_address(&address).await?;
            let found = found
                .ok_or_else(|| CommandFailure::Failed(anyhow!("no subscriber has that address")))?;
            Some(found.id)
        }
    };
    let since = args.since.map(|day| {
        let midnight = day.and_time(NaiveTime::MIN).and_local_timezone(zone).earliest();
        midnight.map_or(DateTime::UNIX_EPOCH, |midnight| midnight.to_utc())
    });
    let filter = DeliveryFilter { state: args.state, subscriber, since };
    let found = store.list_deliveries(&filter, args.limit).await?;
    if args.json {
        return print_json(&found.iter().map(as_json).collect());
    }
    let mut text = String::new();
    if let Some(hold) = store.hold().await? {
        text +=
            &format!("The queue is held since {}: {}\n\n", local(hold.since, zone), hold.reason);
    }
    let mut rows = vec![
        ["NUMBER", "STATE", "SINCE", "TRIES", "TO", "SUBJECT", "THE SERVER SAID"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(found.iter().map(|listed| {
        let delivery = &listed.delivery;
        let mut state = delivery.state.as_str().to_owned();
        if delivery.state == DeliveryState::Waiting && delivery.attempts > 0 {
            state += &format!(" until {}", local(delivery.next_at, zone));
        }
        vec![
            delivery.id.to_string(),
            state,
            local(listed.changed_at, zone),
            delivery.attempts.to_string(),
            listed.address.clone(),
            bantin_model::digest::compose::shorten(&listed.subject, 48),
            delivery.reply.clone().unwrap_or_default(),
        ]
    }));
    print(text + &table(&rows))
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn as_json(listed: &ListedDelivery) -> serde_json::Value {
    let delivery = &listed.delivery;
    json!({
        "number": delivery.id.0,
        "state": delivery.state.as_str(),
        "since": listed.changed_at.to_rfc3339(),
        "attempts": delivery.attempts,
        "next_at": (delivery.state == DeliveryState::Waiting).then(|| delivery.next_at.to_rfc3339()),
        "address": listed.address,
        "subject": listed.subject,
        "composed_at": delivery.created_at.to_rfc3339(),
        "message_id": delivery.message_id,
        "reply": delivery.reply,
    })
}
