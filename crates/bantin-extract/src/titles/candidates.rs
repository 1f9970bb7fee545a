//! What on a page may be its title: headings and blocks that are named for it, what the page tells machines, and its
//! `<title>` without the site's name. Evidence adds up to a score; what names the site or a section is no candidate.

use std::collections::HashSet;

use super::names::{SiteNames, is_general, parts};
use crate::content;
use crate::facts::{Facts, words};
use crate::flat::Flat;
use crate::page;

/// A text that may be the title.
#[derive(Debug, Clone, PartialEq)]
pub struct TitleCandidate {
    pub text: String,
    /// The text's letters and figures, folded.
    pub words: String,
    /// The element that shows it, numbered as in the flat page; `None` for metadata.
    pub at: Option<usize>,
    pub score: f32,
}

/// The titles of a page.
pub struct PageTitles {
    /// In the order of the page, those of the metadata last.
    pub candidates: Vec<TitleCandidate>,
    pub shared: Option<SharedTitle>,
}

/// The headline for sharing, without the site's name.
pub struct SharedTitle {
    pub text: String,
    /// JSON-LD or the page's title say the same.
    pub is_confirmed: bool,
}

/// Score of a candidate that is used although nothing else names it.
pub const CREDIBLE: f32 = 3.;

/// Score that only several pieces of evidence together reach.
pub const CONFIRMED: f32 = 6.;

/// Headings looked at on one page.
const HEADINGS: usize = 300;

/// Letters allowed between the headline and the text: dates, authors, buttons, a lead.
const NEAR: usize = 400;

/// Finds what may be the title of a page.
pub fn of_page(flat: &Flat<'_>, facts: &Facts, home: &url::Url) -> PageTitles {
    let names = facts.publishers.iter().cloned().chain(home_links(flat, home));
    let names = SiteNames::of(names);
    let sought = Sought { flat, told: Told::of(facts, &names) };
    let headings = sought.headings();
    let agreed = |heading: &&PageHeading| sought.told.headlines.contains(&heading.candidate.words);
    // A headline that the page shows and tells needs no more evidence.
    let is_plain = headings.iter().filter(agreed).count() > 0;
    PageTitles {
        candidates: sought.candidates(headings, is_plain),
        shared: shared_title(facts, &names),
    }
}

fn shared_title(facts: &Facts, names: &SiteNames) -> Option<SharedTitle> {
    let (text, _) = names.strip(facts.shared_title.as_deref()?)?;
    let whole = words(text);
    let said = [facts.article_headline.as_deref(), facts.page_title()];
    let same = |said: &str| names.strip(said).is_some_and(|(said, _)| words(said) == whole);
    Some(SharedTitle { text: text.to_owned(), is_confirmed: said.into_iter().flatten().any(same) })
}

/// What the links to the site's front page say: its name, or that of its logo.
fn home_links(flat: &Flat<'_>, home: &url::Url) -> Vec<String> {
    let links = flat.elements.iter().enumerate().filter(|(_, element)| element.tag == "a");
    let leads_home = |href: &str| {
        let href = href.trim();
        href == "/"
            || href
                .strip_prefix(home.scheme())
                .and_then(|rest| rest.strip_prefix("://"))
                .is_some_and(|rest| Some(rest.trim_end_matches('/')) == home.host_str())
    };
    let mut names = Vec::new();
    for (at, link) in links {
        if !link.node.attr("href").is_some_and(|href| leads_home(&href)) {
            continue;
        }
        names.extend(link.node.attr("title").map(|title| title.to_string()));
        names.extend(flat.short_text(at, 120));
        let inside = flat.elements[at..link.end].iter().filter(|inner| inner.tag == "img");
        names.extend(inside.filter_map(|image| image.node.attr("alt")).map(|alt| alt.to_string()));
        if names.len() > 12 {
            break;
        }
    }
    names
}

/// What a page tells machines, without the site's name.
struct Told<'a> {
    names: &'a SiteNames,
    /// Headlines, in order of trust.
    texts: Vec<(String, f32)>,
    headlines: HashSet<String>,
    /// All parts of the page's title and of headlines that are not the site's.
    parts: HashSet<String>,
}

