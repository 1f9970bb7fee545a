//! How a feed wants to be asked: RSS's `ttl`, `skipHours` and `skipDays`, and the syndication module's `updatePeriod` and
//! `updateFrequency`. What cannot be read asks for nothing.

use super::xml::{Id, XmlTree};
use crate::model::Wishes;

/// Gathered while a channel's parts are gone through.
#[derive(Default)]
pub struct Asked {
    ttl: Option<u32>,
    /// Minutes.
    period: Option<u32>,
    /// Times in a period.
    frequency: Option<u32>,
    skip_hours: Vec<u8>,
    skip_days: Vec<u8>,
}

impl Asked {
    pub fn take(&mut self, tree: &XmlTree<'_>, part: Id, name: &str) {
        let text = || tree.text(part).trim().to_ascii_lowercase();
        match name {
            "ttl" => self.ttl = self.ttl.or_else(|| text().parse().ok()),
            "sy:updateperiod" => self.period = self.period.or_else(|| minutes(&text())),
            "sy:updatefrequency" => {
                self.frequency = self.frequency.or_else(|| text().parse().ok());
            }
            "skiphours" => {
                let hours = tree.children(part).filter(|id| tree.name(*id) == "hour");
                let hours = hours.filter_map(|id| tree.text(id).trim().parse().ok());
                // RSS 0.91 counts to 24, RSS 2.0 from 0.
                self.skip_hours.extend(hours.filter(|hour: &u8| *hour <= 24).map(|hour| hour % 24));
            }
            "skipdays" => {
                let days = tree.children(part).filter(|id| tree.name(*id) == "day");
                self.skip_days.extend(days.filter_map(|id| day(&tree.text(id))));
            }
            _ => {}
        }
    }

    pub fn wishes(self) -> Wishes {
        let ordered = |mut numbers: Vec<u8>| {
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let times = self.frequency.unwrap_or(1).max(1);
        let by_period = self.period.map(|minutes| minutes / times);
        Wishes {
            every: self.ttl.or(by_period).filter(|minutes| *minutes > 0),
            skip_hours: ordered(self.skip_hours),
            skip_days: ordered(self.skip_days),
        }
    }
}

fn minutes(period: &str) -> Option<u32> {
    const DAY: u32 = 24 * 60;
    let periods = [
        ("hourly", 60),
        ("daily", DAY),
        ("weekly", 7 * DAY),
        ("monthly", 30 * DAY),
        ("yearly", 365 * DAY),
    ];
    periods.iter().find(|(name, _)| *name == period).map(|(_, minutes)| *minutes)
}

/// Monday is 0.
fn day(said: &str) -> Option<u8> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let said = said.trim().to_ascii_lowercase();
    days.iter().position(|day| *day == said).and_then(|at| u8::try_from(at).ok())
}
