//! Replays the inputs in `fuzz/seeds/` through what is fuzzed: where fuzzing begins, and what was wrong once.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

#[path = "../../../fuzz/src/targets/mod.rs"]
mod targets;

use std::path::Path;

#[test]
fn no_seed_is_a_finding() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (name, run) in targets::TARGETS {
        // What every target must bear.
        run(&[]);
        let folder = seeds.join(name);
        let files: Vec<_> =
            std::fs::read_dir(&folder).unwrap_or_else(|err| panic!("{folder:?}: {err}")).collect();
        assert!(!files.is_empty(), "{name} has no seeds");
        for file in files {
            let path = file.unwrap().path();
            eprintln!("{}", path.display());
            let input = std::fs::read(&path).unwrap();
            run(&input);
            // Cut short, it must not be a finding either.
            (0..input.len().min(512)).for_each(|end| run(&input[..end]));
        }
    }
}
