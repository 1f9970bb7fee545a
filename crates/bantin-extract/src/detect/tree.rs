//! A page as flat arrays in page order: what detection asks of an element is asked thousands of times, and walking the
//! tree for each answer would cost more than the page did to parse.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use dom_query::{NodeId, NodeRef};

use super::super::Reading;
use super::super::page::{Page, is_unseen};
use super::super::visibility::{self, Visibility};
use super::marks::is_date;
use super::place::{self, PagePlace};

/// Letters of a link that menus rarely have.
const HEADLINE: usize = 36;

/// The number of a name (tag, class, id) of the page.
pub type NameId = u32;

pub struct TreeElement {
    pub node: NodeId,
    /// The root's parent is itself.
    pub parent: usize,
    /// One past the last element below this one.
    pub end: usize,
    pub depth: usize,
    pub tag: NameId,
    pub id: Option<NameId>,
    pub classes: Vec<NameId>,
    /// Texts below this element: a range of [`DetectionTree::texts`].
    pub texts: (usize, usize),
    /// Links with an address below this element, itself included.
    pub links: usize,
    is_link: bool,
    /// Those of them that have words, and those that have a headline's.
    worded: u32,
    headlines: u32,
    pub place: PagePlace,
    /// Whether an attribute tells machines a date.
    pub dated: bool,
    /// What the path from the root to this element has in common with the paths of its like.
    pub shape: u64,
    /// The same of this element alone.
    pub look: u64,
}

pub struct Text {
    /// The element that contains the text.
    pub at: usize,
    pub text: String,
    /// Whether it is a date; every group whose rows hold it asks.
    dated: OnceCell<bool>,
}

impl Text {
    pub fn is_date(&self, reading: Reading<'_>) -> bool {
        *self.dated.get_or_init(|| is_date(&self.text, reading))
    }
}

pub struct DetectionTree {
    pub elements: Vec<TreeElement>,
    pub texts: Vec<Text>,
    /// Whether a good part of its texts is Vietnamese.
    pub vietnamese: bool,
    names: NameTable,
    /// The elements of each tag, of each class and of each id, in page order.
    tagged: Vec<Vec<usize>>,
    classed: Vec<Vec<usize>>,
    identified: Vec<Vec<usize>>,
}

#[derive(Default)]
struct NameTable {
    numbers: HashMap<Rc<str>, NameId>,
    names: Vec<Named>,
}

/// A name, and what it tells by itself: many elements have the same few.
struct Named {
    name: Rc<str>,
    place: PagePlace,
    lasting: bool,
}

impl NameTable {
    fn number(&mut self, name: &str) -> NameId {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as NameId;
        let name: Rc<str> = name.into();
        let (place, lasting) = (place::of_name(&name), place::is_lasting(&name));
        self.numbers.insert(Rc::clone(&name), number);
        self.names.push(Named { name, place, lasting });
        number
    }

    /// Takes the meaning of an author from names that only begin with the name of the page's theme.
    fn forget_theme(&mut self) {
        /// Different names that begin with one word where it is the theme's. The box of an author has fewer parts.
        const OF_THEME: usize = 8;
        let mut begun: HashMap<&str, usize> = HashMap::new();
        for named in self.names.iter().filter(|named| named.place.has(place::AUTHOR)) {
            if let Some(prefix) = place::author_prefix(&named.name) {
                *begun.entry(prefix).or_default() += 1;
            }
        }
        begun.retain(|_, count| *count >= OF_THEME);
        if begun.is_empty() {
            return;
        }
        let themes: Vec<String> = begun.into_keys().map(str::to_owned).collect();
        for named in &mut self.names {
            let rest = themes.iter().find_map(|theme| named.name.strip_prefix(&**theme));
            if let Some(rest) = rest.filter(|rest| rest.starts_with(['-', '_'])) {
                named.place = place::of_name(rest);
            }
        }
    }
}

