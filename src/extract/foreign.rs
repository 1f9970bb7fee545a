//! Feeds, sitemaps and JSON of others.

use super::{Listing, Reading};
use crate::model::{Kind, ListingRecipe};

pub fn kind(_body: &[u8], _content_type: Option<&str>) -> Kind {
    Kind::Page
}

pub fn read(
    _kind: Kind,
    _body: &[u8],
    _content_type: Option<&str>,
    _recipe: &ListingRecipe,
    _reading: Reading<'_>,
) -> Listing {
    Listing::default()
}
