//! A portal is redesigned: other tags, other classes, other addresses. What happens to the source, its items, its feeds and
//! its subscribers.

use crate::office::{Article, LISTING, Office, told};
use crate::origin::Answer;
use bantin_model::OnRedesign;
use bantin_store::{KeptPageKind, SourceState};
use chrono::TimeDelta;

const USE: &str = "repair = \"use\"\n[source.listing]\nitem = \"ul.tin li\"\n";

/// Returns a title that cannot be taken for a button.
fn title(n: u32) -> String {
    format!("Hội nghị giao ban công tác quý, phiên thứ {n}")
}

fn articles(numbers: std::ops::RangeInclusive<u32>) -> Vec<Article> {
    numbers.map(|n| Article::new(n).title(&title(n))).collect()
}

/// The new layout: (address, number) from the newest down.
fn cards(rows: &[(String, u32)]) -> String {
    rows.iter()
        .map(|(url, n)| {
            format!(
                "<article class=the><a class=anh href=\"{url}\"><img src=\"/anh/{n}.jpg\"></a><h3><a href=\"{url}\">{}</a></h3>\
                 <time>20/05/2020</time></article>",
                title(*n)
            )
        })
        .collect()
}

fn redesigned(body: &str) -> String {
    format!(
        "<!doctype html><html><head><meta charset=utf-8></head><body><nav class=menu><a href=/>Trang chủ</a><a \
         href=/van-ban>Văn bản</a></nav>{body}<footer>Bản quyền thuộc về Sở</footer></body></html>"
    )
}

fn new_layout(addresses: &str, numbers: impl Iterator<Item = u32>) -> String {
    let rows: Vec<_> = numbers.map(|n| (format!("{addresses}{n}"), n)).collect();
    redesigned(&format!("<main><div class=\"luoi tin-moi\">{}</div></main>", cards(&rows)))
}

/// An office that has polled ten items and then an eleventh, which was mailed.
async fn settled(source: &str) -> Office {
    let office = Office::with_source(source).await;
    office.publish_articles(&articles(1..=10));
    assert_eq!(told(&office.poll().await), "10 new, 0 revised, good");
    office.subscribe("van.phong@example.vn", "at once").await;
    office.publish_articles(&articles(1..=11));
    office.pass(TimeDelta::hours(1)).await;
    assert_eq!(told(&office.poll_now().await), "1 new, 0 revised, good");
    assert_eq!(office.mails().await.len(), 1);
    office
}

async fn state(office: &Office) -> SourceState {
    office.store.source(&office.source()).await.expect("the store answers").expect("it is there")
}

/// Polls once an hour and tells what each poll did.
async fn check(office: &Office, listing: Answer, expected: &[&str]) {
    office.portal.on("/danh-sach", listing);
    for expected in expected {
        office.pass(TimeDelta::hours(1)).await;
        assert_eq!(told(&office.poll_now().await), *expected);
    }
}

#[tokio::test]
async fn p6_a_redesign_leaves_a_proposal_and_the_feed_as_it_was() {
    let office = settled(LISTING).await;
    let good = office.feed_bytes().await;
    let page = new_layout("/tin/", (2..=13).rev());
    check(&office, Answer::page(page.clone()), &["0 new, 0 revised, layout gone"; 3]).await;
    assert_eq!(office.feed_bytes().await, good);
    let state = state(&office).await;
    let proposal = state.proposal.expect("the list was found");
    assert_eq!(proposal.recipe.item.as_deref(), Some("div.luoi.tin-moi > article.the"));
    assert!(proposal.evidence[0].contains("10 of its 12 rows"), "{:?}", proposal.evidence);
    assert_eq!(state.found, None, "only the admin changes what the admin wrote");
    assert_eq!(proposal.at, office.clock.now() - TimeDelta::hours(2), "proposed once");
    let pages = office.store.kept_pages(&office.source()).await.expect("the store answers");
    let kept: Vec<_> =
        pages.iter().map(|page| (page.which, page.body().expect("it is whole"))).collect();
    assert_eq!(kept[0], (KeptPageKind::Bad, page.into_bytes()));
    assert!(
        kept[1].0 == KeptPageKind::Good
            && String::from_utf8_lossy(&kept[1].1).contains("ul class=tin")
    );
    // The admin takes it over.
    let mut source = state.source.clone();
    source.recipe.listing = proposal.recipe;
    let now = office.clock.now();
    office.store.sync_sources(&[source], |_| now).await.expect("the store answers");
    assert_eq!(told(&office.poll_now().await), "2 new, 0 revised, good");
    assert_eq!(office.items().await.len(), 13);
    assert_eq!(office.mails().await.len(), 2, "one mail more, with the two new ones");
    assert_eq!(self::state(&office).await.proposal, None);
}

