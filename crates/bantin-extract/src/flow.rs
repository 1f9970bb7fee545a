//! From a piece of a foreign tree to our own plain markup and to paragraphs of text, in one walk, so that the two never
//! disagree. Whatever nests, wraps or decorates on the way (Word's spans, layout tables, divs for paragraphs) is flattened
//! to paragraphs, headings, lists, quotations, figures and tables of data. The markup still has to pass the sanitizer.

use std::collections::HashMap;

use dom_query::{NodeId, NodeRef};
use url::Url;

use super::flat::{ById, Nodes};
use super::page::{self, Target};
use super::text;

/// What each link says of where it leads.
pub const REL: &str = "nofollow noopener noreferrer";

/// What is left out or treated apart.
#[derive(Default)]
pub struct FlowMarks {
    /// Gone from markup and text.
    pub dropped: Nodes,
    /// In the markup, not in the text: bylines.
    pub unspoken: Nodes,
    /// Captions by the picture they belong to; the caption's own element is in `dropped`.
    pub captions: HashMap<NodeId, String, ById>,
}

/// Markup and text of the same content.
#[derive(Debug, Default, PartialEq)]
pub struct Flow {
    pub html: String,
    /// One paragraph a line: headings, list items and rows of tables too; no captions.
    pub text: String,
}

