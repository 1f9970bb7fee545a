//! P2 and P3 with the real program: it is killed (SIGKILL) at random moments while it polls and sends, over and over, and at
//! the end everything is counted. `BANTIN_CRASH_ROUNDS=50 cargo test --test crash` for more rounds than the few of every day;
//! the rounds of a thousand mails each are named by BANTIN_CRASH_MAIL_ROUNDS, 200 of them take about ten minutes.

#[path = "../crates/bantin-extract/tests/support/dice.rs"]
mod dice;
#[path = "support/origin.rs"]
mod origin;
#[path = "support/smtp.rs"]
mod smtp;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dice::Dice;
use origin::{Answer, Origin};
use smtp::Sink;
use tokio::time::sleep;

/// Enough of them that a kill often falls between a mail and its record.
const SUBSCRIBERS: usize = 24;

/// Half of them get each item at once, the others a digest every two seconds.
fn subscribers() -> impl Iterator<Item = (String, &'static [&'static str])> {
    (0..SUBSCRIBERS).map(|n| {
        let when: &[&str] =
            if n % 2 == 0 { &["--at-once"] } else { &["--schedule", "*/2 * * * * *"] };
        (format!("phong-{n}@example.vn"), when)
    })
}

fn bantin(config: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
    command.arg("--config").arg(config).args(args);
    command
}

