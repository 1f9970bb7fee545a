//! Each subscriber's own page, reached by the link in every digest: change, pause, leave, get one's
//! data, have it erased. The link is the only login, so it can be renewed.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use serde_json::json;

use super::confirmation::in_language;
use super::page::{FormMistakes, choices, received, shown_day, with_origin};
use super::subscribe_words::{SubscribeWords, words};
use super::subscription_form::{
    FormMistake, PostedFields, SubscriptionForm, subscription as understood, told,
};
use crate::web::errors::WebError;
use crate::web::pages::{ConfirmationPage, ask, message, private};
use crate::web::{Site, Web};
use bantin_model::{Lang, Subscriber, SubscriberState, Subscription};
use bantin_store::{ActionChannel, NewSubscription};

/// Deliveries in somebody's own data.
const DELIVERIES: u32 = 10_000;

/// What a press of a button did, for the page that follows.
#[derive(Default)]
struct FormOutcome {
    done: Option<&'static str>,
    /// What is wrong with the form of this subscription (None: with another form), and what was typed.
    wrong: Option<(Option<i64>, Vec<FormMistake>, SubscriptionForm)>,
    until: String,
}

impl FormOutcome {
    fn done(text: &'static str) -> Self {
        FormOutcome { done: Some(text), ..FormOutcome::default() }
    }
}

pub async fn show(State(web): State<Web>, Path(token): Path<String>) -> Response {
    let shown = async {
        let subscriber = whose(&web, &token).await?;
        page(&web, &subscriber, FormOutcome::default()).await
    };
    answered(&web, shown.await)
}

pub async fn act(
    State(web): State<Web>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let acted = async {
        let subscriber = whose(&web, &token).await?;
        let site = in_language(&web, subscriber.lang);
        match received(&web, &site, &headers, body) {
            Ok(body) => carry_out(&web, &site, subscriber, &PostedFields::read(&body)).await,
            Err(answer) => Ok(*answer),
        }
    };
    answered(&web, acted.await)
}

/// Everything that we know of a subscriber, as JSON.
pub async fn export(State(web): State<Web>, Path(token): Path<String>) -> Response {
    let exported = async {
        let subscriber = whose(&web, &token).await?;
        let data = own_data(&web, &subscriber).await.map_err(WebError::Unavailable)?;
        Ok(Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_DISPOSITION, "attachment; filename=\"bantin.json\"")
            .body(Body::from(format!("{data:#}\n")))
            .expect("these headers are ASCII"))
    };
    answered(&web, exported.await)
}

fn answered(web: &Web, result: Result<Response, WebError>) -> Response {
    private(result.unwrap_or_else(|error| error.answer(&web.site(), web)))
}

/// Whose page a token opens. One of an older link is as good as none.
async fn whose(web: &Web, token: &str) -> Result<Subscriber, WebError> {
    let (id, number) = web.0.tokens.read_preferences(token).ok_or(WebError::NotFound)?;
    let subscriber = web.0.store.subscriber(id).await.map_err(WebError::Unavailable)?;
    subscriber.filter(|found| found.link_number == number).ok_or(WebError::NotFound)
}

async fn carry_out(
    web: &Web,
    site: &Site,
    subscriber: Subscriber,
    fields: &PostedFields,
) -> Result<Response, WebError> {
    let (store, now, id) = (&web.0.store, web.0.clock.now(), subscriber.id);
    let t = words(site.lang);
    let after = match fields.one("do") {
        "change" => change(web, t, &subscriber, fields).await,
        "leave" => leave(web, t, &subscriber, fields).await,
        "leave-all" => store
            .remove_subscriber(id, ActionChannel::Web, now)
            .await
            .map(|_| FormOutcome::done(t.left_all)),
        "pause" => pause(web, t, &subscriber, fields).await,
        "resume" => {
            let resumed = store.resume_subscriber(id, ActionChannel::Web, now).await;
            resumed.map(|was| FormOutcome::done(if was { t.resumed } else { t.not_active }))
        }
        "language" => match Lang::from_tag(fields.one("lang")) {
            Some(lang) => store
                .set_subscriber_lang(id, lang)
                .await
                .map(|()| FormOutcome::done(words(lang).saved)),
            None => Ok(FormOutcome::default()),
        },
        "renew" => store
            .renew_link(id, ActionChannel::Web, now)
            .await
            .map(|_| FormOutcome::done(t.renewed)),
        "erase" => {
            let asking = ConfirmationPage {
                heading: t.erase,
                what: None,
                list: Vec::new(),
                text: t.erase_text,
                hidden: vec![("do", "erase-for-good".to_owned())],
                button: t.erase_button,
            };
            return Ok(with_origin(ask(web, site, asking)));
        }
        "erase-for-good" => {
            store
                .erase_subscriber(id, ActionChannel::Web, now)
                .await
                .map_err(WebError::Unavailable)?;
            return Ok(message(web, site, StatusCode::OK, t.erased, t.erased_text));
        }
        _ => Ok(FormOutcome::default()),
    };
    let after = after.map_err(WebError::Unavailable)?;
    // As it is now; gone when it was erased in another window meanwhile.
    let subscriber = store.subscriber(id).await.map_err(WebError::Unavailable)?;
    page(web, &subscriber.ok_or(WebError::NotFound)?, after).await
}

