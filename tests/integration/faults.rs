//! What a mail server, a disk and a clock can do to mail, each with the state that is promised at the end; and that none of
//! it puts an address into the log.

use crate::origin;
use crate::postgres;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::office::{Article, Office};
use crate::origin::{Answer, Origin};
use crate::smtp::{Act, At, Cert, Mail, Manner, Sink, Tls};
use chrono::TimeDelta;
use tempfile::TempDir;
use tokio::time::sleep;

// ── The mail server ──────────────────────────────────────────────────────────────────────────────────────────────────

/// "2 sent, 1 waiting", and "held" where the queue is.
async fn state(office: &Office) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for delivery in office.store.deliveries(100).await.expect("the store answers") {
        *counts.entry(delivery.state.as_str()).or_default() += 1;
    }
    let mut parts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {state}")).collect();
    if office.store.hold().await.expect("the store answers").is_some() {
        parts.push("held".to_owned());
    }
    parts.join(", ")
}

/// Mails to a, b and c meet the fault. The state after one round, the state an hour after the server is well again, and how
/// many mails it took then: each reader's once, and one more where the server had taken it and did not say so.
async fn check(
    (sink, keys): (Sink, &str),
    fault: impl FnOnce(&Sink),
    at_first: &str,
    at_the_end: (&str, usize),
) {
    let office = Office::with_mail_keys(&sink.url(), &format!("timeout = \"1s\"\n{keys}")).await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    for person in ["a", "b", "c"] {
        office.subscribe(&format!("{person}@example.vn"), "at once").await;
    }
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.poll_now().await;
    office.publish().await;
    fault(&sink);
    office.deliver().await.expect("the store answers");
    assert_eq!(state(&office).await, at_first);
    sink.relent();
    for _ in 0..13 {
        office.deliver().await.expect("the store answers");
        office.pass(TimeDelta::minutes(5)).await;
    }
    let accepted = sink.accepted();
    let different: BTreeSet<&[u8]> = accepted.iter().map(|mail| &mail.bytes[..]).collect();
    assert_eq!((state(&office).await.as_str(), accepted.len()), at_the_end, "after {at_first}");
    assert!(accepted.len() - different.len() <= 1, "one double at most, the same to the byte");
    let readers: BTreeSet<&str> = accepted.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(readers.len(), different.len(), "one mail for each reader");
}

/// The items, by `seq`, of these mails in turn.
async fn items_of(office: &Office, mails: impl Iterator<Item = &Mail>) -> Vec<i64> {
    let deliveries = office.store.deliveries(1000).await.expect("the store answers");
    let mut items = Vec::new();
    for mail in mails {
        let delivery = deliveries.iter().find(|one| one.message_id == mail.message_id());
        let digest = delivery.expect("it is ours").digest;
        let digest = office.store.digest(digest).await.expect("the store answers");
        items.extend(digest.expect("it is kept").items);
    }
    items
}

async fn well() -> (Sink, &'static str) {
    (Sink::start().await, "")
}

#[tokio::test]
async fn a_temporary_no_is_tried_again_whatever_it_is_said_to() {
    for at in [At::Rcpt, At::Data, At::Body] {
        let later = |sink: &Sink| sink.on_first(at, 1, "451 4.7.1 come back later");
        check(well().await, later, "2 sent, 1 waiting", ("3 sent", 3)).await;
    }
}

#[tokio::test]
async fn a_final_no_ends_that_mail_and_no_other() {
    let unknown = |sink: &Sink| sink.on_command(At::Rcpt, "b@", "550 5.1.1 no such user");
    check(well().await, unknown, "1 refused, 2 sent", ("1 refused, 2 sent", 2)).await;
    let after_the_dot = |sink: &Sink| sink.on_first(At::Body, 1, "550 5.1.1 no such user");
    check(well().await, after_the_dot, "1 refused, 2 sent", ("1 refused, 2 sent", 2)).await;
}

#[tokio::test]
async fn a_server_that_hangs_delays_mail() {
    for at in [At::Mail, At::Rcpt, At::Data, At::Body] {
        let hangs = |sink: &Sink| sink.on_first(at, 1, Act::Hang);
        check(well().await, hangs, "2 sent, 1 waiting", ("3 sent", 3)).await;
    }
    // Until it has heard of a mail, none has to wait for it.
    for at in [At::Greeting, At::Ehlo, At::Quit, At::Idle] {
        let hangs = |sink: &Sink| sink.on_first(at, 1, Act::Hang);
        check(well().await, hangs, "3 sent", ("3 sent", 3)).await;
    }
    let for_good = |sink: &Sink| sink.on(At::Ehlo, Act::Hang);
    check(well().await, for_good, "3 waiting, held", ("3 sent", 3)).await;
    // The reset after a recipient who does not exist.
    let resets = |sink: &Sink| {
        sink.on_command(At::Rcpt, "a@", "550 5.1.1 no such user");
        sink.on_first(At::Rset, 1, Act::Hang);
    };
    check(well().await, resets, "1 refused, 2 sent", ("1 refused, 2 sent", 2)).await;
}

#[tokio::test]
async fn a_server_that_hangs_before_it_knows_who_we_are_delays_mail() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("password");
    std::fs::write(&file, "bí mật\n").expect("the password is written");
    let cert = Cert::for_names(&["127.0.0.1"]);
    let ca = cert.save(folder.path());
    let keys = format!(
        "tls = \"required\"\nextra_ca = \"{}\"\nusername = \"bantin\"\npassword_file = \"{}\"",
        ca.display(),
        file.display()
    );
    for at in [At::StartTls, At::Auth] {
        let manner = Manner::default().tls(Tls::Start(cert.clone()));
        let sink = Sink::with(manner.login("bantin", "bí mật", "PLAIN")).await;
        let hangs = |sink: &Sink| sink.on(at, Act::Hang);
        check((sink, &keys), hangs, "3 waiting, held", ("3 sent", 3)).await;
    }
}

