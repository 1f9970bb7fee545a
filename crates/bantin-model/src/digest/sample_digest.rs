//! A digest with everything in it that a digest can hold, in invented words. Templates are tried on
//! it.

use chrono::{DateTime, TimeDelta};
use url::Url;
use uuid::Uuid;

use super::compose::{ComposedDigest, DigestInputs, compose};
use super::digest_texts::DigestTexts;
use crate::{CleanHtml, Image, Item, ItemId, Lang, Published, SourceId, Standing};

/// Is part of every text that a portal would supply. A template that does not escape it would let a
/// portal write the mail.
pub const SAMPLE_TAG: &str = "<bantin-mau>";

/// Returns the sample, and an empty digest.
pub fn sample(lang: Lang, public_url: &Url) -> [ComposedDigest; 2] {
    let items: Vec<Item> = (1..=3).map(item).collect();
    let revised: Vec<&Item> = items.iter().take(1).collect();
    let texts = DigestTexts::of(lang);
    let mut how = DigestInputs {
        title: &format!("Bản tin {SAMPLE_TAG} & \"mẫu\""),
        lang,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        now: DateTime::UNIX_EPOCH + TimeDelta::days(18_400),
        source_name: &|id| format!("Nguồn {id} {SAMPLE_TAG}"),
        public_url,
        broken: &[format!("Nguồn hỏng {SAMPLE_TAG}")],
        revised: &revised,
        older: 37,
        images: true,
    };
    let mut full = compose(&items, &how);
    full.more = Some(texts.more(3));
    how.revised = &[];
    how.broken = &[];
    how.older = 0;
    [full, compose(&[], &how)]
}

fn item(n: u32) -> Item {
    let text = |what: &str| {
        format!("{what} {n} {SAMPLE_TAG} & \"trích\" của một tin mẫu, đủ dài để xuống dòng")
    };
    let at = DateTime::UNIX_EPOCH + TimeDelta::days(18_399);
    Item {
        id: ItemId(Uuid::from_u128(u128::from(n))),
        seq: i64::from(n),
        source: SourceId::parse(if n < 3 { "mau" } else { "mau-2" }).expect("both are names"),
        url: format!("https://cong.example.vn/tin/{n}?a=1&b=%3C2"),
        title: text("Tiêu đề"),
        published: if n == 1 { Published::Unknown } else { Published::At(at) },
        updated: None,
        byline: None,
        section: (n != 2).then(|| text("Chuyên mục")),
        lead: (n != 3).then(|| text("Tóm tắt")),
        content_html: CleanHtml::default(),
        content_text: String::new(),
        images: vec![Image {
            url: format!("https://cong.example.vn/anh/{n}.jpg"),
            caption: Some(text("Ảnh")),
        }],
        attachments: Vec::new(),
        refs: Vec::new(),
        lang: None,
        standing: Standing::Open,
        first_seen: at,
        changed_at: at,
        sort_at: at,
        revision: 1,
        reader: 0,
        feed_updated: None,
    }
}
