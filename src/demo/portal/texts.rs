//! What the sample portal publishes: our own texts about a province that does not exist. Marks in
//! braces are replaced by dates when an item is published: `{ngay}` the day itself, `{hom_qua}` the
//! day before, `{tuan_sau}` a week later, `{thang}` and `{nam}` the month and year.

use super::images::Scene;

pub use super::text_documents::DOCUMENTS;
pub use super::text_news::NEWS;

pub struct NewsText {
    pub title: &'static str,
    pub lead: &'static str,
    pub scene: Scene,
    pub caption: &'static str,
    pub paragraphs: &'static [&'static str],
    /// The last paragraph, as the editors sign.
    pub byline: &'static str,
    /// What a later correction replaces, and by what. It is in the lead, so that the listing shows
    /// it too.
    pub correction: Option<(&'static str, &'static str)>,
}

pub struct DocumentText {
    /// What follows the number: `TB-STTTT`.
    pub sign: &'static str,
    /// Of the first document made from this text.
    pub number: u32,
    pub title: &'static str,
    pub paragraphs: &'static [&'static str],
    /// Name and rank.
    pub signer: (&'static str, &'static str),
    pub files: &'static [(FileKind, &'static str)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Pdf,
    Docx,
}

impl FileKind {
    pub fn ending(self) -> &'static str {
        match self {
            FileKind::Pdf => "pdf",
            FileKind::Docx => "docx",
        }
    }
}
