//! Rows that share an address with others, such as the schedule of each week: which known items they are, and that the
//! page at the address is no item's own.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::PollRun;
use super::rows::fingerprint;
use bantin_extract::text;
use bantin_model::limits;
use bantin_model::{ItemKey, Row, SourceKind};

/// The two names of a row: by its address, and beside others at that address.
struct RowNames {
    at: usize,
    by_address: ItemKey,
    beside: String,
}

impl PollRun<'_> {
    /// Gives rows the ids by which the store knows them. An item that was alone at its address is named by it; it keeps
    /// that name when a second comes to the address, and the second keeps its own when it is alone there later (P1).
    pub(super) async fn settle_ids(&self, rows: &mut [Row], kind: SourceKind) -> Result<()> {
        let names: Vec<RowNames> = rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| {
                let beside = row.id_beside_others();
                let is_one_of_several = row.id.as_ref() == Some(&beside);
                (is_one_of_several || row.id.is_none() && kind == SourceKind::Feed)
                    .then(|| RowNames { at, by_address: ItemKey::of(&row.url), beside })
            })
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let keys: Vec<ItemKey> = names
            .iter()
            .flat_map(|names| [names.by_address.clone(), ItemKey::of_id(&names.beside)])
            .collect();
        let (store, source) = (&self.poller.store, &self.state.source.id);
        let known = store.known_items(source, &keys).await?;
        let mut titles: Option<HashMap<ItemKey, String>> = None;
        for RowNames { at, by_address, beside } in names {
            let row = &mut rows[at];
            let alone = known.get(&by_address);
            if alone.is_some_and(|item| item.listed == fingerprint(row)) {
                row.id = None;
            } else if known.contains_key(&ItemKey::of_id(&beside)) {
                row.id = Some(beside);
            } else if alone.is_some() && row.id.is_some() {
                if titles.is_none() {
                    let marks = store.listed_items(source, limits::KNOWN_ROWS).await?;
                    titles = Some(marks.into_iter().map(|mark| (mark.key, mark.title)).collect());
                }
                let title = titles.as_ref().and_then(|titles| titles.get(&by_address));
                if title.is_some_and(|title| text::fold(title) == text::fold(&row.title)) {
                    row.id = None;
                }
            }
        }
        Ok(())
    }
}

/// The addresses that lead to several of the rows.
pub(super) fn shared_addresses(rows: &[Row]) -> HashSet<ItemKey> {
    let mut first: HashMap<ItemKey, ItemKey> = HashMap::new();
    let mut shared = HashSet::new();
    for row in rows {
        let address = ItemKey::of(&row.url);
        let key = row.key();
        match first.get(&address) {
            Some(known) if *known != key => {
                shared.insert(address);
            }
            Some(_) => {}
            None => {
                first.insert(address, key);
            }
        }
    }
    shared
}
