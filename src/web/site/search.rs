//! The page of search, which is a source's page and a section's page, too.

use anyhow::Context as _;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use url::form_urlencoded;

use super::display::{SelectOption, ShownTime, heading, other_lang};
use super::site_words::{SiteWords, words};
use crate::web::errors::WebError;
use crate::web::item_search::{FoundItems, ItemFilter, find};
use crate::web::pages::shared;
use crate::web::source_names::SourceNames;
use crate::web::{Site, Web};
use bantin_model::limits::{
    EXCERPT_CHARS, EXCERPT_TEXT, SEARCH_COUNTED, SEARCH_LOOKED_AT, SEARCH_PAGE,
};
use bantin_model::query::Query;
use bantin_model::query::highlight::{HighlightPiece, Highlighter};
use bantin_model::{Item, SourceId};
use bantin_store::SearchPlace;

/// How long a page of results may be kept.
const AGE: &str = "max-age=60, stale-if-error=86400";

/// The fields of the form, as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SearchForm {
    pub q: String,
    pub source: String,
    pub section: String,
    pub from: String,
    pub to: String,
    #[serde(skip)]
    pub after: String,
}

impl SearchForm {
    pub fn read(query: &str) -> Self {
        let mut asked = SearchForm::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "q" => &mut asked.q,
                "source" => &mut asked.source,
                "section" => &mut asked.section,
                "from" => &mut asked.from,
                "to" => &mut asked.to,
                "after" => &mut asked.after,
                _ => continue,
            };
            *field = value.trim().nfc().collect();
        }
        asked
    }

    /// The address of the same search, of the page after `after`.
    fn address(&self, page: &str, after: Option<SearchPlace>) -> String {
        let mut fields = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.q),
            ("source", &self.source),
            ("section", &self.section),
            ("from", &self.from),
            ("to", &self.to),
        ] {
            if !value.is_empty() {
                fields.append_pair(name, value);
            }
        }
        if let Some(place) = after {
            fields.append_pair("after", &place.to_text());
        }
        match fields.finish() {
            fields if fields.is_empty() => page.to_owned(),
            fields => format!("{page}?{fields}"),
        }
    }

    /// The search in the one language of queries, without its days: what is asked of news to come.
    fn as_query(&self) -> String {
        let mut parts = Vec::new();
        if !self.q.is_empty() {
            let alone = self.source.is_empty() && self.section.is_empty();
            parts.push(if alone { self.q.clone() } else { format!("({})", self.q) });
        }
        if !self.source.is_empty() {
            parts.push(format!("source:{}", self.source));
        }
        if !self.section.is_empty() {
            let section = self.section.replace(['"', '“', '”', '„', '«', '»'], " ");
            parts.push(format!("section:\"{section}\""));
        }
        parts.join(" ")
    }

    fn is_empty(&self) -> bool {
        *self == SearchForm::default()
    }
}

/// What is wrong with the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SearchMistake {
    field: &'static str,
    message: String,
    /// Where in the query: the text before, the character itself, the text after.
    place: Option<(String, String, String)>,
    /// The query parser's own words, which are English.
    why: Option<String>,
}

struct ParsedSearch {
    query: Query,
    after: SearchPlace,
    /// Whether these are the first results.
    is_first: bool,
}

fn understood(asked: &SearchForm, t: &SiteWords) -> Result<ParsedSearch, Vec<SearchMistake>> {
    let mut mistakes = Vec::new();
    let wrong = |field, message: &str| SearchMistake {
        field,
        message: message.to_owned(),
        place: None,
        why: None,
    };
    let query = Query::parse(&asked.q).map_err(|error| {
        let mut chars = asked.q.chars();
        let before: String = chars.by_ref().take(error.column).collect();
        let at = chars.next().map_or_else(|| " ".to_owned(), String::from);
        mistakes.push(SearchMistake {
            field: "q",
            message: format!("{} {}", t.bad_query, error.column + 1),
            place: Some((before, at, chars.collect())),
            why: Some(error.message),
        });
    });
    let source = match asked.source.as_str() {
        "" => None,
        id => {
            SourceId::parse(id).map_err(|_| mistakes.push(wrong("source", t.no_such_source))).ok()
        }
    };
    let mut day = |field, text: &str| match text {
        "" => None,
        text => {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
            if day.is_none() {
                mistakes.push(wrong(field, t.bad_day));
            }
            day
        }
    };
    let (from, to) = (day("from", &asked.from), day("to", &asked.to));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        mistakes.push(wrong("from", t.bad_days));
    }
    let after = match asked.after.as_str() {
        "" => Some(SearchPlace::END),
        text => SearchPlace::from_text(text),
    };
    if after.is_none() {
        mistakes.push(wrong("q", t.bad_place));
    }
    match (query, after) {
        (Ok(query), Some(after)) if mistakes.is_empty() => {
            let query = query.narrowed(source, &asked.section, from, to);
            let bound = query.ends_before().map_or(SearchPlace::END, SearchPlace::at);
            let is_first = asked.after.is_empty();
            Ok(ParsedSearch { query, after: after.min(bound), is_first })
        }
        _ => Err(mistakes),
    }
}

