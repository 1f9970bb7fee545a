//! `bantin demo`: the whole job on one machine, with nothing installed and no network. A sample portal on loopback that
//! keeps publishing, the real daemon that polls it, feeds, and a mailbox to look into. `--once` runs one cycle and
//! leaves what it made in a folder.

mod guide;
mod portal;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{self, Daemon};
use crate::fetch::Fetcher;
use crate::jobs::deliver::Deliverer;
use crate::jobs::poll::Poller;
use crate::jobs::publish::Publisher;
use crate::shutdown::Shutdown;
use crate::web::{self, Listener, Web};
use bantin_mail::Mailer;
use bantin_model::digest::filled;
use bantin_model::feed::FeedFormat;
use bantin_model::limits;
use bantin_model::tokens::LinkTokens;
use bantin_model::{
    Cadence, DayRule, Delivery, DeliveryId, DeliveryState, Lang, Schedule, Selection,
    SubscriberState,
};
use bantin_store::{NewSubscription, PollCounts, Store};
use guide::{GuideView, MailView};
use portal::Portal;

#[derive(clap::Args)]
pub struct DemoArgs {
    /// Where the demo's pages and feeds are served; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// Run one whole cycle, write what it made to --out, and end
    #[arg(long, requires = "out")]
    once: bool,
    /// Where --once writes feeds/NAME/{rss.xml,atom.xml,feed.json} and mail/*.eml
    #[arg(long, value_name = "DIR", requires = "once")]
    out: Option<PathBuf>,
}

/// Between two publications of the sample portal.
const PUBLISH_EVERY: Duration = Duration::from_secs(6);

pub async fn run(args: DemoArgs) -> Result<()> {
    match args.out {
        Some(out) => once(&out).await,
        None => watch(args.listen).await,
    }
}

/// A folder of this process alone, removed when the demo ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let path =
            std::env::temp_dir().join(format!("bantin-demo-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(path.join("mail"))
            .with_context(|| format!("making {}", path.display()))?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts the sample portal on a free port; gives its address.
async fn open_portal(portal: &Portal) -> Result<String> {
    let listener =
        TcpListener::bind("127.0.0.1:0").await.context("the sample portal found no free port")?;
    let base = format!("http://{}", listener.local_addr()?);
    let router = portal.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(base)
}

fn config(portal: &str, public_url: &str, mail: &Path, store: &Path) -> Result<Config> {
    let store = format!("sqlite:{}", store.display());
    let text = portal::config(portal, public_url, &mail.display().to_string(), &store);
    Ok(Config::from_text(&text, Path::new("demo.toml"))?)
}

/// The demo's two officials: one who wants each item at once, one who wants a digest at set times.
async fn subscribe(
    store: &Store,
    config: &Config,
    digest: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let zone = chrono_tz::Asia::Ho_Chi_Minh;
    let schedule =
        Schedule::parse(digest.unwrap_or("30 7 * * *")).map_err(|error| anyhow!(error))?;
    let daily = Cadence::Scheduled { schedule, zone, days: DayRule::Every };
    let officials = [
        ("chanh.vanphong@anbinh.example", "Chánh Văn phòng", daily),
        ("truc.ban@anbinh.example", "Trực ban", Cadence::AtOnce),
    ];
    for (address, name, cadence) in officials {
        let first = match digest {
            Some(_) => cadence.next_after(now, &config.calendars).unwrap_or(now),
            None => now,
        };
        let all = config.feeds.iter().map(|feed| feed.name.clone());
        let feeds = match cadence {
            Cadence::AtOnce => all.take(1).collect(),
            Cadence::Scheduled { .. } => all.collect(),
        };
        let selection = Selection { feeds, queries: Vec::new() };
        let subscription = NewSubscription { selection, cadence, when_empty: false };
        let state = SubscriberState::Active;
        store
            .add_subscription(address, Some(name), Lang::Vi, state, &subscription, first, now)
            .await?;
    }
    Ok(())
}

/// Public address of a demo that ends after one cycle. No reader uses its links, so they may be
/// those of an agency, with TLS, which one-click leaving needs (RFC 8058 §3.1).
const PUBLIC_URL: &str = "https://tin.anbinh.example/";

/// One whole cycle, step by step, with the daemon's own jobs.
async fn once(out: &Path) -> Result<()> {
    const PUBLISHED_MEANWHILE: usize = 5;
    let scratch = Scratch::new()?;
    let mail = out.join("mail");
    std::fs::create_dir_all(&mail).with_context(|| format!("making {}", mail.display()))?;
    let clock = Clock::system();
    let portal = Portal::new(clock.now());
    let base = open_portal(&portal).await?;
    let config = config(&base, PUBLIC_URL, &mail, &scratch.0.join("bantin.db"))?;
    let store = Store::open(config.store_url.expose_secret()).await?;
    let _owner = store.take_ownership().await?.context("the demo's own store is taken")?;
    daemon::apply_sources(&store, &config, clock.now()).await?;
    let stop = Shutdown::new();
    let fetcher = Fetcher::new(config.fetch.clone(), clock.clone())?;
    let poller = Poller::new(store.clone(), fetcher, clock.clone(), stop.clone());
    let tokens = LinkTokens::new(store.secret().await?);
    let mailer = Mailer::new(config.mail.clone())?;
    let publisher = Publisher::new(store.clone(), clock.clone());
    let deliverer = Deliverer::new(store.clone(), clock.clone(), tokens.clone(), stop);

    let mut told = String::new();
    let first = poll_all(&poller, &store, &clock, &config).await?;
    told +=
        &format!("First poll: {} items found; they go into the feeds, not into mail\n", first.new);
    subscribe(&store, &config, None, clock.now()).await?;
    for _ in 0..PUBLISHED_MEANWHILE {
        portal.publish(clock.now());
    }
    let second = poll_all(&poller, &store, &clock, &config).await?;
    told += &format!(
        "The portal published {PUBLISHED_MEANWHILE}; second poll: {} new items\n",
        second.new
    );
    let published = publisher.publish_due(&mailer).await?;
    let delivered = deliverer.deliver_due(&mailer).await?;
    told += &format!(
        "{} digests for {} deliveries; {} mails sent\n",
        published.digests, published.deliveries, delivered.sent
    );
    portal.edit(clock.now());
    let third = poll_all(&poller, &store, &clock, &config).await?;
    let again = publisher.publish_due(&mailer).await?;
    told += &format!(
        "The portal edited one; third poll: {} new items, {} revised, {} mails\n",
        third.new, third.revised, again.deliveries
    );

    let web = Web::new(store.clone(), clock.clone(), tokens, daemon::site_of(&config));
    web.refresh().await?;
    for feed in &config.feeds {
        let folder = out.join("feeds").join(feed.name.as_str());
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        for format in FeedFormat::ALL {
            let file = folder.join(format.file());
            let bytes = web
                .feed_bytes(&feed.name, format)
                .await?
                .context("a feed of the demo is missing")?;
            std::fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))?;
            told += &format!("  {}\n", file.display());
        }
    }
    told += &format!("  {}/*.eml\n", mail.display());
    mailer.close().await;
    store.close().await;
    say(&told);
    Ok(())
}

