//! A recipe, compiled.

use dom_query::Matcher;

use super::super::recipe;
use crate::model::ListingRecipe;

/// A recipe, compiled.
pub(super) struct ListingRules {
    pub(super) source: String,
    pub(super) item: Matcher,
    pub(super) link: Option<Matcher>,
    pub(super) title: Option<Matcher>,
    pub(super) date: Option<Matcher>,
    pub(super) date_format: Option<String>,
    pub(super) lead: Option<Matcher>,
    pub(super) image: Option<Matcher>,
}

impl ListingRules {
    pub(super) fn compile(listing: &ListingRecipe) -> Result<Self, String> {
        let Some(source) = &listing.item else {
            return Err(
                "the recipe has no \"item\" selector, so there is nothing to read rows from"
                    .to_owned(),
            );
        };
        let optional = |key: &str, selector: &Option<String>| match selector {
            Some(selector) => {
                recipe::compile(selector).map(Some).map_err(|error| format!("{key}: {error}"))
            }
            None => Ok(None),
        };
        Ok(ListingRules {
            source: source.clone(),
            item: recipe::compile(source).map_err(|error| format!("item: {error}"))?,
            link: optional("link", &listing.link)?,
            title: optional("title", &listing.title)?,
            date: optional("date", &listing.date)?,
            date_format: listing.date_format.clone(),
            lead: optional("lead", &listing.lead)?,
            image: optional("image", &listing.image)?,
        })
    }
}
