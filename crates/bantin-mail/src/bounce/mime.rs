//! Cuts a mail into its parts (RFC 2045, 2046, 5322). Anyone can send us mail, so its lines are
//! read in one pass, whatever the boundaries say. The parsers on offer search the remaining mail
//! once for each boundary that never comes, or put one nested message on the stack for each thirty
//! bytes.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::Encoding;

use bantin_model::limits::{MAIL_FIELDS, MAIL_NESTING, MAIL_PARTS, MAIL_TEXT_BYTES};

/// One part: a leaf, or a container that its own parts follow.
pub struct MimePart<'a> {
    pub head: MimeHead<'a>,
    /// `type/subtype` in lower case.
    pub kind: String,
    /// The part as it came, still encoded; of a container, everything in it.
    pub body: &'a [u8],
    /// Whether this part is inside a message that is enclosed.
    pub enclosed: bool,
    charset: Option<String>,
}

impl MimePart<'_> {
    /// Returns the body as text, up to [`MAIL_TEXT_BYTES`] of it: its transfer encoding and its
    /// charset undone, lines ending in LF.
    pub fn text(&self) -> String {
        let body = &self.body[..self.body.len().min(MAIL_TEXT_BYTES)];
        let encoding = self.head.field("content-transfer-encoding").unwrap_or_default();
        let bytes = match encoding.trim().to_ascii_lowercase().as_str() {
            "base64" => base64_decoded(body),
            "quoted-printable" => quoted_printable_decoded(body),
            _ => body.to_vec(),
        };
        in_charset(&bytes, self.charset.as_deref()).replace("\r\n", "\n").replace('\r', "\n")
    }
}

/// Header fields in their order, undecoded.
#[derive(Default)]
pub struct MimeHead<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> MimeHead<'a> {
    /// Returns the head that `bytes` begin with, up to an empty line or to what is no header field.
    pub fn of(bytes: &'a [u8]) -> MimeHead<'a> {
        read_head(bytes, 0, &[]).0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the first field of this name (in lower case), unfolded, its encoded words read (RFC
    /// 2047).
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields(name).next()
    }

    pub fn fields(&self, name: &str) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| decoded_value(value))
    }
}

/// A container that has not ended yet.
struct OpenContainer {
    /// `None` for an enclosed message, which ends with its container.
    boundary: Option<Vec<u8>>,
    part: usize,
}

/// Returns the parts of a mail in their order, the mail itself first. Deeper than [`MAIL_NESTING`],
/// a container is a leaf; after [`MAIL_PARTS`] all that follows belongs to the last part.
pub fn parts(mail: &[u8]) -> Vec<MimePart<'_>> {
    let mut parts: Vec<MimePart<'_>> = Vec::new();
    let mut open: Vec<OpenContainer> = Vec::new();
    let mut at = 0;
    'parts: loop {
        let (head, body_at) = read_head(mail, at, &open);
        let content = ContentType::of(&head);
        let as_it_is = head.field("content-transfer-encoding").is_none_or(|e| {
            !matches!(e.trim().to_ascii_lowercase().as_str(), "base64" | "quoted-printable")
        });
        let enclosed = open.iter().any(|open| open.boundary.is_none());
        let is_message =
            matches!(content.kind.as_str(), "message/rfc822" | "message/global") && as_it_is;
        let current = parts.len();
        parts.push(MimePart {
            head,
            kind: content.kind,
            body: &mail[body_at..],
            enclosed,
            charset: content.charset,
        });
        at = body_at;
        let room = open.len() < MAIL_NESTING && parts.len() < MAIL_PARTS;
        if is_message && room {
            open.push(OpenContainer { boundary: None, part: current });
            continue;
        }
        if let Some(boundary) = content.boundary.filter(|_| room) {
            open.push(OpenContainer { boundary: Some(boundary), part: current });
        }
        // What follows up to the next boundary is a leaf's body, or the text before and after the
        // parts, which belongs to none.
        loop {
            let Some(line) = next_boundary(mail, at, &open) else { break 'parts };
            for ended in open.drain(line.level + 1..).map(|open| open.part).chain([current]) {
                end_at(&mut parts[ended], mail, line.begins);
            }
            at = line.ends;
            if line.closes {
                let ended =
                    open.pop().expect("the level of a boundary is that of an open container");
                end_at(&mut parts[ended.part], mail, line.begins);
            } else if parts.len() < MAIL_PARTS {
                break;
            }
        }
    }
    parts
}

/// Ends a part, once: a leaf ends with the next boundary of any container it is in.
fn end_at(part: &mut MimePart<'_>, mail: &[u8], end: usize) {
    let begins = part.body.as_ptr() as usize - mail.as_ptr() as usize;
    if begins + part.body.len() <= end {
        return;
    }
    // The line break before a boundary belongs to the boundary (RFC 2046 §5.1.1).
    let body = &part.body[..end.saturating_sub(begins).min(part.body.len())];
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    part.body = body.strip_suffix(b"\r").unwrap_or(body);
}

