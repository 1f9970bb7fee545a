//! Hosts that are tired of us. A Retry-After speaks of the address that answered it (a host may serve many portals); when
//! several addresses of one host say so, it speaks for the host, whichever source they belong to (P10).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::fetch::host_name;
use bantin_model::HostNote;

/// Addresses of one host that have to have said so.
const SEVERAL: usize = 2;
/// Addresses kept of one host; more say nothing new.
const KEPT: usize = 16;

/// By host: the addresses that want silence, each with its end.
type HostSilences = HashMap<String, Vec<(String, DateTime<Utc>)>>;

/// What hosts asked for, for all polls of this process; noted in the store, so that a restart forgets nothing.
#[derive(Clone, Default)]
pub(super) struct Silences(Arc<Mutex<SilenceState>>);

#[derive(Default)]
struct SilenceState {
    asked: HostSilences,
    /// Hosts of which something is to be noted.
    fresh: Vec<String>,
}

impl Silences {
    /// Notes that an address wants to hear nothing until then.
    pub fn note(&self, url: &Url, until: DateTime<Utc>, now: DateTime<Utc>) {
        let mut known = self.0.lock().expect("no one panics while holding the silences");
        let SilenceState { asked: hosts, fresh } = &mut *known;
        // Hosts whose silence is over are forgotten, which keeps the map small.
        hosts.retain(|_, asked| {
            asked.retain(|(_, until)| *until > now);
            !asked.is_empty()
        });
        let host = host_name(url);
        if !fresh.contains(&host) {
            fresh.push(host.clone());
        }
        let asked = hosts.entry(host).or_default();
        asked.retain(|(address, _)| address != url.as_str());
        if asked.len() < KEPT {
            asked.push((url.to_string(), until));
        }
    }

    /// Until when the host of `url` wants to hear nothing at all.
    pub fn of_host(&self, url: &Url, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let known = self.0.lock().expect("no one panics while holding the silences");
        let mut asked: Vec<DateTime<Utc>> =
            known.asked.get(&host_name(url))?.iter().map(|(_, until)| *until).collect();
        asked.sort_unstable_by(|a, b| b.cmp(a));
        // From then on it is one address alone. A silence of more than a week comes from another
        // clock.
        let week = now + TimeDelta::days(7);
        asked.get(SEVERAL - 1).copied().filter(|until| *until > now && *until <= week)
    }

    /// Takes in what was noted by another run of the program.
    pub fn recall(&self, notes: &[HostNote]) {
        let mut known = self.0.lock().expect("no one panics while holding the silences");
        for note in notes {
            let Some(silent) = note.silent.as_ref().filter(|silent| !silent.is_empty()) else {
                continue;
            };
            known.asked.entry(note.name.clone()).or_insert_with(|| silent.clone());
        }
    }

    /// What is new since this was last asked for.
    pub fn take_notes(&self) -> Vec<HostNote> {
        let mut known = self.0.lock().expect("no one panics while holding the silences");
        let fresh = std::mem::take(&mut known.fresh);
        let note = |name: String| HostNote {
            asked_at: None,
            silent: Some(known.asked.get(&name).cloned().unwrap_or_default()),
            name,
        };
        fresh.into_iter().map(note).collect()
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
        let kept = silences.0.lock().expect("nobody panicked").asked["a.vn"].len();
        assert_eq!(kept, KEPT);
    }
}
