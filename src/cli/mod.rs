//! The command line. Each subcommand says what it did on standard output, `--json` where that is data, and what went
//! wrong on standard error. Exit codes: 0 done, 1 the thing failed, 2 usage or config.

mod admins;
mod backfilling;
mod backups;
mod bouncing;
mod deliveries;
mod exporting;
mod feed_commands;
mod known;
mod manual;
mod polling;
mod preview;
mod reading;
mod recipe_proposals;
mod running;
mod status;
mod subscribers;
mod tokens;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use secrecy::ExposeSecret;

use crate::config::{Config, ConfigMistakes};
use crate::telemetry::{self, LogFormat};
use bantin_store::Store;

/// Polls an agency's news pages, serves what is new as RSS, Atom and JSON feeds, and mails digests to subscribers.
#[derive(Parser)]
#[command(name = "bantin", version, max_term_width = 100, propagate_version = true)]
struct Cli {
    /// The config file. Without it: ./config.toml, then /etc/bantin/config.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to log: auto is journald under systemd and text elsewhere. RUST_LOG chooses what is logged
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    log: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon: poll, serve feeds, send digests, until it is stopped
    Run,
    /// Show the whole job on this machine: a sample portal, the daemon, feeds, and a mailbox to look into
    Demo(crate::demo::DemoArgs),
    /// Write a commented config file to start from
    Init(running::InitArgs),
    /// Check the config file and report every mistake in it
    Check,
    /// Make a running daemon read its config file again
    Reload(running::ReloadArgs),
    /// Poll a source now, or all of them, and tell what was found
    Poll(polling::PollArgs),
    /// Show sources with their health and next poll, and the mail queue
    Status(status::StatusArgs),
    /// Find the list of news on a page, and show the recipe that reads it
    Detect(reading::DetectArgs),
    /// Read an article page and show what was understood
    Read(reading::ReadArgs),
    /// Read a date as a page writes it
    Date(reading::DateArgs),
    /// Show what would be mailed now to a subscriber, or of a feed or a query, and why; nothing is sent
    Preview(preview::PreviewArgs),
    /// Send one test mail with the configured settings
    TestMail(running::TestMailArgs),
    /// Add, list and remove subscribers
    #[command(subcommand)]
    Subscribers(subscribers::SubscribersCommand),
    /// Take in a mail that came back, from standard input or a Maildir; list and forget what came back
    #[command(args_conflicts_with_subcommands = true)]
    Bounce(bouncing::BounceArgs),
    /// Show mails with what became of them; send again, take out, hold and release
    #[command(args_conflicts_with_subcommands = true)]
    Deliveries(deliveries::DeliveriesArgs),
    /// Make, list and revoke tokens, which programs use the API with
    #[command(subcommand)]
    Tokens(tokens::TokensCommand),
    /// Who may use the admin pages: add, list, remove, give another password
    #[command(subcommand)]
    Admin(admins::AdminCommand),
    /// Give and take away addresses of private feeds
    #[command(subcommand)]
    Feeds(feed_commands::FeedsCommand),
    /// Withdraw an item that the agency took back, and restore it
    #[command(subcommand)]
    Items(feed_commands::ItemsCommand),
    /// Write everything the store holds into one file, while the daemon runs
    Backup(backups::BackupArgs),
    /// Put a backup in the place of the store, while the daemon is stopped
    Restore(backups::RestoreArgs),
    /// Write the pages and feeds as files, for a static host
    Export(exporting::ExportArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them
    Man(manual::ManArgs),
}

/// Why a command did not do its thing.
enum CommandFailure {
    /// Exit 1.
    Failed(anyhow::Error),
    /// Exit 2: the command line or the config file is wrong.
    Usage(anyhow::Error),
    /// Exit 75 (EX_TEMPFAIL of sysexits.h): a mail server that gave us a mail is to try again later.
    Later(anyhow::Error),
}

impl From<anyhow::Error> for CommandFailure {
    fn from(error: anyhow::Error) -> Self {
        CommandFailure::Failed(error)
    }
}

impl From<io::Error> for CommandFailure {
    fn from(error: io::Error) -> Self {
        CommandFailure::Failed(error.into())
    }
}

impl From<ConfigMistakes> for CommandFailure {
    fn from(mistakes: ConfigMistakes) -> Self {
        CommandFailure::Usage(mistakes.into())
    }
}

type CommandResult = Result<(), CommandFailure>;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::init(
        cli.log,
        match cli.command {
            Command::Run => "info",
            _ => "warn",
        },
    );
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(32)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error.into(), 1),
    };
    let done = runtime.block_on(run(cli));
    // What still parses a page cannot be cancelled; it holds nothing that matters.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // `bantin status | head` closes the pipe early: that is no failure.
        Err(CommandFailure::Failed(error)) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(CommandFailure::Failed(error)) => complain(&error, 1),
        Err(CommandFailure::Usage(error)) => complain(&error, 2),
        Err(CommandFailure::Later(error)) => complain(&error, 75),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

