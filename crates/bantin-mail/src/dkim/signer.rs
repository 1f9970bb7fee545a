//! Signs a finished mail and makes its DKIM-Signature field.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::super::address::ascii_domain;
use super::super::message::COLUMNS;
use super::canonical::{HeaderField, relaxed_body, relaxed_field, split};
use super::key::SigningKey;

/// Fields that a mail of ours has once and that nothing on the way has a reason to add: each is signed once more often
/// than it is there, so that a second one breaks the signature (RFC 6376 §8.15). Otherwise a stranger could put another
/// subject above ours and send the mail on, still signed by us.
const ONCE: [&str; 7] =
    ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];

/// Fields that are signed where they are there. A mailing list that passes a mail on unchanged may add a Reply-To and
/// List-* of its own; RFC 8058 §4 wants both fields for leaving signed.
const IF_THERE: [&str; 7] = [
    "Content-Transfer-Encoding",
    "Content-Language",
    "Auto-Submitted",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// Characters of a domain: with the longest selector and `_domainkey` still a name that DNS can hold.
const DOMAIN_CHARS: usize = 178;

/// The domain that vouches, `d=`: in A-labels and lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

impl Domain {
    pub fn parse(text: &str) -> Result<Self, String> {
        let domain = ascii_domain(text).map_err(|why| why.replace("after the \"@\"", "there"))?;
        if domain.len() > DOMAIN_CHARS {
            return Err(format!("it is longer than {DOMAIN_CHARS} characters"));
        }
        Ok(Domain(domain))
    }

    /// Returns whether receivers take it for the sender's own (RFC 7489 §3.1.1): the same domain,
    /// one above it, or one below.
    pub fn vouches_for(&self, sender: &str) -> bool {
        let below = |name: &str, of: &str| {
            name.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let sender = sender.to_ascii_lowercase();
        below(&sender, &self.0) || below(&self.0, &sender)
    }
}

/// The name of a key among those of its domain, `s=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(String);

impl Selector {
    pub fn parse(text: &str) -> Result<Self, String> {
        let label_fits = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if text.len() > 63 {
            return Err("it is longer than 63 characters".into());
        }
        if !text.split('.').all(label_fits) {
            return Err("only letters, digits and hyphens may stand in it".into());
        }
        Ok(Selector(text.to_ascii_lowercase()))
    }
}

/// Signs for one domain with one key; cheap to clone.
#[derive(Clone)]
pub struct Signer(Arc<SignerState>);

struct SignerState {
    domain: Domain,
    selector: Selector,
    key: SigningKey,
}

/// Without the key (P12).
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("domain", &self.0.domain.0)
            .field("selector", &self.0.selector.0)
            .field("algorithm", &self.0.key.algorithm())
            .finish_non_exhaustive()
    }
}

impl Signer {
    pub fn new(domain: Domain, selector: Selector, key: SigningKey) -> Self {
        Signer(Arc::new(SignerState { domain, selector, key }))
    }

    /// Returns the TXT record to publish, name and value. DNS holds strings of at most 255 octets,
    /// so that a long value is written as several, which receivers join (RFC 6376 §3.6.2.2).
    pub fn dns_record(&self) -> (String, String) {
        let SignerState { domain, selector, key } = &*self.0;
        (
            format!("{}._domainkey.{}", selector.0, domain.0),
            format!("v=DKIM1; k={}; p={}", key.kind(), STANDARD.encode(key.public())),
        )
    }

