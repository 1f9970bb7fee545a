//! The store on its three engines: an SQLite file, SQLite in memory, PostgreSQL. One story runs every method on each; the
//! tests after it look at one promise each.

mod support;

use std::collections::{HashMap, HashSet};

use bantin::model::*;
use bantin::store::*;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tempfile::TempDir;

/// One engine, empty.
struct Engine {
    name: &'static str,
    url: String,
    _folder: Option<TempDir>,
}

/// Every engine this machine has; those that forget when they are closed only if asked for.
#[allow(dead_code)]
async fn engines(in_memory_too: bool) -> Vec<Engine> {
    let mut engines = vec![sqlite_file()];
    if in_memory_too {
        let url = "sqlite::memory:".to_owned();
        engines.push(Engine { name: "sqlite in memory", url, _folder: None });
    }
    engines.extend(postgres().await);
    engines
}

fn sqlite_file() -> Engine {
    let folder = TempDir::new().expect("a folder can be made");
    let url = format!("sqlite:{}/bantin.db", folder.path().display());
    Engine { name: "sqlite file", url, _folder: Some(folder) }
}

async fn postgres() -> Option<Engine> {
    let url = support::postgres::database().await?;
    Some(Engine { name: "postgres", url, _folder: None })
}

async fn open(engine: &Engine) -> Store {
    Store::open(&engine.url).await.expect(engine.name)
}

/// So many minutes after the story begins, on Friday 22 May 2020, 00:00 UTC.
fn at(minute: i64) -> DateTime<Utc> {
    "2020-05-22T00:00:00Z".parse::<DateTime<Utc>>().expect("a time") + TimeDelta::minutes(minute)
}

fn day(text: &str) -> Published {
    Published::On(text.parse::<NaiveDate>().expect("a day"))
}

fn source_id(id: &str) -> SourceId {
    SourceId::parse(id).expect("a name")
}

fn source(id: &str) -> Source {
    Source {
        id: source_id(id),
        name: format!("Nguồn {id}"),
        url: format!("https://{id}.example.gov.vn/tin").parse().expect("a URL"),
        pace: Pace::Adaptive,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        recipe: Recipe::default(),
        extra_ca: None,
        inside: vec![],
        max_new: 50,
        managed_by: ManagedBy::File,
    }
}

fn row(name: &str, title: &str, published: Published) -> Row {
    Row {
        url: format!("https://example.gov.vn/{name}.html").parse().expect("a URL"),
        title: title.to_owned(),
        published,
        lead: None,
        image: None,
    }
}

fn key(name: &str) -> ItemKey {
    ItemKey::stored(format!("example.gov.vn/{name}.html"))
}

fn item_id(source: &str, name: &str) -> ItemId {
    ItemId::of(&source_id(source), &key(name))
}

fn new_item(source: &str, name: &str, title: &str, published: Published) -> NewItem {
    NewItem {
        id: item_id(source, name),
        key: key(name),
        row: row(name, title, published),
        listed: title.to_owned(),
        read: None,
        article: ArticleSchedule::default(),
    }
}

fn article(title: &str, text: &str, published: Published) -> ArticleRead {
    ArticleRead {
        article: Article {
            title: Some(title.to_owned()),
            published,
            content_html: html(&format!("<p>{text}</p>")),
            content_text: text.to_owned(),
            ..Article::default()
        },
        validators: Validators { etag: Some("\"1\"".into()), last_modified: None },
    }
}

/// Stands for what `extract` has cleaned.
fn html(text: &str) -> CleanHtml {
    serde_json::from_value(text.into()).expect("a text")
}

fn looked_at(source: &str, name: &str) -> LookedAt {
    LookedAt { id: item_id(source, name), row: None, read: None, article: None }
}

fn poll(source: &str, minute: i64) -> PollRecord {
    PollRecord {
        source: source_id(source),
        at: at(minute),
        health: Health { last_poll: Some(at(minute)), rows: 3, ..Health::default() },
        next_at: at(minute + 15),
        validators: None,
        rows_hash: None,
        complete: true,
        new: vec![],
        standing: Standing::Open,
        looked_at: vec![],
    }
}

