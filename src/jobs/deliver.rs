//! The deliver job: waiting deliveries become mails at the mail server, and its replies are kept. `sending` is on disk
//! before the server hears of a mail, and its reply is with the operating system before the connection takes the next one:
//! a crash in between can double at most the mails under way, byte for byte and under the same Message-ID (P3). A power cut
//! can double those of a quarter of a second. A mail server that is away delays mail and drops none (P4).

mod rates;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::clock::{Clock, Setbacks};
use crate::jobs::bounces::Bounces;
use crate::shutdown::Shutdown;
use bantin_mail::bounce::ReturnPaths;
use bantin_mail::{Mailer, SendAttempt, SendOutcome};
use bantin_model::OutgoingDelivery;
use bantin_model::limits;
use bantin_model::tokens::LinkTokens;
use bantin_model::{Delivery, DeliveryId, Notice};
use bantin_store::{ActionChannel, Commit, DeliveryOutcome, QueueHold, Store};

use rates::SendRates;

/// Delivers mail. Cheap to clone.
#[derive(Clone)]
pub struct Deliverer {
    store: Store,
    clock: Clock,
    tokens: LinkTokens,
    stop: Shutdown,
    /// Answers in a row that our sender is not welcome.
    unwelcome: Arc<AtomicU32>,
    /// Tries in a row that did not get as far as the recipient.
    away: Arc<AtomicU32>,
    /// Whether the latest try found no server at all, and until when none is looked for then.
    unreached: Arc<AtomicBool>,
    paused_until: Arc<Mutex<Option<DateTime<Utc>>>>,
    /// The last moment at which no mail could be sent, or our start. The days of a mail's tries do
    /// not count while sending is impossible.
    able_since: Arc<Mutex<DateTime<Utc>>>,
    /// How tries ended that the store could not take down. They are not forgotten while we live: a mail that went out must
    /// not go again, and one that did not must not stay `sending`.
    unrecorded: Arc<Mutex<Vec<(DeliveryId, DeliveryOutcome, String)>>>,
    settled: Arc<Mutex<DurableReplies>>,
    rates: Arc<Mutex<SendRates>>,
    bounces: Bounces,
    setbacks: Setbacks,
}

/// Which replies are on disk.
#[derive(Debug)]
struct DurableReplies {
    /// When the disk was last waited for.
    at: Option<Instant>,
    /// Whether it was for every reply.
    all: bool,
}

impl Default for DurableReplies {
    fn default() -> Self {
        DurableReplies { at: None, all: true }
    }
}

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliveryRound {
    pub sent: u32,
    pub refused: u32,
    pub later: u32,
    pub given_up: u32,
    /// Whether the queue was put on hold.
    pub held: bool,
}

/// Pause of the queue before one mail is tried again, to see whether our own trouble is over.
const HOLD_FOR: TimeDelta = TimeDelta::minutes(5);
/// Deliveries taken from the store at a time, for each mail under way at once.
const BATCH: usize = 50;
/// A single recipient's server that wants nothing of us must not stop everybody's mail; so many in a row do.
const UNWELCOME: u32 = 3;
/// A server may drop one connection and take the next; so many in a row and it is away.
const AWAY: u32 = 3;
/// How long is waited after a try that reached no server, before so many in a row are together.
const AWAY_PAUSE: TimeDelta = TimeDelta::minutes(1);
/// However old a mail is (the admin sends one again after a week), it is tried so often before it is given up.
const FEWEST_TRIES: u32 = 5;
/// A mail that is older than its days of trying has at least this long after a time when no mail could go.
const SECOND_CHANCE: TimeDelta = TimeDelta::days(1);

impl Deliverer {
    pub fn new(store: Store, clock: Clock, tokens: LinkTokens, stop: Shutdown) -> Self {
        let able_since = Arc::new(Mutex::new(clock.now()));
        let bounces = Bounces::new(store.clone(), clock.clone(), tokens.clone());
        Deliverer {
            store,
            clock,
            tokens,
            stop,
            unwelcome: Arc::default(),
            away: Arc::default(),
            unreached: Arc::default(),
            paused_until: Arc::default(),
            able_since,
            unrecorded: Arc::default(),
            settled: Arc::default(),
            rates: Arc::default(),
            bounces,
            setbacks: Setbacks::default(),
        }
    }

