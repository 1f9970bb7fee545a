//! Chooses the element that holds the body. Each paragraph adds weight to the elements around it,
//! the more the nearer. The heaviest element wins and takes in neighbours that are made alike.

use std::collections::HashSet;

use super::super::flat::Flat;
use super::words::{self, NameMeaning};

/// Least letters of a body.
const LEAST: usize = 60;

/// Letters of a text so short that a longer one may have been passed over for its name.
const LITTLE: usize = 600;

/// Prose so short, about a paragraph of two hundred letters, that a shorter notice may be the text
/// instead.
pub const LITTLE_MASS: f32 = 3.;

/// Elements that hold the body, numbered as in `flat`, and those inside them that do not belong to it.
#[derive(Debug, Default, PartialEq)]
pub struct Choice {
    pub root: usize,
    pub dropped: HashSet<usize>,
    /// How much of prose it holds.
    pub mass: f32,
    /// How much of prose each element of the page holds.
    pub masses: Vec<f32>,
}

/// The element that holds the body; None where a page has no prose. `regions`: elements that are no text of any page.
pub fn choose(flat: &Flat<'_>, title_at: Option<usize>, regions: &[bool]) -> Option<Choice> {
    // Names may lie: a page may be one "widget" within another. Where boxes leave no text, all of it is looked at.
    let mut weights = Weights::of(flat, title_at, true, regions);
    let mut top = weights.loudest(flat, title_at);
    if top.is_none_or(|top| flat.elements[top].letters < LITTLE) {
        let all = Weights::of(flat, title_at, false, regions);
        let loudest = all.loudest(flat, title_at);
        let mass = |weights: &Weights, at: Option<usize>| at.map_or(0., |at| weights.mass[at]);
        if mass(&all, loudest) > 4. * mass(&weights, top) {
            (weights, top) = (all, loudest);
        }
    }
    let mut top = top?;
    // What ends above the headline welcomes to the site, however much longer than a notice it is.
    if let Some((below, loudest)) = below_headline(flat, title_at, regions, &weights, top) {
        (weights, top) = (below, loudest);
    }
    let mut choice = weights.with_neighbours(flat, top, title_at);
    choice.masses = weights.mass;
    (flat.elements[choice.root].letters >= LEAST).then_some(choice)
}

/// Weighs only what ends below the headline, where most prose of `top` is above it; None where the headline is a link or has
/// no prose below it.
fn below_headline(
    flat: &Flat<'_>,
    title_at: Option<usize>,
    regions: &[bool],
    all: &Weights,
    top: usize,
) -> Option<(Weights, usize)> {
    /// Elements around a headline in which its text is.
    const LEVELS: usize = 5;
    let title = title_at.filter(|title| all.above(flat, top, *title) * 2. > all.mass[top])?;
    let headline = &flat.elements[title];
    if headline.linked > 0 || headline.in_margin || headline.is_unseen {
        return None;
    }
    let is_above = |at: usize| flat.elements[at].end <= title;
    let kept: Vec<bool> = (0..flat.elements.len()).map(|at| regions[at] || is_above(at)).collect();
    let weights = Weights::of(flat, title_at, true, &kept);
    let loudest = weights.loudest(flat, title_at)?;
    let is_near = flat.around(title).take(LEVELS).any(|above| {
        !matches!(flat.elements[above].tag, "body" | "html")
            && (above..flat.elements[above].end).contains(&loudest)
    });
    (is_near && flat.elements[loudest].letters >= LEAST).then_some((weights, loudest))
}

struct Weights {
    /// What paragraphs inside say for an element, by their distance.
    score: Vec<f32>,
    /// Prose inside, wherever.
    mass: Vec<f32>,
    /// In a box that is no part of any text.
    outside: Vec<bool>,
}

