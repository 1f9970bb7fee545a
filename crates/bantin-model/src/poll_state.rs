//! Manners: what a source has let us know of how it wants to be asked, beside what it published (P10).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use bantin_extract::model::Wishes;

use super::next_poll::NextPoll;
use crate::limits;

/// What is stored with the source about how it wants to be polled. A changed URL clears all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PollState {
    /// When the source was first polled, as far as is known: silence before that says nothing.
    pub since: Option<DateTime<Utc>>,
    pub wishes: Wishes,
    /// A permanent redirect that has not been the same for long enough.
    pub moving: Option<PendingMove>,
    /// Asked in the place of the source's URL, since a permanent redirect stayed the same.
    pub address: Option<Url>,
    pub why: Option<NextPoll>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMove {
    pub to: Url,
    pub since: DateTime<Utc>,
}

impl PollState {
    /// Takes in where the address asked sent us for good, if it did. The address that is kept from now on.
    pub fn redirected(&mut self, asked: &Url, to: Option<&Url>, now: DateTime<Utc>) -> Option<Url> {
        let Some(to) = to.filter(|to| *to != asked) else {
            self.moving = None;
            return None;
        };
        let since = match &self.moving {
            Some(moving) if moving.to == *to => moving.since,
            _ => now,
        };
        // A server that is being moved, or that an intruder controls for an afternoon, may redirect
        // anywhere "for good". A redirect to the same page over https is believed at once.
        let stayed = TimeDelta::from_std(limits::REDIRECT_STAYS).expect("days fit");
        if is_same_in_https(asked, to) || now - since >= stayed {
            self.moving = None;
            self.address = Some(to.clone());
            return Some(to.clone());
        }
        self.moving = Some(PendingMove { to: to.clone(), since });
        None
    }

    /// Goes back to the URL that the config names. Returns whether that is another than was asked.
    pub fn give_up_address(&mut self) -> bool {
        self.moving = None;
        self.address.take().is_some()
    }

    /// Why the next poll is at `next_at`, if that is known.
    pub fn why(&self, next_at: DateTime<Utc>) -> Option<&NextPoll> {
        self.why.as_ref().filter(|why| why.at == next_at)
    }
}

fn is_same_in_https(from: &Url, to: &Url) -> bool {
    from.scheme() == "http"
        && to.scheme() == "https"
        && (from.host(), from.path(), from.query()) == (to.host(), to.path(), to.query())
        && (from.port(), to.port()) == (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a fixed address")
    }

    fn day(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(n)
    }

    /// Where each day's answer to the first address led for good; on which days an address was kept.
    fn check(asked: &str, answers: &[Option<&str>], expected: &[(usize, &str)]) {
        let mut manners = PollState::default();
        let mut kept = Vec::new();
        for (n, to) in answers.iter().enumerate() {
            let to = to.map(url);
            let at = day(i64::try_from(n).expect("few"));
            if let Some(address) = manners.redirected(&url(asked), to.as_ref(), at) {
                kept.push((n, address.to_string()));
                break;
            }
        }
        let kept: Vec<(usize, &str)> = kept.iter().map(|(n, to)| (*n, to.as_str())).collect();
        assert_eq!(kept, expected, "{asked}: {answers:?}");
    }

    #[test]
    fn p10_a_permanent_redirect_is_kept_after_a_week_of_the_same_answer() {
        let (b, c) = (Some("https://b.vn/tin"), Some("https://c.vn/tin"));
        check("https://a.vn/tin", &[b; 7], &[]);
        check("https://a.vn/tin", &[b; 9], &[(7, "https://b.vn/tin")]);
        check("https://a.vn/tin", &[b, b, b, b, b, b, c, c, b, b, b, b, b, b], &[]);
        check("https://a.vn/tin", &[b, b, b, b, b, b, None, b, b, b], &[]);
    }

    #[test]
    fn p10_https_of_the_same_page_is_kept_at_once_and_nothing_else_is() {
        let to = |text: &'static str| [Some(text)];
        check("http://a.vn/tin?x=1", &to("https://a.vn/tin?x=1"), &[(0, "https://a.vn/tin?x=1")]);
        check("http://a.vn/tin", &to("https://www.a.vn/tin"), &[]);
        check("http://a.vn/tin", &to("https://a.vn/"), &[]);
        check("http://a.vn/tin", &to("https://a.vn:8443/tin"), &[]);
        check("https://a.vn/tin", &to("http://a.vn/tin"), &[]);
    }

    #[test]
    fn a_feed_is_not_asked_in_the_hours_and_on_the_days_that_it_names() {
        let check = |hours: &[u8], days: &[u8], at: &str, expected: &str| {
            let wishes =
                Wishes { every: None, skip_hours: hours.to_vec(), skip_days: days.to_vec() };
            let at = wishes.first_allowed(at.parse().expect("a time"));
            assert_eq!(at.to_rfc3339(), expected.replace('Z', "+00:00"));
        };
        // 27 November 2026 is a Friday.
        check(&[], &[], "2026-11-27T23:10:20.5Z", "2026-11-27T23:10:20.500Z");
        check(&[23, 0, 1], &[], "2026-11-27T23:10:20.5Z", "2026-11-28T02:00:00Z");
        check(&[22, 0], &[], "2026-11-27T23:10:20Z", "2026-11-27T23:10:20Z");
        check(&[], &[5, 6], "2026-11-28T03:10:20Z", "2026-11-30T00:00:00Z");
        let all: Vec<u8> = (0..24).collect();
        check(&all, &[], "2026-11-28T03:10:20Z", "2026-11-28T03:10:20Z");
        check(&[], &all, "2026-11-28T03:10:20Z", "2026-11-28T03:10:20Z");
    }
}
