#!/usr/bin/env bash
# Measures our server beside nginx-rtmp, alternately in one run: what a delivered gigabit costs, how late frames come, what a
# viewer takes. docs/performance.md defines every figure and gets the results. Needs a quiet machine with two cores.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
source scripts/bench/servers.sh
source scripts/bench/record.sh

usage() {
    cat <<'EOF'
usage: scripts/bench.sh [options]
  --runs N          how often each load is measured (5); medians are reported
  --quick           one short run of each load, to see that everything works; nothing goes into the docs
  --only REGEX      only loads whose name matches: rtmp-1000, flv-1000, ts-1000, llhls-200, whep-200, hls-500, streams-300, workers-1000, idle
  --servers LIST    of sluice, nginx, floor (all three)
  --budget MINUTES  begin no run after so long (90)
  --no-docs         leave docs/performance.md alone
  --record          measures recording instead, beside ffmpeg and cp, and prints tables; takes some 25 GB of the disk for temporary files
  --out FILE        where results go, one JSON object a line (target/bench/DATE.jsonl); an existing file is added to
EOF
}

RUNS=5 ONLY=. SERVERS='sluice nginx floor' BUDGET=90 DOCS=yes OUT= QUICK= RECORD=
while [ $# -gt 0 ]; do
    case "$1" in
        --runs) RUNS=$2; shift ;;
        --quick) QUICK=yes RUNS=1 DOCS= ;;
        --only) ONLY=$2 DOCS=; shift ;;
        --servers) SERVERS=$2; shift ;;
        --budget) BUDGET=$2; shift ;;
        --no-docs) DOCS= ;;
        --record) RECORD=yes SERVERS=sluice ;;
        --out) OUT=$2; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

# Seconds: before the first viewer, after the last has joined, and measured.
if [ -n "$QUICK" ]; then
    LEAD=3 SETTLE=1 WINDOW=4 HLS_LEAD=24 HLS_WINDOW=15
else
    LEAD=4 SETTLE=3 WINDOW=12 HLS_LEAD=32 HLS_WINDOW=40
fi
SERVER_CORE=${SERVER_CORE:-0} LOAD_CORE=${LOAD_CORE:-1}
FILES=8192

wants() { [[ " $SERVERS " == *" $1 "* ]]; }

prepare() {
    [ "$(nproc)" -ge 2 ] || fail 'the bench needs two cores: one for the server, one for the load'
    local tool
    for tool in taskset ffmpeg; do have $tool || fail "$tool is missing: run scripts/setup.sh bench"; done
    if wants nginx; then
        have nginx || fail 'nginx is missing: run scripts/setup.sh bench, or leave it out with --servers'
        NGINX_MODULE=$(nginx_module) || fail 'nginx lacks its RTMP module: apt install libnginx-mod-rtmp'
    fi
    ulimit -n $FILES 2>/dev/null || fail "2,000 viewers need $FILES open files and $(ulimit -Hn) are allowed: raise the hard limit (ulimit -Hn, /etc/security/limits.conf)"
    use_toolchain
    local packages=(-p loadgen)
    if wants sluice; then packages+=(-p sluice); fi
    say 'bench: building'
    cargo build --release --locked --quiet "${packages[@]}"
    TARGET=${CARGO_TARGET_DIR:-target}
    LOADGEN=$TARGET/release/loadgen SLUICE=$TARGET/release/sluice
    mkdir -p "$TARGET/bench"
    OUT=${OUT:-$TARGET/bench/$(date -u +%Y%m%d-%H%M%S).jsonl}
    CLIP=$TARGET/bench/clip.flv
    say "bench: the clip: $("$LOADGEN" clip "$CLIP")"
    CLIP_IN_ORDER=$TARGET/bench/clip-in-order.flv # players of WebRTC cannot have B-frames
    "$LOADGEN" clip --b-frames 0 "$CLIP_IN_ORDER" >/dev/null
    TEMP=$(mktemp -d)
    trap finish EXIT
    trap 'exit 130' INT TERM
}

finish() {
    stop_all
    rm -rf "$TEMP"
}

