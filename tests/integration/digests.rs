//! What a digest holds for whom, how its mail looks, and its page on the web.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::office::{Article, Office};
use crate::origin::Answer;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bantin::fetch::{FetchSettings, Fetcher};
use bantin::jobs::pictures::PictureFetcher;
use bantin::jobs::publish::{PreviewRequest, PublishRound, Publisher};
use bantin::jobs::tidy::{RetentionDays, tidy};
use bantin::web::{Site, Web};
use bantin_mail::{DigestSettings, MailSettings, Mailer, RateLimits, Transport};
use bantin_model::digest::{ComposedDigest, DigestInputs, compose};
use bantin_model::digest::{DigestLinks, MARK_STEM, filled};
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::NewSubscription;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use url::Url;

fn articles(numbers: &[u32]) -> Vec<Article> {
    numbers.iter().copied().map(Article::new).collect()
}

/// Publishes and delivers what is due, and tells by address how each of the mails since the last call reads: its subject,
/// and the numbers of the items in it.
async fn mailed(office: &Office, before: &mut usize) -> BTreeMap<String, Vec<String>> {
    let all = office.mails().await.len();
    let new = office.store.deliveries((all - *before) as u32).await.expect("the store answers");
    *before = all;
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for delivery in new.into_iter().rev() {
        let subscriber = office.store.subscriber(delivery.subscriber).await.expect("it answers");
        let digest = office.store.digest(delivery.digest).await.expect("it answers");
        let (subscriber, digest) = (subscriber.expect("kept"), digest.expect("kept"));
        told.entry(subscriber.address).or_default().push(in_short(&digest));
    }
    told
}

/// "2 3 | revised: 1": the numbers of the items that a digest tells of.
fn in_short(digest: &Digest) -> String {
    let (news, revised) = match digest.text.split_once("== Đã sửa sau khi gửi ==") {
        Some((news, revised)) => (news, Some(revised)),
        None => (digest.text.as_str(), None),
    };
    let numbers = |text: &str| {
        let titles = text.lines().filter_map(|line| line.strip_prefix("* Tin số "));
        let mut numbers: Vec<&str> = titles.filter_map(|rest| rest.split(' ').next()).collect();
        numbers.sort_unstable();
        numbers.join(" ")
    };
    match revised {
        Some(revised) => format!("{} | revised: {}", numbers(news), numbers(revised)),
        None => numbers(news),
    }
}

fn to(address: &str, mails: &[&str]) -> (String, Vec<String>) {
    (address.to_owned(), mails.iter().map(|mail| (*mail).to_owned()).collect())
}

#[tokio::test]
async fn p3_what_a_reader_got_at_once_is_not_repeated_in_the_mornings_digest() {
    let office = Office::open().await;
    let mut sent = 0;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    // Ánh gets what has a 2 in it at once, Bình nothing, Chi everything; all three get the digest.
    office.subscribe_to(&["so-chan"], &[], "anh@example.vn").await;
    office.subscribe_to(&["tin"], &[], "chi@example.vn").await;
    for address in ["anh@example.vn", "binh@example.vn", "chi@example.vn"] {
        office.subscribe(address, "30 7 * * *").await;
    }
    office.publish_articles(&articles(&[1, 2, 3, 4]));
    office.poll_now().await;
    let at_once = [to("anh@example.vn", &["2"]), to("chi@example.vn", &["2 3 4"])];
    assert_eq!(mailed(&office, &mut sent).await, BTreeMap::from(at_once));
    office.pass(TimeDelta::days(1)).await;
    let morning = [to("anh@example.vn", &["3 4"]), to("binh@example.vn", &["2 3 4"])];
    assert_eq!(mailed(&office, &mut sent).await, BTreeMap::from(morning));
    // What was left out does not come later either.
    office.publish_articles(&articles(&[1, 2, 3, 4, 5]));
    office.poll_now().await;
    mailed(&office, &mut sent).await;
    office.pass(TimeDelta::days(1)).await;
    let next = [to("anh@example.vn", &["5"]), to("binh@example.vn", &["5"])];
    assert_eq!(mailed(&office, &mut sent).await, BTreeMap::from(next));
}

#[tokio::test]
async fn p3_a_mail_that_was_refused_has_told_nobody_anything() {
    let office = Office::open().await;
    let mut sent = 0;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "at once").await;
    office.subscribe("anh@example.vn", "30 7 * * *").await;
    office.publish_articles(&articles(&[1, 2]));
    office.poll_now().await;
    mailed(&office, &mut sent).await;
    office.lay_hands_on_the_store("UPDATE delivery SET state = 'refused'").await;
    office.pass(TimeDelta::days(1)).await;
    office.publish().await;
    let newest = office.store.deliveries(1).await.expect("the store answers").remove(0);
    let digest = office.store.digest(newest.digest).await.expect("it answers").expect("kept");
    assert_eq!((newest.state, in_short(&digest).as_str()), (DeliveryState::Waiting, "2"));
}

/// Ánh's mail about item 2 waits when the morning's digest is made, which leaves it out. What becomes of that mail decides.
async fn left_out_for_a_mail(becomes: &'static str) -> Office {
    let office = Office::open().await;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe_to(&["so-chan"], &[], "anh@example.vn").await;
    office.subscribe("anh@example.vn", "30 7 * * *").await;
    office.publish_articles(&articles(&[1, 2, 3]));
    office.poll_now().await;
    office.publish().await;
    // Not due until the digest has been made.
    office.lay_hands_on_the_store("UPDATE delivery SET next_at = next_at + 86400000").await;
    office.pass(TimeDelta::hours(23) + TimeDelta::minutes(30)).await;
    office.publish().await;
    let newest = office.store.deliveries(1).await.expect("the store answers").remove(0);
    let digest = office.store.digest(newest.digest).await.expect("it answers").expect("kept");
    assert_eq!(in_short(&digest), "3", "item 2 is on its way by another mail");
    office.lay_hands_on_the_store(becomes).await;
    office
        .lay_hands_on_the_store("UPDATE delivery SET state = 'sent' WHERE state = 'waiting'")
        .await;
    office
}

