//! An agency's office in a test: a portal, a store, the jobs with a set clock, and a folder (or a server) that mails
//! arrive in.
#![allow(dead_code)]

use std::path::Path;

use bantin::clock::Clock;
use bantin::config::Config;
use bantin::fetch::Fetcher;
use bantin::jobs::deliver::{Deliverer, DeliveryRound};
use bantin::jobs::poll::{PollOutcome, Poller};
use bantin::jobs::publish::Publisher;
use bantin::shutdown::Shutdown;
use bantin::web::{Site, Web};
use bantin_mail::Mailer;
use bantin_model::feed::FeedFormat;
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::{NewSubscription, Owner, SourceState, Store};
use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::origin::{Answer, Origin};

pub struct Office {
    pub portal: Origin,
    pub store: Store,
    pub clock: Clock,
    config: Config,
    poller: Poller,
    publisher: Publisher,
    deliverer: Deliverer,
    mailer: Mailer,
    web: Web,
    pub folder: TempDir,
    _owner: Owner,
}

/// An article that the portal publishes.
#[derive(Clone)]
pub struct Article {
    n: u32,
    title: String,
    text: String,
    day: u32,
}

impl Article {
    pub fn new(n: u32) -> Self {
        Article {
            n,
            title: format!("Tin số {n}"),
            text: format!("Nội dung của tin số {n}."),
            day: 20,
        }
    }

    pub fn title(mut self, title: &str) -> Self {
        self.title = title.to_owned();
        self
    }

    pub fn text(mut self, text: &str) -> Self {
        self.text = text.to_owned();
        self
    }

    /// Of May 2020.
    pub fn day(mut self, day: u32) -> Self {
        self.day = day;
        self
    }

    pub fn page(&self) -> String {
        format!(
            "<html><head><meta charset=utf-8></head><body><h1>{}</h1><div class=ngay>Ngày cập nhật: {}/05/2020 8:26:51 SA</div>\
             <div class=noidung><p>{}</p></div></body></html>",
            self.title, self.day, self.text
        )
    }
}

/// The recipe of the office's usual portal.
pub const LISTING: &str = "[source.listing]\nitem = \"ul.tin li\"\n";

/// What a poll did, in a few words.
pub fn told(polled: &PollOutcome) -> String {
    let health =
        polled.health.broken.as_ref().map_or("good".to_owned(), |broken| broken.why.to_string());
    format!("{} new, {} revised, {health}", polled.recorded.new, polled.recorded.revised)
}

impl Office {
    /// Opens at 8 in the morning of 22 May 2020, in Vietnam.
    pub async fn open() -> Office {
        Self::with_mail("", LISTING).await
    }

    /// The same, with these keys and tables for its source in place of the recipe of its listing.
    pub async fn with_source(source: &str) -> Office {
        Self::with_mail("", source).await
    }

    /// The same, with a mail server (`smtp://…`) in place of the folder. One connection, so that mails go in order.
    pub async fn with_server(url: &str) -> Office {
        Self::with_mail(
            &format!("transport = \"{url}\"\nconnections = 1\ntimeout = \"2s\"\n"),
            LISTING,
        )
        .await
    }

    /// The same as [`Office::with_server`], with these further lines in `[mail]`.
    pub async fn with_mail_keys(url: &str, keys: &str) -> Office {
        Self::with_mail(&format!("transport = \"{url}\"\nconnections = 1\n{keys}\n"), LISTING).await
    }

    /// The same as [`Office::with_server`], with an admin who gets notices.
    pub async fn with_admin(url: &str) -> Office {
        let admin = "admin = \"quantri@example.vn\"";
        let mail = format!("transport = \"{url}\"\nconnections = 1\ntimeout = \"2s\"\n{admin}\n");
        Self::with_mail(&mail, LISTING).await
    }

