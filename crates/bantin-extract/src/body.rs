//! An article's body: what in it is text, and what is a caption, a byline, a lead, a document, a button or a list of
//! other news. The portals paste from Word and arrange with tables, so place and type say more than element names.

use std::collections::HashMap;

use dom_query::{NodeId, NodeRef};
use url::Url;

use super::facts::same_words;
use super::flat::{ById, Nodes};
use super::flow::{self, FlowMarks};
use super::page;
use super::text::{fold, is_blank};
use super::{Reading, byline, content, dates, furniture, sanitize};
use crate::model::{CleanHtml, Image, Published};

/// Pictures looked at in one article; each is sought among all blocks.
const PICTURES: usize = 200;

/// What is known before the body is read.
pub struct BodyContext<'a> {
    pub title: Option<&'a str>,
    /// The lead, where it is separate from the body.
    pub lead: Option<&'a str>,
    pub publishers: &'a [String],
    pub reading: Reading<'a>,
    /// The recipe says where the body is: then only what is plainly no text is taken out of it.
    pub by_recipe: bool,
}

#[derive(Debug, Default)]
pub struct Body {
    pub html: CleanHtml,
    pub text: String,
    pub images: Vec<Image>,
    pub byline: Option<String>,
    /// Whether the byline says by label, place or class that it is one, and not by its type alone.
    pub is_signed: bool,
    /// The bold first paragraph.
    pub lead: Option<String>,
    /// A line that is nothing but a date.
    pub date: Published,
}

/// Reads what the nodes hold, without what is `dropped` of it beforehand.
pub fn read(nodes: &[NodeRef<'_>], base: &Url, about: &BodyContext<'_>, dropped: Nodes) -> Body {
    let mut reader = BodyReader {
        base,
        about,
        marks: FlowMarks { dropped, ..FlowMarks::default() },
        taken: Nodes::default(),
        body: Body::default(),
    };
    if about.by_recipe {
        nodes.iter().for_each(|node| reader.drop_furniture(node));
    }
    let blocks: Vec<BodyBlock<'_>> = nodes.iter().flat_map(blocks).collect();
    let end = reader.end_of_text(&blocks);
    for block in &blocks[end..] {
        reader.marks.dropped.insert(block.node.id);
    }
    let blocks = &blocks[..end];
    for node in nodes {
        reader.pictures(node, blocks);
    }
    let blocks: Vec<&BodyBlock<'_>> =
        blocks.iter().filter(|block| !reader.is_dropped(&block.node)).collect();
    reader.head(&blocks);
    reader.tail(&blocks);
    let flow = flow::write(nodes, base, &reader.marks);
    let mut body = reader.body;
    body.html = sanitize::vouch(&flow.html);
    body.text = without_buttons(&flow.text);
    if body.byline.is_none() {
        last_line_byline(&mut body, about);
    }
    body
}

/// An element that holds text or a picture and no other block.
struct BodyBlock<'a> {
    node: NodeRef<'a>,
    text: String,
    bold: bool,
    italic: bool,
    centred: bool,
    right: bool,
    /// Letters inside links.
    linked: usize,
    pictures: usize,
}

/// Returns the bytes of text in each element, without blanks, in one pass over the page.
fn letters_below(root: &NodeRef<'_>) -> HashMap<NodeId, usize, ById> {
    let nodes: Vec<NodeRef<'_>> = root.descendants_it().collect();
    let mut letters: HashMap<NodeId, usize, ById> = HashMap::default();
    for node in nodes.iter().rev() {
        let own =
            if node.is_text() { node.text().split_whitespace().map(str::len).sum() } else { 0 };
        let count = letters.get(&node.id).copied().unwrap_or_default() + own;
        letters.insert(node.id, count);
        if let Some(above) = node.parent() {
            *letters.entry(above.id).or_default() += count;
        }
    }
    letters
}

