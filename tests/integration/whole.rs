//! The main job from one end to the other: a portal that we play, the daemon's own jobs in the order in which it runs them,
//! a clock that we set, feeds and mails counted.

use crate::office::{Article, Office, told};
use crate::origin::Answer;
use chrono::TimeDelta;

#[tokio::test]
async fn an_item_goes_from_the_page_into_feeds_and_one_digest() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    assert_eq!(told(&office.poll().await), "2 new, 0 revised, good");
    office.subscribe("van.phong@example.vn", "30 7 * * *").await;
    office.publish_articles(&[Article::new(1), Article::new(2), Article::new(3)]);
    office.pass(TimeDelta::hours(1)).await;
    assert_eq!(told(&office.poll().await), "1 new, 0 revised, good");
    assert_eq!(office.feed_titles().await, ["Tin số 3", "Tin số 2", "Tin số 1"]);
    // Three in the afternoon: the digest is due at half past seven.
    assert_eq!(office.mails().await, Vec::<String>::new());
    office.pass(TimeDelta::hours(24)).await;
    let mails = office.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("Tin số 3") && !mails[0].contains("Tin số 2"),
        "the backlog is not mailed:\n{}",
        mails[0]
    );
    office.pass(TimeDelta::hours(24)).await;
    assert_eq!(office.mails().await.len(), 1, "nothing on a day without news");
}

#[tokio::test]
async fn p10_a_second_run_over_unchanged_pages_makes_only_304s_and_no_item() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.poll().await;
    let before = office.portal.all_requests().len();
    let polled = office.poll_now().await;
    assert_eq!(told(&polled), "0 new, 0 revised, good");
    let asked: Vec<_> = office.portal.all_requests().split_off(before);
    let conditions =
        asked.iter().filter(|request| request.header("if-none-match").is_some()).count();
    assert_eq!(
        (asked.len(), conditions),
        (3, 3),
        "the listing and both articles are asked for, each with its validator"
    );
}

#[tokio::test]
async fn p1_an_edited_article_is_a_revision_under_the_same_id_and_no_mail() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("van.phong@example.vn", "at once").await;
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.poll_now().await;
    assert_eq!(office.mails().await.len(), 1);
    let before = office.feed_ids().await;
    for edit in [
        Article::new(2).title("Tin số 2 (đính chính)"),
        Article::new(2).text("Nội dung đã sửa."),
        Article::new(2).day(21),
    ] {
        office.publish_articles(&[Article::new(1), edit]);
        office.pass(TimeDelta::hours(1)).await;
        assert_eq!(told(&office.poll_now().await), "0 new, 1 revised, good");
        assert_eq!(office.feed_ids().await, before);
    }
    let item = office
        .items()
        .await
        .into_iter()
        .find(|item| item.url.ends_with("/tin/2"))
        .expect("it is there");
    assert_eq!(item.revision, 3);
    let day = |at: chrono::DateTime<chrono::Utc>| at.format("%d/%m").to_string();
    assert_eq!(item.published.moment(chrono_tz::UTC).map(day).as_deref(), Some("20/05"));
    assert_eq!(
        item.updated.map(day).as_deref(),
        Some("21/05"),
        "the portal's one date moves with an edit"
    );
    let earlier: Vec<String> = office
        .store
        .revisions(item.id)
        .await
        .expect("the store answers")
        .into_iter()
        .map(|old| old.title)
        .collect();
    assert_eq!(earlier, ["Tin số 2", "Tin số 2 (đính chính)", "Tin số 2"]);
    assert_eq!(office.mails().await.len(), 1, "no mail for an edit");
}

#[tokio::test]
async fn p1_an_address_in_another_dress_is_the_same_item() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    let dressed = office.listing_of(&[(
        "/tin/1?utm_source=zalo&PHPSESSID=4f1a2b3c4d5e6f708192#top",
        "Tin số 1",
        "20/5/2020",
    )]);
    office.portal.on("/danh-sach", Answer::page(dressed));
    assert_eq!(told(&office.poll_now().await), "0 new, 0 revised, good");
    assert_eq!(office.items().await.len(), 1);
}

