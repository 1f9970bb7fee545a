//! Which of our mails an answer is about: by our signature wherever a server may have kept it, else by the Message-ID of
//! the mail that is returned.

use std::sync::LazyLock;

use regex::Regex;

use super::mime::{MimeHead, MimePart};
use super::verp::ReturnPaths;
use super::{BounceSubject, report};
use bantin_model::SubscriptionId;

pub struct BounceOrigin<'a> {
    pub parts: &'a [MimePart<'a>],
    /// The address that the answer came to.
    pub envelope_to: Option<&'a str>,
    /// The domain of our Message-IDs.
    pub own_domain: &'a str,
    pub paths: &'a ReturnPaths,
}

/// Header fields in which mail programs put the address that a mail came to.
const TO: [&str; 7] = [
    "x-original-to",
    "delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "to",
    "resent-to",
];

impl BounceOrigin<'_> {
    pub fn about(&self) -> Option<BounceSubject> {
        let delivery = self.to().find_map(|to| self.paths.delivery_in(&to));
        if let Some(delivery) = delivery.or_else(|| self.delivery_within()) {
            return Some(BounceSubject::Delivery(delivery));
        }
        self.message().map(BounceSubject::Message)
    }

    /// Returns the subscription that the mail asks to end: it came to the address for that, or our
    /// mails' `mailto:` made it, whose subject is "unsubscribe" and a token.
    pub fn leaves(&self) -> Option<SubscriptionId> {
        let by_address = self.to().find_map(|to| self.paths.subscription_in(&to));
        by_address.or_else(|| {
            let subject = self.parts.first()?.head.field("subject")?;
            let mut words = subject.split_whitespace();
            let asks = words.next()?.eq_ignore_ascii_case("unsubscribe");
            asks.then(|| self.paths.tokens().read_leave(words.next()?)).flatten()
        })
    }

    fn to(&self) -> impl Iterator<Item = String> {
        let head = self.parts.first().map(|mail| &mail.head);
        let fields = head.into_iter().flat_map(|head| TO.iter().flat_map(|name| head.fields(name)));
        self.envelope_to.map(str::to_owned).into_iter().chain(fields)
    }

    /// Returns our return path in the returned mail's head, in a report's fields or in a server's
    /// prose.
    fn delivery_within(&self) -> Option<bantin_model::DeliveryId> {
        let heads = self.parts.iter().filter(|part| part.enclosed);
        let fields = ["return-path", "x-envelope-from", "envelope-from", "errors-to", "received"];
        let in_heads = heads
            .flat_map(|part| fields.iter().flat_map(|name| part.head.fields(name)))
            .find_map(|value| self.paths.delivery_in(&value));
        in_heads.or_else(|| self.leaves_read().find_map(|text| self.paths.delivery_in(&text)))
    }

    /// Returns the first Message-ID of ours: in the returned mail, in a report's fields, in prose,
    /// and last in what the answer itself says it answers.
    fn message(&self) -> Option<String> {
        let enclosed = self.parts.iter().filter(|part| part.enclosed);
        let own = enclosed.filter_map(|part| part.head.field("message-id"));
        let quoted = self.leaves_read().flat_map(|text| quoted_ids(&text));
        let head = self.parts.first().map(|mail| &mail.head);
        let answered = head
            .into_iter()
            .flat_map(|head| head.fields("in-reply-to").chain(head.fields("references")));
        own.chain(quoted).chain(answered).find_map(|field| self.own_id(&field))
    }

    /// Returns the first of the Message-IDs in a field that is at our domain.
    fn own_id(&self, field: &str) -> Option<String> {
        field.split('<').skip(1).find_map(|rest| {
            let id = rest.split('>').next()?.trim();
            let (_, domain) = id.rsplit_once('@')?;
            let ours = domain.eq_ignore_ascii_case(self.own_domain) && id.len() <= 250;
            ours.then(|| id.to_owned())
        })
    }

    /// Returns the texts in which a server may have quoted our mail: not those of an enclosed mail,
    /// which anybody wrote.
    fn leaves_read(&self) -> impl Iterator<Item = String> {
        self.parts.iter().filter(|part| !part.enclosed && is_read(&part.kind)).map(MimePart::text)
    }
}

fn is_read(kind: &str) -> bool {
    kind.starts_with("text/")
        || report::is_status(kind)
        || report::is_feedback(kind)
        // Encoded, against RFC 2046 §5.2.1, so that its head is still to be read.
        || matches!(kind, "message/rfc822" | "message/global" | "message/rfc822-headers" | "message/global-headers")
}

/// `Message-ID: <…>` in lines of their own, as in the copy of a head that prose ends with, or in a report's
/// `X-Original-Message-ID`.
fn quoted_ids(text: &str) -> Vec<String> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?im)^[ \t>]*(?:x-original-)?message-id:\s*(<[^<>\s]+>)")
            .expect("a fixed pattern")
    });
    let mut ids: Vec<String> =
        LINE.captures_iter(text).take(20).map(|found| found[1].to_owned()).collect();
    if ids.is_empty() {
        ids.extend(MimeHead::of(text.trim_start().as_bytes()).field("message-id"));
    }
    ids
}
