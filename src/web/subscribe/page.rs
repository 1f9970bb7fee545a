//! The page to subscribe: a form, a preview, and the same answer for every address.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use std::sync::LazyLock;
use tokio::time::{Instant, sleep_until};

use super::cadence::DAYS;
use super::clients::{Client, Peer, is_from_us};
use super::confirmation::{CONSENT, confirmation_mail};
use super::preview::{SelectionPreview, preview};
use super::subscribe_words::{SubscribeWords, words};
use super::subscription_form::{
    FormMistake, PostedFields, SubscriberFields, SubscriptionForm, person, selection, subscription,
};
use crate::web::Web;
use crate::web::encoded_document::value;
use crate::web::errors::WebError;
use crate::web::pages::{message, private, shared};
use crate::web::settings::{SignUpSettings, Site};
use bantin_model::limits::SUBSCRIBE_ANSWER;
use bantin_model::{FeedName, Lang};
use bantin_store::{ActionChannel, NewSubscription};

/// `?query=` and `?feeds=` fill the form in beforehand: for links that say "mail me this".
pub async fn form(State(web): State<Web>, RawQuery(query): RawQuery) -> Response {
    let site = web.site();
    let result = match &web.settings().sign_up {
        Some(sign_up) if sign_up.open => {
            let asked = PostedFields::read(query.unwrap_or_default().as_bytes());
            let asked = SubscriptionForm::of_form(&asked);
            let lang = site.lang.tag().to_owned();
            let wish = SubscriptionForm {
                feeds: asked.feeds,
                query: asked.query,
                lang,
                ..SubscriptionForm::default()
            }
            .in_zone_of(&site);
            page(&web, &site, &wish, &[], None).await
        }
        _ => Ok(closed(&web, &site)),
    };
    result.unwrap_or_else(|error| WebError::Unavailable(error).answer(&site, &web))
}

