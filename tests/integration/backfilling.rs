//! Older pages: a portal with many of them, in each of the ways in which portals turn them.

use crate::office;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::office::Office;
use crate::origin::{Answer, Request};
use bantin::fetch::{FetchSettings, Fetcher, Limits};
use bantin::jobs::backfill::{
    BackfillEnd, BackfillProgress, BackfillRange, BackfillSummary, Backfiller,
};
use bantin::shutdown::Shutdown;
use bantin_model::*;
use bantin_store::{SourceState, Store};
use chrono::TimeDelta;

/// Rows of a page.
const ROWS: u32 = 4;

/// One page of a portal with `last` pages: the first has the newest rows, and `pager` is the way to others.
fn page(number: u32, last: u32, pager: &str) -> String {
    let newest = (last - number + 1) * ROWS;
    let rows: String = (newest - ROWS + 1..=newest)
        .rev()
        .map(|n| format!("<li><a href=\"/tin/{n}\">Tin số {n}</a> <span>({})</span></li>", day(n)))
        .collect();
    format!(
        "<html><head><meta charset=utf-8></head><body><ul class=tin>{rows}</ul>{pager}</body></html>"
    )
}

/// Articles for all rows there can be.
fn articles(office: &Office) {
    for n in 1..=100 {
        let html = format!(
            "<html><meta charset=utf-8><h1>Tin số {n}</h1><div class=ngay>{}</div><div class=noidung><p>Nội dung {n}: Sở báo cáo kết quả thực hiện nhiệm vụ trong tháng và phương hướng tháng tới.</p></div></html>",
            day(n)
        );
        office.portal.on(&format!("/tin/{n}"), Answer::page(html));
    }
}

fn day(n: u32) -> String {
    format!("{}/{}/2020", n % 28 + 1, n / 28 + 1)
}

/// A portal whose page `n` is at `address(n)` and is linked to by `pager(n, last)`.
fn portal(
    office: &Office,
    last: u32,
    address: impl Fn(u32) -> String,
    pager: impl Fn(u32, u32) -> String,
) {
    articles(office);
    for number in 1..=last {
        let html = page(number, last, &pager(number, last));
        office.portal.on(&address(number), Answer::page(html));
    }
}

fn by_query(number: u32) -> String {
    match number {
        1 => "/danh-sach".to_owned(),
        _ => format!("/danh-sach?page={number}"),
    }
}

fn numbers(current: u32, last: u32) -> String {
    let links = (1..=last).map(|number| match number == current {
        true => format!("<b>{number}</b> "),
        false => format!("<a href=\"{}\">{number}</a> ", by_query(number)),
    });
    format!("<div class=pager>{}</div>", links.collect::<String>())
}

fn fetcher(office: &Office, spacing: Duration) -> Fetcher {
    let settings = FetchSettings { spacing, robots: true, ..FetchSettings::default() };
    let limits = Limits {
        headers: Duration::from_secs(20),
        total: Duration::from_secs(20),
        ..Limits::default()
    };
    Fetcher::with_limits(settings, office.clock.clone(), limits).expect("a fetcher is made")
}

fn job(office: &Office, spacing: Duration) -> (Backfiller, Shutdown) {
    let stop = Shutdown::new();
    let fetcher = fetcher(office, spacing);
    (Backfiller::new(office.store.clone(), fetcher, office.clock.clone(), stop.clone()), stop)
}

async fn claim(office: &Office) -> SourceState {
    let now = office.clock.now();
    let so = office.source();
    let claimed = office.store.claim_source(&so, now, now + TimeDelta::minutes(5)).await;
    claimed.expect("the store answers").expect("nobody has it")
}

async fn walk(office: &Office, wanted: BackfillRange) -> BackfillSummary {
    let state = claim(office).await;
    let recipe = state.source.recipe.listing.clone();
    let (job, _) = job(office, Duration::ZERO);
    job.backfill(&state, &recipe, wanted, |_| {}).await.expect("the store answers")
}

fn wanted(pages: u32) -> BackfillRange {
    BackfillRange { pages, from_start: false }
}

/// What a walk did, on one line.
fn told(done: &BackfillSummary) -> String {
    let on = if done.resumable { ", goes on" } else { "" };
    format!("{} pages, {} rows, {} new: {:?}{on}", done.pages, done.rows, done.new, done.ending)
}

