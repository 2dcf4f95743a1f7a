//! When to try again.

use std::time::Duration;

/// How long to wait after `attempts` that have failed: `first`, twice that, four times, … up to `longest`, less up to a half of it by
/// `chance`, so that whoever comes back is not asked by everybody at once.
pub fn backoff(first: Duration, longest: Duration, attempts: u32, chance: u8) -> Duration {
    let whole = first.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(longest);
    whole - whole.mul_f64(f64::from(chance) / 512.0)
}

/// By which pauses differ.
pub fn chance() -> u8 {
    let mut random = [0];
    // Without randomness all pauses are of full length.
    let _ = getrandom::fill(&mut random);
    random[0]
}
