//! What inside a body is no part of the article: boxes first, by name and by how much of them is links; then block by block,
//! by place, by links, by words. What is doubtful stays: a sentence too many costs a reader less than one too few.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::super::byline;
use super::super::dates;
use super::super::facts::same_words;
use super::super::flat::{Flat, Nodes};
use super::super::page;
use super::super::text::fold;
use super::rates;
use super::words::{self, NameMeaning};

/// What is known of the article besides its body.
pub struct CleaningContext<'a> {
    pub title: Option<&'a str>,
    /// The headline's place among the elements, where the page shows it.
    pub title_at: Option<usize>,
    /// Elements that the choice of the body left out.
    pub unwanted: &'a HashSet<usize>,
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

/// The nodes below the roots that are no part of the article.
pub fn clean(flat: &Flat<'_>, roots: &[usize], about: &CleaningContext<'_>) -> Nodes {
    let mut cleaning = Cleaning {
        flat,
        about,
        gone: vec![false; flat.elements.len()],
        whole: roots.iter().map(|root| flat.elements[*root].letters).sum(),
    };
    for root in roots {
        cleaning.boxes(*root);
    }
    for root in roots {
        cleaning.drop_rates(*root);
        cleaning.teasers(*root);
    }
    let mut blocks: Vec<TextBlock> = Vec::new();
    for root in roots {
        cleaning.blocks(*root, &mut blocks);
    }
    cleaning.lines(&mut blocks);
    cleaning.top(&mut blocks);
    cleaning.bottom(&mut blocks);
    cleaning.lone_headings(&mut blocks);
    blocks
        .iter()
        .filter(|block| block.gone)
        .map(|block| flat.elements[block.at].node.id)
        .chain(
            (0..flat.elements.len())
                .filter(|at| cleaning.gone[*at])
                .map(|at| flat.elements[at].node.id),
        )
        .collect()
}

/// An element with text of its own and no other block inside.
struct TextBlock {
    at: usize,
    /// Folded text; "" for long paragraphs, which no rule about words is for.
    folded: String,
    letters: usize,
    linked: usize,
    tag: &'static str,
    gone: bool,
    /// In a list or a table.
    listed: bool,
}

impl TextBlock {
    /// Prose that nothing else on a page looks like.
    fn is_prose(&self, flat: &Flat<'_>) -> bool {
        let stops = flat.elements[self.at].stops;
        !is_heading(self.tag) && self.linked * 2 < self.letters && self.letters >= 70 && stops >= 1
    }

    fn is_link(&self) -> bool {
        self.linked * 10 >= self.letters * 9
    }
}

struct Cleaning<'a, 'b> {
    flat: &'a Flat<'b>,
    about: &'a CleaningContext<'a>,
    /// By element: dropped as a whole.
    gone: Vec<bool>,
    whole: usize,
}

impl Cleaning<'_, '_> {
    fn boxes(&mut self, root: usize) {
        let end = self.flat.elements[root].end;
        let mut at = root + 1;
        while at < end {
            if self.about.unwanted.contains(&at) || self.is_box(at) {
                self.gone[at] = true;
                at = self.flat.elements[at].end;
            } else {
                at += 1;
            }
        }
    }

    /// Boxes in the text that show another article: its headline as a link, then some of its words. Where there are many,
    /// the article is about what they show.
    fn teasers(&mut self, root: usize) {
        let flat = self.flat;
        let mut found = Vec::new();
        let mut at = root + 1;
        while at < flat.elements[root].end {
            let element = &flat.elements[at];
            if self.gone[at] || self.is_teaser(at) {
                found.extend((!self.gone[at]).then_some(at));
                at = element.end;
            } else {
                at += 1;
            }
        }
        let letters: usize = found.iter().map(|at| flat.elements[*at].letters).sum();
        if letters * 4 < self.whole {
            found.into_iter().for_each(|at| self.gone[at] = true);
        }
    }

    fn is_teaser(&self, at: usize) -> bool {
        let element = &self.flat.elements[at];
        if !matches!(element.tag, "div" | "section" | "article" | "li")
            || !(40..=500).contains(&element.letters)
            || element.linked * 5 < element.letters
        {
            return false;
        }
        let inside = &self.flat.elements[at..element.end];
        let spoken = inside.iter().filter(|inner| inner.letters > 0 && inner.tag != "img");
        let link = spoken.clone().find(|inner| inner.tag == "a");
        // The first words of the box are the link's.
        let first = spoken.clone().find(|inner| inner.is_block && inner.own > 0);
        let leads = link.zip(first).is_some_and(|(link, first)| {
            link.letters >= 20 && first.own_linked == first.own && first.own == link.letters
        });
        leads && inside.iter().filter(|inner| inner.is_block && inner.own > 0).count() >= 2
    }

