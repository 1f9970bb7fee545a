//! `/metrics` for Prometheus (text format 0.0.4): what the store holds and what happened since the start. Nothing in it is
//! about a person. It is made at most once in a few seconds, however many ask.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use tokio::time::Instant;
use tracing::error;

use super::Web;
use super::api::has_scope;
use super::subscribe::clients::Peer;
use bantin_store::{SourceFigures, TokenScope};

/// For so long one reading serves everybody who asks.
const FRESH: Duration = Duration::from_secs(2);
/// For the store to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The last reading.
pub type CachedMetrics = tokio::sync::Mutex<Option<(Instant, Bytes)>>;

/// Headers by which a web server in front says that somebody else asks.
const FORWARDED: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];

/// Whether a request comes from this machine, as the connection showed.
#[derive(Debug, Clone, Copy)]
pub struct IsLocalRequest(pub bool);

/// Whether a request comes from a program on this machine, without a web server in between.
pub fn is_local(peer: Option<Peer>, headers: &HeaderMap) -> bool {
    let near =
        peer.is_some_and(|peer| peer.0.is_none_or(|address| address.to_canonical().is_loopback()));
    near && !FORWARDED.iter().any(|name| headers.contains_key(*name))
}

pub async fn metrics(
    State(web): State<Web>,
    Extension(IsLocalRequest(local)): Extension<IsLocalRequest>,
    headers: HeaderMap,
) -> Response {
    let allowed = web.settings().metrics_open
        || local
        || has_scope(&web, &headers, TokenScope::Metrics).await;
    if !allowed {
        let why = "figures are read on this machine, or with a token that has the scope metrics\n";
        return text(StatusCode::FORBIDDEN, Bytes::from_static(why.as_bytes()));
    }
    let mut last = web.0.reading.lock().await;
    if let Some((at, bytes)) = &*last
        && at.elapsed() < FRESH
    {
        return text(StatusCode::OK, bytes.clone());
    }
    match tokio::time::timeout(PATIENCE, read(&web)).await {
        Ok(Ok(page)) => {
            let bytes = Bytes::from(page);
            *last = Some((Instant::now(), bytes.clone()));
            text(StatusCode::OK, bytes)
        }
        Ok(Err(cause)) => {
            error!("The figures cannot be read: {cause:#}");
            text(
                StatusCode::SERVICE_UNAVAILABLE,
                Bytes::from_static(b"the store does not answer\n"),
            )
        }
        Err(_) => text(
            StatusCode::SERVICE_UNAVAILABLE,
            Bytes::from_static(b"the store does not answer\n"),
        ),
    }
}

fn text(status: StatusCode, bytes: Bytes) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from(bytes))
        .expect("these headers are ASCII")
}

async fn read(web: &Web) -> anyhow::Result<String> {
    let (store, now) = (&web.0.store, web.0.clock.now());
    let mut page = MetricsText::default();
    page.family("bantin_build_info", "gauge", "The version that runs.");
    page.value(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);

    let sources = store.source_figures().await?;
    of_sources(&mut page, &sources, now);
    page.family("bantin_polls_total", "counter", "Polls since the start, by what they found.");
    page.counts("result", &web.0.counters.of("polls"));

    page.family(
        "bantin_items",
        "gauge",
        "Items that are kept, and of these the ones held back for the admin.",
    );
    let (items, held) = store.count_items().await?;
    page.value(&[("standing", "published")], items.saturating_sub(held) as f64);
    page.value(&[("standing", "held")], held as f64);

    let queue = store.queue().await?;
    page.family("bantin_deliveries", "gauge", "Mails that are on their way, by state.");
    page.value(&[("state", "waiting")], queue.waiting as f64);
    page.value(&[("state", "sending")], queue.sending as f64);
    page.family(
        "bantin_deliveries_total",
        "counter",
        "Mails that are done with, by how they ended.",
    );
    for (result, count) in
        [("sent", queue.sent), ("refused", queue.refused), ("given-up", queue.given_up)]
    {
        page.value(&[("result", result)], count as f64);
    }
    let oldest = store.oldest_waiting_delivery().await?;
    page.family(
        "bantin_oldest_waiting_delivery_seconds",
        "gauge",
        "How long the oldest waiting mail has been waiting; 0 when none does.",
    );
    page.value(&[], oldest.map_or(0.0, |at| seconds_between(at, now)));
    page.family("bantin_queue_held", "gauge", "Whether no mail goes at present.");
    page.value(&[], f64::from(u8::from(store.hold().await?.is_some())));

    let hub = store.hub_counts(now).await?;
    page.family("bantin_hub_subscriptions", "gauge", "WebSub subscriptions with a lease.");
    page.value(&[], hub.subscriptions as f64);
    page.family("bantin_hub_waiting", "gauge", "What the hub has yet to do, by kind.");
    page.value(&[("kind", "verification")], hub.waiting_requests as f64);
    page.value(&[("kind", "push")], hub.waiting_pushes as f64);
    page.family(
        "bantin_hub_verifications_total",
        "counter",
        "WebSub verifications since the start, by result.",
    );
    page.counts("result", &web.0.counters.of("verifications"));
    page.family("bantin_hub_pushes_total", "counter", "WebSub pushes since the start, by result.");
    page.counts("result", &web.0.counters.of("pushes"));

    page.family(
        "bantin_feed_renders_total",
        "counter",
        "Times that feeds were checked for changes and rendered, by result.",
    );
    page.counts("result", &web.0.counters.of("renders"));
    page.family(
        "bantin_http_requests_total",
        "counter",
        "Requests answered since the start, by kind and status.",
    );
    for (door, status, count) in web.0.counters.requests() {
        page.value(&[("kind", door.as_str()), ("status", &status)], count as f64);
    }

    page.family(
        "process_start_time_seconds",
        "gauge",
        "When the process began, in seconds since 1970.",
    );
    page.value(&[], web.0.began.timestamp_millis() as f64 / 1000.0);
    if let Some(bytes) = resident_bytes() {
        page.family("process_resident_memory_bytes", "gauge", "Memory of the process.");
        page.value(&[], bytes as f64);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        page.family("process_open_fds", "gauge", "Open file descriptors.");
        page.value(&[], open.count() as f64);
    }
    Ok(page.0)
}

