//! Where a document of a feed is found below the public URL: a folder, the format's file, and for a search its query.

use url::Url;
use url::form_urlencoded::byte_serialize;

use super::{FeedFormat, below};
use crate::{ArchiveOwner, FeedName, SourceId};

/// The address of a document in whichever format.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentAddress {
    folder: String,
    query: String,
}

impl FeedFormat {
    /// Returns the feed's absolute address in this format.
    pub fn address(self, public_url: &Url, name: &FeedName) -> String {
        DocumentAddress::of_feed(name).in_format(public_url, self)
    }
}

impl DocumentAddress {
    pub fn of_feed(name: &FeedName) -> Self {
        DocumentAddress { folder: format!("feeds/{name}"), query: String::new() }
    }

    /// Of a part of the past of a feed or a source.
    pub fn of_archive<'a>(of: impl Into<ArchiveOwner<'a>>, part: &str) -> Self {
        let DocumentAddress { folder, query } = DocumentAddress::of_present(of);
        DocumentAddress { folder: format!("{folder}/{part}"), query }
    }

    /// Of the document that goes before all these parts.
    pub fn of_present<'a>(of: impl Into<ArchiveOwner<'a>>) -> Self {
        match of.into() {
            ArchiveOwner::Feed(name) => DocumentAddress::of_feed(name),
            ArchiveOwner::Source(id) => DocumentAddress::of_source(id),
        }
    }

    /// Of all that a source brings.
    pub fn of_source(id: &SourceId) -> Self {
        DocumentAddress { folder: format!("sources/{id}"), query: String::new() }
    }

    /// Of all that is filed under a section; `slug` is its name in ASCII.
    pub fn of_section(slug: &str) -> Self {
        DocumentAddress { folder: format!("sections/{slug}"), query: String::new() }
    }

    /// Of whatever answers a query.
    pub fn of_search(query: &str) -> Self {
        let query: String = byte_serialize(query.as_bytes()).collect();
        DocumentAddress { folder: "search".to_owned(), query: format!("?q={query}") }
    }

    /// Below the public URL, without a slash before it.
    pub fn path(&self, format: FeedFormat) -> String {
        format!("{}/{}{}", self.folder, format.file(), self.query)
    }

    pub fn in_format(&self, public_url: &Url, format: FeedFormat) -> String {
        below(public_url, &self.path(format))
    }
}

/// Returns where our hub is, which tells subscribers of changes the moment they are rendered.
pub fn hub_address(public_url: &Url) -> String {
    below(public_url, "hub")
}
