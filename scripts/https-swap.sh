#!/usr/bin/env bash
# Renews the certificate again and again, by Pebble, while VIEWERS=1000 watch by HTTPS-FLV for WINDOW=60 s, and tells what the viewers saw.
# Uses the binaries of PROFILE=debug.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

VIEWERS=${VIEWERS:-1000} WINDOW=${WINDOW:-60} EVERY=${EVERY:-10} TARGET=${CARGO_TARGET_DIR:-target}/${PROFILE:-debug}
TEMP=$(mktemp -d) PIDS=()
trap 'kill "${PIDS[@]}" 2>/dev/null; rm -rf "$TEMP"' EXIT
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
field() { python3 -c 'import json, sys; v = json.load(sys.stdin)
for key in sys.argv[1].split("."): v = (v or {}).get(key)
print(v)' "$1"; }
api() { curl -sS -b "$TEMP/cookies" -H "x-csrf-token: ${CSRF:-}" -X "$1" ${3:+-d "$3"} "http://127.0.0.1:$PROOFS/api/v2/$2"; }
order_over() { while [ "$(api GET certificates | field ordering)" = True ]; do sleep 0.2; done; }

for tool in pebble pebble-challtestsrv openssl curl python3; do have "$tool" || fail "$tool is missing: scripts/setup.sh test"; done
[ -x "$TARGET/sluice" ] && [ -x "$TARGET/loadgen" ] || fail "build sluice and loadgen first: cargo build -p sluice -p loadgen"

PROOFS=$(free_port) AUTHORITY=$(free_port) DNS=$(free_port) MANAGEMENT=$(free_port)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout "$TEMP/key.pem" -out "$TEMP/root.pem" 2>/dev/null
cat >"$TEMP/pebble.json" <<JSON
{"pebble": {"listenAddress": "127.0.0.1:$AUTHORITY", "managementListenAddress": "", "certificate": "$TEMP/root.pem",
 "privateKey": "$TEMP/key.pem", "httpPort": $PROOFS, "tlsPort": 1, "ocspResponderURL": "", "externalAccountBindingRequired": false}}
JSON
pebble-challtestsrv -http01 '' -https01 '' -tlsalpn01 '' -defaultIPv6 '' -dns01 "127.0.0.1:$DNS" -management "127.0.0.1:$MANAGEMENT" >/dev/null 2>&1 &
PIDS+=($!)
PEBBLE_VA_NOSLEEP=1 pebble -config "$TEMP/pebble.json" -dnsserver "127.0.0.1:$DNS" >/dev/null 2>&1 &
PIDS+=($!)
SLUICE_DATA_DIR=$TEMP/data SLUICE_HTTP_LISTEN=127.0.0.1:$PROOFS SLUICE_HTTPS_LISTEN=127.0.0.1:0 SLUICE_RTMP_LISTEN=127.0.0.1:0 \
    SLUICE_PUBLISH_KEY=https-swap-key SLUICE_ACME_DIRECTORY=https://localhost:$AUTHORITY/dir SLUICE_ACME_ROOTS=$TEMP/root.pem \
    SLUICE_ACME_PORT=$PROOFS "$TARGET/sluice" serve >"$TEMP/log" 2>&1 &
PIDS+=($!)
until curl -fs "http://127.0.0.1:$PROOFS/readyz" >/dev/null; do sleep 0.2; kill -0 "${PIDS[2]}" || fail "$(tail -n 3 "$TEMP/log")"; done

TOKEN=$(sed -n 's|.*/mgmt/setup?token=||p' "$TEMP/log" | tr -d ' ')
CSRF=$(curl -sS -c "$TEMP/cookies" -d "{\"token\": \"$TOKEN\", \"name\": \"ann\", \"password\": \"correct horse\"}" \
    "http://127.0.0.1:$PROOFS/api/v2/setup" | field csrf)
# The cookie is of one path, which curl takes from the file.
api POST certificates/order '{"domains": ["live.example"], "unchecked": true}' >/dev/null
order_over
say "source: $(api GET certificates | field source), certificate $(api GET certificates | field certificate.fingerprint | cut -c1-16)"

RTMP=$(field rtmp <"$TEMP/data/run/addresses.json") HTTPS=$(field https <"$TEMP/data/run/addresses.json")
"$TARGET/loadgen" clip "$TEMP/clip.flv" >/dev/null
"$TARGET/loadgen" run --clip "$TEMP/clip.flv" --publish "rtmp://$RTMP/live/s{n}?secret=https-swap-key" \
    --play "https://$HTTPS/live/s{n}.flv" --viewers "$VIEWERS" --ramp "${RAMP:-50}" --window "$WINDOW" --server sluice --scenario https-swap --pid "${PIDS[2]}" >"$TEMP/result" 2>&1 &
LOAD=$!
PIDS+=($LOAD)
renewals=0
while kill -0 "$LOAD" 2>/dev/null; do
    sleep "$EVERY"
    kill -0 "$LOAD" 2>/dev/null || break
    api POST certificates/renewal >/dev/null
    order_over
    renewals=$((renewals + 1))
    view=$(api GET certificates)
    say "renewal $renewals: certificate $(field certificate.fingerprint <<<"$view" | cut -c1-16), failure $(field failure.code <<<"$view")"
done
wait "$LOAD" || true
cat "$TEMP/result"
