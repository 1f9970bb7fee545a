#!/usr/bin/env bash
# fuzz/run.sh [SECONDS [TARGET…]]: runs each fuzz target for so many seconds (600 unless told), on what earlier runs learnt
# (fuzz/seeds) and on the tests' own pages, feeds and mails. At the end the smallest of what was learnt is packed into
# fuzz/seeds again, which `cargo test --test corpus` replays. Wants cargo-fuzz: cargo install cargo-fuzz
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
targets=("$@")
[ $# -gt 0 ] || targets=(dates charset listing article feeds clean query bounces)
# Bytes of one input that is kept, and of all that are kept of a target.
longest=2048
most=40000

if cargo +nightly --version >/dev/null 2>&1; then cargo=(cargo +nightly); else cargo=(env RUSTC_BOOTSTRAP=1 cargo); fi

corpus() { echo "fuzz/corpus/$1"; }
seed() { # seed TARGET FILE…: a corpus keeps what the fuzzer learnt; seeds are only added to it
  mkdir -p "$(corpus "$1")"
  for file in "${@:2}"; do [ ! -f "$file" ] || cp -n "$file" "$(corpus "$1")/$(sha256sum "$file" | cut -c 1-16)"; done
}
seed_line() { # seed_line TARGET: a text from standard input
  mkdir -p "$(corpus "$1")"
  local text; text=$(cat); printf '%s' "$text" > "$(corpus "$1")/$(printf '%s' "$text" | sha256sum | cut -c 1-16)"
}
unpack() { # unpack TARGET: one input a line, in base64
  mkdir -p "$(corpus "$1")"
  [ ! -f "fuzz/seeds/$1.txt" ] || while IFS= read -r line; do
    printf '%s' "$line" | base64 -d > "$(corpus "$1")/$(printf '%s' "$line" | sha256sum | cut -c 1-16)"
  done < "fuzz/seeds/$1.txt"
}
pack() { # pack TARGET: the smallest inputs that together reach what all of them reach
  local small; small=$(mktemp -d)
  "${cargo[@]}" fuzz run -s none "$1" -- -merge=1 "$small" "$(corpus "$1")" >/dev/null 2>&1
  mkdir -p fuzz/seeds
  find "$small" -type f -size -"$longest"c -printf '%s %p\n' | sort -n | awk -v most="$most" '{ sum += $1; if (sum > most) exit; print $2 }' |
    while IFS= read -r file; do base64 -w 0 < "$file"; echo; done | sort > "fuzz/seeds/$1.txt"
  rm -r "$small"
}

mapfile -t pages < <(find tests/pages -type f -name '*.html')
mapfile -t feeds < <(find tests/feeds -type f \( -name '*.xml' -o -name '*.json' -o -name '*.rss' -o -name '*.atom' \))
mapfile -t mails < <(find tests/mails -type f -name '*.eml')
for target in "${targets[@]}"; do
  unpack "$target"
  case $target in
    listing | article | clean) seed "$target" "${pages[@]}" ;;
    charset) seed charset "${pages[@]}" "${feeds[@]}" ;;
    feeds) seed feeds "${feeds[@]}" ;;
    bounces) seed bounces "${mails[@]}" ;;
    # Every quoted string of their tests.
    dates | query)
      code=(src/query/*.rs); [ "$target" = query ] || code=(src/extract/dates.rs src/extract/dates/*.rs)
      grep -ho '"[^"\\]\{4,80\}"' "${code[@]}" | tr -d '"' | sort -u |
        while IFS= read -r text; do printf '%s' "$text" | seed_line "$target"; done ;;
  esac
done

# Our own code has no unsafe, so that there is nothing for a sanitizer to see in it, and without one it runs twice as fast.
"${cargo[@]}" fuzz build -s none
for target in "${targets[@]}"; do
  echo "== $target, $seconds s"
  "${cargo[@]}" fuzz run -s none "$target" -- -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1
  pack "$target"
done
