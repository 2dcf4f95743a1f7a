#!/usr/bin/env bash
# Builds the web console into console/dist, which the server has built in: scripts/console.sh [build|check]. Does nothing where that
# is of what is there now, and with CONSOLE=off: then the server gets what is in console/dist, or its plain page.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# What makes the build what it is, as one number.
inputs() {
    git ls-files -co --exclude-standard -z console docs/reference/openapi.json | sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum | cut -d ' ' -f 1
}

packages() {
    local stamp=console/node_modules/.lock lock
    lock=$(cksum <console/package-lock.json)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$lock" ]; then return; fi
    say 'console: installing what its build needs into console/node_modules/'
    npm ci --prefix console --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null || return 1
    printf '%s' "$lock" >"$stamp"
}

main() {
    local what=${1:-build} stamp now
    case "$what" in build | check) ;; *) fail "usage: scripts/console.sh [build|check], not $what" ;; esac
    if [ "${CONSOLE:-on}" = off ]; then return; fi
    if ! have npm; then
        if [ "$STRICT" = 1 ]; then fail 'npm is missing: run scripts/setup.sh'; fi
        say 'console: npm is missing; the server gets its plain page (scripts/setup.sh installs npm)'
        return
    fi
    # Beside dist/, which each build empties.
    stamp=console/node_modules/.built-$what
    now=$(inputs)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && [ -f console/dist/index.html ]; then return; fi
    if ! packages || ! npm run --silent --prefix console "$what"; then
        if [ "$STRICT" = 1 ] || [ "$what" = check ]; then fail "console: npm run $what failed"; fi
        say 'console: its build failed; the server gets what is in console/dist, or its plain page'
        return
    fi
    printf '%s' "$now" >"$stamp"
    if [ "$what" = check ]; then printf '%s' "$now" >console/node_modules/.built-build; fi
}

main "$@"
