//! What robots want to know: what they may read, and what there is.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::display::ShownTime;
use super::markup::escaped;
use crate::web::Web;
use crate::web::encoded_document::EncodedDocument;
use crate::web::errors::WebError;
use bantin_model::feed::FeedFormat;
use bantin_model::limits::SITEMAP_PART;

const ROBOTS_AGE: &str = "max-age=604800";
const SITEMAP_AGE: &str = "max-age=3600, stale-if-error=86400";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// Serves robots.txt. Robots may read everything but the links in mails and the searches, which are
/// endless. The feed of a search is allowed, as feed readers obey robots.txt too. The longest path
/// wins (RFC 9309 §2.2.2); for robots that take the first match, allowed paths come first; neither
/// `*` nor `$` is needed.
pub async fn robots(State(web): State<Web>, asked: HeaderMap) -> Response {
    let site = web.site();
    let home = site.public_url.path();
    let closed = ["confirm/", "unsubscribe/", "preferences/", "digests/", "search", "admin/"];
    let feeds = FeedFormat::ALL.map(|format| format!("search/{}", format.file()));
    let open: String = feeds.iter().map(|path| format!("Allow: {home}{path}\n")).collect();
    let closed: String = closed.iter().map(|path| format!("Disallow: {home}{path}\n")).collect();
    let text = format!("User-agent: *\n{open}{closed}Sitemap: {}sitemap.xml\n", site.public_url);
    EncodedDocument::new("text/plain; charset=utf-8", text.into_bytes(), None)
        .answer(&asked, ROBOTS_AGE)
}

/// `?part=` for a part; without it the list of parts. A part is full or the last one, so that the older ones seldom change.
pub async fn sitemap(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> Response {
    let made = match query {
        None => parts(&web).await,
        Some(query) => part(&web, &query).await,
    };
    match made {
        Ok(made) => made.answer(&asked, SITEMAP_AGE),
        Err(error) => error.answer(&web.site(), &web),
    }
}

async fn parts(web: &Web) -> Result<EncodedDocument, WebError> {
    let last = web.0.store.last_seq().await.map_err(WebError::Unavailable)?;
    let base = escaped(web.site().public_url.as_str());
    let parts: String = (0..=last / SITEMAP_PART)
        .map(|part| format!("<sitemap><loc>{base}sitemap.xml?part={part}</loc></sitemap>\n"))
        .collect();
    Ok(document("sitemapindex", &parts))
}

async fn part(web: &Web, query: &str) -> Result<EncodedDocument, WebError> {
    let number = query.strip_prefix("part=").and_then(|n| n.parse::<u32>().ok());
    let number: i64 = number.ok_or(WebError::NotFound)?.into();
    let (first, last) = (number * SITEMAP_PART, (number + 1) * SITEMAP_PART - 1);
    let store = &web.0.store;
    let last_seq = store.last_seq().await.map_err(WebError::Unavailable)?;
    if first > last_seq {
        return Err(WebError::NotFound);
    }
    let items = store.changes_between(first, last).await.map_err(WebError::Unavailable)?;
    let (base, zone) = (escaped(web.site().public_url.as_str()), web.site().zone);
    let mut urls = String::new();
    if number == 0 {
        urls.push_str(&format!(
            "<url><loc>{base}</loc></url>\n<url><loc>{base}feeds/</loc></url>\n"
        ));
    }
    for (id, changed) in items {
        let changed = ShownTime::at(changed, zone).machine;
        urls.push_str(&format!(
            "<url><loc>{base}items/{id}</loc><lastmod>{changed}</lastmod></url>\n"
        ));
    }
    let made = tokio::task::spawn_blocking(move || document("urlset", &urls)).await;
    made.map_err(|error| WebError::Unavailable(error.into()))
}

fn document(name: &str, inner: &str) -> EncodedDocument {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} xmlns=\"{NAMESPACE}\">\n{inner}</{name}>\n"
    );
    EncodedDocument::new("application/xml; charset=utf-8", text.into_bytes(), None)
}
