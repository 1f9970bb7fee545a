//! A pager: links with running numbers. The current one is the one that is no link, or is marked;
//! the next page is the number after it.

use std::collections::HashSet;

use dom_query::NodeRef;

use super::super::page;
use super::super::text::{clean, fold};
use super::address::AddressPosition;
use super::form::Wish;
use super::{Here, is_carousel, is_control, is_named_pager, label};

/// Numbered links that a pager is looked for around, on a page of them.
const NUMBERS: usize = 2_000;
/// Levels from a number up to its pager: a, li, ul, div.
const LEVELS: usize = 6;
/// Nodes of a pager. What has more is a part of the page that holds one.
const NODES: usize = 600;
/// Plain numbers beside the links: the current one, "of 20", "345 items". A calendar has more.
const PLAIN: usize = 6;

/// A number in a pager.
struct PagerNumber<'a> {
    number: u64,
    /// Where it leads; None for what is no link.
    wish: Option<Wish<'a>>,
    /// By class, by `aria-current`.
    marked: bool,
}

/// What a group of numbers says.
enum PagerReading<'a> {
    Next(Wish<'a>),
    /// The current page is marked, and it is the last one.
    End,
    /// By the smallest number after that of our address.
    Perhaps(Wish<'a>),
    Nothing,
}

pub fn next<'a>(here: &Here<'a>) -> Option<Wish<'a>> {
    let mut met = HashSet::new();
    let mut found: Vec<(bool, usize, Wish<'a>)> = Vec::new();
    let numbered = here
        .controls
        .iter()
        .filter(|control| control.label.as_deref().is_some_and(|label| number(label).is_some()));
    for control in numbered.take(NUMBERS) {
        for around in control.node.ancestors_it(Some(LEVELS)) {
            if !around.is_element() || !met.insert(around.id) || is_carousel(&around) {
                break;
            }
            let Some(group) = NumberGroup::read(&around, here) else { break };
            let distance = here.distance(control.order);
            match group.said(here, &around) {
                PagerReading::Next(wish) => {
                    found.push((false, distance, wish));
                    break;
                }
                PagerReading::Perhaps(wish) => found.push((true, distance, wish)),
                PagerReading::End => break,
                PagerReading::Nothing => {}
            }
        }
    }
    found.into_iter().min_by_key(|(weak, distance, _)| (*weak, *distance)).map(|(.., wish)| wish)
}

/// "2", "[2]", "Trang 2".
pub fn number(label: &str) -> Option<u64> {
    let folded = fold(label);
    let text = folded.trim();
    let text = ["trang", "page"].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    plain_number(text.trim())
}

fn plain_number(text: &str) -> Option<u64> {
    let text = text.trim_matches(|letter| "[](){}|.,:-·•".contains(letter));
    let fits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

/// The numbers inside an element.
struct NumberGroup<'a> {
    tokens: Vec<PagerNumber<'a>>,
    /// "…", whose number is not shown.
    dots: Vec<Wish<'a>>,
    text: String,
}

