//! The body of an article on a page that nobody described: which element holds it, and what in there is no part of it.
//! `choose` weighs paragraphs and the elements around them; `clean` goes through the chosen body block by block.

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
