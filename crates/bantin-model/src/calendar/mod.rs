//! The calendar of a country: which days are public holidays, and which weekend days are worked in
//! place of another day.
//!
//! Such days are decreed year by year, so they are data. A list is shipped for Vietnam; an admin's
//! list in the same lines corrects it, or is used alone. How a subscription uses a calendar is in
//! `cadence`.

mod calendars;
mod holiday_list;

pub use calendars::{Calendar, CalendarName, Calendars};