#[tokio::test]
async fn p3_news_left_out_for_a_mail_that_never_went_comes_in_the_next_digest() {
    for end in [
        "UPDATE delivery SET state = 'given-up', reply = 'five days' WHERE id = 1",
        "UPDATE delivery SET state = 'refused' WHERE id = 1",
    ] {
        let office = left_out_for_a_mail(end).await;
        // Nothing new has come since; what is owed is reason enough.
        office.pass(TimeDelta::days(1)).await;
        office.publish().await;
        let newest = office.store.deliveries(1).await.expect("the store answers").remove(0);
        let digest = office.store.digest(newest.digest).await.expect("it answers").expect("kept");
        assert_eq!((newest.state, in_short(&digest).as_str()), (DeliveryState::Waiting, "2"));
        // Once.
        office.pass(TimeDelta::days(1)).await;
        let before = office.store.deliveries(9).await.expect("the store answers").len();
        office.publish().await;
        assert_eq!(office.store.deliveries(9).await.expect("the store answers").len(), before);
    }
}

#[tokio::test]
async fn p3_news_left_out_for_a_mail_comes_when_its_reader_leaves_that_subscription_first() {
    let office = left_out_for_a_mail("SELECT 1").await;
    office.lay_hands_on_the_store("UPDATE delivery SET state = 'waiting' WHERE id = 1").await;
    let at_once = office.store.deliveries(9).await.expect("the store answers").pop();
    let at_once = at_once.and_then(|delivery| delivery.subscription).expect("the first mail");
    let (by, now) = (bantin_store::ActionChannel::Web, office.clock.now());
    assert!(office.store.end_subscription(at_once, by, now).await.expect("the store answers"));
    office.publish_articles(&articles(&[1, 2, 3, 5]));
    office.poll_now().await;
    office.pass(TimeDelta::days(1)).await;
    office.publish().await;
    let newest = office.store.deliveries(1).await.expect("the store answers").remove(0);
    let digest = office.store.digest(newest.digest).await.expect("it answers").expect("kept");
    assert_eq!(in_short(&digest), "2 5");
}

#[tokio::test]
async fn p3_news_left_out_for_a_mail_that_goes_later_does_not_come_again() {
    let office = left_out_for_a_mail("SELECT 1").await;
    office.publish_articles(&articles(&[1, 2, 3, 5]));
    office.poll_now().await;
    office.pass(TimeDelta::days(1)).await;
    office.publish().await;
    let newest = office.store.deliveries(1).await.expect("the store answers").remove(0);
    let digest = office.store.digest(newest.digest).await.expect("it answers").expect("kept");
    assert_eq!(in_short(&digest), "5");
    let left_out = office.store.left_out(&[newest.subscription.expect("a digest")]).await;
    assert!(left_out.expect("the store answers").is_empty(), "all is settled");
}

#[tokio::test]
async fn readers_of_one_window_share_one_digest_in_however_many_rounds() {
    let office = Office::open().await;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    for n in 0..7 {
        office.subscribe(&format!("r{n}@example.vn"), "30 7 * * *").await;
    }
    office.subscribe("r3@example.vn", "at once").await;
    office.publish_articles(&articles(&[1, 2, 3]));
    office.poll_now().await;
    office.mails().await;
    office.publish_articles(&articles(&[1, 2, 3, 4]));
    office.poll_now().await;
    office.pass(TimeDelta::days(1)).await;
    let publisher = Publisher::new(office.store.clone(), office.clock.clone()).in_rounds_of(2);
    let published = publisher.publish_due(&paper(DigestSettings::default())).await;
    let published = published.expect("digests are made");
    // One for six; the one who gets news at once gets item 4 so, and then knows everything.
    assert_eq!(published, PublishRound { digests: 2, deliveries: 7, passed_over: 1 });
}

#[tokio::test]
async fn p1_a_revised_item_is_named_once_beside_news_and_never_mails_by_itself() {
    let office = Office::open().await;
    let mut sent = 0;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "30 7 * * *").await;
    office.subscribe("binh@example.vn", "at once").await;
    let days: [(&[Article], &str); 6] = [
        (&[Article::new(2), Article::new(3)], "2 3"),
        // Corrected, and nothing new: no mail.
        (&[Article::new(2).text("Nội dung đã đính chính."), Article::new(3)], ""),
        (
            &[Article::new(2).text("Nội dung đã đính chính."), Article::new(3), Article::new(4)],
            "4 | revised: 2",
        ),
        // Corrected again: once was enough. Other marks are no correction.
        (
            &[
                Article::new(2).text("Lại sửa."),
                Article::new(3).text("NỘI DUNG của tin số 3!"),
                Article::new(4),
                Article::new(5),
            ],
            "5",
        ),
        (&[Article::new(3).title("Tin số 3 (đính chính)"), Article::new(6)], "6 | revised: 3"),
        (&[Article::new(6), Article::new(7)], "7"),
    ];
    for (articles, expected) in days {
        let mut all = vec![Article::new(1)];
        all.extend_from_slice(articles);
        office.publish_articles(&all);
        office.pass(TimeDelta::hours(12)).await;
        office.poll_now().await;
        office.pass(TimeDelta::hours(12)).await;
        let told = mailed(&office, &mut sent).await;
        let mine = told.get("anh@example.vn").map_or(String::new(), |mails| mails.join(", "));
        assert_eq!(mine, expected);
        let at_once = told.get("binh@example.vn").map_or(String::new(), |mails| mails.join(", "));
        assert!(!at_once.contains("revised"), "{at_once}");
    }
}

