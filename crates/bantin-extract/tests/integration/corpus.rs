//! What the fuzzer learnt of the readers of pages and feeds, replayed as it is and in changed forms.

#[path = "../support/dice.rs"]
mod dice;
#[path = "../support/mutants.rs"]
mod mutants;
#[path = "../../fuzz/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds")
}

#[test]
fn every_input_that_the_fuzzer_kept_is_read_as_it_should_be() {
    mutants::replay(&seeds(), &targets::TARGETS);
}

#[test]
fn what_the_fuzzer_kept_is_read_in_changed_forms_too() {
    mutants::replay_changed(&seeds(), &targets::TARGETS, &[]);
}
