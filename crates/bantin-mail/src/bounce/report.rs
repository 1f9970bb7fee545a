//! Reads the standard forms: delivery status notifications (RFC 3464, RFC 6533), feedback reports
//! (RFC 5965), and unrequested receipts (RFC 8098).

use super::finding::BounceFinding;
use super::judging::{judge_words, status};
use super::mime::{MimeHead, MimePart};
use super::prose::{self, ProseFinding};
use super::{BounceKind, EnhancedCode};
use bantin_model::limits::REPORT_RECIPIENTS;

pub fn is_status(kind: &str) -> bool {
    matches!(kind, "message/delivery-status" | "message/global-delivery-status")
}

pub fn is_feedback(kind: &str) -> bool {
    kind == "message/feedback-report"
}

/// Returns what a report says of each recipient; `None` when the mail is no report.
pub fn read(parts: &[MimePart<'_>]) -> Option<Vec<BounceFinding>> {
    let own = || parts.iter().filter(|part| !part.enclosed);
    if let Some(report) = own().find(|part| is_feedback(&part.kind)) {
        return Some(vec![feedback(&report.text())]);
    }
    if own().any(|part| part.kind == "message/disposition-notification") {
        return Some(vec![BounceFinding::of(BounceKind::AutoReply, "a receipt")]);
    }
    let report = own().find(|part| is_status(&part.kind))?;
    let text = report.text();
    let groups: Vec<MimeHead<'_>> =
        groups(&text).filter(is_of_a_recipient).take(REPORT_RECIPIENTS).collect();
    Some(match groups.as_slice() {
        // A report without recipients says no more than the prose before it.
        [] => vec![prose::server_finding(parts)],
        [group] => vec![recipient(group, |status| prose::finding_around(parts, status))],
        // Which of the recipients the prose is about is unknown.
        many => many.iter().map(|group| recipient(group, |_| ProseFinding::default())).collect(),
    })
}

/// Groups of fields, set apart by empty lines.
fn groups(text: &str) -> impl Iterator<Item = MimeHead<'_>> {
    text.split("\n\n")
        .map(|group| MimeHead::of(group.trim_start().as_bytes()))
        .filter(|head| !head.is_empty())
}

fn is_of_a_recipient(group: &MimeHead<'_>) -> bool {
    ["final-recipient", "original-recipient", "action", "status"]
        .iter()
        .any(|name| group.field(name).is_some())
}

/// Reads the fields of one recipient. `told` reads the prose around the report; it is called only
/// where the fields leave something open.
fn recipient(
    group: &MimeHead<'_>,
    told: impl FnOnce(Option<EnhancedCode>) -> ProseFinding,
) -> BounceFinding {
    let typed = |name: &str| group.field(name).map(|value| after_type(&value));
    let action = group.field("action").unwrap_or_default().to_ascii_lowercase();
    let action: String = action.chars().take_while(char::is_ascii_alphabetic).collect();
    let reported = group.field("status").and_then(|value| status(&value));
    let diagnosis: Vec<String> =
        group.fields("diagnostic-code").take(5).map(|value| after_type(&value)).collect();
    let diagnosis = diagnosis.join(" ");
    let (by_fields, code) = judge_words(reported, &diagnosis);
    let without_failure = match action.as_str() {
        "delayed" => Some(BounceKind::Delayed),
        "delivered" | "relayed" | "expanded" => Some(BounceKind::Delivered),
        _ => None,
    };
    let settled = without_failure.or(by_fields);
    let is_open =
        settled.is_none() || (diagnosis.is_empty() && settled != Some(BounceKind::Delivered));
    let told = if is_open { told(reported) } else { ProseFinding::default() };
    BounceFinding {
        // Failed for good, of a cause unknown: it counts as one that may pass.
        kind: settled.or(told.kind).unwrap_or(BounceKind::Soft),
        code: code.or(told.code),
        words: if diagnosis.is_empty() { told.words } else { diagnosis },
        // The final one may be what the address that we wrote to is forwarded to: then it is not the subscriber's.
        recipient: typed("final-recipient").or_else(|| typed("original-recipient")).and_then(bare),
    }
}

fn feedback(text: &str) -> BounceFinding {
    let head = MimeHead::of(text.trim_start().as_bytes());
    let kind = head.field("feedback-type").unwrap_or_default().trim().to_ascii_lowercase();
    let recipient =
        ["original-rcpt-to", "removal-recipient"].iter().find_map(|name| head.field(name));
    let meant = match kind.as_str() {
        // A receiver who reports a mail so does not want the next one.
        "abuse" | "fraud" | "opt-out" | "opt-out-list" | "miscategorized" | "" => {
            BounceKind::Complaint
        }
        // Found by machines: about our signatures (RFC 6591) or our text.
        "auth-failure" | "dmarc" | "virus" => BounceKind::OurFault,
        _ => BounceKind::Unknown,
    };
    let words = format!("feedback: {}", if kind.is_empty() { "none named" } else { &kind });
    BounceFinding { kind: meant, code: None, words, recipient: recipient.and_then(bare) }
}

/// `smtp; 550 x` without its type (RFC 3464 §2.1.2).
fn after_type(value: &str) -> String {
    match value.split_once(';') {
        Some((kind, rest)) if !kind.contains(char::is_whitespace) => rest.trim().to_owned(),
        _ => value.trim().to_owned(),
    }
}

/// Returns an address without its brackets.
fn bare(address: String) -> Option<String> {
    let address = address.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let is_address = address.contains('@') && address.len() <= 254;
    is_address.then(|| address.to_owned())
}
