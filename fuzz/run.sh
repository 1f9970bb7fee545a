#!/usr/bin/env bash
# fuzz/run.sh [SECONDS [TARGET…]]: runs each fuzz target of the program (fuzz/) and of the page reader
# (crates/bantin-extract/fuzz) for so many seconds (600 unless told), on what earlier runs learnt (seeds in both) and on the tests' own pages, feeds and mails. At the end the smallest of what was learnt is packed into
# fuzz/seeds again, which `cargo test --test integration corpus` replays. Wants cargo-fuzz: cargo install cargo-fuzz
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
targets=("$@")
[ $# -gt 0 ] || targets=(dates charset listing article feeds clean page_state script_literal script_list forward query bounces wire requests replies answers)
# Bytes of one input that is kept, and of all that are kept of a target.
longest=2048
most=40000

if cargo +nightly --version >/dev/null 2>&1; then cargo=(cargo +nightly); else cargo=(env RUSTC_BOOTSTRAP=1 cargo); fi

folder() { # folder TARGET: where it lives
  case $1 in
    dates | charset | listing | article | feeds | clean | page_state | script_literal | script_list | forward)
      echo crates/bantin-extract/fuzz ;;
    *) echo fuzz ;;
  esac
}
corpus() { echo "$(folder "$1")/corpus/$1"; }
seed() { # seed TARGET FILE…: a corpus keeps what the fuzzer learnt; seeds are only added to it
  mkdir -p "$(corpus "$1")"
  for file in "${@:2}"; do [ ! -f "$file" ] || cp -n "$file" "$(corpus "$1")/$(sha256sum "$file" | cut -c 1-16)"; done
}
seed_line() { # seed_line TARGET: a text from standard input
  mkdir -p "$(corpus "$1")"
  local text; text=$(cat); printf '%s' "$text" > "$(corpus "$1")/$(printf '%s' "$text" | sha256sum | cut -c 1-16)"
}
seed_bytes() { # seed_bytes TARGET: the bytes of standard input
  local file; file=$(mktemp)
  cat > "$file"
  mv "$file" "$(corpus "$1")/$(sha256sum "$file" | cut -c 1-16)"
}
unpack() { # unpack TARGET: one input a line, in base64
  mkdir -p "$(corpus "$1")"
  [ ! -f "$(folder "$1")/seeds/$1.txt" ] || while IFS= read -r line; do
    printf '%s' "$line" | base64 -d > "$(corpus "$1")/$(printf '%s' "$line" | sha256sum | cut -c 1-16)"
  done < "$(folder "$1")/seeds/$1.txt"
}
pack() { # pack TARGET: the smallest inputs that together reach what all of them reach
  local small; small=$(mktemp -d)
  "${cargo[@]}" fuzz run --fuzz-dir "$(folder "$1")" -s none "$1" -- -merge=1 "$small" "$(corpus "$1")" >/dev/null 2>&1
  mkdir -p "$(folder "$1")/seeds"
  find "$small" -type f -size -"$longest"c -printf '%s %p\n' | sort -n | awk -v most="$most" '{ sum += $1 } sum <= most { print $2 }' |
    while IFS= read -r file; do base64 -w 0 < "$file"; echo; done | sort > "$(folder "$1")/seeds/$1.txt"
  rm -r "$small"
}

