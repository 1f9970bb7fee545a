//! Addresses that say what an answer is about (variable envelope return paths, for which there is no RFC):
//! `bantin+b-<mark>@example.gov.vn` takes the bounces of one delivery, `bantin+l-<mark>@…` requests to leave one
//! subscription. A mark is signed, so what comes to such an address was sent by somebody who had our mail.

use std::sync::LazyLock;

use regex::Regex;

use crate::address::normalise_address;
use bantin_model::tokens::LinkTokens;
use bantin_model::{DeliveryId, SubscriptionId};

/// RFC 5321 §4.5.3.1.1
const LOCAL_OCTETS: usize = 64;
/// `+b-` and the longest mark.
const TAG_OCTETS: usize = 3 + 22;
/// Marks looked at in one mail; each costs one HMAC.
const MARKS: usize = 100;

/// Returns the address of a mailbox below which addresses can be made, in its one form.
pub fn check_mailbox(mailbox: &str) -> Result<String, String> {
    let address = normalise_address(mailbox)?;
    let local = address.rsplit_once('@').map_or("", |(local, _)| local);
    if !local.is_ascii() {
        return Err("a return path needs a local part in ASCII".into());
    }
    if local.len() + TAG_OCTETS > LOCAL_OCTETS {
        let most = LOCAL_OCTETS - TAG_OCTETS;
        return Err(format!("before the \"@\" it may have at most {most} characters"));
    }
    Ok(address)
}

/// Makes and reads addresses below the bounce mailbox. Not `Debug`: it can sign.
#[derive(Clone)]
pub struct ReturnPaths {
    tokens: LinkTokens,
    local: String,
    domain: String,
}

impl ReturnPaths {
    /// `mailbox` is the address that all of this mail arrives at, such as `bantin@example.gov.vn`. Its server must pass
    /// on what comes to `bantin+…` as well (Postfix: `recipient_delimiter = +`).
    pub fn new(tokens: LinkTokens, mailbox: &str) -> Result<Self, String> {
        let address = check_mailbox(mailbox)?;
        let (local, domain) =
            address.rsplit_once('@').ok_or("there is no \"@\" in it: write local@domain")?;
        Ok(ReturnPaths { tokens, local: local.to_owned(), domain: domain.to_owned() })
    }

    /// Returns the envelope sender of a delivery: where its bounces go.
    pub fn of(&self, delivery: DeliveryId) -> String {
        format!("{}+b-{}@{}", self.local, self.tokens.bounce_mark(delivery), self.domain)
    }

    /// Returns where a mail, whatever it says, ends a subscription.
    pub fn leave(&self, subscription: SubscriptionId) -> String {
        format!("{}+l-{}@{}", self.local, self.tokens.leave_mark(subscription), self.domain)
    }

    /// Returns the first delivery whose return path `text` contains.
    pub fn delivery_in(&self, text: &str) -> Option<DeliveryId> {
        marks(text, "b").find_map(|mark| self.tokens.read_bounce_mark(mark))
    }

    /// Returns the first subscription whose address to leave at `text` contains.
    pub fn subscription_in(&self, text: &str) -> Option<SubscriptionId> {
        marks(text, "l").find_map(|mark| self.tokens.read_leave_mark(mark))
    }

    pub(super) fn tokens(&self) -> &LinkTokens {
        &self.tokens
    }
}

/// Finds what looks like a mark after `letter`. What precedes it does not matter: the mark is the
/// proof, and servers on the way rewrite everything else (SRS, BATV, `+` as `-`, `=` or `%2B`).
fn marks<'t>(text: &'t str, letter: &'static str) -> impl Iterator<Item = &'t str> {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(?:[+=-]|%2b)([bl])-([a-z2-7]{1,13}-[a-z2-7]{8})[@=]")
            .expect("a fixed pattern")
    });
    MARK.captures_iter(text)
        .filter(move |found| found[1].eq_ignore_ascii_case(letter))
        .filter_map(|found| found.get(2).map(|mark| mark.as_str()))
        .take(MARKS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paths(mailbox: &str) -> Result<ReturnPaths, String> {
        ReturnPaths::new(LinkTokens::new([7; 32]), mailbox)
    }

    proptest! {
        #[test]
        fn a_return_path_is_an_address_and_says_its_delivery(id in 1..=i64::MAX) {
            let paths = paths("bantin@example.gov.vn").expect("fits");
            let address = paths.of(DeliveryId(id));
            prop_assert_eq!(normalise_address(&address), Ok(address.clone()));
            prop_assert_eq!(paths.delivery_in(&address), Some(DeliveryId(id)));
            prop_assert_eq!(paths.subscription_in(&address), None);
            let address = paths.leave(SubscriptionId(id)).to_uppercase();
            prop_assert_eq!(paths.subscription_in(&address), Some(SubscriptionId(id)));
            prop_assert_eq!(paths.delivery_in(&address), None);
        }

        #[test]
        fn no_text_holds_a_return_path_by_chance(text in "\\PC*|([+=-][bl]-[a-z2-7]{1,13}-[a-z2-7]{8}@){0,9}") {
            let paths = paths("bantin@example.gov.vn").expect("fits");
            prop_assert_eq!(paths.delivery_in(&text), None);
            prop_assert_eq!(paths.subscription_in(&text), None);
        }
    }

    #[test]
    fn a_return_path_is_known_however_servers_rewrote_it() {
        let paths = paths("bantin@example.gov.vn").expect("fits");
        let address = paths.of(DeliveryId(4_711));
        assert_eq!(address, "bantin+b-eth-dumbifnr@example.gov.vn");
        let (local, domain) = address.split_once('@').expect("an address");
        for text in [
            format!("SRS0=Ab3x=QZ={domain}={local}@relay.vn"),
            format!("prvs=123456789a={address}"),
            format!("<{}>", address.to_uppercase()),
            address.replace('+', "%2B"),
            address.replace('+', "-"),
            format!("btv1==123==x+b-abc-abcdefgh@x.vn, {address}"),
        ] {
            assert_eq!(paths.delivery_in(&text), Some(DeliveryId(4_711)), "{text}");
        }
    }

    #[test]
    fn a_mailbox_whose_return_paths_would_not_fit_is_told_so() {
        assert!(paths(&format!("{}@example.gov.vn", "a".repeat(39))).is_ok());
        for mailbox in [format!("{}@example.gov.vn", "a".repeat(40)), "bản@x.vn".into(), "x".into()]
        {
            assert!(paths(&mailbox).is_err(), "{mailbox}");
        }
        let longest = paths(&format!("{}@example.gov.vn", "a".repeat(39))).expect("fits");
        let address = longest.of(DeliveryId(i64::MAX));
        assert_eq!(address.find('@'), Some(64));
    }
}
