//! Dates that stand between the items of a list and in none of them: a day as the heading of all rows below it, or a line
//! with the date under each title where the two share no element.

use std::collections::HashSet;

use dom_query::{NodeId, NodeRef};

use super::super::{Reading, dates, page};
use crate::model::Published;

/// "Thứ Ba, ngày 24 tháng 11 năm 2026" with a word or two around it; what is longer speaks of something.
const LONGEST: usize = 60;

/// What the list says, read from top to bottom.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    Date(Published),
    Item(usize),
}

/// The date of each item, in their order; [`Published::Unknown`] for all where what stands between them has no order.
pub fn dates(items: &[NodeRef<'_>], ids: &HashSet<NodeId>, reading: Reading<'_>) -> Vec<Published> {
    let said = said(items, ids, reading);
    let mut found = vec![Published::Unknown; items.len()];
    let dates = said.iter().filter(|said| matches!(said, Said::Date(_))).count();
    // A single date is as often that of the page.
    if dates < 2 {
        return found;
    }
    let follows = |pair: &&[Said]| matches!(pair, [Said::Item(_), Said::Date(_)]);
    let followed = said.windows(2).filter(follows).count();
    let ends_dated = matches!(said.last(), Some(Said::Date(_)));
    if ends_dated && followed * 5 >= items.len() * 4 {
        for pair in said.windows(2) {
            if let [Said::Item(nth), Said::Date(date)] = pair {
                found[*nth] = *date;
            }
        }
    } else if matches!(said.first(), Some(Said::Date(_))) {
        let mut above = Published::Unknown;
        for said in said {
            match said {
                Said::Date(date) => above = date,
                Said::Item(nth) => found[nth] = above,
            }
        }
    }
    found
}

/// The items and the dates outside of them, in page order.
fn said(items: &[NodeRef<'_>], ids: &HashSet<NodeId>, reading: Reading<'_>) -> Vec<Said> {
    let mut said = Vec::new();
    let Some(holder) = holder(items) else { return said };
    let mut next = 0;
    let mut left: Vec<NodeRef<'_>> = holder.first_child().into_iter().collect();
    while let Some(node) = left.pop() {
        left.extend(node.next_sibling());
        if ids.contains(&node.id) {
            // Items come in page order; those inside another one have passed with it.
            if let Some(nth) = items[next..].iter().position(|item| item.id == node.id) {
                said.push(Said::Item(next + nth));
                next += nth + 1;
            }
        } else if node.is_text() {
            let date = date(&node.text(), reading);
            if date.is_known() {
                said.push(Said::Date(date));
            }
        } else if !node.is_element() || !page::is_unseen(&page::tag(&node)) {
            left.extend(node.first_child());
        }
    }
    said
}

fn date(text: &str, reading: Reading<'_>) -> Published {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // A clock time alone is no day.
    let short = text.len() >= 6 && text.len() <= 3 * LONGEST && text.chars().count() <= LONGEST;
    if !short || digits < 3 && text.len() > 30 {
        return Published::Unknown;
    }
    dates::alone(text, reading.zone, reading.now)
}

/// The nearest element around the first item and the last.
fn holder<'p>(items: &[NodeRef<'p>]) -> Option<NodeRef<'p>> {
    let (first, last) = items.first().zip(items.last())?;
    let around: HashSet<NodeId> = first.ancestors_it(None).map(|node| node.id).collect();
    last.ancestors_it(None).find(|node| around.contains(&node.id))
}
