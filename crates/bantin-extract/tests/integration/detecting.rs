//! Pages that nobody wrote a recipe for, to the news found on them: `tests/pages/detect/` holds each page beside what must
//! be found. The pages are written for these tests, in the manner of what agencies, papers and forums send.

use std::path::PathBuf;

use bantin_extract::model::ListingRecipe;
use bantin_extract::{self as extract, Detection, Reading, dates};
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
fn rows_under_the_heading_of_a_day_are_of_that_day() {
    check("days-above");
}

#[test]
fn a_lone_day_in_the_heading_right_above_the_rows_is_theirs_and_other_days_are_no_rows() {
    check("day-above");
}

#[test]
fn a_date_above_each_heading_is_that_of_the_next_and_one_row_tells_the_order_of_all() {
    check("dates-above");
}

#[test]
fn how_long_films_last_is_no_date() {
    check("film-lengths");
}

#[test]
fn clocks_that_fall_from_row_to_row_are_today_s() {
    check("clocks-today");
}

#[test]
fn the_teasers_of_a_blog_are_its_list_though_its_first_entry_is_whole_and_dated() {
    check("first-whole");
}

#[test]
fn the_references_of_a_text_are_no_news() {
    check("none-references");
}

#[test]
fn a_date_under_each_title_is_the_title_s_where_the_two_share_no_element() {
    check("date-below");
}

#[test]
fn a_date_that_is_a_link_to_the_thread_is_its_date() {
    check("dates-linked");
}

#[test]
fn titles_stand_beside_links_that_name_only_a_file() {
    check("titles-beside");
}

#[test]
fn a_document_is_called_by_its_excerpt_where_the_link_says_only_details() {
    check("document-rows");
}

#[test]
fn undated_announcements_are_news_of_a_home_page_and_events_and_banners_are_not() {
    check_at("gov-home", "http://so.example.gov.vn/");
}

#[test]
fn pictures_are_called_by_the_titles_of_their_links() {
    check("pictures");
}

#[test]
fn what_the_metadata_lists_is_the_list() {
    check("item-list");
}

#[test]
fn a_row_whose_title_is_a_script_is_followed_by_its_picture() {
    check("postback");
}

#[test]
fn the_columns_of_a_front_page_belong_to_its_news() {
    check_at("front-page", "http://bao.example.vn/");
}

#[test]
fn the_sections_of_a_home_page_are_known_by_their_addresses_without_dates_too() {
    check_at("home-sections", "http://bao.example.vn/");
}

#[test]
fn a_clock_in_an_element_beside_the_day_is_the_day_s() {
    check("clock-apart");
}

#[test]
fn a_date_among_other_words_counts_where_each_row_has_one() {
    check("dates-in-line");
}

#[test]
fn a_date_before_a_dash_is_taken_off_the_title() {
    check("date-before-dash");
}

#[test]
fn one_row_with_the_month_first_tells_of_the_others() {
    check("month-first");
}

#[test]
fn a_table_that_lays_out_a_cell_is_a_part_of_its_row() {
    check("layout-tables");
}

#[test]
fn the_day_of_an_event_in_the_lead_is_not_the_row_s() {
    check("dates-of-events");
}

#[test]
fn titles_without_blanks_are_titles_and_the_tags_beside_them_are_none() {
    check("chinese-cards");
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
        "none-long-article",
        "none-scripts",
        "none-maps",
        "none-long-text",
        "none-members",
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

/// Pages, how their rows begin, and how many of them stand one after the other.
const LISTS: &[(&str, &str, usize)] = &[
    ("portal-table", "<tr><td width", 9),
    ("news-list", "<li class=\"tin", 8),
    ("forum", "<div class=\"thread\">", 9),
    ("div-soup", "<div class=\"css-1a2b3c\">", 8),
    ("days-above", "<li><a href=\"/tin/", 3),
    ("date-below", "<div class=\"ten\">", 8),
    ("dates-linked", "<div class=\"chu-de-moi\">", 7),
    ("titles-beside", "<li class=\"tb\">", 8),
    ("document-rows", "<tr><td>", 9),
    ("pictures", "<div class=\"o\">", 8),
];

/// What happens to a listing from one day to the next without anybody meaning a redesign.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Advertisement,
    StateOfOneRow,
    RowLess,
    RowMore,
}

impl Change {
    /// The page with the change at the row that starts at `place`.
    fn of(self, html: &str, row: &str, place: usize) -> String {
        let (head, tail) = html.split_at(place);
        let end = tail[1..].find(row).map_or(0, |next| 1 + next);
        match self {
            Change::Advertisement => {
                let tag = row[1..].split([' ', '>']).next().unwrap_or_default();
                let inner =
                    if tag == "tr" { "<td colspan=2>Quảng cáo</td>" } else { "Quảng cáo" };
                format!("{head}<{tag} class=\"qc\">{inner}</{tag}>{tail}")
            }
            Change::StateOfOneRow => {
                let named = tail[..tail.find('>').unwrap_or(0)].contains("class=\"");
                let tail = match named {
                    true => tail.replacen("class=\"", "class=\"active ", 1),
                    false => tail.replacen('>', " class=\"active\">", 1),
                };
                format!("{head}{tail}")
            }
            Change::RowLess => format!("{head}{}", &tail[end..]),
            Change::RowMore => {
                let new = tail[..end].replace("href=\"", "href=\"/moi/");
                format!("{head}{new}{tail}")
            }
        }
    }
}

fn changes() -> impl Strategy<Value = Change> {
    use Change::{Advertisement, RowLess, RowMore, StateOfOneRow};
    prop::sample::select(vec![Advertisement, StateOfOneRow, RowLess, RowMore])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_small_change_of_the_page_changes_nothing(
        which in 0..LISTS.len(),
        at in 0usize..8,
        change in changes(),
    ) {
        let (name, row, count) = LISTS[which];
        // Behind the last row stands no other by which its end is found.
        let at = at.min(count - 2);
        let html = page(name);
        let before = detect(&html, PAGE);
        let place = html.match_indices(row).nth(at).map(|(place, _)| place).expect("so many rows");
        let changed = change.of(&html, row, place);
        let recipe = before.recipe.clone().expect("the page is a listing");
        // The recipe of yesterday reads the page of today, and today's is the same.
        let read = with_reading(PAGE, |reading| extract::listing(&changed, &recipe, reading)).rows;
        let after = detect(&changed, PAGE);
        prop_assert_eq!(after.recipe.as_ref().map(|recipe| &recipe.item), Some(&recipe.item));
        prop_assert_eq!(&after.rows, &read);
        let old = read.iter().filter(|row| !row.url.path().starts_with("/moi"));
        let old: Vec<_> = old.cloned().collect();
        let less = usize::from(change == Change::RowLess);
        let more = usize::from(change == Change::RowMore);
        prop_assert_eq!(old.len(), before.rows.len() - less);
        prop_assert_eq!(read.len(), old.len() + more);
        prop_assert!(old.iter().all(|row| before.rows.contains(row)));
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
