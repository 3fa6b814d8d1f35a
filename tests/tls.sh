#!/usr/bin/env bash
# Other programs that speak TLS, against the real server: openssl s_client and curl. Needs both, and a built `salotto` whose path may be given.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in openssl curl; do
    command -v "$program" >/dev/null && continue
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -y --no-install-recommends openssl curl ca-certificates >/dev/null && break
    printf 'skipped: there is no %s here\n' "$program"; exit 0
done
if [ $# -gt 0 ]; then salotto=$(realpath "$1"); else
    cargo build -q -p salotto-repl --locked
    salotto=${CARGO_TARGET_DIR:-target}/debug/salotto
    salotto=$(realpath "$salotto")
fi

folder=$(mktemp -d)
server=
clean() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    rm -r "$folder"
}
trap clean EXIT
cd "$folder"
printf '(store: (file: None), plugins: [(name: "tls"), (name: "discovery", enabled: false)])' > salotto.ron
"$salotto" cert renew > cert.txt
XDG_RUNTIME_DIR=$folder "$salotto" serve --listen 127.0.0.1:0 2> log.txt &
server=$!
for _ in $(seq 100); do
    port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' log.txt | head -1)
    [ -n "$port" ] && break
    sleep 0.1
done
[ -n "$port" ] || { cat log.txt; exit 1; }
"$salotto" cert export ca.pem > /dev/null

fail() { printf 'FAILED: %s\n' "$1"; shift; printf '%s\n' "$@"; exit 1; }
s_client() { timeout 20 openssl s_client -connect "127.0.0.1:$port" -servername localhost -CAfile ca.pem "$@" 2>&1 || true; }

# The fingerprint that the program prints is the one that others see.
ours=$(sed -n 's/^SHA-256 *//p' cert.txt | tr -d ' ')
theirs=$(s_client -showcerts </dev/null | openssl x509 -noout -fingerprint -sha256 | sed 's/.*=//' | tr -d ':' | tr A-F a-f)
[ "$ours" = "$theirs" ] || fail 'the fingerprint' "$ours" "$theirs"

# People who talk with each version.
for version in -tls1_2 -tls1_3; do
    heard=$( { printf 'ada%s\nhello from openssl\n!quit\n' "$version" | tr -d '_.'; sleep 1; } | s_client "$version" -quiet -verify_return_error -verify_hostname localhost)
    grep -q 'hello from openssl' <<< "$heard" || fail "talk with $version" "$heard"
done
# Versions that are not spoken.
for version in -ssl3 -tls1 -tls1_1; do
    heard=$(s_client "$version" -cipher 'ALL:@SECLEVEL=0' </dev/null)
    if grep -q 'Cipher is [A-Z]' <<< "$heard" && ! grep -q 'Cipher is (NONE)' <<< "$heard"; then fail "$version is spoken" "$heard"; fi
done
# Renegotiation, asked for by the client, ends it or is refused; the server lives.
heard=$( { printf 'renny\n'; sleep 1; printf 'R\n'; sleep 1; } | s_client -tls1_2)
if grep -q 'RENEGOTIATING' <<< "$heard" && ! grep -Eqi 'no renegotiation|error|alert|closed' <<< "$heard"; then fail 'renegotiation' "$heard"; fi
# Another name, and an authority that nobody knows.
heard=$(timeout 20 openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem -verify_return_error -verify_hostname elsewhere.example </dev/null 2>&1 || true)
grep -qi 'mismatch' <<< "$heard" || fail 'another name' "$heard"

# Pages, with curl.
curl() { command curl -sS --max-time 20 --resolve "localhost:$port:127.0.0.1" "$@"; }
curl --cacert ca.pem "https://localhost:$port/" | grep -qi '<!doctype html' || fail 'the page'
[ "$(curl --cacert ca.pem "https://localhost:$port/healthz")" = ok ] || fail 'healthz'
! curl "https://localhost:$port/" 2> curl.txt || fail 'an authority that nobody knows' "$(cat curl.txt)"
! curl --cacert ca.pem --tls-max 1.1 "https://localhost:$port/" 2> curl.txt || fail 'TLS 1.1 with curl' "$(cat curl.txt)"
curl --http2 --cacert ca.pem -o /dev/null -w '%{http_version}\n' "https://localhost:$port/" | grep -q '^1.1' || fail 'a browser that would rather speak HTTP/2'
# Unencrypted, on the same port.
curl "http://localhost:$port/healthz" | grep -q ok || fail 'unencrypted'
kill -0 "$server" || fail 'the server has ended' "$(cat log.txt)"
! grep -qi panic log.txt || fail 'a panic' "$(cat log.txt)"
printf 'openssl and curl speak TLS with it, as they should\n'
