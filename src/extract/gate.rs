//! What a page must pass before any tree is built of it. Tree builders take time that grows with the square of the
//! nesting, and some overflow the stack; a page that nests deeper than browsers do is refused by this linear scan.
//!
//! The scan follows the HTML standard's tree construction closely enough never to see fewer open elements than a tree
//! builder would (a test compares them), and to see no nesting in the unclosed `<p>`, `<li>`, `<td>` and `<font>` that
//! old portals are made of. It knows no attributes beyond a hash of them.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::limits;

/// Whether a tree may be built of a page; the error is a sentence for a [`Problem`](crate::model::Problem).
pub fn check(html: &str) -> Result<(), String> {
    let mut scan =
        Scan { bytes: html.as_bytes(), at: 0, open: Vec::new(), active: Vec::new(), elements: 0 };
    match scan.run() {
        Ok(()) => Ok(()),
        Err(Refusal::Depth) => Err(format!(
            "the page nests more than {} elements in one another; it was not read",
            limits::OPEN_ELEMENTS
        )),
        Err(Refusal::Elements) => {
            Err(format!("the page has more than {} elements; it was not read", limits::ELEMENTS))
        }
    }
}

enum Refusal {
    Depth,
    Elements,
}

/// What the standard distinguishes, as far as open elements depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Never open.
    Void,
    /// Closes an open `<p>`, and is a wall for end tags of ordinary elements.
    Block,
    Heading,
    /// Reopened behind the block that cut it off.
    Formatting,
    /// `li`, `dd`, `dt`: ended by the next of their kind.
    Item,
    /// `option`, `optgroup`, ruby parts: ended by the next of their kind, where they are innermost.
    SmallItem,
    /// `button`, `select`, `noscript`: a wall for end tags of ordinary elements, and no block.
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
    Foreign,
    Ordinary,
}

fn kind(name: &[u8]) -> Kind {
    match name {
        b"area" | b"base" | b"basefont" | b"bgsound" | b"br" | b"col" | b"embed" | b"frame"
        | b"hr" | b"image" | b"img" | b"input" | b"keygen" | b"link" | b"meta" | b"param"
        | b"source" | b"track" | b"wbr" => Kind::Void,
        b"address" | b"article" | b"aside" | b"blockquote" | b"center" | b"details" | b"dialog"
        | b"dir" | b"div" | b"dl" | b"fieldset" | b"figcaption" | b"figure" | b"footer"
        | b"header" | b"hgroup" | b"listing" | b"main" | b"menu" | b"nav" | b"ol" | b"pre"
        | b"search" | b"section" | b"summary" | b"ul" => Kind::Block,
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Kind::Heading,
        b"a" | b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small"
        | b"strike" | b"strong" | b"tt" | b"u" => Kind::Formatting,
        b"li" | b"dd" | b"dt" => Kind::Item,
        b"option" | b"optgroup" | b"rb" | b"rt" | b"rtc" | b"rp" => Kind::SmallItem,
        b"button" | b"select" | b"noscript" => Kind::Special,
        b"p" => Kind::P,
        b"table" => Kind::Table,
        b"tbody" | b"thead" | b"tfoot" | b"colgroup" => Kind::Section,
        b"tr" => Kind::Tr,
        b"td" | b"th" => Kind::Cell,
        b"caption" => Kind::Caption,
        b"object" | b"applet" | b"marquee" | b"template" => Kind::Wall,
        b"form" => Kind::Form,
        b"html" | b"body" | b"head" | b"frameset" => Kind::Root,
        b"svg" | b"math" => Kind::Foreign,
        _ => Kind::Ordinary,
    }
}

/// Inside pictures and formulas only what breaks out of them keeps its meaning; the rest are names like any other.
fn kind_within(foreign: bool, name: &[u8]) -> Kind {
    match kind(name) {
        Kind::Root
        | Kind::Section
        | Kind::Tr
        | Kind::Cell
        | Kind::Caption
        | Kind::Form
        | Kind::SmallItem
        | Kind::Wall
        | Kind::Special
            if foreign =>
        {
            Kind::Ordinary
        }
        kind => kind,
    }
}

/// A name is compared by its hash: a clash would only misjudge a page made for it, within the same limits.
#[derive(Clone, Copy)]
struct Open {
    name: u64,
    kind: Kind,
}

