//! Fetching: the only place that talks HTTP to portals, politely and on its guard. Conditional requests with the
//! validators as received, robots.txt, one connection a host with spacing, time and size limits on decoded bytes,
//! redirects hop by hop through the address rules, extra CA certificates per source.

use std::time::Duration;

use anyhow::Result;
use url::Url;

use crate::clock::Clock;
use crate::model::{Breakage, Source, Validators};

/// What the config says about fetching in general.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchSettings {
    /// Product, version and a contact: "bantin/0.1.0 (+https://tin.example.gov.vn; quantri@example.gov.vn)".
    pub user_agent: String,
    /// Between the end of one request to a host and the start of the next.
    pub spacing: Duration,
    /// Whether robots.txt is asked and obeyed.
    pub robots: bool,
}

/// Cheap to clone; clones share connections, robots.txt and the spacing of hosts.
#[derive(Clone)]
pub struct Fetcher {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Named by the config: may be an inside address.
    Listing,
    /// Named by a page: inside addresses only where the source's own URL, or its `inside` list, names the host.
    Article,
}

pub struct Ask<'a> {
    pub url: &'a Url,
    pub source: &'a Source,
    pub purpose: Purpose,
    pub validators: Option<&'a Validators>,
}

/// Bytes fetched, with their address and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// After redirects.
    pub url: Url,
    pub content_type: Option<String>,
    /// Decoded (gzip, br, zstd, deflate), at most `limits::PAGE_BYTES`.
    pub body: Vec<u8>,
    pub validators: Validators,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// 304. The validators to keep: those we had, with what the 304 brought anew.
    Unchanged(Validators),
    Page(Page),
}

/// Why no page came. `Display` is a sentence for the admin: what happened, and what to do where that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct FetchError {
    pub kind: FetchFailure,
    pub detail: String,
    /// From Retry-After.
    pub retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchFailure {
    /// The host's name has no address.
    Name,
    Connect,
    Timeout,
    Tls,
    /// An HTTP status that is not a page.
    Status(u16),
    /// A bot wall, a login page, robots.txt.
    Blocked,
    TooLarge,
    /// Not HTML: a PDF, an image.
    NotAPage,
    /// An inside address that the config does not name, or a scheme or port that is not the Web's.
    Forbidden,
    Redirects,
    /// The answer broke off or was not HTTP.
    Broken,
}

impl FetchFailure {
    /// What a listing's failure means for the health of its source.
    pub fn breakage(self) -> Breakage {
        match self {
            FetchFailure::Blocked | FetchFailure::Status(401 | 403 | 407 | 451) => {
                Breakage::Blocked
            }
            _ => Breakage::FetchFailed,
        }
    }

    /// Whether the same request may succeed later; an article that says no is not asked for again.
    pub fn may_pass(self) -> bool {
        match self {
            FetchFailure::Status(status) => {
                !(400..500).contains(&status) || matches!(status, 408 | 425 | 429)
            }
            FetchFailure::TooLarge | FetchFailure::NotAPage | FetchFailure::Forbidden => false,
            _ => true,
        }
    }
}

impl Fetcher {
    pub fn new(_settings: FetchSettings, _clock: Clock) -> Result<Self> {
        todo!()
    }

    /// Fetches one page. Waits for the host's turn first; the wait is not part of the time limits.
    pub async fn get(&self, _ask: Ask<'_>) -> Result<Fetched, FetchError> {
        todo!()
    }
}
