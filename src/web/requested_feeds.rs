//! Feeds that are made when somebody asks for them: the past of a feed, all of a source, of a section, of a query; and
//! private feeds, whose addresses are secrets.

use std::sync::Arc;

use anyhow::anyhow;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query as Params, State};
use axum::http::{HeaderMap, HeaderName, Response};
use serde::Deserialize;

use super::encoded_document::{EncodedDocument, value};
use super::errors::WebError;
use super::feeds::{RenderedFeeds, beside, cache_control, in_no_part};
use super::item_search::{ItemFilter, find};
use super::prepared::PreparedResponse;
use super::source_names::SourceNames;
use super::subscribe::clients::{Client, Peer};
use super::{Web, guards};
use bantin_model::feed::archive_parts::{month_of_part, unpack};
use bantin_model::feed::{
    DocumentAddress, FeedDocument, FeedFormat, FeedLinks, WithdrawnEntry, feed_id, id_of, render,
};
use bantin_model::limits::{
    FEED_ITEMS, QUERY_CHARS, SEARCH_FEED_ITEMS, SEARCH_FEED_LOOKED_AT, WITHDRAWN_ITEMS,
    WITHDRAWN_TOLD,
};
use bantin_model::query::Query;
use bantin_model::tokens::feed_token_hash;
use bantin_model::{ArchiveOwner, Feed, FeedName, Item, SourceId};
use bantin_store::SearchPlace;

/// Cache lifetime of an archive part that has a successor: it never changes. The last part still
/// gets a link to the next.
const CLOSED: &str = "max-age=31536000, immutable";
const NEWEST: &str = "max-age=3600, stale-if-error=86400";

pub async fn archive(
    State(web): State<Web>,
    Path((name, part, file)): Path<(String, String, String)>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let format = FeedFormat::from_file(&file).ok_or(WebError::NotFound)?;
        let name = FeedName::parse(&name).map_err(|_| WebError::NotFound)?;
        let rendered = web.rendered().await.map_err(WebError::Unavailable)?;
        let feed = rendered.feed(&name).ok_or(WebError::NotFound)?.clone();
        let past = RequestedArchive {
            of: ArchiveOwner::Feed(&name),
            id: feed_id(&name),
            feed,
            part: &part,
        };
        past.answer(&web, &rendered, format, &asked).await
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

pub async fn archive_of_source(
    State(web): State<Web>,
    Path((id, part, file)): Path<(String, String, String)>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let format = FeedFormat::from_file(&file).ok_or(WebError::NotFound)?;
        let id = SourceId::parse(&id).map_err(|_| WebError::NotFound)?;
        let asked_for = all_of_source(&web, &id).await?;
        let feed = asked_for.feed(&web).map_err(WebError::Unavailable)?;
        let rendered = web.rendered().await.map_err(WebError::Unavailable)?;
        let past = RequestedArchive {
            of: ArchiveOwner::Source(&id),
            id: asked_for.id(),
            feed,
            part: &part,
        };
        past.answer(&web, &rendered, format, &asked).await
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

/// A part of the past.
struct RequestedArchive<'a> {
    of: ArchiveOwner<'a>,
    id: String,
    feed: Feed,
    part: &'a str,
}

impl RequestedArchive<'_> {
    async fn answer(
        self,
        web: &Web,
        rendered: &RenderedFeeds,
        format: FeedFormat,
        asked: &HeaderMap,
    ) -> Result<Response<Body>, WebError> {
        let RequestedArchive { of, id, feed, part } = self;
        month_of_part(part).ok_or(WebError::NotFound)?;
        let parts = web.0.store.archives(of).await.map_err(WebError::Unavailable)?;
        let place = parts.iter().position(|one| one.part == part).ok_or(WebError::NotFound)?;
        let address = |place: Option<usize>| {
            place
                .and_then(|place| parts.get(place))
                .map(|one| DocumentAddress::of_archive(of, &one.part))
        };
        let links = FeedLinks {
            own: address(Some(place)),
            hub: None,
            previous: address(place.checked_sub(1)),
            next: address(Some(place + 1)),
            current: Some(DocumentAddress::of_present(of)),
        };
        let age = if links.next.is_some() { CLOSED } else { NEWEST };
        let key = DocumentAddress::of_archive(of, part).path(format);
        let make = async {
            let packed = web.0.store.archived_items(of, part).await?;
            let packed = packed.ok_or_else(|| anyhow!("the archive {part} of {of} is gone"))?;
            let mut items = unpack(&packed).map_err(|why| anyhow!("the archive {part}: {why}"))?;
            let seqs: Vec<i64> = items.iter().map(|item| item.seq).collect();
            let withdrawn = web.0.store.withdrawn_among(&seqs).await?;
            let mut gone = Vec::new();
            for (seq, at) in withdrawn {
                let withdrawn = items.iter().filter(|item| item.seq == seq);
                gone.extend(withdrawn.map(|item| WithdrawnEntry { id: item.id, at }));
                items.retain(|item| item.seq != seq);
            }
            let changed_at = parts[place].closed_at;
            let made = DocumentInputs {
                feed,
                id,
                items,
                withdrawn: gone,
                links: links.clone(),
                changed_at,
            };
            made.ready(web, format).await.map(Some)
        };
        let ready = on_shelf(web, rendered, &key, make).await?;
        Ok(ready.answer(asked, age))
    }
}

