//! The program bantin: it polls an agency's news pages, keeps every item it has ever seen, serves the items as feeds and
//! pages, and mails digests.
//!
//! Edges (`fetch`, `web`, `config`, `telemetry`, `systemd`, `clock`) each own one outside thing. `jobs` walk one task
//! across the edges; `daemon` starts and stops them. Values, the store, mail and the page reader are crates of their own:
//! `bantin-model`, `bantin-store`, `bantin-mail`, `bantin-extract`.
#![forbid(unsafe_code)]

pub mod clock;
pub mod config;
pub mod counters;
pub mod failure_log;
pub mod fetch;
pub mod passwords;
pub mod shutdown;
pub mod supervisor;
pub mod systemd;
pub mod telemetry;
pub mod web;

pub mod export;
pub mod jobs;

pub mod cli;
pub mod daemon;
pub mod demo;
