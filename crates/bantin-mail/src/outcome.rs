//! What a mail server's answer means for us: judged by the phase it came in first, then by its enhanced code (RFC 3463),
//! then by its basic code. A reply about *us* must never cost a subscriber, and one about a subscriber must never hold
//! everybody's mail.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::SendOutcome;
use bantin_model::limits::REPLY_CHARS;

/// The phase of an attempt in which its answer arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmtpPhase {
    Connect,
    Greeting,
    Hello,
    StartTls,
    Auth,
    MailFrom,
    Recipient,
    /// The DATA command.
    Data,
    /// The message, up to and with the answer to the final dot.
    Message,
}

impl fmt::Display for SmtpPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SmtpPhase::Connect => "connecting",
            SmtpPhase::Greeting => "the greeting",
            SmtpPhase::Hello => "EHLO",
            SmtpPhase::StartTls => "STARTTLS",
            SmtpPhase::Auth => "AUTH",
            SmtpPhase::MailFrom => "MAIL FROM",
            SmtpPhase::Recipient => "RCPT TO",
            SmtpPhase::Data => "DATA",
            SmtpPhase::Message => "the message",
        })
    }
}

/// One reply of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpReply {
    /// Three digits.
    pub code: u16,
    /// The texts of its lines without their codes.
    pub lines: Vec<String>,
}

impl SmtpReply {
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// `x.y.z` at the start of a line's text. Some servers dress it as `#5.1.0` or `(5.1.0)`.
    pub fn enhanced(&self) -> Option<(u16, u16, u16)> {
        self.lines.iter().find_map(|line| {
            let word = line.split_whitespace().next()?;
            let word = word.trim_matches(|c| "#()[]:;,-".contains(c));
            let mut numbers = word.split('.').map(|part| {
                let digits =
                    (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
                if digits { part.parse::<u16>().ok() } else { None }
            });
            let code = (numbers.next()??, numbers.next()??, numbers.next()??);
            (numbers.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
        })
    }

    fn says(&self, words: &str) -> bool {
        self.lines.join(" ").to_ascii_lowercase().contains(words)
    }
}

impl fmt::Display for SmtpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.lines.join(" "))
    }
}

/// Why an attempt ended before the server had accepted the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtpFault {
    /// A reply other than the one hoped for.
    Answered(SmtpReply),
    /// No reply in time.
    Silence,
    /// The connection could not be made, or broke.
    Broken(String),
    /// What came was not SMTP.
    Garbled(String),
    /// Certificate, host name or protocol of TLS.
    Tls(String),
    /// Something we insist on is not offered, or our own settings do not fit together.
    Unfit(String),
    /// The address cannot be put to this server at all.
    Unsendable(&'static str),
}

/// A failed attempt, with the phase it failed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpFailure {
    pub phase: SmtpPhase,
    pub fault: SmtpFault,
}

/// The meaning of a reply, without its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyVerdict {
    Refused,
    TryLater,
    OurFault,
}

impl SmtpFailure {
    pub fn new(phase: SmtpPhase, fault: SmtpFault) -> Self {
        SmtpFailure { phase, fault }
    }

    pub fn verdict(&self) -> ReplyVerdict {
        match &self.fault {
            SmtpFault::Answered(reply) => judge(self.phase, reply),
            SmtpFault::Silence | SmtpFault::Broken(_) | SmtpFault::Garbled(_) => {
                ReplyVerdict::TryLater
            }
            SmtpFault::Tls(_) | SmtpFault::Unfit(_) => ReplyVerdict::OurFault,
            SmtpFault::Unsendable(_) => ReplyVerdict::Refused,
        }
    }

