//! What happened since the process began, counted for `/metrics`: by kind and result, never by person or address.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub struct Counters(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// One for each kind and status: requests come by the ten thousand a second, so nothing is locked for them.
    requests: [[AtomicU64; STATUSES.len() + 1]; Door::ALL.len()],
    events: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
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

impl Door {
    pub const ALL: [Door; 6] =
        [Door::Feed, Door::Page, Door::Api, Door::Hub, Door::Admin, Door::Probe];

    pub fn as_str(self) -> &'static str {
        match self {
            Door::Feed => "feed",
            Door::Page => "page",
            Door::Api => "api",
            Door::Hub => "hub",
            Door::Admin => "admin",
            Door::Probe => "probe",
        }
    }

    /// The door that a path leads to.
    pub fn of(path: &str) -> Door {
        let below = |folder: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match path {
            "/feeds.opml" => Door::Feed,
            "/hub" => Door::Hub,
            "/healthz" | "/readyz" | "/metrics" => Door::Probe,
            _ if below("/feeds") || below("/private") => Door::Feed,
            // Beside the pages of sources, sections and searches there are their feeds.
            _ if (below("/sources") || below("/sections") || below("/search"))
                && FEED_FILES.iter().any(|file| path.ends_with(file)) =>
            {
                Door::Feed
            }
            _ if below("/api") => Door::Api,
            _ if below("/admin") => Door::Admin,
            _ => Door::Page,
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
    pub fn request(&self, door: Door, status: u16) {
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
    pub fn requests(&self) -> Vec<(Door, String, u64)> {
        let mut all = Vec::new();
        for door in Door::ALL {
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
        let check = |path: &str, door| assert_eq!(Door::of(path), door, "{path}");
        check("/feeds/tin/rss.xml", Door::Feed);
        check("/feeds.opml", Door::Feed);
        check("/sources/so-tttt/atom.xml", Door::Feed);
        check("/sources/so-tttt", Door::Page);
        check("/search/feed.json", Door::Feed);
        check("/feedsx", Door::Page);
        check("/api/v1/items", Door::Api);
        check("/admin", Door::Admin);
        check("/administrator", Door::Page);
        check("/metrics", Door::Probe);
        check("/", Door::Page);
    }

    #[test]
    fn what_happened_is_counted_by_kind_and_result() {
        let counters = Counters::default();
        for status in [200, 200, 304, 418, 599] {
            counters.clone().request(Door::Feed, status);
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
