#!/usr/bin/env bash
# Fuzzes each parser for a while: MINUTES=10 scripts/fuzz.sh [TARGET...] (or SECONDS_EACH=10). Needs a nightly toolchain; cargo-fuzz is not needed.
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
failed=()
for target in "${targets[@]}"; do
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    inputs=("fuzz/corpus/$target")
    if [ -d "fuzz/seeds/$target" ]; then inputs+=("fuzz/seeds/$target"); fi
    say "== $target, $seconds s"
    # Time limits: a single input that takes 5 s is a finding. Memory: 1 GiB.
    if ! FUZZ_TARGET=$target "$out/$host/release/fuzz" "${inputs[@]}" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 \
        -max_len=65536 -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target/" >"$out/$target.log" 2>&1; then
        failed+=("$target")
        tail -n 40 "$out/$target.log"
    fi
    sed -n 's/^stat::number_of_executed_units: */   inputs tried: /p' "$out/$target.log"
done
say "fuzz: $((${#targets[@]} - ${#failed[@]})) passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ] || fail "failing inputs are in fuzz/artifacts: ${failed[*]}"
