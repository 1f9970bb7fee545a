//! Reads answers without a standard form: what servers write for people, automatic replies, and
//! letters. Only what comes before the copy of our own mail is read, because a digest may well
//! contain words about spam and blocked accounts.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::finding::BounceFinding;
use super::judging::{folded, judge_words};
use super::mime::{MimeHead, MimePart};
use super::{BounceKind, EnhancedCode};
use bantin_model::limits::PROSE_BYTES;

/// Returns what a mail says that is no report.
pub fn read(parts: &[MimePart<'_>]) -> BounceFinding {
    let Some(mail) = parts.first() else {
        return BounceFinding::of(BounceKind::Unknown, "an empty mail");
    };
    let subject = mail.head.field("subject").unwrap_or_default();
    // A server first: the subject of a returned mail follows its own, and a news title may say anything.
    if is_from_a_server(&mail.head) {
        return server_finding(parts);
    }
    if names_itself_a_reply(&subject) {
        return BounceFinding::of(BounceKind::AutoReply, "an automatic reply");
    }
    let automatic = is_automatic(&mail.head);
    let null_path = mail.head.field("return-path").is_some_and(|path| path.trim() == "<>");
    if (automatic || null_path) && names_itself_returned(&subject) {
        return server_finding(parts);
    }
    if automatic {
        return BounceFinding::of(BounceKind::AutoReply, "an automatic reply");
    }
    // A person's letter is for a person to read, and no part of it for the log.
    BounceFinding::of(BounceKind::Unknown, "not a bounce")
}

/// Returns what a server tells in prose.
pub fn server_finding(parts: &[MimePart<'_>]) -> BounceFinding {
    let text = before_the_copy(parts);
    let told = finding_in(&text, None);
    let lower = folded(&text);
    let goes_on = GOES_ON.iter().any(|phrase| lower.contains(phrase));
    // A notice of delay tells of the failure so far as well.
    let kind = if goes_on { BounceKind::Delayed } else { told.kind.unwrap_or(BounceKind::Unknown) };
    let failed = parts.first().and_then(|mail| mail.head.field("x-failed-recipients"));
    let recipient = failed.as_deref().and_then(first_address).or_else(|| first_address(&text));
    BounceFinding { kind, code: told.code, words: told.words, recipient }
}

/// What prose says about a failure.
#[derive(Default)]
pub struct ProseFinding {
    pub kind: Option<BounceKind>,
    pub code: Option<EnhancedCode>,
    /// The words that say it.
    pub words: String,
}

/// Returns what the prose around a report tells; `status` is the report's code.
pub fn finding_around(parts: &[MimePart<'_>], status: Option<EnhancedCode>) -> ProseFinding {
    finding_in(&before_the_copy(parts), status)
}

/// Returns the first paragraph with a code that can be judged, else the first that can be judged at
/// all.
fn finding_in(text: &str, status: Option<EnhancedCode>) -> ProseFinding {
    let mut without_code: Option<ProseFinding> = None;
    for paragraph in paragraphs(text) {
        let (kind, own_code) = judge_words(None, &paragraph);
        if kind.is_none() {
            continue;
        }
        let (kind, code) = judge_words(status, &paragraph);
        let has_code = own_code.is_some();
        let told = ProseFinding { kind, code, words: from_the_cause(&paragraph) };
        if has_code {
            return told;
        }
        without_code.get_or_insert(told);
    }
    without_code.unwrap_or(ProseFinding { kind: None, code: status, words: String::new() })
}

/// Paragraphs, each on one line: servers wrap in the middle of a phrase.
fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    text.split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty())
}

/// Returns a paragraph from the other server's words on, where these can be separated from the
/// introduction.
fn from_the_cause(paragraph: &str) -> String {
    static CAUSE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s:;('<#])([45][0-5][0-9][ -]|[45]\.[0-7]\.[0-9]{1,3}\b)")
            .expect("a fixed pattern")
    });
    let at =
        CAUSE.captures(paragraph).and_then(|found| found.get(1)).map_or(0, |cause| cause.start());
    // Servers that put the code in brackets put it at the end.
    if paragraph.len() - at < 20 { paragraph.to_owned() } else { paragraph[at..].to_owned() }
}

/// "Still trying", in the words of Postfix, Exim, sendmail, Exchange, MDaemon, Gmail.
const GOES_ON: &[&str] = &[
    "you do not need to resend",
    "do not need to resend your message",
    "this is a warning message only",
    "this is a warning only",
    "no action is required on your part",
    "will continue to try",
    "will continue trying",
    "will keep trying",
    "will be retried",
    "will retry",
    "will still be attempted",
    "has not yet been delivered",
    "still being retried",
    "will be attempted again",
    "delivery attempts will continue",
    "sẽ tiếp tục thử",
    "sẽ tiếp tục gửi",
    "sẽ thử lại",
    "sẽ được gửi lại",
];

