//! A feed's past: which parts of it are to be closed, and how the items of a part are kept as they were.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::Item;
use crate::limits::{ARCHIVE_GRACE, ARCHIVE_ITEMS};

/// Returns the month in which an item was first seen, in the site's zone: "2026-11". What was published long before is
/// new to readers then.
pub fn month_of(item: &Item, zone: Tz) -> String {
    month(item.first_seen, zone)
}

/// Returns the month of an item that was first seen at a time.
pub fn month(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m").to_string()
}

/// A part that is to be closed: its month and the numbers of its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPart {
    pub month: String,
    pub items: Vec<i64>,
}

/// Takes what can be closed out of what is open, oldest first: so many items of one month, or what is left of a month
/// that is over. A poll of its last minute has its time to be recorded before.
pub fn closable(
    open: &mut Vec<(i64, String)>,
    now: DateTime<Utc>,
    zone: Tz,
    most: usize,
) -> Vec<PendingPart> {
    let grace = TimeDelta::from_std(ARCHIVE_GRACE).expect("an hour fits");
    let running = month(now - grace, zone);
    let mut parts = Vec::new();
    while parts.len() < most {
        let Some(month) = open.iter().map(|(_, month)| month).min().cloned() else { break };
        let items = open.iter().filter(|(_, of)| *of == month).map(|(seq, _)| *seq);
        let items: Vec<i64> = items.take(ARCHIVE_ITEMS).collect();
        if items.len() < ARCHIVE_ITEMS && month >= running {
            break;
        }
        open.retain(|(seq, _)| !items.contains(seq));
        parts.push(PendingPart { month, items });
    }
    parts
}

/// Returns the name of a month's next part, when it has so many: "2026-11", "2026-11-2".
pub fn part_name(month: &str, before: usize) -> String {
    match before {
        0 => month.to_owned(),
        before => format!("{month}-{}", before + 1),
    }
}

/// Of which month a part is, if its name is one.
pub fn month_of_part(part: &str) -> Option<&str> {
    let month = part.get(..7)?;
    let rest = &part[7..];
    let day = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok()?;
    let is_number = |text: &str| text.parse::<u32>().is_ok_and(|n| n > 1 && n.to_string() == text);
    let is_part = rest.is_empty() || rest.strip_prefix('-').is_some_and(is_number);
    (is_part && day.year() > 0).then_some(month)
}

/// Packs items as they are now, so that a closed part never changes.
pub fn pack(items: &[Item]) -> Vec<u8> {
    let json = serde_json::to_vec(items).expect("items have a JSON form");
    zstd::bulk::compress(&json, 12).expect("writing into memory does not fail")
}

/// Reads what [`pack`] made. `Err` says what is wrong with it.
pub fn unpack(packed: &[u8]) -> Result<Vec<Item>, String> {
    let json = zstd::stream::decode_all(packed).map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(months: &[(&str, usize)]) -> Vec<(i64, String)> {
        let all = months.iter().flat_map(|(month, count)| vec![(*month).to_owned(); *count]);
        (1..).zip(all).collect()
    }

    fn closed(open: &mut Vec<(i64, String)>, now: &str) -> Vec<(String, usize)> {
        let now = now.parse().expect("a time");
        closable(open, now, Tz::Asia__Ho_Chi_Minh, 10)
            .into_iter()
            .map(|part| (part.month, part.items.len()))
            .collect()
    }

    #[test]
    fn a_part_is_closed_when_it_is_full_or_its_month_is_over() {
        let mut running = open(&[("2026-11", ARCHIVE_ITEMS * 2 + 3)]);
        let full = ("2026-11".to_owned(), ARCHIVE_ITEMS);
        assert_eq!(closed(&mut running, "2026-11-20T00:00:00Z"), [full.clone(), full]);
        assert_eq!(running.len(), 3);
        // 17:00 UTC is midnight in Việt Nam; an hour later nothing of November can come any more.
        assert_eq!(closed(&mut running, "2026-11-30T17:30:00Z"), []);
        assert_eq!(closed(&mut running, "2026-11-30T18:00:00Z"), [("2026-11".to_owned(), 3)]);
        assert!(running.is_empty());
    }

    #[test]
    fn a_month_begins_in_the_zone_of_the_site() {
        let at = "2026-11-30T18:00:00Z".parse().expect("a time");
        for (zone, month) in [
            (Tz::Asia__Ho_Chi_Minh, "2026-12"),
            (Tz::UTC, "2026-11"),
            (Tz::America__New_York, "2026-11"),
            (Tz::Pacific__Auckland, "2026-12"),
        ] {
            assert_eq!(super::month(at, zone), month, "{zone}");
        }
    }

    #[test]
    fn a_late_item_goes_with_its_month() {
        let mut both = open(&[("2026-10", 2), ("2026-11", 1), ("2026-10", 1)]);
        assert_eq!(closed(&mut both, "2026-11-05T00:00:00Z"), [("2026-10".to_owned(), 3)]);
        assert_eq!(both, [(3, "2026-11".to_owned())]);
    }

    #[test]
    fn a_part_has_the_name_of_its_month_and_a_number() {
        assert_eq!(part_name("2026-11", 0), "2026-11");
        assert_eq!(part_name("2026-11", 1), "2026-11-2");
        for good in ["2026-11", "2026-11-2", "2026-11-40"] {
            assert_eq!(month_of_part(good), Some("2026-11"), "{good}");
        }
        for bad in ["2026-13", "2026-11-1", "2026-11-02", "2026-11-", "2026-11x", "tin", "2026-1é"]
        {
            assert_eq!(month_of_part(bad), None, "{bad}");
        }
    }
}
