//! Counts recent failed logins, so that guessing is slow. Guesses by others lock no one out: a
//! browser that has logged in before has a count of its own, and all counts expire within minutes.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use crate::web::subscribe::clients::Client;
use bantin_model::AccountId;
use bantin_model::limits::{
    CLIENTS_REMEMBERED, LOGIN_WINDOW, LOGINS_PER_BROWSER, LOGINS_PER_CLIENT, LOGINS_PER_NAME,
    LOGINS_PER_WINDOW,
};

/// Who tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginClient {
    /// A browser that got in with this account before.
    Known(AccountId),
    /// Anybody else, with the name that was typed.
    Stranger(Client, String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum AttemptKey {
    Browser(i64),
    Client(Client),
    Name(String),
}

#[derive(Default)]
pub struct LoginAttempts {
    counts: Mutex<AttemptCounts>,
    /// Tries whose password waits to be looked at.
    waiting: AtomicUsize,
}

/// One of those who wait, until it is dropped.
pub struct WaitingLogin<'a>(&'a AtomicUsize);

impl WaitingLogin<'_> {
    /// How many wait, this one included.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for WaitingLogin<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct AttemptCounts {
    since: Option<DateTime<Utc>>,
    strangers: u32,
    each: HashMap<AttemptKey, u32>,
}

fn keys(who: &LoginClient) -> Vec<(AttemptKey, u32)> {
    match who {
        LoginClient::Known(account) => vec![(AttemptKey::Browser(account.0), LOGINS_PER_BROWSER)],
        LoginClient::Stranger(client, name) => {
            // What is longer is no name, and not worth remembering.
            let name = name.chars().take(64).collect();
            vec![
                (AttemptKey::Client(*client), LOGINS_PER_CLIENT),
                (AttemptKey::Name(name), LOGINS_PER_NAME),
            ]
        }
    }
}

impl LoginAttempts {
    pub fn wait(&self) -> WaitingLogin<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        WaitingLogin(&self.waiting)
    }

    /// Counts one try, before its password is looked at; an error says for how long there is no more room.
    pub fn take(&self, who: &LoginClient, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let window = TimeDelta::from_std(LOGIN_WINDOW).expect("minutes fit");
        let mut counts = self.counts.lock().expect("no one panics while holding the counts");
        let since = counts.since.filter(|since| (*since..*since + window).contains(&now));
        let since = match since {
            Some(since) => since,
            None => {
                *counts = AttemptCounts { since: Some(now), ..AttemptCounts::default() };
                now
            }
        };
        let is_stranger = matches!(who, LoginClient::Stranger(..));
        let full =
            keys(who).iter().any(|(key, most)| counts.each.get(key).copied().unwrap_or(0) >= *most);
        if full || is_stranger && counts.strangers >= LOGINS_PER_WINDOW {
            return Err(since + window - now);
        }
        counts.strangers += u32::from(is_stranger);
        for (key, _) in keys(who) {
            if counts.each.contains_key(&key) || counts.each.len() < CLIENTS_REMEMBERED {
                *counts.each.entry(key).or_default() += 1;
            }
        }
        Ok(())
    }

    /// The try got in: it counts for nothing.
    pub fn give_back(&self, who: &LoginClient) {
        let mut counts = self.counts.lock().expect("no one panics while holding the counts");
        if matches!(who, LoginClient::Stranger(..)) {
            counts.strangers = counts.strangers.saturating_sub(1);
        }
        for (key, _) in keys(who) {
            if let Some(count) = counts.each.get_mut(&key) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::subscribe::clients::Peer;

    fn stranger(n: u8, name: &str) -> LoginClient {
        let peer = Peer(Some(std::net::IpAddr::from([192, 0, 2, n])));
        LoginClient::Stranger(Client::of(Some(peer)), name.to_owned())
    }

    #[test]
    fn guesses_are_counted_by_client_and_by_name_and_a_known_browser_by_itself() {
        let now = DateTime::UNIX_EPOCH;
        let attempts = LoginAttempts::default();
        for _ in 0..LOGINS_PER_CLIENT {
            assert_eq!(attempts.take(&stranger(1, "lan"), now), Ok(()));
        }
        let wait = attempts.take(&stranger(1, "anh"), now + TimeDelta::minutes(5));
        assert_eq!(wait, Err(TimeDelta::minutes(10)));
        for n in 2..=5 {
            for _ in 0..LOGINS_PER_CLIENT {
                let _ = attempts.take(&stranger(n, "lan"), now);
            }
        }
        assert!(attempts.take(&stranger(9, "lan"), now).is_err(), "the name is guessed at");
        assert_eq!(attempts.take(&stranger(9, "anh"), now), Ok(()));
        let known = LoginClient::Known(AccountId(1));
        assert_eq!(attempts.take(&known, now), Ok(()), "its owner gets in all the same");
        assert_eq!(attempts.take(&stranger(1, "lan"), now + TimeDelta::minutes(15)), Ok(()));
    }

    #[test]
    fn who_gets_in_has_used_nothing_up() {
        let now = DateTime::UNIX_EPOCH;
        let attempts = LoginAttempts::default();
        for _ in 0..100 {
            assert_eq!(attempts.take(&stranger(1, "lan"), now), Ok(()));
            attempts.give_back(&stranger(1, "lan"));
        }
    }
}