struct BoundaryLine {
    level: usize,
    closes: bool,
    begins: usize,
    ends: usize,
}

/// Returns the next line from `at` on that is a boundary of one of the open containers.
fn next_boundary(mail: &[u8], mut at: usize, open: &[OpenContainer]) -> Option<BoundaryLine> {
    while at < mail.len() {
        let line = line_at(mail, at);
        if let Some((level, closes)) = boundary_of(line, open) {
            return Some(BoundaryLine { level, closes, begins: at, ends: at + line.len() });
        }
        at += line.len();
    }
    None
}

/// Returns which open container's boundary a line is, and whether it is the closing one.
fn boundary_of(line: &[u8], open: &[OpenContainer]) -> Option<(usize, bool)> {
    let rest = line.strip_prefix(b"--")?;
    open.iter().enumerate().rev().find_map(|(level, open)| {
        let after = rest.strip_prefix(open.boundary.as_deref()?)?;
        match after.trim_ascii_end() {
            b"" => Some((level, false)),
            b"--" => Some((level, true)),
            // Another boundary that begins alike.
            _ => None,
        }
    })
}

/// Returns the line that begins at `at`, its end included.
fn line_at(mail: &[u8], at: usize) -> &[u8] {
    let rest = &mail[at..];
    let length = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |end| end + 1);
    &rest[..length]
}

/// Returns the header fields from `at` on, and where the body begins.
fn read_head<'a>(mail: &'a [u8], mut at: usize, open: &[OpenContainer]) -> (MimeHead<'a>, usize) {
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    let mut value_at = 0;
    while at < mail.len() {
        let line = line_at(mail, at);
        let text = line.trim_ascii_end();
        if text.is_empty() {
            at += line.len();
            break;
        }
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if folded && let Some((_, value)) = fields.last_mut() {
            *value = &mail[value_at..at + text.len()];
        } else if boundary_of(line, open).is_some() {
            break;
        } else if let Some((name, value)) = field_of(text) {
            value_at = at + text.len() - value.len();
            if fields.len() < MAIL_FIELDS {
                fields.push((name, value));
            }
        } else if !(fields.is_empty()
            && (text.starts_with(b"From ") || text.starts_with(b">From ")))
        {
            // No header field, so the empty line is missing; a line of the mbox format is what delivery put before the mail.
            break;
        }
        at += line.len();
    }
    (MimeHead(fields), at)
}

fn field_of(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().take(80).position(|&b| b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| (name, &line[colon + 1..]))
}

struct ContentType {
    kind: String,
    boundary: Option<Vec<u8>>,
    charset: Option<String>,
}

impl ContentType {
    fn of(head: &MimeHead<'_>) -> ContentType {
        let value = head.field("content-type").unwrap_or_default();
        let (kind, parameters) = value.split_once(';').unwrap_or((&value, ""));
        let kind = kind.trim().to_ascii_lowercase();
        let kind = if kind.contains('/') { kind } else { "text/plain".to_owned() };
        let boundary =
            if kind.starts_with("multipart/") { parameter(parameters, "boundary") } else { None };
        // RFC 2046 §5.1.1 says 70.
        let boundary = boundary.filter(|boundary| (1..=200).contains(&boundary.len()));
        ContentType {
            kind,
            boundary: boundary.map(String::into_bytes),
            charset: parameter(parameters, "charset"),
        }
    }
}

/// Returns the parameter of this name, such as `boundary="x;y"`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => {
                let end =
                    after.find(|c: char| c == ';' || c.is_whitespace()).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = next;
    }
}

/// Returns a field's value on one line, with its encoded words read. Longer than a mail server
/// would take is cut.
fn decoded_value(value: &[u8]) -> String {
    let value = String::from_utf8_lossy(&value[..value.len().min(8_000)]);
    let mut text = String::with_capacity(value.len());
    let mut last_was_encoded = false;
    for word in value.split_ascii_whitespace() {
        let read = encoded_word(word);
        // RFC 2047 §6.2: the blank between two encoded words is only there for folding.
        let is_continued = last_was_encoded && read.is_some();
        if !text.is_empty() && !is_continued {
            text.push(' ');
        }
        last_was_encoded = read.is_some();
        text.push_str(read.as_deref().unwrap_or(word));
    }
    text
}

fn encoded_word(word: &str) -> Option<String> {
    let inside = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let (charset, rest) = inside.split_once('?')?;
    let (encoding, text) = rest.split_once('?')?;
    let bytes = match encoding {
        "B" | "b" => base64_decoded(text.as_bytes()),
        "Q" | "q" => quoted_printable_decoded(text.replace('_', " ").as_bytes()),
        _ => return None,
    };
    // RFC 2231 §5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or(charset);
    Some(in_charset(&bytes, Some(charset)))
}

