//! The `[mail]` table: how mail is handed over, by whom, and that a password crosses a network under TLS only.

use std::ops::RangeInclusive;
use std::time::Duration;

use secrecy::SecretString;
use url::Host;

use super::ConfigCheck;
use super::values::{ValueMistake, is_loopback, read_authority, without_password};
use crate::config::Server;
use crate::config::mistakes::{MistakeList, shown};
use crate::config::raw::{self, ConfigTable};
use bantin_mail::{
    self, DigestSettings, MailSettings, RateLimits, SmtpSettings, TlsPolicy, Transport,
};

const TRANSPORT: &str = "smtp://127.0.0.1:25";
const CONNECTIONS: u32 = 1;
/// Mails a minute.
const RATE_RANGE: RangeInclusive<u32> = 1..=60_000;
const CONNECTIONS_RANGE: RangeInclusive<u32> = 1..=50;
/// RFC 5321 §4.5.3.2: five minutes for most replies.
const MAIL_TIMEOUT: Duration = Duration::from_secs(300);
const DIGEST_DAYS_RANGE: RangeInclusive<u32> = 1..=366;
/// More than a year, so that a reader finds last year's mail about the same event.
const KEEP_DAYS: u32 = 400;
/// Days that `keep` may be. Bounces come within days, but readers open the page of a mail weeks
/// later, after a leave.
const KEEP_DAYS_RANGE: RangeInclusive<u32> = 30..=36_500;
/// Characters of the footer.
const FOOTER: usize = 1_000;
const MAIL_TIMEOUT_RANGE: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(1200);