fn done(mut command: Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Ends the daemon with the test, however the test ends.
struct Daemon(Child);

impl Daemon {
    fn start(config: &Path) -> Daemon {
        let mut command = bantin(config, &["run"]);
        Daemon(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program starts"),
        )
    }

    /// SIGKILL: the process gets no chance to do anything.
    fn kill(mut self) {
        self.0.kill().expect("it is our child");
        self.0.wait().expect("it is our child");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have been killed and waited for already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn article(n: usize) -> Answer {
    Answer::page(format!(
        "<html><head><meta charset=utf-8></head><body><h1>Tin-{n}-het</h1><div class=noidung><p>Nội dung {n}.</p></div></body></html>"
    ))
    .etag(&format!("\"bai-{n}\""))
    .conditional()
}

fn listing(items: usize) -> Answer {
    let rows: String = (0..items)
        .rev()
        .map(|n| format!("<li><a href=\"/tin/{n}\">Tin-{n}-het</a></li>"))
        .collect();
    Answer::page(format!("<html><body><ul class=tin>{rows}</ul></body></html>"))
        .etag(&format!("\"{items}\""))
        .conditional()
}

fn status(config: &Path) -> serde_json::Value {
    let output = done(bantin(config, &["status", "--json"]));
    serde_json::from_slice(&output.stdout).expect("the status is JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_p3_killed_at_any_moment_it_loses_no_item_and_no_mail_and_doubles_at_most_one_a_kill() {
    let rounds: usize =
        std::env::var("BANTIN_CRASH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let seed = std::env::var("BANTIN_CRASH_SEED").ok().and_then(|n| n.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("{rounds} rounds, BANTIN_CRASH_SEED={seed}");
    let mut dice = Dice(seed);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (portal, sink) = (Origin::start().await, Sink::start().await);
    let published = Arc::new(AtomicUsize::new(3));
    let seen = published.clone();
    portal.route("/danh-sach", move |_| listing(seen.load(Ordering::SeqCst)));
    portal.route("*", |request| {
        match request.target.strip_prefix("/tin/").and_then(|n| n.parse().ok()) {
            Some(n) => article(n),
            None => Answer::status(404),
        }
    });
    let config = folder.path().join("config.toml");
    let text = format!(
        "[server]\nlisten = \"unix:{0}/http.sock\"\npublic_url = \"https://tin.example.vn/\"\n\
         [store]\nurl = \"sqlite:{0}/bantin.db\"\n\
         [mail]\ntransport = \"{1}\"\nfrom = \"bantin@example.vn\"\nconnections = 1\n\
         [fetch]\nspacing = \"0s\"\n\
         [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"{2}\"\nschedule = \"* * * * * *\"\nmax_new = 1000\n\
         [source.listing]\nitem = \"ul.tin li\"\n[source.article]\ntitle = \"h1\"\nbody = \"div.noidung\"\n\
         [[feed]]\nname = \"tin\"\ntitle = \"Tin\"\nquery = \"source:so\"\nitems = 1000\n",
        folder.path().display(),
        sink.url(),
        portal.url("/danh-sach"),
    );
    std::fs::write(&config, text).expect("the config is written");
    done(bantin(&config, &["poll"]));
    let backlog = published.load(Ordering::SeqCst);
    for (address, when) in subscribers() {
        let mut args = vec!["subscribers", "add", &address, "--confirmed"];
        args.extend(when);
        done(bantin(&config, &args));
    }

    // A list is read as far as its thousandth row.
    let share = (900 / rounds).clamp(1, 11);
    for round in 1..=rounds {
        // A digest lists a hundred items and counts the others: where a busy machine is killed
        // before it mails, no more come.
        let mailed = ["phong-0@example.vn", "phong-1@example.vn"]
            .map(|address| titles_sent_to(&sink, address).0.len())
            .into_iter()
            .min();
        let most = backlog + (round * share).min(mailed.unwrap_or_default() + 80);
        let daemon = Daemon::start(&config);
        let life = Duration::from_millis(100 + dice.roll(2_400) as u64);
        let begun = Instant::now();
        while begun.elapsed() < life {
            let next = published.load(Ordering::SeqCst) + 1;
            published.store(next.min(most), Ordering::SeqCst);
            sleep(Duration::from_millis(20 + dice.roll(80) as u64).min(life)).await;
        }
        daemon.kill();
    }

    // Left alone, it catches up with everything.
    let all = published.load(Ordering::SeqCst);
    let daemon = Daemon::start(&config);
    let wanted: BTreeSet<String> = (backlog..all).map(|n| format!("Tin-{n}-het")).collect();
    let begun = Instant::now();
    loop {
        sleep(Duration::from_millis(500)).await;
        let status = status(&config);
        let quiet = status["queue"]["waiting"] == 0 && status["queue"]["sending"] == 0;
        let reached = subscribers()
            .all(|(address, _)| titles_sent_to(&sink, &address).0.len() == wanted.len());
        if status["items"] == all && quiet && reached {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not catch up: {status}");
    }
    daemon.kill();

    let mut doubled = 0;
    for (address, _) in subscribers() {
        let (titles, doubles) = titles_sent_to(&sink, &address);
        let lost: Vec<_> = wanted.difference(&titles.keys().cloned().collect()).cloned().collect();
        assert!(lost.is_empty(), "lost to {address}: {lost:?}");
        for (title, mails) in &titles {
            assert!(wanted.contains(title), "{title} was backlog and must not be mailed");
            assert_eq!(mails.len(), 1, "{title} is in several digests to {address}");
        }
        doubled += doubles;
    }
    println!("{all} items, {} mails, {doubled} doubled in {rounds} kills", sink.accepted().len());
    assert!(doubled <= rounds, "{doubled} mails doubled in {rounds} kills");
}

/// Receivers of each item in the story below: one mail to each of them a round.
const OFFICE: usize = 1_000;

/// What a round must end with at the latest: it needs some seconds, and on a busy machine whatever it needs.
const ROUND: Duration = Duration::from_secs(900);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_killed_amid_a_thousand_mails_it_sends_each_and_doubles_at_most_one_a_connection() {
    let rounds: usize =
        std::env::var("BANTIN_CRASH_MAIL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    let seed = std::env::var("BANTIN_CRASH_SEED").ok().and_then(|n| n.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("{rounds} rounds of {OFFICE} mails, BANTIN_CRASH_SEED={seed}");
    let mut dice = Dice(seed);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (portal, sink) = (Origin::start().await, Sink::start().await);
    let published = Arc::new(AtomicUsize::new(1));
    let seen = published.clone();
    portal.route("/danh-sach", move |_| listing(seen.load(Ordering::SeqCst)));
    portal.route("*", |request| {
        match request.target.strip_prefix("/tin/").and_then(|n| n.parse().ok()) {
            Some(n) => article(n),
            None => Answer::status(404),
        }
    });
    let config = folder.path().join("config.toml");
    let configure = |connections: usize| {
        let text = format!(
            "[server]\nlisten = \"unix:{0}/http.sock\"\npublic_url = \"https://tin.example.vn/\"\n\
             [store]\nurl = \"sqlite:{0}/bantin.db\"\n\
             [mail]\ntransport = \"{1}\"\nfrom = \"bantin@example.vn\"\nconnections = {connections}\n\
             [fetch]\nspacing = \"0s\"\n\
             [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"{2}\"\nschedule = \"* * * * * *\"\n\
             [source.listing]\nitem = \"ul.tin li\"\n[source.article]\ntitle = \"h1\"\nbody = \"div.noidung\"\n\
             [[feed]]\nname = \"tin\"\ntitle = \"Tin\"\nquery = \"source:so\"\n",
            folder.path().display(),
            sink.url(),
            portal.url("/danh-sach"),
        );
        std::fs::write(&config, text).expect("the config is written");
    };
    configure(1);
    done(bantin(&config, &["poll"]));
    let people = folder.path().join("office.csv");
    let lines: String = (0..OFFICE).map(|n| format!("phong-{n}@example.vn,at once\n")).collect();
    std::fs::write(&people, format!("email,schedule\n{lines}")).expect("the list is written");
    let people = people.to_str().expect("a temporary path is UTF-8");
    done(bantin(&config, &["subscribers", "import", people, "--confirmed"]));

    let mut daemon = Daemon::start(&config);
    let (mut doubled, mut most, mut amid) = (0, 0, 0);
    let mut connections = 1;
    for round in 0..rounds {
        let number = published.fetch_add(1, Ordering::SeqCst);
        let begun = Instant::now();
        while sink.accepted_count() == 0 {
            assert!(begun.elapsed() < ROUND, "round {round}: no mail comes");
            sleep(Duration::from_millis(2)).await;
        }
        // Any moment of the round: when so many have come, and then some part of a mail later.
        let many = dice.roll(OFFICE);
        while sink.accepted_count() < many {
            assert!(begun.elapsed() < ROUND, "round {round}: the mails stop coming");
            sleep(Duration::from_micros(200)).await;
        }
        sleep(Duration::from_micros(dice.roll(3_000) as u64)).await;
        daemon.kill();
        amid += usize::from(sink.accepted_count() < OFFICE);
        // One connection and four take turns; who was killed had the number that counts for this round.
        let had = connections;
        connections = if round % 2 == 0 { 4 } else { 1 };
        configure(connections);
        daemon = Daemon::start(&config);
        loop {
            sleep(Duration::from_millis(100)).await;
            if sink.accepted_count() >= OFFICE {
                let status = status(&config);
                if status["queue"]["waiting"] == 0 && status["queue"]["sending"] == 0 {
                    break;
                }
            }
            assert!(begun.elapsed() < ROUND, "round {round}: {} mails", sink.accepted_count());
        }
        let doubles = count_round(sink.take_accepted(), &format!("Tin-{number}-het"));
        assert!(doubles <= had, "round {round}: {doubles} doubled on {had} connections");
        doubled += doubles;
        most = most.max(doubles);
    }
    daemon.kill();
    println!(
        "{rounds} kills, {amid} of them amid the mails: {} mails, 0 lost, {doubled} doubled, at most {most} in a round",
        rounds * OFFICE
    );
}

/// Every receiver has the mail with this title, and it alone, each double the same to the byte. Gives the number of doubles.
fn count_round(mails: Vec<smtp::Mail>, title: &str) -> usize {
    let all = mails.len();
    let mut of: HashMap<String, Vec<u8>> = HashMap::new();
    for mail in mails {
        let titles = titles_in(&mail.bytes);
        assert!(titles.len() == 1 && titles.contains(title), "{titles:?} instead of {title}");
        if let Some(before) = of.get(&mail.to) {
            assert_eq!(*before, mail.bytes, "the double to {} differs", mail.to);
        }
        of.insert(mail.to, mail.bytes);
    }
    let lost = (0..OFFICE).map(|n| format!("phong-{n}@example.vn")).find(|to| !of.contains_key(to));
    assert_eq!(lost, None, "{title} never came");
    all - of.len()
}

/// Which Message-IDs carried each title to an address, and how many mails came twice. A mail that came twice must be the same
/// to the byte.
fn titles_sent_to(sink: &Sink, address: &str) -> (BTreeMap<String, BTreeSet<String>>, usize) {
    let mut titles: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut first: HashMap<String, Vec<u8>> = HashMap::new();
    let mut doubles = 0;
    for mail in sink.accepted().into_iter().filter(|mail| mail.to == address) {
        let id = mail.message_id();
        if let Some(before) = first.get(&id) {
            assert_eq!(*before, mail.bytes, "the double of {id} differs");
            doubles += 1;
            continue;
        }
        for title in titles_in(&mail.bytes) {
            titles.entry(title).or_default().insert(id.clone());
        }
        first.insert(id, mail.bytes.clone());
    }
    (titles, doubles)
}

/// The titles in the text part.
fn titles_in(message: &[u8]) -> BTreeSet<String> {
    use base64::Engine;
    let text = String::from_utf8_lossy(message);
    let part = text.split("Content-Type: text/plain").nth(1).expect("a mail has a text part");
    let (head, rest) = part.split_once("\r\n\r\n").expect("a part has a body");
    let body = rest.split("\r\n--").next().unwrap_or_default();
    let plain = if head.to_ascii_lowercase().contains("base64") {
        let joined: String = body.split_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(joined)
            .expect("the text part is base64");
        String::from_utf8(bytes).expect("the text part is UTF-8")
    } else {
        body.replace("=\r\n", "")
    };
    plain
        .match_indices("Tin-")
        .filter_map(|(at, _)| {
            plain[at..].split_once("-het").map(|(title, _)| format!("{title}-het"))
        })
        .collect()
}
