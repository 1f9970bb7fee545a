//! Decides which files of a page are the article's: those in its text, and those between headline
//! and text or after the text that are announced as files or are alone there. Files of menus, side
//! boxes and rows of other news are not.

use std::collections::HashMap;

use url::Url;

use super::super::flat::Flat;
use super::super::page;
use super::super::text::{clean, fold};
use super::offer::{self, Offer};
use super::size;
use crate::model::{Attachment, ItemKey};

/// Documents of one article; no article has more.
const MOST: usize = 500;

/// Letters of a link that is the headline of something else.
const HEADLINE: usize = 25;

/// Where the article is on its page, by the numbers of the elements.
pub struct ArticleBounds<'a> {
    pub title_at: Option<usize>,
    pub roots: &'a [usize],
}

/// The files of an article, each once, in page order.
pub fn of_article(flat: &Flat<'_>, frame: &ArticleBounds<'_>, base: &Url) -> Vec<Attachment> {
    let (offers, headlines) = offers(flat, base);
    if offers.is_empty() {
        return Vec::new();
    }
    let offered: HashMap<usize, usize> =
        offers.iter().map(|(at, _)| (*at, flat.elements[*at].letters)).collect();
    let page = Surroundings { flat, frame, headlines, offered, headings: headings(flat) };
    let mut found: Vec<(u8, Attachment)> = Vec::new();
    let mut places: HashMap<ItemKey, usize> = HashMap::new();
    for (at, offer) in offers {
        if found.len() >= MOST || !page.is_own(at, &offer) {
            continue;
        }
        let node = &flat.elements[at].node;
        let said = page::visible_text(node);
        let length = size::within(&said).or_else(|| size::beside(node));
        let (rank, title) = offer::title(node, &offer, &said);
        let key = ItemKey::of(&offer.url);
        let media_type = offer.media_type.to_owned();
        match places.get(&key) {
            Some(place) => {
                let (known_rank, known) = &mut found[*place];
                if rank > *known_rank {
                    (*known_rank, known.title) = (rank, title);
                }
                known.length = known.length.or(length);
            }
            None => {
                places.insert(key, found.len());
                let url = offer.url.into();
                found.push((rank, Attachment { url, title, media_type, length }));
            }
        }
    }
    found.into_iter().map(|(_, attachment)| attachment).collect()
}

type Offers = Vec<(usize, Offer)>;

/// All files that the page links to, and the links that are headlines.
fn offers(flat: &Flat<'_>, base: &Url) -> (Offers, Vec<usize>) {
    let (mut offers, mut headlines) = (Vec::new(), Vec::new());
    for (at, element) in flat.elements.iter().enumerate() {
        let is_offering = matches!(
            element.tag,
            "a" | "area" | "iframe" | "embed" | "object" | "button" | "input" | "span" | "img"
        );
        if !is_offering {
            continue;
        }
        match offer::of(&element.node, element.tag, base) {
            Some(offer) => offers.push((at, offer)),
            None if element.tag == "a" && element.letters >= HEADLINE => headlines.push(at),
            None => {}
        }
    }
    (offers, headlines)
}

/// What a heading says of the files below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FilesHeading {
    /// "Tập tin đính kèm".
    OfFiles,
    /// "Văn bản mới", "Tin liên quan".
    OfOthers,
    Unknown,
}