/// Writes what the nodes hold, one after the other.
pub fn write(nodes: &[NodeRef<'_>], base: &Url, marks: &FlowMarks) -> Flow {
    let mut writer = Writer {
        base,
        marks,
        out: String::new(),
        lines: String::new(),
        line: Line::default(),
        inline: Vec::new(),
        cell: 0,
        quiet: 0,
    };
    for node in nodes {
        writer.node(node);
        writer.end_line();
    }
    Flow { html: writer.out, text: writer.lines.trim_end().to_owned() }
}

/// A paragraph being written.
#[derive(Default)]
struct Line {
    html: String,
    text: String,
    /// A blank was read and not yet written.
    blank: bool,
    /// How many of the open inline elements are in `html`.
    opened: usize,
    has_picture: bool,
}

struct Writer<'a> {
    base: &'a Url,
    marks: &'a FlowMarks,
    out: String,
    lines: String,
    line: Line,
    /// Open inline elements: name and opening tag.
    inline: Vec<(&'static str, String)>,
    /// Inside list items and cells lines are not wrapped in `<p>`.
    cell: usize,
    quiet: usize,
}

impl Writer<'_> {
    fn node(&mut self, node: &NodeRef<'_>) {
        if self.marks.dropped.contains(&node.id) {
            return;
        }
        if node.is_text() {
            return self.text(&node.text());
        }
        if !node.is_element() {
            return;
        }
        let name = page::tag(node);
        if page::is_unseen(&name) || is_word_junk(&name) {
            return;
        }
        let unspoken = self.marks.unspoken.contains(&node.id);
        self.quiet += usize::from(unspoken);
        self.element(node, &name);
        if unspoken {
            self.end_line_if_block(&name);
            self.quiet -= 1;
        }
    }

    fn end_line_if_block(&mut self, name: &str) {
        if page::is_block(name) {
            self.end_line();
        }
    }

    fn element(&mut self, node: &NodeRef<'_>, name: &str) {
        match name {
            "br" => self.end_line(),
            "hr" => {
                self.end_line();
                if self.cell == 0 {
                    self.out.push_str("<hr>");
                }
            }
            "img" => self.picture(node),
            "h1" | "h2" => self.heading(node, "h2"),
            "h3" => self.heading(node, "h3"),
            "h4" | "h5" | "h6" => self.heading(node, "h4"),
            "ul" | "menu" | "dir" => self.list(node, "ul"),
            "ol" => self.list(node, "ol"),
            "blockquote" => self.wrapped(node, "blockquote"),
            "figure" => self.figure(node),
            "table" => self.table(node),
            "a" => self.link(node),
            "input" | "nav" => {}
            _ if page::is_block(name) => {
                self.end_line();
                self.children(node);
                self.end_line();
            }
            _ => match inline_name(node, name) {
                Some(kept) => self.inside(kept, format!("<{kept}>"), node),
                None => self.children(node),
            },
        }
    }

    fn children(&mut self, node: &NodeRef<'_>) {
        for child in node.children_it(false) {
            self.node(&child);
        }
    }

    fn inside(&mut self, name: &'static str, tag: String, node: &NodeRef<'_>) {
        if self.inline.iter().any(|(open, _)| *open == name) {
            return self.children(node);
        }
        self.inline.push((name, tag));
        self.children(node);
        if self.line.opened == self.inline.len() {
            self.line.html.push_str(&format!("</{name}>"));
            self.line.opened -= 1;
        }
        self.inline.pop();
    }

    fn text(&mut self, raw: &str) {
        for letter in raw.chars() {
            if text::is_blank(letter) {
                self.line.blank = true;
                continue;
            }
            if !text::is_allowed(letter) {
                continue;
            }
            self.open_inline();
            self.line.text.push(letter);
            match letter {
                '&' => self.line.html.push_str("&amp;"),
                '<' => self.line.html.push_str("&lt;"),
                '>' => self.line.html.push_str("&gt;"),
                _ => self.line.html.push(letter),
            }
        }
    }

    /// Writes the preceding blank and the open inline elements before something is written.
    fn open_inline(&mut self) {
        let begun = self.line.has_picture || !self.line.text.is_empty();
        if std::mem::take(&mut self.line.blank) && begun {
            self.line.html.push(' ');
            self.line.text.push(' ');
        }
        for (_, tag) in &self.inline[self.line.opened..] {
            self.line.html.push_str(tag);
        }
        self.line.opened = self.inline.len();
    }

    fn end_line(&mut self) {
        let open = self.line.opened;
        for (name, _) in self.inline[..open].iter().rev() {
            self.line.html.push_str(&format!("</{name}>"));
        }
        let line = std::mem::take(&mut self.line);
        let spoken = text::clean(&line.text);
        if spoken.is_empty() && !line.has_picture {
            return;
        }
        if self.quiet == 0 && !spoken.is_empty() {
            self.lines.push_str(&spoken);
            self.lines.push('\n');
        }
        let html = text::nfc(line.html);
        if self.cell == 0 {
            self.out.push_str(&format!("<p>{html}</p>"));
        } else {
            if !self.out.ends_with('>') || self.out.ends_with("</a>") || ends_inline(&self.out) {
                self.out.push_str("<br>");
            }
            self.out.push_str(&html);
        }
    }

    fn heading(&mut self, node: &NodeRef<'_>, tag: &str) {
        if self.cell > 0 {
            self.end_line();
            self.children(node);
            return self.end_line();
        }
        self.end_line();
        let before = self.out.len();
        self.cell += 1;
        self.out.push_str(&format!("<{tag}>"));
        let opened = self.out.len();
        self.children(node);
        self.end_line();
        self.cell -= 1;
        self.close_or_undo(tag, before, opened);
    }

    /// An element with nothing in it was never there.
    fn close_or_undo(&mut self, tag: &str, before: usize, opened: usize) {
        if self.out.len() == opened {
            self.out.truncate(before);
        } else {
            self.out.push_str(&format!("</{tag}>"));
        }
    }

    fn wrapped(&mut self, node: &NodeRef<'_>, tag: &str) {
        self.end_line();
        let before = self.out.len();
        self.out.push_str(&format!("<{tag}>"));
        let opened = self.out.len();
        let cell = std::mem::take(&mut self.cell);
        self.children(node);
        self.end_line();
        self.cell = cell;
        self.close_or_undo(tag, before, opened);
    }

    fn list(&mut self, node: &NodeRef<'_>, tag: &str) {
        self.end_line();
        let before = self.out.len();
        self.out.push_str(&format!("<{tag}>"));
        let opened = self.out.len();
        for item in node
            .children_it(false)
            .filter(|child| child.is_element() && !self.marks.dropped.contains(&child.id))
        {
            let quiet = usize::from(self.marks.unspoken.contains(&item.id));
            self.quiet += quiet;
            self.cell_of(&item, "li");
            self.quiet -= quiet;
        }
        self.close_or_undo(tag, before, opened);
    }

    fn cell_of(&mut self, node: &NodeRef<'_>, tag: &str) {
        let before = self.out.len();
        self.out.push_str(&format!("<{tag}>"));
        let opened = self.out.len();
        self.cell += 1;
        if node.has_name("li") || tag != "li" {
            self.children(node);
        } else {
            self.node(node);
        }
        self.end_line();
        self.cell -= 1;
        // An empty cell keeps its place in the row.
        if tag == "li" {
            self.close_or_undo(tag, before, opened)
        } else {
            self.out.push_str(&format!("</{tag}>"))
        }
    }

    fn link(&mut self, node: &NodeRef<'_>) {
        let address = match page::target(&node.attr("href").unwrap_or_default(), self.base) {
            Target::Address(url) => Some(url.to_string()),
            Target::Script => None,
            Target::Nowhere => {
                node.attr("href").map(|href| href.trim().to_owned()).filter(|href| {
                    href.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
                        && href.len() > 7
                })
            }
        };
        match address {
            Some(address) => {
                self.inside("a", format!("<a href=\"{}\" rel=\"{REL}\">", escape(&address)), node)
            }
            None => self.children(node),
        }
    }

    /// A figure with one picture and its caption; others are what they hold.
    fn figure(&mut self, node: &NodeRef<'_>) {
        let inner = |name: &str| {
            node.descendants_it()
                .find(|inner| inner.has_name(name) && !self.marks.dropped.contains(&inner.id))
        };
        let caption = inner("figcaption")
            .map(|caption| page::visible_text(&caption))
            .filter(|caption| !caption.is_empty());
        let (Some(caption), Some(image), 0) = (caption, inner("img"), self.cell) else {
            self.end_line();
            self.children(node);
            return self.end_line();
        };
        let Some(image) = self.image(&image) else { return };
        self.end_line();
        self.out.push_str(&format!(
            "<figure>{image}<figcaption>{}</figcaption></figure>",
            escape(&caption)
        ));
    }

    fn image(&self, node: &NodeRef<'_>) -> Option<String> {
        let address = page::picture(node, self.base)?;
        let alt = text::clean(&node.attr("alt").unwrap_or_default());
        Some(format!("<img src=\"{}\" alt=\"{}\">", escape(&address), escape(&alt)))
    }

    fn picture(&mut self, node: &NodeRef<'_>) {
        let Some(image) = self.image(node) else { return };
        match self.marks.captions.get(&node.id) {
            Some(caption) if self.cell == 0 => {
                self.end_line();
                self.out.push_str(&format!(
                    "<figure>{image}<figcaption>{}</figcaption></figure>",
                    escape(caption)
                ));
            }
            _ => {
                self.open_inline();
                self.line.html.push_str(&image);
                self.line.has_picture = true;
            }
        }
    }

    /// Rows and columns of data stay a table; a table that only arranges the page is taken apart.
    fn table(&mut self, node: &NodeRef<'_>) {
        self.end_line();
        let rows = rows_of(node);
        let full_rows = rows
            .iter()
            .filter(|row| cells_of(row).iter().filter(|cell| holds_something(cell)).count() >= 2)
            .count();
        let nested = node.descendants_it().any(|inner| {
            inner.is_element()
                && matches!(
                    &*page::tag(&inner),
                    "table" | "figure" | "h1" | "h2" | "ul" | "ol" | "blockquote"
                )
        });
        let is_data = full_rows >= 2
            && !nested
            && self.cell == 0
            && !node.descendants_it().any(|inner| self.marks.captions.contains_key(&inner.id));
        if !is_data {
            self.children(node);
            return self.end_line();
        }
        self.out.push_str("<table><tbody>");
        for row in rows.iter().filter(|row| !self.marks.dropped.contains(&row.id)) {
            self.out.push_str("<tr>");
            let said = self.lines.len();
            for cell in cells_of(row) {
                let tag = if cell.has_name("th") { "th" } else { "td" };
                self.cell_of(&cell, tag);
            }
            self.out.push_str("</tr>");
            // A row of data is one line of text.
            let line = self.lines.split_off(said).lines().collect::<Vec<_>>().join(" | ");
            if !line.is_empty() {
                self.lines.push_str(&line);
                self.lines.push('\n');
            }
        }
        self.out.push_str("</tbody></table>");
    }
}