/// An entry of the standard's list of active formatting elements; `None` is a marker.
#[derive(Clone, Copy)]
struct Active {
    name: u64,
    with_attributes: u64,
    open: bool,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
    active: Vec<Option<Active>>,
    elements: usize,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), Refusal> {
        while self.at < self.bytes.len() {
            let text = self.bytes[self.at..]
                .iter()
                .position(|b| *b == b'<')
                .unwrap_or(self.bytes.len() - self.at);
            if self.bytes[self.at..self.at + text].iter().any(|b| !b.is_ascii_whitespace()) {
                self.reopen_formatting()?;
            }
            self.at += text;
            if self.at == self.bytes.len() {
                break;
            }
            match (self.peek(1), self.peek(2)) {
                (Some(b'!'), _) if self.bytes[self.at..].starts_with(b"<!--") => {
                    self.skip_comment()
                }
                (Some(b'!' | b'?'), _) => self.skip_past(b">"),
                (Some(b'/'), Some(letter)) if letter.is_ascii_alphabetic() => self.end_tag()?,
                (Some(b'/'), _) => self.skip_past(b">"),
                (Some(letter), _) if letter.is_ascii_alphabetic() => self.start_tag()?,
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Behind the next occurrence, or to the end: whatever is unclosed swallows the rest once, not once a time.
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

    /// Reads a tag from behind its `<` or `</`: name, hash of the whole, whether it ends in `/>`.
    fn tag(&mut self) -> (Vec<u8>, u64, bool) {
        let start = self.at;
        let in_name = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>');
        while self.bytes.get(self.at).is_some_and(in_name) {
            self.at += 1;
        }
        let name = self.bytes[start..self.at].to_ascii_lowercase();
        let mut quote = None;
        let mut before = b' ';
        while let Some(byte) = self.peek(0) {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'>') => break,
                // A quote opens a value only behind "="; elsewhere it is part of a name.
                (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
                _ => {}
            }
            if !byte.is_ascii_whitespace() || quote.is_some() {
                before = byte;
            }
            self.at += 1;
        }
        let whole = &self.bytes[start..self.at];
        self.at = (self.at + 1).min(self.bytes.len());
        (name, hash(&whole.to_ascii_lowercase()), whole.ends_with(b"/"))
    }

    fn start_tag(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        let (name, whole, self_closing) = self.tag();
        let foreign = self.is_foreign();
        let kind = kind_within(foreign, &name);
        let breaks_out = matches!(&*name, b"span" | b"sub" | b"sup" | b"var" | b"ruby");
        if foreign && self_closing && matches!(kind, Kind::Ordinary | Kind::Foreign) && !breaks_out
        {
            return self.count(1);
        }
        let id = hash(&name);
        match kind {
            Kind::Root => return Ok(()),
            Kind::Void => {
                if name == b"hr" {
                    self.close_p();
                } else {
                    self.reopen_formatting()?;
                }
                return self.count(1);
            }
            Kind::Block | Kind::Table => self.close_p(),
            Kind::Form => {
                if self.open.iter().any(|open| open.kind == Kind::Form) {
                    return Ok(());
                }
                self.close_p();
            }
            Kind::Heading => {
                self.close_p();
                self.open.pop_if(|top| top.kind == Kind::Heading);
            }
            Kind::P => self.close_p(),
            Kind::Item => self.close_item(&name),
            Kind::SmallItem => self.close_small_item(&name),
            Kind::Section | Kind::Caption => {
                if !self.close_to_table(&[Kind::Table]) {
                    return Ok(());
                }
            }
            Kind::Tr => {
                if !self.close_to_table(&[Kind::Table, Kind::Section]) {
                    return Ok(());
                }
            }
            Kind::Cell => {
                if !self.close_to_table(&[Kind::Table, Kind::Section, Kind::Tr]) {
                    return Ok(());
                }
            }
            Kind::Formatting => {
                if name == b"a" || name == b"nobr" {
                    self.end_formatting(id);
                }
                self.reopen_formatting()?;
                self.remember_formatting(id, whole);
            }
            Kind::Wall | Kind::Special | Kind::Foreign | Kind::Ordinary => {
                if name == b"button" {
                    self.close_in_scope(|open| open.name == id, false);
                }
                self.reopen_formatting()?;
            }
        }
        if kind == Kind::Section && name == b"colgroup" {
            // Ends by itself at anything but a column.
            return self.count(1);
        }
        if !foreign && let Some(end) = raw_text_end(&name) {
            self.skip_raw_text(end);
            return self.count(1);
        }
        if name == b"plaintext" && !foreign {
            self.at = self.bytes.len();
        }
        if matches!(kind, Kind::Cell | Kind::Caption | Kind::Wall) {
            self.active.push(None);
        }
        self.push(Open { name: id, kind })
    }

    fn end_tag(&mut self) -> Result<(), Refusal> {
        self.at += 2;
        let (name, ..) = self.tag();
        let id = hash(&name);
        match kind_within(self.is_foreign(), &name) {
            Kind::Root => {}
            Kind::Void => return self.count(1),
            Kind::P => {
                if !self.close_in_scope(|open| open.kind == Kind::P, true) {
                    return self.count(1);
                }
            }
            Kind::Block | Kind::Wall => {
                if !self.close_in_scope(|open| open.name == id, false) {
                    return self.count(1);
                }
            }
            Kind::Heading => {
                self.close_in_scope(|open| open.kind == Kind::Heading, false);
            }
            Kind::Item => {
                self.close_in_scope(|open| open.name == id, false);
            }
            Kind::Form => {
                // The form alone is taken out of the stack; what was opened inside stays open.
                if let Some(at) = self.open.iter().rposition(|open| open.kind == Kind::Form) {
                    self.open.remove(at);
                }
            }
            Kind::Formatting => self.end_formatting(id),
            Kind::Table | Kind::Section | Kind::Tr | Kind::Cell | Kind::Caption => {
                self.close_table_part(id)
            }
            Kind::Special if name == b"button" => {
                self.close_in_scope(|open| open.name == id, false);
            }
            Kind::Foreign | Kind::Ordinary | Kind::SmallItem | Kind::Special => {
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
        if self.elements > limits::ELEMENTS { Err(Refusal::Elements) } else { Ok(()) }
    }

    fn push(&mut self, open: Open) -> Result<(), Refusal> {
        self.open.push(open);
        if self.open.len() > limits::OPEN_ELEMENTS { Err(Refusal::Depth) } else { self.count(1) }
    }

    fn is_foreign(&self) -> bool {
        self.open.iter().any(|open| open.kind == Kind::Foreign)
    }

    /// Closes everything from this place of the stack on. What was formatting stays active.
    fn close_from(&mut self, at: usize) {
        for closed in self.open.drain(at..) {
            match closed.kind {
                Kind::Formatting => {
                    let same = |entry: &&mut Option<Active>| {
                        entry.is_some_and(|e| e.open && e.name == closed.name)
                    };
                    if let Some(Some(entry)) = self.active.iter_mut().rev().find(same) {
                        entry.open = false;
                    }
                }
                Kind::Cell | Kind::Caption | Kind::Wall => {
                    let marker = self.active.iter().rposition(Option::is_none).unwrap_or(0);
                    self.active.truncate(marker);
                }
                _ => {}
            }
        }
    }

    /// Closes the innermost match, unless a wall stands before it: cells, tables and walls; for `<p>` buttons too.
    fn close_in_scope(&mut self, wanted: impl Fn(&Open) -> bool, button: bool) -> bool {
        let button_name = button.then(|| hash(b"button"));
        let select = hash(b"select");
        let wall = |open: &Open| {
            matches!(
                open.kind,
                Kind::Cell | Kind::Caption | Kind::Table | Kind::Wall | Kind::Foreign
            ) || open.name == select
                || Some(open.name) == button_name
        };
        match self.open.iter().rposition(|open| wanted(open) || wall(open)) {
            Some(at) if wanted(&self.open[at]) => {
                self.close_from(at);
                true
            }
            _ => false,
        }
    }

    fn close_p(&mut self) {
        self.close_in_scope(|open| open.kind == Kind::P, true);
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

    /// Options and ruby parts end only what stands right before them.
    fn close_small_item(&mut self, name: &[u8]) {
        let ends: &[&[u8]] = match name {
            b"option" => &[b"option"],
            b"optgroup" if self.is_open(b"select") => &[b"option", b"optgroup"],
            b"optgroup" => &[b"option"],
            _ if self.is_open(b"ruby") => &[b"rb", b"rt", b"rp"],
            _ => &[],
        };
        for end in ends {
            if self.open.last().is_some_and(|top| top.name == hash(end)) {
                self.close_from(self.open.len() - 1);
            }
        }
    }

    fn is_open(&self, name: &[u8]) -> bool {
        let name = hash(name);
        self.open.iter().any(|open| open.name == name)
    }

    /// `<tr>`, `<td>` and the like end what stands between them and their table; outside of any they do not count.
    fn close_to_table(&mut self, parents: &[Kind]) -> bool {
        let wall = |open: &Open| {
            parents.contains(&open.kind) || matches!(open.kind, Kind::Wall | Kind::Foreign)
        };
        match self.open.iter().rposition(wall) {
            Some(at) if parents.contains(&self.open[at].kind) => {
                self.close_from(at + 1);
                true
            }
            _ => false,
        }
    }

    fn close_table_part(&mut self, name: u64) {
        let is_table = name == hash(b"table");
        let wall = |open: &Open| {
            matches!(open.kind, Kind::Wall | Kind::Foreign) || !is_table && open.kind == Kind::Table
        };
        if let Some(at) = self.open.iter().rposition(|open| open.name == name || wall(open))
            && self.open[at].name == name
        {
            self.close_from(at);
        }
    }

    /// The standard's adoption agency, as far as the stack is concerned: with a block inside, only the formatting goes.
    fn end_formatting(&mut self, name: u64) {
        let marker = self.active.iter().rposition(Option::is_none).map_or(0, |at| at + 1);
        let Some(entry) =
            self.active[marker..].iter().rposition(|entry| entry.is_some_and(|e| e.name == name))
        else {
            return;
        };
        let was_open = self.active.remove(marker + entry).is_some_and(|entry| entry.open);
        if !was_open {
            return;
        }
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else { return };
        if self.open[at + 1..].iter().any(|open| is_special(open.kind)) {
            self.open.remove(at);
        } else {
            self.close_from(at);
        }
    }

    /// The list keeps no more than three of exactly the same (the standard's "Noah's Ark clause").
    fn remember_formatting(&mut self, name: u64, with_attributes: u64) {
        let marker = self.active.iter().rposition(Option::is_none).map_or(0, |at| at + 1);
        let same =
            |entry: &Option<Active>| entry.is_some_and(|e| e.with_attributes == with_attributes);
        if self.active[marker..].iter().filter(|entry| same(entry)).count() >= 3
            && let Some(oldest) = self.active[marker..].iter().position(same)
        {
            self.active.remove(marker + oldest);
        }
        self.active.push(Some(Active { name, with_attributes, open: true }));
    }

    /// Formatting that a block cut off goes on behind it.
    fn reopen_formatting(&mut self) -> Result<(), Refusal> {
        let marker = self.active.iter().rposition(Option::is_none).map_or(0, |at| at + 1);
        for at in marker..self.active.len() {
            if let Some(entry) = self.active[at].as_mut().filter(|entry| !entry.open) {
                entry.open = true;
                let name = entry.name;
                self.push(Open { name, kind: Kind::Formatting })?;
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

/// What the standard calls special: an ordinary end tag never reaches through it.
fn is_special(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Formatting | Kind::Ordinary | Kind::SmallItem | Kind::Void | Kind::Foreign
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
        check(html).is_ok()
    }

    fn depth_seen(html: &str) -> usize {
        let mut scan = Scan {
            bytes: html.as_bytes(),
            at: 0,
            open: Vec::new(),
            active: Vec::new(),
            elements: 0,
        };
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

    #[test]
    fn p11_too_many_elements_are_refused() {
        assert!(passes(&"<br>".repeat(limits::ELEMENTS)));
        assert!(!passes(&"<br>".repeat(limits::ELEMENTS + 1)));
        assert!(!passes(&"</p>".repeat(limits::ELEMENTS + 1)));
        // Each of 400 fonts goes on in each of 1,000 paragraphs: the tree would have 400,000 elements.
        let fonts: String = (0..400).map(|n| format!("<p><font size={n}>")).collect();
        assert!(!passes(&(fonts + &"<p>a".repeat(1_000))));
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

    #[test]
    fn p11_a_hostile_page_costs_milliseconds() {
        let started = std::time::Instant::now();
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
            let _ = check(&bomb.repeat(1_000_000 / bomb.len()));
        }
        // Twenty-two pages of 1 MB in a debug build beside other tests; anything quadratic would take minutes.
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
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
            prop_assert!(depth_built(&html) <= depth_seen(&html) + supplied, "built {} seen {}", depth_built(&html), depth_seen(&html));
        }

        #[test]
        fn any_text_is_scanned(html in any::<String>()) {
            let _ = check(&html);
        }
    }
}
