//! Any text to a date: no panic, and what is read as a day alone is read again from its ISO form.
#![no_main]

use bantin::extract;
use bantin::model::Published;
use chrono::DateTime;
use chrono_tz::Asia::Ho_Chi_Minh;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let now = DateTime::from_timestamp(1_590_111_000, 0).expect("in range");
    if let Published::On(day) = extract::date(text, Ho_Chi_Minh, now) {
        assert_eq!(extract::date(&day.to_string(), Ho_Chi_Minh, now), Published::On(day), "{text:?}");
    }
    for reference in extract::refs(text) {
        assert!(!reference.symbol.contains(char::is_whitespace), "{reference:?}");
    }
});
