//! What a page must pass before any tree is built of it. Tree builders take time that grows with the square of the
//! nesting, and some overflow the stack; a page that nests deeper than browsers do is refused by this linear scan.
//!
//! The scan follows the HTML standard's tree construction closely enough not to see fewer open elements than a tree
//! builder keeps (a test compares them), and to see no nesting in the unclosed `<p>`, `<li>`, `<td>` and `<font>` that
//! old portals are made of. It knows no attributes beyond their number and a hash of them.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::limits;

/// Returns the part of a page of which a tree may be built: all of it, or what precedes the place
/// where it gets too large. The error is a sentence for a [`Problem`](crate::model::Problem), as is
/// [`cut`] where a part is not the whole.
pub fn admit(html: &str) -> Result<&str, String> {
    let mut scan = MarkupScan::of(html.as_bytes());
    match scan.run() {
        Ok(()) => Ok(html),
        Err(Refusal::Size) => {
            let whole_letters = (0..=scan.begun).rev().find(|at| html.is_char_boundary(*at));
            Ok(&html[..whole_letters.unwrap_or(0)])
        }
        Err(Refusal::Depth) => Err(format!(
            "the page nests more than {} elements in one another; it was not read",
            limits::OPEN_ELEMENTS
        )),
        Err(Refusal::Annotation) => {
            Err("the page holds MathML annotations; it was not read".to_owned())
        }
        Err(Refusal::Attributes) => Err(format!(
            "the page has an element with more than {} attributes; it was not read",
            limits::ATTRIBUTES
        )),
    }
}

/// What is said of a page that was read in part.
pub fn cut() -> String {
    format!(
        "the page has more than {} elements, {} attributes or {} MiB of text; what stands behind these was not read",
        limits::ELEMENTS,
        limits::PAGE_ATTRIBUTES,
        limits::PAGE_TEXT_BYTES >> 20
    )
}

enum Refusal {
    Depth,
    /// More elements, comments, attributes or text than a tree is to have.
    Size,
    Attributes,
    /// `<annotation-xml>` holds HTML or not, by an attribute; news never needs it.
    Annotation,
}

/// What the standard distinguishes, as far as open elements depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ElementKind {
    /// Never open.
    Void,
    /// Closes an open `<p>`, and is a wall for end tags of ordinary elements.
    Block,
    Heading,
    /// Reopened after the block that cut it off.
    Formatting,
    /// `li`, `dd`, `dt`: ended by the next of their kind.
    Item,
    /// `option`, `optgroup`, ruby parts: ended by the next of their kind, where they are innermost.
    SmallItem,
    /// `select`: a wall for every end tag but its own.
    Select,
    /// `button`, `noscript`: a wall for end tags of ordinary elements, and no block.
    Special,
    P,
    Table,
    Section,
    Tr,
    Cell,
    Caption,
    /// `object`, `applet`, `marquee`, `template`: walls for everything.
    Wall,
    Form,
    /// `html`, `body`, `head`, `frameset`: opened once, whatever the page says.
    Root,
    /// `svg`, `math`, and their content.
    Svg,
    Math,
    /// Where HTML begins again inside these.
    Integration,
    Ordinary,
}

fn kind(name: &[u8]) -> ElementKind {
    match name {
        b"area" | b"base" | b"basefont" | b"bgsound" | b"br" | b"col" | b"embed" | b"frame"
        | b"hr" | b"image" | b"img" | b"input" | b"keygen" | b"link" | b"meta" | b"param"
        | b"source" | b"track" | b"wbr" => ElementKind::Void,
        b"address" | b"article" | b"aside" | b"blockquote" | b"center" | b"details" | b"dialog"
        | b"dir" | b"div" | b"dl" | b"fieldset" | b"figcaption" | b"figure" | b"footer"
        | b"header" | b"hgroup" | b"listing" | b"main" | b"menu" | b"nav" | b"ol" | b"pre"
        | b"search" | b"section" | b"summary" | b"ul" => ElementKind::Block,
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => ElementKind::Heading,
        b"a" | b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small"
        | b"strike" | b"strong" | b"tt" | b"u" => ElementKind::Formatting,
        b"li" | b"dd" | b"dt" => ElementKind::Item,
        b"option" | b"optgroup" | b"rb" | b"rt" | b"rtc" | b"rp" => ElementKind::SmallItem,
        b"button" | b"noscript" => ElementKind::Special,
        b"select" => ElementKind::Select,
        b"p" => ElementKind::P,
        b"table" => ElementKind::Table,
        b"tbody" | b"thead" | b"tfoot" | b"colgroup" => ElementKind::Section,
        b"tr" => ElementKind::Tr,
        b"td" | b"th" => ElementKind::Cell,
        b"caption" => ElementKind::Caption,
        b"object" | b"applet" | b"marquee" | b"template" => ElementKind::Wall,
        b"form" => ElementKind::Form,
        b"html" | b"body" | b"head" | b"frameset" => ElementKind::Root,
        b"svg" => ElementKind::Svg,
        b"math" => ElementKind::Math,
        _ => ElementKind::Ordinary,
    }
}

