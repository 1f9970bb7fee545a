//! What a server's words mean, wherever they stood: by their enhanced code (RFC 3463), by the phase they name and their
//! basic code, and by well-known phrases. Words about us win over words about the receiver: a block list must never cost
//! us subscribers.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::{BounceKind, EnhancedCode};
use crate::outcome::{ReplyVerdict, SmtpPhase, SmtpReply, by_subject, judge, presentable};

/// Words that are never the receiver's fault, whatever code accompanies them.
const ABOUT_US: &[&str] = &[
    "blacklist",
    "black list",
    "blocklist",
    "block list",
    "blocked using",
    "spamhaus",
    "dnsbl",
    "dmarc",
    "dkim",
    "spf check",
    "spf fail",
    "spf validation",
    "reputation",
    "unsolicited",
    "sender address rejected",
    "client host rejected",
    "helo command rejected",
    "sender rejected",
    "danh sách đen",
    "thư rác",
];
/// Words that are about us unless a code says otherwise.
const ABOUT_THE_MAIL: &[&str] = &[
    "spam",
    "virus",
    "blocked",
    "policy",
    "prohibited",
    "content reject",
    "message rejected",
    "not authorized",
    "relay access denied",
    "relaying denied",
    "unable to relay",
    "bị chặn",
    "chính sách",
];
const FULL: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "mailbox has exceeded",
    "inbox is full",
    "quota exceeded",
    "over quota",
    "overquota",
    "exceeded quota",
    "exceeds quota",
    "over its quota",
    "out of storage",
    "storage limit",
    "exceeded storage",
    "insufficient storage",
    "disk quota",
    "mailbox size limit",
    "hộp thư đầy",
    "hộp thư đã đầy",
    "hộp thư bị đầy",
    "hộp thư của người nhận đã đầy",
    "hết dung lượng",
    "vượt quá dung lượng",
    "vượt dung lượng",
    "vượt hạn mức",
];
const PASSING: &[&str] = &[
    "timed out",
    "timeout",
    "connection refused",
    "no route to host",
    "network is unreachable",
    "too long in queue",
    "in the queue too long",
    "retry timeout exceeded",
    "retry time not reached",
    "temporarily",
    "try again later",
    "too many hops",
    "mail loop",
    "loops back",
    "expired",
    "i'm not going to try again",
    "hết thời gian",
];
const NO_MAILBOX: &[&str] = &[
    "user unknown",
    "unknown user",
    "unknown recipient",
    "unknown address",
    "unknown mailbox",
    "unknown or illegal alias",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no such address",
    "no such person",
    "no such account",
    "no such domain",
    "no mailbox here",
    "user not found",
    "recipient not found",
    "recipientnotfound",
    "mailbox not found",
    "address not found",
    "account not found",
    "account that you tried to reach does not exist",
    "does not exist",
    "doesn't exist",
    "not a valid mailbox",
    "not a known user",
    "not a valid user",
    "invalid recipient",
    "invalid mailbox",
    "invalid user",
    "unrouteable address",
    "unroutable address",
    "mailbox unavailable",
    "could not be found",
    "couldn't be found",
    "wasn't found",
    "was not found",
    "not listed in",
    "is disabled",
    "been disabled",
    "account disabled",
    "mailbox disabled",
    "is inactive",
    "account inactive",
    "no longer available",
    "no longer exists",
    "no longer accepts",
    "no longer works",
    "host or domain name not found",
    "host unknown",
    "không tồn tại",
    "không tìm thấy",
    "địa chỉ không hợp lệ",
    "không có người dùng",
    "đã bị khóa",
    "đã bị khoá",
    "ngừng hoạt động",
    "ngưng hoạt động",
    "ngừng sử dụng",
    "không còn sử dụng",
];

/// Returns what is said of a mail that has finally failed; `None` where the words do not tell.
/// `status` is a report's own code.
pub fn judge_words(
    status: Option<EnhancedCode>,
    words: &str,
) -> (Option<BounceKind>, Option<EnhancedCode>) {
    let said = enhanced(words);
    // Many servers report the catch-all x.0.0 and leave the other server's precise answer in its words.
    let code = match (status, said) {
        (Some(EnhancedCode(class, 0, 0)), Some(said)) if said.0 == class => Some(said),
        (Some(EnhancedCode(2, ..)), Some(said)) => Some(said),
        (Some(status), _) => Some(status),
        (None, said) => said,
    };
    let lower = folded(words);
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let basic = basic(words);
    let class = code.map_or(basic.map(|basic| basic / 100), |code| Some(code.0));
    // A server that says "4" anywhere means "not now".
    if class == Some(4) {
        return (Some(BounceKind::Soft), code);
    }
    if says(ABOUT_US) {
        return (Some(BounceKind::OurFault), code);
    }
    let by_code = code.filter(|code| code.0 == 5).and_then(|code| by_code(code.1, code.2));
    let by_words = || {
        if says(FULL) {
            Some(BounceKind::Soft)
        } else if says(ABOUT_THE_MAIL) {
            Some(BounceKind::OurFault)
        } else if says(NO_MAILBOX) {
            Some(BounceKind::Hard)
        } else if says(PASSING) {
            Some(BounceKind::Soft)
        } else {
            None
        }
    };
    (by_code.or_else(by_words).or_else(|| by_phase(basic?, &lower)), code)
}

