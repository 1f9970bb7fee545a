//! Markup that means to be XML, to a tree. Nothing is an error: end tags that fit nothing are dropped, elements left
//! open are closed where their neighbours show it, a "<" that begins no tag is a letter.
//!
//! The scan goes once over the text, and keeps places in it rather than copies. Names come out in lower case under a
//! few prefixes of our own ("dc:date", whatever prefix the document chose, declared or not); names of the document's
//! main vocabulary have none.

use std::borrow::Cow;
use std::collections::HashMap;

use super::entities;
use crate::limits;

pub type Id = usize;

/// Names at which a document of ours can begin.
pub const ROOTS: &[&str] = &["rss", "rdf", "feed", "channel", "urlset", "sitemapindex", "entry"];

const NONE: u32 = u32::MAX;

/// Bases inside one another that are followed.
const BASES: usize = 16;

#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum XmlNodeKind {
    Element,
    Text,
    CData,
}

struct Node {
    sort: XmlNodeKind,
    /// Index into the names, for an element.
    name: u32,
    /// The text, or the name as the document writes it.
    span: Span,
    parent: u32,
    first: u32,
    last: u32,
    next: u32,
    attributes: Span,
}

/// A document as a tree; node 0 contains everything.
pub struct XmlTree<'a> {
    source: &'a str,
    nodes: Vec<Node>,
    names: Vec<Box<str>>,
    attributes: Vec<(Span, Span)>,
    root: Option<Id>,
    /// Elements that were still open where the text ended, from the outermost.
    pub open_at_end: Vec<Id>,
    /// More nodes or names than are read.
    pub too_long: bool,
}

impl<'a> XmlTree<'a> {
    /// Reads a document; anything gives a tree.
    pub fn parse(source: &'a str) -> Self {
        // Places are 32 bits wide. Bodies are capped far below.
        let mut end = source.len().min(u32::MAX as usize - 1);
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let mut builder = Builder::new(&source[..end]);
        builder.run();
        builder.finish()
    }

    /// The first element that a feed or a sitemap begins with.
    pub fn root(&self) -> Option<Id> {
        self.root
    }

    /// "title", "dc:date"; "?:x" for a vocabulary we do not know; empty for a text.
    pub fn name(&self, id: Id) -> &str {
        let node = &self.nodes[id];
        if node.sort == XmlNodeKind::Element { &self.names[node.name as usize] } else { "" }
    }

    pub fn parent(&self, id: Id) -> Option<Id> {
        place(self.nodes[id].parent)
    }

