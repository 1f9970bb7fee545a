//! `subscribers import`: an office's people from a CSV file. A bad line costs itself, and a file may be imported again.

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use encoding_rs::Encoding;

use super::add::letter;
use super::sheet::{SheetLine, read};
use super::*;
use crate::cli::known::KnownSources;
use bantin_mail::Mailer;
use bantin_model::limits::{IMPORT_BYTES, IMPORT_CHUNK};
use bantin_model::tokens::LinkTokens;
use bantin_store::{ImportOutcome, NewSubscriber, NewSubscription};

#[derive(clap::Args)]
pub struct ImportArgs {
    /// A CSV file whose first line names the columns: email (or địa chỉ), and perhaps name (họ tên), group (đơn vị), feeds,
    /// query, schedule, zone, lang
    file: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// How the file was saved, if not as UTF-8: windows-1258, windows-1252
    #[arg(long, value_parser = parse_encoding)]
    encoding: Option<&'static Encoding>,
    /// The people have agreed already: no confirmation mails are sent
    #[arg(long)]
    confirmed: bool,
    /// The group of lines that name none
    #[arg(long, value_parser = group_name)]
    group: Option<String>,
    /// A feed for lines that name neither feeds nor a query; may be given more than once. Without it: every feed
    #[arg(long, value_name = "NAME")]
    feed: Vec<String>,
    /// When to mail, for lines that do not say: a cron line, or "at once"
    #[arg(long, value_name = "CRON", default_value = "30 7 * * Mon-Fri")]
    schedule: String,
    /// The zone of the schedule, for lines that do not say. By default server.zone of the config
    #[arg(long)]
    zone: Option<Tz>,
    /// Language of the mails, for lines that do not say: vi or en
    #[arg(long, default_value = "vi", value_parser = parse_lang)]
    lang: Lang,
}

fn parse_encoding(text: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(text.as_bytes())
        .ok_or_else(|| "known are utf-8, windows-1258 and windows-1252, among others".to_owned())
}

/// What was done, in lines.
#[derive(Default)]
struct ImportTotals {
    new: usize,
    added: usize,
    unchanged: usize,
    left_out: usize,
    refused: usize,
}

pub async fn import(args: ImportArgs, config: &Config, store: &Store) -> CommandResult {
    let size = std::fs::metadata(&args.file).map_err(|error| unread(&args, &error))?.len();
    if size > IMPORT_BYTES {
        return Err(anyhow!("the file is larger than {} MB", IMPORT_BYTES / (1024 * 1024)).into());
    }
    let bytes = std::fs::read(&args.file).map_err(|error| unread(&args, &error))?;
    let sheet = read(&bytes, args.encoding).map_err(|why| CommandFailure::Failed(anyhow!(why)))?;
    let now = Clock::system().now();
    let mailer = Mailer::new(config.mail.clone())?;
    let tokens = LinkTokens::new(store.secret().await?);
    let known = KnownSources::of(config, store).await?;
    let mut understood =
        SubscriberImporter { args: &args, config, known, now, wanted: HashMap::new() };
    let (mut counts, mut report) = (ImportTotals::default(), String::new());
    for name in &sheet.unused {
        report += &format!("the column {name:?} is not used\n");
    }
    let mut seen: HashMap<(String, String), u64> = HashMap::new();
    let mut good: Vec<(u64, NewSubscriber)> = Vec::new();
    for line in &sheet.lines {
        let number = line.number;
        let mut subscriber = match understood.line(line) {
            Ok(subscriber) => subscriber,
            Err(why) => {
                counts.refused += 1;
                report += &format!("line {number}: refused: {why}\n");
                continue;
            }
        };
        let what = format!("{:?}", subscriber.wanted);
        if let Some(first) = seen.insert((subscriber.address.to_lowercase(), what), number) {
            counts.left_out += 1;
            report += &format!("line {number}: left out: says the same as line {first}\n");
            continue;
        }
        if store.suppressed_since(&tokens.address_mark(&subscriber.address)).await?.is_some() {
            counts.left_out += 1;
            report += &format!("line {number}: left out: this address wants no mail of ours\n");
            continue;
        }
        subscriber.message_id = mailer.new_message_id();
        good.push((number, subscriber));
    }
    if args.dry_run {
        report += &format!(
            "{} lines would be imported, {} left out, {} refused. Nothing was done.\n",
            good.len(),
            counts.left_out,
            counts.refused
        );
    } else {
        write(&args, store, &mailer, &good, now, (&mut counts, &mut report)).await?;
        report += &format!(
            "{} new subscribers, {} new subscriptions of known ones, {} lines unchanged, {} left out, {} refused.\n",
            counts.new, counts.added, counts.unchanged, counts.left_out, counts.refused
        );
    }
    print(report)?;
    match counts.refused {
        0 => Ok(()),
        refused => Err(anyhow!("{refused} lines were refused; the others are in").into()),
    }
}

