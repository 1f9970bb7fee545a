//! `subscribers export`: everybody, in the form that `import` takes or as JSON.

use super::list::as_json;
use super::sheet::safe_cell;
use super::*;

#[derive(clap::Args)]
pub struct SubscriberExportArgs {
    /// What to write
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Json,
}

const HEADER: [&str; 10] =
    ["email", "name", "group", "state", "lang", "feeds", "query", "schedule", "zone", "when_empty"];

pub async fn export(args: &SubscriberExportArgs, store: &Store) -> CommandResult {
    let all = store.subscribers().await?;
    if args.format == Format::Json {
        return print_json(&all.iter().map(|(one, theirs)| as_json(one, theirs)).collect());
    }
    // The mark at the start tells spreadsheets that this is UTF-8.
    let mut writer = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    let written = |error: csv::Error| anyhow!("writing the CSV: {error}");
    writer.write_record(HEADER).map_err(written)?;
    for (subscriber, subscriptions) in &all {
        if subscriptions.is_empty() {
            writer.write_record(row(subscriber, None)).map_err(written)?;
        }
        for subscription in subscriptions {
            writer.write_record(row(subscriber, Some(subscription))).map_err(written)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| anyhow!("writing the CSV: {error}"))?;
    print(bytes)
}

fn row(subscriber: &Subscriber, subscription: Option<&Subscription>) -> [String; 10] {
    let selection = subscription.map(|one| one.selection.clone()).unwrap_or_default();
    let feeds: Vec<&str> = selection.feeds.iter().map(|name| name.as_str()).collect();
    let query = match &selection.queries[..] {
        [only] => only.clone(),
        several => several.iter().map(|text| format!("({text})")).collect::<Vec<_>>().join(" OR "),
    };
    let (schedule, zone) = match subscription.map(|one| &one.cadence) {
        None => (String::new(), String::new()),
        Some(Cadence::AtOnce) => ("at once".to_owned(), String::new()),
        Some(cadence @ Cadence::Scheduled { zone, .. }) => {
            (cadence.as_text().into_owned(), zone.name().to_owned())
        }
    };
    [
        subscriber.address.clone(),
        subscriber.name.clone().unwrap_or_default(),
        subscriber.group.clone().unwrap_or_default(),
        subscriber.state.as_str().to_owned(),
        subscriber.lang.tag().to_owned(),
        feeds.join(" "),
        query,
        schedule,
        zone,
        subscription.map_or("", |one| if one.when_empty { "yes" } else { "no" }).to_owned(),
    ]
    .map(safe_cell)
}
