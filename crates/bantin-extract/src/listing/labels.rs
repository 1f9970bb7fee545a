//! Labels of a row's dates: by the head of their column, or by the element or line before them.

use std::rc::Rc;

use dom_query::{NodeId, NodeRef};

use super::{ListingReader, Scope, Segments, grids, page};
use crate::date_context::{label_before, names_documents};
use crate::dates::{self, Label};
use crate::model::Published;

/// The heads of a table's columns.
#[derive(Debug, Default)]
pub struct TableHead {
    labels: Vec<Label>,
    /// Whether it lists legal documents: their date is that of their issue, however late they were posted.
    is_of_documents: bool,
}

/// A date of a row with what is said of it.
#[derive(Debug, Clone, Copy)]
pub struct SaidDate {
    pub found: Published,
    pub label: Label,
    pub is_of_documents: bool,
}

impl SaidDate {
    /// The higher, the more likely is the date that of the row's publication.
    pub fn rank(&self) -> u8 {
        match self.label {
            Label::Other => 0,
            Label::Updated => 1,
            Label::None => 2,
            Label::Issued if self.is_of_documents => 5,
            Label::Issued => 3,
            Label::Published => 4,
        }
    }
}

impl<'p> ListingReader<'_, 'p> {
    /// Returns a date with its label: the one in its text, else the one beside its element.
    pub(super) fn said_date(
        &self,
        scope: &Scope<'_, 'p>,
        node: &NodeRef<'p>,
        text: &str,
        found: Published,
    ) -> SaidDate {
        let head = self.column_of(scope, node);
        let is_of_documents = head.as_ref().is_some_and(|(head, _)| head.is_of_documents);
        // Where columns have heads, the cell before says nothing of this one: "Còn hiệu lực".
        let has_heads = head.as_ref().is_some_and(|(head, _)| !head.labels.is_empty());
        let is_top = |node: &NodeRef<'_>| {
            node.id == scope.node.id
                || self.ids.contains(&node.id)
                || has_heads && node.has_name("td")
        };
        let label = match dates::label_of_date(text, self.reading.zone, self.reading.now) {
            Label::None => head
                .and_then(|(head, column)| head.labels.get(column).copied())
                .filter(|label| *label != Label::None)
                .unwrap_or_else(|| label_before(node, is_top)),
            label => label,
        };
        SaidDate { found, label, is_of_documents }
    }

    /// The same of a piece of text; the piece before it may be its label: "Đăng công báo:<br>20/05/2020".
    pub(super) fn said_segment(
        &self,
        scope: &Scope<'_, 'p>,
        segments: Segments<'_>,
        nth: usize,
        found: Published,
    ) -> SaidDate {
        let (block, text) = &segments[nth];
        let unlabelled = SaidDate { found, label: Label::None, is_of_documents: false };
        let Some(node) = scope.node.tree.get(block) else { return unlabelled };
        let said = self.said_date(scope, &node, text, found);
        let before = nth.checked_sub(1).map(|before| &segments[before]);
        match before {
            Some((same, text)) if said.label == Label::None && same == block => {
                SaidDate { label: dates::label_of(text), ..said }
            }
            _ => said,
        }
    }

    /// Whether a piece of text is a date of effect, an end or a deadline.
    pub(super) fn is_other_date(
        &self,
        scope: &Scope<'_, 'p>,
        segments: Segments<'_>,
        nth: usize,
        found: Published,
    ) -> bool {
        self.said_segment(scope, segments, nth, found).label == Label::Other
    }

    /// Returns the table and the column of a node, within its row.
    fn column_of(
        &self,
        scope: &Scope<'_, 'p>,
        node: &NodeRef<'p>,
    ) -> Option<(Rc<TableHead>, usize)> {
        const LEVELS: usize = 4;
        let above = node.ancestors_it(Some(LEVELS)).take_while(|above| above.id != scope.node.id);
        let around: Vec<NodeRef<'p>> = std::iter::once(*node).chain(above).collect();
        let Some(cell) = around.iter().find(|node| node.has_name("td")).copied() else {
            return self.column_of_grid(scope, around.last()?);
        };
        if let Some(said) = grids::own_head(&cell) {
            let labels = vec![dates::label_of(&said)];
            let is_of_documents = self.table_head(&cell).is_some_and(|head| head.is_of_documents);
            return Some((Rc::new(TableHead { labels, is_of_documents }), 0));
        }
        let head = self.table_head(&cell)?;
        let before =
            std::iter::successors(cell.prev_element_sibling(), |cell| cell.prev_element_sibling());
        Some((head, before.map(|cell| width(&cell)).sum()))
    }

    /// The same of a box that is a cell of a grid's row.
    fn column_of_grid(
        &self,
        scope: &Scope<'_, 'p>,
        cell: &NodeRef<'p>,
    ) -> Option<(Rc<TableHead>, usize)> {
        if cell.id == scope.node.id || cell.parent().is_none_or(|row| row.id != scope.node.id) {
            return None;
        }
        let heads = match grids::own_head(cell) {
            Some(said) => vec![said],
            None => grids::heads(&scope.node, &self.grids)?.to_vec(),
        };
        let is_of_documents = heads.iter().any(|head| names_documents(head));
        let labels: Vec<Label> = heads.iter().map(|head| dates::label_of(head)).collect();
        let before =
            std::iter::successors(cell.prev_element_sibling(), |cell| cell.prev_element_sibling());
        let column = if labels.len() == 1 { 0 } else { before.count() };
        Some((Rc::new(TableHead { labels, is_of_documents }), column))
    }

    /// The heads of the table around a cell, read once for each table.
    fn table_head(&self, cell: &NodeRef<'p>) -> Option<Rc<TableHead>> {
        let table = cell.ancestors_it(Some(4)).find(|node| node.has_name("table"))?;
        let mut heads = self.heads.borrow_mut();
        Some(Rc::clone(heads.entry(table.id).or_insert_with(|| Rc::new(head_of(&table)))))
    }
}

