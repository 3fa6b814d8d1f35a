#!/usr/bin/env bash
# Tests the real window under an X server that nobody sees, and measures it: once drawn by the processor, and once by OpenGL. Pictures and figures are kept in target/window/.
# Takes the same arguments as `cargo test`, e.g. `gui/window-tests.sh -- idle`. SALOTTO_TEST_RENDERER=cpu or =gl tests one of the two alone.
set -euo pipefail
cd "$(dirname "$0")/.."
source gui/need.sh

rm -rf target/window && mkdir -p target/window
# The server whose history is read back.
cargo build --release -p salotto-repl 2>target/window-tests.log || { tail -n 100 target/window-tests.log; exit 1; }
for renderer in ${SALOTTO_TEST_RENDERER:-cpu gl}; do
    # What compares the two needs to run once.
    skip=()
    if [ "$renderer" = gl ]; then
        case " $* " in *" -- "*) ;; *) skip=(--) ;; esac
        skip+=(--skip renderers::)
    fi
    # One after the other: they share two cores and measure.
    SALOTTO_TEST_RENDERER=$renderer RUST_TEST_THREADS=1 RUST_TEST_NOCAPTURE=1 \
        cargo test --release -p salotto-gui --features window-tests --test window "$@" "${skip[@]}" 2>>target/window-tests.log ||
        { tail -n 100 target/window-tests.log; exit 1; }
done

# Built as people build them: for the tests there is more in it.
weigh() {
    local what=$1 bound=$2
    shift 2
    cargo build --release --locked -p salotto-gui "$@" 2>target/window-tests.log || { tail -n 100 target/window-tests.log; exit 1; }
    strip --strip-all -o target/window/salotto-gui.stripped "${CARGO_TARGET_DIR:-target}/release/salotto-gui"
    size=$(stat -c %s target/window/salotto-gui.stripped)
    echo "program $what, stripped: $size bytes" >>target/window/figures.txt
    if [ "$size" -gt "$bound" ]; then
        echo "the program $what has $size bytes, and $bound were promised"
        exit 1
    fi
}
weigh "with TLS" 6200000 --features tls
weigh "without TLS" 5000000
cat target/window/figures.txt
