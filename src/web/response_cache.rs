//! A cache of documents that are rendered on request: archives, feeds of a source, a section or a
//! query. Few are rendered at a time, and they are kept while there is room and nothing changed.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use super::prepared::PreparedResponse;
use bantin_model::limits::{SHELF_BYTES, SHELF_MAKERS};

pub struct ResponseCache {
    kept: Mutex<CachedResponses>,
    makers: Semaphore,
}

#[derive(Default)]
struct CachedResponses {
    documents: HashMap<String, CachedResponse>,
    bytes: usize,
    /// Counts up with each use.
    turn: u64,
}

struct CachedResponse {
    ready: Arc<PreparedResponse>,
    /// Of the store when it was made.
    version: i64,
    used: u64,
}

impl Default for ResponseCache {
    fn default() -> Self {
        ResponseCache { kept: Mutex::default(), makers: Semaphore::new(SHELF_MAKERS) }
    }
}

impl ResponseCache {
    pub fn get(&self, key: &str, version: i64) -> Option<Arc<PreparedResponse>> {
        let mut kept = self.kept.lock().expect("no one panics while holding the shelf");
        kept.turn += 1;
        let turn = kept.turn;
        let document = kept.documents.get_mut(key).filter(|one| one.version == version)?;
        document.used = turn;
        Some(document.ready.clone())
    }

    /// What is there, or what `make` gives: None is not kept.
    pub async fn get_or<E>(
        &self,
        key: &str,
        version: i64,
        make: impl Future<Output = Result<Option<PreparedResponse>, E>>,
    ) -> Result<Option<Arc<PreparedResponse>>, E> {
        let _place = self.makers.acquire().await.expect("the semaphore is never closed");
        // Somebody may have asked for the same while we waited.
        if let Some(ready) = self.get(key, version) {
            return Ok(Some(ready));
        }
        let Some(ready) = make.await? else {
            return Ok(None);
        };
        let ready = Arc::new(ready);
        self.put(key, version, ready.clone());
        Ok(Some(ready))
    }

    fn put(&self, key: &str, version: i64, ready: Arc<PreparedResponse>) {
        let mut kept = self.kept.lock().expect("no one panics while holding the shelf");
        let used = kept.turn;
        kept.bytes += size(&ready) + key.len();
        let document = CachedResponse { ready, version, used };
        if let Some(old) = kept.documents.insert(key.to_owned(), document) {
            kept.bytes -= size(&old.ready) + key.len();
        }
        while kept.bytes > SHELF_BYTES {
            let oldest = kept.documents.iter().min_by_key(|(_, one)| one.used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { break };
            if let Some(old) = kept.documents.remove(&oldest) {
                kept.bytes -= size(&old.ready) + oldest.len();
            }
        }
    }
}

fn size(ready: &PreparedResponse) -> usize {
    // An estimate of the heads, the tags and the entry itself.
    ready.stored.codings().iter().map(|coded| coded.bytes.len()).sum::<usize>() + 2_048
}