# measure LOAD SERVER [loadgen's options]: one run against the server that was started last.
measure() {
    local load=$1 server=$2
    shift 2
    taskset -c "$LOAD_CORE" "$LOADGEN" run --scenario "$load" --server "$server" --pid "$SERVER_PID" --json "$OUT" \
        --lead "$LEAD" --settle "$SETTLE" --window "$WINDOW" "$@" >"$TEMP/text" 2>&1 &
    PIDS+=($!)
    # Waited for, not in the foreground: a signal must not have to wait for the run's end.
    if ! wait $!; then
        say "bench: $load, $server: FAILED: $(tail -n 1 "$TEMP/text")"
        FAILED=$((FAILED + 1))
        return
    fi
    if [ -n "$QUICK" ]; then cat "$TEMP/text"; else summary "$load" "$server" <"$TEMP/text"; fi
}

# One line of a run's text.
summary() {
    local cpu frames latency warning
    while read -r name text; do
        case $name in
            cpu) cpu=${text%% (*} ;;
            frames) frames=${text#*worst viewer }; frames=${frames%%,*} ;;
            latency) latency=${text#ms } ;;
            WARNING) warning="${warning:-}; $text" ;;
        esac
    done
    printf '%5ss  %-13s %-18s %s; %s; frames %s%s\n' "$SECONDS" "$1" "$2" "${cpu:-}" "${latency:-}" "${frames:-}" "${warning:-}"
}

# publish_play PATH...: the options for streams by RTMP; PATH is that of the viewers.
rtmp_urls() { URLS=(--clip "$CLIP" --publish "rtmp://$RTMP/live/bench{n}$SECRET" --play "rtmp://$RTMP/live/bench{n}"); }
http_urls() { URLS=(--clip "$CLIP" --publish "rtmp://$RTMP/live/bench{n}$SECRET" --play "http://$HTTP/live/bench{n}.$1"); }

# Each run_… starts the server in one setting, measures and stops it; the names are those in the table of targets.
run_rtmp() { # LOAD SETTING
    local load=$1 setting=$2
    case $setting in
        nginx) start_nginx "$SERVER_CORE" ;;
        floor-nagle) start_floor 0 --nagle ;;
        floor-*) start_floor "${setting#floor-}" ;;
        *) start_sluice "$setting" "$SERVER_CORE" 1 ;;
    esac || return 0
    if [[ $setting == floor-* ]]; then
        measure "$load" "${setting/-/ }" --play "raw://$RAW/" --viewers "${load#*-}" --lead 0.5
    else
        rtmp_urls
        measure "$load" "$(name "$setting")" "${URLS[@]}" --viewers "${load#*-}"
    fi
    stop_all
}

run_http() { # the load's name begins with the suffix of what is played
    start_sluice "$2" "$SERVER_CORE" 1 || return 0
    http_urls "${1%-*}"
    measure "$1" "$(name "$2")" "${URLS[@]}" --viewers "${1#*-}"
    stop_all
}

run_streams() {
    if [ "$2" = nginx ]; then start_nginx "$SERVER_CORE"; else start_sluice "$2" "$SERVER_CORE" 1; fi || return 0
    rtmp_urls
    measure "$1" "$(name "$2")" "${URLS[@]}" --streams "${1#*-}" --viewers "${1#*-}"
    stop_all
}

run_workers() {
    start_sluice auto "$SERVER_CORE,$LOAD_CORE" "$2" || return 0
    rtmp_urls
    measure "$1" "sluice $2 worker$([ "$2" = 1 ] || echo s)" "${URLS[@]}" --viewers "${1#*-}"
    stop_all
}

run_idle() {
    if [ "$2" = nginx ]; then start_nginx "$SERVER_CORE"; else start_sluice "$2" "$SERVER_CORE" 1; fi || return 0
    measure "$1" "$(name "$2")" --window 1
    stop_all
}

