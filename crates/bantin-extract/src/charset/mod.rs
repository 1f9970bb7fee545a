//! Bytes to text. The order is BOM, Content-Type header, the page's own declaration, a guess; and a declaration that
//! the bytes themselves disprove does not count. `legacy` knows the Vietnamese codes from before Unicode, which pages
//! nearly always declare as windows-1252.

mod legacy;
mod twice;

use encoding_rs::{
    Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258, X_USER_DEFINED,
};

use super::text;
use legacy::Legacy;

/// How far into a page its declaration is looked for. Browsers read 1 KiB; portals put scripts and comments first.
const PRESCAN_BYTES: usize = 4096;

/// Decodes a page's bytes to NFC text, without BOM.
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    let (encoding, bom) = match Encoding::for_bom(body) {
        Some((encoding, length)) => (Code::Known(encoding), length),
        None => (choose(body, content_type), 0),
    };
    match encoding {
        Code::Legacy(code) => code.to_unicode(&decoded(WINDOWS_1252, body)),
        Code::Known(encoding) if encoding == WINDOWS_1252 || encoding == WINDOWS_1258 => {
            let seeming = decoded(WINDOWS_1252, body);
            match legacy::weigh(&seeming) {
                Some(code) => code.to_unicode(&seeming),
                None => text::nfc(decoded(encoding, body)),
            }
        }
        Code::Known(encoding) => {
            let text = text::nfc(once(decoded(encoding, &body[bom..])));
            // Text of an older code, pasted into a newer page letter by letter.
            match legacy::weigh(&legacy::suspicious(&text)) {
                Some(code) => legacy::convert_runs(&text, code),
                None => text,
            }
        }
    }
}

/// Text typed in the fonts of TCVN3 (.VnTime), which otherwise shows as letters of Latin-1: "NghÞ quyÕt" is "Nghị quyết".
pub fn tcvn3_to_unicode(text: &str) -> String {
    Legacy::Tcvn3.to_unicode(text)
}

/// Converts text in VNI's fonts, which put a mark after each letter: "Nghò quyeát".
pub fn vni_to_unicode(text: &str) -> String {
    Legacy::Vni.to_unicode(text)
}

/// The same of VISCII (RFC 1456): "Ngh¸ quyªt".
pub fn viscii_to_unicode(text: &str) -> String {
    Legacy::Viscii.to_unicode(text)
}

/// Decodes windows-1258, which puts tones after their letters, into NFC.
pub fn windows_1258_to_unicode(bytes: &[u8]) -> String {
    text::nfc(decoded(WINDOWS_1258, bytes))
}

/// Undoes a second encoding as UTF-8, where a text has one: "Há»™i nghá»‹" is "Hội nghị".
pub fn once(text: String) -> String {
    match twice::repair(&text) {
        Some(repaired) => repaired,
        None => text,
    }
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// What bytes are in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Code {
    Known(&'static Encoding),
    Legacy(Legacy),
}

fn choose(body: &[u8], content_type: Option<&str>) -> Code {
    let head = &body[..body.len().min(PRESCAN_BYTES)];
    let header = content_type.and_then(parameter);
    let declared = header.or_else(|| declaration(head));
    let utf8 = Utf8::of(body);
    let known = match declared {
        Some(Code::Legacy(_)) if utf8.malformed == 0 && utf8.multibyte > 0 => UTF_8,
        Some(legacy @ Code::Legacy(_)) => return legacy,
        Some(Code::Known(wide)) if wide == UTF_16LE || wide == UTF_16BE => {
            // UTF-16 markup is half zero bytes; a page without any was declared wrongly.
            if head.contains(&0) { wide } else { guess(body, &utf8) }
        }
        // Real portals declare UTF-8 over pages in an older code, and the reverse. A text in UTF-8 is never valid by
        // chance: each letter outside ASCII would have to be followed by just the right bytes. So the bytes win.
        Some(Code::Known(said)) if said == UTF_8 => {
            if utf8.malformed == 0 || utf8.multibyte >= utf8.malformed {
                UTF_8
            } else {
                match declaration(head) {
                    Some(Code::Known(inner)) if inner != UTF_8 => inner,
                    Some(legacy @ Code::Legacy(_)) => return legacy,
                    _ => guess(body, &utf8),
                }
            }
        }
        Some(Code::Known(_)) if utf8.malformed == 0 && utf8.multibyte > 0 => UTF_8,
        // IIS sends this charset when none is configured.
        Some(Code::Known(latin)) if latin == WINDOWS_1252 && is_vietnamese_1258(body, 5) => {
            WINDOWS_1258
        }
        Some(Code::Known(other)) => other,
        None => guess(body, &utf8),
    };
    Code::Known(known)
}

fn guess(body: &[u8], utf8: &Utf8) -> &'static Encoding {
    if let Some(wide) = unmarked_utf16(body) {
        return wide;
    }
    if utf8.malformed == 0 || utf8.multibyte > 4 * utf8.malformed {
        UTF_8
    } else if is_vietnamese_1258(body, 2) {
        WINDOWS_1258
    } else {
        WINDOWS_1252
    }
}

