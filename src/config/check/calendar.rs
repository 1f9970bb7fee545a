//! The `[calendar]` table: whose holidays subscriptions go by, and the admin's corrections to them.

use super::ConfigCheck;
use super::files::read_small;
use crate::config::mistakes::shown;
use crate::config::raw::{self, ConfigTable, SpannedValue};
use bantin_model::{Calendar, CalendarName, Calendars};

/// Bytes of a list of holidays; a century of Vietnam's has 60,000.
const LIST_BYTES: u64 = 1 << 20;

impl ConfigCheck<'_> {
    pub(super) fn calendars(&mut self, root: &ConfigTable<'_>) -> Calendars {
        let table = root.table(&mut self.found, "calendar", &raw::CALENDAR);
        let country = table.text(&mut self.found, "country");
        let list = table
            .text(&mut self.found, "holidays")
            .and_then(|written| self.holidays(&written))
            .unwrap_or_default();
        let calendars = Calendars::shipped();
        let Some(country) = country else {
            let home = calendars.home().clone();
            return calendars.at_home_in(home, list);
        };
        let help = "write the two letters of a country, such as \"vn\"";
        let name = match CalendarName::parse(&country.value) {
            Ok(name) => name,
            Err(_) => {
                let what = format!("{} is not the name of a country", shown(&country.value));
                country.note(&mut self.found, what, help);
                return calendars;
            }
        };
        if calendars.get(&name).is_none() && !table.has("holidays") {
            let what =
                format!("no list of holidays comes with bantin for {}", shown(&country.value));
            let help = "name a file with its holidays: holidays = \"holidays.txt\"";
            country.note(&mut self.found, what, help);
        }
        calendars.at_home_in(name, list)
    }

    /// Reads the list in the file that `holidays` names. Each mistake in it is reported with its
    /// line.
    fn holidays(&mut self, written: &SpannedValue<String>) -> Option<Calendar> {
        let path = self.folder.join(&written.value);
        let read = read_small(&path, LIST_BYTES, "no list of holidays")
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned()));
        let errors = match read.map(|text| Calendar::parse(&text)) {
            Ok(Ok(calendar)) => return Some(calendar),
            Ok(Err(errors)) => errors,
            Err(why) => {
                let what = format!("{} {why}", path.display());
                let help =
                    "name a text file with a holiday a line, such as \"2026-09-02 Quốc khánh\"";
                written.note(&mut self.found, what, help);
                return None;
            }
        };
        for error in errors {
            // "line 3: what is wrong: what to write"
            let (what, help) = error.rsplit_once(": ").unwrap_or((&error, "mend the lines above"));
            written.note(&mut self.found, format!("{} {what}", path.display()), help);
        }
        None
    }
}