fn by_code(subject: u16, detail: u16) -> Option<BounceKind> {
    match (subject, detail) {
        // 5.1.0 names no more than "something about an address", and some servers mean the sender's.
        (1, 0) => None,
        // No such host: 5.4.4, and 5.4.310 where one large provider says it.
        (4, 4 | 310) => Some(BounceKind::Hard),
        (6, _) => Some(BounceKind::OurFault),
        _ => by_subject((subject, detail)).map(kind_of),
    }
}

/// Judges by the basic code and the command that it answers; without the command the code means
/// nothing.
fn by_phase(basic: u16, lower: &str) -> Option<BounceKind> {
    let says = |words: &[&str]| words.iter().any(|words| lower.contains(words));
    let phase = if says(&["end of data", "failed after i sent the message"]) {
        SmtpPhase::Message
    } else if says(&["rcpt to", "does not like recipient"]) {
        SmtpPhase::Recipient
    } else {
        return None;
    };
    Some(kind_of(judge(phase, &SmtpReply { code: basic, lines: vec![lower.to_owned()] })))
}

fn kind_of(verdict: ReplyVerdict) -> BounceKind {
    match verdict {
        ReplyVerdict::Refused => BounceKind::Hard,
        ReplyVerdict::TryLater => BounceKind::Soft,
        ReplyVerdict::OurFault => BounceKind::OurFault,
    }
}

/// Words in one form, for looking phrases up: composed, in lower case, blanks as one, and no typographic apostrophes.
pub fn folded(words: &str) -> String {
    let words = words.nfc().collect::<String>().to_lowercase().replace('\u{2019}', "'");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the code of a status field: `5.1.1`, or followed by words.
pub fn status(field: &str) -> Option<EnhancedCode> {
    enhanced(field.split_whitespace().next()?)
}

/// Returns the first enhanced code in a text. The subjects end at 7, which sets most version
/// numbers apart.
fn enhanced(words: &str) -> Option<EnhancedCode> {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^0-9A-Za-z.])([245])\.([0-7])\.([0-9]{1,3})(?:[^0-9.]|\.[^0-9]|\.?$)")
            .expect("a fixed pattern")
    });
    let found = CODE.captures(words)?;
    let number = |n: usize| found[n].parse().ok();
    Some(EnhancedCode(number(1)?, number(2)?, number(3)?))
}

/// Returns the first thing in a text that looks like a reply's basic code and is none of success.
fn basic(words: &str) -> Option<u16> {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?:^|[\s:;('"<>#])([45][0-5][0-9])(?:[ -]|$)"#).expect("a fixed pattern")
    });
    CODE.captures(words)?[1].parse().ok()
}

