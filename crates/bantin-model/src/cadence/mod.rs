//! A cadence: when a subscription is due. At once, or a schedule on the clocks of a zone, perhaps on working days only or
//! not on public holidays. `plan` makes one of what a form asks for, `cadence_words` says it to people.

mod cadence_words;
mod due;
mod plan;

pub use due::{Cadence, DayRule};
pub use plan::{CadenceDays, CadencePlan, TimesOfDay};
