//! Any page: what detection calls the list, the recipe that it gives reads again.
#![no_main]

use bantin::extract::{self, Reading};
use bantin::model::ListingRecipe;
use chrono::DateTime;
use chrono_tz::Asia::Ho_Chi_Minh;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let html = extract::decode(bytes, None);
    let url = Url::parse("https://portal.example.gov.vn/tin").expect("a constant address parses");
    let now = DateTime::from_timestamp(1_590_111_000, 0).expect("in range");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let detection = extract::detect(&html, &ListingRecipe::default(), reading);
    match &detection.recipe {
        Some(recipe) => assert_eq!(extract::listing(&html, recipe, reading).rows, detection.rows),
        None => assert!(detection.rows.is_empty() && !detection.problems.is_empty()),
    }
    let recipe = ListingRecipe { item: Some("li, tr, p, div > a".to_owned()), ..Default::default() };
    extract::listing(&html, &recipe, reading);
    extract::next_page(&html, &recipe, reading);
});
