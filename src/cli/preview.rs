//! `bantin preview`: what would be mailed now, written to files or shown. Nothing is sent and nothing is recorded.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::known::KnownSources;
use super::{CommandFailure, CommandResult, open_store, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::publish::{DigestPreview, PreviewRequest, Publisher};
use bantin_mail::{self, Mailer};
use bantin_model::OutgoingDelivery;
use bantin_model::digest::DigestDecision;
use bantin_model::digest::{DigestLinks, filled};
use bantin_model::tokens::LinkTokens;
use bantin_model::{
    Cadence, Delivery, DeliveryId, DeliveryState, Digest, DigestId, Lang, Subscriber, SubscriberId,
    SubscriberState, Subscription, SubscriptionId,
};
use bantin_store::{NewDigest, Store};

/// Days that the preview of a feed or a query reaches back where no day is named.
const DAYS: i64 = 7;
/// Recipient of a preview that is for no subscriber: a domain that never exists (RFC 2606 §2).
const NOBODY: &str = "nguoi.doc@bantin.invalid";

#[derive(clap::Args)]
pub(super) struct PreviewArgs {
    /// The address of a subscriber, or the number of a subscription
    #[arg(required_unless_present_any = ["feed", "query"], conflicts_with_all = ["feed", "query"], value_name = "ADDRESS|ID")]
    whose: Option<String>,
    /// A feed, for any reader; may be given more than once
    #[arg(long, value_name = "NAME")]
    feed: Vec<String>,
    /// A query; may be given more than once
    #[arg(long, value_name = "QUERY")]
    query: Vec<String>,
    /// As if nothing first seen on this day or later had been sent. Without it: what was not sent yet, and for a feed or a
    /// query the last 7 days
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,
    /// Language of the mail of a feed or a query: vi or en
    #[arg(long, default_value = "vi", value_parser = parse_lang)]
    lang: Lang,
    /// The folder to write NAME.html, NAME.txt and NAME.eml to; without it the text is shown
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn parse_lang(text: &str) -> Result<Lang, String> {
    Lang::from_tag(text).ok_or_else(|| "the languages are vi and en".to_owned())
}

/// One mail to show: the start of its files' names, what people call it, what is asked for.
struct PreviewedMail {
    file: String,
    name: String,
    asked: PreviewRequest,
    zone: Tz,
}

pub(super) async fn preview(args: PreviewArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let done = show(&args, &config, &store).await;
    store.close().await;
    done
}

async fn show(args: &PreviewArgs, config: &Config, store: &Store) -> CommandResult {
    let mailer = Mailer::new(config.mail.clone())?;
    let tokens = LinkTokens::new(store.secret().await?);
    let clock = Clock::system();
    let now = clock.now();
    let publisher = Publisher::new(store.clone(), clock);
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("making the folder {}", folder.display()))?;
    }
    for wanted in wanted(args, config, store, now).await? {
        let preview = publisher.preview(&mailer, &wanted.asked).await?;
        let Some(preview) = preview else {
            print(format!("{}: nothing of it is left in the config.\n", wanted.name))?;
            continue;
        };
        let first = match &wanted.asked {
            PreviewRequest::Subscription(member, _) => !store.was_served(member.0.id).await?,
            PreviewRequest::Selection { .. } => false,
        };
        print(format!("{}: {}\n", wanted.name, reason(&preview, first, wanted.zone)))?;
        if let Some(digest) = &preview.digest {
            let outgoing = outgoing(&wanted.asked, digest, &mailer, now);
            write(args.out.as_deref(), &wanted, &outgoing, &mailer, &tokens)?;
        }
    }
    Ok(())
}

