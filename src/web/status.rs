//! Health for machines: does the store answer, and how are the sources? A portal that is down does not make us unhealthy.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::error;

use super::Web;
use bantin_store::SourceState;

/// For the store to answer; a watchdog asks again anyway.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct HealthReport {
    /// "ok", "some jobs are paused, see the log", "the store does not answer" or "starting".
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourceHealth>,
}

/// What anybody may know of a source; the details are the admin's.
#[derive(Serialize)]
struct SourceHealth {
    id: String,
    /// Why it gives nothing, or null.
    broken: Option<&'static str>,
    since: Option<DateTime<Utc>>,
    last_good: Option<DateTime<Utc>>,
    next_poll: DateTime<Utc>,
}

impl From<SourceState> for SourceHealth {
    fn from(state: SourceState) -> Self {
        let broken = state.health.broken;
        SourceHealth {
            id: state.source.id.to_string(),
            broken: broken.as_ref().map(|broken| broken.why.as_str()),
            since: broken.map(|broken| broken.since),
            last_good: state.health.last_good,
            next_poll: state.next_at,
        }
    }
}

fn report(status: StatusCode, report: &HealthReport) -> Response {
    let mut body = serde_json::to_vec(report).expect("strings and times are always JSON");
    body.push(b'\n');
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from(body))
        .expect("these headers are ASCII")
}

async fn sources(web: &Web) -> anyhow::Result<Vec<SourceState>> {
    let asked = async {
        web.0.store.ping().await?;
        web.0.store.sources().await
    };
    tokio::time::timeout(PATIENCE, asked).await?
}

fn silent(cause: &anyhow::Error) -> Response {
    error!("The store does not answer: {cause:#}");
    let status = "the store does not answer";
    report(StatusCode::SERVICE_UNAVAILABLE, &HealthReport { status, sources: Vec::new() })
}

/// 200 when the store answers and no job fails each time, with every source's health.
pub async fn health(State(web): State<Web>) -> Response {
    match sources(&web).await {
        Ok(sources) => {
            let sources = sources.into_iter().map(SourceHealth::from).collect();
            match web.0.resting.load(Ordering::Relaxed) {
                false => report(StatusCode::OK, &HealthReport { status: "ok", sources }),
                true => {
                    let status = "some jobs are paused, see the log";
                    report(StatusCode::SERVICE_UNAVAILABLE, &HealthReport { status, sources })
                }
            }
        }
        Err(cause) => silent(&cause),
    }
}

/// 200 when feeds can be served: the store answers and they have been rendered once.
pub async fn ready(State(web): State<Web>) -> Response {
    let sources = Vec::new();
    match tokio::time::timeout(PATIENCE, web.0.store.ping()).await {
        Ok(Ok(())) if web.0.feeds.is_rendered() => {
            report(StatusCode::OK, &HealthReport { status: "ok", sources })
        }
        Ok(Ok(())) => {
            report(StatusCode::SERVICE_UNAVAILABLE, &HealthReport { status: "starting", sources })
        }
        Ok(Err(cause)) => silent(&cause),
        Err(late) => silent(&late.into()),
    }
}
