//! The hub job: asks callbacks whether they meant what was requested in their name, and pushes
//! changed topics to those that did (WebSub §5 and §7). The store knows what is owed to which
//! callback. The bytes are those that the topic has at that moment, so that changes are joined and
//! no subscriber gets an old text late.
//!
//! Each callback has a task of its own. A host that fails or is slow continues beside the others,
//! with permits of its own.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tracing::{debug, error, info, warn};
use url::Url;

use crate::clock::Clock;
use crate::fetch::{CallbackError, CallbackReply, Callbacks, Content};
use crate::supervisor::{Job, TURN};
use crate::web::{Topic, Topics, Web};
use bantin_model::limits;
use bantin_store::{HubMode, HubPush, HubPushOutcome, HubRequest, Store, TopicState};

/// The job with its handles.
pub struct HubJob {
    store: Store,
    web: Web,
    callbacks: Callbacks,
    clock: Clock,
    /// Notified when something is asked of the hub and when feeds were rendered.
    woken: Arc<Notify>,
    work: HubWork,
}

/// What came of a task.
enum HubTaskResult {
    Verified(HubRequest, bool),
    Pushed { id: i64, pushed: HubPushOutcome, host: String, slow: bool },
}

impl Job for HubJob {
    const NAME: &'static str = "hub";
    const WORK: &'static str = "Telling WebSub subscribers of changed feeds";

    async fn turn(&mut self) -> Result<Duration> {
        self.do_due().await?;
        let Some(next) = self.store.next_hub_push_at().await? else { return Ok(TURN) };
        let wait = (next - self.clock.now()).to_std().unwrap_or_default();
        Ok(TURN.min(wait.max(Duration::from_millis(20))))
    }

    async fn woken(&mut self) {
        tokio::select! {
            () = self.woken.notified() => {}
            Some(ended) = self.work.running.join_next(), if !self.work.running.is_empty() => {
                self.work.note(ended);
            }
        }
    }

    /// Callbacks under way get a moment; what is not known to have arrived is sent again after the next start.
    async fn finish(&mut self) -> Result<()> {
        let work = &mut self.work;
        let drain = async {
            while let Some(ended) = work.running.join_next().await {
                work.note(ended);
            }
        };
        let in_time = timeout(limits::HUB_PUSH_TIMEOUT, drain).await.is_ok();
        if !in_time {
            debug!("Some callbacks did not answer before the end");
        }
        self.record().await
    }
}

impl HubJob {
    pub fn new(
        store: Store,
        web: Web,
        callbacks: Callbacks,
        clock: Clock,
        woken: Arc<Notify>,
    ) -> Self {
        HubJob { store, web, callbacks, clock, woken, work: HubWork::default() }
    }

    /// Does what is due now.
    async fn do_due(&mut self) -> Result<()> {
        while let Some(ended) = self.work.running.try_join_next() {
            self.work.note(ended);
        }
        self.record().await?;
        self.announce().await?;
        for request in self.store.claim_hub_requests(limits::HUB_CLAIM).await? {
            self.work.verify(request, &self.callbacks);
        }
        let Some(topics) = &self.work.topics else { return Ok(()) };
        let now = self.clock.now();
        let topics: HashMap<&str, &Topic> =
            topics.list.iter().map(|topic| (topic.url.as_str(), topic)).collect();
        let hub = self.web.hub_address();
        for push in self.store.claim_hub_pushes(now, limits::HUB_CLAIM).await? {
            let topic = topics.get(push.topic.as_str()).map(|topic| (*topic).clone());
            let push = HubPushTask {
                push,
                topic,
                hub: hub.clone(),
                callbacks: self.callbacks.clone(),
                clock: self.clock.clone(),
            };
            self.work.running.spawn(push.run(self.work.places.clone()));
        }
        Ok(())
    }