fn blocks<'a>(root: &NodeRef<'a>) -> Vec<BodyBlock<'a>> {
    let is_block = |node: &NodeRef<'_>| {
        node.is_element() && page::is_block(&page::tag(node)) && !node.has_name("br")
    };
    let is_content = |node: &NodeRef<'_>| node.is_nonempty_text() || node.has_name("img");
    let mut leaves: Vec<NodeRef<'a>> = Vec::new();
    let mut taken = Nodes::default();
    let mut last = None;
    for node in root.descendants_it().filter(is_content) {
        // The text beside the last one has its block too.
        let above = node.parent().map(|above| above.id);
        if above == last {
            continue;
        }
        last = above;
        let block = node.ancestors_it(None).find(|above| is_block(above));
        leaves.extend(block.filter(|block| taken.insert(block.id)));
    }
    let mut holds_blocks = Nodes::default();
    for leaf in &leaves {
        for above in leaf.ancestors_it(None).filter(|above| is_block(above)) {
            if above.id == leaf.id {
                continue;
            }
            if !holds_blocks.insert(above.id) {
                break;
            }
        }
    }
    leaves.retain(|node| !holds_blocks.contains(&node.id));
    leaves
        .into_iter()
        .map(BodyBlock::of)
        .filter(|block| !block.text.is_empty() || block.pictures > 0)
        .collect()
}

impl Body {
    /// The text that the page tells machines, where readers are shown none: its longest, one paragraph a line.
    pub fn take_told(&mut self, told: &[String]) {
        let Some(longest) = told.iter().max_by_key(|told| told.len()) else { return };
        if longest.chars().count() < 40 {
            return;
        }
        let escaped: String =
            longest.lines().map(|line| format!("<p>{}</p>", ammonia::clean_text(line))).collect();
        self.html = sanitize::vouch(&escaped);
        self.text = longest.clone();
    }
}

fn is_bold(node: &NodeRef<'_>) -> bool {
    node.has_name("b")
        || node.has_name("strong")
        || page::is_styled(node, "font-weight", &["bold", "700"])
}

fn is_italic(node: &NodeRef<'_>) -> bool {
    node.has_name("i") || node.has_name("em") || page::is_styled(node, "font-style", &["italic"])
}

/// How many characters of an element, blanks apart, are bold, italic and in links.
#[derive(Default)]
struct Typed {
    all: usize,
    of: [usize; 3],
}

impl Typed {
    fn count(&mut self, node: &NodeRef<'_>, inside: [bool; 3]) {
        for child in node.children_it(false) {
            if child.is_text() {
                let count = child.text().chars().filter(|letter| !is_blank(*letter)).count();
                self.all += count;
                for (sum, inside) in self.of.iter_mut().zip(inside) {
                    *sum += if inside { count } else { 0 };
                }
            } else if child.is_element() && !page::is_unseen(&page::tag(&child)) {
                let [bold, italic, linked] = inside;
                self.count(
                    &child,
                    [
                        bold || is_bold(&child),
                        italic || is_italic(&child),
                        linked || child.has_name("a"),
                    ],
                );
            }
        }
    }
}

impl<'a> BodyBlock<'a> {
    fn of(node: NodeRef<'a>) -> Self {
        let text = page::visible_text(&node);
        let mut typed = Typed::default();
        typed.count(&node, [false; 3]);
        // A blank or a full stop may be outside the type it belongs to.
        let most = |count: usize| count > 0 && count + 2 >= typed.all;
        let [bold_letters, italic_letters, linked] = typed.of;
        let around = |wanted: &dyn Fn(&NodeRef<'_>) -> bool| {
            wanted(&node)
                || node.ancestors_it(Some(3)).any(|above| above.is_element() && wanted(&above))
        };
        let aligned = |node: &NodeRef<'_>, side: &str| {
            node.attr("align").is_some_and(|align| align.eq_ignore_ascii_case(side))
                || page::is_styled(node, "text-align", &[side])
        };
        let own_or_parent = |side: &str| {
            aligned(&node, side)
                || node.parent().is_some_and(|above| aligned(&above, side))
                || node.descendants_it().any(|inner| inner.is_element() && aligned(&inner, side))
        };
        BodyBlock {
            bold: around(&is_bold)
                || most(bold_letters)
                || matches!(&*page::tag(&node), "h2" | "h3"),
            italic: around(&is_italic) || most(italic_letters),
            centred: own_or_parent("center") || around(&|above| above.has_name("center")),
            right: own_or_parent("right"),
            linked,
            pictures: node.descendants_it().filter(|inner| inner.has_name("img")).count(),
            text,
            node,
        }
    }

    fn has_class(&self, parts: &[&str]) -> bool {
        page::is_named(&self.node, parts)
            || self.node.parent().is_some_and(|above| page::is_named(&above, parts))
    }
}

