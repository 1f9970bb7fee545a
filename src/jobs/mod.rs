//! The jobs of the daemon: each walks one task across the edges, and `daemon` runs them side by side.

pub mod archive;
pub mod backfill;
pub mod bounces;
pub mod deliver;
pub mod hub;
pub mod pictures;
pub mod poll;
pub mod publish;
pub mod tidy;
