//! Any page as an article: no panic, and its markup is as clean as it will ever be.
#![no_main]

use bantin::extract::{self, Reading};
use bantin::model::ArticleRecipe;
use chrono::DateTime;
use chrono_tz::Asia::Ho_Chi_Minh;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let html = extract::decode(bytes, None);
    let url = Url::parse("https://portal.example.gov.vn/tin/1").expect("a constant address parses");
    let now = DateTime::from_timestamp(1_590_111_000, 0).expect("in range");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let (article, _) = extract::article(&html, &ArticleRecipe::default(), reading);
    // What the text says is escaped, so "<" begins a tag and nothing else.
    for piece in article.content_html.as_str().to_ascii_lowercase().split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let forbidden = ["script", "svg", "math", "iframe", "style", "object", "embed", "form", "base", "meta", "link"];
        assert!(!forbidden.contains(&name.as_str()), "<{tag}");
        for address in [" href=\"", " src=\""].iter().filter_map(|start| tag.split_once(start)) {
            let scheme = address.1.trim_start().split(':').next().unwrap_or_default();
            assert!(matches!(scheme, "http" | "https" | "mailto" | "tel"), "<{tag}");
        }
    }
});