impl Weights {
    /// `boxed`: what is named as a box beside a text is one.
    fn of(flat: &Flat<'_>, title_at: Option<usize>, boxed: bool, regions: &[bool]) -> Self {
        let count = flat.elements.len();
        let whole = flat.elements.first().map_or(0, |root| root.letters);
        let mut weights =
            Weights { score: vec![0.; count], mass: vec![0.; count], outside: vec![false; count] };
        for (at, element) in flat.elements.iter().enumerate() {
            let small = element.letters * 5 < whole * 2;
            // The headline is in no such box.
            let titled = title_at.is_some_and(|title| (at..element.end).contains(&title));
            let named = boxed
                && small
                && !titled
                && !matches!(element.tag, "body" | "html" | "article" | "main" | "p" | "a")
                && words::name(flat.names(at)) == NameMeaning::Box;
            let called = matches!(
                element.tag,
                "nav" | "footer" | "aside" | "button" | "figcaption" | "marquee"
            ) || element.tag == "form" && small;
            weights.outside[at] = element.is_unseen
                || regions[at]
                || called
                || named
                || at > 0 && weights.outside[element.parent];
            if !element.is_block || weights.outside[at] {
                continue;
            }
            let said = quality(element.own, element.own_linked, element.stops, element.tag);
            if said <= 0. {
                continue;
            }
            weights.mass[at] += said;
            for (distance, above) in flat.around(at).skip(1).take(6).enumerate() {
                weights.score[above] += match distance {
                    0 => said,
                    1 => said / 2.,
                    _ => said / (distance as f32 * 3.),
                };
            }
            // Text directly in the element, between line breaks.
            if !matches!(element.tag, "p" | "li" | "td" | "dd" | "pre" | "blockquote") {
                weights.score[at] += said;
            }
        }
        for at in (1..count).rev() {
            let mass = weights.mass[at];
            weights.mass[flat.elements[at].parent] += mass;
        }
        weights
    }

    /// Returns how much of the prose of an element ends above the headline.
    fn above(&self, flat: &Flat<'_>, top: usize, title: usize) -> f32 {
        if flat.elements[top].end <= title {
            return self.mass[top];
        }
        let inside = flat.around(title).skip(1).take_while(|above| *above >= top);
        let before = inside.flat_map(|above| {
            flat.children(above).take_while(|child| flat.elements[*child].end <= title)
        });
        before.map(|child| self.mass[child]).sum()
    }