async fn wanted(
    args: &PreviewArgs,
    config: &Config,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<Vec<PreviewedMail>, CommandFailure> {
    let Some(whose) = &args.whose else {
        let zone = config.server.zone;
        let since = match args.since {
            Some(day) => midnight(day, zone)?,
            None => now - TimeDelta::days(DAYS),
        };
        let cursor = store.cursor_at(since).await?;
        let known = KnownSources::of(config, store).await?;
        let selection = known.selection(&args.feed, &args.query);
        let selection = selection.map_err(|error| CommandFailure::Usage(anyhow!(error)))?;
        let asked = PreviewRequest::Selection { selection, lang: args.lang, zone, cursor };
        let name = format!("Since {}", since.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z"));
        return Ok(vec![PreviewedMail { file: "preview".to_owned(), name, asked, zone }]);
    };
    let mut all = Vec::new();
    for (subscription, subscriber) in members(whose, store).await? {
        let zone = match &subscription.cadence {
            Cadence::Scheduled { zone, .. } => *zone,
            Cadence::AtOnce => config.server.zone,
        };
        let cursor = match args.since {
            Some(day) => Some(store.cursor_at(midnight(day, zone)?).await?),
            None => None,
        };
        let SubscriptionId(id) = subscription.id;
        all.push(PreviewedMail {
            file: format!("subscription-{id}"),
            name: format!("Subscription {id}"),
            asked: PreviewRequest::Subscription(Box::new((subscription, subscriber)), cursor),
            zone,
        });
    }
    Ok(all)
}

/// Returns the subscriptions of an address or of a number.
async fn members(
    whose: &str,
    store: &Store,
) -> Result<Vec<(Subscription, Subscriber)>, CommandFailure> {
    let usage = |what: String| CommandFailure::Usage(anyhow!(what));
    if let Ok(id) = whose.parse::<i64>() {
        let subscription = store.subscription(SubscriptionId(id)).await?;
        let subscription =
            subscription.ok_or_else(|| usage(format!("there is no subscription {id}")))?;
        let subscriber = store.subscriber(subscription.subscriber).await?;
        let subscriber = subscriber.ok_or_else(|| usage("it has no subscriber".to_owned()))?;
        return Ok(vec![(subscription, subscriber)]);
    }
    let address = bantin_mail::normalise_address(whose).map_err(usage)?;
    let subscriber = store.subscriber_by_address(&address).await?;
    let subscriber =
        subscriber.ok_or_else(|| usage("no subscriber has this address".to_owned()))?;
    let all = store.subscribers().await?;
    let theirs = all.into_iter().find(|(other, _)| other.id == subscriber.id);
    let theirs = theirs.map(|(_, subscriptions)| subscriptions).unwrap_or_default();
    if theirs.is_empty() {
        return Err(usage("this address has no subscription (any more)".to_owned()));
    }
    Ok(theirs.into_iter().map(|subscription| (subscription, subscriber.clone())).collect())
}

/// The first moment of a day.
fn midnight(day: NaiveDate, zone: Tz) -> Result<DateTime<Utc>, CommandFailure> {
    let start = day.and_hms_opt(0, 0, 0).and_then(|at| zone.from_local_datetime(&at).earliest());
    let start =
        start.ok_or_else(|| CommandFailure::Usage(anyhow!("--since: {day} has no midnight")))?;
    Ok(start.with_timezone(&Utc))
}

/// What would become of it now, and why.
fn reason(preview: &DigestPreview, first: bool, zone: Tz) -> String {
    let mut words = match &preview.decision {
        DigestDecision::Publish(items) => format!("would be sent: {} new", items.len()),
        DigestDecision::SayEmpty => {
            "would be sent: nothing new, and it is wanted all the same".to_owned()
        }
        DigestDecision::NothingNew => "would not be sent: nothing new".to_owned(),
        DigestDecision::NotBefore(due) => {
            let due = due.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z");
            let so_far = match &preview.digest {
                Some(digest) => format!("{} new so far", digest.items.len()),
                None => "nothing new so far".to_owned(),
            };
            format!("not before {due}: {so_far}")
        }
    };
    if first {
        words += "; it is the first";
    }
    if preview.left_out > 0 {
        words += &format!("; {} left out that came by another mail", preview.left_out);
    }
    if preview.revised > 0 && preview.digest.is_some() {
        words += &format!("; {} revised since they were sent", preview.revised);
    }
    words
}

/// A delivery that exists nowhere.
fn outgoing(
    asked: &PreviewRequest,
    digest: &NewDigest,
    mailer: &Mailer,
    now: DateTime<Utc>,
) -> OutgoingDelivery {
    let (subscription, subscriber) = match asked {
        PreviewRequest::Subscription(member, _) => (Some(member.0.id), member.1.clone()),
        PreviewRequest::Selection { lang, .. } => (
            None,
            Subscriber {
                id: SubscriberId(0),
                address: NOBODY.to_owned(),
                name: None,
                lang: *lang,
                state: SubscriberState::Active,
                created_at: now,
                confirmed_at: Some(now),
                group: None,
                paused_until: None,
                link_number: 1,
            },
        ),
    };
    OutgoingDelivery {
        delivery: Delivery {
            id: DeliveryId(0),
            digest: DigestId(0),
            subscriber: subscriber.id,
            subscription,
            state: DeliveryState::Waiting,
            attempts: 0,
            next_at: now,
            message_id: mailer.new_message_id(),
            created_at: now,
            reply: None,
        },
        digest: Digest {
            id: DigestId(0),
            kind: digest.kind,
            lang: digest.lang,
            subject: digest.subject.clone(),
            text: digest.text.clone(),
            html: digest.html.clone(),
            list: digest.list.clone(),
            composed_at: digest.composed_at,
            items: digest.items.clone(),
        },
        subscriber,
    }
}

fn write(
    folder: Option<&Path>,
    wanted: &PreviewedMail,
    outgoing: &OutgoingDelivery,
    mailer: &Mailer,
    tokens: &LinkTokens,
) -> CommandResult {
    let public_url = &mailer.settings().public_url;
    // The digest has no page before it is recorded, and a preview for no subscriber has no links of
    // its own: these lead to the front page.
    let home = public_url.to_string();
    let links = match outgoing.delivery.subscription {
        Some(id) => DigestLinks {
            own: tokens.leave_address(public_url, id),
            preferences: tokens.preferences_address(public_url, &outgoing.subscriber),
            page: home,
        },
        None => DigestLinks { own: home.clone(), preferences: home.clone(), page: home },
    };
    let text = filled(&outgoing.digest.text, &links);
    let Some(folder) = folder else {
        return print(format!("\nSubject: {}\n\n{text}\n", outgoing.digest.subject));
    };
    let letter = mailer.letter(outgoing, &links, None)?;
    // As a mail program finds it there: the addresses are our own and hold no character that HTML escapes but "&".
    let html = filled(&outgoing.digest.html, &links);
    for (ending, bytes) in
        [("html", html.as_bytes()), ("txt", text.as_bytes()), ("eml", &letter.bytes[..])]
    {
        let path = folder.join(format!("{}.{ending}", wanted.file));
        std::fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    print(format!("  written to {}.html, .txt and .eml\n", folder.join(&wanted.file).display()))
}
