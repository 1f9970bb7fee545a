//! Pages for people: the templates they are made with, the page about feeds, and short messages. No script anywhere; the
//! pages of news are `site`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use chrono::{DateTime, FixedOffset};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, Output, UndefinedBehavior, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::encoded_document::{EncodedDocument, value};
use super::errors::WebError;
use super::feeds::RenderedFeeds;
use super::site::site_words::words;
use super::texts::texts;
use super::{Site, Web};
use bantin_model::feed::{FeedEntry, FeedFormat};
use bantin_model::{Feed, ItemId};

/// Titles shown of each feed.
pub const TITLES: usize = 10;

const STYLE: &str = include_str!("templates/style.css");
const FAVICON: &str = include_str!("templates/favicon.svg");

/// The templates, and what is made of them once.
pub struct PageTemplates {
    templates: Environment<'static>,
    policy: HeaderValue,
    favicon: EncodedDocument,
}

impl PageTemplates {
    pub fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_formatter(escaped);
        templates.add_function("style", || Value::from_safe_string(STYLE.to_owned()));
        for (name, text) in [
            ("base.html", include_str!("templates/base.html")),
            ("message.html", include_str!("templates/message.html")),
            ("ask.html", include_str!("templates/ask.html")),
            ("news.html", include_str!("templates/news.html")),
            ("front.html", include_str!("templates/front.html")),
            ("search.html", include_str!("templates/search.html")),
            ("feeds.html", include_str!("templates/feeds.html")),
            ("item.html", include_str!("templates/item.html")),
            ("revision.html", include_str!("templates/revision.html")),
            ("digest.html", include_str!("templates/digest.html")),
            ("wish.html", include_str!("templates/wish.html")),
            ("subscribe.html", include_str!("templates/subscribe.html")),
            ("preferences.html", include_str!("templates/preferences.html")),
        ] {
            templates.add_template(name, text).expect("our templates parse: each has a test");
        }
        PageTemplates {
            templates,
            policy: policy(),
            favicon: EncodedDocument::new("image/svg+xml", FAVICON.into(), None),
        }
    }

    /// What a browser may do with our pages: show them, and send their form back to us.
    pub fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }

    pub fn render(&self, name: &str, values: Value) -> String {
        self.templates
            .get_template(name)
            .and_then(|template| template.render(values))
            .expect("our templates render with what their handlers give them: each has a test")
    }

    pub fn respond(&self, status: StatusCode, name: &str, values: Value) -> Response {
        self.sent(status, self.render(name, values))
    }

    pub fn sent(&self, status: StatusCode, page: String) -> Response {
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .body(Body::from(page))
            .expect("these headers are ASCII")
    }

    /// The page about feeds: what each is, how to follow it, and its newest titles.
    pub fn index(&self, site: &Site, feeds: &[(Feed, Vec<FeedHeadline>)]) -> String {
        #[derive(Serialize)]
        struct FeedView<'a> {
            name: &'a str,
            title: &'a str,
            description: &'a str,
            query: &'a str,
            lang: &'static str,
            formats: Vec<FormatView>,
            items: &'a [FeedHeadline],
        }
        #[derive(Serialize)]
        struct FormatView {
            name: &'static str,
            media_type: &'static str,
            address: String,
        }
        let feeds: Vec<FeedView<'_>> = feeds
            .iter()
            .map(|(feed, items)| FeedView {
                name: feed.name.as_str(),
                title: &feed.title,
                description: &feed.description,
                query: feed.query.trim(),
                lang: feed.lang.tag(),
                formats: FeedFormat::ALL
                    .iter()
                    .map(|format| FormatView {
                        name: match format {
                            FeedFormat::Rss => "RSS",
                            FeedFormat::Atom => "Atom",
                            FeedFormat::Json => "JSON Feed",
                        },
                        media_type: format.media_type(),
                        address: format.address(&site.public_url, &feed.name),
                    })
                    .collect(),
                items,
            })
            .collect();
        let canonical = format!("{}feeds/", site.public_url);
        self.render(
            "feeds.html",
            context! { feeds => Value::from(Serde(feeds)), canonical, ..shared(site) },
        )
    }
}

/// minijinja escapes the slash too, and programs that look for `type="application/rss+xml"` without reading HTML would not
/// find it.
fn escaped(
    out: &mut Output<'_>,
    state: &mut minijinja::State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let Some(text) = value.as_str().filter(|_| !value.is_safe()) else {
        return minijinja::escape_formatter(out, state, value);
    };
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)?;
    Ok(())
}

/// What every page is given.
pub fn shared(site: &Site) -> Value {
    context! { t => Value::from(Serde(texts(site.lang))), s => Value::from(Serde(words(site.lang))), lang => site.lang.tag(), site => site.title.clone(), home => site.public_url.path(), canonical => None::<String>, here => "" }
}

/// The style is part of the page, so its hash is what allows it: no second request, whatever path a proxy gives us.
fn policy() -> HeaderValue {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is ASCII")
}

/// An item in the list of a feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedHeadline {
    id: String,
    title: String,
    date: Option<String>,
    datetime: Option<String>,
}

impl FeedHeadline {
    pub fn of(id: ItemId, entry: &FeedEntry) -> Self {
        FeedHeadline {
            id: id.to_string(),
            title: entry.title.clone(),
            date: entry.published.map(shown_date),
            datetime: entry.published.map(|at| at.to_rfc3339()),
        }
    }
}

/// As people in Việt Nam write it; midnight is what a listing that gives a day alone turns into, so it is left out.
fn shown_date(at: DateTime<FixedOffset>) -> String {
    let minute = at.format("%H:%M").to_string();
    if minute == "00:00" {
        at.format("%d/%m/%Y").to_string()
    } else {
        at.format("%d/%m/%Y %H:%M").to_string()
    }
}

