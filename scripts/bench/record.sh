# Sourced by bench.sh: what it costs to record, beside FFmpeg, and to put a file in one piece, beside cp. docs/performance.md, "Recording".

RECORD_STREAMS=${RECORD_STREAMS:-200}
RECORD_PEERS=${RECORD_PEERS:-50}  # of FFmpeg, a process each: a core cannot have many more
RECORD_LEAD=20 RECORD_WINDOW=30   # seconds, before and while it is measured
FINISH_GIGABYTES=${FINISH_GIGABYTES:-10}

record_bench() {
    local number setting
    have curl || fail 'curl is missing'
    if [ -n "$QUICK" ]; then RECORD_LEAD=8 RECORD_WINDOW=6; fi
    say "bench: $RECORD_STREAMS streams of the clip are recorded, $RECORD_PEERS by FFmpeg"
    say '| | streams | files | CPU-ms a second and stream | write calls | kB written | MiB resident a stream |'
    say '|---|---:|---:|---:|---:|---:|---:|'
    for ((number = 1; number <= RUNS; number++)); do
        for setting in live sluice ffmpeg; do record_run "$setting"; done
    done
    say "bench: a file of $FINISH_GIGABYTES GB is put in one piece"
    finish_runs
}

# record_run SETTING: live takes the streams in and records nothing; sluice records them; ffmpeg records what the server of live serves.
record_run() {
    local setting=$1 streams=$RECORD_STREAMS cores=$SERVER_CORE pids=() before after
    if [ "$setting" = ffmpeg ]; then streams=$RECORD_PEERS cores=$LOAD_CORE; fi
    SRS_PLATFORM_SECRET=$KEY start_sluice auto "$cores" 1 || return 0
    pids=("$SERVER_PID")
    if [ "$setting" = sluice ]; then
        curl -fsS -H "Authorization: Bearer $KEY" -d '{"all":true}' "http://$HTTP/terraform/v1/hooks/record/apply" >/dev/null \
            || { say 'bench: recording cannot be switched on'; FAILED=$((FAILED + 1)); stop_all; return 0; }
    fi
    taskset -c "$LOAD_CORE" "$LOADGEN" run --clip "$CLIP" --publish "rtmp://$RTMP/live/bench{n}$SECRET" --streams "$streams" --window 600 >/dev/null 2>&1 &
    PIDS+=($!)
    if [ "$setting" = ffmpeg ]; then
        sleep 3 # until all streams are there
        start_peers "$streams"
        pids=("${PEERS[@]}")
    fi
    sleep "$RECORD_LEAD"
    before=$(usage_of "${pids[@]}")
    sleep "$RECORD_WINDOW"
    after=$(usage_of "${pids[@]}")
    record_line "$setting" "$streams" "$before" "$after" "$(recorded_files "$setting")"
    if grep -qs overrun "$TEMP"/sluice.*/record/*/recording.json; then say 'bench: WARNING: the disk could not follow, frames are missing'; fi
    stop_all
    rm -rf "$TEMP"/sluice.* "$TEMP/peers"
}

# A process of FFmpeg a stream: fragments of a second, as ours has them.
start_peers() {
    local n
    mkdir -p "$TEMP/peers"
    PEERS=()
    for ((n = 0; n < $1; n++)); do
        taskset -c "$SERVER_CORE" ffmpeg -nostdin -v error -i "rtmp://$RTMP/live/bench$n" -c copy \
            -movflags +empty_moov+default_base_moof -frag_duration 1000000 -f mp4 "$TEMP/peers/$n.mp4" 2>>"$TEMP/peers/log" &
        PEERS+=($!) PIDS+=($!)
    done
}

# How many files are being written: what has none was not recorded.
recorded_files() {
    case $1 in
        sluice) find "$TEMP"/sluice.*/record -name 'part-*.mp4' -size +64k | wc -l ;;
        ffmpeg) find "$TEMP/peers" -name '*.mp4' -size +64k | wc -l ;;
        *) echo 0 ;;
    esac
}

# usage_of PID...: CPU ticks (user and system), write calls, bytes written, KiB resident; sums.
usage_of() {
    local pid
    for pid in "$@"; do
        # The name, which may have spaces, is before the last bracket.
        sed 's/.*) //' "/proc/$pid/stat" | awk '{print "cpu", $12 + $13}'
        awk '$1 == "syscw:" || $1 == "wchar:" {print $1, $2}' "/proc/$pid/io"
        awk '$1 == "VmRSS:" {print $1, $2}' "/proc/$pid/status"
    done 2>/dev/null | awk '{sum[$1] += $2} END {print sum["cpu"] + 0, sum["syscw:"] + 0, sum["wchar:"] + 0, sum["VmRSS:"] + 0}'
}