    /// The same, with one mail that waits for a@example.vn.
    pub async fn with_a_mail_waiting(url: &str) -> Office {
        let office = Self::with_admin(url).await;
        office.publish_articles(&[Article::new(1)]);
        office.poll().await;
        office.subscribe("a@example.vn", "at once").await;
        office.publish_articles(&[Article::new(1), Article::new(2)]);
        office.poll_now().await;
        office.publish().await;
        office
    }

    /// The same as [`Office::with_server`], with portals' pictures in its digests.
    pub async fn with_pictures() -> Office {
        Self::with_mail("images = true\n", LISTING).await
    }

    /// One with these further portals, the source of each called `so-0`, `so-1` … and all of them in the feed, and these lines
    /// in `[mail]`.
    pub async fn with_portals(mail: &str, portals: &[Origin]) -> Office {
        let (mut sources, mut query) = (LISTING.to_owned(), "source:so".to_owned());
        for (n, portal) in portals.iter().enumerate() {
            sources += &format!(
                "[[source]]\nid = \"so-{n}\"\nname = \"Sở {n}\"\nurl = \"{}\"\nschedule = \"*/15 * * * *\"\n{LISTING}",
                portal.url("/danh-sach"),
            );
            query += &format!(" OR source:so-{n}");
        }
        Self::with_config(mail, &sources, &query).await
    }

    async fn with_mail(mail: &str, source: &str) -> Office {
        Self::with_config(mail, source, "source:so").await
    }

    async fn with_config(mail: &str, source: &str, query: &str) -> Office {
        let portal = Origin::start().await;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let folder_transport = format!("transport = \"folder:{}/mail\"\n", folder.path().display());
        let mail =
            if mail.contains("transport") { mail.to_owned() } else { folder_transport + mail };
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
             [mail]\n{mail}from = \"Bản tin <bantin@example.vn>\"\n[fetch]\nspacing = \"0s\"\n\
             [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"{1}\"\nschedule = \"*/15 * * * *\"\n\
             {source}\
             [source.article]\ntitle = \"h1\"\nbody = \"div.noidung\"\ndate = \"div.ngay\"\n\
             [[feed]]\nname = \"tin\"\ntitle = \"Tin hoạt động\"\nquery = \"{query}\"\nitems = 100\n\
             [[feed]]\nname = \"so-chan\"\ntitle = \"Số chẵn\"\nquery = \"2\"\n",
            folder.path().display(),
            portal.url("/danh-sach"),
        );
        let config = Config::from_text(&text, Path::new("office.toml"))
            .expect("the office's config is right");
        let start: DateTime<Utc> =
            "2020-05-22T08:00:00+07:00".parse().expect("a constant time parses");
        let clock = Clock::set_to(start);
        let url = format!("sqlite:{}/bantin.db", folder.path().display());
        let store = Store::open(&url).await.expect("the store opens");
        let owner =
            store.take_ownership().await.expect("the store answers").expect("nobody else has it");
        bantin::daemon::apply_sources(&store, &config, start)
            .await
            .expect("the store takes the sources");
        let stop = Shutdown::new();
        let fetcher = Fetcher::new(config.fetch.clone(), clock.clone()).expect("a fetcher is made");
        let tokens = LinkTokens::new(store.secret().await.expect("the store answers"));
        let site = Site {
            title: config.server.title.clone(),
            public_url: config.server.public_url.clone(),
            lang: config.server.lang,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        Office {
            poller: Poller::new(store.clone(), fetcher, clock.clone(), stop.clone()),
            publisher: Publisher::new(store.clone(), clock.clone()),
            deliverer: Deliverer::new(store.clone(), clock.clone(), tokens.clone(), stop),
            mailer: Mailer::new(config.mail.clone()).expect("a mailer is made"),
            web: Web::new(store.clone(), clock.clone(), tokens, site),
            portal,
            store,
            clock,
            config,
            folder,
            _owner: owner,
        }
    }

    /// Publishes what is due.
    pub async fn publish(&self) {
        self.publisher.publish_due(&self.mailer).await.expect("digests are made");
    }