struct BodyReader<'a> {
    base: &'a Url,
    about: &'a BodyContext<'a>,
    marks: FlowMarks,
    /// Captions that belong to a picture already.
    taken: Nodes,
    body: Body,
}

impl BodyReader<'_> {
    fn is_dropped(&self, node: &NodeRef<'_>) -> bool {
        self.marks.dropped.contains(&node.id)
            || node.ancestors_it(None).any(|above| self.marks.dropped.contains(&above.id))
    }

    /// Removes boxes in the body that are not part of it: share buttons, tags, comments, related
    /// news, hidden parts.
    fn drop_furniture(&mut self, root: &NodeRef<'_>) {
        const WORDS: &[&str] = &[
            "share",
            "sharing",
            "social",
            "addthis",
            "sharethis",
            "related",
            "relate",
            "comment",
            "comments",
            "tags",
            "print",
            "toolbar",
            "breadcrumb",
            "breadcrumbs",
            "rating",
            "lienquan",
            "tinlienquan",
            "tinkhac",
            "binhluan",
            "fb",
            "ads",
            "adv",
            "advertisement",
            "banner",
            "zalo",
            "likebox",
            "noprint",
            "pager",
            "pagination",
        ];
        let letters = letters_below(root);
        let whole = letters.get(&root.id).copied().unwrap_or_default();
        for node in root.descendants_it().filter(NodeRef::is_element) {
            let named = |value: Option<String>| {
                value.is_some_and(|value| {
                    value
                        .to_ascii_lowercase()
                        .split(|c: char| !c.is_ascii_alphanumeric())
                        .any(|word| WORDS.contains(&word))
                })
            };
            let streamed = node.id_attr().is_some_and(|id| page::is_streamed(&id));
            let hidden = node.has_attr("hidden") && !streamed
                || node.attr("style").is_some_and(|style| {
                    style.to_ascii_lowercase().replace(' ', "").contains("display:none")
                });
            let furniture = named(node.class().map(|class| class.to_string()))
                || named(node.id_attr().map(|id| id.to_string()))
                || matches!(&*page::tag(&node), "nav" | "aside" | "footer");
            // A content system may call the whole article "print".
            // A word of a sentence may be a link to "related" pages.
            let furniture = furniture && page::is_block(&page::tag(&node));
            if hidden
                || furniture
                    && letters.get(&node.id).copied().unwrap_or_default() * 2 < whole.max(1)
            {
                self.marks.dropped.insert(node.id);
            }
        }
    }

    /// Where the text ends and the list of other news, the comment form or the buttons begin.
    fn end_of_text(&self, blocks: &[BodyBlock<'_>]) -> usize {
        let is_heading = |block: &BodyBlock<'_>| {
            if block.text.len() > 120 {
                return false;
            }
            let folded = fold(&block.text);
            content::heads_other_news(&folded) || content::heads_comments(&folded).is_some()
        };
        let Some(start) = blocks.iter().position(is_heading) else { return blocks.len() };
        let after = &blocks[start + 1..];
        let letters: usize = after.iter().map(|block| block.text.chars().count()).sum();
        let linked: usize = after.iter().map(|block| block.linked).sum();
        if letters < 200 || linked * 2 >= letters { start } else { blocks.len() }
    }

    /// Pictures, with the captions that belong to them.
    fn pictures(&mut self, root: &NodeRef<'_>, blocks: &[BodyBlock<'_>]) {
        for image in root.descendants_it().filter(|node| node.has_name("img")).take(PICTURES) {
            if self.is_dropped(&image) {
                continue;
            }
            let Some(url) = page::picture(&image, self.base) else { continue };
            let caption = self.caption_of(&image, root, blocks);
            if let Some(caption) = &caption {
                self.marks.captions.insert(image.id, caption.clone());
            }
            if !self.body.images.iter().any(|other| other.url == url) {
                self.body.images.push(Image { url, caption });
            }
        }
    }

    fn caption_of(
        &mut self,
        image: &NodeRef<'_>,
        root: &NodeRef<'_>,
        blocks: &[BodyBlock<'_>],
    ) -> Option<String> {
        self.figure_caption(image)
            .or_else(|| self.caption_beside(image, root))
            .or_else(|| self.table_caption(image, root))
            .or_else(|| self.caption_below(image, blocks))
    }

    fn figure_caption(&mut self, image: &NodeRef<'_>) -> Option<String> {
        let figure = image.ancestors_it(Some(5)).find(|above| {
            above.has_name("figure")
                || above.is_element()
                    && page::is_named(
                        above,
                        &["wp-caption", "photocms", "image-box", "vcsortableinpreviewmode"],
                    )
        })?;
        let caption = figure.descendants_it().find(|node| {
            node.has_name("figcaption")
                || node.is_element()
                    && !node.has_name("figure")
                    && page::is_named(node, &["caption", "chuthich", "chu-thich"])
                    && node.id != figure.id
        })?;
        self.take_caption(&caption)
    }

    /// `<figcaption>` beside its `<figure>`, in a box of their own.
    fn caption_beside(&mut self, image: &NodeRef<'_>, root: &NodeRef<'_>) -> Option<String> {
        let boxed =
            image.ancestors_it(Some(4)).take_while(|above| above.id != root.id).find(|above| {
                page::short_text(above, 600).is_some()
                    && above.descendants_it().any(|inner| inner.has_name("figcaption"))
            })?;
        let mut seen = false;
        let caption = boxed.descendants_it().find(|node| {
            seen |= node.id == image.id;
            seen && node.has_name("figcaption") && !self.taken.contains(&node.id)
        })?;
        self.take_caption(&caption)
    }

    /// A table that holds a picture and a few words holds nothing else.
    fn table_caption(&mut self, image: &NodeRef<'_>, root: &NodeRef<'_>) -> Option<String> {
        let table = image
            .ancestors_it(Some(8))
            .take_while(|above| above.id != root.id)
            .find(|above| above.has_name("table"))?;
        let text = page::short_text(&table, 400)?;
        let cells = table
            .descendants_it()
            .filter(|node| node.has_name("td") && !page::visible_text(node).is_empty());
        let pictures = table.descendants_it().filter(|node| node.has_name("img")).count();
        if cells.count() > pictures {
            return None;
        }
        // Each picture with the cell after it.
        let mut seen = false;
        let cell = table.descendants_it().find(|node| {
            seen |= node.id == image.id;
            seen && node.has_name("td")
                && !page::visible_text(node).is_empty()
                && !self.taken.contains(&node.id)
        });
        match cell {
            Some(cell) => self.take_caption(&cell),
            None if pictures == 1 && !text.is_empty() => {
                let holder = image.ancestors_it(Some(6)).find(|above| above.has_name("td"))?;
                self.take_text_beside(&holder)
            }
            None => None,
        }
    }

    fn caption_below(&mut self, image: &NodeRef<'_>, blocks: &[BodyBlock<'_>]) -> Option<String> {
        let at = blocks
            .iter()
            .position(|block| block.node.descendants_it().any(|inner| inner.id == image.id))?;
        let looks = |block: &BodyBlock<'_>| {
            let length = block.text.chars().count();
            let named = block.has_class(&[
                "caption",
                "chuthich",
                "chu-thich",
                "desc-img",
                "image-desc",
                "photo",
            ]);
            let typed = (block.italic || block.centred) && !block.bold;
            (4..=300).contains(&length)
                && (named || typed)
                && byline::of_paragraph(&block.text, true, false, &[])
                    .is_none_or(|_| block.text.starts_with("Ảnh"))
        };
        let own = &blocks[at];
        if !own.text.is_empty() {
            let lone = own.pictures == 1 && looks(own);
            return if lone { self.take_text_beside(&own.node) } else { None };
        }
        let next = blocks.get(at + 1).filter(|next| {
            next.pictures == 0 && looks(next) && !self.taken.contains(&next.node.id)
        })?;
        self.take_caption(&next.node)
    }

    fn take_caption(&mut self, node: &NodeRef<'_>) -> Option<String> {
        let caption = page::visible_text(node);
        if caption.is_empty() {
            return None;
        }
        // The element may hold the picture too.
        if node.descendants_it().any(|inner| inner.has_name("img")) {
            return self.take_text_beside(node);
        }
        self.marks.dropped.insert(node.id);
        self.taken.insert(node.id);
        Some(caption)
    }

    fn take_text_beside(&mut self, node: &NodeRef<'_>) -> Option<String> {
        let caption = page::visible_text(node);
        self.marks
            .dropped
            .extend(node.descendants_it().filter(|inner| inner.is_text()).map(|inner| inner.id));
        (!caption.is_empty()).then_some(caption)
    }

    /// Before the text: the headline again, a date, the lead.
    fn head(&mut self, blocks: &[&BodyBlock<'_>]) {
        let (zone, now) = (self.about.reading.zone, self.about.reading.now);
        let mut worded = blocks.iter().filter(|block| !block.text.is_empty()).peekable();
        while let Some(block) = worded.peek() {
            let dated = dates::alone(&block.text, zone, now);
            let repeated = [self.about.title, self.about.lead]
                .into_iter()
                .flatten()
                .any(|known| same_words(known, &block.text));
            if !(dated.is_known() || repeated || is_button(&block.text)) {
                break;
            }
            if dated.is_known() {
                self.body.date = dated;
            }
            self.marks.dropped.insert(block.node.id);
            worded.next();
        }
        let rest: Vec<&&BodyBlock<'_>> = worded.collect();
        if let [first, _, ..] = rest[..] {
            let named = first.has_class(&["sapo", "lead", "tomtat", "summary", "intro"]);
            let long = first.text.chars().count() >= 60 && first.text.split(' ').count() >= 12;
            if long && (first.bold || named) && self.about.lead.is_none() && first.pictures == 0 {
                self.body.lead = Some(first.text.clone());
            }
        }
    }

    /// After the text: the byline, and buttons.
    fn tail(&mut self, blocks: &[&BodyBlock<'_>]) {
        for block in blocks.iter().filter(|block| is_button(&block.text)) {
            self.marks.dropped.insert(block.node.id);
        }
        let worded: Vec<&&BodyBlock<'_>> = blocks
            .iter()
            .filter(|block| !block.text.is_empty() && !self.marks.dropped.contains(&block.node.id))
            .collect();
        for (from_end, block) in worded.iter().rev().take(4).enumerate() {
            let marked = block.right
                || block.bold
                || block.italic
                || block.has_class(&["author", "tacgia", "byline"]);
            let signed = block.right
                || block.has_class(&["author", "tacgia", "byline"])
                || byline::is_labelled(&block.text);
            // A bold line before more text is a subheading.
            let after = worded[worded.len() - from_end..].iter();
            let letters: usize = after.map(|after| after.text.chars().count()).sum();
            let is_heading = matches!(&*page::tag(&block.node), "h1" | "h2" | "h3" | "h4" | "h5");
            if !signed && (is_heading || letters > 200) {
                continue;
            }
            if worded.len() > 1
                && let Some(name) =
                    byline::of_paragraph(&block.text, marked, from_end == 0, self.about.publishers)
            {
                self.marks.unspoken.insert(block.node.id);
                self.body.is_signed = signed;
                // A second author has a line of one's own.
                let before = worded
                    .len()
                    .checked_sub(from_end + 2)
                    .map(|at| worded[at])
                    .filter(|_| worded.len() > 2);
                let other = before.filter(|before| {
                    before.right || before.bold || before.has_class(&["author", "tacgia", "byline"])
                });
                let other = other.and_then(|before| {
                    Some((
                        before,
                        byline::of_paragraph(&before.text, true, true, self.about.publishers)?,
                    ))
                });
                self.body.byline = Some(match other {
                    Some((before, other)) => {
                        self.marks.unspoken.insert(before.node.id);
                        format!("{other}, {name}")
                    }
                    None => name,
                });
                return;
            }
        }
    }
}

/// The byline of a body whose lines are parted by `<br>` alone.
fn last_line_byline(body: &mut Body, about: &BodyContext<'_>) {
    let Some((rest, last)) = body.text.rsplit_once('\n') else { return };
    if let Some(name) = byline::of_paragraph(last, false, true, about.publishers) {
        body.is_signed = byline::is_labelled(last);
        body.byline = Some(name);
        body.text = rest.to_owned();
    }
}

fn without_buttons(text: &str) -> String {
    text.lines().filter(|line| !is_button(line)).collect::<Vec<_>>().join("\n")
}

/// Whether a line is made of a portal's buttons and counters and nothing else.
fn is_button(text: &str) -> bool {
    text.chars().count() <= 120 && furniture::is_furniture(&fold(text))
}
