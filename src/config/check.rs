//! From raw settings to checked ones. Each function reads one table, fills in the defaults, and notes what is wrong; a
//! value that is wrong is replaced by its default, so that the rest can be checked too, and thrown away at the end.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::{TZ_VARIANTS, Tz};
use secrecy::SecretString;
use toml::de::DeTable;
use unicode_normalization::UnicodeNormalization;
use url::{Host, Url};

use super::mistakes::{Found, Mistake, Mistakes, nearest, place, shown};
use super::raw::{self, Spot, Table, may_be_secret, place_in_string};
use super::{Config, Listen, Server, Surroundings};
use crate::fetch::FetchSettings;
use crate::limits;
use crate::mail::{MailSettings, SmtpSettings, TlsPolicy, Transport};
use crate::model::{
    ArticleRecipe, Feed, FeedName, Lang, ListingRecipe, ManagedBy, Pace, Recipe, Schedule, Source,
    SourceId,
};
use crate::query::Query;

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const PUBLIC_URL: &str = "http://127.0.0.1:8080/";
const TITLE: &str = "Bản tin";
const STORE: &str = "sqlite:bantin.db";
const TRANSPORT: &str = "smtp://127.0.0.1:25";
const CONNECTIONS: u32 = 2;
const CONNECTIONS_RANGE: RangeInclusive<u32> = 1..=50;
/// RFC 5321 §4.5.3.2: five minutes for most replies.
const MAIL_TIMEOUT: Duration = Duration::from_secs(300);
const MAIL_TIMEOUT_RANGE: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(1200);
const SPACING: Duration = Duration::from_secs(1);
const SPACING_RANGE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3600);
const ZONE: Tz = Tz::Asia__Ho_Chi_Minh;
const MAX_NEW_RANGE: RangeInclusive<u32> = 1..=limits::ROWS as u32;
const FEED_ITEMS: u32 = 50;
const FEED_ITEMS_RANGE: RangeInclusive<u32> = 1..=1_000;
const FEED_DAYS: u32 = 7;
const FEED_DAYS_RANGE: RangeInclusive<u32> = 0..=366;
/// Bytes of a password file.
const SECRET_BYTES: u64 = 4_096;

/// Checks the text of the file at `path`.
pub(super) fn config(
    text: &str,
    path: &Path,
    surroundings: &Surroundings,
) -> Result<Config, Mistakes> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if let Some(error) =
        errors.iter().min_by_key(|error| error.span().map_or(usize::MAX, |span| span.start))
    {
        return Err(not_toml(text, error, path));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut check = Check { text, folder, surroundings, found: Found::default() };
    let config = check.config(document.get_ref());
    if check.found.is_empty() {
        Ok(config)
    } else {
        Err(check.found.into_mistakes(path.to_owned(), text))
    }
}

/// One mistake: a file that is no text.
pub(super) fn not_utf8(bytes: &[u8], valid: usize, path: &Path) -> Mistakes {
    let text = String::from_utf8_lossy(bytes);
    let (line, column) = place(&text, valid);
    let mistake = Mistake {
        line: Some(line),
        column: Some(column),
        key: String::new(),
        what: "this file is not UTF-8 text".to_owned(),
        help: "save it as UTF-8 in your editor (not UTF-16, TCVN3 or VNI)".to_owned(),
    };
    // The line is not shown: what its bytes mean is unknown, so what in it is secret is unknown as well.
    Mistakes { file: path.to_owned(), text: String::new(), list: vec![mistake] }
}

/// One mistake: what TOML cannot read, it cannot read on from.
fn not_toml(text: &str, error: &toml::de::Error, path: &Path) -> Mistakes {
    let message = error.message();
    let help = if message.contains("duplicate key") {
        "a key, or a table with [single brackets], stands once only: take one of them away; sources and feeds have \
         [[double brackets]]"
    } else if message.contains("quoted")
        || message.contains("string")
        || message.contains("missing value")
    {
        "write a text between two quotes on one line: key = \"value\""
    } else if message.contains("array") {
        "write a list between brackets, its texts in quotes with commas between: key = [\"one\", \"two\"]"
    } else {
        "each line is a header such as [mail] or [[source]], a setting such as key = \"value\", or a comment after #"
    };
    let mut found = Found::default();
    let at = error.span().unwrap_or(text.len()..text.len());
    found.add(&at, "", format!("this is not TOML: {message}"), help);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((key, value)) = line.split_once('=')
            && may_be_secret(key)
            && key.trim() != "password_file"
        {
            found.hide(&(start + line.len() - value.len()..start + line.len()));
        }
        start += line.len();
    }
    found.into_mistakes(path.to_owned(), text)
}

