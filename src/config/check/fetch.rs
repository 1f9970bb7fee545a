//! The `[fetch]` table: how bantin behaves towards portals, and what it calls itself.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::ConfigCheck;
use super::values::is_loopback;
use crate::config::Server;
use crate::config::mistakes::shown;
use crate::config::raw::{self, ConfigTable, SpannedValue};
use crate::fetch::FetchSettings;
use bantin_mail::MailSettings;

const SPACING: Duration = Duration::from_secs(1);
const SPACING_RANGE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3600);

impl ConfigCheck<'_> {
    pub(super) fn fetch(
        &mut self,
        root: &ConfigTable<'_>,
        server: &Server,
        mail: &MailSettings,
    ) -> FetchSettings {
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
            inside_of_admin: Vec::new(),
        }
    }

    pub(super) fn contact(&mut self, written: SpannedValue<String>) -> Option<String> {
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
}

/// Where the portals' admins can ask who we are. Nothing where the file gives nothing that leads to us.
pub(super) fn default_contact(server: &Server, admin: Option<&str>) -> Option<String> {
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
pub(super) fn bare_address(mailbox: &str) -> &str {
    match mailbox.rsplit_once('<') {
        Some((_, address)) => address.trim_end().trim_end_matches('>'),
        None => mailbox.trim(),
    }
}
