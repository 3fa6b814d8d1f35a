#!/usr/bin/env bash
# Runs servers that share rooms against a real Redis of Debian on loopback, and breaks what can break. Installs it where apt-get is at hand and may be used; where it may not
# it says so and is content. `SALOTTO_KILLS=20` has it break everything twenty times instead of three.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: no redis-server here (%s)\n' "$1"; exit 0; }

if ! command -v redis-server >/dev/null; then
    command -v apt-get >/dev/null || skip 'no apt-get'
    [ "$(id -u)" = 0 ] || skip 'not root'
    apt-get update -qq
    # The one that Debian starts by itself is not used.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null
fi
SALOTTO_TEST_CLUSTER=1 cargo test -p salotto-tests --locked --test cluster "$@" -- --nocapture
