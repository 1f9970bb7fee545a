//! The store on its three engines: an SQLite file, SQLite in memory, PostgreSQL. One story runs every method on each; the
//! tests after it look at one promise each.
#![allow(clippy::unwrap_used, reason = "a test may fail by unwrapping, its helpers too")]

mod support;

use std::collections::{HashMap, HashSet};

use bantin_extract::OlderPageRequest;
use bantin_model::query::Query;
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use support::made;
use tempfile::TempDir;

/// One engine, empty.
struct Engine {
    name: &'static str,
    url: String,
    _folder: Option<TempDir>,
}

/// Every engine this machine has; those that forget when they are closed only if asked for.
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
    made::source(id, &format!("Nguồn {id}"), &format!("https://{id}.example.gov.vn/tin"))
}

fn row(name: &str, title: &str, published: Published) -> Row {
    Row {
        url: format!("https://example.gov.vn/{name}.html").parse().expect("a URL"),
        title: title.to_owned(),
        published,
        lead: None,
        image: None,
        id: None,
        brought: None,
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
            lang: Some("vi".into()),
            ..Article::default()
        },
        validators: Validators { etag: Some("\"1\"".into()), ..Validators::default() },
        ..ArticleRead::default()
    }
}

/// Takes the place of what `extract` has cleaned.
fn html(text: &str) -> CleanHtml {
    serde_json::from_value(text.into()).expect("a text")
}

fn looked_at(source: &str, name: &str) -> RevisitedItem {
    RevisitedItem {
        id: item_id(source, name),
        row: None,
        read: None,
        article: None,
        difference: DifferenceCause::Edit,
    }
}

fn notes(now: DateTime<Utc>) -> HostNotes {
    let silent = vec![("https://example.gov.vn/a".to_owned(), now + TimeDelta::hours(1))];
    let (name, silent) = ("example.gov.vn".to_owned(), Some(silent));
    let robots = RobotsNote {
        origin: "https://example.gov.vn".to_owned(),
        until: now + TimeDelta::hours(24),
        rules: "{}".to_owned(),
    };
    HostNotes { hosts: vec![HostNote { name, asked_at: Some(now), silent }], robots: vec![robots] }
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
        mending: PollChanges::default(),
        notices: Vec::new(),
    }
}

/// Polls that bring one new item each, with only a row.
async fn add_items(store: &Store, source: &str, names: &[&str]) {
    let new = names.iter().map(|name| new_item(source, name, name, Published::Unknown)).collect();
    store.record_poll(&PollRecord { new, ..poll(source, 0) }).await.expect("recorded");
}

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
        private: false,
    }
}

fn to_feed(name: &str, cadence: Cadence) -> NewSubscription {
    let selection = Selection::feed(FeedName::parse(name).expect("a name"));
    NewSubscription { selection, cadence, when_empty: false }
}

