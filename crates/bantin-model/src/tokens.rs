//! The tokens in confirm and unsubscribe links: which subscriber or subscription, and a proof that we wrote it. No
//! address, no login, nothing stored. GET with a token changes nothing (P9); a POST with one acts at once.
//!
//! Marks are their shorter kin for the local part of a mail address, where case is lost and room is short.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::digest::DigestLinks;
use crate::{
    AccountId, Delivery, DeliveryId, Digest, DigestId, DigestKind, Subscriber, SubscriberId,
    SubscriptionId,
};

/// Number of the secret that signed. One byte, so that a second secret can be distinguished from
/// the first when there is one.
const KEY: u8 = 1;

/// Bytes of the proof that are kept: 128 bits.
const PROOF: usize = 16;
/// Bytes of the proof in a mark: 40 bits, each guess at which is a mail.
const MARK_PROOF: usize = 5;
/// RFC 4648 §6 in lower case: servers fold the case of a local part.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[derive(Clone, Copy, PartialEq, Eq)]
enum TokenPurpose {
    Confirm,
    Leave,
    Preferences,
    BounceMark,
    LeaveMark,
    Digest,
    Browser,
}

impl TokenPurpose {
    fn label(self) -> &'static [u8] {
        match self {
            TokenPurpose::Confirm => b"bantin confirm",
            TokenPurpose::Leave => b"bantin leave",
            TokenPurpose::Preferences => b"bantin preferences",
            TokenPurpose::BounceMark => b"bantin bounce mark",
            TokenPurpose::LeaveMark => b"bantin leave mark",
            TokenPurpose::Digest => b"bantin digest",
            TokenPurpose::Browser => b"bantin browser",
        }
    }
}

/// Writes tokens and reads them back. Not `Debug`: it holds the secret.
#[derive(Clone)]
pub struct LinkTokens {
    mac: Hmac<Sha256>,
}

impl LinkTokens {
    pub fn new(secret: [u8; 32]) -> Self {
        LinkTokens { mac: Hmac::new_from_slice(&secret).expect("HMAC takes a key of any length") }
    }

    pub fn confirm(&self, id: SubscriberId) -> String {
        self.token(TokenPurpose::Confirm, id.0)
    }

    pub fn leave(&self, id: SubscriptionId) -> String {
        self.token(TokenPurpose::Leave, id.0)
    }