#[tokio::test]
async fn p5_an_article_that_fails_costs_only_its_text_and_comes_later() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.portal.on("/tin/1", Answer::status(503));
    let polled = office.poll().await;
    assert_eq!(told(&polled), "2 new, 0 revised, good");
    assert!(
        polled.health.problems.iter().any(|problem| problem.text.contains("/tin/1:")),
        "{:?}",
        polled.health
    );
    let text = async |url: &str| {
        let items = office.items().await;
        items.into_iter().find(|item| item.url.ends_with(url)).expect("it is there").content_text
    };
    assert_eq!(text("/tin/1").await, "");
    assert_eq!(text("/tin/2").await, "Nội dung của tin số 2.");
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.pass(TimeDelta::hours(2)).await;
    assert_eq!(told(&office.poll().await), "0 new, 0 revised, good");
    assert_eq!(text("/tin/1").await, "Nội dung của tin số 1.");
    let item = office
        .items()
        .await
        .into_iter()
        .find(|item| item.url.ends_with("/tin/1"))
        .expect("it is there");
    assert_eq!(item.revision, 0, "an article that is read for the first time is no edit");
}

#[tokio::test]
async fn p6_a_broken_source_never_shows_in_a_feed_and_its_health_says_why() {
    let office = Office::open().await;
    office.publish_articles(&(1..=10).map(Article::new).collect::<Vec<_>>());
    office.poll().await;
    let good = office.feed_bytes().await;
    let breaks = [
        (Answer::status(500), "fetch failed"),
        (Answer::status(403).header("cf-mitigated", "challenge"), "blocked"),
        (Answer::hang_up(), "fetch failed"),
        (Answer::page("<html><body><h1>Trang đang bảo trì</h1></body></html>"), "fetch failed"),
        (Answer::page("<html><body><h1>Tin hoạt động</h1></body></html>"), "layout gone"),
        (Answer::page("<html><body><ul class=tin></ul></body></html>"), "list empty"),
        (
            Answer::page(office.listing_of(&[("/tin/10", "Tin số 10", "20/5/2020")])),
            "rows collapsed",
        ),
    ];
    for (answer, why) in breaks {
        office.portal.on("/danh-sach", answer);
        let polled = office.poll_now().await;
        assert_eq!(
            polled.health.broken.as_ref().map(|broken| broken.why.to_string()).as_deref(),
            Some(why)
        );
        assert_eq!(office.feed_bytes().await, good, "{why}: the feed stays as it was");
    }
    office.publish_articles(&(1..=11).map(Article::new).collect::<Vec<_>>());
    assert_eq!(told(&office.poll_now().await), "1 new, 0 revised, good");
}

#[tokio::test]
async fn too_many_new_items_at_once_are_held_and_not_mailed_until_the_admin_lets_them_go() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("van.phong@example.vn", "at once").await;
    office.publish_articles(&(1..=60).map(Article::new).collect::<Vec<_>>());
    let polled = office.poll_now().await;
    assert!(
        polled.health.problems.iter().any(|problem| problem.text.contains("max_new")),
        "{:?}",
        polled.health
    );
    assert_eq!(office.mails().await.len(), 0);
    assert_eq!(office.feed_titles().await, ["Tin số 1"]);
    office
        .store
        .release_held(&office.source(), office.clock.now())
        .await
        .expect("the store answers");
    assert_eq!(office.items().await.len(), 60);
    assert_eq!(office.mails().await.len(), 0, "what was held is served, not mailed");
}

#[tokio::test]
async fn p3_after_downtime_one_digest_covers_what_was_missed() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("van.phong@example.vn", "30 7 * * *").await;
    for newest in 2..=4 {
        office.publish_articles(&(1..=newest).map(Article::new).collect::<Vec<_>>());
        office.clock.advance(TimeDelta::days(1));
        office.poll_now().await;
    }
    let mails = office.mails().await;
    assert_eq!(mails.len(), 1, "three slots have passed, one digest is sent");
    assert!((2..=4).all(|n| mails[0].contains(&format!("Tin số {n}"))));
}

#[tokio::test]
async fn an_empty_day_brings_a_line_only_to_those_who_asked_for_it() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("im.lang@example.vn", "30 7 * * *").await;
    office.subscribe_with("bao.ca.khi.trong@example.vn", "30 7 * * *", true).await;
    office.pass(TimeDelta::days(1)).await;
    assert_eq!(office.mails().await.len(), 1);
}

