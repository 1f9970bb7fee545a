//! `detect`, `read`, `date`: what bantin makes of a page, for who writes a recipe or wonders about a feed. All three
//! take what they are given as it is: no store, and no config file unless one is named or there.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;
use url::Url;

use super::{CommandFailure, CommandResult, config_path, print, print_json, table};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::fetch::{FetchRequest, Fetched, FetchedPage, Fetcher, Purpose};
use bantin_extract::model::problem::grouped;
use bantin_extract::text::counted;
use bantin_extract::{self, Candidate, Detection, FeedLink, Reading, report};
use bantin_model::limits;
use bantin_model::{
    Article, ListingRecipe, ManagedBy, Pace, Problem, ProblemCode, Published, Recipe, Source,
    SourceId, SourceKind,
};

/// The arguments of `detect` and `read` about a page.
#[derive(clap::Args)]
struct PageArgs {
    /// Address of the page, or a file (`-` for standard input)
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

/// A page with all that reading it wants to know.
struct LoadedPage {
    page: FetchedPage,
    recipe: Recipe,
    zone: Tz,
    now: DateTime<Utc>,
}

impl PageArgs {
    async fn open(&self, config: Option<&Path>) -> Result<LoadedPage, CommandFailure> {
        let source = match &self.source {
            Some(id) => Some(configured_source(id, config)?),
            None => None,
        };
        let clock = Clock::system();
        let now = self.now.unwrap_or_else(|| clock.now());
        let page = if self.page.starts_with("http://") || self.page.starts_with("https://") {
            fetch(&self.page, source.as_ref(), config, clock).await?
        } else {
            let url = match &self.base {
                Some(base) if matches!(base.scheme(), "http" | "https") => base.clone(),
                Some(base) => {
                    return Err(CommandFailure::Usage(anyhow!(
                        "--base {base} is not the address of a page; it begins with http:// or https://"
                    )));
                }
                // Relative links then stay recognisable as such.
                None => Url::parse("http://localhost/").expect("a constant address parses"),
            };
            let body = read_file(&self.page)?;
            FetchedPage { url, content_type: None, body, validators: Default::default() }
        };
        let zone = source.as_ref().map_or(chrono_tz::Asia::Ho_Chi_Minh, |source| source.zone);
        let recipe = source.map(|source| source.recipe).unwrap_or_default();
        Ok(LoadedPage { page, recipe, zone, now })
    }
}

impl LoadedPage {
    fn reading(&self) -> Reading<'_> {
        Reading { url: &self.page.url, zone: self.zone, now: self.now }
    }

    fn html(&self) -> String {
        bantin_extract::decode(&self.page.body, self.page.content_type.as_deref())
    }
}

#[derive(clap::Args)]
pub(super) struct DetectArgs {
    #[command(flatten)]
    page: PageArgs,
}

pub(super) async fn detect(args: DetectArgs, config: Option<&Path>) -> CommandResult {
    let given = args.page.open(config).await?;
    let page = &given.page;
    let (kind, detection) = bantin_extract::survey(
        &page.body,
        page.content_type.as_deref(),
        &given.recipe,
        given.reading(),
    );
    if args.page.json {
        return print_json(&report::detection(&page.url, kind, &detection, given.zone));
    }
    if detection.rows.is_empty() {
        let why: Vec<String> =
            grouped(&detection.problems).into_iter().map(|group| group.text).collect();
        let why = why.join("; ");
        let offer = feeds_text(&detection.feeds);
        print(offer)?;
        return Err(anyhow!("no list of news was found on {}: {why}", given.page.url).into());
    }
    print(detection_text(kind, &given, &detection))
}

fn detection_text(kind: SourceKind, given: &LoadedPage, detection: &Detection) -> String {
    let mut rows = vec![["DATE", "TITLE", "ADDRESS"].map(str::to_owned).to_vec()];
    for row in &detection.rows {
        rows.push(vec![
            shown_date(row.published, given.zone),
            bantin_extract::text::shorten(row.title.clone(), TITLE_SHOWN),
            row.url.to_string(),
        ]);
    }
    let dated = detection.rows.iter().filter(|row| row.published.is_known()).count();
    let mut text = table(&rows);
    text += &format!("\n{}, {dated} of them with a date.\n", counted(detection.rows.len(), "row"));
    text += &match kind {
        SourceKind::Feed | SourceKind::Sitemap => {
            "This is a feed or a sitemap: the source needs its url and no recipe.\n".to_owned()
        }
        _ => detection.recipe.as_ref().map(recipe_text).unwrap_or_default(),
    };
    let mut places = detection.candidates.iter();
    if let Some(first) = places.next() {
        text += &format!("\nWhy this list: {}\n", because(first));
    }
    for (place, other) in places.enumerate() {
        let which = if place == 0 { "What came second" } else { "Further" };
        let item = other.recipe.item.as_deref().unwrap_or("-");
        let sample = other.rows.first().map(|row| row.title.clone()).unwrap_or_default();
        text += &format!(
            "{which}: {item} ({}, such as \"{}\"): {}\n",
            counted(other.rows.len(), "row"),
            bantin_extract::text::shorten(sample, SAMPLE_SHOWN),
            because(other)
        );
    }
    text += &feeds_text(&detection.feeds);
    for problem in grouped(&detection.problems) {
        let what = match problem.code {
            ProblemCode::HiddenListing | ProblemCode::ForeignListing => "Warning",
            _ => "Problem",
        };
        text += &format!("{what}: {problem}\n");
    }
    text
}