    pub fn preferences(&self, subscriber: &Subscriber) -> String {
        let (id, number) = (subscriber.id.0, subscriber.link_number);
        let (id_digits, number_digits) = (digits(id), digits(number));
        let mut token = vec![KEY, u8::try_from(id_digits.len()).expect("eight bytes at most")];
        token.extend_from_slice(&id_digits);
        token.extend_from_slice(&number_digits);
        token.extend_from_slice(&self.proof(TokenPurpose::Preferences, &[id, number]));
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Returns where a subscriber changes what comes, until the link is renewed: it holds the
    /// subscriber's `link_number`.
    pub fn preferences_address(&self, public_url: &Url, subscriber: &Subscriber) -> String {
        let token = self.preferences(subscriber);
        format!("{}/preferences/{token}", public_url.as_str().trim_end_matches('/'))
    }

    /// Returns whose preferences token this is, and of which `link_number`; `None` for what we did
    /// not write. A number that is no longer the subscriber's makes the token void.
    pub fn read_preferences(&self, token: &str) -> Option<(SubscriberId, i64)> {
        if token.len() > 48 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (&[key, length], rest) = bytes.split_first_chunk::<2>()?;
        let (numbers, proof) = rest.split_at_checked(rest.len().checked_sub(PROOF)?)?;
        let (id, number) = numbers.split_at_checked(usize::from(length))?;
        let (id, number) = (number_of(id)?, number_of(number)?);
        let ours = self.proof(TokenPurpose::Preferences, &[id, number]);
        (key == KEY && bool::from(ours.ct_eq(proof))).then_some((SubscriberId(id), number))
    }

    /// Returns where a new subscriber confirms.
    pub fn confirm_address(&self, public_url: &Url, id: SubscriberId) -> String {
        format!("{}/confirm/{}", public_url.as_str().trim_end_matches('/'), self.confirm(id))
    }

    /// Returns where a subscription is left; for List-Unsubscribe too, which must stay on one line
    /// of a mail's head.
    pub fn leave_address(&self, public_url: &Url, id: SubscriptionId) -> String {
        format!("{}/unsubscribe/{}", public_url.as_str().trim_end_matches('/'), self.leave(id))
    }

    /// Returns the subscriber's own addresses in the mail of a delivery.
    pub fn links(
        &self,
        public_url: &Url,
        delivery: &Delivery,
        digest: &Digest,
        subscriber: &Subscriber,
    ) -> DigestLinks {
        let own = match (digest.kind, delivery.subscription) {
            (DigestKind::Items, Some(subscription)) => self.leave_address(public_url, subscription),
            _ => self.confirm_address(public_url, subscriber.id),
        };
        DigestLinks {
            own,
            preferences: self.preferences_address(public_url, subscriber),
            page: self.digest_address(public_url, digest.id),
        }
    }

    /// Returns whose confirm token this is; `None` for what we did not write.
    pub fn read_confirm(&self, token: &str) -> Option<SubscriberId> {
        self.read(TokenPurpose::Confirm, token).map(SubscriberId)
    }

    /// Returns which subscription's leave token this is; `None` for what we did not write.
    pub fn read_leave(&self, token: &str) -> Option<SubscriptionId> {
        self.read(TokenPurpose::Leave, token).map(SubscriptionId)
    }

    /// What a return path carries, so that a bounce says which delivery it is about: at most 22 characters of `a-z2-7-`.
    pub fn bounce_mark(&self, id: DeliveryId) -> String {
        self.mark(TokenPurpose::BounceMark, id.0)
    }

    /// Returns what an address carries that a subscription is left at by mail; of the same form.
    pub fn leave_mark(&self, id: SubscriptionId) -> String {
        self.mark(TokenPurpose::LeaveMark, id.0)
    }

    /// Returns which delivery's mark this is, in whatever case; `None` for what we did not write.
    pub fn read_bounce_mark(&self, mark: &str) -> Option<DeliveryId> {
        self.read_mark(TokenPurpose::BounceMark, mark).map(DeliveryId)
    }

    /// Returns a keyed hash that replaces an address that must not be kept: 32 hex digits, the same
    /// for every spelling of a mailbox. Without our secret the address cannot be guessed from it.
    pub fn address_mark(&self, address: &str) -> String {
        let mut mac = self.mac.clone();
        mac.update(b"bantin address\0");
        mac.update(address.trim().to_lowercase().as_bytes());
        mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns which subscription's mark this is, in whatever case; `None` for what we did not
    /// write.
    pub fn read_leave_mark(&self, mark: &str) -> Option<SubscriptionId> {
        self.read_mark(TokenPurpose::LeaveMark, mark).map(SubscriptionId)
    }

    /// Returns the id's digits without leading zeros, a hyphen, the proof's digits.
    fn mark(&self, purpose: TokenPurpose, id: i64) -> String {
        let digit = |n: u64| char::from(BASE32[(n & 31) as usize]);
        let id_digits = (0..13).rev().map(|place| digit(id as u64 >> (5 * place)));
        let id_digits: String = id_digits.skip_while(|&c| c == 'a').collect();
        let proof = self.mark_proof(purpose, id);
        let proof = proof.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
        let proof: String = (0..8).rev().map(|place| digit(proof >> (5 * place))).collect();
        format!("{id_digits}-{proof}")
    }

    fn mark_proof(&self, purpose: TokenPurpose, id: i64) -> [u8; MARK_PROOF] {
        let proof = self.proof(purpose, &[id]);
        std::array::from_fn(|n| proof[n])
    }

    fn read_mark(&self, purpose: TokenPurpose, mark: &str) -> Option<i64> {
        let (id, proof) = mark.split_once('-')?;
        if !(1..=13).contains(&id.len()) || proof.len() != 8 || id.starts_with(['a', 'A']) {
            return None;
        }
        let number = |digits: &str| {
            digits.bytes().try_fold(0_u64, |number, b| {
                let digit = BASE32.iter().position(|d| *d == b.to_ascii_lowercase())?;
                Some(number.checked_mul(32)? | digit as u64)
            })
        };
        let id = i64::try_from(number(id)?).ok()?;
        let proof = number(proof)?.to_be_bytes();
        let is_ours = self.mark_proof(purpose, id).ct_eq(&proof[8 - MARK_PROOF..]);
        bool::from(is_ours).then_some(id)
    }

    /// Key, id without its leading zeros, proof.
    fn token(&self, purpose: TokenPurpose, id: i64) -> String {
        let mut token = vec![KEY];
        token.extend_from_slice(&digits(id));
        token.extend_from_slice(&self.proof(purpose, &[id]));
        URL_SAFE_NO_PAD.encode(token)
    }

    fn proof(&self, purpose: TokenPurpose, numbers: &[i64]) -> [u8; PROOF] {
        let mut mac = self.mac.clone();
        mac.update(purpose.label());
        mac.update(&[0, KEY]);
        for number in numbers {
            mac.update(&number.to_be_bytes());
        }
        let whole = mac.finalize().into_bytes();
        let mut proof = [0; PROOF];
        proof.copy_from_slice(&whole[..PROOF]);
        proof
    }

    fn read(&self, purpose: TokenPurpose, token: &str) -> Option<i64> {
        // Longer than any of ours: not worth decoding.
        if token.len() > 48 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (&key, rest) = bytes.split_first()?;
        let (digits, proof) = rest.split_at_checked(rest.len().checked_sub(PROOF)?)?;
        let id = number_of(digits)?;
        (key == KEY && bool::from(self.proof(purpose, &[id]).ct_eq(proof))).then_some(id)
    }
}

impl LinkTokens {
    /// Returns the address of a digest's page on the web. Its token cannot be found by counting.
    pub fn digest_address(&self, public_url: &Url, id: DigestId) -> String {
        let token = self.token(TokenPurpose::Digest, id.0);
        format!("{}/digests/{token}", public_url.as_str().trim_end_matches('/'))
    }

    /// Returns which digest's token this is; `None` for what we did not write.
    pub fn read_digest(&self, token: &str) -> Option<DigestId> {
        self.read(TokenPurpose::Digest, token).map(DigestId)
    }
}

impl LinkTokens {
    /// Returns what a browser keeps that got in with an account, as long as the account has the
    /// password of then.
    pub fn browser(&self, id: AccountId, changed_at: DateTime<Utc>) -> String {
        let proof = self.proof(TokenPurpose::Browser, &[id.0, changed_at.timestamp_millis()]);
        URL_SAFE_NO_PAD.encode(proof)
    }
}

/// Returns the bytes of a number without its leading zeros.
fn digits(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// The reverse. One number has one form, so leading zeros are none of ours.
fn number_of(digits: &[u8]) -> Option<i64> {
    if digits.len() > 8 || digits.first().is_none_or(|byte| *byte == 0) {
        return None;
    }
    let mut bytes = [0; 8];
    bytes[8 - digits.len()..].copy_from_slice(digits);
    Some(i64::from_be_bytes(bytes))
}

/// Draws a token of a private feed. Returns the token, which is shown once, and its hash; 244 of
/// its bits are the system generator's.
pub fn draw_feed_token() -> (String, String) {
    let drawn = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()];
    let token = URL_SAFE_NO_PAD.encode(Sha256::digest(drawn.as_flattened()));
    let hash = feed_token_hash(&token);
    (token, hash)
}

/// Returns what the store keeps of a token. A random one needs no salt.
pub fn feed_token_hash(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens() -> LinkTokens {
        LinkTokens::new([7; 32])
    }

    fn subscriber(id: i64, link_number: i64) -> Subscriber {
        Subscriber {
            id: SubscriberId(id),
            address: String::new(),
            name: None,
            lang: crate::Lang::Vi,
            state: crate::SubscriberState::Active,
            created_at: chrono::DateTime::UNIX_EPOCH,
            confirmed_at: None,
            group: None,
            paused_until: None,
            link_number,
        }
    }

    proptest! {
        #[test]
        fn a_token_gives_its_id_back(id in 1..=i64::MAX) {
            let tokens = tokens();
            prop_assert_eq!(tokens.read_confirm(&tokens.confirm(SubscriberId(id))), Some(SubscriberId(id)));
            prop_assert_eq!(tokens.read_leave(&tokens.leave(SubscriptionId(id))), Some(SubscriptionId(id)));
        }

        #[test]
        fn any_change_of_a_token_spoils_it(id in 1..100_000_i64, at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_=.-]") {
            let tokens = tokens();
            let token = tokens.leave(SubscriptionId(id));
            let at = at.index(token.len());
            let forged = format!("{}{to}{}", &token[..at], &token[at + 1..]);
            prop_assume!(forged != token);
            prop_assert_eq!(tokens.read_leave(&forged), None);
        }

        #[test]
        fn a_preferences_token_gives_both_its_numbers_back_and_bears_no_change(
            id in 1..=i64::MAX, number in 1..100_000_i64, at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_=.-]",
        ) {
            let tokens = tokens();
            let token = tokens.preferences(&subscriber(id, number));
            prop_assert_eq!(tokens.read_preferences(&token), Some((SubscriberId(id), number)));
            let at = at.index(token.len());
            let forged = format!("{}{to}{}", &token[..at], &token[at + 1..]);
            prop_assume!(forged != token);
            prop_assert_eq!(tokens.read_preferences(&forged), None);
        }

        #[test]
        fn what_we_did_not_write_is_nothing(text in any::<String>()) {
            prop_assert_eq!(tokens().read_leave(&text), None);
            prop_assert_eq!(tokens().read_preferences(&text), None);
        }
    }