/// The subscription that a form names, if it is the subscriber's own.
async fn named(
    web: &Web,
    subscriber: &Subscriber,
    fields: &PostedFields,
) -> anyhow::Result<Option<Subscription>> {
    let Ok(id) = fields.one("subscription").parse::<i64>() else { return Ok(None) };
    let theirs = web.0.store.subscriptions_of(subscriber.id).await?;
    Ok(theirs.into_iter().find(|subscription| subscription.id.0 == id))
}

async fn change(
    web: &Web,
    t: &'static SubscribeWords,
    subscriber: &Subscriber,
    fields: &PostedFields,
) -> anyhow::Result<FormOutcome> {
    let (store, now) = (&web.0.store, web.0.clock.now());
    let Some(kept) = named(web, subscriber, fields).await? else {
        return Ok(FormOutcome::done(t.not_active));
    };
    let wish = SubscriptionForm::of_form(fields).in_zone_of(&web.site());
    match understood(&wish, Some(&kept), store, subscriber.lang, now).await? {
        Ok((wanted, next_at)) => {
            let changed = store
                .change_subscription(kept.id, &wanted, next_at, ActionChannel::Web, now)
                .await?;
            Ok(FormOutcome::done(if changed { t.saved } else { t.same_as_other }))
        }
        Err(mistakes) => Ok(FormOutcome {
            wrong: Some((Some(kept.id.0), mistakes, wish)),
            ..FormOutcome::default()
        }),
    }
}

async fn leave(
    web: &Web,
    t: &'static SubscribeWords,
    subscriber: &Subscriber,
    fields: &PostedFields,
) -> anyhow::Result<FormOutcome> {
    if let Some(theirs) = named(web, subscriber, fields).await? {
        // False: ended a moment ago by another press of the button.
        web.0.store.end_subscription(theirs.id, ActionChannel::Web, web.0.clock.now()).await?;
    }
    Ok(FormOutcome::done(t.left_one))
}

async fn pause(
    web: &Web,
    t: &'static SubscribeWords,
    subscriber: &Subscriber,
    fields: &PostedFields,
) -> anyhow::Result<FormOutcome> {
    let (store, now) = (&web.0.store, web.0.clock.now());
    let typed = fields.one("until");
    let until = match read_until(typed, now, web.site().zone) {
        Some(until) => until,
        None => {
            let mistakes = vec![FormMistake::new("until", t.bad_until)];
            let wrong = Some((None, mistakes, SubscriptionForm::default()));
            return Ok(FormOutcome { wrong, until: typed.to_owned(), done: None });
        }
    };
    let paused = store.pause_subscriber(subscriber.id, until, ActionChannel::Web, now).await?;
    Ok(FormOutcome::done(if paused { t.now_paused } else { t.not_active }))
}

/// The beginning of a day after today and within a year, in the site's zone.
fn read_until(typed: &str, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let day = NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok()?;
    let today = now.with_timezone(&zone).date_naive();
    let fits = day > today && day <= today.checked_add_days(Days::new(366))? && day.year() < 10_000;
    let midnight = day.and_hms_opt(0, 0, 0)?;
    fits.then(|| zone.from_local_datetime(&midnight).earliest()).flatten().map(|at| at.to_utc())
}

async fn page(
    web: &Web,
    subscriber: &Subscriber,
    after: FormOutcome,
) -> Result<Response, WebError> {
    render(web, subscriber, after).await.map_err(WebError::Unavailable)
}