    /// Sends everything that is due now, unless the queue is held.
    pub async fn deliver_due(&self, mailer: &Mailer) -> Result<DeliveryRound> {
        let delivered = self.deliver_batches(mailer).await;
        let settled = self.settle().await;
        let delivered = delivered?;
        settled.context("waiting for the disk")?;
        Ok(delivered)
    }

    async fn deliver_batches(&self, mailer: &Mailer) -> Result<DeliveryRound> {
        let mut all = DeliveryRound::default();
        self.record_the_unrecorded().await?;
        self.reset_future_times().await?;
        self.send_notices(mailer).await?;
        while !self.stop.is_asked() {
            let now = self.clock.now();
            let hold = self.store.hold().await?;
            let most = match &hold {
                // What the admin holds, the admin lets go.
                Some(hold) if hold.by_admin => return Ok(all),
                // One that lasts longer than any we make was made by a clock that has been put right since.
                Some(hold) if now < hold.until && hold.until <= now + HOLD_FOR => return Ok(all),
                // One mail goes ahead to see whether the trouble is over.
                Some(_) => 1,
                None if self.is_paused(now).await => return Ok(all),
                None => mailer.width().max(1) * BATCH,
            };
            let batch = self
                .store
                .claim_deliveries(now, most as u32)
                .await
                .context("claiming deliveries")?;
            if batch.is_empty() {
                break;
            }
            let round = self.deliver_batch(mailer, batch, hold.as_ref()).await?;
            all.add(round);
            if round.held {
                break;
            }
            if self.unreached.load(Ordering::Relaxed) {
                *self.paused_until.lock().await = Some(self.clock.now() + AWAY_PAUSE);
            }
        }
        Ok(all)
    }

    /// Whether the last connection failed a moment ago: a relay that is being restarted is not asked three times within a
    /// second and then said to be away.
    async fn is_paused(&self, now: DateTime<Utc>) -> bool {
        let until = *self.paused_until.lock().await;
        // A pause longer than any that we make comes from a clock that was set back since.
        until.is_some_and(|until| now < until && until <= now + AWAY_PAUSE)
    }

    /// Resets times in the future, after the clock was set back: otherwise mails would wait until
    /// it is that late again.
    async fn reset_future_times(&self) -> Result<()> {
        let now = self.clock.now();
        if !self.setbacks.is_one(now) {
            return Ok(());
        }
        *self.rates.lock().await = SendRates::default();
        let changed = self.store.set_back_deliveries(now).await;
        if changed.is_err() {
            self.setbacks.again();
        }
        let changed = changed.context("resetting the times of mails")?;
        if changed > 0 {
            warn!(
                mails = changed,
                "The clock was set back: the times of {changed} mails are reset"
            );
        }
        Ok(())
    }

    /// Sends what waits for the admin, in one mail, also while the queue is held: a server that wants nothing for others may
    /// take a mail for him. What cannot go waits as mails do, and is not given up.
    async fn send_notices(&self, mailer: &Mailer) -> Result<()> {
        let now = self.clock.now();
        let waiting = self.store.due_notices(now, limits::NOTICES).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let notices: Vec<&Notice> = waiting.iter().map(|waiting| &waiting.notice).collect();
        let sent = match mailer.notices(&notices, now) {
            // No admin address is configured. The log has the notice.
            Ok(None) => return self.store.notices_sent(&waiting, now).await,
            Ok(Some(letter)) => mailer.send(&letter).await,
            Err(error) => SendOutcome::OurFault(format!("{error:#}")),
        };
        match sent {
            SendOutcome::Accepted(_) => {
                info!(notices = waiting.len(), "The admin got {} notices", waiting.len());
                self.store.notices_sent(&waiting, now).await
            }
            SendOutcome::Refused(reply)
            | SendOutcome::TryLater(reply)
            | SendOutcome::Away(reply)
            | SendOutcome::SenderRefused(reply)
            | SendOutcome::OurFault(reply) => {
                warn!("{} notices to the admin could not be sent: {reply}", waiting.len());
                let tries = waiting.iter().map(|waiting| waiting.tries).max().unwrap_or_default();
                self.store.put_off_notices(&waiting, now + wait_after(tries + 1)).await
            }
        }
    }