/// 7:30 in Việt Nam is 0:30 UTC.
fn mornings() -> Cadence {
    Cadence::Scheduled {
        schedule: Schedule::parse("30 7 * * *").expect("a schedule"),
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        days: DayRule::Every,
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
        text: format!("Tin mới\n{}", bantin_model::digest::LINK_MARK),
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
) -> ServedSubscription {
    ServedSubscription {
        subscription,
        subscriber,
        from_cursor,
        to_cursor,
        next_at,
        at: at(30),
        message_id: format!("{subscription}.{to_cursor}@tin.example.gov.vn"),
        left_out: Vec::new(),
        settled: Vec::new(),
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
    let owner = store.take_ownership().await.unwrap().expect("nobody else is here");
    assert!(owner.still_owns().await);
    assert!(store.take_ownership().await.unwrap().is_none(), "one owner at a time");
    assert_eq!(store.secret().await.unwrap(), store.secret().await.unwrap());
    assert_ne!(store.secret().await.unwrap(), [0; 32]);
    let versions = vec![store.version().await.unwrap()];
    let subscribers = story_of_sources_and_items(store, versions).await;
    story_of_digests(store, subscribers).await;
    story_of_subscribing(store).await;
    story_of_the_hub(store).await;
    story_of_programs(store).await;
    story_of_figures(store).await;
    story_of_admins(store).await;
    story_of_feeds(store).await;
    story_of_pruning(store).await;
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
    store.release_source(&so).await.unwrap();
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
    let validators = Validators { etag: Some("W/\"x\"".into()), ..Validators::default() };
    let first = PollRecord {
        new: vec![read, unread],
        standing: Standing::Backlog,
        validators: Some(validators.clone()),
        rows_hash: Some("h1".into()),
        ..poll("so-tttt", 10)
    };
    assert_eq!(store.record_poll(&first).await.unwrap(), PollCounts { new: 2, revised: 0 });
    assert_eq!(store.record_poll(&first).await.unwrap(), PollCounts::default(), "known already");
    versions.push(store.version().await.unwrap());
    let nowhere = SourceId::parse("khong-co").unwrap();
    let configured = store.configured(vec![so.clone(), nowhere]).await.unwrap();
    assert_eq!(configured.iter().map(|source| &source.id).collect::<Vec<_>>(), [&so]);
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
    let expected = KnownItem { id: a.id, listed: "Tin A".into(), title: "Tin A".into() };
    assert_eq!(known, HashMap::from([(key("a"), expected)]));

    // Articles fall due; the one never read comes first although the other is due longer.
    let due = store.articles_due(&so, at(60), 9).await.unwrap();
    assert_eq!(
        due.iter().map(|d| (d.item.title.as_str(), d.tries, d.read)).collect::<Vec<_>>(),
        [("Tin B", 1, false), ("Tin A đầy đủ", 0, true)]
    );
    assert_eq!(due[1].validators, of_a.validators);
    assert!(store.articles_due(&so, at(29), 9).await.unwrap().is_empty());
    let of_one = store.articles_of(&[due[1].item.id]).await.unwrap();
    assert_eq!(of_one, [due[1].clone()]);

    // B's article completes it; A's article was edited.
    let edit = article("Tin A đầy đủ", "Nội dung A, đã sửa", Published::At(at(-2000)));
    let done = Some(ArticleSchedule::default());
    let second = PollRecord {
        looked_at: vec![
            RevisitedItem {
                read: Some(article("Tin B đầy đủ", "Nội dung B", day("2020-05-21"))),
                article: done.clone(),
                ..looked_at("so-tttt", "b")
            },
            RevisitedItem { read: Some(edit), article: done, ..looked_at("so-tttt", "a") },
        ],
        new: vec![
            new_item("so-tttt", "c", "Tin C", day("2020-05-22")),
            new_item("so-tttt", "d", "Tin D", Published::Unknown),
        ],
        ..poll("so-tttt", 60)
    };
    assert_eq!(store.record_poll(&second).await.unwrap(), PollCounts { new: 2, revised: 1 });
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
    assert_eq!(store.recent_arrivals(&so, at(0), 5).await.unwrap(), [at(60), at(60)]);

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

    // A redesign: B is at another address, and a row that may be C or D is held.
    let marks = store.listed_items(&so, 2).await.unwrap();
    assert_eq!(
        marks.iter().map(|mark| (mark.title.as_str(), mark.key.clone())).collect::<Vec<_>>(),
        [("Tin D", key("d")), ("Tin C", key("c"))]
    );
    let found = FoundRecipe {
        recipe: ListingRecipe { item: Some("div.tin".into()), ..ListingRecipe::default() },
        at: at(63),
        evidence: vec!["3 of 4 rows are known".into()],
    };
    let page = |which, body: &[u8]| {
        let url = "https://so-tttt.example.gov.vn/tin".to_owned();
        KeptPage::pack(which, at(63), url, Some("text/html".into()), body).expect("it is small")
    };
    let moved = RelocatedItem {
        id: b.id,
        to: Some((key("b-moi"), "https://example.gov.vn/b-moi.html".into())),
        listed: "khác".into(),
    };
    let manners = PollState {
        since: Some(at(1)),
        address: Some("https://example.gov.vn/moi".parse().unwrap()),
        wishes: Wishes { every: Some(60), skip_hours: vec![0, 23], skip_days: vec![6] },
        ..PollState::default()
    };
    let redesign = PollRecord {
        mending: PollChanges {
            found: Change::Set(found.clone()),
            proposal: Change::Set(found.clone()),
            pages: vec![
                page(KeptPageKind::Good, b"cu"),
                page(KeptPageKind::Bad, b"moi"),
                page(KeptPageKind::Bad, b"<p>"),
            ],
            moved: vec![moved],
            held: vec![new_item("so-tttt", "held", "Tin C", Published::Unknown)],
            gone: GoneLooks::default(),
            manners: Change::Set(manners.clone()),
            hosts: notes(at(63)),
            outage: Change::Set(at(63)),
            ..PollChanges::default()
        },
        ..poll("so-tttt", 63)
    };
    assert_eq!(store.record_poll(&redesign).await.unwrap(), PollCounts { new: 1, revised: 0 });
    versions.push(store.version().await.unwrap());
    let state = store.source(&so).await.unwrap().unwrap();
    assert_eq!((state.found.as_ref(), state.proposal.as_ref()), (Some(&found), Some(&found)));
    let kept = store.kept_pages(&so).await.unwrap();
    let told: Vec<_> = kept.iter().map(|page| (page.which, page.body().unwrap())).collect();
    assert_eq!(told, [(KeptPageKind::Bad, b"<p>".to_vec()), (KeptPageKind::Good, b"cu".to_vec())]);
    assert_eq!(state.manners, manners);
    assert_eq!(store.outage().await.unwrap(), Some(at(63)));
    let noted = store.host_notes(at(63)).await.unwrap();
    assert_eq!(noted, notes(at(63)));
    // A host that has nothing new to say keeps what was noted; a robots.txt holds until its time.
    let asked = HostNote { name: "example.gov.vn".into(), asked_at: Some(at(64)), silent: None };
    let hosts = HostNotes { hosts: vec![asked], robots: vec![] };
    let mending = PollChanges { hosts, outage: Change::Clear, ..PollChanges::default() };
    store.record_poll(&PollRecord { mending, ..poll("so-tttt", 63) }).await.unwrap();
    let noted = store.host_notes(at(63 + 24 * 60)).await.unwrap();
    assert_eq!(noted.robots, []);
    assert_eq!(noted.hosts[0].asked_at, Some(at(64)));
    assert_eq!(noted.hosts[0].silent, notes(at(63)).hosts[0].silent);
    assert_eq!(store.outage().await.unwrap(), None);
    let b = store.item(b.id).await.unwrap().unwrap();
    assert_eq!((b.url.as_str(), b.seq), ("https://example.gov.vn/b-moi.html", 2));
    let known = store.known_items(&so, &[key("b"), key("b-moi")]).await.unwrap();
    let expected = KnownItem { id: b.id, listed: "khác".into(), title: "Tin B".into() };
    assert_eq!(known, HashMap::from([(key("b-moi"), expected)]));
    let held = store.item(item_id("so-tttt", "held")).await.unwrap().unwrap();
    assert_eq!(held.standing, Standing::Held);
    let settled = PollRecord {
        mending: PollChanges { proposal: Change::Clear, ..PollChanges::default() },
        ..poll("so-tttt", 64)
    };
    store.record_poll(&settled).await.unwrap();
    let state = store.source(&so).await.unwrap().unwrap();
    assert_eq!((state.found, state.proposal), (Some(found), None));

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
    assert_eq!(store.articles_due(&so, at(70), 9).await.unwrap().len(), 4, "not the held one");

    // Older pages: what they bring is backlog, and the place is kept with it.
    assert_eq!(store.backfill(&so).await.unwrap(), None);
    let listing = source("so-tttt").url;
    let place = BackfillPlace {
        url: listing.clone(),
        pages: 1,
        step: Some(OlderPageRequest::Get(listing.join("?page=3").unwrap())),
    };
    let older = BackfillRecord {
        source: so.clone(),
        at: at(71),
        place: place.clone(),
        new: vec![
            new_item("so-tttt", "a", "Tin A", Published::Unknown),
            new_item("so-tttt", "k", "Tin K", day("2020-03-01")),
            new_item("so-tttt", "l", "Tin L", Published::Unknown),
        ],
    };
    assert_eq!(store.record_backfill(&older).await.unwrap(), 2, "A is known");
    versions.push(store.version().await.unwrap());
    assert_eq!(store.backfill(&so).await.unwrap(), Some(place.clone()));
    let form = vec![("__EVENTTARGET".to_owned(), "gv".to_owned())];
    for step in [Some(OlderPageRequest::Post { url: listing.clone(), form }), None] {
        let place = BackfillPlace { pages: 2, step, ..place.clone() };
        let again = BackfillRecord { place: place.clone(), new: vec![], ..older.clone() };
        assert_eq!(store.record_backfill(&again).await.unwrap(), 0);
        assert_eq!(store.backfill(&so).await.unwrap(), Some(place));
    }
    assert_eq!(store.version().await.unwrap(), *versions.last().unwrap(), "nothing to see");
    let k = store.item(item_id("so-tttt", "k")).await.unwrap().unwrap();
    assert_eq!((k.standing, k.first_seen), (Standing::Backlog, at(71)));
    // Without a date it sorts after what was there before; another look does not change that.
    let l = store.item(item_id("so-tttt", "l")).await.unwrap().unwrap();
    assert_eq!(l.sort_at, a.sort_at - TimeDelta::milliseconds(1));
    let read = Some(article("Tin L", "Nội dung L", Published::Unknown));
    let look = RevisitedItem { read, ..looked_at("so-tttt", "l") };
    store.record_poll(&PollRecord { looked_at: vec![look], ..poll("so-tttt", 55) }).await.unwrap();
    versions.push(store.version().await.unwrap());
    assert_eq!(store.item(l.id).await.unwrap().unwrap().sort_at, l.sort_at);
    assert_eq!(titles(&store.items_after(3, 9).await.unwrap()), ["Tin D"], "never mailed");
    assert_eq!(store.source(&so).await.unwrap().unwrap().next_at, at(70), "nothing else moved");
    let nobody = BackfillRecord { source: source_id("nobody"), ..older };
    assert!(store.record_backfill(&nobody).await.is_err());

    // The config changes: another recipe for one, the other is gone with its items kept.
    let mut changed = source("so-tttt");
    changed.recipe.listing.item = Some("li.tin".into());
    changed.pace = Pace::Cron(Schedule::parse("*/15 6-20 * * *").expect("a schedule"));
    store.sync_sources(std::slice::from_ref(&changed), |_| at(65)).await.unwrap();
    versions.push(store.version().await.unwrap());
    let state = store.source(&so).await.unwrap().unwrap();
    assert_eq!((&state.source, state.next_at), (&changed, at(65)), "the earlier of both");
    assert_eq!((state.validators, state.rows_hash, state.polled_before), (None, None, true));
    assert_eq!((state.found, state.proposal), (None, None), "another recipe of the admin's");
    assert_eq!(store.sources().await.unwrap().len(), 1);
    assert_eq!(store.claim_due_sources(at(9999), at(9999), 9).await.unwrap().len(), 1);
    store.release_source(&so).await.unwrap();
    assert_eq!(store.item_count().await.unwrap(), 8);

    story_of_searching(store, &so).await;

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

/// What is kept can be searched for, and the pictures of what is found are kept, too.
async fn story_of_searching(store: &Store, so: &SourceId) {
    let all = Query::parse("").expect("a query").lookup().0;
    let places = store.search(&all, SearchPlace::END, 100).await.unwrap();
    let items = store.newest_items(None, None, 100).await.unwrap();
    let found = store.items_at(&places).await.unwrap();
    assert_eq!(found.len(), items.len());
    assert!(store.is_searchable().await.unwrap());
    assert!(found.is_sorted_by(|(a, _), (b, _)| a > b));
    assert_eq!(store.search_count(&all, 3).await.unwrap(), 3);
    assert_eq!(store.search_count(&all, 100).await.unwrap(), items.len() as u64);
    // Every item answers every query as it does by itself.
    for text in [
        "tin",
        "Tin",
        "tín",
        "\"tin a\"",
        "-tin",
        "a OR b",
        "tin -a",
        "after:2020-05-21",
        "before:2020-05-21",
        "source:so-tttt",
        "-source:so-tttt",
        "section:tin",
        "(((-(tin OR a) b)))",
        "after:0001-01-01",
        "before:0001-01-01",
        "30/2020/ND-CP",
    ] {
        let query = Query::parse(text).expect(text);
        let (lookup, exact) = query.lookup();
        let places = store.search(&lookup, SearchPlace::END, 100).await.unwrap();
        let mut found = store.texts_at(&places).await.unwrap();
        if !exact {
            found.retain(|(_, item)| query.matches(item, chrono_tz::Asia::Ho_Chi_Minh));
        }
        let mut found: Vec<ItemId> = found.into_iter().map(|(_, item)| item.id).collect();
        let mut wanted: Vec<ItemId> = items
            .iter()
            .filter(|item| query.matches(item, chrono_tz::Asia::Ho_Chi_Minh))
            .map(|item| item.id)
            .collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{text}");
        if let Some(first) = places.first() {
            let rest = store.search(&lookup, *first, 100).await.unwrap();
            assert_eq!(rest, places[1..]);
        }
    }
    // The deepest and the longest query that there may be.
    for text in [
        format!("{}a{}", "(b OR -(c ".repeat(10), "))".repeat(10)),
        "a ".repeat(200),
        format!("\"{}\"", "a ".repeat(900)),
        format!("{}a", "-".repeat(31)),
    ] {
        let lookup = Query::parse(&text).expect("a query").lookup().0;
        store.search(&lookup, SearchPlace::END, 9).await.unwrap();
    }
    assert_eq!(store.fill_search(9).await.unwrap(), 0, "nothing is missing");
    assert!(store.was_visible(items[0].id).await.unwrap());
    assert_eq!(store.sections(100, 9).await.unwrap().len(), 0);
    let changes = store.changes_between(0, 1_000).await.unwrap();
    assert_eq!(changes.len(), items.len());

    // Pictures.
    let wanted = [1, 2, 3].map(|n| (format!("https://x.vn/{n}.png"), so.clone()));
    assert_eq!(store.want_pictures(&wanted, at(200)).await.unwrap(), 3);
    assert_eq!(store.want_pictures(&wanted, at(201)).await.unwrap(), 0);
    let next = store.next_picture(at(200)).await.unwrap().expect("one is due");
    assert!(wanted.contains(&(next.url.clone(), next.source)));
    store.picture_failed(&next.url, Some(at(260))).await.unwrap();
    let picture =
        StoredPicture { media_type: "image/png".into(), width: 4, height: 3, bytes: vec![1; 60] };
    for minute in [201, 202] {
        let next = store.next_picture(at(minute)).await.unwrap().expect("one is due");
        store.keep_picture(&next.url, picture.clone(), 100, at(minute)).await.unwrap();
    }
    assert_eq!(store.next_picture(at(202)).await.unwrap(), None);
    let urls: Vec<String> = wanted.iter().map(|(url, _)| url.clone()).collect();
    let kept = store.kept_pictures(&urls).await.unwrap();
    assert_eq!(kept.len(), 1, "two are more than there is room for");
    assert_eq!(store.picture(&kept[0].1.id).await.unwrap(), Some(picture));
    let next = store.next_picture(at(260)).await.unwrap().expect("the one that failed");
    store.picture_failed(&next.url, None).await.unwrap();
    assert_eq!(store.next_picture(at(9_999)).await.unwrap(), None);
    assert_eq!(store.picture(&PictureId::of("https://x.vn/9.png")).await.unwrap(), None);
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
    let letter = store.record_single_mail(&asking, lan.0, "c1@tin.example.gov.vn").await.unwrap();
    assert_eq!(store.next_delivery_at().await.unwrap(), Some(at(30)));
    let out = store.claim_deliveries(at(30), 9).await.unwrap();
    assert_eq!((out.len(), out[0].digest.id, out[0].delivery.subscription), (1, letter, None));
    assert_eq!((out[0].delivery.state, out[0].delivery.attempts), (DeliveryState::Sending, 1));
    store
        .record_replies(
            &[(out[0].delivery.id, DeliveryOutcome::Sent, "250 ok".into())],
            Commit::Now,
            at(31),
        )
        .await
        .unwrap();
    store.sync_to_disk().await.unwrap();

    // Confirmed later in the morning: the hour that passed meanwhile is not made up for.
    add_items(store, "so-tttt", &["e"]).await;
    let done = store.confirm_subscriber(lan.0, 0, "bản 1", at(40)).await.unwrap();
    assert_eq!(done, ConfirmationResult { activated: true, added: 0 });
    let done = store.confirm_subscriber(lan.0, 0, "", at(41)).await.unwrap();
    assert_eq!(done, ConfirmationResult::default());
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
    let told = |item, as_revised| DigestedItem { item, revision: 0, as_revised };
    let told = [told(last + 1, false), told(last + 2, true)];
    let written = store.record_digest(&news, &told, &both[..1]).await.unwrap();
    let written = written.expect("Minh is served");
    assert_eq!(store.record_more(written, at(30), &both).await.unwrap(), 1, "Lan is, too");
    let telling = |told| ItemMention { digest: written, told };
    let tellings = store.item_mentions(&[last + 1, last + 2, last + 3]).await.unwrap();
    assert_eq!(tellings, [telling(told[0]), telling(told[1])]);
    let received = store.receivers(&[minh.0, lan.0], written, written).await.unwrap();
    let receiving = |subscriber| DigestReceipt { subscriber, digest: written, sent: false };
    assert_eq!(received, [lan.0, minh.0].map(receiving));
    assert!(store.receivers(&[minh.0], DigestId(0), letter).await.unwrap().is_empty());
    assert!(
        store.was_served(lan.1).await.unwrap() && !store.was_served(lan_daily.1).await.unwrap()
    );
    let kept = store.digest(written).await.unwrap().unwrap();
    assert_eq!(
        (kept.subject.as_str(), &kept.items, kept.composed_at),
        ("3 tin mới", &news.items, at(30))
    );
    assert_eq!(store.record_digest(&news, &[], &both).await.unwrap(), None, "served already");

    // One of them is edited: its text from before is kept. And the place of a moment among the items.
    let edit = (row("g", "Tựa mới", Published::Unknown), "mới".to_owned());
    let look = RevisitedItem { row: Some(edit), ..looked_at("so-tttt", "g") };
    store.record_poll(&PollRecord { looked_at: vec![look], ..poll("so-tttt", 46) }).await.unwrap();
    let revised = store.revised_since(at(46), 9).await.unwrap();
    assert_eq!(
        revised.iter().map(|item| (item.seq, item.revision)).collect::<Vec<_>>(),
        [(last + 3, 1)]
    );
    let earlier = store.earlier_text(last + 3, 0).await.unwrap().unwrap();
    assert_ne!(earlier.title, "Tựa mới");
    assert_eq!(store.earlier_text(last + 3, 1).await.unwrap(), None);
    assert!(store.revised_since(at(47), 9).await.unwrap().is_empty());
    assert_eq!(store.cursor_at(at(1_000_000)).await.unwrap(), store.last_seq().await.unwrap());
    assert_eq!(store.cursor_at(at(-1_000_000)).await.unwrap(), 0);
    let counted = store.counted_items(&kept, 9).await.unwrap();
    assert_eq!(counted.iter().map(|item| item.seq).collect::<Vec<_>>(), [last + 3]);
    assert!(store.digest(DigestId(written.0 + 1)).await.unwrap().is_none(), "and nothing written");
    assert!(store.due_subscriptions(at(45), 9).await.unwrap().is_empty());

    // In the morning there is nothing for Lan but what the other mail has; the second hand to say so comes too late.
    let tomorrow = at(48 * 60 + 30);
    let aside = ServedSubscription {
        left_out: vec![last + 3, last + 2],
        ..served(lan_daily, (last + 1, last + 3), tomorrow)
    };
    store.advance_without_digest(&[aside]).await.unwrap();
    let left_out = store.left_out(&[lan.1, lan_daily.1]).await.unwrap();
    assert_eq!(left_out, HashMap::from([(lan_daily.1, vec![last + 2, last + 3])]));
    let numbered = store.items_numbered(&[last + 3, last + 2, last + 99]).await.unwrap();
    assert_eq!(numbered.iter().map(|item| item.seq).collect::<Vec<_>>(), [last + 2, last + 3]);
    store.advance_without_digest(&[served(lan_daily, (last + 1, last + 9), at(0))]).await.unwrap();
    let moved = store.subscription(lan_daily.1).await.unwrap().unwrap();
    assert_eq!((moved.cursor, moved.next_at), (last + 3, tomorrow));

    // Mails: one goes, one waits, one hold comes and goes.
    let out = store.claim_deliveries(at(46), 9).await.unwrap();
    let addresses: HashSet<&str> = out.iter().map(|o| o.subscriber.address.as_str()).collect();
    assert_eq!(addresses, HashSet::from(["lan@example.vn", "minh@example.vn"]));
    assert!(store.claim_deliveries(at(46), 9).await.unwrap().is_empty(), "each once");
    let later = DeliveryOutcome::Later(at(60));
    let replies = [
        (out[0].delivery.id, DeliveryOutcome::Sent, "250".into()),
        (out[1].delivery.id, later, "451 mailbox busy".into()),
    ];
    store.record_replies(&replies, Commit::Now, at(47)).await.unwrap();
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
    // A server that was not reached has not heard of it.
    assert_eq!(store.claim_deliveries(at(60), 9).await.unwrap().len(), 1);
    let unheard =
        [(out[1].delivery.id, DeliveryOutcome::NotHeard(at(60)), "connecting: refused".to_owned())];
    store.record_replies(&unheard, Commit::Now, at(47)).await.unwrap();
    let waits = &store.deliveries(1).await.unwrap()[0];
    assert_eq!((waits.attempts, waits.next_at), (1, at(60)));
    assert_eq!(waits.reply.as_deref(), Some("connecting: refused"));
    assert_eq!(store.hold().await.unwrap(), None);
    for reason in ["535 5.7.8", "certificate expired"] {
        let hold = QueueHold {
            reason: reason.into(),
            since: at(47),
            until: at(52),
            by_admin: reason.starts_with("535"),
        };
        store.set_hold(Some(&hold), ActionChannel::Daemon, at(47)).await.unwrap();
        assert_eq!(store.hold().await.unwrap(), Some(hold));
    }
    store.set_hold(None, ActionChannel::Daemon, at(47)).await.unwrap();
    assert_eq!(store.hold().await.unwrap(), None);

    // What ended can go again, what waits can be taken out.
    let sent = DeliveryFilter { state: Some(DeliveryState::Sent), ..Default::default() };
    let listed = store.list_deliveries(&sent, 9).await.unwrap();
    assert!(!listed.is_empty() && listed.iter().all(|l| l.address.contains('@')));
    let id = listed[0].delivery.id;
    assert!(
        !store.resend_delivery(id, false, ActionChannel::Cli, at(47)).await.unwrap(),
        "it was sent"
    );
    assert!(store.resend_delivery(id, true, ActionChannel::Cli, at(47)).await.unwrap());
    assert!(
        !store.resend_delivery(id, false, ActionChannel::Cli, at(47)).await.unwrap(),
        "it waits"
    );
    assert!(store.cancel_delivery(id, ActionChannel::Cli, at(48)).await.unwrap());
    assert!(!store.cancel_delivery(id, ActionChannel::Cli, at(48)).await.unwrap());
    let of = DeliveryFilter {
        state: Some(DeliveryState::GivenUp),
        subscriber: Some(listed[0].delivery.subscriber),
        since: Some(at(48)),
    };
    let given_up = store.list_deliveries(&of, 9).await.unwrap();
    assert_eq!(
        given_up.iter().map(|l| (l.delivery.id, l.changed_at)).collect::<Vec<_>>(),
        [(id, at(48))]
    );
    assert!(
        !store.resend_delivery(DeliveryId(9999), true, ActionChannel::Cli, at(48)).await.unwrap()
    );

    let done = store.audit(4).await.unwrap();
    assert_eq!(
        done.iter().map(|e| (e.what.as_str(), e.by)).collect::<Vec<_>>(),
        [
            ("cancelled", ActionChannel::Cli),
            ("sent again", ActionChannel::Cli),
            ("released", ActionChannel::Daemon),
            ("held", ActionChannel::Daemon)
        ]
    );

    // The clock is put right by an hour, then by a year: what was to wait waits from there.
    let subscriptions = async || store.subscriptions_of(lan.0).await.unwrap();
    let before = subscriptions().await;
    assert_eq!(store.set_back_subscriptions(at(46)).await.unwrap(), 0, "nothing is ahead of this");
    assert_eq!(subscriptions().await, before);
    assert!(store.set_back_subscriptions(at(-400 * 24 * 60)).await.unwrap() > 0);
    assert!(subscriptions().await.iter().all(|s| s.next_at < at(-399 * 24 * 60)));
    assert!(store.set_back_deliveries(at(0)).await.unwrap() > 0);
    assert_eq!(store.next_delivery_at().await.unwrap(), Some(at(13)), "13 minutes from the answer");
    assert_eq!(store.set_back_deliveries(at(0)).await.unwrap(), 0);
    assert!(store.set_back_sources(at(-60)).await.unwrap() > 0);
    assert!(store.next_poll_at().await.unwrap().unwrap() < at(-59));

    // What comes back, and what follows.
    let back = store.bounced_delivery(id).await.unwrap().unwrap();
    assert_eq!(store.bounced_delivery(DeliveryId(9999)).await.unwrap().map(|b| b.delivery), None);
    let message = &listed[0].delivery.message_id;
    let by_message = store.bounced_message(message).await.unwrap().unwrap();
    assert_eq!((by_message.delivery, by_message.subscriber), (id, back.subscriber.clone()));
    assert_eq!(back.record, None);
    let bounce = NewBounce {
        delivery: id,
        subscriber: back.subscriber.id,
        kind: "hard".into(),
        code: Some("5.1.1".into()),
        reason: "no such user".into(),
        record: "{}".into(),
        ending: BounceConsequence::Nothing,
    };
    assert!(!store.record_bounce(&bounce, at(48)).await.unwrap());
    assert_eq!(store.bounced_delivery(id).await.unwrap().unwrap().record.as_deref(), Some("{}"));
    let stopping = NewBounce { ending: BounceConsequence::Bouncing, ..bounce.clone() };
    assert!(store.record_bounce(&stopping, at(48)).await.unwrap());
    assert!(!store.record_bounce(&stopping, at(48)).await.unwrap(), "it stopped before");
    assert_eq!(store.bounces(9).await.unwrap()[0].state, SubscriberState::Bouncing);
    assert_eq!(store.bounce_count("hard", at(48)).await.unwrap(), 3);
    assert!(store.forget_bounces(back.subscriber.id, at(48)).await.unwrap());
    assert!(!store.forget_bounces(back.subscriber.id, at(48)).await.unwrap());
    let state = store.subscriber(back.subscriber.id).await.unwrap().unwrap().state;
    assert_eq!(state, SubscriberState::Active);
    assert_eq!(store.suppressed_since("abc").await.unwrap(), None);

    // A notice for the admin waits a minute for others, and until it is sent.
    let (broke, goes) = (
        Notice::MailHeld { since: at(47), reason: "535".into() },
        Notice::MailGoes { since: at(47) },
    );
    store.record_notice(&broke, at(47)).await.unwrap();
    let told = PollRecord { notices: vec![goes.clone()], ..poll("so-tttt", 48) };
    store.record_poll(&told).await.unwrap();
    assert_eq!(store.due_notices(at(47), 9).await.unwrap(), []);
    let due = store.due_notices(at(49), 9).await.unwrap();
    assert_eq!(due.iter().map(|due| &due.notice).collect::<Vec<_>>(), [&broke, &goes]);
    store.put_off_notices(&due[..1], at(60)).await.unwrap();
    assert_eq!(store.due_notices(at(59), 9).await.unwrap(), &due[1..]);
    store.notices_sent(&due[1..], at(59)).await.unwrap();
    let left = store.due_notices(at(60), 9).await.unwrap();
    assert_eq!((left.len(), &left[0].notice, left[0].tries), (1, &broke, 1));
    store.notices_sent(&left, at(60)).await.unwrap();
    assert_eq!(store.due_notices(at(9999), 9).await.unwrap(), []);

    // Leaving: one subscription, then all others.
    assert!(store.end_subscription(lan.1, ActionChannel::Web, at(50)).await.unwrap());
    assert!(
        !store.end_subscription(lan.1, ActionChannel::Web, at(51)).await.unwrap(),
        "twice does no harm"
    );
    assert_eq!(store.subscription(lan.1).await.unwrap(), None);
    assert_eq!(store.subscriber(lan.0).await.unwrap().unwrap().state, SubscriberState::Active);
    assert!(store.end_subscription(lan_daily.1, ActionChannel::Web, at(52)).await.unwrap());
    assert_eq!(store.subscriber(lan.0).await.unwrap().unwrap().state, SubscriberState::Left);
    assert!(store.remove_subscriber(minh.0, ActionChannel::Cli, at(53)).await.unwrap());
    assert!(!store.remove_subscriber(minh.0, ActionChannel::Cli, at(54)).await.unwrap());
    assert!(
        !store.remove_subscriber(SubscriberId(9999), ActionChannel::Cli, at(54)).await.unwrap()
    );
    let complaint = NewBounce { ending: BounceConsequence::Leave { mark: "abc".into() }, ..bounce };
    assert!(!store.record_bounce(&complaint, at(54)).await.unwrap(), "everybody has left");
    assert_eq!(store.suppressed_since("abc").await.unwrap(), Some(at(54)));
    store.end_suppression("abc").await.unwrap();
    assert_eq!(store.suppressed_since("abc").await.unwrap(), None);
    assert_eq!(
        store.queue().await.unwrap(),
        QueueCounts { given_up: 2, sent: 1, ..QueueCounts::default() }
    );
    assert_eq!(store.next_delivery_at().await.unwrap(), None);
}

async fn story_of_subscribing(store: &Store) {
    let once = to_feed("tat-ca", Cadence::AtOnce);
    let daily = to_feed("tat-ca", mornings());
    let asking =
        NewDigest { kind: DigestKind::Confirmation, items: vec![], ..digest("Xác nhận", &[]) };
    let ask = async |address: &str, wanted: &NewSubscription, minute: i64| {
        let letter = NewDigest { composed_at: at(minute), ..asking.clone() };
        let id = format!("{address}{minute}");
        store
            .ask_subscription(
                address,
                None,
                Lang::En,
                wanted,
                (&letter, &id),
                (ActionChannel::Web, "bản 1"),
                at(minute),
            )
            .await
            .unwrap()
    };
    let id_of = async |address: &str| {
        store.subscriber_by_address(address).await.unwrap().expect("is known").id
    };
    let told = async |address: &str| {
        let entries = store.audit_of(address).await.unwrap();
        entries.iter().map(|e| format!("{} {}", e.what, e.by.as_str())).collect::<Vec<_>>()
    };

    // Hoa asks twice within the day: one mail. She confirms what she saw, then the other.
    assert!(ask("hoa@example.vn", &once, 100).await);
    assert!(!ask("HOA@example.vn", &daily, 101).await, "one mail a day");
    let hoa = id_of("hoa@example.vn").await;
    let asked = store.requests_of(hoa).await.unwrap();
    assert_eq!(asked.iter().map(|r| &r.wanted).collect::<Vec<_>>(), [&once, &daily]);
    assert!(store.subscriptions_of(hoa).await.unwrap().is_empty(), "nothing before she confirms");
    let done = store.confirm_subscriber(hoa, asked[0].id, "", at(102)).await.unwrap();
    assert_eq!(done, ConfirmationResult { activated: true, added: 1 });
    let done = store.confirm_subscriber(hoa, asked[1].id, "", at(103)).await.unwrap();
    assert_eq!(done, ConfirmationResult { activated: false, added: 1 });
    assert_eq!(store.subscriber(hoa).await.unwrap().unwrap().lang, Lang::En);
    let theirs = store.subscriptions_of(hoa).await.unwrap();
    assert_eq!(theirs.len(), 2);

    // Her preferences.
    let weekly = NewSubscription { when_empty: true, ..to_feed("tat-ca", mornings()) };
    let twice = store
        .change_subscription(theirs[0].id, &weekly, at(200), ActionChannel::Web, at(104))
        .await;
    assert!(!twice.unwrap(), "she has one like it");
    let query = NewSubscription { selection: Selection::query("họp"), ..weekly };
    let changed =
        store.change_subscription(theirs[0].id, &query, at(200), ActionChannel::Web, at(104)).await;
    assert!(changed.unwrap());
    let changed = store.subscription(theirs[0].id).await.unwrap().unwrap();
    assert_eq!((changed.selection, changed.cursor), (query.selection, theirs[0].cursor));
    store.set_subscriber_lang(hoa, Lang::Vi).await.unwrap();
    store.set_group(hoa, Some("Văn phòng")).await.unwrap();
    assert_eq!(store.renew_link(hoa, ActionChannel::Web, at(105)).await.unwrap(), Some(2));
    assert_eq!(
        store.renew_link(SubscriberId(9999), ActionChannel::Web, at(105)).await.unwrap(),
        None
    );
    assert!(store.pause_subscriber(hoa, at(300), ActionChannel::Web, at(106)).await.unwrap());
    assert!(
        !store
            .pause_subscriber(SubscriberId(9999), at(300), ActionChannel::Web, at(106))
            .await
            .unwrap()
    );
    let paused = store.subscriber(hoa).await.unwrap().unwrap();
    assert_eq!((paused.state, paused.paused_until), (SubscriberState::Paused, Some(at(300))));
    assert_eq!((paused.group.as_deref(), paused.link_number), (Some("Văn phòng"), 2));
    assert_eq!(store.end_pauses(at(299)).await.unwrap(), 0);
    assert_eq!(store.end_pauses(at(300)).await.unwrap(), 1);
    assert!(store.pause_subscriber(hoa, at(900), ActionChannel::Cli, at(301)).await.unwrap());
    assert!(store.resume_subscriber(hoa, ActionChannel::Cli, at(302)).await.unwrap());
    assert!(!store.resume_subscriber(hoa, ActionChannel::Cli, at(302)).await.unwrap());

    // Two ask and never confirm; Minh had left before and stays so.
    assert!(ask("an@example.vn", &once, 110).await && ask("minh@example.vn", &once, 110).await);
    assert_eq!(store.forget_unconfirmed(at(110), at(400)).await.unwrap(), 0);
    assert_eq!(store.forget_unconfirmed(at(111), at(400)).await.unwrap(), 4);
    assert!(store.subscriber_by_address("an@example.vn").await.unwrap().is_none());
    let minh = store.subscriber_by_address("minh@example.vn").await.unwrap().unwrap();
    assert_eq!(minh.state, SubscriberState::Left);
    assert_eq!(told("an@example.vn").await, ["asked web", "expired daemon"]);

    // An office brings its people, twice.
    let line = |address: &str, wanted: &NewSubscription| NewSubscriber {
        address: address.into(),
        name: Some("Bình".into()),
        group: Some("Sở Y tế".into()),
        lang: Lang::Vi,
        wanted: wanted.clone(),
        next_at: at(500),
        message_id: format!("i{address}"),
    };
    let lines = [
        line("binh@example.vn", &once),
        line("binh@example.vn", &daily),
        line("hoa@example.vn", &daily),
        line("minh@example.vn", &once),
    ];
    use ImportOutcome::*;
    let done = store.import_subscribers(&lines, None, at(410)).await.unwrap();
    assert_eq!(done, [New, Added, Unchanged, HasLeft]);
    let done = store.import_subscribers(&lines, None, at(411)).await.unwrap();
    assert_eq!(done, [Unchanged, Unchanged, Unchanged, HasLeft]);
    let letters = Some([&asking, &asking]);
    let new = [line("cuc@example.vn", &once)];
    assert_eq!(store.import_subscribers(&new, letters, at(412)).await.unwrap(), [New]);
    let cuc = store.subscriber_by_address("cuc@example.vn").await.unwrap().unwrap();
    assert_eq!(cuc.state, SubscriberState::Pending);

    // Hoa has everything taken out; what is left is when, not who.
    let entry = AuditEntry {
        at: at(413),
        what: "sent".into(),
        subscriber: Some(hoa),
        detail: "a test".into(),
        by: ActionChannel::Mail,
    };
    store.record_audit(&entry).await.unwrap();
    assert_eq!(store.audit_of("hoa@example.vn").await.unwrap().last(), Some(&entry));
    assert!(store.erase_subscriber(hoa, ActionChannel::Web, at(414)).await.unwrap());
    assert!(!store.erase_subscriber(hoa, ActionChannel::Web, at(414)).await.unwrap());
    assert_eq!(store.subscription(theirs[1].id).await.unwrap(), None);
    let left = store.audit_of("Hoa@example.vn").await.unwrap();
    assert!(left.iter().all(|entry| entry.subscriber.is_none() && entry.detail.is_empty()));
    assert_eq!(left.last().unwrap().what, "erased");
    assert!(store.prune_audit(at(1000)).await.unwrap() > 9);
    assert!(told("hoa@example.vn").await.is_empty());
}

/// A program gets a token, reads everybody page by page, and loses it.
async fn story_of_programs(store: &Store) {
    let scopes = [TokenScope::Read, TokenScope::Subscribers];
    let token = store.add_api_token("Zalo", &scopes, at(3_000)).await.unwrap().expect("it is new");
    assert!(store.add_api_token("Zalo", &scopes, at(3_000)).await.unwrap().is_none());
    let used = store.use_api_token(&token, at(3_001)).await.unwrap().expect("it is ours");
    assert!(
        used.may(TokenScope::Read) && !used.may(TokenScope::Admin) && used.last_used_at.is_none()
    );
    assert!(store.use_api_token(&token[1..], at(3_001)).await.unwrap().is_none());
    let kept = store.api_tokens().await.unwrap();
    assert_eq!(kept[0].last_used_at, Some(at(2 * 1_440)), "by the day");
    let kept = format!("{kept:?}");
    assert!(!kept.contains(&token), "{kept}");

    let whole = store.subscribers().await.unwrap();
    let (mut after, mut pages) = (SubscriberId(0), Vec::new());
    loop {
        let page = store.subscribers_after(after, None, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = last.id;
        pages.extend(page);
    }
    assert_eq!(pages, whole);
    let left = store.subscribers_after(SubscriberId(0), Some(SubscriberState::Left), 99).await;
    assert!(left.unwrap().iter().all(|(one, _)| one.state == SubscriberState::Left));
    let all = store.subscriptions_after(SubscriptionId(0), 999).await.unwrap();
    assert_eq!(all.len(), whole.iter().map(|(_, theirs)| theirs.len()).sum::<usize>());
    assert_eq!(store.subscriptions_after(all[0].id, 1).await.unwrap(), all[1..2]);
    let digests = store.digests_before(DigestId(i64::MAX), 999).await.unwrap();
    assert!(!digests.is_empty() && digests.iter().all(|one| one.kind == DigestKind::Items));
    let earlier = store.digests_before(digests[0].id, 1).await.unwrap();
    assert_eq!(earlier, digests.get(1..2).unwrap_or_default());
    let with_items = digests.iter().find(|one| !one.items.is_empty()).expect("one of news");
    assert!(!store.item_ids(&with_items.items).await.unwrap().is_empty());
    let deliveries = store.deliveries(999).await.unwrap();
    let before = DeliveryId(i64::MAX);
    assert_eq!(store.deliveries_before(before, None, None, 999).await.unwrap(), deliveries);
    let sent = store.deliveries_before(before, Some(DeliveryState::Sent), None, 999).await.unwrap();
    assert!(sent.iter().all(|one| one.state == DeliveryState::Sent));
    let to = deliveries[0].subscriber;
    let theirs = store.deliveries_before(before, None, Some(to), 999).await.unwrap();
    assert!(!theirs.is_empty() && theirs.iter().all(|one| one.subscriber == to));

    assert!(store.revoke_api_token("Zalo", at(3_002)).await.unwrap());
    assert!(!store.revoke_api_token("Zalo", at(3_002)).await.unwrap());
    assert!(store.use_api_token(&token, at(3_003)).await.unwrap().is_none());
    assert!(store.add_api_token("Zalo", &scopes, at(3_004)).await.unwrap().is_some());
}

/// What the figures say at the end of the week.
async fn story_of_figures(store: &Store) {
    let figures = store.source_figures().await.unwrap();
    assert!(!figures.is_empty() && figures.iter().any(|source| source.last_new.is_some()));
    let (items, held) = store.count_items().await.unwrap();
    assert!(items > 0 && held < items, "{items} {held}");
    assert_eq!(
        store.oldest_waiting_delivery().await.unwrap().is_some(),
        store.queue().await.unwrap().waiting > 0
    );
}

/// A reader subscribes, is notified, leaves; another one's feed is taken away.
async fn story_of_the_hub(store: &Store) {
    let request = |mode, callback: &str, challenge: &str| HubRequest {
        id: 0,
        mode,
        topic: "https://tin.vn/a".into(),
        callback: callback.into(),
        host: "reader.vn".into(),
        secret: Some(vec![0, 255]),
        lease_seconds: 3_600,
        challenge: challenge.into(),
    };
    let ask = async |asked: &HubRequest| store.queue_hub_request(asked, at(2_000)).await.unwrap();
    let claim = async || store.claim_hub_requests(10).await.unwrap();
    let counts = async |minute| {
        let counts = store.hub_counts(at(minute)).await.unwrap();
        (counts.subscriptions, counts.waiting_requests, counts.waiting_pushes)
    };
    let topics = |hash: &str| vec![("https://tin.vn/a".to_owned(), hash.to_owned())];
    let announce = async |hash: &str, minute| {
        store.hub_announce(&topics(hash), at(minute), at(minute)).await.unwrap()
    };
    use HubMode::{Subscribe, Unsubscribe};

    assert_eq!(announce("h0", 2_000).await, 0, "what is seen for the first time has not changed");
    assert_eq!(store.hub_topics().await.unwrap(), topics("h0").into_iter().collect());
    // Asked twice before it is claimed: one verification, of the second. Asked again meanwhile: the answer is void.
    assert_eq!(ask(&request(Unsubscribe, "c1", "x")).await, HubRequestOutcome::Nothing);
    assert_eq!(ask(&request(Subscribe, "c1", "x")).await, HubRequestOutcome::Queued);
    assert_eq!(ask(&request(Subscribe, "c1", "y")).await, HubRequestOutcome::Queued);
    let first = claim().await;
    assert!(first.len() == 1 && first[0].challenge == "y" && claim().await.is_empty());
    assert_eq!(ask(&request(Subscribe, "c1", "z")).await, HubRequestOutcome::Queued);
    let hashes: HashMap<String, String> = topics("h0").into_iter().collect();
    let confirm = async |request: &HubRequest, confirmed: bool| {
        let verified = [(request.clone(), confirmed)];
        store.record_hub_verified(&verified, &hashes, at(2_001)).await.unwrap();
    };
    confirm(&first[0], true).await;
    assert_eq!(counts(2_001).await, (0, 1, 0));
    confirm(&claim().await[0], true).await;
    assert_eq!(counts(2_001).await, (1, 0, 0));
    // A host is full with ten, those that wait included.
    for n in 2..=10 {
        assert_eq!(
            ask(&request(Subscribe, &format!("c{n}"), "x")).await,
            HubRequestOutcome::Queued
        );
    }
    assert_eq!(ask(&request(Subscribe, "c11", "x")).await, HubRequestOutcome::HostIsFull);
    assert_eq!(ask(&request(Subscribe, "c1", "x")).await, HubRequestOutcome::Queued, "a renewal");
    for waiting in claim().await {
        confirm(&waiting, waiting.callback == "c2").await;
    }
    assert_eq!(counts(2_001).await, (2, 0, 0));

    // What changes is owed to both, once, and what changes meanwhile again.
    assert_eq!(announce("h0", 2_002).await, 0);
    assert_eq!(announce("h1", 2_003).await, 2);
    assert_eq!(store.next_hub_push_at().await.unwrap(), Some(at(2_003)));
    let pushes = store.claim_hub_pushes(at(2_003), 10).await.unwrap();
    assert_eq!(pushes.iter().map(|push| push.tries).collect::<Vec<_>>(), [1, 1]);
    assert_eq!((pushes[0].secret.clone(), pushes[0].owed_since), (Some(vec![0, 255]), at(2_003)));
    assert!(store.claim_hub_pushes(at(2_003), 10).await.unwrap().is_empty());
    announce("h2", 2_004).await;
    let told = [
        (pushes[0].id, HubPushOutcome::Done("h1".into())),
        (pushes[1].id, HubPushOutcome::Later(at(2_010))),
    ];
    store.record_hub_pushes(&told, at(2_005)).await.unwrap();
    let again = store.claim_hub_pushes(at(2_005), 10).await.unwrap();
    assert_eq!((again.len(), again[0].id, again[0].tries), (1, pushes[0].id, 1));
    store
        .record_hub_pushes(&[(again[0].id, HubPushOutcome::Done("h2".into()))], at(2_006))
        .await
        .unwrap();
    assert_eq!(counts(2_006).await, (2, 0, 1));
    let late = store.claim_hub_pushes(at(2_010), 10).await.unwrap();
    assert_eq!((late.len(), late[0].tries, late[0].owed_since), (1, 2, at(2_003)));
    store.record_hub_pushes(&[(late[0].id, HubPushOutcome::GivenUp)], at(2_010)).await.unwrap();
    assert_eq!((counts(2_010).await, store.next_hub_push_at().await.unwrap()), ((2, 0, 0), None));
    announce("h3", 2_011).await;
    // Other bytes with the same news are owed to no subscriber, and go to those that are owed
    // something.
    let news = |hash: &str, news: &str| {
        [TopicState { topic: "https://tin.vn/a".into(), hash: hash.into(), news: news.into() }]
    };
    assert_eq!(
        store.hub_update_hashes(&news("h4", "n1")).await.unwrap(),
        0,
        "nothing is known of it"
    );
    store.hub_record_news(&news("h3", "n1")).await.unwrap();
    assert_eq!(store.hub_update_hashes(&news("h4", "n2")).await.unwrap(), 0);
    assert_eq!(store.hub_update_hashes(&news("h4", "n1")).await.unwrap(), 1);
    assert_eq!(announce("h4", 2_011).await, 0);
    assert_eq!(counts(2_011).await, (2, 0, 2));
    let pushes = store.claim_hub_pushes(at(2_011), 10).await.unwrap();
    store.record_hub_pushes(&[(pushes[1].id, HubPushOutcome::Gone)], at(2_011)).await.unwrap();
    assert_eq!(counts(2_011).await, (1, 0, 1));

    // One leaves, one's lease ends, one's topic is gone.
    ask(&request(Unsubscribe, "c1", "x")).await;
    confirm(&claim().await[0], true).await;
    assert_eq!(counts(2_012).await, (0, 0, 0));
    ask(&request(Subscribe, "c1", "x")).await;
    confirm(&claim().await[0], true).await;
    assert_eq!(store.forget_ended_leases(at(2_060)).await.unwrap(), 0);
    assert_eq!(store.forget_ended_leases(at(2_061)).await.unwrap(), 1);
    ask(&request(Subscribe, "c1", "x")).await;
    confirm(&claim().await[0], true).await;
    assert_eq!(store.hub_withdraw(&["https://tin.vn/a".to_owned()], at(2_013)).await.unwrap(), 0);
    assert_eq!(store.hub_withdraw(&[], at(2_013)).await.unwrap(), 1);
    let denied = claim().await;
    assert!(denied.len() == 1 && denied[0].mode == HubMode::Denied && denied[0].callback == "c1");
    confirm(&denied[0], false).await;
    assert_eq!(counts(2_014).await, (0, 0, 0));
}

/// Accounts and their logins, what the admin pages manage, and what they look through.
async fn story_of_admins(store: &Store) {
    let name = |text: &str| AccountName::parse(text).unwrap();
    let (lan, anh) = (name("lan"), name("anh"));
    assert!(store.add_account(&lan, "hash 1", at(3000)).await.unwrap());
    assert!(!store.add_account(&lan, "hash 2", at(3000)).await.unwrap(), "one of a name");
    assert!(store.add_account(&anh, "hash 3", at(3000)).await.unwrap());
    let names: Vec<_> = store.accounts().await.unwrap().into_iter().map(|a| a.name).collect();
    assert_eq!(names, [anh.clone(), lan.clone()]);
    assert!(store.account(&name("khong-co")).await.unwrap().is_none());
    let account = store.account(&lan).await.unwrap().expect("it is there");
    assert!(store.begin_session("mark 1", &account, "from 192.0.2.1", at(3000)).await.unwrap());
    let session = store.session("mark 1", at(3001)).await.unwrap().expect("it holds");
    assert_eq!((session.account.id, session.seen_at), (account.id, at(3000)));
    assert!(store.session("mark 2", at(3001)).await.unwrap().is_none());
    store.see_session("mark 1", at(3020)).await.unwrap();
    assert!(store.session("mark 1", at(3049)).await.unwrap().is_some(), "seen at 3020");
    assert!(store.session("mark 1", at(3050)).await.unwrap().is_none(), "half an hour of rest");
    assert_eq!(store.sessions_of(account.id, at(3021)).await.unwrap(), [(at(3000), at(3020))]);
    assert!(store.end_session("mark 1", at(3021)).await.unwrap());
    assert!(!store.end_session("mark 1", at(3021)).await.unwrap());
    for n in 0..12 {
        let mark = format!("many {n}");
        assert!(store.begin_session(&mark, &account, "", at(3021 + n)).await.unwrap());
    }
    assert_eq!(
        store.sessions_of(account.id, at(3033)).await.unwrap().len(),
        10,
        "not more at once"
    );
    assert!(store.session("many 1", at(3033)).await.unwrap().is_none(), "the oldest have ended");
    assert!(store.set_password(&lan, "hash 4", ActionChannel::Admin, at(3034)).await.unwrap());
    assert!(store.sessions_of(account.id, at(3034)).await.unwrap().is_empty());
    assert!(
        !store.begin_session("late", &account, "", at(3034)).await.unwrap(),
        "with the password of before"
    );
    assert!(
        !store.set_password(&name("khong-co"), "x", ActionChannel::Cli, at(3034)).await.unwrap()
    );
    let account = store.account(&lan).await.unwrap().expect("it is there");
    assert_eq!((account.password.as_str(), account.changed_at), ("hash 4", at(3034)));
    assert!(store.begin_session("old", &account, "", at(3034)).await.unwrap());
    assert_eq!(store.forget_sessions(at(3100)).await.unwrap(), 1);
    assert!(store.remove_account(&anh, at(3100)).await.unwrap());
    assert!(!store.remove_account(&anh, at(3100)).await.unwrap());

    // Sources of the admin pages beside those of the file.
    let (mine, there) = (source_id("cua-toi"), at(3100));
    let of_mine = || async { store.source(&mine).await.unwrap().expect("it is there") };
    let own = Source { managed_by: ManagedBy::Store, ..source("cua-toi") };
    assert_eq!(store.add_source(&source("cua-toi"), "lan", there).await.unwrap(), Ok(()));
    assert_eq!(of_mine().await.source, own);
    assert_eq!(store.add_source(&own, "lan", there).await.unwrap(), Err(SaveRefusal::Taken));
    let of_file = store.sources().await.unwrap().into_iter().map(|state| state.source);
    let of_file: Vec<Source> = of_file.filter(|s| s.managed_by == ManagedBy::File).collect();
    store.sync_sources(&of_file, |_| there).await.unwrap();
    assert_eq!(of_mine().await.source, own, "a reload takes nothing of the admin's away");
    let managed = store.managed_settings().await.unwrap();
    assert_eq!((managed.sources, managed.feeds), (vec![mine.clone()], Vec::new()));
    let both: Vec<Source> = of_file.iter().cloned().chain([source("cua-toi")]).collect();
    let error = store.sync_sources(&both, |_| there).await.expect_err("both have it");
    assert!(error.to_string().contains("a source cua-toi, and so have the admin pages"), "{error}");
    let of_the_file = of_file.first().expect("there is one of the file").clone();
    let refused = store.change_source(&of_the_file, "lan", there).await.unwrap();
    assert_eq!(refused, Err(SaveRefusal::OfTheFile));
    let refused = store.delete_source(&of_the_file.id, "lan", there).await.unwrap();
    assert_eq!(refused, Err(SaveRefusal::OfTheFile));
    let changed = Source { name: "Tên mới".into(), ..own.clone() };
    assert_eq!(store.change_source(&changed, "lan", at(3101)).await.unwrap(), Ok(()));
    assert_eq!((of_mine().await.source, of_mine().await.next_at), (changed.clone(), there));
    let refused = store.change_source(&source("khong-co"), "lan", there).await.unwrap();
    assert_eq!(refused, Err(SaveRefusal::Unknown));

    // Pausing: nothing claims it until it goes on.
    assert!(store.pause_source(&mine, true, "lan", ActionChannel::Admin, at(3102)).await.unwrap());
    assert!(!store.pause_source(&mine, true, "lan", ActionChannel::Admin, at(3102)).await.unwrap());
    let due = store.claim_due_sources(at(3103), at(3104), 50).await.unwrap();
    assert!(due.iter().all(|state| state.source.id != mine));
    assert!(of_mine().await.paused);
    assert!(store.pause_source(&mine, false, "lan", ActionChannel::Api, at(3105)).await.unwrap());
    let due = store.claim_due_sources(at(3105), at(3106), 50).await.unwrap();
    assert!(due.iter().any(|state| state.source.id == mine));

    // A proposal is answered once, and by who has seen it.
    let proposal = FoundRecipe {
        recipe: ListingRecipe { item: Some("div.the".into()), ..ListingRecipe::default() },
        at: at(3107),
        evidence: vec!["10 rows".into()],
    };
    let proposing = |minute| PollRecord {
        mending: PollChanges {
            proposal: Change::Set(FoundRecipe { at: at(minute), ..proposal.clone() }),
            ..PollChanges::default()
        },
        rows_hash: Some("hash".into()),
        ..poll("cua-toi", minute)
    };
    store.record_poll(&proposing(3107)).await.unwrap();
    let answer = |seen, what| store.answer_proposal(&mine, at(seen), what, "lan", at(3109));
    assert!(!answer(3106, Proposal::Accept).await.unwrap(), "another one");
    assert!(answer(3107, Proposal::Refuse).await.unwrap());
    assert_eq!(of_mine().await.refused, Some(proposal.recipe.clone()));
    assert!(!answer(3107, Proposal::Accept).await.unwrap(), "none waits");
    store.record_poll(&proposing(3108)).await.unwrap();
    assert!(answer(3108, Proposal::Accept).await.unwrap());
    let state = of_mine().await;
    assert_eq!(state.listing_recipe(), &proposal.recipe);
    assert_eq!((state.proposal, state.refused, state.rows_hash), (None, None, None));
    assert_eq!(state.next_at, at(3109));
    assert_eq!(store.delete_source(&mine, "lan", at(3110)).await.unwrap(), Ok(()));
    assert!(store.sources().await.unwrap().iter().all(|state| state.source.id != mine));
    assert_eq!(store.add_source(&own, "lan", at(3110)).await.unwrap(), Ok(()), "it comes back");
    assert_eq!(store.delete_source(&mine, "lan", at(3110)).await.unwrap(), Ok(()));
    assert_eq!(
        store.delete_source(&mine, "lan", at(3110)).await.unwrap(),
        Err(SaveRefusal::Unknown)
    );
    store.sync_sources(&both, |_| there).await.unwrap();
    assert_eq!(of_mine().await.source.managed_by, ManagedBy::File, "the file may take it over");

    // Feeds likewise.
    let of_file = store.feeds().await.unwrap();
    let version = store.version().await.unwrap();
    assert_eq!(store.add_feed(&feed("cua-toi"), "lan", there).await.unwrap(), Ok(()));
    assert_eq!(store.add_feed(&feed("cua-minh"), "lan", there).await.unwrap(), Ok(()));
    assert!(store.version().await.unwrap() > version);
    let refused = store.add_feed(&feed("cua-toi"), "lan", there).await.unwrap();
    assert_eq!(refused, Err(SaveRefusal::Taken));
    let changed = Feed { title: "Khác".into(), ..feed("cua-toi") };
    assert_eq!(store.change_feed(&changed, "lan", there).await.unwrap(), Ok(()));
    store.sync_feeds(&of_file).await.unwrap();
    let feeds = store.managed_feeds().await.unwrap();
    let of_store: Vec<_> = feeds.iter().filter(|(_, by)| *by == ManagedBy::Store).collect();
    assert_eq!(of_store.len(), 2);
    assert_eq!(of_store[0].0, changed, "in the order they were made");
    let clash: Vec<Feed> = of_file.iter().cloned().chain([feed("cua-toi")]).collect();
    assert!(store.sync_feeds(&clash).await.is_err());
    if let Some(of_the_file) = of_file.first() {
        let refused = store.change_feed(of_the_file, "lan", there).await.unwrap();
        assert_eq!(refused, Err(SaveRefusal::OfTheFile));
    }
    for name in ["cua-toi", "cua-minh"] {
        let name = FeedName::parse(name).unwrap();
        assert_eq!(store.delete_feed(&name, "lan", there).await.unwrap(), Ok(()));
        assert_eq!(
            store.delete_feed(&name, "lan", there).await.unwrap(),
            Err(SaveRefusal::Unknown)
        );
    }

    // What is looked through.
    let days = store.counts_by_day(at(-100_000), TimeDelta::hours(7)).await.unwrap();
    assert!(days.items.values().sum::<u64>() > 0 && days.sent.values().sum::<u64>() > 0);
    assert!(days.items.keys().all(|day| day.to_string().starts_with("2020-05")), "{days:?}");
    let next = store.next_digests(5).await.unwrap();
    assert!(next.windows(2).all(|pair| pair[0].at < pair[1].at), "{next:?}");
    let (held, all) = store.item_counts(&source_id("so-tttt")).await.unwrap();
    assert!(all > 0 && held <= all);
    let counts = store.subscriber_counts().await.unwrap();
    let people: u64 = counts.iter().map(|(_, n)| n).sum();
    let everybody = store.find_subscribers(&SubscribersBy::default(), 1_000).await.unwrap();
    assert_eq!(u64::try_from(everybody.len()).unwrap(), people);
    let first = everybody.first().expect("somebody is there").clone();
    store.set_group(first.id, Some("Văn phòng 50%")).await.unwrap();
    let groups = store.groups().await.unwrap();
    let by = |text: &str| SubscribersBy { text: text.into(), ..SubscribersBy::default() };
    assert_eq!(store.find_subscribers(&by("phòng 50%"), 9).await.unwrap()[0].id, first.id);
    assert!(store.find_subscribers(&by("phòng 5_%"), 9).await.unwrap().is_empty(), "no wildcards");
    let found = store.find_subscribers(&by(&first.address.to_uppercase()), 9).await.unwrap();
    assert_eq!(found.first().map(|one| one.id), Some(first.id));
    let of_group = SubscribersBy {
        group: Some("Văn phòng 50%".into()),
        state: Some(first.state),
        ..SubscribersBy::default()
    };
    assert_eq!(store.find_subscribers(&of_group, 9).await.unwrap().len(), 1);
    assert!(first.state == SubscriberState::Left || groups.iter().any(|(g, _)| g.contains("50%")));
    let behind = SubscribersBy { after: Some(first.id), ..SubscribersBy::default() };
    let rest = store.find_subscribers(&behind, 1_000).await.unwrap();
    assert_eq!(rest.len() + 1, everybody.len());
    let newest = store.find_deliveries(&DeliveriesBy::default(), 1_000).await.unwrap();
    let one = &newest.first().expect("there is one").delivery;
    let older = DeliveriesBy { before: Some(one.id), ..DeliveriesBy::default() };
    assert_eq!(store.find_deliveries(&older, 1_000).await.unwrap().len() + 1, newest.len());
    let like = DeliveriesBy {
        state: Some(one.state),
        subscriber: Some(one.subscriber),
        ..DeliveriesBy::default()
    };
    assert_eq!(store.find_deliveries(&like, 1).await.unwrap()[0].delivery.id, one.id);

    // And all of it is in the log.
    store.log_admin(None, "login-failed", "from 192.0.2.1", at(3200)).await.unwrap();
    let log = store.audit_log(None, 1_000).await.unwrap();
    assert_eq!(
        (log[0].what.as_str(), &log[0].who, log[0].by),
        ("login-failed", &None, ActionChannel::Admin)
    );
    for what in
        ["login", "logout", "password-changed", "source-added", "repair-refused", "feed-deleted"]
    {
        assert!(log.iter().any(|entry| entry.what == what), "{what}");
    }
    let older = store.audit_log(Some(log[0].id), 1).await.unwrap();
    assert_eq!(older, log[1..2]);
}

/// Pages that say of themselves that they are gone: of an item that the admin restored, and of one
/// that was not restored.
async fn story_of_gone(store: &Store, restored: &Item, item: &Item) {
    let source = item.source.as_str();
    let looked = |minute, gone| {
        let mending = PollChanges { gone, ..PollChanges::default() };
        PollRecord { mending, ..poll(source, minute) }
    };
    let both = vec![restored.id, item.id];
    let seen = GoneLooks { gone: both.clone(), ..GoneLooks::default() };
    let version = store.version().await.unwrap();
    store.record_poll(&looked(70, seen.clone())).await.unwrap();
    store.record_poll(&looked(75, seen)).await.unwrap();
    let undecided = store.gone_undecided(10).await.unwrap();
    let told: Vec<_> =
        undecided.iter().map(|one| (one.id, one.first_at, one.last_at, one.state)).collect();
    assert_eq!(told, [(item.id, at(70), at(75), GoneState::Seen)]);
    assert_eq!((&undecided[0].title, &undecided[0].source), (&item.title, &item.source));
    let lately = store.recently_gone(&item.source, &[], at(75)).await.unwrap();
    assert_eq!(lately.len(), 2);
    assert!(store.recently_gone(&item.source, &[], at(76)).await.unwrap().is_empty());
    // One that is there again is forgotten, and so is not withdrawn by what was thought of it.
    let there = GoneLooks { there: both.clone(), ..GoneLooks::default() };
    store.record_poll(&looked(76, there)).await.unwrap();
    let why = "its page answered 410".to_owned();
    let withdraw = vec![(restored.id, why.clone()), (item.id, why)];
    let decided = GoneLooks { withdraw: withdraw.clone(), ..GoneLooks::default() };
    store.record_poll(&looked(77, decided)).await.unwrap();
    assert!(store.withdrawn_among(&[restored.seq, item.seq]).await.unwrap().is_empty());
    assert_eq!(store.version().await.unwrap(), version);
    let decided = GoneLooks { gone: both, withdraw, ..GoneLooks::default() };
    store.record_poll(&looked(78, decided)).await.unwrap();
    let among = store.withdrawn_among(&[restored.seq, item.seq]).await.unwrap();
    assert_eq!(among, [(item.seq, at(78))], "what the admin put back stays");
    assert!(store.version().await.unwrap() > version);
    let log = store.audit(1).await.unwrap().remove(0);
    let detail = format!("{} of {source}: its page answered 410", item.id);
    assert_eq!(
        (log.what.as_str(), log.detail, log.by),
        ("withdrawn", detail, ActionChannel::Daemon)
    );
    assert!(store.gone_undecided(10).await.unwrap().is_empty());
    assert!(store.restore(item.id, at(79)).await.unwrap());
    // Too many at once: theirs is the admin's word.
    let back = GoneLooks { gone: vec![restored.id], ..GoneLooks::default() };
    store.record_poll(&looked(80, back)).await.unwrap();
    let many = vec![restored.id];
    let many = GoneLooks { too_many: many, ..GoneLooks::default() };
    store.record_poll(&looked(81, many)).await.unwrap();
    let known = store.recently_gone(&item.source, &[restored.id], at(90)).await.unwrap();
    assert_eq!(known[0].state, GoneState::Restored);
}

/// Private readers, what was withdrawn, what is past.
async fn story_of_feeds(store: &Store) {
    let tin = FeedName::parse("tin-hoat-dong").unwrap();
    let one = store.add_feed_token(&tin, "a1", "Lan", at(0)).await.unwrap();
    let two = store.add_feed_token(&tin, "b2", "Minh", at(1)).await.unwrap();
    assert!(store.add_feed_token(&tin, "b2", "again", at(1)).await.is_err());
    let day = at(0).date_naive();
    store.feed_tokens_used(&[two], day).await.unwrap();
    store.feed_tokens_used(&[two], day.pred_opt().unwrap()).await.unwrap();
    assert!(store.revoke_feed_token(one, at(2)).await.unwrap());
    assert!(!store.revoke_feed_token(one, at(3)).await.unwrap());
    let tokens = store.feed_tokens().await.unwrap();
    let told: Vec<_> = tokens
        .iter()
        .map(|token| (token.id, token.holder.as_str(), token.revoked_at, token.used_on))
        .collect();
    assert_eq!(told, [(one, "Lan", Some(at(2)), None), (two, "Minh", None, Some(day))]);

    let items = store.items_from(0, 100).await.unwrap();
    let (first, last) = (items.first().unwrap(), items.last().unwrap());
    assert!(items.is_sorted_by_key(|item| item.seq));
    assert_eq!(store.items_numbered(&[last.seq, first.seq, -1]).await.unwrap().len(), 2);
    let late = store.late_items(None, at(-1_000_000), None, 100).await.unwrap();
    let after = Some((late[0].sort_at, late[0].seq));
    assert_eq!(store.late_items(None, at(-1_000_000), after, 100).await.unwrap(), late[1..]);
    let of_one = store.late_items(Some(&[late[0].source.clone()]), at(-1_000_000), None, 1).await;
    assert_eq!(of_one.unwrap(), late[..1]);

    store.release_held(&first.source, at(4)).await.unwrap();
    let version = store.version().await.unwrap();
    assert!(store.withdraw(first.id, "thu hồi", at(5)).await.unwrap());
    assert!(!store.withdraw(first.id, "thu hồi", at(6)).await.unwrap());
    assert!(store.version().await.unwrap() > version);
    assert_eq!(store.item(first.id).await.unwrap().unwrap().standing, Standing::Held);
    assert_eq!(store.release_held(&first.source, at(7)).await.unwrap(), 0, "it is not let go");
    let withdrawn = store.withdrawn_since(at(5), 10).await.unwrap();
    assert_eq!(withdrawn.len(), 1);
    assert_eq!((withdrawn[0].item.id, withdrawn[0].at), (first.id, at(5)));
    assert!(store.withdrawn_since(at(6), 10).await.unwrap().is_empty());
    let among = store.withdrawn_among(&[first.seq, last.seq]).await.unwrap();
    assert_eq!(among, [(first.seq, at(5))]);
    assert!(store.restore(first.id, at(7)).await.unwrap());
    assert!(!store.restore(first.id, at(7)).await.unwrap());
    assert_eq!(store.item(first.id).await.unwrap().unwrap().standing, first.standing);
    let log: Vec<_> = store.audit(2).await.unwrap().into_iter().map(|entry| entry.what).collect();
    assert_eq!(log, ["restored", "withdrawn"]);
    assert!(store.gone_undecided(10).await.unwrap().is_empty());
    let known = store.recently_gone(&first.source, &[first.id], at(8)).await.unwrap();
    assert_eq!((known.len(), known[0].state), (1, GoneState::Restored));
    assert!(store.recently_gone(&first.source, &[], at(8)).await.unwrap().is_empty());
    story_of_gone(store, first, last).await;

    assert_eq!(store.archive_place(&tin).await.unwrap(), ArchivePlace::default());
    let place = ArchivePlace { upto: last.seq, open: vec![(last.seq, "2020-05".into())] };
    let part = |part: &str| NewArchive { part: part.into(), items: vec![0, 1, 255] };
    let parts = [part("2020-04"), part("2020-05")];
    assert!(store.close_archives(&tin, &place, &parts, at(8)).await.unwrap());
    assert!(!store.close_archives(&tin, &place, &[], at(9)).await.unwrap());
    assert!(store.close_archives(&tin, &place, &[part("2020-05")], at(9)).await.is_err());
    let version = store.version().await.unwrap();
    store.announce_archives().await.unwrap();
    assert_eq!(store.version().await.unwrap(), version + 1);
    assert_eq!(store.archive_place(&tin).await.unwrap(), place);
    let archives = store.archives(&tin).await.unwrap();
    let told: Vec<_> = archives.iter().map(|one| (one.number, one.part.as_str())).collect();
    assert_eq!(told, [(1, "2020-04"), (2, "2020-05")]);
    assert_eq!(store.archived_items(&tin, "2020-05").await.unwrap(), Some(vec![0, 1, 255]));
    assert_eq!(store.archived_items(&tin, "2020-06").await.unwrap(), None);

    // A source has a past beside a feed's of the same name.
    let same = source_id("tin-hoat-dong");
    assert_eq!(store.archive_place(&same).await.unwrap(), ArchivePlace::default());
    assert!(store.archive_places_of_sources().await.unwrap().is_empty());
    assert_eq!(store.archived_upto().await.unwrap(), 0);
    store.close_archives(&same, &place, &[part("2020-05")], at(10)).await.unwrap();
    for upto in [3, 5] {
        store.set_archived_upto(upto).await.unwrap();
        assert_eq!(store.archived_upto().await.unwrap(), upto);
    }
    assert_eq!(store.archives(&same).await.unwrap().len(), 1);
    assert_eq!(store.archives(&tin).await.unwrap(), archives);
    let places = store.archive_places_of_sources().await.unwrap();
    assert_eq!(places, HashMap::from([(same, place)]));
    let arrivals = store.arrivals_from(0, 100).await.unwrap();
    let expected: Vec<_> = store.items_from(0, 100).await.unwrap();
    let expected = expected.into_iter().map(|item| (item.seq, item.source, item.first_seen));
    assert_eq!(arrivals, expected.collect::<Vec<_>>());
    assert_eq!(store.arrivals_from(arrivals[0].0, 1).await.unwrap(), arrivals[1..2]);
}

/// Long afterwards, what is done with is taken out, one after the other, and stays counted. What came back is kept.
async fn story_of_pruning(store: &Store) {
    let (begin, long_ago, now) = (DateTime::UNIX_EPOCH, at(-999_999), at(9_999_999));
    let (before, all) = (store.queue().await.unwrap(), store.deliveries(999).await.unwrap());
    assert_eq!(store.prune_deliveries(begin, long_ago, 9).await.unwrap(), None);
    assert_eq!(store.prune_digests(long_ago, 9).await.unwrap(), 0);
    let first = store.prune_deliveries(begin, now, 1).await.unwrap();
    let (pruned, reached) = first.expect("there are several");
    assert_eq!(pruned, 1);
    assert!(store.prune_deliveries(reached, now, 999).await.unwrap().is_some());
    assert_eq!(store.prune_deliveries(begin, now, 999).await.unwrap(), None);
    assert_eq!(store.queue().await.unwrap(), before);
    assert!(store.prune_digests(now, 999).await.unwrap() > 0);
    assert_eq!(store.prune_digests(now, 999).await.unwrap(), 0);
    let left = store.deliveries(999).await.unwrap();
    assert!(left.len() + 1 < all.len(), "{} of {}", left.len(), all.len());
    for bounce in store.bounces(99).await.unwrap() {
        assert!(left.iter().any(|one| one.id == bounce.delivery), "{bounce:?}");
    }
    for one in &left {
        assert!(store.digest(one.digest).await.unwrap().is_some(), "{one:?}");
    }
}

/// The story is only worth its name while it runs every method there is.
#[test]
fn the_story_runs_every_method_of_the_store() {
    let story = include_str!("store_story.rs");
    let (_, story) = story.split_once("async fn subscribe(").expect("the story begins here");
    let (story, _) = story.split_once("fn the_story_runs_every").expect("and ends here");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/bantin-store/src");
    let mut methods = Vec::new();
    for file in std::fs::read_dir(folder).expect("the store's files") {
        let path = file.expect("a file").path();
        // What is in a folder (backups) has tests of its own.
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(path).expect("its text");
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("    pub async fn ") {
                methods.extend(rest.split(['(', '<']).next().map(str::to_owned));
            }
        }
    }
    // `open` comes before the story begins, and `open_read_only` is another way to open; the others are
    // internals of `bantin_store::sql`.
    methods.retain(|method| {
        ![
            "open",
            "open_read_only",
            "begin",
            "begin_for",
            "all",
            "one",
            "run",
            "write",
            "commit",
            "bump_version",
        ]
        .contains(&method.as_str())
    });
    assert!(methods.len() > 50, "only {} methods were found", methods.len());
    let missing: Vec<&String> =
        methods.iter().filter(|method| !story.contains(&format!(".{method}("))).collect();
    assert!(missing.is_empty(), "the story leaves out {missing:?}");
}

// ── Items: ids, edits, order ─────────────────────────────────────────────────────────────────────────────────────────

/// Reads one item again and again and tells after each look what readers see.
async fn check_looks(looks: &[RevisitedItem], expected: &[&str]) {
    for engine in engines(true).await {
        let store = open(&engine).await;
        sync(&store, &["so-tttt"]).await;
        let mut first = new_item("so-tttt", "a", "Tựa ở danh sách", day("2020-05-20"));
        first.row.image = Some("https://example.gov.vn/row.jpg?v=1".into());
        store.record_poll(&PollRecord { new: vec![first], ..poll("so-tttt", 0) }).await.unwrap();
        let mut told = Vec::new();
        for (minute, look) in (1..).zip(looks) {
            let version = store.version().await.unwrap();
            let record = PollRecord { looked_at: vec![look.clone()], ..poll("so-tttt", minute) };
            let recorded = store.record_poll(&record).await.unwrap();
            let item = store.item(item_id("so-tttt", "a")).await.unwrap().unwrap();
            let visible = store.version().await.unwrap() > version;
            assert_eq!(item.seq, 1);
            assert_eq!(visible, item.changed_at == at(minute), "changed_at and version agree");
            assert_eq!(
                store.revisions(item.id).await.unwrap().len(),
                usize::try_from(item.revision).unwrap()
            );
            told.push(format!(
                "{} | {} | revision {}{}{}",
                item.title,
                item.images.first().map_or("", |image| &image.url),
                item.revision,
                if recorded.revised > 0 { ", revised" } else { "" },
                if visible { ", seen" } else { "" },
            ));
        }
        assert_eq!(told, expected, "{}", engine.name);
        assert_eq!(store.item_count().await.unwrap(), 1);
    }
}

fn look() -> RevisitedItem {
    looked_at("so-tttt", "a")
}

fn look_at_row(title: &str) -> RevisitedItem {
    RevisitedItem { row: Some((row("a", title, day("2020-05-20")), title.to_owned())), ..look() }
}

fn look_at_article(change: impl Fn(&mut Article)) -> RevisitedItem {
    let mut read = article("Tựa của bài", "Nội dung", Published::At(at(-60)));
    read.article.images =
        vec![Image { url: "https://example.gov.vn/1.jpg?t=1".into(), caption: None }];
    change(&mut read.article);
    RevisitedItem { read: Some(read), ..look() }
}

#[tokio::test]
async fn a_store_is_looked_at_as_it_is_and_written_by_nobody() {
    for engine in engines(false).await {
        let store = Store::open(&engine.url).await.unwrap();
        store.sync_sources(&[source("cua-tep")], |_| at(0)).await.unwrap();
        store.add_source(&source("cua-toi"), "lan", at(0)).await.unwrap().unwrap();
        let looked = Store::open_read_only(&engine.url).await.unwrap().expect("it is there");
        let managed = looked.managed_settings().await.unwrap();
        assert_eq!(managed.sources, [source_id("cua-toi")], "{}", engine.name);
        assert!(
            looked
                .pause_source(&source_id("cua-toi"), true, "lan", ActionChannel::Cli, at(1))
                .await
                .is_err()
        );
        looked.close().await;
        assert!(!store.source(&source_id("cua-toi")).await.unwrap().unwrap().paused);
        store.close().await;
    }
    if let Some(url) = support::postgres::database().await {
        assert!(
            Store::open_read_only(&url).await.unwrap().is_none(),
            "an empty database has no store"
        );
        assert!(Store::open_read_only(&url).await.unwrap().is_none(), "and gets none");
    }
    assert!(Store::open_read_only("sqlite::memory:").await.unwrap().is_none());
}

#[tokio::test]
async fn p1_an_edit_is_a_revision_under_the_same_id() {
    check_looks(
        &[
            look_at_article(|_| ()),
            look_at_article(|_| ()),
            look_at_article(|article| article.content_text = "Nội dung khác".into()),
            look_at_article(|article| article.title = Some("Tựa mới".into())),
        ],
        &[
            "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 0, seen",
            "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 0",
            "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 1, revised, seen",
            "Tựa mới | https://example.gov.vn/1.jpg?t=1 | revision 2, revised, seen",
        ],
    )
    .await;
}

#[tokio::test]
async fn p1_each_part_of_the_text_makes_a_revision_of_its_own() {
    let parts: [fn(&mut Article); 6] = [
        |article| article.lead = Some("Tóm tắt".into()),
        |article| article.published = Published::At(at(-61)),
        |article| article.byline = Some("Lan".into()),
        |article| article.section = Some("Chuyển đổi số".into()),
        |article| article.title = None,
        |article| {
            article.attachments = vec![Attachment {
                url: "https://example.gov.vn/1.pdf".into(),
                title: "1".into(),
                media_type: "application/pdf".into(),
                length: None,
            }];
        },
    ];
    for part in parts {
        let looks = [look_at_article(|_| ()), look_at_article(part)];
        let title = if looks[1].read.as_ref().is_some_and(|read| read.article.title.is_none()) {
            "Tựa ở danh sách"
        } else {
            "Tựa của bài"
        };
        let second =
            format!("{title} | https://example.gov.vn/1.jpg?t=1 | revision 1, revised, seen");
        let first = "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 0, seen";
        check_looks(&looks, &[first, &second]).await;
    }
}

#[tokio::test]
async fn p1_a_new_title_in_the_listing_counts_only_where_the_article_gave_none() {
    check_looks(
        &[
            look_at_row("Tựa sửa ở danh sách"),
            look_at_article(|article| article.title = Some("  ".into())),
            look_at_row("Tựa sửa lần hai"),
            look_at_article(|_| ()),
            look_at_row("Tựa sửa lần ba"),
        ],
        &[
            "Tựa sửa ở danh sách |  | revision 1, revised, seen",
            "Tựa sửa ở danh sách | https://example.gov.vn/1.jpg?t=1 | revision 1, seen",
            "Tựa sửa lần hai | https://example.gov.vn/1.jpg?t=1 | revision 2, revised, seen",
            "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 3, revised, seen",
            "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 3",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_a_newer_version_reads_on_an_unchanged_page_takes_the_old_text_s_place() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        sync(&store, &["so-tttt"]).await;
        let read = Some(article("Trang chủ", "Liên kết trang", day("2020-05-12")));
        let new = NewItem { read, ..new_item("so-tttt", "a", "Xem", day("2020-05-12")) };
        store.record_poll(&PollRecord { new: vec![new], ..poll("so-tttt", 0) }).await.unwrap();
        let id = item_id("so-tttt", "a");
        let before = store.item(id).await.unwrap().unwrap();
        let zone = chrono_tz::Asia::Ho_Chi_Minh;
        let updated = ItemTimes::of(&before, zone).updated;
        let version = store.version().await.unwrap();
        let read = ArticleRead {
            reader: 7,
            page_runs: Some(vec![1, 2, 3, 4]),
            ..article("Tin A", "Nội dung A", day("2020-05-20"))
        };
        let reading = RevisitedItem {
            row: Some((row("a", "Tin A", day("2020-05-20")), "Tin A".into())),
            read: Some(read),
            article: Some(ArticleSchedule { next_at: Some(at(60)), tries: 0 }),
            difference: DifferenceCause::Reading,
            ..look()
        };
        let mending = PollChanges { reader: Some(7), ..PollChanges::default() };
        let record = PollRecord { looked_at: vec![reading], mending, ..poll("so-tttt", 30) };
        assert_eq!(store.record_poll(&record).await.unwrap(), PollCounts::default());
        let after = store.item(id).await.unwrap().unwrap();
        assert_eq!((&*after.title, &*after.content_text), ("Tin A", "Nội dung A"));
        assert_eq!((after.revision, after.changed_at), (0, before.changed_at), "{}", engine.name);
        assert_eq!((after.reader, after.feed_updated), (7, Some(updated)));
        let times = ItemTimes::of(&after, zone);
        assert_eq!((times.updated, times.corrected), (updated, false));
        assert_eq!(times.published, day("2020-05-20").moment(zone));
        assert!(after.sort_at > before.sort_at, "lists go by the better date");
        assert_eq!(store.revisions(id).await.unwrap(), []);
        assert!(store.version().await.unwrap() > version, "pages show it");
        let due = store.articles_of(&[id]).await.unwrap();
        assert_eq!((due[0].reader, due[0].page_runs.as_deref()), (7, Some(&[1, 2, 3, 4][..])));
        let state = store.source(&source_id("so-tttt")).await.unwrap().unwrap();
        assert_eq!(state.reader, 7);

        // Later the agency edits it, and it is looked at no more.
        let edit = RevisitedItem {
            read: Some(ArticleRead {
                reader: 7, ..article("Tin A", "Đã sửa", day("2020-05-20"))
            }),
            article: Some(ArticleSchedule::default()),
            ..look()
        };
        let record = PollRecord { looked_at: vec![edit], ..poll("so-tttt", 40) };
        assert_eq!(store.record_poll(&record).await.unwrap().revised, 1);
        let edited = store.item(id).await.unwrap().unwrap();
        assert_eq!((edited.revision, edited.changed_at), (1, at(40)));
        assert_eq!(ItemTimes::of(&edited, zone).updated, at(40));
        assert_eq!(store.articles_of(&[id]).await.unwrap()[0].page_runs, None);
    }
}

#[tokio::test]
async fn p1_pictures_drawn_anew_for_each_reader_are_no_edit() {
    let picture = |query: &'static str| {
        look_at_article(move |article| {
            article.images[0].url = format!("https://example.gov.vn/1.jpg?t={query}");
            article.content_html = html(&format!(r#"<p><img src="/1.jpg?t={query}"></p>"#));
            article.updated = Some(at(query.len().try_into().unwrap()));
        })
    };
    check_looks(
        &[
            picture("1"),
            picture("22"),
            look_at_article(|article| {
                article.images[0].url = "https://example.gov.vn/2.jpg".into()
            }),
        ],
        &[
            "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 0, seen",
            "Tựa của bài | https://example.gov.vn/1.jpg?t=1 | revision 0",
            "Tựa của bài | https://example.gov.vn/2.jpg | revision 0, seen",
        ],
    )
    .await;
}

#[tokio::test]
async fn p1_a_row_s_picture_serves_until_the_article_brings_its_own() {
    let mut seen = look_at_row("Tựa ở danh sách");
    seen.row.as_mut().unwrap().0.image = Some("https://example.gov.vn/row.jpg?v=2".into());
    check_looks(
        &[seen, look_at_article(|article| article.images.clear())],
        &[
            "Tựa ở danh sách | https://example.gov.vn/row.jpg?v=1 | revision 0",
            "Tựa của bài | https://example.gov.vn/row.jpg?v=1 | revision 0, seen",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_item_is_sorted_by_its_date_unless_that_is_unknown_or_still_to_come() {
    // (what the row says, what the article says, where the item sorts); first seen at minute 0.
    let cases = [
        (Published::Unknown, Published::Unknown, at(0)),
        (day("2020-05-20"), Published::Unknown, at(-31 * 60 - 24 * 60)),
        (day("2020-05-20"), Published::At(at(-300)), at(-300)),
        (Published::At(at(-300)), day("2020-05-21"), at(-31 * 60)),
        (Published::At(at(1)), Published::Unknown, at(0)),
        (day("2020-05-22"), Published::Unknown, at(-7 * 60)),
        (day("2020-05-23"), Published::Unknown, at(0)),
        (day("2020-05-20"), day("9999-12-31"), at(0)),
        (day("1945-09-02"), Published::Unknown, "1945-09-01T17:00:00Z".parse().unwrap()),
    ];
    for engine in engines(true).await {
        let store = open(&engine).await;
        sync(&store, &["so-tttt"]).await;
        for (n, (of_row, of_article, sort_at)) in cases.iter().enumerate() {
            let name = n.to_string();
            let mut new = new_item("so-tttt", &name, &name, *of_row);
            new.read = Some(article("Tin", "Nội dung", *of_article));
            store.record_poll(&PollRecord { new: vec![new], ..poll("so-tttt", 0) }).await.unwrap();
            let item = store.item(item_id("so-tttt", &name)).await.unwrap().unwrap();
            assert_eq!(item.sort_at, *sort_at, "case {n} on {}", engine.name);
            let published = if of_article.is_known() { of_article } else { of_row };
            assert_eq!(item.published, *published, "case {n} on {}", engine.name);
        }
    }
}

#[tokio::test]
async fn odd_texts_come_back_as_they_went_in_and_cost_nobody_else() {
    let odd = [
        "'; DROP TABLE item; --",
        "\u{1F600} \u{202E}đảo\u{202C} \"«»\" \\ %s $1 ?1 :x {{}}",
        "𠀀𪚥 Ⱥ ﷽ \u{10FFFF}",
        "",
    ];
    for engine in engines(true).await {
        let store = open(&engine).await;
        sync(&store, &["so-tttt"]).await;
        let mut new: Vec<NewItem> = Vec::new();
        for (n, text) in odd.iter().enumerate() {
            let mut item = new_item("so-tttt", &n.to_string(), text, Published::Unknown);
            item.row.lead = Some((*text).to_owned());
            let mut read =
                article("Tin", &format!("{text}{}", "ề".repeat(700_000)), day("2020-05-20"));
            read.article.title = None;
            read.article.byline = Some((*text).to_owned());
            item.read = Some(read);
            new.push(item);
        }
        // PostgreSQL knows no NUL; the one item that has it must not take the others with it.
        new.push(new_item("so-tttt", "nul", "a\0b", Published::Unknown));
        let record = PollRecord { new: new.clone(), ..poll("so-tttt", 0) };
        assert_eq!(store.record_poll(&record).await.unwrap().new, 5);
        for (n, text) in odd.iter().enumerate() {
            let item = store.item(item_id("so-tttt", &n.to_string())).await.unwrap().unwrap();
            let read = new[n].read.as_ref().unwrap();
            assert_eq!((item.title.as_str(), item.byline.as_deref()), (*text, Some(*text)));
            assert_eq!(item.content_text, read.article.content_text);
            assert_eq!(item.lang, read.article.lang);
        }
        let item = store.item(item_id("so-tttt", "nul")).await.unwrap().unwrap();
        assert_eq!(item.title, "ab");
    }
}

#[tokio::test]
async fn p2_a_poll_that_cannot_be_recorded_leaves_nothing_behind() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        sync(&store, &["so-tttt"]).await;
        let stray = PollRecord {
            new: vec![new_item("nobody", "a", "Tin", Published::Unknown)],
            ..poll("nobody", 0)
        };
        let error = store.record_poll(&stray).await.unwrap_err();
        assert_eq!(error.to_string(), "recording a poll: the store has no source nobody");
        // The row of the listing has a key that another id took: left alone, its neighbours are not.
        add_items(&store, "so-tttt", &["a"]).await;
        let other = NewItem {
            id: item_id("so-tttt", "z"),
            ..new_item("so-tttt", "a", "Tin", Published::Unknown)
        };
        let new = vec![other, new_item("so-tttt", "b", "Tin", Published::Unknown)];
        let record = PollRecord { new, ..poll("so-tttt", 1) };
        assert_eq!(store.record_poll(&record).await.unwrap().new, 1);
        assert_eq!(store.last_seq().await.unwrap(), 2, "no number is skipped");
        // A look at an item of another source changes nothing.
        sync(&store, &["so-tttt", "khac"]).await;
        let look = RevisitedItem {
            read: Some(article("X", "X", Published::Unknown)),
            ..looked_at("so-tttt", "a")
        };
        let record = PollRecord { looked_at: vec![look], ..poll("khac", 2) };
        assert_eq!(store.record_poll(&record).await.unwrap(), PollCounts::default());
    }
}

#[tokio::test]
async fn a_retired_source_keeps_its_items_and_may_come_back() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        sync(&store, &["a", "b"]).await;
        add_items(&store, "b", &["x"]).await;
        let version = store.version().await.unwrap();
        sync(&store, &["a"]).await;
        assert!(store.version().await.unwrap() > version);
        assert_eq!(
            titles(&store.newest_items(Some(&[source_id("b")]), None, 9).await.unwrap()),
            ["x"]
        );
        assert!(store.claim_source(&source_id("b"), at(0), at(1)).await.unwrap().is_none());
        assert!(!store.poll_now(&source_id("b"), at(0)).await.unwrap());
        let back = [source("a"), source("b")];
        store.sync_sources(&back, |n| at(100 + i64::try_from(n).unwrap())).await.unwrap();
        let state = store.source(&source_id("b")).await.unwrap().unwrap();
        // What was published meanwhile is backlog: it is served and not mailed.
        assert_eq!((state.next_at, state.polled_before), (at(101), false));
        // A name is something readers see, a limit is not.
        let version = store.version().await.unwrap();
        let limited = [Source { max_new: 3, ..source("a") }, source("b")];
        store.sync_sources(&limited, |_| at(0)).await.unwrap();
        assert_eq!(store.version().await.unwrap(), version);
        let named = [Source { name: "Báo A".into(), ..limited[0].clone() }, source("b")];
        store.sync_sources(&named, |_| at(0)).await.unwrap();
        assert_eq!(store.version().await.unwrap(), version + 1);
    }
}

// ── Across a restart ─────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn p2_p3_what_was_acknowledged_is_there_after_a_restart_and_leases_are_free() {
    for engine in engines(false).await {
        let store = open(&engine).await;
        let owner = store.take_ownership().await.unwrap().expect("nobody else is here");
        sync(&store, &["a", "b"]).await;
        add_items(&store, "a", &["x", "y"]).await;
        let once = to_feed("tin", Cadence::AtOnce);
        let lan = subscribe(&store, "lan@example.vn", SubscriberState::Active, &once, at(0)).await;
        add_items(&store, "a", &["z"]).await;
        store
            .record_digest(&digest("Tin", &[3]), &[], &[served(lan, (2, 3), at(1))])
            .await
            .unwrap();
        let out = store.claim_deliveries(at(40), 9).await.unwrap();
        assert_eq!(out.len(), 1);
        assert!(store.claim_source(&source_id("b"), at(0), at(99)).await.unwrap().is_some());
        let secret = store.secret().await.unwrap();
        let items = store.newest_items(None, None, 9).await.unwrap();
        // No farewell: the handles are dropped as a killed process drops them.
        drop((owner, store));

        let store = open(&engine).await;
        let owner = owner_in_time(&store).await;
        assert_eq!(store.secret().await.unwrap(), secret);
        assert_eq!(store.newest_items(None, None, 9).await.unwrap(), items);
        assert_eq!(store.subscription(lan.1).await.unwrap().unwrap().cursor, 3);
        assert!(store.claim_source(&source_id("b"), at(0), at(99)).await.unwrap().is_some());
        let again = store.claim_deliveries(at(40), 9).await.unwrap();
        assert_eq!(again[0].delivery.message_id, out[0].delivery.message_id);
        assert_eq!((&again[0].digest, again[0].delivery.attempts), (&out[0].digest, 2));
        assert_eq!(again[0].delivery.created_at, out[0].delivery.created_at);
        let both = [served(lan, (2, 3), at(2))];
        assert_eq!(store.record_digest(&digest("Tin", &[3]), &[], &both).await.unwrap(), None);
        drop(owner);
    }
}

/// PostgreSQL notices the end of a connection a moment later.
async fn owner_in_time(store: &Store) -> Owner {
    for _ in 0..200 {
        if let Some(owner) = store.take_ownership().await.unwrap() {
            return owner;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the ownership did not come free in two seconds");
}

#[tokio::test]
async fn of_two_processes_one_owns_the_jobs_and_both_may_write() {
    for engine in engines(false).await {
        let (one, two) = (open(&engine).await, open(&engine).await);
        let owner = one.take_ownership().await.unwrap().expect("nobody else is here");
        assert!(two.take_ownership().await.unwrap().is_none(), "{}", engine.name);
        sync(&two, &["a"]).await;
        assert_eq!(one.sources().await.unwrap().len(), 1);
        assert!(owner.still_owns().await);
        drop(owner);
        owner_in_time(&two).await;
    }
}

#[tokio::test]
async fn a_lost_ownership_is_noticed() {
    for engine in engines(false).await {
        let store = open(&engine).await;
        let owner = store.take_ownership().await.unwrap().expect("nobody else is here");
        match engine.url.strip_prefix("sqlite:") {
            Some(file) => std::fs::remove_file(format!("{file}.lock")).expect("the lock is there"),
            None => {
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE application_name = 'bantin owner' AND datname = current_database()";
                support::postgres::execute(&engine.url, end).await;
            }
        }
        assert!(!owner.still_owns().await, "{}", engine.name);
        owner_in_time(&open(&engine).await).await;
    }
}

// ── Many at once ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p3_claims_from_many_tasks_take_each_row_exactly_once() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        // A second handle plays a second process, where there can be one.
        let other =
            if engine.url.contains(":memory:") { store.clone() } else { open(&engine).await };
        let ids: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
        sync(&store, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let once = to_feed("tin", Cadence::AtOnce);
        let mut all = Vec::new();
        for n in 0..60 {
            let address = format!("u{n}@example.vn");
            let who = subscribe(&store, &address, SubscriberState::Active, &once, at(0)).await;
            all.push(served(who, (0, 1), at(1)));
        }
        store.record_digest(&digest("Tin", &[1]), &[], &all).await.unwrap();
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let store = if n % 2 == 0 { store.clone() } else { other.clone() };
                tokio::spawn(async move {
                    let (mut sources, mut deliveries) = (Vec::new(), Vec::new());
                    for _ in 0..20 {
                        let claimed = store.claim_due_sources(at(0), at(9), 3).await.unwrap();
                        sources
                            .extend(claimed.into_iter().map(|state| state.source.id.to_string()));
                        let claimed = store.claim_deliveries(at(30), 4).await.unwrap();
                        deliveries.extend(claimed.into_iter().map(|out| out.subscriber.address));
                    }
                    (sources, deliveries)
                })
            })
            .collect();
        let (mut sources, mut deliveries) = (Vec::new(), Vec::new());
        for task in tasks {
            let (more_sources, more_deliveries) = task.await.unwrap();
            sources.extend(more_sources);
            deliveries.extend(more_deliveries);
        }
        assert_eq!((sources.len(), deliveries.len()), (40, 60), "{}", engine.name);
        assert_eq!(sources.iter().collect::<HashSet<_>>().len(), 40, "{}", engine.name);
        assert_eq!(deliveries.iter().collect::<HashSet<_>>().len(), 60, "{}", engine.name);
        assert_eq!(store.queue().await.unwrap().sending, 60);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p3_of_many_who_serve_the_same_window_one_does() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        let daily = NewSubscription { when_empty: true, ..to_feed("tin", mornings()) };
        let mut who = Vec::new();
        for n in 0..10 {
            let address = format!("u{n}@example.vn");
            who.push(subscribe(&store, &address, SubscriberState::Active, &daily, at(30)).await);
        }
        // First a window with items, then an empty one: there only the hour moves.
        for (window, next_at) in [((0, 5), at(31)), ((5, 5), at(32))] {
            let tasks: Vec<_> = (0..8)
                .map(|turn| {
                    let store = store.clone();
                    // Each in another order, so that on PostgreSQL two could wait for each other for ever.
                    let mut all: Vec<ServedSubscription> =
                        who.iter().map(|who| served(*who, window, next_at)).collect();
                    all.rotate_left(turn);
                    tokio::spawn(async move {
                        store.record_digest(&digest("Tin", &[]), &[], &all).await
                    })
                })
                .collect();
            let mut written = 0;
            for task in tasks {
                written += u32::from(task.await.unwrap().unwrap().is_some());
            }
            assert_eq!(written, 1, "{}", engine.name);
        }
        assert_eq!(store.queue().await.unwrap().waiting, 20, "{}", engine.name);
    }
}

/// P3: a reader of `items_after` with a cursor sees every item, in every order in which many polls
/// may commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p3_a_cursor_skips_no_late_committer() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        let ids: Vec<String> = (0..8).map(|n| format!("s{n}")).collect();
        sync(&store, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let polls: Vec<_> = ids
            .iter()
            .map(|id| {
                let (store, id) = (store.clone(), id.clone());
                tokio::spawn(async move {
                    for round in 0..15 {
                        let names: Vec<String> =
                            (0..=round % 4).map(|n| format!("{id}-{round}-{n}")).collect();
                        add_items(
                            &store,
                            &id,
                            &names.iter().map(String::as_str).collect::<Vec<_>>(),
                        )
                        .await;
                    }
                })
            })
            .collect();
        let (mut cursor, mut seen) = (0, HashSet::new());
        let mut polling = true;
        while polling {
            // Asked before reading: what was written by then must be seen in this last round.
            polling = !polls.iter().all(tokio::task::JoinHandle::is_finished);
            for item in store.items_after(cursor, 1000).await.unwrap() {
                assert!(item.seq > cursor);
                cursor = item.seq;
                seen.insert(item.id);
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(seen.len(), 8 * (1 + 2 + 3 + 4) * 3 + 8 * (1 + 2 + 3), "{}", engine.name);
        assert_eq!(u64::try_from(cursor).unwrap(), store.item_count().await.unwrap());
    }
}

/// P3: the same, with the slow one played by hand. It has its number and has not committed; no
/// other poll may pass it.
#[tokio::test]
async fn p3_on_postgres_a_number_is_given_only_when_the_one_before_has_committed() {
    let Some(engine) = postgres().await else { return };
    let store = open(&engine).await;
    sync(&store, &["a"]).await;
    use sqlx::Connection;
    let mut slow = sqlx::PgConnection::connect(&engine.url).await.unwrap();
    let mut tx = slow.begin().await.unwrap();
    let take = "UPDATE counter SET value = value + 1 WHERE name = 'seq'";
    sqlx::query(take).execute(&mut *tx).await.unwrap();
    let quick = tokio::spawn({
        let store = store.clone();
        async move { add_items(&store, "a", &["x"]).await }
    });
    // Until the quick one waits for the lock: then it has had every chance to pass.
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let mut other = sqlx::PgConnection::connect(&engine.url).await.unwrap();
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut other).await.unwrap() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(store.items_after(0, 9).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    quick.await.unwrap();
    assert_eq!(store.items_after(0, 9).await.unwrap()[0].seq, 2, "number 1 was the slow one's");
}

// ── Who gets mail ────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn p3_a_subscriber_who_left_while_a_mail_was_tried_gets_no_second_try() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        let once = to_feed("tin", Cadence::AtOnce);
        let mut all = Vec::new();
        for name in ["lan", "minh", "hoa"] {
            let address = format!("{name}@example.vn");
            all.push(subscribe(&store, &address, SubscriberState::Active, &once, at(0)).await);
        }
        // Hoa has a second subscription, and ends only the first.
        let query = NewSubscription { selection: Selection::query("lũ"), ..once.clone() };
        let hoa = subscribe(&store, "hoa@example.vn", SubscriberState::Active, &query, at(0)).await;
        let to_all: Vec<ServedSubscription> =
            all.iter().map(|who| served(*who, (0, 1), at(1))).collect();
        store.record_digest(&digest("Tin", &[1]), &[], &to_all).await.unwrap();
        let out = store.claim_deliveries(at(30), 9).await.unwrap();
        assert_eq!(out.len(), 3);
        store.remove_subscriber(all[0].0, ActionChannel::Cli, at(31)).await.unwrap();
        store.end_subscription(all[2].1, ActionChannel::Web, at(31)).await.unwrap();
        assert_eq!(store.subscriber(hoa.0).await.unwrap().unwrap().state, SubscriberState::Active);
        let later: Vec<_> = out
            .iter()
            .map(|out| {
                (out.delivery.id, DeliveryOutcome::Later(at(40)), "451 try later".to_owned())
            })
            .collect();
        store.record_replies(&later, Commit::Soon, at(32)).await.unwrap();
        // One at a time: those who left precede Minh in the queue and must not use up the limit.
        let out = store.claim_deliveries(at(40), 1).await.unwrap();
        assert_eq!(out.len(), 1, "{}", engine.name);
        assert_eq!(out[0].subscriber.address, "minh@example.vn");
        assert!(store.claim_deliveries(at(40), 9).await.unwrap().is_empty());
        let counts = store.queue().await.unwrap();
        assert_eq!((counts.sending, counts.given_up), (1, 2), "{}", engine.name);
        // Who has left is served no digest either, and a late 250 still counts.
        let late = [served(all[0], (1, 2), at(2)), served(all[2], (1, 2), at(2))];
        assert_eq!(store.record_digest(&digest("Tin", &[2]), &[], &late).await.unwrap(), None);
        let refused = (out[0].delivery.id, DeliveryOutcome::Refused, "550 5.1.1".to_owned());
        store.record_replies(std::slice::from_ref(&refused), Commit::Soon, at(41)).await.unwrap();
        let sent = (out[0].delivery.id, DeliveryOutcome::Sent, "250".to_owned());
        store.record_replies(&[sent, refused], Commit::Now, at(42)).await.unwrap();
        assert_eq!(store.queue().await.unwrap().sent, 1);
    }
}

#[tokio::test]
async fn an_unconfirmed_subscriber_gets_the_mail_that_asks_and_nothing_else() {
    for engine in engines(true).await {
        let store = open(&engine).await;
        sync(&store, &["a"]).await;
        let once = to_feed("tin", Cadence::AtOnce);
        let lan = subscribe(&store, "lan@example.vn", SubscriberState::Pending, &once, at(0)).await;
        add_items(&store, "a", &["x"]).await;
        assert!(store.due_subscriptions(at(99), 9).await.unwrap().is_empty());
        let news = [served(lan, (0, 1), at(1))];
        assert_eq!(store.record_digest(&digest("Tin", &[1]), &[], &news).await.unwrap(), None);
        store.record_single_mail(&digest("Tin", &[1]), lan.0, "n@x").await.unwrap();
        let asking = NewDigest { kind: DigestKind::Confirmation, ..digest("Xác nhận", &[]) };
        store.record_single_mail(&asking, lan.0, "c@x").await.unwrap();
        let out = store.claim_deliveries(at(99), 9).await.unwrap();
        let ids: Vec<&str> = out.iter().map(|out| out.delivery.message_id.as_str()).collect();
        assert_eq!(ids, ["c@x"], "{}", engine.name);
        // The admin confirms by adding again; what came before is not mailed.
        let again =
            subscribe(&store, "lan@example.vn", SubscriberState::Active, &once, at(0)).await;
        assert_eq!(again, lan);
        assert_eq!(store.subscription(lan.1).await.unwrap().unwrap().cursor, 1);
        // Left and back: a new subscription, from here on.
        store.remove_subscriber(lan.0, ActionChannel::Cli, at(2)).await.unwrap();
        add_items(&store, "a", &["y"]).await;
        let back =
            subscribe(&store, "lan@example.vn", SubscriberState::Pending, &once, at(3)).await;
        assert_eq!(back.0, lan.0);
        assert_ne!(back.1, lan.1, "an old link must not end the new subscription");
        assert!(!store.end_subscription(lan.1, ActionChannel::Web, at(4)).await.unwrap());
        let subscriber = store.subscriber(lan.0).await.unwrap().unwrap();
        assert_eq!((subscriber.state, subscriber.confirmed_at), (SubscriberState::Pending, None));
    }
}

#[tokio::test]
async fn a_digest_of_thousands_is_written_at_one_go() {
    for engine in engines(false).await {
        let store = open(&engine).await;
        let once = to_feed("tin", Cadence::AtOnce);
        let lan = subscribe(&store, "lan@example.vn", SubscriberState::Active, &once, at(0)).await;
        // Subscribers unknown to the store make up the many; she is in the list twice.
        let strangers = (2..12_001).map(|n| (SubscriberId(n), SubscriptionId(n)));
        let mut all: Vec<ServedSubscription> =
            strangers.map(|who| served(who, (0, 1), at(1))).collect();
        all.extend([served(lan, (0, 1), at(1)), served(lan, (0, 1), at(1))]);
        let id = store.record_digest(&digest("Tin", &[1]), &[], &all).await.unwrap().unwrap();
        let queued = store.deliveries(9).await.unwrap();
        assert_eq!(queued.len(), 1, "{}", engine.name);
        assert_eq!((queued[0].digest, queued[0].subscription), (id, Some(lan.1)));
        assert_eq!(queued[0].message_id, all[11_999].message_id);
    }
}

// ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────

async fn check_refused(url: &str, expected: &[&str]) {
    let Err(error) = Store::open(url).await else { panic!("{url} was opened") };
    let told = format!("{error:#}");
    for words in expected {
        assert!(told.contains(words), "{told:?} does not say {words:?}");
    }
    assert!(!told.contains("s3cret"), "{told:?}");
    assert!(!told.contains('\n'), "{told:?}");
}

#[tokio::test]
async fn p12_a_store_that_cannot_be_opened_says_why_without_a_password() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().display();
    check_refused("mysql://u:s3cret@host/db", &["begins with neither sqlite: nor postgres:"]).await;
    check_refused("sqlite:", &["names no file"]).await;
    check_refused(&format!("sqlite:{path}/none/b.db"), &["there is no folder", "/none"]).await;
    check_refused(&format!("sqlite:{path}"), &["is a folder"]).await;
    check_refused(&format!("sqlite:{path}/none.db?mode=ro"), &["cannot be opened"]).await;
    check_refused(&format!("sqlite:{path}/b.db?color=red"), &["cannot be read", "color"]).await;
    std::fs::write(folder.path().join("note.txt"), "not a database at all ".repeat(99)).unwrap();
    check_refused(&format!("sqlite:{path}/note.txt"), &["note.txt is not a store"]).await;
    check_refused("postgres://u:s3cret@[::1/db", &["cannot be read"]).await;
    check_refused(
        "postgres://u:s3cret@127.0.0.1:1/db?password=s3cret",
        &["postgres://u:***@127.0.0.1:1/db?password=***", "cannot be reached"],
    )
    .await;
    check_refused(
        "postgres://u:s3cret@127.0.0.1:1/db?sslmode=verify-full&sslrootcert=/none.pem",
        &["cannot be reached"],
    )
    .await;
}

