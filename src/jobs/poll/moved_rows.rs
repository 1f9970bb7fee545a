//! Items that the portal gave another address. A redesign, or a new way of writing addresses, makes every row look new; an
//! item that the readers have had must not come to them again (P1).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;

use bantin_extract::text;
use bantin_model::{ItemId, ItemKey, Published, Row};
use bantin_store::ListedItem;

/// What becomes of a row whose address is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MovedRow {
    New,
    /// A known item under another address.
    Is(ItemId),
    /// It may be one of several known items, or a new one of that name.
    MayBe,
}

/// Letters of a folded title that is cut off, for it to say which it was.
const CUT: usize = 20;

/// Judges rows by the known items that are not on the page under the address we know. In the order of the rows.
pub(super) fn judge(
    rows: &[&Row],
    marks: &[ListedItem],
    on_page: &HashSet<ItemKey>,
    zone: Tz,
) -> Vec<MovedRow> {
    let mut by_title: HashMap<String, Vec<&ListedItem>> = HashMap::new();
    for mark in marks.iter().filter(|mark| !on_page.contains(&mark.key)) {
        by_title.entry(folded(&mark.title)).or_default().push(mark);
    }
    let mut sorted: Vec<(&String, &Vec<&ListedItem>)> = by_title.iter().collect();
    sorted.sort_by_key(|(title, _)| title.as_str());
    let mut taken = HashSet::new();
    let verdicts = rows.iter().map(|row| {
        let title = folded(&row.title);
        let whole = title.trim_end_matches(['…', '.']).trim_end();
        let cut = whole.len() < title.len() && whole.chars().count() >= CUT;
        let named: Vec<&ListedItem> = match by_title.get(&title) {
            Some(marks) => marks.clone(),
            None if cut => beginning_with(&sorted, whole),
            None => return MovedRow::New,
        };
        let day = day_of(row.published, zone);
        let same_day: Vec<&&ListedItem> = named
            .iter()
            .filter(|mark| day.is_some() && day_of(mark.published, zone) == day)
            .collect();
        match same_day.as_slice() {
            [one] if taken.insert(one.id) => MovedRow::Is(one.id),
            [] => {
                let undated = |mark: &&ListedItem| day_of(mark.published, zone).is_none();
                let unsure = !named.is_empty() && (day.is_none() || named.iter().any(undated));
                if unsure { MovedRow::MayBe } else { MovedRow::New }
            }
            _ => MovedRow::MayBe,
        }
    });
    verdicts.collect()
}

fn beginning_with<'a>(
    sorted: &[(&String, &Vec<&'a ListedItem>)],
    start: &str,
) -> Vec<&'a ListedItem> {
    let from = sorted.partition_point(|(title, _)| title.as_str() < start);
    let found = sorted[from..].iter().take_while(|(title, _)| title.starts_with(start));
    found.flat_map(|(_, marks)| marks.iter().copied()).collect()
}

fn folded(title: &str) -> String {
    text::fold(title).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn day_of(published: Published, zone: Tz) -> Option<NaiveDate> {
    match published {
        Published::On(day) => Some(day),
        Published::At(at) => Some(at.with_timezone(&zone).date_naive()),
        Published::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bantin_model::SourceId;

    fn key(n: u32) -> ItemKey {
        ItemKey::stored(format!("https://a.vn/{n}"))
    }

    fn on(day: u32) -> Published {
        match day {
            0 => Published::Unknown,
            day => Published::On(NaiveDate::from_ymd_opt(2020, 5, day).expect("a day of May")),
        }
    }

    /// Known items and rows as (title, day of May; 0: unknown). `k` in the answer: the known item of that place.
    fn check(known: &[(&str, u32)], rows: &[(&str, u32)], expected: &[&str]) {
        let so = SourceId::parse("so").expect("a name");
        let marks: Vec<ListedItem> = (0..)
            .zip(known)
            .map(|(n, (title, day))| ListedItem {
                id: ItemId::of(&so, &key(n)),
                key: key(n),
                url: format!("https://a.vn/{n}"),
                title: (*title).to_owned(),
                published: on(*day),
            })
            .collect();
        let rows: Vec<Row> = rows
            .iter()
            .map(|(title, day)| Row {
                url: "https://a.vn/moi".parse().expect("a fixed address"),
                title: (*title).to_owned(),
                published: on(*day),
                lead: None,
                image: None,
                id: None,
                brought: None,
            })
            .collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let told: Vec<String> = judge(&rows, &marks, &HashSet::new(), chrono_tz::Asia::Ho_Chi_Minh)
            .into_iter()
            .map(|verdict| match verdict {
                MovedRow::New => "new".to_owned(),
                MovedRow::MayBe => "may be".to_owned(),
                MovedRow::Is(id) => {
                    marks.iter().position(|m| m.id == id).expect("known").to_string()
                }
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn p1_the_same_title_on_the_same_day_is_the_same_item_and_on_another_day_a_new_one() {
        check(
            &[("Họp giao ban", 20), ("Khai mạc hội thi", 21)],
            &[("HỌP  GIAO BAN", 20), ("Khai mạc hội thi", 22), ("Tin khác", 20)],
            &["0", "new", "new"],
        );
    }

    #[test]
    fn p1_what_may_be_one_of_several_items_or_has_no_day_is_not_guessed() {
        check(&[("Thông báo", 20), ("Thông báo", 20)], &[("Thông báo", 20)], &["may be"]);
        check(&[("Thông báo", 20)], &[("Thông báo", 0)], &["may be"]);
        check(&[("Thông báo", 0)], &[("Thông báo", 20)], &["may be"]);
        check(&[("Thông báo", 20)], &[("Thông báo", 20), ("Thông báo", 20)], &["0", "may be"]);
    }

    #[test]
    fn p1_a_title_that_is_cut_off_is_known_by_its_beginning() {
        check(
            &[("Hội nghị sơ kết công tác sáu tháng đầu năm 2020", 20), ("Hội nghị khác", 20)],
            &[("Hội nghị sơ kết công tác sáu…", 20)],
            &["0"],
        );
    }
}
