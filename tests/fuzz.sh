#!/usr/bin/env bash
# Tries every way in with input that nobody should send, for `SALOTTO_FUZZ_SECONDS` each (a minute without it): a process each, so that the memory is that of one, and four at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

export SALOTTO_FUZZ_SECONDS="${SALOTTO_FUZZ_SECONDS:-60}"
cargo test -p salotto-tests --locked --test fuzz --no-run
cargo test -q -p salotto-tests --locked --test fuzz -- --list 2>/dev/null | sed -n 's/: test$//p' |
    xargs -P 4 -I {} cargo test -q -p salotto-tests --locked --test fuzz -- --exact {} --nocapture
