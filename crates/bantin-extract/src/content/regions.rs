//! Finds parts of a page that are never its text: readers' comments and the imprint. Both are
//! recognised by their words, since boxes may have any name and the imprint has boxes without
//! names.

use super::super::flat::{Flat, FlatElement};
use super::super::page;
use super::super::text::fold;
use super::words;

/// Blocks at the end of a page among which its imprint is looked for.
const LAST_BLOCKS: usize = 30;
/// Letters of a block of an imprint; one paragraph may hold all of it.
const IMPRINT_LETTERS: usize = 1_500;
/// Letters after the imprint's first line where all of it is the foot of the page.
const FOOT_LETTERS: usize = 1_500;
/// Letters of text between a headline and the heading of the comments.
const TEXT_LETTERS: usize = 60;

/// Marks each element of the page that is no text of it.
pub fn outside(flat: &Flat<'_>, title_at: Option<usize>) -> Vec<bool> {
    let mut regions =
        Regions { flat, title_at, outside: vec![false; flat.elements.len()], blocks: Vec::new() };
    regions.gather();
    regions.comments();
    regions.other_news();
    regions.imprint();
    regions.outside
}

struct Regions<'a, 'b> {
    flat: &'a Flat<'b>,
    title_at: Option<usize>,
    outside: Vec<bool>,
    /// Elements that hold text and no other block, those of links apart.
    blocks: Vec<usize>,
}

impl Regions<'_, '_> {
    fn gather(&mut self) {
        for (at, element) in self.flat.elements.iter().enumerate() {
            let leaf = element.is_block && element.own > 0 && element.own == element.letters;
            if leaf && !element.is_unseen && element.own_linked * 2 <= element.own {
                self.blocks.push(at);
            }
        }
    }

    fn mark(&mut self, at: usize) {
        let end = self.flat.elements[at].end;
        self.outside[at..end].fill(true);
    }

    fn holds_title(&self, at: usize) -> bool {
        self.title_at.is_some_and(|title| (at..self.flat.elements[at].end).contains(&title))
    }

    fn is_after_title(&self, at: usize) -> bool {
        self.title_at.is_none_or(|title| at >= self.flat.elements[title].end)
    }

    /// Boxes named for comments, and what follows a heading that says "Bình luận (3)".
    fn comments(&mut self) {
        let mut at = 0;
        while at < self.flat.elements.len() {
            let element = &self.flat.elements[at];
            let named = element.is_block
                && !matches!(element.tag, "body" | "html" | "main" | "h1")
                && words::is_of_comments(self.flat.names(at))
                && self.is_after_title(at);
            if named && !self.holds_title(at) {
                self.mark(at);
                at = element.end;
            } else {
                at += 1;
            }
        }
        let mut before = 0;
        for index in 0..self.blocks.len() {
            let at = self.blocks[index];
            let element = &self.flat.elements[at];
            if self.outside[at] || !self.is_after_title(at) {
                continue;
            }
            if element.letters <= 40
                && let Some(counted) =
                    words::heads_comments(&fold(&page::visible_text(&element.node)))
                && (counted || before >= TEXT_LETTERS)
            {
                return self.rest_from(at);
            }
            before += element.letters;
        }
    }

    /// Marks a heading and what follows it in the boxes that it begins.
    fn rest_from(&mut self, heading: usize) {
        self.mark(heading);
        let inner = self.begun_by(heading);
        let parent = self.flat.elements[inner].parent;
        let rest: Vec<usize> = self.flat.children(parent).filter(|child| *child >= inner).collect();
        rest.into_iter().for_each(|child| self.mark(child));
    }