#[tokio::test]
async fn a_listing_whose_article_is_a_document_gives_an_attachment() {
    let office = Office::open().await;
    office.portal.on(
        "/danh-sach",
        Answer::page(office.listing_of(&[(
            "/van-ban/12-KH-STTTT.pdf",
            "Kế hoạch 12",
            "20/5/2020",
        )])),
    );
    assert_eq!(told(&office.poll().await), "1 new, 0 revised, good");
    let item = office.items().await.remove(0);
    assert_eq!(item.attachments.len(), 1);
    assert_eq!(item.attachments[0].media_type, "application/pdf");
    assert!(
        office.portal.requests("/van-ban/12-KH-STTTT.pdf").is_empty(),
        "the document itself is not fetched"
    );
}

#[tokio::test]
async fn a_page_that_differs_each_time_but_not_in_its_rows_is_unchanged() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    let listing = office.listing_of(&[("/tin/1", "Tin số 1", "20/5/2020")]);
    office.portal.route("/danh-sach", move |request| {
        Answer::page(format!("{listing}<p>Lượt truy cập: {}</p>", request.number))
    });
    office.poll().await;
    assert!(office.poll_now().await.unchanged);
}

#[tokio::test]
async fn p3_an_item_in_two_feeds_of_one_subscription_comes_once() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe_to(&["tin", "so-chan"], &["\"tin số\""], "van.phong@example.vn").await;
    office.publish_articles(&[Article::new(1), Article::new(2), Article::new(3)]);
    office.poll_now().await;
    let mails = office.mails().await;
    assert_eq!(mails.len(), 1);
    for n in [2, 3] {
        assert_eq!(mails[0].matches(&format!("Tin số {n}\n")).count(), 1, "{}", mails[0]);
    }
}

#[tokio::test]
async fn p10_a_listing_whose_every_row_changed_costs_no_more_articles_than_one_poll_may_fetch() {
    let office = Office::open().await;
    office.publish_articles(&(1..=45).map(Article::new).collect::<Vec<_>>());
    office.poll().await;
    office.poll_now().await;
    let before = office.portal.all_requests().len();
    let edited: Vec<_> =
        (1..=45).map(|n| Article::new(n).title(&format!("Tin số {n} (đính chính)"))).collect();
    office.publish_articles(&edited);
    office.pass(TimeDelta::hours(1)).await;
    office.poll_now().await;
    let asked = office.portal.all_requests().len() - before;
    assert_eq!(asked, 1 + 30, "the listing and thirty articles");
    office.pass(TimeDelta::hours(1)).await;
    office.poll().await;
    let titles = office.feed_titles().await;
    assert!(titles.iter().all(|title| title.ends_with("(đính chính)")), "{titles:?}");
}

#[tokio::test]
async fn p6_a_listing_that_leads_to_the_front_page_gives_no_item() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("van.phong@example.vn", "at once").await;
    office.portal.on("/danh-sach", Answer::redirect(302, "/"));
    let front = office.listing_of(&[
        ("/the-thao/9", "Bóng đá", "21/5/2020"),
        ("/tin/1", "Tin số 1", "20/5/2020"),
    ]);
    office.portal.on("/", Answer::page(front));
    let polled = office.poll_now().await;
    assert_eq!(told(&polled), "0 new, 0 revised, layout gone");
    assert_eq!(office.items().await.len(), 1);
}

#[tokio::test]
async fn p10_an_article_that_says_retry_after_speaks_for_itself_and_a_second_for_its_host() {
    let office = Office::open().await;
    let articles: Vec<_> = (1..=5).map(Article::new).collect();
    office.publish_articles(&articles);
    for n in 1..=5 {
        let busy = Answer::status(429).header("retry-after", "3600");
        office.portal.on(&format!("/tin/{n}"), busy);
    }
    let polled = office.poll().await;
    assert_eq!(told(&polled), "5 new, 0 revised, good");
    let asked =
        office.portal.all_requests().iter().filter(|r| r.target.starts_with("/tin/")).count();
    assert_eq!(asked, 1, "the first answer spares the host the others in this poll");
    assert!(polled.next_at <= office.clock.now() + TimeDelta::minutes(17), "{}", polled.next_at);
    office.pass(TimeDelta::minutes(16)).await;
    let polled = office.poll().await;
    let asked =
        office.portal.all_requests().iter().filter(|r| r.target.starts_with("/tin/")).count();
    assert_eq!(asked, 2, "another one is tried once");
    assert!(polled.next_at >= office.clock.now() + TimeDelta::minutes(44), "{}", polled.next_at);
    office.publish_articles(&articles);
    office.pass(TimeDelta::hours(2)).await;
    office.poll().await;
    assert!(office.items().await.iter().all(|item| !item.content_text.is_empty()));
}

