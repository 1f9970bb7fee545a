//! A reference: a legal or administrative document that an article names, such as "Nghị quyết 17/NQ-CP".

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What the text says of the document, in one form whatever the blanks and dashes of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocumentRef {
    /// "17/NQ-CP", "30/2020/NĐ-CP", "52-NQ/TW": without blanks, hyphens plain, letters as the decree on
    /// documents writes them (Nghị định 30/2020/NĐ-CP, Phụ lục III).
    pub symbol: String,
    /// The kind of document in words, "Nghị quyết"; by the abbreviation where the text does not say.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// "17": as written, leading noughts kept.
    pub number: String,
    /// The year in the symbol, else that of `date`.
    pub year: Option<i32>,
    /// "Chính phủ": as written after the symbol, else by its abbreviation where that has one
    /// meaning.
    pub issuer: Option<String>,
    /// "ngày 7/3/2019" after the symbol.
    pub date: Option<NaiveDate>,
}