#[tokio::test]
async fn p1_p3_a_mended_source_brings_two_new_items_once_and_doubles_none() {
    for addresses in ["/tin/", "/bai-viet/chi-tiet-"] {
        let office = settled(USE).await;
        let ids = office.feed_ids().await;
        for n in 2..=13 {
            office
                .portal
                .on(&format!("{addresses}{n}"), Answer::page(format!("<h1>{}</h1>", title(n))));
        }
        let page = new_layout(addresses, (2..=13).rev());
        let then = ["2 new, 0 revised, good", "0 new, 0 revised, good", "0 new, 0 revised, good"];
        check(&office, Answer::page(page), &then).await;
        let state = state(&office).await;
        let mended = state.health.mended.expect("it says so");
        assert!(mended.what.starts_with("layout gone: "), "{}", mended.what);
        assert!(state.found.is_some());
        let after = office.feed_ids().await;
        assert_eq!(after.len(), 13, "{addresses}");
        assert!(ids.iter().all(|id| after.contains(id)), "no id has changed");
        assert!(office.items().await.iter().all(|item| item.revision == 0), "no edit either");
        let mails = office.mails().await;
        assert_eq!(mails.len(), 2);
        // The newest mail comes first.
        assert!(mails[0].contains(&title(12)) && mails[0].contains(&title(13)), "{}", mails[0]);
        assert!(!mails[0].contains(&title(11)), "{}", mails[0]);
        // And the next item comes as ever.
        let page = new_layout(addresses, (3..=14).rev());
        check(&office, Answer::page(page), &["1 new, 0 revised, good"]).await;
        assert_eq!(office.mails().await.len(), 3);
    }
}

#[tokio::test]
async fn p1_a_portal_that_goes_back_to_its_old_page_doubles_nothing() {
    let office = settled(USE).await;
    let page = new_layout("/bai-viet/", (2..=11).rev());
    check(&office, Answer::page(page), &["0 new, 0 revised, good"]).await;
    office.publish_articles(&articles(1..=12));
    office.pass(TimeDelta::hours(1)).await;
    assert_eq!(told(&office.poll_now().await), "1 new, 0 revised, good");
    assert_eq!(state(&office).await.found, None, "the admin's own recipe reads it again");
    assert_eq!(office.items().await.len(), 12);
    assert_eq!(office.mails().await.len(), 2);
}

#[tokio::test]
async fn p1_addresses_written_anew_without_any_redesign_double_nothing() {
    let office = settled(LISTING).await;
    let titles: Vec<(String, String)> =
        (2..=12).rev().map(|n| (format!("/tin/{n}.html"), title(n))).collect();
    let rows: Vec<_> =
        titles.iter().map(|(url, title)| (url.as_str(), title.as_str(), "20/5/2020")).collect();
    let page = office.listing_of(&rows);
    check(&office, Answer::page(page), &["1 new, 0 revised, good", "0 new, 0 revised, good"]).await;
    assert_eq!(office.items().await.len(), 12);
}

#[tokio::test]
async fn p1_a_row_that_may_be_either_of_two_items_is_held() {
    let office = Office::with_source(USE).await;
    let mut known = articles(1..=10);
    known.push(Article::new(11).title("Thông báo mời họp giao ban"));
    known.push(Article::new(12).title("Thông báo mời họp giao ban"));
    office.publish_articles(&known);
    office.poll().await;
    office.subscribe("van.phong@example.vn", "at once").await;
    let twin = "<article class=the><h3><a href=/moi/11>Thông báo mời họp giao ban</a></h3><time>20/05/2020</time></article>";
    let rows: Vec<_> = (1..=10).rev().map(|n| (format!("/moi/{n}"), n)).collect();
    let page = redesigned(&format!("<div class=luoi>{twin}{}</div>", cards(&rows)));
    check(&office, Answer::page(page), &["1 new, 0 revised, good", "0 new, 0 revised, good"]).await;
    assert_eq!(office.items().await.len(), 12, "held is not served");
    assert_eq!(office.mails().await.len(), 0);
    let released =
        office.store.release_held(&office.source(), office.clock.now()).await.expect("it answers");
    assert_eq!(released, 1);
}