    fn is_box(&self, at: usize) -> bool {
        let element = &self.flat.elements[at];
        if element.is_unseen {
            return true;
        }
        let part = |of: usize| element.letters * of < self.whole;
        let small = part(3);
        match element.tag {
            "nav" | "footer" | "button" | "dialog" | "select" | "option" | "label" | "fieldset" => {
                return small;
            }
            "aside" | "form" => return part(2),
            "figure" | "picture" | "img" | "br" | "a" | "body" => return false,
            _ => {}
        }
        let holds_picture =
            || self.flat.elements[at..element.end].iter().any(|inner| inner.tag == "img");
        // A word of a sentence may be a link to "related" pages, a paragraph may be a "story-text video".
        let titled = self.about.title_at.is_some_and(|title| (at..element.end).contains(&title));
        // Some editors make a subheading of the text a "widget" too.
        let named = !titled
            && words::name(self.flat.names(at)) == NameMeaning::Box
            && !(is_heading(element.tag) && self.flat.names(at).contains("widget"));
        let arranges = matches!(element.tag, "tr" | "td" | "th" | "tbody" | "thead");
        let author = element.letters <= 60
            && ["author", "byline", "tacgia", "tac-gia"]
                .iter()
                .any(|part| self.flat.names(at).contains(part));
        // Who wrote it is read from the text's end; what a text embeds is quoted in it.
        let quotes = || {
            let inside = &self.flat.elements[at..element.end];
            let quoted: usize = inside
                .iter()
                .filter(|inner| inner.tag == "blockquote")
                .map(|inner| inner.letters)
                .sum();
            quoted * 2 >= element.letters
        };
        if named
            && !arranges
            && !author
            && small
            && !quotes()
            && (element.is_block || element.own == 0)
            && element.letters > 0
        {
            let prose = element.tag == "p" && element.letters >= 120;
            // What is called a caption, a gallery or a video may hold the picture; its text is read as a caption.
            return !(prose || element.letters < 400 && holds_picture());
        }
        let density = element.linked * 10;
        match element.tag {
            "ul" | "ol" | "dl" if small => density >= element.letters * 7 && element.letters > 0,
            "div" | "section" | "article" | "table" | "header" if small => {
                density >= element.letters * 6 && element.letters > 0 && self.has_blocks(at)
            }
            _ => false,
        }
    }

    /// Boxes of the weather, of rates and of prices, whatever they are called, in an article about other things.
    fn drop_rates(&mut self, root: usize) {
        if self.about.title.is_some_and(|title| rates::are_the_subject(&fold(title))) {
            return;
        }
        let mut at = root + 1;
        while at < self.flat.elements[root].end {
            let element = &self.flat.elements[at];
            let is_gone = self.gone[at] || self.is_of_rates(at);
            self.gone[at] = is_gone;
            at = if is_gone { element.end } else { at + 1 };
        }
    }

    fn is_of_rates(&self, at: usize) -> bool {
        let element = &self.flat.elements[at];
        let longest = match element.tag {
            "div" | "section" | "table" | "ul" | "ol" | "dl" | "aside" | "marquee" => {
                rates::LONGEST
            }
            "p" | "center" => rates::LONGEST / 4,
            _ => return false,
        };
        element.letters * 2 < self.whole
            && self
                .flat
                .short_text(at, longest)
                .is_some_and(|text| rates::is_box_of_rates(&fold(&text)))
    }

    fn has_blocks(&self, at: usize) -> bool {
        let inside = &self.flat.elements[at + 1..self.flat.elements[at].end];
        inside.iter().any(|inner| inner.is_block)
    }

