//! A process that is killed while it writes loses nothing that was acknowledged, and leaves a store that opens.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use store::{Embedded, Store, Typed};

const FOLDER: &str = "STORE_KILLED_FOLDER";
const ROUNDS: u64 = 200;

#[test]
fn two_hundred_kills_lose_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The runner's own words are passed over. After so many of ours it is killed, in the middle of whatever it does.
        let mut lines = BufReader::new(writer.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("written ")?.parse::<u64>().ok());
        for _ in 0..=round % 7 {
            acknowledged = lines.next().expect("the writer writes until it is killed");
        }
        writer.kill().unwrap();
        acknowledged = lines.last().unwrap_or(acknowledged);
        writer.wait().unwrap();

        let store = Embedded::open(folder.path()).unwrap();
        let count: u64 = store.read("count").unwrap().unwrap();
        // It may have died between the second write and its acknowledgement, or between the two writes.
        assert!((acknowledged..=acknowledged + 1).contains(&count), "round {round}: {count}, {acknowledged}");
        for n in 1..=acknowledged {
            assert!(store.get(&format!("entry/{n}")).unwrap().is_some(), "round {round}: {n} is lost");
        }
    }
}

/// The process that is killed; on its own it does nothing.
#[test]
#[ignore = "is started by the test above"]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let store = Embedded::open(&folder).unwrap();
    loop {
        let next = store.read::<u64>("count").unwrap().unwrap_or(0) + 1;
        store.put(&format!("entry/{next}"), &[7; 300]).unwrap();
        store.write("count", &next).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "written {next}").unwrap();
        out.flush().unwrap();
    }
}