/// What a search brought.
#[derive(Debug, Default)]
struct SearchResults {
    found: FoundItems,
    /// Counted where that is cheap and sure; with whether there are more.
    count: Option<(u64, bool)>,
}

async fn search(web: &Web, asked: &ParsedSearch) -> anyhow::Result<SearchResults> {
    let store = &web.0.store;
    let finding = ItemFilter {
        query: &asked.query,
        zone: web.site().zone,
        after: asked.after,
        most: SEARCH_PAGE as usize,
        looked_at: SEARCH_LOOKED_AT,
        since: None,
    };
    let found = find(store, finding, |_| true).await?;
    let (lookup, exact) = asked.query.lookup();
    let mut count = None;
    if asked.is_first && found.next.is_none() {
        count = Some((found.items.len() as u64, false));
    } else if exact && !lookup.takes_away_only() {
        let most = SEARCH_COUNTED;
        let counted = store.search_count(&lookup, most + 1).await?;
        count = Some((counted.min(most.into()), counted > most.into()));
    }
    Ok(SearchResults { found, count })
}

#[derive(Serialize)]
struct SearchHit {
    id: String,
    title: Vec<HighlightPiece>,
    excerpt: Vec<HighlightPiece>,
    when: Option<ShownTime>,
    source: String,
    section: Option<String>,
    unaccented: bool,
    lang: Option<String>,
}

fn hits(query: &Query, items: Vec<Item>, sources: &SourceNames, site: &Site) -> Vec<SearchHit> {
    let mut highlighter = Highlighter::of(query);
    items
        .into_iter()
        .map(|item| {
            let (source, zone) = sources.name_and_zone(&item.source, site.zone);
            let heading = heading(&item, site.lang);
            let title = highlighter.whole(&heading);
            let lead = item.lead.as_deref().unwrap_or_default();
            let (mut excerpt, found) = highlighter.excerpt(lead, EXCERPT_CHARS);
            if !found {
                let text = &item.content_text;
                let text = &text[..text.floor_char_boundary(EXCERPT_TEXT)];
                let (of_text, found) = highlighter.excerpt(text, EXCERPT_CHARS);
                if found || lead.is_empty() {
                    excerpt = of_text;
                }
            }
            // Not marked; but a query for a section may have been met there without accents.
            if let Some(section) = &item.section {
                highlighter.whole(section);
            }
            SearchHit {
                id: item.id.to_string(),
                title,
                excerpt,
                when: ShownTime::of(item.published, zone),
                source,
                unaccented: highlighter.take_unaccented(),
                lang: other_lang(&item, site.lang.tag()),
                section: item.section,
            }
        })
        .collect()
}

pub async fn page(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let asked = SearchForm::read(&query.unwrap_or_default());
    let answered = answer(&web, asked, None, &headers).await;
    answered.unwrap_or_else(|error| error.answer(&web.site(), &web))
}

/// The items of one source.
pub async fn source(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let id = SourceId::parse(&id).map_err(|_| WebError::NotFound)?;
        let state = web.0.store.source(&id).await.map_err(WebError::Unavailable)?;
        let state = state.ok_or(WebError::NotFound)?;
        let asked =
            SearchForm { source: id.to_string(), ..SearchForm::read(&query.unwrap_or_default()) };
        let about = ResultsTopic {
            heading: state.source.name,
            portal: Some(state.source.url.to_string()).filter(|url| url.starts_with("http")),
            address: format!("sources/{id}"),
        };
        answer(&web, asked, Some(about), &headers).await
    };
    found.await.unwrap_or_else(|error| error.answer(&web.site(), &web))
}

/// What a page of results is about, where it is not just a search.
struct ResultsTopic {
    heading: String,
    portal: Option<String>,
    address: String,
}

