//! RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, and CDF: one reader for all, since feeds mix their vocabularies.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::markup::{self, TextFormat};
use super::media::{self, EntryMedia, MediaKind, PicturePlace};
use super::wishes::Asked;
use super::xml::{Id, XmlTree};
use super::{Document, Entry, Head, address, dates, filled};
use crate::dates::order;
use crate::model::Published;
use crate::{Reading, text};

/// Parts of one entry that are read.
const MOST_PARTS: usize = 500;

const ENTRIES: &[&str] = &["item", "entry"];

pub fn read(tree: &XmlTree<'_>, root: Id, reading: Reading<'_>) -> Document {
    let atom = matches!(tree.name(root), "feed" | "entry");
    let reader = FeedReader { tree, reading, atom, around: reading.url.clone() };
    let channel = match tree.name(root) {
        "rss" | "rdf" => tree.elements().find(|id| tree.name(*id) == "channel"),
        _ => Some(root),
    };
    let entries: Vec<Id> = tree
        .elements()
        .filter(|id| ENTRIES.contains(&tree.name(*id)))
        .filter(|id| !is_cut(tree, *id))
        .collect();
    let head = channel.map(|channel| reader.head(channel)).unwrap_or_default();
    let reader = FeedReader { around: reader.around_entries(&head), ..reader };
    Document {
        head,
        container: channel.is_some() || !entries.is_empty(),
        entries: entries.into_iter().map(|id| reader.entry(id)).collect(),
        problems: Vec::new(),
    }
}

/// Whether the text ended inside one of an entry's parts: half a title or half an address is worse than waiting for
/// the next poll.
fn is_cut(tree: &XmlTree<'_>, entry: Id) -> bool {
    let inside = tree.open_at_end.iter().position(|open| *open == entry);
    inside.is_some_and(|at| at + 1 < tree.open_at_end.len())
}

struct FeedReader<'t, 'a> {
    tree: &'t XmlTree<'a>,
    reading: Reading<'t>,
    atom: bool,
    /// What relative addresses without an `xml:base` are relative to.
    around: Url,
}

/// A link of an entry or a feed, in the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// What a feed service replaced by its own counting address.
    Original,
    Alternate,
    /// Another representation than HTML.
    OtherType,
    /// A guid that says it is an address.
    Permalink,
    Related,
    /// rdf:about, an atom:id that is an address.
    Identifier,
    Itself,
    /// A file, where the entry has nothing else.
    Enclosure,
}

/// Candidates for an address.
#[derive(Default)]
struct EntryLinks {
    best: Option<(Rank, Url)>,
    odd: Option<String>,
}

impl EntryLinks {
    fn offer(&mut self, rank: Rank, said: &str, base: &Url) {
        match address(said, base) {
            Some(url) if self.best.as_ref().is_none_or(|(best, _)| rank < *best) => {
                self.best = Some((rank, url));
            }
            Some(_) => {}
            None if rank <= Rank::OtherType && self.odd.is_none() => {
                self.odd = filled(text::clean(said));
            }
            None => {}
        }
    }
}

/// Values of one part that several elements may give: the best of them stays.
#[derive(Default)]
struct Best<T> {
    found: Option<(u8, T)>,
}

impl<T> Best<T> {
    /// A smaller rank is better; of equals the first stays.
    fn offer(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value
            && self.found.as_ref().is_none_or(|(best, _)| rank < *best)
        {
            self.found = Some((rank, value));
        }
    }

    fn take(self) -> Option<T> {
        self.found.map(|(_, value)| value)
    }
}

impl FeedReader<'_, '_> {
    fn head(&self, channel: Id) -> Head {
        let tree = self.tree;
        let mut title = Best::default();
        let mut links = EntryLinks::default();
        let mut id = None;
        let (mut published, mut updated) = (None, Best::default());
        let mut wishes = Asked::default();
        let base = self.base(channel);
        self.offer_attribute_link(&mut links, channel, &base);
        // Entries are among a channel's own parts, so these are not counted.
        for part in tree.children(channel) {
            match tree.name(part) {
                "title" => title.offer(0, self.line(part)),
                "dc:title" => title.offer(1, self.line(part)),
                "atom:title" => title.offer(2, self.line(part)),
                "link" | "atom:link" => self.link(&mut links, part),
                "id" | "guid" | "atom:id" => {
                    let said = self.line(part).map(|said| match address(&said, &base) {
                        Some(url) if is_path(&said) => url.into(),
                        _ => said,
                    });
                    id = id.or(said);
                }
                "pubdate" | "published" | "issued" | "dcterms:issued" => {
                    published = published.or_else(|| self.moment(part));
                }
                "updated" | "modified" | "lastbuilddate" | "dcterms:modified" | "atom:updated" => {
                    updated.offer(0, self.moment(part));
                }
                "dc:date" => updated.offer(1, self.moment(part)),
                name => wishes.take(tree, part, name),
            }
        }
        Head {
            title: title.take(),
            link: links.best.filter(|(rank, _)| *rank < Rank::Identifier).map(|(_, url)| url),
            id,
            published,
            updated: updated.take(),
            wishes: wishes.wishes(),
        }
    }