/// Cleans a server's words for the admin: the recipient's address is removed. Its local part is
/// removed too where it is a word of its own, unless servers use that word themselves.
pub fn presentable_words(words: &str, recipient: Option<&str>) -> String {
    // Far more than is kept of them, and little enough to clean quickly.
    let words = &words[..words.floor_char_boundary(4_000)];
    let Some((local, _)) = recipient.and_then(|recipient| recipient.rsplit_once('@')) else {
        return presentable(words, &[]);
    };
    const OURS: &[&str] =
        &["user", "mailbox", "mail", "recipient", "address", "account", "host", "said", "the"];
    if OURS.iter().any(|word| word.eq_ignore_ascii_case(local)) {
        return presentable(words, &[recipient.unwrap_or_default(), local]);
    }
    let is_part = |c: char| c.is_alphanumeric() || "._%+-@".contains(c);
    let cleaned: String = words
        .split_inclusive(|c| !is_part(c))
        .map(|piece| {
            let word = piece.trim_end_matches(|c| !is_part(c));
            let bare = word.trim_matches(['.', '-']);
            if bare.eq_ignore_ascii_case(local) {
                piece.replace(bare, "…")
            } else {
                piece.to_owned()
            }
        })
        .collect();
    presentable(&cleaned, &[recipient.unwrap_or_default(), local])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, kind: Option<BounceKind>, code: &str) {
        let (judged, found) = judge_words(None, words);
        let found = found.map(|code| code.to_string()).unwrap_or_default();
        assert_eq!((judged, found.as_str()), (kind, code), "{words}");
    }

    #[test]
    fn a_missing_mailbox_is_known_by_code_by_phrase_or_by_the_command_it_answers() {
        for (words, code) in [
            ("550 5.1.1 <a@b.vn>: Recipient address rejected: User unknown", "5.1.1"),
            ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "5.1.10"),
            ("Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
            ("550-5.2.1 The email account that you tried to reach is disabled.", "5.2.1"),
            ("550 5.5.0 Requested action not taken: mailbox unavailable", "5.5.0"),
            ("550 no such user", ""),
            ("Tài khoản người nhận không tồn tại trên hệ thống", ""),
            ("Host or domain name not found. Name service error for name=x.vn type=A", ""),
            ("host mx.x.vn said: 550 Rejected (in reply to RCPT TO command)", ""),
            ("550 5.4.310 DNS domain x.vn does not exist", "5.4.310"),
            ("550 5.1.0 <a@x.vn>... no such user", "5.1.0"),
        ] {
            check(words, Some(BounceKind::Hard), code);
        }
    }

    #[test]
    fn what_may_pass_is_soft() {
        for (words, code) in [
            ("552 5.2.2 Mailbox over quota", "5.2.2"),
            ("550 hộp thư của người nhận đã đầy", ""),
            ("Ho\u{302}\u{323}p thư đa\u{303} đa\u{302}\u{300}y", ""),
            ("451 4.7.1 Greylisted, spam?", "4.7.1"),
            ("connect to mx.x.vn[192.0.2.1]:25: Connection timed out", ""),
            ("421 too many connections from blocklist", ""),
            ("host said: 554 refused (in reply to end of DATA command)", ""),
            ("554 5.4.6 Too many hops", "5.4.6"),
        ] {
            check(words, Some(BounceKind::Soft), code);
        }
    }

    #[test]
    fn what_is_about_us_never_counts_against_the_receiver() {
        for (words, code) in [
            ("550 5.7.1 Message rejected", "5.7.1"),
            ("550 5.7.26 unauthenticated mail is not accepted", "5.7.26"),
            ("554 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", ""),
            ("550 5.1.1 blocked, 192.0.2.1 is on our blacklist", "5.1.1"),
            ("550 5.1.0 Sender rejected", "5.1.0"),
            ("554 message rejected as spam, user does not exist", ""),
            ("552 5.3.4 message too big", "5.3.4"),
            ("550 5.6.1 malformed", "5.6.1"),
        ] {
            check(words, Some(BounceKind::OurFault), code);
        }
    }

    #[test]
    fn what_does_not_tell_is_not_guessed() {
        for (words, code) in [
            ("", ""),
            ("550 no", ""),
            ("see 192.5.1.1 or version 15.5.1.2", ""),
            ("Exim 4.92.3 on host", ""),
            ("call 5500 or 550.", ""),
            ("554 5.0.0 failed", "5.0.0"),
        ] {
            check(words, None, code);
        }
    }

    #[test]
    fn a_precise_answer_in_words_beats_a_reports_catch_all_code() {
        let of = |status, words| judge_words(Some(status), words);
        assert_eq!(
            of(EnhancedCode(5, 0, 0), "550 5.1.1 x"),
            (Some(BounceKind::Hard), Some(EnhancedCode(5, 1, 1)))
        );
        assert_eq!(
            of(EnhancedCode(5, 1, 1), "550 5.0.0 x"),
            (Some(BounceKind::Hard), Some(EnhancedCode(5, 1, 1)))
        );
        assert_eq!(
            of(EnhancedCode(4, 4, 7), "550 5.1.1 x"),
            (Some(BounceKind::Soft), Some(EnhancedCode(4, 4, 7)))
        );
        assert_eq!(of(EnhancedCode(5, 0, 0), "451 4.1.1 x").0, None);
    }

    #[test]
    fn p12_words_lose_the_recipients_address_and_its_local_part() {
        for (words, recipient, shown) in [
            (
                "550 User lan.nguyen (Lan.Nguyen@x.vn) not listed",
                "lan.nguyen@x.vn",
                "550 User … (…) not listed",
            ),
            (
                "550 5.1.1 lan: unknown. lan. Bình lan-anh",
                "lan@x.vn",
                "550 5.1.1 …: unknown. …. Bình lan-anh",
            ),
            ("550 User unknown", "user@x.vn", "550 User unknown"),
            ("550 <user> unknown", "user@x.vn", "550 <…> unknown"),
        ] {
            assert_eq!(presentable_words(words, Some(recipient)), shown);
        }
    }
}
