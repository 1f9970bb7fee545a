//! One source: its health, what it is read with, a proposed repair with its evidence, and what can be done about it.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::DateTime;
use minijinja::context;
use minijinja::value::{Serde, Value};

use super::access::{AdminRequest, HandlerError, PageResult};
use super::admin_words::done;
use super::form::PostedForm;
use super::overview::{DoneParams, line};
use super::pages::{number, page, shown};
use super::trial_reading::{RowView, shown_rows};
use crate::config::{listing_toml, source_toml};
use crate::web::encoded_document::value;
use bantin_extract::{self, Reading};
use bantin_model::{ListingRecipe, ManagedBy, SourceId};
use bantin_store::{ActionChannel, KeptPage, KeptPageKind, Proposal, SourceState};

/// Rows shown of each kept page.
const ROWS: usize = 6;

pub async fn known(visit: &AdminRequest, id: &str) -> Result<SourceState, HandlerError> {
    let id = SourceId::parse(id).map_err(|_| HandlerError::NotFound)?;
    let sources = visit.store().sources().await?;
    sources.into_iter().find(|state| state.source.id == id).ok_or(HandlerError::NotFound)
}

pub async fn show(
    Extension(visit): Extension<AdminRequest>,
    Path(id): Path<String>,
    told: Query<DoneParams>,
) -> PageResult {
    let state = known(&visit, &id).await?;
    let (store, lang) = (visit.store(), visit.site.lang);
    let (held, items) = store.item_counts(&state.source.id).await?;
    let pages = store.kept_pages(&state.source.id).await?;
    let kept: Vec<(&str, String, String)> = pages
        .iter()
        .map(|page| (page.which.as_str(), page.url.clone(), shown(page.at, visit.site.zone)))
        .collect();
    let before =
        rows_of(&visit, &state, &pages, KeptPageKind::Good, state.listing_recipe()).await?;
    let after = match &state.proposal {
        Some(proposal) => {
            rows_of(&visit, &state, &pages, KeptPageKind::Bad, &proposal.recipe).await?
        }
        None => Vec::new(),
    };
    let recipe_of = |found: &bantin_model::FoundRecipe| {
        (listing_toml(&found.recipe), shown(found.at, visit.site.zone), found.evidence.clone())
    };
    let problems: Vec<String> = state.health.problems.iter().map(ToString::to_string).collect();
    let values = context! {
        done => done(&told.done, lang),
        line => Value::from(Serde(line(&visit, &state))),
        failures => state.health.failures,
        problems,
        items => number(items, lang),
        held => held,
        max_new => state.source.max_new,
        toml => match state.source.managed_by {
            ManagedBy::File => source_toml(&state.source),
            ManagedBy::Store => effective(&state),
        },
        found => state.found.as_ref().map(recipe_of),
        proposal => state.proposal.as_ref().map(recipe_of),
        proposal_at => state.proposal.as_ref().map(|proposal| proposal.at.timestamp_millis()),
        mended => state.health.mended.as_ref().map(|mended| (shown(mended.at, visit.site.zone), mended.what.clone())),
        kept => Value::from(Serde(kept)),
        before => Value::from(Serde(before)),
        after => Value::from(Serde(after)),
        schedule => match &state.source.pace {
            bantin_model::Pace::Cron(line) => line.as_str().to_owned(),
            bantin_model::Pace::Adaptive => visit.w().adaptive.to_owned(),
        },
        zone => state.source.zone.name(),
    };
    Ok(page(&visit, StatusCode::OK, "source.html", "overview", values))
}

/// What a recipe reads of a kept page.
async fn rows_of(
    visit: &AdminRequest,
    state: &SourceState,
    pages: &[KeptPage],
    which: KeptPageKind,
    recipe: &ListingRecipe,
) -> anyhow::Result<Vec<RowView>> {
    let Some(page) = pages.iter().find(|page| page.which == which) else { return Ok(Vec::new()) };
    let Ok(url) = url::Url::parse(&page.url) else { return Ok(Vec::new()) };
    let (page, recipe, zone, now) = (page.clone(), recipe.clone(), state.source.zone, visit.now());
    let _alone = visit.web.0.admin.reading.lock().await;
    tokio::task::spawn_blocking(move || {
        let html = bantin_extract::decode(&page.body()?, page.content_type.as_deref());
        let listing = bantin_extract::listing(&html, &recipe, Reading { url: &url, zone, now });
        Ok(shown_rows(&listing.rows, zone, ROWS))
    })
    .await?
}

