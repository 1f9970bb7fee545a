//! The news that a saved page or feed lists, as JSON: `cargo run --example detect -- FILE --base URL`

mod support;

use bantin_extract::model::Recipe;
use bantin_extract::{Reading, report, survey};
use chrono_tz::Asia::Ho_Chi_Minh;

fn main() -> anyhow::Result<()> {
    let given = support::given("detect FILE")?;
    let body = support::file(&given.subject)?;
    let reading = Reading { url: &given.base, zone: Ho_Chi_Minh, now: given.now };
    let (kind, detection) = survey(&body, None, &Recipe::default(), reading);
    let answer = report::detection(&given.base, kind, &detection, Ho_Chi_Minh);
    println!("{}", serde_json::to_string_pretty(&answer)?);
    Ok(())
}
