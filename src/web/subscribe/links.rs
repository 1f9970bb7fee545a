//! The links in mails: to confirm, and to leave. GET shows a form; POST acts at once, without a login, whatever its body
//! (RFC 8058 §3.2).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::confirmation::{CONSENT, in_language};
use super::subscription_form::{PostedFields, told as told_of};
use crate::web::Web;
use crate::web::errors::WebError;
use crate::web::pages::{ConfirmationPage, ask, message, private};
use crate::web::texts::texts;
use bantin_model::SubscriberState;
use bantin_store::ActionChannel;

fn answered(web: &Web, result: Result<Response, WebError>) -> Response {
    result.unwrap_or_else(|error| private(error.answer(&web.site(), web)))
}

pub async fn ask_confirm(State(web): State<Web>, Path(token): Path<String>) -> Response {
    answered(&web, confirm_page(&web, &token, None).await)
}

/// The body is read, up to the limit of forms, so that the client gets to hear our answer.
pub async fn confirm(State(web): State<Web>, Path(token): Path<String>, body: Bytes) -> Response {
    answered(&web, confirm_page(&web, &token, Some(&PostedFields::read(&body))).await)
}

/// `act` is the form that was sent. It says which request was the last that the page showed: one that somebody else makes
/// in the meantime is not confirmed with it.
async fn confirm_page(
    web: &Web,
    token: &str,
    act: Option<&PostedFields>,
) -> Result<Response, WebError> {
    let store = &web.0.store;
    let id = web.0.tokens.read_confirm(token).ok_or(WebError::NotFound)?;
    let subscriber = store.subscriber(id).await.map_err(WebError::Unavailable)?;
    let subscriber = subscriber.ok_or(WebError::NotFound)?;
    let requests = store.requests_of(id).await.map_err(WebError::Unavailable)?;
    let lang = match (subscriber.state, requests.last()) {
        (SubscriberState::Pending, Some(request)) => request.lang,
        _ => subscriber.lang,
    };
    let site = in_language(web, lang);
    let t = texts(site.lang);
    let told = |heading: &str, text: &str| message(web, &site, StatusCode::OK, heading, text);
    let waits = subscriber.state == SubscriberState::Pending;
    let gets = matches!(subscriber.state, SubscriberState::Active | SubscriberState::Paused);
    if !waits && !gets {
        // An old link must not bring back who has left.
        return Ok(message(web, &site, StatusCode::GONE, t.confirm, t.not_yours));
    }
    if gets && requests.is_empty() {
        return Ok(told(t.confirmed, t.confirmed_before));
    }
    if let Some(form) = act {
        let shown = form.one("upto").parse().unwrap_or(i64::MAX);
        let now = web.0.clock.now();
        let confirmed = store.confirm_subscriber(id, shown, CONSENT, now).await;
        // Nothing done: confirmed a moment ago by another press of the button.
        confirmed.map_err(WebError::Unavailable)?;
        // Who once reported a mail of ours as spam has now asked for more.
        let mark = web.0.tokens.address_mark(&subscriber.address);
        store.end_suppression(&mark).await.map_err(WebError::Unavailable)?;
        return Ok(told(t.confirmed, t.confirmed_text));
    }
    let mut list = Vec::new();
    for request in &requests {
        let line = told_of(&request.wanted, store, site.lang).await;
        list.push(line.map_err(WebError::Unavailable)?);
    }
    let upto = requests.last().map(|request| ("upto", request.id.to_string()));
    Ok(ask(
        web,
        &site,
        ConfirmationPage {
            heading: t.confirm,
            what: None,
            list,
            text: t.confirm_text,
            hidden: upto.into_iter().collect(),
            button: t.confirm_button,
        },
    ))
}

pub async fn ask_leave(State(web): State<Web>, Path(token): Path<String>) -> Response {
    answered(&web, leave_page(&web, &token, false).await)
}

pub async fn leave(State(web): State<Web>, Path(token): Path<String>, _: Bytes) -> Response {
    answered(&web, leave_page(&web, &token, true).await)
}

async fn leave_page(web: &Web, token: &str, act: bool) -> Result<Response, WebError> {
    let store = &web.0.store;
    let id = web.0.tokens.read_leave(token).ok_or(WebError::NotFound)?;
    let subscription = store.subscription(id).await.map_err(WebError::Unavailable)?;
    // Ended before: to leave twice is to have left, and says so in the site's language.
    let Some(subscription) = subscription else {
        let site = web.site();
        let t = texts(site.lang);
        return Ok(message(web, &site, StatusCode::OK, t.left, t.left_text));
    };
    let subscriber = store.subscriber(subscription.subscriber).await;
    let subscriber = subscriber.map_err(WebError::Unavailable)?;
    let site = in_language(web, subscriber.map_or(web.site().lang, |found| found.lang));
    let t = texts(site.lang);
    if act {
        let now = web.0.clock.now();
        // False: ended a moment ago, by the mail program's button and the reader's own.
        store.end_subscription(id, ActionChannel::Web, now).await.map_err(WebError::Unavailable)?;
        return Ok(message(web, &site, StatusCode::OK, t.left, t.left_text));
    }
    let mut what = Vec::new();
    for name in &subscription.selection.feeds {
        let feed = store.feed(name).await.map_err(WebError::Unavailable)?;
        what.push(feed.map_or_else(|| name.to_string(), |feed| feed.title));
    }
    what.extend(subscription.selection.queries.iter().cloned());
    let what = what.join(" · ");
    let asking = ConfirmationPage {
        heading: t.leave,
        what: Some(what),
        list: Vec::new(),
        text: t.leave_text,
        hidden: Vec::new(),
        button: t.leave_button,
    };
    Ok(ask(web, &site, asking))
}
