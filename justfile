# `just` lists these; each line is an ordinary command that works without just.

default:
    @just --list

# The main job on embedded defaults: no server, no network.
demo:
    cargo run --release -- demo

# All tests.
test:
    cargo test --workspace

# The page reader alone.
test-extract:
    cargo test -p bantin-extract

# Formatting and lints, as .ci/run checks them.
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings

# All of continuous integration.
ci:
    .ci/run

# The figures of the documentation.
bench:
    cargo bench --workspace

# Documentation of the crates.
doc:
    cargo doc --workspace --no-deps --open
