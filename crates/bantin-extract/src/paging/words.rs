//! Words and arrows that turn pages. Carousels, "read more" links and neighbouring articles have
//! the same ones, so a word counts only where something else indicates a pager.

use dom_query::NodeRef;

use super::super::text::fold;
use super::address::AddressPosition;
use super::form::Wish;
use super::pager::number;
use super::{Control, Here, is_carousel, is_control, is_named_pager, label};

/// How surely a label speaks of older rows, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LabelCertainty {
    Page,
    Next,
    Arrow,
    /// The last page where a single arrow is beside it, else the next.
    DoubleArrow,
    /// Leads to all manner of places.
    More,
}

/// Controls with such a label that are looked at closely.
const CLOSELY: usize = 500;
/// Levels up to what names a pager.
const LEVELS: usize = 4;

pub fn next<'a>(here: &Here<'a>) -> Option<Wish<'a>> {
    let labelled = here.controls.iter().filter_map(|control| {
        let kind = kind(control.label.as_deref()?)?;
        Some((kind, control))
    });
    labelled
        .take(CLOSELY)
        .filter(|(_, control)| !is_last(&control.node))
        .filter_map(|(kind, control)| {
            let wish = Wish::of(&control.node, here).filter(|wish| here.can(wish))?;
            is_pager(kind, control, &wish, here).then_some((kind, control.order, wish))
        })
        .min_by_key(|(kind, order, _)| (*kind, here.distance(*order)))
        .map(|(.., wish)| wish)
}

fn kind(label: &str) -> Option<LabelCertainty> {
    let folded = fold(label);
    let bare = folded.trim();
    match bare {
        ">" | "›" | "→" | "►" | "▶" => return Some(LabelCertainty::Arrow),
        ">>" | "»" | "››" => return Some(LabelCertainty::DoubleArrow),
        _ => {}
    }
    let ornament = |letter: char| !letter.is_alphanumeric();
    Some(match bare.trim_matches(ornament) {
        "trang sau" | "trang tiep" | "trang tiep theo" | "trang ke" | "trang ke tiep"
        | "next page" | "older posts" | "older entries" | "older" | "older news" | "cu hon"
        | "tin cu hon" | "bai cu hon" | "bai viet cu hon" | "cac tin cu hon" | "tin cu" => {
            LabelCertainty::Page
        }
        "tiep" | "tiep theo" | "ke tiep" | "sau" | "next" => LabelCertainty::Next,
        "xem them" | "xem tiep" | "xem them tin" | "xem them tin tuc" | "xem them bai viet"
        | "tai them" | "hien thi them" | "load more" | "show more" | "more" | "view more"
        | "see more" | "more news" => LabelCertainty::More,
        _ => return None,
    })
}

fn is_last(node: &NodeRef<'_>) -> bool {
    let says = |text: &str| {
        let text = fold(text);
        text.split(|letter: char| !letter.is_alphanumeric())
            .any(|word| matches!(word, "last" | "cuoi" | "end"))
    };
    ["title", "aria-label", "class", "id"]
        .iter()
        .filter_map(|name| node.attr(name))
        .any(|v| says(&v))
}

/// Whether something besides the label speaks for a pager.
fn is_pager(kind: LabelCertainty, control: &Control<'_>, wish: &Wish<'_>, here: &Here<'_>) -> bool {
    let node = &control.node;
    if node.ancestors_it(Some(LEVELS)).any(|around| is_carousel(&around)) {
        return false;
    }
    let named = || {
        is_named_pager(node)
            || node.ancestors_it(Some(LEVELS)).any(|around| is_named_pager(&around))
    };
    match wish {
        Wish::Address(url) => {
            let numbered = here.number_of(url).is_some();
            // Not every page is counted: "?cursor=a81f", "?before=2020-05-22".
            let there = AddressPosition::of(url);
            let near = here.place.is_above(&there) || there.is_above(&here.place);
            match kind {
                LabelCertainty::Page => numbered || named() || near || has_company(node),
                LabelCertainty::Next | LabelCertainty::Arrow | LabelCertainty::DoubleArrow => {
                    numbered || near && (named() || has_company(node))
                }
                LabelCertainty::More => numbered,
            }
        }
        Wish::Postback { .. } | Wish::Submit(_) => {
            let text = fold(&wish.text());
            let says = ["pag", "trang", "next", "older", "sau"].iter().any(|w| text.contains(w));
            match kind {
                LabelCertainty::Page => true,
                LabelCertainty::More => here.is_behind_rows(control.order) && (says || named()),
                _ => says || named() || has_company(node),
            }
        }
    }
}

/// Returns whether its opposite is beside it ("Trang trước", "«"), or numbers are.
fn has_company(node: &NodeRef<'_>) -> bool {
    const NODES: usize = 200;
    const BACK: &[&str] = &[
        "truoc",
        "trang truoc",
        "ve truoc",
        "previous",
        "previous page",
        "prev",
        "dau",
        "trang dau",
        "first",
        "newer",
        "newer posts",
        "moi hon",
        "tin moi hon",
    ];
    let around = node
        .ancestors_it(Some(3))
        .take_while(|around| around.descendants_it().take(NODES + 1).count() <= NODES);
    around.into_iter().any(|around| {
        let others = around
            .descendants_it()
            .filter(|other| other.is_element() && other.id != node.id)
            .filter(|other| is_control(other) || other.children_it(false).all(|c| c.is_text()));
        let mut numbers = 0;
        others.filter_map(|other| label(&other)).any(|text| {
            numbers += usize::from(number(&text).is_some());
            let folded = fold(&text);
            let bare = folded.trim();
            numbers > 1
                || matches!(bare, "<" | "‹" | "«" | "<<" | "←" | "◄")
                || BACK.contains(&bare.trim_matches(|letter: char| !letter.is_alphanumeric()))
        })
    })
}