#[tokio::test]
async fn p1_a_portal_that_rewrites_every_page_fills_one_line() {
    let office = Office::open().await;
    let mut sent = 0;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "30 7 * * *").await;
    let numbers: Vec<u32> = (1..=16).collect();
    office.publish_articles(&articles(&numbers));
    office.poll_now().await;
    office.pass(TimeDelta::days(1)).await;
    assert_eq!(mailed(&office, &mut sent).await["anh@example.vn"].len(), 1);
    let mut rewritten: Vec<Article> =
        numbers.iter().map(|&n| Article::new(n).text("Cổng đã chuyển hệ thống.")).collect();
    rewritten.push(Article::new(17));
    for day in 0..2 {
        office.publish_articles(&rewritten);
        office.poll_now().await;
        office.pass(TimeDelta::days(1)).await;
        let mails = office.mails().await;
        assert_eq!(mails.len(), 2 + day);
        let line = "15 tin đã gửi trước đây nay đã được sửa trên cổng nguồn.";
        assert_eq!(mails[0].contains(line), day == 0, "{}", mails[0]);
        assert_eq!(mails[0].matches("\n* ").count(), 1, "{}", mails[0]);
        rewritten.push(Article::new(18));
    }
}

#[tokio::test]
async fn after_a_long_absence_what_is_old_is_counted_and_stands_on_the_digests_page() {
    let office = Office::open().await;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "30 7 * * *").await;
    office.pass(TimeDelta::days(20)).await;
    let old = [2, 3, 4].map(|n| Article::new(n).day(21));
    let mut all = vec![Article::new(1)];
    all.extend(old);
    all.push(Article::new(5).day(31));
    office.publish_articles(&all);
    office.poll_now().await;
    let mails = office.mails().await;
    assert_eq!(mails.len(), 1, "one digest for all that was missed");
    assert!(mails[0].contains("* Tin số 5") && !mails[0].contains("* Tin số 2"), "{}", mails[0]);
    assert!(mails[0].contains("\nvà 3 tin cũ hơn:\n"), "{}", mails[0]);
    let delivery = office.store.deliveries(1).await.expect("it answers").remove(0);
    let (status, page, _) = get(&office, &page_of(&office, delivery.digest).await).await;
    assert_eq!(status, StatusCode::OK);
    for n in 2..=5 {
        assert_eq!(page.matches(&format!(">Tin số {n}</a>")).count(), 1, "{page}");
    }
    assert!(page.contains("<h2>Các tin khác của kỳ này</h2>"), "{page}");
}

/// Keeps what is done with for a month.
async fn tidied(office: &Office) {
    let keep = RetentionDays { audit: 730, mails: 30 };
    tidy(&office.store, keep, office.clock.now()).await.expect("tidied");
}

/// Publishes, sends and tidies; the items, by `seq`, of each mail since that one, with who got it.
async fn told_since(office: &Office, last: &mut DeliveryId) -> Vec<(SubscriptionId, Vec<i64>)> {
    office.publish().await;
    office.deliver().await.expect("the store answers");
    let mut told = Vec::new();
    for delivery in office.store.deliveries(100).await.expect("it answers").into_iter().rev() {
        if delivery.id > *last {
            *last = delivery.id;
            let digest = office.store.digest(delivery.digest).await.expect("it answers");
            let tellings = office.store.item_mentions(&digest.expect("kept").items).await;
            let tellings = tellings.expect("it answers").into_iter();
            let of_it = tellings.filter(|telling| telling.digest == delivery.digest);
            let items = of_it.map(|telling| telling.told.item).collect();
            told.push((delivery.subscription.expect("a digest"), items));
        }
    }
    tidied(office).await;
    told
}

