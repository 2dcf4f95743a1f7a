# Sourced by the scripts here: the repository's root as working directory, strictness, and a Rust toolchain that works.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# With STRICT=1, which CI implies, a missing tool is a failure; otherwise it costs the tests that need it, visibly.
if [ "${CI:-}" = true ]; then STRICT=1; fi
export STRICT="${STRICT:-0}"

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# rust-toolchain.toml names one version. Where rustup cannot get that one, its stable toolchain serves as well if it is not older.
use_toolchain() {
    have cargo || fail 'cargo is missing: install Rust from https://rustup.rs, then run this again'
    if cargo --version >/dev/null 2>&1; then return; fi
    have rustup || fail "cargo does not start: $(cargo --version 2>&1 | head -n 1)"
    local wanted stable
    wanted=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
    say "setup: installing the Rust $wanted toolchain"
    if rustup toolchain install "$wanted" --profile minimal -c clippy -c rustfmt >/dev/null 2>&1; then return; fi
    stable=$(rustup run stable rustc --version 2>/dev/null | cut -d ' ' -f 2) || stable=
    if [ -n "$stable" ] && [ "$(printf '%s\n%s\n' "$wanted" "$stable" | sort -V | head -n 1)" = "$wanted" ]; then
        say "setup: Rust $wanted cannot be had; using the stable toolchain ($stable)"
        export RUSTUP_TOOLCHAIN=stable
        return
    fi
    fail "Rust $wanted cannot be installed and the stable toolchain (${stable:-none}) is older"
}
