//! `run`, `init`, `check`, `reload`, `test-mail`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use chrono::{Datelike, NaiveDate};
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::{CommandFailure, CommandResult, print};
use crate::clock::Clock;
use crate::config::{Config, LISTEN, Listen, SHIPPED};
use crate::daemon::Daemon;
use crate::shutdown::Shutdown;
use crate::systemd::{self, PassedSocket};
use crate::web::Listener;
use bantin_mail::{MailSettings, Mailer, SendOutcome};
use bantin_model::query::Query;
use bantin_model::{Calendars, SourceKind};
use bantin_store::Store;

pub(super) async fn run(file: PathBuf) -> CommandResult {
    // Before anything else: a SIGHUP that comes while the store is opened would end us.
    let mut signals = Signals::new()?;
    let config = Config::load(&file)?;
    // The sockets are bound first: a port that is taken should be known before anything else begins, and clients that
    // come meanwhile wait in the socket.
    let listeners = listeners(&config).await?;
    let addresses: Vec<String> = listeners.iter().map(Listener::to_string).collect();
    let stop = Shutdown::new();
    let (sources, feeds) = (config.sources.len(), config.feeds.len());
    let public_url = config.server.public_url.clone();
    let daemon = Arc::new(Daemon::new(config, file, Clock::system(), stop.clone()).await?);
    info!(
        "bantin {} polls {sources} sources and serves {feeds} feeds on {} as {public_url}",
        env!("CARGO_PKG_VERSION"),
        addresses.join(", ")
    );
    systemd::ready(&format!("Serving on {}", addresses.join(", ")));
    let mut running = tokio::spawn(daemon.clone().run(listeners));
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Reload => daemon.reload().await,
                Signal::Stop => {
                    info!("Stopping: ending what is under way");
                    systemd::stopping();
                    stop.ask();
                    // A second signal ends it at once; the store copes with that.
                    tokio::select! {
                        ended = &mut running => return Ok(ended.context("the daemon panicked")??),
                        _ = signals.stop() => return Err(anyhow!("stopped at the second signal").into()),
                    }
                }
            },
            ended = &mut running => return Ok(ended.context("the daemon panicked")??),
        }
    }
}

enum Signal {
    Reload,
    Stop,
}

struct Signals {
    hangup: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Signals {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::Reload,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
        }
    }

    async fn stop(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

/// The sockets that systemd passed, or else those that the config names.
async fn listeners(config: &Config) -> anyhow::Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for socket in systemd::passed_sockets()? {
        listeners.push(match socket {
            PassedSocket::Tcp(listener) => Listener::from_tcp(listener)?,
            PassedSocket::Unix(listener) => Listener::from_unix(listener)?,
        });
    }
    if !listeners.is_empty() && is_unheard(&config.server.listen, &listeners) {
        warn!(
            "systemd listens, so server.listen is not used: `systemctl edit bantin.socket` says where"
        );
    }
    if listeners.is_empty() {
        for listen in &config.server.listen {
            let bound = Listener::bind(listen).await;
            listeners.push(bound.context("server.listen: is another program there already?")?);
        }
    }
    Ok(listeners)
}

/// Whether the config names an address of its own that systemd did not pass.
fn is_unheard(named: &[Listen], passed: &[Listener]) -> bool {
    let passed: Vec<String> = passed.iter().map(Listener::to_string).collect();
    named.iter().any(|listen| match listen {
        Listen::Tcp(address) => *address != LISTEN && !passed.contains(&address.to_string()),
        Listen::Unix(path) => !passed.contains(&format!("unix:{}", path.display())),
    })
}

#[derive(clap::Args)]
pub(super) struct InitArgs {
    /// Where to write it
    #[arg(default_value = "config.toml", value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn init(args: InitArgs) -> CommandResult {
    use std::io::Write;
    let path = args.file;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).open(&path).with_context(
            || format!("cannot write {} (an existing file is never overwritten)", path.display()),
        )?;
    file.write_all(SHIPPED.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("writing {}", path.display()))?;
    print(format!(
        "Wrote {0}. Put your portal's address and your mail server into it, then: bantin check --config {0}\n",
        path.display()
    ))
}

/// Returns a number with its noun: "1 source", "2 sources".
fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

pub(super) async fn check(file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    // Files and templates that the settings name are opened too: what would fail at start should fail here.
    Mailer::new(config.mail.clone()).map_err(CommandFailure::Usage)?;
    let by_itself: Vec<&str> = config
        .sources
        .iter()
        .filter(|source| {
            matches!(source.recipe.kind, SourceKind::Auto | SourceKind::Page)
                && source.recipe.listing.item.is_none()
        })
        .map(|source| source.id.as_str())
        .collect();
    let mut text = format!(
        "{}: good. {}, {}.\n",
        file.display(),
        counted(config.sources.len(), "source"),
        counted(config.feeds.len(), "feed")
    );
    if !by_itself.is_empty() {
        text +=
            &format!("bantin looks for the lists of these by itself: {}\n", by_itself.join(", "));
    }
    text += &beside_the_store(&config, file).await?;
    text += &dns_to_publish(&config.mail);
    text += &holidays_known(&config.calendars, Clock::system().now().date_naive());
    print(text)
}