/// How long a reader may keep a page of news.
const PAGE_AGE: &str = "max-age=300, stale-if-error=86400";
/// And what changes only with the program.
const ASSET_AGE: &str = "max-age=604800";

async fn rendered(web: &Web) -> Result<std::sync::Arc<RenderedFeeds>, WebError> {
    web.rendered().await.map_err(WebError::Unavailable)
}

pub async fn index(State(web): State<Web>, asked: HeaderMap) -> Response {
    match rendered(&web).await {
        Ok(rendered) => rendered.index.answer(&asked, PAGE_AGE),
        Err(error) => error.answer(&web.site(), &web),
    }
}

pub async fn opml(State(web): State<Web>, asked: HeaderMap) -> Response {
    match rendered(&web).await {
        Ok(rendered) => {
            let answer = rendered.opml.answer(&asked, PAGE_AGE);
            super::hub_requests::linked(&web, answer, &web.opml_address())
        }
        Err(error) => error.answer(&web.site(), &web),
    }
}

/// One reader fetched favicons 320 times in 40 seconds: there is one, and it is kept for long.
pub async fn favicon(State(web): State<Web>, asked: HeaderMap) -> Response {
    web.0.pages.favicon.answer(&asked, ASSET_AGE)
}

/// Marks a page about a token: no cache keeps it, no robot lists it.
pub fn private(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, value("no-store"));
    headers.insert(header::HeaderName::from_static("x-robots-tag"), value("noindex"));
    answer
}

/// A short page of a heading and a paragraph.
pub fn message(web: &Web, site: &Site, status: StatusCode, heading: &str, text: &str) -> Response {
    let values =
        context! { heading => heading.to_owned(), paragraphs => [text.to_owned()], ..shared(site) };
    private(web.page(status, "message.html", values))
}

/// What a page asks that needs one press of a button.
pub struct ConfirmationPage<'a> {
    pub heading: &'a str,
    /// What the button is about, or several such things.
    pub what: Option<String>,
    pub list: Vec<String>,
    pub text: &'a str,
    /// Sent along with the press.
    pub hidden: Vec<(&'static str, String)>,
    pub button: &'a str,
}

pub fn ask(web: &Web, site: &Site, asking: ConfirmationPage<'_>) -> Response {
    let ConfirmationPage { heading, what, list, text, hidden, button } = asking;
    let hidden = Value::from(Serde(hidden));
    let values = context! { heading, what, list, text, hidden, button, ..shared(site) };
    private(web.page(StatusCode::OK, "ask.html", values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bantin_model::{FeedName, Lang};

    fn site(lang: Lang) -> Site {
        Site {
            title: "Sở \"TT&TT\" </title><script>".into(),
            public_url: "https://x.vn/bantin/".parse().expect("a URL"),
            lang,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        }
    }

    /// Renders a page and looks for what no page may have: a script, an event handler, an open attribute.
    #[track_caller]
    fn check(name: &str, values: Value) -> String {
        let page = PageTemplates::new().render(name, values);
        assert!(!page.contains("<script") && !page.contains("\"TT&"), "{page}");
        assert!(page.contains("<meta name=\"viewport\""), "{page}");
        let opened = page.matches("<main").count() + page.matches("<h1").count();
        assert_eq!(opened, 2, "one main, one first heading: {page}");
        page
    }

    #[test]
    fn every_page_renders_in_every_language() {
        for lang in [Lang::Vi, Lang::En] {
            let site = site(lang);
            let hostile = "<script>'\"&".to_owned();
            let message = context! { heading => hostile.clone(), paragraphs => [hostile.clone()], ..shared(&site) };
            let page = check("message.html", message);
            assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())));
            assert!(page.contains("<h1>&lt;script&gt;&#39;&quot;&amp;</h1>"), "{page}");
            assert!(page.contains("href=\"/bantin/favicon.svg\""), "below the public path: {page}");
            for what in [None, Some(hostile.clone())] {
                let ask = context! { heading => hostile.clone(), what, list => [hostile.clone()], hidden => [("a", hostile.clone())], text => "", button => hostile.clone(), ..shared(&site) };
                check("ask.html", ask);
            }
        }
    }

    #[test]
    fn the_list_of_feeds_renders_with_and_without_feeds_and_items() {
        let site = site(Lang::Vi);
        let feed = Feed {
            name: FeedName::parse("tin").expect("a name"),
            title: "<script>".into(),
            description: String::new(),
            query: String::new(),
            lang: Lang::En,
            items: 1,
            days: 1,
            private: false,
        };
        let headline = FeedHeadline {
            id: "1".into(),
            title: "</a><script>".into(),
            date: None,
            datetime: None,
        };
        let pages = PageTemplates::new();
        for feeds in [vec![], vec![(feed.clone(), vec![])], vec![(feed, vec![headline])]] {
            let page = pages.index(&site, &feeds);
            assert!(!page.contains("<script"), "{page}");
            let shown = page.matches("aria-labelledby=\"feed-tin\" lang=\"en\"").count();
            assert_eq!(shown, feeds.len());
        }
    }

    #[test]
    fn the_policy_allows_our_style_and_nothing_that_runs() {
        let policy = PageTemplates::new().policy();
        let policy = policy.to_str().expect("ASCII");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!policy.contains("unsafe") && !policy.contains("script"));
        // The hash is of the bytes between the tags, so the page must hold them unchanged.
        let page = PageTemplates::new().index(&site(Lang::Vi), &[]);
        assert!(page.contains(&format!("<style>{STYLE}</style>")));
    }
}