/// Polls that bring one new item each, with only a row.
async fn add_items(store: &Store, source: &str, names: &[&str]) {
    let new = names.iter().map(|name| new_item(source, name, name, Published::Unknown)).collect();
    store.record_poll(&PollRecord { new, ..poll(source, 0) }).await.expect("recorded");
}

#[allow(dead_code)]
async fn sync(store: &Store, ids: &[&str]) {
    let sources: Vec<Source> = ids.iter().map(|id| source(id)).collect();
    store.sync_sources(&sources, |_| at(0)).await.expect("synced");
}

fn titles(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.title.as_str()).collect()
}

fn feed(name: &str) -> Feed {
    Feed {
        name: FeedName::parse(name).expect("a name"),
        title: name.to_owned(),
        description: String::new(),
        query: "source:so-tttt".into(),
        lang: Lang::Vi,
        items: 20,
        days: 3,
    }
}

fn to_feed(name: &str, cadence: Cadence) -> NewSubscription {
    let selection = Selection::Feed(FeedName::parse(name).expect("a name"));
    NewSubscription { selection, cadence, when_empty: false }
}

/// 7:30 in Việt Nam is 0:30 UTC.
fn mornings() -> Cadence {
    Cadence::Scheduled {
        schedule: Schedule::parse("30 7 * * *").expect("a schedule"),
        zone: chrono_tz::Asia::Ho_Chi_Minh,
    }
}

async fn subscribe(
    store: &Store,
    address: &str,
    state: SubscriberState,
    wanted: &NewSubscription,
    next_at: DateTime<Utc>,
) -> (SubscriberId, SubscriptionId) {
    let added = store.add_subscription(address, None, Lang::Vi, state, wanted, next_at, at(0));
    let (subscriber, subscription) = added.await.expect("subscribed");
    (subscriber.id, subscription)
}

fn digest(subject: &str, items: &[i64]) -> NewDigest {
    NewDigest {
        kind: DigestKind::Items,
        lang: Lang::Vi,
        subject: subject.to_owned(),
        text: format!("Tin mới\n{}", bantin::model::digest::LINK_MARK),
        html: "<p>Tin mới</p>".into(),
        list: "tin".into(),
        composed_at: at(30),
        items: items.to_vec(),
    }
}

fn served(
    (subscriber, subscription): (SubscriberId, SubscriptionId),
    (from_cursor, to_cursor): (i64, i64),
    next_at: DateTime<Utc>,
) -> Served {
    Served {
        subscription,
        subscriber,
        from_cursor,
        to_cursor,
        next_at,
        message_id: format!("{subscription}.{to_cursor}@tin.example.gov.vn"),
    }
}

// ── The story ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn the_whole_story_on_a_file() {
    let engine = sqlite_file();
    the_story(&open(&engine).await).await;
}

#[tokio::test]
async fn the_whole_story_in_memory() {
    the_story(&Store::open("sqlite::memory:").await.expect("opened")).await;
}

#[tokio::test]
async fn the_whole_story_on_postgres() {
    if let Some(engine) = postgres().await {
        the_story(&open(&engine).await).await;
    }
}

/// A week of a small agency. Every method of the store has its moment in it.
async fn the_story(store: &Store) {
    store.ping().await.unwrap();
    let owner = store.own().await.unwrap().expect("nobody else is here");
    assert!(owner.still_owns().await);
    assert!(store.own().await.unwrap().is_none(), "one owner at a time");
    assert_eq!(store.secret().await.unwrap(), store.secret().await.unwrap());
    assert_ne!(store.secret().await.unwrap(), [0; 32]);
    let versions = vec![store.version().await.unwrap()];
    let subscribers = story_of_sources_and_items(store, versions).await;
    story_of_digests(store, subscribers).await;
    drop(owner);
    store.close().await;
    assert!(store.ping().await.is_err(), "a closed store answers nothing");
}

