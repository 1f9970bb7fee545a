//! `status`: how sources, queue and store are doing.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;

use super::recipe_proposals;
use super::{CommandFailure, CommandResult, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use bantin_store::SourceState;

#[derive(clap::Args)]
pub(super) struct StatusArgs {
    /// Id of a source; without it all of them
    source: Option<String>,
    /// Write the source's last good page, the first bad one after it and the proposed recipe into this folder
    #[arg(long, value_name = "DIR", requires = "source")]
    save: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn status(args: StatusArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let (mut sources, queue, hold) =
        (store.sources().await?, store.queue().await?, store.hold().await?);
    let mut saved = String::new();
    if let Some(id) = &args.source {
        sources.retain(|state| state.source.id.as_str() == id);
        let Some(state) = sources.first() else {
            return Err(CommandFailure::Usage(anyhow!("there is no source {id}")));
        };
        if let Some(folder) = &args.save {
            let files = recipe_proposals::save(&store, state, folder).await?;
            saved = recipe_proposals::saved(&state.source.id, folder, &files);
        }
    }
    let (items, subscribers) = (store.item_count().await?, store.subscribers().await?.len());
    let running = store.take_ownership().await?.is_none();
    store.close().await;
    if args.json {
        return print_json(&json!({
            "running": running,
            "items": items,
            "subscribers": subscribers,
            "sources": sources.iter().map(source_json).collect::<Vec<_>>(),
            "queue": {
                "waiting": queue.waiting, "sending": queue.sending, "sent": queue.sent,
                "refused": queue.refused, "given_up": queue.given_up,
                "held": hold.as_ref().map(|hold| &hold.reason),
            },
        }));
    }
    let now = Clock::system().now();
    let mut text = String::new();
    text += if running { "The daemon is running.\n\n" } else { "The daemon is not running.\n\n" };
    let mut rows =
        vec![["SOURCE", "HEALTH", "ROWS", "LAST GOOD", "NEXT POLL"].map(str::to_owned).to_vec()];
    rows.extend(sources.iter().map(|state| source_row(state, now)));
    text += &table(&rows);
    for state in &sources {
        text += &source_details(state);
        text += &recipe_proposals::told(state, args.source.is_some());
    }
    text += &format!(
        "\n{items} items; {subscribers} subscribers; mails: {} waiting, {} being sent, {} sent, {} refused, {} given up\n",
        queue.waiting, queue.sending, queue.sent, queue.refused, queue.given_up
    );
    if let Some(hold) = hold {
        text +=
            &format!("The mail queue is held since {}: {}\n", hold.since.to_rfc3339(), hold.reason);
    }
    text += &saved;
    print(text)
}

/// Returns the line of a source in the table.
fn source_row(state: &SourceState, now: DateTime<Utc>) -> Vec<String> {
    let (health, zone) = (&state.health, state.source.zone);
    vec![
        state.source.id.to_string(),
        match (&health.broken, health.last_poll) {
            _ if state.paused => "paused".to_owned(),
            (Some(broken), _) => broken.why.to_string(),
            (None, None) => "not polled yet".to_owned(),
            (None, Some(_)) => "good".to_owned(),
        },
        health.rows.to_string(),
        health.last_good.map_or("never".to_owned(), |at| local(at, zone)),
        match state.next_at {
            _ if state.paused => "-".to_owned(),
            at if at <= now => "now".to_owned(),
            at => local(at, zone),
        },
    ]
}

/// Returns the lines on what is wrong with a source and when it is polled next.
fn source_details(state: &SourceState) -> String {
    let mut text = String::new();
    let id = &state.source.id;
    if let Some(broken) = &state.health.broken {
        let since = local(broken.since, state.source.zone);
        text += &format!(
            "\n{id}: {} since {since}, polls without a row: {}: {}\n",
            broken.why, state.health.failures, broken.detail
        );
    }
    for problem in &state.health.problems {
        text += &format!("{id}: {problem}\n");
    }
    if let Some(address) = &state.manners.address {
        text += &format!("{id}: its page has moved for good and is asked for at {address}\n");
    }
    if let Some(moving) = &state.manners.moving {
        let since = local(moving.since, state.source.zone);
        let to = &moving.to;
        text += &format!(
            "{id}: since {since} its address leads to {to} for good, which is believed after a week\n"
        );
    }
    if let Some(why) = state.manners.why(state.next_at).filter(|_| !state.paused) {
        text += &format!(
            "{id}: next poll at {}: {}\n",
            local(state.next_at, state.source.zone),
            why.what
        );
    }
    text
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

fn source_json(state: &SourceState) -> serde_json::Value {
    let health = &state.health;
    json!({
        "id": state.source.id,
        "name": state.source.name,
        "url": state.source.url,
        "health": health.broken.as_ref().map_or("good", |broken| broken.why.as_str()),
        "detail": health.broken.as_ref().map(|broken| &broken.detail),
        "since": health.broken.as_ref().map(|broken| broken.since.to_rfc3339()),
        "failures": health.failures,
        "rows": health.rows,
        "last_poll": health.last_poll.map(|at| at.to_rfc3339()),
        "last_good": health.last_good.map(|at| at.to_rfc3339()),
        "next_poll": state.next_at.to_rfc3339(),
        "next_poll_why": state.manners.why(state.next_at).map(|why| &why.what),
        "next_poll_code": state.manners.why(state.next_at).map(|why| why.reason.code()),
        "asked_at": state.manners.address,
        "problems": health.problems,
        "found": recipe_proposals::as_json(state.found.as_ref()),
        "proposal": recipe_proposals::as_json(state.proposal.as_ref()),
        "mended": health.mended.as_ref().map(|m| json!({"at": m.at.to_rfc3339(), "what": m.what})),
    })
}
