//! Values that several tables have: names, texts for people, addresses.

use unicode_normalization::UnicodeNormalization;
use url::Host;
use url::Url;

use super::ConfigCheck;
use crate::config::mistakes::{place, shown};
use crate::config::raw::{ConfigTable, SpannedValue};
use bantin_model::Lang;

impl ConfigCheck<'_> {
    pub(super) fn language(&mut self, table: &ConfigTable<'_>) -> Option<Lang> {
        let written = table.text(&mut self.found, "language")?;
        let lang = Lang::from_tag(&written.value);
        if lang.is_none() {
            let what = format!("{} is not a language that bantin speaks", shown(&written.value));
            written.note(&mut self.found, what, "write \"vi\" (Vietnamese) or \"en\" (English)");
        }
        lang
    }

    pub(super) fn needed(
        &mut self,
        table: &ConfigTable<'_>,
        key: &'static str,
        help: &str,
    ) -> Option<SpannedValue<String>> {
        if !table.has(key) {
            table.note_missing(&mut self.found, key, help);
        }
        table.text(&mut self.found, key)
    }

    pub(super) fn note_name(&mut self, written: &SpannedValue<String>, why: &str) {
        let (what, help) = why.split_once(": ").unwrap_or((why, "use letters, digits and hyphens"));
        written.note(&mut self.found, what, help);
    }

    pub(super) fn at_line(&self, spot: &SpannedValue<String>) -> String {
        let (line, _) = place(self.text, spot.at.start);
        format!("in line {line}")
    }

    /// A text for people, not empty.
    pub(super) fn line(&mut self, table: &ConfigTable<'_>, key: &'static str) -> Option<String> {
        let written = table.text(&mut self.found, key)?;
        let line = one_line(&written.value);
        if line.is_empty() {
            let help = "write a text that readers will see, or take the key away";
            written.note(&mut self.found, "this text is empty", help);
            return None;
        }
        Some(line)
    }

    /// An http or https address without credentials.
    pub(super) fn web_address(
        &mut self,
        written: &SpannedValue<String>,
        example: &str,
    ) -> Option<Url> {
        let help = format!("write the whole address, such as {example}");
        let url = match Url::parse(&written.value) {
            Ok(url) => url,
            Err(error) => {
                let what = format!(
                    "{} is not an address: {}",
                    shown(&without_password(&written.value)),
                    why_no_address(error)
                );
                written.note(&mut self.found, what, help);
                return None;
            }
        };
        if !matches!(url.scheme(), "http" | "https") {
            let what = format!("{}: is not an address of the Web", url.scheme());
            written.note(&mut self.found, what, help);
            return None;
        }
        if !url.username().is_empty() || url.password().is_some() {
            self.found.hide(&written.at);
            let what = "this address has a user name or a password in it";
            written.note(&mut self.found, what, "write the address without what stands before @");
            return None;
        }
        Some(url)
    }
}

/// NFC, blanks and line ends collapsed.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect()
}

/// What is wrong, and what would be right.
pub(super) type ValueMistake = (String, String);

pub(super) fn why_no_address(error: url::ParseError) -> String {
    match error {
        url::ParseError::RelativeUrlWithoutBase => "it does not begin with https://".to_owned(),
        other => other.to_string(),
    }
}

/// `host` or `host:port`, an IPv6 address in brackets.
pub(super) fn read_authority(text: &str) -> Option<Authority> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = match port {
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => {
            Some(port.parse().ok().filter(|port| *port != 0)?)
        }
        Some(_) => return None,
        None => None,
    };
    Some((Host::parse(host).ok()?, port))
}

pub(super) fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// Returns an address that may be printed: without the part before the last `@`.
pub(super) fn without_password(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        (None, Some((_, host))) => format!("…@{host}"),
        _ => text.to_owned(),
    }
}

/// A host with its port, where one is written.
pub(super) type Authority = (Host<String>, Option<u16>);
