//! Pages that nobody wrote a recipe for, to the news found on them: `tests/pages/detect/` holds each page beside what must
//! be found. The pages are written for these tests, in the manner of what agencies, papers and forums send.

use std::path::PathBuf;

use bantin::extract::{self, Detection, Reading, dates};
use bantin::model::ListingRecipe;
use chrono_tz::Asia::Ho_Chi_Minh;
use expect_test::expect_file;
use proptest::prelude::*;
use serde_json::json;
use url::Url;

const PAGE: &str = "http://so.example.gov.vn/muc/tin-tuc";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pages/detect").join(name)
}

fn page(name: &str) -> String {
    let path = path(&format!("{name}.html"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn with_reading<T>(url: &str, ask: impl FnOnce(Reading<'_>) -> T) -> T {
    let url = Url::parse(url).expect("a fixed address");
    let now = "2026-11-23T12:00:00Z".parse().expect("a moment in RFC 3339");
    ask(Reading { url: &url, zone: Ho_Chi_Minh, now })
}

fn detect(html: &str, url: &str) -> Detection {
    with_reading(url, |reading| extract::detect(html, &ListingRecipe::default(), reading))
}

fn addresses(found: &Detection) -> Vec<String> {
    found.rows.iter().map(|row| row.url.to_string()).collect()
}

/// What is found is what stands beside the page, and the recipe found reads the same rows.
fn check_at(name: &str, url: &str) {
    let html = page(name);
    let found = detect(&html, url);
    if let Some(recipe) = &found.recipe {
        let read = with_reading(url, |reading| extract::listing(&html, recipe, reading));
        assert_eq!(read.rows, found.rows, "{name}: the recipe reads other rows");
    }
    let rows: Vec<_> = found
        .rows
        .iter()
        .map(|row| json!([row.url.as_str(), row.title, dates::show(row.published, Ho_Chi_Minh)]))
        .collect();
    let shown = json!({
        "item": found.recipe.as_ref().and_then(|recipe| recipe.item.clone()),
        "link": found.recipe.as_ref().and_then(|recipe| recipe.link.clone()),
        "rows": rows,
        "feeds": found.feeds.iter().map(|feed| feed.url.as_str()).collect::<Vec<_>>(),
        "problems": found.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&shown).expect("values of strings and lists");
    expect_file![path(&format!("{name}.json"))].assert_eq(&(text + "\n"));
}

fn check(name: &str) {
    check_at(name, PAGE);
}

#[test]
fn a_portal_made_of_tables_gives_its_news_and_not_its_sections() {
    check("portal-table");
}

#[test]
fn a_list_gives_one_row_an_address_and_neither_the_pager_nor_what_is_read_most() {
    check("news-list");
}

#[test]
fn the_terms_of_a_definition_list_have_their_dates_from_the_descriptions() {
    check("definition-list");
}

#[test]
fn links_in_a_flow_of_text_are_a_list_where_there_are_many() {
    check("essays");
}

#[test]
fn a_block_of_other_news_inside_an_article_is_a_listing() {
    check("other-news");
}

#[test]
fn a_table_of_documents_gives_one_row_a_document() {
    check("documents");
}

#[test]
fn a_page_of_hashed_class_names_is_read_without_them() {
    check("div-soup");
}

#[test]
fn the_blocks_of_a_home_page_are_its_news_together() {
    check_at("home", "http://so.example.gov.vn/");
}

#[test]
fn a_forum_gives_its_threads_and_not_their_authors() {
    check("forum");
}

#[test]
fn a_heading_and_its_paragraph_are_a_row_without_an_element() {
    check("siblings");
}

#[test]
fn pages_that_are_no_listing_say_why() {
    for name in [
        "none-about",
        "none-offices",
        "none-menu",
        "none-login",
        "none-search",
        "none-article",
        "none-scripts",
    ] {
        let found = detect(&page(name), PAGE);
        assert!(found.rows.is_empty(), "{name}: {:?}", addresses(&found));
        assert_eq!(found.recipe, None, "{name}");
        assert_eq!(found.problems.len(), 1, "{name}");
        check(name);
    }
}

#[test]
fn what_is_given_by_hand_is_kept() {
    let known = ListingRecipe {
        date: Some(".ngay-dang".to_owned()),
        next: Some(".pagination a".to_owned()),
        ..Default::default()
    };
    let html = page("news-list");
    let found = with_reading(PAGE, |reading| extract::detect(&html, &known, reading));
    let recipe = found.recipe.expect("the page is a listing");
    assert_eq!((&recipe.date, &recipe.next), (&known.date, &known.next));
    assert!(recipe.item.is_some());

    let known = ListingRecipe { item: Some(".sidebar li".to_owned()), ..Default::default() };
    let found = with_reading(PAGE, |reading| extract::detect(&html, &known, reading));
    assert_eq!(found.recipe, Some(known));
    assert_eq!(found.rows.len(), 4);
}

#[test]
fn a_candidate_says_what_speaks_for_it() {
    let found = detect(&page("portal-table"), PAGE);
    let evidence = &found.candidates.first().expect("a winner").evidence;
    assert!(
        evidence.contains(&"10 of 10 links have a date beside them.".to_owned()),
        "{evidence:?}"
    );
    assert!(found.candidates.len() <= 5);
    assert_eq!(found.candidates[0].rows, found.rows);
}

/// Two rows behind one another, and how one is written.
const LISTS: &[(&str, &str)] = &[
    ("portal-table", "<tr><td width"),
    ("news-list", "<li class=\"tin"),
    ("forum", "<div class=\"thread\">"),
    ("div-soup", "<div class=\"css-1a2b3c\">"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_small_change_of_the_page_changes_nothing(
        which in 0..LISTS.len(),
        at in 0usize..8,
        change in 0..3,
    ) {
        let (name, row) = LISTS[which];
        let html = page(name);
        let before = detect(&html, PAGE);
        let place = html.match_indices(row).nth(at).map(|(place, _)| place).expect("eight rows");
        let changed = match change {
            // An advertisement between two rows.
            0 => {
                let tag = row[1..].split([' ', '>']).next().unwrap_or_default();
                let inner = if tag == "tr" { "<td colspan=2>Quảng cáo</td>" } else { "Quảng cáo" };
                format!("{}<{tag} class=\"qc\">{inner}</{tag}>{}", &html[..place], &html[place..])
            }
            // A state of the moment on one row.
            1 => {
                let (head, tail) = (&html[..place], &html[place..]);
                let tail = if tail.starts_with("<tr>") {
                    tail.replacen("<tr>", "<tr class=\"active\">", 1)
                } else {
                    tail.replacen("class=\"", "class=\"active ", 1)
                };
                head.to_owned() + &tail
            }
            // A row less.
            _ => {
                let next = html[place + 1..].find(row).map_or(place, |next| place + 1 + next);
                format!("{}{}", &html[..place], &html[next..])
            }
        };
        let after = detect(&changed, PAGE);
        let missing = usize::from(change == 2 && html[place + 1..].contains(row));
        prop_assert_eq!(
            after.recipe.as_ref().map(|recipe| &recipe.item),
            before.recipe.as_ref().map(|recipe| &recipe.item)
        );
        prop_assert_eq!(after.rows.len(), before.rows.len() - missing);
        prop_assert!(addresses(&after).iter().all(|one| addresses(&before).contains(one)));
    }

    #[test]
    fn no_page_makes_detection_panic(
        parts in prop::collection::vec(
            "(<(a href=x[0-9]{0,4}|li|ul|td|tr|table|div class=tin|h3|nav|dt|dd|/a|/li|/div|/td)>|[a-zA-Zđ 0-9/]{0,30})",
            0..60,
        )
    ) {
        let html = parts.concat();
        let found = detect(&html, PAGE);
        prop_assert_eq!(found.rows.is_empty(), found.recipe.is_none());
        if let Some(recipe) = &found.recipe {
            let read = with_reading(PAGE, |reading| extract::listing(&html, recipe, reading));
            prop_assert_eq!(read.rows, found.rows);
        }
    }
}
