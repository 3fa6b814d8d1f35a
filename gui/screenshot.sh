#!/usr/bin/env bash
# Takes the picture of the window for the README: docs/window.png. Run it when the window looks different.
set -euo pipefail
cd "$(dirname "$0")/.."
source gui/need.sh

cargo test --release -p salotto-gui --features window-tests --test window -- --ignored --exact pictures::the_picture_for_the_readme
ls -l docs/window.png