    /// Every element of the document, in its order.
    pub fn elements(&self) -> impl Iterator<Item = Id> + '_ {
        (1..self.nodes.len()).filter(|id| self.nodes[*id].sort == XmlNodeKind::Element)
    }

    /// Child elements.
    pub fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        std::iter::successors(place(self.nodes[id].first), |id| place(self.nodes[*id].next))
            .filter(|id| self.nodes[*id].sort == XmlNodeKind::Element)
    }

    pub fn child(&self, id: Id, name: &str) -> Option<Id> {
        self.children(id).find(|child| self.name(*child) == name)
    }

    /// The text that follows an element directly.
    pub fn text_behind(&self, id: Id) -> Option<Cow<'a, str>> {
        place(self.nodes[id].next).and_then(|next| self.letters(next))
    }

    /// An attribute, decoded; names in lower case, with the document's own prefix ("xml:base").
    pub fn attribute(&self, id: Id, name: &str) -> Option<Cow<'a, str>> {
        let Span { start, end } = self.nodes[id].attributes;
        self.attributes[start as usize..end as usize]
            .iter()
            .find(|(key, _)| self.slice(*key).eq_ignore_ascii_case(name))
            .map(|(_, value)| entities::decode(self.slice(*value)))
    }

    /// All text inside, decoded, without that of scripts.
    pub fn text(&self, id: Id) -> String {
        let mut text = String::new();
        self.walk(id, |step| {
            if let XmlEvent::Text(letters) = step {
                text.push_str(letters);
            }
        });
        text
    }

    /// Returns the content as HTML: prefixes dropped, entities resolved, every element closed.
    pub fn markup(&self, id: Id) -> String {
        let mut html = String::new();
        self.walk(id, |step| match step {
            XmlEvent::Text(letters) => entities::escape_into(letters, &mut html),
            XmlEvent::Open(child) => {
                let local = self.local(child);
                html.push('<');
                html.push_str(local);
                let Span { start, end } = self.nodes[child].attributes;
                for (key, value) in &self.attributes[start as usize..end as usize] {
                    let key = self.slice(*key);
                    if key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                        html.push(' ');
                        html.push_str(key);
                        html.push_str("=\"");
                        entities::escape_into(&entities::decode(self.slice(*value)), &mut html);
                        html.push('"');
                    }
                }
                html.push('>');
            }
            XmlEvent::Close(child) => {
                let local = self.local(child);
                if !matches!(local, "br" | "img" | "hr" | "input" | "col" | "wbr") {
                    html.push_str("</");
                    html.push_str(local);
                    html.push('>');
                }
            }
        });
        html
    }

    pub fn has_elements(&self, id: Id) -> bool {
        self.children(id).next().is_some()
    }

    /// The innermost `xml:base` values around an element, from the outermost.
    pub fn bases(&self, id: Id) -> Vec<Cow<'a, str>> {
        let mut bases: Vec<_> = std::iter::successors(Some(id), |id| self.parent(*id))
            .filter_map(|id| self.attribute(id, "xml:base"))
            .take(BASES)
            .collect();
        bases.reverse();
        bases
    }

    fn local(&self, id: Id) -> &str {
        let name = self.name(id);
        let local = name.split_once(':').map_or(name, |(_, local)| local);
        let fits = local.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { local } else { "span" }
    }

    fn slice(&self, span: Span) -> &'a str {
        &self.source[span.start as usize..span.end as usize]
    }

    fn letters(&self, id: Id) -> Option<Cow<'a, str>> {
        let node = &self.nodes[id];
        match node.sort {
            XmlNodeKind::Element => None,
            XmlNodeKind::CData => Some(Cow::Borrowed(self.slice(node.span))),
            XmlNodeKind::Text => Some(entities::decode(self.slice(node.span))),
        }
    }

    /// Visits the content of an element, in order, without recursion.
    fn walk(&self, id: Id, mut visit: impl FnMut(XmlEvent<'_>)) {
        let mut at = place(self.nodes[id].first);
        while let Some(here) = at {
            let skipped = matches!(self.local_of(here), "script" | "style");
            if let Some(letters) = self.letters(here) {
                visit(XmlEvent::Text(&letters));
            } else if !skipped {
                visit(XmlEvent::Open(here));
                if let Some(first) = place(self.nodes[here].first) {
                    at = Some(first);
                    continue;
                }
                visit(XmlEvent::Close(here));
            }
            let mut leaving = here;
            at = loop {
                if let Some(next) = place(self.nodes[leaving].next) {
                    break Some(next);
                }
                match self.parent(leaving) {
                    Some(parent) if parent != id => {
                        visit(XmlEvent::Close(parent));
                        leaving = parent;
                    }
                    _ => break None,
                }
            };
        }
    }

    fn local_of(&self, id: Id) -> &str {
        let name = self.name(id);
        name.split_once(':').map_or(name, |(_, local)| local)
    }
}

enum XmlEvent<'t> {
    Open(Id),
    Close(Id),
    Text(&'t str),
}

fn place(id: u32) -> Option<Id> {
    (id != NONE).then_some(id as usize)
}

