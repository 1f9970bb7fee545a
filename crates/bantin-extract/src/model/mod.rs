//! The values that reading gives: rows, articles and what they hold.

mod article;
mod clean_html;
pub mod item_key;
pub mod problem;
mod published;
mod recipe;
mod reference;
mod row;
mod wishes;

pub use article::{Article, Attachment, Image};
pub use clean_html::CleanHtml;
pub use item_key::ItemKey;
pub use problem::{Problem, ProblemCode, ProblemGroup};
pub use published::Published;
pub use recipe::{ArticleRecipe, FoundRecipe, ListingRecipe, OnRedesign, Recipe, SourceKind};
pub use reference::DocumentRef;
pub use row::{Row, day_of};
pub use wishes::Wishes;
