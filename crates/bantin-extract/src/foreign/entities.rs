//! Character references. XML knows five names; feeds use all of HTML's, and "&" alone.

use std::borrow::Cow;

use dom_query::Document;

/// The longest name HTML has is 31 letters ("CounterClockwiseContourIntegral").
const LONGEST_NAME: usize = 32;

/// Replaces character references, once. What is none stays as it is: `?a=1&b=2`, `&unheard-of;`.
pub fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    // The same text as markup without a single tag, for names that only HTML's own table knows.
    let mut markup: Option<String> = None;
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        text.push_str(before);
        if let Some(markup) = &mut markup {
            escape_into(before, markup);
        }
        let (found, length) = one(reference);
        match found {
            EntityMatch::Letter(letter) => {
                text.push(letter);
                if let Some(markup) = &mut markup {
                    escape_into(letter.encode_utf8(&mut [0; 4]), markup);
                }
            }
            EntityMatch::Name => {
                let markup = markup.get_or_insert_with(|| {
                    let mut begun = String::with_capacity(raw.len());
                    escape_into(&text, &mut begun);
                    begun
                });
                markup.push_str(&reference[..length]);
                text.push_str(&reference[..length]);
            }
            EntityMatch::Nothing => {
                text.push('&');
                if let Some(markup) = &mut markup {
                    markup.push_str("&amp;");
                }
            }
        }
        rest = &reference[length..];
    }
    text.push_str(rest);
    if let Some(mut markup) = markup {
        escape_into(rest, &mut markup);
        return Cow::Owned(Document::fragment(markup).text().to_string());
    }
    Cow::Owned(text)
}

enum EntityMatch {
    Letter(char),
    /// `&name;`, of HTML perhaps.
    Name,
    Nothing,
}

/// What begins at an "&", with its length in bytes.
fn one(reference: &str) -> (EntityMatch, usize) {
    let Some(end) = reference.bytes().take(LONGEST_NAME + 2).position(|b| b == b';') else {
        return (EntityMatch::Nothing, 1);
    };
    let name = &reference[1..end];
    let letter = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => name.strip_prefix('#').and_then(number),
    };
    match letter {
        Some(letter) => (EntityMatch::Letter(letter), end + 1),
        None if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            (EntityMatch::Name, end + 1)
        }
        None => (EntityMatch::Nothing, 1),
    }
}

fn number(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let code = match u8::try_from(code) {
        // Numbers of windows-1252 that were meant as such (HTML standard, numeric character references).
        Ok(byte @ 0x80..=0x9f) => return Some(windows_1252(byte)),
        _ => code,
    };
    char::from_u32(code)
}

/// The letter of a byte of windows-1252.
pub fn windows_1252(byte: u8) -> char {
    let bytes = [byte];
    let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
    text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Escapes text for markup.
pub fn escape_into(text: &str, markup: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            other => markup.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: &str) {
        assert_eq!(decode(raw), expected, "{raw:?}");
    }

    #[test]
    fn xml_names_and_numbers_are_read() {
        check("a &lt;b&gt; &amp; &quot;c&apos; &#272;&#x1ED9;&#X41;", "a <b> & \"c' ĐộA");
    }

    #[test]
    fn the_names_of_html_are_read() {
        check("&hellip; &eacute;&agrave; <&rarr;> & &euro;", "… éà <→> & €");
    }

    #[test]
    fn what_is_no_reference_stays() {
        check("?a=1&b=2&copy=3&c", "?a=1&b=2&copy=3&c");
        check(
            "&unheardof; &; &#; &#xZZ; &#1114112; A&B; &",
            "&unheardof; &; &#; &#xZZ; &#1114112; A&B; &",
        );
    }

    #[test]
    fn a_reference_is_decoded_once() {
        check("&amp;lt;b&amp;hellip;&hellip;", "&lt;b&hellip;…");
    }

    #[test]
    fn numbers_of_windows_1252_mean_its_letters() {
        check("&#147;x&#148; &#x92;", "“x” ’");
    }
}