    /// Tells the store which topics changed, and ends what is subscribed to topics that are gone.
    async fn announce(&mut self) -> Result<()> {
        let Some(topics) = self.web.topics(self.work.topics.as_ref()) else { return Ok(()) };
        let now = self.clock.now();
        let hashes: Vec<(String, String)> =
            topics.list.iter().map(|topic| (topic.url.clone(), topic.hash.clone())).collect();
        let join = TimeDelta::from_std(limits::HUB_JOIN).expect("a moment fits");
        let news: Vec<TopicState> = topics
            .list
            .iter()
            .map(|topic| TopicState {
                topic: topic.url.clone(),
                hash: topic.hash.clone(),
                news: topic.news.clone(),
            })
            .collect();
        self.store.hub_update_hashes(&news).await?;
        let owed = self.store.hub_announce(&hashes, now, now + join).await?;
        self.store.hub_record_news(&news).await?;
        if owed > 0 {
            info!(pushes = owed, "Feeds changed: {owed} pushes queued");
        }
        let ended = self.store.hub_withdraw(&self.web.topic_addresses().await?, now).await?;
        if ended > 0 {
            info!(subscriptions = ended, "{ended} WebSub subscriptions ended with their feeds");
        }
        self.work.topics = Some(topics);
        Ok(())
    }

    async fn record(&mut self) -> Result<()> {
        let now = self.clock.now();
        if !self.work.verified.is_empty() {
            let topics = self.work.topics.iter().flat_map(|topics| &topics.list);
            let hashes = topics.map(|topic| (topic.url.clone(), topic.hash.clone())).collect();
            self.store.record_hub_verified(&self.work.verified, &hashes, now).await?;
            for (_, confirmed) in self.work.verified.drain(..) {
                let result = if confirmed { "confirmed" } else { "not-confirmed" };
                self.web.counters().add("verifications", result, 1);
            }
        }
        if !self.work.pushed.is_empty() {
            self.store.record_hub_pushes(&self.work.pushed, now).await?;
            for (_, pushed) in self.work.pushed.drain(..) {
                let result = match pushed {
                    HubPushOutcome::Done(_) => "taken",
                    HubPushOutcome::Later(_) => "failed",
                    HubPushOutcome::GivenUp => "given-up",
                    HubPushOutcome::Gone => "gone",
                };
                self.web.counters().add("pushes", result, 1);
            }
        }
        Ok(())
    }
}

/// What is under way, and what has ended and is not recorded yet.
#[derive(Default)]
struct HubWork {
    topics: Option<Topics>,
    running: JoinSet<HubTaskResult>,
    verified: Vec<(HubRequest, bool)>,
    pushed: Vec<(i64, HubPushOutcome)>,
    places: CallbackPermits,
}

impl HubWork {
    fn note(&mut self, ended: Result<HubTaskResult, tokio::task::JoinError>) {
        match ended {
            Ok(HubTaskResult::Verified(request, confirmed)) => {
                self.verified.push((request, confirmed))
            }
            Ok(HubTaskResult::Pushed { id, pushed, host, slow }) => {
                self.places.note(host, slow || matches!(pushed, HubPushOutcome::Later(_)));
                self.pushed.push((id, pushed));
            }
            // Its row stays claimed until the next start, which is where a panic ends up being noticed.
            Err(panic) => error!("Calling back panicked, please report it: {panic}"),
        }
    }

    fn verify(&mut self, request: HubRequest, callbacks: &Callbacks) {
        let (callbacks, places) = (callbacks.clone(), self.places.clone());
        self.running.spawn(async move {
            let _place = places.verifying().await;
            let confirmed = match verified(&request, &callbacks).await {
                Ok(confirmed) => confirmed,
                Err(why) => {
                    debug!("A callback confirmed nothing: {why}");
                    false
                }
            };
            HubTaskResult::Verified(request, confirmed)
        });
    }
}

