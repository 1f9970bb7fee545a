//! Any bytes as a feed, a sitemap or JSON: no panic, and the same rows with the same ids each time.
#![no_main]

use bantin::extract::{self, Reading};
use bantin::model::{Kind, ListingRecipe};
use chrono::DateTime;
use chrono_tz::Asia::Ho_Chi_Minh;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let url = Url::parse("https://portal.example.gov.vn/rss").expect("a constant address parses");
    let now = DateTime::from_timestamp(1_590_111_000, 0).expect("in range");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    extract::kind(bytes, None);
    for kind in [Kind::Feed, Kind::Sitemap, Kind::Json] {
        let read = || extract::foreign(kind, bytes, None, &ListingRecipe::default(), reading);
        assert_eq!(read(), read());
    }
});
