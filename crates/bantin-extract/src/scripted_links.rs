//! Parts of a list that only a script makes work: links that a click handler follows, `onclick="location.href='/tin/1'"`
//! and `data-href="/tin/1"`, and the buttons that head an accordion. They are made ordinary links and elements, so that
//! everything below reads them as such.

use std::sync::LazyLock;

use dom_query::{Document, NodeRef};
use regex::Regex;

/// Clickable elements of a page; more are a game or a calendar.
const MOST: usize = 2_000;

/// Gives each element that a click leads somewhere, and that has no link of its own, an `<a href>` around its content.
pub fn link(html: &str, document: &Document) {
    if may_fold(html) {
        show_folds(document);
    }
    if !may_have(html) {
        return;
    }
    let clickable: Vec<(NodeRef<'_>, String)> = document
        .root()
        .descendants_it()
        .filter(NodeRef::is_element)
        .filter_map(|node| Some((node, address(&node)?)))
        .take(MOST)
        .collect();
    // The innermost first: a card that holds clickable parts has links of its own by then.
    for (node, address) in clickable.into_iter().rev() {
        if node.has_name("a") || node.has_name("button") {
            // What a button says is no text of the page; what a link says is.
            node.rename("a");
            node.set_attr("href", &address);
        } else if !node.descendants_it().any(|inner| leads_somewhere(&inner)) {
            wrap_content(document, &holder(node), &address);
        }
    }
}

/// Whether a page has buttons that open a part of it, at a glance.
fn may_fold(html: &str) -> bool {
    static FOLDS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)<button\b[^<>]{0,300}\b(aria-controls|aria-expanded|data-(bs-)?target)\s*=",
        )
        .expect("a constant pattern")
    });
    FOLDS.is_match(html)
}

/// Makes ordinary elements of the buttons that open a part of the page and say more than a word or two: the heads of an
/// accordion are the titles of what it holds.
fn show_folds(document: &Document) {
    const LETTERS: usize = 16;
    let opens = |node: &NodeRef<'_>| {
        let names = ["aria-controls", "aria-expanded", "data-target", "data-bs-target"];
        node.has_name("button") && names.iter().any(|name| node.has_attr(name))
    };
    let says = |node: &NodeRef<'_>| node.text().trim().chars().nth(LETTERS - 1).is_some();
    let heads: Vec<NodeRef<'_>> = document
        .root()
        .descendants_it()
        .filter(|node| opens(node) && says(node) && address(node).is_none())
        .take(MOST)
        .collect();
    heads.iter().for_each(|head| head.rename("div"));
}

/// Whether a page has such elements, at a glance.
fn may_have(html: &str) -> bool {
    static CLICKS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\bonclick\s*=[^<>]{0,80}(location|window\.open)|\bdata-(href|url|link)\s*=",
        )
        .expect("a constant pattern")
    });
    CLICKS.is_match(html)
}

/// The address that a click on an element leads to; `None` where it has none, or a link of its own.
fn address(node: &NodeRef<'_>) -> Option<String> {
    if node.has_name("a") && leads_somewhere(node)
        || ["form", "input", "select", "option", "body", "html", "label", "img", "script"]
            .iter()
            .any(|name| node.has_name(name))
    {
        return None;
    }
    let by_click = node.attr("onclick").and_then(|script| address_in_script(&script));
    by_click.or_else(|| {
        // `data-url` of a button as often names what a script fetches; rows and cards name their page.
        let is_row = ["tr", "li", "div", "article", "td"].iter().any(|name| node.has_name(name));
        let value = ["data-href", "data-link", "data-url"].iter().find_map(|name| node.attr(name));
        value.filter(|_| is_row).map(|value| value.trim().to_owned()).filter(|value| is_page(value))
    })
}

/// The constant address that a click handler opens: `window.open('/tin/1','_blank')`.
fn address_in_script(script: &str) -> Option<String> {
    static OPENS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?x)
            (?: \b window\s*\.\s*open\s*\( | \b location\s*\.\s*(?:assign|replace)\s*\(
              | \b location (?:\s*\.\s*href)? \s* = )
            \s* (?: '([^'\s]{2,2000})' | "([^"\s]{2,2000})" ) \s* ([+]?)"#,
        )
        .expect("a constant pattern")
    });
    let found = OPENS.captures(script)?;
    let address = found.get(1).or_else(|| found.get(2))?.as_str();
    // What is added to it is known to the script alone.
    (found[3].is_empty() && is_page(address)).then(|| address.to_owned())
}

/// Whether an address could be that of a page: "/tin/1", "https://…", "chi-tiet.aspx?id=1".
fn is_page(address: &str) -> bool {
    let lower = address.get(..11).unwrap_or_default().to_ascii_lowercase();
    !address.starts_with('#')
        && lower != "javascript:"
        && !address.contains(char::is_whitespace)
        && address.contains(['/', '.', '?'])
}

fn leads_somewhere(node: &NodeRef<'_>) -> bool {
    node.attr("href").is_some_and(|href| {
        let href = href.trim();
        let script = href.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("javascript:"));
        !href.is_empty() && !script && !href.starts_with('#')
    })
}

/// Where the link of a clickable element goes: into the cell with the most words, where it is a row of a table.
fn holder<'a>(node: NodeRef<'a>) -> NodeRef<'a> {
    if !node.has_name("tr") {
        return node;
    }
    let cells = node.children_it(false).filter(|cell| cell.has_name("td") || cell.has_name("th"));
    let letters = |cell: &NodeRef<'_>| cell.text().chars().filter(|c| c.is_alphabetic()).count();
    cells.max_by_key(letters).unwrap_or(node)
}

fn wrap_content(document: &Document, node: &NodeRef<'_>, address: &str) {
    let link = document.tree.new_element("a");
    link.set_attr("href", address);
    for child in node.children() {
        link.append_child(&child);
    }
    node.append_child(&link);
}
