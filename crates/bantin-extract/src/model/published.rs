//! When a piece of news was published, as far as its page says.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// When the agency says it published: articles print a minute, listings only a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Published {
    At(DateTime<Utc>),
    On(NaiveDate),
    #[default]
    Unknown,
}

impl Published {
    /// The moment to sort and to stamp feeds by; a day alone counts from its first minute in `zone`.
    pub fn moment(self, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Published::At(at) => Some(at),
            Published::On(day) => zone
                .from_local_datetime(&day.and_hms_opt(0, 0, 0)?)
                .earliest()
                .map(|at| at.with_timezone(&Utc)),
            Published::Unknown => None,
        }
    }

    pub fn is_known(self) -> bool {
        self != Published::Unknown
    }
}
