//! Sources with their health, and polling one at once.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::auth::must_have;
use super::{ApiError, ApiResult, CacheScope, RequestParams, read};
use crate::web::Web;
use crate::web::pages::private;
use bantin_model::{ManagedBy, Pace, SourceId};
use bantin_store::{ActionChannel, AuditEntry, SourceFigures, TokenScope};

pub async fn list(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Read).await?;
    RequestParams::read(query.as_deref(), &[])?;
    let sources = web.0.store.source_figures().await?;
    let sources: Vec<Value> = sources.iter().map(described).collect();
    Ok(read(&asked, &json!({ "sources": sources }), CacheScope::Privately, None))
}

pub async fn one(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Read).await?;
    RequestParams::read(query.as_deref(), &[])?;
    let sources = web.0.store.source_figures().await?;
    let source = sources.iter().find(|source| source.state.source.id.as_str() == id);
    Ok(read(&asked, &described(source.ok_or(ApiError::NotFound)?), CacheScope::Privately, None))
}

/// Makes a source due; the daemon takes it within a second or two.
pub async fn poll(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    let token = must_have(&web, &asked, TokenScope::Admin).await?;
    RequestParams::read(query.as_deref(), &[])?;
    let id = SourceId::parse(&id).map_err(|_| ApiError::NotFound)?;
    let (store, now) = (&web.0.store, web.0.clock.now());
    if store.source(&id).await?.is_some_and(|state| state.paused) {
        return Err(ApiError::Conflict("the source is paused: resume it first"));
    }
    if !store.poll_now(&id, now).await? {
        return Err(ApiError::NotFound);
    }
    let entry = AuditEntry {
        at: now,
        what: "source-polled".into(),
        subscriber: None,
        detail: format!("{id}, by the token {}", token.name),
        by: ActionChannel::Api,
    };
    store.record_audit(&entry).await?;
    let document = json!({ "status": "due", "source": id.as_str() });
    Ok(private(json_answer(StatusCode::ACCEPTED, &document)))
}

/// Pauses a source. Repeating the request gives the same answer.
pub async fn pause(
    web: State<Web>,
    id: Path<String>,
    query: RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    set_paused(web, id, query, asked, true).await
}

pub async fn resume(
    web: State<Web>,
    id: Path<String>,
    query: RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    set_paused(web, id, query, asked, false).await
}

async fn set_paused(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
    pause: bool,
) -> ApiResult {
    let token = must_have(&web, &asked, TokenScope::Admin).await?;
    RequestParams::read(query.as_deref(), &[])?;
    let id = SourceId::parse(&id).map_err(|_| ApiError::NotFound)?;
    let who = format!("the token {}", token.name);
    web.0.store.pause_source(&id, pause, &who, ActionChannel::Api, web.0.clock.now()).await?;
    let sources = web.0.store.source_figures().await?;
    let source = sources.iter().find(|source| source.state.source.id == id);
    let document = described(source.ok_or(ApiError::NotFound)?);
    Ok(private(json_answer(StatusCode::OK, &document)))
}

fn json_answer(status: StatusCode, document: &Value) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(format!("{document}\n")))
        .expect("these headers are ASCII")
}

fn described(figures: &SourceFigures) -> Value {
    let state = &figures.state;
    let (source, health) = (&state.source, &state.health);
    // A user name and a password in the address are not published.
    let mut url = source.url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let schedule = match &source.pace {
        Pace::Adaptive => "adaptive",
        Pace::Cron(schedule) => schedule.as_str(),
    };
    json!({
        "id": source.id.as_str(),
        "name": source.name,
        "url": url.as_str(),
        "schedule": schedule,
        "zone": source.zone.name(),
        "managed_by": match source.managed_by { ManagedBy::File => "file", ManagedBy::Store => "store" },
        "paused": state.paused,
        "next_poll": state.next_at,
        // A paused source is not polled at that time.
        "next_poll_why": state.manners.why(state.next_at).filter(|_| !state.paused).map(|why| {
            json!({ "code": why.reason.code(), "text": why.what })
        }),
        "last_new_item": figures.last_new,
        "has_proposal": state.proposal.is_some(),
        "health": {
            "broken": health.broken.as_ref().map(|broken| broken.why.as_str()),
            "detail": health.broken.as_ref().map(|broken| broken.detail.as_str()),
            "since": health.broken.as_ref().map(|broken| broken.since),
            "last_poll": health.last_poll,
            "last_good": health.last_good,
            "failures": health.failures,
            "rows": health.rows,
            "problems": health.problems,
        },
    })
}
