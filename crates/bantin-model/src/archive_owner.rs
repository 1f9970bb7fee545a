//! Whose past it is that archives hold: a feed's, or all that a source ever brought.

use std::fmt;

use super::feed::FeedName;
use super::source::SourceId;

/// What an archive belongs to. It is displayed as the word that the store keeps it under; a feed's
/// name has no colon, so the two never collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveOwner<'a> {
    Feed(&'a FeedName),
    Source(&'a SourceId),
}

impl fmt::Display for ArchiveOwner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArchiveOwner::Feed(name) => write!(f, "{name}"),
            ArchiveOwner::Source(id) => write!(f, "source:{id}"),
        }
    }
}

impl<'a> From<&'a FeedName> for ArchiveOwner<'a> {
    fn from(name: &'a FeedName) -> Self {
        ArchiveOwner::Feed(name)
    }
}

impl<'a> From<&'a SourceId> for ArchiveOwner<'a> {
    fn from(id: &'a SourceId) -> Self {
        ArchiveOwner::Source(id)
    }
}
