//! P10 as a publisher sees it: a strict one writes down every request over weeks and restarts, on a clock that we set, and
//! complains of whatever feed readers are complained of. None of the complaints may be true of us.
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::origin::{Answer, Origin, Request};
use bantin::clock::Clock;
use bantin::config::Config;
use bantin::fetch::Fetcher;
use bantin::jobs::poll::{PollOutcome, Poller};
use bantin::shutdown::Shutdown;
use bantin_model::*;
use bantin_store::{Owner, SourceState, Store};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use tempfile::TempDir;

/// bantin with its store, on a clock that goes from one due source to the next.
struct Running {
    store: Store,
    poller: Poller,
    _owner: Owner,
}

struct Office {
    folder: TempDir,
    clock: Clock,
    config: String,
    running: Running,
}

impl Office {
    /// From midnight on Monday, 2 March 2026, in Vietnam; `sources` are their tables of the config.
    async fn open(sources: &str) -> Office {
        Office::spaced("0s", sources).await
    }

    async fn spaced(spacing: &str, sources: &str) -> Office {
        let clock = Clock::set_to("2026-03-02T00:00:00+07:00".parse().expect("a time"));
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let config = format!(
            "[server]\npublic_url = \"https://tin.example.gov.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
             from = \"bantin@example.vn\"\n[fetch]\nspacing = \"{spacing}\"\n{sources}"
        );
        let running = Office::start(&folder, &clock, &config).await;
        Office { folder, clock, config, running }
    }

    async fn start(folder: &TempDir, clock: &Clock, config: &str) -> Running {
        let config = Config::from_text(config, Path::new("office.toml")).expect("it is right");
        let url = format!("sqlite:{}/bantin.db", folder.path().display());
        let store = Store::open(&url).await.expect("the store opens");
        let owner =
            store.take_ownership().await.expect("the store answers").expect("nobody else has it");
        bantin::daemon::apply_sources(&store, &config, clock.now()).await.expect("taken");
        let fetcher = Fetcher::new(config.fetch.clone(), clock.clone()).expect("a fetcher");
        let poller = Poller::new(store.clone(), fetcher, clock.clone(), Shutdown::new());
        Running { store, poller, _owner: owner }
    }

    /// The process ends, and another begins.
    async fn restart(self) -> Office {
        let Office { folder, clock, config, running } = self;
        let Running { store, poller, _owner } = running;
        drop((poller, _owner));
        store.close().await;
        let running = Office::start(&folder, &clock, &config).await;
        Office { folder, clock, config, running }
    }

    /// Polls what is due, in turn.
    async fn poll_due(&self) -> Vec<PollOutcome> {
        let now = self.clock.now();
        let until = now + TimeDelta::minutes(5);
        let due = self.running.store.claim_due_sources(now, until, 10).await.expect("it answers");
        let mut polled = Vec::new();
        for state in due {
            polled.push(self.running.poller.poll(state).await.expect("it is recorded"));
        }
        polled
    }

    /// Goes to the next due source, or to `end` where that is sooner; whether there was one.
    async fn next(&self, end: DateTime<Utc>) -> bool {
        let next = self.running.store.next_poll_at().await.expect("it answers");
        let next = next.expect("there are sources").max(self.clock.now());
        if next >= end {
            self.clock.advance(end - self.clock.now());
            return false;
        }
        // The daemon looks once a second.
        self.clock.advance(next - self.clock.now() + TimeDelta::milliseconds(400));
        self.poll_due().await;
        true
    }

    async fn pass(&self, time: TimeDelta) {
        let end = self.clock.now() + time;
        while self.next(end).await {}
    }

    async fn state(&self, id: &str) -> SourceState {
        let id = SourceId::parse(id).expect("a name");
        self.running.store.source(&id).await.expect("it answers").expect("it is there")
    }