    fn entry(&self, id: Id) -> Entry {
        let tree = self.tree;
        let base = self.base(id);
        let mut parts = Parts::default();
        self.offer_attribute_link(&mut parts.links, id, &base);
        parts.updated.offer(1, tree.attribute(id, "lastmod").map(Cow::into_owned));
        if let Some(about) = tree.attribute(id, "rdf:about") {
            parts.id.offer(1, filled(about.trim().to_owned()));
            parts.links.offer(Rank::Identifier, &about, &base);
        }
        for part in tree.children(id).take(MOST_PARTS) {
            self.part(&mut parts, part, &base);
            if tree.name(part) == "media:group" {
                self.media_group(&mut parts, part, &base);
            }
        }
        self.finish(parts, base)
    }

    fn finish(&self, parts: Parts, base: Url) -> Entry {
        let mut odd_date = None;
        let published_said = parts.published.take();
        let written = published_said.as_deref().and_then(order::written);
        let mut read = |said: Option<String>| {
            let Some(said) = said else { return Published::Unknown };
            let found = dates::read(&said, self.reading);
            if !found.is_known() {
                odd_date = odd_date.take().or_else(|| filled(text::clean(&said)));
            }
            found
        };
        let published = read(published_said);
        let updated = read(parts.updated.take());
        let mut links = parts.links;
        let id_said = parts.id.take();
        if let Some(id) = &id_said
            && (id.contains("://") || is_path(id))
        {
            links.offer(Rank::Identifier, id, &base);
        }
        // An id that is a path was meant as an address, and only as one does it name anything.
        let id_said = id_said.map(|said| match address(&said, &base) {
            Some(url) if is_path(&said) => url.into(),
            _ => said,
        });
        if let Some(file) = parts.media.files.first() {
            links.offer(Rank::Enclosure, &file.url, &base);
        }
        Entry {
            title: parts.title.take(),
            odd_link: links.odd.filter(|_| links.best.is_none()),
            link: links.best.map(|(_, url)| url),
            id: id_said,
            published,
            written,
            updated,
            odd_date,
            summary: parts.summary.take(),
            content: parts.content.take(),
            byline: filled(parts.bylines.join(", ")),
            section: parts.section,
            image: parts.media.picture(),
            attachments: parts.media.files,
            base: Some(base),
        }
    }

    fn part(&self, parts: &mut Parts, part: Id, base: &Url) {
        let tree = self.tree;
        let words = |part: Id| filled(tree.text(part).trim().to_owned());
        match tree.name(part) {
            "title" => parts.title.offer(0, self.line(part)),
            "dc:title" => parts.title.offer(1, self.line(part)),
            "media:title" | "atom:title" | "itunes:title" => parts.title.offer(2, self.line(part)),
            "link" | "atom:link" => {
                self.link(&mut parts.links, part);
                self.enclosure(parts, part, base);
            }
            "feedburner:origlink" => parts.links.offer(Rank::Original, &tree.text(part), base),
            "guid" => {
                let guid = words(part);
                let says_no = tree
                    .attribute(part, "ispermalink")
                    .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
                if let Some(guid) = guid
                    .as_deref()
                    .filter(|guid| !says_no && (guid.contains("://") || is_path(guid)))
                {
                    parts.links.offer(Rank::Permalink, guid, base);
                }
                parts.id.offer(0, guid);
            }
            "id" => parts.id.offer(0, words(part)),
            "atom:id" | "dc:identifier" => parts.id.offer(2, words(part)),
            "pubdate" | "published" | "issued" => parts.published.offer(0, words(part)),
            "dcterms:issued" | "atom:published" => parts.published.offer(1, words(part)),
            "created" | "dcterms:created" => parts.published.offer(2, words(part)),
            // Of several the last one counts: who appends a date to a list does not remove the old one.
            "updated" | "modified" => {
                if let Some(said) = words(part) {
                    parts.updated.found = Some((0, said));
                }
            }
            "dcterms:modified" | "atom:updated" => parts.updated.offer(1, words(part)),
            "dc:date" | "date" => {
                parts.published.offer(3, words(part));
                parts.updated.offer(2, words(part));
            }
            "summary" | "description" => parts.summary.offer(0, self.html(part)),
            "abstract" | "itunes:summary" | "media:description" | "dc:description"
            | "atom:summary" => {
                parts.summary.offer(1, self.html(part));
            }
            "content:encoded" | "xhtml:body" | "fullitem" | "body" => {
                parts.content.offer(0, self.html(part));
            }
            "content" | "atom:content" => parts.content.offer(1, self.html(part)),
            "author" | "dc:creator" | "creator" | "atom:author" | "itunes:author" => {
                self.byline(parts, part);
            }
            "category" | "dc:subject" | "atom:category" => {
                parts.section = parts.section.take().or_else(|| self.section(part));
            }
            "enclosure" => self.enclosure(parts, part, base),
            "media:content" => self.media(parts, part, base),
            "media:thumbnail" | "itunes:image" | "image" => {
                let said = ["url", "href", "rdf:resource"]
                    .iter()
                    .find_map(|name| tree.attribute(part, name))
                    .or_else(|| tree.child(part, "url").map(|url| tree.text(url).into()))
                    .unwrap_or_else(|| tree.text(part).into());
                let area = media::area(tree, part);
                parts.media.offer_picture(PicturePlace::Thumbnail, area, address(&said, base));
            }
            _ => {}
        }
    }

