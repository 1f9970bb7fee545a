//! The `<base>` of a page: what its relative addresses are relative to.

use dom_query::{Document, NodeRef};
use url::Url;

/// Returns the address that relative links of the page resolve against: that of its first `<base>` with an `href`, in the
/// head or misplaced in the body, else the page's own. An empty `href` or one that is no web address does not count.
pub fn of(document: &Document, html: &str, url: &Url) -> Url {
    if !may_have_one(html) {
        return url.clone();
    }
    document
        .root()
        .descendants_it()
        .filter(|node| node.has_name("base"))
        .find_map(|node| address(&node, url))
        .unwrap_or_else(|| url.clone())
}

fn address(base: &NodeRef<'_>, url: &Url) -> Option<Url> {
    let href = base.attr("href")?;
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    let address = url.join(href).ok()?;
    (matches!(address.scheme(), "http" | "https") && address.host_str().is_some())
        .then_some(address)
}

/// Whether the markup holds `<base`, so that most pages are not searched for it.
fn may_have_one(html: &str) -> bool {
    let bytes = html.as_bytes();
    html.match_indices('<').any(|(at, _)| {
        bytes.get(at + 1..at + 5).is_some_and(|name| name.eq_ignore_ascii_case(b"base"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, body: &str, expected: &str) {
        let html = format!(
            "<!DOCTYPE html><html><head><title>Tin</title>{head}</head><body><p>Tin</p>{body}</body></html>"
        );
        let url = Url::parse("https://so.example.vn/muc/tin.html").expect("a fixed address");
        let document = Document::from(html.as_str());
        assert_eq!(of(&document, &html, &url).as_str(), expected, "{head} | {body}");
    }

    const OWN: &str = "https://so.example.vn/muc/tin.html";

    #[test]
    fn the_first_base_with_an_address_counts_wherever_it_is() {
        check("<base href='https://khac.example.vn/a/'>", "", "https://khac.example.vn/a/");
        check(
            "<base target=_top><base href='https://khac.example.vn/a/'>",
            "",
            "https://khac.example.vn/a/",
        );
        check("<BASE HREF=\"http://khac.example.vn\"/>", "", "http://khac.example.vn/");
        check("", "<base href='https://khac.example.vn/a/'>", "https://khac.example.vn/a/");
        check(
            "",
            "<div><p><base href=' //cdn.example.vn/b/ '></p></div>",
            "https://cdn.example.vn/b/",
        );
        check("<base href='/goc/'>", "", "https://so.example.vn/goc/");
        check("<base href='..'>", "", "https://so.example.vn/");
        check("<base href=''><base href='/goc/'>", "", "https://so.example.vn/goc/");
        check("<base href='  '>", "<base href='/goc/'>", "https://so.example.vn/goc/");
        check(
            "<base href='/mot/'><base href='/hai/'>",
            "<base href='/ba/'>",
            "https://so.example.vn/mot/",
        );
    }

    #[test]
    fn without_a_base_that_is_an_address_links_go_against_the_page() {
        check("", "", OWN);
        check("<base target='_blank'>", "", OWN);
        check("<base href='javascript:void(0)'>", "", OWN);
        check("<base href='file:///c:/web/'>", "", OWN);
        check("<base href='http://'>", "", OWN);
        check("<!-- <base href='/goc/'> -->", "", OWN);
        check("<script>var s = '<base href=\"/goc/\">';</script>", "", OWN);
        check("<basefont size=3>", "<p>base href</p>", OWN);
    }
}