/// What the admin pages manage in the store, as far as it matters to the file; an error where a start would be refused.
async fn beside_the_store(config: &Config, file: &Path) -> Result<String, CommandFailure> {
    let looked = async {
        let Some(store) = Store::open_read_only(config.store_url.expose_secret()).await? else {
            return Ok(None);
        };
        let managed = store.managed_settings().await;
        store.close().await;
        managed.map(Some)
    };
    let managed = match looked.await {
        Ok(Some(managed)) => managed,
        Ok(None) => return Ok(String::new()),
        // The file may be right all the same, and be checked where its store is not.
        Err(error) => {
            return Ok(format!("Not compared with what the admin pages manage: {error:#}\n"));
        }
    };
    let clashes = managed.clashes(&config.sources, &config.feeds);
    if !clashes.is_empty() {
        let file = file.display();
        let clashes: Vec<String> = clashes.iter().map(|clash| format!("{file}: {clash}")).collect();
        return Err(CommandFailure::Usage(anyhow!(clashes.join("\n"))));
    }
    let mut text = String::new();
    if !managed.sources.is_empty() || !managed.feeds.is_empty() {
        let (sources, feeds) = (managed.sources.len(), managed.feeds.len());
        text += &format!(
            "The admin pages manage {} and {} more.\n",
            counted(sources, "source"),
            counted(feeds, "feed")
        );
    }
    for feed in &managed.feeds {
        let Ok(query) = Query::parse(&feed.query) else { continue };
        for id in query.named_sources() {
            let known = managed.sources.contains(&id)
                || config.sources.iter().any(|source| source.id == id);
            if !known {
                text += &format!(
                    "The feed {} of the admin pages names source:{id}, which is neither in this file nor on the admin \
                     pages: nothing new comes of it.\n",
                    feed.name
                );
            }
        }
    }
    Ok(text)
}

/// How far the holidays at home are known, as somebody must look after the list who wants it to be right.
fn holidays_known(calendars: &Calendars, today: NaiveDate) -> String {
    let home = calendars.home();
    let calendar = calendars.get(home).cloned().unwrap_or_default();
    let Some(last) = calendar.covered_until(today.year()) else {
        return format!(
            "The public holidays of {home} are not all known for {}: say them in the file of calendar.holidays.\n",
            today.year()
        );
    };
    let mut text = format!("The public holidays of {home} are known to the end of {last}.\n");
    if let Some((day, name)) = calendar.first_expected(today) {
        text += &format!(
            "Not yet decreed when the list was made, {day} the first of them: {name}. What is decreed otherwise belongs in \
             the file of calendar.holidays.\n"
        );
    }
    text
}

/// The records by which receivers check our signatures, as a zone file has them; nothing where we do not sign.
fn dns_to_publish(mail: &MailSettings) -> String {
    let mut text = String::new();
    for signer in &mail.dkim {
        let (name, value) = signer.dns_record();
        // One string holds 255 octets at most; the value is ASCII, so that it may be cut anywhere.
        let strings: Vec<String> = value
            .as_bytes()
            .chunks(255)
            .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
            .collect();
        text += &format!("{name}. IN TXT ( {} )\n", strings.join(" "));
    }
    if text.is_empty() {
        return text;
    }
    format!("DNS needs these records, so that receivers can check the signatures of mails:\n{text}")
}

#[derive(clap::Args)]
pub(super) struct ReloadArgs {
    /// The daemon's process id
    #[arg(long, env = "MAINPID", value_name = "PID")]
    pid: i32,
}

/// A subcommand rather than `kill`, so that the unit may forbid every other program.
pub(super) fn reload(args: ReloadArgs) -> anyhow::Result<()> {
    let Some(pid) = rustix::process::Pid::from_raw(args.pid).filter(|_| args.pid > 1) else {
        bail!("{} is not the process id of a daemon", args.pid);
    };
    rustix::process::kill_process(pid, rustix::process::Signal::HUP)
        .with_context(|| format!("telling process {} to reload", args.pid))
}

#[derive(clap::Args)]
pub(super) struct TestMailArgs {
    /// Who gets it
    address: String,
}

pub(super) async fn test_mail(args: TestMailArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let to = bantin_mail::normalise_address(&args.address)
        .map_err(|error| CommandFailure::Usage(anyhow!(error)))?;
    let mailer = Mailer::new(config.mail)?;
    let letter = mailer.test_letter(&to, Clock::system().now())?;
    let sent = mailer.send(&letter).await;
    mailer.close().await;
    match sent {
        SendOutcome::Accepted(reply) => print(format!("Accepted by the mail server: {reply}\n")),
        SendOutcome::Refused(reply) => {
            Err(anyhow!("the mail server refuses this address: {reply}").into())
        }
        SendOutcome::TryLater(reply) | SendOutcome::Away(reply) => {
            Err(anyhow!("not now (the daemon would try again): {reply}").into())
        }
        SendOutcome::SenderRefused(reply) => {
            Err(anyhow!("the mail server wants no mail of ours at this address: {reply}").into())
        }
        SendOutcome::OurFault(reply) => {
            Err(anyhow!("no mail can be sent with these settings: {reply}").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bantin_model::Calendar;

    #[test]
    fn whoever_checks_the_config_reads_how_far_the_holidays_are_known() {
        let told = |calendars: &Calendars, today: &str| {
            holidays_known(calendars, today.parse().expect("a day"))
        };
        let shipped = Calendars::shipped();
        let in_2026 = told(&shipped, "2026-11-24");
        assert!(in_2026.contains("vn are known to the end of 2027"), "{in_2026}");
        assert!(in_2026.contains("2027-02-04 the first of them: Tết Nguyên đán"), "{in_2026}");
        let late = told(&shipped, "2027-09-04");
        assert!(late.contains("end of 2027") && !late.contains("decreed"), "{late}");
        assert!(told(&shipped, "2028-01-01").contains("not all known for 2028"));
        let list = Calendar::parse("years 2028").expect("a list");
        let more = shipped.clone().at_home_in(shipped.home().clone(), list);
        assert!(told(&more, "2027-12-31").contains("end of 2028"));
    }
}
