//! The integration tests of the program, in one program: each file is a subject, and all share the doubles in
//! `tests/support`. Tests that need a process of their own (crash, store_story, architecture) are programs beside it.
#![allow(clippy::unwrap_used, reason = "a test may fail by unwrapping, its helpers too")]

#[path = "../../fuzz/bodies.rs"]
mod bodies;
#[path = "../../crates/bantin-extract/tests/support/dice.rs"]
mod dice;
#[path = "../support/made.rs"]
mod made;
#[path = "../../crates/bantin-extract/tests/support/mutants.rs"]
mod mutants;
#[path = "../support/office.rs"]
mod office;
#[path = "../support/origin.rs"]
mod origin;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/smtp.rs"]
mod smtp;

mod admin;
mod api;
mod backfilling;
mod backups;
mod bouncing;
mod checking;
mod config;
mod corpus;
mod daemon;
mod delivering;
mod digests;
mod faults;
mod fetching;
mod hub;
mod looking;
mod mailing;
mod polite;
mod reach;
mod redesign;
mod serving;
mod site;
mod subscribing;
mod telling;
mod whole;
mod withdrawing;
mod year;
