//! The frames of a page, and which of them holds what there is to read.

use dom_query::NodeRef;
use url::Url;

use crate::text::fold;
use crate::{document_at, page};

/// Frames of one page that are looked at.
const MOST: usize = 50;
/// Pixels below which a frame is a counter or a button.
const SMALL: f64 = 150.0;

#[derive(Default)]
pub struct Frames {
    /// Of `<frameset>`.
    set: Vec<InlineFrame>,
    /// `<iframe>`.
    inline: Vec<InlineFrame>,
}

struct InlineFrame {
    url: Url,
    /// By its name and its share of the window.
    weight: f64,
}

impl Frames {
    pub fn take(&mut self, node: &NodeRef<'_>, base: &Url) {
        if self.set.len() + self.inline.len() >= MOST || is_hidden(node) {
            return;
        }
        let Some(src) = node.attr("src") else { return };
        let page::Target::Address(url) = page::target(&src, base) else { return };
        if document_at(&url).is_some() {
            return;
        }
        if node.has_name("frame") {
            self.set.push(InlineFrame { weight: share(node) * by_name(node), url });
        } else if !is_widget(&url) {
            self.inline.push(InlineFrame { weight: size(node) * by_name(node), url });
        }
    }

    /// The frame of a frameset that holds the content.
    pub fn main(&self) -> Option<Url> {
        heaviest(self.set.iter())
    }

    /// The inline frame that would be the content of a page without other content: the one frame of the page's own host.
    pub fn only_content(&self, own: &Url) -> Option<Url> {
        let bare =
            |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
        heaviest(self.inline.iter().filter(|frame| bare(&frame.url) == bare(own)))
    }

    pub fn largest(&self) -> Option<Url> {
        heaviest(self.inline.iter())
    }
}

/// The first of the heaviest.
fn heaviest<'f>(frames: impl Iterator<Item = &'f InlineFrame>) -> Option<Url> {
    let heaviest = frames
        .filter(|frame| frame.weight > 0.0)
        .reduce(|best, other| if other.weight > best.weight { other } else { best });
    heaviest.map(|frame| frame.url.clone())
}

fn by_name(node: &NodeRef<'_>) -> f64 {
    let name = ["name", "id"].iter().filter_map(|key| node.attr(key)).map(|said| fold(&said));
    let name = name.collect::<Vec<_>>().join(" ");
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["main", "content", "noi dung", "noidung", "body", "chinh", "center", "giua"]) {
        3.0
    } else if has(&[
        "menu", "left", "top", "banner", "header", "head", "footer", "bottom", "nav", "trai",
    ]) {
        0.2
    } else {
        1.0
    }
}

/// The part of the window that a frameset gives a frame.
fn share(frame: &NodeRef<'_>) -> f64 {
    let Some(set) = frame.parent() else { return 0.5 };
    let Some(parts) =
        set.attr("cols").or_else(|| set.attr("rows")).filter(|said| said.contains(','))
    else {
        return 1.0;
    };
    let siblings = std::iter::successors(frame.prev_sibling(), NodeRef::prev_sibling);
    let place = siblings
        .filter(|node| node.has_name("frame") || node.has_name("frameset"))
        .take(MOST)
        .count();
    let part = parts.split(',').nth(place).unwrap_or("*").trim();
    let number = |said: &str| said.trim().parse::<f64>().unwrap_or(0.0);
    match part.strip_suffix('%') {
        Some(percent) => number(percent) / 100.0,
        None if part.ends_with('*') => 0.8,
        None => number(part) / 1_500.0,
    }
}

/// The area of an inline frame, of a window of 1,000 by 1,000.
fn size(frame: &NodeRef<'_>) -> f64 {
    let side = |name: &str| {
        let said = frame.attr(name)?;
        let said = said.trim();
        let number = said.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok()?;
        Some(if said.ends_with('%') { number * 10.0 } else { number })
    };
    let (width, height) = (side("width").unwrap_or(1_000.0), side("height").unwrap_or(600.0));
    if width < SMALL || height < SMALL { 0.0 } else { width * height / 1_000_000.0 }
}

fn is_hidden(node: &NodeRef<'_>) -> bool {
    let style = node.attr("style").map(|said| said.replace(' ', "").to_ascii_lowercase());
    node.has_attr("hidden")
        || style.is_some_and(|style| {
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

/// Films, maps and the boxes of other sites.
fn is_widget(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let foreign =
        ["youtube", "vimeo", "google", "facebook", "zalo", "doubleclick", "twitter", "tiktok"];
    foreign.iter().any(|name| host.contains(name))
        || ["captcha", "chatbox", "counter", "/embed/", "player"]
            .iter()
            .any(|part| url.path().contains(part))
}