/// A lone mail meets a relay that is being restarted; that causes no notice.
#[tokio::test]
async fn p4_a_server_that_is_back_within_a_minute_was_not_away() {
    let sink = Sink::start().await;
    let office = Office::with_a_mail_waiting(&sink.url()).await;
    sink.go_away().await;
    for _ in 0..30 {
        office.deliver().await.expect("the store answers");
        assert_eq!(state(&office).await, "1 waiting");
        office.pass(TimeDelta::seconds(1)).await;
    }
    sink.come_back();
    for _ in 0..40 {
        office.deliver().await.expect("the store answers");
        office.pass(TimeDelta::seconds(1)).await;
    }
    office.pass(TimeDelta::hours(5)).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(state(&office).await, "1 sent");
    assert_eq!(sink.accepted_count(), 1, "the one mail, and none to the admin");
}

/// Six days without a mail server: four in which it refuses connections, two in which it takes them and says nothing.
#[tokio::test]
async fn p3_p4_a_mail_server_that_is_dead_for_six_days_costs_no_mail_and_gets_no_burst() {
    let sink = Sink::start().await;
    let keys = "timeout = \"1s\"\nper_minute = 6\nadmin = \"quantri@example.vn\"";
    let office = Office::with_mail_keys(&sink.url(), keys).await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    for person in ["a@example.vn", "b@example.vn"] {
        office.subscribe(person, "at once").await;
    }
    office.subscribe("sang@example.vn", "30 7 * * *").await;

    let round = async |news: u32| {
        let articles: Vec<Article> = (1..=news).map(Article::new).collect();
        office.publish_articles(&articles);
        office.poll_now().await;
        office.publish().await;
        office.deliver().await.expect("the store answers")
    };
    sink.go_away().await;
    let mut news = 1;
    for _ in 0..4 * 4 {
        news += 1;
        round(news).await;
        office.pass(TimeDelta::hours(6)).await;
    }
    assert_eq!(sink.connections(), 0);
    sink.on(At::Greeting, Act::Hang);
    sink.come_back();
    for _ in 0..2 * 4 {
        news += 1;
        round(news).await;
        office.pass(TimeDelta::hours(6)).await;
    }
    office.publish().await;
    // One mail a time, and one to the admin.
    assert!(sink.connections() <= 2 * 2 * 4, "{} connections", sink.connections());
    let items = news - 1;
    assert_eq!(state(&office).await, format!("{} waiting, held", 2 * items + 6));

    sink.relent();
    let to_readers = || sink.accepted().into_iter().filter(|mail| !mail.to.starts_with("quantri"));
    let mut sent = vec![0];
    for _ in 0..6 * 30 {
        office.deliver().await.expect("the store answers");
        sent.push(to_readers().count());
        office.pass(TimeDelta::seconds(10)).await;
    }
    let all = (2 * items + 6) as usize;
    assert_eq!(*sent.last().expect("it was counted"), all, "{sent:?}");
    let burst = sent.windows(7).map(|minute| minute[6] - minute[0]).max();
    assert!(burst <= Some(7), "{burst:?} mails within a minute: {sent:?}");

    // Each item to each reader once, and in the order in which they came.
    let deliveries = office.store.deliveries(1000).await.expect("the store answers");
    assert!(deliveries.iter().all(|one| one.attempts == 1), "none was blamed for it");
    for person in ["a@example.vn", "b@example.vn", "sang@example.vn"] {
        let theirs: Vec<Mail> = to_readers().filter(|mail| mail.to == person).collect();
        let got = items_of(&office, theirs.iter()).await;
        assert!(got.is_sorted(), "{person}: {got:?}");
        let different: BTreeSet<i64> = got.iter().copied().collect();
        assert_eq!((got.len(), different.len()), (items as usize, items as usize), "{person}");
    }

    // The admin hears of it once, and once of its end.
    office.pass(TimeDelta::hours(5)).await;
    office.deliver().await.expect("the store answers");
    let told: String = sink
        .accepted()
        .iter()
        .filter(|mail| mail.to.starts_with("quantri"))
        .map(|mail| mail.text())
        .collect();
    assert_eq!(told.matches("hàng đợi đang được giữ lại").count(), 1, "{told}");
    assert_eq!(told.matches("Thư đã gửi đi được trở lại").count(), 1, "{told}");
}

/// No host can be reached and no relay either, for eight hours.
#[tokio::test]
async fn p4_p6_p10_without_a_network_nothing_is_counted_and_its_return_brings_no_burst() {
    let sink = Sink::start().await;
    let mut portals = Vec::new();
    for _ in 0..5 {
        portals.push(Origin::start().await);
    }
    let keys = format!(
        "transport = \"{}\"\nconnections = 1\ntimeout = \"1s\"\nadmin = \"quantri@example.vn\"\n",
        sink.url()
    );
    let office = Office::with_portals(&keys, &portals).await;
    let portals: Vec<&Origin> = portals.iter().chain([&office.portal]).collect();
    let news = Arc::new(AtomicUsize::new(1));
    for portal in &portals {
        let news = news.clone();
        portal.route("/danh-sach", move |_| {
            let rows: String = (0..news.load(Ordering::SeqCst))
                .rev()
                .map(|n| {
                    format!("<li><a href=\"/tin/{n}\">Tin số {n}</a> <span>(20/5/2020)</span></li>")
                })
                .collect();
            Answer::page(format!("<html><body><ul class=tin>{rows}</ul></body></html>"))
        });
        portal.route("*", |request| {
            Answer::page(format!(
                "<html><body><h1>Tin {}</h1><div class=noidung><p>Nội dung</p></div></body></html>",
                request.target
            ))
        });
    }
    let round = async || {
        office.poll_due().await;
        office.publish().await;
        office.deliver().await.expect("the store answers");
        office.pass(TimeDelta::minutes(1)).await;
    };
    let healths = async || {
        let sources = office.store.sources().await.expect("the store answers");
        let told = sources.iter().map(|state| (state.health.failures, state.health.told));
        told.collect::<Vec<_>>()
    };
    office.poll_due().await;
    office.subscribe("a@example.vn", "at once").await;
    for _ in 0..60 {
        round().await;
    }
    news.fetch_add(1, Ordering::SeqCst);
    office.pass(TimeDelta::minutes(20)).await;
    office.poll_due().await;
    office.publish().await;
    let feeds = office.feed_bytes().await;

    for portal in &portals {
        portal.go_away().await;
    }
    sink.go_away().await;
    for _ in 0..8 * 60 {
        round().await;
    }
    assert!(healths().await.iter().all(|(failures, told)| *failures <= 1 && !told));
    assert_eq!(office.feed_bytes().await, feeds, "readers notice nothing");
    assert_eq!(state(&office).await, "1 waiting, held");

    // Back, with an item more on each page.
    news.fetch_add(1, Ordering::SeqCst);
    let asked = |portal: &&Origin| portal.requests("/danh-sach").len();
    let before: Vec<usize> = portals.iter().map(asked).collect();
    for portal in &portals {
        portal.come_back();
    }
    sink.come_back();
    for _ in 0..30 {
        round().await;
    }
    for (portal, before) in portals.iter().zip(before) {
        let polls = asked(portal) - before;
        assert!((1..=3).contains(&polls), "{polls} polls in half an hour");
    }
    assert_eq!(healths().await, vec![(0, false); 6]);
    office.pass(TimeDelta::hours(5)).await;
    office.deliver().await.expect("the store answers");
    let mails = sink.accepted();
    let items = items_of(&office, mails.iter().filter(|mail| mail.to.starts_with("a@"))).await;
    assert_eq!((items.len(), items.iter().collect::<BTreeSet<_>>().len()), (12, 12), "{items:?}");
    let told: String = mails
        .iter()
        .filter(|mail| mail.to.starts_with("quantri"))
        .map(|mail| mail.text())
        .collect();
    for words in ["đường mạng ở đây bị đứt", "đường mạng bị đứt từ", "hàng đợi đang được giữ lại"]
    {
        assert_eq!(told.matches(words).count(), 1, "{words}: {told}");
    }
    assert!(!told.contains("có vấn đề"), "{told}");
}

