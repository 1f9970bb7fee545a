//! The date that a text holds, as JSON: `cargo run --example date -- "22/05/2020 8:26:51 SA"`

mod support;

use bantin_extract::{date, report};
use chrono_tz::Asia::Ho_Chi_Minh;

fn main() -> anyhow::Result<()> {
    let given = support::given("date TEXT")?;
    let value = report::published_text(date(&given.subject, Ho_Chi_Minh, given.now), Ho_Chi_Minh);
    println!("{}", serde_json::json!({ "value": value }));
    Ok(())
}
