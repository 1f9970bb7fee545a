//! What the fuzzer learnt, replayed: the inputs that reach every corner that it found, and those that once broke something.

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[test]
fn every_input_that_the_fuzzer_kept_is_read_as_it_should_be() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, target) in bodies::TARGETS {
        let file = seeds.join(format!("{name}.txt"));
        let packed = std::fs::read_to_string(&file).expect("each target has its seeds");
        let inputs = packed.lines().map(|line| STANDARD.decode(line).expect("base64, one a line"));
        let mut count = 0;
        for input in inputs {
            target(&input);
            count += 1;
        }
        assert!(count >= 10, "{name} has only {count} inputs");
    }
}
