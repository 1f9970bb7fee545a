//! The one place that reads the wall clock. Jobs get a [`Clock`]; pure code gets `now` as an argument.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

use bantin_model::limits::CLOCK_SLACK;

/// Tells the time. Cheap to clone; clones of a set clock move together.
#[derive(Clone)]
pub struct Clock(ClockKind);

#[derive(Clone)]
enum ClockKind {
    System,
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn system() -> Self {
        Clock(ClockKind::System)
    }

    /// Returns a clock for tests, which moves only when it is set. Pausing tokio's time does not
    /// move it.
    pub fn set_to(now: DateTime<Utc>) -> Self {
        Clock(ClockKind::Set(Arc::new(Mutex::new(now))))
    }

    /// Now, to the millisecond: what the store keeps, so that a value read back equals the value written.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.0 {
            ClockKind::System => Utc::now(),
            ClockKind::Set(at) => *at.lock().expect("no one panics while holding the clock"),
        };
        DateTime::from_timestamp_millis(now.timestamp_millis())
            .expect("a time that was just read is in range")
    }

    /// Moves a set clock on. A system clock cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let ClockKind::Set(at) = &self.0 {
            *at.lock().expect("no one panics while holding the clock") += by;
        }
    }
}

/// Notices when the clock goes back. Times that were computed from the wrong clock must be
/// corrected then; otherwise that work would wait for as long as the clock had been ahead.
#[derive(Clone, Default)]
pub struct Setbacks(Arc<Mutex<Option<DateTime<Utc>>>>);

impl Setbacks {
    /// Returns whether the clock went back since the last call. The first call returns true,
    /// because what the clock showed before is unknown.
    pub fn is_one(&self, now: DateTime<Utc>) -> bool {
        let mut latest = self.0.lock().expect("no one panics while holding the time");
        let slack = TimeDelta::from_std(CLOCK_SLACK).expect("a minute fits");
        let back = latest.is_none_or(|latest| now < latest - slack);
        // A clock that creeps back by less than the slack at a time is caught all the same.
        *latest = Some(if back { now } else { latest.map_or(now, |latest| latest.max(now)) });
        back
    }

    /// Asks again the next time: what had to be looked at could not be.
    pub fn again(&self) {
        *self.0.lock().expect("no one panics while holding the time") = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_by_more_than_a_minute_is_seen_once() {
        let setbacks = Setbacks::default();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("in range");
        for (seconds, back) in [
            (1_000, true),
            (1_001, false),
            (941, false),
            (940, true),
            (941, false),
            (90_000, false),
            (3_600, true),
            (3_600, false),
        ] {
            assert_eq!(setbacks.is_one(at(seconds)), back, "{seconds}");
        }
        setbacks.again();
        assert!(setbacks.is_one(at(3_601)));
    }
}
