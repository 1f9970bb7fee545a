//! The front page: the newest items, then by section. Rendered once per change and kept as bytes.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use tokio::sync::Mutex;
use url::form_urlencoded;

use super::display::{SelectOption, ShownTime, heading, other_lang};
use super::pictures::addresses;
use crate::web::encoded_document::EncodedDocument;
use crate::web::errors::WebError;
use crate::web::pages::{PageTemplates, shared};
use crate::web::source_names::SourceNames;
use crate::web::{Site, Web};
use bantin_model::Item;
use bantin_model::limits::{
    FRONT_ITEMS, FRONT_OF_SECTION, FRONT_SECTIONS, FRONT_TOP, SECTIONS, SECTIONS_LOOKED_AT,
};
use bantin_store::{PictureSize, Store};

const AGE: &str = "max-age=60, stale-if-error=86400";

/// What a search may be narrowed to.
#[derive(Debug, Default)]
pub struct SearchChoices {
    pub sources: Vec<SelectOption>,
    pub sections: Vec<SelectOption>,
}

struct RenderedFront {
    version: i64,
    site: Arc<Site>,
    page: EncodedDocument,
    choices: Arc<SearchChoices>,
}

#[derive(Default)]
pub struct FrontPage {
    current: RwLock<Option<Arc<RenderedFront>>>,
    /// Held while rendering, so that two changes cannot overtake each other.
    rendering: Mutex<()>,
}

impl FrontPage {
    fn get(&self) -> Option<Arc<RenderedFront>> {
        self.current.read().expect("no one panics while holding the pointer").clone()
    }

    pub fn choices(&self) -> Arc<SearchChoices> {
        self.get().map(|rendered| rendered.choices.clone()).unwrap_or_default()
    }

    /// Renders the page again if the store or the settings changed.
    pub async fn refresh(
        &self,
        store: &Store,
        site: &Arc<Site>,
        pages: &PageTemplates,
        pictured: bool,
    ) -> anyhow::Result<()> {
        let _alone = self.rendering.lock().await;
        let version = store.version().await?;
        let before = self.get();
        if before.as_ref().is_some_and(|old| old.version == version && *old.site == **site) {
            return Ok(());
        }
        let states = store.sources().await?;
        let items = store.newest_items(None, None, FRONT_ITEMS).await?;
        let sections = store.sections(SECTIONS_LOOKED_AT, SECTIONS).await?;
        let urls: Vec<String> = match pictured {
            true => items.iter().filter_map(|item| addresses(item).into_iter().next()).collect(),
            false => Vec::new(),
        };
        let kept = match urls.is_empty() {
            true => HashMap::new(),
            false => store.kept_pictures(&urls).await?.into_iter().collect(),
        };
        let choices = SearchChoices {
            sources: states
                .iter()
                .map(|state| SelectOption {
                    value: state.source.id.to_string(),
                    title: state.source.name.clone(),
                })
                .collect(),
            sections: sections
                .into_iter()
                .map(|section| SelectOption { value: section.name.clone(), title: section.name })
                .collect(),
        };
        let sources = SourceNames::of_states(&states);
        let page = front_page(pages, site, &items, &sources, &choices, &kept);
        let changed = items.iter().map(|item| item.changed_at).max();
        let page = match before {
            Some(old) if old.page.bytes() == page.as_bytes() => old.page.clone(),
            // With a time of its own it could be older than what a reader has: the tag alone tells them apart.
            Some(_) => EncodedDocument::new(HTML, page.into_bytes(), None),
            None => EncodedDocument::new(HTML, page.into_bytes(), changed),
        };
        let rendered =
            RenderedFront { version, site: site.clone(), page, choices: Arc::new(choices) };
        *self.current.write().expect("no one panics while holding the pointer") =
            Some(Arc::new(rendered));
        Ok(())
    }
}

const HTML: &str = "text/html; charset=utf-8";

#[derive(Serialize)]
struct NewsCard {
    id: String,
    title: String,
    lead: String,
    when: Option<ShownTime>,
    source: String,
    lang: Option<String>,
    picture: Option<Thumbnail>,
}

