//! Rows of legal documents. Their link is as often the number, a file's name or a button, so that a row's title is put
//! together: the symbol and what the document is about.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use dom_query::{NodeId, NodeRef};

use super::super::document_field::{
    DocumentField, field_of, labelled, lone_symbol, may_hold_symbol,
};
use super::super::text::fold;
use super::super::{Reading, attachments, dates, page};
use super::{grids, says_something};
use crate::model::{Article, DocumentRef, Published};

/// What a row says of its document.
#[derive(Debug, PartialEq)]
pub struct ListedDocument {
    pub title: String,
    symbol: String,
    issuer: Option<String>,
}

impl ListedDocument {
    /// What a row brings of its document besides: the symbol, by which it is filed.
    pub fn brought(&self, published: Published) -> Option<Box<Article>> {
        let mut named: DocumentRef = super::super::refs(&self.symbol).into_iter().next()?;
        named.issuer = named.issuer.or(self.issuer.clone());
        if let Published::On(day) = published {
            named.date = named.date.or(Some(day));
        }
        Some(Box::new(Article { refs: vec![named], ..Article::default() }))
    }
}

/// The fields of a table's columns.
#[derive(Debug, Default)]
pub struct Columns {
    fields: Vec<Option<DocumentField>>,
}

/// The columns of the tables that have been asked for.
pub type KnownColumns = RefCell<HashMap<NodeId, Rc<Columns>>>;

/// A row to be read: its element, the pieces of its text, and what its link says.
pub struct RowText<'s, 'p> {
    pub node: NodeRef<'p>,
    pub pieces: &'s [(NodeId, String)],
    pub title: Option<&'s str>,
    pub reading: Reading<'s>,
    pub grids: &'s grids::KnownGrids,
}

impl RowText<'_, '_> {
    /// Whether a piece of the row could be a symbol, at a glance.
    pub fn may_be_a_document(&self) -> bool {
        let short = |text: &str| text.len() <= 120 && may_hold_symbol(text);
        self.title.is_some_and(short) || self.pieces.iter().any(|(_, piece)| short(piece))
    }

    /// The document of the row; None where the row has no piece that is a symbol and nothing else.
    pub fn document(&self, known: &KnownColumns) -> Option<ListedDocument> {
        let cells = self.cells(known);
        let of = |field: DocumentField| {
            let cell = cells.iter().find(|(of, _)| *of == field).map(|(_, text)| text.clone());
            cell.or_else(|| self.labelled(field)).filter(|text| !text.is_empty())
        };
        let symbol = of(DocumentField::Symbol)
            .and_then(|text| lone_symbol(&text))
            .or_else(|| self.pieces.iter().find_map(|(_, piece)| symbol_of_piece(piece)))?;
        let about = |text: &String| {
            says_something(text) && lone_symbol(text).is_none() && !names_a_file(text)
        };
        let summary = of(DocumentField::Summary)
            .filter(about)
            .or_else(|| self.title.map(str::to_owned).filter(about).map(without_label))
            .or_else(|| self.longest(&cells));
        let title = match summary {
            Some(summary) if holds(&summary, &symbol) => summary,
            Some(summary) => format!("{symbol}: {summary}"),
            None => return None,
        };
        Some(ListedDocument { title, symbol, issuer: of(DocumentField::Issuer) })
    }

    /// The cells of a table's row by the header above them.
    fn cells(&self, known: &KnownColumns) -> Vec<(DocumentField, String)> {
        let Some(columns) = self.columns(known) else { return self.cells_of_a_grid() };
        let mut found = Vec::new();
        let mut column = 0;
        for cell in cells_of(&self.node) {
            let field = columns.fields.get(column).copied().flatten();
            if let Some(field) = field {
                found.push((field, page::visible_text(&cell)));
            }
            column += span(&cell);
        }
        // A row with other columns than its header has none that can be named.
        if column == columns.fields.len() { found } else { Vec::new() }
    }

    /// The same of a row of boxes, by the heads above it or what each says of itself.
    fn cells_of_a_grid(&self) -> Vec<(DocumentField, String)> {
        let heads = grids::heads(&self.node, self.grids);
        let field = |(nth, cell): (usize, NodeRef<'_>)| {
            let own = grids::own_head(&cell);
            let head = own.as_deref().or_else(|| heads.as_ref().map(|heads| &*heads[nth]))?;
            Some((field_of(head)?, page::visible_text(&cell)))
        };
        grids::cells(&self.node).into_iter().enumerate().filter_map(field).collect()
    }

