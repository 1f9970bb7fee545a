//! Requests to the WebSub hub (W3C Recommendation, 23 January 2018) for our own topics: the public
//! feeds and the list of them. A request is checked and stored here; a job verifies and pushes. A
//! private feed is never a topic.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use minijinja::context;
use sha2::{Digest as _, Sha256};
use tracing::error;
use url::{Host, Url, form_urlencoded};
use uuid::Uuid;

use super::Web;
use super::encoded_document::value;
use super::feeds::RenderedFeeds;
use super::pages::shared;
use super::subscribe::clients::{Client, Peer};
use super::texts::texts;
use crate::fetch::Callbacks;
use bantin_model::feed::{FeedFormat, hub_address};
use bantin_model::limits;
use bantin_store::{HubMode, HubRequest, HubRequestOutcome};

/// Something that can be subscribed to, as it is at present.
#[derive(Debug, Clone)]
pub struct Topic {
    pub url: String,
    pub content_type: &'static str,
    pub bytes: Bytes,
    /// Of the bytes.
    pub hash: String,
    /// Hash of what subscribers are notified of. The bytes may change without it.
    pub news: String,
}

/// All topics of one rendering.
pub struct Topics {
    of: Arc<RenderedFeeds>,
    pub list: Vec<Topic>,
}

/// Marks an answer in plain text as one that is meant.
#[derive(Debug, Clone, Copy)]
pub struct PlainTextError;

impl Web {
    /// Whether there is one: feeds name it then.
    pub(super) fn hub_is_open(&self) -> bool {
        self.settings().hub.is_some()
    }

    pub fn hub_address(&self) -> String {
        hub_address(&self.site().public_url)
    }

    pub(super) fn opml_address(&self) -> String {
        self.site().public_url.join("feeds.opml").map_or_else(|_| String::new(), String::from)
    }

    /// The addresses of all topics that there are, rendered yet or not.
    pub async fn topic_addresses(&self) -> anyhow::Result<Vec<String>> {
        let site = self.site();
        let feeds = self.0.store.feeds().await?;
        let feeds = feeds.iter().filter(|feed| !feed.private).flat_map(|feed| {
            FeedFormat::ALL.map(|format| format.address(&site.public_url, &feed.name))
        });
        Ok(feeds.chain([self.opml_address()]).collect())
    }

    /// The topics as they are served; None before the first rendering, and where they are still those of `before`.
    pub fn topics(&self, before: Option<&Topics>) -> Option<Topics> {
        let of = self.0.feeds.rendered()?;
        if before.is_some_and(|before| Arc::ptr_eq(&before.of, &of)) {
            return None;
        }
        let public_url = &self.site().public_url;
        let documents = of.documents().map(|(name, format, document, news)| {
            (format.address(public_url, name), document, Some(news.to_owned()))
        });
        let list = documents
            .chain([(self.opml_address(), &of.opml, None)])
            .map(|(url, document, news)| {
                let hash: String = Sha256::digest(document.bytes())[..16]
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                Topic {
                    url,
                    content_type: document.content_type(),
                    bytes: document.body().clone(),
                    news: news.unwrap_or_else(|| hash.clone()),
                    hash,
                }
            })
            .collect();
        Some(Topics { of, list })
    }
}

/// An answer that says where its hub is (WebSub §4).
pub fn linked(web: &Web, mut answer: Response, topic: &str) -> Response {
    if web.hub_is_open() {
        for link in
            [format!("<{}>; rel=\"hub\"", web.hub_address()), format!("<{topic}>; rel=\"self\"")]
        {
            if let Ok(link) = HeaderValue::try_from(link) {
                answer.headers_mut().append(header::LINK, link);
            }
        }
    }
    answer
}

/// Explains the purpose of this address to people who open it in a browser.
pub async fn explain(State(web): State<Web>) -> Response {
    let site = web.site();
    let t = texts(site.lang);
    let last = if web.hub_is_open() { t.hub_topics } else { t.hub_closed };
    let values = context! { heading => t.hub, paragraphs => [t.hub_text, last], ..shared(&site) };
    let mut answer = web.page(StatusCode::OK, "message.html", values);
    answer.headers_mut().insert(header::CACHE_CONTROL, value("max-age=3600"));
    answer
}

