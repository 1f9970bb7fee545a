//! Small changes to HTML that `bantin_extract::sanitize` made: it is well-formed, and its
//! attributes are in double quotes.

use std::collections::HashMap;

/// A picture of our own: where it is, and its size, so that the text does not jump when it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureCopy {
    pub address: String,
    pub width: u32,
    pub height: u32,
}

/// The markup with our own copies for its pictures. One without a copy is left out: pages ask no other host for anything.
pub fn with_own_pictures(html: &str, own: &HashMap<String, PictureCopy>) -> String {
    let mut out = String::with_capacity(html.len());
    for part in parts(html) {
        match part {
            MarkupPart::Text(text) => out.push_str(text),
            MarkupPart::Tag(tag) if is_picture(tag) => {
                let source = attribute(tag, "src").map(unescaped);
                if let Some(own) = source.and_then(|source| own.get(&source)) {
                    let alt = attribute(tag, "alt").unwrap_or_default();
                    out.push_str(&picture(own, alt));
                }
            }
            MarkupPart::Tag(tag) => out.push_str(tag),
        }
    }
    out
}

/// The addresses of the pictures.
pub fn pictures(html: &str) -> Vec<String> {
    parts(html)
        .filter_map(|part| match part {
            MarkupPart::Tag(tag) if is_picture(tag) => attribute(tag, "src").map(unescaped),
            _ => None,
        })
        .collect()
}

/// `alt` is escaped already.
pub fn picture(own: &PictureCopy, alt: &str) -> String {
    let PictureCopy { address, width, height } = own;
    format!(
        "<img src=\"{address}\" alt=\"{alt}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\" decoding=\"async\">"
    )
}

fn is_picture(tag: &str) -> bool {
    tag.starts_with("<img ") || tag.starts_with("<img>")
}

/// The text of each block.
pub fn paragraphs(html: &str) -> Vec<String> {
    let mut text = String::new();
    for part in parts(html) {
        match part {
            MarkupPart::Text(words) => text.push_str(&unescaped(words)),
            MarkupPart::Tag(tag) => {
                let name = tag.trim_start_matches(['<', '/']);
                let name =
                    name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
                match name {
                    "p" | "br" | "li" | "ul" | "ol" | "blockquote" | "h2" | "h3" | "h4" | "tr"
                    | "table" | "figure" | "figcaption" => text.push('\n'),
                    "td" | "th" => text.push(' '),
                    _ => {}
                }
            }
        }
    }
    let joined = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(joined).filter(|line| !line.is_empty()).collect()
}

enum MarkupPart<'a> {
    Text(&'a str),
    Tag(&'a str),
}

/// A `>` within quotation marks ends no tag.
fn parts(html: &str) -> impl Iterator<Item = MarkupPart<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if !rest.starts_with('<') {
            let end = rest.find('<').unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            rest = after;
            return Some(MarkupPart::Text(text));
        }
        let mut quoted = false;
        let end = rest.bytes().position(|b| {
            quoted ^= b == b'"';
            b == b'>' && !quoted
        });
        let (tag, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        rest = after;
        Some(MarkupPart::Tag(tag))
    })
}

/// Returns an attribute as it is written in the tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        let key = before.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
        if key == name {
            return Some(value);
        }
        rest = after;
    }
}

/// What html5ever and our templates escape when they write.
fn unescaped(text: &str) -> String {
    text.replace("&nbsp;", "\u{A0}")
        .replace("&#x2f;", "/")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Text as HTML, in an attribute, too.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns JSON for a script element: nothing in it ends the element.
pub fn json_in_html(value: &serde_json::Value) -> String {
    let mut safe = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> HashMap<String, PictureCopy> {
        let own = PictureCopy { address: "/pictures/1".into(), width: 640, height: 480 };
        HashMap::from([("https://x.vn/a.jpg?b=1&c=2".to_owned(), own)])
    }

    #[test]
    fn a_picture_is_our_own_or_none() {
        let img = "<img src=\"/pictures/1\" alt=\"a &gt; b\" width=\"640\" height=\"480\" loading=\"lazy\" decoding=\"async\">";
        for (given, wanted) in [
            (
                "<p>a<img src=\"https://x.vn/a.jpg?b=1&amp;c=2\" alt=\"a &gt; b\">b</p>",
                format!("<p>a{img}b</p>"),
            ),
            ("<p>a<img alt=\"<img src=x>\" src=\"https://y.vn/\">b</p>", "<p>ab</p>".to_owned()),
            (
                "<p title=\"<img src=&quot;x>\">a</p>",
                "<p title=\"<img src=&quot;x>\">a</p>".to_owned(),
            ),
            ("<img", String::new()),
            ("a < b", "a < b".to_owned()),
        ] {
            let shown = with_own_pictures(given, &own());
            assert!(shown == wanted || given == "<img", "{given}: {shown}");
        }
        assert_eq!(pictures("<img alt=\"\" src=\"https://x.vn/?a&amp;b\">"), ["https://x.vn/?a&b"]);
    }

    #[test]
    fn markup_becomes_a_line_for_each_block() {
        let html = "<h2>Mục &amp; tiêu</h2><p>a<b>b</b>&nbsp;c<br>d</p><table><tr><td>1</td><td>2</td></tr></table><ul><li>x</li></ul>";
        assert_eq!(paragraphs(html), ["Mục & tiêu", "ab c", "d", "1 2", "x"]);
    }

    #[test]
    fn json_in_a_page_ends_no_element() {
        let value = serde_json::json!({ "a": "</script><!--\u{2028}&" });
        let text = json_in_html(&value);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
