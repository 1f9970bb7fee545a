//! The article of a saved page, as JSON: `cargo run --example read -- FILE --base URL`

mod support;

use bantin_extract::model::ArticleRecipe;
use bantin_extract::{Reading, article, decode, report};
use chrono_tz::Asia::Ho_Chi_Minh;

fn main() -> anyhow::Result<()> {
    let given = support::given("read FILE")?;
    let html = decode(&support::file(&given.subject)?, None);
    let reading = Reading { url: &given.base, zone: Ho_Chi_Minh, now: given.now };
    let (read, problems) = article(&html, &ArticleRecipe::default(), reading);
    let answer = report::article(&given.base, &read, &problems, Ho_Chi_Minh);
    println!("{}", serde_json::to_string_pretty(&answer)?);
    Ok(())
}
