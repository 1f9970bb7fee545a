//! The overview: sources with their health and why, what waits and what is due next, charts by day.

use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Days, Offset as _, TimeDelta};
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use super::access::{AdminRequest, PageResult, see_other};
use super::admin_words::{broken, done};
use super::chart::chart;
use super::pages::{number, page, shown, shown_opt};
use bantin_model::limits::CHART_DAYS;
use bantin_model::{ManagedBy, SubscriberState};
use bantin_store::SourceState;

#[derive(Deserialize)]
pub struct DoneParams {
    #[serde(default)]
    pub done: String,
}

/// Việt Nam has no summer time.
/// Times of digests shown.
const NEXT: u32 = 6;

pub async fn lead(Extension(visit): Extension<AdminRequest>) -> Response {
    see_other(&visit.path(""))
}

/// A source in a list.
#[derive(Serialize)]
pub struct SourceView {
    pub id: String,
    pub name: String,
    pub url: String,
    /// "good", "broken", "paused" or "new", for the look of it.
    pub state: &'static str,
    pub told: String,
    /// In English.
    pub detail: String,
    pub last_poll: String,
    pub last_good: String,
    pub next_poll: String,
    /// Why then, with the tag of the language that this is in.
    pub why: Option<(String, &'static str)>,
    pub by_file: bool,
    pub proposal: bool,
    pub rows: u32,
}

pub fn line(visit: &AdminRequest, state: &SourceState) -> SourceView {
    let (w, lang, health) = (visit.w(), visit.site.lang, &state.health);
    let (look, told) = match (&health.broken, health.last_poll) {
        _ if state.paused => ("paused", w.paused.to_owned()),
        (Some(found), _) => (
            "broken",
            format!(
                "{} ({} {})",
                broken(found.why, lang),
                w.since,
                shown(found.since, visit.site.zone)
            ),
        ),
        (None, None) => ("new", w.not_polled.to_owned()),
        (None, Some(_)) => ("good", w.good.to_owned()),
    };
    SourceView {
        id: state.source.id.to_string(),
        name: state.source.name.clone(),
        url: state.source.url.to_string(),
        state: look,
        told,
        detail: health.broken.as_ref().map(|broken| broken.detail.clone()).unwrap_or_default(),
        last_poll: shown_opt(health.last_poll, visit.site.zone),
        last_good: shown_opt(health.last_good, visit.site.zone),
        next_poll: match state.next_at {
            _ if state.paused => "–".to_owned(),
            at if at <= visit.now() => w.now.to_owned(),
            at => shown(at, visit.site.zone),
        },
        why: state.manners.why(state.next_at).filter(|_| !state.paused).map(|why| {
            let (told, lang) = why.sentence(lang);
            (told, lang.tag())
        }),
        by_file: state.source.managed_by == ManagedBy::File,
        proposal: state.proposal.is_some(),
        rows: health.rows,
    }
}

pub async fn show(
    Extension(visit): Extension<AdminRequest>,
    asked: Query<DoneParams>,
) -> PageResult {
    let (store, now, lang) = (visit.store(), visit.now(), visit.site.lang);
    let zone = visit.site.zone;
    let offset =
        TimeDelta::seconds(now.with_timezone(&zone).offset().fix().local_minus_utc().into());
    let mut sources: Vec<SourceView> =
        store.sources().await?.iter().map(|state| line(&visit, state)).collect();
    // Sources that need attention come first.
    sources.sort_by_key(|line| !(line.state == "broken" || line.proposal));
    let queue = store.queue().await?;
    let hold = store.hold().await?;
    let next: Vec<_> = store.next_digests(NEXT).await?;
    let next: Vec<(String, u64)> =
        next.into_iter().map(|due| (shown(due.at, zone), due.subscriptions)).collect();
    let today = now.with_timezone(&zone).date_naive();
    let first = today - Days::new(u64::from(CHART_DAYS) - 1);
    let since = first.and_time(chrono::NaiveTime::MIN).and_local_timezone(zone).earliest();
    let since = since.map_or(now - TimeDelta::days(CHART_DAYS.into()), |at| at.to_utc());
    let days = store.counts_by_day(since, offset).await?;
    let of = |map: &std::collections::BTreeMap<_, u64>, day| map.get(&day).copied().unwrap_or(0);
    let each: Vec<_> = first.iter_days().take_while(|day| *day <= today).collect();
    let items: Vec<_> = each.iter().map(|day| (*day, of(&days.items, *day), 0)).collect();
    let mails: Vec<_> =
        each.iter().map(|day| (*day, of(&days.sent, *day), of(&days.failed, *day))).collect();
    let people = store.subscriber_counts().await?;
    let active = people.iter().find(|(state, _)| *state == SubscriberState::Active);
    let values = context! {
        done => done(&asked.done, lang),
        sources => Value::from(Serde(&sources)),
        broken => sources.iter().filter(|line| line.state == "broken").count(),
        items => number(store.item_count().await?, lang),
        active => number(active.map_or(0, |(_, n)| *n), lang),
        waiting => number(queue.waiting + queue.sending, lang),
        refused => number(queue.refused + queue.given_up, lang),
        hold => hold.map(|hold| (hold.reason, shown(hold.since, zone), hold.by_admin)),
        next => Value::from(Serde(next)),
        charts => Value::from(Serde([chart(&items), chart(&mails)])),
    };
    Ok(page(&visit, StatusCode::OK, "overview.html", "overview", values))
}
