//! A digest: one composed issue for a window of items, shared by all subscriptions with the same selection and window.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::Lang;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DigestId(pub i64);

impl fmt::Display for DigestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestKind {
    /// News.
    Items,
    /// The mail that asks a new subscriber to confirm: a digest of no items.
    Confirmation,
}

impl DigestKind {
    pub fn as_str(self) -> &'static str {
        match self {
            DigestKind::Items => "items",
            DigestKind::Confirmation => "confirmation",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [DigestKind::Items, DigestKind::Confirmation].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An item that a digest tells of, not only counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestedItem {
    /// `seq` of the item.
    pub item: i64,
    /// Its `revision` when the digest was composed.
    pub revision: u32,
    /// Whether it was listed as news before, and is listed again because it was revised.
    pub as_revised: bool,
}

/// Kept with its bodies as composed, so that a second try sends the same bytes. Where a body must differ from one
/// subscriber to the next, or names the digest's own page, it holds marks; see [`filled`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    pub id: DigestId,
    pub kind: DigestKind,
    pub lang: Lang,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// For List-Id: the feed's name, or "query".
    pub list: String,
    pub composed_at: DateTime<Utc>,
    /// `seq` of the items in it, listed or only counted, in order.
    pub items: Vec<i64>,
}

/// What every mark begins with, so that one look finds them all in foreign text.
pub const MARK_STEM: &str = "BANTINxOWNx";
/// Marks the place of the subscriber's own link (to leave, or to confirm) in a digest's bodies. It
/// has letters and digits only, so that neither HTML escaping nor line wrapping changes it.
pub const LINK_MARK: &str = "BANTINxOWNxLINKx7f3a";
/// Marks the place of the subscriber's link to the preferences.
pub const PREFERENCES_MARK: &str = "BANTINxOWNxPREFERENCESx7f3a";
/// Marks the place of the address of the digest's page on the web.
pub const PAGE_MARK: &str = "BANTINxOWNxPAGEx7f3a";
/// Enclose what only the mail shows: the page on the web leaves it out.
pub const MAIL_ONLY: [&str; 2] = ["BANTINxOWNxBEGINx7f3a", "BANTINxOWNxENDx7f3a"];

/// Where the marks of a digest lead for one subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestLinks {
    /// To leave, or to confirm.
    pub own: String,
    pub preferences: String,
    /// The digest's page on the web.
    pub page: String,
}

/// Returns a body with its marks replaced: as one subscriber gets it.
pub fn filled(body: &str, links: &DigestLinks) -> String {
    let [begin, end] = MAIL_ONLY;
    body.replace(begin, "")
        .replace(end, "")
        .replace(PREFERENCES_MARK, &links.preferences)
        .replace(PAGE_MARK, &links.page)
        .replace(LINK_MARK, &links.own)
}

/// Returns a body without what lies between the two marks of [`MAIL_ONLY`].
pub fn without_mail_only(body: &str) -> String {
    let [begin, end] = MAIL_ONLY;
    let mut pieces = body.split(begin);
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // A template that opens and never closes has nothing after it that a page should show.
        kept.push_str(piece.split_once(end).map_or("", |(_, rest)| rest));
    }
    kept.replace(end, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_the_mail_alone_is_cut_and_marks_lead_to_their_links() {
        let [begin, end] = MAIL_ONLY;
        let body =
            format!("a{begin}{LINK_MARK} {PREFERENCES_MARK}{end}b{PAGE_MARK}{begin}c{end}d{end}e");
        let links = DigestLinks { own: "L".into(), preferences: "P".into(), page: "W".into() };
        assert_eq!(filled(&body, &links), "aL PbWcde");
        assert_eq!(filled(&without_mail_only(&body), &links), "abWde");
        assert_eq!(without_mail_only(&format!("a{begin}b")), "a");
        for mark in [LINK_MARK, PREFERENCES_MARK, PAGE_MARK, begin, end] {
            assert!(mark.starts_with(MARK_STEM));
        }
    }
}