impl<'a> NumberGroup<'a> {
    /// None where the element is too large to be a pager.
    fn read(around: &NodeRef<'a>, here: &Here<'a>) -> Option<NumberGroup<'a>> {
        let mut group = NumberGroup { tokens: Vec::new(), dots: Vec::new(), text: String::new() };
        let mut nodes = 0;
        let mut stack: Vec<NodeRef<'a>> = vec![*around];
        while let Some(node) = stack.pop() {
            nodes += 1;
            if nodes > NODES {
                return None;
            }
            if node.is_text() {
                group.take_text(&node);
            } else if is_control(&node) {
                nodes += node.descendants_it().take(NODES).count();
                group.take_control(&node, here);
            } else if !page::is_unseen(&page::name(&node)) {
                stack.extend(node.children_it(true).take(NODES + 1));
            }
        }
        Some(group)
    }

    fn take_text(&mut self, node: &NodeRef<'a>) {
        let text = node.text();
        if text.len() > 400 || self.text.len() > 4_000 {
            return;
        }
        let text = clean(&text);
        self.text.push_str(&text);
        self.text.push(' ');
        for number in text.split_whitespace().filter_map(plain_number) {
            let marked = node.ancestors_it(Some(2)).any(|around| is_current(&around));
            self.tokens.push(PagerNumber { number, wish: None, marked });
        }
    }

    fn take_control(&mut self, node: &NodeRef<'a>, here: &Here<'a>) {
        let Some(label) = label(node) else { return };
        let wish = Wish::of(node, here);
        if let Some(number) = number(&label) {
            let alone = |parent: &NodeRef<'_>| {
                matches!(page::name(parent).as_str(), "li" | "span" | "td" | "b" | "strong")
                    && parent.children_it(false).filter(NodeRef::is_element).count() == 1
            };
            let marked = is_current(node)
                || node.parent().is_some_and(|parent| alone(&parent) && is_current(&parent));
            self.tokens.push(PagerNumber {
                number,
                wish: wish.filter(|wish| here.can(wish)),
                marked,
            });
        } else if matches!(label.trim(), "..." | "…" | "[...]") {
            self.dots.extend(wish);
        }
    }

    fn said(&self, here: &Here<'a>, around: &NodeRef<'a>) -> PagerReading<'a> {
        let linked = |number: u64| {
            let of = |token: &&PagerNumber<'a>| token.number == number && !token.marked;
            self.tokens.iter().filter(of).find_map(|token| token.wish.as_ref())
        };
        let links = self.tokens.iter().filter(|token| token.wish.is_some()).count();
        let plain = self.tokens.iter().filter(|token| token.wish.is_none()).count();
        if links == 0 || plain > PLAIN || self.is_calendar() {
            return PagerReading::Nothing;
        }
        match self.current(&linked) {
            Some(current) => match linked(current + 1) {
                Some(wish) if self.holds(current + 1, wish, here, around) => {
                    PagerReading::Next(wish.clone())
                }
                Some(_) => PagerReading::Nothing,
                None => match self.behind_dots(current + 1) {
                    Some(wish) => PagerReading::Next(wish),
                    None if links > 1 => PagerReading::End,
                    None => PagerReading::Nothing,
                },
            },
            None => {
                let least = self
                    .tokens
                    .iter()
                    .filter(|token| token.number > 1)
                    .filter(|token| match &token.wish {
                        Some(Wish::Address(url)) => here.number_of(url).is_some(),
                        _ => false,
                    })
                    .min_by_key(|token| token.number);
                match least.and_then(|token| token.wish.clone()) {
                    Some(wish) => PagerReading::Perhaps(wish),
                    None => PagerReading::Nothing,
                }
            }
        }
    }

    /// The page that we are on: marked, or beside the links without being one.
    fn current<'b>(&'b self, linked: &impl Fn(u64) -> Option<&'b Wish<'a>>) -> Option<u64> {
        let mut marked: Vec<u64> =
            self.tokens.iter().filter(|token| token.marked).map(|token| token.number).collect();
        marked.dedup();
        if let [one] = marked[..] {
            return Some(one);
        }
        let beside = |token: &&PagerNumber<'a>| {
            token.wish.is_none()
                && linked(token.number).is_none()
                && (linked(token.number + 1).is_some()
                    || token.number > 1 && linked(token.number - 1).is_some())
        };
        let candidates: Vec<u64> =
            self.tokens.iter().filter(beside).map(|token| token.number).collect();
        let with_next = candidates.iter().find(|number| linked(**number + 1).is_some());
        with_next.or_else(|| candidates.first()).copied()
    }

    /// Whether a link is one of a row of pages: made like the others, or like a page's number all by itself.
    fn holds(&self, number: u64, wish: &Wish<'a>, here: &Here<'a>, around: &NodeRef<'a>) -> bool {
        let others: Vec<String> = self
            .tokens
            .iter()
            .filter(|token| token.number != number && token.number > 1)
            .filter_map(|token| token.wish.as_ref())
            .map(|wish| mask(&wish.text()))
            .collect();
        let alike = others.iter().filter(|other| **other == mask(&wish.text())).count();
        if !others.is_empty() {
            return 2 * alike >= others.len();
        }
        let text = fold(&wish.text());
        let says = |text: &str| text.contains("pag") || text.contains("trang");
        match wish {
            Wish::Address(url) if here.number_of(url).is_some() => true,
            // Of another listing.
            Wish::Address(url) if AddressPosition::of(url).at.is_some() => false,
            _ => {
                says(&text)
                    || says(&fold(&self.text))
                    || is_named_pager(around)
                    || around.ancestors_it(Some(2)).any(|outer| is_named_pager(&outer))
            }
        }
    }

    /// Returns the "…" after the last number of a window. Its own number is in the postback, as
    /// those of the others are.
    fn behind_dots(&self, number: u64) -> Option<Wish<'a>> {
        let tells = self.tokens.iter().any(|token| {
            token.wish.as_ref().is_some_and(|wish| last_number(&wish.text()) == Some(token.number))
        });
        let dots = || self.dots.iter().find(|wish| last_number(&wish.text()) == Some(number));
        tells.then(dots).flatten().cloned()
    }

    fn is_calendar(&self) -> bool {
        let days: HashSet<u64> = self.tokens.iter().map(|token| token.number).collect();
        (1..=28).all(|day| days.contains(&day)) && days.iter().all(|day| *day <= 31)
    }
}

fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_ascii_digit() {
            true if masked.ends_with('#') => {}
            true => masked.push('#'),
            false => masked.push(letter),
        }
    }
    masked
}

fn last_number(text: &str) -> Option<u64> {
    text.rsplit(|letter: char| !letter.is_ascii_digit()).find(|run| !run.is_empty())?.parse().ok()
}

/// Whether an element is marked as where the reader is.
fn is_current(node: &NodeRef<'_>) -> bool {
    if node.attr("aria-current").is_some_and(|value| !value.eq_ignore_ascii_case("false")) {
        return true;
    }
    node.class().is_some_and(|class| {
        let class = class.to_ascii_lowercase();
        class.split_whitespace().any(|word| {
            let word = word.replace(['-', '_'], "");
            word.contains("current") && !word.contains("notcurrent")
                || word.contains("selected") && !word.contains("unselected")
                || word.contains("active") && !word.contains("inactive") && word != "interactive"
        })
    })
}
