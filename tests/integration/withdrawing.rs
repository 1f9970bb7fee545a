//! What the agency took back: an item whose own page is gone for good is withdrawn by itself, and nothing else is.

use crate::office::{Article, Office};
use crate::origin::Answer;
use bantin_model::{Item, Notice};
use chrono::TimeDelta;

/// A portal with articles 1 to `all`, of which the listing shows those from `first` on.
async fn office(all: u32) -> Office {
    let office = Office::open().await;
    show(&office, 1, all);
    office.poll().await;
    office
}

fn show(office: &Office, first: u32, last: u32) {
    let articles: Vec<Article> = (first..=last).map(Article::new).collect();
    office.publish_articles(&articles);
}

/// From now on these pages answer with this status.
fn answer(office: &Office, numbers: impl IntoIterator<Item = u32>, status: u16) {
    for n in numbers {
        office.portal.on(&format!("/tin/{n}"), Answer::status(status));
    }
}

async fn hours(office: &Office, hours: u32) {
    for _ in 0..hours {
        office.pass(TimeDelta::hours(1)).await;
        if let Some(polled) = office.try_poll().await {
            polled.expect("the poll is recorded");
        }
    }
}

/// The numbers of the items that were withdrawn.
async fn withdrawn(office: &Office) -> Vec<u32> {
    let long_ago = office.clock.now() - TimeDelta::days(1_000);
    let all = office.store.withdrawn_since(long_ago, 100).await.expect("the store answers");
    let mut numbers: Vec<u32> = all.iter().map(|one| number(&one.item)).collect();
    numbers.sort_unstable();
    numbers
}

fn number(item: &Item) -> u32 {
    item.url.rsplit('/').next().and_then(|n| n.parse().ok()).expect("a number")
}

async fn item(office: &Office, n: u32) -> Item {
    let items = office.items().await;
    items.into_iter().find(|item| number(item) == n).expect("it is there")
}

/// Returns the notices to the admin, without the names.
async fn notices(office: &Office) -> Vec<String> {
    let far = office.clock.now() + TimeDelta::days(1);
    let waiting = office.store.due_notices(far, 100).await.expect("the store answers");
    let word = |notice: &Notice| match notice {
        Notice::ItemsWithdrawn { items, .. } => format!("{} withdrawn", items.len()),
        Notice::TooManyGone { items, .. } => format!("{items} gone"),
        other => format!("{other:?}"),
    };
    waiting.iter().map(|one| word(&one.notice)).collect()
}

#[tokio::test]
async fn an_item_whose_page_is_gone_at_two_looks_a_day_apart_is_withdrawn_and_it_is_said_why() {
    let office = office(9).await;
    let id = item(&office, 1).await.id;
    show(&office, 2, 9);
    answer(&office, [1], 410);
    hours(&office, 20).await;
    let asked = office.portal.requests("/tin/1").len();
    assert_eq!(withdrawn(&office).await, [0; 0]);
    hours(&office, 10).await;
    assert_eq!(withdrawn(&office).await, [1]);
    assert_eq!(office.portal.requests("/tin/1").len(), asked + 1, "the second look decides");
    assert!(!office.feed_titles().await.contains(&"Tin số 1".to_owned()));
    let atom = String::from_utf8(office.feed_bytes().await[1].clone()).expect("UTF-8");
    assert!(atom.contains(&format!("<at:deleted-entry ref=\"{}\"", id.urn())), "{atom}");
    let log = office.store.audit(1).await.expect("the store answers").remove(0);
    assert_eq!((log.what.as_str(), log.by.as_str()), ("withdrawn", "daemon"));
    assert!(
        log.detail.starts_with(&format!("{id} of so: its page answered 410")),
        "{}",
        log.detail
    );
    assert_eq!(notices(&office).await, ["1 withdrawn"]);
    // Nothing more comes of it.
    hours(&office, 72).await;
    assert_eq!(office.portal.requests("/tin/1").len(), asked + 1);
    assert_eq!((withdrawn(&office).await, notices(&office).await.len()), (vec![1], 1));
}

