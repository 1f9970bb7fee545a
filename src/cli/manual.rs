//! `man`: the manual pages, one for each command, and bantin-config(5), which is made of the shipped config file.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::{Cli, CommandResult, print};
use crate::config::SHIPPED;

#[derive(clap::Args)]
pub(super) struct ManArgs {
    /// Write all pages into this folder: one for each command, and bantin-config(5). Without it, print bantin(1)
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

pub(super) fn man(args: ManArgs) -> CommandResult {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    match args.into {
        Some(folder) => Ok(write_all(&cli, &folder)?),
        None => print(main_page(&cli)?),
    }
}

fn write_all(cli: &clap::Command, folder: &Path) -> anyhow::Result<()> {
    let write = |name: String, page: Vec<u8>| {
        let path = folder.join(name);
        std::fs::write(&path, page).with_context(|| format!("writing {}", path.display()))
    };
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    write("bantin.1".to_owned(), main_page(cli)?)?;
    write("bantin-config.5".to_owned(), config_page(SHIPPED)?)?;
    let mut left: Vec<&clap::Command> = cli.get_subcommands().collect();
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands());
        let page = Man::new(command.clone());
        let mut text = Vec::new();
        page.render(&mut text)?;
        write(page.get_filename(), text)?;
    }
    Ok(())
}

fn main_page(cli: &clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(cli.clone()).render(&mut page)?;
    let mut rest = Roff::new();
    rest.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in [
        ("0", "It was done."),
        ("1", "It failed; standard error says why."),
        ("2", "The command line or the config file is wrong."),
        ("75", "A mail that came back cannot be taken in now; the mail server is to try again."),
    ] {
        entry(&mut rest, code, meaning);
    }
    rest.control("SH", ["FILES"]);
    for (path, what) in [
        ("/etc/bantin/config.toml", "The config file of the service; bantin-config(5)."),
        ("/var/lib/bantin/bantin.db", "What the service keeps, unless store.url says otherwise."),
        ("/etc/credstore/", "Passwords and keys that the service is handed as credentials."),
    ] {
        entry(&mut rest, path, what);
    }
    rest.control("SH", ["SEE ALSO"]);
    rest.text([roman("bantin-config(5), systemctl(1), journalctl(1)")]);
    rest.to_writer(&mut page)?;
    Ok(page)
}

fn entry(page: &mut Roff, name: &str, text: &str) {
    page.control("TP", []).text([bold(name)]).text([roman(text)]);
}

/// Writes the config file as a manual page: tables become sections, keys become entries with the
/// comments above them.
fn config_page(file: &str) -> io::Result<Vec<u8>> {
    let mut page = Roff::new();
    let version = concat!("bantin ", env!("CARGO_PKG_VERSION"));
    page.control("TH", ["bantin-config", "5", "", version, ""]);
    page.control("SH", ["NAME"]).text([roman("bantin-config - the config file of bantin(1)")]);
    page.control("SH", ["DESCRIPTION"]);
    let mut said = Vec::new();
    for line in file.lines() {
        match ManualLine::of(line) {
            ManualLine::Said(text) => said.push(text),
            ManualLine::Table(name) => {
                tell(&mut page, &mut said);
                page.control("SH", [name]);
            }
            ManualLine::Key(text) => {
                page.control("TP", []).text([bold(text)]);
                tell(&mut page, &mut said);
            }
            // A comment of its own is about the table, or about the file.
            ManualLine::Blank if !said.is_empty() => {
                page.control("PP", []);
                tell(&mut page, &mut said);
            }
            ManualLine::Blank => {}
        }
    }
    page.control("SH", ["SEE ALSO"]).text([roman("bantin(1), systemd.time(7)")]);
    let mut bytes = Vec::new();
    page.to_writer(&mut bytes)?;
    Ok(bytes)
}

/// Words run on; what is set in further stays as it is.
fn tell(page: &mut Roff, said: &mut Vec<&str>) {
    for text in said.drain(..) {
        match text.strip_prefix("  ") {
            Some(kept) => page.control("br", []).text([roman(kept.trim())]).control("br", []),
            None => page.text([roman(text)]),
        };
    }
}

enum ManualLine<'a> {
    Blank,
    /// A comment, without its mark.
    Said(&'a str),
    /// Set, shown as the default, or shown as an example.
    Key(&'a str),
    Table(&'a str),
}

impl<'a> ManualLine<'a> {
    fn of(line: &'a str) -> Self {
        // The legend at the top of the file has wide blanks; its lines stay as they are.
        let is_key = |text: &str| {
            let name = |key: &str| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            !text.contains("  ") && text.split_once(" = ").is_some_and(|(key, _)| name(key))
        };
        if line.starts_with('[') {
            return ManualLine::Table(line.trim());
        }
        let Some(comment) = line.strip_prefix('#') else {
            return if line.trim().is_empty() { ManualLine::Blank } else { ManualLine::Key(line) };
        };
        match comment.strip_prefix("   ").unwrap_or(comment) {
            key if is_key(key) => ManualLine::Key(key),
            _ => match comment.strip_prefix(' ').unwrap_or(comment) {
                "" => ManualLine::Blank,
                text => ManualLine::Said(text),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_config_has_an_entry_in_its_manual_page() {
        let page = String::from_utf8(config_page(SHIPPED).expect("made")).expect("text");
        let heads = |name: &str| {
            let headings = [format!(".SH [{name}]"), format!(".SH [[{name}]]")];
            page.lines().any(|line| headings.contains(&line.to_owned()))
        };
        for known in crate::config::known_keys() {
            let (table, key) = known.rsplit_once('.').expect("a key stands in a table");
            assert!(heads(table), "{table} has no section");
            let of_table = page.lines().skip_while(|line| {
                !line.ends_with(&format!("[{table}]")) && !line.ends_with(&format!("[{table}]]"))
            });
            let mut entries = of_table.skip(1).take_while(|line| !line.starts_with(".SH"));
            let entry = format!("\\fB{key} = ");
            assert!(
                heads(&known) || entries.any(|line| line.starts_with(&entry)),
                "{known} has no entry"
            );
        }
    }

    #[test]
    fn each_command_has_a_page() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut cli = Cli::command().disable_help_subcommand(true);
        cli.build();
        write_all(&cli, folder.path()).expect("written");
        for name in ["bantin.1", "bantin-config.5", "bantin-run.1", "bantin-subscribers-add.1"] {
            let page = std::fs::read_to_string(folder.path().join(name)).expect(name);
            assert!(page.contains(".TH "), "{name}: {page}");
        }
    }
}