/// Elements that hold nothing but text, in every vocabulary that we read.
const LEAVES: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "pubdate",
    "updated",
    "published",
    "author",
    "category",
    "comments",
    "loc",
    "lastmod",
    "dc:date",
    "dc:creator",
    "dc:title",
];
/// Where one of these begins, a leaf that is still open has ended.
const NEIGHBOURS: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "pubdate",
    "updated",
    "published",
    "description",
    "summary",
    "content",
    "content:encoded",
    "category",
    "enclosure",
    "loc",
    "lastmod",
    "dc:date",
    "dc:creator",
    "item",
    "entry",
];
/// None of these contains another of its kind.
const ENTRIES: &[&str] = &["item", "entry", "sitemap"];

struct Builder<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    tree: XmlTree<'a>,
    open: Vec<OpenTag>,
    /// How many elements of a name are open, so that an end tag that fits nothing costs nothing.
    open_names: HashMap<u32, usize>,
    name_ids: HashMap<Box<str>, u32>,
    prefixes: HashMap<&'a str, &'static str>,
    /// The vocabulary of names without prefix, by the number of elements open around its declaration.
    defaults: Vec<(usize, &'static str)>,
    /// The document's main vocabulary.
    home: &'static str,
    /// Where the next of these ends is, at or after the place last asked for; the length of the
    /// text where there is none.
    next_comment_end: usize,
    next_cdata_end: usize,
    doctype_seen: bool,
    ended: bool,
}

struct OpenTag {
    id: Id,
    name: u32,
}

struct XmlTag<'a> {
    name: &'a str,
    span: Span,
    attributes: Vec<(Span, Span)>,
    closed: bool,
    end: usize,
}

impl<'a> Builder<'a> {
    fn new(source: &'a str) -> Self {
        let around = Node {
            sort: XmlNodeKind::Element,
            name: 0,
            span: Span { start: 0, end: 0 },
            parent: NONE,
            first: NONE,
            last: NONE,
            next: NONE,
            attributes: Span { start: 0, end: 0 },
        };
        Builder {
            source,
            bytes: source.as_bytes(),
            at: 0,
            tree: XmlTree {
                source,
                nodes: vec![around],
                names: vec!["".into()],
                attributes: Vec::new(),
                root: None,
                open_at_end: Vec::new(),
                too_long: false,
            },
            open: Vec::new(),
            open_names: HashMap::new(),
            name_ids: HashMap::new(),
            prefixes: HashMap::new(),
            defaults: Vec::new(),
            home: "",
            next_comment_end: 0,
            next_cdata_end: 0,
            doctype_seen: false,
            ended: false,
        }
    }

    fn run(&mut self) {
        while self.at < self.bytes.len() && !self.tree.too_long {
            if self.bytes[self.at] != b'<' {
                let end = self.find(b'<', self.at).unwrap_or(self.bytes.len());
                self.add_text(XmlNodeKind::Text, self.at, end);
                self.at = end;
                continue;
            }
            match self.bytes.get(self.at + 1) {
                Some(b'!') => self.declaration(),
                Some(b'?') => self.skip_to_angle(),
                Some(b'/') => self.end_tag(),
                Some(b) if b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80 => self.start_tag(),
                _ => {
                    self.add_text(XmlNodeKind::Text, self.at, self.at + 1);
                    self.at += 1;
                }
            }
        }
    }

