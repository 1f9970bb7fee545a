//! The elements of a page side by side, in page order, with what is asked of them often: name,
//! class and id in lower case, and the letters in them, inside links and altogether. It is made in
//! one walk; questions about neighbours compare numbers instead of walking the tree again.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use dom_query::{NodeData, NodeId, NodeRef};

use super::page;
use super::text::is_letter;

/// Nodes of one page.
pub type Nodes = HashSet<NodeId, ById>;

/// A node's id is a number that the parser counted up; no page can choose it, so it needs no guarded hash.
pub type ById = BuildHasherDefault<IdHasher>;

#[derive(Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        // Fibonacci hashing: the table takes its place from the upper bits.
        self.0 = (self.0.rotate_left(32) ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

pub struct Flat<'a> {
    pub elements: Vec<FlatElement<'a>>,
    /// Class and id of all elements, in lower case.
    names: String,
    numbers: OnceCell<HashMap<NodeId, usize, ById>>,
}

pub struct FlatElement<'a> {
    pub node: NodeRef<'a>,
    /// The element's name, where it is one that HTML knows; otherwise "".
    pub tag: &'static str,
    /// The element around it; the first is its own.
    pub parent: usize,
    /// After the last element inside it.
    pub end: usize,
    /// Its place among all nodes, texts too.
    pub place: usize,
    names: (usize, usize),
    /// Letters and figures that a reader sees in it.
    pub letters: usize,
    /// Those of them that are in links.
    pub linked: usize,
    /// Letters whose nearest block this is, in links and altogether, and the stops between them.
    pub own: usize,
    pub own_linked: usize,
    pub stops: usize,
    pub is_block: bool,
    /// In a script, a style sheet, the head, a hidden box.
    pub is_unseen: bool,
    pub in_link: bool,
    /// In a menu, a footer, a side column, a list of other news.
    pub in_margin: bool,
}

impl<'a> Flat<'a> {
    pub fn of(root: &NodeRef<'a>) -> Self {
        let mut flat =
            Flat { elements: Vec::new(), names: String::new(), numbers: OnceCell::new() };
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut place = 0;
        let mut next = Some(*root);
        // Depth first by hand: a page may nest as deeply as the gate lets it.
        while let Some(node) = next {
            let at = flat.enter(&node, place, &open);
            place += 1;
            let step = node.query(|inner| (inner.first_child, inner.next_sibling, inner.parent));
            let Some((first, mut sibling, mut parent)) = step else { break };
            let of = |id: NodeId| NodeRef::new(id, root.tree);
            if let Some(first) = first {
                let is_block = flat.elements.get(at).is_some_and(|element| element.is_block);
                let block = if is_block { at } else { open.last().map_or(at, |(_, block)| *block) };
                open.push((at, block));
                next = Some(of(first));
                continue;
            }
            flat.leave(at);
            let mut current = node.id;
            next = loop {
                if current == root.id {
                    break None;
                }
                if let Some(sibling) = sibling {
                    break Some(of(sibling));
                }
                let Some(above) = parent else { break None };
                if let Some((at, _)) = open.pop() {
                    flat.leave(at);
                }
                current = above;
                let step = of(above).query(|inner| (inner.next_sibling, inner.parent));
                (sibling, parent) = step.unwrap_or_default();
            };
        }
        flat.sum();
        flat
    }

    /// Takes a node in; answers its element's number, `usize::MAX` for nodes that are no elements.
    fn enter(&mut self, node: &NodeRef<'a>, place: usize, open: &[(usize, usize)]) -> usize {
        let around = open.iter().rev().find(|(at, _)| *at != usize::MAX).copied();
        let above = around.map(|(at, _)| at);
        let Flat { elements, names, .. } = self;
        node.query(|inner| match &inner.data {
            NodeData::Text { contents } => {
                if let Some((at, block)) = around {
                    count(elements, at, block, contents);
                }
                usize::MAX
            }
            NodeData::Element(element) => {
                let from = names.len();
                let attr = |name: &str| {
                    element
                        .attrs
                        .iter()
                        .find(|attr| &*attr.name.local == name)
                        .map(|attr| &*attr.value)
                };
                for value in ["class", "id"].iter().filter_map(|name| attr(name)) {
                    let cut = (0..=LONGEST_NAMES.min(value.len()))
                        .rev()
                        .find(|cut| value.is_char_boundary(*cut));
                    names.push_str(&value[..cut.unwrap_or(0)]);
                    names.push(' ');
                }
                names[from..].make_ascii_lowercase();
                let tag = known(&element.name.local);
                let streamed = attr("id").is_some_and(page::is_streamed);
                let hidden = attr("hidden").is_some() && !streamed
                    || attr("style").is_some_and(|style| {
                        style.contains("isplay")
                            && style
                                .to_ascii_lowercase()
                                .split(';')
                                .filter_map(|part| part.split_once(':'))
                                .any(|(name, value)| {
                                    name.trim() == "display" && value.trim().starts_with("none")
                                })
                    });
                let name = &names[from..];
                let parent = above.map(|above| &elements[above]);
                let margin = matches!(tag, "nav" | "footer" | "aside")
                    || MARGINS.iter().any(|part| name.contains(part))
                        && !matches!(tag, "body" | "html");
                let at = elements.len();
                let taken = FlatElement {
                    node: *node,
                    tag,
                    parent: above.unwrap_or(at),
                    end: at + 1,
                    place,
                    names: (from, names.len()),
                    letters: 0,
                    linked: 0,
                    own: 0,
                    own_linked: 0,
                    stops: 0,
                    is_block: page::is_block(tag) && tag != "br",
                    is_unseen: hidden
                        || page::is_unseen(tag)
                        || parent.is_some_and(|parent| parent.is_unseen),
                    in_link: tag == "a" || parent.is_some_and(|parent| parent.in_link),
                    in_margin: margin || parent.is_some_and(|parent| parent.in_margin),
                };
                elements.push(taken);
                at
            }
            _ => usize::MAX,
        })
        .unwrap_or(usize::MAX)
    }