/// A subscriber's request (WebSub §5.1): refused at once where it is wrong, else kept to be verified.
pub async fn ask(
    State(web): State<Web>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(door) = web.settings().hub.clone() else {
        return say(StatusCode::FORBIDDEN, "this hub takes no subscriptions at present");
    };
    let client = Client::of(peer.map(|Extension(peer)| peer));
    let now = web.0.clock.now();
    if let Err(wait) = web.0.hub_asks.take(client, now) {
        let mut answer =
            say(StatusCode::TOO_MANY_REQUESTS, "too many requests to this hub within the hour");
        let seconds = HeaderValue::from(wait.num_seconds().max(1));
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        return answer;
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let why = "send the request as application/x-www-form-urlencoded";
        return say(StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => return say(error.status(), "the request's body cannot be read"),
    };
    let request = match read(&body, &door.callbacks) {
        Ok(request) => request,
        Err(why) => return say(StatusCode::BAD_REQUEST, why),
    };
    let asked = async {
        if !web.topic_addresses().await?.contains(&request.topic) {
            return Ok(None);
        }
        web.0.store.queue_hub_request(&request, now).await.map(Some)
    };
    match asked.await {
        Ok(None) => say(
            StatusCode::BAD_REQUEST,
            "hub.topic is no feed of this site; give the address that the feed itself names as rel=\"self\"",
        ),
        // The answer does not reveal who is subscribed to what.
        Ok(Some(HubRequestOutcome::Queued | HubRequestOutcome::Nothing)) => {
            door.asked.notify_one();
            say(StatusCode::ACCEPTED, "the callback will be asked to confirm")
        }
        Ok(Some(HubRequestOutcome::HostIsFull)) => say(
            StatusCode::TOO_MANY_REQUESTS,
            "the host of hub.callback has as many subscriptions as one may have",
        ),
        Ok(Some(HubRequestOutcome::HubIsFull)) => {
            busy("this hub has as many subscriptions as it can serve; try again later")
        }
        Err(cause) => {
            error!("A request to the hub could not be kept: {cause:#}");
            busy("the request could not be kept; try again in a few minutes")
        }
    }
}

fn busy(why: &'static str) -> Response {
    let mut answer = say(StatusCode::SERVICE_UNAVAILABLE, why);
    answer.headers_mut().insert(header::RETRY_AFTER, value("300"));
    answer
}

/// Answers in plain text for the developer of a subscriber. It repeats nothing of the request.
fn say(status: StatusCode, text: &'static str) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .extension(PlainTextError)
        .body(Body::from(format!("{text}\n")))
        .expect("these headers are ASCII")
}

/// Returns the request, or what is wrong with it. Parameters that the Recommendation does not name
/// are ignored; those that it names must occur once.
fn read(body: &[u8], callbacks: &Callbacks) -> Result<HubRequest, &'static str> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let one = |name: &str| -> Result<Option<&str>, &'static str> {
        let mut found =
            fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (_, Some(_)) => Err("each parameter of hub. may stand once"),
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
        }
    };
    let mode = match one("hub.mode")? {
        Some("subscribe") => HubMode::Subscribe,
        Some("unsubscribe") => HubMode::Unsubscribe,
        _ => return Err("hub.mode must be subscribe or unsubscribe"),
    };
    let topic = one("hub.topic")?.ok_or("hub.topic is missing")?;
    let callback = one("hub.callback")?.ok_or("hub.callback is missing")?;
    if callback.len() > limits::HUB_CALLBACK_BYTES {
        return Err("hub.callback is too long");
    }
    let callback = Url::parse(callback).map_err(|_| "hub.callback is no absolute address")?;
    if callback.fragment().is_some() {
        return Err("hub.callback must have no fragment");
    }
    callbacks.check(&callback).map_err(|_| {
        "hub.callback may not be called: only http and https at the ports 80 and 443 of public hosts are"
    })?;
    let host = match callback.host().ok_or("hub.callback names no host")? {
        Host::Domain(name) => name.trim_end_matches('.').to_owned(),
        address => address.to_string(),
    };
    let longest = limits::HUB_MAX_LEASE.as_secs();
    let lease = match one("hub.lease_seconds")? {
        None => longest,
        // A number that no u64 holds is still a long time.
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().unwrap_or(longest)
        }
        Some(_) => return Err("hub.lease_seconds must be a number of seconds"),
    };
    let lease = lease.clamp(limits::HUB_MIN_LEASE.as_secs(), longest);
    let secret = one("hub.secret")?.map(|secret| secret.as_bytes().to_vec());
    if secret.as_ref().is_some_and(|secret| secret.len() > limits::HUB_SECRET_BYTES) {
        return Err("hub.secret must have less than 200 bytes");
    }
    Ok(HubRequest {
        id: 0,
        mode,
        topic: topic.to_owned(),
        callback: callback.into(),
        host,
        secret,
        lease_seconds: u32::try_from(lease).expect("ten days of seconds fit"),
        // 244 bits from the system's generator.
        challenge: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
    })
}