    /// Delivers what is due, as the daemon does once a second.
    pub async fn deliver(&self) -> anyhow::Result<DeliveryRound> {
        self.deliverer.deliver_due(&self.mailer).await
    }

    pub fn source(&self) -> SourceId {
        self.config.sources[0].id.clone()
    }

    /// The portal shows these, the last one on top, each with its page; all with validators.
    pub fn publish_articles(&self, articles: &[Article]) {
        let rows: Vec<_> = articles
            .iter()
            .rev()
            .map(|article| {
                (
                    format!("/tin/{}", article.n),
                    article.title.clone(),
                    format!("{}/5/2020", article.day),
                )
            })
            .collect();
        let rows: Vec<_> = rows
            .iter()
            .map(|(url, title, day)| (url.as_str(), title.as_str(), day.as_str()))
            .collect();
        let listing = self.listing_of(&rows);
        let tag = |text: &str| {
            format!("\"{:x}\"", text.bytes().fold(7_u64, |h, b| h.wrapping_mul(31) ^ u64::from(b)))
        };
        self.portal
            .on("/danh-sach", Answer::page(listing.clone()).etag(&tag(&listing)).conditional());
        for article in articles {
            let page = article.page();
            self.portal.on(
                &format!("/tin/{}", article.n),
                Answer::page(page.clone()).etag(&tag(&page)).conditional(),
            );
        }
    }

    /// A listing page of (address, title, day).
    pub fn listing_of(&self, rows: &[(&str, &str, &str)]) -> String {
        let rows: String = rows
            .iter()
            .map(|(url, title, day)| {
                format!("<li><a href=\"{url}\">{title}</a> <span>({day})</span></li>")
            })
            .collect();
        format!(
            "<html><head><meta charset=utf-8></head><body><ul class=tin>{rows}</ul></body></html>"
        )
    }

    /// Polls the source if it is due, as the daemon would.
    pub async fn poll(&self) -> PollOutcome {
        self.poller.poll(self.claim().await).await.expect("the poll is recorded")
    }

    /// Takes the source if it is due, as the daemon would.
    pub async fn claim(&self) -> SourceState {
        let now = self.clock.now();
        let until = now + TimeDelta::minutes(5);
        let due = self.store.claim_due_sources(now, until, 10).await.expect("the store answers");
        due.into_iter().next().expect("the source is due")
    }

    /// None when the source is not due or leased.
    pub async fn try_poll(&self) -> Option<anyhow::Result<PollOutcome>> {
        let now = self.clock.now();
        let until = now + TimeDelta::minutes(5);
        let due = self.store.claim_due_sources(now, until, 10).await.expect("the store answers");
        Some(self.poller.poll(due.into_iter().next()?).await)
    }

    /// Polls what is due, one after the other.
    pub async fn poll_due(&self) -> Vec<PollOutcome> {
        let now = self.clock.now();
        let until = now + TimeDelta::minutes(5);
        let due = self.store.claim_due_sources(now, until, 100).await.expect("the store answers");
        let mut polled = Vec::new();
        for state in due {
            polled.push(self.poller.poll(state).await.expect("the poll is recorded"));
        }
        polled
    }

    pub fn poller(&self) -> &Poller {
        &self.poller
    }

    pub async fn next_poll_at(&self) -> DateTime<Utc> {
        let next = self.store.next_poll_at().await.expect("the store answers");
        next.expect("there is a source")
    }

    /// Does something to the store's file from outside, as a full disk or an admin would.
    pub async fn lay_hands_on_the_store(&self, sql: &'static str) {
        use sqlx::Connection as _;
        let url = format!("sqlite:{}/bantin.db", self.folder.path().display());
        let mut store = sqlx::SqliteConnection::connect(&url).await.expect("the file opens");
        sqlx::raw_sql(sql).execute(&mut store).await.expect("the statement runs");
        store.close().await.expect("it closes");
    }

