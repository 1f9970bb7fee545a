//! bantin polls an agency's news pages, keeps every item it has ever seen, serves them as feeds and mails digests.
//!
//! Three rings, arrows point inwards only. The middle (`model`, `extract`, `query`, `digest`, `feed`) turns values into
//! values: no network, disk, clock or log. The edges (`fetch`, `store`, `mail`, `web`, `config`, `telemetry`) each own
//! one outside thing. The jobs (`poll`, `publish`, `deliver`, `pictures`, `tidy`) walk one task across the edges; `daemon` wires it all.
#![forbid(unsafe_code)]

pub use bantin_extract as extract;

pub mod digest;
pub mod feed;
pub mod limits;
pub mod model;
pub mod query;

pub mod clock;
pub mod config;
pub mod counters;
pub mod fetch;
pub mod mail;
pub mod passwords;
pub mod shutdown;
pub mod store;
pub mod systemd;
pub mod telemetry;
pub mod tokens;
pub mod troubles;
pub mod web;

pub mod archive;
pub mod backfill;
pub mod bounces;
pub mod deliver;
pub mod export;
pub mod hub;
pub mod pictures;
pub mod poll;
pub mod publish;
pub mod tidy;

pub mod cli;
pub mod daemon;
pub mod demo;
