//! Delivery against a mail server that answers as servers do: not now, never, not you, and not at all. The jobs are the
//! daemon's own, the clock is set, the server is on loopback.

use std::collections::{BTreeMap, BTreeSet};

use crate::office::{Article, Office};
use crate::smtp::{Act, At, Sink};
use bantin_model::DeliveryState;
use bantin_store::ActionChannel;
use chrono::TimeDelta;

/// An office with these subscribers, one new item, and a digest for each that waits to be delivered.
async fn with_mails_waiting(sink: &Sink, people: &[&str]) -> Office {
    let office = Office::with_server(&sink.url()).await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    for person in people {
        office.subscribe(&format!("{person}@example.vn"), "at once").await;
    }
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.poll_now().await;
    office.publish().await;
    office
}

/// Delivers once every five minutes for so long; over days every half hour.
async fn deliver_for(office: &Office, time: TimeDelta) {
    let end = office.clock.now() + time;
    let step = TimeDelta::minutes(if time < TimeDelta::days(1) { 5 } else { 30 });
    while office.clock.now() < end {
        office.deliver().await.expect("the store answers");
        office.pass(step).await;
    }
}

/// "2 sent, 1 refused", by state.
async fn states(office: &Office) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for delivery in office.store.deliveries(1000).await.expect("the store answers") {
        *counts.entry(delivery.state.as_str()).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {state}")).collect();
    counts.join(", ")
}

async fn held(office: &Office) -> bool {
    office.store.hold().await.expect("the store answers").is_some()
}

#[tokio::test]
async fn p4_a_greylisted_mail_goes_later_as_the_same_bytes_under_the_same_id() {
    let sink = Sink::start().await;
    sink.on_first(At::Body, 1, "451 4.7.1 come back later");
    let office = with_mails_waiting(&sink, &["a"]).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(states(&office).await, "1 waiting");
    office.pass(TimeDelta::minutes(4)).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(sink.mails().len(), 1, "five minutes have not passed");
    office.pass(TimeDelta::minutes(1)).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(states(&office).await, "1 sent");
    let mails = sink.mails();
    assert_eq!((mails.len(), &mails[0].bytes), (2, &mails[1].bytes));
}

#[tokio::test]
async fn a_mail_that_is_never_wanted_is_given_up_after_five_days_and_no_sooner() {
    let sink = Sink::start().await;
    sink.on_command(At::Rcpt, "full@", "452 4.2.2 mailbox full");
    let office = with_mails_waiting(&sink, &["full", "b"]).await;
    deliver_for(&office, TimeDelta::days(5) - TimeDelta::minutes(10)).await;
    assert_eq!(states(&office).await, "1 sent, 1 waiting");
    deliver_for(&office, TimeDelta::hours(5)).await;
    assert_eq!(states(&office).await, "1 given-up, 1 sent");
    let tries = sink.count("RCPT TO:<full@");
    assert!((20..60).contains(&tries), "{tries} tries");
}

#[tokio::test]
async fn an_unknown_address_is_refused_once_and_costs_nobody_else() {
    let sink = Sink::start().await;
    sink.on_command(At::Rcpt, "gone@", "550 5.1.1 no such user");
    let office = with_mails_waiting(&sink, &["a", "gone", "c"]).await;
    deliver_for(&office, TimeDelta::days(1)).await;
    assert_eq!(states(&office).await, "1 refused, 2 sent");
    assert_eq!(sink.count("RCPT TO:<gone@"), 1);
    assert!(!held(&office).await);
}

#[tokio::test]
async fn p3_an_answer_that_got_lost_doubles_that_mail_only_and_byte_for_byte() {
    let sink = Sink::start().await;
    sink.on_first(At::Body, 1, Act::AcceptThenClose);
    let office = with_mails_waiting(&sink, &["a", "b", "c"]).await;
    deliver_for(&office, TimeDelta::hours(1)).await;
    assert_eq!(states(&office).await, "3 sent");
    let mails = sink.accepted();
    assert_eq!(mails.len(), 4);
    let different: BTreeSet<&[u8]> = mails.iter().map(|mail| &mail.bytes[..]).collect();
    assert_eq!(different.len(), 3);
}

#[tokio::test]
async fn p4_a_wrong_password_holds_the_queue_and_blames_nobody() {
    let sink = Sink::start().await;
    sink.on(At::Mail, "535 5.7.8 log in first");
    let office = with_mails_waiting(&sink, &["a", "b", "c"]).await;
    let delivered = office.deliver().await.expect("the store answers");
    assert!(delivered.held && held(&office).await);
    assert_eq!(sink.count("MAIL"), 1, "one is enough to know");
    office.pass(TimeDelta::minutes(5)).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(sink.count("MAIL"), 2, "one goes ahead to see");
    sink.relent();
    deliver_for(&office, TimeDelta::minutes(11)).await;
    assert_eq!(states(&office).await, "3 sent");
    assert!(!held(&office).await);
}