/// Inside pictures and formulas: what ends them and is read as HTML again (HTML standard, "in foreign content").
fn breaks_out(name: &[u8], tag: &[u8]) -> bool {
    let attribute =
        |wanted: &[u8]| tag.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted));
    match name {
        b"b" | b"big" | b"blockquote" | b"body" | b"br" | b"center" | b"code" | b"dd" | b"div"
        | b"dl" | b"dt" | b"em" | b"embed" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6"
        | b"head" | b"hr" | b"i" | b"img" | b"li" | b"listing" | b"menu" | b"meta" | b"nobr"
        | b"ol" | b"p" | b"pre" | b"ruby" | b"s" | b"small" | b"span" | b"strong" | b"strike"
        | b"sub" | b"sup" | b"table" | b"tt" | b"u" | b"ul" | b"var" => true,
        b"font" => attribute(b"color") || attribute(b"face") || attribute(b"size"),
        _ => false,
    }
}

/// Elements of a picture or formula whose content is HTML again.
fn is_integration_point(kind: ElementKind, name: &[u8]) -> bool {
    match kind {
        ElementKind::Svg => matches!(name, b"foreignobject" | b"desc" | b"title"),
        _ => matches!(name, b"mi" | b"mo" | b"mn" | b"ms" | b"mtext"),
    }
}

/// A name is compared by its hash: a clash would only misjudge a page made for it, within the same limits.
#[derive(Clone, Copy)]
struct OpenElement {
    name: u64,
    kind: ElementKind,
}

/// An entry of the standard's list of active formatting elements; `None` is a marker.
#[derive(Clone, Copy)]
struct Active {
    name: u64,
    with_attributes: u64,
    attributes: usize,
    open: bool,
}

/// What was taken out of the stack, and still is around what follows in the tree.
const GHOST: OpenElement = OpenElement { name: 0, kind: ElementKind::Ordinary };

/// The scan's place in a tag, after its name.
#[derive(Clone, Copy)]
enum Inside {
    Between,
    Name,
    AfterName,
    BeforeValue,
    Value,
    Quoted(u8),
}

struct GateTag {
    name: Vec<u8>,
    /// Hash of name and attributes as they are written.
    whole: u64,
    attributes: usize,
    self_closing: bool,
}

struct MarkupScan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where what is being read began: a text, a tag, a comment.
    begun: usize,
    open: Vec<OpenElement>,
    active: Vec<Option<Active>>,
    /// Nodes of the tree, but for texts, of which there is at most one between two of these.
    elements: usize,
    attributes: usize,
    /// Bytes of text, scripts and styles left out.
    text: usize,
}

