//! `subscribers add`.

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{CommandFailure, CommandResult, group_name, parse_lang, print};
use crate::cli::known::KnownSources;
use crate::clock::Clock;
use crate::config::Config;
use bantin_mail::{self, Mailer};
use bantin_model::tokens::LinkTokens;
use bantin_model::{Cadence, DayRule, DigestKind, Lang, Schedule, Subscriber, SubscriberState};
use bantin_store::{ActionChannel, AuditEntry, NewDigest, NewSubscription, Store};

#[derive(clap::Args)]
pub struct AddArgs {
    /// The address that gets the mails
    address: String,
    /// The person's or office's name, for the To header
    #[arg(long)]
    name: Option<String>,
    /// A feed; may be given more than once. Without --feed and --query: every feed
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
    /// Only on working days, by the holidays of the config; with Mon-Fri also on a Saturday that is worked instead
    #[arg(long, conflicts_with_all = ["at_once", "skip_holidays"])]
    working_days: bool,
    /// Not on public holidays, by those of the config
    #[arg(long, conflicts_with = "at_once")]
    skip_holidays: bool,
    /// The zone of the schedule. By default server.zone of the config
    #[arg(long)]
    zone: Option<Tz>,
    /// Language of the mails: vi or en
    #[arg(long, default_value = "vi", value_parser = parse_lang)]
    lang: Lang,
    /// Mail a line saying that there is no news as well
    #[arg(long)]
    when_empty: bool,
    /// The office the person belongs to
    #[arg(long, value_parser = group_name)]
    group: Option<String>,
    /// The person has agreed already: no confirmation mail is sent
    #[arg(long)]
    confirmed: bool,
}

pub async fn add(args: AddArgs, config: &Config, store: &Store) -> CommandResult {
    let usage = |error: String| CommandFailure::Usage(anyhow!(error));
    let address = bantin_mail::normalise_address(&args.address).map_err(usage)?;
    let known = KnownSources::of(config, store).await?;
    let selection = known.selection_or_all(&args.feed, &args.query).map_err(usage)?;
    let clock = Clock::system();
    let now = clock.now();
    let zone = args.zone.unwrap_or(config.server.zone);
    let cadence = if args.at_once {
        Cadence::AtOnce
    } else {
        let schedule = Schedule::parse(&args.schedule)
            .map_err(|error| usage(format!("--schedule: {error}")))?;
        let home = || config.calendars.home().clone();
        let days = match (args.working_days, args.skip_holidays) {
            (true, _) => DayRule::Working(home()),
            (false, true) => DayRule::NotHolidays(home()),
            (false, false) => DayRule::Every,
        };
        Cadence::Scheduled { schedule, zone, days }
    };
    let next_at = cadence
        .next_after(now, &config.calendars)
        .ok_or_else(|| usage("--schedule never fires again".to_owned()))?;
    let mark = LinkTokens::new(store.secret().await?).address_mark(&address);
    if let Some(since) = store.suppressed_since(&mark).await? {
        return Err(CommandFailure::Failed(anyhow!(
            "the reader of this address reported a mail of ours as spam on {}: only the reader may subscribe it again",
            since.with_timezone(&zone).format("%Y-%m-%d")
        )));
    }
    let state = if args.confirmed { SubscriberState::Active } else { SubscriberState::Pending };
    let subscription =
        NewSubscription { selection, cadence: cadence.clone(), when_empty: args.when_empty };
    let name = args.name.as_deref();
    let (subscriber, _) = store
        .add_subscription(&address, name, args.lang, state, &subscription, next_at, now)
        .await?;
    if args.group.is_some() {
        store.set_group(subscriber.id, args.group.as_deref()).await?;
    }
    let entry = AuditEntry {
        at: now,
        what: "added".to_owned(),
        subscriber: Some(subscriber.id),
        detail: if args.confirmed { "has agreed, says the admin" } else { "" }.to_owned(),
        by: ActionChannel::Cli,
    };
    store.record_audit(&entry).await?;
    let first = next_at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z");
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

async fn ask_to_confirm(
    subscriber: &Subscriber,
    config: &Config,
    store: &Store,
) -> anyhow::Result<()> {
    let mailer = Mailer::new(config.mail.clone())?;
    let letter = letter(&mailer, subscriber.lang, Clock::system().now())?;
    store.record_single_mail(&letter, subscriber.id, &mailer.new_message_id()).await?;
    Ok(())
}

/// The mail that asks to confirm.
pub fn letter(mailer: &Mailer, lang: Lang, now: DateTime<Utc>) -> anyhow::Result<NewDigest> {
    let rendered = mailer.render_confirmation(lang)?;
    Ok(NewDigest {
        kind: DigestKind::Confirmation,
        lang,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        list: String::new(),
        composed_at: now,
        items: Vec::new(),
    })
}
