//! Finds the way to older rows. By order of trust: what the recipe names, what the page declares
//! (`rel=next`), the number after the current one, words such as "Trang sau", and at last an
//! address that is this one's with the next number.
//!
//! `address` knows page numbers in addresses, `form` what a browser would send, `pager` numbers and
//! `words` all other labels.

mod address;
mod form;
mod pager;
#[cfg(test)]
mod tests;
mod words;

use dom_query::NodeRef;
use url::Url;

use super::page::{self, Page};
use super::text::clean;
use super::{OlderPageRequest, Reading, recipe};
use crate::model::ListingRecipe;

use address::{AddressPosition, At};
use form::Wish;

/// Links and buttons looked at.
const CONTROLS: usize = 20_000;
/// Letters of a label that may turn a page.
const LABEL: usize = 40;

pub fn next(html: &str, recipe: &ListingRecipe, reading: Reading<'_>) -> Option<OlderPageRequest> {
    let page = Page::parse(html, reading.url).ok()?;
    let here = Here::new(&page, reading.url, recipe);
    let wish = match &recipe.next {
        // An admin who names the link means it: where it is missing, this is the last page.
        Some(selector) => here.named(selector),
        None => here
            .declared()
            .or_else(|| pager::next(&here))
            .or_else(|| words::next(&here))
            .or_else(|| here.by_address()),
    };
    let step = wish?.step(&here)?;
    // A form that is sent by GET has an address only now.
    match step {
        OlderPageRequest::Get(url) => {
            here.goes_on(&url).then(|| OlderPageRequest::Get(here.as_safe(url)))
        }
        OlderPageRequest::Post { url, form } => {
            let url = here.as_safe(url);
            address::same_site(here.url, &url).then_some(OlderPageRequest::Post { url, form })
        }
    }
}

/// The current page.
struct Here<'a> {
    page: &'a Page,
    url: &'a Url,
    place: AddressPosition,
    controls: Vec<Control<'a>>,
    /// Where the first and the last row begin, in elements from the page's start.
    rows: Option<(usize, usize)>,
}

/// A link or a button.
struct Control<'a> {
    node: NodeRef<'a>,
    /// Its visible or accessible text; `None` where that is longer than any label.
    label: Option<String>,
    /// In elements from the page's start.
    order: usize,
}

impl<'a> Here<'a> {
    fn new(page: &'a Page, url: &'a Url, recipe: &ListingRecipe) -> Self {
        let item = recipe.item.as_deref().and_then(|item| recipe::compile(item).ok());
        let mut controls = Vec::new();
        let mut rows: Option<(usize, usize)> = None;
        let root = page.document.root();
        for (order, node) in root.descendants_it().filter(NodeRef::is_element).enumerate() {
            if item.as_ref().is_some_and(|item| node.is_match(item)) {
                rows = Some((rows.map_or(order, |(first, _)| first), order));
            }
            if controls.len() < CONTROLS && is_control(&node) {
                controls.push(Control { node, label: label(&node), order });
            }
        }
        Here { page, url, place: AddressPosition::of(url), controls, rows }
    }

    /// Returns the distance from the rows; elements after the rows are nearer.
    fn distance(&self, order: usize) -> usize {
        match self.rows {
            None => 0,
            Some((first, _)) if order < first => 1_000_000 + first - order,
            Some((_, last)) => order.saturating_sub(last),
        }
    }

    fn is_behind_rows(&self, order: usize) -> bool {
        self.rows.is_some_and(|(_, last)| order > last)
    }

    /// Whether an address can be that of older rows: of this site, not this page, and none before it.
    fn goes_on(&self, url: &Url) -> bool {
        if !address::same_site(self.url, url) {
            return false;
        }
        let there = AddressPosition::of(url);
        if there == self.place {
            return false;
        }
        match (self.place.at, there.at) {
            (Some(here), Some(next)) if self.is_of_listing(&there) => next.number() > here.number(),
            // The same listing without a number is its first page.
            (Some(_), None) => !self.is_of_listing(&there),
            // Pages that are counted from 0 have their second at 1.
            (None, Some(next)) if self.is_of_listing(&there) => next.number() > 0,
            _ => true,
        }
    }

    /// Whether an address is of the listing that we are in: the parameters of either side may be more, since the first
    /// page is often linked to without them, and later ones as well.
    fn is_of_listing(&self, there: &AddressPosition) -> bool {
        self.place.shares_listing(there) || there.shares_listing(&self.place)
    }

    fn can(&self, wish: &Wish<'_>) -> bool {
        match wish {
            Wish::Address(url) => self.goes_on(url),
            Wish::Postback { .. } | Wish::Submit(_) => true,
        }
    }

    /// The number of a page that an address gives for the listing that we are in.
    fn number_of(&self, url: &Url) -> Option<At> {
        let there = AddressPosition::of(url);
        there.at.filter(|_| self.place.shares_listing(&there))
    }

