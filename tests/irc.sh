#!/usr/bin/env bash
# Runs irssi and WeeChat of Debian against a server on loopback, as people do. Installs what is missing where apt-get is at hand and may be used; where it may not
# it says so and is content.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: no irssi and WeeChat here (%s)\n' "$1"; exit 0; }

if ! command -v irssi >/dev/null || ! command -v weechat-headless >/dev/null || ! command -v script >/dev/null; then
    command -v apt-get >/dev/null || skip 'no apt-get'
    [ "$(id -u)" = 0 ] || skip 'not root'
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends irssi weechat-headless bsdutils >/dev/null
fi
SALOTTO_TEST_IRC=1 cargo test -p salotto-tests --locked --test irc_clients "$@" -- --nocapture
