//! How a feed asks to be polled.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// What a feed says of itself. Nothing of it is believed without bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Minutes between two polls (`ttl`, or the syndication module's `updatePeriod` by `updateFrequency`).
    pub every: Option<u32>,
    /// Hours of the day in UTC, 0 to 23, in which it is not to be asked (`skipHours`).
    pub skip_hours: Vec<u8>,
    /// Days of the week in UTC, 0 (Monday) to 6, on which it is not to be asked (`skipDays`).
    pub skip_days: Vec<u8>,
}

impl Wishes {
    /// The first moment from `at` on in which the feed lets itself be asked; the start of an hour, or `at` itself. One
    /// that lets itself be asked at no time does not mean it.
    pub fn first_allowed(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let mut hour = at;
        for _ in 0..7 * 24 {
            if !self.skips(hour) {
                return hour;
            }
            let start = hour - TimeDelta::nanoseconds(hour.timestamp_subsec_nanos().into());
            let into = TimeDelta::seconds((start.minute() * 60 + start.second()).into());
            hour = start - into + TimeDelta::hours(1);
        }
        at
    }

    fn skips(&self, at: DateTime<Utc>) -> bool {
        use chrono::Datelike;
        let hour = u8::try_from(at.hour()).expect("under 24");
        let day = u8::try_from(at.weekday().num_days_from_monday()).expect("under 7");
        self.skip_hours.contains(&hour) || self.skip_days.contains(&day)
    }
}
