//! OPML 2.0: the list of all feeds, for a reader to subscribe to at once.

use url::Url;

use super::feed_text::{html, line, unmistakable};
use super::{DocumentAddress, FeedFormat};
use crate::{Feed, SourceId};

/// Returns the bytes of an OPML document that names each feed, and the feed of each source, by its
/// RSS address. Nothing in it moves by itself, so it has no date.
pub fn opml(
    title: &str,
    feeds: &[Feed],
    sources: &[(SourceId, String)],
    public_url: &Url,
) -> Vec<u8> {
    let shown =
        |text: &str, or: &str| html(&unmistakable(&line(text).unwrap_or_else(|| or.to_owned())));
    let mut opml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n<head>\n<title>{}</title>\n</head>\n<body>\n",
        shown(title, "bantin")
    );
    for feed in feeds {
        let name = shown(&feed.title, feed.name.as_str());
        opml.push_str(&format!(
            "<outline type=\"rss\" text=\"{name}\" title=\"{name}\" description=\"{}\" xmlUrl=\"{}\" htmlUrl=\"{}\" language=\"{}\"/>\n",
            shown(&feed.description, feed.name.as_str()),
            html(&FeedFormat::Rss.address(public_url, &feed.name)),
            html(public_url.as_str()),
            feed.lang.tag(),
        ));
    }
    for (id, name) in sources {
        let name = shown(name, id.as_str());
        opml.push_str(&format!(
            "<outline type=\"rss\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{}\" htmlUrl=\"{}\"/>\n",
            html(&DocumentAddress::of_source(id).in_format(public_url, FeedFormat::Rss)),
            html(public_url.as_str()),
        ));
    }
    opml.push_str("</body>\n</opml>\n");
    opml.into_bytes()
}