/// The code that a Content-Type header names, where it is one of the Encoding standard.
pub fn charset_parameter(value: &str) -> Option<&'static Encoding> {
    standard(parameter(value)?)
}

/// The code of a label; None where it names none of the Encoding standard that is fit for use.
pub fn known(label: &str) -> Option<&'static Encoding> {
    standard(code_of(label)?)
}

fn standard(code: Code) -> Option<&'static Encoding> {
    match code {
        Code::Known(encoding) => Some(encoding),
        Code::Legacy(_) => None,
    }
}

/// `charset=` of a Content-Type header, quotes and blanks tolerated.
fn parameter(value: &str) -> Option<Code> {
    let lower = value.to_ascii_lowercase();
    let at = lower.find("charset")? + "charset".len();
    let rest =
        lower[at..].trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = rest.find([';', '"', '\'', ',', ' ', '\t', '>']).unwrap_or(rest.len());
    code_of(&rest[..end])
}

fn code_of(label: &str) -> Option<Code> {
    if let Some(legacy) = Legacy::for_label(label) {
        return Some(Code::Legacy(legacy));
    }
    let encoding = Encoding::for_label(label.trim().as_bytes())?;
    match encoding {
        // The standard's trap for codes that are no use but to attackers.
        e if e == REPLACEMENT => None,
        e if e == X_USER_DEFINED => Some(Code::Known(WINDOWS_1252)),
        e => Some(Code::Known(e)),
    }
}

/// What the page says of itself: `<meta charset>`, `<meta http-equiv>` or an XML declaration, comments skipped.
fn declaration(head: &[u8]) -> Option<Code> {
    let text: String = head.iter().map(|b| b.to_ascii_lowercase() as char).collect();
    if let Some(xml) = text.trim_start().strip_prefix("<?xml") {
        let declaration = &xml[..xml.find('>').unwrap_or(xml.len())];
        if let Some((_, after)) = declaration.split_once("encoding")
            && let Some(label) = after.split(['"', '\'']).nth(1)
            && let Some(encoding) = code_of(label)
        {
            return Some(not_wide(encoding));
        }
    }
    let mut rest = text.as_str();
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = &comment[comment.find("-->")? + 3..];
        } else if let Some(tag) = rest.strip_prefix("<meta") {
            let end = tag.find('>').unwrap_or(tag.len());
            if let Some(encoding) = parameter(&tag[..end]) {
                return Some(not_wide(encoding));
            }
            rest = &tag[end..];
        } else {
            rest = &rest[1..];
        }
    }
    None
}

/// A declaration that could be read as ASCII cannot be in UTF-16 (HTML standard, prescan).
fn not_wide(code: Code) -> Code {
    match code {
        Code::Known(wide) if wide == UTF_16LE || wide == UTF_16BE => Code::Known(UTF_8),
        other => other,
    }
}

/// How much of a text is, and is not, UTF-8 beyond ASCII.
struct Utf8 {
    multibyte: usize,
    malformed: usize,
}

impl Utf8 {
    fn of(body: &[u8]) -> Self {
        let mut count = Utf8 { multibyte: 0, malformed: 0 };
        let begins = |bytes: &[u8]| bytes.iter().filter(|b| **b >= 0xc0).count();
        if std::str::from_utf8(body).is_ok() {
            return Utf8 { multibyte: begins(body), malformed: 0 };
        }
        for chunk in body.utf8_chunks() {
            count.multibyte += begins(chunk.valid().as_bytes());
            count.malformed += usize::from(!chunk.invalid().is_empty());
        }
        // A body cut off inside its last letter is still UTF-8.
        if count.malformed == 1 && body.last().is_some_and(|b| *b >= 0x80) && count.multibyte > 0 {
            count.malformed = 0;
        }
        count
    }
}