    /// Returns the outcome with its words, from which `private` (the address, a password) and all
    /// other addresses are removed.
    pub fn outcome(&self, private: &[&str]) -> SendOutcome {
        let phase = self.phase;
        let words = match &self.fault {
            SmtpFault::Answered(reply) => {
                format!("{phase}: {}", presentable(&reply.to_string(), private))
            }
            SmtpFault::Silence => format!("{phase}: no answer in time"),
            SmtpFault::Broken(why) => format!("{phase}: {}", presentable(why, private)),
            SmtpFault::Garbled(what) => {
                format!("{phase}: not an SMTP reply: {}", presentable(what, private))
            }
            SmtpFault::Tls(why) => format!("{phase}: TLS failed: {}", presentable(why, private)),
            SmtpFault::Unfit(why) => format!("{phase}: {why}"),
            SmtpFault::Unsendable(why) => format!("{phase}: {why}"),
        };
        match self.verdict() {
            ReplyVerdict::Refused => SendOutcome::Refused(words),
            ReplyVerdict::TryLater if self.phase < SmtpPhase::Recipient => SendOutcome::Away(words),
            ReplyVerdict::TryLater => SendOutcome::TryLater(words),
            // Up to MAIL FROM the server speaks of us alone; from RCPT on it may speak of this recipient's wishes.
            ReplyVerdict::OurFault if self.phase >= SmtpPhase::Recipient => {
                SendOutcome::SenderRefused(words)
            }
            ReplyVerdict::OurFault => SendOutcome::OurFault(words),
        }
    }
}

/// Returns what a reply that is not the one hoped for means.
pub fn judge(phase: SmtpPhase, reply: &SmtpReply) -> ReplyVerdict {
    let enhanced = reply.enhanced();
    // A server that says "4" anywhere means "not now"; taking it for "never" would lose mail.
    let permanent =
        (500..600).contains(&reply.code) && enhanced.is_none_or(|(class, ..)| class == 5);
    if !permanent {
        return ReplyVerdict::TryLater;
    }
    let subject = enhanced.map(|(_, subject, detail)| (subject, detail));
    match phase {
        // RFC 6531 §3.5: this recipient's server has no SMTPUTF8; everybody else's mail is fine.
        SmtpPhase::MailFrom | SmtpPhase::Recipient | SmtpPhase::Data | SmtpPhase::Message
            if subject == Some((6, 7)) =>
        {
            ReplyVerdict::Refused
        }
        SmtpPhase::Connect
        | SmtpPhase::Greeting
        | SmtpPhase::Hello
        | SmtpPhase::StartTls
        | SmtpPhase::Auth
        | SmtpPhase::MailFrom => ReplyVerdict::OurFault,
        SmtpPhase::Recipient => judge_recipient(reply, subject),
        SmtpPhase::Data | SmtpPhase::Message => judge_message(reply, subject),
    }
}

fn judge_recipient(reply: &SmtpReply, subject: Option<(u16, u16)>) -> ReplyVerdict {
    // Postfix answers MAIL FROM with 250 and rejects a bad sender or client at RCPT (smtpd_delay_reject).
    if ["sender address rejected", "client host rejected", "helo command rejected"]
        .iter()
        .any(|words| reply.says(words))
    {
        return ReplyVerdict::OurFault;
    }
    // Not logged in, or not well enough (RFC 4954 §6).
    if matches!(reply.code, 530 | 534 | 535 | 538) {
        return ReplyVerdict::OurFault;
    }
    match subject {
        Some(subject) => match by_subject(subject) {
            Some(verdict) => verdict,
            None => by_recipient_code(reply.code),
        },
        None => by_recipient_code(reply.code),
    }
}

/// Returns what RFC 3463's subject and detail decide by themselves, at RCPT and after the message
/// alike.
pub fn by_subject(subject: (u16, u16)) -> Option<ReplyVerdict> {
    Some(match subject {
        // 5.1.7 and 5.1.8 are about the sender's address: ours.
        (1, 7 | 8) => ReplyVerdict::OurFault,
        // 5.1.90 is how one large provider says that we have sent enough for today.
        (1, 9 | 90) => ReplyVerdict::TryLater,
        (1, _) => ReplyVerdict::Refused,
        // A full mailbox can be emptied; too long for this one mailbox says nothing of the next mail.
        (2, 2 | 3) => ReplyVerdict::TryLater,
        (2, 1 | 4) => ReplyVerdict::Refused,
        (3, 4) => ReplyVerdict::OurFault,
        // The receiving system's own troubles, directories, loops; and 5.4.5 is a day's quota used up, again ours.
        (3, 1 | 2 | 3 | 5) | (4, 3 | 5 | 6 | 7) | (5, 3) => ReplyVerdict::TryLater,
        // RFC 7293: mailbox or domain has a new owner, who never asked for this mail.
        (7, 17 | 18) => ReplyVerdict::Refused,
        (7, _) => ReplyVerdict::OurFault,
        _ => return None,
    })
}

