#!/usr/bin/env bash
# Tests the web page in real browsers, Chromium and Firefox ESR, against the real program, beside the real window under Xvfb. Installs what is missing
# where apt-get and npm are at hand. Pictures are kept in target/browser/. Words of names choose tests: `tests/browser/run.sh restart`.
set -euo pipefail
cd "$(dirname "$0")/../.."

for program in chromium firefox-esr node npm; do
    command -v "$program" >/dev/null && continue
    package=${program/#node/nodejs}
    echo "installing $package"
    [ -n "${updated:-}" ] || apt-get update -qq
    updated=yes
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" fonts-dejavu-core >/dev/null
done
if [ ! -d tests/browser/node_modules/puppeteer-core ] || [ ! -d tests/browser/node_modules/axe-core ]; then
    (cd tests/browser && npm ci --no-audit --no-fund --silent)
fi

source gui/need.sh
cargo build -q -p salotto-repl -p salotto-gui --locked
# Servers are started in folders of their own.
SALOTTO=$(realpath "${CARGO_TARGET_DIR:-target}/debug/salotto")
SALOTTO_GUI=$(realpath "${CARGO_TARGET_DIR:-target}/debug/salotto-gui")
export SALOTTO SALOTTO_GUI
exec node tests/browser/run.mjs "$@"