#[tokio::test]
async fn p10_two_pages_of_a_host_that_say_retry_after_speak_for_all_its_sources() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    let busy = || Answer::status(429).header("retry-after", "3600");
    office.portal.on("/tin/1", busy());
    assert_eq!(told(&office.poll().await), "1 new, 0 revised, good");
    office.portal.on("/danh-sach", busy());
    assert_eq!(told(&office.poll_now().await), "0 new, 0 revised, fetch failed");
    let before = office.portal.all_requests().len();
    let polled = office.poll_now().await;
    assert_eq!(office.portal.all_requests().len(), before, "no request at all");
    assert!(polled.next_at >= office.clock.now() + TimeDelta::minutes(59), "{}", polled.next_at);
    office.publish_articles(&[Article::new(1)]);
    office.pass(TimeDelta::hours(2)).await;
    assert_eq!(told(&office.poll().await), "0 new, 0 revised, good");
}

/// Rows that are fewer, or have lost their dates, were read all the same; a server is backed off from when it is in trouble.
#[tokio::test]
async fn rows_that_collapsed_for_good_are_still_polled_by_their_schedule() {
    let office = Office::open().await;
    office.publish_articles(&(1..=12).map(Article::new).collect::<Vec<_>>());
    office.poll().await;
    office.publish_articles(&[Article::new(11), Article::new(12)]);
    for _ in 0..8 {
        office.pass(TimeDelta::minutes(30)).await;
        assert_eq!(told(&office.poll_now().await), "0 new, 0 revised, rows collapsed");
    }
    let wait = office.next_poll_at().await - office.clock.now();
    assert!(wait <= TimeDelta::minutes(17), "{wait}");
}

/// The disk is full: what the poll found cannot be recorded. It is not fetched again every second until it can.
#[tokio::test]
async fn p10_a_poll_that_the_store_could_not_record_rests_before_the_next() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    let full = "CREATE TRIGGER full BEFORE INSERT ON item BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
    office.lay_hands_on_the_store(full).await;
    assert!(office.try_poll().await.is_some_and(|polled| polled.is_err()));
    office.pass(TimeDelta::seconds(5)).await;
    assert!(office.try_poll().await.is_none(), "it is not due yet");
    office.lay_hands_on_the_store("DROP TRIGGER full").await;
    office.pass(TimeDelta::minutes(5)).await;
    assert_eq!(told(&office.poll().await), "1 new, 0 revised, good", "nothing was lost");
}

/// A feed is taken out of the config, by mistake or not, and put back a day later.
#[tokio::test]
async fn p3_a_feed_that_is_put_back_brings_what_its_subscribers_missed() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.subscribe("moi.tin@example.vn", "at once").await;
    office.subscribe_with("moi.sang@example.vn", "30 7 * * *", true).await;
    let feeds = office.store.feeds().await.expect("the store answers");
    office.store.sync_feeds(&[]).await.expect("the store answers");
    office.publish_articles(&[Article::new(1), Article::new(2)]);
    office.pass(TimeDelta::days(1)).await;
    office.poll_now().await;
    assert_eq!(office.mails().await, Vec::<String>::new(), "not even that there is no news");
    office.store.sync_feeds(&feeds).await.expect("the store answers");
    office.pass(TimeDelta::days(1)).await;
    let mails = office.mails().await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.contains("Tin số 2")));
}

/// SIGHUP with a new address of the listing while a poll of the old one is under way.
#[tokio::test]
async fn a_poll_under_way_leaves_no_validators_for_a_listing_that_was_moved_meanwhile() {
    let office = Office::open().await;
    office.publish_articles(&[Article::new(1)]);
    let state = office.claim().await;
    let mut moved = state.source.clone();
    moved.url = office.portal.url("/danh-sach-moi");
    let now = office.clock.now();
    office.store.sync_sources(&[moved], |_| now).await.expect("the store answers");
    office.poller().poll(state).await.expect("the poll is recorded");
    let kept = office.store.source(&office.source()).await.expect("the store answers");
    let kept = kept.expect("it is there");
    assert_eq!((kept.validators, kept.rows_hash), (None, None));
}

