//! Lists that a page holds only as data for its scripts: the state of Next, Nuxt and their like, an ItemList in JSON-LD.

use dom_query::NodeId;
use serde_json::Value;

use super::page::Page;
use super::{Listing, Reading, foreign, page_state};

/// Rows that make a list, and characters of their titles on average; the entries of a menu have shorter ones.
const LEAST_ROWS: usize = 3;
const LEAST_TITLE: usize = 20;

/// A list found in scripts, with the selector of the scripts that hold it.
pub struct ScriptList {
    pub item: String,
    pub listing: Listing,
}

/// Returns the longest list of news in the data of a page's scripts; `None` where there is none.
///
/// `among` limits the search to these `script` elements.
pub fn find(page: &Page, among: Option<&[NodeId]>, reading: Reading<'_>) -> Option<ScriptList> {
    // Addresses in the data are relative to what the page's own links are relative to.
    let reading = Reading { url: &page.base, ..reading };
    let mut best: Option<ScriptList> = None;
    for state in page_state::find(page) {
        if among.is_some_and(|among| !among.contains(&state.script)) {
            continue;
        }
        let value = if state.is_linked_data { list_items(state.value) } else { state.value };
        let mut listing = foreign::read_value(&value, reading);
        listing.rows.retain(|row| !row.title.is_empty());
        let count = listing.rows.len();
        let length: usize = listing.rows.iter().map(|row| row.title.chars().count()).sum();
        let is_longer = best.as_ref().is_none_or(|best| best.listing.rows.len() < count);
        if count >= LEAST_ROWS && length >= count * LEAST_TITLE && is_longer {
            let item = if state.is_linked_data {
                "script[type='application/ld+json']".to_owned()
            } else if state.is_assigned {
                "script".to_owned()
            } else {
                selector(&state.name)
            };
            best = Some(ScriptList { item, listing });
        }
    }
    best
}

/// The selector of the script with this id; of any script where it has none that a selector can hold.
fn selector(name: &str) -> String {
    let is_id = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if is_id { format!("script#{name}") } else { "script".to_owned() }
}

/// JSON-LD without breadcrumbs and menus, and with each `ListItem` replaced by the item that it holds.
fn list_items(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(list_items).collect(),
        Value::Object(mut members) => {
            let kind = members.get("@type").and_then(Value::as_str).unwrap_or_default();
            if matches!(kind, "BreadcrumbList" | "SiteNavigationElement") {
                return Value::Null;
            }
            if kind == "ListItem"
                && let Some(item) = members.remove("item")
            {
                match item {
                    Value::Object(_) => return list_items(item),
                    // The address alone; the name is beside it.
                    Value::String(_) => {
                        members.entry("url").or_insert(item);
                    }
                    _ => {}
                }
            }
            members.into_iter().map(|(name, value)| (name, list_items(value))).collect()
        }
        other => other,
    }
}
