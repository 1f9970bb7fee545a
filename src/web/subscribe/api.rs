//! Subscribing for programs: the same as the page, with errors as RFC 9457 problem documents.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::error;

use super::clients::{Client, Peer, is_from_us};
use super::page::{SignUpRefusal, ask, retry_after, understood};
use super::subscribe_words::words;
use super::subscription_form::{FormMistake, PostedFields, SubscriptionForm};
use crate::web::Web;
use crate::web::pages::private;
use bantin_store::ActionChannel;

pub async fn subscribe(
    State(web): State<Web>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let begun = Instant::now();
    let site = web.site();
    let t = words(site.lang);
    let sign_up = match web.settings().sign_up.clone() {
        Some(sign_up) if sign_up.open => sign_up,
        _ => return problem(StatusCode::FORBIDDEN, t.closed_text, &[]),
    };
    if !is_from_us(&headers, &site.public_url) {
        return problem(StatusCode::FORBIDDEN, t.not_from_us, &[]);
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => return problem(error.status(), t.too_large, &[]),
    };
    let wish = match read(&headers, &body) {
        Ok(wish) => wish.in_zone_of(&site),
        Err((status, detail)) => return problem(status, &detail, &[]),
    };
    let client = Client::of(peer.map(|Extension(peer)| peer));
    let asked = match understood(&web, &wish, site.lang).await {
        Ok(Ok((person, wanted))) => {
            ask(&web, &sign_up, &person, &wanted, client, ActionChannel::Api, begun).await
        }
        Ok(Err(mistakes)) => return problem(StatusCode::BAD_REQUEST, t.errors, &mistakes),
        Err(error) => Err(SignUpRefusal::Unavailable(error)),
    };
    match asked {
        Ok(()) => {
            let body = json!({ "status": "asked", "detail": t.sent_text });
            respond(StatusCode::ACCEPTED, "application/json", &body)
        }
        Err(SignUpRefusal::TooMany(wait)) => {
            let mut answer = problem(StatusCode::TOO_MANY_REQUESTS, t.too_many_text, &[]);
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after(wait));
            answer
        }
        Err(SignUpRefusal::Unavailable(error)) => {
            error!("A request to subscribe could not be served: {error:#}");
            problem(StatusCode::SERVICE_UNAVAILABLE, "try again in a few minutes", &[])
        }
    }
}

/// JSON or a form, by Content-Type.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<SubscriptionForm, (StatusCode, String)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return serde_json::from_slice(body).map_err(|error| {
            // serde repeats names of fields that it does not know, which may be anything.
            let detail = format!(
                "the body is not the JSON object that belongs here (line {}, column {})",
                error.line(),
                error.column()
            );
            (StatusCode::BAD_REQUEST, detail)
        });
    }
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let (mut wish, usual) =
            (SubscriptionForm::of_form(&PostedFields::read(body)), SubscriptionForm::default());
        // What a program leaves out has its default; a form of ours leaves nothing out.
        for (given, usual) in
            [(&mut wish.when, usual.when), (&mut wish.day, usual.day), (&mut wish.zone, usual.zone)]
        {
            if given.is_empty() {
                *given = usual;
            }
        }
        if wish.times.is_empty() {
            wish.times = usual.times;
        }
        return Ok(wish);
    }
    let detail = "send application/json or application/x-www-form-urlencoded";
    Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, detail.to_owned()))
}

/// RFC 9457; a type of about:blank says that the status is all there is to know, `errors` names the fields.
fn problem(status: StatusCode, detail: &str, mistakes: &[FormMistake]) -> Response {
    let mut document = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
    });
    if !mistakes.is_empty() {
        document["errors"] = mistakes
            .iter()
            .map(|mistake| {
                let mut error =
                    json!({ "pointer": format!("#/{}", mistake.field), "detail": mistake.message });
                if let Some((before, ..)) = &mistake.place {
                    error["column"] = json!(before.chars().count() + 1);
                }
                if let Some(why) = &mistake.why {
                    error["why"] = json!(why);
                }
                error
            })
            .collect();
    }
    respond(status, "application/problem+json", &document)
}

fn respond(status: StatusCode, kind: &'static str, document: &Value) -> Response {
    private(
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(format!("{document}\n")))
            .expect("these headers are ASCII"),
    )
}
