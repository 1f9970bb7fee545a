//! A trip: one ask, over its redirects, to its page. Each hop passes the guard, the robots.txt of its host and the
//! host's turn.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    REFRESH, USER_AGENT,
};
use reqwest::{Method, Response, StatusCode};
use tokio::time::{Instant, timeout_at};
use url::Url;

use bantin_extract::{self, ForwardWay};
use bantin_model::limits;
use bantin_model::{Source, SourceKind, Validators};

use super::address_guard::AddressGuard;
use super::body::{self, BodyError};
use super::failure::{self, failure, host, shown};
use super::politeness::HostPermit;
use super::robots::{CachedRobots, RobotsRules};
use super::session::FetchSession;
use super::{
    CheckedSettings, FetchError, FetchFailure, FetchRequest, Fetched, FetchedPage, FetcherState,
    Purpose, challenges, conditional,
};

const ACCEPTED: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1";
const PICTURES: &str = "image/webp,image/jpeg,image/png,image/gif,image/avif;q=0.9";
const LANGUAGES: &str = "vi,en;q=0.5";
/// Of an answer that is no page this much is read, to know a challenge and to keep the connection.
const PEEK_BYTES: usize = 64 * 1024;
const PEEK_TIME: Duration = Duration::from_secs(3);

/// An address that was asked for, with the cookies that were sent.
type FetchedAddress = (Url, Option<HeaderValue>);

pub(super) struct FetchAttempt<'a> {
    shared: &'a FetcherState,
    settings: Arc<CheckedSettings>,
    source: &'a Source,
    guard: AddressGuard,
    /// Of the time for the whole fetch.
    left: Duration,
    /// What is posted, until a redirect turns it into a GET.
    form: Option<String>,
    session: Option<&'a FetchSession>,
    /// The cookies of this fetch's own redirects. They are sent only where the redirects would lead in a circle without
    /// them, as from a portal that answers the first visit with a cookie and the same address.
    cookies: FetchSession,
    sends_cookies: bool,
    purpose: Purpose,
    is_picture: bool,
}

/// The headers of one answer, its body still on the way. Holds the host's turn.
struct ResponseHead {
    response: Response,
    deadline: Instant,
    // Dropped after the response, so that the connection is given back before the permit.
    turn: HostPermit,
}

impl<'a> FetchAttempt<'a> {
    pub(super) fn new(
        shared: &'a FetcherState,
        settings: Arc<CheckedSettings>,
        ask: &FetchRequest<'a>,
    ) -> Self {
        let inside = &settings.settings.inside_of_admin;
        FetchAttempt {
            shared,
            source: ask.source,
            guard: AddressGuard::new(ask.source, ask.purpose, ask.url, inside),
            settings,
            left: shared.limits.total,
            form: None,
            session: None,
            cookies: FetchSession::new(),
            sends_cookies: false,
            purpose: ask.purpose,
            is_picture: ask.purpose == Purpose::Picture,
        }
    }

    pub(super) fn in_session(self, form: Option<String>, session: &'a FetchSession) -> Self {
        FetchAttempt { form, session: Some(session), ..self }
    }

    pub(super) async fn fetch(mut self, ask: &FetchRequest<'_>) -> Result<Fetched, FetchError> {
        let first = bare(ask.url);
        let mut url = first.clone();
        let mut seen = vec![(url.clone(), self.cookie_header(&url))];
        let (mut redirected, mut led_on) = (false, false);
        let had = ask.validators.filter(|validators| !validators.is_empty());
        let validated = had.and_then(|had| had.from.clone()).unwrap_or_else(|| first.clone());
        // How far redirects were permanent, from the first one on.
        let (mut moved, mut for_good) = (None, true);
        loop {
            let crawl_delay = self.allowed(&url).await?;
            let conditions = match had {
                Some(validators) if url == validated => conditional::conditions(validators),
                _ => vec![],
            };
            let asked_if_changed = !conditions.is_empty();
            let accepted = if self.is_picture { PICTURES } else { ACCEPTED };
            let visit = self.visit(&url, crawl_delay, accepted, conditions).await?;
            let status = visit.response.status();
            if status == StatusCode::NOT_MODIFIED {
                let headers = visit.response.headers().clone();
                self.peek(visit).await;
                return match had.filter(|_| asked_if_changed) {
                    Some(had) => {
                        let renewed = conditional::renewed(had, &headers, self.shared.clock.now());
                        let from = (url != first).then_some(url);
                        Ok(Fetched::Unchanged(Validators { from, moved, ..renewed }))
                    }
                    None => Err(failure(
                        FetchFailure::Broken,
                        format!(
                            "{} answered 304 Not Modified to a request without conditions",
                            shown(&url)
                        ),
                    )),
                };
            }
            let target = if is_redirect(status) {
                let target = location(&url, visit.response.headers());
                self.peek(visit).await;
                target?
            } else {
                let refresh = visit.response.headers().get(REFRESH).cloned();
                let mut page = self.page(&url, visit, redirected).await?;
                match self.leads_on(&page, refresh.as_ref()).filter(|_| !led_on) {
                    Some(target) => {
                        led_on = true;
                        target
                    }
                    None => {
                        page.validators.from = (url != first).then_some(url);
                        page.validators.moved = moved;
                        return Ok(Fetched::Page(page));
                    }
                }
            };
            // The answer to a form may be at the form's own address: asking there with GET is no
            // redirect loop.
            if !matches!(status.as_u16(), 307 | 308) && self.form.take().is_some() {
                seen.clear();
            }
            url = self.next_hop(&url, target, &first, &seen)?;
            for_good &= matches!(status.as_u16(), 301 | 308);
            if for_good {
                moved = (url != first).then(|| url.clone());
            }
            seen.push((url.clone(), self.cookie_header(&url)));
            redirected = true;
        }
    }