async fn answer(
    web: &Web,
    asked: SearchForm,
    about: Option<ResultsTopic>,
    headers: &HeaderMap,
) -> Result<Response, WebError> {
    let site = web.site();
    let t = words(site.lang);
    let home = site.public_url.path();
    let own = about.as_ref().map_or("search", |about| about.address.as_str());
    let page_address = format!("{home}{own}");
    let mut as_in_address = asked.clone();
    if about.is_some() {
        as_in_address.source.clear();
    }
    let choices = web.0.news.choices();
    let (mut results, mut shown) = (SearchResults::default(), Vec::new());
    let mut mistakes = Vec::new();
    match understood(&asked, t) {
        // The bare page is a form, not a list of everything.
        Ok(_) if asked.is_empty() => {}
        Ok(understood) => {
            results = search(web, &understood).await.map_err(WebError::Unavailable)?;
            let items = std::mem::take(&mut results.found.items);
            let items: Vec<Item> = items.into_iter().map(|(_, item)| item).collect();
            let sources =
                SourceNames::of(&web.0.store, items.iter()).await.map_err(WebError::Unavailable)?;
            let site = site.clone();
            // A few milliseconds of looking for words, in which others are served.
            let marking = move || hits(&understood.query, items, &sources, &site);
            let marked =
                tokio::task::spawn_blocking(marking).await.context("marking what was found");
            shown = marked.map_err(WebError::Unavailable)?;
        }
        Err(found) => mistakes = found,
    }
    let follow = asked.as_query();
    let encoded: String = form_urlencoded::byte_serialize(follow.as_bytes()).collect();
    let is_wrong = |field| mistakes.iter().any(|mistake| mistake.field == field);
    let wrong = context! {
        q => is_wrong("q"), source => is_wrong("source"), from => is_wrong("from"), to => is_wrong("to")
    };
    let is_plain = asked.section.is_empty() && asked.from.is_empty() && asked.to.is_empty();
    let canonical = as_in_address.address(&format!("{}{own}", site.public_url), None);
    let values = context! {
        asked => Value::from(Serde(asked.clone())),
        about => about.as_ref().map(|about| about.heading.clone()),
        portal => about.as_ref().and_then(|about| about.portal.clone()),
        // A filter in use must not hide.
        narrowed => !is_plain || about.is_none() && !asked.source.is_empty(),
        began => !asked.is_empty(),
        results => Value::from(Serde(shown)),
        count => results.count.map(|(count, _)| grouped(count, site.lang)),
        more => results.count.is_some_and(|(_, more)| more),
        stopped => results.found.stopped,
        next => results.found.next.map(|place| as_in_address.address(&page_address, Some(place))),
        first => (!asked.after.is_empty()).then(|| as_in_address.address(&page_address, None)),
        mistakes => Value::from(Serde(mistakes.clone())),
        wrong,
        follow => (!follow.is_empty() && mistakes.is_empty()).then_some(encoded),
        follow_title => about.as_ref().map_or_else(|| asked.q.clone(), |about| about.heading.clone()),
        sources => Value::from(Serde(with_chosen(&choices.sources, &asked.source))),
        sections => Value::from(Serde(with_chosen(&choices.sections, &asked.section))),
        canonical => canonical,
        // Robots have better things to read than every search there could be.
        noindex => about.is_none() || !asked.after.is_empty(),
        ..shared(&site)
    };
    let page = web.0.pages.render("search.html", values);
    if !mistakes.is_empty() {
        return Ok(web.0.pages.sent(StatusCode::BAD_REQUEST, page));
    }
    Ok(super::page_response::page_response(page, None, headers, AGE))
}

/// What was chosen stays to be seen, though it is none of what is offered.
fn with_chosen(choices: &[SelectOption], chosen: &str) -> Vec<SelectOption> {
    let mut choices = choices.to_vec();
    if !chosen.is_empty() && choices.iter().all(|choice| choice.value != chosen) {
        choices.push(SelectOption { value: chosen.to_owned(), title: chosen.to_owned() });
    }
    choices
}

/// "1.000" or "1,000".
fn grouped(number: u64, lang: bantin_model::Lang) -> String {
    let mark = match lang {
        bantin_model::Lang::Vi => ".",
        bantin_model::Lang::En => ",",
    };
    match number {
        0..1000 => number.to_string(),
        _ => format!("{}{mark}{:03}", number / 1000, number % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bantin_model::Lang;

    #[test]
    fn a_search_is_said_in_the_language_of_queries() {
        let asked =
            SearchForm::read("q=a+OR+b&source=so&section=Tin+%22m%E1%BB%9Bi%22&from=2020-01-01");
        assert_eq!(asked.as_query(), "(a OR b) source:so section:\"Tin  mới \"");
        assert!(Query::parse(&asked.as_query()).is_ok());
        assert_eq!(SearchForm::read("q=a+OR+b").as_query(), "a OR b");
        assert_eq!(SearchForm::read("").as_query(), "");
        let place = SearchPlace::from_text("12").expect("a place");
        assert_eq!(
            asked.address("/search", Some(place)),
            "/search?q=a+OR+b&source=so&section=Tin+%22m%E1%BB%9Bi%22&from=2020-01-01&after=12"
        );
        assert_eq!(SearchPlace::from_text("-1"), None);
        assert_eq!(grouped(1_000, Lang::Vi), "1.000");
    }

    #[test]
    fn every_mistake_is_told_with_its_field() {
        let told = |query: &str| {
            let mistakes =
                understood(&SearchForm::read(query), words(Lang::Vi)).err().unwrap_or_default();
            mistakes
                .iter()
                .map(|mistake| format!("{}: {}", mistake.field, mistake.message))
                .collect::<Vec<_>>()
        };
        assert_eq!(told("q=(tin"), ["q: Câu tìm sai ở ký tự thứ 1"]);
        assert_eq!(told("source=S%E1%BB%9F").len(), 1);
        assert_eq!(told("from=22/5/2020&to=2020-5-1").len(), 2);
        assert_eq!(told("from=2020-05-02&to=2020-05-01"), ["from: Ngày đầu đứng sau ngày cuối."]);
        assert_eq!(told("after=x").len(), 1);
        assert!(told("q=tin&from=2020-05-01&to=2020-05-01").is_empty());
    }
}