    fn finish(mut self) -> XmlTree<'a> {
        if !self.ended || self.tree.too_long {
            self.tree.open_at_end = self.open.iter().map(|open| open.id).collect();
        }
        self.tree
    }

    fn find(&self, byte: u8, from: usize) -> Option<usize> {
        self.bytes[from..].iter().position(|b| *b == byte).map(|at| from + at)
    }

    fn skip_to_angle(&mut self) {
        self.at = self.find(b'>', self.at).map_or(self.bytes.len(), |end| end + 1);
    }

    /// `<!-- -->`, `<![CDATA[ ]]>`, `<!DOCTYPE>`.
    fn declaration(&mut self) {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"<!--") {
            let from = self.at + 4;
            if self.next_comment_end < from {
                self.next_comment_end =
                    self.source[from..].find("-->").map_or(self.bytes.len(), |end| from + end);
            }
            // A comment without an end costs its own mark and no more.
            self.at = if self.next_comment_end < self.bytes.len() {
                self.next_comment_end + 3
            } else {
                from
            };
        } else if rest.len() >= 9 && rest[..9].eq_ignore_ascii_case(b"<![CDATA[") {
            self.cdata();
        } else {
            let end = self.find(b'>', self.at).unwrap_or(self.bytes.len());
            let subset = self.bytes[self.at..end].contains(&b'[') && !self.doctype_seen;
            self.doctype_seen = true;
            match self.source[self.at..].find("]>").filter(|_| subset) {
                Some(length) => self.at += length + 2,
                None => self.skip_to_angle(),
            }
        }
    }

    fn cdata(&mut self) {
        let from = self.at + 9;
        if self.next_cdata_end < from {
            self.next_cdata_end =
                self.source[from..].find("]]>").map_or(self.bytes.len(), |end| from + end);
        }
        let end = self.next_cdata_end;
        let behind = (end + 3).min(self.bytes.len());
        // Where the section has no end, the next one's end is not its own: it ends with its
        // element.
        let next = if end < self.bytes.len() {
            self.source[from..end].find("<![CDATA[").map(|next| from + next)
        } else {
            Some(end)
        };
        let own_end = next.and_then(|next| {
            let name = self.tree.nodes[self.open.last()?.id].span;
            let close = format!("</{}", self.tree.slice(name));
            self.source[from..next].find(&close).map(|at| from + at)
        });
        let (end, behind) = match own_end {
            Some(own) => (own, own),
            None => (end, behind),
        };
        self.add_text(XmlNodeKind::CData, from, end);
        self.at = behind;
    }

    fn end_tag(&mut self) {
        let from = self.at + 2;
        let name_end = self.name_end(from);
        let name = &self.source[from..name_end];
        // "</rss" at the very end, or with the next tag glued to it, closes as well.
        let mut end = name_end;
        while end < self.bytes.len() && self.bytes[end] != b'>' && self.bytes[end] != b'<' {
            end += 1;
        }
        self.at = if self.bytes.get(end) == Some(&b'>') { end + 1 } else { end };
        if name.is_empty() {
            return;
        }
        let full = self.full_name(name, None);
        let Some(name) = self.name_ids.get(full.as_str()).copied() else { return };
        if self.open_names.get(&name).is_some_and(|count| *count > 0) {
            self.close_through(name);
        }
    }

    /// Closes elements up to the innermost one of a name, which is open.
    fn close_through(&mut self, name: u32) {
        while let Some(innermost) = self.open.last() {
            let reached = innermost.name == name;
            self.close_innermost();
            if reached {
                return;
            }
        }
    }

    fn close_innermost(&mut self) {
        if let Some(open) = self.open.pop() {
            if let Some(count) = self.open_names.get_mut(&open.name) {
                *count -= 1;
            }
            while self.defaults.last().is_some_and(|(depth, _)| *depth > self.open.len()) {
                self.defaults.pop();
            }
            self.ended |= Some(open.id) == self.tree.root;
        }
    }

    fn name_end(&self, from: usize) -> usize {
        let stops = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'<' | b'=');
        from + self.bytes[from..].iter().position(stops).unwrap_or(self.bytes.len() - from)
    }

    fn start_tag(&mut self) {
        let tag = match self.tag() {
            Ok(tag) => tag,
            Err(end) => {
                // "a <b c": no tag at all, so it is text up to where one may begin.
                self.add_text(XmlNodeKind::Text, self.at, end);
                self.at = end;
                return;
            }
        };
        self.at = tag.end;
        let default = self.declare(&tag);
        let full = self.full_name(tag.name, default);
        let name = self.name_id(&full);
        if self.tree.names.len() + self.prefixes.len() > limits::FEED_NAMES {
            self.tree.too_long = true;
            return;
        }
        self.close_what_ends_before(&full, name);
        self.defaults.extend(default.map(|default| (self.open.len() + 1, default)));
        let id = self.add(Node {
            sort: XmlNodeKind::Element,
            name,
            span: tag.span,
            parent: 0,
            first: NONE,
            last: NONE,
            next: NONE,
            attributes: Span { start: 0, end: 0 },
        });
        let Some(id) = id else { return };
        let start = self.tree.attributes.len() as u32;
        self.tree.attributes.extend(tag.attributes);
        self.tree.nodes[id].attributes = Span { start, end: self.tree.attributes.len() as u32 };
        let local = full.rsplit(':').next().unwrap_or_default();
        if self.tree.root.is_none() && ROOTS.contains(&local) {
            self.begin_at(id, &full);
        }
        // Deeper elements stay, as leaves: browsers stop nesting at this depth as well.
        if tag.closed || self.open.len() >= limits::OPEN_ELEMENTS {
            while self.defaults.last().is_some_and(|(depth, _)| *depth > self.open.len()) {
                self.defaults.pop();
            }
            self.ended |= Some(id) == self.tree.root;
            return;
        }
        // Its end tag is read when the document's vocabulary is known.
        let full = self.full_name(tag.name, None);
        let name = self.name_id(&full);
        self.open.push(OpenTag { id, name });
        *self.open_names.entry(name).or_default() += 1;
    }

    /// The element that the document begins with decides what its own vocabulary is.
    fn begin_at(&mut self, id: Id, full: &str) {
        self.tree.root = Some(id);
        if let Some((vocabulary, local)) = full.split_once(':') {
            if let Some(known) = VOCABULARIES.iter().find(|known| **known == vocabulary)
                && local != "rdf"
            {
                self.home = known;
            }
            self.tree.nodes[id].name = self.name_id(local);
        }
    }

    /// Notes the vocabularies that a tag declares; gives the one for names without prefix.
    fn declare(&mut self, tag: &XmlTag<'a>) -> Option<&'static str> {
        let mut default = None;
        for (key, value) in &tag.attributes {
            let (key, value) = (self.tree.slice(*key), self.tree.slice(*value));
            let Some(declared) = key.get(..5).filter(|key| key.eq_ignore_ascii_case("xmlns"))
            else {
                continue;
            };
            match key[declared.len()..].strip_prefix(':') {
                Some(prefix) => {
                    self.prefixes.insert(prefix, vocabulary(value));
                }
                None if key.len() == declared.len() => {
                    let mut declared = vocabulary(value);
                    // Whatever a document calls the vocabulary of its own root, it is the one we look for.
                    if declared == "?" && self.tree.root.is_none() {
                        declared = "";
                    }
                    default = Some(declared);
                }
                None => {}
            }
        }
        default
    }

    fn full_name(&self, name: &str, default: Option<&'static str>) -> String {
        let (vocabulary, local) = match name.split_once(':') {
            Some((prefix, local)) => {
                let declared = self.prefixes.get(prefix).copied();
                (declared.unwrap_or_else(|| by_habit(prefix)), local)
            }
            None => {
                let around = || self.defaults.last().map_or("", |(_, vocabulary)| vocabulary);
                (default.unwrap_or_else(around), name)
            }
        };
        let local = local.to_ascii_lowercase();
        if vocabulary.is_empty() || vocabulary == self.home {
            local
        } else {
            format!("{vocabulary}:{local}")
        }
    }

    fn name_id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.name_ids.get(name) {
            return *id;
        }
        let id = self.tree.names.len() as u32;
        self.tree.names.push(name.into());
        self.name_ids.insert(name.into(), id);
        id
    }

    /// `<item>` without `</item>`, `<title>` without `</title>`.
    fn close_what_ends_before(&mut self, full: &str, name: u32) {
        let is_entry = ENTRIES.contains(&full)
            || full == "url" && self.tree.root.is_some_and(|root| self.tree.name(root) == "urlset");
        if is_entry && self.open_names.get(&name).is_some_and(|count| *count > 0) {
            self.close_through(name);
        } else if NEIGHBOURS.contains(&full)
            && self.open.last().is_some_and(|top| LEAVES.contains(&self.tree.name(top.id)))
        {
            self.close_innermost();
        }
    }

    fn add_text(&mut self, sort: XmlNodeKind, start: usize, end: usize) {
        // Text around the document is a server's warning or the remains of a comment.
        if start < end && self.tree.root.is_some() && !self.open.is_empty() {
            self.add(Node {
                sort,
                name: 0,
                span: Span { start: start as u32, end: end as u32 },
                parent: 0,
                first: NONE,
                last: NONE,
                next: NONE,
                attributes: Span { start: 0, end: 0 },
            });
        }
    }

    /// Puts a node under the innermost open element.
    fn add(&mut self, mut node: Node) -> Option<Id> {
        if self.tree.nodes.len() + self.tree.attributes.len() >= limits::FEED_NODES {
            self.tree.too_long = true;
            return None;
        }
        let id = self.tree.nodes.len();
        let parent = self.open.last().map_or(0, |open| open.id);
        node.parent = parent as u32;
        match place(self.tree.nodes[parent].last) {
            Some(last) => self.tree.nodes[last].next = id as u32,
            None => self.tree.nodes[parent].first = id as u32,
        }
        self.tree.nodes[parent].last = id as u32;
        self.tree.nodes.push(node);
        Some(id)
    }

    /// The start tag at the current place; the place of another "<", or of the end, where that comes before its ">".
    /// What was looked at is never looked at again, so that no text takes more than one look a byte.
    fn tag(&self) -> Result<XmlTag<'a>, usize> {
        let from = self.at + 1;
        let mut at = self.name_end(from);
        let mut tag = XmlTag {
            name: &self.source[from..at],
            span: Span { start: from as u32, end: at as u32 },
            attributes: Vec::new(),
            closed: false,
            end: at,
        };
        loop {
            match *self.bytes.get(at).ok_or(self.bytes.len())? {
                b'>' => {
                    tag.end = at + 1;
                    return Ok(tag);
                }
                b'<' => return Err(at),
                b'/' => {
                    tag.closed = self.bytes.get(at + 1) == Some(&b'>');
                    at += 1;
                }
                b'=' => at += 1,
                b if b.is_ascii_whitespace() => at += 1,
                _ => {
                    let (attribute, behind) = self.attribute(at).ok_or(self.bytes.len())?;
                    at = behind;
                    if tag.attributes.len() < limits::FEED_ATTRIBUTES {
                        tag.attributes.push(attribute);
                    }
                }
            }
        }
    }

    fn attribute(&self, from: usize) -> Option<((Span, Span), usize)> {
        let key_end = self.name_end(from).max(from + 1);
        let blanks = |mut at: usize| {
            while self.bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            at
        };
        let span = |start: usize, end: usize| Span { start: start as u32, end: end as u32 };
        let key = span(from, key_end);
        let equals = blanks(key_end);
        if self.bytes.get(equals) != Some(&b'=') {
            return Some(((key, span(key_end, key_end)), key_end));
        }
        let start = blanks(equals + 1);
        match *self.bytes.get(start)? {
            quote @ (b'"' | b'\'') => {
                let start = start + 1;
                let mut at = start;
                loop {
                    let b = *self.bytes.get(at)?;
                    if b == quote {
                        return Some(((key, span(start, at)), at + 1));
                    }
                    // A quote that is never closed: the tag ends where the next one follows.
                    if b == b'>' && self.bytes.get(blanks_few(self.bytes, at + 1)) == Some(&b'<') {
                        return Some(((key, span(start, at)), at));
                    }
                    at += 1;
                }
            }
            _ => {
                let stops = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'<');
                let length = self.bytes[start..].iter().position(stops)?;
                Some(((key, span(start, start + length)), start + length))
            }
        }
    }
}

