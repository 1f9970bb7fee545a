//! Bytes of a feed to text. The order is RFC 7303 §3: BOM, then the charset of the Content-Type header, then the XML
//! declaration; but a code in which the bytes do not decode cleanly gives way to one in which they do.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::charset;

/// How far into a document the XML declaration is looked for; blanks and PHP's warnings come before it.
const DECLARATION_BYTES: usize = 1024;

/// Decodes a feed's bytes, BOM removed. What no code explains becomes U+FFFD.
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    charset::once(as_declared(body, content_type))
}

fn as_declared(body: &[u8], content_type: Option<&str>) -> String {
    if let Some(text) = utf32(body) {
        return text;
    }
    let header = content_type.and_then(charset::charset_parameter);
    let declared = declaration(body);
    if let Some((marked, length)) = Encoding::for_bom(body) {
        let rest = &body[length..];
        let (text, faulty) = marked.decode_without_bom_handling(rest);
        // A BOM put in front of a text in another code, by a tool that only adds the BOM.
        let other = declared.or(header).filter(|other| faulty && *other != marked);
        return match other.map(|other| other.decode_without_bom_handling(rest)) {
            Some((text, false)) => text.into_owned(),
            _ => text.into_owned(),
        };
    }
    if let Some(wide) = charset::unmarked_utf16(body) {
        return wide.decode_without_bom_handling(body).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(body)
        && (!text.is_ascii() || [header, declared].into_iter().flatten().all(is_ascii_based))
    {
        // A text in UTF-8 is never valid by chance, so its bytes disprove any other declaration.
        return text.to_owned();
    }
    // "us-ascii" in a header is an unchosen default: where the text has other letters it means
    // nothing.
    let ascii = content_type.is_some_and(|value| value.to_ascii_lowercase().contains("us-ascii"));
    let header = header.filter(|_| !ascii);
    let said = [header, declared].into_iter().flatten();
    let clean = said
        .filter(|encoding| *encoding != UTF_8)
        .map(|encoding| encoding.decode_without_bom_handling(body))
        .find(|(_, faulty)| !faulty);
    match clean {
        Some((text, _)) => text.into_owned(),
        // The page's rules weigh what is left: mostly UTF-8, Vietnamese windows-1258, or Latin.
        None => charset::decode(body, content_type),
    }
}

/// Every code but UTF-16 and ISO-2022-JP writes ASCII as ASCII.
fn is_ascii_based(encoding: &'static Encoding) -> bool {
    encoding.is_ascii_compatible()
}

/// `encoding="…"` of an XML declaration near the start.
fn declaration(body: &[u8]) -> Option<&'static Encoding> {
    let head: String =
        body.iter().take(DECLARATION_BYTES).map(|b| b.to_ascii_lowercase() as char).collect();
    let (_, declaration) = head.split_once("<?xml")?;
    let declaration = &declaration[..declaration.find('>').unwrap_or(declaration.len())];
    let (_, value) = declaration.split_once("encoding")?;
    let label = value.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = label.find(['"', '\'', '?', ' ']).unwrap_or(label.len());
    let encoding = charset::known(&label[..end])?;
    // A declaration that could be read as ASCII is not written in UTF-16.
    if encoding.is_ascii_compatible() || encoding == encoding_rs::ISO_2022_JP {
        Some(encoding)
    } else {
        Some(if body.is_ascii() { UTF_8 } else { WINDOWS_1252 })
    }
}

/// UTF-32, by its BOM or by the three zeros around the first `<`; encoding_rs does not know it.
fn utf32(body: &[u8]) -> Option<String> {
    let (big, rest) = match body {
        [0, 0, 0xfe, 0xff, rest @ ..] => (true, rest),
        [0xff, 0xfe, 0, 0, rest @ ..] => (false, rest),
        [0, 0, 0, first, ..] if *first != 0 => (true, body),
        [first, 0, 0, 0, ..] if *first != 0 => (false, body),
        _ => return None,
    };
    let (units, _) = rest.as_chunks::<4>();
    let letters = units.iter().map(|unit| {
        let code = if big { u32::from_be_bytes(*unit) } else { u32::from_le_bytes(*unit) };
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    Some(letters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], content_type: Option<&str>, expected: &str) {
        assert_eq!(decode(body, content_type), expected, "{content_type:?}");
    }

    #[test]
    fn the_header_beats_the_declaration() {
        check(
            b"<?xml version='1.0' encoding='windows-1251'?><a>\xe9</a>",
            Some("text/xml; charset=iso-8859-1"),
            "<?xml version='1.0' encoding='windows-1251'?><a>é</a>",
        );
    }

    #[test]
    fn a_header_in_which_the_bytes_do_not_decode_gives_way() {
        let body = b"<?xml version='1.0' encoding='euc-kr'?><a>\xb3\xe2</a>";
        let expected = "<?xml version='1.0' encoding='euc-kr'?><a>년</a>";
        check(body, Some("text/xml; charset=utf-8"), expected);
        check(body, Some("text/xml; charset=us-ascii"), expected);
        check(body, Some("text/xml"), expected);
    }

    #[test]
    fn utf_8_is_believed_over_every_declaration() {
        let text = "<?xml version='1.0' encoding='iso-8859-1'?><a>Đông Hà</a>";
        check(text.as_bytes(), Some("text/xml; charset=windows-1258"), text);
    }

    #[test]
    fn wide_codes_are_read_with_and_without_their_mark() {
        let text = "<?xml version='1.0' encoding='utf-16'?><a>Đông Hà</a>";
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&be, None, text);
        check(&[b"\xfe\xff".as_slice(), &be].concat(), None, text);
        let le32: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        check(&le32, None, text);
        check(&[b"\xff\xfe\0\0".as_slice(), &le32].concat(), None, text);
    }

    #[test]
    fn a_declaration_of_utf_16_that_can_be_read_is_wrong() {
        let text = "<?xml version='1.0' encoding='utf-16'?><a>Đông Hà</a>";
        check(text.as_bytes(), Some("application/xml"), text);
        check(
            "<?xml encoding='utf-16'?><a>x</a>".as_bytes(),
            None,
            "<?xml encoding='utf-16'?><a>x</a>",
        );
    }
}
