//! Notices to the admin by mail: once when something breaks, once when it is over, and none for
//! what passes by itself.

use crate::office::{Article, Office};
use crate::origin::Answer;
use crate::smtp::{At, Sink};
use chrono::TimeDelta;

/// Subjects of the admin's mails, in order.
fn told(sink: &Sink) -> Vec<String> {
    let mails = sink.accepted();
    mails
        .iter()
        .filter(|mail| mail.header("To").is_some_and(|to| to.contains("quantri@example.vn")))
        .map(|mail| mail.subject())
        .collect()
}

/// Polls and delivers every quarter of an hour, so often.
async fn quarters(office: &Office, times: usize) {
    for _ in 0..times {
        office.pass(TimeDelta::minutes(15)).await;
        if let Some(polled) = office.try_poll().await {
            polled.expect("the store answers");
        }
        office.pass(TimeDelta::minutes(2)).await;
        office.deliver().await.expect("the store answers");
    }
}

#[tokio::test]
async fn a_source_that_breaks_is_told_once_and_so_is_its_recovery() {
    let sink = Sink::start().await;
    let office = Office::with_admin(&sink.url()).await;
    let articles: Vec<Article> = (1..=9).map(Article::new).collect();
    office.publish_articles(&articles);
    office.poll().await;
    office.portal.on("/danh-sach", Answer::page("<p>Chào mừng bạn đến với trang mới</p>"));
    quarters(&office, 8).await;
    assert_eq!(told(&sink), ["Nguồn Sở: trang đã đổi bố cục"]);
    let text = sink.accepted()[0].text();
    assert!(text.contains("bantin status so") && text.contains("had 9 rows"), "{text}");
    office.publish_articles(&articles);
    // It is asked less often the longer it is broken.
    quarters(&office, 40).await;
    assert_eq!(told(&sink), ["Nguồn Sở: trang đã đổi bố cục", "Nguồn Sở: đã đọc được trở lại"]);
}

#[tokio::test]
async fn one_poll_that_fails_is_nobodys_business() {
    let sink = Sink::start().await;
    let office = Office::with_admin(&sink.url()).await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    office.portal.on("/danh-sach", Answer::status(503));
    quarters(&office, 1).await;
    office.publish_articles(&[Article::new(1)]);
    quarters(&office, 4).await;
    assert_eq!(told(&sink), Vec::<String>::new());
}

#[tokio::test]
async fn mail_that_cannot_go_is_told_when_it_goes_again_in_one_mail() {
    let sink = Sink::start().await;
    let office = Office::with_a_mail_waiting(&sink.url()).await;
    sink.on(At::Mail, "535 5.7.8 log in first");
    for _ in 0..20 {
        office.deliver().await.expect("the store answers");
        office.pass(TimeDelta::minutes(5)).await;
    }
    assert_eq!(told(&sink), Vec::<String>::new());
    sink.relent();
    for _ in 0..60 {
        office.deliver().await.expect("the store answers");
        office.pass(TimeDelta::minutes(5)).await;
    }
    let told = told(&sink);
    assert!(told.len() <= 2, "{told:?}");
    let all: String = sink.accepted().iter().map(|mail| mail.text()).collect();
    assert!(all.contains("không thư nào gửi đi được") && all.contains("535 5.7.8"), "{all}");
    assert!(all.contains("Thư đã gửi đi được trở lại"), "{all}");
}

#[tokio::test]
async fn items_that_are_held_are_told() {
    let sink = Sink::start().await;
    let office = Office::with_admin(&sink.url()).await;
    office.publish_articles(&[Article::new(1)]);
    office.poll().await;
    let flood: Vec<Article> = (1..=90).map(Article::new).collect();
    office.publish_articles(&flood);
    quarters(&office, 2).await;
    assert_eq!(told(&sink), ["Nguồn Sở: 89 tin đang được giữ lại"]);
}