#[tokio::test]
async fn p6_a_sidebar_of_the_most_read_is_not_taken_for_the_list() {
    let office = settled(USE).await;
    let most_read: String = [7, 2, 11, 5, 9, 1, 4]
        .iter()
        .map(|n| format!("<p class=doc-nhieu><a href=/tin/{n}>{}</a></p>", title(*n)))
        .collect();
    let page = redesigned(&format!("<aside class=ben>{most_read}</aside><main id=app></main>"));
    check(&office, Answer::page(page), &["0 new, 0 revised, layout gone"]).await;
    assert_eq!(state(&office).await.found, None);
    let list: Vec<_> = (2..=13).rev().map(|n| (format!("/tin/{n}"), n)).collect();
    let page = redesigned(&format!(
        "<aside class=ben>{most_read}</aside><main><div class=luoi>{}</div></main>",
        cards(&list)
    ));
    check(&office, Answer::page(page), &["2 new, 0 revised, good"]).await;
    let found = state(&office).await.found.expect("the list was found");
    assert_eq!(found.recipe.item.as_deref(), Some("div.luoi > article.the"));
}

#[tokio::test]
async fn p6_what_is_no_redesign_has_its_own_name_and_changes_no_recipe() {
    let office = settled(USE).await;
    let good = office.feed_bytes().await;
    let login = "<form action=/dang-nhap><input name=ten><input type=password name=mk><button>Đăng nhập</button></form>";
    let app =
        "<div id=root></div><noscript>You need to enable JavaScript to run this app.</noscript>";
    let alike: Vec<_> = (1..=11).map(|n| format!("/tin/{n}")).collect();
    let alike: Vec<_> =
        alike.iter().map(|url| (url.as_str(), "Xem chi tiết tin bài", "20/5/2020")).collect();
    let few = [("/tin/11", &*title(11), "20/5/2020"), ("/tin/10", &*title(10), "20/5/2020")];
    for (page, why) in [
        (redesigned(login), "blocked"),
        (redesigned(app), "blocked"),
        (redesigned("<h1>Hệ thống đang bảo trì</h1>"), "fetch failed"),
        (redesigned("<ul class=tin></ul>"), "list empty"),
        (redesigned("<p>Không có gì"), "layout gone"),
        (office.listing_of(&alike), "layout gone"),
        (office.listing_of(&few), "rows collapsed"),
    ] {
        let expected = format!("0 new, 0 revised, {why}");
        check(&office, Answer::page(page), &[&expected]).await;
        assert_eq!(office.feed_bytes().await, good, "{why}: the feed stays as it was");
        let state = state(&office).await;
        assert_eq!((state.found, state.proposal), (None, None), "{why}");
    }
    office.publish_articles(&articles(1..=12));
    assert_eq!(told(&office.poll_now().await), "1 new, 0 revised, good");
}

#[tokio::test]
async fn rows_that_lost_their_dates_are_no_edits() {
    let office = settled(LISTING).await;
    let titles: Vec<(String, String)> =
        (1..=11).rev().map(|n| (format!("/tin/{n}"), title(n))).collect();
    let rows: Vec<_> =
        titles.iter().map(|(url, title)| (url.as_str(), title.as_str(), "")).collect();
    let before = office.portal.all_requests().len();
    office.portal.on("/danh-sach", Answer::page(office.listing_of(&rows)));
    // Ten minutes later no article is due.
    office.pass(TimeDelta::minutes(16)).await;
    assert_eq!(told(&office.poll().await), "0 new, 0 revised, dates gone");
    let asked = office.portal.all_requests().split_off(before);
    assert!(asked.len() <= 2, "{} requests", asked.len());
}

#[tokio::test]
async fn p6_a_recipe_that_comes_to_read_the_menu_gives_no_items() {
    let office = settled("repair = \"use\"\n[source.listing]\nitem = \"li\"\n").await;
    let menu: String =
        ["Giới thiệu chung", "Cơ cấu tổ chức", "Văn bản chỉ đạo", "Thủ tục hành chính"]
            .iter()
            .enumerate()
            .map(|(n, name)| format!("<li><a href=/trang/{n}>{name}</a></li>"))
            .collect();
    let page = redesigned(&format!("<ul>{menu}</ul>"));
    check(&office, Answer::page(page), &["0 new, 0 revised, layout gone"]).await;
    let list: Vec<_> = (2..=12).rev().map(|n| (format!("/tin/{n}"), n)).collect();
    let page = redesigned(&format!("<ul>{menu}</ul><div class=luoi>{}</div>", cards(&list)));
    check(&office, Answer::page(page), &["1 new, 0 revised, good"]).await;
}

