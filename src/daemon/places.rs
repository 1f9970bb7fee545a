//! How many polls are under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use bantin_model::Source;

/// Polls under way at once. Politeness is per host; this bounds memory.
const POLLS: usize = 32;
/// Of these, polls of one host at once. They take turns anyway (P10), and thirty sections of one slow portal must not take
/// every place while the other portals wait. What is claimed beyond that waits outside, its lease kept.
const POLLS_PER_HOST: usize = 2;

/// Bounds the polls under way: of all hosts, and of each.
#[derive(Clone)]
pub struct PollPlaces {
    all: Arc<Semaphore>,
    by_host: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Default for PollPlaces {
    fn default() -> Self {
        PollPlaces { all: Arc::new(Semaphore::new(POLLS)), by_host: Arc::default() }
    }
}

impl PollPlaces {
    /// Waits for a place of the host, then for one of all: a source that waits for a slow host takes none from the others.
    pub async fn take(&self, source: &Source) -> [OwnedSemaphorePermit; 2] {
        let host = source.url.host_str().unwrap_or_default().to_owned();
        let of_host = {
            let mut hosts = self.by_host.lock().expect("no one panics while holding the hosts");
            hosts.entry(host).or_insert_with(|| Arc::new(Semaphore::new(POLLS_PER_HOST))).clone()
        };
        let never = "the semaphores are never closed";
        let of_host = of_host.acquire_owned().await.expect(never);
        [of_host, self.all.clone().acquire_owned().await.expect(never)]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::{self, JoinSet};
    use tokio::time::timeout;

    use super::*;
    use crate::config::Config;

    fn source(n: usize, host: &str) -> Source {
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
             from = \"bantin@example.vn\"\n[[source]]\nid = \"s-{n}\"\nname = \"S\"\nurl = \"https://{host}/{n}\"\n\
             [source.listing]\nitem = \"li\"\n"
        );
        let config = Config::from_text(&text, std::path::Path::new("test.toml"));
        config.expect("the config is right").sources.remove(0)
    }

    /// Each of them has as many sections as there are places.
    #[tokio::test]
    async fn a_slow_host_with_many_sources_leaves_places_for_the_others() {
        let places = PollPlaces::default();
        let mut taken = Vec::new();
        for _ in 0..POLLS_PER_HOST {
            taken.push(places.take(&source(0, "cham.example.vn")).await);
        }
        let mut waiting = JoinSet::new();
        for n in 0..2 * POLLS {
            let places = places.clone();
            let slow = source(n, "cham.example.vn");
            waiting.spawn(async move { places.take(&slow).await });
        }
        task::yield_now().await;
        for n in 0..POLLS - POLLS_PER_HOST {
            let host = format!("nhanh-{n}.example.vn");
            let place = timeout(Duration::from_secs(5), places.take(&source(n, &host))).await;
            taken.push(place.expect("there is a place"));
        }
        assert!(waiting.try_join_next().is_none(), "the slow host has its share already");
    }
}
