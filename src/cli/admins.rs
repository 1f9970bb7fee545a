//! `admin`: who may use the admin pages. Passwords come from standard input or a file, never from the command line, which
//! every user of the machine can see.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use secrecy::SecretString;

use super::{CommandFailure, CommandResult, open_store, print, table};
use crate::clock::Clock;
use crate::config::Config;
use crate::passwords;
use bantin_model::AccountName;
use bantin_model::limits::PASSWORD_BYTES;
use bantin_store::{ActionChannel, Store};

#[derive(clap::Subcommand)]
pub(super) enum AdminCommand {
    /// Add an account; its password is the first line of standard input
    Add(PasswordArgs),
    /// Show the accounts
    List,
    /// Take an account out, with its logins
    Remove {
        /// The name of the account
        name: String,
    },
    /// Give an account another password and end all its logins
    Password(PasswordArgs),
}

#[derive(clap::Args)]
pub(super) struct PasswordArgs {
    /// The name of the account: letters, digits, dots, hyphens, underscores
    name: String,
    /// A file whose first line is the password, in place of standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) async fn run(command: AdminCommand, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let done = carry_out(command, &config, &store).await;
    store.close().await;
    done
}

async fn carry_out(command: AdminCommand, config: &Config, store: &Store) -> CommandResult {
    let now = Clock::system().now();
    match command {
        AdminCommand::Add(args) => {
            let name = parsed(&args.name)?;
            if store.account(&name).await?.is_some() {
                return Err(taken(&name));
            }
            let hash = hashed(&name, args.password_file.as_deref())?;
            if !store.add_account(&name, &hash, now).await? {
                return Err(taken(&name));
            }
            let page = &config.server.public_url;
            let open = if config.admin.open { "" } else { "; they are off: [admin] open = false" };
            print(format!("{name} may use the admin pages now: {page}admin/{open}\n"))
        }
        AdminCommand::List => {
            let mut rows =
                vec![["NAME", "SINCE", "PASSWORD SET", "LOGINS"].map(str::to_owned).to_vec()];
            for account in store.accounts().await? {
                let logins = store.sessions_of(account.id, now).await?.len();
                let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d").to_string();
                let (since, set) = (day(account.created_at), day(account.changed_at));
                rows.push(vec![account.name.to_string(), since, set, logins.to_string()]);
            }
            if rows.len() == 1 {
                return print("There is no account yet: \"bantin admin add NAME\" makes one.\n");
            }
            print(table(&rows))
        }
        AdminCommand::Remove { name } => {
            let name = parsed(&name)?;
            if !store.remove_account(&name, now).await? {
                return Err(unknown(&name));
            }
            print(format!("{name} may not use the admin pages any more.\n"))
        }
        AdminCommand::Password(args) => {
            let name = parsed(&args.name)?;
            if store.account(&name).await?.is_none() {
                return Err(unknown(&name));
            }
            let hash = hashed(&name, args.password_file.as_deref())?;
            if !store.set_password(&name, &hash, ActionChannel::Cli, now).await? {
                return Err(unknown(&name));
            }
            print(format!("{name} has the new password, and all logins have ended.\n"))
        }
    }
}

fn parsed(name: &str) -> Result<AccountName, CommandFailure> {
    AccountName::parse(name).map_err(|why| CommandFailure::Usage(anyhow!(why)))
}

fn taken(name: &AccountName) -> CommandFailure {
    anyhow!(
        "there is an account {name} already; \"bantin admin password {name}\" changes its password"
    )
    .into()
}

fn unknown(name: &AccountName) -> CommandFailure {
    anyhow!("there is no account {name}; \"bantin admin list\" shows them").into()
}

fn hashed(name: &AccountName, file: Option<&Path>) -> Result<String, CommandFailure> {
    let password = password(file)?;
    passwords::check_new(&password, name.as_str())
        .map_err(|why| CommandFailure::Usage(anyhow!("this password is not taken: {why}")))?;
    Ok(passwords::hashed(&password))
}

/// The first line.
fn password(file: Option<&Path>) -> anyhow::Result<SecretString> {
    let mut bytes = Vec::new();
    let most = PASSWORD_BYTES as u64 + 3;
    match file {
        Some(path) => {
            let open = std::fs::File::open(path);
            let open = open.with_context(|| format!("reading {}", path.display()))?;
            open.take(most).read_to_end(&mut bytes).context("reading the password")?;
        }
        None => {
            use std::io::IsTerminal as _;
            if std::io::stdin().is_terminal() {
                eprintln!("The password, then Enter and Ctrl-D (it is shown while you type):");
            }
            let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
            read.context("reading the password from standard input")?;
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("the password is not UTF-8 text"))?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    Ok(line.into())
}
