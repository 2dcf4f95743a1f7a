#!/usr/bin/env bash
# Publishes, plays, crashes and returns for MINUTES=30, and watches the server's memory.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
use_toolchain
export MINUTES="${MINUTES:-30}"
say "== soak, $MINUTES min"
exec cargo test --locked --package sluice --test real soak:: -- --ignored --nocapture