/// The admin is on leave over Tết; the password ran out on the first day.
#[tokio::test]
async fn p4_after_nine_days_of_our_own_trouble_a_greylisting_server_still_gets_every_mail() {
    let sink = Sink::start().await;
    sink.on(At::Mail, "535 5.7.8 password expired");
    let office = with_mails_waiting(&sink, &["a", "b", "c"]).await;
    deliver_for(&office, TimeDelta::days(9)).await;
    assert_eq!(states(&office).await, "3 waiting");
    sink.relent();
    sink.on_first(At::Rcpt, 3, "451 4.7.1 greylisted");
    deliver_for(&office, TimeDelta::hours(10)).await;
    assert_eq!(states(&office).await, "3 sent");
}

#[tokio::test]
async fn p4_a_server_that_is_away_for_nine_days_costs_no_mail() {
    let sink = Sink::start().await;
    sink.on(At::Greeting, Act::Close);
    let office = with_mails_waiting(&sink, &["a", "b", "c", "d"]).await;
    deliver_for(&office, TimeDelta::days(9)).await;
    assert_eq!(states(&office).await, "4 waiting");
    let tries = sink.connections();
    assert!(tries < 2 * 24 * 9 + 10, "one mail at a time looks whether it is back: {tries}");
    sink.relent();
    deliver_for(&office, TimeDelta::minutes(11)).await;
    assert_eq!(states(&office).await, "4 sent");
    assert_eq!(sink.accepted().len(), 4);
}

#[tokio::test]
async fn one_recipients_server_that_wants_nothing_of_us_does_not_hold_the_others() {
    let sink = Sink::start().await;
    sink.on_command(At::Rcpt, "b@", "550 5.7.1 on a block list");
    let office = with_mails_waiting(&sink, &["a", "b", "c", "d"]).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(states(&office).await, "3 sent, 1 waiting");
    assert!(!held(&office).await);
    deliver_for(&office, TimeDelta::days(6)).await;
    assert_eq!(states(&office).await, "1 given-up, 3 sent");
}

#[tokio::test]
async fn three_in_a_row_that_want_nothing_of_us_hold_the_queue_until_one_takes_a_mail() {
    let sink = Sink::start().await;
    sink.on(At::Rcpt, "550 5.7.1 on a block list");
    let people = ["a", "b", "c", "d", "e", "f"];
    let office = with_mails_waiting(&sink, &people).await;
    assert!(office.deliver().await.expect("the store answers").held);
    assert_eq!(sink.count("RCPT"), 3);
    assert_eq!(states(&office).await, "6 waiting");
    sink.relent();
    deliver_for(&office, TimeDelta::minutes(30)).await;
    assert_eq!(states(&office).await, "6 sent");
    assert!(!held(&office).await);
}

#[tokio::test]
async fn a_greylisting_server_shows_that_our_own_trouble_is_over() {
    let sink = Sink::start().await;
    sink.on(At::Mail, "535 5.7.8 log in first");
    let people = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let office = with_mails_waiting(&sink, &people).await;
    office.deliver().await.expect("the store answers");
    sink.relent();
    // Each address is turned away once, as greylisting does.
    for person in people {
        sink.on_command_first(At::Rcpt, &format!("<{person}@"), 1, "451 4.7.1 greylisted");
    }
    deliver_for(&office, TimeDelta::minutes(26)).await;
    assert_eq!(states(&office).await, "8 sent", "eight mails wait for one another");
}

#[tokio::test]
async fn a_hold_made_by_a_clock_that_ran_ahead_ends_with_its_error() {
    let sink = Sink::start().await;
    let office = with_mails_waiting(&sink, &["a"]).await;
    let now = office.clock.now();
    let ahead = bantin_store::QueueHold {
        by_admin: false,
        reason: "made a day ahead".into(),
        since: now + TimeDelta::days(1),
        until: now + TimeDelta::days(1),
    };
    office
        .store
        .set_hold(Some(&ahead), ActionChannel::Daemon, office.clock.now())
        .await
        .expect("the store answers");
    office.deliver().await.expect("the store answers");
    assert_eq!(states(&office).await, "1 sent");
}