/// Two years with a mail every twenty days at once, one a month, and one on New Year's Day.
#[tokio::test]
async fn p3_mails_of_long_ago_are_put_away_and_nothing_comes_again_for_it() {
    let office = Office::open().await;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe_to(&["so-chan"], &[], "anh@example.vn").await;
    office.subscribe("anh@example.vn", "0 8 1 1 *").await;
    office.subscribe("binh@example.vn", "0 8 1 * *").await;
    let mut told: BTreeMap<SubscriptionId, Vec<i64>> = BTreeMap::new();
    let mut last = DeliveryId(0);
    let (mut first_digest, mut most_kept) = (None, 0);
    for n in 2..38 {
        // Each second item has a 2 in it.
        let title = |n| format!("{} số {n}", ["Tin", "Tin 2"][n as usize % 2]);
        let news: Vec<Article> = (2..=n).map(|n| Article::new(n).title(&title(n))).collect();
        office.publish_articles(&news);
        office.poll_now().await;
        for _ in 0..20 {
            for (subscription, items) in told_since(&office, &mut last).await {
                told.entry(subscription).or_default().extend(items);
            }
            office.pass(TimeDelta::days(1)).await;
        }
        let deliveries = office.store.deliveries(100).await.expect("it answers");
        first_digest = first_digest.or(deliveries.last().map(|delivery| delivery.digest));
        most_kept = most_kept.max(deliveries.len());
    }
    let queue = office.store.queue().await.expect("it answers");
    assert!(queue.sent > 40 && most_kept < 30, "{} sent, {most_kept} kept", queue.sent);
    // What came at once is not in the New Year's digest, though it came months before; and no
    // reader got anything twice.
    let of_anh: Vec<i64> = told.iter().take(2).flat_map(|(_, items)| items.clone()).collect();
    let of_binh = &told.iter().nth(2).expect("three subscriptions").1;
    for (items, all) in [(&of_anh, 30..=36), (of_binh, 35..=36)] {
        let different: BTreeSet<i64> = items.iter().copied().collect();
        assert_eq!(items.len(), different.len(), "{items:?}");
        assert!(all.contains(&items.len()), "{items:?}");
    }
    // The page of a digest goes with it; that of a young one is there.
    let deliveries = office.store.deliveries(1).await.expect("it answers");
    let page = page_of(&office, deliveries[0].digest).await;
    assert_eq!(get(&office, &page).await.0, StatusCode::OK);
    let first = first_digest.expect("there was one");
    assert!(office.store.digest(first).await.expect("it answers").is_none());
    assert_eq!(get(&office, &page_of(&office, first).await).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn p3_a_mail_that_a_digest_left_news_out_for_is_kept_until_that_is_settled() {
    // No digests were made for two months.
    let office = left_out_for_a_mail("UPDATE delivery SET state = 'sent'").await;
    let all = office.store.deliveries(9).await.expect("it answers");
    let at_once = all.last().and_then(|delivery| delivery.subscription).expect("the first mail");
    let (by, now) = (bantin_store::ActionChannel::Web, office.clock.now());
    assert!(office.store.end_subscription(at_once, by, now).await.expect("the store answers"));
    office.pass(TimeDelta::days(60)).await;
    tidied(&office).await;
    office.publish().await;
    assert_eq!(office.store.deliveries(9).await.expect("it answers"), all, "no mail for it");
    // With the next digest it is settled, and after that the mail may go.
    tidied(&office).await;
    let left = office.store.deliveries(9).await.expect("it answers");
    assert_eq!(left, all[..1], "the latest mail of the subscription that there is");
}

/// The first mail about the item came back, and is kept for that.
#[tokio::test]
async fn p3_a_mail_that_told_of_a_correction_is_kept_as_long_as_the_one_before_it() {
    let office = Office::open().await;
    let mut last = DeliveryId(0);
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "30 7 * * *").await;
    let morning = async |articles: &[Article], last: &mut DeliveryId| {
        office.publish_articles(articles);
        office.poll_now().await;
        office.pass(TimeDelta::days(1)).await;
        let told = told_since(&office, last).await.len();
        let newest = office.store.deliveries(1).await.expect("the store answers").remove(0);
        let digest = office.store.digest(newest.digest).await.expect("it answers").expect("kept");
        (told, in_short(&digest))
    };
    let told = morning(&[Article::new(2)], &mut last).await;
    assert_eq!(told, (1, "2".to_owned()));
    office
        .lay_hands_on_the_store(
            "INSERT INTO bounce (at, delivery, subscriber, kind, reason) \
             SELECT changed_at, id, subscriber, 'soft', 'full' FROM delivery",
        )
        .await;
    let corrected = |text: &str| Article::new(2).title(text);
    let told = morning(&[corrected("Tin số 2 (đính chính)"), Article::new(3)], &mut last).await;
    assert_eq!(told, (1, "3 | revised: 2".to_owned()));
    let told = morning(&[corrected("Tin số 2 (đính chính)"), Article::new(4)], &mut last).await;
    assert_eq!(told, (1, "4".to_owned()));
    // Quiet weeks, so that the next digest is not late.
    office.pass(TimeDelta::days(40)).await;
    assert_eq!(told_since(&office, &mut last).await, []);
    let told = morning(&[corrected("Tin số 2 (lại sửa)"), Article::new(5)], &mut last).await;
    assert_eq!(told, (1, "5".to_owned()), "once was enough");
}

async fn web(office: &Office) -> (Web, LinkTokens) {
    let tokens = LinkTokens::new(office.store.secret().await.expect("the store answers"));
    let site = Site {
        title: "Bản tin".into(),
        public_url: "https://tin.example.vn/".parse().expect("a URL"),
        lang: Lang::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
    };
    (Web::new(office.store.clone(), office.clock.clone(), tokens.clone(), site), tokens)
}

/// The path of a digest's page.
async fn page_of(office: &Office, digest: DigestId) -> String {
    let (_, tokens) = web(office).await;
    let site: Url = "https://tin.example.vn/".parse().expect("a URL");
    let address = tokens.digest_address(&site, digest);
    address.strip_prefix("https://tin.example.vn").expect("it begins so").to_owned()
}

async fn get(office: &Office, path: &str) -> (StatusCode, String, axum::http::HeaderMap) {
    let (web, _) = web(office).await;
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = web.router().oneshot(request).await.expect("the router answers");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status, String::from_utf8(body.to_vec()).expect("UTF-8"), head.headers)
}