#[tokio::test]
async fn a_connection_that_closes_after_data_delays_one_mail() {
    let closes = |sink: &Sink| sink.on_first(At::Data, 1, Act::SayThenClose(b"354 go".to_vec()));
    check(well().await, closes, "2 sent, 1 waiting", ("3 sent", 3)).await;
}

#[tokio::test]
async fn a_connection_that_closes_after_the_final_dot_may_double_that_mail() {
    let lost = |sink: &Sink| sink.on_first(At::Body, 1, Act::Close);
    check(well().await, lost, "2 sent, 1 waiting", ("3 sent", 3)).await;
    // Accepted, but the reply is lost: the sender cannot tell which of the two happened.
    let taken = |sink: &Sink| sink.on_first(At::Body, 1, Act::AcceptThenClose);
    check(well().await, taken, "2 sent, 1 waiting", ("3 sent", 4)).await;
}

#[tokio::test]
async fn a_server_that_shuts_down_delays_mail() {
    let closing = || Act::SayThenClose(b"421 4.3.2 shutting down".to_vec());
    for at in [At::Mail, At::Rcpt, At::Body] {
        let shuts = |sink: &Sink| sink.on_first(at, 1, closing());
        check(well().await, shuts, "2 sent, 1 waiting", ("3 sent", 3)).await;
    }
    let closed = |sink: &Sink| sink.on(At::Greeting, closing());
    check(well().await, closed, "3 waiting, held", ("3 sent", 3)).await;
}

#[tokio::test]
async fn tls_that_is_refused_or_not_to_be_trusted_holds_the_queue_and_sends_nothing_in_the_clear() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let cert = Cert::for_names(&["127.0.0.1"]);
    let keys = format!("tls = \"required\"\nextra_ca = \"{}\"", cert.save(folder.path()).display());
    let sink = Sink::with(Manner::default().tls(Tls::Start(cert))).await;
    let refused = |sink: &Sink| sink.on(At::StartTls, "454 4.7.0 no TLS today");
    check((sink.clone(), &keys), refused, "3 waiting, held", ("3 sent", 3)).await;
    assert!(sink.mails().iter().all(|mail| mail.tls));

    // Somebody else's certificate, and a server that never offers TLS: held for good.
    let stranger = Cert::for_names(&["127.0.0.1"]);
    for tls in [Tls::Start(stranger), Tls::None] {
        let sink = Sink::with(Manner::default().tls(tls)).await;
        check((sink.clone(), &keys), |_| (), "3 waiting, held", ("3 waiting, held", 0)).await;
        assert_eq!(sink.count("MAIL"), 0);
    }
}

#[tokio::test]
async fn a_wrong_password_holds_the_queue_until_it_is_right() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("password");
    std::fs::write(&file, "bí mật\n").expect("the password is written");
    let keys = format!("username = \"bantin\"\npassword_file = \"{}\"", file.display());
    let sink = Sink::with(Manner::default().login("bantin", "bí mật", "PLAIN")).await;
    let wrong = |sink: &Sink| sink.on(At::Auth, "535 5.7.8 wrong password");
    check((sink, &keys), wrong, "3 waiting, held", ("3 sent", 3)).await;
}