/// A feed of (id, address, title, text), as the portal's own system writes it.
fn rss(entries: &[(&str, String, &str, &str)]) -> Answer {
    let entries: String = entries
        .iter()
        .map(|(id, url, title, text)| {
            format!(
                "<item><title>{title}</title><link>{url}</link><guid isPermaLink=\"false\">{id}</guid>\
                 <pubDate>Wed, 20 May 2020 08:00:00 +0700</pubDate><author>lan@example.vn (Lan)</author>\
                 <content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
            )
        })
        .collect();
    let feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Sở</title>\
         <link>http://a.vn/</link><description/>{entries}</channel></rss>"
    );
    Answer::bytes(feed).header("Content-Type", "application/rss+xml; charset=utf-8")
}

#[tokio::test]
async fn a_feed_with_whole_texts_is_read_without_its_pages_and_a_teaser_leads_to_its_page() {
    for kind in ["kind = \"feed\"\n", ""] {
        let office = Office::with_source(kind).await;
        let whole = "Hội nghị bàn giải pháp phát triển chính quyền số. ".repeat(20);
        let url = |n: u32| office.portal.url(&format!("/tin/{n}")).to_string();
        let page = "<html><body><h1>Tin số 2</h1><p>Toàn văn của tin số hai, như trang của nó viết, dài hơn một dòng tóm tắt.</p>";
        office.portal.on(
            "/tin/2",
            Answer::page(format!(
                "{page}<p>Đoạn thứ hai của tin, cũng đủ dài để là một đoạn văn.</p>"
            )),
        );
        let feed = |whole: &str| {
            rss(&[("a-1", url(1), "Tin số 1", whole), ("a-2", url(2), "Tin số 2", "Tóm tắt…")])
        };
        office.portal.on("/danh-sach", feed(&whole));
        assert_eq!(told(&office.poll().await), "2 new, 0 revised, good", "{kind}");
        assert!(office.portal.requests("/tin/1").is_empty(), "its text is there already");
        assert_eq!(office.portal.requests("/tin/2").len(), 1);
        let text = async |n: u32| {
            let items = office.items().await;
            let title = format!("Tin số {n}");
            items.into_iter().find(|item| item.title == title).expect("it is there").content_text
        };
        assert!(text(1).await.starts_with("Hội nghị bàn giải pháp"), "{}", text(1).await);
        assert!(text(2).await.contains("Toàn văn"), "{}", text(2).await);
        office.pass(TimeDelta::hours(1)).await;
        assert!(office.poll_now().await.unchanged);
        // An edit in the feed is an edit of the item.
        office.portal.on("/danh-sach", feed(&whole.replace("chính quyền số", "xã hội số")));
        assert_eq!(told(&office.poll_now().await), "0 new, 1 revised, good");
        assert!(text(1).await.contains("xã hội số"));
        // The feed's own id names the item, wherever it is moved to.
        let moved = "https://khac.example.vn/tin-1".to_owned();
        let whole = whole.replace("chính quyền số", "xã hội số");
        office.portal.on("/danh-sach", rss(&[("a-1", moved, "Tin số 1", &whole)]));
        assert_eq!(told(&office.poll_now().await), "0 new, 0 revised, good");
        assert_eq!(office.items().await.len(), 2);
    }
}

#[tokio::test]
async fn p6_what_was_a_feed_and_comes_as_something_else_is_told_with_its_reason() {
    let office = Office::with_source("kind = \"feed\"\n").await;
    let url = office.portal.url("/tin/1").to_string();
    office.portal.on("/danh-sach", rss(&[("a-1", url, "Tin số 1", "Tóm tắt…")]));
    assert_eq!(told(&office.poll().await), "1 new, 0 revised, good");
    office.portal.on("/danh-sach", Answer::page("<html><body><p>Không tìm thấy trang"));
    let polled = office.poll_now().await;
    assert_eq!(told(&polled), "0 new, 0 revised, layout gone");
    let detail = polled.health.broken.expect("it is broken").detail;
    assert!(detail.contains("as a feed"), "{detail}");
}

// ── Upgrades: what a newer version reads differently ──────────────────────────────────────────────────────────────────