#[tokio::test]
async fn a_digests_page_is_for_everybody_who_has_its_address_and_holds_nobodys_links() {
    let office = Office::open().await;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "at once").await;
    office.publish_articles(&[Article::new(1), Article::new(2).title("Tin <b>số</b> 2 & \"hai\"")]);
    office.poll_now().await;
    let mails = office.mails().await;
    assert_eq!(mails.len(), 1);
    let delivery = office.store.deliveries(1).await.expect("it answers").remove(0);
    let path = page_of(&office, delivery.digest).await;
    let (status, page, headers) = get(&office, &path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Tin số 2 &amp; &quot;hai&quot;</a>"), "{page}");
    for none in [MARK_STEM, "unsubscribe", "preferences", " style=\"", "<table", "Đọc trên web"]
    {
        assert!(!page.contains(none), "{none} in {page}");
    }
    assert_eq!(page.matches("<h1").count(), 1, "{page}");
    let policy = headers["content-security-policy"].to_str().expect("ASCII");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(headers["x-robots-tag"], "noindex");
    // A token of another kind, of another digest, or an unknown one.
    let (_, tokens) = web(&office).await;
    let leave = tokens.leave(delivery.subscription.expect("a subscription"));
    let mut forged = path.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    let none = page_of(&office, DigestId(999)).await;
    for path in [format!("/digests/{leave}"), forged, none, "/digests/1".to_owned()] {
        assert_eq!(get(&office, &path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn p8_a_digests_page_shows_our_copies_of_pictures_though_its_mail_names_the_portals() {
    let office = Office::with_pictures().await;
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([640_u32.to_be_bytes(), 480_u32.to_be_bytes()].concat());
    office.portal.on("/a.png?x=1&y=2", Answer::bytes(png).header("Content-Type", "image/png"));
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "at once").await;
    let pictured =
        Article::new(2).text("<img src=\"/a.png?x=1&amp;y=2\" alt=\"Cầu mới\">Một đoạn văn.");
    office.publish_articles(&[Article::new(1), pictured]);
    office.poll_now().await;
    assert_eq!(office.mails().await.len(), 1);
    let digest = office.store.deliveries(1).await.expect("it answers").remove(0).digest;
    let mail = office.store.digest(digest).await.expect("it answers").expect("it is there").html;
    assert_eq!(mail.matches("/a.png?").count(), 1, "{mail}");
    let foreign = office.portal.url("/a.png").to_string();
    let path = page_of(&office, digest).await;
    let (_, page, headers) = get(&office, &path).await;
    assert!(!page.contains("<img") && !page.contains(&foreign), "{page}");
    assert!(page.contains("Một đoạn văn."), "{page}");
    let policy = headers["content-security-policy"].to_str().expect("ASCII");
    assert!(policy.contains("img-src 'self';"), "{policy}");
    let settings = FetchSettings { spacing: std::time::Duration::ZERO, ..FetchSettings::default() };
    let fetcher = Fetcher::new(settings, office.clock.clone()).expect("a fetcher");
    let mut job = PictureFetcher::new(office.store.clone(), fetcher, office.clock.clone());
    assert_eq!(job.want(Vec::new()).await.expect("wanted"), 1);
    assert!(job.fetch_next().await.expect("the store answers"));
    let (_, page, _) = get(&office, &path).await;
    assert_eq!(page.matches("<img src=\"/pictures/").count(), 1, "{page}");
    assert!(page.contains("alt=\"\" width=\"640\" height=\"480\""), "{page}");
    assert!(!page.contains(&foreign), "{page}");
}

#[tokio::test]
async fn a_preview_says_what_would_be_sent_and_sends_nothing() {
    let office = Office::open().await;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    office.subscribe("anh@example.vn", "30 7 * * *").await;
    office.publish_articles(&articles(&[1, 2, 3]));
    office.poll_now().await;
    let publisher = Publisher::new(office.store.clone(), office.clock.clone());
    let mailer = paper(DigestSettings::default());
    let (subscriber, theirs) = office.store.subscribers().await.expect("it answers").remove(0);
    let member = Box::new((theirs[0].clone(), subscriber));
    let show = async |cursor| {
        let asked = PreviewRequest::Subscription(member.clone(), cursor);
        let preview = publisher.preview(&mailer, &asked).await.expect("it is shown");
        let preview = preview.expect("the feed is there");
        let subject = preview.digest.map(|digest| digest.subject);
        format!("{} | {}", short_decision(&preview.decision), subject.unwrap_or_default())
    };
    assert_eq!(show(None).await, "not before 00:30 | Tin hoạt động: 2 tin mới – 22/05/2020");
    let last = office.store.last_seq().await.expect("it answers");
    assert_eq!(show(Some(last)).await, "not before 00:30 | ");
    office.pass(TimeDelta::days(1)).await;
    assert_eq!(show(None).await, "2 items | Tin hoạt động: 2 tin mới – 23/05/2020");
    assert_eq!(show(Some(last)).await, "nothing new | ");
    let asked = |query: &str| PreviewRequest::Selection {
        selection: Selection::query(query),
        lang: Lang::En,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        cursor: 0,
    };
    let preview = publisher.preview(&mailer, &asked("\"tin số 3\"")).await.expect("it is shown");
    let digest = preview.expect("a query is always there").digest.expect("one item");
    assert_eq!((digest.subject.as_str(), digest.lang), ("Tin số 3", Lang::En));
    assert!(office.store.deliveries(9).await.expect("it answers").is_empty());
    assert_eq!(office.mails().await.len(), 1, "the real one is sent all the same");
}

/// The program itself, on a store with one item and one reader.
#[tokio::test]
async fn the_command_writes_the_mail_to_files_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}/bantin.db", folder.path().display());
    let config = format!(
        "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"{url}\"\n[mail]\n\
         transport = \"folder:{}/mail\"\nfrom = \"bantin@example.vn\"\n[[source]]\nid = \"so\"\nname = \"Sở\"\n\
         url = \"https://portal.example.vn/\"\n[[feed]]\nname = \"tin\"\ntitle = \"Tin\"\nquery = \"\"\n",
        folder.path().display()
    );
    let file = folder.path().join("config.toml");
    std::fs::write(&file, &config).expect("a file");
    let config = bantin::config::Config::from_text(&config, &file).expect("it is right");
    let store = bantin_store::Store::open(&url).await.expect("it opens");
    let now = bantin::clock::Clock::system().now();
    bantin::daemon::apply_sources(&store, &config, now).await.expect("they are kept");
    let selection = Selection::feed(FeedName::parse("tin").expect("a name"));
    let wanted = NewSubscription { selection, cadence: Cadence::AtOnce, when_empty: false };
    let (address, state) = ("anh@example.vn", SubscriberState::Active);
    let added = store.add_subscription(address, None, Lang::Vi, state, &wanted, now, now).await;
    let (_, subscription) = added.expect("it is added");
    let url = Url::parse("https://portal.example.vn/tin/1").expect("a URL");
    let key = ItemKey::of(&url);
    let row = Row {
        url,
        title: "Thông báo số 1".into(),
        published: Published::Unknown,
        lead: None,
        image: None,
        id: None,
        brought: None,
    };
    let source = SourceId::parse("so").expect("a name");
    let new = bantin_store::NewItem {
        id: ItemId::of(&source, &key),
        key,
        row,
        listed: String::new(),
        read: None,
        article: Default::default(),
    };
    let poll = bantin_store::PollRecord {
        source,
        at: now,
        health: Health::default(),
        next_at: now + TimeDelta::days(1),
        validators: None,
        rows_hash: None,
        complete: true,
        new: vec![new],
        standing: Standing::Open,
        looked_at: vec![],
        mending: Default::default(),
        notices: Vec::new(),
    };
    store.record_poll(&poll).await.expect("it is recorded");
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bantin"));
        let done = command.arg("preview").args(args).arg("--config").arg(&file).output();
        let done = done.expect("the program runs");
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        (done.status.code(), told + &String::from_utf8_lossy(&done.stderr))
    };
    let out = folder.path().join("xem");
    let (code, told) = run(&[address, "--out", out.to_str().expect("UTF-8")]);
    assert!(
        told.starts_with(&format!(
            "Subscription {subscription}: would be sent: 1 new; it is the first\n"
        )),
        "{told}"
    );
    assert_eq!(code, Some(0));
    let read = |ending: &str| {
        let name = format!("subscription-{subscription}.{ending}");
        std::fs::read_to_string(out.join(name)).expect("it is written")
    };
    assert!(
        read("html").contains("Thông báo số 1</a>") && read("txt").contains("* Thông báo số 1\n")
    );
    let mail = read("eml");
    assert!(
        mail.contains("\r\nTo: anh@example.vn\r\n") && mail.contains("List-Unsubscribe: <https://")
    );
    assert!(![read("html"), read("txt"), mail].iter().any(|text| text.contains(MARK_STEM)));
    assert_eq!(run(&[&subscription.to_string()]).0, Some(0));
    let (_, told) = run(&["--query", "thông báo"]);
    assert!(told.contains("would be sent: 1 new\n\nSubject: Thông báo số 1\n"), "{told}");
    let (_, told) = run(&["--feed", "tin", "--since", "2100-01-01"]);
    assert!(told.ends_with("would not be sent: nothing new\n"), "{told}");
    for wrong in
        [&["ai@example.vn"][..], &["999"], &["--feed", "khong-co"], &["--query", "\""], &[]]
    {
        assert_eq!(run(wrong).0, Some(2), "{wrong:?}");
    }
    assert!(store.deliveries(1).await.expect("it answers").is_empty(), "nothing is recorded");
    store.close().await;
}

