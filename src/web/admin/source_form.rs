//! The forms that a source is added and changed with: an address in; the blocks of its page, the rows of the one chosen, the
//! parts of a row and one article out; whatever is wrong is chosen among what is there, or written; and then it is kept.

use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use chrono_tz::Tz;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use url::Url;

use super::access::{AdminRequest, HandlerError, PageResult};
use super::admin_words::AdminWords;
use super::form::PostedForm;
use super::pages::page;
use super::sources::known;
use super::trial_reading::{BlockValue, TrialReading, TrialRequest, look};
use crate::config::{ConfigMistake, SourceForm, read_source_form};
use bantin_model::limits::NEW_ITEMS_PER_POLL;
use bantin_model::query::fold;
use bantin_model::{
    ArticleRecipe, ListingRecipe, ManagedBy, OnRedesign, Pace, Recipe, Source, SourceId, SourceKind,
};
use bantin_store::{SaveRefusal, SourceState};

/// A mistake in a form: at which field, in the reader's language, with the check's own words in English.
#[derive(Debug, Clone, Serialize)]
pub struct FieldError {
    pub field: String,
    pub message: String,
    pub detail: String,
}

impl FieldError {
    pub fn new(field: &str, message: &str) -> Self {
        FieldError { field: field.to_owned(), message: message.to_owned(), detail: String::new() }
    }

    /// `source[1].listing.item` is the field `listing-item`.
    pub fn of(mistake: &ConfigMistake, w: &AdminWords) -> Self {
        let key = mistake.key.split_once("].").map_or(mistake.key.as_str(), |(_, key)| key);
        let key = key.split('[').next().unwrap_or(key);
        let message = match key {
            "id" | "name" => w.bad_name,
            "url" => w.bad_url,
            "schedule" => w.bad_schedule,
            "zone" => w.bad_zone,
            "max_new" | "items" | "days" => w.bad_number,
            "query" => w.bad_query,
            "title" => w.bad_text,
            key if key.ends_with("date_format") => w.bad_format,
            _ => w.bad_selector,
        };
        FieldError {
            field: key.replace('.', "-"),
            message: message.to_owned(),
            detail: format!("{}; {}", mistake.what, mistake.help),
        }
    }
}

/// The parts of a listing that can be chosen by pointing at them.
const PICKED: [&str; 5] = ["link", "title", "date", "lead", "image"];
const LISTING: [&str; 7] = ["link", "title", "date", "date_format", "lead", "image", "next"];
const ARTICLE: [&str; 7] = ["title", "lead", "body", "date", "date_format", "byline", "section"];