pub async fn of_source(
    State(web): State<Web>,
    Path((id, file)): Path<(String, String)>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let format = FeedFormat::from_file(&file).ok_or(WebError::NotFound)?;
        let id = SourceId::parse(&id).map_err(|_| WebError::NotFound)?;
        all_of_source(&web, &id).await?.answer(&web, format, None, &asked).await
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

async fn all_of_source(web: &Web, id: &SourceId) -> Result<RequestedFeed, WebError> {
    let state = web.0.store.source(id).await.map_err(WebError::Unavailable)?;
    let state = state.ok_or(WebError::NotFound)?;
    Ok(RequestedFeed {
        address: DocumentAddress::of_source(id),
        query: format!("source:{id}"),
        title: state.source.name,
        may_be_empty: true,
        archived: Some(id.clone()),
    })
}

pub async fn of_section(
    State(web): State<Web>,
    Path((slug, file)): Path<(String, String)>,
    peer: Option<Extension<Peer>>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let format = FeedFormat::from_file(&file).ok_or(WebError::NotFound)?;
        let is_slug = slug.len() <= 100
            && slug.split('-').all(|word| {
                !word.is_empty()
                    && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            });
        if !is_slug {
            return Err(WebError::NotFound);
        }
        let words = slug.replace('-', " ");
        let asked_for = RequestedFeed {
            address: DocumentAddress::of_section(&slug),
            query: format!("section:\"{words}\""),
            title: words,
            may_be_empty: false,
            archived: None,
        };
        asked_for.answer(&web, format, Some(client(peer)), &asked).await
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

#[derive(Deserialize)]
pub struct SearchParams {
    #[serde(default)]
    q: String,
}

pub async fn of_query(
    State(web): State<Web>,
    Path(file): Path<String>,
    params: Result<Params<SearchParams>, QueryRejection>,
    peer: Option<Extension<Peer>>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let format = FeedFormat::from_file(&file).ok_or(WebError::NotFound)?;
        let Params(SearchParams { q }) = params.map_err(|_| WebError::BadQuery)?;
        let query = q.split_whitespace().collect::<Vec<_>>().join(" ");
        if query.is_empty() || query.chars().count() > QUERY_CHARS {
            return Err(WebError::BadQuery);
        }
        let asked_for = RequestedFeed {
            address: DocumentAddress::of_search(&query),
            title: query.clone(),
            query,
            may_be_empty: true,
            archived: None,
        };
        asked_for.answer(&web, format, Some(client(peer)), &asked).await
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

/// Serves a private feed to anyone who has its token. A wrong token gets the same answer as an
/// unknown address, in the same time.
pub async fn private(
    State(web): State<Web>,
    Path((token, file)): Path<(String, String)>,
    asked: HeaderMap,
) -> Response<Body> {
    let found = async {
        let hash = feed_token_hash(&token);
        let rendered = web.rendered().await.map_err(WebError::Unavailable)?;
        let format = FeedFormat::from_file(&file).ok_or(WebError::NotFound)?;
        let (id, ready) = rendered.private(&hash, format).ok_or(WebError::NotFound)?;
        web.0.used_tokens.lock().expect("no one panics while holding the tokens").insert(id);
        let age = web.0.feeds.max_age(web.0.clock.now());
        let mut answer = ready.stored.answer(&asked, &format!("private, max-age={age}"));
        let robots = HeaderName::from_static("x-robots-tag");
        answer.headers_mut().insert(robots, value("noindex"));
        Ok(answer)
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

fn client(peer: Option<Extension<Peer>>) -> Client {
    Client::of(peer.map(|Extension(peer)| peer))
}

async fn on_shelf(
    web: &Web,
    rendered: &RenderedFeeds,
    key: &str,
    make: impl Future<Output = anyhow::Result<Option<PreparedResponse>>>,
) -> Result<Arc<PreparedResponse>, WebError> {
    if let Some(ready) = web.0.responses.get(key, rendered.version) {
        return Ok(ready);
    }
    let made = web.0.responses.get_or(key, rendered.version, make).await;
    made.map_err(WebError::Unavailable)?.ok_or(WebError::NotFound)
}

/// A feed that is not in the config.
struct RequestedFeed {
    address: DocumentAddress,
    query: String,
    title: String,
    may_be_empty: bool,
    /// The source whose past is archived. That of sections and queries is not: there is no end of them.
    archived: Option<SourceId>,
}

impl RequestedFeed {
    async fn answer(
        self,
        web: &Web,
        format: FeedFormat,
        counted: Option<Client>,
        asked: &HeaderMap,
    ) -> Result<Response<Body>, WebError> {
        let query = Query::parse(&self.query).map_err(|_| WebError::BadQuery)?;
        let rendered = web.rendered().await.map_err(WebError::Unavailable)?;
        let key = self.address.path(format);
        let ready = match web.0.responses.get(&key, rendered.version) {
            Some(ready) => ready,
            None => {
                if let Some(client) = counted {
                    let taken = web.0.searches.take(client, web.0.clock.now());
                    taken.map_err(WebError::TooMany)?;
                }
                let make = self.make(web, &query, format);
                on_shelf(web, &rendered, &key, make).await?
            }
        };
        let age = cache_control(web.0.feeds.max_age(web.0.clock.now()));
        Ok(ready.answer(asked, &age))
    }

    async fn make(
        &self,
        web: &Web,
        query: &Query,
        format: FeedFormat,
    ) -> anyhow::Result<Option<PreparedResponse>> {
        let mut feed = self.feed(web)?;
        let finding = ItemFilter {
            query,
            zone: web.site().zone,
            after: query.ends_before().map_or(SearchPlace::END, SearchPlace::at),
            most: SEARCH_FEED_ITEMS as usize,
            looked_at: SEARCH_FEED_LOOKED_AT,
            since: None,
        };
        let found = find(&web.0.store, finding, |_| true).await?.items;
        let places: Vec<SearchPlace> = found.into_iter().map(|(place, _)| place).collect();
        let items = web.0.store.items_at(&places).await?;
        let mut items: Vec<Item> = items.into_iter().map(|(_, item)| item).collect();
        if !self.may_be_empty {
            // A section is known by its items alone, which write its name as it should be.
            let Some(section) = items.first().and_then(|item| item.section.as_deref()) else {
                return Ok(None);
            };
            feed.title = format!("{section} – {}", web.site().title);
        }
        let mut links = FeedLinks { own: Some(self.address.clone()), ..FeedLinks::default() };
        let mut withdrawn = Vec::new();
        if let Some(source) = &self.archived {
            let parts = web.0.store.archives(source).await?;
            links.previous =
                parts.last().map(|last| DocumentAddress::of_archive(source, &last.part));
            let room = FEED_ITEMS - items.len();
            items.extend(in_no_part(&web.0.store, source, &items, room).await?);
            let since = web.0.clock.now() - WITHDRAWN_TOLD;
            let all = web.0.store.withdrawn_since(since, WITHDRAWN_ITEMS).await?;
            let ours = all.into_iter().filter(|one| one.item.source == *source);
            withdrawn = ours.map(|one| WithdrawnEntry { id: one.item.id, at: one.at }).collect();
        }
        let made = DocumentInputs {
            feed,
            id: self.id(),
            // What an empty feed is stamped with must not move by itself.
            changed_at: chrono::DateTime::UNIX_EPOCH,
            items,
            withdrawn,
            links,
        };
        made.ready(web, format).await.map(Some)
    }

    fn feed(&self, web: &Web) -> anyhow::Result<Feed> {
        let site = web.site();
        Ok(Feed {
            name: FeedName::parse("tim-kiem").map_err(|why| anyhow!(why))?,
            title: format!("{} – {}", self.title, site.title),
            description: String::new(),
            query: self.query.clone(),
            lang: site.lang,
            items: SEARCH_FEED_ITEMS,
            days: 0,
            private: false,
        })
    }

    fn id(&self) -> String {
        id_of(&self.address.path(FeedFormat::Atom))
    }
}

/// What a document is made of.
struct DocumentInputs {
    feed: Feed,
    id: String,
    items: Vec<Item>,
    withdrawn: Vec<WithdrawnEntry>,
    links: FeedLinks,
    changed_at: chrono::DateTime<chrono::Utc>,
}

impl DocumentInputs {
    async fn ready(mut self, web: &Web, format: FeedFormat) -> anyhow::Result<PreparedResponse> {
        self.items.sort_by_key(|item| std::cmp::Reverse((item.sort_at, item.seq)));
        let store = &web.0.store;
        let named = SourceNames::of(store, self.items.iter()).await?;
        let (site, guards) = (web.site(), guards(&web.0.pages));
        let making = move || {
            let name = |id: &SourceId| named.name_and_zone(id, site.zone);
            let document = FeedDocument {
                feed: &self.feed,
                id: &self.id,
                items: &self.items,
                withdrawn: &self.withdrawn,
                public_url: &site.public_url,
                site: &site.title,
                source: &name,
                changed_at: self.changed_at,
                links: &self.links,
            };
            let bytes = render(format, &document);
            // Its tag says better than a time whether it changed: items leave it, and others take their place.
            let stored = EncodedDocument::new(format.content_type(), bytes, None);
            PreparedResponse::new(stored, beside(format, &self.links, &site.public_url), &guards)
        };
        Ok(tokio::task::spawn_blocking(making).await?)
    }
}
