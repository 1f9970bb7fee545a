//! Titles that the pages of several items of one source have in common: the name of a section or of the portal, and the
//! title of none of them.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::poll_record::{ArticleRead, NewItem, RevisitedItem};
use super::sql::{Tx, args, sql};
use bantin_extract::text::fold;
use bantin_model::{ItemId, SourceId};

/// An item's two titles.
struct TitlePair {
    id: String,
    /// What the listing calls the item; None where it was not read in this poll.
    row: Option<String>,
    page: String,
}

/// Page titles that no item of the source takes over, since items with other titles in the listing have them as well.
pub(super) async fn shared_titles(
    tx: &mut Tx,
    source: &SourceId,
    new: &[NewItem],
    looked_at: &[RevisitedItem],
) -> Result<HashSet<String>> {
    let of_new = new.iter().filter_map(|new| pair(new.id, Some(&new.row.title), new.read.as_ref()));
    let of_known = looked_at.iter().filter_map(|look| {
        pair(look.id, look.row.as_ref().map(|(row, _)| &row.title), look.read.as_ref())
    });
    let mut pairs: Vec<TitlePair> = of_new.chain(of_known).collect();
    // A page that repeats its row's title, as most do, need not be compared with any other.
    let doubtful: HashSet<String> =
        pairs.iter().filter(|pair| is_doubtful(pair)).map(|pair| pair.page.clone()).collect();
    if doubtful.is_empty() {
        return Ok(HashSet::new());
    }
    let titles: Vec<String> = doubtful.iter().cloned().collect();
    let sql = sql!("SELECT id, row_title, article_title FROM item WHERE source = $1 AND article_title IN ", in "$2", " LIMIT 1000");
    for row in tx.all(sql, args![source.as_str(), titles]).await? {
        let (id, page) = (row.text("id")?, row.text("article_title")?);
        let row_title = Some(row.text("row_title")?);
        match pairs.iter_mut().find(|pair| pair.id == id) {
            Some(known) => known.row = known.row.take().or(row_title),
            None => pairs.push(TitlePair { id, row: row_title, page }),
        }
    }
    Ok(in_common(&pairs).filter(|title| doubtful.contains(title)).collect())
}

fn pair(id: ItemId, row: Option<&String>, read: Option<&ArticleRead>) -> Option<TitlePair> {
    let page = read?.article.title.clone()?;
    Some(TitlePair { id: id.to_string(), row: row.cloned(), page })
}

fn is_doubtful(pair: &TitlePair) -> bool {
    pair.row.as_ref().is_none_or(|row| fold(row) != fold(&pair.page))
}

/// Page titles of items that the listing calls by different titles.
fn in_common(pairs: &[TitlePair]) -> impl Iterator<Item = String> {
    let mut rows: HashMap<&str, HashSet<String>> = HashMap::new();
    for pair in pairs {
        let row = pair.row.as_deref().map(fold);
        rows.entry(&pair.page).or_default().extend(row);
    }
    let shared = rows.into_iter().filter(|(_, rows)| rows.len() > 1);
    shared.map(|(page, _)| page.to_owned()).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_title_is_shared_where_the_listing_tells_its_items_apart() {
        let pairs = |titles: &[(&str, &str)]| -> Vec<TitlePair> {
            let pair = |(at, (row, page)): (usize, &(&str, &str))| TitlePair {
                id: at.to_string(),
                row: Some((*row).to_owned()).filter(|row| !row.is_empty()),
                page: (*page).to_owned(),
            };
            titles.iter().enumerate().map(pair).collect()
        };
        for (titles, shared) in [
            (&[("Lịch tháng 11", "Lịch"), ("Lịch tháng 12", "Lịch")][..], true),
            (&[("Lịch tiếp…", "Lịch tiếp dân"), ("Lịch tiếp…", "Lịch tiếp dân")], false),
            (&[("Lịch tháng 11", "Lịch"), ("Họp báo", "Họp báo thường kỳ")], false),
            (&[("Lịch tháng 11", "Lịch"), ("", "Lịch")], false),
        ] {
            assert_eq!(in_common(&pairs(titles)).next().is_some(), shared, "{titles:?}");
        }
    }
}
