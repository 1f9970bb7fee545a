//! `bantin run`: the jobs and the listeners of one process, their start and their end.
//!
//! `state` is what the jobs share, `run` starts and ends them, `scheduler` claims and polls sources, `turns` are the other
//! jobs, `watchdog` watches over them, `settings` hands the config to what it concerns, `reload` applies a changed one.

mod places;
mod reload;
mod run;
mod scheduler;
mod settings;
mod state;
mod turns;
mod watchdog;

pub use settings::{apply_sources, site_of};
pub use state::Daemon;