    /// Polls the source and all its articles, as `bantin poll` does.
    pub async fn poll_now(&self) -> PollOutcome {
        self.store.poll_now(&self.source(), self.clock.now()).await.expect("the store answers");
        self.poll().await
    }

    pub async fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    pub async fn subscribe(&self, address: &str, when: &str) {
        self.subscribe_with(address, when, false).await;
    }

    pub async fn subscribe_to(&self, feeds: &[&str], queries: &[&str], address: &str) {
        let selection = Selection {
            feeds: feeds.iter().map(|name| FeedName::parse(name).expect("a name")).collect(),
            queries: queries.iter().map(|text| (*text).to_owned()).collect(),
        };
        self.add(selection, address, Cadence::AtOnce, false).await;
    }

    pub async fn subscribe_with(&self, address: &str, when: &str, when_empty: bool) {
        let cadence = match when {
            "at once" => Cadence::AtOnce,
            line => {
                let schedule = Schedule::parse(line).expect("the test's schedule parses");
                Cadence::Scheduled {
                    schedule,
                    zone: chrono_tz::Asia::Ho_Chi_Minh,
                    days: DayRule::Every,
                }
            }
        };
        let selection = Selection::feed(self.config.feeds[0].name.clone());
        self.add(selection, address, cadence, when_empty).await;
    }

    async fn add(&self, selection: Selection, address: &str, cadence: Cadence, when_empty: bool) {
        let now = self.clock.now();
        let first = cadence.next_after(now, &self.store.calendars()).expect("it fires");
        let wanted = NewSubscription { selection, cadence, when_empty };
        self.store
            .add_subscription(address, None, Lang::Vi, SubscriberState::Active, &wanted, first, now)
            .await
            .expect("the store takes it");
    }

    /// Publishes and delivers what is due; gives the text of every mail ever sent, in order of its file's name.
    pub async fn mails(&self) -> Vec<String> {
        self.publisher.publish_due(&self.mailer).await.expect("digests are made");
        self.deliverer.deliver_due(&self.mailer).await.expect("mails are delivered");
        let sent = self.store.deliveries(1000).await.expect("the store answers");
        let mut texts = Vec::new();
        for delivery in sent {
            assert_eq!(delivery.state, DeliveryState::Sent, "{:?}", delivery.reply);
            let file =
                bantin_mail::eml_path(&self.folder.path().join("mail"), &delivery.message_id);
            assert!(file.exists(), "{} was sent but is not in the folder", file.display());
            texts.push(
                self.store
                    .digest(delivery.digest)
                    .await
                    .expect("the store answers")
                    .expect("it is kept")
                    .text,
            );
        }
        texts
    }

    pub async fn items(&self) -> Vec<Item> {
        self.store.newest_items(None, None, 1000).await.expect("the store answers")
    }

    pub async fn feed_bytes(&self) -> Vec<Vec<u8>> {
        self.web.refresh().await.expect("feeds are made");
        let mut all = Vec::new();
        for format in FeedFormat::ALL {
            let bytes = self
                .web
                .feed_bytes(&self.config.feeds[0].name, format)
                .await
                .expect("the store answers");
            all.push(bytes.expect("the feed is there").to_vec());
        }
        all
    }

    async fn json_feed(&self) -> serde_json::Value {
        serde_json::from_slice(&self.feed_bytes().await[2]).expect("the JSON feed is JSON")
    }

    pub async fn feed_titles(&self) -> Vec<String> {
        self.field("title").await
    }

    pub async fn feed_ids(&self) -> Vec<String> {
        let mut ids = self.field("id").await;
        ids.sort();
        ids
    }

    async fn field(&self, name: &str) -> Vec<String> {
        let feed = self.json_feed().await;
        let items = feed["items"].as_array().expect("a feed has items").clone();
        items.iter().map(|item| item[name].as_str().unwrap_or_default().to_owned()).collect()
    }
}