impl<'a> Told<'a> {
    fn of(facts: &Facts, names: &'a SiteNames) -> Self {
        let mut told =
            Told { names, texts: Vec::new(), headlines: HashSet::new(), parts: HashSet::new() };
        for headline in &facts.headlines {
            told.take_parts(headline);
            let whole = words(headline);
            if let Some((text, _)) = names.strip(headline) {
                told.headlines.insert(words(text));
                told.headlines.insert(whole);
                told.texts.push((text.to_owned(), 5.));
            }
        }
        if let Some(title) = facts.page_title() {
            told.take_parts(title);
            if let Some((text, stripped)) = names.strip(title) {
                let text = if stripped { text } else { without_tail(text) };
                let short = text.split(' ').count() <= 2;
                let score = if stripped { 4.6 } else { CREDIBLE } - if short { 1.5 } else { 0. };
                told.texts.push((text.to_owned(), score));
            }
        }
        told
    }

    fn take_parts(&mut self, title: &str) {
        let mut rest = title;
        let all = parts(title);
        for part in &all {
            self.parts.extend(Some(words(part)).filter(|_| self.names.admits(part)));
        }
        // Headlines have separators of their own: what begins or ends the title counts as well.
        for (at, part) in all.iter().enumerate().skip(1) {
            let Some(from) = rest.find(part) else { break };
            let place = title.len() - rest.len() + from;
            self.parts.insert(words(&title[place..]));
            self.parts.insert(words(&title[..place]));
            rest = &rest[from..];
            if at > 8 {
                break;
            }
        }
        self.parts.insert(words(title));
        self.parts.remove("");
    }
}

/// A page's title without what is set off at its end, where that is the shorter part: mostly the site's name.
fn without_tail(title: &str) -> &str {
    let cut =
        [" | ", " :: ", " » ", " – ", " - "].iter().filter_map(|mark| title.rfind(mark)).max();
    match cut {
        Some(at) if at >= title.len() / 2 => title[..at].trim_end(),
        _ => title,
    }
}

struct PageHeading {
    candidate: TitleCandidate,
    at: usize,
}

struct Sought<'a> {
    flat: &'a Flat<'a>,
    told: Told<'a>,
}

