//! Digests: what a due subscription gets, and why. Pure: items in, a decision and a composed view out; `mail` renders it.

pub mod compose;
mod decision;
mod heard;
mod reach;
mod record;
mod sample;
pub mod texts;

pub use compose::{
    ComposedDigest, DigestEntry, DigestInputs, DigestPicture, DigestSection, RevisedItems,
    SourceGroup, compose, listed,
};
pub use decision::{DigestDecision, decide};
pub use heard::{ReaderIssue, issue_for, really_changed};
pub use reach::DigestReach;
pub use record::{
    Digest, DigestId, DigestKind, DigestLinks, DigestedItem, LINK_MARK, MAIL_ONLY, MARK_STEM,
    PAGE_MARK, PREFERENCES_MARK, filled, without_mail_only,
};
pub use sample::{SAMPLE_TAG, sample};