fn of_sources(page: &mut MetricsText, sources: &[SourceFigures], now: DateTime<Utc>) {
    page.family("bantin_source_paused", "gauge", "Whether a source is paused.");
    for source in sources {
        let paused = f64::from(u8::from(source.state.paused));
        page.value(&[("source", source.state.source.id.as_str())], paused);
    }
    // A paused source is neither fresh nor late, and must not raise an alert.
    let polled = || sources.iter().filter(|source| !source.state.paused);
    page.family(
        "bantin_source_freshness_seconds",
        "gauge",
        "Seconds since a source was last polled with success; nothing for one that never was, or that is paused.",
    );
    for source in polled() {
        if let Some(at) = source.state.health.last_good {
            page.value(&[("source", source.state.source.id.as_str())], seconds_between(at, now));
        }
    }
    page.family(
        "bantin_source_last_new_item_seconds",
        "gauge",
        "Seconds since a source last brought a new item; nothing for one that is paused.",
    );
    for source in polled() {
        if let Some(at) = source.last_new {
            page.value(&[("source", source.state.source.id.as_str())], seconds_between(at, now));
        }
    }
    page.family(
        "bantin_source_broken",
        "gauge",
        "Whether a source gives nothing, or less than it did.",
    );
    for source in sources {
        let broken = source.state.health.broken.is_some();
        page.value(&[("source", source.state.source.id.as_str())], f64::from(u8::from(broken)));
    }
    page.family("bantin_source_broken_why", "gauge", "The reason, of those that are broken.");
    for source in sources {
        if let Some(broken) = &source.state.health.broken {
            let id = source.state.source.id.as_str();
            page.value(&[("source", id), ("why", broken.why.as_str())], 1.0);
        }
    }
    page.family(
        "bantin_source_poll_late_seconds",
        "gauge",
        "How long a source has been due; 0 when it is not, nothing when it is paused.",
    );
    for source in polled() {
        let late = seconds_between(source.state.next_at, now);
        page.value(&[("source", source.state.source.id.as_str())], late);
    }
}

fn seconds_between(then: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    (now - then).num_milliseconds().max(0) as f64 / 1000.0
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The text, line by line.
#[derive(Default)]
struct MetricsText(String);

impl MetricsText {
    fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A value of the family that was begun last.
    fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        let begun = self.0.rfind("# TYPE ").map(|at| &self.0[at + 7..]);
        let name = begun.and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned();
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                format!("{name}=\"{value}\"")
            })
            .collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn counts(&mut self, label: &str, counts: &[(&'static str, u64)]) {
        for (result, count) in counts {
            self.value(&[(label, result)], *count as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_program_on_this_machine_is_local() {
        let check = |peer: Option<&str>, header: Option<&'static str>, local: bool| {
            let peer = Peer(peer.map(|text| text.parse().expect("an address")));
            let mut headers = HeaderMap::new();
            if let Some(name) = header {
                headers.insert(name, "203.0.113.9".parse().expect("a value"));
            }
            assert_eq!(is_local(Some(peer), &headers), local, "{peer:?} {header:?}");
        };
        check(Some("127.0.0.1"), None, true);
        check(Some("::1"), None, true);
        check(Some("::ffff:127.0.0.1"), None, true);
        check(None, None, true);
        check(Some("203.0.113.9"), None, false);
        for name in FORWARDED {
            check(Some("127.0.0.1"), Some(name), false);
            check(None, Some(name), false);
        }
        assert!(!is_local(None, &HeaderMap::new()), "nobody said where it comes from");
    }

    #[test]
    fn a_line_has_its_labels_escaped() {
        let mut page = MetricsText::default();
        page.family("a", "gauge", "What it is.");
        page.value(&[("x", "1\"2\\3\n4"), ("y", "ü")], 1.5);
        page.value(&[], 0.0);
        assert_eq!(
            page.0,
            "# HELP a What it is.\n# TYPE a gauge\na{x=\"1\\\"2\\\\3\\n4\",y=\"ü\"} 1.5\na 0\n"
        );
    }
}