    fn blocks(&self, root: usize, blocks: &mut Vec<TextBlock>) {
        let end = self.flat.elements[root].end;
        let mut at = root;
        while at < end {
            let element = &self.flat.elements[at];
            if self.gone[at] {
                at = element.end;
                continue;
            }
            if element.is_block && element.own > 0 && element.own == element.letters {
                let folded = if element.letters <= 250 {
                    fold(&page::visible_text(&element.node))
                } else {
                    String::new()
                };
                let listed = self.flat.around(at).take(6).any(|above| {
                    matches!(self.flat.elements[above].tag, "li" | "td" | "th" | "dd")
                });
                blocks.push(TextBlock {
                    at,
                    folded,
                    letters: element.letters,
                    linked: element.linked,
                    tag: element.tag,
                    gone: false,
                    listed,
                });
            }
            at += 1;
        }
    }

    /// Drops lines that are never part of a text, at any place.
    fn lines(&self, blocks: &mut [TextBlock]) {
        let links = blocks.iter().filter(|block| block.is_link()).count();
        let of_links = links * 5 > blocks.len() * 2;
        for block in blocks.iter_mut().filter(|block| !block.folded.is_empty()) {
            let text = &*block.folded;
            let linked = block.linked * 10;
            let lone_link = block.is_link() && !block.listed && !is_heading(block.tag) && !of_links;
            let elsewhere = words::sends_elsewhere(text)
                && (linked >= block.letters * 4 || block.letters <= 30);
            let request = words::makes_request(text)
                && (block.letters <= 60 || block.linked > 0 && block.letters <= 160);
            block.gone = lone_link
                || elsewhere
                || request
                || words::credits_picture(text) && block.letters <= 160;
        }
    }

    /// Drops what precedes the first paragraph: remains of the menu, the repeated headline, byline,
    /// date and section.
    fn top(&self, blocks: &mut [TextBlock]) {
        let flat = self.flat;
        if let Some(title) = self.about.title_at {
            let behind = flat.elements[title].end;
            let above: usize =
                blocks.iter().filter(|block| block.at < title).map(|block| block.letters).sum();
            // A page may show its headline below the text once more.
            if above * 4 < self.whole {
                for block in blocks.iter_mut().filter(|block| block.at < behind) {
                    block.gone = true;
                }
            }
        }
        let first = blocks.iter().position(|block| !block.gone && block.is_prose(flat));
        let Some(first) = first.filter(|first| *first <= 15) else { return };
        // A line made like the first paragraph is where the text begins.
        let beside = flat.elements[blocks[first].at].parent;
        let like = if blocks[first].tag == "p" { 0 } else { usize::MAX };
        for block in &mut blocks[..first] {
            let title = self.about.title.is_some_and(|title| same_words(title, &block.folded));
            let short =
                block.letters < 60 && !block.folded.ends_with(['.', '!', '?', ':', '"', '”']);
            let dated = block.letters < 110
                && !block.folded.ends_with('.')
                && block.folded.contains(|c: char| c.is_ascii_digit())
                && dates::find_labelled(&block.folded, self.about.zone, self.about.now).is_some();
            let begins =
                block.at > like && block.tag == "p" && flat.elements[block.at].parent == beside;
            let signed = block.folded.starts_with("by ");
            let apart = !block.listed && !is_heading(block.tag) && (!begins || signed);
            block.gone |= title || dated || short && apart;
        }
    }

    /// After the last paragraph: addresses, requests, buttons.
    fn bottom(&self, blocks: &mut [TextBlock]) {
        let flat = self.flat;
        let Some(last) = blocks.iter().rposition(|block| !block.gone && block.is_prose(flat))
        else {
            return;
        };
        for block in &mut blocks[last + 1..] {
            let at = flat.elements[block.at].letters;
            let linked = block.linked * 5 >= at * 4 && !block.listed;
            let bare = block.letters < 12 && !block.listed && block.folded.len() < 16;
            block.gone |=
                linked || bare && !block.folded.ends_with(['.', '!', '?', ')']) && !is_name(block);
        }
    }

    /// A heading with nothing under it, and the heading of a box that went.
    fn lone_headings(&self, blocks: &mut [TextBlock]) {
        let mut under = false;
        for at in (0..blocks.len()).rev() {
            if blocks[at].gone {
                continue;
            }
            if is_heading(blocks[at].tag) {
                blocks[at].gone = !under;
            } else {
                under = true;
            }
        }
    }
}

/// Returns whether a block alone at the end may be the author, which `body` reads.
fn is_name(block: &TextBlock) -> bool {
    block.folded.contains(' ') || byline::is_newsroom(&block.folded)
}

fn is_heading(tag: &str) -> bool {
    matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}