impl ConfigCheck<'_> {
    pub(super) fn mail(&mut self, root: &ConfigTable<'_>, server: &Server) -> MailSettings {
        let table = root.table(&mut self.found, "mail", &raw::MAIL);
        let transport = self.transport(&table);
        let from = self.mail_address(&table, "from");
        // One that could not be read is a mistake of its own, and says nothing about the signature.
        let known = from.is_some() || !table.has("from");
        let from = from.unwrap_or_else(|| default_from(server));
        let sender = known.then(|| bantin_mail::domain_of(&from)).flatten();
        MailSettings {
            transport,
            dkim: self.dkim(&table, sender.as_deref()),
            from,
            reply_to: self.mail_address(&table, "reply_to"),
            admin: self.mail_address(&table, "admin"),
            public_url: server.public_url.clone(),
            lang: server.lang,
            zone: server.zone,
            bounces: self.bounce_mailbox(&table),
            rates: RateLimits {
                per_minute: self.rate(&table, "per_minute"),
                per_minute_per_domain: self.rate(&table, "per_minute_per_domain"),
            },
            digest: self.digest(&table),
        }
    }

    /// How long mails are kept that are done with.
    pub(super) fn keep_mails_days(&mut self, root: &ConfigTable<'_>) -> u32 {
        // Its mistakes were reported when the settings were read.
        let table = root.table(&mut MistakeList::default(), "mail", &raw::MAIL);
        let days = table.number_or_zero(&mut self.found, "keep_days", KEEP_DAYS_RANGE);
        days.unwrap_or(KEEP_DAYS)
    }

    /// What digests hold and how they look. The templates themselves are read when a mailer is made.
    fn digest(&mut self, table: &ConfigTable<'_>) -> DigestSettings {
        let default = DigestSettings::default();
        let folder = table.text(&mut self.found, "templates");
        let footer = table.text(&mut self.found, "footer");
        if let Some(long) = footer.as_ref().filter(|footer| footer.value.chars().count() > FOOTER) {
            let what = format!("this is longer than {FOOTER} characters");
            long.note(&mut self.found, what, "write the office's name and address only");
        }
        DigestSettings {
            images: table.truth(&mut self.found, "images").unwrap_or(default.images),
            revised: table.truth(&mut self.found, "revised").unwrap_or(default.revised),
            days: table
                .number(&mut self.found, "digest_days", DIGEST_DAYS_RANGE)
                .unwrap_or(default.days),
            footer: footer.map(|footer| footer.value),
            templates: folder.map(|folder| self.folder.join(folder.value)),
        }
    }

    /// The mailbox for what comes back, below which addresses can be made.
    fn bounce_mailbox(&mut self, table: &ConfigTable<'_>) -> Option<String> {
        let written = table.text(&mut self.found, "bounces")?;
        match bantin_mail::bounce::check_mailbox(&written.value) {
            Ok(address) => Some(address),
            Err(why) => {
                let help = "write one mailbox that bantin or your mail server reads, such as \"bantin@example.gov.vn\"";
                written.note(&mut self.found, why, help);
                None
            }
        }
    }

    fn rate(&mut self, table: &ConfigTable<'_>, key: &'static str) -> Option<u32> {
        table.number(&mut self.found, key, RATE_RANGE)
    }

    pub(super) fn transport(&mut self, table: &ConfigTable<'_>) -> Transport {
        let written = table.text(&mut self.found, "transport");
        let named = match &written {
            Some(written) => match read_transport(&written.value) {
                Ok(named) => named,
                Err((what, help)) => {
                    if written.value.contains('@') {
                        self.found.hide(&written.at);
                    }
                    written.note(&mut self.found, what, help);
                    None
                }
            },
            None => read_transport(TRANSPORT).expect("the default is a transport"),
        };
        let credentials = self.credentials(table);
        let tls = self.tls(table, named.as_ref());
        let extra_ca = self.extra_ca(table);
        let connections =
            table.number(&mut self.found, "connections", CONNECTIONS_RANGE).unwrap_or(CONNECTIONS);
        let timeout =
            table.duration(&mut self.found, "timeout", MAIL_TIMEOUT_RANGE).unwrap_or(MAIL_TIMEOUT);
        let hello = self.hello(table);
        let (host, port) = match named {
            Some(Handover::Folder(path)) => return Transport::Folder(self.state_path(&path)),
            Some(Handover::Smtp { host, port, .. }) => (bare(&host), port),
            None => (String::new(), 0),
        };
        Transport::Smtp(SmtpSettings {
            host,
            port,
            tls,
            credentials,
            extra_ca,
            connections: connections as usize,
            timeout,
            hello,
        })
    }

    /// User name and password: both or neither.
    pub(super) fn credentials(
        &mut self,
        table: &ConfigTable<'_>,
    ) -> Option<(String, SecretString)> {
        let username = table.text(&mut self.found, "username");
        let named = table.has("password_file");
        let secret = self.secret(table);
        if let Some(username) = username.as_ref().filter(|username| username.value.is_empty()) {
            let help = "write the user name, or take username and password_file away";
            username.note(&mut self.found, "this text is empty", help);
        }
        match (username, secret) {
            (Some(username), Some(secret)) => Some((username.value, secret.value)),
            (Some(username), None) if !named => {
                username.note(
                    &mut self.found,
                    "a user name needs a password",
                    "name the file that holds it: password_file = \"/etc/bantin/password\", or \
                     \"credential:NAME\" for a systemd credential",
                );
                None
            }
            (None, Some(secret)) if !table.has("username") => {
                secret.note(
                    &mut self.found,
                    "a password needs a user name",
                    "write it as username = \"…\", or take password_file away",
                );
                None
            }
            _ => None,
        }
    }

    /// Returns the TLS policy: none on this machine, required elsewhere, unless the file says
    /// otherwise. A password crosses a network under TLS only. "opportunistic" does not ensure
    /// that: an attacker on the way can remove the offer of TLS.
    pub(super) fn tls(&mut self, table: &ConfigTable<'_>, named: Option<&Handover>) -> TlsPolicy {
        // Named, whether or not it could be read: that is another mistake.
        let with_password = table.has("username") || table.has("password_file");
        let written = table.text(&mut self.found, "tls");
        let policy = match &written {
            None => None,
            Some(written) => match written.value.as_str() {
                "none" => Some(TlsPolicy::None),
                "opportunistic" => Some(TlsPolicy::Opportunistic),
                "required" => Some(TlsPolicy::StartTls),
                other => {
                    let what = format!("{} is not a policy", shown(other));
                    let help = "write \"none\", \"opportunistic\" or \"required\"";
                    written.note(&mut self.found, what, help);
                    return TlsPolicy::StartTls;
                }
            },
        };
        let Some(Handover::Smtp { host, implicit, .. }) = named else {
            return TlsPolicy::StartTls;
        };
        let Some((policy, written)) = policy.zip(written) else {
            return match (implicit, is_loopback(host)) {
                (true, _) => TlsPolicy::Implicit,
                (false, true) => TlsPolicy::None,
                (false, false) => TlsPolicy::StartTls,
            };
        };
        if policy == TlsPolicy::StartTls {
            return if *implicit { TlsPolicy::Implicit } else { policy };
        }
        if *implicit {
            let what =
                format!("smtps:// is TLS from the first byte, not {}", shown(&written.value));
            let help = "take this key away, or write the transport as smtp://";
            written.note(&mut self.found, what, help);
        } else if with_password && !is_loopback(host) {
            let what = format!(
                "with {} the password could cross the network as plain text",
                shown(&written.value)
            );
            let help = "write tls = \"required\", or take username and password_file away";
            written.note(&mut self.found, what, help);
        }
        policy
    }

    pub(super) fn hello(&mut self, table: &ConfigTable<'_>) -> Option<String> {
        let written = table.text(&mut self.found, "hello")?;
        let name = &written.value;
        let fits = !name.is_empty()
            && name.len() <= 255
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
        if fits {
            return Some(written.value);
        }
        let what = format!("{} is not a host name", shown(name));
        written.note(&mut self.found, what, "write a name such as \"tin.example.gov.vn\"");
        None
    }

    pub(super) fn mail_address(
        &mut self,
        table: &ConfigTable<'_>,
        key: &'static str,
    ) -> Option<String> {
        let written = table.text(&mut self.found, key)?;
        match bantin_mail::check_address(&written.value) {
            Ok(()) => Some(written.value),
            Err(why) => {
                // The help says what would be right.
                let why = why.rsplit_once(": write ").map_or(why.as_str(), |(why, _)| why);
                let what = format!("{} is not a mail address: {why}", shown(&written.value));
                let help = "write \"name@example.gov.vn\", or with a name before it: \
                            \"Bản tin <bantin@example.gov.vn>\"";
                written.note(&mut self.found, what, help);
                None
            }
        }
    }
}