/// Skips blanks, but not so many that a scan over them again and again would count.
fn blanks_few(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take(16).take_while(|b| b.is_ascii_whitespace()).count()
}

/// Our own prefixes; a vocabulary that means nothing to us is "?".
const VOCABULARIES: &[&str] = &[
    "atom",
    "dc",
    "dcterms",
    "content",
    "media",
    "itunes",
    "rdf",
    "xhtml",
    "feedburner",
    "news",
    "image",
    "sy",
    "?",
];

/// Which vocabulary a namespace is. Compared without its scheme and its case, both of which feeds get wrong.
fn vocabulary(namespace: &str) -> &'static str {
    let lower = namespace.trim().to_ascii_lowercase();
    let name = lower.trim_start_matches("https://").trim_start_matches("http://");
    let name = name.trim_end_matches(['/', '#']);
    match name {
        ""
        | "purl.org/rss/1.0"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9"
        | "backend.userland.com/rss"
        | "backend.userland.com/rss2"
        | "backend.userland.com/rss091"
        | "blogs.law.harvard.edu/tech/rss"
        | "purl.org/net/rss1.1"
        | "my.netscape.com/publish/formats/rss-0.91.dtd"
        | "www.sitemaps.org/schemas/sitemap/0.9"
        | "www.google.com/schemas/sitemap/0.84"
        | "www.google.com/schemas/sitemap/0.9" => "",
        "www.w3.org/2005/atom" | "purl.org/atom/ns" => "atom",
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => "dc",
        "purl.org/dc/terms" => "dcterms",
        "purl.org/rss/1.0/modules/content" => "content",
        "search.yahoo.com/mrss" => "media",
        "www.itunes.com/dtds/podcast-1.0.dtd" | "example.com/dtds/podcast-1.0.dtd" => "itunes",
        "www.w3.org/1999/02/22-rdf-syntax-ns" => "rdf",
        "www.w3.org/1999/xhtml" => "xhtml",
        "purl.org/rss/1.0/modules/syndication" => "sy",
        "rssnamespace.org/feedburner/ext/1.0" => "feedburner",
        "www.google.com/schemas/sitemap-news/0.9" => "news",
        "www.google.com/schemas/sitemap-image/1.1" => "image",
        _ => "?",
    }
}