    /// Boxes that begin with a heading such as "You may also like": what they show of other articles may be whole paragraphs.
    fn other_news(&mut self) {
        let mut before = 0;
        for index in 0..self.blocks.len() {
            let at = self.blocks[index];
            let element = &self.flat.elements[at];
            if self.outside[at] || !self.is_after_title(at) {
                continue;
            }
            before += element.letters;
            if element.letters > 40
                || before < TEXT_LETTERS
                || !matches!(element.tag, "h2" | "h3" | "h4" | "h5" | "h6")
                || !words::offers_other_news(&fold(&page::visible_text(&element.node)))
            {
                continue;
            }
            let begun = self.begun_by(at);
            // Only where it is a box beside the text: text itself may follow a heading in the midst of it.
            let is_minor = || self.flat.elements[begun].letters * 2 < self.flat.elements[0].letters;
            if begun != at && (is_minor() || self.holds_teasers(begun)) {
                self.mark(begun);
            }
        }
    }

    /// Whether a box shows two articles or more, each by a link and at most two paragraphs.
    fn holds_teasers(&self, at: usize) -> bool {
        let end = self.flat.elements[at].end;
        let inside = &self.flat.elements[at..end];
        let links = inside.iter().filter(|element| element.tag == "a" && element.letters > 0);
        let links = links.count();
        let from = self.blocks.partition_point(|block| *block < at);
        let to = self.blocks.partition_point(|block| *block < end);
        // The heading is a block as well.
        links >= 2 && to - from <= links * 2 + 1
    }

    /// The outermost box, short of one with the headline, whose first words are this element's.
    fn begun_by(&self, at: usize) -> usize {
        let mut inner = at;
        for above in self.flat.around(at).skip(1).take(4) {
            if matches!(self.flat.elements[above].tag, "body" | "html") || self.holds_title(above) {
                break;
            }
            let first =
                self.flat.children(above).find(|child| self.flat.elements[*child].letters > 0);
            if first != Some(inner) {
                break;
            }
            inner = above;
        }
        inner
    }

    /// Who runs the portal, by which licence, and where to call: the last lines of a page.
    fn imprint(&mut self) {
        let from = self.blocks.len().saturating_sub(LAST_BLOCKS);
        let last: Vec<usize> = self.blocks[from..].to_vec();
        let mut found = false;
        for (nth, at) in last.iter().enumerate() {
            let element = &self.flat.elements[*at];
            if self.holds_title(*at) || element.letters > IMPRINT_LETTERS {
                continue;
            }
            let folded = fold(&page::visible_text(&element.node));
            let names = words::names_the_publisher(&folded);
            let says_it = names || found && words::gives_an_address(&folded);
            if !says_it {
                continue;
            }
            self.mark(*at);
            if found {
                continue;
            }
            found = true;
            let rest = &last[nth..];
            let letters: usize = rest.iter().map(|at| self.flat.elements[*at].letters).sum();
            if self.is_after_title(*at) && letters <= FOOT_LETTERS && !self.is_early(*at) {
                self.addresses_before(&last[..nth]);
                return self.all_from(*at);
            }
        }
    }

    /// Returns whether more of the page's text follows an element than precedes it.
    fn is_early(&self, at: usize) -> bool {
        let letters = |blocks: &[usize]| -> usize {
            blocks.iter().map(|at| self.flat.elements[*at].letters).sum()
        };
        let nth = self.blocks.partition_point(|block| *block < at);
        self.title_at.is_none() && letters(&self.blocks[nth..]) > 2 * letters(&self.blocks[..nth])
    }

    /// Adds the portal's name and address to the imprint, where they precede the licence in one
    /// box.
    fn addresses_before(&mut self, blocks: &[usize]) {
        for at in blocks.iter().rev().take(4) {
            let element = &self.flat.elements[*at];
            if element.letters > 300 || self.holds_title(*at) || !self.is_after_title(*at) {
                return;
            }
            if !words::gives_an_address(&fold(&page::visible_text(&element.node))) {
                return;
            }
            self.mark(*at);
        }
    }

    fn all_from(&mut self, at: usize) {
        for later in at..self.flat.elements.len() {
            self.outside[later] = true;
        }
    }
}

/// Whether an element shows something besides words: a picture, a frame, a document.
pub fn shows(element: &FlatElement<'_>) -> bool {
    matches!(element.tag, "img" | "iframe" | "embed" | "object" | "video" | "audio")
}