/// The items' rows as an earlier version would have left them, which read something wrongly.
const READ_BY_AN_EARLIER_VERSION: &str =
    "UPDATE source SET reader = 0; UPDATE item SET reader = 0;";

const MEETING: &str = "Hội nghị bàn về chuyển đổi số của tỉnh";
const LESSONS: &str = "Tập huấn nghiệp vụ văn thư lưu trữ năm nay";

fn meeting() -> Article {
    Article::new(2).title(MEETING).text("Sáng nay, Sở họp bàn về chuyển đổi số với các huyện.")
}

fn lessons() -> Article {
    Article::new(1).title(LESSONS).text("Lớp tập huấn mở trong ba ngày cho cán bộ các xã.")
}

/// Opens an office that has mailed its second item, and that is then run by a newer version.
async fn upgraded(sql: &'static str) -> Office {
    let office = Office::open().await;
    office.publish_articles(&[lessons()]);
    office.poll().await;
    office.subscribe("van.phong@example.vn", "at once").await;
    office.publish_articles(&[lessons(), meeting()]);
    office.poll_now().await;
    assert_eq!(office.mails().await.len(), 1);
    office.lay_hands_on_the_store(READ_BY_AN_EARLIER_VERSION).await;
    office.lay_hands_on_the_store(sql).await;
    office.pass(TimeDelta::hours(1)).await;
    office
}

async fn item_at(office: &Office, path: &str) -> bantin_model::Item {
    let items = office.items().await;
    items.into_iter().find(|item| item.url.ends_with(path)).expect("it is there")
}

/// What the Atom feed gives as each entry's last change.
async fn stamps(office: &Office) -> Vec<String> {
    let atom = String::from_utf8(office.feed_bytes().await.swap_remove(1)).expect("it is UTF-8");
    let entries = atom.split("<entry>").skip(1);
    let mut stamps: Vec<String> = entries
        .map(|entry| {
            let of = |name: &str| entry.split(name).nth(1).unwrap_or_default().to_owned();
            format!("{} {}", of("id>"), of("updated>"))
        })
        .collect();
    stamps.sort();
    stamps
}

/// Whether the newer version's first reading of what an earlier one left is taken over quietly, or is a revision.
async fn check_rereading(
    what: &str,
    left: &'static str,
    change: impl Fn(&Office),
    revised: u32,
) -> Office {
    let office = upgraded(left).await;
    let (before, stamped) = (item_at(&office, "/tin/2").await, stamps(&office).await);
    change(&office);
    let told_of = told(&office.poll_now().await);
    assert_eq!(told_of, format!("0 new, {revised} revised, good"), "{what}");
    let after = item_at(&office, "/tin/2").await;
    assert_eq!((after.id, after.seq, &after.title[..]), (before.id, before.seq, MEETING), "{what}");
    assert_eq!(after.revision, revised, "{what}");
    if revised == 0 {
        assert_eq!(after.changed_at, before.changed_at, "{what}");
        assert_eq!(stamps(&office).await, stamped, "{what}: feeds give the same times");
        assert!(office.feed_titles().await.contains(&MEETING.to_owned()), "{what}");
        assert_eq!(office.store.revisions(after.id).await.expect("it answers"), [], "{what}");
    }
    assert_eq!(office.mails().await.len(), 1, "{what}: no mail");
    office.pass(TimeDelta::hours(1)).await;
    let asked = office.portal.all_requests().len();
    assert_eq!(told(&office.poll_now().await), "0 new, 0 revised, good", "{what}: once");
    let asked = office.portal.all_requests().split_off(asked);
    let conditional = asked.iter().all(|request| request.header("if-none-match").is_some());
    assert!(conditional, "{what}: only one look is unconditional");
    office
}

