#!/usr/bin/env bash
# Builds the plain program, without database and history, page, TLS, IRC, rules of single rooms, other servers, audit, metrics and discovery, as small as it gets, and holds it to the size that was promised. Where the linker is LLVM's, which Rust
# brings along for Linux on x86-64, functions that came out alike are kept once, and addresses to be relocated are listed in short.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly MOST=5000000

flags=()
if [ "$(rustc -vV | sed -n 's/^host: //p')" = x86_64-unknown-linux-gnu ]; then
    flags=(-C link-arg=-Wl,--icf=all -C link-arg=-Wl,-z,pack-relative-relocs -C link-arg=-Wl,-O2)
fi
cargo rustc -p salotto-repl --bin salotto --profile plain --no-default-features --locked -- "${flags[@]}"
program=${CARGO_TARGET_DIR:-target}/plain/salotto
"$program" --version
size=$(stat -c %s "$program")
echo "$program: $size bytes"
if [ "$size" -gt "$MOST" ]; then
    echo "the plain program has $size bytes; at most $MOST are promised" >&2
    exit 1
fi
