//! Digests: what a due subscription gets, and why. Pure: items in, a decision and a composed view out; `mail` renders it.

pub mod compose;
mod decision;
mod digest_record;
pub mod digest_texts;
mod reach;
mod reader_issue;
mod sample_digest;

pub use compose::{
    ComposedDigest, DigestEntry, DigestInputs, DigestPicture, DigestSection, RevisedItems,
    SourceGroup, compose, listed,
};
pub use decision::{DigestDecision, decide};
pub use digest_record::{
    Digest, DigestId, DigestKind, DigestLinks, DigestedItem, LINK_MARK, MAIL_ONLY, MARK_STEM,
    PAGE_MARK, PREFERENCES_MARK, filled, without_mail_only,
};
pub use reach::DigestReach;
pub use reader_issue::{ReaderIssue, issue_for, really_changed};
pub use sample_digest::{SAMPLE_TAG, sample};