    /// Where a page leads that has nothing to read itself: by a refresh, a script or a frame. It is followed once, under
    /// the rules of a redirect. A frame inside a page counts for listings alone; in an article it is a film or a map.
    fn leads_on(&self, page: &FetchedPage, refresh: Option<&HeaderValue>) -> Option<Url> {
        let content_type = page.content_type.as_deref();
        if self.is_picture
            || self.form.is_some()
            || page.body.len() > bantin_extract::FORWARD_BYTES
            || bantin_extract::kind(&page.body, content_type) != SourceKind::Page
        {
            return None;
        }
        let html = bantin_extract::decode(&page.body, content_type);
        let refresh = refresh.and_then(|value| value.to_str().ok());
        let forward = bantin_extract::forward(&html, refresh, &page.url)?;
        let is_listing = matches!(self.purpose, Purpose::Listing | Purpose::Moved);
        (is_listing || forward.way != ForwardWay::Frame).then(|| bare(&forward.url))
    }

    /// The Cookie header of a request for `url`.
    fn cookie_header(&self, url: &Url) -> Option<HeaderValue> {
        match self.session {
            Some(session) => session.header(url),
            None if self.sends_cookies => self.cookies.header(url),
            None => None,
        }
    }

    /// Whether `to` was asked for in the same way before. Where only the cookies of the redirects make a difference, they
    /// are sent from here on.
    fn is_circle(&mut self, to: &Url, seen: &[FetchedAddress]) -> bool {
        let was_seen = |sent: &Option<HeaderValue>| {
            seen.iter().any(|(url, before)| url == to && before == sent)
        };
        if !was_seen(&self.cookie_header(to)) {
            return false;
        }
        self.sends_cookies = true;
        was_seen(&self.cookie_header(to))
    }

    /// Whether `url` may be asked for at all: by the guard, then by robots.txt, whose Crawl-delay is the answer.
    async fn allowed(&self, url: &Url) -> Result<Duration, FetchError> {
        self.guard.check(url).map_err(|why| failure(FetchFailure::Forbidden, why))?;
        if !self.settings.settings.robots {
            return Ok(Duration::ZERO);
        }
        let rules = self.robots(url).await?;
        if !rules.allow(url) {
            return Err(failure(
                FetchFailure::Blocked,
                format!(
                    "robots.txt of {} forbids {} to bantin: ask the agency to allow it, or set `robots = false` under [fetch] if you may",
                    host(url),
                    shown(url)
                ),
            ));
        }
        Ok(rules.crawl_delay.unwrap_or_default())
    }

