//! Mails with what became of them; sending again, taking out, holding and releasing the queue.

use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use super::access::{AdminRequest, PageResult};
use super::admin_words::{delivery, done};
use super::form::PostedForm;
use super::overview::DoneParams;
use super::pages::{number, page, shown};
use bantin_model::limits::ADMIN_PAGE;
use bantin_model::{DeliveryId, DeliveryState, SubscriberId};
use bantin_store::{DeliveriesBy, ListedDelivery, QueueHold};

/// Letters of a reason.
const REASON_CHARS: usize = 200;

#[derive(Deserialize)]
pub struct DeliveriesParams {
    #[serde(default)]
    state: String,
    before: Option<i64>,
    subscriber: Option<i64>,
}

#[derive(Serialize)]
pub struct DeliveryView {
    pub id: i64,
    pub state: &'static str,
    pub told: &'static str,
    pub since: String,
    pub tries: u32,
    pub address: String,
    pub subscriber: i64,
    pub subject: String,
    pub reply: String,
    pub next: String,
    pub resend: bool,
    pub cancel: bool,
}

pub fn line(visit: &AdminRequest, listed: &ListedDelivery) -> DeliveryView {
    let one = &listed.delivery;
    let waits = one.state == DeliveryState::Waiting;
    DeliveryView {
        id: one.id.0,
        state: one.state.as_str(),
        told: delivery(one.state, visit.site.lang),
        since: shown(listed.changed_at, visit.site.zone),
        tries: one.attempts,
        address: listed.address.clone(),
        subscriber: one.subscriber.0,
        subject: listed.subject.clone(),
        reply: one.reply.clone().unwrap_or_default(),
        next: if waits && one.attempts > 0 {
            shown(one.next_at, visit.site.zone)
        } else {
            String::new()
        },
        resend: !waits && one.state != DeliveryState::Sending,
        cancel: waits,
    }
}

pub async fn list(
    Extension(visit): Extension<AdminRequest>,
    asked: Query<DeliveriesParams>,
    told: Query<DoneParams>,
) -> PageResult {
    let (store, lang) = (visit.store(), visit.site.lang);
    let state = DeliveryState::named(&asked.state);
    let by = DeliveriesBy {
        state,
        subscriber: asked.subscriber.map(SubscriberId),
        before: asked.before.map(DeliveryId),
    };
    let found = store.find_deliveries(&by, ADMIN_PAGE).await?;
    let further = (found.len() >= usize::try_from(ADMIN_PAGE).unwrap_or(usize::MAX))
        .then(|| found.last().map(|listed| listed.delivery.id.0))
        .flatten();
    let lines: Vec<DeliveryView> = found.iter().map(|listed| line(&visit, listed)).collect();
    let queue = store.queue().await?;
    use DeliveryState::*;
    let states: Vec<(&str, &str, String)> = [
        (Waiting, queue.waiting),
        (Sending, queue.sending),
        (Sent, queue.sent),
        (Refused, queue.refused),
        (GivenUp, queue.given_up),
    ]
    .into_iter()
    .map(|(state, count)| (state.as_str(), delivery(state, lang), number(count, lang)))
    .collect();
    let hold = store.hold().await?;
    let values = context! {
        done => done(&told.done, lang),
        lines => Value::from(Serde(lines)),
        states => Value::from(Serde(states)),
        chosen => state.map_or("", DeliveryState::as_str),
        subscriber => asked.subscriber,
        further,
        hold => hold.map(|hold| (hold.reason, shown(hold.since, visit.site.zone), hold.by_admin)),
    };
    Ok(page(&visit, StatusCode::OK, "deliveries.html", "deliveries", values))
}

pub async fn act(
    Extension(visit): Extension<AdminRequest>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let (store, now) = (visit.store(), visit.now());
    let numbers = form.numbers("delivery");
    let what = match form.one("do") {
        "resend" => {
            // A mail that was sent goes once more only where somebody said so for it.
            let sent_too = form.one("sent_too") == "yes";
            let mut put_back = false;
            for id in &numbers {
                let id = DeliveryId(*id);
                put_back |= store.resend_delivery(id, sent_too, visit.hand(), now).await?;
            }
            if put_back { "delivery-resent" } else { "nothing" }
        }
        "cancel" => {
            let mut taken_out = false;
            for id in &numbers {
                taken_out |= store.cancel_delivery(DeliveryId(*id), visit.hand(), now).await?;
            }
            if taken_out { "delivery-cancelled" } else { "nothing" }
        }
        "hold" => {
            let reason: String = form
                .text("reason")
                .chars()
                .filter(|c| !c.is_control())
                .take(REASON_CHARS)
                .collect();
            let reason = if reason.is_empty() { visit.w().held_by_hand.to_owned() } else { reason };
            let hold = QueueHold { reason, since: now, until: now, by_admin: true };
            store.set_hold(Some(&hold), visit.hand(), now).await?;
            "held"
        }
        "release" => {
            store.set_hold(None, visit.hand(), now).await?;
            "released"
        }
        _ => "nothing",
    };
    Ok(visit.go("deliveries", what))
}