fn short_decision(decision: &bantin_model::digest::DigestDecision) -> String {
    use bantin_model::digest::DigestDecision::*;
    match decision {
        Publish(items) => format!("{} items", items.len()),
        SayEmpty => "empty".to_owned(),
        NothingNew => "nothing new".to_owned(),
        NotBefore(due) => format!("not before {}", due.format("%H:%M")),
    }
}

// How it looks

fn settings(digest: DigestSettings) -> MailSettings {
    MailSettings {
        transport: Transport::Folder("/nowhere".into()),
        from: "Bản tin <bantin@example.vn>".into(),
        reply_to: None,
        admin: None,
        public_url: "https://tin.example.vn/".parse().expect("a URL"),
        digest,
        lang: Lang::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        dkim: Vec::new(),
        rates: RateLimits::default(),
        bounces: None,
    }
}

/// A mailer that sends nothing.
fn paper(digest: DigestSettings) -> Mailer {
    Mailer::new(settings(digest)).expect("settings that fit")
}

fn item(seq: i64) -> Item {
    let at: DateTime<Utc> = "2020-05-22T01:00:00Z".parse().expect("a time");
    Item {
        id: ItemId(uuid::Uuid::from_u128(seq as u128)),
        seq,
        source: SourceId::parse("so").expect("a name"),
        url: format!("https://portal.example.vn/chi-tiet-bai-viet/-/tin-hoat-dong-cua-so/{seq}"),
        title: format!(
            "Hội nghị trực tuyến toàn tỉnh lần thứ {seq} về chuyển đổi số, bảo đảm an toàn thông tin mạng"
        ),
        published: Published::On(NaiveDate::from_ymd_opt(2020, 5, 21).expect("a day")),
        updated: None,
        byline: None,
        section: Some(format!("Mục {}", seq % 3)),
        lead: Some("Sáng nay, Sở Thông tin và Truyền thông tổ chức hội nghị. ".repeat(10)),
        content_html: CleanHtml::default(),
        content_text: String::new(),
        images: vec![Image {
            url: format!("https://portal.example.vn/anh/{seq}.jpg"),
            caption: None,
        }],
        attachments: Vec::new(),
        refs: Vec::new(),
        lang: None,
        standing: Standing::Open,
        first_seen: at,
        changed_at: at,
        sort_at: at,
        revision: 0,
        reader: 0,
        feed_updated: None,
    }
}