mapfile -t pages < <(find crates/bantin-extract/tests/pages -type f -name '*.html')
mapfile -t feeds < <(find crates/bantin-model/tests/feeds crates/bantin-extract/tests/feeds -type f \( -name '*.xml' -o -name '*.json' -o -name '*.rss' -o -name '*.atom' \))
mapfile -t mails < <(find tests/mails crates/bantin-mail/tests/mails -type f -name '*.eml')
for target in "${targets[@]}"; do
  mkdir -p "$(corpus "$target")"
  unpack "$target"
  case $target in
    listing | article | clean) seed "$target" "${pages[@]}" ;;
    charset) seed charset "${pages[@]}" "${feeds[@]}" ;;
    feeds) seed feeds "${feeds[@]}" ;;
    bounces) seed bounces "${mails[@]}" ;;
    # Paths, fields and forms of the doors, which nobody finds by chance.
    wire | requests)
      fields='Accept-Encoding: gzip;q=0.5, br, *;q=0\nIf-None-Match: W/"a", "b"\nA-IM: feed\nAccept: application/json\n'
      for path in / /feeds/ /feeds/tin/atom.xml /feeds/tin/feed.json '/search?q=h%E1%BB%8Dp+-a' '/search/atom.xml?q=%22a+b%22' \
        /sources/so-tttt/rss.xml '/api/v1/items?limit=2' /api/v1/openapi.json /metrics /feeds.opml /subscribe /robots.txt; do
        case $target in
          requests) printf 'GET %s\n%b\n' "$path" "$fields" | seed_bytes requests ;;
          wire) printf 'GET %s HTTP/1.1\nHost: a\n%b\n' "$path" "$fields" | sed 's/$/\r/' | seed_bytes wire ;;
        esac
      done
      [ "$target" = wire ] || for form in \
        '/hub hub.mode=subscribe&hub.topic=https%3A%2F%2Ftin.example.gov.vn%2Ffeeds%2Ftin%2Fatom.xml&hub.callback=https%3A%2F%2Fa.example%2F&hub.lease_seconds=9&hub.secret=b' \
        '/subscribe address=lan%40so.example.gov.vn&feed=tin&query=h&cadence=weekly'; do
        printf 'POST %s\nContent-Type: application/x-www-form-urlencoded\n\n%s' ${form} | seed_bytes requests
      done ;;
    replies)
      printf '%s\r\n' '220 a ESMTP' 250-a '250-SIZE 100' 250-8BITMIME '250 PIPELINING' '250 2.1.0 b' '250 c' '354 d' '250 2.0.0 e' |
        seed_bytes replies
      for replies in '220 a|502 no|250 a|250 b|550 5.1.1 <lan@so.example.gov.vn> unknown' '421 4.7.0 busy' '554 5.7.1 no' \
        '220 a|250-a|250-STARTTLS|250-AUTH PLAIN LOGIN|250 DSN' '220 a|250 a|451 4.7.1 greylisted' '220 a|250 a|250 b|452 4.2.2 full' \
        '220 a|250 a|250 b|250 c|354 d|552 5.3.4 too big' '220 a|250 a|250 b|250 c|354 d|451 again' '220-a|220 b|250 c|530 5.7.0 TLS' \
        '+220 a' '220' '999 a' '220x'; do
        printf '%s\r\n' "$replies" | sed 's/|/\r\n/g' | seed_bytes replies
      done ;;
    answers)
      printf '%s\r\n' 'HTTP/1.1 200 OK' 'ETag: W/"a"' 'Last-Modified: Thu, 29 Feb 2024 08:00:00 GMT' 'Expires: 0' 'Age: 5' \
        'Cache-Control: max-age=60, no-cache' 'Content-Type: text/html; charset=windows-1258' '' 'User-agent: *' \
        'Disallow: /a*b$' | seed_bytes answers
      printf '%s\r\n' 'HTTP/1.1 503 No' 'Retry-After: Thu, 29 Feb 2024 08:00:00 GMT' 'Transfer-Encoding: chunked' '' 3 abc 0 '' |
        seed_bytes answers
      for head in '200 OK|Content-Length: 3|Content-Encoding: br' '200 OK|Content-Type: text/plain|Retry-After: 99999999999' \
        '304 Not Modified|ETag: *' '404 No|Cache-Control: max-age="5"' '429 Slow|Retry-After: -1' '410 Gone|Age: x' '206 Part|Expires: 0' \
        '200 OK|Transfer-Encoding: chunked|Content-Length: 9' '200 OK|Content-Encoding: zstd, gzip' '401 Who|WWW-Authenticate: Basic'; do
        { printf 'HTTP/1.1 %s\r\n\r\n' "$head" | sed 's/|/\r\n/g'; printf '<p>a'; } | seed_bytes answers
      done
      { printf '%s\r\n' 'HTTP/1.0 200 OK' 'Content-Encoding: gzip' ''; printf 'User-agent: bantin\nAllow: /\n' | gzip -n; } |
        seed_bytes answers ;;
    # Every quoted string of their tests.
    dates | query)
      code=(crates/bantin-model/src/query/*.rs crates/bantin-extract/src/fold.rs); [ "$target" = query ] || code=(crates/bantin-extract/src/dates.rs crates/bantin-extract/src/dates/*.rs)
      grep -ho '"[^"\\]\{4,80\}"' "${code[@]}" | tr -d '"' | sort -u |
        while IFS= read -r text; do printf '%s' "$text" | seed_line "$target"; done ;;
  esac
done

# Our own code has no unsafe, so that there is nothing for a sanitizer to see in it, and without one it runs twice as fast.
mapfile -t folders < <(for target in "${targets[@]}"; do folder "$target"; done | sort -u)
for folder in "${folders[@]}"; do "${cargo[@]}" fuzz build --fuzz-dir "$folder" -s none; done
for target in "${targets[@]}"; do
  echo "== $target, $seconds s"
  "${cargo[@]}" fuzz run --fuzz-dir "$(folder "$target")" -s none "$target" -- -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1
  pack "$target"
done