#[tokio::test]
async fn a_date_that_is_called_differently_is_found_again_in_the_same_list() {
    let source = "repair = \"use\"\n[source.listing]\nitem = \"ul.tin li\"\ndate = \"span\"\n";
    let office = settled(source).await;
    let rows: String = (2..=12)
        .rev()
        .map(|n| format!("<li><a href=/tin/{n}>{}</a> <i>20/5/2020</i></li>", title(n)))
        .collect();
    let page = redesigned(&format!("<ul class=tin>{rows}</ul>"));
    check(&office, Answer::page(page), &["1 new, 0 revised, good"]).await;
    let found = state(&office).await.found.expect("the dates were found");
    assert_eq!((found.recipe.item.as_deref(), found.recipe.date), (Some("ul.tin li"), None));
}

#[tokio::test]
async fn an_admin_who_says_use_after_many_polls_is_obeyed_at_once() {
    let office = settled(LISTING).await;
    let page = new_layout("/tin/", (2..=13).rev());
    check(&office, Answer::page(page), &["0 new, 0 revised, layout gone"; 5]).await;
    let mut source = state(&office).await.source;
    source.recipe.repair = OnRedesign::Use;
    let now = office.clock.now();
    office.store.sync_sources(&[source], |_| now).await.expect("the store answers");
    assert_eq!(told(&office.poll_now().await), "2 new, 0 revised, good");
}

#[tokio::test]
async fn a_proposal_is_forgotten_when_the_portal_goes_back() {
    let office = settled(LISTING).await;
    let page = new_layout("/tin/", (2..=13).rev());
    check(&office, Answer::page(page), &["0 new, 0 revised, layout gone"]).await;
    assert!(state(&office).await.proposal.is_some());
    office.publish_articles(&articles(1..=11));
    office.pass(TimeDelta::hours(1)).await;
    assert_eq!(told(&office.poll_now().await), "0 new, 0 revised, good");
    assert_eq!(state(&office).await.proposal, None);
}

/// Waits for detection.
#[tokio::test]
async fn a_source_without_a_recipe_is_read_by_the_one_that_was_found() {
    let office = Office::with_source("").await;
    office.publish_articles(&articles(1..=10));
    for n in 1..=14 {
        office.portal.on(&format!("/bai/{n}"), Answer::page("<h1>Tin</h1>"));
    }
    check(
        &office,
        Answer::page(new_layout("/bai/", (1..=12).rev())),
        &["12 new, 0 revised, good", "0 new, 0 revised, good"],
    )
    .await;
    let found = state(&office).await.found.expect("it is kept");
    assert_eq!(found.at, office.clock.now() - TimeDelta::hours(1), "found once");
    // What was found by itself is mended by itself.
    let list: String = (2..=13)
        .rev()
        .map(|n| {
            format!(
                "<li class=muc><h4><a href=/bai/{n}>{}</a></h4><i>20/05/2020</i></li>",
                title(n)
            )
        })
        .collect();
    check(
        &office,
        Answer::page(redesigned(&format!("<ul class=danh-sach-moi>{list}</ul>"))),
        &["1 new, 0 revised, good", "0 new, 0 revised, good"],
    )
    .await;
    assert_ne!(state(&office).await.found, Some(found));
    // Another address of the listing is another page.
    let mut moved = state(&office).await.source;
    moved.url = office.portal.url("/danh-sach-khac");
    let now = office.clock.now();
    office.store.sync_sources(&[moved], |_| now).await.expect("the store answers");
    assert_eq!(state(&office).await.found, None);
}

#[tokio::test]
async fn a_page_without_a_recipe_and_without_a_list_is_said_to_be_none() {
    let office = Office::with_source("").await;
    let page =
        redesigned("<h1>Giới thiệu</h1><p>Sở có chức năng tham mưu cho Uỷ ban nhân dân tỉnh.");
    check(&office, Answer::page(page), &["0 new, 0 revised, not a listing"]).await;
    let broken = state(&office).await.health.broken.expect("it is broken");
    assert!(broken.detail.contains("source.listing.item"), "{}", broken.detail);
    assert!(broken.detail.contains("bantin detect http://"), "{}", broken.detail);
}
