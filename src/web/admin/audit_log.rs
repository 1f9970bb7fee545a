//! The audit log, page by page.

use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use super::access::{AdminRequest, PageResult};
use super::admin_words::event;
use super::pages::{page, shown};
use bantin_model::limits::ADMIN_PAGE;

#[derive(Deserialize)]
pub struct AuditLogParams {
    before: Option<i64>,
}

#[derive(Serialize)]
struct AuditEntryView {
    at: String,
    what: String,
    who: String,
    detail: String,
    subscriber: Option<i64>,
}

pub async fn show(
    Extension(visit): Extension<AdminRequest>,
    asked: Query<AuditLogParams>,
) -> PageResult {
    let entries = visit.store().audit_log(asked.before, ADMIN_PAGE).await?;
    let further = (entries.len() >= usize::try_from(ADMIN_PAGE).unwrap_or(usize::MAX))
        .then(|| entries.last().map(|entry| entry.id))
        .flatten();
    let entries: Vec<AuditEntryView> = entries
        .into_iter()
        .map(|entry| AuditEntryView {
            at: shown(entry.at, visit.site.zone),
            what: event(&entry.what, visit.site.lang),
            who: entry.who.unwrap_or_else(|| entry.by.as_str().to_owned()),
            detail: entry.detail,
            subscriber: entry.subscriber.map(|id| id.0),
        })
        .collect();
    let values = context! { entries => Value::from(Serde(entries)), further, first => asked.before.is_none() };
    Ok(page(&visit, StatusCode::OK, "log.html", "log", values))
}
