//! The `bantin` program: reads the command line and does what it says. See `cli`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    bantin::cli::main()
}