    /// CDF names an entry's address, and RDF a channel's, in an attribute.
    fn offer_attribute_link(&self, links: &mut EntryLinks, id: Id, base: &Url) {
        if let Some(href) = self.tree.attribute(id, "href") {
            links.offer(Rank::Alternate, &href, base);
        }
    }

    fn link(&self, links: &mut EntryLinks, link: Id) {
        let tree = self.tree;
        let base = self.base(link);
        let rel = tree.attribute(link, "rel").unwrap_or_default().trim().to_ascii_lowercase();
        let rank = match rel.as_str() {
            "" | "alternate" => {
                let media_type = tree.attribute(link, "type").unwrap_or_default();
                let is_page = media_type.is_empty() || media_type.contains("html");
                if is_page { Rank::Alternate } else { Rank::OtherType }
            }
            "related" | "via" => Rank::Related,
            "self" => Rank::Itself,
            _ => return,
        };
        // Tools for HTML close a <link> at once and put its text after it.
        let behind = |text: Cow<'_, str>| {
            let text = text.trim();
            (text.starts_with("http") && !text.contains(char::is_whitespace))
                .then(|| text.to_owned())
        };
        let said = ["href", "rdf:resource"]
            .iter()
            .find_map(|name| tree.attribute(link, name))
            .map(Cow::into_owned)
            .or_else(|| filled(tree.text(link).trim().to_owned()))
            .or_else(|| tree.text_behind(link).and_then(behind));
        if let Some(said) = said {
            links.offer(rank, &said, &base);
        }
    }

    /// A file: RSS's enclosure, Atom's link of that kind.
    fn enclosure(&self, parts: &mut Parts, part: Id, base: &Url) {
        let tree = self.tree;
        let rel = tree.attribute(part, "rel").unwrap_or_default();
        if tree.name(part) != "enclosure" && !rel.trim().eq_ignore_ascii_case("enclosure") {
            return;
        }
        let said = ["url", "href"].iter().find_map(|name| tree.attribute(part, name));
        let said = said.map(Cow::into_owned).unwrap_or_else(|| tree.text(part));
        let Some(url) = address(&said, base) else { return };
        let length = ["length", "filesize"].iter().find_map(|name| tree.attribute(part, name));
        parts.media.offer_file(
            url,
            tree.attribute(part, "type").as_deref(),
            tree.attribute(part, "title").as_deref(),
            length.and_then(|length| length.trim().parse().ok()),
        );
    }

    fn media(&self, parts: &mut Parts, part: Id, base: &Url) {
        let tree = self.tree;
        let Some(url) = tree.attribute(part, "url").and_then(|said| address(&said, base)) else {
            tree.children(part).for_each(|inner| {
                if tree.name(inner) == "media:thumbnail" {
                    self.part(parts, inner, base);
                }
            });
            return;
        };
        if media::content_kind(tree, part, &url) != MediaKind::Picture
            && let Some(thumbnail) = tree.child(part, "media:thumbnail")
        {
            self.part(parts, thumbnail, base);
        }
        parts.media.offer_content(tree, part, url);
    }

    /// Renditions of one thing: the pictures all count, and of recordings only the largest.
    fn media_group(&self, parts: &mut Parts, group: Id, base: &Url) {
        let tree = self.tree;
        let mut best: Option<((u64, u64, u64), Id)> = None;
        for part in tree.children(group).take(MOST_PARTS) {
            let url = || address(&tree.attribute(part, "url")?, base);
            let is_recording = tree.name(part) == "media:content"
                && url().is_some_and(|url| {
                    media::content_kind(tree, part, &url) == MediaKind::Recording
                });
            if !is_recording {
                self.part(parts, part, base);
                continue;
            }
            let rendition = media::rendition(tree, part);
            if best.is_none_or(|(known, _)| rendition > known) {
                best = Some((rendition, part));
            }
        }
        if let Some((_, part)) = best {
            self.media(parts, part, base);
        }
    }

    fn byline(&self, parts: &mut Parts, part: Id) {
        let tree = self.tree;
        let name =
            tree.children(part).find(|child| matches!(tree.name(*child), "name" | "atom:name"));
        let said = match name {
            Some(name) => self.line(name),
            None if tree.has_elements(part) => None,
            None => self.line(part).map(|said| without_mail(&said)),
        };
        if let Some(said) = said.filter(|said| !said.is_empty() && !parts.bylines.contains(said))
            && parts.bylines.len() < 20
        {
            parts.bylines.push(said);
        }
    }

    fn section(&self, part: Id) -> Option<String> {
        let said = ["label", "term"].iter().find_map(|name| self.tree.attribute(part, name));
        match said {
            Some(said) => filled(markup::line(&said, TextFormat::Guess)),
            None => self.line(part),
        }
    }

    /// What the entries' relative addresses are relative to: the channel's link, which is of the site, while another may
    /// deliver its feed. Atom says that it is the feed's own address (RFC 4287 §2), so there the link counts only where
    /// the feed comes from elsewhere.
    fn around_entries(&self, head: &Head) -> Url {
        let own = self.reading.url;
        let is_of_net = |url: &Url| url.host_str().is_some_and(|host| host.contains('.'));
        match &head.link {
            Some(link) if self.atom && link.host_str() == own.host_str() => own.clone(),
            // Left over from where the site was made.
            Some(link) if is_of_net(own) && !is_of_net(link) => own.clone(),
            Some(link) => link.clone(),
            None => own.clone(),
        }
    }

    /// The base of an element's relative addresses; one `xml:base` is relative to the one around it.
    fn base(&self, id: Id) -> Url {
        self.tree
            .bases(id)
            .iter()
            .fold(self.around.clone(), |base, said| address(said, &base).unwrap_or(base))
    }

    fn moment(&self, part: Id) -> Option<chrono::DateTime<chrono::Utc>> {
        dates::moment(dates::read(&self.tree.text(part), self.reading))
    }

    /// What an element holds, and how it is to be read.
    fn value(&self, part: Id) -> (String, TextFormat) {
        let tree = self.tree;
        let lower =
            |name| tree.attribute(part, name).map(|value| value.trim().to_ascii_lowercase());
        let said = lower("type").unwrap_or_default();
        let mode = lower("mode").unwrap_or_default();
        let is_markup = said.ends_with("html") || said.ends_with("xml");
        let is_coded = mode == "base64"
            || self.atom && said.contains('/') && !said.starts_with("text/") && !is_markup;
        if is_coded && let Some(decoded) = from_base64(&tree.text(part)) {
            let sort = if said == "text/plain" { TextFormat::Guess } else { TextFormat::Html };
            return (decoded, sort);
        }
        if tree.has_elements(part) {
            return (tree.text(part), TextFormat::Plain);
        }
        let sort = match said.as_str() {
            "html" | "text/html" => TextFormat::Html,
            "xhtml" => TextFormat::Plain,
            _ => TextFormat::Guess,
        };
        (tree.text(part), sort)
    }

    fn line(&self, part: Id) -> Option<String> {
        let (said, sort) = self.value(part);
        filled(markup::line(&said, sort))
    }

    fn html(&self, part: Id) -> Option<String> {
        if self.tree.attribute(part, "src").is_some() {
            return None;
        }
        let (said, sort) = self.value(part);
        let html = if sort == TextFormat::Plain {
            self.tree.markup(part)
        } else {
            markup::html(said, sort)
        };
        filled(html.trim().to_owned())
    }
}

#[derive(Default)]
struct Parts {
    title: Best<String>,
    links: EntryLinks,
    id: Best<String>,
    published: Best<String>,
    updated: Best<String>,
    summary: Best<String>,
    content: Best<String>,
    bylines: Vec<String>,
    section: Option<String>,
    media: EntryMedia,
}

/// RSS's author is a mail address with the name in brackets. The address is private and is dropped.
fn without_mail(said: &str) -> String {
    if !said.contains('@') {
        return said.to_owned();
    }
    if let Some((before, name)) = said.split_once('(')
        && before.contains('@')
    {
        return name.trim_end_matches(')').trim().to_owned();
    }
    let words: Vec<&str> = said.split_whitespace().filter(|word| !word.contains('@')).collect();
    words.join(" ")
}

/// "/tin/12", of an address without its host.
fn is_path(id: &str) -> bool {
    id.starts_with('/') && id.len() > 1 && !id.contains(char::is_whitespace)
}

fn from_base64(said: &str) -> Option<String> {
    let engine = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let letters: String = said.chars().filter(|letter| !letter.is_whitespace()).collect();
    String::from_utf8(engine.decode(letters).ok()?).ok()
}