async fn poll_all(
    poller: &Poller,
    store: &Store,
    clock: &Clock,
    config: &Config,
) -> Result<PollCounts> {
    let mut all = PollCounts::default();
    for source in &config.sources {
        let now = clock.now();
        store.poll_now(&source.id, now).await?;
        let until = now + TimeDelta::from_std(limits::POLL_LEASE)?;
        let state = store
            .claim_source(&source.id, now, until)
            .await?
            .context("a source of the demo is taken")?;
        let polled = poller.poll(state).await?;
        if let Some(broken) = &polled.health.broken {
            anyhow::bail!("the demo's source {} could not be read: {}", source.id, broken.detail);
        }
        all.new += polled.recorded.new;
        all.revised += polled.recorded.revised;
    }
    Ok(all)
}

/// The demo to look at, until Ctrl-C.
async fn watch(listen: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another place with --listen 127.0.0.1:0")
    })?;
    let public_url = format!("http://{}/", listener.local_addr()?);
    let scratch = Scratch::new()?;
    let clock = Clock::system();
    let portal = Portal::new(clock.now());
    let base = open_portal(&portal).await?;
    let config = config(&base, &public_url, &scratch.0.join("mail"), &scratch.0.join("bantin.db"))?;
    let stop = Shutdown::new();
    let daemon = Arc::new(
        Daemon::new(config.clone(), "demo.toml".into(), clock.clone(), stop.clone()).await?,
    );
    let store = daemon.store().clone();
    subscribe(&store, &config, Some("*/20 * * * * *"), clock.now()).await?;
    let pages = DemoPages {
        store: store.clone(),
        mail: scratch.0.join("mail"),
        tokens: LinkTokens::new(store.secret().await?),
        guide: Arc::new(GuideView {
            portal_url: format!("{base}{}", Portal::LISTING_NEWS),
            feeds: config
                .feeds
                .iter()
                .map(|feed| (feed.name.to_string(), feed.title.clone()))
                .collect(),
            public_url: public_url.clone(),
        }),
        public_url: config.server.public_url.clone(),
    };
    let mut door = tokio::spawn(serve(listener, router(pages, daemon.web()), stop.clone()));
    let mut running = tokio::spawn(daemon.run(Vec::new()));
    say(&format!(
        "bantin demo\n  look here first:  {public_url}\n  sample portal:    {base}/\n  end it with Ctrl-C\n\n"
    ));
    let mut publish = tokio::time::interval(PUBLISH_EVERY);
    publish.tick().await;
    let mut turns = 0_u32;
    loop {
        tokio::select! {
            _ = publish.tick() => {
                turns += 1;
                let now = clock.now();
                let did = match turns % 5 {
                    0 => portal.edit(now).map(|title| format!("edited \"{title}\"")),
                    _ => Some(format!("published \"{}\"", portal.publish(now))),
                };
                let (items, queue) = (store.item_count().await?, store.queue().await?);
                say(&format!(
                    "{}  {items} items, {} mails  ·  the portal {}\n",
                    now.with_timezone(&chrono_tz::Asia::Ho_Chi_Minh).format("%H:%M:%S"),
                    queue.sent,
                    did.unwrap_or_else(|| "rested".to_owned())
                ));
            }
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                stop.ask();
                say("\nStopping.\n");
                break;
            }
            ended = &mut running => return ended.context("the daemon panicked")?,
            ended = &mut door => return ended.context("the web door panicked"),
        }
    }
    running.await.context("the daemon panicked")?
}

