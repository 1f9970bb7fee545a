//! Looks up host names. A lookup occupies a thread until the system gives up, which may take half a
//! minute when the servers of a name are silent, and cannot be cancelled. So each name is looked up
//! once at a time for all sources, and the number of lookups is limited: a dead name occupies one
//! place only.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::Semaphore;

use bantin_model::limits::LOOKUPS;

/// Looks one name up.
pub type NameLookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Cheap to clone; clones share what is under way.
#[derive(Clone)]
pub(super) struct NameCache(Arc<NameCacheState>);

struct NameCacheState {
    look_up: NameLookup,
    places: Semaphore,
    under_way: Mutex<HashMap<String, PendingLookup>>,
}

type PendingLookup = Shared<BoxFuture<'static, Result<Vec<SocketAddr>, String>>>;

/// As the system does it.
pub(super) fn of_the_system() -> NameLookup {
    Arc::new(|name| {
        Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) })
    })
}

impl NameCache {
    pub fn new(look_up: NameLookup) -> Self {
        NameCache(Arc::new(NameCacheState {
            look_up,
            places: Semaphore::new(LOOKUPS),
            under_way: Mutex::default(),
        }))
    }

    /// Who stops waiting leaves the lookup under way for those who still do.
    pub async fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, String> {
        let answer = {
            let mut under_way = self.0.under_way();
            match under_way.get(name) {
                Some(answer) => answer.clone(),
                None => under_way.entry(name.to_owned()).or_insert(self.begun(name)).clone(),
            }
        };
        answer.await
    }

    fn begun(&self, name: &str) -> PendingLookup {
        let (inner, name) = (self.0.clone(), name.to_owned());
        let looking = tokio::spawn(async move {
            let _over = LookupGuard { inner: inner.clone(), name: name.clone() };
            let _place = inner.places.acquire().await.expect("the semaphore is never closed");
            (inner.look_up)(name).await.map_err(|error| error.to_string())
        });
        let told = async { looking.await.unwrap_or_else(|error| Err(error.to_string())) };
        told.boxed().shared()
    }
}

impl NameCacheState {
    fn under_way(&self) -> MutexGuard<'_, HashMap<String, PendingLookup>> {
        self.under_way.lock().expect("no one panics while holding the lookups")
    }
}

/// Removes a lookup that ended, however it ended, so that the next request starts another.
struct LookupGuard {
    inner: Arc<NameCacheState>,
    name: String,
}

impl Drop for LookupGuard {
    fn drop(&mut self) {
        self.inner.under_way().remove(&self.name);
    }
}
