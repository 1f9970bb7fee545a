//! The one place that reads the wall clock. Jobs get a [`Clock`]; pure code gets `now` as an argument.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the time. Cheap to clone; clones of a set clock move together.
#[derive(Clone)]
pub struct Clock(Inner);

#[derive(Clone)]
enum Inner {
    System,
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn system() -> Self {
        Clock(Inner::System)
    }

    /// A clock for tests, which stands still until it is moved. Pausing tokio's time does not move it.
    pub fn set_to(now: DateTime<Utc>) -> Self {
        Clock(Inner::Set(Arc::new(Mutex::new(now))))
    }

    /// Now, to the millisecond: what the store keeps, so that a value read back equals the value written.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.0 {
            Inner::System => Utc::now(),
            Inner::Set(at) => *at.lock().expect("no one panics while holding the clock"),
        };
        DateTime::from_timestamp_millis(now.timestamp_millis())
            .expect("a time that was just read is in range")
    }

    /// Moves a set clock on. A system clock cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Inner::Set(at) = &self.0 {
            *at.lock().expect("no one panics while holding the clock") += by;
        }
    }
}