    proptest! {
        #[test]
        fn a_mark_gives_its_id_back_in_any_case_and_no_change_of_it_does(
            id in 1..=i64::MAX, at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_=.-]",
        ) {
            let tokens = tokens();
            let mark = tokens.bounce_mark(DeliveryId(id));
            prop_assert!(mark.len() <= 22);
            prop_assert_eq!(tokens.read_bounce_mark(&mark.to_uppercase()), Some(DeliveryId(id)));
            prop_assert_eq!(tokens.read_leave_mark(&mark), None);
            let at = at.index(mark.len());
            let forged = format!("{}{to}{}", &mark[..at], &mark[at + 1..]);
            prop_assume!(!forged.eq_ignore_ascii_case(&mark));
            prop_assert_eq!(tokens.read_bounce_mark(&forged), None);
        }

        #[test]
        fn a_mark_that_we_did_not_write_is_nothing(text in "[a-z2-7]{0,14}-[a-z2-7]{7,9}|\\PC*") {
            prop_assert_eq!(tokens().read_bounce_mark(&text), None);
        }
    }

    #[test]
    fn a_token_serves_one_purpose_and_one_secret() {
        let token = tokens().confirm(SubscriberId(5));
        assert_eq!(tokens().read_leave(&token), None);
        assert_eq!(LinkTokens::new([8; 32]).read_confirm(&token), None);
        assert_eq!(tokens().read_preferences(&token), None);
        let token = tokens().preferences(&subscriber(5, 1));
        assert_eq!(tokens().read_leave(&token), None);
        assert_eq!(LinkTokens::new([8; 32]).read_preferences(&token), None);
    }

    #[test]
    fn a_link_is_short_enough_for_one_line_of_a_mails_head() {
        let public_url = Url::parse("https://tin.example.gov.vn/").expect("a URL");
        let link = tokens().leave_address(&public_url, SubscriptionId(999_999));
        assert!(link.len() <= 70, "{} {link}", link.len());
        assert!(link.starts_with("https://tin.example.gov.vn/unsubscribe/"));
    }
}
