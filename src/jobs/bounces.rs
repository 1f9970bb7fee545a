//! The bounce job: what came back from a mail server, at once or days later, and what follows from it for the subscriber.
//! Only what is proved to be about a delivery of ours counts: anybody can write a mail that looks like a bounce.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use crate::clock::Clock;
use bantin_mail::bounce::{
    self, Bounce, BounceEvent, BounceKind, BounceRecord, BounceSubject, BounceVerdict, ReturnPaths,
};
use bantin_model::OutgoingDelivery;
use bantin_model::limits;
use bantin_model::tokens::LinkTokens;
use bantin_model::{Notice, SubscriptionId};
use bantin_store::{ActionChannel, BounceConsequence, BouncedDelivery, NewBounce, Store};

/// Judges what comes back. Cheap to clone.
#[derive(Clone)]
pub struct Bounces {
    store: Store,
    clock: Clock,
    tokens: LinkTokens,
}

/// What became of one mail that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JudgedBounce {
    /// Bounces written down.
    pub recorded: u32,
    /// Subscribers who get no more mail because of them, and subscriptions left.
    pub ended: u32,
    /// What is about no delivery of ours, or proves none.
    pub unproved: u32,
}

impl Bounces {
    pub fn new(store: Store, clock: Clock, tokens: LinkTokens) -> Self {
        Bounces { store, clock, tokens }
    }

    /// Reads a mail that came to the bounce mailbox, and acts on it. `mailbox` is its address and `own_domain` that of our
    /// Message-IDs; `envelope_to` is the address this mail came to, where that is known.
    pub async fn take(
        &self,
        mail: &[u8],
        envelope_to: Option<&str>,
        mailbox: &str,
        own_domain: &str,
    ) -> Result<JudgedBounce> {
        let paths = ReturnPaths::new(self.tokens.clone(), mailbox)
            .map_err(|why| anyhow::anyhow!("mail.bounces is no bounce mailbox: {why}"))?;
        let mut judged = JudgedBounce::default();
        for found in bounce::read(mail, envelope_to, own_domain, &paths) {
            if let BounceKind::Leave(subscription) = found.kind {
                judged.ended += u32::from(self.leave(subscription).await?);
                continue;
            }
            match self.whom(&found).await? {
                Some(whom) => {
                    let event = found.event(&whom.subscriber.address, self.clock.now());
                    let code = found.code.map(|code| code.to_string());
                    judged.recorded += 1;
                    judged.ended +=
                        u32::from(self.record(&whom, event, code, &found.reason).await?);
                }
                None => {
                    info!(
                        kind = found.kind.as_str(),
                        "A mail to the bounce mailbox is about no delivery of ours"
                    );
                    judged.unproved += 1;
                }
            }
        }
        Ok(judged)
    }

    /// The mail server itself refused the recipient: the same as a bounce that comes later.
    pub async fn refused(&self, outgoing: &OutgoingDelivery, reply: &str) -> Result<()> {
        let found = self.store.bounced_delivery(outgoing.delivery.id).await?;
        let Some(whom) = found else { return Ok(()) };
        let event = BounceEvent { kind: BounceKind::Hard, at: self.clock.now(), elsewhere: false };
        self.record(&whom, event, None, reply).await?;
        Ok(())
    }

    async fn whom(&self, found: &Bounce) -> Result<Option<BouncedDelivery>> {
        match &found.about {
            Some(BounceSubject::Delivery(id)) => self.store.bounced_delivery(*id).await,
            Some(BounceSubject::Message(id)) => self.store.bounced_message(id).await,
            None => Ok(None),
        }
    }

    async fn leave(&self, subscription: SubscriptionId) -> Result<bool> {
        let left = self
            .store
            .end_subscription(subscription, ActionChannel::Mail, self.clock.now())
            .await?;
        if left {
            info!(subscription.id = %subscription, "Subscription {subscription}: left by mail");
        }
        Ok(left)
    }

    /// Whether the subscriber's mail ends with it.
    async fn record(
        &self,
        whom: &BouncedDelivery,
        event: BounceEvent,
        code: Option<String>,
        reason: &str,
    ) -> Result<bool> {
        let now = self.clock.now();
        // A record of an older program may be unreadable by now. Starting a new one does no harm.
        let before: BounceRecord = whom
            .record
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let (after, verdict) = before.after(event);
        let subscriber = whom.subscriber.id;
        let kind = event.kind.as_str();
        let new = NewBounce {
            delivery: whom.delivery,
            subscriber,
            kind: kind.to_owned(),
            code,
            reason: reason.to_owned(),
            record: serde_json::to_string(&after).context("writing a record of bounces")?,
            ending: match verdict {
                BounceVerdict::Keep => BounceConsequence::Nothing,
                BounceVerdict::Bouncing => BounceConsequence::Bouncing,
                BounceVerdict::Leave => BounceConsequence::Leave {
                    mark: self.tokens.address_mark(&whom.subscriber.address),
                },
            },
        };
        let ended = self.store.record_bounce(&new, now).await?;
        info!(delivery.id = %whom.delivery, kind, "Delivery {}: came back: {reason}", whom.delivery);
        if ended {
            warn!(subscriber.id = %subscriber, kind, "Subscriber {subscriber} gets no more mail: {reason}");
            let notice = Notice::SubscriberStopped {
                subscriber,
                kind: kind.to_owned(),
                reason: reason.to_owned(),
            };
            self.store.record_notice(&notice, now).await?;
        }
        if event.kind == BounceKind::OurFault {
            self.notify_of_our_fault(reason, now).await?;
        }
        Ok(ended)
    }

    /// Reports that receivers refuse all our mail: after several refusals in a day, once a day.
    async fn notify_of_our_fault(&self, reason: &str, now: DateTime<Utc>) -> Result<()> {
        let bounces = self
            .store
            .bounce_count(BounceKind::OurFault.as_str(), now - TimeDelta::days(1))
            .await?;
        if bounces == limits::UNWELCOME_BOUNCES {
            let notice = Notice::Unwelcome { bounces, reason: reason.to_owned() };
            self.store.record_notice(&notice, now).await?;
        }
        Ok(())
    }
}
