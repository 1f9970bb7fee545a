//! Subscribers: finding them, seeing what one gets, pausing, removing, groups. Search terms are
//! posted, so that no mail address appears in a URL or in the log of a proxy.

use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use chrono::{NaiveDate, NaiveTime};
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use super::access::{AdminRequest, HandlerError, PageResult};
use super::admin_words::{done, event, subscriber};
use super::deliveries;
use super::form::PostedForm;
use super::overview::DoneParams;
use super::pages::{number, page, shown};
use bantin_model::limits::{ADMIN_PAGE, NAME_CHARS};
use bantin_model::{Subscriber, SubscriberId, SubscriberState, Subscription};
use bantin_store::{DeliveriesBy, SubscribersBy};

#[derive(Deserialize, Default)]
pub struct PeopleParams {
    #[serde(default)]
    state: String,
    #[serde(default)]
    group: String,
    after: Option<i64>,
}

#[derive(Serialize)]
struct SubscriberView {
    id: i64,
    address: String,
    name: String,
    group: String,
    state: &'static str,
    told: &'static str,
    since: String,
    until: String,
}

fn line(visit: &AdminRequest, one: &Subscriber) -> SubscriberView {
    SubscriberView {
        id: one.id.0,
        address: one.address.clone(),
        name: one.name.clone().unwrap_or_default(),
        group: one.group.clone().unwrap_or_default(),
        state: one.state.as_str(),
        told: subscriber(one.state, visit.site.lang),
        since: shown(one.created_at, visit.site.zone),
        until: one.paused_until.map(|at| shown(at, visit.site.zone)).unwrap_or_default(),
    }
}

pub async fn list(
    Extension(visit): Extension<AdminRequest>,
    asked: Query<PeopleParams>,
) -> PageResult {
    found(&visit, asked.0, "").await
}

pub async fn search(
    Extension(visit): Extension<AdminRequest>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let after = form.numbers("after").first().copied();
    let asked = PeopleParams { state: form.text("state"), group: form.text("group"), after };
    let text: String = form.text("text").chars().take(254).collect();
    found(&visit, asked, &text).await
}

async fn found(visit: &AdminRequest, asked: PeopleParams, text: &str) -> PageResult {
    let (store, lang) = (visit.store(), visit.site.lang);
    let by = SubscribersBy {
        text: text.to_owned(),
        state: SubscriberState::named(&asked.state),
        group: Some(asked.group.clone()).filter(|group| !group.is_empty()),
        after: asked.after.map(SubscriberId),
    };
    let people = store.find_subscribers(&by, ADMIN_PAGE).await?;
    let further = (people.len() >= usize::try_from(ADMIN_PAGE).unwrap_or(usize::MAX))
        .then(|| people.last().map(|one| one.id.0))
        .flatten();
    let lines: Vec<SubscriberView> = people.iter().map(|one| line(visit, one)).collect();
    let counts = store.subscriber_counts().await?;
    let states: Vec<(&str, &str, String)> = counts
        .into_iter()
        .map(|(state, n)| (state.as_str(), subscriber(state, lang), number(n, lang)))
        .collect();
    let values = context! {
        lines => Value::from(Serde(lines)),
        states => Value::from(Serde(states)),
        groups => Value::from(Serde(store.groups().await?)),
        state => asked.state, group => asked.group, text, further,
    };
    Ok(page(visit, StatusCode::OK, "people.html", "people", values))
}

async fn known(visit: &AdminRequest, id: &str) -> Result<Subscriber, HandlerError> {
    let id: i64 = id.parse().map_err(|_| HandlerError::NotFound)?;
    visit.store().subscriber(SubscriberId(id)).await?.ok_or(HandlerError::NotFound)
}

pub async fn show(
    Extension(visit): Extension<AdminRequest>,
    Path(id): Path<String>,
    told: Query<DoneParams>,
) -> PageResult {
    let one = known(&visit, &id).await?;
    let (store, lang) = (visit.store(), visit.site.lang);
    let subscriptions = store.subscriptions_of(one.id).await?;
    let subscriptions: Vec<(i64, String, String, String)> = subscriptions
        .iter()
        .map(|subscription| {
            let (what, when) = (what(subscription), subscription.cadence.describe(lang));
            (subscription.id.0, what, when, shown(subscription.next_at, visit.site.zone))
        })
        .collect();
    let by = DeliveriesBy { subscriber: Some(one.id), ..DeliveriesBy::default() };
    let deliveries = store.find_deliveries(&by, 10).await?;
    let deliveries: Vec<_> =
        deliveries.iter().map(|listed| deliveries::line(&visit, listed)).collect();
    let entries = store.audit_of(&one.address).await?;
    let entries: Vec<(String, String, &str, String)> = entries
        .into_iter()
        .rev()
        .take(20)
        .map(|entry| {
            (
                shown(entry.at, visit.site.zone),
                event(&entry.what, lang),
                entry.by.as_str(),
                entry.detail,
            )
        })
        .collect();
    let values = context! {
        done => done(&told.done, lang),
        one => Value::from(Serde(line(&visit, &one))),
        language => one.lang.tag(),
        confirmed => one.confirmed_at.map(|at| shown(at, visit.site.zone)),
        subscriptions => Value::from(Serde(subscriptions)),
        deliveries => Value::from(Serde(deliveries)),
        entries => Value::from(Serde(entries)),
    };
    Ok(page(&visit, StatusCode::OK, "person.html", "people", values))
}

/// Feeds and queries, as the subscriber chose them.
fn what(subscription: &Subscription) -> String {
    let selection = &subscription.selection;
    let feeds = selection.feeds.iter().map(|name| name.to_string());
    let queries = selection.queries.iter().map(|query| format!("\u{201c}{query}\u{201d}"));
    feeds.chain(queries).collect::<Vec<_>>().join(", ")
}

pub async fn act(
    Extension(visit): Extension<AdminRequest>,
    Path(id): Path<String>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let one = known(&visit, &id).await?;
    let (store, now) = (visit.store(), visit.now());
    let below = format!("subscribers/{}", one.id);
    let what = match form.one("do") {
        "pause" => {
            let day = NaiveDate::parse_from_str(form.one("until"), "%Y-%m-%d").ok();
            let until = day.and_then(|day| {
                day.and_time(NaiveTime::MIN).and_local_timezone(visit.site.zone).earliest()
            });
            match until.map(|at| at.to_utc()).filter(|at| *at > now) {
                Some(until) if store.pause_subscriber(one.id, until, visit.hand(), now).await? => {
                    "subscriber-paused"
                }
                Some(_) => "nothing",
                None => "no-day",
            }
        }
        "resume" if store.resume_subscriber(one.id, visit.hand(), now).await? => {
            "subscriber-resumed"
        }
        "remove" if form.one("sure") != "yes" => "unsure",
        "remove" if store.remove_subscriber(one.id, visit.hand(), now).await? => {
            "subscriber-removed"
        }
        "forgive" if store.forget_bounces(one.id, now).await? => "bounces-forgotten",
        "group" => {
            let group: String =
                form.text("group").chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
            store.set_group(one.id, Some(group.as_str()).filter(|g| !g.is_empty())).await?;
            "group-set"
        }
        _ => "nothing",
    };
    if matches!(what, "bounces-forgotten" | "group-set") {
        let detail = format!("subscriber {}", one.id);
        store.log_admin(Some(visit.who()), what, &detail, now).await?;
    }
    Ok(visit.go(&below, what))
}