// ── The clock ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The clock is a day ahead for a while (a dead battery, a bad time server), digests and mails go by it, and then it is put
/// right.
#[tokio::test]
async fn p3_p4_a_clock_that_was_a_day_ahead_lets_nothing_rest_for_a_day_and_sends_nothing_twice() {
    let sink = Sink::start().await;
    let office = Office::with_server(&sink.url()).await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("ngay@example.vn", "at once").await;
    office.subscribe_with("sang@example.vn", "30 7 * * *", true).await;
    // Friday, 8 in the morning, by the right clock; the wrong one says Saturday.
    office.pass(TimeDelta::days(1)).await;
    sink.on_command_first(At::Rcpt, "ngay@", 1, "451 4.7.1 greylisted");
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.poll_now().await;
    office.publish().await;
    office.deliver().await.expect("the store answers");
    let mails =
        |person: &str| sink.accepted().iter().filter(|mail| mail.to.starts_with(person)).count();
    assert_eq!((mails("ngay@"), mails("sang@")), (0, 1), "Saturday's digest came, it seems");
    assert!(office.try_poll().await.is_none(), "the next poll is in a quarter of an hour");

    office.pass(-TimeDelta::days(1)).await;
    let now = office.clock.now();
    assert!(office.store.set_back_sources(now).await.expect("the store answers") > 0);
    office.pass(TimeDelta::seconds(1)).await;
    office.publish_articles(&[Article::new(1), Article::new(2), Article::new(3)]);
    let polled = office.try_poll().await.expect("it is due").expect("the poll is recorded");
    assert_eq!(polled.recorded.new, 1);
    office.publish().await;
    office.deliver().await.expect("the store answers");
    assert_eq!(mails("ngay@"), 1, "the news of the right Friday goes at once");
    office.pass(TimeDelta::minutes(5)).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(mails("ngay@"), 2, "and the greylisted mail after its five minutes");

    // Saturday morning, for the second time: the digest brings what is new, and on a day without news no second line.
    office.pass(TimeDelta::hours(23) + TimeDelta::minutes(30)).await;
    office.publish().await;
    office.deliver().await.expect("the store answers");
    assert_eq!(mails("sang@"), 2);
    office.pass(TimeDelta::days(1)).await;
    office.publish().await;
    office.deliver().await.expect("the store answers");
    assert_eq!(mails("sang@"), 3, "Sunday has had no digest before, and gets its line");

    let accepted = sink.accepted();
    let different: BTreeSet<&[u8]> = accepted.iter().map(|mail| &mail.bytes[..]).collect();
    assert_eq!((accepted.len(), different.len()), (5, 5), "nothing came twice");
}

/// A clock that is set back after a day with a line, and right at its slot again.
#[tokio::test]
async fn p3_a_slot_that_was_served_brings_no_second_line_when_the_clock_is_set_back() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe_with("sang@example.vn", "30 7 * * *", true).await;
    let mut lines = Vec::new();
    for hours in [24, -24, 24, 24, -48, 24, 24, 24] {
        office.pass(TimeDelta::hours(hours)).await;
        lines.push(office.mails().await.len());
    }
    assert_eq!(lines, [1, 1, 1, 2, 2, 2, 2, 3]);
}

// ── The real program ─────────────────────────────────────────────────────────────────────────────────────────────────

/// Nothing here takes longer unless it is broken, on a busy machine either. A poll that was under
/// way when the disk filled up is retried after a minute.
const PATIENCE: Duration = Duration::from_secs(180);

fn in_folder(folder: &Path) -> String {
    format!("sqlite:{}/bantin.db", folder.display())
}

/// A daemon with its portal, its mail server and its log.
struct House {
    folder: TempDir,
    portal: Origin,
    sink: Sink,
    published: Arc<AtomicUsize>,
    log: Arc<Mutex<String>>,
    daemon: Option<Child>,
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            // It may have ended by itself.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

impl House {
    /// With its store in `folder` or elsewhere, and these people, who get each item at once.
    async fn new(store: Option<&Path>, people: &[&str]) -> House {
        let house = House::without_people(store.map(in_folder).as_deref()).await;
        house.run(&["poll"]);
        for person in people {
            house.run(&["subscribers", "add", person, "--feed", "tin", "--at-once", "--confirmed"]);
        }
        house
    }

    async fn without_people(store: Option<&str>) -> House {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (portal, sink) = (Origin::start().await, Sink::start().await);
        let published = Arc::new(AtomicUsize::new(1));
        let seen = published.clone();
        portal.route("/danh-sach", move |_| {
            let rows: String = (0..seen.load(Ordering::SeqCst))
                .rev()
                .map(|n| format!("<li><a href=\"/tin/{n}\">Tin số {n}</a></li>"))
                .collect();
            Answer::page(format!("<html><body><ul class=tin>{rows}</ul></body></html>"))
        });
        portal.route("*", |request| match request.target.strip_prefix("/tin/") {
            Some(n) => Answer::page(format!(
                "<html><body><h1>Tin số {n}</h1><div class=noidung><p>Nội dung {n}.</p></div></body></html>"
            )),
            None => Answer::status(404),
        });
        let house = House { folder, portal, sink, published, log: Arc::default(), daemon: None };
        let url = store.map_or_else(|| in_folder(house.folder.path()), str::to_owned);
        let text = format!(
            "[server]\nlisten = \"unix:{0}/http.sock\"\npublic_url = \"https://tin.example.vn/\"\n\
             [store]\nurl = \"{url}\"\n\
             [mail]\ntransport = \"{1}\"\nfrom = \"bantin@example.vn\"\ntimeout = \"2s\"\n\
             [fetch]\nspacing = \"0s\"\n\
             [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"{2}\"\nschedule = \"* * * * * *\"\n\
             [source.listing]\nitem = \"ul.tin li\"\n[source.article]\ntitle = \"h1\"\nbody = \"div.noidung\"\n\
             [[feed]]\nname = \"tin\"\ntitle = \"Tin\"\nquery = \"source:so\"\n",
            house.folder.path().display(),
            house.sink.url(),
            house.portal.url("/danh-sach"),
        );
        std::fs::write(house.config(), text).expect("the config is written");
        house
    }

    fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(self.daemon.as_ref().expect("it runs"))
    }