#[tokio::test]
async fn a_store_that_may_not_be_written_to_says_so() {
    let engine = sqlite_file();
    // Made by a bantin that has just begun: the tables are still to come.
    let file = engine.url.strip_prefix("sqlite:").unwrap();
    std::fs::write(file, "").unwrap();
    check_refused(&format!("{}?mode=ro", engine.url), &["cannot be written to", "read-only"]).await;
}

#[tokio::test]
async fn p12_a_wrong_password_and_a_missing_database_are_told_apart() {
    let Some(engine) = postgres().await else { return };
    let good = with_password(&engine.url, "lan", "right").await;
    Store::open(&good).await.expect("the right password opens").close().await;
    let bad = good.replace("lan:right@", "lan:s3cret@");
    check_refused(&bad, &["lan:***@", "refuses us", "look at the user and the password"]).await;
    let missing = engine.url.replace("/test_", "/none_");
    check_refused(&missing, &["is not there", "createdb"]).await;
}

#[tokio::test]
async fn a_store_made_by_a_newer_or_another_bantin_is_left_alone() {
    for engine in engines(false).await {
        open(&engine).await.close().await;
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     SELECT 99, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        run_raw(&engine, newer).await;
        check_refused(&engine.url, &["made by a newer bantin", "version 99"]).await;
        run_raw(&engine, "DELETE FROM _sqlx_migrations WHERE version = 99").await;
        run_raw(&engine, "UPDATE _sqlx_migrations SET checksum = substr(checksum, 2)").await;
        check_refused(&engine.url, &["not made by a released bantin"]).await;
    }
}