/// Asks the callback (WebSub §5.3), or tells it that it was denied (§5.2), which needs no answer.
async fn verified(request: &HubRequest, callbacks: &Callbacks) -> Result<bool, CallbackError> {
    let mut url: Url =
        request.callback.parse().map_err(|_| CallbackError::Unanswered("it is no address"))?;
    {
        // Appended: the callback's own query stays as it is.
        let mut query = url.query_pairs_mut();
        query.append_pair("hub.mode", request.mode.as_str());
        query.append_pair("hub.topic", &request.topic);
        match request.mode {
            HubMode::Denied => {
                query.append_pair("hub.reason", "this feed is not offered any more");
            }
            HubMode::Subscribe | HubMode::Unsubscribe => {
                query.append_pair("hub.challenge", &request.challenge);
            }
        }
        if request.mode == HubMode::Subscribe {
            query.append_pair("hub.lease_seconds", &request.lease_seconds.to_string());
        }
    }
    Ok(callbacks.verify(&url, &request.challenge).await? && request.mode != HubMode::Denied)
}

/// One push on its way.
struct HubPushTask {
    push: HubPush,
    /// As it is now; None if it is not rendered.
    topic: Option<Topic>,
    hub: String,
    callbacks: Callbacks,
    clock: Clock,
}

impl HubPushTask {
    async fn run(self, places: CallbackPermits) -> HubTaskResult {
        let lane = places.lane(&self.push);
        let _place = places.pushing(&self.push.host, lane).await;
        let begun = Instant::now();
        let pushed = self.pushed(lane).await;
        let slow = begun.elapsed() > limits::HUB_SLOW;
        HubTaskResult::Pushed { id: self.push.id, pushed, host: self.push.host, slow }
    }

    async fn pushed(&self, lane: PushQueue) -> HubPushOutcome {
        let now = self.clock.now();
        let retry = |after: Option<Duration>| after_failure(&self.push, after, now);
        let Some(topic) = &self.topic else { return retry(None) };
        let Ok(url) = Url::parse(&self.push.callback) else { return HubPushOutcome::Gone };
        let content = Content {
            bytes: topic.bytes.clone(),
            content_type: topic.content_type,
            links: [
                format!("<{}>; rel=\"hub\"", self.hub),
                format!("<{}>; rel=\"self\"", topic.url),
            ],
            signature: self.push.secret.as_ref().map(|secret| signature(secret, &topic.bytes)),
        };
        match self.callbacks.push(&url, content, lane == PushQueue::Slow).await {
            Ok(CallbackReply::Taken) => HubPushOutcome::Done(topic.hash.clone()),
            Ok(CallbackReply::Gone) => {
                info!(
                    subscription.id = self.push.id,
                    "A callback wants no more (410): its subscription has ended"
                );
                HubPushOutcome::Gone
            }
            Ok(CallbackReply::Refused { status, retry_after }) => {
                debug!(subscription.id = self.push.id, status, "A callback answered {status}");
                retry(retry_after)
            }
            Err(why) => {
                debug!(subscription.id = self.push.id, "A callback took no push: {why}");
                retry(None)
            }
        }
    }
}

/// When a push is tried again: after a growing time, or later if the callback says so, and for a day.
fn after_failure(push: &HubPush, asked: Option<Duration>, now: DateTime<Utc>) -> HubPushOutcome {
    let mut wait = limits::HUB_FIRST_RETRY;
    for _ in 1..push.tries.min(20) {
        wait = (wait * 3).min(limits::HUB_MAX_RETRY);
    }
    let wait = wait.max(asked.unwrap_or_default());
    let next = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
    let age = TimeDelta::from_std(limits::HUB_PUSH_AGE).expect("a day fits");
    if next > push.owed_since + age {
        warn!(
            subscription.id = push.id,
            tries = push.tries,
            "A callback took no push for a day; retrying when its feed changes next"
        );
        return HubPushOutcome::GivenUp;
    }
    HubPushOutcome::Later(next)
}