fn composed(items: &[Item], images: bool) -> ComposedDigest {
    let revised: Vec<&Item> = items.iter().take(2).collect();
    compose(
        items,
        &DigestInputs {
            title: "Tin hoạt động",
            lang: Lang::Vi,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
            now: "2020-05-22T02:30:00Z".parse().expect("a time"),
            source_name: &|_| "Sở Thông tin và Truyền thông".to_owned(),
            public_url: &"https://tin.example.vn/".parse().expect("a URL"),
            broken: &[],
            revised: &revised,
            older: 2,
            images,
        },
    )
}

#[test]
fn a_source_that_is_named_after_its_only_section_says_so_once() {
    let named = |seq, section: &str| Item { section: Some(section.to_owned()), ..item(seq) };
    let names = |items: &[Item]| -> Vec<Option<String>> {
        let digest = composed(items, false);
        digest.groups[0].sections.iter().map(|section| section.name.clone()).collect()
    };
    assert_eq!(names(&[named(1, "Truyền thông")]), [None]);
    assert_eq!(names(&[named(1, "Thông báo")]), [Some("Thông báo".to_owned())]);
    assert_eq!(
        names(&[named(1, "Truyền thông"), named(2, "Thông báo")]).iter().flatten().count(),
        2
    );
}

#[test]
fn p11_the_fullest_digest_is_short_enough_to_be_shown_whole() {
    let items: Vec<Item> = (1..=400).map(item).collect();
    for images in [false, true] {
        let mailer = paper(DigestSettings::default());
        let rendered = mailer.render(&composed(&items, images)).expect("templates that fit");
        // Gmail shows 102 KB.
        assert!(rendered.html.len() < 100_000, "{} bytes", rendered.html.len());
        assert!(rendered.html.contains("và 300 tin khác"));
    }
}

#[test]
fn the_text_part_reads_by_itself_with_short_lines_and_each_address_on_a_line_of_its_own() {
    let mailer = paper(DigestSettings {
        footer: Some("Sở Thông tin và Truyền thông\nSố 1 đường Hùng Vương".into()),
        ..DigestSettings::default()
    });
    let rendered = mailer.render(&composed(&[item(1), item(2)], false)).expect("they fit");
    for line in rendered.text.lines() {
        match line.find("://").is_some() || line.contains(MARK_STEM) {
            true => assert!(!line.trim().contains(' '), "{line}"),
            false => assert!(line.chars().count() <= 76, "{line}"),
        }
    }
    assert!(rendered.text.ends_with("\nSở Thông tin và Truyền thông\nSố 1 đường Hùng Vương\n"));
    assert!(rendered.html.contains("Sở Thông tin và Truyền thông<br>Số 1 đường Hùng Vương</p>"));
}

#[test]
fn pictures_come_only_where_the_admin_wants_them_and_always_with_a_text_for_those_who_do_not_see() {
    let mailer = paper(DigestSettings::default());
    let mut captioned = item(1);
    captioned.images[0].caption = Some("Toàn cảnh \"hội nghị\"".into());
    let mut script = item(2);
    script.images[0].url = "data:text/html,x".into();
    let items = [captioned, script, item(3)];
    let html = |images| mailer.render(&composed(&items, images)).expect("they fit").html;
    assert!(!html(false).contains("<img"));
    let shown = html(true);
    assert_eq!(shown.matches("<img ").count(), 2);
    assert!(shown.contains("alt=\"Toàn cảnh &quot;hội nghị&quot;\"") && shown.contains("alt=\"\""));
    assert!(!shown.contains("data:"));
}

#[test]
fn the_html_part_holds_what_mail_programs_and_screen_readers_need() {
    let mailer = paper(DigestSettings::default());
    let links = DigestLinks { own: "L".into(), preferences: "P".into(), page: "W".into() };
    let html = mailer.render(&composed(&[item(1), item(2)], true)).expect("they fit").html;
    let html = filled(&html, &links);
    for (what, times) in
        [("<html lang=\"vi\"", 1), ("<h1", 1), ("href=\"L\"", 1), ("href=\"P\"", 1)]
    {
        assert_eq!(html.matches(what).count(), times, "{what} in {html}");
    }
    assert_eq!(
        html.matches("<table").count(),
        html.matches("<table role=\"presentation\"").count()
    );
    for none in ["flex", "grid", "<script", "position:", "url(", MARK_STEM] {
        assert!(!html.contains(none), "{none} in {html}");
    }
    // Nothing is hidden but the line that lists of mails show.
    assert_eq!(html.matches("display:none").count(), 1);
    let mut level = 0;
    for (at, _) in html.match_indices("<h") {
        if let Some(next) = html[at + 2..].chars().next().and_then(|c| c.to_digit(10)) {
            assert!(next <= level + 1, "no level is skipped: {html}");
            level = next;
        }
    }
}

