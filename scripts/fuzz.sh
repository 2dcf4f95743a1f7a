#!/usr/bin/env bash
# Fuzzes each parser for a while: MINUTES=10 JOBS=1 scripts/fuzz.sh [TARGET...] (or SECONDS_EACH=10). Needs a nightly toolchain; cargo-fuzz is not needed.
# What is found is kept in fuzz/artifacts/, what was learned in fuzz/corpus/. fuzz/seeds/ has where to begin, and what was
# wrong once: the checks replay it (crates/sluice/tests/seeds.rs).
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

have rustup && rustup run nightly rustc --version >/dev/null 2>&1 \
    || fail 'fuzzing needs a nightly toolchain: rustup toolchain install nightly --profile minimal'
have g++ || fail 'fuzzing needs a C++ compiler for libFuzzer: apt-get install g++'

host=$(rustup run nightly rustc -vV | sed -n 's/^host: //p')
out="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"
seconds=${SECONDS_EACH:-$((${MINUTES:-10} * 60))}
[ "$seconds" -gt 0 ] || fail 'the time for each target is to be above zero'

# What cargo-fuzz passes: edges and comparisons are watched, and addresses and arithmetic are checked.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Zsanitizer=address --cfg fuzzing"

say '== building the fuzz targets'
CARGO_TARGET_DIR="$out" rustup run nightly cargo build --manifest-path fuzz/Cargo.toml --release --target "$host" --quiet

if [ $# = 0 ]; then
    targets=()
    mapfile -t targets < <(sed -n 's/^    ("\([a-z0-9_]*\)",.*/\1/p' fuzz/src/targets/mod.rs)
else
    targets=("$@")
fi
at_once=${JOBS:-1}
[ "$at_once" -gt 0 ] || fail 'the number of targets at a time is to be above zero'

# fuzz TARGET: for its time; errs when something was found.
fuzz() {
    local target=$1 outcome=0
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    local inputs=("fuzz/corpus/$target")
    if [ -d "fuzz/seeds/$target" ]; then inputs+=("fuzz/seeds/$target"); fi
    # Time limits: a single input that takes 5 s is a finding. Memory: 1 GiB.
    FUZZ_TARGET=$target "$out/$host/release/fuzz" "${inputs[@]}" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 \
        -max_len=65536 -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target/" >"$out/$target.log" 2>&1 || outcome=$?
    if [ "$outcome" != 0 ]; then tail -n 40 "$out/$target.log"; fi
    say "== $target, $seconds s: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$target.log") inputs tried"
    return "$outcome"
}

declare -A target_of=()
failed=()
# Waits for one to end, whichever is first.
reap() {
    local pid outcome=0
    wait -n -p pid || outcome=$?
    if [ "$outcome" != 0 ]; then failed+=("${target_of[$pid]}"); fi
    unset "target_of[$pid]"
}
for target in "${targets[@]}"; do
    if [ ${#target_of[@]} -ge "$at_once" ]; then reap; fi
    fuzz "$target" &
    target_of[$!]=$target
done
while [ ${#target_of[@]} -gt 0 ]; do reap; done
say "fuzz: $((${#targets[@]} - ${#failed[@]})) passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ] || fail "failing inputs are in fuzz/artifacts: ${failed[*]}"