/// `sha256=` and the HMAC of the body in hexadecimal (WebSub §8).
fn signature(secret: &[u8], body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(body);
    let hex: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PushQueue {
    Usual,
    /// For what failed before, and for hosts that were slow the last time.
    Slow,
}

/// The places in which callbacks are called.
#[derive(Clone)]
struct CallbackPermits {
    usual: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    verifying: Arc<Semaphore>,
    hosts: Arc<Mutex<CallbackHosts>>,
}

#[derive(Default)]
struct CallbackHosts {
    places: HashMap<String, Arc<Semaphore>>,
    slow: HashSet<String>,
}

impl Default for CallbackPermits {
    fn default() -> Self {
        CallbackPermits {
            usual: Arc::new(Semaphore::new(limits::HUB_PUSHES)),
            slow: Arc::new(Semaphore::new(limits::HUB_SLOW_PUSHES)),
            verifying: Arc::new(Semaphore::new(limits::HUB_VERIFICATIONS)),
            hosts: Arc::default(),
        }
    }
}

impl CallbackPermits {
    fn lane(&self, push: &HubPush) -> PushQueue {
        let hosts = self.hosts.lock().expect("no one panics while holding the hosts");
        if push.tries > 1 || hosts.slow.contains(&push.host) {
            PushQueue::Slow
        } else {
            PushQueue::Usual
        }
    }

    fn note(&self, host: String, slow: bool) {
        let mut hosts = self.hosts.lock().expect("no one panics while holding the hosts");
        if hosts.places.get(&host).is_some_and(|places| Arc::strong_count(places) == 1) {
            hosts.places.remove(&host);
        }
        match slow {
            true => hosts.slow.insert(host),
            false => hosts.slow.remove(&host),
        };
    }

    async fn verifying(&self) -> OwnedSemaphorePermit {
        self.verifying.clone().acquire_owned().await.expect(NEVER)
    }

    /// Waits for a permit of the host first, so that pushes to a slow host take none from the
    /// others.
    async fn pushing(&self, host: &str, lane: PushQueue) -> [OwnedSemaphorePermit; 2] {
        let of_host = {
            let mut hosts = self.hosts.lock().expect("no one panics while holding the hosts");
            let places = hosts.places.entry(host.to_owned());
            places.or_insert_with(|| Arc::new(Semaphore::new(limits::HUB_PUSHES_PER_HOST))).clone()
        };
        let of_host = of_host.acquire_owned().await.expect(NEVER);
        let lane = match lane {
            PushQueue::Usual => &self.usual,
            PushQueue::Slow => &self.slow,
        };
        [of_host, lane.clone().acquire_owned().await.expect(NEVER)]
    }
}

const NEVER: &str = "the semaphores are never closed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_tried_at_growing_distances_for_a_day() {
        let start = DateTime::UNIX_EPOCH;
        let mut push = HubPush {
            id: 1,
            topic: String::new(),
            callback: String::new(),
            host: String::new(),
            secret: None,
            owed_since: start,
            tries: 0,
        };
        let (mut now, mut waits) = (start, Vec::new());
        loop {
            push.tries += 1;
            match after_failure(&push, None, now) {
                HubPushOutcome::Later(at) => {
                    waits.push((at - now).num_seconds());
                    now = at;
                }
                ended => {
                    assert!(matches!(ended, HubPushOutcome::GivenUp));
                    break;
                }
            }
        }
        assert_eq!(waits[..6], [30, 90, 270, 810, 2430, 7290]);
        assert!(waits[6..].iter().all(|wait| *wait == 4 * 3600), "{waits:?}");
        assert!(now - start > TimeDelta::hours(20) && now - start <= TimeDelta::hours(24));
        push.tries = 1;
        let later = after_failure(&push, Some(Duration::from_secs(600)), start);
        assert!(matches!(later, HubPushOutcome::Later(at) if at == start + TimeDelta::minutes(10)));
    }

    /// RFC 4231, test case 2.
    #[test]
    fn a_signature_is_the_hmac_of_the_body() {
        assert_eq!(
            signature(b"Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