/// Holds the values of the form.
#[derive(Serialize, Clone, Default)]
struct SourceDraft {
    url: String,
    id: String,
    name: String,
    kind: String,
    schedule: String,
    zone: String,
    repair: String,
    max_new: String,
    item: String,
    /// As the block that was chosen says it, where nothing else is.
    block_link: String,
    listing: Vec<(&'static str, String)>,
    article: Vec<(&'static str, String)>,
    drop: String,
    row: usize,
}

impl SourceDraft {
    fn new(site_zone: Tz) -> Self {
        SourceDraft {
            kind: "auto".to_owned(),
            schedule: "adaptive".to_owned(),
            zone: site_zone.name().to_owned(),
            repair: "propose".to_owned(),
            max_new: NEW_ITEMS_PER_POLL.to_string(),
            listing: LISTING.map(|key| (key, String::new())).to_vec(),
            article: ARTICLE.map(|key| (key, String::new())).to_vec(),
            ..SourceDraft::default()
        }
    }

    /// Fills the form with the recipe in force, also with one that bantin found by itself.
    fn of_source(state: &SourceState) -> Self {
        let source = &state.source;
        let (listing, article) = (state.listing_recipe(), &source.recipe.article);
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        SourceDraft {
            url: source.url.to_string(),
            id: source.id.to_string(),
            name: source.name.clone(),
            kind: kind_word(source.recipe.kind).to_owned(),
            schedule: match &source.pace {
                Pace::Cron(line) => line.as_str().to_owned(),
                Pace::Adaptive => "adaptive".to_owned(),
            },
            zone: source.zone.name().to_owned(),
            repair: match source.recipe.repair {
                OnRedesign::Propose => "propose",
                OnRedesign::Use => "use",
            }
            .to_owned(),
            max_new: source.max_new.to_string(),
            item: text(&listing.item),
            block_link: String::new(),
            listing: vec![
                ("link", text(&listing.link)),
                ("title", text(&listing.title)),
                ("date", text(&listing.date)),
                ("date_format", text(&listing.date_format)),
                ("lead", text(&listing.lead)),
                ("image", text(&listing.image)),
                ("next", text(&listing.next)),
            ],
            article: vec![
                ("title", text(&article.title)),
                ("lead", text(&article.lead)),
                ("body", text(&article.body)),
                ("date", text(&article.date)),
                ("date_format", text(&article.date_format)),
                ("byline", text(&article.byline)),
                ("section", text(&article.section)),
            ],
            drop: article.drop.join("\n"),
            row: 0,
        }
    }

    fn of_form(form: &PostedForm) -> Self {
        let block = BlockValue::read(form.one("block"));
        let own = form.text("listing-item");
        let anew = form.has("was") && form.one("was") != block.item && own.is_empty();
        let part = |key: &'static str| {
            let written = form.text(&format!("listing-{key}"));
            let picked = form.text(&format!("pick-{key}"));
            // What was pointed at in the rows of another block says nothing of this one.
            let value = match (written.is_empty(), anew) {
                (false, _) => written,
                (true, true) => String::new(),
                (true, false) => picked,
            };
            (key, value)
        };
        SourceDraft {
            url: form.text("url"),
            id: form.text("id"),
            name: form.text("name"),
            kind: form.text("kind"),
            schedule: form.text("schedule"),
            zone: form.text("zone"),
            repair: form.text("repair"),
            max_new: form.text("max_new"),
            block_link: if own.is_empty() { block.link } else { String::new() },
            item: if own.is_empty() { block.item } else { own },
            listing: LISTING.map(part).to_vec(),
            article: ARTICLE.map(|key| (key, form.text(&format!("article-{key}")))).to_vec(),
            drop: form.text("article-drop"),
            row: form.one("row").parse().unwrap_or(0),
        }
    }

    fn drops(&self) -> Vec<String> {
        self.drop
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn of_listing(&self, key: &str) -> String {
        let written = self.listing.iter().find(|(name, _)| *name == key);
        let written = written.map(|(_, value)| value.clone()).unwrap_or_default();
        if key == "link" && written.is_empty() { self.block_link.clone() } else { written }
    }

    fn checked(&self, w: &AdminWords) -> Result<Source, Vec<FieldError>> {
        let listing = LISTING.map(|key| (key, self.of_listing(key)));
        let form = SourceForm {
            keys: vec![
                ("id", self.id.clone()),
                ("name", self.name.clone()),
                ("url", self.url.clone()),
                ("kind", self.kind.clone()),
                ("repair", self.repair.clone()),
                ("schedule", self.schedule.clone()),
                ("zone", self.zone.clone()),
            ],
            max_new: self.max_new.clone(),
            listing: std::iter::once(("item", self.item.clone())).chain(listing).collect(),
            article: self.article.clone(),
            drop: self.drops(),
        };
        let source = read_source_form(&form).map_err(|mistakes| {
            mistakes.iter().map(|m| FieldError::of(m, w)).collect::<Vec<_>>()
        })?;
        Ok(Source { managed_by: ManagedBy::Store, ..source })
    }

    /// What can be looked at, whatever else is wrong in the form.
    fn looking(&self, site_zone: Tz) -> Option<TrialRequest> {
        let url = Url::parse(&self.url).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
        })?;
        let good = |text: String| {
            let fits = !text.is_empty()
                && (self.kind == "json" || bantin_extract::check_selector(&text).is_ok());
            fits.then_some(text)
        };
        let format = |text: String| {
            let fits = !text.is_empty() && bantin_extract::check_date_format(&text).is_ok();
            fits.then_some(text)
        };
        let of_article = |key: &str| {
            let found = self.article.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let selector =
            |text: String| Some(text).filter(|text| bantin_extract::check_selector(text).is_ok());
        let drop = self.drops().into_iter().filter_map(selector).collect();
        Some(TrialRequest {
            url,
            zone: self.zone.parse().unwrap_or(site_zone),
            recipe: Recipe {
                kind: kind_named(&self.kind),
                repair: OnRedesign::Propose,
                listing: ListingRecipe {
                    item: good(self.item.clone()),
                    link: good(self.of_listing("link")),
                    title: good(self.of_listing("title")),
                    date: good(self.of_listing("date")),
                    date_format: format(self.of_listing("date_format")),
                    lead: good(self.of_listing("lead")),
                    image: good(self.of_listing("image")),
                    next: None,
                },
                article: ArticleRecipe {
                    title: selector(of_article("title")),
                    lead: selector(of_article("lead")),
                    body: selector(of_article("body")),
                    date: selector(of_article("date")),
                    date_format: format(of_article("date_format")),
                    byline: selector(of_article("byline")),
                    section: selector(of_article("section")),
                    drop,
                },
            },
            row: self.row,
        })
    }
}

fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Auto => "auto",
        SourceKind::Page => "page",
        SourceKind::Feed => "feed",
        SourceKind::Sitemap => "sitemap",
        SourceKind::Json => "json",
    }
}

