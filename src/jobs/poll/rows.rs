//! Keys and fingerprints of rows, by which they are compared.

use chrono_tz::Asia::Ho_Chi_Minh;

use bantin_extract::text;
use bantin_model::limits;
use bantin_model::{Article, Attachment, DocumentRef, ItemKey, Published, Row};

/// What a listing says of a row, to notice an edit there.
/// Of its date the day alone counts: "2 giờ trước" is another minute at each poll, and no edit.
pub(crate) fn fingerprint(row: &Row) -> String {
    let day = match row.published {
        Published::At(at) => at.with_timezone(&Ho_Chi_Minh).date_naive().to_string(),
        Published::On(day) => day.to_string(),
        Published::Unknown => String::new(),
    };
    let lead = row.lead.as_deref().unwrap_or("");
    match whole_text(row) {
        Some(article) => digest_of(&[&row.title, &day, lead, &article.content_text]),
        None => digest_of(&[&row.title, &day, lead]),
    }
}

/// What names the rows.
pub(super) fn shown_keys(rows: &[Row]) -> Vec<ItemKey> {
    rows.iter().map(Row::key).collect()
}

/// By key, since portals put a new session into every link of every page.
pub(super) fn rows_hash(keys: &[ItemKey], rows: &[Row]) -> String {
    let lines: Vec<String> = keys
        .iter()
        .zip(rows)
        .map(|(key, row)| format!("{}\n{}", key.as_str(), fingerprint(row)))
        .collect();
    digest_of(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A short stable hash of several texts; no two lists of texts run together.
fn digest_of(parts: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Most listings run from new to old. One that visibly runs from old to new is left in its order.
pub(crate) fn newest_first<K, L>(rows: &[(Row, K, L)]) -> bool {
    let moments: Vec<_> =
        rows.iter().filter_map(|(row, ..)| row.published.moment(chrono_tz::UTC)).collect();
    let rising = moments.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falling = moments.windows(2).filter(|pair| pair[0] > pair[1]).count();
    rising <= falling
}

/// What a feed brought of an article, where that is all of it and not a teaser.
pub(super) fn whole_text(row: &Row) -> Option<&Article> {
    let article = row.brought.as_deref()?;
    let text = article.content_text.trim_end();
    let cut = ["…", "...", "[…]", "[...]", "[&hellip;]"].iter().any(|end| text.ends_with(end));
    (!cut && text.chars().count() >= limits::WHOLE_TEXT_CHARS).then_some(article)
}

/// What the page of an article lacks and a feed brought.
pub(crate) fn fill(page: Article, brought: &Article) -> Article {
    let other = brought.clone();
    let bare = page.content_text.is_empty();
    let refs = match bare && page.refs.is_empty() || other.content_text.is_empty() {
        true => own_first(other.refs, page.refs),
        false => page.refs,
    };
    Article {
        title: page.title.or(other.title),
        published: if page.published.is_known() { page.published } else { other.published },
        updated: page.updated.or(other.updated),
        byline: page.byline.or(other.byline),
        section: page.section.or(other.section),
        lead: page.lead.or(other.lead),
        content_html: if bare { other.content_html } else { page.content_html },
        content_text: if bare { other.content_text } else { page.content_text },
        images: if page.images.is_empty() { other.images } else { page.images },
        attachments: with_others(page.attachments, other.attachments),
        refs,
        lang: page.lang.or(other.lang),
    }
}

/// The files of the page, and those that only the feed names: a recording is seldom linked on the page.
fn with_others(mut files: Vec<Attachment>, brought: Vec<Attachment>) -> Vec<Attachment> {
    for file in brought {
        if !files.iter().any(|known| known.url == file.url) {
            files.push(file);
        }
    }
    files
}

/// The documents that an article names, after the one that its row says it is.
fn own_first(own: Vec<DocumentRef>, named: Vec<DocumentRef>) -> Vec<DocumentRef> {
    let mut refs = own;
    for one in named {
        match refs.iter_mut().find(|known| known.symbol == one.symbol) {
            Some(known) => {
                known.kind = known.kind.take().or(one.kind);
                known.issuer = known.issuer.take().or(one.issuer);
                known.year = known.year.or(one.year);
                known.date = known.date.or(one.date);
            }
            None => refs.push(one),
        }
    }
    refs
}

/// How many different titles there are, accents and case aside.
pub(super) fn titles(rows: &[Row]) -> usize {
    rows.iter().map(|row| text::fold(&row.title)).collect::<std::collections::HashSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        Row {
            url: "https://a.vn/1".parse().expect("a fixed address"),
            title: "Tin".to_owned(),
            published: Published::Unknown,
            lead: None,
            image: None,
            id: None,
            brought: Some(Box::new(Article {
                content_text: text.to_owned(),
                ..Article::default()
            })),
        }
    }

    #[test]
    fn a_feed_s_own_text_is_the_article_when_it_is_long_and_not_cut() {
        let check = |text: &str, whole: bool| {
            assert_eq!(whole_text(&row(text)).is_some(), whole, "{} letters", text.len());
        };
        let long = "Hội nghị bàn giải pháp. ".repeat(40);
        check(&long, true);
        check("Hội nghị bàn giải pháp.", false);
        check(&format!("{long}…"), false);
        check(&format!("{long} [...]"), false);
    }

    #[test]
    fn the_document_of_a_row_comes_before_those_that_its_page_names() {
        let cited = |symbol: &str| bantin_extract::refs(symbol).remove(0);
        let brought = Article { refs: vec![cited("125/QĐ-UBND")], ..Article::default() };
        let page = Article {
            content_text: "Căn cứ Nghị định 30/2020/NĐ-CP".to_owned(),
            refs: vec![cited("30/2020/NĐ-CP"), cited("125/QĐ-UBND")],
            ..Article::default()
        };
        let symbols = |article: Article| -> Vec<String> {
            article.refs.into_iter().map(|one| one.symbol).collect()
        };
        assert_eq!(symbols(fill(page, &brought)), ["125/QĐ-UBND", "30/2020/NĐ-CP"]);
        assert_eq!(symbols(fill(Article::default(), &brought)), ["125/QĐ-UBND"]);
    }

    #[test]
    fn what_the_page_lacks_comes_from_the_feed_and_nothing_else_does() {
        let brought = Article {
            byline: Some("Lan".to_owned()),
            content_text: "Tóm tắt".to_owned(),
            ..Article::default()
        };
        let page = Article { content_text: "Toàn văn".to_owned(), ..Article::default() };
        let filled = fill(page, &brought);
        assert_eq!((filled.byline.as_deref(), &*filled.content_text), (Some("Lan"), "Toàn văn"));
        assert_eq!(fill(Article::default(), &brought), brought);
    }
}
