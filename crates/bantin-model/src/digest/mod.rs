//! Digests: what a due subscription gets, and why. Pure: items in, a decision and a composed view out; `mail` renders it.

pub mod compose;
mod decision;
mod heard;
mod reach;
mod record;
mod sample;
pub mod texts;

pub use compose::{
    Composed, Composing, Entry, Picture, Revised, Section, SourceGroup, compose, listed,
};
pub use decision::{Decision, decide};
pub use heard::{Issue, issue_for, really_changed};
pub use reach::Reach;
pub use record::{
    Digest, DigestId, DigestKind, LINK_MARK, Links, MAIL_ONLY, MARK_STEM, PAGE_MARK,
    PREFERENCES_MARK, Told, filled, without_mail_only,
};
pub use sample::{SAMPLE_TAG, sample};