    async fn deliver_batch(
        &self,
        mailer: &Mailer,
        batch: Vec<OutgoingDelivery>,
        hold: Option<&QueueHold>,
    ) -> Result<DeliveryRound> {
        let tally = DeliveryTotals::default();
        let trouble: Mutex<Option<String>> = Mutex::new(None);
        let failed: Mutex<Option<anyhow::Error>> = Mutex::new(None);
        let (tally, trouble, failed) = (&tally, &trouble, &failed);
        futures_util::stream::iter(batch)
            .for_each_concurrent(mailer.width().max(1), |outgoing| async move {
                let Delivery { id, next_at, .. } = outgoing.delivery;
                let stopped = self.stop.is_asked()
                    || trouble.lock().await.is_some()
                    || failed.lock().await.is_some();
                let done = if stopped {
                    // Not begun: it goes back as it was, for the next round or the next start.
                    self.record(id, DeliveryOutcome::NotTried(next_at), "not tried yet").await
                } else {
                    self.deliver_one(mailer, outgoing, hold, tally, trouble).await
                };
                if let Err(error) = done {
                    failed.lock().await.get_or_insert(error);
                }
            })
            .await;
        if let Some(error) = failed.lock().await.take() {
            return Err(error);
        }
        let mut delivered = tally.total();
        match (trouble.lock().await.take(), hold) {
            (Some(reason), _) => {
                self.hold_queue(reason, hold).await?;
                delivered.held = true;
            }
            // Any answer about a recipient, a "not now" too, shows that mail can go. Held on for every greylisted mail, a
            // queue would move by one mail in five minutes.
            (None, Some(hold)) if delivered.tried() > 0 => {
                self.store.set_hold(None, ActionChannel::Daemon, self.clock.now()).await?;
                let notice = Notice::MailGoes { since: hold.since };
                self.store.record_notice(&notice, self.clock.now()).await?;
                info!("Mail can be sent again: the queue is no longer held");
            }
            // A shutdown came first: nothing was tried.
            (None, Some(_)) => {}
            (None, None) => {}
        }
        Ok(delivered)
    }

    async fn deliver_one(
        &self,
        mailer: &Mailer,
        outgoing: OutgoingDelivery,
        hold: Option<&QueueHold>,
        tally: &DeliveryTotals,
        trouble: &Mutex<Option<String>>,
    ) -> Result<()> {
        let OutgoingDelivery { delivery, digest, subscriber } = &outgoing;
        let id = delivery.id;
        if let Some(at) = self.moment(mailer, &outgoing).await {
            return self.record(id, DeliveryOutcome::NotTried(at), "waits for its turn").await;
        }
        let public_url = &mailer.settings().public_url;
        let links = self.tokens.links(public_url, delivery, digest, subscriber);
        let letter = mailer.letter(&outgoing, &links, self.return_paths(mailer).as_ref());
        let built = letter.is_ok();
        let SendAttempt { sent, heard } = match letter {
            Ok(letter) => mailer.try_to_send(&letter).await,
            // A mail that cannot be built now cannot be built later either; it must not hold up the others.
            Err(error) => {
                SendAttempt { sent: SendOutcome::Refused(format!("{error:#}")), heard: true }
            }
        };
        let now = self.clock.now();
        if !matches!(sent, SendOutcome::Away(_)) {
            self.away.store(0, Ordering::Relaxed);
        }
        self.unreached.store(!heard, Ordering::Relaxed);
        // What the server has not heard of keeps its place, so that after days the mails go in the order in which they were
        // written. One that was named may be what the server stumbles over, and makes room for the others.
        let put_off = match heard {
            true => DeliveryOutcome::Later(now + HOLD_FOR),
            false => DeliveryOutcome::NotHeard(delivery.next_at),
        };
        let (outcome, reply) = match sent {
            SendOutcome::Accepted(reply) => {
                self.unwelcome.store(0, Ordering::Relaxed);
                info!(delivery.id = %id, attempt = delivery.attempts, "Delivery {id}: sent");
                (DeliveryOutcome::Sent, reply)
            }
            SendOutcome::Refused(reply) => {
                warn!(delivery.id = %id, attempt = delivery.attempts, "Delivery {id}: refused: {reply}");
                if built {
                    self.bounces.refused(&outgoing, &reply).await?;
                }
                (DeliveryOutcome::Refused, reply)
            }
            SendOutcome::TryLater(reply) => self.later(&outgoing, reply, now).await,
            SendOutcome::SenderRefused(reply) => {
                if self.unwelcome.fetch_add(1, Ordering::Relaxed) + 1 >= UNWELCOME {
                    trouble.lock().await.get_or_insert(reply.clone());
                }
                self.later(&outgoing, reply, now).await
            }
            SendOutcome::Away(reply) => {
                *self.able_since.lock().await = now;
                if self.away.fetch_add(1, Ordering::Relaxed) + 1 >= AWAY || hold.is_some() {
                    trouble.lock().await.get_or_insert(reply.clone());
                }
                warn!(delivery.id = %id, attempt = delivery.attempts, "Delivery {id}: the mail server is away: {reply}");
                (put_off, reply)
            }
            SendOutcome::OurFault(reason) => {
                // However long our own trouble lasts, this mail is not given up for it (P4).
                *self.able_since.lock().await = now;
                trouble.lock().await.get_or_insert(reason.clone());
                (put_off, reason)
            }
        };
        tally.count(&outcome);
        self.record(id, outcome, &reply).await
    }

