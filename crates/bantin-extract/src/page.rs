//! A page as a tree, and the few questions that listing and article both ask of it. Nothing else builds a tree of a
//! foreign page, and none is built before the gate has looked.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use dom_query::{Document, LocalName, Matcher, NodeId, NodeRef};
use url::Url;

use super::{base, gate, scripted_links, text};
use crate::limits;
use crate::model::ItemKey;
use crate::model::item_key::is_route;

pub struct Page {
    pub document: Document,
    /// What relative addresses are relative to.
    pub base: Url,
    /// Why this is not all of it, as a sentence for a [`Problem`](crate::model::Problem).
    pub cut: Option<String>,
    /// What [`Page::lead`] has answered.
    leads: RefCell<HashMap<NodeId, LinkTarget>>,
}

/// Where the link of an element leads, as [`Target`] has it, with the key of the address.
#[derive(Debug, Clone)]
pub enum LinkTarget {
    Address(Rc<Address>),
    Script,
    Nowhere,
}

#[derive(Debug)]
pub struct Address {
    pub url: Url,
    pub key: ItemKey,
}

impl Page {
    /// Tags of the page's language as it states them, the most trusted first.
    pub fn langs(&self) -> Vec<String> {
        /// Nodes of a page's head.
        const HEAD: usize = 400;
        let mut langs = Vec::new();
        for node in self.document.root().descendants_it().filter(NodeRef::is_element).take(HEAD) {
            let said = match &*tag(&node) {
                "html" => node.attr("lang").or_else(|| node.attr("xml:lang")),
                "meta" => {
                    let name =
                        ["property", "name", "http-equiv"].iter().find_map(|key| node.attr(key));
                    let name = name.unwrap_or_default().trim().to_ascii_lowercase();
                    node.attr("content")
                        .filter(|_| matches!(&*name, "og:locale" | "content-language" | "language"))
                }
                "body" => break,
                _ => None,
            };
            langs.extend(said.map(|said| said.to_string()));
        }
        langs
    }

    /// Builds the tree, unless the gate refuses the page, of the part that the gate admits.
    pub fn parse(html: &str, url: &Url) -> Result<Self, String> {
        let part = gate::admit(html)?;
        let cut = (part.len() < html.len()).then(gate::cut);
        let document = Document::from(part);
        // The walks over the tree call themselves; the gate sees to it that this never comes true.
        if is_deeper(&document, 2 * limits::OPEN_ELEMENTS) {
            return Err("the page nests too deeply; it was not read".to_owned());
        }
        let base = base::of(&document, part, url);
        Ok(Page { document, base, cut, leads: RefCell::default() })
    }

    /// The same with the links that only a click handler follows as ordinary links, for a list.
    pub fn parse_list(html: &str, url: &Url) -> Result<Self, String> {
        let page = Page::parse(html, url)?;
        scripted_links::link(html, &page.document);
        Ok(page)
    }

    /// The place on a page that an element's `href` names, as an address of its own; None where it names none.
    pub fn anchor(&self, node: &NodeRef<'_>) -> Option<Rc<Address>> {
        let href = node.attr("href")?;
        let (_, fragment) = href.rsplit_once('#')?;
        let fragment = fragment.trim();
        if fragment.is_empty() || is_route(fragment) {
            return None;
        }
        let url = self.base.join(href.trim()).ok()?;
        let named = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        named.then(|| Rc::new(Address { key: ItemKey::of_id(&anchor_id(&url)), url }))
    }

    /// Where an element's `href` leads; None where it has none. Detection asks of one link many times, and reading and
    /// normalising an address costs more than all else that is asked of it, so each is read once.
    pub fn lead(&self, node: &NodeRef<'_>) -> Option<LinkTarget> {
        if let Some(lead) = self.leads.borrow().get(&node.id) {
            return Some(lead.clone());
        }
        let lead = match target(&node.attr("href")?, &self.base) {
            Target::Address(url) => {
                LinkTarget::Address(Rc::new(Address { key: ItemKey::of(&url), url }))
            }
            Target::Script => LinkTarget::Script,
            Target::Nowhere => LinkTarget::Nowhere,
        };
        self.leads.borrow_mut().insert(node.id, lead.clone());
        Some(lead)
    }
}

