//! Finds the body of an article without a recipe: which element holds it, and what inside is not
//! part of it. `choose` weighs paragraphs and the elements around them; `clean` goes through the
//! chosen body block by block.

mod choose;
mod clean;
mod notice;
mod rates;
mod regions;
mod words;

pub use choose::{LITTLE_MASS, choose};
pub use clean::{CleaningContext, clean};
pub use notice::find as notice;
pub use regions::outside;
pub use words::{heads_comments, heads_other_news};
