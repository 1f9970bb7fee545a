//! What is odd about a list that was chosen all the same: it is hidden, or leads to another site.

use url::Url;

use super::links::bare_host;
use super::place::{self, PagePlace};
use crate::model::{Problem, ProblemCode, Row};

/// Returns the problems of a chosen list, each for a line of its own.
pub fn of(rows: &[Row], at: PagePlace, page: &Url) -> Vec<Problem> {
    let mut problems = Vec::new();
    if at.has(place::HIDDEN) {
        let what = "the list is in a part of the page that people do not see";
        problems.push(Problem::of_listing(ProblemCode::HiddenListing, what));
    }
    // A file that was saved without its address.
    if page.host_str() == Some("localhost") {
        return problems;
    }
    let foreign: Vec<&Row> = rows.iter().filter(|row| !is_one_site(page, &row.url)).collect();
    if let Some(first) = foreign.first().filter(|_| foreign.len() * 2 > rows.len()) {
        let host = first.url.host_str().unwrap_or_default();
        let what = format!(
            "{} of {} rows lead to another site, such as {host}",
            foreign.len(),
            rows.len()
        );
        problems.push(Problem::of_listing(ProblemCode::ForeignListing, what));
    }
    problems
}

/// Whether two addresses are of one site: the same host, or one a part of the other.
fn is_one_site(one: &Url, other: &Url) -> bool {
    let (one, other) = (bare_host(one), bare_host(other));
    let is_below = |below: &str, above: &str| {
        below.strip_suffix(above).is_some_and(|left| left.ends_with('.'))
    };
    one == other || is_below(one, other) || is_below(other, one)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;

    use super::*;
    use crate::Reading;
    use crate::model::ListingRecipe;

    fn check(base: &str, host: &str, expected: &[ProblemCode]) {
        let url = Url::parse(base).expect("a fixed address");
        let now = "2026-11-30T03:00:00Z".parse().expect("a fixed time");
        let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
        let row = |n: usize| {
            format!(
                "<li><a href='{host}/tin/ban-tin-so-{n}-2026.html'>Bản tin số {n} về tình hình kinh tế của tỉnh\
                 </a> <span>{n}/11/2026</span></li>"
            )
        };
        let html = format!("<ul>{}</ul>", (1..10).map(row).collect::<String>());
        let detection = crate::detect(&html, &ListingRecipe::default(), reading);
        let codes: Vec<ProblemCode> = detection.problems.iter().map(|one| one.code).collect();
        assert_eq!(detection.rows.len(), 9, "{base} {host}");
        assert_eq!(codes, expected, "{base} {host}");
    }

    #[test]
    fn a_list_that_leads_to_another_site_is_said_to() {
        let page = "https://so.example.gov.vn/tin";
        check(page, "", &[]);
        check(page, "https://www.so.example.gov.vn", &[]);
        check(page, "https://tin.so.example.gov.vn", &[]);
        check(page, "https://example.gov.vn", &[]);
        check(page, "https://bao.example.vn", &[ProblemCode::ForeignListing]);
        check("http://localhost/", "https://bao.example.vn", &[]);
    }
}