    fn columns(&self, known: &KnownColumns) -> Option<Rc<Columns>> {
        if !self.node.has_name("tr") {
            return None;
        }
        let table = self.node.ancestors_it(Some(4)).find(|above| above.has_name("table"))?;
        if let Some(columns) = known.borrow().get(&table.id) {
            return Some(Rc::clone(columns));
        }
        let columns = Rc::new(Columns::of(&table));
        known.borrow_mut().insert(table.id, Rc::clone(&columns));
        Some(columns)
    }

    /// The value of a label in the row: "Trích yếu: …", or the piece after "Trích yếu".
    fn labelled(&self, field: DocumentField) -> Option<String> {
        self.pieces.iter().enumerate().find_map(|(nth, (_, piece))| {
            match labelled(piece) {
                Some((of, value)) if of == field && !value.is_empty() => {
                    return Some(value.to_owned());
                }
                Some((of, _)) if of == field => {}
                None if field_of(piece) == Some(field) => {}
                _ => return None,
            }
            let (_, next) = self.pieces.get(nth + 1)?;
            (field_of(next).is_none() && labelled(next).is_none()).then(|| next.clone())
        })
    }

    /// The longest piece that is no symbol, no date, no property besides.
    fn longest(&self, cells: &[(DocumentField, String)]) -> Option<String> {
        let (zone, now) = (self.reading.zone, self.reading.now);
        let of_other_columns: Vec<&String> = cells
            .iter()
            .filter(|(field, _)| *field != DocumentField::Summary)
            .map(|(_, text)| text)
            .collect();
        let worded = self.pieces.iter().map(|(_, piece)| piece).filter(|piece| {
            says_something(piece)
                && lone_symbol(piece).is_none()
                && !names_a_file(piece)
                && labelled(piece).is_none()
                && field_of(piece).is_none()
                && !of_other_columns.contains(piece)
                && piece.split_whitespace().nth(1).is_some()
                && !dates::alone(piece, zone, now).is_known()
        });
        worded.max_by_key(|piece| piece.chars().count()).cloned()
    }
}

impl Columns {
    /// Reads the header: the first row of labels of which one is a document's symbol or summary.
    fn of(table: &NodeRef<'_>) -> Columns {
        let rows = table.descendants_it().take(400).filter(|node| node.has_name("tr")).take(4);
        for row in rows {
            let mut fields = Vec::new();
            for cell in cells_of(&row).take(40) {
                let field = page::short_text(&cell, 40).and_then(|text| field_of(&text));
                fields.push(field);
                fields.extend((1..span(&cell)).map(|_| None));
            }
            let named = fields.iter().flatten().count();
            let of_a_document = |field: &DocumentField| {
                matches!(field, DocumentField::Symbol | DocumentField::Summary)
            };
            if named >= 2 && fields.iter().flatten().any(of_a_document) {
                return Columns { fields };
            }
        }
        Columns::default()
    }
}

fn cells_of<'p>(row: &NodeRef<'p>) -> impl Iterator<Item = NodeRef<'p>> {
    let cells = row.children_it(false);
    cells.filter(|cell| cell.is_element() && matches!(&*page::tag(cell), "td" | "th"))
}

fn span(cell: &NodeRef<'_>) -> usize {
    let span = cell.attr("colspan").and_then(|span| span.trim().parse::<usize>().ok());
    span.unwrap_or(1).clamp(1, 40)
}

/// A piece that is a symbol, alone or by its label.
fn symbol_of_piece(piece: &str) -> Option<String> {
    match labelled(piece) {
        Some((DocumentField::Symbol, value)) => lone_symbol(value),
        Some(_) => None,
        // Without a label a hyphen alone may be of anything: "5G-IoT".
        None => lone_symbol(piece)
            .filter(|symbol| symbol.contains('/') || !super::super::refs(symbol).is_empty()),
    }
}

fn without_label(text: String) -> String {
    match labelled(&text) {
        Some((DocumentField::Summary, value)) if !value.is_empty() => value.to_owned(),
        _ => text,
    }
}

/// Whether words are a file's name.
pub fn names_a_file(text: &str) -> bool {
    text.len() <= 200 && attachments::names_a_file(text)
}

/// Whether a summary names the symbol already, blanks and accents apart.
fn holds(summary: &str, symbol: &str) -> bool {
    let bare = |text: &str| -> String {
        fold(text).chars().filter(|c| c.is_alphanumeric() || *c == '/').collect()
    };
    bare(summary).contains(&bare(symbol))
}
