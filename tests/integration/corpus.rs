//! What the fuzzer learnt of the program's own readers (queries, bounces, the wire), replayed as it is and in changed forms.
//! `cargo test -p bantin-extract --test integration corpus` does the same for the readers of pages and feeds.

use crate::bodies;
use crate::mutants;
use std::path::{Path, PathBuf};

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds")
}

#[test]
fn every_input_that_the_fuzzer_kept_is_read_as_it_should_be() {
    mutants::replay(&seeds(), &bodies::TARGETS);
}

#[test]
fn what_the_fuzzer_kept_is_read_in_changed_forms_too() {
    // These share one peer that answers as configured, one connection at a time.
    mutants::replay_changed(&seeds(), &bodies::TARGETS, &["replies", "answers"]);
}