/// The page with what it holds for readers without scripts, for scripts and in frames as if that stood in it; None where
/// none of it has a link.
pub fn unwrapped(html: &str) -> Option<String> {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut opened = false;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (closing, name) = match rest.strip_prefix("</") {
            Some(name) => (true, name),
            None => (false, &rest[1..]),
        };
        let is = |wanted: &str| {
            name.get(..wanted.len()).is_some_and(|name| name.eq_ignore_ascii_case(wanted))
                && !name[wanted.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        let wrapper = ["noscript", "template"].into_iter().find(|name| is(name));
        if let Some(wrapper) = wrapper {
            out.push_str(if closing { "</div" } else { "<div" });
            rest = &name[wrapper.len()..];
            opened = true;
        } else if !closing
            && is("iframe")
            && let Some(end) = tag_end(rest)
            && let Some(inner) = srcdoc(&rest[..end])
        {
            out.push_str(&inner);
            rest = &rest[end..];
            opened = true;
        } else {
            out.push('<');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    opened.then_some(out)
}

/// Where a tag ends, outside of its quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.bytes()
        .position(|byte| match (quote, byte) {
            (Some(open), _) if open == byte => {
                quote = None;
                false
            }
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                false
            }
            (None, b'>') => true,
            _ => false,
        })
        .map(|end| end + 1)
}

/// The page that a frame carries in its own tag.
fn srcdoc(tag: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find("srcdoc=")? + "srcdoc=".len();
    let quote = tag[at..].chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let value = tag[at + 1..].split(quote).next()?;
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Some(plain.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}

/// What names a row by a place on a page.
pub fn anchor_id(url: &Url) -> String {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}#{}", url.path(), url.fragment().unwrap_or_default())
}

fn is_deeper(document: &Document, limit: usize) -> bool {
    let mut level = vec![document.root()];
    for _ in 0..limit {
        level = level
            .iter()
            .flat_map(|node| node.children_it(false))
            .filter(NodeRef::is_element)
            .collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Absolute, without a fragment (but with a route).
    Address(Url),
    /// `javascript:…`, `__doPostBack`: a page only for who runs scripts.
    Script,
    /// A place on the same page, a telephone, nothing.
    Nowhere,
}

/// Reads an href: blanks trimmed and cut out, entities that were escaped twice undone, resolved against the base.
pub fn target(href: &str, base: &Url) -> Target {
    // Line breaks and tabs inside an href are no part of it (URL standard); a blank at an end neither.
    let href = text::clean(&href.replace(['\n', '\r', '\t'], "")).replace("&amp;", "&");
    let lower = href.get(..11).unwrap_or_default().to_ascii_lowercase();
    if lower == "javascript:" {
        return Target::Script;
    }
    let place = href.starts_with('#') && !href.strip_prefix('#').is_some_and(is_route);
    if href.is_empty() || place {
        return Target::Nowhere;
    }
    let Ok(mut url) = base.join(&href) else { return Target::Nowhere };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Target::Nowhere;
    }
    if !url.fragment().is_some_and(is_route) {
        url.set_fragment(None);
    }
    Target::Address(url)
}

/// An absolute http address of an attribute such as `src`.
pub fn absolute(link: &str, base: &Url) -> Option<String> {
    match target(link, base) {
        Target::Address(url) => Some(url.into()),
        Target::Script | Target::Nowhere => None,
    }
}

/// Returns the picture of an `<img>`. Where pictures load late, `src` is a placeholder and the
/// address is in another attribute.
pub fn picture(image: &NodeRef<'_>, base: &Url) -> Option<String> {
    const LATE: &[&str] = &[
        "data-src",
        "data-original",
        "data-lazy-src",
        "data-lazy",
        "data-url",
        "data-original-src",
    ];
    let late = LATE.iter().filter_map(|name| image.attr(name)).find(|link| !link.trim().is_empty());
    let link = late.or_else(|| image.attr("src")).or_else(|| {
        let set = image.attr("data-srcset").or_else(|| image.attr("srcset"))?;
        set.split(',').next().and_then(|first| first.split_whitespace().next()).map(Into::into)
    })?;
    let number = |name: &str| {
        image.attr(name).and_then(|value| value.trim().trim_end_matches("px").parse::<u32>().ok())
    };
    // Bullets, "new" marks and counting pixels are no pictures.
    if number("width").is_some_and(|n| n <= 40) || number("height").is_some_and(|n| n <= 20) {
        return None;
    }
    let address = absolute(&link, base)?;
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ornament =
        ["blank.", "spacer.", "pixel.", "bullet", "new.gif", "icon_new", "iconnew", "loading."]
            .iter()
            .any(|part| name.contains(part));
    (!ornament).then_some(address)
}

/// Elements whose text no reader sees.
pub fn is_unseen(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "head"
            | "title"
            | "svg"
            | "math"
            | "iframe"
            | "object"
            | "select"
            | "textarea"
            | "button"
            | "xml"
    )
}

/// Returns whether an element is on a line of its own.
pub fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "marquee"
    )
}

pub fn name(node: &NodeRef<'_>) -> String {
    node.node_name().map(|name| name.to_string()).unwrap_or_default()
}