#[tokio::test]
async fn what_a_newer_version_reads_differently_on_an_unchanged_page_is_no_revision() {
    const TITLE: &str = "UPDATE item SET article_title = 'Trang chủ' WHERE url LIKE '%/tin/2'";
    let same = |_: &Office| {};
    check_rereading("a title", TITLE, same, 0).await;
    const OLD_STORE: &str = "UPDATE item SET article_title = 'Trang chủ', page_runs = NULL \
                             WHERE url LIKE '%/tin/2'";
    check_rereading("a title, the page unknown", OLD_STORE, same, 0).await;
    const DATE: &str =
        "UPDATE item SET article_published = 'on:2020-05-12' WHERE url LIKE '%/tin/2'";
    let office = check_rereading("a date", DATE, same, 0).await;
    let published = item_at(&office, "/tin/2").await.published.moment(chrono_tz::UTC);
    assert_eq!(published.map(|at| at.to_string()).as_deref(), Some("2020-05-20 01:26:51 UTC"));
    const TEXT: &str = "UPDATE item SET content_text = 'Liên kết trang', content_html = '<p>Liên kết trang</p>' \
                        WHERE url LIKE '%/tin/2'";
    let office = check_rereading("a text", TEXT, same, 0).await;
    assert!(item_at(&office, "/tin/2").await.content_text.starts_with("Sáng nay, Sở họp"));
    const FILES: &str = "UPDATE item SET byline = 'Quản trị', attachments = \
                         '[{\"url\":\"https://a.vn/1.pdf\",\"title\":\"1\",\"media_type\":\"application/pdf\",\"length\":null}]' \
                         WHERE url LIKE '%/tin/2'";
    let office = check_rereading("a file and a byline", FILES, same, 0).await;
    assert_eq!(item_at(&office, "/tin/2").await.attachments, []);
    let counter = |office: &Office| {
        let moved = meeting().page().replace("</body>", "<p>Lượt xem trang tin này: 57</p></body>");
        let etag = "\"moi\"";
        office.portal.on("/tin/2", Answer::page(moved).etag(etag).conditional());
    };
    check_rereading("a title beside a new counter", TITLE, counter, 0).await;
    const ROW: &str =
        "UPDATE source SET rows_hash = NULL; UPDATE item SET listed = 'khac', row_title = 'Xem'";
    check_rereading("the rows of the listing", ROW, same, 0).await;
}

#[tokio::test]
async fn an_edit_is_a_revision_also_when_a_newer_version_reads_it_first() {
    let edited = |office: &Office| {
        let edited = meeting().text("Cuộc họp bàn về chuyển đổi số được hoãn sang tuần sau.");
        office.publish_articles(&[lessons(), edited]);
    };
    const NOTHING: &str = "SELECT 1";
    check_rereading("the text", NOTHING, edited, 1).await;
    const UNKNOWN: &str = "UPDATE item SET page_runs = NULL";
    check_rereading("the text, the page unknown", UNKNOWN, edited, 1).await;
    const TITLE: &str = "UPDATE item SET article_title = 'Trang chủ' WHERE url LIKE '%/tin/2'";
    check_rereading("the text, and a title read differently", TITLE, edited, 1).await;
    let longer = |office: &Office| {
        let text = "Sáng nay, Sở họp bàn về chuyển đổi số với các huyện.</p><p>Kết luận được gửi các đơn vị.";
        office.publish_articles(&[lessons(), meeting().text(text)]);
    };
    check_rereading("a paragraph more", NOTHING, longer, 1).await;
}

/// A feed whose entries hold their articles, so that no page of them is asked for.
fn whole_feed(office: &Office, titles: [&str; 2], text: &str) -> Answer {
    let url = |n: u32| office.portal.url(&format!("/tin/{n}")).to_string();
    let (first, second) = (text.repeat(20), format!("Tin thứ hai. {}", text.repeat(20)));
    rss(&[("a-2", url(2), titles[1], &second), ("a-1", url(1), titles[0], &first)])
}