pub async fn act(
    Extension(visit): Extension<AdminRequest>,
    Path(id): Path<String>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let state = known(&visit, &id).await?;
    let (store, who, now) = (visit.store(), visit.who(), visit.now());
    let id = &state.source.id;
    let below = format!("sources/{id}");
    let answer = |what: Proposal| {
        let seen = form.numbers("seen").first().copied();
        let seen = seen.and_then(DateTime::from_timestamp_millis).unwrap_or_default();
        store.answer_proposal(id, seen, what, who, now)
    };
    let what = match form.one("do") {
        "poll" if !state.paused && store.poll_now(id, now).await? => {
            store.log_admin(Some(who), "source-polled", id.as_str(), now).await?;
            "source-polled"
        }
        "pause" if store.pause_source(id, true, who, ActionChannel::Admin, now).await? => {
            "source-paused"
        }
        "resume" if store.pause_source(id, false, who, ActionChannel::Admin, now).await? => {
            "source-resumed"
        }
        "accept" if answer(Proposal::Accept).await? => "repair-accepted",
        "refuse" if answer(Proposal::Refuse).await? => "repair-refused",
        "release" => {
            let released = store.release_held(id, now).await?;
            let detail = format!("{id}: {released} items");
            store.log_admin(Some(who), "held-released", &detail, now).await?;
            "held-released"
        }
        "delete" if form.one("sure") != "yes" => "unsure",
        "delete" => match store.delete_source(id, who, now).await? {
            Ok(()) => return Ok(visit.go("", "source-deleted")),
            Err(_) => "of-the-file",
        },
        _ => "nothing",
    };
    // The list of sources has the same buttons.
    if form.one("from") == "overview" {
        return Ok(visit.go("", what));
    }
    Ok(visit.go(&below, what))
}

/// A kept page as it came, as text: nothing in it is shown as a page, or runs.
async fn page_text(visit: &AdminRequest, id: &str, which: &str) -> PageResult {
    let state = known(visit, id).await?;
    let pages = visit.store().kept_pages(&state.source.id).await?;
    let page = pages.into_iter().find(|page| page.which.as_str() == which);
    let page = page.ok_or(HandlerError::NotFound)?;
    let text = tokio::task::spawn_blocking(move || {
        anyhow::Ok(bantin_extract::decode(&page.body()?, page.content_type.as_deref()))
    });
    Ok(text_answer(text.await.map_err(anyhow::Error::from)??, None))
}

pub async fn kept(
    Extension(visit): Extension<AdminRequest>,
    Path((id, which)): Path<(String, String)>,
) -> PageResult {
    page_text(&visit, &id, &which).await
}

fn text_answer(text: String, file: Option<&str>) -> Response {
    let mut answer = Response::new(Body::from(text));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, value("text/plain; charset=utf-8"));
    let nothing = value("default-src 'none'; sandbox; frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    if let Some(file) = file {
        let file = HeaderValue::try_from(format!("attachment; filename=\"{file}\""));
        headers.insert(header::CONTENT_DISPOSITION, file.expect("an id is ASCII"));
    }
    answer
}

pub async fn export(
    Extension(visit): Extension<AdminRequest>,
    Path(id): Path<String>,
) -> PageResult {
    let state = known(&visit, &id).await?;
    Ok(text_answer(effective(&state), Some(&format!("{}.toml", state.source.id))))
}

pub async fn export_all(Extension(visit): Extension<AdminRequest>) -> PageResult {
    let sources = visit.store().sources().await?;
    let all: Vec<String> = sources.iter().map(effective).collect();
    Ok(text_answer(all.join("\n"), Some("sources.toml")))
}

/// As the file would have to say it for the source to be read as it is now.
fn effective(state: &SourceState) -> String {
    let mut source = state.source.clone();
    if let Some(found) = &state.found
        && (source.managed_by == ManagedBy::Store || source.recipe.listing.item.is_some())
    {
        source.recipe.listing = found.recipe.clone();
    }
    source_toml(&source)
}
