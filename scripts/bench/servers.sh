# Sourced by bench.sh: starts and stops the servers that are measured. Each start_… leaves SERVER_PID and where the server
# listens (RTMP, HTTP, RAW: ip:port), and fails with a word if the server does not come up.

KEY=0123456789abcdef0123456789abcdef
PIDS=()

start_sluice() { # SETTING CORES WORKERS
    local window=$1 data
    data=$(mktemp -d "$TEMP/sluice.XXXX")
    case $window in frame) window=0 ;; esac
    SLUICE_HTTP_LISTEN=127.0.0.1:0 SLUICE_HTTPS_LISTEN=${SLUICE_HTTPS_LISTEN:-off} SLUICE_RTMP_LISTEN=127.0.0.1:0 SLUICE_WEBRTC_LISTEN=127.0.0.1:0 SLUICE_DATA_DIR=$data SLUICE_PUBLISH_KEY=$KEY \
        SLUICE_WORKERS=$3 SLUICE_MEDIA_MERGE_WINDOW=$window SLUICE_MEDIA_HLS_MODE=plain \
        taskset -c "$2" "$SLUICE" serve >"$data/log" 2>&1 &
    started $!
    wait_for "$data/run/addresses.json" || { refused sluice "$data/log"; return 1; }
    RTMP=$(address rtmp "$data/run/addresses.json") HTTP=$(address http "$data/run/addresses.json")
    SECRET="?secret=$KEY"
}

start_nginx() { # CORES
    local root rtmp http user=
    root=$(mktemp -d "$TEMP/nginx.XXXX")
    rtmp=$(free_port) http=$(free_port)
    mkdir -p "$root/hls" "$TEMP/www"
    # The workers must be able to read the temporary folder.
    if [ "$(id -u)" = 0 ]; then user='user root;'; fi
    sed -e "s|@MODULE@|$NGINX_MODULE|; s|@USER@|$user|; s|@FILES@|$FILES|; s|@ROOT@|$root|" \
        -e "s|@RTMP_PORT@|$rtmp|; s|@HTTP_PORT@|$http|; s|@WWW@|$TEMP/www|" scripts/bench/nginx.conf >"$root/nginx.conf"
    taskset -c "$1" nginx -p "$root" -e "$root/error.log" -c "$root/nginx.conf" -g 'daemon off;' 2>"$root/log" &
    started $!
    RTMP=127.0.0.1:$rtmp HTTP=127.0.0.1:$http SECRET=
    wait_for_port "$rtmp" || { refused nginx "$root/error.log"; return 1; }
    NGINX_ROOT=$root
}

start_floor() { # WINDOW [--nagle]
    rm -f "$TEMP/floor.json"
    taskset -c "$SERVER_CORE" "$LOADGEN" floor --clip "$CLIP" --window "$1" "${@:2}" --addresses "$TEMP/floor.json" 2>"$TEMP/floor.log" &
    started $!
    wait_for "$TEMP/floor.json" || { refused floor "$TEMP/floor.log"; return 1; }
    RAW=$(address raw "$TEMP/floor.json")
}

# A publisher and a server that makes HLS of it, both on the load's core.
start_hls_source() {
    local publish
    if wants sluice; then
        start_sluice auto "$LOAD_CORE" 1 || return 1
        publish="rtmp://$RTMP/live/bench{n}$SECRET" SOURCE="http://$HTTP/live/bench0.m3u8"
    else
        start_nginx "$LOAD_CORE" || return 1
        publish="rtmp://$RTMP/hls/bench{n}" SOURCE=
        rm -rf "$TEMP/www"
        ln -sfn "$NGINX_ROOT/hls" "$TEMP/www"
    fi
    taskset -c "$LOAD_CORE" "$LOADGEN" run --clip "$CLIP" --publish "$publish" --window 600 >/dev/null 2>&1 &
    started $!
}

start_mirror() {
    if [ -z "$SOURCE" ]; then return; fi
    taskset -c "$LOAD_CORE" "$LOADGEN" mirror "$SOURCE" "$TEMP/www" 2>"$TEMP/mirror.log" &
    started $!
}

started() { SERVER_PID=$1 PIDS+=("$1"); }

# Ends what was started, last first; what does not end in 5 s is killed.
stop_all() {
    local pid tries
    for ((at = ${#PIDS[@]} - 1; at >= 0; at--)); do
        pid=${PIDS[at]}
        kill "$pid" 2>/dev/null || true
        for ((tries = 0; tries < 50; tries++)); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    PIDS=()
    rm -rf "$TEMP/www"
}

refused() {
    say "bench: $1 does not start: $(tail -n 1 "$2" 2>/dev/null)"
    FAILED=$((FAILED + 1))
    stop_all
}

# Waits up to 5 s for a file that is not empty, while the server lives.
wait_for() {
    for ((tries = 0; tries < 100; tries++)); do
        if [ -s "$1" ]; then return 0; fi
        kill -0 "$SERVER_PID" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

wait_for_port() {
    for ((tries = 0; tries < 100; tries++)); do
        if listens "$1"; then return 0; fi
        kill -0 "$SERVER_PID" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# nginx cannot bind port 0. Below the range from which the kernel takes ports for clients.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! listens "$port"; then echo "$port"; return; fi
    done
}

# address NAME FILE: the value of "NAME" in a flat JSON object of strings.
address() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" "$2"; }

nginx_module() {
    local folder
    for folder in "$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')" /usr/lib/nginx/modules /usr/share/nginx/modules; do
        if [ -f "$folder/ngx_rtmp_module.so" ]; then echo "$folder/ngx_rtmp_module.so"; return; fi
    done
    return 1
}

nginx_version() {
    local module
    module=$(dpkg-query -W -f '${Version}' libnginx-mod-rtmp 2>/dev/null || true)
    echo "$(nginx -v 2>&1 | sed 's|.*nginx/|nginx |') with its RTMP module${module:+ $module}, one worker"
}
