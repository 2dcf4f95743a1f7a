#!/usr/bin/env bash
# Pictures of every page of the console and for viewers in target/shots/, of a server that is started for it: at first without streams,
# then with two. Arguments go to e2e/shots.mjs: `--only`, `--widths`, `--themes`, `--language`. SERVER=BINARY takes that binary, and builds
# none. Errs where a page does not fit its window, or axe finds something.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
use_toolchain

scripts/console.sh build
if [ -z "${SERVER:-}" ]; then
    cargo build --locked --quiet --package sluice
    SERVER=${CARGO_TARGET_DIR:-$PWD/target}/debug/sluice
else
    # It may have an older console built in.
    set -- --console "$PWD/console/dist" "$@"
fi
TEMP=$(mktemp -d) PIDS=()
trap 'kill "${PIDS[@]}" 2>/dev/null; rm -rf "$TEMP"' EXIT

SLUICE_DATA_DIR=$TEMP/data SLUICE_HTTP_LISTEN=127.0.0.1:0 SLUICE_HTTPS_LISTEN=127.0.0.1:0 SLUICE_RTMP_LISTEN=127.0.0.1:0 SLUICE_WEBRTC_LISTEN=127.0.0.1:0 \
    SLUICE_PUBLISH_KEY=shots-publish-key "$SERVER" serve >"$TEMP/log" 2>&1 &
PIDS+=($!)
until [ -f "$TEMP/data/run/addresses.json" ]; do sleep 0.2; kill -0 "${PIDS[0]}" || fail "$(tail -n 3 "$TEMP/log")"; done
field() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$TEMP/data/run/addresses.json" "$1"; }
HTTP=$(field http) RTMP=$(field rtmp)
until TOKEN=$(grep -o 'setup?token=[0-9a-f]*' "$TEMP/log" | head -n 1) && [ -n "$TOKEN" ]; do sleep 0.2; done
node e2e/shots.mjs --url "http://$HTTP/mgmt/$TOKEN" --out "$PWD/target/shots" "$@" && WELL=0 || WELL=1

publish() {
    ffmpeg -v error -re -f lavfi -i "testsrc2=size=854x480:rate=25" -f lavfi -i sine=frequency=440 -c:v libx264 -preset ultrafast \
        -pix_fmt yuv420p -g 50 -b:v 1000k -c:a aac -f flv "rtmp://$RTMP/live/$1?secret=shots-publish-key" >/dev/null 2>&1 &
    PIDS+=($!)
}
# One is over when the pictures are taken.
publish rehearsal
sleep 4
kill "${PIDS[-1]}"
publish studio
publish garden
sleep 4
node e2e/shots.mjs --url "http://$HTTP/mgmt" --stream live/studio --out "$PWD/target/shots" "$@" || WELL=1
exit $WELL
