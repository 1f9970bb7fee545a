//! Decides which characters a feed may contain, and escapes plain text where readers expect markup.

use url::{Position, Url};

/// Returns whether a feed may contain a character. XML 1.0 §2.2 forbids most controls, and the
/// crates we write with let them through; HTML also forbids the C1 controls and the noncharacters.
/// U+FFFD shows a broken decoding: the W3C validator warns of it, and no reader gains by it.
fn fits_in_feed(c: char) -> bool {
    match c {
        '\t' | '\n' => true,
        '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' => false,
        '\u{FDD0}'..='\u{FDEF}' | '\u{FFFD}' => false,
        c => u32::from(c) & 0xFFFE != 0xFFFE,
    }
}

/// Returns the text without what may not leave; line ends are `\n`, as XML would read them.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => clean.push('\n'),
            // The C1 "next line".
            '\u{85}' => clean.push('\n'),
            c if fits_in_feed(c) => clean.push(c),
            _ => {}
        }
    }
    clean
}

/// Returns the text on one line, blanks collapsed; `None` when nothing is left to see.
pub fn line(text: &str) -> Option<String> {
    let clean = clean(text);
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().any(|c| !is_unseen(c)).then_some(line)
}

fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// Plain text as HTML.
pub fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    html
}

/// Plain text for a place where some readers expect HTML, others do not, and the document cannot say which it is (RSS
/// titles): an invisible word joiner breaks what either could take for markup. "TT&TT" and "a < b" stay as they are.
pub fn unmistakable(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for (i, c) in text.char_indices() {
        plain.push(c);
        let after = &text[i + c.len_utf8()..];
        let mistakable = match c {
            '<' => after.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)),
            '&' => looks_like_a_reference(after),
            _ => false,
        };
        if mistakable {
            plain.push('\u{2060}');
        }
    }
    plain
}

/// Returns whether what follows an ampersand may be read as a character reference, with or without
/// its semicolon.
fn looks_like_a_reference(after: &str) -> bool {
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
    let (name, rest) = after.split_at(end);
    if name.is_empty() {
        return rest.starts_with('#');
    }
    let all_letters = name.chars().all(|c| c.is_alphabetic() && !c.is_numeric());
    // Names of the old references have two to eight letters, and but for two of them some are lower case.
    let old_name = (2..=8).contains(&name.len())
        && name.is_ascii()
        && (name.bytes().any(|b| b.is_ascii_lowercase()) || matches!(name, "ETH" | "THORN"));
    rest.starts_with(';') || !all_letters || old_name
}

/// Returns a web address in the characters of RFC 3986, without a password; `None` for what is no
/// absolute http(s) address. Portals write Vietnamese letters, blanks, `|` and braces into theirs.
pub fn uri(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    // Neither fails where there is a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut uri = url[..Position::BeforePath].to_owned();
    let rest = url[Position::BeforePath..].as_bytes();
    let mut in_fragment = false;
    for (i, &b) in rest.iter().enumerate() {
        let plain = match b {
            b'%' => rest.get(i + 1..i + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)),
            b'#' => !std::mem::replace(&mut in_fragment, true),
            b => b.is_ascii_alphanumeric() || b";/?:@&=+$.-_!~*'(),".contains(&b),
        };
        if plain {
            uri.push(char::from(b));
        } else {
            uri.push_str(&format!("%{b:02X}"));
        }
    }
    Some(uri)
}

/// Returns a media type of two tokens; anything else becomes the type of bytes.
pub fn media_type(text: &str) -> &str {
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    match text.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => text,
        _ => "application/octet-stream",
    }
}

/// Returns the first sentences of a text within `limit` characters; cut at a word, with an
/// ellipsis, where the first is longer.
pub fn first_sentences(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let end = text.char_indices().nth(limit).map_or(text.len(), |(i, _)| i);
    let head = &text[..end];
    let sentence = head
        .match_indices(['.', '!', '?', '…'])
        .map(|(i, mark)| i + mark.len())
        .rfind(|&end| text[end..].starts_with(char::is_whitespace));
    match sentence {
        Some(end) if end * 3 >= head.len() => head[..end].to_owned(),
        _ => {
            let word = head.rfind(char::is_whitespace).unwrap_or(head.len());
            format!("{}…", head[..word].trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_or_html_forbids_is_taken_out() {
        assert_eq!(
            clean(
                "a\u{0}\u{b}\u{c}b\u{1f}\u{7f}\u{80}\u{9f}\u{fffd}c\u{fffe}\u{ffff}\u{fdd0}\u{1fffe}\r\nd\re\tf"
            ),
            "abc\nd\ne\tf"
        );
        assert_eq!(clean("đ\u{202e}ع\u{1f600}\u{10fffd}"), "đ\u{202e}ع\u{1f600}\u{10fffd}");
    }

    #[test]
    fn a_line_with_nothing_to_see_is_none() {
        assert_eq!(line("\u{200b} \u{feff}\u{b}\n"), None);
        assert_eq!(line(" a\u{a0}\n b ").as_deref(), Some("a b"));
    }

    #[test]
    fn text_that_could_be_taken_for_markup_cannot() {
        for same in ["TT&TT", "a < b & c", "1<2", "Q&A", "5 & 6; 7", "M&Đ", "<", "&"] {
            assert_eq!(unmistakable(same), same);
        }
        for (given, shown) in [
            ("<b>x</b>", "<|b>x<|/b>"),
            ("&nbsp;&#65;", "&|nbsp;&|#65;"),
            ("&lt &copy 2", "&|lt &|copy 2"),
            ("R&D2 <!-- <?xml", "R&|D2 <|!-- <|?xml"),
        ] {
            assert_eq!(unmistakable(given), shown.replace('|', "\u{2060}"));
        }
    }

    #[test]
    fn an_address_leaves_in_the_characters_of_a_uri() {
        for (given, wanted) in [
            (
                "https://x.vn/tin tức?a=[1]|{2}^`\\#a#b",
                "https://x.vn/tin%20t%E1%BB%A9c?a=%5B1%5D%7C%7B2%7D%5E%60%5C#a%23b",
            ),
            ("https://x.vn/100%/a%2", "https://x.vn/100%25/a%252"),
            ("https://x.vn/%C4%91", "https://x.vn/%C4%91"),
            (" HTTP://U:p@TỈNH.vn:80/ ", "http://xn--tnh-dlz.vn/"),
            ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ] {
            assert_eq!(uri(given).as_deref(), Some(wanted), "{given}");
        }
        for none in
            ["", "/tin", "javascript:alert(1)", "mailto:a@b.vn", "data:text/html,x", "http://"]
        {
            assert_eq!(uri(none), None, "{none}");
        }
    }

    #[test]
    fn a_summary_ends_with_a_sentence_or_a_word() {
        assert_eq!(first_sentences("Một hai. Ba bốn năm sáu.", 12), "Một hai.");
        assert_eq!(first_sentences("Một hai ba bốn năm", 12), "Một hai ba…");
        assert_eq!(first_sentences("Ngày 22.5 họp bàn về", 12), "Ngày 22.5…");
        assert_eq!(first_sentences("mộthaibabốnnăm", 5), "mộtha…");
        assert_eq!(first_sentences("ngắn", 5), "ngắn");
    }
}