    /// Starts the daemon again if it has ended, as systemd does. How often it had to.
    fn tend(&mut self) -> bool {
        let ended = self.daemon.as_mut().expect("it was started").try_wait().expect("ours");
        if ended.is_some() {
            self.start("info");
        }
        ended.is_some()
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// Runs a command of the program; its words go into the log as well.
    fn run(&self, args: &[&str]) -> bool {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
        let output =
            command.arg("--config").arg(self.config()).args(args).env("RUST_LOG", "trace").output();
        let output = output.expect("the program starts");
        *self.log.lock().expect("nobody panics here") += &String::from_utf8_lossy(&output.stderr);
        output.status.success()
    }

    /// Starts the daemon. Writing beyond a limit of its file sizes is an error to it, as on a full disk, and not its end.
    fn start(&mut self, level: &str) {
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "trap '' XFSZ; exec \"$@\"",
                "sh",
                env!("CARGO_BIN_EXE_bantin"),
                "--config",
            ])
            .arg(self.config())
            .arg("run")
            .env("RUST_LOG", level)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut daemon = command.spawn().expect("the program starts");
        let (lines, log) = (daemon.stderr.take().expect("a pipe"), self.log.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                *log.lock().expect("nobody panics here") += &format!("{line}\n");
            }
        });
        self.daemon = Some(daemon);
    }

    fn log(&self) -> String {
        self.log.lock().expect("nobody panics here").clone()
    }

    fn publish_one(&self) {
        self.published.fetch_add(1, Ordering::SeqCst);
    }

    /// A status and a body.
    fn ask(&self, request: &str) -> (u16, String) {
        let begun = Instant::now();
        let mut door = loop {
            match UnixStream::connect(self.folder.path().join("http.sock")) {
                Ok(door) => break door,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}; log: {}", self.log()),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        door.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        door.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = String::new();
        door.read_to_string(&mut answer).expect("an answer comes");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"))
    }

    async fn until(&self, what: &str, is_so: impl Fn(&House) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < PATIENCE, "{what} never came; log: {}", self.log());
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Fills the disk and makes room again.
enum Disk {
    /// A small file system of its own.
    Small(Mounted),
    /// A limit on what the daemon may write to any file: every write is refused, as by a full disk.
    Limited,
}

struct Mounted(TempDir);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

impl Disk {
    /// None where this machine lets us mount nothing.
    fn small() -> Option<Disk> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "bantin-test"]).arg(folder.path());
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then(|| Disk::Small(Mounted(folder)))
    }

    fn folder(&self) -> Option<&Path> {
        match self {
            Disk::Small(mounted) => Some(mounted.0.path()),
            Disk::Limited => None,
        }
    }

    fn set_full(&self, daemon: &Child, full: bool) {
        match self {
            Disk::Small(mounted) => {
                let filler = mounted.0.path().join("filler");
                if full {
                    let mut file = std::fs::File::create(filler).expect("a file");
                    for size in [1 << 16, 1 << 10, 1] {
                        while file.write_all(&vec![0; size]).is_ok() {}
                    }
                } else {
                    std::fs::remove_file(filler).expect("it is there");
                }
            }
            Disk::Limited => {
                use rustix::process::{Pid, Resource, Rlimit, prlimit};
                let current = full.then_some(0);
                let limit = Rlimit { current, maximum: None };
                prlimit(Some(Pid::from_child(daemon)), Resource::Fsize, limit).expect("it is ours");
            }
        }
    }
}

