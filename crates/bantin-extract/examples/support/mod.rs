//! The arguments that the examples share: a file, `--base URL`, `--now TIME`; `--json` is always meant.

use std::io::Read;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use url::Url;

pub struct Given {
    /// A file's name, or the text of a date.
    pub subject: String,
    #[allow(dead_code)] // A text has no address.
    pub base: Url,
    pub now: DateTime<Utc>,
}

pub fn given(usage: &str) -> Result<Given> {
    let mut subject = None;
    let mut base = Url::parse("http://localhost/")?;
    let mut now = Utc::now();
    let mut arguments = std::env::args().skip(1);
    let mut only_text = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} wants a value"));
        match argument.as_str() {
            _ if only_text => subject = Some(argument),
            "--" => only_text = true,
            "--json" => {}
            "--base" => base = Url::parse(&value()?).context("--base")?,
            "--now" => now = value()?.parse().context("--now")?,
            _ => subject = Some(argument),
        }
    }
    let Some(subject) = subject else { bail!("usage: {usage} [--base URL] [--now TIME]") };
    Ok(Given { subject, base, now })
}

#[allow(dead_code)] // `date` reads no file.
pub fn file(name: &str) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    match name {
        "-" => std::io::stdin().read_to_end(&mut body)?,
        _ => std::fs::File::open(name)
            .with_context(|| format!("reading {name}"))?
            .read_to_end(&mut body)?,
    };
    Ok(body)
}
