//! Text that may be markup: titles and leads of feeds, which rarely escape as the specifications
//! say.

use super::entities;
use crate::text;

/// Characters of a title that are looked at.
const LONGEST: usize = 20_000;

/// Bytes of a comment that is skipped as one.
const LONGEST_COMMENT: usize = 2_000;

/// How a text says it is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// `type="html"`: tags are tags.
    Html,
    /// Text, or nothing said: tags of HTML that are spelt like tags are tags all the same, and everything else is text.
    Guess,
    /// What the document marked up itself: already text.
    Plain,
}

/// One clean line of text: entities resolved, tags dropped, scripts dropped with what is in them.
pub fn line(said: &str, sort: TextFormat) -> String {
    let said: String = said.chars().take(LONGEST).collect();
    let plain = match sort {
        TextFormat::Plain => said,
        TextFormat::Html => entities::decode(&without_tags(&said)).into_owned(),
        TextFormat::Guess if is_html(&said) => entities::decode(&without_tags(&said)).into_owned(),
        TextFormat::Guess => said,
    };
    text::clean(&meant(&plain))
}

/// Markup of what may be text: text escaped, its empty lines paragraphs.
pub fn html(said: String, sort: TextFormat) -> String {
    if sort == TextFormat::Html || sort == TextFormat::Guess && is_html(&said) {
        return meant(&said);
    }
    let mut html = String::with_capacity(said.len() + 16);
    for paragraph in said.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        html.push_str("<p>");
        for (at, line) in paragraph.trim().lines().enumerate() {
            html.push_str(if at > 0 { "<br>" } else { "" });
            entities::escape_into(line, &mut html);
        }
        html.push_str("</p>");
    }
    meant(&html)
}

/// C1 controls are windows-1252 that somebody declared to be Latin-1.
fn meant(said: &str) -> String {
    said.chars()
        .map(|letter| match letter {
            '\u{80}'..='\u{9f}' => entities::windows_1252(letter as u8),
            other => other,
        })
        .collect()
}

/// Whether a text has a tag of HTML, or an entity.
pub fn is_html(said: &str) -> bool {
    let tags = said.match_indices('<').any(|(at, _)| tag(&said[at..]).is_some());
    tags || said.contains('&') && entities::decode(said) != said
}

fn without_tags(said: &str) -> String {
    let mut kept = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(found) = tag(rest) else {
            kept.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[found.length..];
        if found.ends_words {
            kept.push(' ');
        }
        if let Some(end) = found.hides_until {
            let end = find_ignoring_case(rest, end).unwrap_or(rest.len());
            rest = &rest[end..];
        }
    }
    kept.push_str(rest);
    kept
}

struct MarkupTag {
    length: usize,
    ends_words: bool,
    hides_until: Option<&'static str>,
}

/// The tag, or the comment, that a text begins with.
fn tag(said: &str) -> Option<MarkupTag> {
    let plain = |length| Some(MarkupTag { length, ends_words: false, hides_until: None });
    if said.starts_with("<!--") {
        // Looked for in so far only, since each of many comments could lack its end.
        let end = said.as_bytes().windows(3).take(LONGEST_COMMENT).position(|end| end == b"-->");
        return plain(end.map_or(4, |end| end + 3));
    }
    if said.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
        return plain(end_of_tag(said)?);
    }
    let body = said.strip_prefix("</").or_else(|| said.strip_prefix('<'))?;
    let end = body.bytes().take(16).position(|b| !b.is_ascii_alphanumeric())?;
    let name = body[..end].to_ascii_lowercase();
    if !is_element(&name) {
        return None;
    }
    let length = end_of_tag(said)?;
    let closing = said.starts_with("</");
    let hides_until = match name.as_str() {
        "script" => Some("</script"),
        "style" => Some("</style"),
        "iframe" => Some("</iframe"),
        "applet" => Some("</applet"),
        _ => None,
    };
    Some(MarkupTag {
        length,
        ends_words: crate::page::is_block(&name) || name == "br",
        hides_until: hides_until.filter(|_| !closing),
    })
}

/// The length of a tag; None where another one begins before it ends.
fn end_of_tag(said: &str) -> Option<usize> {
    let end = 1 + said[1..].find(['<', '>'])?;
    (said.as_bytes()[end] == b'>').then_some(end + 1)
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    text.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word))
}

/// Returns whether a name is that of an HTML element found in titles and leads.
fn is_element(name: &str) -> bool {
    const ELEMENTS: &[&str] = &[
        "a",
        "abbr",
        "acronym",
        "address",
        "applet",
        "area",
        "article",
        "aside",
        "audio",
        "b",
        "base",
        "bdi",
        "bdo",
        "big",
        "blink",
        "blockquote",
        "body",
        "br",
        "button",
        "center",
        "cite",
        "code",
        "col",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "frame",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "li",
        "link",
        "main",
        "map",
        "mark",
        "marquee",
        "meta",
        "nav",
        "nobr",
        "noframes",
        "noscript",
        "object",
        "ol",
        "option",
        "p",
        "param",
        "picture",
        "pre",
        "q",
        "ruby",
        "s",
        "samp",
        "script",
        "section",
        "select",
        "small",
        "source",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "video",
        "wbr",
    ];
    ELEMENTS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, sort: TextFormat, expected: &str) {
        assert_eq!(line(said, sort), expected, "{said:?}");
    }

    #[test]
    fn tags_and_entities_of_a_title_are_taken_out() {
        check(
            "Họp <b>báo</b> &amp; <i>gặp</i>&nbsp;mặt<br/>dân",
            TextFormat::Guess,
            "Họp báo & gặp mặt dân",
        );
        check("<!-- x --><script>alert(1)</SCRIPT>Tin", TextFormat::Html, "Tin");
        check("History of the &lt;blink&gt; tag", TextFormat::Html, "History of the <blink> tag");
    }

    #[test]
    fn what_only_looks_like_a_tag_is_text() {
        check("Giá < 5 triệu và > 2 triệu", TextFormat::Guess, "Giá < 5 triệu và > 2 triệu");
        check("AT&T, <tỉnh> & <unknown>", TextFormat::Guess, "AT&T, <tỉnh> & <unknown>");
        check("a <b", TextFormat::Html, "a <b");
    }

    #[test]
    fn text_becomes_paragraphs() {
        assert_eq!(
            html("A & B\nC\n\nD".into(), TextFormat::Guess),
            "<p>A &amp; B<br>C</p><p>D</p>"
        );
        assert_eq!(html("<p>A</p>".into(), TextFormat::Guess), "<p>A</p>");
    }
}
