//! Feeds: those of the config file to look at, those of the admin pages to make and change, with what a query matches.

use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::access::{AdminRequest, HandlerError, PageResult};
use super::admin_words::done;
use super::form::PostedForm;
use super::overview::DoneParams;
use super::pages::page;
use super::source_form::FieldError;
use crate::config::{FeedForm, feed_toml, read_feed_form};
use crate::web::subscribe::preview::preview;
use bantin_model::feed::FeedFormat;
use bantin_model::{Feed, FeedName, ManagedBy, Selection, SourceId};
use bantin_store::SaveRefusal;

#[derive(Serialize)]
struct FeedListing {
    name: String,
    title: String,
    query: String,
    by_file: bool,
}

pub async fn list(
    Extension(visit): Extension<AdminRequest>,
    told: Query<DoneParams>,
) -> PageResult {
    let feeds = visit.store().managed_feeds().await?;
    let feeds: Vec<FeedListing> = feeds
        .into_iter()
        .map(|(feed, by)| FeedListing {
            name: feed.name.to_string(),
            title: feed.title,
            query: feed.query,
            by_file: by == ManagedBy::File,
        })
        .collect();
    let values = context! {
        done => done(&told.done, visit.site.lang), feeds => Value::from(Serde(feeds)),
    };
    Ok(page(&visit, StatusCode::OK, "feeds.html", "feeds", values))
}

/// What is written in the form.
#[derive(Serialize, Clone, Default)]
struct FeedDraft {
    name: String,
    title: String,
    description: String,
    query: String,
    language: String,
    items: String,
    days: String,
}

impl FeedDraft {
    fn of_form(form: &PostedForm) -> Self {
        FeedDraft {
            name: form.text("name"),
            title: form.text("title"),
            description: form.text("description"),
            query: form.text("query"),
            language: form.text("language"),
            items: form.text("items"),
            days: form.text("days"),
        }
    }

    fn of_feed(feed: &Feed) -> Self {
        FeedDraft {
            name: feed.name.to_string(),
            title: feed.title.clone(),
            description: feed.description.clone(),
            query: feed.query.clone(),
            language: feed.lang.tag().to_owned(),
            items: feed.items.to_string(),
            days: feed.days.to_string(),
        }
    }

    async fn checked(&self, visit: &AdminRequest) -> anyhow::Result<Result<Feed, Vec<FieldError>>> {
        let sources = visit.store().sources().await?;
        let sources: Vec<SourceId> = sources.into_iter().map(|state| state.source.id).collect();
        let form = FeedForm {
            name: self.name.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            query: self.query.clone(),
            language: self.language.clone(),
            items: self.items.clone(),
            days: self.days.clone(),
        };
        Ok(read_feed_form(&form, &sources).map_err(|mistakes| {
            mistakes.iter().map(|mistake| FieldError::of(mistake, visit.w())).collect()
        }))
    }
}

/// Shows the form, with the recent items that its query matches where a preview was requested.
async fn form_page(
    visit: &AdminRequest,
    draft: &FeedDraft,
    feed: Option<(&Feed, ManagedBy)>,
    wrong: &[FieldError],
    look: bool,
    told: &str,
) -> PageResult {
    let looked = if look {
        let _alone = visit.web.0.previewing.lock().await;
        let selection = Selection::query(draft.query.clone());
        Some(preview(&selection, visit.store(), visit.now(), visit.site.zone).await?)
    } else {
        None
    };
    // Each reader of a private feed has an address of its own.
    let addresses = feed.filter(|(feed, _)| !feed.private).map(|(feed, _)| {
        let address = |format: &FeedFormat| format.address(&visit.site.public_url, &feed.name);
        FeedFormat::ALL.iter().map(address).collect::<Vec<_>>()
    });
    let values = context! {
        done => done(told, visit.site.lang),
        draft => Value::from(Serde(draft)),
        is_new => feed.is_none(),
        by_file => feed.is_some_and(|(_, by)| by == ManagedBy::File),
        toml => feed.map(|(feed, _)| feed_toml(feed)),
        addresses,
        wrong => Value::from(Serde(wrong)),
        preview => looked.map(|preview| Value::from(Serde(preview))),
    };
    let bad = StatusCode::UNPROCESSABLE_ENTITY;
    let status = if wrong.is_empty() { StatusCode::OK } else { bad };
    Ok(page(visit, status, "feed.html", "feeds", values))
}

pub async fn start(Extension(visit): Extension<AdminRequest>) -> PageResult {
    let draft = FeedDraft {
        language: visit.site.lang.tag().to_owned(),
        items: "50".to_owned(),
        days: "7".to_owned(),
        ..FeedDraft::default()
    };
    form_page(&visit, &draft, None, &[], false, "").await
}

pub async fn create(
    Extension(visit): Extension<AdminRequest>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let draft = FeedDraft::of_form(&form);
    let feed = match draft.checked(&visit).await? {
        Ok(feed) => feed,
        Err(wrong) => return form_page(&visit, &draft, None, &wrong, false, "").await,
    };
    if form.one("do") != "save" {
        return form_page(&visit, &draft, None, &[], true, "").await;
    }
    match visit.store().add_feed(&feed, visit.who(), visit.now()).await? {
        Ok(()) => Ok(visit.go(&format!("feeds/{}", feed.name), "feed-added")),
        Err(_) => {
            let taken = [FieldError::new("name", visit.w().taken)];
            form_page(&visit, &draft, None, &taken, false, "").await
        }
    }
}

async fn known(visit: &AdminRequest, name: &str) -> Result<(Feed, ManagedBy), HandlerError> {
    let name = FeedName::parse(name).map_err(|_| HandlerError::NotFound)?;
    let feeds = visit.store().managed_feeds().await?;
    feeds.into_iter().find(|(feed, _)| feed.name == name).ok_or(HandlerError::NotFound)
}

pub async fn edit(
    Extension(visit): Extension<AdminRequest>,
    Path(name): Path<String>,
    told: Query<DoneParams>,
) -> PageResult {
    let (feed, by) = known(&visit, &name).await?;
    form_page(&visit, &FeedDraft::of_feed(&feed), Some((&feed, by)), &[], true, &told.done).await
}

pub async fn change(
    Extension(visit): Extension<AdminRequest>,
    Path(name): Path<String>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let (feed, by) = known(&visit, &name).await?;
    let below = format!("feeds/{}", feed.name);
    if by == ManagedBy::File {
        return Ok(visit.go(&below, "of-the-file"));
    }
    let (store, who, now) = (visit.store(), visit.who(), visit.now());
    if form.one("do") == "delete" {
        if form.one("sure") != "yes" {
            return Ok(visit.go(&below, "unsure"));
        }
        return Ok(match store.delete_feed(&feed.name, who, now).await? {
            Ok(()) => visit.go("feeds", "feed-deleted"),
            Err(_) => visit.go("feeds", "nothing"),
        });
    }
    let draft = FeedDraft { name: feed.name.to_string(), ..FeedDraft::of_form(&form) };
    let changed = match draft.checked(&visit).await? {
        Ok(changed) => changed,
        Err(wrong) => {
            return form_page(&visit, &draft, Some((&feed, by)), &wrong, false, "").await;
        }
    };
    if form.one("do") != "save" {
        return form_page(&visit, &draft, Some((&feed, by)), &[], true, "").await;
    }
    Ok(match store.change_feed(&changed, who, now).await? {
        Ok(()) => visit.go(&below, "feed-changed"),
        Err(SaveRefusal::OfTheFile) => visit.go(&below, "of-the-file"),
        Err(_) => visit.go("feeds", "nothing"),
    })
}
