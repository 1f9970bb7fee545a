//! From a delivery to the bytes of its mail. Header fields are written here, because each of them has a rule of its own
//! about folding and encoding; bodies are encoded by lettre. The same input gives the same bytes (P3): nothing here is
//! random and nothing reads a clock.

use anyhow::{Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use lettre::message::{MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};

use super::address::Mailbox;
use bantin_model::Lang;
use bantin_model::limits::SUBJECT_CHARS;

/// Columns of a header line. RFC 2047 §2 allows 76 for a line with an encoded word, RFC 5322 §2.1.1
/// asks for 78.
pub const COLUMNS: usize = 76;
/// Characters of a display name.
const NAME_CHARS: usize = 60;

/// What a mail is made of.
pub struct MessageParts<'a> {
    /// Without angle brackets.
    pub message_id: &'a str,
    pub date: DateTime<Utc>,
    pub from: &'a Mailbox,
    pub to: &'a Mailbox,
    pub reply_to: Option<&'a Mailbox>,
    pub subject: &'a str,
    pub lang: Lang,
    pub list: Option<ListHeaders<'a>>,
    pub text: &'a str,
    pub html: Option<&'a str>,
}

/// What makes a mail one of a list that can be left.
pub struct ListHeaders<'a> {
    /// RFC 2919, without angle brackets.
    pub id: String,
    /// Where a POST leaves the list at once (RFC 8058).
    pub leave: &'a str,
    /// Where a person reads a request to leave, for servers away from the Internet.
    pub leave_by_mail: Option<String>,
}

/// Returns the mail, with CRLF line ends, ASCII only unless the receiver's address is not.
pub fn build(parts: &MessageParts<'_>) -> Result<Vec<u8>> {
    let id = parts.message_id;
    let id_fits = id.len() <= 200 && id.contains('@') && id.bytes().all(|b| b.is_ascii_graphic());
    ensure!(id_fits && !id.contains(['<', '>']), "the Message-ID is not of the form local@domain");

    let mut head = MessageHead::default();
    head.line("Date", &parts.date.format("%a, %d %b %Y %H:%M:%S +0000").to_string());
    head.line("Message-ID", &format!("<{id}>"));
    head.line("From", &mailbox(parts.from, "From".len()));
    head.line("To", &mailbox(parts.to, "To".len()));
    if let Some(reply_to) = parts.reply_to {
        head.line("Reply-To", &mailbox(reply_to, "Reply-To".len()));
    }
    head.line("Subject", &unstructured(&one_line(parts.subject, SUBJECT_CHARS), "Subject".len()));
    head.line("Content-Language", parts.lang.tag());
    // RFC 3834 §5: no automatic answer is wanted.
    head.line("Auto-Submitted", "auto-generated");
    if let Some(list) = &parts.list {
        head.line("List-Id", &format!("<{}>", list.id));
        head.line("List-Unsubscribe", &list_unsubscribe(list)?);
        // RFC 8058 §3.1 knows one click over https only.
        if list.leave.starts_with("https:") {
            head.line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }
        head.line("Precedence", "bulk");
    }
    head.line("MIME-Version", "1.0");

    let mut bytes = head.0.into_bytes();
    match parts.html {
        Some(html) => bytes.extend(alternative(id, parts.text, html)),
        None => bytes.extend(SinglePart::plain(body(parts.text)).formatted()),
    }
    Ok(bytes)
}

/// Text first, HTML last: the last is the one a reader prefers (RFC 2046 §5.1.4).
fn alternative(id: &str, text: &str, html: &str) -> Vec<u8> {
    // "=_" occurs neither in base64 nor in quoted-printable (RFC 2045 §6.7), and a body in 7bit holds no such digest.
    let digest: String = Sha256::digest(id).iter().take(12).map(|b| format!("{b:02x}")).collect();
    MultiPart::alternative()
        .boundary(format!("=_{digest}"))
        .singlepart(SinglePart::plain(body(text)))
        .singlepart(SinglePart::html(body(html)))
        .formatted()
}

/// Returns a body whose lines end in LF, which lettre makes CRLF, and without control characters:
/// one CR by itself in a message lets two servers disagree on where a line ends, and so on where a
/// message does.
fn body(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|&c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// One URI a line and none encoded: folded or encoded ones are what mail programs fail to read.
fn list_unsubscribe(list: &ListHeaders<'_>) -> Result<String> {
    let mut value = format!("<{}>", plain_uri(list.leave)?);
    if let Some(mail) = &list.leave_by_mail {
        value.push_str(&format!(",\r\n <{}>", plain_uri(mail)?));
    }
    Ok(value)
}

/// Returns a URI if a header can contain it unchanged.
fn plain_uri(uri: &str) -> Result<&str> {
    if uri.len() > 900 {
        bail!("the address to leave a list at is too long for a header line");
    }
    let fits = uri.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"".contains(&b));
    ensure!(fits, "the address to leave a list at holds a character that a URI may not hold");
    Ok(uri)
}

#[derive(Default)]
struct MessageHead(String);

impl MessageHead {
    /// `value` is encoded and folded already.
    fn line(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\r\n"] {
            self.0.push_str(part);
        }
    }
}

/// Foreign text as one line: what cannot be seen becomes a blank, so nothing can begin a header field of its own.
fn one_line(text: &str, limit: usize) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    bantin_model::digest::compose::shorten(&line, limit)
}

