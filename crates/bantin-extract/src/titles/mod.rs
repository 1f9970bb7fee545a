//! Which text is an article's title: candidates on the page, what speaks for each, and the title of the row that led there.

mod candidates;
mod choose;
mod names;
#[cfg(test)]
mod tests;

pub use candidates::of_page;
pub use choose::{ChosenTitle, choose, is_better_title};
