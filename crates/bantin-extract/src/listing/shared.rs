//! Addresses that carry several news of one list, such as the page with the schedule of each week.

use std::collections::{HashMap, HashSet};

use super::ReadRow;
use crate::model::{ItemKey, Row, day_of};
use crate::text::fold;

/// Rows that must differ in title and in day: two may be one headline, read twice with another date beside it.
const LEAST: usize = 3;

/// Returns the addresses whose rows are news of their own.
pub fn several(parts: &[ReadRow]) -> HashSet<ItemKey> {
    let mut rows_of: HashMap<&ItemKey, Vec<&Row>> = HashMap::new();
    for part in parts {
        if let (Some(key), Ok(row)) = (&part.key, &part.outcome) {
            rows_of.entry(key).or_default().push(row);
        }
    }
    let several = rows_of.into_iter().filter(|(_, rows)| rows.len() >= LEAST && are_news(rows));
    several.map(|(key, _)| key.clone()).collect()
}

/// Whether so many rows differ, each from all before it.
fn are_news(rows: &[&Row]) -> bool {
    let (mut titles, mut days) = (HashSet::new(), HashSet::new());
    let differing = rows.iter().filter(|row| {
        day_of(row.published).is_some_and(|day| {
            let title = fold(&row.title);
            if titles.contains(&title) || days.contains(&day) {
                return false;
            }
            titles.insert(title) && days.insert(day)
        })
    });
    differing.count() >= LEAST
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;
    use url::Url;

    use crate::model::ListingRecipe;
    use crate::{Reading, listing};

    /// The titles of a list's rows; each is an address, a title and a day.
    fn check(rows: &[(&str, &str, &str)], expected: &[&str]) {
        let url = Url::parse("https://so.example.vn/muc").expect("a fixed address");
        let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
        let rows: String = rows
            .iter()
            .map(|(link, title, day)| {
                format!("<li><a href='{link}'>{title}</a> <span>{day}</span></li>")
            })
            .collect();
        let recipe = ListingRecipe { item: Some("li".to_owned()), ..ListingRecipe::default() };
        let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
        let listing = listing(&format!("<ul>{rows}</ul>"), &recipe, reading);
        let titles: Vec<&str> = listing.rows.iter().map(|row| row.title.as_str()).collect();
        assert_eq!(titles, expected, "{rows}");
        let keys: std::collections::HashSet<_> = listing.rows.iter().map(|row| row.key()).collect();
        assert_eq!(keys.len(), listing.rows.len());
    }

    #[test]
    fn rows_of_one_address_are_news_of_their_own_where_three_differ_in_title_and_day() {
        let weeks = [
            ("/lich", "Lịch công tác tuần 49", "30/11/2026"),
            ("/lich", "Lịch công tác tuần 48", "23/11/2026"),
            ("/lich", "Lịch công tác tuần 47", "16/11/2026"),
        ];
        let titles = weeks.map(|(_, title, _)| title);
        check(&weeks, &titles);
        let news = ("/t/1", "Hội nghị triển khai nhiệm vụ thu ngân sách", "27/11/2026");
        check(&[weeks[0], news, weeks[1], weeks[2]], &[titles[0], news.1, titles[1], titles[2]]);
        // One of them twice, and its picture.
        check(&[weeks[0], weeks[1], weeks[2], weeks[1]], &titles);
        check(&[weeks[0], weeks[1], weeks[2], ("/lich", "Ảnh", "")], &titles);
    }

    #[test]
    fn rows_of_one_address_are_one_where_that_is_not_so() {
        let one = ("/t/1", "Hội nghị triển khai nhiệm vụ thu ngân sách", "27/11/2026");
        check(&[one, one, one], &[one.1]);
        check(&[one, ("/t/1", "Hội nghị", "26/11/2026")], &[one.1]);
        check(
            &[one, ("/t/1", "Hội nghị", "27/11/2026"), ("/t/1", "Ảnh hội nghị", "27/11/2026")],
            &[one.1],
        );
        check(&[one, ("/t/1", one.1, "26/11/2026"), ("/t/1", one.1, "25/11/2026")], &[one.1]);
        check(&[one, ("/t/1", "Xem", ""), ("/t/1", "Chi tiết", "")], &[one.1]);
    }
}