/// Returns the usual meaning of a prefix that is not declared.
fn by_habit(prefix: &str) -> &'static str {
    let lower = prefix.to_ascii_lowercase();
    match lower.as_str() {
        "rss" | "r" => "",
        "atom" | "atom10" | "atom03" | "a10" | "a" => "atom",
        "dct" => "dcterms",
        other => VOCABULARIES.iter().find(|known| **known == other).copied().unwrap_or("?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p11_what_would_fill_the_memory_is_read_in_part() {
        let names: String = (0..100_000).map(|n| format!("<b{n}/>")).collect();
        let prefixes: String = (0..100_000).map(|n| format!("<b xmlns:p{n}='x'/>")).collect();
        let attributes: String = (0..60).map(|n| format!(" b{n}=1")).collect();
        let attributes = format!("<b{attributes}/>").repeat(10_000);
        for bomb in [names, prefixes, attributes, "<b>x</b>".repeat(500_000)] {
            let text = format!("<rss><item>a</item>{bomb}<item>z</item></rss>");
            let tree = XmlTree::parse(&text);
            assert!(tree.too_long, "{}", &text[..60]);
            assert!(tree.nodes.len() + tree.attributes.len() < limits::FEED_NODES + 64);
            assert!(tree.names.len() < limits::FEED_NAMES + 2);
            let root = tree.root().expect("it begins as a feed");
            assert_eq!(tree.children(root).filter(|id| tree.name(*id) == "item").count(), 1);
        }
    }
}
