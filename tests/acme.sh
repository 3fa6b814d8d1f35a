#!/usr/bin/env bash
# A certificate authority that issues certificates by itself, against the real server: pebble, which is Let's Encrypt's for tests. Needs it (Debian's package has it), openssl and
# curl; a `salotto` that was built with the feature `acme` may be given.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in pebble pebble-challtestsrv openssl curl; do
    command -v "$program" >/dev/null && continue
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -y --no-install-recommends pebble openssl curl >/dev/null && break
    printf 'skipped: there is no %s here\n' "$program"; exit 0
done
if [ $# -gt 0 ]; then salotto=$(realpath "$1"); else
    cargo build -q -p salotto-repl --features acme --locked
    salotto=$(realpath "${CARGO_TARGET_DIR:-target}/debug/salotto")
fi

folder=$(mktemp -d)
processes=()
clean() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null && wait "$process" 2>/dev/null || true; done
    rm -r "$folder"
}
trap clean EXIT
cd "$folder"
fail() { printf 'FAILED: %s\n' "$1"; shift; printf '%s\n' "$@"; tail -20 log.txt pebble.txt 2>/dev/null; exit 1; }
# Waits until a command succeeds.
until_so() { local what=$1; shift; for _ in $(seq 150); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; fail "$what"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || printf '%s\n' $((20000 + RANDOM % 20000)); }

directory=$(free_port) management=$(free_port) dns=$(free_port) port=$(free_port)
# The authority itself is known by a certificate that we make.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -addext 'basicConstraints=critical,CA:TRUE' -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout pebble.key -out pebble.csr 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > names.txt
openssl x509 -req -in pebble.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names.txt -out pebble.pem 2>/dev/null
cat > pebble.json <<END
{"pebble": {"listenAddress": "127.0.0.1:$directory", "managementListenAddress": "127.0.0.1:$management",
 "certificate": "pebble.pem", "privateKey": "pebble.key", "httpPort": 1, "tlsPort": $port, "certificateValidityPeriod": ${VALIDITY:-30}}}
END
pebble-challtestsrv -defaultIPv4 127.0.0.1 -defaultIPv6 '' -dns01 "127.0.0.1:$dns" -http01 '' -https01 '' -tlsalpn01 '' -management "127.0.0.1:$(free_port)" > dns.txt 2>&1 &
processes+=($!)
pebble_up() {
    PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 pebble -config pebble.json -strict=false -dnsserver "127.0.0.1:$dns" >> pebble.txt 2>&1 &
    pebble=$!
    processes+=("$pebble")
    until_so 'pebble is up' curl -sf --cacert ca.pem "https://localhost:$directory/dir"
}
pebble_up
cat > salotto.ron <<END
(store: (file: None), plugins: [(name: "discovery", enabled: false), (name: "tls", settings: (acme: Some((
    domains: ["chat.example.test", "talk.example.test"], contact: ["ada@example.test"],
    directory: "https://localhost:$directory/dir", authority: Some("ca.pem"))))])])
END
sed -i 's/))))\])\])/)))))])/' salotto.ron
"$salotto" check > check.txt 2>&1 || fail 'check' "$(cat check.txt salotto.ron)"
start() {
    XDG_RUNTIME_DIR=$folder "$salotto" serve --listen "127.0.0.1:$port" 2>> log.txt &
    server=$!
    processes+=("$server")
}
start
shown() { openssl s_client -connect "127.0.0.1:$port" -servername chat.example.test "$@" </dev/null 2>/dev/null; }
issued() { shown | openssl x509 -noout -issuer | grep -qi pebble; }
until_so 'a certificate is issued' issued
shown | openssl x509 -noout -ext subjectAltName > names.txt
grep -q 'DNS:chat.example.test' names.txt && grep -q 'DNS:talk.example.test' names.txt || fail 'the names' "$(cat names.txt)"
# It is believed by who believes the authority.
curl -sf --cacert ca.pem -k "https://localhost:$directory/dir" >/dev/null
curl -sfk "https://127.0.0.1:$management/roots/0" > root.pem
curl -sS --cacert root.pem --resolve "chat.example.test:$port:127.0.0.1" "https://chat.example.test:$port/healthz" > curl.txt 2>&1 || fail 'curl believes it' "$(cat curl.txt)"
# Kept for the server alone.
for file in salotto-acme.pem salotto-acme-account.pem; do
    [ "$(stat -c %a "$file")" = 600 ] || fail "the mode of $file"
done
# Clients that ask for protocols, and no challenge is answered that nobody has set.
shown -alpn h2,http/1.1 | openssl x509 -noout -issuer | grep -qi pebble || fail 'a client that offers HTTP/2'
! shown -alpn acme-tls/1 | grep -q 'BEGIN CERTIFICATE' || fail 'a challenge that nobody has set'
# Renewed by itself, without a restart.
serial() { shown | openssl x509 -noout -serial; }
first=$(serial)
another() { [ "$(serial)" != "$first" ]; }
until_so 'it is renewed' another
# An authority that does not answer takes nothing away, and the operator is told.
kill "$pebble"; wait "$pebble" 2>/dev/null || true
failing() { XDG_RUNTIME_DIR=$folder "$salotto" exec plugins > plugins.txt; grep -q 'no certificate from' plugins.txt; }
for _ in $(seq 300); do failing && break; sleep 0.2; done
failing || fail 'it is said that there is no certificate' "$(XDG_RUNTIME_DIR=$folder "$salotto" exec plugins)"
issued || fail 'the old certificate is gone'
kill "$server"; wait "$server" 2>/dev/null || true
# After a restart what was kept is shown at once.
kept=$(openssl x509 -noout -serial < salotto-acme.pem)
start
until_so 'the server is up again' issued
[ "$(serial)" = "$kept" ] || fail 'what was kept is not shown'
! grep -qi panic log.txt || fail 'a panic'
printf 'pebble issues certificates to it and renews them, as it should\n'
