//! Confirming and leaving. GET shows a form and changes nothing (P9): link scanners in mail servers open every link, and
//! unsubscribed whole offices elsewhere. POST acts at once, without a login, whatever its body (RFC 8058 §3.2).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::errors::WebError;
use super::pages::{ask, message, private};
use super::texts::texts;
use super::{Site, Web};
use crate::model::{Lang, SubscriberState};

/// The settings with the language of the person who opened the link.
fn in_language(web: &Web, lang: Lang) -> Site {
    Site { lang, ..(*web.site()).clone() }
}

fn answered(web: &Web, result: Result<Response, WebError>) -> Response {
    result.unwrap_or_else(|error| private(error.answer(&web.site(), web)))
}

pub async fn ask_confirm(State(web): State<Web>, Path(token): Path<String>) -> Response {
    answered(&web, confirm_page(&web, &token, false).await)
}

/// The body is read, up to the limit of forms, so that the client gets to hear our answer.
pub async fn confirm(State(web): State<Web>, Path(token): Path<String>, _: Bytes) -> Response {
    answered(&web, confirm_page(&web, &token, true).await)
}

async fn confirm_page(web: &Web, token: &str, act: bool) -> Result<Response, WebError> {
    let store = &web.0.store;
    let id = web.0.tokens.read_confirm(token).ok_or(WebError::NotFound)?;
    let subscriber = store.subscriber(id).await.map_err(WebError::Unavailable)?;
    let subscriber = subscriber.ok_or(WebError::NotFound)?;
    let site = in_language(web, subscriber.lang);
    let t = texts(site.lang);
    let told = |heading: &str, text: &str| message(web, &site, StatusCode::OK, heading, text);
    Ok(match subscriber.state {
        SubscriberState::Pending if act => {
            let now = web.0.clock.now();
            store.confirm_subscriber(id, i64::MAX, "", now).await.map_err(WebError::Unavailable)?;
            // Who once called a mail of ours spam has now asked for more.
            let mark = web.0.tokens.address_mark(&subscriber.address);
            store.end_suppression(&mark).await.map_err(WebError::Unavailable)?;
            // False: confirmed a moment ago by another press of the button.
            told(t.confirmed, t.confirmed_text)
        }
        SubscriberState::Pending => {
            ask(web, &site, t.confirm, None, t.confirm_text, t.confirm_button)
        }
        SubscriberState::Active => told(t.confirmed, t.confirmed_before),
        // An old link must not bring back who has left.
        SubscriberState::Left | SubscriberState::Paused | SubscriberState::Bouncing => {
            message(web, &site, StatusCode::GONE, t.confirm, t.not_yours)
        }
    })
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
        store
            .end_subscription(id, crate::store::By::Web, now)
            .await
            .map_err(WebError::Unavailable)?;
        return Ok(message(web, &site, StatusCode::OK, t.left, t.left_text));
    }
    let mut what = Vec::new();
    for name in &subscription.selection.feeds {
        let feed = store.feed(name).await.map_err(WebError::Unavailable)?;
        what.push(feed.map_or_else(|| name.to_string(), |feed| feed.title));
    }
    what.extend(subscription.selection.queries.iter().cloned());
    let what = what.join(" · ");
    Ok(ask(web, &site, t.leave, Some(&what), t.leave_text, t.leave_button))
}