/// `Name <address>`; the address on a line of its own where both do not fit.
fn mailbox(mailbox: &Mailbox, field: usize) -> String {
    let address = &mailbox.address;
    let name = mailbox.name.as_deref().map(|name| one_line(name, NAME_CHARS)).unwrap_or_default();
    if name.is_empty() {
        return address.clone();
    }
    let name = phrase(&name, field);
    let column = match name.rfind('\n') {
        Some(at) => name.len() - at - 1,
        None => field + 2 + name.len(),
    };
    let gap = if column + address.len() + 3 > COLUMNS { "\r\n " } else { " " };
    format!("{name}{gap}<{address}>")
}

/// Returns a display name: bare words, a quoted string, or encoded words (RFC 2047 §5 (3) forbids
/// those inside quotes).
fn phrase(name: &str, field: usize) -> String {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~ ".contains(c);
    if !name.is_ascii() || name.contains("=?") {
        encoded_words(name, field + 2)
    } else if name.chars().all(atom) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

fn unstructured(text: &str, field: usize) -> String {
    let fits = text.is_ascii() && field + 2 + text.len() <= COLUMNS && !text.contains("=?");
    if fits { text.to_owned() } else { encoded_words(text, field + 2) }
}

/// RFC 2047 §2: words of at most 75 characters, none splitting a character of the text, one a line.
fn encoded_words(text: &str, first_column: usize) -> String {
    const OPEN: &str = "=?utf-8?B?";
    const CLOSE: &str = "?=";
    let octets =
        |column: usize| (COLUMNS.saturating_sub(column).min(75) - OPEN.len() - CLOSE.len()) / 4 * 3;
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let room = octets(if words.is_empty() { first_column } else { 1 });
        let end = rest.floor_char_boundary(room);
        let (word, after) = rest.split_at(end);
        words.push(format!("{OPEN}{}{CLOSE}", STANDARD.encode(word)));
        rest = after;
    }
    words.join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Undoes `encoded_words`: adjacent words join without the blank between them (RFC 2047 §6.2).
    fn decoded(header: &str) -> String {
        let mut text = String::new();
        for word in header.split("\r\n ") {
            match word.strip_prefix("=?utf-8?B?").and_then(|rest| rest.strip_suffix("?=")) {
                Some(base64) => {
                    let bytes = STANDARD.decode(base64).expect("base64");
                    text.push_str(std::str::from_utf8(&bytes).expect("whole characters"));
                }
                None => text.push_str(word),
            }
        }
        text
    }

    #[test]
    fn a_name_is_written_in_the_form_it_needs() {
        let written = |name: &str| {
            mailbox(&Mailbox { name: Some(name.to_owned()), address: "a@x.vn".to_owned() }, 4)
        };
        assert_eq!(written("Ban tin"), "Ban tin <a@x.vn>");
        assert_eq!(written("So TT, \"tin\""), "\"So TT, \\\"tin\\\"\" <a@x.vn>");
        assert_eq!(written("Bản tin"), "=?utf-8?B?QuG6o24gdGlu?= <a@x.vn>");
        assert_eq!(written("=?utf-8?Q?x?="), "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <a@x.vn>");
        assert_eq!(written(" \r\n "), "a@x.vn");
        assert_eq!(written("x\r\nBcc: y@z.vn"), "\"x Bcc: y@z.vn\" <a@x.vn>");
    }

    /// Whatever has a meaning in a header, and line ends above all (`any::<String>()` makes no control characters).
    const HOSTILE: &str = "[\\r\\n\\x00\\t .:a-cBă😀=?_<>@\",;()\\\\\u{2028}\u{85}]{0,120}";

    proptest! {
        #[test]
        fn p7_any_subject_comes_back_whole_from_short_ascii_lines(text in "\\PC{0,180}") {
            let text = one_line(&text, SUBJECT_CHARS);
            let header = format!("Subject: {}", unstructured(&text, 7));
            prop_assert!(header.is_ascii());
            for line in header.split("\r\n") {
                prop_assert!(line.len() <= COLUMNS, "{line}");
                prop_assert!(!line.contains(['\r', '\n']));
            }
            prop_assert_eq!(decoded(&header[9..]), text);
        }

        #[test]
        fn no_text_can_begin_a_header_field(name in HOSTILE, subject in HOSTILE) {
            let from = Mailbox { name: Some(name), address: "a@x.vn".to_owned() };
            let parts = MessageParts {
                message_id: "1@x.vn", date: DateTime::UNIX_EPOCH, from: &from, to: &from, reply_to: Some(&from),
                subject: &subject, lang: Lang::Vi, list: None, text: "x", html: Some("y"),
            };
            let mail = String::from_utf8(build(&parts).expect("fits")).expect("ASCII");
            prop_assert!(mail.is_ascii());
            let head = mail.split("\r\n\r\n").next().expect("a head");
            let names: Vec<&str> = head
                .split("\r\n")
                .filter(|line| !line.starts_with(' '))
                .map(|line| line.split(':').next().expect("a name"))
                .collect();
            prop_assert_eq!(names, [
                "Date", "Message-ID", "From", "To", "Reply-To", "Subject", "Content-Language", "Auto-Submitted",
                "MIME-Version", "Content-Type",
            ]);
        }
    }
}