/// The disk is full when the reply is to be recorded, and has room again a moment later.
#[tokio::test]
async fn p3_p4_a_reply_that_the_store_could_not_take_is_recorded_when_it_can() {
    let sink = Sink::start().await;
    sink.on_command(At::Rcpt, "b@", "451 4.7.1 greylisted");
    let office = with_mails_waiting(&sink, &["a", "b", "c"]).await;
    let full = "CREATE TRIGGER full BEFORE UPDATE ON delivery WHEN OLD.state = 'sending' \
                BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
    office.lay_hands_on_the_store(full).await;
    assert!(office.deliver().await.is_err());
    office.lay_hands_on_the_store("DROP TRIGGER full").await;
    sink.relent();
    deliver_for(&office, TimeDelta::minutes(11)).await;
    assert_eq!(states(&office).await, "3 sent");
    assert_eq!(sink.accepted().len(), 3, "none twice");
    let sending = office.store.deliveries(10).await.expect("the store answers");
    assert!(sending.iter().all(|delivery| delivery.state == DeliveryState::Sent));
}

#[tokio::test]
async fn mails_to_one_domain_are_spaced_and_none_counts_as_tried_for_it() {
    let sink = Sink::start().await;
    let office = Office::with_mail_keys(&sink.url(), "per_minute_per_domain = 2").await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    for address in ["a@mot.vn", "b@mot.vn", "c@mot.vn", "d@mot.vn", "e@hai.vn"] {
        office.subscribe(address, "at once").await;
    }
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.poll_now().await;
    office.publish().await;
    let mut sent = Vec::new();
    for _ in 0..5 {
        office.deliver().await.expect("the store answers");
        sent.push(sink.accepted().len());
        office.pass(TimeDelta::seconds(30)).await;
    }
    assert_eq!(sent, [2, 3, 4, 5, 5], "one to each domain, then one each half minute");
    for delivery in office.store.deliveries(9).await.expect("the store answers") {
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Sent, 1));
    }
}

#[tokio::test]
async fn what_the_admin_holds_waits_for_the_admin() {
    let sink = Sink::start().await;
    let office = with_mails_waiting(&sink, &["a", "b"]).await;
    let now = office.clock.now();
    let hold = bantin_store::QueueHold {
        reason: "máy chủ thư được thay".into(),
        since: now,
        until: now,
        by_admin: true,
    };
    office
        .store
        .set_hold(Some(&hold), ActionChannel::Cli, office.clock.now())
        .await
        .expect("the store answers");
    deliver_for(&office, TimeDelta::days(6)).await;
    assert_eq!((states(&office).await.as_str(), sink.connections()), ("2 waiting", 0));
    office
        .store
        .set_hold(None, ActionChannel::Cli, office.clock.now())
        .await
        .expect("the store answers");
    office.deliver().await.expect("the store answers");
    assert_eq!(states(&office).await, "2 sent");
}

#[tokio::test]
async fn a_refused_mail_that_the_admin_sends_again_is_the_same_mail() {
    let sink = Sink::start().await;
    sink.on_command(At::Rcpt, "<a@", "550 5.1.1 no such user");
    let office = with_mails_waiting(&sink, &["a"]).await;
    office.deliver().await.expect("the store answers");
    assert_eq!(states(&office).await, "1 refused");
    let before = office.store.deliveries(1).await.expect("the store answers");
    sink.relent();
    let resent = office
        .store
        .resend_delivery(before[0].id, false, ActionChannel::Cli, office.clock.now())
        .await;
    assert!(resent.expect("the store answers"));
    office.deliver().await.expect("the store answers");
    assert_eq!(states(&office).await, "1 sent");
    assert_eq!(sink.accepted()[0].message_id(), before[0].message_id);
}

/// Greylisting, at the first try of what the admin sends again.
#[tokio::test]
async fn a_mail_that_is_sent_again_after_a_week_is_not_given_up_at_the_first_not_now() {
    let sink = Sink::start().await;
    sink.on_command(At::Rcpt, "<a@", "550 5.1.1 no such user");
    let office = with_mails_waiting(&sink, &["a"]).await;
    office.deliver().await.expect("the store answers");
    let before = office.store.deliveries(1).await.expect("the store answers");
    office.pass(TimeDelta::days(7)).await;
    sink.relent();
    sink.on_first(At::Rcpt, 3, "451 4.7.1 greylisted");
    let (id, now) = (before[0].id, office.clock.now());
    assert!(
        office.store.resend_delivery(id, false, ActionChannel::Cli, now).await.expect("it answers")
    );
    deliver_for(&office, TimeDelta::hours(2)).await;
    assert_eq!(states(&office).await, "1 sent");
}