/// Returns the text before the copy of our mail: what the server itself says.
fn before_the_copy(parts: &[MimePart<'_>]) -> String {
    static COPY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?im)^(?:[ \t>-]*(?:below this line is a copy|this is a copy of (?:the|your) message|original message headers|headers of the original message|original message (?:header|follows)|-+ ?original message|message header follows|unsent message follows|nội dung thư gốc|thư gốc)|return-path: ?<|received: from |message-id: ?<).*$",
        )
        .expect("a fixed pattern")
    });
    let text = own_words(parts);
    // What a server has to say it says soon.
    let text = &text[..text.floor_char_boundary(PROSE_BYTES)];
    let end = COPY.find(text).map_or(text.len(), |copy| copy.start());
    text[..end].to_owned()
}

/// Returns the texts of the answer itself; HTML only where there is no plain text.
fn own_words(parts: &[MimePart<'_>]) -> String {
    let texts = |kind: &'static str| {
        parts
            .iter()
            .filter(move |part| !part.enclosed && part.kind == kind)
            .map(MimePart::text)
            .take(5)
    };
    let plain = texts("text/plain").collect::<Vec<_>>().join("\n\n");
    if !plain.trim().is_empty() {
        return plain;
    }
    texts("text/html").map(|html| without_tags(&html)).collect::<Vec<_>>().join("\n\n")
}

/// Returns the words of a page, in which phrases are looked up. They are never shown as a page.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut hidden = false;
    for piece in html.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or(("", piece));
        let name: String =
            tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match name.to_ascii_lowercase().as_str() {
            "style" | "script" | "title" => hidden = true,
            "/style" | "/script" | "/title" => hidden = false,
            "p" | "/p" | "div" | "/div" | "tr" | "li" | "h1" | "h2" | "h3" | "table" | "td"
            | "hr" => {
                text.push_str("\n\n");
            }
            "br" | "br/" => text.push('\n'),
            _ => {}
        }
        if !hidden {
            text.push_str(words);
        }
    }
    characters(&text)
}

/// Decodes character references, the named ones as far as servers use them: Vietnamese in an ASCII
/// page is written with them.
fn characters(text: &str) -> String {
    static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(nbsp|lt|gt|quot|amp));")
            .expect("a fixed pattern")
    });
    let read = |found: &Captures<'_>| {
        let number = |group: usize, radix| {
            found.get(group).and_then(|digits| u32::from_str_radix(digits.as_str(), radix).ok())
        };
        let character = match found.get(3).map(|name| name.as_str()) {
            Some("lt") => '<',
            Some("gt") => '>',
            Some("quot") => '"',
            Some("amp") => '&',
            Some(_) => ' ',
            None => number(1, 10).or_else(|| number(2, 16)).and_then(char::from_u32).unwrap_or(' '),
        };
        character.to_string()
    };
    REFERENCE.replace_all(text, read).into_owned()
}

fn is_from_a_server(head: &MimeHead<'_>) -> bool {
    let from = folded(&head.field("from").unwrap_or_default());
    head.field("x-failed-recipients").is_some()
        || [
            "mailer-daemon",
            "mail delivery",
            "postmaster@",
            "mdaemon@",
            "microsoftexchange",
            "maildelivery",
        ]
        .iter()
        .any(|name| from.contains(name))
}

fn names_itself_returned(subject: &str) -> bool {
    let subject = folded(subject);
    [
        "undeliver",
        "delivery status notification",
        "returned mail",
        "failure notice",
        "delivery fail",
        "delivery error",
        "delivery delayed",
        "delayed:",
        "non-delivery",
        "nondeliverable",
        "returning message to sender",
        "returned to sender",
        "could not be delivered",
        "not delivered",
        "không gửi được",
        "không thể gửi",
        "không chuyển được",
        "không thể phát",
        "gửi thư thất bại",
        "gửi không thành công",
    ]
    .iter()
    .any(|phrase| subject.contains(phrase))
}

/// RFC 3834 §5, and what was in use before it.
fn is_automatic(head: &MimeHead<'_>) -> bool {
    let submitted = head.field("auto-submitted").map(|value| value.trim().to_ascii_lowercase());
    let precedence = head.field("precedence").map(|value| value.trim().to_ascii_lowercase());
    submitted.is_some_and(|value| value.starts_with("auto-"))
        || precedence.is_some_and(|value| value == "auto_reply")
        || [
            "x-autoreply",
            "x-autorespond",
            "x-auto-reply",
            "x-autogenerated",
            "x-zimbra-auto-reply",
        ]
        .iter()
        .any(|name| head.field(name).is_some())
}

fn names_itself_a_reply(subject: &str) -> bool {
    let subject = folded(subject);
    [
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "auto response",
        "autoresponse",
        "out of office",
        "out of the office",
        "trả lời tự động",
        "tự động trả lời",
        "thư trả lời tự động",
        "vắng mặt",
        "phản hồi tự động",
    ]
    .iter()
    .any(|phrase| subject.starts_with(phrase) || subject.contains(&format!(": {phrase}")))
}

/// Returns the first address in a text that is a person's.
fn first_address(text: &str) -> Option<String> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[^\s<>()\[\],;:'@]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
            .expect("a fixed pattern")
    });
    let is_server = |address: &str| {
        let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
        matches!(local.as_str(), "mailer-daemon" | "postmaster" | "abuse" | "support")
    };
    let mut found = ADDRESS.find_iter(text).take(20).map(|found| found.as_str().trim_matches('"'));
    found.find(|address| address.len() <= 254 && !is_server(address)).map(str::to_owned)
}