/// Characters of a title in a table, and of one that represents its group.
const TITLE_SHOWN: usize = 60;
const SAMPLE_SHOWN: usize = 40;

fn because(candidate: &Candidate) -> String {
    format!("score {:.1}; {}", candidate.score, candidate.evidence.join("; "))
}

fn recipe_text(recipe: &ListingRecipe) -> String {
    format!(
        "\nTo keep this recipe, write it below the source in the config file:\n\n{}",
        config::listing_toml(recipe)
    )
}

fn feeds_text(feeds: &[FeedLink]) -> String {
    if feeds.is_empty() {
        return String::new();
    }
    let mut text =
        "\nThe page has a feed of its own; its address may serve better as the source's url:\n"
            .to_owned();
    for feed in feeds {
        text += &match &feed.title {
            Some(title) => format!("  {} ({title})\n", feed.url),
            None => format!("  {}\n", feed.url),
        };
    }
    text
}

fn shown_date(published: Published, zone: Tz) -> String {
    match published {
        Published::At(at) => at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        Published::On(day) => day.format("%Y-%m-%d").to_string(),
        Published::Unknown => "-".to_owned(),
    }
}

#[derive(clap::Args)]
pub(super) struct ReadArgs {
    #[command(flatten)]
    page: PageArgs,
}

pub(super) async fn read(args: ReadArgs, config: Option<&Path>) -> CommandResult {
    let given = args.page.open(config).await?;
    let (article, problems) =
        bantin_extract::article(&given.html(), &given.recipe.article, given.reading());
    if args.page.json {
        return print_json(&report::article(&given.page.url, &article, &problems, given.zone));
    }
    print(article_text(&article, given.zone, &problems))
}

fn configured_source(id: &str, config: Option<&Path>) -> Result<Source, CommandFailure> {
    let file = config_path(config);
    let sources = Config::load(&file)?.sources;
    sources
        .into_iter()
        .find(|source| source.id.as_str() == id)
        .ok_or_else(|| CommandFailure::Usage(anyhow!("{} names no source {id}", file.display())))
}

async fn fetch(
    url: &str,
    source: Option<&Source>,
    config: Option<&Path>,
    clock: Clock,
) -> Result<FetchedPage, CommandFailure> {
    let url = Url::parse(url)
        .map_err(|error| CommandFailure::Usage(anyhow!("{url} is not an address: {error}")))?;
    let file = config_path(config);
    // An address can be read without any config file; with one, its contact and manners are used.
    let settings = if file.exists() {
        Config::load(&file)?.fetch
    } else {
        crate::fetch::FetchSettings::default()
    };
    let fetcher = Fetcher::new(settings, clock)?;
    let asked = source.cloned().unwrap_or_else(|| nameless_source(url.clone()));
    let ask =
        FetchRequest { url: &url, source: &asked, purpose: Purpose::Listing, validators: None };
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
    let what = || {
        if path == "-" { "reading standard input".to_owned() } else { format!("reading {path}") }
    };
    let file: Box<dyn Read> = match path {
        "-" => Box::new(std::io::stdin()),
        _ => Box::new(std::fs::File::open(path).with_context(what)?),
    };
    let mut body = Vec::new();
    file.take(limits::PAGE_BYTES as u64 + 1).read_to_end(&mut body).with_context(what)?;
    anyhow::ensure!(
        body.len() <= limits::PAGE_BYTES,
        "{path} is larger than {} bytes, the most that is read of a page",
        limits::PAGE_BYTES
    );
    Ok(body)
}

fn article_text(article: &Article, zone: Tz, problems: &[Problem]) -> String {
    let none = || "-".to_owned();
    let mut rows = vec![
        vec!["title".to_owned(), article.title.clone().unwrap_or_else(none)],
        vec![
            "published".to_owned(),
            report::published_text(article.published, zone).unwrap_or_else(none),
        ],
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
    for reference in &article.refs {
        let kind = reference.kind.as_deref().unwrap_or_default();
        rows.push(vec!["names".to_owned(), format!("{kind} {}", reference.symbol)]);
    }
    for problem in grouped(problems) {
        rows.push(vec!["problem".to_owned(), problem.to_string()]);
    }
    format!("{}\n{}\n", table(&rows), article.content_text)
}

#[derive(clap::Args)]
pub(super) struct DateArgs {
    /// The text, such as "Ngày cập nhật: 22/05/2020 8:26:51 SA"
    #[arg(allow_hyphen_values = true)]
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

pub(super) fn date(args: DateArgs) -> CommandResult {
    let now = args.now.unwrap_or_else(|| Clock::system().now());
    let value = report::published_text(bantin_extract::date(&args.text, args.zone, now), args.zone);
    if args.json {
        return print_json(&json!({ "value": value }));
    }
    match value {
        Some(value) => print(format!("{value}\n")),
        None => Err(anyhow!("no date was found in {:?}", args.text).into()),
    }
}
