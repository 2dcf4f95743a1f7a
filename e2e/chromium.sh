#!/bin/sh
# Chromium with no more of the machine than everybody else has: as root it would put its own processes before the servers and the
# encoders that are tested beside it.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    exec setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice /usr/bin/chromium "$@"
fi
exec /usr/bin/chromium "$@"