    fn loudest(&self, flat: &Flat<'_>, title_at: Option<usize>) -> Option<usize> {
        let score = |at: usize| {
            let element = &flat.elements[at];
            let density = element.linked as f32 / element.letters.max(1) as f32;
            let name = match words::name(flat.names(at)) {
                NameMeaning::Text => 1.2,
                NameMeaning::Box | NameMeaning::Nothing => 1.,
            };
            let tag = match element.tag {
                "article" => 1.2,
                "p" | "li" | "tr" | "td" | "blockquote" | "ul" | "ol" => 0.8,
                "html" | "head" => 0.3,
                _ => 1.,
            };
            // The text is below its headline, or around it.
            let titled = title_at.is_some_and(|title| {
                let behind = flat.elements[title].end;
                title < element.end && behind + 40 > at
            });
            self.score[at] * (1. - density) * name * tag * if titled { 1.25 } else { 1. }
        };
        (0..flat.elements.len())
            .filter(|at| self.score[*at] > 0. && !self.outside[*at])
            .map(|at| (at, score(at)))
            .max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))
            .map(|(at, _)| at)
    }

    /// Climbs while there is more of the same beside what was chosen.
    fn with_neighbours(&self, flat: &Flat<'_>, top: usize, title_at: Option<usize>) -> Choice {
        let mut choice =
            Choice { root: top, dropped: HashSet::new(), mass: self.mass[top], masses: Vec::new() };
        let mut inner = top;
        let mut passed = HashSet::new();
        for above in flat.around(top).skip(1).take(5) {
            if matches!(flat.elements[above].tag, "html") {
                break;
            }
            let before = flat.elements[inner].place;
            let mut gained = 0.;
            let mut pictured = false;
            let mut refused = Vec::new();
            for child in flat.children(above).filter(|child| *child != inner) {
                let is_before = flat.elements[child].place < before;
                let begins = is_before && self.begins(flat, child, title_at);
                if begins || self.belongs(flat, child, inner, is_before, choice.mass) {
                    gained += self.mass[child].max(if begins { 0.7 } else { 0. });
                } else if !is_before && self.is_pictures(flat, child) {
                    pictured = true;
                } else {
                    refused.push(child);
                }
            }
            passed.extend(refused);
            if gained > 0.02 * choice.mass || pictured {
                choice.root = above;
                choice.mass += gained;
                choice.dropped = passed.clone();
            }
            inner = above;
        }
        choice
    }

    /// Whether an element between the headline and the text is where the text begins: a sentence of its own, without links.
    fn begins(&self, flat: &Flat<'_>, child: usize, title_at: Option<usize>) -> bool {
        let element = &flat.elements[child];
        let below = title_at.is_some_and(|title| child >= flat.elements[title].end);
        below
            && !self.outside[child]
            && element.linked * 10 <= element.letters
            && (self.mass[child] >= 0.7 && element.letters >= 60
                || is_heading(element.tag) && element.letters >= 70 && element.stops >= 1)
    }

    /// Whether an element holds pictures, with a few words at most, and leads nowhere else.
    fn is_pictures(&self, flat: &Flat<'_>, child: usize) -> bool {
        let element = &flat.elements[child];
        let inside = &flat.elements[child..element.end];
        let shown = inside.iter().filter(|inner| inner.tag == "img" && !inner.in_link).count();
        !self.outside[child]
            && !element.in_margin
            && element.linked == 0
            && shown > 0
            && element.letters <= 300 * shown
    }

    fn belongs(
        &self,
        flat: &Flat<'_>,
        child: usize,
        beside: usize,
        before: bool,
        mass: f32,
    ) -> bool {
        let (one, other) = (&flat.elements[child], &flat.elements[beside]);
        if self.outside[child] || self.mass[child] <= 0. {
            // Headings and pictures between paragraphs come along where the paragraphs do.
            return !self.outside[child] && !before && is_heading(one.tag);
        }
        let density = one.linked as f32 / one.letters.max(1) as f32;
        if density > 0.25 {
            return false;
        }
        let alike = one.tag == other.tag && flat.names(child) == flat.names(beside);
        let direct = matches!(one.tag, "p" | "blockquote" | "pre");
        let much = self.mass[child] >= 0.3 * mass;
        // Leads and remarks come before the text, comments and teasers after it, unless they are
        // made like the text.
        alike && self.mass[child] >= 0.05 * mass
            || direct && self.mass[child] >= 0.5
            || much && !before
            || matches!(one.tag, "ul" | "ol" | "table") && self.mass[child] >= 0.1 * mass && !before
    }
}

fn is_heading(tag: &str) -> bool {
    matches!(tag, "h2" | "h3" | "h4")
}

/// How much of prose a block is: its length, with its stops, without its links.
fn quality(own: usize, linked: usize, stops: usize, tag: &str) -> f32 {
    let plain = own.saturating_sub(linked);
    if plain < 20 || linked * 2 > own {
        return 0.;
    }
    let kind = match tag {
        "p" | "pre" => 1.,
        "blockquote" | "div" | "section" | "article" | "center" | "td" => 0.9,
        "li" | "dd" | "dt" => 0.5,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "figcaption" | "caption" | "address" | "th" => 0.,
        _ => 0.6,
    };
    let length = (plain as f32 / 100.).min(20.);
    let stopped = (stops as f32 * 0.3).min(3.);
    kind * (length.min(3.) + (length - 3.).max(0.) / 2. + stopped)
        * (1. - linked as f32 / own as f32)
}