async fn a_disk_fills_up(disk: Disk) {
    let mut house = House::new(disk.folder(), &["a@example.vn", "b@example.vn"]).await;
    house.start("info");
    house.publish_one();
    house.until("the first item", |house| house.sink.accepted_count() == 2).await;
    house.until("feeds", |house| house.get("/readyz").0 == 200).await;

    disk.set_full(house.daemon.as_ref().expect("it runs"), true);
    house.publish_one();
    house.until("the failure", |house| house.get("/healthz").0 == 503).await;
    assert!(house.get("/healthz").1.contains("some jobs are paused"));
    // Each job tries again each five seconds; two tries of each are time enough for a second word, if there were one.
    sleep(Duration::from_secs(11)).await;
    let log = house.log();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    let failed = told.iter().filter(|line| line.contains(" failed, retrying in "));
    assert_eq!(failed.count(), 1, "once, and not by each job at each try: {told:#?}");
    assert_eq!(told.len(), 1, "and nothing else: {told:#?}");
    for path in ["/", "/feeds/tin/atom.xml", "/subscribe", "/readyz"] {
        assert_eq!(house.get(path).0, 200, "{path} is served as ever");
    }
    assert_eq!(house.sink.accepted_count(), 2, "what cannot be taken down is not sent");

    disk.set_full(house.daemon.as_ref().expect("it runs"), false);
    house.until("the second item", |house| house.sink.accepted_count() == 4).await;
    house.until("health", |house| house.get("/healthz").0 == 200).await;
    house.publish_one();
    house.until("the third item", |house| house.sink.accepted_count() == 6).await;
    let mails = house.sink.accepted();
    let different: BTreeSet<(&str, String)> =
        mails.iter().map(|mail| (mail.to.as_str(), mail.subject())).collect();
    assert_eq!(different.len(), 6, "each item to each reader once");
    assert!(house.log().contains("All jobs work again"), "{}", house.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_p4_when_nothing_can_be_written_work_rests_says_so_once_and_goes_on_and_pages_are_served()
 {
    a_disk_fills_up(Disk::Limited).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_p4_a_disk_that_is_full_stops_work_until_there_is_room_and_nothing_else() {
    match Disk::small() {
        Some(disk) => a_disk_fills_up(disk).await,
        None => println!("left out: no file system of one's own can be mounted here"),
    }
}

/// A server that takes half a second for each answer to a recipient.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_does_not_answer_slows_neither_polls_nor_digests_nor_pages() {
    let people: Vec<String> = (0..3).map(|n| format!("phong-{n}@example.vn")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let mut house = House::new(None, &people).await;
    house.sink.on(At::Body, Act::Hang);
    house.start("info");
    house.publish_one();
    house.until("a mail at the server", |house| house.sink.count("DATA") > 0).await;
    // While the server says nothing, further items are polled, served and made into digests.
    house.publish_one();
    house.until("the feed", |house| house.get("/feeds/tin/feed.json").1.contains("Tin số 2")).await;
    house.until("its digest", |house| house.log().matches("Digest ").count() >= 2).await;
    assert_eq!(house.sink.accepted_count(), 0);
    assert_eq!(house.get("/healthz").0, 200);
}

/// A gzip file of two gigabytes of zeros: a flushed piece of a deflate stream refers to nothing
/// before it, so it may be repeated.
fn gzip_bomb() -> Vec<u8> {
    let nothing = vec![0; 1 << 20];
    let mut coder = flate2::Compress::new(flate2::Compression::fast(), false);
    let mut piece = Vec::with_capacity(1 << 16);
    let flush = flate2::FlushCompress::Full;
    coder.compress_vec(&nothing, &mut piece, flush).expect("a Vec takes all");
    let mut gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    gzip.extend(piece.repeat(2_048));
    gzip
}

/// Fifty sources, each due every ten seconds. Three hang, two send bombs, two have no name, two redirect for ever, one is
/// broken. What counts is how often each was asked, whatever the time that it takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_p10_ten_bad_sources_of_fifty_cost_the_forty_good_ones_no_poll() {
    let mut house = House::without_people(None).await;
    let mut portals = Vec::new();
    for n in 0..48 {
        portals.push(Origin::start_at(Ipv4Addr::new(127, 0, 1, n)).await);
    }
    let (bad, good) = portals.split_at(8);
    for portal in good {
        let page =
            "<html><body><ul class=tin><li><a href=\"/tin/1\">Tin số 1</a></li></ul></body></html>";
        portal.on("/danh-sach", Answer::page(page).etag("\"1\"").conditional());
        portal.on(
            "/tin/1",
            Answer::page("<h1>Tin số 1</h1><div class=noidung><p>Nội dung.</p></div>"),
        );
    }
    for portal in &bad[..3] {
        portal.on("/danh-sach", Answer::hang());
    }
    bad[3].on("/danh-sach", Answer::page("").encoded("gzip", gzip_bomb()));
    bad[4].on("/danh-sach", Answer::page("<div>".repeat(1_000_000)));
    bad[5].route("*", |request| {
        Answer::redirect(302, format!("/danh-sach?{}", request.target.len()))
    });
    bad[6].on("/danh-sach", Answer::redirect(301, "/danh-sach"));
    bad[7].on("/danh-sach", Answer::status(500));
    let urls = portals.iter().map(|portal| portal.url("/danh-sach").to_string());
    let nameless = ["http://khong-co.invalid/", "http://cung-khong.invalid/"].map(str::to_owned);
    let tables: String = nameless
        .into_iter()
        .chain(urls)
        .enumerate()
        .map(|(n, url)| {
            format!(
                "[[source]]\nid = \"so-{n}\"\nname = \"Sở {n}\"\nurl = \"{url}\"\nschedule = \"*/10 * * * * *\"\n\
                 [source.listing]\nitem = \"ul.tin li\"\n[source.article]\ntitle = \"h1\"\nbody = \"div.noidung\"\n"
            )
        })
        .collect();
    let config = std::fs::read_to_string(house.config()).expect("it is there");
    let (before, rest) = config.split_once("[[source]]").expect("it has a source");
    let (_, feed) = rest.split_once("[[feed]]").expect("and a feed");
    let feed = feed.replace("source:so", "source:so-10");
    std::fs::write(house.config(), format!("{before}{tables}[[feed]]{feed}")).expect("written");
    house.start("info");
    let asked = |portal: &Origin| portal.requests("/danh-sach").len();
    house.until("six polls of each", |_| good.iter().all(|portal| asked(portal) >= 6)).await;
    let polls: Vec<usize> = bad.iter().map(asked).collect();
    assert!(polls.iter().all(|polls| (1..6).contains(polls)), "less and less: {polls:?}");
    println!(
        "{polls:?} polls of the bad, {:?} of the good",
        good.iter().map(asked).collect::<Vec<_>>()
    );
    let log = house.log();
    assert!(!log.contains("list empty"), "{log}");
    for words in ["has no address", "in a circle", "500", "sent no complete headers", "too large"] {
        assert!(log.contains(words), "no {words:?} in {log}");
    }
    assert_eq!(house.get("/healthz").0, 200);
}

// ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────

/// A proxy between the daemon and PostgreSQL's socket.
struct Between {
    folder: TempDir,
    way: tokio::sync::watch::Sender<Way>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Open,
    /// As when the server restarts: open connections are closed and no new ones accepted.
    Closed,
    /// As when a cable is pulled: no data comes through, and no error either.
    Dead,
}

impl Between {
    /// In front of the server of this URL; and the URL that leads through here.
    async fn set_up(url: &str) -> (Between, String) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (before, host) = url.split_once("host=").expect("the test's server has a socket");
        let server = PathBuf::from(host).join(".s.PGSQL.5432");
        let listener = tokio::net::UnixListener::bind(folder.path().join(".s.PGSQL.5432"));
        let listener = listener.expect("a socket");
        let (way, seen) = tokio::sync::watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (mut seen, server) = (seen.clone(), server.clone());
                tokio::spawn(async move {
                    let mut server = tokio::net::UnixStream::connect(server).await.expect("there");
                    loop {
                        let now = *seen.borrow_and_update();
                        let through = tokio::io::copy_bidirectional(&mut client, &mut server);
                        tokio::select! {
                            _ = through, if now == Way::Open => return,
                            _ = async {}, if now == Way::Closed => return,
                            changed = seen.changed() => if changed.is_err() { return },
                        }
                    }
                });
            }
        });
        let through = format!("{before}host={}", folder.path().display());
        (Between { folder, way }, through)
    }

    fn set(&self, way: Way) {
        assert!(self.folder.path().exists());
        self.way.send_replace(way);
    }
}