impl Sought<'_> {
    fn headings(&self) -> Vec<PageHeading> {
        let flat = self.flat;
        (0..flat.elements.len())
            .filter(|at| !flat.elements[*at].in_link && is_titling(flat, *at))
            .filter_map(|at| Some((flat.short_text(at, 400)?, at)))
            .filter(|(text, _)| (4..=400).contains(&text.chars().count()))
            .take(HEADINGS)
            .filter(|(text, _)| self.told.names.admits(text))
            .map(|(text, at)| {
                let words = words(&text);
                let score = self.own_score(at, &text, &words);
                PageHeading { candidate: TitleCandidate { text, words, at: Some(at), score }, at }
            })
            .collect()
    }

    /// Returns the score of an element by what it is and says, apart from its place.
    fn own_score(&self, at: usize, text: &str, text_words: &str) -> f32 {
        let element = &self.flat.elements[at];
        let mut score = match element.tag {
            "h1" => 3.,
            "h2" => 1.5,
            "h3" => 1.,
            "h4" => 0.5,
            _ => 0.,
        };
        if self.flat.is_named(at, TITLING) {
            score += if element.tag.starts_with('h') { 0.5 } else { 1.5 };
        }
        if self.flat.is_named(at, HEADLINES) {
            score += 1.;
        }
        if self.told.headlines.contains(text_words) {
            score += 6.;
        } else if self.told.parts.contains(text_words) {
            score += 4.;
        } else if self.told.parts.iter().any(|told| is_cut(told, text_words)) {
            score += 2.;
        }
        if self.flat.is_named(at, BOXES) {
            score -= 2.;
        }
        if element.in_margin {
            score -= 3.;
        }
        // A headline is no link to elsewhere, and no sentence.
        if element.linked * 2 > element.letters && element.tag != "h1" {
            score -= 2.;
        }
        let length = text.chars().count();
        if length > 220 || text.split(' ').count() <= 2 && length < 12 {
            score -= 2.;
        }
        score
    }

    fn candidates(&self, mut headings: Vec<PageHeading>, is_plain: bool) -> Vec<TitleCandidate> {
        let firsts = headings.iter().filter(|heading| self.flat.elements[heading.at].tag == "h1");
        let lone = firsts.count() == 1;
        for heading in &mut headings {
            if lone && self.flat.elements[heading.at].tag == "h1" {
                heading.candidate.score += 1.;
            }
        }
        if !is_plain {
            self.weigh_places(&mut headings);
        }
        let mut all: Vec<TitleCandidate> =
            headings.into_iter().map(|heading| heading.candidate).collect();
        for (text, score) in &self.told.texts {
            let told = words(text);
            let score = if self.is_section(text, &told, usize::MAX) { 0. } else { *score };
            if !all.iter().any(|other| other.at.is_none() && other.words == told) {
                all.push(TitleCandidate { text: text.clone(), words: told, at: None, score });
            }
        }
        all
    }

    /// A headline directly precedes the text or begins it; it is neither in the banner nor amid the
    /// text.
    fn weigh_places(&self, headings: &mut Vec<PageHeading>) {
        let flat = self.flat;
        let regions = content::outside(flat, None);
        let body = content::choose(flat, None, &regions).map(|choice| choice.root);
        let before = letters_before(flat);
        let start = body.map(|body| self.start_of(body, &before));
        for heading in headings.iter_mut() {
            let at = heading.at;
            let told = heading.candidate.score >= 6.;
            if flat.around(at).any(|above| {
                flat.elements[above].tag == "header" && !in_article(flat, above)
                    || flat.elements[above].tag != "body" && flat.is_named(above, BANNERS)
            }) && !told
            {
                heading.candidate.score -= 3.;
            }
            if !told && self.is_section(&heading.candidate.text, &heading.candidate.words, at) {
                heading.candidate.score -= 6.;
            }
        }
        if let Some((start, end)) = start {
            self.weigh_distances(headings, &before, start, end);
        }
        if let Some(body) = body {
            self.take_bold(headings, body, &before);
        }
    }

    /// Weighs how far headings are from a body. Where none is right above it, the metadata has none
    /// and one below its beginning has prose, the body is the page's description of itself, and the
    /// place of that heading is no objection.
    fn weigh_distances(
        &self,
        headings: &mut [PageHeading],
        before: &[usize],
        start: usize,
        end: usize,
    ) {
        let elements = &self.flat.elements;
        let place = |at: usize| {
            let behind = before[elements[at].end.min(before.len() - 1)];
            place_score(before[at], behind, start, end)
        };
        let has_headline = !self.told.headlines.is_empty()
            || headings.iter().any(|one| one.candidate.score > 0. && place(one.at) > 1.);
        for heading in headings {
            let at = heading.at;
            let is_own = !has_headline && before[at] > start && self.has_prose_behind(at, before);
            heading.candidate.score += if is_own { 0. } else { place(at) };
        }
    }

    /// Whether a sentence without a link follows a heading closely.
    fn has_prose_behind(&self, at: usize, before: &[usize]) -> bool {
        const SENTENCE: usize = 40;
        let end = self.flat.elements[at].end;
        let behind = before[end.min(before.len() - 1)];
        let rest =
            (end..self.flat.elements.len()).take_while(|next| before[*next] <= behind + NEAR);
        rest.map(|next| &self.flat.elements[next])
            .any(|next| next.own >= SENTENCE && next.own_linked == 0 && !next.in_margin)
    }

    /// Returns the letters of the page before the first paragraph of a body, and before its end. In a short text the longest
    /// block that is no heading is its first paragraph.
    fn start_of(&self, body: usize, before: &[usize]) -> (usize, usize) {
        let flat = self.flat;
        let end = flat.elements[body].end;
        let is_plain = |at: &usize| flat.elements[*at].own_linked * 2 < flat.elements[*at].own;
        let is_prose = |at: &usize| !is_titling(flat, *at) && is_plain(at);
        let first = (body..end)
            .find(|at| flat.elements[*at].own >= 80 && is_plain(at))
            .or_else(|| (body..end).rev().filter(is_prose).max_by_key(|at| flat.elements[*at].own));
        (before[first.unwrap_or(body)], before[end.min(before.len() - 1)])
    }

    /// Takes in a short bold or centred paragraph directly before the text, where nothing is named as the headline.
    fn take_bold(&self, headings: &mut Vec<PageHeading>, body: usize, before: &[usize]) {
        if headings.iter().any(|heading| heading.candidate.score >= CREDIBLE) {
            return;
        }
        let flat = self.flat;
        let (start, _) = self.start_of(body, before);
        let near = |at: &usize| {
            let element = &flat.elements[*at];
            element.is_block
                && element.own == element.letters
                && (12..=200).contains(&element.letters)
                && element.linked * 2 < element.letters
                && !element.in_margin
                && before[*at] <= start
                && start - before[*at] <= NEAR + element.letters
        };
        let bold = |at: usize| {
            flat.elements[at..flat.elements[at].end].iter().any(|inner| {
                (matches!(inner.tag, "b" | "strong")
                    || page::is_styled(&inner.node, "font-weight", &["bold", "700", "600"])
                    || matches!(inner.tag, "font")
                        && inner.node.attr("size").is_some_and(|size| {
                            matches!(size.trim(), "4" | "5" | "6" | "+1" | "+2" | "+3")
                        }))
                    && inner.letters * 10 >= flat.elements[at].letters * 9
            })
        };
        let found = (0..flat.elements.len()).filter(near).find_map(|at| {
            let text = flat.short_text(at, 200).filter(|_| bold(at))?;
            let worded = text.split(' ').count() >= 4 && !text.ends_with(['.', ':', ',', ';']);
            (worded && self.told.names.admits(&text)).then_some((text, at))
        });
        if let Some((text, at)) = found {
            let words = words(&text);
            if !self.is_section(&text, &words, at) {
                let candidate = TitleCandidate { text, words, at: Some(at), score: CREDIBLE + 0.2 };
                headings.push(PageHeading { candidate, at });
            }
        }
    }

    /// Whether a short text is what a link before it says: the name of a section in a menu.
    fn is_section(&self, text: &str, text_words: &str, at: usize) -> bool {
        if is_general(text) {
            return true;
        }
        if text.split(' ').count() > 7 || self.told.headlines.contains(text_words) {
            return false;
        }
        let letters = crate::flat::letters(text);
        let before = self.flat.elements.iter().enumerate().take_while(|(other, _)| *other < at);
        before
            .filter(|(_, link)| link.tag == "a" && link.letters == letters)
            .filter_map(|(other, _)| self.flat.short_text(other, 80))
            .any(|link| words(&link) == text_words)
    }
}

