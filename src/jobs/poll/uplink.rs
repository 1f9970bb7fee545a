//! Watches our own network connection. When no host answers any more, the fault is ours: failures
//! of sources are not counted, the admin is notified once, and the first answer ends it (P6).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

use bantin_model::limits;

/// Cheap to clone; clones share what they know.
#[derive(Clone, Default)]
pub(super) struct UplinkMonitor(Arc<Mutex<UplinkHistory>>);

#[derive(Default)]
struct UplinkHistory {
    /// When each host was last asked, and whether it answered.
    hosts: HashMap<String, (DateTime<Utc>, bool)>,
    down_since: Option<DateTime<Utc>>,
}

/// What an answer, or none, says of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UplinkState {
    Up,
    /// It was up before this; so many hosts say so.
    WentDown(usize),
    Down(DateTime<Utc>),
    /// It was down until this.
    CameBack(DateTime<Utc>),
}

impl UplinkMonitor {
    /// Takes in that the line was down when the program ended.
    pub fn recall(&self, down_since: Option<DateTime<Utc>>) {
        self.known().down_since = down_since;
    }

    /// A host answered, whatever it said.
    pub fn answered(&self, host: String, now: DateTime<Utc>) -> UplinkState {
        let mut known = self.known();
        known.note(host, true, now);
        known.down_since.take().map_or(UplinkState::Up, UplinkState::CameBack)
    }

    /// No answer came from a host; `was_good` when it had given something within [`limits::LINE_GOOD`].
    pub fn silent(&self, host: String, was_good: bool, now: DateTime<Utc>) -> UplinkState {
        let mut known = self.known();
        if was_good {
            known.note(host, false, now);
        }
        if let Some(since) = known.down_since {
            return UplinkState::Down(since);
        }
        let silent = known.hosts.values().filter(|(_, answered)| !answered).count();
        let most_are = silent * 5 > known.hosts.len() * 4;
        if !was_good || silent < limits::LINE_HOSTS || !most_are {
            return UplinkState::Up;
        }
        known.down_since = Some(now);
        UplinkState::WentDown(silent)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, UplinkHistory> {
        self.0.lock().expect("no one panics while holding what is known of the line")
    }
}

impl UplinkHistory {
    fn note(&mut self, host: String, answered: bool, now: DateTime<Utc>) {
        let window = TimeDelta::from_std(limits::LINE_WINDOW).expect("minutes fit");
        self.hosts.retain(|_, (at, _)| now - *at < window);
        self.hosts.insert(host, (now, answered));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks hosts one a minute: "a+" answers, "a-" does not, "a!" does not and had not for long.
    fn check(asked: &str, expected: &str) {
        let line = UplinkMonitor::default();
        let mut told = Vec::new();
        for (minute, word) in asked.split(' ').enumerate() {
            let (host, how) = word.split_at(word.len() - 1);
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute as i64);
            let state = match how {
                "+" => line.answered(host.to_owned(), now),
                _ => line.silent(host.to_owned(), how == "-", now),
            };
            match state {
                UplinkState::WentDown(hosts) => told.push(format!("{minute} down, {hosts}")),
                UplinkState::CameBack(_) => told.push(format!("{minute} up")),
                UplinkState::Up | UplinkState::Down(_) => {}
            }
        }
        assert_eq!(told.join("; "), expected, "{asked}");
    }

    #[test]
    fn p6_hosts_that_all_fall_silent_say_that_our_line_is_down_until_one_answers() {
        check("a+ b+ c+ d+ a- b- c- d- a- b- c+ d-", "7 down, 4; 10 up");
        check("a- a- a- a- a- b- c-", "");
        check("a- b- c- d+ a- b- c-", "");
        // One in five may be on this side of what broke.
        check("trong+ a- b- c- d-", "");
        check("trong+ a- b- c- d- e-", "5 down, 5");
        check("a! b! c! d! e!", "");
        // What answered long ago says nothing of now.
        let long = format!("a+ b+ {} c- d- e- f-", vec!["x!"; 40].join(" "));
        check(&long, "45 down, 4");
    }
}
