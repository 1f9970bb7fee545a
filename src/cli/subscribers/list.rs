//! `subscribers list`.

use serde_json::json;

use super::*;

#[derive(clap::Args)]
pub struct SubscriberListArgs {
    /// Only those of this group
    #[arg(long, value_parser = group_name)]
    group: Option<String>,
    /// Only those in this state: pending, active, paused, left or bouncing
    #[arg(long, value_parser = parse_state)]
    state: Option<SubscriberState>,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

fn parse_state(text: &str) -> Result<SubscriberState, String> {
    SubscriberState::named(text)
        .ok_or_else(|| "the states are pending, active, paused, left and bouncing".to_owned())
}

impl SubscriberListArgs {
    fn wants(&self, subscriber: &Subscriber) -> bool {
        self.group.as_ref().is_none_or(|group| subscriber.group.as_ref() == Some(group))
            && self.state.is_none_or(|state| subscriber.state == state)
    }
}

pub async fn list(args: SubscriberListArgs, store: &Store) -> CommandResult {
    let all: Vec<_> =
        store.subscribers().await?.into_iter().filter(|(s, _)| args.wants(s)).collect();
    if args.json {
        return print_json(
            &all.iter()
                .map(|(subscriber, subscriptions)| as_json(subscriber, subscriptions))
                .collect(),
        );
    }
    let mut rows =
        vec![["ADDRESS", "GROUP", "STATE", "GETS", "WHEN", "NEXT"].map(str::to_owned).to_vec()];
    for (subscriber, subscriptions) in &all {
        let head = [
            subscriber.address.clone(),
            subscriber.group.clone().unwrap_or_default(),
            subscriber.state.as_str().to_owned(),
        ];
        if subscriptions.is_empty() {
            rows.push(head.to_vec());
        }
        for (at, subscription) in subscriptions.iter().enumerate() {
            let mut row = if at == 0 { head.to_vec() } else { vec![String::new(); 3] };
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
        Cadence::Scheduled { zone, .. } => format!("{} {zone}", cadence.as_text()),
    }
}

pub fn as_json(subscriber: &Subscriber, subscriptions: &[Subscription]) -> serde_json::Value {
    json!({
        "address": subscriber.address,
        "name": subscriber.name,
        "group": subscriber.group,
        "lang": subscriber.lang.tag(),
        "state": subscriber.state.as_str(),
        "paused_until": subscriber.paused_until.map(|at| at.to_rfc3339()),
        "subscriptions": subscriptions.iter().map(|subscription| json!({
            "gets": selection_text(&subscription.selection),
            "when": cadence_text(&subscription.cadence),
            "when_empty": subscription.when_empty,
            "next": subscription.next_at.to_rfc3339(),
        })).collect::<Vec<_>>(),
    })
}
