#!/usr/bin/env bash
# Runs the configurations of docs/proxies.md with nginx and HAProxy of Debian, on loopback, and talks through them. Installs what is missing where apt-get is
# at hand and may be used; where it may not it says so and is content.
set -euo pipefail
cd "$(dirname "$0")/.."
# Where Debian has what an administrator runs.
export PATH="$PATH:/usr/sbin"

skip() { printf 'skipped: no nginx and HAProxy here (%s)\n' "$1"; exit 0; }

stream=/usr/lib/nginx/modules/ngx_stream_module.so
if ! command -v nginx >/dev/null || ! command -v haproxy >/dev/null || [ ! -e "$stream" ]; then
    command -v apt-get >/dev/null || skip 'no apt-get'
    [ "$(id -u)" = 0 ] || skip 'not root'
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light libnginx-mod-stream haproxy >/dev/null
fi
SALOTTO_TEST_PROXIES=1 cargo test -p salotto-tests --locked --test proxies "$@" -- --nocapture
