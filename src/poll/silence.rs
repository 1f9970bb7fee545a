//! Hosts that are tired of us. A Retry-After speaks of the address that answered it (a host may serve many portals); when
//! several addresses of one host say so, it speaks for the host, whichever source they belong to (P10).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use url::Url;

/// Addresses of one host that have to have said so.
const SEVERAL: usize = 2;
/// Addresses kept of one host; more say nothing new.
const KEPT: usize = 16;

/// By host: the addresses that want silence, each with its end.
type Asked = HashMap<String, Vec<(String, DateTime<Utc>)>>;

/// What hosts asked for, for all polls of this process. Lost at a restart, which costs a tired host one request more.
#[derive(Clone, Default)]
pub(super) struct Silences(Arc<Mutex<Asked>>);

impl Silences {
    /// Notes that an address wants to hear nothing until then.
    pub fn note(&self, url: &Url, until: DateTime<Utc>, now: DateTime<Utc>) {
        let mut hosts = self.0.lock().expect("no one panics while holding the silences");
        // Hosts that have had their rest are forgotten, so that the map stays as small as the trouble is.
        hosts.retain(|_, asked| {
            asked.retain(|(_, until)| *until > now);
            !asked.is_empty()
        });
        let Some(host) = url.host_str() else { return };
        let asked = hosts.entry(host.to_owned()).or_default();
        asked.retain(|(address, _)| address != url.as_str());
        if asked.len() < KEPT {
            asked.push((url.to_string(), until));
        }
    }

    /// Until when the host of `url` wants to hear nothing at all.
    pub fn of_host(&self, url: &Url, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let hosts = self.0.lock().expect("no one panics while holding the silences");
        let mut asked: Vec<DateTime<Utc>> =
            hosts.get(url.host_str()?)?.iter().map(|(_, until)| *until).collect();
        asked.sort_unstable_by(|a, b| b.cmp(a));
        // From then on it is one address alone.
        asked.get(SEVERAL - 1).copied().filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p10_two_addresses_of_a_host_speak_for_it_and_one_for_itself() {
        let url = |text: &str| Url::parse(text).expect("a fixed address");
        let at = |minute: i64| DateTime::from_timestamp(60 * minute, 0).expect("in range");
        let silences = Silences::default();
        let other = url("https://a.vn/khac");
        silences.note(&url("https://a.vn/1"), at(60), at(0));
        silences.note(&url("https://a.vn/1"), at(90), at(1));
        assert_eq!(silences.of_host(&other, at(2)), None);
        silences.note(&url("https://a.vn/2"), at(30), at(2));
        assert_eq!(silences.of_host(&other, at(3)), Some(at(30)));
        assert_eq!(silences.of_host(&url("https://b.vn/1"), at(3)), None);
        assert_eq!(silences.of_host(&other, at(30)), None);
        for n in 0..100 {
            silences.note(&url(&format!("https://a.vn/x{n}")), at(200), at(40));
        }
        let kept = silences.0.lock().expect("nobody panicked")["a.vn"].len();
        assert_eq!(kept, KEPT);
    }
}
