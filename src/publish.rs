//! The publish job: due subscriptions become digests and deliveries. Subscriptions with the same selection, language,
//! zone and cursor share one digest; digest, deliveries and cursors are written in one transaction (P3).

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tracing::{error, info};

use crate::clock::Clock;
use crate::digest::{self, Composing, Decision};
use crate::mail::Mailer;
use crate::model::{
    Cadence, DigestKind, Item, Lang, Selection, SourceId, Subscriber, Subscription,
};
use crate::query::Query;
use crate::store::{NewDigest, Served, SourceState, Store};

/// Subscriptions looked at in one round; a digest is shared within a round.
const ROUND: u32 = 2_000;
/// How soon a subscription is looked at again whose feeds are all gone.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Items read from the store at a time.
const PAGE: u32 = 500;

/// Makes digests. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    store: Store,
    clock: Clock,
}

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Published {
    pub digests: u32,
    pub deliveries: u32,
    /// Subscriptions that were due and got nothing, because nothing was new.
    pub passed_over: u32,
}

/// What subscriptions must have in common to share a digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Window {
    selection: Selection,
    lang: Lang,
    zone: Tz,
    cursor: i64,
    when_empty: bool,
}

impl Publisher {
    pub fn new(store: Store, clock: Clock) -> Self {
        Publisher { store, clock }
    }