/// Returns the headings of a page: the element of each, and the last element below it.
fn headings(flat: &Flat<'_>) -> Vec<(usize, usize, FilesHeading)> {
    const LONGEST: usize = 45;
    let mut found = Vec::new();
    let mut last: Option<(usize, usize)> = None;
    for (at, element) in flat.elements.iter().enumerate() {
        let is_heading = matches!(element.tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        let may_be = is_heading
            || matches!(
                element.tag,
                "p" | "div"
                    | "span"
                    | "b"
                    | "strong"
                    | "td"
                    | "th"
                    | "dt"
                    | "label"
                    | "legend"
                    | "caption"
                    | "summary"
                    | "a"
                    | "li"
                    | "center"
                    | "font"
            );
        if !may_be || !(3..=LONGEST).contains(&element.letters) || element.is_unseen {
            continue;
        }
        // What wraps a heading says the same.
        if last.is_some_and(|(from, to)| (from..to).contains(&at)) {
            continue;
        }
        let text = fold(&page::visible_text(&element.node));
        let heading = kind_of(&text);
        let is_title = is_heading || flat.is_named(at, &["title", "tieude", "tieu-de", "heading"]);
        let is_plain = element.linked == 0 || is_title;
        if heading == FilesHeading::Unknown && !is_title || !is_plain {
            continue;
        }
        last = Some((at, element.end));
        let holds_more = |above: &usize| flat.elements[*above].letters != element.letters;
        let scope = flat.around(at).skip(1).find(holds_more).unwrap_or(0);
        found.push((at, flat.elements[scope].end, heading));
    }
    found
}

fn kind_of(folded: &str) -> FilesHeading {
    const OF_OTHERS: &[&str] = &[
        "lien quan",
        "van ban moi",
        "moi nhat",
        "moi ban hanh",
        "chi dao dieu hanh",
        "xem nhieu",
        "doc nhieu",
        "cung chuyen muc",
        "danh muc",
        "lien ket",
        "thu tuc hanh chinh",
        "cong khai",
        "du thao",
        "tin noi bat",
        "thong bao moi",
        "tin moi",
        "related",
        "latest",
        "other news",
        "new documents",
    ];
    let ends_in_other = folded.trim_end_matches([':', ' ', '.']).ends_with(" khac");
    if ends_in_other || OF_OTHERS.iter().any(|words| folded.contains(words)) {
        FilesHeading::OfOthers
    } else if offer::is_label(folded) {
        FilesHeading::OfFiles
    } else {
        FilesHeading::Unknown
    }
}

/// The page around the files.
struct Surroundings<'a, 'p> {
    flat: &'a Flat<'p>,
    frame: &'a ArticleBounds<'a>,
    /// Links that are headlines, in page order.
    headlines: Vec<usize>,
    /// Letters of the elements that offer files.
    offered: HashMap<usize, usize>,
    headings: Vec<(usize, usize, FilesHeading)>,
}

/// Parts of names of boxes with other things than the article's.
const OTHERS: &[&str] = &[
    "related",
    "lienquan",
    "lien-quan",
    "vbmoi",
    "vanbanmoi",
    "van-ban-moi",
    "tinkhac",
    "tin-khac",
    "sidebar",
    "footer",
    "menu",
    "navbar",
    "breadcrumb",
    "banner",
    "quangcao",
    "comment",
];

/// The same of boxes with files.
const OF_FILES: &[&str] = &[
    "attach", "dinhkem", "dinh-kem", "dinh_kem", "tepdinh", "filedinh", "download", "taive",
    "tai-ve",
];

impl Surroundings<'_, '_> {
    fn is_own(&self, at: usize, offer: &Offer) -> bool {
        let flat = self.flat;
        if self.is_hidden(at) {
            return false;
        }
        let root = self.frame.roots.iter().find(|root| self.holds(**root, at));
        let (top, inside) = match root {
            Some(root) => (*root, true),
            None => (self.joint(at), false),
        };
        // Elements around the file, as far as what the article shares with it.
        let between: Vec<usize> =
            flat.around(at).take_while(|above| *above > top).take(60).collect();
        let is_of_files = between.iter().any(|above| flat.is_named(*above, OF_FILES));
        let is_of_others = between.iter().any(|above| {
            flat.is_named(*above, OTHERS)
                || matches!(flat.elements[*above].tag, "nav" | "footer")
                || matches!(flat.elements[*above].tag, "aside" | "header") && !is_of_files
        });
        let heading = self.heading_of(at);
        if is_of_others || heading.is_some_and(|(.., heading)| heading == FilesHeading::OfOthers) {
            return false;
        }
        let is_announced = is_of_files
            || heading.is_some_and(|(.., heading)| heading == FilesHeading::OfFiles)
            || offer::is_label(&fold(&self.words_before(at)));
        if inside {
            return !offer.is_doubtful || is_announced;
        }
        let unit = between.last().copied().unwrap_or(at);
        if self.follows_headline(at, unit) || offer.is_doubtful && !is_announced {
            return false;
        }
        let nearness = self.nearness(top);
        match is_announced {
            true => nearness != Nearness::Far,
            false => nearness == Nearness::Within && self.stands_alone(at, unit, heading),
        }
    }

    fn holds(&self, holder: usize, at: usize) -> bool {
        (holder..self.flat.elements[holder].end).contains(&at)
    }

    /// Returns whether a frame or object is hidden. It has no text of its own, but its container
    /// may be hidden.
    fn is_hidden(&self, at: usize) -> bool {
        let mut around = self.flat.around(at);
        let shown = around
            .find(|at| !matches!(self.flat.elements[*at].tag, "iframe" | "object" | "button"));
        shown.is_some_and(|at| self.flat.elements[at].is_unseen)
    }

    /// The nearest element around a file that also holds the headline or the text.
    fn joint(&self, at: usize) -> usize {
        let anchors = || self.frame.title_at.iter().chain(self.frame.roots.first());
        self.flat
            .around(at)
            .find(|above| anchors().any(|anchor| self.holds(*above, *anchor)))
            .unwrap_or(0)
    }

    /// The nearest element that holds headline and text.
    fn whole(&self) -> usize {
        let flat = self.flat;
        let (title, root) = (self.frame.title_at, self.frame.roots.first().copied());
        let outside = |at: usize| flat.elements[at].parent;
        match (title, root) {
            (Some(title), Some(root)) if !self.holds(root, title) => {
                flat.around(root).find(|above| self.holds(*above, title)).unwrap_or(0)
            }
            (_, Some(root)) => outside(root),
            (Some(title), None) => outside(outside(title)),
            (None, None) => 0,
        }
    }

    fn nearness(&self, top: usize) -> Nearness {
        let whole = self.whole();
        let parent = self.flat.elements[whole].parent;
        if top == whole || self.holds(whole, top) {
            Nearness::Within
        } else if top == parent || top == self.flat.elements[parent].parent {
            Nearness::Beside
        } else {
            Nearness::Far
        }
    }

    /// The last heading before a file that heads what the file is in.
    fn heading_of(&self, at: usize) -> Option<(usize, usize, FilesHeading)> {
        let before = self.headings.partition_point(|(heading, ..)| *heading < at);
        let covering = self.headings[..before].iter().rev().take(40);
        let title = self.frame.title_at;
        covering
            .take_while(|(heading, ..)| Some(*heading) != title)
            .find(|(_, end, _)| at < *end)
            .copied()
    }

    /// Returns whether another item's headline precedes a file in its box.
    fn follows_headline(&self, at: usize, unit: usize) -> bool {
        let before = self.headlines.partition_point(|headline| *headline < at);
        before.checked_sub(1).is_some_and(|before| self.headlines[before] > unit)
    }

    /// Whether a box without a name or a heading has little in it but files, after the headline.
    fn stands_alone(
        &self,
        at: usize,
        unit: usize,
        heading: Option<(usize, usize, FilesHeading)>,
    ) -> bool {
        let is_headed = heading.is_some_and(|(heading, ..)| heading > unit);
        let end = self.flat.elements[unit].end;
        let files: usize = (unit..end).filter_map(|at| self.offered.get(&at)).sum();
        let others = self.flat.elements[unit].letters.saturating_sub(files);
        self.frame.title_at.is_none_or(|title| at > title) && !is_headed && others <= 60
    }

    /// The words right before a file: in its line, or in the cell or the inline element before it.
    fn words_before(&self, at: usize) -> String {
        const LONGEST: usize = 80;
        let mut node = self.flat.elements[at].node;
        for _ in 0..4 {
            let mut before = node.prev_sibling();
            for _ in 0..8 {
                let Some(sibling) = before else { break };
                let said = match sibling.is_text() {
                    true => clean(&sibling.text()),
                    false if sibling.is_element() && !sibling.has_name("a") => {
                        page::short_text(&sibling, LONGEST).unwrap_or_default()
                    }
                    false => String::new(),
                };
                if said.chars().any(char::is_alphabetic) {
                    return said
                        .chars()
                        .rev()
                        .take(LONGEST)
                        .collect::<Vec<_>>()
                        .iter()
                        .rev()
                        .collect();
                }
                before = sibling.prev_sibling();
            }
            let Some(parent) = node.parent().filter(|parent| {
                !matches!(&*page::tag(parent), "body" | "html" | "table" | "section" | "article")
            }) else {
                break;
            };
            node = parent;
        }
        String::new()
    }
}

/// How near to the article the box of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nearness {
    Within,
    Beside,
    Far,
}