/// WCAG 2.2, relative luminance and contrast ratio.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let channel = |at: usize| {
            let c = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("hex")) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_stands_out_in_light_and_in_dark() {
    let mailer = paper(DigestSettings::default());
    let html = mailer.render(&composed(&[item(1)], false)).expect("they fit").html
        + &mailer.render_confirmation(Lang::Vi).expect("they fit").html;
    let colour = |before: &str| {
        let at = html.find(before).unwrap_or_else(|| panic!("{before} in {html}")) + before.len();
        html[at..at + 7].to_owned()
    };
    let dark = |class: &str, what: &str| colour(&format!("  .{class} {{ {what}: "));
    let paper_at_night = dark("card", "background-color");
    for (text, paper) in [
        (colour("line-height:1.5;color:"), colour("max-width:600px;background-color:")),
        (colour("font-size:14px;color:"), colour("max-width:600px;background-color:")),
        (colour("<a href=\"BANTINxOWNxPAGEx7f3a\" style=\"color:"), "#ffffff".to_owned()),
        ("#ffffff".to_owned(), colour("padding:12px 20px;background-color:")),
        (dark("ink", "color"), paper_at_night.clone()),
        (dark("quiet", "color"), paper_at_night.clone()),
        (colour("  .ink a, .link a { color: "), paper_at_night),
        (colour("!important; color: "), dark("ink a.button", "background-color")),
    ] {
        let ratio = contrast(&text, &paper);
        assert!(ratio >= 4.5, "{text} on {paper}: {ratio:.2}");
    }
}

#[track_caller]
fn check_templates(files: &[(&str, &str)], expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let digest =
        DigestSettings { templates: Some(folder.path().into()), ..DigestSettings::default() };
    let told = match Mailer::new(settings(digest)) {
        Ok(_) => String::new(),
        Err(error) => format!("{error:#}").replace(&format!("{}/", folder.path().display()), ""),
    };
    let told: Vec<&str> = told.lines().skip(1).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}\nis not\n{expected}");
    }
}

#[test]
fn templates_of_the_admins_own_are_tried_and_what_is_wrong_is_told_with_file_and_line() {
    let text = "{{ d.title }}\n{{ link }}\n";
    let html = "{% extends \"frame.html\" %}\n{% block body %}<h1>{{ d.title }}</h1>\n<a href=\"{{ link }}\">x</a>{% endblock %}";
    check_templates(&[], &[]);
    check_templates(&[("digest.txt", text), ("digest.html", html), (".digest.html.swp", "")], &[]);
    check_templates(
        &[("digest.html", "<p>\n{{ d.titel }}{{ link }}"), ("digest.txt", "x")],
        &["digest.html:2: undefined value", "digest.txt:1: nobody could leave"],
    );
    check_templates(
        &[("digest.html", "<p>\n{% if d %}"), ("tin.html", "x")],
        &[
            "digest.html:2: syntax error",
            "tin.html: there is no such template; there are frame.html, ",
        ],
    );
    check_templates(
        &[("digest.html", &html.replace("d.title }}", "d.title|safe }}"))],
        &["digest.html:2: foreign text gets into the mail as markup"],
    );
    check_templates(
        &[("frame.html", "<html>{{ subject }}</html>")],
        &["frame.html:1: nobody could leave", "frame.html:1: nobody could confirm"],
    );
    check_templates(&[("confirmation.txt", "x")], &["confirmation.txt:1: nobody could confirm"]);
    let digest = DigestSettings {
        templates: Some(Path::new("/nowhere").into()),
        ..DigestSettings::default()
    };
    let error = Mailer::new(settings(digest)).err().expect("no such folder");
    assert!(format!("{error:#}").starts_with("mail.templates: reading the folder /nowhere"));
}

#[test]
fn a_template_of_the_admins_own_makes_the_mail() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "{{ d.title|upper }}: {{ link }}\n";
    std::fs::write(folder.path().join("digest.txt"), text).expect("a file");
    let own = DigestSettings { templates: Some(folder.path().into()), ..DigestSettings::default() };
    let composed = composed(&[item(1)], false);
    let rendered = paper(own).render(&composed).expect("they fit");
    assert!(rendered.text.starts_with("TIN HOẠT ĐỘNG: BANTIN"), "{}", rendered.text);
    let shipped = paper(DigestSettings::default()).render(&composed).expect("they fit");
    assert_eq!(rendered.html, shipped.html);
}

/// Ten thousand readers, of whom every tenth knows half of it already.
#[tokio::test]
#[ignore = "takes a minute without optimisation"]
async fn many_readers_with_different_knowledge_share_two_digests() {
    let office = Office::open().await;
    office.publish_articles(&articles(&[1]));
    office.poll().await;
    let cadence = Cadence::Scheduled {
        schedule: Schedule::parse("30 7 * * *").expect("a schedule"),
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        days: DayRule::Every,
    };
    let now = office.clock.now();
    for n in 0..10_000 {
        let selection = Selection::feed(FeedName::parse("tin").expect("a name"));
        let wanted = NewSubscription { selection, cadence: cadence.clone(), when_empty: false };
        let address = format!("r{n}@example.vn");
        let next = cadence.next_after(now, &office.store.calendars()).expect("it fires");
        let state = SubscriberState::Active;
        let added =
            office.store.add_subscription(&address, None, Lang::Vi, state, &wanted, next, now);
        added.await.expect("it is added");
        if n % 10 == 0 {
            office.subscribe_to(&["so-chan"], &[], &address).await;
        }
    }
    office.publish_articles(&articles(&[1, 2, 3]));
    office.poll_now().await;
    office.publish().await;
    office.pass(TimeDelta::days(1)).await;
    let publisher = Publisher::new(office.store.clone(), office.clock.clone()).in_rounds_of(777);
    let published = publisher.publish_due(&paper(DigestSettings::default())).await;
    let expected = PublishRound { digests: 2, deliveries: 10_000, passed_over: 0 };
    assert_eq!(published.expect("digests are made"), expected);
}
