#!/usr/bin/env bash
# Every check, in the order in which they are likely to fail; each step's time is printed. CI runs this through
# `make test`. Two sets are built: clippy's, and the test profile's, whose binary the black-box tests run. Clippy looks at the program as
# it is by default and with traces, which repeats only `control` and what lies above it; tests are built once, with traces.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
use_toolchain

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SLUICE_TEST_SKIPPED="$work/skipped" # a line from each test that lacked a tool
failed_steps=()
started=$SECONDS
features=sluice/otlp # off by default

main() {
    step format cargo fmt --all --check
    step layers layers
    # Before anything is compiled: the server has it built in.
    step console scripts/console.sh check
    step clippy cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
    step 'clippy with traces' cargo clippy --workspace --all-targets --features "$features" --locked --quiet -- -D warnings
    if have cargo-deny; then
        step deny cargo deny --offline check bans licenses sources
    else
        say '== deny: cargo-deny is not installed, left out'
    fi
    if have cargo-nextest; then
        step tests cargo nextest run --workspace --features "$features" --locked --no-fail-fast
        step 'doc tests' cargo test --workspace --features "$features" --locked --no-fail-fast --doc
    else
        step tests cargo test --workspace --features "$features" --locked --no-fail-fast
    fi
    verdict
}

layers() {
    scripts/layers.py --self-test && scripts/layers.py
}

# step NAME COMMAND...: runs it, keeps its output for the count, prints how long it took.
step() {
    local name=$1 begun=$SECONDS result=ok
    shift
    say "== $name"
    "$@" 2>&1 | tee -a "$work/output" || { result=FAILED; failed_steps+=("$name"); }
    say "== $name: $result, $((SECONDS - begun)) s"
}

verdict() {
    local took=$((SECONDS - started)) passed failed skipped=0
    if [ -s "$SLUICE_TEST_SKIPPED" ]; then
        skipped=$(sort -u "$SLUICE_TEST_SKIPPED" | tee "$work/unique" | wc -l)
        say '== skipped for want of a tool (scripts/setup.sh test installs them):'
        cat "$work/unique"
    fi
    say "== all checks: $((took / 60)) min $((took % 60)) s"
    if [ "$took" -gt 1800 ]; then say '== that is over 30 minutes, which on two cores is a bug'; fi
    for name in "${failed_steps[@]}"; do say "== failed: $name"; done
    # nextest: "Summary [ 1.2s] 5 tests run: 4 passed (1 slow), 1 failed, 0 skipped"; cargo test: "test result: ok. 5 passed; 0 failed; …"
    read -r passed failed < <(sed 's/\x1b\[[0-9;]*m//g' "$work/output" | awk '
        /^ *Summary \[/ || /^test result: / {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) passed += $(i - 1)
                if ($i ~ /^failed/ || $i ~ /^timed/) failed += $(i - 1)
            }
        }
        END { print passed + 0, failed + 0 }')
    # A test that skipped itself counted as passed with its runner.
    say "checks: $((passed - skipped)) passed, $((failed > 0 ? failed : ${#failed_steps[@]})) failed, $skipped skipped"
    [ ${#failed_steps[@]} = 0 ]
}

main
