#!/usr/bin/env bash
# Builds the console and the release binary, and becomes the server, with its defaults; arguments are passed on.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
use_toolchain
scripts/console.sh build
exec cargo run --release --locked --package sluice -- "$@"