    /// Addresses for what comes back, where the config has a mailbox for it.
    fn return_paths(&self, mailer: &Mailer) -> Option<ReturnPaths> {
        let mailbox = mailer.settings().bounces.as_deref()?;
        // The config was checked; should it not fit all the same, mails go without.
        ReturnPaths::new(self.tokens.clone(), mailbox).ok()
    }

    /// When this mail may go, where mails of its kind are spaced and it is too early.
    async fn moment(&self, mailer: &Mailer, outgoing: &OutgoingDelivery) -> Option<DateTime<Utc>> {
        let domain = outgoing.subscriber.address.rsplit_once('@').map_or("", |(_, domain)| domain);
        let limits = mailer.settings().rates;
        let id = outgoing.delivery.id;
        self.rates.lock().await.moment(limits, id, domain, self.clock.now())
    }

    /// The same message again, or never more after days of trying.
    async fn later(
        &self,
        outgoing: &OutgoingDelivery,
        reply: String,
        now: DateTime<Utc>,
    ) -> (DeliveryOutcome, String) {
        let Delivery { id, attempts, created_at, .. } = outgoing.delivery;
        let age = TimeDelta::from_std(limits::DELIVERY_AGE).expect("days fit");
        let mut end = (created_at + age).max(*self.able_since.lock().await + SECOND_CHANCE);
        if attempts < FEWEST_TRIES {
            end = end.max(now + wait_after(attempts));
        }
        match retry_at(end, attempts, now) {
            Some(at) => {
                warn!(delivery.id = %id, attempt = attempts, "Delivery {id}: again at {at}: {reply}");
                (DeliveryOutcome::Later(at), reply)
            }
            None => {
                error!(delivery.id = %id, attempt = attempts, "Delivery {id}: given up: {reply}");
                (DeliveryOutcome::GivenUp, reply)
            }
        }
    }

    /// Keeps a reply before the connection takes the next mail. Waiting for the disk each time would make that the speed of
    /// the queue; what is needed against kill -9 is that the operating system has it, so the disk is waited for by time.
    async fn record(&self, id: DeliveryId, outcome: DeliveryOutcome, reply: &str) -> Result<()> {
        let commit = {
            let mut settled = self.settled.lock().await;
            if settled.at.is_some_and(|at| at.elapsed() < limits::REPLIES_SETTLED) {
                settled.all = false;
                Commit::Soon
            } else {
                settled.at = Some(Instant::now());
                Commit::Now
            }
        };
        let ended = [(id, outcome, reply.to_owned())];
        let recorded = self.store.record_replies(&ended, commit, self.clock.now()).await;
        if recorded.is_err() {
            self.unrecorded.lock().await.extend(ended);
        }
        recorded.context("recording a reply")
    }

