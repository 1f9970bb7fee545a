//! Lists the parts of a listing's row, so that an admin can point at the title or the date instead
//! of writing a selector.

use dom_query::{Matcher, NodeRef};
use url::Url;

use super::page::{self, Page};
use super::text::{clean, shorten};
use super::{PartKind, Reading, RowPart, recipe};

/// Rows looked at, and elements of one row.
const ROWS: usize = 60;
const ELEMENTS: usize = 400;
/// Rows of which the fullest is shown.
const FIRST: usize = 5;
/// Letters shown of a part.
const SHOWN: usize = 120;

/// The parts of the fullest among the first rows, each with a selector that finds it and no other part before it.
pub fn of(html: &str, item: &str, reading: Reading<'_>, most: usize) -> Vec<RowPart> {
    let (Ok(item), Ok(page)) = (recipe::compile(item), Page::parse_list(html, reading.url)) else {
        return Vec::new();
    };
    let root = page.document.root();
    let all = root.descendants_it().filter(|node| node.is_element() && node.is_match(&item));
    let rows: Vec<NodeRef<'_>> = all.take(ROWS).collect();
    let fullest = rows.iter().take(FIRST).rev().max_by_key(|row| row.descendants_it().count());
    let Some(row) = fullest else { return Vec::new() };
    let elements: Vec<NodeRef<'_>> =
        row.descendants_it().filter(NodeRef::is_element).take(ELEMENTS).collect();
    let mut parts: Vec<RowPart> = Vec::new();
    for element in &elements {
        if parts.len() >= most {
            break;
        }
        let Some((kind, shown)) = seen(element, &page) else { continue };
        let Some((selector, matcher)) = selector(element, row, &elements) else { continue };
        if parts.iter().any(|part| part.selector == selector) {
            continue;
        }
        let count = rows.iter().filter(|row| first(row, &matcher).is_some()).count();
        parts.push(RowPart { selector, kind, shown: shorten(shown, SHOWN), rows: count });
    }
    parts
}

/// What a page calls itself.
pub fn title(html: &str, url: &Url) -> String {
    let Ok(page) = Page::parse(html, url) else { return String::new() };
    let root = page.document.root();
    let title = root.descendants_it().find(|node| node.has_name("title"));
    shorten(title.map(|node| clean(&node.text())).unwrap_or_default(), SHOWN)
}

/// What a reader sees of an element itself, not of those in it.
fn seen(element: &NodeRef<'_>, page: &Page) -> Option<(PartKind, String)> {
    let name = element.node_name()?;
    if page::is_unseen(&name) {
        return None;
    }
    if &*name == "img" {
        return Some((PartKind::Picture, page::picture(element, &page.base)?));
    }
    let text = clean(&element.immediate_text());
    if text.chars().any(char::is_alphanumeric) {
        return Some((PartKind::Text, text));
    }
    // A link or a time whose words are in an element of its own can be pointed at all the same.
    let whole = clean(&element.text());
    (matches!(&*name, "a" | "time" | "h1" | "h2" | "h3" | "h4") && !whole.is_empty())
        .then_some((PartKind::Text, whole))
}

fn first<'a>(row: &NodeRef<'a>, matcher: &Matcher) -> Option<NodeRef<'a>> {
    row.descendants_it().find(|node| node.is_element() && node.is_match(matcher))
}

/// The shortest selector whose first match in the row is this element.
fn selector(
    element: &NodeRef<'_>,
    row: &NodeRef<'_>,
    elements: &[NodeRef<'_>],
) -> Option<(String, Matcher)> {
    let own = compounds(element);
    let mut tries = own.clone();
    let parent = element.parent().filter(|parent| parent.is_element() && parent.id != row.id);
    if let Some(parent) = parent {
        let tag = element.node_name().unwrap_or_default();
        tries.extend(compounds(&parent).iter().map(|above| format!("{above} > {tag}")));
        tries.extend(
            compounds(&parent)
                .iter()
                .flat_map(|above| own.iter().map(move |own| format!("{above} > {own}"))),
        );
    }
    if let Some(nth) = nth_of_type(element) {
        let tag = element.node_name().unwrap_or_default();
        tries.push(format!("{tag}:nth-of-type({nth})"));
    }
    tries.into_iter().find_map(|text| {
        let matcher = recipe::compile(&text).ok()?;
        let found = elements.iter().find(|node| node.is_match(&matcher))?;
        (found.id == element.id).then_some((text, matcher))
    })
}

/// Tag and class, each class by itself, then the tag alone.
fn compounds(element: &NodeRef<'_>) -> Vec<String> {
    let Some(tag) = element.node_name() else { return Vec::new() };
    let classes = element.class().unwrap_or_default();
    let plain = |class: &&str| {
        class.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && class.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let mut all: Vec<String> =
        classes.split_whitespace().filter(plain).map(|class| format!("{tag}.{class}")).collect();
    all.push(tag.to_string());
    all
}

fn nth_of_type(element: &NodeRef<'_>) -> Option<usize> {
    let name = element.node_name()?;
    let parent = element.parent()?;
    let same = parent.element_children();
    let mut alike = same.iter().filter(|node| node.node_name().as_ref() == Some(&name));
    alike.position(|node| node.id == element.id).map(|place| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(html: &str, item: &str, expected: Expect) {
        let url = Url::parse("https://a.vn/tin").expect("a URL");
        let now = "2020-05-22T01:00:00Z".parse().expect("a time");
        let reading = Reading { url: &url, zone: chrono_tz::Asia::Ho_Chi_Minh, now };
        let told: String = of(html, item, reading, 10)
            .iter()
            .map(|part| format!("{} ({}): {}\n", part.selector, part.rows, part.shown))
            .collect();
        expected.assert_eq(&told);
    }

    #[test]
    fn each_part_of_a_row_has_a_selector_that_finds_it_first() {
        check(
            "<ul><li class=tin><img src=/a.jpg><h3><a href=/1>Họp giao ban</a></h3><span class='ngay moi'>22/5/2020</span>\
             <p class=sapo>Sáng nay</p><p>Xem thêm</p></li><li class=tin><h3><a href=/2>Hai</a></h3></li></ul>",
            "li.tin",
            expect![[r#"
                img (1): https://a.vn/a.jpg
                h3 (2): Họp giao ban
                a (2): Họp giao ban
                span.ngay (1): 22/5/2020
                p.sapo (1): Sáng nay
                p:nth-of-type(2) (1): Xem thêm
            "#]],
        );
    }

    #[test]
    fn a_page_without_rows_and_a_bad_selector_have_no_parts() {
        check("<p>x</p>", "li", expect![[""]]);
        check("<p>x</p>", "li[", expect![[""]]);
    }
}
