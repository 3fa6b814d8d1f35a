#!/usr/bin/env bash
# Tests the real window under an X server that nobody sees, and measures it. Pictures and figures are kept in target/window/.
# Takes the same arguments as `cargo test`, e.g. `gui/window-tests.sh -- idle`.
set -euo pipefail
cd "$(dirname "$0")/.."
source gui/need.sh

rm -rf target/window && mkdir -p target/window
# The server whose history is read back.
cargo build --release -p salotto-repl 2>target/window-tests.log || { tail -n 100 target/window-tests.log; exit 1; }
# One after the other: they share two cores and measure.
cargo test --release -p salotto-gui --features window-tests --test window "$@" -- --test-threads=1 --nocapture 2>>target/window-tests.log ||
    { tail -n 100 target/window-tests.log; exit 1; }

program=${CARGO_TARGET_DIR:-target}/release/salotto-gui
strip --strip-all -o target/window/salotto-gui.stripped "$program"
size=$(stat -c %s target/window/salotto-gui.stripped)
echo "program, stripped: $size bytes" >>target/window/figures.txt
cat target/window/figures.txt
if [ "$size" -gt 5000000 ]; then
    echo "the program is larger than the 5 MB that were promised"
    exit 1
fi
