//! Finding the news of a page by itself.

use super::{Detection, Reading};
use crate::model::{ListingRecipe, Problem};

pub fn detect(_html: &str, _known: &ListingRecipe, _reading: Reading<'_>) -> Detection {
    Detection {
        problems: vec![Problem::new("listing", "detection is not built yet")],
        ..Detection::default()
    }
}
