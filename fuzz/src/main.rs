//! One program for all targets: `FUZZ_TARGET` says which.
#![no_main]

mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

fuzz_target!(|data: &[u8]| CHOSEN.get_or_init(choose)(data));

fn choose() -> fn(&[u8]) {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    match targets::TARGETS.iter().find(|(target, _)| *target == name) {
        Some((_, run)) => *run,
        None => panic!(
            "FUZZ_TARGET is to be one of {:?}",
            targets::TARGETS.iter().map(|(name, _)| name).collect::<Vec<_>>()
        ),
    }
}