fn complain(error: &anyhow::Error, code: u8) -> ExitCode {
    // If even standard error is closed there is no one left to tell.
    let _ = writeln!(io::stderr(), "bantin: {error:#}");
    ExitCode::from(code)
}

async fn run(cli: Cli) -> CommandResult {
    let file = || config_path(cli.config.as_deref());
    match cli.command {
        Command::Run => running::run(file()).await,
        Command::Demo(args) => Ok(crate::demo::run(args).await?),
        Command::Init(args) => running::init(args),
        Command::Check => running::check(&file()).await,
        Command::Reload(args) => Ok(running::reload(args)?),
        Command::Poll(args) => polling::poll(args, &file()).await,
        Command::Status(args) => status::status(args, &file()).await,
        Command::Detect(args) => reading::detect(args, cli.config.as_deref()).await,
        Command::Read(args) => reading::read(args, cli.config.as_deref()).await,
        Command::Date(args) => reading::date(args),
        Command::Preview(args) => preview::preview(args, &file()).await,
        Command::TestMail(args) => running::test_mail(args, &file()).await,
        Command::Subscribers(command) => subscribers::run(command, &file()).await,
        Command::Bounce(args) => bouncing::run(args, &file()).await,
        Command::Deliveries(args) => deliveries::run(args, &file()).await,
        Command::Tokens(command) => tokens::run(command, &file()).await,
        Command::Admin(command) => admins::run(command, &file()).await,
        Command::Feeds(command) => feed_commands::run(command, &file()).await,
        Command::Items(command) => feed_commands::items(command, &file()).await,
        Command::Backup(args) => backups::backup(args, &file()).await,
        Command::Restore(args) => backups::restore(args, &file()).await,
        Command::Export(args) => exporting::export(args, &file()).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "bantin", &mut script);
            print(&script)
        }
        Command::Man(args) => manual::man(args),
    }
}

/// The file that was asked for, or the first of the two usual places that is there.
fn config_path(asked: Option<&Path>) -> PathBuf {
    let usual = Path::new("/etc/bantin/config.toml");
    match asked {
        Some(path) => path.to_owned(),
        None if !Path::new("config.toml").exists() && usual.exists() => usual.to_owned(),
        None => PathBuf::from("config.toml"),
    }
}

async fn open_store(config: &Config) -> Result<Store, CommandFailure> {
    let store = Store::open(config.store_url.expose_secret()).await?;
    store.set_calendars(config.calendars.clone());
    Ok(store)
}

/// Writes to standard output. Unlike `println!` it does not panic when the reader has gone.
fn print(bytes: impl AsRef<[u8]>) -> CommandResult {
    let mut out = io::stdout().lock();
    out.write_all(bytes.as_ref())?;
    Ok(out.flush()?)
}

fn print_json(value: &serde_json::Value) -> CommandResult {
    print(format!("{value:#}\n"))
}

/// Lays out a table: columns as wide as their widest cell, two blanks between, nothing after the last.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line += cell;
            line += &" ".repeat(width - cell.chars().count() + 2);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn columns_line_up_for_vietnamese_names_too() {
        let rows = [vec!["Sở".to_owned(), "1".to_owned()], vec!["Đài".to_owned(), "22".to_owned()]];
        assert_eq!(table(&rows), "Sở   1\nĐài  22\n");
    }
}
