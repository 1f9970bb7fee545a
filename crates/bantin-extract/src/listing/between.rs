//! Dates between the items of a list and in none of them: a day as the heading of all rows below
//! it, or a line with the date under each title where the two share no element.

use std::collections::HashSet;

use dom_query::{NodeId, NodeRef};

use super::super::{Reading, dates, page};
use crate::dates::order::{self, Written};
use crate::model::Published;

/// "Thứ Ba, ngày 24 tháng 11 năm 2026" with a word or two around it; what is longer speaks of something.
const LONGEST: usize = 60;

/// A date with its numbers, as they are written.
type Dated = (Published, Option<Written>);

/// What the list says, read from top to bottom.
#[derive(Clone, Copy, PartialEq)]
enum ListEvent {
    Date(Dated, NodeId),
    Item(usize),
}

/// Returns the date of each item, in their order; [`Published::Unknown`] for all where the dates
/// between them have no order.
pub fn dates(items: &[NodeRef<'_>], ids: &HashSet<NodeId>, reading: Reading<'_>) -> Vec<Dated> {
    let said = said(items, ids, reading);
    let mut found = vec![Dated::default(); items.len()];
    let dates = said.iter().filter(|said| matches!(said, ListEvent::Date(..))).count();
    // A single date is as often that of the page, but for the heading right above the rows.
    if dates < 2 && !is_headed(&said, items) {
        return found;
    }
    let follows = |pair: &&[ListEvent]| matches!(pair, [ListEvent::Item(_), ListEvent::Date(..)]);
    let followed = said.windows(2).filter(follows).count();
    let ends_dated = matches!(said.last(), Some(ListEvent::Date(..)));
    if ends_dated && followed * 5 >= items.len() * 4 {
        for pair in said.windows(2) {
            if let [ListEvent::Item(nth), ListEvent::Date(date, _)] = pair {
                found[*nth] = *date;
            }
        }
    } else if matches!(said.first(), Some(ListEvent::Date(..))) {
        let mut above = Dated::default();
        for said in said {
            match said {
                ListEvent::Date(date, _) => above = date,
                ListEvent::Item(nth) => found[nth] = above,
            }
        }
    }
    found
}

/// Whether the list begins with a day that is the heading of all its rows.
fn is_headed(said: &[ListEvent], items: &[NodeRef<'_>]) -> bool {
    let Some([ListEvent::Date(_, text), ListEvent::Item(_)]) = said.get(..2) else { return false };
    let text = items[0].tree.get(text);
    text.is_some_and(|text| text.ancestors_it(Some(3)).any(|node| is_heading(&node)))
}

fn is_heading(node: &NodeRef<'_>) -> bool {
    matches!(&*page::tag(node), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "caption")
}

/// The day in the heading right before the element that holds all items: `<h2>Friday, March 29</h2><ul>…`.
fn heading_above(holder: &NodeRef<'_>, reading: Reading<'_>) -> Option<ListEvent> {
    let heading = holder.prev_element_sibling().filter(is_heading)?;
    let mut texts = heading.descendants_it().filter(NodeRef::is_text);
    texts.find_map(|text| {
        let found = date(&text.text(), reading);
        found.0.is_known().then_some(ListEvent::Date(found, text.id))
    })
}

/// The items and the dates outside of them, in page order.
fn said(items: &[NodeRef<'_>], ids: &HashSet<NodeId>, reading: Reading<'_>) -> Vec<ListEvent> {
    let mut said = Vec::new();
    let Some(holder) = holder(items) else { return said };
    said.extend(heading_above(&holder, reading));
    let mut next = 0;
    let mut left: Vec<NodeRef<'_>> = holder.first_child().into_iter().collect();
    while let Some(node) = left.pop() {
        left.extend(node.next_sibling());
        if ids.contains(&node.id) {
            // Items come in page order; those inside another one have passed with it.
            if let Some(nth) = items[next..].iter().position(|item| item.id == node.id) {
                said.push(ListEvent::Item(next + nth));
                next += nth + 1;
            }
        } else if node.is_text() {
            let date = date(&node.text(), reading);
            if date.0.is_known() {
                said.push(ListEvent::Date(date, node.id));
            }
        } else if !node.is_element() || !page::is_unseen(&page::tag(&node)) {
            left.extend(node.first_child());
        }
    }
    keep_alike(&mut said, &holder);
    said
}

/// Days that head the rows of a list are all written by one template. A date whose element is like no other one's is that of
/// the page, of a match to come or of the exchange rates.
fn keep_alike(said: &mut Vec<ListEvent>, holder: &NodeRef<'_>) {
    let made = |said: &ListEvent| match said {
        ListEvent::Date(_, text) => {
            let around = holder.tree.get(text).and_then(|text| text.parent());
            around.map(|around| {
                let classes = around.attr("class").unwrap_or_default();
                let classes: Vec<String> =
                    classes.split_ascii_whitespace().map(str::to_owned).collect();
                (page::tag(&around).to_string(), classes)
            })
        }
        ListEvent::Item(_) => None,
    };
    let makings: Vec<Option<(String, Vec<String>)>> = said.iter().map(made).collect();
    if makings.iter().flatten().count() < 2 {
        return;
    }
    let is_like = |one: &(String, Vec<String>), other: &(String, Vec<String>)| {
        let (bare, other_bare) = (one.1.is_empty(), other.1.is_empty());
        one.0 == other.0
            && (bare && other_bare || one.1.iter().any(|class| other.1.contains(class)))
    };
    let mut nth = 0;
    said.retain(|_| {
        let making = &makings[nth];
        nth += 1;
        making.as_ref().is_none_or(|making| {
            makings.iter().flatten().filter(|other| is_like(making, other)).count() >= 2
        })
    });
}

fn date(text: &str, reading: Reading<'_>) -> Dated {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // A clock time alone is no day.
    let short = text.len() >= 6 && text.len() <= 3 * LONGEST && text.chars().count() <= LONGEST;
    if !short || digits < 3 && text.len() > 30 {
        return Dated::default();
    }
    let found = dates::alone(text, reading.zone, reading.now);
    (found, order::written(text).filter(|_| found.is_known()))
}

/// The nearest element around the first item and the last.
fn holder<'p>(items: &[NodeRef<'p>]) -> Option<NodeRef<'p>> {
    let (first, last) = items.first().zip(items.last())?;
    let around: HashSet<NodeId> = first.ancestors_it(None).map(|node| node.id).collect();
    last.ancestors_it(None).find(|node| around.contains(&node.id))
}
