//! Requests to addresses that strangers gave us: WebSub callbacks. They obey the address rules of
//! `address_guard` in all three places, follow no redirect, and get little time; little is read of their
//! answers. No connection is kept: each request looks its host up again, and shares nothing with
//! the next.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LINK, USER_AGENT};
use reqwest::{Client, Response, redirect};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::address_guard::{AddressGuard, AddressReach, GuardedResolver};
use super::failure::retry_after;
use super::name_cache::{self, NameCache};
use super::trust;
use crate::clock::Clock;
use bantin_model::limits;

/// What the config says about callbacks.
#[derive(Debug, Clone, PartialEq)]
pub struct CallbackSettings {
    pub user_agent: String,
    /// Hosts inside the network, "host" or "host:port", that may be called back.
    pub inside: Vec<String>,
}

/// Cheap to clone; clones share their settings and their counts.
#[derive(Clone)]
pub struct Callbacks(Arc<CallbackClient>);

struct CallbackClient {
    settings: RwLock<Arc<CallbackIdentity>>,
    clock: Clock,
    /// By reach: for pushes, to callbacks that have agreed to them, and for those to callbacks that failed before.
    pushing: [Client; 2],
    retrying: [Client; 2],
    /// By reach: for verifications, which each address is asked for so many times an hour.
    asking: [Client; 2],
    asked: Arc<VerificationLimiter>,
}

struct CallbackIdentity {
    guard: AddressGuard,
    user_agent: HeaderValue,
}

/// What is pushed: the bytes that the topic has, with its media type.
pub struct Content<'a> {
    pub bytes: hyper::body::Bytes,
    pub content_type: &'a str,
    /// `<hub>; rel="hub"` and `<topic>; rel="self"`.
    pub links: [String; 2],
    pub signature: Option<String>,
}

/// What a callback said to a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackReply {
    Taken,
    /// 410: it wants no more.
    Gone,
    /// Anything else; perhaps with a Retry-After.
    Refused {
        status: u16,
        retry_after: Option<Duration>,
    },
}

/// Why no answer came. `Display` names neither the callback nor what it said, both of which may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("the address may not be called: {0}")]
    Forbidden(&'static str),
    #[error("its host was asked for verification too often within the hour")]
    TooOften,
    #[error("no answer in time")]
    Late,
    #[error("no answer: {0}")]
    Unanswered(&'static str),
}

impl Callbacks {
    pub fn new(settings: &CallbackSettings, clock: Clock) -> Result<Self> {
        let asked = Arc::new(VerificationLimiter::default());
        let made = |reach, asked: Option<&Arc<VerificationLimiter>>, lookups: &Arc<Semaphore>| {
            client(reach, asked.cloned(), lookups.clone())
                .context("setting up what tells subscribers")
        };
        let both = |asked, lookups| {
            let lookups = Arc::new(Semaphore::new(lookups));
            let outside = made(AddressReach::Outside, asked, &lookups)?;
            Ok::<_, anyhow::Error>([outside, made(AddressReach::Anywhere, asked, &lookups)?])
        };
        Ok(Callbacks(Arc::new(CallbackClient {
            settings: RwLock::new(Arc::new(checked(settings)?)),
            clock,
            pushing: both(None, limits::HUB_LOOKUPS)?,
            retrying: both(None, limits::HUB_SLOW_LOOKUPS)?,
            asking: both(Some(&asked), limits::HUB_SLOW_LOOKUPS)?,
            asked,
        })))
    }

    pub fn apply(&self, settings: &CallbackSettings) -> Result<()> {
        let settings = Arc::new(checked(settings)?);
        *self.0.settings.write().expect("no one panics while holding the settings") = settings;
        Ok(())
    }

    fn settings(&self) -> Arc<CallbackIdentity> {
        self.0.settings.read().expect("no one panics while holding the settings").clone()
    }

    /// Checks whether an address may be called back at all, without looking up its host.
    pub fn check(&self, url: &Url) -> Result<(), CallbackError> {
        self.reach(&self.settings(), url).map(|_| ())
    }

    fn reach(&self, settings: &CallbackIdentity, url: &Url) -> Result<AddressReach, CallbackError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CallbackError::Forbidden("it has a user name"));
        }
        settings.guard.check(url).map_err(|_| {
            CallbackError::Forbidden(
                "only http and https at the ports 80 and 443 of public hosts are called back",
            )
        })
    }

    /// Asks a callback whether it meant what was asked in its name. Whether it answered 2xx with the challenge as its
    /// whole body.
    pub async fn verify(&self, url: &Url, challenge: &str) -> Result<bool, CallbackError> {
        let settings = self.settings();
        let reach = self.reach(&settings, url)?;
        let counted = match url.host() {
            Some(Host::Ipv4(address)) => self.0.asked.take(address.into()),
            Some(Host::Ipv6(address)) => self.0.asked.take(address.into()),
            // Counted by the resolver, under the address that is really asked.
            _ => true,
        };
        if !counted {
            return Err(CallbackError::TooOften);
        }
        let by = Instant::now() + limits::HUB_VERIFY_TIMEOUT;
        let headers = HeaderMap::from_iter([(USER_AGENT, settings.user_agent.clone())]);
        let request = self.0.asking[reach as usize].get(url.clone()).headers(headers);
        let mut answer = sent(request, by).await?;
        if !answer.status().is_success() {
            return Ok(false);
        }
        let mut body = Vec::new();
        loop {
            let chunk = timeout_at(by, answer.chunk()).await.map_err(|_| CallbackError::Late)?;
            match chunk.map_err(|_| CallbackError::Unanswered("it broke off"))? {
                // More than the challenge is something else, and is not read to its end.
                Some(chunk) if body.len() + chunk.len() > challenge.len() => return Ok(false),
                Some(chunk) => body.extend_from_slice(&chunk),
                None => return Ok(body == challenge.as_bytes()),
            }
        }
    }

    /// Hands a topic's content to a callback; `again`: one that failed or was slow before, and is given more time. What it
    /// answers besides its status is not read.
    pub async fn push(
        &self,
        url: &Url,
        content: Content<'_>,
        again: bool,
    ) -> Result<CallbackReply, CallbackError> {
        let settings = self.settings();
        let reach = self.reach(&settings, url)?;
        let header = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| CallbackError::Unanswered("the content cannot be labelled"))
        };
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, settings.user_agent.clone());
        headers.insert(CONTENT_TYPE, header(content.content_type)?);
        for link in &content.links {
            headers.append(LINK, header(link)?);
        }
        if let Some(signature) = &content.signature {
            headers.insert("x-hub-signature", header(signature)?);
        }
        let (clients, patience) = match again {
            false => (&self.0.pushing, limits::HUB_PUSH_TIMEOUT),
            true => (&self.0.retrying, limits::HUB_RETRY_TIMEOUT),
        };
        let by = Instant::now() + patience;
        let request =
            clients[reach as usize].post(url.clone()).headers(headers).body(content.bytes);
        let answer = sent(request, by).await?;
        let status = answer.status();
        Ok(match status.as_u16() {
            200..=299 => CallbackReply::Taken,
            410 => CallbackReply::Gone,
            status => CallbackReply::Refused {
                status,
                retry_after: retry_after(answer.headers(), self.0.clock.now()),
            },
        })
    }
}