/// UTF-16 without its mark: in markup every other byte is zero.
pub fn unmarked_utf16(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(512) & !1];
    let (pairs, _) = head.as_chunks::<2>();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let most = |count: usize| pairs.len() >= 8 && count * 10 >= pairs.len() * 7;
    match (zeros(0), zeros(1)) {
        (0, low) if most(low) => Some(UTF_16LE),
        (high, 0) if most(high) => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns whether bytes are windows-1258. It writes tones as combining bytes after their vowel; in
/// windows-1252 the same bytes are letters, which almost never follow a vowel.
fn is_vietnamese_1258(body: &[u8], at_least: usize) -> bool {
    let (mut behind_vowel, mut elsewhere, mut before) = (0usize, 0usize, 0u8);
    for byte in body {
        if matches!(byte, 0xcc | 0xd2 | 0xde | 0xec | 0xf2) {
            if is_vowel_1258(before) {
                behind_vowel += 1;
            } else {
                elsewhere += 1;
            }
        }
        before = *byte;
    }
    behind_vowel >= at_least && behind_vowel >= 9 * elsewhere
}

fn is_vowel_1258(byte: u8) -> bool {
    matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
        || matches!(
            byte,
            0xc2 | 0xc3 | 0xca | 0xd4 | 0xd5 | 0xdd | 0xe2 | 0xe3 | 0xea | 0xf4 | 0xf5 | 0xfd
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(body: &[u8], content_type: Option<&str>, expected: &str) {
        assert_eq!(
            decode(body, content_type),
            expected,
            "{:?} {content_type:?}",
            body.escape_ascii().to_string()
        );
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn a_bom_wins_over_every_declaration() {
        check("\u{feff}Đông Hà".as_bytes(), Some("text/html; charset=windows-1258"), "Đông Hà");
        check(
            &utf16("\u{feff}Đông Hà", u16::to_le_bytes),
            Some("text/html; charset=utf-8"),
            "Đông Hà",
        );
        check(&utf16("\u{feff}Đông Hà", u16::to_be_bytes), None, "Đông Hà");
    }

    #[test]
    fn the_header_is_read_in_all_its_spellings() {
        for header in [
            "text/html; charset=windows-1258",
            "text/html;charset=\"Windows-1258\"",
            "TEXT/HTML; CharSet = 'x-cp1258' ; q=1",
            "charset=cp1258",
        ] {
            check(b"\xd0\xf4ng H\x61\xcc", Some(header), "Đông Hà");
        }
    }

    #[test]
    fn the_page_declares_itself_where_the_header_is_silent() {
        for declaration in [
            "<meta charset=windows-1258>",
            "<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=windows-1258'>",
            "<!-- <meta charset=utf-8> --><meta name=a><meta charset=\"cp1258\" />",
            "<?xml version='1.0' encoding='windows-1258'?>",
        ] {
            let mut body = declaration.as_bytes().to_vec();
            body.extend(b"\xd0\xf4ng H\x61\xcc");
            check(&body, Some("text/html"), &format!("{declaration}Đông Hà"));
        }
    }

    #[test]
    fn windows_1258_comes_out_composed() {
        check(
            b"\x48\xfd\xf5\xec\x6e\x67 \x48\x6f\xec\x61",
            Some("text/html; charset=windows-1258"),
            "Hướng Hóa",
        );
    }

    #[test]
    fn bytes_that_are_utf8_disprove_another_declaration() {
        check("Quảng Trị".as_bytes(), Some("text/html; charset=iso-8859-1"), "Quảng Trị");
        check(
            "<meta charset=windows-1258>Quảng Trị".as_bytes(),
            None,
            "<meta charset=windows-1258>Quảng Trị",
        );
        check("<meta charset=utf-16>Quảng Trị".as_bytes(), None, "<meta charset=utf-16>Quảng Trị");
    }

    #[test]
    fn bytes_that_are_not_utf8_disprove_utf8() {
        check(
            b"\xd0\xf4ng H\x61\xcc, Hu\xec, Vi\xea\xf2t",
            Some("text/html; charset=utf-8"),
            "Đông Hà, Hú, Việt",
        );
        check(b"caf\xe9", Some("text/html; charset=utf-8"), "café");
    }

    #[test]
    fn one_bad_byte_does_not_spoil_a_utf8_page() {
        check(
            b"Qu\xe1\xba\xa3ng Tr\xe1\xbb\x8b \xff",
            Some("text/html; charset=utf-8"),
            "Quảng Trị \u{fffd}",
        );
        let cut = "Quảng Trị".as_bytes();
        check(&cut[..cut.len() - 1], None, "Quảng Tr\u{fffd}");
    }

    #[test]
    fn without_any_declaration_the_bytes_are_weighed() {
        check("Quảng Trị".as_bytes(), None, "Quảng Trị");
        check(b"th\xf4ng tin va\xcc truy\xea\xcc\x6e", None, "thông tin và truyền");
        check(b"d\xe9j\xe0 vu, \xc7a va", None, "déjà vu, Ça va");
        check(
            &utf16("<html><body>Đông Hà</body></html>", u16::to_le_bytes),
            None,
            "<html><body>Đông Hà</body></html>",
        );
        check(
            b"th\xf4ng tin va\xcc truy\xea\xcc\x6e",
            Some("text/html; charset=unheard-of"),
            "thông tin và truyền",
        );
    }

    #[test]
    fn servers_that_say_latin_by_default_are_not_believed_over_vietnamese_text() {
        let text = b"th\xf4ng tin va\xcc truy\xea\xcc\x6e th\xf4ng ti\xf2nh Qua\xd2ng Tri\xf2";
        check(
            text,
            Some("text/html; charset=iso-8859-1"),
            "thông tin và truyền thông tịnh Quảng Trị",
        );
    }

    #[test]
    fn decomposed_utf8_comes_out_composed() {
        check("Qua\u{309}ng Tri\u{323}".as_bytes(), Some("text/html; charset=utf-8"), "Quảng Trị");
    }

    #[test]
    fn pages_in_the_fonts_of_old_are_read_whatever_they_declare() {
        let pages: [(&[u8], &str); 3] = [
            (
                b"S\xeb Th\xabng tin v\xb5 Truy\xd2n th\xabng t\xd8nh Qu\xb6ng Tr\xde",
                "Sở Thông tin và Truyền thông tỉnh Quảng Trị",
            ),
            (
                b"S\xf4\xfb Tho\xe2ng tin va\xf8 Truye\xe0n tho\xe2ng t\xe6nh Qua\xfbng Tr\xf2",
                "Sở Thông tin và Truyền thông tỉnh Quảng Trị",
            ),
            (
                b"S\xb7 Th\xf4ng tin v\xe0 Truy\xabn th\xf4ng t\xefnh Qu\xe4ng Tr\xb8",
                "Sở Thông tin và Truyền thông tỉnh Quảng Trị",
            ),
        ];
        for (body, text) in pages {
            for header in [
                None,
                Some("text/html; charset=iso-8859-1"),
                Some("text/html; charset=x-user-defined"),
                Some("text/html; charset=utf-8"),
                Some("text/html; charset=windows-1258"),
            ] {
                check(body, header, text);
            }
        }
        check(b"Ngh\xde quy\xd5t", Some("text/html; charset=x-viet-tcvn5712"), "Nghị quyết");
        check(b"H\xe0 N\xb5i", Some("text/html; charset=VISCII"), "Hà Nội");
    }

    #[test]
    fn an_old_text_pasted_into_a_page_of_utf8_is_read_and_its_neighbours_stay() {
        check(
            "<li>Liên hệ</li><li>Tin có hình</li><p style='font-family:.VnTime'>Ngh\u{de} quy\u{d5}t cña Qu¶ng TrÞ</p>"
                .as_bytes(),
            Some("text/html; charset=utf-8"),
            "<li>Liên hệ</li><li>Tin có hình</li><p style='font-family:.VnTime'>Nghị quyết của Quảng Trị</p>",
        );
    }

    #[test]
    fn pages_in_other_languages_stay_what_they_declare() {
        check(
            b"L'\xe9t\xe9 dernier, \xe0 c\xf4t\xe9 du caf\xe9 fran\xe7ais, l\xe0, tr\xe8s pr\xe8s, d\xe9j\xe0 n\xe9",
            Some("text/html; charset=iso-8859-1"),
            "L'été dernier, à côté du café français, là, très près, déjà né",
        );
        check(
            "für größere Städte, schöne Grüße aus München, Köln und Zürich".as_bytes(),
            None,
            "für größere Städte, schöne Grüße aus München, Köln und Zürich",
        );
    }

    proptest! {
        #[test]
        fn unicode_vietnamese_is_never_converted(text in "((thông|tin|và|Quảng|Trị|có|tôi|ý|Hà|là|trí|hệ|đã|mới)[ ,.<>]{1,2}){0,30}") {
            // Where every letter is also one of Latin-1, nothing tells the codes apart but that the text is good as it is.
            prop_assert_eq!(decode(text.as_bytes(), Some("text/html; charset=utf-8")), text);
        }

        #[test]
        fn any_bytes_decode(body in any::<Vec<u8>>(), content_type in proptest::option::of(any::<String>())) {
            decode(&body, content_type.as_deref());
        }

        #[test]
        fn any_declaration_is_survived(text in "(<(!--|meta|\\?xml|/)? ?(charset|encoding|content)?[=\"' ]{0,3}(utf-8|utf-16|cp1258|à)?[\"'>;-]{0,3}){0,6}") {
            decode(text.as_bytes(), Some(&text));
        }
    }
}
