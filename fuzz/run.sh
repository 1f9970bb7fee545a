#!/usr/bin/env bash
# Runs each fuzz target for so many seconds (600 unless told) on seeds made from the tests' own pages and feeds.
# Wants cargo-fuzz and a nightly toolchain: cargo install cargo-fuzz; rustup toolchain install nightly
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
targets=(dates charset listing article feeds)

seed() { # seed TARGET FILE…: a corpus keeps what the fuzzer learnt; seeds are only added to it
  local corpus=fuzz/corpus/$1
  mkdir -p "$corpus"
  for file in "${@:2}"; do [ -f "$file" ] && cp -n "$file" "$corpus/$(sha256sum "$file" | cut -c 1-16)"; done
}
mapfile -t pages < <(find tests/pages -type f -name '*.html')
mapfile -t feeds < <(find tests/feeds -type f \( -name '*.xml' -o -name '*.json' -o -name '*.rss' -o -name '*.atom' \))
seed listing "${pages[@]}"
seed article "${pages[@]}"
seed charset "${pages[@]}" "${feeds[@]}"
seed feeds "${feeds[@]}"
mkdir -p fuzz/corpus/dates
# Every quoted string of the date tests is a seed for dates.
grep -o '"[^"\\]\{4,80\}"' src/extract/dates*.rs src/extract/dates/*.rs 2>/dev/null | cut -d: -f2- | tr -d '"' | sort -u |
  while IFS= read -r text; do printf '%s' "$text" >"fuzz/corpus/dates/$(printf '%s' "$text" | sha256sum | cut -c 1-16)"; done

cargo +nightly fuzz build
for target in "${targets[@]}"; do
  echo "== $target, $seconds s"
  cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1
done
