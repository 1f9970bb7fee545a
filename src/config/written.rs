//! Settings written as an admin would write them, for pasting into the file.

use toml::Value;

use crate::model::ListingRecipe;

/// The table of a listing's recipe, with its header.
pub fn listing_table(recipe: &ListingRecipe) -> String {
    let parts = [
        ("item", &recipe.item),
        ("link", &recipe.link),
        ("title", &recipe.title),
        ("date", &recipe.date),
        ("date_format", &recipe.date_format),
        ("lead", &recipe.lead),
        ("image", &recipe.image),
        ("next", &recipe.next),
    ];
    let mut text = "[source.listing]\n".to_owned();
    for (key, value) in parts {
        if let Some(value) = value {
            text += &format!("{key} = {}\n", Value::String(value.clone()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        let recipe = ListingRecipe {
            item: Some("div[id$=\"dl Tin\"] > td:contains('CÁC TIN')".to_owned()),
            date: Some("span.ngày".to_owned()),
            ..ListingRecipe::default()
        };
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
             from = \"bantin@example.vn\"\n[[source]]\nid = \"so\"\nurl = \"https://a.vn/\"\n{}",
            listing_table(&recipe)
        );
        let config = Config::from_text(&text, std::path::Path::new("test.toml"));
        assert_eq!(config.expect("it is right").sources[0].recipe.listing, recipe);
    }
}