    /// Returns what the admin was notified of, without the times: the kind and the source of each.
    async fn told(&self) -> Vec<String> {
        let far = self.clock.now() + TimeDelta::days(1);
        let notices = self.running.store.due_notices(far, 100).await.expect("it answers");
        let word = |notice: &Notice| match notice {
            Notice::Broken { about, broken, .. } => format!("{} {}", about.id, broken.why),
            Notice::Recovered { about, .. } => format!("{} recovered", about.id),
            Notice::Moved { about, to, .. } => {
                let path = to.splitn(4, '/').nth(3).unwrap_or_default();
                format!("{} moved to /{path}", about.id)
            }
            Notice::Offline { hosts, .. } => format!("offline, {hosts} hosts"),
            Notice::Online { .. } => "online".to_owned(),
            other => format!("{other:?}"),
        };
        notices.iter().map(|waiting| word(&waiting.notice)).collect()
    }
}

/// A source's table.
fn source(id: &str, url: &str, rest: &str) -> String {
    format!("[[source]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{url}\"\n{rest}\n")
}

const ROWS: &str = "[source.listing]\nitem = \"ul.tin li\"";

/// A request as the publisher wrote it down.
#[derive(Debug, Clone)]
struct Line {
    at: DateTime<Utc>,
    target: String,
    request: Request,
    given: Given,
}

/// What the publisher answered.
#[derive(Debug, Clone, Default)]
struct Given {
    status: u16,
    etag: Option<String>,
    date: Option<String>,
    body: String,
    headers: Vec<(&'static str, String)>,
}

impl Given {
    fn page(body: impl Into<String>) -> Given {
        Given { status: 200, body: body.into(), ..Given::default() }
    }

    fn status(status: u16) -> Given {
        Given { status, ..Given::default() }
    }

    /// Validators made of the body, and a date in a form that few would write.
    fn validated(self, date: &str) -> Given {
        let sum = self.body.bytes().fold(7_u64, |h, b| h.wrapping_mul(31) ^ u64::from(b));
        Given { etag: Some(format!("W/\"{sum:x}\"")), date: Some(date.to_owned()), ..self }
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Given {
        self.headers.push((name, value.into()));
        self
    }

    /// 304 to a client that knows the body already.
    fn to(self, request: &Request) -> Given {
        let known = self.etag.is_some() && request.header("if-none-match") == self.etag.as_deref();
        if known && self.status == 200 { Given { status: 304, ..self } } else { self }
    }

    fn answer(&self) -> Answer {
        // A useless cookie comes with everything.
        let mut answer = Answer::page(self.body.clone()).header("Set-Cookie", "theo-doi=1; Path=/");
        if self.status != 200 {
            answer = Answer::status(self.status).header("Set-Cookie", "theo-doi=1; Path=/");
        }
        if let Some(etag) = &self.etag {
            answer = answer.etag(etag);
        }
        if let Some(date) = &self.date {
            answer = answer.last_modified(date);
        }
        for (name, value) in &self.headers {
            answer = answer.header(name, value);
        }
        answer
    }
}

/// The publisher's book.
#[derive(Clone)]
struct Book {
    lines: Arc<Mutex<Vec<Line>>>,
    clock: Clock,
}

impl Book {
    fn new(clock: &Clock) -> Book {
        Book { lines: Arc::default(), clock: clock.clone() }
    }

    /// Answers `target` as `give` says at the time.
    fn keep(
        &self,
        portal: &Origin,
        target: &str,
        give: impl Fn(DateTime<Utc>, &Request) -> Given + Send + Sync + 'static,
    ) {
        let book = self.clone();
        portal.route(target, move |request| {
            let at = book.clock.now();
            let given = give(at, request).to(request);
            let answer = given.answer();
            let (target, request) = (request.target.clone(), request.clone());
            book.lines.lock().unwrap().push(Line { at, target, request, given });
            answer
        });
    }

    fn of(&self, target: &str) -> Vec<Line> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|line| line.target == target).cloned().collect()
    }

    fn asked(&self, target: &str) -> usize {
        self.of(target).len()
    }

