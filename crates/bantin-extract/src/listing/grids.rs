//! Tables made of other elements than `tr`: rows of boxes below a row of heads, by their roles or by what the heads say.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use dom_query::{NodeId, NodeRef};

use super::super::document_field::{DocumentField, field_of};
use super::super::page;

/// Columns of a grid.
const MOST: usize = 20;
/// Letters of a head.
const LONGEST: usize = 40;

/// What the columns of a grid are called.
pub type GridHeads = Rc<Vec<String>>;

/// The heads of the grids that have been asked for, by the element around their rows.
pub type KnownGrids = RefCell<HashMap<NodeId, Option<GridHeads>>>;

/// Returns the cells of a grid's row: those that have the role, else the elements directly inside.
pub fn cells<'p>(row: &NodeRef<'p>) -> Vec<NodeRef<'p>> {
    row.children_it(false).filter(NodeRef::is_element).take(MOST + 1).collect()
}

/// Returns the heads above a row that is no `tr`; `None` where what is above it is no row of heads.
pub fn heads(row: &NodeRef<'_>, known: &KnownGrids) -> Option<GridHeads> {
    if matches!(&*page::tag(row), "tr" | "td" | "a" | "p") {
        return None;
    }
    let holder = row.parent()?;
    if let Some(heads) = known.borrow().get(&holder.id) {
        return heads.clone().filter(|heads| heads.len() == cells(row).len());
    }
    let heads = find(row, &holder).map(Rc::new);
    known.borrow_mut().insert(holder.id, heads.clone());
    heads.filter(|heads| heads.len() == cells(row).len())
}

/// Whether a row is that of the heads.
pub fn is_heads(row: &NodeRef<'_>) -> bool {
    !row.has_name("tr") && (2..=MOST).contains(&cells(row).len()) && names(row).is_some()
}

fn find(row: &NodeRef<'_>, holder: &NodeRef<'_>) -> Option<Vec<String>> {
    by_role(row).or_else(|| {
        let is_element = |node: &NodeRef<'_>| node.is_element();
        let first = holder.children_it(false).find(is_element).filter(|first| first.id != row.id);
        // A head of its own, with the row of heads in it or without.
        let before = std::iter::successors(holder.prev_sibling(), NodeRef::prev_sibling);
        let beside = before.filter(|node| is_element(node)).take(1);
        let inside = beside.clone().flat_map(|node| cells(&node));
        first.into_iter().chain(beside).chain(inside).find_map(|heads| names(&heads))
    })
}

/// The heads of the table that roles make.
fn by_role(row: &NodeRef<'_>) -> Option<Vec<String>> {
    const LEVELS: usize = 4;
    let has_role =
        |node: &NodeRef<'_>, role: &str| node.attr("role").is_some_and(|of| *of == *role);
    let table = row
        .ancestors_it(Some(LEVELS))
        .find(|above| has_role(above, "table") || has_role(above, "grid"))?;
    let mut inside = table.descendants_it().take(200).filter(NodeRef::is_element);
    let heads = inside.find(|node| {
        has_role(node, "row") && cells(node).iter().any(|cell| has_role(cell, "columnheader"))
    })?;
    Some(
        cells(&heads)
            .iter()
            .map(|cell| page::short_text(cell, LONGEST).unwrap_or_default())
            .collect(),
    )
}

/// What the cells of a row of heads say: short words, two of them names of what is said of a document, and one of them its
/// symbol, its summary or its day.
fn names(row: &NodeRef<'_>) -> Option<Vec<String>> {
    let cells = cells(row);
    if !(2..=MOST).contains(&cells.len()) {
        return None;
    }
    let names: Vec<String> =
        cells.iter().map(|cell| page::short_text(cell, LONGEST)).collect::<Option<_>>()?;
    let has_figures = |name: &String| name.bytes().any(|byte| byte.is_ascii_digit());
    if names.iter().any(has_figures) {
        return None;
    }
    let fields: Vec<DocumentField> = names.iter().filter_map(|name| field_of(name)).collect();
    let tells = |field: &DocumentField| {
        matches!(field, DocumentField::Symbol | DocumentField::Summary | DocumentField::Issued)
    };
    (fields.len() * 2 > names.len() && fields.len() >= 2 && fields.iter().any(tells))
        .then_some(names)
}

/// What a cell says of itself that its column is called.
pub fn own_head(cell: &NodeRef<'_>) -> Option<String> {
    ["data-label", "data-title", "data-th", "aria-label"]
        .iter()
        .find_map(|name| cell.attr(name))
        .map(|said| said.to_string())
}