/// Like [`check_rereading`], of a source whose feed brings its articles.
async fn check_rereading_of_a_feed(
    what: &str,
    left: &'static str,
    change: impl Fn(&Office),
    revised: u32,
) {
    const TEXT: &str = "Hội nghị bàn giải pháp phát triển chính quyền số của tỉnh. ";
    let office = Office::with_source("kind = \"feed\"\n").await;
    office.portal.on("/danh-sach", whole_feed(&office, [LESSONS, MEETING], TEXT));
    office.poll().await;
    office.subscribe("van.phong@example.vn", "at once").await;
    let before = item_at(&office, "/tin/2").await;
    assert!(before.content_text.starts_with("Tin thứ hai"), "{}", before.content_text);
    office.lay_hands_on_the_store(READ_BY_AN_EARLIER_VERSION).await;
    office.lay_hands_on_the_store(left).await;
    office.pass(TimeDelta::hours(1)).await;
    let (left, stamped) = (item_at(&office, "/tin/2").await, stamps(&office).await);
    change(&office);
    assert_eq!(told(&office.poll().await), format!("0 new, {revised} revised, good"), "{what}");
    assert!(office.portal.requests("/tin/2").is_empty(), "{what}: the feed is all there is");
    let after = item_at(&office, "/tin/2").await;
    assert_eq!((after.id, after.seq, after.revision), (left.id, left.seq, revised), "{what}");
    if revised == 0 {
        assert_eq!(
            (after.title, after.content_text),
            (before.title, before.content_text),
            "{what}"
        );
        assert_eq!((after.published, after.attachments), (before.published, before.attachments));
        assert_eq!(after.changed_at, left.changed_at, "{what}");
        assert_eq!(stamps(&office).await, stamped, "{what}: feeds give the same times");
        assert_eq!(office.store.revisions(after.id).await.expect("it answers"), [], "{what}");
        assert_eq!(office.mails().await.len(), 0, "{what}: no mail");
    }
    office.pass(TimeDelta::hours(1)).await;
    assert_eq!(told(&office.poll().await), "0 new, 0 revised, good", "{what}: once");
}

#[tokio::test]
async fn what_a_newer_version_reads_differently_in_a_feed_without_pages_is_no_revision() {
    let same = |_: &Office| {};
    const TEXT: &str = "UPDATE source SET rows_hash = NULL; UPDATE item SET listed = 'khac', \
                        content_text = 'Tóm tắt', content_html = '<p>Tóm tắt</p>'";
    check_rereading_of_a_feed("a text", TEXT, same, 0).await;
    const DATE: &str = "UPDATE source SET rows_hash = NULL; UPDATE item SET listed = 'khac', \
                        row_published = 'on:2020-05-12', article_published = 'on:2020-05-12'";
    check_rereading_of_a_feed("a date", DATE, same, 0).await;
    const FILES: &str = "UPDATE source SET rows_hash = NULL; UPDATE item SET listed = 'khac', byline = 'Quản trị', \
                         attachments = '[{\"url\":\"https://a.vn/1.pdf\",\"title\":\"1\",\"media_type\":\"application/pdf\",\"length\":null}]'";
    check_rereading_of_a_feed("a file and a byline", FILES, same, 0).await;
    check_rereading_of_a_feed("nothing", "SELECT 1", same, 0).await;
    let retitled = |office: &Office| {
        let titles = [LESSONS, "Cuộc họp về chính quyền số dời sang tháng sau"];
        let text = "Hội nghị bàn giải pháp phát triển chính quyền số của tỉnh. ";
        office.portal.on("/danh-sach", whole_feed(office, titles, text));
    };
    check_rereading_of_a_feed("an edited title", "SELECT 1", retitled, 1).await;
}

#[tokio::test]
async fn rows_that_an_earlier_version_overlooked_are_served_and_not_mailed() {
    let office =
        upgraded("UPDATE source SET rows_hash = NULL; DELETE FROM item WHERE url LIKE '%/tin/1'")
            .await;
    assert_eq!(told(&office.poll_now().await), "1 new, 0 revised, good");
    assert_eq!(office.mails().await.len(), 1, "it was on the page before");
    assert!(office.feed_titles().await.contains(&LESSONS.to_owned()));
    office.pass(TimeDelta::hours(1)).await;
    office.poll_now().await;
    assert!(item_at(&office, "/tin/1").await.content_text.starts_with("Lớp tập huấn"));
    let new = Article::new(3).title("Thông báo lịch tiếp công dân tháng tới của Sở");
    office.publish_articles(&[lessons(), meeting(), new]);
    assert_eq!(told(&office.poll_now().await), "1 new, 0 revised, good");
    assert_eq!(office.mails().await.len(), 2, "what is new is mailed as ever");
}

#[tokio::test]
async fn a_newer_version_rereads_articles_at_their_own_times_and_not_at_once() {
    let office = upgraded(
        "UPDATE source SET rows_hash = NULL; UPDATE item SET listed = 'khac', row_title = 'Xem', \
         article_next_at = article_next_at + 86400000",
    )
    .await;
    let before = office.portal.all_requests().len();
    office.poll().await;
    let asked = office.portal.all_requests().split_off(before);
    assert_eq!(asked.len(), 1, "the listing alone");
    assert_eq!(asked[0].header("if-none-match"), None);
}
