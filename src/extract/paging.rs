//! The way to older rows.

use super::{Reading, Step};
use crate::model::ListingRecipe;

pub fn next(_html: &str, _recipe: &ListingRecipe, _reading: Reading<'_>) -> Option<Step> {
    None
}