    fn leave(&mut self, at: usize) {
        let end = self.elements.len();
        if let Some(element) = self.elements.get_mut(at) {
            element.end = end;
        }
    }

    /// Adds the counts of each element to the one around it.
    fn sum(&mut self) {
        for at in (1..self.elements.len()).rev() {
            let (letters, linked) = (self.elements[at].letters, self.elements[at].linked);
            let parent = self.elements[at].parent;
            self.elements[parent].letters += letters;
            self.elements[parent].linked += linked;
        }
    }

    /// Class and id, in lower case, with blanks between.
    pub fn names(&self, at: usize) -> &str {
        let (from, to) = self.elements[at].names;
        &self.names[from..to]
    }

    /// Whether class or id have one of these parts.
    pub fn is_named(&self, at: usize, parts: &[&str]) -> bool {
        let names = self.names(at);
        !names.is_empty() && parts.iter().any(|part| names.contains(part))
    }

    pub fn find(&self, node: NodeId) -> Option<usize> {
        let numbers = self.numbers.get_or_init(|| {
            self.elements.iter().enumerate().map(|(at, element)| (element.node.id, at)).collect()
        });
        numbers.get(&node).copied()
    }

    /// The element and those around it, from the inside.
    pub fn around(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(at), |at| {
            Some(self.elements[*at].parent).filter(|parent| parent != at)
        })
    }

    /// Elements directly inside.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.elements[at].end;
        let within = move |child: &usize| *child < end;
        std::iter::successors(Some(at + 1).filter(within), move |child| {
            Some(self.elements[*child].end).filter(within)
        })
    }

    /// The text of an element that has no more than so many letters, blanks apart.
    pub fn short_text(&self, at: usize, letters: usize) -> Option<String> {
        let element = &self.elements[at];
        (element.letters <= letters && element.letters > 0)
            .then(|| page::visible_text(&element.node))
    }
}

/// Bytes of a class or id that are looked at. Names that say something come first; some pages have kilobytes of them.
const LONGEST_NAMES: usize = 300;

/// Parts of the names of elements beside the text of a page.
const MARGINS: &[&str] =
    &["footer", "sidebar", "related", "lienquan", "comment", "tinkhac", "tin-khac"];

fn count(elements: &mut [FlatElement<'_>], at: usize, block: usize, text: &str) {
    if elements[at].is_unseen {
        return;
    }
    let (letters, stops) = letters_and_stops(text);
    let linked = if elements[at].in_link { letters } else { 0 };
    elements[at].letters += letters;
    elements[at].linked += linked;
    if let Some(block) = elements.get_mut(block) {
        block.own += letters;
        block.own_linked += linked;
        block.stops += stops;
    }
}

/// How many letters a text has, by the measure of [`FlatElement::letters`].
pub fn letters(text: &str) -> usize {
    letters_and_stops(text).0
}

fn letters_and_stops(text: &str) -> (usize, usize) {
    let (mut letters, mut stops) = (0, 0);
    for letter in text.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' => letters += 1,
            ',' | '.' | ';' | '、' | '。' | '，' | '،' => stops += 1,
            _ if letter.is_ascii() => {}
            // A character of these scripts says as much as a syllable.
            '\u{2e80}'..='\u{d7ff}' => letters += 3,
            _ if is_letter(letter) || letter.is_numeric() => letters += 1,
            _ => {}
        }
    }
    (letters, stops)
}

macro_rules! known_names {
    ($($name:literal)*) => {
        /// A name that needs no copy.
        fn known(name: &str) -> &'static str {
            match name { $($name => $name,)* _ => "" }
        }
    };
}

known_names! {
    "a" "abbr" "address" "article" "aside" "audio" "b" "blockquote" "body" "br" "button" "caption" "center" "cite" "code"
    "dd" "details" "dialog" "div" "dl" "dt" "em" "embed" "fieldset" "figcaption" "figure" "font" "footer" "form" "h1" "h2"
    "h3" "h4" "h5" "h6" "head" "header" "hgroup" "hr" "html" "i" "iframe" "img" "input" "label" "li" "link" "main" "marquee"
    "math" "menu" "meta" "nav" "noscript" "object" "ol" "option" "p" "picture" "pre" "script" "section" "select" "small"
    "source" "span" "strong" "style" "sub" "summary" "sup" "svg" "table" "tbody" "td" "template" "textarea" "tfoot" "th"
    "thead" "time" "title" "tr" "u" "ul" "video" "xml"
}