impl DetectionTree {
    pub fn of(page: &Page) -> Self {
        let mut tree = DetectionTree {
            elements: Vec::new(),
            texts: Vec::new(),
            vietnamese: false,
            names: NameTable::default(),
            tagged: Vec::new(),
            classed: Vec::new(),
            identified: Vec::new(),
        };
        let root = page.document.html_root();
        // An element to enter, or the place of one to leave.
        enum Visit<'a> {
            Enter(NodeRef<'a>, usize),
            Leave(usize),
        }
        let mut left = vec![Visit::Enter(root, 0)];
        let mut hidden = Vec::new();
        while let Some(visit) = left.pop() {
            match visit {
                Visit::Leave(at) => tree.leave(at),
                Visit::Enter(node, parent) if node.is_text() => {
                    let text = node.text();
                    if !text.trim().is_empty() {
                        let dated = OnceCell::new();
                        tree.texts.push(Text { at: parent, text: text.to_string(), dated });
                    }
                }
                Visit::Enter(node, parent) => {
                    let Some((at, hides)) = tree.enter(&node, parent) else { continue };
                    if hides {
                        hidden.push(at);
                    }
                    left.push(Visit::Leave(at));
                    let first = left.len();
                    let children = node.children_it(false);
                    left.extend(
                        children
                            .filter(|child| child.is_element() || child.is_text())
                            .map(|child| Visit::Enter(child, at)),
                    );
                    left[first..].reverse();
                }
            }
        }
        tree.vietnamese = tree.is_mostly_vietnamese();
        tree.index();
        tree.hide(page, &hidden);
        tree.place();
        tree.shape();
        tree
    }

    fn leave(&mut self, at: usize) {
        let (end, texts) = (self.elements.len(), self.texts.len());
        let element = &mut self.elements[at];
        (element.end, element.texts.1) = (end, texts);
        if element.is_link {
            let letters = self.texts[element.texts.0..texts]
                .iter()
                .map(|text| text.text.trim().chars().take(HEADLINE).count())
                .sum::<usize>();
            element.worded = u32::from(letters > 0);
            element.headlines = u32::from(letters >= HEADLINE);
        }
        let (links, worded, headlines) = (element.links, element.worded, element.headlines);
        let parent = element.parent;
        if parent != at {
            let parent = &mut self.elements[parent];
            parent.links += links;
            parent.worded += worded;
            parent.headlines += headlines;
        }
    }

    /// Marks what no reader ever sees, of the elements that hide themselves.
    fn hide(&mut self, page: &Page, hidden: &[usize]) {
        let visibility = Visibility::of(page.document.root());
        for at in hidden {
            let node = page.document.tree.get_unchecked(&self.elements[*at].node);
            if visibility.is_hidden_for_good(&node) {
                self.elements[*at].place |= place::HIDDEN;
            }
        }
    }

    /// The number of a new element, and whether it hides itself.
    fn enter(&mut self, node: &NodeRef<'_>, parent: usize) -> Option<(usize, bool)> {
        let names = &mut self.names;
        let read = node.query(|node| {
            let element = node.as_element()?;
            let tag = &*element.name.local;
            if is_unseen(tag) {
                return None;
            }
            let (mut id, mut classes, mut href, mut dated) = (None, Vec::new(), false, false);
            let mut place = place::of_tag(tag);
            let (mut streamed, mut hides) = (false, false);
            for attribute in &element.attrs {
                let value = &*attribute.value;
                hides |= visibility::attribute_hides(tag, &attribute.name.local, value);
                match &*attribute.name.local {
                    "id" => {
                        streamed = super::super::page::is_streamed(value);
                        id = (!value.trim().is_empty()).then(|| names.number(value.trim()));
                    }
                    "class" => {
                        classes =
                            value.split_ascii_whitespace().map(|name| names.number(name)).collect();
                    }
                    "href" => href = matches!(tag, "a" | "area"),
                    "datetime" | "data-publishtime" | "data-time" | "data-date" => {
                        dated |= value.bytes().filter(u8::is_ascii_digit).count() >= 8;
                    }
                    name => place |= place::of_attribute(name, value),
                }
            }
            hides &= !streamed;
            Some((names.number(tag), id, classes, place, href, dated, hides))
        });
        let (tag, id, classes, place, href, dated, hides) = read.flatten()?;
        let at = self.elements.len();
        let depth = if at == 0 { 0 } else { self.elements[parent].depth + 1 };
        let texts = (self.texts.len(), self.texts.len());
        let links = usize::from(href);
        self.elements.push(TreeElement {
            node: node.id,
            parent,
            end: at + 1,
            depth,
            tag,
            id,
            classes,
            texts,
            links,
            is_link: href,
            worded: 0,
            headlines: 0,
            place,
            dated,
            shape: 0,
            look: 0,
        });
        Some((at, hides))
    }