fn rows_of<'a>(table: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    let element = |node: &NodeRef<'_>, names: &[&str]| {
        node.is_element() && names.contains(&&*page::tag(node))
    };
    table
        .children_it(false)
        .flat_map(|child| {
            if element(&child, &["tbody", "thead", "tfoot"]) {
                child.children()
            } else {
                vec![child]
            }
        })
        .filter(|row| element(row, &["tr"]))
        .collect()
}

fn cells_of<'a>(row: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    row.children_it(false)
        .filter(|cell| cell.is_element() && matches!(&*page::tag(cell), "td" | "th"))
        .collect()
}

fn holds_something(cell: &NodeRef<'_>) -> bool {
    !page::visible_text(cell).is_empty()
}

/// Markup by which Word describes itself: `w:…`, `m:…`, `o:OfficeDocumentSettings`; its `o:p` and `st1:…` hold text.
fn is_word_junk(name: &str) -> bool {
    match name.split_once(':') {
        Some(("w" | "m", _)) => true,
        Some(("o", rest)) => rest != "p",
        _ => false,
    }
}

fn inline_name(node: &NodeRef<'_>, name: &str) -> Option<&'static str> {
    Some(match name {
        "b" | "strong" => "strong",
        "i" | "em" | "cite" => "em",
        "u" => "u",
        "s" | "strike" | "del" => "s",
        "sub" => "sub",
        "sup" => "sup",
        _ => {
            if page::is_styled(node, "font-weight", &["bold", "700"]) {
                "strong"
            } else if page::is_styled(node, "font-style", &["italic"]) {
                "em"
            } else {
                return None;
            }
        }
    })
}

fn ends_inline(html: &str) -> bool {
    ["</strong>", "</em>", "</u>", "</s>", "</sub>", "</sup>"].iter().any(|end| html.ends_with(end))
        || { html.rfind('<').is_some_and(|at| html[at..].starts_with("<img")) }
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