    /// Everything that a strict publisher could complain of. `spacing`: the least distance of requests for this address.
    fn complaints(&self, target: &str, spacing: TimeDelta) -> Vec<String> {
        let mut complaints = Vec::new();
        let lines = self.of(target);
        let mut complain =
            |at: DateTime<Utc>, what: String| complaints.push(format!("{target} at {at}: {what}"));
        let mut validators: Option<(Option<String>, Option<String>)> = None;
        let mut whole: Option<DateTime<Utc>> = None;
        let mut silent_until: Option<DateTime<Utc>> = None;
        for (n, line) in lines.iter().enumerate() {
            let sent = |name: &str| line.request.header(name).map(str::to_owned);
            let conditions = (sent("if-none-match"), sent("if-modified-since"));
            let known = validators.clone().unwrap_or_default();
            if conditions != (None, None) && conditions != known {
                complain(line.at, format!("{conditions:?} was never given; {known:?} was"));
            }
            if validators.is_some()
                && conditions == (None, None)
                && whole.is_some_and(|before| line.at - before < TimeDelta::hours(24))
            {
                complain(line.at, "asked for the whole again within a day".to_owned());
            }
            if conditions == (None, None) {
                whole = Some(line.at);
            }
            if n > 0 && line.at - lines[n - 1].at < spacing {
                complain(line.at, format!("asked again after {}", line.at - lines[n - 1].at));
            }
            if silent_until.is_some_and(|until| line.at < until) {
                complain(line.at, format!("asked before {silent_until:?}, as was begged"));
            }
            for name in ["cookie", "referer", "authorization", "pragma", "cache-control"] {
                if let Some(value) = sent(name) {
                    complain(line.at, format!("needless {name}: {value}"));
                }
            }
            if !sent("accept-encoding").is_some_and(|codings| codings.contains("gzip")) {
                complain(line.at, "takes no gzip".to_owned());
            }
            if !sent("user-agent")
                .is_some_and(|agent| agent.contains("+https://tin.example.gov.vn"))
            {
                complain(line.at, "does not say whom to write to".to_owned());
            }
            // A 304 may update them.
            if matches!(line.given.status, 200 | 304) {
                let given = (line.given.etag.clone(), line.given.date.clone());
                validators = Some(given).filter(|given| *given != (None, None));
            }
            let header = |name: &str| {
                let found = line.given.headers.iter().find(|(found, _)| *found == name);
                found.map(|(_, value)| value.clone())
            };
            if let Some(wait) = header("Retry-After") {
                silent_until = Some(match wait.parse() {
                    Ok(seconds) => line.at + TimeDelta::seconds(seconds),
                    Err(_) => DateTime::parse_from_rfc2822(&wait).expect("a date").to_utc(),
                });
            }
        }
        complaints
    }
}

fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// How many items an agency that works from 8 to 17, Monday to Friday, has published by then.
fn office_items(at: DateTime<Utc>) -> i64 {
    let local = at.with_timezone(&chrono_tz::Asia::Ho_Chi_Minh);
    let monday: chrono::NaiveDate = "2026-03-02".parse().expect("a day");
    let days = (local.date_naive() - monday).num_days();
    let (weeks, day) = (days / 7, days % 7);
    let today = if day < 5 { i64::from(local.hour().clamp(8, 17)) - 8 } else { 0 };
    weeks * 45 + day.min(5) * 9 + today
}