    pub fn name(&self, name: NameId) -> &str {
        &self.names.names[name as usize].name
    }

    /// Whether a name will be there tomorrow.
    pub fn is_lasting(&self, name: NameId) -> bool {
        self.names.names[name as usize].lasting
    }

    /// Elements in page order.
    pub fn tagged(&self, tag: NameId) -> &[usize] {
        &self.tagged[tag as usize]
    }

    pub fn classed(&self, class: NameId) -> &[usize] {
        &self.classed[class as usize]
    }

    pub fn identified(&self, id: NameId) -> &[usize] {
        &self.identified[id as usize]
    }

    pub fn tag(&self, at: usize) -> &str {
        self.name(self.elements[at].tag)
    }

    /// The elements around one, the nearest first, without itself.
    pub fn above(&self, at: usize) -> impl Iterator<Item = usize> {
        let mut next = at;
        std::iter::from_fn(move || {
            let parent = self.elements[next].parent;
            (parent != next).then(|| {
                next = parent;
                parent
            })
        })
    }

    pub fn holds(&self, outer: usize, inner: usize) -> bool {
        (outer..self.elements[outer].end).contains(&inner)
    }

    /// The nearest element that holds both.
    pub fn common(&self, one: usize, other: usize) -> usize {
        if self.holds(one, other) {
            return one;
        }
        self.above(one).find(|above| self.holds(*above, other)).unwrap_or(0)
    }

    /// The element around one that lies so deep.
    pub fn at_depth(&self, at: usize, depth: usize) -> usize {
        if self.elements[at].depth <= depth {
            return at;
        }
        self.above(at).find(|above| self.elements[*above].depth <= depth).unwrap_or(0)
    }

    /// The texts below an element.
    pub fn texts_of(&self, at: usize) -> &[Text] {
        let (from, to) = self.elements[at].texts;
        &self.texts[from..to]
    }

    fn is_mostly_vietnamese(&self) -> bool {
        const SAMPLE: usize = 300;
        let texts = || self.texts.iter().filter(|text| text.text.len() >= 12).take(SAMPLE);
        texts().filter(|text| is_vietnamese(&text.text)).count() * 3 > texts().count()
    }

    fn index(&mut self) {
        let of_names = || vec![Vec::new(); self.names.names.len()];
        let (mut tagged, mut classed, mut identified) = (of_names(), of_names(), of_names());
        for (at, element) in self.elements.iter().enumerate() {
            tagged[element.tag as usize].push(at);
            for class in &element.classes {
                classed[*class as usize].push(at);
            }
            if let Some(id) = element.id {
                identified[id as usize].push(at);
            }
        }
        (self.tagged, self.classed, self.identified) = (tagged, classed, identified);
    }

    /// Hands the place of each element down to what it holds. A name says where one is only as long as it does not hold
    /// most of the page: `<body class="has-sidebar">`, `<div class="page-with-menu">`.
    fn place(&mut self) {
        self.names.forget_theme();
        let all = self.elements.first().map_or(0, |root| root.links);
        for at in 0..self.elements.len() {
            let (tag, links) = (self.elements[at].tag, self.elements[at].links);
            let element = &self.elements[at];
            let mut own = element.place;
            let page_wide = matches!(self.name(tag), "body" | "html");
            if !page_wide {
                let mut named = PagePlace::default();
                for name in element.classes.iter().chain(&element.id) {
                    named |= self.names.names[*name as usize].place;
                }
                if links * 10 > all * 7 && links > 3 {
                    named = named.without(place::NAMED_SMALL);
                }
                if element.headlines * 2 > element.worded {
                    named = named.without(place::NAMED_BY_MISTAKE);
                }
                own |= named;
            }
            let above =
                if at == 0 { PagePlace::default() } else { self.elements[element.parent].place };
            self.elements[at].place = place::inside(above, own, page_wide);
        }
    }