#[tokio::test]
async fn a_page_that_is_there_again_at_the_second_look_was_never_gone() {
    let office = office(9).await;
    show(&office, 2, 9);
    answer(&office, [1], 410);
    hours(&office, 20).await;
    show(&office, 1, 9);
    show(&office, 2, 9);
    hours(&office, 24).await;
    // It counts from the start again.
    answer(&office, [1], 410);
    hours(&office, 25).await;
    assert_eq!(withdrawn(&office).await, [0; 0]);
    hours(&office, 25).await;
    assert_eq!(withdrawn(&office).await, [1]);
}

#[tokio::test]
async fn not_found_and_a_gone_page_that_the_listing_shows_withdraw_nothing() {
    let office = office(9).await;
    show(&office, 2, 9);
    answer(&office, [1], 404);
    // The listing is unchanged since the first of these polls, and says so with 304.
    answer(&office, [5], 410);
    hours(&office, 24 * 10).await;
    assert_eq!(withdrawn(&office).await, [0; 0]);
    assert_eq!(notices(&office).await, [""; 0]);
    assert!(office.portal.requests("/tin/5").len() > 5, "it is looked at again");
    let log = office.store.gone_undecided(10).await.expect("the store answers");
    assert!(log.is_empty(), "{log:?}");
}

#[tokio::test]
async fn nothing_is_withdrawn_while_the_listing_fails() {
    let office = office(9).await;
    show(&office, 2, 9);
    answer(&office, [1], 410);
    hours(&office, 20).await;
    // The page is another one: what it does not show says nothing.
    office.portal.on("/danh-sach", Answer::page("<p>Chào mừng bạn đến với trang mới</p>"));
    let asked = office.portal.requests("/tin/1").len();
    hours(&office, 30).await;
    assert!(office.portal.requests("/tin/1").len() > asked, "the article is looked at");
    let state = office.store.source(&office.source()).await.expect("it answers").expect("there");
    assert!(state.health.broken.is_some());
    assert_eq!(withdrawn(&office).await, [0; 0]);
    show(&office, 2, 9);
    answer(&office, [1], 410);
    hours(&office, 50).await;
    assert_eq!(withdrawn(&office).await, [1]);
}

#[tokio::test]
async fn many_pages_gone_at_once_are_the_portal_s_mistake_and_told_once() {
    let office = office(20).await;
    show(&office, 9, 20);
    answer(&office, 1..=8, 410);
    hours(&office, 24 * 5).await;
    assert_eq!(withdrawn(&office).await, [0; 0]);
    assert_eq!(notices(&office).await, ["8 gone"]);
    let left = office.store.gone_undecided(100).await.expect("the store answers");
    assert_eq!(left.len(), 8);
    // The admin decides.
    assert!(office.store.withdraw(left[0].id, "thu hồi", office.clock.now()).await.expect("ok"));
    assert_eq!(office.store.gone_undecided(100).await.expect("the store answers").len(), 7);
    // And when the portal is well again, all is forgotten.
    show(&office, 1, 20);
    hours(&office, 30).await;
    assert!(office.store.gone_undecided(100).await.expect("the store answers").is_empty());
}

#[tokio::test]
async fn what_the_admin_put_back_is_not_withdrawn_again() {
    let office = office(9).await;
    let (by_itself, by_hand) = (item(&office, 1).await.id, item(&office, 2).await.id);
    let now = office.clock.now();
    assert!(office.store.withdraw(by_hand, "nhầm", now).await.expect("the store answers"));
    assert!(office.store.restore(by_hand, now).await.expect("the store answers"));
    show(&office, 3, 9);
    answer(&office, [1, 2], 410);
    hours(&office, 50).await;
    assert_eq!(withdrawn(&office).await, [1]);
    assert!(office.store.restore(by_itself, office.clock.now()).await.expect("it answers"));
    let asked = office.portal.requests("/tin/1").len();
    hours(&office, 72).await;
    assert!(office.portal.requests("/tin/1").len() > asked, "it is looked at");
    assert_eq!(withdrawn(&office).await, [0; 0]);
    for title in ["Tin số 1", "Tin số 2"] {
        assert!(office.feed_titles().await.contains(&title.to_owned()));
    }
    assert_eq!(notices(&office).await, ["1 withdrawn"]);
}