/// What checking needs to know, and what it has found wrong so far.
struct Check<'t> {
    text: &'t str,
    /// Of the config file.
    folder: &'t Path,
    surroundings: &'t Surroundings,
    found: Found,
}

/// A host with its port, where one is written.
type Authority = (Host<String>, Option<u16>);

impl Check<'_> {
    fn config(&mut self, document: &DeTable<'_>) -> Config {
        let root = Table::root(document, &mut self.found);
        let server = self.server(&root);
        let store_url = self.store(&root);
        let mail = self.mail(&root, &server);
        let fetch = self.fetch(&root, &server, &mail);
        let sources = self.sources(&root);
        let feeds = self.feeds(&root, &server, &sources);
        let sources = sources.into_iter().filter_map(|(_, source)| source).collect();
        Config { server, store_url, mail, fetch, sources, feeds }
    }

    fn server(&mut self, root: &Table<'_>) -> Server {
        let table = root.table(&mut self.found, "server", &raw::SERVER);
        let public_url = match table.text(&mut self.found, "public_url") {
            Some(written) => self.public_url(&written),
            None => None,
        };
        Server {
            listen: self.listen(&table),
            public_url: public_url
                .unwrap_or_else(|| Url::parse(PUBLIC_URL).expect("the default is an address")),
            title: self.line(&table, "title").unwrap_or_else(|| TITLE.to_owned()),
            lang: self.language(&table).unwrap_or_default(),
        }
    }

    fn listen(&mut self, table: &Table<'_>) -> Vec<Listen> {
        let Some(written) = table.text_or_texts(&mut self.found, "listen") else {
            return vec![Listen::Tcp(LISTEN)];
        };
        if written.value.is_empty() {
            let help = "write at least one address, such as \"127.0.0.1:8080\"";
            written.note(&mut self.found, "this list is empty", help);
        }
        let mut listen = Vec::new();
        for entry in &written.value {
            match read_listen(&entry.value) {
                Err((what, help)) => entry.note(&mut self.found, what, help),
                Ok(address) if listen.contains(&address) && !is_any_port(&address) => {
                    let what = format!("{} stands here twice", shown(&entry.value));
                    entry.note(&mut self.found, what, "take one of the two away");
                }
                Ok(address) => listen.push(address),
            }
        }
        listen
    }

    fn public_url(&mut self, written: &Spot<String>) -> Option<Url> {
        let mut url = self.web_address(written, "https://tin.example.gov.vn/")?;
        if url.query().is_some() || url.fragment().is_some() {
            written.note(
                &mut self.found,
                format!("{} has a part after ? or #", shown(&written.value)),
                "write only the address that the pages of bantin begin with, such as https://tin.example.gov.vn/",
            );
            return None;
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Some(url)
    }

    fn language(&mut self, table: &Table<'_>) -> Option<Lang> {
        let written = table.text(&mut self.found, "language")?;
        let lang = Lang::from_tag(&written.value);
        if lang.is_none() {
            let what = format!("{} is not a language that bantin speaks", shown(&written.value));
            written.note(&mut self.found, what, "write \"vi\" (Vietnamese) or \"en\" (English)");
        }
        lang
    }

    fn store(&mut self, root: &Table<'_>) -> SecretString {
        let table = root.table(&mut self.found, "store", &raw::STORE);
        let password = self.secret(&table);
        let url = match table.text(&mut self.found, "url") {
            Some(written) => self.store_url(&written, password),
            None if table.has("password_file") => {
                self.password_without_server(&table);
                None
            }
            None => None,
        };
        let url = url.unwrap_or_else(|| {
            let path = STORE.strip_prefix("sqlite:").expect("the default is an SQLite file");
            format!("sqlite:{}", self.state_path(path).display())
        });
        url.into()
    }

    fn store_url(
        &mut self,
        written: &Spot<String>,
        password: Option<Spot<SecretString>>,
    ) -> Option<String> {
        const HELP: &str = "write \"sqlite:PATH\", such as \"sqlite:bantin.db\", or \
                            \"postgres://USER@HOST/DATABASE\" with the password in password_file";
        let (scheme, rest) = written.value.split_once(':').unwrap_or_default();
        match scheme {
            "sqlite" => {
                if let Some(password) = password {
                    password.note(
                        &mut self.found,
                        "an SQLite file has no password",
                        "take this key away, or name a PostgreSQL server as the store's url",
                    );
                }
                self.sqlite_url(written, rest)
            }
            "postgres" | "postgresql" => self.postgres_url(written, password),
            _ => {
                let what = format!("{} is no store", shown(&without_password(&written.value)));
                written.note(&mut self.found, what, HELP);
                None
            }
        }
    }

    fn sqlite_url(&mut self, written: &Spot<String>, rest: &str) -> Option<String> {
        if rest == ":memory:" {
            return Some(written.value.clone());
        }
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() || path.ends_with('/') {
            let what = format!("{} names no file", shown(&written.value));
            written.note(&mut self.found, what, "write the path of a file: \"sqlite:bantin.db\"");
            return None;
        }
        if path.contains('?') {
            let what =
                format!("{} has options after ?, which bantin sets itself", shown(&written.value));
            written.note(&mut self.found, what, "write the path only: \"sqlite:bantin.db\"");
            return None;
        }
        Some(format!("sqlite:{}", self.state_path(path).display()))
    }

    fn postgres_url(
        &mut self,
        written: &Spot<String>,
        password: Option<Spot<SecretString>>,
    ) -> Option<String> {
        let mut url = match Url::parse(&written.value) {
            Ok(url) => url,
            Err(error) => {
                // The address is not repeated: what of it is the password cannot be told.
                self.found.hide(&written.at);
                written.note(
                    &mut self.found,
                    format!("this is not an address: {error}"),
                    "write \"postgres://USER@HOST/DATABASE\", with the password in password_file",
                );
                return None;
            }
        };
        if url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password") {
            self.found.hide(&written.at);
            written.note(
                &mut self.found,
                "a password does not stand in this file, which others may read",
                "take it out of the address, write it into a file of its own and name that: \
                 password_file = \"/etc/bantin/password\", or \"credential:NAME\" for a systemd credential",
            );
            return None;
        }
        if url.path().trim_start_matches('/').is_empty() {
            let what = format!("{} names no database", shown(&written.value));
            written.note(&mut self.found, what, "write \"postgres://USER@HOST/DATABASE\"");
            return None;
        }
        let Some(password) = password else { return Some(url.into()) };
        let secret = secrecy::ExposeSecret::expose_secret(&password.value);
        if url.set_password(Some(secret)).is_err() {
            // An address without a host: a socket, named after "?host=".
            url.query_pairs_mut().append_pair("password", secret);
        }
        Some(url.into())
    }

    fn password_without_server(&mut self, table: &Table<'_>) {
        if let Some(written) = table.text(&mut self.found, "password_file") {
            written.note(
                &mut self.found,
                "an SQLite file has no password, and SQLite is the default",
                "take this key away, or name a PostgreSQL server: url = \"postgres://USER@HOST/DATABASE\"",
            );
        }
    }

    fn mail(&mut self, root: &Table<'_>, server: &Server) -> MailSettings {
        let table = root.table(&mut self.found, "mail", &raw::MAIL);
        let from = self.mail_address(&table, "from");
        MailSettings {
            transport: self.transport(&table),
            from: from.unwrap_or_else(|| default_from(server)),
            reply_to: self.mail_address(&table, "reply_to"),
            admin: self.mail_address(&table, "admin"),
            public_url: server.public_url.clone(),
        }
    }

    fn transport(&mut self, table: &Table<'_>) -> Transport {
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
        let tls = self.tls(table, named.as_ref(), credentials.is_some());
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
    fn credentials(&mut self, table: &Table<'_>) -> Option<(String, SecretString)> {
        let username = table.text(&mut self.found, "username");
        let named = table.has("password_file");
        let secret = self.secret(table);
        match (username, secret) {
            (Some(username), Some(secret)) if username.value.is_empty() => {
                let help = "write the user name, or take username and password_file away";
                username.note(&mut self.found, "this text is empty", help);
                let _ = secret;
                None
            }
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

    /// The policy: none on this machine, required elsewhere, unless the file says otherwise. A password crosses a network
    /// under TLS only, and "opportunistic" is no promise of that: whoever sits between can take the offer away.
    fn tls(
        &mut self,
        table: &Table<'_>,
        named: Option<&Handover>,
        with_password: bool,
    ) -> TlsPolicy {
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

    fn hello(&mut self, table: &Table<'_>) -> Option<String> {
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

    fn mail_address(&mut self, table: &Table<'_>, key: &'static str) -> Option<String> {
        let written = table.text(&mut self.found, key)?;
        match crate::mail::check_address(&written.value) {
            Ok(()) => Some(written.value),
            Err(why) => {
                let what = format!("{} is not a mail address: {why}", shown(&written.value));
                let help = "write \"name@example.gov.vn\", or with a name before it: \
                            \"Bản tin <bantin@example.gov.vn>\"";
                written.note(&mut self.found, what, help);
                None
            }
        }
    }

    fn fetch(&mut self, root: &Table<'_>, server: &Server, mail: &MailSettings) -> FetchSettings {
        let table = root.table(&mut self.found, "fetch", &raw::FETCH);
        let contact = match table.text(&mut self.found, "contact") {
            Some(written) => self.contact(written),
            None => default_contact(server, mail.admin.as_deref()),
        };
        let product = concat!("bantin/", env!("CARGO_PKG_VERSION"));
        FetchSettings {
            user_agent: match contact {
                Some(contact) => format!("{product} ({contact})"),
                None => product.to_owned(),
            },
            spacing: table.duration(&mut self.found, "spacing", SPACING_RANGE).unwrap_or(SPACING),
            robots: table.truth(&mut self.found, "robots").unwrap_or(true),
        }
    }

    fn contact(&mut self, written: Spot<String>) -> Option<String> {
        let fits = !written.value.trim().is_empty()
            && written.value.len() <= 200
            && written.value.bytes().all(|b| matches!(b, b' '..=b'~') && !b"()\\".contains(&b));
        if fits {
            return Some(written.value.trim().to_owned());
        }
        // It becomes a comment in a header: RFC 9110 §5.6.5 and §10.1.5.
        let what = format!("{} cannot stand in an HTTP header", shown(&written.value));
        let help = "write up to 200 letters without accents, and no parentheses or backslashes, such as \
                    \"+https://tin.example.gov.vn/; quantri@example.gov.vn\"";
        written.note(&mut self.found, what, help);
        None
    }

    /// The sources with their ids; None for a source that has a good id and is wrong elsewhere.
    fn sources(&mut self, root: &Table<'_>) -> Vec<(SourceId, Option<Source>)> {
        let mut sources: Vec<(SourceId, Option<Source>)> = Vec::new();
        let mut places = HashMap::new();
        for table in root.tables(&mut self.found, "source", &raw::SOURCE) {
            let id = self.source_id(&table, &mut places);
            let source = self.source(&table, id.clone());
            if let Some(id) = id {
                sources.push((id, source));
            }
        }
        sources
    }

    fn source_id(
        &mut self,
        table: &Table<'_>,
        places: &mut HashMap<SourceId, Spot<String>>,
    ) -> Option<SourceId> {
        let help = "name the source for queries and logs, for good: id = \"so-tttt\"";
        let written = self.needed(table, "id", help)?;
        let id = match SourceId::parse(&written.value) {
            Ok(id) => id,
            Err(why) => {
                self.note_name(&written, &why);
                return None;
            }
        };
        if let Some(first) = places.get(&id) {
            let what = format!("{} is an id already, {}", shown(id.as_str()), self.at_line(first));
            written.note(&mut self.found, what, "give each source an id of its own");
            return None;
        }
        places.insert(id.clone(), written);
        Some(id)
    }

    fn source(&mut self, table: &Table<'_>, id: Option<SourceId>) -> Option<Source> {
        let help = "write the address of the page that lists the news: url = \"https://portal.example.gov.vn/tin\"";
        let url = match self.needed(table, "url", help) {
            Some(written) => {
                self.web_address(&written, "https://portal.example.gov.vn/tin-hoat-dong")
            }
            None => None,
        };
        let name = self.line(table, "name");
        let pace = self.pace(table);
        let zone = self.zone(table).unwrap_or(ZONE);
        let recipe = self.recipe(table);
        let extra_ca = self.extra_ca(table);
        let inside = self.inside(table);
        let max_new = table
            .number(&mut self.found, "max_new", MAX_NEW_RANGE)
            .unwrap_or(limits::NEW_ITEMS_PER_POLL);
        let id = id?;
        Some(Source {
            name: name.unwrap_or_else(|| id.to_string()),
            id,
            url: url?,
            pace,
            zone,
            recipe,
            extra_ca,
            inside,
            max_new,
            managed_by: ManagedBy::File,
        })
    }

    fn pace(&mut self, table: &Table<'_>) -> Pace {
        let Some(written) = table.text(&mut self.found, "schedule") else { return Pace::Adaptive };
        if written.value.trim() == "adaptive" {
            return Pace::Adaptive;
        }
        match Schedule::parse(&written.value) {
            Ok(schedule) => Pace::Cron(schedule),
            Err(why) => {
                let help = "minute, hour, day of month, month, day of week, such as \"*/15 6-20 * * Mon-Fri\"; or \
                            \"adaptive\"";
                written.note(&mut self.found, why, help);
                Pace::Adaptive
            }
        }
    }

    fn zone(&mut self, table: &Table<'_>) -> Option<Tz> {
        let written = table.text(&mut self.found, "zone")?;
        if let Ok(zone) = written.value.parse() {
            return Some(zone);
        }
        let help = match nearest_zone(&written.value) {
            Some(zone) => format!("did you mean \"{}\"?", zone.name()),
            None => "write a name of the IANA time zone database, such as \"Asia/Ho_Chi_Minh\""
                .to_owned(),
        };
        let what = format!("there is no time zone {}", shown(&written.value));
        written.note(&mut self.found, what, help);
        None
    }

    fn recipe(&mut self, table: &Table<'_>) -> Recipe {
        let listing = table.table(&mut self.found, "listing", &raw::LISTING);
        let article = table.table(&mut self.found, "article", &raw::ARTICLE);
        if !listing.has("item") {
            listing.note_missing(
                &mut self.found,
                "item",
                "write the CSS selector of the element that each row of the list is, below a header \
                 [source.listing]: item = \"ul.news > li\"",
            );
        }
        Recipe {
            listing: ListingRecipe {
                item: self.selector(&listing, "item"),
                link: self.selector(&listing, "link"),
                title: self.selector(&listing, "title"),
                date: self.selector(&listing, "date"),
                date_format: self.date_format(&listing),
                lead: self.selector(&listing, "lead"),
                image: self.selector(&listing, "image"),
            },
            article: ArticleRecipe {
                title: self.selector(&article, "title"),
                lead: self.selector(&article, "lead"),
                body: self.selector(&article, "body"),
                date: self.selector(&article, "date"),
                date_format: self.date_format(&article),
                byline: self.selector(&article, "byline"),
                section: self.selector(&article, "section"),
                drop: article
                    .texts(&mut self.found, "drop")
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|written| self.good_selector(written))
                    .collect(),
            },
        }
    }

    fn selector(&mut self, table: &Table<'_>, key: &'static str) -> Option<String> {
        let written = table.text(&mut self.found, key)?;
        self.good_selector(written)
    }

    fn good_selector(&mut self, written: Spot<String>) -> Option<String> {
        let help =
            "write a CSS selector, such as \"div.news-item\", \"h3 > a\" or \"time[datetime]\"";
        if written.value.trim().is_empty() {
            written.note(&mut self.found, "this selector is empty", help);
            return None;
        }
        match crate::extract::check_selector(&written.value) {
            Ok(()) => Some(written.value),
            Err(why) => {
                let what = format!("{} is not a CSS selector: {why}", shown(&written.value));
                written.note(&mut self.found, what, help);
                None
            }
        }
    }

    fn date_format(&mut self, table: &Table<'_>) -> Option<String> {
        use chrono::format::{Item, StrftimeItems};
        let written = table.text(&mut self.found, "date_format")?;
        let items: Vec<Item<'_>> = StrftimeItems::new(&written.value).collect();
        let help = "write a strftime pattern, such as \"%d/%m/%Y %H:%M\"";
        if items.contains(&Item::Error) {
            let what = format!("{} is not a pattern of a date", shown(&written.value));
            written.note(&mut self.found, what, help);
            return None;
        }
        if !items.iter().any(|item| matches!(item, Item::Numeric(..) | Item::Fixed(_))) {
            let what = format!("{} has no part that is a date", shown(&written.value));
            written.note(&mut self.found, what, help);
            return None;
        }
        Some(written.value)
    }

    fn inside(&mut self, table: &Table<'_>) -> Vec<String> {
        let mut inside = Vec::new();
        for written in table.texts(&mut self.found, "inside").unwrap_or_default() {
            match read_authority(&written.value) {
                Some((host, port)) => inside.push(match port {
                    Some(port) => format!("{host}:{port}"),
                    None => host.to_string(),
                }),
                None => {
                    let what = format!("{} is not a host", shown(&written.value));
                    let help = "write \"host\" or \"host:port\", such as \"10.20.0.5\" or \"portal.noi-bo.vn:8080\"";
                    written.note(&mut self.found, what, help);
                }
            }
        }
        inside
    }

    fn feeds(
        &mut self,
        root: &Table<'_>,
        server: &Server,
        sources: &[(SourceId, Option<Source>)],
    ) -> Vec<Feed> {
        let mut feeds = Vec::new();
        let mut places: HashMap<FeedName, Spot<String>> = HashMap::new();
        for table in root.tables(&mut self.found, "feed", &raw::FEED) {
            let name = self.feed_name(&table, &mut places);
            let title = self.line(&table, "title");
            let description = table.text(&mut self.found, "description");
            let description = description.map(|written| one_line(&written.value));
            let query = self.query(&table, sources);
            let lang = self.language(&table).unwrap_or(server.lang);
            let items =
                table.number(&mut self.found, "items", FEED_ITEMS_RANGE).unwrap_or(FEED_ITEMS);
            let days = table.number(&mut self.found, "days", FEED_DAYS_RANGE).unwrap_or(FEED_DAYS);
            if let Some(name) = name {
                let title = title.unwrap_or_else(|| name.to_string());
                let description = description.unwrap_or_default();
                feeds.push(Feed { name, title, description, query, lang, items, days });
            }
        }
        feeds
    }

    fn feed_name(
        &mut self,
        table: &Table<'_>,
        places: &mut HashMap<FeedName, Spot<String>>,
    ) -> Option<FeedName> {
        let help = "name the feed for its address, for good: name = \"tin-hoat-dong\"";
        let written = self.needed(table, "name", help)?;
        let name = match FeedName::parse(&written.value) {
            Ok(name) => name,
            Err(why) => {
                self.note_name(&written, &why);
                return None;
            }
        };
        if let Some(first) = places.get(&name) {
            let what =
                format!("{} is a feed already, {}", shown(name.as_str()), self.at_line(first));
            written.note(&mut self.found, what, "give each feed a name of its own");
            return None;
        }
        places.insert(name.clone(), written);
        Some(name)
    }

    fn query(&mut self, table: &Table<'_>, sources: &[(SourceId, Option<Source>)]) -> String {
        let Some(written) = table.text(&mut self.found, "query") else { return String::new() };
        match Query::parse(&written.value) {
            Ok(query) => {
                for source in query.named_sources() {
                    if !sources.iter().any(|(id, _)| *id == source) {
                        self.note_no_source(&written, &source, sources);
                    }
                }
            }
            Err(error) => {
                let at = place_in_string(self.text, &written.at, error.column);
                let help = "write words, \"phrases\", AND, OR, NOT, parentheses, source:ID, section:NAME or \
                            after:YYYY-MM-DD; leave query out for everything";
                self.found.add(&at, &written.key, error.message, help);
            }
        }
        written.value.nfc().collect()
    }

    fn note_no_source(
        &mut self,
        written: &Spot<String>,
        source: &SourceId,
        sources: &[(SourceId, Option<Source>)],
    ) {
        let ids = || sources.iter().map(|(id, _)| id.as_str());
        let help = match nearest(source.as_str(), ids()) {
            Some(meant) => format!("did you mean source:{meant}?"),
            None if sources.is_empty() => {
                "this file names no source yet: write a [[source]]".to_owned()
            }
            None => {
                format!("the sources of this file are {}", ids().collect::<Vec<_>>().join(", "))
            }
        };
        let word = format!("source:{source}");
        let at = match written.value.find(&word) {
            Some(byte) => {
                let count = written.value[..byte].chars().count();
                place_in_string(self.text, &written.at, count)
            }
            None => written.at.clone(),
        };
        self.found.add(&at, &written.key, format!("there is no source \"{source}\""), help);
    }

    fn needed(&mut self, table: &Table<'_>, key: &'static str, help: &str) -> Option<Spot<String>> {
        if !table.has(key) {
            table.note_missing(&mut self.found, key, help);
        }
        table.text(&mut self.found, key)
    }

    fn note_name(&mut self, written: &Spot<String>, why: &str) {
        let (what, help) = why.split_once(": ").unwrap_or((why, "use letters, digits and hyphens"));
        written.note(&mut self.found, what, help);
    }

    fn at_line(&self, spot: &Spot<String>) -> String {
        let (line, _) = place(self.text, spot.at.start);
        format!("in line {line}")
    }

    /// A text for people, not empty.
    fn line(&mut self, table: &Table<'_>, key: &'static str) -> Option<String> {
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
    fn web_address(&mut self, written: &Spot<String>, example: &str) -> Option<Url> {
        let help = format!("write the whole address, such as {example}");
        let url = match Url::parse(&written.value) {
            Ok(url) => url,
            Err(error) => {
                let what = format!(
                    "{} is not an address: {error}",
                    shown(&without_password(&written.value))
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

    /// The PEM file that a key names.
    fn extra_ca(&mut self, table: &Table<'_>) -> Option<PathBuf> {
        let written = table.text(&mut self.found, "extra_ca")?;
        let path = self.folder.join(&written.value);
        let what = match std::fs::read(&path) {
            Err(error) => format!("{} cannot be read: {error}", path.display()),
            Ok(bytes) if !holds_certificate(&bytes) => {
                format!("{} holds no certificate in PEM form", path.display())
            }
            Ok(_) => return Some(path),
        };
        let help = "name a file with \"-----BEGIN CERTIFICATE-----\" in it, absolute or relative to this file's folder; \
                    `openssl x509 -inform der -in FILE` makes one of a DER file";
        written.note(&mut self.found, what, help);
        None
    }

    /// The secret in the file that `password_file` names.
    fn secret(&mut self, table: &Table<'_>) -> Option<Spot<SecretString>> {
        let written = table.text(&mut self.found, "password_file")?;
        let path = match written.value.strip_prefix("credential:") {
            Some(name) => self.credential(&written, name)?,
            None => self.folder.join(&written.value),
        };
        match read_secret(&path) {
            Ok(value) => Some(Spot { value, at: written.at, key: written.key }),
            Err(why) => {
                written.note(
                    &mut self.found,
                    format!("{} {why}", path.display()),
                    "write the password as the only line of a file that bantin may read, and name it: an absolute path, \
                     one relative to this file's folder, or \"credential:NAME\"",
                );
                None
            }
        }
    }

    fn credential(&mut self, written: &Spot<String>, name: &str) -> Option<PathBuf> {
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            let what = format!("{} is not the name of a credential", shown(&written.value));
            let help =
                "write the name given to LoadCredential= in the unit: \"credential:smtp-password\"";
            written.note(&mut self.found, what, help);
            return None;
        }
        let Some(folder) = &self.surroundings.credentials else {
            written.note(
                &mut self.found,
                "systemd hands no credentials to this process ($CREDENTIALS_DIRECTORY is not set)",
                format!("add LoadCredential={name}:/etc/bantin/{name} to the unit, or name a file by its path"),
            );
            return None;
        };
        Some(folder.join(name))
    }

    /// Where bantin writes: in the folder that systemd gives it, or in the current one.
    fn state_path(&self, path: &str) -> PathBuf {
        match &self.surroundings.state {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        }
    }
}

/// NFC, blanks and line ends collapsed.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect()
}

/// How the file says that mail is handed over.
enum Handover {
    Smtp { host: Host<String>, port: u16, implicit: bool },
    Folder(String),
}

/// What is wrong, and what would be right.
type Wrong = (String, String);

fn read_transport(text: &str) -> Result<Option<Handover>, Wrong> {
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

/// `host` or `host:port`, an IPv6 address in brackets.
fn read_authority(text: &str) -> Option<Authority> {
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

/// A host without the brackets of an IPv6 address.
fn bare(host: &Host<String>) -> String {
    match host {
        Host::Ipv6(address) => address.to_string(),
        other => other.to_string(),
    }
}

fn is_loopback(host: &Host<String>) -> bool {
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

fn read_listen(text: &str) -> Result<Listen, Wrong> {
    if let Some(path) = text.strip_prefix("unix:") {
        if !path.starts_with('/') || path.ends_with('/') {
            return Err((
                format!("{} names no socket", shown(text)),
                "write an absolute path: \"unix:/run/bantin/bantin.sock\"".to_owned(),
            ));
        }
        return Ok(Listen::Unix(PathBuf::from(path)));
    }
    if let Ok(address) = text.parse() {
        return Ok(Listen::Tcp(address));
    }
    let help = match text.rsplit_once(':').map_or(text, |(_, port)| port).parse::<u16>() {
        Ok(port) => format!(
            "write \"127.0.0.1:{port}\" for this machine only, \"0.0.0.0:{port}\" or \"[::]:{port}\" for all"
        ),
        Err(_) => "write an IP address with a port, such as \"127.0.0.1:8080\", or \"unix:/PATH\""
            .to_owned(),
    };
    Err((format!("{} is not an address to listen at", shown(text)), help))
}

/// Port 0 asks for any free port, so the same line twice is two different ports.
fn is_any_port(address: &Listen) -> bool {
    matches!(address, Listen::Tcp(address) if address.port() == 0)
}

fn default_from(server: &Server) -> String {
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

/// Where the portals' admins can ask who we are. Nothing where the file gives nothing that leads to us.
fn default_contact(server: &Server, admin: Option<&str>) -> Option<String> {
    let url = &server.public_url;
    let reachable = url.host().is_some_and(|host| !is_loopback(&host.to_owned()));
    let page =
        reachable.then(|| format!("+{}", url.as_str().replace('(', "%28").replace(')', "%29")));
    let address = admin.map(bare_address).filter(|address| {
        address.bytes().all(|b| matches!(b, b'!'..=b'~') && !b"()\\".contains(&b))
    });
    let parts: Vec<String> = page.into_iter().chain(address.map(str::to_owned)).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// `a@b` of `Name <a@b>`.
fn bare_address(mailbox: &str) -> &str {
    match mailbox.rsplit_once('<') {
        Some((_, address)) => address.trim_end().trim_end_matches('>'),
        None => mailbox.trim(),
    }
}

/// An address as it may be repeated to somebody: without what stands before the last `@`.
fn without_password(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        (None, Some((_, host))) => format!("…@{host}"),
        _ => text.to_owned(),
    }
}

fn holds_certificate(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// The one line of a file; the error says why there is none, and never what was read.
fn read_secret(path: &Path) -> Result<SecretString, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let facts = std::fs::metadata(path).map_err(cannot)?;
    if !facts.is_file() {
        return Err("is not a file".to_owned());
    }
    if facts.len() > SECRET_BYTES {
        return Err(format!("is longer than {SECRET_BYTES} bytes: that is no password"));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err("is empty".to_owned());
    }
    if line.contains(['\n', '\r', '\0']) {
        return Err("holds more than one line".to_owned());
    }
    Ok(line.into())
}

/// Names that people give the zone of Viet Nam, in lower case. The database has it under its largest city only.
const VIETNAMESE: [&str; 14] = [
    "asia/hanoi",
    "asia/ha_noi",
    "asia/vietnam",
    "asia/saigon",
    "hanoi",
    "ho_chi_minh",
    "vietnam",
    "vn",
    "ict",
    "+07",
    "+07:00",
    "utc+7",
    "gmt+7",
    "se asia standard time",
];

fn nearest_zone(written: &str) -> Option<Tz> {
    let lower = written.trim().to_lowercase().replace(' ', "_");
    if VIETNAMESE.iter().any(|name| name.replace(' ', "_") == lower) {
        return Some(ZONE);
    }
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let same = |tz: &&Tz| tz.name().to_lowercase() == lower || city(tz.name()) == city(&lower);
    TZ_VARIANTS
        .iter()
        .find(same)
        .copied()
        .or_else(|| nearest(&lower, TZ_VARIANTS.iter().map(|zone| zone.name()))?.parse().ok())
}