    /// Names every element by tag, place among the columns of a table, and those classes that its like also have: a
    /// class of one row ("first", "active", "odd") does not make it another kind of row.
    fn shape(&mut self) {
        let count = self.elements.len();
        // Elements of one tag in one element, one after the other.
        let mut alike: Vec<(usize, NameId, usize)> =
            (1..count).map(|at| (self.elements[at].parent, self.elements[at].tag, at)).collect();
        alike.sort_unstable();
        let (td, a) = (self.names.number("td"), self.names.number("a"));
        for run in alike.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let (parent, tag, _) = run[0];
            let members: Vec<usize> = run.iter().map(|(.., at)| *at).collect();
            let mut of_class: HashMap<NameId, usize> = HashMap::new();
            let mut bare = 0;
            for at in &members {
                let classes = &self.elements[*at].classes;
                bare += usize::from(classes.is_empty());
                for class in classes {
                    *of_class.entry(*class).or_default() += 1;
                }
            }
            let many = members.len() >= 3;
            // What nearly all share is what they are; only without that, what half of them share.
            let by = |tenths: usize, class: &NameId| of_class[class] * 10 >= members.len() * tenths;
            let tenths = if of_class.keys().any(|class| by(8, class)) { 8 } else { 5 };
            let common = |class: &NameId| by(tenths, class);
            let listed = many && (bare * 2 >= members.len() || of_class.keys().any(common));
            for (nth, at) in members.iter().enumerate() {
                let element = &self.elements[*at];
                let mut kept: Vec<NameId> = element
                    .classes
                    .iter()
                    .copied()
                    .filter(|class| self.is_lasting(*class) && (!listed || common(class)))
                    .collect();
                if kept.is_empty() && listed && bare * 2 < members.len() {
                    kept = element.classes.clone();
                    kept.retain(|class| self.is_lasting(*class));
                }
                kept.sort_unstable();
                kept.dedup();
                let mut look = mix(0x9e37_79b9, u64::from(tag) + 1);
                for class in kept {
                    look = mix(look, u64::from(class) + 0x1_0000_0000);
                }
                if let Some(id) = element.id.filter(|id| !listed && self.is_lasting(*id)) {
                    look = mix(look, u64::from(id) + 0x2_0000_0000);
                }
                if tag == td && members.len() > 1 {
                    look = mix(look, nth as u64 + 0x3_0000_0000);
                }
                self.elements[*at].look = look;
            }
            // A few links in one place: the headline is the longest, a section or a count of comments the others.
            if tag == a && (2..=3).contains(&members.len()) && parent != 0 {
                let length = |at: usize| -> usize {
                    self.texts_of(at).iter().map(|text| text.text.trim().len()).sum()
                };
                // Of two languages the page's own.
                let is_own = |at: usize| {
                    self.vietnamese
                        && self.texts_of(at).iter().any(|text| is_vietnamese(&text.text))
                };
                let longest = members.iter().copied().max_by_key(|at| (is_own(*at), length(*at)));
                let longest = longest.unwrap_or(0);
                for at in members.into_iter().filter(|at| *at != longest) {
                    self.elements[at].look = mix(self.elements[at].look, 0x4_0000_0000);
                }
            }
        }
        for at in 0..count {
            let above = if at == 0 { 1 } else { self.elements[self.elements[at].parent].shape };
            self.elements[at].shape = mix(above, self.elements[at].look);
        }
    }
}

/// Whether a text has letters of Vietnamese that no neighbouring language has. Nearly every headline has one.
pub fn is_vietnamese(text: &str) -> bool {
    text.chars().any(|letter| {
        matches!(letter, 'đ' | 'Đ' | 'ă' | 'Ă' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1ea0}'..='\u{1ef9}')
    })
}

/// One number of two, such that other twos give other numbers (the finisher of SplitMix64).
pub fn mix(one: u64, other: u64) -> u64 {
    let mut mixed = one.rotate_left(23) ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