async fn check(office: &Office, pages: u32, expected: &str) {
    let done = walk(office, wanted(pages)).await;
    assert_eq!(told(&done), expected, "{:?}", done.problems);
}

/// What was asked for, articles left out, since `before` requests had come.
fn asked(office: &Office, before: usize) -> Vec<String> {
    let requests = office.portal.all_requests().split_off(before);
    let lists = requests
        .into_iter()
        .filter(|request| !request.target.starts_with("/tin/") && request.target != "/robots.txt");
    lists.map(|request| format!("{} {}", request.method, request.target)).collect()
}

async fn titles(office: &Office) -> Vec<String> {
    let mut items = office.items().await;
    items.sort_by_key(|item| item.seq);
    items.into_iter().map(|item| item.title).collect()
}

#[tokio::test]
async fn older_pages_are_in_feeds_and_never_in_mail() {
    let office = Office::open().await;
    portal(&office, 5, by_query, numbers);
    office.poll().await;
    office.subscribe("van.phong@example.vn", "at once").await;
    check(&office, 2, "2 pages, 8 rows, 8 new: Done, goes on").await;
    let items = office.items().await;
    assert_eq!(items.len(), 12);
    for item in &items {
        assert_eq!(item.standing, Standing::Backlog, "{}", item.title);
        assert!(item.content_text.starts_with(&item.title.replace("Tin số", "Nội dung")));
    }
    let tail = &titles(&office).await[4..];
    let expected = [13, 14, 15, 16, 9, 10, 11, 12].map(|n| format!("Tin số {n}"));
    assert_eq!(tail, expected, "each page's oldest first");
    assert_eq!(office.mails().await, Vec::<String>::new());
    assert_eq!(office.feed_titles().await.len(), 12);
    // What is read is not asked for again, and the next poll finds nothing to do.
    let before = office.portal.hits();
    office.pass(TimeDelta::hours(1)).await;
    assert_eq!(office::told(&office.poll().await), "0 new, 0 revised, good");
    let again = asked(&office, before);
    assert_eq!(again, ["GET /danh-sach"]);
    assert_eq!(office.mails().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_next_walk_goes_on_where_the_last_one_ended() {
    let office = Office::open().await;
    portal(&office, 6, by_query, numbers);
    office.poll().await;
    check(&office, 2, "2 pages, 8 rows, 8 new: Done, goes on").await;
    let before = office.portal.hits();
    check(&office, 2, "2 pages, 8 rows, 8 new: Done, goes on").await;
    assert_eq!(asked(&office, before), ["GET /danh-sach?page=4", "GET /danh-sach?page=5"]);
    check(&office, 9, "1 pages, 4 rows, 4 new: LastPage").await;
    let before = office.portal.hits();
    check(&office, 9, "0 pages, 0 rows, 0 new: LastPage").await;
    assert_eq!(asked(&office, before), Vec::<String>::new());
    // From the start, through all that is known.
    let anew = walk(&office, BackfillRange { pages: 9, from_start: true }).await;
    assert_eq!(told(&anew), "5 pages, 20 rows, 0 new: LastPage");
    assert_eq!(office.items().await.len(), 24);
}

#[tokio::test]
async fn pages_are_turned_as_the_portal_turns_them() {
    type Way = (fn(u32) -> String, fn(u32, u32) -> String);
    let ways: [Way; 3] = [
        (
            |n| if n == 1 { "/danh-sach".into() } else { format!("/danh-sach/page/{n}/") },
            |n, last| match n < last {
                true => format!(
                    "<div class=nav-previous><a href='/danh-sach/page/{}/'>Cũ hơn</a></div>",
                    n + 1
                ),
                false => String::new(),
            },
        ),
        (
            |n| if n == 1 { "/danh-sach".into() } else { format!("/kho/{}", 1000 - n) },
            |n, last| match n < last {
                true => format!("<link rel=next href='/kho/{}'>", 999 - n),
                false => String::new(),
            },
        ),
        (
            |n| {
                if n == 1 {
                    "/danh-sach".into()
                } else {
                    format!("/danh-sach?start={}", (n - 1) * ROWS)
                }
            },
            |n, last| {
                let link = |n: u32| format!("<a href='/danh-sach?start={}'>›</a>", (n - 1) * ROWS);
                let on = if n < last { link(n + 1) } else { String::new() };
                format!("<div class=pagenav>Trang {n}/{last} <a href='/danh-sach'>«</a> {on}</div>")
            },
        ),
    ];
    for (address, pager) in ways {
        let office = Office::open().await;
        portal(&office, 4, address, pager);
        office.poll().await;
        check(&office, 2, "2 pages, 8 rows, 8 new: Done, goes on").await;
        check(&office, 9, "1 pages, 4 rows, 4 new: LastPage").await;
    }
}

/// An ASP.NET portal with five pages: takes a form only with the view state of the page before, and its own cookie.
fn asp(office: &Office) {
    articles(office);
    let last = 5;
    let form = move |number: u32, session: &str| {
        let links = (1..=last).map(|n| match n == number {
            true => format!("<td><span>{n}</span></td>"),
            false => format!("<td><a href=\"javascript:__doPostBack(&#39;gv&#39;,&#39;Page${n}&#39;)\">{n}</a></td>"),
        });
        let links: String = links.collect();
        let pager = format!(
            "<form method=post action='./danh-sach'><input type=hidden name=__EVENTTARGET><input type=hidden name=__EVENTARGUMENT>\
             <input type=hidden name=__VIEWSTATE value='/wE{number}+{session}='><input name=tu value='tìm gì'>\
             <input type=submit name=tim value=Tìm><table><tr>{links}</tr></table></form>"
        );
        page(number, last, &pager)
    };
    let visits = Arc::new(Mutex::new(0));
    office.portal.route("/danh-sach", move |request: &Request| {
        if request.method == "GET" {
            let mut visits = visits.lock().expect("no route panics");
            *visits += 1;
            let cookie = format!("ASP.NET_SessionId=s{visits}; path=/; HttpOnly");
            return Answer::page(form(1, &format!("s{visits}"))).header("Set-Cookie", cookie);
        }
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let field = |name: &str| {
            let found = fields.iter().find(|(found, _)| found == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let wanted: u32 = field("__EVENTARGUMENT").trim_start_matches("Page$").parse().unwrap_or(0);
        let session = request.header("cookie").and_then(|c| c.strip_prefix("ASP.NET_SessionId="));
        let session = session.unwrap_or("none");
        let state = format!("/wE{}+{session}=", wanted.saturating_sub(1));
        let right = field("__VIEWSTATE") == state
            && field("__EVENTTARGET") == "gv"
            && field("tu") == "tìm gì"
            && !fields.iter().any(|(name, _)| name == "tim")
            && request.header("content-type") == Some("application/x-www-form-urlencoded");
        match right {
            true => Answer::page(form(wanted, session)),
            false => Answer::status(500),
        }
    });
}

#[tokio::test]
async fn a_portal_of_forms_is_walked_with_its_cookie_and_from_its_start_each_time() {
    let office = Office::open().await;
    asp(&office);
    office.poll().await;
    check(&office, 2, "2 pages, 8 rows, 8 new: Done, goes on").await;
    let before = office.portal.hits();
    check(&office, 1, "1 pages, 4 rows, 4 new: Done, goes on").await;
    // The first page, both that were read before, and the one that was asked for.
    let posts = ["GET /danh-sach", "POST /danh-sach", "POST /danh-sach", "POST /danh-sach"];
    assert_eq!(asked(&office, before), posts);
    check(&office, 9, "1 pages, 4 rows, 4 new: LastPage").await;
    assert_eq!(office.items().await.len(), 20);
    let robots = office.portal.requests("/robots.txt");
    assert!(robots.iter().all(|request| request.header("cookie").is_none()));
    let articles =
        office.portal.all_requests().into_iter().filter(|r| r.target.starts_with("/tin/"));
    assert!(articles.into_iter().all(|request| request.header("cookie").is_none()));
}

#[tokio::test]
async fn p2_a_walk_that_is_killed_keeps_its_pages_and_the_next_one_goes_on() {
    let office = Office::open().await;
    portal(&office, 5, by_query, numbers);
    office.poll().await;
    // An article of the third page never comes.
    office.portal.on("/tin/10", Answer::hang());
    let state = claim(&office).await;
    let (job, _) = job(&office, Duration::ZERO);
    let walking = tokio::spawn(async move {
        let recipe = state.source.recipe.listing.clone();
        job.backfill(&state, &recipe, wanted(4), |_| {}).await
    });
    while office.portal.requests("/tin/10").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    office.pass(TimeDelta::minutes(4)).await;
    assert!(office.try_poll().await.is_none(), "the source is ours meanwhile");
    walking.abort();
    assert!(walking.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(office.items().await.len(), 8, "the first page and the second, and no half page");
    articles(&office);
    office.store.release_source(&office.source()).await.expect("the store answers");
    let before = office.portal.hits();
    check(&office, 4, "3 pages, 12 rows, 12 new: LastPage").await;
    assert_eq!(asked(&office, before)[0], "GET /danh-sach?page=3");
    assert_eq!(office.items().await.len(), 20);
    assert_eq!(office.mails().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_word_to_stop_ends_the_walk_behind_the_page_under_way() {
    let office = Office::open().await;
    portal(&office, 5, by_query, numbers);
    office.poll().await;
    let state = claim(&office).await;
    let (job, stop) = job(&office, Duration::ZERO);
    let recipe = state.source.recipe.listing.clone();
    let stop_at = |progress| {
        if matches!(progress, BackfillProgress::Article { page: 3, read: 2, .. }) {
            stop.ask();
        }
    };
    let done = job.backfill(&state, &recipe, wanted(4), stop_at).await.expect("the store answers");
    assert_eq!(told(&done), "2 pages, 8 rows, 8 new: Stopped, goes on");
    // Two articles of the page were not read any more: the polls do that, one a minute.
    let unread = || async {
        let items = office.items().await;
        items.iter().filter(|item| item.content_text.is_empty()).count()
    };
    assert_eq!(unread().await, 2);
    office.pass(TimeDelta::hours(1)).await;
    office.poll().await;
    assert_eq!(unread().await, 0);
    assert_eq!(office.mails().await, Vec::<String>::new());
    check(&office, 1, "1 pages, 4 rows, 4 new: Done, goes on").await;
}

#[tokio::test]
async fn what_is_recent_is_looked_at_again_and_what_is_undated_does_not_push_the_news_out() {
    let office = Office::open().await;
    portal(&office, 3, by_query, numbers);
    office.poll().await;
    // On the second page one of yesterday, and one without a date.
    let html = page(2, 3, &numbers(2, 3)).replace(&day(8), "21/5/2020").replace(&day(7), "-");
    office.portal.on("/danh-sach?page=2", Answer::page(html));
    for n in [7, 8] {
        office.portal.on(
            &format!("/tin/{n}"),
            Answer::page("<h1>Tin</h1><div class=noidung><p>Chữ</p></div>"),
        );
    }
    check(&office, 1, "1 pages, 4 rows, 4 new: Done, goes on").await;
    let places: Vec<String> = office
        .items()
        .await
        .iter()
        .map(|item| item.url.rsplit('/').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(places, ["8", "12", "11", "10", "9", "7", "6", "5"], "behind the first page");
    let before = office.portal.hits();
    office.pass(TimeDelta::days(2)).await;
    office.poll().await;
    let again = office.portal.all_requests().split_off(before);
    let looked: Vec<&str> = again.iter().map(|request| request.target.as_str()).collect();
    assert!(looked.contains(&"/tin/8"), "{looked:?}");
    assert!(!looked.contains(&"/tin/5") && !looked.contains(&"/tin/7"), "{looked:?}");
}

#[tokio::test]
async fn a_portal_that_leads_in_a_circle_is_left() {
    let office = Office::open().await;
    let cursor =
        |n: u32| if n == 1 { "/danh-sach".to_owned() } else { format!("/danh-sach?c=x{n}") };
    // After the fourth page comes the second.
    portal(&office, 4, cursor, |n, _| {
        format!("<link rel=next href='/danh-sach?c=x{}'>", if n == 4 { 2 } else { n + 1 })
    });
    office.poll().await;
    check(&office, 50, "3 pages, 12 rows, 12 new: Circle").await;
    check(&office, 50, "0 pages, 0 rows, 0 new: LastPage").await;
}

#[tokio::test]
async fn the_same_rows_under_new_addresses_end_a_walk() {
    let office = Office::open().await;
    portal(&office, 3, by_query, numbers);
    let html = page(2, 3, "<a rel=next href='?page=9999'>Tiếp</a>");
    office.portal.on("/danh-sach?page=2", Answer::page(html.replace("9999", "3")));
    office.portal.on("/danh-sach?page=3", Answer::page(html));
    office.poll().await;
    check(&office, 50, "1 pages, 4 rows, 4 new: SamePage").await;
    assert!(office.portal.requests("/danh-sach?page=9999").is_empty());
}

#[tokio::test]
async fn two_pages_without_anything_new_end_a_walk() {
    let office = Office::open().await;
    let empty = |n: u32| {
        page(1, 1, &format!("<a rel=next href='?page={n}'>Tiếp</a>")).replace("<li>", "<p>")
    };
    portal(&office, 3, by_query, |n, _| format!("<a rel=next href='?page={}'>Tiếp</a>", n + 1));
    for n in 4..9 {
        office.portal.on(&by_query(n), Answer::page(empty(n + 1)));
    }
    office.poll().await;
    check(&office, 50, "4 pages, 8 rows, 8 new: NothingNew, goes on").await;
    assert!(office.portal.requests("/danh-sach?page=6").is_empty());
}

#[tokio::test]
async fn a_page_that_does_not_come_is_asked_for_by_the_next_walk() {
    let office = Office::open().await;
    portal(&office, 4, by_query, numbers);
    office.poll().await;
    let right = Answer::page(page(3, 4, &numbers(3, 4)));
    office.portal.on("/danh-sach?page=3", Answer::status(503).header("Retry-After", "60"));
    let done = walk(&office, wanted(3)).await;
    assert_eq!(told(&done), "1 pages, 4 rows, 4 new: Failed, goes on");
    assert!(done.problems[0].to_string().contains("503"), "{:?}", done.problems);
    check(&office, 3, "0 pages, 0 rows, 0 new: Failed, goes on").await;
    office.portal.on("/danh-sach?page=3", right);
    check(&office, 3, "2 pages, 8 rows, 8 new: LastPage").await;
    // Nothing to go on from where even the listing does not come.
    office.portal.on("/danh-sach", Answer::status(500));
    let done = walk(&office, BackfillRange { pages: 3, from_start: true }).await;
    assert_eq!(told(&done), "0 pages, 0 rows, 0 new: Failed");
}

#[tokio::test]
async fn p8_a_page_may_not_lead_a_walk_elsewhere() {
    let office = Office::open().await;
    portal(&office, 1, by_query, |_, _| {
        "<link rel=next href='http://127.0.0.1:1/danh-sach?page=2'>".to_owned()
    });
    office.poll().await;
    check(&office, 3, "0 pages, 0 rows, 0 new: LastPage").await;
    let office = Office::open().await;
    portal(&office, 1, by_query, numbers);
    let html = page(1, 1, "<link rel=next href='?page=2'>");
    office.portal.on("/danh-sach", Answer::page(html));
    office.poll().await;
    // A redirect to an address inside, and one to the front page, which portals send for "not found".
    for to in ["http://127.0.0.2:9/", "/"] {
        office.portal.on("/danh-sach?page=2", Answer::redirect(302, to));
        office.portal.on("/", Answer::page(page(1, 3, "")));
        check(&office, 3, "0 pages, 0 rows, 0 new: Failed, goes on").await;
    }
}

#[tokio::test]
async fn p10_a_walk_keeps_the_spacing_obeys_robots_txt_and_asks_one_thing_at_a_time() {
    let office = Office::open().await;
    portal(&office, 4, by_query, numbers);
    office.poll().await;
    office.portal.on("/robots.txt", Answer::text("User-agent: *\nDisallow: /danh-sach?page=4\n"));
    let before = office.portal.hits();
    let state = claim(&office).await;
    let recipe = state.source.recipe.listing.clone();
    let spacing = Duration::from_millis(60);
    let (job, _) = job(&office, spacing);
    let done = job.backfill(&state, &recipe, wanted(9), |_| {}).await.expect("the store answers");
    assert_eq!(told(&done), "2 pages, 8 rows, 8 new: Failed, goes on");
    assert!(done.problems[0].to_string().contains("robots.txt"), "{:?}", done.problems);
    let requests = office.portal.all_requests().split_off(before);
    assert_eq!(requests.len(), 12, "robots.txt, three pages, eight articles");
    for pair in requests.windows(2) {
        let answered = pair[0].answered.expect("it was answered");
        let pause = pair[1].at.saturating_duration_since(answered);
        assert!(pause >= spacing.mul_f64(0.85), "{pause:?} before {}", pair[1].target);
    }
    assert_eq!(office.portal.most_in_flight(), 1);
}

#[tokio::test]
async fn a_source_with_another_address_begins_anew() {
    let office = Office::open().await;
    portal(&office, 4, by_query, numbers);
    office.poll().await;
    check(&office, 1, "1 pages, 4 rows, 4 new: Done, goes on").await;
    let mut state = claim(&office).await;
    state.source.url = office.portal.url("/muc-khac");
    office.portal.on("/muc-khac", Answer::page(page(1, 4, "")));
    let (job, _) = job(&office, Duration::ZERO);
    let recipe = state.source.recipe.listing.clone();
    let done = job.backfill(&state, &recipe, wanted(1), |_| {}).await.expect("the store answers");
    assert_eq!(told(&done), "0 pages, 0 rows, 0 new: LastPage");
    assert_eq!(done.ending, BackfillEnd::LastPage);
}

// The program itself

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// A config for the portal of `office`, with a store of its own.
    fn new(office: &Office) -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"{}\"\n\
             [mail]\ntransport = \"folder:{}/mail\"\nfrom = \"bantin@example.vn\"\n[fetch]\nspacing = \"0s\"\n\
             [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"{}\"\n[source.listing]\nitem = \"ul.tin li\"\n",
            Desk::store_url(folder.path()),
            folder.path().display(),
            office.portal.url("/danh-sach"),
        );
        std::fs::write(folder.path().join("config.toml"), text).expect("it is written");
        Desk { folder }
    }

    fn store_url(folder: &std::path::Path) -> String {
        format!("sqlite:{}/desk.db", folder.display())
    }

    async fn run(&self, args: &[&str]) -> Output {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_bantin"));
        command.args(["poll", "so"]).args(args).current_dir(self.folder.path());
        let ended = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
        ended.expect("it ends").expect("it can be started")
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it writes UTF-8")
}

#[tokio::test]
async fn the_program_tells_each_page_and_what_came_of_all() {
    let office = Office::open().await;
    portal(&office, 4, by_query, numbers);
    let desk = Desk::new(&office);
    let first = desk.run(&["--backfill", "2"]).await;
    assert_eq!(text(&first.stderr), "page 2: 4 rows, 4 new\npage 3: 4 rows, 4 new\n");
    assert_eq!(
        text(&first.stdout),
        "so: 2 further pages, 8 rows, 8 new: all pages that were asked for were read\n\
         To go on from here: bantin poll so --backfill PAGES\n"
    );
    assert_eq!(first.status.code(), Some(0));
    let second = desk.run(&["--backfill", "2", "--json"]).await;
    let told: serde_json::Value = serde_json::from_slice(&second.stdout).expect("it is JSON");
    let expected = serde_json::json!({
        "source": "so", "pages": 1, "rows": 4, "new": 4, "resumable": false,
        "ended": "there is no further page", "problems": [],
    });
    assert_eq!(told, expected, "{}", text(&second.stderr));
    for usage in
        [vec!["--backfill", "0"], vec!["--from-start"], vec!["--backfill", "2", "--release-held"]]
    {
        assert_eq!(desk.run(&usage).await.status.code(), Some(2), "{usage:?}");
    }
    office.portal.on("/danh-sach?page=2", Answer::status(500));
    let failed = desk.run(&["--backfill", "2", "--from-start"]).await;
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("no further page of so could be read"));
}

#[tokio::test]
async fn beside_a_daemon_the_program_waits_for_its_turn() {
    let office = Office::open().await;
    portal(&office, 3, by_query, numbers);
    let desk = Desk::new(&office);
    assert_eq!(desk.run(&[]).await.status.code(), Some(0));
    // We are the daemon now, and poll.
    let store = Store::open(&Desk::store_url(desk.folder.path())).await.expect("it opens");
    let owner =
        store.take_ownership().await.expect("the store answers").expect("nobody else has it");
    let now = chrono::Utc::now();
    let so = office.source();
    let claimed = store.claim_source(&so, now, now + TimeDelta::minutes(5)).await;
    claimed.expect("the store answers").expect("it is free");
    let held = desk.run(&["--backfill", "1"]).await;
    assert_eq!(held.status.code(), Some(1));
    assert!(text(&held.stderr).contains("is being polled by the running daemon"), "{held:?}");
    store.release_source(&so).await.expect("the store answers");
    let free = desk.run(&["--backfill", "1"]).await;
    assert_eq!(free.status.code(), Some(0), "{free:?}");
    assert_eq!(store.item_count().await.expect("the store answers"), u64::from(2 * ROWS));
    drop(owner);
}
