//! The `[mail.dkim]` table: who vouches for our mails, and with which keys.

use super::ConfigCheck;
use crate::config::mistakes::shown;
use crate::config::raw::{self, ConfigTable, SpannedValue};
use bantin_mail::dkim::{Domain, Selector, Signer};

const SELECTOR: &str = "write a name of your choice that the domain's DNS does not have yet, such as \"bantin\" or \
                        \"bantin2026\"";
const KEY_FILE: &str =
    "name the file with the private key; `openssl genrsa -out FILE 2048` makes one";

impl ConfigCheck<'_> {
    /// The signers, none where the table is empty. `sender` is the domain of `from`, where that could be read.
    pub(super) fn dkim(&mut self, mail: &ConfigTable<'_>, sender: Option<&str>) -> Vec<Signer> {
        let table = mail.table(&mut self.found, "dkim", &raw::DKIM);
        let second = table.has("second_selector") || table.has("second_key_file");
        if !second && !["domain", "selector", "key_file"].iter().any(|key| table.has(key)) {
            return Vec::new();
        }
        let domain = self.dkim_domain(&table, sender);
        let first = self.dkim_signer(&table, &domain, "selector", "key_file");
        let second = match second {
            true => self.dkim_signer(&table, &domain, "second_selector", "second_key_file"),
            false => None,
        };
        if let (Some(first), Some(second)) = (&first, &second)
            && first.dns_record().0 == second.dns_record().0
            && let Some(written) = table.text(&mut self.found, "second_selector")
        {
            let what = "DNS has one key under each selector, and this is that of the first";
            written.note(&mut self.found, what, SELECTOR);
        }
        first.into_iter().chain(second).collect()
    }

    fn dkim_signer(
        &mut self,
        table: &ConfigTable<'_>,
        domain: &Option<Domain>,
        selector: &'static str,
        key_file: &'static str,
    ) -> Option<Signer> {
        let selector = self.needed(table, selector, SELECTOR);
        let selector = selector.and_then(|written| self.dkim_selector(&written));
        let key = self.needed(table, key_file, KEY_FILE);
        let key = key.and_then(|written| self.dkim_key(&written));
        Some(Signer::new(domain.clone()?, selector?, key?))
    }

    /// The domain that vouches: that of the sender, unless the file names one that receivers take for the same.
    fn dkim_domain(&mut self, table: &ConfigTable<'_>, sender: Option<&str>) -> Option<Domain> {
        let Some(written) = table.text(&mut self.found, "domain") else {
            return sender.and_then(|sender| Domain::parse(sender).ok());
        };
        match Domain::parse(&written.value) {
            Ok(domain) => {
                if let Some(sender) = sender.filter(|sender| !domain.vouches_for(sender)) {
                    written.note(
                        &mut self.found,
                        format!(
                            "mails are from {sender}, and receivers do not count what {} signs for it (DMARC)",
                            shown(&written.value)
                        ),
                        "take this key away, or write the domain of mail.from or one above it",
                    );
                }
                Some(domain)
            }
            Err(why) => {
                let what = format!("{} is not a domain: {why}", shown(&written.value));
                written.note(
                    &mut self.found,
                    what,
                    "write the domain of mail.from, such as \"example.gov.vn\"",
                );
                None
            }
        }
    }

    fn dkim_selector(&mut self, written: &SpannedValue<String>) -> Option<Selector> {
        Selector::parse(&written.value)
            .map_err(|why| {
                let what = format!("{} is not a selector: {why}", shown(&written.value));
                written.note(&mut self.found, what, SELECTOR);
            })
            .ok()
    }
}