#[derive(Serialize)]
struct Thumbnail {
    address: String,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct FrontSection {
    title: String,
    query: Option<String>,
    items: Vec<NewsCard>,
}

fn front_page(
    pages: &PageTemplates,
    site: &Site,
    items: &[Item],
    sources: &SourceNames,
    choices: &SearchChoices,
    kept: &HashMap<String, PictureSize>,
) -> String {
    let home = site.public_url.path();
    let card = |item: &Item, whole: bool| {
        let (source, zone) = sources.name_and_zone(&item.source, site.zone);
        let first = addresses(item).into_iter().next().filter(|_| whole);
        let kept = first.and_then(|url| kept.get(&url));
        NewsCard {
            id: item.id.to_string(),
            title: heading(item, site.lang),
            lead: if whole { teaser(item) } else { String::new() },
            when: ShownTime::of(item.published, zone),
            source,
            lang: other_lang(item, site.lang.tag()),
            picture: kept.map(|size| Thumbnail {
                address: format!("{home}pictures/{}", size.id.as_str()),
                width: size.width,
                height: size.height,
            }),
        }
    };
    let top: Vec<NewsCard> = items.iter().take(FRONT_TOP).map(|item| card(item, true)).collect();
    // The sections in the order of their newest items; those of one item, and items without any, come together at the end.
    let mut by_section: Vec<(&str, Vec<&Item>)> = Vec::new();
    for item in items {
        let name = item.section.as_deref().map(str::trim).unwrap_or_default();
        match by_section.iter_mut().find(|(known, _)| *known == name) {
            Some((_, of_section)) => of_section.push(item),
            None => by_section.push((name, vec![item])),
        }
    }
    let (named, rest): (Vec<_>, Vec<_>) =
        by_section.into_iter().partition(|(name, items)| !name.is_empty() && items.len() > 1);
    let mut sections: Vec<FrontSection> = named
        .into_iter()
        .take(FRONT_SECTIONS)
        .map(|(name, items)| FrontSection {
            title: name.to_owned(),
            query: Some(form_urlencoded::byte_serialize(name.as_bytes()).collect()),
            items: items.into_iter().take(FRONT_OF_SECTION).map(|item| card(item, false)).collect(),
        })
        .collect();
    let mut rest: Vec<&Item> = rest.into_iter().flat_map(|(_, items)| items).collect();
    rest.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
    // Where nothing has a section, the other news is all the news there is below the newest.
    let skipped = if sections.is_empty() { FRONT_TOP } else { 0 };
    let most = if sections.is_empty() { 3 * FRONT_OF_SECTION } else { FRONT_OF_SECTION };
    let rest: Vec<NewsCard> =
        rest.into_iter().skip(skipped).take(most).map(|item| card(item, false)).collect();
    if !rest.is_empty() {
        let title = super::site_words::words(site.lang).other.to_owned();
        sections.push(FrontSection { title, query: None, items: rest });
    }
    let values = context! {
        top => Value::from(Serde(top)),
        sections => Value::from(Serde(sections)),
        sources => Value::from(Serde(&choices.sources)),
        canonical => site.public_url.to_string(),
        ..shared(site)
    };
    pages.render("front.html", values)
}

/// A line or two of what an item says.
fn teaser(item: &Item) -> String {
    const CHARS: usize = 180;
    let text = item.lead.as_deref().map(str::trim).filter(|lead| !lead.is_empty());
    let text = text.unwrap_or(&item.content_text);
    let words: Vec<&str> = text.split_whitespace().take(60).collect();
    let text = words.join(" ");
    match text.char_indices().nth(CHARS) {
        None => text,
        Some((end, _)) => {
            let cut = text[..end].rfind(' ').unwrap_or(end);
            format!("{}…", text[..cut].trim_end_matches([',', '.', ';', ' ']))
        }
    }
}

pub async fn front(State(web): State<Web>, asked: HeaderMap) -> Response {
    let inner = &web.0;
    if inner.news.get().is_none() {
        let settings = web.settings();
        let made =
            inner.news.refresh(&inner.store, &settings.site, &inner.pages, settings.pictures).await;
        if let Err(error) = made {
            return WebError::Unavailable(error).answer(&web.site(), &web);
        }
    }
    match inner.news.get() {
        Some(rendered) => rendered.page.answer(&asked, AGE),
        None => WebError::NotFound.answer(&web.site(), &web),
    }
}