/// What systemd does beside the daemon, until it is so. How often the daemon was started again.
async fn tended_until(house: &mut House, what: &str, is_so: impl Fn(&House) -> bool) -> usize {
    let (begun, mut starts) = (Instant::now(), 0);
    while !is_so(house) {
        starts += usize::from(house.tend());
        assert!(begun.elapsed() < PATIENCE, "{what} never came; log: {}", house.log());
        sleep(Duration::from_millis(200)).await;
    }
    starts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_p3_p4_postgres_that_restarts_or_is_cut_off_delays_everything_and_loses_and_doubles_nothing()
 {
    let Some(url) = postgres::database().await else { return };
    let (between, url) = Between::set_up(&url).await;
    let mut house = House::without_people(Some(&url)).await;
    assert!(house.run(&["poll"]));
    for person in ["a@example.vn", "b@example.vn"] {
        house.run(&["subscribers", "add", person, "--feed", "tin", "--at-once", "--confirmed"]);
    }
    house.start("info");
    house.publish_one();
    house.until("the first item", |house| house.sink.accepted_count() == 2).await;

    between.set(Way::Closed);
    house.publish_one();
    for path in ["/feeds/tin/atom.xml", "/feeds/tin/feed.json"] {
        assert_eq!(house.get(path).0, 200, "{path} is served from memory");
    }
    let told = |house: &House| house.log().contains("cannot be reached");
    let starts = tended_until(&mut house, "a start without PostgreSQL", told).await;
    assert!(starts > 0 && house.log().contains("the ownership of the store was lost"));
    between.set(Way::Open);
    tended_until(&mut house, "the second item", |house| house.sink.accepted_count() >= 4).await;

    between.set(Way::Dead);
    house.publish_one();
    let told = |house: &House| house.log().matches("the ownership of the store was lost").count();
    let before = told(&house);
    let lost = |house: &House| told(house) > before;
    tended_until(&mut house, "the end of a daemon that is cut off", lost).await;
    between.set(Way::Open);
    tended_until(&mut house, "the third item", |house| house.sink.accepted_count() >= 6).await;
    house.until("health", |house| house.get("/healthz").0 == 200).await;

    let mails = house.sink.accepted();
    let different: BTreeSet<(&str, String)> =
        mails.iter().map(|mail| (mail.to.as_str(), mail.subject())).collect();
    assert_eq!(different.len(), 6, "each item to each reader");
    let bytes: BTreeSet<&[u8]> = mails.iter().map(|mail| &mail.bytes[..]).collect();
    assert_eq!(bytes.len(), 6, "and a double is the same to the byte");
    assert!(mails.len() <= 8, "at most one double an outage: {}", mails.len());
}

// ── What the machine gives ───────────────────────────────────────────────────────────────────────────────────────────

/// Clients hold every descriptor that there is; then they go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_p5_without_descriptors_polls_and_pages_wait_and_go_on_by_themselves() {
    use rustix::process::{Resource, Rlimit, prlimit};
    let mut house = House::new(None, &["a@example.vn"]).await;
    house.start("info");
    house.publish_one();
    house.until("the first item", |house| house.sink.accepted_count() == 1).await;
    house.until("feeds", |house| house.get("/readyz").0 == 200).await;
    let held = std::fs::read_dir(format!("/proc/{}/fd", house.pid().as_raw_nonzero()));
    let held = held.expect("it runs").count() as u64;
    let maximum = rustix::process::getrlimit(Resource::Nofile).maximum;
    let few = Rlimit { current: Some(held + 4), maximum };
    let before = prlimit(Some(house.pid()), Resource::Nofile, few).expect("it is ours");
    let socket = house.folder.path().join("http.sock");
    let clients: Vec<UnixStream> =
        (0..100).map(|_| UnixStream::connect(&socket).expect("it is taken")).collect();
    house
        .until("a full house", |house| house.log().contains("No connection could be accepted"))
        .await;
    house.publish_one();
    // Some polls, all of them in vain.
    sleep(Duration::from_secs(4)).await;
    drop(clients);
    house.until("the second item", |house| house.sink.accepted_count() == 2).await;
    house.until("health", |house| house.get("/healthz").0 == 200).await;
    assert_eq!(house.get("/feeds/tin/feed.json").0, 200);
    prlimit(Some(house.pid()), Resource::Nofile, before).expect("it is ours");
    let subjects: Vec<String> = house.sink.accepted().iter().map(|mail| mail.subject()).collect();
    assert_eq!(subjects.iter().collect::<BTreeSet<_>>().len(), 2, "each once: {subjects:?}");
}

/// The daemon's greatest memory since it was last asked, and what it has at present, in KiB.
fn memory(house: &House) -> (u64, u64) {
    let process = format!("/proc/{}", house.pid().as_raw_nonzero());
    let status = std::fs::read_to_string(format!("{process}/status")).expect("it runs");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a field");
        line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
    };
    // The peak is reset: <https://www.kernel.org/doc/html/latest/filesystems/proc.html>,
    // clear_refs.
    std::fs::write(format!("{process}/clear_refs"), "5").expect("it is ours");
    (field("VmHWM:"), field("VmRSS:"))
}