/// A feed of the newest ten, each with its whole text.
fn feed(portal: &str, items: i64, head: &str) -> String {
    let text = "Hội nghị bàn giải pháp. ".repeat(40);
    let entries: String = ((items - 9).max(1)..=items)
        .rev()
        .map(|n| {
            format!(
                "<item><title>Tin số {n}</title><link>{portal}tin/{n}</link><guid>{n}</guid><description>{text}</description></item>"
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>Tin</title>{head}{entries}</channel></rss>")
}

/// A listing of the newest ten.
fn listing(items: i64) -> String {
    let rows: String = ((items - 9).max(1)..=items)
        .rev()
        .map(|n| format!("<li><a href=\"/bai/{n}\">Tin số {n}</a> <span>(2/3/2026)</span></li>"))
        .collect();
    format!("<html><body><ul class=tin>{rows}</ul></body></html>")
}

fn assert_content(complaints: &[String]) {
    // A few of each address.
    let mut shown: Vec<&String> = Vec::new();
    for complaint in complaints {
        let of = |other: &str| other.split(' ').next() == complaint.split(' ').next();
        if shown.iter().filter(|other| of(other)).count() < 4 {
            shown.push(complaint);
        }
    }
    assert!(complaints.is_empty(), "{} complaints: {shown:#?}", complaints.len());
}

#[tokio::test]
async fn p10_a_strict_publisher_has_no_complaint_over_weeks_and_restarts() {
    let portal = Origin::start().await;
    let at = |target: &str| portal.url(target).to_string();
    let quarter = "schedule = \"*/15 7-17 * * Mon-Fri\"\n";
    let listing_each_quarter = format!("{quarter}{ROWS}");
    let office = Office::open(
        &[
            source("feed", &at("/feed"), ""),
            source("trang", &at("/trang"), &listing_each_quarter),
            source("ban", &at("/ban"), "schedule = \"*/20 8-17 * * *\"\n"),
            source("lau", &at("/lau"), quarter),
            source("nghi", &at("/nghi"), "schedule = \"*/30 * * * *\"\n"),
            source("gio", &at("/gio"), ""),
        ]
        .concat(),
    )
    .await;
    let book = Book::new(&office.clock);
    let root = at("/");
    let odd = |at: DateTime<Utc>| format!("{}/03/2026 lúc 8h", at.day());
    book.keep(&portal, "/robots.txt", |_, _| Given::page("User-agent: *\nDisallow: /kin\n"));
    // An hour, said with the page and not with a 304.
    let base = root.clone();
    book.keep(&portal, "/feed", move |now, request| {
        let given = Given::page(feed(&base, 20 + office_items(now), "")).validated(&odd(now));
        let known = request.header("if-none-match") == given.etag.as_deref();
        if known { given } else { given.header("Cache-Control", "public, max-age=3600") }
    });
    book.keep(&portal, "/trang", |now, _| {
        let date = http_date(now - TimeDelta::minutes(7));
        Given::page(listing(20 + office_items(now))).validated(&date)
    });
    // Tired of everybody at times: for two hours on even days, until a date on others.
    let base = root.clone();
    book.keep(&portal, "/ban", move |now, _| match (now.day(), now.hour()) {
        (day, 4) if day % 2 == 0 => Given::status(429).header("Retry-After", "7200"),
        (_, 9) => Given::status(503).header("Retry-After", http_date(now + TimeDelta::minutes(95))),
        (9, 15..) => Given::status(500).header("Retry-After", "30000"),
        _ => Given::page(feed(&base, 20, "")).validated("Mon, 02 Mar 2026 00:00:00 GMT"),
    });
    // A year, which is not meant.
    let base = root.clone();
    book.keep(&portal, "/lau", move |now, _| {
        let expires = http_date(now + TimeDelta::days(365));
        Given::page(feed(&base, 30, "")).validated("x").header("Expires", expires)
    });
    let base = root.clone();
    let wishes = "<ttl>120</ttl><skipHours><hour>17</hour><hour>18</hour></skipHours><skipDays><day>Sunday</day></skipDays>";
    book.keep(&portal, "/nghi", move |now, _| {
        Given::page(feed(&base, 30 + office_items(now), wishes)).validated("y")
    });
    let base = root;
    book.keep(&portal, "/gio", move |now, _| {
        let age = 60 * i64::from(now.minute() % 20);
        Given::page(feed(&base, 30 + office_items(now), ""))
            .validated("z")
            .header("Cache-Control", "max-age=1800")
            .header("Age", age.to_string())
    });
    for n in 0..400 {
        book.keep(&portal, &format!("/bai/{n}"), move |_, _| {
            let text = "Nội dung của tin. ".repeat(20);
            let page = format!(
                "<html><body><h1>Tin số {n}</h1><article><p>{text}</p></article></body></html>"
            );
            Given::page(page).validated("Sun, 01 Mar 2026 08:00:00 GMT")
        });
    }

    // Two weeks, with a restart every 31 hours and two more soon after each other.
    let mut office = office;
    for n in 0..11 {
        office.pass(TimeDelta::hours(31)).await;
        office = office.restart().await;
        if n % 5 == 0 {
            office.pass(TimeDelta::seconds(90)).await;
            office = office.restart().await;
        }
    }

    let mut complaints = Vec::new();
    let minutes = TimeDelta::minutes;
    for (target, spacing) in [
        ("/robots.txt", minutes(24 * 60)),
        ("/feed", minutes(60)),
        ("/trang", minutes(14)),
        ("/ban", minutes(10)),
        ("/lau", minutes(4 * 60)),
        ("/nghi", minutes(120)),
        ("/gio", minutes(11)),
    ] {
        assert!(book.asked(target) > 10, "{target} was asked {} times", book.asked(target));
        complaints.extend(book.complaints(target, spacing));
    }
    for line in book.of("/gio").windows(2) {
        let age = TimeDelta::seconds(line[0].given.headers[1].1.parse().expect("digits"));
        if line[1].at < line[0].at + minutes(30) - age {
            complaints.push(format!("/gio at {}: not yet old", line[1].at));
        }
    }
    for line in book.of("/nghi").iter().skip(1) {
        if matches!(line.at.hour(), 17 | 18) || line.at.weekday() == chrono::Weekday::Sun {
            complaints.push(format!("/nghi at {}: in an hour to be skipped", line.at));
        }
    }
    for n in 0..400 {
        complaints.extend(book.complaints(&format!("/bai/{n}"), minutes(9)));
    }
    let asked: Vec<String> = book.lines.lock().unwrap().iter().map(|l| l.target.clone()).collect();
    complaints.extend(asked.iter().filter(|t| t.contains('?')).map(|t| format!("{t}: a query")));
    assert!(!asked.iter().any(|target| target.starts_with("/kin")));
    assert_eq!(portal.most_in_flight(), 1);
    assert_content(&complaints);
    // And yet nothing was missed: what came by Friday was seen.
    let items = office.running.store.item_count().await.expect("it answers");
    assert!(items > 3 * 100, "{items}");
}

#[tokio::test]
async fn p10_a_page_that_moved_for_good_is_asked_at_its_new_address_after_a_week() {
    let (portal, other) = (Origin::start().await, Origin::start().await);
    let rest = format!(
        "schedule = \"0 */6 * * *\"\ninside = [\"127.0.0.1:{}\"]\n{ROWS}",
        other.address().port()
    );
    let urls = ["/cu", "/tam", "/vong"].map(|target| portal.url(target).to_string());
    let [cu, tam, vong] = &urls;
    let tables = [source("cu", cu, &rest), source("tam", tam, &rest), source("vong", vong, &rest)];
    let office = Office::open(&tables.concat()).await;
    let book = Book::new(&office.clock);
    let new = other.url("/moi").to_string();
    let target = new.clone();
    book.keep(&portal, "/cu", move |_, _| Given::status(301).header("Location", &*target));
    let target = new.clone();
    book.keep(&portal, "/tam", move |_, _| Given::status(302).header("Location", &*target));
    // For good to one place, and from there for now to another.
    book.keep(&portal, "/vong", |_, _| Given::status(308).header("Location", "/giua"));
    let target = new.clone();
    book.keep(&portal, "/giua", move |_, _| Given::status(307).header("Location", &*target));
    let gone = Arc::new(AtomicU32::new(200));
    let status = gone.clone();
    book.keep(&other, "/moi", move |_, _| match status.load(Ordering::Relaxed) {
        200 => Given::page(listing(10)).validated("a"),
        status => Given::status(u16::try_from(status).expect("a status")),
    });
    office.pass(TimeDelta::days(6)).await;
    assert_eq!(office.told().await, [""; 0]);
    let office = office.restart().await;
    office.pass(TimeDelta::hours(36)).await;
    assert_eq!(office.told().await, ["cu moved to /moi", "vong moved to /giua"]);
    assert_eq!(office.state("cu").await.manners.address.map(String::from), Some(new));
    let before = ["/cu", "/vong", "/tam"].map(|target| book.asked(target));
    office.pass(TimeDelta::days(3)).await;
    let office = office.restart().await;
    office.pass(TimeDelta::days(3)).await;
    assert_eq!(book.asked("/cu"), before[0], "the old address is left alone");
    assert_eq!(book.asked("/vong"), before[1]);
    assert!(book.asked("/tam") > before[2] + 20, "what has moved for now is asked where it was");
    // Never the whole page again: the validators go to the address that they came from.
    let whole = book.of("/moi").iter().filter(|line| line.given.status == 200).count();
    assert_eq!(whole, 3, "once for each source");

    // The new address is gone: back to the one of the config, which knows better.
    gone.store(404, Ordering::Relaxed);
    book.keep(&portal, "/cu", |_, _| Given::page(listing(10)).validated("b"));
    office.pass(TimeDelta::days(1)).await;
    let state = office.state("cu").await;
    assert_eq!((state.manners.address, state.health.broken), (None, None));
}

#[tokio::test]
async fn p10_a_page_that_is_gone_is_told_once_and_looked_for_once_a_week() {
    let portal = Origin::start().await;
    let url = portal.url("/tin").to_string();
    let table = source("so", &url, &format!("schedule = \"*/15 * * * *\"\n{ROWS}"));
    let office = Office::open(&table).await;
    let book = Book::new(&office.clock);
    let gone_on = office.clock.now() + TimeDelta::days(1);
    let back_on = gone_on + TimeDelta::days(30);
    book.keep(&portal, "/tin", move |now, _| match now {
        now if now < gone_on || now >= back_on => Given::page(listing(10)).validated("a"),
        _ => Given::status(410),
    });
    office.pass(TimeDelta::days(1)).await;
    let before = book.asked("/tin");
    let office = office.restart().await;
    office.pass(TimeDelta::days(29)).await;
    assert_eq!(book.asked("/tin") - before, 5, "at once, and then once a week");
    assert_eq!(office.told().await, ["so gone"]);
    let state = office.state("so").await;
    let why = state.manners.why(state.next_at).expect("it is known");
    assert_eq!(why.reason.code(), "gone");
    assert!(why.what.contains("once a week"), "{}", why.what);
    office.pass(TimeDelta::days(8)).await;
    assert_eq!(office.told().await, ["so gone", "so recovered"]);
    assert_eq!(office.state("so").await.health.broken, None);
}

#[tokio::test]
async fn p6_a_source_that_fails_is_asked_less_and_less_and_never_given_up() {
    let portal = Origin::start().await;
    let url = portal.url("/tin").to_string();
    let table = source("so", &url, &format!("schedule = \"*/15 * * * *\"\n{ROWS}"));
    let office = Office::open(&table).await;
    let book = Book::new(&office.clock);
    let (from, until) =
        (office.clock.now() + TimeDelta::hours(1), office.clock.now() + TimeDelta::days(60));
    book.keep(&portal, "/tin", move |now, _| match now {
        now if now < from || now >= until => Given::page(listing(10)).validated("a"),
        _ => Given::status(500),
    });
    office.pass(TimeDelta::days(61)).await;
    let failed: Vec<Line> =
        book.of("/tin").into_iter().filter(|line| line.given.status == 500).collect();
    let gaps: Vec<TimeDelta> = failed.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    let grown = gaps.windows(2).all(|pair| pair[1] >= pair[0] - TimeDelta::minutes(15));
    assert!(grown, "{gaps:?}");
    let in_week = gaps.iter().filter(|gap| **gap <= TimeDelta::hours(25)).count();
    assert!((10..20).contains(&in_week), "{gaps:?}");
    let last = *gaps.last().expect("it failed often");
    assert!(last >= TimeDelta::hours(72) && last < TimeDelta::hours(73), "{last}");
    office.pass(TimeDelta::days(3)).await;
    assert_eq!(office.told().await, ["so fetch failed", "so recovered"]);
}

#[tokio::test]
async fn p6_when_no_host_answers_it_is_our_own_line_and_nothing_is_counted() {
    let hosts = [(); 5].map(|()| Origin::start());
    let mut portals = Vec::new();
    for host in hosts {
        portals.push(host.await);
    }
    let tables: String = (0..)
        .zip(&portals)
        .map(|(n, portal)| {
            let rest = format!("schedule = \"*/15 * * * *\"\n{ROWS}");
            source(&format!("so-{n}"), portal.url("/tin").as_str(), &rest)
        })
        .collect();
    let office = Office::open(&tables).await;
    let line = Arc::new(Mutex::new((office.clock.now(), office.clock.now())));
    for portal in &portals {
        let (line, clock) = (line.clone(), office.clock.clone());
        // No answer at all, for robots.txt either.
        portal.route("/robots.txt", |_| Answer::status(404));
        portal.route("/tin", move |_| {
            let (from, until) = *line.lock().unwrap();
            match clock.now() {
                now if now >= from && now < until => Answer::hang_up(),
                _ => Answer::page(listing(10)),
            }
        });
    }
    office.pass(TimeDelta::hours(2)).await;
    let now = office.clock.now();
    *line.lock().unwrap() = (now, now + TimeDelta::hours(30));
    office.pass(TimeDelta::hours(20)).await;
    assert_eq!(office.told().await, ["offline, 5 hosts"]);
    for n in 0..5 {
        let state = office.state(&format!("so-{n}")).await;
        assert!(state.health.failures <= 1, "so-{n}: {}", state.health.failures);
        assert!(state.next_at - office.clock.now() < TimeDelta::minutes(20));
    }
    // A restart in the midst of it says nothing twice.
    let office = office.restart().await;
    office.pass(TimeDelta::hours(9)).await;
    assert_eq!(office.told().await, ["offline, 5 hosts"]);
    office.pass(TimeDelta::hours(2)).await;
    assert_eq!(office.told().await, ["offline, 5 hosts", "online"]);
    for n in 0..5 {
        assert_eq!(office.state(&format!("so-{n}")).await.health.broken, None);
    }
    // One host alone is that host's own trouble.
    let now = office.clock.now();
    portals[0].route("/tin", move |_| Answer::hang_up());
    office.pass(TimeDelta::hours(10)).await;
    assert_eq!(office.told().await, ["offline, 5 hosts", "online", "so-0 fetch failed"]);
    assert!(office.state("so-0").await.health.failures > 3, "since {now}");
}

#[tokio::test]
async fn p10_a_restart_forgets_neither_a_host_s_silence_nor_its_robots_txt() {
    let portal = Origin::start().await;
    let rest = format!("schedule = \"*/15 * * * *\"\n{ROWS}");
    let tables: String = ["a", "b", "c"]
        .map(|id| source(id, portal.url(&format!("/{id}")).as_str(), &rest))
        .concat();
    let office = Office::open(&tables).await;
    let book = Book::new(&office.clock);
    book.keep(&portal, "/robots.txt", |_, _| Given::page("User-agent: *\nDisallow: /kin\n"));
    for target in ["/a", "/b"] {
        book.keep(&portal, target, |_, _| Given::status(429).header("Retry-After", "86400"));
    }
    book.keep(&portal, "/c", |_, _| Given::page(listing(3)));
    // They are due a second after each other: of the third nothing is known when the process ends.
    office.pass(TimeDelta::milliseconds(1_900)).await;
    assert_eq!((book.asked("/a"), book.asked("/b"), book.asked("/c")), (1, 1, 0));
    assert_eq!(office.state("c").await.health.last_poll, None);
    let mut office = office;
    for _ in 0..5 {
        office = office.restart().await;
        office.pass(TimeDelta::hours(4)).await;
    }
    assert_eq!((book.asked("/a"), book.asked("/b"), book.asked("/c")), (1, 1, 0));
    assert_eq!(book.asked("/robots.txt"), 1);
    let told = office.state("c").await.health.problems;
    assert!(told[0].text.contains("several pages of its host"), "{told:?}");
}

#[tokio::test]
async fn p10_the_pause_between_two_requests_to_a_host_holds_over_a_restart() {
    let portal = Origin::start().await;
    let rest = format!("schedule = \"*/15 * * * *\"\n{ROWS}");
    let tables: String =
        ["a", "b"].map(|id| source(id, portal.url(&format!("/{id}")).as_str(), &rest)).concat();
    let office = Office::spaced("6s", &tables).await;
    portal.on("/a", Answer::page(listing(3)));
    portal.on("/b", Answer::page(listing(3)));
    assert_eq!(office.poll_due().await.len(), 1);
    let before = portal.hits();
    let office = office.restart().await;
    // The clock of the test does not move with the time that passes: for it, that was now.
    office.clock.advance(TimeDelta::seconds(1));
    assert_eq!(office.poll_due().await.len(), 1);
    let requests = portal.all_requests();
    let answered = requests[before - 1].answered.expect("it was answered");
    let pause = requests[before].at - answered;
    assert!(pause >= Duration::from_millis(4_300), "{pause:?}");
}