    /// Serves everything that is due now. A subscription that cannot be served (its query no longer parses) is moved on
    /// to its next time and costs nobody else anything (P5).
    pub async fn publish_due(&self, mailer: &Mailer) -> Result<Published> {
        let mut all = Published::default();
        loop {
            let now = self.clock.now();
            let due = self
                .store
                .due_subscriptions(now, ROUND)
                .await
                .context("looking for due subscriptions")?;
            if due.is_empty() {
                return Ok(all);
            }
            let sources = self.store.sources().await?;
            let mut windows: HashMap<Window, Vec<(Subscription, Subscriber)>> = HashMap::new();
            for (subscription, subscriber) in due {
                windows
                    .entry(window_of(&subscription, &subscriber))
                    .or_default()
                    .push((subscription, subscriber));
            }
            let mut failed = None;
            for (window, members) in windows {
                let published =
                    match self.publish_window(mailer, &window, &members, &sources, now).await {
                        Ok(published) => published,
                        // The others get theirs before anybody hears of it.
                        Err(error) => {
                            failed.get_or_insert(error);
                            continue;
                        }
                    };
                all.digests += published.digests;
                all.deliveries += published.deliveries;
                all.passed_over += published.passed_over;
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
    }

    async fn publish_window(
        &self,
        mailer: &Mailer,
        window: &Window,
        members: &[(Subscription, Subscriber)],
        sources: &[SourceState],
        now: DateTime<Utc>,
    ) -> Result<Published> {
        // Read before the items are: whatever is recorded meanwhile belongs to the next window.
        let to_cursor = self.store.last_seq().await?.max(window.cursor);
        let served: Vec<Served> = members
            .iter()
            .map(|(subscription, _)| Served {
                subscription: subscription.id,
                subscriber: subscription.subscriber,
                from_cursor: subscription.cursor,
                to_cursor,
                next_at: next_time(subscription, now),
                message_id: mailer.new_message_id(),
            })
            .collect();
        let wanted = self.resolve(&window.selection).await?;
        if wanted.queries.is_empty() {
            return self.wait(&served, now).await;
        }
        let matching = self.matching(&wanted, window.cursor, to_cursor).await?;
        // All members are due, and `when_empty` is part of the window, so one decision serves them all.
        let due = members.iter().map(|(subscription, _)| subscription.next_at).max().unwrap_or(now);
        let items = match digest::decide(due, matching, window.when_empty, now) {
            Decision::Publish(items) => items,
            Decision::SayEmpty => Vec::new(),
            Decision::NothingNew | Decision::NotBefore(_) => {
                self.store.pass_over(&served).await?;
                return Ok(Published { passed_over: served.len() as u32, ..Published::default() });
            }
        };
        let names: HashMap<&SourceId, &str> =
            sources.iter().map(|state| (&state.source.id, state.source.name.as_str())).collect();
        let broken: Vec<String> = sources
            .iter()
            .filter(|state| state.health.broken.is_some())
            .filter(|state| wanted.may_hold(&state.source.id))
            .map(|state| state.source.name.clone())
            .collect();
        let source_name =
            |id: &SourceId| names.get(id).map_or_else(|| id.to_string(), |name| (*name).to_owned());
        let composed = digest::compose(
            &items,
            &Composing {
                title: &wanted.title,
                lang: window.lang,
                zone: window.zone,
                now,
                source_name: &source_name,
                public_url: &mailer.settings().public_url,
                broken: &broken,
            },
        );
        let rendered = mailer.render(&composed).context("rendering a digest")?;
        let digest = NewDigest {
            kind: DigestKind::Items,
            lang: window.lang,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            list: wanted.list,
            composed_at: now,
            items: items.iter().map(|item| item.seq).collect(),
        };
        let recorded =
            self.store.record_digest(&digest, &served).await.context("recording a digest")?;
        let Some(id) = recorded else { return Ok(Published::default()) };
        let deliveries = served.len() as u32;
        info!(digest.id = %id, items = items.len(), deliveries, "Digest {id}: {} items for {deliveries}", items.len());
        Ok(Published { digests: 1, deliveries, passed_over: 0 })
    }

    /// Nothing of the selection is left in the config, so that nobody can say whether there is news: the cursors stay where
    /// they are, and whoever takes a feed out by mistake and puts it back has cost its subscribers nothing.
    async fn wait(&self, served: &[Served], now: DateTime<Utc>) -> Result<Published> {
        let waiting: Vec<Served> = served
            .iter()
            .map(|served| Served {
                to_cursor: served.from_cursor,
                next_at: served.next_at.max(now + LOOK_AGAIN),
                ..served.clone()
            })
            .collect();
        self.store.pass_over(&waiting).await?;
        Ok(Published { passed_over: waiting.len() as u32, ..Published::default() })
    }

    /// What a selection means now. What can no longer be understood is left out, with a word in the log.
    async fn resolve(&self, selection: &Selection) -> Result<Wanted> {
        let (mut titles, mut lists, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for name in &selection.feeds {
            match self.store.feed(name).await? {
                Some(feed) => {
                    titles.push(feed.title);
                    lists.push(feed.name.to_string());
                    texts.push(feed.query);
                }
                None => error!(
                    feed.name = %name,
                    "Subscriptions to the feed {name} get nothing of it: the config no longer has it"
                ),
            }
        }
        for text in &selection.queries {
            titles.push(text.clone());
            texts.push(text.clone());
        }
        if !selection.queries.is_empty() {
            lists.push("query".to_owned());
        }
        let mut queries = Vec::new();
        for text in texts {
            match Query::parse(&text) {
                Ok(query) => queries.push(query),
                Err(error) => {
                    error!("Subscriptions to the query {text:?} get nothing of it: {error}")
                }
            }
        }
        Ok(Wanted { title: titles.join(" · "), list: lists.join("-"), queries })
    }

    async fn matching(&self, wanted: &Wanted, after: i64, to: i64) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        let mut cursor = after;
        loop {
            let page = self.store.items_after(cursor, PAGE).await?;
            let Some(last) = page.last().map(|item| item.seq) else { break };
            found.extend(page.into_iter().filter(|item| item.seq <= to && wanted.matches(item)));
            if last >= to {
                break;
            }
            cursor = last;
        }
        Ok(found)
    }
}

/// A selection, understood.
struct Wanted {
    /// For people.
    title: String,
    /// For List-Id.
    list: String,
    queries: Vec<Query>,
}

impl Wanted {
    fn matches(&self, item: &Item) -> bool {
        self.queries.iter().any(|query| query.matches(item))
    }

    /// Whether items of this source may be in it.
    fn may_hold(&self, source: &SourceId) -> bool {
        self.queries
            .iter()
            .any(|query| query.sources().is_none_or(|sources| sources.contains(source)))
    }
}

/// A slot that lies in the past is not made up for: after downtime one digest covers what was missed.
fn next_time(subscription: &Subscription, now: DateTime<Utc>) -> DateTime<Utc> {
    match &subscription.cadence {
        Cadence::AtOnce => now,
        // A schedule that parsed fires again; should it ever not, a year is never.
        Cadence::Scheduled { .. } => {
            subscription.cadence.next_after(now).unwrap_or(now + chrono::TimeDelta::days(366))
        }
    }
}

fn window_of(subscription: &Subscription, subscriber: &Subscriber) -> Window {
    Window {
        selection: subscription.selection.clone(),
        lang: subscriber.lang,
        zone: match subscription.cadence {
            Cadence::Scheduled { zone, .. } => zone,
            Cadence::AtOnce => chrono_tz::Asia::Ho_Chi_Minh,
        },
        cursor: subscription.cursor,
        when_empty: subscription.when_empty,
    }
}