async fn sent(request: reqwest::RequestBuilder, by: Instant) -> Result<Response, CallbackError> {
    match timeout_at(by, request.send()).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(why(&error)),
        Err(_) => Err(CallbackError::Late),
    }
}

fn why(error: &reqwest::Error) -> CallbackError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<VerificationLimit>().is_some() {
            return CallbackError::TooOften;
        }
        match error.downcast_ref::<super::address_guard::Unresolved>() {
            Some(super::address_guard::Unresolved::OnlyInside) => {
                return CallbackError::Forbidden("its name leads to an inside address");
            }
            Some(super::address_guard::Unresolved::NoAddress(_)) => {
                return CallbackError::Unanswered("its host has no address");
            }
            None => cause = error.source(),
        }
    }
    match (error.is_timeout(), error.is_connect()) {
        (true, _) => CallbackError::Late,
        (_, true) => CallbackError::Unanswered("no connection"),
        _ => CallbackError::Unanswered("the connection broke"),
    }
}

fn checked(settings: &CallbackSettings) -> Result<CallbackIdentity> {
    let user_agent = HeaderValue::from_str(&settings.user_agent)
        .context("the user agent cannot stand in a header")?;
    Ok(CallbackIdentity { guard: AddressGuard::of_hosts(&settings.inside), user_agent })
}

fn client(
    reach: AddressReach,
    asked: Option<Arc<VerificationLimiter>>,
    lookups: Arc<Semaphore>,
) -> Result<Client> {
    let names = NameCache::new(name_cache::of_the_system());
    let client = Client::builder()
        // A proxy would look names up in our place, past the resolver.
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(limits::HUB_VERIFY_TIMEOUT)
        .pool_max_idle_per_host(0)
        // Nothing that comes is decoded: a challenge is a few bytes.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .tls_backend_preconfigured(trust::config(&[])?)
        .dns_resolver(CallbackResolver { reach, names, asked, places: lookups })
        .build()?;
    Ok(client)
}

/// How often each address was asked for a verification within the hour. A stranger may give one victim ten thousand
/// names; it has few addresses.
#[derive(Default)]
struct VerificationLimiter(Mutex<HourlyCounts>);

#[derive(Default)]
struct HourlyCounts {
    since: Option<Instant>,
    counts: HashMap<IpAddr, u32>,
}