/// Decodes base64 as far as possible, however it is wrapped and wherever it was cut off.
fn base64_decoded(text: &[u8]) -> Vec<u8> {
    const FORGIVING: GeneralPurpose = GeneralPurpose::new(
        &ALPHABET,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let mut digits: Vec<u8> =
        text.iter().copied().take_while(|&b| b != b'=').filter(is_digit).collect();
    // One digit by itself is less than a byte.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    FORGIVING.decode(digits).unwrap_or_default()
}

fn quoted_printable_decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'=' {
            bytes.push(first);
            continue;
        }
        let hex = |b: u8| char::from(b).to_digit(16).map(|digit| digit as u8);
        match after {
            [b'\r', b'\n', more @ ..] | [b'\n', more @ ..] => rest = more,
            [high, low, more @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = more;
                }
                _ => bytes.push(b'='),
            },
            _ => bytes.push(b'='),
        }
    }
    bytes
}

fn in_charset(bytes: &[u8], charset: Option<&str>) -> String {
    let named = charset.and_then(|name| Encoding::for_label(name.as_bytes()));
    named.unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(mail: &str, expected: Expect) {
        let shown: Vec<String> = parts(mail.as_bytes())
            .iter()
            .map(|part| {
                let inside = if part.enclosed { ">" } else { "" };
                let text =
                    if part.kind.starts_with("multipart/") { String::new() } else { part.text() };
                format!("{inside}{} {text:?}", part.kind)
            })
            .collect();
        expected.assert_eq(&shown.join("\n"));
    }

    #[test]
    fn parts_come_in_their_order_and_end_where_their_container_does() {
        check(
            "Content-Type: multipart/report; boundary=\"=_a\"\n\nwords before\n--=_a\n\nHello\n\n--=_a\n\
             Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nInner\n\
             --=_a\nContent-Type: text/html\n\n<p>x\n--=_a--\nwords after\n",
            expect![[r#"
                multipart/report ""
                text/plain "Hello\n"
                message/rfc822 "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nInner"
                >multipart/mixed ""
                >text/plain "Inner"
                text/html "<p>x""#]],
        );
    }

    #[test]
    fn what_is_broken_is_read_as_far_as_it_goes() {
        check(
            "From postfix Mon Jan 1\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nno head here\r\n",
            expect![[r#"
                multipart/mixed ""
                text/plain "no head here\n""#]],
        );
        check("", expect![[r#"text/plain """#]]);
        check("Content-Type: multipart/mixed\n\nno boundary\n", expect![[r#"multipart/mixed """#]]);
        check(
            "Content-Type: multipart/mixed; boundary=a\n\n--ab\n--a\n--a\n\nx\n--a--\n",
            expect![[r#"
                multipart/mixed ""
                text/plain ""
                text/plain "x""#]],
        );
    }

    #[test]
    fn encodings_and_charsets_are_undone() {
        let head = MimeHead::of(
            b"Subject: =?utf-8?B?VHLhuqMgbOG7nWk=?=\n =?UTF-8?Q?_t=E1=BB=B1?= =?utf-8?q?_=C4=91?= x =?a?\nX: =?windows-1258?Q?=D0?=\n",
        );
        assert_eq!(head.field("subject").as_deref(), Some("Trả lời tự đ x =?a?"));
        assert_eq!(head.field("x").as_deref(), Some("Đ"));
        check(
            "Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: base64\n\nS2jDtG5n\nIGfhu61p\nA",
            expect![[r#"text/plain "Không gửi""#]],
        );
        check(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable\n\nKh=C3=B4ng g=E1=BB=\n=ADi =zz=",
            expect![[r#"text/plain "Không gửi =zz=""#]],
        );
    }

    #[test]
    fn many_parts_and_deep_ones_are_cut_short() {
        let nested = "Content-Type: message/rfc822\n\n".repeat(50_000);
        assert_eq!(parts(nested.as_bytes()).len(), MAIL_NESTING + 1);
        let lost = (0..50_000)
            .fold("Content-Type: multipart/mixed; boundary=a\n\n".to_owned(), |mail, n| {
                mail + &format!("--a\nContent-Type: multipart/mixed; boundary=q{n}\n\nx\n")
            });
        assert_eq!(parts(lost.as_bytes()).len(), MAIL_PARTS);
    }

    proptest! {
        #[test]
        fn no_mail_makes_reading_panic(lines in prop::collection::vec(
            prop_oneof![
                Just("Content-Type: multipart/mixed; boundary=a\n".to_owned()),
                Just("Content-Type: multipart/report; boundary=\"b\"\r\n".to_owned()),
                Just("Content-Type: message/rfc822\n".to_owned()),
                Just("Content-Transfer-Encoding: base64\n".to_owned()),
                Just("--a\n".to_owned()), Just("--b\r\n".to_owned()), Just("--a--\n".to_owned()), Just("--b--".to_owned()),
                Just("\n".to_owned()), Just("\r\n".to_owned()), Just(" x\n".to_owned()), "\\PC{0,20}\n", "=\\?\\PC{0,9}\\?=",
            ], 0..40,
        )) {
            let mail = lines.concat();
            for part in parts(mail.as_bytes()) {
                let _ = (part.text(), part.head.field("content-type"));
            }
        }
    }
}
