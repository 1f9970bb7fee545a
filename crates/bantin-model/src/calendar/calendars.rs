//! Calendars: which days of a country are worked and which are holidays.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// What is known of the days of a country. A day of which nothing is known is worked from Monday to Friday.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    pub(super) days: BTreeMap<NaiveDate, CalendarDay>,
    pub(super) years: BTreeSet<i32>,
}

/// What the list says of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarDay {
    /// Free. `expected`: the government has not said so yet.
    Off {
        name: String,
        expected: bool,
    },
    Worked,
}

impl Calendar {
    /// Returns the list that comes with bantin, by the country's two letters in lower case.
    pub fn shipped(country: &str) -> Option<Self> {
        let text = match country {
            "vn" => include_str!("../holidays/vn.txt"),
            _ => return None,
        };
        Some(Self::parse(text).expect("a test reads every shipped list"))
    }

    /// This list as `newer` corrects it. A year that `newer` says it knows entirely is taken from it alone; in any other
    /// year, each day that it names.
    #[must_use]
    pub fn corrected(mut self, newer: Calendar) -> Self {
        self.days.retain(|day, _| !newer.years.contains(&day.year()));
        self.days.extend(newer.days);
        self.years.extend(newer.years);
        self
    }

    /// Returns whether the day is a public holiday, or is free because another day is worked in its
    /// place.
    pub fn is_holiday(&self, day: NaiveDate) -> bool {
        self.holiday(day).is_some()
    }

    /// Returns the name of the holiday.
    pub fn holiday(&self, day: NaiveDate) -> Option<&str> {
        match self.days.get(&day)? {
            CalendarDay::Off { name, .. } => Some(name),
            CalendarDay::Worked => None,
        }
    }

    /// Returns whether offices are open: Monday to Friday save for holidays, and those weekend days
    /// that are worked.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        match self.days.get(&day) {
            Some(CalendarDay::Off { .. }) => false,
            Some(CalendarDay::Worked) => true,
            None => !is_weekend(day),
        }
    }

    /// Returns whether the list says that it knows every day off of this year.
    pub fn covers(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Returns the last year from `year` on without a gap of which every day off is known; none
    /// when `year` itself is not.
    pub fn covered_until(&self, year: i32) -> Option<i32> {
        (year..).take_while(|year| self.covers(*year)).last()
    }

    /// Returns the first day off from `from` on that is only expected: the list should be brought
    /// up to date before it comes.
    pub fn first_expected(&self, from: NaiveDate) -> Option<(NaiveDate, &str)> {
        self.days.range(from..).find_map(|(day, what)| match what {
            CalendarDay::Off { name, expected: true } => Some((*day, name.as_str())),
            _ => None,
        })
    }
}

pub fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// What a calendar is called in settings and in the store: a country's two letters, or a name that the admin gave.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CalendarName(String);

impl CalendarName {
    pub fn parse(text: &str) -> Result<Self, String> {
        crate::slug::slug(text).map(CalendarName)
    }

    /// Vietnam, whose list is shipped.
    pub fn vietnam() -> Self {
        CalendarName("vn".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CalendarName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CalendarName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<CalendarName> for String {
    fn from(name: CalendarName) -> String {
        name.0
    }
}

/// The calendars that subscriptions may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendars {
    /// Whose days somebody means who names no country.
    home: CalendarName,
    lists: BTreeMap<CalendarName, Calendar>,
}

impl Calendars {
    /// Returns those that come with bantin, uncorrected; Vietnam is home.
    pub fn shipped() -> Self {
        let vietnam = Calendar::shipped("vn").expect("Vietnam's list is shipped");
        let home = CalendarName::vietnam();
        Calendars { home: home.clone(), lists: BTreeMap::from([(home, vietnam)]) }
    }

    /// Returns the calendars with this country at home. An admin's list corrects the shipped one,
    /// or is used alone where none is shipped.
    #[must_use]
    pub fn at_home_in(mut self, home: CalendarName, list: Calendar) -> Self {
        let known = self.lists.remove(&home).unwrap_or_default();
        self.lists.insert(home.clone(), known.corrected(list));
        self.home = home;
        self
    }

    pub fn home(&self) -> &CalendarName {
        &self.home
    }

    pub fn get(&self, name: &CalendarName) -> Option<&Calendar> {
        self.lists.get(name)
    }
}

impl Default for Calendars {
    fn default() -> Self {
        Calendars::shipped()
    }
}

#[cfg(test)]
mod tests;