impl<'a> MarkupScan<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        MarkupScan {
            bytes,
            at: 0,
            begun: 0,
            open: Vec::new(),
            active: Vec::new(),
            elements: 0,
            attributes: 0,
            text: 0,
        }
    }

    fn run(&mut self) -> Result<(), Refusal> {
        while self.at < self.bytes.len() {
            self.begun = self.at;
            let text = self.bytes[self.at..]
                .iter()
                .position(|b| *b == b'<')
                .unwrap_or(self.bytes.len() - self.at);
            if self.bytes[self.at..self.at + text].iter().any(|b| !b.is_ascii_whitespace()) {
                self.reopen_formatting()?;
            }
            self.count_text(self.at, text)?;
            self.at += text;
            if self.at == self.bytes.len() {
                break;
            }
            self.begun = self.at;
            match (self.peek(1), self.peek(2)) {
                (Some(b'!'), _) if self.bytes[self.at..].starts_with(b"<!--") => {
                    self.skip_comment();
                    self.count(1)?;
                }
                // Comments too, as the standard has it.
                (Some(b'!' | b'?'), _) => {
                    self.skip_past(b">");
                    self.count(1)?;
                }
                (Some(b'/'), Some(letter)) if letter.is_ascii_alphabetic() => self.end_tag()?,
                (Some(b'/'), _) => {
                    self.skip_past(b">");
                    self.count(1)?;
                }
                (Some(letter), _) if letter.is_ascii_alphabetic() => self.start_tag()?,
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Moves after the next occurrence, or to the end. Anything unclosed takes the remaining page
    /// once, not once each time.
    fn skip_past(&mut self, end: &[u8]) {
        let rest = &self.bytes[self.at..];
        self.at += rest
            .windows(end.len())
            .position(|window| window == end)
            .map_or(rest.len(), |at| at + end.len());
    }

    fn skip_comment(&mut self) {
        self.at += 4;
        let rest = &self.bytes[self.at..];
        // "<!-->" and "<!--->" are whole comments, and "--!>" ends one.
        if let Some(short) = [&b">"[..], b"->"].iter().find(|end| rest.starts_with(end)) {
            self.at += short.len();
            return;
        }
        let end = (0..rest.len()).find_map(|at| {
            [&b"-->"[..], b"--!>"]
                .iter()
                .find(|end| rest[at..].starts_with(end))
                .map(|end| at + end.len())
        });
        self.at += end.unwrap_or(rest.len());
    }

    /// Reads a tag from after its `<` or `</`. The ends of values follow the standard's tokenizer
    /// (HTML standard, 13.2.5.32 to 40) to the letter: a scan that took more for quoted than a tree
    /// builder does could be shown a page without its elements.
    fn tag(&mut self) -> Result<GateTag, Refusal> {
        let start = self.at;
        let in_name = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>');
        while self.bytes.get(self.at).is_some_and(in_name) {
            self.at += 1;
        }
        let name = self.bytes[start..self.at].to_ascii_lowercase();
        let mut state = Inside::Between;
        let (mut attributes, mut slash) = (0, false);
        while let Some(byte) = self.peek(0) {
            let space = byte.is_ascii_whitespace();
            let quoted = matches!(state, Inside::Quoted(_));
            if byte == b'>' && !quoted {
                break;
            }
            let may_close = !quoted && !matches!(state, Inside::Value | Inside::BeforeValue);
            slash = byte == b'/' && may_close;
            state = match (state, byte) {
                (Inside::Quoted(quote), _) if quote == byte => Inside::Between,
                (Inside::Quoted(_), _) => state,
                (Inside::BeforeValue, b'"' | b'\'') => Inside::Quoted(byte),
                (Inside::BeforeValue, _) if space => state,
                (Inside::Value, _) if space => Inside::Between,
                (Inside::BeforeValue | Inside::Value, _) => Inside::Value,
                (_, b'/') => Inside::Between,
                (Inside::Name | Inside::AfterName, b'=') => Inside::BeforeValue,
                (Inside::Name | Inside::AfterName, _) if space => Inside::AfterName,
                (Inside::Between, _) if space => state,
                (Inside::Name, _) => state,
                // Another one begins, even with "=".
                (Inside::Between | Inside::AfterName, _) => {
                    attributes += 1;
                    Inside::Name
                }
            };
            if attributes > limits::ATTRIBUTES {
                return Err(Refusal::Attributes);
            }
            self.at += 1;
        }
        let whole = &self.bytes[start..self.at];
        self.at = (self.at + 1).min(self.bytes.len());
        Ok(GateTag {
            name,
            whole: hash(&whole.to_ascii_lowercase()),
            attributes,
            self_closing: slash,
        })
    }

    fn start_tag(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.at += 1;
        let GateTag { name, whole, attributes, self_closing } = self.tag()?;
        self.count_attributes(attributes)?;
        if let Some(space) = self.foreign() {
            if !breaks_out(&name, &self.bytes[start..self.at]) {
                return self.foreign_tag(space, &name, self_closing);
            }
            while self.foreign().is_some() {
                self.open.pop();
            }
        }
        let kind = kind(&name);
        if self_closing && matches!(kind, ElementKind::Svg | ElementKind::Math) {
            return self.count(1);
        }
        let id = hash(&name);
        match kind {
            ElementKind::Root => return Ok(()),
            ElementKind::Void => {
                if name == b"hr" {
                    if self.in_scope(b"select") {
                        self.close_implied(b"");
                    }
                    self.close_p();
                } else {
                    if name == b"input" {
                        self.close_in_scope(|open| open.kind == ElementKind::Select, false);
                    }
                    self.reopen_formatting()?;
                }
                return self.count(1);
            }
            // A page without a doctype keeps the paragraph open, any other closes it.
            ElementKind::Table => self.close_open_table(),
            ElementKind::Block => self.close_p(),
            ElementKind::Form => {
                if self.open.iter().any(|open| open.kind == ElementKind::Form) {
                    return Ok(());
                }
                self.close_p();
            }
            ElementKind::Heading => {
                self.close_p();
                self.open.pop_if(|top| top.kind == ElementKind::Heading);
            }
            ElementKind::P => self.close_p(),
            ElementKind::Item => self.close_item(&name),
            ElementKind::SmallItem => {
                self.close_small_item(&name);
                if !name.starts_with(b"r") {
                    self.reopen_formatting()?;
                }
            }
            ElementKind::Section | ElementKind::Caption => {
                if !self.close_to_table(&[ElementKind::Table]) {
                    return Ok(());
                }
            }
            ElementKind::Tr => {
                if !self.close_to_table(&[ElementKind::Table, ElementKind::Section]) {
                    return Ok(());
                }
            }
            ElementKind::Cell => {
                if !self.close_to_table(&[
                    ElementKind::Table,
                    ElementKind::Section,
                    ElementKind::Tr,
                ]) {
                    return Ok(());
                }
            }
            ElementKind::Formatting => {
                if name == b"a" || name == b"nobr" {
                    self.end_formatting(id, name == b"a")?;
                }
                self.reopen_formatting()?;
                self.remember_formatting(id, whole, attributes);
            }
            ElementKind::Wall
            | ElementKind::Select
            | ElementKind::Special
            | ElementKind::Svg
            | ElementKind::Math
            | ElementKind::Integration
            | ElementKind::Ordinary => {
                if name == b"button" {
                    self.close_in_scope(|open| open.name == id, false);
                }
                // A second `<select>` inside the first is its end tag.
                if kind == ElementKind::Select && self.close_in_scope(|open| open.name == id, false)
                {
                    return Ok(());
                }
                self.reopen_formatting()?;
            }
        }
        if kind == ElementKind::Section && name == b"colgroup" {
            // Ends by itself at anything but a column.
            return self.count(1);
        }
        if let Some(end) = raw_text_end(&name) {
            let from = self.at;
            self.skip_raw_text(end);
            if !matches!(&name[..], b"script" | b"style") {
                self.count_text(from, self.at - from)?;
            }
            return self.count(1);
        }
        if name == b"plaintext" {
            self.count_text(self.at, self.bytes.len() - self.at)?;
            self.at = self.bytes.len();
        }
        if matches!(kind, ElementKind::Cell | ElementKind::Caption | ElementKind::Wall) {
            self.active.push(None);
        }
        self.push(OpenElement { name: id, kind })
    }

    fn end_tag(&mut self) -> Result<(), Refusal> {
        self.at += 2;
        let name = self.tag()?.name;
        let id = hash(&name);
        if self.foreign().is_some() && self.foreign_end_tag(&name, id) {
            return self.count(usize::from(self.open.len() > 64));
        }
        match kind(&name) {
            ElementKind::Root => {}
            ElementKind::Void => {
                // "</br>" is a line break like "<br>".
                if name == b"br" {
                    self.reopen_formatting()?;
                }
                return self.count(1);
            }
            ElementKind::P => {
                if !self.close_in_scope(|open| open.kind == ElementKind::P, true) {
                    return self.count(1);
                }
            }
            ElementKind::Block | ElementKind::Wall => {
                if !self.close_in_scope(|open| open.name == id, false) {
                    return self.count(1);
                }
            }
            ElementKind::Heading => {
                self.close_in_scope(|open| open.kind == ElementKind::Heading, false);
            }
            ElementKind::Item => {
                // A nested list is a wall for the items around it.
                let lists = [hash(b"ul"), hash(b"ol")];
                let inner = self.open.iter().rposition(|open| {
                    open.name == id || name == b"li" && lists.contains(&open.name)
                });
                if inner.is_some_and(|at| self.open[at].name == id) {
                    self.close_in_scope(|open| open.name == id, false);
                }
            }
            ElementKind::Form => {
                // The form alone is taken out of the stack; what was opened inside stays open.
                if self.in_scope(b"form") {
                    self.close_implied(b"");
                }
                let inner = self
                    .open
                    .iter()
                    .rposition(|open| open.kind == ElementKind::Form || is_wall(open));
                if let Some(at) = inner.filter(|at| self.open[*at].kind == ElementKind::Form) {
                    self.open[at] = GHOST;
                }
            }
            ElementKind::Formatting => self.end_formatting(id, false)?,
            ElementKind::Table
            | ElementKind::Section
            | ElementKind::Tr
            | ElementKind::Cell
            | ElementKind::Caption => self.close_table_part(id),
            ElementKind::Special | ElementKind::Select if name != b"noscript" => {
                self.close_in_scope(|open| open.name == id, false);
            }
            ElementKind::Svg
            | ElementKind::Math
            | ElementKind::Integration
            | ElementKind::Ordinary
            | ElementKind::SmallItem
            | ElementKind::Select
            | ElementKind::Special => {
                let inner =
                    self.open.iter().rposition(|open| open.name == id || is_special(open.kind));
                if let Some(at) = inner.filter(|at| self.open[*at].name == id) {
                    self.close_from(at);
                }
            }
        }
        // An end tag costs a look through what is open, so it counts towards the same limit by and by.
        self.elements += usize::from(self.open.len() > 64);
        self.count(0)
    }

    fn count(&mut self, more: usize) -> Result<(), Refusal> {
        self.elements += more;
        if self.elements > limits::ELEMENTS { Err(Refusal::Size) } else { Ok(()) }
    }

    /// Counts the text that begins at `from`; what is too much begins in the middle of it.
    fn count_text(&mut self, from: usize, more: usize) -> Result<(), Refusal> {
        let room = limits::PAGE_TEXT_BYTES - self.text;
        if more > room {
            self.begun = from + room;
            return Err(Refusal::Size);
        }
        self.text += more;
        Ok(())
    }

    fn count_attributes(&mut self, more: usize) -> Result<(), Refusal> {
        self.attributes += more;
        if self.attributes > limits::PAGE_ATTRIBUTES { Err(Refusal::Size) } else { Ok(()) }
    }

    fn push(&mut self, open: OpenElement) -> Result<(), Refusal> {
        self.open.push(open);
        if self.open.len() > limits::OPEN_ELEMENTS { Err(Refusal::Depth) } else { self.count(1) }
    }

    /// Whether the innermost element is part of a picture or a formula, and of which.
    fn foreign(&self) -> Option<ElementKind> {
        self.open
            .last()
            .map(|top| top.kind)
            .filter(|kind| matches!(kind, ElementKind::Svg | ElementKind::Math))
    }

    fn foreign_tag(
        &mut self,
        space: ElementKind,
        name: &[u8],
        self_closing: bool,
    ) -> Result<(), Refusal> {
        if space == ElementKind::Math && name == b"annotation-xml" {
            return Err(Refusal::Annotation);
        }
        if self_closing {
            return self.count(1);
        }
        let kind = if is_integration_point(space, name) { ElementKind::Integration } else { space };
        self.push(OpenElement { name: foreign_name(name), kind })
    }

    /// Closes a part of a picture; false where the tag is for the HTML around it.
    fn foreign_end_tag(&mut self, name: &[u8], id: u64) -> bool {
        if matches!(name, b"p" | b"br") {
            while self.foreign().is_some() {
                self.open.pop();
            }
            return false;
        }
        for at in (0..self.open.len()).rev() {
            if !matches!(
                self.open[at].kind,
                ElementKind::Svg | ElementKind::Math | ElementKind::Integration
            ) {
                return false;
            }
            if self.open[at].name == id || self.open[at].name == foreign_name(name) {
                self.close_from(at);
                return true;
            }
        }
        true
    }

    /// Closes everything from this place of the stack on. What was formatting stays active.
    fn close_from(&mut self, at: usize) {
        for closed in self.open.drain(at..) {
            match closed.kind {
                ElementKind::Formatting => {
                    let same = |entry: &&mut Option<Active>| {
                        entry.is_some_and(|e| e.open && e.name == closed.name)
                    };
                    if let Some(Some(entry)) = self.active.iter_mut().rev().find(same) {
                        entry.open = false;
                    }
                }
                ElementKind::Cell | ElementKind::Caption | ElementKind::Wall => {
                    let marker = self.active.iter().rposition(Option::is_none).unwrap_or(0);
                    self.active.truncate(marker);
                }
                _ => {}
            }
        }
    }

    /// Closes the innermost match, unless a wall precedes it: cells, tables and walls; for `<p>`
    /// buttons too.
    fn close_in_scope(&mut self, wanted: impl Fn(&OpenElement) -> bool, button: bool) -> bool {
        let button_name = button.then(|| hash(b"button"));
        let wall = |open: &OpenElement| is_wall(open) || Some(open.name) == button_name;
        match self.open.iter().rposition(|open| wanted(open) || wall(open)) {
            Some(at) if wanted(&self.open[at]) => {
                self.close_from(at);
                true
            }
            _ => false,
        }
    }

    fn close_p(&mut self) {
        self.close_in_scope(|open| open.kind == ElementKind::P, true);
    }

    /// `<li>` ends the open `<li>` of the same list, and so on; a nested list is a wall.
    fn close_item(&mut self, name: &[u8]) {
        let ends: &[&[u8]] = if name == b"li" { &[b"li"] } else { &[b"dd", b"dt"] };
        let transparent = [hash(b"address"), hash(b"div"), hash(b"p")];
        let mut inner = self.open.iter().enumerate().rev();
        let stop = inner.find_map(|(at, open)| {
            let ended = ends.iter().any(|end| hash(end) == open.name);
            (ended || is_special(open.kind) && !transparent.contains(&open.name))
                .then_some((at, ended))
        });
        if let Some((at, true)) = stop {
            self.close_from(at);
        }
        self.close_p();
    }

    /// Options and ruby parts end the element right before them, which would end implicitly.
    fn close_small_item(&mut self, name: &[u8]) {
        match name {
            b"option" if self.in_scope(b"select") => self.close_implied(b"optgroup"),
            b"optgroup" if self.in_scope(b"select") => self.close_implied(b""),
            b"option" | b"optgroup"
                if self.open.last().is_some_and(|top| top.name == hash(b"option")) =>
            {
                self.close_from(self.open.len() - 1);
            }
            b"rt" | b"rp" if self.in_scope(b"ruby") => self.close_implied(b"rtc"),
            b"rb" | b"rtc" if self.in_scope(b"ruby") => self.close_implied(b""),
            _ => {}
        }
    }

    fn close_implied(&mut self, except: &[u8]) {
        let except = hash(except);
        while self.open.last().is_some_and(|top| {
            matches!(top.kind, ElementKind::Item | ElementKind::SmallItem | ElementKind::P)
                && top.name != except
        }) {
            self.close_from(self.open.len() - 1);
        }
    }

    fn in_scope(&self, name: &[u8]) -> bool {
        let name = hash(name);
        let inner = self.open.iter().rfind(|open| open.name == name || is_wall(open));
        inner.is_some_and(|open| open.name == name)
    }

    /// `<tr>`, `<td>` and the like end the elements between them and their table; outside of any
    /// table they do not count.
    fn close_to_table(&mut self, parents: &[ElementKind]) -> bool {
        let template = hash(b"template");
        let wall = |open: &OpenElement| parents.contains(&open.kind) || open.name == template;
        match self.open.iter().rposition(wall) {
            Some(at) if parents.contains(&self.open[at].kind) => {
                self.close_from(at + 1);
                true
            }
            _ => false,
        }
    }

    /// A table right inside a table, not in one of its cells, ends the outer one.
    fn close_open_table(&mut self) {
        let template = hash(b"template");
        let part = |open: &OpenElement| {
            matches!(
                open.kind,
                ElementKind::Table
                    | ElementKind::Section
                    | ElementKind::Tr
                    | ElementKind::Cell
                    | ElementKind::Caption
            ) || open.name == template
        };
        let inner = self.open.iter().rfind(|open| part(open)).map(|open| open.kind);
        if matches!(inner, Some(ElementKind::Table | ElementKind::Section | ElementKind::Tr)) {
            self.close_table_part(hash(b"table"));
        }
    }

    fn close_table_part(&mut self, name: u64) {
        let is_table = name == hash(b"table");
        let template = hash(b"template");
        let wall = |open: &OpenElement| {
            open.name == template || !is_table && open.kind == ElementKind::Table
        };
        if let Some(at) = self.open.iter().rposition(|open| open.name == name || wall(open))
            && self.open[at].name == name
        {
            self.close_from(at);
        }
    }

    /// The standard's adoption agency, as far as the stack is concerned: with a block inside, only the formatting goes.
    fn end_formatting(&mut self, name: u64, anyhow: bool) -> Result<(), Refusal> {
        let marker = self.active.iter().rposition(Option::is_none).map_or(0, |at| at + 1);
        let Some(entry) =
            self.active[marker..].iter().rposition(|entry| entry.is_some_and(|e| e.name == name))
        else {
            return Ok(());
        };
        let is_open = self.active[marker + entry].is_some_and(|entry| entry.open);
        let at = self
            .open
            .iter()
            .rposition(|open| open.name == name && open.kind == ElementKind::Formatting)
            .filter(|_| is_open);
        let hidden = at.is_some_and(|at| self.open[at..].iter().any(is_wall));
        if hidden && !anyhow {
            return Ok(());
        }
        let Some(at) = at else {
            self.active.remove(marker + entry);
            return Ok(());
        };
        let blocks = self.open[at + 1..].iter().filter(|open| is_special(open.kind)).count();
        // The agency works through eight blocks and leaves any others as they are.
        if blocks > 8 {
            return Ok(());
        }
        let ended = self.active.remove(marker + entry);
        // What goes on in each of the blocks is copied there.
        self.count(blocks)?;
        self.count_attributes(blocks * ended.map_or(0, |ended| ended.attributes))?;
        if hidden {
            self.open[at] = GHOST;
            return Ok(());
        }
        match self.open[at + 1..].iter().rposition(|open| is_special(open.kind)) {
            None => self.close_from(at),
            Some(last) => {
                let last = at + 1 + last;
                self.close_from(last + 1);
                // Between the formatting and its last block only blocks and other formatting stay.
                let mut place = 0;
                self.open.retain(|open| {
                    place += 1;
                    place <= at
                        || place > at + 1
                            && (is_special(open.kind) || open.kind == ElementKind::Formatting)
                });
            }
        }
        Ok(())
    }

    /// The list keeps no more than three of exactly the same (the standard's "Noah's Ark clause").
    fn remember_formatting(&mut self, name: u64, with_attributes: u64, attributes: usize) {
        let marker = self.active.iter().rposition(Option::is_none).map_or(0, |at| at + 1);
        let same =
            |entry: &Option<Active>| entry.is_some_and(|e| e.with_attributes == with_attributes);
        if self.active[marker..].iter().filter(|entry| same(entry)).count() >= 3
            && let Some(oldest) = self.active[marker..].iter().position(same)
        {
            self.active.remove(marker + oldest);
        }
        self.active.push(Some(Active { name, with_attributes, attributes, open: true }));
    }

    /// Continues formatting after the block that cut it off.
    fn reopen_formatting(&mut self) -> Result<(), Refusal> {
        let marker = self.active.iter().rposition(Option::is_none).map_or(0, |at| at + 1);
        for at in marker..self.active.len() {
            if let Some(entry) = self.active[at].as_mut().filter(|entry| !entry.open) {
                entry.open = true;
                let (name, attributes) = (entry.name, entry.attributes);
                // It goes on with all that it had.
                self.count_attributes(attributes)?;
                self.push(OpenElement { name, kind: ElementKind::Formatting })?;
            }
        }
        Ok(())
    }

    fn skip_raw_text(&mut self, end: &[u8]) {
        let rest = &self.bytes[self.at..];
        let closes = |window: &[u8]| {
            window.len() > end.len()
                && window[..end.len()].eq_ignore_ascii_case(end)
                && (window[end.len()].is_ascii_whitespace()
                    || matches!(window[end.len()], b'/' | b'>'))
        };
        let mut from = 0;
        while let Some(at) = rest[from..].iter().position(|b| *b == b'<') {
            if closes(&rest[from + at..]) {
                self.at += from + at;
                self.skip_past(b">");
                return;
            }
            from += at + 1;
        }
        self.at = self.bytes.len();
    }
}

/// What end tags do not reach through (the standard's "scope").
fn is_wall(open: &OpenElement) -> bool {
    matches!(
        open.kind,
        ElementKind::Cell
            | ElementKind::Caption
            | ElementKind::Table
            | ElementKind::Wall
            | ElementKind::Integration
            | ElementKind::Select
    )
}

/// What the standard calls special: an ordinary end tag never reaches through it.
fn is_special(kind: ElementKind) -> bool {
    !matches!(
        kind,
        ElementKind::Formatting
            | ElementKind::Ordinary
            | ElementKind::SmallItem
            | ElementKind::Void
            | ElementKind::Svg
            | ElementKind::Math
    )
}

/// Elements whose content is no markup.
fn raw_text_end(name: &[u8]) -> Option<&'static [u8]> {
    match name {
        b"script" => Some(b"</script"),
        b"style" => Some(b"</style"),
        b"title" => Some(b"</title"),
        b"textarea" => Some(b"</textarea"),
        b"xmp" => Some(b"</xmp"),
        b"iframe" => Some(b"</iframe"),
        b"noembed" => Some(b"</noembed"),
        b"noframes" => Some(b"</noframes"),
        _ => None,
    }
}

/// A `caption` in a formula is another than a table's.
fn foreign_name(name: &[u8]) -> u64 {
    !hash(name)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use dom_query::{Document, NodeRef};
    use proptest::prelude::*;

    use super::*;

    fn passes(html: &str) -> bool {
        admit(html).is_ok_and(|part| part.len() == html.len())
    }

    fn depth_seen(html: &str) -> usize {
        let mut scan = MarkupScan::of(html.as_bytes());
        let mut deepest = 0;
        // Byte by byte would miss nothing, and tag by tag misses nothing either: the stack only grows at a tag or text.
        while scan.at < scan.bytes.len() {
            let all = scan.bytes;
            let next = all[scan.at..]
                .iter()
                .skip(1)
                .position(|b| *b == b'<')
                .map_or(all.len(), |n| scan.at + n + 1);
            scan.bytes = &all[..next];
            let _ = scan.run();
            scan.bytes = all;
            deepest = deepest.max(scan.open.len());
        }
        deepest
    }

    fn depth_built(html: &str) -> usize {
        fn below(node: NodeRef<'_>) -> usize {
            node.children_it(false)
                .filter(|child| child.is_element())
                .map(|child| 1 + below(child))
                .max()
                .unwrap_or(0)
        }
        below(Document::from(html).root())
    }

    #[test]
    fn p11_nesting_is_refused_where_browsers_stop() {
        assert!(passes(&"<div>".repeat(limits::OPEN_ELEMENTS)));
        assert!(!passes(&"<div>".repeat(limits::OPEN_ELEMENTS + 1)));
        assert!(passes(&"<div></div>".repeat(10_000)));
        for nested in [
            "<span>",
            "<table><tr><td>",
            "<ul><li>",
            "<p><object>",
            "<b><div></b>",
            "<o:p/>",
            "<form><div></form>",
            "<div><table><tr><td></div>",
            "<svg><g>",
            "<svg><title><div>",
            "<p><font size=1><div>",
        ] {
            assert!(!passes(&nested.repeat(16_000)), "{nested}");
        }
    }

    fn admitted(html: &str) -> usize {
        admit(html).expect("no more is wrong with it than its size").len()
    }

    #[test]
    fn p11_of_too_many_elements_the_first_are_read() {
        assert!(passes(&"<br>".repeat(limits::ELEMENTS)));
        for one in ["<br>", "</p>", "<i>x</i>", "<!---->", "<!-->", "x<?>", "</ >", "<!x>"] {
            let cut = admitted(&one.repeat(limits::ELEMENTS + 10));
            assert!(cut.abs_diff(one.len() * limits::ELEMENTS) <= one.len(), "{one}");
        }
        // Each of 400 fonts goes on in each of the paragraphs: 400 elements for five letters.
        let fonts: String = (0..400).map(|n| format!("<p><font size={n}>")).collect();
        let cut = admitted(&(fonts.clone() + &"<p>ế".repeat(1_000)));
        assert!(cut < fonts.len() + 5 * (limits::ELEMENTS / 400), "{cut}");
    }

    #[test]
    fn p11_of_too_much_text_the_first_is_read() {
        let long = "ế".repeat(limits::PAGE_TEXT_BYTES / 3 + 9);
        for open in ["<p>", "<title>", "<textarea>", "<plaintext>", "<p>x<b>y</b>"] {
            let cut = admitted(&format!("{open}{long}<p>z"));
            let wanted = limits::PAGE_TEXT_BYTES + open.len();
            assert!((wanted - 8..=wanted).contains(&cut), "{open}: {cut}");
        }
        assert!(passes(&format!(
            "<script>{long}</script><style>{long}</style><p title='{long}'>z"
        )));
    }

    #[test]
    fn p11_of_too_many_attributes_the_first_are_read() {
        let element = |n: usize| (0..n).map(|n| format!(" a{n}")).collect::<String>();
        let rows = format!("<li{}>x", element(400)).repeat(limits::PAGE_ATTRIBUTES / 400 + 1);
        assert!(!passes(&rows));
        assert!(admitted(&rows) > rows.len() / 2);
        // What goes on in the next paragraph has its attributes there again.
        let again = format!("<p><font{}>", element(400)) + &"<p>x".repeat(10_000);
        assert!(!passes(&again));
    }

    #[test]
    fn elements_that_end_by_themselves_do_not_nest() {
        for flat in [
            "<p>a",
            "<ul><li>a<li>b</ul>",
            "<li>a",
            "<option>a",
            "<h2>a</h2>",
            "<dt>a<dd>b",
            "<br>",
            "<img src=a>",
            "<p><b>a",
            "<font color=red>a</font>",
            "<p><font color=red>a</p>",
            "</div>",
            "<input>",
            "<nav></nav>",
        ] {
            assert!(passes(&flat.repeat(2_000)), "{flat}");
        }
        assert!(passes(&format!("<table>{}</table>", "<tr><td>a<td>b<td>c".repeat(2_000))));
        assert!(passes(&format!(
            "<select>{}</select>",
            "<optgroup><option>a<option>b".repeat(2_000)
        )));
        assert!(passes(&"<table><tbody><tr><td><p>a</td></tr></tbody></table>".repeat(2_000)));
    }

    #[test]
    fn markup_inside_scripts_and_comments_does_not_count() {
        let nested = "<div>".repeat(1_000);
        for (open, close) in [
            ("<script>", "</script>"),
            ("<!--", "-->"),
            ("<style>", "</STYLE >"),
            ("<textarea>", "</textarea>"),
            ("<a title='", "'>"),
            ("<iframe>", "</iframe>"),
            ("<title>", "</title>"),
        ] {
            assert!(passes(&format!("{open}{nested}{close}<p>")), "{open}");
        }
        assert!(!passes(&format!("<script></scripty></script>{nested}")));
        assert!(!passes(&format!("<!-->{nested}-->")));
    }

    /// Each of these ends its tag earlier than it looks, or does not close itself.
    #[test]
    fn a_quotation_mark_that_opens_no_value_hides_nothing() {
        let nested = "<div>".repeat(1_000);
        for tag in
            ["<p =\">", "<p a==\">", "<p a\">", "<p a=b\">", "<p a=\"b\"\">", "<p '>", "<p a=>"]
        {
            assert!(!passes(&format!("{tag}{nested}\"'>")), "{tag}");
        }
        for tag in ["<p a = \"", "<p a=\n'", "<p/a=\"", "<p a b=\"", "<p a='x'b=\""] {
            assert!(passes(&format!("{tag}{nested}")), "{tag}");
        }
        assert!(!passes(&"<svg a=b/>".repeat(1_000)), "the slash is the value's");
        assert!(passes(&"<svg a='b'/>".repeat(1_000)));
    }

    /// A tree builder compares each attribute of an element with all before it.
    #[test]
    fn p11_an_element_with_thousands_of_attributes_is_refused() {
        let attributes = |n: usize| (0..n).map(|n| format!(" a{n}=1")).collect::<String>();
        assert!(passes(&format!("<p{}>", attributes(limits::ATTRIBUTES))));
        for tag in ["<p", "</p", "<svg><p"] {
            assert!(!passes(&format!("{tag}{}>", attributes(limits::ATTRIBUTES + 1))), "{tag}");
        }
        let close = (0..limits::ATTRIBUTES + 1).map(|n| format!("a{n}='1'")).collect::<String>();
        assert!(!passes(&format!("<p {close}>")));
        assert!(passes(&format!("<p title='{}'>", attributes(5_000))));
    }

    #[test]
    fn p11_a_hostile_page_costs_milliseconds() {
        // Twenty-two pages of 1 MB: with anything quadratic in them this test would not end in minutes.
        for bomb in [
            "<div>",
            "<!--",
            "<script>",
            "<a '",
            "<",
            "</",
            "<!",
            "<?",
            "<b>",
            "</b>",
            "<p><b>",
            "<textarea>",
            "<![CDATA[",
            "<svg>",
            "<table>",
            "</table>",
            "<a href=\"",
            "<title",
            "<b></div>",
            "<p>",
            "<td>",
            "<i><p></i>",
        ] {
            let _ = admit(&bomb.repeat(1_000_000 / bomb.len()));
        }
    }

    fn soup() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec![
            "div", "p", "b", "i", "a", "font", "span", "li", "ul", "ol", "table", "tr", "td", "th",
            "tbody", "caption", "h2", "h3", "form", "button", "object", "option", "select", "dd",
            "dt", "dl", "o:p", "svg", "g", "center", "nobr", "br", "img", "template", "section",
            "pre", "label", "optgroup", "ruby", "rt", "body", "html", "head", "colgroup", "hr",
            "math", "mi",
        ]);
        let piece = (name, 0..9u8).prop_map(|(name, shape)| match shape {
            0..=3 => format!("<{name}>"),
            4 => format!("<{name} id=1>"),
            5 => format!("<{name}>x"),
            6 => format!("<{name}/>"),
            _ => format!("</{name}>"),
        });
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_page_nests_deeper_than_the_scan_sees(html in soup()) {
            // html, body, one that is never open, and the sections and rows supplied for a bare table cell.
            let supplied = 3 + 2 * html.matches("<t").count();
            // Formatting that ends around blocks is repeated in each of eight blocks: in the tree,
            // not on the stack.
            let again = ["</b>", "</i>", "</a>", "</font>", "</nobr>", "<a", "<nobr"].iter().map(|tag| html.matches(tag).count());
            let supplied = supplied + 8 * again.sum::<usize>();
            prop_assert!(depth_built(&html) <= depth_seen(&html) + supplied, "built {} seen {}", depth_built(&html), depth_seen(&html));
        }

        #[test]
        fn any_text_is_scanned(html in any::<String>()) {
            let _ = admit(&html);
        }
    }
}
