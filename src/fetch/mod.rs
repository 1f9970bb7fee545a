//! The only place that talks HTTP to portals, politely and under the address rules. It sends
//! conditional requests with the validators as received, obeys robots.txt, keeps one connection a
//! host with pauses, limits time and decoded bytes, and follows redirects hop by hop. A source may
//! add CA certificates.
//!
//! `fetch_attempt` follows one request over its redirects; `address_guard`, `politeness` and
//! `robots` each answer one of its questions; `challenges` and `failure` say what came instead of a
//! page.

mod address_guard;
mod body;
mod callback;
mod challenges;
mod client;
mod conditional;
mod failure;
mod fetch_attempt;
mod name_cache;
mod politeness;
mod robots;
mod session;
mod trust;

use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::header::HeaderValue;
use url::Url;

use crate::clock::Clock;
use bantin_model::limits;
use bantin_model::{Breakage, HostNote, HostNotes, Source, Validators};

pub use callback::{CallbackError, CallbackReply, CallbackSettings, Callbacks, Content};
use client::Clients;
use name_cache::NameCache;
pub use name_cache::NameLookup;
use politeness::HostQueue;
use robots::RobotsCache;
pub use session::FetchSession;

/// What the config says about fetching in general.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchSettings {
    /// Product, version and a contact: `bantin/0.1.0 (+https://tin.example.gov.vn; quantri@example.gov.vn)`.
    pub user_agent: String,
    /// Between the end of one request to a host and the start of the next.
    pub spacing: Duration,
    /// Whether robots.txt is asked and obeyed.
    pub robots: bool,
    /// `host` or `host:port` inside the network that sources of the admin pages may be at, or link to.
    pub inside_of_admin: Vec<String>,
}

impl Default for FetchSettings {
    /// Polite, and without a contact: what is used where there is no config.
    fn default() -> Self {
        FetchSettings {
            user_agent: concat!("bantin/", env!("CARGO_PKG_VERSION")).to_owned(),
            spacing: Duration::from_secs(1),
            robots: true,
            inside_of_admin: Vec::new(),
        }
    }
}

/// The limits of one fetch; the default is what [`limits`] says, and a test of a limit sets a smaller one.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Decoded.
    pub page_bytes: usize,
    /// Decoded. Of a longer robots.txt the beginning holds.
    pub robots_bytes: usize,
    pub redirects: usize,
    /// Looking the name up, TCP and TLS together.
    pub connect: Duration,
    /// From the start of a request, a new connection included, to the last header of its answer.
    pub headers: Duration,
    /// All requests of one fetch together; waiting for turns does not count.
    pub total: Duration,
    pub min_bytes_per_second: u64,
    /// How long a body may stay below `min_bytes_per_second`.
    pub slow_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            page_bytes: limits::PAGE_BYTES,
            robots_bytes: limits::ROBOTS_BYTES,
            redirects: limits::REDIRECTS,
            connect: limits::CONNECT_TIMEOUT,
            headers: limits::HEADERS_TIMEOUT,
            total: limits::FETCH_TIMEOUT,
            min_bytes_per_second: limits::MIN_BYTES_PER_SECOND,
            slow_after: Duration::from_secs(10),
        }
    }
}

/// Cheap to clone; clones share connections, robots.txt and the spacing of hosts.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<FetcherState>,
}

struct FetcherState {
    settings: RwLock<Arc<CheckedSettings>>,
    clock: Clock,
    limits: Limits,
    clients: Clients,
    hosts: HostQueue,
    robots: RobotsCache,
}

/// Settings that were found to work.
struct CheckedSettings {
    settings: FetchSettings,
    user_agent: HeaderValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Named by the config: may be an inside address.
    Listing,
    /// Where permanent redirects of a listing led: under the rules of an article.
    Moved,
    /// Named by a page: inside addresses only where the source's own URL, or its `inside` list, names the host.
    Article,
    /// A picture that an article names: under the rules of an article, of any type, up to `limits::PICTURE_BYTES`. Who
    /// asked looks at the bytes.
    Picture,
}

pub struct FetchRequest<'a> {
    pub url: &'a Url,
    pub source: &'a Source,
    pub purpose: Purpose,
    pub validators: Option<&'a Validators>,
}