fn unread(args: &ImportArgs, error: &std::io::Error) -> CommandFailure {
    CommandFailure::Failed(anyhow!("{} cannot be read: {error}", args.file.display()))
}

/// Writes the good lines, some hundred in a transaction, and tells how far it is on a terminal.
async fn write(
    args: &ImportArgs,
    store: &Store,
    mailer: &Mailer,
    good: &[(u64, NewSubscriber)],
    now: DateTime<Utc>,
    (counts, report): (&mut ImportTotals, &mut String),
) -> anyhow::Result<()> {
    let letters = [letter(mailer, Lang::Vi, now)?, letter(mailer, Lang::En, now)?];
    let letters = (!args.confirmed).then_some([&letters[0], &letters[1]]);
    let mut done = 0;
    for chunk in good.chunks(IMPORT_CHUNK) {
        let lines: Vec<NewSubscriber> = chunk.iter().map(|(_, line)| line.clone()).collect();
        let outcomes = store.import_subscribers(&lines, letters, now).await?;
        for ((number, _), outcome) in chunk.iter().zip(outcomes) {
            match outcome {
                ImportOutcome::New => counts.new += 1,
                ImportOutcome::Added => counts.added += 1,
                ImportOutcome::Unchanged => counts.unchanged += 1,
                ImportOutcome::HasLeft => {
                    counts.left_out += 1;
                    *report += &format!(
                        "line {number}: left out: has left; `subscribers add` brings back who asks for it\n"
                    );
                }
            }
        }
        done += chunk.len();
        let mut err = std::io::stderr();
        if err.is_terminal() {
            // A line that cannot be printed does no harm.
            let end = if done == good.len() { "\n" } else { "" };
            let _ = write!(err, "\r{done} of {} lines{end}", good.len());
        }
    }
    Ok(())
}

/// What a line wants and when that is first due, or why it cannot be had.
type WantedSubscription = Result<(NewSubscription, DateTime<Utc>), String>;

/// Turns lines into subscribers. Most lines want the same, which is understood once.
struct SubscriberImporter<'a> {
    args: &'a ImportArgs,
    config: &'a Config,
    known: KnownSources,
    now: DateTime<Utc>,
    wanted: HashMap<[String; 5], WantedSubscription>,
}

impl SubscriberImporter<'_> {
    /// The reason repeats no address (P12).
    fn line(&mut self, line: &SheetLine) -> Result<NewSubscriber, String> {
        if line.too_long {
            return Err("it has more cells than the first line".to_owned());
        }
        let address = match line.address.as_str() {
            "" => return Err("it has no address".to_owned()),
            typed => bantin_mail::normalise_address(typed)?,
        };
        let name = match line.name.as_str() {
            "" => None,
            name => Some(group_name(name)?),
        };
        let group = match line.group.as_str() {
            "" => self.args.group.clone(),
            group => Some(group_name(group)?),
        };
        let lang = match line.lang.as_str() {
            "" => self.args.lang,
            tag => parse_lang(&tag.to_lowercase())?,
        };
        let key = [&line.feeds, &line.query, &line.schedule, &line.zone, &line.when_empty];
        let key = key.map(|cell| cell.clone());
        let wanted = match self.wanted.get(&key) {
            Some(wanted) => wanted.clone(),
            None => {
                let wanted = self.wanted(line);
                self.wanted.insert(key, wanted.clone());
                wanted
            }
        };
        let (wanted, next_at) = wanted?;
        Ok(NewSubscriber { address, name, group, lang, wanted, next_at, message_id: String::new() })
    }

    fn wanted(&self, line: &SheetLine) -> WantedSubscription {
        let feeds: Vec<String> = line
            .feeds
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'))
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        let query: Vec<String> =
            (!line.query.is_empty()).then(|| line.query.clone()).into_iter().collect();
        let feeds =
            if feeds.is_empty() && query.is_empty() { self.args.feed.clone() } else { feeds };
        let selection = self.known.selection_or_all(&feeds, &query)?;
        let zone = match line.zone.as_str() {
            "" => self.args.zone.unwrap_or(self.config.server.zone),
            name => name.parse().map_err(|_| format!("there is no zone {name:?}"))?,
        };
        let schedule = if line.schedule.is_empty() { &self.args.schedule } else { &line.schedule };
        let cadence = match schedule.to_lowercase().as_str() {
            "at once" | "at-once" | "ngay" => Cadence::AtOnce,
            _ => Cadence::from_text(schedule, zone)
                .map_err(|error| format!("the schedule {schedule:?}: {error}"))?,
        };
        let next_at = cadence
            .next_after(self.now, &self.config.calendars)
            .ok_or("the schedule never fires again")?;
        let when_empty = match line.when_empty.to_lowercase().as_str() {
            "" | "no" | "không" | "0" => false,
            "yes" | "có" | "1" | "x" => true,
            other => return Err(format!("{other:?} is neither yes (có) nor no (không)")),
        };
        Ok((NewSubscription { selection, cadence, when_empty }, next_at))
    }
}