async fn run_raw(engine: &Engine, sql: &'static str) {
    use sqlx::{Connection, Executor};
    if engine.url.starts_with("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(&engine.url).await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    } else {
        support::postgres::execute(&engine.url, sql).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_open_a_new_store_at_the_same_moment_make_it_once() {
    for engine in engines(false).await {
        let openings: Vec<_> = (0..6)
            .map(|_| {
                let url = engine.url.clone();
                tokio::spawn(async move { Store::open(&url).await?.secret().await })
            })
            .collect();
        let mut secrets = HashSet::new();
        for opening in openings {
            secrets.insert(opening.await.unwrap().expect(engine.name));
        }
        assert_eq!(secrets.len(), 1, "{}", engine.name);
    }
}

#[tokio::test]
async fn p12_the_file_is_for_our_eyes_only_and_is_whole_when_it_is_closed() {
    use std::os::unix::fs::PermissionsExt;
    let engine = sqlite_file();
    let file = engine.url.strip_prefix("sqlite:").unwrap();
    let store = open(&engine).await;
    sync(&store, &["a"]).await;
    for name in [file.to_owned(), format!("{file}-wal")] {
        let mode = std::fs::metadata(&name).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    store.close().await;
    let log = std::fs::metadata(format!("{file}-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "everything is in the file itself");
}

/// The same database as another user, who must give a password.
async fn with_password(url: &str, user: &str, password: &str) -> String {
    let create = format!("CREATE ROLE {user} LOGIN SUPERUSER PASSWORD '{password}'");
    support::postgres::execute(url, &create).await;
    url.replace("postgres://postgres@", &format!("postgres://{user}:{password}@"))
}
