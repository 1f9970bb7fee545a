//! A schedule: a cron line, read the way a Unix admin reads it. Wraps the `cron` crate, whose fields begin with seconds
//! and whose days count from 1 = Sunday; see `parse` for what is refused because of that.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A schedule that fires at some time after it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    /// As the admin wrote it.
    text: String,
    cron: cron::Schedule,
}

impl Schedule {
    /// Reads a line of 5 fields (minute first) or 6 (second first). The error is a sentence that says what is wrong and
    /// what would be right.
    pub fn parse(_text: &str) -> Result<Self, String> {
        todo!()
    }

    /// The first firing strictly after `after`, on the clocks of `zone`; none when it never fires again. A local time
    /// that a change of clocks skips fires at the first moment after the gap; one that occurs twice fires once.
    pub fn next_after(&self, _after: DateTime<Utc>, _zone: Tz) -> Option<DateTime<Utc>> {
        let _ = &self.cron;
        todo!()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Schedule {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> String {
        schedule.text
    }
}