    /// Returns the signature field for these fields and this body hash, with an empty `b=`: what
    /// precedes the text of `b=` is signed as well.
    fn unsigned(&self, names: &[&str], body_hash: &str, at: DateTime<Utc>) -> FoldedField {
        let SignerState { domain, selector, key } = &*self.0;
        let mut field = FoldedField::begin("DKIM-Signature:");
        for tag in ["v=1;", &format!("a={};", key.algorithm()), "c=relaxed/relaxed;"] {
            field.word(tag);
        }
        field.word(&format!("d={};", domain.0));
        field.word(&format!("s={};", selector.0));
        field.word(&format!("t={};", at.timestamp().max(0)));
        for (n, name) in names.iter().enumerate() {
            let end = if n + 1 == names.len() { ';' } else { ':' };
            match n {
                0 => field.word(&format!("h={name}{end}")),
                _ => field.join(&format!("{name}{end}")),
            }
        }
        field.word(&format!("bh={body_hash};"));
        field.word("b=");
        field
    }
}

/// Returns the `DKIM-Signature` fields to put before `mail`, one for each signer, each ended by
/// CRLF. `mail` has CRLF line ends, and `at` is the time that it says itself, so that a retry is
/// signed in the same bytes.
pub fn signatures(signers: &[Signer], mail: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>> {
    let (fields, body) = split(mail);
    let names = signed_names(&fields);
    let body_hash = STANDARD.encode(Sha256::digest(relaxed_body(body)));
    let mut all = Vec::new();
    for signer in signers {
        let mut field = signer.unsigned(&names, &body_hash, at);
        let data = signed_data(&fields, &names, field.text.as_bytes());
        let signature = signer
            .0
            .key
            .sign(&data)
            .with_context(|| format!("signing with the DKIM key {}", signer.0.selector.0))?;
        field.split_anywhere(&STANDARD.encode(signature));
        all.extend(field.text.into_bytes());
        all.extend(b"\r\n");
    }
    Ok(all)
}

/// Returns what `h=` names for a mail with these fields, a name as often as it is to be looked for.
fn signed_names(fields: &[HeaderField<'_>]) -> Vec<&'static str> {
    let count = |name: &&str| fields.iter().filter(|field| field.is_named(name)).count();
    let once = ONCE.iter().flat_map(|name| std::iter::repeat_n(*name, count(name) + 1));
    let if_there = IF_THERE.iter().flat_map(|name| std::iter::repeat_n(*name, count(name)));
    once.chain(if_there).collect()
}

/// Returns the text that a signature is over (RFC 6376 §3.7): the fields in the order of `names`,
/// the lowest of a name first and nothing for one that is not there (§5.4.2), then the signature's
/// own field with nothing after `b=`.
fn signed_data(fields: &[HeaderField<'_>], names: &[&str], own: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    for (n, name) in names.iter().enumerate() {
        let before = names[..n].iter().filter(|other| other.eq_ignore_ascii_case(name)).count();
        if let Some(field) = fields.iter().rev().filter(|f| f.is_named(name)).nth(before) {
            data.extend(relaxed_field(field));
            data.extend(b"\r\n");
        }
    }
    let (own, _) = split(own);
    data.extend(own.iter().flat_map(relaxed_field));
    data
}

/// A header field folded into lines of at most `COLUMNS`. A word that is longer (a domain may be) has a line of its own.
struct FoldedField {
    text: String,
    column: usize,
}

impl FoldedField {
    fn begin(name: &str) -> Self {
        FoldedField { text: name.to_owned(), column: name.len() }
    }

    /// Adds a blank and a word.
    fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() > COLUMNS {
            self.fold();
        } else {
            self.text.push(' ');
            self.column += 1;
        }
        self.push(word);
    }

    /// Adds a word where the text may be folded but has no blank.
    fn join(&mut self, word: &str) {
        if self.column + word.len() > COLUMNS {
            self.fold();
        }
        self.push(word);
    }

    /// Adds ASCII text that may be folded between any two characters, as base64 may.
    fn split_anywhere(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.column >= COLUMNS {
                self.fold();
            }
            let (line, after) = rest.split_at(rest.len().min(COLUMNS - self.column));
            self.push(line);
            rest = after;
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.len();
    }

    fn fold(&mut self) {
        self.text.push_str("\r\n ");
        self.column = 1;
    }
}

#[cfg(test)]
mod tests;
