//! References to legal and administrative documents.

use crate::model::DocumentRef;

pub fn find(_text: &str) -> Vec<DocumentRef> {
    Vec::new()
}