/// A page that becomes two gigabytes, one of a million elements, one of nothing but rows: what each costs in memory, and
/// that the other source's polls go on. `-- --nocapture` prints the figures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_p11_a_page_made_to_fill_the_memory_does_not_and_costs_the_other_sources_nothing() {
    let mut house = House::new(None, &["a@example.vn"]).await;
    let bomb: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Answer::page("<ul class=tin></ul>")));
    let given = bomb.clone();
    house.portal.route("/bom", move |_| given.lock().expect("nobody panics here").clone());
    let config = std::fs::read_to_string(house.config()).expect("it is there");
    let bad = format!(
        "[[source]]\nid = \"bom\"\nname = \"Bom\"\nurl = \"{}\"\nschedule = \"0 3 1 1 *\"\n[[feed]]",
        house.portal.url("/bom")
    );
    std::fs::write(house.config(), config.replace("[[feed]]", &bad)).expect("it is written");
    house.start("info");
    house.until("feeds", |house| house.get("/readyz").0 == 200).await;
    house.run(&["poll", "bom"]);

    let megabyte = |text: &str, of: usize| text.repeat((of << 20) / text.len());
    let attributes: String = (0..800_000).map(|n| format!(" b{n}=1")).collect();
    let rows: String = (0..90_000)
        .map(|n| format!("<li><a href=/t/{n}>Tin số {n} của hôm nay và ngày mai</a> 1/5/2020</li>"))
        .collect();
    let items: String = (0..100_000)
        .map(|n| format!("<item><title>{n}</title><link>https://x.vn/{n}</link></item>"))
        .collect();
    let some: String = (0..400).map(|n| format!(" b{n}")).collect();
    let row = format!("<li{some}>x");
    let font = format!("<font{some}>{}", "<p>x".repeat(900_000));
    let objects = "{\"\":0},".repeat(900_000);
    let json_ld = format!("<script type=application/ld+json>[{objects}0]</script>");
    let names: String = (0..900_000).map(|n| format!("<b{n}/>")).collect();
    let feed = |xml: String| Answer::bytes(xml).header("Content-Type", "application/rss+xml");
    let mut worst = 0;
    for (what, answer) in [
        ("2 GiB of zeros in gzip", Answer::page("").encoded("gzip", gzip_bomb())),
        ("2 GiB of zeros in zstd", Answer::page("").encoded("zstd", origin::zstd_bomb(2 << 30))),
        ("64 MiB of zeros in brotli", Answer::page(vec![0; 64 << 20]).brotli()),
        ("a body without an end", Answer::page(megabyte("Tin ", 64)).chunked()),
        ("a million nested elements", Answer::page("<div>".repeat(1_000_000))),
        ("800,000 attributes", Answer::page(format!("<ul><li{attributes}>x</ul>"))),
        ("90,000 rows", Answer::page(format!("<ul class=tin>{rows}</ul>"))),
        ("900,000 comments", Answer::page("a<!---->".repeat(900_000))),
        ("400 attributes in each of 4,000 rows", Answer::page(row.repeat(4_000))),
        ("a font of 400 attributes in 900,000 paragraphs", Answer::page(font)),
        ("8 MB of text", Answer::page(megabyte("Lãnh đạo Sở làm việc. ", 7))),
        ("a million objects in a page's JSON-LD", Answer::page(json_ld)),
        ("a feed of 100,000 items", feed(format!("<rss><channel>{items}</channel></rss>"))),
        ("a feed of nested elements", feed("<rss>".to_owned() + &"<a>".repeat(1_000_000))),
        (
            "nested JSON",
            Answer::bytes("[".repeat(8_000_000)).header("Content-Type", "application/json"),
        ),
        (
            "a million objects in JSON",
            Answer::bytes(format!("[{objects}0]")).header("Content-Type", "application/json"),
        ),
        ("a feed of a million names", feed(format!("<rss><channel>{names}"))),
    ] {
        let before = memory(&house).1;
        let asked = house.portal.requests("/bom").len();
        *bomb.lock().expect("nobody panics here") = answer;
        // The daemon polls it; who is broken waits longer each time, unless somebody asks.
        house.run(&["poll", "bom"]);
        assert!(house.portal.requests("/bom").len() > asked, "{what} was asked for");
        let (most, now) = memory(&house);
        let (grown, stays) =
            (most.saturating_sub(before) / 1024, now.saturating_sub(before) / 1024);
        println!("{grown:>4} MiB more at the peak, {stays:>4} MiB afterwards: {what}");
        worst = worst.max(grown);
    }
    let polls = house.portal.requests("/danh-sach");
    let gap = polls.windows(2).map(|two| two[1].at - two[0].at).max().unwrap_or_default();
    println!(
        "the other source, due each second, was asked {} times, {gap:?} at most between two",
        polls.len()
    );
    assert!(worst < 256, "{worst} MiB for one page");
    house.publish_one();
    house.until("the next item", |house| house.sink.accepted_count() == 1).await;
}

// ── The log ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Addresses that every layer gets to see: of the mail server's errors, of a wrong import, of a form, of a bounce.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_no_address_reaches_the_log_whatever_happens_to_its_mail() {
    let people = [
        "canary-sent@example.vn",
        "canary-refused@example.vn",
        "canary-later@example.vn",
        "canary-policy@example.vn",
    ];
    let mut house = House::new(None, &people).await;
    let sink = &house.sink;
    sink.on_command(At::Rcpt, "canary-refused", "550 5.1.1 <canary-refused@example.vn>: unknown");
    sink.on_command(At::Rcpt, "canary-later", "451 4.7.1 <canary-later@example.vn> greylisted");
    sink.on_command(At::Rcpt, "canary-policy", "550 5.7.1 canary-policy is not for you");
    let list = house.folder.path().join("canary.csv");
    let lines = "email,feeds,schedule\ncanary-listed@example.vn,tin,ngay\ncanary-bad@example.vn,khong-co,ngay\n\
                 canary bad address,tin,ngay\n";
    std::fs::write(&list, lines).expect("the list is written");
    assert!(!house.run(&["subscribers", "import", list.to_str().expect("UTF-8"), "--confirmed"]));
    house.start("trace");
    house.publish_one();
    house.until("two mails", |house| house.sink.accepted_count() == 2).await;
    house.until("a refusal", |house| house.log().contains("refused: ")).await;
    // People use the web server, with good intentions and bad ones.
    for form in [
        "email=canary-web%40example.vn&feed=tin&when=once",
        "email=canary-wrong%40&feed=tin&when=once",
        "email=canary-query%40example.vn&query=%28a&when=once",
    ] {
        let length = form.len();
        for path in ["/subscribe", "/api/v1/subscriptions"] {
            house.ask(&format!(
                "POST {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
            ));
        }
    }
    house.get("/subscribe?email=canary-asked@example.vn");
    for args in [
        &["subscribers", "remove", "canary-nobody@example.vn"][..],
        &["subscribers", "pause", "canary-sent@example.vn", "--until", "2099-01-01"],
        &["subscribers", "erase", "canary-listed@example.vn"],
        &["preview", "canary-nobody@example.vn"],
        &["test-mail", "canary-refused@example.vn"],
    ] {
        house.run(args);
    }
    // The disk fails amid all this.
    let daemon = house.daemon.as_ref().expect("it runs");
    Disk::Limited.set_full(daemon, true);
    house.publish_one();
    house.until("the failure", |house| house.get("/healthz").0 == 503).await;
    Disk::Limited.set_full(daemon, false);
    house.until("its end", |house| house.get("/healthz").0 == 200).await;
    let log = house.log();
    let leaks: Vec<&str> = log.lines().filter(|line| line.contains("canary")).collect();
    assert!(leaks.is_empty(), "{} lines, such as {}", leaks.len(), leaks[0]);
    assert!(log.lines().count() > 30 && log.contains("Delivery 1: sent"), "it is the log: {log}");
}