/// An element's name, without a copy of it.
pub fn tag(node: &NodeRef<'_>) -> LocalName {
    node.element_ref().map_or_else(|| LocalName::from(""), |element| element.name.local.clone())
}

/// The text that a reader sees in an element, on one line.
pub fn visible_text(node: &NodeRef<'_>) -> String {
    let mut raw = String::new();
    gather(node, &mut raw, &|_| false);
    text::clean(&raw)
}

/// The text of an element that has no more than so many letters. Asked of each element of a page, the whole text would
/// be read once a level; this gives up early.
pub fn short_text(node: &NodeRef<'_>, letters: usize) -> Option<String> {
    // Blanks and the bytes of accented letters are no more than this on any page that a person has laid out.
    let bytes = 16 * letters + 2_000;
    let mut length = 0;
    for inner in node.descendants_it().filter(|inner| inner.is_text()) {
        length += inner.text().len();
        if length > bytes {
            return None;
        }
    }
    Some(visible_text(node)).filter(|text| text.chars().count() <= letters)
}

/// The same, without the elements that `skip` names.
pub fn visible_text_without(node: &NodeRef<'_>, skip: &dyn Fn(&NodeRef<'_>) -> bool) -> String {
    let mut raw = String::new();
    gather(node, &mut raw, skip);
    text::clean(&raw)
}

fn gather(node: &NodeRef<'_>, raw: &mut String, skip: &dyn Fn(&NodeRef<'_>) -> bool) {
    if node.is_text() {
        raw.push_str(&node.text());
        return;
    }
    for child in node.children_it(false) {
        if child.is_text() {
            raw.push_str(&child.text());
        } else if child.is_element() && !skip(&child) {
            let name = tag(&child);
            if is_unseen(&name) {
                continue;
            }
            let block = is_block(&name);
            if block {
                raw.push(' ');
            }
            gather(&child, raw, skip);
            if block {
                raw.push(' ');
            }
        }
    }
}

/// Returns whether a hidden box is a part of the page that React has sent late, for a script to
/// move into place (`<div hidden id="S:1a">`). Readers see it, so it counts as visible.
pub fn is_streamed(id: &str) -> bool {
    id.strip_prefix("S:")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether a class or id of an element has one of these parts, in lower case.
pub fn is_named(node: &NodeRef<'_>, parts: &[&str]) -> bool {
    let has = |value: &str| {
        let starts = |part: &&str| {
            value.as_bytes().windows(part.len()).any(|at| at.eq_ignore_ascii_case(part.as_bytes()))
        };
        parts.iter().any(starts)
    };
    node.class().is_some_and(|class| has(&class)) || node.id_attr().is_some_and(|id| has(&id))
}

/// Whether the style attribute of an element gives a property one of these values, in lower case. The property's name is
/// compared whole: Word writes `mso-bidi-font-style: italic` on upright text.
pub fn is_styled(node: &NodeRef<'_>, property: &str, values: &[&str]) -> bool {
    node.attr("style").is_some_and(|style| {
        style.split(';').filter_map(|part| part.split_once(':')).any(|(name, value)| {
            let value = value.to_ascii_lowercase();
            let value = value.split('!').next().unwrap_or_default().trim();
            name.trim().eq_ignore_ascii_case(property) && values.contains(&value)
        })
    })
}

/// Elements below (not at) a node that match, in page order.
pub fn below<'a>(node: &NodeRef<'a>, matcher: &Matcher) -> Vec<NodeRef<'a>> {
    node.descendants_it().filter(|inner| inner.is_element() && inner.is_match(matcher)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(href: &str, expected: &str) {
        let base = Url::parse("http://tin.example.vn/portal/Pages/Home.aspx?k=1")
            .expect("a fixed address");
        let got = match target(href, &base) {
            Target::Address(url) => url.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(got, expected, "{href:?}");
    }

    #[test]
    fn an_href_is_read_as_messy_as_it_is() {
        check(
            "  tin.aspx?a=1&amp;b=2\n#top ",
            "http://tin.example.vn/portal/Pages/tin.aspx?a=1&b=2",
        );
        check("//cdn.example.vn/a", "http://cdn.example.vn/a");
        check("#!/tin/1", "http://tin.example.vn/portal/Pages/Home.aspx?k=1#!/tin/1");
        check("?id=2", "http://tin.example.vn/portal/Pages/Home.aspx?id=2");
        for script in ["javascript:void(0)", " JavaScript:__doPostBack('a','')"] {
            check(script, "Script");
        }
        for nowhere in [
            "",
            "#",
            "#top",
            "mailto:a@b.vn",
            "tel:0233",
            "http://",
            "data:text/html,a",
            "file:///etc/passwd",
        ] {
            check(nowhere, "Nowhere");
        }
    }
}
