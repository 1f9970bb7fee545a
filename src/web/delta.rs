//! What is new in a feed since a reader last had it (RFC 3229 with feeds, `A-IM: feed`): the document with only the entries
//! that were not in the version whose tag the reader sends. Worked on bytes: an entry that was edited has others.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bantin_model::feed::FeedFormat;
use bantin_model::limits::DELTA_VERSIONS;

/// Earlier versions of one document, the newest last.
#[derive(Debug, Clone, Default)]
pub struct EarlierVersions(Vec<EarlierVersion>);

#[derive(Debug, Clone)]
struct EarlierVersion {
    hash: String,
    entries: HashSet<u64>,
}

impl EarlierVersions {
    /// The same with one more version.
    pub fn with(&self, format: FeedFormat, hash: &str, bytes: &[u8]) -> Self {
        let mut past = self.0.clone();
        if let Some(parts) = DocumentParts::of(format, bytes) {
            let entries = parts.entries.iter().map(|entry| number(entry)).collect();
            past.push(EarlierVersion { hash: hash.to_owned(), entries });
        }
        let surplus = past.len().saturating_sub(DELTA_VERSIONS);
        past.drain(..surplus);
        EarlierVersions(past)
    }

    /// Returns the document without the entries of the version whose tag is in this list. `None`
    /// where no tag is known.
    pub fn since(&self, format: FeedFormat, bytes: &[u8], tags: &str) -> Option<Vec<u8>> {
        let known = self.0.iter().rev().find(|version| tags.contains(version.hash.as_str()))?;
        let parts = DocumentParts::of(format, bytes)?;
        let mut delta = parts.before.to_vec();
        let new = parts.entries.iter().filter(|entry| !known.entries.contains(&number(entry)));
        new.for_each(|entry| delta.extend_from_slice(entry));
        delta.extend_from_slice(parts.behind);
        Some(delta)
    }
}

fn number(entry: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    entry.hash(&mut hasher);
    hasher.finish()
}

struct DocumentParts<'a> {
    before: &'a [u8],
    entries: Vec<&'a [u8]>,
    behind: &'a [u8],
}

impl<'a> DocumentParts<'a> {
    /// Splits a document at its entries. `None` for JSON, which RFC 3229 does not cover. The tags
    /// of entries cannot occur elsewhere: text has `<` escaped, and clean HTML has no such
    /// elements.
    fn of(format: FeedFormat, bytes: &'a [u8]) -> Option<Self> {
        let (open, close) = match format {
            FeedFormat::Rss => ("<item>", "</item>"),
            FeedFormat::Atom => ("<entry>", "</entry>"),
            FeedFormat::Json => return None,
        };
        let text = std::str::from_utf8(bytes).ok()?;
        let first = text.find(open)?;
        let (mut entries, mut at) = (Vec::new(), first);
        while text[at..].starts_with(open) {
            let end = at + text[at..].find(close)? + close.len();
            entries.push(&bytes[at..end]);
            at = end;
        }
        Some(DocumentParts { before: &bytes[..first], entries, behind: &bytes[at..] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_what_is_new_or_edited_since_its_version() {
        let document = |entries: &str| format!("<feed><id>1</id>{entries}</feed>\n");
        let old = document("<entry>b</entry><entry>a</entry>");
        let new = document("<entry>c</entry><entry>b2</entry><entry>a</entry>");
        let past = EarlierVersions::default().with(FeedFormat::Atom, "0ld", old.as_bytes());
        let delta =
            past.since(FeedFormat::Atom, new.as_bytes(), "\"x\", W/\"0ld-gz\"").expect("known");
        let wanted = document("<entry>c</entry><entry>b2</entry>");
        assert_eq!(String::from_utf8(delta).expect("UTF-8"), wanted);
        assert_eq!(past.since(FeedFormat::Atom, new.as_bytes(), "\"other\""), None);
        assert_eq!(past.since(FeedFormat::Json, b"{}", "\"0ld\""), None);
    }

    #[test]
    fn only_so_many_versions_are_remembered() {
        let mut past = EarlierVersions::default();
        for n in 0..DELTA_VERSIONS + 5 {
            past = past.with(FeedFormat::Rss, &format!("v{n}"), b"<rss><item>a</item></rss>");
        }
        assert_eq!(past.0.len(), DELTA_VERSIONS);
        assert_eq!(
            past.0.last().map(|version| version.hash.clone()),
            Some(format!("v{}", DELTA_VERSIONS + 4))
        );
    }
}