run_whep() {
    start_sluice auto "$SERVER_CORE" 1 || return 0
    CLIP=$CLIP_IN_ORDER rtmp_urls
    # A unit of its own for the stamp would be a packet, and a call, more for each picture than live encoders make.
    measure "$1" sluice "${URLS[@]:0:4}" --stamp-in-slice --play "whep://$HTTP/live/bench{n}" --viewers "${1#*-}" --ramp 25
    stop_all
}

run_llhls() {
    start_sluice auto "$SERVER_CORE" 1 || return 0
    http_urls 'm3u8?variant=ll'
    measure "$1" sluice "${URLS[@]}" --viewers "${1#*-}" --ramp 100
    stop_all
}

# nginx serves files that a mirror copies, while they are made, from our server, which runs beside the load.
run_hls() {
    local options=(--viewers "${1#*-}" --ramp 100 --window "$HLS_WINDOW" --patience 60)
    if [ "$2" = sluice ]; then
        start_sluice auto "$SERVER_CORE" 1 || return 0
        measure "$1" sluice "${options[@]}" --lead "$HLS_LEAD" --clip "$CLIP" \
            --publish "rtmp://$RTMP/live/bench{n}$SECRET" --play "http://$HTTP/live/bench{n}.m3u8"
    else
        start_hls_source || return 0
        start_mirror
        start_nginx "$SERVER_CORE" || return 0
        measure "$1" nginx "${options[@]}" --lead "$HLS_LEAD" --play "http://$HTTP/bench0.m3u8"
    fi
    stop_all
}

# Every run of a round: kind of run, load, setting. Servers alternate under each load.
round() {
    for viewers in 100 500 1000 2000; do
        for setting in frame nginx auto throughput; do echo "rtmp rtmp-$viewers $setting"; done
    done
    for window in 0 nagle 100 350; do echo "rtmp rtmp-1000 floor-$window"; done
    for setting in frame auto throughput; do echo "http flv-1000 $setting"; done
    for setting in frame auto throughput; do echo "http ts-1000 $setting"; done
    for viewers in 200 500; do echo "llhls llhls-$viewers sluice"; done
    for viewers in 50 100 200 400; do echo "whep whep-$viewers sluice"; done
    for setting in auto nginx; do echo "streams streams-300 $setting"; done
    for workers in 1 2; do echo "workers workers-1000 $workers"; done
    for setting in auto nginx; do echo "idle idle $setting"; done
    for setting in sluice nginx; do echo "hls hls-500 $setting"; done
}

# Which of --servers a setting belongs to, and its name in the tables.
server_of() { case $1 in nginx | floor-*) echo "${1%%-*}" ;; *) echo sluice ;; esac; }
name() { if [ "$1" = nginx ]; then echo nginx; else echo "sluice $1"; fi; }

all() {
    local started=$SECONDS
    for ((number = 1; number <= RUNS; number++)); do
        say "bench: round $number of $RUNS, $((SECONDS / 60)) minutes gone"
        local lines
        lines=$(round | grep -E "^[a-z]+ ($ONLY)") || fail "no load has a name that begins with $ONLY: see --help"
        # Every other round the other way round, so that what drifts hits all alike.
        if ((number % 2 == 0)); then lines=$(tac <<<"$lines"); fi
        while read -r kind load setting <&3; do
            wants "$(server_of "$setting")" || continue
            if ((SECONDS > BUDGET * 60)); then
                say "bench: the budget of $BUDGET minutes is used up"
                return
            fi
            "run_$kind" "$load" "$setting"
        done 3<<<"$lines"
        say "bench: round $number took $(((SECONDS - started) / number)) s on average"
    done
}

report() {
    local options=(--date "$(date -u +%Y-%m-%d)")
    if wants sluice; then options+=(--note "$("$SLUICE" --version 2>/dev/null | head -n 1)"); fi
    if wants nginx; then options+=(--note "$(nginx_version)"); fi
    if [ -n "$DOCS" ]; then options+=(--docs docs/performance.md); fi
    "$LOADGEN" report "$OUT" "${options[@]}"
    say "bench: results in $OUT"
}

FAILED=0
prepare
if [ -n "$RECORD" ]; then
    record_bench
else
    all
    report
fi
if ((FAILED > 0)); then fail "$FAILED runs failed"; fi
