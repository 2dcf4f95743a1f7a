#!/usr/bin/env bash
# Installs what is missing: scripts/setup.sh [run|test|bench|all]. What is there is left alone, so that a second run
# is quick and needs no network. System packages come from apt (as root or through sudo); everything else stays in
# .tools/, e2e/node_modules/ and console/node_modules/.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

IMAGEIO_FFMPEG=0.8.1 # ships FFmpeg 9, which speaks enhanced RTMP and WHIP; distributions' older ones do not
AIORTC=1.16.0         # a WebRTC peer that shares no code with browsers
MOTO=5.2.5            # an S3 server that checks signatures

main() {
    local what=${1:-all}
    case "$what" in
        run) build_tools ;;
        test) build_tools; test_tools ;;
        bench) build_tools; bench_tools ;;
        all) build_tools; test_tools; bench_tools ;;
        *) fail "usage: scripts/setup.sh [run|test|bench|all], not $what" ;;
    esac
}

build_tools() {
    use_toolchain
    apt_get 'a C compiler' cc gcc libc6-dev
    # For the console; a server without it has a plain page.
    apt_get 'Node.js' node nodejs
    apt_get 'npm' npm npm
}

test_tools() {
    apt_get 'Python' python3 python3
    apt_get 'OpenSSL' openssl openssl
    apt_get 'curl' curl curl
    apt_get 'Pebble, an authority for tests' pebble pebble
    apt_get 'certutil' certutil libnss3-tools
    apt_get 'FFmpeg' ffprobe ffmpeg
    nginx_server
    apt_get 'VLC' cvlc vlc-bin vlc-plugin-base
    apt_get 'Chromium' chromium chromium
    newer_ffmpeg
    pip_package aiortc "aiortc==$AIORTC"
    pip_package moto "moto[s3,server]==$MOTO"
    browser_players
}

bench_tools() {
    apt_get 'Python' python3 python3
    apt_get 'FFmpeg' ffprobe ffmpeg
    nginx_server
}

nginx_server() {
    if ! nginx_rtmp; then apt_install 'nginx with its modules for RTMP and streams' nginx libnginx-mod-rtmp libnginx-mod-stream; fi
    nginx_rtmp || missing 'nginx with its modules for RTMP and streams'
}

# apt_get WHAT COMMAND PACKAGE...: installs the packages unless the command is there.
apt_get() {
    local what=$1 command=$2
    shift 2
    if have "$command"; then return; fi
    apt_install "$what" "$@"
    have "$command" || missing "$what"
}

apt_install() {
    local what=$1 as_root=() log
    shift
    if ! have apt-get; then
        say "setup: $what is missing, and there is no apt-get here to install $* with"
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! have sudo; then
            say "setup: $what is missing; as root: apt-get install $*"
            return
        fi
        as_root=(sudo)
    fi
    if [ -z "${APT_UPDATED:-}" ]; then
        say 'setup: reading the package lists'
        "${as_root[@]}" apt-get update -qq >/dev/null || true
        APT_UPDATED=1
    fi
    say "setup: installing $what ($*)"
    log=$(mktemp)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
        >"$log" 2>&1 || tail -n 3 "$log" >&2
    rm -f "$log"
}

nginx_rtmp() {
    have nginx && ls /usr/lib/nginx/modules/ngx_{rtmp,stream}_module.so >/dev/null 2>&1
}

newer_ffmpeg() {
    if [ -x .tools/ffmpeg9 ]; then return; fi
    say "setup: installing FFmpeg 9 (imageio-ffmpeg $IMAGEIO_FFMPEG) into .tools/"
    local exe
    if pip_install "imageio-ffmpeg==$IMAGEIO_FFMPEG" \
        && exe=$(.tools/venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())'); then
        ln -sfr "$exe" .tools/ffmpeg9
    else
        missing 'FFmpeg 9'
    fi
}

# pip_package NAME WHAT: installs WHAT, and notes beside it that it did.
pip_package() {
    local name=$1 what=$2 stamp=.tools/venv/.$1
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$what" ]; then return; fi
    say "setup: installing $what into .tools/"
    if pip_install "$what"; then
        printf '%s' "$what" >"$stamp"
    else
        missing "$name"
    fi
}

# pip_install PACKAGE: into .tools/venv, which is made if it is not there.
pip_install() {
    if [ ! -x .tools/venv/bin/pip ]; then
        have python3 || return 1
        if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
            apt_install 'Python virtual environments' python3-venv
        fi
        python3 -m venv .tools/venv || return 1
    fi
    .tools/venv/bin/pip install --quiet --disable-pip-version-check "$1"
}

browser_players() {
    local stamp=e2e/node_modules/.lock lock
    lock=$(cksum <e2e/package-lock.json)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$lock" ]; then return; fi
    say 'setup: installing hls.js, mpegts.js and playwright-core into e2e/node_modules/'
    if have npm && npm ci --prefix e2e --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null; then
        printf '%s' "$lock" >"$stamp"
    else
        missing 'the browser players'
    fi
}

missing() {
    if [ "$STRICT" = 1 ]; then fail "$1 could not be installed"; fi
    say "setup: going on without $1; what needs it is skipped"
}

main "$@"