# A row of the table: figures are for one stream.
record_line() { # SETTING STREAMS BEFORE AFTER FILES
    awk -v setting="$1" -v streams="$2" -v files="$5" -v seconds="$RECORD_WINDOW" -v tick="$(getconf CLK_TCK)" '
        NR == 1 { split($0, before) }
        NR == 2 {
            per = 1 / streams / seconds
            printf "| %s | %d | %d | %.2f | %.2f | %.1f | %.2f |\n", setting, streams, files, ($1 - before[1]) / tick * 1000 * per,
                ($2 - before[2]) * per, ($3 - before[3]) / 1000 * per, $4 / 1024 / streams
        }' <<<"$3"$'\n'"$4"
}

# What a kill has left of a file of so many bytes, and how long it takes to make it one piece; beside cp of the same.
finish_runs() {
    local data folder left number
    data=$TEMP/finish
    mkdir -p "$data"
    record_until_large "$data" || return 0
    folder=$(dirname "$(find "$data/record" -name part-1.mp4)")
    left=$TEMP/left.mp4
    # Its fragments are removed once it is one piece; here they stay, for the next run.
    ln "$folder/part-1.mp4" "$left"
    cp "$folder/recording.json" "$TEMP/recording.json"
    say "bench: $(stat -c %s "$left") bytes in fragments"
    say '| | seconds | MiB at most (VmHWM) |'
    say '|---|---:|---:|'
    for ((number = 1; number <= RUNS; number++)); do
        finish_cp "$left"
        rm -f "$folder"/index.mp4
        ln -f "$left" "$folder/part-1.mp4"
        cp "$TEMP/recording.json" "$folder/recording.json"
        finish_sluice "$data" "$folder" "$left" || return 0
    done
    rm -rf "$data" "$left"
}

# Records a stream of 8 Mbit/s as fast as it comes until there is enough of it, and kills the server.
record_until_large() {
    local data=$1 wanted=$((FINISH_GIGABYTES * 1000000000)) clip=$TEMP/large.flv size=0
    ffmpeg -nostdin -v error -f lavfi -i 'nullsrc=s=320x180:r=30,geq=random(1)*255:128:128' -f lavfi -i sine=r=48000 -t 16 \
        -c:v libx264 -preset ultrafast -g 60 -b:v 8M -maxrate 8M -bufsize 8M -pix_fmt yuv420p -c:a aac -b:a 96k "$clip"
    serve_at "$data" || return 1
    curl -fsS -H "Authorization: Bearer $KEY" -d '{"all":true}' "http://$HTTP/terraform/v1/hooks/record/apply" >/dev/null
    ffmpeg -nostdin -v error -stream_loop -1 -i "$clip" -c copy -f flv "rtmp://$RTMP/live/large$SECRET" 2>/dev/null &
    PIDS+=($!)
    while ((size < wanted)); do
        sleep 0.5
        kill -0 "$SERVER_PID" && kill -0 "${PIDS[-1]}" || { refused 'the recording' "$data/log"; return 1; }
        size=$(find "$data/record" -name part-1.mp4 -printf %s)
    done
    { kill -9 "$SERVER_PID"; wait "$SERVER_PID" || true; } 2>/dev/null
    stop_all
}

serve_at() { # DATA
    rm -f "$1/run/addresses.json"
    SLUICE_HTTP_LISTEN=127.0.0.1:0 SLUICE_HTTPS_LISTEN=off SLUICE_RTMP_LISTEN=127.0.0.1:0 SLUICE_WEBRTC_LISTEN=127.0.0.1:0 SLUICE_DATA_DIR=$1 \
        SLUICE_PUBLISH_KEY=$KEY SRS_PLATFORM_SECRET=$KEY "$SLUICE" serve >"$1/log" 2>&1 &
    started $!
    wait_for "$1/run/addresses.json" || { refused sluice "$1/log"; return 1; }
    RTMP=$(address rtmp "$1/run/addresses.json") HTTP=$(address http "$1/run/addresses.json")
    SECRET="?secret=$KEY"
}

finish_cp() { # FILE
    local since
    forget "$1"
    since=$(now)
    cp "$1" "$TEMP/copy.mp4"
    sync "$TEMP/copy.mp4"
    printf '| cp, and sync | %.1f | |\n' "$(since "$since")"
    rm -f "$TEMP/copy.mp4"
}

finish_sluice() { # DATA FOLDER FILE
    local since cpu
    forget "$3"
    since=$(now)
    serve_at "$1" || return 1
    until [ -e "$2/index.mp4" ]; do
        kill -0 "$SERVER_PID" || { refused sluice "$1/log"; return 1; }
        sleep 0.05
    done
    since=$(since "$since")
    sleep 2 # its segments are counted
    read -r cpu _ <<<"$(usage_of "$SERVER_PID")"
    awk -v wall="$since" -v cpu="$cpu" -v tick="$(getconf CLK_TCK)" '$1 == "VmHWM:" {
        printf "| sluice, from its start (%.1f s of CPU) | %.1f | %.0f |\n", cpu / tick, wall, $2 / 1024 }' "/proc/$SERVER_PID/status"
    stop_all
}

# Has the kernel forget what it has of a file.
forget() {
    sync "$1"
    dd if="$1" iflag=nocache count=0 status=none
}

now() { date +%s.%N; }
since() { awk -v now="$(now)" -v since="$1" 'BEGIN { print now - since }'; }
