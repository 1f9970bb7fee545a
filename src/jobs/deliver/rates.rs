//! How fast mails may go, over all and to one domain: each mail that comes too early is given its own moment, once, so that
//! ten thousand mails to one domain cost ten thousand postponements and not their square.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use bantin_mail::RateLimits;
use bantin_model::DeliveryId;

#[derive(Debug, Default)]
pub(super) struct SendRates {
    all: DomainSpacing,
    domains: DomainSpacing,
}

impl SendRates {
    /// When this mail may go; None: now. Asked again at that moment, the answer is None.
    pub fn moment(
        &mut self,
        limits: RateLimits,
        id: DeliveryId,
        domain: &str,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        // The domain first: a mail that waits for its domain takes no place among all.
        self.domains
            .moment(limits.per_minute_per_domain, id, domain, now)
            .or_else(|| self.all.moment(limits.per_minute, id, "", now))
    }
}

#[derive(Debug, Default)]
struct DomainSpacing {
    /// When the next mail of each key may go.
    free: HashMap<String, DateTime<Utc>>,
    /// Mails that have been given a moment.
    placed: HashSet<DeliveryId>,
}

impl DomainSpacing {
    fn moment(
        &mut self,
        per_minute: Option<u32>,
        id: DeliveryId,
        key: &str,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let apart = TimeDelta::microseconds(60_000_000 / i64::from(per_minute?.max(1)));
        if self.placed.remove(&id) {
            return None;
        }
        if self.free.len() > MOST_KEYS {
            self.free.retain(|_, free| *free > now);
        }
        let free = self.free.entry(key.to_owned()).or_insert(now);
        // After a time without mail nothing is made up for; and no clock that was set back makes mails wait for hours.
        let at = (*free).clamp(now, now + MOST_AHEAD);
        *free = at + apart;
        if at <= now + TOLERANCE {
            return None;
        }
        self.placed.insert(id);
        Some(at)
    }
}

/// Keys kept before those are forgotten that say nothing any more.
const MOST_KEYS: usize = 1_000;
/// The farthest moment that is given.
const MOST_AHEAD: TimeDelta = TimeDelta::hours(12);
/// A mail this early is not worth a postponement.
const TOLERANCE: TimeDelta = TimeDelta::milliseconds(20);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("in range")
    }

    /// Lets mails to these domains through at once, and tells the second at which each may go.
    fn check(limits: RateLimits, domains: &[&str], expected: &[i64]) {
        let mut rates = SendRates::default();
        let mut moments = Vec::new();
        for (number, domain) in domains.iter().enumerate() {
            let id = DeliveryId(number as i64);
            let mut now = at(0);
            // Each comes back at the moment it was given, until it may go.
            while let Some(later) = rates.moment(limits, id, domain, now) {
                assert!(later > now);
                now = later;
            }
            moments.push(now.timestamp());
        }
        assert_eq!(moments, expected);
    }

    #[test]
    fn without_limits_every_mail_goes_at_once() {
        check(RateLimits::default(), &["a", "a", "b"], &[0, 0, 0]);
    }

    #[test]
    fn mails_to_one_domain_are_spaced_and_the_others_do_not_wait() {
        let limits = RateLimits { per_minute: None, per_minute_per_domain: Some(6) };
        check(limits, &["a", "a", "b", "a", "b"], &[0, 10, 0, 20, 10]);
    }

    #[test]
    fn all_mails_are_spaced_whoever_gets_them() {
        let limits = RateLimits { per_minute: Some(60), per_minute_per_domain: None };
        check(limits, &["a", "b", "c", "a"], &[0, 1, 2, 3]);
    }

    #[test]
    fn a_pause_is_not_made_up_for_and_a_clock_set_back_holds_nobody_up_for_long() {
        let limits = RateLimits { per_minute: None, per_minute_per_domain: Some(1) };
        let mut rates = SendRates::default();
        let mut ask = |id, seconds| rates.moment(limits, DeliveryId(id), "a", at(seconds));
        assert_eq!(ask(1, 1_000_000), None);
        assert_eq!(ask(2, 1_003_600), None);
        assert_eq!(ask(3, 1_003_600), Some(at(1_003_660)));
        assert_eq!(ask(4, 0), Some(at(12 * 3_600)));
    }
}