/// How the file says that mail is handed over.
pub(super) enum Handover {
    Smtp { host: Host<String>, port: u16, implicit: bool },
    Folder(String),
}

pub(super) fn read_transport(text: &str) -> Result<Option<Handover>, ValueMistake> {
    let help = "write \"smtp://HOST:PORT\", \"smtps://HOST:PORT\" or \"folder:PATH\"";
    if let Some(path) = text.strip_prefix("folder:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(("this names no folder".to_owned(), help.to_owned()));
        }
        return Ok(Some(Handover::Folder(path.to_owned())));
    }
    let (implicit, rest) = match text.split_once("://") {
        Some(("smtp", rest)) => (false, rest),
        Some(("smtps", rest)) => (true, rest),
        _ => {
            let what = format!("{} is no way to hand mail over", shown(&without_password(text)));
            return Err((what, help.to_owned()));
        }
    };
    if rest.contains('@') {
        return Err((
            "this address has a user name or a password in it".to_owned(),
            "write the host only, and the rest as username = \"…\" and password_file = \"…\""
                .to_owned(),
        ));
    }
    match read_authority(rest.strip_suffix('/').unwrap_or(rest)) {
        Some((host, port)) => {
            let port = port.unwrap_or(if implicit { 465 } else { 25 });
            Ok(Some(Handover::Smtp { host, port, implicit }))
        }
        None => Err((format!("{} names no mail server", shown(text)), help.to_owned())),
    }
}

/// A host without the brackets of an IPv6 address.
pub(super) fn bare(host: &Host<String>) -> String {
    match host {
        Host::Ipv6(address) => address.to_string(),
        other => other.to_string(),
    }
}

pub(super) fn default_from(server: &Server) -> String {
    let host = match server.public_url.host() {
        Some(Host::Domain(name)) => name,
        _ => "localhost",
    };
    if server.title.chars().all(|c| c.is_alphanumeric() || c == ' ') {
        return format!("{} <bantin@{host}>", server.title);
    }
    // A quoted string, RFC 5322 §3.2.4: this title holds commas or full stops.
    let title = server.title.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{title}\" <bantin@{host}>")
}