/// Returns the letters of the page before each element.
fn letters_before(flat: &Flat<'_>) -> Vec<usize> {
    let mut before = Vec::with_capacity(flat.elements.len() + 1);
    let mut sum = 0;
    for element in &flat.elements {
        before.push(sum);
        sum += element.own;
    }
    before.push(sum);
    before
}

fn place_score(at: usize, behind: usize, start: usize, end: usize) -> f32 {
    if at > end {
        -3.
    } else if behind <= start {
        match start - behind {
            0..=NEAR => 3.,
            401..=1_500 => 1.,
            _ => 0.,
        }
    } else if at <= start {
        3.
    } else {
        -2.
    }
}

fn in_article(flat: &Flat<'_>, at: usize) -> bool {
    flat.around(at).any(|above| matches!(flat.elements[above].tag, "article" | "main"))
}

/// Whether one text is the beginning of another, and most of what can be said in so many words.
fn is_cut(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.len() >= 24 && long.starts_with(short)
}

const TITLING: &[&str] = &["title", "tieude", "tieu-de", "tieu_de", "headline"];

/// Names that only the headline of an article has.
const HEADLINES: &[&str] = &[
    "headline",
    "news-title",
    "newstitle",
    "news_title",
    "entry-title",
    "post-title",
    "article-title",
    "article__title",
    "title-detail",
    "title-news",
    "detail-title",
    "detail__title",
    "titledetail",
    "tieudetin",
    "tieude-tin",
    "tentin",
    "lbltieude",
    "lbltitle",
    "title_news",
    "title_detail",
];

/// Names of headings of boxes and of the whole site.
const BOXES: &[&str] = &[
    "subtitle",
    "sub-title",
    "sitetitle",
    "site-title",
    "box",
    "widget",
    "modal",
    "block-title",
    "blocktitle",
    "module-title",
    "moduletitle",
    "panel-title",
    "cat-title",
    "title-cat",
    "category",
    "chuyenmuc",
    "sapo",
    "popup",
    "menu",
    "section-title",
];

const BANNERS: &[&str] = &[
    "header-top",
    "banner",
    "logo",
    "site-header",
    "siteheader",
    "topbar",
    "navbar",
    "masthead",
    "brand",
    "sitename",
];

fn is_titling(flat: &Flat<'_>, at: usize) -> bool {
    let tag = flat.elements[at].tag;
    matches!(tag, "h1" | "h2" | "h3" | "h4")
        || !matches!(tag, "body" | "html" | "title" | "a" | "img" | "meta" | "script")
            && flat.is_named(at, TITLING)
}