/// Columns that a cell takes.
fn width(cell: &NodeRef<'_>) -> usize {
    cell.attr("colspan").and_then(|said| said.trim().parse().ok()).unwrap_or(1).clamp(1, 50)
}

/// Fills the columns under heads that have heads of their own in the next row: "Ngày" over "Ban hành" and "Hiệu lực".
fn fill_second_row(head: &mut TableHead, first: &[NodeRef<'_>], second: &[NodeRef<'_>]) {
    let mut next = second.iter();
    let mut column = 0;
    for cell in first {
        let width = width(cell);
        if width > 1 {
            let above = page::short_text(cell, 80).unwrap_or_default();
            for label in &mut head.labels[column..column + width] {
                let Some(below) = next.next() else { return };
                let text = format!("{above} {}", page::short_text(below, 80).unwrap_or_default());
                *label = dates::label_of(&text);
            }
        }
        column += width;
    }
}

/// The first row of several cells, where it says what the columns are: heads, or words without a link.
fn head_of(table: &NodeRef<'_>) -> TableHead {
    /// Rows above the heads, such as a form.
    const ROWS: usize = 3;
    let rows = table.descendants_it().filter(|node| node.has_name("tr"));
    for row in rows.take(ROWS) {
        let cells: Vec<NodeRef<'_>> = row
            .element_children()
            .into_iter()
            .filter(|cell| cell.has_name("th") || cell.has_name("td"))
            .collect();
        let is_head = cells.len() >= 2 && cells.iter().skip(1).all(|cell| cell.has_name("th"));
        let words = || {
            !row.descendants_it().any(|node| node.has_name("a"))
                && !page::visible_text(&row).bytes().any(|b| b.is_ascii_digit())
        };
        let heads_columns = is_head || cells.len() >= 3 && words();
        if !heads_columns {
            continue;
        }
        let mut head = TableHead::default();
        for cell in &cells {
            let text = page::short_text(cell, 80).unwrap_or_default();
            let label = dates::label_of(&text);
            head.labels.extend(std::iter::repeat_n(label, width(cell)));
            head.is_of_documents |= names_documents(&text);
        }
        let next = row.next_element_sibling().map(|row| row.element_children());
        if let Some(next) = next
            && !next.is_empty()
            && next.iter().all(|cell| cell.has_name("th"))
        {
            fill_second_row(&mut head, &cells, &next);
        }
        return head;
    }
    TableHead::default()
}

/// For the cache of [`ListingReader`].
pub type Heads = std::collections::HashMap<NodeId, Rc<TableHead>>;