fn by_recipient_code(code: u16) -> ReplyVerdict {
    match code {
        // RFC 5321 §4.2.2: no such mailbox, moved, not allowed as a name; RFC 7504: takes no mail at all. A syntax error
        // (501, 555) is about the only thing in the command that we did not make ourselves.
        550 | 551 | 553 | 501 | 555 | 521 | 556 => ReplyVerdict::Refused,
        // 552 is a full mailbox here; 554 says nothing, and neither blaming the subscriber nor holding all mail is safe.
        552 | 554 => ReplyVerdict::TryLater,
        500 | 502 | 503 | 504 => ReplyVerdict::OurFault,
        _ => ReplyVerdict::TryLater,
    }
}

fn judge_message(reply: &SmtpReply, subject: Option<(u16, u16)>) -> ReplyVerdict {
    if matches!(reply.code, 530 | 534 | 535 | 538) {
        return ReplyVerdict::OurFault;
    }
    match subject {
        // Malformed or in a form the server cannot take (5.6.x), or our use of the protocol (5.5.x): so are all our mails.
        Some((5 | 6, _)) => ReplyVerdict::OurFault,
        Some(subject) => by_subject(subject).unwrap_or(ReplyVerdict::TryLater),
        None => match reply.code {
            // Without an enhanced code 552 after DATA is the size of the message, in practice.
            552 => ReplyVerdict::OurFault,
            500..=504 => ReplyVerdict::OurFault,
            // 550 and 554 here are a filter's verdict on one text, or an unknown mailbox noticed late: wait and see.
            _ => ReplyVerdict::TryLater,
        },
    }
}

/// Returns a server's words for the admin: on one line, at most 300 characters, no control
/// characters, no address, and nothing of `private`.
pub fn presentable(words: &str, private: &[&str]) -> String {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        // Far more than addresses are (quoted local parts, %40, half an address before a line break): what is lost of a
        // reply's wording is a lesser evil than an address in a log.
        Regex::new(r#"(?x) "[^"]*"@[^\s<>()\[\],;"']* | [^\s<>()\[\],;:"'=]* (?: [@\u{FF20}\u{FE6B}] | %40 | &\#64; ) [^\s<>()\[\],;:"']* "#)
            .expect("a fixed pattern")
    });
    let mut text = words.to_owned();
    for secret in private.iter().filter(|secret| !secret.is_empty()) {
        text = remove(&text, secret);
    }
    let text = ADDRESS.replace_all(&text, "…");
    let mut line = String::new();
    for (n, word) in text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).enumerate()
    {
        if n > 0 {
            line.push(' ');
        }
        for c in word.chars() {
            if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                line.extend(c.escape_unicode());
            } else {
                line.push(c);
            }
        }
    }
    if line.chars().count() > REPLY_CHARS {
        line = line.chars().take(REPLY_CHARS - 1).chain(['…']).collect();
    }
    line
}