impl VerificationLimiter {
    fn take(&self, address: IpAddr) -> bool {
        let address = match address.to_canonical() {
            // One household, one host.
            IpAddr::V6(address) => IpAddr::from((u128::from(address) >> 64 << 64).to_be_bytes()),
            address => address,
        };
        let mut hour = self.0.lock().expect("no one panics while holding the counts");
        if hour.since.is_none_or(|since| since.elapsed() >= Duration::from_secs(3600)) {
            *hour = HourlyCounts { since: Some(Instant::now()), counts: HashMap::new() };
        }
        let room = hour.counts.len() < limits::CLIENTS_REMEMBERED;
        match hour.counts.get_mut(&address) {
            Some(count) if *count >= limits::HUB_VERIFICATIONS_PER_HOST => false,
            Some(count) => {
                *count += 1;
                true
            }
            None if room => hour.counts.insert(address, 1).is_none(),
            None => false,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("this address was asked too often within the hour")]
struct VerificationLimit;

/// Looks up names that strangers chose. A name server of theirs may take its time, and a lookup holds a thread that
/// nothing can take from it: only so many are under way, and none is waited for longer than its request.
struct CallbackResolver {
    reach: AddressReach,
    names: NameCache,
    /// Hands on only addresses that may be asked once more.
    asked: Option<Arc<VerificationLimiter>>,
    places: Arc<Semaphore>,
}

impl Resolve for CallbackResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (asked, places) = (self.asked.clone(), self.places.clone());
        let resolver = GuardedResolver { reach: self.reach, names: self.names.clone() };
        Box::pin(async move {
            let place = places.acquire_owned().await?;
            // A task of its own keeps the permit until the thread is free, also after the request
            // was given up.
            let looking = tokio::spawn(async move {
                let found = resolver.resolve(name).await;
                drop(place);
                found
            });
            let mut found = looking.await??;
            let Some(asked) = asked else { return Ok(found) };
            // Only the first one is handed on: trying the others would be further requests.
            match found.find(|found| asked.take(found.ip())) {
                Some(first) => Ok(Box::new(std::iter::once(first)) as Addrs),
                None => Err(VerificationLimit.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callbacks(inside: &[&str]) -> Callbacks {
        let settings = CallbackSettings {
            user_agent: "bantin".into(),
            inside: inside.iter().map(|host| (*host).to_owned()).collect(),
        };
        Callbacks::new(&settings, Clock::system()).expect("a client is made")
    }

    #[test]
    fn p8_a_callback_may_be_inside_only_where_the_config_names_it() {
        let check = |inside: &[&str], url: &str, allowed: bool| {
            let checked = callbacks(inside).check(&url.parse().expect("a URL"));
            assert_eq!(checked.is_ok(), allowed, "{url} with {inside:?}: {checked:?}");
        };
        check(&[], "https://reader.example/hub?a=b", true);
        check(&[], "http://reader.example:80/", true);
        check(&["10.0.0.5:9000"], "http://10.0.0.5:9000/", true);
        check(&["10.0.0.5:9000"], "http://10.0.0.5:9001/", false);
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost/",
            "http://a.localhost./",
            "http://169.254.169.254/latest/meta-data",
            "http://192.168.1.1/",
            "http://reader.example:8080/",
            "https://user@reader.example/",
            "ftp://reader.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
        ] {
            check(&[], url, false);
        }
    }

    #[tokio::test]
    async fn p8_a_name_that_leads_inside_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("it can be set");
        let port = listener.local_addr().expect("it is bound").port();
        // As a rebinding name would: it passes the first test, since only the resolver sees where it leads.
        let url: Url = format!("http://localhost:{port}/").parse().expect("a URL");
        for asked in [None, Some(Arc::default())] {
            let client = client(AddressReach::Outside, asked, Arc::new(Semaphore::new(1)));
            let request = client.expect("a client is made").get(url.clone());
            let told = sent(request, Instant::now() + Duration::from_secs(30)).await;
            assert!(matches!(told, Err(CallbackError::Forbidden(_))), "{told:?}");
        }
        assert!(listener.accept().is_err(), "a connection was made");
    }

    #[test]
    fn an_address_is_asked_so_often_an_hour_under_all_its_names() {
        let asked = VerificationLimiter::default();
        let take = |text: &str| asked.take(text.parse().expect("an address"));
        for _ in 0..limits::HUB_VERIFICATIONS_PER_HOST {
            assert!(take("192.0.2.1"));
            assert!(take("2001:db8::1"));
        }
        assert!(!take("192.0.2.1") && !take("::ffff:192.0.2.1"));
        assert!(!take("2001:db8::ffff:1"), "of the same household");
        assert!(take("192.0.2.2") && take("2001:db8:0:1::1"));
    }
}