    /// Waits for the disk, if a reply has not.
    async fn settle(&self) -> Result<()> {
        let mut settled = self.settled.lock().await;
        if !settled.all {
            self.store.sync_to_disk().await?;
            *settled = DurableReplies { at: Some(Instant::now()), all: true };
        }
        Ok(())
    }

    async fn record_the_unrecorded(&self) -> Result<()> {
        let mut unrecorded = self.unrecorded.lock().await;
        if !unrecorded.is_empty() {
            self.store
                .record_replies(&unrecorded, Commit::Now, self.clock.now())
                .await
                .context("recording replies that the store could not take before")?;
            unrecorded.clear();
        }
        Ok(())
    }

    async fn hold_queue(&self, reason: String, before: Option<&QueueHold>) -> Result<()> {
        let now = self.clock.now();
        let since = before.map_or(now, |hold| hold.since);
        if before.is_none() {
            error!("No mail can be sent, the queue is held: {reason}");
            let notice = Notice::MailHeld { since, reason: reason.clone() };
            self.store.record_notice(&notice, now).await?;
        }
        self.store
            .set_hold(
                Some(&QueueHold { reason, since, until: now + HOLD_FOR, by_admin: false }),
                ActionChannel::Daemon,
                now,
            )
            .await
    }
}

/// When a mail is tried again: after 5 minutes, then twice as long each time, up to 4 hours; at `end` for the last time.
fn retry_at(end: DateTime<Utc>, attempts: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let at = now + wait_after(attempts);
    (now < end).then_some(at.min(end.max(now + TimeDelta::seconds(1))))
}

fn wait_after(attempts: u32) -> TimeDelta {
    let wait = limits::DELIVERY_FIRST_RETRY * 2_u32.pow(attempts.saturating_sub(1).min(10));
    TimeDelta::from_std(wait.min(limits::DELIVERY_MAX_RETRY)).expect("hours fit")
}

#[derive(Default)]
struct DeliveryTotals {
    sent: AtomicU32,
    refused: AtomicU32,
    later: AtomicU32,
    given_up: AtomicU32,
}

impl DeliveryTotals {
    fn count(&self, outcome: &DeliveryOutcome) {
        let counter = match outcome {
            DeliveryOutcome::Sent => &self.sent,
            DeliveryOutcome::Refused => &self.refused,
            DeliveryOutcome::Later(_)
            | DeliveryOutcome::NotTried(_)
            | DeliveryOutcome::NotHeard(_) => &self.later,
            DeliveryOutcome::GivenUp => &self.given_up,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn total(&self) -> DeliveryRound {
        let read = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        DeliveryRound {
            sent: read(&self.sent),
            refused: read(&self.refused),
            later: read(&self.later),
            given_up: read(&self.given_up),
            held: false,
        }
    }
}

impl DeliveryRound {
    /// Mails that the server answered about.
    fn tried(&self) -> u32 {
        self.sent + self.refused + self.later + self.given_up
    }

    fn add(&mut self, other: DeliveryRound) {
        self.sent += other.sent;
        self.refused += other.refused;
        self.later += other.later;
        self.given_up += other.given_up;
        self.held |= other.held;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p4_a_mail_is_tried_for_five_days_at_growing_distances() {
        let created = DateTime::from_timestamp(0, 0).expect("in range");
        let (mut now, mut attempts, mut waits) = (created, 1, Vec::new());
        let end = created + TimeDelta::days(5);
        while let Some(at) = retry_at(end, attempts, now) {
            waits.push((at - now).num_minutes());
            (now, attempts) = (at, attempts + 1);
        }
        assert_eq!(waits[..7], [5, 10, 20, 40, 80, 160, 240]);
        assert_eq!(now - created, TimeDelta::days(5));
        assert!(waits.len() > 30);
    }
}