async fn serve(listener: TcpListener, router: Router, stop: Shutdown) {
    web::serve(vec![Listener::Tcp(listener)], router, stop.asked()).await;
}

/// To the terminal; a terminal that has gone away is no reason to stop.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// What the demo's own pages are made of.
#[derive(Clone)]
struct DemoPages {
    store: Store,
    mail: PathBuf,
    tokens: LinkTokens,
    guide: Arc<GuideView>,
    public_url: url::Url,
}

/// Adds the demo's pages to the daemon's. The guide takes `/`, so the news page is at `/news`.
fn router(pages: DemoPages, web: &Web) -> Router {
    let news = web.router();
    Router::new()
        .route(
            "/",
            get(|State(pages): State<DemoPages>| async move { Html(guide::guide(&pages.guide)) }),
        )
        .route("/mailbox", get(mailbox))
        .route("/mailbox/{id}", get(mail_page))
        .with_state(pages)
        .route(
            "/news",
            get(move |mut request: axum::extract::Request| async move {
                *request.uri_mut() = axum::http::Uri::from_static("/");
                tower::ServiceExt::oneshot(news, request).await
            }),
        )
        .fallback_service(web.router())
}

async fn mailbox(State(pages): State<DemoPages>) -> Response {
    match pages.mails().await {
        Ok(mails) => Html(guide::mailbox(&mails)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

async fn mail_page(State(pages): State<DemoPages>, UrlPath(id): UrlPath<i64>) -> Response {
    match pages.mails().await.map(|mails| mails.into_iter().find(|mail| mail.id == id)) {
        Ok(Some(mail)) => Html(guide::mail_page(&mail)).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "There is no such mail.").into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

impl DemoPages {
    /// The mails that were sent, newest first.
    async fn mails(&self) -> Result<Vec<MailView>> {
        let mut mails = Vec::new();
        for delivery in self.store.deliveries(100).await? {
            if delivery.state == DeliveryState::Sent
                && let Some(mail) = self.mail(&delivery).await?
            {
                mails.push(mail);
            }
        }
        Ok(mails)
    }

    async fn mail(&self, delivery: &Delivery) -> Result<Option<MailView>> {
        let Some(digest) = self.store.digest(delivery.digest).await? else { return Ok(None) };
        let Some(subscriber) = self.store.subscriber(delivery.subscriber).await? else {
            return Ok(None);
        };
        let links = self.tokens.links(&self.public_url, delivery, &digest, &subscriber);
        let DeliveryId(id) = delivery.id;
        Ok(Some(MailView {
            id,
            to: subscriber.address,
            subject: digest.subject,
            at: delivery
                .created_at
                .with_timezone(&chrono_tz::Asia::Ho_Chi_Minh)
                .format("%H:%M:%S")
                .to_string(),
            text: filled(&digest.text, &links),
            html: filled(&digest.html, &links),
            headers: self.headers(&delivery.message_id),
        }))
    }

    /// The head of the `.eml` file as it lies in the folder.
    fn headers(&self, message_id: &str) -> String {
        let file = bantin_mail::eml_path(&self.mail, message_id);
        let bytes = std::fs::read(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.split_once("\r\n\r\n").map_or_else(String::new, |(head, _)| head.replace("\r\n", "\n"))
    }
}