    /// Sends one request, in the host's turn, and waits for the headers of its answer.
    async fn visit(
        &mut self,
        url: &Url,
        crawl_delay: Duration,
        accept: &'static str,
        conditions: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<ResponseHead, FetchError> {
        let (source, limits) = (self.source, &self.shared.limits);
        let reach = self.guard.check(url).map_err(|why| failure(FetchFailure::Forbidden, why))?;
        let extra_ca = source.extra_ca.as_deref().filter(|_| url.scheme() == "https");
        let client = self.shared.clients.get(reach, extra_ca).await.map_err(|error| {
            let file = extra_ca.unwrap_or_else(|| "".as_ref()).display();
            failure(
                FetchFailure::Tls,
                format!("{file}, the `extra_ca` of source {}, {error:#}", source.id),
            )
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, self.settings.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(LANGUAGES));
        headers.extend(conditions);
        if let Some(cookies) = self.cookie_header(url) {
            headers.insert(COOKIE, cookies);
        }
        let method = match self.form {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        if self.form.is_some() {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(CONTENT_TYPE, form);
        }
        let address = with_credentials(url, source);

        let spacing = self.settings.settings.spacing;
        let mut turn = self.shared.hosts.turn(url, spacing, crawl_delay).await;
        let deadline = Instant::now() + self.left;
        let mut again = turn.takes_an_old_connection();
        let response = loop {
            let headers_by = deadline.min(Instant::now() + limits.headers);
            let mut request = client.request(method.clone(), address.clone());
            request = request.headers(headers.clone());
            if let Some(form) = &self.form {
                request = request.body(form.clone());
            }
            match timeout_at(headers_by, request.send()).await {
                Ok(Ok(response)) => break response,
                // A server may close an idle connection at the moment in which we use it (RFC 9112 §9.3.1). The forms
                // that we send turn pages, so that sending one twice changes nothing either.
                Ok(Err(error)) if again && failure::closed_before_answer(&error) => again = false,
                Ok(Err(error)) => return Err(failure::no_answer(&error, url, source, limits)),
                // A firewall on the way may have forgotten the connection, and tells neither side.
                Err(_) if again && headers_by < deadline => again = false,
                Err(_) if headers_by == deadline => return Err(self.late(url)),
                Err(_) => {
                    let seconds = limits.headers.as_secs_f64();
                    return Err(failure(
                        FetchFailure::Timeout,
                        format!("{} sent no complete headers within {seconds} s", shown(url)),
                    ));
                }
            }
        };
        self.left = deadline.saturating_duration_since(Instant::now());
        let cookies = self.session.unwrap_or(&self.cookies);
        cookies.take(url, response.headers(), self.shared.clock.now());
        Ok(ResponseHead { response, deadline, turn })
    }

    /// Reads the body of an answer that is not a redirect.
    async fn page(
        &mut self,
        url: &Url,
        mut visit: ResponseHead,
        redirected: bool,
    ) -> Result<FetchedPage, FetchError> {
        let status = visit.response.status();
        if !matches!(status.as_u16(), 200 | 203) {
            let now = self.shared.clock.now();
            let headers = visit.response.headers().clone();
            let error = failure::status(status, &headers, url, now);
            let body = self.peek(visit).await;
            return Err(match challenges::challenge(false, &headers, &body) {
                Some(wall) => {
                    FetchError { retry_after: error.retry_after, ..challenged(url, wall) }
                }
                None => error,
            });
        }
        let mut headers = visit.response.headers().clone();
        let packed = challenges::is_packed(url, &headers);
        if packed {
            headers.remove(CONTENT_TYPE);
        }
        if let Some(what) = challenges::not_a_page(&headers, b"").filter(|_| !self.is_picture) {
            return Err(no_page(url, &what));
        }
        let cap = match self.is_picture {
            true => limits::PICTURE_BYTES,
            false => self.shared.limits.page_bytes,
        };
        let declared = visit.response.content_length();
        if let Some(bytes) = declared.filter(|bytes| *bytes > cap as u64) {
            return Err(too_large(url, &format!("{bytes} bytes"), cap));
        }
        let (mut body, mut stop) =
            body::read(&mut visit.response, cap, visit.deadline, &self.shared.limits).await;
        if packed && stop.is_none() {
            (body, stop) = body::unpack(body, cap);
        }
        if let Some(stop) = stop {
            return Err(self.stopped(stop, url, cap));
        }
        visit.turn.answered();
        if let Some(wall) = challenges::challenge(true, &headers, &body) {
            return Err(challenged(url, wall));
        }
        if let Some(what) = challenges::not_a_page(&headers, &body).filter(|_| !self.is_picture) {
            return Err(no_page(url, &what));
        }
        if redirected && challenges::is_login_form(url, &body) {
            return Err(login(url));
        }
        Ok(FetchedPage {
            url: url.clone(),
            content_type: headers
                .get(CONTENT_TYPE)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            body,
            validators: conditional::received(&headers, self.shared.clock.now()),
        })
    }

    /// Reads a little of an answer that is no page; what comes, comes.
    async fn peek(&mut self, mut visit: ResponseHead) -> Vec<u8> {
        let deadline = visit.deadline.min(Instant::now() + PEEK_TIME);
        let (body, stop) =
            body::read(&mut visit.response, PEEK_BYTES, deadline, &self.shared.limits).await;
        if stop.is_none() {
            visit.turn.answered();
        }
        self.left = visit.deadline.saturating_duration_since(Instant::now());
        body
    }

    fn stopped(&self, stop: BodyError, url: &Url, cap: usize) -> FetchError {
        let limits = &self.shared.limits;
        match stop {
            BodyError::TooLarge => too_large(url, "more", cap),
            BodyError::Slow => failure(
                FetchFailure::Timeout,
                format!(
                    "the page {} comes at less than {} bytes a second",
                    shown(url),
                    limits.min_bytes_per_second
                ),
            ),
            BodyError::Late => self.late(url),
            BodyError::Broken(error) => failure::broken_body(&error, url),
            BodyError::Coding(what) => failure(
                FetchFailure::Broken,
                format!(
                    "the page {} comes in a Content-Encoding that cannot be read ({what})",
                    shown(url)
                ),
            ),
        }
    }

    fn late(&self, url: &Url) -> FetchError {
        let seconds = self.shared.limits.total.as_secs_f64();
        failure(
            FetchFailure::Timeout,
            format!(
                "the page {} was not complete within {seconds} s, redirects included",
                shown(url)
            ),
        )
    }

    /// The address to go on with, unless the redirects lead nowhere.
    fn next_hop(
        &mut self,
        from: &Url,
        to: Url,
        first: &Url,
        seen: &[FetchedAddress],
    ) -> Result<Url, FetchError> {
        let id = &self.source.id;
        // An attacker on the way could change an agency's page, so plain HTTP is for sources that
        // name it.
        if from.scheme() == "https" && to.scheme() == "http" && self.source.url.scheme() != "http" {
            return Err(failure(
                FetchFailure::Redirects,
                format!(
                    "{} redirects from https to {}, which anybody on the way can change: if it is meant, write http into the url of source {id}",
                    shown(from),
                    shown(&to)
                ),
            ));
        }
        if challenges::is_login(&to) && !challenges::is_login(first) {
            return Err(login(&to));
        }
        if self.is_circle(&to, seen)
            && let Some(start) = seen.iter().position(|(url, _)| *url == to)
        {
            let hops = seen[start..].iter().map(|(url, _)| url);
            let round: Vec<String> = hops.chain([&to]).map(shown).collect();
            return Err(failure(
                FetchFailure::Redirects,
                format!("redirects lead in a circle: {}", round.join(" → ")),
            ));
        }
        if seen.len() > self.shared.limits.redirects {
            return Err(failure(
                FetchFailure::Redirects,
                format!(
                    "more than {} redirects from {}; the last leads to {}",
                    self.shared.limits.redirects,
                    shown(first),
                    shown(&to)
                ),
            ));
        }
        Ok(to)
    }

    /// The rules of `url`'s origin, asked for when those we have are too old.
    async fn robots(&self, url: &Url) -> Result<Arc<RobotsRules>, FetchError> {
        let now = self.shared.clock.now();
        let slot = self.shared.robots.slot(url, now);
        let mut slot = slot.lock().await;
        if let Some(answer) = slot.as_ref().and_then(|kept| kept.at(now)) {
            return answer;
        }
        let trip = FetchAttempt {
            shared: self.shared,
            settings: self.settings.clone(),
            source: self.source,
            guard: self.guard.clone(),
            left: self.shared.limits.total,
            form: None,
            session: None,
            cookies: FetchSession::new(),
            sends_cookies: false,
            purpose: self.purpose,
            is_picture: false,
        };
        let answer = trip.ask_robots(url).await;
        // These say something about the source that asked (its `inside`, its `extra_ca`), not about the origin.
        if let Err(error) = &answer
            && matches!(
                error.kind,
                FetchFailure::Forbidden | FetchFailure::Tls | FetchFailure::Name
            )
        {
            return Err(error.clone());
        }
        let is_new = answer.is_ok();
        let kept = CachedRobots::after(slot.take(), answer, self.shared.clock.now());
        if is_new {
            self.shared.robots.note(url, &kept);
        }
        slot.insert(kept).answer()
    }

    async fn ask_robots(mut self, page: &Url) -> Result<RobotsRules, FetchError> {
        let first = page.join("/robots.txt").expect("an http address has a root");
        let first = bare(&first);
        let mut url = first.clone();
        for hop in 0..=self.shared.limits.redirects {
            let visit = match self.visit(&url, Duration::ZERO, "text/plain,*/*;q=0.1", vec![]).await
            {
                Ok(visit) => visit,
                // It does not matter where else the file is said to be: its own host has none (RFC 9309 §2.3.1.3).
                Err(error) if hop > 0 && error.kind == FetchFailure::Forbidden => {
                    return Ok(RobotsRules::default());
                }
                Err(error) if error.kind == FetchFailure::Forbidden => return Err(error),
                Err(error) => return Err(robots_unanswered(&first, error)),
            };
            let status = visit.response.status();
            match status.as_u16() {
                200..=299 => {
                    return self.rules(&url, visit).await.map_err(|e| robots_unanswered(&first, e));
                }
                429 | 500.. => {
                    let now = self.shared.clock.now();
                    let error = failure::status(status, visit.response.headers(), &url, now);
                    self.peek(visit).await;
                    return Err(robots_unanswered(&first, error));
                }
                _ => {}
            }
            let target = location(&url, visit.response.headers());
            self.peek(visit).await;
            // Any other answer means that there is no robots.txt, so all is allowed (RFC 9309 §2.3.1.3).
            match target {
                Ok(target) if is_redirect(status) => url = target,
                _ => return Ok(RobotsRules::default()),
            }
        }
        Ok(RobotsRules::default())
    }

    async fn rules(&self, url: &Url, mut visit: ResponseHead) -> Result<RobotsRules, FetchError> {
        let limits = &self.shared.limits;
        let cap = limits.robots_bytes;
        match body::read(&mut visit.response, cap, visit.deadline, limits).await {
            (body, None) => {
                visit.turn.answered();
                Ok(RobotsRules::parse(&body))
            }
            (body, Some(BodyError::TooLarge)) => {
                // The last line may be half a rule.
                let whole = body.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
                Ok(RobotsRules::parse(&body[..whole]))
            }
            (_, Some(stop)) => Err(self.stopped(stop, url, cap)),
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads. Portals send relative addresses, spaces and raw Vietnamese letters in any encoding.
fn location(from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let nowhere =
        |what: &str| failure(FetchFailure::Redirects, format!("{} redirects {what}", shown(from)));
    let Some(value) = headers.get(LOCATION) else { return Err(nowhere("without saying where to")) };
    let text = match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        // Bytes of another encoding: the server knows its own address by them.
        Err(_) => value
            .as_bytes()
            .iter()
            .map(|byte| match byte.is_ascii() {
                true => char::from(*byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect(),
    };
    let target = from.join(text.trim()).map_err(|error| {
        let shown: String = text.chars().take(80).collect();
        nowhere(&format!("to \"{}\", which is no address ({error})", shown.escape_debug()))
    })?;
    Ok(bare(&target))
}

/// Without fragment, which is never sent, and without user and password, which a page has no business to name.
fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    // Only addresses without a host refuse, and they have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// The user and password of the source's own URL go to its own origin, and nowhere else.
fn with_credentials(url: &Url, source: &Source) -> Url {
    let mut url = url.clone();
    if url.origin() == source.url.origin() {
        // Only addresses without a host refuse, and the guard lets none of them pass.
        let _ = url.set_username(source.url.username());
        let _ = url.set_password(source.url.password());
    }
    url
}

fn challenged(url: &Url, wall: &str) -> FetchError {
    failure(
        FetchFailure::Blocked,
        format!(
            "{} answered with a challenge meant to keep programs out ({wall}): ask the agency to let bantin's address or user agent pass",
            host(url)
        ),
    )
}

fn login(url: &Url) -> FetchError {
    failure(
        FetchFailure::Blocked,
        format!("the page led to a login page, {}: is it meant for the public?", shown(url)),
    )
}

fn no_page(url: &Url, what: &str) -> FetchError {
    failure(FetchFailure::NotAPage, format!("{} is not a page but {what}", shown(url)))
}

fn too_large(url: &Url, size: &str, cap: usize) -> FetchError {
    failure(
        FetchFailure::TooLarge,
        format!("the page {} is too large: {size} where at most {cap} bytes are read", shown(url)),
    )
}

fn robots_unanswered(robots: &Url, error: FetchError) -> FetchError {
    FetchError {
        detail: format!(
            "{}, which is asked before any page, did not answer: {}",
            shown(robots),
            error.detail
        ),
        ..error
    }
}
