//! What comes back: from the server at once, to the bounce mailbox days later, from the receiver who presses "spam" or
//! writes to leave. The jobs are the daemon's own; the program reads its standard input and a Maildir as a mail server gives
//! them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::office::{Article, Office};
use crate::smtp::{At, Mail, Sink};
use bantin::jobs::bounces::{Bounces, JudgedBounce};
use bantin_model::SubscriberState;
use bantin_model::tokens::LinkTokens;
use chrono::TimeDelta;

const MAILBOX: &str = "bantin@example.vn";

/// An office with a bounce mailbox whose one subscriber gets a mail for each new article.
async fn office(sink: &Sink) -> Office {
    let office = Office::with_mail_keys(&sink.url(), &format!("bounces = \"{MAILBOX}\"")).await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("lan@hue.vn", "at once").await;
    office
}

/// Publishes one more article, and gives the mail that went out for it, if any did.
async fn next_mail(office: &Office, sink: &Sink, articles: u32) -> Option<Mail> {
    let before = sink.mails().len();
    let all: Vec<Article> = (1..=articles).map(Article::new).collect();
    office.publish_articles(&all);
    office.pass(TimeDelta::minutes(20)).await;
    office.poll_now().await;
    office.publish().await;
    office.deliver().await.expect("the store answers");
    sink.mails().get(before).cloned()
}

/// A delivery report in the form of RFC 3464, as the receiver's server writes it.
fn report(to: &str, status: &str, words: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@mx.hue.vn\r\nTo: {to}\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"cat\"\r\n\r\n\
         --cat\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\
         --cat\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.hue.vn\r\n\r\n\
         Final-Recipient: rfc822; lan@hue.vn\r\nAction: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {words}\r\n\r\n\
         --cat--\r\n"
    )
    .into_bytes()
}

async fn bounces(office: &Office) -> Bounces {
    let secret = office.store.secret().await.expect("the store answers");
    Bounces::new(office.store.clone(), office.clock.clone(), LinkTokens::new(secret))
}

async fn take(office: &Office, mail: &[u8], to: Option<&str>) -> JudgedBounce {
    bounces(office).await.take(mail, to, MAILBOX, "example.vn").await.expect("the store answers")
}

async fn state(office: &Office) -> SubscriberState {
    let found = office.store.subscriber_by_address("lan@hue.vn").await.expect("the store answers");
    found.expect("she is there").state
}

fn program(office: &Office, args: &[&str], input: &[u8], env: Option<&str>) -> Output {
    let config = office.folder.path().join("config.toml");
    let text = format!(
        "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"sqlite:{}/bantin.db\"\n\
         [mail]\nfrom = \"bantin@example.vn\"\nbounces = \"{MAILBOX}\"\n",
        office.folder.path().display()
    );
    std::fs::write(&config, text).expect("the config is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
    command.arg("--config").arg(&config).args(args);
    match env {
        Some(to) => command.env("ORIGINAL_RECIPIENT", to),
        None => command.env_remove("ORIGINAL_RECIPIENT"),
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("it has one").write_all(input).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[tokio::test]
async fn each_mail_has_a_return_path_of_its_own_and_the_same_at_every_try() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    sink.on_first(At::Body, 1, "451 later");
    let first = next_mail(&office, &sink, 2).await.expect("a mail");
    office.pass(TimeDelta::minutes(6)).await;
    office.deliver().await.expect("the store answers");
    let again = sink.accepted().pop().expect("a mail");
    assert_eq!((&first.from, &first.bytes), (&again.from, &again.bytes));
    assert!(
        first.from.starts_with("bantin+b-") && first.from.ends_with("@example.vn"),
        "{}",
        first.from
    );
    let second = next_mail(&office, &sink, 3).await.expect("a mail");
    assert_ne!(first.from, second.from);
    let leave = first.header("List-Unsubscribe").expect("it can be left");
    assert!(leave.contains("mailto:bantin+l-"), "{leave}");
}

#[tokio::test]
async fn an_address_that_is_gone_for_days_gets_no_more_mail_until_the_admin_says_so() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    let mail = next_mail(&office, &sink, 2).await.expect("a mail");
    let gone = report(&mail.from, "5.1.1", "550 5.1.1 <lan@hue.vn> no such user");
    let judged = take(&office, &gone, None).await;
    assert_eq!(
        judged,
        JudgedBounce { recorded: 1, ended: 0, unproved: 0 },
        "one bounce ends nothing"
    );
    office.pass(TimeDelta::days(4)).await;
    let mail = next_mail(&office, &sink, 3).await.expect("a mail");
    let gone = report(&mail.from, "5.1.1", "550 5.1.1 <lan@hue.vn> no such user");
    assert_eq!(take(&office, &gone, None).await.ended, 1);
    assert_eq!(state(&office).await, SubscriberState::Bouncing);
    assert!(next_mail(&office, &sink, 4).await.is_none());
    let listed = office.store.bounces(9).await.expect("the store answers");
    assert_eq!((listed.len(), listed[0].code.as_deref()), (2, Some("5.1.1")));
    assert!(!listed[0].reason.contains("lan@hue.vn"), "{}", listed[0].reason);
    let lan = office.store.subscriber_by_address("lan@hue.vn").await.expect("the store answers");
    let forgot =
        office.store.forget_bounces(lan.expect("she is there").id, office.clock.now()).await;
    assert!(forgot.expect("the store answers"));
    let done = program(&office, &["bounce", "forget", "lan@hue.vn"], b"", None);
    assert_eq!(String::from_utf8_lossy(&done.stdout), "There is nothing to forget.\n");
    assert!(next_mail(&office, &sink, 5).await.is_some());
}

#[tokio::test]
async fn a_refusal_at_the_door_counts_as_a_bounce() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    sink.on_command(At::Rcpt, "<lan@", "550 5.1.1 no such user");
    next_mail(&office, &sink, 2).await;
    office.pass(TimeDelta::days(4)).await;
    assert_eq!(state(&office).await, SubscriberState::Active);
    next_mail(&office, &sink, 3).await;
    assert_eq!(state(&office).await, SubscriberState::Bouncing);
}

