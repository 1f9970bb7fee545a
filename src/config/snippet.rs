//! Parts of a config file for an admin to paste: what bantin found out by itself, in the words of the file.

use bantin_model::ListingRecipe;

/// The `[source.listing]` table of a recipe: the parts that are there, one a line.
pub fn listing_toml(recipe: &ListingRecipe) -> String {
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
            text += &format!("{key} = {}\n", toml::Value::String(value.clone()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_recipe_reads_back_as_it_was() {
        for item in ["ul.tin > li", "[id$=\"dl Tin\"] td", "a[href*='\\\\x']", "li:has(> a), p\ta"]
        {
            let recipe = ListingRecipe {
                item: Some(item.to_owned()),
                date: Some(".ngay".to_owned()),
                ..ListingRecipe::default()
            };
            let pasted: toml::Table = listing_toml(&recipe).parse().expect("it is TOML");
            let listing = &pasted["source"]["listing"];
            assert_eq!(listing["item"].as_str(), Some(item));
            assert_eq!(listing["date"].as_str(), Some(".ngay"));
            assert!(listing.get("title").is_none());
        }
    }
}