/// Bytes fetched, with their address and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedPage {
    /// After redirects.
    pub url: Url,
    pub content_type: Option<String>,
    /// Decoded (gzip, br, zstd, deflate), at most `limits::PAGE_BYTES`.
    pub body: Vec<u8>,
    pub validators: Validators,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// 304. The validators to keep: the old ones, updated by the 304.
    Unchanged(Validators),
    Page(FetchedPage),
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
            FetchFailure::Status(410) => Breakage::Gone,
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
    /// Returns a fetcher. Fails for a user agent that a header cannot contain.
    pub fn new(settings: FetchSettings, clock: Clock) -> Result<Self> {
        Self::with_limits(settings, clock, Limits::default())
    }

    /// With other limits than those of the program.
    pub fn with_limits(settings: FetchSettings, clock: Clock, limits: Limits) -> Result<Self> {
        Self::with_lookup(settings, clock, limits, name_cache::of_the_system())
    }

    /// With another way to look names up than the system's.
    pub fn with_lookup(
        settings: FetchSettings,
        clock: Clock,
        limits: Limits,
        lookup: NameLookup,
    ) -> Result<Self> {
        Ok(Fetcher {
            shared: Arc::new(FetcherState {
                settings: RwLock::new(Arc::new(checked(settings)?)),
                clients: Clients::new(limits.clone(), NameCache::new(lookup))?,
                limits,
                hosts: HostQueue::new(clock.clone()),
                clock,
                robots: RobotsCache::default(),
            }),
        })
    }

    /// Takes new settings for this fetcher and its clones. Connections, robots.txt and the hosts' spacing stay; fetches
    /// under way end with the settings they began with.
    pub fn apply(&self, settings: FetchSettings) -> Result<()> {
        let settings = Arc::new(checked(settings)?);
        *self.shared.settings.write().expect("no one panics while holding the settings") = settings;
        Ok(())
    }

    /// Takes in what another run of the program noted of hosts.
    pub fn recall(&self, notes: &HostNotes) {
        for host in &notes.hosts {
            if let Some(at) = host.asked_at {
                self.shared.hosts.recall(&host.name, at);
            }
        }
        for robots in &notes.robots {
            self.shared.robots.recall(robots, self.shared.clock.now());
        }
    }

    /// What is new of hosts since this was last asked for.
    pub fn take_notes(&self) -> HostNotes {
        let asked = self.shared.hosts.take_asked().into_iter();
        let hosts = asked.map(|(name, at)| HostNote { name, asked_at: Some(at), silent: None });
        HostNotes { hosts: hosts.collect(), robots: self.shared.robots.take_fresh() }
    }

    /// Fetches one page. Waits for the host's turn first; the wait is not part of the time limits.
    pub async fn get(&self, ask: FetchRequest<'_>) -> Result<Fetched, FetchError> {
        let settings =
            self.shared.settings.read().expect("no one panics while holding the settings").clone();
        fetch_attempt::FetchAttempt::new(&self.shared, settings, &ask).fetch(&ask).await
    }

    /// Fetches one page of a walk through several, under the same rules: the cookies of `session` go along, and those of
    /// the answer are kept in it. With `form` by POST, as `application/x-www-form-urlencoded` in UTF-8; a redirect is
    /// followed by GET then, unless it says otherwise (307, 308). The validators of `ask` are not sent.
    pub async fn walk(
        &self,
        ask: FetchRequest<'_>,
        form: Option<&[(String, String)]>,
        session: &FetchSession,
    ) -> Result<FetchedPage, FetchError> {
        let settings =
            self.shared.settings.read().expect("no one panics while holding the settings").clone();
        let ask = FetchRequest { validators: None, ..ask };
        let form = form.map(|pairs| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        });
        let trip = fetch_attempt::FetchAttempt::new(&self.shared, settings, &ask)
            .in_session(form, session);
        match trip.fetch(&ask).await? {
            Fetched::Page(page) => Ok(page),
            Fetched::Unchanged(_) => unreachable!("a trip without validators asks for no 304"),
        }
    }
}

/// The name under which a host takes its turns: with its port, where that is not the Web's.
pub(crate) fn host_name(url: &Url) -> String {
    politeness::key(url)
}

fn checked(settings: FetchSettings) -> Result<CheckedSettings> {
    let text = settings.user_agent.trim();
    if text.is_empty() || !text.is_ascii() {
        bail!(
            "the user agent \"{}\" cannot be sent: name the program, its version and a contact, in ASCII",
            text.escape_debug()
        );
    }
    let user_agent = HeaderValue::from_str(text)
        .with_context(|| format!("the user agent \"{}\" cannot be sent", text.escape_debug()))?;
    Ok(CheckedSettings { settings, user_agent })
}
