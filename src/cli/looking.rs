//! `status`, `read`, `date`: commands that only look.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::json;
use url::Url;

use super::mending;
use super::{Done, Failure, config_path, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use crate::extract::{self, Reading};
use crate::fetch::{Ask, Fetched, Fetcher, Page, Purpose};
use crate::model::{
    Article, ArticleRecipe, ManagedBy, Pace, Problem, Published, Recipe, Source, SourceId,
};
use crate::store::SourceState;

#[derive(clap::Args)]
pub(super) struct StatusArgs {
    /// Id of a source; without it all of them
    source: Option<String>,
    /// Write the source's last good page, the first bad one after it and the proposed recipe into this folder
    #[arg(long, value_name = "DIR", requires = "source")]
    save: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn status(args: StatusArgs, file: &Path) -> Done {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let (mut sources, queue, hold) =
        (store.sources().await?, store.queue().await?, store.hold().await?);
    let mut saved = String::new();
    if let Some(id) = &args.source {
        sources.retain(|state| state.source.id.as_str() == id);
        let Some(state) = sources.first() else {
            return Err(Failure::Usage(anyhow!("there is no source {id}")));
        };
        if let Some(folder) = &args.save {
            let files = mending::save(&store, state, folder).await?;
            saved = mending::saved(&state.source.id, folder, &files);
        }
    }
    let (items, subscribers) = (store.item_count().await?, store.subscribers().await?.len());
    let running = store.own().await?.is_none();
    store.close().await;
    if args.json {
        return print_json(&json!({
            "running": running,
            "items": items,
            "subscribers": subscribers,
            "sources": sources.iter().map(source_json).collect::<Vec<_>>(),
            "queue": {
                "waiting": queue.waiting, "sending": queue.sending, "sent": queue.sent,
                "refused": queue.refused, "given_up": queue.given_up,
                "held": hold.as_ref().map(|hold| &hold.reason),
            },
        }));
    }
    let now = Clock::system().now();
    let mut text = String::new();
    text += if running { "The daemon is running.\n\n" } else { "The daemon is not running.\n\n" };
    let mut rows =
        vec![["SOURCE", "HEALTH", "ROWS", "LAST GOOD", "NEXT POLL"].map(str::to_owned).to_vec()];
    for state in &sources {
        let health = &state.health;
        let zone = state.source.zone;
        rows.push(vec![
            state.source.id.to_string(),
            match (&health.broken, health.last_poll) {
                (Some(broken), _) => broken.why.to_string(),
                (None, None) => "not polled yet".to_owned(),
                (None, Some(_)) => "good".to_owned(),
            },
            health.rows.to_string(),
            health.last_good.map_or("never".to_owned(), |at| local(at, zone)),
            if state.next_at <= now { "now".to_owned() } else { local(state.next_at, zone) },
        ]);
    }
    text += &table(&rows);
    for state in &sources {
        let id = &state.source.id;
        if let Some(broken) = &state.health.broken {
            let since = local(broken.since, state.source.zone);
            text += &format!(
                "\n{id}: {} since {since}, polls without a row: {}: {}\n",
                broken.why, state.health.failures, broken.detail
            );
        }
        for problem in &state.health.problems {
            text += &format!("{id}: {problem}\n");
        }
        text += &mending::told(state, args.source.is_some());
    }
    text += &format!(
        "\n{items} items; {subscribers} subscribers; mails: {} waiting, {} being sent, {} sent, {} refused, {} given up\n",
        queue.waiting, queue.sending, queue.sent, queue.refused, queue.given_up
    );
    if let Some(hold) = hold {
        text +=
            &format!("The mail queue is held since {}: {}\n", hold.since.to_rfc3339(), hold.reason);
    }
    text += &saved;
    print(text)
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

fn source_json(state: &SourceState) -> serde_json::Value {
    let health = &state.health;
    json!({
        "id": state.source.id,
        "name": state.source.name,
        "url": state.source.url,
        "health": health.broken.as_ref().map_or("good", |broken| broken.why.as_str()),
        "detail": health.broken.as_ref().map(|broken| &broken.detail),
        "since": health.broken.as_ref().map(|broken| broken.since.to_rfc3339()),
        "failures": health.failures,
        "rows": health.rows,
        "last_poll": health.last_poll.map(|at| at.to_rfc3339()),
        "last_good": health.last_good.map(|at| at.to_rfc3339()),
        "next_poll": state.next_at.to_rfc3339(),
        "problems": health.problems,
        "found": mending::as_json(state.found.as_ref()),
        "proposal": mending::as_json(state.proposal.as_ref()),
        "mended": health.mended.as_ref().map(|m| json!({"at": m.at.to_rfc3339(), "what": m.what})),
    })
}

#[derive(clap::Args)]
pub(super) struct ReadArgs {
    /// Address of the article, or a file (`-` for standard input)
    page: String,
    /// The address that a file was saved from, for its links
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// Read it with the recipe, zone and certificates of this source of the config
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// The time to take for now, RFC 3339
    #[arg(long, value_name = "TIME")]
    now: Option<DateTime<Utc>>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn read(args: ReadArgs, config: Option<&Path>) -> Done {
    let source = match &args.source {
        Some(id) => Some(configured_source(id, config)?),
        None => None,
    };
    let clock = Clock::system();
    let now = args.now.unwrap_or_else(|| clock.now());
    let page = if args.page.starts_with("http://") || args.page.starts_with("https://") {
        fetch(&args.page, source.as_ref(), config, clock).await?
    } else {
        let body = read_file(&args.page)?;
        let url = match args.base {
            Some(base) => base,
            // Relative links then stay recognisable as such.
            None => Url::parse("http://localhost/").expect("a constant address parses"),
        };
        Page { url, content_type: None, body, validators: Default::default() }
    };
    let recipe =
        source.as_ref().map_or_else(ArticleRecipe::default, |source| source.recipe.article.clone());
    let zone = source.as_ref().map_or(chrono_tz::Asia::Ho_Chi_Minh, |source| source.zone);
    let html = extract::decode(&page.body, page.content_type.as_deref());
    let (article, problems) =
        extract::article(&html, &recipe, Reading { url: &page.url, zone, now });
    if args.json {
        return print_json(&article_json(&page.url, &article, zone, &problems));
    }
    print(article_text(&article, zone, &problems))
}

fn configured_source(id: &str, config: Option<&Path>) -> Result<Source, Failure> {
    let file = config_path(config);
    let sources = Config::load(&file)?.sources;
    sources
        .into_iter()
        .find(|source| source.id.as_str() == id)
        .ok_or_else(|| Failure::Usage(anyhow!("{} names no source {id}", file.display())))
}

async fn fetch(
    url: &str,
    source: Option<&Source>,
    config: Option<&Path>,
    clock: Clock,
) -> Result<Page, Failure> {
    let url = Url::parse(url)
        .map_err(|error| Failure::Usage(anyhow!("{url} is not an address: {error}")))?;
    let file = config_path(config);
    // An address can be read without any config file; with one, its contact and manners are used.
    let settings = if file.exists() {
        Config::load(&file)?.fetch
    } else {
        crate::fetch::FetchSettings::default()
    };
    let fetcher = Fetcher::new(settings, clock)?;
    let asked = source.cloned().unwrap_or_else(|| nameless_source(url.clone()));
    let ask = Ask { url: &url, source: &asked, purpose: Purpose::Listing, validators: None };
    match fetcher.get(ask).await {
        Ok(Fetched::Page(page)) => Ok(page),
        Ok(Fetched::Unchanged(_)) => {
            Err(anyhow!("{url} answered 304 to a request without conditions").into())
        }
        Err(error) => Err(anyhow!(error).context(format!("fetching {url}")).into()),
    }
}

/// What an address on the command line is polled as.
fn nameless_source(url: Url) -> Source {
    Source {
        id: SourceId::parse("command-line").expect("a constant name parses"),
        name: String::new(),
        url,
        pace: Pace::Adaptive,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        recipe: Recipe::default(),
        extra_ca: None,
        inside: Vec::new(),
        max_new: 0,
        managed_by: ManagedBy::File,
    }
}

fn read_file(path: &str) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    if path == "-" {
        std::io::stdin().read_to_end(&mut body).context("reading standard input")?;
    } else {
        body = std::fs::read(path).with_context(|| format!("reading {path}"))?;
    }
    Ok(body)
}

/// RFC 3339 in the zone of the page, or the day alone where the page gives no more.
fn published_text(published: Published, zone: Tz) -> Option<String> {
    match published {
        Published::At(at) => {
            Some(at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false))
        }
        Published::On(day) => Some(day.format("%Y-%m-%d").to_string()),
        Published::Unknown => None,
    }
}

fn article_json(url: &Url, article: &Article, zone: Tz, problems: &[Problem]) -> serde_json::Value {
    json!({
        "url": url,
        "title": article.title,
        "published": published_text(article.published, zone),
        "updated": article.updated.and_then(|at| published_text(Published::At(at), zone)),
        "byline": article.byline,
        "section": article.section,
        "lead": article.lead,
        "content_html": article.content_html.as_str(),
        "content_text": article.content_text,
        "images": article.images.iter().map(|i| json!({"url": i.url, "caption": i.caption})).collect::<Vec<_>>(),
        "attachments":
            article.attachments.iter().map(|a| json!({"url": a.url, "title": a.title})).collect::<Vec<_>>(),
        "problems": problems.iter().map(Problem::to_string).collect::<Vec<_>>(),
    })
}

fn article_text(article: &Article, zone: Tz, problems: &[Problem]) -> String {
    let none = || "-".to_owned();
    let mut rows = vec![
        vec!["title".to_owned(), article.title.clone().unwrap_or_else(none)],
        vec!["published".to_owned(), published_text(article.published, zone).unwrap_or_else(none)],
        vec!["byline".to_owned(), article.byline.clone().unwrap_or_else(none)],
        vec!["section".to_owned(), article.section.clone().unwrap_or_else(none)],
        vec!["lead".to_owned(), article.lead.clone().unwrap_or_else(none)],
    ];
    for image in &article.images {
        rows.push(vec![
            "image".to_owned(),
            format!("{} {}", image.url, image.caption.as_deref().unwrap_or("")),
        ]);
    }
    for attachment in &article.attachments {
        rows.push(vec![
            "attachment".to_owned(),
            format!("{} ({})", attachment.url, attachment.title),
        ]);
    }
    for problem in problems {
        rows.push(vec!["problem".to_owned(), problem.to_string()]);
    }
    format!("{}\n{}\n", table(&rows), article.content_text)
}

#[derive(clap::Args)]
pub(super) struct DateArgs {
    /// The text, such as "Ngày cập nhật: 22/05/2020 8:26:51 SA"
    text: String,
    /// The zone of the page
    #[arg(long, default_value = "Asia/Ho_Chi_Minh", value_name = "ZONE")]
    zone: Tz,
    /// The time to take for now, RFC 3339: what "hôm qua" and a day without a year are counted from
    #[arg(long, value_name = "TIME")]
    now: Option<DateTime<Utc>>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn date(args: DateArgs) -> Done {
    let now = args.now.unwrap_or_else(|| Clock::system().now());
    let value = published_text(extract::date(&args.text, args.zone, now), args.zone);
    if args.json {
        return print_json(&json!({ "value": value }));
    }
    match value {
        Some(value) => print(format!("{value}\n")),
        None => Err(anyhow!("no date was found in {:?}", args.text).into()),
    }
}