async fn story_of_sources_and_items(store: &Store, mut versions: Vec<i64>) -> i64 {
    let so = source_id("so-tttt");
    // Two sources, the second due a minute after the first.
    let both = [source("so-tttt"), source("bao-tinh")];
    store.sync_sources(&both, |n| at(i64::try_from(n).unwrap())).await.unwrap();
    versions.push(store.version().await.unwrap());
    store.sync_sources(&both, |_| at(500)).await.unwrap();
    let states = store.sources().await.unwrap();
    assert_eq!(
        states.iter().map(|s| s.source.clone()).collect::<Vec<_>>(),
        [both[1].clone(), both[0].clone()]
    );
    assert_eq!(states[1].next_at, at(0), "nothing changed, nothing moved");
    assert!(!states[0].polled_before && states[0].validators.is_none());
    assert_eq!(store.next_poll_at().await.unwrap(), Some(at(0)));

    // Claiming: due ones only, each once.
    let claimed = store.claim_due_sources(at(0), at(5), 10).await.unwrap();
    assert_eq!(claimed.iter().map(|s| s.source.id.as_str()).collect::<Vec<_>>(), ["so-tttt"]);
    assert!(store.claim_due_sources(at(0), at(5), 10).await.unwrap().is_empty());
    assert!(store.claim_source(&so, at(1), at(6)).await.unwrap().is_none(), "leased");
    assert!(store.claim_source(&so, at(5), at(10)).await.unwrap().is_some(), "the lease is over");
    store.keep_lease(&so, at(20)).await.unwrap();
    assert!(store.claim_source(&so, at(10), at(20)).await.unwrap().is_none(), "prolonged");
    store.free_source(&so).await.unwrap();
    store.keep_lease(&so, at(99)).await.unwrap();
    assert!(
        store.claim_source(&so, at(10), at(20)).await.unwrap().is_some(),
        "a free one stays free"
    );
    assert!(store.claim_source(&source_id("nobody"), at(10), at(20)).await.unwrap().is_none());

    // The first poll: a backlog of two, one with its article.
    let mut read = new_item("so-tttt", "a", "Tin A", day("2020-05-20"));
    let mut of_a = article("Tin A đầy đủ", "Nội dung A", Published::At(at(-2000)));
    of_a.article.attachments = vec![Attachment {
        url: "https://example.gov.vn/a.pdf".into(),
        title: "Công văn".into(),
        media_type: "application/pdf".into(),
        length: Some(1234),
    }];
    of_a.article.byline = Some("Lan".into());
    read.read = Some(of_a.clone());
    read.article.next_at = Some(at(60));
    let mut unread = new_item("so-tttt", "b", "Tin B", day("2020-05-21"));
    unread.row.lead = Some("Tóm tắt B".into());
    unread.row.image = Some("https://example.gov.vn/b.jpg".into());
    unread.article = ArticleSchedule { next_at: Some(at(30)), tries: 1 };
    let validators = Validators { etag: Some("W/\"x\"".into()), last_modified: None };
    let first = PollRecord {
        new: vec![read, unread],
        standing: Standing::Backlog,
        validators: Some(validators.clone()),
        rows_hash: Some("h1".into()),
        ..poll("so-tttt", 10)
    };
    assert_eq!(store.record_poll(&first).await.unwrap(), Recorded { new: 2, revised: 0 });
    assert_eq!(store.record_poll(&first).await.unwrap(), Recorded::default(), "known already");
    versions.push(store.version().await.unwrap());
    let state = store.source(&so).await.unwrap().unwrap();
    assert_eq!((state.validators, state.rows_hash), (Some(validators), Some("h1".into())));
    assert_eq!((state.polled_before, state.next_at), (true, at(25)));
    assert_eq!(state.health, first.health);
    assert_eq!((store.last_seq().await.unwrap(), store.item_count().await.unwrap()), (2, 2));
    let a = store.item(item_id("so-tttt", "a")).await.unwrap().unwrap();
    assert_eq!(
        (a.title.as_str(), a.published, a.sort_at),
        ("Tin A đầy đủ", Published::At(at(-2000)), at(-2000))
    );
    assert_eq!((&a.attachments, &a.byline), (&of_a.article.attachments, &of_a.article.byline));
    let b = store.item(item_id("so-tttt", "b")).await.unwrap().unwrap();
    // The first minute of 21 May in Việt Nam is 17:00 on the 20th, UTC: 31 hours before at(0).
    assert_eq!((b.seq, b.sort_at, b.standing), (2, at(-31 * 60), Standing::Backlog));
    assert_eq!(
        (b.lead.as_deref(), b.images[0].url.as_str()),
        (Some("Tóm tắt B"), "https://example.gov.vn/b.jpg")
    );
    let known = store.known_items(&so, &[key("a"), key("z")]).await.unwrap();
    let expected = KnownItem { id: a.id, listed: "Tin A".into() };
    assert_eq!(known, HashMap::from([(key("a"), expected)]));

    // Articles fall due; the one never read comes first although the other is due longer.
    let due = store.articles_due(&so, at(60), 9).await.unwrap();
    assert_eq!(
        due.iter().map(|d| (d.item.title.as_str(), d.tries, d.read)).collect::<Vec<_>>(),
        [("Tin B", 1, false), ("Tin A đầy đủ", 0, true)]
    );
    assert_eq!(due[1].validators, of_a.validators);
    assert!(store.articles_due(&so, at(29), 9).await.unwrap().is_empty());

    // B's article completes it; A's article was edited.
    let edit = article("Tin A đầy đủ", "Nội dung A, đã sửa", Published::At(at(-2000)));
    let done = Some(ArticleSchedule::default());
    let second = PollRecord {
        looked_at: vec![
            LookedAt {
                read: Some(article("Tin B đầy đủ", "Nội dung B", day("2020-05-21"))),
                article: done.clone(),
                ..looked_at("so-tttt", "b")
            },
            LookedAt { read: Some(edit), article: done, ..looked_at("so-tttt", "a") },
        ],
        new: vec![
            new_item("so-tttt", "c", "Tin C", day("2020-05-22")),
            new_item("so-tttt", "d", "Tin D", Published::Unknown),
        ],
        ..poll("so-tttt", 60)
    };
    assert_eq!(store.record_poll(&second).await.unwrap(), Recorded { new: 2, revised: 1 });
    versions.push(store.version().await.unwrap());
    let b = store.item(b.id).await.unwrap().unwrap();
    assert_eq!((b.title.as_str(), b.revision, b.changed_at), ("Tin B đầy đủ", 0, at(60)));
    assert_eq!(b.lead.as_deref(), Some("Tóm tắt B"), "where the article is silent the row speaks");
    let revisions = store.revisions(a.id).await.unwrap();
    let kept = Revision {
        number: 0,
        at: at(60),
        title: a.title.clone(),
        lead: None,
        content_html: a.content_html,
    };
    assert_eq!(revisions, [kept]);
    assert!(store.articles_due(&so, at(9999), 9).await.unwrap().is_empty());
    assert_eq!(store.recent_arrivals(&so, 5).await.unwrap(), [at(60), at(60)]);

    // Too many at once: held, then let go.
    let flood = PollRecord {
        new: vec![new_item("bao-tinh", "x", "Tin X", Published::Unknown)],
        standing: Standing::Held,
        ..poll("bao-tinh", 61)
    };
    store.record_poll(&flood).await.unwrap();
    assert_eq!(
        titles(&store.newest_items(None, None, 9).await.unwrap()),
        ["Tin D", "Tin C", "Tin B đầy đủ", "Tin A đầy đủ"]
    );
    assert_eq!(store.release_held(&source_id("bao-tinh"), at(62)).await.unwrap(), 1);
    assert_eq!(store.release_held(&source_id("bao-tinh"), at(62)).await.unwrap(), 0);
    versions.push(store.version().await.unwrap());

    // What feeds, pages and digests ask.
    let all = store.newest_items(None, None, 9).await.unwrap();
    assert_eq!(titles(&all), ["Tin X", "Tin D", "Tin C", "Tin B đầy đủ", "Tin A đầy đủ"]);
    let after = Some((all[1].sort_at, all[1].seq));
    assert_eq!(
        titles(&store.newest_items(None, after, 2).await.unwrap()),
        ["Tin C", "Tin B đầy đủ"]
    );
    let of_so = [so.clone()];
    let of_both = [so.clone(), source_id("bao-tinh"), so.clone()];
    assert_eq!(
        titles(&store.newest_items(Some(&of_so), after, 9).await.unwrap()),
        ["Tin C", "Tin B đầy đủ", "Tin A đầy đủ"]
    );
    assert_eq!(
        titles(&store.newest_items(Some(&of_both), None, 3).await.unwrap()),
        ["Tin X", "Tin D", "Tin C"]
    );
    assert!(store.newest_items(Some(&[]), None, 3).await.unwrap().is_empty());
    assert_eq!(
        titles(&store.items_since(None, at(-1900), 9).await.unwrap()),
        ["Tin X", "Tin D", "Tin C", "Tin B đầy đủ"]
    );
    assert_eq!(
        titles(&store.items_since(Some(&of_so), at(60), 9).await.unwrap()),
        ["Tin D", "Tin C"]
    );
    assert_eq!(
        titles(&store.items_after(0, 9).await.unwrap()),
        ["Tin C", "Tin D"],
        "backlog is in no digest"
    );
    assert_eq!(titles(&store.items_after(3, 9).await.unwrap()), ["Tin D"]);

    // The admin asks for a poll.
    assert!(store.poll_now(&so, at(70)).await.unwrap());
    assert!(!store.poll_now(&source_id("nobody"), at(70)).await.unwrap());
    assert_eq!(store.source(&so).await.unwrap().unwrap().next_at, at(70));
    assert_eq!(store.articles_due(&so, at(70), 9).await.unwrap().len(), 4);

    // The config changes: another recipe for one, the other is gone with its items kept.
    let mut changed = source("so-tttt");
    changed.recipe.listing.item = Some("li.tin".into());
    changed.pace = Pace::Cron(Schedule::parse("*/15 6-20 * * *").expect("a schedule"));
    store.sync_sources(std::slice::from_ref(&changed), |_| at(65)).await.unwrap();
    versions.push(store.version().await.unwrap());
    let state = store.source(&so).await.unwrap().unwrap();
    assert_eq!((&state.source, state.next_at), (&changed, at(65)), "the earlier of both");
    assert_eq!((state.validators, state.rows_hash, state.polled_before), (None, None, true));
    assert_eq!(store.sources().await.unwrap().len(), 1);
    assert_eq!(store.claim_due_sources(at(9999), at(9999), 9).await.unwrap().len(), 1);
    store.free_source(&so).await.unwrap();
    assert_eq!(store.item_count().await.unwrap(), 5);

    // Feeds.
    let feeds = [feed("tin-hoat-dong"), feed("tat-ca")];
    store.sync_feeds(&feeds).await.unwrap();
    versions.push(store.version().await.unwrap());
    store.sync_feeds(&feeds).await.unwrap();
    assert_eq!(
        store.version().await.unwrap(),
        *versions.last().unwrap(),
        "the same feeds are no change"
    );
    assert_eq!(store.feeds().await.unwrap(), feeds);
    assert_eq!(store.feed(&feeds[1].name).await.unwrap().as_ref(), Some(&feeds[1]));
    assert_eq!(store.feed(&FeedName::parse("none").unwrap()).await.unwrap(), None);
    assert!(versions.is_sorted_by(|a, b| a < b), "each change was seen: {versions:?}");
    store.last_seq().await.unwrap()
}