fn kind_named(word: &str) -> SourceKind {
    [SourceKind::Page, SourceKind::Feed, SourceKind::Sitemap, SourceKind::Json]
        .into_iter()
        .find(|kind| kind_word(*kind) == word)
        .unwrap_or_default()
}

/// What somebody may point at for one part of a row.
#[derive(Serialize)]
struct PartChoice {
    key: &'static str,
    chosen: String,
    /// The selector that is chosen and is none of the parts shown.
    other: bool,
    pictures: bool,
}

/// Says which source a form is for.
enum FormTarget<'a> {
    New,
    Of(&'a SourceId),
}

async fn form_page(
    visit: &AdminRequest,
    place: FormTarget<'_>,
    draft: &SourceDraft,
    looked: Option<Result<TrialReading, String>>,
    wrong: &[FieldError],
) -> PageResult {
    let (looked, failed) = match looked {
        Some(Ok(looked)) => (Some(looked), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    let picks: Vec<PartChoice> = PICKED
        .iter()
        .map(|key| {
            let written = draft.listing.iter().find(|(name, _)| name == key);
            let chosen = written.map(|(_, value)| value.clone()).unwrap_or_default();
            let pictures = *key == "image";
            let parts = looked.iter().flat_map(|looked| &looked.parts);
            let shown = parts
                .filter(|part| part.is_picture == pictures)
                .any(|part| part.selector == chosen);
            PartChoice { key, other: !chosen.is_empty() && !shown, chosen, pictures }
        })
        .collect();
    let block = BlockValue { item: draft.item.clone(), link: draft.block_link.clone() };
    // The element that is read, where no block of the page is made so.
    let own_block = looked.as_ref().is_some_and(|looked| {
        !draft.item.is_empty() && !looked.blocks.iter().any(|block| block.chosen)
    });
    let zones: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    let values = context! {
        is_new => matches!(place, FormTarget::New),
        id => match place { FormTarget::New => String::new(), FormTarget::Of(id) => id.to_string() },
        draft => Value::from(Serde(draft)),
        looked => looked.map(|looked| Value::from(Serde(looked))),
        failed,
        picks => Value::from(Serde(picks)),
        own_block,
        block => block.written(),
        wrong => Value::from(Serde(wrong)),
        zones,
    };
    let bad = StatusCode::UNPROCESSABLE_ENTITY;
    let status = if wrong.is_empty() { StatusCode::OK } else { bad };
    let here = if matches!(place, FormTarget::New) { "add" } else { "overview" };
    Ok(page(visit, status, "edit.html", here, values))
}

pub async fn start(Extension(visit): Extension<AdminRequest>) -> PageResult {
    form_page(&visit, FormTarget::New, &SourceDraft::new(visit.site.zone), None, &[]).await
}

pub async fn create(
    Extension(visit): Extension<AdminRequest>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let w = visit.w();
    if form.one("do") == "look" || form.has("feed") {
        return first_look(&visit, &form).await;
    }
    let mut draft = SourceDraft::of_form(&form);
    let checked = draft.checked(w);
    if form.one("do") == "save" {
        let wrong = match checked {
            Ok(source) => {
                match visit.store().add_source(&source, visit.who(), visit.now()).await? {
                    Ok(()) => {
                        return Ok(visit.go(&format!("sources/{}", source.id), "source-added"));
                    }
                    Err(_) => vec![FieldError::new("id", w.taken)],
                }
            }
            Err(wrong) => wrong,
        };
        let looked = tried(&visit, &mut draft).await?;
        return form_page(&visit, FormTarget::New, &draft, looked, &wrong).await;
    }
    let wrong = checked.err().unwrap_or_default();
    let looked = tried(&visit, &mut draft).await?;
    form_page(&visit, FormTarget::New, &draft, looked, &wrong).await
}

/// Fills the rest of the form from an address alone, with what is found at it.
async fn first_look(visit: &AdminRequest, form: &PostedForm) -> PageResult {
    let mut url = if form.has("feed") { form.text("feed") } else { form.text("url") };
    if !url.contains("://") && !url.is_empty() {
        url = format!("https://{url}");
    }
    let mut draft = SourceDraft { url, ..SourceDraft::new(visit.site.zone) };
    let Some(looking) = draft.looking(visit.site.zone) else {
        let wrong = [FieldError::new("url", visit.w().bad_url)];
        return form_page(visit, FormTarget::New, &draft, None, &wrong).await;
    };
    let suggested = suggested_id(&looking.url);
    let host = looking.url.host_str().unwrap_or_default().to_owned();
    let looked = tried(visit, &mut draft).await?;
    if let Some(Ok(looked)) = &looked {
        let title = looked.page_title.trim();
        draft.name = if title.is_empty() { host } else { title.to_owned() };
        draft.id = free_id(visit, &suggested).await?;
    }
    form_page(visit, FormTarget::New, &draft, looked, &[]).await
}

/// Looks, and takes the block that won into the form where it names none.
async fn tried(
    visit: &AdminRequest,
    draft: &mut SourceDraft,
) -> Result<Option<Result<TrialReading, String>>, HandlerError> {
    let Some(looking) = draft.looking(visit.site.zone) else { return Ok(None) };
    let looked = look(visit, looking).await?;
    if let Ok(looked) = &looked
        && draft.item.is_empty()
    {
        draft.item = looked.item.clone();
        if draft.of_listing("link").is_empty() {
            draft.block_link = looked.link.clone();
        }
    }
    Ok(Some(looked))
}

/// The host without what every portal's has, and the last name of the path.
fn suggested_id(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let host = host.strip_suffix(".gov.vn").or(host.strip_suffix(".vn")).unwrap_or(host);
    let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
    let last = last.map(|last| last.split('.').next().unwrap_or_default()).unwrap_or_default();
    let id = fold::slug(&format!("{} {last}", host.replace('.', " ")));
    let id: String = id.chars().take(40).collect();
    let id = id.trim_matches('-').to_owned();
    if SourceId::parse(&id).is_ok() { id } else { "nguon".to_owned() }
}

async fn free_id(visit: &AdminRequest, wanted: &str) -> anyhow::Result<String> {
    let taken = visit.store().sources().await?;
    let is_free = |id: &str| taken.iter().all(|state| state.source.id.as_str() != id);
    let all = std::iter::once(wanted.to_owned()).chain((2..1_000).map(|n| format!("{wanted}-{n}")));
    Ok(all.into_iter().find(|id| is_free(id)).unwrap_or_else(|| wanted.to_owned()))
}

pub async fn edit(Extension(visit): Extension<AdminRequest>, Path(id): Path<String>) -> PageResult {
    let state = known(&visit, &id).await?;
    if state.source.managed_by == ManagedBy::File {
        return Ok(visit.go(&format!("sources/{}", state.source.id), "of-the-file"));
    }
    // Nothing is fetched before somebody asks for it: a GET must not make us talk to a portal.
    let draft = SourceDraft::of_source(&state);
    form_page(&visit, FormTarget::Of(&state.source.id), &draft, None, &[]).await
}

pub async fn change(
    Extension(visit): Extension<AdminRequest>,
    Path(id): Path<String>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let state = known(&visit, &id).await?;
    let id = &state.source.id;
    let below = format!("sources/{id}");
    if state.source.managed_by == ManagedBy::File {
        return Ok(visit.go(&below, "of-the-file"));
    }
    let mut draft = SourceDraft { id: id.to_string(), ..SourceDraft::of_form(&form) };
    let checked = draft.checked(visit.w());
    let wrong = match checked {
        Ok(source) if form.one("do") == "save" => {
            return Ok(
                match visit.store().change_source(&source, visit.who(), visit.now()).await? {
                    Ok(()) => visit.go(&below, "source-changed"),
                    Err(SaveRefusal::OfTheFile) => visit.go(&below, "of-the-file"),
                    Err(_) => visit.go("", "nothing"),
                },
            );
        }
        Ok(_) => Vec::new(),
        Err(wrong) => wrong,
    };
    let looked = tried(&visit, &mut draft).await?;
    form_page(&visit, FormTarget::Of(id), &draft, looked, &wrong).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_the_address() {
        let check = |url: &str, expected: &str| {
            assert_eq!(suggested_id(&Url::parse(url).expect("a URL")), expected, "{url}");
        };
        check("https://www.quangtri.gov.vn/", "quangtri");
        check("https://stttt.quangtri.gov.vn/tin-hoat-dong.html", "stttt-quangtri-tin-hoat-dong");
        check("https://xn--bo-xma.vn/Tin%20T%E1%BB%A9c", "xn-bo-xma-tin-20t-e1-bb-a9c");
        check("http://10.0.0.1:8080/", "10-0-0-1");
    }

    #[test]
    fn another_block_forgets_what_was_pointed_at_in_the_last() {
        let block = BlockValue { item: "li".to_owned(), link: "a".to_owned() };
        let body = |was: &str| {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("block", &block.written()).append_pair("was", was);
            form.append_pair("pick-date", ".ngay").append_pair("listing-title", "h3");
            PostedForm::read(form.finish().as_bytes())
        };
        let draft = SourceDraft::of_form(&body("li"));
        assert_eq!(
            (draft.of_listing("date").as_str(), draft.of_listing("link").as_str()),
            (".ngay", "a")
        );
        let draft = SourceDraft::of_form(&body("tr"));
        assert_eq!(
            (draft.of_listing("date").as_str(), draft.of_listing("title").as_str()),
            ("", "h3")
        );
    }
}