async fn render(
    web: &Web,
    subscriber: &Subscriber,
    after: FormOutcome,
) -> anyhow::Result<Response> {
    #[derive(Serialize)]
    struct SubscriptionView {
        id: i64,
        prefix: String,
        told: String,
        wish: SubscriptionForm,
        wrong: FormMistakes,
    }
    let site = in_language(web, subscriber.lang);
    let store = &web.0.store;
    let (whose_form, mistakes, typed) =
        after.wrong.unwrap_or((None, Vec::new(), SubscriptionForm::default()));
    let (mut subscriptions, mut chosen) = (Vec::new(), Vec::new());
    for subscription in store.subscriptions_of(subscriber.id).await? {
        chosen.extend(subscription.selection.feeds.iter().cloned());
        let is_wrong = whose_form == Some(subscription.id.0);
        subscriptions.push(SubscriptionView {
            id: subscription.id.0,
            prefix: prefix(subscription.id.0),
            told: told(&wanted_of(&subscription), store, site.lang).await?,
            wish: if is_wrong {
                typed.clone()
            } else {
                SubscriptionForm::of_subscription(&subscription).in_zone_of(&web.site())
            },
            wrong: if is_wrong { FormMistakes::of(&mistakes) } else { FormMistakes::default() },
        });
    }
    let is_paused = subscriber.state == SubscriberState::Paused;
    let token = web.0.tokens.preferences(subscriber);
    let wrong_until = mistakes.iter().find(|mistake| mistake.field == "until").cloned();
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let values = context! {
        own => format!("{}preferences/{token}", site.public_url.path()),
        address => subscriber.address.clone(),
        subscriptions => Value::from(Serde(subscriptions)),
        prefix => whose_form.map_or_else(String::new, prefix),
        mistakes => Value::from(Serde(mistakes)),
        wrong_until => Value::from(Serde(wrong_until)),
        until => after.until,
        done => after.done,
        is_paused,
        paused_until => subscriber.paused_until.map(|at| shown_day(at, web.site().zone)),
        ..choices(web, &site, &chosen).await?
    };
    Ok(with_origin(private(web.page(status, "preferences.html", values))))
}

/// Sets the fields of one form apart from those of the others.
fn prefix(subscription: i64) -> String {
    format!("s{subscription}-")
}

fn wanted_of(subscription: &Subscription) -> NewSubscription {
    NewSubscription {
        selection: subscription.selection.clone(),
        cadence: subscription.cadence.clone(),
        when_empty: subscription.when_empty,
    }
}

async fn own_data(web: &Web, subscriber: &Subscriber) -> anyhow::Result<serde_json::Value> {
    let store = &web.0.store;
    let mut subscriptions = Vec::new();
    for subscription in store.subscriptions_of(subscriber.id).await? {
        subscriptions.push(json!({
            "wanted": subscription.selection,
            "when": told(&wanted_of(&subscription), store, subscriber.lang).await?,
            "when_empty": subscription.when_empty,
            "next": subscription.next_at.to_rfc3339(),
        }));
    }
    let requests = store.requests_of(subscriber.id).await?;
    let filter =
        bantin_store::DeliveryFilter { subscriber: Some(subscriber.id), ..Default::default() };
    let mails = store.list_deliveries(&filter, DELIVERIES).await?;
    let log = store.audit_of(&subscriber.address).await?;
    Ok(json!({
        "address": subscriber.address,
        "name": subscriber.name,
        "group": subscriber.group,
        "lang": subscriber.lang.tag(),
        "state": subscriber.state.as_str(),
        "since": subscriber.created_at.to_rfc3339(),
        "confirmed": subscriber.confirmed_at.map(|at| at.to_rfc3339()),
        "paused_until": subscriber.paused_until.map(|at| at.to_rfc3339()),
        "subscriptions": subscriptions,
        "asked_for": requests.iter().map(|request| json!({
            "wanted": request.wanted.selection,
            "at": request.asked_at.to_rfc3339(),
        })).collect::<Vec<_>>(),
        "mails": mails.iter().map(|mail| json!({
            "at": mail.changed_at.to_rfc3339(),
            "subject": mail.subject,
            "state": mail.delivery.state.as_str(),
        })).collect::<Vec<_>>(),
        "log": log.iter().map(|entry| json!({
            "at": entry.at.to_rfc3339(),
            "what": entry.what,
            "detail": entry.detail,
            "by": entry.by.as_str(),
        })).collect::<Vec<_>>(),
    }))
}
