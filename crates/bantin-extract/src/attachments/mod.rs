//! Documents that an article offers: `address` says which document an address or a script names, `offer` reads an element
//! that hands one out and the words it is called by, `ownership` tells the article's from those of the page around it.

mod address;
mod offer;
mod ownership;
mod size;

pub use address::{document, unwrapped};
pub use ownership::{ArticleBounds, of_article};

/// Whether a text is a file's name: "vb-4100.docx".
pub fn names_a_file(text: &str) -> bool {
    address::named(text).is_some()
}