pub async fn post(
    State(web): State<Web>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let site = web.site();
    let t = words(site.lang);
    let sign_up = match web.settings().sign_up.clone() {
        Some(sign_up) if sign_up.open => sign_up,
        _ => return closed(&web, &site),
    };
    let body = match received(&web, &site, &headers, body) {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let fields = PostedFields::read(&body);
    let client = Client::of(peer.map(|Extension(peer)| peer));
    let begun = Instant::now();
    let result = match fields.one("do") {
        "preview" => show(&web, &site, &fields, client).await,
        _ => take(&web, &site, &sign_up, &fields, client, begun).await,
    };
    match result {
        Ok(answer) => answer,
        Err(SignUpRefusal::TooMany(wait)) => too_many(&web, &site, t, wait),
        Err(SignUpRefusal::Unavailable(error)) => WebError::Unavailable(error).answer(&site, &web),
    }
}

/// Why a request is not carried out, besides its own mistakes.
pub enum SignUpRefusal {
    /// No more of them for so long.
    TooMany(TimeDelta),
    Unavailable(anyhow::Error),
}

impl From<anyhow::Error> for SignUpRefusal {
    fn from(error: anyhow::Error) -> Self {
        SignUpRefusal::Unavailable(error)
    }
}

/// The body of a form that a page of ours sent; or the answer to anything else.
pub fn received(
    web: &Web,
    site: &Site,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Bytes, Box<Response>> {
    let t = words(site.lang);
    if !is_from_us(headers, &site.public_url) {
        let (heading, text) = (t.not_from_us, t.not_from_us_text);
        return Err(Box::new(message(web, site, StatusCode::FORBIDDEN, heading, text)));
    }
    body.map_err(|error| {
        Box::new(message(web, site, error.status(), t.too_large, t.too_large_text))
    })
}

pub fn too_many(web: &Web, site: &Site, t: &SubscribeWords, wait: TimeDelta) -> Response {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut answer = message(web, site, status, t.too_many, t.too_many_text);
    answer.headers_mut().insert(header::RETRY_AFTER, retry_after(wait));
    answer
}

pub fn retry_after(wait: TimeDelta) -> axum::http::HeaderValue {
    axum::http::HeaderValue::from(wait.num_seconds() + 1)
}

fn closed(web: &Web, site: &Site) -> Response {
    let t = words(site.lang);
    message(web, site, StatusCode::OK, t.closed, t.closed_text)
}

async fn show(
    web: &Web,
    site: &Site,
    fields: &PostedFields,
    client: Client,
) -> Result<Response, SignUpRefusal> {
    let wish = SubscriptionForm::of_form(fields).in_zone_of(site);
    let (store, now) = (&web.0.store, web.0.clock.now());
    web.0.previews.take(client, now).map_err(SignUpRefusal::TooMany)?;
    let looked = match selection(&wish, None, store, words(site.lang)).await? {
        Ok(selection) => {
            // One at a time: each holds a month of items in memory.
            let _alone = web.0.previewing.lock().await;
            Ok(preview(&selection, store, now, site.zone).await?)
        }
        Err(mistakes) => Err(mistakes),
    };
    Ok(match looked {
        Ok(preview) => page(web, site, &wish, &[], Some(preview)).await?,
        Err(mistakes) => page(web, site, &wish, &mistakes, None).await?,
    })
}

async fn take(
    web: &Web,
    site: &Site,
    sign_up: &SignUpSettings,
    fields: &PostedFields,
    client: Client,
    begun: Instant,
) -> Result<Response, SignUpRefusal> {
    let t = words(site.lang);
    let sent = || message(web, site, StatusCode::OK, t.sent, t.sent_text);
    // People do not see this field. A program that fills it in gets the usual answer.
    if !fields.one("website").is_empty() {
        sleep_until(begun + SUBSCRIBE_ANSWER).await;
        return Ok(sent());
    }
    let wish = SubscriptionForm::of_form(fields).in_zone_of(site);
    match understood(web, &wish, site.lang).await? {
        Ok((person, wanted)) => {
            ask(web, sign_up, &person, &wanted, client, ActionChannel::Web, begun).await?;
            Ok(sent())
        }
        Err(mistakes) => Ok(page(web, site, &wish, &mistakes, None).await?),
    }
}

/// Everything that a wish says, checked. The time it is first due is found when it is confirmed.
pub async fn understood(
    web: &Web,
    wish: &SubscriptionForm,
    lang: Lang,
) -> anyhow::Result<Result<(SubscriberFields, NewSubscription), Vec<FormMistake>>> {
    let (store, now) = (&web.0.store, web.0.clock.now());
    let wanted = subscription(wish, None, store, lang, now).await?;
    Ok(match (person(wish, lang, words(lang)), wanted) {
        (Ok(person), Ok((wanted, _))) => Ok((person, wanted)),
        (person, wanted) => {
            let mistakes = person.err().into_iter().chain(wanted.err()).flatten();
            Err(mistakes.collect())
        }
    })
}

/// Keeps the request and has the mail sent that asks to confirm; what is answered, and when, says nothing of the address.
pub async fn ask(
    web: &Web,
    sign_up: &SignUpSettings,
    person: &SubscriberFields,
    wanted: &NewSubscription,
    client: Client,
    by: ActionChannel,
    begun: Instant,
) -> Result<(), SignUpRefusal> {
    let now = web.0.clock.now();
    web.0.subscribes.take(client, now).map_err(SignUpRefusal::TooMany)?;
    let letter = confirmation_mail(web, &sign_up.mailer, person.lang)?;
    let message_id = sign_up.mailer.new_message_id();
    let (address, name) = (person.address.as_str(), person.name.as_deref());
    let letter = (&letter, message_id.as_str());
    let store = &web.0.store;
    store.ask_subscription(address, name, person.lang, wanted, letter, (by, CONSENT), now).await?;
    sleep_until(begun + SUBSCRIBE_ANSWER).await;
    Ok(())
}

async fn page(
    web: &Web,
    site: &Site,
    wish: &SubscriptionForm,
    mistakes: &[FormMistake],
    preview: Option<SelectionPreview>,
) -> anyhow::Result<Response> {
    let values = context! {
        wish => Value::from(Serde(wish.clone())),
        mistakes => Value::from(Serde(mistakes.to_vec())),
        wrong => Value::from(Serde(FormMistakes::of(mistakes))),
        preview => Value::from(Serde(preview)),
        ..choices(web, site, &[]).await?
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    Ok(with_origin(private(web.page(status, "subscribe.html", values))))
}

/// Lets browsers send the origin of a form. With `no-referrer` they leave out Origin too, and older
/// ones send nothing else.
pub fn with_origin(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::REFERRER_POLICY, value("same-origin"));
    answer
}

/// What the fields of a subscription offer: the public feeds, and what is chosen already.
pub async fn choices(web: &Web, site: &Site, chosen: &[FeedName]) -> anyhow::Result<Value> {
    #[derive(Serialize)]
    struct FeedOption {
        name: String,
        title: String,
        description: String,
    }
    let feeds: Vec<FeedOption> = web
        .0
        .store
        .feeds()
        .await?
        .into_iter()
        .filter(|feed| !feed.private || chosen.contains(&feed.name))
        .map(|feed| FeedOption {
            name: feed.name.to_string(),
            title: feed.title,
            description: feed.description,
        })
        .collect();
    let t = words(site.lang);
    let days: Vec<_> = DAYS.iter().map(|day| (*day, t.day_name(day))).collect();
    Ok(context! {
        w => Value::from(Serde(t)),
        feeds => Value::from(Serde(feeds)),
        days => Value::from(Serde(days)),
        zones => Value::from(Serde(&*ZONES)),
        ..shared(site)
    })
}

#[derive(Serialize)]
struct ZoneOptions {
    usual: &'static [&'static str],
    others: Vec<&'static str>,
}

/// Where most readers are, then the places of the world. Names without a place in them (EST, GMT+7) are not offered.
static ZONES: LazyLock<ZoneOptions> = LazyLock::new(|| ZoneOptions {
    usual: USUAL,
    others: chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| {
            let places = [
                "Africa/",
                "America/",
                "Antarctica/",
                "Asia/",
                "Atlantic/",
                "Australia/",
                "Europe/",
                "Indian/",
                "Pacific/",
            ];
            places.iter().any(|place| name.starts_with(place)) && !USUAL.contains(name)
        })
        .collect(),
});

const USUAL: &[&str] = &[
    "Asia/Ho_Chi_Minh",
    "Asia/Bangkok",
    "Asia/Vientiane",
    "Asia/Phnom_Penh",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Sydney",
    "Europe/Moscow",
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "UTC",
];

/// Mistakes by field.
#[derive(Debug, Default, Serialize)]
pub struct FormMistakes {
    address: Option<FormMistake>,
    name: Option<FormMistake>,
    feeds: Option<FormMistake>,
    query: Option<FormMistake>,
    when: Option<FormMistake>,
    times: Option<FormMistake>,
    day: Option<FormMistake>,
    zone: Option<FormMistake>,
    lang: Option<FormMistake>,
}

impl FormMistakes {
    pub fn of(mistakes: &[FormMistake]) -> Self {
        let first = |field| mistakes.iter().find(|mistake| mistake.field == field).cloned();
        FormMistakes {
            address: first("address"),
            name: first("name"),
            feeds: first("feeds"),
            query: first("query"),
            when: first("when"),
            times: first("times"),
            day: first("day"),
            zone: first("zone"),
            lang: first("lang"),
        }
    }
}

/// `DD/MM/YYYY` in the site's zone.
pub fn shown_day(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%d/%m/%Y").to_string()
}