async fn story_of_digests(store: &Store, last: i64) {
    // Lan asks for two subscriptions and confirms; Minh is added by the admin.
    let once = to_feed("tat-ca", Cadence::AtOnce);
    let daily = NewSubscription { when_empty: true, ..to_feed("tat-ca", mornings()) };
    let lan = subscribe(store, "lan@example.vn", SubscriberState::Pending, &once, at(0)).await;
    let lan_daily =
        subscribe(store, "LAN@example.vn", SubscriberState::Pending, &daily, at(30)).await;
    assert_eq!(lan.0, lan_daily.0, "one mailbox, one subscriber");
    assert_eq!(
        subscribe(store, "lan@example.vn", SubscriberState::Pending, &once, at(0)).await,
        lan
    );
    let minh = subscribe(store, "minh@example.vn", SubscriberState::Active, &once, at(0)).await;
    assert_eq!(store.subscriber(lan.0).await.unwrap().unwrap().state, SubscriberState::Pending);
    assert_eq!(store.subscriber_by_address("Lan@example.vn").await.unwrap().unwrap().id, lan.0);
    assert!(store.subscriber_by_address("ai@example.vn").await.unwrap().is_none());
    let subscribers = store.subscribers().await.unwrap();
    assert_eq!(
        subscribers
            .iter()
            .map(|(s, subscriptions)| (s.id, subscriptions.len()))
            .collect::<Vec<_>>(),
        [(lan.0, 2), (minh.0, 1)]
    );
    assert_eq!(store.subscription(lan_daily.1).await.unwrap().as_ref(), subscribers[0].1.last());
    assert_eq!(subscribers[0].1[1].cursor, last, "nothing from before is mailed");
    assert_eq!(store.next_digest_at().await.unwrap(), None, "Lan has not confirmed");

    // The mail that asks Lan to confirm.
    let asking =
        NewDigest { kind: DigestKind::Confirmation, items: vec![], ..digest("Xác nhận", &[]) };
    let letter = store.record_letter(&asking, lan.0, "c1@tin.example.gov.vn").await.unwrap();
    assert_eq!(store.next_delivery_at().await.unwrap(), Some(at(30)));
    let out = store.claim_deliveries(at(30), 9).await.unwrap();
    assert_eq!((out.len(), out[0].digest.id, out[0].delivery.subscription), (1, letter, None));
    assert_eq!((out[0].delivery.state, out[0].delivery.attempts), (DeliveryState::Sending, 1));
    store
        .record_replies(&[(out[0].delivery.id, Outcome::Sent, "250 ok".into())], at(31))
        .await
        .unwrap();

    // Confirmed later in the morning: the hour that passed meanwhile is not made up for.
    add_items(store, "so-tttt", &["e"]).await;
    assert!(store.confirm_subscriber(lan.0, at(40)).await.unwrap());
    assert!(!store.confirm_subscriber(lan.0, at(41)).await.unwrap());
    assert_eq!(store.subscription(lan.1).await.unwrap().unwrap().cursor, last + 1);
    assert_eq!(store.next_digest_at().await.unwrap(), Some(at(24 * 60 + 30)));

    // Something happens; two are due at once, and Lan's daily one in the morning.
    add_items(store, "so-tttt", &["f", "g"]).await;
    let due = store.due_subscriptions(at(45), 9).await.unwrap();
    assert_eq!(due.iter().map(|(s, p)| (p.id, s.id)).collect::<Vec<_>>(), [minh, lan], "by cursor");
    let due = store.due_subscriptions(at(24 * 60 + 30), 9).await.unwrap();
    assert_eq!(due.len(), 3);
    assert_eq!(store.due_subscriptions(at(45), 1).await.unwrap().len(), 1);
    let news = digest("3 tin mới", &[last + 1, last + 2, last + 3]);
    let both = [served(minh, (last, last + 3), at(45)), served(lan, (last + 1, last + 3), at(45))];
    let written = store.record_digest(&news, &both).await.unwrap().expect("two are served");
    let kept = store.digest(written).await.unwrap().unwrap();
    assert_eq!(
        (kept.subject.as_str(), &kept.items, kept.composed_at),
        ("3 tin mới", &news.items, at(30))
    );
    assert_eq!(store.record_digest(&news, &both).await.unwrap(), None, "served already");
    assert!(store.digest(DigestId(written.0 + 1)).await.unwrap().is_none(), "and nothing written");
    assert!(store.due_subscriptions(at(45), 9).await.unwrap().is_empty());

    // In the morning there is nothing for Lan; the second hand to say so comes too late.
    let tomorrow = at(48 * 60 + 30);
    store.pass_over(&[served(lan_daily, (last + 1, last + 3), tomorrow)]).await.unwrap();
    store.pass_over(&[served(lan_daily, (last + 1, last + 9), at(0))]).await.unwrap();
    let moved = store.subscription(lan_daily.1).await.unwrap().unwrap();
    assert_eq!((moved.cursor, moved.next_at), (last + 3, tomorrow));

    // Mails: one goes, one waits, one hold comes and goes.
    let out = store.claim_deliveries(at(46), 9).await.unwrap();
    let addresses: HashSet<&str> = out.iter().map(|o| o.subscriber.address.as_str()).collect();
    assert_eq!(addresses, HashSet::from(["lan@example.vn", "minh@example.vn"]));
    assert!(store.claim_deliveries(at(46), 9).await.unwrap().is_empty(), "each once");
    let later = Outcome::Later(at(60));
    let replies = [
        (out[0].delivery.id, Outcome::Sent, "250".into()),
        (out[1].delivery.id, later, "451 mailbox busy".into()),
    ];
    store.record_replies(&replies, at(47)).await.unwrap();
    assert_eq!(
        store.queue().await.unwrap(),
        QueueCounts { waiting: 1, sent: 2, ..QueueCounts::default() }
    );
    assert_eq!(store.next_delivery_at().await.unwrap(), Some(at(60)));
    let newest = store.deliveries(2).await.unwrap();
    assert_eq!(
        newest.iter().map(|d| d.id).collect::<Vec<_>>(),
        [out[1].delivery.id, out[0].delivery.id]
    );
    assert_eq!(newest[0].reply.as_deref(), Some("451 mailbox busy"));
    assert_eq!(store.hold().await.unwrap(), None);
    for reason in ["535 5.7.8", "certificate expired"] {
        let hold = Hold { reason: reason.into(), since: at(47), until: at(52) };
        store.set_hold(Some(&hold)).await.unwrap();
        assert_eq!(store.hold().await.unwrap(), Some(hold));
    }
    store.set_hold(None).await.unwrap();
    assert_eq!(store.hold().await.unwrap(), None);

    // Leaving: one subscription, then the rest.
    assert!(store.end_subscription(lan.1, at(50)).await.unwrap());
    assert!(!store.end_subscription(lan.1, at(51)).await.unwrap(), "twice does no harm");
    assert_eq!(store.subscription(lan.1).await.unwrap(), None);
    assert_eq!(store.subscriber(lan.0).await.unwrap().unwrap().state, SubscriberState::Active);
    assert!(store.end_subscription(lan_daily.1, at(52)).await.unwrap());
    assert_eq!(store.subscriber(lan.0).await.unwrap().unwrap().state, SubscriberState::Left);
    assert!(store.remove_subscriber(minh.0, at(53)).await.unwrap());
    assert!(!store.remove_subscriber(minh.0, at(54)).await.unwrap());
    assert!(!store.remove_subscriber(SubscriberId(9999), at(54)).await.unwrap());
    assert_eq!(
        store.queue().await.unwrap(),
        QueueCounts { given_up: 1, sent: 2, ..QueueCounts::default() }
    );
    assert_eq!(store.next_delivery_at().await.unwrap(), None);
}

/// The story is only worth its name while it runs every method there is.
#[test]
fn the_story_runs_every_method_of_the_store() {
    let story = include_str!("store_story.rs");
    let (_, story) = story.split_once("async fn subscribe(").expect("the story begins here");
    let (story, _) = story.split_once("fn the_story_runs_every").expect("and ends here");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store");
    let mut methods = Vec::new();
    for file in std::fs::read_dir(folder).expect("the store's files") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("its text");
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("    pub async fn ") {
                methods.extend(rest.split(['(', '<']).next().map(str::to_owned));
            }
        }
    }
    // `open` stands before the story begins; the rest of these are the inner words of `store::sql`.
    methods.retain(|method| {
        !["open", "begin", "all", "one", "run", "write", "commit", "bump_version"]
            .contains(&method.as_str())
    });
    assert!(methods.len() > 50, "only {} methods were found", methods.len());
    let missing: Vec<&String> =
        methods.iter().filter(|method| !story.contains(&format!(".{method}("))).collect();
    assert!(missing.is_empty(), "the story leaves out {missing:?}");
}