#[tokio::test]
async fn a_forged_report_changes_nothing() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    let mail = next_mail(&office, &sink, 2).await.expect("a mail");
    let mut forged = mail.from.clone();
    let at = forged.find('@').expect("an address") - 1;
    forged.replace_range(at..=at, if forged[at..].starts_with('a') { "b" } else { "a" });
    for to in [MAILBOX, forged.as_str()] {
        let judged = take(&office, &report(to, "5.1.1", "550 no such user"), Some(to)).await;
        assert_eq!(judged, JudgedBounce { unproved: 1, ..JudgedBounce::default() });
    }
    assert_eq!(office.store.bounces(9).await.expect("the store answers"), []);
}

#[tokio::test]
async fn who_writes_to_leave_has_left_that_subscription() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    let mail = next_mail(&office, &sink, 2).await.expect("a mail");
    let header = mail.header("List-Unsubscribe").expect("it can be left");
    let to =
        header.split("mailto:").nth(1).and_then(|rest| rest.split('?').next()).expect("an address");
    let asks = format!("From: lan@hue.vn\r\nTo: {to}\r\nSubject: unsubscribe\r\n\r\n");
    assert_eq!(take(&office, asks.as_bytes(), None).await.ended, 1);
    assert_eq!(state(&office).await, SubscriberState::Left);
    assert!(next_mail(&office, &sink, 3).await.is_none());
}

#[tokio::test]
async fn who_calls_it_spam_has_left_and_is_not_added_again_by_others() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    let mail = next_mail(&office, &sink, 2).await.expect("a mail");
    let complaint = format!(
        "From: abuse@hue.vn\r\nTo: {0}\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"cat\"\r\n\r\n\
         --cat\r\nContent-Type: text/plain\r\n\r\nThis is spam.\r\n\
         --cat\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n\
         Original-Mail-From: <{0}>\r\n\r\n--cat--\r\n",
        mail.from
    );
    assert_eq!(take(&office, complaint.as_bytes(), None).await.ended, 1);
    assert_eq!(state(&office).await, SubscriberState::Left);
    let again = ["subscribers", "add", "Lan@hue.vn", "--query", "tin", "--confirmed"];
    let refused = program(&office, &again, b"", None);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("reported a mail of ours as spam") && !said.contains("hue.vn"), "{said}");
}

#[tokio::test]
async fn the_program_takes_a_mail_from_a_pipe_and_from_a_maildir() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    let mail = next_mail(&office, &sink, 2).await.expect("a mail");
    // The report was rewritten on its way and names nothing; the mail server knows where it came to.
    let bare = report("undisclosed", "4.2.2", "452 4.2.2 mailbox full");
    let done = program(&office, &["bounce"], &bare, Some(&mail.from));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.starts_with("1 bounces recorded"), "{said}");
    let maildir = office.folder.path().join("Maildir");
    std::fs::create_dir_all(maildir.join("new")).expect("a folder");
    std::fs::write(maildir.join("new/1.x"), report(&mail.from, "4.2.2", "452 full"))
        .expect("a mail");
    let folder = maildir.display().to_string();
    for expected in ["1 bounces recorded", "0 bounces recorded"] {
        let done = program(&office, &["bounce", "--maildir", &folder], b"", None);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() && said.starts_with(expected), "{said}");
    }
    let listed = program(&office, &["bounce", "list", "--json"], b"", None);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_mail_server_is_asked_to_keep_the_mail_while_the_store_is_away() {
    let sink = Sink::start().await;
    let office = office(&sink).await;
    let db = office.folder.path().join("bantin.db");
    let aside = office.folder.path().join("aside.db");
    std::fs::rename(&db, &aside).expect("moved");
    std::fs::create_dir(&db).expect("something else in its place");
    let done = program(&office, &["bounce"], &report(MAILBOX, "5.1.1", "550"), None);
    assert_eq!(done.status.code(), Some(75), "{}", String::from_utf8_lossy(&done.stderr));
}