/// Removes `secret` from `text`, in any case of its ASCII letters. A short word without "@" is
/// removed only between punctuation marks, so that the mailbox "user" does not turn "User unknown
/// in local table" into a riddle.
fn remove(text: &str, secret: &str) -> String {
    // Lower case of ASCII alone keeps every byte in its place.
    let (lower, wanted) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let anywhere = secret.contains('@') || secret.len() >= 12;
    let is_mark = |c: Option<char>| c.is_some_and(|c| "<>\"'`".contains(c));
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(&wanted) {
        let end = at + wanted.len();
        let marked = is_mark(text[..at].chars().next_back()) && is_mark(text[end..].chars().next());
        if anywhere || marked {
            kept.push_str(&text[from..at]);
            kept.push('…');
            from = end;
        }
    }
    kept.push_str(&text[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> SmtpReply {
        let lines = text.lines().map(|line| line[4.min(line.len())..].to_owned()).collect();
        SmtpReply { code: text[..3].parse().expect("three digits"), lines }
    }

    #[track_caller]
    fn check(verdict: ReplyVerdict, cases: &[(SmtpPhase, &str)]) {
        for (phase, text) in cases {
            assert_eq!(judge(*phase, &reply(text)), verdict, "{text} at {phase}");
        }
    }

    #[test]
    fn an_address_that_will_never_work_is_refused() {
        use SmtpPhase::*;
        check(
            ReplyVerdict::Refused,
            &[
                (Recipient, "550 5.1.1 user unknown"),
                (
                    Recipient,
                    "550-5.1.1 The email account that you tried to reach does not exist.\n550 5.1.1 more",
                ),
                (Recipient, "550 no such user here"),
                (Recipient, "551 User not local; please try elsewhere"),
                (Recipient, "553 mailbox name not allowed"),
                (Recipient, "501 malformed address"),
                (Recipient, "501 5.1.3 Bad recipient address syntax"),
                (Recipient, "550 #5.1.0 Address rejected."),
                (Recipient, "550 5.1.6 moved"),
                (Recipient, "556 5.1.10 Recipient address has null MX"),
                (Recipient, "550 5.1.2 bad destination system"),
                (Recipient, "550 5.2.1 mailbox disabled"),
                (Recipient, "550 5.4.1 Recipient address rejected: Access denied"),
                (Recipient, "553 5.3.0 unknown user"),
                (Recipient, "554 5.2.1 mailbox disabled"),
                (Recipient, "550 5.5.0 Requested action not taken: mailbox unavailable"),
                (Recipient, "550 5.7.17 mailbox owner has changed"),
                (Recipient, "553 5.6.7 SMTPUTF8 needed"),
                (MailFrom, "550 5.6.7 SMTPUTF8 needed"),
                (Message, "550 5.1.1 user unknown"),
                (Message, "550 5.2.1 disabled"),
            ],
        );
    }

    #[test]
    fn what_may_pass_is_tried_later() {
        use SmtpPhase::*;
        check(
            ReplyVerdict::TryLater,
            &[
                (Greeting, "421 too many connections"),
                (Greeting, "450 4.3.2 busy"),
                (Hello, "421 4.3.2 closing"),
                (StartTls, "454 4.7.0 TLS not available due to temporary reason"),
                (Auth, "454 4.7.0 Temporary authentication failure"),
                (Auth, "421 4.7.0 too many failures"),
                (MailFrom, "451 4.1.8 sender domain does not resolve"),
                (MailFrom, "452 4.3.1 insufficient storage"),
                (Recipient, "450 4.7.1 greylisted"),
                (Recipient, "450 4.1.1 unverified address"),
                (Recipient, "450 5.1.1 contradicts itself"),
                (Recipient, "550 4.1.1 contradicts itself"),
                (Recipient, "552 mailbox full"),
                (Recipient, "552 5.2.2 mailbox full"),
                (Recipient, "550 5.2.2 over quota"),
                (Recipient, "452 4.2.2 over quota"),
                (Recipient, "552 5.2.3 too long for this mailbox"),
                (Recipient, "554 Transaction failed"),
                (Recipient, "550 5.4.5 Daily sending quota exceeded"),
                (Recipient, "550 5.1.90 you have reached your daily limit for message recipients"),
                (Recipient, "550 5.3.2 system not accepting network messages"),
                (Recipient, "250 a reply that says yes where it cannot be one"),
                (Data, "451 4.3.0 try again"),
                (Data, "250 where 354 was due"),
                (Message, "432 busy"),
                (Message, "421 4.3.0 shutting down"),
                (Message, "552 5.2.2 mailbox full"),
                (Message, "550 looks like spam"),
                (Message, "554 delivery error"),
            ],
        );
    }

    #[test]
    fn what_would_happen_to_every_mail_is_our_fault_and_nobody_elses() {
        use SmtpPhase::*;
        check(
            ReplyVerdict::OurFault,
            &[
                (Greeting, "554 5.7.1 your address is blocked"),
                (Greeting, "521 host does not accept mail"),
                (Hello, "550 5.7.1 bad helo"),
                (Hello, "504 need fully-qualified hostname"),
                (StartTls, "501 syntax"),
                (Auth, "535 5.7.8 Error: authentication failed"),
                (Auth, "534 5.7.9 mechanism too weak"),
                (Auth, "530 5.7.0 must issue STARTTLS first"),
                (Auth, "538 encryption required"),
                (MailFrom, "530 5.7.0 authentication required"),
                (MailFrom, "550 5.1.8 sender domain not found"),
                (MailFrom, "553 5.7.1 not owned by user"),
                (MailFrom, "552 5.3.4 message size exceeds fixed limit"),
                (MailFrom, "550 5.1.1 even so"),
                (Recipient, "550 5.7.1 listed by a blocklist"),
                (Recipient, "550 5.7.23 SPF validation failed"),
                (Recipient, "550 5.7.26 unauthenticated"),
                (
                    Recipient,
                    "550 5.7.515 access denied, sender does not meet the required authentication level",
                ),
                (Recipient, "554 5.7.1 relay access denied"),
                (Recipient, "550 5.1.8 sender address: domain not found"),
                (Recipient, "553 5.1.7 bad sender syntax"),
                (
                    Recipient,
                    "550 5.1.0 <a@b.vn>: Sender address rejected: User unknown in local recipient table",
                ),
                (
                    Recipient,
                    "504 5.5.2 <host>: Helo command rejected: need fully-qualified hostname",
                ),
                (Recipient, "530 5.5.1 authentication required"),
                (Recipient, "552 5.3.4 message too big"),
                (Recipient, "503 5.5.1 need MAIL"),
                (Data, "554 5.7.1 policy"),
                (Message, "554 5.7.1 rejected by policy"),
                (Message, "550 5.7.1 DMARC"),
                (Message, "552 5.3.4 message too big"),
                (Message, "552 Message size exceeds maximum permitted"),
                (Message, "550 5.6.0 malformed message"),
            ],
        );
    }

    #[test]
    fn p12_the_words_kept_for_the_admin_hold_no_address_and_no_control_character() {
        for (words, private, kept) in [
            ("550 5.1.1 <a.b@example.vn>: unknown", &[][..], "550 5.1.1 <…>: unknown"),
            ("550 a.b@example.vn unknown", &[], "550 … unknown"),
            ("550 \"a b\"@example.vn unknown", &[], "550 … unknown"),
            ("550 <\"a b\"@example.vn> unknown", &[], "550 <…> unknown"),
            ("550 rcpt=a.b@example.vn, no", &[], "550 rcpt=…, no"),
            ("550 mailto:nguyễn@ví-dụ.vn no", &[], "550 mailto:… no"),
            ("550 https://x.vn/?to=a%40b.vn no", &[], "550 https://x.vn/?to=… no"),
            ("550 <very.long@\nexample.vn> no", &[], "550 <… example.vn> no"),
            (
                "550 5.1.1 <An.Binh>... User unknown",
                &["an.binh@x.vn", "an.binh"],
                "550 5.1.1 <…>... User unknown",
            ),
            ("550 5.1.1 user unknown", &["user@x.vn", "user"], "550 5.1.1 user unknown"),
            (
                "501 cannot decode AGJhbnRpbgBiaS1tYXQ=",
                &["AGJhbnRpbgBiaS1tYXQ="],
                "501 cannot decode …",
            ),
            ("250 \u{1b}[31mred\u{7}\t\u{202e}x", &[], "250 \\u{1b}[31mred\\u{7} \\u{202e}x"),
        ] {
            assert_eq!(presentable(words, private), kept, "{words:?}");
        }
        let long = presentable(&"dài ".repeat(500), &[]);
        assert_eq!(long.chars().count(), 300);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn an_enhanced_code_is_read_only_where_one_stands() {
        for (text, code) in [
            ("550 5.1.1 x", Some((5, 1, 1))),
            ("550 5.7.515 x", Some((5, 7, 515))),
            ("550 (5.1.1) x", Some((5, 1, 1))),
            ("550 192.0.2.1 is listed", None),
            ("550 5.1 x", None),
            ("550 5.1.1.1 x", None),
            ("550 x 5.1.1", None),
            ("550 3.1.1 x", None),
            ("550 5.1.9999 x", None),
            ("550 5..1 x", None),
            ("550 ", None),
        ] {
            assert_eq!(reply(text).enhanced(), code, "{text}");
        }
    }
}
