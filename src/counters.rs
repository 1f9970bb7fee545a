//! What happened since the process began, counted for `/metrics`: by kind and result, never by person or address.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub struct Counters(Arc<CounterValues>);

#[derive(Default)]
struct CounterValues {
    /// One for each kind and status: requests come by the ten thousand a second, so nothing is locked for them.
    requests: [[AtomicU64; STATUSES.len() + 1]; RequestKind::ALL.len()],
    events: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    Feed,
    Page,
    Api,
    Hub,
    Admin,
    /// Health, metrics.
    Probe,
}

/// What a feed's address ends in.
const FEED_FILES: [&str; 3] = ["/rss.xml", "/atom.xml", "/feed.json"];

impl RequestKind {
    pub const ALL: [RequestKind; 6] = [
        RequestKind::Feed,
        RequestKind::Page,
        RequestKind::Api,
        RequestKind::Hub,
        RequestKind::Admin,
        RequestKind::Probe,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RequestKind::Feed => "feed",
            RequestKind::Page => "page",
            RequestKind::Api => "api",
            RequestKind::Hub => "hub",
            RequestKind::Admin => "admin",
            RequestKind::Probe => "probe",
        }
    }

    /// Returns the kind of request that a path belongs to.
    pub fn of(path: &str) -> RequestKind {
        let below = |folder: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match path {
            "/feeds.opml" => RequestKind::Feed,
            "/hub" => RequestKind::Hub,
            "/healthz" | "/readyz" | "/metrics" => RequestKind::Probe,
            _ if below("/feeds") || below("/private") => RequestKind::Feed,
            // Beside the pages of sources, sections and searches there are their feeds.
            _ if (below("/sources") || below("/sections") || below("/search"))
                && FEED_FILES.iter().any(|file| path.ends_with(file)) =>
            {
                RequestKind::Feed
            }
            _ if below("/api") => RequestKind::Api,
            _ if below("/admin") => RequestKind::Admin,
            _ => RequestKind::Page,
        }
    }
}

/// Statuses that have a count of their own; the others share one.
const STATUSES: [u16; 20] = [
    200, 201, 202, 204, 226, 301, 303, 304, 400, 401, 403, 404, 405, 408, 410, 412, 413, 415, 429,
    503,
];

impl Counters {
    /// Counts a request that was answered.
    pub fn request(&self, door: RequestKind, status: u16) {
        let place = STATUSES.iter().position(|one| *one == status).unwrap_or(STATUSES.len());
        let kind = &self.0.requests[door as usize];
        kind[place].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts `n` more of something that ended so.
    pub fn add(&self, what: &'static str, result: &'static str, n: u64) {
        let mut events = self.0.events.lock().expect("no one panics while holding the counts");
        *events.entry((what, result)).or_default() += n;
    }

    /// How often something ended, by result.
    pub fn of(&self, what: &str) -> Vec<(&'static str, u64)> {
        let events = self.0.events.lock().expect("no one panics while holding the counts");
        let of_this = events.iter().filter(|((name, _), _)| *name == what);
        of_this.map(|((_, result), count)| (*result, *count)).collect()
    }

    /// Requests by kind and status, those that there were.
    pub fn requests(&self) -> Vec<(RequestKind, String, u64)> {
        let mut all = Vec::new();
        for door in RequestKind::ALL {
            for (place, count) in self.0.requests[door as usize].iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let status = STATUSES.get(place);
                    all.push((door, status.map_or("other".into(), u16::to_string), count));
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_door() {
        let check = |path: &str, door| assert_eq!(RequestKind::of(path), door, "{path}");
        check("/feeds/tin/rss.xml", RequestKind::Feed);
        check("/feeds.opml", RequestKind::Feed);
        check("/sources/so-tttt/atom.xml", RequestKind::Feed);
        check("/sources/so-tttt", RequestKind::Page);
        check("/search/feed.json", RequestKind::Feed);
        check("/feedsx", RequestKind::Page);
        check("/api/v1/items", RequestKind::Api);
        check("/admin", RequestKind::Admin);
        check("/administrator", RequestKind::Page);
        check("/metrics", RequestKind::Probe);
        check("/", RequestKind::Page);
    }

    #[test]
    fn what_happened_is_counted_by_kind_and_result() {
        let counters = Counters::default();
        for status in [200, 200, 304, 418, 599] {
            counters.clone().request(RequestKind::Feed, status);
        }
        let told: Vec<_> =
            counters.requests().into_iter().map(|(_, status, n)| format!("{status} {n}")).collect();
        assert_eq!(told, ["200 2", "304 1", "other 2"]);
        counters.add("polls", "new", 2);
        counters.add("polls", "new", 1);
        counters.add("pushes", "taken", 1);
        assert_eq!(counters.of("polls"), [("new", 3)]);
    }
}