    /// A page that came through TLS is not left for plain HTTP on the same host, whatever its links say.
    fn as_safe(&self, mut url: Url) -> Url {
        if self.url.scheme() == "https" && url.scheme() == "http" && url.port().is_none() {
            // Only addresses without a host refuse.
            let _ = url.set_scheme("https");
        }
        url
    }

    /// What the recipe names: a link or a button, or something that holds one.
    fn named(&self, selector: &str) -> Option<Wish<'a>> {
        let matcher = recipe::compile(selector).ok()?;
        let root = self.page.document.root();
        page::below(&root, &matcher).into_iter().take(20).find_map(|found| {
            let inside = found.descendants_it().take(200).filter(NodeRef::is_element);
            let mut either = std::iter::once(found).chain(inside).filter(is_control);
            either.find_map(|node| Wish::of(&node, self).filter(|wish| self.can(wish)))
        })
    }

    /// `<link rel=next>` and `<a rel=next>`.
    fn declared(&self) -> Option<Wish<'a>> {
        let says_next = |node: &NodeRef<'_>| {
            node.attr("rel").is_some_and(|rel| {
                rel.split_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
            })
        };
        let root = self.page.document.root();
        let mut declared =
            root.descendants_it().filter(|node| node.is_element() && says_next(node));
        declared.find_map(|node| Wish::of(&node, self).filter(|wish| self.can(wish)))
    }

    /// Returns the smallest number after ours among links to this very listing, whatever their text
    /// is.
    fn by_address(&self) -> Option<Wish<'a>> {
        let ours = self.place.at.map(At::number);
        let mut found: Vec<(u64, bool, Wish<'a>)> = Vec::new();
        for control in self.controls.iter().filter(|control| control.label.is_some()) {
            let Some(Wish::Address(url)) = Wish::of(&control.node, self) else { continue };
            // SharePoint's way back has a first row, too.
            if url.as_str().contains("PagedPrev=") || !self.goes_on(&url) {
                continue;
            }
            if let Some(at) = self.number_of(&url) {
                found.push((at.number(), matches!(at, At::Row(_)), Wish::Address(url)));
            }
        }
        let (least, rows, wish) = found.iter().min_by_key(|(number, ..)| *number)?.clone();
        let next = match ours {
            _ if rows => true,
            Some(ours) => least == ours + 1,
            // Where pages are counted from 0 the second is 1; where they are counted from 1 that is where we are.
            None if least == 1 => {
                let second = found.iter().find(|(number, ..)| *number == 2);
                return second.map(|(.., wish)| wish.clone());
            }
            None => least == 2,
        };
        next.then_some(wish)
    }
}

fn is_control(node: &NodeRef<'_>) -> bool {
    match page::name(node).as_str() {
        "a" | "area" | "button" => true,
        "input" => {
            let kind = node.attr_or("type", "").to_ascii_lowercase();
            matches!(kind.as_str(), "submit" | "image" | "button")
        }
        _ => false,
    }
}

fn label(node: &NodeRef<'_>) -> Option<String> {
    let seen = page::short_text(node, LABEL)?;
    if !seen.is_empty() {
        return Some(seen);
    }
    let told = |node: &NodeRef<'_>| {
        let names = ["value", "alt", "aria-label", "title"];
        let texts = names.iter().filter_map(|name| node.attr(name));
        texts.map(|text| clean(&text)).find(|text| !text.is_empty())
    };
    let inner = || node.descendants_it().take(20).filter(NodeRef::is_element);
    let told = told(node).or_else(|| inner().find_map(|inner| told(&inner))).or_else(|| {
        // Symbol fonts: the arrow is in the class of an empty element.
        inner().find_map(|inner| {
            let class = inner.class()?.to_ascii_lowercase();
            let arrow = |parts: &[&str]| parts.iter().any(|part| class.contains(part));
            if arrow(&["double-right", "step-forward", "fast-forward"]) {
                Some("»".to_owned())
            } else if arrow(&["angle-right", "chevron-right", "arrow-right", "caret-right"]) {
                Some("›".to_owned())
            } else {
                None
            }
        })
    });
    Some(told.unwrap_or_default()).filter(|text| text.chars().count() <= LABEL)
}

/// Whether a class or id says that an element turns pages. Those of carousels do not count.
fn is_named_pager(node: &NodeRef<'_>) -> bool {
    // Not "pag" alone: many a portal calls its whole body "homepage".
    const PAGERS: &[&str] = &[
        "paging",
        "pager",
        "paginat",
        "pagenav",
        "page-nav",
        "page_nav",
        "page-num",
        "pagenum",
        "page-link",
        "pagelink",
        "pages",
        "phantrang",
        "phan-trang",
        "phan_trang",
        "nav-links",
        "nav-previous",
        "next",
        "older",
        "more",
    ];
    page::is_named(node, PAGERS) && !is_carousel(node)
}

fn is_carousel(node: &NodeRef<'_>) -> bool {
    const CAROUSELS: &[&str] =
        &["slide", "carousel", "owl", "swiper", "slick", "banner", "gallery", "calendar"];
    page::is_named(node, CAROUSELS)
}
