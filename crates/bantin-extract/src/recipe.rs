//! Selectors, compiled. A selector comes from an admin, so a bad one is an error with its place, never a panic
//! (`dom_query`'s own `select` panics); it is NFC like the pages it is matched against.

use dom_query::Matcher;

use super::text;

/// Nothing longer is written by hand; a front page of thirty blocks takes about so much.
const LONGEST: usize = 6_000;

/// Compiles a selector; the error says where it does not parse.
pub fn compile(selector: &str) -> Result<Matcher, String> {
    let selector = text::nfc(selector.trim().to_owned());
    if selector.is_empty() {
        return Err("the selector is empty; leave the key out where bantin should look by itself"
            .to_owned());
    }
    if selector.len() > LONGEST {
        return Err(format!("the selector is longer than {LONGEST} bytes"));
    }
    Matcher::new(&selector).map_err(|_| {
        let good = parsing_prefix(&selector);
        format!(
            "the selector \"{}\" does not parse from character {} on, at \"{}\"; write CSS such as \".tin li > a\"",
            text::clean(&selector),
            selector[..good].chars().count() + 1,
            text::clean(&selector[good..]),
        )
    })
}

/// Returns the length of the longest beginning that is a selector: the parser does not report where
/// it stopped.
fn parsing_prefix(selector: &str) -> usize {
    let ends = selector.char_indices().map(|(at, _)| at).rev();
    ends.filter(|end| *end > 0).find(|end| Matcher::new(&selector[..*end]).is_ok()).unwrap_or(0)
}

/// The nearest part of a selector that names something lasting: the last compound is dropped, and then more until one
/// has a class, an id or an attribute. `"#tin > ul li"` gives `"#tin"`; `"li.tin"` gives nothing.
///
/// A bare `table` or `ul` would be found on any page, redesigned or not, and would say nothing.
pub fn ancestors(selector: &str) -> Vec<String> {
    top_level(selector, |letter| letter == ',')
        .into_iter()
        .filter_map(|one| {
            let compounds = compounds(one);
            (1..compounds.len()).rev().find_map(|end| {
                let (_, last) = compounds[end - 1];
                let lasting = last.contains(['#', '.', '[']);
                lasting.then(|| one[..compounds[end - 1].0 + last.len()].trim().to_owned())
            })
        })
        .collect()
}

/// The compounds of one selector with the place where each starts.
fn compounds(selector: &str) -> Vec<(usize, &str)> {
    top_level(selector, |letter| letter.is_whitespace() || matches!(letter, '>' | '+' | '~'))
        .into_iter()
        .filter(|compound| !compound.is_empty())
        .map(|compound| (compound.as_ptr() as usize - selector.as_ptr() as usize, compound))
        .collect()
}

/// Splits outside of brackets, parentheses and quotes.
fn top_level(text: &str, separates: impl Fn(char) -> bool) -> Vec<&str> {
    let (mut depth, mut quote, mut from, mut escaped) = (0usize, None, 0, false);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 && separates(letter) => {
                parts.push(&text[from..at]);
                from = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(selector: &str, expected: Expect) {
        expected.assert_eq(&match compile(selector) {
            Ok(_) => "parses".to_owned(),
            Err(error) => error,
        });
    }

    #[test]
    fn a_selector_that_does_not_parse_says_where() {
        check("#tin li > a", expect!["parses"]);
        check("td:has(> a), [href*='ItemID=']", expect!["parses"]);
        check("li:contains('CÁC TIN KHÁC')", expect!["parses"]);
        check(
            "li >> a",
            expect![[
                r#"the selector "li >> a" does not parse from character 4 on, at ">> a"; write CSS such as ".tin li > a""#
            ]],
        );
        check(
            "",
            expect!["the selector is empty; leave the key out where bantin should look by itself"],
        );
        check(
            "li[",
            expect![[
                r#"the selector "li[" does not parse from character 3 on, at "["; write CSS such as ".tin li > a""#
            ]],
        );
        check(
            "//div[@class='a']",
            expect![[
                r#"the selector "//div[@class='a']" does not parse from character 1 on, at "//div[@class='a']"; write CSS such as ".tin li > a""#
            ]],
        );
    }

    #[test]
    fn the_lasting_part_of_a_selector_is_its_nearest_named_ancestor() {
        for (selector, parts) in [
            ("#tin > ul li", vec!["#tin"]),
            ("div.tin ul.ds > li a", vec!["div.tin ul.ds"]),
            ("li.tin", vec![]),
            ("table tr", vec![]),
            (".a li, .b > p", vec![".a", ".b"]),
            ("[id$=\"dl Tin\"] > td", vec!["[id$=\"dl Tin\"]"]),
        ] {
            assert_eq!(ancestors(selector), parts, "{selector}");
        }
    }

    proptest! {
        #[test]
        fn no_selector_panics(selector in any::<String>()) {
            let _ = compile(&selector);
            ancestors(&selector);
        }

        #[test]
        fn no_nearly_right_selector_panics(selector in "([a-z]{0,2}[#.:>+~ ,\\[\\]()\"'*=|^$-]{0,2}(has|not|nth-child|contains|is)?){0,6}") {
            let _ = compile(&selector);
            ancestors(&selector);
        }
    }
}
